/* SPDX-License-Identifier: Apache-2.0 */
/*
 * float64 to text and back. Called through format/text.c; the steps in text_float.h also by
 * ingest, which asks of every value whether a float keeps its decimal.
 *
 * Reading: exact products of small numbers (Clinger, "How to read floating point numbers
 * accurately", 1990); else a 128-bit power of ten bounds the value from both sides (after
 * Eisel and Lemire), and if both bounds round alike so does the value; else big integers.
 * Printing: Giulietti, "The Schubfach way to render doubles", 2020.
 */
#include "format/text_float.h"

#include <assert.h>
#include <math.h>

#include "format/text_big.h"
#include "format/text_parts.h"

enum {
    MANTISSA_BITS = 52,
    EXPONENT_BIAS = 1075, /* value = mantissa * 2^(field - 1075) for normal numbers */
    EXPONENT_INFINITE = 0x7FF,
    NUMBER_DIGITS = 19,
    EXACT_DIGITS = 15 /* so many decimal digits survive in any normal float64 */
};
#define HIDDEN_BIT (UINT64_C(1) << MANTISSA_BITS)

static double from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t to_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* ---- scanning ---- */

/* Adds one digit; `is_fraction` says on which side of the point it stands. */
static void add_digit(struct stoa_number *number, unsigned digit, bool is_fraction)
{
    if (number->count == NUMBER_DIGITS) {
        number->is_cut |= digit != 0;
        number->exponent += !is_fraction;
        return;
    }
    number->digits = number->digits * 10 + digit;
    number->count += number->digits != 0;
    number->exponent -= is_fraction;
}

bool stoa_number_scan(const char *text, size_t length, struct stoa_number *out)
{
    const char *p = text;
    const char *end = text + length;
    struct stoa_number number = {.is_negative = length > 0 && *p == '-'};
    if (length > 0 && (*p == '-' || *p == '+'))
        p++;
    const char *begin = p;
    for (; p < end && stoa_text_is_digit(*p); p++)
        add_digit(&number, (unsigned)(*p - '0'), false);
    size_t seen = (size_t)(p - begin);
    if (p < end && *p == '.') {
        begin = ++p;
        for (; p < end && stoa_text_is_digit(*p); p++)
            add_digit(&number, (unsigned)(*p - '0'), true);
        seen += (size_t)(p - begin);
    }
    if (seen == 0)
        return false;
    if (p < end) {
        int64_t exponent = 0;
        if ((*p != 'e' && *p != 'E') || !stoa_text_scan_exponent(p + 1, end, &exponent))
            return false;
        number.exponent += exponent;
    }
    *out = number;
    return true;
}

/* ---- decimal to binary ---- */

/* mantissa * 2^exponent, where the mantissa has its top bit set and is taken as exact,
 * rounded to the nearest float64 (ties to even); the result's bits. */
static uint64_t round_bits(stoa_u128 mantissa, int exponent)
{
    int field = exponent + 128 - 53 + EXPONENT_BIAS;
    int drop = 128 - 53;
    if (field < 1) { /* subnormal: fewer bits */
        drop += 1 - field;
        field = 1;
    }
    if (drop > 128)
        return 0;
    const stoa_u128 kept = drop == 128 ? 0 : mantissa >> drop;
    const stoa_u128 half = (stoa_u128)1 << (drop - 1);
    const stoa_u128 rest = mantissa - (drop == 128 ? 0 : kept << drop);
    uint64_t bits = (uint64_t)kept;
    if (rest > half || (rest == half && (bits & 1)))
        bits++;
    if (bits < HIDDEN_BIT)
        return bits;
    /* A carry out of the mantissa moves into the exponent by itself. */
    bits += (uint64_t)(field - 1) << MANTISSA_BITS;
    const uint64_t infinity = (uint64_t)EXPONENT_INFINITE << MANTISSA_BITS;
    return field >= EXPONENT_INFINITE || bits >= infinity ? infinity : bits;
}

/* digits * 10^q for a q of the table, as the bits of its rounding; false if the 128-bit power
 * does not decide. The true product lies in [low, high], and rounding is monotone: if both
 * ends round alike, so does it. */
static bool multiply_bits(uint64_t digits, int q, bool is_cut, uint64_t *out)
{
    const struct stoa_pow10_bits *power = stoa_pow10_row(q);
    const int shift = __builtin_clzll(digits);
    const uint64_t w = digits << shift;
    /* (w * power) without its lowest 64 bits. */
    const stoa_u128 tail = (stoa_u128)w * power->low;
    const stoa_u128 low = (stoa_u128)w * power->high + (uint64_t)(tail >> 64);
    const bool is_exact = q >= 0 && q <= 55 && !is_cut && (uint64_t)tail == 0;
    /* The cut power is short by less than 1, hence the product by less than w < 2^64; cut
     * digits add less than one unit of `digits`. */
    stoa_u128 slack = is_exact ? 0 : 2;
    if (is_cut)
        slack += ((stoa_u128)power->high + 1) << shift;
    const stoa_u128 high = low + slack;
    if (high < low)
        return false;
    const int up = low >> 127 ? 0 : 1;
    if (up && high >> 127)
        return false;
    /* 10^q = power * 2^(floor(q * log2(10)) - 127); the product lost 64 bits. */
    const int exponent = (int)(((int64_t)q * 217706) >> 16) - 127 + 64 - shift - up;
    const uint64_t bits = round_bits(low << up, exponent);
    if (bits != round_bits(high << up, exponent))
        return false;
    *out = bits;
    return true;
}

double stoa_number_to_f64(const struct stoa_number *number, const char *text, size_t length)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const int64_t q = number->exponent;
    double value;
    uint64_t bits = 0;
    if (number->digits == 0) {
        value = 0.0;
    } else if (number->digits <= UINT64_C(1) << 53 && q >= -22 && q <= 22) {
        value = q < 0 ? (double)number->digits / powers[-q]
                      : (double)number->digits * powers[q];
    } else if (q < STOA_POW10_FIRST - 19) {
        value = 0.0; /* below 10^-342, under half the smallest subnormal */
    } else if (q > 308) {
        value = (double)INFINITY;
    } else if (q >= STOA_POW10_FIRST &&
               multiply_bits(number->digits, (int)q, number->is_cut, &bits)) {
        value = from_bits(bits);
    } else {
        value = from_bits(stoa_big_round(text, length, number));
    }
    return number->is_negative ? -value : value;
}

/* ---- binary to decimal ---- */

/* floor(log10(2^e)), and of 3/4 of it for `is_closer`; exact for |e| <= 1100. */
static int floor_log10_pow2(int e, bool is_closer)
{
    return (e * 1262611 - (is_closer ? 524031 : 0)) >> 22;
}

/* floor(log2(10^e)), exact for |e| <= 350. */
static int floor_log2_pow10(int e)
{
    return (e * 1741647) >> 19;
}

/* The top 64 bits of g * c / 2^64, with bit 0 set if anything was cut off. */
static uint64_t multiply_odd(stoa_u128 g, uint64_t c)
{
    const uint64_t carry = (uint64_t)(((stoa_u128)(uint64_t)g * c) >> 64);
    const stoa_u128 y = (stoa_u128)(uint64_t)(g >> 64) * c + carry;
    return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

/* The power of ten rounded up, as the Schubfach proof wants it. */
static stoa_u128 pow10_up(int q)
{
    const struct stoa_pow10_bits *row = stoa_pow10_row(q);
    const stoa_u128 g = ((stoa_u128)row->high << 64) | row->low;
    return q >= 0 && q <= 55 ? g : g + 1;
}

/* Picks the digits inside the rounding interval [lower, upper] (in units of 1/4): one digit
 * less if exactly one such candidate fits, else the closest. */
static uint64_t pick_digits(uint64_t lower, uint64_t middle, uint64_t upper, int *exponent)
{
    const uint64_t s = middle / 4;
    if (s >= 10) {
        const uint64_t tens = s / 10;
        const bool fits_below = lower <= 40 * tens;
        const bool fits_above = 40 * tens + 40 <= upper;
        if (fits_below != fits_above) {
            *exponent += 1;
            return tens + fits_above;
        }
    }
    const bool fits_below = lower <= 4 * s;
    const bool fits_above = 4 * s + 4 <= upper;
    if (fits_below != fits_above)
        return s + fits_above;
    const uint64_t halfway = 4 * s + 2;
    return s + (middle > halfway || (middle == halfway && (s & 1)));
}

/* Digits without trailing zeros; `digits` is not 0. */
static uint64_t strip_zeros(uint64_t digits, int *exponent)
{
    while (digits % 10 == 0) {
        digits /= 10;
        *exponent += 1;
    }
    return digits;
}

uint64_t stoa_f64_shortest(double value, int *out_exponent)
{
    const uint64_t bits = to_bits(value);
    const uint64_t fraction = bits & (HIDDEN_BIT - 1);
    const int field = (int)(bits >> MANTISSA_BITS) & EXPONENT_INFINITE;
    assert(field != EXPONENT_INFINITE && (field != 0 || fraction != 0));
    const uint64_t c = field ? fraction | HIDDEN_BIT : fraction;
    const int q = (field ? field : 1) - EXPONENT_BIAS;
    const bool is_closer = fraction == 0 && field > 1; /* the lower neighbour is nearer */
    const bool is_odd = c & 1;
    const int k = floor_log10_pow2(q, is_closer);
    const int h = q + floor_log2_pow10(-k) + 1;
    const stoa_u128 g = pow10_up(-k);
    const uint64_t lower = multiply_odd(g, (4 * c - 2 + is_closer) << h) + is_odd;
    const uint64_t middle = multiply_odd(g, (4 * c) << h);
    const uint64_t upper = multiply_odd(g, (4 * c + 2) << h) - is_odd;
    int exponent = k;
    const uint64_t digits = pick_digits(lower, middle, upper, &exponent);
    const uint64_t stripped = strip_zeros(digits, &exponent);
    *out_exponent = exponent;
    return stripped;
}

bool stoa_number_is_shortest(const struct stoa_number *number, double value)
{
    if (number->digits == 0)
        return !number->is_cut;
    if (number->is_cut || isinf(value) || value == 0)
        return false;
    /* [ING-31] up to 15 digits of a normal number come back as they were. */
    const int64_t scale = number->exponent + number->count;
    if (number->count <= EXACT_DIGITS && scale > -300)
        return true;
    int own_exponent = (int)number->exponent;
    const uint64_t own = strip_zeros(number->digits, &own_exponent);
    int exponent = 0;
    return stoa_f64_shortest(value, &exponent) == own && exponent == own_exponent;
}

/* ---- the family's table ---- */

static size_t write_plain(const char *digits, size_t count, int exponent, char *out)
{
    const int whole = (int)count + exponent; /* digits before the point */
    size_t at = 0;
    if (whole <= 0) {
        out[at++] = '0';
        out[at++] = '.';
        memset(out + at, '0', (size_t)-whole);
        at += (size_t)-whole;
        memcpy(out + at, digits, count);
        return at + count;
    }
    if (exponent >= 0) {
        memcpy(out, digits, count);
        memset(out + count, '0', (size_t)exponent);
        return (size_t)whole;
    }
    memcpy(out, digits, (size_t)whole);
    out[whole] = '.';
    memcpy(out + whole + 1, digits + whole, count - (size_t)whole);
    return count + 1;
}

static size_t write_scientific(const char *digits, size_t count, int exponent, char *out)
{
    size_t at = 0;
    out[at++] = digits[0];
    if (count > 1) {
        out[at++] = '.';
        memcpy(out + at, digits + 1, count - 1);
        at += count - 1;
    }
    const int e = (int)count - 1 + exponent;
    const uint64_t magnitude = (uint64_t)(e < 0 ? -e : e);
    out[at++] = 'e';
    out[at++] = e < 0 ? '-' : '+';
    if (magnitude < 10)
        out[at++] = '0';
    return at + stoa_text_write_u64(magnitude, out + at);
}

static size_t write_word(const char *word, char *out)
{
    const size_t length = strlen(word);
    memcpy(out, word, length);
    return length;
}

static size_t write_float(stoa_type type, const struct stoa_value *value,
                          char out[STOA_VALUE_TEXT_MAX])
{
    STOA_UNUSED(type);
    const double v = value->f64;
    if (isnan(v))
        return write_word("NaN", out);
    const size_t sign = signbit(v) ? 1 : 0;
    if (sign)
        out[0] = '-';
    if (isinf(v))
        return sign + write_word("Infinity", out + sign);
    if (v == 0)
        return sign + write_word("0", out + sign);
    int exponent = 0;
    char digits[20];
    const size_t count = stoa_text_write_u64(stoa_f64_shortest(v, &exponent), digits);
    const int leading = (int)count - 1 + exponent;
    if (leading >= -5 && leading < 17)
        return sign + write_plain(digits, count, exponent, out + sign);
    return sign + write_scientific(digits, count, exponent, out + sign);
}

static bool parse_word(const char *text, size_t length, double *out)
{
    const bool has_sign = length > 0 && (text[0] == '-' || text[0] == '+');
    const char *word = text + has_sign;
    const size_t rest = length - has_sign;
    double value;
    if (stoa_text_is_word(word, rest, "infinity") || stoa_text_is_word(word, rest, "inf"))
        value = (double)INFINITY;
    else if (!has_sign && stoa_text_is_word(word, rest, "nan"))
        value = (double)NAN;
    else
        return false;
    *out = has_sign && text[0] == '-' ? -value : value;
    return true;
}

static enum stoa_text_result parse_float(stoa_type type, const char *text, size_t length,
                                         struct stoa_value *out_value)
{
    STOA_UNUSED(type);
    struct stoa_number number;
    double value = 0;
    if (!stoa_number_scan(text, length, &number)) {
        if (!parse_word(text, length, &value))
            return STOA_TEXT_BAD;
        *out_value = (struct stoa_value){.f64 = value};
        return STOA_TEXT_GOOD;
    }
    value = stoa_number_to_f64(&number, text, length);
    /* As PostgreSQL: neither an overflow nor an underflow to zero is rounding. */
    if (isinf(value) || (value == 0 && number.digits != 0))
        return STOA_TEXT_RANGE;
    *out_value = (struct stoa_value){.f64 = value};
    return STOA_TEXT_GOOD;
}

const struct stoa_text_ops *stoa_text_float_ops(void)
{
    static const struct stoa_text_ops ops = {.write = write_float, .parse = parse_float};
    return &ops;
}
