/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PREFIX: sorted texts as what each has in common with the one before, and the rest
 * (spec/encodings/prefix.md). The rests are a child of their own, so that STR and FSST compete for
 * them. Every sixteenth text is whole, which bounds a point read. Where the texts of each vector
 * start is kept: before memory is taken, lengths must add up to it.
 */
#include <inttypes.h>

#include "common/alloc.h"
#include "format/enc/enc_parts.h"
#include "format/enc/enc_table.h"

enum { CHILD_PREFIXES = 0, CHILD_SUFFIXES = 1, RESTART = 16, SLACK = 32, ONE_SIZE = 65536 };
_Static_assert(STOA_VECTOR_ROWS % RESTART == 0, "vectors begin with a whole text");

/* ---- is it worth it? ---- */

enum {
    RUNS = 4,
    RUN_ROWS = 32,
    LEAST_ASCENDING = 8, /* all but one pair of so many */
    LEAST_SHARED = 4     /* one byte in so many */
};

static uint32_t count_shared(struct stoa_view a, struct stoa_view b)
{
    const uint32_t most = a.length < b.length ? a.length : b.length;
    uint32_t shared = 0;
    while (shared + 8 <= most) {
        const uint64_t differing =
            stoa_load_le64(a.data + shared) ^ stoa_load_le64(b.data + shared);
        if (differing)
            return shared + (uint32_t)__builtin_ctzll(differing) / 8;
        shared += 8;
    }
    while (shared < most && a.data[shared] == b.data[shared])
        shared++;
    return shared;
}

/* A look at neighbours in some places: they ascend, and have much in common. */
static bool looks_sorted(const struct stoa_column *column)
{
    uint32_t pairs = 0;
    uint32_t descending = 0;
    uint64_t shared = 0;
    uint64_t total = 0;
    for (uint32_t run = 0; run < RUNS; run++) {
        const uint32_t first = (uint32_t)((uint64_t)run * column->length / RUNS);
        for (uint32_t row = first + 1; row < column->length && row - first < RUN_ROWS;
             row++) {
            const struct stoa_value last = {.bytes = stoa_column_view(column, row - 1)};
            const struct stoa_value value = {.bytes = stoa_column_view(column, row)};
            descending += stoa_value_compare(STOA_PHYS_BYTES, &last, &value) > 0;
            shared += count_shared(last.bytes, value.bytes);
            total += value.bytes.length;
            pairs++;
        }
    }
    return pairs > 0 && descending * LEAST_ASCENDING <= pairs &&
           shared * LEAST_SHARED >= total && shared > 0;
}

/* ---- writing ---- */

/* The children's columns. */
struct prefix_parts {
    uint64_t *lengths; /* of what is shared */
    uint32_t *offsets; /* of the rests */
    uint8_t *bytes;
    struct stoa_column prefixes;
    struct stoa_column suffixes;
};

static void parts_done(struct prefix_parts *parts)
{
    stoa_free(parts->lengths);
    stoa_free(parts->offsets);
    stoa_free(parts->bytes);
}

/* [PREFIX-1] */
static stoa_status parts_make(const struct stoa_column *column, struct prefix_parts *out,
                              stoa_error *err)
{
    const uint32_t count = column->length;
    const size_t total = column->offsets[count] - column->offsets[0];
    uint32_t used = 0;
    out->lengths = stoa_alloc_array(count, sizeof *out->lengths);
    out->offsets = stoa_alloc_array((size_t)count + 1, sizeof *out->offsets);
    out->bytes = stoa_alloc(total);
    if (!out->lengths || !out->offsets || !out->bytes)
        return stoa_fail_memory(err, total + count * sizeof *out->lengths);
    for (uint32_t row = 0; row < count; row++) {
        const struct stoa_view text = stoa_column_view(column, row);
        const uint32_t shared =
            row % RESTART == 0 ? 0 : count_shared(stoa_column_view(column, row - 1), text);
        out->lengths[row] = shared;
        out->offsets[row] = used;
        if (text.length > shared)
            memcpy(out->bytes + used, text.data + shared, text.length - shared);
        used += text.length - shared;
    }
    out->offsets[count] = used;
    out->prefixes = (struct stoa_column){
        .phys = STOA_PHYS_U64, .length = count, .values = out->lengths};
    out->suffixes = (struct stoa_column){.phys = STOA_PHYS_BYTES,
                                         .length = count,
                                         .offsets = out->offsets,
                                         .bytes = out->bytes};
    return STOA_OK;
}

static uint64_t starts_size(uint32_t count)
{
    return stoa_align_up(UINT64_C(4) * (stoa_vector_count(count) - 1), 8);
}

static stoa_status estimate_parts(const struct stoa_enc_input *input,
                                  const struct prefix_parts *parts,
                                  struct stoa_enc_estimate *out, stoa_error *err)
{
    struct stoa_enc_estimate prefixes;
    struct stoa_enc_estimate suffixes;
    const struct stoa_enc_input prefix_input =
        stoa_enc_child_input(input, STOA_ENC_PREFIX, CHILD_PREFIXES, &parts->prefixes);
    struct stoa_enc_input suffix_input =
        stoa_enc_child_input(input, STOA_ENC_PREFIX, CHILD_SUFFIXES, &parts->suffixes);
    STOA_TRY(stoa_enc_estimate_best(&prefix_input, &prefixes, err));
    if (prefixes.size == STOA_ENC_NEVER)
        return STOA_OK;
    suffix_input.limit -= stoa_enc_cost(input->profile, &prefixes, input->column->length) +
                          stoa_profile_kappa(input->profile) * out->decode_cycles;
    if (suffix_input.limit <= 0)
        return STOA_OK;
    STOA_TRY(stoa_enc_estimate_best(&suffix_input, &suffixes, err));
    if (suffixes.size == STOA_ENC_NEVER)
        return STOA_OK;
    out->size = STOA_NODE_HEADER_SIZE + starts_size(input->column->length) + prefixes.size +
                suffixes.size;
    out->decode_cycles += prefixes.decode_cycles + suffixes.decode_cycles;
    return STOA_OK;
}

static stoa_status prefix_estimate(const struct stoa_enc_input *input,
                                   struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    struct prefix_parts parts = {.lengths = NULL};
    if (input->facts.text_bytes > STOA_MAX_ROW_GROUP_RAW || !looks_sorted(input->column))
        return STOA_OK;
    stoa_status status = parts_make(input->column, &parts, err);
    if (status == STOA_OK)
        status = estimate_parts(input, &parts, out_estimate, err);
    parts_done(&parts);
    return status;
}

/* [PREFIX-3] */
static stoa_status append_starts(const struct stoa_column *column, size_t start,
                                 struct stoa_buf *out, stoa_error *err)
{
    for (uint32_t v = 1; v < stoa_vector_count(column->length); v++)
        STOA_TRY(stoa_buf_append_le32(
            out, column->offsets[v * STOA_VECTOR_ROWS] - column->offsets[0], err));
    return stoa_buf_append_zeros(out, -(out->size - start) & 7, err);
}

static stoa_status append_parts(const struct stoa_enc_input *input,
                                const struct prefix_parts *parts, struct stoa_buf *out,
                                stoa_error *err)
{
    const struct stoa_enc_input prefixes =
        stoa_enc_child_input(input, STOA_ENC_PREFIX, CHILD_PREFIXES, &parts->prefixes);
    const struct stoa_enc_input suffixes =
        stoa_enc_child_input(input, STOA_ENC_PREFIX, CHILD_SUFFIXES, &parts->suffixes);
    STOA_TRY(stoa_enc_encode_best(&prefixes, out, err));
    return stoa_enc_encode_best(&suffixes, out, err);
}

static stoa_status prefix_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                                 stoa_error *err)
{
    const struct stoa_column *column = input->column;
    struct prefix_parts parts = {.lengths = NULL};
    size_t start = 0;
    STOA_TRY(
        stoa_node_begin(&stoa_enc_prefix, column->phys, column->length, out, &start, err));
    stoa_node_set_parameter(out, start,
                            column->offsets[column->length] - column->offsets[0]);
    STOA_TRY(append_starts(column, start, out, err));
    stoa_status status = parts_make(column, &parts, err);
    if (status == STOA_OK)
        status = append_parts(input, &parts, out, err);
    parts_done(&parts);
    STOA_TRY(status);
    return stoa_node_finish(out, start, err);
}

/* ---- opening ---- */

struct prefix_state {
    const uint8_t *starts; /* u32 of vector 1, 2, .. in the texts */
    uint32_t text_size;
    struct stoa_vector *prefixes; /* the children's scratch */
    struct stoa_vector *suffixes;
    uint8_t **texts; /* per vector: its texts, NULL until they have been put together */
    uint8_t *one;    /* room for the texts that lead to one value */
};

static uint32_t vector_start(const struct prefix_state *state, uint32_t vector)
{
    return vector == 0 ? 0 : stoa_load_le32(state->starts + (size_t)(vector - 1) * 4);
}

static uint32_t vector_end(const struct stoa_node *node, uint32_t vector)
{
    const struct prefix_state *state = node->state;
    return vector + 1 == stoa_vector_count(node->count) ? state->text_size
                                                        : vector_start(state, vector + 1);
}

/* [PREFIX-3] */
static stoa_status check_starts(const struct stoa_node *node, stoa_error *err)
{
    const struct prefix_state *state = node->state;
    if (state->text_size > STOA_MAX_ROW_GROUP_RAW)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "prefix node: expected texts of at most %zu bytes together, found "
                         "%" PRIu32,
                         STOA_MAX_ROW_GROUP_RAW, state->text_size);
    for (uint32_t v = 0; v < stoa_vector_count(node->count); v++) {
        if (vector_end(node, v) < vector_start(state, v) ||
            vector_end(node, v) > state->text_size)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "prefix node: expected texts of vector %" PRIu32
                             " to end from %" PRIu32 " to %" PRIu32 ", found %" PRIu32,
                             v, vector_start(state, v), state->text_size,
                             vector_end(node, v));
    }
    return STOA_OK;
}

static stoa_status prefix_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    struct stoa_arena *arena = node->context->arena;
    const uint32_t vectors = stoa_vector_count(node->count);
    struct prefix_state *state = stoa_arena_alloc_zeroed(arena, 1, sizeof *state);
    uint8_t **texts = stoa_arena_alloc_zeroed(arena, vectors, sizeof *texts);
    if (!state || !texts)
        return stoa_arena_fail(arena, vectors * sizeof *texts, err);
    STOA_TRY(stoa_node_check_flags(node, err));
    STOA_TRY(stoa_parts_take(&parts, (uint64_t)(vectors - 1) * 4, "vector starts",
                             &state->starts, err));
    STOA_TRY(stoa_parts_align(&parts, err));
    STOA_TRY(stoa_parts_child(&parts, CHILD_PREFIXES, STOA_PHYS_U64, node->count, err));
    STOA_TRY(stoa_parts_child_bytes(&parts, CHILD_SUFFIXES, node->count, err));
    STOA_TRY(stoa_parts_end(&parts, err));
    STOA_TRY(stoa_node_scratch(node->children[CHILD_PREFIXES], &state->prefixes, err));
    STOA_TRY(stoa_node_scratch(node->children[CHILD_SUFFIXES], &state->suffixes, err));
    state->text_size = stoa_node_parameter(node);
    state->texts = texts;
    node->state = state;
    return check_starts(node, err);
}

/* ---- decoding ---- */

/* [PREFIX-1] [PREFIX-2] Fails unless the prefix lies in the text before. */
static stoa_status add_length(uint32_t row, uint64_t prefix, uint32_t suffix,
                              uint64_t *length, stoa_error *err)
{
    const uint64_t most = row % RESTART == 0 ? 0 : *length;
    if (prefix > most)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "prefix node: expected row %" PRIu32
                         " of its vector to share at most %" PRIu64
                         " bytes with the one before, found %" PRIu64,
                         row, most, prefix);
    *length = prefix + suffix;
    if (*length > STOA_MAX_VALUE_BYTES)
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "prefix node: expected values of at most %zu bytes, found %" PRIu64,
            STOA_MAX_VALUE_BYTES, *length);
    return STOA_OK;
}

/* Loads the vector's children; their lengths make up its texts [PREFIX-3]. */
static stoa_status load_parts(struct stoa_node *node, uint32_t vector, stoa_error *err)
{
    struct prefix_state *state = node->state;
    const uint32_t size = vector_end(node, vector) - vector_start(state, vector);
    uint64_t length = 0;
    uint64_t sum = 0;
    STOA_TRY(
        stoa_node_decode(node->children[CHILD_PREFIXES], vector, state->prefixes, err));
    STOA_TRY(
        stoa_node_decode(node->children[CHILD_SUFFIXES], vector, state->suffixes, err));
    const uint64_t *prefixes = state->prefixes->values.u64;
    const struct stoa_view *suffixes = state->suffixes->values.views;
    for (uint32_t i = 0; i < state->prefixes->length; i++) {
        STOA_TRY(add_length(i, prefixes[i], suffixes[i].length, &length, err));
        sum += length;
    }
    if (sum != size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "prefix node: expected texts of vector %" PRIu32
                         " to add up to %" PRIu32 " bytes, found %" PRIu64,
                         vector, size, sum);
    return STOA_OK;
}

/* Copies at least `size` bytes within memory that goes on for SLACK bytes more; `from` may lie right
 * before `to`, so that sixteen bytes can reach into what they are copied to. */
static inline void copy_within(uint8_t *to, const uint8_t *from, uint32_t size)
{
    if (size <= 16) {
        memmove(to, from, 16);
        return;
    }
    memcpy(to, from, size);
}

/* Rows [first, end) of the loaded vector, one text behind the other; row `first` is whole. */
static uint8_t *join_rows(const struct prefix_state *state, uint32_t first, uint32_t end,
                          uint8_t *out, struct stoa_view *views)
{
    const uint64_t *prefixes = state->prefixes->values.u64;
    const struct stoa_view *suffixes = state->suffixes->values.views;
    const uint8_t *last = out;
    for (uint32_t i = first; i < end; i++) {
        const uint32_t prefix = (uint32_t)prefixes[i];
        const struct stoa_view suffix = suffixes[i];
        copy_within(out, last, prefix);
        if (suffix.length > 0)
            memcpy(out + prefix, suffix.data, suffix.length);
        last = out;
        views[i - first] =
            (struct stoa_view){.data = out, .length = prefix + suffix.length};
        out += prefix + suffix.length;
    }
    return out;
}

static void make_views(const struct prefix_state *state, const uint8_t *bytes,
                       struct stoa_view *out)
{
    const uint64_t *prefixes = state->prefixes->values.u64;
    const struct stoa_view *suffixes = state->suffixes->values.views;
    for (uint32_t i = 0; i < state->prefixes->length; i++) {
        out[i].data = bytes;
        out[i].length = (uint32_t)prefixes[i] + suffixes[i].length;
        bytes += out[i].length;
    }
}

static stoa_status prefix_decode(struct stoa_node *node, uint32_t vector,
                                 struct stoa_vector *out, stoa_error *err)
{
    struct prefix_state *state = node->state;
    struct stoa_arena *arena = node->context->arena;
    const uint32_t size = vector_end(node, vector) - vector_start(state, vector);
    STOA_TRY(load_parts(node, vector, err));
    out->length = state->prefixes->length;
    if (state->texts[vector]) {
        make_views(state, state->texts[vector], out->values.views);
        return STOA_OK;
    }
    uint8_t *texts = stoa_arena_alloc(arena, (size_t)size + SLACK);
    if (!texts)
        return stoa_arena_fail(arena, (size_t)size + SLACK, err);
    join_rows(state, 0, out->length, texts, out->values.views);
    if (node->context->is_utf8) /* [BLK-9] */
        STOA_TRY(stoa_vector_check_text(node, vector, texts, size, out, err));
    state->texts[vector] = texts;
    return STOA_OK;
}

/* Room for the texts from a whole one to `row`; false when they take too much for it. */
static stoa_status make_room(struct stoa_node *node, uint32_t first, uint32_t row,
                             bool *out_fits, stoa_error *err)
{
    struct prefix_state *state = node->state;
    struct stoa_arena *arena = node->context->arena;
    uint64_t size = 0;
    for (uint32_t i = first; i <= row; i++)
        size += state->prefixes->values.u64[i] + state->suffixes->values.views[i].length;
    *out_fits = size <= ONE_SIZE;
    if (!state->one) {
        state->one = stoa_arena_alloc(arena, ONE_SIZE + SLACK);
        if (!state->one)
            return stoa_arena_fail(arena, ONE_SIZE + SLACK, err);
    }
    return STOA_OK;
}

static stoa_status at_decoded(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                              stoa_error *err)
{
    struct stoa_vector *scratch = NULL;
    STOA_TRY(stoa_node_scratch(node, &scratch, err));
    STOA_TRY(prefix_decode(node, row / STOA_VECTOR_ROWS, scratch, err));
    *out = stoa_vector_get(scratch, row % STOA_VECTOR_ROWS);
    return STOA_OK;
}

/* The text of a row from the whole one at or before it: at most 15 steps. */
static stoa_status prefix_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                             stoa_error *err)
{
    struct prefix_state *state = node->state;
    const uint32_t vector = row / STOA_VECTOR_ROWS;
    const uint32_t place = row % STOA_VECTOR_ROWS;
    const uint32_t first = place / RESTART * RESTART;
    struct stoa_view views[RESTART];
    bool fits = false;
    STOA_TRY(load_parts(node, vector, err));
    STOA_TRY(make_room(node, first, place, &fits, err));
    if (!fits)
        return at_decoded(node, row, out, err);
    join_rows(state, first, place + 1, state->one, views);
    const struct stoa_view text = views[place - first];
    const struct stoa_vector one = {
        .phys = STOA_PHYS_BYTES, .length = 1, .values = {.views = &views[place - first]}};
    if (node->context->is_utf8 && !state->texts[vector]) /* [BLK-9] */
        STOA_TRY(stoa_vector_check_text(node, vector, text.data, text.length, &one, err));
    *out = (struct stoa_value){.bytes = text};
    return STOA_OK;
}

static stoa_status prefix_describe(const struct stoa_node *node, struct stoa_buf *out,
                                   stoa_error *err)
{
    return stoa_buf_printf(out, err, " %" PRIu32 " bytes", stoa_node_parameter(node));
}

const struct stoa_encoding stoa_enc_prefix = {
    .id = STOA_ENC_PREFIX,
    .name = "prefix",
    .spec = "spec/encodings/prefix.md",
    .phys_mask = STOA_PHYS_BIT(STOA_PHYS_BYTES),
    .has_children = true,
    .decode_cycles = 6,
    .vector_worth = 2,
    .estimate = prefix_estimate,
    .encode = prefix_encode,
    .open = prefix_open,
    .decode = prefix_decode,
    .at = prefix_at,
    .describe = prefix_describe,
};
