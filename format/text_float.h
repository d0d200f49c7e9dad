/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimal text and binary floats, exactly, in three separate steps that ingest calls on its
 * own: scan a literal, round it to the nearest float64, and find the shortest digits of a
 * float64. Pure functions; thread-safe; no locale.
 */
#ifndef STOA_FORMAT_TEXT_FLOAT_H
#define STOA_FORMAT_TEXT_FLOAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decimal literal: (-1)^is_negative * digits * 10^exponent, plus what was cut. */
struct stoa_number {
    uint64_t digits;  /* the first 19 significant digits */
    int64_t exponent; /* of the last digit in `digits` */
    uint32_t count;   /* digits in `digits` without leading zeros, 0..19 */
    bool is_negative;
    bool is_cut; /* a digit that is not 0 lies behind the first 19 */
};

/* Scans "[+-](ddd[.ddd]|.ddd)[e[+-]dd]" over exactly `length` bytes; false otherwise. */
bool stoa_number_scan(const char *text, size_t length, struct stoa_number *out);

/* The nearest float64, ties to even. `text` is what `number` was scanned from (read again in
 * the rare case that 19 digits do not decide). Infinity when it is too large, zero when it is
 * too small. */
double stoa_number_to_f64(const struct stoa_number *number, const char *text,
                          size_t length);

/* True if the shortest digits that read back as `value`, which is the number rounded, denote
 * the very same decimal: storing the float loses nothing. */
bool stoa_number_is_shortest(const struct stoa_number *number, double value);

/* The shortest digits that read back as `value` (finite, not zero; the sign is ignored), the
 * closest to it if there are several: digits * 10^*out_exponent, without trailing zeros. */
uint64_t stoa_f64_shortest(double value, int *out_exponent);

/* 10^q cut to 128 bits, top bit set; STOA_POW10_FIRST <= q <= STOA_POW10_LAST. */
enum { STOA_POW10_FIRST = -342, STOA_POW10_LAST = 324 };
struct stoa_pow10_bits {
    uint64_t high;
    uint64_t low;
};
const struct stoa_pow10_bits *stoa_pow10_row(int q);

#endif
