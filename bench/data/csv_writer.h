/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the generators of CSV share: repeatable random numbers, a row in the making, dates. Programs of
 * one file each, so everything is static; they are compiled by the benchmarks that run them.
 */
#ifndef STOA_BENCH_DATA_CSV_WRITER_H
#define STOA_BENCH_DATA_CSV_WRITER_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t random_state = UINT64_C(88172645463325252);

/* xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016). */
static inline uint64_t next_random(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(2685821657736338717);
}

/* 0 .. limit - 1. */
static inline uint32_t below(uint32_t limit)
{
    return (uint32_t)((next_random() >> 32) * limit >> 32);
}

/* low .. high. */
static inline uint32_t between(uint32_t low, uint32_t high)
{
    return low + below(high - low + 1);
}

/* Skewed: small numbers are much more frequent, as in real keys. */
static inline uint32_t skewed(uint32_t limit)
{
    const uint32_t a = below(limit);
    const uint32_t b = below(limit);
    return (uint32_t)((uint64_t)a * b / limit);
}

/* The row in the making; longer than any row. */
static char row_text[8192];
static size_t row_size;

__attribute__((format(printf, 1, 2))) static inline void put(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int size = vsnprintf(row_text + row_size, sizeof row_text - row_size, fmt, args);
    va_end(args);
    if (size < 0 || (size_t)size >= sizeof row_text - row_size)
        abort(); /* the row above is too short: a mistake in the generator */
    row_size += (size_t)size;
}

/* Days since 1970-01-01 as "YYYY-MM-DD" (Hinnant, "chrono-compatible low-level date algorithms"). */
static inline void put_date(int64_t days)
{
    const int64_t z = days + 719468;
    const int64_t era = z / 146097;
    const int64_t doe = z - era * 146097;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const int64_t mp = (5 * doy + 2) / 153;
    const int64_t day = doy - (153 * mp + 2) / 5 + 1;
    const int64_t month = mp < 10 ? mp + 3 : mp - 9;
    const int64_t year = yoe + era * 400 + (month <= 2);
    put("%04d-%02d-%02d", (int)year, (int)month, (int)day);
}

/* Milliseconds since 1970-01-01T00:00:00 as "YYYY-MM-DD hh:mm:ss.mmm". */
static inline void put_time(uint64_t ms)
{
    const unsigned of_day = (unsigned)(ms % 86400000);
    put_date((int64_t)(ms / 86400000));
    put(" %02u:%02u:%02u.%03u", of_day / 3600000, of_day / 60000 % 60, of_day / 1000 % 60,
        of_day % 1000);
}

/* Writes the row and begins the next one; ends the program when it cannot. */
static inline void end_row(void)
{
    put("\n");
    if (fwrite(row_text, 1, row_size, stdout) != row_size) {
        perror("standard output");
        exit(1);
    }
    row_size = 0;
}

#define COUNT_OF(array) ((uint32_t)(sizeof(array) / sizeof(array)[0]))

#endif
