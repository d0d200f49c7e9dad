/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer/file/file_writer.c and what it drives, through whole files: what was written is read
 * back bit by bit, bytes do not depend on how rows arrive, and every failure is clean.
 */
#include "tests/tables/test_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "format/layout.h"
#include "tests/support/fault_io.h"

static const struct test_write_options plain = {.profile = STOA_PROFILE_BALANCED};

static void check_file(const struct test_table *table,
                       const struct test_directory *directory, const char *name)
{
    struct stoa_reader *reader = NULL;
    stoa_error error;
    assert_ok(test_reader_open(directory, name, &reader, &error), &error);
    test_table_compare(table, reader);
    assert_ok(stoa_reader_verify(reader, true, NULL, NULL, NULL, &error), &error);
    stoa_reader_close(reader);
}

static void round_trip(const struct test_table *table,
                       const struct test_write_options *options)
{
    struct test_directory directory;
    test_directory_make(&directory);
    test_table_write(table, &directory, "t.stoa", options, NULL);
    check_file(table, &directory, "t.stoa");
    test_directory_remove(&directory);
}

static void test_files_of_every_type_read_back_as_written(void **state)
{
    static const uint32_t rows[] = {0, 1, 2, 63, 64, 65, 1023, 1024, 1025, 8191, 10000};
    struct test_random random = test_random_start(1);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct test_table table;
        const struct test_write_options options = {.profile = (enum stoa_profile)(i % 3)};
        test_table_random(&table, &random, rows[i]);
        round_trip(&table, &options);
        test_table_done(&table);
    }
}

/* Every way values can look with every pattern of NULLs. */
static void test_all_values_and_null_patterns_read_back(void **state)
{
    struct test_random random = test_random_start(2);
    (void)state;
    for (int values = 0; values < TEST_VALUES_COUNT; values++) {
        struct test_column_spec specs[TEST_TYPE_COUNT * TEST_NULLS_COUNT];
        char names[TEST_TYPE_COUNT * TEST_NULLS_COUNT][16];
        struct test_table table;
        for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
            snprintf(names[i], sizeof names[i], "c%zu", i);
            specs[i] = (struct test_column_spec){
                .name = names[i],
                .type = test_type(i / TEST_NULLS_COUNT),
                .values = (enum test_values)values,
                .nulls = (enum test_nulls)(i % TEST_NULLS_COUNT),
            };
        }
        test_table_make(&table, &random, specs, sizeof specs / sizeof *specs, 1500);
        round_trip(&table, &plain);
        test_table_done(&table);
    }
}

static void test_blocks_begin_every_65536_rows(void **state)
{
    static const uint32_t rows[] = {65535, 65536, 65537, 200000};
    struct test_random random = test_random_start(3);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct test_column_spec specs[] = {
            {"i", {STOA_TYPE_INT64, 0, 0},   TEST_VALUES_WIDE,   TEST_NULLS_SOME},
            {"t", {STOA_TYPE_TEXT, 0, 0},    TEST_VALUES_FEW,    TEST_NULLS_RUNS},
            {"b", {STOA_TYPE_BOOL, 0, 0},    TEST_VALUES_RUNS,   TEST_NULLS_NONE},
            {"f", {STOA_TYPE_FLOAT64, 0, 0}, TEST_VALUES_NARROW, TEST_NULLS_NONE},
        };
        struct test_table table;
        test_table_make(&table, &random, specs, sizeof specs / sizeof *specs, rows[i]);
        round_trip(&table, &plain);
        test_table_done(&table);
    }
}

/* [FMT-5] */
static void test_bytes_do_not_depend_on_appends_and_threads(void **state)
{
    static const uint32_t steps[] = {1, 7, 1024, 65536, 100000};
    struct test_random random = test_random_start(4);
    struct test_directory directory;
    struct test_table table;
    size_t expected_size = 0;
    (void)state;
    test_directory_make(&directory);
    test_table_random(&table, &random, 20000);
    test_table_write(&table, &directory, "expected.stoa", &plain, NULL);
    char *expected = test_file_read(&directory, "expected.stoa", &expected_size);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char name[32];
        size_t size = 0;
        const struct test_write_options options = {.threads = 1u << i % 3,
                                                   .append_rows = steps[i]};
        snprintf(name, sizeof name, "%zu.stoa", i);
        test_table_write(&table, &directory, name, &options, NULL);
        char *found = test_file_read(&directory, name, &size);
        assert_int_equal(size, expected_size);
        assert_bytes(found, expected, size);
        free(found);
    }
    free(expected);
    test_table_done(&table);
    test_directory_remove(&directory);
}

static void test_summary_tells_size_hash_rows_and_statistics(void **state)
{
    struct test_random random = test_random_start(5);
    struct test_directory directory;
    struct test_table table;
    struct stoa_file_summary summary;
    struct stoa_file file = STOA_FILE_CLOSED;
    struct stoa_file_writer *writer = NULL;
    const struct stoa_file_writer_options options = {.profile = STOA_PROFILE_FAST};
    struct stoa_column columns[TEST_TYPE_COUNT];
    size_t size = 0;
    stoa_error error;
    (void)state;
    test_directory_make(&directory);
    test_table_random(&table, &random, 3000);
    for (size_t i = 0; i < TEST_TYPE_COUNT; i++)
        columns[i] = stoa_column_builder_view(&table.columns[i]);
    assert_ok(
        stoa_io_open(directory.fd, "s.stoa", STOA_OPEN_CREATE_NEW, NULL, &file, &error),
        &error);
    assert_ok(stoa_file_writer_create(&file, &table.schema, &options, &writer, &error),
              &error);
    assert_ok(stoa_file_writer_append(writer, columns, table.rows, &error), &error);
    assert_true(stoa_file_writer_memory(writer) > 3000 * 8 * 10);
    assert_ok(stoa_file_writer_finish(writer, &summary, &error), &error);
    char *bytes = test_file_read(&directory, "s.stoa", &size);
    const struct stoa_hash128 hash = stoa_hash128(bytes, size);
    assert_int_equal(summary.rows, 3000);
    assert_int_equal(summary.row_groups, 1);
    assert_int_equal(summary.size, size);
    assert_true(summary.hash.low == hash.low && summary.hash.high == hash.high);
    for (size_t i = 0; i < TEST_TYPE_COUNT; i++) {
        assert_int_equal(summary.columns[i].rows, 3000);
        assert_int_equal(summary.columns[i].null_count, table.columns[i].null_count);
        assert_true(summary.stored_bytes[i] < size);
    }
    free(bytes);
    stoa_file_writer_free(writer);
    stoa_io_discard(&file);
    test_table_done(&table);
    test_directory_remove(&directory);
}

/* ---- what is refused ---- */

static stoa_status create_with(const stoa_field *fields, size_t count, stoa_error *err)
{
    struct test_directory directory;
    struct stoa_file file = STOA_FILE_CLOSED;
    struct stoa_file_writer *writer = NULL;
    const struct stoa_file_writer_options options = {.profile = STOA_PROFILE_FAST};
    const stoa_schema schema = {.fields = fields, .field_count = count};
    test_directory_make(&directory);
    assert_ok(stoa_io_open(directory.fd, "x", STOA_OPEN_CREATE_NEW, NULL, &file, err), err);
    const stoa_status status =
        stoa_file_writer_create(&file, &schema, &options, &writer, err);
    stoa_file_writer_free(writer);
    stoa_io_discard(&file);
    test_directory_remove(&directory);
    return status;
}

static void test_create_refuses_schemas_that_cannot_be_stored(void **state)
{
    static char long_name[STOA_MAX_NAME_BYTES + 2];
    const stoa_type int64 = {STOA_TYPE_INT64, 0, 0};
    stoa_error error;
    (void)state;
    memset(long_name, 'x', sizeof long_name - 1);
    const struct {
        stoa_field fields[2];
        size_t count;
        stoa_status status;
        const char *message;
    } cases[] = {
        {{{"a", 1, int64, true}},                        0, STOA_E_COLUMN,   "1 to 1048576 columns, found 0"},
        {{{"", 1, int64, true}},                         1, STOA_E_COLUMN,   "name of 1 to 4096 bytes"      },
        {{{long_name, 1, int64, true}},                  1, STOA_E_LIMIT,    "found 4097 bytes"             },
        {{{"\xFF", 1, int64, true}},                     1, STOA_E_ENCODING, "UTF-8"                        },
        {{{"a", 0, int64, true}},                        1, STOA_E_COLUMN,   "field id above 0"             },
        {{{"a", 1, {STOA_TYPE_DECIMAL, 39, 0}, true}},   1, STOA_E_TYPE,     "39 and 0"                     },
        {{{"a", 1, int64, true}, {"a", 2, int64, true}}, 2, STOA_E_COLUMN,   "\"a\" twice"                  },
        {{{"a", 9, int64, true}, {"b", 9, int64, true}}, 2, STOA_E_COLUMN,   "id 9"                         },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_fails(create_with(cases[i].fields, cases[i].count, &error), cases[i].status,
                     &error);
        assert_contains(error.message, cases[i].message);
    }
}

/* Appends one column of one row group; the status and error of the append. */
static stoa_status append_one(stoa_type type, bool nullable,
                              const struct stoa_column *column, stoa_error *err)
{
    struct test_directory directory;
    struct stoa_file file = STOA_FILE_CLOSED;
    struct stoa_file_writer *writer = NULL;
    const struct stoa_file_writer_options options = {.profile = STOA_PROFILE_FAST};
    const stoa_field field = {.name = "c", .id = 1, .type = type, .nullable = nullable};
    const stoa_schema schema = {.fields = &field, .field_count = 1};
    test_directory_make(&directory);
    assert_ok(stoa_io_open(directory.fd, "x", STOA_OPEN_CREATE_NEW, NULL, &file, err), err);
    assert_ok(stoa_file_writer_create(&file, &schema, &options, &writer, err), err);
    const stoa_status status = stoa_file_writer_append(writer, column, column->length, err);
    stoa_file_writer_free(writer);
    stoa_io_discard(&file);
    test_directory_remove(&directory);
    return status;
}

static void test_append_refuses_null_in_a_column_without_nulls(void **state)
{
    const uint64_t validity[1] = {5};
    const int64_t values[3] = {1, 2, 3};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 3, .validity = validity, .values = values};
    stoa_error error;
    (void)state;
    assert_fails(append_one((stoa_type){STOA_TYPE_INT64, 0, 0}, false, &column, &error),
                 STOA_E_BAD_VALUE, &error);
    assert_contains(error.place, "x: column \"c\", row 1");
}

static void test_append_refuses_text_that_is_not_utf8(void **state)
{
    /* Both halves of one letter in two values: well-formed only as a whole. */
    static const uint8_t bytes[] = {'a', 0xC3, 0xA4, 'b'};
    const uint32_t offsets[] = {0, 2, 4};
    const struct stoa_column column = {
        .phys = STOA_PHYS_BYTES, .length = 2, .offsets = offsets, .bytes = bytes};
    stoa_error error;
    (void)state;
    assert_fails(append_one((stoa_type){STOA_TYPE_TEXT, 0, 0}, true, &column, &error),
                 STOA_E_ENCODING, &error);
    assert_contains(error.message, "found byte c3 at offset 1");
    assert_contains(error.place, "row 0");
    assert_ok(append_one((stoa_type){STOA_TYPE_BINARY, 0, 0}, true, &column, &error),
              &error);
}

static void test_append_refuses_values_above_16_mib(void **state)
{
    const uint32_t size = (uint32_t)STOA_MAX_VALUE_BYTES + 1;
    const uint32_t offsets[] = {0, size};
    uint8_t *bytes = calloc(size, 1);
    const struct stoa_column column = {
        .phys = STOA_PHYS_BYTES, .length = 1, .offsets = offsets, .bytes = bytes};
    stoa_error error;
    (void)state;
    assert_fails(append_one((stoa_type){STOA_TYPE_BINARY, 0, 0}, true, &column, &error),
                 STOA_E_TOO_LONG, &error);
    assert_contains(error.message, "found 16777217");
    free(bytes);
}

/* ---- what lies behind a NULL ---- */

static void write_column(const struct test_directory *directory, const char *name,
                         const struct stoa_column *column, stoa_type type)
{
    struct stoa_file file = STOA_FILE_CLOSED;
    struct stoa_file_writer *writer = NULL;
    struct stoa_file_summary summary;
    const struct stoa_file_writer_options options = {.profile = STOA_PROFILE_BALANCED};
    const stoa_field field = {.name = "c", .id = 1, .type = type, .nullable = true};
    const stoa_schema schema = {.fields = &field, .field_count = 1};
    stoa_error error;
    assert_ok(stoa_io_open(directory->fd, name, STOA_OPEN_CREATE_NEW, NULL, &file, &error),
              &error);
    assert_ok(stoa_file_writer_create(&file, &schema, &options, &writer, &error), &error);
    assert_ok(stoa_file_writer_append(writer, column, column->length, &error), &error);
    assert_ok(stoa_file_writer_finish(writer, &summary, &error), &error);
    stoa_file_writer_free(writer);
    stoa_io_discard(&file);
}

/* [FMT-5] Bytes behind NULLs that are not even text do not show in the file. */
static void test_slots_behind_nulls_have_no_influence(void **state)
{
    static const uint8_t dirty[] = {0xFF, 0xFE, 'a', 'b', 0xFD};
    static const uint8_t clean[] = {'a', 'b'};
    const uint32_t dirty_offsets[] = {0, 2, 4, 5};
    const uint32_t clean_offsets[] = {0, 0, 2, 2};
    const uint64_t validity[1] = {2};
    struct stoa_column column = {.phys = STOA_PHYS_BYTES,
                                 .length = 3,
                                 .validity = validity,
                                 .offsets = dirty_offsets,
                                 .bytes = dirty};
    struct test_directory directory;
    size_t dirty_size = 0;
    size_t clean_size = 0;
    (void)state;
    test_directory_make(&directory);
    write_column(&directory, "dirty", &column, (stoa_type){STOA_TYPE_TEXT, 0, 0});
    column.offsets = clean_offsets;
    column.bytes = clean;
    write_column(&directory, "clean", &column, (stoa_type){STOA_TYPE_TEXT, 0, 0});
    char *dirty_file = test_file_read(&directory, "dirty", &dirty_size);
    char *clean_file = test_file_read(&directory, "clean", &clean_size);
    assert_int_equal(dirty_size, clean_size);
    assert_bytes(dirty_file, clean_file, clean_size);
    free(dirty_file);
    free(clean_file);
    test_directory_remove(&directory);
}

/* ---- faults ---- */

struct fault_work {
    const struct test_table *table;
    struct test_directory directory;
};

static stoa_status write_and_forget(void *context, stoa_error *err)
{
    const struct fault_work *work = context;
    struct stoa_file_summary summary;
    const struct test_write_options options = {.threads = 0, .append_rows = 700};
    const stoa_status status = test_table_try_write(work->table, &work->directory, "t.stoa",
                                                    &options, &summary, err);
    assert_int_equal(stoa_io_remove(work->directory.fd, "t.stoa", NULL), STOA_OK);
    return status;
}

static void make_small_table(struct test_table *table, struct test_random *random)
{
    static const struct test_column_spec specs[] = {
        {"i", {STOA_TYPE_INT32, 0, 0}, TEST_VALUES_WIDE, TEST_NULLS_SOME},
        {"t", {STOA_TYPE_TEXT, 0, 0},  TEST_VALUES_FEW,  TEST_NULLS_NONE},
        {"w", {STOA_TYPE_TEXT, 0, 0},  TEST_VALUES_WIDE, TEST_NULLS_HALF},
    };
    test_table_make(table, random, specs, sizeof specs / sizeof *specs, 1500);
}

static void test_every_failing_allocation_is_reported(void **state)
{
    struct test_random random = test_random_start(6);
    struct test_table table;
    (void)state;
    make_small_table(&table, &random);
    /* The table's own builders are live already; the loop compares with the start. */
    struct fault_work work = {.table = &table};
    test_directory_make(&work.directory);
    assert_true(test_allocation_failures(write_and_forget, &work) > 20);
    test_directory_remove(&work.directory);
    test_table_done(&table);
}

static void test_every_failing_write_is_reported(void **state)
{
    struct test_random random = test_random_start(7);
    struct fault_loop loop = FAULT_LOOP_START;
    struct test_table table;
    (void)state;
    make_small_table(&table, &random);
    while (fault_loop_next(&loop)) {
        struct test_directory directory;
        struct stoa_file_summary summary;
        stoa_error error;
        stoa_error_clear(&error);
        test_directory_make(&directory);
        fault_loop_arm(&loop);
        const stoa_status status =
            test_table_try_write(&table, &directory, "t.stoa", &plain, &summary, &error);
        fault_loop_disarm(&loop);
        if (status == STOA_OK)
            check_file(&table, &directory, "t.stoa");
        else
            assert_contains(error.place, "t.stoa");
        assert_true(status == STOA_OK || loop.fired);
        test_directory_remove(&directory);
    }
    assert_true(loop.runs > 10);
    test_table_done(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_of_every_type_read_back_as_written),
        cmocka_unit_test(test_all_values_and_null_patterns_read_back),
        cmocka_unit_test(test_blocks_begin_every_65536_rows),
        cmocka_unit_test(test_bytes_do_not_depend_on_appends_and_threads),
        cmocka_unit_test(test_summary_tells_size_hash_rows_and_statistics),
        cmocka_unit_test(test_create_refuses_schemas_that_cannot_be_stored),
        cmocka_unit_test(test_append_refuses_null_in_a_column_without_nulls),
        cmocka_unit_test(test_append_refuses_text_that_is_not_utf8),
        cmocka_unit_test(test_append_refuses_values_above_16_mib),
        cmocka_unit_test(test_slots_behind_nulls_have_no_influence),
        cmocka_unit_test(test_every_failing_allocation_is_reported),
        cmocka_unit_test(test_every_failing_write_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
