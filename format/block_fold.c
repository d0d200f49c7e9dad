/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See block_fold.h.
 */
#include "format/block_fold.h"

#include <assert.h>

#include "format/block_validity.h"

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

static stoa_status fold_some(const struct stoa_block_fold *fold, struct stoa_node *root,
                             uint32_t vector, const uint64_t rows[STOA_VECTOR_WORDS],
                             stoa_error *err)
{
    struct stoa_vector *scratch = NULL;
    STOA_TRY(stoa_node_scratch(root, &scratch, err));
    STOA_TRY(stoa_node_decode(root, vector, scratch, err));
    fold->some(fold->context, root, scratch, rows);
    return STOA_OK;
}

static stoa_status fold_rows(const struct stoa_block_fold *fold, struct stoa_node *root,
                             uint32_t first, uint32_t end, stoa_error *err)
{
    return first < end ? fold->rows(fold->context, root, first, end - first, err) : STOA_OK;
}

stoa_status stoa_block_fold(struct stoa_block *block, uint32_t first_vector,
                            uint32_t vectors, const struct stoa_block_fold *fold,
                            uint64_t *out_valid, stoa_error *err)
{
    assert(first_vector + vectors <= stoa_vector_count(block->rows));
    struct stoa_node *root = block->root;
    uint64_t rows[STOA_VECTOR_WORDS];
    uint64_t valid = 0;
    uint32_t first = first_vector * STOA_VECTOR_ROWS; /* rows not folded yet.. */
    uint32_t end = first; /* ..end here; the encoding may fold them all */
    if (root && !block->validity) {
        const uint32_t behind = (first_vector + vectors) * STOA_VECTOR_ROWS;
        end = behind < block->rows ? behind : block->rows;
        valid = end - first;
    }
    for (uint32_t v = first_vector; block->validity && v < first_vector + vectors; v++) {
        const uint32_t length = stoa_vector_length(block->rows, v);
        const uint32_t count = load_mask(block, v, length, rows);
        valid += count;
        if (count < length && !root->encoding->sum_skips_nulls) {
            STOA_TRY(fold_rows(fold, root, first, end, err));
            if (count > 0)
                STOA_TRY(fold_some(fold, root, v, rows, err));
            first = end + length;
        }
        end += length;
    }
    STOA_TRY(fold_rows(fold, root, first, end, err));
    *out_valid = valid;
    return STOA_OK;
}
