/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONST: one value for all rows (spec/encodings/const.md). Whatever the profile, nothing beats
 * it: the choice takes it without looking further.
 */
#include <inttypes.h>

#include "format/enc/enc_parts.h"
#include "format/enc/enc_table.h"
#include "format/text.h"

static stoa_status const_estimate(const struct stoa_enc_input *input,
                                  struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    STOA_UNUSED(err);
    const struct stoa_column *column = input->column;
    if (!input->facts.is_constant)
        return STOA_OK;
    const uint64_t size = column->phys == STOA_PHYS_BYTES
                              ? stoa_column_view(column, 0).length
                          : column->phys == STOA_PHYS_BOOL ? 1
                                                           : stoa_phys_width(column->phys);
    out_estimate->size = STOA_NODE_HEADER_SIZE + stoa_align_up(size, 8);
    return STOA_OK;
}

static stoa_status const_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                                stoa_error *err)
{
    const struct stoa_column *column = input->column;
    const struct stoa_value value = stoa_column_get(column, 0);
    uint8_t fixed[16];
    const uint8_t *bytes = fixed;
    size_t size = 0;
    if (column->phys == STOA_PHYS_BYTES) {
        bytes = value.bytes.data;
        size = value.bytes.length;
    } else {
        size = stoa_value_store(column->phys, &value, fixed);
    }
    size_t start = 0;
    STOA_TRY(
        stoa_node_begin(&stoa_enc_const, column->phys, column->length, out, &start, err));
    stoa_node_set_parameter(out, start, (uint32_t)size);
    STOA_TRY(stoa_buf_append(out, bytes, size, err));
    return stoa_node_finish(out, start, err);
}

/* [CONST-1] */
static stoa_status check_value(const struct stoa_node *node, const uint8_t *bytes,
                               uint32_t size, stoa_error *err)
{
    const bool is_text = node->phys == STOA_PHYS_BYTES;
    const uint32_t expected =
        node->phys == STOA_PHYS_BOOL ? 1 : (uint32_t)stoa_phys_width(node->phys);
    if (!is_text && size != expected)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "const node: expected a value of %" PRIu32
                         " bytes, found %" PRIu32,
                         expected, size);
    if (is_text && size > STOA_MAX_VALUE_BYTES)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "const node: expected a value of at most %zu bytes, found "
                         "%" PRIu32,
                         STOA_MAX_VALUE_BYTES, size);
    if (node->phys == STOA_PHYS_BOOL && bytes[0] > 1)
        return stoa_fail(err, STOA_E_CORRUPT, "const node: expected 0 or 1, found %u",
                         bytes[0]);
    if (is_text && node->context->is_utf8 && !stoa_utf8_is_valid(bytes, size))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "const node: expected well-formed UTF-8, found other bytes");
    return STOA_OK;
}

/* [CONST-2] */
static stoa_status const_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    const uint32_t size = stoa_node_parameter(node);
    const uint8_t *bytes = NULL;
    STOA_TRY(stoa_node_check_flags(node, err));
    STOA_TRY(stoa_parts_take(&parts, size, "value", &bytes, err));
    STOA_TRY(stoa_parts_end(&parts, err));
    STOA_TRY(check_value(node, bytes, size, err));
    struct stoa_value *value =
        stoa_arena_alloc_zeroed(node->context->arena, 1, sizeof *value);
    if (!value)
        return stoa_arena_fail(node->context->arena, sizeof *value, err);
    if (node->phys == STOA_PHYS_BYTES)
        value->bytes = (struct stoa_view){.data = bytes, .length = size};
    else if (node->phys == STOA_PHYS_BOOL)
        value->boolean = bytes[0] != 0;
    else
        *value = stoa_value_load(node->phys, bytes);
    node->state = value;
    return STOA_OK;
}

static stoa_status const_decode(struct stoa_node *node, uint32_t vector,
                                struct stoa_vector *out, stoa_error *err)
{
    STOA_UNUSED(err);
    out->length = stoa_vector_length(node->count, vector);
    stoa_vector_repeat(out, 0, out->length, node->state);
    return STOA_OK;
}

static stoa_status const_select(struct stoa_node *node, uint32_t vector,
                                const struct stoa_predicate *predicate,
                                struct stoa_vector *scratch,
                                uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    STOA_UNUSED(scratch);
    STOA_UNUSED(err);
    stoa_bits_set_all(out_bits, stoa_vector_length(node->count, vector),
                      stoa_predicate_match(predicate, node->state));
    return STOA_OK;
}

static bool const_bounds(const struct stoa_node *node, uint32_t vector, stoa_i128 *out_low,
                         stoa_i128 *out_high)
{
    STOA_UNUSED(vector);
    *out_low = *out_high = stoa_value_number(node->phys, node->state);
    return true;
}

static stoa_status const_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                            stoa_error *err)
{
    STOA_UNUSED(row);
    STOA_UNUSED(err);
    *out = *(const struct stoa_value *)node->state;
    return STOA_OK;
}

static stoa_status const_sum(struct stoa_node *node, uint32_t first, uint32_t count,
                             stoa_i128 *sum, stoa_error *err)
{
    STOA_UNUSED(first);
    STOA_UNUSED(err);
    *sum += stoa_value_number(node->phys, node->state) * count;
    return STOA_OK;
}

static stoa_status const_extremes(struct stoa_node *node, uint32_t first, uint32_t count,
                                  struct stoa_number_range *range, stoa_error *err)
{
    STOA_UNUSED(first);
    STOA_UNUSED(count);
    STOA_UNUSED(err);
    const stoa_i128 number = stoa_value_number(node->phys, node->state);
    stoa_range_widen(range, number, number);
    return STOA_OK;
}

const struct stoa_encoding stoa_enc_const = {
    .id = STOA_ENC_CONST,
    .name = "const",
    .spec = "spec/encodings/const.md",
    .phys_mask =
        STOA_PHYS_FIXED | STOA_PHYS_BIT(STOA_PHYS_BOOL) | STOA_PHYS_BIT(STOA_PHYS_BYTES),
    .decode_cycles = 0.3,
    .vector_worth = 32,
    .estimate = const_estimate,
    .encode = const_encode,
    .open = const_open,
    .decode = const_decode,
    .select = const_select,
    .bounds = const_bounds,
    .at = const_at,
    .sum = const_sum,
    .extremes = const_extremes,
};
