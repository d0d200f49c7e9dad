/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/function_text_shape.c: results and errors by table; limits of made texts; failing
 * allocations. */
#include "tests/unit/query/expr_cases.h"

#include <string.h>

#include "query/call.h"

/* What PostgreSQL 15 answers too. */
static const struct expr_case postgres_cases[] = {
    {"chr(int64 65)",                                              "text 'A'"                          },
    {"chr(int64 8364)",                                            "text '€'"                        },
    {"chr(int64 128512)",                                          "text '😀'"                       },
    {"chr(int64 -1)",                                              "!value"                            },
    {"lower(text 'TOM')",                                          "text 'tom'"                        },
    {"upper(text 'tom')",                                          "text 'TOM'"                        },
    {"lower(text 'ÄÖÜ ÇÉ ŁŻ')",                             "text 'äöü çé łż'"           },
    {"upper(text 'äöü çé łż ß')",                          "text 'ÄÖÜ ÇÉ ŁŻ ß'"        },
    {"upper(text 'ÿ')",                                           "text 'Ÿ'"                         },
    {"lower(text 'Ÿ')",                                           "text 'ÿ'"                         },
    {"lower(text 'ΑΒΓΣΩ ΆΈΉΊΌΎΏ')",                    "text 'αβγσω άέήίόύώ'"  },
    {"upper(text 'αβγσςω άέήίόύώ')",                  "text 'ΑΒΓΣΣΩ ΆΈΉΊΌΎΏ'"},
    {"lower(text 'ДЖИВ Ё Ї')",                               "text 'джив ё ї'"             },
    {"upper(text 'джив ё ї')",                               "text 'ДЖИВ Ё Ї'"             },
    {"lower(text 'ԱԲ')",                                         "text 'աբ'"                       },
    {"upper(text 'աբ')",                                         "text 'ԱԲ'"                       },
    {"upper(text 'ạắ ḁ')",                                   "text 'ẠẮ Ḁ'"                 },
    {"upper(text 'ǆ ǅ ǉ')",                                     "text 'Ǆ Ǆ Ǉ'"                   },
    {"lower(text 'Ǆ ǅ')",                                        "text 'ǆ ǆ'"                      },
    {"lower(text 'İI')",                                          "text 'ii'"                         },
    {"upper(text 'ıi')",                                          "text 'II'"                         },
    {"upper(text 'ſ')",                                           "text 'S'"                          },
    {"upper(text 'µ')",                                           "text 'Μ'"                         },
    {"lower(text 'K')",                                            "text 'k'"                          },
    {"lower(text 'ẞ')",                                          "text 'ß'"                         },
    {"upper(text 'ⱥ')",                                          "text 'Ⱥ'"                         },
    {"lower(text 'Ⱥ')",                                           "text 'ⱥ'"                        },
    {"upper(text 'ａｂ')",                                       "text 'ＡＢ'"                     },
    {"lower(text 'ＡＢ')",                                       "text 'ａｂ'"                     },
    {"lower(text '𐐀')",                                         "text '𐐨'"                       },
    {"upper(text '𐐨')",                                         "text '𐐀'"                       },
    {"upper(text 'ა')",                                          "text 'Ა'"                        },
    {"lower(text 'Ა')",                                          "text 'ა'"                        },
    {"lower(text '')",                                             "text ''"                           },
    {"initcap(text 'hi THOMAS')",                                  "text 'Hi Thomas'"                  },
    {"initcap(text 'straße')",                                    "text 'Straße'"                    },
    {"initcap(text 'o''neil mc-donald 3rd')",                      "text 'O''Neil Mc-Donald 3rd'"      },
    {"initcap(text 'été à la ÉCOLE')",                         "text 'Été À La École'"         },
    {"initcap(text 'a_b c1d')",                                    "text 'A_B C1d'"                    },
    {"initcap(text '日本 abc日xyz')",                           "text '日本 Abc日xyz'"           },
    {"initcap(text 'naïve œuvre')",                              "text 'Naïve Œuvre'"              },
    {"initcap(text 'foo“bar” baz')",                           "text 'Foo“Bar” Baz'"           },
    {"initcap(text '')",                                           "text ''"                           },
    {"replace(text 'abcdefabcdef', text 'cd', text 'XX')",         "text 'abXXefabXXef'"               },
    {"replace(text 'aaa', text 'aa', text 'b')",                   "text 'ba'"                         },
    {"replace(text 'abc', text '', text 'x')",                     "text 'abc'"                        },
    {"replace(text 'abc', text 'b', text '')",                     "text 'ac'"                         },
    {"replace(text '', text 'b', text 'c')",                       "text ''"                           },
    {"replace(text 'abab', text 'ab', text 'abab')",               "text 'abababab'"                   },
    {"replace(text 'äöä', text 'ä', text 'x')",                "text 'xöx'"                       },
    {"replace(text 'abc', text 'b', text NULL)",                   "text NULL"                         },
    {"reverse(text 'abcde')",                                      "text 'edcba'"                      },
    {"reverse(text 'äbc€')",                                    "text '€cbä'"                    },
    {"reverse(text '')",                                           "text ''"                           },
    {"repeat(text 'Pg', int64 4)",                                 "text 'PgPgPgPg'"                   },
    {"repeat(text 'Pg', int64 0)",                                 "text ''"                           },
    {"repeat(text 'Pg', int64 -1)",                                "text ''"                           },
    {"repeat(text '', int64 1000)",                                "text ''"                           },
    {"repeat(text 'x', int64 2000000000)",                         "!limit"                            },
    {"lpad(text 'hi', int64 5, text 'xy')",                        "text 'xyxhi'"                      },
    {"lpad(text 'hello', int64 3, text 'xy')",                     "text 'hel'"                        },
    {"lpad(text 'hi', int64 5)",                                   "text '   hi'"                      },
    {"lpad(text 'hi', int64 5, text '')",                          "text 'hi'"                         },
    {"lpad(text 'hi', int64 0)",                                   "text ''"                           },
    {"lpad(text 'hi', int64 -1, text 'x')",                        "text ''"                           },
    {"lpad(text '', int64 3, text 'ab')",                          "text 'aba'"                        },
    {"lpad(text 'ä', int64 4, text 'öü')",                      "text 'öüöä'"                   },
    {"rpad(text 'hi', int64 5, text 'xy')",                        "text 'hixyx'"                      },
    {"rpad(text 'hello', int64 3, text 'xy')",                     "text 'hel'"                        },
    {"rpad(text 'hi', int64 5)",                                   "text 'hi   '"                      },
    {"rpad(text 'ä', int64 4, text 'öü')",                      "text 'äöüö'"                   },
    {"rpad(text 'hi', int64 2000000000, text 'x')",                "!limit"                            },
    {"||(text 'a', text 'b')",                                     "text 'ab'"                         },
    {"||(text 'a', int64 1)",                                      "text 'a1'"                         },
    {"||(int64 1, text 'a')",                                      "text '1a'"                         },
    {"||('a', 'b')",                                               "text 'ab'"                         },
    {"||(int64 1, int64 2)",                                       "!function"                         },
    {"||(text 'a', NULL)",                                         "text NULL"                         },
    {"||(text 'a', text NULL)",                                    "text NULL"                         },
    {"||(text 'v=', float64 1.5)",                                 "text 'v=1.5'"                      },
    {"||(text 'v=', decimal(5,2) 1.50)",                           "text 'v=1.50'"                     },
    {"||(text 'v=', bool true)",                                   "text 'v=true'"                     },
    {"||(text 'v=', date 2020-01-02)",                             "text 'v=2020-01-02'"               },
    {"||(text 'v=', timestamp 2020-01-02 03:04:05.5)",             "text 'v=2020-01-02 03:04:05.5'"    },
    {"||(binary '\\x01', binary '\\x02')",                         "binary '\\x0102'"                  },
    {"concat(text 'a', text NULL, int64 5)",                       "text 'a5'"                         },
    {"concat(text 'abcde', int64 2, NULL, int64 22)",              "text 'abcde222'"                   },
    {"concat(NULL)",                                               "text ''"                           },
    {"concat(text NULL, text NULL)",                               "text ''"                           },
    {"concat('a', 'b', 'c')",                                      "text 'abc'"                        },
    {"concat()",                                                   "!function"                         },
    {"concat_ws(text ',', text 'abcde', int64 2, NULL, int64 22)", "text 'abcde,2,22'"                 },
    {"concat_ws(text NULL, text 'a')",                             "text NULL"                         },
    {"concat_ws(text ',', text NULL, text NULL)",                  "text ''"                           },
    {"concat_ws(text ', ', text '', text 'b')",                    "text ', b'"                        },
    {"concat_ws(text '', text 'a', text 'b')",                     "text 'ab'"                         },
    {"concat_ws(',', 'a', 'b', 'c')",                              "text 'a,b,c'"                      },
    {"concat_ws(text ',')",                                        "!function"                         },
    {"||(binary '\\x01', '\\x02')",                                "binary '\\x0102'"                  },
    {"||(binary '\\x', binary '\\x')",                             "binary '\\x'"                      },
    {"||(binary '\\x01', binary NULL)",                            "binary NULL"                       },
    {"translate(text '12345', text '143', text 'ax')",             "text 'a2x5'"                       },
    {"translate(text 'abc', text '', text 'x')",                   "text 'abc'"                        },
    {"translate(text 'abc', text 'abc', text '')",                 "text ''"                           },
    {"translate(text '', text 'abc', text 'x')",                   "text ''"                           },
    {"translate(text 'aabb', text 'aab', text 'xyz')",             "text 'xxzz'"                       },
    {"translate(text 'äöü', text 'öä', text 'o€')",         "text '€oü'"                     },
    {"translate(text 'e€e', text '€', text 'e')",              "text 'eee'"                        },
    {"translate(text 'a€é', text 'aé', text '€')",           "text '€€'"                     },
    {"translate(text 'abc', text 'b', text NULL)",                 "text NULL"                         },
    {"translate(text 'àáâ', text 'áàâ', text 'xyz')",        "text 'yxz'"                        },
};

/* Ours by design. */
static const struct expr_case own_cases[] = {
    {"chr(int64 0)",                   "!value"        },
    {"chr(int64 1114112)",             "!value"        },
    {"chr(int64 55296)",               "!value"        },
    {"concat(bool true, float64 0.5)", "text 'true0.5'"},
};

static void test_texts_are_made_as_by_postgresql(void **state)
{
    STOA_UNUSED(state);
    check_cases(postgres_cases);
}

static void test_texts_differ_in_what_they_print(void **state)
{
    STOA_UNUSED(state);
    check_cases(own_cases);
}

/* 16 MiB is the longest value; all that one vector makes is bounded as well. */
static void test_made_texts_are_bounded(void **state)
{
    STOA_UNUSED(state);
    static const struct expr_case cases[] = {
        {"length(text 'x')",                                    "int64 1"},
        {"repeat(text 'abc', int64 5592406)",                   "!limit" },
        {"repeat(text 'abc', int64 9223372036854775807)",       "!limit" },
        {"lpad(text 'x', int64 16777217)",                      "!limit" },
        {"rpad(text 'x', int64 16777216, text '\xc3\xa9')",     "!limit" },
        {"rpad(text 'x', int64 9223372036854775807, text 'y')", "!limit" },
    };
    struct stoa_arena arena;
    struct stoa_vector counts;
    struct stoa_evaluator *evaluator = NULL;
    const struct stoa_vector *out = NULL;
    const struct stoa_vector *columns[] = {&counts};
    const struct stoa_rows rows = {.length = 100, .columns = columns};
    stoa_error err;
    check_cases(cases);
    stoa_arena_init(&arena, 1 << 20);
    vector_make(&counts, "int64", 100);
    for (uint32_t i = 0; i < 100; i++)
        counts.values.i64[i] = 2 << 20;
    struct stoa_expr *expr = expr_call(&arena, "repeat", 2, expr_value(&arena, "text 'x'"),
                                       expr_column(&arena, 0, "int64"));
    assert_ok(stoa_evaluator_create(expr, &evaluator, &err), &err);
    assert_fails(stoa_evaluate(evaluator, &rows, NULL, &out, &err), STOA_E_LIMIT, &err);
    stoa_evaluator_free(evaluator);
    stoa_vector_done(&counts);
    stoa_arena_done(&arena);
}

static stoa_status make_texts(void *context, stoa_error *err)
{
    const struct stoa_expr *expr = context;
    struct stoa_evaluator *evaluator = NULL;
    const struct stoa_vector *out = NULL;
    const struct stoa_rows rows = {.length = 64, .columns = NULL};
    stoa_status status = stoa_evaluator_create(expr, &evaluator, err);
    if (status == STOA_OK)
        status = stoa_evaluate(evaluator, &rows, NULL, &out, err);
    stoa_evaluator_free(evaluator);
    return status;
}

static void test_failing_allocations_leave_nothing_behind(void **state)
{
    STOA_UNUSED(state);
    struct stoa_arena arena;
    stoa_arena_init(&arena, 1 << 20);
    struct stoa_expr *text = expr_value(&arena, "text 'some text that is not so short'");
    struct stoa_expr *upper = expr_call(&arena, "upper", 1, text);
    struct stoa_expr *twice = expr_call(&arena, "||", 2, upper, upper);
    struct stoa_expr *long_text =
        expr_call(&arena, "repeat", 2, twice, expr_value(&arena, "int64 20"));
    assert_true(test_allocation_failures(make_texts, long_text) > 4);
    stoa_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_are_made_as_by_postgresql),
        cmocka_unit_test(test_texts_differ_in_what_they_print),
        cmocka_unit_test(test_made_texts_are_bounded),
        cmocka_unit_test(test_failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests_name("function_text_shape", tests, NULL, NULL);
}
