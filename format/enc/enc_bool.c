/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BOOL: a bitmap (spec/encodings/bool.md). Decoded values have the same form, so that reading
 * is a copy and a filter is the words themselves or their complement.
 */
#include <inttypes.h>

#include "format/enc/enc_parts.h"
#include "format/enc/enc_table.h"

static uint64_t body_size(uint32_t count)
{
    return (uint64_t)stoa_bitmap_words(count) * 8;
}

static stoa_status bool_estimate(const struct stoa_enc_input *input,
                                 struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    STOA_UNUSED(err);
    out_estimate->size = STOA_NODE_HEADER_SIZE + body_size(input->column->length);
    return STOA_OK;
}

static stoa_status bool_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                               stoa_error *err)
{
    const struct stoa_column *column = input->column;
    const uint64_t *words = column->values;
    const size_t whole = column->length / 64;
    size_t start = 0;
    STOA_TRY(
        stoa_node_begin(&stoa_enc_bool, column->phys, column->length, out, &start, err));
    STOA_TRY(stoa_buf_append(out, words, whole * 8, err));
    if (column->length % 64 != 0) /* [BOOL-1] what lies behind the rows must not show */
        STOA_TRY(stoa_buf_append_le64(
            out, words[whole] & stoa_low_mask(column->length % 64), err));
    return stoa_node_finish(out, start, err);
}

static stoa_status bool_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    const uint8_t *words = NULL;
    STOA_TRY(stoa_node_check_flags(node, err));
    STOA_TRY(stoa_node_check_parameter(node, err));
    STOA_TRY(stoa_parts_take(&parts, body_size(node->count), "bits", &words, err));
    STOA_TRY(stoa_parts_end(&parts, err));
    const uint64_t last = stoa_load_le64(node->bytes + parts.at - 8);
    if (node->count % 64 != 0 && last >> node->count % 64 != 0) /* [BOOL-1] */
        return stoa_fail(err, STOA_E_CORRUPT,
                         "bool node: expected bits of 0 behind value %" PRIu32
                         ", found %" PRIx64,
                         node->count, last >> node->count % 64);
    return STOA_OK;
}

static uint32_t load_bits(const struct stoa_node *node, uint32_t vector, uint64_t *out)
{
    const uint32_t length = stoa_vector_length(node->count, vector);
    const uint8_t *words = node->bytes + STOA_NODE_HEADER_SIZE;
    memcpy(out, words + (size_t)vector * STOA_VECTOR_WORDS * 8,
           stoa_bitmap_words(length) * 8);
    return length;
}

static stoa_status bool_decode(struct stoa_node *node, uint32_t vector,
                               struct stoa_vector *out, stoa_error *err)
{
    STOA_UNUSED(err);
    out->length = load_bits(node, vector, out->values.bits);
    return STOA_OK;
}

static stoa_status bool_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                           stoa_error *err)
{
    STOA_UNUSED(err);
    const uint8_t byte = node->bytes[STOA_NODE_HEADER_SIZE + row / 8];
    *out = (struct stoa_value){.boolean = (byte >> row % 8 & 1) != 0};
    return STOA_OK;
}

static stoa_status bool_select(struct stoa_node *node, uint32_t vector,
                               const struct stoa_predicate *predicate,
                               struct stoa_vector *scratch,
                               uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    STOA_UNUSED(scratch);
    STOA_UNUSED(err);
    const struct stoa_value no = {.boolean = false};
    const struct stoa_value yes = {.boolean = true};
    const bool takes_no = stoa_predicate_match(predicate, &no);
    const bool takes_yes = stoa_predicate_match(predicate, &yes);
    const uint32_t length = stoa_vector_length(node->count, vector);
    stoa_bits_set_all(out_bits, length, takes_yes);
    if (takes_no == takes_yes)
        return STOA_OK;
    load_bits(node, vector, out_bits);
    if (takes_no)
        stoa_bits_negate(out_bits, length);
    else
        memset(out_bits + stoa_bitmap_words(length), 0,
               (STOA_VECTOR_WORDS - stoa_bitmap_words(length)) * 8);
    return STOA_OK;
}

const struct stoa_encoding stoa_enc_bool = {
    .id = STOA_ENC_BOOL,
    .name = "bool",
    .spec = "spec/encodings/bool.md",
    .phys_mask = STOA_PHYS_BIT(STOA_PHYS_BOOL),
    .decode_cycles = 0.05,
    .estimate = bool_estimate,
    .encode = bool_encode,
    .open = bool_open,
    .decode = bool_decode,
    .select = bool_select,
    .at = bool_at,
};
