/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filtering and late decoding (query/scan_worker.h). Exact predicates run on encoded blocks; other conjuncts are
 * evaluated as expressions on the rows that are left.
 */
#include "query/scan_worker.h"

#include <string.h>

#include "common/alloc.h"
#include "common/bitmap.h"

enum { NOT_DECODED = UINT32_MAX };

/* ---- column lists ---- */

static void mark_columns(const struct stoa_expr *expr, bool *is_used)
{
    if (expr->kind == STOA_EXPR_COLUMN)
        is_used[expr->column] = true;
    for (uint32_t i = 0; i < expr->arg_count; i++)
        mark_columns(expr->args[i], is_used);
}

stoa_status stoa_column_list_make(const struct stoa_expr *const *exprs, uint32_t expr_count,
                                  uint32_t column_count, struct stoa_column_list *out_list,
                                  stoa_error *err)
{
    bool *is_used = stoa_alloc_zeroed(column_count + (size_t)1, sizeof *is_used);
    uint32_t *columns = stoa_alloc_array(column_count + (size_t)1, sizeof *columns);
    if (!is_used || !columns) {
        stoa_free(is_used);
        stoa_free(columns);
        return stoa_fail_memory(err, column_count * sizeof *columns);
    }
    for (uint32_t i = 0; i < expr_count; i++) {
        if (exprs[i])
            mark_columns(exprs[i], is_used);
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < column_count; i++) {
        if (is_used[i])
            columns[count++] = i;
    }
    stoa_free(is_used);
    *out_list = (struct stoa_column_list){.columns = columns, .count = count};
    return STOA_OK;
}

void stoa_column_list_done(struct stoa_column_list *list)
{
    stoa_free(list->columns);
    *list = (struct stoa_column_list){NULL, 0};
}

/* ---- making ---- */

static stoa_status init_columns(struct stoa_scan_worker *worker, stoa_error *err)
{
    const struct stoa_plan *plan = worker->plan;
    const size_t count = plan->scan_column_count;
    worker->slots = stoa_alloc_zeroed(count + 1, sizeof *worker->slots);
    worker->vectors = stoa_alloc_zeroed(count + 1, sizeof *worker->vectors);
    worker->decoded = stoa_alloc_zeroed(count + 1, sizeof *worker->decoded);
    worker->is_loaded = stoa_alloc_zeroed(count + 1, sizeof *worker->is_loaded);
    worker->inputs = stoa_alloc_zeroed(count + 1, sizeof *worker->inputs);
    if (!worker->slots || !worker->vectors || !worker->decoded || !worker->is_loaded ||
        !worker->inputs)
        return stoa_fail_memory(err, count * sizeof *worker->slots);
    for (size_t i = 0; i < count; i++)
        stoa_block_slot_init(&worker->slots[i]);
    worker->has_slots = true;
    const stoa_schema *schema =
        plan->dataset ? &stoa_dataset_get_info(plan->dataset)->schema : NULL;
    for (size_t i = 0; i < count; i++) {
        const stoa_type type = schema->fields[plan->scan_columns[i]].type;
        STOA_TRY(stoa_vector_init(&worker->vectors[i], stoa_type_phys(type), err));
    }
    return STOA_OK;
}

static stoa_status init_filters(struct stoa_scan_worker *worker, stoa_error *err)
{
    const struct stoa_plan *plan = worker->plan;
    worker->filters =
        stoa_alloc_zeroed(plan->conjunct_count + (size_t)1, sizeof *worker->filters);
    worker->filter_columns =
        stoa_alloc_zeroed(plan->conjunct_count + (size_t)1, sizeof *worker->filter_columns);
    if (!worker->filters || !worker->filter_columns)
        return stoa_fail_memory(err, plan->conjunct_count * sizeof *worker->filters);
    for (uint32_t c = 0; c < plan->conjunct_count; c++) {
        const struct stoa_expr *expr = plan->conjuncts[c].expr;
        if (plan->conjuncts[c].push == STOA_PUSH_EXACT)
            continue;
        STOA_TRY(stoa_evaluator_create(expr, &worker->filters[c], err));
        STOA_TRY(stoa_column_list_make(&expr, 1, plan->scan_column_count,
                                       &worker->filter_columns[c], err));
    }
    return STOA_OK;
}

stoa_status stoa_scan_worker_init(struct stoa_scan_worker *worker,
                                  const struct stoa_plan *plan, stoa_error *err)
{
    *worker = (struct stoa_scan_worker){.plan = plan};
    STOA_TRY(init_columns(worker, err));
    return init_filters(worker, err);
}

void stoa_scan_worker_done(struct stoa_scan_worker *worker)
{
    if (!worker->plan)
        return;
    for (uint32_t i = 0; i < worker->plan->scan_column_count; i++) {
        if (worker->has_slots)
            stoa_block_slot_done(&worker->slots[i]);
        if (worker->vectors)
            stoa_vector_done(&worker->vectors[i]);
    }
    for (uint32_t c = 0; c < worker->plan->conjunct_count; c++) {
        if (worker->filters)
            stoa_evaluator_free(worker->filters[c]);
        if (worker->filter_columns)
            stoa_column_list_done(&worker->filter_columns[c]);
    }
    stoa_free(worker->slots);
    stoa_free(worker->vectors);
    stoa_free(worker->decoded);
    stoa_free(worker->is_loaded);
    stoa_free((void *)worker->inputs);
    stoa_free((void *)worker->filters);
    stoa_free(worker->filter_columns);
    *worker = (struct stoa_scan_worker){.plan = NULL};
}

/* ---- scanning ---- */

void stoa_scan_begin(struct stoa_scan_worker *worker, const struct stoa_morsel *morsel)
{
    worker->morsel = morsel;
    for (uint32_t i = 0; i < worker->plan->scan_column_count; i++) {
        worker->is_loaded[i] = false;
        worker->decoded[i] = NOT_DECODED;
    }
}

static stoa_status load(struct stoa_scan_worker *worker, uint32_t column, stoa_error *err)
{
    const struct stoa_morsel *morsel = worker->morsel;
    if (worker->is_loaded[column])
        return STOA_OK;
    STOA_TRY(stoa_reader_load(morsel->file->reader, morsel->file->columns[column],
                              morsel->group, morsel->block, &worker->slots[column], err));
    worker->is_loaded[column] = true;
    return STOA_OK;
}

static stoa_status decode(struct stoa_scan_worker *worker, uint32_t vector, uint32_t column,
                          stoa_error *err)
{
    if (worker->decoded[column] == vector)
        return STOA_OK;
    STOA_TRY(load(worker, column, err));
    STOA_TRY(stoa_block_decode(&worker->slots[column].block, vector,
                               &worker->vectors[column], err));
    worker->decoded[column] = vector;
    worker->inputs[column] = &worker->vectors[column];
    return STOA_OK;
}

stoa_status stoa_scan_decode(struct stoa_scan_worker *worker, uint32_t vector,
                             const struct stoa_column_list *list, stoa_error *err)
{
    for (uint32_t i = 0; i < list->count; i++)
        STOA_TRY(decode(worker, vector, list->columns[i], err));
    return STOA_OK;
}

/* One conjunct on the rows of `bits`, which it narrows. */
static stoa_status apply_conjunct(struct stoa_scan_worker *worker, uint32_t c,
                                  uint32_t vector, uint32_t length,
                                  uint64_t bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct stoa_conjunct *conjunct = &worker->plan->conjuncts[c];
    uint64_t found[STOA_VECTOR_WORDS];
    if (conjunct->push == STOA_PUSH_EXACT) {
        const uint32_t column = conjunct->column;
        STOA_TRY(load(worker, column, err));
        /* The column's own vector is the scratch, so it is no longer decoded. */
        worker->decoded[column] = NOT_DECODED;
        STOA_TRY(stoa_block_select(&worker->slots[column].block, vector,
                                   &conjunct->predicate, &worker->vectors[column], found,
                                   err));
        for (size_t i = 0; i < STOA_VECTOR_WORDS; i++)
            bits[i] &= found[i];
        return STOA_OK;
    }
    STOA_TRY(stoa_scan_decode(worker, vector, &worker->filter_columns[c], err));
    const struct stoa_rows rows = {.length = length, .columns = worker->inputs};
    STOA_TRY(stoa_evaluate_filter(worker->filters[c], &rows, bits, found, err));
    memcpy(bits, found, sizeof found);
    return STOA_OK;
}

stoa_status stoa_scan_filter(struct stoa_scan_worker *worker, uint32_t vector,
                             uint64_t out_bits[STOA_VECTOR_WORDS], uint32_t *out_count,
                             stoa_error *err)
{
    const uint32_t length = stoa_vector_length(worker->morsel->rows, vector);
    memset(out_bits, 0, STOA_VECTOR_WORDS * sizeof *out_bits);
    stoa_bitmap_fill(out_bits, length);
    worker->rows_scanned += length;
    uint32_t count = length;
    for (uint32_t c = 0; c < worker->plan->conjunct_count && count > 0; c++) {
        if (c < 64 && (worker->morsel->proven >> c & 1))
            continue;
        STOA_TRY(apply_conjunct(worker, c, vector, length, out_bits, err));
        count = (uint32_t)stoa_bitmap_count(out_bits, length);
    }
    worker->rows_matched += count;
    *out_count = count;
    return STOA_OK;
}

uint64_t stoa_scan_bytes_read(const struct stoa_scan_worker *worker)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; worker->plan && i < worker->plan->scan_column_count; i++)
        bytes += worker->slots[i].bytes_read;
    return bytes;
}
