/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/function_compare.c: results by table, every kind of value on random rows against
 * stoa_value_compare. */
#include "tests/unit/query/expr_cases.h"

#include <math.h>
#include <string.h>

#include "format/text.h"
#include "query/function.h"

/* What PostgreSQL 15 answers too. */
static const struct expr_case postgres_cases[] = {
    {"=(int64 1, decimal(2,1) 1.0)",                                                            "bool true" },
    {"=(decimal(5,2) 1.23, '1.234')",                                                           "bool false"},
    {"<(decimal(5,2) 1.23, '1.234')",                                                           "bool true" },
    {"=(decimal(38,0) 99999999999999999999999999999999999999, decimal(2,1) 0.5)",
     "bool false"                                                                                           },
    {"<(decimal(38,0) 99999999999999999999999999999999999999, decimal(2,1) 0.5)",
     "bool false"                                                                                           },
    {">(decimal(38,0) -99999999999999999999999999999999999999, decimal(2,1) 0.5)",
     "bool false"                                                                                           },
    {"<>(decimal(38,38) 0.5, int64 1000)",                                                      "bool true" },
    {"=(int64 3, '3')",                                                                         "bool true" },
    {"=(int64 3, '3.0')",                                                                       "!value"    },
    {"=(int32 3, '99999999999')",                                                               "!overflow" },
    {"=(float64 NaN, float64 NaN)",                                                             "bool true" },
    {"<(float64 NaN, float64 Infinity)",                                                        "bool false"},
    {">(float64 NaN, float64 Infinity)",                                                        "bool true" },
    {"=(float64 -0.0, float64 0)",                                                              "bool true" },
    {"=(text 'a', text 'a ')",                                                                  "bool false"},
    {"<(text 'Z', text 'a')",                                                                   "bool true" },
    {"=(date 2020-01-01, timestamp 2020-01-01 00:00:00)",                                       "bool true" },
    {"<(date 2020-01-01, timestamp 2020-01-01 00:00:01)",                                       "bool true" },
    {"=(date 2020-01-01, '2020-01-01')",                                                        "bool true" },
    {"=(date 2020-01-01, 'x')",                                                                 "!value"    },
    {"=(bool true, 't')",                                                                       "bool true" },
    {">(bool true, bool false)",                                                                "bool true" },
    {"=(uuid 00000000-0000-0000-0000-000000000001, '00000000-0000-0000-0000-000000000001')",
     "bool true"                                                                                            },
    {"=(text 'a', int64 1)",                                                                    "!function" },
    {"=(NULL, NULL)",                                                                           "bool NULL" },
    {"=('a', 'a')",                                                                             "bool true" },
    {"=(binary '\\x00', binary '\\x0000')",                                                     "bool false"},
    {"<(binary '\\x00', binary '\\x0000')",                                                     "bool true" },
    {"<(binary '\\xff', binary '\\x0000')",                                                     "bool false"},
    {"is distinct from(int64 1, int64 NULL)",                                                   "bool true" },
    {"is distinct from(int64 NULL, int64 NULL)",                                                "bool false"},
    {"is not distinct from(int64 NULL, int64 NULL)",                                            "bool true" },
    {"is not distinct from(int64 1, int64 1)",                                                  "bool true" },
    {"is distinct from(decimal(38,0) 5, decimal(2,1) 0.5)",                                     "bool true" },
    {"is distinct from(float64 NaN, float64 NaN)",                                              "bool false"},
    {"=(int64 5, float64 5)",                                                                   "bool true" },
    {"<(int64 9007199254740993, float64 9007199254740992)",                                     "bool false"},
    {"=(decimal(5,2) 0.10, float64 0.1)",                                                       "bool true" },
    {"<=(int8 1, int64 2)",                                                                     "bool true" },
    {">=(uint64 18446744073709551615, int64 -1)",                                               "bool true" },
    {"=(uint64 5, int64 5)",                                                                    "bool true" },
    {"<(uint64 5, decimal(3,1) 5.5)",                                                           "bool true" },
    {">(text 'é', text 'z')",                                                                  "bool true" },
    {"<(text '', text 'a')",                                                                    "bool true" },
    {"<(text 'abc', text 'abcd')",                                                              "bool true" },
    {"<=(text NULL, text 'a')",                                                                 "bool NULL" },
    {"<>(text 'a', text 'b')",                                                                  "bool true" },
    {"<>(text 'a', text 'a')",                                                                  "bool false"},
    {"<>(bool true, bool NULL)",                                                                "bool NULL" },
    {">(timestamp 2020-01-01 00:00:00.000001, timestamp 2020-01-01 00:00:00)",                  "bool true" },
    {"<=(time 10:00:00, time 10:00:00)",                                                        "bool true" },
    {">=(date 2020-01-01, date 2020-01-02)",                                                    "bool false"},
    {"<(date 2020-01-02, date 2020-01-10)",                                                     "bool true" },
    {">(uuid ffffffff-ffff-ffff-ffff-ffffffffffff, uuid 00000000-0000-0000-0000-000000000000)",
     "bool true"                                                                                            },
    {"=(timestamptz 2020-01-01 00:00:00+00, timestamptz 2020-01-01 02:00:00+02)",
     "bool true"                                                                                            },
    {"=(timestamptz 2020-01-01 00:00:00+00, '2020-01-01 02:00:00+02')",                         "bool true" },
    {"<(date 2020-01-01, timestamptz 2020-01-01 00:00:01+00)",                                  "bool true" },
    {"=(date 2020-01-01, int64 1)",                                                             "!function" },
    {"=(bool true, int64 1)",                                                                   "!function" },
    {"=(float64 1, text '1')",                                                                  "!function" },
    {"=(float64 1, '1.0')",                                                                     "bool true" },
    {"=(bool true, 'maybe')",                                                                   "!value"    },
    {"=(decimal(5,2) 1.20, '1.2')",                                                             "bool true" },
    {"=(decimal(5,2) 1.20, ' 1.2000 ')",                                                        "bool true" },
    {"=(decimal(5,2) 1.20, '12e-1')",                                                           "bool true" },
    {">(decimal(3,2) 9.99, '1e3')",                                                             "bool false"},
    {"<(decimal(3,2) 9.99, '0.00000000000000000001')",                                          "bool false"},
    {"=(decimal(3,2) 9.99, '')",                                                                "!value"    },
    {"=(decimal(38,0) 5, '5.0')",                                                               "bool true" },
    {"=(decimal(38,10) 5, decimal(38,20) 5)",                                                   "bool true" },
    {"<(decimal(38,10) -5, decimal(38,20) 5)",                                                  "bool true" },
    {"=(uint64 5, '5')",                                                                        "bool true" },
    {"is distinct from(text 'a', text 'a')",                                                    "bool false"},
    {"is distinct from(text 'a', text NULL)",                                                   "bool true" },
    {"is distinct from(NULL, int64 1)",                                                         "bool true" },
    {"is not distinct from(decimal(5,2) 1.20, decimal(5,1) 1.2)",                               "bool true" },
    {"is not distinct from(text NULL, 'x')",                                                    "bool false"},
};

/* Ours by design. */
static const struct expr_case own_cases[] = {
    {"<(timestamp 2020-01-02 00:00:00, timestamptz 2020-01-01 00:00:00+00)", "!type"    },
    {"=(uint64 5, '-5')",                                                    "!overflow"},
    {"<(timestamptz 2020-01-02 00:00:00+00, timestamp 2020-01-01 00:00:00)", "!type"    },
};

static void test_comparisons_are_those_of_postgresql(void **state)
{
    STOA_UNUSED(state);
    check_cases(postgres_cases);
}

static void test_comparisons_differ_where_types_do(void **state)
{
    STOA_UNUSED(state);
    check_cases(own_cases);
}

/* ---- random rows ---- */

static const char *const names[] = {
    "=", "<>", "<", "<=", ">", ">=", "is distinct from", "is not distinct from"};
enum { NAME_COUNT = sizeof names / sizeof names[0] };

static bool expected_of(size_t name, int order)
{
    const bool results[NAME_COUNT] = {order == 0, order != 0, order<0, order <= 0, order> 0,
                                      order >= 0, order != 0, order == 0};
    return results[name];
}

/* Few different values, so that equal ones meet. */
static void fill(struct stoa_vector *vector, struct test_random *random)
{
    static const char *const texts[] = {"", "a", "b", "ab", "abc", "\xc3\xa9", "B"};
    static const double floats[] = {0, -0.0, 1, -1, 0.5, INFINITY, -INFINITY, NAN, 1e300};
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        const uint64_t pick = test_random_below(random, 7);
        const int64_t small = (int64_t)pick - 3;
        switch (vector->phys) {
        case STOA_PHYS_BOOL:
            if (pick & 1)
                stoa_bit_set(vector->values.bits, i);
            break;
        case STOA_PHYS_I64: vector->values.i64[i] = pick == 0 ? INT64_MIN : small; break;
        case STOA_PHYS_U64: vector->values.u64[i] = pick == 0 ? UINT64_MAX : pick; break;
        case STOA_PHYS_F64:
            vector->values.f64[i] = floats[test_random_below(random, 9)];
            break;
        case STOA_PHYS_I128:
            vector->values.i128[i] = small * stoa_pow10((unsigned)pick * 5);
            break;
        case STOA_PHYS_BYTES:
            vector->values.views[i] =
                (struct stoa_view){.data = pick == 0 ? NULL : (const uint8_t *)texts[pick],
                                   .length = (uint32_t)strlen(texts[pick])};
            break;
        case STOA_PHYS_FIXED16:
            vector->values.fixed16[16 * i + pick] = (uint8_t)pick;
            break;
        case STOA_PHYS_COUNT: break;
        }
        if (test_random_below(random, 8) == 0)
            vector_set_null(vector, i);
    }
}

static void check_row(size_t name, const struct stoa_vector *a, const struct stoa_vector *b,
                      const struct stoa_vector *out, uint32_t row)
{
    const bool a_null = a->has_nulls && !stoa_bit_get(a->validity, row);
    const bool b_null = b->has_nulls && !stoa_bit_get(b->validity, row);
    const bool is_null = out->has_nulls && !stoa_bit_get(out->validity, row);
    if (name < 6) {
        assert_int_equal(is_null, a_null || b_null);
        if (is_null)
            return;
    }
    assert_false(is_null);
    int order = a_null != b_null;
    if (!a_null && !b_null) {
        const struct stoa_value x = stoa_vector_get(a, row);
        const struct stoa_value y = stoa_vector_get(b, row);
        order = stoa_value_compare(a->phys, &x, &y);
    }
    assert_int_equal(stoa_bit_get(out->values.bits, row), expected_of(name, order));
}

static void check_type(const char *type, struct test_random *random)
{
    struct stoa_arena arena;
    struct stoa_vector a;
    struct stoa_vector b;
    stoa_error err;
    stoa_arena_init(&arena, 1 << 20);
    vector_make(&a, type, 1000);
    vector_make(&b, type, 1000);
    fill(&a, random);
    fill(&b, random);
    const struct stoa_vector *columns[] = {&a, &b};
    const struct stoa_rows rows = {.length = 1000, .columns = columns};
    uint64_t active[STOA_VECTOR_WORDS];
    for (size_t w = 0; w < STOA_VECTOR_WORDS; w++)
        active[w] = test_random_next(random);
    for (size_t name = 0; name < NAME_COUNT; name++) {
        struct stoa_evaluator *evaluator = NULL;
        const struct stoa_vector *out = NULL;
        struct stoa_expr *expr =
            expr_call(&arena, names[name], 2, expr_column(&arena, 0, type),
                      expr_column(&arena, 1, type));
        assert_ok(stoa_evaluator_create(expr, &evaluator, &err), &err);
        assert_ok(stoa_evaluate(evaluator, &rows, NULL, &out, &err), &err);
        assert_int_equal(out->length, 1000);
        for (uint32_t row = 0; row < 1000; row++)
            check_row(name, &a, &b, out, row);
        assert_ok(stoa_evaluate(evaluator, &rows, active, &out, &err), &err);
        for (uint32_t row = 0; row < 1000; row++) {
            if (stoa_bit_get(active, row))
                check_row(name, &a, &b, out, row);
        }
        stoa_evaluator_free(evaluator);
    }
    stoa_vector_done(&a);
    stoa_vector_done(&b);
    stoa_arena_done(&arena);
}

static void test_every_kind_of_value_compares_in_query_order(void **state)
{
    STOA_UNUSED(state);
    static const char *const types[] = {"bool",    "int64",         "uint64",
                                        "float64", "decimal(38,4)", "text",
                                        "binary",  "uuid",          "date"};
    struct test_random random = test_random_start(511);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        check_type(types[i], &random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comparisons_are_those_of_postgresql),
        cmocka_unit_test(test_comparisons_differ_where_types_do),
        cmocka_unit_test(test_every_kind_of_value_compares_in_query_order),
    };
    return cmocka_run_group_tests_name("function_compare", tests, NULL, NULL);
}
