/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pass 1 over one column: adds a window's values to the column's facts. Tries the shape that
 * the column has had so far, and nothing else while it holds.
 */
#ifndef STOA_WRITER_COLUMN_INFER_H
#define STOA_WRITER_COLUMN_INFER_H

#include "writer/ingest/column_facts.h"
#include "writer/ingest/csv_fields.h"

/* Adds `count` fields, `nulls` of them NULL, that stand in `text` in ascending order. Counts
 * them in any case; looks at them only until the facts are settled. */
void stoa_column_infer(struct stoa_facts *facts, const uint8_t *text,
                       const struct stoa_ref *refs, uint32_t count, uint32_t nulls);

#endif
