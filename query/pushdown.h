/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WHERE taken apart into conjuncts, each with the predicate that statistics, dictionaries and encoded
 * data can answer, or the reason why there is none.
 */
#ifndef STOA_QUERY_PUSHDOWN_H
#define STOA_QUERY_PUSHDOWN_H

#include "query/plan.h"

/* Fills plan->conjuncts and plan->never_matches from `where` (NULL: none), whose columns are scan
 * columns; `names` are theirs. Everything made lives in the plan's arena. */
STOA_MUST_USE stoa_status stoa_pushdown(struct stoa_plan *plan, struct stoa_expr *where,
                                        const char *const *names, stoa_error *err);

#endif
