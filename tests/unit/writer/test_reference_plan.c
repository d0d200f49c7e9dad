/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer/file/reference_plan.c through whole files: which columns refer to which, that bytes do
 * not depend on threads, and that everything reads back.
 */
#include "tests/tables/test_correlated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "format/block.h"

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

static void test_correlated_columns_read_back(void **state)
{
    static const uint32_t rows[] = {1024, 1100, 5003, 66000};
    struct test_random random = test_random_start(11);
    (void)state;
    for (unsigned k = 0; k < 12; k++) {
        const struct test_write_options options = {.profile = (enum stoa_profile)(k % 3)};
        struct test_directory directory;
        struct test_table table;
        test_directory_make(&directory);
        test_table_correlated(&table, &random, rows[k % 4], k % 3 * 20, k % 2);
        test_table_write(&table, &directory, "t.stoa", &options, NULL);
        check_file(&table, &directory, "t.stoa");
        test_table_done(&table);
        test_directory_remove(&directory);
    }
}

/* [FMT-5] One batch of columns, and one column a batch. */
static void test_bytes_do_not_depend_on_threads(void **state)
{
    static const unsigned threads[] = {0, 1, 2, 4};
    static const uint32_t rows[] = {70000, 330000};
    struct test_random random = test_random_start(12);
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct test_directory directory;
        struct test_table table;
        char *first = NULL;
        size_t first_size = 0;
        test_directory_make(&directory);
        test_table_correlated(&table, &random, rows[i], 1, true);
        for (int k = 0; k < 4; k++) {
            const struct test_write_options options = {.profile = STOA_PROFILE_BALANCED,
                                                       .threads = threads[k]};
            char name[16];
            size_t size = 0;
            snprintf(name, sizeof name, "%d.stoa", k);
            test_table_write(&table, &directory, name, &options, NULL);
            char *bytes = test_file_read(&directory, name, &size);
            if (!first) {
                first = bytes;
                first_size = size;
                check_file(&table, &directory, name);
                continue;
            }
            assert_int_equal(size, first_size);
            assert_bytes(bytes, first, size);
            free(bytes);
        }
        free(first);
        test_table_done(&table);
        test_directory_remove(&directory);
    }
}

/* ---- who refers to whom ---- */

/* The column that a column's first block refers to, or -1. */
static int base_of(struct stoa_reader *reader, uint32_t column)
{
    struct stoa_block_slot slot;
    stoa_error error;
    stoa_block_slot_init(&slot);
    assert_ok(stoa_reader_load(reader, column, 0, 0, &slot, &error), &error);
    const struct stoa_node *node = slot.block.root;
    if (node->encoding->id == STOA_ENC_DICT)
        node = node->children[0];
    const int base = node->encoding->id == STOA_ENC_SAME ? node->bytes[12] : -1;
    stoa_block_slot_done(&slot);
    return base;
}

enum { NUMBERS = 5, ROWS = 20000 };

/* A table of int64 columns whose values come from `value`. */
static void check_bases(int64_t (*value)(struct test_random *random, uint32_t column,
                                         const int64_t *before),
                        const int expected[NUMBERS])
{
    static const struct test_column_spec specs[NUMBERS] = {
        {"a", {STOA_TYPE_INT64, 0, 0}, 0, TEST_NULLS_NONE},
        {"b", {STOA_TYPE_INT64, 0, 0}, 0, TEST_NULLS_NONE},
        {"c", {STOA_TYPE_INT64, 0, 0}, 0, TEST_NULLS_NONE},
        {"d", {STOA_TYPE_INT64, 0, 0}, 0, TEST_NULLS_NONE},
        {"e", {STOA_TYPE_INT64, 0, 0}, 0, TEST_NULLS_NONE},
    };
    struct test_random random = test_random_start(13);
    struct test_directory directory;
    struct test_table table;
    struct stoa_reader *reader = NULL;
    test_directory_make(&directory);
    test_table_make(&table, &random, specs, NUMBERS, 0);
    for (uint32_t row = 0; row < ROWS; row++) {
        int64_t values[NUMBERS];
        for (uint32_t c = 0; c < NUMBERS; c++) {
            values[c] = value(&random, c, values);
            const struct stoa_value one = {.i64 = values[c]};
            assert_ok(stoa_column_builder_append(&table.columns[c], &one, NULL), NULL);
        }
    }
    table.rows = ROWS;
    test_table_write(&table, &directory, "t.stoa", &plain, NULL);
    check_file(&table, &directory, "t.stoa");
    assert_ok(test_reader_open(&directory, "t.stoa", &reader, NULL), NULL);
    for (uint32_t c = 0; c < NUMBERS; c++) {
        if (base_of(reader, c) != expected[c])
            fail_msg("column %u refers to %d, expected %d", c, base_of(reader, c),
                     expected[c]);
    }
    stoa_reader_close(reader);
    test_table_done(&table);
    test_directory_remove(&directory);
}

/* b = a + x, c = b + x, so c = a + 2 x; d is nobody's, e = d. */
static int64_t chain(struct test_random *random, uint32_t column, const int64_t *before)
{
    if (column == 1 || column == 2)
        return before[column - 1] + (int64_t)test_random_below(random, 16);
    if (column == 4)
        return before[3];
    return (int64_t)test_random_below(random, 1000000);
}

static void test_one_that_refers_is_no_base(void **state)
{
    static const int expected[NUMBERS] = {-1, 0, 0, -1, 3};
    (void)state;
    check_bases(chain, expected);
}

/* Nothing goes with anything; c is mostly 7, which any column would "determine". */
static int64_t strangers(struct test_random *random, uint32_t column, const int64_t *before)
{
    (void)before;
    if (column == 2)
        return test_random_below(random, 60) ? 7 : (int64_t)test_random_below(random, 90);
    return (int64_t)test_random_below(random,
                                      column == 0 ? 10 : UINT64_C(1) << (4 * column));
}

static void test_strangers_do_not_refer(void **state)
{
    static const int expected[NUMBERS] = {-1, -1, -1, -1, -1};
    (void)state;
    check_bases(strangers, expected);
}

/* More columns than are looked at: the largest are the texts, wherever they stand. */
static void test_of_many_columns_the_largest_are_looked_at(void **state)
{
    enum { COLUMNS = 90, MANY_ROWS = 1200 };
    struct test_column_spec specs[COLUMNS];
    char names[COLUMNS][8];
    struct test_random random = test_random_start(14);
    struct test_directory directory;
    struct test_table table;
    struct stoa_reader *reader = NULL;
    (void)state;
    for (int c = 0; c < COLUMNS; c++) {
        snprintf(names[c], sizeof names[c], "c%d", c);
        specs[c] = (struct test_column_spec){
            names[c], {STOA_TYPE_BOOL, 0, 0},
             TEST_VALUES_WIDE, TEST_NULLS_NONE
        };
    }
    specs[70].type.id = specs[80].type.id = STOA_TYPE_INT64;
    test_directory_make(&directory);
    test_table_make(&table, &random, specs, COLUMNS, MANY_ROWS);
    int64_t *values = table.columns[80].values;
    memcpy(values, table.columns[70].values, MANY_ROWS * sizeof *values);
    test_table_write(&table, &directory, "t.stoa", &plain, NULL);
    check_file(&table, &directory, "t.stoa");
    assert_ok(test_reader_open(&directory, "t.stoa", &reader, NULL), NULL);
    assert_int_equal(base_of(reader, 80), 70);
    stoa_reader_close(reader);
    test_table_done(&table);
    test_directory_remove(&directory);
}

struct attempt {
    struct test_table table;
    struct test_directory directory;
    unsigned number;
};

static stoa_status write_one(void *context, stoa_error *err)
{
    struct attempt *attempt = context;
    struct stoa_file_summary summary;
    char name[32];
    snprintf(name, sizeof name, "%u.stoa", attempt->number++);
    return test_table_try_write(&attempt->table, &attempt->directory, name, &plain,
                                &summary, err);
}

static void test_short_memory_is_reported(void **state)
{
    struct attempt attempt = {.number = 0};
    struct test_random random = test_random_start(15);
    (void)state;
    test_directory_make(&attempt.directory);
    test_table_correlated(&attempt.table, &random, 1024, 2, true);
    assert_true(test_allocation_failures(write_one, &attempt) > 50);
    test_table_done(&attempt.table);
    test_directory_remove(&attempt.directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_correlated_columns_read_back),
        cmocka_unit_test(test_bytes_do_not_depend_on_threads),
        cmocka_unit_test(test_one_that_refers_is_no_base),
        cmocka_unit_test(test_strangers_do_not_refer),
        cmocka_unit_test(test_of_many_columns_the_largest_are_looked_at),
        cmocka_unit_test(test_short_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
