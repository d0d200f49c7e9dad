/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sketches of distinct values (format.md 5.10): made anew from the decoded values, bit by bit.
 */
#include "decoder_extras.h"

#include <math.h>
#include <string.h>

/* [FMT-100] The canonical bytes of a value; returns their number. */
static uint32_t canonical(unsigned kind, const struct value *v, uint8_t out[16])
{
    uint64_t low = v->low;
    if (kind == KIND_F64) {
        double x;
        memcpy(&x, &low, sizeof x);
        if (isnan(x))
            low = UINT64_C(0x7ff8000000000000);
        else if (x == 0)
            low = 0;
    }
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (uint8_t)(low >> 8 * i);
        out[8 + i] = (uint8_t)(v->high >> 8 * i);
    }
    return kind == KIND_I128 ? 16 : 8;
}

uint64_t hash_value(unsigned kind, const struct value *v)
{
    uint8_t bytes[16];
    if (kind == KIND_BYTES || kind == KIND_FIXED16)
        return xxh3(v->text, v->size, 0);
    const uint32_t size = canonical(kind, v, bytes);
    return xxh3(bytes, size, 0);
}

/* [FMT-101] */
void add_to_sketch(struct column *column, const struct value *values, uint32_t rows)
{
    for (uint32_t r = 0; r < rows; r++) {
        const struct value *v = &values[r];
        if (v->is_null)
            continue;
        const uint64_t hash = hash_value(column->kind, v);
        unsigned rank = 1;
        while (rank < 55 && (hash >> (54 - rank) & 1) == 0)
            rank++;
        uint8_t *slot = &column->registers[hash >> 54];
        if (rank > *slot)
            *slot = (uint8_t)rank;
    }
}

/* [FMT-102] */
static uint32_t write_sketch(const uint8_t registers[1024], uint8_t out[776])
{
    uint32_t count = 0;
    uint32_t size = 2;
    memset(out, 0, 776);
    for (unsigned i = 0; i < 1024; i++)
        count += registers[i] != 0;
    if (count >= 384) {
        out[0] = out[1] = 0xff;
        for (unsigned bit = 0; bit < 6 * 1024; bit++) {
            if (registers[bit / 6] >> bit % 6 & 1)
                out[2 + bit / 8] |= (uint8_t)(1 << bit % 8);
        }
        return 776;
    }
    out[0] = (uint8_t)count;
    out[1] = (uint8_t)(count >> 8);
    for (unsigned i = 0; i < 1024; i++) {
        if (registers[i] == 0)
            continue;
        out[size++] = (uint8_t)(i << 6 | registers[i]);
        out[size++] = (uint8_t)(i >> 2);
    }
    return (size + 7) / 8 * 8;
}

void check_sketches(struct decoder *d)
{
    const struct section *s = &d->sections[SECTION_SKETCHES];
    uint64_t end = 0;
    for (uint32_t c = 0; c < d->column_count; c++) {
        uint8_t expected[776];
        d->at_column = &d->columns[c];
        if (!d->at_column->has_sketch)
            continue;
        const uint32_t size = write_sketch(d->at_column->registers, expected);
        if (d->at_column->sketch != end || size > s->size - end)
            refuse(d, "sketch: expected %u bytes at %llu, found them at %llu", size,
                   (unsigned long long)end, (unsigned long long)d->at_column->sketch);
        if (memcmp(s->bytes + end, expected, size) != 0)
            refuse(d, "sketch: the values give another one");
        end += size;
    }
    d->at_column = NULL;
    if (end != s->size)
        refuse(d, "sketches: expected %llu bytes, found %llu", (unsigned long long)end,
               (unsigned long long)s->size);
}
