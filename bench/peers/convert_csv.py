#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CSV to columnar, side by side: stoa convert against DuckDB's COPY to Parquet with zstd.

Both run as whole processes, in turn, on the same processors; printed are the median of wall time, CPU time,
peak memory and size, and the ratios pair by pair. DuckDB comes from PyPI (pip install duckdb).

  bench/peers/convert_csv.py [--stoa build/stoa] [--bytes 1000000000] [--runs 3] [--threads 2]
                             [--profile balanced] [--csv FILE] [--work DIR] [--require]

--require exits 1 unless stoa takes at most 1.5 times DuckDB's time and 256 MB (256,000,000 bytes).
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TIME_FACTOR = 1.5
MEMORY_LIMIT = 256_000_000

DUCKDB_SCRIPT = """
import duckdb, sys
source, target, threads = sys.argv[1:4]
duckdb.sql(f"SET threads={threads}")
duckdb.sql(f"COPY (SELECT * FROM read_csv('{source}')) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
"""


def run(command, environment=None):
    """Wall seconds, CPU seconds and peak resident bytes of one process."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    message = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} failed with {process.returncode}:\n{message.decode(errors='replace')}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def tree_size(path):
    path = pathlib.Path(path)
    if path.is_file():
        return path.stat().st_size
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file())


def generate(work, wanted):
    binary, csv = work / "mixed_csv", work / f"mixed-{wanted}.csv"
    if not csv.exists():
        subprocess.run(["cc", "-O2", str(HERE.parent / "data" / "mixed_csv.c"), "-o", str(binary)], check=True)
        with open(csv, "wb") as out:
            subprocess.run([str(binary), str(wanted)], stdout=out, check=True)
    return csv


def measure(options, csv, work):
    runs = {"stoa": [], "duckdb": []}
    sizes = {}
    for _ in range(options.runs):
        dataset, parquet = work / "stoa.dataset", work / "duckdb.parquet"
        shutil.rmtree(dataset, ignore_errors=True)
        parquet.unlink(missing_ok=True)
        runs["stoa"].append(run([options.stoa, "convert", str(csv), "-o", str(dataset), "--quiet", "--threads",
                                 str(options.threads), "--profile", options.profile]))
        runs["duckdb"].append(run([sys.executable, "-c", DUCKDB_SCRIPT, str(csv), str(parquet),
                                   str(options.threads)]))
        sizes = {"stoa": tree_size(dataset), "duckdb": tree_size(parquet)}
    return runs, sizes


def report(options, csv, runs, sizes):
    source = csv.stat().st_size
    print(f"{csv.name}: {source / 1e6:,.0f} MB, {options.threads} threads, {options.runs} runs in turn, medians")
    print(f"{'':8} {'wall s':>8} {'cpu s':>8} {'MB/s':>8} {'peak MB':>8} {'size MB':>8}")
    medians = {}
    for name, rows in runs.items():
        wall, cpu, peak = (statistics.median(row[i] for row in rows) for i in range(3))
        medians[name] = (wall, cpu, max(row[2] for row in rows))
        print(f"{name:8} {wall:8.2f} {cpu:8.2f} {source / wall / 1e6:8.0f} {peak / 1e6:8.0f} {sizes[name] / 1e6:8.1f}")
    ratios = [s[0] / d[0] for s, d in zip(runs["stoa"], runs["duckdb"])]
    print(f"stoa / duckdb: time {statistics.median(ratios):.2f} (pairs {', '.join(f'{r:.2f}' for r in ratios)}), "
          f"size {sizes['stoa'] / sizes['duckdb']:.2f}")
    return statistics.median(ratios), medians["stoa"][2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stoa", default="build/stoa")
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    parser.add_argument("--csv", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--profile", default="balanced")
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--require", action="store_true")
    options = parser.parse_args()
    try:
        import duckdb  # noqa: F401  only asked whether it is there
    except ImportError:
        sys.exit("this benchmark compares with DuckDB: pip install duckdb")
    work = options.work or pathlib.Path(tempfile.mkdtemp(prefix="stoa-bench-"))
    work.mkdir(parents=True, exist_ok=True)
    csv = options.csv or generate(work, options.bytes)
    time_ratio, peak = report(options, csv, *measure(options, csv, work))
    if not options.work:
        shutil.rmtree(work)
    if options.require and (time_ratio > TIME_FACTOR or peak > MEMORY_LIMIT):
        sys.exit(f"required: time ratio <= {TIME_FACTOR}, peak <= {MEMORY_LIMIT / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
