/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of common/bits.h. */
#include "tests/support/test_support.h"

#include "common/bits.h"

static void test_bits_loads_and_stores_are_little_endian_at_any_address(void **state)
{
    STOA_UNUSED(state);
    static const uint8_t bytes[] = {0xff, 1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t out[9] = {0xff};
    assert_int_equal(stoa_load_le16(bytes + 1), 0x0201);
    assert_int_equal(stoa_load_le32(bytes + 1), 0x04030201);
    assert_int_equal(stoa_load_le64(bytes + 1), UINT64_C(0x0807060504030201));
    stoa_store_le64(out + 1, UINT64_C(0x0807060504030201));
    assert_bytes(out, bytes, sizeof bytes);
    stoa_store_le32(out + 1, 0x04030201);
    stoa_store_le16(out + 1, 0x0201);
    assert_bytes(out, bytes, sizeof bytes);
}

static void test_bits_width_is_the_number_of_bits_needed(void **state)
{
    STOA_UNUSED(state);
    assert_int_equal(stoa_bit_width(0), 0);
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(stoa_bit_width(UINT64_C(1) << i), i + 1);
        assert_int_equal(stoa_bit_width(UINT64_MAX >> i), 64 - i);
    }
}

static void test_bits_low_mask_covers_0_to_64(void **state)
{
    STOA_UNUSED(state);
    assert_int_equal(stoa_low_mask(0), 0);
    assert_int_equal(stoa_low_mask(1), 1);
    assert_int_equal(stoa_low_mask(63), UINT64_MAX >> 1);
    assert_int_equal(stoa_low_mask(64), UINT64_MAX);
}

static void test_bits_single_bits_are_lsb_first(void **state)
{
    STOA_UNUSED(state);
    uint64_t words[2] = {0, 0};
    stoa_bit_set(words, 0);
    stoa_bit_set(words, 63);
    stoa_bit_set(words, 64);
    assert_int_equal(words[0], UINT64_C(0x8000000000000001));
    assert_int_equal(words[1], 1);
    assert_int_equal(stoa_bit_get(words, 63), 1);
    assert_int_equal(stoa_bit_get(words, 62), 0);
    stoa_bit_clear(words, 63);
    assert_int_equal(words[0], 1);
}

static void test_bits_bitmap_words_rounds_up(void **state)
{
    STOA_UNUSED(state);
    assert_int_equal(stoa_bitmap_words(0), 0);
    assert_int_equal(stoa_bitmap_words(1), 1);
    assert_int_equal(stoa_bitmap_words(64), 1);
    assert_int_equal(stoa_bitmap_words(65), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_loads_and_stores_are_little_endian_at_any_address),
        cmocka_unit_test(test_bits_width_is_the_number_of_bits_needed),
        cmocka_unit_test(test_bits_low_mask_covers_0_to_64),
        cmocka_unit_test(test_bits_single_bits_are_lsb_first),
        cmocka_unit_test(test_bits_bitmap_words_rounds_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
