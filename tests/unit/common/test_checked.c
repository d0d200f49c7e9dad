/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of common/checked.h: the last value that fits and the first that does not. */
#include "tests/support/test_support.h"

#include "common/checked.h"

static void test_checked_unsigned_stops_at_the_top(void **state)
{
    STOA_UNUSED(state);
    uint64_t u = 0;
    size_t s = 0;
    assert_true(stoa_add_u64(UINT64_MAX - 1, 1, &u) && u == UINT64_MAX);
    assert_false(stoa_add_u64(UINT64_MAX, 1, &u));
    assert_true(stoa_mul_u64(UINT64_C(1) << 32, UINT32_MAX, &u));
    assert_int_equal(u, UINT64_C(0xffffffff00000000));
    assert_false(stoa_mul_u64(UINT64_C(1) << 32, UINT64_C(1) << 32, &u));
    assert_true(stoa_mul_u64(0, UINT64_MAX, &u) && u == 0);
    assert_true(stoa_add_size(SIZE_MAX, 0, &s) && s == SIZE_MAX);
    assert_false(stoa_add_size(SIZE_MAX, 1, &s));
    assert_false(stoa_mul_size(SIZE_MAX / 2 + 1, 2, &s));
    assert_true(stoa_mul_size(SIZE_MAX / 2, 2, &s) && s == SIZE_MAX - 1);
}

static void test_checked_signed_stops_at_both_ends(void **state)
{
    STOA_UNUSED(state);
    int64_t v = 0;
    assert_true(stoa_add_i64(INT64_MAX, INT64_MIN, &v) && v == -1);
    assert_false(stoa_add_i64(INT64_MAX, 1, &v));
    assert_false(stoa_add_i64(INT64_MIN, -1, &v));
    assert_true(stoa_sub_i64(-1, INT64_MAX, &v) && v == INT64_MIN);
    assert_false(stoa_sub_i64(0, INT64_MIN, &v));
    assert_false(stoa_mul_i64(INT64_MIN, -1, &v));
    assert_true(stoa_mul_i64(INT64_MIN, 1, &v) && v == INT64_MIN);
    assert_false(stoa_mul_i64(INT64_C(1) << 32, INT64_C(1) << 31, &v));
}

static void test_checked_128_bits_stop_at_both_ends(void **state)
{
    STOA_UNUSED(state);
    const stoa_i128 top = (stoa_i128)(~(stoa_u128)0 >> 1);
    const stoa_i128 bottom = -top - 1;
    stoa_i128 v = 0;
    assert_true(stoa_add_i128(top, bottom, &v) && v == -1);
    assert_false(stoa_add_i128(top, 1, &v));
    assert_false(stoa_sub_i128(bottom, 1, &v));
    assert_false(stoa_mul_i128(bottom, -1, &v));
    assert_true(stoa_mul_i128((stoa_i128)INT64_MAX, INT64_MAX, &v));
    assert_true(v / INT64_MAX == INT64_MAX);
}

static void test_checked_range_compares_with_what_remains(void **state)
{
    STOA_UNUSED(state);
    assert_true(stoa_range_fits(0, 0, 0));
    assert_true(stoa_range_fits(10, 0, 10));
    assert_false(stoa_range_fits(11, 0, 10));
    assert_true(stoa_range_fits(3, 7, 10));
    assert_false(stoa_range_fits(3, 8, 10));
    assert_false(stoa_range_fits(UINT64_MAX, 2, 10)); /* would wrap to 1 */
    assert_false(stoa_range_fits(5, UINT64_MAX, 10));
}

static void test_checked_align_rounds_up(void **state)
{
    STOA_UNUSED(state);
    assert_int_equal(stoa_align_up(0, 64), 0);
    assert_int_equal(stoa_align_up(1, 64), 64);
    assert_int_equal(stoa_align_up(64, 64), 64);
    assert_int_equal(stoa_align_up(65, 64), 128);
    assert_int_equal(stoa_align_up(7, 1), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checked_unsigned_stops_at_the_top),
        cmocka_unit_test(test_checked_signed_stops_at_both_ends),
        cmocka_unit_test(test_checked_128_bits_stop_at_both_ends),
        cmocka_unit_test(test_checked_range_compares_with_what_remains),
        cmocka_unit_test(test_checked_align_rounds_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
