/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making workers, and what both kinds of work share (query/exec_worker.h): exec_rows.c and
 * exec_groups.c do it.
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

/* Bare columns that only give keys are left out: dictionary codes may stand for them. */
static const struct stoa_expr *decoded_expr(const struct stoa_expr *expr)
{
    return expr && expr->kind != STOA_EXPR_COLUMN ? expr : NULL;
}

/* The columns that every vector needs decoded. */
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
        all[g] = decoded_expr(plan->groups[g]);
    for (uint32_t a = 0; a < plan->aggregate_count; a++) {
        if (!worker->is_summed[a])
            all[plan->group_count + a] =
                plan->aggregates[a].is_distinct ? decoded_expr(args[a]) : args[a];
        all[plan->group_count + plan->aggregate_count + a] = filters[a];
    }
    const stoa_status status = stoa_column_list_make(
        all, (uint32_t)count, plan->scan_column_count, &worker->columns, err);
    stoa_free((void *)all);
    return status;
}

static stoa_status init_maps(struct stoa_exec_worker *worker, struct stoa_budget *budget,
                             stoa_error *err)
{
    const struct stoa_plan *plan = worker->plan;
    const size_t count = plan->aggregate_count;
    worker->sources =
        stoa_alloc_zeroed(plan->group_count + (size_t)1, sizeof *worker->sources);
    worker->pair_maps = stoa_alloc_zeroed(count + 1, sizeof *worker->pair_maps);
    if (!worker->sources || !worker->pair_maps)
        return stoa_fail_memory(err, count * sizeof *worker->pair_maps);
    STOA_TRY(
        stoa_tuple_map_init(&worker->group_map, plan->group_count, false, budget, err));
    for (uint32_t a = 0; a < count; a++) {
        if (plan->aggregates[a].is_distinct)
            STOA_TRY(stoa_tuple_map_init(&worker->pair_maps[a], 1, plan->group_count > 0,
                                         budget, err));
    }
    return STOA_OK;
}

static stoa_status init_aggregation(struct stoa_exec_worker *worker,
                                    struct stoa_budget *budget, stoa_error *err)
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
    STOA_TRY_CLEANUP(init_maps(worker, budget, err));
    STOA_TRY_CLEANUP(stoa_exec_sums_init(worker, err));
    status = list_columns(worker, args, filters, err);
cleanup:
    stoa_free((void *)args);
    stoa_free((void *)filters);
    return status;
}

/* Whether an error depends on a row being looked at: it must be raised whatever rows
 * another thread has found. */
static void find_fallible(struct stoa_exec_worker *worker)
{
    const struct stoa_plan *plan = worker->plan;
    worker->is_infallible = true;
    for (uint32_t i = 0; i < plan->output_count; i++) {
        const enum stoa_expr_kind kind = plan->outputs[i]->kind;
        worker->is_infallible &= kind == STOA_EXPR_COLUMN || kind == STOA_EXPR_CONSTANT;
    }
    worker->skips_blocks = worker->is_infallible;
    for (uint32_t c = 0; c < plan->conjunct_count; c++)
        worker->skips_blocks &= plan->conjuncts[c].push == STOA_PUSH_EXACT;
}

static stoa_status init_rows(struct stoa_exec_worker *worker, stoa_error *err)
{
    const struct stoa_plan *plan = worker->plan;
    const struct stoa_expr *const *outputs = (const struct stoa_expr *const *)plan->outputs;
    STOA_TRY(stoa_evaluators_init(&worker->outputs, outputs, plan->output_count, err));
    STOA_TRY(stoa_column_list_make(outputs, plan->output_count, plan->scan_column_count,
                                   &worker->columns, err));
    if (plan->sort_key_count == 0)
        return STOA_OK;
    stoa_row_bound_init(&worker->bound, plan);
    find_fallible(worker);
    return stoa_column_list_make(&outputs[plan->sort_keys[0].output], 1,
                                 plan->scan_column_count, &worker->key_columns, err);
}

stoa_status stoa_exec_worker_init(struct stoa_exec_worker *worker,
                                  const struct stoa_plan *plan, struct stoa_budget *budget,
                                  stoa_error *err)
{
    memset(worker, 0, sizeof *worker);
    atomic_flag_clear(&worker->is_busy);
    worker->plan = plan;
    worker->is_timed = plan->explain == STOA_EXPLAIN_ANALYZE;
    STOA_TRY(stoa_scan_worker_init(&worker->scan, plan, err));
    return plan->is_aggregate ? init_aggregation(worker, budget, err)
                              : init_rows(worker, err);
}

void stoa_exec_worker_done(struct stoa_exec_worker *worker)
{
    stoa_scan_worker_done(&worker->scan);
    stoa_evaluators_done(&worker->outputs);
    stoa_evaluators_done(&worker->groups);
    stoa_evaluators_done(&worker->args);
    stoa_evaluators_done(&worker->filters);
    stoa_column_list_done(&worker->columns);
    stoa_column_list_done(&worker->key_columns);
    stoa_row_bound_done(&worker->bound);
    stoa_tuple_map_done(&worker->group_map);
    for (uint32_t a = 0; worker->pair_maps && a < worker->plan->aggregate_count; a++)
        stoa_tuple_map_done(&worker->pair_maps[a]);
    stoa_free(worker->pair_maps);
    stoa_free(worker->sources);
    stoa_free(worker->is_summed);
}

/* ---- one vector ---- */

uint64_t stoa_exec_worker_clock(const struct stoa_exec_worker *worker)
{
    struct timespec now;
    if (!worker->is_timed)
        return 0;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

stoa_status stoa_exec_worker_scan(struct stoa_exec_worker *worker, uint32_t vector,
                                  uint64_t bits[STOA_VECTOR_WORDS], uint32_t *out_count,
                                  stoa_error *err)
{
    const uint64_t start = stoa_exec_worker_clock(worker);
    STOA_TRY(stoa_scan_filter(&worker->scan, vector, bits, out_count, err));
    if (*out_count > 0 && !(worker->bound.is_set && worker->is_infallible))
        STOA_TRY(stoa_scan_decode(&worker->scan, vector, &worker->columns, err));
    worker->scan_ns += stoa_exec_worker_clock(worker) - start;
    return STOA_OK;
}
