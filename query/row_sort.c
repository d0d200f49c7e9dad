/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ORDER BY over a row store (query/row_store.h): a stable merge sort of row numbers, so that rows with equal keys keep
 * the order of the table. glibc's sort is not used because it may allocate behind the allocator's back.
 */
#include <string.h>

#include "common/alloc.h"
#include "query/row_store.h"

enum { RUN = 16 }; /* shorter pieces are sorted by insertion */

struct sort {
    const struct stoa_plan *plan;
    struct stoa_column *columns; /* one per sort key */
    uint32_t *rows;
    uint32_t *spare;
};

static int compare_key(const struct sort *sort, uint32_t key, uint32_t a, uint32_t b)
{
    const struct stoa_sort_key *how = &sort->plan->sort_keys[key];
    const struct stoa_column *column = &sort->columns[key];
    const bool a_null = column->validity && !stoa_bit_get(column->validity, a);
    const bool b_null = column->validity && !stoa_bit_get(column->validity, b);
    if (a_null || b_null)
        return a_null == b_null ? 0 : a_null == how->nulls_first ? -1 : 1;
    int order = 0;
    if (column->phys == STOA_PHYS_I64) {
        const int64_t x = stoa_column_i64(column)[a];
        const int64_t y = stoa_column_i64(column)[b];
        order = (x > y) - (x < y);
    } else {
        const struct stoa_value x = stoa_column_get(column, a);
        const struct stoa_value y = stoa_column_get(column, b);
        order = stoa_value_compare(column->phys, &x, &y);
    }
    return how->is_descending ? -order : order;
}

static int compare_rows(const struct sort *sort, uint32_t a, uint32_t b)
{
    for (uint32_t key = 0; key < sort->plan->sort_key_count; key++) {
        const int order = compare_key(sort, key, a, b);
        if (order != 0)
            return order;
    }
    return 0;
}

static void sort_run(const struct sort *sort, uint32_t from, uint32_t to)
{
    for (uint32_t i = from + 1; i < to; i++) {
        const uint32_t row = sort->rows[i];
        uint32_t at = i;
        while (at > from && compare_rows(sort, sort->rows[at - 1], row) > 0) {
            sort->rows[at] = sort->rows[at - 1];
            at--;
        }
        sort->rows[at] = row;
    }
}

/* Merges the sorted pieces [from, middle) and [middle, to) through `spare`. */
static void merge_pieces(const struct sort *sort, uint32_t from, uint32_t middle,
                         uint32_t to)
{
    if (compare_rows(sort, sort->rows[middle - 1], sort->rows[middle]) <= 0)
        return;
    memcpy(sort->spare + from, sort->rows + from, (middle - from) * sizeof(uint32_t));
    uint32_t left = from;
    uint32_t right = middle;
    uint32_t out = from;
    while (left < middle && right < to) {
        if (compare_rows(sort, sort->spare[left], sort->rows[right]) <= 0)
            sort->rows[out++] = sort->spare[left++];
        else
            sort->rows[out++] = sort->rows[right++];
    }
    memcpy(sort->rows + out, sort->spare + left, (middle - left) * sizeof(uint32_t));
}

static void sort_rows(const struct sort *sort, uint32_t count)
{
    for (uint32_t from = 0; from < count; from += RUN)
        sort_run(sort, from, count - from < RUN ? count : from + RUN);
    for (uint64_t width = RUN; width < count; width *= 2) {
        for (uint64_t from = 0; from + width < count; from += 2 * width) {
            const uint64_t to = from + 2 * width < count ? from + 2 * width : count;
            merge_pieces(sort, (uint32_t)from, (uint32_t)(from + width), (uint32_t)to);
        }
    }
}

stoa_status stoa_row_store_sort(struct stoa_row_store *store, const struct stoa_plan *plan,
                                uint32_t most, stoa_error *err)
{
    const uint32_t count = stoa_row_store_rows(store);
    const size_t scratch = 2 * (size_t)count * sizeof(uint32_t);
    struct sort sort = {.plan = plan};
    STOA_TRY(stoa_budget_take(store->budget, scratch, err));
    sort.rows = stoa_alloc_array(count + (size_t)1, sizeof(uint32_t));
    sort.spare = stoa_alloc_array(count + (size_t)1, sizeof(uint32_t));
    sort.columns = stoa_alloc_array(plan->sort_key_count + (size_t)1, sizeof *sort.columns);
    stoa_status status = STOA_OK;
    if (!sort.rows || !sort.spare || !sort.columns) {
        status = stoa_fail_memory(err, scratch);
    } else {
        for (uint32_t key = 0; key < plan->sort_key_count; key++)
            sort.columns[key] =
                stoa_column_builder_view(&store->columns[plan->sort_keys[key].output]);
        for (uint32_t i = 0; i < count; i++)
            sort.rows[i] = i;
        sort_rows(&sort, count);
        status = stoa_row_store_keep(store, sort.rows, count < most ? count : most, err);
    }
    stoa_free(sort.rows);
    stoa_free(sort.spare);
    stoa_free(sort.columns);
    stoa_budget_give(store->budget, scratch);
    return status;
}
