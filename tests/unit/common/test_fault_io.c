/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/support/fault_io.c: a fault table that lies would make every other fault test
 * worthless. */
#include "tests/support/test_support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/io.h"
#include "tests/support/fault_io.h"

static int setup(void **state)
{
    static struct test_directory directory;
    test_directory_make(&directory);
    *state = &directory;
    return 0;
}

static int teardown(void **state)
{
    test_directory_remove(*state);
    return 0;
}

static void test_fault_io_fails_exactly_the_kth_matching_call(void **state)
{
    const struct test_directory *directory = *state;
    const struct fault_kind kind = {"x", FAULT_EFFECT_ERRNO, ENOSPC, FAULT_WRITE};
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error error;
    assert_ok(stoa_io_open(directory->fd, "f", STOA_OPEN_CREATE_NEW, NULL, &file, &error),
              &error);
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        fault_io_start(&kind, 2, for_ever != 0, NULL, NULL);
        assert_ok(stoa_io_write(&file, "a", 1, &error), &error);
        assert_ok(stoa_io_write_at(&file, 0, "a", 1, &error), &error);
        assert_fails(stoa_io_write(&file, "b", 1, &error), STOA_E_NO_SPACE, &error);
        assert_int_equal(stoa_io_write(&file, "c", 1, &error) == STOA_OK, for_ever == 0);
        fault_io_stop();
        assert_int_equal(fault_io_calls(), 3);
        assert_int_equal(fault_io_fired(), 1 + for_ever);
    }
    assert_ok(stoa_io_write(&file, "d", 1, &error), &error);
    stoa_io_discard(&file);
}

static void test_fault_io_short_moves_half(void **state)
{
    const struct test_directory *directory = *state;
    const struct fault_kind kind = {"short", FAULT_EFFECT_SHORT, 0, FAULT_WRITE};
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error error;
    assert_ok(stoa_io_open(directory->fd, "f", STOA_OPEN_CREATE_NEW, NULL, &file, &error),
              &error);
    fault_io_start(&kind, 1, true, NULL, NULL);
    assert_ok(stoa_io_write(&file, "12345678", 8, &error), &error);
    fault_io_stop();
    assert_int_equal(fault_io_calls(), 4); /* 4, 2, 1, 1 */
    stoa_io_discard(&file);
    size_t size = 0;
    char *bytes = test_file_read(directory, "f", &size);
    assert_string_equal(bytes, "12345678");
    free(bytes);
}

static void test_fault_io_afterwards_does_the_work(void **state)
{
    const struct test_directory *directory = *state;
    const struct fault_kind kind = {"link-unknown", FAULT_EFFECT_AFTERWARDS, EIO,
                                    FAULT_LINKAT};
    stoa_error error;
    bool exists = false;
    test_file_write(directory, "a", "", 0);
    fault_io_start(&kind, 1, false, NULL, NULL);
    assert_fails(stoa_io_link(directory->fd, "a", directory->fd, "b", &exists, &error),
                 STOA_E_UNKNOWN_OUTCOME, &error);
    fault_io_stop();
    assert_true(test_file_exists(directory, "b"));
}

static void test_fault_io_counts_open_files(void **state)
{
    const struct test_directory *directory = *state;
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error error;
    char **names = NULL;
    size_t count = 0;
    fault_io_start(NULL, 0, false, NULL, NULL);
    assert_ok(stoa_io_open(directory->fd, "f", STOA_OPEN_CREATE_NEW, NULL, &file, &error),
              &error);
    assert_int_equal(fault_io_open_files(), 1);
    assert_ok(stoa_io_list(directory->fd, ".", &names, &count, &error), &error);
    assert_int_equal(fault_io_open_files(), 1);
    stoa_free(names);
    stoa_io_discard(&file);
    assert_int_equal(fault_io_open_files(), 0);
    fault_io_stop();
    assert_true(fault_io_calls() >= 6);
    assert_int_equal(fault_io_fired(), 0);
}

static void test_fault_io_records_a_trace(void **state)
{
    const struct test_directory *directory = *state;
    const struct fault_kind kind = {"x", FAULT_EFFECT_ERRNO, ENOSPC, FAULT_FSYNC};
    struct fault_trace trace = {0};
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error error;
    fault_io_start(&kind, 1, false, fault_trace_observe, &trace);
    assert_ok(stoa_io_open(directory->fd, "f", STOA_OPEN_CREATE_NEW, NULL, &file, &error),
              &error);
    assert_ok(stoa_io_write_at(&file, 100, "abc", 3, &error), &error);
    assert_fails(stoa_io_sync(&file, &error), STOA_E_NO_SPACE, &error);
    assert_ok(stoa_io_rename(directory->fd, "f", directory->fd, "g", &error), &error);
    fault_io_stop();
    stoa_io_discard(&file);
    assert_int_equal(trace.lines, 4);
    assert_contains(trace.text, "openat fd=");
    assert_contains(trace.text, " offset=100 size=3 -> 3\n");
    assert_contains(trace.text, "errno=28 injected\n");
    assert_contains(trace.text, "renameat fd=");
    assert_contains(trace.text, " g flags=");
    fault_trace_done(&trace);
}

static void test_fault_io_loop_visits_every_kind_once_and_for_ever(void **state)
{
    const struct test_directory *directory = *state;
    struct fault_loop loop = FAULT_LOOP_START;
    size_t kinds = 0;
    size_t undisturbed = 0;
    while (fault_kind_at(kinds) != NULL)
        kinds++;
    while (fault_loop_next(&loop)) {
        bool exists = false;
        struct stat facts;
        fault_loop_arm(&loop);
        const stoa_status status =
            stoa_io_stat_at(directory->fd, "absent", &exists, &facts, NULL);
        fault_loop_disarm(&loop);
        undisturbed += !loop.fired;
        assert_true(loop.fired || status == STOA_OK);
    }
    assert_int_equal(undisturbed, 2 * kinds);
    assert_int_equal(loop.runs, 2 * 3); /* EIO, EINTR, EACCES: what fstatat can say */
}

static void test_fault_io_loop_can_be_narrowed(void **state)
{
    STOA_UNUSED(state);
    struct fault_loop loop = {.only = "ENOSPC", .step = 3, .last = 7};
    size_t runs = 0;
    while (fault_loop_next(&loop)) {
        assert_string_equal(loop.kind->name, "ENOSPC");
        loop.fired = true; /* as if it went on and on */
        runs++;
    }
    assert_int_equal(runs, 2 * 3); /* k = 1, 4, 7, twice */
}

static void test_fault_io_names_every_call(void **state)
{
    STOA_UNUSED(state);
    assert_string_equal(fault_call_name(FAULT_OPENAT), "openat");
    assert_string_equal(fault_call_name(FAULT_CLOSE), "close");
    assert_string_equal(fault_call_name(FAULT_CLOSEDIR), "closedir");
    assert_string_equal(fault_call_name(FAULT_ALL_CALLS), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fault_io_fails_exactly_the_kth_matching_call,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_fault_io_short_moves_half, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fault_io_afterwards_does_the_work, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_fault_io_counts_open_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fault_io_records_a_trace, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_fault_io_loop_visits_every_kind_once_and_for_ever, setup, teardown),
        cmocka_unit_test(test_fault_io_loop_can_be_narrowed),
        cmocka_unit_test(test_fault_io_names_every_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
