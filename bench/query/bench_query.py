#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Queries side by side: `stoa query` against DuckDB on its own native file and on Parquet with zstd.

The table is bench/data/mixed_csv.c's, some 10 M rows by default. Both answer as whole processes (pip install duckdb-cli); with
--inside DuckDB answers inside a running one instead (pip install duckdb), its start and what it has cached left out. All
files are in the page cache. Each query runs several times in turn with its peers; printed are the best wall and CPU times of
each (CPU of all threads, which other load on the machine disturbs less) and the ratios of stoa to DuckDB's. With --check
the answers are compared too, numbers to nine digits.

  bench/query/bench_query.py [--stoa build/stoa] [--bytes 2400000000] [--runs 5] [--threads 2] [--inside]
                             [--only NAME[,NAME]] [--work DIR] [--check] [--require]

--require exits 1 unless the geometric mean against the native file is at most 0.5.
"""
import argparse
import csv
import io
import math
import pathlib
import resource
import shutil
import subprocess
import sys
import sysconfig
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


def make_peers(command, work, source, threads):
    native, parquet = work / "duckdb.db", work / "duckdb.parquet"
    if not parquet.exists():
        native.unlink(missing_ok=True)
        script = (f"SET threads={threads}; CREATE TABLE t AS SELECT * FROM read_csv('{source}'); "
                  f"COPY t TO '{work / 'part'}' (FORMAT parquet, COMPRESSION zstd)")
        subprocess.run([command, str(native), "-c", script], check=True)
        (work / "part").rename(parquet)
    return native, parquet


def make_dataset(stoa, work, source, threads):
    path = work / "stoa.dataset"
    if not path.exists():
        subprocess.run([stoa, "convert", str(source), "-o", str(path), "--quiet", "--threads", str(threads)], check=True)
    return path


# ---- running ----


def cpu_time(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def run_process(command):
    """Wall and CPU seconds, and the rows of the CSV it prints."""
    start, cpu = time.perf_counter(), cpu_time(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, check=False)
    times = time.perf_counter() - start, cpu_time(resource.RUSAGE_CHILDREN) - cpu
    if done.returncode != 0:
        sys.exit(f"{command} failed with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return times, list(csv.reader(io.StringIO(done.stdout.decode())))[1:]


class Stoa:
    def __init__(self, options, dataset):
        self.command, self.table = [options.stoa, "query", "--format", "csv", "--memory", "4GiB"], f"'{dataset}'"
        self.command += ["--threads", str(options.threads)]

    def run(self, statement):
        return run_process(self.command + [statement.format(t=self.table)])


class DuckProcess:
    def __init__(self, options, command, table, native=None):
        self.command = [command] + (["-readonly", str(native)] if native else []) + ["-csv", "-nullvalue", "", "-c"]
        self.table, self.threads = table, options.threads

    def run(self, statement):
        return run_process(self.command + [f"SET threads={self.threads}; " + statement.format(t=self.table)])


class DuckInside:
    def __init__(self, options, table, native=None):
        import duckdb
        self.connection = duckdb.connect(str(native), read_only=True) if native else duckdb.connect()
        self.connection.sql(f"SET threads={options.threads}")
        self.table = table

    def run(self, statement):
        start, cpu = time.perf_counter(), cpu_time(resource.RUSAGE_SELF)
        rows = self.connection.execute(statement.format(t=self.table)).fetchall()
        return (time.perf_counter() - start, cpu_time(resource.RUSAGE_SELF) - cpu), rows


def make_runners(options, command, work):
    source = options.csv or make_csv(work, options.bytes)
    native, parquet = make_peers(command, work, source, options.threads)
    stoa = Stoa(options, make_dataset(options.stoa, work, source, options.threads))
    if options.inside:
        return [stoa, DuckInside(options, "t", native), DuckInside(options, f"'{parquet}'")]
    return [stoa, DuckProcess(options, command, "t", native), DuckProcess(options, command, f"'{parquet}'")]


def cell(value):
    """A spelling in which all agree: numbers to nine digits, the rest as text."""
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return f"{float(text):.9g}"
    except ValueError:
        return text.removesuffix(" 00:00:00").rstrip("0") if text[:2] == "20" else text


def same(ours, theirs):
    return [[cell(v) for v in row] for row in ours] == [[cell(v) for v in row] for row in theirs]


def better(best, times):
    return tuple(min(a, b) for a, b in zip(best, times))


def measure(options, runners, name, statement):
    best = [(math.inf, math.inf)] * len(runners)
    answers = [None] * len(runners)
    for _ in range(options.runs):
        for i, runner in enumerate(runners):
            times, answers[i] = runner.run(statement)
            best[i] = better(best[i], times)
    if options.check and not same(answers[0], answers[1]):
        sys.exit(f"{name}: the answers differ\nstoa   {answers[0][:3]}\nduckdb {answers[1][:3]}")
    return best


def mean(ratios):
    return math.exp(sum(math.log(r) for r in ratios) / len(ratios))


def report(options, runners, queries):
    where = "inside" if options.inside else "as a process"
    print(f"duckdb {where}, {options.threads} threads, best of {options.runs}, milliseconds")
    print(f"{'':16} {'stoa':>8} {'native':>8} {'parquet':>8} {'/native':>8} {'/parquet':>8}"
          f" {'stoa cpu':>9} {'nat. cpu':>9} {'cpu/cpu':>8}")
    ratios = []
    for name, statement in queries:
        stoa, own, other = measure(options, runners, name, statement)
        ratios.append((stoa[0] / own[0], stoa[0] / other[0], stoa[1] / max(own[1], 1e-4)))
        print(f"{name:16} {stoa[0] * 1e3:8.1f} {own[0] * 1e3:8.1f} {other[0] * 1e3:8.1f} {ratios[-1][0]:8.2f}"
              f" {ratios[-1][1]:8.2f} {stoa[1] * 1e3:9.1f} {own[1] * 1e3:9.1f} {ratios[-1][2]:8.2f}", flush=True)
    means = [mean([r[i] for r in ratios]) for i in range(3)]
    print(f"{'geometric mean':43} {means[0]:8.2f} {means[1]:8.2f} {'':19} {means[2]:8.2f}")
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
    parser.add_argument("--inside", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--require", action="store_true")
    options = parser.parse_args()
    command = shutil.which("duckdb", path=sysconfig.get_path("scripts")) or shutil.which("duckdb")
    if not command:
        sys.exit("this benchmark compares with DuckDB: pip install duckdb-cli")
    wanted = [name for name in options.only.split(",") if name]
    queries = [q for q in QUERIES if not wanted or q[0] in wanted]
    work = options.work or pathlib.Path(tempfile.mkdtemp(prefix="stoa-bench-"))
    work.mkdir(parents=True, exist_ok=True)
    ratio = report(options, make_runners(options, command, work), queries)
    if not options.work:
        shutil.rmtree(work)
    if options.require and ratio > LIMIT:
        sys.exit(f"required: a geometric mean of at most {LIMIT}, found {ratio:.2f}")


if __name__ == "__main__":
    main()
