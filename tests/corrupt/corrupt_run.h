/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs everything that reads a file over a damaged one - open, lookups, statistics of all
 * levels, loading and decoding of all blocks, deep verification - and looks for one error among
 * all that come.
 */
#ifndef STOA_TESTS_CORRUPT_RUN_H
#define STOA_TESTS_CORRUPT_RUN_H

#include "tests/support/test_support.h"

struct corrupt_hunt {
    stoa_status status;  /* what is looked for */
    const char *message; /* a part of its message; NULL: the file is sound */
    bool found;
    uint64_t errors;
    char last[1024]; /* the last error that was not it, for the failure message */
};

/* Fails the test when an error does not name the file, and when verify calls a file sound in
 * which something is to be found. */
void corrupt_run(const struct test_directory *directory, const uint8_t *bytes, size_t size,
                 struct corrupt_hunt *hunt);

#endif
