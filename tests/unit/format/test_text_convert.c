/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of format/text.c: text and binary, appending, messages, damaged input of any type. */
#include "tests/unit/format/text_check.h"

#include <string.h>

#include "common/alloc.h"

static const stoa_type text_type = {.id = STOA_TYPE_TEXT};
static const stoa_type binary_type = {.id = STOA_TYPE_BINARY};
static const stoa_type int_type = {.id = STOA_TYPE_INT64};

static struct stoa_value bytes_of(const char *text, size_t length)
{
    return (struct stoa_value){
        .bytes = {.data = (const uint8_t *)text, .length = (uint32_t)length}
    };
}

static void test_text_is_borrowed_as_it_is(void **state)
{
    STOA_UNUSED(state);
    struct stoa_value value = {.is_null = true};
    static const char text[] = "  any text \n";
    assert_ok(stoa_text_parse(text_type, text, 12, &value, NULL), NULL);
    assert_false(value.is_null);
    assert_ptr_equal(value.bytes.data, text);
    assert_int_equal(value.bytes.length, 12);
    assert_true(stoa_text_parse_canonical(text_type, text, 0, &value));
    assert_int_equal(value.bytes.length, 0);
}

static void test_text_above_the_limit_is_refused(void **state)
{
    STOA_UNUSED(state);
    struct stoa_value value = {.is_null = true};
    stoa_error err;
    /* The text is not looked at, so a short one may claim to be long. */
    assert_fails(stoa_text_parse(text_type, "x", STOA_MAX_VALUE_BYTES + 1, &value, &err),
                 STOA_E_LIMIT, &err);
    assert_true(value.is_null);
    assert_ok(stoa_text_parse(text_type, "x", STOA_MAX_VALUE_BYTES, &value, &err), &err);
}

static void test_append_writes_every_type(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf buf;
    stoa_buf_init(&buf, 4096);
    const struct stoa_value text = bytes_of("a\"b", 3);
    const struct stoa_value binary = bytes_of("\x00\xFFz", 3);
    const struct stoa_value number = {.i64 = -42};
    assert_ok(stoa_text_append(text_type, &text, &buf, NULL), NULL);
    assert_ok(stoa_text_append(binary_type, &binary, &buf, NULL), NULL);
    assert_ok(stoa_text_append(int_type, &number, &buf, NULL), NULL);
    assert_int_equal(buf.size, 14);
    assert_bytes(buf.data, "a\"b\\x00ff7a-42", 14);
    stoa_buf_done(&buf);
}

static void test_append_leaves_a_full_buffer_as_it_was(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf buf;
    stoa_error err;
    stoa_buf_init(&buf, 5);
    const struct stoa_value binary = bytes_of("\x01\x02", 2);
    assert_fails(stoa_text_append(binary_type, &binary, &buf, &err), STOA_E_LIMIT, &err);
    assert_int_equal(buf.size, 0);
    stoa_buf_done(&buf);
}

static void test_hex_reads_back_what_append_wrote(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(551);
    for (size_t length = 0; length < 70; length++) {
        char bytes[70];
        struct stoa_buf text;
        struct stoa_buf back;
        test_random_bytes(&random, bytes, length);
        stoa_buf_init(&text, 1000);
        stoa_buf_init(&back, 1000);
        const struct stoa_value value = bytes_of(bytes, length);
        assert_ok(stoa_text_append(binary_type, &value, &text, NULL), NULL);
        assert_ok(stoa_text_parse_hex((const char *)text.data, text.size, &back, NULL),
                  NULL);
        assert_int_equal(back.size, length);
        if (length > 0)
            assert_bytes(back.data, bytes, length);
        stoa_buf_done(&text);
        stoa_buf_done(&back);
    }
}

static void test_hex_of_a_wrong_form_changes_nothing(void **state)
{
    STOA_UNUSED(state);
    static const char *const bad[] = {"",      "\\",    "x00",    "\\x0",
                                      "\\x0g", "\\X00", "\\x00 ", "00"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct stoa_buf buf;
        stoa_error err;
        stoa_buf_init(&buf, 100);
        assert_ok(stoa_buf_append(&buf, "ab", 2, NULL), NULL);
        assert_fails(stoa_text_parse_hex(bad[i], strlen(bad[i]), &buf, &err),
                     STOA_E_BAD_VALUE, &err);
        assert_int_equal(buf.size, 2);
        stoa_buf_done(&buf);
    }
    struct stoa_buf buf;
    stoa_buf_init(&buf, 100);
    assert_ok(stoa_text_parse_hex("\\xAbCd", 6, &buf, NULL), NULL);
    assert_bytes(buf.data, "\xAB\xCD", 2);
    stoa_buf_done(&buf);
}

static void test_messages_name_the_type_and_cut_long_texts(void **state)
{
    STOA_UNUSED(state);
    struct stoa_value value;
    stoa_error err;
    const stoa_type decimal = {STOA_TYPE_DECIMAL, 12, 2};
    assert_fails(stoa_text_parse(decimal, "12,5o", 5, &value, &err), STOA_E_BAD_VALUE,
                 &err);
    assert_string_equal(err.message, "cannot read \"12,5o\" as decimal(12,2)");
    char text[300];
    memset(text, 'x', sizeof text);
    memcpy(text + 58, "\xC3\xA9\xC3\xA9", 4); /* byte 60 is inside the second */
    assert_fails(stoa_text_parse(int_type, text, sizeof text, &value, &err),
                 STOA_E_BAD_VALUE, &err);
    assert_contains(err.message, "xx\xC3\xA9...\" as int64");
    assert_true(strlen(err.message) < 120);
    assert_true(stoa_utf8_is_valid((const uint8_t *)err.message, strlen(err.message)));
}

/* Random bytes from the characters that matter: what reads also prints and reads back. */
static void test_random_texts_of_every_type_are_stable(void **state)
{
    STOA_UNUSED(state);
    static const char characters[] = "0123456789+-.eE: TZtrufalsinyo{}xab\x00\xFF";
    struct test_random random = test_random_start(552);
    unsigned read = 0;
    for (int id = STOA_TYPE_BOOL; id <= STOA_TYPE_UUID; id++) {
        stoa_type type = {.id = (stoa_type_id)id};
        if (id == STOA_TYPE_TEXT || id == STOA_TYPE_BINARY)
            continue;
        for (int i = 0; i < 8000; i++) {
            if (id == STOA_TYPE_DECIMAL) {
                type.precision = (uint8_t)(1 + test_random_below(&random, 38));
                type.scale = (uint8_t)test_random_below(&random, type.precision + 1u);
            }
            const size_t length = (size_t)test_random_below(&random, 7);
            char *text = test_malloc(length + 1);
            for (size_t j = 0; j < length; j++)
                text[j] = characters[test_random_below(&random, sizeof characters - 1)];
            struct stoa_value value;
            const stoa_status status = stoa_text_parse(type, text, length, &value, NULL);
            assert_true(status == STOA_OK || status == STOA_E_BAD_VALUE ||
                        status == STOA_E_OVERFLOW);
            if (status == STOA_OK) {
                check_prints_and_reads_back(type, &value);
                read++;
            }
            test_free(text);
        }
    }
    assert_true(read > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_borrowed_as_it_is),
        cmocka_unit_test(test_text_above_the_limit_is_refused),
        cmocka_unit_test(test_append_writes_every_type),
        cmocka_unit_test(test_append_leaves_a_full_buffer_as_it_was),
        cmocka_unit_test(test_hex_reads_back_what_append_wrote),
        cmocka_unit_test(test_hex_of_a_wrong_form_changes_nothing),
        cmocka_unit_test(test_messages_name_the_type_and_cut_long_texts),
        cmocka_unit_test(test_random_texts_of_every_type_are_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
