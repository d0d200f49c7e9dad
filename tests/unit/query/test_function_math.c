/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/function_math.c: results and errors by table, rounding of random decimals and floats. */
#include "tests/unit/query/expr_cases.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "query/call.h"

/* What PostgreSQL 15 answers too. */
static const struct expr_case postgres_cases[] = {
    {"abs(int64 -5)",                                 "int64 5"                           },
    {"abs(int64 -9223372036854775808)",               "!overflow"                         },
    {"abs(decimal(5,2) -1.25)",                       "decimal(5,2) 1.25"                 },
    {"abs(float64 -1.5)",                             "float64 1.5"                       },
    {"abs(float64 NaN)",                              "float64 NaN"                       },
    {"abs(float64 -0.0)",                             "float64 0"                         },
    {"abs(text 'a')",                                 "!function"                         },
    {"abs(uint64 5)",                                 "uint64 5"                          },
    {"abs(int32 -2147483648)",                        "!overflow"                         },
    {"sign(decimal(5,2) -0.01)",                      "int64 -1"                          },
    {"sign(decimal(5,2) 0.00)",                       "int64 0"                           },
    {"sign(float64 2.5)",                             "float64 1"                         },
    {"sign(float64 NaN)",                             "float64 0"                         },
    {"round(decimal(5,2) 2.50)",                      "decimal(4,0) 3"                    },
    {"round(decimal(5,2) 2.49)",                      "decimal(4,0) 2"                    },
    {"round(decimal(5,2) -2.50)",                     "decimal(4,0) -3"                   },
    {"round(decimal(5,2) 999.99)",                    "decimal(4,0) 1000"                 },
    {"round(float64 2.5)",                            "float64 2"                         },
    {"round(float64 3.5)",                            "float64 4"                         },
    {"round(float64 -2.5)",                           "float64 -2"                        },
    {"round(float64 -0.4)",                           "float64 -0"                        },
    {"round(float64 0.49999999999999994)",            "float64 0"                         },
    {"round(float64 NaN)",                            "float64 NaN"                       },
    {"round(float64 Infinity)",                       "float64 Infinity"                  },
    {"round(decimal(10,4) 42.4382, #int64 2)",        "decimal(9,2) 42.44"                },
    {"round(decimal(10,4) 42.4382, #int64 0)",        "decimal(7,0) 42"                   },
    {"round(decimal(10,4) 1234.5678, #int64 -2)",     "decimal(7,0) 1200"                 },
    {"round(decimal(10,4) 1250.0000, #int64 -2)",     "decimal(7,0) 1300"                 },
    {"round(decimal(10,4) -1250.0000, #int64 -2)",    "decimal(7,0) -1300"                },
    {"round(decimal(10,4) 42.4382, #int64 6)",        "decimal(13,6) 42.438200"           },
    {"round(decimal(4,1) 0.5, #int64 0)",             "decimal(4,0) 1"                    },
    {"round(decimal(10,4) 0.00005, #int64 4)",        "decimal(11,4) 0.0001"              },
    {"round(int64 12345, #int64 -2)",                 "decimal(20,0) 12300"               },
    {"round(int64 12350, #int64 -2)",                 "decimal(20,0) 12400"               },
    {"round(int64 12345, #int64 1)",                  "decimal(21,1) 12345.0"             },
    {"trunc(decimal(10,4) 42.4389, #int64 2)",        "decimal(9,2) 42.43"                },
    {"trunc(decimal(10,4) -42.4389, #int64 2)",       "decimal(9,2) -42.43"               },
    {"trunc(decimal(10,4) 1299.9999, #int64 -2)",     "decimal(7,0) 1200"                 },
    {"trunc(decimal(5,2) 42.80)",                     "decimal(4,0) 42"                   },
    {"trunc(decimal(5,2) -42.80)",                    "decimal(4,0) -42"                  },
    {"trunc(float64 42.8)",                           "float64 42"                        },
    {"trunc(float64 -42.8)",                          "float64 -42"                       },
    {"trunc(float64 -0.5)",                           "float64 -0"                        },
    {"floor(decimal(5,2) -42.80)",                    "decimal(4,0) -43"                  },
    {"floor(decimal(5,2) 42.80)",                     "decimal(4,0) 42"                   },
    {"floor(decimal(5,2) -42.00)",                    "decimal(4,0) -42"                  },
    {"floor(float64 -42.8)",                          "float64 -43"                       },
    {"ceil(decimal(5,2) -42.80)",                     "decimal(4,0) -42"                  },
    {"ceil(decimal(5,2) 42.20)",                      "decimal(4,0) 43"                   },
    {"ceil(decimal(5,2) 999.10)",                     "decimal(4,0) 1000"                 },
    {"ceil(float64 -42.8)",                           "float64 -42"                       },
    {"ceiling(float64 42.2)",                         "float64 43"                        },
    {"sqrt(float64 2)",                               "float64 1.4142135623730951"        },
    {"sqrt(float64 -1)",                              "!value"                            },
    {"sqrt(float64 0)",                               "float64 0"                         },
    {"sqrt(float64 -0.0)",                            "float64 -0"                        },
    {"sqrt(float64 Infinity)",                        "float64 Infinity"                  },
    {"sqrt(float64 NaN)",                             "float64 NaN"                       },
    {"sqrt(int64 16)",                                "float64 4"                         },
    {"sqrt(int64 -1)",                                "!value"                            },
    {"exp(float64 1)",                                "float64 2.718281828459045"         },
    {"exp(float64 1000)",                             "!overflow"                         },
    {"exp(float64 -1000)",                            "!overflow"                         },
    {"exp(float64 -Infinity)",                        "float64 0"                         },
    {"exp(float64 Infinity)",                         "float64 Infinity"                  },
    {"exp(float64 NaN)",                              "float64 NaN"                       },
    {"exp(float64 0)",                                "float64 1"                         },
    {"ln(float64 2)",                                 "float64 0.6931471805599453"        },
    {"ln(float64 0)",                                 "!value"                            },
    {"ln(float64 -1)",                                "!value"                            },
    {"ln(float64 NaN)",                               "float64 NaN"                       },
    {"ln(float64 Infinity)",                          "float64 Infinity"                  },
    {"log(float64 100)",                              "float64 2"                         },
    {"log(float64 0)",                                "!value"                            },
    {"log10(float64 1000)",                           "float64 3"                         },
    {"log10(float64 -1)",                             "!value"                            },
    {"power(float64 2, float64 10)",                  "float64 1024"                      },
    {"power(float64 2, float64 0.5)",                 "float64 1.4142135623730951"        },
    {"power(float64 0, float64 -1)",                  "!value"                            },
    {"power(float64 0, float64 0)",                   "float64 1"                         },
    {"power(float64 -8, float64 0.3333)",             "!value"                            },
    {"power(float64 -8, float64 3)",                  "float64 -512"                      },
    {"power(float64 10, float64 400)",                "!overflow"                         },
    {"power(float64 10, float64 -400)",               "!overflow"                         },
    {"power(float64 NaN, float64 0)",                 "float64 1"                         },
    {"power(float64 1, float64 NaN)",                 "float64 1"                         },
    {"power(float64 NaN, float64 1)",                 "float64 NaN"                       },
    {"power(float64 2, float64 Infinity)",            "float64 Infinity"                  },
    {"power(float64 0.5, float64 Infinity)",          "float64 0"                         },
    {"power(float64 -2, float64 Infinity)",           "float64 Infinity"                  },
    {"power(float64 -Infinity, float64 3)",           "float64 -Infinity"                 },
    {"power(float64 -Infinity, float64 -3)",          "float64 -0"                        },
    {"power(float64 -Infinity, float64 0.5)",         "!value"                            },
    {"power(float64 Infinity, float64 0.5)",          "float64 Infinity"                  },
    {"power(float64 -1, float64 Infinity)",           "float64 1"                         },
    {"power(float64 0, float64 -Infinity)",           "!value"                            },
    {"power(int64 2, int64 3)",                       "float64 8"                         },
    {"pow(float64 9, float64 0.5)",                   "float64 3"                         },
    {"cbrt(float64 27)",                              "float64 3.0000000000000004"        },
    {"cbrt(float64 -27)",                             "float64 -3.0000000000000004"       },
    {"pi()",                                          "float64 3.141592653589793"         },
    {"degrees(float64 3.141592653589793)",            "float64 180"                       },
    {"radians(float64 180)",                          "float64 3.141592653589793"         },
    {"sin(float64 1)",                                "float64 0.8414709848078965"        },
    {"cos(float64 1)",                                "float64 0.5403023058681398"        },
    {"tan(float64 1)",                                "float64 1.5574077246549023"        },
    {"asin(float64 1)",                               "float64 1.5707963267948966"        },
    {"acos(float64 1)",                               "float64 0"                         },
    {"atan(float64 1)",                               "float64 0.7853981633974483"        },
    {"atan2(float64 1, float64 2)",                   "float64 0.4636476090008061"        },
    {"round(decimal(10,4) 42.4382, #int64 -37)",      "decimal(38,0) 0"                   },
    {"round(decimal(5,2) 999.99, #int64 -3)",         "decimal(4,0) 1000"                 },
    {"round(decimal(5,2) 499.99, #int64 -3)",         "decimal(4,0) 0"                    },
    {"round(int64 9223372036854775807, #int64 -1)",   "decimal(20,0) 9223372036854775810" },
    {"round(uint64 18446744073709551615, #int64 -1)", "decimal(21,0) 18446744073709551620"},
    {"round(int64 15, #int64 -1)",                    "decimal(20,0) 20"                  },
    {"round(int64 -15, #int64 -1)",                   "decimal(20,0) -20"                 },
    {"round(int64 NULL, #int64 -1)",                  "decimal(20,0) NULL"                },
    {"round(decimal(38,2) 1.25, #int64 37)",
     "decimal(38,37) 1.2500000000000000000000000000000000000"                             },
    {"trunc(decimal(38,37) 9.9, #int64 0)",           "decimal(2,0) 9"                    },
    {"ceil(decimal(38,37) 9.9)",                      "decimal(2,0) 10"                   },
};

/* Ours by design. */
static const struct expr_case own_cases[] = {
    {"sign(int64 -5)",                                                         "int64 -1"                 },
    {"round(int64 5)",                                                         "int64 5"                  },
    {"round(float64 2.675, #int64 2)",                                         "float64 2.68"             },
    {"floor(int64 5)",                                                         "int64 5"                  },
    {"asin(float64 2)",                                                        "!value"                   },
    {"sin(float64 Infinity)",                                                  "!value"                   },
    {"gcd(int64 1071, int64 462)",                                             "!function"                },
    {"lcm(int64 1071, int64 462)",                                             "!function"                },
    {"div(decimal(5,2) 9.00, int64 4)",                                        "!function"                },
    {"log(decimal(5,2) 2.00, decimal(5,2) 64.00)",                             "!function"                },
    {"round(float64 2.675, #int64 1)",                                         "float64 2.7"              },
    {"round(float64 -1234.5678, #int64 -2)",                                   "float64 -1200"            },
    {"round(float64 1e300, #int64 2)",                                         "float64 1e+300"           },
    {"round(float64 NaN, #int64 2)",                                           "float64 NaN"              },
    {"round(float64 1e-25, #int64 22)",                                        "float64 0"                },
    {"round(float64 1.5e-22, #int64 22)",                                      "float64 2e-22"            },
    {"round(float64 123456789012345.67, #int64 1)",                            "float64 123456789012345.7"},
    {"round(float64 1e20, #int64 -20)",                                        "float64 1e+20"            },
    {"round(float64 6e20, #int64 -21)",                                        "float64 1e+21"            },
    {"round(float64 -0.001, #int64 2)",                                        "float64 -0"               },
    {"trunc(float64 2.679, #int64 2)",                                         "float64 2.67"             },
    {"trunc(float64 -2.679, #int64 2)",                                        "float64 -2.67"            },
    {"round(decimal(10,4) 42.4382, #int64 38)",                                "!function"                },
    {"round(decimal(38,0) 99999999999999999999999999999999999999, #int64 -1)", "!overflow"                },
};

static void test_mathematics_is_that_of_postgresql(void **state)
{
    STOA_UNUSED(state);
    check_cases(postgres_cases);
}

static void test_mathematics_keeps_integers_and_rounds_floats(void **state)
{
    STOA_UNUSED(state);
    check_cases(own_cases);
}

/* v / 10^digits, half away from zero, floor, ceiling and cut, without looking at remainders. */
static stoa_i128 expected_of(const char *name, stoa_i128 v, unsigned digits)
{
    stoa_i128 unit = 1;
    for (unsigned i = 0; i < digits; i++)
        unit *= 10;
    stoa_i128 down = v / unit;
    if (down * unit > v)
        down--;
    const stoa_i128 up = down * unit == v ? down : down + 1;
    if (strcmp(name, "floor") == 0)
        return down;
    if (strcmp(name, "ceil") == 0)
        return up;
    if (strcmp(name, "trunc") == 0)
        return v < 0 ? up : down;
    const stoa_i128 to_down = v - down * unit;
    const stoa_i128 to_up = up * unit - v;
    if (to_down == to_up)
        return v < 0 ? down : up;
    return to_down < to_up ? down : up;
}

static void test_decimals_round_exactly_at_every_scale(void **state)
{
    STOA_UNUSED(state);
    static const char *const names[] = {"round", "floor", "ceil", "trunc"};
    struct test_random random = test_random_start(521);
    for (unsigned scale = 1; scale <= 17; scale += 4) {
        for (size_t n = 0; n < 4; n++) {
            struct stoa_arena arena;
            struct stoa_vector vector;
            struct stoa_evaluator *evaluator = NULL;
            const struct stoa_vector *out = NULL;
            const struct stoa_vector *columns[] = {&vector};
            const struct stoa_rows rows = {.length = STOA_VECTOR_ROWS, .columns = columns};
            char type[32];
            stoa_error err;
            stoa_arena_init(&arena, 1 << 20);
            (void)snprintf(type, sizeof type, "decimal(18,%u)", scale);
            vector_make(&vector, type, STOA_VECTOR_ROWS);
            for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
                vector.values.i64[i] =
                    (int64_t)test_random_below(&random, 2000001) - 1000000;
                if (i % 2)
                    vector.values.i64[i] *= 5;
            }
            struct stoa_expr *expr =
                expr_call(&arena, names[n], 1, expr_column(&arena, 0, type));
            assert_ok(stoa_evaluator_create(expr, &evaluator, &err), &err);
            assert_ok(stoa_evaluate(evaluator, &rows, NULL, &out, &err), &err);
            for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++)
                assert_true(stoa_exact_get(out, i) ==
                            expected_of(names[n], vector.values.i64[i], scale));
            stoa_evaluator_free(evaluator);
            stoa_vector_done(&vector);
            stoa_arena_done(&arena);
        }
    }
}

/* Cents of prices: the float nearest to n/100 is what rounding to two digits gives back. */
static void test_rounded_floats_are_the_nearest_to_their_decimal(void **state)
{
    STOA_UNUSED(state);
    struct stoa_arena arena;
    struct stoa_vector vector;
    struct stoa_evaluator *evaluator = NULL;
    const struct stoa_vector *out = NULL;
    const struct stoa_vector *columns[] = {&vector};
    const struct stoa_rows rows = {.length = STOA_VECTOR_ROWS, .columns = columns};
    stoa_error err;
    struct test_random random = test_random_start(522);
    stoa_arena_init(&arena, 1 << 20);
    vector_make(&vector, "float64", STOA_VECTOR_ROWS);
    struct stoa_expr *expr =
        expr_call(&arena, "round", 2, expr_column(&arena, 0, "float64"),
                  expr_value(&arena, "int64 2"));
    assert_ok(stoa_evaluator_create(expr, &evaluator, &err), &err);
    double nearest[STOA_VECTOR_ROWS];
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        const double cents = (double)test_random_below(&random, UINT64_C(1) << 40);
        nearest[i] = cents / 100;
        vector.values.f64[i] = nearest[i] + (i % 3 == 0 ? 0.004 : i % 3 == 1 ? -0.004 : 0);
    }
    assert_ok(stoa_evaluate(evaluator, &rows, NULL, &out, &err), &err);
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++)
        assert_true(out->values.f64[i] == nearest[i]);
    stoa_evaluator_free(evaluator);
    stoa_vector_done(&vector);
    stoa_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mathematics_is_that_of_postgresql),
        cmocka_unit_test(test_mathematics_keeps_integers_and_rounds_floats),
        cmocka_unit_test(test_decimals_round_exactly_at_every_scale),
        cmocka_unit_test(test_rounded_floats_are_the_nearest_to_their_decimal),
    };
    return cmocka_run_group_tests_name("function_math", tests, NULL, NULL);
}
