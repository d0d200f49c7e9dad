/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Little-endian loads and stores, and small bit tricks. On-disk values are always read through
 * these, never by casting a pointer to a struct (alignment and byte order).
 */
#ifndef STOA_COMMON_BITS_H
#define STOA_COMMON_BITS_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "this build needs a little-endian machine"
#endif

static inline uint16_t stoa_load_le16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t stoa_load_le32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t stoa_load_le64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void stoa_store_le16(void *p, uint16_t v)
{
    memcpy(p, &v, sizeof v);
}

static inline void stoa_store_le32(void *p, uint32_t v)
{
    memcpy(p, &v, sizeof v);
}

static inline void stoa_store_le64(void *p, uint64_t v)
{
    memcpy(p, &v, sizeof v);
}

/* Bits needed to hold `v`: 0 for 0, 64 for the largest. */
static inline unsigned stoa_bit_width(uint64_t v)
{
    return v == 0 ? 0 : 64u - (unsigned)__builtin_clzll(v);
}

/* The lowest `n` bits set, 0 <= n <= 64. */
static inline uint64_t stoa_low_mask(unsigned n)
{
    return n >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
}

/* Bitmaps are LSB-first arrays of 64-bit words (the same bytes as Arrow's bitmaps). */
static inline int stoa_bit_get(const uint64_t *words, size_t i)
{
    return (int)(words[i >> 6] >> (i & 63)) & 1;
}

static inline void stoa_bit_set(uint64_t *words, size_t i)
{
    words[i >> 6] |= UINT64_C(1) << (i & 63);
}

static inline void stoa_bit_clear(uint64_t *words, size_t i)
{
    words[i >> 6] &= ~(UINT64_C(1) << (i & 63));
}

static inline size_t stoa_bitmap_words(size_t bits)
{
    return (bits + 63) / 64;
}

#endif
