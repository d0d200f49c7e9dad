/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Morsels to groups and rows (query/exec_worker.h).
 */
#include "query/exec_worker.h"

#include <string.h>
#include <time.h>

#include "common/alloc.h"

/* ---- lists of evaluators ---- */

stoa_status stoa_evaluators_init(struct stoa_evaluators *list,
                                 const struct stoa_expr *const *exprs, uint32_t count,
                                 stoa_error *err)
{
    list->items = stoa_alloc_zeroed(count + (size_t)1, sizeof *list->items);
    list->results = stoa_alloc_zeroed(count + (size_t)1, sizeof *list->results);
    if (!list->items || !list->results)
        return stoa_fail_memory(err, count * sizeof *list->items);
    list->count = count;
    for (uint32_t i = 0; i < count; i++) {
        if (exprs[i])
            STOA_TRY(stoa_evaluator_create(exprs[i], &list->items[i], err));
    }
    return STOA_OK;
}

void stoa_evaluators_done(struct stoa_evaluators *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        stoa_evaluator_free(list->items[i]);
    stoa_free((void *)list->items);
    stoa_free((void *)list->results);
    *list = (struct stoa_evaluators){NULL, NULL, 0};
}

stoa_status stoa_evaluators_run(struct stoa_evaluators *list, const struct stoa_rows *rows,
                                const uint64_t *bits, stoa_error *err)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i])
            STOA_TRY(stoa_evaluate(list->items[i], rows, bits, &list->results[i], err));
    }
    return STOA_OK;
}

/* ---- making ---- */

/* The aggregates' arguments (`filters`: their FILTER conditions), as an array the caller frees. */
static const struct stoa_expr **aggregate_exprs(const struct stoa_plan *plan, bool filters)
{
    const struct stoa_expr **exprs =
        stoa_alloc_zeroed(plan->aggregate_count + (size_t)1, sizeof *exprs);
    for (uint32_t a = 0; exprs && a < plan->aggregate_count; a++)
        exprs[a] = filters ? plan->aggregates[a].filter : plan->aggregates[a].arg;
    return exprs;
}

/* All expressions that see the scan's columns, for the list of columns to decode. */
static stoa_status list_columns(struct stoa_exec_worker *worker,
                                const struct stoa_expr *const *args,
                                const struct stoa_expr *const *filters, stoa_error *err)
{
    const struct stoa_plan *plan = worker->plan;
    const size_t count = (size_t)plan->group_count + 2 * (size_t)plan->aggregate_count;
    const struct stoa_expr **all = stoa_alloc_zeroed(count + 1, sizeof *all);
    if (!all)
        return stoa_fail_memory(err, count * sizeof *all);
    for (uint32_t g = 0; g < plan->group_count; g++)
        all[g] = plan->groups[g];
    for (uint32_t a = 0; a < plan->aggregate_count; a++) {
        all[plan->group_count + a] = args[a];
        all[plan->group_count + plan->aggregate_count + a] = filters[a];
    }
    const stoa_status status = stoa_column_list_make(
        all, (uint32_t)count, plan->scan_column_count, &worker->columns, err);
    stoa_free((void *)all);
    return status;
}

static stoa_status init_aggregation(struct stoa_exec_worker *worker, stoa_error *err)
{
    const struct stoa_plan *plan = worker->plan;
    const struct stoa_expr **args = aggregate_exprs(plan, false);
    const struct stoa_expr **filters = aggregate_exprs(plan, true);
    stoa_status status = STOA_OK;
    if (!args || !filters) {
        status = stoa_fail_memory(err, plan->aggregate_count * sizeof *args);
        goto cleanup;
    }
    STOA_TRY_CLEANUP(stoa_evaluators_init(&worker->groups,
                                          (const struct stoa_expr *const *)plan->groups,
                                          plan->group_count, err));
    STOA_TRY_CLEANUP(stoa_evaluators_init(&worker->args, args, plan->aggregate_count, err));
    STOA_TRY_CLEANUP(
        stoa_evaluators_init(&worker->filters, filters, plan->aggregate_count, err));
    status = list_columns(worker, args, filters, err);
cleanup:
    stoa_free((void *)args);
    stoa_free((void *)filters);
    return status;
}

stoa_status stoa_exec_worker_init(struct stoa_exec_worker *worker,
                                  const struct stoa_plan *plan, stoa_error *err)
{
    memset(worker, 0, sizeof *worker);
    atomic_flag_clear(&worker->is_busy);
    worker->plan = plan;
    worker->is_timed = plan->explain == STOA_EXPLAIN_ANALYZE;
    STOA_TRY(stoa_scan_worker_init(&worker->scan, plan, err));
    if (plan->is_aggregate)
        return init_aggregation(worker, err);
    const struct stoa_expr *const *outputs = (const struct stoa_expr *const *)plan->outputs;
    STOA_TRY(stoa_evaluators_init(&worker->outputs, outputs, plan->output_count, err));
    return stoa_column_list_make(outputs, plan->output_count, plan->scan_column_count,
                                 &worker->columns, err);
}

void stoa_exec_worker_done(struct stoa_exec_worker *worker)
{
    stoa_scan_worker_done(&worker->scan);
    stoa_evaluators_done(&worker->outputs);
    stoa_evaluators_done(&worker->groups);
    stoa_evaluators_done(&worker->args);
    stoa_evaluators_done(&worker->filters);
    stoa_column_list_done(&worker->columns);
}

/* ---- time, only when it is asked for ---- */

static uint64_t now_ns(const struct stoa_exec_worker *worker)
{
    struct timespec now;
    if (!worker->is_timed)
        return 0;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Filters and decodes one vector; *out_count 0: nothing to do. */
static stoa_status scan_vector(struct stoa_exec_worker *worker, uint32_t vector,
                               uint64_t bits[STOA_VECTOR_WORDS], uint32_t *out_count,
                               stoa_error *err)
{
    const uint64_t start = now_ns(worker);
    STOA_TRY(stoa_scan_filter(&worker->scan, vector, bits, out_count, err));
    if (*out_count > 0)
        STOA_TRY(stoa_scan_decode(&worker->scan, vector, &worker->columns, err));
    worker->scan_ns += now_ns(worker) - start;
    return STOA_OK;
}

static uint32_t vector_count(const struct stoa_morsel *morsel)
{
    return (morsel->rows + STOA_VECTOR_ROWS - 1) / STOA_VECTOR_ROWS;
}

/* ---- rows ---- */

stoa_status stoa_exec_worker_rows(struct stoa_exec_worker *worker,
                                  const struct stoa_morsel *morsel, uint64_t most,
                                  struct stoa_row_store *store, stoa_error *err)
{
    stoa_scan_begin(&worker->scan, morsel);
    for (uint32_t v = 0; v < vector_count(morsel) && stoa_row_store_rows(store) < most;
         v++) {
        uint64_t bits[STOA_VECTOR_WORDS];
        uint32_t count = 0;
        STOA_TRY(scan_vector(worker, v, bits, &count, err));
        if (count == 0)
            continue;
        const uint64_t start = now_ns(worker);
        const struct stoa_rows rows = {.length = stoa_vector_length(morsel->rows, v),
                                       .columns = worker->scan.inputs};
        STOA_TRY(stoa_evaluators_run(&worker->outputs, &rows, bits, err));
        STOA_TRY(stoa_row_store_append(store, worker->outputs.results, bits, err));
        worker->work_ns += now_ns(worker) - start;
    }
    return STOA_OK;
}

/* ---- groups ---- */

/* Statistics of one aggregate's argument over the morsel; *out_known false: not a bare column. */
static stoa_status argument_stats(const struct stoa_morsel *morsel,
                                  const struct stoa_aggregate_call *call, bool *out_known,
                                  struct stoa_stats *out_stats, stoa_error *err)
{
    *out_known = !call->is_distinct && !call->filter && call->aggregate->from_stats &&
                 (!call->arg || call->arg->kind == STOA_EXPR_COLUMN);
    if (!*out_known)
        return STOA_OK;
    if (call->arg)
        return stoa_reader_block_stats(morsel->file->reader,
                                       morsel->file->columns[call->arg->column],
                                       morsel->group, morsel->block, out_stats, err);
    stoa_stats_init(out_stats, STOA_PHYS_BOOL);
    out_stats->rows = morsel->rows;
    return STOA_OK;
}

/* Answers a covered morsel from statistics; *out_done false: some aggregate needs the values. */
static stoa_status fold_stats(struct stoa_exec_worker *worker,
                              const struct stoa_morsel *morsel,
                              struct stoa_group_state *state, bool *out_done,
                              stoa_error *err)
{
    const struct stoa_plan *plan = worker->plan;
    *out_done = false;
    if (!morsel->is_covered || !morsel->file || plan->group_count > 0)
        return STOA_OK;
    for (uint32_t a = 0; a < plan->aggregate_count; a++) {
        const struct stoa_aggregate_call *call = &plan->aggregates[a];
        struct stoa_stats stats;
        bool is_known = false;
        STOA_TRY(argument_stats(morsel, call, &is_known, &stats, err));
        const stoa_type type =
            call->arg ? call->arg->type : (stoa_type){.id = STOA_TYPE_BOOL};
        if (!is_known || !call->aggregate->from_stats(stoa_group_state_at(state, 0, a),
                                                      type, &stats, &state->texts)) {
            stoa_group_state_clear(state);
            return STOA_OK;
        }
    }
    worker->rows_from_statistics += morsel->rows;
    *out_done = true;
    return STOA_OK;
}

static stoa_status fold_vector(struct stoa_exec_worker *worker, uint32_t length,
                               const uint64_t *bits, struct stoa_group_state *state,
                               stoa_error *err)
{
    const struct stoa_plan *plan = worker->plan;
    const struct stoa_rows rows = {.length = length, .columns = worker->scan.inputs};
    const uint32_t *groups = NULL;
    if (plan->group_count > 0) {
        STOA_TRY(stoa_evaluators_run(&worker->groups, &rows, bits, err));
        STOA_TRY(stoa_group_state_find(state, worker->groups.results, bits,
                                       worker->group_of_row, err));
        groups = worker->group_of_row;
    }
    for (uint32_t a = 0; a < plan->aggregate_count; a++) {
        uint64_t chosen[STOA_VECTOR_WORDS];
        const uint64_t *active = bits;
        const struct stoa_vector *arg = NULL;
        if (worker->filters.items[a]) {
            STOA_TRY(
                stoa_evaluate_filter(worker->filters.items[a], &rows, bits, chosen, err));
            active = chosen;
        }
        if (worker->args.items[a])
            STOA_TRY(stoa_evaluate(worker->args.items[a], &rows, active, &arg, err));
        STOA_TRY(stoa_group_state_update(state, a, groups, arg, active, err));
    }
    return STOA_OK;
}

stoa_status stoa_exec_worker_groups(struct stoa_exec_worker *worker,
                                    const struct stoa_morsel *morsel,
                                    struct stoa_group_state *state, stoa_error *err)
{
    bool is_done = false;
    STOA_TRY(fold_stats(worker, morsel, state, &is_done, err));
    if (is_done)
        return STOA_OK;
    stoa_scan_begin(&worker->scan, morsel);
    for (uint32_t v = 0; v < vector_count(morsel); v++) {
        uint64_t bits[STOA_VECTOR_WORDS];
        uint32_t count = 0;
        STOA_TRY(scan_vector(worker, v, bits, &count, err));
        if (count == 0)
            continue;
        const uint64_t start = now_ns(worker);
        STOA_TRY(
            fold_vector(worker, stoa_vector_length(morsel->rows, v), bits, state, err));
        worker->work_ns += now_ns(worker) - start;
    }
    return worker->plan->group_count > 0 ? STOA_OK
                                         : stoa_group_state_fold_lanes(state, err);
}
