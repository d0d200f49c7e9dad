/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One scalar of any physical kind, and the total order that statistics, dictionaries,
 * predicates, MIN/MAX and ORDER BY share.
 */
#ifndef STOA_FORMAT_VALUE_H
#define STOA_FORMAT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/checked.h"
#include "format/types.h"

/* Borrowed bytes. `data` may be NULL when length is 0. */
struct stoa_view {
    const uint8_t *data;
    uint32_t length; /* <= STOA_MAX_VALUE_BYTES */
};

/* The active member is told by the physical kind that travels beside the value. */
struct stoa_value {
    bool is_null;
    union {
        bool boolean;
        int64_t i64;
        uint64_t u64;
        double f64;
        stoa_i128 i128;
        struct stoa_view bytes; /* borrowed */
        uint8_t fixed16[16];
    };
};

/*
 * Query order [FMT-30]: integers by value, false < true, bytes by memcmp then length, floats by
 * value with -0.0 equal to 0.0 and every NaN equal to every NaN and above all numbers.
 * Neither may be NULL. Negative, 0 or positive. Pure.
 */
int stoa_value_compare(enum stoa_phys phys, const struct stoa_value *a,
                       const struct stoa_value *b);

/* Storage order: as above, but distinct bit patterns of floats never compare equal (-0.0 below
 * 0.0, NaNs by their bits). What sorted dictionaries use; refines the query order. */
int stoa_value_compare_exact(enum stoa_phys phys, const struct stoa_value *a,
                             const struct stoa_value *b);

#endif
