/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bit packing (encodings/packing.md, ffor.md): 1,024 numbers vertically, fewer one behind the other.
 * Bit by bit, as the page defines it.
 */
#include "decoder_nodes.h"

/* The smallest of 8, 16, 32 and 64 bits that holds the width [PACK-2]. */
static unsigned lane_bits(unsigned width)
{
    return width <= 8 ? 8 : width <= 16 ? 16 : width <= 32 ? 32 : 64;
}

/* Bit `at` of a lane, whose words are `lanes` words apart [PACK-4]. */
static uint64_t lane_bit(const uint8_t *packed, unsigned bits, unsigned lane, unsigned at)
{
    const unsigned lanes = VECTOR_ROWS / bits;
    const unsigned word = at / bits * lanes + lane;
    const unsigned bit = word * bits + at % bits;
    return packed[bit / 8] >> bit % 8 & 1;
}

void unpack_vector(const uint8_t *packed, unsigned width, uint64_t out[VECTOR_ROWS])
{
    const unsigned bits = lane_bits(width);
    const unsigned lanes = VECTOR_ROWS / bits;
    for (unsigned i = 0; i < VECTOR_ROWS; i++) {
        out[i] = 0;
        for (unsigned k = 0; k < width; k++)
            out[i] |= lane_bit(packed, bits, i % lanes, i / lanes * width + k) << k;
    }
}

void unpack_tail(const uint8_t *packed, unsigned width, uint32_t count, uint64_t *out)
{
    for (uint32_t i = 0; i < count; i++) {
        out[i] = 0;
        for (unsigned k = 0; k < width; k++) {
            const uint32_t bit = i * width + k;
            out[i] |= (uint64_t)(packed[bit / 8] >> bit % 8 & 1) << k;
        }
    }
}
