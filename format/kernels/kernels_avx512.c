/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels compiled for AVX-512 (F, BW, DQ, VL, VBMI). Intrinsics where gcc does badly: comparisons,
 * which here go straight into mask registers, and widening lanes (13 against 21 G values/s).
 * Reached only through the table, after kernels_init.c has asked the CPU.
 */
#include <immintrin.h>

#define VECTOR_BYTES    64
#define LOAD_LANES_8(p) ((any_vec)_mm512_cvtepu8_epi64(_mm_loadu_si64(p)))
#define LOAD_LANES_16(p)                                                                   \
    ((any_vec)_mm512_cvtepu16_epi64(_mm_loadu_si128((const void *)(p))))
#define LOAD_LANES_32(p)                                                                   \
    ((any_vec)_mm512_cvtepu32_epi64(_mm256_loadu_si256((const void *)(p))))
#define LOAD_LANES_64(p)  (*(const any_vec *)(p))
#define MULTIPLY_32(a, b) ((any_vec)_mm512_mul_epu32((__m512i)(a), (__m512i)(b)))
#define TO_F64(v)         ((any_double_vec)_mm512_cvtepi64_pd((__m512i)(v)))

#define FUSED_ADD(a, b, c)                                                                 \
    ((any_double_vec)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#define LESS_PRODUCT(a, b, c)                                                              \
    ((any_double_vec)_mm512_fnmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#define DEPOSIT(s, m) _pdep_u64(s, m)
#define SPREAD_BY_INTRINSICS

#define PAIR_MATCHES(p, q, first, last) pair_matches(p, q, first, last)

#include "format/kernels/kernels_packing.h"

static uint64_t pair_matches(const uint8_t *p, const uint8_t *q, uint8_t first,
                             uint8_t last)
{
    const __mmask64 at_first =
        _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), _mm512_set1_epi8((char)first));
    return _mm512_mask_cmpeq_epi8_mask(at_first, _mm512_loadu_si512(q),
                                       _mm512_set1_epi8((char)last));
}

#include "format/kernels/kernels_body.h"

static __m512i load(const uint8_t *lanes, size_t vector)
{
    return _mm512_loadu_si512(lanes + vector * 64);
}

/* Of `left` values, a mask for the first eight. */
static __mmask8 live_lanes(size_t left)
{
    return (__mmask8)(left >= 8 ? 0xFF : (1u << left) - 1);
}

/* Masks are stored as they come, 64, 32, 16 or 8 bits of the little-endian bitmap at a time.
 * Widening and joining them in registers was miscompiled by gcc 12.2 under register pressure
 * (a mask spilled as 32 bits came back as 64). */
static void select_8(const uint8_t *lanes, uint64_t low, uint64_t high, uint64_t *out)
{
    const __m512i from = _mm512_set1_epi8((char)low);
    const __m512i span = _mm512_set1_epi8((char)(high - low));
    for (size_t i = 0; i < 16; i++)
        out[i] = _mm512_cmple_epu8_mask(_mm512_sub_epi8(load(lanes, i), from), span);
}

static void select_16(const uint8_t *lanes, uint64_t low, uint64_t high, any_u32 *out)
{
    const __m512i from = _mm512_set1_epi16((short)low);
    const __m512i span = _mm512_set1_epi16((short)(high - low));
    for (size_t i = 0; i < 32; i++)
        out[i] = _mm512_cmple_epu16_mask(_mm512_sub_epi16(load(lanes, i), from), span);
}

static void select_32(const uint8_t *lanes, uint64_t low, uint64_t high, any_u16 *out)
{
    const __m512i from = _mm512_set1_epi32((int)low);
    const __m512i span = _mm512_set1_epi32((int)(high - low));
    for (size_t i = 0; i < 64; i++)
        out[i] = _mm512_cmple_epu32_mask(_mm512_sub_epi32(load(lanes, i), from), span);
}

static void select_64(const uint8_t *lanes, uint64_t low, uint64_t high, any_u8 *out)
{
    const __m512i from = _mm512_set1_epi64((long long)low);
    const __m512i span = _mm512_set1_epi64((long long)(high - low));
    for (size_t i = 0; i < 128; i++)
        out[i] = _mm512_cmple_epu64_mask(_mm512_sub_epi64(load(lanes, i), from), span);
}

static void kernel_select_lanes(unsigned lane_bits, const void *lanes, uint64_t low,
                                uint64_t high, uint64_t out_bits[16])
{
    if (!clamp_range(lane_bits, low, &high))
        clear_behind(out_bits, 0);
    else if (lane_bits == 8)
        select_8(lanes, low, high, out_bits);
    else if (lane_bits == 16)
        select_16(lanes, low, high, (any_u32 *)out_bits);
    else if (lane_bits == 32)
        select_32(lanes, low, high, (any_u16 *)out_bits);
    else
        select_64(lanes, low, high, (any_u8 *)out_bits);
}

/* ---- sets ---- */

/* A set of 256 numbers is 32 bytes: each lane looks its byte up, then the bit in it. */
static bool select_set_8(const uint8_t *lanes, const uint64_t window[4], uint64_t limit,
                         uint64_t *out)
{
    const __m512i last = _mm512_set1_epi8((char)(limit < 256 ? limit - 1 : 255));
    __mmask64 all = UINT64_MAX;
    const __m512i low_table = _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)window));
    const __m512i high_table =
        _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)(window + 2)));
    const __m512i powers = _mm512_set1_epi64((long long)UINT64_C(0x8040201008040201));
    const __m512i nibble = _mm512_set1_epi8(15);
    for (size_t i = 0; i < 16; i++) {
        const __m512i lane = load(lanes, i);
        const __m512i at = _mm512_and_si512(_mm512_srli_epi16(lane, 3), nibble);
        const __m512i byte = _mm512_mask_shuffle_epi8(
            _mm512_shuffle_epi8(low_table, at), _mm512_movepi8_mask(lane), high_table, at);
        const __m512i bit = _mm512_shuffle_epi8(powers, _mm512_and_si512(lane, nibble));
        out[i] = _mm512_test_epi8_mask(byte, bit);
        all &= _mm512_cmple_epu8_mask(lane, last);
    }
    return all == UINT64_MAX;
}

/* Sets of up to 8,192 numbers lie in registers, 512 of them in each. */
enum { SET_TABLE = 512, SET_PAIR = 2 * SET_TABLE, SET_PAIRS = 8 };

/* Bytes of two vectors of 16-bit lanes in one: the even ones from `even`, the odd ones from `odd`. */
static __m512i mix_bytes(__m512i even, __m512i odd)
{
    return _mm512_ternarylogic_epi32(_mm512_set1_epi16(0xFF), even, odd, 0xCA);
}

/* Of two vectors of numbers, the bytes of the set that hold their bits. Bits 3 to 8 of a number say
 * which byte of a table, bit 9 which table of a pair, those above which pair. */
ALWAYS_INLINE __m512i set_bytes(const __m512i *tables, unsigned pairs, __m512i a, __m512i b)
{
    const __m512i at = mix_bytes(_mm512_srli_epi16(a, 3), _mm512_slli_epi16(b, 5));
    const __mmask64 is_second = _mm512_movepi8_mask(_mm512_add_epi8(at, at));
    const __m512i above = mix_bytes(_mm512_srli_epi16(a, 8), b);
    const __mmask64 steps[3] = {
        _mm512_movepi8_mask(at),
        pairs > 2 ? _mm512_movepi8_mask(_mm512_slli_epi16(above, 4)) : 0,
        pairs > 4 ? _mm512_movepi8_mask(_mm512_slli_epi16(above, 3)) : 0,
    };
    __m512i found[SET_PAIRS];
    UNROLL for (unsigned i = 0; i < pairs; i++)
    {
        const __m512i first = _mm512_permutexvar_epi8(at, tables[2 * i]);
        found[i] = _mm512_mask_permutexvar_epi8(first, is_second, at, tables[2 * i + 1]);
    }
    UNROLL for (unsigned k = 0; k < 3; k++)
    {
        const unsigned step = 1u << k;
        UNROLL for (unsigned i = 0; i + step < pairs; i += 2 * step)
        {
            found[i] = _mm512_mask_blend_epi8(steps[k], found[i], found[i + step]);
        }
    }
    return found[0];
}

/* 64 numbers at a time are looked up in all tables; false when one is not below the limit, and then
 * the answer is of no use. */
ALWAYS_INLINE bool select_set_16(const uint8_t *lanes, uint64_t first, const uint64_t *set,
                                 uint64_t limit, unsigned pairs, any_u32 *out)
{
    const uint64_t words = (first + limit + 63) / 64;
    const __m512i from = _mm512_set1_epi16((short)first);
    const __m512i powers = _mm512_set1_epi64((long long)UINT64_C(0x8040201008040201));
    const __m512i nibble = _mm512_set1_epi8(15);
    __m512i tables[2 * SET_PAIRS];
    __m512i largest = _mm512_setzero_si512();
    UNROLL for (unsigned i = 0; i < 2 * pairs; i++)
    {
        const uint64_t left = words > i * 8 ? words - i * 8 : 0;
        tables[i] = _mm512_maskz_loadu_epi64(live_lanes(left), set + i * 8);
    }
    for (size_t i = 0; i < 32; i += 2) {
        const __m512i lane = load(lanes, i);
        const __m512i other = load(lanes, i + 1);
        const __m512i a = _mm512_add_epi16(lane, from);
        const __m512i b = _mm512_add_epi16(other, from);
        const __m512i low = _mm512_and_si512(mix_bytes(a, _mm512_slli_epi16(b, 8)), nibble);
        const __m512i bits = _mm512_and_si512(set_bytes(tables, pairs, a, b),
                                              _mm512_shuffle_epi8(powers, low));
        out[i] = _mm512_test_epi16_mask(bits, _mm512_set1_epi16(0xFF));
        out[i + 1] = _mm512_test_epi16_mask(bits, _mm512_set1_epi16((short)0xFF00));
        largest = _mm512_max_epu16(largest, _mm512_max_epu16(lane, other));
    }
    return _mm512_cmpgt_epu16_mask(largest, _mm512_set1_epi16((short)(limit - 1))) == 0;
}

#define EACH_PAIRS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define DEFINE_SELECT_SET_16(pairs)                                                        \
    static bool select_set_16_##pairs(const uint8_t *lanes, uint64_t first,                \
                                      const uint64_t *set, uint64_t limit, any_u32 *out)   \
    {                                                                                      \
        return select_set_16(lanes, first, set, limit, pairs, out);                        \
    }
#define SELECT_SET_16_ENTRY(pairs) [(pairs)-1] = select_set_16_##pairs,

/* clang-format off */
EACH_PAIRS(DEFINE_SELECT_SET_16)

static bool (*const select_set_16_functions[SET_PAIRS])(const uint8_t *, uint64_t,
                                                        const uint64_t *, uint64_t,
                                                        any_u32 *) = {
    EACH_PAIRS(SELECT_SET_16_ENTRY)
};
/* clang-format on */

/* Sixteen lanes: the 32-bit word that holds each one's bit. */
static bool select_set_wide(unsigned lane_bits, const uint8_t *lanes, uint64_t first,
                            const uint64_t *set, uint64_t limit, any_u16 *out)
{
    const __m512i from = _mm512_set1_epi32((int)first);
    const __m512i last = _mm512_set1_epi32((int)(limit - 1));
    const __m512i one = _mm512_set1_epi32(1);
    const __m512i low_bits = _mm512_set1_epi32(31);
    __mmask16 all = UINT16_MAX;
    for (size_t i = 0; i < 64; i++) {
        const __m512i lane =
            lane_bits == 16
                ? _mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)(lanes + i * 32)))
                : load(lanes, i);
        const __mmask16 is_below = _mm512_cmple_epu32_mask(lane, last);
        const __m512i number = _mm512_add_epi32(lane, from);
        const __m512i word = _mm512_mask_i32gather_epi32(
            _mm512_setzero_si512(), is_below, _mm512_srli_epi32(number, 5), set, 4);
        out[i] = _mm512_test_epi32_mask(
            word, _mm512_sllv_epi32(one, _mm512_and_si512(number, low_bits)));
        all &= is_below;
    }
    return all == UINT16_MAX;
}

static bool kernel_select_set(unsigned lane_bits, const void *lanes, uint64_t first,
                              const uint64_t *set, uint64_t size, uint64_t out_bits[16])
{
    const uint64_t limit = set_limit(first, size);
    const uint64_t numbers = first % 64 + limit; /* from the first one's word on */
    uint64_t window[4];
    if (limit == 0) {
        clear_behind(out_bits, 0);
        return false;
    }
    if (lane_bits == 8) {
        set_window(set, size, first, 4, window);
        return select_set_8(lanes, window, limit, out_bits);
    }
    if (lane_bits == 16 && numbers <= SET_PAIRS * SET_PAIR &&
        select_set_16_functions[(numbers - 1) / SET_PAIR](
            lanes, first % 64, set + first / 64, limit, (any_u32 *)out_bits))
        return true;
    return select_set_wide(lane_bits, lanes, first, set, limit, (any_u16 *)out_bits);
}

static void kernel_select_i64(const int64_t *values, size_t count, int64_t low,
                              int64_t high, uint64_t out_bits[16])
{
    any_u8 *out = (any_u8 *)out_bits;
    const __m512i from = _mm512_set1_epi64(low);
    const __m512i to = _mm512_set1_epi64(high);
    clear_behind(out_bits, 0);
    for (size_t i = 0; i < count; i += 8) {
        const __mmask8 live = live_lanes(count - i);
        const __m512i x = _mm512_maskz_loadu_epi64(live, values + i);
        const __mmask8 above = _mm512_mask_cmpge_epi64_mask(live, x, from);
        out[i / 8] = _mm512_mask_cmple_epi64_mask(above, x, to);
    }
}

/* Ordered compares, so NaN is outside. */
static void kernel_select_f64(const double *values, size_t count, double low, double high,
                              uint64_t out_bits[16])
{
    any_u8 *out = (any_u8 *)out_bits;
    const __m512d from = _mm512_set1_pd(low);
    const __m512d to = _mm512_set1_pd(high);
    clear_behind(out_bits, 0);
    for (size_t i = 0; i < count; i += 8) {
        const __mmask8 live = live_lanes(count - i);
        const __m512d x = _mm512_maskz_loadu_pd(live, values + i);
        const __mmask8 above = _mm512_mask_cmp_pd_mask(live, x, from, _CMP_GE_OQ);
        out[i / 8] = _mm512_mask_cmp_pd_mask(above, x, to, _CMP_LE_OQ);
    }
}

/* Expanding loads read as many lanes as the mask has bits. */
static void kernel_spread_32(const uint64_t *mask, size_t rows, const uint32_t *kept,
                             uint32_t fill, uint32_t *out)
{
    const __m512i others = _mm512_set1_epi32((int)fill);
    for (size_t i = 0; i < rows; i += 16) {
        const __mmask16 live =
            (__mmask16)(rows - i >= 16 ? 0xFFFF : (1u << (rows - i)) - 1);
        const __mmask16 bits = (__mmask16)(mask[i / 64] >> i % 64);
        _mm512_mask_storeu_epi32(out + i, live,
                                 _mm512_mask_expandloadu_epi32(others, bits, kept));
        kept += __builtin_popcount(bits);
    }
}

static void kernel_spread_64(const uint64_t *mask, size_t rows, const uint64_t *kept,
                             uint64_t fill, uint64_t *out)
{
    const __m512i others = _mm512_set1_epi64((long long)fill);
    for (size_t i = 0; i < rows; i += 8) {
        const __mmask8 bits = (__mmask8)(mask[i / 64] >> i % 64);
        _mm512_mask_storeu_epi64(out + i, live_lanes(rows - i),
                                 _mm512_mask_expandloadu_epi64(others, bits, kept));
        kept += __builtin_popcount(bits);
    }
}

DEFINE_KERNELS(stoa_kernels_avx512, "avx512");
