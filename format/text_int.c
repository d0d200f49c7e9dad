/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integers to text and back: int8 to int64 and uint64. Called through format/text.c; the digit
 * writers also serve the other families.
 */
#include "format/text_parts.h"

static const char digit_pairs[201] = "00010203040506070809101112131415161718192021222324"
                                     "25262728293031323334353637383940414243444546474849"
                                     "50515253545556575859606162636465666768697071727374"
                                     "75767778798081828384858687888990919293949596979899";

size_t stoa_text_write_u64(uint64_t v, char *out)
{
    char reversed[20];
    size_t at = sizeof reversed;
    while (v >= 100) {
        at -= 2;
        memcpy(reversed + at, digit_pairs + 2 * (v % 100), 2);
        v /= 100;
    }
    if (v >= 10) {
        at -= 2;
        memcpy(reversed + at, digit_pairs + 2 * v, 2);
    } else {
        reversed[--at] = (char)('0' + v);
    }
    memcpy(out, reversed + at, sizeof reversed - at);
    return sizeof reversed - at;
}

void stoa_text_write_padded(uint64_t v, unsigned width, char *out)
{
    for (unsigned i = width; i > 0; i--) {
        out[i - 1] = (char)('0' + v % 10);
        v /= 10;
    }
}

static size_t write_int(stoa_type type, const struct stoa_value *value,
                        char out[STOA_VALUE_TEXT_MAX])
{
    if (type.id == STOA_TYPE_UINT64)
        return stoa_text_write_u64(value->u64, out);
    if (value->i64 >= 0)
        return stoa_text_write_u64((uint64_t)value->i64, out);
    out[0] = '-';
    return 1 + stoa_text_write_u64(0 - (uint64_t)value->i64, out + 1);
}

/* The largest magnitude of a positive value; the negative side reaches one further. */
static uint64_t int_maximum(stoa_type_id id)
{
    switch (id) {
    case STOA_TYPE_INT8: return INT8_MAX;
    case STOA_TYPE_INT16: return INT16_MAX;
    case STOA_TYPE_INT32: return INT32_MAX;
    case STOA_TYPE_UINT64: return UINT64_MAX;
    case STOA_TYPE_INT64:
    case STOA_TYPE_BOOL:
    case STOA_TYPE_FLOAT64:
    case STOA_TYPE_DECIMAL:
    case STOA_TYPE_DATE:
    case STOA_TYPE_TIME:
    case STOA_TYPE_TIMESTAMP:
    case STOA_TYPE_TIMESTAMPTZ:
    case STOA_TYPE_TEXT:
    case STOA_TYPE_BINARY:
    case STOA_TYPE_UUID: break;
    }
    return INT64_MAX;
}

static enum stoa_text_result store_int(stoa_type type, uint64_t magnitude, bool is_negative,
                                       struct stoa_value *out_value)
{
    const uint64_t maximum = int_maximum(type.id);
    if (type.id == STOA_TYPE_UINT64) {
        if (is_negative && magnitude != 0)
            return STOA_TEXT_RANGE;
        *out_value = (struct stoa_value){.u64 = magnitude};
        return STOA_TEXT_GOOD;
    }
    if (magnitude > maximum + (is_negative ? 1 : 0))
        return STOA_TEXT_RANGE;
    *out_value =
        (struct stoa_value){.i64 = (int64_t)(is_negative ? 0 - magnitude : magnitude)};
    return STOA_TEXT_GOOD;
}

static enum stoa_text_result parse_digits(const char *text, size_t length, uint64_t *out)
{
    uint64_t v = 0;
    bool is_large = false;
    for (size_t i = 0; i < length; i++) {
        if (!stoa_text_is_digit(text[i]))
            return STOA_TEXT_BAD;
        if (!stoa_mul_u64(v, 10, &v) || !stoa_add_u64(v, (uint64_t)(text[i] - '0'), &v))
            is_large = true;
    }
    *out = v;
    if (length == 0)
        return STOA_TEXT_BAD;
    return is_large ? STOA_TEXT_RANGE : STOA_TEXT_GOOD;
}

static enum stoa_text_result parse_int(stoa_type type, const char *text, size_t length,
                                       struct stoa_value *out_value)
{
    const bool has_sign = length > 0 && (text[0] == '-' || text[0] == '+');
    const bool is_negative = has_sign && text[0] == '-';
    uint64_t magnitude = 0;
    const enum stoa_text_result result =
        parse_digits(text + has_sign, length - has_sign, &magnitude);
    if (result != STOA_TEXT_GOOD)
        return result;
    return store_int(type, magnitude, is_negative, out_value);
}

static bool parse_int_canonical(stoa_type type, const char *text, size_t length,
                                struct stoa_value *out_value)
{
    const bool is_negative = length > 0 && text[0] == '-';
    const size_t digits = length - is_negative;
    /* [ING-20] a leading zero is only right in "0" itself, and "-0" would print as "0". */
    if (digits == 0 || digits > 20 || text[0] == '+' ||
        (text[is_negative] == '0' && length > 1))
        return false;
    return parse_int(type, text, length, out_value) == STOA_TEXT_GOOD;
}

const struct stoa_text_ops *stoa_text_int_ops(void)
{
    static const struct stoa_text_ops ops = {
        .write = write_int,
        .parse = parse_int,
        .parse_canonical = parse_int_canonical,
    };
    return &ops;
}
