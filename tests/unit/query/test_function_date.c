/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/function_date.c: results and errors by table, every part of every day of the
 * calendar against a calendar that is counted day by day. */
#include "tests/unit/query/expr_cases.h"

#include <stdio.h>
#include <string.h>

#include "query/call.h"

/* What PostgreSQL 15 answers too. */
static const struct expr_case postgres_cases[] = {
    {"extract(#text 'year', date 2020-02-29)",                                 "int64 2020"                               },
    {"extract(#text 'year', timestamp 2020-02-29 12:34:56.789)",               "int64 2020"                               },
    {"extract(#text 'month', date 2020-02-29)",                                "int64 2"                                  },
    {"extract(#text 'day', date 2020-02-29)",                                  "int64 29"                                 },
    {"extract(#text 'hour', timestamp 2020-02-29 12:34:56.789)",               "int64 12"                                 },
    {"extract(#text 'minute', timestamp 2020-02-29 12:34:56.789)",             "int64 34"                                 },
    {"extract(#text 'second', timestamp 2020-02-29 12:34:56.789)",
     "decimal(18,6) 56.789000"                                                                                            },
    {"extract(#text 'second', time 12:34:56.789)",                             "decimal(18,6) 56.789000"                  },
    {"extract(#text 'milliseconds', timestamp 2020-02-29 12:34:56.789012)",
     "decimal(18,3) 56789.012"                                                                                            },
    {"extract(#text 'millisecond', timestamp 2020-02-29 12:34:56.789012)",
     "decimal(18,3) 56789.012"                                                                                            },
    {"extract(#text 'microseconds', timestamp 2020-02-29 12:34:56.789012)",
     "int64 56789012"                                                                                                     },
    {"extract(#text 'epoch', timestamp 2020-02-29 12:34:56.789012)",
     "decimal(18,6) 1582979696.789012"                                                                                    },
    {"extract(#text 'epoch', timestamp 1969-12-31 23:59:59.5)",                "decimal(18,6) -0.500000"                  },
    {"extract(#text 'epoch', timestamptz 2020-02-29 12:34:56+00)",
     "decimal(18,6) 1582979696.000000"                                                                                    },
    {"extract(#text 'epoch', date 2020-02-29)",                                "int64 1582934400"                         },
    {"extract(#text 'epoch', date 1960-01-01)",                                "int64 -315619200"                         },
    {"extract(#text 'epoch', time 01:00:00.5)",                                "decimal(18,6) 3600.500000"                },
    {"extract(#text 'quarter', date 2020-03-31)",                              "int64 1"                                  },
    {"extract(#text 'quarter', date 2020-04-01)",                              "int64 2"                                  },
    {"extract(#text 'quarter', date 2020-12-31)",                              "int64 4"                                  },
    {"extract(#text 'week', date 2020-12-31)",                                 "int64 53"                                 },
    {"extract(#text 'week', date 2021-01-01)",                                 "int64 53"                                 },
    {"extract(#text 'week', date 2021-01-04)",                                 "int64 1"                                  },
    {"extract(#text 'week', date 2016-01-03)",                                 "int64 53"                                 },
    {"extract(#text 'week', date 0001-01-01)",                                 "int64 1"                                  },
    {"extract(#text 'isoyear', date 2021-01-01)",                              "int64 2020"                               },
    {"extract(#text 'isoyear', date 2019-12-30)",                              "int64 2020"                               },
    {"extract(#text 'isoyear', date 0001-01-01)",                              "int64 1"                                  },
    {"extract(#text 'doy', date 2020-12-31)",                                  "int64 366"                                },
    {"extract(#text 'doy', date 2019-12-31)",                                  "int64 365"                                },
    {"extract(#text 'doy', date 1900-12-31)",                                  "int64 365"                                },
    {"extract(#text 'dow', date 2020-02-29)",                                  "int64 6"                                  },
    {"extract(#text 'dow', date 2020-03-01)",                                  "int64 0"                                  },
    {"extract(#text 'dow', date 1969-12-28)",                                  "int64 0"                                  },
    {"extract(#text 'isodow', date 2020-03-01)",                               "int64 7"                                  },
    {"extract(#text 'isodow', date 1960-02-29)",                               "int64 1"                                  },
    {"extract(#text 'decade', date 2020-02-29)",                               "int64 202"                                },
    {"extract(#text 'decade', date 1999-02-28)",                               "int64 199"                                },
    {"extract(#text 'decade', date -0001-02-28)",                              "int64 -1"                                 },
    {"extract(#text 'century', date 2000-12-31)",                              "int64 20"                                 },
    {"extract(#text 'century', date 2001-01-01)",                              "int64 21"                                 },
    {"extract(#text 'century', date 0001-01-01)",                              "int64 1"                                  },
    {"extract(#text 'century', date -0099-01-01)",                             "int64 -1"                                 },
    {"extract(#text 'century', date -0100-01-01)",                             "int64 -2"                                 },
    {"extract(#text 'millennium', date 2000-12-31)",                           "int64 2"                                  },
    {"extract(#text 'millennium', date 2001-01-01)",                           "int64 3"                                  },
    {"extract(#text 'millennium', date -1000-12-31)",                          "int64 -2"                                 },
    {"extract(#text 'year', date -0043-03-15)",                                "int64 -44"                                },
    {"extract(#text 'hour', date 2020-01-01)",                                 "!function"                                },
    {"extract(#text 'year', time 10:00:00)",                                   "!function"                                },
    {"extract(#text 'dow', time 10:00:00)",                                    "!function"                                },
    {"extract(#text 'YEAR', date 2020-01-01)",                                 "int64 2020"                               },
    {"extract(#text 'years', date 2020-01-01)",                                "int64 2020"                               },
    {"extract(#text 'mins', timestamp 2020-02-29 12:34:56.789)",               "int64 34"                                 },
    {"extract(#text 'hour', timestamptz 2020-02-29 12:34:56+02)",              "int64 10"                                 },
    {"extract(#text 'year', date NULL)",                                       "int64 NULL"                               },
    {"date_trunc(#text 'microseconds', timestamp 2020-02-29 12:34:56.789012)",
     "timestamp 2020-02-29 12:34:56.789012"                                                                               },
    {"date_trunc(#text 'milliseconds', timestamp 2020-02-29 12:34:56.789012)",
     "timestamp 2020-02-29 12:34:56.789"                                                                                  },
    {"date_trunc(#text 'second', timestamp 2020-02-29 12:34:56.789012)",
     "timestamp 2020-02-29 12:34:56"                                                                                      },
    {"date_trunc(#text 'minute', timestamp 2020-02-29 12:34:56.789012)",
     "timestamp 2020-02-29 12:34:00"                                                                                      },
    {"date_trunc(#text 'hour', timestamp 2020-02-29 12:34:56.789012)",
     "timestamp 2020-02-29 12:00:00"                                                                                      },
    {"date_trunc(#text 'day', timestamp 2020-02-29 12:34:56.789012)",
     "timestamp 2020-02-29 00:00:00"                                                                                      },
    {"date_trunc(#text 'week', timestamp 2020-02-29 12:34:56.789012)",
     "timestamp 2020-02-24 00:00:00"                                                                                      },
    {"date_trunc(#text 'week', timestamp 2020-03-01 12:34:56)",
     "timestamp 2020-02-24 00:00:00"                                                                                      },
    {"date_trunc(#text 'week', timestamp 2020-03-02 00:00:00)",
     "timestamp 2020-03-02 00:00:00"                                                                                      },
    {"date_trunc(#text 'week', timestamp 1969-12-31 00:00:00)",
     "timestamp 1969-12-29 00:00:00"                                                                                      },
    {"date_trunc(#text 'month', timestamp 2020-02-29 12:34:56.789012)",
     "timestamp 2020-02-01 00:00:00"                                                                                      },
    {"date_trunc(#text 'quarter', timestamp 2020-06-29 12:34:56.789012)",
     "timestamp 2020-04-01 00:00:00"                                                                                      },
    {"date_trunc(#text 'year', timestamp 2020-02-29 12:34:56.789012)",
     "timestamp 2020-01-01 00:00:00"                                                                                      },
    {"date_trunc(#text 'decade', timestamp 2020-02-29 12:34:56.789012)",
     "timestamp 2020-01-01 00:00:00"                                                                                      },
    {"date_trunc(#text 'decade', timestamp 1999-02-28 12:34:56.789012)",
     "timestamp 1990-01-01 00:00:00"                                                                                      },
    {"date_trunc(#text 'century', timestamp 2000-02-29 12:34:56.789012)",
     "timestamp 1901-01-01 00:00:00"                                                                                      },
    {"date_trunc(#text 'century', timestamp 2001-02-28 12:34:56.789012)",
     "timestamp 2001-01-01 00:00:00"                                                                                      },
    {"date_trunc(#text 'millennium', timestamp 2000-02-29 12:34:56.789012)",
     "timestamp 1001-01-01 00:00:00"                                                                                      },
    {"date_trunc(#text 'millennium', timestamp 2001-02-28 12:34:56.789012)",
     "timestamp 2001-01-01 00:00:00"                                                                                      },
    {"date_trunc(#text 'decade', timestamp -0004-02-28 12:34:56)",
     "timestamp -0010-01-01 00:00:00"                                                                                     },
    {"date_trunc(#text 'century', timestamp -0054-08-10 12:34:56)",
     "timestamp -0099-01-01 00:00:00"                                                                                     },
    {"date_trunc(#text 'millennium', timestamp -0054-08-10 12:34:56)",
     "timestamp -0999-01-01 00:00:00"                                                                                     },
    {"date_trunc(#text 'day', timestamp 1969-12-31 23:59:59.999999)",
     "timestamp 1969-12-31 00:00:00"                                                                                      },
    {"date_trunc(#text 'month', timestamp 1969-12-31 23:59:59.999999)",
     "timestamp 1969-12-01 00:00:00"                                                                                      },
    {"date_trunc(#text 'hour', timestamptz 2020-02-29 12:34:56+00)",
     "timestamptz 2020-02-29 12:00:00+00"                                                                                 },
    {"date_trunc(#text 'month', timestamptz 2020-02-29 12:34:56+00)",
     "timestamptz 2020-02-01 00:00:00+00"                                                                                 },
    {"make_date(int64 2020, int64 2, int64 29)",                               "date 2020-02-29"                          },
    {"make_date(int64 -44, int64 3, int64 15)",                                "date -0043-03-15"                         },
    {"to_timestamp(float64 0)",                                                "timestamptz 1970-01-01 00:00:00+00"       },
    {"to_timestamp(float64 1284352323.5)",                                     "timestamptz 2010-09-13 04:32:03.5+00"     },
    {"to_timestamp(float64 -0.5)",                                             "timestamptz 1969-12-31 23:59:59.5+00"     },
    {"to_timestamp(float64 0.0000005)",                                        "timestamptz 1970-01-01 00:00:00+00"       },
    {"to_timestamp(float64 0.0000015)",                                        "timestamptz 1970-01-01 00:00:00.000002+00"},
    {"to_timestamp(float64 1.5e9)",                                            "timestamptz 2017-07-14 02:40:00+00"       },
    {"to_timestamp(float64 NaN)",                                              "!overflow"                                },
    {"to_timestamp(int64 1500000000)",                                         "timestamptz 2017-07-14 02:40:00+00"       },
    {"to_timestamp(float64 253402300799.5)",                                   "timestamptz 9999-12-31 23:59:59.5+00"     },
    {"make_date(int64 9999, int64 12, int64 31)",                              "date 9999-12-31"                          },
    {"extract('year', date 2020-01-01)",                                       "int64 2020"                               },
};

/* Ours by design. */
static const struct expr_case own_cases[] = {
    {"extract(#text 'isoyear', date 0000-12-31)",                    "int64 -1"                     },
    {"extract(#text 'century', date 0000-12-31)",                    "int64 -1"                     },
    {"extract(#text 'millennium', date 0000-12-31)",                 "int64 -1"                     },
    {"extract(#text 'year', date 0000-12-31)",                       "int64 -1"                     },
    {"extract(#text 'foo', date 2020-01-01)",                        "!function"                    },
    {"date_part(#text 'year', date 2020-02-29)",                     "int64 2020"                   },
    {"date_part(#text 'second', timestamp 2020-02-29 12:34:56.789)",
     "decimal(18,6) 56.789000"                                                                      },
    {"date_trunc(#text 'foo', timestamp 2020-02-29 12:34:56)",       "!function"                    },
    {"date_trunc(#text 'month', date 2020-02-29)",                   "timestamp 2020-02-01 00:00:00"},
    {"make_date(int64 2019, int64 2, int64 29)",                     "!value"                       },
    {"make_date(int64 0, int64 3, int64 15)",                        "!value"                       },
    {"make_date(int64 2019, int64 13, int64 1)",                     "!value"                       },
    {"make_date(int64 2019, int64 0, int64 1)",                      "!value"                       },
    {"make_date(int64 2019, int64 1, int64 32)",                     "!value"                       },
    {"date_trunc(#text 'week', date 2020-03-01)",                    "timestamp 2020-02-24 00:00:00"},
    {"to_timestamp(float64 1e12)",                                   "!overflow"                    },
    {"to_timestamp(float64 -Infinity)",                              "!overflow"                    },
    {"make_date(int64 10000, int64 1, int64 1)",                     "!value"                       },
    {"make_date(int64 -10000, int64 1, int64 1)",                    "date -9999-01-01"             },
    {"make_date(int64 -10001, int64 1, int64 1)",                    "!value"                       },
    {"make_date(int64 9223372036854775807, int64 1, int64 1)",       "!value"                       },
    {"make_date(int64 -9223372036854775808, int64 1, int64 1)",      "!value"                       },
};

static void test_parts_and_truncation_are_those_of_postgresql(void **state)
{
    STOA_UNUSED(state);
    check_cases(postgres_cases);
}

static void test_parts_differ_where_types_do(void **state)
{
    STOA_UNUSED(state);
    check_cases(own_cases);
}

/* ---- a calendar that is counted ---- */

struct day {
    int64_t days; /* since 1970 */
    int64_t year, month, day_of_month, day_of_year;
    int64_t iso_weekday;
    int64_t iso_year, iso_week;
};

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t month_days(int64_t year, int64_t month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[month - 1] + (month == 2 && is_leap(year));
}

/* On Mondays a new week: it is the first of the next year when its Thursday is. */
static void next_week(struct day *day)
{
    const int64_t length = is_leap(day->year) ? 366 : 365;
    day->iso_week++;
    if (day->day_of_year + 3 > length) {
        day->iso_year = day->year + 1;
        day->iso_week = 1;
    } else if (day->iso_year < day->year) {
        day->iso_year = day->year;
        day->iso_week = 1;
    }
}

static void next_day(struct day *day)
{
    day->days++;
    day->day_of_month++;
    day->day_of_year++;
    day->iso_weekday = day->iso_weekday % 7 + 1;
    if (day->day_of_month > month_days(day->year, day->month)) {
        day->day_of_month = 1;
        day->month++;
    }
    if (day->month > 12) {
        day->month = 1;
        day->year++;
        day->day_of_year = 1;
    }
    if (day->iso_weekday == 1)
        next_week(day);
}

/* -9999-01-01 is a Monday as 0001-01-01 is: 10,000 years are 25 times 400, which are whole weeks. */
static struct day first_day(void)
{
    return (struct day){.days = STOA_DATE_FIRST,
                        .year = -9999,
                        .month = 1,
                        .day_of_month = 1,
                        .day_of_year = 1,
                        .iso_weekday = 1,
                        .iso_year = -9999,
                        .iso_week = 1};
}

static int64_t without_zero(int64_t year)
{
    return year > 0 ? year : year - 1;
}

/* Years since the first of a period of n years that begins with year 1. */
static int64_t period(int64_t year, int64_t n)
{
    int64_t number = 1;
    int64_t start = 1;
    for (; year < start; start -= n)
        number -= number == 1 ? 2 : 1;
    for (; year >= start + n; start += n)
        number++;
    return number;
}

static const char *const part_names[] = {
    "year",    "month",   "day",    "doy",     "isodow",     "dow",  "week",
    "isoyear", "quarter", "decade", "century", "millennium", "epoch"};
enum { PART_COUNT = sizeof part_names / sizeof part_names[0] };

static void expected_parts(const struct day *day, int64_t out[PART_COUNT])
{
    int64_t decade = day->year / 10;
    if (decade * 10 > day->year)
        decade--;
    const int64_t parts[PART_COUNT] = {without_zero(day->year), day->month,
                                       day->day_of_month,       day->day_of_year,
                                       day->iso_weekday,        day->iso_weekday % 7,
                                       day->iso_week,           without_zero(day->iso_year),
                                       (day->month + 2) / 3,    decade,
                                       period(day->year, 100),  period(day->year, 1000),
                                       day->days * 86400};
    memcpy(out, parts, sizeof parts);
}

struct parts_of_days {
    struct stoa_arena arena;
    struct stoa_vector days;
    struct stoa_evaluator *evaluators[PART_COUNT];
};

static void check_days(struct parts_of_days *parts, const struct day *expected,
                       uint32_t count)
{
    const struct stoa_vector *columns[] = {&parts->days};
    const struct stoa_rows rows = {.length = count, .columns = columns};
    const struct stoa_vector *results[PART_COUNT];
    stoa_error err;
    for (size_t p = 0; p < PART_COUNT; p++)
        assert_ok(stoa_evaluate(parts->evaluators[p], &rows, NULL, &results[p], &err),
                  &err);
    for (uint32_t i = 0; i < count; i++) {
        int64_t wanted[PART_COUNT];
        expected_parts(&expected[i], wanted);
        for (size_t p = 0; p < PART_COUNT; p++) {
            if (results[p]->values.i64[i] != wanted[p])
                fail_msg("%s of day %lld: expected %lld, found %lld", part_names[p],
                         (long long)expected[i].days, (long long)wanted[p],
                         (long long)results[p]->values.i64[i]);
        }
    }
}

/* Every 1,024 days of every 29th run of so many, all of 1890..2110, and both ends. */
static bool is_checked(int64_t days)
{
    return days < STOA_DATE_FIRST + 5000 || days > STOA_DATE_LAST - 5000 ||
           (days > -29300 && days < 51200) || (days / 1024) % 29 == 0;
}

static void test_parts_of_all_years_equal_a_counted_calendar(void **state)
{
    STOA_UNUSED(state);
    struct parts_of_days parts;
    stoa_error err;
    stoa_arena_init(&parts.arena, 1 << 20);
    vector_make(&parts.days, "date", STOA_VECTOR_ROWS);
    for (size_t p = 0; p < PART_COUNT; p++) {
        char unit[32];
        (void)snprintf(unit, sizeof unit, "text '%s'", part_names[p]);
        struct stoa_expr *expr =
            expr_call(&parts.arena, "extract", 2, expr_value(&parts.arena, unit),
                      expr_column(&parts.arena, 0, "date"));
        assert_int_equal(expr->type.id, STOA_TYPE_INT64);
        assert_ok(stoa_evaluator_create(expr, &parts.evaluators[p], &err), &err);
    }
    static struct day days[STOA_VECTOR_ROWS];
    uint32_t count = 0;
    for (struct day day = first_day(); day.days <= STOA_DATE_LAST; next_day(&day)) {
        if (!is_checked(day.days))
            continue;
        parts.days.values.i64[count] = day.days;
        days[count++] = day;
        if (count == STOA_VECTOR_ROWS || day.days == STOA_DATE_LAST) {
            check_days(&parts, days, count);
            count = 0;
        }
    }
    for (size_t p = 0; p < PART_COUNT; p++)
        stoa_evaluator_free(parts.evaluators[p]);
    stoa_vector_done(&parts.days);
    stoa_arena_done(&parts.arena);
}

/* What truncation means: the start is at or before, in the same unit, and a microsecond earlier is not. */
static void test_truncation_gives_the_first_moment_of_the_unit(void **state)
{
    STOA_UNUSED(state);
    static const char *const units[] = {"year",    "quarter",   "month",  "week",
                                        "day",     "hour",      "minute", "decade",
                                        "century", "millennium"};
    static const char *const parts[] = {"year",    "quarter",   "month",  "week",
                                        "day",     "hour",      "minute", "decade",
                                        "century", "millennium"};
    struct test_random random = test_random_start(541);
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        struct stoa_arena arena;
        struct stoa_vector moments;
        struct stoa_evaluator *trunc = NULL;
        struct stoa_evaluator *part = NULL;
        const struct stoa_vector *out = NULL;
        const struct stoa_vector *columns[] = {&moments};
        const struct stoa_rows rows = {.length = STOA_VECTOR_ROWS, .columns = columns};
        int64_t numbers[3][STOA_VECTOR_ROWS];
        int64_t starts[STOA_VECTOR_ROWS];
        char unit[32];
        stoa_error err;
        stoa_arena_init(&arena, 1 << 20);
        vector_make(&moments, "timestamp", STOA_VECTOR_ROWS);
        for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++)
            moments.values.i64[i] =
                (int64_t)test_random_below(&random, UINT64_C(500000000000000000)) -
                INT64_C(250000000000000000);
        (void)snprintf(unit, sizeof unit, "text '%s'", units[u]);
        assert_ok(stoa_evaluator_create(expr_call(&arena, "date_trunc", 2,
                                                  expr_value(&arena, unit),
                                                  expr_column(&arena, 0, "timestamp")),
                                        &trunc, &err),
                  &err);
        (void)snprintf(unit, sizeof unit, "text '%s'", parts[u]);
        assert_ok(
            stoa_evaluator_create(expr_call(&arena, "extract", 2, expr_value(&arena, unit),
                                            expr_column(&arena, 0, "timestamp")),
                                  &part, &err),
            &err);
        assert_ok(stoa_evaluate(part, &rows, NULL, &out, &err), &err);
        memcpy(numbers[0], out->values.i64, sizeof numbers[0]);
        assert_ok(stoa_evaluate(trunc, &rows, NULL, &out, &err), &err);
        memcpy(starts, out->values.i64, sizeof starts);
        for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++)
            assert_true(starts[i] <= moments.values.i64[i]);
        memcpy(moments.values.i64, starts, sizeof starts);
        assert_ok(stoa_evaluate(part, &rows, NULL, &out, &err), &err);
        memcpy(numbers[1], out->values.i64, sizeof numbers[1]);
        for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++)
            moments.values.i64[i]--;
        assert_ok(stoa_evaluate(part, &rows, NULL, &out, &err), &err);
        memcpy(numbers[2], out->values.i64, sizeof numbers[2]);
        for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
            assert_int_equal(numbers[1][i], numbers[0][i]);
            assert_int_not_equal(numbers[2][i], numbers[0][i]);
        }
        stoa_evaluator_free(trunc);
        stoa_evaluator_free(part);
        stoa_vector_done(&moments);
        stoa_arena_done(&arena);
    }
}

static stoa_status evaluate_one(const char *name, const char *unit, const char *type,
                                int64_t value, stoa_error *err)
{
    struct stoa_arena arena;
    struct stoa_vector vector;
    struct stoa_evaluator *evaluator = NULL;
    const struct stoa_vector *out = NULL;
    const struct stoa_vector *columns[] = {&vector};
    const struct stoa_rows rows = {.length = 1, .columns = columns};
    stoa_arena_init(&arena, 1 << 20);
    vector_make(&vector, type, 1);
    vector.values.i64[0] = value;
    struct stoa_expr *expr =
        expr_call(&arena, name, 2, expr_value(&arena, unit), expr_column(&arena, 0, type));
    assert_ok(stoa_evaluator_create(expr, &evaluator, err), err);
    const stoa_status status = stoa_evaluate(evaluator, &rows, NULL, &out, err);
    stoa_evaluator_free(evaluator);
    stoa_vector_done(&vector);
    stoa_arena_done(&arena);
    return status;
}

static void test_moments_outside_of_the_calendar_are_refused(void **state)
{
    STOA_UNUSED(state);
    static const int64_t days[] = {INT64_MIN, INT64_MAX, STOA_DATE_FIRST - 1,
                                   STOA_DATE_LAST + 1};
    stoa_error err;
    for (size_t i = 0; i < 4; i++) {
        assert_fails(evaluate_one("extract", "text 'year'", "date", days[i], &err),
                     STOA_E_OVERFLOW, &err);
        assert_fails(evaluate_one("extract", "text 'epoch'", "date", days[i], &err),
                     STOA_E_OVERFLOW, &err);
        if (i < 2) {
            assert_fails(evaluate_one("extract", "text 'hour'", "timestamp", days[i], &err),
                         STOA_E_OVERFLOW, &err);
            assert_fails(
                evaluate_one("date_trunc", "text 'week'", "timestamp", days[i], &err),
                STOA_E_OVERFLOW, &err);
            assert_fails(evaluate_one("extract", "text 'hour'", "time", days[i], &err),
                         STOA_E_OVERFLOW, &err);
        }
    }
    const int64_t first = STOA_DATE_FIRST * STOA_US_PER_DAY;
    assert_ok(evaluate_one("date_trunc", "text 'year'", "timestamp", first, &err), &err);
    assert_fails(evaluate_one("date_trunc", "text 'decade'", "timestamp", first, &err),
                 STOA_E_OVERFLOW, &err);
    assert_ok(evaluate_one("date_trunc", "text 'century'", "timestamp", first, &err), &err);
    assert_ok(evaluate_one("date_trunc", "text 'week'", "timestamp", first, &err), &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_and_truncation_are_those_of_postgresql),
        cmocka_unit_test(test_parts_differ_where_types_do),
        cmocka_unit_test(test_parts_of_all_years_equal_a_counted_calendar),
        cmocka_unit_test(test_truncation_gives_the_first_moment_of_the_unit),
        cmocka_unit_test(test_moments_outside_of_the_calendar_are_refused),
    };
    return cmocka_run_group_tests_name("function_date", tests, NULL, NULL);
}
