/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one thread needs to turn morsels into groups or finished rows. A wave of morsels is worked on by several threads;
 * each task borrows a worker for as long as it runs.
 */
#ifndef STOA_QUERY_EXEC_WORKER_H
#define STOA_QUERY_EXEC_WORKER_H

#include <stdatomic.h>

#include "query/group_state.h"
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
    struct stoa_evaluators outputs;  /* without aggregation */
    struct stoa_evaluators groups;   /* with aggregation */
    struct stoa_evaluators args;     /* per aggregate */
    struct stoa_evaluators filters;  /* per aggregate */
    struct stoa_column_list columns; /* that all of these read */
    uint32_t group_of_row[STOA_VECTOR_ROWS];
    bool is_timed; /* EXPLAIN ANALYZE */
    uint64_t scan_ns, work_ns;
    uint64_t rows_from_statistics;
};

STOA_MUST_USE stoa_status stoa_exec_worker_init(struct stoa_exec_worker *worker,
                                                const struct stoa_plan *plan,
                                                stoa_error *err);
void stoa_exec_worker_done(struct stoa_exec_worker *worker);

/* Appends the morsel's finished rows to `store`; stops early once it has `most` rows. */
STOA_MUST_USE stoa_status stoa_exec_worker_rows(struct stoa_exec_worker *worker,
                                                const struct stoa_morsel *morsel,
                                                uint64_t most, struct stoa_row_store *store,
                                                stoa_error *err);

/* Folds the morsel into the cleared `state`, from statistics where they say it all. */
STOA_MUST_USE stoa_status stoa_exec_worker_groups(struct stoa_exec_worker *worker,
                                                  const struct stoa_morsel *morsel,
                                                  struct stoa_group_state *state,
                                                  stoa_error *err);

#endif
