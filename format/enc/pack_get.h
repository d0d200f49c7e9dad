/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For point reads: one value out of 1,024 that the kernels packed [PACK-5], which is one word of its
 * lane or two, and whether the value is an exception instead.
 */
#ifndef STOA_FORMAT_PACK_GET_H
#define STOA_FORMAT_PACK_GET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bits.h"

/* Word `word` of lane `lane`; lanes of 8, 16, 32 or 64 bits. */
static inline uint64_t stoa_pack_word(const uint8_t *packed, unsigned bits, uint32_t word,
                                      uint32_t lane)
{
    const uint8_t *at = packed + (size_t)word * 128 + (size_t)lane * (bits / 8);
    switch (bits) {
    case 8: return *at;
    case 16: return stoa_load_le16(at);
    case 32: return stoa_load_le32(at);
    default: return stoa_load_le64(at);
    }
}

/* Value `row` < 1,024 of `width` bits, 1 .. 64. */
static inline uint64_t stoa_pack_get(unsigned width, const uint8_t *packed, uint32_t row)
{
    const unsigned log = width <= 8 ? 3 : width <= 16 ? 4 : width <= 32 ? 5 : 6;
    const unsigned bits = 1U << log;
    const uint32_t lane = row & ((1024U >> log) - 1);
    const uint32_t bit = (row >> (10 - log)) * width;
    const uint32_t word = bit >> log;
    const unsigned shift = bit & (bits - 1);
    uint64_t value = stoa_pack_word(packed, bits, word, lane) >> shift;
    if (shift + width > bits)
        value |= stoa_pack_word(packed, bits, word + 1, lane) << (bits - shift);
    return value & stoa_low_mask(width);
}

/* Whether `row` is among `count` ascending u16 positions; *out_index which one it is. */
static inline bool stoa_position_find(const uint8_t *positions, uint32_t count,
                                      uint32_t row, uint32_t *out_index)
{
    uint32_t low = 0;
    uint32_t high = count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (stoa_load_le16(positions + (size_t)middle * 2) < row)
            low = middle + 1;
        else
            high = middle;
    }
    *out_index = low;
    return low < count && stoa_load_le16(positions + (size_t)low * 2) == row;
}

#endif
