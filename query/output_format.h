/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One output format: how it opens, prints a row and closes. One file and one row in
 * output_table.c each.
 */
#ifndef STOA_QUERY_OUTPUT_FORMAT_H
#define STOA_QUERY_OUTPUT_FORMAT_H

#include "common/buf.h"
#include "format/value.h"
#include "stoa/output.h"

/* How delimited text is spelled; other formats have one spelling. */
struct stoa_output_style {
    uint8_t delimiter;
    bool guards_formulas; /* texts that a spreadsheet would run get a quote before them */
    bool has_header;
    const char *null_text; /* what NULL looks like */
    size_t null_size;
};

struct stoa_output_format {
    const char *name;  /* "csv" */
    bool is_delimited; /* a style other than this one is possible */
    struct stoa_output_style style;
    /* Names of columns are keys: a second "a" becomes "a_2", so that readers keep both. */
    bool needs_unique_names;
    /* What stands before the first row; NULL: nothing. */
    stoa_status (*begin)(const stoa_schema *schema, const struct stoa_output_style *style,
                         struct stoa_buf *out, stoa_error *err);
    /* Row `row` of a batch; `is_first` for the first row of the output. */
    stoa_status (*row)(const stoa_schema *schema, const struct stoa_output_style *style,
                       const stoa_batch *batch, size_t row, int is_first,
                       struct stoa_buf *out, stoa_error *err);
    /* What stands behind the last row; `is_empty`: there was none. NULL: nothing. */
    stoa_status (*end)(int is_empty, struct stoa_buf *out, stoa_error *err);
};

/* By name, or NULL; row `i` of the table, or NULL past its end. */
const struct stoa_output_format *stoa_output_format_find(const char *name);
const struct stoa_output_format *stoa_output_format_row(size_t i);

extern const struct stoa_output_format stoa_output_csv;
extern const struct stoa_output_format stoa_output_tsv;
extern const struct stoa_output_format stoa_output_json;
extern const struct stoa_output_format stoa_output_ndjson;

#endif
