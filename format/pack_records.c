/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records inside packed parts: see pack_records.h. What is expected of a number is made from
 * numbers that stay as they are, so that both directions expect the same.
 */
#include "format/pack_records.h"

#include <string.h>

#include "common/bits.h"
#include "common/checked.h"
#include "format/layout.h"

enum {
    KEY_SIZE = 8,    /* bounds up to this size are in their keys [FMT-68] */
    RECORD_UNIT = 8, /* bytes of records that stay together */
    NODE_UNIT = 1
};

enum direction { ARRANGE, RESTORE };

/* ---- like beside like ---- */

/* The first unit of every row, then the second of every row, .. */
static void rows_to_units(const uint8_t *rows, size_t count, size_t row_size, size_t unit,
                          uint8_t *out)
{
    for (size_t at = 0; at < row_size; at += unit) {
        for (size_t i = 0; i < count; i++, out += unit)
            memcpy(out, rows + i * row_size + at, unit);
    }
}

static void units_to_rows(const uint8_t *units, size_t count, size_t row_size, size_t unit,
                          uint8_t *out)
{
    for (size_t at = 0; at < row_size; at += unit) {
        for (size_t i = 0; i < count; i++, units += unit)
            memcpy(out + i * row_size + at, units, unit);
    }
}

/* ---- numbers that others tell ---- */

static void relate32(uint8_t *p, uint32_t expected, enum direction direction)
{
    const uint32_t number = stoa_load_le32(p);
    stoa_store_le32(p, direction == ARRANGE ? number - expected : number + expected);
}

static void relate64(uint8_t *p, uint64_t expected, enum direction direction)
{
    const uint64_t number = stoa_load_le64(p);
    stoa_store_le64(p, direction == ARRANGE ? number - expected : number + expected);
}

/* Field ids ascend by 1 as a rule; names follow each other. */
static void relate_nodes(uint8_t *nodes, size_t count, enum direction direction)
{
    uint32_t id = 0;
    uint32_t name_end = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t *node = nodes + i * STOA_SCHEMA_NODE_SIZE;
        const uint32_t before = id;
        if (direction == ARRANGE)
            id = stoa_load_le32(node);
        relate32(node, before, direction);
        if (direction == RESTORE)
            id = stoa_load_le32(node);
        relate32(node + 16, name_end, direction);
        name_end += stoa_load_le32(node + 20);
    }
}

/* [FMT-48] Payloads follow each other without gaps [FMT-41], a column's dictionary before its blocks. */
static void relate_offsets(uint8_t *blocks, uint8_t *dictionaries,
                           const struct stoa_tail_shape *shape, enum direction direction)
{
    uint64_t end = 0;
    size_t dictionary = 0;
    for (size_t i = 0; i < shape->columns * shape->blocks; i++) {
        uint8_t *block = blocks + i * STOA_BLOCK_RECORD_SIZE;
        uint8_t *own = dictionaries + dictionary * STOA_DICTIONARY_RECORD_SIZE;
        if (i % shape->blocks == 0 && dictionary < shape->dictionaries &&
            stoa_load_le32(own + 24) == i / shape->blocks) {
            relate64(own, end, direction);
            end += stoa_align_up(stoa_load_le32(own + 16), STOA_PAYLOAD_ALIGN);
            dictionary++;
        }
        relate64(block, end, direction);
        end += stoa_align_up(stoa_load_le32(block + 8), STOA_PAYLOAD_ALIGN);
    }
}

/* Keys of text and of 16 fixed bytes are the first bytes of their bounds [FMT-68]. */
static void relate_key(uint8_t *key, const uint8_t *bound)
{
    for (size_t i = 0; i < KEY_SIZE; i++)
        key[i] ^= bound[KEY_SIZE - 1 - i];
}

/* Bounds follow each other, too. Those outside of the heap tell nothing. */
static void relate_bounds(uint8_t *blocks, const uint8_t *heap,
                          const struct stoa_tail_shape *shape, enum direction direction)
{
    size_t end = 0;
    for (size_t i = 0; i < shape->columns * shape->blocks; i++) {
        uint8_t *block = blocks + i * STOA_BLOCK_RECORD_SIZE;
        const size_t begin = end;
        for (size_t side = 0; side < 2; side++) {
            const size_t size = block[29 + side];
            if (size <= KEY_SIZE)
                continue;
            if (end + size <= shape->heap_size)
                relate_key(block + 40 + side * KEY_SIZE, heap + end);
            end += size;
        }
        if (end > begin)
            relate32(block + 36, (uint32_t)begin, direction);
    }
}

/* ---- parts ---- */

void stoa_nodes_arrange(uint8_t *section, size_t size, size_t count, uint8_t *out)
{
    const size_t head = STOA_SCHEMA_HEADER_SIZE;
    relate_nodes(section + head, count, ARRANGE);
    memcpy(out, section, size);
    rows_to_units(section + head, count, STOA_SCHEMA_NODE_SIZE, NODE_UNIT, out + head);
}

void stoa_nodes_restore(const uint8_t *arranged, size_t size, size_t count, uint8_t *out)
{
    const size_t head = STOA_SCHEMA_HEADER_SIZE;
    memcpy(out, arranged, size);
    units_to_rows(arranged + head, count, STOA_SCHEMA_NODE_SIZE, NODE_UNIT, out + head);
    relate_nodes(out + head, count, RESTORE);
}

/* Where parts of a tail begin. */
static size_t dictionaries_at(const struct stoa_tail_shape *shape)
{
    return shape->columns * shape->blocks * STOA_BLOCK_RECORD_SIZE;
}

static size_t heap_at(const struct stoa_tail_shape *shape)
{
    return dictionaries_at(shape) + shape->dictionaries * STOA_DICTIONARY_RECORD_SIZE;
}

static void relate_records(uint8_t *records, const struct stoa_tail_shape *shape,
                           enum direction direction)
{
    relate_offsets(records, records + dictionaries_at(shape), shape, direction);
    relate_bounds(records, records + heap_at(shape), shape, direction);
}

void stoa_records_arrange(uint8_t *records, const struct stoa_tail_shape *shape,
                          uint8_t *out)
{
    const size_t dictionaries = dictionaries_at(shape);
    const size_t heap = heap_at(shape);
    relate_records(records, shape, ARRANGE);
    rows_to_units(records, shape->columns * shape->blocks, STOA_BLOCK_RECORD_SIZE,
                  RECORD_UNIT, out);
    rows_to_units(records + dictionaries, shape->dictionaries, STOA_DICTIONARY_RECORD_SIZE,
                  RECORD_UNIT, out + dictionaries);
    memcpy(out + heap, records + heap, shape->heap_size);
}

void stoa_records_restore(const uint8_t *arranged, const struct stoa_tail_shape *shape,
                          uint8_t *out)
{
    const size_t dictionaries = dictionaries_at(shape);
    const size_t heap = heap_at(shape);
    units_to_rows(arranged, shape->columns * shape->blocks, STOA_BLOCK_RECORD_SIZE,
                  RECORD_UNIT, out);
    units_to_rows(arranged + dictionaries, shape->dictionaries, STOA_DICTIONARY_RECORD_SIZE,
                  RECORD_UNIT, out + dictionaries);
    memcpy(out + heap, arranged + heap, shape->heap_size);
    relate_records(out, shape, RESTORE);
}
