/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Execution of a plan (query/plan.h): morsels go through the pool in waves, and the results of a wave are taken in morsel
 * order, so that nothing depends on the number of threads.
 *
 *   streaming    wave -> rows of each morsel, handed out one morsel after the other; LIMIT stops the scan
 *   collecting   wave -> rows into one store -> [distinct] -> sort -> handed out
 *   aggregating  wave -> groups of each morsel, merged in order -> having, outputs -> store -> sort -> handed out
 */
#include "query/exec_state.h"

#include <string.h>
#include <time.h>

#include "common/alloc.h"
#include "common/cpu.h"
#include "common/hash.h"
#include "query/row_key.h"

enum { MORSELS_PER_THREAD = 4, MAX_THREADS = 1024 };
#define DEFAULT_MEMORY ((uint64_t)256 << 20)

/* ---- making ---- */

static bool is_collected(const struct stoa_plan *plan)
{
    return plan->is_aggregate || plan->is_distinct || plan->sort_key_count > 0;
}

static stoa_status init_wave(struct stoa_execution *execution, stoa_error *err)
{
    const size_t count = execution->wave_capacity;
    execution->morsels = stoa_alloc_zeroed(count, sizeof *execution->morsels);
    if (execution->plan->is_aggregate)
        execution->wave_groups = stoa_alloc_zeroed(count, sizeof *execution->wave_groups);
    else
        execution->wave_rows = stoa_alloc_zeroed(count, sizeof *execution->wave_rows);
    if (!execution->morsels || (!execution->wave_groups && !execution->wave_rows))
        return stoa_fail_memory(err, count * sizeof *execution->morsels);
    for (size_t i = 0; i < count; i++) {
        if (execution->wave_groups)
            STOA_TRY(stoa_group_state_init(&execution->wave_groups[i], execution->plan,
                                           &execution->budget, err));
        else
            STOA_TRY(stoa_row_store_init(&execution->wave_rows[i], execution->plan,
                                         &execution->budget, err));
    }
    return STOA_OK;
}

static stoa_status init_workers(struct stoa_execution *execution, stoa_error *err)
{
    execution->workers = stoa_alloc_zeroed(execution->threads, sizeof *execution->workers);
    if (!execution->workers)
        return stoa_fail_memory(err, execution->threads * sizeof *execution->workers);
    for (unsigned i = 0; i < execution->threads; i++)
        STOA_TRY(stoa_exec_worker_init(&execution->workers[i], execution->plan, err));
    return STOA_OK;
}

static stoa_status init_output(struct stoa_execution *execution, stoa_error *err)
{
    const struct stoa_plan *plan = execution->plan;
    execution->output =
        stoa_alloc_zeroed(plan->output_count + (size_t)1, sizeof *execution->output);
    execution->output_pointers = stoa_alloc_zeroed(plan->output_count + (size_t)1,
                                                   sizeof *execution->output_pointers);
    if (!execution->output || !execution->output_pointers)
        return stoa_fail_memory(err, plan->output_count * sizeof *execution->output);
    for (uint32_t i = 0; i < plan->output_count; i++) {
        execution->output_pointers[i] = &execution->output[i];
        STOA_TRY(stoa_vector_init(&execution->output[i],
                                  stoa_type_phys(plan->outputs[i]->type), err));
    }
    STOA_TRY(stoa_row_store_init(&execution->store, plan, &execution->budget, err));
    stoa_key_table_init(&execution->seen, &execution->budget);
    stoa_buf_init(&execution->key, (size_t)256 << 20);
    return plan->is_aggregate
               ? stoa_group_state_init(&execution->groups, plan, &execution->budget, err)
               : STOA_OK;
}

static stoa_status init_all(struct stoa_execution *execution, stoa_error *err)
{
    STOA_TRY(stoa_morsel_source_init(&execution->source, execution->plan, err));
    STOA_TRY(init_workers(execution, err));
    STOA_TRY(init_wave(execution, err));
    return init_output(execution, err);
}

stoa_status stoa_execution_create(const struct stoa_plan *plan,
                                  const stoa_query_options *options,
                                  struct stoa_execution **out_execution, stoa_error *err)
{
    struct stoa_execution *execution = stoa_alloc_zeroed(1, sizeof *execution);
    if (!execution)
        return stoa_fail_memory(err, sizeof *execution);
    execution->plan = plan;
    if (options)
        execution->options = *options;
    execution->threads =
        execution->options.threads ? execution->options.threads : stoa_cpu_count();
    if (execution->threads > MAX_THREADS)
        execution->threads = MAX_THREADS;
    const uint64_t memory =
        execution->options.memory ? execution->options.memory : DEFAULT_MEMORY;
    execution->budget.limit = memory < SIZE_MAX ? (size_t)memory : SIZE_MAX;
    execution->wave_capacity = (size_t)execution->threads * MORSELS_PER_THREAD;
    execution->wave_size =
        plan->has_limit && !is_collected(plan) ? 1 : execution->wave_capacity;
    const stoa_status status = init_all(execution, err);
    if (status != STOA_OK) {
        stoa_execution_free(execution);
        return status;
    }
    *out_execution = execution;
    return STOA_OK;
}

void stoa_execution_free(struct stoa_execution *execution)
{
    if (!execution)
        return;
    stoa_pool_free(execution->pool);
    for (size_t i = 0; i < execution->wave_capacity; i++) {
        if (execution->wave_groups)
            stoa_group_state_done(&execution->wave_groups[i]);
        if (execution->wave_rows)
            stoa_row_store_done(&execution->wave_rows[i]);
    }
    for (unsigned i = 0; execution->workers && i < execution->threads; i++)
        stoa_exec_worker_done(&execution->workers[i]);
    for (uint32_t i = 0; execution->output && i < execution->plan->output_count; i++)
        stoa_vector_done(&execution->output[i]);
    stoa_group_state_done(&execution->groups);
    stoa_row_store_done(&execution->store);
    stoa_key_table_done(&execution->seen);
    stoa_buf_done(&execution->key);
    stoa_morsel_source_done(&execution->source);
    stoa_free(execution->workers);
    stoa_free(execution->morsels);
    stoa_free(execution->wave_groups);
    stoa_free(execution->wave_rows);
    stoa_free(execution->output);
    stoa_free((void *)execution->output_pointers);
    stoa_free(execution);
}

/* ---- waves ---- */

/* A statement without FROM reads one row of no columns. */
static stoa_status next_morsel(struct stoa_execution *execution, struct stoa_morsel *morsel,
                               bool *out_has, stoa_error *err)
{
    if (execution->plan->dataset)
        return stoa_morsel_next(&execution->source, morsel, out_has, err);
    *out_has = !execution->has_single && !execution->plan->never_matches;
    *morsel = (struct stoa_morsel){.rows = 1};
    execution->has_single = true;
    return STOA_OK;
}

/* A worker that no other task uses: there are as many as threads, so there is always one. */
static struct stoa_exec_worker *borrow_worker(struct stoa_execution *execution)
{
    for (unsigned i = 0;; i = (i + 1) % execution->threads) {
        if (!atomic_flag_test_and_set(&execution->workers[i].is_busy))
            return &execution->workers[i];
    }
}

static stoa_status run_morsel(void *context, size_t index, stoa_error *err)
{
    struct stoa_execution *execution = context;
    struct stoa_exec_worker *worker = borrow_worker(execution);
    stoa_status status = STOA_OK;
    if (execution->plan->is_aggregate)
        status = stoa_exec_worker_groups(worker, &execution->morsels[index],
                                         &execution->wave_groups[index], err);
    else
        status = stoa_exec_worker_rows(worker, &execution->morsels[index],
                                       execution->rows_wanted, &execution->wave_rows[index],
                                       err);
    atomic_flag_clear(&worker->is_busy);
    return status;
}

static stoa_status fill_wave(struct stoa_execution *execution, stoa_error *err)
{
    execution->wave_count = 0;
    while (execution->wave_count < execution->wave_size) {
        bool has = false;
        STOA_TRY(
            next_morsel(execution, &execution->morsels[execution->wave_count], &has, err));
        if (!has)
            break;
        if (execution->wave_groups)
            stoa_group_state_clear(&execution->wave_groups[execution->wave_count]);
        else
            stoa_row_store_clear(&execution->wave_rows[execution->wave_count]);
        execution->wave_count++;
    }
    return STOA_OK;
}

/* Runs the next wave; wave_count is 0 at the end of the scan. */
static stoa_status run_wave(struct stoa_execution *execution, stoa_error *err)
{
    const stoa_query_options *options = &execution->options;
    if (options->is_cancelled && options->is_cancelled(options->cancel_context))
        return stoa_fail(err, STOA_E_INTERRUPTED, "the query was stopped");
    stoa_morsel_release(&execution->source);
    STOA_TRY(fill_wave(execution, err));
    if (execution->wave_size < execution->wave_capacity)
        execution->wave_size *= 2;
    if (execution->wave_size > execution->wave_capacity)
        execution->wave_size = execution->wave_capacity;
    if (execution->wave_count > 1 && execution->threads > 1 && !execution->pool)
        STOA_TRY(stoa_pool_create(execution->threads, &execution->pool, err));
    return stoa_pool_run(execution->pool, execution->wave_count, run_morsel, execution,
                         err);
}

/* ---- collecting ---- */

/* The rows that ORDER BY with LIMIT can still need; UINT32_MAX: all. */
static uint32_t rows_kept(const struct stoa_plan *plan)
{
    uint64_t most = 0;
    if (!plan->has_limit || !stoa_add_u64(plan->limit, plan->offset, &most) ||
        most > UINT32_MAX / 4)
        return UINT32_MAX;
    return (uint32_t)most;
}

/* Sorts away what cannot be among the first rows any more, now and then. */
static stoa_status trim_store(struct stoa_execution *execution, stoa_error *err)
{
    const uint32_t most = rows_kept(execution->plan);
    if (execution->plan->sort_key_count == 0 || most == UINT32_MAX ||
        stoa_row_store_rows(&execution->store) < 2 * most + STOA_BLOCK_ROWS)
        return STOA_OK;
    return stoa_row_store_sort(&execution->store, execution->plan, most, err);
}

/* Clears the bits of rows whose visible outputs have been seen. */
static stoa_status drop_seen(struct stoa_execution *execution,
                             const struct stoa_vector *const *vectors,
                             uint64_t bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++) {
        for (uint64_t left = bits[word]; left != 0; left &= left - 1) {
            const unsigned bit = (unsigned)__builtin_ctzll(left);
            uint32_t number = 0;
            bool is_new = false;
            execution->key.size = 0;
            STOA_TRY(stoa_row_key_append(vectors, execution->plan->visible_count,
                                         word * 64 + bit, &execution->key, err));
            const uint64_t hash = stoa_hash64(execution->key.data, execution->key.size, 0);
            STOA_TRY(stoa_key_table_add(&execution->seen, execution->key.data,
                                        execution->key.size, hash, &number, &is_new, err));
            if (!is_new)
                bits[word] &= ~(UINT64_C(1) << bit);
        }
    }
    return STOA_OK;
}

static stoa_status collect_vectors(struct stoa_execution *execution,
                                   const struct stoa_vector *const *vectors,
                                   uint64_t bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    if (execution->plan->is_distinct)
        STOA_TRY(drop_seen(execution, vectors, bits, err));
    return stoa_row_store_append(&execution->store, vectors, bits, err);
}

static void first_bits(uint64_t bits[STOA_VECTOR_WORDS], uint32_t count)
{
    for (uint32_t i = 0; i < STOA_VECTOR_WORDS; i++) {
        const uint32_t from = i * 64;
        bits[i] = count <= from ? 0 : stoa_low_mask(count - from < 64 ? count - from : 64);
    }
}

/* Takes over the rows of one morsel; DISTINCT looks at them vector by vector. */
static stoa_status collect_rows(struct stoa_execution *execution,
                                const struct stoa_row_store *rows, stoa_error *err)
{
    const uint32_t count = stoa_row_store_rows(rows);
    if (!execution->plan->is_distinct)
        return count > 0
                   ? stoa_row_store_append_rows(&execution->store, rows, 0, count, err)
                   : STOA_OK;
    const struct stoa_vector **vectors = execution->output_pointers;
    for (uint32_t first = 0; first < count; first += STOA_VECTOR_ROWS) {
        const uint32_t length =
            count - first < STOA_VECTOR_ROWS ? count - first : STOA_VECTOR_ROWS;
        uint64_t bits[STOA_VECTOR_WORDS];
        first_bits(bits, length);
        stoa_row_store_read(rows, first, length, execution->plan->output_count,
                            execution->output);
        STOA_TRY(collect_vectors(execution, vectors, bits, err));
    }
    return STOA_OK;
}

static stoa_status collect_scan(struct stoa_execution *execution, stoa_error *err)
{
    for (;;) {
        STOA_TRY(run_wave(execution, err));
        if (execution->wave_count == 0)
            return STOA_OK;
        for (size_t i = 0; i < execution->wave_count; i++) {
            if (execution->plan->is_aggregate)
                STOA_TRY(stoa_group_state_merge(&execution->groups,
                                                &execution->wave_groups[i], err));
            else
                STOA_TRY(collect_rows(execution, &execution->wave_rows[i], err));
        }
        if (!execution->plan->is_aggregate)
            STOA_TRY(trim_store(execution, err));
    }
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
        finishing->pointers[i] = &finishing->inputs[i];
        STOA_TRY(stoa_vector_init(&finishing->inputs[i], stoa_type_phys(type), err));
        if (stoa_type_phys(type) == STOA_PHYS_BYTES)
            memset(finishing->inputs[i].values.views, 0,
                   STOA_VECTOR_ROWS * sizeof(struct stoa_view));
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

static stoa_status finish_groups(struct stoa_execution *execution,
                                 struct finishing *finishing, stoa_error *err)
{
    const uint32_t count = stoa_group_state_count(&execution->groups);
    for (uint32_t first = 0; first < count; first += STOA_VECTOR_ROWS) {
        const uint32_t length =
            count - first < STOA_VECTOR_ROWS ? count - first : STOA_VECTOR_ROWS;
        const struct stoa_rows rows = {.length = length, .columns = finishing->pointers};
        uint64_t bits[STOA_VECTOR_WORDS];
        first_bits(bits, length);
        STOA_TRY(stoa_group_state_rows(&execution->groups, first, length, finishing->inputs,
                                       err));
        if (finishing->having.items[0])
            STOA_TRY(
                stoa_evaluate_filter(finishing->having.items[0], &rows, bits, bits, err));
        STOA_TRY(stoa_evaluators_run(&finishing->outputs, &rows, bits, err));
        STOA_TRY(collect_vectors(execution, finishing->outputs.results, bits, err));
        STOA_TRY(trim_store(execution, err));
    }
    return STOA_OK;
}

static stoa_status collect_all(struct stoa_execution *execution, stoa_error *err)
{
    const struct stoa_plan *plan = execution->plan;
    STOA_TRY(collect_scan(execution, err));
    if (plan->is_aggregate) {
        struct finishing finishing = {0};
        stoa_status status = finishing_init(&finishing, plan, err);
        if (status == STOA_OK)
            status = finish_groups(execution, &finishing, err);
        finishing_done(&finishing);
        STOA_TRY(status);
    }
    if (plan->sort_key_count > 0)
        STOA_TRY(stoa_row_store_sort(&execution->store, plan, rows_kept(plan), err));
    return STOA_OK;
}

/* ---- handing out ---- */

/* The store whose rows come next; NULL at the end. */
static stoa_status next_store(struct stoa_execution *execution,
                              const struct stoa_row_store **out_store, stoa_error *err)
{
    *out_store = NULL;
    if (is_collected(execution->plan)) {
        if (!execution->is_collected)
            STOA_TRY(collect_all(execution, err));
        execution->is_collected = true;
        if (execution->position < stoa_row_store_rows(&execution->store))
            *out_store = &execution->store;
        return STOA_OK;
    }
    for (;;) {
        while (execution->wave_at < execution->wave_count) {
            const struct stoa_row_store *store = &execution->wave_rows[execution->wave_at];
            if (execution->position < stoa_row_store_rows(store)) {
                *out_store = store;
                return STOA_OK;
            }
            execution->wave_at++;
            execution->position = 0;
        }
        if (execution->is_collected)
            return STOA_OK;
        execution->wave_at = 0;
        STOA_TRY(run_wave(execution, err));
        if (execution->wave_count == 0)
            execution->is_collected = true;
    }
}

/* Rows that LIMIT still allows; counts down `left_to_skip` by moving the position. */
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
    return (uint32_t)(count < execution->left_to_give ? count : execution->left_to_give);
}

static void start_handing_out(struct stoa_execution *execution)
{
    const struct stoa_plan *plan = execution->plan;
    execution->has_started = true;
    execution->left_to_skip = plan->offset;
    execution->left_to_give = plan->has_limit ? plan->limit : UINT64_MAX;
    execution->rows_wanted = UINT64_MAX;
    if (plan->has_limit && !is_collected(plan) &&
        !stoa_add_u64(plan->limit, plan->offset, &execution->rows_wanted))
        execution->rows_wanted = UINT64_MAX;
}

stoa_status stoa_execution_next(struct stoa_execution *execution,
                                const struct stoa_vector **out_vectors,
                                uint32_t *out_length, stoa_error *err)
{
    if (!execution->has_started)
        start_handing_out(execution);
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
