/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of format/predicate.c: vectors and single values against the meaning row by row. */
#include "tests/unit/format/draw_predicate.h"

#include <math.h>
#include <string.h>

static void check_eval(const struct stoa_predicate *predicate,
                       const struct stoa_column *column, const struct stoa_vector *vector)
{
    uint64_t bits[STOA_VECTOR_WORDS];
    memset(bits, 0x5A, sizeof bits);
    stoa_predicate_eval(predicate, vector, bits);
    for (uint32_t row = 0; row < STOA_VECTOR_ROWS; row++) {
        const bool expected =
            row < vector->length && predicate_means(predicate, column, row);
        assert_int_equal(stoa_bit_get(bits, row), expected);
    }
}

static void check_match(const struct stoa_predicate *predicate,
                        const struct stoa_column *column)
{
    for (uint32_t row = 0; row < column->length; row++) {
        const struct stoa_value value = stoa_column_get(column, row);
        if (!value.is_null)
            assert_int_equal(stoa_predicate_match(predicate, &value),
                             predicate_means(predicate, column, row));
    }
}

static void test_eval_and_match_agree_with_the_meaning(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t lengths[] = {0, 1, 63, 64, 65, 500, 1024};
    struct test_random random = test_random_start(361);
    for
        EACH_PHYS(phys)
        {
            for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
                for (unsigned null_percent = 0; null_percent <= 100; null_percent += 50) {
                    struct stoa_column_builder builder;
                    struct stoa_vector vector;
                    random_column(&random, (enum stoa_phys)phys, lengths[i], null_percent,
                                  30, &builder);
                    const struct stoa_column column = stoa_column_builder_view(&builder);
                    vector_from_column(&column, &vector);
                    for (int round = 0; round < 40; round++) {
                        struct drawn_predicate random_one;
                        draw_predicate(&random, &column, &random_one);
                        check_eval(&random_one.predicate, &column, &vector);
                        check_match(&random_one.predicate, &column);
                    }
                    stoa_vector_done(&vector);
                    stoa_column_builder_done(&builder);
                }
            }
        }
}

/* Every pair of float ends, with and without each, inclusive or not, against all of them. */
static void test_float_ranges_treat_nan_as_the_largest(void **state)
{
    STOA_UNUSED(state);
    const double ends[] = {-(double)INFINITY,
                           -1.7976931348623157e308,
                           -5e-324,
                           -0.0,
                           0.0,
                           5e-324,
                           1.7976931348623157e308,
                           (double)INFINITY,
                           (double)NAN,
                           -(double)NAN};
    enum { COUNT = 10 };
    const struct stoa_column column = {
        .phys = STOA_PHYS_F64, .length = COUNT, .values = ends};
    struct stoa_vector vector;
    vector_from_column(&column, &vector);
    for (unsigned k = 0; k < COUNT * COUNT * 32; k++) {
        const unsigned flags = k / (COUNT * COUNT);
        const struct stoa_predicate predicate = {
            .kind = STOA_PREDICATE_RANGE,
            .phys = STOA_PHYS_F64,
            .has_low = flags & 1,
            .has_high = flags & 2,
            .low_inclusive = flags & 4,
            .high_inclusive = flags & 8,
            .negated = flags & 16,
            .low = {.f64 = ends[k % COUNT]},
            .high = {.f64 = ends[k / COUNT % COUNT]},
        };
        check_eval(&predicate, &column, &vector);
    }
    stoa_vector_done(&vector);
}

static void test_integer_ranges_do_not_wrap_at_the_ends(void **state)
{
    STOA_UNUSED(state);
    const uint64_t ends[] = {
        0, 1, UINT64_C(1) << 63, (UINT64_C(1) << 63) - 1, UINT64_MAX, UINT64_MAX - 1};
    enum { COUNT = 6 };
    for (int phys = STOA_PHYS_I64; phys <= STOA_PHYS_U64; phys++) {
        const struct stoa_column column = {
            .phys = (enum stoa_phys)phys, .length = COUNT, .values = ends};
        struct stoa_vector vector;
        vector_from_column(&column, &vector);
        for (unsigned k = 0; k < COUNT * COUNT * 32; k++) {
            const unsigned flags = k / (COUNT * COUNT);
            const struct stoa_predicate predicate = {
                .kind = STOA_PREDICATE_RANGE,
                .phys = (enum stoa_phys)phys,
                .has_low = flags & 1,
                .has_high = flags & 2,
                .low_inclusive = flags & 4,
                .high_inclusive = flags & 8,
                .negated = flags & 16,
                .low = {.u64 = ends[k % COUNT]},
                .high = {.u64 = ends[k / COUNT % COUNT]},
            };
            check_eval(&predicate, &column, &vector);
        }
        stoa_vector_done(&vector);
    }
}

static bool never_asked(const void *context, const struct stoa_value *value)
{
    STOA_UNUSED(context);
    STOA_UNUSED(value);
    fail_msg("a test function was asked about a NULL");
    return true;
}

static void test_test_functions_never_see_nulls(void **state)
{
    STOA_UNUSED(state);
    struct stoa_vector vector;
    uint64_t bits[STOA_VECTOR_WORDS];
    assert_ok(stoa_vector_init(&vector, STOA_PHYS_BYTES, NULL), NULL);
    vector.length = 700;
    vector.has_nulls = true;
    memset(vector.validity, 0, sizeof vector.validity);
    const struct stoa_predicate predicate = {.kind = STOA_PREDICATE_TEST,
                                             .phys = STOA_PHYS_BYTES,
                                             .negated = true,
                                             .test = never_asked};
    stoa_predicate_eval(&predicate, &vector, bits);
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++)
        assert_true(bits[i] == 0);
    stoa_vector_done(&vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eval_and_match_agree_with_the_meaning),
        cmocka_unit_test(test_float_ranges_treat_nan_as_the_largest),
        cmocka_unit_test(test_integer_ranges_do_not_wrap_at_the_ends),
        cmocka_unit_test(test_test_functions_never_see_nulls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
