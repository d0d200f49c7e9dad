/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimals to text and back, in 128-bit integers: never through floating point. Called through
 * format/text.c; stoa_decimal_parse and stoa_pow10 also by query and ingest.
 */
#include <assert.h>

#include "format/text_parts.h"

enum { DECIMAL_DIGITS = 38 };

/* There are no literals of 128 bits: from 10^19 on these are products. */
#define E19(rest) ((stoa_i128)UINT64_C(10000000000000000000) * (stoa_i128)UINT64_C(rest))

static const stoa_i128 powers_of_ten[DECIMAL_DIGITS + 1] = {
    INT64_C(1),
    INT64_C(10),
    INT64_C(100),
    INT64_C(1000),
    INT64_C(10000),
    INT64_C(100000),
    INT64_C(1000000),
    INT64_C(10000000),
    INT64_C(100000000),
    INT64_C(1000000000),
    INT64_C(10000000000),
    INT64_C(100000000000),
    INT64_C(1000000000000),
    INT64_C(10000000000000),
    INT64_C(100000000000000),
    INT64_C(1000000000000000),
    INT64_C(10000000000000000),
    INT64_C(100000000000000000),
    INT64_C(1000000000000000000),
    E19(1),
    E19(10),
    E19(100),
    E19(1000),
    E19(10000),
    E19(100000),
    E19(1000000),
    E19(10000000),
    E19(100000000),
    E19(1000000000),
    E19(10000000000),
    E19(100000000000),
    E19(1000000000000),
    E19(10000000000000),
    E19(100000000000000),
    E19(1000000000000000),
    E19(10000000000000000),
    E19(100000000000000000),
    E19(1000000000000000000),
    E19(10000000000000000000),
};

stoa_i128 stoa_pow10(unsigned n)
{
    assert(n <= DECIMAL_DIGITS);
    return powers_of_ten[n];
}

static stoa_i128 unscaled(stoa_type type, const struct stoa_value *value)
{
    return stoa_type_phys(type) == STOA_PHYS_I64 ? (stoa_i128)value->i64 : value->i128;
}

/* Digits of `v` without leading zeros ("0" for 0), at most 39. */
static size_t write_u128(stoa_u128 v, char *out)
{
    const uint64_t chunk = UINT64_C(10000000000000000000); /* 10^19 */
    if (v < chunk)
        return stoa_text_write_u64((uint64_t)v, out);
    const size_t head = write_u128(v / chunk, out);
    stoa_text_write_padded((uint64_t)(v % chunk), 19, out + head);
    return head + 19;
}

static size_t write_decimal(stoa_type type, const struct stoa_value *value,
                            char out[STOA_VALUE_TEXT_MAX])
{
    const stoa_i128 v = unscaled(type, value);
    char digits[40];
    const size_t count = write_u128(v < 0 ? 0 - (stoa_u128)v : (stoa_u128)v, digits);
    const size_t scale = type.scale;
    size_t at = 0;
    if (v < 0)
        out[at++] = '-';
    const size_t whole = count > scale ? count - scale : 0;
    if (whole == 0)
        out[at++] = '0';
    memcpy(out + at, digits, whole);
    at += whole;
    if (scale == 0)
        return at;
    out[at++] = '.';
    const size_t padding = count < scale ? scale - count : 0;
    memset(out + at, '0', padding);
    at += padding;
    memcpy(out + at, digits + whole, count - whole);
    return at + count - whole;
}

/* A decimal literal taken apart: the digits lie in [first, last) with at most one point. */
struct literal {
    const char *first; /* first digit that is not a leading zero */
    const char *last;  /* end of the digits */
    int64_t point;     /* digits before the point, counted from `first`; may be negative */
    bool is_negative;
};

/* Splits "[+-]ddd[.ddd][e[+-]dd]"; at least one digit is needed. */
static bool scan_literal(const char *text, size_t length, struct literal *out)
{
    const char *p = text;
    const char *end = text + length;
    struct literal literal = {.is_negative = length > 0 && *p == '-'};
    if (length > 0 && (*p == '-' || *p == '+'))
        p++;
    const char *point = NULL;
    const char *begin = p;
    for (; p < end && (stoa_text_is_digit(*p) || (*p == '.' && !point)); p++) {
        if (*p == '.')
            point = p;
    }
    literal.last = p;
    if (literal.last - begin - (point != NULL) <= 0)
        return false;
    int64_t exponent = 0;
    if (p < end &&
        ((*p != 'e' && *p != 'E') || !stoa_text_scan_exponent(p + 1, end, &exponent)))
        return false;
    const char *first = begin;
    while (first < literal.last && (*first == '0' || *first == '.'))
        first++;
    const char *whole_end = point ? point : literal.last;
    literal.first = first;
    /* Behind the point the point itself lies between and is not a digit. */
    literal.point =
        (first <= whole_end ? whole_end - first : whole_end + 1 - first) + exponent;
    *out = literal;
    return true;
}

/* The first `keep` digits as an integer, rounded half away from zero by the next one. */
static enum stoa_text_result take_digits(const struct literal *literal, int64_t keep,
                                         stoa_i128 *out)
{
    stoa_i128 v = 0;
    const char *p = literal->first;
    if (p == literal->last || keep < 0) {
        *out = 0;
        return STOA_TEXT_GOOD;
    }
    if (keep > DECIMAL_DIGITS)
        return STOA_TEXT_RANGE;
    for (int64_t taken = 0; taken < keep; taken++) {
        if (p < literal->last && *p == '.')
            p++;
        v = v * 10 + (p < literal->last ? *p++ - '0' : 0);
    }
    if (p < literal->last && *p == '.')
        p++;
    if (p < literal->last && *p >= '5')
        v++;
    *out = v;
    return STOA_TEXT_GOOD;
}

static enum stoa_text_result parse_decimal(stoa_type type, const char *text, size_t length,
                                           struct stoa_value *out_value)
{
    struct literal literal;
    stoa_i128 v = 0;
    if (!scan_literal(text, length, &literal))
        return STOA_TEXT_BAD;
    const enum stoa_text_result result =
        take_digits(&literal, literal.point + type.scale, &v);
    if (result != STOA_TEXT_GOOD)
        return result;
    if (v >= stoa_pow10(type.precision))
        return STOA_TEXT_RANGE;
    v = literal.is_negative ? -v : v;
    *out_value = (struct stoa_value){.is_null = false};
    if (stoa_type_phys(type) == STOA_PHYS_I64)
        out_value->i64 = (int64_t)v;
    else
        out_value->i128 = v;
    return STOA_TEXT_GOOD;
}

bool stoa_decimal_parse(const char *text, size_t length, unsigned scale, stoa_i128 *out)
{
    const bool is_negative = length > 0 && text[0] == '-';
    unsigned digits = 0;   /* without leading zeros */
    unsigned fraction = 0; /* behind the point */
    bool has_digit = false;
    bool has_point = false;
    stoa_i128 v = 0;
    for (size_t i = is_negative; i < length; i++) {
        if (text[i] == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (!stoa_text_is_digit(text[i]))
            return false;
        has_digit = true;
        digits += v != 0 || text[i] != '0';
        fraction += has_point;
        if (digits > DECIMAL_DIGITS || fraction > scale)
            return false;
        v = v * 10 + (text[i] - '0');
    }
    if (!has_digit || (v != 0 && digits + (scale - fraction) > DECIMAL_DIGITS))
        return false;
    if (v != 0)
        v *= stoa_pow10(scale - fraction);
    *out = is_negative ? -v : v;
    return true;
}

const struct stoa_text_ops *stoa_text_decimal_ops(void)
{
    static const struct stoa_text_ops ops = {.write = write_decimal,
                                             .parse = parse_decimal};
    return &ops;
}
