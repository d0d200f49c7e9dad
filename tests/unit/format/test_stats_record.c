/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of format/stats_record.c: keys, round trips through records, contradictions. */
#include "tests/unit/format/random_column.h"

#include <math.h>
#include <string.h>

#include "format/stats_record.h"

static bool is_plain(enum stoa_phys phys, const struct stoa_value *value)
{
    return !value->is_null && !(phys == STOA_PHYS_F64 && isnan(value->f64));
}

static void test_keys_are_ordered_as_values_are(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(351);
    for
        EACH_PHYS(phys)
        {
            const enum stoa_phys kind = (enum stoa_phys)phys;
            for (int round = 0; round < 5000; round++) {
                const struct stoa_value a = random_value(&random, kind);
                const struct stoa_value b = random_value(&random, kind);
                if (!is_plain(kind, &a) || !is_plain(kind, &b))
                    continue;
                const int order = stoa_value_compare(kind, &a, &b);
                const uint64_t key_a = stoa_value_key(kind, &a);
                const uint64_t key_b = stoa_value_key(kind, &b);
                assert_true(order < 0   ? key_a <= key_b
                            : order > 0 ? key_a >= key_b
                                        : key_a == key_b);
                if (order != 0 && stoa_phys_width(kind) != 16 && kind != STOA_PHYS_BYTES)
                    assert_true(key_a != key_b);
            }
        }
}

static void test_keys_are_those_of_the_specification(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_value minus_one = {.i64 = -1};
    const struct stoa_value one_and_half = {.f64 = 1.5};
    const struct stoa_value minus_two = {.f64 = -2.0};
    const struct stoa_value minus_zero = {.f64 = -0.0};
    const struct stoa_value wide = {.i128 = -((stoa_i128)1 << 64)};
    const struct stoa_value text = {
        .bytes = {.data = (const uint8_t *)"ab", .length = 2}
    };
    assert_int_equal(stoa_value_key(STOA_PHYS_I64, &minus_one),
                     UINT64_C(0x7FFFFFFFFFFFFFFF));
    assert_int_equal(stoa_value_key(STOA_PHYS_F64, &one_and_half),
                     UINT64_C(0xBFF8000000000000));
    assert_int_equal(stoa_value_key(STOA_PHYS_F64, &minus_two),
                     UINT64_C(0x3FFFFFFFFFFFFFFF));
    assert_int_equal(stoa_value_key(STOA_PHYS_F64, &minus_zero), UINT64_C(1) << 63);
    assert_int_equal(stoa_value_key(STOA_PHYS_I128, &wide), UINT64_C(0x7FFFFFFFFFFFFFFF));
    assert_int_equal(stoa_value_key(STOA_PHYS_BYTES, &text), UINT64_C(0x6162000000000000));
}

static void check_same_stats(const struct stoa_stats *a, const struct stoa_stats *b)
{
    assert_int_equal(a->phys, b->phys);
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->null_count, b->null_count);
    assert_int_equal(a->nan_count, b->nan_count);
    assert_int_equal(a->has_bounds, b->has_bounds);
    assert_int_equal(a->min_is_exact, b->min_is_exact);
    assert_int_equal(a->max_is_exact, b->max_is_exact);
    assert_int_equal(a->max_is_open, b->max_is_open);
    if (a->has_bounds) {
        assert_int_equal(stoa_value_compare_exact(a->phys, &a->min, &b->min), 0);
        assert_int_equal(stoa_value_compare_exact(a->phys, &a->max, &b->max), 0);
    }
    assert_int_equal(a->has_sum, b->has_sum);
    assert_true(a->int_sum == b->int_sum);
    assert_true(isnan(a->float_sum.high) ? isnan(b->float_sum.high)
                                         : a->float_sum.high == b->float_sum.high &&
                                               a->float_sum.low == b->float_sum.low);
}

static void test_records_give_back_their_statistics(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(352);
    for (int round = 0; round < 2000; round++) {
        const enum stoa_phys phys =
            (enum stoa_phys)(1 + test_random_below(&random, STOA_PHYS_COUNT - 1));
        struct stoa_column_builder builder;
        random_column(&random, phys, (uint32_t)test_random_below(&random, 40),
                      (unsigned)test_random_below(&random, 5) * 25,
                      1 + (unsigned)test_random_below(&random, 6), &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        struct stoa_stats stats;
        struct stoa_stats back;
        struct stoa_stats_core core;
        uint8_t bounds[STOA_STATS_BOUNDS_MAX];
        stoa_error err;
        stoa_stats_compute(&stats, &column);
        const size_t size = stoa_stats_to_core(&stats, &core, bounds);
        assert_int_equal(size, stoa_stats_bounds_size(phys, &core));
        assert_int_equal(core.bounds_offset, 0);
        assert_ok(stoa_stats_from_core(phys, stats.rows, stats.null_count, stats.nan_count,
                                       &core, size ? bounds : NULL, &back, &err),
                  &err);
        check_same_stats(&back, &stats);
        if (phys == STOA_PHYS_BYTES && back.has_bounds)
            assert_ptr_equal(back.min.bytes.data, back.min_bytes);
        stoa_column_builder_done(&builder);
    }
}

static void test_float_sums_are_stored_in_one_form(void **state)
{
    STOA_UNUSED(state);
    struct stoa_stats stats;
    struct stoa_stats_core core;
    uint8_t bounds[STOA_STATS_BOUNDS_MAX];
    static const uint8_t quiet[16] = {0, 0, 0, 0, 0, 0, 0xF8, 0x7F};
    stoa_stats_init(&stats, STOA_PHYS_F64);
    stats.float_sum = (struct stoa_float_sum){-(double)NAN, 3};
    stoa_stats_to_core(&stats, &core, bounds);
    assert_bytes(core.sum, quiet, 16);
    static const uint8_t infinite[16] = {0, 0, 0, 0, 0, 0, 0xF0, 0xFF};
    stats.float_sum = (struct stoa_float_sum){-(double)INFINITY, 3};
    stoa_stats_to_core(&stats, &core, bounds);
    assert_bytes(core.sum, infinite, 16);
}

/* A record of two rows of `phys` with everything set. */
struct example {
    enum stoa_phys phys;
    uint64_t rows, nulls, nans;
    struct stoa_stats_core core;
    uint8_t bounds[STOA_STATS_BOUNDS_MAX];
};

static struct example make_example(enum stoa_phys phys)
{
    static const uint64_t booleans[1] = {2};
    static const int64_t numbers[2] = {5, -7};
    static const double floats[2] = {-1.5, 2};
    static const stoa_i128 wide[2] = {9, -9};
    static const uint8_t fixed[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    static const uint32_t offsets[3] = {0, 3, 12};
    const void *values[STOA_PHYS_COUNT] = {
        [STOA_PHYS_BOOL] = booleans, [STOA_PHYS_I64] = numbers, [STOA_PHYS_U64] = numbers,
        [STOA_PHYS_F64] = floats,    [STOA_PHYS_I128] = wide,   [STOA_PHYS_FIXED16] = fixed,
    };
    const struct stoa_column column = {.phys = phys,
                                       .length = 2,
                                       .values = values[phys],
                                       .offsets = offsets,
                                       .bytes = (const uint8_t *)"abcdefghijkl"};
    struct example example = {.phys = phys, .rows = 2};
    struct stoa_stats stats;
    stoa_stats_compute(&stats, &column);
    stoa_stats_to_core(&stats, &example.core, example.bounds);
    return example;
}

static void assert_refused(const struct example *example)
{
    struct stoa_stats stats;
    struct stoa_stats before;
    stoa_error err;
    memset(&stats, 0x5A, sizeof stats);
    memcpy(&before, &stats, sizeof stats);
    assert_fails(stoa_stats_from_core(example->phys, example->rows, example->nulls,
                                      example->nans, &example->core, example->bounds,
                                      &stats, &err),
                 STOA_E_CORRUPT, &err);
    assert_bytes(&stats, &before, sizeof stats);
}

/* [FMT-66] */
static void test_counts_that_contradict_each_other_are_damage(void **state)
{
    STOA_UNUSED(state);
    for
        EACH_PHYS(phys)
        {
            struct example example = make_example((enum stoa_phys)phys);
            example.nulls = 3;
            assert_refused(&example);
            example.nulls = UINT64_MAX;
            assert_refused(&example);
            example.nulls = 2; /* but it has bounds */
            assert_refused(&example);
            example.nulls = 1;
            example.nans = 2;
            assert_refused(&example);
            example.nans = UINT64_MAX;
            assert_refused(&example);
            example.nulls = 0;
            example.nans = 1;
            if (phys != STOA_PHYS_F64)
                assert_refused(&example);
        }
}

/* [FMT-67] */
static void test_bounds_of_a_wrong_form_are_damage(void **state)
{
    STOA_UNUSED(state);
    for
        EACH_PHYS(phys)
        {
            struct example example = make_example((enum stoa_phys)phys);
            struct example bad = example;
            bad.core.min_size = phys == STOA_PHYS_BYTES ? 65 : 7;
            assert_refused(&bad);
            bad = example;
            bad.core.max_size = phys == STOA_PHYS_BYTES ? 65 : 7;
            assert_refused(&bad);
            bad = example; /* min above max */
            bad.core.min_key = example.core.max_key;
            bad.core.max_key = example.core.min_key;
            bad.core.min_size = example.core.max_size;
            bad.core.max_size = example.core.min_size;
            assert_refused(&bad);
            bad = example;
            bad.core.flags |= STOA_RECORD_MAX_OPEN;
            assert_refused(&bad);
            bad = example;
            bad.core.max_key ^= UINT64_C(1) << 20; /* differs from the full bound, if any */
            if (stoa_phys_width(bad.phys) == 16 || phys == STOA_PHYS_BYTES ||
                phys == STOA_PHYS_BOOL)
                assert_refused(&bad);
        }
}

static void test_float_keys_without_a_number_are_damage(void **state)
{
    STOA_UNUSED(state);
    struct example example = make_example(STOA_PHYS_F64);
    struct example bad = example;
    bad.core.max_key = UINT64_MAX; /* a NaN */
    assert_refused(&bad);
    bad = example;
    bad.core.min_key = 0; /* a NaN with sign */
    assert_refused(&bad);
    bad = example;
    bad.core.min_key = (UINT64_C(1) << 63) - 1; /* -0.0 [FMT-68] */
    assert_refused(&bad);
}

static void test_text_keys_have_zeros_behind_the_end(void **state)
{
    STOA_UNUSED(state);
    struct example bad = make_example(STOA_PHYS_BYTES);
    assert_int_equal(bad.core.min_size, 3);
    bad.core.min_key |= 1;
    assert_refused(&bad);
}

static void test_sums_where_there_are_none_are_damage(void **state)
{
    STOA_UNUSED(state);
    for
        EACH_PHYS(phys)
        {
            struct example bad = make_example((enum stoa_phys)phys);
            if (phys == STOA_PHYS_BYTES || phys == STOA_PHYS_FIXED16) {
                bad.core.flags |= STOA_RECORD_HAS_SUM;
            } else {
                bad.core.flags &= (uint16_t)~STOA_RECORD_HAS_SUM;
                bad.core.sum[9] = 1;
            }
            assert_refused(&bad);
        }
}

static void test_records_without_bounds_are_unknown(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_stats_core core = {.flags = 0};
    struct stoa_stats stats;
    stoa_error err;
    for
        EACH_PHYS(phys)
        {
            assert_ok(stoa_stats_from_core((enum stoa_phys)phys, 10, 3, 0, &core, NULL,
                                           &stats, &err),
                      &err);
            assert_false(stats.has_bounds);
            assert_false(stats.has_sum);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_are_ordered_as_values_are),
        cmocka_unit_test(test_keys_are_those_of_the_specification),
        cmocka_unit_test(test_records_give_back_their_statistics),
        cmocka_unit_test(test_float_sums_are_stored_in_one_form),
        cmocka_unit_test(test_counts_that_contradict_each_other_are_damage),
        cmocka_unit_test(test_bounds_of_a_wrong_form_are_damage),
        cmocka_unit_test(test_float_keys_without_a_number_are_damage),
        cmocka_unit_test(test_text_keys_have_zeros_behind_the_end),
        cmocka_unit_test(test_sums_where_there_are_none_are_damage),
        cmocka_unit_test(test_records_without_bounds_are_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
