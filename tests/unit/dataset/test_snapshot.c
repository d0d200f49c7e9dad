/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions as queries see them: which one a path means, files, statistics, shared readers;
 * the log behind them. [DS-5, DS-26..28]
 */
#include "tests/unit/dataset/dataset_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataset/log.h"
#include "dataset/snapshot.h"

static stoa_error error;

/* A dataset of `versions` versions, 100 rows each, partitioned by day. */
static void make(const struct test_directory *directory, char path[300], uint64_t versions)
{
    (void)snprintf(path, 300, "%s", test_path(directory, "ds"));
    for (uint64_t i = 0; i < versions; i++) {
        uint64_t version = 0;
        assert_ok(fixture_commit(&(struct fixture_options){.path = path,
                                                           .rows = 300,
                                                           .first = i * 300,
                                                           .regions = 5,
                                                           .partitions = {FIXTURE_DAY},
                                                           .partition_count = 1},
                                 &version, &error),
                  &error);
    }
}

static uint64_t version_of(const char *path)
{
    stoa_dataset *dataset = NULL;
    assert_ok(stoa_dataset_open(path, &dataset, &error), &error);
    const uint64_t version = stoa_dataset_get_info(dataset)->version;
    stoa_dataset_close(dataset);
    return version;
}

static void test_at_names_a_version_unless_such_a_path_exists(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_dataset *dataset = NULL;
    char path[300];
    char at[310];
    test_directory_make(&directory);
    make(&directory, path, 3);
    (void)snprintf(at, sizeof at, "%s@2", path);
    assert_int_equal(version_of(path), 3);
    assert_int_equal(version_of(at), 2);
    assert_int_equal(rename(path, at), 0);
    assert_int_equal(version_of(at), 3); /* "ds@2" itself */
    assert_fails(stoa_dataset_open(path, &dataset, &error), STOA_E_NOT_FOUND, &error);
    assert_int_equal(rename(at, path), 0);
    (void)snprintf(at, sizeof at, "%s@0", path);
    assert_fails(stoa_dataset_open(at, &dataset, &error), STOA_E_VERSION, &error);
    assert_fails(stoa_dataset_open(NULL, &dataset, &error), STOA_E_USAGE, &error);
    test_directory_remove(&directory);
}

static void test_hint_may_be_wrong_or_missing(void **state)
{
    (void)state;
    struct test_directory directory;
    char path[300];
    static const char *const hints[] = {
        "1\n", "2", "9", "09\n", "0\n", "", "-1\n", "3x\n", "99999999999999999999999999\n"};
    test_directory_make(&directory);
    make(&directory, path, 3);
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        test_file_write(&directory, "ds/_stoa/hint", hints[i], strlen(hints[i]));
        assert_int_equal(version_of(path), 3);
    }
    assert_int_equal(unlink(test_path(&directory, "ds/_stoa/hint")), 0);
    assert_int_equal(version_of(path), 3);
    test_directory_remove(&directory);
}

/* [DS-26, DS-28] */
static void test_lost_newest_version_is_never_passed_over(void **state)
{
    (void)state;
    struct test_directory directory;
    struct stoa_root root;
    struct stoa_commit_base base;
    stoa_dataset *dataset = NULL;
    stoa_verify_report report;
    stoa_gc_report removed;
    char path[300];
    test_directory_make(&directory);
    make(&directory, path, 3);
    assert_int_equal(unlink(test_path(&directory, "ds/_stoa/log/0000000000000003.stoa")),
                     0);
    assert_fails(stoa_dataset_open(path, &dataset, &error), STOA_E_CORRUPT, &error);
    assert_contains(error.message, "_stoa/hint names");
    assert_fails(stoa_verify(path, 0, 1, NULL, NULL, &report, &error), STOA_E_CORRUPT,
                 &error);
    assert_fails(stoa_gc(path, NULL, &removed, &error), STOA_E_CORRUPT, &error);
    assert_ok(stoa_root_open(path, &root, &error), &error);
    assert_fails(stoa_commit_base_load(&root, &base, &error), STOA_E_CORRUPT, &error);
    stoa_root_close(&root);
    assert_int_equal(unlink(test_path(&directory, "ds/_stoa/hint")), 0);
    assert_int_equal(version_of(path), 2); /* somebody has decided so */
    test_directory_remove(&directory);
}

/* [DS-34] Linked into the hole, the rows of a commit would be told as safe and never seen. */
static void test_nothing_is_committed_below_a_hole(void **state)
{
    (void)state;
    struct test_directory directory;
    uint64_t version = 0;
    char path[300];
    test_directory_make(&directory);
    make(&directory, path, 4);
    assert_int_equal(unlink(test_path(&directory, "ds/_stoa/log/0000000000000003.stoa")),
                     0);
    test_file_write(&directory, "ds/_stoa/hint", "2\n", 2);
    const struct fixture_options options = {.path = path,
                                            .rows = 5,
                                            .regions = 5,
                                            .partitions = {FIXTURE_DAY},
                                            .partition_count = 1};
    assert_fails(fixture_commit(&options, &version, &error), STOA_E_CORRUPT, &error);
    assert_false(test_file_exists(&directory, "ds/_stoa/log/0000000000000003.stoa"));
    test_directory_remove(&directory);
}

/* [DS-3] */
static void test_manifests_without_format_are_damage(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_dataset *dataset = NULL;
    char path[300];
    test_directory_make(&directory);
    make(&directory, path, 1);
    assert_int_equal(unlink(test_path(&directory, "ds/_stoa/format")), 0);
    assert_fails(stoa_dataset_open(path, &dataset, &error), STOA_E_CORRUPT, &error);
    assert_int_equal(rmdir(test_path(&directory, "ds/_stoa/tmp")), 0);
    test_directory_remove(&directory);
}

static void test_read_only_copies_without_tmp_and_leases_work(void **state)
{
    (void)state;
    struct test_directory directory;
    char path[300];
    test_directory_make(&directory);
    make(&directory, path, 1);
    assert_int_equal(rmdir(test_path(&directory, "ds/_stoa/tmp")), 0);
    assert_int_equal(rmdir(test_path(&directory, "ds/_stoa/leases")), 0);
    fixture_check(path, &(struct fixture_range){0, 300}, 1, 5);
    make(&directory, path, 1); /* a writer makes them again */
    test_directory_remove(&directory);
}

static void flip(const struct test_directory *directory, const char *name, size_t at)
{
    size_t size = 0;
    uint8_t *bytes = test_file_read(directory, name, &size);
    assert_true(at < size);
    bytes[at] ^= 0x10;
    test_file_write(directory, name, bytes, size);
    free(bytes);
}

static void test_damaged_newest_manifest_is_never_skipped(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_dataset *dataset = NULL;
    struct stoa_root root;
    struct stoa_commit_base base;
    char path[300];
    static const char name[] = "ds/_stoa/log/0000000000000002.stoa";
    test_directory_make(&directory);
    make(&directory, path, 2);
    size_t size = 0;
    uint8_t *bytes = test_file_read(&directory, name, &size);
    const size_t first_payload = 64 + (size_t)stoa_load_le64(bytes + 48);
    free(bytes);
    flip(&directory, name, first_payload + 8);
    assert_fails(stoa_dataset_open(path, &dataset, &error), STOA_E_CORRUPT, &error);
    assert_contains(error.place, "0000000000000002.stoa");
    flip(&directory, name, first_payload + 8);
    assert_int_equal(version_of(path), 2);
    /* A writer looks at every byte of what it builds on. */
    assert_ok(stoa_root_open(path, &root, &error), &error);
    for (size_t at = 70; at < size; at += 501) {
        flip(&directory, name, at);
        assert_true(stoa_commit_base_load(&root, &base, &error) != STOA_OK);
        flip(&directory, name, at);
    }
    assert_ok(stoa_commit_base_load(&root, &base, &error), &error);
    stoa_commit_base_done(&base);
    stoa_root_close(&root);
    test_directory_remove(&directory);
}

static int ignore(void *context, const stoa_version_info *info)
{
    (void)context;
    (void)info;
    return 0;
}

static void test_walk_checks_the_chain(void **state)
{
    (void)state;
    struct test_directory directory;
    struct test_directory other;
    char path[300];
    char other_path[300];
    test_directory_make(&directory);
    test_directory_make(&other);
    make(&directory, path, 3);
    assert_ok(stoa_dataset_log(path, ignore, NULL, &error), &error);
    /* A second history of the same dataset: same id, other first version. */
    (void)snprintf(other_path, sizeof other_path, "%s", test_path(&other, "ds"));
    struct stoa_root root;
    assert_ok(stoa_root_create(other_path, &root, &error), &error);
    stoa_root_close(&root);
    size_t size = 0;
    void *format = test_file_read(&directory, "ds/_stoa/format", &size);
    assert_int_equal(unlink(test_path(&other, "ds/_stoa/format")), 0);
    test_file_write(&other, "ds/_stoa/format", format, size);
    free(format);
    make(&other, other_path, 1);
    void *manifest = test_file_read(&other, "ds/_stoa/log/0000000000000001.stoa", &size);
    assert_int_equal(unlink(test_path(&directory, "ds/_stoa/log/0000000000000001.stoa")),
                     0);
    test_file_write(&directory, "ds/_stoa/log/0000000000000001.stoa", manifest, size);
    free(manifest);
    assert_fails(stoa_dataset_log(path, ignore, NULL, &error), STOA_E_CORRUPT, &error);
    assert_contains(error.message, "parent");
    test_directory_remove(&directory);
    test_directory_remove(&other);
}

static void test_statistics_are_those_of_the_files(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_dataset *dataset = NULL;
    char path[300];
    test_directory_make(&directory);
    make(&directory, path, 2);
    assert_ok(stoa_dataset_open(path, &dataset, &error), &error);
    const stoa_dataset_info *info = stoa_dataset_get_info(dataset);
    for (size_t f = 0; f < info->file_count; f++) {
        struct stoa_reader *reader = NULL;
        assert_ok(stoa_dataset_acquire(dataset, f, &reader, &error), &error);
        for (uint32_t c = 0; c < FIXTURE_FIELDS; c++) {
            struct stoa_stats stats;
            struct stoa_stats expected;
            bool known = false;
            assert_ok(stoa_dataset_file_stats(dataset, f, c, &known, &stats, &error),
                      &error);
            assert_ok(stoa_reader_file_stats(reader, c, &expected, &error), &error);
            assert_true(known);
            assert_int_equal(stats.rows, expected.rows);
            assert_int_equal(stats.null_count, expected.null_count);
            assert_int_equal(stats.has_bounds, expected.has_bounds);
            if (stats.has_bounds)
                assert_int_equal(stoa_value_compare(stats.phys, &stats.min, &expected.min),
                                 0);
            if (c == FIXTURE_DAY) /* the partition column: one value */
                assert_int_equal(stats.min.i64, stats.max.i64);
        }
        stoa_dataset_release(dataset, f, reader);
        assert_true(stoa_dataset_file_partition(dataset, f) < info->partition_count);
    }
    struct stoa_reader *reader = NULL;
    assert_fails(stoa_dataset_acquire(dataset, info->file_count, &reader, &error),
                 STOA_E_USAGE, &error);
    stoa_dataset_close(dataset);
    test_directory_remove(&directory);
}

static void test_a_lone_file_is_a_table(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_dataset *dataset = NULL;
    char path[300];
    test_directory_make(&directory);
    make(&directory, path, 1);
    stoa_dataset_file_info file;
    char lone[700];
    assert_ok(stoa_dataset_open(path, &dataset, &error), &error);
    assert_ok(stoa_dataset_file(dataset, 0, &file, &error), &error);
    (void)snprintf(lone, sizeof lone, "%s/%.300s", path, file.path);
    const uint64_t rows = file.rows;
    uint8_t hash[16];
    memcpy(hash, file.hash, 16);
    stoa_dataset_close(dataset);
    assert_ok(stoa_dataset_open(lone, &dataset, &error), &error);
    const stoa_dataset_info *info = stoa_dataset_get_info(dataset);
    assert_int_equal(info->is_single_file, 1);
    assert_int_equal(info->version, 0);
    assert_int_equal(info->rows, rows);
    assert_int_equal(info->schema.field_count, FIXTURE_FIELDS);
    assert_ok(stoa_dataset_file(dataset, 0, &file, &error), &error);
    assert_bytes(file.hash, hash, 16);
    struct stoa_reader *reader = NULL;
    struct stoa_stats stats;
    bool known = false;
    assert_ok(stoa_dataset_acquire(dataset, 0, &reader, &error), &error);
    stoa_dataset_release(dataset, 0, reader);
    assert_ok(stoa_dataset_file_stats(dataset, 0, 0, &known, &stats, &error), &error);
    assert_true(known);
    stoa_column_info column;
    assert_ok(stoa_dataset_column(dataset, FIXTURE_ID, &column, &error), &error);
    assert_string_equal(column.min, "0");
    stoa_verify_report report;
    assert_ok(stoa_verify(lone, 1, 1, NULL, NULL, &report, &error), &error);
    assert_int_equal(report.files, 1);
    stoa_dataset_close(dataset);
    test_directory_remove(&directory);
}

static void file_path(const char *dataset_path, const char *inner, char out[900])
{
    (void)snprintf(out, 900, "%s/%.400s", dataset_path, inner);
}

/* Damage in values hides how many are different, and nothing else. */
static void test_columns_are_told_beside_damaged_values(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_dataset *dataset = NULL;
    stoa_dataset_file_info file;
    struct stoa_reader *reader = NULL;
    stoa_column_info column;
    int known = 0;
    uint64_t distinct = 0;
    uint64_t offset = 0;
    uint64_t size = 0;
    char path[300];
    char name[900];
    test_directory_make(&directory);
    make(&directory, path, 1);
    assert_ok(stoa_dataset_open(path, &dataset, &error), &error);
    assert_ok(stoa_dataset_column(dataset, 0, &column, &error), &error);
    assert_ok(stoa_dataset_distinct(dataset, 0, &known, &distinct, &error), &error);
    assert_int_equal(known, 1);
    assert_true(distinct > 0);
    assert_fails(stoa_dataset_distinct(dataset, 99, &known, &distinct, &error),
                 STOA_E_USAGE, &error);
    assert_ok(stoa_dataset_file(dataset, 0, &file, &error), &error);
    file_path(path, file.path, name);
    assert_ok(stoa_dataset_acquire(dataset, 0, &reader, &error), &error);
    assert_ok(stoa_reader_group_place(reader, 0, &offset, &size, &error), &error);
    stoa_dataset_release(dataset, 0, reader);
    stoa_dataset_close(dataset);
    FILE *bytes = fopen(name, "r+b");
    assert_non_null(bytes);
    assert_int_equal(fseek(bytes, (long)offset, SEEK_SET), 0);
    const int first = fgetc(bytes);
    assert_int_equal(fseek(bytes, (long)offset, SEEK_SET), 0);
    assert_int_equal(fputc(first ^ 1, bytes), first ^ 1);
    assert_int_equal(fclose(bytes), 0);
    assert_ok(stoa_dataset_open(path, &dataset, &error), &error);
    assert_ok(stoa_dataset_column(dataset, 0, &column, &error), &error);
    assert_ok(stoa_dataset_distinct(dataset, 0, &known, &distinct, &error), &error);
    assert_int_equal(known, 0);
    assert_true(column.min[0] != '\0' && column.stored_bytes > 0);
    stoa_dataset_close(dataset);
    test_directory_remove(&directory);
}

/* [DS-17] Two committed files of one size: neither passes for the other. */
static void test_another_committed_file_in_its_place_is_damage(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_dataset *dataset = NULL;
    struct stoa_reader *reader = NULL;
    stoa_dataset_file_info files[2];
    stoa_verify_report report;
    char path[300];
    char names[2][900];
    test_directory_make(&directory);
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    for (uint64_t i = 0; i < 2; i++) {
        uint64_t version = 0;
        const struct fixture_options options = {.path = path, .rows = 1, .first = 4 + i};
        assert_ok(fixture_commit(&options, &version, &error), &error);
    }
    assert_ok(stoa_dataset_open(path, &dataset, &error), &error);
    for (size_t i = 0; i < 2; i++) {
        assert_ok(stoa_dataset_file(dataset, i, &files[i], &error), &error);
        file_path(path, files[i].path, names[i]);
    }
    assert_int_equal(files[0].bytes, files[1].bytes);
    assert_ok(stoa_dataset_acquire(dataset, 0, &reader, &error), &error);
    stoa_dataset_release(dataset, 0, reader);
    stoa_dataset_close(dataset);
    assert_int_equal(unlink(names[0]), 0);
    assert_int_equal(link(names[1], names[0]), 0);
    assert_ok(stoa_dataset_open(path, &dataset, &error), &error);
    assert_fails(stoa_dataset_acquire(dataset, 0, &reader, &error), STOA_E_CORRUPT, &error);
    assert_contains(error.message, "expected the content identity of the manifest");
    assert_string_equal(error.place, names[0]);
    stoa_dataset_close(dataset);
    assert_fails(stoa_verify(path, 0, 1, NULL, NULL, &report, &error), STOA_E_CORRUPT,
                 &error);
    test_directory_remove(&directory);
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 200 };

static void *acquire_many(void *context)
{
    stoa_dataset *dataset = context;
    const size_t files = stoa_dataset_get_info(dataset)->file_count;
    for (size_t i = 0; i < ROUNDS; i++) {
        struct stoa_reader *reader = NULL;
        struct stoa_stats stats;
        bool known = false;
        const size_t file = i * 7 % files;
        if (stoa_dataset_acquire(dataset, file, &reader, NULL) != STOA_OK)
            return dataset;
        if (stoa_dataset_file_stats(dataset, file, (uint32_t)(i % FIXTURE_FIELDS), &known,
                                    &stats, NULL) != STOA_OK ||
            !known)
            return dataset;
        stoa_dataset_release(dataset, file, reader);
    }
    return NULL;
}

static void test_threads_share_readers_and_statistics(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_dataset *dataset = NULL;
    pthread_t threads[THREADS];
    char path[300];
    test_directory_make(&directory);
    make(&directory, path, 4);
    assert_ok(stoa_dataset_open(path, &dataset, &error), &error);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, acquire_many, dataset), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    stoa_dataset_close(dataset);
    test_directory_remove(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_names_a_version_unless_such_a_path_exists),
        cmocka_unit_test(test_hint_may_be_wrong_or_missing),
        cmocka_unit_test(test_lost_newest_version_is_never_passed_over),
        cmocka_unit_test(test_nothing_is_committed_below_a_hole),
        cmocka_unit_test(test_manifests_without_format_are_damage),
        cmocka_unit_test(test_read_only_copies_without_tmp_and_leases_work),
        cmocka_unit_test(test_damaged_newest_manifest_is_never_skipped),
        cmocka_unit_test(test_walk_checks_the_chain),
        cmocka_unit_test(test_statistics_are_those_of_the_files),
        cmocka_unit_test(test_a_lone_file_is_a_table),
        cmocka_unit_test(test_columns_are_told_beside_damaged_values),
        cmocka_unit_test(test_another_committed_file_in_its_place_is_damage),
        cmocka_unit_test(test_threads_share_readers_and_statistics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
