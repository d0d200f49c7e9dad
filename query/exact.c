/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact numbers (query/call.h): unscaled 128-bit integers with a decimal scale. Everything
 * rounds half away from zero, as PostgreSQL's numeric does; what does not fit is refused,
 * never wrapped.
 */
#include "format/text.h"
#include "query/call.h"

enum { MAX_DIGITS = 38, WORD_DIGITS = 19 };

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
    if (to >= from) {
        stoa_i128 scaled = 0;
        if (to - from > MAX_DIGITS ||
            __builtin_mul_overflow(unscaled, stoa_pow10(to - from), &scaled))
            return false;
        *out = scaled;
        return true;
    }
    if (from - to > MAX_DIGITS) {
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

/* value / divisor for 256 bits in four words, lowest first; gives the remainder. */
static uint64_t divide_wide(uint64_t value[4], uint64_t divisor)
{
    stoa_u128 remainder = 0;
    for (int i = 3; i >= 0; i--) {
        const stoa_u128 part = remainder << 64 | value[i];
        value[i] = (uint64_t)(part / divisor);
        remainder = part % divisor;
    }
    return (uint64_t)remainder;
}

static void multiply_wide(stoa_u128 a, stoa_u128 b, uint64_t out[4])
{
    const uint64_t x[2] = {(uint64_t)a, (uint64_t)(a >> 64)};
    const uint64_t y[2] = {(uint64_t)b, (uint64_t)(b >> 64)};
    memset(out, 0, 4 * sizeof *out);
    for (size_t i = 0; i < 2; i++) {
        stoa_u128 carry = 0;
        for (size_t j = 0; j < 2; j++) {
            carry += (stoa_u128)x[i] * y[j] + out[i + j];
            out[i + j] = (uint64_t)carry;
            carry >>= 64;
        }
        out[i + 2] = (uint64_t)carry;
    }
}

bool stoa_exact_multiply(stoa_i128 a, stoa_i128 b, unsigned drop, stoa_i128 *out)
{
    stoa_i128 product = 0;
    if (!__builtin_mul_overflow(a, b, &product))
        return stoa_exact_rescale(product, drop, 0, out);
    if (drop == 0)
        return false;
    uint64_t wide[4];
    multiply_wide(magnitude(a), magnitude(b), wide);
    unsigned left = drop - 1;
    for (; left > 0; left -= left < WORD_DIGITS ? left : WORD_DIGITS)
        divide_wide(wide, (uint64_t)stoa_pow10(left < WORD_DIGITS ? left : WORD_DIGITS));
    /* The digits below do not matter to rounding by this one. */
    const uint64_t last = divide_wide(wide, 10);
    if ((wide[2] | wide[3] | wide[1] >> 63) != 0)
        return false;
    const stoa_u128 whole = (stoa_u128)wide[1] << 64 | wide[0];
    return with_sign(whole + (last >= 5), (a < 0) != (b < 0), out);
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

/* numerator * 10^digits / denominator in 128 bits: the usual case. False when it does not fit. */
static bool divide_directly(stoa_u128 numerator, stoa_u128 denominator, unsigned digits,
                            stoa_u128 *out)
{
    stoa_u128 scaled = 0;
    if (digits > MAX_DIGITS ||
        __builtin_mul_overflow(numerator, (stoa_u128)stoa_pow10(digits), &scaled))
        return false;
    *out = scaled / denominator;
    if (scaled % denominator >= denominator - denominator / 2)
        ++*out;
    return true;
}

bool stoa_exact_divide(stoa_i128 numerator, stoa_i128 denominator, unsigned digits,
                       stoa_i128 *out)
{
    const bool is_negative = (numerator < 0) != (denominator < 0);
    const stoa_u128 divisor = magnitude(denominator);
    stoa_u128 quotient = 0;
    if (divide_directly(magnitude(numerator), divisor, digits, &quotient))
        return with_sign(quotient, is_negative, out);
    quotient = magnitude(numerator) / divisor;
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

stoa_i128 stoa_exact_remainder(stoa_i128 a, unsigned a_scale, stoa_i128 b, unsigned b_scale)
{
    /* A divisor that cannot be scaled up is beyond the dividend. */
    if (b_scale < a_scale && !stoa_exact_rescale(b, b_scale, a_scale, &b))
        return a;
    const stoa_u128 divisor = magnitude(b);
    stoa_u128 remainder = magnitude(a) % divisor;
    for (unsigned i = a_scale; i < b_scale; i++)
        (void)next_digit(&remainder, divisor);
    return a < 0 ? -(stoa_i128)remainder : (stoa_i128)remainder;
}

int stoa_exact_compare(stoa_i128 a, unsigned a_scale, stoa_i128 b, unsigned b_scale)
{
    /* What cannot be scaled up is beyond all that the other side can be. */
    if (a_scale < b_scale && !stoa_exact_rescale(a, a_scale, b_scale, &a))
        return a < 0 ? -1 : 1;
    if (b_scale < a_scale && !stoa_exact_rescale(b, b_scale, a_scale, &b))
        return b < 0 ? 1 : -1;
    return (a > b) - (a < b);
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

/* ---- literals ---- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Digits behind the point of "[+-]ddd[.ddd][e[+-]dd]" once the exponent is applied; the
 * text is a number as far as it matters, for it is parsed later. False when there are too
 * many. */
static bool literal_scale(const uint8_t *p, const uint8_t *end, unsigned *out)
{
    int64_t scale = 0;
    int64_t exponent = 0;
    bool is_fraction = false;
    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        scale += is_fraction;
        is_fraction |= *p == '.';
    }
    const bool is_negative = end - p > 1 && p[1] == '-';
    for (p += p < end; p < end; p++) {
        if (*p >= '0' && *p <= '9' && exponent < INT32_MAX / 10)
            exponent = exponent * 10 + (*p - '0');
    }
    scale += is_negative ? exponent : -exponent;
    *out = scale < 0 ? 0 : (unsigned)scale;
    return scale <= MAX_DIGITS;
}

bool stoa_exact_literal_type(const struct stoa_expr *literal, stoa_type *out_type)
{
    if (!literal->is_untyped || literal->constant.is_null)
        return false;
    const struct stoa_view text = literal->constant.bytes;
    const uint8_t *end = text.data + text.length;
    while (end > text.data && is_blank(end[-1]))
        end--;
    unsigned scale = 0;
    struct stoa_value value;
    if (!literal_scale(text.data, end, &scale) ||
        stoa_text_parse(stoa_type_decimal(MAX_DIGITS, scale), (const char *)text.data,
                        text.length, &value, NULL) != STOA_OK)
        return false;
    const unsigned digits = digit_count(value.i128);
    *out_type = stoa_type_decimal(digits > scale ? digits : scale, scale);
    return true;
}
