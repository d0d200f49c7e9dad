/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of the golden files, made from fixed seeds. write_golden.c writes them,
 * test_golden.c checks that today's writer gives the same bytes and today's reader the same
 * rows. A change of the format or of an encoding's choice changes the files: then write them
 * anew, and say so in the commit.
 */
#ifndef STOA_TESTS_GOLDEN_TABLES_H
#define STOA_TESTS_GOLDEN_TABLES_H

#include "tests/tables/test_table.h"

struct golden_file {
    const char *name; /* without ".stoa" */
    enum stoa_profile profile;
    void (*make)(struct test_table *table, struct test_random *random);
};

/* Golden file `i`, NULL past the last one. */
const struct golden_file *golden_file_at(size_t i);
/* Whether it is written with sketches though it is small. */
bool golden_keeps_sketches(const struct golden_file *file);
/* The columns it has filters of: 64 of them, NULL for none. */
const bool *golden_filters(const struct golden_file *file);
/* Makes its table; the seed is the file's own and no environment changes it. */
void golden_table_make(const struct golden_file *file, struct test_table *table);

#endif
