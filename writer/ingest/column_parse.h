/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pass 2 over one column: a window's fields as typed values at the end of a column builder.
 */
#ifndef STOA_WRITER_COLUMN_PARSE_H
#define STOA_WRITER_COLUMN_PARSE_H

#include "format/vector.h"
#include "stoa/schema.h"
#include "writer/ingest/csv_fields.h"

/* How a column of a source is read. */
struct stoa_column_plan {
    stoa_type type;
    bool is_forced; /* by the user: read as a cast, not as inference would [ING-35] */
    uint8_t quote;
};

/* Appends `count` fields, `nulls` of them NULL. STOA_E_SOURCE_CHANGED when a value is not what
 * pass 1 found there. */
STOA_MUST_USE stoa_status stoa_column_parse(struct stoa_column_builder *builder,
                                            const struct stoa_column_plan *plan,
                                            const uint8_t *text,
                                            const struct stoa_ref *refs, uint32_t count,
                                            uint32_t nulls, stoa_error *err);

/*
 * [ING-35] Reads a text as a cast to `type` would, but exactly: no digit and no time of day may be
 * lost (float64 rounds to nearest). STOA_E_BAD_VALUE or STOA_E_OVERFLOW otherwise. Bytes of
 * text and binary are borrowed from `text` or from `scratch`. The text is padded.
 */
STOA_MUST_USE stoa_status stoa_value_cast(stoa_type type, const uint8_t *text,
                                          uint32_t length, struct stoa_buf *scratch,
                                          struct stoa_value *out_value, stoa_error *err);

#endif
