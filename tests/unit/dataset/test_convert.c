/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stoa_convert: text in, committed version out, and every way it refuses.
 */
#include "tests/unit/dataset/dataset_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/text.h"
#include "stoa/convert.h"

static stoa_error error;

static void place_make(struct fixture_place *place, const char *csv)
{
    fixture_place_make(place);
    fixture_place_write(place, csv);
}

static stoa_status convert(const struct fixture_place *place,
                           const stoa_convert_options *more,
                           stoa_convert_report **out_report)
{
    const char *const sources[] = {place->source};
    stoa_convert_options options = more != NULL ? *more : (stoa_convert_options){0};
    options.dataset = place->dataset;
    if (options.source_count == 0) {
        options.sources = sources;
        options.source_count = 1;
    }
    options.threads = 1;
    return stoa_convert(&options, out_report, &error);
}

/* Converts; the report is looked at and freed here. */
static void convert_ok(const struct fixture_place *place, const stoa_convert_options *more,
                       uint64_t version, uint64_t rows)
{
    stoa_convert_report *report = NULL;
    assert_ok(convert(place, more, &report), &error);
    assert_int_equal(report->version, version);
    assert_int_equal(report->rows_written, rows);
    assert_int_equal(report->rows_read, rows);
    stoa_convert_report_free(report);
}

static uint64_t dataset_rows(const char *path)
{
    stoa_dataset *dataset = NULL;
    assert_ok(stoa_dataset_open(path, &dataset, &error), &error);
    const uint64_t rows = stoa_dataset_get_info(dataset)->rows;
    stoa_dataset_close(dataset);
    return rows;
}

static const char three_rows[] = "id,name,price\n1,a,1.50\n2,b,2.25\n3,,10.00\n";

static void test_csv_becomes_version_one(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report *report = NULL;
    stoa_dataset *dataset = NULL;
    place_make(&place, three_rows);
    assert_ok(convert(&place, NULL, &report), &error);
    assert_int_equal(report->version, 1);
    assert_int_equal(report->rows_written, 3);
    assert_int_equal(report->file_count, 1);
    assert_int_equal(report->partition_count, 0);
    assert_int_equal(report->column_count, 3);
    assert_int_equal(report->source_count, 1);
    assert_string_equal(report->sources[0].name, place.source);
    assert_int_equal(report->sources[0].committed_before, 0);
    assert_int_equal(report->sources[0].delimiter, ',');
    assert_string_equal(report->schema.fields[2].name, "price");
    assert_int_equal(report->schema.fields[0].type.id, STOA_TYPE_INT64);
    stoa_convert_report_free(report);
    assert_ok(stoa_dataset_open(place.dataset, &dataset, &error), &error);
    stoa_column_info info;
    assert_ok(stoa_dataset_column(dataset, 0, &info, &error), &error);
    assert_string_equal(info.min, "1");
    assert_string_equal(info.max, "3");
    assert_ok(stoa_dataset_column(dataset, 1, &info, &error), &error);
    assert_int_equal(info.null_count, 1);
    assert_true(info.encodings[0] != '\0');
    stoa_dataset_close(dataset);
    fixture_place_done(&place);
}

static void test_same_bytes_again_are_told_and_appended(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report *report = NULL;
    place_make(&place, three_rows);
    convert_ok(&place, NULL, 1, 3);
    assert_ok(convert(&place, NULL, &report), &error);
    assert_int_equal(report->version, 2);
    assert_int_equal(report->sources[0].committed_before, 1);
    stoa_convert_report_free(report);
    assert_int_equal(dataset_rows(place.dataset), 6);
    fixture_place_done(&place);
}

static void test_header_alone_is_a_version_without_files(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report *report = NULL;
    place_make(&place, "id,name\n");
    assert_ok(convert(&place, NULL, &report), &error);
    assert_int_equal(report->version, 1);
    assert_int_equal(report->rows_read, 0);
    assert_int_equal(report->file_count, 0);
    assert_int_equal(report->column_count, 2);
    stoa_convert_report_free(report);
    assert_int_equal(dataset_rows(place.dataset), 0);
    fixture_place_done(&place);
}

static void test_dry_run_writes_nothing(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report *report = NULL;
    struct stat facts;
    place_make(&place, three_rows);
    const char *const keys[] = {"name"};
    const stoa_convert_options options = {
        .dry_run = 1, .partition_by = keys, .partition_count = 1};
    assert_ok(convert(&place, &options, &report), &error);
    assert_int_equal(report->version, 1);
    assert_int_equal(report->rows_written, 3);
    assert_int_equal(report->partition_count, 3);
    stoa_convert_report_free(report);
    assert_int_equal(stat(place.dataset, &facts), -1);
    fixture_place_done(&place);
}

static void test_mode_create_refuses_a_dataset(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report *report = NULL;
    const stoa_convert_options create = {.mode = "create"};
    place_make(&place, three_rows);
    convert_ok(&place, &create, 1, 3);
    assert_fails(convert(&place, &create, &report), STOA_E_EXISTS, &error);
    assert_int_equal(dataset_rows(place.dataset), 3);
    fixture_place_done(&place);
}

static void test_outputs_that_are_something_else_are_refused(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report *report = NULL;
    place_make(&place, three_rows);
    /* a file */
    test_file_write(&place.directory, "ds", "x", 1);
    assert_fails(convert(&place, NULL, &report), STOA_E_EXISTS, &error);
    assert_int_equal(unlink(place.dataset), 0);
    /* a directory that holds other things */
    assert_int_equal(mkdir(place.dataset, 0777), 0);
    test_file_write(&place.directory, "ds/photo.jpg", "x", 1);
    assert_fails(convert(&place, NULL, &report), STOA_E_NOT_DATASET, &error);
    assert_false(test_file_exists(&place.directory, "ds/_stoa/format"));
    assert_int_equal(unlink(test_path(&place.directory, "ds/photo.jpg")), 0);
    /* an empty one is fine */
    convert_ok(&place, NULL, 1, 3);
    /* the source itself */
    (void)snprintf(place.dataset, sizeof place.dataset, "%s", place.source);
    assert_fails(convert(&place, NULL, &report), STOA_E_USAGE, &error);
    fixture_place_done(&place);
}

static void test_half_made_dataset_is_completed(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_dataset *dataset = NULL;
    place_make(&place, three_rows);
    assert_int_equal(mkdir(place.dataset, 0777), 0);
    assert_int_equal(mkdir(test_path(&place.directory, "ds/_stoa"), 0777), 0);
    assert_fails(stoa_dataset_open(place.dataset, &dataset, &error), STOA_E_NOT_DATASET,
                 &error);
    struct stoa_root root;
    assert_ok(stoa_root_create(place.dataset, &root, &error), &error);
    stoa_root_close(&root);
    assert_fails(stoa_dataset_open(place.dataset, &dataset, &error), STOA_E_NOT_DATASET,
                 &error);
    assert_contains(error.message, "did not end");
    convert_ok(&place, &(stoa_convert_options){.mode = "create"}, 1, 3);
    fixture_place_done(&place);
}

static void test_drift_names_column_line_and_value(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report *report = NULL;
    place_make(&place, three_rows);
    convert_ok(&place, NULL, 1, 3);
    fixture_place_write(&place, "id,name,price\n4,x,1.00\nC-17,y,2.00\n");
    assert_fails(convert(&place, NULL, &report), STOA_E_DRIFT, &error);
    assert_contains(error.message, "\"id\"");
    assert_contains(error.message, "C-17");
    assert_contains(error.message, "1 of 2");
    assert_contains(error.place, "feed.csv:3");
    assert_contains(error.hint, "id=text");
    fixture_place_write(&place, "id,name,price,extra\n4,x,1.00,9\n");
    assert_fails(convert(&place, NULL, &report), STOA_E_DRIFT, &error);
    assert_contains(error.message, "new column \"extra\"");
    fixture_place_write(&place, "id,price\n4,1.00\n");
    assert_fails(convert(&place, NULL, &report), STOA_E_DRIFT, &error);
    assert_contains(error.message, "\"name\"");
    assert_contains(error.excerpt, "missing");
    assert_int_equal(dataset_rows(place.dataset), 3);
    fixture_place_done(&place);
}

static void test_exact_fits_take_the_types_of_the_dataset(void **state)
{
    (void)state;
    struct fixture_place place;
    place_make(&place, three_rows);
    convert_ok(&place, NULL, 1, 3);
    /* Integers where decimals were, other order and case of the columns, all NULL. */
    fixture_place_write(&place, "Price,ID,Name\n7,4,\n8,5,\n");
    convert_ok(&place, NULL, 2, 2);
    stoa_dataset *dataset = NULL;
    stoa_column_info info;
    assert_ok(stoa_dataset_open(place.dataset, &dataset, &error), &error);
    assert_int_equal(stoa_dataset_get_info(dataset)->schema.field_count, 3);
    assert_ok(stoa_dataset_column(dataset, 2, &info, &error), &error);
    assert_string_equal(info.min, "1.50");
    assert_string_equal(info.max, "10.00");
    stoa_dataset_close(dataset);
    fixture_place_done(&place);
}

static void test_partition_columns_are_kept_by_the_dataset(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report *report = NULL;
    const char *const by_name[] = {"NAME"};
    const char *const by_id[] = {"id"};
    const char *const by_none[] = {"nothing"};
    const char *const twice[] = {"name", "Name"};
    place_make(&place, three_rows);
    stoa_convert_options options = {.partition_by = by_none, .partition_count = 1};
    assert_fails(convert(&place, &options, &report), STOA_E_USAGE, &error);
    options = (stoa_convert_options){.partition_by = twice, .partition_count = 2};
    assert_fails(convert(&place, &options, &report), STOA_E_USAGE, &error);
    assert_int_not_equal(access(place.dataset, F_OK), 0); /* nothing was made */
    options.partition_count = 1;
    options.partition_by = by_name;
    convert_ok(&place, &options, 1, 3);
    options.partition_by = by_id;
    assert_fails(convert(&place, &options, &report), STOA_E_PARTITION, &error);
    options.partition_by = by_name;
    convert_ok(&place, &options, 2, 3);
    convert_ok(&place, NULL, 3, 3);
    stoa_dataset *dataset = NULL;
    assert_ok(stoa_dataset_open(place.dataset, &dataset, &error), &error);
    assert_int_equal(stoa_dataset_get_info(dataset)->partition_count, 3);
    assert_int_equal(stoa_dataset_get_info(dataset)->file_count, 9);
    stoa_dataset_close(dataset);
    assert_true(test_file_exists(&place.directory, "ds/_stoa/format"));
    assert_int_equal(access(test_path(&place.directory, "ds/name=a"), F_OK), 0);
    assert_int_equal(
        access(test_path(&place.directory, "ds/name=__HIVE_DEFAULT_PARTITION__"), F_OK), 0);
    fixture_place_done(&place);
}

static int count_versions(void *context, const stoa_version_info *info)
{
    uint64_t *expected = context;
    assert_int_equal(info->version, *expected);
    assert_int_equal(info->rows_written, 3);
    assert_int_equal(info->total_rows, 3 * *expected);
    assert_int_equal(info->source_count, 1);
    assert_string_equal(info->operation, *expected == 1 ? "create" : "append");
    assert_true(info->committed_us > 1000000000000000);
    return --*expected == 1;
}

static void test_log_shows_versions_newest_first_until_told_to_stop(void **state)
{
    (void)state;
    struct fixture_place place;
    uint64_t expected = 3;
    place_make(&place, three_rows);
    for (uint64_t version = 1; version <= 3; version++)
        convert_ok(&place, NULL, version, 3);
    assert_ok(stoa_dataset_log(place.dataset, count_versions, &expected, &error), &error);
    assert_int_equal(expected, 1);
    fixture_place_done(&place);
}

static void test_bad_rows_leave_the_dataset_as_it_was(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report *report = NULL;
    struct stat facts;
    place_make(&place, "id,name\n1,a\n2,b,c\n");
    assert_fails(convert(&place, NULL, &report), STOA_E_TOO_MANY_FIELDS, &error);
    assert_contains(error.place, "feed.csv:3");
    assert_int_equal(stat(place.dataset, &facts), -1); /* not even begun */
    fixture_place_done(&place);
}

static int stop_in_pass_two(void *context, const stoa_convert_progress *progress)
{
    (void)context;
    return progress->pass == 2;
}

static void test_caller_can_stop(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report *report = NULL;
    place_make(&place, three_rows);
    convert_ok(&place, NULL, 1, 3);
    const stoa_convert_options options = {.on_progress = stop_in_pass_two};
    assert_fails(convert(&place, &options, &report), STOA_E_INTERRUPTED, &error);
    assert_int_equal(dataset_rows(place.dataset), 3);
    fixture_place_done(&place);
}

struct stop {
    unsigned at; /* call of pass 3 that stops; 0: none */
    unsigned calls;
    stoa_convert_progress last;
};

static int stop_in_pass_three(void *context, const stoa_convert_progress *progress)
{
    struct stop *stop = context;
    assert_true(progress->pass >= stop->last.pass);
    assert_true(progress->bytes_done <= progress->bytes_total);
    if (progress->pass == stop->last.pass)
        assert_true(progress->bytes_done >= stop->last.bytes_done);
    stop->last = *progress;
    return progress->pass == 3 && ++stop->calls == stop->at;
}

/* While partitions are written, files settle, and before the link: each time nothing has
 * happened, and once the link is made nobody asks any more. */
static void test_caller_can_stop_until_the_commit(void **state)
{
    (void)state;
    struct fixture_place place;
    struct stop stop = {0};
    stoa_convert_report *report = NULL;
    const char *const keys[] = {"name"};
    const stoa_convert_options options = {.partition_by = keys,
                                          .partition_count = 1,
                                          .on_progress = stop_in_pass_three,
                                          .progress_context = &stop};
    place_make(&place, three_rows);
    convert_ok(&place, &(stoa_convert_options){.partition_by = keys, .partition_count = 1},
               1, 3);
    convert_ok(&place, &options, 2, 3);
    const unsigned calls = stop.calls;
    assert_true(calls >= 3 + 3 + 1); /* pieces, checks, the link */
    assert_int_equal(stop.last.bytes_done, stop.last.bytes_total);
    assert_true(stop.last.bytes_total > 0);
    for (unsigned at = 1; at <= calls; at++) {
        stop = (struct stop){.at = at};
        assert_fails(convert(&place, &options, &report), STOA_E_INTERRUPTED, &error);
        assert_int_equal(dataset_rows(place.dataset), 6);
    }
    stop = (struct stop){.at = calls + 1};
    convert_ok(&place, &options, 3, 3);
    fixture_place_done(&place);
}

static void test_misuse_is_refused_before_anything_happens(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report *report = NULL;
    place_make(&place, three_rows);
    const stoa_convert_options wrong[] = {
        {.mode = "replace"}, {.profile = "best"}, {.memory = STOA_CONVERT_MEMORY_LEAST - 1},
        {.header = 3},       {.format = "xml"},   {.reserved = {0, 1}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_fails(convert(&place, &wrong[i], &report), STOA_E_USAGE, &error);
    stoa_convert_options none = {.dataset = place.dataset};
    assert_fails(stoa_convert(&none, &report, &error), STOA_E_USAGE, &error);
    assert_fails(stoa_convert(NULL, &report, &error), STOA_E_USAGE, &error);
    stoa_convert_report_free(NULL);
    fixture_place_done(&place);
}

/* [DS-6, DS-42] */
static void test_no_dataset_is_made_in_another_and_gc_enters_none(void **state)
{
    (void)state;
    static const char *const inside[] = {"ds/y", "ds/k=v", "ds/k=v/deep/y", "ds/_stoa",
                                         "ds/_stoa/tmp/y"};
    static const char *const nested[] = {"ds/y", "ds/k=v"};
    const stoa_gc_options options = {.use_grace = 1};
    stoa_convert_report *report = NULL;
    stoa_gc_report removed;
    struct fixture_place place;
    char outer[300];
    place_make(&place, three_rows);
    memcpy(outer, place.dataset, sizeof outer);
    convert_ok(&place, NULL, 1, 3);
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
        (void)snprintf(place.dataset, sizeof place.dataset, "%s",
                       test_path(&place.directory, inside[i]));
        assert_fails(convert(&place, NULL, &report), STOA_E_USAGE, &error);
        assert_contains(error.message, "inside a dataset");
    }
    assert_false(test_file_exists(&place.directory, "ds/k=v"));
    for (size_t i = 0; i < 2; i++) { /* as earlier writers could */
        uint64_t version = 0;
        (void)snprintf(place.dataset, sizeof place.dataset, "%s",
                       test_path(&place.directory, nested[i]));
        assert_ok(
            fixture_commit(&(struct fixture_options){.path = place.dataset, .rows = 50},
                           &version, &error),
            &error);
    }
    assert_ok(stoa_gc(outer, &options, &removed, &error), &error);
    assert_int_equal(removed.files_removed, 0);
    for (size_t i = 0; i < 2; i++)
        fixture_check(test_path(&place.directory, nested[i]),
                      &(struct fixture_range){0, 50}, 1, 0);
    fixture_place_done(&place);
}

static void test_bytes_named_twice_are_told(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_convert_report *report = NULL;
    char again[300];
    place_make(&place, three_rows);
    (void)snprintf(again, sizeof again, "%s", test_path(&place.directory, "again.csv"));
    assert_int_equal(link(place.source, again), 0);
    const char *const sources[] = {place.source, again};
    const stoa_convert_options options = {.sources = sources, .source_count = 2};
    assert_ok(convert(&place, &options, &report), &error);
    assert_int_equal(report->rows_written, 6);
    assert_true(report->notice_count >= 1);
    assert_contains(report->notices[report->notice_count - 1], "again.csv");
    assert_contains(report->notices[report->notice_count - 1], "the very bytes of source");
    stoa_convert_report_free(report);
    fixture_place_done(&place);
}

/* [DS-5] */
static void test_no_dataset_hides_a_version(void **state)
{
    (void)state;
    stoa_convert_report *report = NULL;
    struct fixture_place place;
    place_make(&place, three_rows);
    convert_ok(&place, NULL, 1, 3);
    (void)snprintf(place.dataset, sizeof place.dataset, "%s",
                   test_path(&place.directory, "ds@1"));
    assert_fails(convert(&place, NULL, &report), STOA_E_USAGE, &error);
    assert_contains(error.message, "found version 1 of one");
    assert_false(test_file_exists(&place.directory, "ds@1"));
    assert_int_equal(dataset_rows(place.dataset), 3);
    (void)snprintf(place.dataset, sizeof place.dataset, "%s",
                   test_path(&place.directory, "other@1"));
    convert_ok(&place, NULL, 1, 3);
    fixture_place_done(&place);
}

/* [DS-4] */
static void test_a_link_may_stand_for_the_dataset(void **state)
{
    (void)state;
    struct fixture_place place;
    stoa_verify_report report;
    char linked[300];
    place_make(&place, three_rows);
    convert_ok(&place, NULL, 1, 3);
    (void)snprintf(linked, sizeof linked, "%s", test_path(&place.directory, "link"));
    assert_int_equal(symlink("ds", linked), 0);
    assert_int_equal(dataset_rows(linked), 3);
    assert_ok(stoa_verify(linked, 1, 1, NULL, NULL, &report, &error), &error);
    assert_int_equal(report.versions, 1);
    fixture_place_done(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_becomes_version_one),
        cmocka_unit_test(test_same_bytes_again_are_told_and_appended),
        cmocka_unit_test(test_header_alone_is_a_version_without_files),
        cmocka_unit_test(test_dry_run_writes_nothing),
        cmocka_unit_test(test_mode_create_refuses_a_dataset),
        cmocka_unit_test(test_outputs_that_are_something_else_are_refused),
        cmocka_unit_test(test_half_made_dataset_is_completed),
        cmocka_unit_test(test_drift_names_column_line_and_value),
        cmocka_unit_test(test_exact_fits_take_the_types_of_the_dataset),
        cmocka_unit_test(test_partition_columns_are_kept_by_the_dataset),
        cmocka_unit_test(test_log_shows_versions_newest_first_until_told_to_stop),
        cmocka_unit_test(test_bad_rows_leave_the_dataset_as_it_was),
        cmocka_unit_test(test_caller_can_stop),
        cmocka_unit_test(test_caller_can_stop_until_the_commit),
        cmocka_unit_test(test_no_dataset_is_made_in_another_and_gc_enters_none),
        cmocka_unit_test(test_bytes_named_twice_are_told),
        cmocka_unit_test(test_no_dataset_hides_a_version),
        cmocka_unit_test(test_a_link_may_stand_for_the_dataset),
        cmocka_unit_test(test_misuse_is_refused_before_anything_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
