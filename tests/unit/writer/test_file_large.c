/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer/file/row_group_encode.c on row groups of many batches: full ones, ones that hardly
 * shrink (encoded columns are freed on the way), and ones that wide rows cut. Slow.
 */
#include "tests/tables/test_table.h"

#include <stdlib.h>
#include <string.h>

/* The file's hash and what reading finds. */
static struct stoa_hash128 write_and_check(const struct test_table *table, unsigned threads,
                                           uint32_t append_rows, uint32_t row_groups)
{
    struct test_directory directory;
    struct stoa_file_summary summary;
    struct stoa_reader *reader = NULL;
    stoa_error error;
    const struct test_write_options options = {
        .profile = STOA_PROFILE_FAST, .threads = threads, .append_rows = append_rows};
    test_directory_make(&directory);
    test_table_write(table, &directory, "t.stoa", &options, &summary);
    assert_int_equal(summary.row_groups, row_groups);
    if (threads == 0) {
        assert_ok(test_reader_open(&directory, "t.stoa", &reader, &error), &error);
        test_table_compare(table, reader);
        assert_ok(stoa_reader_verify(reader, true, NULL, NULL, NULL, &error), &error);
        stoa_reader_close(reader);
    }
    test_directory_remove(&directory);
    return summary.hash;
}

/* [FMT-5] The same file for every number of threads. */
static void check_table(const struct test_table *table, uint32_t row_groups)
{
    const struct stoa_hash128 expected = write_and_check(table, 0, 0, row_groups);
    for (unsigned threads = 1; threads <= 4; threads *= 2) {
        const struct stoa_hash128 found =
            write_and_check(table, threads, 100000, row_groups);
        assert_true(found.low == expected.low && found.high == expected.high);
    }
}

static void test_full_row_groups_do_not_depend_on_threads(void **state)
{
    static const struct test_column_spec specs[] = {
        {"i", {STOA_TYPE_INT64, 0, 0},   TEST_VALUES_NARROW, TEST_NULLS_SOME},
        {"t", {STOA_TYPE_TEXT, 0, 0},    TEST_VALUES_FEW,    TEST_NULLS_NONE},
        {"f", {STOA_TYPE_FLOAT64, 0, 0}, TEST_VALUES_FEW,    TEST_NULLS_RUNS},
        {"b", {STOA_TYPE_BOOL, 0, 0},    TEST_VALUES_RUNS,   TEST_NULLS_NONE},
    };
    struct test_random random = test_random_start(1);
    struct test_table table;
    (void)state;
    test_table_make(&table, &random, specs, sizeof specs / sizeof *specs, 1048576 + 5000);
    check_table(&table, 2);
    test_table_done(&table);
}

/* Six columns of random numbers: 48 bytes a row, nothing to be gained. */
static void test_row_groups_that_do_not_shrink_are_written_right(void **state)
{
    static const struct test_column_spec specs[] = {
        {"a", {STOA_TYPE_UINT64, 0, 0}, TEST_VALUES_WIDE, TEST_NULLS_NONE},
        {"b", {STOA_TYPE_UINT64, 0, 0}, TEST_VALUES_WIDE, TEST_NULLS_NONE},
        {"c", {STOA_TYPE_UINT64, 0, 0}, TEST_VALUES_WIDE, TEST_NULLS_SOME},
        {"d", {STOA_TYPE_UUID, 0, 0},   TEST_VALUES_WIDE, TEST_NULLS_NONE},
        {"e", {STOA_TYPE_UINT64, 0, 0}, TEST_VALUES_WIDE, TEST_NULLS_NONE},
    };
    struct test_random random = test_random_start(2);
    struct test_table table;
    (void)state;
    test_table_make(&table, &random, specs, sizeof specs / sizeof *specs, 1048576 + 1000);
    check_table(&table, 2);
    test_table_done(&table);
}

/* [FMT-4] Rows of about 400 KB. */
static void test_wide_rows_cut_row_groups(void **state)
{
    enum { ROWS = 400, SIZE = 400000 };
    struct stoa_column_builder builder;
    struct test_table table = {.rows = ROWS, .columns = &builder};
    stoa_field field = {
        "t", 1, {STOA_TYPE_BINARY, 0, 0},
          true
    };
    uint8_t *bytes = calloc(SIZE, 1);
    (void)state;
    stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
    for (uint32_t row = 0; row < ROWS; row++) {
        const struct stoa_value value = {
            .is_null = row % 7 == 6,
            .bytes = {.data = bytes, .length = SIZE - row % 100 * 1000}
        };
        bytes[row] = (uint8_t)row;
        assert_ok(stoa_column_builder_append(&builder, &value, NULL), NULL);
    }
    table.schema = (stoa_schema){.fields = &field, .field_count = 1};
    check_table(&table, 2);
    stoa_column_builder_done(&builder);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_row_groups_do_not_depend_on_threads),
        cmocka_unit_test(test_row_groups_that_do_not_shrink_are_written_right),
        cmocka_unit_test(test_wide_rows_cut_row_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
