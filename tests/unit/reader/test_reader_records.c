/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader/reader_records.c: row groups, blocks and the three levels of statistics [FMT-63] on
 * files of every shape: one block, several blocks, several row groups of several blocks, and
 * several row groups of one block each.
 */
#include "tests/tables/test_table.h"

#include <stdlib.h>
#include <string.h>

#include "format/layout.h"
#include "format/stats_record.h"

static const struct test_write_options plain = {.profile = STOA_PROFILE_FAST};

/* Statistics are the same when their records are. */
static void assert_same_stats(const struct stoa_stats *found,
                              const struct stoa_stats *expected)
{
    struct stoa_stats_core a, b;
    uint8_t a_bounds[STOA_STATS_BOUNDS_MAX], b_bounds[STOA_STATS_BOUNDS_MAX];
    const size_t a_size = stoa_stats_to_core(found, &a, a_bounds);
    const size_t b_size = stoa_stats_to_core(expected, &b, b_bounds);
    assert_int_equal(found->rows, expected->rows);
    assert_int_equal(found->null_count, expected->null_count);
    assert_int_equal(found->nan_count, expected->nan_count);
    assert_int_equal(a.flags, b.flags);
    assert_int_equal(a.min_key, b.min_key);
    assert_int_equal(a.max_key, b.max_key);
    assert_bytes(a.sum, b.sum, sizeof a.sum);
    assert_int_equal(a_size, b_size);
    assert_bytes(a_bounds, b_bounds, a_size);
}

/* Walks the whole column and compares each level with statistics made from the values. */
static void check_column(struct stoa_reader *reader, uint32_t c,
                         const struct stoa_column *column)
{
    struct stoa_stats file, found;
    stoa_error error;
    uint64_t row = 0;
    stoa_stats_init(&file, column->phys);
    for (uint32_t g = 0; g < stoa_reader_row_groups(reader); g++) {
        struct stoa_row_group_info group;
        struct stoa_stats group_stats;
        assert_ok(stoa_reader_row_group(reader, g, &group, &error), &error);
        assert_int_equal(group.first_row, row);
        assert_int_equal(group.blocks, stoa_group_blocks(group.rows));
        stoa_stats_init(&group_stats, column->phys);
        for (uint32_t b = 0; b < group.blocks; b++) {
            struct stoa_block_info info;
            struct stoa_stats stats;
            assert_ok(stoa_reader_block_info(reader, c, g, b, &info, &error), &error);
            struct stoa_column_builder copy;
            stoa_column_builder_init(&copy, column->phys);
            assert_ok(stoa_column_builder_append_rows(&copy, column, (uint32_t)row,
                                                      info.rows, &error),
                      &error);
            const struct stoa_column slice = stoa_column_builder_view(&copy);
            stoa_stats_compute(&stats, &slice);
            assert_ok(stoa_reader_block_stats(reader, c, g, b, &found, &error), &error);
            assert_same_stats(&found, &stats);
            assert_int_equal(info.null_count, stats.null_count);
            assert_int_equal(info.raw_size, stoa_column_raw_size(&slice));
            stoa_stats_merge(&group_stats, &stats);
            stoa_column_builder_done(&copy);
            row += info.rows;
        }
        assert_ok(stoa_reader_group_stats(reader, c, g, &found, &error), &error);
        assert_same_stats(&found, &group_stats);
        stoa_stats_merge(&file, &group_stats);
    }
    assert_int_equal(row, column->length);
    assert_ok(stoa_reader_file_stats(reader, c, &found, &error), &error);
    assert_same_stats(&found, &file);
}

static void check_table(const struct test_table *table, uint32_t row_groups)
{
    struct test_directory directory;
    struct stoa_reader *reader = NULL;
    stoa_error error;
    test_directory_make(&directory);
    test_table_write(table, &directory, "t.stoa", &plain, NULL);
    assert_ok(test_reader_open(&directory, "t.stoa", &reader, &error), &error);
    assert_int_equal(stoa_reader_row_groups(reader), row_groups);
    for (uint32_t c = 0; c < table->schema.field_count; c++) {
        const struct stoa_column column = stoa_column_builder_view(&table->columns[c]);
        check_column(reader, c, &column);
    }
    assert_ok(stoa_reader_verify(reader, true, NULL, NULL, NULL, &error), &error);
    stoa_reader_close(reader);
    test_directory_remove(&directory);
}

static void test_one_block(void **state)
{
    struct test_random random = test_random_start(1);
    struct test_table table;
    (void)state;
    test_table_random(&table, &random, 5000);
    check_table(&table, 1);
    test_table_done(&table);
}

static const struct test_column_spec narrow[] = {
    {"f", {STOA_TYPE_FLOAT64, 0, 0}, TEST_VALUES_FEW,  TEST_NULLS_SOME},
    {"b", {STOA_TYPE_BOOL, 0, 0},    TEST_VALUES_RUNS, TEST_NULLS_NONE},
};

static void test_one_row_group_of_several_blocks(void **state)
{
    struct test_random random = test_random_start(2);
    struct test_table table;
    (void)state;
    test_table_make(&table, &random, narrow, 2, 150000);
    check_table(&table, 1);
    test_table_done(&table);
}

static void test_row_groups_of_several_blocks(void **state)
{
    struct test_random random = test_random_start(3);
    struct test_table table;
    (void)state;
    test_table_make(&table, &random, narrow, 2, 1048576 + 70000);
    check_table(&table, 2);
    test_table_done(&table);
}

/* Rows of 1.5 MiB: a row group ends every 43 rows or so. */
static void test_row_groups_of_one_block(void **state)
{
    enum { ROWS = 100, SIZE = 3 << 19 };
    struct stoa_column_builder builder;
    struct test_table table = {.rows = ROWS, .columns = &builder};
    stoa_field field = {
        "t", 1, {STOA_TYPE_TEXT, 0, 0},
          true
    };
    char *text = malloc(SIZE);
    (void)state;
    memset(text, 'x', SIZE);
    stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
    for (int row = 0; row < ROWS; row++) {
        const struct stoa_value value = {
            .is_null = row % 10 == 9,
            .bytes = {.data = (const uint8_t *)text, .length = (uint32_t)(SIZE - row)}
        };
        assert_ok(stoa_column_builder_append(&builder, &value, NULL), NULL);
    }
    table.schema = (stoa_schema){.fields = &field, .field_count = 1};
    check_table(&table, 3);
    stoa_column_builder_done(&builder);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_block),
        cmocka_unit_test(test_one_row_group_of_several_blocks),
        cmocka_unit_test(test_row_groups_of_several_blocks),
        cmocka_unit_test(test_row_groups_of_one_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
