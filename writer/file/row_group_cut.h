/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where row groups end [FMT-4]: a function of schema and rows alone, so it is computed row by
 * row in principle, vector by vector in practice. Called by file_writer.c.
 */
#ifndef STOA_WRITER_ROW_GROUP_CUT_H
#define STOA_WRITER_ROW_GROUP_CUT_H

#include "format/vector.h"
#include "stoa/schema.h"

struct stoa_cut {
    uint64_t row_width;    /* bytes of one row: fixed kinds, and 4 for each BYTES column */
    uint32_t bool_columns; /* ceil(n / 8) bytes each */
    uint32_t rows;         /* in the row group so far */
    uint64_t text_bytes;   /* of those rows */
    uint64_t vector_start; /* raw size at the last multiple of 1,024 rows */
    uint64_t last_vector;  /* raw size of the whole vector that ended there; 0 at row 0 */
};

void stoa_cut_init(struct stoa_cut *cut, const stoa_schema *schema);
void stoa_cut_reset(struct stoa_cut *cut); /* a new row group begins */

/* How many of rows [first, first + count) still belong to this row group; they are added to
 * it. Fewer than `count`: the row group ends behind them. `columns` are those of the schema. */
uint32_t stoa_cut_take(struct stoa_cut *cut, const struct stoa_column *columns,
                       size_t column_count, uint32_t first, uint32_t count);

/* Raw size of the rows so far. */
uint64_t stoa_cut_raw_size(const struct stoa_cut *cut);

/* Text bytes of rows [first, first + count) of a BYTES column that are not NULL. */
uint64_t stoa_cut_text_size(const struct stoa_column *column, uint32_t first,
                            uint32_t count);

#endif
