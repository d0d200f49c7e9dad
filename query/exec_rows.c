/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Morsels to finished rows (query/exec_worker.h). With ORDER BY and LIMIT the first sort
 * key is made first, and only rows that may still have a place are made whole.
 */
#include <string.h>

#include "query/exec_worker.h"

static uint32_t vector_count(const struct stoa_morsel *morsel)
{
    return (morsel->rows + STOA_VECTOR_ROWS - 1) / STOA_VECTOR_ROWS;
}

/* ---- ORDER BY with LIMIT ---- */

/* Whether statistics say that no row of the morsel has a place any more. */
static stoa_status is_hopeless(struct stoa_exec_worker *worker,
                               const struct stoa_morsel *morsel, bool *out_hopeless,
                               stoa_error *err)
{
    const struct stoa_plan *plan = worker->plan;
    const struct stoa_expr *key = plan->outputs[plan->sort_keys[0].output];
    struct stoa_stats stats;
    *out_hopeless = false;
    if (!worker->bound.is_set || !worker->skips_blocks || plan->reads_rows ||
        key->kind != STOA_EXPR_COLUMN)
        return STOA_OK;
    STOA_TRY(stoa_reader_block_stats(morsel->file->reader,
                                     morsel->file->columns[key->column], morsel->group,
                                     morsel->block, &stats, err));
    *out_hopeless = stoa_row_bound_excludes(&worker->bound, &stats);
    return STOA_OK;
}

/* The same of the zone that begins with the vector; the zone before may have moved the bound. */
static stoa_status is_zone_hopeless(struct stoa_exec_worker *worker, uint32_t vector,
                                    bool *out_hopeless, stoa_error *err)
{
    const struct stoa_plan *plan = worker->plan;
    const struct stoa_expr *key =
        plan->sort_key_count > 0 ? plan->outputs[plan->sort_keys[0].output] : NULL;
    const struct stoa_stats *zones = NULL;
    uint32_t count = 0;
    *out_hopeless = false;
    if (!worker->bound.is_set || !worker->skips_blocks || plan->reads_rows ||
        key->kind != STOA_EXPR_COLUMN)
        return STOA_OK;
    STOA_TRY(stoa_scan_zone_stats(&worker->scan, key->column, &zones, &count, err));
    const uint32_t zone = vector / STOA_ZONE_VECTORS;
    *out_hopeless = zone < count && stoa_row_bound_excludes(&worker->bound, &zones[zone]);
    return STOA_OK;
}

/* Clears the bits of rows behind the bound, and decodes what the others need. */
static stoa_status apply_bound(struct stoa_exec_worker *worker, uint32_t vector,
                               const struct stoa_rows *rows,
                               uint64_t bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const uint32_t output = worker->plan->sort_keys[0].output;
    const struct stoa_vector *keys = NULL;
    if (!worker->bound.is_set || !worker->is_infallible)
        return STOA_OK;
    STOA_TRY(stoa_scan_decode(&worker->scan, vector, &worker->key_columns, err));
    STOA_TRY(stoa_evaluate(worker->outputs.items[output], rows, bits, &keys, err));
    stoa_row_bound_apply(&worker->bound, keys, bits);
    if (stoa_bitmap_count(bits, rows->length) > 0)
        STOA_TRY(stoa_scan_decode(&worker->scan, vector, &worker->columns, err));
    return STOA_OK;
}

/* Sorts, keeps the first `top` rows, and takes the last one's key as the bound when there
 * are that many. */
static stoa_status trim(struct stoa_exec_worker *worker, uint32_t top,
                        struct stoa_row_store *store, stoa_error *err)
{
    STOA_TRY(stoa_row_store_sort(store, worker->plan, top, err));
    if (stoa_row_store_rows(store) < top)
        return STOA_OK;
    const struct stoa_value last =
        stoa_row_store_get(store, worker->plan->sort_keys[0].output, top - 1);
    return stoa_row_bound_set(&worker->bound, &last, err);
}

static stoa_status begin_top(struct stoa_exec_worker *worker,
                             const struct stoa_row_wish *wish, stoa_error *err)
{
    worker->bound.is_set = false;
    return wish->top > 0 && wish->bound->is_set
               ? stoa_row_bound_set(&worker->bound, &wish->bound->value, err)
               : STOA_OK;
}

/* ---- rows ---- */

/* Keeps the first `most` bits: a row behind LIMIT is not evaluated and raises no error. */
static void keep_first(uint64_t bits[STOA_VECTOR_WORDS], uint64_t most)
{
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++) {
        uint64_t kept = 0;
        for (uint64_t left = bits[word]; left != 0 && most > 0; left &= left - 1, most--)
            kept |= left & -left;
        bits[word] = kept;
    }
}

static stoa_status add_vector(struct stoa_exec_worker *worker,
                              const struct stoa_morsel *morsel, uint32_t vector,
                              uint64_t most, struct stoa_row_store *store, stoa_error *err)
{
    uint64_t bits[STOA_VECTOR_WORDS];
    uint32_t count = 0;
    STOA_TRY(stoa_exec_worker_scan(worker, vector, bits, &count, err));
    if (count == 0)
        return STOA_OK;
    if (count > most)
        keep_first(bits, most);
    const uint64_t start = stoa_exec_worker_clock(worker);
    const struct stoa_rows rows = {.length = stoa_vector_length(morsel->rows, vector),
                                   .columns = worker->scan.inputs};
    STOA_TRY(apply_bound(worker, vector, &rows, bits, err));
    if (stoa_bitmap_count(bits, rows.length) > 0) {
        STOA_TRY(stoa_evaluators_run(&worker->outputs, &rows, bits, err));
        if (worker->bound.is_set)
            stoa_row_bound_apply(&worker->bound,
                                 worker->outputs.results[worker->plan->sort_keys[0].output],
                                 bits);
        STOA_TRY(stoa_row_store_append(store, worker->outputs.results, bits, err));
    }
    worker->work_ns += stoa_exec_worker_clock(worker) - start;
    return STOA_OK;
}

stoa_status stoa_exec_worker_rows(struct stoa_exec_worker *worker,
                                  const struct stoa_morsel *morsel,
                                  const struct stoa_row_wish *wish,
                                  struct stoa_row_store *store, stoa_error *err)
{
    bool hopeless = false;
    const uint32_t top = wish->top;
    STOA_TRY(begin_top(worker, wish, err));
    STOA_TRY(is_hopeless(worker, morsel, &hopeless, err));
    if (hopeless) {
        worker->blocks_skipped++;
        return STOA_OK;
    }
    STOA_TRY(stoa_scan_begin(&worker->scan, morsel, err));
    for (uint32_t v = 0;
         v < vector_count(morsel) && stoa_row_store_rows(store) < wish->most; v++) {
        const uint64_t most = wish->most - stoa_row_store_rows(store);
        if (v % STOA_ZONE_VECTORS == 0)
            STOA_TRY(is_zone_hopeless(worker, v, &hopeless, err));
        if (hopeless || stoa_scan_skips(&worker->scan, v))
            continue;
        STOA_TRY(add_vector(worker, morsel, v, most, store, err));
        if (top > 0 && stoa_row_store_rows(store) >= 2 * top + STOA_VECTOR_ROWS)
            STOA_TRY(trim(worker, top, store, err));
    }
    return top > 0 && stoa_row_store_rows(store) > top ? trim(worker, top, store, err)
                                                       : STOA_OK;
}
