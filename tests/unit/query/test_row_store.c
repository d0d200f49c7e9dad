/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finished rows: what is put in comes out, from vectors and from other stores, chosen and in any order; the budget knows of
 * it. Bounds of ORDER BY with LIMIT drop exactly the rows that a comparison puts behind them.
 */
#include "tests/tables/test_table.h"

#include <stdlib.h>
#include <string.h>

#include "query/row_bound.h"
#include "query/row_store.h"

static stoa_error error;

/* A plan with one output for each type of test_type(). */
struct fixture {
    struct stoa_plan plan;
    struct stoa_expr exprs[TEST_TYPE_COUNT];
    struct stoa_expr *outputs[TEST_TYPE_COUNT];
    struct stoa_budget budget;
    struct test_table table;
};

static void fixture_make(struct fixture *fixture, uint64_t seed, uint32_t rows)
{
    struct test_random random = test_random_start(seed);
    *fixture = (struct fixture){.budget = {.limit = 64 << 20}};
    for (uint32_t i = 0; i < TEST_TYPE_COUNT; i++) {
        fixture->exprs[i].type = test_type(i);
        fixture->outputs[i] = &fixture->exprs[i];
    }
    fixture->plan.outputs = fixture->outputs;
    fixture->plan.output_count = TEST_TYPE_COUNT;
    test_table_random(&fixture->table, &random, rows);
}

static void fixture_done(struct fixture *fixture)
{
    test_table_done(&fixture->table);
    assert_int_equal(fixture->budget.used, 0);
}

/* Vectors of rows [first, first + count) of the table. */
static void make_vectors(const struct fixture *fixture, uint32_t first, uint32_t count,
                         struct stoa_vector *vectors)
{
    for (uint32_t i = 0; i < TEST_TYPE_COUNT; i++) {
        const struct stoa_column column =
            stoa_column_builder_view(&fixture->table.columns[i]);
        struct stoa_vector *vector = &vectors[i];
        assert_ok(stoa_vector_init(vector, column.phys, &error), &error);
        memset(vector->validity, 0xff, sizeof vector->validity);
        vector->length = count;
        vector->has_nulls = column.validity != NULL;
        for (uint32_t row = 0; row < count; row++) {
            const struct stoa_value value = stoa_column_get(&column, first + row);
            if (value.is_null) {
                stoa_bit_clear(vector->validity, row);
                if (column.phys == STOA_PHYS_BYTES)
                    vector->values.views[row] = (struct stoa_view){.length = 99};
                continue;
            }
            if (column.phys == STOA_PHYS_BYTES)
                vector->values.views[row] = value.bytes;
            else if (column.phys != STOA_PHYS_BOOL)
                memcpy((uint8_t *)vector->values.raw + stoa_phys_width(column.phys) * row,
                       value.fixed16, stoa_phys_width(column.phys));
            else if (value.boolean)
                stoa_bit_set(vector->values.bits, row);
            else
                stoa_bit_clear(vector->values.bits, row);
        }
    }
}

static void vectors_done(struct stoa_vector *vectors)
{
    for (uint32_t i = 0; i < TEST_TYPE_COUNT; i++)
        stoa_vector_done(&vectors[i]);
}

static void same_value(enum stoa_phys phys, const struct stoa_value *a,
                       const struct stoa_value *b)
{
    assert_int_equal(a->is_null, b->is_null);
    if (!a->is_null)
        assert_int_equal(stoa_value_compare_exact(phys, a, b), 0);
}

/* Row `row` of the store is row `expected` of the table. */
static void check_row(const struct fixture *fixture, const struct stoa_row_store *store,
                      uint32_t row, uint32_t expected)
{
    for (uint32_t i = 0; i < TEST_TYPE_COUNT; i++) {
        const struct stoa_column column =
            stoa_column_builder_view(&fixture->table.columns[i]);
        const struct stoa_value found = stoa_row_store_get(store, i, row);
        const struct stoa_value wanted = stoa_column_get(&column, expected);
        same_value(column.phys, &found, &wanted);
    }
}

/* Appends every third row of the table; returns how many. */
static uint32_t append_thirds(const struct fixture *fixture, struct stoa_row_store *store)
{
    struct stoa_vector vectors[TEST_TYPE_COUNT];
    const struct stoa_vector *pointers[TEST_TYPE_COUNT];
    for (uint32_t first = 0; first < fixture->table.rows; first += STOA_VECTOR_ROWS) {
        const uint32_t left = fixture->table.rows - first;
        const uint32_t count = left < STOA_VECTOR_ROWS ? left : STOA_VECTOR_ROWS;
        uint64_t bits[STOA_VECTOR_WORDS] = {0};
        make_vectors(fixture, first, count, vectors);
        for (uint32_t i = 0; i < TEST_TYPE_COUNT; i++)
            pointers[i] = &vectors[i];
        for (uint32_t row = 0; row < count; row++) {
            if ((first + row) % 3 == 0)
                stoa_bit_set(bits, row);
        }
        assert_ok(stoa_row_store_append(store, pointers, bits, &error), &error);
        vectors_done(vectors);
    }
    return stoa_row_store_rows(store);
}

static void test_rows_come_back_as_they_were_put_in(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 6; seed++) {
        struct fixture fixture;
        struct stoa_row_store store, other;
        fixture_make(&fixture, seed, 2500);
        assert_ok(stoa_row_store_init(&store, &fixture.plan, &fixture.budget, &error),
                  &error);
        assert_ok(stoa_row_store_init(&other, &fixture.plan, &fixture.budget, &error),
                  &error);
        assert_int_equal(append_thirds(&fixture, &store), 834);
        assert_true(fixture.budget.used > 834 * 8);
        for (uint32_t row = 0; row < 834; row++)
            check_row(&fixture, &store, row, 3 * row);
        assert_ok(stoa_row_store_append_rows(&other, &store, 100, 50, &error), &error);
        assert_ok(stoa_row_store_append_rows(&other, &store, 0, 3, &error), &error);
        assert_int_equal(stoa_row_store_rows(&other), 53);
        check_row(&fixture, &other, 49, 3 * 149);
        check_row(&fixture, &other, 50, 0);
        const uint32_t kept[] = {833, 5, 5, 0};
        assert_ok(stoa_row_store_keep(&store, kept, 4, &error), &error);
        assert_int_equal(stoa_row_store_rows(&store), 4);
        for (uint32_t i = 0; i < 4; i++)
            check_row(&fixture, &store, i, 3 * kept[i]);
        stoa_row_store_clear(&store);
        assert_int_equal(stoa_row_store_rows(&store), 0);
        assert_int_equal(append_thirds(&fixture, &store), 834);
        stoa_row_store_done(&store);
        stoa_row_store_done(&other);
        fixture_done(&fixture);
    }
}

static void test_reading_fills_vectors_from_anywhere(void **state)
{
    (void)state;
    struct fixture fixture;
    struct stoa_row_store store;
    struct stoa_vector vectors[TEST_TYPE_COUNT];
    fixture_make(&fixture, 9, 4000);
    assert_ok(stoa_row_store_init(&store, &fixture.plan, &fixture.budget, &error), &error);
    append_thirds(&fixture, &store);
    for (uint32_t i = 0; i < TEST_TYPE_COUNT; i++)
        assert_ok(stoa_vector_init(&vectors[i], stoa_type_phys(test_type(i)), &error),
                  &error);
    for (uint32_t first = 0; first < 1300; first += 217) {
        const uint32_t count = 1334 - first < 1024 ? 1334 - first : 1024;
        stoa_row_store_read(&store, first, count, TEST_TYPE_COUNT, vectors);
        for (uint32_t i = 0; i < TEST_TYPE_COUNT; i++) {
            assert_int_equal(vectors[i].length, count);
            for (uint32_t row = 0; row < count; row += 41) {
                const struct stoa_value found = stoa_vector_get(&vectors[i], row);
                const struct stoa_value wanted = stoa_row_store_get(&store, i, first + row);
                same_value(vectors[i].phys, &found, &wanted);
            }
        }
    }
    vectors_done(vectors);
    stoa_row_store_done(&store);
    fixture_done(&fixture);
}

static void test_the_budget_bounds_a_store(void **state)
{
    (void)state;
    struct fixture fixture;
    struct stoa_row_store store;
    struct stoa_vector vectors[TEST_TYPE_COUNT];
    const struct stoa_vector *pointers[TEST_TYPE_COUNT];
    uint64_t bits[STOA_VECTOR_WORDS];
    stoa_status status = STOA_OK;
    fixture_make(&fixture, 11, 1024);
    fixture.budget.limit = 1 << 20;
    assert_ok(stoa_row_store_init(&store, &fixture.plan, &fixture.budget, &error), &error);
    make_vectors(&fixture, 0, 1024, vectors);
    for (uint32_t i = 0; i < TEST_TYPE_COUNT; i++)
        pointers[i] = &vectors[i];
    memset(bits, 0xff, sizeof bits);
    for (unsigned i = 0; status == STOA_OK && i < 100; i++)
        status = stoa_row_store_append(&store, pointers, bits, &error);
    assert_int_equal(status, STOA_E_MEMORY_LIMIT);
    vectors_done(vectors);
    stoa_row_store_done(&store);
    fixture_done(&fixture);
}

/* ---- bounds ---- */

static void check_bound(const struct fixture *fixture, struct stoa_vector *vectors,
                        uint32_t column, struct stoa_sort_key key, uint32_t at)
{
    struct stoa_plan plan = fixture->plan;
    struct stoa_row_bound bound;
    uint64_t bits[STOA_VECTOR_WORDS];
    key.output = column;
    plan.sort_keys = &key;
    plan.sort_key_count = 1;
    const struct stoa_value last = stoa_vector_get(&vectors[column], at);
    stoa_row_bound_init(&bound, &plan);
    memset(bits, 0xff, sizeof bits);
    stoa_row_bound_apply(&bound, &vectors[column], bits);
    assert_true(bits[3] == UINT64_MAX); /* not set yet */
    assert_ok(stoa_row_bound_set(&bound, &last, &error), &error);
    stoa_bit_clear(bits, at);
    stoa_row_bound_apply(&bound, &vectors[column], bits);
    assert_false(stoa_bit_get(bits, at));
    bool all_behind = true;
    for (uint32_t row = 0; row < STOA_VECTOR_ROWS; row++) {
        const struct stoa_value value = stoa_vector_get(&vectors[column], row);
        const int order = stoa_sort_key_compare(&key, vectors[column].phys, &value, &last);
        if (row != at)
            assert_int_equal(stoa_bit_get(bits, row), order <= 0);
        all_behind = all_behind && order > 0;
    }
    struct stoa_stats stats;
    const struct stoa_column view =
        stoa_column_builder_view(&fixture->table.columns[column]);
    stoa_stats_compute(&stats, &view);
    /* The row of the bound itself is in the statistics, so they never exclude. */
    assert_false(stoa_row_bound_excludes(&bound, &stats));
    assert_false(all_behind);
    stoa_row_bound_done(&bound);
}

static void test_bounds_drop_what_comes_behind(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 5; seed++) {
        struct fixture fixture;
        struct stoa_vector vectors[TEST_TYPE_COUNT];
        fixture_make(&fixture, seed, STOA_VECTOR_ROWS);
        make_vectors(&fixture, 0, STOA_VECTOR_ROWS, vectors);
        for (uint32_t i = 0; i < TEST_TYPE_COUNT; i++) {
            for (unsigned how = 0; how < 4; how++) {
                const struct stoa_sort_key key = {.is_descending = how & 1,
                                                  .nulls_first = how & 2};
                check_bound(&fixture, vectors, i, key, (uint32_t)(seed * 97 + how));
            }
        }
        vectors_done(vectors);
        fixture_done(&fixture);
    }
}

static bool excludes(bool is_descending, bool nulls_first, int64_t bound_value,
                     struct stoa_stats stats)
{
    struct stoa_expr expr = {.type = {.id = STOA_TYPE_INT64}};
    struct stoa_expr *outputs[] = {&expr};
    struct stoa_sort_key key = {.is_descending = is_descending, .nulls_first = nulls_first};
    const struct stoa_plan plan = {
        .outputs = outputs, .sort_keys = &key, .sort_key_count = 1};
    const struct stoa_value value = {.is_null = bound_value == INT64_MIN,
                                     .i64 = bound_value};
    struct stoa_row_bound bound;
    stoa_row_bound_init(&bound, &plan);
    assert_ok(stoa_row_bound_set(&bound, &value, &error), &error);
    const bool result = stoa_row_bound_excludes(&bound, &stats);
    stoa_row_bound_done(&bound);
    return result;
}

static void test_statistics_exclude_a_block_behind_the_bound(void **state)
{
    (void)state;
    struct stoa_stats stats = {.phys = STOA_PHYS_I64, .rows = 10, .has_bounds = true};
    stats.min.i64 = 100;
    stats.max.i64 = 200;
    assert_true(excludes(false, false, 99, stats));
    assert_false(excludes(false, false, 100, stats));
    assert_true(excludes(true, true, 201, stats));
    assert_false(excludes(true, true, 200, stats));
    assert_false(excludes(false, false, INT64_MIN, stats)); /* the bound is NULL */
    stats.null_count = 1;
    assert_true(excludes(false, false, 99, stats));
    assert_false(excludes(false, true, 99, stats));
    stats.null_count = 0;
    stats.max_is_open = true;
    assert_false(excludes(true, false, 201, stats));
    stats.max_is_open = false;
    stats.nan_count = 1;
    assert_false(excludes(true, false, 201, stats));
    assert_true(excludes(false, false, 99, stats));
    stats.has_bounds = false;
    assert_false(excludes(false, false, 99, stats));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_come_back_as_they_were_put_in),
        cmocka_unit_test(test_reading_fills_vectors_from_anywhere),
        cmocka_unit_test(test_the_budget_bounds_a_store),
        cmocka_unit_test(test_bounds_drop_what_comes_behind),
        cmocka_unit_test(test_statistics_exclude_a_block_behind_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
