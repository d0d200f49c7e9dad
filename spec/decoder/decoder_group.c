/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Row groups (format.md 4): where payloads lie, that tails repeat the footer's records, the seed,
 * and the checksum of every payload. Nothing is decoded here.
 */
#include "decoder_nodes.h"

#include <string.h>

#define RECORD_SIZE     80u
#define DICTIONARY_SIZE 32u
#define TAIL_END_SIZE   64u

const uint8_t *block_record(const struct decoder *d, uint32_t column, uint32_t block)
{
    return d->sections[SECTION_BLOCKS].bytes +
           RECORD_SIZE * ((size_t)column * d->block_count + block);
}

const uint8_t *dictionary_record(const struct decoder *d, uint32_t column, uint32_t group)
{
    const uint32_t first = d->columns[column].first_dictionary;
    return d->sections[SECTION_DICTIONARIES].bytes +
           DICTIONARY_SIZE * ((size_t)first + group);
}

/* The record as it goes into the seed: what depends on the place in the file is zero [FMT-43]. */
static uint64_t hash_record(const uint8_t *record, bool is_block, uint64_t seed)
{
    uint8_t copy[RECORD_SIZE];
    const uint32_t size = is_block ? RECORD_SIZE : DICTIONARY_SIZE;
    memcpy(copy, record, size);
    memset(copy, 0, 8);
    memset(copy + (is_block ? 72 : 8), 0, 8);
    if (is_block)
        memset(copy + 36, 0, 4);
    return xxh3(copy, size, seed);
}

/* [FMT-40] One payload at its place, [FMT-41] its padding, [FMT-44] its checksum. */
static void check_place(struct decoder *d, uint64_t offset, uint32_t size,
                        uint64_t checksum, uint64_t *end)
{
    const struct group *g = &d->groups[d->at_group];
    const uint64_t padded = ((uint64_t)size + 7) / 8 * 8;
    if (offset != *end || padded > g->size - g->tail_size - *end)
        refuse(d, "a payload of %u bytes at %llu does not follow %llu", size,
               (unsigned long long)offset, (unsigned long long)*end);
    uint8_t place[16];
    for (unsigned i = 0; i < 4; i++) {
        place[i] = (uint8_t)(d->at_column->field_id >> 8 * i);
        place[4 + i] = (uint8_t)(d->at_block >> 8 * i);
    }
    for (unsigned i = 0; i < 8; i++)
        place[8 + i] = (uint8_t)(g->seed >> 8 * i);
    if (xxh3(g->bytes + offset, padded, xxh3(place, 16, 0)) != checksum)
        refuse(d, "the checksum of the payload does not fit");
    require_zero(d, g->bytes + offset + size, padded - size, "padding");
    *end += padded;
}

static void check_payloads(struct decoder *d)
{
    const struct group *g = &d->groups[d->at_group];
    uint64_t end = 0;
    uint32_t dictionaries = 0;
    for (uint32_t c = 0; c < d->column_count; c++) {
        d->at_column = &d->columns[c];
        d->at_block = NONE;
        if (d->at_column->first_dictionary != NONE) {
            const uint8_t *p = dictionary_record(d, c, d->at_group);
            require_zero(d, p + 29, 3, "dictionary record");
            if (get32(p + 24) != c)
                refuse(d, "dictionary record: expected column %u, found %u", c,
                       get32(p + 24));
            if (get32(p + 20) != 0) {
                check_place(d, get64(p), get32(p + 16), get64(p + 8), &end);
                dictionaries++;
            } else {
                require_zero(d, p, 24, "dictionary record of no dictionary"); /* [FMT-72] */
                require_zero(d, p + 28, 1, "dictionary record of no dictionary");
            }
        }
        for (uint32_t b = 0; b < g->blocks; b++) {
            const uint8_t *p = block_record(d, c, g->first_block + b);
            d->at_block = b;
            check_place(d, get64(p), get32(p + 8), get64(p + 72), &end);
        }
    }
    d->at_column = NULL;
    d->at_block = NONE;
    if (end != g->size - g->tail_size)
        refuse(d, "payloads end at %llu, the tail starts at %llu", (unsigned long long)end,
               (unsigned long long)(g->size - g->tail_size));
    if (dictionaries != g->dictionaries)
        refuse(d, "expected %u dictionaries, found %u", g->dictionaries, dictionaries);
}

/* Bytes a record's bounds take in a heap [FMT-68]: text up to 8 bytes is in the key. */
static uint64_t bounds_size(const uint8_t *record, unsigned kind)
{
    const uint64_t min = record[29];
    const uint64_t max = record[30];
    if (kind == KIND_BYTES)
        return (min > 8 ? min : 0) + (max > 8 ? max : 0);
    return min + max;
}

/* A tail's record is the footer's but for where its bounds lie. */
static void check_tail_block(const struct decoder *d, const uint8_t *tail,
                             const uint8_t *record, const struct section *heap,
                             uint64_t *heap_end)
{
    if (memcmp(tail, record, 36) != 0 || memcmp(tail + 40, record + 40, 40) != 0)
        refuse(d, "tail: a block record differs from the footer's");
    const uint64_t size = bounds_size(record, d->at_column->kind);
    const struct section *own = &d->sections[SECTION_HEAP];
    const uint64_t at = get32(record + 36);
    if (size == 0) {
        if (get32(tail + 36) != 0 || at != 0)
            refuse(d, "a record without bounds in the heap has bounds_offset %u",
                   get32(tail + 36));
        return;
    }
    if (get32(tail + 36) != *heap_end || size > heap->size - *heap_end)
        refuse(d, "tail: bounds at %u do not follow %llu", get32(tail + 36),
               (unsigned long long)*heap_end);
    if (at > own->size || size > own->size - at ||
        memcmp(own->bytes + at, heap->bytes + *heap_end, size) != 0)
        refuse(d, "tail: bounds differ from the footer's");
    *heap_end += size;
}

static void check_tail_end(const struct decoder *d, const uint8_t *tail, const uint8_t *end)
{
    const struct group *g = &d->groups[d->at_group];
    if (memcmp(end, "STOATAIL", 8) != 0)
        refuse(d, "tail: its magic is missing");
    if (xxh3(tail, (uint64_t)(end + 56 - tail), g->seed) != get64(end + 56))
        refuse(d, "tail: the checksum does not fit");
    if (get64(end + 8) != g->size || get64(end + 16) != g->tail_size ||
        get32(end + 24) != g->rows || (get32(end + 28) & 0xffff) != g->blocks ||
        get32(end + 28) >> 16 > 1 || get32(end + 32) != d->column_count ||
        get32(end + 36) != g->dictionaries || get64(end + 40) != g->seed)
        refuse(d, "tail: its end differs from the row-group record");
    if (get64(end + 48) != get64(d->identity))
        refuse(d, "tail: it belongs to a file with another identity");
}

/* [FMT-45] The tail, [FMT-43] the seed its records and heap give. */
static void check_tail(struct decoder *d, struct heap *memory)
{
    const struct group *g = &d->groups[d->at_group];
    const uint8_t *tail = g->bytes + g->size - g->tail_size;
    const uint8_t *end = g->bytes + g->size - TAIL_END_SIZE;
    check_tail_end(d, tail, end);
    struct span s = span_of(tail, g->tail_size - TAIL_END_SIZE);
    if (get32(end + 28) >> 16 == 1) { /* [FMT-47] */
        const struct tree tree = {.d = d, .heap = memory};
        uint32_t size = 0;
        const uint8_t *bytes = decode_stream(&tree, &s, &size);
        if (s.left != 0)
            refuse(d, "tail: %llu bytes too many", (unsigned long long)s.left);
        s = span_of(arranged_tail(d, g, bytes, size, memory), size);
    }
    const uint8_t *blocks = take(d, &s, (uint64_t)RECORD_SIZE * d->column_count * g->blocks,
                                 "tail: block records");
    const uint8_t *dictionaries = take(d, &s, (uint64_t)DICTIONARY_SIZE * g->dictionaries,
                                       "tail: dictionary records");
    const struct section heap = {s.at, s.left};
    uint64_t heap_end = 0;
    uint64_t seed = 0;
    for (uint32_t c = 0; c < d->column_count; c++) {
        d->at_column = &d->columns[c];
        for (uint32_t b = 0; b < g->blocks; b++, blocks += RECORD_SIZE) {
            check_tail_block(d, blocks, block_record(d, c, g->first_block + b), &heap,
                             &heap_end);
            seed = hash_record(blocks, true, seed);
        }
    }
    for (uint32_t c = 0; c < d->column_count; c++) {
        d->at_column = &d->columns[c];
        if (d->at_column->first_dictionary == NONE ||
            get32(dictionary_record(d, c, d->at_group) + 20) == 0)
            continue;
        /* check_payloads has counted them: there is one in the tail for each. */
        if (memcmp(dictionaries, dictionary_record(d, c, d->at_group), DICTIONARY_SIZE) !=
            0)
            refuse(d, "tail: a dictionary record differs from the footer's");
        seed = hash_record(dictionaries, false, seed);
        dictionaries += DICTIONARY_SIZE;
    }
    d->at_column = NULL;
    if (heap.size != (heap_end + 7) / 8 * 8)
        refuse(d, "tail: expected a heap of %llu bytes, found %llu",
               (unsigned long long)heap_end, (unsigned long long)heap.size);
    require_zero(d, heap.bytes + heap_end, heap.size - heap_end, "tail: heap padding");
    seed = xxh3(heap.bytes, heap.size, seed);
    if (seed != g->seed)
        refuse(d, "tail: the seed is not the hash of its records");
}

/* One record's place in the heap of the footer. */
static void check_heap_record(const struct decoder *d, const uint8_t *record, unsigned kind,
                              uint64_t *heap_end)
{
    const uint64_t size = bounds_size(record, kind);
    const uint64_t expected = size == 0 ? 0 : *heap_end;
    if (get32(record + 36) != expected || size > d->sections[SECTION_HEAP].size - *heap_end)
        refuse(d, "heap: expected bounds of %llu bytes at %llu, found offset %u",
               (unsigned long long)size, (unsigned long long)expected, get32(record + 36));
    *heap_end += size;
}

/* [FMT-73] Names, then the bounds of all records in order, without gaps. */
static void check_heap(struct decoder *d)
{
    static const unsigned order[] = {SECTION_BLOCKS, SECTION_GROUP_STATISTICS,
                                     SECTION_FILE_STATISTICS};
    uint64_t heap_end = 0;
    for (uint32_t c = 0; c < d->column_count; c++)
        heap_end += d->columns[c].name_size;
    for (unsigned i = 0; i < 3; i++) {
        const struct section *s = &d->sections[order[i]];
        const uint64_t count = s->size / RECORD_SIZE;
        for (uint64_t k = 0; k < count; k++) {
            const uint64_t column = k / (count / d->column_count);
            check_heap_record(d, s->bytes + RECORD_SIZE * k, d->columns[column].kind,
                              &heap_end);
        }
    }
    if (heap_end != d->sections[SECTION_HEAP].size)
        refuse(d, "heap: expected %llu bytes, found %llu", (unsigned long long)heap_end,
               (unsigned long long)d->sections[SECTION_HEAP].size);
}

void check_groups(struct decoder *d, struct heap *memory)
{
    check_heap(d);
    for (d->at_group = 0; d->at_group < d->group_count; d->at_group++) {
        check_payloads(d);
        check_tail(d, memory);
    }
    d->at_group = NONE;
}
