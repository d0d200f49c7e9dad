/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FSST: text as codes of up to 255 short strings (spec/encodings/fsst.md), after Boncz, Neumann
 * and Leis, PVLDB 13, 2020. Values are decoded to one heap for the block, a vector at a time: the
 * kernel decodes many values in one go and notes what lies before each code, so that short values
 * cost no more than long ones. One value alone needs the lengths before it in its vector.
 */
#include <inttypes.h>

#include "common/bitmap.h"
#include "format/enc/enc_table.h"
#include "format/enc/fsst.h"

enum {
    STEP_CODES = 4096 /* of several values that are decoded in one go */
};

/* ---- opening ---- */

static uint32_t codes_end(const struct stoa_fsst_state *state, uint32_t vector)
{
    return stoa_load_le32(state->ends + (size_t)vector * 8);
}

static uint32_t raw_end(const struct stoa_fsst_state *state, uint32_t vector)
{
    return stoa_load_le32(state->ends + (size_t)vector * 8 + 4);
}

struct stoa_fsst_span stoa_fsst_codes_of(const struct stoa_fsst_state *state,
                                         uint32_t vector)
{
    return (struct stoa_fsst_span){.begin = vector == 0 ? 0 : codes_end(state, vector - 1),
                                   .end = codes_end(state, vector)};
}

static struct stoa_fsst_span raw_of(const struct stoa_fsst_state *state, uint32_t vector)
{
    return (struct stoa_fsst_span){.begin = vector == 0 ? 0 : raw_end(state, vector - 1),
                                   .end = raw_end(state, vector)};
}

/* [FSST-1] */
static stoa_status open_table(struct stoa_parts *parts, struct stoa_fsst_table *table,
                              stoa_error *err)
{
    const uint8_t *lengths = NULL;
    table->count = stoa_node_flags_a(parts->node);
    STOA_TRY(stoa_parts_take(parts, table->count, "symbol lengths", &lengths, err));
    for (unsigned code = 0; code < table->count; code++) {
        const uint8_t *symbol = NULL;
        if (lengths[code] < 1 || lengths[code] > STOA_FSST_LENGTH)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "fsst node: expected symbols of 1 to %d bytes, found %u",
                             STOA_FSST_LENGTH, lengths[code]);
        STOA_TRY(stoa_parts_take(parts, lengths[code], "symbol", &symbol, err));
        memcpy(&table->words[code], symbol, lengths[code]);
        table->lengths[code] = lengths[code];
    }
    for (unsigned byte = 0; byte < 256; byte++) {
        table->words[256 + byte] = byte;
        table->lengths[256 + byte] = 1;
    }
    return stoa_parts_align(parts, err);
}

/* [FSST-3] */
static stoa_status check_ends(const struct stoa_node *node, stoa_error *err)
{
    const struct stoa_fsst_state *state = node->state;
    for (uint32_t v = 0; v < stoa_vector_count(node->count); v++) {
        const struct stoa_fsst_span codes = stoa_fsst_codes_of(state, v);
        const struct stoa_fsst_span raw = raw_of(state, v);
        if (codes.end < codes.begin || raw.end < raw.begin)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "fsst node: expected vector %" PRIu32 " to end behind %" PRIu32
                             " codes and %" PRIu32 " bytes, found %" PRIu32 " and %" PRIu32,
                             v, codes.begin, raw.begin, codes.end, raw.end);
        if (raw.end - raw.begin > (uint64_t)(codes.end - codes.begin) * STOA_FSST_LENGTH)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "fsst node: expected vector %" PRIu32
                             " to have at most 8 bytes for each of %" PRIu32
                             " codes, found %" PRIu32,
                             v, codes.end - codes.begin, raw.end - raw.begin);
        if (raw.end > STOA_MAX_ROW_GROUP_RAW)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "fsst node: expected at most %zu bytes, found %" PRIu32,
                             STOA_MAX_ROW_GROUP_RAW, raw.end);
    }
    return STOA_OK;
}

static stoa_status make_state(struct stoa_node *node, stoa_error *err)
{
    struct stoa_arena *arena = node->context->arena;
    const size_t words = stoa_bitmap_words(stoa_vector_count(node->count));
    struct stoa_fsst_state *state = stoa_arena_alloc_zeroed(arena, 1, sizeof *state);
    if (!state)
        return stoa_arena_fail(arena, sizeof *state, err);
    state->table = stoa_arena_alloc_zeroed(arena, 1, sizeof *state->table);
    state->lengths = stoa_arena_alloc(arena, STOA_VECTOR_ROWS * sizeof *state->lengths);
    state->checked = stoa_arena_alloc_zeroed(arena, words, sizeof *state->checked);
    if (!state->table || !state->lengths || !state->checked)
        return stoa_arena_fail(arena, sizeof *state->table, err);
    state->lengths_vector = UINT32_MAX;
    node->state = state;
    return STOA_OK;
}

static stoa_status fsst_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    const uint32_t vectors = stoa_vector_count(node->count);
    STOA_TRY(make_state(node, err));
    struct stoa_fsst_state *state = node->state;
    if (stoa_node_flags_b(node) != 0)
        return stoa_fail(err, STOA_E_CORRUPT, "fsst node: expected flags b of 0, found %u",
                         stoa_node_flags_b(node));
    STOA_TRY(stoa_node_check_parameter(node, err));
    STOA_TRY(open_table(&parts, state->table, err));
    STOA_TRY(
        stoa_parts_take(&parts, (uint64_t)vectors * 8, "vector ends", &state->ends, err));
    STOA_TRY(check_ends(node, err));
    STOA_TRY(stoa_parts_take(&parts, codes_end(state, vectors - 1), "codes", &state->codes,
                             err));
    STOA_TRY(stoa_parts_align(&parts, err));
    STOA_TRY(
        stoa_parts_child(&parts, STOA_FSST_CHILD_LENGTHS, STOA_PHYS_U64, node->count, err));
    return stoa_parts_end(&parts, err);
}

/* ---- what decoding and selecting share ---- */

/* [FSST-4] */
stoa_status stoa_fsst_lengths(struct stoa_node *node, uint32_t vector, stoa_error *err)
{
    struct stoa_fsst_state *state = node->state;
    const struct stoa_fsst_span codes = stoa_fsst_codes_of(state, vector);
    const uint32_t count = stoa_vector_length(node->count, vector);
    if (state->lengths_vector == vector)
        return STOA_OK;
    state->lengths_vector = UINT32_MAX;
    STOA_TRY(stoa_node_narrow(node->children[STOA_FSST_CHILD_LENGTHS], vector,
                              state->lengths, err));
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += state->lengths[i];
    if (sum != codes.end - codes.begin)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "fsst node: expected lengths of vector %" PRIu32
                         " to add up to %" PRIu32 ", found %" PRIu64,
                         vector, codes.end - codes.begin, sum);
    state->lengths_vector = vector;
    return STOA_OK;
}

/* [FSST-2] */
stoa_status stoa_fsst_refuse(const struct stoa_node *node, uint32_t vector,
                             const uint8_t *codes, uint32_t count, stoa_error *err)
{
    const struct stoa_fsst_state *state = node->state;
    for (uint32_t i = 0; i < count; i++) {
        const unsigned code = codes[i];
        if (code == STOA_FSST_ESCAPE) {
            i++;
        } else if (code >= state->table->count) {
            return stoa_fail(err, STOA_E_CORRUPT,
                             "fsst node: expected codes below %u or 255 in vector %" PRIu32
                             ", found %u",
                             state->table->count, vector, code);
        }
    }
    return stoa_fail(err, STOA_E_CORRUPT,
                     "fsst node: expected values of vector %" PRIu32
                     " to end behind a symbol, found an escape",
                     vector);
}

/* ---- decoding ---- */

/* A vector on its way to the heap. */
struct vector_decoder {
    struct stoa_node *node;
    uint32_t vector;
    const uint8_t *codes; /* of the values to come */
    uint8_t *raw;         /* of the vector, with room behind it */
    uint32_t size;        /* of it, in bytes */
    uint32_t at;          /* bytes that are there */
};

/* Decodes `count` codes behind what is there, and checks how much they give. */
static stoa_status decode_codes(const struct vector_decoder *decoder, uint32_t count,
                                uint32_t *places, uint32_t *out_size, stoa_error *err)
{
    const struct stoa_node *node = decoder->node;
    const struct stoa_fsst_state *state = node->state;
    const uint32_t left = decoder->size - decoder->at;
    const size_t got = node->context->kernels->fsst_decode(
        state->table, decoder->codes, count, decoder->raw + decoder->at, left, places);
    if (got == SIZE_MAX)
        return stoa_fsst_refuse(node, decoder->vector, decoder->codes, count, err);
    if (got > left)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "fsst node: expected vector %" PRIu32 " to give %" PRIu32
                         " bytes, found more",
                         decoder->vector, decoder->size);
    *out_size = (uint32_t)got;
    return STOA_OK;
}

/* Values first .. last, whose codes are at most STEP_CODES together. */
static stoa_status decode_step(struct vector_decoder *decoder, uint32_t first,
                               uint32_t last, uint32_t count, struct stoa_view *views,
                               stoa_error *err)
{
    const struct stoa_fsst_state *state = decoder->node->state;
    uint32_t *places = state->places;
    const uint8_t *raw = decoder->raw + decoder->at;
    uint32_t code = 0;
    uint32_t begin = 0;
    uint32_t any = 0;
    uint32_t size = 0;
    STOA_TRY(decode_codes(decoder, count, places, &size, err));
    places[count] = size;
    for (uint32_t i = first; i < last; i++) {
        code += state->lengths[i];
        const uint32_t end = places[code];
        any |= end;
        views[i] = (struct stoa_view){.data = raw + begin, .length = end - begin};
        begin = end;
    }
    if (any >> 31) /* STOA_FSST_INSIDE; other places are below 2^31 */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "fsst node: expected values of vector %" PRIu32
                         " to end behind a symbol, found an escape",
                         decoder->vector);
    decoder->codes += count;
    decoder->at += size;
    return STOA_OK;
}

/* One value of any size. */
static stoa_status decode_long(struct vector_decoder *decoder, uint32_t row,
                               struct stoa_view *views, stoa_error *err)
{
    const struct stoa_fsst_state *state = decoder->node->state;
    uint32_t size = 0;
    STOA_TRY(decode_codes(decoder, state->lengths[row], NULL, &size, err));
    if (size > STOA_MAX_VALUE_BYTES)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "fsst node: expected values of at most %zu bytes, found %" PRIu32,
                         STOA_MAX_VALUE_BYTES, size);
    views[row] = (struct stoa_view){.data = decoder->raw + decoder->at, .length = size};
    decoder->codes += state->lengths[row];
    decoder->at += size;
    return STOA_OK;
}

static stoa_status decode_values(struct vector_decoder *decoder, uint32_t rows,
                                 struct stoa_view *views, stoa_error *err)
{
    const struct stoa_fsst_state *state = decoder->node->state;
    for (uint32_t first = 0; first < rows;) {
        uint32_t last = first;
        uint32_t count = 0;
        while (last < rows && state->lengths[last] <= STEP_CODES - count)
            count += state->lengths[last++];
        if (last > first)
            STOA_TRY(decode_step(decoder, first, last, count, views, err));
        else
            STOA_TRY(decode_long(decoder, last++, views, err));
        first = last;
    }
    if (decoder->at != decoder->size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "fsst node: expected vector %" PRIu32 " to give %" PRIu32
                         " bytes, found %" PRIu32,
                         decoder->vector, decoder->size, decoder->at);
    return STOA_OK;
}

/* The heap, with room for the kernel behind each vector. */
static stoa_status prepare(const struct stoa_node *node, stoa_error *err)
{
    struct stoa_fsst_state *state = node->state;
    struct stoa_arena *arena = node->context->arena;
    const uint32_t vectors = stoa_vector_count(node->count);
    const size_t size = raw_end(state, vectors - 1) + (size_t)vectors * STOA_FSST_ROOM;
    if (!state->places)
        state->places = stoa_arena_alloc(arena, (STEP_CODES + 1) * sizeof *state->places);
    if (!state->raw)
        state->raw = stoa_arena_alloc(arena, size);
    return state->places && state->raw ? STOA_OK : stoa_arena_fail(arena, size, err);
}

static stoa_status fsst_decode(struct stoa_node *node, uint32_t vector,
                               struct stoa_vector *out, stoa_error *err)
{
    struct stoa_fsst_state *state = node->state;
    STOA_TRY(prepare(node, err));
    STOA_TRY(stoa_fsst_lengths(node, vector, err));
    const struct stoa_fsst_span raw = raw_of(state, vector);
    struct vector_decoder decoder = {
        .node = node,
        .vector = vector,
        .codes = state->codes + stoa_fsst_codes_of(state, vector).begin,
        .raw = state->raw + raw.begin + (size_t)vector * STOA_FSST_ROOM,
        .size = raw.end - raw.begin,
    };
    out->length = stoa_vector_length(node->count, vector);
    STOA_TRY(decode_values(&decoder, out->length, out->values.views, err));
    if (!node->context->is_utf8 || stoa_bit_get(state->checked, vector))
        return STOA_OK;
    STOA_TRY(stoa_vector_check_text(node, vector, decoder.raw, decoder.size, out, err));
    stoa_bit_set(state->checked, vector);
    return STOA_OK;
}

/* ---- one value ---- */

/* Room for a value of `count` codes and what the kernel writes behind it. */
static stoa_status point_room(struct stoa_node *node, uint32_t size, stoa_error *err)
{
    struct stoa_fsst_state *state = node->state;
    struct stoa_arena *arena = node->context->arena;
    if (size <= state->point_room)
        return STOA_OK;
    const uint32_t doubled = state->point_room * 2;
    const uint32_t room = size > doubled ? size : doubled;
    state->point = stoa_arena_alloc(arena, (size_t)room + STOA_FSST_ROOM);
    state->point_room = state->point ? room : 0;
    return state->point ? STOA_OK : stoa_arena_fail(arena, room, err);
}

static stoa_status fsst_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                           stoa_error *err)
{
    const struct stoa_fsst_state *state = node->state;
    const uint32_t vector = row / STOA_VECTOR_ROWS;
    const struct stoa_fsst_span raw = raw_of(state, vector);
    STOA_TRY(stoa_fsst_lengths(node, vector, err));
    uint32_t begin = stoa_fsst_codes_of(state, vector).begin;
    for (uint32_t i = 0; i < row % STOA_VECTOR_ROWS; i++)
        begin += state->lengths[i];
    const uint32_t count = state->lengths[row % STOA_VECTOR_ROWS];
    const uint64_t most = (uint64_t)count * STOA_FSST_LENGTH;
    const uint32_t size = raw.end - raw.begin; /* of the vector */
    STOA_TRY(point_room(node, most < size ? (uint32_t)most : size, err));
    struct vector_decoder decoder = {
        .node = node,
        .vector = vector,
        .codes = state->codes + begin,
        .raw = state->point,
        .size = most < size ? (uint32_t)most : size,
    };
    struct stoa_view view[1] = {{.data = state->point}};
    STOA_TRY(decode_codes(&decoder, count, NULL, &view->length, err));
    if (view->length > STOA_MAX_VALUE_BYTES)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "fsst node: expected values of at most %zu bytes, found %" PRIu32,
                         STOA_MAX_VALUE_BYTES, view->length);
    const struct stoa_vector one = {
        .phys = STOA_PHYS_BYTES, .length = 1, .values = {.views = view}};
    if (node->context->is_utf8)
        STOA_TRY(stoa_vector_check_text(node, vector, view->data, view->length, &one, err));
    *out = (struct stoa_value){.bytes = *view};
    return STOA_OK;
}

static stoa_status fsst_describe(const struct stoa_node *node, struct stoa_buf *out,
                                 stoa_error *err)
{
    const struct stoa_fsst_state *state = node->state;
    const uint32_t last = stoa_vector_count(node->count) - 1;
    STOA_TRY(stoa_buf_printf(out, err, " %u symbols %" PRIu32 " bytes", state->table->count,
                             raw_end(state, last)));
    if (raw_end(state, last) == 0)
        return STOA_OK;
    return stoa_buf_printf(out, err, " %.0f %%",
                           100.0 * codes_end(state, last) / raw_end(state, last));
}

const struct stoa_encoding stoa_enc_fsst = {
    .id = STOA_ENC_FSST,
    .name = "fsst",
    .spec = "spec/encodings/fsst.md",
    .phys_mask = STOA_PHYS_BIT(STOA_PHYS_BYTES),
    .has_children = true,
    .is_asked_last = true,
    .decode_cycles = 7.0, /* and some for each code */
    .vector_worth = 16,
    .estimate = stoa_fsst_estimate,
    .encode = stoa_fsst_encode,
    .open = fsst_open,
    .decode = fsst_decode,
    .select = stoa_fsst_select,
    .at = fsst_at,
    .describe = fsst_describe,
};
