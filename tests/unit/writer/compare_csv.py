#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what ingest read from a CSV file with what Python's csv module reads from it.

Standard input holds the ingest's cells, row by row: for each a type letter, then NUL, then the
canonical text, then NUL; the letter is '~' for NULL. Prints the first difference and exits 1.
"""
import csv
import datetime
import decimal
import sys

csv.field_size_limit(1 << 30)


def same_instant(text, printed):
    def parse(value):
        return datetime.datetime.fromisoformat(value.replace('T', ' '))
    return parse(text) == parse(printed)


# One way to compare for each type letter: the text of the file, the canonical print.
SAME = {
    't': lambda text, printed: text == printed,
    'b': lambda text, printed: text == printed,
    'n': lambda text, printed: decimal.Decimal(text) == decimal.Decimal(printed),
    'd': lambda text, printed: text == printed,
    'c': same_instant,
    'u': lambda text, printed: text == printed,
    '~': lambda text, printed: text == '',
}


def main():
    path, delimiter, columns = sys.argv[1], sys.argv[2], int(sys.argv[3])
    cells = sys.stdin.buffer.read().split(b'\0')[:-1]
    with open(path, encoding='utf-8-sig', newline='') as file:
        rows = list(csv.reader(file, delimiter=delimiter))[1:]
    if len(cells) != 2 * columns * len(rows):
        print(f'{path}: Python has {len(rows)} rows, ingest {len(cells) / 2 / columns}')
        return 1
    at = 0
    for number, row in enumerate(rows, 2):
        for column, text in enumerate(row):
            letter, printed = cells[at].decode(), cells[at + 1].decode()
            at += 2
            if not SAME[letter](text, printed):
                print(f'{path}: record {number}, column {column + 1}: Python has {text!r}, '
                      f'ingest {letter} {printed!r}')
                return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
