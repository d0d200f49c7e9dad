/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random conditions and random rows of the table of bind_schema.h, drawn so that constants and values
 * meet: ends of types, halves between whole numbers, NaN, the neighbours of dates.
 */
#ifndef STOA_TESTS_QUERY_DRAW_CONDITION_H
#define STOA_TESTS_QUERY_DRAW_CONDITION_H

#include "tests/support/test_support.h"

#include "common/buf.h"
#include "format/vector.h"

enum { DRAW_ROWS = 192, DRAW_COLUMNS = 32 };

/* Rows of the whole schema, as columns and as vectors. */
struct draw_table {
    struct stoa_vector vectors[DRAW_COLUMNS];
    struct stoa_column_builder builders[DRAW_COLUMNS];
};

void draw_table_make(struct test_random *random, struct draw_table *table);
void draw_table_free(struct draw_table *table);

/* Appends a condition of at most that many connectives inside each other, mostly over one column, which
 * one `number` decides. */
void draw_condition(struct test_random *random, struct stoa_buf *sql, unsigned depth,
                    unsigned number);

#endif
