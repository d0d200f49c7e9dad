/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executions that need all rows before they hand out the first (query/exec_state.h): ORDER
 * BY, and everything with groups.
 */
#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "query/exec_state.h"
#include "query/row_key.h"

/* ---- ORDER BY with LIMIT ---- */

/* Sorts away what cannot be among the first rows any more, now and then, and remembers
 * where they end. */
static stoa_status trim_store(struct stoa_execution *execution, stoa_error *err)
{
    const uint32_t top = execution->wish.top;
    struct stoa_row_store *store = &execution->store;
    if (top == 0 || stoa_row_store_rows(store) < 2 * top)
        return STOA_OK;
    STOA_TRY(stoa_row_store_sort(store, execution->plan, top, err));
    const struct stoa_value last =
        stoa_row_store_get(store, execution->plan->sort_keys[0].output, top - 1);
    return stoa_row_bound_set(&execution->bound, &last, err);
}

/* ---- scanning ---- */

static stoa_status take_rows(struct stoa_execution *execution, stoa_error *err)
{
    for (size_t i = 0; i < execution->wave_count; i++) {
        const struct stoa_row_store *rows = &execution->wave_rows[i].store;
        const uint32_t count = stoa_row_store_rows(rows);
        if (count > 0)
            STOA_TRY(stoa_row_store_append_rows(&execution->store, rows, 0, count, err));
    }
    return trim_store(execution, err);
}

static stoa_status scan_all(struct stoa_execution *execution, stoa_error *err)
{
    do {
        STOA_TRY(stoa_execution_wave(execution, err));
        for (size_t i = 0; i < execution->wave_count; i++)
            stoa_execution_tell(execution, i);
        if (execution->plan->is_aggregate)
            STOA_TRY(stoa_group_merge_add(&execution->groups, execution->wave_groups,
                                          execution->wave_count, execution->pool, err));
        else
            STOA_TRY(take_rows(execution, err));
    } while (execution->wave_count > 0);
    return STOA_OK;
}

/* ---- groups to rows ---- */

/* What turns groups into output rows, on the calling thread. */
struct finishing {
    struct stoa_vector *inputs; /* groups, then aggregates */
    const struct stoa_vector **pointers;
    uint32_t input_count;
    struct stoa_evaluators outputs;
    struct stoa_evaluators having;
};

static stoa_status finishing_init(struct finishing *finishing, const struct stoa_plan *plan,
                                  stoa_error *err)
{
    const uint32_t count = plan->group_count + plan->aggregate_count;
    finishing->inputs = stoa_alloc_zeroed(count + (size_t)1, sizeof *finishing->inputs);
    finishing->pointers = stoa_alloc_zeroed(count + (size_t)1, sizeof *finishing->pointers);
    if (!finishing->inputs || !finishing->pointers)
        return stoa_fail_memory(err, count * sizeof *finishing->inputs);
    finishing->input_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const stoa_type type = i < plan->group_count
                                   ? plan->groups[i]->type
                                   : plan->aggregates[i - plan->group_count].type;
        struct stoa_vector *input = &finishing->inputs[i];
        finishing->pointers[i] = input;
        STOA_TRY(stoa_vector_init(input, stoa_type_phys(type), err));
        if (input->phys == STOA_PHYS_BYTES)
            memset(input->values.views, 0, STOA_VECTOR_ROWS * sizeof(struct stoa_view));
    }
    const struct stoa_expr *having = plan->having;
    STOA_TRY(stoa_evaluators_init(&finishing->having, &having, 1, err));
    return stoa_evaluators_init(&finishing->outputs,
                                (const struct stoa_expr *const *)plan->outputs,
                                plan->output_count, err);
}

static void finishing_done(struct finishing *finishing)
{
    for (uint32_t i = 0; i < finishing->input_count; i++)
        stoa_vector_done(&finishing->inputs[i]);
    stoa_free(finishing->inputs);
    stoa_free((void *)finishing->pointers);
    stoa_evaluators_done(&finishing->outputs);
    stoa_evaluators_done(&finishing->having);
}

/* The row's visible outputs as one key. */
static stoa_status make_key(struct stoa_execution *execution,
                            const struct stoa_vector *const *vectors, uint32_t row,
                            stoa_error *err)
{
    execution->key.size = 0;
    for (uint32_t i = 0; i < execution->plan->visible_count; i++) {
        const struct stoa_value value = stoa_vector_get(vectors[i], row);
        STOA_TRY(stoa_row_key_append(&execution->key, vectors[i]->phys, &value, err));
    }
    return STOA_OK;
}

/* DISTINCT over groups: clears the bits of rows whose visible outputs have been seen. */
static stoa_status drop_seen(struct stoa_execution *execution,
                             const struct stoa_vector *const *vectors,
                             uint64_t bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct stoa_buf *key = &execution->key;
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++) {
        for (uint64_t left = bits[word]; left != 0; left &= left - 1) {
            const unsigned bit = (unsigned)__builtin_ctzll(left);
            uint32_t number = 0;
            bool is_new = false;
            STOA_TRY(make_key(execution, vectors, word * 64 + bit, err));
            STOA_TRY(stoa_key_table_add(&execution->seen, key->data, key->size,
                                        stoa_hash64(key->data, key->size, 0), &number,
                                        &is_new, err));
            if (!is_new)
                bits[word] &= ~(UINT64_C(1) << bit);
        }
    }
    return STOA_OK;
}

static stoa_status finish_vector(struct stoa_execution *execution,
                                 struct finishing *finishing, uint32_t length,
                                 stoa_error *err)
{
    const struct stoa_plan *plan = execution->plan;
    const struct stoa_rows rows = {.length = length, .columns = finishing->pointers};
    const struct stoa_vector *const *results = finishing->outputs.results;
    uint64_t bits[STOA_VECTOR_WORDS] = {0};
    stoa_bitmap_fill(bits, length);
    if (plan->having)
        STOA_TRY(stoa_evaluate_filter(finishing->having.items[0], &rows, bits, bits, err));
    STOA_TRY(stoa_evaluators_run(&finishing->outputs, &rows, bits, err));
    if (plan->is_distinct)
        STOA_TRY(drop_seen(execution, results, bits, err));
    if (plan->sort_key_count > 0)
        stoa_row_bound_apply(&execution->bound, results[plan->sort_keys[0].output], bits);
    STOA_TRY(stoa_row_store_append(&execution->store, results, bits, err));
    return trim_store(execution, err);
}

static stoa_status finish_groups(struct stoa_execution *execution,
                                 struct finishing *finishing, stoa_error *err)
{
    uint32_t length = 0;
    do {
        STOA_TRY(stoa_execution_check(execution, err));
        STOA_TRY(
            stoa_group_merge_next(&execution->groups, finishing->inputs, &length, err));
        if (length > 0)
            STOA_TRY(finish_vector(execution, finishing, length, err));
    } while (length > 0);
    return STOA_OK;
}

/* The memory of the scan goes first: the answer may need it. */
static stoa_status finish_aggregation(struct stoa_execution *execution, stoa_error *err)
{
    if (execution->source.totals && execution->plan->group_count == 0) {
        STOA_TRY(stoa_group_state_finish(&execution->totals, err));
        STOA_TRY(
            stoa_group_merge_add(&execution->groups, &execution->totals, 1, NULL, err));
    }
    STOA_TRY(stoa_group_merge_finish(&execution->groups, err));
    for (size_t i = 0; i < execution->wave_capacity; i++)
        stoa_group_state_done(&execution->wave_groups[i]);
    struct finishing finishing = {0};
    stoa_status status = finishing_init(&finishing, execution->plan, err);
    if (status == STOA_OK)
        status = finish_groups(execution, &finishing, err);
    finishing_done(&finishing);
    stoa_group_merge_done(&execution->groups);
    return status;
}

stoa_status stoa_execution_collect(struct stoa_execution *execution, stoa_error *err)
{
    const struct stoa_plan *plan = execution->plan;
    STOA_TRY(scan_all(execution, err));
    if (plan->is_aggregate)
        STOA_TRY(finish_aggregation(execution, err));
    if (plan->sort_key_count == 0)
        return STOA_OK;
    return stoa_row_store_sort(&execution->store, plan,
                               execution->wish.top > 0 ? execution->wish.top : UINT32_MAX,
                               err);
}
