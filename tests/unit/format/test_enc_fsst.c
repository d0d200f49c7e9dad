/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the FSST encoding [FSST-n]: values of all shapes, points, filters, and damage. */
#include "tests/unit/format/node_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "format/enc/fsst.h"

/* ---- columns ---- */

static void append_text(struct stoa_column_builder *builder, const void *text, size_t size)
{
    const struct stoa_value value = {
        .bytes = {.data = text, .length = (uint32_t)size}
    };
    assert_ok(stoa_column_builder_append(builder, &value, NULL), NULL);
}

/* Texts of words, addresses and numbers; some empty, some with letters beyond ASCII. */
static void text_column(struct test_random *random, uint32_t rows,
                        struct stoa_column_builder *builder)
{
    static const char *const words[] = {"street ", "avenue ", "M\xC3\xBCnchen ",
                                        "north",   "of the ", "\xE6\x9D\xB1\xE4\xBA\xAC ",
                                        "x"};
    stoa_column_builder_init(builder, STOA_PHYS_BYTES);
    for (uint32_t row = 0; row < rows; row++) {
        char text[256];
        size_t size = 0;
        if (test_random_below(random, 3) == 0)
            size = (size_t)snprintf(text, sizeof text, "https://example.org/%u/",
                                    (unsigned)test_random_below(random, 300));
        for (uint64_t n = test_random_below(random, 6); n > 0; n--)
            size += (size_t)snprintf(text + size, sizeof text - size, "%s",
                                     words[test_random_below(random, 7)]);
        append_text(builder, text, size);
    }
}

static void test_fsst_gives_back_every_shape(void **state)
{
    STOA_UNUSED(state);
    node_round_trip_shapes(STOA_ENC_FSST, STOA_PHYS_BYTES, 2201);
}

static void test_fsst_gives_back_any_bytes(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2202);
    for (uint32_t rows = 1; rows < 8000; rows = rows * 3 + 1) {
        struct stoa_column_builder builder;
        random_column(&random, STOA_PHYS_BYTES, rows, 0, 64, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        node_round_trip(STOA_ENC_FSST, &column, (enum stoa_profile)(rows % 3), &random);
        stoa_column_builder_done(&builder);
    }
}

static void test_fsst_gives_back_text(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2203);
    for (uint32_t rows = 1; rows < 12000; rows = rows * 5 + 3) {
        struct stoa_column_builder builder;
        text_column(&random, rows, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        node_round_trip(STOA_ENC_FSST, &column, STOA_PROFILE_FAST, &random);
        stoa_column_builder_done(&builder);
    }
}

/* Values longer than what is decoded in one go, one at the limit, between empty ones. */
static void test_fsst_holds_the_longest_values(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t lengths[] = {0, 200000, 1, STOA_MAX_VALUE_BYTES, 0, 4096, 4097};
    struct test_random random = test_random_start(2204);
    struct stoa_column_builder builder;
    uint8_t *text = malloc(STOA_MAX_VALUE_BYTES);
    assert_non_null(text);
    for (size_t i = 0; i < STOA_MAX_VALUE_BYTES; i++)
        text[i] = (uint8_t)('a' + (i * i >> 7) % 3);
    stoa_column_builder_init(&builder, STOA_PHYS_BYTES);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        append_text(&builder, text, lengths[i]);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    node_round_trip(STOA_ENC_FSST, &column, STOA_PROFILE_FAST, &random);
    stoa_column_builder_done(&builder);
    free(text);
}

/* A column that is a slice: its offsets begin somewhere, and bytes follow its own. */
static void test_fsst_does_not_depend_on_where_offsets_begin(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2205);
    struct stoa_column_builder builder;
    text_column(&random, 1500, &builder);
    const struct stoa_column whole = stoa_column_builder_view(&builder);
    const struct stoa_column slice = stoa_column_slice(&whole, 128, 1300);
    node_round_trip(STOA_ENC_FSST, &slice, STOA_PROFILE_BALANCED, &random);
    stoa_column_builder_done(&builder);
}

/* ---- points ---- */

static void test_fsst_reads_single_values(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2206);
    struct stoa_column_builder builder;
    struct stoa_buf bytes;
    struct opened_node opened;
    stoa_error err;
    stoa_buf_init(&bytes, SIZE_MAX / 4);
    text_column(&random, 5000, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    node_encode(STOA_ENC_FSST, &column, STOA_PROFILE_FAST, &bytes);
    assert_ok(node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, column.length, NULL, true,
                        &opened, &err),
              &err);
    for (uint32_t i = 0; i < 4000; i++) {
        const uint32_t row = (uint32_t)test_random_below(&random, column.length);
        const struct stoa_value expected = stoa_column_get(&column, row);
        struct stoa_value found;
        assert_ok(stoa_node_at(opened.node, row, &found, &err), &err);
        assert_int_equal(found.bytes.length, expected.bytes.length);
        assert_bytes(found.bytes.data, expected.bytes.data, expected.bytes.length);
    }
    node_close(&opened);
    stoa_buf_done(&bytes);
    stoa_column_builder_done(&builder);
}

/* ---- size ---- */

static void test_fsst_shrinks_text_to_less_than_half(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2207);
    struct stoa_column_builder builder;
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, SIZE_MAX / 4);
    text_column(&random, 20000, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    node_encode(STOA_ENC_FSST, &column, STOA_PROFILE_FAST, &bytes);
    assert_true(bytes.size * 2 < column.offsets[column.length]);
    stoa_buf_done(&bytes);
    stoa_column_builder_done(&builder);
}

/* ---- filters ---- */

/* A node of this test's own writer, which cuts text anywhere: longest symbol, any other that fits,
 * or an escape, by chance [FSST-5]. */
static void write_foreign(struct test_random *random, const struct stoa_column *column,
                          struct stoa_buf *out)
{
    static const char *const symbols[] = {
        "street ", "str", "e",   "s",  "https://", "ht", "/",
        "avenue ", "ave", "of ", "of", "\xC3\xBC", "n",  "o"};
    enum { SYMBOLS = sizeof symbols / sizeof symbols[0] };
    const struct stoa_encoding *fsst = stoa_encoding_find(STOA_ENC_FSST);
    uint64_t *lengths = malloc((size_t)column->length * sizeof *lengths);
    size_t start = 0;
    assert_non_null(lengths);
    assert_ok(stoa_node_begin(fsst, STOA_PHYS_BYTES, column->length, out, &start, NULL),
              NULL);
    stoa_node_set_flags(out, start, SYMBOLS, 0);
    for (size_t i = 0; i < SYMBOLS; i++)
        assert_ok(stoa_buf_append_byte(out, (uint8_t)strlen(symbols[i]), NULL), NULL);
    for (size_t i = 0; i < SYMBOLS; i++)
        assert_ok(stoa_buf_append(out, symbols[i], strlen(symbols[i]), NULL), NULL);
    assert_ok(stoa_buf_align(out, 8, NULL), NULL);
    const size_t ends = out->size;
    const uint32_t vectors = stoa_vector_count(column->length);
    assert_ok(stoa_buf_append_zeros(out, vectors * (size_t)8, NULL), NULL);
    const size_t codes = out->size;
    for (uint32_t row = 0; row < column->length; row++) {
        const struct stoa_view view = stoa_column_view(column, row);
        const size_t before = out->size;
        for (uint32_t at = 0; at < view.length;) {
            const size_t pick = test_random_below(random, SYMBOLS * 2);
            const size_t size = pick < SYMBOLS ? strlen(symbols[pick]) : 0;
            if (size > 0 && size <= view.length - at &&
                memcmp(view.data + at, symbols[pick], size) == 0) {
                assert_ok(stoa_buf_append_byte(out, (uint8_t)pick, NULL), NULL);
                at += (uint32_t)size;
            } else if (test_random_below(random, 30) == 0) {
                assert_ok(stoa_buf_append_byte(out, 255, NULL), NULL);
                assert_ok(stoa_buf_append_byte(out, view.data[at++], NULL), NULL);
            }
        }
        lengths[row] = out->size - before;
        stoa_store_le32(out->data + ends + row / STOA_VECTOR_ROWS * (size_t)8,
                        (uint32_t)(out->size - codes));
        stoa_store_le32(out->data + ends + row / STOA_VECTOR_ROWS * (size_t)8 + 4,
                        column->offsets[row + 1] - column->offsets[0]);
    }
    assert_ok(stoa_buf_align(out, 8, NULL), NULL);
    const struct stoa_column child = {
        .phys = STOA_PHYS_U64, .length = column->length, .values = lengths};
    node_encode(STOA_ENC_FFOR, &child, STOA_PROFILE_FAST, out);
    assert_ok(stoa_node_finish(out, start, NULL), NULL);
    free(lengths);
}

static void test_fsst_reads_what_other_writers_cut_elsewhere(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2208);
    struct stoa_column_builder builder;
    struct stoa_buf bytes;
    struct opened_node opened;
    stoa_error err;
    stoa_buf_init(&bytes, SIZE_MAX / 4);
    text_column(&random, 2600, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    write_foreign(&random, &column, &bytes);
    assert_ok(node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, column.length, NULL, true,
                        &opened, &err),
              &err);
    for (int i = 0; i < 20; i++)
        node_check(opened.node, &column, &random);
    node_close(&opened);
    stoa_buf_done(&bytes);
    stoa_column_builder_done(&builder);
}

static bool contains_part(const void *context, const struct stoa_value *value)
{
    STOA_UNUSED(context);
    return value->bytes.length > 1 &&
           memmem(value->bytes.data, value->bytes.length, "e ", 2);
}

enum { SET_MOST = 70 };

/* What = and <>, IN, LIKE 'prefix%' and LIKE '%part%' are pushed down as, with constants that are
 * values, prefixes of them, or a little longer. */
static struct stoa_predicate draw_text_predicate(struct test_random *random,
                                                 const struct stoa_column *column,
                                                 uint8_t *memory, struct stoa_value *set)
{
    struct stoa_predicate predicate = {.phys = STOA_PHYS_BYTES,
                                       .negated = test_random_below(random, 3) == 0};
    const uint32_t row = (uint32_t)test_random_below(random, column->length);
    const struct stoa_view view = stoa_column_view(column, row);
    uint32_t size = view.length;
    if (size > 0 && test_random_below(random, 2))
        size = (uint32_t)test_random_below(random, size);
    memcpy(memory, view.data, size);
    if (test_random_below(random, 6) == 0)
        memory[size++] = (uint8_t)test_random_below(random, 256);
    const struct stoa_value constant = {
        .bytes = {.data = memory, .length = size}
    };
    const uint64_t kind = test_random_below(random, 5);
    if (kind == 0) {
        predicate.kind = STOA_PREDICATE_TEST;
        predicate.test = contains_part;
    } else if (kind == 1) {
        const size_t most = 1 + test_random_below(random, SET_MOST);
        predicate.kind = STOA_PREDICATE_SET;
        predicate.set = set;
        for (size_t i = 0; i < most; i++) { /* kept in order, none twice */
            const struct stoa_value member = stoa_column_get(
                column, (uint32_t)test_random_below(random, column->length));
            size_t k = predicate.set_count;
            while (k > 0 && stoa_value_compare(STOA_PHYS_BYTES, &set[k - 1], &member) > 0)
                k--;
            if (k > 0 && stoa_value_compare(STOA_PHYS_BYTES, &set[k - 1], &member) == 0)
                continue;
            memmove(set + k + 1, set + k, (predicate.set_count - k) * sizeof *set);
            set[k] = member;
            predicate.set_count++;
        }
    } else {
        predicate.kind = STOA_PREDICATE_RANGE;
        predicate.has_low = kind != 3 || test_random_below(random, 2);
        predicate.has_high = kind != 4 || test_random_below(random, 2);
        predicate.low_inclusive = kind == 2 || test_random_below(random, 2);
        predicate.high_inclusive = kind == 2 || test_random_below(random, 2);
        predicate.low = predicate.high = constant;
        if (kind == 4 && size > 0) { /* up to the first text without the prefix */
            uint8_t *above = memory + 512;
            memcpy(above, memory, size);
            above[size - 1]++;
            predicate.high.bytes.data = above;
        }
    }
    return predicate;
}

static void test_fsst_filters_as_decoded_text_does(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2209);
    struct stoa_column_builder builder;
    struct stoa_buf bytes[2];
    struct opened_node opened[2];
    struct stoa_vector scratch;
    stoa_error err;
    text_column(&random, 2100, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    assert_ok(stoa_vector_init(&scratch, STOA_PHYS_BYTES, NULL), NULL);
    for (int i = 0; i < 2; i++) {
        stoa_buf_init(&bytes[i], SIZE_MAX / 4);
        node_encode(i == 0 ? STOA_ENC_FSST : STOA_ENC_STR, &column, STOA_PROFILE_FAST,
                    &bytes[i]);
        assert_ok(node_open(bytes[i].data, bytes[i].size, STOA_PHYS_BYTES, column.length,
                            NULL, true, &opened[i], &err),
                  &err);
    }
    for (int round = 0; round < 1500; round++) {
        uint8_t memory[1024];
        struct stoa_value set[SET_MOST + 1];
        const struct stoa_predicate drawn =
            draw_text_predicate(&random, &column, memory, set);
        const uint32_t first = (uint32_t)test_random_below(&random, 3);
        /* Sets of one address are taken for the same set: they get a node of their own. */
        opened[0].context.arena = &opened[0].arena;
        struct stoa_fsst_state *fsst = opened[0].node->state;
        if (drawn.kind == STOA_PREDICATE_SET)
            fsst->filter = NULL;
        for (uint32_t v = first; v < 3; v++) {
            uint64_t found[STOA_VECTOR_WORDS];
            uint64_t expected[STOA_VECTOR_WORDS];
            assert_ok(stoa_node_select(opened[0].node, v, &drawn, &scratch, found, &err),
                      &err);
            assert_ok(stoa_node_select(opened[1].node, v, &drawn, &scratch, expected, &err),
                      &err);
            assert_bytes(found, expected, sizeof found);
        }
    }
    for (int i = 0; i < 2; i++) {
        node_close(&opened[i]);
        stoa_buf_done(&bytes[i]);
    }
    stoa_vector_done(&scratch);
    stoa_column_builder_done(&builder);
}

/* ---- the specification's bytes ---- */

static const char example[] = "0c 06 01 00 03 00 00 00  58 00 00 00 00 00 00 00 "
                              "02 61 62 00 00 00 00 00 "
                              "05 00 00 00 07 00 00 00 "
                              "00 00 00 ff 63 00 00 00 "
                              "03 03 00 00 03 00 00 00  30 00 00 00 00 00 00 00 "
                              "01 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00 "
                              "02 00 00 00 00 00 00 00  32 00 00 00 00 00 00 00 ";

static const struct stoa_column example_column = {
    .phys = STOA_PHYS_BYTES,
    .length = 3,
    .offsets = (const uint32_t[]){0, 4, 4, 7},
    .bytes = (const uint8_t *)"abababc",
};

static void test_fsst_reads_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2210);
    struct stoa_buf bytes = node_from_hex(example);
    struct opened_node opened;
    stoa_error err;
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, 3, NULL, true, &opened, &err),
        &err);
    node_check(opened.node, &example_column, &random);
    node_round_trip(STOA_ENC_FSST, &example_column, STOA_PROFILE_BALANCED, &random);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

/* ---- damage ---- */

/* [FSST-1] [FSST-2] [FSST-4] */
static void test_fsst_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {3,  1, {1},                      STOA_E_CORRUPT, "fsst node: expected flags b of 0, found 1"                          },
        {12, 1, {1},                      STOA_E_CORRUPT, "fsst node: expected a parameter of 0, found 1"                      },
        {2,
         1,     {200},
         STOA_E_CORRUPT,                                  "fsst node: expected 200 bytes of symbol lengths, found 72"          },
        {2,  1, {72},                     STOA_E_CORRUPT, "fsst node: expected 2 bytes of symbol, found 0"                     },
        {16,
         1,     {0},
         STOA_E_CORRUPT,                                  "fsst node: expected symbols of 1 to 8 bytes, found 0"               },
        {16,
         1,     {9},
         STOA_E_CORRUPT,                                  "fsst node: expected symbols of 1 to 8 bytes, found 9"               },
        {19, 1, {1},                      STOA_E_CORRUPT, "fsst node: expected padding of 0, found 1"                          },
        {28,
         1,     {41},
         STOA_E_CORRUPT,                                  "vector 0 to have at most 8 bytes for each of 5 codes, found 41"     },
        {24,
         4,     {0xFF, 0xFF, 0xFF, 0x7F},
         STOA_E_CORRUPT,                                  "fsst node: expected 2147483647 bytes of codes, found 56"            },
        {24,
         8,     {1, 0, 0, 1, 1, 0, 0, 4},
         STOA_E_CORRUPT,                                  "fsst node: expected at most 67108864 bytes, found 67108865"         },
        {37, 1, {1},                      STOA_E_CORRUPT, "fsst node: expected padding of 0, found 1"                          },
        {44, 1, {2},                      STOA_E_CORRUPT, "ffor node: expected 3 values, found 2"                              },
        {80, 1, {0x33},                   STOA_E_CORRUPT, "lengths of vector 0 to add up to 5, found 6"                        },
        {32, 1, {1},                      STOA_E_CORRUPT, "expected codes below 1 or 255 in vector 0, found 1"                 },
        {32,
         1,     {254},
         STOA_E_CORRUPT,                                  "expected codes below 1 or 255 in vector 0, found 254"               },
        {34,
         3,     {255, 'c', 255},
         STOA_E_CORRUPT,                                  "expected values of vector 0 to end behind a symbol, found an escape"},
        {33,
         1,     {255},
         STOA_E_CORRUPT,                                  "expected values of vector 0 to end behind a symbol, found an escape"},
        {28,
         1,     {8},
         STOA_E_CORRUPT,                                  "fsst node: expected vector 0 to give 8 bytes, found 7"              },
        {28,
         1,     {6},
         STOA_E_CORRUPT,                                  "fsst node: expected vector 0 to give 6 bytes, found more"           },
        {36,
         1,     {0xC3},
         STOA_E_CORRUPT,                                  "fsst node: expected well-formed UTF-8 in vector 0"                  },
        {8,  1, {40},                     STOA_E_CORRUPT, "expected a node header of 16 bytes, found 0"                        },
    };
    struct stoa_buf bytes = node_from_hex(example);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_BYTES, 3, NULL, &damages[i]);
    node_check_damage(&bytes, STOA_PHYS_BYTES, 3, NULL);
    stoa_buf_done(&bytes);
}

/* Filters and points meet damage too, and say so. */
static void test_fsst_filters_and_points_refuse_damaged_codes(void **state)
{
    STOA_UNUSED(state);
    static const struct {
        size_t offset;
        uint8_t byte;
        uint32_t row;
        const char *message;
    } damages[] = {
        {32, 9,    0, "expected codes below 1 or 255 in vector 0, found 9"},
        {33, 9,    0, "expected codes below 1 or 255 in vector 0, found 9"},
        {33, 255,  0, "to end behind a symbol, found an escape"           },
        {80, 0x33, 0, "to add up to 5, found 6"                           },
    };
    const struct stoa_value constant = {
        .bytes = {.data = (const uint8_t *)"abab", .length = 4}
    };
    const struct stoa_predicate equal = {.kind = STOA_PREDICATE_RANGE,
                                         .phys = STOA_PHYS_BYTES,
                                         .has_low = true,
                                         .has_high = true,
                                         .low_inclusive = true,
                                         .high_inclusive = true,
                                         .low = constant,
                                         .high = constant};
    const struct stoa_predicate in = {.kind = STOA_PREDICATE_SET,
                                      .phys = STOA_PHYS_BYTES,
                                      .set = &constant,
                                      .set_count = 1};
    for (size_t i = 0; i < 3 * sizeof damages / sizeof damages[0]; i++) {
        struct stoa_buf bytes = node_from_hex(example);
        struct opened_node opened;
        struct stoa_vector scratch;
        uint64_t bits[STOA_VECTOR_WORDS];
        struct stoa_value value;
        stoa_error err;
        bytes.data[damages[i / 3].offset] = damages[i / 3].byte;
        assert_ok(stoa_vector_init(&scratch, STOA_PHYS_BYTES, NULL), NULL);
        assert_ok(node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, 3, NULL, true, &opened,
                            &err),
                  &err);
        const stoa_status status =
            i % 3 == 0 ? stoa_node_at(opened.node, damages[i / 3].row, &value, &err)
                       : stoa_node_select(opened.node, 0, i % 3 == 1 ? &equal : &in,
                                          &scratch, bits, &err);
        assert_fails(status, STOA_E_CORRUPT, &err);
        assert_contains(err.message, damages[i / 3].message);
        node_close(&opened);
        stoa_vector_done(&scratch);
        stoa_buf_done(&bytes);
    }
}

/* Well-formed as a whole, but a value begins inside a character. */
static void test_fsst_refuses_a_character_cut_in_two(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage cut = {
        80, 1, {0x23}, STOA_E_CORRUPT, "expected well-formed UTF-8"}; /* 3, 0, 2 */
    struct stoa_buf bytes = node_from_hex(example);
    bytes.data[17] = 0xC3; /* the symbol: half of a character and, behind it, its end */
    bytes.data[18] = 0xA4;
    memcpy(bytes.data + 32, (const uint8_t[]){0, 255, 0xC3, 255, 0xA4}, 5);
    bytes.data[28] = 4;
    node_check_message(&bytes, STOA_PHYS_BYTES, 3, NULL, &cut);
    stoa_buf_done(&bytes);
}

/* [FSST-3] Two vectors: their ends must ascend and fit what they hold. */
static void test_fsst_refuses_wrong_ends(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2211);
    struct stoa_column_builder builder;
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, (size_t)1 << 20);
    text_column(&random, 1030, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    node_encode(STOA_ENC_FSST, &column, STOA_PROFILE_BALANCED, &bytes);
    uint32_t ends = STOA_NODE_HEADER_SIZE + bytes.data[2];
    for (unsigned code = 0; code < bytes.data[2]; code++)
        ends += bytes.data[STOA_NODE_HEADER_SIZE + code];
    ends = (ends + 7) / 8 * 8;
    const struct node_damage damages[] = {
        {ends,
         4, {0xFF, 0xFF, 0xFF, 0x7F},
         STOA_E_CORRUPT, "fsst node: expected vector 1 to end behind 2147483647 codes"},
        {ends + 4,
         2, {0x40, 0x90},
         STOA_E_CORRUPT, "fsst node: expected vector 1 to end behind"                 },
        {ends + 4,
         1, {(uint8_t)(bytes.data[ends + 4] + 1)},
         STOA_E_CORRUPT, "fsst node: expected vector 0 to give"                       },
        {ends,
         1, {(uint8_t)(bytes.data[ends] + 1)},
         STOA_E_CORRUPT, "lengths of vector 0 to add up to"                           },
    };
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_BYTES, 1030, NULL, &damages[i]);
    stoa_buf_done(&bytes);
    stoa_column_builder_done(&builder);
}

/* More bytes than a value may have, behind codes that are few. */
static void test_fsst_refuses_a_value_above_the_limit(void **state)
{
    STOA_UNUSED(state);
    enum { CODES = STOA_MAX_VALUE_BYTES / 8 + 1 };
    static const uint8_t symbol[] = {8, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'};
    const uint64_t length = CODES;
    const struct stoa_column lengths = {
        .phys = STOA_PHYS_U64, .length = 1, .values = &length};
    const struct stoa_encoding *fsst = stoa_encoding_find(STOA_ENC_FSST);
    struct stoa_buf bytes;
    struct opened_node opened;
    struct stoa_vector vector;
    struct stoa_value value;
    stoa_error err;
    size_t start = 0;
    stoa_buf_init(&bytes, SIZE_MAX / 4);
    assert_ok(stoa_vector_init(&vector, STOA_PHYS_BYTES, NULL), NULL);
    assert_ok(stoa_node_begin(fsst, STOA_PHYS_BYTES, 1, &bytes, &start, &err), &err);
    stoa_node_set_flags(&bytes, start, 1, 0);
    assert_ok(stoa_buf_append(&bytes, symbol, sizeof symbol, &err), &err);
    assert_ok(stoa_buf_align(&bytes, 8, &err), &err);
    assert_ok(stoa_buf_append_le32(&bytes, CODES, &err), &err);
    assert_ok(stoa_buf_append_le32(&bytes, CODES * 8, &err), &err);
    assert_ok(stoa_buf_append_zeros(&bytes, CODES, &err), &err);
    assert_ok(stoa_buf_align(&bytes, 8, &err), &err);
    node_encode(STOA_ENC_CONST, &lengths, STOA_PROFILE_FAST, &bytes);
    assert_ok(stoa_node_finish(&bytes, start, &err), &err);
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, 1, NULL, true, &opened, &err),
        &err);
    assert_fails(stoa_node_decode(opened.node, 0, &vector, &err), STOA_E_CORRUPT, &err);
    assert_contains(err.message,
                    "expected values of at most 16777216 bytes, found 16777224");
    assert_fails(stoa_node_at(opened.node, 0, &value, &err), STOA_E_CORRUPT, &err);
    assert_contains(err.message,
                    "expected values of at most 16777216 bytes, found 16777224");
    node_close(&opened);
    stoa_vector_done(&vector);
    stoa_buf_done(&bytes);
}

static void test_fsst_stays_within_bounds_on_changed_nodes(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2212);
    struct stoa_column_builder builder;
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, (size_t)1 << 20);
    text_column(&random, 60, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    node_encode(STOA_ENC_FSST, &column, STOA_PROFILE_FAST, &bytes);
    node_check_damage(&bytes, STOA_PHYS_BYTES, 60, NULL);
    stoa_buf_done(&bytes);
    stoa_column_builder_done(&builder);
}

/* ---- choosing, and memory ---- */

/* Reads like names: no word comes often enough for zstd. */
static void name_column(struct test_random *random, uint32_t rows,
                        struct stoa_column_builder *builder)
{
    stoa_column_builder_init(builder, STOA_PHYS_BYTES);
    for (uint32_t row = 0; row < rows; row++) {
        char text[64];
        size_t size = 0;
        for (uint64_t n = 2 + test_random_below(random, 4); n > 0; n--) {
            text[size++] = "bcdfghklmnprst"[test_random_below(random, 14)];
            text[size++] = "aeiou"[test_random_below(random, 5)];
        }
        append_text(builder, text, size);
    }
}

static unsigned choice(const struct stoa_column *column, enum stoa_profile profile)
{
    struct stoa_enc_input input = {
        .column = column, .profile = profile, .depth = 1, .limit = (double)INFINITY};
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, SIZE_MAX / 4);
    stoa_enc_collect_facts(column, NULL, &input.facts);
    assert_ok(stoa_enc_encode_best(&input, &bytes, NULL), NULL);
    const unsigned id = bytes.data[0];
    stoa_buf_done(&bytes);
    return id;
}

static void test_fsst_is_chosen_for_short_texts_and_where_speed_counts(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2213);
    struct stoa_column_builder names;
    struct stoa_column_builder texts;
    name_column(&random, 20000, &names);
    text_column(&random, 20000, &texts);
    const struct stoa_column short_texts = stoa_column_builder_view(&names);
    const struct stoa_column long_texts = stoa_column_builder_view(&texts);
    assert_int_equal(choice(&short_texts, STOA_PROFILE_FAST), STOA_ENC_FSST);
    assert_int_equal(choice(&short_texts, STOA_PROFILE_BALANCED), STOA_ENC_FSST);
    assert_int_equal(choice(&long_texts, STOA_PROFILE_FAST), STOA_ENC_FSST);
    assert_int_equal(choice(&long_texts, STOA_PROFILE_BALANCED), STOA_ENC_STR);
    assert_int_equal(choice(&long_texts, STOA_PROFILE_COMPACT), STOA_ENC_STR);
    stoa_column_builder_done(&names);
    stoa_column_builder_done(&texts);
}

static stoa_status encode_and_read(void *context, stoa_error *err)
{
    const struct stoa_column *column = context;
    struct stoa_buf bytes;
    struct stoa_vector vector = {.values = {.raw = NULL}};
    struct opened_node opened = {.node = NULL};
    struct stoa_value value;
    struct stoa_enc_input input = {
        .column = column, .profile = STOA_PROFILE_FAST, .depth = 1, .limit = 1e300};
    stoa_status status = STOA_OK;
    stoa_buf_init(&bytes, (size_t)1 << 24);
    stoa_arena_init(&opened.arena, (size_t)1 << 24);
    stoa_enc_collect_facts(column, NULL, &input.facts);
    STOA_TRY_CLEANUP(stoa_enc_encode_best(&input, &bytes, err));
    STOA_TRY_CLEANUP(stoa_vector_init(&vector, STOA_PHYS_BYTES, err));
    STOA_TRY_CLEANUP(node_open(bytes.data, bytes.size, STOA_PHYS_BYTES, column->length,
                               NULL, true, &opened, err));
    STOA_TRY_CLEANUP(stoa_node_decode(opened.node, 1, &vector, err));
    STOA_TRY_CLEANUP(stoa_node_at(opened.node, 7, &value, err));
cleanup:
    node_close(&opened);
    stoa_vector_done(&vector);
    stoa_buf_done(&bytes);
    return status;
}

static void test_fsst_survives_allocation_failures(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2214);
    struct stoa_column_builder builder;
    name_column(&random, 2000, &builder);
    struct stoa_column column = stoa_column_builder_view(&builder);
    assert_int_equal(choice(&column, STOA_PROFILE_FAST), STOA_ENC_FSST);
    assert_true(test_allocation_failures(encode_and_read, &column) > 10);
    stoa_column_builder_done(&builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fsst_gives_back_every_shape),
        cmocka_unit_test(test_fsst_gives_back_any_bytes),
        cmocka_unit_test(test_fsst_gives_back_text),
        cmocka_unit_test(test_fsst_holds_the_longest_values),
        cmocka_unit_test(test_fsst_does_not_depend_on_where_offsets_begin),
        cmocka_unit_test(test_fsst_reads_single_values),
        cmocka_unit_test(test_fsst_shrinks_text_to_less_than_half),
        cmocka_unit_test(test_fsst_reads_what_other_writers_cut_elsewhere),
        cmocka_unit_test(test_fsst_filters_as_decoded_text_does),
        cmocka_unit_test(test_fsst_reads_the_specified_bytes),
        cmocka_unit_test(test_fsst_refuses_wrong_bytes),
        cmocka_unit_test(test_fsst_filters_and_points_refuse_damaged_codes),
        cmocka_unit_test(test_fsst_refuses_a_character_cut_in_two),
        cmocka_unit_test(test_fsst_refuses_wrong_ends),
        cmocka_unit_test(test_fsst_refuses_a_value_above_the_limit),
        cmocka_unit_test(test_fsst_stays_within_bounds_on_changed_nodes),
        cmocka_unit_test(test_fsst_is_chosen_for_short_texts_and_where_speed_counts),
        cmocka_unit_test(test_fsst_survives_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
