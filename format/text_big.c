/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides between two neighbouring floats by comparing the literal with the point half way
 * between them, in integers of fixed room. Reached by about one literal in 2^60, and by those
 * written to lie exactly on such a point.
 */
#include "format/text_big.h"

#include <assert.h>
#include <stdbool.h>

#include "common/checked.h"
#include "format/text_parts.h"

/*
 * The half-way points of float64 have at most 767 significant digits, so 768 digits and "is
 * there more" decide. Largest operand: 769 digits * 2^1075 or 2^54 * 5^(361+750), both under
 * 2^3700.
 */
enum { LIMBS = 64, MOST_DIGITS = 768 };

struct big {
    uint64_t limb[LIMBS]; /* least significant first */
    size_t used;          /* limbs in use; the last one is not 0 */
};

static void big_multiply_add(struct big *big, uint64_t factor, uint64_t addend)
{
    uint64_t carry = addend;
    for (size_t i = 0; i < big->used; i++) {
        const stoa_u128 product = (stoa_u128)big->limb[i] * factor + carry;
        big->limb[i] = (uint64_t)product;
        carry = (uint64_t)(product >> 64);
    }
    if (carry) {
        assert(big->used < LIMBS);
        big->limb[big->used++] = carry;
    }
}

static void big_multiply_power(struct big *big, uint64_t base, int64_t power)
{
    for (int64_t i = 0; i < power; i++)
        big_multiply_add(big, base, 0);
}

static void big_shift_left(struct big *big, int64_t bits)
{
    for (; bits >= 32; bits -= 32)
        big_multiply_add(big, UINT64_C(1) << 32, 0);
    big_multiply_add(big, UINT64_C(1) << bits, 0);
}

static int big_compare(const struct big *a, const struct big *b)
{
    if (a->used != b->used)
        return a->used < b->used ? -1 : 1;
    for (size_t i = a->used; i > 0; i--) {
        if (a->limb[i - 1] != b->limb[i - 1])
            return a->limb[i - 1] < b->limb[i - 1] ? -1 : 1;
    }
    return 0;
}

/* All significant digits of the literal, the 769th and later ones as one sticky digit;
 * returns the exponent of the last digit taken. */
static int64_t read_digits(const char *text, size_t length,
                           const struct stoa_number *number, struct big *out)
{
    int64_t taken = 0;
    bool has_more = false;
    for (size_t i = 0; i < length && text[i] != 'e' && text[i] != 'E'; i++) {
        if (!stoa_text_is_digit(text[i]) || (out->used == 0 && text[i] == '0'))
            continue;
        if (taken == MOST_DIGITS) {
            has_more |= text[i] != '0';
            continue;
        }
        big_multiply_add(out, 10, (uint64_t)(text[i] - '0'));
        taken++;
    }
    int64_t exponent = number->exponent + number->count - taken;
    if (has_more) {
        big_multiply_add(out, 10, 1);
        exponent--;
    }
    return exponent;
}

/* Sign of literal - halfway * 2^binary, where the literal is digits * 10^decimal. */
static int compare_halfway(const struct big *digits, int64_t decimal, uint64_t halfway,
                           int64_t binary)
{
    struct big left = *digits;
    struct big right = {.limb = {halfway}, .used = 1};
    /* 10^d = 5^d * 2^d; negative powers go to the other side. */
    if (decimal >= 0)
        big_multiply_power(&left, 5, decimal);
    else
        big_multiply_power(&right, 5, -decimal);
    const int64_t shift = decimal - binary;
    if (shift >= 0)
        big_shift_left(&left, shift);
    else
        big_shift_left(&right, -shift);
    return big_compare(&left, &right);
}

/* A float64 at or just below the literal, to start from: 19 digits and a rounded-down power
 * are never off by more than a few units, which the search below walks. */
static uint64_t lower_guess(const struct stoa_number *number)
{
    const int q =
        number->exponent < STOA_POW10_FIRST ? STOA_POW10_FIRST : (int)number->exponent;
    uint64_t digits = number->digits;
    for (int64_t i = number->exponent; i < q; i++)
        digits /= 10;
    if (digits == 0)
        return 0;
    const int shift = __builtin_clzll(digits);
    const stoa_u128 product = (stoa_u128)(digits << shift) * stoa_pow10_row(q)->high;
    const int top = (int)(product >> 127);
    const uint64_t mantissa = (uint64_t)(product >> (74 + top)); /* always 53 bits */
    const int exponent = (int)(((int64_t)q * 217706) >> 16) - 63 - shift + 74 +
                         top; /* of mantissa's bit 0 */
    const int field = exponent + 1075;
    if (field >= 0x7FF)
        return UINT64_C(0x7FEFFFFFFFFFFFFF);
    if (field < 1)
        return 1 - field >= 64 ? 0 : mantissa >> (1 - field);
    return ((uint64_t)(field - 1) << 52) + mantissa;
}

uint64_t stoa_big_round(const char *text, size_t length, const struct stoa_number *number)
{
    struct big digits = {.used = 0};
    const int64_t decimal = read_digits(text, length, number, &digits);
    uint64_t bits = lower_guess(number);
    /* Walk up while the literal lies beyond the point half way to the next float. */
    while (bits < UINT64_C(0x7FF0000000000000)) {
        const int field = (int)(bits >> 52);
        const uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
        const uint64_t mantissa = field ? fraction | UINT64_C(1) << 52 : fraction;
        const int64_t binary = (field ? field : 1) - 1075;
        const int order = compare_halfway(&digits, decimal, 2 * mantissa + 1, binary - 1);
        if (order < 0 || (order == 0 && (mantissa & 1) == 0))
            break;
        bits++;
    }
    return bits;
}
