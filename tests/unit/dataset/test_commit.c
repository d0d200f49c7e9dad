/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commits: first, next, empty, rolled and partitioned; several writers at once; what a lost
 * race and a conflicting schema do. [DS-30..36]
 */
#include "tests/unit/dataset/dataset_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/alloc.h"
#include "dataset/log.h"
#include "tests/support/fault_io.h"

static stoa_error error;

static void test_first_commit_makes_version_one(void **state)
{
    (void)state;
    struct test_directory directory;
    uint64_t version = 0;
    stoa_dataset *dataset = NULL;
    test_directory_make(&directory);
    char path[300]; /* parents are made */
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "lake/orders/"));
    assert_ok(fixture_commit(&(struct fixture_options){.path = path, .rows = 2500},
                             &version, &error),
              &error);
    assert_int_equal(version, 1);
    fixture_check(path, &(struct fixture_range){0, 2500}, 1, 0);
    assert_ok(stoa_dataset_open(path, &dataset, &error), &error);
    const stoa_dataset_info *info = stoa_dataset_get_info(dataset);
    assert_int_equal(info->version, 1);
    assert_int_equal(info->rows, 2500);
    assert_int_equal(info->file_count, 1);
    assert_int_equal(info->partition_count, 0);
    assert_int_equal(info->schema.field_count, FIXTURE_FIELDS);
    assert_string_equal(info->schema.fields[1].name, "region");
    stoa_dataset_close(dataset);
    test_directory_remove(&directory);
}

static void test_appends_keep_older_versions_readable(void **state)
{
    (void)state;
    struct test_directory directory;
    char old[310];
    uint64_t version = 0;
    test_directory_make(&directory);
    char path[300];
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    for (uint64_t i = 0; i < 3; i++)
        assert_ok(fixture_commit(
                      &(struct fixture_options){.path = path, .rows = 10, .first = i * 100},
                      &version, &error),
                  &error);
    assert_int_equal(version, 3);
    const struct fixture_range ranges[] = {
        {0,   10},
        {100, 10},
        {200, 10}
    };
    fixture_check(path, ranges, 3, 0);
    (void)snprintf(old, sizeof old, "%s@2", path);
    fixture_check(old, ranges, 2, 0);
    stoa_dataset *dataset = NULL;
    (void)snprintf(old, sizeof old, "%s@4", path);
    assert_fails(stoa_dataset_open(old, &dataset, &error), STOA_E_VERSION, &error);
    assert_contains(error.message, "1 .. 3");
    test_directory_remove(&directory);
}

static void test_commit_without_rows_is_a_version_without_files(void **state)
{
    (void)state;
    struct test_directory directory;
    uint64_t version = 0;
    test_directory_make(&directory);
    char path[300];
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    for (uint32_t rows = 0; rows < 3; rows++)
        assert_ok(fixture_commit(&(struct fixture_options){.path = path, .rows = rows},
                                 &version, &error),
                  &error);
    assert_int_equal(version, 3);
    stoa_dataset *dataset = NULL;
    assert_ok(stoa_dataset_open(path, &dataset, &error), &error);
    assert_int_equal(stoa_dataset_get_info(dataset)->file_count, 2);
    stoa_dataset_close(dataset);
    test_directory_remove(&directory);
}

static void test_must_create_refuses_a_dataset_that_appeared(void **state)
{
    (void)state;
    struct test_directory directory;
    uint64_t version = 0;
    test_directory_make(&directory);
    const struct fixture_options options = {
        .path = test_path(&directory, "ds"), .rows = 5, .must_create = true};
    assert_ok(fixture_commit(&options, &version, &error), &error);
    assert_fails(fixture_commit(&options, &version, &error), STOA_E_EXISTS, &error);
    fixture_check(options.path, &(struct fixture_range){0, 5}, 1, 0);
    test_directory_remove(&directory);
}

static void test_other_partition_columns_are_a_conflict(void **state)
{
    (void)state;
    struct test_directory directory;
    uint64_t version = 0;
    test_directory_make(&directory);
    struct fixture_options options = {.path = test_path(&directory, "ds"), .rows = 5};
    assert_ok(fixture_commit(&options, &version, &error), &error);
    options.partitions[0] = FIXTURE_DAY;
    options.partition_count = 1;
    assert_fails(fixture_commit(&options, &version, &error), STOA_E_COMMIT_CONFLICT,
                 &error);
    test_directory_remove(&directory);
}

/* Commits with every link failing as `errno_value` says; data files that are left. */
static size_t link_and_count(const char *path, int errno_value, stoa_status expected)
{
    const struct fault_kind kind = {"link", FAULT_EFFECT_ERRNO, errno_value, FAULT_LINKAT};
    struct stoa_root root;
    uint64_t version = 0;
    char **names = NULL;
    size_t count = 0;
    size_t files = 0;
    fault_io_start(&kind, 1, true, NULL, NULL);
    const stoa_status status = fixture_commit(
        &(struct fixture_options){.path = path, .rows = 5, .first = 100}, &version, &error);
    fault_io_stop();
    assert_fails(status, expected, &error);
    assert_ok(stoa_root_open(path, &root, &error), &error);
    assert_ok(stoa_io_list(root.directory.fd, ".", &names, &count, &error), &error);
    for (size_t i = 0; i < count; i++) {
        char operation[STOA_ID_TEXT_SIZE];
        files += stoa_data_file_name_parse(names[i], operation);
    }
    stoa_free(names);
    stoa_root_close(&root);
    return files;
}

static void test_files_stay_when_a_link_may_still_arrive(void **state)
{
    (void)state;
    static const int open_ends[] = {EIO, ESTALE, ETIMEDOUT, EINTR};
    static const int refusals[] = {ENOSPC, EDQUOT, EACCES, EPERM,
                                   EROFS,  EMLINK, ENOENT, EXDEV};
    struct test_directory directory;
    uint64_t version = 0;
    test_directory_make(&directory);
    char path[300];
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    assert_ok(fixture_commit(&(struct fixture_options){.path = path, .rows = 5}, &version,
                             &error),
              &error);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const int errno_value = refusals[i];
        const stoa_status expected = errno_value == ENOENT ? STOA_E_NOT_FOUND
                                     : errno_value == ENOSPC || errno_value == EDQUOT
                                         ? STOA_E_NO_SPACE
                                         : STOA_E_IO;
        assert_int_equal(link_and_count(path, errno_value, expected), 1);
    }
    for (size_t i = 0; i < sizeof open_ends / sizeof open_ends[0]; i++)
        assert_int_equal(link_and_count(path, open_ends[i], STOA_E_UNKNOWN_OUTCOME), 2 + i);
    /* EEXIST, and then nothing there. */
    assert_int_equal(link_and_count(path, EEXIST, STOA_E_UNKNOWN_OUTCOME), 6);
    fixture_check(path, &(struct fixture_range){0, 5}, 1, 0);
    test_directory_remove(&directory);
}

enum { WRITERS = 4, COMMITS = 6, ROWS_EACH = 20 };

struct writer {
    const char *path;
    uint64_t first;
    stoa_status status;
    stoa_error error;
};

static stoa_status write_some(const char *path, uint64_t first, stoa_error *err)
{
    for (uint64_t i = 0; i < COMMITS; i++) {
        uint64_t version = 0;
        STOA_TRY(fixture_commit(&(struct fixture_options){.path = path,
                                                          .rows = ROWS_EACH,
                                                          .first = first + i * ROWS_EACH,
                                                          .regions = 5,
                                                          .partitions = {FIXTURE_REGION},
                                                          .partition_count = 1},
                                &version, err));
    }
    return STOA_OK;
}

static void *write_thread(void *context)
{
    struct writer *writer = context;
    writer->status = write_some(writer->path, writer->first, &writer->error);
    return NULL;
}

static void check_all_committed_once(const char *path)
{
    const struct fixture_range all = {0, WRITERS * COMMITS * ROWS_EACH};
    stoa_verify_report report;
    struct stoa_root root;
    uint64_t head = 0;
    fixture_check(path, &all, 1, 5);
    assert_ok(stoa_root_open(path, &root, &error), &error);
    assert_ok(stoa_log_find_head(&root, &head, &error), &error);
    stoa_root_close(&root);
    assert_int_equal(head, WRITERS * COMMITS);
    assert_ok(stoa_verify(path, 1, 1, NULL, NULL, &report, &error), &error);
    assert_int_equal(report.versions, WRITERS * COMMITS);
}

static void test_threads_commit_each_append_once(void **state)
{
    (void)state;
    struct test_directory directory;
    struct writer writers[WRITERS] = {0};
    pthread_t threads[WRITERS];
    test_directory_make(&directory);
    char path[300];
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    for (uint64_t i = 0; i < WRITERS; i++) {
        writers[i].path = path;
        writers[i].first = i * COMMITS * ROWS_EACH;
        assert_int_equal(pthread_create(&threads[i], NULL, write_thread, &writers[i]), 0);
    }
    for (size_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < WRITERS; i++)
        assert_ok(writers[i].status, &writers[i].error);
    check_all_committed_once(path);
    test_directory_remove(&directory);
}

static void test_processes_commit_each_append_once(void **state)
{
    (void)state;
    struct test_directory directory;
    test_directory_make(&directory);
    char path[300];
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    pid_t pids[WRITERS];
    (void)fflush(NULL);
    for (uint64_t i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            stoa_error child_error;
            const stoa_status status =
                write_some(path, i * COMMITS * ROWS_EACH, &child_error);
            if (status != STOA_OK)
                (void)fprintf(stderr, "writer: %s\n", child_error.message);
            _exit(status == STOA_OK ? 0 : 1);
        }
    }
    for (size_t i = 0; i < WRITERS; i++) {
        int exit_status = 0;
        assert_int_equal(waitpid(pids[i], &exit_status, 0), pids[i]);
        assert_int_equal(exit_status, 0);
    }
    check_all_committed_once(path);
    test_directory_remove(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_commit_makes_version_one),
        cmocka_unit_test(test_appends_keep_older_versions_readable),
        cmocka_unit_test(test_commit_without_rows_is_a_version_without_files),
        cmocka_unit_test(test_must_create_refuses_a_dataset_that_appeared),
        cmocka_unit_test(test_other_partition_columns_are_a_conflict),
        cmocka_unit_test(test_files_stay_when_a_link_may_still_arrive),
        cmocka_unit_test(test_threads_commit_each_append_once),
        cmocka_unit_test(test_processes_commit_each_append_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
