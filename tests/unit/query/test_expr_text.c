/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/expr_text.c: every kind of node as SQL, values of every type, cuts, folding, failing
 * allocations. */
#include "tests/unit/query/expr_cases.h"

#include <string.h>

#include "format/text.h"
#include "query/function.h"

static const char *const names[] = {"x", "y", "b", "name"};

/* The text of the expression, until the next call. */
static const char *text_of(const struct stoa_expr *expr)
{
    static char text[4096];
    struct stoa_buf out;
    stoa_error err;
    stoa_buf_init(&out, sizeof text - 1);
    assert_ok(stoa_expr_text(expr, names, &out, &err), &err);
    memcpy(text, out.data, out.size);
    text[out.size] = '\0';
    stoa_buf_done(&out);
    return text;
}

struct trees {
    struct stoa_arena arena;
    struct stoa_expr *x, *y, *b, *name;
};

static void trees_open(struct trees *t)
{
    stoa_arena_init(&t->arena, 1 << 20);
    t->x = expr_column(&t->arena, 0, "int64");
    t->y = expr_column(&t->arena, 1, "int64");
    t->b = expr_column(&t->arena, 2, "bool");
    t->name = expr_column(&t->arena, 3, "text");
}

static struct stoa_expr *in_list(struct trees *t, struct stoa_expr *arg, uint32_t count)
{
    struct stoa_expr *in = expr_node(&t->arena, STOA_EXPR_IN, 1, arg);
    in->set = stoa_arena_alloc_zeroed(&t->arena, count + 1, sizeof *in->set);
    assert_non_null(in->set);
    in->set_count = count;
    for (uint32_t i = 0; i < count; i++)
        in->set[i].i64 = i;
    return in;
}

static void test_nodes_read_as_sql(void **state)
{
    STOA_UNUSED(state);
    struct trees t;
    trees_open(&t);
    struct stoa_arena *arena = &t.arena;
    struct stoa_expr *one = expr_value(arena, "int64 1");
    struct stoa_expr *sum = expr_call(arena, "+", 2, t.x, one);
    struct stoa_expr *is_null = expr_node(arena, STOA_EXPR_IS_NULL, 1, t.x);
    struct stoa_expr *less = expr_call(arena, "<", 2, t.x, t.y);
    struct stoa_expr *not_less = expr_node(arena, STOA_EXPR_NOT, 1, less);
    struct stoa_expr *in = in_list(&t, t.x, 2);
    assert_string_equal(text_of(sum), "(x + 1)");
    assert_string_equal(text_of(expr_call(arena, "-", 1, t.x)), "(- x)");
    assert_string_equal(text_of(is_null), "x IS NULL");
    assert_string_equal(text_of(not_less), "NOT (x < y)");
    assert_string_equal(text_of(expr_node(arena, STOA_EXPR_AND, 3, less, t.b, is_null)),
                        "((x < y) AND b AND x IS NULL)");
    assert_string_equal(text_of(expr_node(arena, STOA_EXPR_OR, 2, not_less, t.b)),
                        "(NOT (x < y) OR b)");
    assert_string_equal(text_of(in), "x IN (0, 1)");
    assert_string_equal(text_of(expr_call(arena, "upper", 1, t.name)), "upper(name)");
    assert_string_equal(text_of(expr_call(arena, "substr", 3, t.name, one, t.x)),
                        "substr(name, 1, x)");
    assert_string_equal(text_of(expr_node(arena, STOA_EXPR_CASE, 3, less, t.x, t.y)),
                        "CASE WHEN (x < y) THEN x ELSE y END");
    assert_string_equal(text_of(expr_node(arena, STOA_EXPR_CASE, 4, less, t.x, t.b, t.y)),
                        "CASE WHEN (x < y) THEN x WHEN b THEN y END");
    stoa_arena_done(arena);
}

/* b = (x IS NULL) would read as (b = x) IS NULL without brackets. */
static void test_operands_that_are_open_get_brackets(void **state)
{
    STOA_UNUSED(state);
    struct trees t;
    trees_open(&t);
    struct stoa_arena *arena = &t.arena;
    struct stoa_expr *is_null = expr_node(arena, STOA_EXPR_IS_NULL, 1, t.x);
    struct stoa_expr *not_b = expr_node(arena, STOA_EXPR_NOT, 1, t.b);
    is_null->negated = true;
    assert_string_equal(text_of(expr_call(arena, "=", 2, t.b, is_null)),
                        "(b = (x IS NOT NULL))");
    assert_string_equal(text_of(expr_call(arena, "=", 2, not_b, t.b)), "((NOT b) = b)");
    assert_string_equal(text_of(expr_node(arena, STOA_EXPR_IS_NULL, 1, not_b)),
                        "(NOT b) IS NULL");
    assert_string_equal(text_of(expr_node(arena, STOA_EXPR_NOT, 1, is_null)),
                        "NOT (x IS NOT NULL)");
    stoa_arena_done(arena);
}

static void test_operators_have_the_names_that_people_write(void **state)
{
    STOA_UNUSED(state);
    static const char *const words[][2] = {
        {"~~",               "(name LIKE 'a%')"            },
        {"!~~",              "(name NOT LIKE 'a%')"        },
        {"~~*",              "(name ILIKE 'a%')"           },
        {"!~~*",             "(name NOT ILIKE 'a%')"       },
        {"is distinct from", "(name IS DISTINCT FROM 'a%')"},
        {"||",               "(name || 'a%')"              },
    };
    struct trees t;
    trees_open(&t);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_string_equal(text_of(expr_call(&t.arena, words[i][0], 2, t.name,
                                              expr_value(&t.arena, "text 'a%'"))),
                            words[i][1]);
    stoa_arena_done(&t.arena);
}

static void test_casts_name_their_type(void **state)
{
    STOA_UNUSED(state);
    struct trees t;
    struct stoa_expr *cast = NULL;
    stoa_error err;
    trees_open(&t);
    assert_ok(stoa_cast_bind(
                  t.x, (stoa_type){.id = STOA_TYPE_DECIMAL, .precision = 12, .scale = 2},
                  true, &t.arena, &cast, &err),
              &err);
    assert_string_equal(text_of(cast), "CAST(x AS decimal(12,2))");
    stoa_arena_done(&t.arena);
}

static void test_values_read_as_literals(void **state)
{
    STOA_UNUSED(state);
    static const char *const values[][2] = {
        {"int64 -5",                                  "-5"                   },
        {"decimal(5,2) 1.50",                         "1.50"                 },
        {"uint64 18446744073709551615",               "18446744073709551615" },
        {"float64 0.5",                               "0.5"                  },
        {"float64 NaN",                               "'NaN'"                },
        {"float64 -Infinity",                         "'-Infinity'"          },
        {"bool true",                                 "true"                 },
        {"text 'it''s'",                              "'it''s'"              },
        {"text ''",                                   "''"                   },
        {"date 2020-02-29",                           "'2020-02-29'"         },
        {"timestamp 2020-02-29 01:02:03",             "'2020-02-29 01:02:03'"},
        {"binary '\\x00ff'",                          "'\\x00ff'"            },
        {"int64 NULL",                                "NULL"                 },
        {"uuid 550e8400-e29b-41d4-a716-446655440000",
         "'550e8400-e29b-41d4-a716-446655440000'"                            },
    };
    struct stoa_arena arena;
    stoa_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_string_equal(text_of(expr_value(&arena, values[i][0])), values[i][1]);
    stoa_arena_done(&arena);
}

static void test_long_values_are_cut_at_a_character(void **state)
{
    STOA_UNUSED(state);
    struct trees t;
    char bytes[302];
    trees_open(&t);
    for (size_t i = 0; i < sizeof bytes; i += 2)
        memcpy(bytes + i, "\xc3\xa9", 2);
    struct stoa_expr *text = expr_value(&t.arena, "text ''");
    text->constant.bytes = (struct stoa_view){(const uint8_t *)bytes + 1, 301};
    for (uint32_t skip = 0; skip < 2; skip++) {
        text->constant.bytes.data = (const uint8_t *)bytes;
        text->constant.bytes.length = 300;
        if (skip) {
            bytes[0] = 'e';
            text->constant.bytes.length = 299;
            memmove(bytes + 1, bytes + 2, 298);
        }
        const char *shown = text_of(text);
        const size_t size = strlen(shown);
        assert_true(size <= 200 + 5 && size >= 199);
        assert_string_equal(shown + size - 4, "'...");
        assert_true(stoa_utf8_is_valid((const uint8_t *)shown, size));
    }
    struct stoa_expr *binary = expr_value(&t.arena, "binary '\\x'");
    binary->constant.bytes = (struct stoa_view){(const uint8_t *)bytes, 300};
    assert_int_equal(strlen(text_of(binary)), 2 + 200 + 5);
    assert_contains(text_of(in_list(&t, t.x, 25)), "18, 19, ... 25 values)");
    struct stoa_expr *nulls = in_list(&t, t.x, 0);
    nulls->set_has_null = true;
    nulls->negated = true;
    assert_string_equal(text_of(nulls), "x NOT IN (NULL)");
    nulls->set_count = 1;
    assert_string_equal(text_of(nulls), "x NOT IN (0, NULL)");
    stoa_arena_done(&t.arena);
}

static void test_folding_replaces_trees_without_columns(void **state)
{
    STOA_UNUSED(state);
    struct trees t;
    stoa_error err;
    trees_open(&t);
    struct stoa_arena *arena = &t.arena;
    struct stoa_expr *text = expr_call(arena, "upper", 1, expr_value(arena, "text 'abc'"));
    assert_ok(stoa_expr_fold(text, arena, &err), &err);
    assert_int_equal(text->kind, STOA_EXPR_CONSTANT);
    assert_string_equal(text_of(text), "'ABC'");
    struct stoa_expr *null = expr_call(arena, "+", 2, expr_value(arena, "int64 NULL"),
                                       expr_value(arena, "int64 1"));
    assert_ok(stoa_expr_fold(null, arena, &err), &err);
    assert_true(null->kind == STOA_EXPR_CONSTANT && null->constant.is_null);
    struct stoa_expr *sum = expr_call(arena, "+", 2, t.x, expr_value(arena, "int64 1"));
    assert_ok(stoa_expr_fold(sum, arena, &err), &err);
    assert_int_equal(sum->kind, STOA_EXPR_CALL);
    struct stoa_expr *bad = expr_call(arena, "/", 2, expr_value(arena, "int64 1"),
                                      expr_value(arena, "int64 0"));
    assert_fails(stoa_expr_fold(bad, arena, &err), STOA_E_DIVISION_BY_ZERO, &err);
    assert_int_equal(bad->kind, STOA_EXPR_CALL);
    stoa_arena_done(arena);
}

struct failing {
    const struct stoa_expr *expr;
};

static stoa_status print_and_fold(void *context, stoa_error *err)
{
    const struct failing *failing = context;
    struct stoa_arena arena;
    struct stoa_buf out;
    struct stoa_expr copy = *failing->expr;
    stoa_arena_init(&arena, 1 << 20);
    stoa_buf_init(&out, 4096);
    stoa_status status = stoa_expr_text(&copy, names, &out, err);
    if (status == STOA_OK)
        status = stoa_expr_fold(&copy, &arena, err);
    if (status == STOA_OK)
        assert_int_equal(copy.kind, STOA_EXPR_CONSTANT);
    stoa_buf_done(&out);
    stoa_arena_done(&arena);
    return status;
}

static void test_failing_allocations_leave_nothing_behind(void **state)
{
    STOA_UNUSED(state);
    struct stoa_arena arena;
    stoa_arena_init(&arena, 1 << 20);
    struct failing failing = {.expr = expr_call(&arena, "repeat", 2,
                                                expr_value(&arena, "text 'abc'"),
                                                expr_value(&arena, "int64 1000"))};
    assert_true(test_allocation_failures(print_and_fold, &failing) > 5);
    stoa_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nodes_read_as_sql),
        cmocka_unit_test(test_operands_that_are_open_get_brackets),
        cmocka_unit_test(test_operators_have_the_names_that_people_write),
        cmocka_unit_test(test_casts_name_their_type),
        cmocka_unit_test(test_values_read_as_literals),
        cmocka_unit_test(test_long_values_are_cut_at_a_character),
        cmocka_unit_test(test_folding_replaces_trees_without_columns),
        cmocka_unit_test(test_failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests_name("expr_text", tests, NULL, NULL);
}
