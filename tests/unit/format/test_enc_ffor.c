/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the FFOR encoding [FFOR-1..6]. */
#include "tests/unit/format/node_check.h"

#include <stdlib.h>
#include <string.h>

#include "format/enc/enc_parts.h"
#include "format/enc/pack_linear.h"

static void test_ffor_gives_back_every_integer_kind(void **state)
{
    STOA_UNUSED(state);
    node_round_trip_shapes(STOA_ENC_FFOR, STOA_PHYS_I64, 1301);
    node_round_trip_shapes(STOA_ENC_FFOR, STOA_PHYS_U64, 1302);
}

/* I128 columns whose range is below 2^64; wider ones are refused by the estimate. */
static void test_ffor_gives_back_wide_integers_in_a_narrow_range(void **state)
{
    STOA_UNUSED(state);
    static const enum shape shapes[] = {SHAPE_CONSTANT,      SHAPE_ASCENDING, SHAPE_NARROW,
                                        SHAPE_HIGH_OUTLIERS, SHAPE_SCALED,    SHAPE_RUNS,
                                        SHAPE_LOW_OUTLIERS,  SHAPE_EXTREMES};
    struct test_random random = test_random_start(1303);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct stoa_column_builder builder;
        shape_column(&random, STOA_PHYS_I128, shapes[i], 3001, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        node_round_trip(STOA_ENC_FFOR, &column, STOA_PROFILE_BALANCED, &random);
        stoa_column_builder_done(&builder);
    }
}

static void test_ffor_does_not_offer_to_hold_too_wide_a_range(void **state)
{
    STOA_UNUSED(state);
    static const stoa_i128 values[] = {0, (stoa_i128)1 << 64};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I128, .length = 2, .values = values};
    struct stoa_enc_input input = {.column = &column, .depth = 1};
    struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER};
    struct stoa_buf out;
    stoa_error err;
    stoa_buf_init(&out, 4096);
    stoa_enc_collect_facts(&column, NULL, &input.facts);
    const struct stoa_encoding *ffor = stoa_encoding_find(STOA_ENC_FFOR);
    assert_ok(ffor->estimate(&input, &estimate, &err), &err);
    assert_true(estimate.size == STOA_ENC_NEVER);
    assert_fails(ffor->encode(&input, &out, &err), STOA_E_INTERNAL, &err);
    stoa_buf_done(&out);
}

static void test_ffor_holds_the_ends_of_every_kind(void **state)
{
    STOA_UNUSED(state);
    static const uint64_t words[] = {0, UINT64_MAX, UINT64_MAX - 1, 1, UINT64_C(1) << 63};
    struct test_random random = test_random_start(1304);
    struct stoa_column column = {.phys = STOA_PHYS_U64, .length = 5, .values = words};
    node_round_trip(STOA_ENC_FFOR, &column, STOA_PROFILE_BALANCED, &random);
    column.phys = STOA_PHYS_I64;
    node_round_trip(STOA_ENC_FFOR, &column, STOA_PROFILE_BALANCED, &random);
}

/* Every width of a full vector and of short ones. */
static void test_ffor_gives_back_every_width(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1305);
    static uint64_t values[1024 + 77];
    for (unsigned width = 0; width <= 64; width++) {
        for (size_t i = 0; i < 1101; i++)
            values[i] = test_random_next(&random) & stoa_low_mask(width);
        values[0] = 0;
        values[1] = stoa_low_mask(width);
        values[1030] = stoa_low_mask(width);
        const struct stoa_column column = {
            .phys = STOA_PHYS_U64, .length = 1101, .values = values};
        node_round_trip(STOA_ENC_FFOR, &column, STOA_PROFILE_BALANCED, &random);
    }
}

static uint64_t encoded_size(const struct stoa_column *column)
{
    struct stoa_buf bytes;
    struct stoa_enc_input input = {.column = column, .depth = 1};
    struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER};
    stoa_error err;
    stoa_buf_init(&bytes, (size_t)1 << 24);
    node_encode(STOA_ENC_FFOR, column, STOA_PROFILE_BALANCED, &bytes);
    stoa_enc_collect_facts(column, NULL, &input.facts);
    assert_ok(stoa_encoding_find(STOA_ENC_FFOR)->estimate(&input, &estimate, &err), &err);
    assert_int_equal(estimate.size, bytes.size); /* exact */
    stoa_buf_done(&bytes);
    return estimate.size;
}

static void test_ffor_estimates_exactly_and_patches_outliers(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1306);
    static const struct {
        enum shape shape;
        unsigned bits_at_most; /* per value */
    } cases[] = {
        {SHAPE_NARROW,        8 },
        {SHAPE_HIGH_OUTLIERS, 7 },
        {SHAPE_LOW_OUTLIERS,  7 },
        {SHAPE_SCALED,        14},
        {SHAPE_CONSTANT,      1 },
        {SHAPE_ASCENDING,     11},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stoa_column_builder builder;
        shape_column(&random, STOA_PHYS_I64, cases[i].shape, 20001, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        assert_true(encoded_size(&column) <= UINT64_C(20001) * cases[i].bits_at_most / 8);
        stoa_column_builder_done(&builder);
    }
}

/* Late readings among steady ones give differences far off at both ends. */
static void test_ffor_patches_outliers_at_both_ends_together(void **state)
{
    STOA_UNUSED(state);
    static int64_t values[20480];
    struct test_random random = test_random_start(1312);
    for (size_t i = 0; i < 20480; i++) {
        const uint64_t kind = test_random_below(&random, 400);
        values[i] =
            (int64_t)test_random_below(&random, 1000) + (kind == 0   ? INT64_C(1) << 40
                                                         : kind == 1 ? -(INT64_C(1) << 40)
                                                                     : 0);
    }
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 20480, .values = values};
    assert_true(encoded_size(&column) <= 20480 * 11 / 8); /* 10 and 80 of two in 400 */
    node_round_trip(STOA_ENC_FFOR, &column, STOA_PROFILE_BALANCED, &random);
}

/* ---- the specification's example ---- */

static const char example[] = "03 02 00 01 04 00 00 00  40 00 00 00 01 00 00 00 "
                              "01 00 00 00 00 00 00 00  64 00 00 00 00 00 00 00 "
                              "01 00 02 00 00 00 00 00  18 00 00 00 00 00 00 00 "
                              "03 00 00 00 00 00 00 00  e8 03 00 00 00 00 00 00";

static struct stoa_buf example_node(void)
{
    uint8_t bytes[64];
    struct stoa_buf out;
    stoa_error err;
    const size_t size = hex_bytes(example, bytes, sizeof bytes);
    stoa_buf_init(&out, 4096);
    assert_ok(stoa_buf_append(&out, bytes, size, &err), &err);
    return out;
}

static void test_ffor_reads_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    static const int64_t values[] = {100, 102, 101, 1000};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 4, .values = values};
    struct test_random random = test_random_start(1307);
    struct stoa_buf bytes = example_node();
    struct opened_node opened;
    stoa_error err;
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_I64, 4, NULL, false, &opened, &err),
        &err);
    node_check(opened.node, &column, &random);
    struct stoa_buf text;
    stoa_buf_init(&text, 4096);
    assert_ok(stoa_node_describe(opened.node, &text, &err), &err);
    assert_ok(stoa_buf_append_byte(&text, 0, &err), &err);
    assert_string_equal((const char *)text.data, "ffor 2 bits, 1 exceptions");
    stoa_buf_done(&text);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

static void test_ffor_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {2,
         1,     {3},
         STOA_E_CORRUPT,              "expected base offsets of 0, 1, 2, 4 or 8 bytes, found 3" },
        {3,  1, {0},  STOA_E_CORRUPT, "ffor node: expected a flag for 1 exceptions, found 0"    },
        {3,  1, {2},  STOA_E_CORRUPT, "ffor node: expected a flag for 1 exceptions, found 2"    },
        {12,
         1,     {0},
         STOA_E_CORRUPT,              "ffor node: expected a flag for 0 exceptions, found 1"    },
        {12, 1, {2},  STOA_E_CORRUPT, "exception values, found 8"                               },
        {8,  1, {24}, STOA_E_CORRUPT, "expected 16 bytes of scale and reference, found 8"       },
        {8,  1, {32}, STOA_E_CORRUPT, "expected 2 bytes of exception counts, found 0"           },
        {2,  1, {8},  STOA_E_CORRUPT, "ffor node"                                               },
        {16, 1, {0},  STOA_E_CORRUPT, "ffor node: expected a scale of at least 1, found 0"      },
        {32, 1, {0},  STOA_E_CORRUPT, "ffor node: expected 1 exceptions, found 0"               },
        {32, 1, {5},  STOA_E_CORRUPT, "expected at most 1 exceptions in vector 0, found 5"      },
        {34, 1, {65}, STOA_E_CORRUPT, "ffor node: expected widths of at most 64, found 65"      },
        {34, 1, {0},  STOA_E_CORRUPT, "ffor node: expected"                                     },
        {34,
         1,     {64},
         STOA_E_CORRUPT,              "ffor node: expected 32 bytes of packed values, found 24" },
        {35, 1, {9},  STOA_E_CORRUPT, "ffor node: expected padding of 0, found 9"               },
        {48, 1, {4},  STOA_E_CORRUPT, "behind -1 and below 4, found 4"                          },
        {8,
         1,     {56},
         STOA_E_CORRUPT,              "ffor node: expected 8 bytes of exception values, found 0"},
        {8,
         1,     {40},
         STOA_E_CORRUPT,              "ffor node: expected 8 bytes of packed values, found 0"   },
    };
    struct stoa_buf bytes = example_node();
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_I64, 4, NULL, &damages[i]);
    node_check_damage(&bytes, STOA_PHYS_I64, 4, NULL);
    stoa_buf_done(&bytes);
}

static void test_ffor_refuses_positions_out_of_order(void **state)
{
    STOA_UNUSED(state);
    uint8_t bytes[80];
    struct stoa_buf out;
    stoa_error err;
    const size_t size = hex_bytes("03 02 00 01 04 00 00 00  48 00 00 00 02 00 00 00 "
                                  "01 00 00 00 00 00 00 00  64 00 00 00 00 00 00 00 "
                                  "02 00 02 00 00 00 00 00  08 00 00 00 00 00 00 00 "
                                  "03 00 03 00 00 00 00 00  e8 03 00 00 00 00 00 00 "
                                  "e9 03 00 00 00 00 00 00",
                                  bytes, sizeof bytes);
    static const struct node_damage same = {
        50, 1, {3}, STOA_E_CORRUPT, "behind 3 and below 4, found 3"};
    stoa_buf_init(&out, 4096);
    assert_ok(stoa_buf_append(&out, bytes, size, &err), &err);
    node_check_message(&out, STOA_PHYS_I64, 4, NULL, &same);
    stoa_buf_done(&out);
}

/* Damage can make base + lane wrap around; then a filter must still agree with the values. */
static void test_ffor_selects_like_it_decodes_when_values_wrap(void **state)
{
    STOA_UNUSED(state);
    static const int64_t values[] = {INT64_MAX, INT64_MIN + 1, INT64_MIN, 1000};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 4, .values = values};
    struct test_random random = test_random_start(1308);
    struct stoa_buf bytes = example_node();
    struct opened_node opened;
    stoa_error err;
    stoa_store_le64(bytes.data + 24, (uint64_t)INT64_MAX);
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_I64, 4, NULL, false, &opened, &err),
        &err);
    node_check(opened.node, &column, &random);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

static void test_ffor_answers_by_its_header_alone(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1309);
    struct stoa_column_builder builder;
    shape_column(&random, STOA_PHYS_I64, SHAPE_NARROW, 2048, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    struct stoa_predicate predicate = {.kind = STOA_PREDICATE_RANGE,
                                       .phys = STOA_PHYS_I64,
                                       .has_low = true,
                                       .low = {.i64 = 2000000}};
    struct stoa_buf bytes;
    struct opened_node opened;
    struct stoa_vector scratch;
    uint64_t bits[STOA_VECTOR_WORDS];
    stoa_error err;
    stoa_buf_init(&bytes, (size_t)1 << 20);
    node_encode(STOA_ENC_FFOR, &column, STOA_PROFILE_BALANCED, &bytes);
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_I64, 2048, NULL, false, &opened, &err),
        &err);
    assert_ok(stoa_vector_init(&scratch, STOA_PHYS_I64, NULL), NULL);
    const size_t used = opened.arena.used;
    assert_ok(stoa_node_select(opened.node, 0, &predicate, &scratch, bits, &err), &err);
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++)
        assert_true(bits[i] == 0);
    predicate.negated = true;
    assert_ok(stoa_node_select(opened.node, 1, &predicate, &scratch, bits, &err), &err);
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++)
        assert_true(bits[i] == UINT64_MAX);
    assert_int_equal(opened.arena.used, used); /* no lanes were unpacked */
    stoa_vector_done(&scratch);
    node_close(&opened);
    stoa_buf_done(&bytes);
    stoa_column_builder_done(&builder);
}

static void test_linear_packing_keeps_within_its_size(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1310);
    uint64_t in[130];
    uint64_t out[130];
    for (unsigned width = 0; width <= 64; width++) {
        for (size_t count = 1; count < 130; count += 1 + test_random_below(&random, 20)) {
            const size_t size = stoa_linear_size(width, count);
            uint8_t *bytes = malloc(size + 1);
            assert_non_null(bytes);
            bytes[size] = 0x5A;
            for (size_t i = 0; i < count; i++)
                in[i] = test_random_next(&random) & stoa_low_mask(width);
            stoa_linear_pack(width, count, in, bytes);
            stoa_linear_unpack(width, count, bytes, out);
            assert_bytes(out, in, count * sizeof *in);
            assert_int_equal(bytes[size], 0x5A);
            free(bytes);
        }
    }
}

static void test_scales_divide_exactly(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1311);
    for (int i = 0; i < 2000; i++) {
        const uint64_t scale =
            1 + (test_random_next(&random) >> test_random_below(&random, 64));
        const uint64_t quotient = UINT64_MAX / scale;
        const uint64_t number = quotient == UINT64_MAX
                                    ? test_random_next(&random)
                                    : test_random_below(&random, quotient + 1);
        const struct stoa_scale made = stoa_scale_make(scale == 0 ? 1 : scale);
        assert_true(stoa_scale_divide(&made, number * made.scale) == number);
    }
    const uint64_t values[] = {70, 40, 100, 130, 40};
    const struct stoa_column column = {
        .phys = STOA_PHYS_U64, .length = 5, .values = values};
    assert_int_equal(stoa_enc_common_scale(&column, 40), 30);
    assert_int_equal(stoa_enc_common_scale(&column, 39), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ffor_gives_back_every_integer_kind),
        cmocka_unit_test(test_ffor_gives_back_wide_integers_in_a_narrow_range),
        cmocka_unit_test(test_ffor_does_not_offer_to_hold_too_wide_a_range),
        cmocka_unit_test(test_ffor_holds_the_ends_of_every_kind),
        cmocka_unit_test(test_ffor_gives_back_every_width),
        cmocka_unit_test(test_ffor_estimates_exactly_and_patches_outliers),
        cmocka_unit_test(test_ffor_patches_outliers_at_both_ends_together),
        cmocka_unit_test(test_ffor_reads_the_specified_bytes),
        cmocka_unit_test(test_ffor_refuses_wrong_bytes),
        cmocka_unit_test(test_ffor_refuses_positions_out_of_order),
        cmocka_unit_test(test_ffor_selects_like_it_decodes_when_values_wrap),
        cmocka_unit_test(test_ffor_answers_by_its_header_alone),
        cmocka_unit_test(test_linear_packing_keeps_within_its_size),
        cmocka_unit_test(test_scales_divide_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
