/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zone records: what comes back covers the rows, is exact only where it is true, and damaged records
 * are refused [FMT-91] [FMT-92]; and the writer's rule keeps zones of ordered columns alone [FMT-90].
 */
#include "tests/unit/format/draw_predicate.h"

#include <math.h>
#include <string.h>

#include "common/bits.h"
#include "format/zones.h"

/* Every value is inside the bounds, and an exact bound occurs. */
static void check_covers(const struct stoa_stats *zone, const struct stoa_column *column)
{
    bool has_min = false;
    bool has_max = false;
    for (uint32_t row = 0; row < column->length; row++) {
        const struct stoa_value value = stoa_column_get(column, row);
        if (value.is_null || (column->phys == STOA_PHYS_F64 && isnan(value.f64)))
            continue;
        assert_true(zone->has_bounds);
        const int low = stoa_value_compare(column->phys, &value, &zone->min);
        assert_true(low >= 0);
        has_min |= low == 0;
        if (zone->max_is_open)
            continue;
        const int high = stoa_value_compare(column->phys, &value, &zone->max);
        assert_true(high <= 0);
        has_max |= high == 0;
    }
    if (zone->has_bounds && zone->min_is_exact)
        assert_true(has_min);
    if (zone->has_bounds && zone->max_is_exact)
        assert_true(has_max);
}

/* Writes and reads the column's one zone as one of a block with statistics `block`: its bytes are
 * enough, wherever they lie [FMT-93]. */
static void pass(const struct stoa_column *column, const struct stoa_stats *block,
                 struct stoa_stats *out)
{
    uint8_t record[STOA_ZONE_RECORD_MAX];
    uint8_t again[STOA_ZONE_RECORD_MAX];
    struct stoa_stats zone;
    stoa_error error;
    const struct stoa_view prefix = stoa_zone_prefix(block);
    stoa_stats_compute(&zone, column);
    const size_t size = stoa_zone_write(&zone, prefix, record);
    assert_int_equal(size, stoa_zone_record_size(column->phys));
    assert_ok(stoa_zone_read(column->phys, column->length, prefix, record, out, &error),
              &error);
    assert_int_equal(out->rows, zone.rows);
    assert_int_equal(out->null_count, zone.null_count);
    assert_int_equal(out->nan_count, zone.nan_count);
    assert_int_equal(out->has_sum, zone.has_sum);
    assert_true(out->int_sum == zone.int_sum);
    check_covers(out, column);
    if (column->phys != STOA_PHYS_BYTES) {
        stoa_zone_write(out, prefix, again);
        assert_memory_equal(record, again, size);
    }
}

static void test_records_cover_the_rows_of_their_zone(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(911);
    for (int round = 0; round < 700; round++) {
        const enum stoa_phys phys = (enum stoa_phys)(1 + round % (STOA_PHYS_COUNT - 1));
        struct stoa_column_builder builder;
        struct stoa_stats block;
        struct stoa_stats zone;
        random_column(&random, phys, 256, (unsigned)test_random_below(&random, 5) * 25,
                      1 + (unsigned)test_random_below(&random, 40), &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        stoa_stats_compute(&block, &column);
        for (uint32_t first = 0; first < 256; first += 64) {
            const struct stoa_column part = stoa_column_slice(&column, first, 64);
            pass(&part, &block, &zone);
        }
        stoa_column_builder_done(&builder);
    }
}

/* What a zone proves, with its keys cut as they are, holds for every row. */
static void test_proofs_of_zones_hold_for_every_row(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(914);
    uint32_t proofs = 0;
    for (int round = 0; round < 1400; round++) {
        const enum stoa_phys phys = (enum stoa_phys)(1 + round % (STOA_PHYS_COUNT - 1));
        struct stoa_column_builder builder;
        struct stoa_stats block;
        struct stoa_stats zone;
        random_column(&random, phys, 128, (unsigned)test_random_below(&random, 4) * 33,
                      1 + (unsigned)test_random_below(&random, 5), &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        const struct stoa_column part = stoa_column_slice(&column, 64, 64);
        stoa_stats_compute(&block, &column);
        pass(&part, &block, &zone);
        for (int i = 0; i < 20; i++) {
            struct drawn_predicate one;
            uint32_t matches = 0;
            draw_predicate(&random, &column, &one);
            for (uint32_t row = 0; row < part.length; row++)
                matches += predicate_means(&one.predicate, &part, row);
            const enum stoa_prune result = stoa_prune(&one.predicate, &zone);
            assert_true(result != STOA_PRUNE_NONE || matches == 0);
            assert_true(result != STOA_PRUNE_ALL || matches == part.length);
            proofs += result != STOA_PRUNE_MAYBE;
        }
        stoa_column_builder_done(&builder);
    }
    assert_true(proofs > 3000); /* of 28,000 */
}

static void append_text(struct stoa_column_builder *builder, const char *text, size_t size)
{
    stoa_error error;
    const struct stoa_value value = {
        .bytes = {.data = (const uint8_t *)text, .length = (uint32_t)size}
    };
    assert_ok(stoa_column_builder_append(builder, &value, &error), &error);
}

/* One zone of the texts, NULL-terminated list, in a block of the same. */
static void text_zone(const char *const *texts, struct stoa_stats *out)
{
    struct stoa_column_builder builder;
    struct stoa_stats block;
    stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
    for (size_t i = 0; texts[i]; i++)
        append_text(&builder, texts[i], strlen(texts[i]));
    const struct stoa_column column = stoa_column_builder_view(&builder);
    stoa_stats_compute(&block, &column);
    pass(&column, &block, out);
    stoa_column_builder_done(&builder);
}

static void assert_text(const struct stoa_value *bound, const char *expected)
{
    assert_int_equal(bound->bytes.length, strlen(expected));
    assert_memory_equal(bound->bytes.data, expected, strlen(expected));
}

static void test_keys_of_texts_leave_out_what_all_share(void **state)
{
    static const char *const texts[] = {"https://www.example.com/aaaa/1234567",
                                        "https://www.example.com/bb", NULL};
    STOA_UNUSED(state);
    struct stoa_stats zone;
    text_zone(texts, &zone);
    assert_text(&zone.min, texts[0]);
    assert_text(&zone.max, texts[1]);
    assert_true(zone.min_is_exact && zone.max_is_exact);
}

static void test_long_texts_are_cut_and_their_max_raised(void **state)
{
    static const char *const texts[] = {"a23456789012345678", "b23456789012345678", NULL};
    static const char *const highest[] = {
        "a", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", NULL};
    STOA_UNUSED(state);
    struct stoa_stats zone;
    text_zone(texts, &zone);
    assert_text(&zone.min, "a234567890123456");
    assert_text(&zone.max, "b234567890123457");
    assert_false(zone.min_is_exact || zone.max_is_exact);
    text_zone(highest, &zone);
    assert_true(zone.max_is_open);
    assert_true(zone.min_is_exact);
}

/* "a" and "a\0" have one key: neither may pass for the other. */
static void test_texts_that_end_in_zero_are_not_exact(void **state)
{
    STOA_UNUSED(state);
    struct stoa_column_builder builder;
    struct stoa_stats zone;
    stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
    append_text(&builder, "b\0", 2);
    append_text(&builder, "c\0", 2);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    struct stoa_stats block;
    stoa_stats_compute(&block, &column);
    pass(&column, &block, &zone);
    assert_text(&zone.min, "b");
    assert_false(zone.min_is_exact || zone.max_is_exact);
    stoa_column_builder_done(&builder);
}

/* ---- damage ---- */

struct damage {
    enum stoa_phys phys;
    size_t offset;
    uint8_t mask;
    const char *message;
};

/* 64 rows: 1 .. 64, texts of one byte, or true alone. */
static void small_column(enum stoa_phys phys, struct stoa_column_builder *builder)
{
    stoa_error error;
    stoa_column_builder_init(builder, phys);
    for (int64_t i = 1; i <= 64; i++) {
        const uint8_t byte = (uint8_t)(i + 32);
        struct stoa_value value = {.is_null = false};
        if (phys == STOA_PHYS_BYTES)
            value.bytes = (struct stoa_view){.data = &byte, .length = 1};
        else if (phys == STOA_PHYS_BOOL)
            value.boolean = true;
        else
            value.i64 = i;
        assert_ok(stoa_column_builder_append(builder, &value, &error), &error);
    }
}

static void test_damaged_records_are_refused(void **state)
{
    static const struct damage damages[] = {
        {STOA_PHYS_I64,   1,  0x80, "expected NULLs and NaNs within 64 rows"      },
        {STOA_PHYS_I64,   2,  1,    "expected NULLs and NaNs within 64 rows"      },
        {STOA_PHYS_I64,   5,  1,    "expected flags within 001f and zero behind"  },
        {STOA_PHYS_I64,   6,  1,    "expected flags within 001f and zero behind"  },
        {STOA_PHYS_I64,   4,  1,    "expected no keys of a zone without bounds"   },
        {STOA_PHYS_I64,   4,  8,    "expected the largest key of an open max"     },
        {STOA_PHYS_BYTES, 4,  8,    "expected the largest key of an open max"     },
        {STOA_PHYS_I64,   23, 0x80, "expected a min up to the max"                },
        {STOA_PHYS_I64,   4,  16,   "expected zero where a record has no sum"     },
        {STOA_PHYS_BYTES, 4,  16,   "expected no sum for physical kind 6"         },
        {STOA_PHYS_BOOL,  8,  2,    "expected a min that fits its kind, found key"},
    };
    STOA_UNUSED(state);
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        const struct damage *damage = &damages[i];
        struct stoa_column_builder builder;
        struct stoa_stats stats;
        struct stoa_stats found;
        uint8_t record[STOA_ZONE_RECORD_MAX];
        stoa_error error;
        small_column(damage->phys, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        const struct stoa_view prefix = {NULL, 0};
        stoa_stats_compute(&stats, &column);
        stoa_zone_write(&stats, prefix, record);
        record[damage->offset] ^= damage->mask;
        stoa_error_clear(&error);
        assert_int_equal(stoa_zone_read(damage->phys, 64, prefix, record, &found, &error),
                         STOA_E_CORRUPT);
        if (!strstr(error.message, damage->message))
            fail_msg("expected \"%s\", found \"%s\"", damage->message, error.message);
        stoa_column_builder_done(&builder);
    }
}

/* ---- the rule ---- */

enum { BLOCK = 65536 };

static bool keeps(const int64_t *values)
{
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = BLOCK, .values = values};
    struct stoa_stats block;
    struct stoa_stats zones[STOA_BLOCK_ZONES];
    struct stoa_zone_votes votes = {.possible = 0};
    stoa_stats_compute_zones(&block, &column, NULL, zones);
    stoa_zone_votes_add(&votes, &column, zones);
    return stoa_zone_votes_pay(&votes);
}

static void test_zones_are_kept_where_they_prune(void **state)
{
    static int64_t values[BLOCK];
    STOA_UNUSED(state);
    struct test_random random = test_random_start(913);
    for (uint32_t i = 0; i < BLOCK; i++)
        values[i] = i;
    assert_true(keeps(values)); /* sorted */
    for (uint32_t i = 0; i < BLOCK; i++)
        values[i] = i + (int64_t)test_random_below(&random, 8000);
    assert_true(keeps(values)); /* nearly */
    for (uint32_t i = 0; i < BLOCK; i++)
        values[i] =
            (i / 8192 * 7919 % 64) * 1000 + (int64_t)test_random_below(&random, 1000);
    assert_true(keeps(values)); /* clustered */
    for (uint32_t i = 0; i < BLOCK; i++)
        values[i] = i == 5 || i == 65000 ? 9 : 0;
    assert_true(keeps(values)); /* rare values in few zones */
    for (uint32_t i = 0; i < BLOCK; i++)
        values[i] = (int64_t)test_random_below(&random, 1000);
    assert_false(keeps(values)); /* random */
    for (uint32_t i = 0; i < BLOCK; i++)
        values[i] = (int64_t)exp((double)test_random_below(&random, 1 << 20) / 30000);
    assert_false(keeps(values)); /* random, and most of the range is empty */
    for (uint32_t i = 0; i < BLOCK; i++)
        values[i] = 7;
    assert_false(keeps(values)); /* the block's bounds say it */
    for (uint32_t i = 0; i < BLOCK; i++)
        values[i] = i % 100;
    assert_false(keeps(values)); /* again and again */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_cover_the_rows_of_their_zone),
        cmocka_unit_test(test_proofs_of_zones_hold_for_every_row),
        cmocka_unit_test(test_keys_of_texts_leave_out_what_all_share),
        cmocka_unit_test(test_long_texts_are_cut_and_their_max_raised),
        cmocka_unit_test(test_texts_that_end_in_zero_are_not_exact),
        cmocka_unit_test(test_damaged_records_are_refused),
        cmocka_unit_test(test_zones_are_kept_where_they_prune),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
