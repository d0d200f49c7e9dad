/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact numbers (query/call.h): unscaled 128-bit integers with a decimal scale. Everything rounds half away from
 * zero, as PostgreSQL's numeric does; what does not fit is refused, never wrapped.
 */
#include "format/text.h"
#include "query/call.h"

static stoa_u128 magnitude(stoa_i128 v)
{
    return v < 0 ? ~(stoa_u128)v + 1 : (stoa_u128)v;
}

/* Applies a sign; false when the result needs more than 127 bits. */
static bool with_sign(stoa_u128 v, bool is_negative, stoa_i128 *out)
{
    if (v >> 127)
        return false;
    *out = is_negative ? -(stoa_i128)v : (stoa_i128)v;
    return true;
}

bool stoa_exact_fits(stoa_type type, stoa_i128 unscaled)
{
    switch (type.id) {
    case STOA_TYPE_INT8: return unscaled >= INT8_MIN && unscaled <= INT8_MAX;
    case STOA_TYPE_INT16: return unscaled >= INT16_MIN && unscaled <= INT16_MAX;
    case STOA_TYPE_INT32: return unscaled >= INT32_MIN && unscaled <= INT32_MAX;
    case STOA_TYPE_INT64: return unscaled >= INT64_MIN && unscaled <= INT64_MAX;
    case STOA_TYPE_UINT64: return unscaled >= 0 && unscaled <= (stoa_i128)UINT64_MAX;
    case STOA_TYPE_DECIMAL: {
        const stoa_i128 limit = stoa_pow10(type.precision);
        return unscaled > -limit && unscaled < limit;
    }
    case STOA_TYPE_BOOL:
    case STOA_TYPE_FLOAT64:
    case STOA_TYPE_DATE:
    case STOA_TYPE_TIME:
    case STOA_TYPE_TIMESTAMP:
    case STOA_TYPE_TIMESTAMPTZ:
    case STOA_TYPE_TEXT:
    case STOA_TYPE_BINARY:
    case STOA_TYPE_UUID: break;
    }
    return false;
}

bool stoa_exact_rescale(stoa_i128 unscaled, unsigned from, unsigned to, stoa_i128 *out)
{
    if (to >= from)
        return to - from <= 38 &&
               !__builtin_mul_overflow(unscaled, stoa_pow10(to - from), out);
    if (from - to > 38) {
        *out = 0;
        return true;
    }
    const stoa_u128 divisor = (stoa_u128)stoa_pow10(from - to);
    const stoa_u128 size = magnitude(unscaled);
    stoa_u128 quotient = size / divisor;
    if (size % divisor >= divisor - divisor / 2)
        quotient++;
    return with_sign(quotient, unscaled < 0, out);
}

/* remainder * 10 / divisor as one digit, without 129-bit intermediates; remainder < divisor. */
static unsigned next_digit(stoa_u128 *remainder, stoa_u128 divisor)
{
    stoa_u128 sum = 0;
    unsigned digit = 0;
    for (int i = 0; i < 10; i++) {
        /* sum + remainder >= divisor, said without overflow */
        if (sum >= divisor - *remainder) {
            sum -= divisor - *remainder;
            digit++;
        } else {
            sum += *remainder;
        }
    }
    *remainder = sum;
    return digit;
}

bool stoa_exact_divide(stoa_i128 numerator, stoa_i128 denominator, unsigned digits,
                       stoa_i128 *out)
{
    const bool is_negative = (numerator < 0) != (denominator < 0);
    const stoa_u128 divisor = magnitude(denominator);
    stoa_u128 quotient = magnitude(numerator) / divisor;
    stoa_u128 remainder = magnitude(numerator) % divisor;
    for (unsigned i = 0; i < digits; i++) {
        if (__builtin_mul_overflow(quotient, (stoa_u128)10, &quotient) || quotient >> 127)
            return false;
        quotient += next_digit(&remainder, divisor);
    }
    if (remainder >= divisor - divisor / 2)
        quotient++;
    return with_sign(quotient, is_negative, out);
}

double stoa_exact_to_double(stoa_i128 unscaled, unsigned scale)
{
    if (scale == 0)
        return (double)unscaled;
    /* Both exact: one correctly rounded division. */
    if (scale <= 22 && magnitude(unscaled) <= ((stoa_u128)1 << 53))
        return (double)unscaled / (double)stoa_pow10(scale);
    /* Else through the text, whose reader rounds correctly. */
    char text[STOA_VALUE_TEXT_MAX];
    stoa_error err;
    struct stoa_value value = {.is_null = false, .i128 = unscaled};
    const size_t size = stoa_text_write(stoa_type_decimal(38, scale), &value, text);
    if (stoa_text_parse(stoa_type_of(STOA_TYPE_FLOAT64), text, size, &value, &err) !=
        STOA_OK)
        return (double)unscaled / (double)stoa_pow10(scale);
    return value.f64;
}

static unsigned digit_count(stoa_i128 v)
{
    unsigned digits = 1;
    for (stoa_u128 left = magnitude(v) / 10; left != 0; left /= 10)
        digits++;
    return digits;
}

static stoa_i128 constant_unscaled(const struct stoa_expr *expr)
{
    const enum stoa_phys phys = stoa_type_phys(expr->type);
    if (phys == STOA_PHYS_I128)
        return expr->constant.i128;
    if (phys == STOA_PHYS_U64)
        return (stoa_i128)expr->constant.u64;
    return expr->constant.i64;
}

stoa_type stoa_exact_type(const struct stoa_expr *expr)
{
    const stoa_type type = expr->type;
    if (expr->kind == STOA_EXPR_CONSTANT && !expr->constant.is_null) {
        const unsigned digits = digit_count(constant_unscaled(expr));
        const unsigned scale = type.id == STOA_TYPE_DECIMAL ? type.scale : 0;
        return stoa_type_decimal(digits > scale ? digits : scale + (scale == 0), scale);
    }
    if (type.id == STOA_TYPE_INT8)
        return stoa_type_decimal(3, 0);
    if (type.id == STOA_TYPE_INT16)
        return stoa_type_decimal(5, 0);
    if (type.id == STOA_TYPE_INT32)
        return stoa_type_decimal(10, 0);
    if (type.id == STOA_TYPE_INT64)
        return stoa_type_decimal(19, 0);
    return type.id == STOA_TYPE_UINT64 ? stoa_type_decimal(20, 0) : type;
}
