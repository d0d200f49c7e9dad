/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates, times and zones in their most frequent spellings, eight bytes at a time; see digits.h,
 * whose rule on reading beyond a field holds here too. All say "look closer" by false.
 */
#ifndef STOA_WRITER_DIGITS_TIME_H
#define STOA_WRITER_DIGITS_TIME_H

#include "writer/ingest/digits.h"

/* "YYYY-MM-DD" of a day that exists, as days since 1970-01-01; reads 10 bytes. */
static inline bool stoa_date_fast(const uint8_t *p, int64_t *out_days)
{
    static const uint16_t before[] = {0,   0,   31,  59,  90,  120, 151, 181,
                                      212, 243, 273, 304, 334, 365, 365, 365};
    static const uint8_t lengths[] = {0,  31, 28, 31, 30, 31, 30, 31,
                                      31, 30, 31, 30, 31, 0,  0,  0};
    /* Digits must be 0..9 and dashes 0 after this; the sum sets the high bit otherwise. */
    const uint64_t word = stoa_load_le64(p) ^ UINT64_C(0x2D30302D30303030);
    const unsigned tens = p[8] - (unsigned)'0';
    const unsigned ones = p[9] - (unsigned)'0';
    if ((((word + UINT64_C(0x7F76767F76767676)) | word) & UINT64_C(0x8080808080808080)) ||
        tens > 3 || ones > 9)
        return false;
    const unsigned year = (unsigned)((word & 0xFF) * 1000 + (word >> 8 & 0xFF) * 100 +
                                     (word >> 16 & 0xFF) * 10 + (word >> 24 & 0xFF));
    const unsigned month = (unsigned)((word >> 40 & 0xFF) * 10 + (word >> 48 & 0xFF));
    const unsigned day = tens * 10 + ones;
    if (month - 1 >= 12)
        return false;
    const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day - 1 >= lengths[month] + (unsigned)(is_leap && month == 2))
        return false;
    const unsigned leaps = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    *out_days =
        (int64_t)(year * 365 + leaps + before[month] + (is_leap && month > 2) + day - 1) -
        719528; /* days from 0000-01-01 to 1970-01-01 */
    return true;
}

/* "HH:MM:SS" of one day in seconds; reads 8 bytes. */
static inline bool stoa_clock_fast(const uint8_t *p, int64_t *out_seconds)
{
    const uint64_t word = stoa_load_le64(p) ^ UINT64_C(0x30303A30303A3030);
    if (((word + UINT64_C(0x76767F76767F7676)) | word) & UINT64_C(0x8080808080808080))
        return false;
    const unsigned hour = (unsigned)((word & 0xFF) * 10 + (word >> 8 & 0xFF));
    const unsigned minute = (unsigned)((word >> 24 & 0xFF) * 10 + (word >> 32 & 0xFF));
    const unsigned second = (unsigned)((word >> 48 & 0xFF) * 10 + (word >> 56));
    *out_seconds = (int64_t)((hour * 60 + minute) * 60 + second);
    return hour < 24 && minute < 60 && second < 60;
}

/* "Z", "+HH", "+HHMM" or "+HH:MM" of a zone, in minutes; reads 6 bytes. */
static inline bool stoa_zone_fast(const uint8_t *p, uint32_t length, int64_t *out_minutes)
{
    uint64_t hour = 0;
    uint64_t minute = 0;
    *out_minutes = 0;
    if (length == 1 && p[0] == 'Z')
        return true;
    if ((p[0] != '+' && p[0] != '-') || !stoa_digits_parse(p + 1, 2, &hour))
        return false;
    if (length == 6 && p[3] != ':')
        return false;
    if (length != 3 && length != 5 && length != 6)
        return false;
    if (length != 3 && !stoa_digits_parse(p + length - 2, 2, &minute))
        return false;
    if (hour > 15 || minute > 59)
        return false;
    *out_minutes = (int64_t)(hour * 60 + minute) * (p[0] == '-' ? -1 : 1);
    return true;
}

/* [ING-26] "YYYY-MM-DD(T| )HH:MM:SS[.f{1,6}][zone]" in microseconds, of UTC if there is a zone;
 * false: look closer. */
static inline bool stoa_timestamp_fast(const uint8_t *p, uint32_t length,
                                       bool *out_has_zone, int64_t *out_micros)
{
    static const uint32_t units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    int64_t days = 0;
    int64_t seconds = 0;
    int64_t minutes = 0;
    uint64_t fraction = 0;
    *out_has_zone = false;
    if (length < 19 || (p[10] != ' ' && p[10] != 'T') || !stoa_date_fast(p, &days) ||
        !stoa_clock_fast(p + 11, &seconds))
        return false;
    uint32_t at = 19;
    if (at < length && p[at] == '.') {
        uint32_t digits = 0;
        while (digits < 7 && at + 1 + digits < length &&
               p[at + 1 + digits] - (unsigned)'0' < 10)
            digits++;
        if (digits - 1 >= 6 || !stoa_digits_parse(p + at + 1, digits, &fraction))
            return false;
        fraction *= units[digits];
        at += 1 + digits;
    }
    if (at < length) {
        *out_has_zone = true;
        if (!stoa_zone_fast(p + at, length - at, &minutes))
            return false;
    }
    *out_micros = ((days * 1440 - minutes) * 60 + seconds) * 1000000 + (int64_t)fraction;
    /* A zone can move an instant out of the years 0000 .. 9999. */
    return minutes == 0 || (*out_micros >= INT64_C(-719528) * 86400000000 &&
                            *out_micros < INT64_C(2932897) * 86400000000);
}

#endif
