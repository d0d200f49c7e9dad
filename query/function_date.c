/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of dates and times, truncation, construction. Timestamps with zone are taken in
 * UTC; zoneless ones as they stand. The unit must be a constant, because it decides the
 * result's type.
 */
#include <math.h>

#include "format/text.h"
#include "query/call.h"

#define US_PER_SECOND INT64_C(1000000)

/* A point in time taken apart. */
struct moment {
    int64_t us;   /* since 1970-01-01 */
    int64_t days; /* floor(us / STOA_US_PER_DAY) */
    int64_t us_of_day;
    int64_t year;
    unsigned month, day;
};

/* Whether the value is a day of the calendar or lies in one; a file may hold others. */
static bool is_in_calendar(stoa_type type, int64_t value)
{
    if (type.id == STOA_TYPE_TIME)
        return value >= 0 && value <= STOA_US_PER_DAY;
    return type.id == STOA_TYPE_DATE ? stoa_date_in_calendar(value)
                                     : stoa_timestamp_in_calendar(value);
}

/* The value is in the calendar. Year, month and day cost most of the time. */
static struct moment take_apart(stoa_type type, int64_t value, bool needs_date)
{
    struct moment m = {0};
    if (type.id == STOA_TYPE_TIME) {
        m.us = value;
        m.us_of_day = value;
        return m;
    }
    m.us = type.id == STOA_TYPE_DATE ? value * STOA_US_PER_DAY : value;
    m.days = stoa_floor_div(m.us, STOA_US_PER_DAY);
    m.us_of_day = m.us - m.days * STOA_US_PER_DAY;
    if (needs_date)
        stoa_date_to_civil(m.days, &m.year, &m.month, &m.day);
    return m;
}

static stoa_status out_of_calendar(const struct stoa_call *call, stoa_error *err)
{
    return stoa_fail(err, STOA_E_OVERFLOW,
                     "%s: a value is outside of the years -9999 to 9999",
                     call->expr->function->name);
}

/* 1 = Monday .. 7 = Sunday; 1970-01-01 was a Thursday. */
static int64_t iso_weekday(int64_t days)
{
    const int64_t from_monday = (days + 3) % 7;
    return (from_monday < 0 ? from_monday + 7 : from_monday) + 1;
}

/* January 1st of any year: the ISO year of the calendar's last days may be the one behind. */
static int64_t year_start(int64_t year)
{
    const int64_t before = year - 1;
    const int64_t leap_days = stoa_floor_div(before, 4) - stoa_floor_div(before, 100) +
                              stoa_floor_div(before, 400);
    return before * 365 + leap_days - 719162; /* 0001-01-01 is that long before 1970 */
}

/* The year that the ISO week of this day belongs to, and the week: the week of the year's
 * first Thursday is 1. */
static void iso_week(const struct moment *m, int64_t *out_year, int64_t *out_week)
{
    const int64_t thursday = m->days - iso_weekday(m->days) + 4;
    unsigned month = 0;
    unsigned day = 0;
    stoa_date_to_civil(thursday, out_year, &month, &day);
    *out_week = (thursday - year_start(*out_year)) / 7 + 1;
}

/* ---- units ---- */

enum needs { NEEDS_DATE = 1, NEEDS_TIME = 2 };

/* Whole-number parts. */
static int64_t part_year(const struct moment *m)
{
    return m->year > 0 ? m->year : m->year - 1; /* there is no year 0 */
}
static int64_t part_month(const struct moment *m)
{
    return m->month;
}
static int64_t part_day(const struct moment *m)
{
    return m->day;
}
static int64_t part_hour(const struct moment *m)
{
    return m->us_of_day / (3600 * US_PER_SECOND);
}
static int64_t part_minute(const struct moment *m)
{
    return m->us_of_day / (60 * US_PER_SECOND) % 60;
}
static int64_t part_microseconds(const struct moment *m)
{
    return m->us_of_day % (60 * US_PER_SECOND);
}
static int64_t part_epoch(const struct moment *m)
{
    return m->us / US_PER_SECOND;
}
static int64_t part_epoch_us(const struct moment *m)
{
    return m->us;
}
static int64_t part_quarter(const struct moment *m)
{
    return (m->month - 1) / 3 + 1;
}
static int64_t part_week(const struct moment *m)
{
    int64_t year = 0;
    int64_t week = 0;
    iso_week(m, &year, &week);
    return week;
}
static int64_t part_iso_year(const struct moment *m)
{
    int64_t year = 0;
    int64_t week = 0;
    iso_week(m, &year, &week);
    return year > 0 ? year : year - 1;
}
static int64_t part_day_of_year(const struct moment *m)
{
    return m->days - year_start(m->year) + 1;
}
static int64_t part_weekday(const struct moment *m)
{
    return iso_weekday(m->days) % 7;
}
static int64_t part_iso_weekday(const struct moment *m)
{
    return iso_weekday(m->days);
}
static int64_t part_decade(const struct moment *m)
{
    return stoa_floor_div(m->year, 10);
}
/* Years 1..n are the first one, the n years before them -1. */
static int64_t count_from_one(int64_t year, int64_t n)
{
    return year > 0 ? (year - 1) / n + 1 : -(-year / n + 1);
}
static int64_t part_century(const struct moment *m)
{
    return count_from_one(m->year, 100);
}
static int64_t part_millennium(const struct moment *m)
{
    return count_from_one(m->year, 1000);
}

/* One part: what extract gives, unscaled, with `scale` digits. */
struct part {
    const char *name;
    int64_t (*get)(const struct moment *m);
    uint8_t scale;
    uint8_t needs;
};

static const struct part parts[] = {
    {"year",        part_year,         0, NEEDS_DATE},
    {"month",       part_month,        0, NEEDS_DATE},
    {"day",         part_day,          0, NEEDS_DATE},
    {"hour",        part_hour,         0, NEEDS_TIME},
    {"minute",      part_minute,       0, NEEDS_TIME},
    {"second",      part_microseconds, 6, NEEDS_TIME},
    {"millisecond", part_microseconds, 3, NEEDS_TIME},
    {"microsecond", part_microseconds, 0, NEEDS_TIME},
    {"epoch",       part_epoch_us,     6, NEEDS_TIME},
    {"epoch",       part_epoch,        0, NEEDS_DATE},
    {"quarter",     part_quarter,      0, NEEDS_DATE},
    {"week",        part_week,         0, NEEDS_DATE},
    {"isoyear",     part_iso_year,     0, NEEDS_DATE},
    {"doy",         part_day_of_year,  0, NEEDS_DATE},
    {"dow",         part_weekday,      0, NEEDS_DATE},
    {"isodow",      part_iso_weekday,  0, NEEDS_DATE},
    {"decade",      part_decade,       0, NEEDS_DATE},
    {"century",     part_century,      0, NEEDS_DATE},
    {"millennium",  part_millennium,   0, NEEDS_DATE},
};

static bool word_is(struct stoa_view word, const char *name)
{
    if (word.length != strlen(name))
        return false;
    for (size_t i = 0; i < word.length; i++) {
        const uint8_t c = word.data[i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != name[i])
            return false;
    }
    return true;
}

/* The unit's name, its plural, or one of PostgreSQL's short forms. */
static bool name_is(struct stoa_view word, const char *name)
{
    static const char *const others[][2] = {
        {"century",     "centuries"},
        {"millennium",  "millennia"},
        {"hour",        "h"        },
        {"minute",      "m"        },
        {"minute",      "min"      },
        {"minute",      "mins"     },
        {"second",      "s"        },
        {"second",      "sec"      },
        {"second",      "secs"     },
        {"millisecond", "ms"       },
        {"microsecond", "us"       },
        {"month",       "mon"      },
        {"month",       "mons"     },
        {"day",         "d"        },
        {"week",        "w"        },
        {"year",        "y"        },
        {"year",        "yr"       },
        {"year",        "yrs"      },
    };
    struct stoa_view singular = word;
    if (word.length > 3 && (word.data[word.length - 1] | 0x20) == 's')
        singular.length--;
    if (word_is(word, name) || word_is(singular, name))
        return true;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(others[i][0], name) == 0 && word_is(word, others[i][1]))
            return true;
    }
    return false;
}

/* The unit of a call's first argument, or NULL. */
static const struct stoa_view *constant_word(const struct stoa_expr *expr)
{
    return expr->kind == STOA_EXPR_CONSTANT && !expr->constant.is_null &&
                   expr->type.id == STOA_TYPE_TEXT
               ? &expr->constant.bytes
               : NULL;
}

static bool is_time_like(stoa_type type, unsigned needs)
{
    if (type.id == STOA_TYPE_DATE)
        return !(needs & NEEDS_TIME);
    if (type.id == STOA_TYPE_TIME)
        return !(needs & NEEDS_DATE);
    return type.id == STOA_TYPE_TIMESTAMP || type.id == STOA_TYPE_TIMESTAMPTZ;
}

/* The part of that name that this type has. */
static const struct part *find_part(const struct stoa_expr *expr, stoa_type type)
{
    const struct stoa_view *word = constant_word(expr);
    for (size_t i = 0; word && i < sizeof parts / sizeof parts[0]; i++) {
        if (name_is(*word, parts[i].name) && is_time_like(type, parts[i].needs))
            return &parts[i];
    }
    return NULL;
}

/* ---- extract ---- */

static bool resolve_part(const struct stoa_function *function,
                         struct stoa_expr *const *args, uint32_t arg_count,
                         stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    if (arg_count != 2 || args[1]->is_untyped)
        return false;
    const struct part *part = find_part(args[0], args[1]->type);
    if (!part)
        return false;
    out_arg_types[0] = stoa_type_of(STOA_TYPE_TEXT);
    out_arg_types[1] = args[1]->type;
    *out_type = part->scale > 0 ? stoa_type_decimal(18, part->scale)
                                : stoa_type_of(STOA_TYPE_INT64);
    return true;
}

static stoa_status prepare_part(struct stoa_expr *expr, struct stoa_arena *arena,
                                stoa_error *err)
{
    const struct part **state = stoa_arena_alloc(arena, sizeof *state);
    if (!state)
        return stoa_arena_fail(arena, sizeof *state, err);
    *state = find_part(expr->args[0], expr->args[1]->type);
    expr->state = state;
    return STOA_OK;
}

static stoa_status row_part(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const struct part *part = *(const struct part *const *)call->expr->state;
    const stoa_type type = call->expr->args[1]->type;
    const int64_t value = call->args[1]->values.i64[row];
    if (!is_in_calendar(type, value))
        return out_of_calendar(call, err);
    const struct moment m = take_apart(type, value, false);
    call->out->values.i64[row] = part->get(&m);
    return STOA_OK;
}

/* Parts of the date alone: rows mostly come in order of time, so the latest day's answer is kept. */
static stoa_status eval_date_part(struct stoa_call *call, const struct part *part,
                                  stoa_error *err)
{
    const stoa_type type = call->expr->args[1]->type;
    int64_t latest = INT64_MIN; /* no day of the calendar */
    int64_t result = 0;
    for (uint32_t row = stoa_active_next(call->active, 0); row < STOA_VECTOR_ROWS;
         row = stoa_active_next(call->active, row + 1)) {
        const int64_t value = call->args[1]->values.i64[row];
        if (!is_in_calendar(type, value))
            return out_of_calendar(call, err);
        const int64_t day =
            type.id == STOA_TYPE_DATE ? value : stoa_floor_div(value, STOA_US_PER_DAY);
        if (day != latest) {
            const struct moment m = take_apart(stoa_type_of(STOA_TYPE_DATE), day, true);
            result = part->get(&m);
            latest = day;
        }
        call->out->values.i64[row] = result;
    }
    return STOA_OK;
}

static stoa_status eval_part(struct stoa_call *call, stoa_error *err)
{
    const struct part *part = *(const struct part *const *)call->expr->state;
    if (part->needs == NEEDS_DATE)
        return eval_date_part(call, part, err);
    return stoa_call_each(call, row_part, err);
}

/* ---- date_trunc ---- */

/* Fixed units have a length and a start; calendar units a number of years or months. Decades begin in years that end in
 * 0, centuries and millennia in those that end in 1. */
struct unit {
    const char *name;
    int64_t us;
    int64_t origin; /* of fixed units: a moment when one begins; weeks begin on Mondays */
    unsigned months;
    unsigned first_year;
};

static const struct unit units[] = {
    {"microsecond", 1,                    0,                   0,     0},
    {"millisecond", 1000,                 0,                   0,     0},
    {"second",      US_PER_SECOND,        0,                   0,     0},
    {"minute",      60 * US_PER_SECOND,   0,                   0,     0},
    {"hour",        3600 * US_PER_SECOND, 0,                   0,     0},
    {"day",         STOA_US_PER_DAY,      0,                   0,     0},
    {"week",        7 * STOA_US_PER_DAY,  4 * STOA_US_PER_DAY, 0,     0},
    {"month",       0,                    0,                   1,     0},
    {"quarter",     0,                    0,                   3,     0},
    {"year",        0,                    0,                   12,    0},
    {"decade",      0,                    0,                   120,   0},
    {"century",     0,                    0,                   1200,  1},
    {"millennium",  0,                    0,                   12000, 1},
};

static const struct unit *find_unit(const struct stoa_expr *expr)
{
    const struct stoa_view *word = constant_word(expr);
    for (size_t i = 0; word && i < sizeof units / sizeof units[0]; i++) {
        if (name_is(*word, units[i].name))
            return &units[i];
    }
    return NULL;
}

static bool resolve_trunc(const struct stoa_function *function,
                          struct stoa_expr *const *args, uint32_t arg_count,
                          stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    if (arg_count != 2 || !find_unit(args[0]) || args[1]->is_untyped ||
        !is_time_like(args[1]->type, NEEDS_DATE))
        return false;
    const bool is_zoned = args[1]->type.id == STOA_TYPE_TIMESTAMPTZ;
    *out_type = stoa_type_of(is_zoned ? STOA_TYPE_TIMESTAMPTZ : STOA_TYPE_TIMESTAMP);
    out_arg_types[0] = stoa_type_of(STOA_TYPE_TEXT);
    out_arg_types[1] = *out_type;
    return true;
}

static stoa_status prepare_trunc(struct stoa_expr *expr, struct stoa_arena *arena,
                                 stoa_error *err)
{
    const struct unit **state = stoa_arena_alloc(arena, sizeof *state);
    if (!state)
        return stoa_arena_fail(arena, sizeof *state, err);
    *state = find_unit(expr->args[0]);
    expr->state = state;
    return STOA_OK;
}

/* The first moment of month number `month` since year 0; false outside of the calendar. */
static bool month_start(int64_t month, int64_t *out)
{
    const int64_t year = stoa_floor_div(month, 12);
    int64_t days = 0;
    if (!stoa_date_from_civil(year, (unsigned)(month - year * 12) + 1, 1, &days))
        return false;
    *out = days * STOA_US_PER_DAY;
    return true;
}

/* The unit that the value lies in: [*out_start, *out_end). */
static bool find_months(int64_t value, const struct unit *unit, int64_t *out_start,
                        int64_t *out_end)
{
    const struct moment m = take_apart(stoa_type_of(STOA_TYPE_TIMESTAMP), value, true);
    const int64_t origin = (int64_t)unit->first_year * 12;
    const int64_t month = m.year * 12 + m.month - 1 - origin;
    const int64_t first = stoa_floor_div(month, unit->months) * unit->months + origin;
    if (!month_start(first, out_start))
        return false;
    if (!month_start(first + unit->months, out_end))
        *out_end = (STOA_DATE_LAST + 1) * STOA_US_PER_DAY;
    return true;
}

/* Rows mostly come in order of time: the latest unit is kept. */
static stoa_status eval_trunc_months(struct stoa_call *call, const struct unit *unit,
                                     stoa_error *err)
{
    int64_t start = 1;
    int64_t end = 0;
    for (uint32_t row = stoa_active_next(call->active, 0); row < STOA_VECTOR_ROWS;
         row = stoa_active_next(call->active, row + 1)) {
        const int64_t value = call->args[1]->values.i64[row];
        const bool is_same = value >= start && value < end;
        if (!is_same &&
            (!stoa_timestamp_in_calendar(value) || !find_months(value, unit, &start, &end)))
            return out_of_calendar(call, err);
        call->out->values.i64[row] = start;
    }
    return STOA_OK;
}

static stoa_status row_trunc(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const struct unit *unit = *(const struct unit *const *)call->expr->state;
    const int64_t value = call->args[1]->values.i64[row];
    if (!stoa_timestamp_in_calendar(value))
        return out_of_calendar(call, err);
    const int64_t start =
        stoa_floor_div(value - unit->origin, unit->us) * unit->us + unit->origin;
    if (!stoa_timestamp_in_calendar(start))
        return out_of_calendar(call, err);
    call->out->values.i64[row] = start;
    return STOA_OK;
}

static stoa_status eval_trunc(struct stoa_call *call, stoa_error *err)
{
    const struct unit *unit = *(const struct unit *const *)call->expr->state;
    if (unit->months > 0)
        return eval_trunc_months(call, unit, err);
    return stoa_call_each(call, row_trunc, err);
}

/* ---- make_date, to_timestamp ---- */

static const struct stoa_signature make_date_signature = {
    3, 3, {STOA_TYPE_INT64, STOA_TYPE_INT64, STOA_TYPE_INT64},
      STOA_TYPE_DATE
};
static const struct stoa_signature to_timestamp_signature = {
    1, 1, {STOA_TYPE_FLOAT64}, STOA_TYPE_TIMESTAMPTZ};

static bool resolve_signature(const struct stoa_function *function,
                              struct stoa_expr *const *args, uint32_t arg_count,
                              stoa_type *out_type, stoa_type *out_arg_types)
{
    return stoa_signature_resolve(function->data, args, arg_count, out_type, out_arg_types);
}

/* A negative year counts back from 1 BC, which is the calendar's year 0. */
static stoa_status row_make_date(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const int64_t year = call->args[0]->values.i64[row];
    const int64_t month = call->args[1]->values.i64[row];
    const int64_t day = call->args[2]->values.i64[row];
    int64_t days = 0;
    if (year == 0 || year == INT64_MAX || month < 1 || month > 12 || day < 1 || day > 31 ||
        !stoa_date_from_civil(year < 0 ? year + 1 : year, (unsigned)month, (unsigned)day,
                              &days))
        return stoa_fail(err, STOA_E_BAD_VALUE, "make_date: there is no day %lld-%lld-%lld",
                         (long long)year, (long long)month, (long long)day);
    call->out->values.i64[row] = days;
    return STOA_OK;
}

static stoa_status eval_make_date(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_make_date, err);
}

static stoa_status row_to_timestamp(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const double seconds = call->args[0]->values.f64[row];
    const double us = nearbyint(seconds * 1e6);
    /* The test fails for NaN as well; within it the conversion is exact. */
    if (!(fabs(us) < 1e18) || !stoa_timestamp_in_calendar((int64_t)us))
        return stoa_fail(err, STOA_E_OVERFLOW, "to_timestamp: %g seconds are out of range",
                         seconds);
    call->out->values.i64[row] = (int64_t)us;
    return STOA_OK;
}

static stoa_status eval_to_timestamp(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_to_timestamp, err);
}

const struct stoa_function stoa_functions_date[] = {
    {.name = "extract",
     .help =
         "extract(UNIT FROM date, time or timestamp) -> int64, parts of seconds decimal; UNIT: "
         "year, quarter, month, week, day, hour, minute, second, millisecond, microsecond, "
         "epoch, isoyear, doy, dow, isodow, decade, century, millennium", .resolve = resolve_part,
     .prepare = prepare_part,
     .eval = eval_part},
    {.name = "date_part",
     .help = "date_part('unit', date, time or timestamp) -> as extract",
     .resolve = resolve_part,
     .prepare = prepare_part,
     .eval = eval_part},
    {.name = "date_trunc",
     .help = "date_trunc('unit', date or timestamp) -> timestamp; units: microsecond to "
             "day, week, month, quarter, year, decade, century, millennium", .resolve = resolve_trunc,
     .prepare = prepare_trunc,
     .eval = eval_trunc},
    {.name = "make_date",
     .help = "make_date(year, month, day) -> date",
     .resolve = resolve_signature,
     .eval = eval_make_date,
     .data = &make_date_signature},
    {.name = "to_timestamp",
     .help = "to_timestamp(seconds since 1970) -> timestamptz",
     .resolve = resolve_signature,
     .eval = eval_to_timestamp,
     .data = &to_timestamp_signature},
    {.name = NULL       },
};
