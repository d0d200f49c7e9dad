/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels' shared bodies in plain C, compiled once per instruction set: included by
 * kernels_ref.c, kernels_avx2.c and kernels_avx512.c, and by nothing else; all static.
 * VECTOR_BYTES is 8 (plain words), 32 or 64; LOAD_LANES_8/16/32/64(p) read as many lanes as fit
 * a vector of 64-bit words, MULTIPLY_32(a, b) multiplies the lower halves of such words.
 *
 * Packing is vertical over 64-bit words with replicated masks (spec/encodings/packing.md), 16
 * independent words at a step. They are spelled as vectors of the compiler because gcc, when
 * it unrolls the rows, no longer vectorises a loop over 16 words (17 against 66 G values/s at
 * width 12 with AVX-512).
 */
#ifndef STOA_FORMAT_KERNELS_BODY_H
#define STOA_FORMAT_KERNELS_BODY_H

#include <string.h>

#include "format/kernels/kernels.h"

enum {
    ROWS = STOA_KERNEL_ROWS,
    ROW_BYTES = 128, /* one row of lanes, and 1,024 packed bits */
    ROW_VECTORS = ROW_BYTES / VECTOR_BYTES,
    WORDS = VECTOR_BYTES / 8, /* of a vector */
    WIDTH_MAX = 64
};

/* Buffers are aligned to bytes only, and hold lanes of several types. */
typedef uint64_t __attribute__((aligned(1), may_alias)) any_u64;
typedef uint32_t __attribute__((aligned(1), may_alias)) any_u32;
typedef uint16_t __attribute__((aligned(1), may_alias)) any_u16;
typedef uint8_t any_u8;
#if VECTOR_BYTES == 8
typedef any_u64 any_vec;
#else
typedef uint64_t __attribute__((vector_size(VECTOR_BYTES), aligned(1), may_alias)) any_vec;
typedef int64_t __attribute__((vector_size(VECTOR_BYTES), aligned(1), may_alias))
any_signed_vec;
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))
/* The reference stays rolled: it is there to be right, and small. So do sanitizer builds, where
 * the checks in unrolled code take the compiler minutes. */
#if VECTOR_BYTES == 8 || defined(STOA_KERNELS_ROLLED)
#define UNROLL
#elif defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

/* ---- packing ---- */

/* The lowest `bits` of every lane of `lane` bits; 1 <= bits <= lane. */
ALWAYS_INLINE uint64_t lane_mask(unsigned bits, unsigned lane)
{
    const uint64_t ones = ~UINT64_C(0);
    return (ones >> (64 - bits)) * (ones / (ones >> (64 - lane)));
}

/* [PACK-4] Row r of the lanes from the packed words; all but j is known when compiling. */
ALWAYS_INLINE void unpack_row(const any_vec *in, any_vec *out, unsigned r, unsigned width,
                              unsigned lane)
{
    const unsigned word = r * width / lane;
    const unsigned shift = r * width % lane;
    const unsigned low = lane - shift; /* bits that lie in the first of two words */
    const any_vec *p = in + word * ROW_VECTORS;
    any_vec *q = out + r * ROW_VECTORS;
    if (shift + width <= lane) {
        for (unsigned j = 0; j < ROW_VECTORS; j++)
            q[j] = (p[j] >> shift) & lane_mask(width, lane);
    } else {
        for (unsigned j = 0; j < ROW_VECTORS; j++)
            q[j] = ((p[j] >> shift) & lane_mask(low, lane)) |
                   ((p[j + ROW_VECTORS] & lane_mask(width - low, lane)) << low);
    }
}

/* The same backwards. Rows come in order, so the first that touches a word sets it. */
ALWAYS_INLINE void pack_row(const any_vec *in, any_vec *out, unsigned r, unsigned width,
                            unsigned lane)
{
    const unsigned word = r * width / lane;
    const unsigned shift = r * width % lane;
    const unsigned room = lane - shift;
    const unsigned low = width < room ? width : room;
    const any_vec *p = in + r * ROW_VECTORS;
    any_vec *q = out + word * ROW_VECTORS;
    for (unsigned j = 0; j < ROW_VECTORS; j++) {
        if (shift == 0)
            q[j] = p[j] & lane_mask(width, lane);
        else
            q[j] |= (p[j] & lane_mask(low, lane)) << shift;
        if (low < width)
            q[j + ROW_VECTORS] = (p[j] >> low) & lane_mask(width - low, lane);
    }
}

typedef void packing_function(const any_vec *in, any_vec *out);

/* Lanes of 64 bits have 64 rows; unrolling those would add 400 KB for 3 G values/s. */
#define DEFINE_PACKING(width, lane, unroll)                                                \
    static void unpack_##width(const any_vec *in, any_vec *out)                            \
    {                                                                                      \
        unroll for (unsigned r = 0; r < (lane); r++) unpack_row(in, out, r, width, lane);  \
    }                                                                                      \
    static void pack_##width(const any_vec *in, any_vec *out)                              \
    {                                                                                      \
        unroll for (unsigned r = 0; r < (lane); r++) pack_row(in, out, r, width, lane);    \
    }
#define DEFINE_UNROLLED(width, lane) DEFINE_PACKING(width, lane, UNROLL)
#define DEFINE_ROLLED(width, lane)   DEFINE_PACKING(width, lane, )

/* clang-format off */
/* Every width with its lane [PACK-2]. */
#define EACH_TO_32(X) \
    X(1, 8) X(2, 8) X(3, 8) X(4, 8) X(5, 8) X(6, 8) X(7, 8) X(8, 8) \
    X(9, 16) X(10, 16) X(11, 16) X(12, 16) X(13, 16) X(14, 16) X(15, 16) X(16, 16) \
    X(17, 32) X(18, 32) X(19, 32) X(20, 32) X(21, 32) X(22, 32) X(23, 32) X(24, 32) \
    X(25, 32) X(26, 32) X(27, 32) X(28, 32) X(29, 32) X(30, 32) X(31, 32) X(32, 32)
#define EACH_TO_64(X) \
    X(33, 64) X(34, 64) X(35, 64) X(36, 64) X(37, 64) X(38, 64) X(39, 64) X(40, 64) \
    X(41, 64) X(42, 64) X(43, 64) X(44, 64) X(45, 64) X(46, 64) X(47, 64) X(48, 64) \
    X(49, 64) X(50, 64) X(51, 64) X(52, 64) X(53, 64) X(54, 64) X(55, 64) X(56, 64) \
    X(57, 64) X(58, 64) X(59, 64) X(60, 64) X(61, 64) X(62, 64) X(63, 64) X(64, 64)

EACH_TO_32(DEFINE_UNROLLED)
EACH_TO_64(DEFINE_ROLLED)

#define UNPACK_ENTRY(width, lane) [width] = unpack_##width,
#define PACK_ENTRY(width, lane)   [width] = pack_##width,
static packing_function *const unpack_functions[WIDTH_MAX + 1] = {
    EACH_TO_32(UNPACK_ENTRY) EACH_TO_64(UNPACK_ENTRY)
};
static packing_function *const pack_functions[WIDTH_MAX + 1] = {
    EACH_TO_32(PACK_ENTRY) EACH_TO_64(PACK_ENTRY)
};
/* clang-format on */

static void kernel_unpack(unsigned width, const uint8_t *in, void *out_lanes)
{
    if (width == 0)
        memset(out_lanes, 0, ROWS); /* [PACK-3] lanes of 8 bits, nothing stored */
    else
        unpack_functions[width]((const any_vec *)in, (any_vec *)out_lanes);
}

/* Values to lanes, in row order. */
ALWAYS_INLINE void narrow(unsigned lane_bits, const uint64_t *in, uint8_t *out)
{
    any_u16 *out16 = (any_u16 *)out;
    any_u32 *out32 = (any_u32 *)out;
    if (lane_bits == 8) {
        for (size_t i = 0; i < ROWS; i++)
            out[i] = (uint8_t)in[i];
    } else if (lane_bits == 16) {
        for (size_t i = 0; i < ROWS; i++)
            out16[i] = (uint16_t)in[i];
    } else {
        for (size_t i = 0; i < ROWS; i++)
            out32[i] = (uint32_t)in[i];
    }
}

static void kernel_pack(unsigned width, const uint64_t *in, uint8_t *out)
{
    uint8_t lanes[ROWS * 4] __attribute__((aligned(64)));
    if (width == 0)
        return;
    if (width > 32) {
        pack_functions[width]((const any_vec *)in, (any_vec *)out);
        return;
    }
    if (width <= 8)
        narrow(8, in, lanes);
    else if (width <= 16)
        narrow(16, in, lanes);
    else
        narrow(32, in, lanes);
    pack_functions[width]((const any_vec *)lanes, (any_vec *)out);
}

/* ---- arithmetic ---- */

/* Products of 32-bit numbers are one instruction in every vector set; 64-bit ones are three
 * before AVX-512. */
#define DEFINE_WIDEN(bits)                                                                 \
    static void widen_##bits(const uint8_t *restrict lanes, size_t count, uint64_t base,   \
                             uint64_t scale, uint64_t *restrict out)                       \
    {                                                                                      \
        const any_vec add = (any_vec){0} + base;                                           \
        const any_vec factor = (any_vec){0} + scale;                                       \
        const size_t whole = count - count % WORDS;                                        \
        size_t i = 0;                                                                      \
        if (scale == 1) {                                                                  \
            for (; i < whole; i += WORDS)                                                  \
                *(any_vec *)(out + i) = LOAD_LANES_##bits(lanes + i * ((bits) / 8)) + add; \
        } else if ((bits) <= 32 && scale <= UINT32_MAX) {                                  \
            for (; i < whole; i += WORDS)                                                  \
                *(any_vec *)(out + i) =                                                    \
                    MULTIPLY_32(LOAD_LANES_##bits(lanes + i * ((bits) / 8)), factor) +     \
                    add;                                                                   \
        } else {                                                                           \
            for (; i < whole; i += WORDS)                                                  \
                *(any_vec *)(out + i) =                                                    \
                    LOAD_LANES_##bits(lanes + i * ((bits) / 8)) * factor + add;            \
        }                                                                                  \
        for (; i < count; i++)                                                             \
            out[i] = base + scale * *(const any_u##bits *)(lanes + i * ((bits) / 8));      \
    }
DEFINE_WIDEN(8)
DEFINE_WIDEN(16)
DEFINE_WIDEN(32)
DEFINE_WIDEN(64)

static void kernel_widen(unsigned lane_bits, const void *lanes, size_t count, uint64_t base,
                         uint64_t scale, uint64_t *out)
{
    if (lane_bits == 8)
        widen_8(lanes, count, base, scale, out);
    else if (lane_bits == 16)
        widen_16(lanes, count, base, scale, out);
    else if (lane_bits == 32)
        widen_32(lanes, count, base, scale, out);
    else
        widen_64(lanes, count, base, scale, out);
}

/* Sums halves of 32 bits in 64-bit lanes, which cannot overflow below 2^32 values. Values are
 * taken as value + 2^63, since a vector shift that keeps the sign is missing before AVX-512. */
static void kernel_sum_i64(const int64_t *values, size_t count, __int128 *out_sum)
{
    const size_t step = (size_t)1 << 30;
    __int128 sum = 0;
    for (size_t first = 0; first < count; first += step) {
        const size_t n = count - first < step ? count - first : step;
        uint64_t low = 0;
        uint64_t high = 0;
        for (size_t i = 0; i < n; i++) {
            const uint64_t biased = (uint64_t)values[first + i] ^ UINT64_C(1) << 63;
            low += (uint32_t)biased;
            high += biased >> 32;
        }
        sum +=
            (__int128)high * ((__int128)1 << 32) + low - (__int128)n * ((__int128)1 << 63);
    }
    *out_sum = sum;
}

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

static bool kernel_is_ascii(const uint8_t *bytes, size_t size)
{
    const uint64_t high_bits = UINT64_C(0x8080808080808080);
    size_t at = 0;
    for (; size - at >= 2 * ROW_BYTES; at += 2 * ROW_BYTES) {
        const any_u64 *words = (const any_u64 *)(bytes + at);
        uint64_t any = 0;
        for (unsigned j = 0; j < 2 * ROW_BYTES / 8; j++)
            any |= words[j];
        if (any & high_bits)
            return false;
    }
    uint64_t any = 0;
    for (; size - at >= 8; at += 8)
        any |= *(const any_u64 *)(bytes + at);
    for (; at < size; at++)
        any |= bytes[at];
    return (any & high_bits) == 0;
}

/* ---- selection: what the levels share ---- */

/* Clears the words behind the first `count` values of a bitmap of 1,024 bits. */
static void clear_behind(uint64_t out_bits[16], size_t count)
{
    for (size_t word = (count + 63) / 64; word < 16; word++)
        out_bits[word] = 0;
}

/* Cuts [low, high] to what a lane can hold; false when nothing is left. */
static bool clamp_range(unsigned lane_bits, uint64_t low, uint64_t *high)
{
    const uint64_t largest = ~UINT64_C(0) >> (64 - lane_bits);
    if (*high > largest)
        *high = largest;
    return low <= *high;
}

/* The level's table; the three select functions come from the including file. */
#define DEFINE_KERNELS(table, level_name)                                                  \
    const struct stoa_kernels table = {                                                    \
        .name = level_name,                                                                \
        .pack = kernel_pack,                                                               \
        .unpack = kernel_unpack,                                                           \
        .widen = kernel_widen,                                                             \
        .select_lanes = kernel_select_lanes,                                               \
        .select_i64 = kernel_select_i64,                                                   \
        .select_f64 = kernel_select_f64,                                                   \
        .sum_i64 = kernel_sum_i64,                                                         \
        .min_max_i64 = kernel_min_max_i64,                                                 \
        .is_ascii = kernel_is_ascii,                                                       \
    }

#endif
