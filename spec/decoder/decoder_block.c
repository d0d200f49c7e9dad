/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads (block.md): the validity section, then the root node of the encoding tree.
 */
#include "decoder_nodes.h"

#include <string.h>

enum {
    VALIDITY_NONE = 0,
    VALIDITY_ALL_NULL = 1,
    VALIDITY_BITMAP = 2,
    VALIDITY_SPARSE_NULLS = 3,
    VALIDITY_SPARSE_VALID = 4,
    VALIDITY_RUNS = 5
};

static void set_all(struct value *out, uint32_t rows, bool is_null)
{
    for (uint32_t i = 0; i < rows; i++)
        out[i].is_null = is_null;
}

/* [BLK-3] Bits at and above n are 0. */
static void read_bitmap(const struct decoder *d, struct span *s, uint32_t rows,
                        struct value *out)
{
    const uint32_t bits = (rows + 63) / 64 * 64;
    const uint8_t *p = take(d, s, bits / 8, "validity bitmap");
    for (uint32_t i = 0; i < bits; i++) {
        const bool is_valid = p[i / 8] >> i % 8 & 1;
        if (i < rows)
            out[i].is_null = !is_valid;
        else if (is_valid)
            refuse(d, "validity bitmap: bit %u of %u rows is set", i, rows);
    }
}

/* Kinds 3, 4 and 5: rows that ascend strictly. */
static void read_entries(const struct decoder *d, struct span *s, unsigned kind,
                         bool is_first_valid, uint32_t m, uint32_t rows, struct value *out)
{
    const uint8_t *p = take(d, s, (uint64_t)2 * m, "validity entries");
    uint32_t next = 0; /* the lowest row the next entry may name */
    bool is_valid = is_first_valid;
    if (m == 0)
        refuse(d, "validity of kind %u has no entries", kind);
    if (kind != VALIDITY_RUNS)
        set_all(out, rows, kind == VALIDITY_SPARSE_VALID);
    for (uint32_t i = 0; i < m; i++) {
        const uint32_t row = get16(p + (size_t)2 * i);
        if (row < next || row >= rows)
            refuse(d, "validity: row %u does not follow in %u rows", row, rows);
        if (kind == VALIDITY_RUNS) {
            set_all(out + next, row + 1 - next, !is_valid);
            is_valid = !is_valid;
        } else {
            out[row].is_null = kind == VALIDITY_SPARSE_NULLS;
        }
        next = row + 1;
    }
    if (kind == VALIDITY_RUNS && next != rows)
        refuse(d, "validity: the last run ends at row %u of %u", next, rows);
}

/* Sets is_null of all rows; returns the number of NULLs. */
static uint32_t read_validity(const struct decoder *d, struct span *s, uint32_t rows,
                              struct value *out)
{
    const uint8_t *head = take(d, s, 8, "validity section");
    const unsigned kind = head[0];
    const uint32_t m = get32(head + 4);
    if (kind > VALIDITY_RUNS)
        refuse(d, "validity: expected kind 0 to 5, found %u", kind);
    if (head[1] > (kind == VALIDITY_RUNS))
        refuse(d, "validity: unexpected first state %u", head[1]);
    require_zero(d, head + 2, 2, "validity section");
    if (kind < VALIDITY_SPARSE_NULLS) {
        if (m != 0)
            refuse(d, "validity of kind %u has %u entries, expected none", kind, m);
        if (kind == VALIDITY_BITMAP)
            read_bitmap(d, s, rows, out);
        else
            set_all(out, rows, kind == VALIDITY_ALL_NULL);
    } else {
        read_entries(d, s, kind, head[1] != 0, m, rows, out);
    }
    take_padding(d, s, "validity padding");
    uint32_t nulls = 0;
    for (uint32_t i = 0; i < rows; i++)
        nulls += out[i].is_null;
    /* [BLK-4] */
    if (kind >= VALIDITY_BITMAP && (nulls == 0 || nulls == rows))
        refuse(d, "validity of kind %u with %u NULLs in %u rows", kind, nulls, rows);
    return nulls;
}

/* Length of the well-formed code point at p, 0 if there is none (Unicode, table 3-7). */
static uint64_t code_point_size(const uint8_t *p, uint64_t left)
{
    static const struct {
        uint8_t first, last, low, high, size; /* lead bytes; range of the second byte */
    } forms[] = {
        {0x00, 0x7f, 0x00, 0xff, 1},
        {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4}
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (p[0] < forms[i].first || p[0] > forms[i].last)
            continue;
        if (forms[i].size > left)
            return 0;
        for (unsigned k = 1; k < forms[i].size; k++) {
            const uint8_t low = k == 1 ? forms[i].low : 0x80;
            const uint8_t high = k == 1 ? forms[i].high : 0xbf;
            if (p[k] < low || p[k] > high)
                return 0;
        }
        return forms[i].size;
    }
    return 0;
}

bool is_utf8(const uint8_t *p, uint64_t size)
{
    uint64_t at = 0;
    while (at < size) {
        const uint64_t n = code_point_size(p + at, size - at);
        if (n == 0)
            return false;
        at += n;
    }
    return true;
}

/* [BLK-9] Also behind NULLs: the slot holds a well-formed text [BLK-6]. */
static void check_text(const struct decoder *d, const struct value *values, uint32_t rows)
{
    for (uint32_t i = 0; i < rows; i++) {
        if (!is_utf8(values[i].text, values[i].size))
            refuse(d, "row %u: the text is not well-formed UTF-8", i);
    }
}

uint32_t decode_payload(const struct decoder *d, const uint8_t *bytes, uint32_t size,
                        uint32_t rows, unsigned encoding,
                        const struct dictionary *dictionary, const struct before *before,
                        struct heap *heap, struct value *out)
{
    struct span s = span_of(bytes, size);
    const uint32_t nulls = read_validity(d, &s, rows, out);
    if (nulls < rows) {
        if (s.left == 0 || s.at[0] != encoding)
            refuse(d, "expected a root node of encoding %u, found %d", encoding,
                   s.left == 0 ? -1 : s.at[0]);
        const struct tree tree = {d, dictionary, before, heap, 1, out, rows, nulls};
        decode_node(tree, &s, d->at_column->kind, rows, out);
        if (d->at_column->type == TYPE_TEXT)
            check_text(d, out, rows);
    } else if (encoding != 0) {
        refuse(d, "expected encoding 0 of a block of NULLs, found %u", encoding);
    }
    if (s.left != 0)
        refuse(d, "%llu bytes behind the root node",
               (unsigned long long)s.left); /* [BLK-1] */
    return nulls;
}
