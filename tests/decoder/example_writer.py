# SPDX-License-Identifier: Apache-2.0
"""Writes small Stoa files from payload bytes, straight from the tables of spec/format.md.

For tests of the independent decoder only: one row group of one block, any number of columns, no
encoding of its own. XXH3 comes from libxxhash through ctypes. Nothing of the library is used, so
that a file made here and read there is a third opinion about the container.
"""
import ctypes
import ctypes.util
import math
import struct

BOOL, I64, U64, F64, I128, BYTES, FIXED16 = 1, 2, 3, 4, 5, 6, 7


class Hash128(ctypes.Structure):
    _fields_ = [('low', ctypes.c_uint64), ('high', ctypes.c_uint64)]


def load_xxhash():
    name = ctypes.util.find_library('xxhash') or 'libxxhash.so.0'
    library = ctypes.CDLL(name)
    library.XXH3_64bits_withSeed.restype = ctypes.c_uint64
    library.XXH3_64bits_withSeed.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
    library.XXH3_128bits.restype = Hash128
    library.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    return library


XXHASH = load_xxhash()


def xxh3(data, seed=0):
    return XXHASH.XXH3_64bits_withSeed(data, len(data), seed)


def xxh3_128(data):
    pair = XXHASH.XXH3_128bits(data, len(data))
    return struct.pack('<QQ', pair.low, pair.high)


def pad8(data):
    return data + bytes(-len(data) % 8)


class Column:
    """A column of one block: its values (None is NULL) and the payload that holds them."""

    def __init__(self, name, type_id, kind, rows, payload, encoding, entries=0, dictionary=b'',
                 precision=0, scale=0):
        self.name, self.type_id, self.kind, self.rows = name.encode(), type_id, kind, rows
        self.payload, self.encoding = payload, encoding
        self.entries, self.dictionary = entries, dictionary
        self.precision, self.scale = precision, scale
        self.nullable = None in rows

    def bounds(self):
        """(flags, min key, max key, full min, full max, sum of 16 bytes) [FMT-67] to [FMT-70]."""
        values = [v for v in self.rows if v is not None and v == v]
        flags = (7 if values else 0) | (0 if self.kind in (BYTES, FIXED16) else 16)
        total = bytes(16)
        if self.kind == F64:
            total = struct.pack('<dd', *float_sum(self.rows))
        elif flags & 16:
            total = struct.pack('<QQ', *split128(sum(values)))
        if not values:
            return flags, 0, 0, b'', b'', total
        low, high = min(values), max(values)
        return flags, self.key(low), self.key(high), self.full(low), self.full(high), total

    def key(self, value):
        """[FMT-68]"""
        if self.kind == I64:
            return (value & 2 ** 64 - 1) ^ 2 ** 63
        if self.kind == I128:
            return (value >> 64 & 2 ** 64 - 1) ^ 2 ** 63
        if self.kind == F64:
            bits, = struct.unpack('<Q', struct.pack('<d', value + 0.0))
            return bits ^ (2 ** 64 - 1 if bits >> 63 else 2 ** 63)
        if self.kind in (BYTES, FIXED16):
            return int.from_bytes(value[:8].ljust(8, b'\0'), 'big')
        return int(value)

    def full(self, value):
        if self.kind == I128:
            return struct.pack('<QQ', *split128(value))
        return value if self.kind in (BYTES, FIXED16) else b''

    def nans(self):
        return sum(v is not None and v != v for v in self.rows)

    def raw_size(self):
        if self.kind == BYTES:
            return sum(4 + len(v or b'') for v in self.rows)
        if self.kind == BOOL:
            return (len(self.rows) + 7) // 8
        return len(self.rows) * (16 if self.kind in (I128, FIXED16) else 8)


def float_sum(rows):
    """The pair of [FMT-35], normalised as it is stored."""
    def add(pair, x):
        high, low = pair
        s = high + x
        if not math.isfinite(s):
            return s, 0.0
        b = s - high
        return s, low + ((high - (s - b)) + (x - b))
    pairs = [(0.0, 0.0)] * 8
    for r, value in enumerate(rows):
        if value is not None:
            pairs[r % 8] = add(pairs[r % 8], value)
    total = (0.0, 0.0)
    for high, low in pairs:
        total = add(total, high)
        if math.isfinite(total[0]):
            total = (total[0], total[1] + low)
    if total[0] != total[0]:
        return struct.unpack('<d', bytes.fromhex('000000000000f87f'))[0], 0.0
    return total if math.isfinite(total[0]) else (total[0], 0.0)


def split128(number):
    number &= 2 ** 128 - 1
    return number & 2 ** 64 - 1, number >> 64


def in_heap(column, bound):
    return b'' if column.kind == BYTES and len(bound) <= 8 else bound


def schema_section(columns):
    nodes, names = b'', b''
    for number, c in enumerate(columns, 1):
        nodes += struct.pack('<IIBBBBB3xII8x', number, 2 ** 32 - 1, 1, c.type_id, c.precision,
                             c.scale, int(c.nullable), len(names), len(c.name))
        names += c.name
    return pad8(struct.pack('<IIQ', len(columns), len(names), 0) + nodes + names)


def block_record(c, offset, checksum, bounds_offset):
    flags, low, high, full_low, full_high, total = c.bounds()
    flags |= 256 if c.encoding == 5 else 0
    size = len(in_heap(c, full_low) + in_heap(c, full_high))
    return struct.pack('<QIIIIIBBBxHHIQQ16sQ', offset, len(c.payload), len(c.rows),
                       c.rows.count(None), c.nans(), c.raw_size(), c.encoding, len(full_low), len(full_high),
                       flags, 0, bounds_offset if size else 0, low, high, total, checksum)


def dictionary_record(c, number, offset, checksum):
    return struct.pack('<QQIIIB3x', offset, checksum, len(c.dictionary), c.entries, number,
                       c.dictionary[8])


def checksum(payload, field, block, seed):
    return xxh3(pad8(payload), xxh3(struct.pack('<IIQ', field, block, seed)))


def records_of(columns, seed, heap):
    """(block records, dictionary records, bounds, payloads) of the row group [FMT-40]."""
    blocks, dictionaries, bounds, payloads = [], [], b'', b''
    for number, c in enumerate(columns):
        if c.dictionary:
            dictionaries.append(dictionary_record(
                c, number, len(payloads), checksum(c.dictionary, number + 1, 2 ** 32 - 1, seed)))
            payloads += pad8(c.dictionary)
        blocks.append(block_record(c, len(payloads), checksum(c.payload, number + 1, 0, seed),
                                   heap + len(bounds)))
        payloads += pad8(c.payload)
        bounds += in_heap(c, c.bounds()[3]) + in_heap(c, c.bounds()[4])
    return blocks, dictionaries, bounds, payloads


def group_seed(blocks, dictionaries, heap):
    """[FMT-43]"""
    seed = 0
    for r in blocks:
        seed = xxh3(bytes(8) + r[8:36] + bytes(4) + r[40:72] + bytes(8), seed)
    for r in dictionaries:
        seed = xxh3(bytes(16) + r[16:], seed)
    return xxh3(heap, seed)


def row_group(columns, identity):
    """(bytes, seed, size of the tail) [FMT-45]"""
    blocks, dictionaries, bounds, _ = records_of(columns, 0, 0)
    seed = group_seed(blocks, dictionaries, pad8(bounds))
    blocks, dictionaries, bounds, payloads = records_of(columns, seed, 0)
    tail = b''.join(blocks) + b''.join(dictionaries) + pad8(bounds)
    size = len(payloads) + len(tail) + 64
    tail += struct.pack('<8sQQIIIIQ8s', b'STOATAIL', size, len(tail) + 64, len(columns[0].rows), 1,
                        len(columns), len(dictionaries), seed, identity[:8])
    return payloads + tail + struct.pack('<Q', xxh3(tail, seed)), seed, len(tail) + 8


def name_table(columns):
    slots = 2
    while 2 * slots < 3 * len(columns):
        slots *= 2
    table = [2 ** 32 - 1] * slots
    for number, c in enumerate(columns):
        slot = xxh3(c.name) % slots
        while table[slot] != 2 ** 32 - 1:
            slot = (slot + 1) % slots
        table[slot] = number
    return struct.pack(f'<{slots}I', *table)


def column_records(columns):
    records, name_offset, first = b'', 0, 0
    for number, c in enumerate(columns, 1):
        has = bool(c.dictionary)
        records += struct.pack('<QIIHBBBBHQQI20x', xxh3(c.name), number, name_offset, len(c.name),
                               c.type_id, c.precision, c.scale, int(c.nullable) | 2 * has, 0,
                               len(c.payload) + len(c.dictionary), c.rows.count(None),
                               first if has else 2 ** 32 - 1)
        name_offset += len(c.name)
        first += has
    return records


def footer_stream(columns, group, seed, tail_size, offset):
    """(stream, offset of the directory, sections) [FMT-62]"""
    names = b''.join(c.name for c in columns)
    blocks, dictionaries, bounds, _ = records_of(columns, seed, len(names))
    group_record = struct.pack('<QQQIIIIQQQ', offset, len(group), 0, len(columns[0].rows), 1, 0,
                               len(dictionaries), tail_size, seed, sum(c.raw_size() for c in columns))
    sections = [(1, b''.join(blocks)), (4, b''.join(dictionaries)), (5, names + bounds),
                (7, column_records(columns)), (8, name_table(columns)), (9, group_record)]
    stream, directory = b'', b''
    for number, data in sections:
        if data:
            stream = pad8(stream)
            directory += struct.pack('<IIQQ', number, 1, len(stream), len(data))
            stream += data
    stream = pad8(stream)
    return stream + directory, len(stream), len(directory) // 24


def paged(stream, content):
    """[FMT-60]"""
    footer = b''
    for page, start in enumerate(range(0, len(stream), 4088)):
        part = stream[start:start + 4088]
        footer += part + struct.pack('<Q', xxh3(part, xxh3(content + struct.pack('<Q', page))))
    return footer


def write_file(columns):
    """The bytes of a file that holds the columns."""
    schema = schema_section(columns)
    identity = xxh3_128(schema)
    header = struct.pack('<8sHHIQQ16sQ', b'STOA\r\n\x1a\n', 0, 2, 64, 0, 0, identity, len(schema))
    header += struct.pack('<Q', xxh3(header))
    group, seed, tail_size = row_group(columns, identity)
    offset = len(header) + len(schema)
    stream, directory, sections = footer_stream(columns, group, seed, tail_size, offset)
    content = xxh3_128(stream)
    footer = paged(stream, content)
    trailer = struct.pack('<QQQIIIIQQQ16s16sHH12x', offset + len(group), len(footer),
                          len(columns[0].rows), len(columns), 1, 1, sections, directory, 0, 0, identity,
                          content, 0, 2)
    trailer += struct.pack('<Q', xxh3(trailer)) + b'STOAEND\n'
    return header + schema + group + footer + trailer
