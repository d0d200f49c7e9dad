/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DELTA: differences between neighbours (spec/encodings/delta.md), for what grows steadily: time
 * stamps, keys with gaps. Every 256th value is kept as an anchor, so that a vector decodes
 * alone and its four sums run side by side: one alone waits a cycle a value for itself.
 *
 * A filter compares the anchors first, and decodes the few vectors that they leave open.
 *
 * Differences and anchors are children, so that their widths, exceptions and scale are FFOR's
 * matter. Plain differences with scalar sums are fast enough; a transposed order, which would
 * vectorise them, would have to be undone before anything else sees the values.
 */
#include "common/alloc.h"
#include "common/bitmap.h"
#include "format/enc/enc_parts.h"
#include "format/enc/enc_table.h"

enum {
    CHILD_ANCHORS = 0,
    CHILD_DIFFERENCES = 1,
    SEGMENT = 256, /* rows an anchor serves */
    SEGMENTS = STOA_VECTOR_ROWS / SEGMENT
};

static uint32_t anchor_count(uint32_t rows)
{
    return rows / SEGMENT + (rows % SEGMENT != 0);
}

/* ---- does it look like paying? ---- */

enum { PIECES = 16, PIECE = 32 };

/* Bits that the differences of PIECE rows would take, the smallest and the largest of them left
 * out as exceptions. They are multiples of the column's scale. */
static unsigned piece_width(const uint64_t *values, const struct stoa_scale *scale)
{
    int64_t low[2] = {INT64_MAX, INT64_MAX}; /* the two smallest */
    int64_t high[2] = {INT64_MIN, INT64_MIN};
    for (uint32_t i = 0; i < PIECE; i++) {
        const int64_t d = (int64_t)(values[i + 1] - values[i]);
        low[1] = d < low[0] ? low[0] : d < low[1] ? d : low[1];
        low[0] = d < low[0] ? d : low[0];
        high[1] = d > high[0] ? high[0] : d > high[1] ? d : high[1];
        high[0] = d > high[0] ? d : high[0];
    }
    return stoa_bit_width(stoa_scale_divide(scale, (uint64_t)high[1] - (uint64_t)low[1]));
}

/* Short pieces see less than the whole range, so half a bit is added. */
static bool looks_worthwhile(const struct stoa_enc_input *input, double cycles)
{
    const struct stoa_column *column = input->column;
    const uint64_t *values = stoa_column_u64(column);
    const struct stoa_scale scale =
        stoa_scale_make(input->facts.scale == 0 ? 1 : input->facts.scale);
    unsigned width = 0;
    if (column->length < PIECES * (PIECE + 1))
        return false;
    for (uint32_t k = 0; k < PIECES; k++) {
        const uint32_t first =
            (uint32_t)((uint64_t)(column->length - PIECE - 1) * k / (PIECES - 1));
        width += piece_width(values + first, &scale);
    }
    return (double)width / PIECES + 0.5 + stoa_profile_kappa(input->profile) * cycles <
           input->limit;
}

/* ---- writing ---- */

/* The children's columns; both arrays are in `memory`. */
struct delta_parts {
    uint64_t *memory;
    struct stoa_column anchors;
    struct stoa_column differences;
};

static stoa_status make_parts(const struct stoa_column *column, struct delta_parts *out,
                              stoa_error *err)
{
    const uint32_t rows = column->length;
    const uint32_t anchors = anchor_count(rows);
    const uint64_t *values = stoa_column_u64(column);
    uint64_t *memory = stoa_alloc_array((size_t)rows + anchors, sizeof *memory);
    if (!memory)
        return stoa_fail_memory(err, ((size_t)rows + anchors) * sizeof *memory);
    uint64_t *differences = memory + anchors;
    for (uint32_t k = 0; k < anchors; k++)
        memory[k] = values[(size_t)k * SEGMENT];
    for (uint32_t i = 1; i < rows; i++)
        differences[i] = values[i] - values[i - 1];
    differences[0] = rows > 1 ? differences[1] : 0; /* [DELTA-3] */
    *out = (struct delta_parts){
        .memory = memory,
        .anchors = {.phys = column->phys,  .length = anchors, .values = memory     },
        .differences = {.phys = STOA_PHYS_I64, .length = rows,    .values = differences}
    };
    return STOA_OK;
}

static stoa_status estimate_parts(const struct stoa_enc_input *input,
                                  const struct delta_parts *parts,
                                  struct stoa_enc_estimate *out, stoa_error *err)
{
    struct stoa_enc_estimate anchors;
    struct stoa_enc_estimate differences;
    const struct stoa_enc_input anchor_input =
        stoa_enc_child_input(input, STOA_ENC_DELTA, CHILD_ANCHORS, &parts->anchors);
    const struct stoa_enc_input difference_input =
        stoa_enc_child_input(input, STOA_ENC_DELTA, CHILD_DIFFERENCES, &parts->differences);
    STOA_TRY(stoa_enc_estimate_best(&anchor_input, &anchors, err));
    STOA_TRY(stoa_enc_estimate_best(&difference_input, &differences, err));
    if (anchors.size == STOA_ENC_NEVER || differences.size == STOA_ENC_NEVER)
        return STOA_OK;
    out->size = STOA_NODE_HEADER_SIZE + anchors.size + differences.size;
    out->decode_cycles += differences.decode_cycles;
    return STOA_OK;
}

static stoa_status delta_estimate(const struct stoa_enc_input *input,
                                  struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    struct delta_parts parts;
    if (!looks_worthwhile(input, out_estimate->decode_cycles))
        return STOA_OK;
    STOA_TRY(make_parts(input->column, &parts, err));
    const stoa_status status = estimate_parts(input, &parts, out_estimate, err);
    stoa_free(parts.memory);
    return status;
}

static stoa_status append_parts(const struct stoa_enc_input *input,
                                const struct delta_parts *parts, struct stoa_buf *out,
                                stoa_error *err)
{
    const struct stoa_enc_input anchors =
        stoa_enc_child_input(input, STOA_ENC_DELTA, CHILD_ANCHORS, &parts->anchors);
    const struct stoa_enc_input differences =
        stoa_enc_child_input(input, STOA_ENC_DELTA, CHILD_DIFFERENCES, &parts->differences);
    STOA_TRY(stoa_enc_encode_best(&anchors, out, err));
    return stoa_enc_encode_best(&differences, out, err);
}

static stoa_status delta_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                                stoa_error *err)
{
    const struct stoa_column *column = input->column;
    struct delta_parts parts;
    size_t start = 0;
    STOA_TRY(
        stoa_node_begin(&stoa_enc_delta, column->phys, column->length, out, &start, err));
    STOA_TRY(make_parts(column, &parts, err));
    const stoa_status status = append_parts(input, &parts, out, err);
    stoa_free(parts.memory);
    STOA_TRY(status);
    return stoa_node_finish(out, start, err);
}

/* ---- reading ---- */

static stoa_status load_anchors(struct stoa_node *node, uint64_t *out, stoa_error *err)
{
    struct stoa_node *child = node->children[CHILD_ANCHORS];
    struct stoa_vector *anchors = NULL;
    STOA_TRY(stoa_node_scratch(child, &anchors, err));
    for (uint32_t v = 0; v < stoa_vector_count(child->count); v++) {
        STOA_TRY(stoa_node_decode(child, v, anchors, err));
        memcpy(out + (size_t)v * STOA_VECTOR_ROWS, anchors->values.u64,
               anchors->length * sizeof *out);
    }
    return STOA_OK;
}

static stoa_status delta_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    struct stoa_arena *arena = node->context->arena;
    const uint32_t count = anchor_count(node->count);
    STOA_TRY(stoa_node_check_flags(node, err));
    STOA_TRY(stoa_node_check_parameter(node, err));
    STOA_TRY(stoa_parts_child(&parts, CHILD_ANCHORS, node->phys, count, err));
    STOA_TRY(stoa_parts_child(&parts, CHILD_DIFFERENCES, STOA_PHYS_I64, node->count, err));
    STOA_TRY(stoa_parts_end(&parts, err));
    uint64_t *anchors = stoa_arena_alloc_zeroed(arena, count, sizeof *anchors);
    if (!anchors)
        return stoa_arena_fail(arena, count * sizeof *anchors, err);
    STOA_TRY(load_anchors(node, anchors, err));
    node->state = anchors;
    return STOA_OK;
}

/* [DELTA-1] [DELTA-2] Turns the differences into values in place. */
static stoa_status delta_decode(struct stoa_node *node, uint32_t vector,
                                struct stoa_vector *out, stoa_error *err)
{
    const uint64_t *anchors = (const uint64_t *)node->state + (size_t)vector * SEGMENTS;
    struct stoa_vector differences = *out; /* the same memory */
    differences.phys = STOA_PHYS_I64;
    STOA_TRY(
        stoa_node_decode(node->children[CHILD_DIFFERENCES], vector, &differences, err));
    out->length = differences.length;
    for (uint32_t first = 0; first < out->length; first += SEGMENT) {
        const uint32_t left = out->length - first;
        uint64_t *values = out->values.u64 + first;
        node->context->kernels->add_up(values, left < SEGMENT ? left : SEGMENT,
                                       anchors[first / SEGMENT] - values[0]);
    }
    return STOA_OK;
}

/* From the anchor before the row, as decoding does: damage shows the same values. */
static stoa_status delta_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                            stoa_error *err)
{
    const uint64_t *anchors = node->state;
    struct stoa_node *child = node->children[CHILD_DIFFERENCES];
    struct stoa_vector *differences = NULL;
    STOA_TRY(stoa_node_scratch(child, &differences, err));
    STOA_TRY(stoa_node_decode(child, row / STOA_VECTOR_ROWS, differences, err));
    const uint64_t *values =
        differences->values.u64 + row % STOA_VECTOR_ROWS / SEGMENT * SEGMENT;
    uint64_t sum = anchors[row / SEGMENT];
    for (uint32_t i = 1; i <= row % SEGMENT; i++)
        sum += values[i];
    *out = (struct stoa_value){.u64 = sum};
    return STOA_OK;
}

/* ---- selecting ---- */

/* The values that can lie in a segment: the anchor and up to 255 differences. False when they
 * might wrap around in the node's kind. */
static bool segment_bounds(const struct stoa_node *node, uint64_t anchor,
                           struct stoa_number_range differences,
                           struct stoa_number_range *out)
{
    const struct stoa_value value = {.u64 = anchor};
    const stoa_i128 number = stoa_value_number(node->phys, &value);
    const bool is_signed = node->phys == STOA_PHYS_I64;
    const stoa_i128 least = is_signed ? INT64_MIN : 0;
    const stoa_i128 most = is_signed ? INT64_MAX : (stoa_i128)UINT64_MAX;
    out->low = number + (differences.low < 0 ? (SEGMENT - 1) * differences.low : 0);
    out->high = number + (differences.high > 0 ? (SEGMENT - 1) * differences.high : 0);
    return out->low >= least && out->high <= most;
}

/* What a predicate without `negated` takes lies in here. */
static struct stoa_number_range wanted_numbers(const struct stoa_predicate *predicate)
{
    if (predicate->kind == STOA_PREDICATE_RANGE)
        return stoa_predicate_numbers(predicate);
    if (predicate->set_count == 0)
        return (struct stoa_number_range){.low = 1, .high = 0};
    return (struct stoa_number_range){
        .low = stoa_value_number(predicate->phys, &predicate->set[0]),
        .high =
            stoa_value_number(predicate->phys, &predicate->set[predicate->set_count - 1])};
}

/* Answers by the anchors and the bounds of the differences when they are enough for every
 * segment, as they are for most vectors of a column that grows; false when not. */
static bool select_by_anchors(struct stoa_node *node, uint32_t vector,
                              const struct stoa_predicate *predicate,
                              uint64_t out_bits[STOA_VECTOR_WORDS])
{
    const uint64_t *anchors = (const uint64_t *)node->state + (size_t)vector * SEGMENTS;
    const struct stoa_number_range wanted = wanted_numbers(predicate);
    const uint32_t length = stoa_vector_length(node->count, vector);
    struct stoa_number_range differences;
    if (!stoa_node_bounds(node->children[CHILD_DIFFERENCES], vector, &differences))
        return false;
    memset(out_bits, 0, STOA_VECTOR_WORDS * sizeof *out_bits);
    for (uint32_t first = 0; first < length; first += SEGMENT) {
        const uint32_t left = length - first;
        struct stoa_number_range have;
        if (!segment_bounds(node, anchors[first / SEGMENT], differences, &have))
            return false;
        if (wanted.low > wanted.high || wanted.low > have.high || wanted.high < have.low)
            continue;
        if (predicate->kind != STOA_PREDICATE_RANGE || wanted.low > have.low ||
            wanted.high < have.high)
            return false;
        stoa_bitmap_set_range(out_bits, first, left < SEGMENT ? left : SEGMENT);
    }
    if (predicate->negated)
        stoa_bits_negate(out_bits, length);
    return true;
}

static stoa_status delta_select(struct stoa_node *node, uint32_t vector,
                                const struct stoa_predicate *predicate,
                                struct stoa_vector *scratch,
                                uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const bool has_numbers =
        predicate->kind == STOA_PREDICATE_RANGE || predicate->kind == STOA_PREDICATE_SET;
    if (has_numbers && select_by_anchors(node, vector, predicate, out_bits))
        return STOA_OK;
    return stoa_node_select_decoded(node, vector, predicate, scratch, out_bits, err);
}

const struct stoa_encoding stoa_enc_delta = {
    .id = STOA_ENC_DELTA,
    .name = "delta",
    .spec = "spec/encodings/delta.md",
    .phys_mask = STOA_PHYS_BIT(STOA_PHYS_I64) | STOA_PHYS_BIT(STOA_PHYS_U64),
    .has_children = true,
    .decode_cycles = 1.0,
    .vector_worth = 3,
    .estimate = delta_estimate,
    .encode = delta_encode,
    .open = delta_open,
    .decode = delta_decode,
    .select = delta_select,
    .at = delta_at,
};
