/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole-bitmap operations, a word at a time. Selections are at most one block (65,536 bits =
 * 8 KiB), which stays in the first-level cache, so plain loops are enough here; the decoders'
 * inner loops have their own kernels in format/kernels.
 */
#include "common/bitmap.h"

#include "common/bits.h"

size_t stoa_bitmap_count(const uint64_t *words, size_t bits)
{
    const size_t whole = bits / 64;
    size_t count = 0;
    for (size_t i = 0; i < whole; i++)
        count += (size_t)__builtin_popcountll(words[i]);
    if (bits % 64 != 0)
        count += (size_t)__builtin_popcountll(words[whole] & stoa_low_mask(bits % 64));
    return count;
}

void stoa_bitmap_set_range(uint64_t *words, size_t first, size_t count)
{
    if (count == 0)
        return;
    const size_t last = first + count - 1;
    const uint64_t low = ~stoa_low_mask(first % 64);
    const uint64_t high = stoa_low_mask(last % 64 + 1);
    if (first / 64 == last / 64) {
        words[first / 64] |= low & high;
        return;
    }
    words[first / 64] |= low;
    for (size_t i = first / 64 + 1; i < last / 64; i++)
        words[i] = ~UINT64_C(0);
    words[last / 64] |= high;
}

void stoa_bitmap_fill(uint64_t *words, size_t bits)
{
    const size_t whole = bits / 64;
    for (size_t i = 0; i < whole; i++)
        words[i] = ~UINT64_C(0);
    if (bits % 64 != 0)
        words[whole] = stoa_low_mask(bits % 64);
}

/* `count` (1 to 64) bits from position `first`; reads no word that holds none of them. */
static uint64_t bits_load(const uint64_t *words, size_t first, unsigned count)
{
    const unsigned shift = first % 64;
    uint64_t value = words[first / 64] >> shift;
    if (shift + count > 64)
        value |= words[first / 64 + 1] << (64 - shift);
    return value & stoa_low_mask(count);
}

void stoa_bitmap_copy(uint64_t *dst, size_t dst_first, const uint64_t *src,
                      size_t src_first, size_t count)
{
    while (count != 0) {
        const unsigned shift = dst_first % 64;
        const unsigned step = count < 64 - shift ? (unsigned)count : 64 - shift;
        const uint64_t mask = stoa_low_mask(step) << shift;
        uint64_t *word = &dst[dst_first / 64];
        *word = (*word & ~mask) | (bits_load(src, src_first, step) << shift);
        dst_first += step;
        src_first += step;
        count -= step;
    }
}

size_t stoa_bitmap_positions(const uint64_t *words, size_t bits, uint32_t *out)
{
    size_t count = 0;
    for (size_t first = 0; first < bits; first += 64) {
        const size_t left = bits - first;
        uint64_t word = words[first / 64];
        if (left < 64)
            word &= stoa_low_mask((unsigned)left);
        while (word != 0) {
            out[count++] = (uint32_t)(first + (size_t)__builtin_ctzll(word));
            word &= word - 1;
        }
    }
    return count;
}

bool stoa_bitmap_all(const uint64_t *words, size_t bits)
{
    const size_t whole = bits / 64;
    for (size_t i = 0; i < whole; i++) {
        if (words[i] != ~UINT64_C(0))
            return false;
    }
    const uint64_t mask = stoa_low_mask(bits % 64);
    return bits % 64 == 0 || (words[whole] & mask) == mask;
}
