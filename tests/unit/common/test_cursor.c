/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of common/cursor.h: order, the exact end, sticky failure. */
#include "tests/support/test_support.h"

#include "common/cursor.h"

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};

static void test_cursor_reads_in_order_to_the_exact_end(void **state)
{
    STOA_UNUSED(state);
    struct stoa_cursor cursor = stoa_cursor_make(bytes, sizeof bytes);
    assert_int_equal(stoa_cursor_u8(&cursor), 1);
    assert_int_equal(stoa_cursor_le16(&cursor), 0x0302);
    assert_int_equal(stoa_cursor_le32(&cursor), 0x07060504);
    assert_int_equal(stoa_cursor_le64(&cursor), UINT64_C(0x0f0e0d0c0b0a0908));
    assert_ptr_equal(stoa_cursor_take(&cursor, 2), bytes + 15);
    assert_int_equal(cursor.left, 0);
    assert_ptr_equal(stoa_cursor_take(&cursor, 0), bytes + sizeof bytes);
    assert_false(cursor.failed);
}

static void test_cursor_failure_is_sticky(void **state)
{
    STOA_UNUSED(state);
    struct stoa_cursor cursor = stoa_cursor_make(bytes, 3);
    assert_int_equal(stoa_cursor_le32(&cursor), 0);
    assert_true(cursor.failed);
    assert_int_equal(stoa_cursor_u8(&cursor), 0);
    assert_int_equal(stoa_cursor_le16(&cursor), 0);
    assert_int_equal(stoa_cursor_le64(&cursor), 0);
    assert_null(stoa_cursor_take(&cursor, 0));
    assert_int_equal(cursor.left, 3);
}

static void test_cursor_refuses_a_huge_length(void **state)
{
    STOA_UNUSED(state);
    struct stoa_cursor cursor = stoa_cursor_make(bytes, sizeof bytes);
    assert_null(stoa_cursor_take(&cursor, SIZE_MAX));
    assert_true(cursor.failed);
}

static void test_cursor_over_nothing(void **state)
{
    STOA_UNUSED(state);
    struct stoa_cursor cursor = stoa_cursor_make(NULL, 0);
    assert_int_equal(stoa_cursor_u8(&cursor), 0);
    assert_true(cursor.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cursor_reads_in_order_to_the_exact_end),
        cmocka_unit_test(test_cursor_failure_is_sticky),
        cmocka_unit_test(test_cursor_refuses_a_huge_length),
        cmocka_unit_test(test_cursor_over_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
