/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finished rows in memory: output columns side by side, charged to the query's budget. What sorting
 * works on and what batches are cut from. One thread at a time.
 */
#ifndef STOA_QUERY_ROW_STORE_H
#define STOA_QUERY_ROW_STORE_H

#include "query/budget.h"
#include "query/plan.h"

struct stoa_row_store {
    struct stoa_budget *budget;
    struct stoa_column_builder *columns; /* one per output */
    uint32_t column_count;
    size_t charged;
};

/* A store for the outputs of `plan`. */
STOA_MUST_USE stoa_status stoa_row_store_init(struct stoa_row_store *store,
                                              const struct stoa_plan *plan,
                                              struct stoa_budget *budget, stoa_error *err);
void stoa_row_store_done(struct stoa_row_store *store);
void stoa_row_store_clear(struct stoa_row_store *store); /* keeps the memory */

static inline uint32_t stoa_row_store_rows(const struct stoa_row_store *store)
{
    return store->column_count > 0 ? store->columns[0].length : 0;
}

/* One value; bytes borrow the store. */
static inline struct stoa_value stoa_row_store_get(const struct stoa_row_store *store,
                                                   uint32_t column, uint32_t row)
{
    const struct stoa_column view = stoa_column_builder_view(&store->columns[column]);
    return stoa_column_get(&view, row);
}

/* Appends the rows of `bits` of one vector per output. */
STOA_MUST_USE stoa_status stoa_row_store_append(struct stoa_row_store *store,
                                                const struct stoa_vector *const *vectors,
                                                const uint64_t *bits, stoa_error *err);

/* Appends rows [first, first + count) of another store with the same columns. */
STOA_MUST_USE stoa_status stoa_row_store_append_rows(struct stoa_row_store *store,
                                                     const struct stoa_row_store *from,
                                                     uint32_t first, uint32_t count,
                                                     stoa_error *err);

/* Keeps the rows named by `rows`, in that order. */
STOA_MUST_USE stoa_status stoa_row_store_keep(struct stoa_row_store *store,
                                              const uint32_t *rows, uint32_t count,
                                              stoa_error *err);

/* Sorts by the plan's keys, stably, and keeps the first `most` rows (UINT32_MAX: all). */
STOA_MUST_USE stoa_status stoa_row_store_sort(struct stoa_row_store *store,
                                              const struct stoa_plan *plan, uint32_t most,
                                              stoa_error *err);

/* Fills one vector per output column with rows [first, first + count), count <= 1,024;
 * texts borrow. */
void stoa_row_store_read(const struct stoa_row_store *store, uint32_t first, uint32_t count,
                         uint32_t vector_count, struct stoa_vector *vectors);

#endif
