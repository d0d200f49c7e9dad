/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of format/text_decimal.c: up to 38 digits, rounding, ends of the range. */
#include "tests/unit/format/text_check.h"

#include <string.h>

static stoa_type decimal(unsigned precision, unsigned scale)
{
    return (stoa_type){STOA_TYPE_DECIMAL, (uint8_t)precision, (uint8_t)scale};
}

static struct stoa_value unscaled(stoa_type type, stoa_i128 v)
{
    struct stoa_value value = {.is_null = false};
    if (stoa_type_phys(type) == STOA_PHYS_I64)
        value.i64 = (int64_t)v;
    else
        value.i128 = v;
    return value;
}

/* A random unscaled integer of at most `digits` digits, any magnitude. */
static stoa_i128 random_digits(struct test_random *random, unsigned digits)
{
    stoa_i128 v = 0;
    for (uint64_t i = test_random_below(random, digits + 1); i > 0; i--)
        v = v * 10 + (stoa_i128)test_random_below(random, 10);
    return test_random_below(random, 2) ? -v : v;
}

static void test_powers_of_ten_are_exact(void **state)
{
    STOA_UNUSED(state);
    stoa_i128 power = 1;
    for (unsigned n = 0; n < 38; n++, power *= 10)
        assert_true(stoa_pow10(n) == power);
    assert_true(stoa_pow10(38) == power);
}

/* What the digits say: padded with zeros to one digit before the point, which is put in. */
static void model_text(stoa_i128 v, size_t scale, char *out)
{
    char reversed[50];
    size_t count = 0;
    stoa_u128 magnitude = v < 0 ? 0 - (stoa_u128)v : (stoa_u128)v;
    for (; magnitude > 0 || count <= scale; magnitude /= 10)
        reversed[count++] = (char)('0' + (int)(magnitude % 10));
    if (v < 0)
        *out++ = '-';
    while (count > 0) {
        if (count == scale)
            *out++ = '.';
        *out++ = reversed[--count];
    }
    *out = '\0';
}

static void test_decimals_of_every_shape_print_and_read_back(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(511);
    for (unsigned precision = 1; precision <= 38; precision++) {
        for (unsigned scale = 0; scale <= precision; scale++) {
            const stoa_type type = decimal(precision, scale);
            const stoa_i128 largest = stoa_pow10(precision) - 1;
            const stoa_i128 corners[] = {0, 1, -1, largest, -largest, largest / 10};
            for (size_t i = 0; i < sizeof corners / sizeof corners[0]; i++) {
                const struct stoa_value value = unscaled(type, corners[i]);
                check_prints_and_reads_back(type, &value);
            }
            for (int i = 0; i < 20; i++) {
                const struct stoa_value value =
                    unscaled(type, random_digits(&random, precision));
                check_prints_and_reads_back(type, &value);
            }
        }
    }
}

static void test_decimals_print_all_digits_of_the_scale(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(512);
    struct stoa_value value = unscaled(decimal(12, 2), 1250);
    check_canonical(decimal(12, 2), &value, "12.50");
    value = unscaled(decimal(12, 2), -5);
    check_canonical(decimal(12, 2), &value, "-0.05");
    value = unscaled(decimal(5, 5), 1);
    check_canonical(decimal(5, 5), &value, "0.00001");
    value = unscaled(decimal(7, 0), -42);
    check_canonical(decimal(7, 0), &value, "-42");
    value = unscaled(decimal(38, 0), stoa_pow10(38) - 1);
    check_canonical(decimal(38, 0), &value, "99999999999999999999999999999999999999");
    value = unscaled(decimal(38, 38), 1 - stoa_pow10(38));
    check_canonical(decimal(38, 38), &value, "-0.99999999999999999999999999999999999999");
    value = unscaled(decimal(38, 10), stoa_pow10(37));
    check_canonical(decimal(38, 10), &value, "1000000000000000000000000000.0000000000");
    for (int i = 0; i < 3000; i++) {
        char text[64];
        const unsigned scale = (unsigned)test_random_below(&random, 39);
        const stoa_i128 v = random_digits(&random, 38);
        model_text(v, scale, text);
        value = unscaled(decimal(38, scale), v);
        check_canonical(decimal(38, scale), &value, text);
    }
}

static void test_decimals_round_half_away_from_zero(void **state)
{
    STOA_UNUSED(state);
    check_lenient(decimal(12, 2), "1.005", "1.01");
    check_lenient(decimal(12, 2), "1.0049999999999999999999999999999999999999", "1.00");
    check_lenient(decimal(12, 2), "-1.005", "-1.01");
    check_lenient(decimal(12, 2), "0.004", "0.00");
    check_lenient(decimal(12, 2), "-0.004", "0.00");
    check_lenient(decimal(12, 2), "0.995", "1.00");
    check_lenient(decimal(12, 0), "0.5", "1");
    check_lenient(decimal(12, 0), "0.49", "0");
    check_lenient(decimal(12, 2), "0.000000000000000000000000000000000000000000001",
                  "0.00");
    check_lenient(decimal(38, 0), "99999999999999999999999999999999999998.5",
                  "99999999999999999999999999999999999999");
}

static void test_decimals_have_lenient_spellings(void **state)
{
    STOA_UNUSED(state);
    check_lenient(decimal(12, 2), "12.5", "12.50");
    check_lenient(decimal(12, 2), " 12 ", "12.00");
    check_lenient(decimal(12, 2), "+12.50", "12.50");
    check_lenient(decimal(12, 2), "0012.50", "12.50");
    check_lenient(decimal(12, 2), ".5", "0.50");
    check_lenient(decimal(12, 2), "5.", "5.00");
    check_lenient(decimal(12, 2), "-0", "0.00");
    check_lenient(decimal(12, 2), "-0.00", "0.00");
    check_lenient(decimal(12, 2), "1e3", "1000.00");
    check_lenient(decimal(12, 2), "125E-2", "1.25");
    check_lenient(decimal(12, 2), "0.0000125e+5", "1.25");
    check_lenient(decimal(12, 2), "0e999999999999999999", "0.00");
    check_lenient(decimal(12, 2), "1e-999999999999999999", "0.00");
    check_lenient(decimal(38, 37), "9", "9.0000000000000000000000000000000000000");
}

static void test_decimals_out_of_range_overflow(void **state)
{
    STOA_UNUSED(state);
    check_refused(decimal(4, 2), "100.00", STOA_E_OVERFLOW);
    check_refused(decimal(4, 2), "-100", STOA_E_OVERFLOW);
    check_refused(decimal(4, 2), "99.995", STOA_E_OVERFLOW); /* rounds up to 100.00 */
    check_refused(decimal(2, 2), "1", STOA_E_OVERFLOW);
    check_refused(decimal(38, 0), "100000000000000000000000000000000000000",
                  STOA_E_OVERFLOW);
    check_refused(decimal(38, 0), "99999999999999999999999999999999999999.5",
                  STOA_E_OVERFLOW);
    check_refused(decimal(38, 0), "1e38", STOA_E_OVERFLOW);
    check_refused(decimal(38, 0), "1e999999999999999999999", STOA_E_OVERFLOW);
    check_refused(decimal(38, 38), "1", STOA_E_OVERFLOW);
    check_refused(decimal(18, 0), "1000000000000000000", STOA_E_OVERFLOW);
}

static void test_texts_that_are_no_decimals_are_refused(void **state)
{
    STOA_UNUSED(state);
    static const char *const bad[] = {"",     ".",     "-",     "-.",       "1.2.3", "1e",
                                      "1e+",  "1e1.5", "e5",    "1,5",      "12 5",  "nan",
                                      "1.5x", "0x10",  "1e5 5", "Infinity", "--1",   "+-1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_refused(decimal(12, 2), bad[i], STOA_E_BAD_VALUE);
}

static bool parse_exact(const char *text, unsigned scale, stoa_i128 *out)
{
    return stoa_decimal_parse(text, strlen(text), scale, out);
}

static void test_exact_parsing_neither_rounds_nor_overflows(void **state)
{
    STOA_UNUSED(state);
    stoa_i128 v = 77;
    assert_true(parse_exact("12.5", 2, &v) && v == 1250);
    assert_true(parse_exact("-0.01", 2, &v) && v == -1);
    assert_true(parse_exact("007", 0, &v) && v == 7);
    assert_true(parse_exact("0", 38, &v) && v == 0);
    assert_true(parse_exact("9.9", 37, &v) && v == 99 * stoa_pow10(36));
    assert_true(parse_exact("0.00000000000000000000000000000000000001", 38, &v) && v == 1);
    v = 77;
    assert_false(parse_exact("1.001", 2, &v));
    assert_false(parse_exact("10", 37, &v));
    assert_false(parse_exact("100000000000000000000000000000000000000", 0, &v));
    assert_false(parse_exact("", 2, &v));
    assert_false(parse_exact("-", 2, &v));
    assert_false(parse_exact(".", 2, &v));
    assert_false(parse_exact("1.2.3", 4, &v));
    assert_false(parse_exact("+1", 2, &v));
    assert_false(parse_exact("1e2", 2, &v));
    assert_true(v == 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_powers_of_ten_are_exact),
        cmocka_unit_test(test_decimals_of_every_shape_print_and_read_back),
        cmocka_unit_test(test_decimals_print_all_digits_of_the_scale),
        cmocka_unit_test(test_decimals_round_half_away_from_zero),
        cmocka_unit_test(test_decimals_have_lenient_spellings),
        cmocka_unit_test(test_decimals_out_of_range_overflow),
        cmocka_unit_test(test_texts_that_are_no_decimals_are_refused),
        cmocka_unit_test(test_exact_parsing_neither_rounds_nor_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
