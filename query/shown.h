/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions as people wrote them, as far as that can be told: for EXPLAIN.
 */
#ifndef STOA_QUERY_SHOWN_H
#define STOA_QUERY_SHOWN_H

#include "common/arena.h"
#include "query/expr.h"

/* As stoa_expr_text, without the casts that the binder added and without brackets around it
 * all; the text lives in `arena`. */
STOA_MUST_USE stoa_status stoa_expr_shown(struct stoa_expr *expr, const char *const *names,
                                          struct stoa_arena *arena, const char **out_text,
                                          stoa_error *err);

#endif
