/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of a block's values, NULLs left out: what SUM, AVG and COUNT ask for when no row of a
 * vector is dropped. Vectors without NULLs are summed by the encoding, many at a time; where
 * NULLs lie between values the vector is decoded and masked, since what the slots behind NULLs
 * hold is anybody's guess.
 */
#include <assert.h>

#include "format/block.h"
#include "format/block_validity.h"
#include "format/enc/enc_parts.h"

/* Which rows of a vector are not NULL; returns how many. */
static uint32_t load_mask(const struct stoa_block *block, uint32_t vector, uint32_t length,
                          uint64_t out[STOA_VECTOR_WORDS])
{
    const struct stoa_validity *validity = block->validity;
    uint32_t count = 0;
    stoa_bits_set_all(out, length, true);
    const uint8_t *bits = validity->bits + (size_t)vector * STOA_VECTOR_WORDS * 8;
    for (uint32_t word = 0; word * 64 < length; word++) {
        out[word] &= stoa_load_le64(bits + (size_t)word * 8);
        count += (uint32_t)__builtin_popcountll(out[word]);
    }
    return count;
}

static stoa_status sum_masked(struct stoa_node *root, uint32_t vector,
                              const uint64_t mask[STOA_VECTOR_WORDS], stoa_i128 *sum,
                              stoa_error *err)
{
    struct stoa_vector *scratch = NULL;
    stoa_i128 some = 0;
    STOA_TRY(stoa_node_scratch(root, &scratch, err));
    STOA_TRY(stoa_node_decode(root, vector, scratch, err));
    root->context->kernels->sum_masked(scratch->values.u64, root->phys == STOA_PHYS_I64,
                                       mask, scratch->length, &some);
    *sum += some;
    return STOA_OK;
}

static stoa_status sum_rows(struct stoa_node *root, uint32_t first, uint32_t end,
                            stoa_i128 *sum, stoa_error *err)
{
    return first < end ? stoa_node_sum(root, first, end - first, sum, err) : STOA_OK;
}

stoa_status stoa_block_sum(struct stoa_block *block, uint32_t first_vector,
                           uint32_t vectors, uint64_t *out_valid, stoa_i128 *out_sum,
                           stoa_error *err)
{
    assert(first_vector + vectors <= stoa_vector_count(block->rows));
    struct stoa_node *root = block->root;
    uint64_t mask[STOA_VECTOR_WORDS];
    uint64_t valid = 0;
    stoa_i128 sum = 0;
    uint32_t first = first_vector * STOA_VECTOR_ROWS; /* rows not summed yet.. */
    uint32_t end = first;                             /* ..end here, none of them NULL */
    if (root && !block->validity) {
        const uint32_t behind = (first_vector + vectors) * STOA_VECTOR_ROWS;
        end = behind < block->rows ? behind : block->rows;
        valid = end - first;
    }
    for (uint32_t v = first_vector; block->validity && v < first_vector + vectors; v++) {
        const uint32_t length = stoa_vector_length(block->rows, v);
        const uint32_t count = load_mask(block, v, length, mask);
        valid += count;
        if (count < length && !root->encoding->sum_skips_nulls) {
            STOA_TRY(sum_rows(root, first, end, &sum, err));
            if (count > 0)
                STOA_TRY(sum_masked(root, v, mask, &sum, err));
            first = end + length;
        }
        end += length;
    }
    STOA_TRY(sum_rows(root, first, end, &sum, err));
    *out_valid = valid;
    *out_sum = sum;
    return STOA_OK;
}
