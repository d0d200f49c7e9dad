/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The aligned table for people: names, types, cells cut to a width and made harmless. Rows
 * are kept until they are printed, so their number is bounded by the caller. The only includer of
 * libsmartcols.
 */
#ifndef STOA_TOOLS_TABLE_H
#define STOA_TOOLS_TABLE_H

#include <stddef.h>

#include "stoa/batch.h"
#include "stoa/schema.h"
#include "tools/stdout_sink.h"

struct table; /* opaque */

/* A table with these columns; numbers stand to the right. `with_types` adds a row of types. */
stoa_status table_create(const stoa_schema *schema, int with_types, size_t max_cell,
                         struct table **out_table, stoa_error *err);
void table_free(struct table *table); /* NULL allowed */

/* Adds row `row` of a batch. */
stoa_status table_add_batch_row(struct table *table, const stoa_batch *batch, size_t row,
                                stoa_error *err);
/* Adds a row of `count` texts, one per column. */
stoa_status table_add_texts(struct table *table, const char *const *texts, size_t count,
                            stoa_error *err);

/* Whether a cell was cut. */
int table_has_cut(const struct table *table);

stoa_status table_print(struct table *table, struct stdout_sink *sink, stoa_error *err);

/* A table of texts at once: `headers` and then `rows` x `columns` cells; columns whose bit is set in
 * `right` stand to the right. */
stoa_status table_print_texts(const char *const *headers, size_t columns, unsigned right,
                              const char *const *cells, size_t rows,
                              struct stdout_sink *sink, stoa_error *err);

#endif
