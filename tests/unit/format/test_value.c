/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of format/value.c: the two orders [FMT-30] by example, and that they are orders. */
#include "tests/unit/format/random_column.h"

#include <math.h>
#include <string.h>

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static struct stoa_value float_of_bits(uint64_t bits)
{
    struct stoa_value value = {.is_null = false};
    memcpy(&value.f64, &bits, sizeof bits);
    return value;
}

static struct stoa_value text_of(const char *text, uint32_t length)
{
    return (struct stoa_value){
        .bytes = {.data = (const uint8_t *)text, .length = length}
    };
}

/* Every value of an ascending list compares with every other as its position does. */
static void check_ascending(enum stoa_phys phys, const struct stoa_value *values,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            assert_int_equal(sign(stoa_value_compare(phys, &values[i], &values[j])),
                             (i > j) - (i < j));
            assert_int_equal(sign(stoa_value_compare_exact(phys, &values[i], &values[j])),
                             (i > j) - (i < j));
        }
    }
}

static void test_numbers_are_ordered_by_value(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_value signed_values[] = {
        {.i64 = INT64_MIN}, {.i64 = -1}, {.i64 = 0}, {.i64 = 1}, {.i64 = INT64_MAX}};
    const struct stoa_value unsigned_values[] = {
        {.u64 = 0}, {.u64 = 1}, {.u64 = UINT64_C(1) << 63}, {.u64 = UINT64_MAX}};
    const stoa_i128 large = (stoa_i128)1 << 100;
    const struct stoa_value wide_values[] = {
        {.i128 = -large}, {.i128 = -1}, {.i128 = 0}, {.i128 = large - 1}, {.i128 = large}};
    const struct stoa_value booleans[] = {{.boolean = false}, {.boolean = true}};
    check_ascending(STOA_PHYS_I64, signed_values, 5);
    check_ascending(STOA_PHYS_U64, unsigned_values, 4);
    check_ascending(STOA_PHYS_I128, wide_values, 5);
    check_ascending(STOA_PHYS_BOOL, booleans, 2);
}

static void test_bytes_are_ordered_bytewise_and_shorter_first(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_value texts[] = {
        {.bytes = {.data = NULL, .length = 0}},
        text_of("\0", 1),
        text_of("\0\0", 2),
        text_of("A", 1),
        text_of("AB", 2),
        text_of("a", 1),
        text_of("\xC3\xA9", 2),
        text_of("\xFF", 1),
    };
    check_ascending(STOA_PHYS_BYTES, texts, 8);
}

static void test_floats_are_ordered_with_nan_above_all(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_value floats[] = {
        {.f64 = -(double)INFINITY},
        {.f64 = -1.5},
        {.f64 = -5e-324},
        {.f64 = 0.0},
        {.f64 = 5e-324},
        {.f64 = 1.5},
        {.f64 = (double)INFINITY},
        {.f64 = (double)NAN},
    };
    check_ascending(STOA_PHYS_F64, floats, 8);
}

static void test_storage_order_tells_zeros_and_nans_apart(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_value minus = {.f64 = -0.0};
    const struct stoa_value plus = {.f64 = 0.0};
    const struct stoa_value quiet = float_of_bits(UINT64_C(0x7FF8000000000000));
    const struct stoa_value other = float_of_bits(UINT64_C(0x7FF8000000000001));
    const struct stoa_value negative = float_of_bits(UINT64_C(0xFFF8000000000000));
    assert_int_equal(stoa_value_compare(STOA_PHYS_F64, &minus, &plus), 0);
    assert_int_equal(stoa_value_compare(STOA_PHYS_F64, &quiet, &negative), 0);
    assert_true(stoa_value_compare_exact(STOA_PHYS_F64, &minus, &plus) < 0);
    assert_true(stoa_value_compare_exact(STOA_PHYS_F64, &plus, &minus) > 0);
    assert_true(stoa_value_compare_exact(STOA_PHYS_F64, &quiet, &other) < 0);
    assert_true(stoa_value_compare_exact(STOA_PHYS_F64, &other, &negative) < 0);
    assert_int_equal(stoa_value_compare_exact(STOA_PHYS_F64, &other, &other), 0);
}

static void test_orders_are_antisymmetric_and_transitive(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(311);
    for
        EACH_PHYS(phys)
        {
            for (int round = 0; round < 3000; round++) {
                const struct stoa_value a = random_value(&random, (enum stoa_phys)phys);
                const struct stoa_value b = random_value(&random, (enum stoa_phys)phys);
                const struct stoa_value c = random_value(&random, (enum stoa_phys)phys);
                const enum stoa_phys kind = (enum stoa_phys)phys;
                const int ab = sign(stoa_value_compare(kind, &a, &b));
                const int bc = sign(stoa_value_compare(kind, &b, &c));
                const int exact = sign(stoa_value_compare_exact(kind, &a, &b));
                assert_int_equal(sign(stoa_value_compare(kind, &b, &a)), -ab);
                assert_int_equal(sign(stoa_value_compare_exact(kind, &b, &a)), -exact);
                if (ab != 0)
                    assert_int_equal(exact, ab);
                if (ab <= 0 && bc <= 0)
                    assert_true(stoa_value_compare(kind, &a, &c) <= 0);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_ordered_by_value),
        cmocka_unit_test(test_bytes_are_ordered_bytewise_and_shorter_first),
        cmocka_unit_test(test_floats_are_ordered_with_nan_above_all),
        cmocka_unit_test(test_storage_order_tells_zeros_and_nans_apart),
        cmocka_unit_test(test_orders_are_antisymmetric_and_transitive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
