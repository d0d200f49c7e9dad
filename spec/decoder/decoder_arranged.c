/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The raw bytes of packed schema sections and tails (format.md 2.2 and 4.1): parts of like place
 * lie together, and numbers that sizes tell are differences. Both become what they were.
 */
#include "decoder.h"

#include <string.h>

#define NODE_SIZE       32u
#define RECORD_SIZE     80u
#define DICTIONARY_SIZE 32u

static void put(uint8_t *p, uint64_t number, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        p[i] = (uint8_t)(number >> 8 * i);
}

/* `count` rows out of as many first parts of `step` bytes, second parts, .. */
static void gather_rows(const uint8_t *bytes, uint64_t count, unsigned row_size,
                        unsigned step, uint8_t *out)
{
    const uint64_t steps = row_size / step;
    for (uint64_t i = 0; i < count; i++) {
        for (uint64_t k = 0; k < steps; k++)
            memcpy(out + i * row_size + k * step, bytes + (k * count + i) * step, step);
    }
}

/* [FMT-11] */
const uint8_t *arranged_schema(const struct decoder *d, const uint8_t *bytes, uint64_t size,
                               struct heap *heap)
{
    if (size < 16 || (size - 16) / NODE_SIZE < get32(bytes))
        refuse(d, "packed schema section: its nodes do not fit in %llu bytes",
               (unsigned long long)size);
    const uint64_t count = get32(bytes);
    uint8_t *out = allocate(heap, size, 1);
    uint32_t names = 0;
    memcpy(out, bytes, size);
    gather_rows(bytes + 16, count, NODE_SIZE, 1, out + 16);
    for (uint64_t i = 0; i < count; i++) {
        uint8_t *node = out + 16 + NODE_SIZE * i;
        if (i > 0)
            put(node, (uint64_t)get32(node) + get32(node - NODE_SIZE), 4);
        put(node + 16, (uint64_t)get32(node + 16) + names, 4);
        names += get32(node + 20);
    }
    return out;
}

static uint64_t padded(uint32_t size)
{
    return ((uint64_t)size + 7) / 8 * 8;
}

static void restore_offsets(const struct decoder *d, const struct group *g, uint8_t *blocks,
                            uint8_t *dictionaries)
{
    uint64_t end = 0;
    uint32_t next = 0;
    for (uint32_t c = 0; c < d->column_count; c++) {
        uint8_t *p = dictionaries + (uint64_t)DICTIONARY_SIZE * next;
        if (next < g->dictionaries && get32(p + 24) == c) {
            put(p, get64(p) + end, 8);
            end += padded(get32(p + 16));
            next++;
        }
        for (uint32_t b = 0; b < g->blocks; b++, blocks += RECORD_SIZE) {
            put(blocks, get64(blocks) + end, 8);
            end += padded(get32(blocks + 8));
        }
    }
}

/* Key of a bound by the bound itself, or what is kept for it: xor goes both ways. */
static void restore_key(uint8_t *key, const uint8_t *bound)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < 8; i++)
        number = number << 8 | bound[i];
    put(key, get64(key) ^ number, 8);
}

static void restore_bounds(uint8_t *record, const uint8_t *heap, uint64_t heap_size,
                           uint64_t *heap_end)
{
    const uint64_t first = *heap_end;
    const uint32_t sizes[2] = {record[29], record[30]};
    for (unsigned k = 0; k < 2; k++) {
        if (sizes[k] <= 8)
            continue;
        if (*heap_end <= heap_size && sizes[k] <= heap_size - *heap_end)
            restore_key(record + 40 + 8 * k, heap + *heap_end);
        *heap_end += sizes[k];
    }
    if (*heap_end > first)
        put(record + 36, get32(record + 36) + first, 4);
}

/* [FMT-48] */
const uint8_t *arranged_tail(const struct decoder *d, const struct group *g,
                             const uint8_t *bytes, uint64_t size, struct heap *heap)
{
    const uint64_t count = (uint64_t)d->column_count * g->blocks;
    const uint64_t dictionaries = RECORD_SIZE * count;
    const uint64_t bounds = dictionaries + (uint64_t)DICTIONARY_SIZE * g->dictionaries;
    if (bounds > size)
        refuse(d, "packed tail: its records do not fit in %llu bytes",
               (unsigned long long)size);
    uint8_t *out = allocate(heap, size, 1);
    uint64_t heap_end = 0;
    memcpy(out, bytes, size);
    gather_rows(bytes, count, RECORD_SIZE, 8, out);
    gather_rows(bytes + dictionaries, g->dictionaries, DICTIONARY_SIZE, 8,
                out + dictionaries);
    restore_offsets(d, g, out, out + dictionaries);
    for (uint64_t i = 0; i < count; i++)
        restore_bounds(out + RECORD_SIZE * i, out + bounds, size - bounds, &heap_end);
    return out;
}
