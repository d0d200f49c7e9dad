/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of common/io_names.c: hostile paths, links, put-if-absent, lists, faults. */
#include "tests/support/test_support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/io.h"
#include "tests/support/fault_io.h"

static int setup(void **state)
{
    static struct test_directory directory;
    test_directory_make(&directory);
    assert_int_equal(mkdir(test_path(&directory, "a"), 0700), 0);
    assert_int_equal(mkdir(test_path(&directory, "a/b"), 0700), 0);
    test_file_write(&directory, "a/b/file", "abc", 3);
    *state = &directory;
    return 0;
}

static int teardown(void **state)
{
    test_directory_remove(*state);
    return 0;
}

static void test_io_names_refuses_paths_that_leave_the_directory(void **state)
{
    const struct test_directory *directory = *state;
    static const char *const paths[] = {
        "",     "/",  "/etc/passwd", "..",    "../x",  "a/../a", "a/..",
        "a//b", "a/", "./a",         "a/./b", "a/b/.", "a/b/..", "a/b/file/"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct stoa_file file = STOA_FILE_CLOSED;
        struct stat facts;
        bool flag = false;
        stoa_error error;
        const int fd = directory->fd;
        const char *path = paths[i];
        fault_io_start(NULL, 0, false, NULL, NULL);
        const bool outside_only = strcmp(path, "a/b/file/") != 0;
        const stoa_status expected = outside_only ? STOA_E_BAD_VALUE : STOA_E_IO;
        assert_fails(stoa_io_open(fd, path, STOA_OPEN_READ, NULL, &file, &error), expected,
                     &error);
        assert_fails(stoa_io_open(fd, path, STOA_OPEN_CREATE_NEW, NULL, &file, &error),
                     expected, &error);
        assert_fails(stoa_io_make_directory(fd, path, &flag, &error), expected, &error);
        assert_fails(stoa_io_remove(fd, path, &error), expected, &error);
        assert_fails(stoa_io_stat_at(fd, path, &flag, &facts, &error), expected, &error);
        assert_fails(stoa_io_link(fd, path, fd, "x", &flag, &error), expected, &error);
        assert_fails(stoa_io_link(fd, "a/b/file", fd, path, &flag, &error), expected,
                     &error);
        assert_fails(stoa_io_rename(fd, path, fd, "x", &error), expected, &error);
        assert_fails(stoa_io_rename(fd, "a/b/file", fd, path, &error), expected, &error);
        fault_io_stop();
        assert_int_equal(fault_io_open_files(), 0);
    }
    assert_true(test_file_exists(directory, "a/b/file"));
}

static void test_io_names_refuses_a_component_too_long(void **state)
{
    const struct test_directory *directory = *state;
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error error;
    char path[300];
    memset(path, 'x', sizeof path);
    path[256] = '\0';
    assert_fails(
        stoa_io_open(directory->fd, path, STOA_OPEN_CREATE_NEW, NULL, &file, &error),
        STOA_E_IO, &error);
    assert_contains(error.message, "File name too long");
    path[255] = '\0';
    assert_ok(stoa_io_open(directory->fd, path, STOA_OPEN_CREATE_NEW, NULL, &file, &error),
              &error);
    stoa_io_discard(&file);
}

static void test_io_names_follows_no_link_beneath_a_directory(void **state)
{
    const struct test_directory *directory = *state;
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error error;
    bool flag = false;
    char **names = NULL;
    size_t count = 0;
    const int fd = directory->fd;
    assert_int_equal(symlink("a", test_path(directory, "link")), 0);
    assert_int_equal(symlink("file", test_path(directory, "a/b/flink")), 0);
    assert_int_equal(symlink("absent", test_path(directory, "dangling")), 0);

    assert_fails(stoa_io_open(fd, "link/b/file", STOA_OPEN_READ, NULL, &file, &error),
                 STOA_E_IO, &error);
    assert_fails(stoa_io_open(fd, "a/b/flink", STOA_OPEN_READ, NULL, &file, &error),
                 STOA_E_IO, &error);
    assert_fails(stoa_io_open(fd, "a/b/flink", STOA_OPEN_STREAM, NULL, &file, &error),
                 STOA_E_IO, &error);
    assert_fails(stoa_io_open(fd, "link", STOA_OPEN_DIRECTORY, NULL, &file, &error),
                 STOA_E_IO, &error);
    assert_fails(stoa_io_open(fd, "link/new", STOA_OPEN_CREATE_NEW, NULL, &file, &error),
                 STOA_E_IO, &error);
    assert_fails(stoa_io_list(fd, "link", &names, &count, &error), STOA_E_IO, &error);
    assert_fails(stoa_io_make_directory(fd, "link", &flag, &error), STOA_E_EXISTS, &error);
    assert_fails(stoa_io_make_directory(fd, "dangling", &flag, &error), STOA_E_EXISTS,
                 &error);
    assert_fails(stoa_io_make_directory(fd, "link/new", &flag, &error), STOA_E_IO, &error);
    assert_fails(stoa_io_remove(fd, "link/b/file", &error), STOA_E_IO, &error);
    assert_fails(stoa_io_rename(fd, "a/b/file", fd, "link/file", &error), STOA_E_IO,
                 &error);
    assert_true(test_file_exists(directory, "a/b/file"));
    assert_false(test_file_exists(directory, "a/new"));
}

static void test_io_names_stat_does_not_follow_the_last_link(void **state)
{
    const struct test_directory *directory = *state;
    struct stat facts;
    stoa_error error;
    bool exists = false;
    assert_int_equal(symlink("absent", test_path(directory, "dangling")), 0);
    assert_ok(stoa_io_stat_at(directory->fd, "dangling", &exists, &facts, &error), &error);
    assert_true(exists && S_ISLNK(facts.st_mode));
    assert_ok(stoa_io_stat_at(directory->fd, "a/b/file", &exists, &facts, &error), &error);
    assert_true(exists && facts.st_size == 3);
    assert_ok(stoa_io_stat_at(directory->fd, "a/b/absent", &exists, &facts, &error),
              &error);
    assert_false(exists);
    assert_ok(stoa_io_stat_at(directory->fd, "absent/b/file", &exists, &facts, &error),
              &error);
    assert_false(exists);
    assert_fails(stoa_io_stat_at(directory->fd, "a/b/file/x", &exists, &facts, &error),
                 STOA_E_IO, &error);
}

static void test_io_names_make_directory_tells_new_from_old(void **state)
{
    const struct test_directory *directory = *state;
    stoa_error error;
    bool created = false;
    assert_ok(stoa_io_make_directory(directory->fd, "a/c", &created, &error), &error);
    assert_true(created);
    assert_ok(stoa_io_make_directory(directory->fd, "a/c", &created, &error), &error);
    assert_false(created);
    assert_ok(stoa_io_make_directory(directory->fd, "a/c", NULL, &error), &error);
    assert_fails(stoa_io_make_directory(directory->fd, "x/y", &created, &error),
                 STOA_E_NOT_FOUND, &error);
    assert_fails(stoa_io_make_directory(directory->fd, "a/b/file", &created, &error),
                 STOA_E_EXISTS, &error);
    /* The user's own path may be a link to a directory. */
    assert_int_equal(symlink("a", test_path(directory, "link")), 0);
    assert_ok(
        stoa_io_make_directory(AT_FDCWD, test_path(directory, "link"), &created, &error),
        &error);
}

static void test_io_names_link_is_put_if_absent(void **state)
{
    const struct test_directory *directory = *state;
    stoa_error error;
    bool exists = true;
    const int fd = directory->fd;
    assert_ok(stoa_io_link(fd, "a/b/file", fd, "a/42", &exists, &error), &error);
    assert_false(exists);
    test_file_write(directory, "other", "xyz", 3);
    assert_ok(stoa_io_link(fd, "other", fd, "a/42", &exists, &error), &error);
    assert_true(exists);
    size_t size = 0;
    char *bytes = test_file_read(directory, "a/42", &size);
    assert_string_equal(bytes, "abc");
    free(bytes);
    assert_fails(stoa_io_link(fd, "absent", fd, "a/43", &exists, &error), STOA_E_NOT_FOUND,
                 &error);
}

static void test_io_names_rename_and_remove(void **state)
{
    const struct test_directory *directory = *state;
    stoa_error error;
    const int fd = directory->fd;
    assert_ok(stoa_io_rename(fd, "a/b/file", fd, "moved", &error), &error);
    assert_false(test_file_exists(directory, "a/b/file"));
    assert_ok(stoa_io_remove(fd, "moved", &error), &error);
    assert_ok(stoa_io_remove(fd, "moved", &error), &error);
    assert_fails(stoa_io_remove(fd, "a/b", &error), STOA_E_IO, &error);
    assert_fails(stoa_io_rename(fd, "moved", fd, "x", &error), STOA_E_NOT_FOUND, &error);
}

static void test_io_names_list_sorts_bytewise(void **state)
{
    const struct test_directory *directory = *state;
    static const char *const expected[] = {"-",  "A", "a",        "a b",
                                           "a-", "b", "\xc3\xa4", "\xff"};
    stoa_error error;
    char **names = NULL;
    size_t count = 0;
    char path[16];
    assert_int_equal(mkdir(test_path(directory, "list"), 0700), 0);
    for (size_t i = 8; i-- > 0;) {
        (void)snprintf(path, sizeof path, "list/%s", expected[i]);
        test_file_write(directory, path, "", 0);
    }
    assert_ok(stoa_io_list(directory->fd, "list", &names, &count, &error), &error);
    assert_int_equal(count, 8);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(names[i], expected[i]);
    stoa_free(names);
}

static void test_io_names_list_of_nothing_and_of_no_directory(void **state)
{
    const struct test_directory *directory = *state;
    stoa_error error;
    char **names = NULL;
    size_t count = 9;
    assert_int_equal(mkdir(test_path(directory, "empty"), 0700), 0);
    assert_ok(stoa_io_list(directory->fd, "empty", &names, &count, &error), &error);
    assert_int_equal(count, 0);
    assert_non_null(names);
    stoa_free(names);
    names = NULL;
    assert_fails(stoa_io_list(directory->fd, "absent", &names, &count, &error),
                 STOA_E_NOT_FOUND, &error);
    assert_string_equal(error.place, "absent");
    assert_fails(stoa_io_list(directory->fd, "a/b/file", &names, &count, &error), STOA_E_IO,
                 &error);
    assert_null(names);
}

/* --- faults --- */

static stoa_status name_work(void *context, stoa_error *err)
{
    const struct test_directory *directory = context;
    const int fd = directory->fd;
    bool flag = false;
    struct stat facts;
    char **names = NULL;
    size_t count = 0;
    STOA_TRY(stoa_io_make_directory(fd, "a/new", &flag, err));
    STOA_TRY(stoa_io_link(fd, "a/b/file", fd, "a/new/one", &flag, err));
    STOA_TRY(stoa_io_rename(fd, "a/new/one", fd, "a/new/two", err));
    STOA_TRY(stoa_io_stat_at(fd, "a/new/two", &flag, &facts, err));
    STOA_TRY(stoa_io_list(fd, "a/new", &names, &count, err));
    const bool right = flag && count == 1 && strcmp(names[0], "two") == 0;
    stoa_free(names);
    if (!right)
        return stoa_fail(err, STOA_E_INTERNAL, "expected one name, found %zu", count);
    return stoa_io_remove(fd, "a/new/two", err);
}

static void clear_names(const struct test_directory *directory)
{
    (void)unlink(test_path(directory, "a/new/one"));
    (void)unlink(test_path(directory, "a/new/two"));
    (void)rmdir(test_path(directory, "a/new"));
}

static void test_io_names_every_fault_is_an_ordinary_error(void **state)
{
    struct test_directory *directory = *state;
    struct fault_loop loop = FAULT_LOOP_START;
    const int64_t live = stoa_alloc_live();
    while (fault_loop_next(&loop)) {
        stoa_error error;
        stoa_error_clear(&error);
        clear_names(directory);
        fault_loop_arm(&loop);
        const stoa_status status = name_work(directory, &error);
        fault_loop_disarm(&loop);
        if (status != STOA_OK && status != STOA_E_IO && status != STOA_E_NO_SPACE &&
            status != STOA_E_UNKNOWN_OUTCOME)
            fail_msg("%s: status %d, %s", loop.name, (int)status, error.message);
        if (!loop.fired)
            assert_ok(status, &error);
        else if (loop.kind->effect == FAULT_EFFECT_ERRNO && loop.kind->errno_value != EINTR)
            assert_int_not_equal(status, STOA_OK);
        if (status != STOA_OK)
            assert_contains(error.place, "a/");
        assert_int_equal(stoa_alloc_live(), live);
        assert_true(test_file_exists(directory, "a/b/file"));
    }
    assert_true(loop.runs > 100);
}

static stoa_status list_work(void *context, stoa_error *err)
{
    const struct test_directory *directory = context;
    char **names = NULL;
    size_t count = 0;
    STOA_TRY(stoa_io_list(directory->fd, "a", &names, &count, err));
    stoa_free(names);
    return STOA_OK;
}

static void test_io_names_list_survives_allocation_failures(void **state)
{
    assert_int_equal(test_allocation_failures(list_work, *state), 2 * 3);
}

static void test_io_names_link_is_not_repeated_after_an_interruption(void **state)
{
    const struct test_directory *directory = *state;
    const struct fault_kind kind = {"EINTR", FAULT_EFFECT_ERRNO, EINTR,
                                    FAULT_LINKAT | FAULT_RENAMEAT};
    stoa_error error;
    bool exists = false;
    const int fd = directory->fd;
    fault_io_start(&kind, 1, true, NULL, NULL);
    assert_fails(stoa_io_link(fd, "a/b/file", fd, "x", &exists, &error),
                 STOA_E_UNKNOWN_OUTCOME, &error);
    assert_fails(stoa_io_rename(fd, "a/b/file", fd, "x", &error), STOA_E_IO, &error);
    fault_io_stop();
    assert_int_equal(fault_io_calls(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_io_names_refuses_paths_that_leave_the_directory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_names_refuses_a_component_too_long, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_io_names_follows_no_link_beneath_a_directory,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_names_stat_does_not_follow_the_last_link,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_names_make_directory_tells_new_from_old,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_names_link_is_put_if_absent, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_io_names_rename_and_remove, setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_names_list_sorts_bytewise, setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_names_list_of_nothing_and_of_no_directory,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_names_every_fault_is_an_ordinary_error,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_names_list_survives_allocation_failures,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_io_names_link_is_not_repeated_after_an_interruption, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
