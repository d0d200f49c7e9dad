/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing out the rows of an execution (query/exec_state.h), OFFSET and LIMIT applied.
 */
#include "query/exec_state.h"

/* A batch ends early above so many text bytes; one row is always handed out. */
#define MAX_BATCH_TEXT ((size_t)8 << 20)

/* The next morsel of a stream that has rows left; NULL at the end. */
static stoa_status next_in_stream(struct stoa_execution *execution,
                                  const struct stoa_row_store **out_store, stoa_error *err)
{
    for (;;) {
        while (execution->wave_at < execution->wave_count) {
            const struct stoa_morsel_rows *rows = &execution->wave_rows[execution->wave_at];
            if (execution->position < stoa_row_store_rows(&rows->store)) {
                *out_store = &rows->store;
                return STOA_OK;
            }
            if (rows->status != STOA_OK) {
                if (err)
                    *err = rows->error;
                return rows->status;
            }
            stoa_execution_tell(execution, execution->wave_at);
            execution->wave_at++;
            execution->position = 0;
        }
        if (execution->is_collected)
            return STOA_OK;
        execution->wave_at = 0;
        execution->wave_count = 0;
        STOA_TRY(stoa_execution_wave(execution, err));
        execution->is_collected = execution->wave_count == 0;
    }
}

/* The store whose rows come next; NULL at the end. */
static stoa_status next_store(struct stoa_execution *execution,
                              const struct stoa_row_store **out_store, stoa_error *err)
{
    *out_store = NULL;
    if (!stoa_execution_collects(execution->plan))
        return next_in_stream(execution, out_store, err);
    if (!execution->is_collected)
        STOA_TRY(stoa_execution_collect(execution, err));
    execution->is_collected = true;
    if (execution->position < stoa_row_store_rows(&execution->store))
        *out_store = &execution->store;
    return STOA_OK;
}

/* Text bytes of rows [first, first + count) of the visible outputs. */
static size_t text_bytes(const struct stoa_execution *execution,
                         const struct stoa_row_store *store, uint32_t first, uint32_t count)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < execution->plan->visible_count; i++) {
        const struct stoa_column_builder *column = &store->columns[i];
        if (column->phys == STOA_PHYS_BYTES)
            bytes += column->offsets[first + count] - column->offsets[first];
    }
    return bytes;
}

/* Rows that LIMIT still allows, fewer when they are wide, for a batch holds all texts once more;
 * counts down `left_to_skip` by moving the position. */
static uint32_t rows_to_hand_out(struct stoa_execution *execution,
                                 const struct stoa_row_store *store)
{
    const uint32_t rows = stoa_row_store_rows(store);
    const uint64_t here = rows - execution->position;
    const uint64_t skip = execution->left_to_skip < here ? execution->left_to_skip : here;
    execution->position += (uint32_t)skip;
    execution->left_to_skip -= skip;
    uint64_t count = rows - execution->position;
    if (count > STOA_VECTOR_ROWS)
        count = STOA_VECTOR_ROWS;
    if (count > execution->left_to_give)
        count = execution->left_to_give;
    while (count > 1 && text_bytes(execution, store, execution->position, (uint32_t)count) >
                            MAX_BATCH_TEXT)
        count /= 2;
    return (uint32_t)count;
}

static void start(struct stoa_execution *execution)
{
    const struct stoa_plan *plan = execution->plan;
    if (execution->has_started)
        return;
    execution->has_started = true;
    execution->left_to_skip = plan->offset;
    execution->left_to_give = plan->has_limit ? plan->limit : UINT64_MAX;
}

stoa_status stoa_execution_next(struct stoa_execution *execution,
                                const struct stoa_vector **out_vectors,
                                uint32_t *out_length, stoa_error *err)
{
    start(execution);
    *out_vectors = execution->output;
    *out_length = 0;
    while (execution->left_to_give > 0) {
        const struct stoa_row_store *store = NULL;
        STOA_TRY(next_store(execution, &store, err));
        if (!store)
            return STOA_OK;
        const uint32_t count = rows_to_hand_out(execution, store);
        if (count == 0)
            continue;
        stoa_row_store_read(store, execution->position, count,
                            execution->plan->visible_count, execution->output);
        execution->position += count;
        if (execution->left_to_give != UINT64_MAX)
            execution->left_to_give -= count;
        *out_length = count;
        return STOA_OK;
    }
    return STOA_OK;
}
