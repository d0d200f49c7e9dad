/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the BYTES encoding [BYTES-1..4]. */
#include "tests/unit/format/node_check.h"

#include <math.h>

static void test_bytes_gives_back_every_fixed_kind(void **state)
{
    STOA_UNUSED(state);
    for
        EACH_PHYS(phys)
        {
            if (stoa_phys_width((enum stoa_phys)phys) > 0)
                node_round_trip_shapes(STOA_ENC_BYTES, (enum stoa_phys)phys, 1600 + phys);
        }
}

/* Widths of 1 to 8 bytes, over several frames. */
static void test_bytes_gives_back_every_width(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1610);
    static uint64_t values[20000];
    for (unsigned width = 1; width <= 8; width++) {
        for (size_t i = 0; i < 20000; i++)
            values[i] = test_random_below(&random, 50) * (stoa_low_mask(8 * width) / 50) *
                        (i % 3 > 0);
        values[7] = stoa_low_mask(8 * width);
        const struct stoa_column column = {
            .phys = STOA_PHYS_U64, .length = 20000, .values = values};
        node_round_trip(STOA_ENC_BYTES, &column, (enum stoa_profile)(width % 3), &random);
    }
}

static struct stoa_enc_estimate estimate_bytes(const struct stoa_column *column,
                                               enum stoa_profile profile, double limit)
{
    const struct stoa_encoding *encoding = stoa_encoding_find(STOA_ENC_BYTES);
    struct stoa_enc_input input = {
        .column = column, .profile = profile, .depth = 1, .limit = limit};
    struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER,
                                         .decode_cycles = encoding->decode_cycles};
    stoa_error err;
    stoa_enc_collect_facts(column, NULL, &input.facts);
    assert_ok(encoding->estimate(&input, &estimate, &err), &err);
    return estimate;
}

/* A repeating pattern of wide values is what bit packing cannot shrink and zstd can. */
static void test_bytes_sees_patterns_and_charges_for_the_codec(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1611);
    static uint64_t values[16384];
    uint64_t pattern[100];
    const struct stoa_column column = {
        .phys = STOA_PHYS_U64, .length = 16384, .values = values};
    test_random_bytes(&random, pattern, sizeof pattern);
    for (size_t i = 0; i < 16384; i++)
        values[i] = pattern[i % 100];
    const struct stoa_enc_estimate good =
        estimate_bytes(&column, STOA_PROFILE_BALANCED, INFINITY);
    assert_true(good.size < sizeof values / 8 && good.decode_cycles > 8);
    assert_true(estimate_bytes(&column, STOA_PROFILE_BALANCED, 5).size == STOA_ENC_NEVER);
    test_random_bytes(&random, values, sizeof values);
    assert_true(estimate_bytes(&column, STOA_PROFILE_BALANCED, INFINITY).size ==
                STOA_ENC_NEVER);
}

/* Numbers whose distribution or repetitions a codec can use come out about as guessed. */
static void test_bytes_takes_about_what_was_expected(void **state)
{
    STOA_UNUSED(state);
    enum { ROWS = 6000 };
    static uint64_t values[ROWS];
    struct test_random random = test_random_start(1616);
    const struct stoa_column column = {
        .phys = STOA_PHYS_U64, .length = ROWS, .values = values};
    for (unsigned kind = 0; kind < 6; kind++) {
        const uint64_t most = kind % 2 ? 40000 : 200;
        struct stoa_buf bytes;
        for (size_t i = 0; i < ROWS; i++) {
            const uint64_t skewed = test_random_below(&random, 1 + (uint32_t)most) *
                                    test_random_below(&random, 16) / 16;
            values[i] = skewed - skewed % (1 + most / 64);
            if (kind >= 2 && i >= 100 && test_random_below(&random, 1u << 2 * (kind / 2)))
                values[i] = values[i - 100];
        }
        const struct stoa_enc_estimate estimate =
            estimate_bytes(&column, STOA_PROFILE_BALANCED, INFINITY);
        stoa_buf_init(&bytes, (size_t)1 << 26);
        node_encode(STOA_ENC_BYTES, &column, STOA_PROFILE_BALANCED, &bytes);
        assert_true((double)estimate.size > 0.85 * (double)bytes.size);
        assert_true((double)estimate.size < 1.2 * (double)bytes.size);
        stoa_buf_done(&bytes);
    }
}

static void test_bytes_splits_floats_into_planes(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1612);
    static double values[16384];
    const struct stoa_column column = {
        .phys = STOA_PHYS_F64, .length = 16384, .values = values};
    for (size_t i = 0; i < 16384; i++)
        values[i] = 100 + (double)(test_random_next(&random) >> 11) / 9e15;
    const struct stoa_enc_estimate estimate =
        estimate_bytes(&column, STOA_PROFILE_COMPACT, INFINITY);
    assert_true(estimate.size < sizeof values * 7 / 8);
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, (size_t)1 << 24);
    node_encode(STOA_ENC_BYTES, &column, STOA_PROFILE_COMPACT, &bytes);
    assert_int_equal(bytes.data[3], 1);
    assert_true(bytes.size < estimate.size * 11 / 10);
    stoa_buf_done(&bytes);
    node_round_trip(STOA_ENC_BYTES, &column, STOA_PROFILE_COMPACT, &random);
}

/* Every way to bound a range, at the ends of bytes, against brute force. */
static void check_ranges(struct stoa_node *node, const struct stoa_column *column,
                         const struct stoa_value *bounds, size_t count)
{
    struct stoa_vector scratch;
    uint64_t bits[STOA_VECTOR_WORDS];
    assert_ok(stoa_vector_init(&scratch, column->phys, NULL), NULL);
    for (size_t i = 0; i < count * count * 32; i++) {
        const struct stoa_predicate predicate = {.kind = STOA_PREDICATE_RANGE,
                                                 .phys = column->phys,
                                                 .low = bounds[i / 32 % count],
                                                 .high = bounds[i / 32 / count],
                                                 .has_low = i & 1,
                                                 .has_high = i & 2,
                                                 .low_inclusive = i & 4,
                                                 .high_inclusive = i & 8,
                                                 .negated = i & 16};
        /* Whole, and what is left over. */
        const uint32_t vector = i % 3 == 0 && column->length > STOA_VECTOR_ROWS;
        assert_ok(stoa_node_select(node, vector, &predicate, &scratch, bits, NULL), NULL);
        for (uint32_t row = 0; row < STOA_VECTOR_ROWS; row++) {
            bool expected = false;
            if (vector * STOA_VECTOR_ROWS + row < column->length) {
                const struct stoa_value value =
                    stoa_column_get(column, vector * STOA_VECTOR_ROWS + row);
                expected = stoa_predicate_match(&predicate, &value);
            }
            assert_int_equal(stoa_bit_get(bits, row) != 0, expected);
        }
    }
    stoa_vector_done(&scratch);
}

static void check_selected(const struct stoa_column *column, unsigned layout,
                           const struct stoa_value *bounds, size_t count)
{
    struct opened_node opened;
    struct stoa_buf bytes;
    stoa_error err;
    stoa_buf_init(&bytes, (size_t)1 << 24);
    node_encode(STOA_ENC_BYTES, column, STOA_PROFILE_COMPACT, &bytes);
    assert_int_equal(bytes.data[3], layout);
    assert_ok(node_open(bytes.data, bytes.size, column->phys, column->length, NULL, false,
                        &opened, &err),
              &err);
    check_ranges(opened.node, column, bounds, count);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

/* Signs, zeros, infinities and NaN, and numbers whose first bytes are those of the bounds. */
static void test_bytes_compares_planes_of_floats(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1613);
    static double values[1500];
    struct stoa_value bounds[12] = {{.f64 = 0.0}, {.f64 = -0.0}, {.f64 = (double)NAN}};
    const struct stoa_column column = {
        .phys = STOA_PHYS_F64, .length = 1500, .values = values};
    for (size_t i = 0; i < 1500; i++) {
        const double number = 100 + (double)(test_random_next(&random) >> 11) / 9e15;
        values[i] = i % 3 ? number : -number;
    }
    for (size_t i = 0; i < 8; i++)
        values[i * 5] = values[1490 + i] = bounds[i % 3].f64;
    values[1] = (double)INFINITY;
    values[2] = -(double)INFINITY;
    values[4] = -(double)NAN;
    for (size_t i = 3; i < 12; i++)
        bounds[i].f64 = i < 6 ? values[i - 2] : values[i * 31];
    check_selected(&column, 1, bounds, 12);
}

/* Wide numbers of either sign, which have no scale. */
static void test_bytes_compares_planes_of_wide_numbers(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1614);
    static stoa_i128 values[1500];
    struct stoa_value bounds[8] = {{.i128 = 0}, {.i128 = -1}};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I128, .length = 1500, .values = values};
    for (size_t i = 0; i < 1500; i++)
        values[i] = ((stoa_i128)(i % 7) - 3) * ((stoa_i128)1 << 90) +
                    (stoa_i128)test_random_next(&random);
    for (size_t i = 2; i < 8; i++)
        bounds[i].i128 = i < 5 ? values[i] : values[i] + 1;
    check_selected(&column, 1, bounds, 8);
}

/* A node whose planes are integers, which this writer makes none of: two bytes, base -3. */
static void test_bytes_compares_planes_of_numbers(void **state)
{
    STOA_UNUSED(state);
    static int64_t values[3] = {-3, 252, 65532};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 3, .values = values};
    struct stoa_value bounds[7] = {{.i64 = INT64_MIN}, {.i64 = INT64_MAX}, {.i64 = -3},
                                   {.i64 = 251},       {.i64 = 252},       {.i64 = 253},
                                   {.i64 = 65533}};
    struct stoa_buf bytes = node_from_hex(
        "04 02 02 01 03 00 00 00  50 00 00 00 00 00 00 00 "
        "01 00 00 00 00 00 00 00  fd ff ff ff ff ff ff ff "
        "00 00 00 00 00 00 00 00  03 00 00 00 03 00 00 00  00 ff ff 00 00 00 00 00 "
        "00 00 00 00 00 00 00 00  03 00 00 00 03 00 00 00  00 00 ff 00 00 00 00 00");
    struct opened_node opened;
    stoa_error err;
    bytes.data[8] = (uint8_t)bytes.size;
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_I64, 3, NULL, false, &opened, &err),
        &err);
    check_ranges(opened.node, &column, bounds, 7);
    node_close(&opened);
    node_check_damage(&bytes, STOA_PHYS_I64, 3, NULL);
    stoa_buf_done(&bytes);
}

static void test_bytes_selects_whole_floats_where_they_lie(void **state)
{
    STOA_UNUSED(state);
    static double values[1500];
    const double all[8] = {0.0, -0.0,  (double)NAN, (double)INFINITY, -(double)INFINITY,
                           1.5, -2.25, 5e-324};
    struct stoa_value bounds[8] = {{.is_null = false}};
    const struct stoa_column column = {
        .phys = STOA_PHYS_F64, .length = 1500, .values = values};
    for (size_t i = 0; i < 1500; i++)
        values[i] = all[i % 8];
    for (size_t i = 0; i < 8; i++)
        bounds[i].f64 = all[i];
    check_selected(&column, 0, bounds, 8);
}

static struct stoa_buf example_node(void)
{
    static const int64_t values[] = {1000, 1001, 1003};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 3, .values = values};
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, 4096);
    node_encode(STOA_ENC_BYTES, &column, STOA_PROFILE_BALANCED, &bytes);
    return bytes;
}

static void test_bytes_writes_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    uint8_t expected[64];
    const size_t size = hex_bytes("04 02 01 00 03 00 00 00  38 00 00 00 00 00 00 00 "
                                  "01 00 00 00 00 00 00 00  e8 03 00 00 00 00 00 00 "
                                  "00 00 00 00 00 00 00 00  03 00 00 00 03 00 00 00 "
                                  "00 01 03 00 00 00 00 00",
                                  expected, sizeof expected);
    struct stoa_buf bytes = example_node();
    assert_int_equal(bytes.size, size);
    assert_bytes(bytes.data, expected, size);
    stoa_buf_done(&bytes);
}

static void test_bytes_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {2,  1, {0},  STOA_E_CORRUPT, "expected a width that kind 2 can have, found 0"       },
        {2,  1, {9},  STOA_E_CORRUPT, "expected a width that kind 2 can have, found 9"       },
        {2,  1, {16}, STOA_E_CORRUPT, "expected a width that kind 2 can have, found 16"      },
        {3,  1, {2},  STOA_E_CORRUPT, "bytes node: expected layout 0 or 1, found 2"          },
        {12, 1, {1},  STOA_E_CORRUPT, "bytes node: expected a parameter of 0, found 1"       },
        {16, 1, {0},  STOA_E_CORRUPT, "bytes node: expected a scale of at least 1, found 0"  },
        {2,
         1,     {2},
         STOA_E_CORRUPT,              "bytes node: expected 6 raw bytes in stream 0, found 3"},
        {8,  1, {24}, STOA_E_CORRUPT, "expected 16 bytes of scale and base, found 8"         },
        {8,  1, {48}, STOA_E_CORRUPT, "expected 3 bytes of stream data, found 0"             },
        {51, 1, {7},  STOA_E_CORRUPT, "bytes node: expected padding of 0, found 7"           },
    };
    struct stoa_buf bytes = example_node();
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_I64, 3, NULL, &damages[i]);
    node_check_damage(&bytes, STOA_PHYS_I64, 3, NULL);
    stoa_buf_done(&bytes);
}

static void test_bytes_refuses_a_base_for_floats(void **state)
{
    STOA_UNUSED(state);
    static const double values[] = {1.5, 2.5};
    static const struct node_damage damages[] = {
        {16, 1, {2}, STOA_E_CORRUPT, "expected scale 1 and base 0 for kind 4 and width 8"},
        {24, 1, {2}, STOA_E_CORRUPT, "expected scale 1 and base 0 for kind 4 and width 8"},
        {2,  1, {4}, STOA_E_CORRUPT, "expected a width that kind 4 can have, found 4"    },
    };
    const struct stoa_column column = {
        .phys = STOA_PHYS_F64, .length = 2, .values = values};
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, 4096);
    node_encode(STOA_ENC_BYTES, &column, STOA_PROFILE_BALANCED, &bytes);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_F64, 2, NULL, &damages[i]);
    node_check_damage(&bytes, STOA_PHYS_F64, 2, NULL);
    stoa_buf_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_gives_back_every_fixed_kind),
        cmocka_unit_test(test_bytes_gives_back_every_width),
        cmocka_unit_test(test_bytes_sees_patterns_and_charges_for_the_codec),
        cmocka_unit_test(test_bytes_takes_about_what_was_expected),
        cmocka_unit_test(test_bytes_splits_floats_into_planes),
        cmocka_unit_test(test_bytes_compares_planes_of_floats),
        cmocka_unit_test(test_bytes_compares_planes_of_wide_numbers),
        cmocka_unit_test(test_bytes_compares_planes_of_numbers),
        cmocka_unit_test(test_bytes_selects_whole_floats_where_they_lie),
        cmocka_unit_test(test_bytes_writes_the_specified_bytes),
        cmocka_unit_test(test_bytes_refuses_wrong_bytes),
        cmocka_unit_test(test_bytes_refuses_a_base_for_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
