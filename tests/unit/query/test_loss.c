/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers over damaged tables: without STOA_QUERY_SKIP_CORRUPT an error; with it the answer is
 * that of the table without exactly the rows that were told, whatever the threads, and also
 * where statistics alone would have answered.
 */
#include "tests/unit/query/exec_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stoa/dataset.h"

enum { ROWS = 2 * STOA_BLOCK_ROWS + 5000, COLUMNS = 4, MAX_TOLD = 64 };

static stoa_error error;

/* A table of three blocks, and the same without the rows of its second one. */
static struct exec_place whole;
static struct exec_place rest;

static const struct test_column_spec specs[COLUMNS] = {
    {"id",   {.id = STOA_TYPE_INT64},   TEST_VALUES_SEQUENCE, TEST_NULLS_NONE},
    {"name", {.id = STOA_TYPE_TEXT},    TEST_VALUES_FEW,      TEST_NULLS_SOME},
    {"x",    {.id = STOA_TYPE_FLOAT64}, TEST_VALUES_NOISE,    TEST_NULLS_SOME},
    {"n",    {.id = STOA_TYPE_INT32},   TEST_VALUES_NARROW,   TEST_NULLS_NONE},
};

static int make_tables(void **state)
{
    (void)state;
    struct test_random random = test_random_start(71);
    struct test_table table;
    struct test_table part;
    test_table_make(&table, &random, specs, COLUMNS, ROWS);
    exec_place_table(&whole, &table);
    test_table_make(&part, &random, specs, COLUMNS, 0);
    for (size_t c = 0; c < COLUMNS; c++) {
        const struct stoa_column column = stoa_column_builder_view(&table.columns[c]);
        assert_ok(stoa_column_builder_append_rows(&part.columns[c], &column, 0,
                                                  STOA_BLOCK_ROWS, &error),
                  &error);
        assert_ok(stoa_column_builder_append_rows(&part.columns[c], &column,
                                                  2 * STOA_BLOCK_ROWS, 5000, &error),
                  &error);
    }
    part.rows = STOA_BLOCK_ROWS + 5000;
    exec_place_table(&rest, &part);
    test_table_done(&part);
    test_table_done(&table);
    return 0;
}

static int remove_tables(void **state)
{
    (void)state;
    exec_place_done(&whole);
    exec_place_done(&rest);
    return 0;
}

/* ---- what is told ---- */

struct told {
    size_t count;
    uint64_t rows;
    struct {
        char column[32];
        uint64_t first, rows;
    } items[MAX_TOLD];
};

static void on_skip(void *context, const stoa_skipped_rows *skipped)
{
    struct told *told = context;
    assert_true(told->count < MAX_TOLD);
    assert_true(skipped->rows > 0 && skipped->damage->message[0] != '\0');
    assert_true(skipped->file[0] != '\0');
    snprintf(told->items[told->count].column, 32, "%s",
             skipped->column ? skipped->column : "-");
    told->items[told->count].first = skipped->first_row;
    told->items[told->count].rows = skipped->rows;
    told->rows += skipped->rows;
    told->count++;
}

static const char *ask(const struct exec_place *place, const char *sql, unsigned threads,
                       struct told *told)
{
    stoa_query_counters counters;
    const struct exec_options options = {.threads = threads,
                                         .flags = STOA_QUERY_SKIP_CORRUPT,
                                         .on_skip = on_skip,
                                         .skip_context = told,
                                         .counters = &counters};
    *told = (struct told){.count = 0};
    const char *answer = exec_csv_with(place, sql, &options);
    assert_int_equal(counters.rows_skipped, told->rows);
    return answer;
}

/* ---- damage ---- */

/* Changes a byte of a file and changes it back. */
static void flip(const struct exec_place *place, const char *name, uint64_t offset)
{
    char path[400];
    snprintf(path, sizeof path, "%s", test_path(&place->directory, name));
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)offset, SEEK_SET), 0);
    const int byte = fgetc(file);
    assert_int_equal(fseek(file, (long)offset, SEEK_SET), 0);
    assert_int_equal(fputc(byte ^ 0x20, file), byte ^ 0x20);
    assert_int_equal(fclose(file), 0);
}

static uint64_t payload_of(uint32_t column, uint32_t block)
{
    struct stoa_reader *reader = NULL;
    struct stoa_block_info info;
    assert_ok(test_reader_open(&whole.directory, "t", &reader, &error), &error);
    assert_ok(stoa_reader_block_info(reader, column, 0, block, &info, &error), &error);
    stoa_reader_close(reader);
    return info.offset + info.stored_size / 2;
}

/* ---- tests ---- */

static const char *const needs_x[] = {
    "SELECT count(x), sum(x), min(x), max(x), count(*) FROM t",
    "SELECT name, count(*), sum(x), avg(n) FROM t GROUP BY name ORDER BY name",
    "SELECT id, x FROM t WHERE n > 5",
    "SELECT id, x FROM t ORDER BY x DESC, id LIMIT 20",
    "SELECT id, x FROM t LIMIT 70000",
    "SELECT id FROM t WHERE x IS NULL AND n = 3",
    "SELECT count(*) FROM t WHERE id >= 0 AND x IS NOT NULL",
    "SELECT DISTINCT name FROM t WHERE x > 0",
    "SELECT count(DISTINCT n) FROM t WHERE name IS NOT NULL OR x < 0",
    "SELECT sum(n) FILTER (WHERE x > 0), min(id), max(id) FROM t",
};

static void test_answers_are_those_of_the_rows_that_are_left(void **state)
{
    (void)state;
    struct told told;
    const uint64_t at = payload_of(2, 1);
    flip(&whole, "t", at);
    exec_fails(&whole, "SELECT id, x FROM t WHERE n >= 0", STOA_E_CORRUPT,
               "expected checksum");
    for (size_t i = 0; i < sizeof needs_x / sizeof needs_x[0]; i++) {
        char *expected = strdup(exec_csv(&rest, needs_x[i]));
        assert_non_null(expected);
        for (unsigned threads = 1; threads <= 4; threads++) {
            assert_string_equal(ask(&whole, needs_x[i], threads, &told), expected);
            assert_int_equal(told.count, 1);
            assert_string_equal(told.items[0].column, "x");
            assert_int_equal(told.items[0].first, STOA_BLOCK_ROWS);
            assert_int_equal(told.items[0].rows, STOA_BLOCK_ROWS);
        }
        free(expected);
    }
    flip(&whole, "t", at);
}

static void test_damage_in_columns_that_nobody_names_costs_nothing(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "SELECT count(*), min(id), max(id), sum(n) FROM t",
        "SELECT name, count(*) FROM t GROUP BY name ORDER BY name",
        "SELECT count(*) FROM t",
        "SELECT id FROM t WHERE n = 4",
    };
    struct told told;
    const uint64_t at = payload_of(2, 1);
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        char *expected = strdup(exec_csv(&whole, statements[i]));
        assert_non_null(expected);
        flip(&whole, "t", at);
        assert_string_equal(ask(&whole, statements[i], 2, &told), expected);
        assert_int_equal(told.count, 0);
        flip(&whole, "t", at);
        free(expected);
    }
}

/* The manifest and the footer still know count, min and max of the whole file. */
static void test_statistics_do_not_stand_for_rows_that_cannot_be_read(void **state)
{
    (void)state;
    struct told told;
    const uint64_t at = payload_of(0, 1);
    flip(&whole, "t", at);
    assert_answer(&whole, "SELECT count(id) FROM t", "136072\n"); /* they answer as ever */
    assert_string_equal(ask(&whole, "SELECT count(id) FROM t", 2, &told), "70536\n");
    assert_int_equal(told.rows, STOA_BLOCK_ROWS);
    flip(&whole, "t", at);
}

static void test_blocks_that_cannot_match_are_not_missed(void **state)
{
    (void)state;
    struct told told;
    char *expected = strdup(exec_csv(&whole, "SELECT sum(x) FROM t WHERE id < 0"));
    const uint64_t at = payload_of(2, 1);
    assert_non_null(expected);
    flip(&whole, "t", at);
    assert_string_equal(ask(&whole, "SELECT sum(x) FROM t WHERE id < 0", 2, &told),
                        expected);
    assert_int_equal(told.count, 0);
    flip(&whole, "t", at);
    free(expected);
}

static void test_a_limit_that_is_reached_tells_of_nothing_behind_it(void **state)
{
    (void)state;
    struct told told;
    const uint64_t at = payload_of(2, 1);
    flip(&whole, "t", at);
    for (unsigned threads = 1; threads <= 4; threads++) {
        ask(&whole, "SELECT x FROM t LIMIT 65536", threads, &told);
        assert_int_equal(told.count, 0);
        ask(&whole, "SELECT x FROM t LIMIT 65537", threads, &told);
        assert_int_equal(told.count, 1);
    }
    flip(&whole, "t", at);
}

/* Wherever the damage is: rows counted and rows told add up, or nothing is answered. */
static void test_rows_add_up_for_damage_anywhere(void **state)
{
    (void)state;
    struct test_random random = test_random_start(72);
    size_t size = 0;
    free(test_file_read(&whole.directory, "t", &size));
    uint64_t lossy = 0;
    for (int i = 0; i < 200; i++) {
        const uint64_t at = i % 2 ? test_random_below(&random, size)
                                  : size - 1 - test_random_below(&random, 9000);
        struct told told = {.count = 0};
        const struct exec_options options = {.threads = 2,
                                             .flags = STOA_QUERY_SKIP_CORRUPT,
                                             .on_skip = on_skip,
                                             .skip_context = &told};
        struct stoa_buf out;
        flip(&whole, "t", at);
        stoa_buf_init(&out, 1 << 20);
        stoa_error_clear(&error);
        const stoa_status status =
            exec_try(&whole, "SELECT count(id), count(name), count(x), count(*) FROM t",
                     &options, &out, &error);
        if (status == STOA_OK) {
            assert_ok(stoa_buf_append(&out, "", 1, &error), &error);
            const char *line = strchr((const char *)out.data, '\n') + 1;
            assert_int_equal(strtoul(line, NULL, 10) + told.rows, ROWS);
            lossy += told.rows > 0;
        } else {
            assert_true(status == STOA_E_CORRUPT || status == STOA_E_NOT_STOA ||
                        status == STOA_E_NEWER);
        }
        stoa_buf_done(&out);
        flip(&whole, "t", at);
    }
    assert_true(lossy > 20);
}

static void test_a_file_that_does_not_open_is_left_out_whole(void **state)
{
    (void)state;
    struct exec_place place;
    struct told told;
    stoa_dataset *dataset = NULL;
    stoa_dataset_file_info info;
    char name[300];
    exec_place_csv(&place, "k,id\na,1\na,2\nb,3\nb,4\nb,5\nc,6\n", "k");
    assert_ok(stoa_dataset_open(place.table, &dataset, &error), &error);
    assert_ok(stoa_dataset_file(dataset, 1, &info, &error), &error);
    assert_int_equal(info.rows, 3);
    snprintf(name, sizeof name, "t/%s", info.path);
    stoa_dataset_close(dataset);
    size_t size = 0;
    char *bytes = test_file_read(&place.directory, name, &size);
    memset(bytes + size - 128, 0, 128); /* the trailer */
    test_file_write(&place.directory, name, bytes, size);
    exec_fails(&place, "SELECT id FROM t WHERE id > 0", STOA_E_CORRUPT, "end magic");
    assert_string_equal(ask(&place, "SELECT id FROM t", 1, &told), "1\n2\n6\n");
    assert_int_equal(told.count, 1);
    assert_string_equal(told.items[0].column, "-");
    assert_int_equal(told.rows, 3);
    assert_string_equal(ask(&place, "SELECT k, count(*) FROM t GROUP BY k", 2, &told),
                        "a,2\nc,1\n");
    assert_int_equal(told.rows, 3);
    assert_string_equal(ask(&place, "SELECT count(*) FROM t WHERE k <> 'b'", 2, &told),
                        "3\n"); /* pruned by the manifest */
    assert_int_equal(told.rows, 0);
    free(bytes);
    exec_place_done(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_are_those_of_the_rows_that_are_left),
        cmocka_unit_test(test_damage_in_columns_that_nobody_names_costs_nothing),
        cmocka_unit_test(test_statistics_do_not_stand_for_rows_that_cannot_be_read),
        cmocka_unit_test(test_blocks_that_cannot_match_are_not_missed),
        cmocka_unit_test(test_a_limit_that_is_reached_tells_of_nothing_behind_it),
        cmocka_unit_test(test_rows_add_up_for_damage_anywhere),
        cmocka_unit_test(test_a_file_that_does_not_open_is_left_out_whole),
    };
    return cmocka_run_group_tests(tests, make_tables, remove_tables);
}
