/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading a manifest. Nothing in it is believed before it is checked: a damaged block fails its
 * checksum in the reader, but a hostile file has good checksums, so every count, name, path,
 * reference and sum is looked at here [DS-13]. All arrays grow with rows really read.
 */
#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "common/checked.h"
#include "dataset/manifest.h"
#include "dataset/manifest_table.h"
#include "dataset/name_map.h"
#include "dataset/replace.h"
#include "dataset/row_scan.h"
#include "format/text.h"

#define ARENA_LIMIT ((size_t)1 << 30)
#define ROW_LIMIT   (UINT64_C(1) << 40)

struct loader {
    struct stoa_manifest *manifest;
    struct stoa_row_scan scan;
    struct stoa_name_map names; /* lower-case column names, then batch ids, then paths */
    struct stoa_name_map ids;   /* field ids; the number is the field's */
    uint64_t row;
    enum stoa_manifest_kind kind;
    uint32_t values; /* value rows read */
    uint32_t field_capacity, source_capacity, batch_capacity, file_capacity;
    uint64_t file_rows, file_bytes, new_rows, new_files; /* sums over files */
    uint64_t read, written, rejected; /* sums over the commit's sources */
};

/* Doubles an array of `size`-byte items that is full. */
static stoa_status grow(void **array, uint32_t count, uint32_t *capacity, size_t size,
                        stoa_error *err)
{
    if (count < *capacity)
        return STOA_OK;
    const uint32_t wanted = *capacity == 0 ? 16 : *capacity * 2;
    size_t bytes = 0;
    void *grown = stoa_mul_size(wanted, size, &bytes) ? stoa_realloc(*array, bytes) : NULL;
    if (grown == NULL)
        return stoa_fail_memory(err, wanted * size);
    *array = grown;
    *capacity = wanted;
    return STOA_OK;
}

static stoa_status corrupt_row(const struct loader *loader, stoa_error *err,
                               const char *what)
{
    return stoa_fail(err, STOA_E_CORRUPT, "expected %s in row %" PRIu64 " (kind \"%s\")",
                     what, loader->row, stoa_manifest_kinds[loader->kind].name);
}

static struct stoa_value get(const struct loader *loader, enum stoa_manifest_column column)
{
    return stoa_row_scan_get(&loader->scan, column);
}

static stoa_status get_count(const struct loader *loader, enum stoa_manifest_column column,
                             uint64_t limit, uint64_t *out, stoa_error *err)
{
    const struct stoa_value value = get(loader, column);
    if (value.i64 < 0 || (uint64_t)value.i64 > limit)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected \"%s\" within 0 .. %" PRIu64 ", found %" PRId64
                         " in row %" PRIu64,
                         stoa_manifest_fields[column].name, limit, value.i64, loader->row);
    *out = (uint64_t)value.i64;
    return STOA_OK;
}

/* A text without NUL, copied to the arena. */
static stoa_status get_text(const struct loader *loader, enum stoa_manifest_column column,
                            size_t limit, const char **out, stoa_error *err)
{
    struct stoa_arena *arena = &loader->manifest->arena;
    const struct stoa_view view = get(loader, column).bytes;
    if (view.length == 0 || view.length > limit ||
        memchr(view.data, '\0', view.length) != NULL)
        return corrupt_row(loader, err,
                           "a text without NUL, not empty and within its limit");
    *out = stoa_arena_strndup(arena, (const char *)view.data, view.length);
    return *out != NULL ? STOA_OK : stoa_arena_fail(arena, view.length + 1, err);
}

static stoa_status get_hash(const struct loader *loader, enum stoa_manifest_column column,
                            struct stoa_hash128 *out, stoa_error *err)
{
    const struct stoa_view view = get(loader, column).bytes;
    if (view.length != 16)
        return corrupt_row(loader, err, "a hash of 16 bytes");
    out->low = stoa_load_le64(view.data);
    out->high = stoa_load_le64(view.data + 8);
    return STOA_OK;
}

/* rows_read = rows_written + rows_rejected, always [DS-14]. */
static stoa_status get_ledger(const struct loader *loader, uint64_t *read,
                              uint64_t *written, uint64_t *rejected, stoa_error *err)
{
    STOA_TRY(get_count(loader, STOA_COL_ROWS_READ, ROW_LIMIT, read, err));
    STOA_TRY(get_count(loader, STOA_COL_ROWS_WRITTEN, ROW_LIMIT, written, err));
    STOA_TRY(get_count(loader, STOA_COL_ROWS_REJECTED, ROW_LIMIT, rejected, err));
    if (*read != *written + *rejected)
        return corrupt_row(loader, err, "rows read = rows written + rows rejected");
    return STOA_OK;
}

static stoa_status load_version(struct loader *loader, stoa_error *err)
{
    struct stoa_manifest *manifest = loader->manifest;
    uint64_t version = 0;
    if (loader->row != 0)
        return corrupt_row(loader, err, "one version row, the first");
    STOA_TRY(get_count(loader, STOA_COL_VERSION, STOA_VERSION_LIMIT, &version, err));
    if (version != manifest->version)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected version %" PRIu64 ", found %" PRIu64, manifest->version,
                         version);
    const struct stoa_value dataset = get(loader, STOA_COL_DATASET);
    if (memcmp(dataset.fixed16, manifest->dataset, STOA_ID_SIZE) != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a manifest of this dataset, found another dataset's");
    const struct stoa_value commit = get(loader, STOA_COL_COMMIT);
    memcpy(manifest->commit, commit.fixed16, STOA_ID_SIZE);
    if (get(loader, STOA_COL_PARENT).is_null != (version == 1))
        return corrupt_row(loader, err, "a parent in every version but the first");
    if (version != 1)
        STOA_TRY(get_hash(loader, STOA_COL_PARENT, &manifest->parent, err));
    STOA_TRY(get_text(loader, STOA_COL_OPERATION, 64, &manifest->operation, err));
    manifest->committed_us = get(loader, STOA_COL_COMMITTED).i64;
    STOA_TRY(get_count(loader, STOA_COL_ROWS, ROW_LIMIT, &manifest->total_rows, err));
    STOA_TRY(get_count(loader, STOA_COL_BYTES, INT64_MAX, &manifest->total_bytes, err));
    STOA_TRY(get_count(loader, STOA_COL_FILES_ADDED, STOA_MANIFEST_FILES,
                       &manifest->files_added, err));
    return get_ledger(loader, &manifest->rows_read, &manifest->rows_written,
                      &manifest->rows_rejected, err);
}

/* Names are unique without regard to (ASCII) case, as in stoa_schema. */
static stoa_status check_name(struct loader *loader, const char *name, stoa_error *err)
{
    char lower[STOA_MAX_NAME_BYTES];
    const size_t length = strlen(name);
    uint32_t number = 0;
    bool added = false;
    for (size_t i = 0; i < length; i++)
        lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    STOA_TRY(stoa_name_map_put(&loader->names, lower, length, &number, &added, err));
    return added ? STOA_OK : corrupt_row(loader, err, "a column name of its own");
}

static stoa_status load_field(struct loader *loader, stoa_error *err)
{
    struct stoa_manifest *manifest = loader->manifest;
    stoa_field field = {.nullable = get(loader, STOA_COL_NULLABLE).boolean};
    const char *type = NULL;
    char canonical[STOA_TYPE_TEXT_MAX];
    uint64_t id = 0;
    uint32_t number = 0;
    bool added = false;
    if (manifest->field_count == STOA_MAX_COLUMNS)
        return corrupt_row(loader, err, "at most 2^20 columns");
    STOA_TRY(get_count(loader, STOA_COL_FIELD, UINT32_MAX, &id, err));
    field.id = (uint32_t)id;
    STOA_TRY(get_text(loader, STOA_COL_NAME, STOA_MAX_NAME_BYTES, &field.name, err));
    STOA_TRY(check_name(loader, field.name, err));
    STOA_TRY(get_text(loader, STOA_COL_TYPE, STOA_TYPE_TEXT_MAX - 1, &type, err));
    if (stoa_type_parse(type, &field.type, NULL) != STOA_OK ||
        strcmp(stoa_type_text(field.type, canonical), type) != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a type for column \"%s\", found \"%s\"", field.name,
                         type);
    STOA_TRY(
        stoa_name_map_put(&loader->ids, &field.id, sizeof field.id, &number, &added, err));
    if (field.id == 0 || !added)
        return corrupt_row(loader, err, "a field id above 0 of its own");
    STOA_TRY(grow((void **)&manifest->fields, manifest->field_count,
                  &loader->field_capacity, sizeof field, err));
    manifest->fields[manifest->field_count++] = field;
    return STOA_OK;
}

/* The number of the field whose id is in the row. */
static stoa_status get_field(const struct loader *loader, uint32_t *out, stoa_error *err)
{
    uint64_t wide = 0;
    STOA_TRY(get_count(loader, STOA_COL_FIELD, UINT32_MAX, &wide, err));
    const uint32_t id = (uint32_t)wide;
    if (!stoa_name_map_find(&loader->ids, &id, sizeof id, out))
        return corrupt_row(loader, err, "the id of a field");
    return STOA_OK;
}

static stoa_status load_partition(struct loader *loader, stoa_error *err)
{
    struct stoa_manifest *manifest = loader->manifest;
    uint32_t field = 0;
    if (manifest->partition_count == STOA_MANIFEST_PARTITION_COLUMNS)
        return corrupt_row(loader, err, "at most 16 partition columns");
    STOA_TRY(get_field(loader, &field, err));
    for (uint32_t i = 0; i < manifest->partition_count; i++) {
        if (manifest->partitions[i] == field)
            return corrupt_row(loader, err, "each partition column once");
    }
    if (manifest->partitions == NULL) {
        manifest->partitions =
            stoa_alloc_array(STOA_MANIFEST_PARTITION_COLUMNS, sizeof(uint32_t));
        if (manifest->partitions == NULL)
            return stoa_fail_memory(err,
                                    STOA_MANIFEST_PARTITION_COLUMNS * sizeof(uint32_t));
    }
    manifest->partitions[manifest->partition_count++] = field;
    return STOA_OK;
}

/* The version a source or file came with: not after this one, never before the last. */
static stoa_status get_origin(const struct loader *loader, uint64_t previous, uint64_t *out,
                              stoa_error *err)
{
    STOA_TRY(get_count(loader, STOA_COL_VERSION, loader->manifest->version, out, err));
    if (*out == 0 || *out < previous)
        return corrupt_row(loader, err, "versions from 1 on in ascending order");
    return STOA_OK;
}

static stoa_status load_source(struct loader *loader, stoa_error *err)
{
    struct stoa_manifest *manifest = loader->manifest;
    const uint32_t n = manifest->source_count;
    struct stoa_manifest_source source = {.mtime_ns = get(loader, STOA_COL_MODIFIED).i64};
    if (n == STOA_MANIFEST_SOURCES)
        return corrupt_row(loader, err, "at most 2^20 sources");
    STOA_TRY(get_origin(loader, n > 0 ? manifest->sources[n - 1].version : 0,
                        &source.version, err));
    STOA_TRY(get_text(loader, STOA_COL_NAME, STOA_MAX_VALUE_BYTES, &source.name, err));
    STOA_TRY(get_count(loader, STOA_COL_BYTES, INT64_MAX, &source.size, err));
    STOA_TRY(get_hash(loader, STOA_COL_HASH, &source.hash, err));
    STOA_TRY(get_ledger(loader, &source.rows_read, &source.rows_written,
                        &source.rows_rejected, err));
    if (source.version == manifest->version) {
        loader->read += source.rows_read;
        loader->written += source.rows_written;
        loader->rejected += source.rows_rejected;
    }
    STOA_TRY(
        grow((void **)&manifest->sources, n, &loader->source_capacity, sizeof source, err));
    manifest->sources[manifest->source_count++] = source;
    return STOA_OK;
}

/* From here on `names` holds names of another kind. */
static stoa_status begin_names(struct loader *loader, stoa_error *err)
{
    stoa_name_map_done(&loader->names);
    return stoa_name_map_init(&loader->names, ARENA_LIMIT, err);
}

/* [DS-50] */
static stoa_status load_batch(struct loader *loader, stoa_error *err)
{
    struct stoa_manifest *manifest = loader->manifest;
    const uint32_t n = manifest->batch_count;
    struct stoa_manifest_batch batch = {0};
    uint32_t number = 0;
    bool added = false;
    if (n == STOA_MANIFEST_BATCHES)
        return corrupt_row(loader, err, "at most 2^16 batches");
    if (n == 0)
        STOA_TRY(begin_names(loader, err));
    STOA_TRY(get_origin(loader, n > 0 ? manifest->batches[n - 1].version : 0,
                        &batch.version, err));
    STOA_TRY(get_text(loader, STOA_COL_NAME, STOA_BATCH_ID_MAX, &batch.id, err));
    STOA_TRY(stoa_name_map_put(&loader->names, batch.id, strlen(batch.id), &number, &added,
                               err));
    if (!added || stoa_batch_check_id(batch.id, NULL) != STOA_OK)
        return corrupt_row(loader, err, "a batch id of its own");
    STOA_TRY(get_hash(loader, STOA_COL_HASH, &batch.hash, err));
    STOA_TRY(get_ledger(loader, &batch.rows_read, &batch.rows_written, &batch.rows_rejected,
                        err));
    STOA_TRY(
        grow((void **)&manifest->batches, n, &loader->batch_capacity, sizeof batch, err));
    manifest->batches[manifest->batch_count++] = batch;
    return STOA_OK;
}

static stoa_status load_path(struct loader *loader, const char **out, stoa_error *err)
{
    const struct stoa_view view = get(loader, STOA_COL_PATH).bytes;
    uint32_t number = 0;
    bool added = false;
    if (!stoa_path_is_valid((const char *)view.data, view.length))
        return corrupt_row(loader, err, "a path inside the dataset");
    STOA_TRY(
        stoa_name_map_put(&loader->names, view.data, view.length, &number, &added, err));
    if (!added)
        return corrupt_row(loader, err, "a path of its own");
    return get_text(loader, STOA_COL_PATH, STOA_PATH_LIMIT, out, err);
}

static stoa_status load_file(struct loader *loader, stoa_error *err)
{
    struct stoa_manifest *manifest = loader->manifest;
    const uint32_t n = manifest->file_count;
    struct stoa_manifest_file file = {0};
    uint64_t number = 0;
    if (n == STOA_MANIFEST_FILES)
        return corrupt_row(loader, err, "at most 2^20 files");
    if (n == 0)
        STOA_TRY(begin_names(loader, err));
    STOA_TRY(
        get_origin(loader, n > 0 ? manifest->files[n - 1].version : 0, &file.version, err));
    STOA_TRY(get_count(loader, STOA_COL_FILE, STOA_MANIFEST_FILES, &number, err));
    if (number != n)
        return corrupt_row(loader, err, "files in the order of their numbers");
    STOA_TRY(load_path(loader, &file.path, err));
    STOA_TRY(get_count(loader, STOA_COL_BYTES, INT64_MAX, &file.size, err));
    if (file.size == 0)
        return corrupt_row(loader, err, "a file size above 0");
    STOA_TRY(get_count(loader, STOA_COL_ROWS, ROW_LIMIT, &file.rows, err));
    STOA_TRY(get_hash(loader, STOA_COL_HASH, &file.hash, err));
    STOA_TRY(get_hash(loader, STOA_COL_CONTENT, &file.content, err));
    loader->file_rows += file.rows;
    if (!stoa_add_u64(loader->file_bytes, file.size, &loader->file_bytes))
        return corrupt_row(loader, err, "file sizes that add up");
    if (file.version == manifest->version) {
        loader->new_rows += file.rows;
        loader->new_files++;
    }
    STOA_TRY(grow((void **)&manifest->files, n, &loader->file_capacity, sizeof file, err));
    manifest->files[manifest->file_count++] = file;
    return STOA_OK;
}

/* True if the text is the one spelling of a value of the type, as a writer would store it. */
static bool value_is_canonical(stoa_type type, const struct stoa_view view, stoa_error *err)
{
    struct stoa_value value;
    if (type.id == STOA_TYPE_TEXT)
        return true;
    if (type.id != STOA_TYPE_BINARY)
        return stoa_text_parse_canonical(type, (const char *)view.data, view.length,
                                         &value);
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, STOA_MAX_VALUE_BYTES);
    const bool ok =
        stoa_text_parse_hex((const char *)view.data, view.length, &bytes, err) == STOA_OK;
    stoa_buf_done(&bytes);
    return ok;
}

/* Value rows go file by file, and in the order of the partition columns within one. */
static stoa_status load_value(struct loader *loader, stoa_error *err)
{
    struct stoa_manifest *manifest = loader->manifest;
    struct stoa_arena *arena = &manifest->arena;
    uint64_t number = 0;
    uint32_t field = 0;
    STOA_TRY(get_count(loader, STOA_COL_FILE, STOA_MANIFEST_FILES, &number, err));
    STOA_TRY(get_field(loader, &field, err));
    if (manifest->partition_count == 0 ||
        loader->values / manifest->partition_count >= manifest->file_count)
        return corrupt_row(loader, err, "no more values than files and partition columns");
    const uint32_t file = loader->values / manifest->partition_count;
    const uint32_t k = loader->values % manifest->partition_count;
    if (number != file || field != manifest->partitions[k])
        return corrupt_row(loader, err,
                           "values in the order of files and partition columns");
    if (k == 0) {
        const size_t bytes =
            manifest->partition_count * sizeof(struct stoa_partition_value);
        manifest->files[file].values = stoa_arena_alloc(arena, bytes);
        if (manifest->files[file].values == NULL)
            return stoa_arena_fail(arena, bytes, err);
    }
    const struct stoa_value value = get(loader, STOA_COL_VALUE);
    struct stoa_partition_value stored = {0};
    if (!value.is_null) {
        const char *data = value.bytes.length > 0 ? (const char *)value.bytes.data : "";
        if (!value_is_canonical(manifest->fields[field].type, value.bytes, err))
            return corrupt_row(loader, err, "the canonical text of a value");
        char *text = stoa_arena_strndup(arena, data, value.bytes.length);
        if (text == NULL)
            return stoa_arena_fail(arena, value.bytes.length + 1, err);
        stored = (struct stoa_partition_value){.text = text, .length = value.bytes.length};
    }
    /* The array was made above; only this function writes it. */
    struct stoa_partition_value *values =
        (struct stoa_partition_value *)(uintptr_t)manifest->files[file].values;
    values[k] = stored;
    loader->values++;
    return STOA_OK;
}

static stoa_status check_masks(const struct loader *loader, stoa_error *err)
{
    const struct stoa_manifest_kind_info *info = &stoa_manifest_kinds[loader->kind];
    for (uint32_t c = 0; c < STOA_COL_COUNT; c++) {
        const uint32_t bit = UINT32_C(1) << c;
        const bool is_null = get(loader, (enum stoa_manifest_column)c).is_null;
        if ((is_null && (info->required & bit) != 0) ||
            (!is_null && ((info->required | info->optional) & bit) == 0))
            return stoa_fail(err, STOA_E_CORRUPT,
                             "expected %s in column \"%s\" of row %" PRIu64
                             " (kind \"%s\")",
                             is_null ? "a value" : "NULL", stoa_manifest_fields[c].name,
                             loader->row, info->name);
    }
    return STOA_OK;
}

/* Kinds come in a fixed order. */
static stoa_status next_kind(struct loader *loader, stoa_error *err)
{
    const struct stoa_value value = get(loader, STOA_COL_KIND);
    if (value.is_null)
        return corrupt_row(loader, err, "a kind");
    for (int kind = (int)loader->kind; kind < STOA_KIND_COUNT; kind++) {
        const char *name = stoa_manifest_kinds[kind].name;
        if (value.bytes.length == strlen(name) &&
            memcmp(value.bytes.data, name, value.bytes.length) == 0) {
            loader->kind = (enum stoa_manifest_kind)kind;
            return STOA_OK;
        }
    }
    return corrupt_row(loader, err, "a known kind in its place");
}

static stoa_status load_row(struct loader *loader, stoa_error *err)
{
    static stoa_status (*const load[STOA_KIND_COUNT])(struct loader *, stoa_error *) = {
        [STOA_KIND_VERSION] = load_version,     [STOA_KIND_FIELD] = load_field,
        [STOA_KIND_PARTITION] = load_partition, [STOA_KIND_SOURCE] = load_source,
        [STOA_KIND_BATCH] = load_batch,         [STOA_KIND_FILE] = load_file,
        [STOA_KIND_VALUE] = load_value,
    };
    STOA_TRY(check_masks(loader, err));
    if (loader->row == 0 && loader->kind != STOA_KIND_VERSION)
        return corrupt_row(loader, err, "the version row first");
    return load[loader->kind](loader, err);
}

static stoa_status load_rows(struct loader *loader, stoa_error *err)
{
    for (loader->row = 0; loader->row < loader->scan.rows; loader->row++) {
        STOA_TRY(stoa_row_scan_seek(&loader->scan, loader->row, err));
        STOA_TRY(next_kind(loader, err));
        if (loader->kind == STOA_KIND_STAT)
            break;
        STOA_TRY(load_row(loader, err));
    }
    return STOA_OK;
}

/* What is left are stat rows: a whole number of columns for all files [DS-15]. */
static stoa_status find_stats(struct loader *loader, stoa_error *err)
{
    struct stoa_manifest *manifest = loader->manifest;
    const uint64_t left = loader->scan.rows - loader->row;
    manifest->first_stat_row = loader->row;
    if (left == 0)
        return STOA_OK;
    if (left > STOA_MANIFEST_STATS || manifest->file_count == 0 ||
        left % manifest->file_count != 0 ||
        left / manifest->file_count > manifest->field_count)
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "expected statistics of some columns for each of %u files, found %" PRIu64
            " rows",
            manifest->file_count, left);
    manifest->tracked = stoa_alloc_array(manifest->field_count, sizeof *manifest->tracked);
    if (manifest->tracked == NULL)
        return stoa_fail_memory(err, manifest->field_count * sizeof *manifest->tracked);
    const uint32_t chosen =
        stoa_manifest_choose_tracked(manifest->partitions, manifest->partition_count,
                                     manifest->field_count, manifest->tracked);
    manifest->tracked_count = (uint32_t)(left / manifest->file_count);
    if (manifest->tracked_count > chosen)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected statistics of at most %u columns, found %u", chosen,
                         manifest->tracked_count);
    return STOA_OK;
}

static stoa_status check_sums(const struct loader *loader, stoa_error *err)
{
    const struct stoa_manifest *manifest = loader->manifest;
    if (loader->scan.rows == 0)
        return stoa_fail(err, STOA_E_CORRUPT, "expected a version row, found no rows");
    if (manifest->field_count == 0)
        return stoa_fail(err, STOA_E_CORRUPT, "expected at least one field");
    if ((uint64_t)loader->values !=
        (uint64_t)manifest->file_count * manifest->partition_count)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected %u partition values for each of %u files, found %u",
                         manifest->partition_count, manifest->file_count, loader->values);
    if (loader->file_rows != manifest->total_rows ||
        loader->file_bytes != manifest->total_bytes)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected files of %" PRIu64 " rows and %" PRIu64
                         " bytes, found %" PRIu64 " and %" PRIu64,
                         manifest->total_rows, manifest->total_bytes, loader->file_rows,
                         loader->file_bytes);
    if (loader->new_files != manifest->files_added ||
        loader->new_rows != manifest->rows_written || loader->read != manifest->rows_read ||
        loader->written != manifest->rows_written ||
        loader->rejected != manifest->rows_rejected)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a ledger that balances with sources and files");
    return STOA_OK;
}

static stoa_status check_schema(struct stoa_reader *reader, stoa_error *err)
{
    if (stoa_reader_columns(reader) != STOA_COL_COUNT)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the %d columns of a manifest, found %u", STOA_COL_COUNT,
                         stoa_reader_columns(reader));
    for (uint32_t c = 0; c < STOA_COL_COUNT; c++) {
        const stoa_field *expected = &stoa_manifest_fields[c];
        stoa_field field;
        STOA_TRY(stoa_reader_field(reader, c, &field, err));
        if (strcmp(field.name, expected->name) != 0 || field.id != expected->id ||
            !stoa_type_equal(field.type, expected->type))
            return stoa_fail(err, STOA_E_CORRUPT,
                             "expected manifest column \"%s\", found \"%s\"",
                             expected->name, field.name);
    }
    return STOA_OK;
}

static stoa_status load(struct stoa_manifest *manifest, stoa_error *err)
{
    struct loader loader = {.manifest = manifest};
    uint32_t columns[STOA_COL_COUNT];
    stoa_status status = STOA_OK;
    for (uint32_t c = 0; c < STOA_COL_COUNT; c++)
        columns[c] = c;
    STOA_TRY_CLEANUP(check_schema(manifest->reader, err));
    STOA_TRY_CLEANUP(stoa_name_map_init(&loader.names, ARENA_LIMIT, err));
    STOA_TRY_CLEANUP(stoa_name_map_init(&loader.ids, ARENA_LIMIT, err));
    STOA_TRY_CLEANUP(
        stoa_row_scan_init(&loader.scan, manifest->reader, columns, STOA_COL_COUNT, err));
    STOA_TRY_CLEANUP(load_rows(&loader, err));
    STOA_TRY_CLEANUP(check_sums(&loader, err));
    STOA_TRY_CLEANUP(find_stats(&loader, err));
cleanup:
    stoa_row_scan_done(&loader.scan);
    stoa_name_map_done(&loader.names);
    stoa_name_map_done(&loader.ids);
    return status;
}

stoa_status stoa_manifest_load(struct stoa_file *file, uint64_t version,
                               const uint8_t dataset[STOA_ID_SIZE],
                               struct stoa_manifest **out_manifest, stoa_error *err)
{
    struct stoa_manifest *manifest = stoa_alloc_zeroed(1, sizeof *manifest);
    if (manifest == NULL) {
        stoa_io_discard(file);
        return stoa_fail_memory(err, sizeof *manifest);
    }
    stoa_arena_init(&manifest->arena, ARENA_LIMIT);
    manifest->version = version;
    memcpy(manifest->dataset, dataset, STOA_ID_SIZE);
    const struct stoa_reader_options options = {0};
    stoa_status status = stoa_reader_open(file, &options, &manifest->reader, err);
    if (status == STOA_OK) {
        status = load(manifest, err);
        if (status != STOA_OK)
            stoa_error_set_place(err, "%s", stoa_reader_name(manifest->reader));
    }
    if (status != STOA_OK) {
        stoa_manifest_free(manifest);
        return status;
    }
    *out_manifest = manifest;
    return STOA_OK;
}
