/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values to text and back for every logical type: finds the family by the type's id, keeps the
 * shared rules (blanks, canonical means "prints back") and words the errors. Called by ingest,
 * query (casts) and the result writers; owns nothing.
 */
#include "format/text.h"

#include <assert.h>

#include "format/text_parts.h"

enum { SHOWN_BYTES = 60 }; /* of a text in a message */

/* NULL for text and binary, which need no conversion. */
static const struct stoa_text_ops *find_ops(stoa_type_id id)
{
    switch (id) {
    case STOA_TYPE_BOOL: return stoa_text_bool_ops();
    case STOA_TYPE_INT8:
    case STOA_TYPE_INT16:
    case STOA_TYPE_INT32:
    case STOA_TYPE_INT64:
    case STOA_TYPE_UINT64: return stoa_text_int_ops();
    case STOA_TYPE_FLOAT64: return stoa_text_float_ops();
    case STOA_TYPE_DECIMAL: return stoa_text_decimal_ops();
    case STOA_TYPE_DATE: return stoa_text_date_ops();
    case STOA_TYPE_TIME: return stoa_text_time_ops();
    case STOA_TYPE_TIMESTAMP:
    case STOA_TYPE_TIMESTAMPTZ: return stoa_text_timestamp_ops();
    case STOA_TYPE_UUID: return stoa_text_uuid_ops();
    case STOA_TYPE_TEXT:
    case STOA_TYPE_BINARY: break;
    }
    return NULL;
}

size_t stoa_text_write(stoa_type type, const struct stoa_value *value,
                       char out[STOA_VALUE_TEXT_MAX])
{
    const struct stoa_text_ops *ops = find_ops(type.id);
    assert(ops && !value->is_null);
    return ops ? ops->write(type, value, out) : 0;
}

static stoa_status append_hex(const struct stoa_view *view, struct stoa_buf *out,
                              stoa_error *err)
{
    static const char hex[] = "0123456789abcdef";
    STOA_TRY(stoa_buf_reserve(out, 2 + 2 * (size_t)view->length, err));
    uint8_t *to = out->data + out->size;
    *to++ = '\\';
    *to++ = 'x';
    for (uint32_t i = 0; i < view->length; i++) {
        *to++ = (uint8_t)hex[view->data[i] >> 4];
        *to++ = (uint8_t)hex[view->data[i] & 15];
    }
    out->size += 2 + 2 * (size_t)view->length;
    return STOA_OK;
}

stoa_status stoa_text_append(stoa_type type, const struct stoa_value *value,
                             struct stoa_buf *out, stoa_error *err)
{
    if (type.id == STOA_TYPE_TEXT)
        return stoa_buf_append(out, value->bytes.data, value->bytes.length, err);
    if (type.id == STOA_TYPE_BINARY)
        return append_hex(&value->bytes, out, err);
    STOA_TRY(stoa_buf_reserve(out, STOA_VALUE_TEXT_MAX, err));
    char text[STOA_VALUE_TEXT_MAX];
    return stoa_buf_append(out, text, stoa_text_write(type, value, text), err);
}

/* How much of the text a message shows: at most SHOWN_BYTES, never half a character. */
static int shown_length(const char *text, size_t length)
{
    if (length <= SHOWN_BYTES)
        return (int)length;
    return (int)stoa_utf8_valid_prefix((const uint8_t *)text, SHOWN_BYTES);
}

static stoa_status fail_parse(enum stoa_text_result result, stoa_type type,
                              const char *text, size_t length, stoa_error *err)
{
    char name[STOA_TYPE_TEXT_MAX];
    const int shown = shown_length(text, length);
    const char *tail = (size_t)shown < length ? "..." : "";
    stoa_type_text(type, name);
    if (result == STOA_TEXT_RANGE)
        return stoa_fail(err, STOA_E_OVERFLOW, "\"%.*s%s\" is out of range for %s", shown,
                         text, tail, name);
    return stoa_fail(err, STOA_E_BAD_VALUE, "cannot read \"%.*s%s\" as %s", shown, text,
                     tail, name);
}

static stoa_status borrow_bytes(const char *text, size_t length,
                                struct stoa_value *out_value, stoa_error *err)
{
    if (length > STOA_MAX_VALUE_BYTES)
        return stoa_fail(err, STOA_E_LIMIT,
                         "expected a value of at most %zu bytes, found %zu",
                         STOA_MAX_VALUE_BYTES, length);
    *out_value = (struct stoa_value){
        .bytes = {.data = (const uint8_t *)text, .length = (uint32_t)length}
    };
    return STOA_OK;
}

stoa_status stoa_text_parse(stoa_type type, const char *text, size_t length,
                            struct stoa_value *out_value, stoa_error *err)
{
    const struct stoa_text_ops *ops = find_ops(type.id);
    if (!ops)
        return borrow_bytes(text, length, out_value, err);
    const char *trimmed = text;
    size_t rest = length;
    while (rest > 0 && stoa_text_is_blank(trimmed[0])) {
        trimmed++;
        rest--;
    }
    while (rest > 0 && stoa_text_is_blank(trimmed[rest - 1]))
        rest--;
    const enum stoa_text_result result = ops->parse(type, trimmed, rest, out_value);
    return result == STOA_TEXT_GOOD ? STOA_OK : fail_parse(result, type, text, length, err);
}

bool stoa_text_parse_canonical(stoa_type type, const char *text, size_t length,
                               struct stoa_value *out_value)
{
    const struct stoa_text_ops *ops = find_ops(type.id);
    if (!ops)
        return type.id == STOA_TYPE_TEXT &&
               borrow_bytes(text, length, out_value, NULL) == STOA_OK;
    if (ops->parse_canonical)
        return ops->parse_canonical(type, text, length, out_value);
    struct stoa_value value;
    char printed[STOA_VALUE_TEXT_MAX];
    if (length > sizeof printed || ops->parse(type, text, length, &value) != STOA_TEXT_GOOD)
        return false;
    const size_t printed_length = ops->write(type, &value, printed);
    if (printed_length != length || memcmp(printed, text, length) != 0)
        return false;
    *out_value = value;
    return true;
}

stoa_status stoa_text_parse_hex(const char *text, size_t length, struct stoa_buf *out,
                                stoa_error *err)
{
    const stoa_type binary = {.id = STOA_TYPE_BINARY};
    if (length < 2 || text[0] != '\\' || text[1] != 'x' || length % 2 != 0)
        return fail_parse(STOA_TEXT_BAD, binary, text, length, err);
    const size_t before = out->size;
    STOA_TRY(stoa_buf_reserve(out, length / 2, err));
    for (size_t i = 2; i < length; i += 2) {
        const int high = stoa_text_hex_digit(text[i]);
        const int low = stoa_text_hex_digit(text[i + 1]);
        if (high < 0 || low < 0) {
            out->size = before;
            return fail_parse(STOA_TEXT_BAD, binary, text, length, err);
        }
        out->data[out->size++] = (uint8_t)(high << 4 | low);
    }
    return STOA_OK;
}
