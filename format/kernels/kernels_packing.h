/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vertical packing, and the vector types that all kernel bodies use. Included by kernels_body.h
 * alone; all static. VECTOR_BYTES is set by the level's file.
 *
 * 16 independent 64-bit words at a step, with replicated masks (spec/encodings/packing.md).
 * They are spelled as vectors of the compiler because gcc, when it unrolls the rows, no longer
 * vectorises a loop over 16 words (17 against 66 G values/s at width 12 with AVX-512).
 */
#ifndef STOA_FORMAT_KERNELS_PACKING_H
#define STOA_FORMAT_KERNELS_PACKING_H

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
#define ANY_VECTOR __attribute__((vector_size(VECTOR_BYTES), aligned(1), may_alias))
typedef uint64_t ANY_VECTOR any_vec;
typedef int64_t ANY_VECTOR any_signed_vec;
typedef double ANY_VECTOR any_double_vec;
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

/* [PACK-4] [PACK-5] Row r of the lanes from the packed words; all but j is known when compiling. */
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

#endif
