/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the DICT encoding [DICT-1] [DICT-2] over dictionaries made by hand and built. */
#include "tests/unit/format/node_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/block.h"
#include "format/enc/dictionary_memo.h"

static const char example[] = "05 06 00 00 03 00 00 00  40 00 00 00 02 00 00 00 "
                              "03 03 00 00 03 00 00 00  30 00 00 00 00 00 00 00 "
                              "01 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00 "
                              "01 00 00 00 00 00 00 00  05 00 00 00 00 00 00 00";

static const struct stoa_view example_entries[] = {
    {.data = (const uint8_t *)"no",  .length = 2},
    {.data = (const uint8_t *)"yes", .length = 3},
};
static const struct stoa_dictionary example_dictionary = {
    .phys = STOA_PHYS_BYTES, .count = 2, .views = example_entries};

static void test_dict_reads_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_column column = {
        .phys = STOA_PHYS_BYTES,
        .length = 3,
        .offsets = (const uint32_t[]){0, 3, 5, 8},
        .bytes = (const uint8_t *)"yesnoyes"
    };
    struct test_random random = test_random_start(1901);
    struct stoa_buf bytes = node_from_hex(example);
    struct opened_node opened;
    uint32_t codes[STOA_VECTOR_ROWS];
    struct stoa_buf text;
    stoa_error err;
    assert_ok(node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, 3, &example_dictionary,
                        true, &opened, &err),
              &err);
    node_check(opened.node, &column, &random);
    assert_ok(opened.node->encoding->codes(opened.node, 0, codes, &err), &err);
    assert_true(codes[0] == 1 && codes[1] == 0 && codes[2] == 1);
    stoa_buf_init(&text, 4096);
    assert_ok(stoa_node_describe(opened.node, &text, &err), &err);
    assert_ok(stoa_buf_append_byte(&text, 0, &err), &err);
    assert_string_equal((const char *)text.data, "dict 2 entries > ffor 1 bits");
    stoa_buf_done(&text);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

static void test_dict_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {2,  1, {1},  STOA_E_CORRUPT, "dict node: expected flags of 0"              },
        {12, 1, {3},  STOA_E_CORRUPT, "expected a dictionary of 3 entries, found 2" },
        {20, 1, {2},  STOA_E_CORRUPT, "ffor node: expected 3 values, found 2"       },
        {17, 1, {2},  STOA_E_CORRUPT, "ffor node: expected physical kind 3, found 2"},
        {40, 1, {1},  STOA_E_CORRUPT, "dict node: expected codes below 2, found 2"  },
        {46, 1, {1},  STOA_E_CORRUPT, "ffor node: expected codes below 2^32"        },
        {32, 1, {2},  STOA_E_CORRUPT, "dict node: expected codes below 2, found 2"  },
        {8,  1, {16}, STOA_E_CORRUPT, "expected a node header of 16 bytes, found 0" },
    };
    struct stoa_buf bytes = node_from_hex(example);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_BYTES, 3, &example_dictionary, &damages[i]);
    node_check_damage(&bytes, STOA_PHYS_BYTES, 3, &example_dictionary);
    stoa_buf_done(&bytes);
}

static void test_dict_refuses_a_missing_or_foreign_dictionary(void **state)
{
    STOA_UNUSED(state);
    static const int64_t numbers[] = {1, 2};
    static const struct stoa_dictionary foreign = {
        .phys = STOA_PHYS_I64, .count = 2, .values = numbers};
    static const struct node_damage none = {
        12, 1, {2}, STOA_E_CORRUPT, "expected a dictionary in this row group, found none"};
    static const struct node_damage other = {
        12, 1, {2}, STOA_E_CORRUPT, "expected a dictionary of kind 6, found kind 2"};
    struct stoa_buf bytes = node_from_hex(example);
    node_check_message(&bytes, STOA_PHYS_BYTES, 3, NULL, &none);
    node_check_message(&bytes, STOA_PHYS_BYTES, 3, &foreign, &other);
    stoa_buf_done(&bytes);
}

/* [ENC-6] */
static void test_dict_is_a_root_only(void **state)
{
    STOA_UNUSED(state);
    struct stoa_buf inner = node_from_hex(example);
    struct stoa_buf bytes;
    struct opened_node opened;
    static const uint64_t ones[] = {1, 1, 1};
    const struct stoa_column lengths = {.phys = STOA_PHYS_U64, .length = 3, .values = ones};
    stoa_error err;
    size_t start = 0;
    stoa_buf_init(&bytes, 4096);
    assert_ok(stoa_node_begin(stoa_encoding_find(STOA_ENC_RLE), STOA_PHYS_BYTES, 3, &bytes,
                              &start, &err),
              &err);
    stoa_store_le32(bytes.data + 12, 3);
    node_encode(STOA_ENC_CONST, &lengths, STOA_PROFILE_BALANCED, &bytes);
    assert_ok(stoa_buf_append(&bytes, inner.data, inner.size, &err), &err);
    assert_ok(stoa_node_finish(&bytes, start, &err), &err);
    assert_fails(node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, 3, &example_dictionary,
                           true, &opened, &err),
                 STOA_E_CORRUPT, &err);
    assert_contains(err.message, "dict node: expected it as a root, found it at depth 2");
    node_close(&opened);
    stoa_buf_done(&inner);
    stoa_buf_done(&bytes);
}

/* A dictionary of `count` values of the kind and a column of its entries. */
struct hand_made {
    struct stoa_column_builder entries;
    struct stoa_column_builder rows;
    struct stoa_view *views;
    uint32_t *codes;
    struct stoa_dictionary dictionary;
};

static void make_entries(enum stoa_phys phys, uint32_t count, struct hand_made *out)
{
    char text[32];
    stoa_column_builder_init(&out->entries, phys);
    for (uint32_t i = 0; i < count; i++) {
        struct stoa_value value = {.is_null = false};
        memset(value.fixed16, 0, sizeof value.fixed16);
        switch (phys) {
        case STOA_PHYS_I64: value.i64 = (int64_t)i * 977 - 5000; break;
        case STOA_PHYS_U64: value.u64 = (uint64_t)i * 977; break;
        case STOA_PHYS_F64: value.f64 = i * 0.5 - 3; break;
        case STOA_PHYS_I128: value.i128 = ((stoa_i128)i - 20) * ((stoa_i128)1 << 70); break;
        case STOA_PHYS_FIXED16: stoa_store_le32(value.fixed16, __builtin_bswap32(i)); break;
        case STOA_PHYS_BOOL:
        case STOA_PHYS_COUNT:
        case STOA_PHYS_BYTES:
            value.bytes.length = (uint32_t)snprintf(text, sizeof text, "%07u%s", i,
                                                    i % 3 ? "" : " and more");
            value.bytes.data = (const uint8_t *)text;
            break;
        }
        assert_ok(stoa_column_builder_append(&out->entries, &value, NULL), NULL);
    }
    const struct stoa_column column = stoa_column_builder_view(&out->entries);
    out->dictionary =
        (struct stoa_dictionary){.phys = phys, .count = count, .values = column.values};
    out->views = malloc(count * sizeof *out->views);
    assert_non_null(out->views);
    for (uint32_t i = 0; phys == STOA_PHYS_BYTES && i < count; i++)
        out->views[i] = stoa_column_view(&column, i);
    out->dictionary.views = out->views;
}

static void make_rows(struct test_random *random, uint32_t rows, bool in_runs,
                      struct hand_made *out)
{
    const struct stoa_column entries = stoa_column_builder_view(&out->entries);
    out->codes = malloc(rows * sizeof *out->codes);
    assert_non_null(out->codes);
    for (uint32_t row = 0; row < rows; row++) {
        const bool same = in_runs && row > 0 && test_random_below(random, 50) > 0;
        out->codes[row] = same ? out->codes[row - 1]
                               : (uint32_t)test_random_below(random, entries.length);
    }
    stoa_column_builder_init(&out->rows, entries.phys);
    assert_ok(stoa_column_builder_gather(&out->rows, &entries, out->codes, rows, NULL),
              NULL);
}

static void hand_made_done(struct hand_made *made)
{
    stoa_column_builder_done(&made->entries);
    stoa_column_builder_done(&made->rows);
    free(made->views);
    free(made->codes);
}

static void check_hand_made(enum stoa_phys phys, uint32_t entries, uint32_t rows,
                            bool in_runs, struct test_random *random)
{
    struct hand_made made;
    struct stoa_buf bytes;
    struct opened_node opened;
    stoa_error err;
    make_entries(phys, entries, &made);
    make_rows(random, rows, in_runs, &made);
    const struct stoa_column column = stoa_column_builder_view(&made.rows);
    const struct stoa_enc_input input = {.column = &column,
                                         .depth = 1,
                                         .codes = made.codes,
                                         .dictionary_count = entries,
                                         .limit = INFINITY};
    stoa_buf_init(&bytes, (size_t)1 << 24);
    assert_ok(stoa_encoding_find(STOA_ENC_DICT)->encode(&input, &bytes, &err), &err);
    assert_ok(node_open(bytes.data, bytes.size, phys, rows, &made.dictionary, false,
                        &opened, &err),
              &err);
    node_check(opened.node, &column, random);
    node_close(&opened);
    stoa_buf_done(&bytes);
    hand_made_done(&made);
}

static void test_dict_gives_back_every_kind(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t entries[] = {1, 2, 40, 3000};
    struct test_random random = test_random_start(1902);
    for
        EACH_PHYS(phys)
        {
            if (phys == STOA_PHYS_BOOL)
                continue;
            for (size_t i = 0; i < 8; i++)
                check_hand_made((enum stoa_phys)phys, entries[i / 2], i == 7 ? 5000 : 2100,
                                i % 2, &random);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dict_reads_the_specified_bytes),
        cmocka_unit_test(test_dict_refuses_wrong_bytes),
        cmocka_unit_test(test_dict_refuses_a_missing_or_foreign_dictionary),
        cmocka_unit_test(test_dict_is_a_root_only),
        cmocka_unit_test(test_dict_gives_back_every_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
