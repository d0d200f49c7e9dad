/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of common/buf.c: growth, the maximum, formatting, failures that keep the content. */
#include "tests/support/test_support.h"

#include <string.h>

#include "common/alloc.h"
#include "common/buf.h"

static void test_buf_appends_in_order(void **state)
{
    STOA_UNUSED(state);
    static const uint8_t expected[] = {1,    2,    3, 4, 0, 0, 0xef, 0xbe, 0x04, 0x03,
                                       0x02, 0x01, 8, 7, 6, 5, 4,    3,    2,    1};
    struct stoa_buf buf;
    stoa_buf_init(&buf, 1000);
    assert_ok(stoa_buf_append(&buf, expected, 3, NULL), NULL);
    assert_ok(stoa_buf_append_byte(&buf, 4, NULL), NULL);
    assert_ok(stoa_buf_append_zeros(&buf, 2, NULL), NULL);
    assert_ok(stoa_buf_append_le16(&buf, 0xbeef, NULL), NULL);
    assert_ok(stoa_buf_append_le32(&buf, 0x01020304, NULL), NULL);
    assert_ok(stoa_buf_append_le64(&buf, UINT64_C(0x0102030405060708), NULL), NULL);
    assert_int_equal(buf.size, sizeof expected);
    assert_bytes(buf.data, expected, sizeof expected);
    stoa_buf_done(&buf);
    assert_null(buf.data);
    stoa_buf_done(&buf);
}

static void test_buf_of_nothing_allocates_nothing(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf buf;
    size_t size = 1;
    stoa_buf_init(&buf, 0);
    assert_ok(stoa_buf_append(&buf, NULL, 0, NULL), NULL);
    assert_ok(stoa_buf_append_zeros(&buf, 0, NULL), NULL);
    assert_ok(stoa_buf_reserve(&buf, 0, NULL), NULL);
    assert_ok(stoa_buf_align(&buf, 4096, NULL), NULL);
    assert_null(buf.data);
    assert_null(stoa_buf_take(&buf, &size));
    assert_int_equal(size, 0);
}

static void test_buf_never_passes_its_maximum(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf buf;
    stoa_error error;
    stoa_buf_init(&buf, 100);
    assert_ok(stoa_buf_append_zeros(&buf, 99, NULL), NULL);
    assert_fails(stoa_buf_append_le16(&buf, 1, &error), STOA_E_LIMIT, &error);
    assert_contains(error.message, "at most 100 bytes, found 99 and 2 more");
    assert_fails(stoa_buf_reserve(&buf, SIZE_MAX, &error), STOA_E_LIMIT, &error);
    assert_int_equal(buf.size, 99);
    assert_ok(stoa_buf_append_byte(&buf, 7, NULL), NULL);
    assert_int_equal(buf.capacity, 100);
    assert_fails(stoa_buf_append_byte(&buf, 8, &error), STOA_E_LIMIT, &error);
    assert_int_equal(buf.data[99], 7);
    stoa_buf_done(&buf);
}

static void test_buf_printf_fills_to_the_last_byte(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf buf;
    stoa_error error;
    stoa_buf_init(&buf, 8);
    assert_ok(stoa_buf_printf(&buf, NULL, "%s", ""), NULL);
    assert_ok(stoa_buf_printf(&buf, NULL, "%d-%s", 42, "stoa"), NULL);
    assert_fails(stoa_buf_printf(&buf, &error, "%s", "xy"), STOA_E_LIMIT, &error);
    assert_ok(stoa_buf_printf(&buf, NULL, "%c", '!'), NULL);
    assert_int_equal(buf.size, 8);
    assert_bytes(buf.data, "42-stoa!", 8);
    stoa_buf_done(&buf);
}

static void test_buf_align_pads_with_zeros(void **state)
{
    STOA_UNUSED(state);
    static const uint8_t expected[16] = {9};
    struct stoa_buf buf;
    stoa_buf_init(&buf, 64);
    assert_ok(stoa_buf_append_byte(&buf, 9, NULL), NULL);
    assert_ok(stoa_buf_align(&buf, 16, NULL), NULL);
    assert_ok(stoa_buf_align(&buf, 16, NULL), NULL);
    assert_int_equal(buf.size, 16);
    assert_bytes(buf.data, expected, sizeof expected);
    stoa_buf_done(&buf);
}

static void test_buf_take_hands_the_bytes_over(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf buf;
    size_t size = 0;
    stoa_buf_init(&buf, 64);
    assert_ok(stoa_buf_append(&buf, "abc", 3, NULL), NULL);
    uint8_t *bytes = stoa_buf_take(&buf, &size);
    assert_int_equal(size, 3);
    assert_bytes(bytes, "abc", 3);
    assert_null(buf.data);
    assert_int_equal(buf.maximum, 64);
    assert_ok(stoa_buf_append(&buf, "d", 1, NULL), NULL);
    stoa_buf_done(&buf);
    stoa_free(bytes);
}

static void test_buf_grows_in_few_steps(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf buf;
    stoa_buf_init(&buf, SIZE_MAX);
    stoa_alloc_fail_at(0, false);
    for (uint32_t i = 0; i < 100000; i++)
        assert_ok(stoa_buf_append_le32(&buf, i, NULL), NULL);
    assert_true(stoa_alloc_count() < 20);
    stoa_buf_done(&buf);
}

static stoa_status build_text(void *context, stoa_error *err)
{
    STOA_UNUSED(context);
    struct stoa_buf buf;
    stoa_status status = STOA_OK;
    stoa_buf_init(&buf, 1 << 20);
    for (int i = 0; i < 50 && status == STOA_OK; i++) {
        const size_t size = buf.size;
        status = stoa_buf_printf(&buf, err, "row %d;", i);
        if (status != STOA_OK)
            assert_int_equal(buf.size, size);
    }
    stoa_buf_done(&buf);
    return status;
}

static void test_buf_survives_allocation_failures(void **state)
{
    STOA_UNUSED(state);
    assert_true(test_allocation_failures(build_text, NULL) >= 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf_appends_in_order),
        cmocka_unit_test(test_buf_of_nothing_allocates_nothing),
        cmocka_unit_test(test_buf_never_passes_its_maximum),
        cmocka_unit_test(test_buf_printf_fills_to_the_last_byte),
        cmocka_unit_test(test_buf_align_pads_with_zeros),
        cmocka_unit_test(test_buf_take_hands_the_bytes_over),
        cmocka_unit_test(test_buf_grows_in_few_steps),
        cmocka_unit_test(test_buf_survives_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
