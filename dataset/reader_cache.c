/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry per file, idle ones in a list from least to most recently used. Opening happens
 * outside the lock, since it reads from disk; when two threads open the same file the second
 * one's reader is dropped.
 */
#include "dataset/reader_cache.h"

#include <assert.h>
#include <pthread.h>

#include "common/alloc.h"

#define NONE SIZE_MAX

struct entry {
    struct stoa_reader *reader; /* NULL: not open */
    size_t holders;
    size_t older, newer; /* idle neighbours; NONE at the ends */
};

struct stoa_reader_cache {
    pthread_mutex_t lock; /* for everything below */
    struct entry *entries;
    size_t file_count;
    size_t idle_count, idle_max;
    size_t oldest, newest; /* idle; NONE: there is none */
    stoa_reader_cache_open_fn open;
    void *context;
};

stoa_status stoa_reader_cache_create(size_t file_count, size_t idle_max,
                                     stoa_reader_cache_open_fn open, void *context,
                                     struct stoa_reader_cache **out_cache, stoa_error *err)
{
    struct stoa_reader_cache *cache = stoa_alloc_zeroed(1, sizeof *cache);
    if (cache == NULL)
        return stoa_fail_memory(err, sizeof *cache);
    cache->entries = stoa_alloc_zeroed(file_count, sizeof *cache->entries);
    if (cache->entries == NULL || pthread_mutex_init(&cache->lock, NULL) != 0) {
        stoa_free(cache->entries);
        stoa_free(cache);
        return stoa_fail_memory(err, file_count * sizeof *cache->entries);
    }
    cache->file_count = file_count;
    cache->idle_max = idle_max;
    cache->oldest = NONE;
    cache->newest = NONE;
    cache->open = open;
    cache->context = context;
    *out_cache = cache;
    return STOA_OK;
}

void stoa_reader_cache_free(struct stoa_reader_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->file_count; i++) {
        assert(cache->entries[i].holders == 0);
        stoa_reader_close(cache->entries[i].reader);
    }
    (void)pthread_mutex_destroy(&cache->lock);
    stoa_free(cache->entries);
    stoa_free(cache);
}

static void unlink_idle(struct stoa_reader_cache *cache, size_t file)
{
    const struct entry *entry = &cache->entries[file];
    if (entry->older != NONE)
        cache->entries[entry->older].newer = entry->newer;
    else
        cache->oldest = entry->newer;
    if (entry->newer != NONE)
        cache->entries[entry->newer].older = entry->older;
    else
        cache->newest = entry->older;
    cache->idle_count--;
}

static void link_idle(struct stoa_reader_cache *cache, size_t file)
{
    struct entry *entry = &cache->entries[file];
    entry->older = cache->newest;
    entry->newer = NONE;
    if (cache->newest != NONE)
        cache->entries[cache->newest].newer = file;
    else
        cache->oldest = file;
    cache->newest = file;
    cache->idle_count++;
}

/* Takes hold of an open reader; NULL when the file is not open. Under the lock. */
static struct stoa_reader *hold(struct stoa_reader_cache *cache, size_t file)
{
    struct entry *entry = &cache->entries[file];
    if (entry->reader == NULL)
        return NULL;
    if (entry->holders++ == 0)
        unlink_idle(cache, file);
    return entry->reader;
}

stoa_status stoa_reader_cache_acquire(struct stoa_reader_cache *cache, size_t file,
                                      struct stoa_reader **out_reader, stoa_error *err)
{
    struct stoa_reader *opened = NULL;
    (void)pthread_mutex_lock(&cache->lock);
    struct stoa_reader *reader = hold(cache, file);
    (void)pthread_mutex_unlock(&cache->lock);
    if (reader == NULL) {
        STOA_TRY(cache->open(cache->context, file, &opened, err));
        (void)pthread_mutex_lock(&cache->lock);
        reader = hold(cache, file);
        if (reader == NULL) {
            cache->entries[file].reader = opened;
            cache->entries[file].holders = 1;
            reader = opened;
            opened = NULL;
        }
        (void)pthread_mutex_unlock(&cache->lock);
        stoa_reader_close(opened);
    }
    *out_reader = reader;
    return STOA_OK;
}

void stoa_reader_cache_release(struct stoa_reader_cache *cache, size_t file)
{
    struct stoa_reader *closing = NULL;
    (void)pthread_mutex_lock(&cache->lock);
    assert(cache->entries[file].holders > 0);
    if (--cache->entries[file].holders == 0)
        link_idle(cache, file);
    if (cache->idle_count > cache->idle_max) {
        const size_t oldest = cache->oldest;
        unlink_idle(cache, oldest);
        closing = cache->entries[oldest].reader;
        cache->entries[oldest].reader = NULL;
    }
    (void)pthread_mutex_unlock(&cache->lock);
    stoa_reader_close(closing);
}
