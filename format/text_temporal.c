/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates, times of day and timestamps to text and back, on the proleptic Gregorian calendar with
 * a year 0. Called through format/text.c; the exact forms in text_temporal.h by ingest.
 *
 * The day count uses years that begin on 1 March and eras of 400 years, so that leap days come
 * last and no table of month lengths is needed on the way to a date.
 */
#include "format/text_temporal.h"

#include "format/text_parts.h"

enum {
    YEAR_LIMIT = 9999,
    DAYS_PER_ERA = 146097,        /* 400 years */
    DAYS_TO_EPOCH = 719468,       /* 0000-03-01 .. 1970-01-01 */
    ZONE_LIMIT_MINUTES = 16 * 60, /* no zone was ever farther from Greenwich */
    FIRST_DAY = -4371587,         /* -9999-01-01 */
    LAST_DAY = 2932896            /* 9999-12-31 */
};

/* ---- the calendar ---- */

static unsigned month_days(int64_t year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && is_leap ? 29u : days[month - 1];
}

bool stoa_date_from_civil(int64_t year, unsigned month, unsigned day, int64_t *out_days)
{
    if (year < -YEAR_LIMIT || year > YEAR_LIMIT || month < 1 || month > 12 || day < 1 ||
        day > month_days(year, month))
        return false;
    const int64_t y = year - (month <= 2);
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const int64_t year_of_era = y - era * 400;
    const int64_t march_month = month > 2 ? month - 3 : month + 9;
    const int64_t day_of_year = (153 * march_month + 2) / 5 + (int64_t)day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    *out_days = era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH;
    return true;
}

void stoa_date_to_civil(int64_t days, int64_t *out_year, unsigned *out_month,
                        unsigned *out_day)
{
    /* Split before shifting, so that no day count can overflow. */
    int64_t era = days / DAYS_PER_ERA;
    int64_t rest = days % DAYS_PER_ERA + DAYS_TO_EPOCH;
    era += (rest >= 0 ? rest : rest - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    rest %= DAYS_PER_ERA;
    const int64_t day_of_era = rest < 0 ? rest + DAYS_PER_ERA : rest;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t march_month = (5 * day_of_year + 2) / 153;
    const unsigned month = (unsigned)(march_month < 10 ? march_month + 3 : march_month - 9);
    *out_day = (unsigned)(day_of_year - (153 * march_month + 2) / 5 + 1);
    *out_month = month;
    *out_year = era * 400 + year_of_era + (month <= 2);
}

/* ---- printing ---- */

static size_t write_civil_date(int64_t days, char *out)
{
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    stoa_date_to_civil(days, &year, &month, &day);
    size_t at = 0;
    if (year < 0)
        out[at++] = '-';
    const uint64_t magnitude = (uint64_t)(year < 0 ? -year : year);
    if (magnitude <= YEAR_LIMIT) {
        stoa_text_write_padded(magnitude, 4, out + at);
        at += 4;
    } else {
        at += stoa_text_write_u64(magnitude, out + at);
    }
    out[at] = '-';
    stoa_text_write_padded(month, 2, out + at + 1);
    out[at + 3] = '-';
    stoa_text_write_padded(day, 2, out + at + 4);
    return at + 6;
}

/* `micros` may be outside one day (hours then have more digits) but not negative. */
static size_t write_clock(uint64_t micros, char *out)
{
    const uint64_t second = micros / (uint64_t)STOA_MICROS_PER_SECOND;
    const uint64_t hour = second / 3600;
    size_t at = 0;
    if (hour < 10)
        out[at++] = '0';
    at += stoa_text_write_u64(hour, out + at);
    out[at] = ':';
    stoa_text_write_padded(second / 60 % 60, 2, out + at + 1);
    out[at + 3] = ':';
    stoa_text_write_padded(second % 60, 2, out + at + 4);
    at += 6;
    const uint64_t fraction = micros % (uint64_t)STOA_MICROS_PER_SECOND;
    if (fraction == 0)
        return at;
    out[at] = '.';
    stoa_text_write_padded(fraction, 6, out + at + 1);
    at += 7;
    while (out[at - 1] == '0')
        at--;
    return at;
}

static size_t write_date(stoa_type type, const struct stoa_value *value,
                         char out[STOA_VALUE_TEXT_MAX])
{
    STOA_UNUSED(type);
    return write_civil_date(value->i64, out);
}

static size_t write_time(stoa_type type, const struct stoa_value *value,
                         char out[STOA_VALUE_TEXT_MAX])
{
    STOA_UNUSED(type);
    const int64_t micros = value->i64;
    if (micros >= 0)
        return write_clock((uint64_t)micros, out);
    out[0] = '-';
    return 1 + write_clock(0 - (uint64_t)micros, out + 1);
}

static size_t write_timestamp(stoa_type type, const struct stoa_value *value,
                              char out[STOA_VALUE_TEXT_MAX])
{
    int64_t days = value->i64 / STOA_MICROS_PER_DAY;
    int64_t micros = value->i64 % STOA_MICROS_PER_DAY;
    if (micros < 0) {
        days--;
        micros += STOA_MICROS_PER_DAY;
    }
    size_t at = write_civil_date(days, out);
    out[at++] = ' ';
    at += write_clock((uint64_t)micros, out + at);
    if (type.id == STOA_TYPE_TIMESTAMPTZ) {
        memcpy(out + at, "+00", 3);
        at += 3;
    }
    return at;
}

/* ---- reading ---- */

/* A text that is eaten from the front. */
struct scanner {
    const char *p;
    const char *end;
};

static bool take_char(struct scanner *scan, char c)
{
    if (scan->p == scan->end || *scan->p != c)
        return false;
    scan->p++;
    return true;
}

/* Between `least` and `most` digits, as many as there are. */
static bool take_number(struct scanner *scan, size_t least, size_t most, unsigned *out)
{
    size_t count = 0;
    unsigned v = 0;
    while (count < most && scan->p < scan->end && stoa_text_is_digit(*scan->p)) {
        v = v * 10 + (unsigned)(*scan->p++ - '0');
        count++;
    }
    *out = v;
    return count >= least;
}

/* "YYYY-MM-DD", with `is_strict` in full width only, else "Y-M-D" too. */
static enum stoa_text_result take_date(struct scanner *scan, bool is_strict, int64_t *out)
{
    const bool is_negative = take_char(scan, '-');
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    const size_t least = is_strict ? 2 : 1;
    if (!take_number(scan, 4, is_strict ? 4 : 6, &year) || !take_char(scan, '-') ||
        !take_number(scan, least, 2, &month) || !take_char(scan, '-') ||
        !take_number(scan, least, 2, &day))
        return STOA_TEXT_BAD;
    const int64_t signed_year = is_negative ? -(int64_t)year : (int64_t)year;
    return stoa_date_from_civil(signed_year, month, day, out) ? STOA_TEXT_GOOD
                                                              : STOA_TEXT_RANGE;
}

/* ".f..." as microseconds. Strict: digits behind the sixth must be 0; else they round. */
static bool take_fraction(struct scanner *scan, bool is_strict, int64_t *micros)
{
    const char *begin = scan->p;
    int64_t v = 0;
    int64_t unit = STOA_MICROS_PER_SECOND / 10;
    bool is_sixth_past = false;
    for (; scan->p < scan->end && stoa_text_is_digit(*scan->p); scan->p++) {
        const int64_t digit = *scan->p - '0';
        v += digit * unit;
        if (unit == 0 && is_strict && digit != 0)
            return false;
        if (unit == 0 && !is_sixth_past && digit >= 5)
            v++;
        is_sixth_past |= unit == 0;
        unit /= 10;
    }
    *micros += v;
    return scan->p > begin;
}

/* "HH:MM[:SS[.f]]"; lenient: "24:00:00" and second 60, as PostgreSQL. */
static enum stoa_text_result take_clock(struct scanner *scan, bool is_strict, int64_t *out)
{
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    int64_t fraction = 0;
    if (!take_number(scan, is_strict ? 2 : 1, 2, &hour) || !take_char(scan, ':') ||
        !take_number(scan, 2, 2, &minute))
        return STOA_TEXT_BAD;
    if (take_char(scan, ':')) {
        if (!take_number(scan, 2, 2, &second))
            return STOA_TEXT_BAD;
        if (take_char(scan, '.') && !take_fraction(scan, is_strict, &fraction))
            return STOA_TEXT_BAD;
    }
    const int64_t micros =
        ((int64_t)hour * 3600 + minute * 60 + second) * STOA_MICROS_PER_SECOND + fraction;
    const bool is_in_day = hour < 24 && minute < 60 && second < 60;
    const bool is_allowed =
        !is_strict && minute < 60 && second <= 60 && micros <= STOA_MICROS_PER_DAY;
    if (!is_in_day && !is_allowed)
        return STOA_TEXT_RANGE;
    *out = micros;
    return STOA_TEXT_GOOD;
}

/* "Z" or "+HH[[:]MM]"; `*out_has_zone` false and nothing eaten when there is none. */
static enum stoa_text_result take_zone(struct scanner *scan, bool *out_has_zone,
                                       int64_t *out_minutes)
{
    *out_has_zone = false;
    *out_minutes = 0;
    if (scan->p == scan->end)
        return STOA_TEXT_GOOD;
    const char sign = *scan->p;
    if (sign != 'Z' && sign != 'z' && sign != '+' && sign != '-')
        return STOA_TEXT_GOOD;
    scan->p++;
    *out_has_zone = true;
    if (sign == 'Z' || sign == 'z')
        return STOA_TEXT_GOOD;
    unsigned hour = 0;
    unsigned minute = 0;
    if (!take_number(scan, 2, 2, &hour))
        return STOA_TEXT_BAD;
    const bool has_colon = take_char(scan, ':');
    if ((has_colon || scan->p < scan->end) && !take_number(scan, 2, 2, &minute))
        return STOA_TEXT_BAD;
    const int64_t minutes = (int64_t)hour * 60 + minute;
    if (minute > 59 || minutes > ZONE_LIMIT_MINUTES)
        return STOA_TEXT_RANGE;
    *out_minutes = sign == '-' ? -minutes : minutes;
    return STOA_TEXT_GOOD;
}

static void skip_blanks(struct scanner *scan)
{
    while (scan->p < scan->end && stoa_text_is_blank(*scan->p))
        scan->p++;
}

/* A date, then optionally a clock and a zone, up to the end. */
static enum stoa_text_result take_timestamp(struct scanner *scan, bool is_strict,
                                            bool *out_has_zone, int64_t *out_micros)
{
    int64_t days = 0;
    int64_t clock = 0;
    int64_t minutes = 0;
    bool has_zone = false;
    enum stoa_text_result result = take_date(scan, is_strict, &days);
    if (result != STOA_TEXT_GOOD)
        return result;
    if (is_strict || scan->p < scan->end) {
        if (!take_char(scan, 'T') && !take_char(scan, ' ') &&
            (is_strict || !take_char(scan, 't')))
            return STOA_TEXT_BAD;
        if (!is_strict)
            skip_blanks(scan);
        result = take_clock(scan, is_strict, &clock);
        if (result != STOA_TEXT_GOOD)
            return result;
        if (!is_strict)
            skip_blanks(scan);
        result = take_zone(scan, &has_zone, &minutes);
        if (result != STOA_TEXT_GOOD)
            return result;
    }
    if (scan->p != scan->end)
        return STOA_TEXT_BAD;
    /* Years within +-9999 keep all of this far inside 64 bits. The zone may lead out of them,
     * to an instant that would print as what does not read back. */
    const int64_t micros =
        days * STOA_MICROS_PER_DAY + clock - minutes * 60 * STOA_MICROS_PER_SECOND;
    if (micros < FIRST_DAY * STOA_MICROS_PER_DAY ||
        micros >= (LAST_DAY + 1) * STOA_MICROS_PER_DAY)
        return STOA_TEXT_RANGE;
    *out_has_zone = has_zone;
    *out_micros = micros;
    return STOA_TEXT_GOOD;
}

bool stoa_date_parse_iso(const char *text, size_t length, int64_t *out_days)
{
    struct scanner scan = {.p = text, .end = text + length};
    int64_t days = 0;
    if (take_date(&scan, true, &days) != STOA_TEXT_GOOD || scan.p != scan.end)
        return false;
    *out_days = days;
    return true;
}

bool stoa_time_parse_iso(const char *text, size_t length, int64_t *out_micros)
{
    struct scanner scan = {.p = text, .end = text + length};
    int64_t micros = 0;
    if (length < 8 || take_clock(&scan, true, &micros) != STOA_TEXT_GOOD ||
        scan.p != scan.end)
        return false;
    *out_micros = micros;
    return true;
}

bool stoa_timestamp_parse_iso(const char *text, size_t length, bool *out_has_zone,
                              int64_t *out_micros)
{
    struct scanner scan = {.p = text, .end = text + length};
    return take_timestamp(&scan, true, out_has_zone, out_micros) == STOA_TEXT_GOOD;
}

static enum stoa_text_result parse_date(stoa_type type, const char *text, size_t length,
                                        struct stoa_value *out_value)
{
    STOA_UNUSED(type);
    struct scanner scan = {.p = text, .end = text + length};
    int64_t days = 0;
    enum stoa_text_result result = take_date(&scan, false, &days);
    if (result != STOA_TEXT_GOOD)
        return result;
    if (scan.p != scan.end) { /* a timestamp gives its date as written, as PostgreSQL */
        struct scanner whole = {.p = text, .end = text + length};
        bool has_zone = false;
        int64_t micros = 0;
        result = take_timestamp(&whole, false, &has_zone, &micros);
        if (result != STOA_TEXT_GOOD)
            return result;
    }
    *out_value = (struct stoa_value){.i64 = days};
    return STOA_TEXT_GOOD;
}

static enum stoa_text_result parse_time(stoa_type type, const char *text, size_t length,
                                        struct stoa_value *out_value)
{
    STOA_UNUSED(type);
    struct scanner scan = {.p = text, .end = text + length};
    int64_t micros = 0;
    const enum stoa_text_result result = take_clock(&scan, false, &micros);
    if (result != STOA_TEXT_GOOD)
        return result;
    if (scan.p != scan.end)
        return STOA_TEXT_BAD;
    *out_value = (struct stoa_value){.i64 = micros};
    return STOA_TEXT_GOOD;
}

static enum stoa_text_result parse_timestamp(stoa_type type, const char *text,
                                             size_t length, struct stoa_value *out_value)
{
    struct scanner scan = {.p = text, .end = text + length};
    bool has_zone = false;
    int64_t micros = 0;
    const enum stoa_text_result result = take_timestamp(&scan, false, &has_zone, &micros);
    if (result != STOA_TEXT_GOOD)
        return result;
    /* A zone in the text of a zoneless type would shift the reading or lose the zone: neither
     * is done silently. A zoned type without a zone is read as UTC. */
    if (has_zone && type.id == STOA_TYPE_TIMESTAMP)
        return STOA_TEXT_BAD;
    *out_value = (struct stoa_value){.i64 = micros};
    return STOA_TEXT_GOOD;
}

const struct stoa_text_ops *stoa_text_date_ops(void)
{
    static const struct stoa_text_ops ops = {.write = write_date, .parse = parse_date};
    return &ops;
}

const struct stoa_text_ops *stoa_text_time_ops(void)
{
    static const struct stoa_text_ops ops = {.write = write_time, .parse = parse_time};
    return &ops;
}

const struct stoa_text_ops *stoa_text_timestamp_ops(void)
{
    static const struct stoa_text_ops ops = {.write = write_timestamp,
                                             .parse = parse_timestamp};
    return &ops;
}
