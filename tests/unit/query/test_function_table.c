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
        cmocka_unit_test(test_failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests_name("function_table", tests, NULL, NULL);
}
