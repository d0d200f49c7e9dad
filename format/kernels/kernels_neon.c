/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels compiled for 64-bit ARM, where every machine has NEON. Intrinsics only where the
 * compiler does badly on any machine: a comparison that becomes a bitmap, widening lanes. Sets take
 * the plain way, since there is no gather. Reached only through the table.
 */
#include <arm_neon.h>

#define VECTOR_BYTES     16
#define LOAD_LANES_8(p)  ((any_vec)load_lanes_8(p))
#define LOAD_LANES_16(p) ((any_vec)vmovl_u32(vget_low_u32(load_lanes_16(p))))
#define LOAD_LANES_32(p) ((any_vec)vmovl_u32(vreinterpret_u32_u8(vld1_u8(p))))
#define LOAD_LANES_64(p) (*(const any_vec *)(p))
#define MULTIPLY_32(a, b)                                                                  \
    ((any_vec)vmull_u32(vmovn_u64((uint64x2_t)(a)), vmovn_u64((uint64x2_t)(b))))
#define TO_F64(v) ((any_double_vec)vcvtq_f64_s64((int64x2_t)(v)))
#define FUSED_ADD(a, b, c)                                                                 \
    ((any_double_vec)vfmaq_f64((float64x2_t)(c), (float64x2_t)(a), (float64x2_t)(b)))
#define LESS_PRODUCT(a, b, c)                                                              \
    ((any_double_vec)vfmsq_f64((float64x2_t)(c), (float64x2_t)(a), (float64x2_t)(b)))

#include "format/kernels/kernels_packing.h"

static uint64x2_t load_lanes_8(const uint8_t *p)
{
    return (uint64x2_t){p[0], p[1]};
}

static uint32x4_t load_lanes_16(const uint8_t *p)
{
    return vmovl_u16(vreinterpret_u16_u32(vdup_n_u32(*(const any_u32 *)p)));
}

/* One bit for each of 64 bytes of 0 or all ones: each keeps the bit of its place among eight, and
 * neighbours are added three times. */
static uint64_t byte_bits(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
    const uint8x16_t place =
        vreinterpretq_u8_u64(vdupq_n_u64(UINT64_C(0x8040201008040201)));
    const uint8x16_t ab = vpaddq_u8(vandq_u8(a, place), vandq_u8(b, place));
    const uint8x16_t cd = vpaddq_u8(vandq_u8(c, place), vandq_u8(d, place));
    const uint8x16_t all = vpaddq_u8(ab, cd);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

#define PAIR_MATCHES(p, q, first, last) pair_matches(p, q, first, last)

static uint8x16_t pair_quarter(const uint8_t *p, const uint8_t *q, uint8x16_t first,
                               uint8x16_t last)
{
    return vandq_u8(vceqq_u8(vld1q_u8(p), first), vceqq_u8(vld1q_u8(q), last));
}

static uint64_t pair_matches(const uint8_t *p, const uint8_t *q, uint8_t first,
                             uint8_t last)
{
    const uint8x16_t one = vdupq_n_u8(first);
    const uint8x16_t other = vdupq_n_u8(last);
    return byte_bits(
        pair_quarter(p, q, one, other), pair_quarter(p + 16, q + 16, one, other),
        pair_quarter(p + 32, q + 32, one, other), pair_quarter(p + 48, q + 48, one, other));
}

#include "format/kernels/kernels_body.h"

/* ---- masks to bits ---- */

/* The lower halves of the lanes of two masks. */
static uint8x16_t halves_16(uint16x8_t a, uint16x8_t b)
{
    return vuzp1q_u8(vreinterpretq_u8_u16(a), vreinterpretq_u8_u16(b));
}

static uint16x8_t halves_32(uint32x4_t a, uint32x4_t b)
{
    return vuzp1q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b));
}

static uint32x4_t halves_64(uint64x2_t a, uint64x2_t b)
{
    return vuzp1q_u32(vreinterpretq_u32_u64(a), vreinterpretq_u32_u64(b));
}

/* ---- lanes within x - low <= span, without sign ---- */

static uint8x16_t within_8(const uint8_t *lanes, uint8_t low, uint8_t span)
{
    return vcleq_u8(vsubq_u8(vld1q_u8(lanes), vdupq_n_u8(low)), vdupq_n_u8(span));
}

/* Sixteen lanes each, as bytes. */
static uint8x16_t within_16(const uint8_t *lanes, uint16_t low, uint16_t span)
{
    const uint16x8_t from = vdupq_n_u16(low);
    const uint16x8_t to = vdupq_n_u16(span);
    const uint16x8_t a = vreinterpretq_u16_u8(vld1q_u8(lanes));
    const uint16x8_t b = vreinterpretq_u16_u8(vld1q_u8(lanes + 16));
    return halves_16(vcleq_u16(vsubq_u16(a, from), to), vcleq_u16(vsubq_u16(b, from), to));
}

static uint32x4_t within_four_32(const uint8_t *lanes, uint32_t low, uint32_t span)
{
    const uint32x4_t lane = vreinterpretq_u32_u8(vld1q_u8(lanes));
    return vcleq_u32(vsubq_u32(lane, vdupq_n_u32(low)), vdupq_n_u32(span));
}

static uint8x16_t within_32(const uint8_t *lanes, uint32_t low, uint32_t span)
{
    return halves_16(
        halves_32(within_four_32(lanes, low, span), within_four_32(lanes + 16, low, span)),
        halves_32(within_four_32(lanes + 32, low, span),
                  within_four_32(lanes + 48, low, span)));
}

static uint32x4_t within_four_64(const uint8_t *lanes, uint64_t low, uint64_t span)
{
    const uint64x2_t from = vdupq_n_u64(low);
    const uint64x2_t to = vdupq_n_u64(span);
    const uint64x2_t a = vreinterpretq_u64_u8(vld1q_u8(lanes));
    const uint64x2_t b = vreinterpretq_u64_u8(vld1q_u8(lanes + 16));
    return halves_64(vcleq_u64(vsubq_u64(a, from), to), vcleq_u64(vsubq_u64(b, from), to));
}

static uint8x16_t within_64(const uint8_t *lanes, uint64_t low, uint64_t span)
{
    return halves_16(
        halves_32(within_four_64(lanes, low, span), within_four_64(lanes + 32, low, span)),
        halves_32(within_four_64(lanes + 64, low, span),
                  within_four_64(lanes + 96, low, span)));
}

/* 64 lanes of `bits` from p on. */
#define WITHIN_WORD(bits, p, low, span)                                                    \
    byte_bits(                                                                             \
        within_##bits(p, (uint##bits##_t)(low), (uint##bits##_t)(span)),                   \
        within_##bits((p) + 2 * (bits), (uint##bits##_t)(low), (uint##bits##_t)(span)),    \
        within_##bits((p) + 4 * (bits), (uint##bits##_t)(low), (uint##bits##_t)(span)),    \
        within_##bits((p) + 6 * (bits), (uint##bits##_t)(low), (uint##bits##_t)(span)))

static void kernel_select_lanes(unsigned lane_bits, const void *lanes, uint64_t low,
                                uint64_t high, uint64_t out_bits[16])
{
    const uint8_t *p = lanes;
    if (!clamp_range(lane_bits, low, &high)) {
        clear_behind(out_bits, 0);
        return;
    }
    for (size_t word = 0; word < 16; word++, p += (size_t)lane_bits * 8) {
        if (lane_bits == 8)
            out_bits[word] = WITHIN_WORD(8, p, low, high - low);
        else if (lane_bits == 16)
            out_bits[word] = WITHIN_WORD(16, p, low, high - low);
        else if (lane_bits == 32)
            out_bits[word] = WITHIN_WORD(32, p, low, high - low);
        else
            out_bits[word] = WITHIN_WORD(64, p, low, high - low);
    }
}

/* ---- values ---- */

/* Signed numbers from low on are unsigned ones from low on, modulo 2^64. */
static void kernel_select_i64(const int64_t *values, size_t count, int64_t low,
                              int64_t high, uint64_t out_bits[16])
{
    const uint64_t span = (uint64_t)high - (uint64_t)low;
    const size_t whole = count / 64;
    clear_behind(out_bits, 0);
    if (low > high)
        return;
    for (size_t word = 0; word < whole; word++) {
        const uint8_t *p = (const uint8_t *)(values + word * 64);
        out_bits[word] = WITHIN_WORD(64, p, low, span);
    }
    for (size_t i = whole * 64; i < count; i++)
        out_bits[i / 64] |= (uint64_t)(values[i] >= low && values[i] <= high) << i % 64;
}

/* Ordered compares, so NaN is outside. */
static uint64x2_t within_f64(const double *values, float64x2_t low, float64x2_t high)
{
    const float64x2_t value = vld1q_f64(values);
    return vandq_u64(vcgeq_f64(value, low), vcleq_f64(value, high));
}

static uint8x16_t within_sixteen_f64(const double *values, double low, double high)
{
    const float64x2_t from = vdupq_n_f64(low);
    const float64x2_t to = vdupq_n_f64(high);
    uint32x4_t four[4];
    for (size_t i = 0; i < 4; i++)
        four[i] = halves_64(within_f64(values + i * 4, from, to),
                            within_f64(values + i * 4 + 2, from, to));
    return halves_16(halves_32(four[0], four[1]), halves_32(four[2], four[3]));
}

static void kernel_select_f64(const double *values, size_t count, double low, double high,
                              uint64_t out_bits[16])
{
    const size_t whole = count / 64;
    clear_behind(out_bits, 0);
    for (size_t word = 0; word < whole; word++) {
        const double *p = values + word * 64;
        out_bits[word] = byte_bits(
            within_sixteen_f64(p, low, high), within_sixteen_f64(p + 16, low, high),
            within_sixteen_f64(p + 32, low, high), within_sixteen_f64(p + 48, low, high));
    }
    for (size_t i = whole * 64; i < count; i++)
        out_bits[i / 64] |= (uint64_t)(values[i] >= low && values[i] <= high) << i % 64;
}

DEFINE_KERNELS(stoa_kernels_neon, "neon");
