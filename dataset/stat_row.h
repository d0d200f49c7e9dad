/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics of one column of one data file on their way into a manifest and out of it: a flat
 * row [DS-15], its compact form in memory, and the check that a row from a file makes sense
 * before anybody prunes by it. Pure functions.
 */
#ifndef STOA_DATASET_STAT_ROW_H
#define STOA_DATASET_STAT_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "format/stats.h"

/* Bits of the manifest's column "bounds" [DS-15]. */
enum stoa_stat_bits {
    STOA_STAT_BOUNDS = 1,
    STOA_STAT_MIN_EXACT = 2,
    STOA_STAT_MAX_EXACT = 4,
    STOA_STAT_MAX_OPEN = 8,
    STOA_STAT_SUM = 16,
    STOA_STAT_ALL = 31
};

enum { STOA_STAT_SUM_SIZE = 16 };

/* Values are little-endian bytes: 1 (bool), 8, 16, or the text itself. */
struct stoa_stat_row {
    uint64_t nulls;
    uint64_t nans;
    uint8_t bits;
    uint8_t min_length, max_length; /* 0 without bounds; at most STOA_MAX_BOUND_BYTES */
    uint8_t min[STOA_MAX_BOUND_BYTES];
    uint8_t max[STOA_MAX_BOUND_BYTES];
    uint8_t sum[STOA_STAT_SUM_SIZE]; /* integers: i128; floats: high, low */
};

void stoa_stat_row_encode(const struct stoa_stats *stats, struct stoa_stat_row *out_row);

/* Checks everything a row can get wrong and rebuilds the statistics of `rows` rows.
 * STOA_E_CORRUPT. */
STOA_MUST_USE stoa_status stoa_stat_row_decode(const struct stoa_stat_row *row,
                                               enum stoa_phys phys, uint64_t rows,
                                               struct stoa_stats *out_stats,
                                               stoa_error *err);

/* The compact form: appended to `out`; unpack returns the bytes used. The bytes are our own,
 * from memory, not checked again. */
STOA_MUST_USE stoa_status stoa_stat_row_pack(const struct stoa_stat_row *row,
                                             struct stoa_buf *out, stoa_error *err);
size_t stoa_stat_row_unpack(const uint8_t *bytes, struct stoa_stat_row *out_row);

#endif
