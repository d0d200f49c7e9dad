/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digits eight at a time: the inner steps of the number readers of both passes; digits_time.h has
 * those of dates and times.
 * Everything is inline and pure. Functions that take a pointer may read 17 bytes from it and 8
 * from any place in the field, wherever it ends: texts are padded.
 *
 * Conversion of eight digits by three multiplications after D. Lemire, "Quickly parsing eight
 * digits", 2018.
 */
#ifndef STOA_WRITER_DIGITS_H
#define STOA_WRITER_DIGITS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bits.h"

#define STOA_ASCII_ZEROS UINT64_C(0x3030303030303030)

/* The first n (1..8) bytes of `raw` as digit values in the last n bytes, zeros before them. */
static inline uint64_t stoa_digits_word(uint64_t raw, unsigned n)
{
    return (raw ^ STOA_ASCII_ZEROS) << (64 - 8 * n);
}

/* True if every byte is 0..9. */
static inline bool stoa_digits_good(uint64_t word)
{
    return (((word + UINT64_C(0x7676767676767676)) | word) &
            UINT64_C(0x8080808080808080)) == 0;
}

/* The number that eight digit values denote, the first byte being the most significant. */
static inline uint64_t stoa_digits_value(uint64_t word)
{
    const uint64_t mask = UINT64_C(0x000000FF000000FF);
    word = word * 10 + (word >> 8);
    return (((word & mask) * UINT64_C(0x000F424000000064)) +
            (((word >> 16) & mask) * UINT64_C(0x0000271000000001))) >>
               32 &
           UINT32_MAX;
}

/* Exactly n (1..19) digits; false when there is anything else. */
static inline bool stoa_digits_parse(const uint8_t *p, unsigned n, uint64_t *out)
{
    if (n <= 8) {
        const uint64_t word = stoa_digits_word(stoa_load_le64(p), n);
        *out = stoa_digits_value(word);
        return stoa_digits_good(word);
    }
    const uint64_t tail = stoa_load_le64(p + n - 8) ^ STOA_ASCII_ZEROS;
    if (n <= 16) {
        const uint64_t head = stoa_digits_word(stoa_load_le64(p), n - 8);
        *out = stoa_digits_value(head) * 100000000 + stoa_digits_value(tail);
        return stoa_digits_good(head) && stoa_digits_good(tail);
    }
    const uint64_t head = stoa_digits_word(stoa_load_le64(p), n - 16);
    const uint64_t middle = stoa_load_le64(p + n - 16) ^ STOA_ASCII_ZEROS;
    *out = (stoa_digits_value(head) * 100000000 + stoa_digits_value(middle)) * 100000000 +
           stoa_digits_value(tail);
    return stoa_digits_good(head) && stoa_digits_good(middle) && stoa_digits_good(tail);
}

/* [ING-20] a canonical integer of at most 18 digits; false says "look closer", not "no". */
static inline bool stoa_int_fast(const uint8_t *p, uint32_t length, int64_t *out)
{
    const bool is_negative = p[0] == '-';
    const uint32_t n = length - is_negative;
    uint64_t magnitude = 0;
    p += is_negative;
    /* "-0" and "007" fail here; n = 0 wraps around and fails too. */
    if (n - 1 >= 18 || (p[0] == '0' && length > 1) || !stoa_digits_parse(p, n, &magnitude))
        return false;
    *out = is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

/* 10^n, 0 <= n <= 19. */
static inline uint64_t stoa_digits_unit(uint32_t n)
{
    static const uint64_t units[] = {1,
                                     10,
                                     100,
                                     1000,
                                     10000,
                                     100000,
                                     1000000,
                                     10000000,
                                     100000000,
                                     1000000000,
                                     10000000000,
                                     100000000000,
                                     1000000000000,
                                     10000000000000,
                                     100000000000000,
                                     1000000000000000,
                                     10000000000000000,
                                     100000000000000000,
                                     1000000000000000000,
                                     10000000000000000000U};
    return units[n];
}

/* A plain fraction "-ddd.ddd": (-1)^is_negative * digits / 10^scale. */
struct stoa_fraction {
    uint64_t digits;
    uint32_t whole_digits; /* before the point; 0 for "0.5" and ".5" */
    uint32_t scale;        /* behind the point */
    bool is_negative;
};

/* Where the first '.' among the eight bytes is; 8 when there is none. */
static inline uint32_t stoa_point_find(uint64_t raw)
{
    const uint64_t other = raw ^ UINT64_C(0x2E2E2E2E2E2E2E2E);
    const uint64_t zeros =
        (other - UINT64_C(0x0101010101010101)) & ~other & UINT64_C(0x8080808080808080);
    return zeros ? (uint32_t)__builtin_ctzll(zeros) / 8 : 8;
}

/* Closes the gap of byte `point` in eight bytes; the new last byte is that of `next`. */
static inline uint64_t stoa_point_close(uint64_t raw, uint32_t point, uint64_t next)
{
    const uint64_t before = (UINT64_C(1) << 8 * point) - 1;
    return (raw & before) | ((raw >> 8 | next << 56) & ~before);
}

/* [ING-21] a fraction with at most 15 digits; false: look closer. Minus zero is left to the closer
 * look. Reads 16 bytes behind the sign. */
static inline bool stoa_fraction_fast(const uint8_t *p, uint32_t length,
                                      struct stoa_fraction *out)
{
    out->is_negative = p[0] == '-';
    const uint32_t n = length - out->is_negative;
    p += out->is_negative;
    uint64_t low = stoa_load_le64(p);
    uint64_t high = stoa_load_le64(p + 8);
    uint32_t point = stoa_point_find(low);
    if (point < 8) {
        low = stoa_point_close(low, point, high);
        high >>= 8;
    } else {
        point += stoa_point_find(high);
        high = point < 16 ? stoa_point_close(high, point - 8, 0) : 0;
    }
    /* n < 2 wraps around; the point has to stand inside and not last. */
    if (n - 2 >= 15 || point >= n - 1 || (p[0] == '0' && point > 1))
        return false;
    if (n <= 9) {
        const uint64_t word = stoa_digits_word(low, n - 1);
        out->digits = stoa_digits_value(word);
        if (!stoa_digits_good(word))
            return false;
    } else {
        const uint64_t head = low ^ STOA_ASCII_ZEROS;
        const uint64_t tail = stoa_digits_word(high, n - 9);
        out->digits =
            stoa_digits_value(head) * stoa_digits_unit(n - 9) + stoa_digits_value(tail);
        if (!stoa_digits_good(head) || !stoa_digits_good(tail))
            return false;
    }
    out->whole_digits = point == 1 && p[0] == '0' ? 0 : point;
    out->scale = n - 1 - point;
    return !out->is_negative || out->digits != 0;
}

/* The same for up to 19 digits in all, in two parts: floats printed in full. */
static inline bool stoa_fraction_long(const uint8_t *p, uint32_t length,
                                      struct stoa_fraction *out)
{
    uint64_t whole = 0;
    uint64_t fraction = 0;
    out->is_negative = p[0] == '-';
    const uint32_t n = length - out->is_negative;
    p += out->is_negative;
    if (n - 2 >= 19)
        return false;
    const uint8_t *found = memchr(p, '.', n - 1);
    if (!found)
        return false;
    const uint32_t point = (uint32_t)(found - p);
    const uint32_t scale = n - 1 - point;
    if ((p[0] == '0' && point > 1) || (point > 0 && !stoa_digits_parse(p, point, &whole)) ||
        !stoa_digits_parse(found + 1, scale, &fraction))
        return false;
    out->digits = whole * stoa_digits_unit(scale) + fraction; /* below 10^19 */
    out->whole_digits = point == 1 && p[0] == '0' ? 0 : point;
    out->scale = scale;
    return !out->is_negative || out->digits != 0;
}

/* [ING-27] 36 characters "8-4-4-4-12" in lower case, as 16 bytes. Plain loops over arrays, which
 * compilers turn into vectors. */
static inline bool stoa_uuid_fast(const uint8_t *p, uint8_t out[16])
{
    uint8_t hex[32];
    uint8_t wrong = 0;
    if (p[8] != '-' || p[13] != '-' || p[18] != '-' || p[23] != '-')
        return false;
    memcpy(hex, p, 8);
    memcpy(hex + 8, p + 9, 4);
    memcpy(hex + 12, p + 14, 4);
    memcpy(hex + 16, p + 19, 4);
    memcpy(hex + 20, p + 24, 12);
    for (unsigned i = 0; i < 32; i++) {
        const bool is_letter = (uint8_t)(hex[i] - 'a') < 6;
        wrong |= !is_letter & ((uint8_t)(hex[i] - '0') >= 10);
        hex[i] = (uint8_t)((hex[i] & 15) + (is_letter ? 9 : 0));
    }
    for (unsigned i = 0; i < 16; i++)
        out[i] = (uint8_t)(hex[2 * i] << 4 | hex[2 * i + 1]);
    return wrong == 0;
}

/* "true" or "false"; reads 5 bytes. */
static inline bool stoa_bool_fast(const uint8_t *p, uint32_t length, bool *out)
{
    const uint32_t head = stoa_load_le32(p);
    *out = length == 4 && head == UINT32_C(0x65757274); /* "true" */
    return *out ||
           (length == 5 && head == UINT32_C(0x736C6166) && p[4] == 'e'); /* "fals" */
}

#endif
