/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening one version of a table: a dataset's manifest, or a lone .stoa file dressed as a
 * table of one file. The version is pinned, since manifests and data files never change.
 */
#include "dataset/snapshot.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "dataset/file_check.h"
#include "dataset/log.h"
#include "dataset/name_map.h"
#include "dataset/snapshot_state.h"
#include "dataset/target.h"

enum { IDLE_READERS = 256 };
#define NAMES_LIMIT ((size_t)1 << 30)

/* ---- readers ---- */

/* Opens data file `file` and checks that it is what manifest and schema say, so that nobody
 * above has to. */
static stoa_status open_file(void *context, size_t file, struct stoa_reader **out_reader,
                             stoa_error *err)
{
    const struct stoa_dataset *dataset = context;
    const struct stoa_manifest_file *entry = &dataset->manifest->files[file];
    struct stoa_reader *reader = NULL;
    STOA_TRY(stoa_file_open_data(&dataset->root.directory, entry->path, entry->size,
                                 &reader, err));
    const stoa_status status =
        stoa_file_check_entry(reader, entry, &dataset->info.schema, err);
    if (status != STOA_OK) {
        stoa_error_set_place(err, "%s/%s", dataset->path, entry->path);
        stoa_reader_close(reader);
        return status;
    }
    *out_reader = reader;
    return STOA_OK;
}

stoa_status stoa_dataset_acquire(stoa_dataset *dataset, size_t file,
                                 struct stoa_reader **out_reader, stoa_error *err)
{
    if (file >= dataset->info.file_count)
        return stoa_fail(err, STOA_E_USAGE, "expected a file number below %zu, found %zu",
                         dataset->info.file_count, file);
    if (dataset->single != NULL) {
        *out_reader = dataset->single;
        return STOA_OK;
    }
    return stoa_reader_cache_acquire(dataset->readers, file, out_reader, err);
}

void stoa_dataset_release(stoa_dataset *dataset, size_t file, struct stoa_reader *reader)
{
    if (reader != NULL && dataset->single == NULL)
        stoa_reader_cache_release(dataset->readers, file);
}

/* ---- partitions ---- */

/* The tuple of a file as one key: length and text of each value, NULL apart from all texts. */
static stoa_status tuple_key(const struct stoa_manifest *manifest, uint32_t file,
                             struct stoa_buf *key, stoa_error *err)
{
    key->size = 0;
    for (uint32_t k = 0; k < manifest->partition_count; k++) {
        const struct stoa_partition_value *value = &manifest->files[file].values[k];
        const uint64_t length = value->text != NULL ? value->length : UINT64_MAX;
        STOA_TRY(stoa_buf_append_le64(key, length, err));
        if (value->text != NULL && value->length > 0)
            STOA_TRY(stoa_buf_append(key, value->text, value->length, err));
    }
    return STOA_OK;
}

static stoa_status number_partitions(struct stoa_dataset *dataset, stoa_error *err)
{
    const struct stoa_manifest *manifest = dataset->manifest;
    struct stoa_name_map tuples = {0};
    struct stoa_buf key;
    stoa_status status = STOA_OK;
    if (manifest->partition_count == 0)
        return STOA_OK;
    stoa_buf_init(&key, NAMES_LIMIT);
    STOA_TRY_CLEANUP(stoa_name_map_init(&tuples, NAMES_LIMIT, err));
    dataset->file_partitions =
        stoa_alloc_array(manifest->file_count, sizeof *dataset->file_partitions);
    if (dataset->file_partitions == NULL) {
        status = stoa_fail_memory(err, manifest->file_count * sizeof(uint32_t));
        goto cleanup;
    }
    for (uint32_t i = 0; i < manifest->file_count; i++) {
        bool added = false;
        STOA_TRY_CLEANUP(tuple_key(manifest, i, &key, err));
        STOA_TRY_CLEANUP(stoa_name_map_put(&tuples, key.data, key.size,
                                           &dataset->file_partitions[i], &added, err));
    }
    dataset->info.partition_count = tuples.count;
cleanup:
    stoa_name_map_done(&tuples);
    stoa_buf_done(&key);
    return status;
}

size_t stoa_dataset_file_partition(const stoa_dataset *dataset, size_t file)
{
    return dataset->file_partitions != NULL ? dataset->file_partitions[file] : 0;
}

/* ---- open ---- */

static stoa_status open_version(struct stoa_dataset *dataset,
                                const struct stoa_target *target, stoa_error *err)
{
    uint64_t version = target->version;
    STOA_TRY(stoa_root_open(target->path, &dataset->root, err));
    if (!target->has_version) {
        STOA_TRY(stoa_log_find_head(&dataset->root, &version, err));
        if (version == 0) {
            const stoa_status status = stoa_fail(
                err, STOA_E_NOT_DATASET,
                "expected a dataset with a version, found one whose first conversion did "
                "not end");
            stoa_error_set_hint(err, "run the conversion again");
            return status;
        }
    }
    STOA_TRY(stoa_log_load(&dataset->root, version, &dataset->manifest, NULL, err));
    const struct stoa_manifest *manifest = dataset->manifest;
    dataset->info.version = version;
    dataset->info.rows = manifest->total_rows;
    dataset->info.bytes = manifest->total_bytes;
    dataset->info.file_count = manifest->file_count;
    dataset->info.schema = stoa_manifest_schema(manifest);
    dataset->info.partition_columns = manifest->partitions;
    dataset->info.partition_column_count = manifest->partition_count;
    STOA_TRY(number_partitions(dataset, err));
    STOA_TRY(stoa_stat_cache_create(manifest, &dataset->stats, err));
    return stoa_reader_cache_create(manifest->file_count, IDLE_READERS, open_file, dataset,
                                    &dataset->readers, err);
}

static stoa_status open_single(struct stoa_dataset *dataset,
                               const struct stoa_target *target, stoa_error *err)
{
    const struct stoa_reader_options options = {0};
    struct stoa_file file = STOA_FILE_CLOSED;
    const stoa_schema *schema = NULL;
    STOA_TRY(stoa_io_open(AT_FDCWD, target->path, STOA_OPEN_READ, NULL, &file, err));
    STOA_TRY(stoa_reader_open(&file, &options, &dataset->single, err));
    STOA_TRY(stoa_reader_schema(dataset->single, &schema, err));
    dataset->info.is_single_file = 1;
    dataset->info.rows = stoa_reader_rows(dataset->single);
    dataset->info.bytes = stoa_reader_file_size(dataset->single);
    dataset->info.file_count = 1;
    dataset->info.schema = *schema;
    return STOA_OK;
}

stoa_status stoa_dataset_open(const char *path, stoa_dataset **out_dataset, stoa_error *err)
{
    struct stoa_target target = {0};
    if (path == NULL || out_dataset == NULL)
        return stoa_fail(err, STOA_E_USAGE, "expected a path and a dataset, found NULL");
    struct stoa_dataset *dataset = stoa_alloc_zeroed(1, sizeof *dataset);
    if (dataset == NULL)
        return stoa_fail_memory(err, sizeof *dataset);
    dataset->root = STOA_ROOT_CLOSED;
    stoa_status status = STOA_OK;
    STOA_TRY_CLEANUP(stoa_target_resolve(path, &target, err));
    STOA_TRY_CLEANUP(target.is_file ? open_single(dataset, &target, err)
                                    : open_version(dataset, &target, err));
    STOA_TRY_CLEANUP(
        stoa_column_cache_create(dataset->info.schema.field_count, &dataset->columns, err));
    dataset->path = target.path;
    dataset->info.path = dataset->path;
    target.path = NULL;
    *out_dataset = dataset;
cleanup:
    if (status != STOA_OK) {
        stoa_error_set_place(err, "%s", path);
        stoa_dataset_close(dataset);
    }
    stoa_target_done(&target);
    return status;
}

void stoa_dataset_close(stoa_dataset *dataset)
{
    if (dataset == NULL)
        return;
    stoa_column_cache_free(dataset->columns);
    stoa_reader_cache_free(dataset->readers);
    stoa_stat_cache_free(dataset->stats);
    stoa_free(dataset->file_partitions);
    stoa_reader_close(dataset->single);
    stoa_manifest_free(dataset->manifest);
    stoa_root_close(&dataset->root);
    stoa_free(dataset->path);
    stoa_free(dataset);
}

const stoa_dataset_info *stoa_dataset_get_info(const stoa_dataset *dataset)
{
    return &dataset->info;
}

static void store_hash(struct stoa_hash128 hash, uint8_t out[16])
{
    stoa_store_le64(out, hash.low);
    stoa_store_le64(out + 8, hash.high);
}

/* A lone file has no manifest that knows its hash: it is read when it is asked for. */
static stoa_status single_info(const stoa_dataset *dataset,
                               stoa_dataset_file_info *out_info, stoa_error *err)
{
    struct stoa_file file = STOA_FILE_CLOSED;
    struct stoa_hash128 hash = {0};
    uint64_t size = 0;
    STOA_TRY(stoa_io_open(AT_FDCWD, dataset->path, STOA_OPEN_READ, NULL, &file, err));
    const stoa_status status = stoa_file_hash(&file, &hash, &size, err);
    stoa_io_discard(&file);
    if (status != STOA_OK)
        return status;
    *out_info = (stoa_dataset_file_info){
        .path = dataset->path, .rows = dataset->info.rows, .bytes = dataset->info.bytes};
    store_hash(hash, out_info->hash);
    return STOA_OK;
}

stoa_status stoa_dataset_file(const stoa_dataset *dataset, size_t i,
                              stoa_dataset_file_info *out_info, stoa_error *err)
{
    if (i >= dataset->info.file_count)
        return stoa_fail(err, STOA_E_USAGE, "expected a file number below %zu, found %zu",
                         dataset->info.file_count, i);
    if (dataset->single != NULL)
        return single_info(dataset, out_info, err);
    const struct stoa_manifest_file *file = &dataset->manifest->files[i];
    *out_info = (stoa_dataset_file_info){.path = file->path,
                                         .rows = file->rows,
                                         .bytes = file->size,
                                         .added_version = file->version};
    store_hash(file->hash, out_info->hash);
    return STOA_OK;
}
