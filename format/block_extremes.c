/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Smallest and largest of a block's values, NULLs left out: what MIN and MAX ask for where
 * statistics cannot say.
 */
#include "format/block_fold.h"

void stoa_extremes_of_rows(const struct stoa_vector *values,
                           const uint64_t rows[STOA_VECTOR_WORDS], stoa_i128 *low,
                           stoa_i128 *high)
{
    const bool is_signed = values->phys == STOA_PHYS_I64;
    const uint64_t sign = is_signed ? UINT64_C(1) << 63 : 0; /* orders signed as unsigned */
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++) {
        for (uint64_t left = rows[word]; left != 0; left &= left - 1) {
            const uint64_t value =
                values->values.u64[word * 64 + (uint32_t)__builtin_ctzll(left)] ^ sign;
            least = value < least ? value : least;
            most = value > most ? value : most;
        }
    }
    if (least > most)
        return; /* no row */
    struct stoa_number_range range = {.low = *low, .high = *high};
    least ^= sign;
    most ^= sign;
    stoa_range_widen(&range, is_signed ? (stoa_i128)(int64_t)least : (stoa_i128)least,
                     is_signed ? (stoa_i128)(int64_t)most : (stoa_i128)most);
    *low = range.low;
    *high = range.high;
}

static stoa_status extremes_of_stretch(void *context, struct stoa_node *root,
                                       uint32_t first, uint32_t count, stoa_error *err)
{
    return stoa_node_extremes(root, first, count, context, err);
}

static void extremes_of_some(void *context, const struct stoa_node *root,
                             const struct stoa_vector *values,
                             const uint64_t rows[STOA_VECTOR_WORDS])
{
    struct stoa_number_range *range = context;
    STOA_UNUSED(root);
    stoa_extremes_of_rows(values, rows, &range->low, &range->high);
}

stoa_status stoa_block_extremes(struct stoa_block *block, uint32_t first_vector,
                                uint32_t vectors, uint64_t *out_valid, stoa_i128 *out_low,
                                stoa_i128 *out_high, stoa_error *err)
{
    struct stoa_number_range range = stoa_no_numbers();
    const struct stoa_block_fold fold = {
        .context = &range, .rows = extremes_of_stretch, .some = extremes_of_some};
    STOA_TRY(stoa_block_fold(block, first_vector, vectors, &fold, out_valid, err));
    if (*out_valid > 0) {
        *out_low = range.low;
        *out_high = range.high;
    }
    return STOA_OK;
}
