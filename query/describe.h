/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of DESCRIBE and SUMMARIZE: about the outputs of a SELECT, from the schema and from
 * statistics, without reading data. Called by query.c.
 */
#ifndef STOA_QUERY_DESCRIBE_H
#define STOA_QUERY_DESCRIBE_H

#include "query/plan.h"
#include "query/text_table.h"

/* One row per output: column_name, column_type, null. */
STOA_MUST_USE stoa_status stoa_describe(const struct stoa_plan *plan,
                                        struct stoa_text_table *table, stoa_error *err);

/* One row per output: name, type, rows, nulls, min, max, bytes, encodings. The outputs must
 * be columns, of all rows: STOA_E_UNSUPPORTED_SQL otherwise. Opens the footers of all
 * files. */
STOA_MUST_USE stoa_status stoa_summarize(const struct stoa_plan *plan,
                                         struct stoa_text_table *table, stoa_error *err);

#endif
