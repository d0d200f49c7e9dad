/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole statements: order of rows, ORDER BY and LIMIT, DISTINCT, aggregates and their FILTER, HAVING, tables without rows or
 * without values, no FROM; the same bytes at any number of threads; statistics and scans agree.
 */
#include "tests/unit/query/exec_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct exec_place people;
static struct exec_place numbers; /* two blocks and some, random values */

static const char people_csv[] = "id,name,age,score:float64,city\n"
                                 "1,ann,30,1.5,Rome\n"
                                 "2,bob,,2.5,Oslo\n"
                                 "3,cid,25,,Rome\n"
                                 "4,dan,30,-0.0,\n"
                                 "5,eve,,0.0,Oslo\n"
                                 "6,fay,25,NaN,Rome\n"
                                 "7,\"\",41,NaN,\n";

static int make_tables(void **state)
{
    (void)state;
    struct test_random random = test_random_start(99);
    const struct test_column_spec specs[] = {
        {"id",   {.id = STOA_TYPE_INT64},   TEST_VALUES_SEQUENCE, TEST_NULLS_NONE},
        {"few",  {.id = STOA_TYPE_TEXT},    TEST_VALUES_FEW,      TEST_NULLS_SOME},
        {"n",    {.id = STOA_TYPE_INT32},   TEST_VALUES_NARROW,   TEST_NULLS_SOME},
        {"f",    {.id = STOA_TYPE_FLOAT64}, TEST_VALUES_WIDE,     TEST_NULLS_SOME},
        {"wide", {.id = STOA_TYPE_INT64},   TEST_VALUES_WIDE,     TEST_NULLS_NONE},
        {"text", {.id = STOA_TYPE_TEXT},    TEST_VALUES_PERIODIC, TEST_NULLS_NONE},
    };
    struct test_table table;
    exec_place_csv(&people, people_csv, NULL);
    test_table_make(&table, &random, specs, sizeof specs / sizeof specs[0],
                    2 * STOA_BLOCK_ROWS + 1234);
    exec_place_table(&numbers, &table);
    test_table_done(&table);
    return 0;
}

static int remove_tables(void **state)
{
    (void)state;
    exec_place_done(&people);
    exec_place_done(&numbers);
    return 0;
}

/* ---- order ---- */

static void test_rows_come_in_the_order_of_the_table(void **state)
{
    (void)state;
    struct exec_place place;
    exec_place_csv(&place, "k,id\n2,1\n1,2\n2,3\n", "k");
    exec_place_append(&place, "k,id\n1,4\n3,5\n2,6\n");
    char *all = strdup(exec_csv(&place, "SELECT id, k FROM t"));
    /* Files in the order of the manifest, rows in the order they were read. */
    assert_int_equal(strlen(all), 6 * 4);
    assert_non_null(strstr(all, "1,2\n3,2\n"));
    for (unsigned threads = 1; threads <= 8; threads++) {
        const struct exec_options options = {.threads = threads};
        assert_string_equal(exec_csv_with(&place, "SELECT id, k FROM t", &options), all);
    }
    free(all);
    exec_place_done(&place);
}

static void test_order_by_places_nulls_and_nan(void **state)
{
    (void)state;
    assert_answer(&people, "SELECT id FROM t ORDER BY age", "3\n6\n1\n4\n7\n2\n5\n");
    assert_answer(&people, "SELECT id FROM t ORDER BY age DESC", "2\n5\n7\n1\n4\n3\n6\n");
    assert_answer(&people, "SELECT id FROM t ORDER BY age NULLS FIRST",
                  "2\n5\n3\n6\n1\n4\n7\n");
    assert_answer(&people, "SELECT id FROM t ORDER BY age DESC NULLS LAST",
                  "7\n1\n4\n3\n6\n2\n5\n");
    /* -0.0 and 0.0 are equal, NaN is above all numbers, NULL behind. */
    assert_answer(&people, "SELECT id FROM t ORDER BY score", "4\n5\n1\n2\n6\n7\n3\n");
    assert_answer(&people, "SELECT id FROM t ORDER BY score DESC NULLS LAST, id DESC",
                  "7\n6\n2\n1\n5\n4\n3\n");
    assert_answer(&people, "SELECT id FROM t ORDER BY city NULLS FIRST, name DESC",
                  "4\n7\n5\n2\n6\n3\n1\n");
    assert_answer(&people, "SELECT name FROM t ORDER BY 1 LIMIT 2", "\"\"\nann\n");
    assert_answer(&people, "SELECT -id AS m FROM t ORDER BY m LIMIT 2", "-7\n-6\n");
}

static void test_limit_and_offset_cut_anywhere(void **state)
{
    (void)state;
    assert_answer(&people, "SELECT id FROM t LIMIT 0", "");
    assert_answer(&people, "SELECT id FROM t ORDER BY id LIMIT 0", "");
    assert_answer(&people, "SELECT id FROM t LIMIT 2 OFFSET 5", "6\n7\n");
    assert_answer(&people, "SELECT id FROM t LIMIT 5 OFFSET 6", "7\n");
    assert_answer(&people, "SELECT id FROM t LIMIT 5 OFFSET 7", "");
    assert_answer(&people, "SELECT id FROM t OFFSET 6", "7\n");
    assert_answer(&people, "SELECT id FROM t ORDER BY id DESC LIMIT 1000000 OFFSET 5",
                  "2\n1\n");
    assert_answer(&people, "SELECT id FROM t ORDER BY id OFFSET 4000000000", "");
    assert_answer(&people, "SELECT count(*) FROM t LIMIT 1 OFFSET 1", "");
    assert_answer(&people, "SELECT DISTINCT age FROM t ORDER BY age LIMIT 1 OFFSET 1",
                  "30\n");
    assert_answer(&numbers, "SELECT count(*) FROM t LIMIT 9223372036854775807", "132306\n");
    const char *few = exec_csv(&numbers, "SELECT id FROM t WHERE n IS NOT NULL LIMIT 3");
    assert_int_equal(strlen(few) > 0, 1);
}

/* Every LIMIT of an ordered answer is the head of the whole answer. */
static void test_top_rows_are_the_head_of_the_whole_order(void **state)
{
    (void)state;
    static const char *const orders[] = {"few",
                                         "n DESC, id",
                                         "f, id DESC",
                                         "wide",
                                         "few DESC NULLS LAST, n NULLS FIRST, id",
                                         "f DESC NULLS LAST",
                                         "n NULLS FIRST",
                                         "text, n DESC"};
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "SELECT id, n FROM t ORDER BY %s", orders[i]);
        char *all = strdup(exec_csv(&numbers, sql));
        for (unsigned limit = 1; limit <= 1000; limit *= 10) {
            snprintf(sql, sizeof sql, "SELECT id, n FROM t ORDER BY %s LIMIT %u", orders[i],
                     limit);
            const struct exec_options options = {.threads = 1 + limit % 4};
            const char *top = exec_csv_with(&numbers, sql, &options);
            assert_memory_equal(top, all, strlen(top));
            unsigned lines = 0;
            for (const char *p = top; *p; p++)
                lines += *p == '\n';
            assert_int_equal(lines, limit);
        }
        snprintf(sql, sizeof sql, "SELECT id, n FROM t ORDER BY %s LIMIT 7 OFFSET 70001",
                 orders[i]);
        assert_non_null(strstr(all, exec_csv(&numbers, sql)));
        free(all);
    }
}

/* ---- DISTINCT ---- */

static void test_distinct_takes_null_zero_and_nan_once(void **state)
{
    (void)state;
    assert_answer(&people, "SELECT DISTINCT age FROM t", "30\n\n25\n41\n");
    assert_answer(&people, "SELECT DISTINCT score FROM t", "1.5\n2.5\n\n0\nNaN\n");
    assert_answer(&people, "SELECT DISTINCT city, age IS NULL AS x FROM t",
                  "Rome,false\nOslo,true\n,false\n");
    assert_answer(&people, "SELECT DISTINCT name = '' FROM t", "false\ntrue\n");
    assert_answer(&people, "SELECT DISTINCT city FROM t ORDER BY city DESC",
                  "\nRome\nOslo\n");
    assert_answer(&people, "SELECT DISTINCT city FROM t LIMIT 1 OFFSET 1", "Oslo\n");
    assert_answer(&people, "SELECT DISTINCT count(*) FROM t GROUP BY city", "3\n2\n");
    assert_answer(&people, "SELECT DISTINCT 1 FROM t", "1\n");
}

/* ---- aggregates ---- */

static void test_aggregates_skip_nulls(void **state)
{
    (void)state;
    assert_answer(&people, "SELECT count(*), count(age), sum(age), avg(age) FROM t",
                  "7,5,151,30.2\n");
    assert_answer(&people, "SELECT min(age), max(age), min(name), max(city) FROM t",
                  "25,41,\"\",Rome\n");
    assert_answer(&people, "SELECT min(score), max(score), count(score) FROM t",
                  "0,NaN,6\n");
    assert_answer(&people, "SELECT sum(score) FROM t WHERE id < 6", "4\n");
    assert_answer(&people, "SELECT bool_and(age > 20), bool_or(age > 40) FROM t",
                  "true,true\n");
    assert_answer(&people, "SELECT bool_and(age > 25), bool_or(age > 41) FROM t",
                  "false,false\n");
    assert_answer(&people, "SELECT sum(age) + count(*) * 2, max(age) - min(age) FROM t",
                  "165,16\n");
    assert_answer(&people, "SELECT city, sum(age) FROM t GROUP BY city",
                  "Rome,80\nOslo,\n,71\n");
}

static void test_distinct_aggregates_take_each_value_once(void **state)
{
    (void)state;
    assert_answer(&people,
                  "SELECT count(DISTINCT age), sum(DISTINCT age), count(DISTINCT score), "
                  "count(DISTINCT name) FROM t",
                  "3,96,4,7\n");
    assert_answer(&people,
                  "SELECT city, count(DISTINCT age), sum(DISTINCT age), avg(DISTINCT age) "
                  "FROM t GROUP BY city",
                  "Rome,2,55,27.5\nOslo,0,,\n,2,71,35.5\n");
    assert_answer(&numbers, "SELECT count(DISTINCT few), count(DISTINCT text) FROM t",
                  "7,300\n");
}

static void test_filter_and_having_choose(void **state)
{
    (void)state;
    assert_answer(&people,
                  "SELECT count(*) FILTER (WHERE age > 26), sum(id) FILTER (WHERE city = "
                  "'Rome'), count(DISTINCT age) FILTER (WHERE id < 4), sum(id) FILTER "
                  "(WHERE false) FROM t",
                  "3,10,2,\n");
    assert_answer(&people, "SELECT city, count(*) FROM t GROUP BY city HAVING count(*) > 2",
                  "Rome,3\n");
    assert_answer(&people, "SELECT count(*) FROM t HAVING count(*) > 100", "");
    assert_answer(&people, "SELECT count(*) FROM t HAVING max(age) > 40", "7\n");
    assert_answer(
        &people, "SELECT city FROM t GROUP BY city HAVING min(age) IS NULL OR city IS NULL",
        "Oslo\n\n");
}

static void test_groups_may_be_expressions(void **state)
{
    (void)state;
    assert_answer(&people, "SELECT age / 10, count(*) FROM t GROUP BY age / 10",
                  "3,2\n,2\n2,2\n4,1\n");
    assert_answer(&people,
                  "SELECT id % 2 = 0 AS even, sum(id) FROM t GROUP BY 1 ORDER BY 1",
                  "false,16\ntrue,12\n");
    assert_answer(&people, "SELECT score, count(*) FROM t GROUP BY score",
                  "1.5,1\n2.5,1\n,1\n0,2\nNaN,2\n");
    assert_answer(&people, "SELECT 'x', count(*) FROM t GROUP BY 1", "x,7\n");
}

/* ---- little or nothing ---- */

static void test_empty_input_gives_one_row_or_none(void **state)
{
    (void)state;
    struct exec_place place;
    exec_place_csv(&place, "a,b\n", NULL);
    assert_answer(&place, "SELECT * FROM t", "");
    assert_answer(&place,
                  "SELECT count(*), count(a), sum(1), min(a), count(DISTINCT b) FROM t",
                  "0,0,,,0\n");
    assert_answer(&place, "SELECT a, count(*) FROM t GROUP BY a", "");
    assert_answer(&place, "SELECT DISTINCT a FROM t ORDER BY a LIMIT 3", "");
    exec_place_done(&place);
    assert_answer(&people, "SELECT count(*), max(name) FROM t WHERE id > 100", "0,\n");
    assert_answer(&people, "SELECT city, count(*) FROM t WHERE id > 100 GROUP BY city", "");
    assert_answer(&people, "SELECT count(*), sum(id) FROM t WHERE false", "0,\n");
    assert_answer(&people, "SELECT id FROM t WHERE NULL", "");
}

static void test_a_table_of_nulls_has_rows(void **state)
{
    (void)state;
    struct exec_place place;
    exec_place_csv(&place, "a,b\n,\n,\n,\n", NULL);
    assert_answer(&place, "SELECT count(*), count(a), min(b), count(DISTINCT a) FROM t",
                  "3,0,,0\n");
    assert_answer(&place, "SELECT a, b, count(*) FROM t GROUP BY a, b", ",,3\n");
    assert_answer(&place, "SELECT DISTINCT a FROM t", "\n");
    assert_answer(&place, "SELECT a FROM t ORDER BY a LIMIT 2", "\n\n");
    assert_answer(&place, "SELECT count(*) FROM t WHERE a IS NULL AND b IS NULL", "3\n");
    exec_place_done(&place);
}

static void test_no_table_is_one_row(void **state)
{
    (void)state;
    assert_answer(NULL, "SELECT 1 + 1, 'a' || 'b'", "2,ab\n");
    assert_answer(NULL, "SELECT 1 WHERE false", "");
    assert_answer(NULL, "SELECT count(*), sum(3)", "1,3\n");
    assert_answer(NULL, "SELECT count(*) WHERE false", "0\n");
    assert_answer(NULL, "SELECT DISTINCT 5 ORDER BY 1 LIMIT 1", "5\n");
}

/* ---- the same answer by every way ---- */

static void test_answers_do_not_depend_on_threads(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "SELECT sum(f), avg(f), min(f), max(f), sum(n), count(*) FROM t WHERE f < 1e300",
        "SELECT few, sum(f), avg(f), count(DISTINCT n), min(text) FROM t WHERE f < 1e9 GROUP BY few",
        "SELECT n, count(*), sum(f) FROM t WHERE f BETWEEN -1e9 AND 1e9 GROUP BY n",
        "SELECT id, f FROM t WHERE n > 4000",
        "SELECT DISTINCT few, n / 100 FROM t",
        "SELECT text, n FROM t ORDER BY few, n LIMIT 500 OFFSET 100",
        "SELECT id FROM t LIMIT 70000",
        "SELECT wide, count(*) FROM t GROUP BY wide",
        "SELECT sum(DISTINCT n), count(DISTINCT wide), avg(DISTINCT f) FROM t WHERE f < 1e30",
    };
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        char *first = strdup(exec_csv(&numbers, statements[i]));
        for (unsigned threads = 2; threads <= 8; threads += threads == 3 ? 5 : 1) {
            const struct exec_options options = {.threads = threads};
            const char *again = exec_csv_with(&numbers, statements[i], &options);
            assert_string_equal(again, first);
        }
        free(first);
    }
}

/* `id * 0 = 0` is true for every row, but no statistic says so. */
static void test_statistics_and_scans_agree_to_the_bit(void **state)
{
    (void)state;
    static const char *const lists[] = {"count(*), count(n), count(f)",
                                        "sum(n), avg(n), min(n), max(n)",
                                        "sum(wide), avg(wide), min(wide), max(wide)",
                                        "min(few), max(few), min(text), max(text)",
                                        "min(f), max(f)",
                                        "sum(f), avg(f)"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        char sql[300];
        stoa_query_counters counters;
        const struct exec_options options = {.counters = &counters};
        snprintf(sql, sizeof sql, "SELECT %s FROM t", lists[i]);
        const char *fast = exec_csv_with(&numbers, sql, &options);
        assert_true(i == 4 || counters.rows_scanned == 0);
        snprintf(sql, sizeof sql, "SELECT %s FROM t WHERE id * 0 = 0", lists[i]);
        const char *slow = exec_csv_with(&numbers, sql, &options);
        assert_true(counters.rows_scanned > 0);
        assert_string_equal(fast, slow);
        const struct exec_options values = {.counters = &counters,
                                            .flags = STOA_QUERY_NO_STATISTICS};
        snprintf(sql, sizeof sql, "SELECT %s FROM t", lists[i]);
        assert_string_equal(exec_csv_with(&numbers, sql, &values), slow);
        assert_true(counters.rows_scanned > 0 && counters.rows_from_statistics == 0);
    }
}

/* Sums and counts of bare columns are made on encoded data, those of expressions row by row. */
static void test_sums_on_encoded_data_are_those_of_the_rows(void **state)
{
    (void)state;
    static const char *const conditions[] = {
        "true",  "id < 70000", "n > 4000 AND f < 1e9", "few = 1", "id % 7 = 3 OR n IS NULL",
        "id < 0"};
    struct test_random random = test_random_start(37);
    for (unsigned i = 0; i < 24; i++) {
        const enum test_nulls nulls = (enum test_nulls)(i % TEST_NULLS_COUNT);
        const struct test_column_spec specs[] = {
            {"id",  {.id = STOA_TYPE_INT64},   TEST_VALUES_SEQUENCE, TEST_NULLS_NONE},
            {"n",
             {.id = STOA_TYPE_INT64},
             (enum test_values)(i / 2 % TEST_VALUES_COUNT),
             nulls                                                                  },
            {"u",
             {.id = STOA_TYPE_UINT64},
             (enum test_values)(i / 2 % TEST_VALUES_COUNT),
             nulls                                                                  },
            {"f",   {.id = STOA_TYPE_FLOAT64}, TEST_VALUES_PERIODIC, nulls          },
            {"few", {.id = STOA_TYPE_INT64},   TEST_VALUES_NARROW,   TEST_NULLS_NONE}
        };
        struct test_table table;
        struct exec_place place;
        test_table_make(&table, &random, specs, 5, i < 20 ? 1 + i * 411 : 140000);
        exec_place_table(&place, &table);
        for (size_t c = 0; c < sizeof conditions / sizeof conditions[0]; c++) {
            const struct exec_options values = {.threads = 1 + i % 2,
                                                .flags = STOA_QUERY_NO_STATISTICS};
            char sql[300];
            snprintf(
                sql, sizeof sql,
                "SELECT sum(n), avg(n), sum(u), count(n), count(f), count(*) FROM t WHERE %s",
                conditions[c]);
            const char *encoded = exec_csv_with(&place, sql, &values);
            const char *usual = exec_csv(&place, sql);
            snprintf(
                sql, sizeof sql,
                "SELECT sum(CASE WHEN id * 0 = 0 THEN n END), avg(CASE WHEN id * 0 = 0 THEN n END), "
                "sum(CASE WHEN id * 0 = 0 THEN u END), count(CASE WHEN id * 0 = 0 THEN n END), "
                "count(CASE WHEN id * 0 = 0 THEN f END), count(id + 0) FROM t WHERE %s",
                conditions[c]);
            assert_string_equal(encoded, exec_csv(&place, sql));
            assert_string_equal(usual, encoded);
        }
        exec_place_done(&place);
        test_table_done(&table);
    }
}

static void test_float_sums_are_the_same_from_statistics(void **state)
{
    (void)state;
    struct test_random random = test_random_start(31);
    for (unsigned i = 0; i < 12; i++) {
        const struct test_column_spec specs[] = {
            {"id", {.id = STOA_TYPE_INT64}, TEST_VALUES_SEQUENCE, TEST_NULLS_NONE},
            {"f",
             {.id = STOA_TYPE_FLOAT64},
             i % 2 ? TEST_VALUES_NARROW : TEST_VALUES_PERIODIC,
             (enum test_nulls)(i % TEST_NULLS_COUNT)                             }
        };
        struct test_table table;
        struct exec_place place;
        test_table_make(&table, &random, specs, 2, i < 10 ? 1 + i * 777 : 140000);
        double *values = table.columns[1].values;
        for (uint32_t row = 0; row < table.rows; row++)
            values[row] = values[row] / 3 * (row % 5 == 0 ? 1e10 : 1);
        exec_place_table(&place, &table);
        const char *fast = exec_csv(&place, "SELECT sum(f), avg(f) FROM t");
        const char *slow =
            exec_csv(&place, "SELECT sum(f), avg(f) FROM t WHERE id * 0 = 0");
        assert_string_equal(fast, slow);
        exec_place_done(&place);
        test_table_done(&table);
    }
}

/* ---- errors ---- */

static void test_errors_of_rows_are_reported(void **state)
{
    (void)state;
    exec_fails(&people, "SELECT 1 / (id - 3) FROM t", STOA_E_DIVISION_BY_ZERO,
               "division by zero");
    exec_fails(&people, "SELECT sum(1 / (id - 3)) FROM t", STOA_E_DIVISION_BY_ZERO,
               "division by zero");
    /* A row that WHERE drops is not evaluated. */
    assert_answer(&people, "SELECT 12 / (id - 3) FROM t WHERE id > 5", "4\n3\n");
    exec_fails(&people, "SELECT sum(x) FROM (SELECT 1 AS x) s", STOA_E_UNSUPPORTED_SQL, "");
}

static void test_sums_overflow_only_in_the_end(void **state)
{
    (void)state;
    struct exec_place place;
    char csv[700];
    const char *nines = "99999999999999999999999999999999999999";
    snprintf(csv, sizeof csv, "a,id\n%s,1\n%s,2\n-%s,3\n-%s,4\n5,5\n", nines, nines, nines,
             nines);
    exec_place_csv(&place, csv, NULL);
    assert_answer(&place, "SELECT sum(a) FROM t", "5\n");
    assert_answer(&place, "SELECT sum(a) FROM t WHERE id * 0 = 0", "5\n");
    assert_answer(&place, "SELECT sum(a) FROM t GROUP BY id * 0", "5\n");
    exec_fails(&place, "SELECT sum(a) FROM t WHERE id < 3", STOA_E_OVERFLOW,
               "out of the range");
    exec_place_done(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_come_in_the_order_of_the_table),
        cmocka_unit_test(test_order_by_places_nulls_and_nan),
        cmocka_unit_test(test_limit_and_offset_cut_anywhere),
        cmocka_unit_test(test_top_rows_are_the_head_of_the_whole_order),
        cmocka_unit_test(test_distinct_takes_null_zero_and_nan_once),
        cmocka_unit_test(test_aggregates_skip_nulls),
        cmocka_unit_test(test_distinct_aggregates_take_each_value_once),
        cmocka_unit_test(test_filter_and_having_choose),
        cmocka_unit_test(test_groups_may_be_expressions),
        cmocka_unit_test(test_empty_input_gives_one_row_or_none),
        cmocka_unit_test(test_a_table_of_nulls_has_rows),
        cmocka_unit_test(test_no_table_is_one_row),
        cmocka_unit_test(test_answers_do_not_depend_on_threads),
        cmocka_unit_test(test_statistics_and_scans_agree_to_the_bit),
        cmocka_unit_test(test_sums_on_encoded_data_are_those_of_the_rows),
        cmocka_unit_test(test_float_sums_are_the_same_from_statistics),
        cmocka_unit_test(test_errors_of_rows_are_reported),
        cmocka_unit_test(test_sums_overflow_only_in_the_end),
    };
    return cmocka_run_group_tests(tests, make_tables, remove_tables);
}
