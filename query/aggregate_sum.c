/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sum and avg. Sums of exact numbers are exact 128-bit integers; sums of floats are double-double pairs folded in block
 * order [FMT-35], so that a scan and the statistics give the same bits at any number of threads.
 */
#include <math.h>

#include "query/aggregate_parts.h"

/* One state serves both kinds; exact numbers use `exact`, floats `pair`. */
struct sum_state {
    stoa_i128 exact; /* unscaled */
    struct stoa_float_sum pair;
    uint64_t count;      /* values that are not NULL */
    uint8_t is_float;    /* pair is used */
    uint8_t has_special; /* a NaN or an infinity was added: the sum may be one */
    uint8_t is_over;     /* exact overflowed */
    uint8_t unused[5];
};

_Static_assert(sizeof(struct sum_state) % 16 == 0, "states are multiples of 16 bytes");

static bool resolve_sum(stoa_type arg, stoa_type *out_type, stoa_type *out_arg)
{
    *out_arg = arg;
    if (arg.id == STOA_TYPE_FLOAT64)
        *out_type = arg;
    else
        *out_type = stoa_type_decimal(38, arg.id == STOA_TYPE_DECIMAL ? arg.scale : 0);
    return stoa_type_is_number(arg);
}

static bool resolve_avg(stoa_type arg, stoa_type *out_type, stoa_type *out_arg)
{
    *out_arg = arg;
    *out_type = stoa_type_of(STOA_TYPE_FLOAT64);
    return stoa_type_is_number(arg);
}

static void add_float(struct sum_state *state, double x)
{
    state->is_float = 1;
    if (!isfinite(x))
        state->has_special = 1;
    stoa_float_sum_add(&state->pair, x);
}

static stoa_status update_sum(uint8_t *states, size_t stride, const uint32_t *groups,
                              const struct stoa_vector *arg, const uint64_t *active,
                              struct stoa_arena *arena, stoa_error *err)
{
    STOA_UNUSED(arena);
    STOA_UNUSED(err);
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++) {
        for (uint64_t left = stoa_aggregate_word(arg, active, word); left != 0;
             left &= left - 1) {
            const uint32_t row = word * 64 + (uint32_t)__builtin_ctzll(left);
            struct sum_state *state =
                (struct sum_state *)(void *)(states + stride * groups[row]);
            state->count++;
            if (arg->phys == STOA_PHYS_F64)
                add_float(state, arg->values.f64[row]);
            else
                state->is_over |= __builtin_add_overflow(
                    state->exact, stoa_exact_get(arg, row), &state->exact);
        }
    }
    return STOA_OK;
}

static bool sum_from_stats(uint8_t *bytes, stoa_type arg_type,
                           const struct stoa_stats *stats, struct stoa_arena *arena)
{
    STOA_UNUSED(arena);
    struct sum_state *state = (struct sum_state *)(void *)bytes;
    const uint64_t count = stats->rows - stats->null_count;
    if (count == 0)
        return true;
    if (!stats->has_sum)
        return false;
    state->count += count;
    if (arg_type.id != STOA_TYPE_FLOAT64) {
        state->is_over |=
            __builtin_add_overflow(state->exact, stats->int_sum, &state->exact);
        return true;
    }
    state->is_float = 1;
    state->has_special |=
        stats->nan_count > 0 ||
        (stats->has_bounds && (!isfinite(stats->min.f64) || !isfinite(stats->max.f64)));
    stoa_float_sum_merge(&state->pair, stats->float_sum);
    return true;
}

static stoa_status merge_sum(uint8_t *into, const uint8_t *from, struct stoa_arena *arena,
                             stoa_error *err)
{
    STOA_UNUSED(arena);
    STOA_UNUSED(err);
    const struct sum_state *more = (const struct sum_state *)(const void *)from;
    struct sum_state *state = (struct sum_state *)(void *)into;
    if (more->count == 0)
        return STOA_OK;
    state->count += more->count;
    state->is_float |= more->is_float;
    state->has_special |= more->has_special;
    if (more->is_over || __builtin_add_overflow(state->exact, more->exact, &state->exact))
        state->is_over = 1;
    stoa_float_sum_merge(&state->pair, more->pair);
    return STOA_OK;
}

static stoa_status over(const char *name, stoa_type type, stoa_error *err)
{
    char text[STOA_TYPE_TEXT_MAX];
    return stoa_fail(err, STOA_E_OVERFLOW, "%s is out of the range of %s", name,
                     stoa_type_text(type, text));
}

/* high + low as one double; an infinity that no value brought in is an overflow. */
static stoa_status float_total(const struct sum_state *state, const char *name, double *out,
                               stoa_error *err)
{
    const double total = state->pair.high + state->pair.low;
    if (!isfinite(total) && !state->has_special)
        return over(name, stoa_type_of(STOA_TYPE_FLOAT64), err);
    *out = total;
    return STOA_OK;
}

static stoa_status finish_sum(const uint8_t *bytes, stoa_type type, stoa_type arg_type,
                              struct stoa_value *out_value, stoa_error *err)
{
    STOA_UNUSED(arg_type);
    const struct sum_state *state = (const struct sum_state *)(const void *)bytes;
    struct stoa_value value = {.is_null = state->count == 0};
    if (!value.is_null && type.id == STOA_TYPE_FLOAT64) {
        double total = 0;
        STOA_TRY(float_total(state, "sum", &total, err));
        value.f64 = total;
    } else if (!value.is_null) {
        if (state->is_over || !stoa_exact_fits(type, state->exact))
            return over("sum", type, err);
        value.i128 = state->exact;
    }
    *out_value = value;
    return STOA_OK;
}

static stoa_status finish_mean(const uint8_t *bytes, unsigned scale,
                               struct stoa_value *out_value, stoa_error *err)
{
    const struct sum_state *state = (const struct sum_state *)(const void *)bytes;
    struct stoa_value value = {.is_null = state->count == 0};
    if (!value.is_null && state->is_float) {
        double total = 0;
        STOA_TRY(float_total(state, "avg", &total, err));
        value.f64 = total / (double)state->count;
    } else if (!value.is_null) {
        if (state->is_over)
            return over("avg", stoa_type_decimal(38, scale), err);
        value.f64 = stoa_exact_to_double(state->exact, scale) / (double)state->count;
    }
    *out_value = value;
    return STOA_OK;
}

static stoa_status finish_avg(const uint8_t *bytes, stoa_type type, stoa_type arg_type,
                              struct stoa_value *out_value, stoa_error *err)
{
    STOA_UNUSED(type);
    return finish_mean(bytes, arg_type.id == STOA_TYPE_DECIMAL ? arg_type.scale : 0,
                       out_value, err);
}

const struct stoa_aggregate stoa_aggregate_sum = {
    .name = "sum",
    .help = "sum(number) -> decimal(38) for exact numbers, float64 for float64",
    .resolve = resolve_sum,
    .state_size = sizeof(struct sum_state),
    .by_lanes = true,
    .update = update_sum,
    .from_stats = sum_from_stats,
    .merge = merge_sum,
    .finish = finish_sum,
};

const struct stoa_aggregate stoa_aggregate_avg = {
    .name = "avg",
    .help = "avg(number) -> float64",
    .resolve = resolve_avg,
    .state_size = sizeof(struct sum_state),
    .by_lanes = true,
    .update = update_sum,
    .from_stats = sum_from_stats,
    .merge = merge_sum,
    .finish = finish_avg,
};
