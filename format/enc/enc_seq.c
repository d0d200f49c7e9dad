/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SEQ: an arithmetic progression in 32 bytes (spec/encodings/seq.md): row numbers, surrogate keys,
 * readings on the beat. Decoding is a multiplication a value; a filter is arithmetic on the
 * ends of a range and touches no row.
 */
#include <inttypes.h>

#include "common/bitmap.h"
#include "format/enc/enc_parts.h"
#include "format/enc/enc_table.h"

struct seq_state {
    uint64_t base;
    uint64_t step;
    uint16_t *rows; /* 0 .. 1,023, to multiply by the step; reading only */
};

enum { SEQ_BODY_SIZE = 16 };

/* ---- writing ---- */

/* [SEQ-1] modulo 2^64. Two looks tell most columns that they are no progression. */
static bool find_sequence(const struct stoa_column *column, struct seq_state *out)
{
    const uint64_t *values = stoa_column_u64(column);
    const uint32_t count = column->length;
    const uint64_t base = values[0];
    const uint64_t step = count > 1 ? values[1] - base : 0;
    if (values[count - 1] != base + step * (count - 1))
        return false;
    uint64_t expected = base;
    for (uint32_t i = 0; i < count; i++, expected += step) {
        if (values[i] != expected)
            return false;
    }
    *out = (struct seq_state){.base = base, .step = step};
    return true;
}

static stoa_status seq_estimate(const struct stoa_enc_input *input,
                                struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    struct seq_state sequence;
    STOA_UNUSED(err);
    if (find_sequence(input->column, &sequence))
        out_estimate->size = STOA_NODE_HEADER_SIZE + SEQ_BODY_SIZE;
    return STOA_OK;
}

static stoa_status seq_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                              stoa_error *err)
{
    const struct stoa_column *column = input->column;
    struct seq_state sequence;
    size_t start = 0;
    if (!find_sequence(column, &sequence))
        return stoa_fail(err, STOA_E_INTERNAL,
                         "seq: expected an arithmetic progression, found other values");
    STOA_TRY(
        stoa_node_begin(&stoa_enc_seq, column->phys, column->length, out, &start, err));
    STOA_TRY(stoa_buf_append_le64(out, sequence.base, err));
    STOA_TRY(stoa_buf_append_le64(out, sequence.step, err));
    return stoa_node_finish(out, start, err);
}

/* ---- reading ---- */

static stoa_status seq_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    const uint8_t *body = NULL;
    STOA_TRY(stoa_node_check_flags(node, err));
    STOA_TRY(stoa_node_check_parameter(node, err));
    STOA_TRY(stoa_parts_take(&parts, SEQ_BODY_SIZE, "base and step", &body, err));
    STOA_TRY(stoa_parts_end(&parts, err));
    struct seq_state *state =
        stoa_arena_alloc_zeroed(node->context->arena, 1, sizeof *state);
    if (!state)
        return stoa_arena_fail(node->context->arena, sizeof *state, err);
    state->base = stoa_load_le64(body);
    state->step = stoa_load_le64(body + 8);
    state->rows =
        stoa_arena_alloc(node->context->arena, STOA_VECTOR_ROWS * sizeof *state->rows);
    if (!state->rows)
        return stoa_arena_fail(node->context->arena, STOA_VECTOR_ROWS * sizeof *state->rows,
                               err);
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++)
        state->rows[i] = (uint16_t)i;
    node->state = state;
    return STOA_OK;
}

static uint64_t first_value(const struct stoa_node *node, uint32_t vector)
{
    const struct seq_state *state = node->state;
    return state->base + state->step * ((uint64_t)vector * STOA_VECTOR_ROWS);
}

static stoa_status seq_decode(struct stoa_node *node, uint32_t vector,
                              struct stoa_vector *out, stoa_error *err)
{
    STOA_UNUSED(err);
    const struct seq_state *state = node->state;
    out->length = stoa_vector_length(node->count, vector);
    node->context->kernels->widen(16, state->rows, out->length, first_value(node, vector),
                                  state->step, out->values.u64);
    return STOA_OK;
}

static stoa_status seq_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                          stoa_error *err)
{
    STOA_UNUSED(err);
    const struct seq_state *state = node->state;
    *out = (struct stoa_value){.u64 = state->base + state->step * row};
    return STOA_OK;
}

/* ---- selecting ---- */

/* The vector's values as numbers: first + step x row, without wrapping around. */
struct line {
    stoa_i128 first;
    stoa_i128 step; /* not 0 */
    uint32_t length;
};

/* False when the values wrap around within the vector, or all are one. */
static bool find_line(const struct stoa_node *node, uint32_t vector, struct line *out)
{
    const struct seq_state *state = node->state;
    const struct stoa_value first = {.u64 = first_value(node, vector)};
    const struct line line = {.first = stoa_value_number(node->phys, &first),
                              .step = (int64_t)state->step,
                              .length = stoa_vector_length(node->count, vector)};
    const struct stoa_value last = {.u64 = first.u64 + state->step * (line.length - 1)};
    *out = line;
    return line.step != 0 && stoa_value_number(node->phys, &last) ==
                                 line.first + line.step * (line.length - 1);
}

static stoa_i128 divide_down(stoa_i128 a, stoa_i128 b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Sets the rows whose value lies in the range: those between the rows where the line crosses its
 * ends. A range of 64-bit numbers keeps all of it within 2^67. */
static void set_range(const struct line *line, struct stoa_number_range range,
                      uint64_t bits[STOA_VECTOR_WORDS])
{
    if (range.low > range.high)
        return;
    const stoa_i128 near = (line->step > 0 ? range.low : range.high) - line->first;
    const stoa_i128 far = (line->step > 0 ? range.high : range.low) - line->first;
    stoa_i128 from = -divide_down(-near, line->step); /* rounded up */
    stoa_i128 to = divide_down(far, line->step);
    if (from < 0)
        from = 0;
    if (to > line->length - 1)
        to = line->length - 1;
    if (from <= to)
        stoa_bitmap_set_range(bits, (size_t)from, (size_t)(to - from) + 1);
}

/* Above so many members decoding once is cheaper than so many divisions. */
enum { SET_MEMBERS = 32 };

static stoa_status seq_select(struct stoa_node *node, uint32_t vector,
                              const struct stoa_predicate *predicate,
                              struct stoa_vector *scratch,
                              uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const bool is_range = predicate->kind == STOA_PREDICATE_RANGE;
    const bool is_set =
        predicate->kind == STOA_PREDICATE_SET && predicate->set_count <= SET_MEMBERS;
    struct line line;
    if ((!is_range && !is_set) || !find_line(node, vector, &line))
        return stoa_node_select_decoded(node, vector, predicate, scratch, out_bits, err);
    memset(out_bits, 0, STOA_VECTOR_WORDS * sizeof *out_bits);
    if (is_range)
        set_range(&line, stoa_predicate_numbers(predicate), out_bits);
    for (size_t i = 0; is_set && i < predicate->set_count; i++) {
        const stoa_i128 member = stoa_value_number(node->phys, &predicate->set[i]);
        set_range(&line, (struct stoa_number_range){.low = member, .high = member},
                  out_bits);
    }
    if (predicate->negated)
        stoa_bits_negate(out_bits, line.length);
    return STOA_OK;
}

/* ---- summing ---- */

/* Wraps around at most once per 2^64 / |step| rows: rows where it does are decoded. */
static stoa_status seq_sum(struct stoa_node *node, uint32_t first, uint32_t count,
                           stoa_i128 *sum, stoa_error *err)
{
    const struct seq_state *state = node->state;
    if (count == 0)
        return STOA_OK;
    const stoa_i128 step = (int64_t)state->step;
    const struct stoa_value from = {.u64 = state->base + state->step * first};
    const struct stoa_value to = {.u64 = from.u64 + state->step * (count - 1)};
    const stoa_i128 low = stoa_value_number(node->phys, &from);
    if (stoa_value_number(node->phys, &to) != low + step * (count - 1))
        return stoa_node_sum_decoded(node, first, count, sum, err);
    *sum += low * count + step * ((stoa_i128)count * (count - 1) / 2);
    return STOA_OK;
}

static stoa_status seq_describe(const struct stoa_node *node, struct stoa_buf *out,
                                stoa_error *err)
{
    const struct seq_state *state = node->state;
    return stoa_buf_printf(out, err, " by %" PRId64, (int64_t)state->step);
}

/* The two ends, unless what lies between wraps around. */
static stoa_status seq_extremes(struct stoa_node *node, uint32_t first, uint32_t count,
                                struct stoa_number_range *range, stoa_error *err)
{
    const struct seq_state *state = node->state;
    const struct stoa_value from = {.u64 = state->base + state->step * first};
    const struct stoa_value to = {.u64 = from.u64 + state->step * (count - 1)};
    const stoa_i128 begin = stoa_value_number(node->phys, &from);
    const stoa_i128 end = stoa_value_number(node->phys, &to);
    if (end != begin + (stoa_i128)(int64_t)state->step * (count - 1))
        return stoa_node_extremes_decoded(node, first, count, range, err);
    stoa_range_widen(range, begin < end ? begin : end, begin < end ? end : begin);
    return STOA_OK;
}

const struct stoa_encoding stoa_enc_seq = {
    .id = STOA_ENC_SEQ,
    .name = "seq",
    .spec = "spec/encodings/seq.md",
    .phys_mask = STOA_PHYS_BIT(STOA_PHYS_I64) | STOA_PHYS_BIT(STOA_PHYS_U64),
    .decode_cycles = 0.3,
    .vector_worth = 32,
    .estimate = seq_estimate,
    .encode = seq_encode,
    .open = seq_open,
    .decode = seq_decode,
    .select = seq_select,
    .at = seq_at,
    .sum = seq_sum,
    .extremes = seq_extremes,
    .describe = seq_describe,
};
