/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zones (format.md 5.9): the parts of the section follow each other, and every record is what the
 * rows of its zone give.
 */
#include "decoder_extras.h"

#include <string.h>

enum { MIN_EXACT = 2, MAX_EXACT = 4, MAX_OPEN = 8, HAS_SUM = 16 };

static bool has_wide_keys(unsigned kind)
{
    return kind == KIND_I128 || kind == KIND_BYTES || kind == KIND_FIXED16;
}

/* [FMT-91] */
static unsigned record_size(unsigned kind)
{
    const unsigned keys = has_wide_keys(kind) ? 32 : 16;
    return 8 + keys + (kind == KIND_BYTES || kind == KIND_FIXED16 ? 0 : 16);
}

static uint64_t entries_size(const struct decoder *d)
{
    return ((uint64_t)4 * d->group_count + 7) / 8 * 8;
}

void check_zone_parts(struct decoder *d)
{
    const struct section *s = &d->sections[SECTION_ZONES];
    uint64_t end = 0;
    for (uint32_t c = 0; c < d->column_count; c++) {
        uint32_t next = 0;
        d->at_column = &d->columns[c];
        if (!d->at_column->has_zones)
            continue;
        if (d->at_column->zones != end || entries_size(d) > s->size - end)
            refuse(d, "zones: expected them at %llu, found %llu", (unsigned long long)end,
                   (unsigned long long)d->at_column->zones);
        for (uint32_t g = 0; g < d->group_count; g++) {
            const uint32_t first = get32(s->bytes + end + (size_t)4 * g);
            if (first == NONE)
                continue;
            if (first != next)
                refuse(d, "zones: expected record %u, found %u", next, first);
            next += (d->groups[g].rows + ZONE_ROWS - 1) / ZONE_ROWS;
        }
        if (next == 0)
            refuse(d, "zones: no row group has any");
        require_zero(d, s->bytes + end + (size_t)4 * d->group_count,
                     entries_size(d) - (uint64_t)4 * d->group_count, "zones");
        end += entries_size(d) + (uint64_t)next * record_size(d->at_column->kind);
        if (end > s->size)
            refuse(d, "zones: %u records leave the section", next);
    }
    d->at_column = NULL;
    if (end != s->size)
        refuse(d, "zones: expected %llu bytes, found %llu", (unsigned long long)end,
               (unsigned long long)s->size);
}

static void store(uint8_t *p, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

/* Adds one to the 16 bytes as a big-endian number; false when they are all ff. */
static bool add_one(uint8_t key[16])
{
    for (unsigned i = 16; i > 0; i--) {
        if (++key[i - 1] != 0)
            return true;
    }
    return false;
}

/* [FMT-92] What all texts of the block begin with, as far as its bounds show. */
static uint32_t prefix_size(const struct statistics *block)
{
    uint32_t size = 0;
    if (!block->has_bounds || block->is_max_open)
        return 0;
    while (size < 48 && size < block->min.size && size < block->max.size &&
           block->min.text[size] == block->max.text[size])
        size++;
    return size;
}

/* [FMT-92] The bytes behind the prefix; whether the text comes back from them. */
static bool put_text_key(const struct value *v, uint32_t prefix, uint8_t key[16])
{
    const uint32_t rest = v->size - prefix;
    if (rest > 0)
        memcpy(key, v->text + prefix, rest < 16 ? rest : 16);
    return rest <= 16 && (rest == 0 || v->text[v->size - 1] != 0);
}

/* [FMT-92] The keys of texts; returns the flags. */
static unsigned put_text_keys(const struct statistics *s, const struct statistics *block,
                              unsigned flags, uint8_t *keys)
{
    const uint32_t prefix = prefix_size(block);
    if (!put_text_key(&s->min, prefix, keys))
        flags &= ~(unsigned)MIN_EXACT;
    bool is_open = s->is_max_open || s->max.size < prefix ||
                   (prefix > 0 && memcmp(s->max.text, block->min.text, prefix) != 0);
    if (!is_open && !put_text_key(&s->max, prefix, keys + 16)) {
        flags &= ~(unsigned)MAX_EXACT;
        is_open = !add_one(keys + 16);
    }
    if (is_open) {
        memset(keys + 16, 0xff, 16);
        flags &= ~(unsigned)MAX_EXACT;
        flags |= MAX_OPEN;
    }
    return flags;
}

static void put_keys(unsigned kind, const struct statistics *s, uint8_t *keys)
{
    if (kind == KIND_I128) {
        store(keys, s->min.low, 8);
        store(keys + 8, s->min.high, 8);
        store(keys + 16, s->max.low, 8);
        store(keys + 24, s->max.high, 8);
    } else if (kind == KIND_FIXED16) {
        memcpy(keys, s->min.text, 16);
        memcpy(keys + 16, s->max.text, 16);
    } else {
        store(keys, statistics_key(kind, &s->min), 8);
        store(keys + 8, statistics_key(kind, &s->max), 8);
    }
}

static void make_record(unsigned kind, const struct statistics *s,
                        const struct statistics *block, uint8_t *record)
{
    const unsigned size = record_size(kind);
    unsigned flags = (s->has_bounds ? 1 : 0) | (s->is_min_exact ? MIN_EXACT : 0) |
                     (s->is_max_exact ? MAX_EXACT : 0) | (s->is_max_open ? MAX_OPEN : 0) |
                     (s->has_sum ? HAS_SUM : 0);
    memset(record, 0, size);
    if (s->has_bounds && kind == KIND_BYTES)
        flags = put_text_keys(s, block, flags, record + 8);
    else if (s->has_bounds)
        put_keys(kind, s, record + 8);
    store(record, s->nulls, 2);
    store(record + 2, s->nans, 2);
    store(record + 4, flags, 2);
    if (s->has_sum) {
        store(record + size - 16, s->sum[0], 8);
        store(record + size - 8, s->sum[1], 8);
    }
}

void check_block_zones(const struct decoder *d, const struct column *column,
                       const struct statistics *block, const struct value *values,
                       uint32_t rows)
{
    const uint8_t *part = d->sections[SECTION_ZONES].bytes + column->zones;
    const uint32_t first = get32(part + (size_t)4 * d->at_group);
    const unsigned size = record_size(column->kind);
    struct heap heap = {NULL};
    if (first == NONE)
        return;
    const uint8_t *record =
        part + entries_size(d) +
        ((uint64_t)first + d->at_block * (BLOCK_ROWS / ZONE_ROWS)) * size;
    for (uint32_t row = 0; row < rows; row += ZONE_ROWS, record += size) {
        const uint32_t left = rows - row;
        uint8_t expected[56];
        const struct statistics s = statistics_of_values(
            column, values + row, left < ZONE_ROWS ? left : ZONE_ROWS, &heap);
        make_record(column->kind, &s, block, expected);
        for (unsigned i = 0; i < size; i++) {
            if (record[i] != expected[i])
                refuse(d, "zone %u: expected byte %02x at %u, found %02x", row / ZONE_ROWS,
                       expected[i], i, record[i]);
        }
    }
    heap_empty(&heap);
}
