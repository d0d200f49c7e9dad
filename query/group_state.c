/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of one morsel (query/group_state.h). Without GROUP BY there are eight lanes while
 * the morsel is read and one state afterwards; the order of the lanes is the order of a
 * zone's float sum, and a block's is that of its zones [FMT-35].
 */
#include "query/group_state.h"

#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "query/row_key.h"

enum { FIRST_GROUPS = 64, ZONES_STATE = STOA_AGGREGATE_LANES, UNGROUPED_STATES };
/* A key is at most one row of GROUP BY values, each at most 16 MiB. */
#define MAX_KEY_BYTES ((size_t)256 << 20)
#define MAX_TEXTS     ((size_t)1 << 40) /* the budget is the bound */

/* ---- layout ---- */

stoa_status stoa_group_layout_make(const struct stoa_plan *plan,
                                   struct stoa_group_layout *out_layout, stoa_error *err)
{
    size_t *offsets = stoa_alloc_array(plan->aggregate_count + (size_t)1, sizeof *offsets);
    if (!offsets)
        return stoa_fail_memory(err, plan->aggregate_count * sizeof *offsets);
    size_t stride = 0;
    for (uint32_t a = 0; a < plan->aggregate_count; a++) {
        offsets[a] = stride;
        stride += plan->aggregates[a].aggregate->state_size;
    }
    /* GROUP BY without aggregates has states too, of which nobody knows. */
    *out_layout =
        (struct stoa_group_layout){.stride = stride > 0 ? stride : 16, .offsets = offsets};
    return STOA_OK;
}

void stoa_group_layout_done(struct stoa_group_layout *layout)
{
    stoa_free(layout->offsets);
    *layout = (struct stoa_group_layout){.stride = 0};
}

static bool is_word(stoa_type type)
{
    return stoa_phys_width(stoa_type_phys(type)) == 8;
}

bool stoa_group_keys_are_words(const struct stoa_plan *plan)
{
    return plan->group_count == 1 && is_word(plan->groups[0]->type);
}

bool stoa_group_pairs_are_words(const struct stoa_plan *plan, uint32_t aggregate)
{
    const struct stoa_aggregate_call *call = &plan->aggregates[aggregate];
    return plan->group_count == 0 && call->is_distinct && is_word(call->arg->type);
}

/* ---- store ---- */

void stoa_group_store_init(struct stoa_group_store *store, struct stoa_budget *budget,
                           bool keeps_orders)
{
    *store = (struct stoa_group_store){.budget = budget, .keeps_orders = keeps_orders};
    stoa_arena_init(&store->texts, MAX_TEXTS);
}

void stoa_group_store_done(struct stoa_group_store *store)
{
    if (!store->budget)
        return;
    stoa_arena_done(&store->texts);
    stoa_budget_give(store->budget, store->charged + store->texts_charged);
    stoa_free(store->states);
    stoa_free(store->orders);
    *store = (struct stoa_group_store){.budget = NULL};
}

stoa_status stoa_group_store_grow(struct stoa_group_store *store, size_t stride,
                                  uint32_t needed, stoa_error *err)
{
    if (needed <= store->capacity)
        return STOA_OK;
    uint32_t capacity = store->capacity ? store->capacity : FIRST_GROUPS;
    while (capacity < needed)
        capacity *= 2;
    const size_t added = capacity - store->capacity;
    const size_t more = added * (stride + (store->keeps_orders ? sizeof(uint64_t) : 0));
    STOA_TRY(stoa_budget_take(store->budget, more, err));
    store->charged += more;
    uint8_t *states = stoa_realloc(store->states, capacity * stride);
    if (!states)
        return stoa_fail_memory(err, capacity * stride);
    store->states = states;
    if (store->keeps_orders) {
        uint64_t *orders = stoa_realloc(store->orders, capacity * sizeof *orders);
        if (!orders)
            return stoa_fail_memory(err, capacity * sizeof *orders);
        store->orders = orders;
    }
    memset(states + store->capacity * stride, 0, added * stride);
    store->capacity = capacity;
    return STOA_OK;
}

stoa_status stoa_group_store_charge(struct stoa_group_store *store, stoa_error *err)
{
    const size_t used = store->texts.used;
    if (used <= store->texts_charged)
        return STOA_OK;
    STOA_TRY(stoa_budget_take(store->budget, used - store->texts_charged, err));
    store->texts_charged = used;
    return STOA_OK;
}

/* ---- making ---- */

static bool has_groups(const struct stoa_group_state *state)
{
    return state->plan->group_count > 0;
}

stoa_status stoa_group_state_init(struct stoa_group_state *state,
                                  const struct stoa_plan *plan, struct stoa_budget *budget,
                                  stoa_error *err)
{
    *state = (struct stoa_group_state){.plan = plan};
    stoa_group_store_init(&state->store, budget, false);
    stoa_key_run_init(&state->groups, stoa_group_keys_are_words(plan), budget);
    stoa_buf_init(&state->key, MAX_KEY_BYTES);
    state->pairs =
        stoa_alloc_zeroed(plan->aggregate_count + (size_t)1, sizeof *state->pairs);
    if (!state->pairs)
        return stoa_fail_memory(err, plan->aggregate_count * sizeof *state->pairs);
    for (uint32_t a = 0; a < plan->aggregate_count; a++)
        stoa_key_run_init(&state->pairs[a], stoa_group_pairs_are_words(plan, a), budget);
    STOA_TRY(stoa_group_layout_make(plan, &state->layout, err));
    return has_groups(state) ? STOA_OK
                             : stoa_group_store_grow(&state->store, state->layout.stride,
                                                     UNGROUPED_STATES, err);
}

void stoa_group_state_done(struct stoa_group_state *state)
{
    if (!state->plan)
        return;
    for (uint32_t a = 0; state->pairs && a < state->plan->aggregate_count; a++)
        stoa_key_run_done(&state->pairs[a]);
    stoa_key_run_done(&state->groups);
    stoa_group_store_done(&state->store);
    stoa_group_layout_done(&state->layout);
    stoa_buf_done(&state->key);
    stoa_free(state->pairs);
    stoa_free(state->map);
    stoa_free(state->saved);
    *state = (struct stoa_group_state){.plan = NULL};
}

void stoa_group_state_clear(struct stoa_group_state *state)
{
    struct stoa_group_store *store = &state->store;
    const uint32_t used = has_groups(state) ? state->groups.count : UNGROUPED_STATES;
    if (used > 0)
        memset(store->states, 0, used * state->layout.stride);
    for (uint32_t a = 0; a < state->plan->aggregate_count; a++)
        stoa_key_run_clear(&state->pairs[a]);
    stoa_key_run_clear(&state->groups);
    stoa_arena_reset(&store->texts);
    stoa_budget_give(store->budget, store->texts_charged);
    store->texts_charged = 0;
}

/* ---- groups and pairs ---- */

/* Floats that are equal are one word. */
static stoa_status add_word(struct stoa_key_run *run, const struct stoa_key_source *source,
                            uint32_t row, stoa_error *err)
{
    struct stoa_value value = stoa_key_source_get(source, row);
    if (!value.is_null && stoa_key_source_phys(source) == STOA_PHYS_F64)
        value.f64 = stoa_float_normal(value.f64);
    return stoa_key_run_append_word(run, value.u64, value.is_null, err);
}

static stoa_status add_key(struct stoa_group_state *state,
                           const struct stoa_key_source *sources, uint32_t row,
                           stoa_error *err)
{
    struct stoa_buf *key = &state->key;
    if (state->groups.holds_words)
        return add_word(&state->groups, &sources[0], row, err);
    key->size = 0;
    for (uint32_t g = 0; g < state->plan->group_count; g++) {
        const struct stoa_value value = stoa_key_source_get(&sources[g], row);
        STOA_TRY(stoa_row_key_append(key, stoa_key_source_phys(&sources[g]), &value, err));
    }
    return stoa_key_run_append(&state->groups, key->data, key->size,
                               stoa_hash64(key->data, key->size, 0), err);
}

stoa_status stoa_group_state_add(struct stoa_group_state *state,
                                 const struct stoa_key_source *sources,
                                 const struct stoa_row_list *fresh, stoa_error *err)
{
    for (uint32_t i = 0; i < fresh->count; i++)
        STOA_TRY(add_key(state, sources, fresh->rows[i], err));
    return stoa_group_store_grow(&state->store, state->layout.stride, state->groups.count,
                                 err);
}

static stoa_status add_pair(struct stoa_group_state *state, struct stoa_key_run *run,
                            uint32_t group, const struct stoa_key_source *source,
                            uint32_t row, stoa_error *err)
{
    struct stoa_buf *key = &state->key;
    if (run->holds_words)
        return add_word(run, source, row, err);
    const struct stoa_value value = stoa_key_source_get(source, row);
    key->size = 0;
    STOA_TRY(stoa_buf_append_le32(key, group, err));
    STOA_TRY(stoa_row_key_append(key, stoa_key_source_phys(source), &value, err));
    /* The value alone decides the part: the group's number is not final yet. */
    return stoa_key_run_append(run, key->data, key->size,
                               stoa_hash64(key->data + 4, key->size - 4, 0), err);
}

stoa_status stoa_group_state_add_pairs(struct stoa_group_state *state, uint32_t aggregate,
                                       const uint32_t *groups,
                                       const struct stoa_key_source *source,
                                       const struct stoa_row_list *fresh, stoa_error *err)
{
    for (uint32_t i = 0; i < fresh->count; i++) {
        const uint32_t row = fresh->rows[i];
        STOA_TRY(add_pair(state, &state->pairs[aggregate], groups ? groups[row] : 0, source,
                          row, err));
    }
    return STOA_OK;
}

stoa_status stoa_group_state_update(struct stoa_group_state *state, uint32_t aggregate,
                                    const uint32_t *groups, const struct stoa_vector *arg,
                                    const struct stoa_row_list *rows, stoa_error *err)
{
    const struct stoa_aggregate *function = state->plan->aggregates[aggregate].aggregate;
    uint8_t *states = state->store.states + state->layout.offsets[aggregate];
    if (groups)
        STOA_TRY(function->update(states, state->layout.stride, groups, arg, rows,
                                  &state->store.texts, err));
    else
        STOA_TRY(function->fold(states, state->layout.stride, arg, rows,
                                &state->store.texts, err));
    return stoa_group_store_charge(&state->store, err);
}

/* ---- the end of a morsel ---- */

bool stoa_aggregate_adds_floats(const struct stoa_aggregate_call *call)
{
    return call->aggregate->follows_order && call->arg &&
           call->arg->type.id == STOA_TYPE_FLOAT64;
}

static stoa_status fold_lanes(struct stoa_group_state *state, uint32_t aggregate,
                              stoa_error *err)
{
    const struct stoa_aggregate *function = state->plan->aggregates[aggregate].aggregate;
    for (uint32_t lane = 1; lane < STOA_AGGREGATE_LANES; lane++)
        STOA_TRY(function->merge(stoa_group_state_at(state, 0, aggregate),
                                 stoa_group_state_at(state, lane, aggregate),
                                 &state->store.texts, err));
    return STOA_OK;
}

static stoa_status end_zone(struct stoa_group_state *state, uint32_t aggregate,
                            stoa_error *err)
{
    const struct stoa_aggregate *function = state->plan->aggregates[aggregate].aggregate;
    STOA_TRY(fold_lanes(state, aggregate, err));
    STOA_TRY(function->merge(stoa_group_state_at(state, ZONES_STATE, aggregate),
                             stoa_group_state_at(state, 0, aggregate), &state->store.texts,
                             err));
    for (uint32_t lane = 0; lane < STOA_AGGREGATE_LANES; lane++)
        memset(stoa_group_state_at(state, lane, aggregate), 0, function->state_size);
    return STOA_OK;
}

stoa_status stoa_group_state_end_zone(struct stoa_group_state *state, stoa_error *err)
{
    for (uint32_t a = 0; !has_groups(state) && a < state->plan->aggregate_count; a++) {
        if (stoa_aggregate_adds_floats(&state->plan->aggregates[a]))
            STOA_TRY(end_zone(state, a, err));
    }
    return STOA_OK;
}

static stoa_status end_ungrouped(struct stoa_group_state *state, stoa_error *err)
{
    for (uint32_t a = 0; a < state->plan->aggregate_count; a++) {
        const struct stoa_aggregate_call *call = &state->plan->aggregates[a];
        if (!stoa_aggregate_adds_floats(call)) {
            STOA_TRY(fold_lanes(state, a, err));
            continue;
        }
        STOA_TRY(end_zone(state, a, err));
        memcpy(stoa_group_state_at(state, 0, a), stoa_group_state_at(state, ZONES_STATE, a),
               call->aggregate->state_size);
    }
    return STOA_OK;
}

stoa_status stoa_group_state_finish(struct stoa_group_state *state, stoa_error *err)
{
    const uint32_t count = has_groups(state) ? state->groups.count : 1;
    for (uint32_t a = 0; a < state->plan->aggregate_count; a++)
        stoa_key_run_split(&state->pairs[a]);
    stoa_key_run_split(&state->groups);
    if (count > state->map_capacity) {
        const size_t more = (count - state->map_capacity) * sizeof *state->map;
        STOA_TRY(stoa_budget_take(state->store.budget, more, err));
        state->store.charged += more;
        uint32_t *map = stoa_realloc(state->map, count * sizeof *map);
        if (!map)
            return stoa_fail_memory(err, count * sizeof *map);
        state->map = map;
        state->map_capacity = count;
    }
    return has_groups(state) ? STOA_OK : end_ungrouped(state, err);
}
