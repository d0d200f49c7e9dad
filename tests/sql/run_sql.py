#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the SQL cases: statement, table, expected answer.

A case file is cases/NAME.test. `table NAME FILE [convert options]` at its top makes a dataset of data/FILE; more
files append. Then come, parted by empty lines, a statement (lines up to one that is `----`) and below it the
answer as CSV (which must have no empty line), or the exit code and the error text. `--write` writes down what came out, to be
read before it is committed.

  run_sql.py STOA [--write] [NAME ...]
"""
import csv
import io
import pathlib
import sys
import tempfile

import sql_support

HERE = pathlib.Path(__file__).resolve().parent


def make_tables(stoa, lines):
    for line in lines:
        _, name, *rest = line.split()
        files = [str(HERE / 'data' / word) if word.endswith('.csv') else word for word in rest]
        stoa.convert(*files, '-o', name)


def without_sizes(text):
    """SUMMARIZE without bytes and encodings, which the writer may change at will."""
    rows = list(csv.reader(io.StringIO(text)))
    out = io.StringIO()
    csv.writer(out, lineterminator='\n').writerows(row[:6] for row in rows)
    return out.getvalue()


def answer(stoa, statement):
    done = stoa.query(statement, '--format', 'csv')
    if done.returncode == 0:
        text = done.stdout.decode()
        return without_sizes(text) if statement.startswith('SUMMARIZE') else text
    text = done.stderr.decode()
    keep = [line for line in text.splitlines() if not line.startswith(('is data safe', 'what to do'))]
    return f'exit {done.returncode}\n' + '\n'.join(keep) + '\n'


def blocks(text):
    """(statement, expected) of each block, and what stands before the first."""
    parts = text.split('\n\n')
    found = []
    for part in parts[1:]:
        if part.strip():
            statement, _, expected = part.partition('\n----\n')
            found.append((statement.strip('\n'), expected.rstrip('\n') + '\n'))
    return parts[0], found


def run_case(path, command, write):
    head, pairs = blocks(path.read_text())
    wrong = 0
    out = [head]
    with tempfile.TemporaryDirectory(prefix='stoa-sql-') as folder:
        stoa = sql_support.Stoa(command, folder)
        make_tables(stoa, [line for line in head.splitlines() if line.startswith('table ')])
        for statement, expected in pairs:
            found = answer(stoa, statement)
            out.append(f'{statement}\n----\n{found.rstrip(chr(10))}')
            if found != expected and not write:
                wrong += 1
                print(f'{path.name}: {statement}\nexpected\n{expected}found\n{found}')
    if write:
        path.write_text('\n\n'.join(out) + '\n')
    return len(pairs), wrong


def main():
    command, *names = sys.argv[1:]
    write = '--write' in names
    names = [name for name in names if name != '--write']
    total = wrong = 0
    for path in sorted((HERE / 'cases').glob('*.test')):
        if names and path.stem not in names:
            continue
        count, failed = run_case(path, command, write)
        total += count
        wrong += failed
    print(f'run_sql: {total} statements, {wrong} wrong')
    sys.exit(1 if wrong or not total else 0)


if __name__ == '__main__':
    main()
