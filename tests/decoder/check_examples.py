#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of the specification's pages, decoded: check_examples.py STOA_DECODE.

Reads the hex examples out of spec/block.md and spec/encodings/*.md, puts each into a file, and
compares what the independent decoder prints with what the page says. Then damages such a file:
every byte in turn, and every length, must be refused [FMT-6], [FMT-80]; so must, with checksums
that fit, every payload with a changed byte, because its statistics or its form are then wrong.
"""
import os
import re
import struct
import subprocess
import sys
import tempfile

from example_writer import BOOL, BYTES, F64, I64, U64, Column, pad8, write_file

SPEC = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
                    'spec')
VALID = bytes(8)  # the validity section of a block without NULLs
INT64, UINT64, FLOAT64, TEXT, BOOLEAN = 5, 6, 7, 13, 1


def page_example(page):
    """The bytes of the last fenced example of a page; comments behind two blanks are dropped."""
    with open(os.path.join(SPEC, page), encoding='utf-8') as file:
        fence = re.findall(r'```\n(.*?)```', file.read(), re.S)[-1]
    hexes = [re.match(r'(?:[0-9a-f]{2}\s{1,2})+', line + ' ') for line in fence.split('\n')]
    return bytes.fromhex(''.join(match.group(0) for match in hexes if match))


def node(encoding, kind, count, body, parameter=0, flags=(0, 0)):
    """[ENC-1]"""
    return struct.pack('<BBBBIII', encoding, kind, *flags, count, 16 + len(pad8(body)), parameter) + \
        pad8(body)


def text_dictionary(values):
    lengths = node(1, U64, len(values), b''.join(struct.pack('<Q', len(v)) for v in values))
    heap = b''.join(values)
    stream = struct.pack('<IIII', 0, 0, len(heap), len(heap)) + heap
    return VALID + node(8, BYTES, len(values), lengths + pad8(stream))


def pack(values, width):
    """[PACK-1] to [PACK-4], lane by lane."""
    bits = next(t for t in (8, 16, 32, 64) if t >= width)
    lanes = 1024 // bits
    out = bytearray(128 * width)
    for lane in range(lanes):
        string = sum(v << r * width for r, v in enumerate(values[lane::lanes]))
        for k in range(width):
            word = string >> k * bits & 2 ** bits - 1
            at = (k * lanes + lane) * bits // 8
            out[at:at + bits // 8] = word.to_bytes(bits // 8, 'little')
    return bytes(out)


def packed_column(name, values, width):
    body = struct.pack('<QQ', 1, 0) + pad8(bytes([width])) + pack(values, width)
    return Column(name, UINT64, U64, values, VALID + node(3, U64, 1024, body), 3)


def raw(name, rows):
    body = b''.join(struct.pack('<q', v) for v in rows)
    return Column(name, INT64, I64, rows, VALID + node(1, I64, len(rows), body), 1)


def numbers(kind, values):
    return node(1, kind, len(values), b''.join(struct.pack('<q', v) for v in values))


def same_node(form, base, kind, count, children, exceptions=0, keys=0, low=0):
    body = struct.pack('<IIQ', exceptions, keys, low) + b''.join(children)
    return node(17, kind, count, body, base, (form, 0))


def same_columns():
    """The other forms of SAME, with exceptions, NULLs of the base, and under DICT."""
    words = [b'no', b'yes', b'no', None]
    codes = [0, 1, 0, 0]
    null_last = bytes([2, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0])
    equal = same_node(0, 0, I64, 4, [numbers(U64, [2]), numbers(I64, [-9])], 1)
    by_number = same_node(2, 0, U64, 4, [numbers(U64, [8, 6, 4])], 0, 3, 5)
    by_code = same_node(3, 3, U64, 4, [numbers(U64, [1, 0]), numbers(U64, [3]), numbers(U64, [2])],
                        1, 2)
    return [
        raw('base', [7, 5, 6, 5]),
        Column('equal', INT64, I64, [7, 5, -9, 5], VALID + equal, 17),
        Column('by number', UINT64, U64, [4, 8, 6, 8], VALID + by_number, 17),
        Column('words', TEXT, BYTES, words, null_last + node(5, BYTES, 4, numbers(U64, codes), 2), 5,
               2, text_dictionary([b'no', b'yes'])),
        Column('by code', TEXT, BYTES, [b'b', b'a', b'b', b'c'],
               VALID + node(5, BYTES, 4, by_code, 3), 5, 3, text_dictionary([b'a', b'b', b'c'])),
    ]


def page_columns():
    """One column for each page with an example, and what it must print."""
    def example(page, type_id, kind, rows, **more):
        data = page_example('encodings/' + page)
        return Column(page, type_id, kind, rows, VALID + data, data[0], **more)
    block = page_example('block.md')
    dense = page_example('encodings/dense.md')
    words = [b'yes', b'no', b'yes']
    return [
        [Column('block.md', INT64, I64, [5, None, 5, 5], block, block[16])],
        [example('raw.md', INT64, I64, [1, -2])],
        [example('const.md', TEXT, BYTES, [b'abc'] * 5)],
        [example('ffor.md', INT64, I64, [100, 102, 101, 1000]),
         example('bool.md', BOOLEAN, BOOL, [True, False, True, True]),
         example('rle.md', UINT64, U64, [7, 7, 7, 9])],
        [example('bytes.md', INT64, I64, [1000, 1001, 1003]),
         example('str.md', TEXT, BYTES, [b'a', b'', b'bcd']),
         example('dict.md', TEXT, BYTES, words, entries=2,
                 dictionary=text_dictionary([b'no', b'yes']))],
        [example('seq.md', INT64, I64, [10, 7, 4]),
         Column('dense.md', INT64, I64, [5, None, 6], dense, dense[16])],
        [example('delta.md', INT64, I64, [100, 103, 105, 109]),
         example('alp.md', FLOAT64, F64, [1.25, -0.5, 1 / 3, 3.25]),
         example('alp-rd.md', FLOAT64, F64, [1.5, 2.0, 1.0, -7.25])],
        [example('fsst.md', TEXT, BYTES, [b'abab', b'', b'abc'])],
        [example('sparse.md', UINT64, U64, [7, 7, 9, 7, 7])],
        [example('prefix.md', TEXT, BYTES, [b'car', b'care', b'cat'])],
        [example('cast.md', TEXT, BYTES, [b'#07', b'none', b'#12'])],
        [raw('base', [100, 103, 105, 109]),
         example('same.md', INT64, I64, [101, 105, 106, 112])],
        same_columns(),
        [packed_column(f'w{w}', [i * 2654435761 % 2 ** w for i in range(1024)], w)
         for w in (1, 3, 8, 9, 12, 16, 17, 31, 32, 33, 63, 64)],
    ]


def printed(value):
    if value is None:
        return '\\N'
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float) and value == int(value):
        value = int(value)
    return str(value).lower()


def expected(columns):
    names = {INT64: 'int64', UINT64: 'uint64', FLOAT64: 'float64', TEXT: 'text', BOOLEAN: 'bool'}
    lines = ['\t'.join(f'{c.name.decode()}:{names[c.type_id]}' for c in columns)]
    lines += ['\t'.join(map(printed, row)) for row in zip(*(c.rows for c in columns))]
    return '\n'.join(lines) + '\n'


def decode(decoder, path, data):
    with open(path, 'wb') as file:
        file.write(data)
    return subprocess.run([decoder, path], capture_output=True, text=True)


def check_pages(decoder, path):
    failures = []
    for columns in page_columns():
        names = ', '.join(c.name.decode() for c in columns)
        done = decode(decoder, path, write_file(columns))
        if done.returncode != 0:
            failures.append(f'{names}: refused: {done.stderr.strip()}')
        elif done.stdout != expected(columns):
            failures.append(f'{names}: expected\n{expected(columns)}found\n{done.stdout}')
    return failures


def check_packing_page():
    """The rows of packing.md's second example."""
    packed = pack(list(range(1024)), 12)
    failures = []
    with open(os.path.join(SPEC, 'encodings/packing.md'), encoding='utf-8') as file:
        rows = re.findall(r'^\| (\d+) \| `([0-9a-f ]+)`', file.read(), re.M)
    for start, text in rows:
        part = bytes.fromhex(text)
        if packed[int(start):int(start) + len(part)] != part:
            failures.append(f'packing.md: the bytes from {start} differ')
    return failures if rows else ['packing.md: its example is gone']


def check_damage(decoder, path):
    """No changed byte and no cut goes unseen."""
    data = write_file(page_columns()[4])
    failures = []
    damaged = [(f'byte {i} changed', data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1:])
               for i in range(len(data))]
    damaged += [(f'cut to {n} bytes', data[:n]) for n in range(0, len(data), 37)]
    damaged += [('8 bytes behind the end', data + bytes(8))]
    for what, changed in damaged:
        done = decode(decoder, path, changed)
        if done.returncode != 1 or not done.stderr.startswith('stoa-decode: '):
            failures.append(f'{what}: expected a refusal, found status {done.returncode} '
                            f'{done.stderr.strip()}')
    return failures, len(damaged)


def check_payload_damage(decoder, path):
    """A writer's mistake, not the disk's: the checksum fits, the payload is changed."""
    failures, tried = [], 0
    for columns in page_columns()[:-1]:
        for column in columns:
            good = column.payload
            for i in range(len(good)):
                column.payload = good[:i] + bytes([good[i] ^ 0xff]) + good[i + 1:]
                done = decode(decoder, path, write_file(columns))
                tried += 1
                if done.returncode != 1 or not done.stderr.startswith('stoa-decode: '):
                    failures.append(f'{column.name.decode()}: payload byte {i} changed: status '
                                    f'{done.returncode} {done.stderr.strip()} {done.stdout}')
            column.payload = good
    return failures, tried


def main():
    decoder = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'x.stoa')
        failures = check_pages(decoder, path) + check_packing_page()
        tried = 0
        for check in (check_damage, check_payload_damage) if not failures else ():
            more, count = check(decoder, path)
            failures += more
            tried += count
    print('\n'.join(failures[:40]))
    print(f'check_examples: {tried} damaged files tried, {len(failures)} failures')
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
