/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every unit test shares: cmocka with the headers it wants, checks of a stoa_status, a
 * seeded random source, temporary directories, byte comparison, allocation-failure loops, real
 * data. Include this first in a test and cmocka never. All functions fail or skip the running
 * test through cmocka; none returns an error.
 */
#ifndef STOA_TESTS_TEST_SUPPORT_H
#define STOA_TESTS_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/error.h"

/* --- statuses ------------------------------------------------------------------------- */

/* The call must give STOA_OK; else its error is printed and the test fails. `error` may be
 * NULL. */
#define assert_ok(expression, error)                                                       \
    test_assert_status((expression), STOA_OK, (error), #expression, __FILE__, __LINE__)

/* The call must give exactly `code`, and the error (unless NULL) must say so in its status and
 * have a message. */
#define assert_fails(expression, code, error)                                              \
    test_assert_status((expression), (code), (error), #expression, __FILE__, __LINE__)

/* The message, place or hint contains `part`. */
#define assert_contains(text, part) test_assert_contains((text), (part), __FILE__, __LINE__)

void test_assert_status(stoa_status found, stoa_status expected, const stoa_error *error,
                        const char *expression, const char *file, int line);
void test_assert_contains(const char *text, const char *part, const char *file, int line);

/* --- bytes ---------------------------------------------------------------------------- */

/* `size` equal bytes; else the rows around the first difference are dumped in hex. */
#define assert_bytes(found, expected, size)                                                \
    test_assert_bytes((found), (expected), (size), __FILE__, __LINE__)

void test_assert_bytes(const void *found, const void *expected, size_t size,
                       const char *file, int line);

/* --- random numbers ------------------------------------------------------------------- */

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): small, and good enough to make inputs. */
struct test_random {
    uint64_t state;
};

/* Starts from `seed`, or from the environment variable STOA_TEST_SEED when that is a number;
 * prints the seed in use, so that a failure can be repeated. */
struct test_random test_random_start(uint64_t seed);
uint64_t test_random_next(struct test_random *random);
/* Uniform enough in [0, limit), limit > 0. */
uint64_t test_random_below(struct test_random *random, uint64_t limit);
void test_random_bytes(struct test_random *random, void *bytes, size_t size);

/* --- files ---------------------------------------------------------------------------- */

/* A new empty directory under $TMPDIR or /tmp. */
struct test_directory {
    char path[256];
    int fd; /* open on it, for the dirfd parameters of common/io.h */
};
void test_directory_make(struct test_directory *directory);
/* Closes and removes it with all it holds. */
void test_directory_remove(struct test_directory *directory);

/* "<directory>/<name>" in a buffer that lives until the next call but three. */
const char *test_path(const struct test_directory *directory, const char *name);
/* Makes or overwrites a file; folders in `name` must exist. */
void test_file_write(const struct test_directory *directory, const char *name,
                     const void *bytes, size_t size);
/* The whole file with a NUL behind it, by malloc; the caller frees it by free(). */
void *test_file_read(const struct test_directory *directory, const char *name,
                     size_t *out_size);
bool test_file_exists(const struct test_directory *directory, const char *name);
size_t
test_directory_entries(const struct test_directory *directory); /* with "." and ".." */

/* The path of real data, for example "stripe/x.csv", below $STOA_TEST_DATA, else below
 * ../shared/data beside the source root. Skips the test with one line when it is absent. The
 * buffer lives until the next call but three. */
const char *test_data_path(const char *relative);

/* The path of a file of this repository (golden files and the like), same life. */
const char *test_source_path(const char *relative);

/* --- allocation failures -------------------------------------------------------------- */

/*
 * Runs `body` again and again, with the 1st, 2nd, 3rd ... allocation failing, once each and
 * then for ever each, until it gets through without one. `body` cleans up after itself and
 * returns the status of the work. Checked after each run: the status is STOA_OK or
 * STOA_E_NO_MEMORY, a run without failure is STOA_OK, and no block is left allocated. Returns
 * the number of runs in which an allocation failed.
 */
typedef stoa_status (*test_body_fn)(void *context, stoa_error *err);
uint64_t test_allocation_failures(test_body_fn body, void *context);

#endif
