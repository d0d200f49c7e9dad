/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of format/prune.c: whatever statistics are given, a proof must hold for every row
 * (checked by brute force), and with full statistics the proofs that matter are found.
 */
#include "tests/unit/format/draw_predicate.h"

#include <math.h>
#include <string.h>

#include "format/stats.h"

static uint32_t count_matches(const struct stoa_predicate *predicate,
                              const struct stoa_column *column)
{
    uint32_t count = 0;
    for (uint32_t row = 0; row < column->length; row++)
        count += predicate_means(predicate, column, row);
    return count;
}

static void check_sound(const struct stoa_predicate *predicate,
                        const struct stoa_column *column, const struct stoa_stats *stats)
{
    const uint32_t matches = count_matches(predicate, column);
    const enum stoa_prune result = stoa_prune(predicate, stats);
    if (result == STOA_PRUNE_NONE)
        assert_int_equal(matches, 0);
    if (result == STOA_PRUNE_ALL)
        assert_int_equal(matches, column->length);
}

/* Makes statistics say less, but nothing wrong. */
static void weaken(struct test_random *random, struct stoa_stats *stats)
{
    const uint64_t choice = test_random_below(random, 5);
    if (choice == 0) {
        stats->has_bounds = false;
    } else if (choice == 1) {
        stats->min_is_exact = false;
        stats->max_is_exact = false;
    } else if (choice == 2 && stats->has_bounds && stats->phys == STOA_PHYS_BYTES) {
        stats->max_is_open = true;
        stats->max_is_exact = false;
        stats->max.bytes.length = 0;
    } else if (choice == 3 && stats->has_bounds && stats->phys == STOA_PHYS_I64) {
        stats->min_is_exact = false;
        stats->max_is_exact = false;
        stats->min.i64 -= stats->min.i64 > INT64_MIN + 3 ? 3 : 0;
        stats->max.i64 += stats->max.i64 < INT64_MAX - 3 ? 3 : 0;
    }
}

static void test_proofs_hold_for_every_row(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(371);
    uint32_t proofs = 0;
    for
        EACH_PHYS(phys)
        {
            for (int round = 0; round < 1500; round++) {
                struct stoa_column_builder builder;
                struct stoa_stats stats;
                random_column(&random, (enum stoa_phys)phys,
                              (uint32_t)test_random_below(&random, 12),
                              (unsigned)test_random_below(&random, 4) * 33,
                              1 + (unsigned)test_random_below(&random, 4), &builder);
                const struct stoa_column column = stoa_column_builder_view(&builder);
                for (int i = 0; i < 12; i++) {
                    struct drawn_predicate one;
                    draw_predicate(&random, &column, &one);
                    stoa_stats_compute(&stats, &column);
                    check_sound(&one.predicate, &column, &stats);
                    proofs += stoa_prune(&one.predicate, &stats) != STOA_PRUNE_MAYBE;
                    weaken(&random, &stats);
                    check_sound(&one.predicate, &column, &stats);
                }
                stoa_column_builder_done(&builder);
            }
        }
    assert_true(proofs > 20000); /* of 126,000: it does prove things */
}

/* Merged levels, as row groups and files have them. */
static void test_proofs_hold_for_merged_statistics(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(372);
    for (int round = 0; round < 1500; round++) {
        const enum stoa_phys phys =
            (enum stoa_phys)(1 + test_random_below(&random, STOA_PHYS_COUNT - 1));
        struct stoa_column_builder builder;
        struct stoa_stats stats;
        random_column(&random, phys, 192, (unsigned)test_random_below(&random, 4) * 33,
                      1 + (unsigned)test_random_below(&random, 5), &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        stoa_stats_init(&stats, phys);
        for (uint32_t first = 0; first < 192; first += 64) {
            struct stoa_stats part;
            const struct stoa_column slice = stoa_column_slice(&column, first, 64);
            stoa_stats_compute(&part, &slice);
            stoa_stats_merge(&stats, &part);
        }
        for (int i = 0; i < 10; i++) {
            struct drawn_predicate one;
            draw_predicate(&random, &column, &one);
            check_sound(&one.predicate, &column, &stats);
        }
        stoa_column_builder_done(&builder);
    }
}

/* With exact bounds of at least two values, ranges are decided as far as they can be. */
static void test_ranges_beside_the_bounds_are_proven(void **state)
{
    STOA_UNUSED(state);
    const int64_t values[] = {10, 15, 20};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 3, .values = values};
    struct stoa_stats stats;
    stoa_stats_compute(&stats, &column);
    for (int64_t low = 5; low <= 25; low++) {
        for (int64_t high = low; high <= 25; high++) {
            const struct stoa_predicate range = {.kind = STOA_PREDICATE_RANGE,
                                                 .phys = STOA_PHYS_I64,
                                                 .has_low = true,
                                                 .has_high = true,
                                                 .low_inclusive = true,
                                                 .high_inclusive = true,
                                                 .low = {.i64 = low},
                                                 .high = {.i64 = high}};
            struct stoa_predicate negated = range;
            negated.negated = true;
            const bool none = high < 10 || low > 20;
            const bool all = low <= 10 && high >= 20;
            assert_int_equal(stoa_prune(&range, &stats), none  ? STOA_PRUNE_NONE
                                                         : all ? STOA_PRUNE_ALL
                                                               : STOA_PRUNE_MAYBE);
            assert_int_equal(stoa_prune(&negated, &stats), none  ? STOA_PRUNE_ALL
                                                           : all ? STOA_PRUNE_NONE
                                                                 : STOA_PRUNE_MAYBE);
        }
    }
}

static void test_constant_blocks_are_decided(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(373);
    for
        EACH_PHYS(phys)
        {
            for (int round = 0; round < 500; round++) {
                struct stoa_column_builder builder;
                struct stoa_stats stats;
                struct drawn_predicate one;
                random_column(&random, (enum stoa_phys)phys, 5, 0, 1, &builder);
                const struct stoa_column column = stoa_column_builder_view(&builder);
                draw_predicate(&random, &column, &one);
                stoa_stats_compute(&stats, &column);
                const bool is_test_of_float =
                    one.predicate.kind == STOA_PREDICATE_TEST && phys == STOA_PHYS_F64;
                const bool is_cut = stats.has_bounds && !stats.min_is_exact;
                if (!is_test_of_float && !is_cut)
                    assert_int_equal(stoa_prune(&one.predicate, &stats),
                                     count_matches(&one.predicate, &column)
                                         ? STOA_PRUNE_ALL
                                         : STOA_PRUNE_NONE);
                stoa_column_builder_done(&builder);
            }
        }
}

static void test_possible_nan_keeps_what_reaches_above_max(void **state)
{
    STOA_UNUSED(state);
    const double values[] = {1, 2, (double)NAN};
    const struct stoa_column column = {
        .phys = STOA_PHYS_F64, .length = 3, .values = values};
    struct stoa_stats stats;
    stoa_stats_compute(&stats, &column);
    struct stoa_predicate above = {.kind = STOA_PREDICATE_RANGE,
                                   .phys = STOA_PHYS_F64,
                                   .has_low = true,
                                   .low = {.f64 = 5}};
    assert_int_equal(stoa_prune(&above, &stats), STOA_PRUNE_MAYBE); /* the NaN is above */
    above.low.f64 = 0;
    assert_int_equal(stoa_prune(&above, &stats), STOA_PRUNE_ALL);
    struct stoa_predicate below = {.kind = STOA_PREDICATE_RANGE,
                                   .phys = STOA_PHYS_F64,
                                   .has_high = true,
                                   .high = {.f64 = 5}};
    assert_int_equal(stoa_prune(&below, &stats), STOA_PRUNE_MAYBE); /* it is not below */
    below.high.f64 = 1;
    assert_int_equal(stoa_prune(&below, &stats), STOA_PRUNE_NONE);
}

static bool is_negative(const void *context, const struct stoa_value *value)
{
    STOA_UNUSED(context);
    return signbit(value->f64);
}

static void test_equal_zeros_are_not_one_value_to_a_test(void **state)
{
    STOA_UNUSED(state);
    const double values[] = {-0.0, 0.0};
    const struct stoa_column column = {
        .phys = STOA_PHYS_F64, .length = 2, .values = values};
    const struct stoa_predicate predicate = {
        .kind = STOA_PREDICATE_TEST, .phys = STOA_PHYS_F64, .test = is_negative};
    struct stoa_stats stats;
    stoa_stats_compute(&stats, &column);
    assert_int_equal(stoa_prune(&predicate, &stats), STOA_PRUNE_MAYBE);
}

static void test_contradictions_prove_nothing(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_predicate is_null = {.kind = STOA_PREDICATE_IS_NULL,
                                           .phys = STOA_PHYS_F64};
    struct stoa_stats stats;
    stoa_stats_init(&stats, STOA_PHYS_F64);
    stats.rows = 3;
    stats.null_count = 4;
    assert_int_equal(stoa_prune(&is_null, &stats), STOA_PRUNE_MAYBE); /* [FMT-83] */
    stats.null_count = 2;
    stats.nan_count = 2;
    assert_int_equal(stoa_prune(&is_null, &stats), STOA_PRUNE_MAYBE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proofs_hold_for_every_row),
        cmocka_unit_test(test_proofs_hold_for_merged_statistics),
        cmocka_unit_test(test_ranges_beside_the_bounds_are_proven),
        cmocka_unit_test(test_constant_blocks_are_decided),
        cmocka_unit_test(test_possible_nan_keeps_what_reaches_above_max),
        cmocka_unit_test(test_equal_zeros_are_not_one_value_to_a_test),
        cmocka_unit_test(test_contradictions_prove_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
