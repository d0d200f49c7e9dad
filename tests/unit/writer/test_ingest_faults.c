/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ingest when the machine fails: every allocation and every system call in turn, once and for
 * ever. Each run ends with all rows or with a clean error, and leaves nothing open.
 */
#include "tests/unit/writer/ingest_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pool.h"
#include "tests/support/fault_io.h"

static const char text[] = "a,b,c,d,\n"
                           "1,\"x\ny\",2.5,2026-01-02,5\" w\n"
                           "2,\"z\"q,3,4,5\n3,w\n"
                           ",v,9007199254740993,,\n"
                           "4,\"\"\"u\"\"\",.75,2026-01-02 03:04:05,007\n";

static const struct stoa_ingest_override types[] = {
    {"a", {.id = STOA_TYPE_INT32} },
    {"b", {.id = STOA_TYPE_BINARY}}
};

struct work {
    const struct stoa_ingest_options *options;
    const char *path;
    uint64_t rows;
    uint64_t rejects;
};

static stoa_status on_batch(void *context, const struct stoa_column *columns, uint32_t rows,
                            uint32_t source, uint64_t first_line, stoa_error *err)
{
    struct work *work = context;
    (void)columns, (void)source, (void)first_line, (void)err;
    work->rows += rows;
    return STOA_OK;
}

static stoa_status on_reject(void *context, const struct stoa_ingest_reject *reject,
                             stoa_error *err)
{
    struct work *work = context;
    (void)reject, (void)err;
    work->rejects++;
    return STOA_OK;
}

static stoa_status run_ingest(struct work *work, struct stoa_ingest *ingest,
                              stoa_error *err)
{
    const struct stoa_ingest_sink sink = {
        .context = work, .on_batch = on_batch, .on_reject = on_reject};
    struct stoa_ingest_misfit misfit;
    STOA_TRY(stoa_ingest_add(ingest, work->path, err));
    STOA_TRY(stoa_ingest_infer(ingest, err));
    STOA_TRY(stoa_ingest_find_misfit(ingest, 2, (stoa_type){.id = STOA_TYPE_INT64}, &misfit,
                                     err));
    assert_int_equal(misfit.count, 2);
    return stoa_ingest_read(ingest, NULL, &sink, err);
}

static stoa_status body(void *context, stoa_error *err)
{
    struct work *work = context;
    struct stoa_ingest *ingest = NULL;
    work->rows = 0;
    work->rejects = 0;
    STOA_TRY(stoa_ingest_create(work->options, &ingest, err));
    const stoa_status status = run_ingest(work, ingest, err);
    stoa_ingest_free(ingest);
    if (status == STOA_OK) {
        assert_int_equal(work->rows, 3);
        assert_int_equal(work->rejects, 2);
    }
    return status;
}

static void check_allocations(const struct stoa_ingest_options *options)
{
    struct test_directory directory;
    test_directory_make(&directory);
    test_file_write(&directory, "a.csv", text, sizeof text - 1);
    char path[512];
    (void)snprintf(path, sizeof path, "%s/a.csv", directory.path);
    struct work work = {.options = options, .path = path};
    assert_true(test_allocation_failures(body, &work) > 20);
    test_directory_remove(&directory);
}

static void test_every_failing_allocation_is_a_clean_error(void **state)
{
    const struct stoa_ingest_options options = {.policy = STOA_BAD_ROW_REJECT,
                                                .types = types,
                                                .type_count = 2,
                                                .delimiter = ',',
                                                .chunk_size = 16};
    (void)state;
    check_allocations(&options);
}

static void test_every_failing_allocation_with_threads_is_a_clean_error(void **state)
{
    struct stoa_pool *pool = NULL;
    stoa_error error;
    (void)state;
    assert_ok(stoa_pool_create(2, &pool, &error), &error);
    const struct stoa_ingest_options options = {
        .policy = STOA_BAD_ROW_REJECT, .delimiter = ',', .chunk_size = 16, .pool = pool};
    check_allocations(&options);
    stoa_pool_free(pool);
}

static void test_every_failing_allocation_while_decoding_is_a_clean_error(void **state)
{
    const struct stoa_ingest_options options = {
        .policy = STOA_BAD_ROW_REJECT, .delimiter = ',', .encoding = "ISO-8859-1"};
    (void)state;
    check_allocations(&options);
}

/* Errors of the system keep their code; short reads are no errors at all. */
static void check_calls(const struct stoa_ingest_options *options)
{
    struct fault_loop loop = FAULT_LOOP_START;
    struct test_directory directory;
    test_directory_make(&directory);
    test_file_write(&directory, "a.csv", text, sizeof text - 1);
    char path[512];
    (void)snprintf(path, sizeof path, "%s/a.csv", directory.path);
    while (fault_loop_next(&loop)) {
        struct work work = {.options = options, .path = path};
        stoa_error error;
        stoa_error_clear(&error);
        fault_loop_arm(&loop);
        const stoa_status status = body(&work, &error);
        fault_loop_disarm(&loop);
        if (!loop.fired)
            assert_ok(status, &error);
        else if (status != STOA_OK && status != STOA_E_IO && status != STOA_E_NO_SPACE &&
                 status != STOA_E_NOT_FOUND)
            fail_msg("%s: status %d: %s", loop.name, (int)status, error.message);
        if (status != STOA_OK)
            assert_int_equal(error.status, status);
    }
    assert_true(loop.runs > 10);
    test_directory_remove(&directory);
}

static void test_every_failing_call_is_a_clean_error(void **state)
{
    const struct stoa_ingest_options options = {
        .policy = STOA_BAD_ROW_REJECT, .delimiter = ',', .chunk_size = 40};
    (void)state;
    check_calls(&options);
}

static void test_every_failing_call_while_decoding_is_a_clean_error(void **state)
{
    const struct stoa_ingest_options options = {
        .policy = STOA_BAD_ROW_REJECT, .delimiter = ',', .encoding = "ISO-8859-1"};
    (void)state;
    check_calls(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_failing_allocation_is_a_clean_error),
        cmocka_unit_test(test_every_failing_allocation_with_threads_is_a_clean_error),
        cmocka_unit_test(test_every_failing_allocation_while_decoding_is_a_clean_error),
        cmocka_unit_test(test_every_failing_call_is_a_clean_error),
        cmocka_unit_test(test_every_failing_call_while_decoding_is_a_clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
