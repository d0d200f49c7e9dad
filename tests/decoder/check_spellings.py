#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The decoder's spellings against Python's: check_spellings.py STOA_DECODE.

Golden files compare decoder and library; both could share a wrong idea of a date or a float. So
values of every type go through a file made here, and Python's datetime, decimal, uuid and shortest
floats say what must be printed.
"""
import datetime
import decimal
import os
import struct
import subprocess
import sys
import tempfile
import uuid

from check_examples import VALID, node
from example_writer import BYTES, F64, FIXED16, I64, I128, U64, Column, split128, write_file

EPOCH = datetime.datetime(1970, 1, 1)


def raw(name, type_id, kind, values, **more):
    """A column of RAW values [RAW-1]."""
    forms = {I64: '<q', U64: '<Q', F64: '<d'}
    def stored(v):
        if kind == I128:
            return struct.pack('<QQ', *split128(v))
        return v if kind == FIXED16 else struct.pack(forms[kind], v)
    body = b''.join(map(stored, values))
    return Column(name, type_id, kind, values, VALID + node(1, kind, len(values), body), 1, **more)


def spread(count, limit, seed):
    """`count` numbers in [-limit, limit) of many sizes, the same every time."""
    numbers = []
    state = seed
    for i in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        numbers.append((state * 2 ** 64 + (state ^ 0x5555)) % (2 * limit >> i % limit.bit_length() or 1) -
                       (limit >> i % limit.bit_length()))
    return numbers


def floats():
    patterns = [(n * 0x9e3779b97f4a7c15) % 2 ** 64 for n in range(1, 700)]
    values = [struct.unpack('<d', struct.pack('<Q', p))[0] for p in patterns]
    values += [sign * 2.0 ** e for e in range(-1074, 1024, 7) for sign in (1, -1)]
    values += [2.0 ** -44, 5e-324, 1.7976931348623157e308, 9007199254740993.0, 0.1, 1e-5, 1e16, 1e17,
               9.999999999999999e16, 9.9e-6, 123456789.125, -0.0, 0.0, 1e22, 1e23, float('inf')]
    return [v for v in values if v == v] + [float('nan'), -float('inf')]


def float_text(value):
    """Python's shortest digits in our form: plain from 1e-5 up to 1e17."""
    if value != value or value in (float('inf'), -float('inf')):
        return {'nan': 'NaN', 'inf': 'Infinity', '-inf': '-Infinity'}[repr(value)]
    sign, digits, exponent = decimal.Decimal(repr(value)).as_tuple()
    digits = ''.join(map(str, digits)).rstrip('0')
    if not digits:
        return '-0' if sign else '0'
    exponent = decimal.Decimal(repr(value)).adjusted()
    text = digits[0] + ('.' + digits[1:] if digits[1:] else '') + f'e{exponent:+03d}'
    if -5 <= exponent < 17:
        text = format(decimal.Decimal(repr(abs(value))).normalize(), 'f')
    return '-' * sign + text.lstrip('-')


def time_text(micros):
    text = (EPOCH + datetime.timedelta(microseconds=micros)).strftime('%H:%M:%S.%f')
    return text.rstrip('0').rstrip('.')


def stamp_text(micros):
    moment = EPOCH + datetime.timedelta(microseconds=micros)
    return moment.date().isoformat() + ' ' + time_text(micros)


def date_text(days):
    return (EPOCH + datetime.timedelta(days=days)).date().isoformat()


def decimal_text(unscaled, scale):
    return format(decimal.Decimal(unscaled).scaleb(-scale), 'f') if scale else str(unscaled)


def columns():
    """(column, texts) of every type whose spelling is more than a number."""
    decimal.getcontext().prec = 60
    days = spread(900, 700000, 1) + [0, 59, 60, 789, 11016, -1, -719162, 2932896]
    clocks = [m % 86400000000 for m in spread(900, 86400000000, 2)] + [0, 86399999999, 3600000000]
    stamps = [m for m in spread(900, 6 * 10 ** 16, 3)] + [0, -1, 253402300799999999, -62135596800000000]
    small, large = spread(900, 10 ** 18, 4), spread(900, 10 ** 36, 5)
    ids = [uuid.UUID(int=n % 2 ** 128).bytes for n in spread(900, 2 ** 127, 6)]
    yield raw('f', 7, F64, floats()), [float_text(v) for v in floats()]
    yield raw('d', 9, I64, days), list(map(date_text, days))
    yield raw('t', 10, I64, clocks), list(map(time_text, clocks))
    yield raw('ts', 11, I64, stamps), list(map(stamp_text, stamps))
    yield raw('tz', 12, I64, stamps), [stamp_text(v) + '+00' for v in stamps]
    yield raw('p', 8, I64, small, precision=18, scale=4), [decimal_text(v, 4) for v in small]
    yield raw('q', 8, I64, small, precision=18, scale=0), [decimal_text(v, 0) for v in small]
    yield raw('r', 8, I128, large, precision=38, scale=38), [decimal_text(v, 38) for v in large]
    yield raw('u', 15, FIXED16, ids), [str(uuid.UUID(bytes=v)) for v in ids]
    value = b'a\t\\\r\n\xc3\xa9'
    constant = node(2, BYTES, 2, value, parameter=len(value))
    yield Column('x', 13, BYTES, [value] * 2, VALID + constant, 2), ['a\\t\\\\\\r\\n\u00e9'] * 2
    yield Column('b', 14, BYTES, [value] * 2, VALID + constant, 2), ['\\\\x61095c0d0ac3a9'] * 2


def main():
    failures = rows = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'x.stoa')
        for column, texts in columns():
            with open(path, 'wb') as file:
                file.write(write_file([column]))
            done = subprocess.run([sys.argv[1], path], capture_output=True)
            found = done.stdout.decode().split('\n')[1:-1]
            rows += len(texts)
            wrong = [(w, f) for w, f in zip(texts, found) if w != f]
            if done.returncode != 0 or len(found) != len(texts) or wrong:
                failures += 1
                print(f'{column.name.decode()}: {done.stderr.decode().strip()} expected and found: '
                      f'{wrong[:5]}')
    print(f'check_spellings: {rows} values, {failures} columns failed')
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
