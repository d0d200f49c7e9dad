/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/function_table.c: the tables' rows, what binding says about calls it refuses, failing
 * allocations. */
#include "tests/unit/query/expr_cases.h"

#include <string.h>

#include "query/function.h"

static void test_every_row_is_complete(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_function *row = NULL;
    size_t count = 0;
    for (; (row = stoa_function_at(count)) != NULL; count++) {
        assert_non_null(row->help);
        assert_non_null(row->resolve);
        assert_non_null(row->eval);
        for (const char *p = row->name; *p; p++)
            assert_false(*p >= 'A' && *p <= 'Z');
        /* Help shows the call and what it gives, unless it chooses among its arguments. */
        assert_contains(row->help, "->");
    }
    assert_true(count > 100);
    assert_null(stoa_function_at(count));
    assert_null(stoa_function_at(SIZE_MAX));
}

static stoa_status bind_values(struct stoa_arena *arena, const char *name,
                               const char *const *values, uint32_t count, stoa_error *err)
{
    struct stoa_expr *args[70];
    struct stoa_expr *call = NULL;
    for (uint32_t i = 0; i < count; i++)
        args[i] = expr_value(arena, values[i % 2]);
    return stoa_function_bind(name, args, count, 23, arena, &call, err);
}

static void test_unknown_names_are_answered_by_the_nearest(void **state)
{
    STOA_UNUSED(state);
    static const char *const values[] = {"text 'a'", "text 'b'"};
    struct stoa_arena arena;
    stoa_error err;
    stoa_arena_init(&arena, 1 << 20);
    assert_fails(bind_values(&arena, "uper", values, 1, &err), STOA_E_FUNCTION, &err);
    assert_contains(err.message, "uper");
    assert_contains(err.hint, "upper");
    assert_int_equal(err.offset, 23);
    assert_fails(bind_values(&arena, "xyzzy_plugh", values, 1, &err), STOA_E_FUNCTION,
                 &err);
    assert_string_equal(err.hint, "");
    stoa_arena_done(&arena);
}

static void test_wrong_arguments_are_answered_by_the_right_ones(void **state)
{
    STOA_UNUSED(state);
    static const char *const values[] = {"date 2020-01-01", "NULL"};
    struct stoa_arena arena;
    stoa_error err;
    stoa_arena_init(&arena, 1 << 20);
    assert_fails(bind_values(&arena, "upper", values, 2, &err), STOA_E_FUNCTION, &err);
    assert_contains(err.message, "upper");
    assert_contains(err.message, "(date, NULL)");
    assert_contains(err.hint, "upper(text) -> text");
    assert_int_equal(err.offset, 23);
    assert_fails(bind_values(&arena, "upper", values, 0, &err), STOA_E_FUNCTION, &err);
    assert_contains(err.message, "()");
    /* All forms of the name are listed. */
    assert_fails(bind_values(&arena, "length", values, 2, &err), STOA_E_FUNCTION, &err);
    assert_contains(err.hint, "binary");
    assert_contains(err.hint, "characters");
    assert_fails(bind_values(&arena, "concat", values, 65, &err), STOA_E_LIMIT, &err);
    assert_ok(bind_values(&arena, "concat", values, 64, &err), &err);
    stoa_arena_done(&arena);
}

/* A literal that does not denote a value of the type that the call needs. */
static void test_bad_literals_are_refused_where_they_stand(void **state)
{
    STOA_UNUSED(state);
    struct stoa_arena arena;
    struct stoa_expr *args[2];
    struct stoa_expr *call = NULL;
    stoa_error err;
    stoa_arena_init(&arena, 1 << 20);
    args[0] = expr_column(&arena, 0, "date");
    args[1] = expr_value(&arena, "'2020-13-01'");
    args[1]->sql_offset = 31;
    assert_fails(stoa_function_bind("<", args, 2, 23, &arena, &call, &err), STOA_E_OVERFLOW,
                 &err);
    assert_int_equal(err.offset, 31);
    assert_null(call);
    stoa_arena_done(&arena);
}

/* ---- every function with anything ---- */

static const char *const pool[] = {
    "NULL",
    "'a'",
    "'1.25'",
    "'year'",
    "int64 NULL",
    "int64 0",
    "int64 -1",
    "int64 3",
    "int64 9223372036854775807",
    "int64 -9223372036854775808",
    "int8 -128",
    "int32 2147483647",
    "uint64 18446744073709551615",
    "float64 0",
    "float64 -0.0",
    "float64 NaN",
    "float64 -Infinity",
    "float64 1e308",
    "float64 5e-324",
    "float64 -2.5",
    "decimal(5,2) -1.25",
    "decimal(38,0) 99999999999999999999999999999999999999",
    "decimal(38,38) -0.99999999999999999999999999999999999999",
    "decimal(18,9) 0.000000001",
    "bool true",
    "bool NULL",
    "date -9999-01-01",
    "date 9999-12-31",
    "date 2020-02-29",
    "time 24:00:00",
    "timestamp -9999-01-01 00:00:00",
    "timestamp 9999-12-31 23:59:59.999999",
    "timestamptz 1969-12-31 23:59:59+00",
    "text NULL",
    "text ''",
    "text 'abc'",
    "text 'month'",
    "text '%b_'",
    "text '(a|b)+'",
    "text 'a\\'",
    "text '\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'",
    "binary '\\x00ff'",
    "uuid 550e8400-e29b-41d4-a716-446655440000",
};
enum { POOL_SIZE = sizeof pool / sizeof pool[0], MOST_ARGS = 4 };

/* Whether it is a failure that an expression may have. */
static bool is_expected(stoa_status status)
{
    static const stoa_status expected[] = {
        STOA_OK,         STOA_E_FUNCTION,  STOA_E_TYPE, STOA_E_DIVISION_BY_ZERO,
        STOA_E_OVERFLOW, STOA_E_BAD_VALUE, STOA_E_LIMIT};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        if (status == expected[i])
            return true;
    }
    return false;
}

/* Binds the call over columns, evaluates three rows: the first and the last have the values, the middle one
 * NULLs. */
static stoa_status evaluate_columns(const char *name, const char *const *values,
                                    uint32_t count, const char **out_text)
{
    struct stoa_arena arena;
    struct stoa_vector vectors[MOST_ARGS];
    const struct stoa_vector *columns[MOST_ARGS];
    struct stoa_expr *args[MOST_ARGS + 1];
    struct stoa_expr *call = NULL;
    struct stoa_evaluator *evaluator = NULL;
    const struct stoa_vector *out = NULL;
    stoa_error err;
    stoa_arena_init(&arena, (size_t)64 << 20);
    for (uint32_t i = 0; i < count; i++) {
        args[i] = expr_value(&arena, values[i]);
        char type[STOA_TYPE_TEXT_MAX];
        vector_make(&vectors[i], stoa_type_text(args[i]->type, type), 3);
        columns[i] = &vectors[i];
        if (args[i]->is_untyped)
            continue;
        vector_set(&vectors[i], 0, values[i]);
        vector_set(&vectors[i], 2, values[i]);
        vector_set_null(&vectors[i], 1);
        args[i] = expr_column(&arena, i, type);
    }
    stoa_status status =
        stoa_function_bind(name, args, count, UINT32_MAX, &arena, &call, &err);
    if (status == STOA_OK)
        status = stoa_evaluator_create(call, &evaluator, &err);
    const struct stoa_rows rows = {.length = 3, .columns = columns};
    if (status == STOA_OK)
        status = stoa_evaluate(evaluator, &rows, NULL, &out, &err);
    if (status == STOA_OK) {
        *out_text = vector_text(out, call->type, 0);
        assert_string_equal(vector_text(out, call->type, 2), *out_text);
    }
    stoa_evaluator_free(evaluator);
    for (uint32_t i = 0; i < count; i++)
        stoa_vector_done(&vectors[i]);
    stoa_arena_done(&arena);
    return status;
}

static stoa_status fold_constants(const char *name, const char *const *values,
                                  uint32_t count, bool *out_is_null)
{
    struct stoa_arena arena;
    struct stoa_expr *args[MOST_ARGS + 1];
    struct stoa_expr *call = NULL;
    stoa_error err;
    stoa_arena_init(&arena, (size_t)64 << 20);
    for (uint32_t i = 0; i < count; i++)
        args[i] = expr_value(&arena, values[i]);
    stoa_status status =
        stoa_function_bind(name, args, count, UINT32_MAX, &arena, &call, &err);
    if (status == STOA_OK)
        status = stoa_expr_fold(call, &arena, &err);
    if (status == STOA_OK)
        *out_is_null = call->constant.is_null;
    stoa_arena_done(&arena);
    return status;
}

/* Whatever it is called with, a function gives a value, NULL or one of the errors that users know. */
static void test_no_arguments_do_harm(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(661);
    const struct stoa_function *row = NULL;
    for (size_t i = 0; (row = stoa_function_at(i)) != NULL; i++) {
        for (int round = 0; round < 60; round++) {
            const char *values[MOST_ARGS];
            const char *text = "";
            bool is_null = false;
            const uint32_t count = (uint32_t)test_random_below(&random, MOST_ARGS + 1);
            for (uint32_t a = 0; a < count; a++)
                values[a] = pool[test_random_below(&random, POOL_SIZE)];
            const stoa_status columns = evaluate_columns(row->name, values, count, &text);
            const stoa_status folded = fold_constants(row->name, values, count, &is_null);
            if (!is_expected(columns) || !is_expected(folded))
                fail_msg("%s: status %d of columns, %d of constants", row->name,
                         (int)columns, (int)folded);
            if (columns == STOA_OK && folded == STOA_OK)
                assert_int_equal(is_null, strcmp(strchr(text, ' '), " NULL") == 0);
        }
    }
}

static stoa_status bind_like(void *context, stoa_error *err)
{
    STOA_UNUSED(context);
    struct stoa_arena arena;
    struct stoa_expr args[2] = {
        {.kind = STOA_EXPR_COLUMN,   .type = {.id = STOA_TYPE_INT64}, .sql_offset = 1   },
        {.kind = STOA_EXPR_CONSTANT, .type = {.id = STOA_TYPE_TEXT},  .is_untyped = true}
    };
    struct stoa_expr *pointers[] = {&args[0], &args[1]};
    struct stoa_expr *call = NULL;
    args[1].constant.bytes = (struct stoa_view){(const uint8_t *)"1.25", 4};
    stoa_arena_init(&arena, 1 << 20);
    stoa_status status = stoa_function_bind("||", pointers, 2, 0, &arena, &call, err);
    pointers[0] = call;
    if (status == STOA_OK)
        status = stoa_function_bind("~~", pointers, 2, 0, &arena, &call, err);
    stoa_arena_done(&arena);
    return status;
}

static stoa_status bind_wrongly(void *context, stoa_error *err)
{
    STOA_UNUSED(context);
    struct stoa_arena arena;
    struct stoa_expr arg = {.kind = STOA_EXPR_COLUMN, .type = {.id = STOA_TYPE_DATE}};
    struct stoa_expr *pointers[] = {&arg, &arg, &arg};
    struct stoa_expr *call = NULL;
    stoa_arena_init(&arena, 1 << 20);
    const stoa_status status =
        stoa_function_bind("length", pointers, 3, 0, &arena, &call, err);
    stoa_arena_done(&arena);
    return status == STOA_E_FUNCTION ? STOA_OK : status;
}

static void test_failing_allocations_leave_nothing_behind(void **state)
{
    STOA_UNUSED(state);
    assert_true(test_allocation_failures(bind_like, NULL) > 0);
    assert_true(test_allocation_failures(bind_wrongly, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_complete),
        cmocka_unit_test(test_unknown_names_are_answered_by_the_nearest),
        cmocka_unit_test(test_wrong_arguments_are_answered_by_the_right_ones),
        cmocka_unit_test(test_bad_literals_are_refused_where_they_stand),
        cmocka_unit_test(test_no_arguments_do_harm),
        cmocka_unit_test(test_failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests_name("function_table", tests, NULL, NULL);
}
