/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merging groups (query/group_merge.h). A group is known by its part and its number there;
 * both in one 32-bit number where DISTINCT pairs refer to it.
 */
#include "query/group_merge.h"

#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "query/row_key.h"

enum {
    MAX_PART_GROUPS = 1 << 28, /* so that a group's number fits 32 bits */
    FEW_GROUPS = 2048,         /* of a wave: not worth waking threads for */
    PREFETCH = 24              /* keys between asking for a slot and using it */
};
/* A pair: a group's number and one value of at most 16 MiB. */
#define MAX_PAIR_BYTES ((size_t)64 << 20)

static bool has_groups(const struct stoa_group_merge *merge)
{
    return merge->plan->group_count > 0;
}

static bool is_distinct(const struct stoa_group_merge *merge, uint32_t aggregate)
{
    return merge->plan->aggregates[aggregate].is_distinct;
}

static uint8_t *state_at(const struct stoa_group_merge *merge,
                         const struct stoa_group_part *part, uint32_t group,
                         uint32_t aggregate)
{
    return part->store.states + merge->layout.stride * group +
           merge->layout.offsets[aggregate];
}

/* ---- making ---- */

static stoa_status init_part(const struct stoa_group_merge *merge,
                             struct stoa_group_part *part, struct stoa_budget *budget,
                             stoa_error *err)
{
    const struct stoa_plan *plan = merge->plan;
    stoa_key_table_init(&part->keys, budget);
    stoa_word_table_init(&part->words, budget);
    stoa_group_store_init(&part->store, budget, true);
    stoa_buf_init(&part->key, MAX_PAIR_BYTES);
    part->pairs = stoa_alloc_zeroed(plan->aggregate_count + (size_t)1, sizeof *part->pairs);
    if (!part->pairs)
        return stoa_fail_memory(err, plan->aggregate_count * sizeof *part->pairs);
    part->pair_words =
        stoa_alloc_zeroed(plan->aggregate_count + (size_t)1, sizeof *part->pair_words);
    if (!part->pair_words)
        return stoa_fail_memory(err, plan->aggregate_count * sizeof *part->pair_words);
    for (uint32_t a = 0; a < plan->aggregate_count; a++) {
        stoa_key_table_init(&part->pairs[a], budget);
        stoa_word_table_init(&part->pair_words[a], budget);
    }
    return STOA_OK;
}

stoa_status stoa_group_merge_init(struct stoa_group_merge *merge,
                                  const struct stoa_plan *plan, struct stoa_budget *budget,
                                  stoa_error *err)
{
    memset(merge, 0, sizeof *merge);
    merge->plan = plan;
    merge->holds_words = stoa_group_keys_are_words(plan);
    STOA_TRY(stoa_group_layout_make(plan, &merge->layout, err));
    for (uint32_t p = 0; p < STOA_KEY_PARTS; p++)
        STOA_TRY(init_part(merge, &merge->parts[p], budget, err));
    if (has_groups(merge))
        return STOA_OK;
    STOA_TRY(stoa_group_store_grow(&merge->parts[0].store, merge->layout.stride, 1, err));
    merge->parts[0].store.orders[0] = 0;
    return STOA_OK;
}

static void part_done(struct stoa_group_part *part, uint32_t aggregate_count)
{
    if (!part->keys.keys.budget)
        return;
    for (uint32_t a = 0; part->pair_words && a < aggregate_count; a++) {
        stoa_key_table_done(&part->pairs[a]);
        stoa_word_table_done(&part->pair_words[a]);
    }
    stoa_key_table_done(&part->keys);
    stoa_word_table_done(&part->words);
    stoa_group_store_done(&part->store);
    stoa_buf_done(&part->key);
    stoa_free(part->pairs);
    stoa_free(part->pair_words);
}

void stoa_group_merge_done(struct stoa_group_merge *merge)
{
    if (!merge->plan)
        return;
    for (uint32_t p = 0; p < STOA_KEY_PARTS; p++)
        part_done(&merge->parts[p], merge->plan->aggregate_count);
    stoa_group_layout_done(&merge->layout);
    merge->plan = NULL;
}

/* ---- groups ---- */

/* The number of a morsel's group in its part. */
static stoa_status find_group(struct stoa_group_part *part, const struct stoa_key_run *run,
                              uint32_t group, uint32_t *out_number, bool *out_is_new,
                              stoa_error *err)
{
    if (!run->holds_words) {
        size_t size = 0;
        const uint8_t *key = stoa_key_list_get(&run->bytes, group, &size);
        return stoa_key_table_add(&part->keys, key, size, run->hashes[group], out_number,
                                  out_is_new, err);
    }
    if (group == run->null_number)
        return stoa_word_table_add_null(&part->words, out_number, out_is_new, err);
    return stoa_word_table_add(&part->words, run->words[group], run->hashes[group],
                               out_number, out_is_new, err);
}

/* Slots are looked up this many keys before they are used. */
static void prefetch_key(const struct stoa_group_part *part, const struct stoa_key_run *run,
                         uint32_t i, uint32_t end)
{
    if (i + PREFETCH >= end)
        return;
    const uint64_t hash = run->hashes[run->by_part[i + PREFETCH]];
    if (run->holds_words)
        stoa_word_table_prefetch(&part->words, hash);
    else
        stoa_key_table_prefetch(&part->keys, hash);
}

/* Finds or makes the groups of part `p` that a morsel has; state->map tells their numbers. */
static stoa_status map_groups(struct stoa_group_merge *merge, uint32_t p, size_t morsel,
                              stoa_error *err)
{
    struct stoa_group_part *part = &merge->parts[p];
    struct stoa_group_state *state = &merge->wave[morsel];
    const struct stoa_key_run *run = &state->groups;
    const uint32_t end = run->part_ends[p];
    for (uint32_t i = stoa_key_run_first(run, p); i < end; i++) {
        const uint32_t group = run->by_part[i];
        uint32_t *number = &state->map[group];
        bool is_new = false;
        prefetch_key(part, run, i, end);
        STOA_TRY(find_group(part, run, group, number, &is_new, err));
        if (!is_new)
            continue;
        if (*number >= MAX_PART_GROUPS)
            return stoa_fail(err, STOA_E_LIMIT, "expected at most %u groups, found more",
                             (unsigned)MAX_PART_GROUPS);
        STOA_TRY(
            stoa_group_store_grow(&part->store, merge->layout.stride, *number + 1, err));
        part->store.orders[*number] = (merge->morsels + morsel) * STOA_BLOCK_ROWS + group;
    }
    return STOA_OK;
}

static stoa_status merge_states(struct stoa_group_merge *merge, uint32_t p, size_t morsel,
                                stoa_error *err)
{
    struct stoa_group_part *part = &merge->parts[p];
    const struct stoa_group_state *state = &merge->wave[morsel];
    const struct stoa_key_run *run = &state->groups;
    const uint32_t end = run->part_ends[p];
    for (uint32_t a = 0; a < merge->plan->aggregate_count; a++) {
        const struct stoa_aggregate *function = merge->plan->aggregates[a].aggregate;
        if (is_distinct(merge, a))
            continue;
        for (uint32_t i = stoa_key_run_first(run, p); i < end; i++) {
            const uint32_t group = run->by_part[i];
            if (i + PREFETCH < end)
                __builtin_prefetch(
                    state_at(merge, part, state->map[run->by_part[i + PREFETCH]], a), 1);
            STOA_TRY(function->merge(state_at(merge, part, state->map[group], a),
                                     stoa_group_state_at(state, group, a),
                                     &part->store.texts, err));
        }
    }
    return stoa_group_store_charge(&part->store, err);
}

static stoa_status merge_part(void *context, size_t index, stoa_error *err)
{
    struct stoa_group_merge *merge = context;
    for (size_t morsel = 0; morsel < merge->wave_count; morsel++) {
        STOA_TRY(map_groups(merge, (uint32_t)index, morsel, err));
        STOA_TRY(merge_states(merge, (uint32_t)index, morsel, err));
    }
    return STOA_OK;
}

/* The one group of a statement without GROUP BY. */
static stoa_status merge_totals(struct stoa_group_merge *merge, stoa_error *err)
{
    struct stoa_group_part *part = &merge->parts[0];
    for (size_t morsel = 0; morsel < merge->wave_count; morsel++) {
        const struct stoa_group_state *state = &merge->wave[morsel];
        state->map[0] = 0;
        for (uint32_t a = 0; a < merge->plan->aggregate_count; a++) {
            if (is_distinct(merge, a))
                continue;
            STOA_TRY(merge->plan->aggregates[a].aggregate->merge(
                state_at(merge, part, 0, a), stoa_group_state_at(state, 0, a),
                &part->store.texts, err));
        }
    }
    return stoa_group_store_charge(&part->store, err);
}

/* ---- pairs of DISTINCT aggregates ---- */

/* A group as one number, whatever its part. */
static uint32_t group_name(const struct stoa_group_merge *merge,
                           const struct stoa_group_state *state, uint32_t group)
{
    if (!has_groups(merge))
        return 0;
    return state->map[group] * STOA_KEY_PARTS + stoa_key_part(state->groups.hashes[group]);
}

static stoa_status merge_word_pairs(struct stoa_word_table *words,
                                    const struct stoa_key_run *run, uint32_t p,
                                    stoa_error *err)
{
    const uint32_t end = run->part_ends[p];
    for (uint32_t i = stoa_key_run_first(run, p); i < end; i++) {
        const uint32_t pair = run->by_part[i];
        uint32_t number = 0;
        bool is_new = false;
        if (i + PREFETCH < end)
            stoa_word_table_prefetch(words, run->hashes[run->by_part[i + PREFETCH]]);
        STOA_TRY(stoa_word_table_add(words, run->words[pair], run->hashes[pair], &number,
                                     &is_new, err));
    }
    return STOA_OK;
}

static stoa_status merge_pairs(struct stoa_group_merge *merge, uint32_t p, size_t morsel,
                               uint32_t aggregate, stoa_error *err)
{
    struct stoa_group_part *part = &merge->parts[p];
    const struct stoa_group_state *state = &merge->wave[morsel];
    const struct stoa_key_run *run = &state->pairs[aggregate];
    if (run->holds_words)
        return merge_word_pairs(&part->pair_words[aggregate], run, p, err);
    for (uint32_t i = stoa_key_run_first(run, p); i < run->part_ends[p]; i++) {
        size_t size = 0;
        uint32_t number = 0;
        bool is_new = false;
        const uint8_t *pair = stoa_key_list_get(&run->bytes, run->by_part[i], &size);
        const uint32_t name = group_name(merge, state, stoa_load_le32(pair));
        const uint64_t hash = stoa_hash_mix(run->hashes[run->by_part[i]] +
                                            name * UINT64_C(0x9e3779b97f4a7c15));
        part->key.size = 0;
        STOA_TRY(stoa_buf_append_le32(&part->key, name, err));
        STOA_TRY(stoa_buf_append(&part->key, pair + 4, size - 4, err));
        STOA_TRY(stoa_key_table_add(&part->pairs[aggregate], part->key.data, part->key.size,
                                    hash, &number, &is_new, err));
    }
    return STOA_OK;
}

static stoa_status merge_part_pairs(void *context, size_t index, stoa_error *err)
{
    struct stoa_group_merge *merge = context;
    for (size_t morsel = 0; morsel < merge->wave_count; morsel++) {
        for (uint32_t a = 0; a < merge->plan->aggregate_count; a++)
            STOA_TRY(merge_pairs(merge, (uint32_t)index, morsel, a, err));
    }
    return STOA_OK;
}

/* Keys in all of the wave. */
static size_t wave_size(const struct stoa_group_merge *merge, bool pairs)
{
    size_t size = 0;
    for (size_t morsel = 0; morsel < merge->wave_count; morsel++) {
        const struct stoa_group_state *state = &merge->wave[morsel];
        if (!pairs)
            size += state->groups.count;
        for (uint32_t a = 0; pairs && a < merge->plan->aggregate_count; a++)
            size += state->pairs[a].count;
    }
    return size;
}

stoa_status stoa_group_merge_add(struct stoa_group_merge *merge,
                                 struct stoa_group_state *wave, size_t count,
                                 struct stoa_pool *pool, stoa_error *err)
{
    merge->wave = wave;
    merge->wave_count = count;
    if (has_groups(merge)) {
        struct stoa_pool *helpers = wave_size(merge, false) > FEW_GROUPS ? pool : NULL;
        STOA_TRY(stoa_pool_run(helpers, STOA_KEY_PARTS, merge_part, merge, err));
    } else {
        STOA_TRY(merge_totals(merge, err));
    }
    const size_t pairs = wave_size(merge, true);
    if (pairs > 0)
        STOA_TRY(stoa_pool_run(pairs > FEW_GROUPS ? pool : NULL, STOA_KEY_PARTS,
                               merge_part_pairs, merge, err));
    merge->morsels += count;
    return STOA_OK;
}

/* ---- the end of DISTINCT ---- */

/* Folds one value into one group; `vector` has room for it. */
static stoa_status fold_value(struct stoa_group_merge *merge, uint32_t name,
                              uint32_t aggregate, const struct stoa_value *value,
                              struct stoa_vector *vector, stoa_error *err)
{
    static const struct stoa_row_list first = {.count = 1, .is_all = true};
    const struct stoa_aggregate *function = merge->plan->aggregates[aggregate].aggregate;
    struct stoa_group_part *part = &merge->parts[name % STOA_KEY_PARTS];
    const uint32_t group = name / STOA_KEY_PARTS;
    stoa_vector_put(vector, 0, value);
    return function->update(state_at(merge, part, 0, aggregate), merge->layout.stride,
                            &group, vector, &first, &part->store.texts, err);
}

/* The pairs of one part, one by one, in the order they were first met in. */
static stoa_status fold_pairs(struct stoa_group_merge *merge,
                              const struct stoa_group_part *part, uint32_t aggregate,
                              struct stoa_vector *vector, stoa_error *err)
{
    const struct stoa_key_list *pairs = &part->pairs[aggregate].keys;
    const struct stoa_word_table *words = &part->pair_words[aggregate];
    for (uint32_t i = 0; i < words->count; i++) {
        const struct stoa_value value = {.is_null = false, .u64 = words->words[i]};
        STOA_TRY(fold_value(merge, 0, aggregate, &value, vector, err));
    }
    for (uint32_t i = 0; i < pairs->count; i++) {
        size_t size = 0;
        const uint8_t *pair = stoa_key_list_get(pairs, i, &size);
        const uint8_t *key = pair + 4;
        const struct stoa_value value = stoa_row_key_take(vector->phys, &key);
        STOA_TRY(fold_value(merge, stoa_load_le32(pair), aggregate, &value, vector, err));
    }
    return STOA_OK;
}

stoa_status stoa_group_merge_finish(struct stoa_group_merge *merge, stoa_error *err)
{
    for (uint32_t a = 0; a < merge->plan->aggregate_count; a++) {
        if (!is_distinct(merge, a))
            continue;
        struct stoa_vector vector;
        stoa_status status = STOA_OK;
        STOA_TRY(stoa_vector_init(
            &vector, stoa_type_phys(merge->plan->aggregates[a].arg->type), err));
        vector.length = 1;
        vector.has_nulls = false;
        memset(vector.validity, 0xff, sizeof vector.validity);
        for (uint32_t p = 0; status == STOA_OK && p < STOA_KEY_PARTS; p++)
            status = fold_pairs(merge, &merge->parts[p], a, &vector, err);
        stoa_vector_done(&vector);
        STOA_TRY(status);
    }
    for (uint32_t p = 0; p < STOA_KEY_PARTS; p++)
        STOA_TRY(stoa_group_store_charge(&merge->parts[p].store, err));
    return STOA_OK;
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

struct place {
    const struct stoa_group_part *part;
    uint32_t group;
};

static uint32_t part_groups(const struct stoa_group_merge *merge, uint32_t p)
{
    const struct stoa_group_part *part = &merge->parts[p];
    if (!has_groups(merge))
        return p == 0;
    return merge->holds_words ? part->words.count : part->keys.keys.count;
}

/* The next groups in the order of their first rows: in each part they are in that order already. */
static uint32_t next_places(struct stoa_group_merge *merge,
                            struct place places[STOA_VECTOR_ROWS])
{
    uint64_t heads[STOA_KEY_PARTS];
    uint32_t count = 0;
    for (uint32_t p = 0; p < STOA_KEY_PARTS; p++) {
        const struct stoa_group_part *part = &merge->parts[p];
        heads[p] = part->cursor < part_groups(merge, p) ? part->store.orders[part->cursor]
                                                        : UINT64_MAX;
    }
    for (; count < STOA_VECTOR_ROWS; count++) {
        uint32_t best = 0;
        for (uint32_t p = 1; p < STOA_KEY_PARTS; p++)
            best = heads[p] < heads[best] ? p : best;
        if (heads[best] == UINT64_MAX)
            break;
        struct stoa_group_part *part = &merge->parts[best];
        places[count] = (struct place){.part = part, .group = part->cursor++};
        heads[best] = part->cursor < part_groups(merge, best)
                          ? part->store.orders[part->cursor]
                          : UINT64_MAX;
    }
    return count;
}

static void put_words(const struct place *places, uint32_t count,
                      struct stoa_vector *vector)
{
    for (uint32_t row = 0; row < count; row++) {
        const struct stoa_word_table *words = &places[row].part->words;
        vector->values.u64[row] = words->words[places[row].group];
        if (places[row].group + 1 == words->null_number) {
            stoa_bit_clear(vector->validity, row);
            vector->has_nulls = true;
        }
    }
}

static void put_keys(const struct stoa_group_merge *merge, const struct place *places,
                     uint32_t count, struct stoa_vector *vectors)
{
    for (uint32_t row = 0; row < count; row++) {
        size_t size = 0;
        const uint8_t *key =
            stoa_key_list_get(&places[row].part->keys.keys, places[row].group, &size);
        for (uint32_t g = 0; g < merge->plan->group_count; g++) {
            const struct stoa_value value = stoa_row_key_take(vectors[g].phys, &key);
            stoa_vector_put(&vectors[g], row, &value);
        }
    }
}

static stoa_status put_answers(const struct stoa_group_merge *merge,
                               const struct place *places, uint32_t count,
                               uint32_t aggregate, struct stoa_vector *vector,
                               stoa_error *err)
{
    const struct stoa_aggregate_call *call = &merge->plan->aggregates[aggregate];
    const stoa_type arg_type =
        call->arg ? call->arg->type : (stoa_type){.id = STOA_TYPE_BOOL};
    for (uint32_t row = 0; row < count; row++) {
        struct stoa_value value;
        STOA_TRY(call->aggregate->finish(
            state_at(merge, places[row].part, places[row].group, aggregate), call->type,
            arg_type, &value, err));
        stoa_vector_put(vector, row, &value);
    }
    return STOA_OK;
}

stoa_status stoa_group_merge_next(struct stoa_group_merge *merge,
                                  struct stoa_vector *vectors, uint32_t *out_count,
                                  stoa_error *err)
{
    const struct stoa_plan *plan = merge->plan;
    struct place places[STOA_VECTOR_ROWS];
    const uint32_t count = next_places(merge, places);
    for (uint32_t i = 0; i < plan->group_count + plan->aggregate_count; i++) {
        vectors[i].length = count;
        vectors[i].has_nulls = false;
        memset(vectors[i].validity, 0xff, sizeof vectors[i].validity);
    }
    if (merge->holds_words)
        put_words(places, count, &vectors[0]);
    else if (has_groups(merge))
        put_keys(merge, places, count, vectors);
    for (uint32_t a = 0; a < plan->aggregate_count; a++)
        STOA_TRY(
            put_answers(merge, places, count, a, &vectors[plan->group_count + a], err));
    *out_count = count;
    return STOA_OK;
}
