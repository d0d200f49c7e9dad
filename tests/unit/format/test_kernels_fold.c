/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the kernels that make one number of many, at every level, against sums made one value
 * after the other. Runs three times, with STOA_CPU at each level.
 */
#include "tests/unit/format/kernel_levels.h"

#include <math.h>

#include "format/stats.h"

static void test_sum_and_bounds_are_exact_at_the_ends_of_the_range(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(306);
    int64_t values[ROWS];
    for (int kind = 0; kind < 4; kind++) {
        for (size_t count = 1; count <= ROWS; count += count < 40 ? 1 : 61) {
            __int128 expected = 0;
            int64_t low = INT64_MAX;
            int64_t high = INT64_MIN;
            for (size_t i = 0; i < count; i++) {
                values[i] = kind == 0   ? INT64_MIN
                            : kind == 1 ? INT64_MAX
                            : kind == 2 ? (int64_t)test_random_next(&random)
                                        : (int64_t)test_random_below(&random, 9) - 4;
                expected += values[i];
                low = values[i] < low ? values[i] : low;
                high = values[i] > high ? values[i] : high;
            }
            for
                EACH_LEVEL(level)
                {
                    if (!level_at(level))
                        continue;
                    __int128 sum = 1;
                    int64_t found_low = 0;
                    int64_t found_high = 0;
                    level_at(level)->sum_i64(values, count, &sum);
                    level_at(level)->min_max_i64(values, count, &found_low, &found_high);
                    assert_true(sum == expected);
                    assert_int_equal(found_low, low);
                    assert_int_equal(found_high, high);
                }
        }
    }
}

static void test_add_64_wraps_and_stays_within_the_count(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(312);
    uint64_t values[ROWS + 1];
    uint64_t more[ROWS + 1];
    for (size_t count = 0; count <= ROWS; count += count < 70 ? 1 : 53) {
        for
            EACH_LEVEL(level)
            {
                if (!level_at(level))
                    continue;
                uint64_t expected[ROWS + 1];
                for (size_t i = 0; i <= count; i++) {
                    values[i] = test_random_next(&random);
                    more[i] = test_random_next(&random);
                    expected[i] = values[i] + (i < count ? more[i] : 0);
                }
                level_at(level)->add_64(values, more, count);
                for (size_t i = 0; i <= count; i++)
                    assert_true(values[i] == expected[i]);
            }
    }
}

static void test_add_up_wraps_and_stays_within_the_count(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(313);
    uint64_t values[ROWS + 1];
    for (size_t count = 0; count <= ROWS; count += count < 70 ? 1 : 53) {
        for
            EACH_LEVEL(level)
            {
                if (!level_at(level))
                    continue;
                uint64_t expected[ROWS + 1];
                const uint64_t start = test_random_next(&random);
                uint64_t sum = start;
                for (size_t i = 0; i <= count; i++) {
                    values[i] = test_random_next(&random);
                    sum += values[i];
                    expected[i] = i < count ? sum : values[i];
                }
                level_at(level)->add_up(values, count, start);
                for (size_t i = 0; i <= count; i++)
                    assert_true(values[i] == expected[i]);
            }
    }
}

/* Masks that take all, none and some values, over any length. */
static void test_sum_masked_takes_the_set_bits_alone(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(311);
    uint64_t values[ROWS];
    uint64_t mask[16];
    for (size_t count = 0; count <= ROWS; count += count < 70 ? 1 : 53) {
        for (int kind = 0; kind < 8; kind++) {
            __int128 sums[2] = {0, 0};
            memset(mask, 0, sizeof mask);
            for (size_t i = 0; i < count; i++) {
                const bool taken =
                    kind % 4 == 0 || (kind % 4 > 1 && test_random_below(&random, 2));
                values[i] = kind < 4 ? test_random_next(&random) : UINT64_MAX << 63;
                mask[i / 64] |= (uint64_t)taken << i % 64;
                sums[0] += taken ? (__int128)values[i] : 0;
                sums[1] += taken ? (__int128)(int64_t)values[i] : 0;
            }
            for
                EACH_LEVEL(level)
                {
                    for (int is_signed = 0; level_at(level) && is_signed < 2; is_signed++) {
                        __int128 sum = 1;
                        level_at(level)->sum_masked(values, is_signed, mask, count, &sum);
                        assert_true(sum == sums[is_signed]);
                    }
                }
        }
    }
}

static void test_sum_lanes_of_every_width_and_length(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(312);
    for (unsigned lane_bits = 8; lane_bits <= 64; lane_bits *= 2) {
        for (size_t count = 0; count <= ROWS; count += count < 140 ? 1 : 34) {
            uint8_t *block;
            uint8_t *lanes = odd_buffer(count * lane_bits / 8, &block);
            unsigned __int128 expected = 0;
            for (size_t i = 0; i < count * lane_bits / 8; i++)
                lanes[i] = count % 3 == 0 ? 0xFF : (uint8_t)test_random_next(&random);
            for (size_t i = 0; i < count; i++)
                expected += read_lane(lanes, lane_bits, i);
            for
                EACH_LEVEL(level)
                {
                    unsigned __int128 sum = 1;
                    if (!level_at(level))
                        continue;
                    level_at(level)->sum_lanes(lane_bits, lanes, count, &sum);
                    assert_true(sum == expected);
                }
            stoa_free(block);
        }
    }
}

/* One run of all rows, runs of one row, and runs of any length. */
static void test_sum_runs_multiplies_values_with_lengths(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(313);
    uint64_t values[ROWS];
    uint32_t ends[ROWS];
    for (size_t count = 0; count <= ROWS; count += count < 40 ? 1 : 41) {
        const uint32_t begin = (uint32_t)test_random_below(&random, 100);
        const uint32_t longest = count % 2 && count > 0 ? (uint32_t)(65536 / count) : 1;
        __int128 sums[2] = {0, 0};
        for (size_t i = 0; i < count; i++) {
            const uint32_t length = 1 + (uint32_t)test_random_below(&random, longest);
            ends[i] = (i > 0 ? ends[i - 1] : begin) + (count == 1 ? 65536 : length);
            values[i] = count % 3 ? test_random_next(&random) : UINT64_MAX >> (i & 1);
            sums[0] += (__int128)values[i] * (ends[i] - (i > 0 ? ends[i - 1] : begin));
            sums[1] +=
                (__int128)(int64_t)values[i] * (ends[i] - (i > 0 ? ends[i - 1] : begin));
        }
        for
            EACH_LEVEL(level)
            {
                for (int is_signed = 0; level_at(level) && is_signed < 2; is_signed++) {
                    __int128 sum = 1;
                    level_at(level)->sum_runs(values, is_signed, ends, count, begin, &sum);
                    assert_true(sum == sums[is_signed]);
                }
            }
    }
}

/* One value after the other [FMT-35]. */
static bool model_sum_f64(const double *values, const uint64_t *mask, size_t count,
                          double high[8], double low[8])
{
    bool is_special = false;
    for (size_t i = 0; i < count; i++) {
        struct stoa_float_sum pair = {high[i % 8], low[i % 8]};
        if (!(mask[i / 64] >> i % 64 & 1))
            continue;
        stoa_float_sum_add(&pair, values[i]);
        high[i % 8] = pair.high;
        low[i % 8] = pair.low;
        is_special |= !isfinite(values[i]);
    }
    return is_special;
}

static void test_sum_f64_keeps_the_order_and_the_bits(void **state)
{
    STOA_UNUSED(state);
    static const double odd[] = {
        (double)INFINITY, -(double)INFINITY, (double)NAN, -0.0, 1e308, -1e308, 5e-324};
    struct test_random random = test_random_start(331);
    double values[ROWS];
    uint64_t mask[16];
    for (size_t count = 0; count <= ROWS; count += count < 70 ? 1 : 31) {
        const uint64_t oddness = count % 4 == 0 ? 40 : UINT32_MAX;
        memset(mask, 0, sizeof mask);
        for (size_t i = 0; i < count; i++) {
            const bool taken = count % 3 == 0 || test_random_below(&random, 3) > 0;
            values[i] = (double)test_random_next(&random) / 1e6 * (i % 2 ? -1 : 1e-9);
            if (test_random_below(&random, oddness) == 0)
                values[i] = odd[test_random_below(&random, 7)];
            mask[i / 64] |= (uint64_t)taken << i % 64;
        }
        double expected[2][8] = {
            {1, 2,     0, -3, 0, 0, 1e9, 0},
            {0, 1e-20, 0, 0,  0, 0, 0,   0}
        };
        const bool is_special =
            model_sum_f64(values, mask, count, expected[0], expected[1]);
        for
            EACH_LEVEL(level)
            {
                double found[2][8] = {
                    {1, 2,     0, -3, 0, 0, 1e9, 0},
                    {0, 1e-20, 0, 0,  0, 0, 0,   0}
                };
                if (!level_at(level))
                    continue;
                assert_int_equal(
                    level_at(level)->sum_f64(values, mask, count, found[0], found[1]),
                    is_special);
                for (size_t k = 0; k < 16; k++) {
                    const double a = expected[k / 8][k % 8];
                    const double b = found[k / 8][k % 8];
                    assert_true((isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0);
                }
            }
    }
}

static void test_sum_of_nothing_is_zero(void **state)
{
    STOA_UNUSED(state);
    for
        EACH_LEVEL(level)
        {
            __int128 sum = 1;
            if (level_at(level)) {
                level_at(level)->sum_i64(NULL, 0, &sum);
                assert_true(sum == 0);
            }
        }
}

static void test_min_max_lanes_of_every_width_and_length(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1720);
    static const unsigned lane_bits[] = {8, 16, 32, 64};
    for (size_t n = 0; n < 4 * 130; n++) {
        const unsigned bits = lane_bits[n % 4];
        const size_t count = n < 4 * 128 ? n / 4 + 1 : ROWS - n % 2;
        uint8_t *block = NULL;
        uint8_t *lanes = odd_buffer(count * bits / 8, &block);
        uint64_t low = UINT64_MAX;
        uint64_t high = 0;
        test_random_bytes(&random, lanes, count * bits / 8);
        for (size_t i = 0; i < count; i++) {
            const uint64_t lane = read_lane(lanes, bits, i);
            low = lane < low ? lane : low;
            high = lane > high ? lane : high;
        }
        for
            EACH_LEVEL(level)
            {
                uint64_t found[2] = {0};
                if (!level_at(level))
                    continue;
                level_at(level)->min_max_lanes(bits, lanes, count, &found[0], &found[1]);
                assert_true(found[0] == low && found[1] == high);
            }
        stoa_free(block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sum_and_bounds_are_exact_at_the_ends_of_the_range),
        cmocka_unit_test(test_add_64_wraps_and_stays_within_the_count),
        cmocka_unit_test(test_add_up_wraps_and_stays_within_the_count),
        cmocka_unit_test(test_sum_masked_takes_the_set_bits_alone),
        cmocka_unit_test(test_sum_lanes_of_every_width_and_length),
        cmocka_unit_test(test_sum_runs_multiplies_values_with_lengths),
        cmocka_unit_test(test_sum_f64_keeps_the_order_and_the_bits),
        cmocka_unit_test(test_sum_of_nothing_is_zero),
        cmocka_unit_test(test_min_max_lanes_of_every_width_and_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
