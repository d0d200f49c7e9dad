/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV (RFC 4180 with LF) and TSV. In CSV NULL is the unquoted empty field and "" the empty
 * text, so that both come back; in TSV NULL is \N, and backslash, TAB, LF and CR are
 * escaped, as PostgreSQL's COPY does.
 */
#include <string.h>

#include "format/text.h"
#include "query/answer_batch.h"
#include "query/output_format.h"

/* ---- CSV ---- */

/* Quoted when it must be: structure, blanks at the ends (some readers trim), the empty text. */
static bool needs_quotes(const uint8_t *bytes, size_t size)
{
    static const uint8_t byte_order_mark[] = {0xef, 0xbb, 0xbf};
    if (size == 0 || bytes[0] == ' ' || bytes[size - 1] == ' ')
        return true;
    /* At the start of the output it would be taken for the file's own. */
    if (size >= sizeof byte_order_mark &&
        memcmp(bytes, byte_order_mark, sizeof byte_order_mark) == 0)
        return true;
    for (size_t i = 0; i < size; i++) {
        const uint8_t c = bytes[i];
        if (c == ',' || c == '"' || c == '\n' || c == '\r')
            return true;
    }
    return false;
}

static stoa_status append_csv(struct stoa_buf *out, const uint8_t *bytes, size_t size,
                              stoa_error *err)
{
    if (!needs_quotes(bytes, size))
        return stoa_buf_append(out, bytes, size, err);
    STOA_TRY(stoa_buf_append_byte(out, '"', err));
    size_t done = 0;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != '"')
            continue;
        /* Up to and with the quote, which then stands twice. */
        STOA_TRY(stoa_buf_append(out, bytes + done, i + 1 - done, err));
        done = i;
    }
    if (size > done)
        STOA_TRY(stoa_buf_append(out, bytes + done, size - done, err));
    return stoa_buf_append_byte(out, '"', err);
}

static stoa_status begin_csv(const stoa_schema *schema, struct stoa_buf *out,
                             stoa_error *err)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        const char *name = schema->fields[i].name;
        if (i > 0)
            STOA_TRY(stoa_buf_append_byte(out, ',', err));
        STOA_TRY(append_csv(out, (const uint8_t *)name, strlen(name), err));
    }
    return stoa_buf_append_byte(out, '\n', err);
}

static stoa_status row_csv(const stoa_schema *schema, const stoa_batch *batch, size_t row,
                           int is_first, struct stoa_buf *out, stoa_error *err)
{
    (void)is_first;
    for (size_t i = 0; i < batch->column_count; i++) {
        const struct stoa_value value = stoa_batch_value(batch, i, row);
        if (i > 0)
            STOA_TRY(stoa_buf_append_byte(out, ',', err));
        if (value.is_null)
            continue;
        if (schema->fields[i].type.id == STOA_TYPE_TEXT)
            STOA_TRY(append_csv(out, value.bytes.data, value.bytes.length, err));
        else
            STOA_TRY(stoa_text_append(schema->fields[i].type, &value, out, err));
    }
    return stoa_buf_append_byte(out, '\n', err);
}

/* ---- TSV ---- */

static stoa_status append_tsv(struct stoa_buf *out, const uint8_t *bytes, size_t size,
                              stoa_error *err)
{
    for (size_t i = 0; i < size; i++) {
        const uint8_t c = bytes[i];
        const char *escaped = c == '\t'   ? "\\t"
                              : c == '\n' ? "\\n"
                              : c == '\r' ? "\\r"
                              : c == '\\' ? "\\\\"
                                          : NULL;
        if (escaped)
            STOA_TRY(stoa_buf_append(out, escaped, 2, err));
        else
            STOA_TRY(stoa_buf_append_byte(out, c, err));
    }
    return STOA_OK;
}

static stoa_status begin_tsv(const stoa_schema *schema, struct stoa_buf *out,
                             stoa_error *err)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        const char *name = schema->fields[i].name;
        if (i > 0)
            STOA_TRY(stoa_buf_append_byte(out, '\t', err));
        STOA_TRY(append_tsv(out, (const uint8_t *)name, strlen(name), err));
    }
    return stoa_buf_append_byte(out, '\n', err);
}

static stoa_status row_tsv(const stoa_schema *schema, const stoa_batch *batch, size_t row,
                           int is_first, struct stoa_buf *out, stoa_error *err)
{
    (void)is_first;
    for (size_t i = 0; i < batch->column_count; i++) {
        const struct stoa_value value = stoa_batch_value(batch, i, row);
        if (i > 0)
            STOA_TRY(stoa_buf_append_byte(out, '\t', err));
        if (value.is_null)
            STOA_TRY(stoa_buf_append(out, "\\N", 2, err));
        else if (schema->fields[i].type.id == STOA_TYPE_TEXT)
            STOA_TRY(append_tsv(out, value.bytes.data, value.bytes.length, err));
        else
            STOA_TRY(stoa_text_append(schema->fields[i].type, &value, out, err));
    }
    return stoa_buf_append_byte(out, '\n', err);
}

const struct stoa_output_format stoa_output_csv = {
    .name = "csv", .begin = begin_csv, .row = row_csv};
const struct stoa_output_format stoa_output_tsv = {
    .name = "tsv", .begin = begin_tsv, .row = row_tsv};
