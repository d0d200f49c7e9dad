/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of a block by row number: one alone, or many in one pass. Rows are visited by ascending
 * number whatever order they come in, so that each vector is decoded once and each frame
 * decompressed once. Called by reader_take.c and by scans for the few rows that survive.
 */
#include <assert.h>

#include "common/alloc.h"
#include "common/bitmap.h"
#include "format/block.h"
#include "format/block_validity.h"
#include "format/enc/enc_parts.h"
#include "format/row_order.h"

/* ---- one row ---- */

static bool is_null(const struct stoa_block *block, uint32_t row)
{
    const struct stoa_validity *validity = block->validity;
    if (!validity)
        return !block->root;
    return !(validity->bits[row / 8] >> row % 8 & 1);
}

stoa_status stoa_block_at(struct stoa_block *block, uint32_t row, struct stoa_value *out,
                          stoa_error *err)
{
    assert(row < block->rows);
    if (is_null(block, row)) {
        *out = (struct stoa_value){.is_null = true};
        return STOA_OK;
    }
    return stoa_node_at(block->root, row, out, err);
}

/* ---- many rows ---- */

/* With fewer rows of a vector than this each is read alone. */
static uint32_t vector_worth(const struct stoa_block *block)
{
    enum { USUAL_WORTH = 8 };
    if (!block->root)
        return UINT32_MAX;
    const uint32_t worth = block->root->encoding->vector_worth;
    return worth > 0 ? worth : USUAL_WORTH;
}

/* Rows of one vector; equal ones are neighbours, mostly. */
static stoa_status take_alone(struct stoa_block *block, const uint32_t *rows,
                              uint32_t count, struct stoa_column_builder *out,
                              stoa_error *err)
{
    struct stoa_value value = {.is_null = true};
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || rows[i] != rows[i - 1])
            STOA_TRY(stoa_block_at(block, rows[i], &value, err));
        STOA_TRY(stoa_column_builder_append(out, &value, err));
    }
    return STOA_OK;
}

static stoa_status take_vector(struct stoa_block *block, const uint32_t *rows,
                               uint32_t count, struct stoa_column_builder *out,
                               stoa_error *err)
{
    if (!block->taken)
        STOA_TRY(stoa_vector_in_arena(block->context, block->phys, &block->taken, err));
    STOA_TRY(stoa_block_decode(block, rows[0] / STOA_VECTOR_ROWS, block->taken, err));
    for (uint32_t i = 0; i < count; i++) {
        const struct stoa_value value =
            stoa_vector_get(block->taken, rows[i] % STOA_VECTOR_ROWS);
        STOA_TRY(stoa_column_builder_append(out, &value, err));
    }
    return STOA_OK;
}

/* Rows that ascend. */
static stoa_status take_ascending(struct stoa_block *block, const uint32_t *rows,
                                  uint32_t count, struct stoa_column_builder *out,
                                  stoa_error *err)
{
    const uint32_t worth = vector_worth(block);
    for (uint32_t first = 0; first < count;) {
        const uint32_t vector = rows[first] / STOA_VECTOR_ROWS;
        uint32_t end = first + 1;
        while (end < count && rows[end] / STOA_VECTOR_ROWS == vector)
            end++;
        if (end - first < worth)
            STOA_TRY(take_alone(block, rows + first, end - first, out, err));
        else
            STOA_TRY(take_vector(block, rows + first, end - first, out, err));
        first = end;
    }
    return STOA_OK;
}

/* Memory for rows that do not ascend. */
struct sorted_rows {
    uint64_t *keys;
    uint32_t *order; /* NULL: they do */
    uint32_t *rows;  /* ascending */
};

static void sorted_done(struct sorted_rows *sorted)
{
    stoa_free(sorted->keys);
    stoa_free(sorted->order);
    stoa_free(sorted->rows);
}

static stoa_status sort_rows(const uint32_t *rows, uint32_t count, struct sorted_rows *out,
                             stoa_error *err)
{
    out->keys = stoa_alloc_array(count, sizeof *out->keys);
    out->rows = stoa_alloc_array(count, sizeof *out->rows);
    if (!out->keys || !out->rows)
        return stoa_fail_memory(err, count * sizeof *out->keys);
    for (uint32_t i = 0; i < count; i++)
        out->keys[i] = rows[i];
    STOA_TRY(stoa_row_order_make(out->keys, count, &out->order, err));
    for (uint32_t i = 0; i < count; i++)
        out->rows[i] = rows[out->order ? out->order[i] : i];
    return STOA_OK;
}

static stoa_status take_any_order(struct stoa_block *block, const uint32_t *rows,
                                  uint32_t count, struct stoa_column_builder *out,
                                  stoa_error *err)
{
    struct sorted_rows sorted = {.keys = NULL};
    struct stoa_column_builder taken;
    stoa_status status = STOA_OK;
    stoa_column_builder_init(&taken, block->phys);
    STOA_TRY_CLEANUP(sort_rows(rows, count, &sorted, err));
    STOA_TRY_CLEANUP(take_ascending(block, sorted.rows, count, &taken, err));
    stoa_row_order_invert(sorted.order, count, sorted.rows);
    const struct stoa_column column = stoa_column_builder_view(&taken);
    STOA_TRY_CLEANUP(stoa_column_builder_gather(out, &column, sorted.order, count, err));
cleanup:
    stoa_column_builder_done(&taken);
    sorted_done(&sorted);
    return status;
}

static bool is_ascending(const uint32_t *rows, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        if (rows[i] < rows[i - 1])
            return false;
    }
    return true;
}

stoa_status stoa_block_take(struct stoa_block *block, const uint32_t *rows, uint32_t count,
                            struct stoa_column_builder *out, stoa_error *err)
{
    assert(out->phys == block->phys);
    const uint32_t before = out->length;
    if (!is_ascending(rows, count))
        return take_any_order(block, rows, count, out, err);
    const stoa_status status = take_ascending(block, rows, count, out, err);
    if (status != STOA_OK)
        stoa_column_builder_cut(out, before);
    return status;
}
