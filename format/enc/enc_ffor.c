/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading FFOR nodes (spec/encodings/ffor.md). Decoding is unpack, then widen, both kernels
 * without a branch per value; filters run on the narrow lanes after the range has been
 * translated once per vector, so most of a filtered column is never widened.
 *
 * Where each vector's lanes and exceptions begin is summed up once, when the node is opened.
 */
#include "format/enc/enc_ffor.h"

#include <inttypes.h>

#include "format/enc/enc_lanes.h"
#include "format/enc/enc_table.h"
#include "format/enc/pack_get.h"
#include "format/enc/pack_linear.h"

struct ffor_state {
    uint64_t scale;
    stoa_u128 reference;
    unsigned offset_size;   /* bytes of a base offset */
    const uint8_t *offsets; /* base offsets */
    const uint8_t *counts;  /* u16 exception counts; NULL: no exceptions */
    const uint8_t *widths;
    const uint8_t *packed;
    const uint8_t *positions; /* u16 */
    const uint8_t *values;    /* of the exceptions */
    uint32_t *packed_at;      /* per vector: where its lanes begin in packed */
    uint32_t *exceptions_at;  /* per vector: number of its first exception; NULL: none */
    uint64_t *lanes;          /* scratch of 1,024, NULL until first used */
};

/* ---- opening ---- */

static stoa_status open_flags(struct stoa_node *node, struct ffor_state *state,
                              stoa_error *err)
{
    const unsigned size = stoa_node_flags_a(node);
    if (size != 0 && size != 1 && size != 2 && size != 4 && size != 8)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "ffor node: expected base offsets of 0, 1, 2, 4 or 8 bytes, found "
                         "%u",
                         size);
    const unsigned patched = stoa_node_flags_b(node);
    if (patched > 1 || patched != (stoa_node_parameter(node) > 0)) /* [FFOR-6] */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "ffor node: expected a flag for %" PRIu32 " exceptions, found %u",
                         stoa_node_parameter(node), patched);
    state->offset_size = size;
    return STOA_OK;
}

static stoa_status open_tables(struct stoa_parts *parts, struct ffor_state *state,
                               stoa_error *err)
{
    const size_t width = stoa_phys_width(parts->node->phys);
    const uint32_t vectors = stoa_vector_count(parts->node->count);
    const uint8_t *head = NULL;
    STOA_TRY(stoa_parts_take(parts, 8 + width, "scale and reference", &head, err));
    state->scale = stoa_load_le64(head);
    memcpy(&state->reference, head + 8, width);
    if (state->scale == 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "ffor node: expected a scale of at least 1, found 0");
    STOA_TRY(stoa_parts_take(parts, (uint64_t)vectors * state->offset_size, "base offsets",
                             &state->offsets, err));
    if (stoa_node_flags_b(parts->node))
        STOA_TRY(stoa_parts_take(parts, (uint64_t)vectors * 2, "exception counts",
                                 &state->counts, err));
    STOA_TRY(stoa_parts_take(parts, vectors, "widths", &state->widths, err));
    return stoa_parts_align(parts, err);
}

/* [FFOR-5] [FFOR-6] for one vector; `seen` exceptions come before it. */
static stoa_status check_positions(const struct ffor_state *state, uint32_t vector,
                                   uint32_t length, uint32_t seen, stoa_error *err)
{
    const uint32_t count = stoa_load_le16(state->counts + (size_t)vector * 2);
    int32_t last = -1;
    for (uint32_t i = seen; i < seen + count; i++) {
        const int32_t position = stoa_load_le16(state->positions + (size_t)i * 2);
        if (position <= last || position >= (int32_t)length)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "ffor node: expected exceptions of vector %" PRIu32
                             " behind %" PRId32 " and below %" PRIu32 ", found %" PRId32,
                             vector, last, length, position);
        last = position;
    }
    return STOA_OK;
}

static stoa_status open_exceptions(struct stoa_parts *parts, struct ffor_state *state,
                                   stoa_error *err)
{
    struct stoa_node *node = parts->node;
    const uint32_t vectors = stoa_vector_count(node->count);
    const uint32_t total = stoa_node_parameter(node);
    STOA_TRY(stoa_parts_take(parts, (uint64_t)total * 2, "exception positions",
                             &state->positions, err));
    STOA_TRY(stoa_parts_align(parts, err));
    STOA_TRY(stoa_parts_take(parts, (uint64_t)total * stoa_phys_width(node->phys),
                             "exception values", &state->values, err));
    state->exceptions_at =
        stoa_arena_alloc_zeroed(node->context->arena, vectors, sizeof(uint32_t));
    if (!state->exceptions_at)
        return stoa_arena_fail(node->context->arena, vectors * sizeof(uint32_t), err);
    uint32_t seen = 0;
    for (uint32_t v = 0; v < vectors; v++) {
        const uint32_t length = stoa_vector_length(node->count, v);
        const uint32_t count = stoa_load_le16(state->counts + (size_t)v * 2);
        if (count > length || count > total - seen)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "ffor node: expected at most %" PRIu32
                             " exceptions in vector %" PRIu32 ", found %" PRIu32,
                             length < total - seen ? length : total - seen, v, count);
        STOA_TRY(check_positions(state, v, length, seen, err));
        state->exceptions_at[v] = seen;
        seen += count;
    }
    if (seen != total)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "ffor node: expected %" PRIu32 " exceptions, found %" PRIu32,
                         total, seen);
    return STOA_OK;
}

static stoa_status open_packed(struct stoa_parts *parts, struct ffor_state *state,
                               stoa_error *err)
{
    struct stoa_node *node = parts->node;
    const uint32_t vectors = stoa_vector_count(node->count);
    state->packed_at =
        stoa_arena_alloc_zeroed(node->context->arena, vectors, sizeof(uint32_t));
    if (!state->packed_at)
        return stoa_arena_fail(node->context->arena, vectors * sizeof(uint32_t), err);
    uint64_t size = 0; /* at most 1,024 vectors of 8 KiB */
    for (uint32_t v = 0; v < vectors; v++) {
        if (state->widths[v] > 64)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "ffor node: expected widths of at most 64, found %u",
                             state->widths[v]);
        state->packed_at[v] = (uint32_t)size;
        size += stoa_ffor_packed_size(stoa_vector_length(node->count, v), state->widths[v]);
    }
    return stoa_parts_take(parts, size, "packed values", &state->packed, err);
}

static stoa_status ffor_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    struct ffor_state *state =
        stoa_arena_alloc_zeroed(node->context->arena, 1, sizeof *state);
    if (!state)
        return stoa_arena_fail(node->context->arena, sizeof *state, err);
    STOA_TRY(open_flags(node, state, err));
    STOA_TRY(open_tables(&parts, state, err));
    STOA_TRY(open_packed(&parts, state, err));
    if (state->counts)
        STOA_TRY(open_exceptions(&parts, state, err));
    STOA_TRY(stoa_parts_end(&parts, err));
    node->state = state;
    return STOA_OK;
}

/* ---- decoding ---- */

/* The lanes of one vector. */
struct lanes {
    unsigned bits;    /* of a lane: 8, 16, 32, 64; 0: all lanes are 0 */
    const void *data; /* in row order */
};

static unsigned lane_bits(unsigned width)
{
    return width <= 8 ? 8 : width <= 16 ? 16 : width <= 32 ? 32 : 64;
}

static stoa_status unpack_vector(struct stoa_node *node, uint32_t vector, struct lanes *out,
                                 stoa_error *err)
{
    struct ffor_state *state = node->state;
    const unsigned width = state->widths[vector];
    const uint32_t length = stoa_vector_length(node->count, vector);
    if (width == 0) {
        *out = (struct lanes){0};
        return STOA_OK;
    }
    if (!state->lanes) {
        void *lanes = NULL;
        STOA_TRY(stoa_enc_scratch(node->context, STOA_VECTOR_ROWS * 8, &lanes, err));
        state->lanes = lanes;
    }
    const uint8_t *packed = state->packed + state->packed_at[vector];
    *out = (struct lanes){.bits = lane_bits(width), .data = state->lanes};
    if (length == STOA_VECTOR_ROWS) {
        node->context->kernels->unpack(width, packed, state->lanes);
    } else {
        stoa_linear_unpack(width, length, packed, state->lanes);
        out->bits = 64;
    }
    return STOA_OK;
}

static uint64_t base_offset(const struct ffor_state *state, uint32_t vector)
{
    uint64_t offset = 0;
    memcpy(&offset, state->offsets + (size_t)vector * state->offset_size,
           state->offset_size);
    return offset;
}

/* [FFOR-1] modulo 2^128; of the 8-byte kinds only the lower half means something. */
static stoa_u128 vector_base(const struct ffor_state *state, uint32_t vector)
{
    return state->reference + (uint64_t)(state->scale * base_offset(state, vector));
}

static uint32_t exception_count(const struct ffor_state *state, uint32_t vector)
{
    return state->counts ? stoa_load_le16(state->counts + (size_t)vector * 2) : 0;
}

static struct stoa_value exception_value(const struct stoa_node *node, uint32_t exception)
{
    const struct ffor_state *state = node->state;
    return stoa_value_load(node->phys,
                           state->values + exception * stoa_phys_width(node->phys));
}

static void patch(const struct stoa_node *node, uint32_t vector, struct stoa_vector *out)
{
    const struct ffor_state *state = node->state;
    const uint32_t count = exception_count(state, vector);
    const size_t width = stoa_phys_width(node->phys);
    for (uint32_t k = 0; k < count; k++) {
        const uint32_t i = state->exceptions_at[vector] + k;
        const uint32_t row = stoa_load_le16(state->positions + (size_t)i * 2);
        memcpy(out->values.fixed16 + row * width, state->values + i * width, width);
    }
}

/* I128: the products go to the upper half of `out`, so that no other memory is needed. Value
 * i ends at 16 i + 16, the products not yet read begin at 8,192 + 8 i: no overlap. */
static void widen_i128(const struct stoa_node *node, const struct lanes *lanes,
                       stoa_u128 base, struct stoa_vector *out)
{
    const struct ffor_state *state = node->state;
    uint64_t *products = out->values.u64 + STOA_VECTOR_ROWS;
    node->context->kernels->widen(lanes->bits, lanes->data, out->length, 0, state->scale,
                                  products);
    stoa_i128 *values = out->values.i128;
    for (uint32_t i = 0; i < out->length; i++)
        values[i] = (stoa_i128)(base + products[i]);
}

static stoa_status ffor_decode(struct stoa_node *node, uint32_t vector,
                               struct stoa_vector *out, stoa_error *err)
{
    const struct ffor_state *state = node->state;
    const stoa_u128 base = vector_base(state, vector);
    struct lanes lanes;
    STOA_TRY(unpack_vector(node, vector, &lanes, err));
    out->length = stoa_vector_length(node->count, vector);
    if (lanes.bits == 0) {
        struct stoa_value value;
        memcpy(value.fixed16, &base, sizeof base);
        stoa_vector_repeat(out, 0, out->length, &value);
    } else if (node->phys == STOA_PHYS_I128) {
        widen_i128(node, &lanes, base, out);
    } else {
        node->context->kernels->widen(lanes.bits, lanes.data, out->length, (uint64_t)base,
                                      state->scale, out->values.u64);
    }
    if (state->counts)
        patch(node, vector, out);
    return STOA_OK;
}

/* ---- one value ---- */

static uint64_t lane_at(const struct stoa_node *node, uint32_t vector, uint32_t row)
{
    const struct ffor_state *state = node->state;
    const unsigned width = state->widths[vector];
    const uint8_t *packed = state->packed + state->packed_at[vector];
    if (width == 0)
        return 0;
    if (stoa_vector_length(node->count, vector) == STOA_VECTOR_ROWS)
        return stoa_pack_get(width, packed, row);
    return stoa_linear_get(width, packed, row);
}

static stoa_status ffor_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                           stoa_error *err)
{
    STOA_UNUSED(err);
    const struct ffor_state *state = node->state;
    const uint32_t vector = row / STOA_VECTOR_ROWS;
    const uint32_t exceptions = exception_count(state, vector);
    uint32_t found = 0;
    row %= STOA_VECTOR_ROWS;
    if (exceptions > 0 &&
        stoa_position_find(state->positions + (size_t)state->exceptions_at[vector] * 2,
                           exceptions, row, &found)) {
        *out = exception_value(node, state->exceptions_at[vector] + found);
        return STOA_OK;
    }
    const stoa_u128 value =
        vector_base(state, vector) + (uint64_t)(state->scale * lane_at(node, vector, row));
    *out = (struct stoa_value){.is_null = false};
    memcpy(out->fixed16, &value, stoa_phys_width(node->phys));
    return STOA_OK;
}

/* ---- narrow ---- */

/* Loops over the one lane type that applies; the compiler vectorises each. */
static void narrow_lanes(const struct lanes *lanes, uint32_t length, uint32_t base,
                         uint32_t scale, uint32_t *out)
{
    if (lanes->bits == 8) {
        const uint8_t *in = lanes->data;
        for (uint32_t i = 0; i < length; i++)
            out[i] = base + scale * in[i];
    } else if (lanes->bits == 16) {
        const uint16_t *in = lanes->data;
        for (uint32_t i = 0; i < length; i++)
            out[i] = base + scale * in[i];
    } else if (lanes->bits == 32) {
        const uint32_t *in = lanes->data;
        for (uint32_t i = 0; i < length; i++)
            out[i] = base + scale * in[i];
    } else if (lanes->bits == 64) {
        const uint64_t *in = lanes->data;
        for (uint32_t i = 0; i < length; i++)
            out[i] = base + scale * (uint32_t)in[i];
    } else {
        for (uint32_t i = 0; i < length; i++)
            out[i] = base;
    }
}

/* What the largest lane stands for, exactly. */
static stoa_u128 vector_top(const struct ffor_state *state, uint32_t vector)
{
    return (stoa_u128)(uint64_t)vector_base(state, vector) +
           (stoa_u128)state->scale * stoa_low_mask(state->widths[vector]);
}

/* The lane arithmetic stays in 32 bits, so all of it has to fit; where the header alone cannot
 * promise that, every value is looked at. */
static stoa_status ffor_narrow(struct stoa_node *node, uint32_t vector, uint32_t *out,
                               stoa_error *err)
{
    const struct ffor_state *state = node->state;
    if (vector_top(state, vector) > UINT32_MAX || exception_count(state, vector) > 0)
        return stoa_node_narrow_decoded(node, vector, out, err);
    struct lanes lanes;
    STOA_TRY(unpack_vector(node, vector, &lanes, err));
    narrow_lanes(&lanes, stoa_vector_length(node->count, vector),
                 (uint32_t)vector_base(state, vector), (uint32_t)state->scale, out);
    return STOA_OK;
}

/* ---- selecting ---- */

/* Honest writers see to it; damage may not. */
static bool is_exact(const struct stoa_node *node, uint32_t vector, stoa_i128 *out_base)
{
    const struct ffor_state *state = node->state;
    return stoa_lanes_are_exact(node->phys, vector_base(state, vector), state->scale,
                                stoa_low_mask(state->widths[vector]), out_base);
}

/* Adds the rows whose lanes lie in the range. The lanes are unpacked when first needed: a
 * range that takes all of them or none is answered by the header. */
static stoa_status add_range(struct stoa_node *node, uint32_t vector,
                             struct stoa_lane_range range, struct lanes *lanes,
                             uint64_t bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct ffor_state *state = node->state;
    const uint32_t length = stoa_vector_length(node->count, vector);
    uint64_t found[STOA_VECTOR_WORDS];
    uint64_t all[STOA_VECTOR_WORDS];
    if (range.low > range.high)
        return STOA_OK;
    stoa_bits_set_all(all, length, true);
    if (range.low == 0 && range.high == stoa_low_mask(state->widths[vector])) {
        memcpy(bits, all, sizeof all);
        return STOA_OK;
    }
    if (!lanes->data)
        STOA_TRY(unpack_vector(node, vector, lanes, err));
    node->context->kernels->select_lanes(lanes->bits, lanes->data, range.low, range.high,
                                         found);
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++)
        bits[word] |= found[word] & all[word];
    return STOA_OK;
}

/* Exceptions stand for themselves [FFOR-5]. */
static void patch_bits(const struct stoa_node *node, uint32_t vector,
                       const struct stoa_predicate *predicate, uint64_t *bits)
{
    const struct ffor_state *state = node->state;
    const uint32_t count = exception_count(state, vector);
    for (uint32_t k = 0; k < count; k++) {
        const uint32_t i = state->exceptions_at[vector] + k;
        const uint32_t row = stoa_load_le16(state->positions + (size_t)i * 2);
        const struct stoa_value value = exception_value(node, i);
        stoa_bit_clear(bits, row);
        if (stoa_predicate_match(predicate, &value))
            stoa_bit_set(bits, row);
    }
}

static stoa_status ffor_select(struct stoa_node *node, uint32_t vector,
                               const struct stoa_predicate *predicate,
                               struct stoa_vector *scratch,
                               uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct ffor_state *state = node->state;
    const bool is_range = predicate->kind == STOA_PREDICATE_RANGE;
    const bool is_set =
        predicate->kind == STOA_PREDICATE_SET && predicate->set_count <= STOA_LANE_PASSES;
    stoa_i128 base;
    if ((!is_range && !is_set) || !is_exact(node, vector, &base))
        return stoa_node_select_decoded(node, vector, predicate, scratch, out_bits, err);
    const uint64_t mask = stoa_low_mask(state->widths[vector]);
    struct lanes lanes = {0};
    memset(out_bits, 0, STOA_VECTOR_WORDS * sizeof *out_bits);
    const size_t passes = is_range ? 1 : predicate->set_count;
    for (size_t i = 0; i < passes; i++) {
        struct stoa_number_range range;
        if (is_range)
            range = stoa_predicate_numbers(predicate);
        else
            range.low = range.high = stoa_value_number(node->phys, &predicate->set[i]);
        STOA_TRY(add_range(node, vector,
                           stoa_lanes_translate(range, base, state->scale, mask), &lanes,
                           out_bits, err));
    }
    if (predicate->negated)
        stoa_bits_negate(out_bits, stoa_vector_length(node->count, vector));
    patch_bits(node, vector, predicate, out_bits);
    return STOA_OK;
}

/* Full vectors without exceptions, which codes mostly are: lanes stand for numbers from the base
 * on. When one is too large for the set, the other way says which. */
static stoa_status ffor_select_members(struct stoa_node *node, uint32_t vector,
                                       const uint64_t *members, uint32_t size,
                                       uint64_t out_bits[STOA_VECTOR_WORDS], bool *out_done,
                                       stoa_error *err)
{
    const struct ffor_state *state = node->state;
    const unsigned width = state->widths[vector];
    const uint64_t base = (uint64_t)vector_base(state, vector);
    struct lanes lanes;
    if (stoa_vector_length(node->count, vector) < STOA_VECTOR_ROWS || width == 0 ||
        width > 32 || state->scale != 1 || exception_count(state, vector) > 0 ||
        base >= size)
        return STOA_OK;
    STOA_TRY(unpack_vector(node, vector, &lanes, err));
    *out_done = node->context->kernels->select_set(lanes.bits, lanes.data, base, members,
                                                   size, out_bits);
    return STOA_OK;
}

static bool ffor_bounds(const struct stoa_node *node, uint32_t vector, stoa_i128 *out_low,
                        stoa_i128 *out_high)
{
    const struct ffor_state *state = node->state;
    const uint32_t count = exception_count(state, vector);
    if (!is_exact(node, vector, out_low))
        return false;
    *out_high = *out_low + (stoa_i128)state->scale * stoa_low_mask(state->widths[vector]);
    for (uint32_t k = 0; k < count; k++) {
        const struct stoa_value value =
            exception_value(node, state->exceptions_at[vector] + k);
        const stoa_i128 number = stoa_value_number(node->phys, &value);
        *out_low = number < *out_low ? number : *out_low;
        *out_high = number > *out_high ? number : *out_high;
    }
    return true;
}

/* ---- summing ---- */

/* The value that a row has by its lane, its exception left out. */
static stoa_i128 lane_value(const struct stoa_node *node, const struct lanes *lanes,
                            uint32_t row, stoa_i128 base)
{
    const struct ffor_state *state = node->state;
    uint64_t lane = 0;
    if (lanes->bits > 0)
        memcpy(&lane, (const uint8_t *)lanes->data + (size_t)row * (lanes->bits / 8),
               lanes->bits / 8);
    return base + (stoa_i128)((stoa_u128)state->scale * lane);
}

/* What exceptions among the rows add to the sum of the lanes. */
static stoa_i128 patch_sum(const struct stoa_node *node, struct stoa_part part,
                           const struct lanes *lanes, stoa_i128 base)
{
    const struct ffor_state *state = node->state;
    const uint32_t count = exception_count(state, part.vector);
    stoa_i128 sum = 0;
    for (uint32_t k = 0; k < count; k++) {
        const uint32_t i = state->exceptions_at[part.vector] + k;
        const uint32_t row = stoa_load_le16(state->positions + (size_t)i * 2);
        if (row < part.first || row - part.first >= part.count)
            continue;
        const struct stoa_value value = exception_value(node, i);
        sum += stoa_value_number(node->phys, &value) - lane_value(node, lanes, row, base);
    }
    return sum;
}

/* Rows of one vector: count x base + scale x the sum of the lanes. */
static stoa_status sum_part(struct stoa_node *node, struct stoa_part part, stoa_i128 *sum,
                            stoa_error *err)
{
    const struct ffor_state *state = node->state;
    struct lanes lanes;
    stoa_i128 base;
    stoa_u128 lane_sum = 0;
    if (!is_exact(node, part.vector, &base)) {
        const uint32_t first = part.vector * STOA_VECTOR_ROWS + part.first;
        return stoa_node_sum_decoded(node, first, part.count, sum, err);
    }
    STOA_TRY(unpack_vector(node, part.vector, &lanes, err));
    if (lanes.bits > 0)
        node->context->kernels->sum_lanes(
            lanes.bits, (const uint8_t *)lanes.data + (size_t)part.first * (lanes.bits / 8),
            part.count, &lane_sum);
    *sum += base * part.count + (stoa_i128)(state->scale * lane_sum);
    if (state->counts)
        *sum += patch_sum(node, part, &lanes, base);
    return STOA_OK;
}

static stoa_status ffor_sum(struct stoa_node *node, uint32_t first, uint32_t count,
                            stoa_i128 *sum, stoa_error *err)
{
    while (count > 0) {
        const struct stoa_part part = stoa_first_part(first, count);
        STOA_TRY(sum_part(node, part, sum, err));
        first += part.count;
        count -= part.count;
    }
    return STOA_OK;
}

/* Rows of one vector, by its lanes. Where what the header allows lies inside the range already
 * nothing is unpacked. */
static stoa_status extremes_of_part(struct stoa_node *node, struct stoa_part part,
                                    struct stoa_number_range *range, stoa_error *err)
{
    const struct ffor_state *state = node->state;
    const stoa_i128 scale = (stoa_i128)state->scale;
    struct lanes lanes;
    stoa_i128 base;
    uint64_t low = 0;
    uint64_t high = 0;
    if (exception_count(state, part.vector) > 0 || !is_exact(node, part.vector, &base))
        return stoa_node_extremes_decoded(node, part.vector * STOA_VECTOR_ROWS + part.first,
                                          part.count, range, err);
    if (base >= range->low &&
        base + scale * stoa_low_mask(state->widths[part.vector]) <= range->high)
        return STOA_OK;
    STOA_TRY(unpack_vector(node, part.vector, &lanes, err));
    if (lanes.bits > 0)
        node->context->kernels->min_max_lanes(
            lanes.bits, (const uint8_t *)lanes.data + (size_t)part.first * (lanes.bits / 8),
            part.count, &low, &high);
    stoa_range_widen(range, base + scale * low, base + scale * high);
    return STOA_OK;
}

static stoa_status ffor_extremes(struct stoa_node *node, uint32_t first, uint32_t count,
                                 struct stoa_number_range *range, stoa_error *err)
{
    while (count > 0) {
        const struct stoa_part part = stoa_first_part(first, count);
        STOA_TRY(extremes_of_part(node, part, range, err));
        first += part.count;
        count -= part.count;
    }
    return STOA_OK;
}

static stoa_status ffor_describe(const struct stoa_node *node, struct stoa_buf *out,
                                 stoa_error *err)
{
    const struct ffor_state *state = node->state;
    const uint32_t vectors = stoa_vector_count(node->count);
    unsigned low = 64;
    unsigned high = 0;
    for (uint32_t v = 0; v < vectors; v++) {
        low = state->widths[v] < low ? state->widths[v] : low;
        high = state->widths[v] > high ? state->widths[v] : high;
    }
    if (low == high)
        STOA_TRY(stoa_buf_printf(out, err, " %u bits", low));
    else
        STOA_TRY(stoa_buf_printf(out, err, " %u to %u bits", low, high));
    if (state->scale > 1)
        STOA_TRY(stoa_buf_printf(out, err, " x %" PRIu64, state->scale));
    if (state->counts)
        STOA_TRY(stoa_buf_printf(out, err, ", %" PRIu32 " exceptions",
                                 stoa_node_parameter(node)));
    return STOA_OK;
}

const struct stoa_encoding stoa_enc_ffor = {
    .id = STOA_ENC_FFOR,
    .name = "ffor",
    .spec = "spec/encodings/ffor.md",
    .phys_mask = STOA_PHYS_INTEGERS,
    .decode_cycles = 0.45,
    .estimate = stoa_ffor_estimate,
    .encode = stoa_ffor_encode,
    .open = ffor_open,
    .decode = ffor_decode,
    .select = ffor_select,
    .narrow = ffor_narrow,
    .select_members = ffor_select_members,
    .bounds = ffor_bounds,
    .at = ffor_at,
    .sum = ffor_sum,
    .extremes = ffor_extremes,
    .describe = ffor_describe,
};
