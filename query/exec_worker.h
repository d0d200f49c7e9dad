/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one thread needs to turn morsels into groups or finished rows. A wave of morsels is
 * worked on by several threads; each task borrows a worker for as long as it runs.
 */
#ifndef STOA_QUERY_EXEC_WORKER_H
#define STOA_QUERY_EXEC_WORKER_H

#include <stdatomic.h>

#include "query/group_state.h"
#include "query/row_bound.h"
#include "query/row_store.h"
#include "query/scan_worker.h"

/* Evaluators of a list of expressions, and where their results are. */
struct stoa_evaluators {
    struct stoa_evaluator **items; /* NULL items: no expression there */
    const struct stoa_vector **results;
    uint32_t count;
};

STOA_MUST_USE stoa_status stoa_evaluators_init(struct stoa_evaluators *list,
                                               const struct stoa_expr *const *exprs,
                                               uint32_t count, stoa_error *err);
void stoa_evaluators_done(struct stoa_evaluators *list);
/* Evaluates all of them for the rows of `bits`. */
STOA_MUST_USE stoa_status stoa_evaluators_run(struct stoa_evaluators *list,
                                              const struct stoa_rows *rows,
                                              const uint64_t *bits, stoa_error *err);

struct stoa_exec_worker {
    atomic_flag is_busy;
    const struct stoa_plan *plan;
    struct stoa_scan_worker scan;
    struct stoa_column_list columns; /* decoded for every vector that has rows */

    /* without aggregation */
    struct stoa_evaluators outputs;
    struct stoa_column_list key_columns; /* of the first sort key */
    struct stoa_row_bound bound;         /* of the morsel: ORDER BY with LIMIT */
    bool is_infallible; /* no output can fail, so rows may be dropped unseen */
    bool skips_blocks;  /* nor can a conjunct */

    /* with aggregation */
    struct stoa_evaluators groups;
    struct stoa_evaluators args;     /* per aggregate */
    struct stoa_evaluators filters;  /* per aggregate */
    bool *is_summed;                 /* per aggregate: a count and a sum are enough */
    bool all_summed;                 /* every aggregate is, and there is no GROUP BY */
    bool all_exact;                  /* and none of them adds floats, which go row by row */
    struct stoa_key_source *sources; /* per GROUP BY expression */
    struct stoa_tuple_map group_map;
    struct stoa_tuple_map *pair_maps; /* per aggregate; used by DISTINCT ones */
    uint32_t group_of_row[STOA_VECTOR_ROWS];
    uint32_t pair_of_row[STOA_VECTOR_ROWS];
    struct stoa_row_list rows;  /* of the vector */
    struct stoa_row_list some;  /* those an aggregate takes, where not all */
    struct stoa_row_list fresh; /* with a new key */

    bool is_timed; /* EXPLAIN ANALYZE */
    uint64_t scan_ns, work_ns;
    uint64_t rows_from_statistics;
    uint64_t blocks_skipped; /* behind the bound of ORDER BY with LIMIT */
};

STOA_MUST_USE stoa_status stoa_exec_worker_init(struct stoa_exec_worker *worker,
                                                const struct stoa_plan *plan,
                                                struct stoa_budget *budget,
                                                stoa_error *err);
void stoa_exec_worker_done(struct stoa_exec_worker *worker); /* a zeroed one is allowed */

/* Filters and decodes one vector of the morsel that the scan has begun; *out_count 0:
 * nothing to do. */
STOA_MUST_USE stoa_status stoa_exec_worker_scan(struct stoa_exec_worker *worker,
                                                uint32_t vector,
                                                uint64_t bits[STOA_VECTOR_WORDS],
                                                uint32_t *out_count, stoa_error *err);
/* Finds the aggregates that a count and a sum answer. */
STOA_MUST_USE stoa_status stoa_exec_sums_init(struct stoa_exec_worker *worker,
                                              stoa_error *err);
/* Folds the `count` rows of `bits` into such an aggregate. */
STOA_MUST_USE stoa_status stoa_exec_sum_vector(struct stoa_exec_worker *worker,
                                               uint32_t aggregate, uint32_t vector,
                                               const uint64_t bits[STOA_VECTOR_WORDS],
                                               uint32_t count,
                                               struct stoa_group_state *state,
                                               stoa_error *err);
/* Folds a whole morsel into all aggregates; *out_done false: they need its rows. */
STOA_MUST_USE stoa_status stoa_exec_sum_morsel(struct stoa_exec_worker *worker,
                                               const struct stoa_morsel *morsel,
                                               struct stoa_group_state *state,
                                               bool *out_done, stoa_error *err);

/* Nanoseconds of a clock, 0 when nobody asks. */
uint64_t stoa_exec_worker_clock(const struct stoa_exec_worker *worker);

/* What rows a morsel may give. */
struct stoa_row_wish {
    uint64_t most; /* rows after which it may stop: LIMIT */
    uint32_t top;  /* not 0: ORDER BY needs only that many of it */
    const struct stoa_row_bound
        *bound; /* with top: what rows of earlier morsels leave to be had */
};

/* Appends the morsel's finished rows to `store`; with `top` in their final order. */
STOA_MUST_USE stoa_status stoa_exec_worker_rows(struct stoa_exec_worker *worker,
                                                const struct stoa_morsel *morsel,
                                                const struct stoa_row_wish *wish,
                                                struct stoa_row_store *store,
                                                stoa_error *err);

/* Folds the morsel into the cleared `state` and finishes it; from statistics where they say
 * it all. */
STOA_MUST_USE stoa_status stoa_exec_worker_groups(struct stoa_exec_worker *worker,
                                                  const struct stoa_morsel *morsel,
                                                  struct stoa_group_state *state,
                                                  stoa_error *err);

#endif
