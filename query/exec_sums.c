/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aggregates that a count and a sum answer, or the two extremes (query/exec_worker.h): count, sum
 * and avg of a column of 64-bit numbers or floats, min and max of such numbers, without GROUP BY,
 * DISTINCT and FILTER. Rows stay bits. No exact number is decoded for them where the encoding can
 * fold; a morsel that no condition is left for is folded as a whole.
 */
#include "common/alloc.h"
#include "common/bitmap.h"
#include "query/exec_worker.h"

static bool is_summed(const struct stoa_plan *plan, const struct stoa_aggregate_call *call)
{
    const struct stoa_aggregate *function = call->aggregate;
    if (!plan->dataset || plan->group_count > 0 || call->is_distinct || call->filter ||
        (!function->from_sum && !function->from_extremes))
        return false;
    if (!call->arg)
        return true;
    const enum stoa_phys phys = stoa_type_phys(call->arg->type);
    if (function->from_extremes)
        return call->arg->kind == STOA_EXPR_COLUMN &&
               (phys == STOA_PHYS_I64 || phys == STOA_PHYS_U64);
    return call->arg->kind == STOA_EXPR_COLUMN &&
           (function->counts_only || phys == STOA_PHYS_I64 || phys == STOA_PHYS_U64 ||
            phys == STOA_PHYS_F64);
}

stoa_status stoa_exec_sums_init(struct stoa_exec_worker *worker, stoa_error *err)
{
    const struct stoa_plan *plan = worker->plan;
    worker->is_summed = stoa_alloc_zeroed(plan->aggregate_count + (size_t)1, sizeof(bool));
    if (!worker->is_summed)
        return stoa_fail_memory(err, plan->aggregate_count * sizeof(bool));
    worker->all_summed = worker->all_exact = plan->group_count == 0;
    for (uint32_t a = 0; a < plan->aggregate_count; a++) {
        worker->is_summed[a] = is_summed(plan, &plan->aggregates[a]);
        worker->all_summed &= worker->is_summed[a];
        worker->all_exact &= !stoa_aggregate_adds_floats(&plan->aggregates[a]);
    }
    worker->all_exact &= worker->all_summed;
    return STOA_OK;
}

/* min and max, of a vector's rows or (bits NULL) of all rows of the morsel. */
static stoa_status add_extremes(struct stoa_exec_worker *worker, uint32_t aggregate,
                                uint32_t vector, const uint64_t *bits,
                                struct stoa_group_state *state, stoa_error *err)
{
    const struct stoa_aggregate_call *call = &worker->plan->aggregates[aggregate];
    struct stoa_scan_extremes found = {.count = 0};
    STOA_TRY(
        stoa_scan_extremes(&worker->scan, vector, call->arg->column, bits, &found, err));
    if (found.count > 0)
        call->aggregate->from_extremes(stoa_group_state_at(state, 0, aggregate),
                                       stoa_type_phys(call->arg->type), found.low,
                                       found.high);
    return STOA_OK;
}

static void add(struct stoa_group_state *state, uint32_t aggregate,
                const struct stoa_scan_sum *sum)
{
    state->plan->aggregates[aggregate].aggregate->from_sum(
        stoa_group_state_at(state, 0, aggregate), sum->count, sum->sum);
}

/* Floats are added in the order of rows [FMT-35]. */
static stoa_status add_floats(struct stoa_exec_worker *worker, uint32_t aggregate,
                              uint32_t vector, const uint64_t bits[STOA_VECTOR_WORDS],
                              struct stoa_group_state *state, stoa_error *err)
{
    const struct stoa_aggregate_call *call = &worker->plan->aggregates[aggregate];
    const struct stoa_column_list columns = {.columns = &call->arg->column, .count = 1};
    uint64_t mask[STOA_VECTOR_WORDS];
    STOA_TRY(stoa_scan_decode(&worker->scan, vector, &columns, err));
    const struct stoa_vector *values = worker->scan.inputs[call->arg->column];
    for (size_t word = 0; word < STOA_VECTOR_WORDS; word++)
        mask[word] = bits[word] & (values->has_nulls ? values->validity[word] : UINT64_MAX);
    const uint64_t count = stoa_bitmap_count(mask, values->length);
    if (count > 0)
        call->aggregate->fold_float_bits(stoa_group_state_at(state, 0, aggregate),
                                         state->layout.stride, values, mask, count);
    return STOA_OK;
}

stoa_status stoa_exec_sum_vector(struct stoa_exec_worker *worker, uint32_t aggregate,
                                 uint32_t vector, const uint64_t bits[STOA_VECTOR_WORDS],
                                 uint32_t count, struct stoa_group_state *state,
                                 stoa_error *err)
{
    const struct stoa_aggregate_call *call = &worker->plan->aggregates[aggregate];
    struct stoa_scan_sum sum = {.count = count};
    if (stoa_aggregate_adds_floats(call))
        return add_floats(worker, aggregate, vector, bits, state, err);
    if (call->aggregate->from_extremes)
        return add_extremes(worker, aggregate, vector, bits, state, err);
    if (call->arg)
        STOA_TRY(stoa_scan_sum_vector(&worker->scan, vector, call->arg->column,
                                      !call->aggregate->counts_only, bits, &sum, err));
    add(state, aggregate, &sum);
    return STOA_OK;
}

stoa_status stoa_exec_sum_morsel(struct stoa_exec_worker *worker,
                                 const struct stoa_morsel *morsel,
                                 struct stoa_group_state *state, bool *out_done,
                                 stoa_error *err)
{
    const struct stoa_plan *plan = worker->plan;
    *out_done = worker->all_exact && morsel->is_covered && morsel->file;
    if (!*out_done)
        return STOA_OK;
    const uint64_t start = stoa_exec_worker_clock(worker);
    for (uint32_t a = 0; a < plan->aggregate_count; a++) {
        const struct stoa_aggregate_call *call = &plan->aggregates[a];
        struct stoa_scan_sum sum = {.count = morsel->rows};
        if (call->aggregate->from_extremes) {
            STOA_TRY(add_extremes(worker, a, 0, NULL, state, err));
            continue;
        }
        if (call->arg)
            STOA_TRY(stoa_scan_sum_morsel(&worker->scan, call->arg->column,
                                          !call->aggregate->counts_only, &sum, err));
        add(state, a, &sum);
    }
    worker->scan.rows_scanned += morsel->rows;
    worker->scan.rows_matched += morsel->rows;
    worker->scan_ns += stoa_exec_worker_clock(worker) - start;
    return STOA_OK;
}
