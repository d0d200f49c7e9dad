/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared helpers of the unit tests (test_support.h). They use libc directly and not the
 * library's own layers: a helper that went through common/alloc.h or common/io.h would be hit
 * by the very faults the tests inject.
 */
#include "tests/support/test_support.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"

#define PATH_SIZE    4096
#define PATH_BUFFERS 4
#define DUMP_ROW     16

void test_assert_status(stoa_status found, stoa_status expected, const stoa_error *error,
                        const char *expression, const char *file, int line)
{
    if (found != expected) {
        print_error("%s\nexpected status %d, found %d\n", expression, (int)expected,
                    (int)found);
        if (error != NULL && found != STOA_OK)
            print_error("message: %s\nplace: %s\nhint: %s\n", error->message, error->place,
                        error->hint);
        _fail(file, line);
    }
    if (expected == STOA_OK || error == NULL)
        return;
    if (error->status != expected || error->message[0] == '\0') {
        print_error("%s\nexpected an error object with status %d and a message, found %d, "
                    "\"%s\"\n",
                    expression, (int)expected, (int)error->status, error->message);
        _fail(file, line);
    }
}

void test_assert_contains(const char *text, const char *part, const char *file, int line)
{
    if (strstr(text, part) != NULL)
        return;
    print_error("expected a text with \"%s\", found \"%s\"\n", part, text);
    _fail(file, line);
}

static void dump_row(const char *label, const uint8_t *bytes, size_t first, size_t size)
{
    char text[DUMP_ROW * 3 + 1] = "";
    const size_t end = size - first < DUMP_ROW ? size : first + DUMP_ROW;
    for (size_t i = first; i < end; i++)
        (void)snprintf(text + (i - first) * 3, 4, " %02x", bytes[i]);
    print_error("%s %08zx:%s\n", label, first, text);
}

void test_assert_bytes(const void *found, const void *expected, size_t size,
                       const char *file, int line)
{
    const uint8_t *a = found;
    const uint8_t *b = expected;
    size_t at = 0;
    while (at < size && a[at] == b[at])
        at++;
    if (at == size)
        return;
    print_error("bytes differ first at offset %zu of %zu\n", at, size);
    const size_t row = at / DUMP_ROW * DUMP_ROW;
    for (size_t i = row >= DUMP_ROW ? row - DUMP_ROW : 0; i < size && i <= row + DUMP_ROW;
         i += DUMP_ROW) {
        dump_row("expected", b, i, size);
        dump_row("found   ", a, i, size);
    }
    _fail(file, line);
}

struct test_random test_random_start(uint64_t seed)
{
    const char *text = getenv("STOA_TEST_SEED");
    char *end = NULL;
    const uint64_t given = text != NULL ? strtoull(text, &end, 0) : 0;
    if (text != NULL && end != text && *end == '\0')
        seed = given;
    print_message("seed: STOA_TEST_SEED=%" PRIu64 "\n", seed);
    return (struct test_random){.state = seed};
}

uint64_t test_random_next(struct test_random *random)
{
    random->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t v = random->state;
    v = (v ^ (v >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    v = (v ^ (v >> 27)) * UINT64_C(0x94d049bb133111eb);
    return v ^ (v >> 31);
}

uint64_t test_random_below(struct test_random *random, uint64_t limit)
{
    return test_random_next(random) % limit;
}

void test_random_bytes(struct test_random *random, void *bytes, size_t size)
{
    uint8_t *out = bytes;
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)test_random_next(random);
}

void test_directory_make(struct test_directory *directory)
{
    const char *base = getenv("TMPDIR");
    const int length = snprintf(directory->path, sizeof directory->path,
                                "%s/stoa-test-XXXXXX", base != NULL ? base : "/tmp");
    if (length < 0 || (size_t)length >= sizeof directory->path ||
        mkdtemp(directory->path) == NULL)
        fail_msg("cannot make a directory in %s", base != NULL ? base : "/tmp");
    directory->fd = open(directory->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(directory->fd >= 0);
}

static int remove_entry(const char *path, const struct stat *facts, int kind,
                        struct FTW *place)
{
    STOA_UNUSED(facts);
    STOA_UNUSED(kind);
    STOA_UNUSED(place);
    return remove(path);
}

void test_directory_remove(struct test_directory *directory)
{
    (void)close(directory->fd);
    directory->fd = -1;
    if (nftw(directory->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fail_msg("cannot remove %s", directory->path);
}

static const char *path_join(const char *folder, const char *name)
{
    static char buffers[PATH_BUFFERS][PATH_SIZE];
    static unsigned next;
    char *out = buffers[next++ % PATH_BUFFERS];
    const int length = snprintf(out, PATH_SIZE, "%s/%s", folder, name);
    assert_true(length > 0 && length < PATH_SIZE);
    return out;
}

const char *test_path(const struct test_directory *directory, const char *name)
{
    return path_join(directory->path, name);
}

void test_file_write(const struct test_directory *directory, const char *name,
                     const void *bytes, size_t size)
{
    FILE *file = fopen(test_path(directory, name), "wb");
    assert_non_null(file);
    if (size != 0)
        assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void *test_file_read(const struct test_directory *directory, const char *name,
                     size_t *out_size)
{
    FILE *file = fopen(test_path(directory, name), "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    char *bytes = malloc((size_t)size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
    assert_int_equal(fclose(file), 0);
    bytes[size] = '\0';
    *out_size = (size_t)size;
    return bytes;
}

bool test_file_exists(const struct test_directory *directory, const char *name)
{
    struct stat facts;
    return lstat(test_path(directory, name), &facts) == 0;
}

size_t test_directory_entries(const struct test_directory *directory)
{
    size_t count = 0;
    DIR *entries = opendir(directory->path);
    assert_non_null(entries);
    while (readdir(entries))
        count++;
    (void)closedir(entries);
    return count;
}

const char *test_source_path(const char *relative)
{
    return path_join(STOA_SOURCE_ROOT, relative);
}

const char *test_data_path(const char *relative)
{
    const char *root = getenv("STOA_TEST_DATA");
    const char *path =
        path_join(root != NULL ? root : test_source_path("../shared/data"), relative);
    if (access(path, R_OK) != 0) {
        print_message("skipped: no test data at %s (set STOA_TEST_DATA)\n", path);
        skip();
    }
    return path;
}

/* One run with the k-th allocation failing; true if it was reached. */
static bool failing_run(test_body_fn body, void *context, uint64_t k, bool for_ever)
{
    const int64_t live = stoa_alloc_live();
    stoa_error error;
    stoa_error_clear(&error);
    stoa_alloc_fail_at(k, for_ever);
    const stoa_status status = body(context, &error);
    const bool reached = stoa_alloc_count() >= k;
    stoa_alloc_fail_at(0, false);

    const char *mode = for_ever ? "and all after it" : "alone";
    if (status != STOA_OK && (status != STOA_E_NO_MEMORY || !reached)) {
        print_error("message: %s\nplace: %s\n", error.message, error.place);
        fail_msg("allocation %" PRIu64 " %s failing: expected status 0 or %d, found %d", k,
                 mode, (int)STOA_E_NO_MEMORY, (int)status);
    }
    if (stoa_alloc_live() != live)
        fail_msg("allocation %" PRIu64 " %s failing: expected %" PRId64
                 " live blocks afterwards, found %" PRId64,
                 k, mode, live, stoa_alloc_live());
    return reached;
}

uint64_t test_allocation_failures(test_body_fn body, void *context)
{
    uint64_t runs = 0;
    for (int mode = 0; mode < 2; mode++) {
        for (uint64_t k = 1; failing_run(body, context, k, mode != 0); k++)
            runs++;
    }
    return runs;
}
