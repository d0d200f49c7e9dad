/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear bit packing of short vectors: see pack_linear.h. Works on whole 64-bit words, which
 * the rounding to 8 bytes allows.
 */
#include "format/enc/pack_linear.h"

#include <string.h>

#include "common/bits.h"

void stoa_linear_pack(unsigned width, size_t count, const uint64_t *in, uint8_t *out)
{
    memset(out, 0, stoa_linear_size(width, count));
    if (width == 0)
        return;
    size_t bit = 0;
    for (size_t i = 0; i < count; i++, bit += width) {
        uint8_t *word = out + bit / 64 * 8;
        const unsigned shift = bit % 64;
        stoa_store_le64(word, stoa_load_le64(word) | in[i] << shift);
        if (shift + width > 64)
            stoa_store_le64(word + 8, in[i] >> (64 - shift));
    }
}

void stoa_linear_unpack(unsigned width, size_t count, const uint8_t *in, uint64_t *out)
{
    if (width == 0) {
        memset(out, 0, count * sizeof *out);
        return;
    }
    const uint64_t mask = stoa_low_mask(width);
    size_t bit = 0;
    for (size_t i = 0; i < count; i++, bit += width) {
        const uint8_t *word = in + bit / 64 * 8;
        const unsigned shift = bit % 64;
        uint64_t value = stoa_load_le64(word) >> shift;
        if (shift + width > 64)
            value |= stoa_load_le64(word + 8) << (64 - shift);
        out[i] = value & mask;
    }
}
