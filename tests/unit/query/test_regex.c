/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/regex.c: groups, positions, PostgreSQL's escapes, limits, hard patterns, failing allocations. */
#include "tests/support/test_support.h"

#include <string.h>

#include "common/alloc.h"
#include "query/regex.h"

static struct stoa_view view_of(const char *text)
{
    return (struct stoa_view){.data = (const uint8_t *)text,
                              .length = (uint32_t)strlen(text)};
}

static struct stoa_regex *make(const char *pattern, unsigned flags)
{
    struct stoa_regex *regex = NULL;
    stoa_error err;
    assert_ok(stoa_regex_create(view_of(pattern), flags, &regex, &err), &err);
    return regex;
}

static bool matches(const char *pattern, unsigned flags, const char *text)
{
    struct stoa_regex *regex = make(pattern, flags);
    bool found = false;
    stoa_error err;
    assert_ok(stoa_regex_find(regex, view_of(text), 0, &found, &err), &err);
    stoa_regex_free(regex);
    return found;
}

static void test_flags_change_what_matches(void **state)
{
    STOA_UNUSED(state);
    assert_false(matches("abc", 0, "ABC"));
    assert_true(matches("abc", STOA_REGEX_ANY_CASE, "ABC"));
    assert_true(matches("\xc3\xa4", STOA_REGEX_ANY_CASE, "\xc3\x84"));
    /* A text is one line, unless asked otherwise. */
    assert_true(matches("a.b", 0, "a\nb"));
    assert_false(matches("^b", 0, "a\nb"));
    assert_false(matches("a$", 0, "a\n"));
    assert_false(matches("a\\Z", 0, "a\n"));
    assert_false(matches("a.b", STOA_REGEX_LINES, "a\nb"));
    assert_true(matches("^b$", STOA_REGEX_LINES, "a\nb\nc"));
    assert_true(matches("a b # and a comment", STOA_REGEX_EXPANDED, "ab"));
    assert_true(matches("(", STOA_REGEX_PLAIN, "a(b"));
    assert_true(matches("A(", STOA_REGEX_PLAIN | STOA_REGEX_ANY_CASE, "a(b"));
    assert_false(
        matches(".", STOA_REGEX_PLAIN | STOA_REGEX_LINES | STOA_REGEX_EXPANDED, "a"));
    assert_true(matches("", 0, ""));
    assert_true(matches("", STOA_REGEX_PLAIN, ""));
}

static void test_escapes_are_translated_outside_of_classes(void **state)
{
    STOA_UNUSED(state);
    static const struct {
        const char *pattern, *text;
        bool expected;
    } rows[] = {
        {"\\yab\\y",            "x ab",             true },
        {"\\yb",                "ab",               false},
        {"a\\Yb",               "ab",               true },
        {"\\mab",               "ab",               true },
        {"\\mb",                "ab",               false},
        {"b\\M",                "ab c",             true },
        {"a\\M",                "ab c",             false},
        {"\\u0041",             "A",                true },
        {"\\U0001F600",         "\xf0\x9f\x98\x80", true },
        {"[\\u0041-\\u0043]+$", "ABC",              true },
        {"[]x]",                "]",                true },
        {"[^]x]",               "]",                false},
        {"[[:digit:]x]\\y",     "5 ",               true },
        {"[[:digit:]]\\y",      "55",               true },
        {"\\\\y",               "\\y",              true },
        {"\\\\y",               "y",                false},
        {"[\\]]\\y",            "]",                false},
        {"[\\w]\\M",            "a",                true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (matches(rows[i].pattern, 0, rows[i].text) != rows[i].expected)
            fail_msg("%s", rows[i].pattern);
    }
}

static void test_patterns_that_are_not_well_formed_are_refused(void **state)
{
    STOA_UNUSED(state);
    static const char *const patterns[] = {
        "(",    ")",          "[",   "[a",          "*",
        "a**b", "\\",         "a\\", "\\u12",       "\\U123",
        "(?<n", "[[:nope:]]", "\\C", "\\x{110000}", "[\\u0043-\\u0041]"};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct stoa_regex *regex = NULL;
        stoa_error err;
        const stoa_status status = stoa_regex_create(view_of(patterns[i]), 0, &regex, &err);
        if (status != STOA_E_BAD_VALUE || regex)
            fail_msg("%s: status %d", patterns[i], (int)status);
        assert_contains(err.message, "not well-formed");
    }
}

static void test_groups_are_bytes_of_the_latest_match(void **state)
{
    STOA_UNUSED(state);
    struct stoa_regex *regex = make("(\xc3\xa9)(x)?(b*)", 0);
    const struct stoa_view text = view_of("a\xc3\xa9"
                                          "bb\xc3\xa9");
    size_t from = 0;
    size_t to = 0;
    bool found = false;
    stoa_error err;
    assert_int_equal(stoa_regex_group_count(regex), 3);
    assert_ok(stoa_regex_find(regex, text, 0, &found, &err), &err);
    assert_true(found && stoa_regex_group(regex, 0, &from, &to));
    assert_true(from == 1 && to == 5);
    assert_true(stoa_regex_group(regex, 1, &from, &to) && from == 1 && to == 3);
    assert_false(stoa_regex_group(regex, 2, &from, &to));
    assert_true(stoa_regex_group(regex, 3, &from, &to) && from == 3 && to == 5);
    assert_false(stoa_regex_group(regex, 4, &from, &to));
    assert_ok(stoa_regex_find(regex, text, 3, &found, &err), &err);
    assert_true(found && stoa_regex_group(regex, 0, &from, &to) && from == 5 && to == 7);
    assert_true(stoa_regex_group(regex, 3, &from, &to) && from == 7 && to == 7);
    assert_ok(stoa_regex_find(regex, text, 7, &found, &err), &err);
    assert_false(found);
    stoa_regex_free(regex);
    stoa_regex_free(NULL);
}

static void test_a_search_sees_what_is_before_its_start(void **state)
{
    STOA_UNUSED(state);
    struct stoa_regex *regex = make("^b", 0);
    bool found = true;
    stoa_error err;
    assert_ok(stoa_regex_find(regex, view_of("ab"), 1, &found, &err), &err);
    assert_false(found);
    stoa_regex_free(regex);
    regex = make("(?<=a)b", 0);
    assert_ok(stoa_regex_find(regex, view_of("ab"), 1, &found, &err), &err);
    assert_true(found);
    stoa_regex_free(regex);
}

/* Ways through (a+)+ double with every letter. */
static void test_a_search_gives_up_after_a_number_of_steps(void **state)
{
    STOA_UNUSED(state);
    static const char *const patterns[] = {"^(a+)+$", "^(a|aa)+$", "(a*)*b",
                                           "^(?:(?:a|b|ab)*)*c"};
    char text[201];
    memset(text, 'a', 200);
    text[198] = '!';
    text[199] = '\0';
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct stoa_regex *regex = make(patterns[i], 0);
        bool found = true;
        stoa_error err;
        const stoa_status status = stoa_regex_find(regex, view_of(text), 0, &found, &err);
        /* What can be told quickly may be told. */
        if (status == STOA_OK) {
            assert_false(found);
        } else {
            assert_int_equal(status, STOA_E_LIMIT);
            assert_contains(err.message, "steps");
        }
        /* And it can be used again. */
        assert_ok(stoa_regex_find(regex, view_of("xyz"), 0, &found, &err), &err);
        stoa_regex_free(regex);
    }
}

static void test_long_patterns_and_texts(void **state)
{
    STOA_UNUSED(state);
    static char bytes[(64 << 10) + 2];
    struct stoa_regex *regex = NULL;
    bool found = false;
    stoa_error err;
    memset(bytes, 'a', sizeof bytes - 1);
    assert_fails(stoa_regex_create(view_of(bytes), 0, &regex, &err), STOA_E_LIMIT, &err);
    assert_null(regex);
    bytes[1000] = '\0';
    regex = make(bytes, 0);
    memset(bytes, 'a', sizeof bytes - 1);
    assert_ok(stoa_regex_find(regex, view_of(bytes), 0, &found, &err), &err);
    assert_true(found);
    stoa_regex_free(regex);
    /* Escapes that grow, as many as fit. */
    for (size_t i = 0; i + 2 < sizeof bytes; i += 2)
        memcpy(bytes + i, "\\y", 2);
    bytes[20000] = '\0';
    assert_true(matches(bytes, 0, "a"));
}

static stoa_status use(void *context, stoa_error *err)
{
    STOA_UNUSED(context);
    struct stoa_regex *regex = NULL;
    bool found = false;
    STOA_TRY(
        stoa_regex_create(view_of("(a|b)+\\y.*(c)"), STOA_REGEX_ANY_CASE, &regex, err));
    const stoa_status status = stoa_regex_find(regex, view_of("ab cc"), 0, &found, err);
    stoa_regex_free(regex);
    return status;
}

static void test_failing_allocations_leave_nothing_behind(void **state)
{
    STOA_UNUSED(state);
    const int64_t live = stoa_alloc_live();
    assert_true(test_allocation_failures(use, NULL) > 4);
    assert_int_equal(stoa_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flags_change_what_matches),
        cmocka_unit_test(test_escapes_are_translated_outside_of_classes),
        cmocka_unit_test(test_patterns_that_are_not_well_formed_are_refused),
        cmocka_unit_test(test_groups_are_bytes_of_the_latest_match),
        cmocka_unit_test(test_a_search_sees_what_is_before_its_start),
        cmocka_unit_test(test_a_search_gives_up_after_a_number_of_steps),
        cmocka_unit_test(test_long_patterns_and_texts),
        cmocka_unit_test(test_failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests_name("regex", tests, NULL, NULL);
}
