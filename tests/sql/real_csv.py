#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every CSV of the real data, cell by cell: what SELECT * gives against what Python's csv module reads.

Cells are compared as texts where a type keeps them (all columns as text), and by value with inferred types:
numbers as decimals, dates as they stand; an empty field is NULL.

  real_csv.py STOA
"""
import csv
import decimal
import io
import sys
import tempfile

import sql_support


def read_csv(path):
    """Rows of a file as Python sees them; the first one holds the names."""
    text = path.read_bytes().decode('utf-8-sig', errors='surrogateescape')
    return list(csv.reader(io.StringIO(text, newline='')))


def same(found, wanted):
    if found == wanted:
        return True
    try:
        return decimal.Decimal(found) == decimal.Decimal(wanted)
    except decimal.InvalidOperation:
        pass
    # Spellings that a type makes its own: booleans in any case, a T between date and time.
    return found.lower() == wanted.lower() or found.replace(' ', 'T') == wanted.replace(' ', 'T')


def compare(stoa, path, options, equal):
    name = 'table'
    done = stoa.run('convert', str(path), '-o', name, '--quiet', '--progress', 'off', *options)
    if done.returncode != 0:
        return [f'{path.name}: convert failed: {done.stderr.decode().strip()}'], 0
    done = stoa.query(f"SELECT * FROM '{name}'", '--format', 'csv')
    if done.returncode != 0:
        return [f'{path.name}: query failed: {done.stderr.decode().strip()}'], 0
    found = list(csv.reader(io.StringIO(done.stdout.decode('utf-8', errors='surrogateescape'), newline='')))
    wanted = [row for row in read_csv(path) if row]
    if len(found) != len(wanted):
        return [f'{path.name}: expected {len(wanted)} rows, found {len(found)}'], 0
    wrong = []
    for number, (left, right) in enumerate(zip(found[1:], wanted[1:]), 1):
        for column, (a, b) in enumerate(zip(left, right)):
            if not equal(a, b):
                wrong.append(f'{path.name}: row {number} column {wanted[0][column]!r}: expected {b!r}, found {a!r}')
        if len(left) != len(right):
            wrong.append(f'{path.name}: row {number}: expected {len(right)} fields, found {len(left)}')
    return wrong, sum(map(len, wanted))


def main():
    data = sql_support.real_data()
    if not data:
        print('real_csv: skipped: no real data (set STOA_TEST_DATA)')
        sys.exit(sql_support.SKIP)
    wrong, cells, files = [], 0, 0
    for path in sorted(data.rglob('*.csv')):
        files += 1
        for options, equal in ((['--all-text'], str.__eq__), ([], same)):
            with tempfile.TemporaryDirectory(prefix='stoa-real-') as folder:
                found, count = compare(sql_support.Stoa(sys.argv[1], folder), path, options, equal)
            wrong += found
            cells += count
    for line in wrong[:40]:
        print(line)
    print(f'real_csv: {files} files, {cells} cells, {len(wrong)} wrong')
    sys.exit(1 if wrong or not files else 0)


if __name__ == '__main__':
    main()
