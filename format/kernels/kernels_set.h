/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Membership of lanes in a set of numbers, one bit a number: what the levels share, which look bits
 * up each in their own way. Included by kernels_body.h alone; all static.
 */
#ifndef STOA_FORMAT_KERNELS_SET_H
#define STOA_FORMAT_KERNELS_SET_H

#include "format/kernels/kernels_packing.h"

/* How many lanes' values have a bit: those below it. */
static uint64_t set_limit(uint64_t first, uint64_t size)
{
    return first < size ? size - first : 0;
}

#if VECTOR_BYTES > 8
/* Bits [first, first + 64 x words) of the set from bit 0 on; 0 behind its size. */
static inline void set_window(const uint64_t *set, uint64_t size, uint64_t first,
                              size_t words, uint64_t *out)
{
    const uint64_t limit = set_limit(first, size);
    const uint64_t whole = (size + 63) / 64;
    const unsigned shift = first % 64;
    for (uint64_t i = 0; i < words; i++) {
        const uint64_t at = first / 64 + i;
        uint64_t word = 0;
        if (i * 64 < limit) {
            word = set[at] >> shift;
            if (shift > 0 && at + 1 < whole)
                word |= set[at + 1] << (64 - shift);
        }
        if (i * 64 < limit && limit - i * 64 < 64)
            word &= ~UINT64_C(0) >> (64 - (limit - i * 64));
        out[i] = word;
    }
}
#endif

#endif
