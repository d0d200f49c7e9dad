/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of query/utf8_text.c and utf8_case_data.c: every code point there and back, the whole tables against
 * digests made from UnicodeData.txt 14.0 by Python, offsets and searches. */
#include "tests/support/test_support.h"

#include <string.h>

#include "format/text.h"
#include "query/utf8_text.h"

enum { CODE_COUNT = 0x110000 };

static bool is_surrogate(uint32_t code)
{
    return code >= 0xd800 && code < 0xe000;
}

static void test_every_code_point_survives_encoding(void **state)
{
    STOA_UNUSED(state);
    for (uint32_t code = 0; code < CODE_COUNT; code++) {
        uint8_t bytes[4];
        if (is_surrogate(code))
            continue;
        const size_t size = stoa_char_encode(code, bytes);
        if (!stoa_utf8_is_valid(bytes, size) || stoa_char_size(bytes[0]) != size ||
            stoa_char_decode(bytes) != code)
            fail_msg("code point %x", code);
    }
}

/* digest = digest * 31 + value over all code points */
static void test_mappings_are_those_of_unicode_14(void **state)
{
    STOA_UNUSED(state);
    uint64_t lower = 0;
    uint64_t upper = 0;
    uint64_t words = 0;
    for (uint32_t code = 0; code < CODE_COUNT; code++) {
        lower = lower * 31 + stoa_char_lower(code);
        upper = upper * 31 + stoa_char_upper(code);
        words = words * 31 + stoa_char_is_word(code);
    }
    assert_true(lower == UINT64_C(0x5c88cc59417a5290));
    assert_true(upper == UINT64_C(0x5b7059f03ad717b9));
    assert_true(words == UINT64_C(0x64c6638e85a09531));
}

static void test_mappings_of_some_letters(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t pairs[][2] = {
        {'A',     'a'    },
        {0xc4,    0xe4   },
        {0x178,   0xff   },
        {0x391,   0x3b1  },
        {0x386,   0x3ac  },
        {0x410,   0x430  },
        {0x401,   0x451  },
        {0x531,   0x561  },
        {0x1ea0,  0x1ea1 },
        {0x23a,   0x2c65 },
        {0xff21,  0xff41 },
        {0x10400, 0x10428},
        {0x1e900, 0x1e922},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assert_int_equal(stoa_char_lower(pairs[i][0]), pairs[i][1]);
        assert_int_equal(stoa_char_upper(pairs[i][1]), pairs[i][0]);
        assert_int_equal(stoa_char_lower(pairs[i][1]), pairs[i][1]);
        assert_int_equal(stoa_char_upper(pairs[i][0]), pairs[i][0]);
        assert_true(stoa_char_is_word(pairs[i][0]) && stoa_char_is_word(pairs[i][1]));
    }
    assert_int_equal(stoa_char_upper(0xdf), 0xdf);
    assert_int_equal(stoa_char_lower(0x130), 'i');
    assert_int_equal(stoa_char_upper(0x131), 'I');
    assert_false(stoa_char_is_word(' ') || stoa_char_is_word('-') ||
                 stoa_char_is_word('_') || stoa_char_is_word(0x201c) ||
                 stoa_char_is_word(0xd7));
}

static struct stoa_view view_of(const char *text)
{
    return (struct stoa_view){.data = (const uint8_t *)text,
                              .length = (uint32_t)strlen(text)};
}

static void test_offsets_count_characters(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_view text = view_of("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");
    static const size_t offsets[] = {0, 1, 3, 6, 10, 11, 11, 11};
    assert_int_equal(stoa_char_count(text), 5);
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++)
        assert_int_equal(stoa_char_offset(text, i), offsets[i]);
    assert_int_equal(stoa_char_offset(text, SIZE_MAX), 11);
    assert_int_equal(stoa_char_count((struct stoa_view){NULL, 0}), 0);
    assert_int_equal(stoa_char_offset((struct stoa_view){NULL, 0}, 3), 0);
}

/* Every length and byte against the plain loop; what is written ends where the text does. */
static void test_fast_loops_equal_plain_ones(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(613);
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[40];
        uint8_t swapped[41];
        const uint32_t length = (uint32_t)test_random_below(&random, sizeof bytes + 1);
        const bool is_ascii = round % 2;
        size_t count = 0;
        bool found_high = false;
        test_random_bytes(&random, bytes, sizeof bytes);
        for (uint32_t i = 0; i < length; i++) {
            bytes[i] &= is_ascii || test_random_below(&random, 40) ? 0x7f : 0xff;
            count += (bytes[i] & 0xc0) != 0x80;
            found_high |= bytes[i] >= 0x80;
        }
        const struct stoa_view text = {bytes, length};
        assert_int_equal(stoa_char_count(text), count);
        assert_int_equal(stoa_text_is_ascii(text), !found_high);
        if (found_high)
            continue;
        for (int upper = 0; upper < 2; upper++) {
            swapped[length] = 0xaa;
            stoa_ascii_swap_case(text, upper ? 'a' : 'A', swapped);
            for (uint32_t i = 0; i < length; i++)
                assert_int_equal(swapped[i], upper ? stoa_char_upper(bytes[i])
                                                   : stoa_char_lower(bytes[i]));
            assert_int_equal(swapped[length], 0xaa);
        }
    }
}

static void test_searching_finds_the_first_at_or_behind(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_view text = view_of("abcabc");
    assert_int_equal(stoa_text_find(text, view_of("abc"), 0), 0);
    assert_int_equal(stoa_text_find(text, view_of("abc"), 1), 3);
    assert_int_equal(stoa_text_find(text, view_of("abc"), 3), 3);
    assert_true(stoa_text_find(text, view_of("abc"), 4) == SIZE_MAX);
    assert_true(stoa_text_find(text, view_of("abcabca"), 0) == SIZE_MAX);
    assert_int_equal(stoa_text_find(text, view_of(""), 0), 0);
    assert_int_equal(stoa_text_find(text, view_of(""), 6), 6);
    assert_true(stoa_text_find(text, view_of(""), 7) == SIZE_MAX);
    assert_int_equal(stoa_text_find((struct stoa_view){NULL, 0}, view_of(""), 0), 0);
    assert_true(stoa_text_find((struct stoa_view){NULL, 0}, view_of("a"), 0) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point_survives_encoding),
        cmocka_unit_test(test_mappings_are_those_of_unicode_14),
        cmocka_unit_test(test_mappings_of_some_letters),
        cmocka_unit_test(test_offsets_count_characters),
        cmocka_unit_test(test_fast_loops_equal_plain_ones),
        cmocka_unit_test(test_searching_finds_the_first_at_or_behind),
    };
    return cmocka_run_group_tests_name("utf8_text", tests, NULL, NULL);
}
