/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random values and columns of every physical kind for property tests: narrow domains, so that
 * values repeat and predicates hit, mixed with the values that bugs live at (ends of ranges,
 * NaN, both zeros, texts around 8 and 64 bytes, non-UTF-8).
 */
#ifndef STOA_TESTS_RANDOM_COLUMN_H
#define STOA_TESTS_RANDOM_COLUMN_H

#include "tests/support/test_support.h"

#include "format/vector.h"

/* All kinds, for loops: STOA_PHYS_BOOL .. STOA_PHYS_FIXED16. */
#define EACH_PHYS(phys) (int phys = STOA_PHYS_BOOL; phys < STOA_PHYS_COUNT; phys++)

/* A non-NULL value. Texts lie in static memory and stay valid. */
struct stoa_value random_value(struct test_random *random, enum stoa_phys phys);

/* `rows` rows of which `null_percent` of a hundred are NULL; the rest are drawn from at most
 * `distinct` values. Behind NULLs lies garbage. Free with stoa_column_builder_done. */
void random_column(struct test_random *random, enum stoa_phys phys, uint32_t rows,
                   unsigned null_percent, unsigned distinct,
                   struct stoa_column_builder *out_builder);

/* The first at most 1,024 rows of the column as a decoded vector (texts borrowed). */
void vector_from_column(const struct stoa_column *column, struct stoa_vector *out_vector);

#endif
