/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/function_like.c: results by table, the matcher against a naive one, classification of
 * constant patterns, patterns out of columns, time of hard patterns. */
#include "tests/unit/query/expr_cases.h"

#include <string.h>

#include "query/like.h"
#include "query/utf8_text.h"

/* What PostgreSQL 15 answers too. */
static const struct expr_case postgres_cases[] = {
    {"~~(text 'abc', text 'abc')",                            "bool true" },
    {"~~(text 'abc', text 'a%')",                             "bool true" },
    {"~~(text 'abc', text '_b_')",                            "bool true" },
    {"~~(text 'abc', text 'c')",                              "bool false"},
    {"~~(text 'abc', text '%')",                              "bool true" },
    {"~~(text '', text '%')",                                 "bool true" },
    {"~~(text '', text '')",                                  "bool true" },
    {"~~(text '', text '_')",                                 "bool false"},
    {"~~(text 'a', text '__')",                               "bool false"},
    {"~~(text 'a%c', text 'a\\%c')",                          "bool true" },
    {"~~(text 'abc', text 'a\\%c')",                          "bool false"},
    {"~~(text 'a_c', text 'a\\_c')",                          "bool true" },
    {"~~(text 'a\\c', text 'a\\\\c')",                        "bool true" },
    {"~~(text 'abc', text 'a\\bc')",                          "bool true" },
    {"~~(text 'abc', text '%\\')",                            "!value"    },
    {"~~(text 'abcdef', text 'a%d%f')",                       "bool true" },
    {"~~(text 'abcdef', text '%%%')",                         "bool true" },
    {"~~(text 'abcdef', text '%c_e%')",                       "bool true" },
    {"~~(text 'äöü', text '_ö_')",                        "bool true" },
    {"~~(text 'äöü', text '%ü')",                         "bool true" },
    {"~~(text 'mississippi', text '%iss%ip%i')",              "bool true" },
    {"~~(text 'aaaaaaaaaaaaaaaaaaaab', text '%a%a%a%a%a%b')", "bool true" },
    {"~~(text 'aab', text 'a%ab')",                           "bool true" },
    {"!~~(text 'abc', text 'a%')",                            "bool false"},
    {"!~~(text 'abc', text 'b%')",                            "bool true" },
    {"~~(text NULL, text 'a')",                               "bool NULL" },
    {"~~(text 'a', text NULL)",                               "bool NULL" },
    {"~~*(text 'ABC', text 'a%')",                            "bool true" },
    {"~~*(text 'ÄÖÜ', text 'äö_')",                      "bool true" },
    {"!~~*(text 'ABC', text 'a_c')",                          "bool false"},
    {"~~*(text 'straSSE', text 'STRA%')",                     "bool true" },
    {"~~('a', 'A')",                                          "bool false"},
    {"~~(int64 1, text '1')",                                 "!function" },
    {"~~(text 'x', text '\\')",                               "!value"    },
};

/* Ours by design. */
static const struct expr_case own_cases[] = {
    {"~~(text 'abc', text 'abc\\')", "!value"},
};

static void test_like_is_that_of_postgresql(void **state)
{
    STOA_UNUSED(state);
    check_cases(postgres_cases);
}

static void test_like_refuses_a_pattern_that_ends_in_an_escape(void **state)
{
    STOA_UNUSED(state);
    check_cases(own_cases);
}

static struct stoa_view view_of(const char *text)
{
    return (struct stoa_view){.data = (const uint8_t *)text,
                              .length = (uint32_t)strlen(text)};
}

static struct stoa_view rest_of(struct stoa_view text, size_t from)
{
    return (struct stoa_view){.data = text.data + from,
                              .length = text.length - (uint32_t)from};
}

/* The definition, by recursion. */
static bool naive_match(struct stoa_view text, struct stoa_view pattern)
{
    if (pattern.length == 0)
        return text.length == 0;
    if (pattern.data[0] == '%') {
        return naive_match(text, rest_of(pattern, 1)) ||
               (text.length > 0 &&
                naive_match(rest_of(text, stoa_char_size(text.data[0])), pattern));
    }
    if (text.length == 0)
        return false;
    if (pattern.data[0] == '_')
        return naive_match(rest_of(text, stoa_char_size(text.data[0])),
                           rest_of(pattern, 1));
    const size_t escape = pattern.data[0] == '\\' && pattern.length > 1;
    return pattern.data[escape] == text.data[0] &&
           naive_match(rest_of(text, 1), rest_of(pattern, escape + 1));
}

/* Up to `count` of the pieces in a row. */
static struct stoa_view random_text(struct test_random *random, const char *const *pieces,
                                    uint64_t piece_count, uint64_t count, char *out)
{
    size_t size = 0;
    const uint64_t used = test_random_below(random, count + 1);
    for (uint64_t i = 0; i < used; i++) {
        const char *piece = pieces[test_random_below(random, piece_count)];
        memcpy(out + size, piece, strlen(piece));
        size += strlen(piece);
    }
    return (struct stoa_view){.data = (const uint8_t *)out, .length = (uint32_t)size};
}

static void test_matching_equals_its_definition(void **state)
{
    STOA_UNUSED(state);
    static const char *const letters[] = {"a", "b", "%", "_", "\xc3\xa9"};
    static const char *const signs[] = {"a",   "b",   "%",   "_",       "%",
                                        "\\%", "\\_", "\\a", "\xc3\xa9"};
    struct test_random random = test_random_start(531);
    for (int i = 0; i < 100000; i++) {
        char text_bytes[32];
        char pattern_bytes[32];
        const struct stoa_view text = random_text(&random, letters, 5, 9, text_bytes);
        const struct stoa_view pattern = random_text(&random, signs, 9, 7, pattern_bytes);
        assert_int_equal(stoa_like_match(text, pattern, false), naive_match(text, pattern));
    }
}

static void test_compiled_patterns_match_as_others_do(void **state)
{
    STOA_UNUSED(state);
    static const char *const letters[] = {"a", "b", "%", "\xc3\xa9"};
    static const char *const signs[] = {"a", "ab", "\\%", "\\\\", "\xc3\xa9"};
    struct test_random random = test_random_start(532);
    struct stoa_arena arena;
    stoa_arena_init(&arena, (size_t)64 << 20);
    for (int i = 0; i < 40000; i++) {
        char text_bytes[32];
        char pattern_bytes[32] = "%";
        struct stoa_like like;
        stoa_error err;
        /* A pattern with wildcards at its ends at most, which is what has a class. */
        const bool opens = test_random_below(&random, 2);
        const bool closes = test_random_below(&random, 2);
        struct stoa_view pattern = random_text(&random, signs, 5, 3, pattern_bytes + 1);
        if (closes)
            pattern_bytes[1 + pattern.length++] = '%';
        if (opens)
            pattern =
                (struct stoa_view){(const uint8_t *)pattern_bytes, pattern.length + 1};
        const struct stoa_view text = random_text(&random, letters, 4, 5, text_bytes);
        assert_ok(stoa_like_compile(pattern, false, &arena, &like, &err), &err);
        assert_int_equal(stoa_like_test(&like, text), naive_match(text, pattern));
        assert_ok(stoa_like_compile(pattern, true, &arena, &like, &err), &err);
        assert_int_equal(like.kind, STOA_LIKE_GENERAL);
        assert_int_equal(stoa_like_test(&like, text), naive_match(text, pattern));
        stoa_arena_reset(&arena);
    }
    stoa_arena_done(&arena);
}

static void test_patterns_are_classified_by_their_wildcards(void **state)
{
    STOA_UNUSED(state);
    static const struct {
        const char *pattern;
        enum stoa_like_kind kind;
        const char *literal;
    } rows[] = {
        {"",         STOA_LIKE_WHOLE,   ""    },
        {"abc",      STOA_LIKE_WHOLE,   "abc" },
        {"a\\%c",    STOA_LIKE_WHOLE,   "a%c" },
        {"abc%",     STOA_LIKE_PREFIX,  "abc" },
        {"a\\_%",    STOA_LIKE_PREFIX,  "a_"  },
        {"abc\\%",   STOA_LIKE_WHOLE,   "abc%"},
        {"%abc",     STOA_LIKE_SUFFIX,  "abc" },
        {"%abc%",    STOA_LIKE_PART,    "abc" },
        {"%",        STOA_LIKE_PART,    ""    },
        {"%%",       STOA_LIKE_PART,    ""    },
        {"a%b",      STOA_LIKE_GENERAL, NULL  },
        {"a_",       STOA_LIKE_GENERAL, NULL  },
        {"_%",       STOA_LIKE_GENERAL, NULL  },
        {"%a%b%",    STOA_LIKE_GENERAL, NULL  },
        {"%\\\\\\%", STOA_LIKE_SUFFIX,  "\\%" },
    };
    struct stoa_arena arena;
    stoa_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stoa_like like;
        stoa_error err;
        assert_ok(stoa_like_compile(view_of(rows[i].pattern), false, &arena, &like, &err),
                  &err);
        assert_int_equal(like.kind, rows[i].kind);
        if (!rows[i].literal)
            continue;
        assert_int_equal(like.literal.length, strlen(rows[i].literal));
        assert_memory_equal(like.literal.data, rows[i].literal, like.literal.length);
    }
    stoa_arena_done(&arena);
}

/* Text times pattern steps at the worst: a matcher that tries all ways would not come back. */
static void test_many_wildcards_cost_text_times_pattern(void **state)
{
    STOA_UNUSED(state);
    static uint8_t text[20000];
    char pattern[128] = "";
    memset(text, 'a', sizeof text);
    for (int i = 0; i < 50; i++)
        memcpy(pattern + 2 * i, "%a", 3);
    memcpy(pattern + 100, "%b", 3);
    const struct stoa_view view = {.data = text, .length = sizeof text};
    assert_false(stoa_like_match(view, view_of(pattern), false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_like_is_that_of_postgresql),
        cmocka_unit_test(test_like_refuses_a_pattern_that_ends_in_an_escape),
        cmocka_unit_test(test_matching_equals_its_definition),
        cmocka_unit_test(test_compiled_patterns_match_as_others_do),
        cmocka_unit_test(test_patterns_are_classified_by_their_wildcards),
        cmocka_unit_test(test_many_wildcards_cost_text_times_pattern),
    };
    return cmocka_run_group_tests_name("function_like", tests, NULL, NULL);
}
