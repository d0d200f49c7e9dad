/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Morsels to groups (query/exec_worker.h): rows get the numbers of their groups, then each
 * aggregate takes the rows that are its own.
 */
#include <string.h>

#include "query/exec_worker.h"
#include "query/stats_fold.h"

static uint32_t vector_count(const struct stoa_morsel *morsel)
{
    return (morsel->rows + STOA_VECTOR_ROWS - 1) / STOA_VECTOR_ROWS;
}

/* ---- statistics ---- */

static stoa_status block_stats(void *context, uint32_t column, bool *out_known,
                               struct stoa_stats *out_stats, stoa_error *err)
{
    const struct stoa_morsel *morsel = context;
    *out_known = true;
    if (column == UINT32_MAX) {
        stoa_stats_init(out_stats, STOA_PHYS_BOOL);
        out_stats->rows = morsel->rows;
        return STOA_OK;
    }
    return stoa_reader_block_stats(morsel->file->reader, morsel->file->columns[column],
                                   morsel->group, morsel->block, out_stats, err);
}

/* One zone of a morsel. */
struct zone_source {
    struct stoa_exec_worker *worker;
    uint32_t zone;
};

static stoa_status zone_stats(void *context, uint32_t column, bool *out_known,
                              struct stoa_stats *out_stats, stoa_error *err)
{
    const struct zone_source *source = context;
    const struct stoa_stats *zones = NULL;
    uint32_t count = 0;
    *out_known = true;
    if (column == UINT32_MAX) {
        const uint32_t left =
            source->worker->scan.morsel->rows - source->zone * STOA_ZONE_ROWS;
        stoa_stats_init(out_stats, STOA_PHYS_BOOL);
        out_stats->rows = left < STOA_ZONE_ROWS ? left : STOA_ZONE_ROWS;
        return STOA_OK;
    }
    STOA_TRY(stoa_scan_zone_stats(&source->worker->scan, column, &zones, &count, err));
    *out_known = count > source->zone;
    if (*out_known)
        stoa_stats_copy(out_stats, &zones[source->zone]);
    return STOA_OK;
}

/* Answers a zone of which every row matches from statistics, without GROUP BY; *out_done false: the
 * values are needed. */
static stoa_status fold_zone(struct stoa_exec_worker *worker, uint32_t zone,
                             struct stoa_group_state *state, bool *out_done,
                             stoa_error *err)
{
    const struct stoa_scan_worker *scan = &worker->scan;
    struct zone_source source = {.worker = worker, .zone = zone};
    struct stoa_stats rows;
    bool is_known = false;
    *out_done = false;
    if (!scan->has_zones || worker->plan->reads_rows || worker->plan->group_count > 0 ||
        !stoa_verdict_covers(worker->plan, scan->zones[zone].proven))
        return STOA_OK;
    STOA_TRY(stoa_stats_fold(state, true, zone_stats, &source, out_done, err));
    STOA_TRY(zone_stats(&source, UINT32_MAX, &is_known, &rows, err));
    if (*out_done)
        worker->rows_from_statistics += rows.rows;
    return STOA_OK;
}

/* A file that was found to be answered by the manifest. */
static stoa_status fold_file(const struct stoa_plan *plan, size_t number,
                             struct stoa_group_state *state, stoa_error *err)
{
    struct stoa_morsel_file of = {.plan = plan, .number = number};
    bool is_done = false;
    STOA_TRY(stoa_stats_fold_group(state, stoa_morsel_file_stats, &of, &is_done, err));
    if (!is_done)
        return stoa_fail(err, STOA_E_INTERNAL,
                         "expected the manifest to answer for a file twice");
    return STOA_OK;
}

/* Answers a covered morsel from statistics; *out_done false: the values are needed. */
static stoa_status fold_stats(struct stoa_exec_worker *worker,
                              const struct stoa_morsel *morsel,
                              struct stoa_group_state *state, bool *out_done,
                              stoa_error *err)
{
    struct stoa_morsel of = *morsel;
    *out_done = morsel->is_file;
    if (morsel->is_file)
        return fold_file(worker->plan, morsel->number, state, err);
    if (!morsel->is_covered || !morsel->file || worker->plan->reads_rows)
        return STOA_OK;
    if (worker->plan->group_count > 0)
        STOA_TRY(stoa_stats_fold_group(state, block_stats, &of, out_done, err));
    else
        STOA_TRY(stoa_stats_fold(state, true, block_stats, &of, out_done, err));
    if (*out_done)
        worker->rows_from_statistics += morsel->rows;
    return STOA_OK;
}

/* ---- rows ---- */

/* A vector on its way into groups. */
struct folding {
    struct stoa_exec_worker *worker;
    struct stoa_group_state *state;
    uint32_t vector;
    struct stoa_rows rows;
    const uint64_t *bits;
    uint32_t count;         /* of the rows of `bits` */
    const uint32_t *groups; /* NULL without GROUP BY */
};

/* The values of an expression as keys. */
static stoa_status make_source(struct folding *folding, const struct stoa_expr *expr,
                               struct stoa_evaluator *evaluator,
                               struct stoa_key_source *out_source, stoa_error *err)
{
    struct stoa_scan_worker *scan = &folding->worker->scan;
    if (expr->kind == STOA_EXPR_COLUMN)
        return stoa_scan_source(scan, folding->vector, expr->column, out_source, err);
    *out_source = (struct stoa_key_source){.is_never_null = false};
    return stoa_evaluate(evaluator, &folding->rows, folding->bits, &out_source->vector,
                         err);
}

static stoa_status find_groups(struct folding *folding, stoa_error *err)
{
    struct stoa_exec_worker *worker = folding->worker;
    const struct stoa_plan *plan = worker->plan;
    for (uint32_t g = 0; g < plan->group_count; g++)
        STOA_TRY(make_source(folding, plan->groups[g], worker->groups.items[g],
                             &worker->sources[g], err));
    worker->fresh.count = 0;
    STOA_TRY(stoa_tuple_map_run(&worker->group_map, NULL, worker->sources, &worker->rows,
                                worker->group_of_row, &worker->fresh, err));
    folding->groups = worker->group_of_row;
    return stoa_group_state_add(folding->state, worker->sources, &worker->fresh, err);
}

/* DISTINCT: only the pairs of group and value are kept, each once. */
static stoa_status fold_distinct(struct folding *folding, uint32_t aggregate,
                                 const uint64_t *bits, stoa_error *err)
{
    struct stoa_exec_worker *worker = folding->worker;
    const struct stoa_expr *arg = worker->plan->aggregates[aggregate].arg;
    struct stoa_key_source source;
    const struct folding active = {
        .worker = worker, .vector = folding->vector, .rows = folding->rows, .bits = bits};
    struct folding copy = active;
    STOA_TRY(make_source(&copy, arg, worker->args.items[aggregate], &source, err));
    const uint64_t *validity = source.vector && source.vector->has_nulls
                                   ? source.vector->validity
                                   : source.validity;
    if (validity)
        stoa_row_list_make_valid(&worker->some, bits, folding->rows.length, validity);
    else
        stoa_row_list_make(&worker->some, bits, folding->rows.length);
    worker->fresh.count = 0;
    STOA_TRY(stoa_tuple_map_run(&worker->pair_maps[aggregate], folding->groups, &source,
                                &worker->some, worker->pair_of_row, &worker->fresh, err));
    return stoa_group_state_add_pairs(folding->state, aggregate, folding->groups, &source,
                                      &worker->fresh, err);
}

static stoa_status fold_aggregate(struct folding *folding, uint32_t aggregate,
                                  stoa_error *err)
{
    struct stoa_exec_worker *worker = folding->worker;
    const struct stoa_row_list *rows = &worker->rows;
    const uint32_t length = folding->rows.length;
    uint64_t chosen[STOA_VECTOR_WORDS];
    const uint64_t *bits = folding->bits;
    const struct stoa_vector *arg = NULL;
    if (worker->is_summed[aggregate])
        return stoa_exec_sum_vector(worker, aggregate, folding->vector, bits,
                                    folding->count, folding->state, err);
    if (worker->filters.items[aggregate]) {
        STOA_TRY(stoa_evaluate_filter(worker->filters.items[aggregate], &folding->rows,
                                      bits, chosen, err));
        bits = chosen;
    }
    if (worker->plan->aggregates[aggregate].is_distinct)
        return fold_distinct(folding, aggregate, bits, err);
    if (worker->args.items[aggregate])
        STOA_TRY(
            stoa_evaluate(worker->args.items[aggregate], &folding->rows, bits, &arg, err));
    if (arg && arg->has_nulls) {
        stoa_row_list_make_valid(&worker->some, bits, length, arg->validity);
        rows = &worker->some;
    } else if (bits != folding->bits) {
        stoa_row_list_make(&worker->some, bits, length);
        rows = &worker->some;
    }
    return stoa_group_state_update(folding->state, aggregate, folding->groups, arg, rows,
                                   err);
}

static stoa_status fold_vector(struct stoa_exec_worker *worker,
                               const struct stoa_morsel *morsel, uint32_t vector,
                               struct stoa_group_state *state, stoa_error *err)
{
    uint64_t bits[STOA_VECTOR_WORDS];
    uint32_t count = 0;
    STOA_TRY(stoa_exec_worker_scan(worker, vector, bits, &count, err));
    if (count == 0)
        return STOA_OK;
    const uint64_t start = stoa_exec_worker_clock(worker);
    struct folding folding = {
        .worker = worker,
        .state = state,
        .vector = vector,
        .rows = {.length = stoa_vector_length(morsel->rows, vector),
                 .columns = worker->scan.inputs},
        .bits = bits,
        .count = count
    };
    if (!worker->all_summed)
        stoa_row_list_make(&worker->rows, bits, folding.rows.length);
    if (worker->plan->group_count > 0)
        STOA_TRY(find_groups(&folding, err));
    for (uint32_t a = 0; a < worker->plan->aggregate_count; a++)
        STOA_TRY(fold_aggregate(&folding, a, err));
    worker->work_ns += stoa_exec_worker_clock(worker) - start;
    return STOA_OK;
}

/* The zone that begins with vector `first`. */
static stoa_status fold_zone_rows(struct stoa_exec_worker *worker,
                                  const struct stoa_morsel *morsel, uint32_t first,
                                  struct stoa_group_state *state, stoa_error *err)
{
    const uint32_t left = vector_count(morsel) - first;
    const uint32_t end = first + (left < STOA_ZONE_VECTORS ? left : STOA_ZONE_VECTORS);
    bool is_done = stoa_scan_skips(&worker->scan, first);
    if (!is_done)
        STOA_TRY(fold_zone(worker, first / STOA_ZONE_VECTORS, state, &is_done, err));
    if (is_done)
        return STOA_OK;
    for (uint32_t v = first; v < end; v++)
        STOA_TRY(fold_vector(worker, morsel, v, state, err));
    return stoa_group_state_end_zone(state, err);
}

stoa_status stoa_exec_worker_groups(struct stoa_exec_worker *worker,
                                    const struct stoa_morsel *morsel,
                                    struct stoa_group_state *state, stoa_error *err)
{
    bool is_done = false;
    STOA_TRY(fold_stats(worker, morsel, state, &is_done, err));
    if (is_done)
        return stoa_group_state_finish(state, err);
    STOA_TRY(stoa_scan_begin(&worker->scan, morsel, err));
    STOA_TRY(stoa_exec_sum_morsel(worker, morsel, state, &is_done, err));
    if (is_done)
        return stoa_group_state_finish(state, err);
    stoa_tuple_map_clear(&worker->group_map);
    for (uint32_t a = 0; a < worker->plan->aggregate_count; a++)
        stoa_tuple_map_clear(&worker->pair_maps[a]);
    for (uint32_t v = 0; v < vector_count(morsel); v += STOA_ZONE_VECTORS)
        STOA_TRY(fold_zone_rows(worker, morsel, v, state, err));
    return stoa_group_state_finish(state, err);
}
