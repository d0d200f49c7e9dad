/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading BYTES nodes (spec/encodings/bytes.md): decompress the frames a vector needs, then
 * widen. Widths of 1, 2, 4 and 8 bytes are lanes already and go through the kernels.
 */
#include "format/enc/enc_bytes.h"

#include "format/enc/enc_table.h"

/* ---- opening ---- */

/* [BYTES-1] */
static bool is_width_of(enum stoa_phys phys, unsigned width)
{
    if (phys == STOA_PHYS_F64)
        return width == 8;
    if (phys == STOA_PHYS_FIXED16)
        return width == 16;
    return (width >= 1 && width <= 8) || (phys == STOA_PHYS_I128 && width == 16);
}

static stoa_status open_head(struct stoa_parts *parts, struct stoa_bytes_state *state,
                             stoa_error *err)
{
    const struct stoa_node *node = parts->node;
    const size_t width = stoa_phys_width(node->phys);
    const uint8_t *head = NULL;
    state->width = stoa_node_flags_a(node);
    if (!is_width_of(node->phys, state->width))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "bytes node: expected a width that kind %d can have, found %u",
                         (int)node->phys, state->width);
    if (stoa_node_flags_b(node) > STOA_BYTES_PLANES)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "bytes node: expected layout 0 or 1, found %u",
                         stoa_node_flags_b(node));
    state->layout = (enum stoa_bytes_layout)stoa_node_flags_b(node);
    STOA_TRY(stoa_node_check_parameter(node, err));
    STOA_TRY(stoa_parts_take(parts, 8 + width, "scale and base", &head, err));
    state->scale = stoa_load_le64(head);
    memcpy(&state->base, head + 8, width);
    if (state->scale == 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "bytes node: expected a scale of at least 1, found 0");
    if (!stoa_bytes_is_number(node, state) && (state->scale != 1 || state->base != 0))
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "bytes node: expected scale 1 and base 0 for kind %d and width %u, "
            "found others",
            (int)node->phys, state->width);
    return STOA_OK;
}

static stoa_status bytes_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    struct stoa_bytes_state *state =
        stoa_arena_alloc_zeroed(node->context->arena, 1, sizeof *state);
    if (!state)
        return stoa_arena_fail(node->context->arena, sizeof *state, err);
    STOA_TRY(open_head(&parts, state, err));
    const bool whole = state->layout == STOA_BYTES_WHOLE;
    const uint64_t expected = (uint64_t)node->count * (whole ? state->width : 1);
    for (unsigned i = 0; i < (whole ? 1 : state->width); i++) {
        STOA_TRY(stoa_stream_open(&parts, &state->streams[i], err));
        if (state->streams[i].raw_size != expected) /* [BYTES-2] [BYTES-3] */
            return stoa_fail(err, STOA_E_CORRUPT,
                             "bytes node: expected %llu raw bytes in stream %u, found %u",
                             (unsigned long long)expected, i, state->streams[i].raw_size);
    }
    STOA_TRY(stoa_parts_end(&parts, err));
    node->state = state;
    return STOA_OK;
}

/* ---- decoding ---- */

/* Numbers of an odd width: eight bytes at a time where so many are there. */
static void load_numbers(const uint8_t *in, size_t size, unsigned width, uint32_t count,
                         uint64_t *out)
{
    const uint64_t mask = stoa_low_mask(8 * width);
    const uint32_t fast = size >= 8 ? (uint32_t)((size - 8) / width + 1) : 0;
    uint32_t i = 0;
    for (; i < count && i < fast; i++)
        out[i] = stoa_load_le64(in + (size_t)i * width) & mask;
    for (; i < count; i++) {
        out[i] = 0;
        memcpy(&out[i], in + (size_t)i * width, width);
    }
}

static stoa_status decode_whole(struct stoa_node *node, uint32_t vector, uint32_t count,
                                uint64_t *out_numbers, stoa_error *err)
{
    struct stoa_bytes_state *state = node->state;
    const unsigned width = state->width;
    const uint8_t *raw = NULL;
    STOA_TRY(stoa_stream_touch(&state->streams[0], vector * STOA_VECTOR_ROWS * width,
                               count * width, &raw, err));
    if (width == 16)
        memcpy(out_numbers, raw, (size_t)count * 16);
    else if (width == 8)
        memcpy(out_numbers, raw, (size_t)count * 8);
    else if (width == 1 || width == 2 || width == 4)
        node->context->kernels->widen(8 * width, raw, count, 0, 1, out_numbers);
    else
        load_numbers(raw, (size_t)count * width, width, count, out_numbers);
    return STOA_OK;
}

/* Byte `plane` of number i goes to its place in out: `step` words of 8 bytes a number. */
static void add_plane(const uint8_t *bytes, unsigned plane, uint32_t count, unsigned step,
                      uint64_t *out)
{
    const unsigned shift = 8 * (plane % 8);
    uint64_t *words = out + plane / 8;
    if (shift == 0) {
        for (uint32_t i = 0; i < count; i++)
            words[i * step] = bytes[i];
    } else {
        for (uint32_t i = 0; i < count; i++)
            words[i * step] |= (uint64_t)bytes[i] << shift;
    }
}

static stoa_status decode_planes(struct stoa_node *node, uint32_t vector, uint32_t count,
                                 uint64_t *out_numbers, stoa_error *err)
{
    struct stoa_bytes_state *state = node->state;
    for (unsigned plane = 0; plane < state->width; plane++) {
        const uint8_t *raw = NULL;
        STOA_TRY(stoa_stream_touch(&state->streams[plane], vector * STOA_VECTOR_ROWS, count,
                                   &raw, err));
        add_plane(raw, plane, count, state->width == 16 ? 2 : 1, out_numbers);
    }
    return STOA_OK;
}

stoa_status stoa_bytes_numbers(struct stoa_node *node, uint32_t vector, uint64_t *out,
                               stoa_error *err)
{
    const struct stoa_bytes_state *state = node->state;
    const uint32_t count = stoa_vector_length(node->count, vector);
    return state->layout == STOA_BYTES_WHOLE ? decode_whole(node, vector, count, out, err)
                                             : decode_planes(node, vector, count, out, err);
}

/* [BYTES-4] I128: the numbers lie in the upper half of `out`, as in enc_ffor.c. */
static void add_base(const struct stoa_node *node, const uint64_t *numbers,
                     struct stoa_vector *out)
{
    const struct stoa_bytes_state *state = node->state;
    if (node->phys == STOA_PHYS_I128) {
        const stoa_u128 base = state->base;
        const uint64_t scale = state->scale;
        stoa_i128 *values = out->values.i128;
        for (uint32_t i = 0; i < out->length; i++)
            values[i] = (stoa_i128)(base + (uint64_t)(scale * numbers[i]));
    } else if (state->base != 0 || state->scale != 1) {
        const uint64_t base = (uint64_t)state->base;
        const uint64_t scale = state->scale;
        uint64_t *values = out->values.u64; /* where the numbers are */
        for (uint32_t i = 0; i < out->length; i++)
            values[i] = base + scale * values[i];
    }
}

static stoa_status bytes_decode(struct stoa_node *node, uint32_t vector,
                                struct stoa_vector *out, stoa_error *err)
{
    const struct stoa_bytes_state *state = node->state;
    const uint32_t count = stoa_vector_length(node->count, vector);
    const bool in_upper_half = node->phys == STOA_PHYS_I128 && state->width <= 8;
    uint64_t *numbers = out->values.u64 + (in_upper_half ? STOA_VECTOR_ROWS : 0);
    STOA_TRY(stoa_bytes_numbers(node, vector, numbers, err));
    out->length = count;
    if (stoa_bytes_is_number(node, state))
        add_base(node, numbers, out);
    return STOA_OK;
}

/* ---- one value ---- */

/* The number's bytes, from one place or from all planes; none but theirs are decompressed. */
static stoa_status touch_number(struct stoa_bytes_state *state, uint32_t row,
                                uint8_t out[STOA_BYTES_MAX_WIDTH], stoa_error *err)
{
    const unsigned width = state->width;
    const uint8_t *raw = NULL;
    if (state->layout == STOA_BYTES_WHOLE) {
        STOA_TRY(stoa_stream_touch(&state->streams[0], row * width, width, &raw, err));
        memcpy(out, raw, width);
        return STOA_OK;
    }
    for (unsigned plane = 0; plane < width; plane++) {
        STOA_TRY(stoa_stream_touch(&state->streams[plane], row, 1, &raw, err));
        out[plane] = *raw;
    }
    return STOA_OK;
}

/* [BYTES-4] */
static stoa_status bytes_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                            stoa_error *err)
{
    struct stoa_bytes_state *state = node->state;
    stoa_u128 value = 0; /* its bytes in order, the lowest first */
    STOA_TRY(touch_number(state, row, (uint8_t *)&value, err));
    if (stoa_bytes_is_number(node, state))
        value = state->base + (uint64_t)(state->scale * (uint64_t)value);
    *out = (struct stoa_value){.is_null = false};
    memcpy(out->fixed16, &value, stoa_phys_width(node->phys));
    return STOA_OK;
}

/* ---- summing ---- */

/* The numbers' sum, plane by plane or as the lanes they are. */
static stoa_status sum_numbers(struct stoa_node *node, uint32_t first, uint32_t count,
                               stoa_u128 *out, stoa_error *err)
{
    struct stoa_bytes_state *state = node->state;
    const struct stoa_kernels *kernels = node->context->kernels;
    const bool whole = state->layout == STOA_BYTES_WHOLE;
    const unsigned size = whole ? state->width : 1;
    *out = 0;
    for (unsigned plane = 0; plane < (whole ? 1 : state->width); plane++) {
        const uint8_t *raw = NULL;
        stoa_u128 sum = 0;
        STOA_TRY(stoa_stream_touch(&state->streams[plane], first * size, count * size, &raw,
                                   err));
        kernels->sum_lanes(8 * size, raw, count, &sum);
        *out += sum << 8 * plane;
    }
    return STOA_OK;
}

/* Odd widths are decoded, and what might wrap around in the kind is. */
static stoa_status bytes_sum(struct stoa_node *node, uint32_t first, uint32_t count,
                             stoa_i128 *sum, stoa_error *err)
{
    const struct stoa_bytes_state *state = node->state;
    const bool is_lane = (state->width & (state->width - 1)) == 0;
    stoa_i128 base;
    if ((state->layout == STOA_BYTES_WHOLE && !is_lane) ||
        !stoa_enc_is_exact(node->phys, (uint64_t)state->base, state->scale,
                           stoa_low_mask(8 * state->width), &base))
        return stoa_node_sum_decoded(node, first, count, sum, err);
    while (count > 0) {
        const struct stoa_part part = stoa_first_part(first, count);
        stoa_u128 numbers = 0;
        STOA_TRY(sum_numbers(node, first, part.count, &numbers, err));
        *sum += base * part.count + (stoa_i128)(state->scale * numbers);
        first += part.count;
        count -= part.count;
    }
    return STOA_OK;
}

/* Lanes that do not wrap around in the kind; other nodes are decoded. */
static stoa_status bytes_extremes(struct stoa_node *node, uint32_t first, uint32_t count,
                                  struct stoa_number_range *range, stoa_error *err)
{
    struct stoa_bytes_state *state = node->state;
    const unsigned width = state->width;
    stoa_i128 base;
    if (state->layout != STOA_BYTES_WHOLE || (width & (width - 1)) != 0 ||
        !stoa_enc_is_exact(node->phys, (uint64_t)state->base, state->scale,
                           stoa_low_mask(8 * width), &base))
        return stoa_node_extremes_decoded(node, first, count, range, err);
    while (count > 0) {
        const struct stoa_part part = stoa_first_part(first, count);
        const uint8_t *raw = NULL;
        uint64_t low;
        uint64_t high;
        STOA_TRY(stoa_stream_touch(&state->streams[0], first * width, part.count * width,
                                   &raw, err));
        node->context->kernels->min_max_lanes(8 * width, raw, part.count, &low, &high);
        stoa_range_widen(range, base + (stoa_i128)((stoa_u128)state->scale * low),
                         base + (stoa_i128)((stoa_u128)state->scale * high));
        first += part.count;
        count -= part.count;
    }
    return STOA_OK;
}

static stoa_status bytes_describe(const struct stoa_node *node, struct stoa_buf *out,
                                  stoa_error *err)
{
    const struct stoa_bytes_state *state = node->state;
    STOA_TRY(stoa_buf_printf(out, err, " %u", state->width));
    if (state->layout == STOA_BYTES_WHOLE)
        return stoa_stream_describe(&state->streams[0], out, err);
    uint64_t stored = 0;
    for (unsigned i = 0; i < state->width; i++)
        stored += state->streams[i].data_size;
    return stoa_buf_printf(
        out, err, " planes %llu %%",
        (unsigned long long)(100 * stored / ((uint64_t)node->count * state->width)));
}

const struct stoa_encoding stoa_enc_bytes = {
    .id = STOA_ENC_BYTES,
    .name = "bytes",
    .spec = "spec/encodings/bytes.md",
    .phys_mask = STOA_PHYS_FIXED,
    .is_asked_last = true,
    .decode_cycles = 0.5,
    .estimate = stoa_bytes_estimate,
    .encode = stoa_bytes_encode,
    .open = bytes_open,
    .decode = bytes_decode,
    .select = stoa_bytes_select,
    .at = bytes_at,
    .sum = bytes_sum,
    .extremes = bytes_extremes,
    .describe = bytes_describe,
};
