/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts in spellings that are a template around a value [CAST-1]: UUIDs, hashes, numbers with
 * constants around them, money, dates and times. For golden files and for the test that the
 * decoders agree.
 */
#ifndef STOA_TESTS_SPELLED_TEXT_H
#define STOA_TESTS_SPELLED_TEXT_H

#include "tests/tables/test_table.h"

enum { SPELLING_COUNT = 12 };

/* A table of one TEXT column in each spelling. Every third column has NULLs; in the others one row
 * in 90 holds another text. */
void spelled_table_make(struct test_table *table, struct test_random *random,
                        uint32_t rows);

#endif
