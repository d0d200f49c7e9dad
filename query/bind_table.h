/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FROM: what a table name means, and opening it. Called by plan.c.
 */
#ifndef STOA_QUERY_BIND_TABLE_H
#define STOA_QUERY_BIND_TABLE_H

#include "common/arena.h"
#include "query/sql_ast.h"
#include "stoa/dataset.h"
#include "stoa/query.h"

/* A table that is open, and the names that may stand before its columns. */
struct stoa_bound_table {
    stoa_dataset *dataset; /* owned by the caller; NULL: no FROM and no default dataset */
    const char *name;      /* as written */
    const char *qualifiers[2];
    uint32_t qualifier_count;
};

/* Opens what FROM names: a name is the default dataset of the options if it is that one's
 * last component, else a path; a quoted path is only that. STOA_E_TABLE for a name that is
 * no path; the dataset's errors get the place of the table in the statement. */
STOA_MUST_USE stoa_status stoa_bind_table(const struct stoa_sql_table *table,
                                          const stoa_query_options *options,
                                          struct stoa_arena *arena,
                                          struct stoa_bound_table *out_table,
                                          stoa_error *err);

#endif
