/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the ALP encoding [ALP-1..4]. */
#include "tests/unit/format/node_check.h"

#include <math.h>
#include <string.h>

#include "format/enc/enc_alp.h"

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static struct stoa_column column_of(const double *values, uint32_t count)
{
    return (struct stoa_column){.phys = STOA_PHYS_F64, .length = count, .values = values};
}

/* ---- round trips ---- */

static void test_alp_gives_back_every_shape(void **state)
{
    STOA_UNUSED(state);
    node_round_trip_shapes(STOA_ENC_ALP, STOA_PHYS_F64, 2101);
}

/* NaNs with their payloads, both zeros, infinities, subnormals and the ends, among decimals. */
static void test_alp_gives_back_every_bit(void **state)
{
    STOA_UNUSED(state);
    static const uint64_t edges[] = {
        UINT64_C(0x7FF8000000000000), UINT64_C(0x7FF8000000000001),
        UINT64_C(0xFFF8DEADBEEF0000), UINT64_C(0x7FF0000000000001), /* signalling */
        UINT64_C(0xFFFFFFFFFFFFFFFF), UINT64_C(0x7FF0000000000000),
        UINT64_C(0xFFF0000000000000), UINT64_C(0x8000000000000000),
        UINT64_C(0x0000000000000000), UINT64_C(0x0000000000000001),
        UINT64_C(0x800FFFFFFFFFFFFF), UINT64_C(0x0010000000000000),
        UINT64_C(0x7FEFFFFFFFFFFFFF), UINT64_C(0xFFEFFFFFFFFFFFFF),
        UINT64_C(0x4340000000000000), UINT64_C(0x4330000000000001), /* 2^53, 2^52 + 1 */
        UINT64_C(0xC320000000000000), UINT64_C(0x4320000000000000), /* -2^51, 2^51 */
        UINT64_C(0x431FFFFFFFFFFFFF), UINT64_C(0x43E0000000000000), /* below 2^51, 2^63 */
    };
    static double values[5000];
    struct test_random random = test_random_start(2102);
    for (unsigned share = 1; share <= 64; share *= 4) {
        for (uint32_t i = 0; i < 5000; i++)
            values[i] =
                test_random_below(&random, share) == 0
                    ? from_bits(
                          edges[test_random_below(&random, sizeof edges / sizeof edges[0])])
                    : (double)((int64_t)test_random_below(&random, 20000) - 5000) / 100;
        const struct stoa_column column = column_of(values, 5000);
        node_round_trip(STOA_ENC_ALP, &column, STOA_PROFILE_BALANCED, &random);
    }
}

/* Decimals of every number of digits before and behind the point, exceptions at the edges. */
static void test_alp_gives_back_decimals(void **state)
{
    STOA_UNUSED(state);
    static double values[2100];
    static const uint32_t lengths[] = {1, 2, 31, 1023, 1024, 1025, 2100};
    struct test_random random = test_random_start(2103);
    for (int decimals = 0; decimals <= 17; decimals++) {
        const uint32_t length = lengths[decimals % 7];
        for (uint32_t i = 0; i < length; i++) {
            const uint64_t number =
                test_random_next(&random) >> (14 + test_random_below(&random, 40));
            values[i] = (double)number / pow(10, decimals) * (i % 3 ? 1 : -1);
        }
        values[0] = from_bits(test_random_next(&random));
        values[length - 1] = from_bits(test_random_next(&random));
        const struct stoa_column column = column_of(values, length);
        node_round_trip(STOA_ENC_ALP, &column, (enum stoa_profile)(decimals % 3), &random);
    }
}

/* ---- size and choice ---- */

static uint64_t best_size(const struct stoa_column *column, enum stoa_profile profile,
                          unsigned *out_encoding)
{
    struct stoa_enc_input input = {
        .column = column, .profile = profile, .depth = 1, .limit = (double)INFINITY};
    struct stoa_buf bytes;
    stoa_error err;
    stoa_buf_init(&bytes, (size_t)1 << 26);
    stoa_enc_collect_facts(column, NULL, &input.facts);
    assert_ok(stoa_enc_encode_best(&input, &bytes, &err), &err);
    const uint64_t size = bytes.size;
    *out_encoding = bytes.data[0];
    stoa_buf_done(&bytes);
    return size;
}

static void test_alp_is_chosen_for_decimals_and_packs_them(void **state)
{
    STOA_UNUSED(state);
    enum { ROWS = 65536 };
    static double values[ROWS];
    struct test_random random = test_random_start(2104);
    for (int decimals = 0; decimals <= 6; decimals += 2) {
        unsigned encoding = 0;
        for (uint32_t i = 0; i < ROWS; i++)
            values[i] = (double)test_random_below(&random, 1 << 20) / pow(10, decimals);
        const struct stoa_column column = column_of(values, ROWS);
        for (int profile = 0; profile < 3; profile++) {
            const uint64_t size = best_size(&column, (enum stoa_profile)profile, &encoding);
            assert_int_equal(encoding, STOA_ENC_ALP);
            assert_true(size < UINT64_C(21) * ROWS / 8);
        }
    }
}

/* Whatever the sample says, other encodings win where they are better. */
static void test_alp_is_not_chosen_where_it_does_not_pay(void **state)
{
    STOA_UNUSED(state);
    enum { ROWS = 20000 };
    static double values[ROWS];
    struct test_random random = test_random_start(2105);
    const struct stoa_column column = column_of(values, ROWS);
    unsigned encoding = 0;
    for (uint32_t i = 0; i < ROWS; i++)
        values[i] = from_bits(test_random_next(&random));
    assert_true(best_size(&column, STOA_PROFILE_BALANCED, &encoding) <= ROWS * 8 + 64);
    assert_int_not_equal(encoding, STOA_ENC_ALP);
    for (uint32_t i = 0; i < ROWS; i++)
        values[i] = (double)(i / 500) / 100;
    best_size(&column, STOA_PROFILE_BALANCED, &encoding);
    assert_int_equal(encoding, STOA_ENC_RLE);
}

static void test_alp_estimates_near_what_it_takes(void **state)
{
    STOA_UNUSED(state);
    enum { ROWS = 40000 };
    static double values[ROWS];
    struct test_random random = test_random_start(2106);
    const struct stoa_column column = column_of(values, ROWS);
    for (int share = 8; share <= 512; share *= 8) {
        struct stoa_enc_input input = {
            .column = &column, .depth = 1, .limit = (double)INFINITY};
        struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER};
        struct stoa_buf bytes;
        stoa_error err;
        stoa_buf_init(&bytes, (size_t)1 << 24);
        for (uint32_t i = 0; i < ROWS; i++)
            values[i] = test_random_below(&random, (uint64_t)share) == 0
                            ? (double)test_random_next(&random) / 7
                            : (double)test_random_below(&random, 100000) / 1000;
        stoa_enc_collect_facts(&column, NULL, &input.facts);
        assert_ok(stoa_encoding_find(STOA_ENC_ALP)->estimate(&input, &estimate, &err),
                  &err);
        node_encode(STOA_ENC_ALP, &column, STOA_PROFILE_BALANCED, &bytes);
        assert_true(estimate.size < bytes.size * 11 / 10);
        assert_true(estimate.size > bytes.size * 9 / 10);
        stoa_buf_done(&bytes);
    }
}

/* ---- selecting ---- */

/* A node by hand over any numbers, one vector, without exceptions. */
static struct stoa_buf make_node(unsigned decimals, const int64_t *numbers, uint32_t count)
{
    const struct stoa_column child = {
        .phys = STOA_PHYS_I64, .length = count, .values = numbers};
    struct stoa_buf out;
    stoa_error err;
    size_t start = 0;
    stoa_buf_init(&out, 65536);
    assert_ok(stoa_node_begin(stoa_encoding_find(STOA_ENC_ALP), STOA_PHYS_F64, count, &out,
                              &start, &err),
              &err);
    const uint8_t head[8] = {(uint8_t)decimals};
    assert_ok(stoa_buf_append(&out, head, sizeof head, &err), &err);
    node_encode(STOA_ENC_RAW, &child, STOA_PROFILE_BALANCED, &out);
    assert_ok(stoa_node_finish(&out, start, &err), &err);
    return out;
}

static void check_range(struct stoa_node *node, const struct stoa_column *column,
                        const struct stoa_predicate *predicate, struct stoa_vector *scratch)
{
    uint64_t bits[STOA_VECTOR_WORDS];
    stoa_error err;
    assert_ok(stoa_node_select(node, 0, predicate, scratch, bits, &err), &err);
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        bool expected = false;
        if (i < column->length) {
            const struct stoa_value value = stoa_column_get(column, i);
            expected = stoa_predicate_match(predicate, &value);
        }
        if ((stoa_bit_get(bits, i) != 0) != expected)
            fail_msg("row %u: expected %d between %.17g and %.17g", i, expected,
                     predicate->low.f64, predicate->high.f64);
    }
}

/* A value, or one of its neighbours, or anything. */
static double bound_near(struct test_random *random, const struct stoa_column *column)
{
    const double value = stoa_column_f64(column)[test_random_below(random, column->length)];
    switch (test_random_below(random, 8)) {
    case 0: return nextafter(value, INFINITY);
    case 1: return nextafter(value, -INFINITY);
    case 2: return value * 3;
    case 3: return -value;
    case 4: return from_bits(test_random_next(random));
    case 5: return test_random_below(random, 2) ? (double)INFINITY : -(double)INFINITY;
    default: return value;
    }
}

/* [ALP-1] Numbers of all sizes, where many of them share a double, with any decimals. */
static void test_alp_selects_like_it_decodes_at_every_boundary(void **state)
{
    STOA_UNUSED(state);
    enum { ROWS = 70 };
    struct test_random random = test_random_start(2107);
    for (int round = 0; round < 400; round++) {
        const unsigned decimals = (unsigned)round % (STOA_ALP_MAX_DECIMALS + 1);
        const unsigned shift = (unsigned)test_random_below(&random, 60);
        int64_t numbers[ROWS];
        double values[ROWS];
        struct opened_node opened;
        struct stoa_vector scratch;
        stoa_error err;
        for (uint32_t i = 0; i < ROWS; i++) {
            numbers[i] = (int64_t)test_random_next(&random) >> shift;
            if (i % 7 == 0)
                numbers[i] = i % 2 ? INT64_MAX - (int64_t)i : INT64_MIN + (int64_t)i;
            else if (i % 7 == 1)
                numbers[i] = (int64_t)((uint64_t)numbers[i - 1] + (i % 2 ? UINT64_MAX : 1));
            values[i] = stoa_alp_decode(decimals, numbers[i]);
        }
        const struct stoa_column column = column_of(values, ROWS);
        struct stoa_buf bytes = make_node(decimals, numbers, ROWS);
        assert_ok(node_open(bytes.data, bytes.size, STOA_PHYS_F64, ROWS, NULL, false,
                            &opened, &err),
                  &err);
        assert_ok(stoa_vector_init(&scratch, STOA_PHYS_F64, NULL), NULL);
        for (int k = 0; k < 40; k++) {
            const struct stoa_predicate predicate = {
                .kind = STOA_PREDICATE_RANGE,
                .phys = STOA_PHYS_F64,
                .negated = k % 5 == 0,
                .has_low = k % 7 != 0,
                .has_high = k % 3 != 0,
                .low_inclusive = test_random_below(&random, 2),
                .high_inclusive = test_random_below(&random, 2),
                .low = {.f64 = bound_near(&random, &column)},
                .high = {.f64 = bound_near(&random, &column)}};
            check_range(opened.node, &column, &predicate, &scratch);
        }
        node_check(opened.node, &column, &random);
        stoa_vector_done(&scratch);
        node_close(&opened);
        stoa_buf_done(&bytes);
    }
}

/* ---- the specification's example ---- */

static const char example[] = "0a 04 00 00 04 00 00 00  60 00 00 00 01 00 00 00 "
                              "02 00 00 00 00 00 00 00  01 00 00 00 00 00 00 00 "
                              "02 00 00 00 00 00 00 00  55 55 55 55 55 55 d5 3f "
                              "01 02 00 00 04 00 00 00  30 00 00 00 00 00 00 00 "
                              "7d 00 00 00 00 00 00 00  ce ff ff ff ff ff ff ff "
                              "ce ff ff ff ff ff ff ff  45 01 00 00 00 00 00 00";

static void test_alp_reads_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    const double values[] = {1.25, -0.5, from_bits(UINT64_C(0x3FD5555555555555)), 3.25};
    const struct stoa_column column = column_of(values, 4);
    struct test_random random = test_random_start(2108);
    struct stoa_buf bytes = node_from_hex(example);
    struct stoa_buf text;
    struct opened_node opened;
    stoa_error err;
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_F64, 4, NULL, false, &opened, &err),
        &err);
    node_check(opened.node, &column, &random);
    stoa_buf_init(&text, 4096);
    assert_ok(stoa_node_describe(opened.node, &text, &err), &err);
    assert_ok(stoa_buf_append_byte(&text, 0, &err), &err);
    assert_string_equal((const char *)text.data, "alp 2 decimals, 1 exceptions > raw");
    stoa_buf_done(&text);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

static void test_alp_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct node_damage damages[] = {
        {3,  1, {1},  STOA_E_CORRUPT, "alp node: expected flags of 0"                             },
        {16, 1, {23}, STOA_E_CORRUPT, "alp node: expected at most 22 decimals, found 23"          },
        {17, 1, {3},  STOA_E_CORRUPT, "alp node: expected padding of 0, found 3"                  },
        {18, 1, {9},  STOA_E_CORRUPT, "alp node: expected padding of 0, found 9"                  },
        {24, 1, {5},  STOA_E_CORRUPT, "expected at most 1 exceptions in vector 0, found 5"        },
        {24, 1, {0},  STOA_E_CORRUPT, "alp node: expected 1 exceptions, found 0"                  },
        {26, 1, {1},  STOA_E_CORRUPT, "alp node: expected padding of 0, found 1"                  },
        {32, 1, {4},  STOA_E_CORRUPT, "vector 0 behind -1 and below 4, found 4"                   },
        {34, 1, {1},  STOA_E_CORRUPT, "alp node: expected padding of 0, found 1"                  },
        {49, 1, {3},  STOA_E_CORRUPT, "raw node: expected physical kind 2, found 3"               },
        {12, 1, {0},  STOA_E_CORRUPT, "expected physical kind 2, found 0"                         },
        {8,  1, {16}, STOA_E_CORRUPT, "alp node: expected 1 bytes of decimals, found 0"           },
        {8,
         1,     {24},
         STOA_E_CORRUPT,              "alp node: expected 2 bytes of exception counts, found 0"   },
        {8,
         1,     {32},
         STOA_E_CORRUPT,              "alp node: expected 2 bytes of exception positions, found 0"},
        {8,
         1,     {40},
         STOA_E_CORRUPT,              "alp node: expected 8 bytes of exception values, found 0"   },
        {8,  1, {48}, STOA_E_CORRUPT, "expected a node header of 16 bytes, found 0"               },
    };
    struct stoa_buf bytes = node_from_hex(example);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        node_check_message(&bytes, STOA_PHYS_F64, 4, NULL, &damages[i]);
    node_check_damage(&bytes, STOA_PHYS_F64, 4, NULL);
    stoa_buf_done(&bytes);
}

/* [ALP-4] The first value and a later one are exceptions. */
static void test_alp_fills_the_numbers_of_exceptions_from_their_neighbours(void **state)
{
    STOA_UNUSED(state);
    static const double values[] = {(double)NAN, (double)NAN,      1.5,
                                    2.5,         (double)INFINITY, 3.5};
    const struct stoa_column column = column_of(values, 6);
    struct stoa_buf bytes;
    struct opened_node opened;
    struct stoa_vector numbers;
    stoa_error err;
    stoa_buf_init(&bytes, 4096);
    node_encode(STOA_ENC_ALP, &column, STOA_PROFILE_BALANCED, &bytes);
    assert_ok(
        node_open(bytes.data, bytes.size, STOA_PHYS_F64, 6, NULL, false, &opened, &err),
        &err);
    assert_ok(stoa_vector_init(&numbers, STOA_PHYS_I64, NULL), NULL);
    assert_ok(stoa_node_decode(opened.node->children[0], 0, &numbers, &err), &err);
    const int64_t *found = numbers.values.i64;
    assert_int_equal(found[0], found[2]);
    assert_int_equal(found[1], found[2]);
    assert_int_equal(found[4], found[3]);
    assert_int_equal(found[3] - found[2], found[5] - found[3]);
    stoa_vector_done(&numbers);
    node_close(&opened);
    stoa_buf_done(&bytes);
}

static void test_alp_survives_any_changed_byte_of_a_packed_node(void **state)
{
    STOA_UNUSED(state);
    double values[200];
    struct test_random random = test_random_start(2109);
    struct stoa_buf bytes;
    stoa_buf_init(&bytes, 65536);
    for (uint32_t i = 0; i < 200; i++)
        values[i] =
            i % 40 == 3 ? (double)NAN : (double)test_random_below(&random, 1000) / 10;
    const struct stoa_column column = column_of(values, 200);
    assert_true(bits_of(values[3]) != 0);
    node_encode(STOA_ENC_ALP, &column, STOA_PROFILE_BALANCED, &bytes);
    node_check_damage(&bytes, STOA_PHYS_F64, 200, NULL);
    stoa_buf_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alp_gives_back_every_shape),
        cmocka_unit_test(test_alp_gives_back_every_bit),
        cmocka_unit_test(test_alp_gives_back_decimals),
        cmocka_unit_test(test_alp_is_chosen_for_decimals_and_packs_them),
        cmocka_unit_test(test_alp_is_not_chosen_where_it_does_not_pay),
        cmocka_unit_test(test_alp_estimates_near_what_it_takes),
        cmocka_unit_test(test_alp_selects_like_it_decodes_at_every_boundary),
        cmocka_unit_test(test_alp_reads_the_specified_bytes),
        cmocka_unit_test(test_alp_refuses_wrong_bytes),
        cmocka_unit_test(test_alp_fills_the_numbers_of_exceptions_from_their_neighbours),
        cmocka_unit_test(test_alp_survives_any_changed_byte_of_a_packed_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
