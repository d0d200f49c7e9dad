/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches to bytes: CSV, TSV, JSON and NDJSON, streamed to a callback. What they print is the
 * canonical spelling of every value, so that CSV and NDJSON convert back to the same table.
 * In JSON a column whose name an earlier one has gets "_2" behind it, so that readers keep both.
 * The aligned table for terminals is the command's own business.
 */
#ifndef STOA_OUTPUT_H
#define STOA_OUTPUT_H

#include <stddef.h>

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

/* Name `i` of the known formats ("csv", "tsv", "json", "ndjson"), or NULL past the end. */
STOA_API const char *stoa_output_format_at(size_t i);

/* Starts an output of `format` for rows of `schema` (copied) and writes its header, if it has one.
 * STOA_E_USAGE for an unknown format, with the known ones. */
STOA_API STOA_MUST_USE stoa_status stoa_output_create(
    const char *format, const stoa_schema *schema, stoa_output_write_fn write,
    void *context, stoa_output **out_output, stoa_error *err);
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
