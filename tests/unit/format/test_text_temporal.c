/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of format/text_temporal.c: the whole calendar, clocks, zones, lenient and ISO forms. */
#include "tests/unit/format/text_check.h"

#include <stdio.h>
#include <string.h>

#include "format/text_temporal.h"

static const stoa_type date_type = {.id = STOA_TYPE_DATE};
static const stoa_type time_type = {.id = STOA_TYPE_TIME};
static const stoa_type timestamp_type = {.id = STOA_TYPE_TIMESTAMP};
static const stoa_type timestamptz_type = {.id = STOA_TYPE_TIMESTAMPTZ};

enum { FIRST_DAY = -4371587, LAST_DAY = 2932896 }; /* -9999-01-01 .. 9999-12-31 */

static const int64_t first_micros = FIRST_DAY * STOA_MICROS_PER_DAY;
static const int64_t end_micros = (LAST_DAY + 1) * STOA_MICROS_PER_DAY;

static unsigned days_in_month(int64_t year, unsigned month)
{
    if (month == 2)
        return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* Counts day after day through 20,000 years. */
static void test_every_day_of_the_calendar_has_its_number(void **state)
{
    STOA_UNUSED(state);
    int64_t year = -9999;
    unsigned month = 1;
    unsigned day = 1;
    bool epoch_seen = false;
    for (int64_t number = FIRST_DAY; number <= LAST_DAY; number++) {
        int64_t found = 0;
        int64_t found_year = 0;
        unsigned found_month = 0;
        unsigned found_day = 0;
        if (!stoa_date_from_civil(year, month, day, &found) || found != number)
            fail_msg("%d-%u-%u: expected day %d, found %d", (int)year, month, day,
                     (int)number, (int)found);
        stoa_date_to_civil(number, &found_year, &found_month, &found_day);
        if (found_year != year || found_month != month || found_day != day)
            fail_msg("day %d is not %d-%u-%u", (int)number, (int)year, month, day);
        epoch_seen |= number == 0 && year == 1970 && month == 1 && day == 1;
        if (++day > days_in_month(year, month)) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
    }
    assert_true(epoch_seen);
    assert_int_equal(year, 10000);
}

static void test_days_that_do_not_exist_have_no_number(void **state)
{
    STOA_UNUSED(state);
    int64_t days = 77;
    assert_false(stoa_date_from_civil(2026, 2, 29, &days));
    assert_false(stoa_date_from_civil(1900, 2, 29, &days));
    assert_true(stoa_date_from_civil(2000, 2, 29, &days));
    days = 77;
    assert_false(stoa_date_from_civil(2026, 0, 1, &days));
    assert_false(stoa_date_from_civil(2026, 13, 1, &days));
    assert_false(stoa_date_from_civil(2026, 1, 0, &days));
    assert_false(stoa_date_from_civil(2026, 4, 31, &days));
    assert_false(stoa_date_from_civil(10000, 1, 1, &days));
    assert_false(stoa_date_from_civil(-10000, 1, 1, &days));
    assert_false(stoa_date_from_civil(INT64_MAX, 1, 1, &days));
    assert_int_equal(days, 77);
}

static void test_civil_dates_of_any_number_do_not_overflow(void **state)
{
    STOA_UNUSED(state);
    static const int64_t numbers[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX, INT64_MAX - 1};
    for (size_t i = 0; i < 4; i++) {
        int64_t year = 0;
        unsigned month = 0;
        unsigned day = 0;
        stoa_date_to_civil(numbers[i], &year, &month, &day);
        assert_in_range(month, 1, 12);
        assert_in_range(day, 1, 31);
        assert_true((year < 0) == (numbers[i] < 0));
        /* Whatever a column holds prints within the room there is. */
        char text[STOA_VALUE_TEXT_MAX];
        const struct stoa_value value = {.i64 = numbers[i]};
        assert_true(stoa_text_write(date_type, &value, text) <= sizeof text);
        assert_true(stoa_text_write(time_type, &value, text) <= sizeof text);
        assert_true(stoa_text_write(timestamptz_type, &value, text) <= sizeof text);
    }
}

static void test_dates_over_the_whole_range_read_back(void **state)
{
    STOA_UNUSED(state);
    for (int64_t day = FIRST_DAY; day <= LAST_DAY; day += 397) {
        const struct stoa_value value = {.i64 = day};
        check_prints_and_reads_back(date_type, &value);
    }
    const struct stoa_value first = {.i64 = FIRST_DAY};
    const struct stoa_value last = {.i64 = LAST_DAY};
    const struct stoa_value zero = {.i64 = -719528};
    const struct stoa_value before = {.i64 = -719529};
    check_canonical(date_type, &first, "-9999-01-01");
    check_canonical(date_type, &last, "9999-12-31");
    check_canonical(date_type, &zero, "0000-01-01");
    check_canonical(date_type, &before, "-0001-12-31");
}

static void test_times_and_timestamps_read_back(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(531);
    static const int64_t steps[] = {1, 10, 1000, 1000000, 60000000, 3600000000};
    for (int i = 0; i < 30000; i++) {
        const int64_t step = steps[test_random_below(&random, 6)];
        const uint64_t span = (uint64_t)(end_micros - first_micros);
        const int64_t instant = first_micros + (int64_t)test_random_below(&random, span);
        const struct stoa_value clock = {
            .i64 = (int64_t)test_random_below(&random, (uint64_t)STOA_MICROS_PER_DAY) /
                   step * step};
        const struct stoa_value stamp = {.i64 = instant / step * step};
        check_prints_and_reads_back(time_type, &clock);
        check_prints_and_reads_back(timestamp_type, &stamp);
        check_prints_and_reads_back(timestamptz_type, &stamp);
    }
    const struct stoa_value first = {.i64 = first_micros};
    const struct stoa_value last = {.i64 = end_micros - 1};
    check_canonical(timestamp_type, &first, "-9999-01-01 00:00:00");
    check_canonical(timestamptz_type, &last, "9999-12-31 23:59:59.999999+00");
}

static void test_temporal_types_have_these_canonical_spellings(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_value day = {.i64 = 20779};
    const struct stoa_value clock = {.i64 = 4209 * STOA_MICROS_PER_SECOND};
    const struct stoa_value tenth = {.i64 = 4209 * STOA_MICROS_PER_SECOND + 100000};
    const struct stoa_value micro = {.i64 = 1};
    const struct stoa_value before = {.i64 = -1};
    check_canonical(date_type, &day, "2026-11-22");
    check_canonical(time_type, &clock, "01:10:09");
    check_canonical(time_type, &tenth, "01:10:09.1");
    check_canonical(time_type, &micro, "00:00:00.000001");
    check_canonical(timestamp_type, &before, "1969-12-31 23:59:59.999999");
    check_canonical(timestamptz_type, &micro, "1970-01-01 00:00:00.000001+00");
}

static void test_temporal_types_have_lenient_spellings(void **state)
{
    STOA_UNUSED(state);
    check_lenient(date_type, " 2026-11-22 ", "2026-11-22");
    check_lenient(date_type, "2026-1-2", "2026-01-02");
    check_lenient(date_type, "2026-11-22 23:59:59", "2026-11-22");
    check_lenient(date_type, "2026-11-22T01:00:00Z", "2026-11-22");
    check_lenient(time_type, "1:02", "01:02:00");
    check_lenient(time_type, "01:02:03.50", "01:02:03.5");
    check_lenient(time_type, "01:02:03.1234567", "01:02:03.123457");
    check_lenient(time_type, "01:02:03.9999995", "01:02:04");
    check_lenient(timestamp_type, "2026-11-22", "2026-11-22 00:00:00");
    check_lenient(timestamp_type, "2026-11-22T01:10:09", "2026-11-22 01:10:09");
    check_lenient(timestamp_type, "2026-11-22  01:10", "2026-11-22 01:10:00");
    check_lenient(timestamp_type, "2026-11-22t01:10:09.5", "2026-11-22 01:10:09.5");
    check_lenient(timestamp_type, "2026-11-22 24:00:00", "2026-11-23 00:00:00");
    check_lenient(timestamp_type, "2016-12-31 23:59:60", "2017-01-01 00:00:00");
    check_lenient(timestamptz_type, "2026-11-22 01:10:09", "2026-11-22 01:10:09+00");
    check_lenient(timestamptz_type, "2026-11-22T01:10:09Z", "2026-11-22 01:10:09+00");
    check_lenient(timestamptz_type, "2026-11-22 01:10:09+01", "2026-11-22 00:10:09+00");
    check_lenient(timestamptz_type, "2026-11-22 01:10:09-0530", "2026-11-22 06:40:09+00");
    check_lenient(timestamptz_type, "2026-11-22 01:10:09 +05:45", "2026-11-21 19:25:09+00");
}

static void test_temporal_values_out_of_range_overflow(void **state)
{
    STOA_UNUSED(state);
    check_refused(date_type, "2026-02-30", STOA_E_OVERFLOW);
    check_refused(date_type, "2026-13-01", STOA_E_OVERFLOW);
    check_refused(date_type, "2026-00-10", STOA_E_OVERFLOW);
    check_refused(date_type, "10000-01-01", STOA_E_OVERFLOW);
    check_refused(time_type, "24:00:01", STOA_E_OVERFLOW);
    check_refused(time_type, "12:60:00", STOA_E_OVERFLOW);
    check_refused(time_type, "12:00:61", STOA_E_OVERFLOW);
    check_refused(timestamp_type, "2026-11-22 25:00:00", STOA_E_OVERFLOW);
    check_refused(timestamptz_type, "2026-11-22 01:00:00+17", STOA_E_OVERFLOW);
    check_refused(timestamptz_type, "2026-11-22 01:00:00+05:60", STOA_E_OVERFLOW);
}

static void test_texts_that_are_no_dates_are_refused(void **state)
{
    STOA_UNUSED(state);
    static const char *const bad[] = {
        "",           "2026",        "2026-11",  "20261122",    "22.11.2026",
        "11/22/2026", "2026-11-22x", "26-11-22", "2026-11-222", "2026--11-22",
        "today",      "2026-11-"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_refused(date_type, bad[i], STOA_E_BAD_VALUE);
        check_refused(timestamp_type, bad[i], STOA_E_BAD_VALUE);
    }
    check_refused(time_type, "12", STOA_E_BAD_VALUE);
    check_refused(time_type, "12:5", STOA_E_BAD_VALUE);
    check_refused(time_type, "12:05:", STOA_E_BAD_VALUE);
    check_refused(time_type, "12:05:09.", STOA_E_BAD_VALUE);
    check_refused(time_type, "12:05 pm", STOA_E_BAD_VALUE);
    /* A zone would have to be dropped or applied: neither happens silently. */
    check_refused(timestamp_type, "2026-11-22 01:10:09+00", STOA_E_BAD_VALUE);
    check_refused(timestamp_type, "2026-11-22T01:10:09Z", STOA_E_BAD_VALUE);
    check_refused(timestamptz_type, "2026-11-22 01:10:09 CET", STOA_E_BAD_VALUE);
    check_refused(timestamptz_type, "2026-11-22 01:10:09+1", STOA_E_BAD_VALUE);
    check_refused(timestamptz_type, "2026-11-22 01:10:09+01:", STOA_E_BAD_VALUE);
}

/* They would print as a year that does not read back. */
static void test_zones_do_not_lead_out_of_the_range(void **state)
{
    STOA_UNUSED(state);
    check_refused(timestamptz_type, "9999-12-31 23:59:59-00:01", STOA_E_OVERFLOW);
    check_refused(timestamptz_type, "-9999-01-01 00:00:59+00:01", STOA_E_OVERFLOW);
    check_refused(timestamp_type, "9999-12-31 24:00:00", STOA_E_OVERFLOW);
    check_lenient(timestamptz_type, "9999-12-31 23:58:59-00:01", "9999-12-31 23:59:59+00");
    check_lenient(timestamptz_type, "-9999-01-01 00:01:00+00:01",
                  "-9999-01-01 00:00:00+00");
}

/* ---- what inference asks ---- */

static bool is_iso_date(const char *text)
{
    int64_t days = 0;
    return stoa_date_parse_iso(text, strlen(text), &days);
}

static bool is_iso_time(const char *text)
{
    int64_t micros = 0;
    return stoa_time_parse_iso(text, strlen(text), &micros);
}

static bool is_iso_timestamp(const char *text, bool has_zone, int64_t expected)
{
    int64_t micros = 0;
    bool found_zone = !has_zone;
    return stoa_timestamp_parse_iso(text, strlen(text), &found_zone, &micros) &&
           found_zone == has_zone && micros == expected;
}

static void test_iso_forms_are_narrow(void **state)
{
    STOA_UNUSED(state);
    int64_t days = 0;
    assert_true(is_iso_date("2026-11-22"));
    assert_true(is_iso_date("-0044-03-15"));
    assert_false(is_iso_date("2026-1-22"));
    assert_false(is_iso_date("2026-02-30"));
    assert_false(is_iso_date(" 2026-11-22"));
    assert_false(is_iso_date("2026-11-22 "));
    assert_false(is_iso_date("10000-01-01"));
    assert_false(stoa_date_parse_iso("2026-11-22", 9, &days));
    assert_true(is_iso_time("01:10:09"));
    assert_true(is_iso_time("01:10:09.5"));
    assert_true(is_iso_time("01:10:09.1234560000"));
    assert_false(is_iso_time("01:10:09.1234567"));
    assert_false(is_iso_time("1:10:09"));
    assert_false(is_iso_time("01:10"));
    assert_false(is_iso_time("24:00:00"));
    assert_false(is_iso_time("23:59:60"));
}

static void test_iso_timestamps_take_any_offset(void **state)
{
    STOA_UNUSED(state);
    const int64_t base = (20779 * INT64_C(86400) + 4209) * STOA_MICROS_PER_SECOND;
    const int64_t hour = 3600 * STOA_MICROS_PER_SECOND;
    assert_true(is_iso_timestamp("2026-11-22 01:10:09", false, base));
    assert_true(is_iso_timestamp("2026-11-22T01:10:09", false, base));
    assert_true(
        is_iso_timestamp("2026-11-22T01:10", false, base - 9 * STOA_MICROS_PER_SECOND));
    assert_true(is_iso_timestamp("2026-11-22T01:10:09Z", true, base));
    assert_true(is_iso_timestamp("2026-11-22T01:10:09.250+00:00", true, base + 250000));
    assert_true(is_iso_timestamp("2026-11-22 01:10:09-05", true, base + 5 * hour));
    assert_true(is_iso_timestamp("2026-11-22 01:10:09+0200", true, base - 2 * hour));
    assert_false(is_iso_timestamp("2026-11-22", false, base));
    assert_false(is_iso_timestamp("2026-11-22t01:10:09", false, base));
    assert_false(is_iso_timestamp("2026-11-22  01:10:09", false, base));
    assert_false(is_iso_timestamp("2026-11-22T01:10:09 Z", true, base));
    assert_false(is_iso_timestamp("2026-11-22T01:10:09.1234567", false, base));
    assert_false(is_iso_timestamp("2026-11-22T24:00:00", false, base));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day_of_the_calendar_has_its_number),
        cmocka_unit_test(test_days_that_do_not_exist_have_no_number),
        cmocka_unit_test(test_civil_dates_of_any_number_do_not_overflow),
        cmocka_unit_test(test_dates_over_the_whole_range_read_back),
        cmocka_unit_test(test_times_and_timestamps_read_back),
        cmocka_unit_test(test_temporal_types_have_these_canonical_spellings),
        cmocka_unit_test(test_temporal_types_have_lenient_spellings),
        cmocka_unit_test(test_temporal_values_out_of_range_overflow),
        cmocka_unit_test(test_texts_that_are_no_dates_are_refused),
        cmocka_unit_test(test_zones_do_not_lead_out_of_the_range),
        cmocka_unit_test(test_iso_forms_are_narrow),
        cmocka_unit_test(test_iso_timestamps_take_any_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
