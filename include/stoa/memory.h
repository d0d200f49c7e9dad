/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's allocator, for programs that want one budget and one place to inject failures:
 * the command uses nothing else. Thread-safe.
 */
#ifndef STOA_MEMORY_H
#define STOA_MEMORY_H

#include <stddef.h>

#include "stoa/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `size` zeroed bytes, or NULL when memory is short. Released by stoa_memory_release. */
STOA_API void *stoa_memory_get(size_t size);
/* `block` (NULL: a new one) with `size` bytes, added ones not initialised; NULL when memory is
 * short, and then the old block stays valid. */
STOA_API void *stoa_memory_resize(void *block, size_t size);
STOA_API void stoa_memory_release(void *block); /* NULL allowed */

#ifdef __cplusplus
}
#endif
#endif
