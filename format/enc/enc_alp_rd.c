/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ALP-RD (spec/encodings/alp-rd.md), for doubles that are no decimals: sign, exponent and the top
 * of the mantissa take few values and become codes into a dictionary of eight; the bits to
 * the right of them stay as they are. See enc_alp.h for the paper (section 3.4 there).
 */
#include <inttypes.h>
#include <math.h>

#include "common/alloc.h"
#include "format/enc/enc_alp.h"
#include "format/enc/enc_table.h"

enum {
    CHILD_CODES = 0,
    CHILD_RIGHTS = 1,
    ENTRIES_MAX = 8,
    LEFT_MAX = 16, /* bits */
    RIGHT_MIN = 64 - LEFT_MAX,
    RIGHT_MAX = 63,
    VALUE_SIZE = 2,
    EXCEPTION_BITS = 32, /* position and left part */
    SAMPLE = STOA_ALP_SAMPLE_VECTORS * STOA_ALP_SAMPLE_VALUES
};

/* ---- choosing where to cut ---- */

/* A place to cut, and what it would cost. */
struct cut {
    unsigned right_bits;
    unsigned code_bits;
    double exceptions; /* share of the values */
};

static double cost_of_cut(const struct cut *cut)
{
    return cut->right_bits + cut->code_bits + cut->exceptions * EXCEPTION_BITS;
}

/* Evenly spread values' left 16 bits, ascending; returns how many. */
static uint32_t sample_lefts(const struct stoa_column *column, uint16_t out[SAMPLE])
{
    const uint64_t *values = stoa_column_u64(column);
    const uint32_t count = column->length < SAMPLE ? column->length : SAMPLE;
    for (uint32_t i = 0; i < count; i++) {
        const size_t row = (size_t)((uint64_t)i * column->length / count);
        const uint16_t left = (uint16_t)(values[row] >> RIGHT_MIN);
        uint32_t at = i;
        for (; at > 0 && out[at - 1] > left; at--)
            out[at] = out[at - 1];
        out[at] = left;
    }
    return count;
}

/* How many of the ascending lefts, cut to `bits`, the ENTRIES_MAX most frequent ones cover. */
static uint32_t count_covered(const uint16_t *lefts, uint32_t count, unsigned bits,
                              uint32_t *out_entries)
{
    uint32_t most[ENTRIES_MAX] = {0}; /* descending */
    uint32_t covered = 0;
    const unsigned shift = LEFT_MAX - bits;
    *out_entries = 0;
    for (uint32_t first = 0; first < count;) {
        uint32_t end = first + 1;
        while (end < count && lefts[end] >> shift == lefts[first] >> shift)
            end++;
        uint32_t size = end - first;
        for (uint32_t k = 0; k < ENTRIES_MAX; k++) {
            const uint32_t smaller = most[k] < size ? most[k] : size;
            most[k] = most[k] < size ? size : most[k];
            size = smaller;
        }
        first = end;
    }
    for (uint32_t k = 0; k < ENTRIES_MAX; k++) {
        covered += most[k];
        *out_entries += most[k] > 0;
    }
    return covered;
}

/* The cheapest cut by a sample; of equal ones the one with the fewest bits on the left. */
static struct cut find_cut(const struct stoa_column *column)
{
    uint16_t lefts[SAMPLE];
    struct cut best = {0};
    const uint32_t count = sample_lefts(column, lefts);
    for (unsigned bits = 1; bits <= LEFT_MAX; bits++) {
        uint32_t entries = 0;
        const uint32_t covered = count_covered(lefts, count, bits, &entries);
        const struct cut cut = {.right_bits = 64 - bits,
                                .code_bits = stoa_bit_width(entries - 1),
                                .exceptions = (double)(count - covered) / count};
        if (bits == 1 || cost_of_cut(&cut) < cost_of_cut(&best))
            best = cut;
    }
    return best;
}

/* ---- writing ---- */

/* The most frequent left parts of all values, descending; of equal ones the lower first. */
struct lefts {
    uint32_t count;
    uint16_t left[ENTRIES_MAX];
    uint32_t seen[ENTRIES_MAX];
};

static void find_lefts(const struct stoa_column *column, unsigned right_bits,
                       uint32_t *histogram, struct lefts *out)
{
    const uint64_t *values = stoa_column_u64(column);
    *out = (struct lefts){0};
    for (uint32_t i = 0; i < column->length; i++)
        histogram[values[i] >> right_bits]++;
    for (uint32_t left = 0; left < UINT32_C(1) << (64 - right_bits); left++) {
        uint32_t at = out->count;
        if (histogram[left] == 0 ||
            (at == ENTRIES_MAX && histogram[left] <= out->seen[at - 1]))
            continue;
        at = at < ENTRIES_MAX ? at : ENTRIES_MAX - 1;
        for (; at > 0 && histogram[left] > out->seen[at - 1]; at--) {
            out->left[at] = out->left[at - 1];
            out->seen[at] = out->seen[at - 1];
        }
        out->left[at] = (uint16_t)left;
        out->seen[at] = histogram[left];
        out->count += out->count < ENTRIES_MAX;
    }
}

/* A node being written; `found` has room for all rows. */
struct rd_writer {
    const struct stoa_column *column;
    unsigned right_bits;
    struct lefts lefts;
    uint32_t *table; /* of 65,536: left part to code + 1, 0 for those without */
    uint64_t *codes;
    uint64_t *rights;
    struct stoa_alp_found found;
};

static stoa_status writer_init(struct rd_writer *writer, const struct stoa_column *column,
                               stoa_error *err)
{
    const size_t rows = column->length;
    *writer = (struct rd_writer){
        .column = column,
        .table = stoa_alloc_zeroed((size_t)1 << LEFT_MAX, sizeof *writer->table),
        .codes = stoa_alloc_array(rows, sizeof *writer->codes),
        .rights = stoa_alloc_array(rows, sizeof *writer->rights),
        .found = {.positions = stoa_alloc_array(rows, sizeof(uint16_t)),
                  .values = stoa_alloc_array(rows, sizeof(uint64_t)),
                  .counts = stoa_alloc_zeroed(stoa_vector_count(column->length),
                  sizeof(uint16_t))}
    };
    if (!writer->table || !writer->codes || !writer->rights || !writer->found.positions ||
        !writer->found.values || !writer->found.counts)
        return stoa_fail_memory(err, rows * sizeof *writer->rights);
    return STOA_OK;
}

static void writer_done(struct rd_writer *writer)
{
    stoa_free(writer->table);
    stoa_free(writer->codes);
    stoa_free(writer->rights);
    stoa_free(writer->found.positions);
    stoa_free(writer->found.values);
    stoa_free(writer->found.counts);
}

/* [RD-1] [RD-2] */
static void split(struct rd_writer *writer)
{
    const uint64_t *values = stoa_column_u64(writer->column);
    const unsigned right_bits = writer->right_bits;
    const uint64_t mask = stoa_low_mask(right_bits);
    struct stoa_alp_found *found = &writer->found;
    memset(writer->table, 0, ((size_t)1 << LEFT_MAX) * sizeof *writer->table);
    for (uint32_t k = 0; k < writer->lefts.count; k++)
        writer->table[writer->lefts.left[k]] = k + 1;
    for (uint32_t i = 0; i < writer->column->length; i++) {
        const uint64_t left = values[i] >> right_bits;
        const uint32_t code = writer->table[left];
        writer->rights[i] = values[i] & mask;
        writer->codes[i] = code > 0 ? code - 1 : 0;
        if (code > 0)
            continue;
        found->counts[i / STOA_VECTOR_ROWS]++;
        found->positions[found->count] = (uint16_t)(i % STOA_VECTOR_ROWS);
        found->values[found->count++] = left;
    }
}

static stoa_status append_child(const struct stoa_enc_input *input, unsigned slot,
                                uint64_t *values, struct stoa_buf *out, stoa_error *err)
{
    const struct stoa_column column = {
        .phys = STOA_PHYS_U64, .length = input->column->length, .values = values};
    const struct stoa_enc_input child =
        stoa_enc_child_input(input, STOA_ENC_ALP_RD, slot, &column);
    return stoa_enc_encode_best(&child, out, err);
}

static stoa_status append_node(const struct stoa_enc_input *input,
                               const struct rd_writer *writer, struct stoa_buf *out,
                               stoa_error *err)
{
    const uint32_t count = writer->column->length;
    size_t start = 0;
    STOA_TRY(stoa_node_begin(&stoa_enc_alp_rd, STOA_PHYS_F64, count, out, &start, err));
    stoa_node_set_flags(out, start, (uint8_t)writer->right_bits,
                        (uint8_t)writer->lefts.count);
    stoa_node_set_parameter(out, start, writer->found.count);
    for (uint32_t k = 0; k < writer->lefts.count; k++)
        STOA_TRY(stoa_buf_append_le16(out, writer->lefts.left[k], err));
    STOA_TRY(stoa_buf_append_zeros(out, -(out->size - start) & 7, err));
    STOA_TRY(stoa_alp_append_exceptions(&writer->found, stoa_vector_count(count),
                                        VALUE_SIZE, start, out, err));
    STOA_TRY(append_child(input, CHILD_CODES, writer->codes, out, err));
    STOA_TRY(append_child(input, CHILD_RIGHTS, writer->rights, out, err));
    return stoa_node_finish(out, start, err);
}

stoa_status stoa_alp_rd_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                               stoa_error *err)
{
    struct rd_writer writer;
    stoa_status status = STOA_OK;
    STOA_TRY_CLEANUP(writer_init(&writer, input->column, err));
    writer.right_bits = find_cut(input->column).right_bits;
    find_lefts(input->column, writer.right_bits, writer.table, &writer.lefts);
    split(&writer);
    STOA_TRY_CLEANUP(append_node(input, &writer, out, err));
cleanup:
    writer_done(&writer);
    return status;
}

/* By the sample alone: both children are taken to be packed. */
stoa_status stoa_alp_rd_estimate(const struct stoa_enc_input *input,
                                 struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    STOA_UNUSED(err);
    const uint32_t count = input->column->length;
    const uint32_t vectors = stoa_vector_count(count);
    if (input->limit <= RIGHT_MIN)
        return STOA_OK;
    const struct cut cut = find_cut(input->column);
    const uint64_t exceptions = (uint64_t)(cut.exceptions * count);
    const uint64_t packed = ((uint64_t)(cut.right_bits + cut.code_bits) * count + 7) / 8;
    out_estimate->size = STOA_NODE_HEADER_SIZE + 16 + packed +
                         UINT64_C(2) * (40 + vectors) +
                         stoa_alp_exceptions_size(exceptions, vectors, VALUE_SIZE);
    return STOA_OK;
}

/* ---- opening ---- */

struct rd_state {
    unsigned right_bits;
    uint32_t entries;
    uint64_t lefts[ENTRIES_MAX]; /* in their place */
    struct stoa_alp_exceptions exceptions;
    uint32_t *codes; /* scratch of 1,024 */
};

static stoa_status open_dictionary(struct stoa_parts *parts, struct rd_state *state,
                                   stoa_error *err)
{
    const struct stoa_node *node = parts->node;
    const uint8_t *lefts = NULL;
    state->right_bits = stoa_node_flags_a(node);
    state->entries = stoa_node_flags_b(node);
    if (state->right_bits < RIGHT_MIN || state->right_bits > RIGHT_MAX) /* [RD-1] */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "alp-rd node: expected right parts of %d to %d bits, found %u",
                         RIGHT_MIN, RIGHT_MAX, state->right_bits);
    if (state->entries == 0 || state->entries > ENTRIES_MAX)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "alp-rd node: expected 1 to %d left parts, found %" PRIu32,
                         ENTRIES_MAX, state->entries);
    STOA_TRY(
        stoa_parts_take(parts, UINT64_C(2) * state->entries, "left parts", &lefts, err));
    for (uint32_t k = 0; k < state->entries; k++) {
        const uint64_t left = stoa_load_le16(lefts + (size_t)k * 2);
        if (left >> (64 - state->right_bits) != 0)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "alp-rd node: expected left parts of %u bits, found %" PRIu64,
                             64 - state->right_bits, left);
        state->lefts[k] = left << state->right_bits;
    }
    return stoa_parts_align(parts, err);
}

/* [RD-2] Their left parts must fit, as those of the dictionary. */
static stoa_status check_exceptions(const struct stoa_node *node,
                                    const struct rd_state *state, stoa_error *err)
{
    for (uint32_t i = 0; i < stoa_node_parameter(node); i++) {
        const uint32_t left = stoa_load_le16(state->exceptions.values + (size_t)i * 2);
        if (left >> (64 - state->right_bits) != 0)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "alp-rd node: expected left parts of %u bits, found %" PRIu32,
                             64 - state->right_bits, left);
    }
    return STOA_OK;
}

static stoa_status rd_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    struct stoa_arena *arena = node->context->arena;
    struct rd_state *state = stoa_arena_alloc_zeroed(arena, 1, sizeof *state);
    uint32_t *codes = stoa_arena_alloc_zeroed(arena, STOA_VECTOR_ROWS, sizeof *codes);
    if (!state || !codes)
        return stoa_arena_fail(arena, STOA_VECTOR_ROWS * sizeof *codes, err);
    state->codes = codes;
    STOA_TRY(open_dictionary(&parts, state, err));
    STOA_TRY(stoa_alp_open_exceptions(&parts, VALUE_SIZE, &state->exceptions, err));
    STOA_TRY(check_exceptions(node, state, err));
    STOA_TRY(stoa_parts_child(&parts, CHILD_CODES, STOA_PHYS_U64, node->count, err));
    STOA_TRY(stoa_parts_child(&parts, CHILD_RIGHTS, STOA_PHYS_U64, node->count, err));
    STOA_TRY(stoa_parts_end(&parts, err));
    node->state = state;
    return STOA_OK;
}

/* ---- decoding ---- */

/* [RD-3] Whether all codes have a left part and all right parts fit. */
static bool is_within(const struct rd_state *state, const uint64_t *rights, uint32_t count)
{
    uint64_t any = 0;
    for (uint32_t i = 0; i < count; i++)
        any |= rights[i];
    return any >> state->right_bits == 0 &&
           stoa_codes_are_below(state->codes, count, state->entries);
}

/* [RD-1] */
static void join(const struct rd_state *state, uint64_t *values, uint32_t count)
{
    const uint32_t *codes = state->codes;
    for (uint32_t i = 0; i < count; i++)
        values[i] |= state->lefts[codes[i]];
}

static stoa_status rd_decode(struct stoa_node *node, uint32_t vector,
                             struct stoa_vector *out, stoa_error *err)
{
    const struct rd_state *state = node->state;
    const struct stoa_alp_exceptions *exceptions = &state->exceptions;
    struct stoa_vector rights = *out; /* the same memory */
    rights.phys = STOA_PHYS_U64;
    STOA_TRY(stoa_node_narrow(node->children[CHILD_CODES], vector, state->codes, err));
    STOA_TRY(stoa_node_decode(node->children[CHILD_RIGHTS], vector, &rights, err));
    if (!is_within(state, out->values.u64, rights.length))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "alp-rd node: expected codes below %" PRIu32
                         " and right parts of %u bits, found others in vector %" PRIu32,
                         state->entries, state->right_bits, vector);
    join(state, out->values.u64, rights.length);
    const uint32_t count = stoa_alp_exception_count(exceptions, vector);
    for (uint32_t k = 0; k < count; k++) {
        const size_t i = exceptions->at[vector] + k;
        uint64_t *value = out->values.u64 + stoa_load_le16(exceptions->positions + i * 2);
        const uint64_t left = stoa_load_le16(exceptions->values + i * 2);
        *value = (*value & stoa_low_mask(state->right_bits)) | left << state->right_bits;
    }
    out->length = rights.length;
    return STOA_OK;
}

static stoa_status rd_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                         stoa_error *err)
{
    const struct rd_state *state = node->state;
    const struct stoa_alp_exceptions *exceptions = &state->exceptions;
    const uint32_t vector = row / STOA_VECTOR_ROWS;
    struct stoa_value code;
    struct stoa_value right;
    size_t exception = 0;
    STOA_TRY(stoa_node_at(node->children[CHILD_CODES], row, &code, err));
    STOA_TRY(stoa_node_at(node->children[CHILD_RIGHTS], row, &right, err));
    if (code.u64 >= state->entries || right.u64 >> state->right_bits != 0) /* [RD-3] */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "alp-rd node: expected codes below %" PRIu32
                         " and right parts of %u bits, found others in vector %" PRIu32,
                         state->entries, state->right_bits, vector);
    uint64_t left = state->lefts[code.u64];
    if (stoa_alp_exception_find(exceptions, vector, row % STOA_VECTOR_ROWS, &exception))
        left = (uint64_t)stoa_load_le16(exceptions->values + exception * VALUE_SIZE)
               << state->right_bits;
    *out = (struct stoa_value){.u64 = left | right.u64};
    return STOA_OK;
}

static stoa_status rd_describe(const struct stoa_node *node, struct stoa_buf *out,
                               stoa_error *err)
{
    const struct rd_state *state = node->state;
    STOA_TRY(stoa_buf_printf(out, err, " %" PRIu32 " left parts, %u bits right",
                             state->entries, state->right_bits));
    if (stoa_node_parameter(node) > 0)
        STOA_TRY(stoa_buf_printf(out, err, ", %" PRIu32 " exceptions",
                                 stoa_node_parameter(node)));
    return STOA_OK;
}

const struct stoa_encoding stoa_enc_alp_rd = {
    .id = STOA_ENC_ALP_RD,
    .name = "alp-rd",
    .spec = "spec/encodings/alp-rd.md",
    .phys_mask = STOA_PHYS_BIT(STOA_PHYS_F64),
    .has_children = true,
    .decode_cycles = 4.2, /* with its children */
    .vector_worth = 32,
    .estimate = stoa_alp_rd_estimate,
    .encode = stoa_alp_rd_encode,
    .open = rd_open,
    .decode = rd_decode,
    .at = rd_at,
    .describe = rd_describe,
};
