/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums, counts and extremes of a column without its values (query/scan_worker.h): the block folds
 * encoded data where no row is dropped; otherwise the vector is decoded and masked. Called for
 * aggregates that ask for no more (exec_sums.c).
 */
#include "common/bitmap.h"
#include "format/kernels/kernels.h"
#include "query/scan_parts.h"

static uint32_t vector_count(const struct stoa_morsel *morsel)
{
    return (morsel->rows + STOA_VECTOR_ROWS - 1) / STOA_VECTOR_ROWS;
}

stoa_status stoa_scan_sum_morsel(struct stoa_scan_worker *worker, uint32_t column,
                                 bool wants_sum, struct stoa_scan_sum *out, stoa_error *err)
{
    struct stoa_block *block = NULL;
    STOA_TRY(stoa_scan_load(worker, column, &block, err));
    *out = (struct stoa_scan_sum){.count = block->rows - block->null_count};
    if (!wants_sum)
        return STOA_OK;
    return stoa_scan_fail(
        worker, column,
        stoa_block_sum(block, 0, vector_count(worker->morsel), &out->count, &out->sum, err),
        err);
}

/* `bits` without the rows that are NULL. */
static stoa_status drop_nulls(struct stoa_scan_worker *worker, struct stoa_block *block,
                              uint32_t vector, uint32_t column, uint64_t *bits,
                              stoa_error *err)
{
    static const struct stoa_predicate not_null = {.kind = STOA_PREDICATE_IS_NOT_NULL};
    uint64_t valid[STOA_VECTOR_WORDS];
    if (block->null_count == 0)
        return STOA_OK;
    STOA_TRY(stoa_block_select(block, vector, &not_null, &worker->columns[column].vector,
                               valid, err)); /* does not touch the vector */
    for (size_t word = 0; word < STOA_VECTOR_WORDS; word++)
        bits[word] &= valid[word];
    return STOA_OK;
}

/* Below so many rows of a vector they are visited one by one. */
enum { FEW_ROWS = 256 };

static stoa_i128 add_rows(const struct stoa_vector *values, const uint64_t *mask)
{
    stoa_i128 sum = 0;
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++) {
        for (uint64_t left = mask[word]; left != 0; left &= left - 1) {
            const uint64_t value =
                values->values.u64[word * 64 + (uint32_t)__builtin_ctzll(left)];
            sum += values->phys == STOA_PHYS_I64 ? (stoa_i128)(int64_t)value
                                                 : (stoa_i128)value;
        }
    }
    return sum;
}

static stoa_status sum_some(struct stoa_scan_worker *worker, struct stoa_block *block,
                            uint32_t vector, uint32_t column, bool wants_sum,
                            const uint64_t bits[STOA_VECTOR_WORDS],
                            struct stoa_scan_sum *out, stoa_error *err)
{
    const struct stoa_vector *values = &worker->columns[column].vector;
    const uint32_t length = stoa_vector_length(worker->morsel->rows, vector);
    uint64_t mask[STOA_VECTOR_WORDS];
    memcpy(mask, bits, sizeof mask);
    STOA_TRY(drop_nulls(worker, block, vector, column, mask, err));
    out->count = stoa_bitmap_count(mask, length);
    out->sum = 0;
    if (!wants_sum || out->count == 0)
        return STOA_OK;
    STOA_TRY(stoa_scan_decode_column(worker, vector, column, err));
    if (out->count < FEW_ROWS)
        out->sum = add_rows(values, mask);
    else
        stoa_kernels_best()->sum_masked(values->values.u64, values->phys == STOA_PHYS_I64,
                                        mask, length, &out->sum);
    return STOA_OK;
}

stoa_status stoa_scan_sum_vector(struct stoa_scan_worker *worker, uint32_t vector,
                                 uint32_t column, bool wants_sum,
                                 const uint64_t bits[STOA_VECTOR_WORDS],
                                 struct stoa_scan_sum *out, stoa_error *err)
{
    struct stoa_block *block = NULL;
    const uint32_t length = stoa_vector_length(worker->morsel->rows, vector);
    STOA_TRY(stoa_scan_load(worker, column, &block, err));
    const bool is_decoded = worker->columns[column].decoded == vector;
    if (!wants_sum || is_decoded || !stoa_bitmap_all(bits, length))
        return sum_some(worker, block, vector, column, wants_sum, bits, out, err);
    return stoa_scan_fail(
        worker, column, stoa_block_sum(block, vector, 1, &out->count, &out->sum, err), err);
}

/* ---- extremes ---- */

static stoa_status extremes_of_some(struct stoa_scan_worker *worker,
                                    struct stoa_block *block, uint32_t vector,
                                    uint32_t column, const uint64_t *bits,
                                    struct stoa_scan_extremes *out, stoa_error *err)
{
    uint64_t mask[STOA_VECTOR_WORDS];
    memcpy(mask, bits, sizeof mask);
    STOA_TRY(drop_nulls(worker, block, vector, column, mask, err));
    out->count = stoa_bitmap_count(mask, stoa_vector_length(worker->morsel->rows, vector));
    if (out->count == 0)
        return STOA_OK;
    STOA_TRY(stoa_scan_decode_column(worker, vector, column, err));
    out->low = (stoa_i128)(~(stoa_u128)0 >> 1);
    out->high = -out->low;
    stoa_extremes_of_rows(&worker->columns[column].vector, mask, &out->low, &out->high);
    return STOA_OK;
}

stoa_status stoa_scan_extremes(struct stoa_scan_worker *worker, uint32_t vector,
                               uint32_t column, const uint64_t *bits,
                               struct stoa_scan_extremes *out, stoa_error *err)
{
    struct stoa_block *block = NULL;
    const uint32_t length = stoa_vector_length(worker->morsel->rows, vector);
    STOA_TRY(stoa_scan_load(worker, column, &block, err));
    if (bits &&
        (worker->columns[column].decoded == vector || !stoa_bitmap_all(bits, length)))
        return extremes_of_some(worker, block, vector, column, bits, out, err);
    return stoa_scan_fail(worker, column,
                          stoa_block_extremes(block, vector,
                                              bits ? 1 : vector_count(worker->morsel),
                                              &out->count, &out->low, &out->high, err),
                          err);
}
