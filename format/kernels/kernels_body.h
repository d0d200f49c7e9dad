/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels' shared bodies in plain C, compiled once per instruction set: included by
 * the levels' files (kernels_ref.c, kernels_avx2.c and so on) and by nothing else; all static.
 *
 * The including file sets VECTOR_BYTES to 8 (plain words), 16, 32 or 64. LOAD_LANES_8/16/32/64(p)
 * read as many lanes as fit a vector of 64-bit words, MULTIPLY_32(a, b) multiplies the lower
 * halves of such words. With vectors, TO_F64(v) converts signed ones to doubles, rounding once,
 * FUSED_ADD(a, b, c) is a x b + c and LESS_PRODUCT(a, b, c) is c - a x b, both rounded once.
 * DEPOSIT(source, mask) is there where the instruction is. Packing is in kernels_packing.h,
 * sums and bounds in kernels_fold.h and kernels_floats.h, running sums in kernels_scan.h, sets in
 * kernels_set.h, text in kernels_text.h, FSST in kernels_fsst.h.
 */
#ifndef STOA_FORMAT_KERNELS_BODY_H
#define STOA_FORMAT_KERNELS_BODY_H

#include "format/kernels/kernels_floats.h"
#include "format/kernels/kernels_fold.h"
#include "format/kernels/kernels_fsst.h"
#include "format/kernels/kernels_packing.h"
#include "format/kernels/kernels_scan.h"
#include "format/kernels/kernels_set.h"
#include "format/kernels/kernels_text.h"

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

static void kernel_add_64(uint64_t *restrict values, const uint64_t *restrict more,
                          size_t count)
{
    const size_t whole = count - count % WORDS;
    for (size_t i = 0; i < whole; i += WORDS)
        *(any_vec *)(values + i) += *(const any_vec *)(more + i);
    for (size_t i = whole; i < count; i++)
        values[i] += more[i];
}

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

/* Vectors are written where they were read. Divisions take 2 cycles a value; where there are fused
 * products, a quotient is made of the reciprocal in two steps, each of which adds what is missing,
 * known exactly: the first brings it within a unit in the last place, the second rounds it as a
 * division would (Markstein, "Computation of elementary functions on the IBM RISC System/6000
 * processor", 1990; the reciprocal has to be the nearest double, which 1 / divisor is). */
static void kernel_divide_i64(const int64_t *in, size_t count, double divisor, double *out)
{
    size_t i = 0;
#if VECTOR_BYTES > 8
    const any_double_vec by = (any_double_vec){0} + divisor;
    const any_double_vec reciprocal = 1 / by;
    for (; i + WORDS <= count; i += WORDS) {
        const any_double_vec number = TO_F64(*(const any_vec *)(in + i));
        any_double_vec quotient = number * reciprocal;
        quotient = FUSED_ADD(LESS_PRODUCT(quotient, by, number), reciprocal, quotient);
        quotient = FUSED_ADD(LESS_PRODUCT(quotient, by, number), reciprocal, quotient);
        *(any_double_vec *)(out + i) = quotient;
    }
#endif
    /* In two loops, since compilers vectorise the second everywhere. */
    const size_t first = i;
    for (; i < count; i++)
        out[i] = (double)in[i];
    for (i = first; i < count; i++)
        out[i] /= divisor;
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

/* ---- spreading ---- */

/* 64 rows: full words are copied, in others the set bits are visited, without a branch for each
 * row. */
#define DEFINE_SPREAD_WORD(bits)                                                           \
    static void spread_word_##bits(uint64_t word, size_t rows,                             \
                                   const any_u##bits *restrict kept, uint##bits##_t fill,  \
                                   any_u##bits *restrict out)                              \
    {                                                                                      \
        if (word == ~UINT64_C(0)) {                                                        \
            memcpy(out, kept, 64 * sizeof *out);                                           \
            return;                                                                        \
        }                                                                                  \
        for (size_t i = 0; i < rows; i++)                                                  \
            out[i] = fill;                                                                 \
        for (; word; word &= word - 1)                                                     \
            out[__builtin_ctzll(word)] = *kept++;                                          \
    }                                                                                      \
    static void kernel_spread_##bits(const uint64_t *mask, size_t rows,                    \
                                     const uint##bits##_t *kept, uint##bits##_t fill,      \
                                     uint##bits##_t *out)                                  \
    {                                                                                      \
        for (size_t first = 0; first < rows; first += 64) {                                \
            const uint64_t word = mask[first / 64];                                        \
            spread_word_##bits(word, rows - first < 64 ? rows - first : 64, kept, fill,    \
                               out + first);                                               \
            kept += __builtin_popcountll(word);                                            \
        }                                                                                  \
    }
#ifndef SPREAD_BY_INTRINSICS
DEFINE_SPREAD_WORD(32)
DEFINE_SPREAD_WORD(64)
#endif

/* The lowest bits of `source` to the set bits of `mask`, in order. */
static uint64_t deposit(uint64_t source, uint64_t mask)
{
#ifdef DEPOSIT
    return DEPOSIT(source, mask);
#else
    uint64_t out = 0;
    for (; mask; mask &= mask - 1, source >>= 1)
        out |= mask & -mask & -(source & 1);
    return out;
#endif
}

static void kernel_spread_bits(const uint64_t mask[16], const uint64_t kept[16],
                               uint64_t out[16])
{
    unsigned at = 0;
    for (size_t word = 0; word < 16; word++) {
        const unsigned shift = at % 64;
        const unsigned count = (unsigned)__builtin_popcountll(mask[word]);
        uint64_t source = count > 0 ? kept[at / 64] >> shift : 0;
        if (count > 64 - shift)
            source |= kept[at / 64 + 1] << (64 - shift);
        out[word] = deposit(source, mask[word]);
        at += count;
    }
}

/* ---- selection: what the levels share ---- */

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
        .add_64 = kernel_add_64,                                                           \
        .add_up = kernel_add_up,                                                           \
        .divide_i64 = kernel_divide_i64,                                                   \
        .spread_32 = kernel_spread_32,                                                     \
        .spread_64 = kernel_spread_64,                                                     \
        .spread_bits = kernel_spread_bits,                                                 \
        .select_lanes = kernel_select_lanes,                                               \
        .select_set = kernel_select_set,                                                   \
        .select_i64 = kernel_select_i64,                                                   \
        .select_f64 = kernel_select_f64,                                                   \
        .sum_i64 = kernel_sum_i64,                                                         \
        .sum_masked = kernel_sum_masked,                                                   \
        .sum_lanes = kernel_sum_lanes,                                                     \
        .sum_runs = kernel_sum_runs,                                                       \
        .sum_f64 = kernel_sum_f64,                                                         \
        .min_max_i64 = kernel_min_max_i64,                                                 \
        .min_max_lanes = kernel_min_max_lanes,                                             \
        .is_ascii = kernel_is_ascii,                                                       \
        .find_bytes = kernel_find_bytes,                                                   \
        .select_text = kernel_select_text,                                                 \
        .fsst_decode = kernel_fsst_decode,                                                 \
    }

#endif
