/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of 64-bit keys (query/number_map.h): by first appearance, the same by direct and by hashed lookup; memory is
 * charged, refused above the budget, and given back.
 */
#include "query/number_map.h"

#include "tests/support/test_support.h"

enum { VECTORS = 20 };

static stoa_error error;

/* Numbers vectors of 1,024 keys each, every key twice in a row. */
static stoa_status number_vectors(struct stoa_number_map *map, uint64_t span,
                                  uint32_t vectors, stoa_error *err)
{
    static uint64_t keys[STOA_VECTOR_ROWS];
    static uint32_t numbers[STOA_VECTOR_ROWS];
    static struct stoa_row_list rows;
    static struct stoa_row_list fresh;
    uint64_t all[STOA_VECTOR_WORDS];
    memset(all, 0xff, sizeof all);
    stoa_row_list_make(&rows, all, STOA_VECTOR_ROWS);
    STOA_TRY(stoa_number_map_start(map, span, err));
    for (uint32_t v = 0; v < vectors; v++) {
        const uint64_t first = (uint64_t)v * STOA_VECTOR_ROWS / 2;
        for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++)
            keys[i] = first + i / 2;
        fresh.count = 0;
        STOA_TRY(stoa_number_map_run(map, keys, &rows, numbers, &fresh, err));
        assert_int_equal(fresh.count, STOA_VECTOR_ROWS / 2);
        for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++)
            assert_int_equal(numbers[i], first + i / 2);
        for (uint32_t i = 0; i < fresh.count; i++)
            assert_int_equal(fresh.rows[i], 2 * i);
    }
    return STOA_OK;
}

static void test_keys_are_numbered_by_first_appearance(void **state)
{
    (void)state;
    static const uint64_t spans[] = {STOA_NUMBER_MAP_DIRECT, UINT64_MAX};
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        struct stoa_budget budget = {.limit = 64 << 20};
        struct stoa_number_map map;
        stoa_number_map_init(&map, &budget);
        assert_ok(number_vectors(&map, spans[i], VECTORS, &error), &error);
        assert_int_equal(map.count, VECTORS * STOA_VECTOR_ROWS / 2);
        /* Started anew, the numbers begin at 0 again and no more memory is taken. */
        const size_t used = budget.used;
        assert_true(used > 0);
        assert_ok(number_vectors(&map, spans[i], VECTORS, &error), &error);
        assert_int_equal(budget.used, used);
        stoa_number_map_done(&map);
        assert_int_equal(budget.used, 0);
    }
}

static void test_maps_above_the_budget_are_refused(void **state)
{
    (void)state;
    static const uint64_t spans[] = {STOA_NUMBER_MAP_DIRECT, UINT64_MAX};
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        struct stoa_budget budget = {.limit = 100 << 10};
        struct stoa_number_map map;
        stoa_number_map_init(&map, &budget);
        assert_int_equal(number_vectors(&map, spans[i], VECTORS, &error),
                         STOA_E_MEMORY_LIMIT);
        assert_true(budget.used <= budget.limit);
        stoa_number_map_done(&map);
        assert_int_equal(budget.used, 0);
    }
}

static stoa_status number_some(void *context, stoa_error *err)
{
    (void)context;
    struct stoa_budget budget = {.limit = 64 << 20};
    struct stoa_number_map map;
    stoa_number_map_init(&map, &budget);
    stoa_status status = number_vectors(&map, 4096, 4, err);
    if (status == STOA_OK)
        status = number_vectors(&map, UINT64_MAX, 8, err);
    stoa_number_map_done(&map);
    assert_int_equal(budget.used, 0);
    return status;
}

static void test_failing_allocations_give_everything_back(void **state)
{
    (void)state;
    test_allocation_failures(number_some, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_are_numbered_by_first_appearance),
        cmocka_unit_test(test_maps_above_the_budget_are_refused),
        cmocka_unit_test(test_failing_allocations_give_everything_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
