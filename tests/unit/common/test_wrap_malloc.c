/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/support/wrap_malloc.c: allocations inside zstd fail by our own count. */
#include "tests/support/test_support.h"

#include <stdlib.h>
#include <zstd.h>

#include "common/alloc.h"
#include "tests/support/wrap_malloc.h"

/* A call that the compiler cannot see through: it would drop a malloc that is only freed. */
static void *(*volatile library_malloc)(size_t) = malloc;

static void require_wrap(void)
{
    if (wrap_malloc_available())
        return;
    print_message("skipped: the sanitizer has its own malloc\n");
    skip();
}

static void test_wrap_malloc_fails_each_allocation_of_zstd(void **state)
{
    STOA_UNUSED(state);
    require_wrap();
    static const char text[1000] = "the same again and again";
    uint64_t failures = 0;
    bool done = false;
    for (uint64_t k = 1; !done; k++) {
        char out[2000];
        stoa_alloc_fail_at(k, false);
        wrap_malloc_enable(true);
        const size_t size = ZSTD_compress(out, sizeof out, text, sizeof text, 1);
        wrap_malloc_enable(false);
        done = stoa_alloc_count() < k;
        stoa_alloc_fail_at(0, false);
        failures += ZSTD_isError(size) != 0;
        if (done)
            assert_false(ZSTD_isError(size));
    }
    assert_true(failures >= 1);
}

static void test_wrap_malloc_counts_our_own_requests_once(void **state)
{
    STOA_UNUSED(state);
    require_wrap();
    stoa_alloc_fail_at(0, false);
    wrap_malloc_enable(true);
    void *ours = stoa_alloc(10);
    void *aligned = stoa_alloc_aligned(10);
    void *theirs = library_malloc(10);
    wrap_malloc_enable(false);
    assert_int_equal(stoa_alloc_count(), 3);
    stoa_free(ours);
    stoa_free_aligned(aligned);
    free(theirs);
}

static void test_wrap_malloc_is_silent_while_disabled(void **state)
{
    STOA_UNUSED(state);
    require_wrap();
    stoa_alloc_fail_at(1, true);
    void *theirs = library_malloc(10);
    stoa_alloc_fail_at(0, false);
    assert_non_null(theirs);
    free(theirs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrap_malloc_fails_each_allocation_of_zstd),
        cmocka_unit_test(test_wrap_malloc_counts_our_own_requests_once),
        cmocka_unit_test(test_wrap_malloc_is_silent_while_disabled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
