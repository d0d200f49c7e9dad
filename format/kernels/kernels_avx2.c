/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels compiled for AVX2, BMI2 and FMA. Intrinsics where gcc does badly: a comparison that
 * becomes a bitmap is not vectorised (1.3 against 40 G rows/s for 16-bit lanes), widening lanes
 * takes it a shuffle too many (6 against 13 G values/s). Reached only through the table, after
 * kernels_init.c has asked the CPU.
 */
#include <immintrin.h>

#define VECTOR_BYTES     32
#define LOAD_LANES_8(p)  ((any_vec)_mm256_cvtepu8_epi64(_mm_loadu_si32(p)))
#define LOAD_LANES_16(p) ((any_vec)_mm256_cvtepu16_epi64(_mm_loadu_si64(p)))
#define LOAD_LANES_32(p)                                                                   \
    ((any_vec)_mm256_cvtepu32_epi64(_mm_loadu_si128((const void *)(p))))
#define LOAD_LANES_64(p)  (*(const any_vec *)(p))
#define MULTIPLY_32(a, b) ((any_vec)_mm256_mul_epu32((__m256i)(a), (__m256i)(b)))
#define TO_F64(v)         to_f64(v)
#define FUSED_ADD(a, b, c)                                                                 \
    ((any_double_vec)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#define LESS_PRODUCT(a, b, c)                                                              \
    ((any_double_vec)_mm256_fnmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#define DEPOSIT(s, m) _pdep_u64(s, m)

#include "format/kernels/kernels_packing.h"

/* No instruction converts 64-bit integers. The upper half, biased by 2^31, becomes the mantissa
 * of a number near 2^84, the lower one that of a number near 2^52; taking the two and the bias
 * away again is exact, so that only the last sum rounds. */
static any_double_vec to_f64(any_vec v)
{
    const any_vec upper = (v >> 32) ^ UINT64_C(0x4530000080000000);
    const any_vec lower = (v & UINT32_MAX) | UINT64_C(0x4330000000000000);
    return ((any_double_vec)upper - (0x1p84 + 0x1p63 + 0x1p52)) + (any_double_vec)lower;
}

#define PAIR_MATCHES(p, q, first, last) pair_matches(p, q, first, last)

static uint64_t pair_half(const uint8_t *p, const uint8_t *q, __m256i first, __m256i last)
{
    const __m256i at_first =
        _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)p), first);
    const __m256i at_last =
        _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)q), last);
    return (uint32_t)_mm256_movemask_epi8(_mm256_and_si256(at_first, at_last));
}

static uint64_t pair_matches(const uint8_t *p, const uint8_t *q, uint8_t first,
                             uint8_t last)
{
    const __m256i one = _mm256_set1_epi8((char)first);
    const __m256i other = _mm256_set1_epi8((char)last);
    return pair_half(p, q, one, other) | pair_half(p + 32, q + 32, one, other) << 32;
}

#include "format/kernels/kernels_body.h"

static __m256i load(const uint8_t *lanes, size_t vector)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)(lanes + vector * 32));
}

/* Unsigned x - low <= span as full-width lanes of ones, where no unsigned compare exists:
 * min(x, span) equals x. */
static __m256i within_8(__m256i x, __m256i low, __m256i span)
{
    x = _mm256_sub_epi8(x, low);
    return _mm256_cmpeq_epi8(_mm256_min_epu8(x, span), x);
}

static __m256i within_16(__m256i x, __m256i low, __m256i span)
{
    x = _mm256_sub_epi16(x, low);
    return _mm256_cmpeq_epi16(_mm256_min_epu16(x, span), x);
}

static __m256i within_32(__m256i x, __m256i low, __m256i span)
{
    x = _mm256_sub_epi32(x, low);
    return _mm256_cmpeq_epi32(_mm256_min_epu32(x, span), x);
}

/* One bit per byte of the mask. */
static uint64_t byte_bits(__m256i mask)
{
    return (uint32_t)_mm256_movemask_epi8(mask);
}

static void select_8(const uint8_t *lanes, uint64_t low, uint64_t high, uint64_t *out)
{
    const __m256i from = _mm256_set1_epi8((char)low);
    const __m256i span = _mm256_set1_epi8((char)(high - low));
    for (size_t word = 0; word < 16; word++, lanes += 64)
        out[word] = byte_bits(within_8(load(lanes, 0), from, span)) |
                    byte_bits(within_8(load(lanes, 1), from, span)) << 32;
}

/* 32 lanes of 16 bits. Packing works in halves of 128 bits; the permutation mends that. */
static uint64_t select_half_16(const uint8_t *lanes, __m256i from, __m256i span)
{
    const __m256i a = within_16(load(lanes, 0), from, span);
    const __m256i b = within_16(load(lanes, 1), from, span);
    return byte_bits(_mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xD8));
}

static void select_16(const uint8_t *lanes, uint64_t low, uint64_t high, uint64_t *out)
{
    const __m256i from = _mm256_set1_epi16((short)low);
    const __m256i span = _mm256_set1_epi16((short)(high - low));
    for (size_t word = 0; word < 16; word++, lanes += 128)
        out[word] = select_half_16(lanes, from, span) |
                    select_half_16(lanes + 64, from, span) << 32;
}

static uint64_t select_half_32(const uint8_t *lanes, __m256i from, __m256i span)
{
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    const __m256i ab = _mm256_packs_epi32(within_32(load(lanes, 0), from, span),
                                          within_32(load(lanes, 1), from, span));
    const __m256i cd = _mm256_packs_epi32(within_32(load(lanes, 2), from, span),
                                          within_32(load(lanes, 3), from, span));
    return byte_bits(_mm256_permutevar8x32_epi32(_mm256_packs_epi16(ab, cd), order));
}

static void select_32(const uint8_t *lanes, uint64_t low, uint64_t high, uint64_t *out)
{
    const __m256i from = _mm256_set1_epi32((int)low);
    const __m256i span = _mm256_set1_epi32((int)(high - low));
    for (size_t word = 0; word < 16; word++, lanes += 256)
        out[word] = select_half_32(lanes, from, span) |
                    select_half_32(lanes + 128, from, span) << 32;
}

/* Bits of `count` <= 64 signed values inside [low, high]; `flip` (the sign bit or 0) turns
 * unsigned lanes into signed ones. */
static inline uint64_t select_word_64(const int64_t *values, size_t count, int64_t low,
                                      int64_t high, int64_t flip)
{
    const __m256i from = _mm256_set1_epi64x(low);
    const __m256i to = _mm256_set1_epi64x(high);
    const __m256i sign = _mm256_set1_epi64x(flip);
    uint64_t word = 0;
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const __m256i x = _mm256_xor_si256(load((const uint8_t *)(values + i), 0), sign);
        const __m256i outside =
            _mm256_or_si256(_mm256_cmpgt_epi64(from, x), _mm256_cmpgt_epi64(x, to));
        const int bits = ~_mm256_movemask_pd(_mm256_castsi256_pd(outside)) & 15;
        word |= (uint64_t)(unsigned)bits << i;
    }
    for (; i < count; i++)
        word |= (uint64_t)((values[i] ^ flip) >= low && (values[i] ^ flip) <= high) << i;
    return word;
}

static void select_64(const uint8_t *lanes, uint64_t low, uint64_t high, uint64_t *out)
{
    for (size_t word = 0; word < 16; word++, lanes += 512)
        out[word] = select_word_64((const int64_t *)(const void *)lanes, 64,
                                   (int64_t)(low ^ UINT64_C(1) << 63),
                                   (int64_t)(high ^ UINT64_C(1) << 63), INT64_MIN);
}

static void kernel_select_lanes(unsigned lane_bits, const void *lanes, uint64_t low,
                                uint64_t high, uint64_t out_bits[16])
{
    if (!clamp_range(lane_bits, low, &high))
        clear_behind(out_bits, 0);
    else if (lane_bits == 8)
        select_8(lanes, low, high, out_bits);
    else if (lane_bits == 16)
        select_16(lanes, low, high, out_bits);
    else if (lane_bits == 32)
        select_32(lanes, low, high, out_bits);
    else
        select_64(lanes, low, high, out_bits);
}

/* ---- sets ---- */

/* A set of 256 numbers is 32 bytes: each lane looks its byte up, then the bit in it. */
static bool select_set_8(const uint8_t *lanes, const uint64_t window[4], uint64_t limit,
                         uint64_t *out)
{
    const __m256i last = _mm256_set1_epi8((char)(limit < 256 ? limit - 1 : 255));
    __m256i highest = _mm256_setzero_si256();
    const __m256i low_table =
        _mm256_setr_epi64x((long long)window[0], (long long)window[1], (long long)window[0],
                           (long long)window[1]);
    const __m256i high_table =
        _mm256_setr_epi64x((long long)window[2], (long long)window[3], (long long)window[2],
                           (long long)window[3]);
    const __m256i powers = _mm256_set1_epi64x((long long)UINT64_C(0x8040201008040201));
    const __m256i nibble = _mm256_set1_epi8(15);
    for (size_t i = 0; i < 32; i++) {
        const __m256i lane = load(lanes, i);
        const __m256i at = _mm256_and_si256(_mm256_srli_epi16(lane, 3), nibble);
        const __m256i byte = _mm256_blendv_epi8(_mm256_shuffle_epi8(low_table, at),
                                                _mm256_shuffle_epi8(high_table, at), lane);
        const __m256i bit = _mm256_shuffle_epi8(powers, _mm256_and_si256(lane, nibble));
        const __m256i found = _mm256_cmpeq_epi8(_mm256_and_si256(byte, bit), bit);
        out[i / 2] = (i % 2 == 0 ? 0 : out[i / 2]) | byte_bits(found) << i % 2 * 32;
        highest = _mm256_max_epu8(highest, lane);
    }
    return byte_bits(_mm256_cmpeq_epi8(_mm256_max_epu8(highest, last), last)) == UINT32_MAX;
}

/* Eight lanes: the 32-bit word that holds each one's bit, moved to the sign. */
static uint64_t set_bits_32(__m256i lane, __m256i first, __m256i last, const void *set)
{
    const __m256i is_below = _mm256_cmpeq_epi32(_mm256_min_epu32(lane, last), lane);
    const __m256i number = _mm256_add_epi32(lane, first);
    const __m256i word = _mm256_mask_i32gather_epi32(
        _mm256_setzero_si256(), set, _mm256_srli_epi32(number, 5), is_below, 4);
    const __m256i up = _mm256_andnot_si256(number, _mm256_set1_epi32(31));
    return (uint64_t)(unsigned)_mm256_movemask_ps(
        _mm256_castsi256_ps(_mm256_sllv_epi32(word, up)));
}

static bool select_set_wide(unsigned lane_bits, const uint8_t *lanes, uint64_t first,
                            const uint64_t *set, uint64_t limit, any_u8 *out)
{
    const __m256i from = _mm256_set1_epi32((int)first);
    const __m256i last = _mm256_set1_epi32((int)(limit - 1));
    __m256i highest = _mm256_setzero_si256();
    for (size_t i = 0; i < 128; i++) {
        const __m256i lane =
            lane_bits == 16
                ? _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)(lanes + i * 16)))
                : load(lanes, i);
        out[i] = (uint8_t)set_bits_32(lane, from, last, set);
        highest = _mm256_max_epu32(highest, lane);
    }
    return byte_bits(_mm256_cmpeq_epi32(_mm256_max_epu32(highest, last), last)) ==
           UINT32_MAX;
}

static bool kernel_select_set(unsigned lane_bits, const void *lanes, uint64_t first,
                              const uint64_t *set, uint64_t size, uint64_t out_bits[16])
{
    const uint64_t limit = set_limit(first, size);
    uint64_t window[4];
    if (limit == 0) {
        clear_behind(out_bits, 0);
        return false;
    }
    if (lane_bits > 8)
        return select_set_wide(lane_bits, lanes, first, set, limit, (any_u8 *)out_bits);
    set_window(set, size, first, 4, window);
    return select_set_8(lanes, window, limit, out_bits);
}

static void kernel_select_i64(const int64_t *values, size_t count, int64_t low,
                              int64_t high, uint64_t out_bits[16])
{
    for (size_t i = 0; i < count; i += 64)
        out_bits[i / 64] =
            select_word_64(values + i, count - i < 64 ? count - i : 64, low, high, 0);
    clear_behind(out_bits, count);
}

/* Bits of `count` <= 64 floats inside [low, high]; ordered compares, so NaN is outside. */
static inline uint64_t select_word_f64(const double *values, size_t count, double low,
                                       double high)
{
    const __m256d from = _mm256_set1_pd(low);
    const __m256d to = _mm256_set1_pd(high);
    uint64_t word = 0;
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const __m256d x = _mm256_loadu_pd(values + i);
        const __m256d inside = _mm256_and_pd(_mm256_cmp_pd(x, from, _CMP_GE_OQ),
                                             _mm256_cmp_pd(x, to, _CMP_LE_OQ));
        word |= (uint64_t)(unsigned)_mm256_movemask_pd(inside) << i;
    }
    for (; i < count; i++)
        word |= (uint64_t)(values[i] >= low && values[i] <= high) << i;
    return word;
}

static void kernel_select_f64(const double *values, size_t count, double low, double high,
                              uint64_t out_bits[16])
{
    for (size_t i = 0; i < count; i += 64)
        out_bits[i / 64] =
            select_word_f64(values + i, count - i < 64 ? count - i : 64, low, high);
    clear_behind(out_bits, count);
}

DEFINE_KERNELS(stoa_kernels_avx2, "avx2");
