/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify: what it counts, what it reports, and that one damage does not hide the next.
 */
#include "tests/unit/dataset/dataset_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static stoa_error error;

struct damages {
    size_t count;
    char places[16][384];
};

static void on_damage(void *context, const stoa_error *damage)
{
    struct damages *damages = context;
    assert_true(damage->status != STOA_OK);
    assert_true(damage->message[0] != '\0');
    if (damages->count < 16)
        memcpy(damages->places[damages->count], damage->place, 384);
    damages->count++;
}

static void make(const struct test_directory *directory, char path[300])
{
    (void)snprintf(path, 300, "%s", test_path(directory, "ds"));
    for (uint64_t i = 0; i < 2; i++) {
        uint64_t version = 0;
        assert_ok(fixture_commit(&(struct fixture_options){.path = path,
                                                           .rows = 90,
                                                           .first = i * 90,
                                                           .regions = 3,
                                                           .partitions = {FIXTURE_REGION},
                                                           .partition_count = 1},
                                 &version, &error),
                  &error);
    }
}

static void test_a_whole_dataset_is_counted(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_verify_report report;
    char path[300];
    char at[310];
    test_directory_make(&directory);
    make(&directory, path);
    assert_ok(stoa_verify(path, 1, 2, NULL, NULL, &report, &error), &error);
    assert_int_equal(report.versions, 2);
    assert_int_equal(report.files, 6);
    assert_int_equal(report.damages, 0);
    assert_true(report.bytes > 6 * 1000);
    (void)snprintf(at, sizeof at, "%s@1", path);
    assert_ok(stoa_verify(at, 0, 1, NULL, NULL, &report, &error), &error);
    assert_int_equal(report.versions, 1);
    assert_int_equal(report.files, 3);
    (void)snprintf(at, sizeof at, "%s@3", path);
    assert_fails(stoa_verify(at, 0, 1, NULL, NULL, &report, &error), STOA_E_VERSION,
                 &error);
    test_directory_remove(&directory);
}

static void damage(const struct test_directory *directory, const char *path, size_t file,
                   bool removes)
{
    stoa_dataset *dataset = NULL;
    stoa_dataset_file_info info;
    char name[500];
    assert_ok(stoa_dataset_open(path, &dataset, &error), &error);
    assert_ok(stoa_dataset_file(dataset, file, &info, &error), &error);
    (void)snprintf(name, sizeof name, "ds/%s", info.path);
    stoa_dataset_close(dataset);
    if (removes) {
        assert_int_equal(unlink(test_path(directory, name)), 0);
        return;
    }
    size_t size = 0;
    uint8_t *bytes = test_file_read(directory, name, &size);
    bytes[size / 3] ^= 1;
    test_file_write(directory, name, bytes, size);
    free(bytes);
}

static void test_each_damaged_file_is_reported(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_verify_report report;
    struct damages damages = {0};
    char path[300];
    test_directory_make(&directory);
    make(&directory, path);
    damage(&directory, path, 1, false);
    damage(&directory, path, 4, true);
    const stoa_status status =
        stoa_verify(path, 0, 1, on_damage, &damages, &report, &error);
    assert_int_equal(status, STOA_E_CORRUPT); /* the first one's */
    assert_int_equal(report.damages, damages.count);
    assert_true(damages.count >= 2);
    assert_int_equal(report.files, 6); /* it went on */
    bool missing = false;
    for (size_t i = 0; i < damages.count && i < 16; i++) {
        assert_true(damages.places[i][0] != '\0');
        missing = missing || strstr(damages.places[i], "region=") != NULL;
    }
    assert_true(missing);
    test_directory_remove(&directory);
}

/* What cannot be read is told once, and as what it is. */
static void test_a_file_that_cannot_be_read_is_told_once(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_verify_report report;
    stoa_dataset *dataset = NULL;
    stoa_dataset_file_info info;
    char path[300];
    char name[500];
    test_directory_make(&directory);
    make(&directory, path);
    assert_ok(stoa_dataset_open(path, &dataset, &error), &error);
    assert_ok(stoa_dataset_file(dataset, 2, &info, &error), &error);
    (void)snprintf(name, sizeof name, "ds/%s", info.path);
    stoa_dataset_close(dataset);
    assert_int_equal(unlink(test_path(&directory, name)), 0);
    assert_int_equal(symlink("elsewhere", test_path(&directory, name)), 0);
    assert_fails(stoa_verify(path, 0, 1, NULL, NULL, &report, &error), STOA_E_IO, &error);
    assert_int_equal(report.damages, 1);
    test_directory_remove(&directory);
}

static void test_missing_version_is_damage(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_verify_report report;
    char path[300];
    test_directory_make(&directory);
    make(&directory, path);
    assert_int_equal(unlink(test_path(&directory, "ds/_stoa/log/0000000000000001.stoa")),
                     0);
    assert_fails(stoa_verify(path, 0, 1, NULL, NULL, &report, &error), STOA_E_CORRUPT,
                 &error);
    assert_int_equal(report.damages, 1);
    test_directory_remove(&directory);
    /* A gap right above the version that can be reached. */
    test_directory_make(&directory);
    make(&directory, path);
    assert_int_equal(rename(test_path(&directory, "ds/_stoa/log/0000000000000002.stoa"),
                            test_path(&directory, "ds/_stoa/log/0000000000000003.stoa")),
                     0);
    test_file_write(&directory, "ds/_stoa/hint", "1\n", 2);
    assert_fails(stoa_verify(path, 0, 1, NULL, NULL, &report, &error), STOA_E_CORRUPT,
                 &error);
    assert_contains(error.message, "without gaps");
    test_directory_remove(&directory);
}

static void test_nothing_and_other_things_are_not_verified(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_verify_report report;
    test_directory_make(&directory);
    assert_fails(
        stoa_verify(test_path(&directory, "ds"), 0, 1, NULL, NULL, &report, &error),
        STOA_E_NOT_FOUND, &error);
    assert_fails(stoa_verify(directory.path, 0, 1, NULL, NULL, &report, &error),
                 STOA_E_NOT_DATASET, &error);
    test_file_write(&directory, "x.csv", "a,b\n", 4);
    assert_fails(
        stoa_verify(test_path(&directory, "x.csv"), 0, 1, NULL, NULL, &report, &error),
        STOA_E_NOT_STOA, &error);
    test_directory_remove(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_dataset_is_counted),
        cmocka_unit_test(test_each_damaged_file_is_reported),
        cmocka_unit_test(test_a_file_that_cannot_be_read_is_told_once),
        cmocka_unit_test(test_missing_version_is_damage),
        cmocka_unit_test(test_nothing_and_other_things_are_not_verified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
