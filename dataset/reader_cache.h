/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opened readers of a snapshot's data files, shared between threads. A reader nobody holds
 * stays open until some hundred others are idle too; so descriptors are bounded whatever the
 * number of files. All functions are thread-safe.
 */
#ifndef STOA_DATASET_READER_CACHE_H
#define STOA_DATASET_READER_CACHE_H

#include <stddef.h>

#include "reader/reader.h"

struct stoa_reader_cache;

/* Opens file `file`; runs without the lock, in several threads at once. */
typedef stoa_status (*stoa_reader_cache_open_fn)(void *context, size_t file,
                                                 struct stoa_reader **out_reader,
                                                 stoa_error *err);

STOA_MUST_USE stoa_status stoa_reader_cache_create(size_t file_count, size_t idle_max,
                                                   stoa_reader_cache_open_fn open,
                                                   void *context,
                                                   struct stoa_reader_cache **out_cache,
                                                   stoa_error *err);
/* Nobody may hold a reader. NULL allowed. */
void stoa_reader_cache_free(struct stoa_reader_cache *cache);

STOA_MUST_USE stoa_status stoa_reader_cache_acquire(struct stoa_reader_cache *cache,
                                                    size_t file,
                                                    struct stoa_reader **out_reader,
                                                    stoa_error *err);
void stoa_reader_cache_release(struct stoa_reader_cache *cache, size_t file);

#endif
