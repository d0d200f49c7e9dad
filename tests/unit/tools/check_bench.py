#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`stoa bench`: its JSON agrees with `stoa query`, its table has the same statements, and wrong use is refused.

  check_bench.py STOA
"""
import json
import math
import os
import subprocess
import sys
import tempfile

ROWS = 5000
CSV = "id,amount,state,\"an \"\"odd\"\" name\"\n" + "".join(
    f"{i},{i * 7 % 1000}.{i % 100:02d},{('new', 'paid', 'sent')[i % 3]},\"it's row {i} of {('them', 'theirs', 'all')[i % 7 % 3]}\"\n" for i in range(ROWS))
# Semicolons that end nothing, and a statement without one.
OWN = """-- a comment; with a semicolon
SELECT count(*) WHERE state = 'pa;id' OR state = 'new'; /* ; */ SELECT "an ""odd"" name" LIMIT 3;;
SELECT ';' AS "semi;colon"
"""


def run(stoa, *args):
    done = subprocess.run([stoa, *args], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def ok(stoa, *args):
    code, out, err = run(stoa, *args)
    assert code == 0, f"{args}: exit {code}\n{err}"
    assert err == "" or err.startswith("note"), err
    return out


def check_statement(stoa, path, report, item, runs):
    answer = ok(stoa, "query", path, item["sql"], "--format", "json")
    assert item["answer_rows"] == len(json.loads(answer)), item
    samples = item["hot_samples"]
    assert len(samples) == item["hot_runs"] == runs, item
    assert all(s > 0 for s in samples)
    assert math.isclose(item["hot_mean"], sum(samples) / runs, rel_tol=1e-6, abs_tol=1e-8), item
    assert item["hot_min"] == min(samples) and item["hot_max"] == max(samples), item
    assert min(samples) <= item["hot_median"] <= max(samples), item
    assert item["bytes_read"] + item["bytes_skipped"] <= report["bytes"], item


def check_sets(stoa, path):
    report = json.loads(ok(stoa, "bench", path, "--runs", "3", "--format", "json", "--threads", "2"))
    assert report["rows"] == ROWS and report["threads"] == 2 and report["files"] == 1
    for item in report["statements"]:
        check_statement(stoa, path, report, item, 3)
        assert item["cold_seconds"] > 0
    names = [(item["set"], item["name"]) for item in report["statements"]]
    for wanted in [("scan", "all columns"), ("scan", "numbers amount"), ("scan", 'texts an "odd" name'),
                   ("filter", "range of amount"), ("filter", "equal to state"), ("filter", 'search in an "odd" name'),
                   ("aggregate", "rows"), ("aggregate", "sum of amount"), ("aggregate", "groups of state"),
                   ("aggregate", "distinct id")]:
        assert names.count(wanted) == 1, (wanted, names)
    points = [item for item in report["statements"] if item["set"] == "point"]
    assert [item["sql"] for item in points] == [f'SELECT * WHERE "id" = {i}' for i in (500, 2500, 4500)], points
    assert all(item["answer_rows"] == 1 for item in points)
    rows = next(item for item in report["statements"] if item["name"] == "rows")
    assert rows["rows_scanned"] == 0 and rows["bytes_read"] == 0, rows
    table = ok(stoa, "bench", path, "--runs", "2", "--hot-only")
    lines = [line for line in table.splitlines() if "ms ±" in line]
    assert len(lines) == len(names), table
    assert "metadata" in table and "geometric mean: hot" in table and "cold" not in table.splitlines()[-1], table


def check_own(stoa, path, folder):
    own = os.path.join(folder, "own.sql")
    with open(own, "w", encoding="utf-8") as file:
        file.write(OWN)
    report = json.loads(ok(stoa, "bench", path, "-q", own, "--runs", "2", "--hot-only", "--format", "json"))
    assert [item["answer_rows"] for item in report["statements"]] == [1, 3, ROWS], report["statements"]
    assert [item["name"] for item in report["statements"]] == ["1", "2", "3"]
    assert all(item["set"] == "own" and item["cold_seconds"] is None for item in report["statements"])
    for item in report["statements"]:
        check_statement(stoa, path, report, item, 2)


def check_refused(stoa, path, folder):
    bad = os.path.join(folder, "bad.sql")
    empty = os.path.join(folder, "empty.sql")
    with open(bad, "w", encoding="utf-8") as file:
        file.write("SELECT 1; SELEC 2;")
    with open(empty, "w", encoding="utf-8") as file:
        file.write("  -- nothing\n ;; ")
    for args, code, text in [((path, "-q", bad, "--runs", "1"), 2, "SELEC 2"), ((path, "-q", empty), 2, "no statement"),
                             ((path, "-q", os.path.join(folder, "none.sql")), 8, "none.sql"),
                             ((os.path.join(folder, "none"),), 8, "none"), ((path, "--runs", "1001"), 2, "at most 1000"),
                             ((path, "--set", "scan", "-q", bad), 2, "take one"), ((path, "--set", "odd"), 2, "odd"),
                             ((), 2, "something is missing")]:
        found, out, err = run(stoa, "bench", *args)
        assert found == code and text in err and out == "", (args, found, out, err)


def check_shapes(stoa, folder):
    """Tables that offer no column for a set, and no row for a value."""
    for name, text, count in [("bools", "flag\ntrue\nfalse\n", 2), ("empty", "a,b\n", 2), ("one", "a\n5\n", 2)]:
        source = os.path.join(folder, name + ".csv")
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        ok(stoa, "convert", source, "-o", os.path.join(folder, name), "--quiet")
        report = json.loads(ok(stoa, "bench", os.path.join(folder, name), "--runs", "1", "--format", "json"))
        assert [item["name"] for item in report["statements"]] == ["all columns", "rows"][:count], report


def main():
    stoa = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="stoa-bench-") as folder:
        source = os.path.join(folder, "table.csv")
        with open(source, "w", encoding="utf-8") as file:
            file.write(CSV)
        path = os.path.join(folder, "table")
        ok(stoa, "convert", source, "-o", path, "--quiet")
        check_sets(stoa, path)
        check_own(stoa, path, folder)
        check_refused(stoa, path, folder)
        check_shapes(stoa, folder)
    print("ok")


main()
