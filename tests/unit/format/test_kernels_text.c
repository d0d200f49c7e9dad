/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the text kernels at every level: searches and comparisons against the simplest code, over
 * few letters so that near misses are frequent, in buffers that end where the text does.
 */
#include "tests/unit/format/kernel_levels.h"

#include "format/value.h"

static size_t find_simply(const uint8_t *bytes, size_t size, const uint8_t *needle,
                          size_t needle_size)
{
    for (size_t at = 0; needle_size <= size && at <= size - needle_size; at++) {
        size_t same = 0;
        while (same < needle_size && bytes[at + same] == needle[same])
            same++;
        if (same == needle_size)
            return at;
    }
    return SIZE_MAX;
}

static void check_find(const uint8_t *bytes, size_t size, const uint8_t *needle,
                       size_t needle_size)
{
    const size_t expected = find_simply(bytes, size, needle, needle_size);
    for
        EACH_LEVEL(level)
        {
            if (level_at(level) &&
                level_at(level)->find_bytes(bytes, size, needle, needle_size) != expected)
                fail_msg("%s: %zu bytes, needle of %zu: expected %zu",
                         level_at(level)->name, size, needle_size, expected);
        }
}

static void test_find_bytes_of_every_length_and_place(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1700);
    for (size_t size = 0; size < 300; size++) {
        uint8_t *block = NULL;
        uint8_t *bytes = odd_buffer(size, &block);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)('a' + test_random_below(&random, 2));
        for (size_t length = 0; length < 12; length++) {
            uint8_t needle[12];
            for (size_t i = 0; i < length; i++)
                needle[i] = (uint8_t)('a' + test_random_below(&random, 2));
            check_find(bytes, size, needle, length);
            if (length <= size) /* the last place, and one too many behind it */
                check_find(bytes, size, bytes + size - length, length);
        }
        check_find(bytes, size, (const uint8_t *)"abz", 3);
        stoa_free(block);
    }
}

static void test_find_bytes_takes_long_needles_and_any_byte(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1701);
    static uint8_t bytes[3000];
    test_random_bytes(&random, bytes, sizeof bytes);
    for (size_t length = 1; length <= 600; length += 7) {
        const size_t at = test_random_below(&random, sizeof bytes - length + 1);
        check_find(bytes, sizeof bytes, bytes + at, length);
    }
    check_find(bytes, 10, bytes, 11);
    check_find(bytes, sizeof bytes, bytes, sizeof bytes);
    memset(bytes, 'a', sizeof bytes); /* first and last byte are right everywhere */
    uint8_t needle[255];
    memset(needle, 'a', sizeof needle);
    check_find(bytes, sizeof bytes, needle, sizeof needle);
    needle[100] = 'b';
    check_find(bytes, sizeof bytes, needle, sizeof needle);
}

static void check_select(const struct stoa_view *views, size_t count,
                         const struct stoa_view *text, bool is_prefix,
                         const uint64_t asked[16])
{
    for
        EACH_LEVEL(level)
        {
            uint64_t bits[16];
            if (!level_at(level))
                continue;
            memcpy(bits, asked, sizeof bits);
            level_at(level)->select_text(views, count, text, is_prefix, bits);
            for (size_t i = 0; i < ROWS; i++) {
                const bool is_asked = asked[i / 64] >> i % 64 & 1;
                const bool expected =
                    is_asked &&
                    (is_prefix ? views[i].length >= text->length
                               : views[i].length == text->length) &&
                    (text->length == 0 ||
                     memcmp(views[i].data, text->data, text->length) == 0);
                assert_int_equal(bits[i / 64] >> i % 64 & 1, expected);
            }
        }
}

static void test_select_text_looks_at_asked_rows_alone(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1702);
    static const char letters[] = "aabbaabab\xC3\xA4\xC3\xB6";
    static const size_t counts[] = {0, 1, 63, 64, 65, 1000, 1024};
    struct stoa_view views[ROWS];
    for (size_t n = 0; n < sizeof counts / sizeof counts[0]; n++) {
        uint64_t asked[16] = {0};
        for (size_t i = 0; i < ROWS; i++) {
            const size_t from = test_random_below(&random, 12);
            views[i].data = (const uint8_t *)letters + from;
            views[i].length = (uint32_t)test_random_below(&random, 13 - from);
            if (i < counts[n] && test_random_below(&random, 4) > 0)
                asked[i / 64] |= UINT64_C(1) << i % 64;
            else
                views[i] = (struct stoa_view){.data = NULL, .length = 7};
        }
        for (uint32_t length = 0; length < 6; length++) {
            const struct stoa_view text = {.data = (const uint8_t *)letters +
                                                   test_random_below(&random, 7),
                                           .length = length};
            check_select(views, counts[n], &text, false, asked);
            check_select(views, counts[n], &text, true, asked);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_bytes_of_every_length_and_place),
        cmocka_unit_test(test_find_bytes_takes_long_needles_and_any_byte),
        cmocka_unit_test(test_select_text_looks_at_asked_rows_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
