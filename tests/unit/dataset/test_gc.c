/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gc removes leftovers and nothing else. [DS-40..43]
 */
#include "tests/unit/dataset/dataset_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stoa/convert.h"
#include "tests/support/fault_io.h"

static stoa_error error;

static const char orphan[] = "0123456789abcdef0123456789abcdef-000001.stoa";

static void commit(const char *path, uint64_t first)
{
    uint64_t version = 0;
    assert_ok(fixture_commit(&(struct fixture_options){.path = path,
                                                       .rows = 50,
                                                       .first = first,
                                                       .regions = 4,
                                                       .partitions = {FIXTURE_REGION},
                                                       .partition_count = 1},
                             &version, &error),
              &error);
}

static stoa_gc_report gc(const char *path, bool dry)
{
    stoa_gc_report report;
    const stoa_gc_options options = {.use_grace = 1, .grace_seconds = 0, .dry_run = dry};
    assert_ok(stoa_gc(path, &options, &report, &error), &error);
    return report;
}

static void write_orphan(const struct test_directory *directory, const char *folder)
{
    char name[200];
    (void)snprintf(name, sizeof name, "%s%s", folder, orphan);
    test_file_write(directory, name, "orphan", 6);
}

static void test_gc_removes_orphans_and_leaves_live_files(void **state)
{
    (void)state;
    struct test_directory directory;
    test_directory_make(&directory);
    char path[300];
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    commit(path, 0);
    commit(path, 50);
    write_orphan(&directory, "ds/");
    write_orphan(&directory, "ds/region=r1/");
    write_orphan(&directory, "ds/_stoa/tmp/");
    test_file_write(&directory, "ds/_stoa/leases/0123456789abcdef0123456789abcdef", "", 0);
    assert_int_equal(gc(path, true).files_removed, 4);
    assert_int_equal(gc(path, false).files_removed, 4);
    assert_int_equal(gc(path, false).files_removed, 0);
    const struct fixture_range all = {0, 100};
    fixture_check(path, &all, 1, 4);
    test_directory_remove(&directory);
}

static void test_gc_touches_only_names_of_writers(void **state)
{
    (void)state;
    struct test_directory directory;
    test_directory_make(&directory);
    char path[300];
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    commit(path, 0);
    test_file_write(&directory, "ds/README.md", "mine", 4);
    test_file_write(&directory, "ds/part-000001.stoa", "mine", 4);
    test_file_write(&directory, "ds/_stoa/tmp/notes.txt", "mine", 4);
    test_file_write(&directory, "ds/_stoa/log/0000000000000009.stoa.bak", "mine", 4);
    assert_int_equal(gc(path, false).files_removed, 0);
    assert_true(test_file_exists(&directory, "ds/README.md"));
    assert_true(test_file_exists(&directory, "ds/part-000001.stoa"));
    assert_true(test_file_exists(&directory, "ds/_stoa/log/0000000000000009.stoa.bak"));
    test_directory_remove(&directory);
}

/* Partition columns that are named like the dataset's own directory, as encoded now ... */
static void test_gc_keeps_partitions_named_like_its_own_directory(void **state)
{
    (void)state;
    static const char *const names[] = {"_stoa", "_stoa_x", "_stoa/tmp", "_stoa_id"};
    static const char rows[] = "_stoa,_stoa_x,_stoa/tmp,_stoa_id\n1,2,3,4\n5,6,7,8\n";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct test_directory directory;
        stoa_convert_report *converted = NULL;
        stoa_verify_report verified;
        char path[300];
        char source[300];
        test_directory_make(&directory);
        (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
        (void)snprintf(source, sizeof source, "%s", test_path(&directory, "feed.csv"));
        test_file_write(&directory, "feed.csv", rows, sizeof rows - 1);
        const char *const sources[] = {source};
        const stoa_convert_options options = {.dataset = path,
                                              .sources = sources,
                                              .source_count = 1,
                                              .partition_by = &names[i],
                                              .partition_count = 1,
                                              .threads = 1};
        assert_ok(stoa_convert(&options, &converted, &error), &error);
        assert_int_equal(converted->file_count, 2);
        stoa_convert_report_free(converted);
        assert_int_equal(gc(path, false).files_removed, 0);
        assert_ok(stoa_verify(path, 1, 1, NULL, NULL, &verified, &error), &error);
        test_directory_remove(&directory);
    }
}

/* ... and as earlier writers encoded them. Leftovers' names mean nothing there. */
static void test_gc_takes_only_the_very_name_for_its_own_directory(void **state)
{
    (void)state;
    struct test_directory directory;
    test_directory_make(&directory);
    char path[300];
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    commit(path, 0);
    assert_int_equal(mkdir(test_path(&directory, "ds/_stoa_x=1"), 0777), 0);
    assert_int_equal(mkdir(test_path(&directory, "ds/_stoa_x=1/y=2"), 0777), 0);
    test_file_write(&directory, "ds/_stoa_x=1/0123456789abcdef0123456789abcdef-notes",
                    "mine", 4);
    write_orphan(&directory, "ds/_stoa_x=1/y=2/");
    assert_int_equal(gc(path, false).files_removed, 1);
    assert_true(test_file_exists(&directory,
                                 "ds/_stoa_x=1/0123456789abcdef0123456789abcdef-notes"));
    test_directory_remove(&directory);
}

static void test_gc_follows_no_link(void **state)
{
    (void)state;
    struct test_directory directory;
    char target[300];
    test_directory_make(&directory);
    char path[300];
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    commit(path, 0);
    assert_int_equal(mkdir(test_path(&directory, "outside"), 0777), 0);
    write_orphan(&directory, "outside/");
    (void)snprintf(target, sizeof target, "%s", test_path(&directory, "outside"));
    assert_int_equal(symlink(target, test_path(&directory, "ds/region=link")), 0);
    assert_int_equal(
        symlink("README",
                test_path(&directory, "ds/ffffffffffffffffffffffffffffffff-000001.stoa")),
        0);
    assert_int_equal(gc(path, false).files_removed, 0);
    (void)snprintf(target, sizeof target, "outside/%s", orphan);
    assert_true(test_file_exists(&directory, target));
    test_directory_remove(&directory);
}

static void test_gc_leaves_young_files_and_those_of_live_writers(void **state)
{
    (void)state;
    struct test_directory directory;
    struct stoa_root root;
    struct stoa_transaction transaction;
    struct stoa_file file;
    uint32_t number = 0;
    stoa_gc_report report;
    test_directory_make(&directory);
    char path[300];
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    commit(path, 0);
    write_orphan(&directory, "ds/");
    assert_ok(stoa_gc(path, NULL, &report, &error), &error);
    assert_int_equal(report.files_removed, 0);
    assert_int_equal(report.files_young, 1);

    /* A writer at work: its file is old enough, but its lease is held. */
    assert_ok(stoa_root_create(path, &root, &error), &error);
    assert_ok(stoa_transaction_begin(&root, &transaction, &error), &error);
    assert_ok(
        stoa_transaction_create_file(&transaction, "", NULL, 0, &file, &number, &error),
        &error);
    stoa_io_discard(&file);
    report = gc(path, false);
    assert_int_equal(report.files_removed, 1); /* the orphan */
    assert_int_equal(report.files_young, 2);   /* file and lease */
    stoa_transaction_done(&transaction);
    assert_int_equal(gc(path, false).files_young, 0);
    stoa_root_close(&root);
    test_directory_remove(&directory);
}

/* gc goes by age alone there, and writers still write. */
static void test_gc_works_without_locks(void **state)
{
    (void)state;
    const struct fault_kind kind = {"no locks", FAULT_EFFECT_ERRNO, ENOLCK, FAULT_FLOCK};
    struct test_directory directory;
    stoa_gc_report report = {0};
    test_directory_make(&directory);
    char path[300];
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    fault_io_start(&kind, 1, true, NULL, NULL);
    commit(path, 0);
    write_orphan(&directory, "ds/");
    test_file_write(&directory, "ds/_stoa/leases/0123456789abcdef0123456789abcdef", "", 0);
    const stoa_gc_options options = {.use_grace = 1};
    const stoa_status status = stoa_gc(path, &options, &report, &error);
    fault_io_stop();
    assert_ok(status, &error);
    assert_int_equal(report.files_removed, 2);
    test_directory_remove(&directory);
}

/* A hint from before the gap must not make gc take the versions behind it for leftovers. */
static void test_gc_refuses_a_log_with_a_gap(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_gc_report report;
    stoa_dataset *dataset = NULL;
    const stoa_gc_options options = {.use_grace = 1};
    test_directory_make(&directory);
    char path[300];
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    for (uint64_t i = 0; i < 3; i++)
        commit(path, i * 50);
    assert_int_equal(unlink(test_path(&directory, "ds/_stoa/log/0000000000000002.stoa")),
                     0);
    test_file_write(&directory, "ds/_stoa/hint", "1\n", 2);
    assert_fails(stoa_gc(path, &options, &report, &error), STOA_E_CORRUPT, &error);
    assert_contains(error.message, "version 2");
    assert_int_equal(unlink(test_path(&directory, "ds/_stoa/hint")), 0);
    assert_fails(stoa_dataset_open(path, &dataset, &error), STOA_E_CORRUPT, &error);
    test_file_write(&directory, "ds/_stoa/hint", "3\n", 2);
    const struct fixture_range all = {0, 150};
    fixture_check(path, &all, 1, 4);
    test_directory_remove(&directory);
}

static void test_gc_refuses_a_dataset_it_cannot_read(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_gc_report report;
    test_directory_make(&directory);
    char path[300];
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    commit(path, 0);
    write_orphan(&directory, "ds/");
    test_file_write(&directory, "ds/_stoa/log/0000000000000002.stoa", "damaged", 7);
    const stoa_gc_options options = {.use_grace = 1};
    const stoa_status status = stoa_gc(path, &options, &report, &error);
    assert_true(status == STOA_E_NOT_STOA || status == STOA_E_CORRUPT);
    char name[100];
    (void)snprintf(name, sizeof name, "ds/%s", orphan);
    assert_true(test_file_exists(&directory, name));
    test_directory_remove(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gc_removes_orphans_and_leaves_live_files),
        cmocka_unit_test(test_gc_touches_only_names_of_writers),
        cmocka_unit_test(test_gc_keeps_partitions_named_like_its_own_directory),
        cmocka_unit_test(test_gc_takes_only_the_very_name_for_its_own_directory),
        cmocka_unit_test(test_gc_follows_no_link),
        cmocka_unit_test(test_gc_leaves_young_files_and_those_of_live_writers),
        cmocka_unit_test(test_gc_works_without_locks),
        cmocka_unit_test(test_gc_refuses_a_log_with_a_gap),
        cmocka_unit_test(test_gc_refuses_a_dataset_it_cannot_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
