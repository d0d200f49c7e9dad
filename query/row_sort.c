/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ORDER BY over a row store (query/row_store.h): a stable merge sort of row numbers, so
 * that rows with equal keys keep the order of the table. Each row carries 63 bits of its
 * first key, which tell most rows apart without a look at the columns. glibc's sort is not
 * used because it may allocate behind the allocator's back.
 */
#include <string.h>

#include "common/alloc.h"
#include "query/row_bound.h"
#include "query/row_store.h"

enum { RUN = 16 }; /* shorter pieces are sorted by insertion */

struct item {
    uint64_t prefix; /* ordered as the first key is, as far as it goes */
    uint32_t row;
};

struct sort {
    const struct stoa_plan *plan;
    struct stoa_column *columns; /* one per sort key */
    struct item *items;
    struct item *spare;
};

/* ---- prefixes ---- */

#define SIGN (UINT64_C(1) << 63)

static uint64_t bytes_prefix(const uint8_t *bytes, size_t size)
{
    uint8_t first[8] = {0};
    if (size > 0)
        memcpy(first, bytes, size < 8 ? size : 8);
    return __builtin_bswap64(stoa_load_le64(first));
}

/* A number that is not above that of a value that is not below this one, in query order. */
static uint64_t value_prefix(enum stoa_phys phys, const struct stoa_value *value)
{
    switch (phys) {
    case STOA_PHYS_BOOL: return value->boolean ? SIGN : 0;
    case STOA_PHYS_I64: return value->u64 ^ SIGN;
    case STOA_PHYS_U64: return value->u64;
    case STOA_PHYS_F64: {
        const struct stoa_value x = {.f64 = value->f64 + 0.0}; /* -0.0 is 0.0 */
        if (value->f64 != value->f64)
            return UINT64_MAX;
        return x.u64 & SIGN ? ~x.u64 : x.u64 | SIGN;
    }
    case STOA_PHYS_I128: return (uint64_t)((stoa_u128)value->i128 >> 64) ^ SIGN;
    case STOA_PHYS_BYTES: return bytes_prefix(value->bytes.data, value->bytes.length);
    case STOA_PHYS_FIXED16: return bytes_prefix(value->fixed16, 16);
    case STOA_PHYS_COUNT: break;
    }
    return 0;
}

static uint64_t row_prefix(const struct stoa_sort_key *key,
                           const struct stoa_column *column, uint32_t row)
{
    const struct stoa_value value = stoa_column_get(column, row);
    if (value.is_null)
        return key->nulls_first ? 0 : UINT64_MAX;
    const uint64_t prefix = value_prefix(column->phys, &value);
    return (key->is_descending ? ~prefix : prefix) >> 1 | (key->nulls_first ? SIGN : 0);
}

/* ---- order ---- */

static int compare_rows(const struct sort *sort, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < sort->plan->sort_key_count; i++) {
        const struct stoa_column *column = &sort->columns[i];
        const struct stoa_value x = stoa_column_get(column, a);
        const struct stoa_value y = stoa_column_get(column, b);
        const int order =
            stoa_sort_key_compare(&sort->plan->sort_keys[i], column->phys, &x, &y);
        if (order != 0)
            return order;
    }
    return 0;
}

static bool is_behind(const struct sort *sort, const struct item *a, const struct item *b)
{
    if (a->prefix != b->prefix)
        return a->prefix > b->prefix;
    return compare_rows(sort, a->row, b->row) > 0;
}

static void sort_run(const struct sort *sort, uint32_t from, uint32_t to)
{
    for (uint32_t i = from + 1; i < to; i++) {
        const struct item item = sort->items[i];
        uint32_t at = i;
        for (; at > from && is_behind(sort, &sort->items[at - 1], &item); at--)
            sort->items[at] = sort->items[at - 1];
        sort->items[at] = item;
    }
}

/* Merges the sorted pieces [from, middle) and [middle, to) through `spare`. */
static void merge_pieces(const struct sort *sort, uint32_t from, uint32_t middle,
                         uint32_t to)
{
    if (!is_behind(sort, &sort->items[middle - 1], &sort->items[middle]))
        return;
    memcpy(sort->spare + from, sort->items + from, (middle - from) * sizeof(struct item));
    uint32_t left = from;
    uint32_t right = middle;
    uint32_t out = from;
    while (left < middle && right < to) {
        if (is_behind(sort, &sort->spare[left], &sort->items[right]))
            sort->items[out++] = sort->items[right++];
        else
            sort->items[out++] = sort->spare[left++];
    }
    memcpy(sort->items + out, sort->spare + left, (middle - left) * sizeof(struct item));
}

static void sort_items(const struct sort *sort, uint32_t count)
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

/* ---- sorting a store ---- */

static stoa_status sort_store(struct sort *sort, struct stoa_row_store *store,
                              uint32_t most, stoa_error *err)
{
    const uint32_t count = stoa_row_store_rows(store);
    const struct stoa_plan *plan = sort->plan;
    for (uint32_t key = 0; key < plan->sort_key_count; key++)
        sort->columns[key] =
            stoa_column_builder_view(&store->columns[plan->sort_keys[key].output]);
    for (uint32_t i = 0; i < count; i++)
        sort->items[i] = (struct item){
            .prefix = row_prefix(&plan->sort_keys[0], &sort->columns[0], i), .row = i};
    sort_items(sort, count);
    /* The spare memory takes the row numbers alone. */
    uint32_t *rows = (uint32_t *)(void *)sort->spare;
    const uint32_t kept = count < most ? count : most;
    for (uint32_t i = 0; i < kept; i++)
        rows[i] = sort->items[i].row;
    return stoa_row_store_keep(store, rows, kept, err);
}

stoa_status stoa_row_store_sort(struct stoa_row_store *store, const struct stoa_plan *plan,
                                uint32_t most, stoa_error *err)
{
    const uint32_t count = stoa_row_store_rows(store);
    const size_t scratch = 2 * (size_t)count * sizeof(struct item);
    struct sort sort = {.plan = plan};
    STOA_TRY(stoa_budget_take(store->budget, scratch, err));
    sort.items = stoa_alloc_array(count + (size_t)1, sizeof *sort.items);
    sort.spare = stoa_alloc_array(count + (size_t)1, sizeof *sort.spare);
    sort.columns = stoa_alloc_array(plan->sort_key_count + (size_t)1, sizeof *sort.columns);
    const stoa_status status = sort.items && sort.spare && sort.columns
                                   ? sort_store(&sort, store, most, err)
                                   : stoa_fail_memory(err, scratch);
    stoa_free(sort.items);
    stoa_free(sort.spare);
    stoa_free(sort.columns);
    stoa_budget_give(store->budget, scratch);
    return status;
}
