/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public face of the allocator (include/stoa/memory.h): one line each, so that programs
 * share the budget and the failure injection of common/alloc.c.
 */
#include "stoa/memory.h"

#include "common/alloc.h"

void *stoa_memory_get(size_t size)
{
    return stoa_alloc_zeroed(1, size);
}

void *stoa_memory_resize(void *block, size_t size)
{
    return stoa_realloc(block, size);
}

void stoa_memory_release(void *block)
{
    stoa_free(block);
}
