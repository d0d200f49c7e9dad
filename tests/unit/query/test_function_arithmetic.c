/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/function_arithmetic.c: results and errors by table, random rows against 128-bit
 * arithmetic, rows that nobody asks for. */
#include "tests/unit/query/expr_cases.h"

#include <math.h>
#include <string.h>

#include "query/call.h"

/* What PostgreSQL 15 answers too. */
static const struct expr_case postgres_cases[] = {
    {"+(int64 1, int64 2)",                                                         "int64 3"                              },
    {"+(int64 9223372036854775807, int64 1)",                                       "!overflow"                            },
    {"-(int64 -9223372036854775808, int64 1)",                                      "!overflow"                            },
    {"*(int64 4611686018427387904, int64 2)",                                       "!overflow"                            },
    {"/(int64 7, int64 2)",                                                         "int64 3"                              },
    {"/(int64 -7, int64 2)",                                                        "int64 -3"                             },
    {"/(int64 7, int64 -2)",                                                        "int64 -3"                             },
    {"%(int64 -7, int64 2)",                                                        "int64 -1"                             },
    {"%(int64 7, int64 -2)",                                                        "int64 1"                              },
    {"/(int64 -9223372036854775808, int64 -1)",                                     "!overflow"                            },
    {"%(int64 -9223372036854775808, int64 -1)",                                     "int64 0"                              },
    {"/(int64 1, int64 0)",                                                         "!division"                            },
    {"%(int64 1, int64 0)",                                                         "!division"                            },
    {"mod(int64 11, int64 4)",                                                      "int64 3"                              },
    {"-(int64 5)",                                                                  "int64 -5"                             },
    {"-(int64 -9223372036854775808)",                                               "!overflow"                            },
    {"+(decimal(5,2) 1.25, decimal(4,1) 2.5)",                                      "decimal(6,2) 3.75"                    },
    {"-(decimal(5,2) 1.25, decimal(4,1) 2.5)",                                      "decimal(6,2) -1.25"                   },
    {"*(decimal(5,2) 1.25, decimal(4,1) 2.5)",                                      "decimal(9,3) 3.125"                   },
    {"/(decimal(5,2) 10.00, decimal(4,1) 2.5)",                                     "decimal(20,16) 4.0000000000000000"    },
    {"%(decimal(5,2) 10.75, decimal(4,1) 2.5)",                                     "decimal(5,2) 0.75"                    },
    {"%(decimal(5,2) -10.75, decimal(4,1) 2.5)",                                    "decimal(5,2) -0.75"                   },
    {"+(decimal(5,2) 1.25, int64 2)",                                               "decimal(22,2) 3.25"                   },
    {"+(decimal(5,2) 1.25, '1.123456')",                                            "decimal(10,6) 2.373456"               },
    {"+(decimal(5,2) 1.25, 'abc')",                                                 "!value"                               },
    {"+(int64 5, '7')",                                                             "int64 12"                             },
    {"+(int64 5, '7.5')",                                                           "!value"                               },
    {"+('1', '2')",                                                                 "!function"                            },
    {"/(decimal(5,2) 1.00, decimal(3,2) 0.00)",                                     "!division"                            },
    {"+(float64 1.5, int64 2)",                                                     "float64 3.5"                          },
    {"+(float64 1.5, decimal(5,2) 2.25)",                                           "float64 3.75"                         },
    {"*(float64 1e308, float64 10)",                                                "!overflow"                            },
    {"*(float64 1e-308, float64 1e-308)",                                           "!overflow"                            },
    {"/(float64 1e-308, float64 1e10)",                                             "float64 1e-318"                       },
    {"/(float64 1e-308, float64 1e300)",                                            "!overflow"                            },
    {"/(float64 1, float64 0)",                                                     "!division"                            },
    {"/(float64 NaN, float64 0)",                                                   "float64 NaN"                          },
    {"/(float64 0, float64 0)",                                                     "!division"                            },
    {"/(float64 1, float64 Infinity)",                                              "float64 0"                            },
    {"/(float64 Infinity, float64 Infinity)",                                       "float64 NaN"                          },
    {"-(float64 Infinity, float64 Infinity)",                                       "float64 NaN"                          },
    {"+(float64 1e308, float64 1e308)",                                             "!overflow"                            },
    {"-(float64 0)",                                                                "float64 -0"                           },
    {"-(float64 NaN)",                                                              "float64 NaN"                          },
    {"+(float64 0.1, float64 0.2)",                                                 "float64 0.30000000000000004"          },
    {"+(date 2020-02-28, int64 2)",                                                 "date 2020-03-01"                      },
    {"-(date 2020-03-01, int64 1)",                                                 "date 2020-02-29"                      },
    {"+(int64 366, date 2020-01-01)",                                               "date 2021-01-01"                      },
    {"-(date 2020-03-01, date 2019-03-01)",                                         "int64 366"                            },
    {"-(date 2020-03-01, '2020-02-01')",                                            "int64 29"                             },
    {"-(date 0001-01-01, int64 1)",                                                 "date 0000-12-31"                      },
    {"+(decimal(3,1) NULL, int64 1)",                                               "decimal(21,1) NULL"                   },
    {"+(NULL, int64 1)",                                                            "int64 NULL"                           },
    {"mod(decimal(5,2) 10.75, int64 3)",                                            "decimal(5,2) 1.75"                    },
    {"mod(int64 10, int64 0)",                                                      "!division"                            },
    {"+(date 2020-01-31, int64 30)",                                                "date 2020-03-01"                      },
    {"+(int8 100, int8 100)",                                                       "int64 200"                            },
    {"-(int64 -5, int64 NULL)",                                                     "int64 NULL"                           },
    {"*(int64 -9223372036854775808, int64 -1)",                                     "!overflow"                            },
    {"*(int64 3037000500, int64 3037000500)",                                       "!overflow"                            },
    {"*(int64 -3037000499, int64 3037000499)",                                      "int64 -9223372030926249001"           },
    {"%(int64 5, int64 -9223372036854775808)",                                      "int64 5"                              },
    {"mod(int64 -11, int64 4)",                                                     "int64 -3"                             },
    {"mod(decimal(5,2) -10.75, decimal(5,2) 3.00)",                                 "decimal(5,2) -1.75"                   },
    {"-(decimal(5,2) 1.25)",                                                        "decimal(5,2) -1.25"                   },
    {"-(uint64 5)",                                                                 "decimal(20,0) -5"                     },
    {"-(uint64 18446744073709551615)",                                              "decimal(20,0) -18446744073709551615"  },
    {"+(uint64 18446744073709551615, int64 1)",                                     "decimal(21,0) 18446744073709551616"   },
    {"-(uint64 0, int64 1)",                                                        "decimal(21,0) -1"                     },
    {"+(int64 5)",                                                                  "int64 5"                              },
    {"+(decimal(5,2) -1.25)",                                                       "decimal(5,2) -1.25"                   },
    {"+(float64 -1.5)",                                                             "float64 -1.5"                         },
    {"+(decimal(18,2) 9999999999999999.99, decimal(18,2) 0.01)",
     "decimal(19,2) 10000000000000000.00"                                                                                  },
    {"*(decimal(18,9) 999999999.999999999, decimal(18,9) 999999999.999999999)",
     "decimal(36,18) 999999999999999998.000000000000000001"                                                                },
    {"*(decimal(10,5) 12345.67891, decimal(10,5) -12345.67891)",
     "decimal(20,10) -152415787.7488187881"                                                                                },
    {"*(decimal(5,2) 1.10, int64 3)",                                               "decimal(24,2) 3.30"                   },
    {"*(decimal(38,20) 1.5, decimal(38,20) 1.5)",                                   "decimal(38,20) 2.25000000000000000000"},
    {"/(decimal(10,2) 22.00, decimal(10,2) 7.00)",                                  "decimal(26,16) 3.1428571428571429"    },
    {"/(decimal(10,2) -22.00, decimal(10,2) 7.00)",                                 "decimal(26,16) -3.1428571428571429"   },
    {"/(int64 10, decimal(5,2) 4.00)",                                              "decimal(37,16) 2.5000000000000000"    },
    {"/(int64 1, decimal(5,2) 0.01)",                                               "decimal(37,16) 100.0000000000000000"  },
    {"/(decimal(3,0) 0, decimal(3,0) 7)",                                           "decimal(19,16) 0.0000000000000000"    },
    {"/(decimal(5,2) 1.00, decimal(5,2) NULL)",                                     "decimal(21,16) NULL"                  },
    {"%(decimal(5,2) 10.00, decimal(5,2) 0.00)",                                    "!division"                            },
    {"%(decimal(5,2) 5.50, int64 2)",                                               "decimal(5,2) 1.50"                    },
    {"%(decimal(38,10) 1.5, decimal(38,0) 99999999999999999999999999999999999999)",
     "decimal(38,10) 1.5000000000"                                                                                         },
    {"-(float64 1.5, float64 NaN)",                                                 "float64 NaN"                          },
    {"*(float64 0, float64 Infinity)",                                              "float64 NaN"                          },
    {"*(float64 0, float64 -1)",                                                    "float64 -0"                           },
    {"/(float64 -1, float64 Infinity)",                                             "float64 -0"                           },
    {"/(float64 5e-324, float64 2)",                                                "!overflow"                            },
    {"+(float64 Infinity, float64 1)",                                              "float64 Infinity"                     },
    {"/(float64 1e308, float64 0.1)",                                               "!overflow"                            },
    {"/(float64 7, int64 2)",                                                       "float64 3.5"                          },
    {"-(decimal(5,2) 1.25, float64 0.25)",                                          "float64 1"                            },
    {"+(date 2020-01-01, int32 31)",                                                "date 2020-02-01"                      },
    {"-(date 2020-01-01, date 2020-12-31)",                                         "int64 -365"                           },
    {"-(date 1970-01-01, int64 719162)",                                            "date 0001-01-01"                      },
    {"+(date 2020-01-01, int64 NULL)",                                              "date NULL"                            },
    {"+(text 'a', int64 1)",                                                        "!function"                            },
    {"+(bool true, int64 1)",                                                       "!function"                            },
    {"+(date 2020-01-01, date 2020-01-01)",                                         "!function"                            },
    {"*(date 2020-01-01, int64 2)",                                                 "!function"                            },
    {"+(float64 1, '2.5')",                                                         "float64 3.5"                          },
    {"+(float64 1, 'x')",                                                           "!value"                               },
    {"-(decimal(5,2) 1.25, '0.25')",                                                "decimal(6,2) 1.00"                    },
    {"*('2', decimal(5,2) 1.25)",                                                   "decimal(6,2) 2.50"                    },
    {"+(int64 1, '9223372036854775808')",                                           "!overflow"                            },
    {"-(date -9999-01-01, int64 1)",                                                "!overflow"                            },
    {"+(date 2020-01-01, int64 9223372036854775807)",                               "!overflow"                            },
};

/* Ours by design. */
static const struct expr_case own_cases[] = {
    {"+(decimal(38,0) 99999999999999999999999999999999999999, int64 1)",              "!overflow"                             },
    {"*(decimal(38,0) 10000000000000000000, decimal(38,0) 10000000000000000000)",
     "!overflow"                                                                                                              },
    {"/(decimal(5,2) 1.00, int64 3)",                                                 "decimal(19,16) 0.3333333333333333"     },
    {"/(decimal(5,2) 2.00, int64 3)",                                                 "decimal(19,16) 0.6666666666666667"     },
    {"-(timestamp 2020-01-02 00:00:00, timestamp 2020-01-01 00:00:00)",               "!function"                             },
    {"+(int32 2147483647, int32 1)",                                                  "int64 2147483648"                      },
    {"*(uint64 18446744073709551615, uint64 18446744073709551615)",                   "!overflow"                             },
    {"-(decimal(38,2) -999999999999999999999999999999999999.99, decimal(38,2) 0.01)",
     "!overflow"                                                                                                              },
    {"/(decimal(10,2) 1000000.00, int64 3)",                                          "decimal(24,16) 333333.3333333333333333"},
    {"/(decimal(38,0) 1, decimal(38,0) 99999999999999999999999999999999999999)",
     "decimal(38,16) 0.0000000000000000"                                                                                      },
    {"+(date 9999-12-31, int64 1)",                                                   "!overflow"                             },
    {"%(float64 5.5, int64 2)",                                                       "float64 1.5"                           },
    {"%(float64 -5.5, float64 2)",                                                    "float64 -1.5"                          },
    {"%(float64 5.5, float64 0)",                                                     "!division"                             },
};

static void test_arithmetic_is_that_of_postgresql(void **state)
{
    STOA_UNUSED(state);
    check_cases(postgres_cases);
}

static void test_arithmetic_is_int64_and_38_digits(void **state)
{
    STOA_UNUSED(state);
    check_cases(own_cases);
}

/* ---- random rows ---- */

struct pair {
    struct stoa_arena arena;
    struct stoa_vector a, b;
    const struct stoa_vector *columns[2];
    struct stoa_evaluator *evaluator;
    struct stoa_expr *expr;
};

static void pair_open(struct pair *pair, const char *name, const char *a, const char *b)
{
    stoa_error err;
    stoa_arena_init(&pair->arena, 1 << 20);
    vector_make(&pair->a, a, STOA_VECTOR_ROWS);
    vector_make(&pair->b, b, STOA_VECTOR_ROWS);
    pair->columns[0] = &pair->a;
    pair->columns[1] = &pair->b;
    pair->expr = expr_call(&pair->arena, name, 2, expr_column(&pair->arena, 0, a),
                           expr_column(&pair->arena, 1, b));
    assert_ok(stoa_evaluator_create(pair->expr, &pair->evaluator, &err), &err);
}

static void pair_close(struct pair *pair)
{
    stoa_evaluator_free(pair->evaluator);
    stoa_vector_done(&pair->a);
    stoa_vector_done(&pair->b);
    stoa_arena_done(&pair->arena);
}

static stoa_status pair_run(struct pair *pair, const uint64_t *active,
                            const struct stoa_vector **out, stoa_error *err)
{
    const struct stoa_rows rows = {.length = pair->a.length, .columns = pair->columns};
    return stoa_evaluate(pair->evaluator, &rows, active, out, err);
}

static bool divides(const char *name)
{
    return name[0] == '/' || name[0] == '%';
}

/* Small numbers mostly, the ends of the range at times. */
static int64_t random_int(struct test_random *random)
{
    const uint64_t kind = test_random_below(random, 16);
    if (kind == 0)
        return INT64_MIN + (int64_t)test_random_below(random, 3);
    if (kind == 1)
        return INT64_MAX - (int64_t)test_random_below(random, 3);
    if (kind < 6)
        return (int64_t)test_random_next(random);
    return (int64_t)test_random_below(random, 41) - 20;
}

static stoa_status expected_int(const char *name, int64_t a, int64_t b, int64_t *out)
{
    stoa_i128 wide = 0;
    if (b == 0 && divides(name))
        return STOA_E_DIVISION_BY_ZERO;
    switch (name[0]) {
    case '+': wide = (stoa_i128)a + b; break;
    case '-': wide = (stoa_i128)a - b; break;
    case '*': wide = (stoa_i128)a * b; break;
    case '/': wide = (stoa_i128)a / b; break;
    default: wide = (stoa_i128)a % b; break;
    }
    *out = (int64_t)wide;
    return wide == (int64_t)wide ? STOA_OK : STOA_E_OVERFLOW;
}

static void check_int_rows(const char *name, struct test_random *random)
{
    struct pair pair;
    stoa_error err;
    pair_open(&pair, name, "int64", "int64");
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        pair.a.values.i64[i] = random_int(random);
        pair.b.values.i64[i] = random_int(random);
    }
    uint64_t good[STOA_VECTOR_WORDS] = {0};
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        const struct stoa_vector *out = NULL;
        int64_t expected = 0;
        uint64_t one[STOA_VECTOR_WORDS] = {0};
        const stoa_status status =
            expected_int(name, pair.a.values.i64[i], pair.b.values.i64[i], &expected);
        stoa_bit_set(one, i);
        if (status != STOA_OK) {
            assert_fails(pair_run(&pair, one, &out, &err), status, &err);
            continue;
        }
        assert_ok(pair_run(&pair, one, &out, &err), &err);
        assert_int_equal(out->values.i64[i], expected);
        stoa_bit_set(good, i);
    }
    /* All good rows together: those that fail stand beside them and do no harm. */
    const struct stoa_vector *out = NULL;
    assert_ok(pair_run(&pair, good, &out, &err), &err);
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        int64_t expected = 0;
        if (!stoa_bit_get(good, i))
            continue;
        (void)expected_int(name, pair.a.values.i64[i], pair.b.values.i64[i], &expected);
        assert_int_equal(out->values.i64[i], expected);
    }
    pair_close(&pair);
}

static void test_integers_are_those_of_128_bits_or_an_error(void **state)
{
    STOA_UNUSED(state);
    static const char *const names[] = {"+", "-", "*", "/", "%"};
    struct test_random random = test_random_start(501);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        check_int_rows(names[i], &random);
}

static stoa_i128 random_digits(struct test_random *random, unsigned digits)
{
    stoa_i128 v = 0;
    const uint64_t used = test_random_below(random, digits + 1);
    for (uint64_t i = 0; i < used; i++)
        v = v * 10 + (stoa_i128)test_random_below(random, 10);
    return test_random_below(random, 2) ? -v : v;
}

/* a op b at the result's scale by plain 128-bit arithmetic: operands of at most 9 digits. */
static stoa_i128 expected_exact(const char *name, stoa_i128 a, unsigned a_scale,
                                stoa_i128 b, unsigned b_scale, unsigned scale)
{
    stoa_i128 unit_a = 1;
    stoa_i128 unit_b = 1;
    for (unsigned i = a_scale; i < scale; i++)
        unit_a *= 10;
    for (unsigned i = b_scale; i < scale; i++)
        unit_b *= 10;
    if (name[0] == '*')
        return a * b;
    if (name[0] == '+')
        return a * unit_a + b * unit_b;
    if (name[0] == '-')
        return a * unit_a - b * unit_b;
    if (name[0] == '%')
        return a * unit_a % (b * unit_b);
    /* scaled numerator / b, half away from zero */
    stoa_i128 top = a;
    for (unsigned i = a_scale; i < scale + b_scale; i++)
        top *= 10;
    const stoa_i128 size_top = top < 0 ? -top : top;
    const stoa_i128 size_b = b < 0 ? -b : b;
    const stoa_i128 rounded = (2 * size_top + size_b) / (2 * size_b);
    return (top < 0) != (b < 0) ? -rounded : rounded;
}

static void check_exact_rows(const char *name, const char *a_type, const char *b_type,
                             struct test_random *random)
{
    struct pair pair;
    stoa_error err;
    pair_open(&pair, name, a_type, b_type);
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        const stoa_i128 b = random_digits(random, 9);
        stoa_exact_set(&pair.a, i, random_digits(random, 9));
        stoa_exact_set(&pair.b, i, b == 0 && divides(name) ? 1 : b);
    }
    const struct stoa_vector *out = NULL;
    assert_ok(pair_run(&pair, NULL, &out, &err), &err);
    const unsigned a_scale = stoa_exact_scale(pair.expr->args[0]->type);
    const unsigned b_scale = stoa_exact_scale(pair.expr->args[1]->type);
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        const stoa_i128 expected =
            expected_exact(name, stoa_exact_get(&pair.a, i), a_scale,
                           stoa_exact_get(&pair.b, i), b_scale, pair.expr->type.scale);
        assert_true(stoa_exact_get(out, i) == expected);
        assert_true(stoa_exact_fits(pair.expr->type, expected));
    }
    pair_close(&pair);
}

static void test_decimals_are_exact_at_any_scales(void **state)
{
    STOA_UNUSED(state);
    static const char *const names[] = {"+", "-", "*", "/", "%"};
    static const char *const types[] = {"decimal(9,0)", "decimal(9,2)",  "decimal(9,9)",
                                        "decimal(9,5)", "decimal(20,3)", "int32",
                                        "decimal(18,4)"};
    enum { TYPE_COUNT = sizeof types / sizeof types[0] };
    struct test_random random = test_random_start(502);
    for (size_t i = 0; i < sizeof names / sizeof names[0] * TYPE_COUNT * TYPE_COUNT; i++) {
        const char *a = types[i % TYPE_COUNT];
        const char *b = types[i / TYPE_COUNT % TYPE_COUNT];
        if (a[0] == 'd' || b[0] == 'd')
            check_exact_rows(names[i / TYPE_COUNT / TYPE_COUNT], a, b, &random);
    }
}

/* 20 digits before the point and 18 behind it on both sides: the product keeps 20, rounded. */
static void test_products_beyond_38_digits_round_to_20(void **state)
{
    STOA_UNUSED(state);
    struct pair pair;
    stoa_error err;
    const struct stoa_vector *out = NULL;
    pair_open(&pair, "*", "decimal(38,18)", "decimal(38,18)");
    vector_set(&pair.a, 0, "decimal(38,18) 1.000000000000000001");
    vector_set(&pair.b, 0, "decimal(38,18) 1.000000000000000001");
    vector_set(&pair.a, 1, "decimal(38,18) 0.500000000000000005");
    vector_set(&pair.b, 1, "decimal(38,18) 0.010000000000000000");
    vector_set(&pair.a, 2, "decimal(38,18) -123456789.123456789123456789");
    vector_set(&pair.b, 2, "decimal(38,18) 1000.000000000000000000");
    assert_ok(pair_run(&pair, NULL, &out, &err), &err);
    assert_string_equal(vector_text(out, pair.expr->type, 0),
                        "decimal(38,20) 1.00000000000000000200");
    assert_string_equal(vector_text(out, pair.expr->type, 1),
                        "decimal(38,20) 0.00500000000000000005");
    assert_string_equal(vector_text(out, pair.expr->type, 2),
                        "decimal(38,20) -123456789123.45678912345678900000");
    vector_set(&pair.b, 2, "decimal(38,18) 10000000000.000000000000000000");
    assert_fails(pair_run(&pair, NULL, &out, &err), STOA_E_OVERFLOW, &err);
    pair_close(&pair);
}

static void test_float_operations_are_those_of_the_processor(void **state)
{
    STOA_UNUSED(state);
    static const char *const names[] = {"+", "-", "*", "/"};
    struct test_random random = test_random_start(503);
    for (size_t n = 0; n < 4; n++) {
        struct pair pair;
        stoa_error err;
        const struct stoa_vector *out = NULL;
        pair_open(&pair, names[n], "float64", "float64");
        for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
            pair.a.values.f64[i] = (double)random_int(&random) / 1024;
            pair.b.values.f64[i] = (double)random_int(&random) / 7 + 0.1;
        }
        pair.a.values.f64[7] = INFINITY;
        pair.a.values.f64[8] = NAN;
        assert_ok(pair_run(&pair, NULL, &out, &err), &err);
        for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
            const double a = pair.a.values.f64[i];
            const double b = pair.b.values.f64[i];
            const double expected[] = {a + b, a - b, a * b, a / b};
            assert_true(i == 8 ? isnan(out->values.f64[i])
                               : out->values.f64[i] == expected[n]);
        }
        pair_close(&pair);
    }
}

static void test_errors_are_raised_for_asked_rows_only(void **state)
{
    STOA_UNUSED(state);
    static const char *const names[] = {"/", "%"};
    static const char *const types[] = {"int64", "decimal(9,2)", "float64"};
    for (size_t i = 0; i < 6; i++) {
        struct pair pair;
        stoa_error err;
        const struct stoa_vector *out = NULL;
        uint64_t active[STOA_VECTOR_WORDS];
        pair_open(&pair, names[i % 2], types[i / 2], types[i / 2]);
        for (uint32_t row = 0; row < STOA_VECTOR_ROWS; row++) {
            if (pair.b.phys == STOA_PHYS_F64)
                pair.b.values.f64[row] = row != 100;
            else
                pair.b.values.i64[row] = row != 100;
        }
        assert_fails(pair_run(&pair, NULL, &out, &err), STOA_E_DIVISION_BY_ZERO, &err);
        memset(active, 0xff, sizeof active);
        stoa_bit_clear(active, 100);
        assert_ok(pair_run(&pair, active, &out, &err), &err);
        /* A NULL divisor is no zero, whatever lies behind it. */
        vector_set_null(&pair.b, 100);
        assert_ok(pair_run(&pair, NULL, &out, &err), &err);
        assert_true(out->has_nulls && !stoa_bit_get(out->validity, 100));
        pair_close(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic_is_that_of_postgresql),
        cmocka_unit_test(test_arithmetic_is_int64_and_38_digits),
        cmocka_unit_test(test_integers_are_those_of_128_bits_or_an_error),
        cmocka_unit_test(test_decimals_are_exact_at_any_scales),
        cmocka_unit_test(test_products_beyond_38_digits_round_to_20),
        cmocka_unit_test(test_float_operations_are_those_of_the_processor),
        cmocka_unit_test(test_errors_are_raised_for_asked_rows_only),
    };
    return cmocka_run_group_tests_name("function_arithmetic", tests, NULL, NULL);
}
