/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Execution of a plan (query/plan.h): morsels go through the pool in waves, and the results
 * of a wave are taken in morsel order, so that nothing depends on the number of threads.
 *
 *   streaming    wave -> rows of each morsel, handed out one morsel after the other; LIMIT stops the scan
 *   collecting   wave -> rows into one store -> sort -> handed out
 *   aggregating  wave -> groups of each morsel, merged in order -> having, outputs -> store -> sort -> handed out
 */
#include "query/exec_state.h"

#include <string.h>

#include "common/alloc.h"
#include "common/cpu.h"

enum { MORSELS_PER_THREAD = 4, MAX_THREADS = 1024, MAX_TOP = 1 << 20 };
/* Without GROUP BY a morsel leaves a few numbers behind: many make a wave, so that threads seldom
 * wait for each other; not too many, since each may hold a file open. */
enum { TOTALS_PER_THREAD = 64, MAX_TOTALS = 256 };
/* A wave takes no further morsel once its raw bytes are above this part of the budget: finished rows
 * and open blocks are each about as large, and one morsel may be 64 MiB. */
enum { WIDE_WAVE_SHARE = 8 };
#define DEFAULT_MEMORY ((uint64_t)256 << 20)

bool stoa_execution_collects(const struct stoa_plan *plan)
{
    return plan->is_aggregate || plan->sort_key_count > 0;
}

/* ---- lowering ---- */

/* SELECT DISTINCT a, b is SELECT a, b GROUP BY a, b. */
static stoa_status lower_distinct(struct stoa_execution *execution, stoa_error *err)
{
    struct stoa_plan *lowered = &execution->lowered;
    const uint32_t count = execution->plan->output_count;
    struct stoa_expr *columns = stoa_alloc_zeroed(count + (size_t)1, sizeof *columns);
    struct stoa_expr **outputs = stoa_alloc_zeroed(count + (size_t)1, sizeof *outputs);
    if (!columns || !outputs) {
        stoa_free(columns);
        stoa_free((void *)outputs);
        return stoa_fail_memory(err, count * sizeof *columns);
    }
    outputs[0] = columns; /* owns them, if there is no output too */
    for (uint32_t i = 0; i < count; i++) {
        columns[i] =
            (struct stoa_expr){.kind = STOA_EXPR_COLUMN,
                               .type = execution->plan->outputs[i]->type,
                               .sql_offset = execution->plan->outputs[i]->sql_offset,
                               .column = i};
        outputs[i] = &columns[i];
    }
    *lowered = *execution->plan;
    lowered->groups = execution->plan->outputs;
    lowered->group_count = count;
    lowered->outputs = outputs;
    lowered->is_aggregate = true;
    lowered->is_distinct = false;
    execution->plan = lowered;
    return STOA_OK;
}

/* ---- making ---- */

static stoa_status init_wave(struct stoa_execution *execution, stoa_error *err)
{
    const size_t count = execution->wave_capacity;
    execution->morsels = stoa_alloc_zeroed(count, sizeof *execution->morsels);
    if (execution->plan->is_aggregate)
        execution->wave_groups = stoa_alloc_zeroed(count, sizeof *execution->wave_groups);
    else
        execution->wave_rows = stoa_alloc_zeroed(count, sizeof *execution->wave_rows);
    if (execution->plan->skips_corrupt)
        execution->wave_losses = stoa_alloc_zeroed(count, sizeof *execution->wave_losses);
    if (!execution->morsels || (!execution->wave_groups && !execution->wave_rows) ||
        (execution->plan->skips_corrupt && !execution->wave_losses))
        return stoa_fail_memory(err, count * sizeof *execution->morsels);
    for (size_t i = 0; i < count; i++) {
        if (execution->wave_groups)
            STOA_TRY(stoa_group_state_init(&execution->wave_groups[i], execution->plan,
                                           &execution->budget, err));
        else
            STOA_TRY(stoa_row_store_init(&execution->wave_rows[i].store, execution->plan,
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
        STOA_TRY(stoa_exec_worker_init(&execution->workers[i], execution->plan,
                                       &execution->budget, err));
    return STOA_OK;
}

static stoa_status init_output(struct stoa_execution *execution, stoa_error *err)
{
    const struct stoa_plan *plan = execution->plan;
    execution->output =
        stoa_alloc_zeroed(plan->output_count + (size_t)1, sizeof *execution->output);
    if (!execution->output)
        return stoa_fail_memory(err, plan->output_count * sizeof *execution->output);
    for (uint32_t i = 0; i < plan->output_count; i++)
        STOA_TRY(stoa_vector_init(&execution->output[i],
                                  stoa_type_phys(plan->outputs[i]->type), err));
    return stoa_row_store_init(&execution->store, plan, &execution->budget, err);
}

static stoa_status init_groups(struct stoa_execution *execution, stoa_error *err)
{
    const struct stoa_plan *plan = execution->plan;
    if (!plan->is_aggregate)
        return STOA_OK;
    STOA_TRY(stoa_group_merge_init(&execution->groups, plan, &execution->budget, err));
    if (!plan->dataset || plan->reads_rows)
        return STOA_OK;
    STOA_TRY(stoa_group_state_init(&execution->totals, plan, &execution->budget, err));
    execution->source.totals = &execution->totals;
    return STOA_OK;
}

static stoa_status init_all(struct stoa_execution *execution, stoa_error *err)
{
    if (execution->plan->is_distinct && !execution->plan->is_aggregate)
        STOA_TRY(lower_distinct(execution, err));
    execution->wave_size =
        execution->plan->has_limit && !stoa_execution_collects(execution->plan)
            ? 1
            : execution->wave_capacity;
    execution->zones_pruned =
        stoa_alloc_zeroed(execution->plan->conjunct_count + (size_t)1, sizeof(uint64_t));
    if (!execution->zones_pruned)
        return stoa_fail_memory(err, execution->plan->conjunct_count * sizeof(uint64_t));
    STOA_TRY(stoa_morsel_source_init(&execution->source, execution->plan, err));
    STOA_TRY(init_workers(execution, err));
    STOA_TRY(init_wave(execution, err));
    STOA_TRY(init_output(execution, err));
    return init_groups(execution, err);
}

/* What morsels are asked for: LIMIT of a stream, or of an order. */
static void init_wish(struct stoa_execution *execution)
{
    const struct stoa_plan *plan = execution->plan;
    uint64_t most = 0;
    execution->wish =
        (struct stoa_row_wish){.most = UINT64_MAX, .bound = &execution->bound};
    if (plan->sort_key_count > 0)
        stoa_row_bound_init(&execution->bound, plan);
    if (!plan->has_limit || !stoa_add_u64(plan->limit, plan->offset, &most))
        return;
    if (plan->sort_key_count > 0 && most > 0 && most <= MAX_TOP)
        execution->wish.top = (uint32_t)most;
    else if (!stoa_execution_collects(plan))
        execution->wish.most = most;
}

static bool has_totals_only(const struct stoa_plan *plan)
{
    for (uint32_t a = 0; a < plan->aggregate_count; a++) {
        if (plan->aggregates[a].is_distinct)
            return false;
    }
    return plan->is_aggregate && plan->group_count == 0;
}

static size_t find_wave_capacity(const struct stoa_execution *execution)
{
    const size_t few = (size_t)execution->threads * MORSELS_PER_THREAD;
    const size_t many = (size_t)execution->threads * TOTALS_PER_THREAD;
    if (!has_totals_only(execution->plan) || few > MAX_TOTALS)
        return few;
    return many < MAX_TOTALS ? many : MAX_TOTALS;
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
    execution->wave_capacity = find_wave_capacity(execution);
    stoa_key_table_init(&execution->seen, &execution->budget);
    stoa_buf_init(&execution->key, (size_t)256 << 20);
    const stoa_status status = init_all(execution, err);
    if (status != STOA_OK) {
        stoa_execution_free(execution);
        return status;
    }
    init_wish(execution);
    *out_execution = execution;
    return STOA_OK;
}

static void free_wave(struct stoa_execution *execution)
{
    for (size_t i = 0; i < execution->wave_capacity; i++) {
        if (execution->wave_groups)
            stoa_group_state_done(&execution->wave_groups[i]);
        if (execution->wave_rows)
            stoa_row_store_done(&execution->wave_rows[i].store);
        if (execution->wave_losses)
            stoa_loss_clear(&execution->wave_losses[i]);
    }
    stoa_free(execution->wave_losses);
    stoa_free(execution->morsels);
    stoa_free(execution->wave_groups);
    stoa_free(execution->wave_rows);
}

void stoa_execution_free(struct stoa_execution *execution)
{
    if (!execution)
        return;
    stoa_pool_free(execution->pool);
    free_wave(execution);
    for (unsigned i = 0; execution->workers && i < execution->threads; i++)
        stoa_exec_worker_done(&execution->workers[i]);
    for (uint32_t i = 0; execution->output && i < execution->plan->output_count; i++)
        stoa_vector_done(&execution->output[i]);
    stoa_group_state_done(&execution->totals);
    stoa_group_merge_done(&execution->groups);
    stoa_row_store_done(&execution->store);
    stoa_row_bound_done(&execution->bound);
    stoa_key_table_done(&execution->seen);
    stoa_buf_done(&execution->key);
    stoa_morsel_source_done(&execution->source);
    if (execution->lowered.outputs) {
        stoa_free(execution->lowered.outputs[0]);
        stoa_free((void *)execution->lowered.outputs);
    }
    stoa_free(execution->workers);
    stoa_free(execution->zones_pruned);
    stoa_free(execution->output);
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

/* Rows that a LIMIT may never ask for must not fail the query: their error waits until
 * their turn comes. */
static stoa_status run_rows(struct stoa_execution *execution,
                            struct stoa_exec_worker *worker, size_t index, stoa_error *err)
{
    struct stoa_morsel_rows *rows = &execution->wave_rows[index];
    const bool waits = execution->wish.most != UINT64_MAX;
    rows->status =
        stoa_exec_worker_rows(worker, &execution->morsels[index], &execution->wish,
                              &rows->store, waits ? &rows->error : err);
    return waits ? STOA_OK : rows->status;
}

static stoa_status run_work(struct stoa_execution *execution,
                            struct stoa_exec_worker *worker, size_t index, stoa_error *err)
{
    if (execution->plan->is_aggregate)
        return stoa_exec_worker_groups(worker, &execution->morsels[index],
                                       &execution->wave_groups[index], err);
    return run_rows(execution, worker, index, err);
}

/* The morsel gives nothing. */
static stoa_status empty_morsel(struct stoa_execution *execution, size_t index,
                                stoa_error *err)
{
    if (execution->plan->is_aggregate) {
        stoa_group_state_clear(&execution->wave_groups[index]);
        return stoa_group_state_finish(&execution->wave_groups[index], err);
    }
    stoa_row_store_clear(&execution->wave_rows[index].store);
    execution->wave_rows[index].status = STOA_OK;
    return STOA_OK;
}

/* Leaves the rows of a damaged morsel out; another failure stays one. */
static stoa_status lose_morsel(struct stoa_execution *execution,
                               const struct stoa_exec_worker *worker, size_t index,
                               stoa_error *err)
{
    const struct stoa_morsel *morsel = &execution->morsels[index];
    struct stoa_row_group_info info;
    STOA_TRY(stoa_reader_row_group(morsel->file->reader, morsel->group, &info, err));
    STOA_TRY(stoa_loss_set(
        &execution->wave_losses[index], execution->plan,
        stoa_reader_name(morsel->file->reader), worker->scan.failed_column,
        info.first_row + (uint64_t)morsel->block * STOA_BLOCK_ROWS, morsel->rows, err));
    return empty_morsel(execution, index, err);
}

static stoa_status run_or_lose(struct stoa_execution *execution,
                               struct stoa_exec_worker *worker, size_t index,
                               stoa_error *err)
{
    stoa_error *damage = &execution->wave_losses[index].damage;
    if (execution->morsels[index].is_lost)
        return empty_morsel(execution, index, err);
    stoa_error_clear(damage);
    stoa_status status = run_work(execution, worker, index, damage);
    /* A stream with LIMIT keeps the failures of its morsels until their turn comes. */
    struct stoa_morsel_rows *rows =
        execution->wave_rows ? &execution->wave_rows[index] : NULL;
    if (status == STOA_OK && rows && stoa_loss_is_damage(rows->status)) {
        *damage = rows->error;
        status = rows->status;
    }
    if (status == STOA_OK)
        return STOA_OK;
    if (stoa_loss_is_damage(status) && execution->morsels[index].file)
        return lose_morsel(execution, worker, index, err);
    if (err)
        *err = *damage;
    return status;
}

static stoa_status run_morsel(void *context, size_t index, stoa_error *err)
{
    struct stoa_execution *execution = context;
    struct stoa_exec_worker *worker = borrow_worker(execution);
    const stoa_status status = execution->wave_losses
                                   ? run_or_lose(execution, worker, index, err)
                                   : run_work(execution, worker, index, err);
    atomic_flag_clear(&worker->is_busy);
    return status;
}

void stoa_execution_tell(struct stoa_execution *execution, size_t index)
{
    if (execution->wave_losses)
        stoa_loss_tell(&execution->wave_losses[index], &execution->options,
                       &execution->rows_skipped);
}

/* Raw bytes of the columns that a morsel's rows may come from: what its finished rows and its open
 * blocks take in memory, each. */
static stoa_status morsel_bytes(const struct stoa_execution *execution,
                                const struct stoa_morsel *morsel, size_t *out_bytes,
                                stoa_error *err)
{
    *out_bytes = 0;
    for (uint32_t i = 0; morsel->file && i < execution->plan->scan_column_count; i++) {
        struct stoa_block_info info = {.raw_size = 0};
        const stoa_status status =
            stoa_reader_block_info(morsel->file->reader, morsel->file->columns[i],
                                   morsel->group, morsel->block, &info, err);
        if (execution->wave_losses && stoa_loss_is_damage(status))
            continue; /* it will be lost when its turn comes */
        STOA_TRY(status);
        *out_bytes += info.raw_size; /* at most 64 MiB over all columns of a row group */
    }
    return STOA_OK;
}

/* A wave ends early when its morsels are wide, so that their rows fit the budget side by side. */
static stoa_status fill_wave(struct stoa_execution *execution, stoa_error *err)
{
    size_t bytes = 0;
    execution->wave_count = 0;
    const size_t most = has_totals_only(execution->plan)
                            ? SIZE_MAX
                            : execution->budget.limit / WIDE_WAVE_SHARE;
    while (execution->wave_count < execution->wave_size && bytes <= most) {
        const size_t i = execution->wave_count;
        bool has = false;
        execution->source.loss = execution->wave_losses ? &execution->wave_losses[i] : NULL;
        STOA_TRY(next_morsel(execution, &execution->morsels[i], &has, err));
        if (!has)
            break;
        size_t more = 0;
        STOA_TRY(morsel_bytes(execution, &execution->morsels[i], &more, err));
        bytes += more;
        if (execution->wave_groups) {
            stoa_group_state_clear(&execution->wave_groups[i]);
        } else {
            stoa_row_store_clear(&execution->wave_rows[i].store);
            stoa_error_clear(&execution->wave_rows[i].error);
        }
        execution->wave_count++;
    }
    return STOA_OK;
}

stoa_status stoa_execution_check(const struct stoa_execution *execution, stoa_error *err)
{
    const stoa_query_options *options = &execution->options;
    if (options->is_cancelled && options->is_cancelled(options->cancel_context))
        return stoa_fail(err, STOA_E_INTERRUPTED, "the query was stopped");
    return STOA_OK;
}

stoa_status stoa_execution_wave(struct stoa_execution *execution, stoa_error *err)
{
    STOA_TRY(stoa_execution_check(execution, err));
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
