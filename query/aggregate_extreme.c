/* SPDX-License-Identifier: Apache-2.0 */
/*
 * min and max of any type, in query order [FMT-30]: NaN is the largest float, -0.0 is given as 0.0.
 */
#include <math.h>

#include "format/kernels/kernels.h"
#include "query/aggregate_parts.h"

struct extreme_state {
    struct stoa_value value; /* bytes point to `room` */
    uint8_t *room;           /* in the arena; grows by doubling */
    uint32_t room_size;
    uint8_t has_value;
    uint8_t phys;
    uint8_t unused[2];
};

_Static_assert(sizeof(struct extreme_state) % 16 == 0, "states are multiples of 16 bytes");

static bool resolve_extreme(stoa_type arg, stoa_type *out_type, stoa_type *out_arg)
{
    *out_type = arg;
    *out_arg = arg;
    return true;
}

/* Keeps `value`, whose bytes are copied. */
static stoa_status keep(struct extreme_state *state, enum stoa_phys phys,
                        const struct stoa_value *value, struct stoa_arena *arena,
                        stoa_error *err)
{
    const struct stoa_view bytes =
        phys == STOA_PHYS_BYTES ? value->bytes : (struct stoa_view){NULL, 0};
    if (bytes.length > state->room_size) {
        const uint32_t size = bytes.length < 16 ? 32 : bytes.length * 2;
        uint8_t *room = stoa_arena_alloc(arena, size);
        if (!room)
            return stoa_arena_fail(arena, size, err);
        state->room = room;
        state->room_size = size;
    }
    state->value = *value;
    state->value.is_null = false;
    state->phys = (uint8_t)phys;
    state->has_value = 1;
    if (phys == STOA_PHYS_BYTES) {
        if (bytes.length > 0)
            memcpy(state->room, bytes.data, bytes.length);
        state->value.bytes.data = state->room;
    }
    return STOA_OK;
}

/* Keeps `value` when it is better; `wanted` is 1 for max, -1 for min. */
static stoa_status offer(struct extreme_state *state, enum stoa_phys phys, int wanted,
                         const struct stoa_value *value, struct stoa_arena *arena,
                         stoa_error *err)
{
    if (state->has_value && stoa_value_compare(phys, value, &state->value) * wanted <= 0)
        return STOA_OK;
    return keep(state, phys, value, arena, err);
}

static stoa_status update_any(uint8_t *states, size_t stride, const uint32_t *groups,
                              const struct stoa_vector *arg,
                              const struct stoa_row_list *rows, int wanted,
                              struct stoa_arena *arena, stoa_error *err)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        const uint32_t row = rows->rows[i];
        const uint32_t group = groups ? groups[row] : 0;
        struct extreme_state *state =
            (struct extreme_state *)(void *)(states + stride * group);
        const struct stoa_value value = stoa_vector_get(arg, row);
        STOA_TRY(offer(state, arg->phys, wanted, &value, arena, err));
    }
    return STOA_OK;
}

/* Most columns are integers of 64 bits: no call for each row. */
static void offer_i64(struct extreme_state *state, int wanted, int64_t value)
{
    if (state->has_value &&
        (wanted > 0 ? value <= state->value.i64 : value >= state->value.i64))
        return;
    state->value.i64 = value;
    state->value.is_null = false;
    state->phys = STOA_PHYS_I64;
    state->has_value = 1;
}

static void update_i64(uint8_t *states, size_t stride, const uint32_t *groups,
                       const int64_t *values, const struct stoa_row_list *rows, int wanted)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        const uint32_t row = rows->rows[i];
        struct extreme_state *state =
            (struct extreme_state *)(void *)(states + stride * groups[row]);
        offer_i64(state, wanted, values[row]);
    }
}

static stoa_status update_min(uint8_t *states, size_t stride, const uint32_t *groups,
                              const struct stoa_vector *arg,
                              const struct stoa_row_list *rows, struct stoa_arena *arena,
                              stoa_error *err)
{
    if (arg->phys != STOA_PHYS_I64)
        return update_any(states, stride, groups, arg, rows, -1, arena, err);
    update_i64(states, stride, groups, arg->values.i64, rows, -1);
    return STOA_OK;
}

static stoa_status update_max(uint8_t *states, size_t stride, const uint32_t *groups,
                              const struct stoa_vector *arg,
                              const struct stoa_row_list *rows, struct stoa_arena *arena,
                              stoa_error *err)
{
    if (arg->phys != STOA_PHYS_I64)
        return update_any(states, stride, groups, arg, rows, 1, arena, err);
    update_i64(states, stride, groups, arg->values.i64, rows, 1);
    return STOA_OK;
}

/* The best of the rows first, then one offer. */
static void fold_i64(struct extreme_state *state, const int64_t *values,
                     const struct stoa_row_list *rows, int wanted)
{
    int64_t low = INT64_MAX;
    int64_t high = INT64_MIN;
    if (rows->count == 0)
        return;
    if (rows->is_all) {
        stoa_kernels_best()->min_max_i64(values, rows->count, &low, &high);
    } else {
        for (uint32_t i = 0; i < rows->count; i++) {
            const int64_t value = values[rows->rows[i]];
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
    }
    offer_i64(state, wanted, wanted > 0 ? high : low);
}

/* NaN is above all numbers: it is the largest when there is one, the smallest when there is
 * nothing else. */
static void fold_f64(struct extreme_state *state, const double *values,
                     const struct stoa_row_list *rows, int wanted)
{
    double best = (double)NAN;
    bool has_nan = false;
    bool has_number = false;
    for (uint32_t i = 0; i < rows->count; i++) {
        const double value = values[rows->rows[i]];
        if (value != value) {
            has_nan = true;
        } else if (!has_number || (wanted > 0 ? value > best : value < best)) {
            best = value;
            has_number = true;
        }
    }
    if (!has_nan && !has_number)
        return;
    if (has_nan && wanted > 0)
        best = (double)NAN;
    const struct stoa_value value = {.is_null = false, .f64 = best};
    const stoa_status status = offer(state, STOA_PHYS_F64, wanted, &value, NULL, NULL);
    STOA_UNUSED(status); /* floats take no memory */
}

static stoa_status fold_extreme(uint8_t *states, size_t stride,
                                const struct stoa_vector *arg,
                                const struct stoa_row_list *rows, int wanted,
                                struct stoa_arena *arena, stoa_error *err)
{
    struct extreme_state *state = (struct extreme_state *)(void *)states;
    if (arg->phys == STOA_PHYS_I64) {
        fold_i64(state, arg->values.i64, rows, wanted);
        return STOA_OK;
    }
    if (arg->phys == STOA_PHYS_F64) {
        fold_f64(state, arg->values.f64, rows, wanted);
        return STOA_OK;
    }
    return update_any(states, stride, NULL, arg, rows, wanted, arena, err);
}

static stoa_status fold_min(uint8_t *states, size_t stride, const struct stoa_vector *arg,
                            const struct stoa_row_list *rows, struct stoa_arena *arena,
                            stoa_error *err)
{
    return fold_extreme(states, stride, arg, rows, -1, arena, err);
}

static stoa_status fold_max(uint8_t *states, size_t stride, const struct stoa_vector *arg,
                            const struct stoa_row_list *rows, struct stoa_arena *arena,
                            stoa_error *err)
{
    return fold_extreme(states, stride, arg, rows, 1, arena, err);
}

/* The better of two numbers, of one of the kinds that take no memory. */
static void extreme_from_extremes(uint8_t *bytes, enum stoa_phys phys, int wanted,
                                  stoa_i128 number)
{
    struct stoa_value value = {.is_null = false};
    if (phys == STOA_PHYS_I64)
        value.i64 = (int64_t)number;
    else
        value.u64 = (uint64_t)number;
    const stoa_status status =
        offer((struct extreme_state *)(void *)bytes, phys, wanted, &value, NULL, NULL);
    STOA_UNUSED(status);
}

static void min_from_extremes(uint8_t *state, enum stoa_phys phys, stoa_i128 low,
                              stoa_i128 high)
{
    STOA_UNUSED(high);
    extreme_from_extremes(state, phys, -1, low);
}

static void max_from_extremes(uint8_t *state, enum stoa_phys phys, stoa_i128 low,
                              stoa_i128 high)
{
    STOA_UNUSED(low);
    extreme_from_extremes(state, phys, 1, high);
}

/* Bounds leave NaN out; only exact bounds are values. */
static bool extreme_from_stats(uint8_t *bytes, const struct stoa_stats *stats, int wanted,
                               struct stoa_arena *arena)
{
    struct extreme_state *state = (struct extreme_state *)(void *)bytes;
    if (stats->rows == stats->null_count)
        return true;
    if (stats->nan_count > 0 && (wanted > 0 || !stats->has_bounds))
        return false;
    const bool is_exact =
        wanted > 0 ? stats->max_is_exact && !stats->max_is_open : stats->min_is_exact;
    if (!stats->has_bounds || !is_exact)
        return false;
    return offer(state, stats->phys, wanted, wanted > 0 ? &stats->max : &stats->min, arena,
                 NULL) == STOA_OK;
}

static bool min_from_stats(uint8_t *state, stoa_type arg_type,
                           const struct stoa_stats *stats, struct stoa_arena *arena)
{
    STOA_UNUSED(arg_type);
    return extreme_from_stats(state, stats, -1, arena);
}

static bool max_from_stats(uint8_t *state, stoa_type arg_type,
                           const struct stoa_stats *stats, struct stoa_arena *arena)
{
    STOA_UNUSED(arg_type);
    return extreme_from_stats(state, stats, 1, arena);
}

static stoa_status merge_extreme(uint8_t *into, const uint8_t *from, int wanted,
                                 struct stoa_arena *arena, stoa_error *err)
{
    const struct extreme_state *more = (const struct extreme_state *)(const void *)from;
    if (!more->has_value)
        return STOA_OK;
    return offer((struct extreme_state *)(void *)into, (enum stoa_phys)more->phys, wanted,
                 &more->value, arena, err);
}

static stoa_status merge_min(uint8_t *into, const uint8_t *from, struct stoa_arena *arena,
                             stoa_error *err)
{
    return merge_extreme(into, from, -1, arena, err);
}

static stoa_status merge_max(uint8_t *into, const uint8_t *from, struct stoa_arena *arena,
                             stoa_error *err)
{
    return merge_extreme(into, from, 1, arena, err);
}

static stoa_status finish_extreme(const uint8_t *bytes, stoa_type type, stoa_type arg_type,
                                  struct stoa_value *out_value, stoa_error *err)
{
    STOA_UNUSED(arg_type);
    STOA_UNUSED(err);
    const struct extreme_state *state = (const struct extreme_state *)(const void *)bytes;
    *out_value = state->value;
    out_value->is_null = !state->has_value;
    if (state->has_value && type.id == STOA_TYPE_FLOAT64)
        out_value->f64 += 0.0; /* -0.0 becomes 0.0 */
    return STOA_OK;
}

const struct stoa_aggregate stoa_aggregate_min = {
    .name = "min",
    .help = "min(any) -> the smallest",
    .resolve = resolve_extreme,
    .state_size = sizeof(struct extreme_state),
    .update = update_min,
    .fold = fold_min,
    .from_stats = min_from_stats,
    .from_extremes = min_from_extremes,
    .merge = merge_min,
    .finish = finish_extreme,
};

const struct stoa_aggregate stoa_aggregate_max = {
    .name = "max",
    .help = "max(any) -> the largest",
    .resolve = resolve_extreme,
    .state_size = sizeof(struct extreme_state),
    .update = update_max,
    .fold = fold_max,
    .from_stats = max_from_stats,
    .from_extremes = max_from_extremes,
    .merge = merge_max,
    .finish = finish_extreme,
};
