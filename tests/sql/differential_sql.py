#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random statements over random tables, answered by stoa and by SQLite, must give the same rows.

Tables have NULLs, extremes, empty texts, few or many distinct values, none or 70,000 rows, one file, several
or partitions. Every generated piece of SQL exists twice, once for each of the two, so that their known
differences (LIKE and case, order of NULLs, dates as texts, booleans as 0 and 1) are gone before anything
is compared. Without ORDER BY plain rows must come in the order of the source. Floats are multiples of 1/4, so that
sums are exact in any order.

  differential_sql.py STOA [SEED [STATEMENTS]]
"""
import csv
import datetime
import random
import sqlite3
import sys
import tempfile
import time

import sql_support

SEED, STATEMENTS, SECONDS = 20260101, 600, 45

# Name, kind: the kind decides which expressions a column may be part of.
COLUMNS = [('i', 'int'), ('j', 'int'), ('big', 'big'), ('f', 'float'), ('m', 'money'), ('s', 'text'),
           ('w', 'text'), ('b', 'bool'), ('d', 'date'), ('t', 'stamp'), ('k', 'key')]
TYPES = {'int': 'int64', 'big': 'int64', 'float': 'float64', 'money': 'decimal(10,2)', 'text': 'text',
         'bool': 'bool', 'date': 'date', 'stamp': 'timestamp', 'key': 'int64'}
WORDS = ['', 'a', 'ab', 'abc', 'abd', 'b', 'ba', 'Ab', 'AB', 'a%', 'a_c', "it's", 'x y', 'zzz', 'abcabc']
BIG = [9223372036854775807, -9223372036854775808, 9007199254740993, 0, 1, -1, 2147483648, 10**18]


# ---- tables ----

def draw_value(rng, kind, spread):
    if kind == 'int':
        return rng.randint(-spread, spread)
    if kind == 'big':
        return rng.choice(BIG)
    if kind == 'float':
        return rng.randint(-spread * 4, spread * 4) / 4
    if kind == 'money':
        return rng.randint(-spread * 100, spread * 100)   # hundredths
    if kind == 'text':
        return rng.choice(WORDS) if spread < 1000 else rng.choice(WORDS) + str(rng.randint(0, spread))
    if kind == 'bool':
        return rng.randint(0, 1)
    day = datetime.date(2020, 1, 1) + datetime.timedelta(days=rng.randint(-spread, min(spread, 3000)))
    if kind == 'date':
        return day.isoformat()
    second = rng.choice([0, 1, 43200, 86399])
    return f'{day.isoformat()} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}'


def draw_table(rng, rows):
    """Rows as SQLite gets them; money is kept in hundredths, `key` rises."""
    shape = {name: (rng.choice([0, 0, 0.05, 0.5, 1]), rng.choice([2, 10, 100, 2000])) for name, _ in COLUMNS}
    table = []
    for number in range(rows):
        row = []
        for name, kind in COLUMNS:
            nulls, spread = shape[name]
            if kind == 'key':
                row.append(number // 7)
            elif rng.random() < nulls:
                row.append(None)
            else:
                row.append(draw_value(rng, kind, spread))
        table.append(row)
    return table


def correlate(rng, table):
    """Makes columns that stoa keeps by reference to others: one plus a little, functions, copies."""
    at = {name: number for number, (name, _) in enumerate(COLUMNS)}
    for row in table:
        i, s = row[at['i']], row[at['s']]
        followers = {'j': None if i is None else i + rng.randint(0, 9), 'w': s,
                     'f': None if i is None else i % 13 / 4, 'm': None if i is None else i * i % 1000}
        for name, value in followers.items():
            if rng.random() > 0.01:
                row[at[name]] = None if rng.random() < 0.02 else value


def csv_cell(value, kind):
    if value is None:
        return None
    if kind == 'money':
        sign = '-' if value < 0 else ''
        return f'{sign}{abs(value) // 100}.{abs(value) % 100:02}'
    if kind == 'bool':
        return 'true' if value else 'false'
    return repr(value) if kind == 'float' else str(value)


def write_csv(path, rows):
    """Empty texts are quoted, which tells them from NULL."""
    with open(path, 'w', encoding='utf-8', newline='') as file:
        file.write(','.join(name for name, _ in COLUMNS) + '\n')
        for row in rows:
            cells = [csv_cell(value, kind) for value, (_, kind) in zip(row, COLUMNS)]
            file.write(','.join('' if cell is None else '"' + cell.replace('"', '""') + '"' if kind == 'text'
                                else cell for cell, (_, kind) in zip(cells, COLUMNS)) + '\n')


def make_table(rng, stoa, lite, name, rows, files, partition, is_correlated):
    table = draw_table(rng, rows)
    if is_correlated:
        correlate(rng, table)
    types = ','.join(f'{column}={TYPES[kind]}' for column, kind in COLUMNS)
    step = max(1, -(-rows // files))
    for number in range(files):
        write_csv(f'{stoa.folder}/{name}.csv', table[number * step:(number + 1) * step])
        stoa.convert(f'{name}.csv', '-o', name, '--types', types,
                     *(['--partition-by', 'b'] if partition and number == 0 else []))
    declared = {'int': 'INTEGER', 'big': 'INTEGER', 'money': 'INTEGER', 'float': 'REAL', 'bool': 'INTEGER',
                'key': 'INTEGER'}
    lite.execute(f"CREATE TABLE {name} ({', '.join(f'{c} {declared.get(k, chr(84) + chr(69) + chr(88) + chr(84))}' for c, k in COLUMNS)})")
    lite.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(COLUMNS))})", table)


# ---- expressions: (for stoa, for SQLite, kind) ----

class Draw:
    """Random pairs of SQL, one text for each of the two."""

    def __init__(self, rng):
        self.rng = rng

    def pick(self, *choices):
        return self.rng.choice(choices)

    def column(self, *kinds):
        name, kind = self.rng.choice([c for c in COLUMNS if not kinds or c[1] in kinds])
        return name, name, kind

    def constant(self, kind):
        rng = self.rng
        if rng.random() < 0.04:
            return 'NULL', 'NULL'
        if kind in ('int', 'key'):
            text = str(rng.choice([0, 1, -1, 2, 5, 10, 100, 2000, 30000]))
            return text, text
        if kind == 'big':
            text = str(rng.choice(BIG[:1] + BIG[2:]))
            return text, text
        if kind == 'float':
            text = str(rng.randint(-40, 40) / 4)
            return text, text
        if kind == 'money':
            cents = rng.choice([0, 100, -150, 1, 1234, 5000])
            return csv_cell(cents, 'money'), str(cents)
        if kind == 'text':
            text = "'" + rng.choice(WORDS).replace("'", "''") + "'"
            return text, text
        if kind == 'bool':
            value = rng.randint(0, 1)
            return ('true' if value else 'false'), str(value)
        text = "'" + draw_value(rng, kind, rng.choice([2, 10, 100])) + "'"
        return text, text

    def number(self, depth):
        """An integer expression that cannot overflow or divide by zero."""
        if depth == 0 or self.rng.random() < 0.3:
            if self.rng.random() < 0.7:
                return self.column('int', 'key')[:2]
            return self.constant('int')
        form = self.rng.randint(0, 6)
        a, b = self.number(depth - 1), self.number(depth - 1)
        if form <= 2:
            sign = '+-*'[form]
            # Products of products would leave 64 bits.
            if sign == '*':
                b = (str(self.rng.randint(-9, 9)),) * 2
            return tuple(f'({x} {sign} {y})' for x, y in zip(a, b))
        if form == 3:
            return tuple(f'({x} / nullif({y}, 0))' for x, y in zip(a, b))
        if form == 4:
            return tuple(f'({x} % nullif({y}, 0))' for x, y in zip(a, b))
        if form == 5:
            text = self.column('text')[0]
            return f'length({text})', f'length({text})'
        condition = self.condition(depth - 1)
        return tuple(f'CASE WHEN {c} THEN {x} ELSE {y} END' for c, x, y in zip(condition, a, b))

    def text(self, depth):
        if depth == 0 or self.rng.random() < 0.4:
            return self.column('text')[:2]
        a = self.text(depth - 1)
        form = self.rng.randint(0, 6)
        if form == 0:
            return tuple(f'upper({x})' for x in a)
        if form == 1:
            return tuple(f'lower({x})' for x in a)
        if form == 2:
            return tuple(f"({x} || '-' || {y})" for x, y in zip(a, self.text(depth - 1)))
        if form == 3:
            start, count = self.rng.randint(1, 4), self.rng.randint(0, 3)
            return tuple(f'substr({x}, {start}, {count})' for x in a)
        if form == 4:
            return tuple(f"replace({x}, 'a', 'q')" for x in a)
        if form == 5:
            return tuple(f"coalesce({x}, 'none')" for x in a)
        return tuple(f"nullif({x}, 'a')" for x in a)

    def day(self):
        name, _, kind = self.column('date', 'stamp')
        form = self.rng.randint(0, 3)
        if form == 0:
            return f'extract(year from {name})', f"CAST(strftime('%Y', {name}) AS INTEGER)", 'int'
        if form == 1:
            return f'extract(month from {name})', f"CAST(strftime('%m', {name}) AS INTEGER)", 'int'
        if form == 2:
            return f"date_trunc('month', {name})", f"datetime({name}, 'start of month')", 'stamp'
        return f'{name}::date', f'date({name})', 'date'

    def leaf(self):
        """One comparison; most of them with a constant, which can be pushed down."""
        rng = self.rng
        name, _, kind = self.column()
        sign = self.pick('=', '<>', '<', '<=', '>', '>=')
        form = rng.randint(0, 15)
        if form <= 5:
            a, b = self.constant(kind)
            return f'{name} {sign} {a}', f'{name} {sign} {b}'
        if form == 6:
            low, high = self.constant(kind), self.constant(kind)
            word = self.pick('BETWEEN', 'NOT BETWEEN')
            return tuple(f'{name} {word} {x} AND {y}' for x, y in zip(low, high))
        if form == 7:
            members = [self.constant(kind) for _ in range(rng.randint(1, 5))]
            word = self.pick('IN', 'NOT IN')
            return tuple(f"{name} {word} ({', '.join(side)})" for side in zip(*members))
        if form == 8:
            word = self.pick('IS NULL', 'IS NOT NULL')
            return f'{name} {word}', f'{name} {word}'
        if form == 9:
            a, b = self.constant(kind)
            same = rng.random() < 0.5
            return (f"{name} IS {'NOT ' if same else ''}DISTINCT FROM {a}",
                    f"{name} IS {'' if same else 'NOT '}{b}")
        if form == 10:
            return self.like()
        if form == 11:
            a, b = self.number(2), self.number(1)
            return tuple(f'{x} {sign} {y}' for x, y in zip(a, b))
        if form == 12:
            a, b = self.text(2), self.text(1)
            return tuple(f'{x} {sign} {y}' for x, y in zip(a, b))
        if form == 13:
            a, b, kind = self.day()
            if kind == 'int':
                number = rng.choice([1, 2, 12, 2019, 2020, 2021])
                return f'{a} {sign} {number}', f'{b} {sign} {number}'
            value = draw_value(rng, 'date', 40)
            wide = value + ' 00:00:00' if kind == 'stamp' else value
            return f"{a} {sign} '{value}'", f"{b} {sign} '{wide}'"
        if form == 14:
            number = rng.randint(-20, 20) / 8 + 0.5     # an integer column against a fraction
            return f'i {sign} {number}', f'i {sign} {number}'
        word = self.pick('IS TRUE', 'IS NOT TRUE', 'IS FALSE', 'IS NOT FALSE')
        return f'b {word}', f'b {word}'

    def like(self):
        name = self.column('text')[0]
        pattern = self.pick('a%', '%b', '%b%', 'a_c', '_b%', 'ab', '%', '', 'a%c', '%a%b%', 'zz%')
        negated = self.pick('', 'NOT ')
        if self.rng.random() < 0.3:
            return f"{name} {negated}ILIKE '{pattern}'", f"lower({name}) {negated}LIKE lower('{pattern}')"
        return f"{name} {negated}LIKE '{pattern}'", f"{name} {negated}LIKE '{pattern}'"

    def condition(self, depth):
        if depth == 0 or self.rng.random() < 0.35:
            return self.leaf()
        form = self.rng.randint(0, 5)
        a = self.condition(depth - 1)
        if form == 0:
            return tuple(f'NOT ({x})' for x in a)
        word = 'AND' if form < 4 else 'OR'
        return tuple(f'({x} {word} {y})' for x, y in zip(a, self.condition(depth - 1)))

    def value(self):
        """An output: a column or an expression, with its kind."""
        form = self.rng.randint(0, 9)
        if form <= 4:
            return self.column()
        if form <= 6:
            return (*self.number(2), 'int')
        if form == 7:
            return (*self.text(2), 'text')
        if form == 8:
            return self.day()
        return (*self.condition(1), 'bool')

    def aggregate(self):
        form = self.rng.randint(0, 9)
        name, _, kind = self.column()
        plain, _, number_kind = self.column('int', 'float', 'money', 'key')
        out = {0: ('count(*)', 'int'), 1: (f'count({name})', 'int'), 2: (f'count(DISTINCT {name})', 'int'),
               3: (f'min({name})', kind), 4: (f'max({name})', kind), 5: (f'sum({plain})', number_kind),
               6: (f'avg({plain})', 'average ' + number_kind)}
        if form in out:
            text, kind = out[form]
            if form in (3, 4) and name == 'b':
                text, kind = 'count(b)', 'int'
            if self.rng.random() < 0.2:
                condition = self.condition(1)
                return tuple(f'{text} FILTER (WHERE {c})' for c in condition) + (kind,)
            return text, text, kind
        a = tuple(f'({x} + 0)' for x in self.number(2))     # a bare NULL has no type to sum
        word = self.pick('sum', 'min', 'max')
        return (*[f'{word}({x})' for x in a], 'int')


# ---- statements ----

def nulls(rng, descending):
    """For stoa perhaps nothing (PostgreSQL's default), for SQLite always the words."""
    form = rng.randint(0, 2)
    if form == 0:
        return '', ' NULLS FIRST' if descending else ' NULLS LAST'
    word = ' NULLS FIRST' if form == 1 else ' NULLS LAST'
    return word, word


def draw_statement(draw, name, is_large):
    """(stoa, SQLite, kinds of the outputs, sort keys as (output, descending, nulls) or None)."""
    rng = draw.rng
    grouped = is_large or rng.random() < 0.5    # of a large table not every row is printed
    groups = [draw.value() for _ in range(rng.randint(0, 3))] if grouped else []
    outputs = groups + [draw.aggregate() for _ in range(rng.randint(1, 3))] if grouped else \
        [draw.value() for _ in range(rng.randint(1, 4))]
    kinds = [output[2] for output in outputs]
    distinct = 'DISTINCT ' if not grouped and rng.random() < 0.2 else ''
    sides = []
    for side in (0, 1):
        items = ', '.join(f'{output[side]} AS c{n}' for n, output in enumerate(outputs))
        sides.append(f'SELECT {distinct}{items} FROM {name}')
    if rng.random() < 0.75:
        condition = draw.condition(rng.randint(0, 3))
        sides = [f'{text} WHERE {c}' for text, c in zip(sides, condition)]
    if groups:
        by = ', '.join(str(n + 1) for n in range(len(groups)))
        sides = [f'{text} GROUP BY {by}' for text in sides]
        if rng.random() < 0.3:
            having = draw.pick('count(*) > 1', 'count(*) >= 10', 'max(i) > 5', 'min(s) < \'b\'')
            sides = [f'{text} HAVING {having}' for text in sides]
    ordered = rng.random() < 0.6
    limited = rng.random() < 0.4 and (ordered or not grouped and not distinct)
    if ordered:
        keys = list(range(len(outputs)))
        rng.shuffle(keys)
        if not limited:
            keys = keys[:rng.randint(1, len(keys))]
        stoa, lite = [], []
        for key in keys:
            descending = rng.random() < 0.5
            mine, theirs = nulls(rng, descending)
            word = ' DESC' if descending else ''
            stoa.append(f'{rng.choice([f"c{key}", str(key + 1)])}{word}{mine}')
            lite.append(f'c{key}{word}{theirs}')
        sides = [f"{sides[0]} ORDER BY {', '.join(stoa)}", f"{sides[1]} ORDER BY {', '.join(lite)}"]
    if limited:
        tail = f' LIMIT {rng.choice([0, 1, 5, 50])}' + rng.choice(['', '', ' OFFSET 3'])
        sides = [text + tail for text in sides]
    order = keys if ordered else None if grouped or distinct else 'source'
    return sides[0], sides[1], kinds, order


# ---- comparing ----

def normal(value, kind):
    """A value of SQLite as stoa's JSON shows it."""
    if value is None:
        return None
    if kind == 'bool':
        return bool(value)
    if kind == 'money':
        return round(value / 100, 2)
    if kind == 'average money':
        return value / 100
    return value


def close(a, b):
    if isinstance(a, float) or isinstance(b, float):
        return a is not None and b is not None and abs(a - b) <= 1e-9 * max(1.0, abs(a), abs(b))
    return a == b and (a is None) == (b is None)


def sort_key(row):
    return [(value is None, str(type(value) is str), str(value) if isinstance(value, str) else
             round(float(value), 6) if value is not None else 0) for value in row]


def same_rows(found, wanted, order):
    """`order`: the keys that were sorted by, 'source' for the order of the source, None for any."""
    if len(found) != len(wanted):
        return f'expected {len(wanted)} rows, found {len(found)}'
    if isinstance(order, list):
        for number, (a, b) in enumerate(zip(found, wanted)):
            if not all(close(a[key], b[key]) for key in order):
                return f'sorted row {number}: expected {b}, found {a}'
    if order != 'source':
        found, wanted = sorted(found, key=sort_key), sorted(wanted, key=sort_key)
    for number, (a, b) in enumerate(zip(found, wanted)):
        if len(a) != len(b) or not all(map(close, a, b)):
            return f'row {number}: expected {b}, found {a}'
    return ''


def check(stoa, lite, statement, threads):
    mine, theirs, kinds, order = statement
    found, error = stoa.rows(mine, '--threads', str(threads))
    if found is None:
        return f'stoa failed: {error}'
    wanted = [[normal(value, kind) for value, kind in zip(row, kinds)] for row in lite.execute(theirs)]
    return same_rows(found, wanted, order)


def make_all(rng, stoa, lite):
    tables = []
    for number, (rows, files, partition, is_correlated) in enumerate(
            [(0, 1, False, False), (1, 1, False, False), (40, 1, False, False), (700, 3, False, False),
             (1200, 2, True, False), (3000, 1, False, False), (1024, 1, False, False), (4000, 1, False, True),
             (4000, 2, True, True), (70000, 1, False, False)]):
        name = f't{number}'
        make_table(rng, stoa, lite, name, rows, files, partition, is_correlated)
        tables.append((name, partition))
    return tables


def main():
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else SEED
    statements = int(sys.argv[3]) if len(sys.argv) > 3 else STATEMENTS
    print(f'differential_sql: seed {seed}')
    rng = random.Random(seed)
    begin = time.monotonic()
    wrong = done = 0
    with tempfile.TemporaryDirectory(prefix='stoa-differential-') as folder:
        stoa = sql_support.Stoa(sys.argv[1], folder)
        lite = sqlite3.connect(':memory:')
        lite.execute('PRAGMA case_sensitive_like = ON')
        tables = make_all(rng, stoa, lite)
        while done < statements and time.monotonic() - begin < SECONDS:
            # The large table costs most of the time; every tenth statement goes there.
            is_large = done % 10 == 0
            name, partition = tables[-1] if is_large else rng.choice(tables[:-1])
            statement = draw_statement(Draw(rng), name, is_large)
            if partition and statement[3] == 'source':
                if 'LIMIT' in statement[0]:
                    continue                    # rows come by partition: any of them may be first
                statement = (*statement[:3], None)
            what = check(stoa, lite, statement, 1 + done % 2)
            done += 1
            if what:
                wrong += 1
                print(f'\nstoa    {statement[0]}\nsqlite  {statement[1]}\n  {what}')
                if wrong >= 10:
                    break
    print(f'differential_sql: {done} statements in {time.monotonic() - begin:.0f} s, {wrong} wrong')
    sys.exit(1 if wrong else 0)


if __name__ == '__main__':
    main()
