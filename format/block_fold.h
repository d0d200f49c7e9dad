/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk over a block's vectors for those who fold its values, NULLs left out: block_sum.c and
 * block_extremes.c. Rows go to the encoding many at a time as far as no NULL lies between them;
 * a vector with NULLs is decoded, since what the slots behind NULLs hold is anybody's guess.
 */
#ifndef STOA_FORMAT_BLOCK_FOLD_H
#define STOA_FORMAT_BLOCK_FOLD_H

#include "format/block.h"
#include "format/enc/enc_parts.h"

struct stoa_block_fold {
    void *context;
    /* Rows [first, first + count), count > 0, none of them NULL or NULLs left out by the encoding
     * (sum_skips_nulls). */
    stoa_status (*rows)(void *context, struct stoa_node *root, uint32_t first,
                        uint32_t count, stoa_error *err);
    /* The rows of a decoded vector whose bit is set, at least one. */
    void (*some)(void *context, const struct stoa_node *root,
                 const struct stoa_vector *values, const uint64_t rows[STOA_VECTOR_WORDS]);
};

/* Folds `vectors` vectors from `first_vector` on; *out_valid is how many rows are not NULL. One thread
 * at a time; errors are those of decoding. */
STOA_MUST_USE stoa_status stoa_block_fold(struct stoa_block *block, uint32_t first_vector,
                                          uint32_t vectors,
                                          const struct stoa_block_fold *fold,
                                          uint64_t *out_valid, stoa_error *err);

#endif
