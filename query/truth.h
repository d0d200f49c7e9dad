/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For which values of its one column a condition is true, and for which it is false; for
 * the rest it is NULL. Made by pushdown.c for each conjunct of WHERE.
 *
 * Known are comparisons, IN, IS NULL, IS DISTINCT FROM, LIKE with a prefix, starts_with and
 * bool columns, under AND, OR, NOT and IS TRUE; each over the column itself or over a cast,
 * date_trunc or extract of it whose order is the column's, which is then inverted exactly.
 */
#ifndef STOA_QUERY_TRUTH_H
#define STOA_QUERY_TRUTH_H

#include "query/expr.h"
#include "query/region.h"

struct stoa_truth {
    uint32_t column; /* as the COLUMN nodes have it */
    struct stoa_domain domain;
    struct stoa_region when_true;
    struct stoa_region when_false;
};

/* What columns an expression uses. */
struct stoa_column_use {
    uint32_t count; /* 0, 1, or 2 for more than one */
    uint32_t column;
    stoa_type type;
};
struct stoa_column_use stoa_expr_columns(const struct stoa_expr *expr);

/* *out_reason is NULL and *out_truth set when the condition is understood; else it says in a few
 * static words why not. Regions live in `arena`; values are borrowed from the expression. */
STOA_MUST_USE stoa_status stoa_truth_of(const struct stoa_expr *expr,
                                        struct stoa_arena *arena,
                                        struct stoa_truth *out_truth,
                                        const char **out_reason, stoa_error *err);

#endif
