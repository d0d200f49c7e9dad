/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading ALP nodes (spec/encodings/alp.md): the child gives integers, one kernel turns them into
 * doubles where they lie, and the exceptions are put over them. Decoding keeps order, so a range
 * of doubles is a range of integers, found once per vector; the child's filter does the rest.
 */
#include "format/enc/enc_alp.h"

#include <inttypes.h>
#include <math.h>

#include "format/enc/enc_table.h"

const double stoa_alp_powers[STOA_ALP_MAX_DECIMALS + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

struct alp_state {
    const uint8_t *decimals; /* per vector */
    struct stoa_alp_exceptions exceptions;
};

/* ---- opening ---- */

/* [ALP-3] for one vector; `seen` exceptions come before it. */
static stoa_status check_positions(const struct stoa_node *node,
                                   const struct stoa_alp_exceptions *exceptions,
                                   uint32_t vector, uint32_t seen, stoa_error *err)
{
    const uint32_t length = stoa_vector_length(node->count, vector);
    int32_t last = -1;
    for (uint32_t i = 0; i < stoa_alp_exception_count(exceptions, vector); i++) {
        const int32_t position =
            stoa_load_le16(exceptions->positions + (size_t)(seen + i) * 2);
        if (position <= last || position >= (int32_t)length)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "%s node: expected exceptions of vector %" PRIu32
                             " behind %" PRId32 " and below %" PRIu32 ", found %" PRId32,
                             node->encoding->name, vector, last, length, position);
        last = position;
    }
    return STOA_OK;
}

static stoa_status check_counts(const struct stoa_node *node,
                                struct stoa_alp_exceptions *exceptions, stoa_error *err)
{
    const uint32_t total = stoa_node_parameter(node);
    uint32_t seen = 0;
    for (uint32_t v = 0; v < stoa_vector_count(node->count); v++) {
        const uint32_t length = stoa_vector_length(node->count, v);
        const uint32_t most = length < total - seen ? length : total - seen;
        const uint32_t count = stoa_alp_exception_count(exceptions, v);
        if (count > most)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "%s node: expected at most %" PRIu32
                             " exceptions in vector %" PRIu32 ", found %" PRIu32,
                             node->encoding->name, most, v, count);
        STOA_TRY(check_positions(node, exceptions, v, seen, err));
        exceptions->at[v] = seen;
        seen += count;
    }
    if (seen != total)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "%s node: expected %" PRIu32 " exceptions, found %" PRIu32,
                         node->encoding->name, total, seen);
    return STOA_OK;
}

stoa_status stoa_alp_open_exceptions(struct stoa_parts *parts, size_t value_size,
                                     struct stoa_alp_exceptions *out, stoa_error *err)
{
    const struct stoa_node *node = parts->node;
    const uint32_t total = stoa_node_parameter(node);
    const uint32_t vectors = stoa_vector_count(node->count);
    struct stoa_alp_exceptions found = {0};
    *out = found;
    if (total == 0)
        return STOA_OK;
    STOA_TRY(stoa_parts_take(parts, (uint64_t)vectors * 2, "exception counts",
                             &found.counts, err));
    STOA_TRY(stoa_parts_align(parts, err));
    STOA_TRY(stoa_parts_take(parts, (uint64_t)total * 2, "exception positions",
                             &found.positions, err));
    STOA_TRY(stoa_parts_align(parts, err));
    STOA_TRY(stoa_parts_take(parts, (uint64_t)total * value_size, "exception values",
                             &found.values, err));
    STOA_TRY(stoa_parts_align(parts, err));
    found.at = stoa_arena_alloc_zeroed(node->context->arena, vectors, sizeof(uint32_t));
    if (!found.at)
        return stoa_arena_fail(node->context->arena, vectors * sizeof(uint32_t), err);
    STOA_TRY(check_counts(node, &found, err));
    *out = found;
    return STOA_OK;
}

/* [ALP-2] */
static stoa_status open_decimals(struct stoa_parts *parts, struct alp_state *state,
                                 stoa_error *err)
{
    const uint32_t vectors = stoa_vector_count(parts->node->count);
    STOA_TRY(stoa_parts_take(parts, vectors, "decimals", &state->decimals, err));
    STOA_TRY(stoa_parts_align(parts, err));
    for (uint32_t v = 0; v < vectors; v++) {
        if (state->decimals[v] > STOA_ALP_MAX_DECIMALS)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "alp node: expected at most %d decimals, found %u",
                             STOA_ALP_MAX_DECIMALS, state->decimals[v]);
    }
    return STOA_OK;
}

static stoa_status alp_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    struct stoa_arena *arena = node->context->arena;
    struct alp_state *state = stoa_arena_alloc_zeroed(arena, 1, sizeof *state);
    if (!state)
        return stoa_arena_fail(arena, sizeof *state, err);
    STOA_TRY(stoa_node_check_flags(node, err));
    STOA_TRY(open_decimals(&parts, state, err));
    STOA_TRY(stoa_alp_open_exceptions(&parts, sizeof(uint64_t), &state->exceptions, err));
    STOA_TRY(
        stoa_parts_child(&parts, STOA_ALP_CHILD_NUMBERS, STOA_PHYS_I64, node->count, err));
    STOA_TRY(stoa_parts_end(&parts, err));
    node->state = state;
    return STOA_OK;
}

/* ---- decoding ---- */

static stoa_status alp_decode(struct stoa_node *node, uint32_t vector,
                              struct stoa_vector *out, stoa_error *err)
{
    const struct alp_state *state = node->state;
    const struct stoa_alp_exceptions *exceptions = &state->exceptions;
    struct stoa_vector numbers = *out; /* the same memory */
    numbers.phys = STOA_PHYS_I64;
    STOA_TRY(
        stoa_node_decode(node->children[STOA_ALP_CHILD_NUMBERS], vector, &numbers, err));
    out->length = numbers.length;
    node->context->kernels->divide_i64(numbers.values.i64, out->length,
                                       stoa_alp_powers[state->decimals[vector]],
                                       out->values.f64);
    const uint32_t count = stoa_alp_exception_count(exceptions, vector);
    for (uint32_t k = 0; k < count; k++) {
        const size_t i = exceptions->at[vector] + k;
        const uint32_t row = stoa_load_le16(exceptions->positions + i * 2);
        out->values.u64[row] = stoa_load_le64(exceptions->values + i * 8);
    }
    return STOA_OK;
}

static stoa_status alp_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                          stoa_error *err)
{
    const struct alp_state *state = node->state;
    const struct stoa_alp_exceptions *exceptions = &state->exceptions;
    const uint32_t vector = row / STOA_VECTOR_ROWS;
    struct stoa_value number;
    size_t exception = 0;
    STOA_TRY(stoa_node_at(node->children[STOA_ALP_CHILD_NUMBERS], row, &number, err));
    *out = (struct stoa_value){.f64 = stoa_alp_decode(state->decimals[vector], number.i64)};
    if (stoa_alp_exception_find(exceptions, vector, row % STOA_VECTOR_ROWS, &exception))
        out->u64 = stoa_load_le64(exceptions->values + exception * 8);
    return STOA_OK;
}

/* ---- selecting ---- */

/* A bound of a range: numbers whose double is above it, or equal too. Never NaN. */
struct bound {
    double value;
    bool is_inclusive;
};

static bool is_beyond(unsigned decimals, int64_t number, struct bound bound)
{
    const double value = stoa_alp_decode(decimals, number);
    return bound.is_inclusive ? value >= bound.value : value > bound.value;
}

/* Where the bound would lie if nothing were rounded. */
static int64_t guess_number(unsigned decimals, double value)
{
    const double limit = 0x1p62; /* clear of the ends, where a cast would not be defined */
    const double number = value * stoa_alp_powers[decimals];
    return (int64_t)(number > limit ? limit : number < -limit ? -limit : number);
}

/* The smallest number beyond the bound; false when there is none. Decoding keeps order, so a few
 * steps of growing size from the guess enclose it and halving finds it: the answer is
 * exact however the guess was rounded. Both ends are kept as 128 bits so that no step wraps. */
static bool first_beyond(unsigned decimals, struct bound bound, int64_t *out)
{
    stoa_i128 inside = guess_number(decimals, bound.value); /* becomes: beyond the bound */
    stoa_i128 outside;                                      /* becomes: not beyond it */
    stoa_i128 step = 1;
    const bool is_found = is_beyond(decimals, (int64_t)inside, bound);
    for (outside = inside; is_found; step *= 2) {
        outside = inside - step;
        if (outside < INT64_MIN) {
            outside = (stoa_i128)INT64_MIN - 1;
            break;
        }
        if (!is_beyond(decimals, (int64_t)outside, bound))
            break;
        inside = outside;
    }
    for (; !is_found; step *= 2) {
        outside = inside;
        if (inside == INT64_MAX)
            return false;
        inside = inside + step > INT64_MAX ? INT64_MAX : inside + step;
        if (is_beyond(decimals, (int64_t)inside, bound))
            break;
    }
    while (inside - outside > 1) {
        const stoa_i128 middle = outside + (inside - outside) / 2;
        if (is_beyond(decimals, (int64_t)middle, bound))
            inside = middle;
        else
            outside = middle;
    }
    *out = (int64_t)inside;
    return true;
}

/* The numbers of a range of doubles as a predicate on the child; false when no number is in it.
 * What numbers stand for is never NaN, which lies above them all [FMT-30]. */
static bool translate(unsigned decimals, const struct stoa_predicate *range,
                      struct stoa_predicate *out)
{
    int64_t low = INT64_MIN;
    int64_t behind = 0; /* the first number above the range */
    const bool has_high = range->has_high && !isnan(range->high.f64);
    *out = (struct stoa_predicate){.kind = STOA_PREDICATE_RANGE,
                                   .phys = STOA_PHYS_I64,
                                   .has_low = range->has_low,
                                   .low_inclusive = true};
    if (range->has_low) {
        const struct bound bound = {range->low.f64, range->low_inclusive};
        if (isnan(bound.value) || !first_beyond(decimals, bound, &low))
            return false;
        out->low.i64 = low;
    }
    if (has_high) {
        const struct bound bound = {range->high.f64, !range->high_inclusive};
        out->has_high = first_beyond(decimals, bound, &behind);
        out->high.i64 = behind;
    }
    return !out->has_high || behind > low;
}

/* Adds the rows whose number is in the range. */
static stoa_status add_range(struct stoa_node *node, uint32_t vector,
                             const struct stoa_predicate *range,
                             uint64_t bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct alp_state *state = node->state;
    struct stoa_node *child = node->children[STOA_ALP_CHILD_NUMBERS];
    struct stoa_vector *scratch = NULL;
    struct stoa_predicate numbers;
    uint64_t found[STOA_VECTOR_WORDS];
    if (!translate(state->decimals[vector], range, &numbers))
        return STOA_OK;
    STOA_TRY(stoa_node_scratch(child, &scratch, err));
    STOA_TRY(stoa_node_select(child, vector, &numbers, scratch, found, err));
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++)
        bits[word] |= found[word];
    return STOA_OK;
}

static void patch_bits(const struct stoa_node *node, uint32_t vector,
                       const struct stoa_predicate *predicate, uint64_t *bits)
{
    const struct alp_state *state = node->state;
    const struct stoa_alp_exceptions *exceptions = &state->exceptions;
    const uint32_t count = stoa_alp_exception_count(exceptions, vector);
    for (uint32_t k = 0; k < count; k++) {
        const size_t i = exceptions->at[vector] + k;
        const uint32_t row = stoa_load_le16(exceptions->positions + i * 2);
        const struct stoa_value value =
            stoa_value_load(STOA_PHYS_F64, exceptions->values + i * 8);
        stoa_bit_clear(bits, row);
        if (stoa_predicate_match(predicate, &value))
            stoa_bit_set(bits, row);
    }
}

/* Above so many members decoding once is cheaper than a pass for each. */
enum { SET_PASSES = 4 };

static stoa_status alp_select(struct stoa_node *node, uint32_t vector,
                              const struct stoa_predicate *predicate,
                              struct stoa_vector *scratch,
                              uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const bool is_range = predicate->kind == STOA_PREDICATE_RANGE;
    const bool is_set =
        predicate->kind == STOA_PREDICATE_SET && predicate->set_count <= SET_PASSES;
    if (!is_range && !is_set)
        return stoa_node_select_decoded(node, vector, predicate, scratch, out_bits, err);
    memset(out_bits, 0, STOA_VECTOR_WORDS * sizeof *out_bits);
    if (is_range)
        STOA_TRY(add_range(node, vector, predicate, out_bits, err));
    for (size_t i = 0; is_set && i < predicate->set_count; i++) {
        const struct stoa_predicate member = {.has_low = true,
                                              .has_high = true,
                                              .low_inclusive = true,
                                              .high_inclusive = true,
                                              .low = predicate->set[i],
                                              .high = predicate->set[i]};
        STOA_TRY(add_range(node, vector, &member, out_bits, err));
    }
    if (predicate->negated)
        stoa_bits_negate(out_bits, stoa_vector_length(node->count, vector));
    patch_bits(node, vector, predicate, out_bits);
    return STOA_OK;
}

/* " 2 decimals" when all vectors agree. */
static stoa_status alp_describe(const struct stoa_node *node, struct stoa_buf *out,
                                stoa_error *err)
{
    const struct alp_state *state = node->state;
    unsigned low = STOA_ALP_MAX_DECIMALS;
    unsigned high = 0;
    for (uint32_t v = 0; v < stoa_vector_count(node->count); v++) {
        low = state->decimals[v] < low ? state->decimals[v] : low;
        high = state->decimals[v] > high ? state->decimals[v] : high;
    }
    if (low == high)
        STOA_TRY(stoa_buf_printf(out, err, " %u decimals", low));
    else
        STOA_TRY(stoa_buf_printf(out, err, " %u to %u decimals", low, high));
    if (stoa_node_parameter(node) > 0)
        STOA_TRY(stoa_buf_printf(out, err, ", %" PRIu32 " exceptions",
                                 stoa_node_parameter(node)));
    return STOA_OK;
}

const struct stoa_encoding stoa_enc_alp = {
    .id = STOA_ENC_ALP,
    .name = "alp",
    .spec = "spec/encodings/alp.md",
    .phys_mask = STOA_PHYS_BIT(STOA_PHYS_F64),
    .has_children = true,
    .decode_cycles = 0.7,
    .vector_worth = 12,
    .estimate = stoa_alp_estimate,
    .encode = stoa_alp_encode,
    .open = alp_open,
    .decode = alp_decode,
    .select = alp_select,
    .at = alp_at,
    .describe = alp_describe,
};
