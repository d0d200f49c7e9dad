/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of stoa_dataset, shared by snapshot.c (life, files, readers), snapshot_stats.c
 * (statistics for pruning) and column_info.c (what `stoa info` shows). What is loaded late sits
 * behind pointers with locks of their own, so that a const dataset can be asked anything.
 */
#ifndef STOA_DATASET_SNAPSHOT_STATE_H
#define STOA_DATASET_SNAPSHOT_STATE_H

#include "dataset/manifest.h"
#include "dataset/reader_cache.h"
#include "dataset/root.h"
#include "dataset/snapshot.h"

struct stoa_stat_cache;
struct stoa_column_cache;

struct stoa_dataset {
    stoa_dataset_info info;
    char *path; /* owned; info.path */
    struct stoa_root root;
    struct stoa_manifest *manifest; /* owned; NULL for a lone file */
    struct stoa_reader *single;     /* owned; the lone file, always open */
    uint32_t *file_partitions;      /* owned; NULL when not partitioned */
    struct stoa_reader_cache *readers;
    struct stoa_stat_cache *stats;
    struct stoa_column_cache *columns;
};

/* Statistics by column, loaded when first asked for. */
STOA_MUST_USE stoa_status stoa_stat_cache_create(const struct stoa_manifest *manifest,
                                                 struct stoa_stat_cache **out_cache,
                                                 stoa_error *err);
void stoa_stat_cache_free(struct stoa_stat_cache *cache); /* NULL allowed */
/* The row of file `file` for field `tracked[k]` of the manifest. Thread-safe. */
STOA_MUST_USE stoa_status stoa_stat_cache_row(struct stoa_stat_cache *cache, uint32_t k,
                                              size_t file, struct stoa_stat_row *out_row,
                                              stoa_error *err);

STOA_MUST_USE stoa_status stoa_column_cache_create(size_t field_count,
                                                   struct stoa_column_cache **out_cache,
                                                   stoa_error *err);
void stoa_column_cache_free(struct stoa_column_cache *cache); /* NULL allowed */

#endif
