/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sketches of distinct values [FMT-100]..[FMT-102]: errors within three standard deviations, merging that
 * is exact, equal values that count once, bytes and back, and damage.
 */
#include "tests/unit/format/random_column.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "format/sketch.h"

static void add_number(struct stoa_sketch *sketch, uint64_t number)
{
    const struct stoa_value value = {.u64 = number};
    stoa_sketch_add(sketch, stoa_value_hash(STOA_PHYS_U64, &value));
}

/* [FMT-101] 1.04 / sqrt(1024) is 3.25 %. */
static void test_estimates_are_within_three_standard_deviations(void **state)
{
    static const uint32_t counts[] = {1,    2,     10,    100,    300,     700,    1000,
                                      2500, 10000, 50000, 200000, 1000000, 3000000};
    STOA_UNUSED(state);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        double squares = 0;
        const unsigned trials = counts[i] > 100000 ? 1 : 20;
        for (uint64_t trial = 0; trial < trials; trial++) {
            struct stoa_sketch sketch = {{0}};
            for (uint64_t n = 0; n < counts[i]; n++)
                add_number(&sketch, trial << 40 | n);
            const double error = (double)stoa_sketch_estimate(&sketch) / counts[i] - 1;
            squares += error * error;
            if (fabs(error) > 3 * 0.0325 + 0.5 / counts[i])
                fail_msg("%u values: off by %.2f %%", counts[i], 100 * error);
        }
        if (sqrt(squares / trials) > 0.05 && trials > 1)
            fail_msg("%u values: %.2f %% off on average", counts[i],
                     100 * sqrt(squares / trials));
    }
    const struct stoa_sketch none = {{0}};
    assert_int_equal(stoa_sketch_estimate(&none), 0);
}

static void test_a_full_sketch_has_an_estimate(void **state)
{
    STOA_UNUSED(state);
    struct stoa_sketch sketch;
    memset(sketch.registers, 55, sizeof sketch.registers);
    assert_true(stoa_sketch_estimate(&sketch) > UINT64_C(1) << 60);
}

static void test_sketches_of_parts_merge_into_that_of_the_whole(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(931);
    for (int round = 0; round < 70; round++) {
        const enum stoa_phys phys = (enum stoa_phys)(1 + round % (STOA_PHYS_COUNT - 1));
        struct stoa_column_builder builder;
        struct stoa_sketch whole = {{0}};
        struct stoa_sketch merged = {{0}};
        random_column(&random, phys, 640, (unsigned)test_random_below(&random, 5) * 25,
                      1 + (unsigned)test_random_below(&random, 1000), &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        stoa_sketch_add_column(&whole, &column);
        for (uint32_t first = 640; first > 0; first -= 64) {
            const struct stoa_column part = stoa_column_slice(&column, first - 64, 64);
            struct stoa_sketch more = {{0}};
            stoa_sketch_add_column(&more, &part);
            stoa_sketch_add_column(&more, &part); /* again and again is once */
            stoa_sketch_merge(&merged, &more);
        }
        assert_memory_equal(&whole, &merged, sizeof whole);
        stoa_column_builder_done(&builder);
    }
}

static void test_equal_values_have_one_hash(void **state)
{
    STOA_UNUSED(state);
    uint64_t odd_nan = UINT64_C(0xfff0000000000001);
    struct stoa_value zero = {.f64 = 0.0};
    struct stoa_value minus = {.f64 = -0.0};
    struct stoa_value nan = {.f64 = (double)NAN};
    struct stoa_value other = {.u64 = odd_nan};
    assert_true(stoa_value_hash(STOA_PHYS_F64, &zero) ==
                stoa_value_hash(STOA_PHYS_F64, &minus));
    assert_true(stoa_value_hash(STOA_PHYS_F64, &nan) ==
                stoa_value_hash(STOA_PHYS_F64, &other));
    assert_true(stoa_value_hash(STOA_PHYS_F64, &nan) !=
                stoa_value_hash(STOA_PHYS_F64, &zero));
}

static void test_sketches_come_back_from_their_bytes(void **state)
{
    STOA_UNUSED(state);
    for (uint32_t count = 0; count < 4000; count += count / 20 + 1) {
        struct stoa_sketch sketch = {{0}};
        struct stoa_sketch found;
        uint8_t bytes[STOA_SKETCH_BYTES_MAX];
        stoa_error error;
        for (uint32_t n = 0; n < count; n++)
            add_number(&sketch, n);
        const size_t size = stoa_sketch_write(&sketch, bytes);
        assert_int_equal(size, stoa_sketch_size(bytes));
        assert_true(size % 8 == 0 && size <= 8 + 2 * (size_t)count);
        assert_ok(stoa_sketch_read(bytes, &found, &error), &error);
        assert_memory_equal(&sketch, &found, sizeof found);
    }
}

static void refuse(const uint8_t *bytes)
{
    struct stoa_sketch found;
    stoa_error error;
    stoa_error_clear(&error);
    assert_int_equal(stoa_sketch_read(bytes, &found, &error), STOA_E_CORRUPT);
    assert_contains(error.message, "expected a sketch of ascending registers up to 55");
}

static void test_damaged_sketches_are_refused(void **state)
{
    STOA_UNUSED(state);
    static const uint8_t descending[8] = {2, 0, 0x41, 0, 0x01, 0};
    static const uint8_t twice[8] = {2, 0, 0x41, 0, 0x42, 0};
    static const uint8_t no_rank[8] = {1, 0, 0x40, 0};
    static const uint8_t high_rank[8] = {1, 0, 0x78, 0};
    static const uint8_t padding[8] = {1, 0, 0x41, 0, 0, 0, 0, 1};
    static const uint8_t too_many[8] = {0x80, 1};
    uint8_t dense[STOA_SKETCH_BYTES_MAX] = {0xff, 0xff, 1};
    refuse(descending);
    refuse(twice);
    refuse(no_rank);
    refuse(high_rank);
    refuse(padding);
    refuse(dense); /* one register: sparse is shorter */
    memset(dense + 2, 0xff, sizeof dense - 8);
    refuse(dense); /* registers of 63 */
    assert_int_equal(stoa_sketch_size(too_many), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimates_are_within_three_standard_deviations),
        cmocka_unit_test(test_a_full_sketch_has_an_estimate),
        cmocka_unit_test(test_sketches_of_parts_merge_into_that_of_the_whole),
        cmocka_unit_test(test_equal_values_have_one_hash),
        cmocka_unit_test(test_sketches_come_back_from_their_bytes),
        cmocka_unit_test(test_damaged_sketches_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
