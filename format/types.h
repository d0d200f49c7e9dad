/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How logical types are held in memory and on disk: seven physical kinds. Everything below
 * the text and SQL layers works on physical kinds only, so a new logical type is one table row.
 */
#ifndef STOA_FORMAT_TYPES_H
#define STOA_FORMAT_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoa/schema.h"

/* Numbers are on-disk values [FMT-21]; never renumber. */
enum stoa_phys {
    STOA_PHYS_BOOL = 1,  /* bitmap, LSB first */
    STOA_PHYS_I64 = 2,   /* int8..int64, date, time, timestamps, decimal up to 18 digits */
    STOA_PHYS_U64 = 3,   /* uint64 */
    STOA_PHYS_F64 = 4,   /* float64; every bit pattern is kept */
    STOA_PHYS_I128 = 5,  /* decimal with 19 to 38 digits */
    STOA_PHYS_BYTES = 6, /* text, binary */
    STOA_PHYS_FIXED16 = 7, /* uuid */
    STOA_PHYS_COUNT = 8
};

/* Sizes and limits that every layer shares [FMT-3]. */
enum {
    STOA_VECTOR_ROWS = 1024,
    STOA_ZONE_ROWS = 8192, /* of a block: finest statistics, and the unit of float sums */
    STOA_BLOCK_ROWS = 65536,
    STOA_BLOCK_ZONES = STOA_BLOCK_ROWS / STOA_ZONE_ROWS,
    STOA_BLOCK_VECTORS = STOA_BLOCK_ROWS / STOA_VECTOR_ROWS,
    STOA_ROW_GROUP_BLOCKS = 16,
    STOA_ROW_GROUP_ROWS = STOA_BLOCK_ROWS * STOA_ROW_GROUP_BLOCKS,
    STOA_VECTOR_WORDS = STOA_VECTOR_ROWS / 64,
    STOA_MAX_COLUMNS = 1 << 20,
    STOA_MAX_NAME_BYTES = 4096,
    STOA_MAX_BOUND_BYTES = 64
};
#define STOA_MAX_VALUE_BYTES   ((size_t)16 << 20)
#define STOA_MAX_ROW_GROUP_RAW ((size_t)64 << 20)

/* True for a known id with parameters in range. */
bool stoa_type_is_valid(stoa_type type);

/* The physical kind of a valid type. */
enum stoa_phys stoa_type_phys(stoa_type type);

/* Bytes per value of the fixed-width kinds (8, 16); 0 for BOOL (bits) and BYTES. */
size_t stoa_phys_width(enum stoa_phys phys);

bool stoa_type_equal(stoa_type a, stoa_type b);

#endif
