/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aggregates from statistics (query/stats_fold.h). The state is saved first and put back
 * when a later aggregate cannot be answered.
 */
#include "query/stats_fold.h"

#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "query/row_key.h"

static bool may_answer(const struct stoa_aggregate_call *call, bool is_block)
{
    if (call->is_distinct || call->filter || !call->aggregate->from_stats)
        return false;
    if (!call->arg)
        return true;
    return call->arg->kind == STOA_EXPR_COLUMN &&
           (is_block || call->arg->type.id != STOA_TYPE_FLOAT64 ||
            !call->aggregate->follows_order);
}

/* Where an aggregate's answer may come from. */
struct fold_source {
    bool is_block;
    stoa_stats_fn get;
    stoa_sketch_fn get_sketch; /* NULL: there are no sketches */
    void *context;
};

static stoa_status fold_sketch(struct stoa_group_state *state, uint32_t a,
                               const struct fold_source *source, bool *out_done,
                               stoa_error *err)
{
    const struct stoa_aggregate_call *call = &state->plan->aggregates[a];
    struct stoa_sketch sketch;
    *out_done = false;
    if (!source->get_sketch || !call->aggregate->from_sketch)
        return STOA_OK;
    STOA_TRY(
        source->get_sketch(source->context, call->arg->column, out_done, &sketch, err));
    if (*out_done)
        call->aggregate->from_sketch(stoa_group_state_at(state, 0, a), &sketch);
    return STOA_OK;
}

static stoa_status fold_one(struct stoa_group_state *state, uint32_t a,
                            const struct fold_source *source, bool *out_done,
                            stoa_error *err)
{
    const struct stoa_aggregate_call *call = &state->plan->aggregates[a];
    const stoa_type type = call->arg ? call->arg->type : (stoa_type){.id = STOA_TYPE_BOOL};
    const uint32_t at =
        source->is_block && stoa_aggregate_adds_floats(call) ? STOA_AGGREGATE_LANES : 0;
    struct stoa_stats stats;
    *out_done = false;
    if (!may_answer(call, source->is_block))
        return STOA_OK;
    STOA_TRY(source->get(source->context, call->arg ? call->arg->column : UINT32_MAX,
                         out_done, &stats, err));
    *out_done = *out_done && call->aggregate->from_stats(stoa_group_state_at(state, at, a),
                                                         type, &stats, &state->store.texts);
    return *out_done ? STOA_OK : fold_sketch(state, a, source, out_done, err);
}

static stoa_status fold_all(struct stoa_group_state *state,
                            const struct fold_source *source, bool *out_done,
                            stoa_error *err)
{
    *out_done = true;
    for (uint32_t a = 0; a < state->plan->aggregate_count && *out_done; a++)
        STOA_TRY(fold_one(state, a, source, out_done, err));
    return STOA_OK;
}

static stoa_status fold_ungrouped(struct stoa_group_state *state,
                                  const struct fold_source *source, bool *out_done,
                                  stoa_error *err)
{
    const size_t size = state->layout.stride;
    uint8_t *zones = state->store.states + size * STOA_AGGREGATE_LANES;
    if (!state->saved)
        state->saved = stoa_alloc_array(2, size);
    if (!state->saved)
        return stoa_fail_memory(err, 2 * size);
    memcpy(state->saved, state->store.states, size);
    memcpy(state->saved + size, zones, size);
    STOA_TRY(fold_all(state, source, out_done, err));
    if (!*out_done) {
        memcpy(state->store.states, state->saved, size);
        memcpy(zones, state->saved + size, size);
    }
    return *out_done ? stoa_group_store_charge(&state->store, err) : STOA_OK;
}

stoa_status stoa_stats_fold(struct stoa_group_state *state, bool is_block,
                            stoa_stats_fn get, void *context, bool *out_done,
                            stoa_error *err)
{
    const struct fold_source source = {
        .is_block = is_block, .get = get, .context = context};
    return fold_ungrouped(state, &source, out_done, err);
}

stoa_status stoa_stats_fold_file(struct stoa_group_state *state, stoa_stats_fn get,
                                 stoa_sketch_fn get_sketch, void *context, bool *out_done,
                                 stoa_error *err)
{
    const struct fold_source source = {
        .get = get, .get_sketch = get_sketch, .context = context};
    return fold_ungrouped(state, &source, out_done, err);
}

bool stoa_plan_wants_sketches(const struct stoa_plan *plan)
{
    bool wants = false;
    for (uint32_t a = 0; a < plan->aggregate_count; a++)
        wants |= plan->aggregates[a].aggregate->from_sketch != NULL;
    return wants;
}

/* ---- one group ---- */

/* Whether all rows have one value, NULL or not; bytes of *out_value borrow `stats`. */
static bool is_constant(const struct stoa_stats *stats, struct stoa_value *out_value)
{
    *out_value = (struct stoa_value){.is_null = true};
    if (stats->null_count == stats->rows)
        return true;
    if (stats->null_count > 0 || stats->nan_count > 0 || !stats->has_bounds ||
        !stats->min_is_exact || !stats->max_is_exact || stats->max_is_open ||
        stoa_value_compare(stats->phys, &stats->min, &stats->max) != 0)
        return false;
    *out_value = stats->min;
    out_value->is_null = false;
    return true;
}

/* Puts the one value of a GROUP BY column behind the key. */
static stoa_status add_value(struct stoa_group_state *state, const struct stoa_expr *expr,
                             stoa_stats_fn get, void *context, bool *out_added,
                             stoa_error *err)
{
    struct stoa_stats stats;
    struct stoa_value value;
    bool is_known = false;
    *out_added = false;
    if (expr->kind != STOA_EXPR_COLUMN)
        return STOA_OK;
    STOA_TRY(get(context, expr->column, &is_known, &stats, err));
    if (!is_known || !is_constant(&stats, &value))
        return STOA_OK;
    *out_added = true;
    if (state->groups.holds_words)
        return stoa_key_run_append_word(&state->groups, value.u64, value.is_null, err);
    return stoa_row_key_append(&state->key, stats.phys, &value, err);
}

static stoa_status add_group(struct stoa_group_state *state, stoa_stats_fn get,
                             void *context, bool *out_added, stoa_error *err)
{
    const struct stoa_buf *key = &state->key;
    state->key.size = 0;
    *out_added = true;
    for (uint32_t g = 0; g < state->plan->group_count && *out_added; g++)
        STOA_TRY(add_value(state, state->plan->groups[g], get, context, out_added, err));
    if (!*out_added)
        return STOA_OK;
    if (!state->groups.holds_words)
        STOA_TRY(stoa_key_run_append(&state->groups, key->data, key->size,
                                     stoa_hash64(key->data, key->size, 0), err));
    return stoa_group_store_grow(&state->store, state->layout.stride, 1, err);
}

stoa_status stoa_stats_fold_group(struct stoa_group_state *state, stoa_stats_fn get,
                                  void *context, bool *out_done, stoa_error *err)
{
    const struct fold_source source = {.get = get, .context = context};
    struct stoa_stats rows;
    STOA_TRY(get(context, UINT32_MAX, out_done, &rows, err));
    if (!*out_done || rows.rows == 0)
        return STOA_OK;
    STOA_TRY(add_group(state, get, context, out_done, err));
    /* A group's floats are added row by row, not by lanes as a block's are. */
    if (*out_done)
        STOA_TRY(fold_all(state, &source, out_done, err));
    if (!*out_done)
        stoa_group_state_clear(state);
    return *out_done ? stoa_group_store_charge(&state->store, err) : STOA_OK;
}
