/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STR: lengths and a heap (spec/encodings/str.md). Decoding gives views into the heap and
 * copies nothing; only the frames a vector touches are decompressed. Where each vector starts is
 * kept, so that one vector can be read without the lengths before it.
 */
#include <inttypes.h>

#include "common/alloc.h"
#include "format/enc/enc_table.h"
#include "format/enc/stream.h"
#include "format/text.h"

enum { CHILD_LENGTHS = 0 };

/* ---- writing ---- */

/* Text that will be compressed, guessed where guessing is enough: real text lies between 20 and 60
 * hundredths. */
#define GUESSED_SHARE 0.4

enum { SAMPLE_BYTES = 32768 };

static stoa_status make_lengths(const struct stoa_column *column, uint64_t **out_lengths,
                                struct stoa_column *out_column, stoa_error *err)
{
    uint64_t *lengths = stoa_alloc_array(column->length, sizeof *lengths);
    if (!lengths)
        return stoa_fail_memory(err, column->length * sizeof *lengths);
    for (uint32_t i = 0; i < column->length; i++)
        lengths[i] = column->offsets[i + 1] - column->offsets[i];
    *out_lengths = lengths;
    *out_column = (struct stoa_column){
        .phys = STOA_PHYS_U64, .length = column->length, .values = lengths};
    return STOA_OK;
}

static uint64_t starts_size(uint32_t count)
{
    return stoa_align_up(UINT64_C(4) * (stoa_vector_count(count) - 1), 8);
}

static stoa_status estimate_lengths(const struct stoa_enc_input *input,
                                    struct stoa_enc_estimate *out, stoa_error *err)
{
    uint64_t *lengths = NULL;
    struct stoa_column column;
    STOA_TRY(make_lengths(input->column, &lengths, &column, err));
    const struct stoa_enc_input child =
        stoa_enc_child_input(input, STOA_ENC_STR, CHILD_LENGTHS, &column);
    const stoa_status status = stoa_enc_estimate_best(&child, out, err);
    stoa_free(lengths);
    return status;
}

/* The least that the codec has been seen to leave of text. */
#define LEAST_SHARE 0.02

/* Whether the text alone takes more than the limit, compressed or not: no sample is needed then. */
static bool is_hopeless(const struct stoa_enc_input *input,
                        const struct stoa_stream_choice *choice)
{
    const double text = (double)input->facts.text_bytes / input->column->length;
    const double compressed =
        LEAST_SHARE * 8 + stoa_profile_kappa(input->profile) * choice->codec->decode_cycles;
    return text * (compressed < 8 ? compressed : 8) > input->limit;
}

static stoa_status str_estimate(const struct stoa_enc_input *input,
                                struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    const struct stoa_column *column = input->column;
    const uint64_t text = input->facts.text_bytes;
    const struct stoa_stream_choice choice =
        stoa_stream_choice_for(input->profile, STOA_STREAM_TEXT);
    const struct stoa_stream_use use = stoa_stream_use_for(input, STOA_STREAM_TEXT);
    struct stoa_enc_estimate lengths;
    double share = GUESSED_SHARE;
    if (text > STOA_STREAM_MAX_RAW || is_hopeless(input, &choice))
        return STOA_OK;
    STOA_TRY(estimate_lengths(input, &lengths, err));
    if (lengths.size == STOA_ENC_NEVER)
        return STOA_OK;
    if (!input->codes) /* a dictionary's alternative need not be known exactly */
        STOA_TRY(stoa_stream_sample(&use, column->bytes + column->offsets[0], text,
                                    SAMPLE_BYTES, &share, err));
    if (!input->codes && input->kept)
        input->kept->codec_share = share;
    out_estimate->size = STOA_NODE_HEADER_SIZE + starts_size(column->length) +
                         lengths.size + STOA_STREAM_HEADER_SIZE +
                         (uint64_t)(share * (double)text);
    out_estimate->decode_cycles += lengths.decode_cycles;
    if (share < 1)
        out_estimate->decode_cycles +=
            choice.codec->decode_cycles * (double)text / column->length;
    return STOA_OK;
}

/* [STR-2] */
static stoa_status append_starts(const struct stoa_column *column, size_t start,
                                 struct stoa_buf *out, stoa_error *err)
{
    for (uint32_t v = 1; v < stoa_vector_count(column->length); v++)
        STOA_TRY(stoa_buf_append_le32(
            out, column->offsets[v * STOA_VECTOR_ROWS] - column->offsets[0], err));
    return stoa_buf_append_zeros(out, -(out->size - start) & 7, err);
}

static stoa_status append_lengths(const struct stoa_enc_input *input, struct stoa_buf *out,
                                  stoa_error *err)
{
    uint64_t *lengths = NULL;
    struct stoa_column column;
    STOA_TRY(make_lengths(input->column, &lengths, &column, err));
    const struct stoa_enc_input child =
        stoa_enc_child_input(input, STOA_ENC_STR, CHILD_LENGTHS, &column);
    const stoa_status status = stoa_enc_encode_best(&child, out, err);
    stoa_free(lengths);
    return status;
}

static stoa_status str_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                              stoa_error *err)
{
    const struct stoa_column *column = input->column;
    const struct stoa_stream_use use = stoa_stream_use_for(input, STOA_STREAM_TEXT);
    size_t start = 0;
    STOA_TRY(
        stoa_node_begin(&stoa_enc_str, column->phys, column->length, out, &start, err));
    STOA_TRY(append_starts(column, start, out, err));
    STOA_TRY(append_lengths(input, out, err));
    STOA_TRY(stoa_stream_write(&use, column->bytes + column->offsets[0],
                               column->offsets[column->length] - column->offsets[0],
                               STOA_FRAME_RAW_SIZE, out, err));
    return stoa_node_finish(out, start, err);
}

/* ---- opening ---- */

struct str_state {
    const uint8_t *starts; /* u32 of vector 1, 2, .. in the heap */
    struct stoa_stream heap;
    uint64_t *valid_vectors; /* bit per vector whose text has been checked */
    uint64_t *added_vectors; /* the same for its lengths */
};

static uint32_t vector_start(const struct str_state *state, uint32_t vector)
{
    return vector == 0 ? 0 : stoa_load_le32(state->starts + (size_t)(vector - 1) * 4);
}

static uint32_t vector_end(const struct stoa_node *node, uint32_t vector)
{
    const struct str_state *state = node->state;
    return vector + 1 == stoa_vector_count(node->count) ? state->heap.raw_size
                                                        : vector_start(state, vector + 1);
}

/* [STR-2] */
static stoa_status check_starts(const struct stoa_node *node, stoa_error *err)
{
    const struct str_state *state = node->state;
    for (uint32_t v = 0; v < stoa_vector_count(node->count); v++) {
        if (vector_end(node, v) < vector_start(state, v) ||
            vector_end(node, v) > state->heap.raw_size)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "str node: expected vector %" PRIu32 " to end from %" PRIu32
                             " to %" PRIu32 " in the heap, found %" PRIu32,
                             v, vector_start(state, v), state->heap.raw_size,
                             vector_end(node, v));
    }
    return STOA_OK;
}

static stoa_status str_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    struct stoa_arena *arena = node->context->arena;
    const uint32_t vectors = stoa_vector_count(node->count);
    struct str_state *state = stoa_arena_alloc_zeroed(arena, 1, sizeof *state);
    uint64_t *checked = stoa_arena_alloc_zeroed(arena, 2 * stoa_bitmap_words(vectors), 8);
    if (!state || !checked)
        return stoa_arena_fail(arena, sizeof *state, err);
    STOA_TRY(stoa_node_check_flags(node, err));
    STOA_TRY(stoa_node_check_parameter(node, err));
    STOA_TRY(stoa_parts_take(&parts, (uint64_t)(vectors - 1) * 4, "vector starts",
                             &state->starts, err));
    STOA_TRY(stoa_parts_align(&parts, err));
    STOA_TRY(stoa_parts_child(&parts, CHILD_LENGTHS, STOA_PHYS_U64, node->count, err));
    STOA_TRY(stoa_stream_open(&parts, &state->heap, err));
    STOA_TRY(stoa_parts_end(&parts, err));
    state->valid_vectors = checked;
    state->added_vectors = checked + stoa_bitmap_words(vectors);
    node->state = state;
    return check_starts(node, err);
}

/* ---- decoding ---- */

/* [STR-1] [STR-2] lengths, which can be anything, against the vector's place in the heap. */
static stoa_status check_lengths(struct str_state *state, const struct stoa_vector *lengths,
                                 uint32_t vector, uint32_t size, stoa_error *err)
{
    if (stoa_bit_get(state->added_vectors, vector))
        return STOA_OK;
    const uint64_t *values = lengths->values.u64;
    uint64_t sum = 0; /* right when no length is above the limit */
    uint64_t largest = 0;
    for (uint32_t i = 0; i < lengths->length; i++) {
        const uint64_t length = values[i];
        largest = length > largest ? length : largest;
        sum += length;
    }
    if (largest > STOA_MAX_VALUE_BYTES)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "str node: expected values of at most %zu bytes, found %" PRIu64,
                         STOA_MAX_VALUE_BYTES, largest);
    if (sum != size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "str node: expected lengths of vector %" PRIu32
                         " to add up to %" PRIu32 ", found %" PRIu64,
                         vector, size, sum);
    stoa_bit_set(state->added_vectors, vector);
    return STOA_OK;
}

/* [BLK-9] */
static stoa_status check_text(struct stoa_node *node, uint32_t vector, const uint8_t *bytes,
                              uint32_t size, const struct stoa_vector *values,
                              stoa_error *err)
{
    struct str_state *state = node->state;
    if (stoa_bit_get(state->valid_vectors, vector))
        return STOA_OK;
    STOA_TRY(stoa_vector_check_text(node, vector, bytes, size, values, err));
    stoa_bit_set(state->valid_vectors, vector);
    return STOA_OK;
}

static void make_views(const uint64_t *restrict lengths, uint32_t count,
                       const uint8_t *bytes, struct stoa_view *restrict out)
{
    for (uint32_t i = 0; i < count; i++) {
        out[i] = (struct stoa_view){.data = bytes, .length = (uint32_t)lengths[i]};
        bytes += lengths[i];
    }
}

static stoa_status load_lengths(struct stoa_node *node, uint32_t vector, uint32_t size,
                                struct stoa_vector **out, stoa_error *err)
{
    struct stoa_node *child = node->children[CHILD_LENGTHS];
    STOA_TRY(stoa_node_scratch(child, out, err));
    STOA_TRY(stoa_node_decode(child, vector, *out, err));
    return check_lengths(node->state, *out, vector, size, err);
}

static stoa_status str_decode(struct stoa_node *node, uint32_t vector,
                              struct stoa_vector *out, stoa_error *err)
{
    struct str_state *state = node->state;
    const uint32_t start = vector_start(state, vector);
    const uint32_t size = vector_end(node, vector) - start;
    struct stoa_vector *lengths = NULL;
    const uint8_t *bytes = NULL;
    STOA_TRY(load_lengths(node, vector, size, &lengths, err));
    STOA_TRY(stoa_stream_touch(&state->heap, start, size, &bytes, err));
    out->length = lengths->length;
    make_views(lengths->values.u64, lengths->length, bytes, out->values.views);
    return node->context->is_utf8 ? check_text(node, vector, bytes, size, out, err)
                                  : STOA_OK;
}

/* The lengths before it say where a value begins; of the heap only its own frames are touched. */
static stoa_status str_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                          stoa_error *err)
{
    struct str_state *state = node->state;
    const uint32_t vector = row / STOA_VECTOR_ROWS;
    const uint32_t size = vector_end(node, vector) - vector_start(state, vector);
    uint32_t start = vector_start(state, vector);
    struct stoa_vector *lengths = NULL;
    const uint8_t *bytes = NULL;
    STOA_TRY(load_lengths(node, vector, size, &lengths, err));
    for (uint32_t i = 0; i < row % STOA_VECTOR_ROWS; i++)
        start += (uint32_t)lengths->values.u64[i];
    const uint32_t length = (uint32_t)lengths->values.u64[row % STOA_VECTOR_ROWS];
    STOA_TRY(stoa_stream_touch(&state->heap, start, length, &bytes, err));
    if (node->context->is_utf8 && !stoa_bit_get(state->valid_vectors, vector) &&
        !stoa_utf8_is_valid(bytes, length)) /* [BLK-9] */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "str node: expected well-formed UTF-8 in vector %" PRIu32
                         ", found other bytes",
                         vector);
    *out = (struct stoa_value){
        .bytes = {.data = bytes, .length = length}
    };
    return STOA_OK;
}

static stoa_status str_describe(const struct stoa_node *node, struct stoa_buf *out,
                                stoa_error *err)
{
    const struct str_state *state = node->state;
    STOA_TRY(stoa_buf_printf(out, err, " %" PRIu32 " bytes", state->heap.raw_size));
    return stoa_stream_describe(&state->heap, out, err);
}

const struct stoa_encoding stoa_enc_str = {
    .id = STOA_ENC_STR,
    .name = "str",
    .spec = "spec/encodings/str.md",
    .phys_mask = STOA_PHYS_BIT(STOA_PHYS_BYTES),
    .has_children = true,
    .decode_cycles = 3.2,
    .vector_worth = 2,
    .estimate = str_estimate,
    .encode = str_encode,
    .open = str_open,
    .decode = str_decode,
    .at = str_at,
    .describe = str_describe,
};
