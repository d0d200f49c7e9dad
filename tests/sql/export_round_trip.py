#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random tables through convert and export: every cell comes back, and what export prints is canonical.

Tables of texts full of quotes, delimiters, line ends and control bytes, of numbers, dates and NULLs are written by Python in a random
dialect, converted, and exported in every format; cells are compared with those drawn. What export prints as CSV is
converted and exported once more: the bytes must be the same, whatever the number of threads.

  export_round_trip.py STOA [--tables N] [--seed S]
"""
import argparse
import json
import random
import sys
import tempfile
import pathlib

import sql_support

PIECES = ['a', 'b', 'é', '漢', '🙂', ' ', ',', ';', '|', '\t', '"', "'", '\n', '\r\n', '\\', '\\N', '=', '-', '7', '\x01', '\x7f', 'NULL', '\ufeff']


def draw_text(random_):
    return ''.join(random_.choice(PIECES) for _ in range(random_.randrange(0, 9)))


def draw_column(random_):
    """A function that draws a cell: its text as CSV has it."""
    scale = random_.randrange(1, 5)
    return random_.choice([
        lambda: draw_text(random_),
        lambda: str(random_.randrange(-10**random_.randrange(1, 19), 10**random_.randrange(1, 19))),
        lambda: f'{random_.randrange(0, 10**6)}.{random_.randrange(0, 10**scale):0{scale}d}',
        lambda: f'20{random_.randrange(10, 30)}-{random_.randrange(1, 13):02d}-{random_.randrange(1, 29):02d}',
        lambda: random_.choice(['true', 'false']),
        lambda: random_.choice(['007', '+1', '1e5', 'x'])])


def draw_table(random_):
    columns = [draw_column(random_) for _ in range(random_.randrange(2, 7))]
    nulls = random_.choice([0, 0.1, 0.6])
    rows = [[None if random_.random() < nulls else column() for column in columns] for _ in range(random_.randrange(1, 200))]
    return [f'c{i}' for i in range(len(columns))], rows


def write_csv(random_, path, names, rows):
    delimiter = random_.choice(',;|\t')
    line_end = random_.choice(['\n', '\r\n'])

    def field(cell):
        if cell is None:
            return ''
        must = cell == '' or any(c in cell for c in (delimiter, '"', '\n', '\r')) or cell[0] in '\ufeff '
        return '"' + cell.replace('"', '""') + '"' if must or random_.random() < 0.1 else cell
    lines = [delimiter.join(names)] + [delimiter.join(map(field, row)) for row in rows]
    path.write_bytes((line_end.join(lines) + line_end).encode())
    return ['--delimiter', delimiter, '--quote', '"', '--header', 'yes']


def parse_csv(text):
    """Rows with None where a field is empty and not quoted, which Python's reader does not tell."""
    rows, row, at = [], [], 0
    while at < len(text):
        if text[at] == '"':
            end, cell = at + 1, ''
            while True:
                quote = text.index('"', end)
                cell += text[end:quote]
                end = quote + 1
                if text[end:end + 1] != '"':
                    break
                cell += '"'
                end += 1
        else:
            end = min(i for i in (text.find(',', at), text.find('\n', at)) if i >= 0)
            cell = text[at:end] or None
        row.append(cell)
        if text[end] == '\n':
            rows.append(row)
            row = []
        at = end + 1
    return rows


def parse_tsv(text):
    unescape = {'\\t': '\t', '\\n': '\n', '\\r': '\r', '\\\\': '\\'}

    def cell(field):
        if field == '\\N':
            return None
        out, at = '', 0
        while at < len(field):
            step = 2 if field[at] == '\\' else 1
            out += unescape[field[at:at + 2]] if step == 2 else field[at]
            at += step
        return out
    return [[cell(field) for field in line.split('\t')] for line in text[:-1].split('\n')]


def as_text(value):
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def parse_json(text, is_lines):
    numbers = {'parse_float': lambda spelling: spelling, 'parse_int': lambda spelling: spelling}
    objects = [json.loads(line, **numbers) for line in text.splitlines()] if is_lines else json.loads(text, **numbers)
    return [list(objects[0])] + [[as_text(value) for value in row.values()] for row in objects]


PARSERS = {'csv': parse_csv, 'tsv': parse_tsv, 'json': lambda text: parse_json(text, False),
           'ndjson': lambda text: parse_json(text.replace('\u2028', '\\u2028'), True)}


def export(stoa, dataset, format_, *options):
    path = pathlib.Path(stoa.folder) / f'{dataset}.{format_}'
    path.unlink(missing_ok=True)
    done = stoa.run('export', dataset, '-o', path.name, *options)
    if done.returncode != 0:
        sys.exit(f'export failed: {done.stderr.decode()}')
    return path.read_bytes()


def check_table(stoa, random_, number):
    names, rows = draw_table(random_)
    options = write_csv(random_, pathlib.Path(stoa.folder) / 'in.csv', names, rows)
    stoa.convert('in.csv', '-o', f't{number}', '--profile', random_.choice(['fast', 'balanced']), *options)
    for format_, parse in PARSERS.items():
        found = parse(export(stoa, f't{number}', format_).decode())
        if found != [names] + rows:
            wrong = next((pair for pair in zip(found, [names] + rows) if pair[0] != pair[1]), (len(found), len(rows) + 1))
            return f'{format_}: expected {wrong[1]!r}, found {wrong[0]!r}'
    canonical = export(stoa, f't{number}', 'csv', '-j', '1')
    (pathlib.Path(stoa.folder) / 'again.csv').write_bytes(canonical)
    stoa.convert('again.csv', '-o', f'u{number}', '--header', 'yes', '--delimiter', ',', '--quote', '"')
    again = export(stoa, f'u{number}', 'csv', '-j', '2')
    return '' if again == canonical else 'canonical CSV does not come back byte for byte'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('stoa')
    parser.add_argument('--tables', type=int, default=40)
    parser.add_argument('--seed', type=int, default=20261125)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix='stoa-export-') as folder:
        stoa = sql_support.Stoa(options.stoa, folder)
        for number in range(options.tables):
            wrong = check_table(stoa, random.Random(options.seed * 1000 + number), number)
            if wrong:
                sys.exit(f'seed {options.seed}, table {number}: {wrong}')
    print(f'{options.tables} tables, seed {options.seed}: every cell came back in csv, tsv, json and ndjson')


if __name__ == '__main__':
    main()
