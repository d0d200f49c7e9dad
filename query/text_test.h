/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions on one text column that are no set of ranges (LIKE '%x%', ILIKE, ends_with,
 * and these under AND, OR and NOT) as a pure function of one value, so that a dictionary is
 * asked once per entry.
 */
#ifndef STOA_QUERY_TEXT_TEST_H
#define STOA_QUERY_TEXT_TEST_H

#include "format/predicate.h"
#include "query/expr.h"

/* *out_made is false when the condition is not of that form. The predicate's context lives in `arena` and
 * may be used by many threads. Never made for a condition that is true for NULL. */
STOA_MUST_USE stoa_status stoa_text_test_make(const struct stoa_expr *expr,
                                              struct stoa_arena *arena,
                                              struct stoa_predicate *out_predicate,
                                              bool *out_made, stoa_error *err);

/* The literal that every text must begin with to satisfy a LIKE that is no prefix ("ab%c":
 * "ab"); empty when there is none. Borrowed from the expression. */
struct stoa_view stoa_text_test_prefix(const struct stoa_expr *expr);

#endif
