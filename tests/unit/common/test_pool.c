/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of common/pool.c: every item once, the lowest failure, nesting, failures at start. */
#include "tests/support/test_support.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/pool.h"

enum { ITEMS = 500 };

static struct stoa_pool *make_pool(unsigned threads)
{
    struct stoa_pool *pool = NULL;
    stoa_error error;
    assert_ok(stoa_pool_create(threads, &pool, &error), &error);
    return pool;
}

static stoa_status count_item(void *context, size_t index, stoa_error *err)
{
    STOA_UNUSED(err);
    int *counts = context;
    counts[index]++; /* each index is one thread's own */
    return STOA_OK;
}

static void test_pool_runs_each_item_once_at_any_thread_count(void **state)
{
    STOA_UNUSED(state);
    for (unsigned threads = 0; threads <= 5; threads++) {
        struct stoa_pool *pool = threads != 0 ? make_pool(threads) : NULL;
        int counts[ITEMS] = {0};
        stoa_error error;
        assert_int_equal(stoa_pool_threads(pool), threads != 0 ? threads : 1);
        assert_ok(stoa_pool_run(pool, 0, count_item, counts, &error), &error);
        assert_ok(stoa_pool_run(pool, 1, count_item, counts, &error), &error);
        assert_ok(stoa_pool_run(pool, ITEMS, count_item, counts, &error), &error);
        for (int i = 0; i < ITEMS; i++)
            assert_int_equal(counts[i], 1 + (i == 0));
        stoa_pool_free(pool);
    }
    stoa_pool_free(NULL);
}

static void test_pool_takes_the_number_of_processors_for_zero(void **state)
{
    STOA_UNUSED(state);
    struct stoa_pool *pool = make_pool(0);
    assert_true(stoa_pool_threads(pool) >= 1);
    stoa_pool_free(pool);
}

struct failing {
    _Atomic size_t begun;
    size_t first_failure;
};

/* Fails at every index from first_failure on, the later ones sooner. */
static stoa_status fail_from(void *context, size_t index, stoa_error *err)
{
    struct failing *failing = context;
    atomic_fetch_add(&failing->begun, 1);
    if (index < failing->first_failure)
        return STOA_OK;
    if (index == failing->first_failure)
        (void)usleep(300);
    return stoa_fail(err, index % 2 != 0 ? STOA_E_CAST : STOA_E_CORRUPT, "item %zu", index);
}

static void test_pool_reports_the_lowest_failure_at_any_thread_count(void **state)
{
    STOA_UNUSED(state);
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct stoa_pool *pool = make_pool(threads);
        for (size_t first = 0; first < 40; first++) {
            struct failing failing = {.first_failure = first};
            stoa_error error;
            char expected[32];
            (void)snprintf(expected, sizeof expected, "item %zu", first);
            assert_fails(stoa_pool_run(pool, ITEMS, fail_from, &failing, &error),
                         first % 2 != 0 ? STOA_E_CAST : STOA_E_CORRUPT, &error);
            assert_string_equal(error.message, expected);
            assert_in_range(failing.begun, first + 1, first + threads + 1);
            assert_int_equal(stoa_pool_run(pool, ITEMS, fail_from, &failing, NULL),
                             first % 2 != 0 ? STOA_E_CAST : STOA_E_CORRUPT);
        }
        stoa_pool_free(pool);
    }
}

static stoa_status fail_silently(void *context, size_t index, stoa_error *err)
{
    STOA_UNUSED(context);
    if (index == 2)
        return stoa_fail(err, STOA_E_CAST, "bad");
    stoa_error_set_hint(err, "a hint that must not leak"); /* and succeeds */
    return STOA_OK;
}

static void test_pool_leaves_the_error_alone_on_success(void **state)
{
    STOA_UNUSED(state);
    struct stoa_pool *pool = make_pool(3);
    stoa_error error;
    stoa_error_clear(&error);
    assert_ok(stoa_pool_run(pool, 2, fail_silently, NULL, &error), &error);
    assert_string_equal(error.hint, "");
    assert_fails(stoa_pool_run(pool, 3, fail_silently, NULL, &error), STOA_E_CAST, &error);
    assert_string_equal(error.hint, "");
    stoa_pool_free(pool);
}

struct nest {
    struct stoa_pool *pool;
    unsigned depth;
    _Atomic size_t leaves;
};

struct nest_level {
    struct nest *nest;
    unsigned depth;
};

static stoa_status nest_item(void *context, size_t index, stoa_error *err)
{
    STOA_UNUSED(index);
    const struct nest_level *level = context;
    if (level->depth == level->nest->depth) {
        atomic_fetch_add(&level->nest->leaves, 1);
        return STOA_OK;
    }
    struct nest_level below = {.nest = level->nest, .depth = level->depth + 1};
    if (level->depth % 2 == 0)
        return stoa_pool_run(level->nest->pool, 4, nest_item, &below, err);
    struct stoa_task tasks[4];
    stoa_status status = STOA_OK;
    for (size_t i = 0; i < 4; i++)
        stoa_pool_start(level->nest->pool, &tasks[i], nest_item, &below, i);
    for (size_t i = 0; i < 4; i++) {
        const stoa_status got = stoa_pool_wait(level->nest->pool, &tasks[i], err);
        status = status != STOA_OK ? status : got;
    }
    return status;
}

static void test_pool_nested_groups_and_tasks_make_progress(void **state)
{
    STOA_UNUSED(state);
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct nest nest = {.pool = make_pool(threads), .depth = 5};
        struct nest_level top = {.nest = &nest};
        stoa_error error;
        assert_ok(stoa_pool_run(nest.pool, 4, nest_item, &top, &error), &error);
        assert_int_equal(nest.leaves, 4 * 4 * 4 * 4 * 4 * 4);
        stoa_pool_free(nest.pool);
    }
}

static void test_pool_background_tasks_finish_in_any_order_of_waiting(void **state)
{
    STOA_UNUSED(state);
    enum { TASKS = 60 };
    for (unsigned threads = 0; threads <= 3; threads++) {
        struct stoa_pool *pool = threads != 0 ? make_pool(threads) : NULL;
        static struct stoa_task tasks[TASKS];
        int counts[TASKS] = {0};
        stoa_error error;
        for (size_t round = 0; round < 3; round++) {
            for (size_t i = 0; i < TASKS; i++)
                stoa_pool_start(pool, &tasks[i], count_item, counts, i);
            for (size_t i = 0; i < TASKS; i++) /* 7 and 60 have no common factor */
                assert_ok(stoa_pool_wait(pool, &tasks[i * 7 % TASKS], &error), &error);
        }
        for (size_t i = 0; i < TASKS; i++)
            assert_int_equal(counts[i], 3);
        stoa_pool_free(pool);
    }
}

static void test_pool_task_failure_comes_out_of_the_wait(void **state)
{
    STOA_UNUSED(state);
    for (unsigned threads = 0; threads <= 3; threads++) {
        struct stoa_pool *pool = threads != 0 ? make_pool(threads) : NULL;
        struct stoa_task tasks[2];
        stoa_error error;
        stoa_pool_start(pool, &tasks[0], fail_silently, NULL, 2);
        stoa_pool_start(pool, &tasks[1], fail_silently, NULL, 1);
        assert_ok(stoa_pool_wait(pool, &tasks[1], &error), &error);
        assert_fails(stoa_pool_wait(pool, &tasks[0], &error), STOA_E_CAST, &error);
        assert_string_equal(error.message, "bad");
        stoa_pool_start(pool, &tasks[0], fail_silently, NULL, 2);
        assert_int_equal(stoa_pool_wait(pool, &tasks[0], NULL), STOA_E_CAST);
        stoa_pool_free(pool);
    }
}

struct chain {
    struct stoa_pool *pool;
    struct stoa_task *tasks;
};

/* Each task starts and waits for the next: depth beyond the helpers' bound. */
static stoa_status chain_item(void *context, size_t index, stoa_error *err)
{
    struct chain *chain = context;
    if (index == 0)
        return STOA_OK;
    stoa_pool_start(chain->pool, &chain->tasks[index - 1], chain_item, chain, index - 1);
    return stoa_pool_wait(chain->pool, &chain->tasks[index - 1], err);
}

static void test_pool_long_chains_of_waits_end(void **state)
{
    STOA_UNUSED(state);
    static struct stoa_task tasks[201];
    for (unsigned threads = 1; threads <= 3; threads++) {
        struct chain chain = {.pool = make_pool(threads), .tasks = tasks};
        stoa_error error;
        stoa_pool_start(chain.pool, &tasks[200], chain_item, &chain, 200);
        assert_ok(stoa_pool_wait(chain.pool, &tasks[200], &error), &error);
        stoa_pool_free(chain.pool);
    }
}

static stoa_status check_mask(void *context, size_t index, stoa_error *err)
{
    STOA_UNUSED(index);
    _Atomic bool *begun = context;
    sigset_t mask;
    atomic_store(begun, true);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
    if (!sigismember(&mask, SIGINT) || !sigismember(&mask, SIGTERM) ||
        sigismember(&mask, SIGSEGV))
        return stoa_fail(err, STOA_E_INTERNAL, "expected SIGINT blocked, found it open");
    return STOA_OK;
}

static void test_pool_workers_leave_signals_to_the_program(void **state)
{
    STOA_UNUSED(state);
    struct stoa_pool *pool = make_pool(2);
    struct stoa_task task;
    stoa_error error;
    sigset_t mask;
    _Atomic bool begun = false;
    (void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_false(sigismember(&mask, SIGINT));
    stoa_pool_start(pool, &task, check_mask, &begun, 0);
    while (!atomic_load(&begun)) /* only the worker can: nobody else waits yet */
        (void)usleep(100);
    assert_ok(stoa_pool_wait(pool, &task, &error), &error);
    stoa_pool_free(pool);
}

static stoa_status create_and_run(void *context, stoa_error *err)
{
    struct stoa_pool *pool = NULL;
    int counts[8] = {0};
    STOA_UNUSED(context);
    STOA_TRY(stoa_pool_create(3, &pool, err));
    const stoa_status status = stoa_pool_run(pool, 8, count_item, counts, err);
    stoa_pool_free(pool);
    return status;
}

static void test_pool_survives_allocation_failures(void **state)
{
    STOA_UNUSED(state);
    assert_int_equal(test_allocation_failures(create_and_run, NULL), 2);
}

static void test_pool_refuses_an_absurd_number_of_threads(void **state)
{
    STOA_UNUSED(state);
    struct stoa_pool *pool = NULL;
    stoa_error error;
    assert_fails(stoa_pool_create(100000, &pool, &error), STOA_E_LIMIT, &error);
    assert_null(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool_runs_each_item_once_at_any_thread_count),
        cmocka_unit_test(test_pool_takes_the_number_of_processors_for_zero),
        cmocka_unit_test(test_pool_reports_the_lowest_failure_at_any_thread_count),
        cmocka_unit_test(test_pool_leaves_the_error_alone_on_success),
        cmocka_unit_test(test_pool_nested_groups_and_tasks_make_progress),
        cmocka_unit_test(test_pool_background_tasks_finish_in_any_order_of_waiting),
        cmocka_unit_test(test_pool_task_failure_comes_out_of_the_wait),
        cmocka_unit_test(test_pool_long_chains_of_waits_end),
        cmocka_unit_test(test_pool_workers_leave_signals_to_the_program),
        cmocka_unit_test(test_pool_survives_allocation_failures),
        cmocka_unit_test(test_pool_refuses_an_absurd_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
