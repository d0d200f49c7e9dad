/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aggregates from statistics (query/stats_fold.h). The state is saved first and put back when a later aggregate cannot be
 * answered.
 */
#include "query/stats_fold.h"

#include <string.h>

#include "common/alloc.h"

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

static stoa_status fold_all(struct stoa_group_state *state, bool is_block,
                            stoa_stats_fn get, void *context, bool *out_done,
                            stoa_error *err)
{
    *out_done = false;
    for (uint32_t a = 0; a < state->plan->aggregate_count; a++) {
        const struct stoa_aggregate_call *call = &state->plan->aggregates[a];
        const stoa_type type =
            call->arg ? call->arg->type : (stoa_type){.id = STOA_TYPE_BOOL};
        struct stoa_stats stats;
        bool is_known = false;
        if (!may_answer(call, is_block))
            return STOA_OK;
        STOA_TRY(get(context, call->arg ? call->arg->column : UINT32_MAX, &is_known, &stats,
                     err));
        if (!is_known || !call->aggregate->from_stats(stoa_group_state_at(state, 0, a),
                                                      type, &stats, &state->store.texts))
            return STOA_OK;
    }
    *out_done = true;
    return STOA_OK;
}

stoa_status stoa_stats_fold(struct stoa_group_state *state, bool is_block,
                            stoa_stats_fn get, void *context, bool *out_done,
                            stoa_error *err)
{
    const size_t size = state->layout.stride;
    if (!state->saved)
        state->saved = stoa_alloc(size);
    if (!state->saved)
        return stoa_fail_memory(err, size);
    memcpy(state->saved, state->store.states, size);
    STOA_TRY(fold_all(state, is_block, get, context, out_done, err));
    if (!*out_done)
        memcpy(state->store.states, state->saved, size);
    return *out_done ? stoa_group_store_charge(&state->store, err) : STOA_OK;
}
