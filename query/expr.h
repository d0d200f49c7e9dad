/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bound, typed expressions and their vectorised evaluation. Made by the binder (bind*.c), folded and
 * pushed down by the planner, evaluated by operators over vectors of at most 1,024 rows.
 *
 * Trees are immutable once bound, live in the plan's arena and are shared by all threads; what
 * evaluation needs to write lives in a `stoa_evaluator`, one per thread. Three-valued logic: NULL
 * is "unknown"; AND, OR, NOT, IN and CASE follow SQL. An error (overflow, division by zero, bad
 * cast) is raised only for rows that are really evaluated: CASE branches and the right sides
 * of AND/OR/COALESCE see only the rows that reach them.
 */
#ifndef STOA_QUERY_EXPR_H
#define STOA_QUERY_EXPR_H

#include "common/arena.h"
#include "common/buf.h"
#include "format/value.h"
#include "format/vector.h"
#include "stoa/schema.h"

struct stoa_function;

enum stoa_expr_kind {
    STOA_EXPR_COLUMN,   /* column of the operator's input */
    STOA_EXPR_CONSTANT, /* constant, perhaps NULL */
    STOA_EXPR_CALL,     /* function over args; operators and casts are functions too */
    STOA_EXPR_AND,      /* two or more args, all bool */
    STOA_EXPR_OR,
    STOA_EXPR_NOT,
    STOA_EXPR_IS_NULL, /* one arg of any type; never NULL itself */
    STOA_EXPR_IN,      /* args[0] against `set`; all of one type */
    STOA_EXPR_CASE /* args: condition, result, condition, result, ..., [else]; odd count: has else */
};

struct stoa_expr {
    enum stoa_expr_kind kind;
    stoa_type type;
    bool is_untyped;     /* a string literal or NULL whose type the context still decides */
    bool negated;        /* IS_NULL: IS NOT NULL; IN: NOT IN */
    uint32_t sql_offset; /* byte in the statement, for error carets; UINT32_MAX: none */
    uint32_t column;     /* COLUMN: index in the input */
    struct stoa_value constant;
    const struct stoa_function *function; /* CALL */
    void *state;                          /* CALL: what function->prepare made, immutable */
    struct stoa_expr **args;
    uint32_t arg_count;
    /* IN: non-NULL constants of args[0]'s type, ascending in query order, distinct */
    struct stoa_value *set;
    uint32_t set_count;
    bool set_has_null;
};

/* Input of an evaluation: `length` <= 1,024 rows; columns by index (NULL where not loaded). */
struct stoa_rows {
    uint32_t length;
    const struct stoa_vector *const *columns;
};

/* Scratch of one thread for one expression: a vector per node and an arena for made texts. */
struct stoa_evaluator;

STOA_MUST_USE stoa_status stoa_evaluator_create(const struct stoa_expr *expr,
                                                struct stoa_evaluator **out_evaluator,
                                                stoa_error *err);
void stoa_evaluator_free(struct stoa_evaluator *evaluator); /* NULL allowed */

/*
 * Evaluates for the rows whose bit is set in `active` (NULL: all `rows->length`); other rows of the
 * result are unspecified but initialised. *out_vector is borrowed until the next call on this evaluator; it may
 * be one of the input columns. Texts made here live as long. Errors carry the sql_offset of the
 * failing node in err->offset.
 */
STOA_MUST_USE stoa_status stoa_evaluate(struct stoa_evaluator *evaluator,
                                        const struct stoa_rows *rows,
                                        const uint64_t *active,
                                        const struct stoa_vector **out_vector,
                                        stoa_error *err);

/* A bool expression as a selection: bits of `active` rows (NULL: all) for which it is true (not
 * NULL, not false). */
STOA_MUST_USE stoa_status stoa_evaluate_filter(struct stoa_evaluator *evaluator,
                                               const struct stoa_rows *rows,
                                               const uint64_t *active,
                                               uint64_t out_bits[STOA_VECTOR_WORDS],
                                               stoa_error *err);

/* Folds a tree without columns into a constant; texts go to `arena`. */
STOA_MUST_USE stoa_status stoa_expr_fold(struct stoa_expr *expr, struct stoa_arena *arena,
                                         stoa_error *err);

/* The expression as SQL, for EXPLAIN and default column names; `names` are the input's. */
STOA_MUST_USE stoa_status stoa_expr_text(const struct stoa_expr *expr,
                                         const char *const *names, struct stoa_buf *out,
                                         stoa_error *err);

#endif
