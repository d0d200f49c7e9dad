/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Booleans and UUIDs to text and back. Called through format/text.c. The lenient spellings are
 * PostgreSQL's: any prefix of true/false/yes/no, on/off, 1/0; UUIDs with braces, capitals or
 * hyphens after any group of four digits.
 */
#include "format/text_parts.h"

static size_t write_bool(stoa_type type, const struct stoa_value *value,
                         char out[STOA_VALUE_TEXT_MAX])
{
    STOA_UNUSED(type);
    const size_t length = value->boolean ? 4 : 5;
    memcpy(out, value->boolean ? "true" : "false", length);
    return length;
}

/* True if the text is the beginning of `word` and at least `shortest` bytes long. */
static bool is_prefix(const char *text, size_t length, const char *word, size_t shortest)
{
    if (length < shortest || length > strlen(word))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (stoa_text_lower(text[i]) != word[i])
            return false;
    }
    return true;
}

static enum stoa_text_result parse_bool(stoa_type type, const char *text, size_t length,
                                        struct stoa_value *out_value)
{
    STOA_UNUSED(type);
    const bool is_true =
        is_prefix(text, length, "true", 1) || is_prefix(text, length, "yes", 1) ||
        is_prefix(text, length, "on", 2) || is_prefix(text, length, "1", 1);
    const bool is_false =
        is_prefix(text, length, "false", 1) || is_prefix(text, length, "no", 1) ||
        is_prefix(text, length, "off", 2) || is_prefix(text, length, "0", 1);
    if (!is_true && !is_false)
        return STOA_TEXT_BAD;
    *out_value = (struct stoa_value){.boolean = is_true};
    return STOA_TEXT_GOOD;
}

const struct stoa_text_ops *stoa_text_bool_ops(void)
{
    static const struct stoa_text_ops ops = {.write = write_bool, .parse = parse_bool};
    return &ops;
}

static size_t write_uuid(stoa_type type, const struct stoa_value *value,
                         char out[STOA_VALUE_TEXT_MAX])
{
    STOA_UNUSED(type);
    static const char hex[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        out[at++] = hex[value->fixed16[i] >> 4];
        out[at++] = hex[value->fixed16[i] & 15];
    }
    return at;
}

static enum stoa_text_result parse_uuid(stoa_type type, const char *text, size_t length,
                                        struct stoa_value *out_value)
{
    STOA_UNUSED(type);
    struct stoa_value value = {.is_null = false};
    if (length >= 2 && text[0] == '{' && text[length - 1] == '}') {
        text++;
        length -= 2;
    }
    size_t digits = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '-' && digits > 0 && digits % 4 == 0 && text[i - 1] != '-')
            continue;
        const int digit = stoa_text_hex_digit(text[i]);
        if (digit < 0 || digits == 32)
            return STOA_TEXT_BAD;
        uint8_t *byte = &value.fixed16[digits / 2];
        *byte = (uint8_t)(digits % 2 ? *byte | digit : digit << 4);
        digits++;
    }
    if (digits != 32 || text[length - 1] == '-')
        return STOA_TEXT_BAD;
    *out_value = value;
    return STOA_TEXT_GOOD;
}

const struct stoa_text_ops *stoa_text_uuid_ops(void)
{
    static const struct stoa_text_ops ops = {.write = write_uuid, .parse = parse_uuid};
    return &ops;
}
