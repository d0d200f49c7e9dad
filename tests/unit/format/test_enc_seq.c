/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the SEQ encoding [SEQ-1]. */
#include "tests/unit/format/node_check.h"

#include <string.h>

static void fill(uint64_t *values, uint32_t count, uint64_t base, uint64_t step)
{
    for (uint32_t i = 0; i < count; i++)
        values[i] = base + step * i;
}

/* Steps of both signs and all sizes, also over the end of the kind. */
static void test_seq_gives_back_progressions_and_selects_on_them(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t lengths[] = {1, 2, 3, 64, 1023, 1024, 1025, 3001};
    static uint64_t values[3001];
    struct test_random random = test_random_start(1601);
    for (int i = 0; i < 400; i++) {
        const uint32_t length = lengths[i % 8];
        const uint64_t step = test_random_next(&random) >> test_random_below(&random, 64);
        const uint64_t base = test_random_next(&random) >> test_random_below(&random, 64);
        struct stoa_column column = {.phys = i % 3 ? STOA_PHYS_I64 : STOA_PHYS_U64,
                                     .length = length,
                                     .values = values};
        fill(values, length, i & 8 ? base : -base, i & 16 ? step : -step);
        node_round_trip(STOA_ENC_SEQ, &column, (enum stoa_profile)(i % 3), &random);
    }
}

static void test_seq_takes_nothing_but_progressions(void **state)
{
    STOA_UNUSED(state);
    uint64_t values[2000];
    struct stoa_column column = {.phys = STOA_PHYS_I64, .length = 2000, .values = values};
    struct stoa_enc_input input = {.column = &column, .depth = 1};
    struct stoa_buf out;
    stoa_error err;
    const struct stoa_encoding *seq = stoa_encoding_find(STOA_ENC_SEQ);
    stoa_buf_init(&out, 4096);
    for (uint32_t wrong = 0; wrong < 2000; wrong += 333) {
        struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER};
        fill(values, 2000, 5, 7);
        stoa_enc_collect_facts(&column, NULL, &input.facts);
        assert_ok(seq->estimate(&input, &estimate, &err), &err);
        assert_int_equal(estimate.size, 32);
        values[wrong]++;
        estimate.size = STOA_ENC_NEVER;
        assert_ok(seq->estimate(&input, &estimate, &err), &err);
        assert_true(estimate.size == STOA_ENC_NEVER);
        assert_fails(seq->encode(&input, &out, &err), STOA_E_INTERNAL, &err);
        assert_int_equal(out.size, 0);
    }
    stoa_buf_done(&out);
}

static const char example[] = "0e 02 00 00 03 00 00 00  20 00 00 00 00 00 00 00 "
                              "0a 00 00 00 00 00 00 00  fd ff ff ff ff ff ff ff";

static void test_seq_writes_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    static const int64_t values[] = {10, 7, 4};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 3, .values = values};
    struct test_random random = test_random_start(1602);
    uint8_t expected[32];
    struct stoa_buf bytes;
    struct stoa_buf text;
    struct opened_node opened;
    stoa_error err;
    stoa_buf_init(&bytes, 4096);
    node_encode(STOA_ENC_SEQ, &column, STOA_PROFILE_BALANCED, &bytes);
    assert_int_equal(bytes.size, hex_bytes(example, expected, sizeof expected));
    assert_bytes(bytes.data, expected, bytes.size);
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_I64, 3, NULL, false, &opened, &err),
        &err);
    node_check(opened.node, &column, &random);
    stoa_buf_init(&text, 4096);
    assert_ok(stoa_node_describe(opened.node, &text, &err), &err);
    assert_ok(stoa_buf_append_byte(&text, 0, &err), &err);
    assert_string_equal((const char *)text.data, "seq by -3");
    stoa_buf_done(&text);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

static void test_seq_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {2,  1, {1},  STOA_E_CORRUPT, "seq node: expected flags of 0"                        },
        {3,  1, {1},  STOA_E_CORRUPT, "seq node: expected flags of 0"                        },
        {12, 1, {1},  STOA_E_CORRUPT, "seq node: expected a parameter of 0, found 1"         },
        {8,
         1,     {24},
         STOA_E_CORRUPT,              "seq node: expected 16 bytes of base and step, found 8"},
        {1,  1, {4},  STOA_E_CORRUPT, "expected physical kind 2, found 4"                    },
    };
    uint8_t bytes[32];
    struct stoa_buf node;
    stoa_error err;
    stoa_buf_init(&node, 4096);
    assert_ok(stoa_buf_append(&node, bytes, hex_bytes(example, bytes, sizeof bytes), &err),
              &err);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&node, STOA_PHYS_I64, 3, NULL, &damages[i]);
    node_check_damage(&node, STOA_PHYS_I64, 3, NULL);
    stoa_buf_done(&node);
}

static void test_seq_refuses_bytes_behind_its_parts(void **state)
{
    STOA_UNUSED(state);
    uint8_t bytes[40] = {0};
    struct opened_node opened;
    stoa_error err;
    hex_bytes(example, bytes, sizeof bytes);
    bytes[8] = 40;
    assert_fails(
        node_open(bytes, sizeof bytes, STOA_PHYS_I64, 3, NULL, false, &opened, &err),
        STOA_E_CORRUPT, &err);
    assert_contains(err.message, "seq node: expected 32 bytes, found 40");
    node_close(&opened);
}

/* Damage can give a step of 0, which no writer makes. */
static void test_seq_selects_like_it_decodes_without_a_step(void **state)
{
    STOA_UNUSED(state);
    static const int64_t values[] = {10, 10, 10};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 3, .values = values};
    struct test_random random = test_random_start(1603);
    uint8_t bytes[32];
    struct opened_node opened;
    stoa_error err;
    hex_bytes(example, bytes, sizeof bytes);
    memset(bytes + 24, 0, 8);
    assert_ok(node_open(bytes, sizeof bytes, STOA_PHYS_I64, 3, NULL, false, &opened, &err),
              &err);
    node_check(opened.node, &column, &random);
    node_close(&opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seq_gives_back_progressions_and_selects_on_them),
        cmocka_unit_test(test_seq_takes_nothing_but_progressions),
        cmocka_unit_test(test_seq_writes_the_specified_bytes),
        cmocka_unit_test(test_seq_refuses_wrong_bytes),
        cmocka_unit_test(test_seq_refuses_bytes_behind_its_parts),
        cmocka_unit_test(test_seq_selects_like_it_decodes_without_a_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
