/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/function_text.c: results and errors by table; cuts of random texts against arrays of
 * characters; positions at the ends of int64. */
#include "tests/unit/query/expr_cases.h"

#include <string.h>

#include "query/call.h"
#include "query/utf8_text.h"

/* What PostgreSQL 15 answers too. */
static const struct expr_case postgres_cases[] = {
    {"substr(text 'abcdef', int64 2)",                             "text 'bcdef'" },
    {"substr(text 'abcdef', int64 2, int64 3)",                    "text 'bcd'"   },
    {"substr(text 'abcdef', int64 0, int64 3)",                    "text 'ab'"    },
    {"substr(text 'abcdef', int64 -5, int64 3)",                   "text ''"      },
    {"substr(text 'abcdef', int64 -1, int64 3)",                   "text 'a'"     },
    {"substr(text 'abcdef', int64 7)",                             "text ''"      },
    {"substr(text 'abcdef', int64 7, int64 1)",                    "text ''"      },
    {"substr(text 'abcdef', int64 6, int64 1)",                    "text 'f'"     },
    {"substr(text 'abcdef', int64 3, int64 0)",                    "text ''"      },
    {"substr(text 'abcdef', int64 3, int64 -1)",                   "!value"       },
    {"substr(text 'abcdef', int64 -2147483648, int64 2147483647)", "text ''"      },
    {"substr(text 'abcdef', int64 2, int64 2147483647)",           "text 'bcdef'" },
    {"substr(text 'abcdef', int64 -2147483648, int64 0)",          "text ''"      },
    {"substr(text 'abcdef', int64 -3)",                            "text 'abcdef'"},
    {"substr(text 'äöü€x', int64 2, int64 2)",                "text 'öü'"  },
    {"substr(text 'äöü€x', int64 4)",                         "text '€x'"  },
    {"substr(text '', int64 1, int64 1)",                          "text ''"      },
    {"substr(text NULL, int64 1, int64 1)",                        "text NULL"    },
    {"substring(text 'abcdef', int64 2, int64 3)",                 "text 'bcd'"   },
    {"substr('abcdef', int64 2)",                                  "text 'bcdef'" },
    {"left(text 'abcde', int64 2)",                                "text 'ab'"    },
    {"left(text 'abcde', int64 -2)",                               "text 'abc'"   },
    {"left(text 'abcde', int64 0)",                                "text ''"      },
    {"left(text 'abcde', int64 9)",                                "text 'abcde'" },
    {"left(text 'abcde', int64 -9)",                               "text ''"      },
    {"left(text 'äbcde', int64 1)",                               "text 'ä'"    },
    {"left(text 'abcde', int64 -2147483648)",                      "text ''"      },
    {"right(text 'abcde', int64 2)",                               "text 'de'"    },
    {"right(text 'abcde', int64 -2)",                              "text 'cde'"   },
    {"right(text 'abcde', int64 0)",                               "text ''"      },
    {"right(text 'abcde', int64 9)",                               "text 'abcde'" },
    {"right(text 'abcde', int64 -9)",                              "text ''"      },
    {"right(text 'abcdé', int64 1)",                              "text 'é'"    },
    {"length(text 'äöü')",                                      "int64 3"      },
    {"length(text '')",                                            "int64 0"      },
    {"length(binary '\\x0102')",                                   "int64 2"      },
    {"char_length(text 'äöü')",                                 "int64 3"      },
    {"character_length(text 'a')",                                 "int64 1"      },
    {"octet_length(text 'äöü')",                                "int64 6"      },
    {"octet_length(binary '\\x010203')",                           "int64 3"      },
    {"octet_length('abc')",                                        "int64 3"      },
    {"length(text NULL)",                                          "int64 NULL"   },
    {"length(int64 5)",                                            "!function"    },
    {"strpos(text 'high', text 'ig')",                             "int64 2"      },
    {"strpos(text 'high', text 'x')",                              "int64 0"      },
    {"strpos(text 'high', text '')",                               "int64 1"      },
    {"strpos(text '', text '')",                                   "int64 1"      },
    {"strpos(text '', text 'a')",                                  "int64 0"      },
    {"strpos(text 'äöü', text 'ü')",                           "int64 3"      },
    {"strpos(text 'aXaX', text 'X')",                              "int64 2"      },
    {"starts_with(text 'alphabet', text 'alph')",                  "bool true"    },
    {"starts_with(text 'alphabet', text 'lph')",                   "bool false"   },
    {"starts_with(text 'alphabet', text '')",                      "bool true"    },
    {"starts_with(text '', text 'a')",                             "bool false"   },
    {"ascii(text 'x')",                                            "int64 120"    },
    {"ascii(text '')",                                             "int64 0"      },
    {"ascii(text '€')",                                          "int64 8364"   },
    {"ascii(text 'é')",                                           "int64 233"    },
    {"ascii(text '😀')",                                         "int64 128512" },
    {"btrim(text '  trim  ')",                                     "text 'trim'"  },
    {"btrim(text 'xyxtrimyyx', text 'xyz')",                       "text 'trim'"  },
    {"ltrim(text 'zzzytest', text 'xyz')",                         "text 'test'"  },
    {"rtrim(text 'testxxzx', text 'xyz')",                         "text 'test'"  },
    {"ltrim(text '  a ')",                                         "text 'a '"    },
    {"rtrim(text ' a  ')",                                         "text ' a'"    },
    {"btrim(text 'xxx', text 'x')",                                "text ''"      },
    {"btrim(text '', text 'x')",                                   "text ''"      },
    {"btrim(text 'abc', text '')",                                 "text 'abc'"   },
    {"btrim(text 'ääbää', text 'ä')",                         "text 'b'"     },
    {"btrim(text 'éaè', text 'é')",                             "text 'aè'"   },
    {"split_part(text 'abc~@~def~@~ghi', text '~@~', int64 2)",    "text 'def'"   },
    {"split_part(text 'abc,def,ghi,jkl', text ',', int64 -2)",     "text 'ghi'"   },
    {"split_part(text 'abc,def,ghi,jkl', text ',', int64 -4)",     "text 'abc'"   },
    {"split_part(text 'abc,def,ghi,jkl', text ',', int64 -5)",     "text ''"      },
    {"split_part(text 'abc,def,ghi,jkl', text ',', int64 1)",      "text 'abc'"   },
    {"split_part(text 'abc,def,ghi,jkl', text ',', int64 4)",      "text 'jkl'"   },
    {"split_part(text 'abc,def,ghi,jkl', text ',', int64 5)",      "text ''"      },
    {"split_part(text 'abc,def', text ',', int64 0)",              "!value"       },
    {"split_part(text '', text ',', int64 1)",                     "text ''"      },
    {"split_part(text '', text ',', int64 -1)",                    "text ''"      },
    {"split_part(text '', text ',', int64 2)",                     "text ''"      },
    {"split_part(text 'abc', text '', int64 1)",                   "text 'abc'"   },
    {"split_part(text 'abc', text '', int64 2)",                   "text ''"      },
    {"split_part(text 'abc', text '', int64 -1)",                  "text 'abc'"   },
    {"split_part(text 'abc', text '', int64 -2)",                  "text ''"      },
    {"split_part(text 'aaa', text 'aa', int64 1)",                 "text ''"      },
    {"split_part(text 'aaa', text 'aa', int64 2)",                 "text 'a'"     },
    {"split_part(text 'aaa', text 'aa', int64 -1)",                "text 'a'"     },
    {"split_part(text 'aaaa', text 'aa', int64 -1)",               "text ''"      },
    {"split_part(text ',a,', text ',', int64 1)",                  "text ''"      },
    {"split_part(text ',a,', text ',', int64 3)",                  "text ''"      },
    {"split_part(text ',a,', text ',', int64 -1)",                 "text ''"      },
    {"split_part(text ',a,', text ',', int64 -2)",                 "text 'a'"     },
    {"split_part(text 'a,b', text ',', int64 2147483647)",         "text ''"      },
    {"split_part(text 'a,b', text ',', int64 -2147483648)",        "text ''"      },
    {"starts_with('abc', text 'a')",                               "bool true"    },
    {"trim(text '  a  ')",                                         "text 'a'"     },
    {"trim(text 'xax', text 'x')",                                 "text 'a'"     },
    {"substring(text 'foobar', text 'o.b')",                       "text 'oob'"   },
    {"substring(text 'foobar', text 'o(.)b')",                     "text 'o'"     },
    {"substring(text 'foobar', text 'x')",                         "text NULL"    },
    {"substring(text 'foobar', text '(x)?b')",                     "text NULL"    },
    {"substring(text 'foobar', 'o.b')",                            "text 'oob'"   },
    {"substring('foobar', '2')",                                   "text NULL"    },
    {"substring(text 'foobar', text '(?:o)b')",                    "text 'ob'"    },
};

/* Ours by design. */
static const struct expr_case own_cases[] = {
    {"substr(text 'abc', int64 NULL)",                                            "text NULL" },
    {"right(text 'abcde', int64 -2147483648)",                                    "text ''"   },
    {"ends_with(text 'alphabet', text 'bet')",                                    "bool true" },
    {"ends_with(text 'alphabet', text 'be')",                                     "bool false"},
    {"ends_with(text 'a', text 'alphabet')",                                      "bool false"},
    {"ends_with(text 'a', text '')",                                              "bool true" },
    {"contains(text 'alphabet', text 'hab')",                                     "bool true" },
    {"contains(text 'alphabet', text '')",                                        "bool true" },
    {"contains(text '', text 'a')",                                               "bool false"},
    {"position(text 'high', text 'ig')",                                          "int64 2"   },
    {"substr(text 'abc', int64 -9223372036854775808, int64 0)",                   "text ''"   },
    {"substr(text 'abc', int64 -9223372036854775808, int64 9223372036854775807)",
     "text ''"                                                                                },
    {"substr(text 'abc', int64 2, int64 9223372036854775807)",                    "text 'bc'" },
    {"left(text 'abc', int64 -9223372036854775808)",                              "text ''"   },
    {"right(text 'abc', int64 -9223372036854775808)",                             "text ''"   },
    {"split_part(text 'a,b', text ',', int64 -9223372036854775808)",              "text ''"   },
};

static void test_texts_are_cut_and_searched_as_by_postgresql(void **state)
{
    STOA_UNUSED(state);
    check_cases(postgres_cases);
}

static void test_positions_are_int64(void **state)
{
    STOA_UNUSED(state);
    check_cases(own_cases);
}

enum { MAX_CHARS = 12 };

/* A text as an array of characters. */
struct chars {
    char bytes[4 * MAX_CHARS];
    size_t starts[MAX_CHARS + 1]; /* byte of each character, and the end */
    int64_t count;
};

static struct chars random_chars(struct test_random *random)
{
    static const char *const letters[] = {"a", "b", "\xc3\xa9", "\xe2\x82\xac",
                                          "\xf0\x9f\x98\x80"};
    struct chars chars = {.count = (int64_t)test_random_below(random, MAX_CHARS + 1)};
    size_t size = 0;
    for (int64_t i = 0; i < chars.count; i++) {
        const char *letter = letters[test_random_below(random, 5)];
        chars.starts[i] = size;
        memcpy(chars.bytes + size, letter, strlen(letter));
        size += strlen(letter);
    }
    chars.starts[chars.count] = size;
    return chars;
}

/* The characters numbered first..last (from 1) that the text has. */
static struct stoa_view expected_cut(const struct chars *chars, stoa_i128 first,
                                     stoa_i128 last)
{
    first = first < 1 ? 1 : first;
    last = last > chars->count ? chars->count : last;
    if (last < first)
        return (struct stoa_view){NULL, 0};
    const size_t from = chars->starts[first - 1];
    return (struct stoa_view){(const uint8_t *)chars->bytes + from,
                              (uint32_t)(chars->starts[last] - from)};
}

static void assert_view(struct stoa_view found, struct stoa_view expected)
{
    assert_int_equal(found.length, expected.length);
    if (expected.length > 0)
        assert_memory_equal(found.data, expected.data, expected.length);
}

static int64_t random_position(struct test_random *random)
{
    static const int64_t ends[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX - 1, INT64_MAX};
    return test_random_below(random, 8) == 0 ? ends[test_random_below(random, 4)]
                                             : (int64_t)test_random_below(random, 33) - 16;
}

struct cutter {
    struct stoa_arena arena;
    struct stoa_vector text, a, b;
    struct stoa_evaluator *substr, *substr_count, *left, *right, *length;
    struct chars chars[STOA_VECTOR_ROWS];
};

static struct stoa_evaluator *open_call(struct cutter *cutter, const char *name,
                                        uint32_t arg_count)
{
    struct stoa_evaluator *evaluator = NULL;
    stoa_error err;
    struct stoa_arena *arena = &cutter->arena;
    struct stoa_expr *expr =
        expr_call(arena, name, arg_count, expr_column(arena, 0, "text"),
                  expr_column(arena, 1, "int64"), expr_column(arena, 2, "int64"));
    assert_ok(stoa_evaluator_create(expr, &evaluator, &err), &err);
    return evaluator;
}

static const struct stoa_vector *run(struct cutter *cutter,
                                     struct stoa_evaluator *evaluator)
{
    const struct stoa_vector *columns[] = {&cutter->text, &cutter->a, &cutter->b};
    const struct stoa_rows rows = {.length = STOA_VECTOR_ROWS, .columns = columns};
    const struct stoa_vector *out = NULL;
    stoa_error err;
    assert_ok(stoa_evaluate(evaluator, &rows, NULL, &out, &err), &err);
    return out;
}

static void check_cuts(struct cutter *cutter)
{
    const struct stoa_vector *out[] = {
        run(cutter, cutter->substr), run(cutter, cutter->substr_count),
        run(cutter, cutter->left), run(cutter, cutter->right), run(cutter, cutter->length)};
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        const struct chars *chars = &cutter->chars[i];
        const stoa_i128 a = cutter->a.values.i64[i];
        const stoa_i128 b = cutter->b.values.i64[i];
        const stoa_i128 n = chars->count;
        assert_view(out[0]->values.views[i], expected_cut(chars, a, n));
        assert_view(out[1]->values.views[i], expected_cut(chars, a, a + b - 1));
        assert_view(out[2]->values.views[i], expected_cut(chars, 1, a < 0 ? n + a : a));
        assert_view(out[3]->values.views[i],
                    expected_cut(chars, a < 0 ? 1 - a : n - a + 1, n));
        assert_int_equal(out[4]->values.i64[i], chars->count);
    }
}

static void test_cuts_count_characters(void **state)
{
    STOA_UNUSED(state);
    static struct cutter cutter;
    struct test_random random = test_random_start(551);
    stoa_arena_init(&cutter.arena, 1 << 20);
    vector_make(&cutter.text, "text", STOA_VECTOR_ROWS);
    vector_make(&cutter.a, "int64", STOA_VECTOR_ROWS);
    vector_make(&cutter.b, "int64", STOA_VECTOR_ROWS);
    cutter.substr = open_call(&cutter, "substr", 2);
    cutter.substr_count = open_call(&cutter, "substr", 3);
    cutter.left = open_call(&cutter, "left", 2);
    cutter.right = open_call(&cutter, "right", 2);
    cutter.length = open_call(&cutter, "length", 1);
    for (int round = 0; round < 20; round++) {
        for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
            const int64_t count = random_position(&random);
            cutter.chars[i] = random_chars(&random);
            cutter.text.values.views[i] =
                (struct stoa_view){(const uint8_t *)cutter.chars[i].bytes,
                                   (uint32_t)cutter.chars[i].starts[cutter.chars[i].count]};
            cutter.a.values.i64[i] = random_position(&random);
            cutter.b.values.i64[i] = count < 0 ? count == INT64_MIN ? 0 : -count : count;
        }
        check_cuts(&cutter);
    }
    stoa_evaluator_free(cutter.substr);
    stoa_evaluator_free(cutter.substr_count);
    stoa_evaluator_free(cutter.left);
    stoa_evaluator_free(cutter.right);
    stoa_evaluator_free(cutter.length);
    stoa_vector_done(&cutter.text);
    stoa_vector_done(&cutter.a);
    stoa_vector_done(&cutter.b);
    stoa_arena_done(&cutter.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_are_cut_and_searched_as_by_postgresql),
        cmocka_unit_test(test_positions_are_int64),
        cmocka_unit_test(test_cuts_count_characters),
    };
    return cmocka_run_group_tests_name("function_text", tests, NULL, NULL);
}
