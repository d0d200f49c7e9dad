/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of format/row_order.c: row numbers made ascending. */
#include "tests/support/test_support.h"

#include <string.h>

#include "common/alloc.h"
#include "format/row_order.h"

enum { MOST = 3000 };

static void check_order(const uint64_t *rows, uint32_t count)
{
    static uint32_t scratch[MOST];
    static bool is_seen[MOST];
    uint32_t *order = NULL;
    stoa_error err;
    bool is_ascending = true;
    for (uint32_t i = 1; i < count; i++)
        is_ascending &= rows[i - 1] <= rows[i];
    assert_ok(stoa_row_order_make(rows, count, &order, &err), &err);
    assert_int_equal(order == NULL, is_ascending);
    if (!order)
        return;
    memset(is_seen, 0, sizeof is_seen);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(order[i] < count && !is_seen[order[i]]);
        is_seen[order[i]] = true;
        if (i > 0)
            assert_true(rows[order[i - 1]] < rows[order[i]] ||
                        (rows[order[i - 1]] == rows[order[i]] && order[i - 1] < order[i]));
    }
    uint32_t *inverse = stoa_alloc_array(count, sizeof *inverse);
    memcpy(inverse, order, count * sizeof *order);
    stoa_row_order_invert(inverse, count, scratch);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(inverse[order[i]], i);
    stoa_free(inverse);
    stoa_free(order);
}

static void test_order_is_ascending_and_stable(void **state)
{
    STOA_UNUSED(state);
    static uint64_t rows[MOST];
    struct test_random random = test_random_start(2201);
    for (int round = 0; round < 120; round++) {
        const uint32_t count = (uint32_t)test_random_below(&random, MOST + 1);
        const uint64_t step = UINT64_C(1) << test_random_below(&random, 60);
        const uint64_t most = 1 + test_random_below(&random, round % 3 ? 1000 : 4);
        for (uint32_t i = 0; i < count; i++)
            rows[i] = UINT64_C(1000000007) + step * test_random_below(&random, most);
        check_order(rows, count);
    }
}

static void test_ascending_rows_need_no_order(void **state)
{
    STOA_UNUSED(state);
    static const uint64_t rows[] = {0, 0, 1, 256, 256, UINT64_MAX};
    static const uint64_t extremes[] = {UINT64_MAX, 0, UINT64_MAX - 1, 1};
    for (uint32_t count = 0; count <= 6; count++)
        check_order(rows, count);
    check_order(extremes, 4);
}

static stoa_status make_order(void *context, stoa_error *err)
{
    const uint64_t *rows = context;
    uint32_t *order = NULL;
    STOA_TRY(stoa_row_order_make(rows, 3, &order, err));
    stoa_free(order);
    return STOA_OK;
}

static void test_order_reports_short_memory(void **state)
{
    STOA_UNUSED(state);
    uint64_t rows[] = {3, 1, 2};
    assert_int_equal(test_allocation_failures(make_order, rows), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_ascending_and_stable),
        cmocka_unit_test(test_ascending_rows_need_no_order),
        cmocka_unit_test(test_order_reports_short_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
