/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RAW: the values as they are (spec/encodings/raw.md). What is left when nothing saves space, so
 * it is always a candidate.
 */
#include "format/enc/enc_parts.h"
#include "format/enc/enc_table.h"

static uint64_t body_size(enum stoa_phys phys, uint32_t count)
{
    return (uint64_t)count * stoa_phys_width(phys);
}

static stoa_status raw_estimate(const struct stoa_enc_input *input,
                                struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    STOA_UNUSED(err);
    out_estimate->size =
        STOA_NODE_HEADER_SIZE + body_size(input->column->phys, input->column->length);
    return STOA_OK;
}

static stoa_status raw_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                              stoa_error *err)
{
    const struct stoa_column *column = input->column;
    size_t start = 0;
    STOA_TRY(
        stoa_node_begin(&stoa_enc_raw, column->phys, column->length, out, &start, err));
    STOA_TRY(stoa_buf_append(out, column->values,
                             (size_t)body_size(column->phys, column->length), err));
    return stoa_node_finish(out, start, err);
}

/* [RAW-1] */
static stoa_status raw_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    const uint8_t *values = NULL;
    STOA_TRY(stoa_node_check_flags(node, err));
    STOA_TRY(stoa_node_check_parameter(node, err));
    STOA_TRY(stoa_parts_take(&parts, body_size(node->phys, node->count), "values", &values,
                             err));
    return stoa_parts_end(&parts, err);
}

static stoa_status raw_decode(struct stoa_node *node, uint32_t vector,
                              struct stoa_vector *out, stoa_error *err)
{
    STOA_UNUSED(err);
    const size_t width = stoa_phys_width(node->phys);
    const uint8_t *values = node->bytes + STOA_NODE_HEADER_SIZE;
    out->length = stoa_vector_length(node->count, vector);
    memcpy(out->values.raw, values + (size_t)vector * STOA_VECTOR_ROWS * width,
           out->length * width);
    return STOA_OK;
}

/* Compared where they lie. */
static stoa_status raw_select(struct stoa_node *node, uint32_t vector,
                              const struct stoa_predicate *predicate,
                              struct stoa_vector *scratch,
                              uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const uint8_t *values = node->bytes + STOA_NODE_HEADER_SIZE +
                            (size_t)vector * STOA_VECTOR_ROWS * stoa_phys_width(node->phys);
    if (stoa_predicate_eval_values(predicate, values,
                                   stoa_vector_length(node->count, vector), out_bits))
        return STOA_OK;
    return stoa_node_select_decoded(node, vector, predicate, scratch, out_bits, err);
}

static stoa_status raw_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                          stoa_error *err)
{
    STOA_UNUSED(err);
    const size_t width = stoa_phys_width(node->phys);
    *out = stoa_value_load(node->phys, node->bytes + STOA_NODE_HEADER_SIZE + row * width);
    return STOA_OK;
}

static stoa_status raw_sum(struct stoa_node *node, uint32_t first, uint32_t count,
                           stoa_i128 *sum, stoa_error *err)
{
    STOA_UNUSED(err);
    *sum += stoa_enc_sum_values(
        node, node->bytes + STOA_NODE_HEADER_SIZE + (size_t)first * 8, count);
    return STOA_OK;
}

static stoa_status raw_extremes(struct stoa_node *node, uint32_t first, uint32_t count,
                                struct stoa_number_range *range, stoa_error *err)
{
    STOA_UNUSED(err);
    stoa_enc_extremes_of(node, node->bytes + STOA_NODE_HEADER_SIZE + (size_t)first * 8,
                         count, range);
    return STOA_OK;
}

const struct stoa_encoding stoa_enc_raw = {
    .id = STOA_ENC_RAW,
    .name = "raw",
    .spec = "spec/encodings/raw.md",
    .phys_mask = STOA_PHYS_FIXED,
    .decode_cycles = 0.4,
    .vector_worth = 12,
    .estimate = raw_estimate,
    .encode = raw_encode,
    .open = raw_open,
    .decode = raw_decode,
    .select = raw_select,
    .at = raw_at,
    .sum = raw_sum,
    .extremes = raw_extremes,
};
