#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SUM over one column, computed from its values, beside DuckDB on its own native file (pip install duckdb).

10 M rows of random 20-bit numbers by default; both engines answer inside a running process, from parsing to the last row,
statistics left out, files in the page cache, in turn, and the best of many runs counts. What checksums cost is CPU time to
sum every block with them and without, as a part of the statement's CPU time: the median over ROUNDS rounds in which the three
stand side by side, since the least of each alone is too noisy for a tenth.

  bench/query/bench_sum.py [--build build] [--rows 10000000] [--bits 20] [--threads 2] [--runs 400] [--work DIR] [--require]

--require exits 1 below the floors: 2 G rows/s, and at most 10 % for checksums.
"""
import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import duckdb

FLOOR, GOAL, CHECKSUMS = 2.0, 4.0, 0.10
ROUNDS = 20
STATEMENT = "SELECT sum(x) FROM t"


def make_tables(options, work):
    source, native, dataset = work / "x.csv", work / "duckdb.db", work / "t"
    if not dataset.exists():
        native.unlink(missing_ok=True)
        with duckdb.connect(str(native)) as peer:
            peer.sql(f"CREATE TABLE t AS SELECT (hash(range) % {1 << options.bits})::BIGINT AS x FROM range({options.rows})")
            peer.sql(f"COPY t TO '{source}'")
        subprocess.run([options.build / "stoa", "convert", source, "-o", dataset, "--quiet"], check=True)
        source.unlink()
    return native, dataset


def run_inside(options, *arguments):
    done = subprocess.run([options.build / "bench/query/bench_inside", *map(str, arguments)], check=True, text=True,
                          capture_output=True)
    return done.stdout.split()


def run_duckdb(peer, runs):
    best = None
    for _ in range(runs):
        start = time.perf_counter()
        answer = peer.execute(STATEMENT).fetchall()[0][0]
        spent = time.perf_counter() - start
        best = spent if best is None else min(best, spent)
    return best, answer


def measure(options, work):
    native, dataset = make_tables(options, work)
    ours, theirs, cpu, shares = [], [], [], []
    with duckdb.connect(str(native), read_only=True) as peer:
        peer.sql(f"SET threads={options.threads}")
        for _ in range(ROUNDS):
            runs = max(options.runs // ROUNDS, 1)
            seconds, busy, answer = run_inside(options, "statement", dataset, options.threads, runs, STATEMENT)
            ours.append(float(seconds))
            cpu.append(float(busy))
            without, with_them = map(float, run_inside(options, "checksums", dataset, runs))
            shares.append((with_them - without) / float(busy))
            seconds, expected = run_duckdb(peer, runs)
            theirs.append(seconds)
            if int(answer) != int(expected):
                sys.exit(f"expected {expected}, found {answer}")
    return min(ours), min(cpu), min(theirs), statistics.median(shares)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--bits", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--require", action="store_true")
    options = parser.parse_args()
    options.build = options.build.resolve()
    if options.work:
        options.work.mkdir(parents=True, exist_ok=True)
        ours, cpu, theirs, share = measure(options, options.work)
    else:
        with tempfile.TemporaryDirectory() as work:
            ours, cpu, theirs, share = measure(options, pathlib.Path(work))
    rate = options.rows / ours / 1e9
    verdict = "goal" if rate >= GOAL else "floor" if rate >= FLOOR else "BELOW FLOOR"
    print(f"{STATEMENT}: {options.rows} rows of {options.bits} bits, {options.threads} threads, no statistics")
    print(f"stoa   {ours * 1e3:7.2f} ms  {rate:6.2f} G rows/s  {verdict} (floor {FLOOR}, goal {GOAL})")
    print(f"       {cpu * 1e3:7.2f} ms  of all threads")
    print(f"duckdb {theirs * 1e3:7.2f} ms  {options.rows / theirs / 1e9:6.2f} G rows/s  ratio {ours / theirs:.2f}")
    print(f"checksums {share:.1%} of the time of all threads  {'met' if share <= CHECKSUMS else 'ABOVE'} (at most {CHECKSUMS:.0%})")
    if options.require and (rate < FLOOR or share > CHECKSUMS):
        sys.exit(1)


if __name__ == "__main__":
    main()
