/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of columns whose type the user gave. The spellings are those of SQL casts
 * (format/text.h); what a cast would round or drop is refused, because a conversion must not
 * change a value. Called row by row for such columns only. [ING-35]
 */
#include <string.h>

#include "format/text.h"
#include "format/text_temporal.h"
#include "writer/ingest/column_parse.h"

static stoa_status fail_inexact(stoa_type type, const char *what, const uint8_t *text,
                                uint32_t length, stoa_error *err)
{
    char name[STOA_TYPE_TEXT_MAX];
    stoa_type_text(type, name);
    return stoa_fail(err, STOA_E_BAD_VALUE, "\"%.*s\" as %s would lose %s",
                     (int)(length < 60 ? length : 60), (const char *)text, name, what);
}

/* True if behind digit number `kept` of the fraction there is one that is not 0. */
static bool has_more_digits(const uint8_t *text, uint32_t length, uint32_t kept)
{
    const uint8_t *point = memchr(text, '.', length);
    if (!point)
        return false;
    const uint8_t *end = text + length;
    uint32_t seen = 0;
    for (const uint8_t *p = point + 1; p < end && *p >= '0' && *p <= '9'; p++, seen++) {
        if (seen >= kept && *p != '0')
            return true;
    }
    return false;
}

/* The exponent form of a decimal is exact only if nothing was rounded: compares with a parse
 * at the largest scale that the digits allow. */
static bool has_exponent(const uint8_t *text, uint32_t length)
{
    return memchr(text, 'e', length) || memchr(text, 'E', length);
}

static bool has_clock(const uint8_t *text, uint32_t length)
{
    return memchr(text, ':', length) != NULL;
}

static stoa_status check_exact(stoa_type type, const uint8_t *text, uint32_t length,
                               stoa_error *err)
{
    if (type.id == STOA_TYPE_DECIMAL) {
        if (has_exponent(text, length))
            return fail_inexact(type, "its spelling with an exponent", text, length, err);
        if (has_more_digits(text, length, type.scale))
            return fail_inexact(type, "digits", text, length, err);
    }
    const bool is_instant = type.id == STOA_TYPE_TIME || type.id == STOA_TYPE_TIMESTAMP ||
                            type.id == STOA_TYPE_TIMESTAMPTZ;
    if (is_instant && has_more_digits(text, length, 6))
        return fail_inexact(type, "fractions of a microsecond", text, length, err);
    if (type.id == STOA_TYPE_DATE && has_clock(text, length))
        return fail_inexact(type, "its time of day", text, length, err);
    return STOA_OK;
}

stoa_status stoa_value_cast(stoa_type type, const uint8_t *text, uint32_t length,
                            struct stoa_buf *scratch, struct stoa_value *out_value,
                            stoa_error *err)
{
    const char *chars = (const char *)text;
    if (type.id == STOA_TYPE_BINARY && length >= 2 && text[0] == '\\' && text[1] == 'x') {
        scratch->size = 0;
        STOA_TRY(stoa_text_parse_hex(chars, length, scratch, err));
        *out_value = (struct stoa_value){
            .bytes = {.data = scratch->data, .length = (uint32_t)scratch->size}
        };
        return STOA_OK;
    }
    STOA_TRY(stoa_text_parse(type, chars, length, out_value, err));
    return check_exact(type, text, length, err);
}
