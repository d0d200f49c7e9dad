/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups and states (query/group_state.h). Without GROUP BY the table holds eight lanes while a morsel is read and one
 * state afterwards; the order of the lanes is the order of a block's float sum [FMT-35].
 */
#include "query/group_state.h"

#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "query/row_key.h"

enum { FIRST_GROUPS = 64 };
/* A key is at most one row of GROUP BY values, each at most 16 MiB. */
#define MAX_KEY_BYTES ((size_t)256 << 20)
#define MAX_TEXTS     ((size_t)1 << 40) /* the budget is the bound */

static bool has_groups(const struct stoa_group_state *state)
{
    return state->plan->group_count > 0;
}

/* ---- making ---- */

static stoa_status init_layout(struct stoa_group_state *state, stoa_error *err)
{
    const struct stoa_plan *plan = state->plan;
    state->offsets =
        stoa_alloc_zeroed(plan->aggregate_count + (size_t)1, sizeof *state->offsets);
    state->distinct =
        stoa_alloc_zeroed(plan->aggregate_count + (size_t)1, sizeof *state->distinct);
    if (!state->offsets || !state->distinct)
        return stoa_fail_memory(err, plan->aggregate_count * sizeof *state->distinct);
    for (uint32_t a = 0; a < plan->aggregate_count; a++) {
        state->offsets[a] = state->stride;
        state->stride += plan->aggregates[a].aggregate->state_size;
        stoa_key_table_init(&state->distinct[a], state->budget);
    }
    if (state->stride == 0)
        state->stride = 16; /* GROUP BY without aggregates */
    return STOA_OK;
}

static stoa_status grow(struct stoa_group_state *state, uint32_t needed, stoa_error *err)
{
    uint32_t capacity = state->capacity ? state->capacity : FIRST_GROUPS;
    if (!has_groups(state))
        capacity = STOA_GROUP_LANES;
    while (capacity < needed)
        capacity *= 2;
    const size_t more = (capacity - state->capacity) * state->stride;
    STOA_TRY(stoa_budget_take(state->budget, more, err));
    state->charged += more;
    uint8_t *states = stoa_realloc(state->states, capacity * state->stride);
    if (!states)
        return stoa_fail_memory(err, capacity * state->stride);
    memset(states + state->capacity * state->stride, 0, more);
    state->states = states;
    state->capacity = capacity;
    return STOA_OK;
}

stoa_status stoa_group_state_init(struct stoa_group_state *state,
                                  const struct stoa_plan *plan, struct stoa_budget *budget,
                                  stoa_error *err)
{
    *state = (struct stoa_group_state){.plan = plan, .budget = budget};
    stoa_key_table_init(&state->keys, budget);
    stoa_arena_init(&state->texts, MAX_TEXTS);
    stoa_buf_init(&state->key, MAX_KEY_BYTES);
    STOA_TRY(init_layout(state, err));
    return has_groups(state) ? STOA_OK : grow(state, STOA_GROUP_LANES, err);
}

void stoa_group_state_done(struct stoa_group_state *state)
{
    if (!state->plan)
        return;
    for (uint32_t a = 0; state->distinct && a < state->plan->aggregate_count; a++)
        stoa_key_table_done(&state->distinct[a]);
    stoa_key_table_done(&state->keys);
    stoa_arena_done(&state->texts);
    stoa_buf_done(&state->key);
    stoa_budget_give(state->budget, state->charged + state->texts_charged);
    stoa_free(state->states);
    stoa_free(state->offsets);
    stoa_free(state->distinct);
    *state = (struct stoa_group_state){.plan = NULL};
}

void stoa_group_state_clear(struct stoa_group_state *state)
{
    const uint32_t used = has_groups(state) ? state->keys.count : STOA_GROUP_LANES;
    if (used > 0)
        memset(state->states, 0, used * state->stride);
    for (uint32_t a = 0; a < state->plan->aggregate_count; a++)
        stoa_key_table_clear(&state->distinct[a]);
    stoa_key_table_clear(&state->keys);
    stoa_arena_reset(&state->texts);
    stoa_budget_give(state->budget, state->texts_charged);
    state->texts_charged = 0;
}

uint32_t stoa_group_state_count(const struct stoa_group_state *state)
{
    return has_groups(state) ? state->keys.count : 1;
}

/* Texts grow in the arena unseen; they are charged after the fact, in steps of one call. */
static stoa_status charge_texts(struct stoa_group_state *state, stoa_error *err)
{
    const size_t used = state->texts.used;
    if (used <= state->texts_charged)
        return STOA_OK;
    STOA_TRY(stoa_budget_take(state->budget, used - state->texts_charged, err));
    state->texts_charged = used;
    return STOA_OK;
}

/* ---- groups ---- */

static stoa_status add_group(struct stoa_group_state *state, const void *key, size_t size,
                             uint32_t *out_group, stoa_error *err)
{
    bool is_new = false;
    STOA_TRY(stoa_key_table_add(&state->keys, key, size, stoa_hash64(key, size, 0),
                                out_group, &is_new, err));
    return is_new && *out_group >= state->capacity ? grow(state, *out_group + 1, err)
                                                   : STOA_OK;
}

/* One column of integers, dates or the like: the key is made without the general walk. */
static stoa_status find_by_i64(struct stoa_group_state *state,
                               const struct stoa_vector *vector, const uint64_t *bits,
                               uint32_t *out_groups, stoa_error *err)
{
    uint8_t key[9];
    key[0] = 1; /* as stoa_row_key_append writes it */
    uint64_t last = 0;
    uint32_t last_group = UINT32_MAX;
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++) {
        for (uint64_t left = bits[word]; left != 0; left &= left - 1) {
            const uint32_t row = word * 64 + (uint32_t)__builtin_ctzll(left);
            const uint64_t value = vector->values.u64[row];
            if (last_group == UINT32_MAX || value != last) {
                memcpy(key + 1, &value, 8);
                STOA_TRY(add_group(state, key, sizeof key, &last_group, err));
                last = value;
            }
            out_groups[row] = last_group;
        }
    }
    return STOA_OK;
}

stoa_status stoa_group_state_find(struct stoa_group_state *state,
                                  const struct stoa_vector *const *vectors,
                                  const uint64_t *bits, uint32_t *out_groups,
                                  stoa_error *err)
{
    const uint32_t count = state->plan->group_count;
    if (count == 1 && vectors[0]->phys == STOA_PHYS_I64 && !vectors[0]->has_nulls)
        return find_by_i64(state, vectors[0], bits, out_groups, err);
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++) {
        for (uint64_t left = bits[word]; left != 0; left &= left - 1) {
            const uint32_t row = word * 64 + (uint32_t)__builtin_ctzll(left);
            state->key.size = 0;
            STOA_TRY(stoa_row_key_append(vectors, count, row, &state->key, err));
            STOA_TRY(
                add_group(state, state->key.data, state->key.size, &out_groups[row], err));
        }
    }
    return STOA_OK;
}

/* ---- updates ---- */

/* For DISTINCT: remembers (group, value) pairs; they are counted when states are merged. */
static stoa_status collect_distinct(struct stoa_group_state *state, uint32_t aggregate,
                                    const uint32_t *groups, const struct stoa_vector *arg,
                                    const uint64_t *bits, stoa_error *err)
{
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++) {
        const uint64_t valid = arg->has_nulls ? arg->validity[word] : ~UINT64_C(0);
        for (uint64_t left = bits[word] & valid; left != 0; left &= left - 1) {
            const uint32_t row = word * 64 + (uint32_t)__builtin_ctzll(left);
            const uint32_t group = groups ? groups[row] : 0;
            uint32_t number = 0;
            bool is_new = false;
            state->key.size = 0;
            STOA_TRY(stoa_buf_append_le32(&state->key, group, err));
            STOA_TRY(stoa_row_key_append(&arg, 1, row, &state->key, err));
            STOA_TRY(stoa_key_table_add(
                &state->distinct[aggregate], state->key.data, state->key.size,
                stoa_hash64(state->key.data, state->key.size, 0), &number, &is_new, err));
        }
    }
    return STOA_OK;
}

/* Row numbers modulo the lanes, and zeros: the groups of a statement without GROUP BY. */
static void lane_groups(bool by_lanes, uint32_t out[STOA_VECTOR_ROWS])
{
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++)
        out[i] = by_lanes ? i % STOA_GROUP_LANES : 0;
}

stoa_status stoa_group_state_update(struct stoa_group_state *state, uint32_t aggregate,
                                    const uint32_t *groups, const struct stoa_vector *arg,
                                    const uint64_t *bits, stoa_error *err)
{
    const struct stoa_aggregate_call *call = &state->plan->aggregates[aggregate];
    if (call->is_distinct)
        return collect_distinct(state, aggregate, groups, arg, bits, err);
    uint32_t lanes[STOA_VECTOR_ROWS];
    if (!groups) {
        lane_groups(call->aggregate->by_lanes, lanes);
        groups = lanes;
    }
    STOA_TRY(call->aggregate->update(state->states + state->offsets[aggregate],
                                     state->stride, groups, arg, bits, &state->texts, err));
    return charge_texts(state, err);
}

stoa_status stoa_group_state_fold_lanes(struct stoa_group_state *state, stoa_error *err)
{
    uint8_t total[256];
    for (uint32_t a = 0; a < state->plan->aggregate_count; a++) {
        const struct stoa_aggregate *aggregate = state->plan->aggregates[a].aggregate;
        if (!aggregate->by_lanes || aggregate->state_size > sizeof total)
            continue;
        memset(total, 0, aggregate->state_size);
        for (uint32_t lane = 0; lane < STOA_GROUP_LANES; lane++)
            STOA_TRY(aggregate->merge(total, stoa_group_state_at(state, lane, a),
                                      &state->texts, err));
        memcpy(stoa_group_state_at(state, 0, a), total, aggregate->state_size);
    }
    return STOA_OK;
}

/* ---- merging ---- */

/* Folds one new distinct value into its group. */
static stoa_status add_distinct(struct stoa_group_state *into, uint32_t aggregate,
                                uint32_t group, const uint8_t *key, stoa_error *err)
{
    const struct stoa_aggregate_call *call = &into->plan->aggregates[aggregate];
    struct stoa_vector vector;
    STOA_TRY(stoa_vector_init(&vector, stoa_type_phys(call->arg->type), err));
    const struct stoa_value value = stoa_row_key_take(vector.phys, &key);
    uint64_t bits[STOA_VECTOR_WORDS] = {1};
    vector.length = 1;
    vector.has_nulls = false;
    memset(vector.validity, 0xff, sizeof vector.validity);
    stoa_vector_put(&vector, 0, &value);
    const stoa_status status =
        call->aggregate->update(into->states + into->offsets[aggregate], into->stride,
                                &group, &vector, bits, &into->texts, err);
    stoa_vector_done(&vector);
    return status;
}

static stoa_status merge_distinct(struct stoa_group_state *into,
                                  const struct stoa_group_state *from, uint32_t aggregate,
                                  const uint32_t *map, stoa_error *err)
{
    const struct stoa_key_table *pairs = &from->distinct[aggregate];
    for (uint32_t i = 0; i < pairs->count; i++) {
        size_t size = 0;
        const uint8_t *pair = stoa_key_table_get(pairs, i, &size);
        const uint32_t group = map ? map[stoa_load_le32(pair)] : 0;
        uint32_t number = 0;
        bool is_new = false;
        into->key.size = 0;
        STOA_TRY(stoa_buf_append_le32(&into->key, group, err));
        STOA_TRY(stoa_buf_append(&into->key, pair + 4, size - 4, err));
        STOA_TRY(stoa_key_table_add(
            &into->distinct[aggregate], into->key.data, into->key.size,
            stoa_hash64(into->key.data, into->key.size, 0), &number, &is_new, err));
        if (is_new)
            STOA_TRY(add_distinct(into, aggregate, group, pair + 4, err));
    }
    return STOA_OK;
}

/* The number in `into` of every group of `from`; NULL without GROUP BY. Owned by the caller. */
static stoa_status map_groups(struct stoa_group_state *into,
                              const struct stoa_group_state *from, uint32_t **out_map,
                              stoa_error *err)
{
    *out_map = NULL;
    if (!has_groups(into))
        return STOA_OK;
    uint32_t *map = stoa_alloc_array(from->keys.count + (size_t)1, sizeof *map);
    if (!map)
        return stoa_fail_memory(err, from->keys.count * sizeof *map);
    for (uint32_t group = 0; group < from->keys.count; group++) {
        size_t size = 0;
        bool is_new = false;
        const uint8_t *key = stoa_key_table_get(&from->keys, group, &size);
        stoa_status status = stoa_key_table_add(
            &into->keys, key, size, from->keys.hashes[group], &map[group], &is_new, err);
        if (status == STOA_OK && map[group] >= into->capacity)
            status = grow(into, map[group] + 1, err);
        if (status != STOA_OK) {
            stoa_free(map);
            return status;
        }
    }
    *out_map = map;
    return STOA_OK;
}

static stoa_status merge_states(struct stoa_group_state *into,
                                const struct stoa_group_state *from, const uint32_t *map,
                                stoa_error *err)
{
    const uint32_t count = stoa_group_state_count(from);
    for (uint32_t a = 0; a < into->plan->aggregate_count; a++) {
        const struct stoa_aggregate_call *call = &into->plan->aggregates[a];
        if (call->is_distinct) {
            STOA_TRY(merge_distinct(into, from, a, map, err));
            continue;
        }
        for (uint32_t group = 0; group < count; group++)
            STOA_TRY(call->aggregate->merge(
                stoa_group_state_at(into, map ? map[group] : 0, a),
                stoa_group_state_at(from, group, a), &into->texts, err));
    }
    return charge_texts(into, err);
}

stoa_status stoa_group_state_merge(struct stoa_group_state *into,
                                   const struct stoa_group_state *from, stoa_error *err)
{
    uint32_t *map = NULL;
    STOA_TRY(map_groups(into, from, &map, err));
    const stoa_status status = merge_states(into, from, map, err);
    stoa_free(map);
    return status;
}

/* ---- answers ---- */

void stoa_vector_put(struct stoa_vector *vector, uint32_t row,
                     const struct stoa_value *value)
{
    if (value->is_null) {
        stoa_bit_clear(vector->validity, row);
        vector->has_nulls = true;
        return;
    }
    stoa_bit_set(vector->validity, row);
    if (vector->phys == STOA_PHYS_BYTES) {
        vector->values.views[row] = value->bytes;
    } else if (vector->phys == STOA_PHYS_BOOL) {
        stoa_bit_clear(vector->values.bits, row);
        if (value->boolean)
            stoa_bit_set(vector->values.bits, row);
    } else {
        const size_t width = stoa_phys_width(vector->phys);
        memcpy((uint8_t *)vector->values.raw + width * row, value->fixed16, width);
    }
}

static void start_vectors(struct stoa_vector *vectors, uint32_t vector_count, uint32_t rows)
{
    for (uint32_t i = 0; i < vector_count; i++) {
        vectors[i].length = rows;
        vectors[i].has_nulls = false;
        memset(vectors[i].validity, 0xff, sizeof vectors[i].validity);
    }
}

stoa_status stoa_group_state_rows(const struct stoa_group_state *state, uint32_t first,
                                  uint32_t count, struct stoa_vector *vectors,
                                  stoa_error *err)
{
    const struct stoa_plan *plan = state->plan;
    start_vectors(vectors, plan->group_count + plan->aggregate_count, count);
    for (uint32_t row = 0; row < count; row++) {
        if (has_groups(state)) {
            size_t size = 0;
            const uint8_t *key = stoa_key_table_get(&state->keys, first + row, &size);
            for (uint32_t g = 0; g < plan->group_count; g++) {
                const struct stoa_value value = stoa_row_key_take(vectors[g].phys, &key);
                stoa_vector_put(&vectors[g], row, &value);
            }
        }
        for (uint32_t a = 0; a < plan->aggregate_count; a++) {
            const struct stoa_aggregate_call *call = &plan->aggregates[a];
            const stoa_type arg_type =
                call->arg ? call->arg->type : (stoa_type){.id = STOA_TYPE_BOOL};
            struct stoa_value value;
            STOA_TRY(call->aggregate->finish(stoa_group_state_at(state, first + row, a),
                                             call->type, arg_type, &value, err));
            stoa_vector_put(&vectors[plan->group_count + a], row, &value);
        }
    }
    return STOA_OK;
}
