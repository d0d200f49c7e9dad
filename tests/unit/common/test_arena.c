/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of common/arena.c: alignment, bounds, reuse, failures. */
#include "tests/support/test_support.h"

#include <string.h>

#include "common/alloc.h"
#include "common/arena.h"

static void test_arena_blocks_are_aligned_and_apart(void **state)
{
    STOA_UNUSED(state);
    enum { BLOCKS = 2000 };
    static uint8_t *blocks[BLOCKS];
    static size_t sizes[BLOCKS];
    struct test_random random = test_random_start(11);
    struct stoa_arena arena;
    stoa_arena_init(&arena, SIZE_MAX);
    for (size_t i = 0; i < BLOCKS; i++) {
        sizes[i] = (size_t)test_random_below(&random, i % 100 == 0 ? 100000 : 200);
        blocks[i] = stoa_arena_alloc(&arena, sizes[i]);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], (int)(i & 0xff), sizes[i]);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(blocks[i][j], i & 0xff);
    }
    stoa_arena_done(&arena);
}

static void test_arena_never_passes_its_maximum(void **state)
{
    STOA_UNUSED(state);
    struct stoa_arena arena;
    stoa_error error;
    stoa_arena_init(&arena, 64);
    assert_non_null(stoa_arena_alloc(&arena, 33)); /* costs 48 */
    assert_null(stoa_arena_alloc(&arena, 17));
    assert_fails(stoa_arena_fail(&arena, 17, &error), STOA_E_LIMIT, &error);
    assert_contains(error.message, "at most 64 bytes");
    assert_non_null(stoa_arena_alloc(&arena, 16));
    assert_null(stoa_arena_alloc(&arena, 0));
    assert_null(stoa_arena_alloc(&arena, SIZE_MAX));
    assert_null(stoa_arena_alloc_zeroed(&arena, SIZE_MAX / 2, 3));
    assert_null(stoa_arena_strndup(&arena, "x", SIZE_MAX));
    stoa_arena_done(&arena);
}

static void test_arena_tells_memory_from_maximum(void **state)
{
    STOA_UNUSED(state);
    struct stoa_arena arena;
    stoa_error error;
    stoa_arena_init(&arena, 1 << 20);
    stoa_alloc_fail_at(1, true);
    assert_null(stoa_arena_alloc(&arena, 100));
    stoa_alloc_fail_at(0, false);
    assert_fails(stoa_arena_fail(&arena, 100, &error), STOA_E_NO_MEMORY, &error);
    assert_non_null(stoa_arena_alloc(&arena, 100));
    stoa_arena_done(&arena);
}

static void test_arena_reset_reuses_one_chunk(void **state)
{
    STOA_UNUSED(state);
    const int64_t live = stoa_alloc_live();
    struct stoa_arena arena;
    stoa_arena_init(&arena, SIZE_MAX);
    stoa_arena_reset(&arena); /* of an empty one */
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            assert_non_null(stoa_arena_alloc(&arena, 100));
        stoa_arena_reset(&arena);
        assert_int_equal(arena.used, 0);
        assert_int_equal(stoa_alloc_live(), live + 1);
    }
    stoa_arena_done(&arena);
    assert_int_equal(stoa_alloc_live(), live);
    stoa_arena_done(&arena);
}

static void test_arena_zeroed_is_zero_after_reuse(void **state)
{
    STOA_UNUSED(state);
    static const uint8_t zeros[96];
    struct stoa_arena arena;
    stoa_arena_init(&arena, SIZE_MAX);
    memset(stoa_arena_alloc(&arena, 96), 0xff, 96);
    stoa_arena_reset(&arena);
    assert_bytes(stoa_arena_alloc_zeroed(&arena, 12, 8), zeros, sizeof zeros);
    stoa_arena_done(&arena);
}

static void test_arena_copies_text(void **state)
{
    STOA_UNUSED(state);
    struct stoa_arena arena;
    stoa_arena_init(&arena, 1000);
    assert_string_equal(stoa_arena_strndup(&arena, "column", 3), "col");
    assert_string_equal(stoa_arena_strndup(&arena, NULL, 0), "");
    stoa_arena_done(&arena);
}

static void test_arena_large_blocks_leave_the_head_in_use(void **state)
{
    STOA_UNUSED(state);
    struct stoa_arena arena;
    stoa_arena_init(&arena, SIZE_MAX);
    const uint8_t *first = stoa_arena_alloc(&arena, 16);
    assert_non_null(stoa_arena_alloc(&arena, 100000));
    const uint8_t *second = stoa_arena_alloc(&arena, 16);
    assert_ptr_equal(second, first + 16);
    stoa_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_blocks_are_aligned_and_apart),
        cmocka_unit_test(test_arena_never_passes_its_maximum),
        cmocka_unit_test(test_arena_tells_memory_from_maximum),
        cmocka_unit_test(test_arena_reset_reuses_one_chunk),
        cmocka_unit_test(test_arena_zeroed_is_zero_after_reuse),
        cmocka_unit_test(test_arena_copies_text),
        cmocka_unit_test(test_arena_large_blocks_leave_the_head_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
