/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All heap use of the library goes through here, so that a test can fail the k-th allocation
 * and so that a memory budget can be kept. No other file may call malloc, calloc, realloc,
 * free, strdup or aligned_alloc (tests/meta checks).
 *
 * Thread-safe. Every pointer comes from stoa_alloc/stoa_realloc and goes to stoa_free.
 */
#ifndef STOA_COMMON_ALLOC_H
#define STOA_COMMON_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* `size` bytes, not initialised, aligned for any type; size 0 gives a valid pointer. NULL when
 * memory is short. The two _array forms check count * size for overflow. */
void *stoa_alloc(size_t size);
void *stoa_alloc_zeroed(size_t count, size_t size);
void *stoa_alloc_array(size_t count, size_t size);
void *stoa_realloc(void *ptr, size_t size); /* on NULL the old block stays valid */
void stoa_free(void *ptr);                  /* NULL allowed */

/* A copy of `text` (of its first `length` bytes), NUL terminated; NULL when memory is short. */
char *stoa_strdup(const char *text);
char *stoa_strndup(const char *text, size_t length);

/* 64-byte aligned, for column buffers; freed by stoa_free_aligned. */
void *stoa_alloc_aligned(size_t size);
void stoa_free_aligned(void *ptr);

/* Test hook: makes the k-th allocation from now (1 = the next) fail, and all after it too when
 * `for_ever`. k = 0 switches it off. Returns nothing; stoa_alloc_count() tells how many
 * allocations there were since the last call, so that a loop knows when it is through. */
void stoa_alloc_fail_at(uint64_t k, bool for_ever);
uint64_t stoa_alloc_count(void);

#endif
