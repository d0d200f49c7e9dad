/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers of the tests of expressions: building bound trees by hand, and tables of calls with
 * what they must give, in a small notation.
 *
 *   value  [#]TYPE LITERAL    int64 5, decimal(5,2) 1.25, text 'it''s', date 2020-02-29,
 *                             binary '\x00ff', float64 NULL; # makes it a constant always
 *          'text' or NULL     a literal without a type, as the binder hands it over
 *   call   NAME(VALUE, ...)   substr(text 'abc', int64 2), <=(int64 1, int64 2)
 *          cast(VALUE as TYPE), implicit(VALUE as TYPE)
 *
 * Every call is made twice: with columns as arguments and with constants, folded.
 */
#ifndef STOA_TESTS_EXPR_CASES_H
#define STOA_TESTS_EXPR_CASES_H

#include "tests/support/test_support.h"

#include "common/arena.h"
#include "query/expr.h"

struct expr_case {
    const char *call;
    /* a value with its type, or "!overflow", "!division", "!value", "!function", "!type",
     * "!limit" */
    const char *expected;
};

/* Prints every case that gives something else, then fails the test. */
void expr_cases_check(const struct expr_case *cases, size_t count);
#define check_cases(cases) expr_cases_check((cases), sizeof(cases) / sizeof(cases)[0])

/* ---- trees; all fail the test when they cannot be made ---- */

struct stoa_expr *expr_column(struct stoa_arena *arena, uint32_t column, const char *type);
/* A constant from the notation above. */
struct stoa_expr *expr_value(struct stoa_arena *arena, const char *value);
/* A call as the binder makes it. */
struct stoa_expr *expr_call(struct stoa_arena *arena, const char *name, uint32_t arg_count,
                            ...);
/* AND, OR, NOT, IS_NULL (bool) or CASE (the type of its first result). */
struct stoa_expr *expr_node(struct stoa_arena *arena, enum stoa_expr_kind kind,
                            uint32_t arg_count, ...);

/* A vector with all rows NULL-free and 0, and setting rows of it. */
void vector_make(struct stoa_vector *vector, const char *type, uint32_t length);
void vector_set_null(struct stoa_vector *vector, uint32_t row);
/* Sets a row from the notation of values. */
void vector_set(struct stoa_vector *vector, uint32_t row, const char *value);

/* Row `row` as "TYPE LITERAL"; lives until the next call but three. */
const char *vector_text(const struct stoa_vector *vector, stoa_type type, uint32_t row);

#endif
