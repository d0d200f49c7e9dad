/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stoa_convert from end to end: look at the output, read the sources once for types, compare
 * with the dataset's columns, read them again into the router, balance the ledger, commit.
 * Nothing is visible before the commit, so every failure on the way needs no undoing beyond
 * removing files that nobody refers to.
 */
#include "stoa/convert.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "dataset/commit.h"
#include "dataset/convert_report.h"
#include "dataset/drift.h"
#include "dataset/router.h"
#include "dataset/target.h"

#define MEMORY_DEFAULT ((uint64_t)256 << 20)

struct conversion {
    const stoa_convert_options *options;
    uint64_t memory;
    enum stoa_profile profile;
    bool must_create;
    unsigned replaces;                /* set of enum stoa_replace */
    struct stoa_manifest_batch batch; /* when options->batch_id is given */
    struct stoa_pool *pool;
    struct stoa_file spool; /* directory for ingest's temporary files */
    struct stoa_ingest *ingest;
    struct stoa_ingest_override *overrides;
    struct stoa_root root;
    bool has_root;
    struct stoa_commit_base base;
    stoa_schema schema; /* of the dataset; borrowed from manifest or report */
    uint32_t *partitions;
    uint32_t partition_count;
    uint32_t *tracked;
    uint32_t tracked_count;
    bool *filters; /* per field, owned; NULL: no filter is asked for */
    struct stoa_transaction transaction;
    struct stoa_router *router;
    uint64_t *rows_by_source;
    const struct stoa_manifest_source *ledger;
    uint32_t source_count;
    stoa_convert_progress progress; /* as last reported */
    bool writes_files;              /* pass 3 */
    stoa_convert_report *report;
};

/* ---- options ---- */

static stoa_status check_mode(struct conversion *conversion, stoa_error *err)
{
    static const struct {
        const char *name;
        bool must_create;
        unsigned replaces;
    } modes[] = {
        {"append",               false, STOA_REPLACE_NOTHING   },
        {"create",               true,  STOA_REPLACE_NOTHING   },
        {"overwrite",            false, STOA_REPLACE_ALL       },
        {"overwrite-partitions", false, STOA_REPLACE_PARTITIONS},
    };
    const stoa_convert_options *options = conversion->options;
    const char *mode = options->mode != NULL ? options->mode : "append";
    size_t i = 0;
    while (i < sizeof modes / sizeof modes[0] && strcmp(mode, modes[i].name) != 0)
        i++;
    if (i == sizeof modes / sizeof modes[0])
        return stoa_fail(err, STOA_E_USAGE,
                         "expected mode append, create, overwrite or overwrite-partitions, "
                         "found \"%s\"",
                         mode);
    conversion->must_create = modes[i].must_create;
    conversion->replaces = modes[i].replaces;
    if (options->batch_id != NULL)
        STOA_TRY(stoa_batch_check_id(options->batch_id, err));
    else if (options->replace_batch != 0)
        return stoa_fail(err, STOA_E_USAGE,
                         "expected the id of the batch to replace, found none");
    if (options->replace_batch != 0)
        conversion->replaces |= STOA_REPLACE_BATCH;
    return STOA_OK;
}

static stoa_status check_options(struct conversion *conversion, stoa_error *err)
{
    const stoa_convert_options *options = conversion->options;
    if (options->dataset == NULL || options->dataset[0] == '\0')
        return stoa_fail(err, STOA_E_USAGE, "expected a path for the dataset, found none");
    if (options->source_count == 0 || options->sources == NULL)
        return stoa_fail(err, STOA_E_USAGE, "expected at least one source, found none");
    for (size_t i = 0; i < options->source_count; i++) {
        if (options->sources[i] == NULL || options->sources[i][0] == '\0')
            return stoa_fail(err, STOA_E_USAGE,
                             "expected a path for source %zu, found none", i + 1);
    }
    for (size_t i = 0; i < sizeof options->reserved / sizeof options->reserved[0]; i++) {
        if (options->reserved[i] != 0)
            return stoa_fail(err, STOA_E_USAGE, "expected reserved options as 0, found %u",
                             options->reserved[i]);
    }
    STOA_TRY(check_mode(conversion, err));
    conversion->memory = options->memory != 0 ? options->memory : MEMORY_DEFAULT;
    if (conversion->memory < STOA_CONVERT_MEMORY_LEAST)
        return stoa_fail(err, STOA_E_USAGE,
                         "expected at least %" PRIu64
                         " bytes of memory (192 MiB: a row group and its encoded form), "
                         "found %" PRIu64,
                         STOA_CONVERT_MEMORY_LEAST, conversion->memory);
    if (options->partition_count > STOA_MANIFEST_PARTITION_COLUMNS)
        return stoa_fail(err, STOA_E_PARTITION,
                         "expected at most %d partition columns, found %zu",
                         STOA_MANIFEST_PARTITION_COLUMNS, options->partition_count);
    if (options->header < STOA_HEADER_AUTO || options->header > STOA_HEADER_NO)
        return stoa_fail(err, STOA_E_USAGE, "expected header 0, 1 or 2, found %d",
                         options->header);
    return options->profile != NULL
               ? stoa_profile_find(options->profile, &conversion->profile, err)
               : STOA_OK;
}

/* ---- the output before anything is read ---- */

/* The output must not be a source: stdin aside, compared by what the file system says. */
static stoa_status check_apart(const stoa_convert_options *options, stoa_error *err)
{
    struct stat output;
    struct stat source;
    bool exists = false;
    STOA_TRY(stoa_io_stat_at(AT_FDCWD, options->dataset, &exists, &output, err));
    for (size_t i = 0; exists && i < options->source_count; i++) {
        bool source_exists = false;
        if (strcmp(options->sources[i], "-") == 0)
            continue;
        STOA_TRY(
            stoa_io_stat_at(AT_FDCWD, options->sources[i], &source_exists, &source, err));
        if (source_exists && source.st_dev == output.st_dev &&
            source.st_ino == output.st_ino)
            return stoa_fail(
                err, STOA_E_USAGE,
                "expected the dataset apart from the sources, found source \"%s\" "
                "as the dataset",
                options->sources[i]);
    }
    return STOA_OK;
}

static stoa_status check_create(const struct conversion *conversion, stoa_error *err)
{
    if (conversion->base.manifest == NULL || !conversion->must_create)
        return STOA_OK;
    (void)stoa_fail(err, STOA_E_EXISTS,
                    "expected no dataset in mode create, found one at version %" PRIu64,
                    conversion->base.manifest->version);
    stoa_error_set_place(err, "%s", conversion->options->dataset);
    stoa_error_set_hint(err, "mode append adds to it");
    return STOA_E_EXISTS;
}

static stoa_status load_base(struct conversion *conversion, stoa_error *err)
{
    STOA_TRY(stoa_commit_base_load(&conversion->root, &conversion->base, err));
    /* With a batch id the dataset may be this very run's, from an earlier try. */
    return conversion->options->batch_id == NULL ? check_create(conversion, err) : STOA_OK;
}

/* An existing dataset is opened now, so that a refusal comes before the work. A new one is
 * made only when the sources have proved good. */
static stoa_status look_at_output(struct conversion *conversion, stoa_error *err)
{
    const stoa_convert_options *options = conversion->options;
    enum stoa_root_state state = STOA_ROOT_ABSENT;
    STOA_TRY(check_apart(options, err));
    STOA_TRY(stoa_target_check_new(options->dataset, err));
    STOA_TRY(stoa_root_probe(options->dataset, &state, err));
    if (state != STOA_ROOT_PRESENT)
        return stoa_root_open_parent(options->dataset, &conversion->spool, err);
    STOA_TRY(options->dry_run ? stoa_root_open(options->dataset, &conversion->root, err)
                              : stoa_root_create(options->dataset, &conversion->root, err));
    conversion->has_root = true;
    return load_base(conversion, err);
}

/* ---- ingest ---- */

static stoa_status report_progress(const struct conversion *conversion, stoa_error *err)
{
    const stoa_convert_options *options = conversion->options;
    if (options->on_progress(options->progress_context, &conversion->progress) == 0)
        return STOA_OK;
    return stoa_fail(err, STOA_E_INTERRUPTED, "stopped by the caller in pass %d",
                     conversion->progress.pass);
}

static stoa_status forward_progress(void *context, int pass, uint64_t bytes_done,
                                    uint64_t bytes_total, stoa_error *err)
{
    struct conversion *conversion = context;
    conversion->progress = (stoa_convert_progress){
        .pass = pass,
        .bytes_done = bytes_done,
        .bytes_total = bytes_total,
        .rows = conversion->router != NULL ? stoa_router_rows(conversion->router) : 0,
    };
    return report_progress(conversion, err);
}

/* Asked by router, transaction and commit. Files that end while rows are read only repeat what
 * pass 2 said last. */
static stoa_status report_step(void *context, stoa_error *err)
{
    struct conversion *conversion = context;
    if (conversion->writes_files)
        conversion->progress = (stoa_convert_progress){
            .pass = 3,
            .bytes_done = stoa_router_bytes_written(conversion->router),
            .bytes_total = stoa_router_bytes(conversion->router),
            .rows = stoa_router_rows(conversion->router),
        };
    return report_progress(conversion, err);
}

static stoa_status copy_overrides(struct conversion *conversion, stoa_error *err)
{
    const stoa_convert_options *options = conversion->options;
    conversion->overrides =
        stoa_alloc_array(options->type_count, sizeof *conversion->overrides);
    if (conversion->overrides == NULL)
        return stoa_fail_memory(err, options->type_count * sizeof *conversion->overrides);
    for (size_t i = 0; i < options->type_count; i++)
        conversion->overrides[i] = (struct stoa_ingest_override){
            .name = options->types[i].name, .type = options->types[i].type};
    return STOA_OK;
}

static stoa_status infer(struct conversion *conversion, stoa_error *err)
{
    const stoa_convert_options *options = conversion->options;
    STOA_TRY(copy_overrides(conversion, err));
    const struct stoa_file *spool = conversion->has_root && conversion->root.tmp.fd >= 0
                                        ? &conversion->root.tmp
                                    : conversion->spool.fd >= 0 ? &conversion->spool
                                                                : NULL;
    const struct stoa_ingest_options ingest = {
        .format = options->format,
        .delimiter = options->delimiter,
        .quote = options->quote,
        .has_no_quote = options->no_quote != 0,
        .encoding = options->encoding,
        .header = (enum stoa_ingest_header)options->header,
        .skip_lines = options->skip_lines,
        .nulls = options->nulls,
        .null_count = options->null_count,
        .types = conversion->overrides,
        .type_count = options->type_count,
        .all_text = options->all_text != 0,
        .memory = (size_t)(conversion->memory / 4),
        .pool = conversion->pool,
        .spool_directory = spool,
        .on_progress = options->on_progress != NULL ? forward_progress : NULL,
        .progress_context = conversion,
    };
    STOA_TRY(stoa_ingest_create(&ingest, &conversion->ingest, err));
    for (size_t i = 0; i < options->source_count; i++)
        STOA_TRY(stoa_ingest_add(conversion->ingest, options->sources[i], err));
    return stoa_ingest_infer(conversion->ingest, err);
}

/* ---- batches ---- */

/* [DS-52] Pass 1 has read the sources: a batch that is committed already is known by them. */
static stoa_status look_for_batch(struct conversion *conversion, stoa_error *err)
{
    const struct stoa_manifest *manifest = conversion->base.manifest;
    const uint32_t count = stoa_ingest_source_count(conversion->ingest);
    const struct stoa_manifest_source *sources = NULL;
    if (conversion->options->batch_id == NULL)
        return STOA_OK;
    conversion->batch.id = conversion->options->batch_id;
    STOA_TRY(
        stoa_convert_report_ledger(conversion->report, conversion->ingest, &sources, err));
    STOA_TRY(stoa_batch_hash(sources, count, &conversion->batch.hash, err));
    const struct stoa_manifest_batch *known =
        stoa_batch_find(manifest, conversion->batch.id);
    if (known == NULL)
        return check_create(conversion, err);
    if (conversion->options->replace_batch != 0)
        return STOA_OK;
    if (known->hash.low != conversion->batch.hash.low ||
        known->hash.high != conversion->batch.hash.high)
        return stoa_batch_conflict(manifest, known, sources, count,
                                   conversion->options->dataset, err);
    conversion->report->is_repeat = 1;
    conversion->report->version = known->version;
    return stoa_convert_report_sources(conversion->report, conversion->ingest, NULL, err);
}

/* ---- columns and partitions ---- */

static stoa_status partition_fail(const char *name, const char *why, stoa_error *err)
{
    return stoa_fail(err, STOA_E_USAGE, "cannot partition by \"%s\": %s", name, why);
}

/* The numbers of the columns to partition by. */
static stoa_status find_partitions(const stoa_convert_options *options,
                                   const stoa_schema *schema,
                                   uint32_t out[STOA_MANIFEST_PARTITION_COLUMNS],
                                   stoa_error *err)
{
    for (uint32_t i = 0; i < options->partition_count; i++) {
        if (!stoa_schema_find(schema, options->partition_by[i], &out[i]))
            return partition_fail(options->partition_by[i], "there is no such column", err);
        for (uint32_t k = 0; k < i; k++) {
            if (out[k] == out[i])
                return partition_fail(options->partition_by[i], "it is named twice", err);
        }
    }
    return STOA_OK;
}

/* Before anything is made: a mistyped name leaves nothing behind. */
static stoa_status check_partitions(const struct conversion *conversion, stoa_error *err)
{
    uint32_t fields[STOA_MANIFEST_PARTITION_COLUMNS];
    if (conversion->base.manifest != NULL)
        return STOA_OK;
    return find_partitions(conversion->options, stoa_ingest_schema(conversion->ingest),
                           fields, err);
}

static stoa_status new_partitions(struct conversion *conversion, stoa_error *err)
{
    STOA_TRY(find_partitions(conversion->options, &conversion->schema,
                             conversion->partitions, err));
    conversion->partition_count = (uint32_t)conversion->options->partition_count;
    return STOA_OK;
}

/* An existing dataset keeps its partition columns; naming them again is allowed. */
static stoa_status kept_partitions(struct conversion *conversion, stoa_error *err)
{
    const stoa_convert_options *options = conversion->options;
    const struct stoa_manifest *manifest = conversion->base.manifest;
    const uint32_t count = manifest->partition_count;
    if (count == 0 && (conversion->replaces & STOA_REPLACE_PARTITIONS)) {
        (void)stoa_fail(
            err, STOA_E_PARTITION,
            "expected a dataset with partitions to overwrite, found one without");
        stoa_error_set_place(err, "%s", options->dataset);
        stoa_error_set_hint(err, "--mode overwrite replaces all its rows");
        return STOA_E_PARTITION;
    }
    for (uint32_t k = 0; k < count; k++)
        conversion->partitions[k] = manifest->partitions[k];
    conversion->partition_count = count;
    bool same = options->partition_count == 0 || options->partition_count == count;
    for (size_t i = 0; same && i < options->partition_count; i++) {
        uint32_t field = manifest->partitions[i];
        same = stoa_schema_find(&conversion->schema, options->partition_by[i], &field) &&
               field == manifest->partitions[i];
    }
    if (same)
        return STOA_OK;
    char names[200] = "no partition columns";
    size_t used = 0;
    for (uint32_t k = 0; k < count && used < sizeof names; k++) {
        const char *name = conversion->schema.fields[manifest->partitions[k]].name;
        used += (size_t)snprintf(names + used, sizeof names - used, "%s\"%.60s\"",
                                 k == 0 ? "partition by " : ", ", name);
    }
    (void)stoa_fail(err, STOA_E_PARTITION,
                    "expected %s, as in the dataset, found \"%.100s\"", names,
                    options->partition_by[0]);
    stoa_error_set_place(err, "%s", options->dataset);
    stoa_error_set_hint(err, "leave the partition columns out: a dataset keeps its own");
    return STOA_E_PARTITION;
}

/* The columns whose row groups get filters [FMT-110]. */
static stoa_status find_filters(struct conversion *conversion, const stoa_schema *schema,
                                bool *out_filters, stoa_error *err)
{
    const stoa_convert_options *options = conversion->options;
    for (size_t i = 0; i < options->filter_count; i++) {
        uint32_t field = 0;
        if (!stoa_schema_find(schema, options->filters[i], &field)) {
            (void)stoa_fail(err, STOA_E_COLUMN,
                            "expected a column to make filters of, found \"%.200s\", which "
                            "there is none of",
                            options->filters[i]);
            stoa_error_set_place(err, "%s", options->dataset);
            return STOA_E_COLUMN;
        }
        out_filters[field] = true;
    }
    return STOA_OK;
}

static stoa_status settle_filters(struct conversion *conversion, const stoa_schema *schema,
                                  stoa_error *err)
{
    if (conversion->options->filter_count == 0)
        return STOA_OK;
    conversion->filters =
        stoa_alloc_zeroed(schema->field_count, sizeof *conversion->filters);
    if (conversion->filters == NULL)
        return stoa_fail_memory(err, schema->field_count * sizeof *conversion->filters);
    return find_filters(conversion, schema, conversion->filters, err);
}

static stoa_status settle_columns(struct conversion *conversion, stoa_error *err)
{
    const struct stoa_manifest *manifest = conversion->base.manifest;
    if (manifest != NULL)
        STOA_TRY(stoa_drift_check(conversion->ingest, manifest, err));
    const stoa_schema schema = manifest != NULL ? stoa_manifest_schema(manifest)
                                                : *stoa_ingest_schema(conversion->ingest);
    /* The report's copy outlives both. */
    STOA_TRY(stoa_convert_report_schema(conversion->report, &schema, err));
    conversion->schema = conversion->report->schema;
    const size_t field_count = schema.field_count;
    conversion->partitions =
        stoa_alloc_array(STOA_MANIFEST_PARTITION_COLUMNS, sizeof *conversion->partitions);
    conversion->tracked = stoa_alloc_array(field_count, sizeof *conversion->tracked);
    if (conversion->partitions == NULL || conversion->tracked == NULL)
        return stoa_fail_memory(err, field_count * sizeof *conversion->tracked);
    STOA_TRY(settle_filters(conversion, &conversion->schema, err));
    STOA_TRY(manifest != NULL ? kept_partitions(conversion, err)
                              : new_partitions(conversion, err));
    conversion->tracked_count =
        stoa_manifest_choose_tracked(conversion->partitions, conversion->partition_count,
                                     (uint32_t)field_count, conversion->tracked);
    return STOA_OK;
}

/* ---- rows ---- */

static stoa_status take_batch(void *context, const struct stoa_column *columns,
                              uint32_t rows, uint32_t source, uint64_t first_line,
                              stoa_error *err)
{
    struct conversion *conversion = context;
    STOA_UNUSED(first_line);
    conversion->rows_by_source[source] += rows;
    return stoa_router_append(conversion->router, columns, rows, err);
}

static stoa_status read_rows(struct conversion *conversion, stoa_error *err)
{
    const struct stoa_ingest_sink sink = {.context = conversion, .on_batch = take_batch};
    const bool writes = !conversion->options->dry_run;
    const struct stoa_router_options options = {
        .writer = {.schema = conversion->schema,
                   .profile = conversion->profile,
                   .filters = conversion->filters,
                   .pool = conversion->pool,
                   .tracked = conversion->tracked,
                   .tracked_count = conversion->tracked_count},
        .partitions = conversion->partitions,
        .partition_count = conversion->partition_count,
        .memory = (size_t)(conversion->memory / 8),
        .parent = conversion->base.manifest,
        .count_only = !writes,
    };
    conversion->source_count = stoa_ingest_source_count(conversion->ingest);
    conversion->rows_by_source =
        stoa_alloc_zeroed(conversion->source_count, sizeof *conversion->rows_by_source);
    if (conversion->rows_by_source == NULL)
        return stoa_fail_memory(err, conversion->source_count * sizeof(uint64_t));
    if (writes) {
        STOA_TRY(stoa_transaction_begin(&conversion->root, &conversion->transaction, err));
        conversion->transaction.pool = conversion->pool;
        conversion->transaction.check_memory = conversion->memory;
        conversion->transaction.on_step =
            conversion->options->on_progress != NULL ? report_step : NULL;
        conversion->transaction.step_context = conversion;
    }
    STOA_TRY(stoa_router_create(writes ? &conversion->transaction : NULL, &options,
                                &conversion->router, err));
    STOA_TRY(stoa_ingest_read(conversion->ingest, &conversion->schema, &sink, err));
    STOA_TRY(stoa_convert_report_sources(conversion->report, conversion->ingest,
                                         conversion->base.manifest, err));
    return stoa_convert_report_ledger(conversion->report, conversion->ingest,
                                      &conversion->ledger, err);
}

/* Read = written + rejected, for every source, counted at both ends [DS-14]. */
static stoa_status balance(struct conversion *conversion, stoa_error *err)
{
    stoa_convert_report *report = conversion->report;
    uint64_t in_files = 0;
    for (uint32_t i = 0; i < conversion->source_count; i++) {
        const struct stoa_manifest_source *source = &conversion->ledger[i];
        if (source->rows_read != source->rows_written + source->rows_rejected ||
            source->rows_written != conversion->rows_by_source[i]) {
            (void)stoa_fail(err, STOA_E_LEDGER,
                            "expected %" PRIu64
                            " rows read = written + rejected, found %" PRIu64 " + %" PRIu64
                            ", and %" PRIu64 " delivered",
                            source->rows_read, source->rows_written, source->rows_rejected,
                            conversion->rows_by_source[i]);
            stoa_error_set_place(err, "%s", source->name);
            return STOA_E_LEDGER;
        }
        report->rows_read += source->rows_read;
        report->rows_written += source->rows_written;
        report->rows_rejected += source->rows_rejected;
    }
    for (uint32_t i = 0; i < conversion->transaction.file_count; i++) {
        in_files += conversion->transaction.files[i].rows;
        report->bytes_written += conversion->transaction.files[i].size;
    }
    if (!conversion->options->dry_run && in_files != report->rows_written)
        return stoa_fail(err, STOA_E_LEDGER,
                         "expected %" PRIu64 " rows in the data files, found %" PRIu64,
                         report->rows_written, in_files);
    report->file_count = conversion->transaction.file_count;
    report->partition_count = stoa_router_partitions(conversion->router);
    return STOA_OK;
}

/* A source that came empty must not take a table with it. */
static stoa_status check_replacement(const struct conversion *conversion, stoa_error *err)
{
    const stoa_convert_options *options = conversion->options;
    if (conversion->replaces == STOA_REPLACE_NOTHING || options->allow_empty != 0 ||
        conversion->report->rows_written > 0)
        return STOA_OK;
    (void)stoa_fail(err, STOA_E_EMPTY_SOURCE,
                    "expected rows to put in the place of others, found none");
    stoa_error_set_place(err, "%s", options->sources[0]);
    stoa_error_set_hint(err, "--allow-empty replaces rows by none");
    return STOA_E_EMPTY_SOURCE;
}

static stoa_status commit_rows(struct conversion *conversion, stoa_error *err)
{
    stoa_convert_report *report = conversion->report;
    struct stoa_commit_result result = {0};
    conversion->batch.rows_read = report->rows_read;
    conversion->batch.rows_written = report->rows_written;
    conversion->batch.rows_rejected = report->rows_rejected;
    const struct stoa_commit_request request = {
        .path = conversion->options->dataset,
        .must_create = conversion->must_create,
        .rows_read = report->rows_read,
        .rows_written = report->rows_written,
        .rows_rejected = report->rows_rejected,
        .schema = conversion->schema,
        .partitions = conversion->partitions,
        .partition_count = conversion->partition_count,
        .sources = conversion->ledger,
        .source_count = conversion->source_count,
        .batch = conversion->batch.id != NULL ? &conversion->batch : NULL,
        .replaces = conversion->replaces,
    };
    STOA_TRY(
        stoa_commit(&conversion->transaction, &request, &conversion->base, &result, err));
    report->version = result.version;
    report->is_repeat = result.is_repeat;
    report->rows_replaced = result.rows_replaced;
    return STOA_OK;
}

/* ---- the whole ---- */

static stoa_status run(struct conversion *conversion, stoa_error *err)
{
    const stoa_convert_options *options = conversion->options;
    STOA_TRY(check_options(conversion, err));
    STOA_TRY(look_at_output(conversion, err));
    STOA_TRY(stoa_pool_create(options->threads, &conversion->pool, err));
    STOA_TRY(stoa_convert_report_create(&conversion->report, err));
    STOA_TRY(infer(conversion, err));
    STOA_TRY(check_partitions(conversion, err));
    if (!conversion->has_root && !options->dry_run) {
        STOA_TRY(stoa_root_create(options->dataset, &conversion->root, err));
        conversion->has_root = true;
        STOA_TRY(
            load_base(conversion, err)); /* another first writer may have been faster */
    }
    STOA_TRY(look_for_batch(conversion, err));
    if (conversion->report->is_repeat)
        return STOA_OK;
    STOA_TRY(settle_columns(conversion, err));
    STOA_TRY(read_rows(conversion, err));
    /* Its memory is needed no longer, but encoding needs some. */
    stoa_ingest_free(conversion->ingest);
    conversion->ingest = NULL;
    conversion->writes_files = true;
    STOA_TRY(stoa_router_finish(conversion->router, err));
    STOA_TRY(balance(conversion, err));
    STOA_TRY(check_replacement(conversion, err));
    if (!options->dry_run)
        return commit_rows(conversion, err);
    conversion->report->version =
        1 + (conversion->base.manifest != NULL ? conversion->base.manifest->version : 0);
    return STOA_OK;
}

stoa_status stoa_convert(const stoa_convert_options *options,
                         stoa_convert_report **out_report, stoa_error *err)
{
    if (options == NULL || out_report == NULL)
        return stoa_fail(err, STOA_E_USAGE, "expected options and a report, found NULL");
    struct conversion conversion = {
        .options = options, .root = STOA_ROOT_CLOSED, .spool = STOA_FILE_CLOSED};
    const stoa_status status = run(&conversion, err);
    stoa_router_free(conversion.router);
    stoa_transaction_done(&conversion.transaction);
    stoa_ingest_free(conversion.ingest);
    stoa_pool_free(conversion.pool);
    stoa_commit_base_done(&conversion.base);
    if (conversion.has_root)
        stoa_root_close(&conversion.root);
    stoa_io_discard(&conversion.spool);
    stoa_free(conversion.overrides);
    stoa_free(conversion.partitions);
    stoa_free(conversion.tracked);
    stoa_free(conversion.filters);
    stoa_free(conversion.rows_by_source);
    if (status == STOA_OK)
        *out_report = conversion.report;
    else
        stoa_convert_report_free(conversion.report);
    return status;
}
