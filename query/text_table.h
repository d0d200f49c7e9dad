/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small answer that is made all at once, not scanned: the lines of EXPLAIN, the columns of DESCRIBE
 * and SUMMARIZE. Cells are texts or int64, owned by the plan's arena.
 */
#ifndef STOA_QUERY_TEXT_TABLE_H
#define STOA_QUERY_TEXT_TABLE_H

#include "common/arena.h"
#include "format/vector.h"
#include "stoa/schema.h"

enum { STOA_TEXT_TABLE_COLUMNS = 8 };

struct stoa_text_table {
    struct stoa_arena *arena;
    uint32_t column_count;
    stoa_field fields[STOA_TEXT_TABLE_COLUMNS];
    struct stoa_vector vectors[STOA_TEXT_TABLE_COLUMNS]; /* the rows handed out last */
    struct stoa_value *cells;                            /* row after row */
    size_t row_count;
    size_t row_capacity;
    size_t next_row; /* to hand out */
};

/* Adds a column; all columns come before the first row. `id` is TEXT or INT64. */
STOA_MUST_USE stoa_status stoa_text_table_add_column(struct stoa_text_table *table,
                                                     const char *name, stoa_type_id id,
                                                     stoa_error *err);
void stoa_text_table_done(struct stoa_text_table *table); /* zeroed is fine */

/* Adds a row of NULLs; the setters below fill the last row. */
STOA_MUST_USE stoa_status stoa_text_table_add_row(struct stoa_text_table *table,
                                                  stoa_error *err);
STOA_MUST_USE stoa_status stoa_text_table_set_text(struct stoa_text_table *table,
                                                   uint32_t column, const char *text,
                                                   size_t length, stoa_error *err);
void stoa_text_table_set_int(struct stoa_text_table *table, uint32_t column, int64_t value);

/* Fills table->vectors with the next rows, up to 1,024; returns how many, 0 at the end. */
uint32_t stoa_text_table_next(struct stoa_text_table *table);

#endif
