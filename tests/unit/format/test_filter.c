/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binary fuse filters [FMT-110]..[FMT-113]: no value that is in is denied, about one in 256 others is
 * let through, sizes are what they should be, and damaged heads are refused.
 */
#include "tests/support/test_support.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "format/filter.h"

static uint64_t hash_of(uint64_t set, uint64_t i)
{
    const uint64_t words[2] = {set, i};
    return stoa_hash64(words, sizeof words, 0);
}

/* Keys 0 .. count - 1 of set `set`, each `copies` times. */
static void build(uint64_t set, uint32_t count, uint32_t copies, struct stoa_buf *out,
                  struct stoa_filter_head *head)
{
    stoa_error error;
    uint64_t *hashes = malloc(sizeof *hashes * count * copies);
    assert_non_null(hashes);
    for (uint32_t i = 0; i < count * copies; i++)
        hashes[i] = hash_of(set, i % count);
    stoa_buf_init(out, SIZE_MAX / 4);
    assert_ok(stoa_filter_build(hashes, count * copies, out, &error), &error);
    assert_ok(stoa_filter_head_read(out->data, out->size, head, &error), &error);
    free(hashes);
}

static void test_no_value_that_is_in_is_denied(void **state)
{
    static const uint32_t counts[] = {1,   2,    3,    15,   16,    17,    31,     100,
                                      999, 1000, 1024, 5000, 12345, 65536, 100000, 300000};
    STOA_UNUSED(state);
    for (uint64_t set = 0; set < 40; set++) {
        const uint32_t count =
            set < 16 ? counts[set] : 1 + (uint32_t)(hash_of(7, set) % 3000);
        struct stoa_filter_head head;
        struct stoa_buf filter;
        build(set, count, (uint32_t)(set % 3 + 1), &filter, &head);
        for (uint32_t i = 0; i < count; i++)
            assert_true(stoa_filter_may_hold(&head, filter.data + STOA_FILTER_HEAD_SIZE,
                                             hash_of(set, i)));
        stoa_buf_done(&filter);
    }
}

static void test_one_in_256_others_is_let_through(void **state)
{
    STOA_UNUSED(state);
    struct stoa_filter_head head;
    struct stoa_buf filter;
    uint32_t passed = 0;
    build(1, 100000, 1, &filter, &head);
    for (uint32_t i = 0; i < 1000000; i++)
        passed +=
            stoa_filter_may_hold(&head, filter.data + STOA_FILTER_HEAD_SIZE, hash_of(2, i));
    /* 3,906 expected, standard deviation 62 */
    print_message("%u of 1,000,000 let through\n", passed);
    assert_in_range(passed, 3906 - 310, 3906 + 310);
    assert_true(8.0 * (double)filter.size / 100000 < 9.6);
    stoa_buf_done(&filter);
}

static void test_large_filters_take_nine_bits_a_value(void **state)
{
    STOA_UNUSED(state);
    struct stoa_filter_head head;
    struct stoa_buf filter;
    build(3, 1 << 20, 1, &filter, &head);
    assert_true(8.0 * (double)filter.size / (1 << 20) < 9.3);
    for (uint32_t i = 0; i < 1 << 20; i += 7)
        assert_true(stoa_filter_may_hold(&head, filter.data + STOA_FILTER_HEAD_SIZE,
                                         hash_of(3, i)));
    stoa_buf_done(&filter);
}

static void test_equal_keys_give_equal_filters(void **state)
{
    STOA_UNUSED(state);
    struct stoa_filter_head head;
    struct stoa_buf one;
    struct stoa_buf three;
    build(4, 3000, 1, &one, &head);
    build(4, 3000, 3, &three, &head);
    assert_int_equal(one.size, three.size);
    assert_memory_equal(one.data, three.data, one.size);
    stoa_buf_done(&one);
    stoa_buf_done(&three);
}

/* [FMT-112] Places are inside; a head that would say otherwise is refused. */
static void test_damaged_heads_are_refused(void **state)
{
    STOA_UNUSED(state);
    struct stoa_filter_head head;
    struct stoa_buf filter;
    build(5, 1000, 1, &filter, &head);
    for (unsigned bit = 64; bit < 8 * STOA_FILTER_HEAD_SIZE; bit++) {
        struct stoa_filter_head found;
        stoa_error error;
        stoa_error_clear(&error);
        filter.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (stoa_filter_head_read(filter.data, filter.size, &found, &error) == STOA_OK)
            fail_msg("bit %u", bit);
        assert_int_equal(error.status, STOA_E_CORRUPT);
        assert_contains(error.message, "expected a filter of");
        filter.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (uint64_t i = 0; i < 100000; i++) {
        uint32_t places[STOA_FILTER_PROBES];
        stoa_filter_probe(&head, hash_of(6, i), places);
        for (int p = 0; p < STOA_FILTER_PROBES; p++)
            assert_true(STOA_FILTER_HEAD_SIZE + places[p] < filter.size);
    }
    stoa_buf_done(&filter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_value_that_is_in_is_denied),
        cmocka_unit_test(test_one_in_256_others_is_let_through),
        cmocka_unit_test(test_large_filters_take_nine_bits_a_value),
        cmocka_unit_test(test_equal_keys_give_equal_filters),
        cmocka_unit_test(test_damaged_heads_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
