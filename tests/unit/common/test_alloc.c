/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of common/alloc.c: contracts at the edges, the failure hook and the live counter. */
#include "tests/support/test_support.h"

#include <string.h>

#include "common/alloc.h"

static void test_alloc_of_nothing_gives_a_pointer(void **state)
{
    STOA_UNUSED(state);
    void *a = stoa_alloc(0);
    void *b = stoa_alloc_zeroed(0, 8);
    void *c = stoa_alloc_array(8, 0);
    void *d = stoa_alloc_aligned(0);
    assert_true(a != NULL && b != NULL && c != NULL && d != NULL);
    stoa_free(a);
    stoa_free(b);
    stoa_free(c);
    stoa_free_aligned(d);
    stoa_free(NULL);
    stoa_free_aligned(NULL);
}

static void test_alloc_refuses_sizes_that_overflow(void **state)
{
    STOA_UNUSED(state);
    assert_null(stoa_alloc_array(SIZE_MAX / 2, 3));
    assert_null(stoa_alloc_zeroed(SIZE_MAX / 2, 3));
    assert_null(stoa_alloc_aligned(SIZE_MAX));
    assert_null(stoa_alloc_aligned(SIZE_MAX - 62));
    assert_null(stoa_strndup("x", SIZE_MAX));
}

static void test_alloc_zeroed_is_zero(void **state)
{
    STOA_UNUSED(state);
    static const uint8_t zeros[300];
    uint8_t *block = stoa_alloc_zeroed(100, 3);
    assert_bytes(block, zeros, sizeof zeros);
    stoa_free(block);
}

static void test_alloc_aligned_is_aligned(void **state)
{
    STOA_UNUSED(state);
    for (size_t size = 0; size < 300; size += 7) {
        uint8_t *block = stoa_alloc_aligned(size);
        assert_int_equal((uintptr_t)block % 64, 0);
        memset(block, 0xaa, size);
        stoa_free_aligned(block);
    }
}

static void test_alloc_realloc_keeps_content_and_survives_failure(void **state)
{
    STOA_UNUSED(state);
    char *block = stoa_realloc(NULL, 4);
    memcpy(block, "abc", 4);
    stoa_alloc_fail_at(1, false);
    assert_null(stoa_realloc(block, 4000));
    stoa_alloc_fail_at(0, false);
    assert_string_equal(block, "abc");
    block = stoa_realloc(block, 4000);
    assert_string_equal(block, "abc");
    block = stoa_realloc(block, 0);
    assert_non_null(block);
    stoa_free(block);
}

static void test_alloc_copies_text(void **state)
{
    STOA_UNUSED(state);
    char *whole = stoa_strdup("stoa");
    char *part = stoa_strndup("stoa", 2);
    char *empty = stoa_strndup(NULL, 0);
    assert_string_equal(whole, "stoa");
    assert_string_equal(part, "st");
    assert_string_equal(empty, "");
    stoa_free(whole);
    stoa_free(part);
    stoa_free(empty);
}

static void test_alloc_fails_exactly_the_kth_request(void **state)
{
    STOA_UNUSED(state);
    stoa_alloc_fail_at(3, false);
    for (int i = 1; i <= 5; i++) {
        void *block = stoa_alloc(8);
        assert_true((block == NULL) == (i == 3));
        stoa_free(block);
    }
    assert_int_equal(stoa_alloc_count(), 5);
    stoa_alloc_fail_at(0, false);
}

static void test_alloc_fails_for_ever_from_the_kth_request(void **state)
{
    STOA_UNUSED(state);
    stoa_alloc_fail_at(2, true);
    void *first = stoa_alloc(8);
    assert_non_null(first);
    assert_null(stoa_alloc(8));
    assert_null(stoa_alloc_zeroed(1, 8));
    assert_null(stoa_alloc_array(1, 8));
    assert_null(stoa_alloc_aligned(8));
    assert_null(stoa_strdup("x"));
    assert_null(stoa_realloc(NULL, 8));
    stoa_alloc_fail_at(0, false);
    stoa_free(first);
}

static void test_alloc_live_counts_blocks(void **state)
{
    STOA_UNUSED(state);
    const int64_t before = stoa_alloc_live();
    void *a = stoa_alloc(1);
    void *b = stoa_alloc_aligned(1);
    assert_int_equal(stoa_alloc_live(), before + 2);
    a = stoa_realloc(a, 100);
    assert_int_equal(stoa_alloc_live(), before + 2);
    stoa_alloc_fail_at(1, false);
    assert_null(stoa_alloc(1));
    stoa_alloc_fail_at(0, false);
    assert_int_equal(stoa_alloc_live(), before + 2);
    stoa_free(a);
    stoa_free_aligned(b);
    assert_int_equal(stoa_alloc_live(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc_of_nothing_gives_a_pointer),
        cmocka_unit_test(test_alloc_refuses_sizes_that_overflow),
        cmocka_unit_test(test_alloc_zeroed_is_zero),
        cmocka_unit_test(test_alloc_aligned_is_aligned),
        cmocka_unit_test(test_alloc_realloc_keeps_content_and_survives_failure),
        cmocka_unit_test(test_alloc_copies_text),
        cmocka_unit_test(test_alloc_fails_exactly_the_kth_request),
        cmocka_unit_test(test_alloc_fails_for_ever_from_the_kth_request),
        cmocka_unit_test(test_alloc_live_counts_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
