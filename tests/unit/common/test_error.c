/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of common/error.c: codes, cutting, escaping, texts that point into the old error. */
#include "tests/support/test_support.h"

#include <errno.h>
#include <string.h>

#include "common/error.h"

static void test_error_fail_fills_and_clears(void **state)
{
    STOA_UNUSED(state);
    stoa_error error;
    memset(&error, 'x', sizeof error);
    assert_int_equal(stoa_fail(&error, STOA_E_CAST, "expected %s, found %d", "text", 7),
                     STOA_E_CAST);
    assert_int_equal(error.status, STOA_E_CAST);
    assert_string_equal(error.message, "expected text, found 7");
    assert_string_equal(error.place, "");
    assert_string_equal(error.excerpt, "");
    assert_string_equal(error.hint, "");
    assert_int_equal(error.offset, UINT64_MAX);
}

static void test_error_accepts_null_everywhere(void **state)
{
    STOA_UNUSED(state);
    stoa_error_clear(NULL);
    assert_int_equal(stoa_fail(NULL, STOA_E_CAST, "x"), STOA_E_CAST);
    assert_int_equal(stoa_fail_errno(NULL, ENOENT, "x"), STOA_E_NOT_FOUND);
    assert_int_equal(stoa_fail_memory(NULL, 1), STOA_E_NO_MEMORY);
    stoa_error_set_place(NULL, "x");
    stoa_error_set_excerpt(NULL, "x");
    stoa_error_set_hint(NULL, "x");
    stoa_error_set_offset(NULL, 1);
}

static void test_error_errno_picks_the_code_and_says_why(void **state)
{
    STOA_UNUSED(state);
    static const struct {
        int errno_value;
        stoa_status status;
        const char *reason;
    } cases[] = {
        {ENOENT, STOA_E_NOT_FOUND, "No such file or directory"},
        {EEXIST, STOA_E_EXISTS,    "File exists"              },
        {ENOSPC, STOA_E_NO_SPACE,  "No space left on device"  },
        {EDQUOT, STOA_E_NO_SPACE,  "Disk quota exceeded"      },
        {ENOMEM, STOA_E_NO_MEMORY, "Cannot allocate memory"   },
        {EIO,    STOA_E_IO,        "Input/output error"       },
        {EACCES, STOA_E_IO,        "Permission denied"        },
        {99999,  STOA_E_IO,        "error number 99999"       },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        stoa_error error;
        assert_int_equal(stoa_fail_errno(&error, cases[i].errno_value, "cannot %s", "open"),
                         cases[i].status);
        assert_contains(error.message, "cannot open: ");
        assert_contains(error.message, cases[i].reason);
    }
}

static void test_error_innermost_place_wins(void **state)
{
    STOA_UNUSED(state);
    stoa_error error;
    (void)stoa_fail(&error, STOA_E_CORRUPT, "x");
    stoa_error_set_place(&error, "block %d", 3);
    stoa_error_set_place(&error, "file");
    assert_string_equal(error.place, "block 3");
    stoa_error_set_hint(&error, "first");
    stoa_error_set_hint(&error, "second");
    assert_string_equal(error.hint, "second");
    stoa_error_set_offset(&error, 42);
    assert_int_equal(error.offset, 42);
}

static void test_error_may_quote_its_own_old_text(void **state)
{
    STOA_UNUSED(state);
    stoa_error error;
    (void)stoa_fail(&error, STOA_E_CORRUPT, "inner");
    stoa_error_set_place(&error, "place");
    (void)stoa_fail(&error, STOA_E_CODEC, "outer (%s at %s)", error.message, error.place);
    assert_string_equal(error.message, "outer (inner at place)");
    stoa_error_set_hint(&error, "%s", error.message);
    stoa_error_set_hint(&error, "%s!", error.hint);
    assert_string_equal(error.hint, "outer (inner at place)!");
}

static void test_error_escapes_controls_and_bad_utf8(void **state)
{
    STOA_UNUSED(state);
    static const struct {
        const char *raw;
        const char *shown;
    } cases[] = {
        {"a\x1b[31mb",                    "a\\x1b[31mb"                  },
        {"line\nbreak\ttab\r",            "line\\x0abreak\\x09tab\\x0d"  },
        {"\x7f",                          "\\x7f"                        },
        {"\xc2\x9b",                      "\\xc2\\x9b"                   }, /* C1 control */
        {"\xc2\xa0\xc3\xa4",              "\xc2\xa0\xc3\xa4"             }, /* fine */
        {"\xe2\x82\xac \xf0\x9f\x98\x80", "\xe2\x82\xac \xf0\x9f\x98\x80"},
        {"\xff\xfe",                      "\\xff\\xfe"                   },
        {"\xc0\x80",                      "\\xc0\\x80"                   }, /* overlong */
        {"\xe0\x80\x80",                  "\\xe0\\x80\\x80"              },
        {"\xed\xa0\x80",                  "\\xed\\xa0\\x80"              }, /* surrogate */
        {"\xf4\x90\x80\x80",              "\\xf4\\x90\\x80\\x80"         },
        {"\xe2\x82",                      "\\xe2\\x82"                   }, /* cut character */
        {"\xe2",                          "\\xe2"                        },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        stoa_error error;
        (void)stoa_fail(&error, STOA_E_CORRUPT, "%s", cases[i].raw);
        assert_string_equal(error.message, cases[i].shown);
    }
}

static void test_error_excerpt_keeps_its_lines(void **state)
{
    STOA_UNUSED(state);
    stoa_error error;
    (void)stoa_fail(&error, STOA_E_CAST, "x");
    stoa_error_set_excerpt(&error, "a;b\x1b\n  ^\tz");
    assert_string_equal(error.excerpt, "a;b\\x1b\n  ^\tz");
}

static void test_error_cuts_at_a_whole_character(void **state)
{
    STOA_UNUSED(state);
    char text[2000];
    for (size_t size = 500; size < 530; size++) {
        stoa_error error;
        memset(text, 'a', size);
        memcpy(text + size, "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac", 10);
        (void)stoa_fail(&error, STOA_E_CORRUPT, "%s", text);
        const size_t length = strlen(error.message);
        assert_true(length < sizeof error.message);
        if (size + 9 < sizeof error.message) {
            assert_string_equal(error.message, text);
            continue;
        }
        assert_true(length >= sizeof error.message - 6);
        assert_string_equal(error.message + length - 3, "...");
        const size_t tail = length - 3 > size ? (length - 3 - size) % 3 : 0;
        assert_int_equal(tail, 0);
    }
}

static void test_error_cuts_a_text_longer_than_its_scratch(void **state)
{
    STOA_UNUSED(state);
    char text[5000];
    stoa_error error;
    memset(text, 0x01, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)stoa_fail(&error, STOA_E_CORRUPT, "%s", text);
    const size_t length = strlen(error.message);
    assert_string_equal(error.message + length - 7, "\\x01...");
    stoa_error_set_place(&error, "%s", text);
    assert_true(strlen(error.place) < sizeof error.place);
}

static stoa_status pass_on(stoa_status inner, int *reached)
{
    STOA_TRY(inner);
    *reached += 1;
    return STOA_OK;
}

static stoa_status clean_up(stoa_status inner, int *cleaned)
{
    stoa_status status = STOA_OK;
    STOA_TRY_CLEANUP(inner);
cleanup:
    *cleaned += 1;
    return status;
}

static void test_error_macros_pass_the_status_on(void **state)
{
    STOA_UNUSED(state);
    int count = 0;
    assert_int_equal(pass_on(STOA_E_CAST, &count), STOA_E_CAST);
    assert_int_equal(count, 0);
    assert_int_equal(pass_on(STOA_OK, &count), STOA_OK);
    assert_int_equal(count, 1);
    assert_int_equal(clean_up(STOA_E_CAST, &count), STOA_E_CAST);
    assert_int_equal(clean_up(STOA_OK, &count), STOA_OK);
    assert_int_equal(count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_fail_fills_and_clears),
        cmocka_unit_test(test_error_accepts_null_everywhere),
        cmocka_unit_test(test_error_errno_picks_the_code_and_says_why),
        cmocka_unit_test(test_error_innermost_place_wins),
        cmocka_unit_test(test_error_may_quote_its_own_old_text),
        cmocka_unit_test(test_error_escapes_controls_and_bad_utf8),
        cmocka_unit_test(test_error_excerpt_keeps_its_lines),
        cmocka_unit_test(test_error_cuts_at_a_whole_character),
        cmocka_unit_test(test_error_cuts_a_text_longer_than_its_scratch),
        cmocka_unit_test(test_error_macros_pass_the_status_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
