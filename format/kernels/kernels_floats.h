/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of floats in the order that the specification fixes [FMT-35]: eight pairs side by side are
 * one vector, or a few, so that the order costs nothing. Included by kernels_body.h alone; all
 * static.
 */
#ifndef STOA_FORMAT_KERNELS_FLOATS_H
#define STOA_FORMAT_KERNELS_FLOATS_H

#include <math.h>

#include "format/kernels/kernels_fold.h"

/* What is neither an infinity nor NaN has a smaller exponent. */
#define EXPONENT UINT64_C(0x7FF0000000000000)

/* One value onto one pair. */
static bool add_float(double *high, double *low, double value)
{
    const double sum = *high + value;
    const double part = sum - *high;
    const double error = (*high - (sum - part)) + (value - part);
    *low = isfinite(sum) ? *low + error : 0.0;
    *high = sum;
    return !isfinite(value);
}

#if VECTOR_BYTES > 8
/* A comparison is 0 or all ones. */
static any_vec is_not_finite(any_vec bits)
{
    return (any_vec)((bits & EXPONENT) == EXPONENT);
}

static any_vec choose(any_vec mask, any_vec yes, any_vec no)
{
    return (yes & mask) | (no & ~mask);
}

/* Eight rows onto the eight pairs. */
ALWAYS_INLINE any_vec add_eight(const double *values, uint64_t bits,
                                any_double_vec high[8 / WORDS],
                                any_double_vec low[8 / WORDS])
{
    any_vec special = (any_vec){0};
    for (unsigned j = 0; j < 8 / WORDS; j++) {
        const any_vec mask = spread_mask(bits >> j * WORDS);
        const any_double_vec old = high[j];
        const any_double_vec value = *(const any_double_vec *)(values + (size_t)j * WORDS);
        const any_double_vec sum = old + value;
        const any_double_vec part = sum - old;
        const any_double_vec error = (old - (sum - part)) + (value - part);
        const any_vec fresh = (any_vec)(low[j] + error) & ~is_not_finite((any_vec)sum);
        high[j] = (any_double_vec)choose(mask, (any_vec)sum, (any_vec)old);
        low[j] = (any_double_vec)choose(mask, fresh, (any_vec)low[j]);
        special |= mask & is_not_finite((any_vec)value);
    }
    return special;
}
#endif

static bool kernel_sum_f64(const double *values, const uint64_t *mask, size_t count,
                           double high[8], double low[8])
{
    bool is_special = false;
    size_t i = 0;
#if VECTOR_BYTES > 8
    any_double_vec highs[8 / WORDS];
    any_double_vec lows[8 / WORDS];
    any_vec special = (any_vec){0};
    memcpy(highs, high, sizeof highs);
    memcpy(lows, low, sizeof lows);
    for (; i + 8 <= count; i += 8)
        special |= add_eight(values + i, mask[i / 64] >> i % 64, highs, lows);
    memcpy(high, highs, sizeof highs);
    memcpy(low, lows, sizeof lows);
    for (unsigned j = 0; j < WORDS; j++)
        is_special |= special[j] != 0;
#endif
    for (; i < count; i++) {
        if (mask[i / 64] >> i % 64 & 1)
            is_special |= add_float(&high[i % 8], &low[i % 8], values[i]);
    }
    return is_special;
}

#endif
