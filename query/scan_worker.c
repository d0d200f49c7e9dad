/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks of a morsel as they are needed (query/scan_worker.h): loaded once, decoded a
 * vector at a time, or taken as codes.
 */
#include <inttypes.h>

#include "common/alloc.h"
#include "query/scan_parts.h"

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
    worker->columns = stoa_alloc_zeroed(count + 1, sizeof *worker->columns);
    worker->inputs = stoa_alloc_zeroed(count + 1, sizeof *worker->inputs);
    if (!worker->columns || !worker->inputs)
        return stoa_fail_memory(err, count * sizeof *worker->columns);
    if (count == 0)
        return STOA_OK;
    const stoa_schema *schema = &stoa_dataset_get_info(plan->dataset)->schema;
    for (uint32_t i = 0; i < count; i++) {
        const stoa_type type = schema->fields[plan->scan_columns[i]].type;
        stoa_block_slot_init(&worker->columns[i].slot);
        worker->columns[i].slot.decompressor = &worker->decompressor;
        worker->column_count = i + 1;
        STOA_TRY(stoa_vector_init(&worker->columns[i].vector, stoa_type_phys(type), err));
    }
    return STOA_OK;
}

stoa_status stoa_scan_worker_init(struct stoa_scan_worker *worker,
                                  const struct stoa_plan *plan, stoa_error *err)
{
    *worker = (struct stoa_scan_worker){.plan = plan};
    STOA_TRY(init_columns(worker, err));
    return stoa_scan_filters_init(worker, err);
}

void stoa_scan_worker_done(struct stoa_scan_worker *worker)
{
    if (!worker->plan)
        return;
    for (uint32_t i = 0; i < worker->column_count; i++) {
        stoa_block_slot_done(&worker->columns[i].slot);
        stoa_vector_done(&worker->columns[i].vector);
        stoa_free(worker->columns[i].codes);
        stoa_free(worker->columns[i].zones);
    }
    stoa_decompressor_done(&worker->decompressor);
    stoa_scan_filters_done(worker);
    stoa_free(worker->columns);
    stoa_free((void *)worker->inputs);
    *worker = (struct stoa_scan_worker){.plan = NULL};
}

/* ---- scanning ---- */

/* Where damaged rows are left out they must be so whatever the order of the conjuncts, and
 * whether or not they let a row through to the columns behind them. */
static stoa_status load_all(struct stoa_scan_worker *worker, stoa_error *err)
{
    struct stoa_block *block = NULL;
    if (!worker->plan->skips_corrupt)
        return STOA_OK;
    for (uint32_t i = 0; i < worker->plan->scan_column_count; i++)
        STOA_TRY(stoa_scan_load(worker, i, &block, err));
    return STOA_OK;
}

stoa_status stoa_scan_begin(struct stoa_scan_worker *worker,
                            const struct stoa_morsel *morsel, stoa_error *err)
{
    worker->morsel = morsel;
    for (uint32_t i = 0; i < worker->plan->scan_column_count; i++) {
        worker->columns[i].is_loaded = false;
        worker->columns[i].has_range = false;
        worker->columns[i].has_zones = false;
        worker->columns[i].decoded = NOT_DECODED;
    }
    worker->failed_column = UINT32_MAX;
    stoa_scan_filters_order(worker);
    STOA_TRY(load_all(worker, err));
    return stoa_scan_zones_begin(worker, err);
}

stoa_status stoa_scan_load(struct stoa_scan_worker *worker, uint32_t column,
                           struct stoa_block **out_block, stoa_error *err)
{
    const struct stoa_morsel *morsel = worker->morsel;
    struct stoa_scan_column *state = &worker->columns[column];
    if (!state->is_loaded) {
        worker->failed_column = column;
        STOA_TRY(stoa_reader_load(morsel->file->reader, morsel->file->columns[column],
                                  morsel->group, morsel->block, &state->slot, err));
        worker->failed_column = UINT32_MAX;
    }
    state->is_loaded = true;
    *out_block = &state->slot.block;
    return STOA_OK;
}

stoa_status stoa_scan_fail(struct stoa_scan_worker *worker, uint32_t column,
                           stoa_status status, stoa_error *err)
{
    if (status != STOA_OK)
        worker->failed_column = column;
    const struct stoa_morsel *morsel = worker->morsel;
    const struct stoa_plan *plan = worker->plan;
    if (status != STOA_OK && err)
        stoa_error_set_place(err, "%s: column %s, row group %" PRIu32 ", block %" PRIu32,
                             stoa_reader_name(morsel->file->reader),
                             stoa_dataset_get_info(plan->dataset)
                                 ->schema.fields[plan->scan_columns[column]]
                                 .name,
                             morsel->group, morsel->block);
    return status;
}

stoa_status stoa_scan_decode_column(struct stoa_scan_worker *worker, uint32_t vector,
                                    uint32_t column, stoa_error *err)
{
    struct stoa_scan_column *state = &worker->columns[column];
    struct stoa_block *block = NULL;
    if (state->decoded == vector)
        return STOA_OK;
    STOA_TRY(stoa_scan_load(worker, column, &block, err));
    const stoa_status status = stoa_block_decode(block, vector, &state->vector, err);
    if (status != STOA_OK)
        return stoa_scan_fail(worker, column, status, err);
    state->decoded = vector;
    worker->inputs[column] = &state->vector;
    return STOA_OK;
}

stoa_status stoa_scan_decode(struct stoa_scan_worker *worker, uint32_t vector,
                             const struct stoa_column_list *list, stoa_error *err)
{
    for (uint32_t i = 0; i < list->count; i++)
        STOA_TRY(stoa_scan_decode_column(worker, vector, list->columns[i], err));
    return STOA_OK;
}

/* ---- sources of keys ---- */

static stoa_status load_codes(struct stoa_scan_worker *worker, uint32_t vector,
                              uint32_t column, struct stoa_key_source *out_source,
                              stoa_error *err)
{
    static const struct stoa_predicate not_null = {.kind = STOA_PREDICATE_IS_NOT_NULL};
    struct stoa_scan_column *state = &worker->columns[column];
    struct stoa_block *block = &state->slot.block;
    if (!state->codes)
        state->codes = stoa_alloc_array(STOA_VECTOR_ROWS, sizeof *state->codes);
    if (!state->codes)
        return stoa_fail_memory(err, STOA_VECTOR_ROWS * sizeof *state->codes);
    STOA_TRY(block->root->encoding->codes(block->root, vector, state->codes, err));
    *out_source = (struct stoa_key_source){.codes = state->codes,
                                           .dictionary = &state->slot.dictionary,
                                           .is_never_null = block->null_count == 0};
    if (block->null_count == 0)
        return STOA_OK;
    out_source->validity = state->code_validity;
    return stoa_block_select(block, vector, &not_null, &state->vector, state->code_validity,
                             err);
}

/* The range of a block's integers, from its record; damage there shows when it is used. */
static stoa_status find_range(struct stoa_scan_worker *worker, uint32_t column,
                              stoa_error *err)
{
    const struct stoa_morsel *morsel = worker->morsel;
    struct stoa_scan_column *state = &worker->columns[column];
    struct stoa_stats stats;
    if (state->has_range)
        return STOA_OK;
    state->has_range = true;
    state->span = 0;
    if (state->vector.phys != STOA_PHYS_I64)
        return STOA_OK;
    STOA_TRY(stoa_reader_block_stats(morsel->file->reader, morsel->file->columns[column],
                                     morsel->group, morsel->block, &stats, err));
    if (stats.has_bounds && stats.min.i64 <= stats.max.i64) {
        state->low = stats.min.i64;
        state->span = (uint64_t)stats.max.i64 - (uint64_t)stats.min.i64 + 1;
    }
    return STOA_OK;
}

stoa_status stoa_scan_source(struct stoa_scan_worker *worker, uint32_t vector,
                             uint32_t column, struct stoa_key_source *out_source,
                             stoa_error *err)
{
    struct stoa_scan_column *state = &worker->columns[column];
    struct stoa_block *block = NULL;
    STOA_TRY(stoa_scan_load(worker, column, &block, err));
    if (block->root && block->root->encoding->codes)
        return stoa_scan_fail(worker, column,
                              load_codes(worker, vector, column, out_source, err), err);
    STOA_TRY(stoa_scan_decode_column(worker, vector, column, err));
    STOA_TRY(find_range(worker, column, err));
    *out_source = (struct stoa_key_source){.vector = &state->vector,
                                           .is_never_null = block->null_count == 0,
                                           .low = state->low,
                                           .span = state->span};
    return STOA_OK;
}

uint64_t stoa_scan_bytes_read(const struct stoa_scan_worker *worker)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < worker->column_count; i++)
        bytes += worker->columns[i].slot.bytes_read;
    return bytes;
}
