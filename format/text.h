/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values to text and back, exactly: the canonical spellings that export prints, SQL casts use,
 * partition directories are named by and CSV inference accepts. Independent of locale and
 * time zone. Pure functions; thread-safe.
 *
 * Canonical: integers without plus or leading zeros; decimals with exactly `scale` digits;
 * floats by the shortest digits that read back to the same bits ("1e+30" style beyond
 * 1e-5..1e17, "NaN", "Infinity", "-Infinity"), bool true/false, 2026-11-22, 01:10:09[.ffffff],
 * 2026-11-22 01:10:09[.ffffff], timestamptz with +00 appended, uuid 8-4-4-4-12 lower case,
 * binary as \x and lower-case hex, text as it is.
 */
#ifndef STOA_FORMAT_TEXT_H
#define STOA_FORMAT_TEXT_H

#include "common/buf.h"
#include "format/types.h"
#include "format/value.h"

/* Room for every type but text and binary. */
#define STOA_VALUE_TEXT_MAX 64

/* Writes a non-NULL value of any type but text and binary; returns the length (no NUL). */
size_t stoa_text_write(stoa_type type, const struct stoa_value *value,
                       char out[STOA_VALUE_TEXT_MAX]);

/* Appends any non-NULL value. */
STOA_MUST_USE stoa_status stoa_text_append(stoa_type type, const struct stoa_value *value,
                                           struct stoa_buf *out, stoa_error *err);

/* Parses `text` leniently, as a SQL cast does: surrounding blanks, '+7', '007', 't'/'yes'/'on'
 * for bool, 'T' or blank between date and time, any zone offset, fewer decimals than the scale (more:
 * rounded half away from zero). STOA_E_BAD_VALUE (with the type and the text) when it does not
 * denote a value of the type, STOA_E_OVERFLOW when it is out of range. Text and binary borrow
 * `text`, except "\x.." binary, which this function does not accept (see stoa_text_parse_hex). */
STOA_MUST_USE stoa_status stoa_text_parse(stoa_type type, const char *text, size_t length,
                                          struct stoa_value *out_value, stoa_error *err);

/* Appends the bytes that "\\x" and pairs of hex digits (either case) denote; STOA_E_BAD_VALUE
 * otherwise, with `out` unchanged. */
STOA_MUST_USE stoa_status stoa_text_parse_hex(const char *text, size_t length,
                                              struct stoa_buf *out, stoa_error *err);

/* True if the text is the canonical spelling of exactly one value of the type: the strict form
 * that inference uses ("007", "+7", " 7", "7.0" are no integers). No error object: a miss is
 * the common case. */
bool stoa_text_parse_canonical(stoa_type type, const char *text, size_t length,
                               struct stoa_value *out_value);

/* True for well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool stoa_utf8_is_valid(const uint8_t *bytes, size_t size);
/* Offset of the first byte that is not well-formed UTF-8, or `size`. */
size_t stoa_utf8_valid_prefix(const uint8_t *bytes, size_t size);

/* Civil calendar (proleptic Gregorian), years -9999..9999. False when out of range. */
bool stoa_date_from_civil(int64_t year, unsigned month, unsigned day, int64_t *out_days);
void stoa_date_to_civil(int64_t days, int64_t *out_year, unsigned *out_month,
                        unsigned *out_day);

/* 10^n as i128, 0 <= n <= 38. */
stoa_i128 stoa_pow10(unsigned n);

/* Parses plain decimal digits "[-]ddd[.ddd]" into an unscaled integer with `scale` digits;
 * false if there are more fraction digits than scale, or more than 38 digits. */
bool stoa_decimal_parse(const char *text, size_t length, unsigned scale, stoa_i128 *out);

#endif
