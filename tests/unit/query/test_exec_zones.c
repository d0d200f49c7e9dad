/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zones in queries: what they skip and what they answer is what decoding every row gives, to the last
 * bit [FMT-35] [FMT-90]. Tables hold what statistics get wrong most easily: NaN, -0.0, infinities,
 * NULLs in clusters, texts that are cut or have no upper bound.
 */
#include "tests/unit/query/exec_fixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "format/text.h"

enum { ROWS = 65536 + 30000, ZONE = 8192, COLUMNS = 7 };

static const struct test_column_spec specs[COLUMNS] = {
    {"k", {STOA_TYPE_INT64, 0, 0},    TEST_VALUES_STEADY, TEST_NULLS_SOME},
    {"f", {STOA_TYPE_FLOAT64, 0, 0},  TEST_VALUES_STEADY, TEST_NULLS_SOME},
    {"t", {STOA_TYPE_TEXT, 0, 0},     TEST_VALUES_STEADY, TEST_NULLS_SOME},
    {"d", {STOA_TYPE_DECIMAL, 38, 2}, TEST_VALUES_STEADY, TEST_NULLS_SOME},
    {"u", {STOA_TYPE_UINT64, 0, 0},   TEST_VALUES_STEADY, TEST_NULLS_SOME},
    {"b", {STOA_TYPE_BOOL, 0, 0},     TEST_VALUES_STEADY, TEST_NULLS_SOME},
    {"r", {STOA_TYPE_INT32, 0, 0},    TEST_VALUES_STEADY, TEST_NULLS_SOME},
};

/* ---- the table ---- */

/* A float of the zone: plain and ascending, or one of the awkward ones. */
static double draw_float(struct test_random *random, uint32_t row)
{
    static const double awkward[] = {0.0, -0.0, (double)NAN, (double)INFINITY, 1e300, 0.1};
    const uint32_t zone = row / ZONE;
    switch (zone % 6) {
    case 1: return (double)NAN;
    case 2: return test_random_below(random, 2) ? 0.0 : -0.0;
    case 3: return awkward[test_random_below(random, 6)];
    default: return (double)row / 7 + (double)test_random_below(random, 100) * 1e-9;
    }
}

/* "p" a hundred times in front, or the highest character again and again, or a number. */
static uint32_t draw_text(struct test_random *random, uint32_t row, char out[160])
{
    const uint32_t number = row / 100 * 100 + (uint32_t)test_random_below(random, 300);
    switch (row / ZONE % 5) {
    case 1:
        memset(out, 'p', 100);
        return 100 + (uint32_t)snprintf(out + 100, 60, "%06u", number);
    case 2:
        for (unsigned i = 0; i < 30; i++)
            memcpy(out + (size_t)4 * i, "\xf4\x8f\xbf\xbf", 4);
        return row % 3 == 0 ? 120 : 4;
    case 3: return (uint32_t)snprintf(out, 160, "https://example.org/%08u", number);
    default: return (uint32_t)snprintf(out, 160, "%06u", number);
    }
}

static struct stoa_value draw_value(struct test_random *random, uint32_t column,
                                    uint32_t row, char text[160])
{
    struct stoa_value value = {.is_null = false};
    const uint32_t zone = row / ZONE;
    const int64_t near = row + (int64_t)test_random_below(random, 3000) - 40000;
    if (zone % 7 == 6 || test_random_below(random, 40) == 0) {
        value.is_null = zone % 7 == 6 || zone % 2 == 0;
        if (value.is_null)
            return value;
    }
    switch (column) {
    case 0: value.i64 = near; break;
    case 1: value.f64 = draw_float(random, row); break;
    case 2:
        value.bytes.length = draw_text(random, row, text);
        value.bytes.data = (const uint8_t *)text;
        break;
    case 3: value.i128 = (stoa_i128)near * INT64_MAX * 7; break;
    case 4: value.u64 = UINT64_MAX - row; break;
    case 5: value.boolean = zone % 3 == 0; break;
    default: value.i64 = (int64_t)test_random_below(random, 1000); break;
    }
    return value;
}

static void make_table(struct test_table *table, struct test_random *random)
{
    stoa_error error;
    char text[160];
    test_table_make(table, random, specs, COLUMNS, ROWS);
    for (uint32_t c = 0; c < COLUMNS; c++) {
        stoa_column_builder_clear(&table->columns[c]);
        for (uint32_t row = 0; row < ROWS; row++) {
            const struct stoa_value value = draw_value(random, c, row, text);
            assert_ok(stoa_column_builder_append(&table->columns[c], &value, &error),
                      &error);
        }
    }
}

/* ---- statements ---- */

static void put(struct stoa_buf *out, const char *text)
{
    assert_ok(stoa_buf_append(out, text, strlen(text), NULL), NULL);
}

static void put_literal(struct stoa_buf *out, const struct test_table *table,
                        struct test_random *random, uint32_t column)
{
    char name[STOA_TYPE_TEXT_MAX];
    struct stoa_buf text;
    const stoa_type type = table->fields[column].type;
    const struct stoa_column view = stoa_column_builder_view(&table->columns[column]);
    struct stoa_value value;
    do {
        value = stoa_column_get(&view, (uint32_t)test_random_below(random, ROWS));
    } while (value.is_null);
    stoa_buf_init(&text, 1 << 20);
    assert_ok(stoa_text_append(type, &value, &text, NULL), NULL);
    assert_ok(stoa_buf_printf(out, NULL, "'%.*s'::%s", (int)text.size,
                              (const char *)text.data, stoa_type_text(type, name)),
              NULL);
    stoa_buf_done(&text);
}

static void put_condition(struct stoa_buf *out, const struct test_table *table,
                          struct test_random *random)
{
    static const char *const operators[] = {" = ", " <> ", " < ", " <= ", " > ", " >= "};
    const uint32_t column = (uint32_t)test_random_below(random, COLUMNS);
    const uint64_t kind = test_random_below(random, 9);
    put(out, kind == 8 ? "NOT (" : "(");
    put(out, specs[column].name);
    if (kind == 0) {
        put(out, test_random_below(random, 2) ? " IS NULL" : " IS NOT NULL");
    } else if (kind == 1) {
        put(out, " IN (");
        put_literal(out, table, random, column);
        put(out, ", ");
        put_literal(out, table, random, column);
        put(out, ")");
    } else if (kind < 5) {
        put(out, " BETWEEN ");
        put_literal(out, table, random, column);
        put(out, " AND ");
        put_literal(out, table, random, column);
    } else {
        put(out, operators[test_random_below(random, 6)]);
        put_literal(out, table, random, column);
    }
    put(out, ")");
}

static void put_outputs(struct stoa_buf *out, struct test_random *random)
{
    static const char *const outputs[] = {
        "count(*)", "count(k)", "min(k)", "max(k)", "sum(k)",   "avg(k)", "min(f)",
        "max(f)",   "sum(f)",   "avg(f)", "min(t)", "max(t)",   "min(d)", "max(d)",
        "count(d)", "sum(u)",   "max(u)", "min(r)", "count(b)", "avg(u)", "count(f)"};
    const uint64_t count = 1 + test_random_below(random, 3);
    for (uint64_t i = 0; i < count; i++) {
        put(out, i > 0 ? ", " : "");
        put(out, outputs[test_random_below(random, sizeof outputs / sizeof *outputs)]);
    }
}

/* The whole answer, floats to their last bit: they print the shortest text that reads back. */
static void check_statement(const struct exec_place *place, const char *sql,
                            stoa_query_counters *total)
{
    stoa_query_counters counters;
    const struct exec_options with = {.counters = &counters};
    const struct exec_options without = {.flags = STOA_QUERY_NO_STATISTICS};
    struct stoa_buf expected;
    struct stoa_buf found;
    stoa_error error;
    stoa_buf_init(&expected, 1 << 26);
    stoa_buf_init(&found, 1 << 26);
    const stoa_status want = exec_try(place, sql, &without, &expected, &error);
    const stoa_status have = exec_try(place, sql, &with, &found, &error);
    if (want != have || expected.size != found.size ||
        (found.size > 0 && memcmp(expected.data, found.data, found.size) != 0))
        fail_msg("%s\nfrom values (%d): %.*s\nwith statistics (%d): %.*s", sql, (int)want,
                 (int)expected.size, (const char *)expected.data, (int)have,
                 (int)found.size, (const char *)found.data);
    if (have == STOA_OK) {
        total->rows_from_statistics += counters.rows_from_statistics;
        total->zones += counters.zones;
        total->zones_pruned += counters.zones_pruned;
        total->rows_scanned += counters.rows_scanned;
    }
    stoa_buf_done(&expected);
    stoa_buf_done(&found);
}

static void test_statistics_answer_as_the_values_do(void **state)
{
    (void)state;
    struct test_random random = test_random_start(921);
    struct test_table table;
    struct exec_place place;
    struct stoa_buf sql;
    stoa_query_counters total = {0};
    make_table(&table, &random);
    exec_place_table(&place, &table);
    stoa_buf_init(&sql, 1 << 20);
    for (int round = 0; round < 250; round++) {
        sql.size = 0;
        put(&sql, "SELECT ");
        put_outputs(&sql, &random);
        put(&sql, " FROM t WHERE ");
        put_condition(&sql, &table, &random);
        if (test_random_below(&random, 3) == 0) {
            put(&sql, " AND ");
            put_condition(&sql, &table, &random);
        }
        assert_ok(stoa_buf_append_byte(&sql, 0, NULL), NULL);
        check_statement(&place, (const char *)sql.data, &total);
    }
    print_message("%llu rows from statistics, %llu of %llu zones skipped\n",
                  (unsigned long long)total.rows_from_statistics,
                  (unsigned long long)total.zones_pruned, (unsigned long long)total.zones);
    assert_true(total.zones_pruned > 500);
    assert_true(total.rows_from_statistics > 1000000);
    stoa_buf_done(&sql);
    exec_place_done(&place);
    test_table_done(&table);
}

/* Rows, groups and an order with a limit, where zones are skipped too. */
static void test_zones_are_skipped_in_every_kind_of_statement(void **state)
{
    static const char *const statements[] = {
        "SELECT k, t FROM t WHERE k BETWEEN 1000 AND 1050",
        "SELECT r % 7, count(*), sum(f) FROM t WHERE k < -39000 GROUP BY r % 7",
        "SELECT DISTINCT b FROM t WHERE u > 18446744073709541615",
        "SELECT k, r FROM t WHERE b ORDER BY k DESC NULLS LAST, r LIMIT 20",
        "SELECT k FROM t WHERE k > 20000 ORDER BY k, r LIMIT 5",
        "SELECT t FROM t WHERE t LIKE 'https://example.org/0002%' LIMIT 9",
        "SELECT count(*) FROM t WHERE k + 1 > 30000 AND k < 31000",
    };
    (void)state;
    struct test_random random = test_random_start(922);
    struct test_table table;
    struct exec_place place;
    stoa_query_counters total = {0};
    make_table(&table, &random);
    exec_place_table(&place, &table);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        check_statement(&place, statements[i], &total);
    assert_true(total.zones_pruned > 20);
    exec_place_done(&place);
    test_table_done(&table);
}

/* [FMT-102] From the sketches of files or from their rows: the same registers. */
static void test_distinct_values_are_counted_alike_from_sketches_and_rows(void **state)
{
    static const char *const columns[] = {"k", "f", "t", "d", "u", "b", "r"};
    (void)state;
    struct test_random random = test_random_start(924);
    struct test_table table;
    struct exec_place place;
    const struct test_write_options write = {.keeps_sketches = true};
    make_table(&table, &random);
    exec_place_table_with(&place, &table, &write);
    for (size_t i = 0; i < COLUMNS; i++) {
        stoa_query_counters total = {0};
        char sql[200];
        snprintf(sql, sizeof sql, "SELECT approx_count_distinct(%s), count(*) FROM t",
                 columns[i]);
        check_statement(&place, sql, &total);
        assert_int_equal(total.rows_from_statistics, ROWS);
        assert_int_equal(total.rows_scanned, 0);
        snprintf(sql, sizeof sql,
                 "SELECT approx_count_distinct(%s), approx_count_distinct(k) FROM t WHERE "
                 "k < 10000",
                 columns[i]);
        check_statement(&place, sql, &total);
        assert_true(total.rows_scanned > 0);
        snprintf(sql, sizeof sql,
                 "SELECT b, approx_count_distinct(%s) FROM t GROUP BY b ORDER BY b",
                 columns[i]);
        check_statement(&place, sql, &total);
    }
    exec_place_done(&place);
    test_table_done(&table);
}

/* [FMT-113] Row groups that cannot hold a value are skipped, none that does is. */
static void test_filters_rule_out_row_groups(void **state)
{
    static const bool filters[COLUMNS] = {true, true, true, true, true, false, true};
    (void)state;
    struct test_random random = test_random_start(925);
    struct test_table table;
    struct exec_place place;
    struct stoa_buf sql;
    uint64_t filtered = 0;
    const struct test_write_options write = {.filters = filters};
    make_table(&table, &random);
    exec_place_table_with(&place, &table, &write);
    stoa_buf_init(&sql, 1 << 20);
    for (int round = 0; round < 60; round++) {
        const uint32_t column = (uint32_t)test_random_below(&random, COLUMNS);
        stoa_query_counters total = {0};
        sql.size = 0;
        put(&sql, "SELECT count(*), min(k) FROM t WHERE ");
        put(&sql, specs[column].name);
        put(&sql, round % 2 ? " IN (" : " = (");
        put_literal(&sql, &table, &random, column);
        if (round % 2) {
            put(&sql, ", ");
            put_literal(&sql, &table, &random, column);
        }
        put(&sql, ")");
        assert_ok(stoa_buf_append_byte(&sql, 0, NULL), NULL);
        check_statement(&place, (const char *)sql.data, &total);
    }
    for (int i = 0; i < 40; i++) { /* inside the bounds, and not there */
        stoa_query_counters counters;
        const struct exec_options options = {.counters = &counters};
        char text[200];
        snprintf(text, sizeof text, "SELECT count(*) FROM t WHERE t = 'https://%d'", i);
        assert_string_equal(exec_csv_with(&place, text, &options), "0\n");
        filtered += counters.row_groups_filtered;
    }
    assert_true(filtered >= 38); /* of 40; one in 256 passes */
    assert_contains(exec_csv(&place, "EXPLAIN ANALYZE SELECT count(*) FROM t WHERE t = "
                                     "'https://no'"),
                    "ruled out by filters");
    stoa_buf_done(&sql);
    exec_place_done(&place);
    test_table_done(&table);
}

static void test_explain_counts_zones(void **state)
{
    (void)state;
    struct test_random random = test_random_start(923);
    struct test_table table;
    struct exec_place place;
    make_table(&table, &random);
    exec_place_table(&place, &table);
    const char *plan = exec_csv(
        &place, "EXPLAIN ANALYZE SELECT count(k) FROM t WHERE u <= 18446744073709521615");
    assert_contains(plan, "zones ");
    assert_contains(plan, "zones skipped");
    assert_contains(plan, "of them from statistics alone");
    exec_place_done(&place);
    test_table_done(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statistics_answer_as_the_values_do),
        cmocka_unit_test(test_zones_are_skipped_in_every_kind_of_statement),
        cmocka_unit_test(test_distinct_values_are_counted_alike_from_sketches_and_rows),
        cmocka_unit_test(test_filters_rule_out_row_groups),
        cmocka_unit_test(test_explain_counts_zones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
