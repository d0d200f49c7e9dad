/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the CONST encoding [CONST-1] [CONST-2]. */
#include "tests/unit/format/node_check.h"

#include <stdlib.h>
#include <string.h>

static void test_const_gives_back_every_kind(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t lengths[] = {1, 63, 1024, 1025, 4100};
    struct test_random random = test_random_start(1101);
    for
        EACH_PHYS(phys)
        {
            for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
                struct stoa_column_builder builder;
                random_column(&random, (enum stoa_phys)phys, lengths[i], 0, 1, &builder);
                const struct stoa_column column = stoa_column_builder_view(&builder);
                node_round_trip(STOA_ENC_CONST, &column, STOA_PROFILE_BALANCED, &random);
                stoa_column_builder_done(&builder);
            }
        }
}

static struct stoa_buf text_node(const char *text, uint32_t size)
{
    const uint32_t offsets[] = {0, size, 2 * size, 3 * size, 4 * size, 5 * size};
    uint8_t *bytes = malloc(5 * (size_t)size + 1);
    assert_non_null(bytes);
    for (uint32_t i = 0; i < 5; i++)
        memcpy(bytes + (size_t)i * size, text, size);
    const struct stoa_column column = {
        .phys = STOA_PHYS_BYTES, .length = 5, .offsets = offsets, .bytes = bytes};
    struct stoa_buf out;
    stoa_buf_init(&out, (size_t)1 << 25);
    node_encode(STOA_ENC_CONST, &column, STOA_PROFILE_BALANCED, &out);
    free(bytes);
    return out;
}

static void test_const_writes_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    uint8_t expected[64];
    const size_t size = hex_bytes("02 06 00 00 05 00 00 00  18 00 00 00 03 00 00 00 "
                                  "61 62 63 00 00 00 00 00",
                                  expected, sizeof expected);
    struct stoa_buf bytes = text_node("abc", 3);
    assert_int_equal(size, bytes.size);
    assert_bytes(bytes.data, expected, size);
    stoa_buf_done(&bytes);
}

static void test_const_holds_the_longest_value(void **state)
{
    STOA_UNUSED(state);
    struct opened_node opened;
    struct stoa_vector vector;
    stoa_error err;
    char *text = calloc(1, STOA_MAX_VALUE_BYTES);
    assert_non_null(text);
    struct stoa_buf bytes = text_node(text, (uint32_t)STOA_MAX_VALUE_BYTES);
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, 5, NULL, true, &opened, &err),
        &err);
    assert_ok(stoa_vector_init(&vector, STOA_PHYS_BYTES, NULL), NULL);
    assert_ok(stoa_node_decode(opened.node, 0, &vector, &err), &err);
    assert_int_equal(vector.values.views[4].length, STOA_MAX_VALUE_BYTES);
    stoa_vector_done(&vector);
    node_close(&opened);
    stoa_buf_done(&bytes);
    free(text);
}

static void test_const_refuses_wrong_values(void **state)
{
    STOA_UNUSED(state);
    static const int64_t number = 5;
    static const uint64_t truth = 1;
    static const struct node_damage of_text[] = {
        {2,  1, {1},    STOA_E_CORRUPT, "const node: expected flags of 0"               },
        {12, 1, {9},    STOA_E_CORRUPT, "const node: expected 9 bytes of value, found 8"},
        {15, 1, {1},    STOA_E_CORRUPT, "bytes of value"                                },
        {20, 1, {7},    STOA_E_CORRUPT, "const node: expected padding of 0, found 7"    },
        {17, 1, {0xFF}, STOA_E_CORRUPT, "const node: expected well-formed UTF-8"        },
        {12, 1, {0},    STOA_E_CORRUPT, "const node: expected 16 bytes, found 24"       },
    };
    static const struct node_damage of_number = {
        12, 1, {7}, STOA_E_CORRUPT, "const node: expected a value of 8 bytes, found 7"};
    static const struct node_damage of_truth = {
        16, 1, {2}, STOA_E_CORRUPT, "const node: expected 0 or 1, found 2"};
    struct stoa_buf bytes = text_node("abc", 3);
    for (size_t i = 0; i < sizeof of_text / sizeof of_text[0]; i++)
        node_check_message(&bytes, STOA_PHYS_BYTES, 5, NULL, &of_text[i]);
    const struct stoa_column numbers = {
        .phys = STOA_PHYS_I64, .length = 1, .values = &number};
    const struct stoa_column truths = {
        .phys = STOA_PHYS_BOOL, .length = 1, .values = &truth};
    bytes.size = 0;
    node_encode(STOA_ENC_CONST, &numbers, STOA_PROFILE_FAST, &bytes);
    node_check_message(&bytes, STOA_PHYS_I64, 1, NULL, &of_number);
    bytes.size = 0;
    node_encode(STOA_ENC_CONST, &truths, STOA_PROFILE_FAST, &bytes);
    node_check_message(&bytes, STOA_PHYS_BOOL, 1, NULL, &of_truth);
    stoa_buf_done(&bytes);
}

static void test_const_refuses_a_value_above_the_limit(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage above = {
        12, 4, {1, 0, 0, 1},
          STOA_E_CORRUPT, "expected a value of at most 16777216 bytes"
    };
    char *text = calloc(1, STOA_MAX_VALUE_BYTES);
    stoa_error err;
    assert_non_null(text);
    struct stoa_buf bytes = text_node(text, (uint32_t)STOA_MAX_VALUE_BYTES);
    assert_ok(stoa_buf_append_le64(&bytes, 0, &err), &err);
    stoa_store_le32(bytes.data + 8, (uint32_t)bytes.size);
    node_check_message(&bytes, STOA_PHYS_BYTES, 5, NULL, &above);
    stoa_buf_done(&bytes);
    free(text);
}

static void test_const_survives_any_changed_byte(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf bytes = text_node("abc", 3);
    node_check_damage(&bytes, STOA_PHYS_BYTES, 5, NULL);
    stoa_buf_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_const_gives_back_every_kind),
        cmocka_unit_test(test_const_writes_the_specified_bytes),
        cmocka_unit_test(test_const_holds_the_longest_value),
        cmocka_unit_test(test_const_refuses_wrong_values),
        cmocka_unit_test(test_const_refuses_a_value_above_the_limit),
        cmocka_unit_test(test_const_survives_any_changed_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
