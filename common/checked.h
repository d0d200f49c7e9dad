/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overflow-checked arithmetic for every number that came from a file, a caller or a flag.
 *
 * Each function returns true and stores the exact result, or returns false and stores nothing
 * useful. There is deliberately no saturating form: a wrapped size must be an error.
 */
#ifndef STOA_COMMON_CHECKED_H
#define STOA_COMMON_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef __int128 stoa_i128;
typedef unsigned __int128 stoa_u128;

static inline bool stoa_add_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

static inline bool stoa_mul_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

static inline bool stoa_add_size(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

static inline bool stoa_mul_size(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

static inline bool stoa_add_i64(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

static inline bool stoa_sub_i64(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_sub_overflow(a, b, out);
}

static inline bool stoa_mul_i64(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

static inline bool stoa_add_i128(stoa_i128 a, stoa_i128 b, stoa_i128 *out)
{
    return !__builtin_add_overflow(a, b, out);
}

static inline bool stoa_sub_i128(stoa_i128 a, stoa_i128 b, stoa_i128 *out)
{
    return !__builtin_sub_overflow(a, b, out);
}

static inline bool stoa_mul_i128(stoa_i128 a, stoa_i128 b, stoa_i128 *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

/* True if [offset, offset + length) lies inside [0, limit): compares with what remains. */
static inline bool stoa_range_fits(uint64_t offset, uint64_t length, uint64_t limit)
{
    return offset <= limit && length <= limit - offset;
}

/* `n` rounded up to a multiple of `step` (a power of two). The caller knows that n is far
 * below the top of the range. */
static inline uint64_t stoa_align_up(uint64_t n, uint64_t step)
{
    return (n + step - 1) & ~(step - 1);
}

#endif
