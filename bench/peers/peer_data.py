# SPDX-License-Identifier: Apache-2.0
"""The tables that Stoa is compared on, each as CSV, as a Stoa file and as an Arrow table of the same values.

Sources are two generators (bench/data) and the real data of the tests: every CSV, and every JSON flattened to CSV. Stoa reads
the CSV; the Arrow table is made from what `stoa query` prints, with exactly the types of the Stoa file, so that nobody's
guesses about CSV matter. Counts of rows and values are compared on the way.
"""
import io
import json
import os
import pathlib
import re
import subprocess
import sys

import pyarrow as pa
import pyarrow.csv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROFILES = ("balanced", "fast", "compact")

TYPES = {"bool": pa.bool_(), "int8": pa.int8(), "int16": pa.int16(), "int32": pa.int32(), "int64": pa.int64(),
         "uint64": pa.uint64(), "float64": pa.float64(), "date": pa.date32(), "time": pa.time64("us"),
         "timestamp": pa.timestamp("us"), "timestamptz": pa.timestamp("us", tz="UTC"), "text": pa.string()}


class Number(str):
    """A number of a JSON text in the text's own spelling."""


class Table:
    """One table: `name`, `group` (lineitem, clicks or real) and where its CSV lies."""

    def __init__(self, name, group, csv):
        self.name, self.group, self.csv = name, group, csv
        self.schema = []  # (name, Stoa's type)
        self.files = {}  # profile: path of the .stoa file
        self.datasets = {}
        self.arrow = None


def run(command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed with {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


# ---- sources ----


def generate(work, name, rows):
    """bench/data/<name>_csv.c's table."""
    binary, path = work / f"{name}_csv", work / f"{name}-{rows}.csv"
    if not path.exists():
        run(["cc", "-O2", f"-I{ROOT}", ROOT / "bench" / "data" / f"{name}_csv.c", "-o", binary])
        with open(path.with_suffix(".part"), "wb") as out:
            subprocess.run([str(binary), str(rows)], stdout=out, check=True)
        path.with_suffix(".part").rename(path)
    return Table(name, name, path)


def records_of(value):
    """The records of a JSON document: an array, the one array of an object, or an object's objects."""
    if isinstance(value, list):
        return value
    arrays = [v for v in value.values() if isinstance(v, list)]
    if arrays:
        return max(arrays, key=len)
    inner = next(v for v in value.values() if isinstance(v, dict))
    return [{"_key": key, **record} for key, record in inner.items()]


def flatten(value, prefix, out):
    """Objects become dotted columns, arrays compact JSON."""
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            flatten(inner, f"{prefix}{key}.", out)
        elif isinstance(inner, (dict, list)):
            out[prefix + key] = quoted(plain_json(inner))
        elif inner is None:
            out[prefix + key] = ""
        elif isinstance(inner, bool):
            out[prefix + key] = "true" if inner else "false"
        else:
            out[prefix + key] = inner if isinstance(inner, Number) else quoted(inner)
    return out


def plain_json(value):
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{plain_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(plain_json(v) for v in value) + "]"
    return value if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


def quoted(text):
    if text == "" or re.search(r'[,"\r\n]|^\s|\s$', text):
        return '"' + text.replace('"', '""') + '"'
    return text


def json_to_csv(path, target):
    with open(path, encoding="utf-8") as file:
        value = json.load(file, parse_int=Number, parse_float=Number)
    rows = [flatten(record, "", {}) for record in records_of(value)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    with open(target, "w", encoding="utf-8", newline="") as out:
        out.write(",".join(map(quoted, names)) + "\n")
        for row in rows:
            out.write(",".join(row.get(name, "") for name in names) + "\n")


def real_tables(work):
    """Every CSV and JSON of the tests' real data; none without it."""
    path = os.environ.get("STOA_TEST_DATA")
    data = pathlib.Path(path) if path else ROOT.parent / "shared" / "data"
    tables = []
    for source in sorted([*data.rglob("*.csv"), *data.rglob("*.json")]):
        target = source
        if source.suffix == ".json":
            target = work / f"{source.stem}.csv"
            json_to_csv(source, target)
        name = source.stem if source.parent.name != "raw-polls" else f"polls-{source.stem}"
        tables.append(Table(name, "real", target))
    return tables


def find_tables(work, only, rows):
    """The tables of the wanted groups."""
    tables = []
    for group in only:
        if group == "real":
            found = real_tables(work)
            if not found:
                print("no real data (set STOA_TEST_DATA): left out", file=sys.stderr)
            tables += found
        else:
            tables.append(generate(work, group, rows[group]))
    return tables


# ---- the same values for everybody ----


def convert(stoa, work, table, profile, threads):
    target = work / f"{table.name}.{profile}"
    run([stoa, "convert", table.csv, "-o", target, "--quiet", "--progress", "off", "--profile", profile, "--threads", threads])
    files = [path for path in target.glob("*.stoa") if path.is_file()]
    if len(files) != 1:
        sys.exit(f"{table.name}: expected one data file, found {len(files)}")
    table.datasets[profile], table.files[profile] = target, files[0]


def read_schema(build, path):
    lines = run([build / "bench" / "format" / "bench_file", "schema", path]).decode().split("\n")
    return [tuple(reversed(line.split("\t", 1))) for line in lines if line]


def arrow_type(text):
    decimal = re.fullmatch(r"decimal\((\d+),(\d+)\)", text)
    return pa.decimal128(int(decimal[1]), int(decimal[2])) if decimal else TYPES[text]


def sql_name(name):
    return '"' + name.replace('"', '""') + '"'


def query(stoa, statement, threads=0):
    """What `stoa query` prints, as CSV. The statement goes through a pipe: it may be too long for an argument."""
    command = [stoa, "query", "-f", "-", "--format", "csv", "--memory", "2GiB"]
    return run(command + (["--threads", threads] if threads else []), input=statement.encode())


def print_rows(stoa, dataset):
    return query(stoa, f"SELECT * FROM '{dataset}'")


def read_arrow(stoa, build, table):
    """Fills schema and arrow from the balanced dataset, and checks that no value was lost on the way."""
    table.schema = read_schema(build, table.files["balanced"])
    names = [f"c{i}" for i in range(len(table.schema))]  # the reader wants them without quotes in them
    text = print_rows(stoa, table.datasets["balanced"])
    table.arrow = pa.csv.read_csv(
        io.BytesIO(text),
        read_options=pa.csv.ReadOptions(column_names=names, skip_rows=1, block_size=1 << 26),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types={n: arrow_type(t) for n, (_, t) in zip(names, table.schema)}, null_values=[""],
            true_values=["true"], false_values=["false"], strings_can_be_null=True, quoted_strings_can_be_null=False),
    ).rename_columns([name for name, _ in table.schema]).combine_chunks()
    counts = ", ".join(f"count({sql_name(name)})" for name, _ in table.schema)
    line = query(stoa, f"SELECT count(*), {counts} FROM '{table.datasets['balanced']}'")
    found = [int(value) for value in line.decode().rstrip("\n").rsplit("\n", 1)[-1].split(",")]
    wanted = [table.arrow.num_rows, *(len(c) - c.null_count for c in table.arrow.columns)]
    if found != wanted:
        sys.exit(f"{table.name}: expected as many rows and values in Arrow as in Stoa: {found}, found {wanted}")
    return text
