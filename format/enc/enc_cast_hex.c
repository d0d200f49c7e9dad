/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UUID and HEX templates [CAST-4] [CAST-5]: pairs of digits as bytes. Four bytes become eight
 * digits in one word, without a table.
 */
#include "format/enc/enc_cast.h"

enum { UUID_DASHES = 4, UUID_BYTES = 16, WORD_DIGITS = 16 };

#define BYTES_OF(x) (UINT64_C(0x0101010101010101) * (x))

/* ---- digits ---- */

/* The digits of 32 bits, the highest first; `letter` is what leads from digit 10 to its letter. */
static inline uint64_t spell(uint32_t bits, uint64_t letter)
{
    uint64_t x = __builtin_bswap32(bits);
    x = (x | x << 16) & UINT64_C(0x0000FFFF0000FFFF);
    x = (x | x << 8) & UINT64_C(0x00FF00FF00FF00FF);
    x = (x >> 4 & UINT64_C(0x000F000F000F000F)) | (x & UINT64_C(0x000F000F000F000F)) << 8;
    const uint64_t above_nine = (x + BYTES_OF(6)) >> 4 & BYTES_OF(1);
    return x + BYTES_OF('0') + above_nine * letter;
}

static inline uint64_t letter_distance(const struct stoa_cast_template *t)
{
    return (t->options & STOA_CAST_UPPER) ? 'A' - '0' - 10 : 'a' - '0' - 10;
}

/* Eight digits as four bytes, the first in the lowest; false when the text is not how they are
 * spelled. */
static inline bool read_word(uint64_t text, uint64_t letter, uint32_t *out_bytes)
{
    uint64_t x = (text & BYTES_OF(0x0F)) + (text >> 6 & BYTES_OF(1)) * 9;
    x = (x << 4 | x >> 8) & UINT64_C(0x00FF00FF00FF00FF);
    x = (x | x >> 8) & UINT64_C(0x0000FFFF0000FFFF);
    *out_bytes = (uint32_t)(x | x >> 16);
    return spell(__builtin_bswap32(*out_bytes), letter) == text;
}

/* An even number of them. */
static bool read_digits(const struct stoa_cast_template *t, const uint8_t *text,
                        uint32_t digits, uint8_t *out)
{
    const uint64_t letter = letter_distance(t);
    const uint32_t whole = digits / 8 * 8;
    uint32_t bytes = 0;
    bool is_read = true;
    for (uint32_t i = 0; i < whole; i += 8) {
        is_read &= read_word(stoa_load_le64(text + i), letter, &bytes);
        stoa_store_le32(out + i / 2, bytes);
    }
    if (whole < digits) {
        uint64_t last = BYTES_OF('0');
        memcpy(&last, text + whole, digits - whole);
        is_read &= read_word(last, letter, &bytes);
        memcpy(out + whole / 2, &bytes, (digits - whole) / 2);
    }
    return is_read;
}

/* ---- UUID ---- */

static bool uuid_prepare(struct stoa_cast_template *t)
{
    const bool is_bare = t->options & STOA_CAST_BARE;
    t->phys = STOA_PHYS_FIXED16;
    t->is_ordered = true;
    t->is_full = true;
    t->max_body = is_bare ? 2 * UUID_BYTES : 2 * UUID_BYTES + UUID_DASHES;
    return (t->options & ~(STOA_CAST_UPPER | STOA_CAST_BARE)) == 0 && t->width == 0 &&
           t->pattern_size == 0;
}

static bool uuid_parse(const struct stoa_cast_template *t, const uint8_t *text,
                       uint32_t size, struct stoa_value *out, uint8_t *room)
{
    uint8_t digits[2 * UUID_BYTES];
    STOA_UNUSED(room);
    if (size != t->max_body)
        return false;
    if (t->options & STOA_CAST_BARE)
        return read_digits(t, text, 2 * UUID_BYTES, out->fixed16);
    if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
        return false;
    memcpy(digits, text, 8);
    memcpy(digits + 8, text + 9, 4);
    memcpy(digits + 12, text + 14, 4);
    memcpy(digits + 16, text + 19, 4);
    memcpy(digits + 20, text + 24, 12);
    return read_digits(t, digits, 2 * UUID_BYTES, out->fixed16);
}

static inline uint8_t *put_uuid(const struct stoa_cast_template *t, const void *values,
                                uint32_t i, uint8_t *out)
{
    const uint8_t *value = (const uint8_t *)values + (size_t)i * UUID_BYTES;
    const uint64_t letter = letter_distance(t);
    uint64_t words[4];
    for (unsigned k = 0; k < 4; k++)
        words[k] = spell(__builtin_bswap32(stoa_load_le32(value + k * 4)), letter);
    if (t->options & STOA_CAST_BARE) {
        memcpy(out, words, sizeof words);
        return out + sizeof words;
    }
    stoa_store_le64(out, words[0]);
    out[8] = '-';
    stoa_store_le32(out + 9, (uint32_t)words[1]);
    out[13] = '-';
    stoa_store_le32(out + 14, (uint32_t)(words[1] >> 32));
    out[18] = '-';
    stoa_store_le32(out + 19, (uint32_t)words[2]);
    out[23] = '-';
    stoa_store_le32(out + 24, (uint32_t)(words[2] >> 32));
    stoa_store_le64(out + 28, words[3]);
    return out + 36;
}
STOA_CAST_DEFINE_PRINT(uuid_print, put_uuid)

const struct stoa_cast_form stoa_cast_uuid = {
    .id = STOA_CAST_UUID,
    .name = "uuid",
    .cycles = 21,
    .is_exact = true,
    .prepare = uuid_prepare,
    .parse = uuid_parse,
    .print = uuid_print,
};

/* ---- HEX ---- */

/* Up to 16 digits are a number, more are bytes. 32 are a UUID without dashes. */
static bool hex_prepare(struct stoa_cast_template *t)
{
    const bool is_number = t->width <= WORD_DIGITS;
    t->phys = is_number ? STOA_PHYS_U64 : STOA_PHYS_BYTES;
    t->is_ordered = is_number;
    t->is_full = t->width == WORD_DIGITS;
    t->limit = stoa_low_mask(is_number ? 4u * t->width : 64);
    t->value_size = is_number ? 0 : t->width / 2;
    t->max_body = t->width;
    return (t->options & ~STOA_CAST_UPPER) == 0 && t->pattern_size == 0 && t->width >= 1 &&
           t->width <= STOA_CAST_MAX_HEX && t->width != 2 * UUID_BYTES &&
           (is_number || t->width % 2 == 0);
}

static bool hex_parse(const struct stoa_cast_template *t, const uint8_t *text,
                      uint32_t size, struct stoa_value *out, uint8_t *room)
{
    uint8_t digits[WORD_DIGITS];
    if (size != t->width)
        return false;
    if (t->phys == STOA_PHYS_BYTES) {
        out->bytes = (struct stoa_view){.data = room, .length = t->value_size};
        return read_digits(t, text, size, room);
    }
    memset(digits, '0', sizeof digits);
    memcpy(digits + WORD_DIGITS - size, text, size);
    if (!read_digits(t, digits, WORD_DIGITS, digits))
        return false;
    out->u64 = __builtin_bswap64(stoa_load_le64(digits));
    return true;
}

static inline uint8_t *put_hex_number(const struct stoa_cast_template *t,
                                      const void *values, uint32_t i, uint8_t *out)
{
    const uint64_t value = ((const uint64_t *)values)[i];
    const uint64_t letter = letter_distance(t);
    uint64_t words[3] = {spell((uint32_t)(value >> 32), letter),
                         spell((uint32_t)value, letter), 0};
    /* The last `width` digits, and what lies behind them. */
    memcpy(out, (const uint8_t *)words + WORD_DIGITS - t->width, 8);
    memcpy(out + 8, (const uint8_t *)words + WORD_DIGITS - t->width + 8,
           t->width > 8 ? 8 : 0);
    return out + t->width;
}

static inline uint8_t *put_hex_bytes(const struct stoa_cast_template *t, const void *values,
                                     uint32_t i, uint8_t *out)
{
    const uint8_t *bytes = ((const struct stoa_view *)values)[i].data;
    const uint64_t letter = letter_distance(t);
    const uint32_t whole = t->value_size / 4 * 4;
    for (uint32_t k = 0; k < whole; k += 4)
        stoa_store_le64(out + (size_t)k * 2,
                        spell(__builtin_bswap32(stoa_load_le32(bytes + k)), letter));
    if (whole < t->value_size) {
        uint32_t last = 0;
        memcpy(&last, bytes + whole, t->value_size - whole);
        stoa_store_le64(out + (size_t)whole * 2, spell(__builtin_bswap32(last), letter));
    }
    return out + t->width;
}
STOA_CAST_DEFINE_PRINT(print_hex_numbers, put_hex_number)
STOA_CAST_DEFINE_PRINT(print_hex_bytes, put_hex_bytes)

static void hex_print(const struct stoa_cast_template *t, const void *values,
                      uint32_t count, uint8_t *out, struct stoa_view *views)
{
    if (t->phys == STOA_PHYS_BYTES)
        print_hex_bytes(t, values, count, out, views);
    else
        print_hex_numbers(t, values, count, out, views);
}

const struct stoa_cast_form stoa_cast_hex = {
    .id = STOA_CAST_HEX,
    .name = "hex",
    .cycles = 28,
    .is_exact = true,
    .prepare = hex_prepare,
    .parse = hex_parse,
    .print = hex_print,
};
