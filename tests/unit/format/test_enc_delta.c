/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the DELTA encoding [DELTA-1..3]. */
#include "tests/unit/format/node_check.h"

#include <math.h>
#include <string.h>

static void test_delta_gives_back_every_integer_kind(void **state)
{
    STOA_UNUSED(state);
    node_round_trip_shapes(STOA_ENC_DELTA, STOA_PHYS_I64, 1701);
    node_round_trip_shapes(STOA_ENC_DELTA, STOA_PHYS_U64, 1702);
}

/* Around every anchor and every end of a segment. */
static void test_delta_gives_back_every_length(void **state)
{
    STOA_UNUSED(state);
    static uint64_t values[1030];
    struct test_random random = test_random_start(1703);
    for (uint32_t length = 1; length <= 1030;
         length += length % 256 > 2 && length % 256 < 250 ? 13 : 1) {
        uint64_t value = test_random_next(&random);
        for (uint32_t i = 0; i < length; i++)
            values[i] = value += test_random_below(&random, 1000);
        const struct stoa_column column = {
            .phys = STOA_PHYS_U64, .length = length, .values = values};
        node_round_trip(STOA_ENC_DELTA, &column, STOA_PROFILE_BALANCED, &random);
    }
}

static struct stoa_enc_estimate estimate_of(const struct stoa_column *column, double limit)
{
    struct stoa_enc_input input = {.column = column, .depth = 1, .limit = limit};
    struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER, .decode_cycles = 0.7};
    stoa_error err;
    stoa_enc_collect_facts(column, NULL, &input.facts);
    assert_ok(stoa_encoding_find(STOA_ENC_DELTA)->estimate(&input, &estimate, &err), &err);
    return estimate;
}

/* Time stamps in milliseconds as microseconds, some late, a few far off. */
static void fill_times(struct test_random *random, int64_t *values, uint32_t count)
{
    int64_t time = INT64_C(1700000000000000);
    for (uint32_t i = 0; i < count; i++) {
        time += (int64_t)test_random_below(random, 2000) * 1000;
        values[i] = test_random_below(random, 500) ? time : time - 3600000000;
    }
}

static void test_delta_estimates_exactly_and_keeps_the_scale(void **state)
{
    STOA_UNUSED(state);
    enum { ROWS = 20000 };
    static int64_t values[ROWS];
    struct test_random random = test_random_start(1704);
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = ROWS, .values = values};
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, (size_t)1 << 22);
    fill_times(&random, values, ROWS);
    node_encode(STOA_ENC_DELTA, &column, STOA_PROFILE_BALANCED, &bytes);
    assert_int_equal(estimate_of(&column, (double)INFINITY).size, bytes.size);
    assert_true(bytes.size < UINT64_C(13) * ROWS / 8); /* 11 bits and the few far off */
    stoa_buf_done(&bytes);
}

static void test_delta_gives_up_where_neighbours_are_unrelated(void **state)
{
    STOA_UNUSED(state);
    enum { ROWS = 20000 };
    static uint64_t values[ROWS];
    struct test_random random = test_random_start(1705);
    const struct stoa_column column = {
        .phys = STOA_PHYS_U64, .length = ROWS, .values = values};
    for (size_t i = 0; i < ROWS; i++)
        values[i] = test_random_below(&random, 1 << 20);
    assert_true(estimate_of(&column, 20.1).size == STOA_ENC_NEVER);
    const struct stoa_column few = {.phys = STOA_PHYS_U64, .length = 100, .values = values};
    assert_true(estimate_of(&few, 64).size == STOA_ENC_NEVER);
}

/* Far from the values on either side no difference is unpacked. */
static void test_delta_answers_by_its_anchors_alone(void **state)
{
    STOA_UNUSED(state);
    enum { ROWS = 4096 };
    static int64_t values[ROWS];
    struct test_random random = test_random_start(1708);
    struct stoa_predicate predicate = {
        .kind = STOA_PREDICATE_RANGE, .phys = STOA_PHYS_I64, .has_low = true};
    struct stoa_buf bytes;
    struct opened_node opened;
    struct stoa_vector scratch;
    uint64_t bits[STOA_VECTOR_WORDS];
    stoa_error err;
    for (int64_t i = 0; i < ROWS; i++)
        values[i] = i * 1000 + (int64_t)test_random_below(&random, 1000);
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = ROWS, .values = values};
    stoa_buf_init(&bytes, (size_t)1 << 20);
    node_encode(STOA_ENC_DELTA, &column, STOA_PROFILE_FAST, &bytes);
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_I64, ROWS, NULL, false, &opened, &err),
        &err);
    assert_ok(stoa_vector_init(&scratch, STOA_PHYS_I64, NULL), NULL);
    predicate.low.i64 = 2048 * 1000;
    const size_t used = opened.arena.used;
    for (uint32_t v = 0; v < 4; v += 3) { /* all before, all behind */
        assert_ok(stoa_node_select(opened.node, v, &predicate, &scratch, bits, &err), &err);
        for (size_t i = 0; i < STOA_VECTOR_WORDS; i++)
            assert_true(bits[i] == (v == 0 ? 0 : UINT64_MAX));
    }
    assert_int_equal(opened.arena.used, used);
    node_check(opened.node, &column, &random);
    stoa_vector_done(&scratch);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

static const char example[] = "09 02 00 00 04 00 00 00  58 00 00 00 00 00 00 00 "
                              "01 02 00 00 01 00 00 00  18 00 00 00 00 00 00 00 "
                              "64 00 00 00 00 00 00 00 "
                              "01 02 00 00 04 00 00 00  30 00 00 00 00 00 00 00 "
                              "03 00 00 00 00 00 00 00  03 00 00 00 00 00 00 00 "
                              "02 00 00 00 00 00 00 00  04 00 00 00 00 00 00 00";

static void test_delta_reads_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    static const int64_t values[] = {100, 103, 105, 109};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 4, .values = values};
    struct test_random random = test_random_start(1706);
    struct stoa_buf bytes = node_from_hex(example);
    struct stoa_buf text;
    struct opened_node opened;
    stoa_error err;
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_I64, 4, NULL, false, &opened, &err),
        &err);
    node_check(opened.node, &column, &random);
    stoa_buf_init(&text, 4096);
    assert_ok(stoa_node_describe(opened.node, &text, &err), &err);
    assert_ok(stoa_buf_append_byte(&text, 0, &err), &err);
    assert_string_equal((const char *)text.data, "delta (raw, raw)");
    stoa_buf_done(&text);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

static void test_delta_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {2,  1, {1},  STOA_E_CORRUPT, "delta node: expected flags of 0"               },
        {12, 1, {1},  STOA_E_CORRUPT, "delta node: expected a parameter of 0, found 1"},
        {20, 1, {2},  STOA_E_CORRUPT, "raw node: expected 1 values, found 2"          },
        {17, 1, {3},  STOA_E_CORRUPT, "raw node: expected physical kind 2, found 3"   },
        {44, 1, {3},  STOA_E_CORRUPT, "raw node: expected 4 values, found 3"          },
        {41, 1, {3},  STOA_E_CORRUPT, "raw node: expected physical kind 2, found 3"   },
        {8,  1, {40}, STOA_E_CORRUPT, "expected a node header of 16 bytes, found 0"   },
        {16, 1, {9},  STOA_E_CORRUPT, "delta node: expected a parameter of 0"         },
    };
    struct stoa_buf bytes = node_from_hex(example);
    bytes.data[28] = 7; /* of the anchors' header, which damage makes one of DELTA */
    for (size_t i = 7; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_I64, 4, NULL, &damages[i]);
    bytes.data[28] = 0;
    for (size_t i = 0; i < 7; i++)
        node_check_message(&bytes, STOA_PHYS_I64, 4, NULL, &damages[i]);
    node_check_damage(&bytes, STOA_PHYS_I64, 4, NULL);
    stoa_buf_done(&bytes);
}

static void test_delta_survives_any_changed_byte_of_a_packed_node(void **state)
{
    STOA_UNUSED(state);
    int64_t values[300];
    struct test_random random = test_random_start(1707);
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 300, .values = values};
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, 4096);
    fill_times(&random, values, 300);
    node_encode(STOA_ENC_DELTA, &column, STOA_PROFILE_BALANCED, &bytes);
    node_check_damage(&bytes, STOA_PHYS_I64, 300, NULL);
    stoa_buf_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delta_gives_back_every_integer_kind),
        cmocka_unit_test(test_delta_gives_back_every_length),
        cmocka_unit_test(test_delta_estimates_exactly_and_keeps_the_scale),
        cmocka_unit_test(test_delta_gives_up_where_neighbours_are_unrelated),
        cmocka_unit_test(test_delta_answers_by_its_anchors_alone),
        cmocka_unit_test(test_delta_reads_the_specified_bytes),
        cmocka_unit_test(test_delta_refuses_wrong_bytes),
        cmocka_unit_test(test_delta_survives_any_changed_byte_of_a_packed_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
