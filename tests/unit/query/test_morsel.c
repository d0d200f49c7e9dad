/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pruning: whatever statistics skip, the rows that come out are those of a walk over all rows. Conditions are drawn
 * at random over columns of every type, made of values that the table holds and of values beside them.
 */
#include "tests/unit/query/exec_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/text.h"
#include "query/call.h"

enum truth { FALSE_, TRUE_, UNKNOWN };

enum { COLUMN_ID, COLUMN_A, COLUMN_B, COLUMN_COUNT, MAX_DEPTH = 2 };

/* A condition as SQL and as a tree that the test walks itself. */
enum node_kind {
    NODE_COMPARE,
    NODE_BETWEEN,
    NODE_IN,
    NODE_NULL,
    NODE_NOT,
    NODE_AND,
    NODE_OR
};

struct node {
    enum node_kind kind;
    uint32_t column;
    unsigned op; /* COMPARE: index of `operators`; NULL: 1 is IS NOT NULL */
    struct stoa_value values[3];
    unsigned value_count;
    struct node *left, *right;
};

static const char *const operators[] = {"=", "<>", "<", "<=", ">", ">="};

struct draw {
    struct test_random random;
    const struct test_table *table;
    const struct test_table *other; /* values of the same types, mostly not in the table */
    struct node nodes[16];
    unsigned used;
};

/* ---- drawing ---- */

static struct stoa_value draw_value(struct draw *draw, uint32_t column)
{
    const bool own = test_random_below(&draw->random, 4) != 0;
    const struct test_table *table = own ? draw->table : draw->other;
    const struct stoa_column view = stoa_column_builder_view(&table->columns[column]);
    return stoa_column_get(&view, (uint32_t)test_random_below(&draw->random, table->rows));
}

static struct node *draw_leaf(struct draw *draw)
{
    struct node *node = &draw->nodes[draw->used++];
    *node =
        (struct node){.column = (uint32_t)test_random_below(&draw->random, COLUMN_COUNT)};
    const uint64_t kind = test_random_below(&draw->random, 10);
    if (kind == 0) {
        node->kind = NODE_NULL;
        node->op = (unsigned)test_random_below(&draw->random, 2);
        return node;
    }
    node->kind = kind < 3 ? NODE_BETWEEN : kind < 5 ? NODE_IN : NODE_COMPARE;
    node->op = (unsigned)test_random_below(&draw->random, 6);
    node->value_count = node->kind == NODE_COMPARE ? 1 : node->kind == NODE_BETWEEN ? 2 : 3;
    for (unsigned i = 0; i < node->value_count; i++)
        node->values[i] = draw_value(draw, node->column);
    return node;
}

static struct node *draw_tree(struct draw *draw, unsigned depth)
{
    const uint64_t kind = test_random_below(&draw->random, 4);
    if (depth == 0 || kind == 0)
        return draw_leaf(draw);
    struct node *node = &draw->nodes[draw->used++];
    *node = (struct node){.kind = kind == 1 ? NODE_NOT : kind == 2 ? NODE_AND : NODE_OR};
    node->left = draw_tree(draw, depth - 1);
    if (node->kind != NODE_NOT)
        node->right = draw_tree(draw, depth - 1);
    return node;
}

/* ---- as SQL ---- */

static void put(struct stoa_buf *out, const char *text)
{
    assert_ok(stoa_buf_append(out, text, strlen(text), NULL), NULL);
}

static void put_literal(struct stoa_buf *out, stoa_type type,
                        const struct stoa_value *value)
{
    char name[STOA_TYPE_TEXT_MAX];
    struct stoa_buf text;
    put(out, value->is_null ? "NULL" : "'");
    if (!value->is_null) {
        stoa_buf_init(&text, SIZE_MAX / 4);
        assert_ok(stoa_text_append(type, value, &text, NULL), NULL);
        for (size_t i = 0; i < text.size; i++) {
            if (text.data[i] == '\'')
                put(out, "'");
            assert_ok(stoa_buf_append_byte(out, text.data[i], NULL), NULL);
        }
        stoa_buf_done(&text);
        put(out, "'");
    }
    put(out, "::");
    put(out, stoa_type_text(type, name));
}

static void put_node(struct stoa_buf *out, const struct test_table *table,
                     const struct node *node)
{
    const stoa_field *field = &table->fields[node->column];
    put(out, "(");
    switch (node->kind) {
    case NODE_NOT:
        put(out, "NOT ");
        put_node(out, table, node->left);
        break;
    case NODE_AND:
    case NODE_OR:
        put_node(out, table, node->left);
        put(out, node->kind == NODE_AND ? " AND " : " OR ");
        put_node(out, table, node->right);
        break;
    case NODE_NULL:
        put(out, field->name);
        put(out, node->op ? " IS NOT NULL" : " IS NULL");
        break;
    case NODE_COMPARE:
    case NODE_BETWEEN:
    case NODE_IN:
        put(out, field->name);
        put(out, node->kind == NODE_IN        ? " IN ("
                 : node->kind == NODE_BETWEEN ? " BETWEEN "
                                              : operators[node->op]);
        for (unsigned i = 0; i < node->value_count; i++) {
            if (i > 0)
                put(out, node->kind == NODE_IN ? ", " : " AND ");
            put_literal(out, field->type, &node->values[i]);
        }
        put(out, node->kind == NODE_IN ? ")" : "");
        break;
    }
    put(out, ")");
}

/* ---- row by row ---- */

static enum truth negate(enum truth truth)
{
    return truth == UNKNOWN ? UNKNOWN : truth == TRUE_ ? FALSE_ : TRUE_;
}

static enum truth both(enum truth a, enum truth b)
{
    return a == FALSE_ || b == FALSE_ ? FALSE_ : a == TRUE_ && b == TRUE_ ? TRUE_ : UNKNOWN;
}

static enum truth either(enum truth a, enum truth b)
{
    return negate(both(negate(a), negate(b)));
}

static enum truth compare(enum stoa_phys phys, unsigned op, const struct stoa_value *a,
                          const struct stoa_value *b)
{
    if (a->is_null || b->is_null)
        return UNKNOWN;
    const int order = stoa_value_compare(phys, a, b);
    const bool results[] = {order == 0, order != 0, order<0, order <= 0, order> 0,
                            order >= 0};
    return results[op] ? TRUE_ : FALSE_;
}

static enum truth truth_of(const struct node *node, const struct stoa_column *columns,
                           uint32_t row)
{
    enum { EQUAL = 0, AT_MOST = 3, AT_LEAST = 5 };
    if (node->kind == NODE_NOT)
        return negate(truth_of(node->left, columns, row));
    if (node->kind == NODE_AND)
        return both(truth_of(node->left, columns, row),
                    truth_of(node->right, columns, row));
    if (node->kind == NODE_OR)
        return either(truth_of(node->left, columns, row),
                      truth_of(node->right, columns, row));
    const enum stoa_phys phys = columns[node->column].phys;
    const struct stoa_value value = stoa_column_get(&columns[node->column], row);
    if (node->kind == NODE_NULL)
        return value.is_null == (node->op == 0) ? TRUE_ : FALSE_;
    if (node->kind == NODE_COMPARE)
        return compare(phys, node->op, &value, &node->values[0]);
    if (node->kind == NODE_BETWEEN)
        return both(compare(phys, AT_LEAST, &value, &node->values[0]),
                    compare(phys, AT_MOST, &value, &node->values[1]));
    enum truth truth = FALSE_;
    for (unsigned i = 0; i < node->value_count; i++)
        truth = either(truth, compare(phys, EQUAL, &value, &node->values[i]));
    return truth;
}

static void expect_rows(struct stoa_buf *out, const struct test_table *table,
                        const struct node *node)
{
    struct stoa_column columns[COLUMN_COUNT];
    for (uint32_t i = 0; i < COLUMN_COUNT; i++)
        columns[i] = stoa_column_builder_view(&table->columns[i]);
    put(out, "id\n");
    for (uint32_t row = 0; row < table->rows; row++) {
        if (truth_of(node, columns, row) == TRUE_)
            assert_ok(stoa_buf_printf(out, NULL, "%lld\n",
                                      (long long)stoa_column_i64(&columns[0])[row]),
                      NULL);
    }
}

/* ---- the tests ---- */

static void check_condition(struct draw *draw, const struct exec_place *place,
                            unsigned threads)
{
    static stoa_error error;
    struct stoa_buf sql, found, expected;
    stoa_buf_init(&sql, SIZE_MAX / 4);
    stoa_buf_init(&found, SIZE_MAX / 4);
    stoa_buf_init(&expected, SIZE_MAX / 4);
    draw->used = 0;
    const struct node *root = draw_tree(draw, MAX_DEPTH);
    put(&sql, "SELECT id FROM t WHERE ");
    put_node(&sql, draw->table, root);
    assert_ok(stoa_buf_append_byte(&sql, 0, NULL), NULL);
    expect_rows(&expected, draw->table, root);
    const struct exec_options options = {.threads = threads};
    const stoa_status status =
        exec_try(place, (const char *)sql.data, &options, &found, &error);
    if (status != STOA_OK || found.size != expected.size ||
        memcmp(found.data, expected.data, found.size) != 0)
        print_message("%s\n", (const char *)sql.data);
    assert_ok(status, &error);
    assert_int_equal(found.size, expected.size);
    assert_bytes(found.data, expected.data, expected.size);
    stoa_buf_done(&sql);
    stoa_buf_done(&found);
    stoa_buf_done(&expected);
}

static void check_table(struct test_random *random, stoa_type a, stoa_type b, uint32_t rows,
                        unsigned conditions)
{
    struct test_column_spec specs[COLUMN_COUNT] = {
        {"id",                                        {.id = STOA_TYPE_INT64}, TEST_VALUES_SEQUENCE, TEST_NULLS_NONE},
        { "a", a,      (enum test_values)test_random_below(random,                                                  TEST_VALUES_COUNT),
         (enum test_nulls)test_random_below(random, TEST_NULLS_COUNT)},
        {                                                "b", b,      (enum test_values)test_random_below(random,                                                  TEST_VALUES_COUNT),
         (enum test_nulls)test_random_below(random, TEST_NULLS_COUNT)}
    };
    struct test_table table, other;
    struct exec_place place;
    test_table_make(&table, random, specs, COLUMN_COUNT, rows);
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        specs[i].values = TEST_VALUES_WIDE;
    test_table_make(&other, random, specs, COLUMN_COUNT, 100);
    exec_place_table(&place, &table);
    struct draw draw = {.random = *random, .table = &table, .other = &other};
    for (unsigned i = 0; i < conditions; i++)
        check_condition(&draw, &place, 1 + i % 3);
    *random = draw.random;
    exec_place_done(&place);
    test_table_done(&table);
    test_table_done(&other);
}

static void test_random_conditions_find_the_rows_of_a_plain_walk(void **state)
{
    (void)state;
    struct test_random random = test_random_start(20261124);
    for (unsigned i = 0; i < 2 * TEST_TYPE_COUNT; i++)
        check_table(&random, test_type(i % TEST_TYPE_COUNT),
                    test_type((size_t)test_random_below(&random, TEST_TYPE_COUNT)),
                    1 + (uint32_t)test_random_below(&random, 3000), 12);
}

static void test_conditions_hold_over_several_blocks(void **state)
{
    (void)state;
    struct test_random random = test_random_start(77);
    check_table(&random, stoa_type_of(STOA_TYPE_TEXT), stoa_type_of(STOA_TYPE_FLOAT64),
                140000, 10);
    check_table(&random, stoa_type_of(STOA_TYPE_INT64), stoa_type_decimal(38, 10), 140000,
                10);
}

/* The largest text is longer than a bound, so the bound is cut; texts around it must come out. */
static void test_cut_bounds_of_long_texts_lose_no_row(void **state)
{
    (void)state;
    struct exec_place place;
    char csv[2000] = "id,a\n";
    char text[200];
    memset(text, 'z', sizeof text);
    for (unsigned i = 0; i < 6; i++) {
        char line[260];
        snprintf(line, sizeof line, "%u,%.*s\n", i, 62 + (int)i, text);
        strcat(csv, line);
    }
    exec_place_csv(&place, csv, NULL);
    for (unsigned i = 0; i < 6; i++) {
        char sql[400], expected[80];
        snprintf(sql, sizeof sql, "SELECT min(id), count(*) FROM t WHERE a >= '%.*s'",
                 62 + (int)i, text);
        snprintf(expected, sizeof expected, "%u,%u\n", i, 6 - i);
        assert_answer(&place, sql, expected);
    }
    exec_place_done(&place);
}

static void partitioned_csv(struct stoa_buf *csv)
{
    put(csv, "day,id,v\n");
    for (unsigned i = 0; i < 400; i++)
        assert_ok(stoa_buf_printf(csv, NULL, "2026-01-%02u,%u,%u\n", 1 + i % 20, i, i / 20),
                  NULL);
    assert_ok(stoa_buf_append_byte(csv, 0, NULL), NULL);
}

static void test_partitions_that_cannot_match_are_not_opened(void **state)
{
    (void)state;
    struct exec_place place;
    struct stoa_buf csv;
    stoa_query_counters counters;
    stoa_buf_init(&csv, SIZE_MAX / 4);
    partitioned_csv(&csv);
    exec_place_csv(&place, (const char *)csv.data, "day");
    const struct exec_options options = {.counters = &counters};
    const char *sql =
        "SELECT count(*), min(id), max(v + 0) FROM t WHERE day = DATE '2026-01-07'";
    assert_string_equal(exec_csv_with(&place, sql, &options), "20,6,19\n");
    assert_int_equal(counters.files, 20);
    assert_int_equal(counters.files_pruned, 19);
    assert_int_equal(counters.partitions_pruned, 19);
    assert_int_equal(counters.row_groups, 1);
    sql = "SELECT count(*) FROM t WHERE day > DATE '2026-02-01' AND v >= 0";
    assert_string_equal(exec_csv_with(&place, sql, &options), "0\n");
    assert_int_equal(counters.files_pruned, 20);
    assert_int_equal(counters.bytes_read, 0);
    exec_place_done(&place);
    stoa_buf_done(&csv);
}

/* Data files that a statement does not need may be gone. */
static void test_statements_open_only_the_files_they_need(void **state)
{
    (void)state;
    struct exec_place place;
    struct stoa_buf csv;
    stoa_query_counters counters;
    const struct exec_options options = {.counters = &counters};
    stoa_buf_init(&csv, SIZE_MAX / 4);
    partitioned_csv(&csv);
    exec_place_csv(&place, (const char *)csv.data, "day");
    char *groups = strdup(exec_csv(&place, "SELECT day, sum(id + 0) FROM t GROUP BY day"));
    char command[400];
    snprintf(command, sizeof command, "rm -r '%s/day=2026-01-05'", place.table);
    assert_int_equal(system(command), 0);
    assert_string_equal(
        exec_csv(&place, "SELECT sum(id + 0) FROM t WHERE day = DATE '2026-01-06'"),
        "3900\n");
    assert_string_equal(
        exec_csv(&place, "SELECT id FROM t WHERE day > DATE '2026-01-19' AND v < 1"),
        "19\n");
    /* What the manifest knows needs no file at all. */
    assert_string_equal(
        exec_csv_with(&place, "SELECT count(*), min(id), max(v), min(day), avg(id) FROM t",
                      &options),
        "400,0,19,2026-01-01,199.5\n");
    assert_int_equal(counters.rows_from_statistics, 400);
    assert_int_equal(counters.row_groups, 0);
    assert_string_equal(
        exec_csv_with(&place, "SELECT count(*) FROM t WHERE day < DATE '2026-01-09'",
                      &options),
        "160\n");
    assert_int_equal(counters.row_groups, 0);
    assert_string_equal(
        exec_csv_with(&place, "SELECT day, sum(id) FROM t GROUP BY day", &options), groups);
    assert_int_equal(counters.row_groups, 0);
    assert_string_equal(exec_csv(&place, "SELECT DISTINCT day FROM t ORDER BY day LIMIT 2"),
                        "2026-01-01\n2026-01-02\n");
    assert_string_equal(
        exec_csv(&place, "SELECT count(DISTINCT day), max(day) FROM t WHERE day > DATE "
                         "'2026-01-10'"),
        "10,2026-01-20\n");
    exec_fails(&place, "SELECT sum(id + 0) FROM t", STOA_E_NOT_FOUND, "");
    free(groups);
    exec_place_done(&place);
    stoa_buf_done(&csv);
}

/* `k || ''` has the values of k, but no statistics. */
static void test_groups_of_constant_files_are_those_of_a_scan(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "count(*), count(n), min(n), max(n), sum(n), avg(n), min(s), max(s)",
        "max(f), min(f)", "sum(f), avg(f), count(f)", "count(DISTINCT n)",
        "count(*) FILTER (WHERE n > 2)"};
    struct exec_place place;
    exec_place_csv(
        &place,
        "k,n,f:float64,s\na,1,0.1,x\n,2,0.2,y\na,3,NaN,\nb,,0.7,z\n,5,,\"\"\nb,6,1e300,w\n",
        "k");
    exec_place_append(&place, "k,n,f:float64,s\nc,7,0.3,q\na,8,0.4,r\n");
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (unsigned threads = 1; threads <= 3; threads += 2) {
            char sql[300];
            const struct exec_options options = {.threads = threads};
            snprintf(sql, sizeof sql, "SELECT k, %s FROM t GROUP BY k", lists[i]);
            const char *fast = exec_csv_with(&place, sql, &options);
            snprintf(sql, sizeof sql,
                     "SELECT k || '', %s FROM t WHERE length(s || '') >= 0 OR s IS NULL "
                     "GROUP BY 1",
                     lists[i]);
            assert_string_equal(exec_csv_with(&place, sql, &options), fast);
        }
    }
    exec_place_done(&place);
}

static void test_blocks_and_zones_outside_a_range_are_not_read(void **state)
{
    (void)state;
    struct test_random random = test_random_start(5);
    const struct test_column_spec specs[] = {
        {"id", {.id = STOA_TYPE_INT64}, TEST_VALUES_SEQUENCE, TEST_NULLS_NONE},
        {"a",  {.id = STOA_TYPE_INT64}, TEST_VALUES_NARROW,   TEST_NULLS_NONE}
    };
    struct test_table table;
    struct exec_place place;
    stoa_query_counters counters;
    test_table_make(&table, &random, specs, 2, 3 * STOA_BLOCK_ROWS);
    exec_place_table(&place, &table);
    const struct stoa_column ids = stoa_column_builder_view(&table.columns[0]);
    const int64_t wanted = stoa_column_i64(&ids)[STOA_BLOCK_ROWS + 100];
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT count(*), sum(a * 1) IS NULL FROM t WHERE id = %lld",
             (long long)wanted);
    const struct exec_options options = {.counters = &counters};
    assert_string_equal(exec_csv_with(&place, sql, &options), "1,false\n");
    assert_int_equal(counters.blocks, 3);
    assert_int_equal(counters.blocks_pruned, 2);
    assert_int_equal(counters.zones, 8);
    assert_int_equal(counters.zones_pruned, 7);
    assert_int_equal(counters.rows_scanned, STOA_ZONE_ROWS);
    exec_place_done(&place);
    test_table_done(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_conditions_find_the_rows_of_a_plain_walk),
        cmocka_unit_test(test_conditions_hold_over_several_blocks),
        cmocka_unit_test(test_cut_bounds_of_long_texts_lose_no_row),
        cmocka_unit_test(test_partitions_that_cannot_match_are_not_opened),
        cmocka_unit_test(test_statements_open_only_the_files_they_need),
        cmocka_unit_test(test_groups_of_constant_files_are_those_of_a_scan),
        cmocka_unit_test(test_blocks_and_zones_outside_a_range_are_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
