/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fixture's datasets: every value follows from the row's id, so a check needs no copy.
 */
#include "tests/unit/dataset/dataset_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "dataset/row_scan.h"
#include "dataset/snapshot.h"

const stoa_field fixture_fields[FIXTURE_FIELDS] = {
    {.name = "id",     .id = 1, .type = {.id = STOA_TYPE_INT64},   .nullable = true},
    {.name = "region", .id = 2, .type = {.id = STOA_TYPE_TEXT},    .nullable = true},
    {.name = "amount", .id = 3, .type = {.id = STOA_TYPE_FLOAT64}, .nullable = true},
    {.name = "day",    .id = 4, .type = {.id = STOA_TYPE_DATE},    .nullable = true},
};

void fixture_place_make(struct fixture_place *place)
{
    test_directory_make(&place->directory);
    (void)snprintf(place->dataset, sizeof place->dataset, "%s",
                   test_path(&place->directory, "ds"));
    (void)snprintf(place->source, sizeof place->source, "%s",
                   test_path(&place->directory, "feed.csv"));
}

void fixture_place_write(const struct fixture_place *place, const char *csv)
{
    test_file_write(&place->directory, "feed.csv", csv, strlen(csv));
}

void fixture_place_done(struct fixture_place *place)
{
    test_directory_remove(&place->directory);
}

const char *fixture_region(uint64_t id, uint32_t regions)
{
    static _Thread_local char text[32];
    if (regions == 0 || id % regions == 1)
        return NULL;
    const uint64_t number = id % regions;
    if (number == 0)
        return "";
    (void)snprintf(text, sizeof text, "%c%llu", number % 2 == 0 ? 'r' : 'R',
                   (unsigned long long)(number / 2));
    return text;
}

static void row_values(uint64_t id, uint32_t regions, struct stoa_value out[FIXTURE_FIELDS])
{
    const char *region = fixture_region(id, regions);
    out[FIXTURE_ID] = (struct stoa_value){.i64 = (int64_t)id};
    out[FIXTURE_REGION] = (struct stoa_value){.is_null = region == NULL};
    if (region != NULL)
        out[FIXTURE_REGION].bytes = (struct stoa_view){.data = (const uint8_t *)region,
                                                       .length = (uint32_t)strlen(region)};
    out[FIXTURE_AMOUNT] = (struct stoa_value){.f64 = (double)id / 4};
    out[FIXTURE_DAY] = (struct stoa_value){.i64 = 20000 + (int64_t)(id / 100 % 10)};
}

static stoa_status append_rows(struct stoa_router *router,
                               const struct fixture_options *options, stoa_error *err)
{
    struct stoa_column_builder builders[FIXTURE_FIELDS];
    struct stoa_column views[FIXTURE_FIELDS];
    const uint32_t batch = options->batch != 0 ? options->batch : 1000;
    stoa_status status = STOA_OK;
    for (uint32_t c = 0; c < FIXTURE_FIELDS; c++)
        stoa_column_builder_init(&builders[c], stoa_type_phys(fixture_fields[c].type));
    for (uint32_t at = 0; at < options->rows; at += batch) {
        const uint32_t n = options->rows - at < batch ? options->rows - at : batch;
        for (uint32_t c = 0; c < FIXTURE_FIELDS; c++)
            stoa_column_builder_clear(&builders[c]);
        for (uint32_t i = 0; i < n; i++) {
            struct stoa_value values[FIXTURE_FIELDS];
            row_values(options->first + at + i, options->regions, values);
            for (uint32_t c = 0; c < FIXTURE_FIELDS; c++)
                STOA_TRY_CLEANUP(stoa_column_builder_append(&builders[c], &values[c], err));
        }
        for (uint32_t c = 0; c < FIXTURE_FIELDS; c++)
            views[c] = stoa_column_builder_view(&builders[c]);
        STOA_TRY_CLEANUP(stoa_router_append(router, views, n, err));
    }
cleanup:
    for (uint32_t c = 0; c < FIXTURE_FIELDS; c++)
        stoa_column_builder_done(&builders[c]);
    return status;
}

struct work {
    struct stoa_root root;
    struct stoa_commit_base base;
    struct stoa_transaction transaction;
    struct stoa_router *router;
    uint32_t tracked[FIXTURE_FIELDS];
};

static stoa_status run(struct work *work, const struct fixture_options *options,
                       uint64_t *out_version, stoa_error *err)
{
    const stoa_schema schema = {.fields = fixture_fields, .field_count = FIXTURE_FIELDS};
    STOA_TRY(stoa_root_create(options->path, &work->root, err));
    STOA_TRY(stoa_commit_base_load(&work->root, &work->base, err));
    STOA_TRY(stoa_transaction_begin(&work->root, &work->transaction, err));
    const struct stoa_router_options router = {
        .writer = {.schema = schema,
                   .pool = options->pool,
                   .tracked = work->tracked,
                   .tracked_count = stoa_manifest_choose_tracked(
                       options->partitions, options->partition_count, FIXTURE_FIELDS,
                   work->tracked),
                   .file_raw = options->roll},
        .partitions = options->partitions,
        .partition_count = options->partition_count,
        .memory = options->memory,
        .parent = work->base.manifest,
    };
    STOA_TRY(stoa_router_create(&work->transaction, &router, &work->router, err));
    STOA_TRY(append_rows(work->router, options, err));
    STOA_TRY(stoa_router_finish(work->router, err));
    const struct stoa_manifest_source source = {
        .name = options->source != NULL ? options->source : "test",
        .size = options->rows,
        .hash = {.low = options->first, .high = options->rows},
        .rows_read = options->rows,
        .rows_written = options->rows,
    };
    const struct stoa_commit_request request = {
        .path = options->path,
        .must_create = options->must_create,
        .rows_read = options->rows,
        .rows_written = options->rows,
        .schema = schema,
        .partitions = options->partitions,
        .partition_count = options->partition_count,
        .sources = &source,
        .source_count = 1,
    };
    struct stoa_commit_result result = {0};
    STOA_TRY(stoa_commit(&work->transaction, &request, &work->base, &result, err));
    *out_version = result.version;
    return STOA_OK;
}

stoa_status fixture_commit(const struct fixture_options *options, uint64_t *out_version,
                           stoa_error *err)
{
    struct work work = {.root = STOA_ROOT_CLOSED};
    const stoa_status status = run(&work, options, out_version, err);
    stoa_router_free(work.router);
    stoa_transaction_done(&work.transaction);
    stoa_commit_base_done(&work.base);
    stoa_root_close(&work.root);
    return status;
}

static void check_value(enum stoa_phys phys, const struct stoa_value *found,
                        const struct stoa_value *expected)
{
    assert_int_equal(found->is_null, expected->is_null);
    if (!found->is_null)
        assert_int_equal(stoa_value_compare_exact(phys, found, expected), 0);
}

typedef void (*row_fn)(void *context, const struct stoa_value *row);

static stoa_status scan_file(struct stoa_reader *reader, row_fn each, void *context,
                             stoa_error *err)
{
    const uint32_t columns[FIXTURE_FIELDS] = {0, 1, 2, 3};
    struct stoa_row_scan rows = {0};
    stoa_status status = stoa_row_scan_init(&rows, reader, columns, FIXTURE_FIELDS, err);
    for (uint64_t r = 0; status == STOA_OK && r < stoa_reader_rows(reader); r++) {
        struct stoa_value values[FIXTURE_FIELDS];
        status = stoa_row_scan_seek(&rows, r, err);
        for (uint32_t c = 0; status == STOA_OK && c < FIXTURE_FIELDS; c++)
            values[c] = stoa_row_scan_get(&rows, c);
        if (status == STOA_OK)
            each(context, values);
    }
    stoa_row_scan_done(&rows);
    return status;
}

/* Calls `each` for every row of the dataset, in order. */
static stoa_status scan(const char *path, row_fn each, void *context, stoa_error *err)
{
    stoa_dataset *dataset = NULL;
    STOA_TRY(stoa_dataset_open(path, &dataset, err));
    stoa_status status = STOA_OK;
    const size_t files = stoa_dataset_get_info(dataset)->file_count;
    for (size_t f = 0; f < files && status == STOA_OK; f++) {
        struct stoa_reader *reader = NULL;
        status = stoa_dataset_acquire(dataset, f, &reader, err);
        if (status == STOA_OK)
            status = scan_file(reader, each, context, err);
        stoa_dataset_release(dataset, f, reader);
    }
    stoa_dataset_close(dataset);
    return status;
}

struct check {
    const struct fixture_range *ranges;
    uint8_t *seen;
    uint64_t total;
    size_t count;
    uint32_t regions;
};

static void check_row(void *context, const struct stoa_value *row)
{
    struct check *check = context;
    struct stoa_value expected[FIXTURE_FIELDS];
    const uint64_t id = (uint64_t)row[FIXTURE_ID].i64;
    uint64_t at = 0;
    size_t i = 0;
    while (i < check->count && id - check->ranges[i].first >= check->ranges[i].rows)
        at += check->ranges[i++].rows;
    assert_true(i < check->count);
    at += id - check->ranges[i].first;
    assert_int_equal(check->seen[at], 0);
    check->seen[at] = 1;
    check->total++;
    row_values(id, check->regions, expected);
    for (uint32_t c = 0; c < FIXTURE_FIELDS; c++)
        check_value(stoa_type_phys(fixture_fields[c].type), &row[c], &expected[c]);
}

void fixture_check(const char *path, const struct fixture_range *ranges, size_t count,
                   uint32_t regions)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < count; i++)
        rows += ranges[i].rows;
    struct check check = {.ranges = ranges, .count = count, .regions = regions};
    check.seen = calloc(rows + 1, 1);
    assert_non_null(check.seen);
    stoa_error error;
    assert_ok(scan(path, check_row, &check, &error), &error);
    assert_int_equal(check.total, rows);
    free(check.seen);
}

static void hash_row(void *context, const struct stoa_value *row)
{
    uint64_t *hash = context;
    for (uint32_t c = 0; c < FIXTURE_FIELDS; c++) {
        const struct stoa_value *value = &row[c];
        if (value->is_null)
            *hash = stoa_hash64("null", 4, *hash);
        else if (c == FIXTURE_REGION)
            *hash =
                stoa_hash64(value->bytes.length > 0 ? (const void *)value->bytes.data : "",
                            value->bytes.length, *hash);
        else
            *hash = stoa_hash64(&value->i64, sizeof value->i64, *hash);
    }
}

stoa_status fixture_hash(const char *path, uint64_t *out_hash, stoa_error *err)
{
    *out_hash = 0;
    return scan(path, hash_row, out_hash, err);
}

uint64_t fixture_fingerprint(const char *path)
{
    uint64_t hash = 0;
    stoa_error error;
    assert_ok(fixture_hash(path, &hash, &error), &error);
    return hash;
}
