/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WHERE on the rows of a morsel (query/scan_worker.h): exact predicates on encoded data
 * first, in the order of what dropping a row with them costs, as far as it has been seen;
 * then the other conjuncts, as expressions, in the order of the statement, so that which
 * row raises an error does not depend on timing.
 */
#include <string.h>

#include "common/alloc.h"
#include "common/bitmap.h"
#include "query/scan_parts.h"

enum { NOT_DECODED = UINT32_MAX };

/* ---- making ---- */

stoa_status stoa_scan_filters_init(struct stoa_scan_worker *worker, stoa_error *err)
{
    const struct stoa_plan *plan = worker->plan;
    const size_t count = plan->conjunct_count;
    worker->filters = stoa_alloc_zeroed(count + 1, sizeof *worker->filters);
    worker->order = stoa_alloc_array(count + 1, sizeof *worker->order);
    if (!worker->filters || !worker->order)
        return stoa_fail_memory(err, count * sizeof *worker->filters);
    for (uint32_t c = 0; c < plan->conjunct_count; c++) {
        const struct stoa_expr *expr = plan->conjuncts[c].expr;
        worker->order[c] = c;
        if (plan->conjuncts[c].push == STOA_PUSH_EXACT)
            continue;
        STOA_TRY(stoa_evaluator_create(expr, &worker->filters[c].evaluator, err));
        STOA_TRY(stoa_column_list_make(&expr, 1, plan->scan_column_count,
                                       &worker->filters[c].columns, err));
    }
    return STOA_OK;
}

void stoa_scan_filters_done(struct stoa_scan_worker *worker)
{
    for (uint32_t c = 0; worker->filters && c < worker->plan->conjunct_count; c++) {
        stoa_evaluator_free(worker->filters[c].evaluator);
        stoa_column_list_done(&worker->filters[c].columns);
    }
    stoa_free(worker->filters);
    stoa_free(worker->order);
}

/* ---- order ---- */

/* Rough cycles a row. Only exact predicates change places, and they cannot fail for a row. */
static double cost_of(const struct stoa_scan_worker *worker, uint32_t c)
{
    const struct stoa_conjunct *conjunct = &worker->plan->conjuncts[c];
    const struct stoa_scan_column *column = &worker->columns[conjunct->column];
    const struct stoa_node *root = column->slot.block.root; /* of the block before */
    if (conjunct->predicate.kind == STOA_PREDICATE_IS_NULL ||
        conjunct->predicate.kind == STOA_PREDICATE_IS_NOT_NULL)
        return 0.1;
    if (root && root->encoding->codes)
        return 0.5;
    switch (column->vector.phys) {
    case STOA_PHYS_BOOL: return 0.2;
    case STOA_PHYS_I64:
    case STOA_PHYS_U64: return 0.5;
    case STOA_PHYS_F64: return 2;
    case STOA_PHYS_I128:
    case STOA_PHYS_FIXED16: return 8;
    case STOA_PHYS_BYTES: return conjunct->predicate.kind == STOA_PREDICATE_TEST ? 60 : 20;
    case STOA_PHYS_COUNT: break;
    }
    return 100;
}

static void rank(struct stoa_scan_worker *worker, uint32_t c)
{
    struct stoa_scan_filter *filter = &worker->filters[c];
    const double kept = ((double)filter->rows_out + 1) / ((double)filter->rows_in + 2);
    filter->rank = cost_of(worker, c) / (1.001 - kept);
}

static bool is_before(const struct stoa_scan_worker *worker, uint32_t a, uint32_t b)
{
    const struct stoa_conjunct *conjuncts = worker->plan->conjuncts;
    const bool a_exact = conjuncts[a].push == STOA_PUSH_EXACT;
    const bool b_exact = conjuncts[b].push == STOA_PUSH_EXACT;
    if (a_exact != b_exact)
        return a_exact;
    if (!a_exact)
        return a < b;
    return worker->filters[a].rank < worker->filters[b].rank;
}

void stoa_scan_filters_order(struct stoa_scan_worker *worker)
{
    const uint32_t count = worker->plan->conjunct_count;
    if (count < 2)
        return;
    for (uint32_t c = 0; c < count; c++) {
        if (worker->plan->conjuncts[c].push == STOA_PUSH_EXACT)
            rank(worker, c);
    }
    /* Insertion: nearly sorted from the morsel before. */
    for (uint32_t i = 1; i < count; i++) {
        const uint32_t c = worker->order[i];
        uint32_t at = i;
        for (; at > 0 && is_before(worker, c, worker->order[at - 1]); at--)
            worker->order[at] = worker->order[at - 1];
        worker->order[at] = c;
    }
}

/* ---- filtering ---- */

/* Where an encoding has no way of its own, decoding keeps the vector for those who want its
 * values next. */
static bool is_decoded_first(const struct stoa_block *block,
                             const struct stoa_predicate *predicate)
{
    return block->root && !block->root->encoding->select &&
           predicate->kind != STOA_PREDICATE_IS_NULL &&
           predicate->kind != STOA_PREDICATE_IS_NOT_NULL;
}

/* Row by row, those of `bits` alone: for few rows and dear predicates. */
static void match_rows(const struct stoa_predicate *predicate,
                       const struct stoa_vector *vector,
                       const uint64_t bits[STOA_VECTOR_WORDS],
                       uint64_t found[STOA_VECTOR_WORDS])
{
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++) {
        uint64_t left =
            bits[word] & (vector->has_nulls ? vector->validity[word] : UINT64_MAX);
        found[word] = 0;
        for (; left != 0; left &= left - 1) {
            const struct stoa_value value =
                stoa_vector_get(vector, word * 64 + (uint32_t)__builtin_ctzll(left));
            if (stoa_predicate_match(predicate, &value))
                found[word] |= left & -left;
        }
    }
}

static stoa_status select_rows(struct stoa_scan_worker *worker,
                               const struct stoa_conjunct *conjunct, uint32_t vector,
                               const uint64_t bits[STOA_VECTOR_WORDS],
                               uint64_t found[STOA_VECTOR_WORDS], stoa_error *err)
{
    struct stoa_scan_column *column = &worker->columns[conjunct->column];
    struct stoa_block *block = NULL;
    STOA_TRY(stoa_scan_load(worker, conjunct->column, &block, err));
    if (is_decoded_first(block, &conjunct->predicate)) {
        STOA_TRY(stoa_scan_decode_column(worker, vector, conjunct->column, err));
        if (2 * stoa_bitmap_count(bits, column->vector.length) < column->vector.length)
            match_rows(&conjunct->predicate, &column->vector, bits, found);
        else
            stoa_predicate_eval(&conjunct->predicate, &column->vector, found);
        return STOA_OK;
    }
    /* The column's own vector is the scratch, so it is no longer decoded. */
    column->decoded = NOT_DECODED;
    return stoa_scan_fail(
        worker, conjunct->column,
        stoa_block_select(block, vector, &conjunct->predicate, &column->vector, found, err),
        err);
}

/* One conjunct on the rows of `bits`, which it narrows. */
static stoa_status apply_conjunct(struct stoa_scan_worker *worker, uint32_t c,
                                  uint32_t vector, uint32_t length,
                                  uint64_t bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct stoa_conjunct *conjunct = &worker->plan->conjuncts[c];
    uint64_t found[STOA_VECTOR_WORDS];
    if (conjunct->push == STOA_PUSH_EXACT) {
        STOA_TRY(select_rows(worker, conjunct, vector, bits, found, err));
        for (size_t i = 0; i < STOA_VECTOR_WORDS; i++)
            bits[i] &= found[i];
        return STOA_OK;
    }
    STOA_TRY(stoa_scan_decode(worker, vector, &worker->filters[c].columns, err));
    const struct stoa_rows rows = {.length = length, .columns = worker->inputs};
    STOA_TRY(stoa_evaluate_filter(worker->filters[c].evaluator, &rows, bits, found, err));
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
    const uint64_t proven = stoa_scan_proven(worker, vector);
    for (uint32_t i = 0; i < worker->plan->conjunct_count && count > 0; i++) {
        const uint32_t c = worker->order[i];
        if (stoa_verdict_has(proven, c))
            continue;
        worker->filters[c].rows_in += count;
        STOA_TRY(apply_conjunct(worker, c, vector, length, out_bits, err));
        count = (uint32_t)stoa_bitmap_count(out_bits, length);
        worker->filters[c].rows_out += count;
    }
    worker->rows_matched += count;
    *out_count = count;
    return STOA_OK;
}
