#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Queries side by side: `stoa query` as a whole process against DuckDB inside a running one.

The table is bench/data/mixed_csv.c's, some 10 M rows by default. DuckDB (pip install duckdb) reads its own native file and
a Parquet file with zstd that it wrote; its times leave out its start. All files are in the page cache. Each query runs
several times in turn with its peers; printed is the best time of each and the ratio of stoa to DuckDB's. With --check the
answers are compared too, numbers to nine digits.

  bench/query/bench_query.py [--stoa build/stoa] [--bytes 2400000000] [--runs 5] [--threads 2]
                             [--only NAME[,NAME]] [--work DIR] [--check] [--require]

--require exits 1 unless the geometric mean against the native file is at most 0.5.
"""
import argparse
import csv
import io
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
LIMIT = 0.5

# Name, statement; {t} is the table. Every statement has one right order of rows.
QUERIES = [
    ("count", "SELECT count(*) FROM {t}"),
    ("totals", "SELECT min(amount), max(score), sum(quantity), avg(score), count(rating) FROM {t}"),
    ("filter_codes", "SELECT count(*), sum(quantity) FROM {t} WHERE country = 'DE' AND channel = 'web'"),
    ("filter_range", "SELECT count(*), sum(amount), avg(score) FROM {t} WHERE quantity BETWEEN 3 AND 5 AND amount > 20000"),
    ("filter_floats", "SELECT count(*), max(score) FROM {t} WHERE score < 1000 AND rating IS NOT NULL"),
    ("filter_time", "SELECT count(*), sum(amount) FROM {t} WHERE created_at >= TIMESTAMP '2024-01-10 00:00:00' "
                    "AND created_at < TIMESTAMP '2024-01-11 00:00:00'"),
    ("point", "SELECT * FROM {t} WHERE order_id = 5000000"),
    ("like", "SELECT count(*) FROM {t} WHERE url LIKE '%refund%'"),
    ("expression", "SELECT sum(amount * quantity), sum(CASE WHEN is_gift THEN 1 ELSE 0 END) FROM {t} WHERE rating > 30"),
    ("group_small", "SELECT country, count(*), sum(amount), avg(score) FROM {t} GROUP BY country ORDER BY country"),
    ("group_three", "SELECT country, status, channel, count(*), max(amount) FROM {t} GROUP BY country, status, channel "
                    "ORDER BY country, status, channel"),
    ("group_date", "SELECT ship_date, count(*), avg(quantity) FROM {t} GROUP BY ship_date ORDER BY ship_date"),
    ("group_trunc", "SELECT date_trunc('month', created_at) AS month, count(*), sum(quantity) FROM {t} GROUP BY 1 ORDER BY 1"),
    ("group_product", "SELECT product, sum(quantity), count(*) FROM {t} GROUP BY product "
                      "ORDER BY 2 DESC, product LIMIT 10"),
    ("group_customer", "SELECT customer_id, count(*) FROM {t} GROUP BY customer_id "
                       "ORDER BY 2 DESC, customer_id LIMIT 10"),
    ("distinct", "SELECT DISTINCT city, status FROM {t} ORDER BY city, status"),
    ("count_distinct", "SELECT count(DISTINCT product), count(DISTINCT customer_id) FROM {t}"),
    ("top", "SELECT order_id, amount, city FROM {t} ORDER BY amount DESC, order_id LIMIT 10"),
    ("top_filtered", "SELECT order_id, created_at, url FROM {t} WHERE status = 'delivered' "
                     "ORDER BY score, order_id LIMIT 20"),
    ("wide_rows", "SELECT order_id, comment FROM {t} WHERE customer_id < 100400 ORDER BY order_id"),
]


# ---- data ----


def make_csv(work, wanted):
    path, binary = work / f"mixed-{wanted}.csv", work / "mixed_csv"
    if not path.exists():
        subprocess.run(["cc", "-O2", str(HERE.parent / "data" / "mixed_csv.c"), "-o", str(binary)], check=True)
        with open(path.with_suffix(".part"), "wb") as out:
            subprocess.run([str(binary), str(wanted)], stdout=out, check=True)
        path.with_suffix(".part").rename(path)
    return path


def make_peers(duckdb, work, source, threads):
    native, parquet = work / "duckdb.db", work / "duckdb.parquet"
    if not parquet.exists():
        native.unlink(missing_ok=True)
        connection = duckdb.connect(str(native))
        connection.sql(f"SET threads={threads}")
        connection.sql(f"CREATE TABLE t AS SELECT * FROM read_csv('{source}')")
        connection.sql(f"COPY t TO '{work / 'part'}' (FORMAT parquet, COMPRESSION zstd)")
        connection.close()
        (work / "part").rename(parquet)
    return native, parquet


def make_dataset(stoa, work, source, threads):
    path = work / "stoa.dataset"
    if not path.exists():
        subprocess.run([stoa, "convert", str(source), "-o", str(path), "--quiet", "--threads", str(threads)], check=True)
    return path


# ---- running ----


def run_stoa(options, dataset, statement):
    command = [options.stoa, "query", statement.format(t=f"'{dataset}'"), "--format", "csv", "--threads",
               str(options.threads), "--memory", "4GiB"]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"stoa failed with {done.returncode}: {done.stderr.decode(errors='replace')}\n{statement}")
    return seconds, list(csv.reader(io.StringIO(done.stdout.decode())))[1:]


def run_duckdb(connection, table, statement):
    start = time.perf_counter()
    rows = connection.execute(statement.format(t=table)).fetchall()
    return time.perf_counter() - start, rows


def cell(value):
    """A spelling in which both agree: numbers to nine digits, the rest as text."""
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return f"{float(text):.9g}"
    except ValueError:
        return text.removesuffix(" 00:00:00").rstrip("0") if text[:2] == "20" else text


def same(ours, theirs):
    return [[cell(v) for v in row] for row in ours] == [[cell(v) for v in row] for row in theirs]


def measure(options, connections, dataset, parquet, name, statement):
    best = [math.inf] * 3
    for _ in range(options.runs):
        seconds, ours = run_stoa(options, dataset, statement)
        best[0] = min(best[0], seconds)
        seconds, theirs = run_duckdb(connections[0], "t", statement)
        best[1] = min(best[1], seconds)
        best[2] = min(best[2], run_duckdb(connections[1], f"'{parquet}'", statement)[0])
    if options.check and not same(ours, theirs):
        sys.exit(f"{name}: the answers differ\nstoa   {ours[:3]}\nduckdb {theirs[:3]}")
    return best


def mean(ratios):
    return math.exp(sum(math.log(r) for r in ratios) / len(ratios))


def report(options, duckdb, work, queries):
    source = options.csv or make_csv(work, options.bytes)
    native, parquet = make_peers(duckdb, work, source, options.threads)
    dataset = make_dataset(options.stoa, work, source, options.threads)
    connections = [duckdb.connect(str(native), read_only=True), duckdb.connect()]
    for connection in connections:
        connection.sql(f"SET threads={options.threads}")
    print(f"duckdb {duckdb.__version__}, {options.threads} threads, best of {options.runs}, milliseconds")
    print(f"{'':16} {'stoa':>9} {'native':>9} {'parquet':>9} {'/native':>8} {'/parquet':>8}")
    ratios = []
    for name, statement in queries:
        stoa, own, other = measure(options, connections, dataset, parquet, name, statement)
        ratios.append((stoa / own, stoa / other))
        print(f"{name:16} {stoa * 1e3:9.1f} {own * 1e3:9.1f} {other * 1e3:9.1f} {stoa / own:8.2f} {stoa / other:8.2f}",
              flush=True)
    means = mean([r[0] for r in ratios]), mean([r[1] for r in ratios])
    print(f"{'geometric mean':46} {means[0]:8.2f} {means[1]:8.2f}")
    return means[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stoa", default="build/stoa")
    parser.add_argument("--bytes", type=int, default=2_400_000_000)
    parser.add_argument("--csv", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--require", action="store_true")
    options = parser.parse_args()
    try:
        import duckdb
    except ImportError:
        sys.exit("this benchmark compares with DuckDB: pip install duckdb")
    wanted = [name for name in options.only.split(",") if name]
    queries = [q for q in QUERIES if not wanted or q[0] in wanted]
    work = options.work or pathlib.Path(tempfile.mkdtemp(prefix="stoa-bench-"))
    work.mkdir(parents=True, exist_ok=True)
    ratio = report(options, duckdb, work, queries)
    if not options.work:
        shutil.rmtree(work)
    if options.require and ratio > LIMIT:
        sys.exit(f"required: a geometric mean of at most {LIMIT}, found {ratio:.2f}")


if __name__ == "__main__":
    main()
