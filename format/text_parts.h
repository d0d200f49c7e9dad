/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the text families (integers, decimals, floats, ...) give to format/text.c: one table of
 * three functions each, and the few helpers they share. Private to format/text*.c.
 *
 * A family never makes an error object: a miss is the common case for inference, and text.c
 * knows the type's name for the message.
 */
#ifndef STOA_FORMAT_TEXT_PARTS_H
#define STOA_FORMAT_TEXT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "format/text.h"

enum stoa_text_result {
    STOA_TEXT_GOOD,
    STOA_TEXT_BAD,  /* denotes no value of the type */
    STOA_TEXT_RANGE /* denotes one that the type cannot hold */
};

/* All three are pure. `text` has `length` bytes and no terminator. */
struct stoa_text_ops {
    /* Canonical spelling of a non-NULL value; returns its length. */
    size_t (*write)(stoa_type type, const struct stoa_value *value,
                    char out[STOA_VALUE_TEXT_MAX]);
    /* The lenient form; surrounding blanks are gone already. Sets is_null too. */
    enum stoa_text_result (*parse)(stoa_type type, const char *text, size_t length,
                                   struct stoa_value *out_value);
    /* True for the canonical spelling only. NULL: parse leniently, print, compare. */
    bool (*parse_canonical)(stoa_type type, const char *text, size_t length,
                            struct stoa_value *out_value);
};

/* The families, in the order of their files. */
const struct stoa_text_ops *stoa_text_bool_ops(void);
const struct stoa_text_ops *stoa_text_int_ops(void);
const struct stoa_text_ops *stoa_text_decimal_ops(void);
const struct stoa_text_ops *stoa_text_float_ops(void);
const struct stoa_text_ops *stoa_text_date_ops(void);
const struct stoa_text_ops *stoa_text_time_ops(void);
const struct stoa_text_ops *stoa_text_timestamp_ops(void);
const struct stoa_text_ops *stoa_text_uuid_ops(void);

/* Decimal digits of `v` without leading zeros, at most 20; returns their number. */
size_t stoa_text_write_u64(uint64_t v, char *out);

/* `v` in exactly `width` digits, zero padded (v < 10^width, width <= 20). */
void stoa_text_write_padded(uint64_t v, unsigned width, char *out);

static inline bool stoa_text_is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

static inline bool stoa_text_is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ASCII letters only, whatever the locale. */
static inline char stoa_text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* 0..15, or -1. */
static inline int stoa_text_hex_digit(char c)
{
    if (stoa_text_is_digit(c))
        return c - '0';
    const char lower = stoa_text_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Far beyond what any text of digits can balance. */
#define STOA_TEXT_EXPONENT_CLAMP INT64_C(1000000000)

/* "[+-]digits" that fills [p, end), clamped; false when it is something else. */
static inline bool stoa_text_scan_exponent(const char *p, const char *end, int64_t *out)
{
    const bool has_sign = p < end && (*p == '-' || *p == '+');
    const bool is_negative = has_sign && *p == '-';
    p += has_sign;
    if (p == end)
        return false;
    int64_t v = 0;
    for (; p < end; p++) {
        if (!stoa_text_is_digit(*p))
            return false;
        if (v < STOA_TEXT_EXPONENT_CLAMP)
            v = v * 10 + (*p - '0');
    }
    *out = is_negative ? -v : v;
    return true;
}

/* True if the text is `word` (lower case, NUL terminated) without regard to case. */
static inline bool stoa_text_is_word(const char *text, size_t length, const char *word)
{
    for (size_t i = 0; i < length; i++) {
        if (word[i] == '\0' || stoa_text_lower(text[i]) != word[i])
            return false;
    }
    return word[length] == '\0';
}

#endif
