/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (one array of objects) and NDJSON (an object a line), RFC 8259. Numbers stay numbers
 * with all their digits; NaN and infinities, which JSON has no number for, are texts.
 */
#include <math.h>
#include <string.h>

#include "format/text.h"
#include "query/answer_batch.h"
#include "query/output_format.h"

static stoa_status append_escape(struct stoa_buf *out, uint8_t c, stoa_error *err)
{
    static const char *const named[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f",
        ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"};
    if (c < sizeof named / sizeof named[0] && named[c])
        return stoa_buf_append(out, named[c], 2, err);
    return stoa_buf_printf(out, err, "\\u%04x", c);
}

static stoa_status append_string(struct stoa_buf *out, const uint8_t *bytes, size_t size,
                                 stoa_error *err)
{
    STOA_TRY(stoa_buf_append_byte(out, '"', err));
    size_t done = 0;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] >= 0x20 && bytes[i] != '"' && bytes[i] != '\\' && bytes[i] != 0x7f)
            continue;
        if (i > done)
            STOA_TRY(stoa_buf_append(out, bytes + done, i - done, err));
        STOA_TRY(append_escape(out, bytes[i], err));
        done = i + 1;
    }
    if (size > done)
        STOA_TRY(stoa_buf_append(out, bytes + done, size - done, err));
    return stoa_buf_append_byte(out, '"', err);
}

static bool is_bare(stoa_type type, const struct stoa_value *value)
{
    if (type.id == STOA_TYPE_FLOAT64)
        return isfinite(value->f64);
    return type.id >= STOA_TYPE_BOOL && type.id <= STOA_TYPE_DECIMAL;
}

static stoa_status append_value(stoa_type type, const struct stoa_value *value,
                                struct stoa_buf *out, stoa_error *err)
{
    if (value->is_null)
        return stoa_buf_append(out, "null", 4, err);
    if (type.id == STOA_TYPE_TEXT)
        return append_string(out, value->bytes.data, value->bytes.length, err);
    if (is_bare(type, value))
        return stoa_text_append(type, value, out, err);
    /* The spellings of the other types need no escape but binary's backslash. */
    STOA_TRY(stoa_buf_append(out, type.id == STOA_TYPE_BINARY ? "\"\\" : "\"",
                             type.id == STOA_TYPE_BINARY ? 2 : 1, err));
    STOA_TRY(stoa_text_append(type, value, out, err));
    return stoa_buf_append_byte(out, '"', err);
}

static stoa_status append_object(const stoa_schema *schema, const stoa_batch *batch,
                                 size_t row, struct stoa_buf *out, stoa_error *err)
{
    STOA_TRY(stoa_buf_append_byte(out, '{', err));
    for (size_t i = 0; i < batch->column_count; i++) {
        const char *name = schema->fields[i].name;
        const struct stoa_value value = stoa_batch_value(batch, i, row);
        if (i > 0)
            STOA_TRY(stoa_buf_append_byte(out, ',', err));
        STOA_TRY(append_string(out, (const uint8_t *)name, strlen(name), err));
        STOA_TRY(stoa_buf_append_byte(out, ':', err));
        STOA_TRY(append_value(schema->fields[i].type, &value, out, err));
    }
    return stoa_buf_append_byte(out, '}', err);
}

static stoa_status row_ndjson(const stoa_schema *schema,
                              const struct stoa_output_style *style,
                              const stoa_batch *batch, size_t row, int is_first,
                              struct stoa_buf *out, stoa_error *err)
{
    (void)style;
    (void)is_first;
    STOA_TRY(append_object(schema, batch, row, out, err));
    return stoa_buf_append_byte(out, '\n', err);
}

static stoa_status row_json(const stoa_schema *schema,
                            const struct stoa_output_style *style, const stoa_batch *batch,
                            size_t row, int is_first, struct stoa_buf *out, stoa_error *err)
{
    (void)style;
    STOA_TRY(stoa_buf_append(out, is_first ? "[\n" : ",\n", 2, err));
    return append_object(schema, batch, row, out, err);
}

static stoa_status end_json(int is_empty, struct stoa_buf *out, stoa_error *err)
{
    return stoa_buf_append(out, is_empty ? "[]\n" : "\n]\n", 3, err);
}

const struct stoa_output_format stoa_output_json = {
    .name = "json", .needs_unique_names = true, .row = row_json, .end = end_json};
const struct stoa_output_format stoa_output_ndjson = {
    .name = "ndjson", .needs_unique_names = true, .row = row_ndjson};
