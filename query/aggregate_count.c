/* SPDX-License-Identifier: Apache-2.0 */
/*
 * count(*), count(x), bool_and, bool_or: states of one counter or two.
 */
#include "query/aggregate_parts.h"

/* ---- count ---- */

struct count_state {
    uint64_t count;
    uint64_t unused;
};

static bool resolve_count(stoa_type arg, stoa_type *out_type, stoa_type *out_arg)
{
    *out_type = stoa_type_of(STOA_TYPE_INT64);
    *out_arg = arg;
    return true;
}

static stoa_status update_count(uint8_t *states, size_t stride, const uint32_t *groups,
                                const struct stoa_vector *arg,
                                const struct stoa_row_list *rows, struct stoa_arena *arena,
                                stoa_error *err)
{
    STOA_UNUSED(arg);
    STOA_UNUSED(arena);
    STOA_UNUSED(err);
    for (uint32_t i = 0; i < rows->count; i++) {
        struct count_state *state =
            (struct count_state *)(void *)(states + stride * groups[rows->rows[i]]);
        state->count++;
    }
    return STOA_OK;
}

static stoa_status fold_count(uint8_t *states, size_t stride, const struct stoa_vector *arg,
                              const struct stoa_row_list *rows, struct stoa_arena *arena,
                              stoa_error *err)
{
    STOA_UNUSED(stride);
    STOA_UNUSED(arg);
    STOA_UNUSED(arena);
    STOA_UNUSED(err);
    ((struct count_state *)(void *)states)->count += rows->count;
    return STOA_OK;
}

static bool count_from_stats(uint8_t *state, stoa_type arg_type,
                             const struct stoa_stats *stats, struct stoa_arena *arena)
{
    STOA_UNUSED(arg_type);
    STOA_UNUSED(arena);
    ((struct count_state *)(void *)state)->count += stats->rows - stats->null_count;
    return true;
}

static void count_from_sum(uint8_t *state, uint64_t count, stoa_i128 sum)
{
    STOA_UNUSED(sum);
    ((struct count_state *)(void *)state)->count += count;
}

static stoa_status merge_count(uint8_t *into, const uint8_t *from, struct stoa_arena *arena,
                               stoa_error *err)
{
    STOA_UNUSED(arena);
    STOA_UNUSED(err);
    ((struct count_state *)(void *)into)->count +=
        ((const struct count_state *)(const void *)from)->count;
    return STOA_OK;
}

static stoa_status finish_count(const uint8_t *state, stoa_type type, stoa_type arg_type,
                                struct stoa_value *out_value, stoa_error *err)
{
    STOA_UNUSED(type);
    STOA_UNUSED(arg_type);
    STOA_UNUSED(err);
    *out_value = (struct stoa_value){
        .is_null = false,
        .i64 = (int64_t)((const struct count_state *)(const void *)state)->count};
    return STOA_OK;
}

const struct stoa_aggregate stoa_aggregate_count = {
    .name = "count",
    .help = "count(*), count(any) -> int64",
    .takes_star = true,
    .resolve = resolve_count,
    .state_size = sizeof(struct count_state),
    .update = update_count,
    .fold = fold_count,
    .from_stats = count_from_stats,
    .from_sum = count_from_sum,
    .counts_only = true,
    .merge = merge_count,
    .finish = finish_count,
};

/* ---- bool_and, bool_or ---- */

struct truth_state {
    uint64_t trues;
    uint64_t falses;
};

static bool resolve_truth(stoa_type arg, stoa_type *out_type, stoa_type *out_arg)
{
    *out_type = stoa_type_of(STOA_TYPE_BOOL);
    *out_arg = arg;
    return arg.id == STOA_TYPE_BOOL;
}

static void add_truth(struct truth_state *state, const struct stoa_vector *arg,
                      uint32_t row)
{
    if (stoa_bit_get(arg->values.bits, row))
        state->trues++;
    else
        state->falses++;
}

static stoa_status update_truth(uint8_t *states, size_t stride, const uint32_t *groups,
                                const struct stoa_vector *arg,
                                const struct stoa_row_list *rows, struct stoa_arena *arena,
                                stoa_error *err)
{
    STOA_UNUSED(arena);
    STOA_UNUSED(err);
    for (uint32_t i = 0; i < rows->count; i++) {
        const uint32_t row = rows->rows[i];
        add_truth((struct truth_state *)(void *)(states + stride * groups[row]), arg, row);
    }
    return STOA_OK;
}

static stoa_status fold_truth(uint8_t *states, size_t stride, const struct stoa_vector *arg,
                              const struct stoa_row_list *rows, struct stoa_arena *arena,
                              stoa_error *err)
{
    STOA_UNUSED(stride);
    STOA_UNUSED(arena);
    STOA_UNUSED(err);
    for (uint32_t i = 0; i < rows->count; i++)
        add_truth((struct truth_state *)(void *)states, arg, rows->rows[i]);
    return STOA_OK;
}

static stoa_status merge_truth(uint8_t *into, const uint8_t *from, struct stoa_arena *arena,
                               stoa_error *err)
{
    STOA_UNUSED(arena);
    STOA_UNUSED(err);
    const struct truth_state *more = (const struct truth_state *)(const void *)from;
    struct truth_state *state = (struct truth_state *)(void *)into;
    state->trues += more->trues;
    state->falses += more->falses;
    return STOA_OK;
}

static struct stoa_value truth_value(const struct truth_state *state, bool value)
{
    return (struct stoa_value){.is_null = state->trues + state->falses == 0,
                               .boolean = value};
}

static stoa_status finish_and(const uint8_t *state, stoa_type type, stoa_type arg_type,
                              struct stoa_value *out_value, stoa_error *err)
{
    STOA_UNUSED(type);
    STOA_UNUSED(arg_type);
    STOA_UNUSED(err);
    const struct truth_state *truth = (const struct truth_state *)(const void *)state;
    *out_value = truth_value(truth, truth->falses == 0);
    return STOA_OK;
}

static stoa_status finish_or(const uint8_t *state, stoa_type type, stoa_type arg_type,
                             struct stoa_value *out_value, stoa_error *err)
{
    STOA_UNUSED(type);
    STOA_UNUSED(arg_type);
    STOA_UNUSED(err);
    const struct truth_state *truth = (const struct truth_state *)(const void *)state;
    *out_value = truth_value(truth, truth->trues > 0);
    return STOA_OK;
}

const struct stoa_aggregate stoa_aggregate_bool_and = {
    .name = "bool_and",
    .help = "bool_and(bool) -> bool",
    .resolve = resolve_truth,
    .state_size = sizeof(struct truth_state),
    .update = update_truth,
    .fold = fold_truth,
    .merge = merge_truth,
    .finish = finish_and,
};

const struct stoa_aggregate stoa_aggregate_bool_or = {
    .name = "bool_or",
    .help = "bool_or(bool) -> bool",
    .resolve = resolve_truth,
    .state_size = sizeof(struct truth_state),
    .update = update_truth,
    .fold = fold_truth,
    .merge = merge_truth,
    .finish = finish_or,
};
