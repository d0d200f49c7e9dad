/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of dates and times, truncation, construction. Timestamps with zone are taken in UTC; zoneless ones as they stand. The
 * unit must be a constant, because it decides the result's type.
 */
#include "format/text.h"
#include "query/call.h"

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY    (INT64_C(86400) * US_PER_SECOND)

/* A point in time taken apart. */
struct moment {
    int64_t us;   /* since 1970-01-01 */
    int64_t days; /* floor(us / US_PER_DAY) */
    int64_t us_of_day;
    int64_t year;
    unsigned month, day;
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static struct moment take_apart(stoa_type type, int64_t value)
{
    struct moment m = {0};
    if (type.id == STOA_TYPE_TIME) {
        m.us = value;
        m.us_of_day = value;
        return m;
    }
    m.days = type.id == STOA_TYPE_DATE ? value : floor_div(value, US_PER_DAY);
    m.us_of_day = type.id == STOA_TYPE_DATE ? 0 : value - m.days * US_PER_DAY;
    m.us = m.days * US_PER_DAY + m.us_of_day;
    stoa_date_to_civil(m.days, &m.year, &m.month, &m.day);
    return m;
}

/* 1 = Monday .. 7 = Sunday; 1970-01-01 was a Thursday. */
static int64_t iso_weekday(int64_t days)
{
    const int64_t from_monday = (days + 3) % 7;
    return (from_monday < 0 ? from_monday + 7 : from_monday) + 1;
}

static int64_t year_start(int64_t year)
{
    int64_t days = 0;
    if (!stoa_date_from_civil(year, 1, 1, &days))
        days = 0; /* cannot be: the year came from a date */
    return days;
}

/* The year that the ISO week of this day belongs to, and the week: the week of the year's first Thursday is 1. */
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
    return floor_div(m->year, 10);
}
static int64_t part_century(const struct moment *m)
{
    return m->year > 0 ? (m->year + 99) / 100 : -((99 - (m->year - 1)) / 100);
}

/* One part: what extract gives, unscaled, with `scale` digits. */
struct part {
    const char *name;
    int64_t (*get)(const struct moment *m);
    uint8_t scale;
    uint8_t needs;
};

static const struct part parts[] = {
    {"year",         part_year,         0, NEEDS_DATE},
    {"month",        part_month,        0, NEEDS_DATE},
    {"day",          part_day,          0, NEEDS_DATE},
    {"hour",         part_hour,         0, NEEDS_TIME},
    {"minute",       part_minute,       0, NEEDS_TIME},
    {"second",       part_microseconds, 6, NEEDS_TIME},
    {"milliseconds", part_microseconds, 3, NEEDS_TIME},
    {"microseconds", part_microseconds, 0, NEEDS_TIME},
    {"epoch",        part_epoch_us,     6, 0         },
    {"quarter",      part_quarter,      0, NEEDS_DATE},
    {"week",         part_week,         0, NEEDS_DATE},
    {"isoyear",      part_iso_year,     0, NEEDS_DATE},
    {"doy",          part_day_of_year,  0, NEEDS_DATE},
    {"dow",          part_weekday,      0, NEEDS_DATE},
    {"isodow",       part_iso_weekday,  0, NEEDS_DATE},
    {"decade",       part_decade,       0, NEEDS_DATE},
    {"century",      part_century,      0, NEEDS_DATE},
};

static bool name_is(struct stoa_view word, const char *name)
{
    const size_t size = strlen(name);
    /* "years" is "year" */
    const size_t given = word.length == size + 1 && word.data[size] == 's'
                             ? word.length - (size_t)1
                             : word.length;
    if (given != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        const uint8_t c = word.data[i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != name[i])
            return false;
    }
    return true;
}

/* The unit of a call's first argument, or NULL. */
static const struct stoa_view *constant_word(const struct stoa_expr *expr)
{
    return expr->kind == STOA_EXPR_CONSTANT && !expr->constant.is_null &&
                   expr->type.id == STOA_TYPE_TEXT
               ? &expr->constant.bytes
               : NULL;
}

static const struct part *find_part(const struct stoa_expr *expr)
{
    const struct stoa_view *word = constant_word(expr);
    for (size_t i = 0; word && i < sizeof parts / sizeof parts[0]; i++) {
        if (name_is(*word, parts[i].name))
            return &parts[i];
    }
    return NULL;
}

static bool is_time_like(stoa_type type, unsigned needs)
{
    if (type.id == STOA_TYPE_DATE)
        return !(needs & NEEDS_TIME);
    if (type.id == STOA_TYPE_TIME)
        return !(needs & NEEDS_DATE);
    return type.id == STOA_TYPE_TIMESTAMP || type.id == STOA_TYPE_TIMESTAMPTZ;
}

/* ---- extract ---- */

static bool resolve_part(const struct stoa_function *function,
                         struct stoa_expr *const *args, uint32_t arg_count,
                         stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    const struct part *part = arg_count == 2 ? find_part(args[0]) : NULL;
    if (!part || args[1]->is_untyped || !is_time_like(args[1]->type, part->needs))
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
    *state = find_part(expr->args[0]);
    expr->state = state;
    return STOA_OK;
}

static stoa_status row_part(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    const struct part *part = *(const struct part *const *)call->expr->state;
    const struct moment m =
        take_apart(call->expr->args[1]->type, call->args[1]->values.i64[row]);
    call->out->values.i64[row] = part->get(&m);
    return STOA_OK;
}

static stoa_status eval_part(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_part, err);
}

/* ---- date_trunc ---- */

/* Fixed units have a length; calendar units a number of months. */
struct unit {
    const char *name;
    int64_t us;
    unsigned months;
};

static const struct unit units[] = {
    {"microsecond", 1,                    0  },
    {"millisecond", 1000,                 0  },
    {"second",      US_PER_SECOND,        0  },
    {"minute",      60 * US_PER_SECOND,   0  },
    {"hour",        3600 * US_PER_SECOND, 0  },
    {"day",         US_PER_DAY,           0  },
    {"week",        7 * US_PER_DAY,       0  },
    {"month",       0,                    1  },
    {"quarter",     0,                    3  },
    {"year",        0,                    12 },
    {"decade",      0,                    120},
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

static int64_t truncate_months(int64_t value, unsigned months)
{
    const struct moment m = take_apart(stoa_type_of(STOA_TYPE_TIMESTAMP), value);
    const int64_t month = m.year * 12 + m.month - 1;
    const int64_t start = floor_div(month, months) * months;
    int64_t days = 0;
    if (!stoa_date_from_civil(floor_div(start, 12),
                              (unsigned)(start - floor_div(start, 12) * 12) + 1, 1, &days))
        return value; /* below the calendar's first year: nothing to truncate to */
    return days * US_PER_DAY;
}

static stoa_status row_trunc(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    const struct unit *unit = *(const struct unit *const *)call->expr->state;
    const int64_t value = call->args[1]->values.i64[row];
    if (unit->months > 0) {
        call->out->values.i64[row] = truncate_months(value, unit->months);
        return STOA_OK;
    }
    /* Weeks start on Monday, 1970-01-05. */
    const int64_t origin = unit->us == 7 * US_PER_DAY ? 4 * US_PER_DAY : 0;
    call->out->values.i64[row] = floor_div(value - origin, unit->us) * unit->us + origin;
    return STOA_OK;
}

static stoa_status eval_trunc(struct stoa_call *call, stoa_error *err)
{
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

static stoa_status row_make_date(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const int64_t year = call->args[0]->values.i64[row];
    const int64_t month = call->args[1]->values.i64[row];
    const int64_t day = call->args[2]->values.i64[row];
    int64_t days = 0;
    if (month < 1 || month > 12 || day < 1 || day > 31 ||
        !stoa_date_from_civil(year, (unsigned)month, (unsigned)day, &days))
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
    /* Year 9999 is about 2.5e11 seconds away; NaN fails the test as well. */
    if (!(seconds > -3.8e11 && seconds < 2.6e11))
        return stoa_fail(err, STOA_E_OVERFLOW, "to_timestamp: %g seconds are out of range",
                         seconds);
    const double us = seconds * 1e6;
    call->out->values.i64[row] = (int64_t)(us < 0 ? us - 0.5 : us + 0.5);
    return STOA_OK;
}

static stoa_status eval_to_timestamp(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_to_timestamp, err);
}

const struct stoa_function stoa_functions_date[] = {
    {.name = "extract",
     .help = "extract(unit FROM date or time) -> int64; second and epoch decimal(18,6)",
     .resolve = resolve_part,
     .prepare = prepare_part,
     .eval = eval_part},
    {.name = "date_part",
     .help = "date_part('unit', date or time) -> as extract",
     .resolve = resolve_part,
     .prepare = prepare_part,
     .eval = eval_part},
    {.name = "date_trunc",
     .help = "date_trunc('unit', date or timestamp) -> timestamp",
     .resolve = resolve_trunc,
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
    {.name = NULL      },
};
