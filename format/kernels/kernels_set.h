/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Membership of lanes in a set of numbers, one bit a number: what the x86 levels share, which look
 * bits up each in their own way, and the plain way of the others. Included by kernels_body.h
 * alone; all static.
 */
#ifndef STOA_FORMAT_KERNELS_SET_H
#define STOA_FORMAT_KERNELS_SET_H

#include "format/kernels/kernels_packing.h"

/* Clears the words behind the first `count` values of a bitmap of 1,024 bits. */
static void clear_behind(uint64_t out_bits[16], size_t count)
{
    for (size_t word = (count + 63) / 64; word < 16; word++)
        out_bits[word] = 0;
}

/* How many lanes' values have a bit: those below it. */
static uint64_t set_limit(uint64_t first, uint64_t size)
{
    return first < size ? size - first : 0;
}

#if VECTOR_BYTES > 16
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
#else
/* Without a gather, one lane after the other: a word of the answer; *any_out is set by lanes that
 * are not below the limit. */
#define DEFINE_SELECT_SET(bits)                                                            \
    static inline uint64_t set_word_##bits(const any_u##bits *lanes, const uint64_t *set,  \
                                           uint64_t first, uint64_t limit, bool *any_out)  \
    {                                                                                      \
        uint64_t word = 0;                                                                 \
        for (unsigned i = 0; i < 64; i++) {                                                \
            const bool is_below = lanes[i] < limit;                                        \
            const uint64_t number = first + (is_below ? lanes[i] : 0);                     \
            word |= (set[number / 64] >> number % 64 & is_below) << i;                     \
            *any_out |= !is_below;                                                         \
        }                                                                                  \
        return word;                                                                       \
    }
DEFINE_SELECT_SET(8)
DEFINE_SELECT_SET(16)
DEFINE_SELECT_SET(32)

static bool kernel_select_set(unsigned lane_bits, const void *lanes, uint64_t first,
                              const uint64_t *set, uint64_t size, uint64_t out_bits[16])
{
    const uint64_t limit = set_limit(first, size);
    bool any_out = false;
    clear_behind(out_bits, 0);
    for (size_t word = 0; limit > 0 && word < 16; word++) {
        if (lane_bits == 8)
            out_bits[word] =
                set_word_8((const any_u8 *)lanes + word * 64, set, first, limit, &any_out);
        else if (lane_bits == 16)
            out_bits[word] = set_word_16((const any_u16 *)lanes + word * 64, set, first,
                                         limit, &any_out);
        else
            out_bits[word] = set_word_32((const any_u32 *)lanes + word * 64, set, first,
                                         limit, &any_out);
    }
    return limit > 0 && !any_out;
}
#endif

#endif
