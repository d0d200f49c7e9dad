/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bit-flip census: in a small dataset of two versions with partitions, each single bit of
 * each committed file is flipped, and stoa_verify must notice every one. Also each truncation
 * and extension, and each swap of two files. Without an argument one bit of every fourth
 * byte, in turn; with "all" every bit.
 */
#include "tests/unit/dataset/dataset_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILES_MAX = 32, WORKERS = 2 };

static bool every_bit;
static char file_names[FILES_MAX][400];

/* Paths of all committed files: format file, manifests and data files. */
struct census {
    char path[300];
    char (*files)[400]; /* file_names */
    size_t count;
};

static void add_file(struct census *census, const char *name)
{
    assert_true(census->count < FILES_MAX);
    (void)snprintf(file_names[census->count++], sizeof file_names[0], "%.250s/%.140s",
                   census->path, name);
}

static void make_dataset(const struct test_directory *directory, struct census *census)
{
    stoa_error error;
    stoa_dataset *dataset = NULL;
    *census = (struct census){.files = file_names};
    (void)snprintf(census->path, sizeof census->path, "%s", test_path(directory, "ds"));
    struct fixture_options options = {.path = census->path,
                                      .rows = 6,
                                      .regions = 3,
                                      .partitions = {FIXTURE_REGION},
                                      .partition_count = 1};
    for (uint64_t i = 0; i < 2; i++) {
        uint64_t version = 0;
        options.first = i * options.rows;
        assert_ok(fixture_commit(&options, &version, &error), &error);
    }
    add_file(census, "_stoa/format");
    add_file(census, "_stoa/log/0000000000000001.stoa");
    add_file(census, "_stoa/log/0000000000000002.stoa");
    assert_ok(stoa_dataset_open(census->path, &dataset, &error), &error);
    for (size_t i = 0; i < stoa_dataset_get_info(dataset)->file_count; i++) {
        stoa_dataset_file_info info;
        assert_ok(stoa_dataset_file(dataset, i, &info, &error), &error);
        add_file(census, info.path);
    }
    stoa_dataset_close(dataset);
}

static bool is_noticed(const struct census *census)
{
    stoa_verify_report report;
    const stoa_status status = stoa_verify(census->path, 0, 1, NULL, NULL, &report, NULL);
    return status != STOA_OK && report.damages > 0;
}

static uint8_t *read_whole(const char *path, size_t *out_size)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    const off_t size = lseek(fd, 0, SEEK_END);
    uint8_t *bytes = malloc((size_t)size);
    assert_non_null(bytes);
    assert_int_equal(pread(fd, bytes, (size_t)size, 0), size);
    (void)close(fd);
    *out_size = (size_t)size;
    return bytes;
}

static void write_whole(const char *path, const uint8_t *bytes, size_t size)
{
    const int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, size, 0), (ssize_t)size);
    (void)close(fd);
}

/* Flips bits of one file; returns how many went unnoticed. */
static size_t flip_file(const struct census *census, const char *path, size_t *out_flips)
{
    size_t size = 0;
    size_t unnoticed = 0;
    uint8_t *bytes = read_whole(path, &size);
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (size_t i = 0; i < size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            if (!every_bit && (i % 4 != 0 || bit != i / 4 % 8))
                continue;
            const uint8_t changed = (uint8_t)(bytes[i] ^ (1u << bit));
            assert_int_equal(pwrite(fd, &changed, 1, (off_t)i), 1);
            ++*out_flips;
            if (!is_noticed(census)) {
                print_message("bit %u of byte %zu of %s goes unnoticed\n", bit, i, path);
                unnoticed++;
            }
        }
        assert_int_equal(pwrite(fd, &bytes[i], 1, (off_t)i), 1);
    }
    (void)close(fd);
    free(bytes);
    return unnoticed;
}

/* Each worker has a dataset of its own and takes every WORKERS-th file. */
static int flip_share(size_t worker)
{
    struct test_directory directory;
    struct census census;
    size_t unnoticed = 0;
    size_t flips = 0;
    test_directory_make(&directory);
    make_dataset(&directory, &census);
    if (is_noticed(&census))
        return 1; /* the whole dataset must be fine */
    /* The two manifests are most of the bytes: one for each. */
    for (size_t i = worker; i < census.count; i += WORKERS)
        unnoticed += flip_file(&census, census.files[i], &flips);
    print_message("worker %zu: %zu flips, %zu unnoticed\n", worker, flips, unnoticed);
    const bool fine = !is_noticed(&census);
    test_directory_remove(&directory);
    return unnoticed == 0 && fine && flips > 1000 ? 0 : 1;
}

static void test_every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    pid_t pids[WORKERS];
    (void)fflush(NULL);
    for (size_t i = 0; i < WORKERS; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            const int result = flip_share(i);
            (void)fflush(NULL);
            _exit(result);
        }
    }
    for (size_t i = 0; i < WORKERS; i++) {
        int exit_status = 0;
        assert_int_equal(waitpid(pids[i], &exit_status, 0), pids[i]);
        assert_int_equal(exit_status, 0);
    }
}

static void test_other_lengths_are_noticed(void **state)
{
    (void)state;
    struct test_directory directory;
    struct census census;
    test_directory_make(&directory);
    make_dataset(&directory, &census);
    for (size_t f = 0; f < census.count; f++) {
        size_t size = 0;
        uint8_t *bytes = read_whole(census.files[f], &size);
        uint8_t *longer = malloc(size + 8);
        assert_non_null(longer);
        memcpy(longer, bytes, size);
        memset(longer + size, 0, 8);
        for (size_t length = 0; length < size;
             length += length < 130 || size - length < 130 ? 1 : 61) {
            write_whole(census.files[f], bytes, length);
            assert_true(is_noticed(&census));
        }
        for (size_t length = size + 1; length <= size + 8; length += 7) {
            write_whole(census.files[f], longer, length);
            assert_true(is_noticed(&census));
        }
        write_whole(census.files[f], bytes, size);
        free(longer);
        free(bytes);
    }
    assert_false(is_noticed(&census));
    test_directory_remove(&directory);
}

static void test_swapped_and_missing_files_are_noticed(void **state)
{
    (void)state;
    struct test_directory directory;
    struct census census;
    char aside[400];
    test_directory_make(&directory);
    make_dataset(&directory, &census);
    (void)snprintf(aside, sizeof aside, "%s", test_path(&directory, "aside"));
    for (size_t a = 0; a < census.count; a++) {
        for (size_t b = a + 1; b < census.count; b++) {
            assert_int_equal(rename(census.files[a], aside), 0);
            /* The newest version alone cannot be missed by anybody: it is as if it had never
             * been committed. */
            if (a != 2)
                assert_true(a == 0 ? stoa_verify(census.path, 0, 1, NULL, NULL,
                                                 &(stoa_verify_report){0}, NULL) != STOA_OK
                                   : is_noticed(&census));
            assert_int_equal(rename(census.files[b], census.files[a]), 0);
            assert_int_equal(rename(aside, census.files[b]), 0);
            assert_true(is_noticed(&census));
            assert_int_equal(rename(census.files[a], aside), 0);
            assert_int_equal(rename(census.files[b], census.files[a]), 0);
            assert_int_equal(rename(aside, census.files[b]), 0);
        }
    }
    assert_false(is_noticed(&census));
    test_directory_remove(&directory);
}

int main(int argc, char **argv)
{
    every_bit = argc > 1 && strcmp(argv[1], "all") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_flipped_bit_is_noticed),
        cmocka_unit_test(test_other_lengths_are_noticed),
        cmocka_unit_test(test_swapped_and_missing_files_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
