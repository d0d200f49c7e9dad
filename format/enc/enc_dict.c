/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DICT: codes into the row group's sorted dictionary (spec/encodings/dict.md). Filters become
 * ranges or sets of codes once per dictionary and run on the packed codes; GROUP BY and
 * DISTINCT take the codes themselves. Codes are checked when they are looked at, a vector at
 * a time, since they are data and not structure.
 */
#include <inttypes.h>

#include "common/alloc.h"
#include "format/enc/dictionary_memo.h"
#include "format/enc/enc_parts.h"
#include "format/enc/enc_table.h"

enum { CHILD_CODES = 0 };

/* ---- writing ---- */

static stoa_status make_codes(const struct stoa_enc_input *input, uint64_t **out_codes,
                              struct stoa_column *out_column, stoa_error *err)
{
    const uint32_t count = input->column->length;
    uint64_t *codes = stoa_alloc_array(count, sizeof *codes);
    if (!codes)
        return stoa_fail_memory(err, count * sizeof *codes);
    for (uint32_t i = 0; i < count; i++)
        codes[i] = input->codes[i];
    *out_codes = codes;
    *out_column =
        (struct stoa_column){.phys = STOA_PHYS_U64, .length = count, .values = codes};
    return STOA_OK;
}

/* There is a code for every row, so that the rows are still the block's. */
static struct stoa_enc_input codes_input(const struct stoa_enc_input *input,
                                         const struct stoa_column *codes)
{
    struct stoa_enc_input child =
        stoa_enc_child_input(input, STOA_ENC_DICT, CHILD_CODES, codes);
    child.validity = input->validity;
    child.references = input->references;
    child.reference_count = input->reference_count;
    return child;
}

/* The dictionary itself has been paid for, whether this block uses it or not. */
static stoa_status dict_estimate(const struct stoa_enc_input *input,
                                 struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    uint64_t *codes = NULL;
    struct stoa_column column;
    struct stoa_enc_estimate child_estimate;
    if (!input->codes || input->depth > 1) /* [ENC-6] */
        return STOA_OK;
    STOA_TRY(make_codes(input, &codes, &column, err));
    const struct stoa_enc_input child = codes_input(input, &column);
    const stoa_status status = stoa_enc_estimate_best(&child, &child_estimate, err);
    stoa_free(codes);
    STOA_TRY(status);
    if (child_estimate.size == STOA_ENC_NEVER)
        return STOA_OK;
    out_estimate->size = STOA_NODE_HEADER_SIZE + child_estimate.size;
    out_estimate->decode_cycles += child_estimate.decode_cycles;
    return STOA_OK;
}

static stoa_status append_codes(const struct stoa_enc_input *input, struct stoa_buf *out,
                                stoa_error *err)
{
    uint64_t *codes = NULL;
    struct stoa_column column;
    STOA_TRY(make_codes(input, &codes, &column, err));
    const struct stoa_enc_input child = codes_input(input, &column);
    const stoa_status status = stoa_enc_encode_best(&child, out, err);
    stoa_free(codes);
    return status;
}

static stoa_status dict_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                               stoa_error *err)
{
    const struct stoa_column *column = input->column;
    size_t start = 0;
    STOA_TRY(
        stoa_node_begin(&stoa_enc_dict, column->phys, column->length, out, &start, err));
    stoa_node_set_parameter(out, start, input->dictionary_count);
    STOA_TRY(append_codes(input, out, err));
    return stoa_node_finish(out, start, err);
}

/* ---- opening ---- */

struct dict_state {
    const struct stoa_dictionary *dictionary;
    struct stoa_dictionary_memo *memo; /* the dictionary's, or this block's own */
    uint32_t *codes;                   /* scratch of 1,024 */
};

/* [DICT-1] */
static stoa_status check_dictionary(const struct stoa_node *node, unsigned depth,
                                    stoa_error *err)
{
    const struct stoa_dictionary *dictionary = node->context->dictionary;
    STOA_TRY(stoa_node_check_flags(node, err));
    if (depth != 1) /* [ENC-6] */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "dict node: expected it as a root, found it at depth %u", depth);
    if (!dictionary)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "dict node: expected a dictionary in this row group, found none");
    if (dictionary->phys != node->phys)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "dict node: expected a dictionary of kind %d, found kind %d",
                         (int)node->phys, (int)dictionary->phys);
    if (dictionary->count != stoa_node_parameter(node))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "dict node: expected a dictionary of %" PRIu32
                         " entries, found %" PRIu32,
                         stoa_node_parameter(node), dictionary->count);
    return STOA_OK;
}

static stoa_status dict_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    struct stoa_arena *arena = node->context->arena;
    STOA_TRY(check_dictionary(node, depth, err));
    STOA_TRY(stoa_parts_child(&parts, CHILD_CODES, STOA_PHYS_U64, node->count, err));
    STOA_TRY(stoa_parts_end(&parts, err));
    struct dict_state *state = stoa_arena_alloc_zeroed(arena, 1, sizeof *state);
    uint32_t *codes = stoa_arena_alloc_zeroed(arena, STOA_VECTOR_ROWS, sizeof *codes);
    if (!state || !codes)
        return stoa_arena_fail(arena, STOA_VECTOR_ROWS * sizeof *codes, err);
    state->dictionary = node->context->dictionary;
    state->codes = codes;
    state->memo = state->dictionary->memo;
    if (!state->memo)
        STOA_TRY(stoa_dictionary_memo_create(arena, &state->memo, err));
    node->state = state;
    return STOA_OK;
}

/* ---- decoding ---- */

static uint32_t find_largest(const uint32_t *codes, uint32_t count)
{
    uint32_t largest = 0;
    for (uint32_t i = 0; i < count; i++)
        largest = codes[i] > largest ? codes[i] : largest;
    return largest;
}

/* [DICT-2] */
static stoa_status dict_codes(struct stoa_node *node, uint32_t vector, uint32_t *out_codes,
                              stoa_error *err)
{
    const struct dict_state *state = node->state;
    const uint32_t length = stoa_vector_length(node->count, vector);
    STOA_TRY(stoa_node_narrow(node->children[CHILD_CODES], vector, out_codes, err));
    if (!stoa_codes_are_below(out_codes, length, state->dictionary->count))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "dict node: expected codes below %" PRIu32 ", found %" PRIu32,
                         state->dictionary->count, find_largest(out_codes, length));
    return STOA_OK;
}

static void gather_views(const struct stoa_view *restrict entries,
                         const uint32_t *restrict codes, uint32_t count,
                         struct stoa_view *restrict out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = entries[codes[i]];
}

static void gather_words(const uint64_t *restrict entries, const uint32_t *restrict codes,
                         uint32_t count, uint64_t *restrict out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = entries[codes[i]];
}

static void gather_wide(const uint8_t *restrict entries, const uint32_t *restrict codes,
                        uint32_t count, uint8_t *restrict out)
{
    for (uint32_t i = 0; i < count; i++)
        memcpy(out + (size_t)i * 16, entries + (size_t)codes[i] * 16, 16);
}

static stoa_status dict_decode(struct stoa_node *node, uint32_t vector,
                               struct stoa_vector *out, stoa_error *err)
{
    const struct dict_state *state = node->state;
    const struct stoa_dictionary *dictionary = state->dictionary;
    const uint32_t length = stoa_vector_length(node->count, vector);
    STOA_TRY(dict_codes(node, vector, state->codes, err));
    out->length = length;
    if (node->phys == STOA_PHYS_BYTES)
        gather_views(dictionary->views, state->codes, length, out->values.views);
    else if (stoa_phys_width(node->phys) == 8)
        gather_words(dictionary->values, state->codes, length, out->values.u64);
    else
        gather_wide(dictionary->values, state->codes, length, out->values.fixed16);
    return STOA_OK;
}

static stoa_status dict_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                           stoa_error *err)
{
    const struct dict_state *state = node->state;
    struct stoa_value code;
    STOA_TRY(stoa_node_at(node->children[CHILD_CODES], row, &code, err));
    if (code.u64 >= state->dictionary->count) /* [DICT-2] */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "dict node: expected codes below %" PRIu32 ", found %" PRIu64,
                         state->dictionary->count, code.u64);
    *out = stoa_dictionary_value(state->dictionary, (uint32_t)code.u64);
    return STOA_OK;
}

/* Entries ascend, so those of the smallest and the largest code are the extremes. Where a code
 * is too large decoding says so. */
static stoa_status dict_extremes(struct stoa_node *node, uint32_t first, uint32_t count,
                                 struct stoa_number_range *range, stoa_error *err)
{
    const struct dict_state *state = node->state;
    struct stoa_number_range codes = stoa_no_numbers();
    STOA_TRY(stoa_node_extremes(node->children[CHILD_CODES], first, count, &codes, err));
    if (codes.high >= state->dictionary->count)
        return stoa_node_extremes_decoded(node, first, count, range, err);
    const struct stoa_value low =
        stoa_dictionary_value(state->dictionary, (uint32_t)codes.low);
    const struct stoa_value high =
        stoa_dictionary_value(state->dictionary, (uint32_t)codes.high);
    stoa_range_widen(range, stoa_value_number(node->phys, &low),
                     stoa_value_number(node->phys, &high));
    return STOA_OK;
}

/* ---- selecting ---- */

/* Ranges and few codes: the codes' own node can tell. */
static stoa_status select_on_codes(struct stoa_node *node, uint32_t vector,
                                   const struct stoa_code_set *set,
                                   uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    struct stoa_node *child = node->children[CHILD_CODES];
    struct stoa_vector *scratch = NULL;
    struct stoa_value few[STOA_CODES_FEW_MAX] = {{.is_null = false}};
    struct stoa_predicate predicate = {.phys = STOA_PHYS_U64, .negated = set->negated};
    if (set->kind == STOA_CODES_RANGE) {
        predicate.kind = STOA_PREDICATE_RANGE;
        predicate.has_low = predicate.has_high = true;
        predicate.low_inclusive = predicate.high_inclusive = true;
        predicate.low.u64 = set->low;
        predicate.high.u64 = set->high;
    } else {
        predicate.kind = STOA_PREDICATE_SET;
        predicate.set = few;
        predicate.set_count = set->few_count;
        for (uint32_t i = 0; i < set->few_count; i++)
            few[i].u64 = set->few[i];
    }
    STOA_TRY(stoa_node_scratch(child, &scratch, err));
    return stoa_node_select(child, vector, &predicate, scratch, out_bits, err);
}

static stoa_status select_by_table(struct stoa_node *node, uint32_t vector,
                                   const struct stoa_code_set *set,
                                   uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct dict_state *state = node->state;
    const uint32_t length = stoa_vector_length(node->count, vector);
    bool is_done = false;
    STOA_TRY(stoa_node_select_members(node->children[CHILD_CODES], vector, set->members,
                                      set->size, out_bits, &is_done, err));
    if (!is_done) {
        STOA_TRY(dict_codes(node, vector, state->codes, err));
        (void)node->context->kernels->select_set(32, state->codes, 0, set->members,
                                                 set->size, out_bits);
    }
    if (set->negated)
        stoa_bits_negate(out_bits, length);
    else
        stoa_bits_cut(out_bits, length);
    return STOA_OK;
}

static stoa_status dict_select(struct stoa_node *node, uint32_t vector,
                               const struct stoa_predicate *predicate,
                               struct stoa_vector *scratch,
                               uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    STOA_UNUSED(scratch);
    const struct dict_state *state = node->state;
    struct stoa_code_set set;
    STOA_TRY(
        stoa_dictionary_memo_find(state->memo, state->dictionary, predicate, &set, err));
    if (set.kind == STOA_CODES_TABLE)
        return select_by_table(node, vector, &set, out_bits, err);
    return select_on_codes(node, vector, &set, out_bits, err);
}

static stoa_status dict_describe(const struct stoa_node *node, struct stoa_buf *out,
                                 stoa_error *err)
{
    return stoa_buf_printf(out, err, " %" PRIu32 " entries", stoa_node_parameter(node));
}

const struct stoa_encoding stoa_enc_dict = {
    .id = STOA_ENC_DICT,
    .name = "dict",
    .spec = "spec/encodings/dict.md",
    .phys_mask = STOA_PHYS_FIXED | STOA_PHYS_BIT(STOA_PHYS_BYTES),
    .has_children = true,
    .decode_cycles = 1.0, /* codes alone: filters and groups take them as they are */
    .vector_worth = 24,
    .estimate = dict_estimate,
    .encode = dict_encode,
    .open = dict_open,
    .decode = dict_decode,
    .select = dict_select,
    .at = dict_at,
    .extremes = dict_extremes,
    .codes = dict_codes,
    .describe = dict_describe,
};
