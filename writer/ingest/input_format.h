/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THE seam for input formats: a format is one row of the table in input_table.c, with its files
 * beside it. ingest.c drives all of them the same way; what a row of data is, is theirs alone.
 */
#ifndef STOA_WRITER_INPUT_FORMAT_H
#define STOA_WRITER_INPUT_FORMAT_H

#include "writer/ingest/ingest_state.h"

/* The beginning of a source, decoded to UTF-8. */
struct stoa_input_head {
    const uint8_t *bytes; /* padded with STOA_CSV_PADDING readable bytes */
    size_t size;
    bool is_whole; /* the source ends here */
};

/* One question to find_misfit. */
struct stoa_misfit_query {
    uint32_t column; /* of the union */
    stoa_type type;
};

struct stoa_input_format {
    const char *name; /* what options.format says */

    /* Could be in this format, by its content. Asked in table order. */
    bool (*matches)(const struct stoa_input_head *head);
    /* Detects the dialect, reads the header and enters the columns into the union. */
    stoa_status (*open)(struct stoa_ingest *ingest, uint32_t input,
                        const struct stoa_input_head *head, stoa_error *err);
    /* Pass 1: joins the facts of all rows; counts rows and lines; hashes the source. */
    stoa_status (*infer)(struct stoa_ingest *ingest, uint32_t input, stoa_error *err);
    /* Pass 2: delivers; fields[i] is the union's column for target field i, or UINT32_MAX. */
    stoa_status (*read)(struct stoa_ingest *ingest, uint32_t input,
                        const stoa_schema *target, const uint32_t *fields,
                        const struct stoa_ingest_sink *sink, stoa_error *err);
    /* Adds the misfits of one source to *misfit. */
    stoa_status (*find_misfit)(struct stoa_ingest *ingest, uint32_t input,
                               const struct stoa_misfit_query *query,
                               struct stoa_ingest_misfit *misfit, stoa_error *err);
};

/* Row `i`, or NULL past the last. */
const struct stoa_input_format *stoa_input_format_at(size_t i);
/* By name; NULL when there is none. */
const struct stoa_input_format *stoa_input_format_find(const char *name);

/* STOA_E_SOURCE_FORMAT, with what it is, when the bytes are those of a known format that no row of
 * the table reads [ING-2]. */
STOA_MUST_USE stoa_status stoa_input_check_magic(const uint8_t *bytes, size_t size,
                                                 stoa_error *err);

const struct stoa_input_format *stoa_input_csv(void);

#endif
