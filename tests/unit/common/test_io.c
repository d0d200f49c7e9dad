/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of common/io.c: what may be opened, exact transfers, every fault of every call. */
#include "tests/support/test_support.h"

#include <errno.h>
#include <fcntl.h>
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
    *state = &directory;
    return 0;
}

static int teardown(void **state)
{
    test_directory_remove(*state);
    return 0;
}

static struct stoa_file open_new(const struct test_directory *directory, const char *name)
{
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error error;
    assert_ok(stoa_io_open(directory->fd, name, STOA_OPEN_CREATE_NEW, NULL, &file, &error),
              &error);
    return file;
}

static void test_io_open_read_takes_regular_files_only(void **state)
{
    const struct test_directory *directory = *state;
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error error;
    test_file_write(directory, "plain", "abc", 3);
    assert_int_equal(mkfifo(test_path(directory, "pipe"), 0600), 0);
    assert_int_equal(mkdir(test_path(directory, "folder"), 0700), 0);

    assert_ok(stoa_io_open(directory->fd, "plain", STOA_OPEN_READ, NULL, &file, &error),
              &error);
    assert_int_equal(fcntl(file.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_string_equal(file.name, "plain");
    stoa_io_discard(&file);

    /* Must not wait for a writer. */
    assert_fails(
        stoa_io_open(directory->fd, "pipe", STOA_OPEN_READ, "shown", &file, &error),
        STOA_E_IO, &error);
    assert_string_equal(error.message, "expected a regular file, found a pipe");
    assert_string_equal(error.place, "shown");
    assert_fails(stoa_io_open(directory->fd, "folder", STOA_OPEN_READ, NULL, &file, &error),
                 STOA_E_IO, &error);
    assert_contains(error.message, "found a directory");
    assert_fails(stoa_io_open(AT_FDCWD, "/dev/null", STOA_OPEN_READ, NULL, &file, &error),
                 STOA_E_IO, &error);
    assert_fails(stoa_io_open(directory->fd, "absent", STOA_OPEN_READ, NULL, &file, &error),
                 STOA_E_NOT_FOUND, &error);
    assert_int_equal(file.fd, -1);
    assert_null(file.name);
}

static void test_io_open_stream_takes_devices_but_no_directory(void **state)
{
    const struct test_directory *directory = *state;
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error error;
    char byte = 'x';
    size_t got = 9;
    assert_ok(stoa_io_open(AT_FDCWD, "/dev/null", STOA_OPEN_STREAM, NULL, &file, &error),
              &error);
    assert_ok(stoa_io_read(&file, &byte, 1, &got, &error), &error);
    assert_int_equal(got, 0);
    stoa_io_discard(&file);
    assert_fails(
        stoa_io_open(AT_FDCWD, directory->path, STOA_OPEN_STREAM, NULL, &file, &error),
        STOA_E_IO, &error);
    assert_contains(error.message, "expected a file or a pipe, found a directory");
}

static void test_io_open_directory_takes_directories_only(void **state)
{
    const struct test_directory *directory = *state;
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error error;
    test_file_write(directory, "plain", "abc", 3);
    assert_ok(stoa_io_open(directory->fd, ".", STOA_OPEN_DIRECTORY, NULL, &file, &error),
              &error);
    assert_ok(stoa_io_sync(&file, &error), &error);
    stoa_io_discard(&file);
    assert_fails(
        stoa_io_open(directory->fd, "plain", STOA_OPEN_DIRECTORY, NULL, &file, &error),
        STOA_E_IO, &error);
    assert_contains(error.message, "cannot open the directory: Not a directory");
}

static void test_io_create_never_overwrites_nor_follows(void **state)
{
    const struct test_directory *directory = *state;
    struct stoa_file file = open_new(directory, "new");
    stoa_error error;
    stoa_io_discard(&file);
    assert_fails(
        stoa_io_open(directory->fd, "new", STOA_OPEN_CREATE_NEW, NULL, &file, &error),
        STOA_E_EXISTS, &error);
    assert_int_equal(symlink("target", test_path(directory, "link")), 0);
    assert_fails(
        stoa_io_open(directory->fd, "link", STOA_OPEN_CREATE_NEW, NULL, &file, &error),
        STOA_E_EXISTS, &error);
    assert_fails(stoa_io_open(AT_FDCWD, test_path(directory, "link"), STOA_OPEN_CREATE_NEW,
                              NULL, &file, &error),
                 STOA_E_EXISTS, &error);
    assert_false(test_file_exists(directory, "target"));
}

static void test_io_users_paths_may_be_links(void **state)
{
    const struct test_directory *directory = *state;
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error error;
    test_file_write(directory, "plain", "abc", 3);
    assert_int_equal(symlink("plain", test_path(directory, "link")), 0);
    assert_ok(stoa_io_open(AT_FDCWD, test_path(directory, "link"), STOA_OPEN_READ, NULL,
                           &file, &error),
              &error);
    stoa_io_discard(&file);
}

static void test_io_writes_and_reads_back(void **state)
{
    const struct test_directory *directory = *state;
    struct stoa_file file = open_new(directory, "data");
    stoa_error error;
    char bytes[16] = "";
    size_t got = 0;
    uint64_t size = 0;
    assert_ok(stoa_io_write(&file, "hello ", 6, &error), &error);
    assert_ok(stoa_io_write(&file, "world", 5, &error), &error);
    assert_ok(stoa_io_write(&file, NULL, 0, &error), &error);
    assert_ok(stoa_io_write_at(&file, 6, "W", 1, &error), &error);
    assert_ok(stoa_io_sync(&file, &error), &error);
    assert_ok(stoa_io_size(&file, &size, &error), &error);
    assert_int_equal(size, 11);
    assert_ok(stoa_io_read_at(&file, 0, bytes, 11, &error), &error);
    assert_bytes(bytes, "hello World", 11);
    assert_ok(stoa_io_read_some_at(&file, 6, bytes, sizeof bytes, &got, &error), &error);
    assert_int_equal(got, 5);
    assert_ok(stoa_io_read_some_at(&file, 11, bytes, sizeof bytes, &got, &error), &error);
    assert_int_equal(got, 0);
    assert_ok(stoa_io_close(&file, &error), &error);
    assert_int_equal(file.fd, -1);
    assert_ok(stoa_io_close(&file, &error), &error);

    assert_ok(stoa_io_open(directory->fd, "data", STOA_OPEN_READ, NULL, &file, &error),
              &error);
    assert_ok(stoa_io_read(&file, bytes, 4, &got, &error), &error);
    assert_int_equal(got, 4);
    assert_ok(stoa_io_read(&file, bytes, sizeof bytes, &got, &error), &error);
    assert_int_equal(got, 7);
    assert_bytes(bytes, "o World", 7);
    stoa_io_discard(&file);
    stoa_io_discard(&file);
}

static void test_io_read_past_the_end_is_corrupt(void **state)
{
    const struct test_directory *directory = *state;
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error error;
    char bytes[8];
    size_t got = 9;
    test_file_write(directory, "short", "abc", 3);
    assert_ok(stoa_io_open(directory->fd, "short", STOA_OPEN_READ, "a.stoa", &file, &error),
              &error);
    assert_fails(stoa_io_read_at(&file, 1, bytes, 4, &error), STOA_E_CORRUPT, &error);
    assert_contains(error.message, "expected 4 bytes at offset 1, found 2");
    assert_string_equal(error.place, "a.stoa");
    assert_int_equal(error.offset, 1);
    assert_fails(stoa_io_read_at(&file, UINT64_MAX, bytes, 1, &error), STOA_E_CORRUPT,
                 &error);
    assert_fails(stoa_io_read_at(&file, INT64_MAX, bytes, 8, &error), STOA_E_CORRUPT,
                 &error);
    assert_ok(stoa_io_read_some_at(&file, UINT64_MAX, bytes, 1, &got, &error), &error);
    assert_int_equal(got, 0);
    assert_ok(stoa_io_read_at(&file, 3, bytes, 0, &error), &error);
    stoa_io_discard(&file);
}

static void test_io_write_past_the_largest_offset_fails(void **state)
{
    const struct test_directory *directory = *state;
    struct stoa_file file = open_new(directory, "large");
    stoa_error error;
    assert_fails(stoa_io_write_at(&file, UINT64_MAX, "x", 1, &error), STOA_E_IO, &error);
    assert_fails(stoa_io_write_at(&file, INT64_MAX, "x", 1, &error), STOA_E_IO, &error);
    assert_contains(error.message, "File too large");
    stoa_io_discard(&file);
}

static void test_io_errors_name_the_file(void **state)
{
    const struct test_directory *directory = *state;
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error error;
    test_file_write(directory, "plain", "abc", 3);
    assert_ok(
        stoa_io_open(directory->fd, "plain", STOA_OPEN_READ, "ds/plain", &file, &error),
        &error);
    assert_fails(stoa_io_write(&file, "x", 1, &error), STOA_E_IO, &error);
    assert_contains(error.message, "cannot write: Bad file descriptor");
    assert_string_equal(error.place, "ds/plain");
    stoa_io_discard(&file);
}

static void test_io_temporary_file_has_no_name(void **state)
{
    const struct test_directory *directory = *state;
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error error;
    char **names = NULL;
    size_t count = 9;
    char bytes[3];
    assert_ok(stoa_io_open_temporary(directory->fd, &file, &error), &error);
    assert_ok(stoa_io_write(&file, "abc", 3, &error), &error);
    assert_ok(stoa_io_read_at(&file, 0, bytes, 3, &error), &error);
    assert_ok(stoa_io_list(directory->fd, ".", &names, &count, &error), &error);
    assert_int_equal(count, 0);
    stoa_free(names);
    assert_ok(stoa_io_close(&file, &error), &error);
}

/* A file system without O_TMPFILE, otherwise the real one. */
static int openat_without_tmpfile(int dirfd, const char *path, int flags, mode_t mode)
{
    if ((flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return stoa_io_system()->openat(dirfd, path, flags, mode);
}

static void test_io_temporary_file_without_tmpfile_support(void **state)
{
    const struct test_directory *directory = *state;
    struct stoa_io_ops ops = *stoa_io_system();
    struct stoa_file files[2] = {STOA_FILE_CLOSED, STOA_FILE_CLOSED};
    stoa_error error;
    struct stat facts;
    ops.openat = openat_without_tmpfile;
    stoa_io_set_ops(&ops);
    for (int i = 0; i < 2; i++) {
        assert_ok(stoa_io_open_temporary(directory->fd, &files[i], &error), &error);
        assert_ok(stoa_io_stat(&files[i], &facts, &error), &error);
        assert_int_equal(facts.st_nlink, 0);
        assert_int_equal(facts.st_mode & 0777, 0600);
    }
    stoa_io_set_ops(NULL);
    stoa_io_discard(&files[0]);
    stoa_io_discard(&files[1]);
}

static void test_io_lock_excludes_a_second_opener(void **state)
{
    const struct test_directory *directory = *state;
    struct stoa_file first = open_new(directory, "lock");
    struct stoa_file second = STOA_FILE_CLOSED;
    stoa_error error;
    bool locked = false;
    assert_ok(stoa_io_open(directory->fd, "lock", STOA_OPEN_READ, NULL, &second, &error),
              &error);
    assert_ok(stoa_io_lock(&first, &locked, &error), &error);
    assert_true(locked);
    assert_ok(stoa_io_lock(&second, &locked, &error), &error);
    assert_false(locked);
    stoa_io_discard(&first);
    assert_ok(stoa_io_lock(&second, &locked, &error), &error);
    assert_true(locked);
    stoa_io_discard(&second);
}

static void test_io_lock_is_free_where_there_are_no_locks(void **state)
{
    static const int missing[] = {ENOLCK, EOPNOTSUPP, ENOSYS};
    struct stoa_file file = open_new(*state, "unlockable");
    stoa_error error;
    bool locked = false;
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        const struct fault_kind kind = {"locks", FAULT_EFFECT_ERRNO, missing[i],
                                        FAULT_FLOCK};
        locked = false;
        fault_io_start(&kind, 1, true, NULL, NULL);
        const stoa_status status = stoa_io_lock(&file, &locked, &error);
        fault_io_stop();
        assert_ok(status, &error);
        assert_true(locked);
    }
    stoa_io_discard(&file);
}

/* --- faults --- */

/* Writes and reads a file with every kind of call; leaves the file there. */
static stoa_status round_trip(const struct test_directory *directory, stoa_error *err)
{
    struct stoa_file file = STOA_FILE_CLOSED;
    struct stoa_file back = STOA_FILE_CLOSED;
    struct stoa_file spill = STOA_FILE_CLOSED;
    char bytes[100];
    char some[200];
    size_t got = 0;
    uint64_t size = 0;
    stoa_status status = STOA_OK;
    memset(bytes, 'z', sizeof bytes);
    STOA_TRY_CLEANUP(
        stoa_io_open(directory->fd, "a/file", STOA_OPEN_CREATE_NEW, NULL, &file, err));
    STOA_TRY_CLEANUP(stoa_io_write(&file, bytes, sizeof bytes, err));
    STOA_TRY_CLEANUP(stoa_io_write_at(&file, 50, bytes, sizeof bytes, err));
    STOA_TRY_CLEANUP(stoa_io_sync(&file, err));
    STOA_TRY_CLEANUP(stoa_io_close(&file, err));
    STOA_TRY_CLEANUP(
        stoa_io_open(directory->fd, "a/file", STOA_OPEN_READ, NULL, &back, err));
    STOA_TRY_CLEANUP(stoa_io_size(&back, &size, err));
    STOA_TRY_CLEANUP(stoa_io_read_at(&back, 50, bytes, sizeof bytes, err));
    STOA_TRY_CLEANUP(stoa_io_read(&back, some, sizeof some, &got, err));
    STOA_TRY_CLEANUP(stoa_io_open_temporary(directory->fd, &spill, err));
    STOA_TRY_CLEANUP(stoa_io_write(&spill, bytes, sizeof bytes, err));
    if (size != 150 || got != 150)
        status = stoa_fail(err, STOA_E_INTERNAL, "expected 150 bytes, found %zu", got);
cleanup:
    stoa_io_discard(&file);
    stoa_io_discard(&back);
    stoa_io_discard(&spill);
    return status;
}

static void prepare(const struct test_directory *directory)
{
    (void)mkdir(test_path(directory, "a"), 0700);
    (void)unlink(test_path(directory, "a/file"));
}

/* What a fault may do to the status. A single interruption, short transfers and closes of
 * files that were only read do not disturb the work. */
static void check_outcome(const struct fault_loop *loop, stoa_status status,
                          const stoa_error *error)
{
    static const stoa_status allowed[] = {STOA_OK, STOA_E_IO, STOA_E_NO_SPACE};
    const struct fault_kind *kind = loop->kind;
    bool fine = false;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        fine = fine || status == allowed[i];
    if (!fine || (!loop->fired && status != STOA_OK))
        fail_msg("%s: status %d, %s", loop->name, (int)status, error->message);
    if (kind->effect == FAULT_EFFECT_SHORT && status != STOA_OK)
        fail_msg("%s: expected short transfers to be continued, found %s", loop->name,
                 error->message);
    if (status != STOA_OK && error->place[0] == '\0')
        fail_msg("%s: expected a place, found only \"%s\"", loop->name, error->message);
}

static void test_io_every_fault_is_an_ordinary_error(void **state)
{
    const struct test_directory *directory = *state;
    struct fault_loop loop = FAULT_LOOP_START;
    const int64_t live = stoa_alloc_live();
    while (fault_loop_next(&loop)) {
        stoa_error error;
        stoa_error_clear(&error);
        prepare(directory);
        fault_loop_arm(&loop);
        const stoa_status status = round_trip(directory, &error);
        fault_loop_disarm(&loop);
        check_outcome(&loop, status, &error);
        assert_int_equal(stoa_alloc_live(), live);
    }
    assert_true(loop.runs > 100);
}

static void test_io_one_interruption_is_repeated_but_not_for_fsync(void **state)
{
    const struct test_directory *directory = *state;
    const struct fault_kind kind = {"EINTR", FAULT_EFFECT_ERRNO, EINTR,
                                    FAULT_OPENAT | FAULT_READ | FAULT_PREAD | FAULT_WRITE |
                                        FAULT_PWRITE};
    stoa_error error;
    for (uint64_t k = 1;; k++) {
        prepare(directory);
        fault_io_start(&kind, k, false, NULL, NULL);
        assert_ok(round_trip(directory, &error), &error);
        fault_io_stop();
        if (fault_io_fired() == 0)
            break;
    }
}

static void test_io_failed_fsync_is_not_repeated(void **state)
{
    const struct test_directory *directory = *state;
    static const int failures[] = {EIO, EINTR, ENOSPC};
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        const struct fault_kind kind = {"fsync", FAULT_EFFECT_ERRNO, failures[i],
                                        FAULT_FSYNC};
        stoa_error error;
        prepare(directory);
        struct stoa_file file = open_new(directory, "a/file");
        fault_io_start(&kind, 1, false, NULL, NULL);
        const stoa_status status = stoa_io_sync(&file, &error);
        fault_io_stop();
        assert_int_not_equal(status, STOA_OK);
        assert_int_equal(fault_io_calls(), 1);
        assert_contains(error.message, "cannot make the data durable");
        stoa_io_discard(&file);
    }
}

static void test_io_failed_close_is_reported_once_and_frees(void **state)
{
    const struct test_directory *directory = *state;
    const struct fault_kind kind = {"close", FAULT_EFFECT_AFTERWARDS, EIO, FAULT_CLOSE};
    stoa_error error;
    struct stoa_file file = open_new(directory, "closing");
    fault_io_start(&kind, 1, true, NULL, NULL);
    assert_fails(stoa_io_close(&file, &error), STOA_E_IO, &error);
    assert_string_equal(error.place, "closing");
    assert_ok(stoa_io_close(&file, &error), &error);
    fault_io_stop();
    assert_int_equal(fault_io_calls(), 1);
    assert_int_equal(file.fd, -1);
    assert_null(file.name);
}

static void test_io_zero_write_is_an_error_and_no_loop(void **state)
{
    const struct test_directory *directory = *state;
    const struct fault_kind kind = {"zero-write", FAULT_EFFECT_ZERO, 0, FAULT_WRITE};
    stoa_error error;
    struct stoa_file file = open_new(directory, "zero");
    fault_io_start(&kind, 1, true, NULL, NULL);
    assert_fails(stoa_io_write(&file, "abc", 3, &error), STOA_E_IO, &error);
    fault_io_stop();
    assert_string_equal(error.message, "expected 3 bytes to be written, found 0");
    assert_int_equal(fault_io_calls(), 1);
    stoa_io_discard(&file);
}

static stoa_status open_and_discard(void *context, stoa_error *err)
{
    const struct test_directory *directory = context;
    struct stoa_file file = STOA_FILE_CLOSED;
    prepare(directory);
    STOA_TRY(stoa_io_open(directory->fd, "a/file", STOA_OPEN_CREATE_NEW, NULL, &file, err));
    stoa_io_discard(&file);
    STOA_TRY(stoa_io_open_temporary(directory->fd, &file, err));
    stoa_io_discard(&file);
    return STOA_OK;
}

static void test_io_open_survives_allocation_failures_and_leaves_no_file(void **state)
{
    struct test_directory *directory = *state;
    struct stoa_file file = STOA_FILE_CLOSED;
    stoa_error error;
    assert_int_equal(test_allocation_failures(open_and_discard, directory), 4);
    prepare(directory);
    stoa_alloc_fail_at(1, true);
    assert_fails(
        stoa_io_open(directory->fd, "a/file", STOA_OPEN_CREATE_NEW, NULL, &file, &error),
        STOA_E_NO_MEMORY, &error);
    stoa_alloc_fail_at(0, false);
    assert_false(test_file_exists(directory, "a/file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_io_open_read_takes_regular_files_only, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_io_open_stream_takes_devices_but_no_directory,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_open_directory_takes_directories_only,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_create_never_overwrites_nor_follows, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_io_users_paths_may_be_links, setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_writes_and_reads_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_read_past_the_end_is_corrupt, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_io_write_past_the_largest_offset_fails, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_io_errors_name_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_temporary_file_has_no_name, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_io_temporary_file_without_tmpfile_support,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_lock_excludes_a_second_opener, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_io_lock_is_free_where_there_are_no_locks,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_every_fault_is_an_ordinary_error, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_io_one_interruption_is_repeated_but_not_for_fsync, setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_failed_fsync_is_not_repeated, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_io_failed_close_is_reported_once_and_frees,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_io_zero_write_is_an_error_and_no_loop, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_io_open_survives_allocation_failures_and_leaves_no_file, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
