/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Escaping for terminals: nothing that moves the cursor, changes colours or reverses text gets through, whatever the bytes
 * are; everything else stays as it is.
 */
#include "tests/support/test_support.h"

#include <stdio.h>
#include <string.h>

#include "tools/escape.h"

/* The whole text through escape_step. */
static const char *escape(const char *text, size_t size, enum escape_mode mode)
{
    static char out[4096];
    size_t used = 0;
    while (size > 0) {
        size_t taken = 0;
        char step[ESCAPE_MAX];
        const size_t length = escape_step(text, size, mode, step, &taken);
        assert_true(taken > 0 && taken <= size && length > 0 && length <= ESCAPE_MAX);
        assert_true(used + length < sizeof out);
        memcpy(out + used, step, length);
        used += length;
        text += taken;
        size -= taken;
    }
    out[used] = '\0';
    return out;
}

static const char *line(const char *text)
{
    return escape(text, strlen(text), ESCAPE_LINE);
}

static void test_plain_texts_stay_as_they_are(void **state)
{
    (void)state;
    assert_string_equal(line("abc XYZ 0189 ~!\"\\"), "abc XYZ 0189 ~!\"\\");
    assert_string_equal(line("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
                        "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_string_equal(line(""), "");
}

static void test_every_control_byte_is_spelt_out(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        const char byte = (char)c;
        char expected[8];
        const char *shown = escape(&byte, 1, ESCAPE_LINE);
        if (c == '\n' || c == '\t')
            assert_string_equal(shown, c == '\n' ? "\\n" : "\\t");
        else if (c >= 0x20 && c < 0x7f)
            assert_memory_equal(shown, &byte, 1);
        else {
            snprintf(expected, sizeof expected, "\\x%02x", c);
            assert_string_equal(shown, expected);
        }
    }
    assert_string_equal(escape("a\nb\tc\r", 6, ESCAPE_TEXT), "a\nb\tc\\x0d");
    assert_string_equal(line("\x1b[31mred\x07"), "\\x1b[31mred\\x07");
}

static void test_invisible_code_points_are_spelt_out(void **state)
{
    (void)state;
    assert_string_equal(line("\xc2\x80\xc2\x9f"), "\\u{80}\\u{9f}"); /* C1 */
    assert_string_equal(line("\xe2\x80\xae"), "\\u{202e}"); /* right-to-left override */
    assert_string_equal(line("\xe2\x81\xa6\xe2\x81\xa9"), "\\u{2066}\\u{2069}");
    assert_string_equal(line("\xe2\x80\xa8\xe2\x80\xa9"), "\\u{2028}\\u{2029}");
    assert_string_equal(line("\xe2\x80\x8e\xe2\x80\x8f"), "\\u{200e}\\u{200f}");
    assert_string_equal(line("\xef\xbb\xbf"), "\\u{feff}");
    assert_string_equal(line("\xc2\xa0"), "\xc2\xa0");
}

static void test_what_is_no_utf8_is_spelt_byte_by_byte(void **state)
{
    (void)state;
    assert_string_equal(line("\x80"), "\\x80");
    assert_string_equal(line("\xc3"), "\\xc3");
    assert_string_equal(line("\xc3z"), "\\xc3z");
    assert_string_equal(line("\xc0\xaf"), "\\xc0\\xaf");                   /* overlong */
    assert_string_equal(line("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");          /* overlong */
    assert_string_equal(line("\xed\xa0\x80"), "\\xed\\xa0\\x80");          /* surrogate */
    assert_string_equal(line("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"); /* too large */
    assert_string_equal(line("\xe2\x82"), "\\xe2\\x82");                   /* cut */
}

static void test_random_bytes_come_out_printable(void **state)
{
    (void)state;
    struct test_random random = test_random_start(5);
    char text[200];
    for (unsigned round = 0; round < 2000; round++) {
        test_random_bytes(&random, text, sizeof text);
        const char *shown = escape(text, sizeof text, ESCAPE_LINE);
        for (const char *p = shown; *p; p++)
            assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_texts_stay_as_they_are),
        cmocka_unit_test(test_every_control_byte_is_spelt_out),
        cmocka_unit_test(test_invisible_code_points_are_spelt_out),
        cmocka_unit_test(test_what_is_no_utf8_is_spelt_byte_by_byte),
        cmocka_unit_test(test_random_bytes_come_out_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
