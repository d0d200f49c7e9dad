/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the PREFIX encoding [PREFIX-1..3]. */
#include "tests/unit/format/node_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

static int compare_texts(const void *a, const void *b)
{
    return strcmp(a, b);
}

enum { TEXT_ROOM = 96 };

/* Sorted paths with a few letters of two bytes, some of them equal, the first ones empty. */
static void make_sorted(struct test_random *random, uint32_t rows,
                        struct stoa_column_builder *out)
{
    static const char *const words[] = {"alpha", "al",  "beta",  "\xC3\xA4pfel",
                                        "gamma", "gam", "index", "\xE2\x82\xAC",
                                        "zeta",  "z"};
    char(*texts)[TEXT_ROOM] = calloc(rows, sizeof *texts);
    assert_non_null(texts);
    for (uint32_t row = 0; row < rows; row++) {
        if (row > 2)
            snprintf(texts[row], TEXT_ROOM, "/srv/%s/%s/%s%u",
                     words[test_random_below(random, 10)],
                     words[test_random_below(random, 10)],
                     words[test_random_below(random, 10)],
                     (unsigned)test_random_below(random, 500));
    }
    qsort(texts, rows, sizeof *texts, compare_texts);
    stoa_column_builder_init(out, STOA_PHYS_BYTES);
    for (uint32_t row = 0; row < rows; row++) {
        const struct stoa_value value = {
            .bytes = {.data = (const uint8_t *)texts[row],
                      .length = (uint32_t)strlen(texts[row])}
        };
        assert_ok(stoa_column_builder_append(out, &value, NULL), NULL);
    }
    free(texts);
}

static bool is_prefix(const struct stoa_column *column)
{
    struct stoa_enc_input input = {.column = column, .depth = 1, .limit = INFINITY};
    struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER};
    stoa_error err;
    stoa_enc_collect_facts(column, NULL, &input.facts);
    assert_ok(stoa_encoding_find(STOA_ENC_PREFIX)->estimate(&input, &estimate, &err), &err);
    return estimate.size != STOA_ENC_NEVER;
}

static void test_prefix_gives_back_every_shape(void **state)
{
    STOA_UNUSED(state);
    node_round_trip_shapes(STOA_ENC_PREFIX, STOA_PHYS_BYTES, 1951);
}

static void test_prefix_gives_back_any_bytes(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1952);
    for (uint32_t rows = 1; rows < 8000; rows = rows * 3 + 1) {
        struct stoa_column_builder builder;
        random_column(&random, STOA_PHYS_BYTES, rows, 0, 64, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        node_round_trip(STOA_ENC_PREFIX, &column, (enum stoa_profile)(rows % 3), &random);
        stoa_column_builder_done(&builder);
    }
}

static void test_prefix_gives_back_sorted_texts(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t lengths[] = {1, 15, 16, 17, 33, 1023, 1024, 1025, 5003};
    struct test_random random = test_random_start(1953);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct stoa_column_builder builder;
        make_sorted(&random, lengths[i], &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        node_round_trip(STOA_ENC_PREFIX, &column, (enum stoa_profile)(i % 3), &random);
        if (lengths[i] > 1000)
            assert_true(is_prefix(&column));
        stoa_column_builder_done(&builder);
    }
}

/* A slice begins with what shares nothing, wherever its offsets begin. */
static void test_prefix_does_not_depend_on_where_offsets_begin(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1954);
    struct stoa_column_builder builder;
    make_sorted(&random, 1500, &builder);
    const struct stoa_column whole = stoa_column_builder_view(&builder);
    const struct stoa_column slice = stoa_column_slice(&whole, 128, 1300);
    node_round_trip(STOA_ENC_PREFIX, &slice, STOA_PROFILE_BALANCED, &random);
    stoa_column_builder_done(&builder);
}

/* Texts of megabytes that share nearly all, and none. */
static void test_prefix_holds_the_longest_values(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t lengths[] = {
        0, STOA_MAX_VALUE_BYTES, STOA_MAX_VALUE_BYTES - 1, 1, 70000, 70001};
    struct test_random random = test_random_start(1955);
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
    node_round_trip(STOA_ENC_PREFIX, &column, STOA_PROFILE_FAST, &random);
    stoa_column_builder_done(&builder);
    free(text);
}

static void test_prefix_is_chosen_for_sorted_texts_alone(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1956);
    struct stoa_column_builder builder;
    struct stoa_buf bytes;
    stoa_error err;
    stoa_buf_init(&bytes, (size_t)1 << 24);
    make_sorted(&random, 20000, &builder);
    struct stoa_column column = stoa_column_builder_view(&builder);
    struct stoa_enc_input input = {
        .column = &column, .depth = 1, .profile = STOA_PROFILE_COMPACT, .limit = INFINITY};
    stoa_enc_collect_facts(&column, NULL, &input.facts);
    assert_ok(stoa_enc_encode_best(&input, &bytes, &err), &err);
    assert_int_equal(bytes.data[0], STOA_ENC_PREFIX);
    assert_true(bytes.size * 5 < builder.byte_size);
    stoa_column_builder_done(&builder);
    shape_column(&random, STOA_PHYS_BYTES, SHAPE_WIDE, 3000, &builder);
    column = stoa_column_builder_view(&builder);
    assert_false(is_prefix(&column));
    stoa_column_builder_done(&builder);
    stoa_buf_done(&bytes);
}

/* ---- the specified bytes ---- */

static const char example[] = "0f 06 00 00 03 00 00 00  98 00 00 00 0a 00 00 00 "
                              "03 03 00 00 03 00 00 00  30 00 00 00 00 00 00 00 "
                              "01 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00 "
                              "02 00 00 00 00 00 00 00  2c 00 00 00 00 00 00 00 "
                              "08 06 00 00 03 00 00 00  58 00 00 00 00 00 00 00 "
                              "03 03 00 00 03 00 00 00  30 00 00 00 00 00 00 00 "
                              "01 00 00 00 00 00 00 00  01 00 00 00 00 00 00 00 "
                              "02 00 00 00 00 00 00 00  02 00 00 00 00 00 00 00 "
                              "00 00 00 00 00 00 00 00  05 00 00 00 05 00 00 00 "
                              "63 61 72 65 74 00 00 00";

static const struct stoa_column example_column = {
    .phys = STOA_PHYS_BYTES,
    .length = 3,
    .offsets = (const uint32_t[]){0, 3, 7, 10},
    .bytes = (const uint8_t *)"carcarecat",
};

static void test_prefix_reads_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1957);
    struct stoa_buf bytes = node_from_hex(example);
    struct stoa_buf text;
    struct opened_node opened;
    stoa_error err;
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, 3, NULL, true, &opened, &err),
        &err);
    node_check(opened.node, &example_column, &random);
    stoa_buf_init(&text, 4096);
    assert_ok(stoa_node_describe(opened.node, &text, &err), &err);
    assert_ok(stoa_buf_append_byte(&text, 0, &err), &err);
    assert_string_equal((const char *)text.data,
                        "prefix 10 bytes (ffor 2 bits, str 5 bytes > ffor 2 bits)");
    stoa_buf_done(&text);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

static void test_prefix_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {2,   1, {1},          STOA_E_CORRUPT, "prefix node: expected flags of 0"                 },
        {12,  1, {11},         STOA_E_CORRUPT, "texts of vector 0 to add up to 11 bytes, found 10"},
        {12,
         4,      {1, 0, 0, 4},
         STOA_E_CORRUPT,                       "at most 67108864 bytes together, found 67108865"  },
        {20,  1, {2},          STOA_E_CORRUPT, "ffor node: expected 3 values, found 2"            },
        {56,  1, {0x2d},       STOA_E_CORRUPT, "row 0 of its vector to share at most 0 bytes"     },
        {40,  1, {5},          STOA_E_CORRUPT, "row 0 of its vector to share at most 0 bytes"     },
        {56,  1, {0x3c},       STOA_E_CORRUPT, "add up to 10 bytes, found 11"                     },
        {65,  1, {5},          STOA_E_CORRUPT, "str node: expected physical kind 6, found 5"      },
        {144, 1, {0xC3},       STOA_E_CORRUPT, "prefix node: expected well-formed UTF-8"          },
        {120, 1, {0},          STOA_E_CORRUPT, "str node: expected lengths"                       },
    };
    static const struct node_damage too_much = {
        32,
        8,
        {100, 0, 0, 0, 0, 0, 0, 0},
        STOA_E_CORRUPT,
        "row 1 of its vector to share at most 3 bytes with the one before, found 300"
    };
    struct stoa_buf bytes = node_from_hex(example);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_BYTES, 3, NULL, &damages[i]);
    node_check_message(&bytes, STOA_PHYS_BYTES, 3, NULL, &too_much);
    node_check_damage(&bytes, STOA_PHYS_BYTES, 3, NULL);
    stoa_buf_done(&bytes);
}

/* Two vectors and a start between them; STR, FSST or whatever else as a child. */
static void test_prefix_survives_any_changed_byte(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {16,
         4,     {0xFF, 0xFF, 0xFF, 0x7F},
         STOA_E_CORRUPT,                                  "prefix node: expected texts of vector 0 to end from 0"},
        {16, 4, {0, 0, 0, 0},             STOA_E_CORRUPT, "texts of vector 0 to add up to 0 bytes"               },
        {20, 1, {1},                      STOA_E_CORRUPT, "prefix node: expected padding of 0"                   },
    };
    struct test_random random = test_random_start(1958);
    struct stoa_column_builder builder;
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, (size_t)1 << 20);
    make_sorted(&random, 1030, &builder);
    struct stoa_column column = stoa_column_builder_view(&builder);
    node_encode(STOA_ENC_PREFIX, &column, STOA_PROFILE_BALANCED, &bytes);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_BYTES, 1030, NULL, &damages[i]);
    bytes.size = 0;
    column = stoa_column_slice(&column, 0, 60);
    node_encode(STOA_ENC_PREFIX, &column, STOA_PROFILE_FAST, &bytes);
    node_check_damage(&bytes, STOA_PHYS_BYTES, 60, NULL);
    stoa_buf_done(&bytes);
    stoa_column_builder_done(&builder);
}

/* Texts that grow by a megabyte each, out of next to nothing: refused before memory is taken. */
static void test_prefix_refuses_a_bomb(void **state)
{
    STOA_UNUSED(state);
    enum { ROWS = 16384 };
    struct stoa_column_builder suffixes;
    static uint64_t shared[ROWS];
    struct stoa_buf bytes;
    struct opened_node opened;
    struct stoa_vector vector;
    struct stoa_value at;
    stoa_error err;
    size_t start = 0;
    const size_t size = (size_t)1 << 20;
    uint8_t *large = calloc(size, 1);
    assert_non_null(large);
    stoa_buf_init(&bytes, (size_t)1 << 28);
    stoa_column_builder_init(&suffixes, STOA_PHYS_BYTES);
    for (uint32_t row = 0; row < ROWS; row++) {
        const struct stoa_value value = {
            .bytes = {.data = large, .length = row == 0 ? (uint32_t)size : 1}
        };
        assert_ok(stoa_column_builder_append(&suffixes, &value, &err), &err);
        shared[row] = row % 16 ? size : 0;
        if (row > 16 && row % 16)
            shared[row] = row % 16; /* all that there is */
    }
    const struct stoa_column rests = stoa_column_builder_view(&suffixes);
    const struct stoa_column lengths = {
        .phys = STOA_PHYS_U64, .length = ROWS, .values = shared};
    assert_ok(stoa_node_begin(stoa_encoding_find(STOA_ENC_PREFIX), STOA_PHYS_BYTES, ROWS,
                              &bytes, &start, &err),
              &err);
    stoa_store_le32(bytes.data + 12, STOA_MAX_ROW_GROUP_RAW);
    for (int v = 1; v < ROWS / 1024; v++)
        assert_ok(stoa_buf_append_le32(&bytes, STOA_MAX_ROW_GROUP_RAW, &err), &err);
    assert_ok(stoa_buf_append_zeros(&bytes, -bytes.size & 7, &err), &err);
    const struct stoa_column *children[] = {&lengths, &rests};
    for (int i = 0; i < 2; i++) {
        struct stoa_enc_input input = {
            .column = children[i], .depth = 2, .limit = INFINITY};
        stoa_enc_collect_facts(children[i], NULL, &input.facts);
        assert_ok(stoa_enc_encode_best(&input, &bytes, &err), &err);
    }
    assert_ok(stoa_node_finish(&bytes, start, &err), &err);
    assert_ok(stoa_vector_init(&vector, STOA_PHYS_BYTES, &err), &err);
    assert_ok(node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, ROWS, NULL, false, &opened,
                        &err),
              &err);
    for (int repeat = 0; repeat < 3; repeat++) {
        assert_fails(stoa_node_decode(opened.node, 0, &vector, &err), STOA_E_CORRUPT, &err);
        assert_contains(err.message,
                        "texts of vector 0 to add up to 67108864 bytes, found ");
        assert_fails(stoa_node_at(opened.node, 15, &at, &err), STOA_E_CORRUPT, &err);
    }
    assert_true(opened.arena.used < (size_t)8 << 20);
    node_close(&opened);
    stoa_vector_done(&vector);
    stoa_column_builder_done(&suffixes);
    stoa_buf_done(&bytes);
    free(large);
}

static stoa_status encode_and_read(void *context, stoa_error *err)
{
    const struct stoa_column *column = context;
    const struct stoa_encoding *prefix = stoa_encoding_find(STOA_ENC_PREFIX);
    struct stoa_buf bytes;
    struct stoa_vector vector = {.values = {.raw = NULL}};
    struct opened_node opened = {.node = NULL};
    struct stoa_enc_input input = {.column = column, .depth = 1, .limit = INFINITY};
    struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER};
    struct stoa_value value;
    stoa_status status = STOA_OK;
    stoa_buf_init(&bytes, (size_t)1 << 24);
    stoa_arena_init(&opened.arena, (size_t)1 << 24);
    stoa_enc_collect_facts(column, NULL, &input.facts);
    STOA_TRY_CLEANUP(prefix->estimate(&input, &estimate, err));
    STOA_TRY_CLEANUP(prefix->encode(&input, &bytes, err));
    STOA_TRY_CLEANUP(stoa_vector_init(&vector, STOA_PHYS_BYTES, err));
    STOA_TRY_CLEANUP(node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, column->length,
                               NULL, true, &opened, err));
    STOA_TRY_CLEANUP(stoa_node_at(opened.node, 77, &value, err));
    STOA_TRY_CLEANUP(stoa_node_decode(opened.node, 1, &vector, err));
cleanup:
    node_close(&opened);
    stoa_vector_done(&vector);
    stoa_buf_done(&bytes);
    return status;
}

static void test_prefix_survives_allocation_failures(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1959);
    struct stoa_column_builder builder;
    make_sorted(&random, 1200, &builder);
    struct stoa_column column = stoa_column_builder_view(&builder);
    assert_true(test_allocation_failures(encode_and_read, &column) > 10);
    stoa_column_builder_done(&builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prefix_gives_back_every_shape),
        cmocka_unit_test(test_prefix_gives_back_any_bytes),
        cmocka_unit_test(test_prefix_gives_back_sorted_texts),
        cmocka_unit_test(test_prefix_does_not_depend_on_where_offsets_begin),
        cmocka_unit_test(test_prefix_holds_the_longest_values),
        cmocka_unit_test(test_prefix_is_chosen_for_sorted_texts_alone),
        cmocka_unit_test(test_prefix_reads_the_specified_bytes),
        cmocka_unit_test(test_prefix_refuses_wrong_bytes),
        cmocka_unit_test(test_prefix_survives_any_changed_byte),
        cmocka_unit_test(test_prefix_refuses_a_bomb),
        cmocka_unit_test(test_prefix_survives_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
