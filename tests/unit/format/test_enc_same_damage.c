/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the SAME encoding's bytes: the examples, every message, hostile references [SAME-2],
 * damage in the other column [SAME-6], every changed byte. */
#include "tests/unit/format/same_check.h"

#include <stdlib.h>
#include <string.h>

#include "common/bitmap.h"
#include "format/enc/enc_parts.h"

/* ---- bytes ---- */

static const char example[] = "11 02 01 00 04 00 00 00  50 00 00 00 03 00 00 00 "
                              "00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00 "
                              "01 02 00 00 04 00 00 00  30 00 00 00 00 00 00 00 "
                              "01 00 00 00 00 00 00 00  02 00 00 00 00 00 00 00 "
                              "01 00 00 00 00 00 00 00  03 00 00 00 00 00 00 00";
static const int64_t example_base[] = {100, 103, 105, 109};
static const int64_t example_values[] = {101, 105, 106, 112};

static void base_of_numbers(struct same_base *base, const int64_t *values, uint32_t count)
{
    struct stoa_column_builder builder;
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = count, .values = values};
    stoa_column_builder_init(&builder, STOA_PHYS_I64);
    assert_ok(stoa_column_builder_append_rows(&builder, &column, 0, count, NULL), NULL);
    same_base_make(base, &builder, false);
}

static struct stoa_buf bytes_of(const char *hex)
{
    uint8_t bytes[160];
    struct stoa_buf out;
    stoa_buf_init(&out, 4096);
    assert_ok(stoa_buf_append(&out, bytes, hex_bytes(hex, bytes, sizeof bytes), NULL),
              NULL);
    return out;
}

static void test_same_reads_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2107);
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 4, .values = example_values};
    struct stoa_buf bytes = bytes_of(example);
    struct stoa_buf text;
    struct same_base base;
    struct opened_node opened;
    stoa_error err;
    base_of_numbers(&base, example_base, 4);
    assert_ok(same_open(&base, bytes.data, bytes.size, &column, &opened, &err), &err);
    node_check(opened.node, &column, &random);
    same_check_sums(opened.node, &column, &random);
    stoa_buf_init(&text, 4096);
    assert_ok(stoa_node_describe(opened.node, &text, &err), &err);
    assert_ok(stoa_buf_append_byte(&text, 0, &err), &err);
    assert_string_equal((const char *)text.data, "same offset from \"base\" > raw");
    stoa_buf_done(&text);
    node_close(&opened);
    same_base_done(&base);
    stoa_buf_done(&bytes);
}

/* Everything a node can be asked. */
static stoa_status read_all(struct same_base *base, const uint8_t *bytes, size_t size,
                            const struct stoa_column *column, stoa_error *err)
{
    struct opened_node opened;
    struct stoa_vector vector;
    uint64_t bits[STOA_VECTOR_WORDS];
    stoa_i128 sum = 0;
    const struct stoa_predicate all = {.kind = STOA_PREDICATE_RANGE, .phys = column->phys};
    stoa_status status = same_open(base, bytes, size, column, &opened, err);
    assert_ok(stoa_vector_init(&vector, column->phys, NULL), NULL);
    for (uint32_t v = 0; status == STOA_OK && v < stoa_vector_count(column->length); v++) {
        status = stoa_node_select(opened.node, v, &all, &vector, bits, err);
        if (status == STOA_OK)
            status = stoa_node_decode(opened.node, v, &vector, err);
    }
    for (uint32_t row = 0; status == STOA_OK && row < column->length; row += 7) {
        struct stoa_value value;
        status = stoa_node_at(opened.node, row, &value, err);
    }
    if (status == STOA_OK && column->phys == STOA_PHYS_I64)
        status = stoa_node_sum(opened.node, 0, column->length, &sum, err);
    stoa_vector_done(&vector);
    node_close(&opened);
    return status;
}

static void check_message(struct same_base *base, const struct stoa_buf *bytes,
                          const struct stoa_column *column,
                          const struct node_damage *damage)
{
    stoa_error err;
    uint8_t *copy = malloc(bytes->size);
    assert_non_null(copy);
    memcpy(copy, bytes->data, bytes->size);
    memcpy(copy + damage->offset, damage->bytes, damage->size);
    assert_fails(read_all(base, copy, bytes->size, column, &err), damage->code, &err);
    assert_contains(err.message, damage->message);
    free(copy);
}

static void check_damage(struct same_base *base, const struct stoa_buf *bytes,
                         const struct stoa_column *column)
{
    static const uint8_t changes[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF};
    for (size_t i = 0; i < bytes->size; i++) {
        for (size_t k = 0; k < sizeof changes; k++) {
            stoa_error err = {.status = STOA_OK};
            uint8_t *copy = malloc(bytes->size); /* exact, so that overreads show */
            assert_non_null(copy);
            memcpy(copy, bytes->data, bytes->size);
            copy[i] ^= changes[k];
            const stoa_status status = read_all(base, copy, bytes->size, column, &err);
            if (status != STOA_OK)
                assert_true(err.status == status && err.message[0] != 0);
            free(copy);
        }
    }
    for (size_t size = 0; size < bytes->size; size++) {
        uint8_t *copy = malloc(size + 1);
        assert_non_null(copy);
        memcpy(copy, bytes->data, size);
        assert_true(read_all(base, copy, size, column, NULL) != STOA_OK);
        free(copy);
    }
}

static void test_offset_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {2,
         1,     {4},
         STOA_E_CORRUPT,              "same node: expected form 0 to 3 and flags b of 0, found 4"           },
        {3,  1, {1},  STOA_E_CORRUPT, "same node: expected form 0 to 3"                                     },
        {12,
         1,     {5},
         STOA_E_CORRUPT,              "same node: expected a column before this one, number 5, found 5"     },
        {12, 1, {9},  STOA_E_CORRUPT, "number 5, found 9"                                                   },
        {15, 1, {1},  STOA_E_CORRUPT, "number 5, found 16777219"                                            },
        {16, 1, {1},  STOA_E_CORRUPT, "and none in form 1, found 1"                                         },
        {20, 1, {1},  STOA_E_CORRUPT, "same node: expected no keys, found 1"                                },
        {24, 1, {1},  STOA_E_CORRUPT, "same node: expected no keys, found 0 keys from 1"                    },
        {2,  1, {2},  STOA_E_CORRUPT, "same node: expected 1 to 65536 keys, found 0"                        },
        {2,  1, {0},  STOA_E_CORRUPT, "same node: expected 32 bytes, found 80"                              },
        {33, 1, {3},  STOA_E_CORRUPT, "raw node: expected physical kind 2, found 3"                         },
        {36, 1, {3},  STOA_E_CORRUPT, "raw node: expected 4 values, found 3"                                },
        {8,  1, {24}, STOA_E_CORRUPT, "same node: expected 16 bytes of parameters, found 8"                 },
        {32,
         1,     {17},
         STOA_E_CORRUPT,              "same node: expected one at most in a block, and none in a dictionary"},
    };
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 4, .values = example_values};
    struct stoa_buf bytes = bytes_of(example);
    struct same_base base;
    base_of_numbers(&base, example_base, 4);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        check_message(&base, &bytes, &column, &damages[i]);
    check_damage(&base, &bytes, &column);
    same_base_done(&base);
    stoa_buf_done(&bytes);
}

/* By number of 5, 6, 7 with an exception in row 2. */
static const char map_example[] = "11 03 02 00 04 00 00 00  78 00 00 00 03 00 00 00 "
                                  "01 00 00 00 03 00 00 00  05 00 00 00 00 00 00 00 "
                                  "01 03 00 00 03 00 00 00  28 00 00 00 00 00 00 00 "
                                  "09 00 00 00 00 00 00 00  08 00 00 00 00 00 00 00 "
                                  "07 00 00 00 00 00 00 00 "
                                  "01 03 00 00 01 00 00 00  18 00 00 00 00 00 00 00 "
                                  "02 00 00 00 00 00 00 00 "
                                  "01 03 00 00 01 00 00 00  18 00 00 00 00 00 00 00 "
                                  "63 00 00 00 00 00 00 00";
static const int64_t map_base[] = {5, 7, 6, 5};
static const uint64_t map_values[] = {9, 7, 99, 9};

static void test_maps_refuse_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {16, 1, {4}, STOA_E_CORRUPT, "same node: expected fewer exceptions than 4 values"          },
        {16, 1, {0}, STOA_E_CORRUPT, "same node: expected 72 bytes, found 120"                     },
        {20, 1, {2}, STOA_E_CORRUPT, "raw node: expected 2 values, found 3"                        },
        {22, 1, {2}, STOA_E_CORRUPT, "same node: expected 1 to 65536 keys, found 131075"           },
        {24,
         1,     {4},
         STOA_E_CORRUPT,             "same node: expected keys below 3, found 3 by column \"base\""},
        {24, 1, {6}, STOA_E_CORRUPT, "same node: expected keys below 3, found 4294967295"          },
        {2,  1, {3}, STOA_E_CORRUPT, "kinds that form 3 can hold, found 3 by 2"                    },
        {2,  1, {1}, STOA_E_CORRUPT, "and none in form 1, found 1"                                 },
        {88, 1, {4}, STOA_E_CORRUPT, "same node: expected gap 0 below 4, found 4"                  },
    };
    const struct stoa_column column = {
        .phys = STOA_PHYS_U64, .length = 4, .values = map_values};
    struct test_random random = test_random_start(2108);
    struct stoa_buf bytes = bytes_of(map_example);
    struct same_base base;
    struct opened_node opened;
    stoa_error err;
    base_of_numbers(&base, map_base, 4);
    assert_ok(same_open(&base, bytes.data, bytes.size, &column, &opened, &err), &err);
    node_check(opened.node, &column, &random);
    same_check_rows(opened.node, &column);
    node_close(&opened);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        check_message(&base, &bytes, &column, &damages[i]);
    check_damage(&base, &bytes, &column);
    same_base_done(&base);
    stoa_buf_done(&bytes);
}

/* ---- hostile references ---- */

static void test_a_base_of_another_kind_is_refused(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage as_numbers = {
        2,
        1,
        {2},
        STOA_E_CORRUPT,
        "kinds that form 2 can hold, found 3 by 4 (raw) of column"};
    static const struct node_damage as_equal = {
        2,
        1,
        {0},
        STOA_E_CORRUPT,
        "kinds that form 0 can hold, found 3 by 4 (raw) of column"};
    static const double floats[] = {0.1, 2.25e80, -3, 1e-9};
    const struct stoa_column source = {
        .phys = STOA_PHYS_F64, .length = 4, .values = floats};
    const struct stoa_column column = {
        .phys = STOA_PHYS_U64, .length = 4, .values = map_values};
    struct stoa_buf bytes = bytes_of(map_example);
    struct stoa_column_builder builder;
    struct same_base base;
    stoa_column_builder_init(&builder, STOA_PHYS_F64);
    assert_ok(stoa_column_builder_append_rows(&builder, &source, 0, 4, NULL), NULL);
    same_base_make(&base, &builder, false);
    check_message(&base, &bytes, &column, &as_numbers);
    memset(bytes.data + 20, 0, 12);
    check_message(&base, &bytes, &column, &as_equal);
    same_base_done(&base);
    stoa_buf_done(&bytes);
}

static void test_text_is_not_kept_by_binary(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t offsets[] = {0, 1, 2};
    const struct stoa_column column = {.phys = STOA_PHYS_BYTES,
                                       .length = 2,
                                       .offsets = offsets,
                                       .bytes = (const uint8_t *)"\xFFz"};
    struct stoa_column_builder builder;
    struct stoa_buf bytes;
    struct same_base base;
    struct opened_node opened;
    stoa_error err;
    stoa_buf_init(&bytes, 4096);
    stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
    assert_ok(stoa_column_builder_append_rows(&builder, &column, 0, 2, NULL), NULL);
    same_base_make(&base, &builder, false);
    same_encode(&base, &column, 1 << STOA_SAME_EQUAL, &bytes);
    assert_ok(same_open(&base, bytes.data, bytes.size, &column, &opened, &err), &err);
    node_close(&opened);
    opened.context.is_utf8 = true;
    opened.context.references = &base.source;
    stoa_arena_init(&opened.arena, 1 << 20);
    assert_fails(stoa_node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, 2, 1,
                                &opened.context, &opened.node, &err),
                 STOA_E_CORRUPT, &err);
    assert_contains(err.message, "kinds that form 0 can hold, found 6 by 6");
    stoa_arena_done(&opened.arena);
    same_base_done(&base);
    stoa_buf_done(&bytes);
}

static void test_a_base_of_other_rows_or_of_nulls_is_refused(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage rows = {
        2,
        1,
        {1},
        STOA_E_CORRUPT,
        "same node: expected 4 rows in column \"base\", which it refers to, found 3"};
    static const struct node_damage nulls = {
        2,
        1,
        {1},
        STOA_E_CORRUPT,
        "same node: expected values in column \"base\", which it refers to, found NULLs"};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 4, .values = example_values};
    const struct stoa_value null = {.is_null = true};
    struct stoa_buf bytes = bytes_of(example);
    struct stoa_column_builder builder;
    struct same_base base;
    base_of_numbers(&base, example_base, 3);
    check_message(&base, &bytes, &column, &rows);
    same_base_done(&base);
    stoa_column_builder_init(&builder, STOA_PHYS_I64);
    for (int i = 0; i < 4; i++)
        assert_ok(stoa_column_builder_append(&builder, &null, NULL), NULL);
    same_base_make(&base, &builder, false);
    check_message(&base, &bytes, &column, &nulls);
    same_base_done(&base);
    stoa_buf_done(&bytes);
}

/* The base's own block may not refer on: it is opened without references. */
static void test_a_base_that_refers_on_is_refused(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damage = {
        2,
        1,
        {1},
        STOA_E_CORRUPT,
        "expected one at most in a block, and none in a dictionary or in a block that is"};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 4, .values = example_values};
    static const uint8_t no_nulls[8];
    struct stoa_buf bytes = bytes_of(example);
    struct same_base base;
    base_of_numbers(&base, example_base, 4);
    base.payload.size = 0;
    assert_ok(stoa_buf_append(&base.payload, no_nulls, 8, NULL), NULL);
    assert_ok(stoa_buf_append(&base.payload, bytes.data, bytes.size, NULL), NULL);
    check_message(&base, &bytes, &column, &damage);
    same_base_done(&base);
    stoa_buf_done(&bytes);
}

/* What turns out to be damaged when a vector of the base is decoded names the base. */
static void test_damage_in_the_base_names_it(void **state)
{
    STOA_UNUSED(state);
    enum { COUNT = 1024 };
    static int64_t numbers[COUNT];
    struct test_random random = test_random_start(2109);
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = COUNT, .values = numbers};
    struct stoa_buf bytes;
    struct same_base base;
    stoa_error err;
    bool has_failed = false;
    stoa_buf_init(&bytes, SIZE_MAX / 4);
    for (size_t i = 0; i < COUNT;
         i++) /* repeats at a distance: zstd finds it, nothing else */
        numbers[i] = i < 64 ? (int64_t)test_random_next(&random) : numbers[i - 64];
    base_of_numbers(&base, numbers, COUNT);
    same_encode(&base, &column, 1 << STOA_SAME_EQUAL, &bytes);
    for (size_t i = 24; i < base.payload.size && !has_failed; i++) {
        base.payload.data[i] ^= 0xFF;
        has_failed =
            read_all(&base, bytes.data, bytes.size, &column, &err) != STOA_OK &&
            strncmp(err.message, "column \"base\", which this one refers to: ", 41) == 0;
        base.payload.data[i] ^= 0xFF;
    }
    assert_true(has_failed);
    same_base_done(&base);
    stoa_buf_done(&bytes);
}

static void test_any_changed_byte_of_larger_nodes_is_survived(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2110);
    struct stoa_column_builder keys;
    struct stoa_column_builder builder;
    struct stoa_buf bytes;
    struct same_base base;
    stoa_buf_init(&bytes, SIZE_MAX / 4);
    same_keys(&random, STOA_PHYS_BYTES, 3, &keys);
    same_base_make(&base, &keys, true);
    same_determine(&random, &base.column, STOA_PHYS_FIXED16, 5, &builder);
    struct stoa_column column = stoa_column_builder_view(&builder);
    same_encode(&base, &column, 1 << STOA_SAME_CODE, &bytes);
    check_damage(&base, &bytes, &column);
    stoa_column_builder_done(&builder);
    same_vary(&random, &base.column, 1, 5, &builder);
    column = stoa_column_builder_view(&builder);
    bytes.size = 0;
    same_encode(&base, &column, 1 << STOA_SAME_EQUAL, &bytes);
    check_damage(&base, &bytes, &column);
    stoa_column_builder_done(&builder);
    same_base_done(&base);
    stoa_buf_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_reads_the_specified_bytes),
        cmocka_unit_test(test_offset_refuses_wrong_bytes),
        cmocka_unit_test(test_maps_refuse_wrong_bytes),
        cmocka_unit_test(test_a_base_of_another_kind_is_refused),
        cmocka_unit_test(test_text_is_not_kept_by_binary),
        cmocka_unit_test(test_a_base_of_other_rows_or_of_nulls_is_refused),
        cmocka_unit_test(test_a_base_that_refers_on_is_refused),
        cmocka_unit_test(test_damage_in_the_base_names_it),
        cmocka_unit_test(test_any_changed_byte_of_larger_nodes_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
