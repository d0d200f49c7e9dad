/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the STR encoding [STR-1] [STR-2] and of text being checked [BLK-9]. */
#include "tests/unit/format/node_check.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

static void test_str_gives_back_every_shape(void **state)
{
    STOA_UNUSED(state);
    node_round_trip_shapes(STOA_ENC_STR, STOA_PHYS_BYTES, 1501);
}

static void test_str_gives_back_any_bytes(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1502);
    for (uint32_t rows = 1; rows < 8000; rows = rows * 3 + 1) {
        struct stoa_column_builder builder;
        random_column(&random, STOA_PHYS_BYTES, rows, 0, 64, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        node_round_trip(STOA_ENC_STR, &column, (enum stoa_profile)(rows % 3), &random);
        stoa_column_builder_done(&builder);
    }
}

/* Texts larger than frames, one at the limit, between empty ones. */
static void test_str_holds_the_longest_values(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t lengths[] = {0, 200000, 1, STOA_MAX_VALUE_BYTES, 0, 65536, 65537};
    struct test_random random = test_random_start(1503);
    struct stoa_column_builder builder;
    uint8_t *text = malloc(STOA_MAX_VALUE_BYTES);
    assert_non_null(text);
    for (size_t i = 0; i < STOA_MAX_VALUE_BYTES; i++)
        text[i] = (uint8_t)('a' + (i * i >> 7) % 3);
    stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        const struct stoa_value value = {
            .bytes = {.data = text, .length = lengths[i]}
        };
        assert_ok(stoa_column_builder_append(&builder, &value, NULL), NULL);
    }
    const struct stoa_column column = stoa_column_builder_view(&builder);
    node_round_trip(STOA_ENC_STR, &column, STOA_PROFILE_FAST, &random);
    stoa_column_builder_done(&builder);
    free(text);
}

/* A column that is a slice: its offsets begin somewhere. */
static void test_str_does_not_depend_on_where_offsets_begin(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1504);
    struct stoa_column_builder builder;
    shape_column(&random, STOA_PHYS_BYTES, SHAPE_WIDE, 1500, &builder);
    const struct stoa_column whole = stoa_column_builder_view(&builder);
    const struct stoa_column slice = stoa_column_slice(&whole, 128, 1300);
    node_round_trip(STOA_ENC_STR, &slice, STOA_PROFILE_BALANCED, &random);
    stoa_column_builder_done(&builder);
}

static const char example[] = "08 06 00 00 03 00 00 00  58 00 00 00 00 00 00 00 "
                              "03 03 00 00 03 00 00 00  30 00 00 00 00 00 00 00 "
                              "01 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00 "
                              "02 00 00 00 00 00 00 00  31 00 00 00 00 00 00 00 "
                              "00 00 00 00 00 00 00 00  04 00 00 00 04 00 00 00 "
                              "61 62 63 64 00 00 00 00";

static const struct stoa_column example_column = {
    .phys = STOA_PHYS_BYTES,
    .length = 3,
    .offsets = (const uint32_t[]){0, 1, 1, 4},
    .bytes = (const uint8_t *)"abcd",
};

static void test_str_reads_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1505);
    struct stoa_buf bytes = node_from_hex(example);
    struct opened_node opened;
    stoa_error err;
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, 3, NULL, true, &opened, &err),
        &err);
    node_check(opened.node, &example_column, &random);
    node_round_trip(STOA_ENC_STR, &example_column, STOA_PROFILE_BALANCED, &random);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

static void test_str_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {2,  1, {1},          STOA_E_CORRUPT, "str node: expected flags of 0"                                      },
        {12, 1, {1},          STOA_E_CORRUPT, "str node: expected a parameter of 0"                                },
        {20, 1, {2},          STOA_E_CORRUPT, "ffor node: expected 3 values, found 2"                              },
        {56, 1, {0x32},       STOA_E_CORRUPT, "lengths of vector 0 to add up to 4, found 5"                        },
        {40,
         4,     {1, 0, 0, 1},
         STOA_E_CORRUPT,                      "str node: expected values of at most 16777216 bytes, found 16777220"},
        {80, 1, {0xC3},       STOA_E_CORRUPT, "str node: expected well-formed UTF-8 in vector 0"                   },
        {72, 1, {5},          STOA_E_CORRUPT, "stream: expected no frames and 5 stored bytes"                      },
        {84, 1, {1},          STOA_E_CORRUPT, "str node: expected padding of 0, found 1"                           },
        {8,
         1,     {64},
         STOA_E_CORRUPT,                      "str node: expected 16 bytes of stream header, found 0"              },
    };
    struct stoa_buf bytes = node_from_hex(example);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_BYTES, 3, NULL, &damages[i]);
    node_check_damage(&bytes, STOA_PHYS_BYTES, 3, NULL);
    stoa_buf_done(&bytes);
}

/* Well-formed as a whole, but a value begins inside a character. */
static void test_str_refuses_a_character_cut_in_two(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage cut = {
        80, 4, {'a', 0xC3, 0xA4, 'd'},
          STOA_E_CORRUPT, "expected well-formed UTF-8"
    };
    static const struct node_damage lengths[] = {
        {56, 1, {0x22}, STOA_E_CORRUPT, "expected well-formed UTF-8"}, /* 2, 0, 2 */
    };
    struct stoa_buf bytes = node_from_hex(example);
    memcpy(bytes.data + cut.offset, cut.bytes, 4);
    node_check_message(&bytes, STOA_PHYS_BYTES, 3, NULL, &lengths[0]);
    stoa_buf_done(&bytes);
}

static void test_str_checks_text_only_where_it_must_be_text(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf bytes = node_from_hex(example);
    struct opened_node opened;
    struct stoa_vector vector;
    stoa_error err;
    bytes.data[80] = 0xFF;
    assert_ok(stoa_vector_init(&vector, STOA_PHYS_BYTES, NULL), NULL);
    for (int is_utf8 = 0; is_utf8 < 2; is_utf8++) {
        assert_ok(node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, 3, NULL, is_utf8,
                            &opened, &err),
                  &err);
        const stoa_status status = stoa_node_decode(opened.node, 0, &vector, &err);
        if (is_utf8)
            assert_fails(status, STOA_E_CORRUPT, &err);
        else
            assert_ok(status, &err);
        node_close(&opened);
    }
    stoa_vector_done(&vector);
    stoa_buf_done(&bytes);
}

/* Two vectors and a start between them. */
static void test_str_refuses_wrong_starts(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {16,
         4,     {0xFF, 0xFF, 0xFF, 0x7F},
         STOA_E_CORRUPT,                                  "str node: expected vector 0 to end from 0 to"},
        {16, 4, {0, 0, 0, 0},             STOA_E_CORRUPT, "lengths of vector 0 to add up to 0"          },
        {20, 1, {1},                      STOA_E_CORRUPT, "str node: expected padding of 0"             },
    };
    struct test_random random = test_random_start(1506);
    struct stoa_column_builder builder;
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, (size_t)1 << 20);
    shape_column(&random, STOA_PHYS_BYTES, SHAPE_WIDE, 1030, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    node_encode(STOA_ENC_STR, &column, STOA_PROFILE_BALANCED, &bytes);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_BYTES, 1030, NULL, &damages[i]);
    stoa_buf_done(&bytes);
    stoa_column_builder_done(&builder);
}

static stoa_status encode_and_read(void *context, stoa_error *err)
{
    const struct stoa_column *column = context;
    struct stoa_buf bytes;
    struct stoa_vector vector = {.values = {.raw = NULL}};
    struct opened_node opened = {.node = NULL};
    struct stoa_enc_input input = {.column = column, .depth = 1, .limit = 1e300};
    stoa_status status = STOA_OK;
    stoa_buf_init(&bytes, (size_t)1 << 24);
    stoa_arena_init(&opened.arena, (size_t)1 << 24);
    stoa_enc_collect_facts(column, NULL, &input.facts);
    STOA_TRY_CLEANUP(stoa_enc_encode_best(&input, &bytes, err));
    STOA_TRY_CLEANUP(stoa_vector_init(&vector, STOA_PHYS_BYTES, err));
    STOA_TRY_CLEANUP(node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, column->length,
                               NULL, true, &opened, err));
    STOA_TRY_CLEANUP(stoa_node_decode(opened.node, 1, &vector, err));
cleanup:
    node_close(&opened);
    stoa_vector_done(&vector);
    stoa_buf_done(&bytes);
    return status;
}

static void test_str_survives_allocation_failures(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1507);
    struct stoa_column_builder builder;
    shape_column(&random, STOA_PHYS_BYTES, SHAPE_RUNS, 2000, &builder);
    struct stoa_column column = stoa_column_builder_view(&builder);
    /* The builder's own blocks stay alive: only what the body allocates counts. */
    assert_true(test_allocation_failures(encode_and_read, &column) > 10);
    stoa_column_builder_done(&builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_str_gives_back_every_shape),
        cmocka_unit_test(test_str_gives_back_any_bytes),
        cmocka_unit_test(test_str_holds_the_longest_values),
        cmocka_unit_test(test_str_does_not_depend_on_where_offsets_begin),
        cmocka_unit_test(test_str_reads_the_specified_bytes),
        cmocka_unit_test(test_str_refuses_wrong_bytes),
        cmocka_unit_test(test_str_refuses_a_character_cut_in_two),
        cmocka_unit_test(test_str_checks_text_only_where_it_must_be_text),
        cmocka_unit_test(test_str_refuses_wrong_starts),
        cmocka_unit_test(test_str_survives_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
