/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fixed set of worker threads, groups of items, and background tasks. Whoever waits helps, so
 * that a pool of one thread makes progress and tasks may run groups of their own. Starting work
 * allocates nothing and cannot fail. NULL for a pool means: everything here, at once, in order.
 *
 * Items and tasks may run in any order: whoever needs an order keeps an array by number. A wait
 * may run other people's work on the caller's stack, so hold no lock over it; and wait only for
 * what you started yourself.
 */
#ifndef STOA_COMMON_POOL_H
#define STOA_COMMON_POOL_H

#include <stdatomic.h>
#include <stddef.h>

#include "common/error.h"

struct stoa_pool;

/* `threads` counts the caller too: 1 makes a pool without threads of its own. 0 means
 * stoa_cpu_count(). The workers block all signals that can be sent. STOA_E_NO_MEMORY, or
 * STOA_E_LIMIT when the system gives no more threads (or above 1,024). */
STOA_MUST_USE stoa_status stoa_pool_create(unsigned threads, struct stoa_pool **out_pool,
                                           stoa_error *err);
/* Ends the workers. All tasks have been waited for. NULL allowed. */
void stoa_pool_free(struct stoa_pool *pool);
unsigned stoa_pool_threads(const struct stoa_pool *pool); /* 1 for NULL */

/* Work on item `index`; `err` is private to this call. */
typedef stoa_status (*stoa_task_fn)(void *context, size_t index, stoa_error *err);

/* Runs fn(context, 0 .. count-1) on the pool and the calling thread; returns when all are
 * done. The status and error are those of the failed item with the lowest index, so that they
 * do not depend on timing; items that had not begun by then are skipped. */
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
