/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routing: partitions, directories, order of rows, rolling and spilling. What is written must
 * not depend on memory, batches or threads. [DS-18, DS-19, DS-24]
 */
#include "tests/unit/dataset/dataset_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/snapshot.h"

static stoa_error error;

static void commit(const struct fixture_options *options)
{
    uint64_t version = 0;
    assert_ok(fixture_commit(options, &version, &error), &error);
}

/* Hashes of all data files in manifest order. */
static size_t file_hashes(const char *path, uint8_t (*out)[16], size_t room)
{
    stoa_dataset *dataset = NULL;
    assert_ok(stoa_dataset_open(path, &dataset, &error), &error);
    const size_t count = stoa_dataset_get_info(dataset)->file_count;
    assert_true(count <= room);
    for (size_t i = 0; i < count; i++) {
        stoa_dataset_file_info info;
        assert_ok(stoa_dataset_file(dataset, i, &info, &error), &error);
        memcpy(out[i], info.hash, 16);
    }
    stoa_dataset_close(dataset);
    return count;
}

static void test_partitions_keep_rows_and_values(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_dataset *dataset = NULL;
    test_directory_make(&directory);
    const struct fixture_options options = {
        .path = test_path(&directory, "ds"),
        .rows = 3000,
        .regions = 7,
        .partitions = {FIXTURE_REGION, FIXTURE_DAY},
        .partition_count = 2
    };
    commit(&options);
    fixture_check(options.path, &(struct fixture_range){0, 3000}, 1, 7);
    assert_ok(stoa_dataset_open(options.path, &dataset, &error), &error);
    const stoa_dataset_info *info = stoa_dataset_get_info(dataset);
    assert_int_equal(info->partition_count, 7 * 10);
    assert_int_equal(info->file_count, 7 * 10);
    assert_int_equal(info->partition_column_count, 2);
    assert_int_equal(info->partition_columns[1], FIXTURE_DAY);
    stoa_dataset_close(dataset);
    test_directory_remove(&directory);
}

static void test_names_that_differ_by_case_get_their_own_directories(void **state)
{
    (void)state;
    struct test_directory directory;
    stoa_dataset *dataset = NULL;
    test_directory_make(&directory);
    struct fixture_options options = {.path = test_path(&directory, "ds"),
                                      .rows = 100,
                                      .regions = 8,
                                      .partitions = {FIXTURE_REGION},
                                      .partition_count = 1};
    commit(&options);
    options.first = 100;
    commit(&options); /* the same names again, now known from the parent */
    assert_ok(stoa_dataset_open(options.path, &dataset, &error), &error);
    char lower[64][300];
    size_t count = 0;
    for (size_t i = 0; i < stoa_dataset_get_info(dataset)->file_count; i++) {
        stoa_dataset_file_info info;
        assert_ok(stoa_dataset_file(dataset, i, &info, &error), &error);
        char name[300] = {0};
        for (size_t k = 0; info.path[k] != '/'; k++)
            name[k] = (char)(info.path[k] >= 'A' && info.path[k] <= 'Z' ? info.path[k] + 32
                                                                        : info.path[k]);
        size_t seen = 0;
        while (seen < count && strcmp(lower[seen], name) != 0)
            seen++;
        if (seen == count)
            memcpy(lower[count++], name, sizeof name);
    }
    /* "", NULL, r1 R1 r2 R2 r3 R3: eight values, eight directories on any file system. */
    assert_int_equal(count, 8);
    assert_int_equal(stoa_dataset_get_info(dataset)->partition_count, 8);
    stoa_dataset_close(dataset);
    test_directory_remove(&directory);
}

static void test_files_do_not_depend_on_memory_batches_or_threads(void **state)
{
    (void)state;
    struct test_directory directory;
    struct stoa_pool *pool = NULL;
    uint8_t first[200][16];
    uint8_t other[200][16];
    test_directory_make(&directory);
    assert_ok(stoa_pool_create(3, &pool, &error), &error);
    const struct fixture_options base = {.path = test_path(&directory, "base"),
                                         .rows = 30000,
                                         .regions = 9,
                                         .partitions = {FIXTURE_REGION},
                                         .partition_count = 1};
    commit(&base);
    const size_t count = file_hashes(base.path, first, 200);
    static const struct {
        size_t memory;
        uint32_t batch;
        bool threads;
    } cases[] = {
        {1 << 14, 0,    false},
        {1 << 16, 77,   true },
        {1,       5000, true }
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[32];
        struct fixture_options options = base;
        (void)snprintf(name, sizeof name, "ds%zu", i);
        options.path = test_path(&directory, name);
        options.memory = cases[i].memory;
        options.batch = cases[i].batch;
        options.pool = cases[i].threads ? pool : NULL;
        commit(&options);
        assert_int_equal(file_hashes(options.path, other, 200), count);
        assert_bytes(other, first, count * 16);
    }
    stoa_pool_free(pool);
    test_directory_remove(&directory);
}

static void test_files_roll_at_blocks_whatever_the_batches(void **state)
{
    (void)state;
    struct test_directory directory;
    uint8_t first[20][16];
    uint8_t other[20][16];
    stoa_dataset *dataset = NULL;
    test_directory_make(&directory);
    struct fixture_options options = {.path = test_path(&directory, "a"),
                                      .rows = 200000,
                                      .batch = 200000,
                                      .roll = (uint64_t)28 * 100000};
    commit(&options);
    assert_ok(stoa_dataset_open(options.path, &dataset, &error), &error);
    assert_int_equal(stoa_dataset_get_info(dataset)->file_count, 2);
    stoa_dataset_file_info info;
    assert_ok(stoa_dataset_file(dataset, 0, &info, &error), &error);
    assert_int_equal(info.rows, 131072);
    stoa_dataset_close(dataset);
    const size_t count = file_hashes(options.path, first, 20);
    options.path = test_path(&directory, "b");
    options.batch = 999;
    commit(&options);
    assert_int_equal(file_hashes(options.path, other, 20), count);
    assert_bytes(other, first, count * 16);
    test_directory_remove(&directory);
}

static size_t open_descriptors(void)
{
    size_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir != NULL && readdir(dir) != NULL)
        count++;
    if (dir != NULL)
        (void)closedir(dir);
    return count;
}

static void test_descriptors_do_not_grow_with_partitions(void **state)
{
    (void)state;
    struct test_directory directory;
    test_directory_make(&directory);
    const size_t before = open_descriptors();
    struct fixture_options options = {.path = test_path(&directory, "ds"),
                                      .rows = 600,
                                      .regions = 300,
                                      .partitions = {FIXTURE_REGION},
                                      .partition_count = 1,
                                      .memory = 1 << 12};
    commit(&options);
    fixture_check(options.path, &(struct fixture_range){0, 600}, 1, 300);
    assert_int_equal(open_descriptors(), before);
    test_directory_remove(&directory);
}

/* Rows of thousands of partitions in a random order, and next to no memory. */
static void test_the_index_of_spilled_rows_is_bounded(void **state)
{
    (void)state;
    struct test_directory directory;
    uint64_t version = 0;
    test_directory_make(&directory);
    const struct fixture_options options = {.path = test_path(&directory, "ds"),
                                            .rows = 40000,
                                            .regions = 35000,
                                            .partitions = {FIXTURE_REGION},
                                            .partition_count = 1,
                                            .memory = 1 << 12};
    assert_fails(fixture_commit(&options, &version, &error), STOA_E_MEMORY_LIMIT, &error);
    assert_contains(error.hint, "sort the sources");
    test_directory_remove(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partitions_keep_rows_and_values),
        cmocka_unit_test(test_names_that_differ_by_case_get_their_own_directories),
        cmocka_unit_test(test_files_do_not_depend_on_memory_batches_or_threads),
        cmocka_unit_test(test_files_roll_at_blocks_whatever_the_batches),
        cmocka_unit_test(test_the_index_of_spilled_rows_is_bounded),
        cmocka_unit_test(test_descriptors_do_not_grow_with_partitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
