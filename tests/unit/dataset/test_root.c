/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dataset's directory: made, opened, refused. [DS-1..4]
 */
#include "tests/unit/dataset/dataset_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/fault_io.h"

#include "common/hash.h"

static stoa_error error;

static void make(const struct test_directory *directory, char path[300])
{
    struct stoa_root root;
    (void)snprintf(path, 300, "%s", test_path(directory, "ds"));
    assert_ok(stoa_root_create(path, &root, &error), &error);
    stoa_root_close(&root);
}

static void test_format_file_is_text_and_keeps_its_id(void **state)
{
    (void)state;
    struct test_directory directory;
    struct stoa_root root;
    char path[300];
    uint8_t id[STOA_ID_SIZE];
    test_directory_make(&directory);
    make(&directory, path);
    size_t size = 0;
    char *text = test_file_read(&directory, "ds/_stoa/format", &size);
    assert_int_equal(strncmp(text, "stoa dataset\nformat 0\nid ", 25), 0);
    assert_int_equal(size, 13 + 9 + 36 + 23);
    assert_ok(stoa_root_open(path, &root, &error), &error);
    memcpy(id, root.id, sizeof id);
    stoa_root_close(&root);
    /* [DS-3] whoever comes later keeps it */
    assert_ok(stoa_root_create(path, &root, &error), &error);
    assert_bytes(root.id, id, sizeof id);
    stoa_root_close(&root);
    free(text);
    test_directory_remove(&directory);
}

static void test_newer_format_is_told_from_damage(void **state)
{
    (void)state;
    struct test_directory directory;
    struct stoa_root root;
    char path[300];
    char text[200];
    test_directory_make(&directory);
    make(&directory, path);
    int length = snprintf(text, sizeof text, "stoa dataset\nformat 7\nid x\nmore\n");
    length += snprintf(text + length, sizeof text - (size_t)length, "check %016llx\n",
                       (unsigned long long)stoa_hash64(text, (size_t)length, 0));
    test_file_write(&directory, "ds/_stoa/format", text, (size_t)length);
    assert_fails(stoa_root_open(path, &root, &error), STOA_E_NEWER, &error);
    text[20] ^= 1;
    test_file_write(&directory, "ds/_stoa/format", text, (size_t)length);
    assert_fails(stoa_root_open(path, &root, &error), STOA_E_CORRUPT, &error);
    test_file_write(&directory, "ds/_stoa/format", "", 0);
    assert_fails(stoa_root_open(path, &root, &error), STOA_E_CORRUPT, &error);
    test_directory_remove(&directory);
}

static void test_probe_tells_what_a_path_holds(void **state)
{
    (void)state;
    struct test_directory directory;
    enum stoa_root_state found = STOA_ROOT_PRESENT;
    char path[300];
    test_directory_make(&directory);
    (void)snprintf(path, sizeof path, "%s", test_path(&directory, "ds"));
    assert_ok(stoa_root_probe(path, &found, &error), &error);
    assert_int_equal(found, STOA_ROOT_ABSENT);
    assert_int_equal(mkdir(path, 0777), 0);
    assert_ok(stoa_root_probe(path, &found, &error), &error);
    assert_int_equal(found, STOA_ROOT_ABSENT);
    assert_int_equal(mkdir(test_path(&directory, "ds/_stoa"), 0777), 0);
    assert_ok(stoa_root_probe(path, &found, &error), &error);
    assert_int_equal(found, STOA_ROOT_STARTED);
    assert_int_equal(mkdir(test_path(&directory, "ds/_stoa/log"), 0777), 0);
    assert_ok(stoa_root_probe(path, &found, &error), &error);
    assert_int_equal(found, STOA_ROOT_STARTED);
    test_file_write(&directory, "ds/_stoa/log/0000000000000001.stoa", "x", 1);
    assert_fails(stoa_root_probe(path, &found, &error), STOA_E_CORRUPT, &error);
    assert_int_equal(unlink(test_path(&directory, "ds/_stoa/log/0000000000000001.stoa")),
                     0);
    make(&directory, path);
    assert_ok(stoa_root_probe(path, &found, &error), &error);
    assert_int_equal(found, STOA_ROOT_PRESENT);
    test_directory_remove(&directory);
}

/* _stoa, the dataset, its parent; then what others made, on whatever file system. */
static void test_only_what_a_writer_made_must_sync(void **state)
{
    (void)state;
    static const int unable[] = {EINVAL, EROFS};
    struct test_directory directory;
    struct stoa_root root;
    char path[300];
    test_directory_make(&directory);
    make(&directory, path);
    assert_ok(stoa_root_open(path, &root, &error), &error);
    for (size_t i = 0; i < sizeof unable / sizeof unable[0]; i++) {
        const struct fault_kind kind = {"fsync", FAULT_EFFECT_ERRNO, unable[i],
                                        FAULT_FSYNC};
        for (uint64_t at = 1; at <= 4; at++) {
            fault_io_start(&kind, at, true, NULL, NULL);
            const stoa_status status = stoa_root_sync(&root, path, &error);
            fault_io_stop();
            assert_int_equal(status, at <= 3 ? STOA_E_IO : STOA_OK);
        }
    }
    const struct fault_kind broken = {"fsync", FAULT_EFFECT_ERRNO, EIO, FAULT_FSYNC};
    fault_io_start(&broken, 4, true, NULL, NULL);
    const stoa_status status = stoa_root_sync(&root, path, &error);
    fault_io_stop();
    assert_fails(status, STOA_E_IO, &error);
    stoa_root_close(&root);
    test_directory_remove(&directory);
}

static void test_links_below_the_dataset_are_refused(void **state)
{
    (void)state;
    struct test_directory directory;
    struct stoa_root root;
    struct stoa_file file;
    char path[300];
    char target[300];
    test_directory_make(&directory);
    make(&directory, path);
    test_file_write(&directory, "secret", "s", 1);
    (void)snprintf(target, sizeof target, "%s", test_path(&directory, "secret"));
    assert_int_equal(symlink(target, test_path(&directory, "ds/a.stoa")), 0);
    assert_int_equal(symlink(directory.path, test_path(&directory, "ds/k=v")), 0);
    assert_ok(stoa_root_open(path, &root, &error), &error);
    assert_true(stoa_path_open(&root.directory, "a.stoa", STOA_OPEN_READ, &file, &error) !=
                STOA_OK);
    assert_true(stoa_path_open(&root.directory, "k=v/secret", STOA_OPEN_READ, &file,
                               &error) != STOA_OK);
    assert_true(stoa_path_make_directories(&root.directory, "k=v/x", &error) != STOA_OK);
    stoa_root_close(&root);
    /* The root itself may be a link: the user said so. */
    assert_int_equal(symlink(path, test_path(&directory, "alias")), 0);
    assert_ok(stoa_root_open(test_path(&directory, "alias"), &root, &error), &error);
    stoa_root_close(&root);
    test_directory_remove(&directory);
}

static void test_parent_is_the_nearest_that_exists(void **state)
{
    (void)state;
    struct test_directory directory;
    struct stoa_file parent;
    struct stat a;
    struct stat b;
    test_directory_make(&directory);
    assert_int_equal(stat(directory.path, &a), 0);
    static const char *const names[] = {"x", "x/", "x/y//z"};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(stoa_root_open_parent(test_path(&directory, names[i]), &parent, &error),
                  &error);
        assert_int_equal(fstat(parent.fd, &b), 0);
        assert_int_equal(a.st_ino, b.st_ino);
        stoa_io_discard(&parent);
    }
    assert_ok(stoa_root_open_parent("relative", &parent, &error), &error);
    stoa_io_discard(&parent);
    assert_ok(stoa_root_open_parent("/", &parent, &error), &error);
    stoa_io_discard(&parent);
    test_directory_remove(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format_file_is_text_and_keeps_its_id),
        cmocka_unit_test(test_newer_format_is_told_from_damage),
        cmocka_unit_test(test_probe_tells_what_a_path_holds),
        cmocka_unit_test(test_only_what_a_writer_made_must_sync),
        cmocka_unit_test(test_links_below_the_dataset_are_refused),
        cmocka_unit_test(test_parent_is_the_nearest_that_exists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
