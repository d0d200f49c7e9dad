/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics per file and column, for pruning files. A column's statistics are read from the
 * manifest when the first predicate on it asks, packed, and kept.
 */
#include <pthread.h>

#include "common/alloc.h"
#include "dataset/snapshot_state.h"
#include "format/text.h"

struct column_stats {
    struct stoa_buf packed; /* one stat row per file */
    size_t *offsets;        /* of each file's row in `packed`; NULL: not loaded */
};

struct stoa_stat_cache {
    const struct stoa_manifest *manifest; /* borrowed */
    uint32_t *places;     /* per field: its number in manifest->tracked, or UINT32_MAX */
    pthread_mutex_t lock; /* for columns: loaded once, then constant */
    struct column_stats *columns;
};

stoa_status stoa_stat_cache_create(const struct stoa_manifest *manifest,
                                   struct stoa_stat_cache **out_cache, stoa_error *err)
{
    struct stoa_stat_cache *cache = stoa_alloc_zeroed(1, sizeof *cache);
    if (cache == NULL)
        return stoa_fail_memory(err, sizeof *cache);
    cache->manifest = manifest;
    cache->places = stoa_alloc_array(manifest->field_count, sizeof *cache->places);
    cache->columns = stoa_alloc_zeroed(manifest->tracked_count, sizeof *cache->columns);
    if (cache->places == NULL || cache->columns == NULL ||
        pthread_mutex_init(&cache->lock, NULL) != 0) {
        stoa_free(cache->places);
        stoa_free(cache->columns);
        stoa_free(cache);
        return stoa_fail_memory(err, manifest->field_count * sizeof(uint32_t));
    }
    for (uint32_t f = 0; f < manifest->field_count; f++)
        cache->places[f] = UINT32_MAX;
    for (uint32_t k = 0; k < manifest->tracked_count; k++) {
        cache->places[manifest->tracked[k]] = k;
        stoa_buf_init(&cache->columns[k].packed, SIZE_MAX / 2);
    }
    *out_cache = cache;
    return STOA_OK;
}

void stoa_stat_cache_free(struct stoa_stat_cache *cache)
{
    if (cache == NULL)
        return;
    for (uint32_t k = 0; k < cache->manifest->tracked_count; k++) {
        stoa_buf_done(&cache->columns[k].packed);
        stoa_free(cache->columns[k].offsets);
    }
    (void)pthread_mutex_destroy(&cache->lock);
    stoa_free(cache->columns);
    stoa_free(cache->places);
    stoa_free(cache);
}

struct load {
    struct stoa_buf *packed;
    size_t *offsets;
};

static stoa_status keep_row(void *context, uint32_t file, const struct stoa_stat_row *row,
                            stoa_error *err)
{
    const struct load *load = context;
    load->offsets[file] = load->packed->size;
    return stoa_stat_row_pack(row, load->packed, err);
}

/* Under the lock. */
static stoa_status load_column(struct stoa_stat_cache *cache, uint32_t k, stoa_error *err)
{
    struct column_stats *column = &cache->columns[k];
    struct load load = {.packed = &column->packed};
    if (column->offsets != NULL)
        return STOA_OK;
    load.offsets = stoa_alloc_array(cache->manifest->file_count, sizeof *load.offsets);
    if (load.offsets == NULL)
        return stoa_fail_memory(err, cache->manifest->file_count * sizeof *load.offsets);
    const stoa_status status =
        stoa_manifest_read_stats(cache->manifest, k, keep_row, &load, err);
    if (status != STOA_OK) {
        stoa_buf_done(&column->packed);
        stoa_free(load.offsets);
        return status;
    }
    column->offsets = load.offsets;
    return STOA_OK;
}

stoa_status stoa_stat_cache_row(struct stoa_stat_cache *cache, uint32_t k, size_t file,
                                struct stoa_stat_row *out_row, stoa_error *err)
{
    (void)pthread_mutex_lock(&cache->lock);
    const stoa_status status = load_column(cache, k, err);
    (void)pthread_mutex_unlock(&cache->lock);
    STOA_TRY(status);
    const struct column_stats *column = &cache->columns[k];
    (void)stoa_stat_row_unpack(column->packed.data + column->offsets[file], out_row);
    return STOA_OK;
}

static stoa_status cached_stats(struct stoa_stat_cache *cache, uint32_t k, size_t file,
                                struct stoa_stats *out_stats, stoa_error *err)
{
    const struct stoa_manifest *manifest = cache->manifest;
    const stoa_type type = manifest->fields[manifest->tracked[k]].type;
    struct stoa_stat_row row;
    STOA_TRY(stoa_stat_cache_row(cache, k, file, &row, err));
    return stoa_stat_row_decode(&row, stoa_type_phys(type), manifest->files[file].rows,
                                out_stats, err);
}

/* Without statistics in the manifest a partition value still says all: it is the only value
 * in the file. Texts that do not fit the bounds stay unknown. */
static bool value_stats(const struct stoa_partition_value *value, stoa_type type,
                        struct stoa_stats *stats)
{
    const enum stoa_phys phys = stats->phys;
    struct stoa_value parsed = {0};
    if (value->text == NULL) {
        stats->null_count = stats->rows;
        return true;
    }
    stats->null_count = 0;
    if (type.id == STOA_TYPE_BINARY || value->length > STOA_MAX_BOUND_BYTES ||
        !stoa_text_parse_canonical(type, value->text, value->length, &parsed))
        return true;
    if (phys == STOA_PHYS_F64 && parsed.f64 != parsed.f64) {
        stats->nan_count = stats->rows;
        return true;
    }
    stats->has_bounds = stats->min_is_exact = stats->max_is_exact = true;
    if (phys == STOA_PHYS_BYTES) {
        for (uint32_t i = 0; i < parsed.bytes.length; i++)
            stats->min_bytes[i] = stats->max_bytes[i] = parsed.bytes.data[i];
        stats->min.bytes.data = stats->min_bytes;
        stats->max.bytes.data = stats->max_bytes;
        stats->min.bytes.length = stats->max.bytes.length = parsed.bytes.length;
    } else {
        stats->min = stats->max = parsed;
    }
    return true;
}

stoa_status stoa_dataset_file_stats(const stoa_dataset *dataset, size_t file,
                                    uint32_t column, bool *out_known,
                                    struct stoa_stats *out_stats, stoa_error *err)
{
    if (file >= dataset->info.file_count || column >= dataset->info.schema.field_count)
        return stoa_fail(err, STOA_E_USAGE, "expected a file and a column of the table");
    if (dataset->single != NULL) {
        *out_known = true;
        return stoa_reader_file_stats(dataset->single, column, out_stats, err);
    }
    const struct stoa_manifest *manifest = dataset->manifest;
    if (dataset->stats->places[column] != UINT32_MAX) {
        *out_known = true;
        return cached_stats(dataset->stats, dataset->stats->places[column], file, out_stats,
                            err);
    }
    const stoa_type type = manifest->fields[column].type;
    stoa_stats_init(out_stats, stoa_type_phys(type));
    out_stats->rows = manifest->files[file].rows;
    out_stats->null_count = UINT64_MAX;
    out_stats->has_sum = false;
    *out_known = false;
    for (uint32_t k = 0; k < manifest->partition_count; k++) {
        if (manifest->partitions[k] == column)
            *out_known = value_stats(&manifest->files[file].values[k], type, out_stats);
    }
    return STOA_OK;
}
