/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the SPARSE encoding [SPARSE-1..3]. */
#include "tests/unit/format/node_check.h"

#include <math.h>
#include <string.h>

/* `rows` rows of one value, every `distance`th or so another one; odd rows out first and last. */
static void make_column(struct test_random *random, enum stoa_phys phys, uint32_t rows,
                        uint32_t distance, struct stoa_column_builder *out)
{
    struct stoa_value top = random_value(random, phys);
    stoa_column_builder_init(out, phys);
    for (uint32_t row = 0; row < rows; row++) {
        struct stoa_value value = top;
        if (test_random_below(random, distance) == 0 || row == 0 || row + 1 == rows)
            value = random_value(random, phys);
        if (phys == STOA_PHYS_BOOL)
            value.boolean = (row % distance == 0) != top.boolean;
        if (phys == STOA_PHYS_U64 && distance % 2)
            value.u64 &= 0xFFFF; /* so that `narrow` has something to do */
        assert_ok(stoa_column_builder_append(out, &value, NULL), NULL);
    }
}

static bool is_sparse(const struct stoa_column *column)
{
    struct stoa_enc_input input = {.column = column, .depth = 1, .limit = INFINITY};
    struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER};
    stoa_error err;
    stoa_enc_collect_facts(column, NULL, &input.facts);
    assert_ok(stoa_encoding_find(STOA_ENC_SPARSE)->estimate(&input, &estimate, &err), &err);
    return estimate.size != STOA_ENC_NEVER;
}

static void test_sparse_gives_back_every_kind(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t lengths[] = {3, 64, 65, 1023, 1024, 1025, 4096, 9001};
    static const uint32_t distances[] = {6, 17, 100, 5000};
    struct test_random random = test_random_start(1801);
    unsigned tried = 0;
    for
        EACH_PHYS(phys)
        {
            for (size_t i = 0; i < 32; i++) {
                const uint32_t distance =
                    distances[i % 4] * (phys == STOA_PHYS_BOOL ? 8 : 1);
                struct stoa_column_builder builder;
                make_column(&random, (enum stoa_phys)phys, lengths[i / 4], distance,
                            &builder);
                const struct stoa_column column = stoa_column_builder_view(&builder);
                if (is_sparse(&column)) {
                    node_round_trip(STOA_ENC_SPARSE, &column, (enum stoa_profile)(i % 3),
                                    &random);
                    tried++;
                }
                stoa_column_builder_done(&builder);
            }
        }
    assert_true(tried > 100);
}

/* One in fifty in random places takes some 7 bits for where and what it is. */
static void test_sparse_is_chosen_for_rare_values(void **state)
{
    STOA_UNUSED(state);
    enum { ROWS = 65536 };
    static int64_t values[ROWS];
    struct test_random random = test_random_start(1802);
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = ROWS, .values = values};
    struct stoa_enc_input input = {.column = &column, .depth = 1, .limit = 1e9};
    struct stoa_buf bytes;
    stoa_error err;
    stoa_buf_init(&bytes, (size_t)1 << 24);
    for (size_t i = 0; i < ROWS; i++)
        values[i] = test_random_below(&random, 50)
                        ? 0
                        : (int64_t)test_random_below(&random, INT64_C(1) << 40);
    stoa_enc_collect_facts(&column, NULL, &input.facts);
    assert_ok(stoa_enc_encode_best(&input, &bytes, &err), &err);
    assert_int_equal(bytes.data[0], STOA_ENC_SPARSE);
    assert_true(bytes.size < ROWS / 50 * (40 + 10) / 8 + 400);
    node_round_trip(STOA_ENC_SPARSE, &column, STOA_PROFILE_BALANCED, &random);
    stoa_buf_done(&bytes);
}

static void test_sparse_takes_no_column_without_a_frequent_value(void **state)
{
    STOA_UNUSED(state);
    static uint64_t values[2000];
    struct test_random random = test_random_start(1803);
    const struct stoa_column column = {
        .phys = STOA_PHYS_U64, .length = 2000, .values = values};
    struct stoa_enc_input input = {.column = &column, .depth = 1, .limit = INFINITY};
    struct stoa_buf out;
    stoa_error err;
    stoa_buf_init(&out, 4096);
    for (size_t i = 0; i < 2000; i++)
        values[i] = test_random_below(&random, 3);
    assert_false(is_sparse(&column));
    for (size_t i = 0; i < 2000; i++)
        values[i] = i / 700; /* runs, but no value has three quarters */
    assert_false(is_sparse(&column));
    stoa_enc_collect_facts(&column, NULL, &input.facts);
    assert_fails(stoa_encoding_find(STOA_ENC_SPARSE)->encode(&input, &out, &err),
                 STOA_E_INTERNAL, &err);
    stoa_buf_done(&out);
}

static const char example[] = "0d 03 00 00 05 00 00 00  58 00 00 00 01 00 00 00 "
                              "02 03 00 00 01 00 00 00  18 00 00 00 08 00 00 00 "
                              "07 00 00 00 00 00 00 00 "
                              "01 03 00 00 01 00 00 00  18 00 00 00 00 00 00 00 "
                              "02 00 00 00 00 00 00 00 "
                              "01 03 00 00 01 00 00 00  18 00 00 00 00 00 00 00 "
                              "09 00 00 00 00 00 00 00";

static void test_sparse_reads_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    static const uint64_t values[] = {7, 7, 9, 7, 7};
    const struct stoa_column column = {
        .phys = STOA_PHYS_U64, .length = 5, .values = values};
    struct test_random random = test_random_start(1804);
    struct stoa_buf bytes = node_from_hex(example);
    struct stoa_buf text;
    struct opened_node opened;
    stoa_error err;
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_U64, 5, NULL, false, &opened, &err),
        &err);
    node_check(opened.node, &column, &random);
    stoa_buf_init(&text, 4096);
    assert_ok(stoa_node_describe(opened.node, &text, &err), &err);
    assert_ok(stoa_buf_append_byte(&text, 0, &err), &err);
    assert_string_equal((const char *)text.data, "sparse 1 others (const, raw, raw)");
    stoa_buf_done(&text);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

static void test_sparse_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {2,  1, {1},    STOA_E_CORRUPT, "sparse node: expected flags of 0"                  },
        {12, 1, {0},    STOA_E_CORRUPT, "sparse node: expected 1 to 4 other values, found 0"},
        {12, 1, {5},    STOA_E_CORRUPT, "sparse node: expected 1 to 4 other values, found 5"},
        {12, 1, {2},    STOA_E_CORRUPT, "raw node: expected 2 values, found 1"              },
        {20, 1, {2},    STOA_E_CORRUPT, "const node: expected 1 values, found 2"            },
        {41, 1, {2},    STOA_E_CORRUPT, "raw node: expected physical kind 3, found 2"       },
        {56, 1, {5},    STOA_E_CORRUPT, "sparse node: expected gap 0 below 5, found 5"      },
        {63, 1, {0xFF}, STOA_E_CORRUPT, "sparse node: expected gap 0 below 5, found"        },
        {8,  1, {64},   STOA_E_CORRUPT, "expected a node header of 16 bytes, found 0"       },
    };
    struct stoa_buf bytes = node_from_hex(example);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_U64, 5, NULL, &damages[i]);
    node_check_damage(&bytes, STOA_PHYS_U64, 5, NULL);
    stoa_buf_done(&bytes);
}

/* Gaps that lead behind the rows only together. */
static void test_sparse_refuses_gaps_that_add_up_to_too_much(void **state)
{
    STOA_UNUSED(state);
    uint8_t bytes[104];
    struct stoa_buf node;
    stoa_error err;
    static const struct node_damage too_far = {
        64, 1, {3}, STOA_E_CORRUPT, "sparse node: expected gap 1 below 3, found 3"};
    const size_t size = hex_bytes("0d 03 00 00 05 00 00 00  68 00 00 00 02 00 00 00 "
                                  "02 03 00 00 01 00 00 00  18 00 00 00 08 00 00 00 "
                                  "07 00 00 00 00 00 00 00 "
                                  "01 03 00 00 02 00 00 00  20 00 00 00 00 00 00 00 "
                                  "01 00 00 00 00 00 00 00  02 00 00 00 00 00 00 00 "
                                  "01 03 00 00 02 00 00 00  20 00 00 00 00 00 00 00 "
                                  "09 00 00 00 00 00 00 00  08 00 00 00 00 00 00 00",
                                  bytes, sizeof bytes);
    stoa_buf_init(&node, 4096);
    assert_ok(stoa_buf_append(&node, bytes, size, &err), &err);
    node_check_message(&node, STOA_PHYS_U64, 5, NULL, &too_far);
    node_check_damage(&node, STOA_PHYS_U64, 5, NULL);
    stoa_buf_done(&node);
}

static void test_sparse_survives_any_changed_byte_of_texts(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1805);
    struct stoa_column_builder builder;
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, 65536);
    make_column(&random, STOA_PHYS_BYTES, 200, 20, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    assert_true(is_sparse(&column));
    node_encode(STOA_ENC_SPARSE, &column, STOA_PROFILE_BALANCED, &bytes);
    node_check_damage(&bytes, STOA_PHYS_BYTES, 200, NULL);
    stoa_buf_done(&bytes);
    stoa_column_builder_done(&builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sparse_gives_back_every_kind),
        cmocka_unit_test(test_sparse_is_chosen_for_rare_values),
        cmocka_unit_test(test_sparse_takes_no_column_without_a_frequent_value),
        cmocka_unit_test(test_sparse_reads_the_specified_bytes),
        cmocka_unit_test(test_sparse_refuses_wrong_bytes),
        cmocka_unit_test(test_sparse_refuses_gaps_that_add_up_to_too_much),
        cmocka_unit_test(test_sparse_survives_any_changed_byte_of_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
