/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalar functions, operators and casts: one row in a table each (function_table.c lists the
 * tables of function_*.c). The binder resolves a call by name and argument types; the evaluator
 * calls `eval` on vectors. Adding a function is one row and one test.
 *
 * PostgreSQL 15 decides names, types and results, except where DESIGN section 5 says otherwise:
 * integer sums are decimal(38), avg is float64, decimal with float gives float64, text never converts
 * implicitly, overflow is an error, text compares bytewise.
 */
#ifndef STOA_QUERY_FUNCTION_H
#define STOA_QUERY_FUNCTION_H

#include "query/expr.h"

enum {
    /* sees NULL arguments; without it any NULL argument gives NULL uncalled */
    STOA_FUNCTION_NOT_STRICT = 1,
    /* evaluates its arguments itself (COALESCE); eval is not called */
    STOA_FUNCTION_LAZY = 2,
    /* may give NULL for arguments that are not NULL (NULLIF) */
    STOA_FUNCTION_NULLABLE = 4,
    /* arguments are cast to its types as by CAST: || and concat print them */
    STOA_FUNCTION_PRINTS = 8
};

/* One call for one vector. For strict functions rows with a NULL argument are already out of
 * `active`, and validity of `out` is already their AND; others set out->validity themselves. */
struct stoa_call {
    const struct stoa_expr *expr;          /* the CALL node: types, state, offset */
    const struct stoa_vector *const *args; /* decoded arguments, `rows` long */
    uint32_t rows;
    const uint64_t *active;   /* rows to compute; never NULL here */
    struct stoa_vector *out;  /* values of expr->type's kind, length set */
    struct stoa_arena *texts; /* for made texts: lives until the next evaluation */
    void *own;                /* what function->open made for this evaluator */
};

struct stoa_function {
    const char *name; /* lower case; operators by their sign: "+", "||", "=", "~~" */
    const char *help; /* "substr(text, start [, count]) -> text" */
    uint32_t flags;
    /* Whether these argument types will do (untyped arguments have is_untyped set), and then
     * the result type and the types that the arguments are to be cast to. No error object: the
     * binder lists the candidates. */
    bool (*resolve)(const struct stoa_function *function, struct stoa_expr *const *args,
                    uint32_t arg_count, stoa_type *out_type, stoa_type *out_arg_types);
    /* Optional: compiles constant arguments (patterns) into expr->state. */
    stoa_status (*prepare)(struct stoa_expr *expr, struct stoa_arena *arena,
                           stoa_error *err);
    stoa_status (*eval)(struct stoa_call *call, stoa_error *err);
    /* Optional, both or none: what one evaluator, so one thread, needs for this call and may write to
     * (compiled regular expressions); closed with the evaluator. NULL is not closed. */
    stoa_status (*open)(const struct stoa_expr *expr, void **out_own, stoa_error *err);
    void (*close)(void *own);
    const void *data; /* the row's own constant: an operation, a unit */
};

/* Row `i` over all tables, or NULL past the end: `stoa help functions`, tests, did-you-mean. */
const struct stoa_function *stoa_function_at(size_t i);

/*
 * Builds the typed call: finds the first row of that name that resolves, wraps arguments in casts where
 * needed, types untyped literals (STOA_E_BAD_VALUE when a literal does not parse), prepares. STOA_E_FUNCTION for an
 * unknown name (with a did-you-mean hint) or argument types that no row takes (listing the ones
 * that exist). err->offset is `sql_offset`.
 */
STOA_MUST_USE stoa_status stoa_function_bind(const char *name, struct stoa_expr **args,
                                             uint32_t arg_count, uint32_t sql_offset,
                                             struct stoa_arena *arena,
                                             struct stoa_expr **out_expr, stoa_error *err);

/* `expr` cast to `type`: unchanged if it has it, a typed literal if it is untyped, else a
 * cast call. `is_explicit`: CAST and :: (text to number and the like are allowed); implicit
 * casts are widening ones only (ints upwards, int to decimal, int or decimal to float64,
 * date to timestamp). STOA_E_TYPE when there is no such cast. */
STOA_MUST_USE stoa_status stoa_cast_bind(struct stoa_expr *expr, stoa_type type,
                                         bool is_explicit, struct stoa_arena *arena,
                                         struct stoa_expr **out_expr, stoa_error *err);

/* Comparisons have arguments of one type, but for two exact numbers that no decimal(38) can
 * unite: those keep their types. */

/* The type that values of both can be compared and united in (CASE, COALESCE, IN, =), or false. */
bool stoa_type_common(const struct stoa_expr *a, const struct stoa_expr *b,
                      stoa_type *out_type);

#endif
