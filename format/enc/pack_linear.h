/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bit packing of vectors below 1,024 values [FFOR-3]: one little-endian number, value after
 * value, so that a table of ten rows stays tiny. Only the last vector of a node comes here,
 * so this is plain C; full vectors go through the kernels.
 */
#ifndef STOA_FORMAT_PACK_LINEAR_H
#define STOA_FORMAT_PACK_LINEAR_H

#include <stddef.h>
#include <stdint.h>

#include "common/bits.h"

/* Bytes of `count` values of `width` bits, rounded up to a multiple of 8. */
static inline size_t stoa_linear_size(unsigned width, size_t count)
{
    return (width * count + 63) / 64 * 8;
}

/* Packs values below 2^width; writes exactly stoa_linear_size bytes. */
void stoa_linear_pack(unsigned width, size_t count, const uint64_t *in, uint8_t *out);

/* The reverse; reads exactly stoa_linear_size bytes. */
void stoa_linear_unpack(unsigned width, size_t count, const uint8_t *in, uint64_t *out);

/* Value `row` alone; width 1 .. 64. */
static inline uint64_t stoa_linear_get(unsigned width, const uint8_t *in, size_t row)
{
    const size_t bit = row * width;
    const unsigned shift = bit % 64;
    const uint8_t *word = in + bit / 64 * 8;
    uint64_t value = stoa_load_le64(word) >> shift;
    if (shift + width > 64)
        value |= stoa_load_le64(word + 8) << (64 - shift);
    return value & stoa_low_mask(width);
}

#endif
