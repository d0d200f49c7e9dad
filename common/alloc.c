/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one file that calls malloc. Every other layer comes here, so that tests can fail the
 * k-th allocation and count the blocks that are still alive.
 *
 * The counters are relaxed atomics: allocations here are per block or per batch, never per
 * value, so two uncontended increments cost nothing that shows. `inside` keeps an interposed
 * malloc (tests/support/wrap_malloc.c) from counting a request that was counted here already.
 */
#include "common/alloc.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"

#define COLUMN_ALIGNMENT 64

static _Atomic uint64_t made;      /* requests since the last stoa_alloc_fail_at() */
static _Atomic uint64_t fail_from; /* the request that fails, from 1; 0: none */
static _Atomic bool fail_for_ever;
static _Atomic int64_t live;
/* Volatile because compilers know that libc's malloc does not look at it; the tests' does. */
static _Thread_local volatile bool inside;

static bool request_fails(void)
{
    const uint64_t number = atomic_fetch_add_explicit(&made, 1, memory_order_relaxed) + 1;
    const uint64_t first = atomic_load_explicit(&fail_from, memory_order_relaxed);
    if (first == 0 || number < first)
        return false;
    return number == first || atomic_load_explicit(&fail_for_ever, memory_order_relaxed);
}

bool stoa_alloc_fails_elsewhere(void)
{
    return !inside && request_fails();
}

static void *counted(void *block)
{
    inside = false;
    if (block != NULL)
        atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
    return block;
}

void *stoa_alloc(size_t size)
{
    if (request_fails())
        return NULL;
    inside = true;
    return counted(malloc(size != 0 ? size : 1));
}

void *stoa_alloc_zeroed(size_t count, size_t size)
{
    size_t bytes = 0;
    if (request_fails() || !stoa_mul_size(count, size, &bytes))
        return NULL;
    inside = true;
    return counted(calloc(1, bytes != 0 ? bytes : 1));
}

void *stoa_alloc_array(size_t count, size_t size)
{
    size_t bytes = 0;
    return stoa_mul_size(count, size, &bytes) ? stoa_alloc(bytes) : NULL;
}

void *stoa_realloc(void *ptr, size_t size)
{
    if (ptr == NULL)
        return stoa_alloc(size);
    if (request_fails())
        return NULL;
    inside = true;
    void *block = realloc(ptr, size != 0 ? size : 1);
    inside = false;
    return block;
}

void stoa_free(void *ptr)
{
    if (ptr == NULL)
        return;
    atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
    free(ptr);
}

char *stoa_strdup(const char *text)
{
    return stoa_strndup(text, strlen(text));
}

char *stoa_strndup(const char *text, size_t length)
{
    size_t bytes = 0;
    char *copy = stoa_add_size(length, 1, &bytes) ? stoa_alloc(bytes) : NULL;
    if (copy == NULL)
        return NULL;
    if (length != 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

void *stoa_alloc_aligned(size_t size)
{
    size_t bytes = 0;
    if (request_fails() || !stoa_add_size(size, COLUMN_ALIGNMENT - 1, &bytes))
        return NULL;
    bytes &= ~(size_t)(COLUMN_ALIGNMENT - 1); /* aligned_alloc wants a multiple */
    inside = true;
    return counted(aligned_alloc(COLUMN_ALIGNMENT, bytes != 0 ? bytes : COLUMN_ALIGNMENT));
}

void stoa_free_aligned(void *ptr)
{
    stoa_free(ptr);
}

void stoa_alloc_fail_at(uint64_t k, bool for_ever)
{
    atomic_store(&fail_from, 0);
    atomic_store(&made, 0);
    atomic_store(&fail_for_ever, for_ever);
    atomic_store(&fail_from, k);
}

uint64_t stoa_alloc_count(void)
{
    return atomic_load(&made);
}

void stoa_alloc_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

int64_t stoa_alloc_live(void)
{
    return atomic_load(&live);
}
