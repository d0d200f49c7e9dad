/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Smallest and largest of a block's values, NULLs left out: what MIN and MAX ask for where
 * statistics cannot say. Vectors without NULLs are asked of the encoding, others are decoded, as for
 * sums (block_sum.c).
 */
#include <assert.h>

#include "format/block.h"
#include "format/block_validity.h"
#include "format/enc/enc_parts.h"

/* Which rows of a vector are not NULL; returns how many. */
static uint32_t load_mask(const struct stoa_block *block, uint32_t vector, uint32_t length,
                          uint64_t out[STOA_VECTOR_WORDS])
{
    uint32_t count = 0;
    stoa_bits_set_all(out, length, true);
    const struct stoa_validity *validity = block->validity;
    if (!validity)
        return length;
    const uint8_t *bits = validity->bits + (size_t)vector * STOA_VECTOR_WORDS * 8;
    for (uint32_t word = 0; word * 64 < length; word++) {
        out[word] &= stoa_load_le64(bits + (size_t)word * 8);
        count += (uint32_t)__builtin_popcountll(out[word]);
    }
    return count;
}

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

static stoa_status extremes_of_vector(struct stoa_node *root, uint32_t vector,
                                      const uint64_t rows[STOA_VECTOR_WORDS],
                                      struct stoa_number_range *range, stoa_error *err)
{
    struct stoa_vector *scratch = NULL;
    STOA_TRY(stoa_node_scratch(root, &scratch, err));
    STOA_TRY(stoa_node_decode(root, vector, scratch, err));
    stoa_extremes_of_rows(scratch, rows, &range->low, &range->high);
    return STOA_OK;
}

static stoa_status extremes_between(struct stoa_node *root, uint32_t first, uint32_t end,
                                    struct stoa_number_range *range, stoa_error *err)
{
    return first < end ? stoa_node_extremes(root, first, end - first, range, err) : STOA_OK;
}

stoa_status stoa_block_extremes(struct stoa_block *block, uint32_t first_vector,
                                uint32_t vectors, uint64_t *out_valid, stoa_i128 *out_low,
                                stoa_i128 *out_high, stoa_error *err)
{
    assert(first_vector + vectors <= stoa_vector_count(block->rows));
    struct stoa_node *root = block->root;
    struct stoa_number_range range = stoa_no_numbers();
    uint64_t rows[STOA_VECTOR_WORDS];
    uint64_t valid = 0;
    uint32_t first = first_vector * STOA_VECTOR_ROWS; /* rows not looked at yet.. */
    uint32_t end = first; /* ..end here; the encoding may look at them all */
    for (uint32_t v = first_vector; root && v < first_vector + vectors; v++) {
        const uint32_t length = stoa_vector_length(block->rows, v);
        const uint32_t count = load_mask(block, v, length, rows);
        valid += count;
        if (count < length && !root->encoding->sum_skips_nulls) {
            STOA_TRY(extremes_between(root, first, end, &range, err));
            if (count > 0)
                STOA_TRY(extremes_of_vector(root, v, rows, &range, err));
            first = end + length;
        }
        end += length;
    }
    if (root)
        STOA_TRY(extremes_between(root, first, end, &range, err));
    *out_valid = valid;
    if (valid > 0) {
        *out_low = range.low;
        *out_high = range.high;
    }
    return STOA_OK;
}
