/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sum and avg. Sums of exact numbers are exact integers of more than 128 bits, so that the
 * order of the rows cannot matter; sums of floats are double-double pairs folded in block
 * order [FMT-35], so that a scan and the statistics give the same bits at any number of
 * threads.
 */
#include <float.h>
#include <math.h>

#include "format/kernels/kernels.h"
#include "query/aggregate_parts.h"

/* One state serves both kinds; exact numbers use `exact`, floats `pair`. */
struct sum_state {
    stoa_i128 exact; /* unscaled; the sum is exact + carry * 2^128 */
    struct stoa_float_sum pair;
    uint64_t count; /* values that are not NULL */
    int32_t carry;
    uint8_t is_float;    /* pair is used */
    uint8_t has_special; /* a NaN or an infinity was added: the sum may be one */
    uint8_t unused[2];
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

/* stoa_float_sum_add [FMT-35] without branches. */
static inline void add_to_pair(double *high, double *low, double x)
{
    const double old = *high;
    const double s = old + x;
    const double b = s - old;
    const double error = (old - (s - b)) + (x - b);
    *low = fabs(s) <= DBL_MAX ? *low + error : 0.0;
    *high = s;
}

static inline bool is_special(double x)
{
    return !(fabs(x) <= DBL_MAX);
}

static inline void add_float(struct sum_state *state, double x)
{
    state->is_float = 1;
    state->has_special |= is_special(x);
    add_to_pair(&state->pair.high, &state->pair.low, x);
}

static void add_exact(struct sum_state *state, stoa_i128 x)
{
    if (__builtin_add_overflow(state->exact, x, &state->exact))
        state->carry += x < 0 ? -1 : 1;
}

static struct sum_state *state_at(uint8_t *states, size_t stride, uint32_t group)
{
    return (struct sum_state *)(void *)(states + stride * group);
}

/* 2^64 rows of 64-bit numbers cannot leave 128 bits. */
static void update_i64(uint8_t *states, size_t stride, const uint32_t *groups,
                       const int64_t *values, const struct stoa_row_list *rows)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        const uint32_t row = rows->rows[i];
        struct sum_state *state = state_at(states, stride, groups[row]);
        state->exact += values[row];
        state->count++;
    }
}

static void update_f64(uint8_t *states, size_t stride, const uint32_t *groups,
                       const double *values, const struct stoa_row_list *rows)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        const uint32_t row = rows->rows[i];
        struct sum_state *state = state_at(states, stride, groups[row]);
        add_float(state, values[row]);
        state->count++;
    }
}

static stoa_status update_sum(uint8_t *states, size_t stride, const uint32_t *groups,
                              const struct stoa_vector *arg,
                              const struct stoa_row_list *rows, struct stoa_arena *arena,
                              stoa_error *err)
{
    STOA_UNUSED(arena);
    STOA_UNUSED(err);
    if (arg->phys == STOA_PHYS_I64) {
        update_i64(states, stride, groups, arg->values.i64, rows);
    } else if (arg->phys == STOA_PHYS_F64) {
        update_f64(states, stride, groups, arg->values.f64, rows);
    } else {
        for (uint32_t i = 0; i < rows->count; i++) {
            const uint32_t row = rows->rows[i];
            struct sum_state *state = state_at(states, stride, groups[row]);
            add_exact(state, stoa_exact_get(arg, row));
            state->count++;
        }
    }
    return STOA_OK;
}

/* ---- without GROUP BY ---- */

static void fold_exact(struct sum_state *state, const struct stoa_vector *arg,
                       const struct stoa_row_list *rows)
{
    stoa_i128 sum = 0;
    state->count += rows->count;
    if (arg->phys != STOA_PHYS_I64) {
        for (uint32_t i = 0; i < rows->count; i++)
            add_exact(state, stoa_exact_get(arg, rows->rows[i]));
        return;
    }
    if (rows->is_all) {
        stoa_kernels_best()->sum_i64(arg->values.i64, rows->count, &sum);
    } else {
        for (uint32_t i = 0; i < rows->count; i++)
            sum += arg->values.i64[rows->rows[i]];
    }
    add_exact(state, sum);
}

static void fold_floats(uint8_t *states, size_t stride, const double *values,
                        const struct stoa_row_list *rows)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        const uint32_t row = rows->rows[i];
        struct sum_state *state = state_at(states, stride, row % STOA_AGGREGATE_LANES);
        add_float(state, values[row]);
        state->count++;
    }
}

/* The lanes' counts: one in each that has rows, since empty ones are not merged; the others in the
 * first of these. */
static void count_lanes(uint8_t *states, size_t stride, const uint64_t *bits, size_t length,
                        uint64_t count)
{
    uint64_t any = 0;
    for (size_t word = 0; word * 64 < length; word++)
        any |= bits[word];
    any |= any >> 32;
    any |= any >> 16;
    any |= any >> 8;
    for (unsigned lane = 0; lane < STOA_AGGREGATE_LANES; lane++) {
        if (!(any >> lane & 1))
            continue;
        const uint64_t others =
            (uint64_t)__builtin_popcount((unsigned)(any & 0xFF) >> lane) - 1;
        state_at(states, stride, lane)->count += count - others;
        count = others;
    }
}

/* Below so many rows of a vector they are visited one by one. */
enum { FEW_ROWS = 256 };

static void fold_few_floats(uint8_t *states, size_t stride, const double *values,
                            const uint64_t *bits)
{
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++) {
        for (uint64_t left = bits[word]; left != 0; left &= left - 1) {
            const uint32_t row = word * 64 + (uint32_t)__builtin_ctzll(left);
            struct sum_state *state = state_at(states, stride, row % STOA_AGGREGATE_LANES);
            add_float(state, values[row]);
            state->count++;
        }
    }
}

static void fold_float_bits(uint8_t *states, size_t stride, const struct stoa_vector *arg,
                            const uint64_t *bits, uint64_t count)
{
    double high[STOA_AGGREGATE_LANES];
    double low[STOA_AGGREGATE_LANES];
    if (count < FEW_ROWS) {
        fold_few_floats(states, stride, arg->values.f64, bits);
        return;
    }
    for (unsigned i = 0; i < STOA_AGGREGATE_LANES; i++) {
        high[i] = state_at(states, stride, i)->pair.high;
        low[i] = state_at(states, stride, i)->pair.low;
    }
    const bool is_special =
        stoa_kernels_best()->sum_f64(arg->values.f64, bits, arg->length, high, low);
    count_lanes(states, stride, bits, arg->length, count);
    for (unsigned i = 0; i < STOA_AGGREGATE_LANES; i++) {
        struct sum_state *state = state_at(states, stride, i);
        state->pair = (struct stoa_float_sum){high[i], low[i]};
        state->is_float = 1;
        state->has_special |= is_special;
    }
}

static stoa_status fold_sum(uint8_t *states, size_t stride, const struct stoa_vector *arg,
                            const struct stoa_row_list *rows, struct stoa_arena *arena,
                            stoa_error *err)
{
    STOA_UNUSED(arena);
    STOA_UNUSED(err);
    if (arg->phys == STOA_PHYS_F64)
        fold_floats(states, stride, arg->values.f64, rows);
    else
        fold_exact(state_at(states, stride, 0), arg, rows);
    return STOA_OK;
}

/* ---- statistics and merging ---- */

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
        add_exact(state, stats->int_sum);
        return true;
    }
    state->is_float = 1;
    state->has_special |=
        stats->nan_count > 0 ||
        (stats->has_bounds && (!isfinite(stats->min.f64) || !isfinite(stats->max.f64)));
    stoa_float_sum_merge(&state->pair, stats->float_sum);
    return true;
}

static void sum_from_sum(uint8_t *bytes, uint64_t count, stoa_i128 sum)
{
    struct sum_state *state = (struct sum_state *)(void *)bytes;
    state->count += count;
    add_exact(state, sum);
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
    if (more->is_float) {
        state->is_float = 1;
        state->has_special |= more->has_special;
        stoa_float_sum_merge(&state->pair, more->pair);
    } else {
        add_exact(state, more->exact);
        state->carry += more->carry;
    }
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
        if (state->carry != 0 || !stoa_exact_fits(type, state->exact))
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
        if (state->carry != 0)
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
    .follows_order = true,
    .state_size = sizeof(struct sum_state),
    .update = update_sum,
    .fold = fold_sum,
    .from_stats = sum_from_stats,
    .from_sum = sum_from_sum,
    .fold_float_bits = fold_float_bits,
    .merge = merge_sum,
    .finish = finish_sum,
};

const struct stoa_aggregate stoa_aggregate_avg = {
    .name = "avg",
    .help = "avg(number) -> float64",
    .resolve = resolve_avg,
    .follows_order = true,
    .state_size = sizeof(struct sum_state),
    .update = update_sum,
    .fold = fold_sum,
    .from_stats = sum_from_stats,
    .from_sum = sum_from_sum,
    .fold_float_bits = fold_float_bits,
    .merge = merge_sum,
    .finish = finish_avg,
};
