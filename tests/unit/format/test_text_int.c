/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of format/text_int.c: integers of every width. */
#include "tests/unit/format/text_check.h"

#include <inttypes.h>
#include <stdio.h>

static const stoa_type int8_type = {.id = STOA_TYPE_INT8};
static const stoa_type int16_type = {.id = STOA_TYPE_INT16};
static const stoa_type int32_type = {.id = STOA_TYPE_INT32};
static const stoa_type int64_type = {.id = STOA_TYPE_INT64};
static const stoa_type uint64_type = {.id = STOA_TYPE_UINT64};

static void check_i64(stoa_type type, int64_t v)
{
    char text[32];
    const struct stoa_value value = {.i64 = v};
    snprintf(text, sizeof text, "%" PRId64, v);
    check_canonical(type, &value, text);
}

static void check_u64(uint64_t v)
{
    char text[32];
    const struct stoa_value value = {.u64 = v};
    snprintf(text, sizeof text, "%" PRIu64, v);
    check_canonical(uint64_type, &value, text);
}

static void test_integers_print_and_read_as_the_c_library_says(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(501);
    for (int64_t v = INT8_MIN; v <= INT8_MAX; v++)
        check_i64(int8_type, v);
    for (int i = 0; i < 20000; i++) {
        const unsigned shift = (unsigned)test_random_below(&random, 64);
        const uint64_t v = test_random_next(&random) >> shift;
        check_u64(v);
        check_i64(int64_type, (int64_t)v);
        check_i64(int64_type, (int64_t)(0 - v));
    }
    uint64_t power = 1;
    for (int i = 0; i < 20; i++, power *= 10) { /* where the number of digits changes */
        check_u64(power);
        check_u64(power - 1);
        if (power <= INT64_MAX) {
            check_i64(int64_type, -(int64_t)power);
            check_i64(int64_type, 1 - (int64_t)power);
        }
    }
}

static void test_integers_end_at_their_width(void **state)
{
    STOA_UNUSED(state);
    check_i64(int8_type, 127);
    check_i64(int8_type, -128);
    check_refused(int8_type, "128", STOA_E_OVERFLOW);
    check_refused(int8_type, "-129", STOA_E_OVERFLOW);
    check_i64(int16_type, INT16_MIN);
    check_refused(int16_type, "32768", STOA_E_OVERFLOW);
    check_refused(int16_type, "-32769", STOA_E_OVERFLOW);
    check_i64(int32_type, INT32_MIN);
    check_refused(int32_type, "2147483648", STOA_E_OVERFLOW);
    check_refused(int32_type, "-2147483649", STOA_E_OVERFLOW);
    check_i64(int64_type, INT64_MIN);
    check_i64(int64_type, INT64_MAX);
    check_refused(int64_type, "9223372036854775808", STOA_E_OVERFLOW);
    check_refused(int64_type, "-9223372036854775809", STOA_E_OVERFLOW);
    check_refused(int64_type, "18446744073709551616", STOA_E_OVERFLOW);
    check_refused(int64_type, "100000000000000000000000000", STOA_E_OVERFLOW);
    check_u64(UINT64_MAX);
    check_refused(uint64_type, "18446744073709551616", STOA_E_OVERFLOW);
    check_refused(uint64_type, "36893488147419103231", STOA_E_OVERFLOW);
    check_refused(uint64_type, "-1", STOA_E_OVERFLOW);
}

static void test_integers_have_lenient_spellings(void **state)
{
    STOA_UNUSED(state);
    check_lenient(int64_type, " 7", "7");
    check_lenient(int64_type, "7\t\n", "7");
    check_lenient(int64_type, "+7", "7");
    check_lenient(int64_type, "007", "7");
    check_lenient(int64_type, "-0", "0");
    check_lenient(int64_type, "-007", "-7");
    check_lenient(int64_type, "00000000000000000000000000000000000012", "12");
    check_lenient(uint64_type, "-0", "0");
    check_lenient(int8_type, "+00127", "127");
}

static void test_texts_that_are_no_integers_are_refused(void **state)
{
    STOA_UNUSED(state);
    static const char *const bad[] = {"",      "-",     "+",   "+-1",         "--1",
                                      "1 2",   "1.0",   "7.",  "1e3",         "0x1",
                                      "1_000", "1,000", "one", "\xEF\xBC\x91"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_refused(int64_type, bad[i], STOA_E_BAD_VALUE);
        check_refused(uint64_type, bad[i], STOA_E_BAD_VALUE);
    }
    /* Too many digits do not hide a letter behind them. */
    check_refused(int64_type, "99999999999999999999x", STOA_E_BAD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_print_and_read_as_the_c_library_says),
        cmocka_unit_test(test_integers_end_at_their_width),
        cmocka_unit_test(test_integers_have_lenient_spellings),
        cmocka_unit_test(test_texts_that_are_no_integers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
