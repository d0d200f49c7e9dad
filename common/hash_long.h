/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XXH3-64 with the vectors of x86, for hash.c alone, which asks the CPU first. One source,
 * hash_long.c, compiled once per instruction set.
 */
#ifndef STOA_COMMON_HASH_LONG_H
#define STOA_COMMON_HASH_LONG_H

#include <stddef.h>
#include <stdint.h>

enum { STOA_HASH_SECRET = 192 };

/* What the library gives for `size` >= 1,024 bytes; `secret` is its default one. */
uint64_t stoa_hash_long_avx2(const uint8_t *bytes, size_t size, uint64_t seed,
                             const uint8_t *secret);
uint64_t stoa_hash_long_avx512(const uint8_t *bytes, size_t size, uint64_t seed,
                               const uint8_t *secret);

#endif
