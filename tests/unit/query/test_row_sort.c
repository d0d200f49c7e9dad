/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting: in the order of the keys, stable, for columns of every type and any mix of directions; the first rows of a
 * sort are those of the whole.
 */
#include "tests/tables/test_table.h"

#include <stdlib.h>

#include "query/row_bound.h"
#include "query/row_store.h"

enum { KEYS = 2, ID = 2, COLUMNS = 3 };

static stoa_error error;

/* Outputs a, b and id, of which the first two are sorted by. */
struct fixture {
    struct stoa_plan plan;
    struct stoa_expr exprs[COLUMNS];
    struct stoa_expr *outputs[COLUMNS];
    struct stoa_sort_key keys[KEYS];
    struct stoa_budget budget;
    struct stoa_row_store store;
};

static void fixture_make(struct fixture *fixture, const struct test_table *table)
{
    *fixture = (struct fixture){.budget = {.limit = 256 << 20}};
    for (uint32_t i = 0; i < COLUMNS; i++) {
        fixture->exprs[i].type = table->fields[i].type;
        fixture->outputs[i] = &fixture->exprs[i];
    }
    fixture->plan.outputs = fixture->outputs;
    fixture->plan.output_count = COLUMNS;
    fixture->plan.sort_keys = fixture->keys;
    fixture->plan.sort_key_count = KEYS;
    assert_ok(
        stoa_row_store_init(&fixture->store, &fixture->plan, &fixture->budget, &error),
        &error);
}

static void load(struct fixture *fixture, const struct test_table *table)
{
    stoa_row_store_clear(&fixture->store);
    for (uint32_t i = 0; i < COLUMNS; i++) {
        const struct stoa_column column = stoa_column_builder_view(&table->columns[i]);
        assert_ok(stoa_column_builder_append_rows(&fixture->store.columns[i], &column, 0,
                                                  table->rows, &error),
                  &error);
    }
}

static int compare(const struct fixture *fixture, uint32_t a, uint32_t b)
{
    for (uint32_t k = 0; k < KEYS; k++) {
        const struct stoa_sort_key *key = &fixture->keys[k];
        const struct stoa_value x = stoa_row_store_get(&fixture->store, key->output, a);
        const struct stoa_value y = stoa_row_store_get(&fixture->store, key->output, b);
        const enum stoa_phys phys = stoa_type_phys(fixture->outputs[key->output]->type);
        if (x.is_null || y.is_null) {
            if (x.is_null != y.is_null)
                return x.is_null == key->nulls_first ? -1 : 1;
            continue;
        }
        const int order = stoa_value_compare(phys, &x, &y);
        if (order != 0)
            return key->is_descending ? -order : order;
    }
    return 0;
}

static void check_sorted(const struct fixture *fixture)
{
    for (uint32_t row = 1; row < stoa_row_store_rows(&fixture->store); row++) {
        const int order = compare(fixture, row - 1, row);
        assert_true(order <= 0);
        if (order == 0)
            assert_true(stoa_row_store_get(&fixture->store, ID, row - 1).i64 <
                        stoa_row_store_get(&fixture->store, ID, row).i64);
    }
}

/* The ids of the sorted rows, by malloc. */
static int64_t *ids_of(const struct fixture *fixture)
{
    const uint32_t rows = stoa_row_store_rows(&fixture->store);
    int64_t *ids = calloc(rows + (size_t)1, sizeof *ids);
    assert_non_null(ids);
    for (uint32_t row = 0; row < rows; row++)
        ids[row] = stoa_row_store_get(&fixture->store, ID, row).i64;
    return ids;
}

static void check_table(struct test_random *random, stoa_type a, stoa_type b, uint32_t rows)
{
    const struct test_column_spec specs[COLUMNS] = {
        {"a",                 a,                    (enum test_values)test_random_below(random, TEST_VALUES_COUNT),
         (enum test_nulls)test_random_below(random, TEST_NULLS_COUNT)},
        {"b",  b,                      (enum test_values)test_random_below(random,                                                              TEST_VALUES_COUNT),
         (enum test_nulls)test_random_below(random, TEST_NULLS_COUNT)},
        {"id", {.id = STOA_TYPE_INT64}, TEST_VALUES_SEQUENCE,                          TEST_NULLS_NONE                                           }
    };
    struct test_table table;
    struct fixture fixture;
    test_table_make(&table, random, specs, COLUMNS, rows);
    fixture_make(&fixture, &table);
    for (unsigned how = 0; how < 16; how += 1 + (unsigned)test_random_below(random, 4)) {
        fixture.keys[0] = (struct stoa_sort_key){0, how & 1, how & 2};
        fixture.keys[1] = (struct stoa_sort_key){1, how & 4, how & 8};
        load(&fixture, &table);
        assert_ok(stoa_row_store_sort(&fixture.store, &fixture.plan, UINT32_MAX, &error),
                  &error);
        assert_int_equal(stoa_row_store_rows(&fixture.store), rows);
        check_sorted(&fixture);
        int64_t *all = ids_of(&fixture);
        load(&fixture, &table);
        const uint32_t most = (uint32_t)test_random_below(random, rows + 2);
        assert_ok(stoa_row_store_sort(&fixture.store, &fixture.plan, most, &error), &error);
        assert_int_equal(stoa_row_store_rows(&fixture.store), most < rows ? most : rows);
        int64_t *first = ids_of(&fixture);
        assert_memory_equal(first, all, stoa_row_store_rows(&fixture.store) * sizeof *all);
        free(all);
        free(first);
    }
    stoa_row_store_done(&fixture.store);
    assert_int_equal(fixture.budget.used, 0);
    test_table_done(&table);
}

static void test_rows_of_every_type_are_sorted_stably(void **state)
{
    (void)state;
    struct test_random random = test_random_start(2718);
    for (unsigned i = 0; i < 2 * TEST_TYPE_COUNT; i++)
        check_table(&random, test_type(i % TEST_TYPE_COUNT),
                    test_type((size_t)test_random_below(&random, TEST_TYPE_COUNT)),
                    1 + (uint32_t)test_random_below(&random, 700));
}

static void test_few_rows_are_sorted_too(void **state)
{
    (void)state;
    struct test_random random = test_random_start(3);
    for (uint32_t rows = 1; rows < 40; rows++)
        check_table(&random, test_type(4), test_type(13), rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_of_every_type_are_sorted_stably),
        cmocka_unit_test(test_few_rows_are_sorted_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
