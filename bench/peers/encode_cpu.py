#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CPU time of writing the same columns from memory: Stoa's file writer against pyarrow's Parquet writer with zstd at level 3.

Tables as in tables.py. Stoa's columns are decoded into memory beforehand and written by bench/format/bench_file to /dev/null on one
thread; pyarrow writes into memory, with all its threads counted. Printed are the best of N runs, megabytes of raw columns
(text, and eight bytes a number) a second, and the ratio. pip install pyarrow.

  bench/peers/encode_cpu.py [--build build] [--only lineitem,clicks,real] [--lineitem-rows 1000000]
                            [--clicks-rows 1000000] [--runs 3] [--profile balanced] [--json FILE] [--require]

--require exits 1 when Stoa takes more CPU time in total than pyarrow.
"""
import argparse
import json
import pathlib
import shutil
import sys
import tempfile
import time

import peer_data

GOAL, FLOOR = 0.5, 1.0


def time_stoa(options, table):
    command = [options.build / "bench" / "format" / "bench_file", "write", table.files["balanced"], options.profile, options.runs]
    seconds, raw, size = peer_data.run(command).split()
    return float(seconds), int(raw), int(size)


def time_pyarrow(options, table):
    import pyarrow as pa
    import pyarrow.parquet
    best = None
    for _ in range(options.runs):
        sink = pa.BufferOutputStream()
        start = time.process_time()
        pyarrow.parquet.write_table(table.arrow, sink, compression="zstd", compression_level=3, row_group_size=1 << 20,
                                    store_decimal_as_integer=True)
        best = min(filter(None, (best, time.process_time() - start)))
        size = sink.getvalue().size
    return best, size


def measure(options, table, work):
    peer_data.convert(options.build / "stoa", work, table, "balanced", 2)
    peer_data.read_arrow(options.build / "stoa", options.build, table)
    seconds, raw, size = time_stoa(options, table)
    peer_seconds, peer_size = time_pyarrow(options, table)
    table.arrow = None
    return {"name": table.name, "raw": raw, "stoa": seconds, "pyarrow": peer_seconds, "stoa_bytes": size,
            "pyarrow_bytes": peer_size}


def print_result(result):
    print(f"{result['name']:28} {result['raw'] / 1e6:9.1f} {result['stoa'] * 1e3:9.1f} {result['pyarrow'] * 1e3:9.1f} "
          f"{result['raw'] / result['stoa'] / 1e6:9.0f} {result['raw'] / result['pyarrow'] / 1e6:9.0f} "
          f"{result['stoa'] / result['pyarrow']:7.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--only", default="lineitem,clicks,real", type=lambda text: text.split(","))
    parser.add_argument("--lineitem-rows", type=int, default=1_000_000)
    parser.add_argument("--clicks-rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--profile", default="balanced", choices=peer_data.PROFILES)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--require", action="store_true")
    options = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="stoa-bench-"))
    try:
        rows = {"lineitem": options.lineitem_rows, "clicks": options.clicks_rows}
        results = [measure(options, table, work) for table in peer_data.find_tables(work, options.only, rows)]
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if not results:
        sys.exit("no table to measure")
    total = {key: sum(result[key] for result in results) for key in ("raw", "stoa", "pyarrow")}
    print(f"{options.profile}; CPU time  {'raw MB':>18} {'stoa ms':>9} {'arrow ms':>9} {'MB/s':>9} {'MB/s':>9} {'ratio':>7}")
    for result in results + [{"name": "total", **total}]:
        print_result(result)
    found = total["stoa"] / total["pyarrow"]
    verdict = "goal met" if found <= GOAL else "floor met" if found <= FLOOR else "FLOOR MISSED"
    print(f"encoding {found:.2f} of pyarrow's CPU time: goal {GOAL}, floor {FLOOR}: {verdict}")
    if options.json:
        options.json.write_text(json.dumps({"tables": results, "total": total, "ratio": found, "verdict": verdict}, indent=1) + "\n")
    if options.require and found > FLOOR:
        sys.exit(1)


if __name__ == "__main__":
    main()
