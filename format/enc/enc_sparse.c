/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPARSE: one frequent value, and where the others are and what (spec/encodings/sparse.md).
 * Where is kept as gaps, which are small numbers; opening the node sums them into a bitmap of
 * the rows, so that every vector is found at once and a filter asks the frequent value once.
 */
#include <inttypes.h>

#include "common/alloc.h"
#include "format/enc/enc_expand.h"
#include "format/enc/enc_table.h"

enum { CHILD_TOP = 0, CHILD_GAPS = 1, CHILD_VALUES = 2 };

/* ---- the frequent value ---- */

enum {
    SAMPLES = 128,        /* rows, evenly spread */
    SAMPLE_MAJORITY = 80, /* of them that must hold one value before all rows are counted */
    MOST_OTHERS = 4,      /* one row in so many may hold another value.. */
    MOST_OTHERS_BOOL = 32 /* ..and among truth values, which cost a bit as they are */
};

/* A row whose value most of the sample has, if there is such a value (Boyer and Moore, "MJRTY: a
 * fast majority vote algorithm", 1981). */
static bool find_top(const struct stoa_column *column, uint32_t *out_row)
{
    uint32_t row = 0;
    uint32_t lead = 0;
    uint32_t votes = 0;
    const uint32_t samples = column->length < SAMPLES ? column->length : SAMPLES;
    for (uint32_t i = 0; i < samples; i++) {
        const uint32_t candidate = (uint32_t)((uint64_t)i * column->length / samples);
        if (lead == 0)
            row = candidate;
        if (stoa_column_rows_equal(column, row, candidate))
            lead++;
        else
            lead--;
    }
    for (uint32_t i = 0; i < samples; i++)
        votes += stoa_column_rows_equal(column, row,
                                        (uint32_t)((uint64_t)i * column->length / samples));
    *out_row = row;
    return (uint64_t)votes * SAMPLES >= (uint64_t)SAMPLE_MAJORITY * samples;
}

static uint32_t count_others(const struct stoa_column *column, uint32_t top)
{
    uint32_t others = 0;
    if (column->phys != STOA_PHYS_BOOL && stoa_phys_width(column->phys) == 8) {
        const uint64_t *values = stoa_column_u64(column);
        const uint64_t value = values[top];
        for (uint32_t i = 0; i < column->length; i++)
            others += values[i] != value;
        return others;
    }
    for (uint32_t i = 0; i < column->length; i++)
        others += !stoa_column_rows_equal(column, top, i);
    return others;
}

/* How many rows of a column that may be worth it hold another value; 0: not worth it. Each of
 * them makes two runs at most, which rules out most columns at once. */
static uint32_t count_exceptions(const struct stoa_enc_input *input, uint32_t *out_top)
{
    const struct stoa_column *column = input->column;
    const uint32_t share = column->phys == STOA_PHYS_BOOL ? MOST_OTHERS_BOOL : MOST_OTHERS;
    const uint32_t most = column->length / share;
    if (input->facts.run_count / 2 > most || !find_top(column, out_top))
        return 0;
    const uint32_t others = count_others(column, *out_top);
    return others <= most ? others : 0;
}

/* ---- writing ---- */

/* The children's columns. */
struct sparse_parts {
    uint32_t count;
    uint32_t *rows; /* of the other values */
    uint64_t *gaps;
    struct stoa_column gap_column;
    struct stoa_column_builder top;
    struct stoa_column_builder values;
};

/* [SPARSE-2] */
static void find_gaps(const struct stoa_column *column, uint32_t top,
                      struct sparse_parts *parts)
{
    uint32_t next = 0;
    uint32_t k = 0;
    for (uint32_t row = 0; row < column->length; row++) {
        if (stoa_column_rows_equal(column, top, row))
            continue;
        parts->rows[k] = row;
        parts->gaps[k++] = row - next;
        next = row + 1;
    }
}

static stoa_status parts_make(const struct stoa_enc_input *input, uint32_t top,
                              uint32_t count, struct sparse_parts *out, stoa_error *err)
{
    const struct stoa_column *column = input->column;
    out->count = count;
    out->rows = stoa_alloc_array(count, sizeof *out->rows);
    out->gaps = stoa_alloc_array(count, sizeof *out->gaps);
    stoa_column_builder_init(&out->top, column->phys);
    stoa_column_builder_init(&out->values, column->phys);
    if (!out->rows || !out->gaps)
        return stoa_fail_memory(err, count * sizeof *out->gaps);
    find_gaps(column, top, out);
    STOA_TRY(stoa_column_builder_gather(&out->top, column, &top, 1, err));
    STOA_TRY(stoa_column_builder_gather(&out->values, column, out->rows, count, err));
    out->gap_column =
        (struct stoa_column){.phys = STOA_PHYS_U64, .length = count, .values = out->gaps};
    return STOA_OK;
}

static void parts_done(struct sparse_parts *parts)
{
    stoa_free(parts->rows);
    stoa_free(parts->gaps);
    stoa_column_builder_done(&parts->top);
    stoa_column_builder_done(&parts->values);
}

static stoa_status estimate_child(const struct stoa_enc_input *input, unsigned slot,
                                  const struct stoa_column *column,
                                  struct stoa_enc_estimate *out, stoa_error *err)
{
    const struct stoa_enc_input child =
        stoa_enc_child_input(input, STOA_ENC_SPARSE, slot, column);
    return stoa_enc_estimate_best(&child, out, err);
}

/* Cycles a row with another value takes, beside decoding it. */
#define OTHER_CYCLES 4
/* Cycles that a row takes when it is a bit. */
#define BIT_CYCLES 0.05

static stoa_status estimate_parts(const struct stoa_enc_input *input,
                                  const struct sparse_parts *parts,
                                  struct stoa_enc_estimate *out, stoa_error *err)
{
    struct stoa_enc_estimate top;
    struct stoa_enc_estimate gaps;
    struct stoa_enc_estimate values;
    const struct stoa_column top_column = stoa_column_builder_view(&parts->top);
    const struct stoa_column value_column = stoa_column_builder_view(&parts->values);
    STOA_TRY(estimate_child(input, CHILD_TOP, &top_column, &top, err));
    STOA_TRY(estimate_child(input, CHILD_GAPS, &parts->gap_column, &gaps, err));
    STOA_TRY(estimate_child(input, CHILD_VALUES, &value_column, &values, err));
    if (top.size == STOA_ENC_NEVER || gaps.size == STOA_ENC_NEVER ||
        values.size == STOA_ENC_NEVER)
        return STOA_OK;
    out->size = STOA_NODE_HEADER_SIZE + top.size + gaps.size + values.size;
    if (input->column->phys == STOA_PHYS_BOOL)
        out->decode_cycles = BIT_CYCLES;
    out->decode_cycles += (gaps.decode_cycles + values.decode_cycles + OTHER_CYCLES) *
                          parts->count / input->column->length;
    return STOA_OK;
}

static stoa_status sparse_estimate(const struct stoa_enc_input *input,
                                   struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    uint32_t top = 0;
    const uint32_t count = count_exceptions(input, &top);
    if (count == 0)
        return STOA_OK;
    struct sparse_parts parts = {0};
    stoa_status status = parts_make(input, top, count, &parts, err);
    if (status == STOA_OK)
        status = estimate_parts(input, &parts, out_estimate, err);
    parts_done(&parts);
    return status;
}

static stoa_status append_child(const struct stoa_enc_input *input, unsigned slot,
                                const struct stoa_column *column, struct stoa_buf *out,
                                stoa_error *err)
{
    const struct stoa_enc_input child =
        stoa_enc_child_input(input, STOA_ENC_SPARSE, slot, column);
    return stoa_enc_encode_best(&child, out, err);
}

static stoa_status append_parts(const struct stoa_enc_input *input,
                                const struct sparse_parts *parts, struct stoa_buf *out,
                                stoa_error *err)
{
    const struct stoa_column top = stoa_column_builder_view(&parts->top);
    const struct stoa_column values = stoa_column_builder_view(&parts->values);
    STOA_TRY(append_child(input, CHILD_TOP, &top, out, err));
    STOA_TRY(append_child(input, CHILD_GAPS, &parts->gap_column, out, err));
    return append_child(input, CHILD_VALUES, &values, out, err);
}

static stoa_status sparse_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                                 stoa_error *err)
{
    const struct stoa_column *column = input->column;
    uint32_t top = 0;
    size_t start = 0;
    const uint32_t count = count_exceptions(input, &top);
    if (count == 0)
        return stoa_fail(err, STOA_E_INTERNAL,
                         "sparse: expected one frequent value and some others");
    STOA_TRY(
        stoa_node_begin(&stoa_enc_sparse, column->phys, column->length, out, &start, err));
    stoa_node_set_parameter(out, start, count);
    struct sparse_parts parts = {0};
    stoa_status status = parts_make(input, top, count, &parts, err);
    if (status == STOA_OK)
        status = append_parts(input, &parts, out, err);
    parts_done(&parts);
    STOA_TRY(status);
    return stoa_node_finish(out, start, err);
}

/* ---- opening ---- */

struct sparse_state {
    struct stoa_value top;
    struct stoa_expand expand;
};

static stoa_status load_top(struct stoa_node *node, struct stoa_value *out, stoa_error *err)
{
    struct stoa_node *child = node->children[CHILD_TOP];
    struct stoa_vector *vector = NULL;
    STOA_TRY(stoa_node_scratch(child, &vector, err));
    STOA_TRY(stoa_node_decode(child, 0, vector, err));
    *out = stoa_vector_get(vector, 0);
    return STOA_OK;
}

static stoa_status open_children(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    const uint32_t count = stoa_node_parameter(node);
    STOA_TRY(stoa_node_check_flags(node, err));
    if (count == 0 || count >= node->count) /* [SPARSE-1] */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "sparse node: expected 1 to %" PRIu32 " other values, found "
                         "%" PRIu32,
                         node->count - 1, count);
    STOA_TRY(stoa_parts_child(&parts, CHILD_TOP, node->phys, 1, err));
    STOA_TRY(stoa_parts_child(&parts, CHILD_GAPS, STOA_PHYS_U64, count, err));
    STOA_TRY(stoa_parts_child(&parts, CHILD_VALUES, node->phys, count, err));
    return stoa_parts_end(&parts, err);
}

static stoa_status sparse_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_arena *arena = node->context->arena;
    const size_t words = stoa_bitmap_words(node->count);
    STOA_TRY(open_children(node, depth, err));
    struct sparse_state *state = stoa_arena_alloc_zeroed(arena, 1, sizeof *state);
    uint64_t *bits = stoa_arena_alloc_zeroed(arena, words, sizeof *bits);
    if (!state || !bits)
        return stoa_arena_fail(arena, words * sizeof *bits, err);
    STOA_TRY(load_top(node, &state->top, err));
    STOA_TRY(
        stoa_expand_gaps(node, node->children[CHILD_GAPS], bits, err)); /* [SPARSE-2] */
    STOA_TRY(stoa_expand_open(node->children[CHILD_VALUES], (const uint8_t *)bits,
                              node->count, &state->expand, err));
    node->state = state;
    return STOA_OK;
}

/* ---- reading ---- */

/* [SPARSE-3] */
static stoa_status sparse_decode(struct stoa_node *node, uint32_t vector,
                                 struct stoa_vector *out, stoa_error *err)
{
    struct sparse_state *state = node->state;
    return stoa_expand_decode(&state->expand, vector, &state->top, out, err);
}

static stoa_status sparse_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                             stoa_error *err)
{
    struct sparse_state *state = node->state;
    return stoa_expand_at(&state->expand, row, &state->top, out, err);
}

/* A number above 32 bits may be another vector's, in the same vector of the child. */
static stoa_status sparse_narrow(struct stoa_node *node, uint32_t vector, uint32_t *out,
                                 stoa_error *err)
{
    struct sparse_state *state = node->state;
    stoa_status status = STOA_E_CORRUPT;
    if (state->top.u64 <= UINT32_MAX)
        status =
            stoa_expand_narrow(&state->expand, vector, (uint32_t)state->top.u64, out, err);
    return status == STOA_E_CORRUPT ? stoa_node_narrow_decoded(node, vector, out, err)
                                    : status;
}

static stoa_status sparse_select(struct stoa_node *node, uint32_t vector,
                                 const struct stoa_predicate *predicate,
                                 struct stoa_vector *scratch,
                                 uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    STOA_UNUSED(scratch);
    struct sparse_state *state = node->state;
    uint64_t others[STOA_VECTOR_WORDS];
    uint64_t all[STOA_VECTOR_WORDS];
    STOA_TRY(stoa_expand_select(&state->expand, vector, predicate, out_bits, others, err));
    if (!stoa_predicate_match(predicate, &state->top))
        return STOA_OK;
    stoa_bits_set_all(all, stoa_vector_length(node->count, vector), true);
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++)
        out_bits[word] |= all[word] & ~others[word];
    return STOA_OK;
}

static stoa_status sparse_sum(struct stoa_node *node, uint32_t first, uint32_t count,
                              stoa_i128 *sum, stoa_error *err)
{
    struct sparse_state *state = node->state;
    uint32_t others = 0;
    STOA_TRY(stoa_expand_sum(&state->expand, first, count, &others, sum, err));
    *sum += stoa_value_number(node->phys, &state->top) * (count - others);
    return STOA_OK;
}

static stoa_status sparse_extremes(struct stoa_node *node, uint32_t first, uint32_t count,
                                   struct stoa_number_range *range, stoa_error *err)
{
    struct sparse_state *state = node->state;
    const stoa_i128 top = stoa_value_number(node->phys, &state->top);
    uint32_t others = 0;
    STOA_TRY(stoa_expand_extremes(&state->expand, first, count, &others, range, err));
    if (others < count)
        stoa_range_widen(range, top, top);
    return STOA_OK;
}

static stoa_status sparse_describe(const struct stoa_node *node, struct stoa_buf *out,
                                   stoa_error *err)
{
    return stoa_buf_printf(out, err, " %" PRIu32 " others", stoa_node_parameter(node));
}

const struct stoa_encoding stoa_enc_sparse = {
    .id = STOA_ENC_SPARSE,
    .name = "sparse",
    .spec = "spec/encodings/sparse.md",
    .phys_mask =
        STOA_PHYS_FIXED | STOA_PHYS_BIT(STOA_PHYS_BOOL) | STOA_PHYS_BIT(STOA_PHYS_BYTES),
    .has_children = true,
    .decode_cycles = 0.4,
    .vector_worth = 16,
    .estimate = sparse_estimate,
    .encode = sparse_encode,
    .open = sparse_open,
    .decode = sparse_decode,
    .select = sparse_select,
    .narrow = sparse_narrow,
    .at = sparse_at,
    .sum = sparse_sum,
    .extremes = sparse_extremes,
    .describe = sparse_describe,
};
