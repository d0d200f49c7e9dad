/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of a block's values, NULLs left out: what SUM, AVG and COUNT ask for when no row of a
 * vector is dropped.
 */
#include "format/block_fold.h"

static stoa_status sum_rows(void *context, struct stoa_node *root, uint32_t first,
                            uint32_t count, stoa_error *err)
{
    return stoa_node_sum(root, first, count, context, err);
}

static void sum_some(void *context, const struct stoa_node *root,
                     const struct stoa_vector *values,
                     const uint64_t rows[STOA_VECTOR_WORDS])
{
    stoa_i128 *sum = context;
    stoa_i128 some = 0;
    root->context->kernels->sum_masked(values->values.u64, values->phys == STOA_PHYS_I64,
                                       rows, values->length, &some);
    *sum += some;
}

stoa_status stoa_block_sum(struct stoa_block *block, uint32_t first_vector,
                           uint32_t vectors, uint64_t *out_valid, stoa_i128 *out_sum,
                           stoa_error *err)
{
    stoa_i128 sum = 0;
    const struct stoa_block_fold fold = {
        .context = &sum, .rows = sum_rows, .some = sum_some};
    STOA_TRY(stoa_block_fold(block, first_vector, vectors, &fold, out_valid, err));
    *out_sum = sum;
    return STOA_OK;
}
