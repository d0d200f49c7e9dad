/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small functions on values and columns that encodings share: values as their on-disk bytes
 * [ENC-8], numbers of any integer kind, distances from a base, equality, exceptions by position.
 * Included by enc_parts.h.
 */
#ifndef STOA_FORMAT_ENC_VALUES_H
#define STOA_FORMAT_ENC_VALUES_H

#include <string.h>

#include "format/enc/enc_choose.h"

/* The value's bytes [ENC-8] of the fixed kinds; BOOL gives one byte. Returns how many. */
static inline size_t stoa_value_store(enum stoa_phys phys, const struct stoa_value *value,
                                      uint8_t out[16])
{
    if (phys == STOA_PHYS_BOOL) {
        out[0] = value->boolean;
        return 1;
    }
    memcpy(out, value->fixed16, stoa_phys_width(phys));
    return stoa_phys_width(phys);
}

static inline struct stoa_value stoa_value_load(enum stoa_phys phys, const uint8_t *bytes)
{
    struct stoa_value value = {.is_null = false};
    memcpy(value.fixed16, bytes, stoa_phys_width(phys));
    return value;
}

/* A range of numbers, both ends included; empty when low > high. */
struct stoa_number_range {
    stoa_i128 low;
    stoa_i128 high;
};

static inline struct stoa_number_range stoa_no_numbers(void)
{
    const stoa_i128 largest = (stoa_i128)(~(stoa_u128)0 >> 1);
    return (struct stoa_number_range){.low = largest, .high = -largest - 1};
}

/* Widens the range to hold the numbers from low to high. */
static inline void stoa_range_widen(struct stoa_number_range *range, stoa_i128 low,
                                    stoa_i128 high)
{
    range->low = low < range->low ? low : range->low;
    range->high = high > range->high ? high : range->high;
}

/* An integer value (I64, U64, I128) as a number. */
static inline stoa_i128 stoa_value_number(enum stoa_phys phys,
                                          const struct stoa_value *value)
{
    if (phys == STOA_PHYS_I64)
        return value->i64;
    return phys == STOA_PHYS_U64 ? (stoa_i128)value->u64 : value->i128;
}

/* value - base of an integer column as 64 bits; the caller knows that it fits. */
static inline void stoa_enc_distances(const struct stoa_column *column, uint32_t first,
                                      uint32_t count, uint64_t base, uint64_t *out)
{
    if (column->phys == STOA_PHYS_I128) {
        const stoa_i128 *values = stoa_column_i128(column) + first;
        for (uint32_t i = 0; i < count; i++)
            out[i] = (uint64_t)values[i] - base;
    } else {
        const uint64_t *values = stoa_column_u64(column) + first;
        for (uint32_t i = 0; i < count; i++)
            out[i] = values[i] - base;
    }
}

/* Whether all codes are below `limit`, which is 1 .. 2^31: then neither a code nor what it lacks to
 * the last one has its top bit set. The largest of unsigned numbers is slower to get without AVX. */
static inline bool stoa_codes_are_below(const uint32_t *codes, uint32_t count,
                                        uint32_t limit)
{
    uint32_t any = 0;
    for (uint32_t i = 0; i < count; i++)
        any |= codes[i] | (limit - 1 - codes[i]);
    return any >> 31 == 0;
}

/* Bytewise equality; memcmp would not take the NULL that an empty view may have. */
static inline bool stoa_view_equal(struct stoa_view a, struct stoa_view b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* Whether two rows hold the same bits. */
bool stoa_column_rows_equal(const struct stoa_column *column, uint32_t a, uint32_t b);

/* Writes `count` copies of the value to rows [first, ..) of the vector. */
void stoa_vector_repeat(struct stoa_vector *vector, uint32_t first, uint32_t count,
                        const struct stoa_value *value);

#endif
