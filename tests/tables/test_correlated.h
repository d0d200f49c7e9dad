/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table whose columns say much of each other, for the tests of what is kept by reference
 * (spec/encodings/same.md).
 */
#ifndef STOA_TEST_CORRELATED_H
#define STOA_TEST_CORRELATED_H

#include "tests/tables/test_table.h"

/*
 *   day       a date                       received  1 to 30 days later
 *   item      one of 40 numbers            label     a text for each item
 *                                          price     a float for each item, a few others
 *   key       a text, hardly ever twice    copy      the same, a few others
 *
 * In those on the right `null_percent` of the rows are NULL; in those on the left, when
 * `has_null_bases`, 1 in 40.
 */
enum { TEST_CORRELATED_COLUMNS = 7 };
void test_table_correlated(struct test_table *table, struct test_random *random,
                           uint32_t rows, unsigned null_percent, bool has_null_bases);

#endif
