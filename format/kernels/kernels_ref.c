/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference kernels: plain C for any machine, and the definition of correct for the other
 * levels.
 */
#define VECTOR_BYTES      8
#define LOAD_LANES_8(p)   ((any_vec) * (const any_u8 *)(p))
#define LOAD_LANES_16(p)  ((any_vec) * (const any_u16 *)(p))
#define LOAD_LANES_32(p)  ((any_vec) * (const any_u32 *)(p))
#define LOAD_LANES_64(p)  (*(const any_u64 *)(p))
#define MULTIPLY_32(a, b) ((a) * (b))
#include "format/kernels/kernels_body.h"

/* Bits of `count` <= 64 lanes from `first` on, where low <= high <= what a lane holds. */
#define DEFINE_SELECT_WORD(bits)                                                           \
    static uint64_t select_word_##bits(const any_u##bits *lanes, uint64_t low,             \
                                       uint64_t high)                                      \
    {                                                                                      \
        uint64_t word = 0;                                                                 \
        for (unsigned i = 0; i < 64; i++)                                                  \
            word |= (uint64_t)(lanes[i] >= low && lanes[i] <= high) << i;                  \
        return word;                                                                       \
    }
DEFINE_SELECT_WORD(8)
DEFINE_SELECT_WORD(16)
DEFINE_SELECT_WORD(32)
DEFINE_SELECT_WORD(64)

static void kernel_select_lanes(unsigned lane_bits, const void *lanes, uint64_t low,
                                uint64_t high, uint64_t out_bits[16])
{
    if (!clamp_range(lane_bits, low, &high)) {
        clear_behind(out_bits, 0);
        return;
    }
    for (size_t word = 0; word < 16; word++) {
        if (lane_bits == 8)
            out_bits[word] = select_word_8((const any_u8 *)lanes + word * 64, low, high);
        else if (lane_bits == 16)
            out_bits[word] = select_word_16((const any_u16 *)lanes + word * 64, low, high);
        else if (lane_bits == 32)
            out_bits[word] = select_word_32((const any_u32 *)lanes + word * 64, low, high);
        else
            out_bits[word] = select_word_64((const any_u64 *)lanes + word * 64, low, high);
    }
}

static void kernel_select_i64(const int64_t *values, size_t count, int64_t low,
                              int64_t high, uint64_t out_bits[16])
{
    clear_behind(out_bits, 0);
    for (size_t i = 0; i < count; i++)
        out_bits[i / 64] |= (uint64_t)(values[i] >= low && values[i] <= high) << i % 64;
}

static void kernel_select_f64(const double *values, size_t count, double low, double high,
                              uint64_t out_bits[16])
{
    clear_behind(out_bits, 0);
    for (size_t i = 0; i < count; i++)
        out_bits[i / 64] |= (uint64_t)(values[i] >= low && values[i] <= high) << i % 64;
}

DEFINE_KERNELS(stoa_kernels_ref, "ref");
