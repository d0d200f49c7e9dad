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

/* ---- sets ---- */

/* One word of the answer; *any_out is set by lanes that are not below the limit. */
#define DEFINE_SELECT_SET(bits)                                                            \
    static inline uint64_t set_word_##bits(const any_u##bits *lanes, const uint64_t *set,  \
                                           uint64_t first, uint64_t limit, bool *any_out)  \
    {                                                                                      \
        uint64_t word = 0;                                                                 \
        for (unsigned i = 0; i < 64; i++) {                                                \
            const bool is_below = lanes[i] < limit;                                        \
            const uint64_t number = first + (is_below ? lanes[i] : 0);                     \
            word |= (set[number / 64] >> number % 64 & is_below) << i;                     \
            *any_out |= !is_below;                                                         \
        }                                                                                  \
        return word;                                                                       \
    }
DEFINE_SELECT_SET(8)
DEFINE_SELECT_SET(16)
DEFINE_SELECT_SET(32)

static bool kernel_select_set(unsigned lane_bits, const void *lanes, uint64_t first,
                              const uint64_t *set, uint64_t size, uint64_t out_bits[16])
{
    const uint64_t limit = set_limit(first, size);
    bool any_out = false;
    clear_behind(out_bits, 0);
    for (size_t word = 0; limit > 0 && word < 16; word++) {
        if (lane_bits == 8)
            out_bits[word] =
                set_word_8((const any_u8 *)lanes + word * 64, set, first, limit, &any_out);
        else if (lane_bits == 16)
            out_bits[word] = set_word_16((const any_u16 *)lanes + word * 64, set, first,
                                         limit, &any_out);
        else
            out_bits[word] = set_word_32((const any_u32 *)lanes + word * 64, set, first,
                                         limit, &any_out);
    }
    return limit > 0 && !any_out;
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
