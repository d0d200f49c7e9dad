/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of common/hash.c: published vectors, streaming equals one shot, failures. */
#include "tests/support/test_support.h"

#include "common/alloc.h"
#include "common/hash.h"

static void fill(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
}

static void test_hash64_of_nothing_is_the_published_value(void **state)
{
    STOA_UNUSED(state);
    assert_int_equal(stoa_hash64("", 0, 0), UINT64_C(0x2d06800538d394c2));
    assert_int_equal(stoa_hash64(NULL, 0, 0), UINT64_C(0x2d06800538d394c2));
    const struct stoa_hash128 hash = stoa_hash128("", 0);
    assert_int_equal(hash.high, UINT64_C(0x99aa06d3014798d8));
    assert_int_equal(hash.low, UINT64_C(0x6001c324468d497f));
}

static void test_hash64_depends_on_seed_order_and_length(void **state)
{
    STOA_UNUSED(state);
    uint8_t bytes[64];
    fill(bytes, sizeof bytes);
    const uint64_t hash = stoa_hash64(bytes, 64, 1);
    assert_int_equal(stoa_hash64(bytes, 64, 1), hash);
    assert_int_not_equal(stoa_hash64(bytes, 64, 2), hash);
    assert_int_not_equal(stoa_hash64(bytes, 63, 1), hash);
    for (size_t i = 0; i < 8; i++) { /* two words swapped */
        const uint8_t byte = bytes[i];
        bytes[i] = bytes[i + 8];
        bytes[i + 8] = byte;
    }
    assert_int_not_equal(stoa_hash64(bytes, 64, 1), hash);
}

/* Every length around blocks and stripes, at several addresses; runs at each CPU level. */
static void test_hash64_of_long_inputs_is_the_same_at_every_level(void **state)
{
    STOA_UNUSED(state);
    static uint8_t bytes[9000];
    uint64_t all = 0;
    fill(bytes, sizeof bytes);
    for (size_t size = 900; size < 8900; size++)
        all = all * 31 + stoa_hash64(bytes + size % 65, size, size % 3 * (UINT64_MAX / 5));
    assert_int_equal(all, UINT64_C(0x8dfe88133bdf0a2f));
}

static void test_hasher_equals_one_shot_at_any_cut(void **state)
{
    STOA_UNUSED(state);
    static uint8_t bytes[20000];
    struct test_random random = test_random_start(31);
    fill(bytes, sizeof bytes);
    for (size_t size = 0; size < sizeof bytes; size = size * 2 + 1) {
        const struct stoa_hash128 expected = stoa_hash128(bytes, size);
        struct stoa_hasher *hasher = stoa_hasher_create();
        assert_non_null(hasher);
        for (size_t done = 0; done < size;) {
            size_t step = (size_t)test_random_below(&random, 700);
            step = step < size - done ? step : size - done;
            stoa_hasher_update(hasher, bytes + done, step);
            done += step;
        }
        stoa_hasher_update(hasher, NULL, 0);
        const struct stoa_hash128 found = stoa_hasher_digest(hasher);
        assert_int_equal(found.low, expected.low);
        assert_int_equal(found.high, expected.high);
        stoa_hasher_free(hasher);
    }
}

static void test_hasher_create_fails_without_memory(void **state)
{
    STOA_UNUSED(state);
    stoa_alloc_fail_at(1, false);
    assert_null(stoa_hasher_create());
    stoa_alloc_fail_at(0, false);
    stoa_hasher_free(NULL);
}

static void test_hash_mix_separates_neighbours(void **state)
{
    STOA_UNUSED(state);
    /* 4,096 consecutive keys into 4,096 buckets: a random function fills about 63 %. */
    static uint8_t hit[4096];
    size_t filled = 0;
    for (uint64_t i = 0; i < 4096; i++)
        hit[stoa_hash_mix(i) & 4095] = 1;
    for (size_t i = 0; i < 4096; i++)
        filled += hit[i];
    assert_in_range(filled, 2400, 2800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash64_of_nothing_is_the_published_value),
        cmocka_unit_test(test_hash64_depends_on_seed_order_and_length),
        cmocka_unit_test(test_hash64_of_long_inputs_is_the_same_at_every_level),
        cmocka_unit_test(test_hasher_equals_one_shot_at_any_cut),
        cmocka_unit_test(test_hasher_create_fails_without_memory),
        cmocka_unit_test(test_hash_mix_separates_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
