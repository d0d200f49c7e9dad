/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/cast_number.c and which casts query/cast.c knows: results and errors by table, random
 * integers through every exact type. */
#include "tests/unit/query/expr_cases.h"

#include <string.h>

#include "query/call.h"

/* What PostgreSQL 15 answers too. */
static const struct expr_case postgres_cases[] = {
    {"cast(int64 40000 as int16)",                                                     "!overflow"                         },
    {"cast(int64 -32768 as int16)",                                                    "int16 -32768"                      },
    {"cast(int64 2147483648 as int32)",                                                "!overflow"                         },
    {"cast(int64 5 as float64)",                                                       "float64 5"                         },
    {"cast(int64 9007199254740993 as float64)",                                        "float64 9007199254740992"          },
    {"cast(int64 5 as decimal(5,2))",                                                  "decimal(5,2) 5.00"                 },
    {"cast(int64 1000 as decimal(5,2))",                                               "!overflow"                         },
    {"cast(uint64 18446744073709551615 as int64)",                                     "!overflow"                         },
    {"cast(uint64 18446744073709551615 as float64)",                                   "float64 1.8446744073709552e+19"    },
    {"cast(uint64 18446744073709551615 as decimal(20,0))",
     "decimal(20,0) 18446744073709551615"                                                                                  },
    {"cast(decimal(5,2) 2.50 as int64)",                                               "int64 3"                           },
    {"cast(decimal(5,2) 3.50 as int64)",                                               "int64 4"                           },
    {"cast(decimal(5,2) -2.50 as int64)",                                              "int64 -3"                          },
    {"cast(decimal(5,2) 2.49 as int64)",                                               "int64 2"                           },
    {"cast(decimal(5,2) 1.25 as decimal(5,1))",                                        "decimal(5,1) 1.3"                  },
    {"cast(decimal(5,2) -1.25 as decimal(5,1))",                                       "decimal(5,1) -1.3"                 },
    {"cast(decimal(5,2) 999.99 as decimal(4,1))",                                      "!overflow"                         },
    {"cast(decimal(5,2) 1.25 as decimal(10,4))",                                       "decimal(10,4) 1.2500"              },
    {"cast(decimal(38,2) 999999999999999999999.99 as int64)",                          "!overflow"                         },
    {"cast(decimal(5,2) 1.25 as float64)",                                             "float64 1.25"                      },
    {"cast(decimal(38,18) 0.100000000000000001 as float64)",                           "float64 0.1"                       },
    {"cast(decimal(38,0) 12345678901234567890123456789012345678 as float64)",
     "float64 1.2345678901234568e+37"                                                                                      },
    {"cast(float64 2.5 as int64)",                                                     "int64 2"                           },
    {"cast(float64 3.5 as int64)",                                                     "int64 4"                           },
    {"cast(float64 -2.5 as int64)",                                                    "int64 -2"                          },
    {"cast(float64 0.5 as int64)",                                                     "int64 0"                           },
    {"cast(float64 1.5 as int32)",                                                     "int32 2"                           },
    {"cast(float64 9223372036854775807 as int64)",                                     "!overflow"                         },
    {"cast(float64 9223372036854774784 as int64)",                                     "int64 9223372036854774784"         },
    {"cast(float64 -9223372036854775808 as int64)",                                    "int64 -9223372036854775808"        },
    {"cast(float64 NaN as int64)",                                                     "!overflow"                         },
    {"cast(float64 Infinity as int64)",                                                "!overflow"                         },
    {"cast(float64 1e10 as int32)",                                                    "!overflow"                         },
    {"cast(float64 2.675 as decimal(5,2))",                                            "decimal(5,2) 2.68"                 },
    {"cast(float64 1.005 as decimal(5,2))",                                            "decimal(5,2) 1.01"                 },
    {"cast(float64 0.1 as decimal(10,5))",                                             "decimal(10,5) 0.10000"             },
    {"cast(float64 -1.005 as decimal(5,2))",                                           "decimal(5,2) -1.01"                },
    {"cast(float64 1e10 as decimal(5,2))",                                             "!overflow"                         },
    {"cast(float64 Infinity as decimal(5,2))",                                         "!overflow"                         },
    {"cast(float64 123456.789 as decimal(10,1))",                                      "decimal(10,1) 123456.8"            },
    {"cast(bool true as int32)",                                                       "int32 1"                           },
    {"cast(bool false as int32)",                                                      "int32 0"                           },
    {"cast(bool true as float64)",                                                     "!type"                             },
    {"cast(int32 0 as bool)",                                                          "bool false"                        },
    {"cast(int32 -7 as bool)",                                                         "bool true"                         },
    {"cast(float64 1 as bool)",                                                        "!type"                             },
    {"cast(date 2020-01-02 as timestamp)",                                             "timestamp 2020-01-02 00:00:00"     },
    {"cast(date 2020-01-02 as timestamptz)",                                           "timestamptz 2020-01-02 00:00:00+00"},
    {"cast(timestamp 2020-01-02 23:59:59 as date)",                                    "date 2020-01-02"                   },
    {"cast(timestamp 1969-12-31 23:59:59 as date)",                                    "date 1969-12-31"                   },
    {"cast(timestamptz 2020-01-02 23:59:59+00 as timestamp)",
     "timestamp 2020-01-02 23:59:59"                                                                                       },
    {"cast(timestamp 2020-01-02 23:59:59 as timestamptz)",
     "timestamptz 2020-01-02 23:59:59+00"                                                                                  },
    {"cast(timestamp 2020-01-02 23:59:59.5 as time)",                                  "time 23:59:59.5"                   },
    {"cast(timestamp 1969-12-31 23:59:59.5 as time)",                                  "time 23:59:59.5"                   },
    {"cast(date 2020-01-02 as time)",                                                  "!type"                             },
    {"cast(time 10:00:00 as date)",                                                    "!type"                             },
    {"cast(date 2020-01-02 as int64)",                                                 "!type"                             },
    {"cast(int64 1 as date)",                                                          "!type"                             },
    {"cast(bool true as decimal(5,2))",                                                "!type"                             },
    {"cast(timestamp 9999-12-31 23:59:59.999999 as date)",                             "date 9999-12-31"                   },
    {"cast(uuid 550e8400-e29b-41d4-a716-446655440000 as int64)",                       "!type"                             },
    {"cast(binary '\\x41' as int64)",                                                  "!type"                             },
    {"cast(float64 1e37 as decimal(38,0))",
     "decimal(38,0) 10000000000000000000000000000000000000"                                                                },
    {"cast(float64 1e38 as decimal(38,0))",                                            "!overflow"                         },
    {"cast(decimal(38,38) 0.99999999999999999999999999999999999999 as decimal(38,0))",
     "decimal(38,0) 1"                                                                                                     },
    {"cast(decimal(38,0) 5 as decimal(38,38))",                                        "!overflow"                         },
    {"cast(decimal(38,0) 0 as decimal(38,38))",
     "decimal(38,38) 0.00000000000000000000000000000000000000"                                                             },
};

/* Ours by design. */
static const struct expr_case own_cases[] = {
    {"cast(int64 300 as int8)",                             "!overflow"       },
    {"cast(int64 -1 as uint64)",                            "!overflow"       },
    {"cast(float64 NaN as decimal(5,2))",                   "!overflow"       },
    {"cast(float64 28.499999999999996 as decimal(10,0))",   "decimal(10,0) 28"},
    {"cast(bool true as int64)",                            "int64 1"         },
    {"cast(int32 300 as int8)",                             "!overflow"       },
    {"cast(float64 -1 as uint64)",                          "!overflow"       },
    {"cast(float64 1.8446744073709552e19 as uint64)",       "!overflow"       },
    {"cast(float64 0.30000000000000004 as decimal(38,20))",
     "decimal(38,20) 0.30000000000000004000"                                  },
};

static void test_numbers_and_times_are_cast_as_by_postgresql(void **state)
{
    STOA_UNUSED(state);
    check_cases(postgres_cases);
}

static void test_casts_differ_where_types_do(void **state)
{
    STOA_UNUSED(state);
    check_cases(own_cases);
}

static const char *const types[] = {"int8",          "int16",          "int32",
                                    "int64",         "uint64",         "decimal(3,1)",
                                    "decimal(10,0)", "decimal(18,18)", "decimal(19,2)",
                                    "decimal(38,0)", "decimal(38,20)"};
enum { TYPE_COUNT = sizeof types / sizeof types[0] };

/* The value at another scale, half away from zero; false when 127 bits do not hold it. */
static bool expected_of(stoa_i128 v, unsigned from, unsigned to, stoa_i128 *out)
{
    *out = v;
    for (; from < to; from++) {
        if (__builtin_mul_overflow(*out, 10, out))
            return false;
    }
    stoa_i128 unit = 1;
    for (; to < from; to++)
        unit *= 10;
    const stoa_i128 size = *out < 0 ? -*out : *out;
    const stoa_i128 rounded = size / unit + (size % unit * 2 >= unit && unit > 1);
    *out = *out < 0 ? -rounded : rounded;
    return true;
}

/* A value of the type with any number of digits. */
static stoa_i128 random_value(struct test_random *random, stoa_type type)
{
    for (;;) {
        const unsigned bits = (unsigned)test_random_below(random, 127);
        const stoa_u128 wide =
            (stoa_u128)test_random_next(random) << 64 | test_random_next(random);
        stoa_i128 v = bits == 0 ? 0 : (stoa_i128)(wide >> (128 - bits));
        v = test_random_below(random, 2) ? -v : v;
        if (stoa_exact_fits(type, v))
            return v;
    }
}

static void check_cast(const char *from, const char *to, struct test_random *random)
{
    struct stoa_arena arena;
    struct stoa_vector vector;
    struct stoa_evaluator *evaluator = NULL;
    struct stoa_expr *expr = NULL;
    const struct stoa_vector *out = NULL;
    const struct stoa_vector *columns[] = {&vector};
    const struct stoa_rows rows = {.length = 64, .columns = columns};
    stoa_type to_type;
    stoa_error err;
    stoa_arena_init(&arena, 1 << 16);
    assert_ok(stoa_type_parse(to, &to_type, &err), &err);
    vector_make(&vector, from, 64);
    struct stoa_expr *column = expr_column(&arena, 0, from);
    for (uint32_t i = 0; i < 64; i++)
        stoa_exact_set(&vector, i, random_value(random, column->type));
    assert_ok(stoa_cast_bind(column, to_type, true, &arena, &expr, &err), &err);
    assert_ok(stoa_evaluator_create(expr, &evaluator, &err), &err);
    for (uint32_t i = 0; i < 64; i++) {
        const uint64_t one[STOA_VECTOR_WORDS] = {UINT64_C(1) << i};
        stoa_i128 expected = 0;
        const bool fits =
            expected_of(stoa_exact_get(&vector, i), stoa_exact_scale(column->type),
                        stoa_exact_scale(to_type), &expected) &&
            stoa_exact_fits(to_type, expected);
        const stoa_status status = stoa_evaluate(evaluator, &rows, one, &out, &err);
        assert_int_equal(status, fits ? STOA_OK : STOA_E_OVERFLOW);
        if (fits)
            assert_true(stoa_exact_get(out, i) == expected);
    }
    stoa_evaluator_free(evaluator);
    stoa_vector_done(&vector);
    stoa_arena_done(&arena);
}

static void test_exact_types_convert_exactly_or_fail(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(571);
    for (size_t i = 0; i < TYPE_COUNT * TYPE_COUNT; i++) {
        if (i / TYPE_COUNT != i % TYPE_COUNT)
            check_cast(types[i / TYPE_COUNT], types[i % TYPE_COUNT], &random);
    }
}

static void test_implicit_casts_only_widen(void **state)
{
    STOA_UNUSED(state);
    static const struct expr_case cases[] = {
        {"implicit(int8 5 as int64)",                              "int64 5"                           },
        {"implicit(int32 5 as int16)",                             "!type"                             },
        {"implicit(int64 5 as float64)",                           "float64 5"                         },
        {"implicit(int64 5 as uint64)",                            "!type"                             },
        {"implicit(uint64 5 as int64)",                            "!type"                             },
        {"implicit(uint64 5 as decimal(20,0))",                    "decimal(20,0) 5"                   },
        {"implicit(int64 5 as decimal(20,1))",                     "decimal(20,1) 5.0"                 },
        {"implicit(decimal(5,2) 1.25 as decimal(6,3))",            "decimal(6,3) 1.250"                },
        {"implicit(decimal(5,2) 1.25 as float64)",                 "float64 1.25"                      },
        {"implicit(float64 1 as decimal(5,2))",                    "!type"                             },
        {"implicit(float64 1 as int64)",                           "!type"                             },
        {"implicit(date 2020-01-01 as timestamp)",                 "timestamp 2020-01-01 00:00:00"     },
        {"implicit(date 2020-01-01 as timestamptz)",               "timestamptz 2020-01-01 00:00:00+00"},
        {"implicit(timestamp 2020-01-01 00:00:00 as timestamptz)", "!type"                             },
        {"implicit(timestamp 2020-01-01 00:00:00 as date)",        "!type"                             },
        {"implicit(text '5' as int64)",                            "!type"                             },
        {"implicit(int64 5 as text)",                              "!type"                             },
        {"implicit(bool true as int64)",                           "!type"                             },
        {"implicit('5' as int64)",                                 "int64 5"                           },
        {"implicit('1.20' as decimal(5,1))",                       "decimal(5,1) 1.2"                  },
        {"implicit('1.25' as decimal(5,1))",                       "!value"                            },
        {"implicit('1e-39' as decimal(5,1))",                      "!value"                            },
        {"implicit('1000' as decimal(4,1))",                       "!overflow"                         },
        {"cast('1.25' as decimal(5,1))",                           "decimal(5,1) 1.3"                  },
        {"cast('1.25' as decimal)",                                "decimal(3,2) 1.25"                 },
        {"cast(decimal(5,2) 1.25 as decimal)",                     "decimal(5,2) 1.25"                 },
        {"cast(int64 7 as decimal)",                               "decimal(38,0) 7"                   },
    };
    check_cases(cases);
    /* A constant decimal counts by its own digits: what a column may not, it may. */
    static const struct expr_case constants[] = {
        {"implicit(#decimal(10,2) 1.25 as decimal(3,2))",  "decimal(3,2) 1.25"},
        {"implicit(#decimal(10,2) 10.25 as decimal(3,2))", "!type"            },
        {"+(#decimal(10,2) 1.00, decimal(4,2) 2.50)",      "decimal(5,2) 3.50"},
        {"<(#decimal(10,2) 1.00, decimal(4,2) 2.50)",      "bool true"        },
    };
    check_cases(constants);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_and_times_are_cast_as_by_postgresql),
        cmocka_unit_test(test_casts_differ_where_types_do),
        cmocka_unit_test(test_exact_types_convert_exactly_or_fail),
        cmocka_unit_test(test_implicit_casts_only_widen),
    };
    return cmocka_run_group_tests_name("cast_number", tests, NULL, NULL);
}
