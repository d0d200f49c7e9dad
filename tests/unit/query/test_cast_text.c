/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/cast_text.c: spellings by table, values of every type to text and back, long texts,
 * failing allocations. */
#include "tests/unit/query/expr_cases.h"

#include <string.h>

#include "format/text.h"
#include "query/call.h"
#include "query/cast.h"

/* What PostgreSQL 15 answers too. */
static const struct expr_case postgres_cases[] = {
    {"cast(text '12' as int32)",                                  "int32 12"                      },
    {"cast(text ' 12 ' as int64)",                                "int64 12"                      },
    {"cast(text '+7' as int64)",                                  "int64 7"                       },
    {"cast(text '-0' as int64)",                                  "int64 0"                       },
    {"cast(text '007' as int64)",                                 "int64 7"                       },
    {"cast(text '1.5' as int64)",                                 "!value"                        },
    {"cast(text '' as int64)",                                    "!value"                        },
    {"cast(text '9223372036854775808' as int64)",                 "!overflow"                     },
    {"cast(text '-9223372036854775808' as int64)",                "int64 -9223372036854775808"    },
    {"cast(text '40000' as int16)",                               "!overflow"                     },
    {"cast(text '2147483648' as int32)",                          "!overflow"                     },
    {"cast(text 'abc' as float64)",                               "!value"                        },
    {"cast(text '1e400' as float64)",                             "!overflow"                     },
    {"cast(text '1e-400' as float64)",                            "!overflow"                     },
    {"cast(text 'NaN' as float64)",                               "float64 NaN"                   },
    {"cast(text 'infinity' as float64)",                          "float64 Infinity"              },
    {"cast(text '-Infinity' as float64)",                         "float64 -Infinity"             },
    {"cast(text 'inf' as float64)",                               "float64 Infinity"              },
    {"cast(text '.5' as float64)",                                "float64 0.5"                   },
    {"cast(text '5.' as float64)",                                "float64 5"                     },
    {"cast(text '1e' as float64)",                                "!value"                        },
    {"cast(text '1_000' as int64)",                               "!value"                        },
    {"cast(text '0x10' as int64)",                                "!value"                        },
    {"cast(text 't' as bool)",                                    "bool true"                     },
    {"cast(text 'yes' as bool)",                                  "bool true"                     },
    {"cast(text 'off' as bool)",                                  "bool false"                    },
    {"cast(text 'o' as bool)",                                    "!value"                        },
    {"cast(text 'TRUE' as bool)",                                 "bool true"                     },
    {"cast(text '2' as bool)",                                    "!value"                        },
    {"cast(text '' as bool)",                                     "!value"                        },
    {"cast(text '1.235' as decimal(5,2))",                        "decimal(5,2) 1.24"             },
    {"cast(text '-1.235' as decimal(5,2))",                       "decimal(5,2) -1.24"            },
    {"cast(text '1.234999' as decimal(5,2))",                     "decimal(5,2) 1.23"             },
    {"cast(text '999.995' as decimal(5,2))",                      "!overflow"                     },
    {"cast(text '1e2' as decimal(5,2))",                          "decimal(5,2) 100.00"           },
    {"cast(text '1e3' as decimal(5,2))",                          "!overflow"                     },
    {"cast(text '1e-5' as decimal(5,2))",                         "decimal(5,2) 0.00"             },
    {"cast(text 'abc' as decimal(5,2))",                          "!value"                        },
    {"cast(text '.' as decimal(5,2))",                            "!value"                        },
    {"cast(text '2020-02-30' as date)",                           "!overflow"                     },
    {"cast(text '2020-02-29' as date)",                           "date 2020-02-29"               },
    {"cast(text '2020-2-9' as date)",                             "date 2020-02-09"               },
    {"cast(text '2020-02-29 23:59:59' as date)",                  "date 2020-02-29"               },
    {"cast(text '2020-02-29T23:59:59Z' as timestamptz)",
     "timestamptz 2020-02-29 23:59:59+00"                                                         },
    {"cast(text '2020-02-29 23:59:59+02' as timestamptz)",
     "timestamptz 2020-02-29 21:59:59+00"                                                         },
    {"cast(text '2020-02-29 23:59:59.1234567' as timestamp)",
     "timestamp 2020-02-29 23:59:59.123457"                                                       },
    {"cast(text '2020-02-29' as timestamp)",                      "timestamp 2020-02-29 00:00:00" },
    {"cast(text '2020-02-29 24:00:00' as timestamp)",             "timestamp 2020-03-01 00:00:00" },
    {"cast(text '2020-02-29 25:00:00' as timestamp)",             "!overflow"                     },
    {"cast(text '12:34' as time)",                                "time 12:34:00"                 },
    {"cast(text '12:34:56.789' as time)",                         "time 12:34:56.789"             },
    {"cast(text '24:00:00' as time)",                             "time 24:00:00"                 },
    {"cast(text 'x' as date)",                                    "!value"                        },
    {"cast(text '' as date)",                                     "!value"                        },
    {"cast(text '550e8400-e29b-41d4-a716-446655440000' as uuid)",
     "uuid 550e8400-e29b-41d4-a716-446655440000"                                                  },
    {"cast(text '{550E8400E29B41D4A716446655440000}' as uuid)",
     "uuid 550e8400-e29b-41d4-a716-446655440000"                                                  },
    {"cast(text '550e8400' as uuid)",                             "!value"                        },
    {"cast(text '\\x0102' as binary)",                            "binary '\\x0102'"              },
    {"cast(text 'ab' as binary)",                                 "binary '\\x6162'"              },
    {"cast(text '\\x010' as binary)",                             "!value"                        },
    {"cast(text '\\xzz' as binary)",                              "!value"                        },
    {"cast(int64 -5 as text)",                                    "text '-5'"                     },
    {"cast(float64 1.5 as text)",                                 "text '1.5'"                    },
    {"cast(float64 100000 as text)",                              "text '100000'"                 },
    {"cast(float64 0.0001 as text)",                              "text '0.0001'"                 },
    {"cast(float64 123456789012345678 as text)",                  "text '1.2345678901234568e+17'" },
    {"cast(float64 1e-7 as text)",                                "text '1e-07'"                  },
    {"cast(float64 1e300 as text)",                               "text '1e+300'"                 },
    {"cast(float64 -0.0 as text)",                                "text '-0'"                     },
    {"cast(float64 NaN as text)",                                 "text 'NaN'"                    },
    {"cast(float64 -Infinity as text)",                           "text '-Infinity'"              },
    {"cast(float64 0.1 as text)",                                 "text '0.1'"                    },
    {"cast(float64 1e22 as text)",                                "text '1e+22'"                  },
    {"cast(float64 5e-324 as text)",                              "text '5e-324'"                 },
    {"cast(float64 1.7976931348623157e308 as text)",              "text '1.7976931348623157e+308'"},
    {"cast(float64 12345.678 as text)",                           "text '12345.678'"              },
    {"cast(decimal(5,2) -0.05 as text)",                          "text '-0.05'"                  },
    {"cast(decimal(5,0) 12 as text)",                             "text '12'"                     },
    {"cast(decimal(38,10) 0 as text)",                            "text '0.0000000000'"           },
    {"cast(bool true as text)",                                   "text 'true'"                   },
    {"cast(date 2020-01-02 as text)",                             "text '2020-01-02'"             },
    {"cast(timestamp 2020-01-02 03:04:05 as text)",               "text '2020-01-02 03:04:05'"    },
    {"cast(timestamp 2020-01-02 03:04:05.100 as text)",           "text '2020-01-02 03:04:05.1'"  },
    {"cast(timestamp 2020-01-02 03:04:05.000001 as text)",
     "text '2020-01-02 03:04:05.000001'"                                                          },
    {"cast(timestamptz 2020-01-02 03:04:05+00 as text)",          "text '2020-01-02 03:04:05+00'" },
    {"cast(time 03:04:05.5 as text)",                             "text '03:04:05.5'"             },
    {"cast(uuid 550e8400-e29b-41d4-a716-446655440000 as text)",
     "text '550e8400-e29b-41d4-a716-446655440000'"                                                },
    {"cast(binary '\\x00ff' as text)",                            "text '\\x00ff'"                },
    {"cast(text 'a' as text)",                                    "text 'a'"                      },
    {"cast('12' as int64)",                                       "int64 12"                      },
    {"cast('12.345' as decimal(5,2))",                            "decimal(5,2) 12.35"            },
    {"cast('x' as int64)",                                        "!value"                        },
    {"cast(NULL as int64)",                                       "int64 NULL"                    },
    {"cast('2020-01-01' as date)",                                "date 2020-01-01"               },
    {"cast(int64 NULL as text)",                                  "text NULL"                     },
    {"cast(text NULL as date)",                                   "date NULL"                     },
    {"cast(uuid 550e8400-e29b-41d4-a716-446655440000 as binary)", "!type"                         },
    {"cast(text 'tru' as bool)",                                  "bool true"                     },
    {"cast(text 'on' as bool)",                                   "bool true"                     },
    {"cast(text '1' as bool)",                                    "bool true"                     },
};

/* Ours by design. */
static const struct expr_case own_cases[] = {
    {"cast(text '128' as int8)",                         "!overflow"               },
    {"cast(float64 0.00001 as text)",                    "text '0.00001'"          },
    {"cast(float64 1e15 as text)",                       "text '1000000000000000'" },
    {"cast(float64 1e16 as text)",                       "text '10000000000000000'"},
    {"cast(text '2020-01-01 10:00:00+02' as timestamp)", "!value"                  },
    {"cast(text '0044-03-15 BC' as date)",               "!value"                  },
    {"cast(text '10000-01-01' as date)",                 "!overflow"               },
};

static void test_texts_are_read_and_printed_as_by_postgresql(void **state)
{
    STOA_UNUSED(state);
    check_cases(postgres_cases);
}

static void test_spellings_are_the_canonical_ones(void **state)
{
    STOA_UNUSED(state);
    check_cases(own_cases);
}

/* Random bits of the kind, within the calendar for points in time. */
static void fill(struct stoa_vector *vector, stoa_type type, struct test_random *random)
{
    for (uint32_t i = 0; i < vector->length; i++) {
        const uint64_t bits = test_random_next(random) >> test_random_below(random, 64);
        switch (type.id) {
        case STOA_TYPE_BOOL: vector->values.bits[i / 64] = test_random_next(random); break;
        case STOA_TYPE_UINT64: vector->values.u64[i] = bits; break;
        case STOA_TYPE_FLOAT64: memcpy(&vector->values.f64[i], &bits, 8); break;
        case STOA_TYPE_DECIMAL:
            vector->values.i128[i] = (stoa_i128)(int64_t)bits * stoa_pow10(18);
            break;
        case STOA_TYPE_DATE:
            vector->values.i64[i] = STOA_DATE_FIRST + (int64_t)(bits % 7304484);
            break;
        case STOA_TYPE_TIME:
            vector->values.i64[i] = (int64_t)(bits % STOA_US_PER_DAY);
            break;
        case STOA_TYPE_TIMESTAMP:
        case STOA_TYPE_TIMESTAMPTZ:
            vector->values.i64[i] =
                (STOA_DATE_FIRST + (int64_t)(bits % 7304484)) * STOA_US_PER_DAY +
                (int64_t)(bits % STOA_US_PER_DAY);
            break;
        case STOA_TYPE_BINARY:
            vector->values.views[i] = (struct stoa_view){
                (const uint8_t *)vector->validity + bits % 64, (uint32_t)(bits % 32)};
            break;
        case STOA_TYPE_UUID:
            test_random_bytes(random, vector->values.fixed16 + 16 * (size_t)i, 16);
            break;
        case STOA_TYPE_INT8:
        case STOA_TYPE_INT16:
        case STOA_TYPE_INT32:
        case STOA_TYPE_INT64: vector->values.i64[i] = (int64_t)bits; break;
        case STOA_TYPE_TEXT: break;
        }
    }
}

static void check_round_trip(const char *name, struct test_random *random)
{
    struct stoa_arena arena;
    struct stoa_vector vector;
    struct stoa_evaluator *evaluator = NULL;
    struct stoa_expr *to_text = NULL;
    struct stoa_expr *back = NULL;
    const struct stoa_vector *out = NULL;
    const struct stoa_vector *columns[] = {&vector};
    const struct stoa_rows rows = {.length = 1000, .columns = columns};
    stoa_error err;
    stoa_arena_init(&arena, 1 << 16);
    vector_make(&vector, name, 1000);
    struct stoa_expr *column = expr_column(&arena, 0, name);
    fill(&vector, column->type, random);
    vector_set_null(&vector, 13);
    assert_ok(stoa_cast_bind(column, (stoa_type){.id = STOA_TYPE_TEXT}, true, &arena,
                             &to_text, &err),
              &err);
    assert_ok(stoa_cast_bind(to_text, column->type, true, &arena, &back, &err), &err);
    assert_ok(stoa_evaluator_create(back, &evaluator, &err), &err);
    assert_ok(stoa_evaluate(evaluator, &rows, NULL, &out, &err), &err);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(stoa_vector_is_null(out, i), i == 13);
        const struct stoa_value a = stoa_vector_get(&vector, i);
        const struct stoa_value b = stoa_vector_get(out, i);
        if (i != 13)
            assert_int_equal(stoa_value_compare(vector.phys, &a, &b), 0);
    }
    stoa_evaluator_free(evaluator);
    stoa_vector_done(&vector);
    stoa_arena_done(&arena);
}

static void test_values_of_every_type_survive_as_text(void **state)
{
    STOA_UNUSED(state);
    static const char *const types[] = {
        "bool", "int64",     "uint64", "float64", "date",       "decimal(38,7)",
        "time", "timestamp", "binary", "uuid",    "timestamptz"};
    struct test_random random = test_random_start(581);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        check_round_trip(types[i], &random);
}

static void test_a_long_text_is_no_number(void **state)
{
    STOA_UNUSED(state);
    static char digits[5000];
    struct stoa_arena arena;
    struct stoa_vector vector;
    struct stoa_evaluator *evaluator = NULL;
    struct stoa_expr *cast = NULL;
    const struct stoa_vector *out = NULL;
    const struct stoa_vector *columns[] = {&vector};
    const struct stoa_rows rows = {.length = 1, .columns = columns};
    stoa_error err;
    memset(digits, '0', sizeof digits);
    stoa_arena_init(&arena, 1 << 16);
    vector_make(&vector, "text", 1);
    vector.values.views[0] = (struct stoa_view){(const uint8_t *)digits, sizeof digits};
    assert_ok(stoa_cast_bind(expr_column(&arena, 0, "text"),
                             (stoa_type){.id = STOA_TYPE_INT64}, true, &arena, &cast, &err),
              &err);
    assert_ok(stoa_evaluator_create(cast, &evaluator, &err), &err);
    assert_fails(stoa_evaluate(evaluator, &rows, NULL, &out, &err), STOA_E_BAD_VALUE, &err);
    assert_contains(err.message, "5000");
    stoa_evaluator_free(evaluator);
    stoa_vector_done(&vector);
    stoa_arena_done(&arena);
}

static stoa_status cast_binary(void *context, stoa_error *err)
{
    struct stoa_arena arena;
    struct stoa_view bytes = {NULL, 0};
    stoa_arena_init(&arena, 1 << 16);
    const stoa_status status =
        stoa_cast_binary_literal(*(const struct stoa_view *)context, &arena, &bytes, err);
    if (status == STOA_OK)
        assert_int_equal(bytes.length, 3);
    stoa_arena_done(&arena);
    return status;
}

static void test_failing_allocations_leave_nothing_behind(void **state)
{
    STOA_UNUSED(state);
    struct stoa_view text = {(const uint8_t *)"\\x010203", 8};
    assert_true(test_allocation_failures(cast_binary, &text) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_are_read_and_printed_as_by_postgresql),
        cmocka_unit_test(test_spellings_are_the_canonical_ones),
        cmocka_unit_test(test_values_of_every_type_survive_as_text),
        cmocka_unit_test(test_a_long_text_is_no_number),
        cmocka_unit_test(test_failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests_name("cast_text", tests, NULL, NULL);
}
