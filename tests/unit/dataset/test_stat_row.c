/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics through manifest rows: nothing is lost, and rows that make no sense are refused.
 * [DS-15]
 */
#include "tests/support/test_support.h"

#include <math.h>
#include <string.h>

#include "dataset/stat_row.h"

static stoa_error error;

static struct stoa_stats stats_of(enum stoa_phys phys, const struct stoa_value *values,
                                  uint32_t count)
{
    struct stoa_column_builder builder;
    struct stoa_stats stats;
    stoa_column_builder_init(&builder, phys);
    for (uint32_t i = 0; i < count; i++)
        assert_ok(stoa_column_builder_append(&builder, &values[i], &error), &error);
    const struct stoa_column view = stoa_column_builder_view(&builder);
    stoa_stats_compute(&stats, &view);
    struct stoa_stats copy;
    stoa_stats_copy(&copy, &stats);
    stoa_column_builder_done(&builder);
    return copy;
}

/* Encode, pack, unpack, decode: the same statistics. */
static void check_round_trip(const struct stoa_stats *from)
{
    struct stoa_stats stats;
    struct stoa_stats back;
    struct stoa_stat_row row;
    struct stoa_stat_row unpacked;
    struct stoa_buf buf;
    stoa_stats_copy(&stats, from);
    stoa_buf_init(&buf, 1 << 16);
    stoa_stat_row_encode(&stats, &row);
    assert_ok(stoa_stat_row_pack(&row, &buf, &error), &error);
    assert_int_equal(stoa_stat_row_unpack(buf.data, &unpacked), buf.size);
    assert_bytes(&unpacked, &row, sizeof row);
    assert_ok(stoa_stat_row_decode(&unpacked, stats.phys, stats.rows, &back, &error),
              &error);
    assert_int_equal(back.rows, stats.rows);
    assert_int_equal(back.null_count, stats.null_count);
    assert_int_equal(back.nan_count, stats.nan_count);
    assert_int_equal(back.has_bounds, stats.has_bounds);
    assert_int_equal(back.has_sum, stats.has_sum);
    if (stats.has_bounds) {
        assert_int_equal(back.min_is_exact, stats.min_is_exact);
        assert_int_equal(back.max_is_exact, stats.max_is_exact);
        assert_int_equal(back.max_is_open, stats.max_is_open);
        assert_int_equal(stoa_value_compare_exact(stats.phys, &back.min, &stats.min), 0);
        if (!stats.max_is_open)
            assert_int_equal(stoa_value_compare_exact(stats.phys, &back.max, &stats.max),
                             0);
    }
    if (stats.has_sum && stats.phys == STOA_PHYS_F64)
        assert_bytes(&back.float_sum, &stats.float_sum, sizeof back.float_sum);
    else if (stats.has_sum)
        assert_bytes(&back.int_sum, &stats.int_sum, sizeof back.int_sum);
    stoa_buf_done(&buf);
}

static void test_statistics_of_every_kind_survive(void **state)
{
    (void)state;
    uint8_t text[200];
    memset(text, 0xff, sizeof text);
    const struct stoa_value null = {.is_null = true};
    const struct {
        enum stoa_phys phys;
        struct stoa_value values[3];
        uint32_t count;
    } cases[] = {
        {STOA_PHYS_BOOL,    {{.boolean = true}, {.boolean = false}, null},    3},
        {STOA_PHYS_I64,     {{.i64 = INT64_MIN}, {.i64 = INT64_MAX}, null},   3},
        {STOA_PHYS_U64,     {{.u64 = UINT64_MAX}, {.u64 = 3}},                2},
        {STOA_PHYS_F64,     {{.f64 = -0.0}, {.f64 = INFINITY}, {.f64 = NAN}}, 3},
        {STOA_PHYS_F64,     {{.f64 = NAN}, {.f64 = NAN}, null},               3},
        {STOA_PHYS_I128,    {{.i128 = -((stoa_i128)1 << 100)}, {.i128 = 5}},  2},
        {STOA_PHYS_BYTES,   {{.bytes = {NULL, 0}}, {.bytes = {text, 64}}},    2},
        {STOA_PHYS_BYTES,   {{.bytes = {text, 65}}, null, null},              3},
        {STOA_PHYS_BYTES,   {null, null, null},                               3},
        {STOA_PHYS_FIXED16, {{.fixed16 = {1, 2, 3}}, {.fixed16 = {9}}},       2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct stoa_stats stats =
            stats_of(cases[i].phys, cases[i].values, cases[i].count);
        check_round_trip(&stats);
    }
}

static void refuse(const struct stoa_stat_row *row, enum stoa_phys phys, uint64_t rows)
{
    struct stoa_stats stats;
    assert_fails(stoa_stat_row_decode(row, phys, rows, &stats, &error), STOA_E_CORRUPT,
                 &error);
}

static struct stoa_stat_row row_of(int64_t min, int64_t max)
{
    struct stoa_stat_row row = {.bits = STOA_STAT_BOUNDS, .min_length = 8, .max_length = 8};
    memcpy(row.min, &min, 8);
    memcpy(row.max, &max, 8);
    return row;
}

static void test_rows_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    struct stoa_stats stats;
    struct stoa_stat_row row = row_of(1, 2);
    assert_ok(stoa_stat_row_decode(&row, STOA_PHYS_I64, 2, &stats, &error), &error);
    refuse(&(struct stoa_stat_row){.nulls = 3}, STOA_PHYS_I64, 2);
    refuse(&(struct stoa_stat_row){.nulls = 2, .nans = 1}, STOA_PHYS_F64, 2);
    refuse(&(struct stoa_stat_row){.nans = 1}, STOA_PHYS_I64, 2);
    refuse(&(struct stoa_stat_row){.bits = STOA_STAT_MIN_EXACT}, STOA_PHYS_I64, 2);
    refuse(&(struct stoa_stat_row){.min_length = 1}, STOA_PHYS_BYTES, 2);
    refuse(&(struct stoa_stat_row){.bits = 32}, STOA_PHYS_I64, 2);
    refuse(&(struct stoa_stat_row){.bits = STOA_STAT_SUM}, STOA_PHYS_BYTES, 2);
    row = row_of(2, 1);
    refuse(&row, STOA_PHYS_I64, 2);
    row = row_of(1, 2);
    row.nulls = 2; /* bounds of no value */
    refuse(&row, STOA_PHYS_I64, 2);
    row = row_of(1, 2);
    row.min_length = 7;
    refuse(&row, STOA_PHYS_I64, 2);
    row = row_of(1, 2);
    row.bits |= STOA_STAT_MAX_OPEN;
    refuse(&row, STOA_PHYS_I64, 2);
    const double nan = NAN;
    row = row_of(0, 0);
    memcpy(row.max, &nan, 8);
    refuse(&row, STOA_PHYS_F64, 2);
    row = (struct stoa_stat_row){
        .bits = STOA_STAT_BOUNDS, .min_length = 1, .max_length = 1, .max = {2}};
    refuse(&row, STOA_PHYS_BOOL, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statistics_of_every_kind_survive),
        cmocka_unit_test(test_rows_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
