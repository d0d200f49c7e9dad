/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Talk: the form of error blocks, harmless texts, exit codes, quiet, and numbers as people read them.
 */
#include "tests/support/test_support.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/tools/talk.h"
#include "tools/message.h"

static void test_counts_have_separators(void **state)
{
    (void)state;
    char text[MESSAGE_COUNT_MAX];
    assert_string_equal(message_count(0, text), "0");
    assert_string_equal(message_count(999, text), "999");
    assert_string_equal(message_count(1000, text), "1,000");
    assert_string_equal(message_count(1197655, text), "1,197,655");
    assert_string_equal(message_count(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

static void test_sizes_have_three_digits_or_so(void **state)
{
    (void)state;
    char text[MESSAGE_COUNT_MAX];
    assert_string_equal(message_size(0, text), "0 B");
    assert_string_equal(message_size(999, text), "999 B");
    assert_string_equal(message_size(1000, text), "1.00 kB");
    assert_string_equal(message_size(96400000, text), "96.4 MB");
    assert_string_equal(message_size(999949, text), "999.9 kB");
    assert_string_equal(message_size(999950, text), "1.00 MB");
    assert_string_equal(message_size(UINT64_MAX, text), "18.4 EB");
}

static stoa_error make_error(void)
{
    stoa_error err;
    stoa_error_clear(&err);
    err.status = STOA_E_CORRUPT;
    snprintf(err.message, sizeof err.message, "expected a\x1b[2J, found b");
    snprintf(err.place, sizeof err.place, "x.stoa: block 3\n");
    snprintf(err.excerpt, sizeof err.excerpt, "12 | text\n   | ^\x07");
    snprintf(err.hint, sizeof err.hint, "run this");
    return err;
}

static void test_an_error_is_one_block(void **state)
{
    (void)state;
    const stoa_error err = make_error();
    const struct message_outcome outcome = {
        .what = "nothing was written", .safe = "yes", .next = "try again"};
    talk_catch(2);
    const int code = message_error(&err, &outcome);
    const char *said = talk_end();
    assert_int_equal(code, 9);
    assert_string_equal(said, "error E401: expected a\\x1b[2J, found b\n"
                              "  --> x.stoa: block 3\\n\n"
                              "12 | text\n   | ^\\x07\n"
                              "  hint: run this\n"
                              "what happened  nothing was written\n"
                              "is data safe   yes\n"
                              "what to do     try again; more: stoa help E401\n");
}

static void test_parts_that_are_not_there_are_left_out(void **state)
{
    (void)state;
    stoa_error err;
    stoa_error_clear(&err);
    err.status = STOA_E_SYNTAX;
    snprintf(err.message, sizeof err.message, "nonsense");
    talk_catch(2);
    const int code = message_error(&err, NULL);
    assert_string_equal(talk_end(), "error E202: nonsense\n");
    assert_int_equal(code, 2);
    talk_catch(2);
    message_damage(&err);
    assert_string_equal(talk_end(), "error E202: nonsense\n");
    talk_catch(2);
    assert_int_equal(message_usage("query", "expected %d, found \"%s\"", 5, "\x1b"), 2);
    assert_string_equal(talk_end(), "error E200: expected 5, found \"\\x1b\"\n"
                                    "  hint: stoa help query\n");
    talk_catch(2);
    assert_int_equal(message_no_memory(), 10);
    assert_string_equal(talk_end(), "error E601: memory is short\n");
}

static void test_notes_are_lines_unless_quiet(void **state)
{
    (void)state;
    talk_catch(2);
    message_note("rows", "read %d\nand \x1b more", 5);
    message_set_quiet(1);
    message_note("rows", "unheard");
    message_set_quiet(0);
    assert_string_equal(talk_end(), "rows     read 5\n         and \\x1b more\n");
}

static void test_progress_is_wiped_before_talk(void **state)
{
    (void)state;
    talk_catch(2);
    message_progress("%d%%", 50);
    message_note("done", "all");
    assert_string_equal(talk_end(), "\r\x1b[K50%\r\x1b[Kdone     all\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_have_separators),
        cmocka_unit_test(test_sizes_have_three_digits_or_so),
        cmocka_unit_test(test_an_error_is_one_block),
        cmocka_unit_test(test_parts_that_are_not_there_are_left_out),
        cmocka_unit_test(test_notes_are_lines_unless_quiet),
        cmocka_unit_test(test_progress_is_wiped_before_talk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
