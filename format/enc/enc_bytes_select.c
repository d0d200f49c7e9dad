/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Predicates on BYTES nodes (spec/encodings/bytes.md) without making values of what is stored: a
 * range becomes ranges of stored numbers, without sign. Whole numbers are compared as the lanes
 * they are, whole floats and values of 16 bytes where they lie. Planes are compared from the most
 * significant on: where the first ones settle all rows the others, which compress worst, are not
 * even decompressed.
 */
#include "format/enc/enc_bytes.h"

#include <math.h>

#include "format/enc/enc_lanes.h"

/* Stored numbers from low to high, as unsigned ones of the node's width. */
struct span {
    stoa_u128 low, high;
};

/* What select is about, and where a vector's lanes are. */
struct selection {
    struct stoa_node *node;
    uint32_t vector;
    uint32_t length;
    struct span spans[STOA_LANE_PASSES];
    unsigned span_count;
    unsigned lane_bits; /* of `lanes` */
    const void *lanes;  /* 1,024 of them can be read; NULL until first needed, or planes */
    uint8_t *room;      /* for what has to be copied: 8 KiB at least */
    uint64_t all[STOA_VECTOR_WORDS];
};

/* ---- predicates to spans ---- */

static void add_span(struct selection *selection, stoa_u128 low, stoa_u128 high)
{
    if (low <= high)
        selection->spans[selection->span_count++] = (struct span){.low = low, .high = high};
}

static uint64_t float_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Floats of either sign order by their bits, those below zero backwards; both zeros are equal. */
static void add_floats(struct selection *selection, const struct stoa_predicate *predicate)
{
    const uint64_t sign = UINT64_C(1) << 63;
    const uint64_t infinity = float_bits((double)INFINITY);
    const struct stoa_float_range range = stoa_predicate_floats(predicate);
    if (range.takes_numbers && range.low <= range.high) {
        if (range.high >= 0)
            add_span(selection, range.low > 0 ? float_bits(range.low) : 0,
                     range.high > 0 ? float_bits(range.high) : 0);
        if (range.low <= 0)
            add_span(selection, range.high < 0 ? float_bits(range.high) : sign,
                     range.low < 0 ? float_bits(range.low) : sign);
    }
    if (range.takes_nan) {
        add_span(selection, infinity + 1, sign - 1);
        add_span(selection, (sign | infinity) + 1, UINT64_MAX);
    }
}

/* Numbers with a sign: those below zero have the larger bits. */
static void add_wide(struct selection *selection, struct stoa_number_range range)
{
    if (range.low > range.high)
        return;
    if (range.low < 0)
        add_span(selection, (stoa_u128)range.low,
                 (stoa_u128)(range.high < 0 ? range.high : -1));
    if (range.high >= 0)
        add_span(selection, (stoa_u128)(range.low > 0 ? range.low : 0),
                 (stoa_u128)range.high);
}

/* [BYTES-4] backwards; false where numbers wrap around in the kind. */
static bool add_numbers(struct selection *selection, struct stoa_number_range range)
{
    const struct stoa_bytes_state *state = selection->node->state;
    const uint64_t mask = stoa_low_mask(8 * state->width);
    stoa_i128 base;
    if (!stoa_lanes_are_exact(selection->node->phys, state->base, state->scale, mask,
                              &base))
        return false;
    const struct stoa_lane_range lanes =
        stoa_lanes_translate(range, base, state->scale, mask);
    add_span(selection, lanes.low, lanes.high);
    return true;
}

static bool add_range(struct selection *selection, struct stoa_number_range range)
{
    if (stoa_bytes_is_number(selection->node, selection->node->state))
        return add_numbers(selection, range);
    add_wide(selection, range);
    return true;
}

/* Whether the predicate is one of spans, which are then found: numbers, and planes of other kinds.
 * Not those of FIXED16, whose order begins at the other end. */
static bool has_spans(struct selection *selection, const struct stoa_predicate *predicate)
{
    const struct stoa_bytes_state *state = selection->node->state;
    const enum stoa_phys phys = selection->node->phys;
    if (state->layout == STOA_BYTES_WHOLE && !stoa_bytes_is_number(selection->node, state))
        return false;
    if (predicate->kind == STOA_PREDICATE_RANGE && phys == STOA_PHYS_F64) {
        add_floats(selection, predicate);
        return true;
    }
    if (!stoa_phys_is_integer(phys))
        return false;
    if (predicate->kind == STOA_PREDICATE_RANGE)
        return add_range(selection, stoa_predicate_numbers(predicate));
    if (predicate->kind != STOA_PREDICATE_SET || predicate->set_count > STOA_LANE_PASSES)
        return false;
    for (size_t i = 0; i < predicate->set_count; i++) {
        const stoa_i128 number = stoa_value_number(phys, &predicate->set[i]);
        if (!add_range(selection, (struct stoa_number_range){number, number}))
            return false;
    }
    return true;
}

/* ---- whole numbers ---- */

/* [BYTES-2] Widths that are no lanes are widened. What is shorter than a vector is copied, since
 * kernels read all of one. */
static stoa_status load_lanes(struct selection *selection, stoa_error *err)
{
    struct stoa_node *node = selection->node;
    struct stoa_bytes_state *state = node->state;
    const unsigned width = state->width;
    const uint8_t *raw = NULL;
    if ((width & (width - 1)) != 0) {
        STOA_TRY(stoa_bytes_numbers(node, selection->vector,
                                    (uint64_t *)(void *)selection->room, err));
        selection->lane_bits = 64;
        selection->lanes = selection->room;
        return STOA_OK;
    }
    STOA_TRY(stoa_stream_touch(&state->streams[0],
                               selection->vector * STOA_VECTOR_ROWS * width,
                               selection->length * width, &raw, err));
    selection->lane_bits = 8 * width;
    selection->lanes = raw;
    if (selection->length < STOA_VECTOR_ROWS) {
        memcpy(selection->room, raw, (size_t)selection->length * width);
        selection->lanes = selection->room;
    }
    return STOA_OK;
}

static stoa_status select_whole(struct selection *selection, struct span span,
                                uint64_t bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    if (!selection->lanes)
        STOA_TRY(load_lanes(selection, err));
    selection->node->context->kernels->select_lanes(selection->lane_bits, selection->lanes,
                                                    (uint64_t)span.low, (uint64_t)span.high,
                                                    bits);
    return STOA_OK;
}

/* Floats, and values of 16 bytes, are values as they lie. */
static stoa_status select_values(struct stoa_node *node, uint32_t vector,
                                 const struct stoa_predicate *predicate,
                                 uint64_t out_bits[STOA_VECTOR_WORDS], bool *out_done,
                                 stoa_error *err)
{
    struct stoa_bytes_state *state = node->state;
    const uint32_t length = stoa_vector_length(node->count, vector);
    const uint8_t *raw = NULL;
    STOA_TRY(stoa_stream_touch(&state->streams[0], vector * STOA_VECTOR_ROWS * state->width,
                               length * state->width, &raw, err));
    *out_done = stoa_predicate_eval_values(predicate, raw, length, out_bits);
    return STOA_OK;
}

/* ---- planes ---- */

/* [BYTES-3] */
static stoa_status load_plane(struct selection *selection, unsigned plane,
                              const uint8_t **out, stoa_error *err)
{
    struct stoa_bytes_state *state = selection->node->state;
    STOA_TRY(stoa_stream_touch(&state->streams[plane], selection->vector * STOA_VECTOR_ROWS,
                               selection->length, out, err));
    if (selection->length < STOA_VECTOR_ROWS) {
        memcpy(selection->room, *out, selection->length);
        *out = selection->room;
    }
    return STOA_OK;
}

static bool any_bit(const uint64_t bits[STOA_VECTOR_WORDS])
{
    uint64_t any = 0;
    for (uint32_t i = 0; i < STOA_VECTOR_WORDS; i++)
        any |= bits[i];
    return any != 0;
}

/* Clears the bits of rows whose number is on the wrong side of the bound: below it, or above.
 * Rows stay in `equal` while their bytes are those of the bound. */
static stoa_status cut_planes(struct selection *selection, stoa_u128 bound, bool is_low,
                              uint64_t bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct stoa_bytes_state *state = selection->node->state;
    const struct stoa_kernels *kernels = selection->node->context->kernels;
    uint64_t equal[STOA_VECTOR_WORDS];
    uint64_t found[STOA_VECTOR_WORDS];
    memcpy(equal, bits, sizeof equal);
    for (unsigned plane = state->width; plane-- > 0 && any_bit(equal);) {
        const uint8_t byte = (uint8_t)(bound >> 8 * plane);
        const uint8_t *bytes = NULL;
        STOA_TRY(load_plane(selection, plane, &bytes, err));
        kernels->select_lanes(8, bytes, is_low ? byte : 0, is_low ? 0xFF : byte, found);
        for (uint32_t i = 0; i < STOA_VECTOR_WORDS; i++)
            bits[i] &= found[i] | ~equal[i];
        kernels->select_lanes(8, bytes, byte, byte, found);
        for (uint32_t i = 0; i < STOA_VECTOR_WORDS; i++)
            equal[i] &= found[i];
    }
    return STOA_OK;
}

static stoa_status select_planes(struct selection *selection, struct span span,
                                 stoa_u128 mask, uint64_t bits[STOA_VECTOR_WORDS],
                                 stoa_error *err)
{
    memcpy(bits, selection->all, sizeof selection->all);
    if (span.low > 0)
        STOA_TRY(cut_planes(selection, span.low, true, bits, err));
    if (span.high < mask)
        STOA_TRY(cut_planes(selection, span.high, false, bits, err));
    return STOA_OK;
}

/* ---- all of it ---- */

/* Adds the rows whose numbers lie in the span. */
static stoa_status add_rows(struct selection *selection, struct span span,
                            uint64_t bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct stoa_bytes_state *state = selection->node->state;
    const stoa_u128 mask = ~(stoa_u128)0 >> (128 - 8 * state->width);
    uint64_t found[STOA_VECTOR_WORDS];
    if (span.low == 0 && span.high == mask)
        memcpy(found, selection->all, sizeof found); /* nothing has to be touched */
    else if (state->layout == STOA_BYTES_PLANES)
        STOA_TRY(select_planes(selection, span, mask, found, err));
    else
        STOA_TRY(select_whole(selection, span, found, err));
    for (uint32_t i = 0; i < STOA_VECTOR_WORDS; i++)
        bits[i] |= found[i] & selection->all[i];
    return STOA_OK;
}

stoa_status stoa_bytes_select(struct stoa_node *node, uint32_t vector,
                              const struct stoa_predicate *predicate,
                              struct stoa_vector *scratch,
                              uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct stoa_bytes_state *state = node->state;
    struct selection selection = {.node = node,
                                  .vector = vector,
                                  .length = stoa_vector_length(node->count, vector),
                                  .room = scratch->values.raw};
    if (state->layout == STOA_BYTES_WHOLE && !stoa_bytes_is_number(node, state)) {
        bool is_done = false;
        STOA_TRY(select_values(node, vector, predicate, out_bits, &is_done, err));
        if (is_done)
            return STOA_OK;
    }
    if (!has_spans(&selection, predicate))
        return stoa_node_select_decoded(node, vector, predicate, scratch, out_bits, err);
    stoa_bits_set_all(selection.all, selection.length, true);
    memset(out_bits, 0, STOA_VECTOR_WORDS * sizeof *out_bits);
    for (unsigned i = 0; i < selection.span_count; i++)
        STOA_TRY(add_rows(&selection, selection.spans[i], out_bits, err));
    if (predicate->negated)
        stoa_bits_negate(out_bits, selection.length);
    return STOA_OK;
}
