/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GROUP BY over columns of every type: groups in the order of their first row, and every aggregate as a plain walk over
 * the rows gives it, at any number of threads.
 */
#include "tests/unit/query/exec_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/text.h"
#include "query/call.h"

enum { MAX_KEYS = 3, COLUMNS = 5, NUMBER = 3, FLOAT = 4 };

/* What the walk knows of one group. */
struct group {
    uint32_t first_row;
    uint64_t rows, numbers;
    stoa_i128 sum;
    struct stoa_value min, max;
    struct stoa_float_sum float_sum, block_sum;
    uint32_t block;
    struct group *next; /* in the bucket */
};

struct walk {
    const struct stoa_column *columns;
    uint32_t key_count;
    struct group *groups;
    uint32_t count;
    struct group *buckets[4096];
};

/* ---- the walk ---- */

static bool same_value(enum stoa_phys phys, const struct stoa_value *a,
                       const struct stoa_value *b)
{
    if (a->is_null || b->is_null)
        return a->is_null == b->is_null;
    return stoa_value_compare(phys, a, b) == 0;
}

static bool same_key(const struct walk *walk, uint32_t a, uint32_t b)
{
    for (uint32_t k = 0; k < walk->key_count; k++) {
        const struct stoa_value x = stoa_column_get(&walk->columns[k], a);
        const struct stoa_value y = stoa_column_get(&walk->columns[k], b);
        if (!same_value(walk->columns[k].phys, &x, &y))
            return false;
    }
    return true;
}

/* A hash that equal values share, whatever their bits: order against a few thresholds is enough here. */
static uint32_t bucket_of(const struct walk *walk, uint32_t row)
{
    uint32_t hash = 0;
    for (uint32_t k = 0; k < walk->key_count; k++) {
        const struct stoa_value value = stoa_column_get(&walk->columns[k], row);
        uint32_t part = 0;
        if (value.is_null)
            part = 7;
        else if (walk->columns[k].phys == STOA_PHYS_BYTES)
            for (uint32_t i = 0; i < value.bytes.length; i++)
                part = part * 31 + value.bytes.data[i];
        else if (walk->columns[k].phys == STOA_PHYS_BOOL)
            part = value.boolean;
        else if (walk->columns[k].phys == STOA_PHYS_F64)
            part =
                value.f64 == 0 || value.f64 != value.f64 ? 1 : (uint32_t)(value.u64 >> 30);
        else
            part = (uint32_t)value.u64 * 2654435761u;
        hash = hash * 33 + part;
    }
    return (hash ^ hash >> 12) % 4096;
}

static struct group *find_group(struct walk *walk, uint32_t row)
{
    struct group **bucket = &walk->buckets[bucket_of(walk, row)];
    for (struct group *group = *bucket; group; group = group->next) {
        if (same_key(walk, group->first_row, row))
            return group;
    }
    struct group *group = &walk->groups[walk->count++];
    *group = (struct group){.first_row = row, .next = *bucket};
    *bucket = group;
    return group;
}

/* A group's floats are summed block by block. */
static void add_float(struct group *group, uint32_t row, double x)
{
    if (row / STOA_BLOCK_ROWS != group->block) {
        stoa_float_sum_merge(&group->float_sum, group->block_sum);
        group->block_sum = (struct stoa_float_sum){0};
        group->block = row / STOA_BLOCK_ROWS;
    }
    stoa_float_sum_add(&group->block_sum, x);
}

static void add_row(struct walk *walk, uint32_t row)
{
    struct group *group = find_group(walk, row);
    const struct stoa_value number = stoa_column_get(&walk->columns[NUMBER], row);
    const struct stoa_value real = stoa_column_get(&walk->columns[FLOAT], row);
    group->rows++;
    if (!real.is_null)
        add_float(group, row, real.f64);
    if (number.is_null)
        return;
    if (group->numbers == 0 || number.i64 < group->min.i64)
        group->min = number;
    if (group->numbers == 0 || number.i64 > group->max.i64)
        group->max = number;
    group->numbers++;
    group->sum += number.i64;
}

/* ---- as CSV ---- */

static void put_value(struct stoa_buf *out, stoa_type type, const struct stoa_value *value)
{
    struct stoa_buf text;
    stoa_buf_init(&text, SIZE_MAX / 4);
    if (!value->is_null)
        assert_ok(stoa_text_append(type, value, &text, NULL), NULL);
    bool quoted =
        type.id == STOA_TYPE_TEXT && !value->is_null &&
        (text.size == 0 || text.data[0] == ' ' || text.data[text.size - 1] == ' ');
    for (size_t i = 0; i < text.size; i++)
        quoted = quoted || memchr(",\"\n\r", text.data[i], 4);
    if (quoted)
        assert_ok(stoa_buf_append_byte(out, '"', NULL), NULL);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            assert_ok(stoa_buf_append_byte(out, '"', NULL), NULL);
        assert_ok(stoa_buf_append_byte(out, text.data[i], NULL), NULL);
    }
    if (quoted)
        assert_ok(stoa_buf_append_byte(out, '"', NULL), NULL);
    stoa_buf_done(&text);
}

static void put_group(struct stoa_buf *out, const struct walk *walk,
                      const struct stoa_field *fields, struct group *group)
{
    const stoa_type int64 = stoa_type_of(STOA_TYPE_INT64);
    const stoa_type decimal = stoa_type_decimal(38, 0);
    for (uint32_t k = 0; k < walk->key_count; k++) {
        struct stoa_value value = stoa_column_get(&walk->columns[k], group->first_row);
        if (fields[k].type.id == STOA_TYPE_FLOAT64)
            value.f64 += 0.0;
        put_value(out, fields[k].type, &value);
        assert_ok(stoa_buf_append_byte(out, ',', NULL), NULL);
    }
    assert_ok(stoa_buf_printf(out, NULL, "%llu,%llu,", (unsigned long long)group->rows,
                              (unsigned long long)group->numbers),
              NULL);
    const bool none = group->numbers == 0;
    const struct stoa_value sum = {.is_null = none, .i128 = group->sum};
    group->min.is_null = group->max.is_null = none;
    put_value(out, int64, &group->min);
    assert_ok(stoa_buf_append_byte(out, ',', NULL), NULL);
    put_value(out, int64, &group->max);
    assert_ok(stoa_buf_append_byte(out, ',', NULL), NULL);
    put_value(out, decimal, &sum);
    stoa_float_sum_merge(&group->float_sum, group->block_sum);
    const struct stoa_value real = {.is_null = false,
                                    .f64 = group->float_sum.high + group->float_sum.low};
    assert_ok(stoa_buf_append_byte(out, ',', NULL), NULL);
    put_value(out, stoa_type_of(STOA_TYPE_FLOAT64), &real);
    assert_ok(stoa_buf_append_byte(out, '\n', NULL), NULL);
}

/* ---- comparing ---- */

static void expect(const struct test_table *table, uint32_t key_count, struct stoa_buf *out)
{
    struct stoa_column columns[COLUMNS];
    static struct walk walk;
    for (uint32_t i = 0; i < COLUMNS; i++)
        columns[i] = stoa_column_builder_view(&table->columns[i]);
    walk = (struct walk){.columns = columns, .key_count = key_count};
    walk.groups = calloc(table->rows + 1, sizeof *walk.groups);
    assert_non_null(walk.groups);
    for (uint32_t row = 0; row < table->rows; row++)
        add_row(&walk, row);
    for (uint32_t i = 0; i < walk.count; i++)
        put_group(out, &walk, table->fields, &walk.groups[i]);
    assert_ok(stoa_buf_append_byte(out, 0, NULL), NULL);
    free(walk.groups);
}

static void check_groups(const struct test_table *table, const struct exec_place *place,
                         uint32_t key_count)
{
    static const char *const keys[] = {"", "a", "a, b", "a, b, c"};
    static const unsigned threads[] = {1, 2, 3, 8};
    struct stoa_buf expected;
    char sql[300];
    stoa_buf_init(&expected, SIZE_MAX / 4);
    expect(table, key_count, &expected);
    snprintf(sql, sizeof sql,
             "SELECT %s, count(*), count(n), min(n), max(n), sum(n), coalesce(sum(f), 0) "
             "FROM t GROUP BY %s",
             keys[key_count], keys[key_count]);
    for (unsigned i = 0; i < 4; i++) {
        const struct exec_options options = {.threads = threads[i]};
        const char *found = exec_csv_with(place, sql, &options);
        assert_int_equal(strlen(found) + 1, expected.size);
        assert_bytes(found, expected.data, expected.size);
    }
    stoa_buf_done(&expected);
}

static void check_table(struct test_random *random, const stoa_type types[MAX_KEYS],
                        uint32_t rows)
{
    static const char *const names[] = {"a", "b", "c", "n", "f"};
    struct test_column_spec specs[COLUMNS];
    struct test_table table;
    struct exec_place place;
    for (uint32_t i = 0; i < COLUMNS; i++)
        specs[i] = (struct test_column_spec){
            names[i],
            i < MAX_KEYS ? types[i]
                         : stoa_type_of(i == NUMBER ? STOA_TYPE_INT64 : STOA_TYPE_FLOAT64),
            (enum test_values)test_random_below(random, TEST_VALUES_COUNT),
            (enum test_nulls)test_random_below(random, TEST_NULLS_COUNT)};
    if (specs[FLOAT].values == TEST_VALUES_WIDE)
        specs[FLOAT].values = TEST_VALUES_NARROW; /* infinities may overflow */
    test_table_make(&table, random, specs, COLUMNS, rows);
    exec_place_table(&place, &table);
    for (uint32_t keys = 1; keys <= MAX_KEYS; keys++)
        check_groups(&table, &place, keys);
    exec_place_done(&place);
    test_table_done(&table);
}

static void test_groups_of_every_type_match_a_plain_walk(void **state)
{
    (void)state;
    struct test_random random = test_random_start(4711);
    for (unsigned i = 0; i < TEST_TYPE_COUNT; i++) {
        const stoa_type types[MAX_KEYS] = {
            test_type(i), test_type((size_t)test_random_below(&random, TEST_TYPE_COUNT)),
            test_type((size_t)test_random_below(&random, TEST_TYPE_COUNT))};
        check_table(&random, types, 1 + (uint32_t)test_random_below(&random, 2500));
    }
}

static void test_groups_are_merged_over_blocks(void **state)
{
    (void)state;
    struct test_random random = test_random_start(815);
    const stoa_type types[MAX_KEYS] = {stoa_type_of(STOA_TYPE_TEXT),
                                       stoa_type_of(STOA_TYPE_INT32),
                                       stoa_type_of(STOA_TYPE_BOOL)};
    check_table(&random, types, 2 * STOA_BLOCK_ROWS + 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups_of_every_type_match_a_plain_walk),
        cmocka_unit_test(test_groups_are_merged_over_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
