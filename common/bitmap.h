/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole-bitmap operations over LSB-first 64-bit words: selections and validity.
 * Lengths are in bits; bits past the end of the last word are ignored on input and written 0.
 */
#ifndef STOA_COMMON_BITMAP_H
#define STOA_COMMON_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Number of 1 bits among the first `bits`. */
size_t stoa_bitmap_count(const uint64_t *words, size_t bits);

/* Sets bits [first, first + count). */
void stoa_bitmap_set_range(uint64_t *words, size_t first, size_t count);

/* Sets the first `bits` bits and clears the rest of the last word. */
void stoa_bitmap_fill(uint64_t *words, size_t bits);

/* Copies `count` bits from src[src_first..] to dst[dst_first..]; other bits of dst stay. */
void stoa_bitmap_copy(uint64_t *dst, size_t dst_first, const uint64_t *src,
                      size_t src_first, size_t count);

/* Writes the positions of the 1 bits among the first `bits` to `out` (room for all of them);
 * returns how many. */
size_t stoa_bitmap_positions(const uint64_t *words, size_t bits, uint32_t *out);

/* True if all of the first `bits` are 1. */
bool stoa_bitmap_all(const uint64_t *words, size_t bits);

#endif
