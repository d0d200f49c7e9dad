/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches and replacement [DS-50..55] through stoa_convert: a load that is tried again, sources that
 * changed under an id, rows that take the place of others, and what manifests keep of them.
 */
#include "tests/unit/dataset/dataset_fixture.h"

#include <stdio.h>
#include <string.h>

#include "dataset/log.h"
#include "stoa/convert.h"

static stoa_error error;

/* Converts `csv` as the source; *out is valid until the next call, all zero on failure. */
static stoa_status convert(struct fixture_place *place, const char *csv,
                           stoa_convert_options options, stoa_convert_report *out)
{
    const char *const sources[] = {place->source};
    stoa_convert_report *report = NULL;
    fixture_place_write(place, csv);
    options.dataset = place->dataset;
    options.sources = sources;
    options.source_count = 1;
    options.threads = 1;
    *out = (stoa_convert_report){0};
    const stoa_status status = stoa_convert(&options, &report, &error);
    if (status == STOA_OK)
        *out = *report;
    stoa_convert_report_free(report);
    return status;
}

static void convert_ok(struct fixture_place *place, const char *csv,
                       stoa_convert_options options, uint64_t version, uint64_t replaced)
{
    stoa_convert_report report;
    assert_ok(convert(place, csv, options, &report), &error);
    assert_int_equal(report.version, version);
    assert_int_equal(report.rows_replaced, replaced);
    assert_int_equal(report.is_repeat, 0);
}

/* The newest manifest; by the caller freed. */
static struct stoa_manifest *head(const struct fixture_place *place)
{
    struct stoa_root root;
    struct stoa_commit_base base;
    assert_ok(stoa_root_open(place->dataset, &root, &error), &error);
    assert_ok(stoa_commit_base_load(&root, &base, &error), &error);
    stoa_root_close(&root);
    return base.manifest;
}

static void assert_state(const struct fixture_place *place, uint64_t version, uint64_t rows,
                         uint32_t batches)
{
    struct stoa_manifest *manifest = head(place);
    assert_int_equal(manifest->version, version);
    assert_int_equal(manifest->total_rows, rows);
    assert_int_equal(manifest->batch_count, batches);
    stoa_manifest_free(manifest);
}

static const char first[] = "d,n\n2026-01-01,1\n2026-01-01,2\n2026-01-02,3\n";
static const char second[] = "d,n\n2026-01-02,30\n2026-01-03,40\n";
static const char *const by_day[] = {"d"};
static const stoa_convert_options batch_a = {
    .batch_id = "A", .partition_by = by_day, .partition_count = 1};

static void test_the_same_batch_again_is_no_work(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report report;
    fixture_place_make(&place);
    convert_ok(&place, first, batch_a, 1, 0);
    for (int i = 0; i < 3; i++) {
        assert_ok(convert(&place, first, batch_a, &report), &error);
        assert_int_equal(report.is_repeat, 1);
        assert_int_equal(report.version, 1);
        assert_int_equal(report.rows_written, 0);
    }
    stoa_convert_options options = batch_a;
    options.mode = "create";
    assert_ok(convert(&place, first, options, &report), &error);
    assert_int_equal(report.is_repeat, 1);
    options.dry_run = 1;
    assert_ok(convert(&place, first, options, &report), &error);
    assert_int_equal(report.is_repeat, 1);
    options = batch_a;
    options.mode = "overwrite";
    assert_ok(convert(&place, first, options, &report), &error);
    assert_int_equal(report.is_repeat, 1);
    assert_state(&place, 1, 3, 1);
    options.mode = "create";
    options.batch_id = "B";
    assert_fails(convert(&place, first, options, &report), STOA_E_EXISTS, &error);
    fixture_place_done(&place);
}

static void test_other_sources_under_an_id_are_refused(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report report;
    fixture_place_make(&place);
    convert_ok(&place, first, batch_a, 1, 0);
    assert_fails(convert(&place, second, batch_a, &report), STOA_E_BATCH_CONFLICT, &error);
    assert_contains(error.message, "batch \"A\" was committed with in version 1");
    assert_contains(error.message, "of 43 bytes");
    assert_contains(error.message, "of 32 bytes");
    assert_contains(error.hint, "--replace-batch");
    assert_state(&place, 1, 3, 1);
    fixture_place_done(&place);
}

static void test_a_batch_is_replaced_by_its_new_rows(void **state)
{
    (void)state;
    struct fixture_place place;
    fixture_place_make(&place);
    stoa_convert_options options = batch_a;
    convert_ok(&place, first, options, 1, 0);
    options.batch_id = "B";
    convert_ok(&place, first, options, 2, 0);
    options.batch_id = "A";
    options.replace_batch = 1;
    convert_ok(&place, second, options, 3, 3);
    struct stoa_manifest *manifest = head(&place);
    assert_int_equal(manifest->total_rows, 5);
    assert_string_equal(manifest->operation, "replace");
    assert_int_equal(manifest->batch_count, 2);
    assert_string_equal(manifest->batches[0].id, "B");
    assert_int_equal(manifest->batches[0].version, 2);
    assert_string_equal(manifest->batches[1].id, "A");
    assert_int_equal(manifest->batches[1].version, 3);
    assert_int_equal(manifest->batches[1].rows_written, 2);
    assert_int_equal(manifest->source_count, 2);
    assert_int_equal(manifest->sources[0].version, 2);
    stoa_manifest_free(manifest);
    /* A new id has nothing to replace, and that is fine. */
    options.batch_id = "C";
    convert_ok(&place, first, options, 4, 0);
    assert_state(&place, 4, 8, 3);
    fixture_place_done(&place);
}

static void test_overwriting_replaces_partitions_or_everything(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report report;
    fixture_place_make(&place);
    stoa_convert_options options = batch_a;
    convert_ok(&place, first, options, 1, 0);
    options.batch_id = "B";
    options.mode = "overwrite-partitions";
    convert_ok(&place, second, options, 2, 1);
    assert_state(&place, 2, 4, 2);
    options.batch_id = NULL;
    options.mode = "overwrite";
    convert_ok(&place, second, options, 3, 4);
    assert_state(&place, 3, 2, 0); /* batches went with their last rows */
    /* Statistics are those of the files that are left. */
    stoa_dataset *dataset = NULL;
    stoa_column_info info;
    assert_ok(stoa_dataset_open(place.dataset, &dataset, &error), &error);
    assert_ok(stoa_dataset_column(dataset, 1, &info, &error), &error);
    assert_string_equal(info.min, "30");
    assert_string_equal(info.max, "40");
    stoa_dataset_close(dataset);
    /* So a batch that is gone may come again. */
    convert_ok(&place, first, batch_a, 4, 0);
    assert_fails(convert(&place, "d,n\n", options, &report), STOA_E_EMPTY_SOURCE, &error);
    assert_contains(error.hint, "--allow-empty");
    assert_state(&place, 4, 5, 1);
    options.allow_empty = 1;
    convert_ok(&place, "d,n\n", options, 5, 5);
    assert_state(&place, 5, 0, 0);
    convert_ok(&place, first, batch_a, 6, 0);
    fixture_place_done(&place);
}

static void test_what_cannot_be_replaced_is_refused(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report report;
    char id[300];
    fixture_place_make(&place);
    stoa_convert_options options = {.replace_batch = 1};
    assert_fails(convert(&place, first, options, &report), STOA_E_USAGE, &error);
    options = (stoa_convert_options){.mode = "overwritten"};
    assert_fails(convert(&place, first, options, &report), STOA_E_USAGE, &error);
    static const char *const odd[] = {"", "a\nb", "a\x7f", "\xff"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        options = (stoa_convert_options){.batch_id = odd[i]};
        assert_fails(convert(&place, first, options, &report), STOA_E_USAGE, &error);
    }
    memset(id, 'x', sizeof id);
    id[256] = 0;
    options = (stoa_convert_options){.batch_id = id};
    assert_fails(convert(&place, first, options, &report), STOA_E_USAGE, &error);
    id[255] = 0;
    convert_ok(&place, first, options, 1, 0);
    options = (stoa_convert_options){.mode = "overwrite-partitions"};
    assert_fails(convert(&place, first, options, &report), STOA_E_PARTITION, &error);
    fixture_place_done(&place);
}

static void test_the_hash_of_sources_knows_no_order(void **state)
{
    (void)state;
    struct stoa_manifest_source sources[] = {
        {.name = "a", .size = 1, .hash = {3, 4}},
        {.name = "b", .size = 2, .hash = {5, 6}},
    };
    struct stoa_hash128 one;
    struct stoa_hash128 other;
    assert_ok(stoa_batch_hash(sources, 2, &one, &error), &error);
    const struct stoa_manifest_source last = sources[1];
    sources[1] = sources[0];
    sources[0] = last;
    sources[0].name = "c";
    sources[0].mtime_ns = 7;
    assert_ok(stoa_batch_hash(sources, 2, &other, &error), &error);
    assert_memory_equal(&one, &other, sizeof one);
    sources[1].size++;
    assert_ok(stoa_batch_hash(sources, 2, &other, &error), &error);
    assert_memory_not_equal(&one, &other, sizeof one);
}

/* Rows that came between the start of a run and its commit are never taken away unseen. */
static void test_rows_of_another_writer_are_a_conflict(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report report;
    fixture_place_make(&place);
    convert_ok(&place, first, batch_a, 1, 0);
    struct stoa_root root;
    struct stoa_commit_base base;
    struct stoa_transaction transaction;
    struct stoa_commit_result result;
    assert_ok(stoa_root_create(place.dataset, &root, &error), &error);
    assert_ok(stoa_commit_base_load(&root, &base, &error), &error);
    assert_ok(stoa_transaction_begin(&root, &transaction, &error), &error);
    stoa_convert_options options = batch_a;
    options.batch_id = "B";
    assert_ok(convert(&place, second, options, &report), &error);
    struct stoa_manifest_batch batch = {.id = "C"};
    static const stoa_field fields[] = {
        {.name = "d", .id = 1, .type = {.id = STOA_TYPE_DATE},  .nullable = true},
        {.name = "n", .id = 2, .type = {.id = STOA_TYPE_INT64}, .nullable = true}
    };
    static const uint32_t partitions[] = {0};
    const struct stoa_commit_request request = {
        .path = place.dataset,
        .schema = {.fields = fields, .field_count = 2},
        .partitions = partitions,
        .partition_count = 1,
        .batch = &batch,
        .replaces = STOA_REPLACE_ALL,
    };
    assert_fails(stoa_commit(&transaction, &request, &base, &result, &error),
                 STOA_E_COMMIT_CONFLICT, &error);
    assert_contains(error.message, "found some of version 2");
    stoa_transaction_done(&transaction);
    stoa_commit_base_done(&base);
    stoa_root_close(&root);
    assert_state(&place, 2, 5, 2);
    fixture_place_done(&place);
}

static int see_batch(void *context, const stoa_version_info *info)
{
    const char **expected = context;
    assert_string_equal(info->batch != NULL ? info->batch : "none",
                        expected[info->version - 1]);
    return 0;
}

static void test_the_log_names_batches(void **state)
{
    (void)state;
    struct fixture_place place;
    const char *expected[] = {"A", "none", "B"};
    fixture_place_make(&place);
    convert_ok(&place, first, batch_a, 1, 0);
    convert_ok(&place, second, (stoa_convert_options){0}, 2, 0);
    convert_ok(&place, second, (stoa_convert_options){.batch_id = "B"}, 3, 0);
    assert_ok(stoa_dataset_log(place.dataset, see_batch, expected, &error), &error);
    fixture_place_done(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_batch_again_is_no_work),
        cmocka_unit_test(test_other_sources_under_an_id_are_refused),
        cmocka_unit_test(test_a_batch_is_replaced_by_its_new_rows),
        cmocka_unit_test(test_overwriting_replaces_partitions_or_everything),
        cmocka_unit_test(test_what_cannot_be_replaced_is_refused),
        cmocka_unit_test(test_the_hash_of_sources_knows_no_order),
        cmocka_unit_test(test_rows_of_another_writer_are_a_conflict),
        cmocka_unit_test(test_the_log_names_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
