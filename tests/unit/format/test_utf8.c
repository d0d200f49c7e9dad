/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of format/utf8.c: every code point, every short sequence, any place in a text. */
#include "tests/support/test_support.h"

#include <string.h>

#include "format/text.h"

/* RFC 3629 by arithmetic: decodes, then asks whether the code point needs that length. */
static size_t model_sequence(const uint8_t *p, size_t left)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t length = p[0] < 0x80             ? 1
                          : (p[0] & 0xE0) == 0xC0 ? 2
                          : (p[0] & 0xF0) == 0xE0 ? 3
                          : (p[0] & 0xF8) == 0xF0 ? 4
                                                  : 0;
    if (length == 0 || length > left)
        return 0;
    uint32_t code = length == 1 ? p[0] : p[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3F);
    }
    const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < least[length] || code > 0x10FFFF || is_surrogate ? 0 : length;
}

static size_t model_prefix(const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    while (at < size) {
        const size_t length = model_sequence(bytes + at, size - at);
        if (length == 0)
            break;
        at += length;
    }
    return at;
}

static void check_all(const uint8_t *bytes, size_t size)
{
    const size_t expected = model_prefix(bytes, size);
    if (stoa_utf8_valid_prefix(bytes, size) != expected)
        fail_msg("expected %zu well-formed bytes of %zu that begin with %02x, found %zu",
                 expected, size, bytes[0], stoa_utf8_valid_prefix(bytes, size));
    if (stoa_utf8_is_valid(bytes, size) != (expected == size))
        fail_msg("valid and valid_prefix disagree about %zu bytes", size);
}

static size_t encode(uint32_t code, uint8_t out[4])
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    const size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (uint8_t)(code | (0xF00u >> length & 0xFF));
    return length;
}

static void test_every_code_point_is_valid_but_surrogates(void **state)
{
    STOA_UNUSED(state);
    for (uint32_t code = 0; code <= 0x110100; code++) {
        uint8_t bytes[4];
        const size_t size = encode(code, bytes);
        const bool expected = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
        if (stoa_utf8_is_valid(bytes, size) != expected)
            fail_msg("U+%04X: expected %d", code, expected);
    }
}

static void test_every_short_sequence_is_judged_as_the_rfc_does(void **state)
{
    STOA_UNUSED(state);
    static const uint8_t thirds[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0,
                                     0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xF0, 0xF4, 0xFF};
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            uint8_t bytes[4] = {(uint8_t)a, (uint8_t)b};
            check_all(bytes, 1);
            check_all(bytes, 2);
            for (size_t k = 0; k < sizeof thirds * sizeof thirds; k++) {
                bytes[2] = thirds[k / sizeof thirds];
                bytes[3] = thirds[k % sizeof thirds];
                check_all(bytes, 3);
                check_all(bytes, 4);
            }
        }
    }
}

/* Long texts with one place that may be wrong, at every distance from the ends. */
static void test_faults_are_found_at_any_place(void **state)
{
    STOA_UNUSED(state);
    static const char *const parts[] = {
        "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\x80",
        "\xC3",     "\xE2\x82",     "\xF0\x9F\x98",     "\xED\xA0\x80",
        "\xC0\x80", "\xFF",         "\xF4\x90\x80\x80", "\xE2\x41\x80"};
    for (size_t size = 4; size < 100; size += 3) {
        for (size_t at = 0; at < size; at++) {
            for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
                const size_t length = strlen(parts[i]);
                uint8_t *bytes = test_malloc(size);
                memset(bytes, 'a', size);
                memcpy(bytes + at, parts[i], length < size - at ? length : size - at);
                check_all(bytes, size);
                test_free(bytes);
            }
        }
    }
}

static void test_random_mixtures_are_judged_as_the_rfc_does(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(561);
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[200];
        size_t size = 0;
        while (size < 150) {
            const uint32_t limit = test_random_below(&random, 3) ? 0x80 : 0x110000;
            uint32_t code = (uint32_t)test_random_below(&random, limit);
            if (code >= 0xD800 && code <= 0xDFFF)
                code = 'x';
            size += encode(code, bytes + size);
        }
        if (test_random_below(&random, 2))
            bytes[test_random_below(&random, size)] ^=
                (uint8_t)(1u << test_random_below(&random, 8));
        check_all(bytes, size);
    }
}

static void test_nothing_is_valid(void **state)
{
    STOA_UNUSED(state);
    assert_true(stoa_utf8_is_valid(NULL, 0));
    assert_int_equal(stoa_utf8_valid_prefix(NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point_is_valid_but_surrogates),
        cmocka_unit_test(test_every_short_sequence_is_judged_as_the_rfc_does),
        cmocka_unit_test(test_faults_are_found_at_any_place),
        cmocka_unit_test(test_random_mixtures_are_judged_as_the_rfc_does),
        cmocka_unit_test(test_nothing_is_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
