/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the ALP-RD encoding [RD-1..3]. */
#include "tests/unit/format/node_check.h"

#include <math.h>
#include <string.h>

static double from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void test_rd_gives_back_every_shape(void **state)
{
    STOA_UNUSED(state);
    node_round_trip_shapes(STOA_ENC_ALP_RD, STOA_PHYS_F64, 2201);
}

/* Any bits at all, with more left parts than the dictionary has room for. */
static void test_rd_gives_back_every_bit(void **state)
{
    STOA_UNUSED(state);
    static double values[4000];
    struct test_random random = test_random_start(2202);
    for (int share = 1; share <= 100; share *= 10) {
        for (uint32_t i = 0; i < 4000; i++)
            values[i] = test_random_below(&random, (uint64_t)share) == 0
                            ? from_bits(test_random_next(&random))
                            : 50 + (double)test_random_below(&random, 1 << 30) / 33333333;
        const struct stoa_column column = {
            .phys = STOA_PHYS_F64, .length = 4000, .values = values};
        node_round_trip(STOA_ENC_ALP_RD, &column, STOA_PROFILE_BALANCED, &random);
    }
}

/* Numbers of one magnitude have some 52 random bits; the others are 3 at most. */
static void test_rd_is_chosen_for_noise_of_one_magnitude(void **state)
{
    STOA_UNUSED(state);
    enum { ROWS = 30000 };
    static double values[ROWS];
    struct test_random random = test_random_start(2203);
    const struct stoa_column column = {
        .phys = STOA_PHYS_F64, .length = ROWS, .values = values};
    struct stoa_enc_input input = {
        .column = &column, .depth = 1, .limit = (double)INFINITY};
    struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER};
    struct stoa_buf bytes;
    stoa_error err;
    stoa_buf_init(&bytes, (size_t)1 << 24);
    for (uint32_t i = 0; i < ROWS; i++)
        values[i] = sqrt(1 + (double)test_random_next(&random) / 0x1p62);
    stoa_enc_collect_facts(&column, NULL, &input.facts);
    assert_ok(stoa_enc_encode_best(&input, &bytes, &err), &err);
    assert_int_equal(bytes.data[0], STOA_ENC_ALP_RD);
    assert_true(bytes.size < UINT64_C(55) * ROWS / 8);
    assert_ok(stoa_encoding_find(STOA_ENC_ALP_RD)->estimate(&input, &estimate, &err), &err);
    assert_true(estimate.size > bytes.size * 98 / 100);
    assert_true(estimate.size < bytes.size * 102 / 100);
    stoa_buf_done(&bytes);
}

static const char example[] = "0b 04 34 02 04 00 00 00  90 00 00 00 01 00 00 00 "
                              "ff 03 00 04 00 00 00 00  01 00 00 00 00 00 00 00 "
                              "03 00 00 00 00 00 00 00  01 0c 00 00 00 00 00 00 "
                              "01 03 00 00 04 00 00 00  30 00 00 00 00 00 00 00 "
                              "00 00 00 00 00 00 00 00  01 00 00 00 00 00 00 00 "
                              "00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00 "
                              "01 03 00 00 04 00 00 00  30 00 00 00 00 00 00 00 "
                              "00 00 00 00 00 00 08 00  00 00 00 00 00 00 00 00 "
                              "00 00 00 00 00 00 00 00  00 00 00 00 00 00 0d 00";

static void test_rd_reads_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    static const double values[] = {1.5, 2, 1, -7.25};
    const struct stoa_column column = {
        .phys = STOA_PHYS_F64, .length = 4, .values = values};
    struct test_random random = test_random_start(2204);
    struct stoa_buf bytes = node_from_hex(example);
    struct stoa_buf text;
    struct opened_node opened;
    stoa_error err;
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_F64, 4, NULL, false, &opened, &err),
        &err);
    node_check(opened.node, &column, &random);
    stoa_buf_init(&text, 4096);
    assert_ok(stoa_node_describe(opened.node, &text, &err), &err);
    assert_ok(stoa_buf_append_byte(&text, 0, &err), &err);
    assert_string_equal((const char *)text.data,
                        "alp-rd 2 left parts, 52 bits right, 1 exceptions (raw, raw)");
    stoa_buf_done(&text);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

static void test_rd_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {2,   1, {47}, STOA_E_CORRUPT, "expected right parts of 48 to 63 bits, found 47"        },
        {2,   1, {64}, STOA_E_CORRUPT, "expected right parts of 48 to 63 bits, found 64"        },
        {3,   1, {0},  STOA_E_CORRUPT, "alp-rd node: expected 1 to 8 left parts, found 0"       },
        {3,   1, {9},  STOA_E_CORRUPT, "alp-rd node: expected 1 to 8 left parts, found 9"       },
        {17,
         1,      {16},
         STOA_E_CORRUPT,               "alp-rd node: expected left parts of 12 bits, found 4351"},
        {20,  1, {1},  STOA_E_CORRUPT, "alp-rd node: expected padding of 0, found 1"            },
        {24,  1, {2},  STOA_E_CORRUPT, "expected at most 1 exceptions in vector 0, found 2"     },
        {32,  1, {4},  STOA_E_CORRUPT, "vector 0 behind -1 and below 4, found 4"                },
        {41,
         1,      {16},
         STOA_E_CORRUPT,               "alp-rd node: expected left parts of 12 bits, found 4097"},
        {64,  1, {2},  STOA_E_CORRUPT, "expected codes below 2 and right parts of 52 bits"      },
        {119, 1, {1},  STOA_E_CORRUPT, "expected codes below 2 and right parts of 52 bits"      },
        {71,  1, {1},  STOA_E_CORRUPT, "expected codes below 2^32"                              },
        {49,  1, {2},  STOA_E_CORRUPT, "raw node: expected physical kind 3, found 2"            },
        {8,
         1,      {16},
         STOA_E_CORRUPT,               "alp-rd node: expected 4 bytes of left parts, found 0"   },
        {8,   1, {48}, STOA_E_CORRUPT, "expected a node header of 16 bytes, found 0"            },
        {8,   1, {96}, STOA_E_CORRUPT, "expected a node header of 16 bytes, found 0"            },
    };
    struct stoa_buf bytes = node_from_hex(example);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_F64, 4, NULL, &damages[i]);
    node_check_damage(&bytes, STOA_PHYS_F64, 4, NULL);
    stoa_buf_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rd_gives_back_every_shape),
        cmocka_unit_test(test_rd_gives_back_every_bit),
        cmocka_unit_test(test_rd_is_chosen_for_noise_of_one_magnitude),
        cmocka_unit_test(test_rd_reads_the_specified_bytes),
        cmocka_unit_test(test_rd_refuses_wrong_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
