/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows as text, one line each: cells parted by tabs, \N for NULL, and \t \n \r \\ for what would
 * break a line. Spellings are canonical, so that two decoders can be compared byte by byte.
 * Floats are found by trying ever more digits with the C library: slow, and plainly right.
 */
#include "decoder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_names[] = {
    "",        "bool", "int8", "int16",     "int32",       "int64", "uint64", "float64",
    "decimal", "date", "time", "timestamp", "timestamptz", "text",  "binary", "uuid"};

static void print_escaped(const uint8_t *p, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        switch (p[i]) {
        case '\t': fputs("\\t", stdout); break;
        case '\n': fputs("\\n", stdout); break;
        case '\r': fputs("\\r", stdout); break;
        case '\\': fputs("\\\\", stdout); break;
        default: putchar(p[i]);
        }
    }
}

void print_heading(const struct decoder *d)
{
    for (uint32_t i = 0; i < d->column_count; i++) {
        const struct column *c = &d->columns[i];
        if (i > 0)
            putchar('\t');
        print_escaped(c->name, c->name_size);
        printf(":%s", type_names[c->type]);
        if (c->type == TYPE_DECIMAL)
            printf("(%u,%u)", c->precision, c->scale);
    }
    putchar('\n');
}

/* The digits of a 128-bit number, at least `least` of them, NUL terminated, at the end of out. */
static const char *digits_of(uint64_t high, uint64_t low, unsigned least, char out[64])
{
    uint32_t part[4] = {(uint32_t)(high >> 32), (uint32_t)high, (uint32_t)(low >> 32),
                        (uint32_t)low};
    char *p = out + 63;
    *p = 0;
    unsigned count = 0;
    while (part[0] != 0 || part[1] != 0 || part[2] != 0 || part[3] != 0 || count < least) {
        uint64_t rest = 0;
        for (unsigned i = 0; i < 4; i++) {
            rest = rest << 32 | part[i];
            part[i] = (uint32_t)(rest / 10);
            rest %= 10;
        }
        *--p = (char)('0' + rest);
        count++;
    }
    return p;
}

/* Unscaled integer `high:low` (signed) with `scale` digits behind the point. */
static void print_decimal(uint64_t high, uint64_t low, unsigned scale)
{
    char text[64];
    if (high >> 63) {
        low = 0 - low;
        high = ~high + (low == 0);
        putchar('-');
    }
    const char *digits = digits_of(high, low, scale + 1, text);
    const size_t whole = strlen(digits) - scale;
    printf("%.*s", (int)whole, digits);
    if (scale > 0)
        printf(".%s", digits + whole);
}

/* The digit string one unit above: "1299" gives "1300", "99" gives "10" one power higher. */
static void increment(char *digits, int *exponent)
{
    size_t i = strlen(digits);
    while (i > 0 && digits[i - 1] == '9')
        digits[--i] = '0';
    if (i > 0) {
        digits[i - 1]++;
        return;
    }
    digits[0] = '1';
    ++*exponent;
}

static bool reads_back(const char *digits, int exponent, double x)
{
    char text[64];
    snprintf(text, sizeof text, "%c.%se%d", digits[0], digits[1] ? digits + 1 : "0",
             exponent);
    return strtod(text, NULL) == x;
}

/* The fewest digits that read back to x > 0, nearest first; x = d.ddd x 10^exponent. Below a power of two
 * the gap is half as wide, so that only the upper neighbour may read back. */
static void shortest(double x, char digits[24], int *exponent)
{
    for (int count = 1; count <= 17; count++) {
        char text[48];
        snprintf(text, sizeof text, "%.*e", count - 1, x);
        *exponent = atoi(strchr(text, 'e') + 1);
        size_t n = 0;
        for (const char *p = text; *p != 'e'; p++) {
            if (*p != '.')
                digits[n++] = *p;
        }
        digits[n] = 0;
        if (reads_back(digits, *exponent, x))
            return;
        increment(digits, exponent);
        if (reads_back(digits, *exponent, x))
            return;
    }
}

static void print_float(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    if (isnan(x)) {
        fputs("NaN", stdout);
        return;
    }
    if (signbit(x)) {
        putchar('-');
        x = -x;
    }
    if (isinf(x)) {
        fputs("Infinity", stdout);
        return;
    }
    if (x == 0) {
        putchar('0');
        return;
    }
    char digits[24];
    int exponent = 0;
    shortest(x, digits, &exponent);
    size_t n = strlen(digits);
    while (n > 1 && digits[n - 1] == '0')
        digits[--n] = 0;
    const int count = (int)n;
    if (exponent < -5 || exponent >= 17) {
        printf("%c%s%se%c%02d", digits[0], count > 1 ? "." : "", digits + 1,
               exponent < 0 ? '-' : '+', abs(exponent));
    } else if (exponent < 0) {
        printf("0.%.*s%s", -exponent - 1, "00000", digits);
    } else if (count <= exponent + 1) {
        printf("%s%.*s", digits, exponent + 1 - count, "0000000000000000");
    } else {
        printf("%.*s.%s", exponent + 1, digits, digits + exponent + 1);
    }
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar, which repeats every 400 years. */
static void print_date(int64_t days)
{
    static const int before_month[] = {0,   31,  61,  92,  122, 153,
                                       184, 214, 245, 275, 306, 337};
    int64_t era_day = days + 719468; /* since 0000-03-01; the leap day ends the year */
    int64_t era = era_day / 146097;
    if (era_day % 146097 < 0)
        era--;
    era_day -= era * 146097;
    const int64_t year_of_era =
        (era_day - era_day / 1460 + era_day / 36524 - era_day / 146096) / 365;
    const int64_t day = era_day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = 11;
    while (before_month[month] > day)
        month--;
    const int64_t year = era * 400 + year_of_era + (month >= 10);
    printf("%s%04lld-%02d-%02d", year < 0 ? "-" : "", (long long)(year < 0 ? -year : year),
           month < 10 ? month + 3 : month - 9, (int)(day - before_month[month]) + 1);
}

/* Microseconds since midnight; zeros at the end of the fraction are left out. */
static void print_time(int64_t micros)
{
    const int64_t seconds = micros / 1000000;
    printf("%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
           (int)(seconds % 60));
    int fraction = (int)(micros % 1000000);
    if (fraction == 0)
        return;
    int width = 6;
    for (; fraction % 10 == 0; fraction /= 10)
        width--;
    printf(".%0*d", width, fraction);
}

static void print_timestamp(int64_t micros)
{
    const int64_t per_day = INT64_C(86400000000);
    int64_t days = micros / per_day;
    if (micros % per_day < 0)
        days--;
    print_date(days);
    putchar(' ');
    print_time(micros - days * per_day);
}

static void print_hex(const uint8_t *p, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        printf("%02x", p[i]);
}

static void print_uuid(const uint8_t *p)
{
    static const uint32_t parts[] = {4, 2, 2, 2, 6};
    for (unsigned i = 0; i < 5; p += parts[i++]) {
        if (i > 0)
            putchar('-');
        print_hex(p, parts[i]);
    }
}

void print_value(const struct column *column, const struct value *v)
{
    const int64_t number = (int64_t)v->low;
    if (v->is_null) {
        fputs("\\N", stdout);
        return;
    }
    switch (column->type) {
    case TYPE_BOOL: fputs(v->low ? "true" : "false", stdout); break;
    case TYPE_UINT64: printf("%llu", (unsigned long long)v->low); break;
    case TYPE_FLOAT64: print_float(v->low); break;
    case TYPE_DECIMAL:
        print_decimal(column->kind == KIND_I128 ? v->high : (number < 0 ? ~UINT64_C(0) : 0),
                      v->low, column->scale);
        break;
    case TYPE_DATE: print_date(number); break;
    case TYPE_TIME: print_time(number); break;
    case TYPE_TIMESTAMP: print_timestamp(number); break;
    case TYPE_TIMESTAMPTZ:
        print_timestamp(number);
        fputs("+00", stdout);
        break;
    case TYPE_TEXT: print_escaped(v->text, v->size); break;
    case TYPE_BINARY:
        fputs("\\\\x", stdout); /* \x, its backslash escaped */
        print_hex(v->text, v->size);
        break;
    case TYPE_UUID: print_uuid(v->text); break;
    default: printf("%lld", (long long)number);
    }
}
