/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics of a run of rows of one column: what pruning and the footer keep. A missing
 * statistic means "unknown". Bounds of texts are cut to 64 bytes and flagged inexact.
 */
#ifndef STOA_FORMAT_STATS_H
#define STOA_FORMAT_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/checked.h"
#include "format/types.h"
#include "format/value.h"
#include "format/vector.h"

/* Double-double: the sum is high + low. Folding order is part of the format [FMT-35]. */
struct stoa_float_sum {
    double high;
    double low;
};

struct stoa_stats {
    enum stoa_phys phys;
    uint64_t rows;
    uint64_t null_count;
    uint64_t nan_count; /* F64 only */
    bool
        has_bounds; /* min and max are set: there is a value that is neither NULL nor NaN */
    bool min_is_exact; /* false: min is a lower bound only */
    bool max_is_exact; /* false: max is an upper bound only */
    bool max_is_open;  /* BYTES: no upper bound could be formed from 64 bytes */
    struct stoa_value min;
    struct stoa_value max;
    uint8_t min_bytes[STOA_MAX_BOUND_BYTES]; /* BYTES: min.bytes.data points here */
    uint8_t max_bytes[STOA_MAX_BOUND_BYTES];
    bool has_sum;      /* I64, I128 (unscaled), U64: exact and not overflowed; F64 */
    stoa_i128 int_sum; /* of the non-NULL values; BOOL: number of true */
    struct stoa_float_sum float_sum; /* F64, NaN and infinities included */
};

/* Statistics of no rows. */
void stoa_stats_init(struct stoa_stats *stats, enum stoa_phys phys);

/* Statistics of all rows of the column (one block: its sums are made from its zones'
 * [FMT-35] [FMT-70]). */
void stoa_stats_compute(struct stoa_stats *stats, const struct stoa_column *column);

/* The rows of a column as numbers of its sorted distinct values; anything behind NULLs. */
struct stoa_coded {
    const uint32_t *codes;
    struct stoa_column values;
};

/* The same, and those of each zone to `out_zones` (NULL: not wanted), which has room for them.
 * `coded` (NULL: unknown) spares comparing texts. */
void stoa_stats_compute_zones(struct stoa_stats *stats, const struct stoa_column *column,
                              const struct stoa_coded *coded, struct stoa_stats *out_zones);

/* Adds `more` behind `into` (order matters for float sums). */
void stoa_stats_merge(struct stoa_stats *into, const struct stoa_stats *more);

/* Copies, repointing the byte bounds to the copy's own storage. */
void stoa_stats_copy(struct stoa_stats *to, const struct stoa_stats *from);

/* Adds x to a double-double sum (Knuth's TwoSum); plain addition once a part is not finite. */
void stoa_float_sum_add(struct stoa_float_sum *sum, double x);
void stoa_float_sum_merge(struct stoa_float_sum *sum, struct stoa_float_sum more);

#endif
