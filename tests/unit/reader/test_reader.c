/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader/reader.c: what open accepts and refuses, and that a file of any wrong length is
 * refused. Damage inside is the business of tests/corrupt.
 */
#include "tests/tables/test_table.h"

#include <stdlib.h>
#include <string.h>

#include "format/layout.h"
#include "tests/support/fault_io.h"

static const struct test_write_options plain = {.profile = STOA_PROFILE_BALANCED};

static const struct test_column_spec small_specs[] = {
    {"i", {STOA_TYPE_INT64, 0, 0},   TEST_VALUES_NARROW, TEST_NULLS_SOME},
    {"t", {STOA_TYPE_TEXT, 0, 0},    TEST_VALUES_FEW,    TEST_NULLS_NONE},
    {"f", {STOA_TYPE_FLOAT64, 0, 0}, TEST_VALUES_WIDE,   TEST_NULLS_NONE},
};

static void make_small(struct test_table *table, struct test_directory *directory)
{
    struct test_random random = test_random_start(1);
    test_directory_make(directory);
    test_table_make(table, &random, small_specs, sizeof small_specs / sizeof *small_specs,
                    300);
    test_table_write(table, directory, "t.stoa", &plain, NULL);
}

/* A new file each time: ext4 flushes one that is cut to nothing and written again. */
static stoa_status open_bytes(const struct test_directory *directory, const void *bytes,
                              size_t size, stoa_error *err)
{
    struct stoa_reader *reader = NULL;
    assert_ok(stoa_io_remove(directory->fd, "x.stoa", err), err);
    test_file_write(directory, "x.stoa", bytes, size);
    const stoa_status status = test_reader_open(directory, "x.stoa", &reader, err);
    stoa_reader_close(reader);
    return status;
}

static void test_open_tells_the_files_figures(void **state)
{
    struct test_directory directory;
    struct test_table table;
    struct stoa_reader *reader = NULL;
    size_t size = 0;
    (void)state;
    make_small(&table, &directory);
    free(test_file_read(&directory, "t.stoa", &size));
    assert_ok(test_reader_open(&directory, "t.stoa", &reader, NULL), NULL);
    assert_int_equal(stoa_reader_rows(reader), 300);
    assert_int_equal(stoa_reader_columns(reader), 3);
    assert_int_equal(stoa_reader_row_groups(reader), 1);
    assert_int_equal(stoa_reader_file_size(reader), size);
    assert_string_equal(stoa_reader_name(reader), "t.stoa");
    stoa_reader_close(reader);
    stoa_reader_close(NULL);
    test_table_done(&table);
    test_directory_remove(&directory);
}

static void test_open_refuses_what_is_no_stoa_file(void **state)
{
    static const char text[] = "id,name\n1,a\n";
    struct test_directory directory;
    stoa_error error;
    char *zeros = calloc(1000, 1);
    (void)state;
    test_directory_make(&directory);
    assert_fails(open_bytes(&directory, text, sizeof text - 1, &error), STOA_E_NOT_STOA,
                 &error);
    assert_contains(error.place, "x.stoa");
    assert_fails(open_bytes(&directory, text, 0, &error), STOA_E_NOT_STOA, &error);
    assert_fails(open_bytes(&directory, zeros, 1000, &error), STOA_E_NOT_STOA, &error);
    free(zeros);
    test_directory_remove(&directory);
}

static void test_open_refuses_every_truncation(void **state)
{
    struct test_directory directory;
    struct test_table table;
    size_t size = 0;
    (void)state;
    make_small(&table, &directory);
    char *bytes = test_file_read(&directory, "t.stoa", &size);
    for (size_t length = 0; length < size; length++) {
        stoa_error error;
        assert_fails(open_bytes(&directory, bytes, length, &error),
                     length < 4 ? STOA_E_NOT_STOA : STOA_E_CORRUPT, &error);
    }
    free(bytes);
    test_table_done(&table);
    test_directory_remove(&directory);
}

static void test_open_refuses_bytes_behind_the_end(void **state)
{
    struct test_directory directory;
    struct test_table table;
    size_t size = 0;
    (void)state;
    make_small(&table, &directory);
    char *bytes = test_file_read(&directory, "t.stoa", &size);
    for (size_t more = 1; more < 300; more++) {
        stoa_error error;
        char *longer = calloc(size + more, 1);
        memcpy(longer, bytes, size);
        assert_fails(open_bytes(&directory, longer, size + more, &error), STOA_E_CORRUPT,
                     &error);
        /* The same with the file's own end repeated. */
        memcpy(longer + size, bytes + size - more, more);
        assert_fails(open_bytes(&directory, longer, size + more, &error), STOA_E_CORRUPT,
                     &error);
        free(longer);
    }
    free(bytes);
    test_table_done(&table);
    test_directory_remove(&directory);
}

static void test_open_checks_the_size_it_was_told(void **state)
{
    struct test_directory directory;
    struct test_table table;
    size_t size = 0;
    (void)state;
    make_small(&table, &directory);
    free(test_file_read(&directory, "t.stoa", &size));
    for (int more = 0; more < 2; more++) {
        struct stoa_file file = STOA_FILE_CLOSED;
        struct stoa_reader *reader = NULL;
        stoa_error error;
        const struct stoa_reader_options options = {.expected_size = size + (size_t)more};
        assert_ok(stoa_io_open(directory.fd, "t.stoa", STOA_OPEN_READ, NULL, &file, &error),
                  &error);
        const stoa_status status = stoa_reader_open(&file, &options, &reader, &error);
        assert_int_equal(file.fd, -1); /* taken over */
        assert_int_equal(status, more ? STOA_E_CORRUPT : STOA_OK);
        stoa_reader_close(reader);
    }
    test_table_done(&table);
    test_directory_remove(&directory);
}

static void test_a_file_without_rows_opens(void **state)
{
    struct test_random random = test_random_start(2);
    struct test_directory directory;
    struct test_table table;
    struct stoa_reader *reader = NULL;
    struct stoa_stats stats;
    stoa_error error;
    (void)state;
    test_directory_make(&directory);
    test_table_random(&table, &random, 0);
    test_table_write(&table, &directory, "t.stoa", &plain, NULL);
    assert_ok(test_reader_open(&directory, "t.stoa", &reader, &error), &error);
    test_table_compare(&table, reader);
    assert_int_equal(stoa_reader_row_groups(reader), 0);
    assert_ok(stoa_reader_file_stats(reader, 4, &stats, &error), &error);
    assert_int_equal(stats.rows, 0);
    assert_false(stats.has_bounds);
    assert_ok(stoa_reader_verify(reader, true, NULL, NULL, NULL, &error), &error);
    stoa_reader_close(reader);
    test_table_done(&table);
    test_directory_remove(&directory);
}

/* ---- faults ---- */

static stoa_status count_rows(void *context, uint32_t column, uint64_t first_row,
                              const struct stoa_vector *vector, stoa_error *err)
{
    uint64_t *rows = context;
    STOA_UNUSED(column);
    STOA_UNUSED(first_row);
    STOA_UNUSED(err);
    *rows += vector->length;
    return STOA_OK;
}

/* Opens, scans and verifies: all that reading can do. */
static stoa_status read_all(void *context, stoa_error *err)
{
    const struct test_directory *directory = context;
    struct stoa_reader *reader = NULL;
    uint64_t rows = 0;
    uint32_t column = 0;
    bool found = false;
    stoa_status status = STOA_OK;
    STOA_TRY(test_reader_open(directory, "t.stoa", &reader, err));
    STOA_TRY_CLEANUP(stoa_reader_find(reader, "t", &found, &column, err));
    STOA_TRY_CLEANUP(test_reader_scan(reader, count_rows, &rows, err));
    STOA_TRY_CLEANUP(stoa_reader_verify(reader, true, NULL, NULL, NULL, err));
    assert_int_equal(rows, 900);
cleanup:
    stoa_reader_close(reader);
    return status;
}

static void test_every_failing_allocation_is_reported(void **state)
{
    struct test_directory directory;
    struct test_table table;
    (void)state;
    make_small(&table, &directory);
    assert_true(test_allocation_failures(read_all, &directory) > 20);
    test_table_done(&table);
    test_directory_remove(&directory);
}

static void test_every_failing_read_is_reported(void **state)
{
    struct test_directory directory;
    struct test_table table;
    struct fault_loop loop = FAULT_LOOP_START;
    (void)state;
    make_small(&table, &directory);
    while (fault_loop_next(&loop)) {
        stoa_error error;
        stoa_error_clear(&error);
        fault_loop_arm(&loop);
        const stoa_status status = read_all(&directory, &error);
        fault_loop_disarm(&loop);
        assert_true(status == STOA_OK || loop.fired);
        if (status != STOA_OK)
            assert_contains(error.place, "t.stoa");
    }
    assert_true(loop.runs > 10);
    test_table_done(&table);
    test_directory_remove(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_tells_the_files_figures),
        cmocka_unit_test(test_open_refuses_what_is_no_stoa_file),
        cmocka_unit_test(test_open_refuses_every_truncation),
        cmocka_unit_test(test_open_refuses_bytes_behind_the_end),
        cmocka_unit_test(test_open_checks_the_size_it_was_told),
        cmocka_unit_test(test_a_file_without_rows_opens),
        cmocka_unit_test(test_every_failing_allocation_is_reported),
        cmocka_unit_test(test_every_failing_read_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
