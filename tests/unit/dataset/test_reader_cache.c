/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache of readers: shared while held, closed least recently used first.
 */
#include "tests/unit/dataset/dataset_fixture.h"

#include <stdio.h>

#include "dataset/file_check.h"
#include "dataset/reader_cache.h"

struct files {
    struct stoa_root root;
    stoa_dataset *dataset;
    size_t opened;
};

static stoa_error error;

static stoa_status open_one(void *context, size_t file, struct stoa_reader **out_reader,
                            stoa_error *err)
{
    struct files *files = context;
    stoa_dataset_file_info info;
    files->opened++;
    STOA_TRY(stoa_dataset_file(files->dataset, file, &info, err));
    return stoa_file_open_data(&files->root.directory, info.path, info.bytes, out_reader,
                               err);
}

static void test_idle_readers_are_kept_up_to_the_limit(void **state)
{
    (void)state;
    struct test_directory directory;
    struct files files = {.root = STOA_ROOT_CLOSED};
    struct stoa_reader_cache *cache = NULL;
    struct stoa_reader *a = NULL;
    struct stoa_reader *b = NULL;
    uint64_t version = 0;
    char path[300];
    test_directory_make(&directory);
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    assert_ok(fixture_commit(&(struct fixture_options){.path = path,
                                                       .rows = 60,
                                                       .regions = 6,
                                                       .partitions = {FIXTURE_REGION},
                                                       .partition_count = 1},
                             &version, &error),
              &error);
    assert_ok(stoa_dataset_open(path, &files.dataset, &error), &error);
    assert_ok(stoa_root_open(path, &files.root, &error), &error);
    assert_ok(stoa_reader_cache_create(6, 2, open_one, &files, &cache, &error), &error);

    assert_ok(stoa_reader_cache_acquire(cache, 0, &a, &error), &error);
    assert_ok(stoa_reader_cache_acquire(cache, 0, &b, &error), &error);
    assert_ptr_equal(a, b);
    assert_int_equal(files.opened, 1);
    stoa_reader_cache_release(cache, 0);
    /* While 0 is held, others come and go. */
    for (size_t i = 1; i < 6; i++) {
        assert_ok(stoa_reader_cache_acquire(cache, i, &b, &error), &error);
        stoa_reader_cache_release(cache, i);
    }
    assert_int_equal(files.opened, 6);
    assert_ok(stoa_reader_cache_acquire(cache, 5, &b, &error), &error); /* still open */
    stoa_reader_cache_release(cache, 5);
    assert_int_equal(files.opened, 6);
    assert_ok(stoa_reader_cache_acquire(cache, 1, &b, &error), &error); /* long closed */
    stoa_reader_cache_release(cache, 1);
    assert_int_equal(files.opened, 7);
    assert_ok(stoa_reader_cache_acquire(cache, 0, &b, &error), &error);
    assert_ptr_equal(a, b); /* held all the time */
    assert_int_equal(files.opened, 7);
    stoa_reader_cache_release(cache, 0);
    stoa_reader_cache_release(cache, 0);

    stoa_reader_cache_free(cache);
    stoa_root_close(&files.root);
    stoa_dataset_close(files.dataset);
    test_directory_remove(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idle_readers_are_kept_up_to_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
