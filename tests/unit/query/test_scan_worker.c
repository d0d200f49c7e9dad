/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scans read what a statement needs and no more; conditions may be tried in any order without a change in rows or errors; keys
 * from dictionary codes are those of decoded values; damage is told with its place.
 */
#include "tests/unit/query/exec_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct exec_place place;

static int make_table(void **state)
{
    (void)state;
    struct test_random random = test_random_start(44);
    const struct test_column_spec specs[] = {
        {"id",   {.id = STOA_TYPE_INT64},   TEST_VALUES_SEQUENCE, TEST_NULLS_NONE},
        {"few",  {.id = STOA_TYPE_TEXT},    TEST_VALUES_FEW,      TEST_NULLS_SOME},
        {"n",    {.id = STOA_TYPE_INT32},   TEST_VALUES_NARROW,   TEST_NULLS_NONE},
        {"f",    {.id = STOA_TYPE_FLOAT64}, TEST_VALUES_NARROW,   TEST_NULLS_HALF},
        {"wide", {.id = STOA_TYPE_TEXT},    TEST_VALUES_WIDE,     TEST_NULLS_NONE},
    };
    struct test_table table;
    test_table_make(&table, &random, specs, sizeof specs / sizeof specs[0],
                    STOA_BLOCK_ROWS + 5000);
    exec_place_table(&place, &table);
    test_table_done(&table);
    return 0;
}

static int remove_table(void **state)
{
    (void)state;
    exec_place_done(&place);
    return 0;
}

static uint64_t bytes_read(const char *sql)
{
    stoa_query_counters counters;
    const struct exec_options options = {.counters = &counters};
    (void)exec_csv_with(&place, sql, &options);
    return counters.bytes_read;
}

static void test_only_named_columns_are_read(void **state)
{
    (void)state;
    const uint64_t n = bytes_read("SELECT sum(n + 0) FROM t");
    const uint64_t wide = bytes_read("SELECT max(wide || '') FROM t");
    assert_true(n > 0 && wide > 10 * n);
    assert_int_equal(bytes_read("SELECT count(*), sum(n), max(n) FROM t"), 0);
    assert_int_equal(bytes_read("SELECT sum(n + 0), max(wide || '') FROM t"), n + wide);
    /* No row is left, so the other columns are not touched. */
    assert_int_equal(bytes_read("SELECT wide FROM t WHERE n * 2 = 1"), n);
    assert_int_equal(bytes_read("SELECT max(wide) FROM t WHERE n = 100 AND n * 2 = 1"), n);
}

static void test_the_order_of_conditions_does_not_show(void **state)
{
    (void)state;
    static const char *const parts[] = {"n > 1000",   "few <> 'x'", "f < 500",
                                        "wide > '5'", "n % 3 = 1",  "id % 2 = 0"};
    enum { PARTS = 6 };
    char *first = NULL;
    for (unsigned turn = 0; turn < PARTS; turn++) {
        char sql[300] = "SELECT id, wide FROM t WHERE ";
        for (unsigned i = 0; i < PARTS; i++) {
            strcat(sql, i > 0 ? " AND " : "");
            strcat(sql, parts[(i + turn) % PARTS]);
        }
        const char *answer = exec_csv(&place, sql);
        if (!first)
            first = strdup(answer);
        assert_string_equal(answer, first);
    }
    assert_true(strlen(first) > 1000);
    free(first);
}

/* A condition on encoded data goes first and keeps rows from an expression that would fail for them. */
static void test_rows_dropped_by_exact_conditions_raise_no_error(void **state)
{
    (void)state;
    const char *found =
        exec_csv(&place, "SELECT count(*) FROM t WHERE 10 / (n - 50) >= 0 AND n > 50");
    assert_true(atoi(found) > 0);
    assert_string_equal(
        exec_csv(&place, "SELECT count(*) FROM t WHERE n > 50 AND 10 / (n - 50) >= 0"),
        found);
}

/* `few || ''` has the same values, but no codes. */
static void test_codes_and_values_group_alike(void **state)
{
    (void)state;
    char *codes = strdup(exec_csv(
        &place, "SELECT few, count(*), sum(n), count(DISTINCT n) FROM t GROUP BY few"));
    assert_string_equal(
        exec_csv(&place,
                 "SELECT few || '', count(*), sum(n), count(DISTINCT n) FROM t GROUP BY 1"),
        codes);
    free(codes);
    codes = strdup(exec_csv(&place, "SELECT DISTINCT few, f FROM t WHERE n < 500"));
    assert_string_equal(
        exec_csv(&place, "SELECT DISTINCT few || '', f + 0 FROM t WHERE n < 500"), codes);
    free(codes);
    assert_string_equal(exec_csv(&place, "SELECT count(DISTINCT few) FROM t"), "7\n");
    assert_string_equal(exec_csv(&place, "SELECT count(DISTINCT few || '') FROM t"), "7\n");
}

static void test_damage_is_told_with_its_place(void **state)
{
    (void)state;
    static stoa_error error;
    struct stoa_buf out;
    char copy[320];
    size_t size = 0;
    uint8_t *bytes = test_file_read(&place.directory, "t", &size);
    bytes[size / 3] ^= 4;
    test_file_write(&place.directory, "damaged", bytes, size);
    free(bytes);
    stoa_buf_init(&out, SIZE_MAX / 4);
    snprintf(copy, sizeof copy,
             "SELECT sum(length(wide)), max(few), sum(f), sum(n + 0), "
             "sum(id + 0) FROM '%s'",
             test_path(&place.directory, "damaged"));
    assert_fails(exec_try(NULL, copy, NULL, &out, &error), STOA_E_CORRUPT, &error);
    assert_contains(error.place, "damaged");
    assert_contains(error.place, "block");
    stoa_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_named_columns_are_read),
        cmocka_unit_test(test_the_order_of_conditions_does_not_show),
        cmocka_unit_test(test_rows_dropped_by_exact_conditions_raise_no_error),
        cmocka_unit_test(test_codes_and_values_group_alike),
        cmocka_unit_test(test_damage_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, make_table, remove_table);
}
