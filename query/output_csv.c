/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV (RFC 4180 with LF) and TSV. In CSV NULL is the unquoted empty field and "" the empty
 * text, so that both come back; in TSV NULL is \N, and backslash, TAB, LF and CR are
 * escaped, as PostgreSQL's COPY does. Another style than these is the caller's wish.
 */
#include <string.h>

#include "format/text.h"
#include "query/answer_batch.h"
#include "query/output_format.h"

/* Appends one text, a value or a name, as the format spells it. */
typedef stoa_status (*append_text_fn)(const struct stoa_output_style *style,
                                      struct stoa_buf *out, const uint8_t *bytes,
                                      size_t size, stoa_error *err);

/* Spreadsheets run what begins like this, quoted or not (CWE-1236). */
static bool is_formula(const uint8_t *bytes, size_t size)
{
    return size > 0 && memchr("=+-@\t\r", bytes[0], 6) != NULL;
}

static stoa_status append_guard(const struct stoa_output_style *style, struct stoa_buf *out,
                                const uint8_t *bytes, size_t size, stoa_error *err)
{
    if (!style->guards_formulas || !is_formula(bytes, size))
        return STOA_OK;
    return stoa_buf_append_byte(out, '\'', err);
}

static stoa_status append_header(const stoa_schema *schema,
                                 const struct stoa_output_style *style,
                                 append_text_fn append, struct stoa_buf *out,
                                 stoa_error *err)
{
    if (!style->has_header)
        return STOA_OK;
    for (size_t i = 0; i < schema->field_count; i++) {
        const char *name = schema->fields[i].name;
        if (i > 0)
            STOA_TRY(stoa_buf_append_byte(out, style->delimiter, err));
        STOA_TRY(append(style, out, (const uint8_t *)name, strlen(name), err));
    }
    return stoa_buf_append_byte(out, '\n', err);
}

static stoa_status append_row(const stoa_schema *schema,
                              const struct stoa_output_style *style,
                              const stoa_batch *batch, size_t row, append_text_fn append,
                              struct stoa_buf *out, stoa_error *err)
{
    for (size_t i = 0; i < batch->column_count; i++) {
        const stoa_type type = schema->fields[i].type;
        const struct stoa_value value = stoa_batch_value(batch, i, row);
        if (i > 0)
            STOA_TRY(stoa_buf_append_byte(out, style->delimiter, err));
        if (value.is_null)
            STOA_TRY(stoa_buf_append(out, style->null_text, style->null_size, err));
        else if (type.id == STOA_TYPE_TEXT)
            STOA_TRY(append(style, out, value.bytes.data, value.bytes.length, err));
        else
            STOA_TRY(stoa_text_append(type, &value, out, err));
    }
    return stoa_buf_append_byte(out, '\n', err);
}

/* ---- CSV ---- */

/* Quoted when it must be: structure, blanks at the ends (some readers trim), the empty text, what
 * would be read as NULL. */
static bool needs_quotes(const struct stoa_output_style *style, const uint8_t *bytes,
                         size_t size)
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
        if (c == style->delimiter || c == '"' || c == '\n' || c == '\r')
            return true;
    }
    return size == style->null_size && memcmp(bytes, style->null_text, size) == 0;
}

static stoa_status append_quoted(struct stoa_buf *out, const uint8_t *bytes, size_t size,
                                 stoa_error *err)
{
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
    return STOA_OK;
}

static stoa_status append_csv(const struct stoa_output_style *style, struct stoa_buf *out,
                              const uint8_t *bytes, size_t size, stoa_error *err)
{
    const bool is_quoted = needs_quotes(style, bytes, size);
    if (is_quoted)
        STOA_TRY(stoa_buf_append_byte(out, '"', err));
    STOA_TRY(append_guard(style, out, bytes, size, err));
    if (!is_quoted)
        return stoa_buf_append(out, bytes, size, err);
    STOA_TRY(append_quoted(out, bytes, size, err));
    return stoa_buf_append_byte(out, '"', err);
}

static stoa_status begin_csv(const stoa_schema *schema,
                             const struct stoa_output_style *style, struct stoa_buf *out,
                             stoa_error *err)
{
    return append_header(schema, style, append_csv, out, err);
}

static stoa_status row_csv(const stoa_schema *schema, const struct stoa_output_style *style,
                           const stoa_batch *batch, size_t row, int is_first,
                           struct stoa_buf *out, stoa_error *err)
{
    (void)is_first;
    return append_row(schema, style, batch, row, append_csv, out, err);
}

/* ---- TSV ---- */

static stoa_status append_tsv(const struct stoa_output_style *style, struct stoa_buf *out,
                              const uint8_t *bytes, size_t size, stoa_error *err)
{
    STOA_TRY(append_guard(style, out, bytes, size, err));
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

static stoa_status begin_tsv(const stoa_schema *schema,
                             const struct stoa_output_style *style, struct stoa_buf *out,
                             stoa_error *err)
{
    return append_header(schema, style, append_tsv, out, err);
}

static stoa_status row_tsv(const stoa_schema *schema, const struct stoa_output_style *style,
                           const stoa_batch *batch, size_t row, int is_first,
                           struct stoa_buf *out, stoa_error *err)
{
    (void)is_first;
    return append_row(schema, style, batch, row, append_tsv, out, err);
}

const struct stoa_output_format stoa_output_csv = {
    .name = "csv",
    .is_delimited = true,
    .style = {.delimiter = ',', .has_header = true, .null_text = ""},
    .begin = begin_csv,
    .row = row_csv
};
const struct stoa_output_format stoa_output_tsv = {
    .name = "tsv",
    .is_delimited = true,
    .style = {.delimiter = '\t', .has_header = true, .null_text = "\\N", .null_size = 2},
    .begin = begin_tsv,
    .row = row_tsv
};
