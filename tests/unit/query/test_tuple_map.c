/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of tuples: two rows have one number exactly when their tuples are equal, new numbers follow the rows, whatever way
 * the columns' values go: codes, booleans, ranges, words, bytes, and more of them than fit 64 bits.
 */
#include "tests/support/test_support.h"

#include <math.h>
#include <string.h>

#include "query/tuple_map.h"

enum { ROWS = 1000, MAX_COLUMNS = 6 };

static stoa_error error;

/* A column in the making. */
struct column {
    struct stoa_vector vector;
    uint32_t codes[STOA_VECTOR_ROWS];
    uint64_t validity[STOA_VECTOR_WORDS];
    struct stoa_dictionary dictionary;
    struct stoa_view views[5000];
    struct stoa_key_source source;
};

static struct column columns[MAX_COLUMNS];
static uint8_t texts[STOA_VECTOR_ROWS][12];

static void fill(struct column *column, struct test_random *random, enum stoa_phys phys,
                 uint64_t span, unsigned null_percent)
{
    struct stoa_vector *vector = &column->vector;
    assert_ok(stoa_vector_init(vector, phys, &error), &error);
    memset(vector->validity, 0xff, sizeof vector->validity);
    vector->length = ROWS;
    vector->has_nulls = null_percent > 0;
    for (uint32_t row = 0; row < ROWS; row++) {
        const uint64_t x = test_random_below(random, span);
        if (test_random_below(random, 100) < null_percent)
            stoa_bit_clear(vector->validity, row);
        switch (phys) {
        case STOA_PHYS_BOOL:
            stoa_bit_clear(vector->values.bits, row);
            if (x & 1)
                stoa_bit_set(vector->values.bits, row);
            break;
        case STOA_PHYS_F64:
            vector->values.f64[row] = x == 0   ? -0.0
                                      : x == 1 ? 0.0
                                      : x == 2 ? (double)NAN
                                      : x == 3 ? -(double)NAN
                                               : (double)x;
            break;
        case STOA_PHYS_I64:
        case STOA_PHYS_U64: vector->values.u64[row] = x - 50; break;
        case STOA_PHYS_I128:
            vector->values.i128[row] = (stoa_i128)x * -((stoa_i128)1 << 60);
            break;
        case STOA_PHYS_FIXED16:
            memset(vector->values.fixed16 + 16 * (size_t)row, (int)x, 16);
            break;
        case STOA_PHYS_BYTES:
            memcpy(texts[row], &x, sizeof x);
            vector->values.views[row] =
                (struct stoa_view){.data = texts[row], .length = (uint32_t)(x % 9)};
            break;
        case STOA_PHYS_COUNT: break;
        }
    }
    column->source =
        (struct stoa_key_source){.vector = vector, .is_never_null = null_percent == 0};
    if (phys == STOA_PHYS_I64 && span < 1000) {
        column->source.low = -50;
        column->source.span = span;
    }
}

static void fill_codes(struct column *column, struct test_random *random, uint32_t count,
                       unsigned null_percent)
{
    memset(column->validity, 0xff, sizeof column->validity);
    column->dictionary = (struct stoa_dictionary){
        .phys = STOA_PHYS_BYTES, .count = count, .views = column->views};
    for (uint32_t row = 0; row < ROWS; row++) {
        column->codes[row] = (uint32_t)test_random_below(random, count);
        if (test_random_below(random, 100) < null_percent)
            stoa_bit_clear(column->validity, row);
    }
    for (uint32_t i = 0; i < count; i++)
        column->views[i] =
            (struct stoa_view){.data = (const uint8_t *)&column->views[i], .length = 8};
    column->source =
        (struct stoa_key_source){.codes = column->codes,
                                 .dictionary = &column->dictionary,
                                 .is_never_null = null_percent == 0,
                                 .validity = null_percent ? column->validity : NULL};
}

static bool same(const struct stoa_key_source *sources, uint32_t count, uint32_t a,
                 uint32_t b)
{
    for (uint32_t i = 0; i < count; i++) {
        const enum stoa_phys phys = stoa_key_source_phys(&sources[i]);
        const struct stoa_value x = stoa_key_source_get(&sources[i], a);
        const struct stoa_value y = stoa_key_source_get(&sources[i], b);
        if (x.is_null != y.is_null || (!x.is_null && stoa_value_compare(phys, &x, &y) != 0))
            return false;
    }
    return true;
}

/* Runs the map over two halves of the rows and compares with all pairs. */
static void check(uint32_t count, const uint32_t *prefix)
{
    static struct stoa_tuple_map map;
    static uint32_t numbers[STOA_VECTOR_ROWS];
    struct stoa_budget budget = {.limit = 64 << 20};
    struct stoa_key_source sources[MAX_COLUMNS];
    struct stoa_row_list rows = {.count = 0};
    struct stoa_row_list fresh = {.count = 0};
    uint32_t first_rows[ROWS];
    uint32_t known = 0;
    for (uint32_t i = 0; i < count; i++)
        sources[i] = columns[i].source;
    assert_ok(stoa_tuple_map_init(&map, count, prefix != NULL, &budget, &error), &error);
    for (uint32_t half = 0; half < 2; half++) {
        rows.count = 0;
        for (uint32_t row = half; row < ROWS; row += 2)
            rows.rows[rows.count++] = row;
        assert_ok(stoa_tuple_map_run(&map, prefix, sources, &rows, numbers, &fresh, &error),
                  &error);
        for (uint32_t i = 0; i < rows.count; i++) {
            const uint32_t row = rows.rows[i];
            uint32_t expected = 0;
            while (expected < known &&
                   !(same(sources, count, first_rows[expected], row) &&
                     (!prefix || prefix[first_rows[expected]] == prefix[row])))
                expected++;
            if (expected == known)
                first_rows[known++] = row;
            assert_int_equal(numbers[row], expected);
        }
    }
    assert_int_equal(fresh.count, known);
    for (uint32_t i = 0; i < known; i++)
        assert_int_equal(fresh.rows[i], first_rows[i]);
    stoa_tuple_map_clear(&map);
    fresh.count = 0;
    assert_ok(stoa_tuple_map_run(&map, prefix, sources, &rows, numbers, &fresh, &error),
              &error);
    assert_int_equal(numbers[rows.rows[0]], 0);
    stoa_tuple_map_done(&map);
    assert_int_equal(budget.used, 0);
}

static void empty(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        stoa_vector_done(&columns[i].vector);
    memset(columns, 0, sizeof columns);
}

static void test_single_columns_of_every_kind(void **state)
{
    (void)state;
    struct test_random random = test_random_start(6);
    for (unsigned phys = STOA_PHYS_BOOL; phys < STOA_PHYS_COUNT; phys++) {
        for (unsigned nulls = 0; nulls <= 100; nulls += 50) {
            fill(&columns[0], &random, (enum stoa_phys)phys, 300, nulls);
            check(1, NULL);
            empty(1);
            fill(&columns[0], &random, (enum stoa_phys)phys, UINT64_MAX, nulls);
            check(1, NULL);
            empty(1);
        }
    }
    fill_codes(&columns[0], &random, 7, 0);
    check(1, NULL);
    fill_codes(&columns[0], &random, 5000, 20);
    check(1, NULL);
}

static void test_tuples_of_several_columns(void **state)
{
    (void)state;
    struct test_random random = test_random_start(7);
    uint32_t prefix[STOA_VECTOR_ROWS];
    for (uint32_t row = 0; row < ROWS; row++)
        prefix[row] = (uint32_t)test_random_below(&random, 5);
    for (unsigned round = 0; round < 60; round++) {
        const uint32_t count = 1 + (uint32_t)test_random_below(&random, MAX_COLUMNS);
        for (uint32_t i = 0; i < count; i++) {
            const unsigned nulls = test_random_below(&random, 2) ? 10 : 0;
            const uint64_t span = test_random_below(&random, 3) ? 3 : 2000;
            if (test_random_below(&random, 3) == 0)
                fill_codes(&columns[i], &random, (uint32_t)span, nulls);
            else
                fill(&columns[i], &random,
                     (enum stoa_phys)(
                         STOA_PHYS_BOOL +
                         test_random_below(&random, STOA_PHYS_COUNT - STOA_PHYS_BOOL)),
                     span, nulls);
        }
        check(count, round % 2 ? prefix : NULL);
        empty(count);
    }
}

/* Statistics that say less than the values is damage, not a wild write. */
static void test_values_outside_their_range_are_corruption(void **state)
{
    (void)state;
    static struct stoa_tuple_map map;
    static uint32_t numbers[STOA_VECTOR_ROWS];
    struct test_random random = test_random_start(8);
    struct stoa_budget budget = {.limit = 64 << 20};
    struct stoa_row_list rows = {
        .rows = {0, 1, 2},
          .count = 3
    };
    struct stoa_row_list fresh = {.count = 0};
    fill(&columns[0], &random, STOA_PHYS_I64, 10, 0);
    columns[0].vector.values.i64[2] = 11 - 50;
    assert_ok(stoa_tuple_map_init(&map, 1, false, &budget, &error), &error);
    assert_fails(
        stoa_tuple_map_run(&map, NULL, &columns[0].source, &rows, numbers, &fresh, &error),
        STOA_E_CORRUPT, &error);
    columns[0].vector.values.i64[2] = -51;
    assert_fails(
        stoa_tuple_map_run(&map, NULL, &columns[0].source, &rows, numbers, &fresh, &error),
        STOA_E_CORRUPT, &error);
    stoa_tuple_map_done(&map);
    empty(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_columns_of_every_kind),
        cmocka_unit_test(test_tuples_of_several_columns),
        cmocka_unit_test(test_values_outside_their_range_are_corruption),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
