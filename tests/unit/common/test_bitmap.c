/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of common/bitmap.c against a bit-by-bit model, with every offset and dirty tails. */
#include "tests/support/test_support.h"

#include <string.h>

#include "common/bitmap.h"
#include "common/bits.h"

enum { WORDS = 6, BITS = WORDS * 64 };

static void random_words(struct test_random *random, uint64_t words[WORDS])
{
    for (size_t i = 0; i < WORDS; i++)
        words[i] = test_random_next(random);
}

static void test_bitmap_count_ignores_bits_past_the_end(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(21);
    uint64_t words[WORDS];
    random_words(&random, words);
    size_t expected = 0;
    for (size_t bits = 0; bits < BITS; bits++) {
        assert_int_equal(stoa_bitmap_count(words, bits), expected);
        expected += (size_t)stoa_bit_get(words, bits);
    }
    assert_int_equal(stoa_bitmap_count(words, BITS), expected);
}

static void test_bitmap_set_range_sets_exactly_the_range(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(22);
    for (size_t first = 0; first < 130; first++) {
        for (size_t count = 0; count < 140; count++) {
            uint64_t words[WORDS];
            uint64_t expected[WORDS];
            random_words(&random, words);
            memcpy(expected, words, sizeof words);
            for (size_t i = 0; i < count; i++)
                stoa_bit_set(expected, first + i);
            stoa_bitmap_set_range(words, first, count);
            assert_bytes(words, expected, sizeof words);
        }
    }
}

static void test_bitmap_fill_clears_the_rest_of_the_last_word(void **state)
{
    STOA_UNUSED(state);
    for (size_t bits = 0; bits <= BITS; bits++) {
        uint64_t words[WORDS + 1];
        memset(words, 0x5a, sizeof words);
        stoa_bitmap_fill(words, bits);
        for (size_t i = 0; i < stoa_bitmap_words(bits) * 64; i++)
            assert_int_equal(stoa_bit_get(words, i), i < bits);
        assert_int_equal(words[stoa_bitmap_words(bits)], UINT64_C(0x5a5a5a5a5a5a5a5a));
    }
}

static void test_bitmap_copy_moves_bits_between_any_offsets(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(23);
    for (int round = 0; round < 20000; round++) {
        uint64_t source[WORDS];
        uint64_t found[WORDS];
        uint64_t expected[WORDS];
        const size_t src_first = (size_t)test_random_below(&random, 130);
        const size_t dst_first = (size_t)test_random_below(&random, 130);
        const size_t count = (size_t)test_random_below(&random, 250);
        random_words(&random, source);
        random_words(&random, found);
        memcpy(expected, found, sizeof found);
        for (size_t i = 0; i < count; i++) {
            stoa_bit_clear(expected, dst_first + i);
            if (stoa_bit_get(source, src_first + i))
                stoa_bit_set(expected, dst_first + i);
        }
        stoa_bitmap_copy(found, dst_first, source, src_first, count);
        assert_bytes(found, expected, sizeof found);
    }
}

static void test_bitmap_copy_reads_no_word_past_the_source(void **state)
{
    STOA_UNUSED(state);
    /* The sanitizer watches: one word each, exactly full. */
    uint64_t *source = test_malloc(sizeof *source);
    uint64_t target[2] = {0, 0};
    *source = UINT64_C(0x8000000000000001);
    stoa_bitmap_copy(target, 63, source, 0, 64);
    assert_int_equal(target[0], UINT64_C(1) << 63);
    assert_int_equal(target[1], UINT64_C(1) << 62);
    test_free(source);
}

static void test_bitmap_positions_lists_the_ones(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(24);
    for (size_t bits = 0; bits <= BITS; bits += 1) {
        uint64_t words[WORDS];
        uint32_t found[BITS];
        size_t expected = 0;
        random_words(&random, words);
        const size_t count = stoa_bitmap_positions(words, bits, found);
        for (size_t i = 0; i < bits; i++) {
            if (stoa_bit_get(words, i))
                assert_int_equal(found[expected++], i);
        }
        assert_int_equal(count, expected);
    }
}

static void test_bitmap_all_sees_every_single_zero(void **state)
{
    STOA_UNUSED(state);
    uint64_t words[WORDS];
    memset(words, 0xff, sizeof words);
    for (size_t bits = 0; bits <= BITS; bits++)
        assert_true(stoa_bitmap_all(words, bits));
    for (size_t zero = 0; zero < BITS; zero++) {
        stoa_bit_clear(words, zero);
        for (size_t bits = 0; bits <= BITS; bits++)
            assert_int_equal(stoa_bitmap_all(words, bits), bits <= zero);
        stoa_bit_set(words, zero);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bitmap_count_ignores_bits_past_the_end),
        cmocka_unit_test(test_bitmap_set_range_sets_exactly_the_range),
        cmocka_unit_test(test_bitmap_fill_clears_the_rest_of_the_last_word),
        cmocka_unit_test(test_bitmap_copy_moves_bits_between_any_offsets),
        cmocka_unit_test(test_bitmap_copy_reads_no_word_past_the_source),
        cmocka_unit_test(test_bitmap_positions_lists_the_ones),
        cmocka_unit_test(test_bitmap_all_sees_every_single_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
