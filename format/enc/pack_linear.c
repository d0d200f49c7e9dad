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

/* Eight values take `width` bytes, so that all groups of eight are alike, and a load of 8 bytes
 * from the byte where a value begins holds 57 bits of it. How many values were unpacked: groups end
 * where the last load of one would pass the end. */
static size_t unpack_groups(unsigned width, size_t count, const uint8_t *in, uint64_t *out)
{
    const uint64_t mask = stoa_low_mask(width);
    const size_t size = stoa_linear_size(width, count);
    size_t i = 0;
    for (; i + 8 <= count && i / 8 * width + 7 * width / 8 + 8 <= size; i += 8) {
        const uint8_t *group = in + i / 8 * width;
        for (unsigned j = 0; j < 8; j++)
            out[i + j] = stoa_load_le64(group + j * width / 8) >> j * width % 8 & mask;
    }
    return i;
}

void stoa_linear_unpack(unsigned width, size_t count, const uint8_t *in, uint64_t *out)
{
    if (width == 0) {
        memset(out, 0, count * sizeof *out);
        return;
    }
    const uint64_t mask = stoa_low_mask(width);
    size_t i = width <= 57 ? unpack_groups(width, count, in, out) : 0;
    size_t bit = i * width;
    for (; i < count; i++, bit += width) {
        const uint8_t *word = in + bit / 64 * 8;
        const unsigned shift = bit % 64;
        uint64_t value = stoa_load_le64(word) >> shift;
        if (shift + width > 64)
            value |= stoa_load_le64(word + 8) << (64 - shift);
        out[i] = value & mask;
    }
}
