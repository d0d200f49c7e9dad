/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread pool: one lock, one condition, a queue of background tasks and a list of open
 * groups. Work items are blocks and row groups (tens of microseconds and up), so one lock is
 * not what limits; what counts is that the result never depends on timing.
 *
 *   start() -> [ task, task, .. ] oldest first  \
 *                                                >- workers, and whoever waits
 *   run()   -> [ group, group, .. ] newest first/
 *
 * Groups live on the stack of their caller and tasks belong to theirs: starting work allocates
 * nothing, so it cannot fail. Why helping cannot deadlock: a frame waits only for work that
 * began after it, and what it runs meanwhile begins after that; a circle of waits would have
 * to go back in time.
 */
#include "common/pool.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "common/alloc.h"
#include "common/cpu.h"

#define POOL_THREADS_MAX 1024
/* Waits inside helped work inside waits ...: beyond this a waiter sleeps, to bound its stack. */
#define POOL_HELP_DEPTH_MAX 16

enum task_state { TASK_IDLE, TASK_QUEUED, TASK_RUNNING, TASK_DONE };

/* One stoa_pool_run(); all fields under the pool's lock once it is listed. */
struct work_group {
    stoa_task_fn fn;
    void *context;
    size_t count;
    size_t next_index;   /* first index not handed out; count after a failure */
    size_t running;      /* items begun and not finished */
    size_t failed_index; /* lowest failure so far, while status is not STOA_OK */
    stoa_status status;
    stoa_error error;
    struct work_group *older; /* list link */
};

struct stoa_pool {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* work arrived, something finished, or the end */
    struct stoa_task *first_task;
    struct stoa_task *last_task;
    struct work_group *newest_group;
    bool stopping;
    unsigned thread_count; /* with the caller */
    unsigned started;      /* entries of threads */
    pthread_t threads[];
};

static _Thread_local unsigned help_depth;

/* Takes `group` off the list; it may be off already. */
static void group_unlist(struct stoa_pool *pool, const struct work_group *group)
{
    struct work_group **link = &pool->newest_group;
    while (*link != NULL && *link != group)
        link = &(*link)->older;
    if (*link != NULL)
        *link = group->older;
}

/* Runs the next item of a listed group; the lock is held on entry and on return. Items are
 * handed out in ascending order, so when one fails all lower ones have begun: the lowest
 * failure is the same at any thread count. */
static void group_run_next(struct stoa_pool *pool, struct work_group *group)
{
    const size_t index = group->next_index++;
    if (group->next_index == group->count)
        group_unlist(pool, group);
    group->running++;
    pthread_mutex_unlock(&pool->lock);

    stoa_error error;
    stoa_error_clear(&error);
    const stoa_status status = group->fn(group->context, index, &error);

    pthread_mutex_lock(&pool->lock);
    group->running--;
    if (status != STOA_OK) {
        if (group->status == STOA_OK || index < group->failed_index) {
            group->status = status;
            group->error = error;
            group->failed_index = index;
        }
        group->next_index = group->count;
        group_unlist(pool, group);
    }
    if (group->running == 0 && group->next_index == group->count)
        pthread_cond_broadcast(&pool->changed);
}

/* Unlinks `task` from the queue, in which it is. */
static void task_unqueue(struct stoa_pool *pool, struct stoa_task *task)
{
    struct stoa_task *previous = NULL;
    struct stoa_task **link = &pool->first_task;
    while (*link != task) {
        previous = *link;
        link = &previous->next;
    }
    *link = task->next;
    if (pool->last_task == task)
        pool->last_task = previous;
    task->next = NULL;
}

/* Runs a queued task; the lock is held on entry and on return. */
static void task_run(struct stoa_pool *pool, struct stoa_task *task)
{
    task_unqueue(pool, task);
    task->state = TASK_RUNNING;
    pthread_mutex_unlock(&pool->lock);

    const stoa_status status = task->fn(task->context, task->index, &task->error);

    pthread_mutex_lock(&pool->lock);
    task->status = status;
    task->state = TASK_DONE;
    pthread_cond_broadcast(&pool->changed);
}

/* Runs one piece of work, if there is any; the lock is held on entry and on return. Tasks
 * first: somebody started them early in order to have them early. */
static bool work_run_one(struct stoa_pool *pool)
{
    if (pool->first_task != NULL)
        task_run(pool, pool->first_task);
    else if (pool->newest_group != NULL)
        group_run_next(pool, pool->newest_group);
    else
        return false;
    return true;
}

/* Does something useful, or sleeps until something changed; for those who wait. */
static void work_help_or_sleep(struct stoa_pool *pool)
{
    bool helped = false;
    if (help_depth < POOL_HELP_DEPTH_MAX) {
        help_depth++;
        helped = work_run_one(pool);
        help_depth--;
    }
    if (!helped)
        pthread_cond_wait(&pool->changed, &pool->lock);
}

static void *worker_main(void *argument)
{
    struct stoa_pool *pool = argument;
    pthread_mutex_lock(&pool->lock);
    while (!pool->stopping) {
        if (!work_run_one(pool))
            pthread_cond_wait(&pool->changed, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Starts the workers with all signals blocked but those a fault raises, so that SIGINT and
 * SIGTERM reach the program's own thread. Returns 0 or an errno. */
static int workers_start(struct stoa_pool *pool)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    sigset_t blocked;
    sigset_t before;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        sigdelset(&blocked, own[i]);
    int failure = pthread_sigmask(SIG_SETMASK, &blocked, &before);
    if (failure != 0)
        return failure;
    while (failure == 0 && pool->started + 1 < pool->thread_count) {
        failure = pthread_create(&pool->threads[pool->started], NULL, worker_main, pool);
        if (failure == 0)
            pool->started++;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

stoa_status stoa_pool_create(unsigned threads, struct stoa_pool **out_pool, stoa_error *err)
{
    if (threads == 0)
        threads = stoa_cpu_count();
    if (threads > POOL_THREADS_MAX)
        return stoa_fail(err, STOA_E_LIMIT, "expected at most %d threads, found %u",
                         POOL_THREADS_MAX, threads);
    const size_t size = sizeof(struct stoa_pool) + (threads - 1) * sizeof(pthread_t);
    struct stoa_pool *pool = stoa_alloc_zeroed(1, size);
    if (pool == NULL)
        return stoa_fail_memory(err, size);
    pool->thread_count = threads;
    /* Neither can fail on Linux: they only fill in the object. */
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->changed, NULL);

    const int failure = workers_start(pool);
    if (failure != 0) {
        const unsigned started = pool->started;
        stoa_pool_free(pool);
        const stoa_status status = stoa_fail(
            err, STOA_E_LIMIT, "expected to start %u threads, found room for %u: %s",
            threads, started + 1, strerrordesc_np(failure));
        stoa_error_set_hint(err, "ask for fewer threads, or raise the process limit");
        return status;
    }
    *out_pool = pool;
    return STOA_OK;
}

void stoa_pool_free(struct stoa_pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    assert(pool->first_task == NULL && pool->newest_group == NULL);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->started; i++)
        (void)pthread_join(pool->threads[i], NULL);
    (void)pthread_cond_destroy(&pool->changed);
    (void)pthread_mutex_destroy(&pool->lock);
    stoa_free(pool);
}

unsigned stoa_pool_threads(const struct stoa_pool *pool)
{
    return pool != NULL ? pool->thread_count : 1;
}

static stoa_status run_here(size_t count, stoa_task_fn fn, void *context, stoa_error *err)
{
    stoa_error error;
    for (size_t i = 0; i < count; i++) {
        stoa_error_clear(&error);
        const stoa_status status = fn(context, i, &error);
        if (status == STOA_OK)
            continue;
        if (err != NULL)
            *err = error;
        return status;
    }
    return STOA_OK;
}

stoa_status stoa_pool_run(struct stoa_pool *pool, size_t count, stoa_task_fn fn,
                          void *context, stoa_error *err)
{
    if (pool == NULL || pool->thread_count == 1 || count <= 1)
        return run_here(count, fn, context, err);
    struct work_group group;
    memset(&group, 0, offsetof(struct work_group, error));
    group.fn = fn;
    group.context = context;
    group.count = count;

    pthread_mutex_lock(&pool->lock);
    group.older = pool->newest_group;
    pool->newest_group = &group;
    pthread_cond_broadcast(&pool->changed);
    while (group.next_index < count)
        group_run_next(pool, &group);
    while (group.running != 0)
        work_help_or_sleep(pool);
    pthread_mutex_unlock(&pool->lock);

    if (group.status != STOA_OK && err != NULL)
        *err = group.error;
    return group.status;
}

void stoa_pool_start(struct stoa_pool *pool, struct stoa_task *task, stoa_task_fn fn,
                     void *context, size_t index)
{
    task->fn = fn;
    task->context = context;
    task->index = index;
    task->status = STOA_OK;
    task->next = NULL;
    stoa_error_clear(&task->error);
    if (pool == NULL) {
        task->status = fn(context, index, &task->error);
        task->state = TASK_DONE;
        return;
    }
    pthread_mutex_lock(&pool->lock);
    task->state = TASK_QUEUED;
    if (pool->last_task != NULL)
        pool->last_task->next = task;
    else
        pool->first_task = task;
    pool->last_task = task;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}

stoa_status stoa_pool_wait(struct stoa_pool *pool, struct stoa_task *task, stoa_error *err)
{
    if (pool != NULL) {
        pthread_mutex_lock(&pool->lock);
        if (task->state == TASK_QUEUED)
            task_run(pool, task);
        while (task->state == TASK_RUNNING)
            work_help_or_sleep(pool);
        pthread_mutex_unlock(&pool->lock);
    }
    assert(task->state == TASK_DONE);
    task->state = TASK_IDLE;
    if (task->status != STOA_OK && err != NULL)
        *err = task->error;
    return task->status;
}
