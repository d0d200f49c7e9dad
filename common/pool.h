/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fixed set of worker threads and groups of tasks. The caller of stoa_group_wait() helps, so
 * that a pool of one thread still makes progress and tasks may wait for sub-groups.
 *
 * Tasks of a group may run in any order: whoever needs an order keeps an array by task number.
 * The first failure (by lowest task number, so that it does not depend on timing) is the
 * group's status; tasks that have not begun by then are skipped.
 */
#ifndef STOA_COMMON_POOL_H
#define STOA_COMMON_POOL_H

#include <stdatomic.h>
#include <stddef.h>

#include "common/error.h"

struct stoa_pool;

/* `threads` counts the caller too: 1 makes a pool without threads of its own. 0 means
 * stoa_cpu_count(). */
STOA_MUST_USE stoa_status stoa_pool_create(unsigned threads, struct stoa_pool **out_pool,
                                           stoa_error *err);
void stoa_pool_free(struct stoa_pool *pool); /* waits for running tasks; NULL allowed */
unsigned stoa_pool_threads(const struct stoa_pool *pool);

/* Work on item `index`; `err` is private to this call. */
typedef stoa_status (*stoa_task_fn)(void *context, size_t index, stoa_error *err);

/* Runs fn(context, 0 .. count-1) on the pool and the calling thread; returns when all are
 * done. The status and error are those of the failed task with the lowest index. NULL pool:
 * everything runs here, in order. */
STOA_MUST_USE stoa_status stoa_pool_run(struct stoa_pool *pool, size_t count,
                                        stoa_task_fn fn, void *context, stoa_error *err);

/* One task in the background. The task object belongs to the caller and must outlive the wait;
 * every started task must be waited for exactly once, also on error paths. */
struct stoa_task {
    stoa_task_fn fn;
    void *context;
    size_t index;
    stoa_error error;
    stoa_status status;
    int state; /* private: idle, queued, running, done; under the pool's lock */
    struct stoa_task *next; /* private: queue link */
};
void stoa_pool_start(struct stoa_pool *pool, struct stoa_task *task, stoa_task_fn fn,
                     void *context, size_t index);
STOA_MUST_USE stoa_status stoa_pool_wait(struct stoa_pool *pool, struct stoa_task *task,
                                         stoa_error *err);

#endif
