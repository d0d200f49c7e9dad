/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements on a bad day: every allocation and every call of the system fails in turn, the memory limit is reached, the
 * caller gives up. The answer is then a clean error, and nothing is left behind.
 */
#include "tests/unit/query/exec_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "tests/support/fault_io.h"

static struct exec_place parted; /* a few rows in three files */
static struct exec_place large;  /* two blocks and some, many groups */

static int make_tables(void **state)
{
    (void)state;
    struct test_random random = test_random_start(12);
    const struct test_column_spec specs[] = {
        {"id",   {.id = STOA_TYPE_INT64}, TEST_VALUES_SEQUENCE, TEST_NULLS_NONE},
        {"wide", {.id = STOA_TYPE_INT64}, TEST_VALUES_WIDE,     TEST_NULLS_NONE},
        {"text", {.id = STOA_TYPE_TEXT},  TEST_VALUES_WIDE,     TEST_NULLS_SOME},
    };
    struct test_table table;
    exec_place_csv(&parted,
                   "k,id,name,f:float64\n"
                   "a,1,x,0.5\na,2,yy,\nb,3,,1.5\nb,4,\"\",2.5\nc,5,zzz,\nc,6,x,NaN\n",
                   "k");
    test_table_make(&table, &random, specs, sizeof specs / sizeof specs[0],
                    2 * STOA_BLOCK_ROWS + 100);
    exec_place_table(&large, &table);
    test_table_done(&table);
    return 0;
}

static int remove_tables(void **state)
{
    (void)state;
    exec_place_done(&parted);
    exec_place_done(&large);
    return 0;
}

static const char *const statements[] = {
    "SELECT * FROM t WHERE name LIKE '%z%' OR f > 1",
    "SELECT k, count(*), sum(f), min(name), count(DISTINCT name) FROM t GROUP BY k ORDER BY 2, k",
    "SELECT id, upper(name) FROM t ORDER BY f DESC, name LIMIT 3",
    "SELECT count(DISTINCT id), max(name), count(*) FILTER (WHERE id > 2) FROM t",
    "SELECT DISTINCT f FROM t WHERE id > 1 LIMIT 2 OFFSET 1",
};
enum { STATEMENTS = sizeof statements / sizeof statements[0] };

struct run {
    const char *sql;
    unsigned threads;
    char *answer; /* undisturbed, by malloc */
};

/* Runs the statement; an answer that comes must be the right one. */
static stoa_status run_once(void *context, stoa_error *err)
{
    const struct run *run = context;
    const struct exec_options options = {.threads = run->threads};
    struct stoa_buf out;
    stoa_buf_init(&out, SIZE_MAX / 4);
    const stoa_status status = exec_try(&parted, run->sql, &options, &out, err);
    if (status == STOA_OK) {
        assert_int_equal(out.size, strlen(run->answer));
        assert_memory_equal(out.data, run->answer, out.size);
    }
    stoa_buf_done(&out);
    return status;
}

static struct run run_make(const char *sql, unsigned threads)
{
    static stoa_error error;
    struct stoa_buf out;
    stoa_buf_init(&out, SIZE_MAX / 4);
    assert_ok(exec_try(&parted, sql, NULL, &out, &error), &error);
    struct run run = {.sql = sql, .threads = threads, .answer = calloc(1, out.size + 1)};
    assert_non_null(run.answer);
    memcpy(run.answer, out.data, out.size);
    stoa_buf_done(&out);
    return run;
}

static void test_failing_allocations_end_statements_cleanly(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STATEMENTS; i++) {
        struct run run = run_make(statements[i], 1);
        assert_true(test_allocation_failures(run_once, &run) > 100);
        free(run.answer);
    }
}

static void test_failing_allocations_of_threads_end_statements_cleanly(void **state)
{
    (void)state;
    struct run run = run_make(statements[1], 3);
    assert_true(test_allocation_failures(run_once, &run) > 100);
    free(run.answer);
}

static void test_failing_calls_end_statements_cleanly(void **state)
{
    (void)state;
    static stoa_error error;
    struct run run = run_make(statements[1], 1);
    struct fault_loop loop = FAULT_LOOP_START;
    const int64_t live = stoa_alloc_live();
    while (fault_loop_next(&loop)) {
        fault_loop_arm(&loop);
        stoa_error_clear(&error);
        const stoa_status status = run_once(&run, &error);
        fault_loop_disarm(&loop);
        if (status != STOA_OK && error.message[0] == '\0')
            print_message("%s: no message\n", loop.name);
        assert_true(status == STOA_OK || (loop.fired && error.message[0] != '\0'));
        assert_int_equal(status, status == STOA_OK ? STOA_OK : error.status);
        assert_int_equal(stoa_alloc_live(), live);
    }
    assert_true(loop.runs > 50);
    free(run.answer);
}

/* ---- limits ---- */

static void fails_with(const char *sql, const struct exec_options *options,
                       stoa_status code, const char *part)
{
    static stoa_error error;
    struct stoa_buf out;
    const int64_t live = stoa_alloc_live();
    stoa_buf_init(&out, SIZE_MAX / 4);
    stoa_error_clear(&error);
    assert_fails(exec_try(&large, sql, options, &out, &error), code, &error);
    assert_contains(error.message, part);
    stoa_buf_done(&out);
    assert_int_equal(stoa_alloc_live(), live);
}

static void test_the_memory_limit_is_a_clear_error(void **state)
{
    (void)state;
    static const char *const hungry[] = {
        "SELECT * FROM t ORDER BY text",
        "SELECT wide, count(*) FROM t GROUP BY wide",
        "SELECT text, max(text) FROM t GROUP BY text",
        "SELECT DISTINCT text, wide FROM t",
        "SELECT count(DISTINCT text) FROM t",
        "SELECT count(DISTINCT wide) FROM t",
        "SELECT id % 3, count(DISTINCT wide) FROM t GROUP BY 1"};
    for (unsigned i = 0; i < sizeof hungry / sizeof hungry[0]; i++) {
        for (unsigned threads = 1; threads <= 2; threads++) {
            const struct exec_options options = {.threads = threads, .memory = 1 << 20};
            fails_with(hungry[i], &options, STOA_E_MEMORY_LIMIT, "more than the 1 MiB");
        }
    }
    /* What needs little goes on. */
    const struct exec_options options = {.threads = 1, .memory = 4 << 20};
    assert_string_equal(
        exec_csv_with(&large, "SELECT count(*), max(wide) > 0 FROM t WHERE wide <> 5",
                      &options),
        "131172,true\n");
    assert_int_equal(strlen(exec_csv_with(&large, "SELECT id FROM t ORDER BY wide LIMIT 1",
                                          &options)) > 0,
                     1);
}

static int cancel_after(void *context)
{
    unsigned *left = context;
    return (*left)-- == 0;
}

static void test_a_query_ends_when_the_caller_gives_up(void **state)
{
    (void)state;
    static const char *const slow[] = {"SELECT id FROM t",
                                       "SELECT wide, count(*) FROM t GROUP BY wide",
                                       "SELECT id FROM t ORDER BY wide"};
    for (unsigned i = 0; i < sizeof slow / sizeof slow[0]; i++) {
        for (unsigned after = 0; after < 2; after++) {
            unsigned left = after;
            const struct exec_options options = {.is_cancelled = cancel_after,
                                                 .cancel_context = &left};
            fails_with(slow[i], &options, STOA_E_INTERRUPTED, "stopped");
        }
    }
}

/* ---- errors that wait for their turn ---- */

static void divides_by_zero(const char *sql, unsigned threads)
{
    static stoa_error error;
    const struct exec_options options = {.threads = threads};
    struct stoa_buf out;
    stoa_buf_init(&out, SIZE_MAX / 4);
    assert_fails(exec_try(&parted, sql, &options, &out, &error), STOA_E_DIVISION_BY_ZERO,
                 &error);
    stoa_buf_done(&out);
}

/* Row 4, in the second file, cannot be divided by; whether another thread has met it already must not matter. */
static void test_errors_behind_a_limit_do_not_show(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 8; threads *= 2) {
        const struct exec_options options = {.threads = threads};
        assert_string_equal(
            exec_csv_with(&parted, "SELECT 12 / (id - 4) FROM t LIMIT 2", &options),
            "-4\n-6\n");
        assert_string_equal(
            exec_csv_with(&parted, "SELECT 12 / (id - 2) FROM t LIMIT 1", &options),
            "-12\n");
        assert_string_equal(exec_csv_with(&parted,
                                          "SELECT 12 / (id - 6) FROM t LIMIT 2 OFFSET 2",
                                          &options),
                            "-4\n-6\n");
        divides_by_zero("SELECT 12 / (id - 4) FROM t LIMIT 3", threads);
        divides_by_zero("SELECT 12 / (id - 2) FROM t LIMIT 2", threads);
        /* With ORDER BY every row counts, whatever place it would get. */
        divides_by_zero("SELECT 12 / (id - 4) FROM t ORDER BY id LIMIT 1", threads);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failing_allocations_end_statements_cleanly),
        cmocka_unit_test(test_failing_allocations_of_threads_end_statements_cleanly),
        cmocka_unit_test(test_failing_calls_end_statements_cleanly),
        cmocka_unit_test(test_the_memory_limit_is_a_clear_error),
        cmocka_unit_test(test_a_query_ends_when_the_caller_gives_up),
        cmocka_unit_test(test_errors_behind_a_limit_do_not_show),
    };
    return cmocka_run_group_tests(tests, make_tables, remove_tables);
}
