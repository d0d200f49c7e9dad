#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `stoa query` prints, read back by Python's csv and json modules and by `stoa convert`.

  check_output.py STOA
"""
import csv
import io
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

SEED = int(os.environ.get("STOA_TEST_SEED", "20261124"))
AWKWARD = ["", " ", "a", " lead", "trail ", ",", '"', '""', "\n", "\r", "\r\n", "a,b", 'say "hi"', "tab\there", "\\N", "\\n",
           "\\", "'", ";", "NaN", "null", "NULL", "ä€😀", "\x01\x02\x1f", "\x7f", "\u2028", "<&>", "007", "1e5", "=1+1",
           "x" * 300, "line one\nline two\n", "\ufefftext", "-", "true story"]


def run(stoa, *args, data=None):
    done = subprocess.run([stoa, *args], input=data, capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{args}: exit {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def canonical_field(value):
    """The one spelling of a field that export knows."""
    if value is None:
        return ""
    must_quote = value == "" or value[0] == " " or value[-1] == " " or value.startswith("\ufeff")
    if must_quote or any(c in value for c in ',"\n\r'):
        return '"' + value.replace('"', '""') + '"'
    return value


def canonical_csv(names, rows):
    lines = [",".join(canonical_field(v) for v in row) for row in [names, *rows]]
    return ("\n".join(lines) + "\n").encode()


def draw_rows(generator, count):
    """Columns: text of all sorts, text that is mostly NULL, integer, decimal, float, bool, date, timestamp."""
    rows = []
    for _ in range(count):
        text = generator.choice(AWKWARD) if generator.random() < 0.7 else "w%d" % generator.randrange(50)
        rows.append([text if generator.random() < 0.9 else None,
                     generator.choice(AWKWARD) if generator.random() < 0.2 else None,
                     str(generator.randrange(-10**12, 10**12)),
                     "%d.%02d" % (generator.randrange(-999, 999), generator.randrange(100)),
                     repr(generator.randrange(1, 10**6) / 1024).removesuffix(".0") if generator.random() < 0.9 else None,
                     generator.choice(["true", "false", None]),
                     "2026-%02d-%02d" % (generator.randrange(1, 13), generator.randrange(1, 29)),
                     "2026-01-02 03:04:%02d" % generator.randrange(60)])
    return rows


NAMES = ["text", "rare, text", "int", "dec", "float", "yes no", "day", "at"]


def check(condition, what):
    if not condition:
        sys.exit(f"check_output: {what}")


def parse_csv(data):
    """Rows with None for the unquoted empty field, which the csv module alone cannot tell."""
    rows = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
    return rows


def check_csv(stoa, dataset, source, rows):
    found = run(stoa, "query", f"SELECT * FROM '{dataset}'", "--format", "csv")
    for number, (ours, theirs) in enumerate(zip(found.split(b"\n"), source.split(b"\n"))):
        check(ours == theirs, f"line {number + 1}: expected {theirs}, found {ours}")
    check(found == source, "CSV differs from the canonical source")
    parsed = parse_csv(found)
    check(parsed[0] == NAMES, f"csv names {parsed[0]}")
    check(parsed[1:] == [[v or "" for v in row] for row in rows], "the csv module reads other values")


def check_json(stoa, dataset, rows):
    whole = json.loads(run(stoa, "query", f"SELECT * FROM '{dataset}'", "--format", "json"), strict=True)
    lines = [json.loads(line) for line in run(stoa, "query", f"SELECT * FROM '{dataset}'", "--format", "ndjson")
             .decode().split("\n")[:-1]]
    check(whole == lines, "json and ndjson differ")
    check(len(whole) == len(rows), f"{len(whole)} objects of {len(rows)} rows")
    for row, found in zip(rows, whole):
        expected = dict(zip(NAMES, row))
        for name, convert in (("int", int), ("dec", float), ("float", float), ("yes no", lambda v: v == "true")):
            if expected[name] is not None:
                expected[name] = convert(expected[name])
        check(found == expected, f"json: expected {expected}, found {found}")


def unescape_tsv(field):
    if field == "\\N":
        return None
    out, i = [], 0
    while i < len(field):
        if field[i] == "\\":
            out.append({"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}[field[i + 1]])
            i += 1
        else:
            out.append(field[i])
        i += 1
    return "".join(out)


def check_tsv(stoa, dataset, rows):
    data = run(stoa, "query", f"SELECT * FROM '{dataset}'", "--format", "tsv").decode()
    lines = [line.split("\t") for line in data.split("\n")[:-1]]
    check([[unescape_tsv(v) for v in line] for line in lines[1:]] == rows, "TSV reads back otherwise")


def check_table(stoa, work, generator, count):
    rows = draw_rows(generator, count)
    # Two texts that make each text column text, whatever the rest is.
    rows[0][:2] = ["some text", "some text"]
    source = canonical_csv(NAMES, rows)
    path, dataset = work / f"{count}.csv", work / f"ds{count}"
    path.write_bytes(source)
    run(stoa, "convert", str(path), "-o", str(dataset), "--quiet")
    check_csv(stoa, dataset, source, rows)
    check_json(stoa, dataset, rows)
    check_tsv(stoa, dataset, rows)
    again = work / f"again{count}"
    run(stoa, "convert", str(path), "-o", str(again), "--quiet", "--threads", "1")
    check(run(stoa, "query", f"SELECT * FROM '{again}'", "--threads", "3") == source, "not the same the second time")


def check_one_column(stoa, work):
    for number, values in enumerate([["a", None, "b"], [None, None], ["", None, ""], ["x y", "", None]]):
        source = canonical_csv(["only"], [[v] for v in values])
        path, dataset = work / f"one{number}.csv", work / f"one{number}"
        path.write_bytes(source)
        run(stoa, "convert", str(path), "-o", str(dataset), "--quiet", "--header", "yes")
        found = run(stoa, "query", f"SELECT * FROM '{dataset}'")
        check(found == source, f"one column of {values}: expected {source}, found {found}")


def check_expressions(stoa):
    found = json.loads(run(stoa, "query", "SELECT 'NaN'::float64 AS a, '-Infinity'::float64 AS b, -0.0::float64 AS c, 5e-324::float64 AS d, "
                           "1.7976931348623157e308::float64 AS e, '\\x00ff'::binary AS f, 1 AS g, 2 AS g", "--format", "json"))
    check(found == [{"a": "NaN", "b": "-Infinity", "c": 0.0, "d": 5e-324, "e": 1.7976931348623157e308, "f": "\\x00ff",
                     "g": 1, "g_2": 2}], f"expressions: {found}")
    check(json.loads(run(stoa, "query", "SELECT 1 AS a WHERE false", "--format", "json")) == [], "no rows")
    for code in range(1, 128):
        text = f"<{chr(code)}>"
        statement = "SELECT '" + text.replace("'", "''") + "' AS a"
        found = json.loads(run(stoa, "query", "--file", "-", "--format", "json", data=statement.encode()))
        check(found == [{"a": text}], f"byte {code}: {found}")


def main():
    stoa = sys.argv[1]
    print(f"seed: STOA_TEST_SEED={SEED}", flush=True)
    generator = random.Random(SEED)
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        for count in (1, 7, 3000):
            check_table(stoa, work, generator, count)
        check_one_column(stoa, work)
    check_expressions(stoa)


if __name__ == "__main__":
    main()
