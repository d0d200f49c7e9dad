/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of query/eval.c: three-valued logic of random trees against a row-at-a-time interpreter, rows
 * that guards keep away from errors, selections, IN, limits, failing allocations.
 */
#include "tests/unit/query/expr_cases.h"

#include <string.h>

#include "common/alloc.h"
#include "query/function.h"

/* ---- three-valued logic ---- */

enum truth { FALSE, TRUE, UNKNOWN };

static enum truth negate(enum truth a)
{
    return a == UNKNOWN ? UNKNOWN : a == TRUE ? FALSE : TRUE;
}

static enum truth column_truth(const struct stoa_vector *vector, uint32_t row)
{
    if (vector->has_nulls && !stoa_bit_get(vector->validity, row))
        return UNKNOWN;
    return stoa_bit_get(vector->values.bits, row) ? TRUE : FALSE;
}

/* SQL's definition of every node, one row at a time; all columns are bool. */
static enum truth interpret(const struct stoa_expr *expr,
                            const struct stoa_vector *const *columns, uint32_t row);

static enum truth interpret_connective(const struct stoa_expr *expr,
                                       const struct stoa_vector *const *columns,
                                       uint32_t row)
{
    const enum truth dominant = expr->kind == STOA_EXPR_AND ? FALSE : TRUE;
    enum truth result = negate(dominant);
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        const enum truth arg = interpret(expr->args[i], columns, row);
        if (arg == dominant)
            return dominant;
        if (arg == UNKNOWN)
            result = UNKNOWN;
    }
    return result;
}

static enum truth interpret_case(const struct stoa_expr *expr,
                                 const struct stoa_vector *const *columns, uint32_t row)
{
    for (uint32_t i = 0; i + 1 < expr->arg_count; i += 2) {
        if (interpret(expr->args[i], columns, row) == TRUE)
            return interpret(expr->args[i + 1], columns, row);
    }
    return expr->arg_count % 2 ? interpret(expr->args[expr->arg_count - 1], columns, row)
                               : UNKNOWN;
}

static enum truth interpret_in(const struct stoa_expr *expr, enum truth arg)
{
    bool found = false;
    for (uint32_t i = 0; i < expr->set_count; i++)
        found |= arg != UNKNOWN && expr->set[i].boolean == (arg == TRUE);
    if (found)
        return expr->negated ? FALSE : TRUE;
    if (arg == UNKNOWN || expr->set_has_null)
        return UNKNOWN;
    return expr->negated ? TRUE : FALSE;
}

/* COALESCE, and the comparisons = and IS DISTINCT FROM. */
static enum truth interpret_call(const struct stoa_expr *expr,
                                 const struct stoa_vector *const *columns, uint32_t row)
{
    const enum truth a = interpret(expr->args[0], columns, row);
    const enum truth b = interpret(expr->args[1], columns, row);
    if (strcmp(expr->function->name, "coalesce") == 0)
        return a == UNKNOWN ? b : a;
    if (strcmp(expr->function->name, "=") == 0)
        return a == UNKNOWN || b == UNKNOWN ? UNKNOWN : a == b ? TRUE : FALSE;
    return a != b ? TRUE : FALSE;
}

static enum truth interpret(const struct stoa_expr *expr,
                            const struct stoa_vector *const *columns, uint32_t row)
{
    enum truth arg;
    switch (expr->kind) {
    case STOA_EXPR_COLUMN: return column_truth(columns[expr->column], row);
    case STOA_EXPR_CONSTANT:
        return expr->constant.is_null ? UNKNOWN : expr->constant.boolean ? TRUE : FALSE;
    case STOA_EXPR_CALL: return interpret_call(expr, columns, row);
    case STOA_EXPR_AND:
    case STOA_EXPR_OR: return interpret_connective(expr, columns, row);
    case STOA_EXPR_NOT: return negate(interpret(expr->args[0], columns, row));
    case STOA_EXPR_IS_NULL:
        arg = interpret(expr->args[0], columns, row);
        return (arg == UNKNOWN) != expr->negated ? TRUE : FALSE;
    case STOA_EXPR_IN: return interpret_in(expr, interpret(expr->args[0], columns, row));
    case STOA_EXPR_CASE: return interpret_case(expr, columns, row);
    }
    return UNKNOWN;
}

enum { COLUMN_COUNT = 4 };

static struct stoa_expr *random_tree(struct stoa_arena *arena, struct test_random *random,
                                     unsigned depth);

static struct stoa_expr *random_in(struct stoa_arena *arena, struct test_random *random,
                                   struct stoa_expr *arg)
{
    struct stoa_expr *in = expr_node(arena, STOA_EXPR_IN, 1, arg);
    in->set = stoa_arena_alloc_zeroed(arena, 2, sizeof *in->set);
    in->negated = test_random_below(random, 2);
    in->set_has_null = test_random_below(random, 2);
    for (int member = 0; member < 2; member++) {
        if (test_random_below(random, 2))
            in->set[in->set_count++].boolean = member;
    }
    return in;
}

static struct stoa_expr *random_leaf(struct stoa_arena *arena, struct test_random *random)
{
    static const char *const values[] = {"bool true", "bool false", "bool NULL"};
    const uint64_t pick = test_random_below(random, COLUMN_COUNT + 1);
    if (pick < COLUMN_COUNT)
        return expr_column(arena, (uint32_t)pick, "bool");
    return expr_value(arena, values[test_random_below(random, 3)]);
}

static struct stoa_expr *random_tree(struct stoa_arena *arena, struct test_random *random,
                                     unsigned depth)
{
    static const char *const calls[] = {"coalesce", "=", "is distinct from"};
    if (depth == 0)
        return random_leaf(arena, random);
    struct stoa_expr *args[5];
    for (int i = 0; i < 5; i++)
        args[i] = random_tree(arena, random, (unsigned)test_random_below(random, depth));
    struct stoa_expr *expr = NULL;
    switch (test_random_below(random, 8)) {
    case 0: return expr_node(arena, STOA_EXPR_NOT, 1, args[0]);
    case 1:
        expr = expr_node(arena, STOA_EXPR_IS_NULL, 1, args[0]);
        expr->negated = test_random_below(random, 2);
        return expr;
    case 2: return random_in(arena, random, args[0]);
    case 3:
        return expr_node(arena, STOA_EXPR_CASE, 2 + (uint32_t)test_random_below(random, 4),
                         args[0], args[1], args[2], args[3], args[4]);
    case 4:
        return expr_call(arena, calls[test_random_below(random, 3)], 2, args[0], args[1]);
    case 5:
    case 6:
        return expr_node(arena, STOA_EXPR_AND, 2 + (uint32_t)test_random_below(random, 3),
                         args[0], args[1], args[2], args[3]);
    default: break;
    }
    return expr_node(arena, STOA_EXPR_OR, 2 + (uint32_t)test_random_below(random, 3),
                     args[0], args[1], args[2], args[3]);
}

static void fill_columns(struct stoa_vector *vectors, const struct stoa_vector **columns,
                         uint32_t length, struct test_random *random)
{
    for (uint32_t c = 0; c < COLUMN_COUNT; c++) {
        vector_make(&vectors[c], "bool", length);
        for (size_t w = 0; w < STOA_VECTOR_WORDS; w++) {
            vectors[c].values.bits[w] = test_random_next(random);
            if (c > 0) /* the first has no NULLs */
                vectors[c].validity[w] =
                    test_random_next(random) | test_random_next(random);
        }
        vectors[c].has_nulls = c > 0;
        columns[c] = &vectors[c];
    }
}

static void check_tree(const struct stoa_expr *expr, const struct stoa_rows *rows,
                       const uint64_t *active)
{
    struct stoa_evaluator *evaluator = NULL;
    const struct stoa_vector *out = NULL;
    uint64_t selected[STOA_VECTOR_WORDS];
    stoa_error err;
    assert_ok(stoa_evaluator_create(expr, &evaluator, &err), &err);
    assert_ok(stoa_evaluate_filter(evaluator, rows, active, selected, &err), &err);
    assert_ok(stoa_evaluate(evaluator, rows, active, &out, &err), &err);
    assert_int_equal(out->length, rows->length);
    for (size_t w = 0; !out->has_nulls && w < STOA_VECTOR_WORDS; w++)
        assert_true(expr->kind == STOA_EXPR_COLUMN || out->validity[w] == UINT64_MAX);
    for (uint32_t row = 0; row < STOA_VECTOR_ROWS; row++) {
        const bool is_asked = row < rows->length && (!active || stoa_bit_get(active, row));
        if (!is_asked) {
            assert_false(stoa_bit_get(selected, row));
            continue;
        }
        const enum truth expected = interpret(expr, rows->columns, row);
        assert_int_equal(column_truth(out, row), expected);
        assert_int_equal(stoa_bit_get(selected, row), expected == TRUE);
    }
    stoa_evaluator_free(evaluator);
}

static void test_random_trees_follow_three_valued_logic(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t lengths[] = {1, 63, 64, 65, 200, 1023, 1024};
    struct test_random random = test_random_start(601);
    for (int round = 0; round < 400; round++) {
        struct stoa_arena arena;
        struct stoa_vector vectors[COLUMN_COUNT];
        const struct stoa_vector *columns[COLUMN_COUNT];
        uint64_t active[STOA_VECTOR_WORDS];
        const struct stoa_rows rows = {.length = lengths[round % 7], .columns = columns};
        stoa_arena_init(&arena, (size_t)16 << 20);
        fill_columns(vectors, columns, rows.length, &random);
        for (size_t w = 0; w < STOA_VECTOR_WORDS; w++)
            active[w] = test_random_next(&random);
        struct stoa_expr *expr =
            random_tree(&arena, &random, 1 + (unsigned)test_random_below(&random, 4));
        check_tree(expr, &rows, NULL);
        check_tree(expr, &rows, active);
        for (uint32_t c = 0; c < COLUMN_COUNT; c++)
            stoa_vector_done(&vectors[c]);
        stoa_arena_done(&arena);
    }
}

/* ---- guards ---- */

/* Column 0: int64 with zeros and NULLs; the tree is evaluated for all rows. */
struct guard {
    struct stoa_arena arena;
    struct stoa_vector numbers;
    const struct stoa_vector *columns[1];
    const struct stoa_vector *out;
    struct stoa_evaluator *evaluator;
    stoa_error err;
};

static void guard_open(struct guard *guard)
{
    stoa_arena_init(&guard->arena, 1 << 20);
    vector_make(&guard->numbers, "int64", STOA_VECTOR_ROWS);
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        guard->numbers.values.i64[i] = i % 3;
        if (i % 7 == 0)
            vector_set_null(&guard->numbers, i);
    }
    guard->columns[0] = &guard->numbers;
    guard->evaluator = NULL;
}

static stoa_status guard_run(struct guard *guard, const struct stoa_expr *expr)
{
    const struct stoa_rows rows = {.length = STOA_VECTOR_ROWS, .columns = guard->columns};
    stoa_evaluator_free(guard->evaluator);
    assert_ok(stoa_evaluator_create(expr, &guard->evaluator, &guard->err), &guard->err);
    return stoa_evaluate(guard->evaluator, &rows, NULL, &guard->out, &guard->err);
}

static void guard_close(struct guard *guard)
{
    stoa_evaluator_free(guard->evaluator);
    stoa_vector_done(&guard->numbers);
    stoa_arena_done(&guard->arena);
}

static struct stoa_expr *x(struct guard *guard)
{
    return expr_column(&guard->arena, 0, "int64");
}

static struct stoa_expr *compare(struct guard *guard, const char *name, const char *value)
{
    return expr_call(&guard->arena, name, 2, x(guard), expr_value(&guard->arena, value));
}

/* 12 / x */
static struct stoa_expr *quotient(struct guard *guard)
{
    return expr_call(&guard->arena, "/", 2, expr_value(&guard->arena, "int64 12"),
                     x(guard));
}

/* 12 / x = 6 */
static struct stoa_expr *quotient_is_6(struct guard *guard)
{
    return expr_call(&guard->arena, "=", 2, quotient(guard),
                     expr_value(&guard->arena, "int64 6"));
}

static void test_case_evaluates_a_branch_only_where_it_is_taken(void **state)
{
    STOA_UNUSED(state);
    struct guard guard;
    guard_open(&guard);
    assert_fails(guard_run(&guard, quotient(&guard)), STOA_E_DIVISION_BY_ZERO, &guard.err);
    assert_ok(guard_run(&guard,
                        expr_node(&guard.arena, STOA_EXPR_CASE, 3,
                                  compare(&guard, "=", "int64 0"),
                                  expr_value(&guard.arena, "int64 -1"), quotient(&guard))),
              &guard.err);
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        const bool is_null = guard.out->has_nulls && !stoa_bit_get(guard.out->validity, i);
        assert_int_equal(is_null, i % 7 == 0);
        if (!is_null)
            assert_int_equal(guard.out->values.i64[i], i % 3 == 0 ? -1 : 12 / (int)(i % 3));
    }
    /* Later conditions see only the rows that earlier ones left. */
    assert_ok(guard_run(&guard, expr_node(&guard.arena, STOA_EXPR_CASE, 4,
                                          compare(&guard, "=", "int64 0"),
                                          expr_value(&guard.arena, "int64 -1"),
                                          quotient_is_6(&guard),
                                          expr_value(&guard.arena, "int64 2"))),
              &guard.err);
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        const bool is_null = guard.out->has_nulls && !stoa_bit_get(guard.out->validity, i);
        assert_int_equal(is_null, i % 7 == 0 || i % 3 == 1);
        if (!is_null)
            assert_int_equal(guard.out->values.i64[i], i % 3 == 0 ? -1 : 2);
    }
    guard_close(&guard);
}

static void test_connectives_guard_what_stands_to_their_right(void **state)
{
    STOA_UNUSED(state);
    struct guard guard;
    guard_open(&guard);
    assert_ok(guard_run(&guard,
                        expr_node(&guard.arena, STOA_EXPR_AND, 2,
                                  compare(&guard, "<>", "int64 0"), quotient_is_6(&guard))),
              &guard.err);
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        if (i % 7 != 0)
            assert_int_equal(stoa_bit_get(guard.out->values.bits, i), i % 3 == 2);
    }
    assert_ok(guard_run(&guard,
                        expr_node(&guard.arena, STOA_EXPR_OR, 2,
                                  compare(&guard, "=", "int64 0"), quotient_is_6(&guard))),
              &guard.err);
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        if (i % 7 != 0)
            assert_int_equal(stoa_bit_get(guard.out->values.bits, i), i % 3 != 1);
    }
    assert_fails(
        guard_run(&guard, expr_node(&guard.arena, STOA_EXPR_AND, 2, quotient_is_6(&guard),
                                    compare(&guard, "<>", "int64 0"))),
        STOA_E_DIVISION_BY_ZERO, &guard.err);
    guard_close(&guard);
}

static void test_coalesce_evaluates_an_argument_only_while_all_are_null(void **state)
{
    STOA_UNUSED(state);
    struct guard guard;
    guard_open(&guard);
    /* 1 / 0 stands behind x, and x is not NULL in the rows that are left. */
    vector_set_null(&guard.numbers, 0);
    struct stoa_expr *bad =
        expr_call(&guard.arena, "/", 2, expr_value(&guard.arena, "int64 1"),
                  expr_value(&guard.arena, "int64 0"));
    struct stoa_expr *all = expr_call(&guard.arena, "coalesce", 2, x(&guard), bad);
    assert_fails(guard_run(&guard, all), STOA_E_DIVISION_BY_ZERO, &guard.err);
    guard.numbers.has_nulls = false;
    memset(guard.numbers.validity, 0xff, sizeof guard.numbers.validity);
    assert_ok(guard_run(&guard, all), &guard.err);
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++)
        assert_int_equal(guard.out->values.i64[i], i % 3);
    assert_false(guard.out->has_nulls);
    guard_close(&guard);
}

static void test_errors_carry_the_place_of_the_innermost_node(void **state)
{
    STOA_UNUSED(state);
    struct guard guard;
    guard_open(&guard);
    struct stoa_expr *inner = quotient(&guard);
    struct stoa_expr *outer =
        expr_call(&guard.arena, "+", 2, inner, expr_value(&guard.arena, "int64 1"));
    inner->sql_offset = 17;
    outer->sql_offset = 42;
    assert_fails(guard_run(&guard, outer), STOA_E_DIVISION_BY_ZERO, &guard.err);
    assert_int_equal(guard.err.offset, 17);
    inner->sql_offset = UINT32_MAX;
    outer->sql_offset = UINT32_MAX;
    assert_fails(guard_run(&guard, outer), STOA_E_DIVISION_BY_ZERO, &guard.err);
    assert_true(guard.err.offset == UINT64_MAX);
    guard_close(&guard);
}

/* ---- vectors ---- */

/* What was computed for other rows before is never looked at again. */
static void test_evaluators_are_used_again_with_other_rows(void **state)
{
    STOA_UNUSED(state);
    struct stoa_arena arena;
    struct stoa_vector texts;
    struct stoa_evaluator *evaluator = NULL;
    const struct stoa_vector *out = NULL;
    const struct stoa_vector *columns[] = {&texts};
    stoa_error err;
    stoa_arena_init(&arena, 1 << 20);
    vector_make(&texts, "text", STOA_VECTOR_ROWS);
    struct stoa_expr *expr =
        expr_node(&arena, STOA_EXPR_CASE, 3,
                  expr_call(&arena, "=", 2, expr_column(&arena, 0, "text"),
                            expr_value(&arena, "text 'a'")),
                  expr_call(&arena, "upper", 1, expr_column(&arena, 0, "text")),
                  expr_call(&arena, "||", 2, expr_column(&arena, 0, "text"),
                            expr_value(&arena, "text '!'")));
    assert_ok(stoa_evaluator_create(expr, &evaluator, &err), &err);
    for (uint32_t round = 0; round < 50; round++) {
        const struct stoa_rows rows = {.length = 1 + round * 20, .columns = columns};
        for (uint32_t i = 0; i < rows.length; i++)
            vector_set(&texts, i, (i + round) % 2 ? "text 'a'" : "text 'b'");
        assert_ok(stoa_evaluate(evaluator, &rows, NULL, &out, &err), &err);
        for (uint32_t i = 0; i < rows.length; i++)
            assert_string_equal(vector_text(out, expr->type, i),
                                (i + round) % 2 ? "text 'A'" : "text 'b!'");
    }
    stoa_evaluator_free(evaluator);
    stoa_vector_done(&texts);
    stoa_arena_done(&arena);
}

static void test_case_and_coalesce_carry_values_of_every_type(void **state)
{
    STOA_UNUSED(state);
    static const char *const values[][2] = {
        {"bool true",                                 "bool false"         },
        {"int64 5",                                   "int64 -7"           },
        {"uint64 18446744073709551615",               "uint64 0"           },
        {"float64 0.5",                               "float64 NaN"        },
        {"decimal(38,2) 123456789012345678901234.56", "decimal(38,2) -1.00"},
        {"text 'one'",                                "text ''"            },
        {"binary '\\x0102'",                          "binary '\\xff'"     },
        {"date 2020-02-29",                           "date 1969-12-31"    },
        {"uuid 550e8400-e29b-41d4-a716-446655440000",
         "uuid 00000000-0000-0000-0000-000000000001"                       },
    };
    for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
        struct stoa_arena arena;
        struct stoa_vector choice;
        struct stoa_evaluator *evaluator = NULL;
        const struct stoa_vector *out = NULL;
        const struct stoa_vector *columns[] = {&choice};
        const struct stoa_rows rows = {.length = 100, .columns = columns};
        stoa_error err;
        stoa_arena_init(&arena, 1 << 20);
        vector_make(&choice, "bool", 100);
        for (uint32_t i = 0; i < 100; i++)
            vector_set(&choice, i,
                       i % 3 == 0   ? "bool true"
                       : i % 3 == 1 ? "bool false"
                                    : "bool NULL");
        struct stoa_expr *condition = expr_column(&arena, 0, "bool");
        struct stoa_expr *not_condition = expr_node(&arena, STOA_EXPR_NOT, 1, condition);
        struct stoa_expr *expr =
            expr_call(&arena, "coalesce", 2,
                      expr_node(&arena, STOA_EXPR_CASE, 2, condition,
                                expr_value(&arena, values[v][0])),
                      expr_node(&arena, STOA_EXPR_CASE, 2, not_condition,
                                expr_value(&arena, values[v][1])));
        assert_ok(stoa_evaluator_create(expr, &evaluator, &err), &err);
        assert_ok(stoa_evaluate(evaluator, &rows, NULL, &out, &err), &err);
        for (uint32_t i = 0; i < 100; i++) {
            const char *text = vector_text(out, expr->type, i);
            if (i % 3 < 2)
                assert_string_equal(text, values[v][i % 3]);
            else
                assert_contains(text, "NULL");
        }
        stoa_evaluator_free(evaluator);
        stoa_vector_done(&choice);
        stoa_arena_done(&arena);
    }
}

/* x IN (...) over types whose values are compared otherwise than by their bits. */
static void test_in_finds_members_in_query_order(void **state)
{
    STOA_UNUSED(state);
    struct stoa_arena arena;
    struct stoa_vector numbers;
    struct stoa_evaluator *evaluator = NULL;
    uint64_t selected[STOA_VECTOR_WORDS];
    const struct stoa_vector *columns[] = {&numbers};
    const struct stoa_rows rows = {.length = 5, .columns = columns};
    struct stoa_value set[3] = {{.f64 = 0}, {.f64 = 2}, {.is_null = false}};
    stoa_error err;
    stoa_arena_init(&arena, 1 << 20);
    vector_make(&numbers, "float64", 5);
    vector_set(&numbers, 0, "float64 -0.0");
    vector_set(&numbers, 1, "float64 NaN");
    vector_set(&numbers, 2, "float64 1");
    vector_set(&numbers, 3, "float64 2");
    vector_set(&numbers, 4, "float64 NULL");
    set[2].f64 = numbers.values.f64[1];
    struct stoa_expr *in =
        expr_node(&arena, STOA_EXPR_IN, 1, expr_column(&arena, 0, "float64"));
    in->set = set;
    in->set_count = 3;
    assert_ok(stoa_evaluator_create(in, &evaluator, &err), &err);
    assert_ok(stoa_evaluate_filter(evaluator, &rows, NULL, selected, &err), &err);
    assert_int_equal(selected[0], 1 | 2 | 8);
    in->negated = true;
    assert_ok(stoa_evaluate_filter(evaluator, &rows, NULL, selected, &err), &err);
    assert_int_equal(selected[0], 4);
    in->set_has_null = true;
    assert_ok(stoa_evaluate_filter(evaluator, &rows, NULL, selected, &err), &err);
    assert_int_equal(selected[0], 0);
    stoa_evaluator_free(evaluator);
    stoa_vector_done(&numbers);
    stoa_arena_done(&arena);
}

static void test_in_finds_integers_among_many(void **state)
{
    STOA_UNUSED(state);
    struct stoa_arena arena;
    struct stoa_vector numbers;
    struct stoa_evaluator *evaluator = NULL;
    uint64_t selected[STOA_VECTOR_WORDS];
    const struct stoa_vector *columns[] = {&numbers};
    const struct stoa_rows rows = {.length = 200, .columns = columns};
    static struct stoa_value set[66];
    stoa_error err;
    stoa_arena_init(&arena, 1 << 20);
    vector_make(&numbers, "int64", 200);
    for (uint32_t i = 0; i < 200; i++)
        numbers.values.i64[i] = i == 0 ? INT64_MIN : i == 1 ? INT64_MAX : (int64_t)i - 50;
    set[0].i64 = INT64_MIN;
    for (int64_t i = 0; i < 65; i++)
        set[i + 1].i64 = 3 * i - 60;
    struct stoa_expr *in =
        expr_node(&arena, STOA_EXPR_IN, 1, expr_column(&arena, 0, "int64"));
    in->set = set;
    for (in->set_count = 0; in->set_count <= 66; in->set_count++) {
        assert_ok(stoa_evaluator_create(in, &evaluator, &err), &err);
        assert_ok(stoa_evaluate_filter(evaluator, &rows, NULL, selected, &err), &err);
        for (uint32_t i = 0; i < 200; i++) {
            bool is_member = false;
            for (uint32_t m = 0; m < in->set_count; m++)
                is_member |= set[m].i64 == numbers.values.i64[i];
            assert_int_equal(stoa_bit_get(selected, i), is_member);
        }
        stoa_evaluator_free(evaluator);
    }
    stoa_vector_done(&numbers);
    stoa_arena_done(&arena);
}

/* ---- limits and failures ---- */

static struct stoa_expr *nested(struct stoa_arena *arena, unsigned depth)
{
    struct stoa_expr *expr = expr_column(arena, 0, "bool");
    for (unsigned i = 1; i < depth; i++)
        expr = expr_node(arena, STOA_EXPR_NOT, 1, expr);
    return expr;
}

static void test_trees_are_at_most_200_deep(void **state)
{
    STOA_UNUSED(state);
    struct stoa_arena arena;
    struct stoa_evaluator *evaluator = NULL;
    stoa_error err;
    stoa_arena_init(&arena, 1 << 20);
    const int64_t live = stoa_alloc_live();
    assert_ok(stoa_evaluator_create(nested(&arena, 200), &evaluator, &err), &err);
    stoa_evaluator_free(evaluator);
    evaluator = NULL;
    assert_fails(stoa_evaluator_create(nested(&arena, 201), &evaluator, &err), STOA_E_LIMIT,
                 &err);
    assert_null(evaluator);
    stoa_evaluator_free(NULL);
    stoa_arena_done(&arena);
    assert_true(stoa_alloc_live() <= live);
}

static void test_a_column_that_is_not_loaded_is_a_bug(void **state)
{
    STOA_UNUSED(state);
    struct stoa_arena arena;
    struct stoa_evaluator *evaluator = NULL;
    const struct stoa_vector *out = NULL;
    const struct stoa_vector *columns[] = {NULL};
    const struct stoa_rows rows = {.length = 1, .columns = columns};
    stoa_error err;
    stoa_arena_init(&arena, 1 << 20);
    assert_ok(stoa_evaluator_create(nested(&arena, 2), &evaluator, &err), &err);
    assert_fails(stoa_evaluate(evaluator, &rows, NULL, &out, &err), STOA_E_INTERNAL, &err);
    stoa_evaluator_free(evaluator);
    stoa_arena_done(&arena);
}

struct failing {
    const struct stoa_expr *expr;
    const struct stoa_rows *rows;
};

static stoa_status evaluate_failing(void *context, stoa_error *err)
{
    const struct failing *failing = context;
    struct stoa_evaluator *evaluator = NULL;
    const struct stoa_vector *out = NULL;
    stoa_status status = stoa_evaluator_create(failing->expr, &evaluator, err);
    if (status == STOA_OK)
        status = stoa_evaluate(evaluator, failing->rows, NULL, &out, err);
    stoa_evaluator_free(evaluator);
    return status;
}

static void test_failing_allocations_leave_nothing_behind(void **state)
{
    STOA_UNUSED(state);
    struct guard guard;
    guard_open(&guard);
    struct stoa_arena *arena = &guard.arena;
    struct stoa_expr *text =
        expr_call(arena, "||", 2, expr_value(arena, "text 'x = '"), x(&guard));
    struct stoa_expr *expr =
        expr_node(arena, STOA_EXPR_CASE, 3, compare(&guard, ">", "int64 1"),
                  expr_call(arena, "upper", 1, text), text);
    const struct stoa_rows rows = {.length = 500, .columns = guard.columns};
    struct failing failing = {.expr = expr, .rows = &rows};
    assert_true(test_allocation_failures(evaluate_failing, &failing) > 10);
    guard_close(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_trees_follow_three_valued_logic),
        cmocka_unit_test(test_case_evaluates_a_branch_only_where_it_is_taken),
        cmocka_unit_test(test_connectives_guard_what_stands_to_their_right),
        cmocka_unit_test(test_coalesce_evaluates_an_argument_only_while_all_are_null),
        cmocka_unit_test(test_errors_carry_the_place_of_the_innermost_node),
        cmocka_unit_test(test_evaluators_are_used_again_with_other_rows),
        cmocka_unit_test(test_case_and_coalesce_carry_values_of_every_type),
        cmocka_unit_test(test_in_finds_members_in_query_order),
        cmocka_unit_test(test_in_finds_integers_among_many),
        cmocka_unit_test(test_trees_are_at_most_200_deep),
        cmocka_unit_test(test_a_column_that_is_not_loaded_is_a_bug),
        cmocka_unit_test(test_failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests_name("eval", tests, NULL, NULL);
}
