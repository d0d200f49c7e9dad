/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a SELECT means once every name and type is known: the input of execution and of
 * EXPLAIN.
 *
 *   scan (conjuncts) -> [group by + aggregates -> having] -> outputs -> [distinct] -> [sort] -> limit
 *
 * Column indices: conjuncts, groups and aggregate arguments see the scan's columns
 * (plan.scan_columns order); having and outputs of an aggregate query see groups first,
 * then aggregates; without aggregation outputs see the scan's columns. Sort keys and
 * DISTINCT see outputs.
 */
#ifndef STOA_QUERY_PLAN_H
#define STOA_QUERY_PLAN_H

#include "common/arena.h"
#include "dataset/snapshot.h"
#include "format/predicate.h"
#include "query/aggregate.h"
#include "query/expr.h"
#include "stoa/query.h"

enum stoa_push {
    STOA_PUSH_NONE,  /* evaluated as an expression only */
    STOA_PUSH_PRUNE, /* predicate prunes, the expression is still evaluated */
    STOA_PUSH_EXACT  /* predicate decides alone */
};

/* One AND-ed part of WHERE. The plan lists them in the order in which they are best decided. */
struct stoa_conjunct {
    struct stoa_expr *expr;
    enum stoa_push push;
    uint32_t column;                 /* scan column of the predicate */
    struct stoa_predicate predicate; /* in the column's own physical kind */
    const char *text;                /* as SQL, for EXPLAIN */
    const char *reason; /* why it was not pushed, or only for pruning; "" if exact */
};

struct stoa_sort_key {
    uint32_t output;
    bool is_descending;
    bool nulls_first; /* PostgreSQL: NULLs last ascending, first descending, unless said */
};

enum stoa_explain {
    STOA_EXPLAIN_NO,
    STOA_EXPLAIN_PLAN,
    STOA_EXPLAIN_ANALYZE,
    STOA_EXPLAIN_DESCRIBE, /* names and types of the outputs; never executed */
    STOA_EXPLAIN_SUMMARIZE /* statistics of the outputs' columns; never executed */
};

struct stoa_plan {
    struct stoa_arena arena; /* owns every tree and text below */
    enum stoa_explain explain;
    const char *sql;        /* the statement as given, for error excerpts */
    stoa_dataset *dataset;  /* owned; NULL: SELECT without FROM, one row of no columns */
    const char *table_name; /* as the user wrote it */
    uint32_t *scan_columns; /* dataset columns the statement reads, ascending */
    uint32_t scan_column_count;
    struct stoa_conjunct *conjuncts;
    uint32_t conjunct_count;
    bool
        ignores_statistics; /* for tests and measurements: answers come from values alone */
    bool skips_corrupt;     /* rows that cannot be read are left out */
    bool reads_rows;        /* statistics may skip rows, but do not stand for them */
    bool never_matches;     /* WHERE is constant false or NULL */
    bool is_aggregate;
    struct stoa_expr **groups;
    uint32_t group_count;
    struct stoa_aggregate_call *aggregates;
    uint32_t aggregate_count;
    struct stoa_expr *having;   /* or NULL */
    struct stoa_expr **outputs; /* visible ones first, then hidden sort keys */
    const char **output_names;
    uint32_t output_count;
    uint32_t visible_count;
    bool is_distinct;
    struct stoa_sort_key *sort_keys;
    uint32_t sort_key_count;
    bool has_limit;
    uint64_t limit;
    uint64_t offset;
};

/* Parses and binds; *out_plan is owned by the caller. Errors as stoa_query_prepare says. */
STOA_MUST_USE stoa_status stoa_plan_create(const char *sql,
                                           const stoa_query_options *options,
                                           struct stoa_plan **out_plan, stoa_error *err);
void stoa_plan_free(struct stoa_plan *plan); /* closes the dataset; NULL allowed */

/* Sets err's excerpt: the line of `sql` around err->offset with a caret below it. */
void stoa_sql_excerpt(const char *sql, stoa_error *err);

/* ---- execution ---- */

struct stoa_execution;

STOA_MUST_USE stoa_status stoa_execution_create(const struct stoa_plan *plan,
                                                const stoa_query_options *options,
                                                struct stoa_execution **out_execution,
                                                stoa_error *err);
void stoa_execution_free(struct stoa_execution *execution); /* NULL allowed */

/* The next rows of the visible outputs: *out_count borrowed vectors of equal length; length 0
 * at the end. */
STOA_MUST_USE stoa_status stoa_execution_next(struct stoa_execution *execution,
                                              const struct stoa_vector **out_vectors,
                                              uint32_t *out_length, stoa_error *err);

void stoa_execution_counters(const struct stoa_execution *execution,
                             stoa_query_counters *out_counters);

/* Per-conjunct and per-step measurements for EXPLAIN ANALYZE; arrays of plan sizes. */
struct stoa_execution_profile {
    uint64_t *conjunct_blocks_pruned; /* blocks or whole groups and files, in blocks */
    uint64_t *conjunct_zones_pruned;  /* in blocks that were read */
    uint64_t scan_ns, aggregate_ns, output_ns; /* summed over threads */
    unsigned threads;
};
void stoa_execution_get_profile(const struct stoa_execution *execution,
                                struct stoa_execution_profile *out_profile);

/* The plan as lines of text (execution NULL: without measurements). */
STOA_MUST_USE stoa_status stoa_explain_text(const struct stoa_plan *plan,
                                            const struct stoa_execution *execution,
                                            struct stoa_buf *out, stoa_error *err);

#endif
