/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of format/text_float.c, text_big.c and text_pow10_data.c: against the C library's
 * strtod and printf, which glibc rounds correctly, and against big integers.
 */
#include "tests/unit/format/text_check.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/text_float.h"

static const stoa_type float_type = {.id = STOA_TYPE_FLOAT64};

static double from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t to_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* A finite float of any exponent: uniform bits, or short mantissas, or near powers of two. */
static double random_finite(struct test_random *random)
{
    for (;;) {
        uint64_t bits = test_random_next(random);
        if (test_random_below(random, 3) == 0)
            bits &= UINT64_C(0xFFFF000000000000);
        if (test_random_below(random, 3) == 0)
            bits = (bits & UINT64_C(0xFFF0000000000000)) + test_random_below(random, 5) - 2;
        if (isfinite(from_bits(bits)))
            return from_bits(bits);
    }
}

/* ---- the table of powers ---- */

enum { LIMBS = 48 };

struct big {
    uint32_t limb[LIMBS]; /* least significant first */
};

static void big_multiply(struct big *big, uint32_t factor)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint64_t)big->limb[i] * factor;
        big->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    assert_int_equal(carry, 0);
}

static unsigned big_bits(const struct big *big)
{
    for (unsigned i = LIMBS; i > 0; i--) {
        if (big->limb[i - 1])
            return 32 * i - (unsigned)__builtin_clz(big->limb[i - 1]);
    }
    return 0;
}

static unsigned big_bit(const struct big *big, unsigned i)
{
    return big->limb[i / 32] >> i % 32 & 1;
}

static void big_add(struct big *to, const struct big *from)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint64_t)to->limb[i] + from->limb[i];
        to->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

static bool big_is_power_of_two(const struct big *big)
{
    unsigned ones = 0;
    for (size_t i = 0; i < LIMBS; i++)
        ones += (unsigned)__builtin_popcount(big->limb[i]);
    return ones == 1;
}

/* factor * 10^n */
static struct big big_times_power(stoa_u128 factor, unsigned n)
{
    struct big big = {{0}};
    for (size_t i = 0; i < 4; i++)
        big.limb[i] = (uint32_t)(factor >> 32 * i);
    for (unsigned i = 0; i < n; i++)
        big_multiply(&big, 10);
    return big;
}

/* The top 128 bits of 10^q, q >= 0, zeros behind the end. */
static stoa_u128 top_bits(unsigned q)
{
    const struct big power = big_times_power(1, q);
    const unsigned bits = big_bits(&power);
    stoa_u128 top = 0;
    for (unsigned i = 0; i < 128; i++)
        top = top << 1 | (i < bits ? big_bit(&power, bits - 1 - i) : 0);
    return top;
}

/* row = floor(2^k / 10^n) for some k: row * 10^n <= 2^k < (row + 1) * 10^n. */
static bool is_cut_inverse(stoa_u128 row, unsigned n)
{
    const struct big below = big_times_power(row, n);
    const struct big power = big_times_power(1, n);
    struct big above = below;
    big_add(&above, &power);
    const unsigned k =
        big_is_power_of_two(&below) ? big_bits(&below) - 1 : big_bits(&below);
    /* 2^k < above */
    return big_bits(&above) == k + 1 && !big_is_power_of_two(&above);
}

static void test_powers_of_ten_are_cut_exactly(void **state)
{
    STOA_UNUSED(state);
    for (int q = STOA_POW10_FIRST; q <= STOA_POW10_LAST; q++) {
        const struct stoa_pow10_bits *bits = stoa_pow10_row(q);
        const stoa_u128 row = (stoa_u128)bits->high << 64 | bits->low;
        assert_true(bits->high >> 63 == 1);
        if (q >= 0)
            assert_true(row == top_bits((unsigned)q));
        else
            assert_true(is_cut_inverse(row, (unsigned)-q));
    }
}

/* ---- printing ---- */

/* digits * 10^exponent, by the C library. */
static double from_digits(uint64_t digits, int exponent)
{
    char text[64];
    snprintf(text, sizeof text, "%" PRIu64 "e%d", digits, exponent);
    return strtod(text, NULL);
}

/* Fewest digits that read back, by trying every number of them: the closest decimal of that
 * length, or else the one above, since below a power of two floats lie closer together. */
static uint64_t model_shortest(double value, int *out_exponent)
{
    for (int count = 1; count <= 17; count++) {
        char text[64];
        struct stoa_number number;
        snprintf(text, sizeof text, "%.*e", count - 1, value);
        assert_true(stoa_number_scan(text, strlen(text), &number));
        for (uint64_t more = 0; more < 2; more++) {
            uint64_t digits = number.digits + more;
            int exponent = (int)number.exponent;
            if (to_bits(from_digits(digits, exponent)) != to_bits(value))
                continue;
            for (; digits % 10 == 0; digits /= 10)
                exponent++;
            *out_exponent = exponent;
            return digits;
        }
    }
    fail_msg("17 digits do not read back: %a", value);
    return 0;
}

static void test_floats_print_as_few_digits_as_read_back(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(521);
    for (int i = 0; i < 20000; i++) {
        const double value = fabs(random_finite(&random));
        if (value == 0)
            continue;
        int exponent = 0;
        int expected_exponent = 0;
        const uint64_t digits = stoa_f64_shortest(value, &exponent);
        const uint64_t expected = model_shortest(value, &expected_exponent);
        if (digits != expected || exponent != expected_exponent)
            fail_msg("%a: expected %" PRIu64 "e%d, found %" PRIu64 "e%d", value, expected,
                     expected_exponent, digits, exponent);
    }
}

static void test_floats_print_and_read_back_to_the_same_bits(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(522);
    for (int i = 0; i < 20000; i++) {
        const struct stoa_value value = {.f64 = random_finite(&random)};
        char seventeen[64];
        check_prints_and_reads_back(float_type, &value);
        /* The same number in 17 digits reads as the same float. */
        struct stoa_value back = {.is_null = true};
        snprintf(seventeen, sizeof seventeen, "%.17g", value.f64);
        if (value.f64 != 0)
            assert_ok(
                stoa_text_parse(float_type, seventeen, strlen(seventeen), &back, NULL),
                NULL);
        if (value.f64 != 0)
            assert_int_equal(to_bits(back.f64), to_bits(value.f64));
    }
}

static void test_floats_have_these_canonical_spellings(void **state)
{
    STOA_UNUSED(state);
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0.0,                     "0"                      },
        {-0.0,                    "-0"                     },
        {1.0,                     "1"                      },
        {-1.5,                    "-1.5"                   },
        {100.0,                   "100"                    },
        {0.1,                     "0.1"                    },
        {1e-5,                    "0.00001"                },
        {1.5e-5,                  "0.000015"               },
        {9.5e-6,                  "9.5e-06"                },
        {1e16,                    "10000000000000000"      },
        {1.2345678901234567e16,   "12345678901234568"      },
        {1e17,                    "1e+17"                  },
        {1e30,                    "1e+30"                  },
        {1.25e100,                "1.25e+100"              },
        {5e-324,                  "5e-324"                 },
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308,  "1.7976931348623157e+308"},
        {123456.789,              "123456.789"             },
        {0.3,                     "0.3"                    },
        {0.1 + 0.2,               "0.30000000000000004"    },
        {9007199254740993.0,      "9007199254740992"       },
        {(double)INFINITY,        "Infinity"               },
        {-(double)INFINITY,       "-Infinity"              },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct stoa_value value = {.f64 = rows[i].value};
        check_canonical(float_type, &value, rows[i].text);
    }
    char text[STOA_VALUE_TEXT_MAX];
    const struct stoa_value nan = {.f64 = -(double)NAN};
    assert_int_equal(stoa_text_write(float_type, &nan, text), 3);
    assert_bytes(text, "NaN", 3);
}

/* ---- reading ---- */

static void check_reads_as_strtod(const char *text)
{
    struct stoa_number number;
    const size_t length = strlen(text);
    assert_true(stoa_number_scan(text, length, &number));
    const double found = stoa_number_to_f64(&number, text, length);
    const double expected = strtod(text, NULL);
    if (to_bits(found) != to_bits(expected))
        fail_msg("%s: expected %a, found %a", text, expected, found);
}

static void test_random_literals_read_as_the_c_library_reads_them(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(523);
    for (int i = 0; i < 20000; i++) {
        char text[80];
        size_t at = 0;
        const uint64_t digits = 1 + test_random_below(&random, 40);
        const uint64_t point = test_random_below(&random, digits + 1);
        for (uint64_t j = 0; j < digits; j++) {
            if (j == point)
                text[at++] = '.';
            text[at++] = (char)('0' + test_random_below(&random, 10));
        }
        const int exponent = (int)test_random_below(&random, 700) - 365;
        snprintf(text + at, sizeof text - at, "e%d", exponent);
        check_reads_as_strtod(text);
    }
}

/* The point half way to the next float, exactly, then a little less and a little more. */
static void test_half_way_literals_round_to_even(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(524);
    for (int i = 0; i < 1500; i++) {
        char text[1400];
        const double value = fabs(random_finite(&random));
        const double next = nextafter(value, (double)INFINITY);
        if (isinf(next))
            continue;
        /* The 64 bits of long double hold one more bit than both. */
        const long double half = ((long double)value + (long double)next) / 2;
        const int length = snprintf(text, sizeof text - 8, "%.*Le", 800, half);
        check_reads_as_strtod(text);
        char *e = strchr(text, 'e');
        char tail[16];
        snprintf(tail, sizeof tail, "1%s", e); /* an 801st digit */
        snprintf(e, sizeof text - (size_t)(e - text), "%s", tail);
        check_reads_as_strtod(text);
        assert_true(length > 800);
    }
}

static void test_literals_at_the_ends_of_the_range(void **state)
{
    STOA_UNUSED(state);
    static const char *const texts[] = {
        "0",
        "-0",
        "0e5",
        "0.000e999",
        "1e-400",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.4703282292062329e-324",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1.797693134862315808e308",
        "1e309",
        "1e999999999999",
        "1e-999999999999",
        "9007199254740993",
        "9007199254740992.9999999999999999999999",
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946"
        "6490179775872070963302864166928879109465555478519404026306574886715058206819089020007"
        "0838367627385484581771153176447573027006985557136695962284291481986083493647529271907"
        "4168444365510704342711559699508093042880177904174497791.999",
        "0.00000000000000000000000000000000000000000000000000000000000000000000000000000000001",
        "100000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_reads_as_strtod(texts[i]);
    /* SQL: neither an overflow nor an underflow to zero is a value. */
    check_refused(float_type, "1e309", STOA_E_OVERFLOW);
    check_refused(float_type, "-1e309", STOA_E_OVERFLOW);
    check_refused(float_type, "1e-400", STOA_E_OVERFLOW);
    check_lenient(float_type, "0e-400", "0");
    check_lenient(float_type, "4.9406564584124654e-324", "5e-324");
}

static void test_floats_have_lenient_spellings(void **state)
{
    STOA_UNUSED(state);
    check_lenient(float_type, " 1.50 ", "1.5");
    check_lenient(float_type, "+1", "1");
    check_lenient(float_type, ".5", "0.5");
    check_lenient(float_type, "5.", "5");
    check_lenient(float_type, "1E3", "1000");
    check_lenient(float_type, "inf", "Infinity");
    check_lenient(float_type, "+INFINITY", "Infinity");
    check_lenient(float_type, "-inf", "-Infinity");
    check_lenient(float_type, "007", "7");
    check_lenient(float_type, "0.30000000000000004000", "0.30000000000000004");
    struct stoa_value value = {.f64 = 0};
    assert_ok(stoa_text_parse(float_type, "nan", 3, &value, NULL), NULL);
    assert_true(isnan(value.f64));
    assert_true(stoa_text_parse_canonical(float_type, "NaN", 3, &value));
    assert_false(stoa_text_parse_canonical(float_type, "nan", 3, &value));
}

static void test_texts_that_are_no_floats_are_refused(void **state)
{
    STOA_UNUSED(state);
    static const char *const bad[] = {"",      ".",   "-",     "e5",  "1e",    "1e+",
                                      "1.2.3", "1,5", "0x1p3", "1f",  "inf1",  "infinit",
                                      "-nan",  "+-1", "1e5.5", "1 2", "nan(1)"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_refused(float_type, bad[i], STOA_E_BAD_VALUE);
}

/* ---- does a float keep a decimal? ---- */

/* Removes sign, point, and zeros at both ends: digits and exponent that identify a decimal. */
static void normalise(const char *text, char *digits, int64_t *exponent)
{
    struct stoa_number number;
    assert_true(stoa_number_scan(text, strlen(text), &number));
    snprintf(digits, 32, "%" PRIu64, number.digits);
    *exponent = number.exponent;
    for (size_t n = strlen(digits); n > 1 && digits[n - 1] == '0'; n--) {
        digits[n - 1] = '\0';
        *exponent += 1;
    }
    if (number.digits == 0)
        *exponent = 0;
}

static void test_is_shortest_tells_whether_printing_gives_the_decimal_back(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(525);
    unsigned kept = 0;
    for (int i = 0; i < 20000; i++) {
        char text[64];
        char printed[STOA_VALUE_TEXT_MAX + 1];
        char digits[2][32];
        int64_t exponents[2];
        const uint64_t limit =
            (uint64_t)stoa_pow10(1 + (unsigned)test_random_below(&random, 18));
        snprintf(text, sizeof text, "%" PRIu64 "e%d", test_random_below(&random, limit),
                 (int)test_random_below(&random, 60) - 40);
        struct stoa_number number;
        assert_true(stoa_number_scan(text, strlen(text), &number));
        const struct stoa_value value = {
            .f64 = stoa_number_to_f64(&number, text, strlen(text))};
        printed[stoa_text_write(float_type, &value, printed)] = '\0';
        normalise(text, digits[0], &exponents[0]);
        normalise(printed, digits[1], &exponents[1]);
        const bool is_same =
            strcmp(digits[0], digits[1]) == 0 && exponents[0] == exponents[1];
        assert_int_equal(stoa_number_is_shortest(&number, value.f64), is_same);
        kept += is_same;
    }
    assert_in_range(kept, 13000, 19700); /* both answers occur */
}

static void test_numbers_with_cut_digits_are_never_kept(void **state)
{
    STOA_UNUSED(state);
    static const char text[] = "0.10000000000000000000001";
    struct stoa_number number;
    assert_true(stoa_number_scan(text, strlen(text), &number));
    assert_true(number.is_cut);
    assert_false(stoa_number_is_shortest(&number, 0.1));
    assert_true(stoa_number_scan("0.1000000000000000000000", 24, &number));
    assert_false(number.is_cut);
    assert_true(stoa_number_is_shortest(&number, 0.1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_powers_of_ten_are_cut_exactly),
        cmocka_unit_test(test_floats_print_as_few_digits_as_read_back),
        cmocka_unit_test(test_floats_print_and_read_back_to_the_same_bits),
        cmocka_unit_test(test_floats_have_these_canonical_spellings),
        cmocka_unit_test(test_random_literals_read_as_the_c_library_reads_them),
        cmocka_unit_test(test_half_way_literals_round_to_even),
        cmocka_unit_test(test_literals_at_the_ends_of_the_range),
        cmocka_unit_test(test_floats_have_lenient_spellings),
        cmocka_unit_test(test_texts_that_are_no_floats_are_refused),
        cmocka_unit_test(test_is_shortest_tells_whether_printing_gives_the_decimal_back),
        cmocka_unit_test(test_numbers_with_cut_digits_are_never_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
