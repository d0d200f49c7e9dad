/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From names to numbers: a parsed SELECT and a schema become the trees of a plan. Internal to bind*.c
 * and plan.c.
 *
 * While a statement is bound, columns are numbers in the schema and aggregates are COLUMN nodes from
 * STOA_BIND_AGGREGATE on; once all clauses are bound the trees above an aggregation are rewritten to
 * see groups and aggregates, and columns become scan columns.
 *
 *   bind.c            the clauses, in PostgreSQL's order of visibility
 *   bind_expr.c       expressions          bind_literal.c    numbers, types
 *   bind_aggregate.c  aggregate calls      bind_name.c       columns and "did you mean"
 */
#ifndef STOA_QUERY_BIND_H
#define STOA_QUERY_BIND_H

#include "query/function.h"
#include "query/plan.h"
#include "query/sql_ast.h"

#define STOA_BIND_AGGREGATE (UINT32_C(1) << 31)

enum {
    /* Nodes that sharing an operand may stand for, over a statement: BETWEEN and CASE use theirs
     * several times, nested ones a power of that. */
    STOA_BIND_MAX_SHARED = 20000
};

enum stoa_clause {
    STOA_CLAUSE_SELECT,
    STOA_CLAUSE_WHERE,
    STOA_CLAUSE_GROUP_BY,
    STOA_CLAUSE_HAVING,
    STOA_CLAUSE_ORDER_BY,
    STOA_CLAUSE_LIMIT,
    STOA_CLAUSE_FILTER,
    STOA_CLAUSE_AGGREGATE /* the argument of one */
};

/* A growing array in an arena. */
struct stoa_bind_list {
    void **items;
    uint32_t count;
    uint32_t capacity;
};

/* Columns by name without regard to case; made on first use. */
struct stoa_bind_names {
    uint32_t *slots; /* column + 1, or 0; a power of two of them */
    uint32_t slot_count;
};

struct stoa_binder {
    struct stoa_arena *arena; /* the plan's */
    struct stoa_plan *plan;
    const struct stoa_sql_select *select;
    const stoa_schema *schema; /* NULL: no table */
    const char *const
        *qualifiers; /* what may stand before a column: alias, or table names */
    uint32_t qualifier_count;
    enum stoa_clause clause;
    bool sees_aliases; /* names that are no column may be output names */
    uint32_t shared;   /* nodes so far, see STOA_BIND_MAX_SHARED */
    struct stoa_bind_names names;
    struct stoa_bind_list columns;    /* stoa_expr: every COLUMN node made for the schema */
    struct stoa_bind_list aggregates; /* stoa_aggregate_call */
    struct stoa_bind_list groups;     /* stoa_expr */
    struct stoa_bind_list outputs;    /* stoa_bind_output */
};

/* One entry of the SELECT list after * is spelled out, or a hidden sort key. */
struct stoa_bind_output {
    struct stoa_expr *expr;
    const char *name;
    bool is_visible;
    bool has_aggregate;
};

/* Binds everything but FROM into `plan` (whose arena, sql and explain are set). `schema` NULL: SELECT
 * without FROM. Errors as stoa_query_prepare says, with err->offset and without excerpt. */
STOA_MUST_USE stoa_status stoa_bind_select(const struct stoa_sql_select *select,
                                           const stoa_schema *schema,
                                           const char *const *qualifiers,
                                           uint32_t qualifier_count, struct stoa_plan *plan,
                                           struct stoa_expr **out_where, stoa_error *err);

/* ---- bind_expr.c ---- */

/* `node` as a typed expression; untyped literals stay untyped. */
STOA_MUST_USE stoa_status stoa_bind_expr(struct stoa_binder *b,
                                         const struct stoa_sql_node *node,
                                         struct stoa_expr **out, stoa_error *err);
/* The same as a condition; `what` ("WHERE") is named when it is none. */
STOA_MUST_USE stoa_status stoa_bind_condition(struct stoa_binder *b,
                                              const struct stoa_sql_node *node,
                                              const char *what, struct stoa_expr **out,
                                              stoa_error *err);
/* Text for what is still untyped. */
STOA_MUST_USE stoa_status stoa_bind_settle(struct stoa_binder *b, struct stoa_expr **expr,
                                           stoa_error *err);
/* A zeroed node with room for its arguments. */
STOA_MUST_USE stoa_status stoa_bind_make(struct stoa_binder *b, enum stoa_expr_kind kind,
                                         stoa_type type, uint32_t offset,
                                         uint32_t arg_count, struct stoa_expr **out,
                                         stoa_error *err);
/* Folds a node whose arguments are all constant; a value that cannot be had (1/0) stays to be
 * evaluated, for it may never be. */
STOA_MUST_USE stoa_status stoa_bind_fold(struct stoa_binder *b, struct stoa_expr *expr,
                                         stoa_error *err);
bool stoa_expr_is_constant(const struct stoa_expr *expr);

/* ---- bind_literal.c ---- */

STOA_MUST_USE stoa_status stoa_bind_number(struct stoa_binder *b, const char *text,
                                           uint32_t offset, struct stoa_expr **out,
                                           stoa_error *err);
STOA_MUST_USE stoa_status stoa_bind_cast(struct stoa_binder *b,
                                         const struct stoa_sql_node *node,
                                         struct stoa_expr *arg, struct stoa_expr **out,
                                         stoa_error *err);

/* ---- bind_name.c ---- */

/* A column, or the expression of an output name where those are seen. */
STOA_MUST_USE stoa_status stoa_bind_column(struct stoa_binder *b,
                                           const struct stoa_sql_node *node,
                                           struct stoa_expr **out, stoa_error *err);
/* A COLUMN node for a column of the schema. */
STOA_MUST_USE stoa_status stoa_bind_make_column(struct stoa_binder *b, uint32_t column,
                                                uint32_t offset, struct stoa_expr **out,
                                                stoa_error *err);
/* The column that one name (as after EXCLUDE) means; STOA_E_COLUMN or STOA_E_AMBIGUOUS otherwise. */
STOA_MUST_USE stoa_status stoa_bind_find_column(struct stoa_binder *b,
                                                const struct stoa_sql_part *parts,
                                                uint32_t part_count, uint32_t *out_column,
                                                stoa_error *err);
/* True if the name before a star or column means our table. */
bool stoa_bind_is_table(const struct stoa_binder *b, const char *name);
bool stoa_name_equal_folded(const char *a, const char *b);

/* ---- bind_aggregate.c ---- */

/* A call of an aggregate function as a COLUMN node. */
STOA_MUST_USE stoa_status stoa_bind_aggregate(struct stoa_binder *b,
                                              const struct stoa_aggregate *aggregate,
                                              const struct stoa_sql_node *node,
                                              struct stoa_expr **out, stoa_error *err);
bool stoa_expr_has_aggregate(const struct stoa_expr *expr);
/* Same value for every row, by structure. NULL equals NULL. */
bool stoa_expr_equal(const struct stoa_expr *a, const struct stoa_expr *b);
/* The expression over groups and aggregates; STOA_E_GROUPING names a column that is neither. */
STOA_MUST_USE stoa_status stoa_bind_above_groups(struct stoa_binder *b,
                                                 struct stoa_expr *expr,
                                                 struct stoa_expr **out, stoa_error *err);

/* ---- lists ---- */

STOA_MUST_USE stoa_status stoa_bind_append(struct stoa_binder *b,
                                           struct stoa_bind_list *list, void *item,
                                           stoa_error *err);

#endif
