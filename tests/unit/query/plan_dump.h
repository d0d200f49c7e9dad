/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bound statements as text, for tests that compare plans: expressions as SQL with their types, columns
 * behind an aggregation as g0, a0.
 */
#ifndef STOA_TESTS_QUERY_PLAN_DUMP_H
#define STOA_TESTS_QUERY_PLAN_DUMP_H

#include "common/buf.h"
#include "query/plan.h"

/* Parses, binds over `schema` (NULL: no table) called "t" and pushes down; *plan is to be given to
 * stoa_plan_free in any case of success. */
STOA_MUST_USE stoa_status stoa_test_plan(const char *sql, const stoa_schema *schema,
                                         struct stoa_plan **out_plan, stoa_error *err);

/* Appends clauses as "select ... | where ... | group ...". */
void stoa_plan_dump(const struct stoa_plan *plan, const stoa_schema *schema,
                    struct stoa_buf *out);

/* Appends one predicate: "[1, 5)", "not {1, 2}", "null", "test". */
void stoa_predicate_dump(const struct stoa_predicate *predicate, stoa_type type,
                         struct stoa_buf *out);

#endif
