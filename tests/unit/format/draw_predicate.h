/* SPDX-License-Identifier: Apache-2.0 */
/* Random predicates for the tests of format/predicate.c and format/prune.c. */
#ifndef STOA_TESTS_DRAW_PREDICATE_H
#define STOA_TESTS_DRAW_PREDICATE_H

#include "tests/unit/format/random_column.h"

#include "format/predicate.h"

enum { PREDICATE_SET_MAX = 24 };

struct drawn_predicate {
    struct stoa_predicate predicate;
    struct stoa_value set[PREDICATE_SET_MAX]; /* what predicate.set points to */
};

/* A predicate of any kind for the physical kind; half of its constants come from the column, so
 * that it often lies on a bound. */
void draw_predicate(struct test_random *random, const struct stoa_column *column,
                    struct drawn_predicate *out);

/* Whether row `row` matches, by the words of predicate.h and the query order alone. */
bool predicate_means(const struct stoa_predicate *predicate,
                     const struct stoa_column *column, uint32_t row);

#endif
