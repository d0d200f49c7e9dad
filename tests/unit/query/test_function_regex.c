/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/function_regex.c: results and errors by table, patterns out of columns, what binding refuses,
 * failing allocations. */
#include "tests/unit/query/expr_cases.h"

#include <string.h>

#include "query/function.h"

/* What PostgreSQL 15 answers too. */
static const struct expr_case postgres_cases[] = {
    {"~(text 'thomas', text 't.*ma')",                                                                             "bool true"        },
    {"~(text 'thomas', text 'T.*ma')",                                                                             "bool false"       },
    {"~(text 'thomas', text '^th')",                                                                               "bool true"        },
    {"~(text 'thomas', text 's$')",                                                                                "bool true"        },
    {"~(text '', text '')",                                                                                        "bool true"        },
    {"~(text 'abc', text '')",                                                                                     "bool true"        },
    {"~(text '', text '^$')",                                                                                      "bool true"        },
    {"!~(text 'thomas', text 'T.*ma')",                                                                            "bool true"        },
    {"~*(text 'thomas', text 'T.*ma')",                                                                            "bool true"        },
    {"!~*(text 'thomas', text 'T.*ma')",                                                                           "bool false"       },
    {"~(text 'ÄÖ', text 'ä')",                                                                                  "bool false"       },
    {"~*(text 'ÄÖ', text 'äö')",                                                                               "bool true"        },
    {"~(text 'abc', text '(')",                                                                                    "!value"           },
    {"~(text 'abc', text '[')",                                                                                    "!value"           },
    {"~(text 'abc', text '*')",                                                                                    "!value"           },
    {"~(text 'abc', text 'a\\')",                                                                                  "!value"           },
    {"~(text NULL, text 'a')",                                                                                     "bool NULL"        },
    {"~(text 'a', text NULL)",                                                                                     "bool NULL"        },
    {"~(text 'foo bar', text '\\ybar\\y')",                                                                        "bool true"        },
    {"~(text 'foobar', text '\\ybar\\y')",                                                                         "bool false"       },
    {"~(text 'foobar', text '\\mfoo')",                                                                            "bool true"        },
    {"~(text 'foobar', text '\\mbar')",                                                                            "bool false"       },
    {"~(text 'foobar', text 'bar\\M')",                                                                            "bool true"        },
    {"~(text 'foobar', text 'foo\\M')",                                                                            "bool false"       },
    {"~(text 'foobar', text 'foo\\Ybar')",                                                                         "bool true"        },
    {"~(text 'a1b', text '\\d')",                                                                                  "bool true"        },
    {"~(text 'abc', text '\\d')",                                                                                  "bool false"       },
    {"~(text 'a b', text '\\s')",                                                                                  "bool true"        },
    {"~(text 'é', text '^\\w$')",                                                                                 "bool true"        },
    {"~(text 'ab', text '^\\W')",                                                                                  "bool false"       },
    {"~(text 'abc', text '[[:alpha:]]{3}')",                                                                       "bool true"        },
    {"~(text 'a]c', text '[]]')",                                                                                  "bool true"        },
    {"~(text 'a^c', text '[\\^]')",                                                                                "bool true"        },
    {"~(text 'a-c', text '[a\\-z]{3}')",                                                                           "bool false"       },
    {"~(text '€', text '^.$')",                                                                                  "bool true"        },
    {"~(text '€', text '\\u20ac')",                                                                              "bool true"        },
    {"~(text '€', text '[\\u20ac]')",                                                                            "bool true"        },
    {"~(text '😀', text '\\U0001F600')",                                                                         "bool true"        },
    {"~(text 'aa', text '^(a)\\1$')",                                                                              "bool true"        },
    {"~(text 'ab', text '^(a)\\1$')",                                                                              "bool false"       },
    {"~(text 'foobar', text 'foo(?=bar)')",                                                                        "bool true"        },
    {"~(text 'foobaz', text 'foo(?!bar)')",                                                                        "bool true"        },
    {"~(text 'foobar', text '(?<=foo)bar')",                                                                       "bool true"        },
    {"~(text 'ABC', text '(?i)abc')",                                                                              "bool true"        },
    {"~(text 'abc', text 'b\\Z')",                                                                                 "bool false"       },
    {"~(text 'abc', text 'c\\Z')",                                                                                 "bool true"        },
    {"~(text 'abc', text '\\Aa')",                                                                                 "bool true"        },
    {"~(text 'aXb', text 'a.b')",                                                                                  "bool true"        },
    {"~(text 'x', text 'a|b|x')",                                                                                  "bool true"        },
    {"~(text 'aaa', text '^a{2,3}$')",                                                                             "bool true"        },
    {"~(text 'aaaa', text '^a{2,3}$')",                                                                            "bool false"       },
    {"~('abc', 'b')",                                                                                              "bool true"        },
    {"~(int64 1, text '1')",                                                                                       "!function"        },
    {"regexp_like(text 'Hello World', text 'world')",                                                              "bool false"       },
    {"regexp_like(text 'Hello World', text 'world', text 'i')",                                                    "bool true"        },
    {"regexp_like(text 'Hello World', text 'world', text 'g')",                                                    "!value"           },
    {"regexp_like(text 'Hello World', text 'world', text 'z')",                                                    "!value"           },
    {"regexp_like(text 'a.c', text 'a.c', text 'q')",                                                              "bool true"        },
    {"regexp_like(text 'abc', text 'a.c', text 'q')",                                                              "bool false"       },
    {"regexp_like(text 'abc', text 'a b c', text 'x')",                                                            "bool true"        },
    {"regexp_like(text 'ABC', text 'abc', text 'ic')",                                                             "bool false"       },
    {"regexp_like(text 'ABC', text 'abc', text NULL)",                                                             "bool NULL"        },
    {"regexp_count(text 'ABCABCABC', text 'A.')",                                                                  "int64 3"          },
    {"regexp_count(text 'ABCABCABC', text 'a.', int64 1, text 'i')",                                               "int64 3"          },
    {"regexp_count(text 'ABCABCABC', text 'A', int64 2)",                                                          "int64 2"          },
    {"regexp_count(text 'ABC', text '')",                                                                          "int64 4"          },
    {"regexp_count(text '', text '')",                                                                             "int64 1"          },
    {"regexp_count(text 'ABC', text 'x*')",                                                                        "int64 4"          },
    {"regexp_count(text 'ABC', text 'A', int64 0)",                                                                "!value"           },
    {"regexp_count(text 'ABC', text 'A', int64 99)",                                                               "int64 0"          },
    {"regexp_count(text 'ABC', text '$', int64 4)",                                                                "int64 1"          },
    {"regexp_count(text 'ABC', text '$', int64 5)",                                                                "int64 0"          },
    {"regexp_count(text 'äöäö', text 'ä', int64 2)",                                                          "int64 1"          },
    {"regexp_count(text 'aaaa', text '^a')",                                                                       "int64 1"          },
    {"regexp_count(text 'aaaa', text '^a', int64 2)",                                                              "int64 0"          },
    {"regexp_substr(text 'ABCDEF', text 'D.')",                                                                    "text 'DE'"        },
    {"regexp_substr(text 'ABCDEF', text 'x')",                                                                     "text NULL"        },
    {"regexp_substr(text 'number of your street, town zip, FR', text '[^,]+', int64 1, int64 2)",
     "text ' town zip'"                                                                                                               },
    {"regexp_substr(text 'ABCDEFGHI', text '(c..)(...)', int64 1, int64 1, text 'i', int64 2)",
     "text 'FGH'"                                                                                                                     },
    {"regexp_substr(text 'ABCDEFGHI', text '(c..)(...)', int64 1, int64 1, text 'i', int64 0)",
     "text 'CDEFGH'"                                                                                                                  },
    {"regexp_substr(text 'ABCDEFGHI', text '(c..)(...)', int64 1, int64 1, text 'i', int64 3)",
     "text NULL"                                                                                                                      },
    {"regexp_substr(text 'ABCDEFGHI', text '(c..)(...)', int64 1, int64 1, text 'i', int64 -1)",
     "!value"                                                                                                                         },
    {"regexp_substr(text 'abc', text '.', int64 1, int64 0)",                                                      "!value"           },
    {"regexp_substr(text 'abc', text '.', int64 1, int64 3)",                                                      "text 'c'"         },
    {"regexp_substr(text 'abc', text '.', int64 1, int64 4)",                                                      "text NULL"        },
    {"regexp_substr(text 'abcabc', text 'b', int64 3)",                                                            "text 'b'"         },
    {"regexp_substr(text 'abc', text '(x)?b', int64 1, int64 1, text '', int64 1)",
     "text NULL"                                                                                                                      },
    {"regexp_substr(text 'abc', text '')",                                                                         "text ''"          },
    {"regexp_replace(text 'Thomas', text '.[mN]a.', text 'M')",                                                    "text 'ThM'"       },
    {"regexp_replace(text 'foobarbaz', text 'b..', text 'X')",                                                     "text 'fooXbaz'"   },
    {"regexp_replace(text 'foobarbaz', text 'b..', text 'X', text 'g')",                                           "text 'fooXX'"     },
    {"regexp_replace(text 'foobarbaz', text 'b(..)', text 'X\\1Y', text 'g')",
     "text 'fooXarYXazY'"                                                                                                             },
    {"regexp_replace(text 'A PostgreSQL function', text 'a|e|i|o|u', text 'X', int64 1, int64 0, text 'i')",
     "text 'X PXstgrXSQL fXnctXXn'"                                                                                                   },
    {"regexp_replace(text 'A PostgreSQL function', text 'a|e|i|o|u', text 'X', int64 1, int64 3, text 'i')",
     "text 'A PostgrXSQL function'"                                                                                                   },
    {"regexp_replace(text 'abc', text '', text '-', text 'g')",                                                    "text '-a-b-c-'"   },
    {"regexp_replace(text 'abc', text 'b*', text '-', text 'g')",                                                  "text '-a--c-'"    },
    {"regexp_replace(text 'abc', text '', text '-')",                                                              "text '-abc'"      },
    {"regexp_replace(text 'äöü', text '', text '-', text 'g')",                                                 "text '-ä-ö-ü-'"},
    {"regexp_replace(text '', text '', text '-', text 'g')",                                                       "text '-'"         },
    {"regexp_replace(text 'abc', text '$', text '-', text 'g')",                                                   "text 'abc-'"      },
    {"regexp_replace(text 'abc', text '^', text '-', text 'g')",                                                   "text '-abc'"      },
    {"regexp_replace(text 'abc', text 'b', text '[\\&]')",                                                         "text 'a[b]c'"     },
    {"regexp_replace(text 'abc', text 'b', text '[\\\\]')",                                                        "text 'a[\\]c'"    },
    {"regexp_replace(text 'abc', text 'b', text '[\\0]')",                                                         "text 'a[\\0]c'"   },
    {"regexp_replace(text 'abc', text 'b', text '[\\x]')",                                                         "text 'a[\\x]c'"   },
    {"regexp_replace(text 'abc', text 'b', text '\\')",                                                            "text 'a\\c'"      },
    {"regexp_replace(text 'abc', text '(b)', text '\\1\\1\\2')",                                                   "text 'abbc'"      },
    {"regexp_replace(text 'abc', text '(x)?b', text '<\\1>')",                                                     "text 'a<>c'"      },
    {"regexp_replace(text 'abc', text 'x', text 'y')",                                                             "text 'abc'"       },
    {"regexp_replace(text 'abcabc', text 'b', text 'X', int64 3)",                                                 "text 'abcaXc'"    },
    {"regexp_replace(text 'abcabc', text 'b', text 'X', int64 3, int64 0)",
     "text 'abcaXc'"                                                                                                                  },
    {"regexp_replace(text 'abcabc', text 'b', text 'X', int64 1, int64 2)",
     "text 'abcaXc'"                                                                                                                  },
    {"regexp_replace(text 'abcabc', text 'b', text 'X', int64 1, int64 3)",
     "text 'abcabc'"                                                                                                                  },
    {"regexp_replace(text 'abcabc', text 'b', text 'X', int64 0)",                                                 "!value"           },
    {"regexp_replace(text 'abcabc', text 'b', text 'X', int64 1, int64 -1)",                                       "!value"           },
    {"regexp_replace(text 'abcabc', text 'b', text 'X', int64 99)",                                                "text 'abcabc'"    },
    {"regexp_replace(text 'abcabc', text 'b', text 'X', int64 1, int64 1, text 'g')",
     "text 'aXcabc'"                                                                                                                  },
    {"regexp_replace(text NULL, text 'b', text 'X')",                                                              "text NULL"        },
    {"regexp_replace(text 'abc', text 'b', text NULL)",                                                            "text NULL"        },
    {"regexp_replace(text 'https://www.example.org/path/x', text '^https?://(?:www\\.)?([^/]+)/.*$', text '\\1')",
     "text 'example.org'"                                                                                                             },
    {"regexp_replace(text 'a1b22', text '\\d+', text '#', text 'g')",                                              "text 'a#b#'"      },
    {"regexp_replace(text 'foo', text 'o(?=o)', text '0', text 'g')",                                              "text 'f0o'"       },
    {"regexp_substr(text 'xaby', text 'ab|a')",                                                                    "text 'ab'"        },
    {"regexp_replace(text '2020-01-02', text '(\\d+)-(\\d+)-(\\d+)', text '\\3.\\2.\\1')",
     "text '02.01.2020'"                                                                                                              },
};

/* Ours by design. */
static const struct expr_case own_cases[] = {
    {"~(text 'abc', text 'a{2')",               "bool false"},
    {"regexp_substr(text 'xaby', text 'a|ab')", "text 'a'"  },
    {"~(text 'foo bar', text '\\bbar\\b')",     "bool true" },
};

static void test_expressions_match_as_in_postgresql(void **state)
{
    STOA_UNUSED(state);
    check_cases(postgres_cases);
}

static void test_expressions_differ_in_the_choice_among_alternatives(void **state)
{
    STOA_UNUSED(state);
    check_cases(own_cases);
}

/* Every row has its own pattern; equal ones that follow each other are compiled once, and none is mixed up. */
static void test_patterns_may_come_from_a_column(void **state)
{
    STOA_UNUSED(state);
    static const char *const texts[] = {"text 'abc'", "text 'xyz'", "text ''"};
    static const char *const patterns[] = {"text '^a'", "text '^a'", "text 'z$'",
                                           "text NULL", "text '^$'"};
    static const bool expected[5][3] = {
        {true,  false, false},
        {true,  false, false},
        {false, true,  false},
        {false},
        {false, false,      true      }
    };
    struct stoa_arena arena;
    struct stoa_vector text;
    struct stoa_vector pattern;
    struct stoa_evaluator *evaluator = NULL;
    const struct stoa_vector *out = NULL;
    const struct stoa_vector *columns[] = {&text, &pattern};
    const struct stoa_rows rows = {.length = 600, .columns = columns};
    stoa_error err;
    stoa_arena_init(&arena, 1 << 20);
    vector_make(&text, "text", 600);
    vector_make(&pattern, "text", 600);
    for (uint32_t i = 0; i < 600; i++) {
        vector_set(&text, i, texts[i % 3]);
        vector_set(&pattern, i, patterns[i / 2 % 5]);
    }
    struct stoa_expr *expr = expr_call(&arena, "~", 2, expr_column(&arena, 0, "text"),
                                       expr_column(&arena, 1, "text"));
    assert_ok(stoa_evaluator_create(expr, &evaluator, &err), &err);
    for (int round = 0; round < 2; round++) {
        assert_ok(stoa_evaluate(evaluator, &rows, NULL, &out, &err), &err);
        for (uint32_t i = 0; i < 600; i++) {
            const uint32_t p = i / 2 % 5;
            assert_int_equal(stoa_bit_get(out->validity, i), p != 3);
            if (p != 3)
                assert_int_equal(stoa_bit_get(out->values.bits, i), expected[p][i % 3]);
        }
    }
    /* A bad pattern is an error only where its row is asked for. */
    vector_set(&pattern, 70, "text '('");
    assert_fails(stoa_evaluate(evaluator, &rows, NULL, &out, &err), STOA_E_BAD_VALUE, &err);
    uint64_t active[STOA_VECTOR_WORDS];
    memset(active, 0xff, sizeof active);
    stoa_bit_clear(active, 70);
    assert_ok(stoa_evaluate(evaluator, &rows, active, &out, &err), &err);
    stoa_evaluator_free(evaluator);
    stoa_vector_done(&text);
    stoa_vector_done(&pattern);
    stoa_arena_done(&arena);
}

static void test_a_bad_constant_pattern_is_refused_when_it_is_bound(void **state)
{
    STOA_UNUSED(state);
    struct stoa_arena arena;
    struct stoa_expr *args[3];
    struct stoa_expr *call = NULL;
    stoa_error err;
    stoa_arena_init(&arena, 1 << 20);
    args[0] = expr_column(&arena, 0, "text");
    args[1] = expr_value(&arena, "'a(b'");
    assert_fails(stoa_function_bind("~", args, 2, 19, &arena, &call, &err),
                 STOA_E_BAD_VALUE, &err);
    assert_contains(err.message, "regular expression");
    assert_int_equal(err.offset, 19);
    args[1] = expr_value(&arena, "'ab'");
    args[2] = expr_value(&arena, "'iz'");
    assert_fails(stoa_function_bind("regexp_like", args, 3, 19, &arena, &call, &err),
                 STOA_E_BAD_VALUE, &err);
    assert_contains(err.message, "iz");
    assert_null(call);
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
    struct stoa_arena arena;
    struct stoa_vector text;
    const struct stoa_vector *columns[] = {&text, &text};
    const struct stoa_rows rows = {.length = 2, .columns = columns};
    stoa_arena_init(&arena, 1 << 20);
    vector_make(&text, "text", 2);
    vector_set(&text, 0, "text 'abc'");
    vector_set(&text, 1, "text 'b+'");
    struct stoa_expr *column = expr_column(&arena, 0, "text");
    struct failing failing = {.expr = expr_call(&arena, "regexp_replace", 4, column, column,
                                                expr_value(&arena, "text '<\\&>'"),
                                                expr_value(&arena, "text 'g'")),
                              .rows = &rows};
    assert_true(test_allocation_failures(evaluate_failing, &failing) > 10);
    stoa_vector_done(&text);
    stoa_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expressions_match_as_in_postgresql),
        cmocka_unit_test(test_expressions_differ_in_the_choice_among_alternatives),
        cmocka_unit_test(test_patterns_may_come_from_a_column),
        cmocka_unit_test(test_a_bad_constant_pattern_is_refused_when_it_is_bound),
        cmocka_unit_test(test_failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests_name("function_regex", tests, NULL, NULL);
}
