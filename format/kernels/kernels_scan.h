/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running sums: the part of the kernels' bodies that turns differences into values. Included by
 * kernels_body.h alone; all static.
 *
 * With vectors of eight words, each word takes the sum of the last eight differences, made in three
 * doublings from words of this vector and the one before, and adds it to the value eight before:
 * only that addition waits for the previous vector. Four words gain too little for their shuffles.
 */
#ifndef STOA_FORMAT_KERNELS_SCAN_H
#define STOA_FORMAT_KERNELS_SCAN_H

#include "format/kernels/kernels_packing.h"

#if VECTOR_BYTES == 64
/* The words that lie 1, 2 or 4 before those of `now`. */
#define ONE_BEFORE(last, now)                                                              \
    __builtin_shufflevector(last, now, 7, 8, 9, 10, 11, 12, 13, 14)
#define TWO_BEFORE(last, now)  __builtin_shufflevector(last, now, 6, 7, 8, 9, 10, 11, 12, 13)
#define FOUR_BEFORE(last, now) __builtin_shufflevector(last, now, 4, 5, 6, 7, 8, 9, 10, 11)

/* Whole vectors; how many values they are. */
static size_t add_up_vectors(uint64_t *values, size_t count, uint64_t start)
{
    any_vec last_ones = (any_vec){0};
    any_vec last_twos = (any_vec){0};
    any_vec last_fours = (any_vec){0};
    any_vec sums = (any_vec){0} + start;
    size_t i = 0;
    for (; i + WORDS <= count; i += WORDS) {
        const any_vec ones = *(const any_vec *)(values + i);
        const any_vec twos = ones + ONE_BEFORE(last_ones, ones);
        const any_vec fours = twos + TWO_BEFORE(last_twos, twos);
        sums += fours + FOUR_BEFORE(last_fours, fours);
        *(any_vec *)(values + i) = sums;
        last_ones = ones;
        last_twos = twos;
        last_fours = fours;
    }
    return i;
}
#endif

static void kernel_add_up(uint64_t *values, size_t count, uint64_t start)
{
    size_t i = 0;
#if VECTOR_BYTES == 64
    i = add_up_vectors(values, count, start);
    if (i > 0)
        start = values[i - 1];
#endif
    for (; i < count; i++)
        values[i] = start += values[i];
}

#endif
