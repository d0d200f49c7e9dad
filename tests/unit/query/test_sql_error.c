/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source line with a caret: several lines, UTF-8, tabs, long lines, places at the end and outside.
 */
#include "tests/support/test_support.h"

#include <string.h>

#include "query/plan.h"
#include "query/sql_error.h"

static void check_excerpt(const char *sql, uint64_t offset, const char *expected)
{
    stoa_error err;
    stoa_sql_fail(&err, STOA_E_SYNTAX, UINT32_MAX, "expected %s", "this");
    assert_int_equal(err.offset, UINT64_MAX);
    stoa_error_set_offset(&err, offset);
    stoa_sql_excerpt(sql, &err);
    assert_string_equal(err.excerpt, expected);
    assert_string_equal(err.message, "expected this");
}

static void test_excerpt_underlines_the_whole_token(void **state)
{
    STOA_UNUSED(state);
    check_excerpt("select contry from t", 7, "1 | select contry from t\n  |        ^^^^^^");
    check_excerpt("select 'it''s' from t", 7,
                  "1 | select 'it''s' from t\n  |        ^^^^^^^");
    check_excerpt("select a+b", 8, "1 | select a+b\n  |         ^");
    check_excerpt("select \"a b\"", 7, "1 | select \"a b\"\n  |        ^^^^^");
}

static void test_excerpt_shows_the_line_of_the_place(void **state)
{
    STOA_UNUSED(state);
    check_excerpt("select a,\n       amuont\nfrom t", 17,
                  "2 |        amuont\n  |        ^^^^^^");
    check_excerpt("a\n\nb", 3, "3 | b\n  | ^");
    check_excerpt("a\n", 2, "2 | \n  | ^");
    check_excerpt("x\ny", 1, "1 | x\n  |  ^");
    check_excerpt("1\n2\n3\n4\n5\n6\n7\n8\n9\nten", 18, "10 | ten\n   | ^^^");
}

static void test_excerpt_counts_code_points(void **state)
{
    STOA_UNUSED(state);
    check_excerpt("select 'ñandú', föö from t", 18,
                  "1 | select 'ñandú', föö from t\n  |                 ^^^");
    check_excerpt("\tselect\tx", 8, "1 |  select x\n  |         ^");
}

static void test_excerpt_cuts_long_lines_around_the_place(void **state)
{
    STOA_UNUSED(state);
    char sql[1001];
    stoa_error err;
    memset(sql, ' ', sizeof sql);
    memcpy(sql, "select", 6);
    memcpy(sql + 500, "wrong", 5);
    sql[1000] = '\0';
    stoa_sql_fail(&err, STOA_E_SYNTAX, 500, "expected this");
    stoa_sql_excerpt(sql, &err);
    const char *second = strchr(err.excerpt, '\n');
    assert_non_null(second);
    assert_memory_equal(err.excerpt, "1 | ...", 7);
    assert_memory_equal(second - 3, "...", 3);
    /* The carets stand under the word. */
    const char *word = strstr(err.excerpt, "wrong");
    const char *caret = strstr(second, "^^^^^");
    assert_true(word && caret);
    assert_int_equal(word - err.excerpt, caret - (second + 1));
    assert_int_equal(strlen(caret), 5);
}

static void test_excerpt_ignores_places_outside(void **state)
{
    STOA_UNUSED(state);
    check_excerpt("select 1", 9, "");
    check_excerpt("select 1", UINT64_MAX, "");
    check_excerpt("select 1", 8, "1 | select 1\n  |         ^");
    stoa_sql_excerpt("select 1", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_excerpt_underlines_the_whole_token),
        cmocka_unit_test(test_excerpt_shows_the_line_of_the_place),
        cmocka_unit_test(test_excerpt_counts_code_points),
        cmocka_unit_test(test_excerpt_cuts_long_lines_around_the_place),
        cmocka_unit_test(test_excerpt_ignores_places_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
