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

/* Gives freed memory back to the system. For whoever has just freed tens of megabytes and is
 * about to allocate others: libc keeps freed blocks, and the budget is of resident memory. */
void stoa_alloc_trim(void);

/* Test hook: makes the k-th allocation from now (1 = the next) fail, and all after it too when
 * `for_ever`. k = 0 switches it off. The caller makes sure that no other thread allocates
 * during the call itself. */
void stoa_alloc_fail_at(uint64_t k, bool for_ever);

/* How many allocations were asked for since the last stoa_alloc_fail_at(): a fault loop over k
 * is through when this is below k. */
uint64_t stoa_alloc_count(void);

/* Blocks allocated and not yet freed, for leak checks in tests. */
int64_t stoa_alloc_live(void);

/* For a malloc that tests put in the place of libc's (tests/support/wrap_malloc.c): counts one
 * request that a third-party library makes and tells whether it must fail. Requests made by
 * the functions above are not counted twice. */
bool stoa_alloc_fails_elsewhere(void);

#endif
