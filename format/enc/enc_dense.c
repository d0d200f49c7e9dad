/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DENSE: the values of the rows that are not NULL, and nothing for the others
 * (spec/encodings/dense.md). Where they go is the block's validity, which is there anyway. A
 * filter runs on the packed values and spreads its bits.
 */
#include "common/alloc.h"
#include "common/bitmap.h"
#include "format/enc/enc_expand.h"
#include "format/enc/enc_table.h"

enum { CHILD_VALUES = 0 };

/* ---- writing ---- */

/* The rows that are not NULL, as a column of their own. */
static stoa_status gather_valid(const struct stoa_enc_input *input,
                                struct stoa_column_builder *out, stoa_error *err)
{
    const struct stoa_column *column = input->column;
    uint32_t *rows = stoa_alloc_array(column->length, sizeof *rows);
    if (!rows)
        return stoa_fail_memory(err, column->length * sizeof *rows);
    const size_t count = stoa_bitmap_positions(input->validity, column->length, rows);
    const stoa_status status =
        stoa_column_builder_gather(out, column, rows, (uint32_t)count, err);
    stoa_free(rows);
    return status;
}

/* Share of the rows that must be NULL before texts are looked at: their slots are empty already,
 * and what compression leaves of the others does not change. */
#define TEXT_NULL_SHARE 0.25

/* What spreading values of 16 bytes takes beside values of 8. */
#define WIDE_CYCLES 2.3
/* What spreading bits takes. */
#define BIT_CYCLES 0.1

/* At best the cost falls with the rows; what spreading takes has to come out of that. */
static bool looks_worthwhile(const struct stoa_enc_input *input, double cycles)
{
    const struct stoa_column *column = input->column;
    const double nulls =
        1 - (double)stoa_bitmap_count(input->validity, column->length) / column->length;
    if (column->phys == STOA_PHYS_BYTES && nulls < TEXT_NULL_SHARE)
        return false;
    return nulls < 1 && input->limit * nulls > stoa_profile_kappa(input->profile) * cycles;
}

static stoa_status estimate_values(const struct stoa_enc_input *input,
                                   struct stoa_column_builder *builder,
                                   struct stoa_enc_estimate *out, stoa_error *err)
{
    struct stoa_enc_estimate values;
    STOA_TRY(gather_valid(input, builder, err));
    const struct stoa_column column = stoa_column_builder_view(builder);
    const struct stoa_enc_input child =
        stoa_enc_child_input(input, STOA_ENC_DENSE, CHILD_VALUES, &column);
    STOA_TRY(stoa_enc_estimate_best(&child, &values, err));
    if (values.size == STOA_ENC_NEVER)
        return STOA_OK;
    out->size = STOA_NODE_HEADER_SIZE + values.size;
    if (column.phys == STOA_PHYS_BOOL)
        out->decode_cycles = BIT_CYCLES;
    out->decode_cycles += values.decode_cycles * column.length / input->column->length;
    if (column.phys != STOA_PHYS_BOOL && stoa_phys_width(column.phys) != 8)
        out->decode_cycles += WIDE_CYCLES;
    return STOA_OK;
}

static stoa_status dense_estimate(const struct stoa_enc_input *input,
                                  struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    struct stoa_column_builder builder;
    if (!looks_worthwhile(input, out_estimate->decode_cycles))
        return STOA_OK;
    stoa_column_builder_init(&builder, input->column->phys);
    const stoa_status status = estimate_values(input, &builder, out_estimate, err);
    stoa_column_builder_done(&builder);
    return status;
}

static stoa_status encode_values(const struct stoa_enc_input *input,
                                 struct stoa_column_builder *builder, struct stoa_buf *out,
                                 stoa_error *err)
{
    STOA_TRY(gather_valid(input, builder, err));
    const struct stoa_column column = stoa_column_builder_view(builder);
    const struct stoa_enc_input child =
        stoa_enc_child_input(input, STOA_ENC_DENSE, CHILD_VALUES, &column);
    return stoa_enc_encode_best(&child, out, err);
}

static stoa_status dense_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                                stoa_error *err)
{
    const struct stoa_column *column = input->column;
    struct stoa_column_builder builder;
    size_t start = 0;
    STOA_TRY(
        stoa_node_begin(&stoa_enc_dense, column->phys, column->length, out, &start, err));
    stoa_column_builder_init(&builder, column->phys);
    const stoa_status status = encode_values(input, &builder, out, err);
    stoa_column_builder_done(&builder);
    STOA_TRY(status);
    return stoa_node_finish(out, start, err);
}

/* ---- reading ---- */

/* [DENSE-1] */
static stoa_status check_rows(const struct stoa_node *node, stoa_error *err)
{
    const struct stoa_enc_context *context = node->context;
    STOA_TRY(stoa_node_check_flags(node, err));
    STOA_TRY(stoa_node_check_parameter(node, err));
    if (!context->validity)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "dense node: expected a block with NULLs, found none");
    if (node->count != context->rows)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "dense node: expected the %u rows of the block, found %u values",
                         context->rows, node->count);
    return STOA_OK;
}

static stoa_status dense_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    const struct stoa_enc_context *context = node->context;
    STOA_TRY(check_rows(node, err));
    STOA_TRY(stoa_parts_child(&parts, CHILD_VALUES, node->phys, context->valid_count, err));
    STOA_TRY(stoa_parts_end(&parts, err));
    struct stoa_expand *expand = stoa_arena_alloc_zeroed(context->arena, 1, sizeof *expand);
    if (!expand)
        return stoa_arena_fail(context->arena, sizeof *expand, err);
    STOA_TRY(stoa_expand_open(node->children[CHILD_VALUES], context->validity, node->count,
                              expand, err));
    node->state = expand;
    return STOA_OK;
}

/* [DENSE-2] */
static stoa_status dense_decode(struct stoa_node *node, uint32_t vector,
                                struct stoa_vector *out, stoa_error *err)
{
    const struct stoa_value nothing = {.i128 = 0};
    return stoa_expand_decode(node->state, vector, &nothing, out, err);
}

static stoa_status dense_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                            stoa_error *err)
{
    const struct stoa_value nothing = {.i128 = 0};
    return stoa_expand_at(node->state, row, &nothing, out, err);
}

/* A number above 32 bits may be another vector's, in the same vector of the child. */
static stoa_status dense_narrow(struct stoa_node *node, uint32_t vector, uint32_t *out,
                                stoa_error *err)
{
    const stoa_status status = stoa_expand_narrow(node->state, vector, 0, out, err);
    return status == STOA_E_CORRUPT ? stoa_node_narrow_decoded(node, vector, out, err)
                                    : status;
}

/* NULLs match nothing here: the block masks them whatever they give. */
static stoa_status dense_select(struct stoa_node *node, uint32_t vector,
                                const struct stoa_predicate *predicate,
                                struct stoa_vector *scratch,
                                uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    STOA_UNUSED(scratch);
    return stoa_expand_select(node->state, vector, predicate, out_bits, NULL, err);
}

static stoa_status dense_sum(struct stoa_node *node, uint32_t first, uint32_t count,
                             stoa_i128 *sum, stoa_error *err)
{
    uint32_t valid = 0;
    return stoa_expand_sum(node->state, first, count, &valid, sum, err);
}

static stoa_status dense_extremes(struct stoa_node *node, uint32_t first, uint32_t count,
                                  struct stoa_number_range *range, stoa_error *err)
{
    uint32_t valid = 0;
    return stoa_expand_extremes(node->state, first, count, &valid, range, err);
}

const struct stoa_encoding stoa_enc_dense = {
    .id = STOA_ENC_DENSE,
    .name = "dense",
    .spec = "spec/encodings/dense.md",
    .phys_mask =
        STOA_PHYS_FIXED | STOA_PHYS_BIT(STOA_PHYS_BOOL) | STOA_PHYS_BIT(STOA_PHYS_BYTES),
    .has_children = true,
    .sum_skips_nulls = true,
    .decode_cycles = 1.2,
    .estimate = dense_estimate,
    .encode = dense_encode,
    .open = dense_open,
    .decode = dense_decode,
    .select = dense_select,
    .narrow = dense_narrow,
    .at = dense_at,
    .sum = dense_sum,
    .extremes = dense_extremes,
};
