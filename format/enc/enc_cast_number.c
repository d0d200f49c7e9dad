/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NUMBER and PADDED templates [CAST-6] [CAST-7]: integers and decimals of one scale as they are
 * usually written, and numbers filled up with zeros to one width. Eight digits are made at a time,
 * in one word, after P. Khuong, "How to print integers really fast", 2017.
 */
#include "format/enc/enc_cast.h"

enum { MAX_SCALE = 18, MAX_PADDED = 19, MAX_DIGITS = 20, PAD = 24 };

#define BYTES_OF(x)    (UINT64_C(0x0101010101010101) * (x))
#define EIGHT_DIGITS   UINT32_C(100000000)
#define SIXTEEN_DIGITS UINT64_C(10000000000000000)

/* ---- digits ---- */

/* The digits of a number below 10^8 as bytes 0 to 9, the highest first in memory. */
static inline uint64_t eight_digits(uint32_t number)
{
    const uint64_t fours = (uint64_t)(number / 10000) | (uint64_t)(number % 10000) << 32;
    const uint64_t hundreds = (fours * 10486) >> 20 & UINT64_C(0x0000007F0000007F);
    const uint64_t pairs = (fours - 100 * hundreds) << 16 | hundreds;
    const uint64_t tens = (pairs * 103) >> 10 & UINT64_C(0x000F000F000F000F);
    return (pairs - 10 * tens) << 8 | tens;
}

/* Leading zeros of eight digits, 7 at most. */
static inline unsigned leading_zeros(uint64_t digits)
{
    return (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) / 8;
}

/* A number below 10^8 without leading zeros. */
static inline uint8_t *put_short(uint8_t *out, uint32_t number)
{
    const uint64_t digits = eight_digits(number);
    const unsigned zeros = leading_zeros(digits);
    stoa_store_le64(out, (digits + BYTES_OF('0')) >> 8 * zeros);
    return out + 8 - zeros;
}

static inline uint8_t *put_eight(uint8_t *out, uint32_t number)
{
    stoa_store_le64(out, eight_digits(number) + BYTES_OF('0'));
    return out + 8;
}

static inline uint8_t *put_digits(uint8_t *out, uint64_t number)
{
    if (number < EIGHT_DIGITS)
        return put_short(out, (uint32_t)number);
    const uint64_t high = number / EIGHT_DIGITS;
    if (high < EIGHT_DIGITS) {
        out = put_short(out, (uint32_t)high);
    } else {
        out = put_short(out, (uint32_t)(high / EIGHT_DIGITS));
        out = put_eight(out, (uint32_t)(high % EIGHT_DIGITS));
    }
    return put_eight(out, (uint32_t)(number % EIGHT_DIGITS));
}

/* All 24 digits. */
static inline void put_padded(uint8_t *out, uint64_t number)
{
    put_eight(out, (uint32_t)(number / SIXTEEN_DIGITS));
    put_eight(out + 8, (uint32_t)(number / EIGHT_DIGITS % EIGHT_DIGITS));
    put_eight(out + 16, (uint32_t)(number % EIGHT_DIGITS));
}

static uint32_t count_digits(uint64_t number)
{
    uint32_t count = 1;
    for (; number >= 10; number /= 10)
        count++;
    return count;
}

/* ---- NUMBER ---- */

static uint32_t body_size(const struct stoa_cast_template *t, uint32_t digits)
{
    const uint32_t scale = t->width;
    const uint32_t whole = digits > scale ? digits - scale : 1;
    const uint32_t commas = (t->options & STOA_CAST_THOUSANDS) ? (whole - 1) / 3 : 0;
    return (t->options & STOA_CAST_SIGNED) + whole + commas + (scale > 0) + scale;
}

static bool number_prepare(struct stoa_cast_template *t)
{
    const bool is_signed = t->options & STOA_CAST_SIGNED;
    t->phys = is_signed ? STOA_PHYS_I64 : STOA_PHYS_U64;
    t->is_ordered = false;
    t->is_full = true;
    t->low = INT64_MIN;
    t->high = INT64_MAX;
    t->limit = UINT64_MAX;
    t->max_body = body_size(t, MAX_DIGITS);
    return (t->options & ~(STOA_CAST_SIGNED | STOA_CAST_THOUSANDS)) == 0 &&
           t->pattern_size == 0 && t->width <= MAX_SCALE;
}

static uint32_t number_measure(const struct stoa_cast_template *t, int64_t low,
                               int64_t high)
{
    const uint64_t below = low < 0 ? 0 - (uint64_t)low : 0;
    const uint64_t above = high > 0 ? (uint64_t)high : 0;
    return body_size(t, count_digits(below > above ? below : above));
}

/* Digits, whatever stands between them, as a number: its printing must give the text back. */
static bool read_digits(const uint8_t *text, uint32_t size, uint64_t *out)
{
    uint64_t number = 0;
    for (uint32_t i = 0; i < size; i++) {
        const unsigned digit = (unsigned)text[i] - '0';
        if (digit > 9) {
            if (text[i] != '.' && text[i] != ',')
                return false;
            continue;
        }
        if (__builtin_mul_overflow(number, UINT64_C(10), &number) ||
            __builtin_add_overflow(number, (uint64_t)digit, &number))
            return false;
    }
    *out = number;
    return true;
}

static bool number_parse(const struct stoa_cast_template *t, const uint8_t *text,
                         uint32_t size, struct stoa_value *out, uint8_t *room)
{
    const bool is_signed = t->options & STOA_CAST_SIGNED;
    const bool is_negative = is_signed && size > 0 && text[0] == '-';
    uint64_t number = 0;
    STOA_UNUSED(room);
    if (size == 0 || size > t->max_body ||
        !read_digits(text + is_negative, size - is_negative, &number))
        return false;
    if (is_signed && number > (uint64_t)INT64_MAX + is_negative)
        return false;
    out->u64 = is_negative ? 0 - number : number;
    return true;
}

/* Whole digits in groups of three. */
static inline uint8_t *put_groups(uint8_t *out, const uint8_t *digits, uint32_t count)
{
    const uint32_t first = (count - 1) % 3 + 1;
    memcpy(out, digits, 4);
    out += first;
    for (uint32_t done = first; done < count; done += 3, out += 4) {
        out[0] = ',';
        memcpy(out + 1, digits + done, 3);
    }
    return out;
}

/* A decimal of at most eight digits, in one word. */
static inline uint8_t *put_short_decimal(uint8_t *out, uint32_t number, unsigned scale)
{
    const uint64_t digits = eight_digits(number);
    const uint64_t text = digits + BYTES_OF('0');
    const unsigned significant = 8 - leading_zeros(digits);
    const unsigned count = significant > scale ? significant : scale + 1;
    stoa_store_le64(out, text >> 8 * (8 - count));
    out += count - scale;
    *out = '.';
    stoa_store_le64(out + 1, text >> 8 * (8 - scale));
    return out + 1 + scale;
}

/* With a point or commas: all digits are laid out first. */
static inline uint8_t *put_parts(const struct stoa_cast_template *t, uint64_t number,
                                 uint8_t *out)
{
    uint8_t room[2 * PAD];
    const uint32_t scale = t->width;
    uint32_t count = 0;
    if (number < EIGHT_DIGITS) {
        const uint64_t digits = eight_digits((uint32_t)number);
        stoa_store_le64(room, BYTES_OF('0'));
        stoa_store_le64(room + 8, BYTES_OF('0'));
        stoa_store_le64(room + 16, digits + BYTES_OF('0'));
        count = 8 - leading_zeros(digits);
    } else {
        put_padded(room, number);
        count = count_digits(number);
    }
    const uint32_t whole = count > scale ? count - scale : 1;
    const uint8_t *first = room + PAD - scale - whole;
    if (t->options & STOA_CAST_THOUSANDS) {
        out = put_groups(out, first, whole);
    } else {
        memcpy(out, first, PAD);
        out += whole;
    }
    if (scale > 0) {
        *out++ = '.';
        memcpy(out, room + PAD - scale, PAD);
    }
    return out + scale;
}

static inline uint8_t *put_signed(const struct stoa_cast_template *t, const void *values,
                                  uint32_t i, uint8_t *out)
{
    const int64_t value = ((const int64_t *)values)[i];
    const uint64_t number = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    STOA_UNUSED(t);
    *out = '-';
    return put_digits(out + (value < 0), number);
}

static inline uint8_t *put_unsigned(const struct stoa_cast_template *t, const void *values,
                                    uint32_t i, uint8_t *out)
{
    STOA_UNUSED(t);
    return put_digits(out, ((const uint64_t *)values)[i]);
}

static inline uint8_t *put_decimal(const struct stoa_cast_template *t, const void *values,
                                   uint32_t i, uint8_t *out)
{
    const int64_t value = ((const int64_t *)values)[i];
    const bool is_negative = (t->options & STOA_CAST_SIGNED) && value < 0;
    const uint64_t number = is_negative ? 0 - (uint64_t)value : (uint64_t)value;
    const bool is_short = number < EIGHT_DIGITS && t->width > 0 && t->width < 8 &&
                          !(t->options & STOA_CAST_THOUSANDS);
    *out = '-';
    out += is_negative;
    return is_short ? put_short_decimal(out, (uint32_t)number, t->width)
                    : put_parts(t, number, out);
}
STOA_CAST_DEFINE_PRINT(print_signed, put_signed)
STOA_CAST_DEFINE_PRINT(print_unsigned, put_unsigned)
STOA_CAST_DEFINE_PRINT(print_decimals, put_decimal)

static void number_print(const struct stoa_cast_template *t, const void *values,
                         uint32_t count, uint8_t *out, struct stoa_view *views)
{
    if (t->width > 0 || (t->options & STOA_CAST_THOUSANDS))
        print_decimals(t, values, count, out, views);
    else if (t->options & STOA_CAST_SIGNED)
        print_signed(t, values, count, out, views);
    else
        print_unsigned(t, values, count, out, views);
}

const struct stoa_cast_form stoa_cast_number = {
    .id = STOA_CAST_NUMBER,
    .name = "number",
    .cycles = 17,
    .prepare = number_prepare,
    .parse = number_parse,
    .print = number_print,
    .measure = number_measure,
};

/* ---- PADDED ---- */

static bool padded_prepare(struct stoa_cast_template *t)
{
    t->phys = STOA_PHYS_U64;
    t->is_ordered = true;
    t->is_full = false;
    t->max_body = t->width;
    if (t->options != 0 || t->pattern_size != 0 || t->width == 0 || t->width > MAX_PADDED)
        return false;
    t->limit = 1;
    for (unsigned i = 0; i < t->width; i++)
        t->limit *= 10;
    t->limit--;
    return true;
}

static bool padded_parse(const struct stoa_cast_template *t, const uint8_t *text,
                         uint32_t size, struct stoa_value *out, uint8_t *room)
{
    STOA_UNUSED(room);
    return size == t->width && read_digits(text, size, &out->u64);
}

static inline uint8_t *put_eight_padded(const struct stoa_cast_template *t,
                                        const void *values, uint32_t i, uint8_t *out)
{
    const uint64_t digits = eight_digits((uint32_t)((const uint64_t *)values)[i]);
    stoa_store_le64(out, (digits + BYTES_OF('0')) >> 8 * (8u - t->width));
    return out + t->width;
}

static inline uint8_t *put_long_padded(const struct stoa_cast_template *t,
                                       const void *values, uint32_t i, uint8_t *out)
{
    uint8_t room[2 * PAD];
    put_padded(room, ((const uint64_t *)values)[i]);
    memcpy(out, room + PAD - t->width, PAD);
    return out + t->width;
}
STOA_CAST_DEFINE_PRINT(print_eight_padded, put_eight_padded)
STOA_CAST_DEFINE_PRINT(print_long_padded, put_long_padded)

static void padded_print(const struct stoa_cast_template *t, const void *values,
                         uint32_t count, uint8_t *out, struct stoa_view *views)
{
    if (t->width <= 8)
        print_eight_padded(t, values, count, out, views);
    else
        print_long_padded(t, values, count, out, views);
}

const struct stoa_cast_form stoa_cast_padded = {
    .id = STOA_CAST_PADDED,
    .name = "padded",
    .cycles = 11,
    .prepare = padded_prepare,
    .parse = padded_parse,
    .print = padded_print,
};
