/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of format/stats.c: against statistics taken value by value as spec/format.md words them
 * ([FMT-35], [FMT-69]..[FMT-71]).
 */
#include "tests/unit/format/random_column.h"

#include <math.h>
#include <string.h>

#include "format/stats.h"
#include "format/text.h"

/* ---- one block ---- */

struct model_pair {
    double high;
    double low;
};

/* [FMT-35], to the letter. */
static void model_add(struct model_pair *pair, double x)
{
    const double s = pair->high + x;
    if (isfinite(s)) {
        const double b = s - pair->high;
        pair->low = pair->low + ((pair->high - (s - b)) + (x - b));
    } else {
        pair->low = 0;
    }
    pair->high = s;
}

static void model_add_pair(struct model_pair *sum, const struct model_pair *more)
{
    model_add(sum, more->high);
    if (isfinite(sum->high))
        sum->low = sum->low + more->low;
}

/* Zones are parted here by counting, not by slices. */
static struct model_pair model_float_sum(const struct stoa_column *column)
{
    struct model_pair sum = {0, 0};
    for (uint32_t first = 0; first < column->length; first += 8192) {
        struct model_pair pairs[8] = {
            {0, 0}
        };
        struct model_pair zone = {0, 0};
        for (uint32_t row = first; row < column->length && row < first + 8192; row++) {
            const struct stoa_value value = stoa_column_get(column, row);
            if (!value.is_null)
                model_add(&pairs[row % 8], value.f64);
        }
        for (int i = 0; i < 8; i++)
            model_add_pair(&zone, &pairs[i]);
        model_add_pair(&sum, &zone);
    }
    return sum;
}

static void assert_same_float(double a, double b)
{
    assert_true(isnan(a) ? isnan(b) : memcmp(&a, &b, sizeof a) == 0);
}

/* The order and the limit, not the rule of the cut, which has its own tests. */
static void check_bound_text(const struct stoa_value *bound, bool is_exact,
                             const struct stoa_value *value, int direction)
{
    assert_int_equal(is_exact, value->bytes.length <= STOA_MAX_BOUND_BYTES);
    assert_true(bound->bytes.length <= STOA_MAX_BOUND_BYTES);
    const int order = stoa_value_compare(STOA_PHYS_BYTES, bound, value);
    assert_true(is_exact ? order == 0 : direction < 0 ? order < 0 : order > 0);
}

static void check_bounds(const struct stoa_stats *stats, const struct stoa_column *column)
{
    struct stoa_value low = {.is_null = true};
    struct stoa_value high = {.is_null = true};
    for (uint32_t row = 0; row < column->length; row++) {
        const struct stoa_value value = stoa_column_get(column, row);
        if (value.is_null || (column->phys == STOA_PHYS_F64 && isnan(value.f64)))
            continue;
        if (low.is_null || stoa_value_compare(column->phys, &value, &low) < 0)
            low = value;
        if (high.is_null || stoa_value_compare(column->phys, &value, &high) > 0)
            high = value;
    }
    assert_int_equal(stats->has_bounds, !low.is_null);
    if (low.is_null)
        return;
    if (column->phys == STOA_PHYS_BYTES) {
        check_bound_text(&stats->min, stats->min_is_exact, &low, -1);
        if (!stats->max_is_open)
            check_bound_text(&stats->max, stats->max_is_exact, &high, 1);
        assert_ptr_equal(stats->min.bytes.data, stats->min_bytes);
        assert_ptr_equal(stats->max.bytes.data, stats->max_bytes);
        return;
    }
    assert_true(stats->min_is_exact && stats->max_is_exact && !stats->max_is_open);
    assert_int_equal(stoa_value_compare(column->phys, &stats->min, &low), 0);
    assert_int_equal(stoa_value_compare(column->phys, &stats->max, &high), 0);
    if (column->phys == STOA_PHYS_F64) /* [FMT-68] */
        assert_false((stats->min.f64 == 0 && signbit(stats->min.f64)) ||
                     (stats->max.f64 == 0 && signbit(stats->max.f64)));
}

static bool model_int_sum(const struct stoa_column *column, stoa_i128 *out)
{
    stoa_i128 sum = 0;
    for (uint32_t row = 0; row < column->length; row++) {
        const struct stoa_value value = stoa_column_get(column, row);
        if (value.is_null)
            continue;
        const stoa_i128 x = column->phys == STOA_PHYS_BOOL   ? value.boolean
                            : column->phys == STOA_PHYS_I64  ? value.i64
                            : column->phys == STOA_PHYS_U64  ? (stoa_i128)value.u64
                            : column->phys == STOA_PHYS_I128 ? value.i128
                                                             : 0;
        if (!stoa_add_i128(sum, x, &sum))
            return false;
    }
    *out = sum;
    return true;
}

static void check_stats(const struct stoa_stats *stats, const struct stoa_column *column)
{
    uint64_t nulls = 0;
    uint64_t nans = 0;
    stoa_i128 sum = 0;
    for (uint32_t row = 0; row < column->length; row++) {
        const struct stoa_value value = stoa_column_get(column, row);
        nulls += value.is_null;
        nans += !value.is_null && column->phys == STOA_PHYS_F64 && isnan(value.f64);
    }
    assert_int_equal(stats->phys, column->phys);
    assert_int_equal(stats->rows, column->length);
    assert_int_equal(stats->null_count, nulls);
    assert_int_equal(stats->nan_count, nans);
    check_bounds(stats, column);
    if (column->phys == STOA_PHYS_F64) {
        const struct model_pair pair = model_float_sum(column);
        assert_true(stats->has_sum);
        assert_same_float(stats->float_sum.high, pair.high);
        assert_same_float(stats->float_sum.low, pair.low);
    } else if (column->phys != STOA_PHYS_BYTES && column->phys != STOA_PHYS_FIXED16) {
        assert_int_equal(stats->has_sum, model_int_sum(column, &sum));
        assert_true(stats->int_sum == (stats->has_sum ? sum : 0));
    } else {
        assert_false(stats->has_sum);
    }
}

static void test_stats_are_those_of_the_values(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t row_counts[] = {0, 1, 7, 8, 9, 63, 64, 65, 200, 1024, 1300};
    struct test_random random = test_random_start(341);
    for
        EACH_PHYS(phys)
        {
            for (size_t i = 0; i < sizeof row_counts / sizeof row_counts[0]; i++) {
                for (unsigned null_percent = 0; null_percent <= 100; null_percent += 25) {
                    struct stoa_column_builder builder;
                    struct stoa_stats stats;
                    random_column(&random, (enum stoa_phys)phys, row_counts[i],
                                  null_percent,
                                  1 + (unsigned)test_random_below(&random, 40), &builder);
                    const struct stoa_column column = stoa_column_builder_view(&builder);
                    stoa_stats_compute(&stats, &column);
                    check_stats(&stats, &column);
                    stoa_column_builder_done(&builder);
                }
            }
        }
}

static void test_float_sums_keep_what_single_addition_loses(void **state)
{
    STOA_UNUSED(state);
    double values[4096];
    for (size_t i = 0; i < 4096; i++)
        values[i] = i % 16 < 8 ? 1e16 : -1e16;
    for (size_t i = 0; i < 8; i++)
        values[16 * i + i] += 1; /* lost in 1e16 by plain doubles: 1e16 + 1 is 1e16 */
    const struct stoa_column column = {
        .phys = STOA_PHYS_F64, .length = 4096, .values = values};
    struct stoa_stats stats;
    stoa_stats_compute(&stats, &column);
    check_stats(&stats, &column);

    const double small_and_large[] = {1.0, 0, 0, 0, 0, 0, 0, 0,     1e100,
                                      0,   0, 0, 0, 0, 0, 0, -1e100};
    const struct stoa_column exact = {
        .phys = STOA_PHYS_F64, .length = 17, .values = small_and_large};
    stoa_stats_compute(&stats, &exact);
    assert_true(stats.float_sum.high + stats.float_sum.low == 1.0);
}

static void test_float_sum_of_infinities_is_plain(void **state)
{
    STOA_UNUSED(state);
    struct stoa_float_sum sum = {0, 0};
    stoa_float_sum_add(&sum, 0.1);
    stoa_float_sum_add(&sum, 1e17);
    assert_true(sum.low != 0);
    stoa_float_sum_add(&sum, (double)INFINITY);
    assert_true(isinf(sum.high) && sum.low == 0);
    stoa_float_sum_add(&sum, 1);
    assert_true(isinf(sum.high) && sum.low == 0);
    stoa_float_sum_add(&sum, -(double)INFINITY);
    assert_true(isnan(sum.high) && sum.low == 0);
    struct stoa_float_sum largest = {1.7e308, 0};
    stoa_float_sum_merge(&largest, (struct stoa_float_sum){1.7e308, 5});
    assert_true(isinf(largest.high) && largest.low == 0);
}

static void test_decimal_sum_that_overflows_is_missing(void **state)
{
    STOA_UNUSED(state);
    const stoa_i128 big = stoa_pow10(38) - 1;
    const stoa_i128 values[] = {big, big, -big};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I128, .length = 3, .values = values};
    struct stoa_stats stats;
    stoa_stats_compute(&stats, &column);
    assert_false(stats.has_sum); /* [FMT-70] although all three together would fit */
    assert_true(stats.min.i128 == -big && stats.max.i128 == big);
    struct stoa_stats first;
    const struct stoa_column one = {.phys = STOA_PHYS_I128, .length = 1, .values = values};
    stoa_stats_compute(&first, &one);
    assert_true(first.has_sum);
    struct stoa_stats other;
    stoa_stats_copy(&other, &first);
    stoa_stats_merge(&first, &other);
    assert_false(first.has_sum); /* [FMT-71] */
    assert_true(first.int_sum == 0);
}

/* ---- cutting texts [FMT-69] ---- */

static void stats_of_text(const char *text, size_t length, struct stoa_stats *stats)
{
    const uint32_t offsets[2] = {0, (uint32_t)length};
    const struct stoa_column column = {.phys = STOA_PHYS_BYTES,
                                       .length = 1,
                                       .offsets = offsets,
                                       .bytes = (const uint8_t *)text};
    stoa_stats_compute(stats, &column);
}

/* `head` a's, then `tail`; the bounds must end in the given bytes behind `kept` a's. */
static void check_cut(size_t head, const char *tail, size_t min_as, const char *min_tail,
                      size_t max_as, const char *max_tail)
{
    char text[200];
    struct stoa_stats stats;
    memset(text, 'a', head);
    memcpy(text + head, tail, strlen(tail));
    stats_of_text(text, head + strlen(tail), &stats);
    assert_false(stats.min_is_exact);
    assert_false(stats.max_is_exact);
    assert_int_equal(stats.min.bytes.length, min_as + strlen(min_tail));
    assert_int_equal(stats.max.bytes.length, max_as + strlen(max_tail));
    assert_bytes(stats.min_bytes, text, min_as);
    assert_bytes(stats.min_bytes + min_as, min_tail, strlen(min_tail));
    assert_bytes(stats.max_bytes, text, max_as);
    assert_bytes(stats.max_bytes + max_as, max_tail, strlen(max_tail));
}

static void test_long_texts_are_cut_at_a_character_and_max_is_raised(void **state)
{
    STOA_UNUSED(state);
    check_cut(65, "", 64, "", 63, "b");
    check_cut(64, "\xC3\xA9", 64, "", 63, "b");
    check_cut(63, "\xC3\xA9", 63, "", 62, "b");
    check_cut(62, "\xC3\xA9z", 62, "\xC3\xA9", 62, "\xC3\xAA");
    check_cut(61, "\xF0\x9F\x98\x80", 61, "", 60, "b");
    check_cut(60, "\xF0\x9F\x98\x80z", 60, "\xF0\x9F\x98\x80", 60, "\xF0\x9F\x98\x81");
    check_cut(61, "\xED\x9F\xBFz", 61, "\xED\x9F\xBF", 61, "\xEE\x80\x80");
    check_cut(60, "\xF4\x8F\xBF\xBFz", 60, "\xF4\x8F\xBF\xBF", 59, "b");
    /* 7f has a longer successor, which does not fit behind 63 bytes but does behind 62. */
    check_cut(63, "\x7Fz", 63, "\x7F", 62, "b");
    check_cut(61, "\xE2\x82\xAC\xE2\x82\xAC", 61, "\xE2\x82\xAC", 61, "\xE2\x82\xAD");
    check_cut(59, "\x7F\xE2\x82\xAC\xE2\x82\xAC", 59, "\x7F\xE2\x82\xAC", 59,
              "\x7F\xE2\x82\xAD");
    /* Not UTF-8: four continuation bytes, and trailing ff. */
    check_cut(60, "\x80\x80\x80\x80\x80", 60, "\x80\x80\x80\x80", 60, "\x80\x80\x80\x81");
    check_cut(62, "\xFF\xFFz", 62, "\xFF\xFF", 61, "b");
}

static void test_max_without_a_successor_is_open(void **state)
{
    STOA_UNUSED(state);
    char text[100];
    struct stoa_stats stats;
    memset(text, 0xFF, sizeof text);
    stats_of_text(text, 65, &stats);
    assert_true(stats.has_bounds && stats.max_is_open && !stats.max_is_exact);
    assert_int_equal(stats.max.bytes.length, 0);
    assert_int_equal(stats.min.bytes.length, 64);
    stats_of_text(text, 64, &stats);
    assert_true(!stats.max_is_open && stats.max_is_exact);
    for (size_t i = 0; i + 4 <= sizeof text; i += 4)
        memcpy(text + i, "\xF4\x8F\xBF\xBF", 4);
    stats_of_text(text, 68, &stats);
    assert_true(stats.max_is_open);
}

/* ---- zones ---- */

/* A block's statistics are those of its zones, and as good as if there were none. */
static void test_stats_of_a_block_cover_its_zones(void **state)
{
    static const uint32_t lengths[] = {8191, 8192, 8193, 20000, 65536};
    STOA_UNUSED(state);
    struct test_random random = test_random_start(343);
    for (int round = 0; round < 35; round++) {
        const enum stoa_phys phys = (enum stoa_phys)(1 + round % (STOA_PHYS_COUNT - 1));
        const uint32_t length = lengths[test_random_below(&random, 5)];
        struct stoa_column_builder builder;
        struct stoa_stats stats;
        struct stoa_stats zones[STOA_BLOCK_ZONES];
        random_column(&random, phys, length, (unsigned)test_random_below(&random, 5) * 25,
                      1 + (unsigned)test_random_below(&random, 2000), &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        stoa_stats_compute_zones(&stats, &column, NULL, zones);
        check_stats(&stats, &column);
        for (uint32_t row = 0; row < length; row += STOA_ZONE_ROWS) {
            const uint32_t left = length - row;
            const struct stoa_column part = stoa_column_slice(
                &column, row, left < STOA_ZONE_ROWS ? left : STOA_ZONE_ROWS);
            check_stats(&zones[row / STOA_ZONE_ROWS], &part);
        }
        stoa_column_builder_done(&builder);
    }
}

/* Codes only spare work: texts tried by them, in a dictionary of more than the column has. */
static void test_stats_by_codes_are_those_by_texts(void **state)
{
    static const char *const texts[] = {"",
                                        "a",
                                        "a long text that has a prefix",
                                        "ab",
                                        "b",
                                        "\xC3\xA4",
                                        "\xF0\x9F\x98\x80"};
    enum { TEXTS = sizeof texts / sizeof texts[0], ROWS = 10000 };
    static uint32_t codes[ROWS];
    STOA_UNUSED(state);
    struct test_random random = test_random_start(344);
    struct stoa_column_builder values;
    stoa_column_builder_init(&values, STOA_PHYS_BYTES);
    for (size_t k = 0; k < TEXTS; k++) {
        const struct stoa_value value = {
            .bytes = {(const uint8_t *)texts[k], (uint32_t)strlen(texts[k])}
        };
        stoa_error err;
        assert_ok(stoa_column_builder_append(&values, &value, &err), &err);
    }
    for (int round = 0; round < 20; round++) {
        struct stoa_column_builder builder;
        struct stoa_stats stats, coded_stats;
        struct stoa_stats zones[2], coded_zones[2];
        const uint64_t few = 1 + test_random_below(&random, TEXTS);
        const uint64_t nulls = round % 5 * 25;
        stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
        for (uint32_t row = 0; row < ROWS; row++) {
            codes[row] = (uint32_t)(TEXTS - 1 - test_random_below(&random, few));
            struct stoa_value value = {
                .bytes = {(const uint8_t *)texts[codes[row]],
                          (uint32_t)strlen(texts[codes[row]])}
            };
            value.is_null = test_random_below(&random, 100) < nulls;
            codes[row] = value.is_null ? (uint32_t)row : codes[row];
            stoa_error err;
            assert_ok(stoa_column_builder_append(&builder, &value, &err), &err);
        }
        const struct stoa_column column = stoa_column_builder_view(&builder);
        const struct stoa_coded coded = {codes, stoa_column_builder_view(&values)};
        stoa_stats_compute_zones(&stats, &column, NULL, zones);
        stoa_stats_compute_zones(&coded_stats, &column, &coded, coded_zones);
        check_stats(&coded_stats, &column);
        assert_true(stats.null_count == coded_stats.null_count &&
                    stats.has_bounds == coded_stats.has_bounds);
        for (size_t z = 0; z < 2 && zones[z].has_bounds; z++) {
            assert_true(stoa_value_compare(STOA_PHYS_BYTES, &zones[z].min,
                                           &coded_zones[z].min) == 0);
            assert_true(stoa_value_compare(STOA_PHYS_BYTES, &zones[z].max,
                                           &coded_zones[z].max) == 0);
        }
        stoa_column_builder_done(&builder);
    }
    stoa_column_builder_done(&values);
}

/* ---- merging ---- */

/* Sums of floats are the fold of the parts, in order; the rest is that of the whole. */
static void test_merged_stats_are_those_of_all_rows(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(342);
    for (int round = 0; round < 700; round++) {
        const enum stoa_phys phys =
            (enum stoa_phys)(1 + test_random_below(&random, STOA_PHYS_COUNT - 1));
        struct stoa_column_builder builder;
        random_column(&random, phys, 256, (unsigned)test_random_below(&random, 5) * 25,
                      1 + (unsigned)test_random_below(&random, 20), &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        struct stoa_stats whole;
        struct stoa_stats merged;
        struct stoa_float_sum folded = {0, 0};
        stoa_stats_compute(&whole, &column);
        stoa_stats_init(&merged, phys);
        for (uint32_t first = 0; first < 256; first += 64) {
            struct stoa_stats part;
            const struct stoa_column slice = stoa_column_slice(&column, first, 64);
            stoa_stats_compute(&part, &slice);
            stoa_stats_merge(&merged, &part);
            stoa_float_sum_merge(&folded, part.float_sum);
        }
        assert_int_equal(merged.rows, whole.rows);
        assert_int_equal(merged.null_count, whole.null_count);
        assert_int_equal(merged.nan_count, whole.nan_count);
        assert_int_equal(merged.has_bounds, whole.has_bounds);
        assert_int_equal(merged.max_is_open, whole.max_is_open);
        if (whole.has_sum && merged.has_sum)
            assert_true(merged.int_sum == whole.int_sum);
        assert_same_float(merged.float_sum.high, folded.high);
        assert_same_float(merged.float_sum.low, folded.low);
        if (whole.has_bounds) {
            assert_int_equal(stoa_value_compare(phys, &merged.min, &whole.min), 0);
            assert_int_equal(merged.min_is_exact, whole.min_is_exact);
        }
        if (whole.has_bounds && !whole.max_is_open) {
            assert_int_equal(stoa_value_compare(phys, &merged.max, &whole.max), 0);
            assert_int_equal(merged.max_is_exact, whole.max_is_exact);
        }
        stoa_column_builder_done(&builder);
    }
}

static void test_merging_unknown_bounds_forgets_the_known(void **state)
{
    STOA_UNUSED(state);
    const int64_t values[] = {3, 4};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 2, .values = values};
    struct stoa_stats known;
    struct stoa_stats unknown;
    stoa_stats_compute(&known, &column);
    stoa_stats_init(&unknown, STOA_PHYS_I64);
    unknown.rows = 5;
    unknown.null_count = 2;
    struct stoa_stats merged;
    stoa_stats_copy(&merged, &known);
    stoa_stats_merge(&merged, &unknown);
    assert_false(merged.has_bounds);
    stoa_stats_merge(&merged, &known);
    assert_false(merged.has_bounds); /* and they stay forgotten */
    stoa_stats_merge(&unknown, &known);
    assert_false(unknown.has_bounds);
}

static void test_merging_equal_bounds_keeps_the_exact_one(void **state)
{
    STOA_UNUSED(state);
    char text[80];
    struct stoa_stats cut;
    struct stoa_stats exact;
    memset(text, 'a', sizeof text);
    stats_of_text(text, 80, &cut);   /* min: 64 a's, not exact */
    stats_of_text(text, 64, &exact); /* min: 64 a's, exact */
    struct stoa_stats merged;
    stoa_stats_copy(&merged, &cut);
    stoa_stats_merge(&merged, &exact);
    assert_true(merged.min_is_exact);
    assert_false(merged.max_is_exact);
    stoa_stats_merge(&exact, &cut);
    assert_true(exact.min_is_exact);
    assert_false(exact.max_is_exact);
}

static void test_an_open_max_stays_open_in_every_order(void **state)
{
    STOA_UNUSED(state);
    char text[80];
    struct stoa_stats open;
    struct stoa_stats closed;
    memset(text, 0xFF, sizeof text);
    stats_of_text(text, 80, &open);
    stats_of_text("m", 1, &closed);
    struct stoa_stats merged;
    stoa_stats_copy(&merged, &open);
    stoa_stats_merge(&merged, &closed);
    assert_true(merged.max_is_open && !merged.max_is_exact);
    assert_int_equal(merged.max.bytes.length, 0);
    assert_bytes(merged.min.bytes.data, "m", 1);
    stoa_stats_copy(&merged, &closed);
    stoa_stats_merge(&merged, &open);
    stoa_stats_merge(&merged, &closed);
    assert_true(merged.max_is_open && !merged.max_is_exact);
    assert_int_equal(merged.max.bytes.length, 0);
}

static void test_zero_bounds_have_no_sign(void **state)
{
    STOA_UNUSED(state);
    const double values[] = {-0.0};
    const struct stoa_column column = {
        .phys = STOA_PHYS_F64, .length = 1, .values = values};
    struct stoa_stats stats;
    stoa_stats_compute(&stats, &column);
    assert_false(signbit(stats.min.f64)); /* [FMT-68] */
    assert_false(signbit(stats.max.f64));
}

static void test_copies_own_their_texts(void **state)
{
    STOA_UNUSED(state);
    struct stoa_stats stats;
    struct stoa_stats copy;
    stats_of_text("hello", 5, &stats);
    stoa_stats_copy(&copy, &stats);
    memset(&stats, 0x5A, sizeof stats);
    assert_ptr_equal(copy.min.bytes.data, copy.min_bytes);
    assert_bytes(copy.min.bytes.data, "hello", 5);
    assert_bytes(copy.max.bytes.data, "hello", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stats_are_those_of_the_values),
        cmocka_unit_test(test_float_sums_keep_what_single_addition_loses),
        cmocka_unit_test(test_float_sum_of_infinities_is_plain),
        cmocka_unit_test(test_decimal_sum_that_overflows_is_missing),
        cmocka_unit_test(test_long_texts_are_cut_at_a_character_and_max_is_raised),
        cmocka_unit_test(test_max_without_a_successor_is_open),
        cmocka_unit_test(test_stats_of_a_block_cover_its_zones),
        cmocka_unit_test(test_stats_by_codes_are_those_by_texts),
        cmocka_unit_test(test_merged_stats_are_those_of_all_rows),
        cmocka_unit_test(test_merging_unknown_bounds_forgets_the_known),
        cmocka_unit_test(test_merging_equal_bounds_keeps_the_exact_one),
        cmocka_unit_test(test_an_open_max_stays_open_in_every_order),
        cmocka_unit_test(test_zero_bounds_have_no_sign),
        cmocka_unit_test(test_copies_own_their_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
