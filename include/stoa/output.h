/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches to bytes: CSV, TSV, JSON and NDJSON, streamed to a callback. What they print is the
 * canonical spelling of every value, so that CSV and NDJSON convert back to the same table.
 * In JSON a column whose name an earlier one has gets "_2" behind it, so that readers keep both.
 * An output belongs to one thread.
 * The aligned table for terminals is the command's own business.
 */
#ifndef STOA_OUTPUT_H
#define STOA_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "stoa/batch.h"
#include "stoa/schema.h"
#include "stoa/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct stoa_output stoa_output;

/* Takes `size` bytes; anything but STOA_OK ends the output with that status. */
typedef stoa_status (*stoa_output_write_fn)(void *context, const void *bytes, size_t size,
                                            stoa_error *err);

/* Zero-initialised means the format's own spelling, which converts back to the same table. The texts
 * are borrowed until the output is freed. All but `format` are for csv and tsv only. */
typedef struct stoa_output_options {
    const char *format;    /* required; see stoa_output_format_at */
    const char *null_text; /* what NULL looks like; NULL: nothing in csv, \N in tsv */
    char delimiter;        /* csv only; 0: a comma. Tab or ASCII punctuation that is in no
                              number, date or quote: none of . + - : " \ and digits */
    int no_header;         /* 1: no line of names */
    int guard_formulas;   /* 1: an apostrophe before texts that begin with = + - @, a tab or
                              a carriage return, which spreadsheets would run */
    uint32_t reserved[4]; /* zero */
} stoa_output_options;

/* Name `i` of the known formats ("csv", "tsv", "json", "ndjson"), or NULL past the end. */
STOA_API const char *stoa_output_format_at(size_t i);

/* Starts an output for rows of `schema` (copied) and writes its header, if it has one.
 * STOA_E_USAGE for an unknown format, with the known ones, and for options that do not go with
 * it. */
STOA_API STOA_MUST_USE stoa_status stoa_output_create(
    const stoa_output_options *options, const stoa_schema *schema,
    stoa_output_write_fn write, void *context, stoa_output **out_output, stoa_error *err);
STOA_API STOA_MUST_USE stoa_status stoa_output_batch(stoa_output *output,
                                                     const stoa_batch *batch,
                                                     stoa_error *err);
/* Writes what closes the format (JSON's bracket) and flushes. */
STOA_API STOA_MUST_USE stoa_status stoa_output_finish(stoa_output *output, stoa_error *err);
STOA_API void stoa_output_free(stoa_output *output); /* NULL allowed; writes nothing */

#ifdef __cplusplus
}
#endif
#endif
