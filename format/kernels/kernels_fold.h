/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums and bounds: the part of the kernels' bodies that makes one number of many. Included by
 * kernels_body.h alone; all static. Narrow lanes are added as they lie in a word, two neighbours
 * into one lane of twice the width, which cannot overflow over 1,024 of them; no intrinsics.
 */
#ifndef STOA_FORMAT_KERNELS_FOLD_H
#define STOA_FORMAT_KERNELS_FOLD_H

#include "format/kernels/kernels_packing.h"

#define SIGN_BIT  (UINT64_C(1) << 63)
#define HALVES_8  UINT64_C(0x00FF00FF00FF00FF)
#define HALVES_16 UINT64_C(0x0000FFFF0000FFFF)
#define HALVES_32 UINT64_C(0x00000000FFFFFFFF)

/* ---- words of a vector ---- */

static uint64_t fold_words(any_vec sums)
{
#if VECTOR_BYTES == 8
    return sums;
#else
    uint64_t sum = 0;
    for (unsigned j = 0; j < WORDS; j++)
        sum += sums[j];
    return sum;
#endif
}

/* Neighbours of `bits` in one lane of twice as many. */
ALWAYS_INLINE any_vec add_neighbours(any_vec words, unsigned bits, uint64_t halves)
{
    return (words & halves) + (words >> bits & halves);
}

/* ---- unsigned lanes ---- */

/* Sums of 16 bits: 128 words of 8 lanes at most, 2 x 255 each, are below 2^16. */
static uint64_t sum_words_8(const uint8_t *lanes, size_t words)
{
    any_vec sums = (any_vec){0};
    for (size_t i = 0; i < words; i += WORDS)
        sums += add_neighbours(*(const any_vec *)(lanes + i * 8), 8, HALVES_8);
    return fold_words(add_neighbours(add_neighbours(sums, 16, HALVES_16), 32, HALVES_32));
}

/* Sums of 32 bits: 256 words, 2 x 65,535 each. */
static uint64_t sum_words_16(const uint8_t *lanes, size_t words)
{
    any_vec sums = (any_vec){0};
    for (size_t i = 0; i < words; i += WORDS)
        sums += add_neighbours(*(const any_vec *)(lanes + i * 8), 16, HALVES_16);
    return fold_words(add_neighbours(sums, 32, HALVES_32));
}

static uint64_t sum_words_32(const uint8_t *lanes, size_t words)
{
    any_vec sums = (any_vec){0};
    for (size_t i = 0; i < words; i += WORDS)
        sums += add_neighbours(*(const any_vec *)(lanes + i * 8), 32, HALVES_32);
    return fold_words(sums);
}

static unsigned __int128 sum_words_64(const uint8_t *lanes, size_t words)
{
    any_vec low = (any_vec){0};
    any_vec high = (any_vec){0};
    for (size_t i = 0; i < words; i += WORDS) {
        const any_vec word = *(const any_vec *)(lanes + i * 8);
        low += word & HALVES_32;
        high += word >> 32;
    }
    return ((unsigned __int128)fold_words(high) << 32) + fold_words(low);
}

static uint64_t load_lane(const uint8_t *lanes, unsigned lane_bits, size_t i)
{
    uint64_t lane = 0;
    memcpy(&lane, lanes + i * (lane_bits / 8), lane_bits / 8);
    return lane;
}

static void kernel_sum_lanes(unsigned lane_bits, const void *lanes, size_t count,
                             unsigned __int128 *out_sum)
{
    const size_t step = VECTOR_BYTES * 8 / lane_bits; /* lanes of a vector */
    const size_t whole = count - count % step;
    const size_t words = whole * lane_bits / 64;
    unsigned __int128 sum = 0;
    if (lane_bits == 8)
        sum = sum_words_8(lanes, words);
    else if (lane_bits == 16)
        sum = sum_words_16(lanes, words);
    else if (lane_bits == 32)
        sum = sum_words_32(lanes, words);
    else
        sum = sum_words_64(lanes, words);
    for (size_t i = whole; i < count; i++)
        sum += load_lane(lanes, lane_bits, i);
    *out_sum = sum;
}

/* ---- signed values ---- */

/* Values are taken as value + 2^63, since a vector shift that keeps the sign is missing before
 * AVX-512; their halves of 32 bits are summed in 64, which cannot overflow below 2^32 values. */
static __int128 join_halves(uint64_t low, uint64_t high, uint64_t count)
{
    return (__int128)high * ((__int128)1 << 32) + low - (__int128)count * SIGN_BIT;
}

static void kernel_sum_i64(const int64_t *values, size_t count, __int128 *out_sum)
{
    const size_t step = (size_t)1 << 30;
    __int128 sum = 0;
    for (size_t first = 0; first < count; first += step) {
        const size_t n = count - first < step ? count - first : step;
        uint64_t low = 0;
        uint64_t high = 0;
        for (size_t i = 0; i < n; i++) {
            const uint64_t biased = (uint64_t)values[first + i] ^ SIGN_BIT;
            low += (uint32_t)biased;
            high += biased >> 32;
        }
        sum += join_halves(low, high, n);
    }
    *out_sum = sum;
}

#if VECTOR_BYTES == 64
#define WORD_BITS ((any_vec){1, 2, 4, 8, 16, 32, 64, 128})
#elif VECTOR_BYTES == 32
#define WORD_BITS ((any_vec){1, 2, 4, 8})
#elif VECTOR_BYTES == 16
#define WORD_BITS ((any_vec){1, 2})
#endif

/* All ones in the words whose bit is set among the lowest of `bits`. */
ALWAYS_INLINE any_vec spread_mask(uint64_t bits)
{
#if VECTOR_BYTES == 8
    return -(bits & 1);
#else
    return (any_vec)((((any_vec){0} + bits) & WORD_BITS) != 0);
#endif
}

static void kernel_sum_masked(const uint64_t *values, bool is_signed, const uint64_t *mask,
                              size_t count, __int128 *out_sum)
{
    const uint64_t flip = is_signed ? SIGN_BIT : 0;
    const size_t whole = count - count % WORDS;
    any_vec lows = (any_vec){0};
    any_vec highs = (any_vec){0};
    uint64_t taken = 0;
    size_t i = 0;
    for (; i < whole; i += WORDS) {
        const any_vec biased =
            (*(const any_vec *)(values + i) ^ flip) & spread_mask(mask[i / 64] >> i % 64);
        lows += biased & HALVES_32;
        highs += biased >> 32;
    }
    uint64_t low = fold_words(lows);
    uint64_t high = fold_words(highs);
    for (; i < count; i++) {
        const uint64_t biased = (values[i] ^ flip) & -(mask[i / 64] >> i % 64 & 1);
        low += (uint32_t)biased;
        high += biased >> 32;
    }
    for (size_t word = 0; is_signed && word < (count + 63) / 64; word++)
        taken += (uint64_t)__builtin_popcountll(mask[word]);
    *out_sum = join_halves(low, high, taken);
}

/* Halves of 32 bits times a length of at most 2^16: 1,024 products stay below 2^58. */
static void kernel_sum_runs(const uint64_t *values, bool is_signed, const uint32_t *ends,
                            size_t count, uint32_t begin, __int128 *out_sum)
{
    const uint64_t flip = is_signed ? SIGN_BIT : 0;
    any_vec lows = (any_vec){0};
    any_vec highs = (any_vec){0};
    uint64_t low = 0;
    uint64_t high = 0;
    for (size_t i = 0; i < count;) {
        if (i > 0 && i + WORDS <= count) {
            const any_vec length = LOAD_LANES_32((const uint8_t *)(ends + i)) -
                                   LOAD_LANES_32((const uint8_t *)(ends + i - 1));
            const any_vec value = *(const any_vec *)(values + i) ^ flip;
            lows += MULTIPLY_32(value & HALVES_32, length);
            highs += MULTIPLY_32(value >> 32, length);
            i += WORDS;
            continue;
        }
        const uint64_t length = ends[i] - (i > 0 ? ends[i - 1] : begin);
        low += (uint32_t)(values[i] ^ flip) * length;
        high += ((values[i] ^ flip) >> 32) * length;
        i++;
    }
    low += fold_words(lows);
    high += fold_words(highs);
    const uint64_t rows = is_signed && count > 0 ? ends[count - 1] - begin : 0;
    *out_sum = join_halves(low, high, rows);
}

/* ---- bounds ---- */

/* Four vectors of each, since one would wait for itself; a comparison is 0 or all ones. */
static void kernel_min_max_i64(const int64_t *values, size_t count, int64_t *out_min,
                               int64_t *out_max)
{
    int64_t low = values[0];
    int64_t high = values[0];
    size_t i = 0;
#if VECTOR_BYTES > 8
    enum { CHAINS = 4 };
    any_signed_vec lows[CHAINS];
    any_signed_vec highs[CHAINS];
    for (size_t j = 0; j < CHAINS; j++)
        lows[j] = highs[j] = (any_signed_vec){0} + values[0];
    for (; i + (size_t)CHAINS * WORDS <= count; i += (size_t)CHAINS * WORDS) {
        for (size_t j = 0; j < CHAINS; j++) {
            const any_signed_vec v = *(const any_signed_vec *)(values + i + j * WORDS);
            const any_signed_vec is_low = v < lows[j];
            const any_signed_vec is_high = v > highs[j];
            lows[j] = (v & is_low) | (lows[j] & ~is_low);
            highs[j] = (v & is_high) | (highs[j] & ~is_high);
        }
    }
    for (size_t j = 0; j < (size_t)CHAINS * WORDS; j++) {
        const int64_t v_low = lows[j / WORDS][j % WORDS];
        const int64_t v_high = highs[j / WORDS][j % WORDS];
        low = v_low < low ? v_low : low;
        high = v_high > high ? v_high : high;
    }
#endif
    for (; i < count; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    *out_min = low;
    *out_max = high;
}

/* Compilers vectorise these. */
#define DEFINE_MIN_MAX(bits)                                                               \
    static void min_max_##bits(const uint8_t *restrict lanes, size_t count,                \
                               uint64_t *out_min, uint64_t *out_max)                       \
    {                                                                                      \
        uint##bits##_t low = UINT##bits##_MAX;                                             \
        uint##bits##_t high = 0;                                                           \
        for (size_t i = 0; i < count; i++) {                                               \
            const uint##bits##_t lane = *(const any_u##bits *)(lanes + i * ((bits) / 8));  \
            low = lane < low ? lane : low;                                                 \
            high = lane > high ? lane : high;                                              \
        }                                                                                  \
        *out_min = low;                                                                    \
        *out_max = high;                                                                   \
    }
DEFINE_MIN_MAX(8)
DEFINE_MIN_MAX(16)
DEFINE_MIN_MAX(32)
DEFINE_MIN_MAX(64)

static void kernel_min_max_lanes(unsigned lane_bits, const void *lanes, size_t count,
                                 uint64_t *out_min, uint64_t *out_max)
{
    if (lane_bits == 8)
        min_max_8(lanes, count, out_min, out_max);
    else if (lane_bits == 16)
        min_max_16(lanes, count, out_min, out_max);
    else if (lane_bits == 32)
        min_max_32(lanes, count, out_min, out_max);
    else
        min_max_64(lanes, count, out_min, out_max);
}

#endif
