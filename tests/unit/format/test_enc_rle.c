/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the RLE encoding [RLE-1] [RLE-2]. */
#include "tests/unit/format/node_check.h"

static void test_rle_gives_back_every_kind(void **state)
{
    STOA_UNUSED(state);
    static const enum shape shapes[] = {SHAPE_CONSTANT, SHAPE_NARROW, SHAPE_WIDE,
                                        SHAPE_RUNS, SHAPE_LONG_RUNS};
    static const uint32_t lengths[] = {1, 2, 1023, 1025, 6001};
    struct test_random random = test_random_start(1401);
    for
        EACH_PHYS(phys)
        {
            for (size_t i = 0; i < 25; i++) {
                struct stoa_column_builder builder;
                shape_column(&random, (enum stoa_phys)phys, shapes[i / 5], lengths[i % 5],
                             &builder);
                const struct stoa_column column = stoa_column_builder_view(&builder);
                node_round_trip(STOA_ENC_RLE, &column, (enum stoa_profile)(i % 3), &random);
                stoa_column_builder_done(&builder);
            }
        }
}

static void test_rle_finds_runs_over_a_whole_block(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1402);
    struct stoa_column_builder builder;
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, (size_t)1 << 24);
    shape_column(&random, STOA_PHYS_I64, SHAPE_LONG_RUNS, 65536, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    node_encode(STOA_ENC_RLE, &column, STOA_PROFILE_BALANCED, &bytes);
    assert_true(bytes.size < 400); /* about 33 runs */
    node_round_trip(STOA_ENC_RLE, &column, STOA_PROFILE_BALANCED, &random);
    stoa_buf_done(&bytes);
    stoa_column_builder_done(&builder);
}

static const char example[] = "06 03 00 00 04 00 00 00  50 00 00 00 02 00 00 00 "
                              "01 03 00 00 02 00 00 00  20 00 00 00 00 00 00 00 "
                              "03 00 00 00 00 00 00 00  01 00 00 00 00 00 00 00 "
                              "01 03 00 00 02 00 00 00  20 00 00 00 00 00 00 00 "
                              "07 00 00 00 00 00 00 00  09 00 00 00 00 00 00 00";

static void test_rle_reads_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    static const uint64_t values[] = {7, 7, 7, 9};
    const struct stoa_column column = {
        .phys = STOA_PHYS_U64, .length = 4, .values = values};
    struct test_random random = test_random_start(1403);
    struct stoa_buf bytes = node_from_hex(example);
    struct opened_node opened;
    struct stoa_buf text;
    stoa_error err;
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_U64, 4, NULL, false, &opened, &err),
        &err);
    node_check(opened.node, &column, &random);
    stoa_buf_init(&text, 4096);
    assert_ok(stoa_node_describe(opened.node, &text, &err), &err);
    assert_ok(stoa_buf_append_byte(&text, 0, &err), &err);
    assert_string_equal((const char *)text.data, "rle 2 runs (raw, raw)");
    stoa_buf_done(&text);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

static void test_rle_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {2,  1, {1},    STOA_E_CORRUPT, "rle node: expected flags of 0"              },
        {12, 1, {0},    STOA_E_CORRUPT, "rle node: expected 1 to 4 runs, found 0"    },
        {12, 1, {5},    STOA_E_CORRUPT, "rle node: expected 1 to 4 runs, found 5"    },
        {12, 1, {3},    STOA_E_CORRUPT, "raw node: expected 3 values, found 2"       },
        {17, 1, {2},    STOA_E_CORRUPT, "raw node: expected physical kind 3, found 2"},
        {8,  1, {48},   STOA_E_CORRUPT, "expected a node header of 16 bytes, found 0"},
        {32, 1, {0},    STOA_E_CORRUPT, "expected run 0 to have 1 to 4 rows, found 0"},
        {32, 1, {5},    STOA_E_CORRUPT, "expected run 0 to have 1 to 4 rows, found 5"},
        {32, 1, {4},    STOA_E_CORRUPT, "expected run 1 to have 1 to 0 rows, found 1"},
        {39, 1, {0xFF}, STOA_E_CORRUPT, "expected run 0 to have 1 to 4 rows, found"  },
        {32, 1, {2},    STOA_E_CORRUPT, "rle node: expected runs of 4 rows, found 3" },
        {16, 1, {6},    STOA_E_CORRUPT, "rle node: expected 1 to 2 runs, found 0"    },
    };
    struct stoa_buf bytes = node_from_hex(example);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_U64, 4, NULL, &damages[i]);
    node_check_damage(&bytes, STOA_PHYS_U64, 4, NULL);
    stoa_buf_done(&bytes);
}

/* [ENC-5] rle > rle > rle > raw, which no writer makes. */
static void test_nodes_are_refused_below_the_third_level(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf bytes;
    struct stoa_buf inner;
    struct opened_node opened;
    stoa_error err;
    const uint64_t one = 1;
    const struct stoa_column column = {.phys = STOA_PHYS_U64, .length = 1, .values = &one};
    stoa_buf_init(&inner, 4096);
    node_encode(STOA_ENC_RAW, &column, STOA_PROFILE_BALANCED, &inner);
    for (int level = 0; level < 3; level++) {
        size_t start = 0;
        stoa_buf_init(&bytes, 4096);
        assert_ok(stoa_node_begin(stoa_encoding_find(STOA_ENC_RLE), STOA_PHYS_U64, 1,
                                  &bytes, &start, &err),
                  &err);
        stoa_store_le32(bytes.data + 12, 1);
        assert_ok(stoa_buf_append(&bytes, inner.data, inner.size, &err), &err);
        assert_ok(stoa_buf_append(&bytes, inner.data, inner.size, &err), &err);
        assert_ok(stoa_node_finish(&bytes, start, &err), &err);
        const stoa_status status =
            node_open(bytes.data, bytes.size, STOA_PHYS_U64, 1, NULL, false, &opened, &err);
        if (level < 2)
            assert_ok(status, &err);
        else
            assert_fails(status, STOA_E_CORRUPT, &err);
        node_close(&opened);
        stoa_buf_done(&inner);
        inner = bytes;
    }
    assert_contains(err.message, "expected nodes at most 3 deep, found one at depth 4");
    stoa_buf_done(&inner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rle_gives_back_every_kind),
        cmocka_unit_test(test_rle_finds_runs_over_a_whole_block),
        cmocka_unit_test(test_rle_reads_the_specified_bytes),
        cmocka_unit_test(test_rle_refuses_wrong_bytes),
        cmocka_unit_test(test_nodes_are_refused_below_the_third_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
