/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the allocations of third-party libraries (zstd, lz4, libarchive, libpg_query, libc
 * itself) fail by the same count as our own: stoa_alloc_fail_at() of common/alloc.h.
 *
 * How to use: add `wrap_malloc_dep` to the dependencies of the test. Its malloc, calloc,
 * realloc, aligned_alloc and posix_memalign then stand before libc's for every library in the
 * process. They only count between wrap_malloc_enable(true) and wrap_malloc_enable(false): put
 * these around the calls under test and keep cmocka's own work outside. Allocations made
 * through common/alloc.h are counted once, not twice.
 *
 * Not possible under a sanitizer, which has its own malloc: then wrap_malloc_available() is
 * false, and the test skips itself with a line.
 */
#ifndef STOA_TESTS_WRAP_MALLOC_H
#define STOA_TESTS_WRAP_MALLOC_H

#include <stdbool.h>

bool wrap_malloc_available(void);
void wrap_malloc_enable(bool enable);

#endif
