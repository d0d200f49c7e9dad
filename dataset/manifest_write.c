/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a manifest: the parent's rows and the new ones, kind by kind [DS-11], through the
 * file writer like any table. The parent's statistics are streamed, not loaded.
 */
#include <string.h>

#include "common/alloc.h"
#include "dataset/manifest.h"
#include "dataset/manifest_table.h"
#include "dataset/replace.h"
#include "writer/file/file_writer.h"

enum { FLUSH_ROWS = 4096 };

struct rows {
    struct stoa_file_writer *writer;
    struct stoa_column_builder columns[STOA_COL_COUNT];
    struct stoa_value row[STOA_COL_COUNT]; /* the one being put together */
    uint32_t *numbers; /* owned; of the parent's files, GONE for those that are dropped */
    uint32_t kept;     /* of them */
};

#define GONE UINT32_MAX

static struct stoa_value int_value(uint64_t number)
{
    return (struct stoa_value){.i64 = (int64_t)number};
}

static struct stoa_value bytes_value(const void *bytes, size_t length)
{
    return (struct stoa_value){
        .bytes = {.data = bytes, .length = (uint32_t)length}
    };
}

static struct stoa_value text_value(const char *text)
{
    return bytes_value(text, strlen(text));
}

static struct stoa_value id_value(const uint8_t id[STOA_ID_SIZE])
{
    struct stoa_value value = {0};
    memcpy(value.fixed16, id, STOA_ID_SIZE);
    return value;
}

static void hash_store(struct stoa_hash128 hash, uint8_t out[16])
{
    stoa_store_le64(out, hash.low);
    stoa_store_le64(out + 8, hash.high);
}

static void row_begin(struct rows *rows, enum stoa_manifest_kind kind)
{
    for (uint32_t c = 0; c < STOA_COL_COUNT; c++)
        rows->row[c] = (struct stoa_value){.is_null = true};
    rows->row[STOA_COL_KIND] = text_value(stoa_manifest_kinds[kind].name);
}

static stoa_status rows_flush(struct rows *rows, stoa_error *err)
{
    struct stoa_column views[STOA_COL_COUNT];
    const uint32_t count = rows->columns[0].length;
    if (count == 0)
        return STOA_OK;
    for (uint32_t c = 0; c < STOA_COL_COUNT; c++)
        views[c] = stoa_column_builder_view(&rows->columns[c]);
    STOA_TRY(stoa_file_writer_append(rows->writer, views, count, err));
    for (uint32_t c = 0; c < STOA_COL_COUNT; c++)
        stoa_column_builder_clear(&rows->columns[c]);
    return STOA_OK;
}

static stoa_status row_end(struct rows *rows, stoa_error *err)
{
    for (uint32_t c = 0; c < STOA_COL_COUNT; c++)
        STOA_TRY(stoa_column_builder_append(&rows->columns[c], &rows->row[c], err));
    return rows->columns[0].length >= FLUSH_ROWS ? rows_flush(rows, err) : STOA_OK;
}

static void set_ledger(struct rows *rows, uint64_t read, uint64_t written,
                       uint64_t rejected)
{
    rows->row[STOA_COL_ROWS_READ] = int_value(read);
    rows->row[STOA_COL_ROWS_WRITTEN] = int_value(written);
    rows->row[STOA_COL_ROWS_REJECTED] = int_value(rejected);
}

static uint64_t draft_version(const struct stoa_manifest_draft *draft)
{
    return draft->parent != NULL ? draft->parent->version + 1 : 1;
}

static stoa_status write_version(struct rows *rows, const struct stoa_manifest_draft *draft,
                                 stoa_error *err)
{
    uint8_t parent[16];
    uint64_t total_rows = draft->parent != NULL ? draft->parent->total_rows : 0;
    uint64_t total_bytes = draft->parent != NULL ? draft->parent->total_bytes : 0;
    for (uint32_t i = 0; draft->parent != NULL && i < draft->parent->file_count; i++) {
        if (rows->numbers[i] == GONE) {
            total_rows -= draft->parent->files[i].rows;
            total_bytes -= draft->parent->files[i].size;
        }
    }
    for (uint32_t i = 0; i < draft->file_count; i++) {
        total_rows += draft->files[i].rows;
        total_bytes += draft->files[i].size;
    }
    row_begin(rows, STOA_KIND_VERSION);
    rows->row[STOA_COL_VERSION] = int_value(draft_version(draft));
    rows->row[STOA_COL_DATASET] = id_value(draft->dataset);
    rows->row[STOA_COL_COMMIT] = id_value(draft->commit);
    if (draft->parent != NULL) {
        hash_store(draft->parent_hash, parent);
        rows->row[STOA_COL_PARENT] = bytes_value(parent, sizeof parent);
    }
    rows->row[STOA_COL_OPERATION] = text_value(draft->operation);
    rows->row[STOA_COL_COMMITTED] = (struct stoa_value){.i64 = draft->committed_us};
    rows->row[STOA_COL_ROWS] = int_value(total_rows);
    rows->row[STOA_COL_BYTES] = int_value(total_bytes);
    rows->row[STOA_COL_FILES_ADDED] = int_value(draft->file_count);
    set_ledger(rows, draft->rows_read, draft->rows_written, draft->rows_rejected);
    return row_end(rows, err);
}

static stoa_status write_fields(struct rows *rows, const struct stoa_manifest_draft *draft,
                                stoa_error *err)
{
    for (size_t i = 0; i < draft->schema.field_count; i++) {
        const stoa_field *field = &draft->schema.fields[i];
        char type[STOA_TYPE_TEXT_MAX];
        row_begin(rows, STOA_KIND_FIELD);
        rows->row[STOA_COL_FIELD] = int_value(field->id);
        rows->row[STOA_COL_NAME] = text_value(field->name);
        rows->row[STOA_COL_TYPE] = text_value(stoa_type_text(field->type, type));
        rows->row[STOA_COL_NULLABLE] = (struct stoa_value){.boolean = field->nullable};
        STOA_TRY(row_end(rows, err));
    }
    for (uint32_t i = 0; i < draft->partition_count; i++) {
        row_begin(rows, STOA_KIND_PARTITION);
        rows->row[STOA_COL_FIELD] =
            int_value(draft->schema.fields[draft->partitions[i]].id);
        STOA_TRY(row_end(rows, err));
    }
    return STOA_OK;
}

static stoa_status write_source(struct rows *rows,
                                const struct stoa_manifest_source *source, uint64_t version,
                                stoa_error *err)
{
    uint8_t hash[16];
    hash_store(source->hash, hash);
    row_begin(rows, STOA_KIND_SOURCE);
    rows->row[STOA_COL_VERSION] = int_value(version);
    rows->row[STOA_COL_NAME] = text_value(source->name);
    rows->row[STOA_COL_BYTES] = int_value(source->size);
    rows->row[STOA_COL_MODIFIED] = (struct stoa_value){.i64 = source->mtime_ns};
    rows->row[STOA_COL_HASH] = bytes_value(hash, sizeof hash);
    set_ledger(rows, source->rows_read, source->rows_written, source->rows_rejected);
    return row_end(rows, err);
}

/* [DS-25] The parent's sources that go on: the latest, else every append would cost as much as all
 * before it together. What is dropped here stands in the manifests of earlier versions. */
static uint32_t kept_sources(const struct stoa_manifest_draft *draft)
{
    const uint32_t known = draft->parent != NULL ? draft->parent->source_count : 0;
    if (draft->source_count >= STOA_MANIFEST_SOURCES_KEPT)
        return 0;
    const uint32_t room = STOA_MANIFEST_SOURCES_KEPT - draft->source_count;
    return known < room ? known : room;
}

static stoa_status write_sources(struct rows *rows, const struct stoa_manifest_draft *draft,
                                 stoa_error *err)
{
    const struct stoa_manifest *parent = draft->parent;
    const uint32_t known = parent != NULL ? parent->source_count : 0;
    uint64_t version = 0;
    bool survives = true;
    for (uint32_t i = known - kept_sources(draft); i < known; i++) {
        if (parent->sources[i].version != version) {
            version = parent->sources[i].version;
            survives = stoa_replace_survives(parent, draft->dropped, version);
        }
        if (survives)
            STOA_TRY(write_source(rows, &parent->sources[i], version, err));
    }
    for (uint32_t i = 0; i < draft->source_count; i++)
        STOA_TRY(write_source(rows, &draft->sources[i], draft_version(draft), err));
    return STOA_OK;
}

static stoa_status write_batch(struct rows *rows, const struct stoa_manifest_batch *batch,
                               uint64_t version, stoa_error *err)
{
    uint8_t hash[16];
    hash_store(batch->hash, hash);
    row_begin(rows, STOA_KIND_BATCH);
    rows->row[STOA_COL_VERSION] = int_value(version);
    rows->row[STOA_COL_NAME] = text_value(batch->id);
    rows->row[STOA_COL_HASH] = bytes_value(hash, sizeof hash);
    set_ledger(rows, batch->rows_read, batch->rows_written, batch->rows_rejected);
    return row_end(rows, err);
}

/* [DS-54] A batch goes with the last of its rows, or for a new one of its id. */
static stoa_status write_batches(struct rows *rows, const struct stoa_manifest_draft *draft,
                                 stoa_error *err)
{
    const struct stoa_manifest *parent = draft->parent;
    for (uint32_t i = 0; parent != NULL && i < parent->batch_count; i++) {
        const struct stoa_manifest_batch *batch = &parent->batches[i];
        if (draft->batch != NULL && strcmp(draft->batch->id, batch->id) == 0)
            continue;
        if (stoa_replace_survives(parent, draft->dropped, batch->version))
            STOA_TRY(write_batch(rows, batch, batch->version, err));
    }
    return draft->batch != NULL ? write_batch(rows, draft->batch, draft_version(draft), err)
                                : STOA_OK;
}

/* Calls `each` for the parent's files, then for the new ones, with their numbers. */
typedef stoa_status (*file_fn)(struct rows *rows, const struct stoa_manifest_draft *draft,
                               const struct stoa_manifest_file *file, uint32_t number,
                               uint64_t version, stoa_error *err);
static stoa_status for_files(struct rows *rows, const struct stoa_manifest_draft *draft,
                             file_fn each, stoa_error *err)
{
    const struct stoa_manifest *parent = draft->parent;
    const uint32_t old = parent != NULL ? parent->file_count : 0;
    for (uint32_t i = 0; i < old; i++) {
        if (rows->numbers[i] != GONE)
            STOA_TRY(each(rows, draft, &parent->files[i], rows->numbers[i],
                          parent->files[i].version, err));
    }
    for (uint32_t i = 0; i < draft->file_count; i++)
        STOA_TRY(
            each(rows, draft, &draft->files[i], rows->kept + i, draft_version(draft), err));
    return STOA_OK;
}

static stoa_status write_file(struct rows *rows, const struct stoa_manifest_draft *draft,
                              const struct stoa_manifest_file *file, uint32_t number,
                              uint64_t version, stoa_error *err)
{
    uint8_t hash[16];
    uint8_t content[16];
    STOA_UNUSED(draft);
    hash_store(file->hash, hash);
    hash_store(file->content, content);
    row_begin(rows, STOA_KIND_FILE);
    rows->row[STOA_COL_VERSION] = int_value(version);
    rows->row[STOA_COL_FILE] = int_value(number);
    rows->row[STOA_COL_PATH] = text_value(file->path);
    rows->row[STOA_COL_BYTES] = int_value(file->size);
    rows->row[STOA_COL_ROWS] = int_value(file->rows);
    rows->row[STOA_COL_HASH] = bytes_value(hash, sizeof hash);
    rows->row[STOA_COL_CONTENT] = bytes_value(content, sizeof content);
    return row_end(rows, err);
}

static stoa_status write_values(struct rows *rows, const struct stoa_manifest_draft *draft,
                                const struct stoa_manifest_file *file, uint32_t number,
                                uint64_t version, stoa_error *err)
{
    STOA_UNUSED(version);
    for (uint32_t k = 0; k < draft->partition_count; k++) {
        const struct stoa_partition_value *value = &file->values[k];
        row_begin(rows, STOA_KIND_VALUE);
        rows->row[STOA_COL_FILE] = int_value(number);
        rows->row[STOA_COL_FIELD] =
            int_value(draft->schema.fields[draft->partitions[k]].id);
        if (value->text != NULL)
            rows->row[STOA_COL_VALUE] = bytes_value(value->text, value->length);
        STOA_TRY(row_end(rows, err));
    }
    return STOA_OK;
}

struct stat_target {
    struct rows *rows;
    uint32_t field_id;
};

static stoa_status write_stat(const struct stat_target *target, uint32_t file,
                              const struct stoa_stat_row *stat, stoa_error *err)
{
    struct rows *rows = target->rows;
    row_begin(rows, STOA_KIND_STAT);
    rows->row[STOA_COL_FILE] = int_value(file);
    rows->row[STOA_COL_FIELD] = int_value(target->field_id);
    rows->row[STOA_COL_NULLS] = int_value(stat->nulls);
    rows->row[STOA_COL_NANS] = int_value(stat->nans);
    rows->row[STOA_COL_BOUNDS] = int_value(stat->bits);
    if ((stat->bits & STOA_STAT_BOUNDS) != 0) {
        rows->row[STOA_COL_MIN] = bytes_value(stat->min, stat->min_length);
        if ((stat->bits & STOA_STAT_MAX_OPEN) == 0)
            rows->row[STOA_COL_MAX] = bytes_value(stat->max, stat->max_length);
    }
    if ((stat->bits & STOA_STAT_SUM) != 0)
        rows->row[STOA_COL_SUM] = bytes_value(stat->sum, sizeof stat->sum);
    return row_end(rows, err);
}

/* A statistic of one of the parent's files. */
static stoa_status write_old_stat(void *context, uint32_t file,
                                  const struct stoa_stat_row *stat, stoa_error *err)
{
    const struct stat_target *target = context;
    const uint32_t number = target->rows->numbers[file];
    return number != GONE ? write_stat(target, number, stat, err) : STOA_OK;
}

/* How many columns get statistics: what both sides have, within the limit [DS-15]. */
static uint32_t count_tracked(const struct stoa_manifest_draft *draft, uint32_t chosen,
                              uint32_t kept)
{
    const uint32_t files = kept + draft->file_count;
    uint32_t count = chosen;
    if (kept > 0 && draft->parent->tracked_count < count)
        count = draft->parent->tracked_count;
    if (draft->file_count > 0) {
        const uint32_t have = draft->stats != NULL ? draft->stats->column_count : 0;
        count = have < count ? have : count;
    }
    if (files > 0 && count > STOA_MANIFEST_STATS / files)
        count = STOA_MANIFEST_STATS / files;
    return files > 0 ? count : 0;
}

static stoa_status write_column_stats(struct rows *rows,
                                      const struct stoa_manifest_draft *draft, uint32_t k,
                                      uint32_t field, stoa_error *err)
{
    struct stat_target target = {.rows = rows, .field_id = draft->schema.fields[field].id};
    if (rows->kept > 0)
        STOA_TRY(stoa_manifest_read_stats(draft->parent, k, write_old_stat, &target, err));
    size_t at = 0;
    for (uint32_t i = 0; i < draft->file_count; i++) {
        struct stoa_stat_row row;
        at += stoa_stat_row_unpack(draft->stats->columns[k].data + at, &row);
        STOA_TRY(write_stat(&target, rows->kept + i, &row, err));
    }
    return STOA_OK;
}

static stoa_status write_stats(struct rows *rows, const struct stoa_manifest_draft *draft,
                               stoa_error *err)
{
    const uint32_t field_count = (uint32_t)draft->schema.field_count;
    uint32_t *tracked = stoa_alloc_array(field_count, sizeof *tracked);
    if (tracked == NULL)
        return stoa_fail_memory(err, field_count * sizeof *tracked);
    uint32_t count = stoa_manifest_choose_tracked(draft->partitions, draft->partition_count,
                                                  field_count, tracked);
    count = count_tracked(draft, count, rows->kept);
    stoa_status status = STOA_OK;
    for (uint32_t k = 0; k < count && status == STOA_OK; k++)
        status = write_column_stats(rows, draft, k, tracked[k], err);
    stoa_free(tracked);
    return status;
}

static stoa_status number_files(struct rows *rows, const struct stoa_manifest_draft *draft,
                                stoa_error *err)
{
    const uint32_t old = draft->parent != NULL ? draft->parent->file_count : 0;
    rows->numbers = stoa_alloc_array(old, sizeof *rows->numbers);
    if (rows->numbers == NULL)
        return stoa_fail_memory(err, old * sizeof *rows->numbers);
    for (uint32_t i = 0; i < old; i++)
        rows->numbers[i] =
            draft->dropped != NULL && draft->dropped[i] ? GONE : rows->kept++;
    return STOA_OK;
}

static stoa_status check_limits(const struct rows *rows,
                                const struct stoa_manifest_draft *draft, stoa_error *err)
{
    const struct stoa_manifest *parent = draft->parent;
    const uint64_t files = (uint64_t)draft->file_count + rows->kept;
    const uint32_t sources = draft->source_count;
    if (parent != NULL && draft->batch != NULL &&
        parent->batch_count >= STOA_MANIFEST_BATCHES &&
        stoa_batch_find(parent, draft->batch->id) == NULL)
        return stoa_fail(err, STOA_E_LIMIT,
                         "expected at most %d batches in a dataset, found one more",
                         STOA_MANIFEST_BATCHES);
    if (files > STOA_MANIFEST_FILES || sources > STOA_MANIFEST_SOURCES)
        return stoa_fail(err, STOA_E_LIMIT,
                         "expected at most %d files in a dataset and %d sources in a "
                         "commit, found %llu and %u",
                         STOA_MANIFEST_FILES, STOA_MANIFEST_SOURCES,
                         (unsigned long long)files, (unsigned)sources);
    return STOA_OK;
}

static stoa_status write_all(struct rows *rows, const struct stoa_manifest_draft *draft,
                             stoa_error *err)
{
    struct stoa_file_summary summary;
    STOA_TRY(write_version(rows, draft, err));
    STOA_TRY(write_fields(rows, draft, err));
    STOA_TRY(write_sources(rows, draft, err));
    STOA_TRY(write_batches(rows, draft, err));
    STOA_TRY(for_files(rows, draft, write_file, err));
    STOA_TRY(for_files(rows, draft, write_values, err));
    STOA_TRY(write_stats(rows, draft, err));
    STOA_TRY(rows_flush(rows, err));
    return stoa_file_writer_finish(rows->writer, &summary, err);
}

stoa_status stoa_manifest_write(const struct stoa_manifest_draft *draft,
                                const struct stoa_file *file, stoa_error *err)
{
    const stoa_schema schema = {.fields = stoa_manifest_fields,
                                .field_count = STOA_COL_COUNT};
    const struct stoa_file_writer_options options = {.profile = STOA_PROFILE_BALANCED};
    struct rows rows = {0};
    stoa_status status = STOA_OK;
    for (uint32_t c = 0; c < STOA_COL_COUNT; c++)
        stoa_column_builder_init(&rows.columns[c],
                                 stoa_type_phys(stoa_manifest_fields[c].type));
    STOA_TRY_CLEANUP(number_files(&rows, draft, err));
    STOA_TRY_CLEANUP(check_limits(&rows, draft, err));
    STOA_TRY_CLEANUP(stoa_file_writer_create(file, &schema, &options, &rows.writer, err));
    STOA_TRY_CLEANUP(write_all(&rows, draft, err));
cleanup:
    stoa_file_writer_free(rows.writer);
    stoa_free(rows.numbers);
    for (uint32_t c = 0; c < STOA_COL_COUNT; c++)
        stoa_column_builder_done(&rows.columns[c]);
    return status;
}
