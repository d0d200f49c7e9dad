/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the BYTES encoding [BYTES-1..4]. */
#include "tests/unit/format/node_check.h"

#include <math.h>

static void test_bytes_gives_back_every_fixed_kind(void **state)
{
    STOA_UNUSED(state);
    for
        EACH_PHYS(phys)
        {
            if (stoa_phys_width((enum stoa_phys)phys) > 0)
                node_round_trip_shapes(STOA_ENC_BYTES, (enum stoa_phys)phys, 1600 + phys);
        }
}

/* Widths of 1 to 8 bytes, over several frames. */
static void test_bytes_gives_back_every_width(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1610);
    static uint64_t values[20000];
    for (unsigned width = 1; width <= 8; width++) {
        for (size_t i = 0; i < 20000; i++)
            values[i] = test_random_below(&random, 50) * (stoa_low_mask(8 * width) / 50) *
                        (i % 3 > 0);
        values[7] = stoa_low_mask(8 * width);
        const struct stoa_column column = {
            .phys = STOA_PHYS_U64, .length = 20000, .values = values};
        node_round_trip(STOA_ENC_BYTES, &column, (enum stoa_profile)(width % 3), &random);
    }
}

static struct stoa_enc_estimate estimate_bytes(const struct stoa_column *column,
                                               enum stoa_profile profile, double limit)
{
    const struct stoa_encoding *encoding = stoa_encoding_find(STOA_ENC_BYTES);
    struct stoa_enc_input input = {
        .column = column, .profile = profile, .depth = 1, .limit = limit};
    struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER,
                                         .decode_cycles = encoding->decode_cycles};
    stoa_error err;
    stoa_enc_collect_facts(column, NULL, &input.facts);
    assert_ok(encoding->estimate(&input, &estimate, &err), &err);
    return estimate;
}

/* A repeating pattern of wide values is what bit packing cannot shrink and zstd can. */
static void test_bytes_sees_patterns_and_charges_for_the_codec(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1611);
    static uint64_t values[16384];
    uint64_t pattern[100];
    const struct stoa_column column = {
        .phys = STOA_PHYS_U64, .length = 16384, .values = values};
    test_random_bytes(&random, pattern, sizeof pattern);
    for (size_t i = 0; i < 16384; i++)
        values[i] = pattern[i % 100];
    const struct stoa_enc_estimate good =
        estimate_bytes(&column, STOA_PROFILE_BALANCED, INFINITY);
    assert_true(good.size < sizeof values / 8 && good.decode_cycles > 8);
    assert_true(estimate_bytes(&column, STOA_PROFILE_BALANCED, 5).size == STOA_ENC_NEVER);
    test_random_bytes(&random, values, sizeof values);
    assert_true(estimate_bytes(&column, STOA_PROFILE_BALANCED, INFINITY).size ==
                STOA_ENC_NEVER);
}

static void test_bytes_splits_floats_into_planes(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1612);
    static double values[16384];
    const struct stoa_column column = {
        .phys = STOA_PHYS_F64, .length = 16384, .values = values};
    for (size_t i = 0; i < 16384; i++)
        values[i] = 100 + (double)(test_random_next(&random) >> 11) / 9e15;
    const struct stoa_enc_estimate estimate =
        estimate_bytes(&column, STOA_PROFILE_COMPACT, INFINITY);
    assert_true(estimate.size < sizeof values * 7 / 8);
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, (size_t)1 << 24);
    node_encode(STOA_ENC_BYTES, &column, STOA_PROFILE_COMPACT, &bytes);
    assert_int_equal(bytes.data[3], 1);
    assert_true(bytes.size < estimate.size * 11 / 10);
    stoa_buf_done(&bytes);
    node_round_trip(STOA_ENC_BYTES, &column, STOA_PROFILE_COMPACT, &random);
}

static struct stoa_buf example_node(void)
{
    static const int64_t values[] = {1000, 1001, 1003};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 3, .values = values};
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, 4096);
    node_encode(STOA_ENC_BYTES, &column, STOA_PROFILE_BALANCED, &bytes);
    return bytes;
}

static void test_bytes_writes_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    uint8_t expected[64];
    const size_t size = hex_bytes("04 02 01 00 03 00 00 00  38 00 00 00 00 00 00 00 "
                                  "01 00 00 00 00 00 00 00  e8 03 00 00 00 00 00 00 "
                                  "00 00 00 00 00 00 00 00  03 00 00 00 03 00 00 00 "
                                  "00 01 03 00 00 00 00 00",
                                  expected, sizeof expected);
    struct stoa_buf bytes = example_node();
    assert_int_equal(bytes.size, size);
    assert_bytes(bytes.data, expected, size);
    stoa_buf_done(&bytes);
}

static void test_bytes_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {2,  1, {0},  STOA_E_CORRUPT, "expected a width that kind 2 can have, found 0"       },
        {2,  1, {9},  STOA_E_CORRUPT, "expected a width that kind 2 can have, found 9"       },
        {2,  1, {16}, STOA_E_CORRUPT, "expected a width that kind 2 can have, found 16"      },
        {3,  1, {2},  STOA_E_CORRUPT, "bytes node: expected layout 0 or 1, found 2"          },
        {12, 1, {1},  STOA_E_CORRUPT, "bytes node: expected a parameter of 0, found 1"       },
        {16, 1, {0},  STOA_E_CORRUPT, "bytes node: expected a scale of at least 1, found 0"  },
        {2,
         1,     {2},
         STOA_E_CORRUPT,              "bytes node: expected 6 raw bytes in stream 0, found 3"},
        {8,  1, {24}, STOA_E_CORRUPT, "expected 16 bytes of scale and base, found 8"         },
        {8,  1, {48}, STOA_E_CORRUPT, "expected 3 bytes of stream data, found 0"             },
        {51, 1, {7},  STOA_E_CORRUPT, "bytes node: expected padding of 0, found 7"           },
    };
    struct stoa_buf bytes = example_node();
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_I64, 3, NULL, &damages[i]);
    node_check_damage(&bytes, STOA_PHYS_I64, 3, NULL);
    stoa_buf_done(&bytes);
}

static void test_bytes_refuses_a_base_for_floats(void **state)
{
    STOA_UNUSED(state);
    static const double values[] = {1.5, 2.5};
    static const struct node_damage damages[] = {
        {16, 1, {2}, STOA_E_CORRUPT, "expected scale 1 and base 0 for kind 4 and width 8"},
        {24, 1, {2}, STOA_E_CORRUPT, "expected scale 1 and base 0 for kind 4 and width 8"},
        {2,  1, {4}, STOA_E_CORRUPT, "expected a width that kind 4 can have, found 4"    },
    };
    const struct stoa_column column = {
        .phys = STOA_PHYS_F64, .length = 2, .values = values};
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, 4096);
    node_encode(STOA_ENC_BYTES, &column, STOA_PROFILE_BALANCED, &bytes);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_F64, 2, NULL, &damages[i]);
    node_check_damage(&bytes, STOA_PHYS_F64, 2, NULL);
    stoa_buf_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_gives_back_every_fixed_kind),
        cmocka_unit_test(test_bytes_gives_back_every_width),
        cmocka_unit_test(test_bytes_sees_patterns_and_charges_for_the_codec),
        cmocka_unit_test(test_bytes_splits_floats_into_planes),
        cmocka_unit_test(test_bytes_writes_the_specified_bytes),
        cmocka_unit_test(test_bytes_refuses_wrong_bytes),
        cmocka_unit_test(test_bytes_refuses_a_base_for_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
