/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The classifier of value_kind.h. Called by type inference for every value that the fast loops
 * cannot place, so its order of tests follows the first byte; owns nothing.
 *
 * A kind is accepted only if the canonical print of the parsed value means the same as the
 * text: that is what makes inference lossless.
 */
#include "writer/ingest/value_kind.h"

#include "format/text_float.h"
#include "format/text_temporal.h"
#include "writer/ingest/digits_time.h"

enum { DECIMAL_DIGITS = 38 };

static bool is_digit(uint8_t byte)
{
    return (uint8_t)(byte - '0') < 10;
}

static uint32_t count_digits(const uint8_t *text, uint32_t length)
{
    uint32_t n = 0;
    while (n < length && is_digit(text[n]))
        n++;
    return n;
}

/* ---- numbers ---- */

static stoa_i128 digits_i128(const uint8_t *text, uint32_t count)
{
    stoa_i128 v = 0; /* 38 digits stay below 2^127 */
    for (uint32_t i = 0; i < count; i++)
        v = v * 10 + (text[i] - '0');
    return v;
}

static bool is_all_zeros(const uint8_t *text, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        if (text[i] != '0' && text[i] != '.')
            return false;
    }
    return true;
}

/* "e+dd" or "E-dd": [ING-22] without a sign it is more often an identifier than a number. */
static bool is_exponent(const uint8_t *text, uint32_t length)
{
    return length >= 3 && (text[0] == 'e' || text[0] == 'E') &&
           (text[1] == '+' || text[1] == '-') &&
           count_digits(text + 2, length - 2) == length - 2;
}

/* Behind the sign. */
static enum stoa_kind number_kind(const uint8_t *text, uint32_t length, bool is_negative,
                                  struct stoa_kind_detail *detail)
{
    const uint32_t whole = count_digits(text, length);
    if (whole > 1 && text[0] == '0') /* "007" and "00.5" */
        return STOA_KIND_TEXT;
    uint32_t used = whole;
    uint32_t scale = 0;
    if (used < length && text[used] == '.') {
        scale = count_digits(text + used + 1, length - used - 1);
        if (scale == 0)
            return STOA_KIND_TEXT;
        used += 1 + scale;
    }
    if (whole == 0 && scale == 0)
        return STOA_KIND_TEXT;
    if (used < length)
        return is_exponent(text + used, length - used) ? STOA_KIND_FLOAT : STOA_KIND_TEXT;
    if (is_negative && is_all_zeros(text, length))
        return STOA_KIND_FLOAT;
    if (scale == 0) {
        if (whole > DECIMAL_DIGITS)
            return STOA_KIND_TEXT;
        detail->integer = digits_i128(text, whole);
        if (is_negative)
            detail->integer = -detail->integer;
        return STOA_KIND_INT;
    }
    detail->whole_digits = whole == 1 && text[0] == '0' ? 0 : whole;
    detail->scale = scale;
    return STOA_KIND_FRACTION;
}

bool stoa_kind_is_float(const uint8_t *text, uint32_t length)
{
    struct stoa_number number;
    const char *chars = (const char *)text;
    if (!stoa_number_scan(chars, length, &number))
        return false;
    return stoa_number_is_shortest(&number, stoa_number_to_f64(&number, chars, length));
}

/* At most 19: fractions have no more. */
static uint32_t count_significant(uint64_t digits)
{
    uint32_t count = 0;
    while (count < 19 && digits >= stoa_digits_unit(count))
        count++;
    return count;
}

double stoa_fraction_float(const struct stoa_fraction *fraction, const uint8_t *text,
                           uint32_t length, bool *out_is_exact)
{
    const struct stoa_number number = {.digits = fraction->digits,
                                       .exponent = -(int64_t)fraction->scale,
                                       .count = count_significant(fraction->digits),
                                       .is_negative = fraction->is_negative};
    const double value = stoa_number_to_f64(&number, (const char *)text, length);
    if (out_is_exact)
        *out_is_exact = stoa_number_is_shortest(&number, value);
    return value;
}

/* ---- dates and times ---- */

/* Within years 0000..9999 also after a zone was taken off: it must print with four digits. */
static bool is_printable_instant(int64_t micros)
{
    static const int64_t first_day = -719528; /* 0000-01-01 */
    static const int64_t last_day = 2932896;  /* 9999-12-31 */
    return micros >= first_day * STOA_MICROS_PER_DAY &&
           micros < (last_day + 1) * STOA_MICROS_PER_DAY;
}

static enum stoa_kind temporal_kind(const uint8_t *text, uint32_t length)
{
    const char *chars = (const char *)text;
    int64_t value = 0;
    bool has_zone = false;
    if (length >= 8 && text[2] == ':')
        return stoa_time_parse_iso(chars, length, &value) ? STOA_KIND_TIME : STOA_KIND_TEXT;
    if (length < 10 || text[4] != '-')
        return STOA_KIND_TEXT;
    if (length == 10)
        return stoa_date_fast(text, &value) ? STOA_KIND_DATE : STOA_KIND_TEXT;
    if (!stoa_timestamp_parse_iso(chars, length, &has_zone, &value) ||
        !is_printable_instant(value))
        return STOA_KIND_TEXT;
    return has_zone ? STOA_KIND_TIMESTAMPTZ : STOA_KIND_TIMESTAMP;
}

/* ---- the others ---- */

static bool is_uuid(const uint8_t *text, uint32_t length)
{
    uint8_t bytes[16];
    return length == 36 && stoa_uuid_fast(text, bytes);
}

enum stoa_kind stoa_kind_of(const uint8_t *text, uint32_t length,
                            struct stoa_kind_detail *out_detail)
{
    const uint8_t first = text[0];
    if (first == '-')
        return number_kind(text + 1, length - 1, true, out_detail);
    if (is_digit(first) || first == '.') {
        enum stoa_kind kind = number_kind(text, length, false, out_detail);
        if (kind == STOA_KIND_TEXT)
            kind = temporal_kind(text, length);
        return kind == STOA_KIND_TEXT && is_uuid(text, length) ? STOA_KIND_UUID : kind;
    }
    bool value = false;
    if (stoa_bool_fast(text, length, &value))
        return STOA_KIND_BOOL;
    return is_uuid(text, length) ? STOA_KIND_UUID : STOA_KIND_TEXT;
}

const char *stoa_kind_name(enum stoa_kind kind)
{
    static const char *const names[STOA_KIND_COUNT] = {
        [STOA_KIND_BOOL] = "a boolean",
        [STOA_KIND_INT] = "an integer",
        [STOA_KIND_FRACTION] = "a decimal",
        [STOA_KIND_FLOAT] = "a float",
        [STOA_KIND_DATE] = "a date",
        [STOA_KIND_TIME] = "a time",
        [STOA_KIND_TIMESTAMP] = "a timestamp without zone",
        [STOA_KIND_TIMESTAMPTZ] = "a timestamp with zone",
        [STOA_KIND_UUID] = "a UUID",
        [STOA_KIND_TEXT] = "text",
    };
    return names[kind];
}
