/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value out of 1,024 that the kernels packed [PACK-5], for point reads: one word of its lane,
 * or two.
 */
#ifndef STOA_FORMAT_PACK_GET_H
#define STOA_FORMAT_PACK_GET_H

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

#endif
