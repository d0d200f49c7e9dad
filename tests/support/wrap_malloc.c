/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interposing allocators that ask common/alloc.h whether this request must fail (see
 * wrap_malloc.h). glibc allows a program to define these names; __libc_malloc and its sisters
 * are its own ones behind them, so that free() of libc fits what is returned here.
 */
#include "tests/support/wrap_malloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "common/alloc.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_OWN_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                 \
    __has_feature(memory_sanitizer)
#define HAS_OWN_MALLOC 1
#endif
#endif

static _Atomic bool enabled;

void wrap_malloc_enable(bool enable)
{
    atomic_store(&enabled, enable);
}

#ifdef HAS_OWN_MALLOC

bool wrap_malloc_available(void)
{
    return false;
}

#else

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *ptr, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

bool wrap_malloc_available(void)
{
    return true;
}

static bool refused(void)
{
    if (!atomic_load(&enabled) || !stoa_alloc_fails_elsewhere())
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return refused() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *ptr, size_t size)
{
    return refused() ? NULL : __libc_realloc(ptr, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return refused() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    if (refused())
        return ENOMEM;
    void *block = __libc_memalign(alignment, size);
    if (block == NULL)
        return ENOMEM;
    *out = block;
    return 0;
}

#endif
