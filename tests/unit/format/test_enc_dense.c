/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the DENSE encoding [DENSE-1] [DENSE-2], in blocks, as it needs their validity. */
#include "tests/unit/format/node_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format/block.h"
#include "format/block_validity.h"
#include "format/enc/enc_parts.h"

/* ---- a block whose root is DENSE, whatever pays ---- */

static uint32_t count_nulls(const struct stoa_column *column)
{
    uint32_t nulls = 0;
    for (uint32_t row = 0; row < column->length; row++)
        nulls += column->validity && !stoa_bit_get(column->validity, row);
    return nulls;
}

static void encode_block(const struct stoa_column *column, enum stoa_profile profile,
                         struct stoa_buf *out)
{
    stoa_error err;
    struct stoa_enc_input input = {.column = column,
                                   .profile = profile,
                                   .depth = 1,
                                   .validity = column->validity,
                                   .limit = (double)INFINITY};
    stoa_enc_collect_facts(column, NULL, &input.facts);
    assert_ok(stoa_validity_write(column->validity, column->length, out, &err), &err);
    assert_ok(stoa_encoding_find(STOA_ENC_DENSE)->encode(&input, out, &err), &err);
}

/* An opened block with its memory. */
struct opened_block {
    struct stoa_arena arena;
    struct stoa_block block;
};

static stoa_status open_block(const uint8_t *bytes, size_t size, enum stoa_phys phys,
                              uint32_t rows, uint32_t nulls, struct opened_block *out,
                              stoa_error *err)
{
    stoa_arena_init(&out->arena, (size_t)1 << 28);
    return stoa_block_open(bytes, size, phys, false, rows, nulls, NULL, NULL,
                           stoa_kernels_best(), &out->arena, NULL, &out->block, err);
}

/* [DENSE-2] 0, false or empty. */
static bool slot_is_empty(const struct stoa_vector *vector, uint32_t row)
{
    static const uint8_t zeros[16];
    if (vector->phys == STOA_PHYS_BOOL)
        return !stoa_bit_get(vector->values.bits, row);
    if (vector->phys == STOA_PHYS_BYTES)
        return vector->values.views[row].length == 0;
    const size_t width = stoa_phys_width(vector->phys);
    return memcmp(vector->values.fixed16 + row * width, zeros, width) == 0;
}

static void check_rows(struct stoa_block *block, const struct stoa_column *column,
                       uint32_t vector, struct stoa_vector *out)
{
    stoa_error err;
    assert_ok(stoa_block_decode(block, vector, out, &err), &err);
    assert_int_equal(out->length, stoa_vector_length(column->length, vector));
    for (uint32_t i = 0; i < out->length; i++) {
        const struct stoa_value expected =
            stoa_column_get(column, vector * STOA_VECTOR_ROWS + i);
        assert_int_equal(stoa_bit_get(out->validity, i), !expected.is_null);
        if (expected.is_null) {
            assert_true(slot_is_empty(out, i));
            continue;
        }
        const struct stoa_value found = stoa_vector_get(out, i);
        assert_int_equal(stoa_value_compare_exact(out->phys, &found, &expected), 0);
    }
}

static void check_narrow(struct stoa_block *block, const struct stoa_column *column,
                         uint32_t vector)
{
    uint32_t codes[STOA_VECTOR_ROWS];
    stoa_error err;
    uint64_t largest = 0;
    const uint32_t length = stoa_vector_length(column->length, vector);
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < length; i++) {
            const struct stoa_value value =
                stoa_column_get(column, vector * STOA_VECTOR_ROWS + i);
            const uint64_t expected = value.is_null ? 0 : value.u64;
            largest = expected > largest ? expected : largest;
            if (pass == 1)
                assert_int_equal(codes[i], expected);
        }
        if (largest > UINT32_MAX)
            return;
        if (pass == 0)
            assert_ok(stoa_node_narrow(block->root, vector, codes, &err), &err);
    }
}

static void check_select(struct stoa_block *block, const struct stoa_column *column,
                         uint32_t vector, struct test_random *random,
                         struct stoa_vector *scratch)
{
    uint64_t bits[STOA_VECTOR_WORDS];
    stoa_error err;
    const struct stoa_predicate *predicate = random_predicate(random, column);
    assert_ok(stoa_block_select(block, vector, predicate, scratch, bits, &err), &err);
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        const uint32_t row = vector * STOA_VECTOR_ROWS + i;
        struct stoa_value value = {.is_null = true};
        if (row < column->length)
            value = stoa_column_get(column, row);
        assert_int_equal(stoa_bit_get(bits, i),
                         !value.is_null && stoa_predicate_match(predicate, &value));
    }
}

static void round_trip(const struct stoa_column *column, enum stoa_profile profile,
                       struct test_random *random)
{
    struct stoa_buf bytes;
    struct stoa_buf again;
    struct opened_block opened;
    struct stoa_vector vector;
    stoa_error err;
    const uint32_t vectors = stoa_vector_count(column->length);
    stoa_buf_init(&bytes, (size_t)1 << 26);
    stoa_buf_init(&again, (size_t)1 << 26);
    encode_block(column, profile, &bytes);
    encode_block(column, profile, &again);
    assert_int_equal(bytes.size, again.size);
    assert_bytes(again.data, bytes.data, bytes.size);
    assert_ok(open_block(bytes.data, bytes.size, column->phys, column->length,
                         count_nulls(column), &opened, &err),
              &err);
    assert_ok(stoa_vector_init(&vector, column->phys, &err), &err);
    for (uint32_t v = 0; v < vectors; v++)
        check_rows(&opened.block, column, v, &vector);
    for (uint32_t v = 0; column->phys == STOA_PHYS_U64 && v < vectors; v++)
        check_narrow(&opened.block, column, v);
    for (int i = 0; i < 16; i++) {
        const uint32_t v = (uint32_t)test_random_below(random, vectors);
        check_select(&opened.block, column, v, random, &vector);
        check_rows(&opened.block, column, v, &vector);
    }
    stoa_vector_done(&vector);
    stoa_arena_done(&opened.arena);
    stoa_buf_done(&bytes);
    stoa_buf_done(&again);
}

static void test_dense_gives_back_every_kind(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t lengths[] = {2, 65, 1024, 1500, 4100, 9000};
    static const unsigned percents[] = {1, 30, 70, 97};
    struct test_random random = test_random_start(1901);
    for
        EACH_PHYS(phys)
        {
            for (size_t i = 0; i < 24; i++) {
                struct stoa_column_builder builder;
                random_column(&random, (enum stoa_phys)phys, lengths[i / 4],
                              percents[i % 4], 40, &builder);
                const struct stoa_column column = stoa_column_builder_view(&builder);
                const uint32_t nulls = count_nulls(&column);
                if (nulls > 0 && nulls < column.length)
                    round_trip(&column, (enum stoa_profile)(i % 3), &random);
                stoa_column_builder_done(&builder);
            }
        }
}

/* Whole vectors and words of NULLs and of values, and vectors of the child that end in them. */
static void test_dense_gives_back_long_stretches_of_nulls(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1902);
    struct stoa_column_builder builder;
    stoa_column_builder_init(&builder, STOA_PHYS_U64);
    for (uint32_t row = 0; row < 20000;) {
        const bool is_null = test_random_below(&random, 2);
        for (uint64_t n = test_random_below(&random, 3000); n > 0 && row < 20000; n--) {
            const struct stoa_value value = {.is_null = is_null,
                                             .u64 = test_random_below(&random, 5000)};
            assert_ok(stoa_column_builder_append(&builder, &value, NULL), NULL);
            row++;
        }
    }
    const struct stoa_column column = stoa_column_builder_view(&builder);
    round_trip(&column, STOA_PROFILE_BALANCED, &random);
    stoa_column_builder_done(&builder);
}

/* ---- choosing ---- */

static uint64_t block_size(const struct stoa_column *column, unsigned *out_encoding)
{
    struct stoa_buf bytes;
    uint8_t encoding = 0;
    bool uses = false;
    stoa_error err;
    stoa_buf_init(&bytes, (size_t)1 << 26);
    assert_ok(stoa_block_encode(column, NULL, 0, STOA_PROFILE_BALANCED, &bytes, &encoding,
                                &uses, &err),
              &err);
    const uint64_t size = bytes.size;
    *out_encoding = encoding;
    stoa_buf_done(&bytes);
    return size;
}

/* Nine rows in ten are NULL; the block takes a bit a row and 30 bits for each of the others. */
static void test_slots_of_nulls_cost_nothing(void **state)
{
    STOA_UNUSED(state);
    enum { ROWS = 60000 };
    struct test_random random = test_random_start(1903);
    struct stoa_column_builder builder;
    unsigned encoding = 0;
    stoa_column_builder_init(&builder, STOA_PHYS_I64);
    for (uint32_t row = 0; row < ROWS; row++) {
        const struct stoa_value value = {
            .is_null = test_random_below(&random, 10) != 0,
            .i64 = (int64_t)test_random_below(&random, UINT64_C(1) << 30)};
        assert_ok(stoa_column_builder_append(&builder, &value, NULL), NULL);
    }
    const struct stoa_column column = stoa_column_builder_view(&builder);
    const uint32_t valid = ROWS - count_nulls(&column);
    const uint64_t size = block_size(&column, &encoding);
    assert_int_equal(encoding, STOA_ENC_DENSE);
    assert_true(size < ROWS / 8 + UINT64_C(31) * valid / 8 + 200);
    stoa_column_builder_done(&builder);
}

static void test_dense_is_not_chosen_for_a_few_nulls(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1904);
    struct stoa_column_builder builder;
    unsigned encoding = 0;
    stoa_column_builder_init(&builder, STOA_PHYS_I64);
    for (uint32_t row = 0; row < 20000; row++) {
        const struct stoa_value value = {.is_null = row % 50 == 0,
                                         .i64 = (int64_t)test_random_below(&random, 200)};
        assert_ok(stoa_column_builder_append(&builder, &value, NULL), NULL);
    }
    const struct stoa_column column = stoa_column_builder_view(&builder);
    block_size(&column, &encoding);
    assert_int_equal(encoding, STOA_ENC_FFOR);
    stoa_column_builder_done(&builder);
}

static stoa_status encode_for_failures(void *context, stoa_error *err)
{
    struct stoa_buf bytes;
    uint8_t encoding = 0;
    bool uses = false;
    stoa_buf_init(&bytes, (size_t)1 << 24);
    const stoa_status status = stoa_block_encode(context, NULL, 0, STOA_PROFILE_BALANCED,
                                                 &bytes, &encoding, &uses, err);
    stoa_buf_done(&bytes);
    return status;
}

static void test_choice_with_nulls_survives_allocation_failures(void **state)
{
    STOA_UNUSED(state);
    static const enum stoa_phys kinds[] = {STOA_PHYS_I64, STOA_PHYS_F64, STOA_PHYS_BYTES};
    struct test_random random = test_random_start(1905);
    for (size_t i = 0; i < 3; i++) {
        struct stoa_column_builder builder;
        random_column(&random, kinds[i], 3000, 60, 50, &builder);
        struct stoa_column column = stoa_column_builder_view(&builder);
        assert_true(test_allocation_failures(encode_for_failures, &column) > 5);
        stoa_column_builder_done(&builder);
    }
}

/* ---- the specification's example ---- */

static const char example[] = "02 00 00 00 00 00 00 00  05 00 00 00 00 00 00 00 "
                              "12 02 00 00 03 00 00 00  30 00 00 00 00 00 00 00 "
                              "01 02 00 00 02 00 00 00  20 00 00 00 00 00 00 00 "
                              "05 00 00 00 00 00 00 00  06 00 00 00 00 00 00 00";

static void test_dense_reads_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    static const int64_t values[] = {5, 77, 6};
    static const uint64_t validity[] = {5};
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 3, .validity = validity, .values = values};
    uint8_t bytes[64];
    struct opened_block opened;
    struct stoa_vector vector;
    stoa_error err;
    const size_t size = hex_bytes(example, bytes, sizeof bytes);
    assert_ok(open_block(bytes, size, STOA_PHYS_I64, 3, 1, &opened, &err), &err);
    assert_ok(stoa_vector_init(&vector, STOA_PHYS_I64, &err), &err);
    check_rows(&opened.block, &column, 0, &vector);
    stoa_vector_done(&vector);
    stoa_arena_done(&opened.arena);
}

static void test_dense_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct {
        size_t offset;
        uint8_t byte;
        const char *message;
    } damages[] = {
        {18, 1,  "dense node: expected flags of 0"                             },
        {28, 1,  "dense node: expected a parameter of 0, found 1"              },
        {20, 2,  "dense node: expected 3 values, found 2"                      },
        {36, 3,  "raw node: expected 2 values, found 3"                        },
        {33, 3,  "raw node: expected physical kind 2, found 3"                 },
        {32, 18, "dense node: expected the 3 rows of the block, found 2 values"},
    };
    uint8_t bytes[64];
    const size_t size = hex_bytes(example, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct opened_block opened;
        stoa_error err;
        const uint8_t before = bytes[damages[i].offset];
        bytes[damages[i].offset] = damages[i].byte;
        assert_fails(open_block(bytes, size, STOA_PHYS_I64, 3, 1, &opened, &err),
                     STOA_E_CORRUPT, &err);
        assert_contains(err.message, damages[i].message);
        stoa_arena_done(&opened.arena);
        bytes[damages[i].offset] = before;
    }
}

static void test_dense_is_refused_without_nulls(void **state)
{
    STOA_UNUSED(state);
    uint8_t bytes[64];
    struct opened_node opened;
    stoa_error err;
    const size_t size = hex_bytes(example, bytes, sizeof bytes);
    assert_fails(
        node_open(bytes + 16, size - 16, STOA_PHYS_I64, 3, NULL, false, &opened, &err),
        STOA_E_CORRUPT, &err);
    assert_contains(err.message, "dense node: expected a block with NULLs, found none");
    node_close(&opened);
}

/* Every byte of a block changed, the bits of its validity too. */
static void test_dense_survives_any_changed_byte(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1906);
    struct stoa_column_builder builder;
    struct stoa_buf bytes;
    struct stoa_vector vector;
    stoa_buf_init(&bytes, 65536);
    random_column(&random, STOA_PHYS_BYTES, 150, 50, 20, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    encode_block(&column, STOA_PROFILE_BALANCED, &bytes);
    assert_ok(stoa_vector_init(&vector, STOA_PHYS_BYTES, NULL), NULL);
    for (size_t i = 0; i < bytes.size * 8; i++) {
        struct opened_block opened;
        stoa_error err;
        uint8_t *copy = malloc(bytes.size); /* exact, so that overreads show */
        assert_non_null(copy);
        memcpy(copy, bytes.data, bytes.size);
        copy[i / 8] ^= (uint8_t)(1 << i % 8);
        if (open_block(copy, bytes.size, STOA_PHYS_BYTES, 150, count_nulls(&column),
                       &opened, &err) == STOA_OK &&
            stoa_block_decode(&opened.block, 0, &vector, &err) == STOA_OK)
            assert_int_equal(vector.length, 150);
        stoa_arena_done(&opened.arena);
        free(copy);
    }
    stoa_vector_done(&vector);
    stoa_buf_done(&bytes);
    stoa_column_builder_done(&builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dense_gives_back_every_kind),
        cmocka_unit_test(test_dense_gives_back_long_stretches_of_nulls),
        cmocka_unit_test(test_slots_of_nulls_cost_nothing),
        cmocka_unit_test(test_dense_is_not_chosen_for_a_few_nulls),
        cmocka_unit_test(test_choice_with_nulls_survives_allocation_failures),
        cmocka_unit_test(test_dense_reads_the_specified_bytes),
        cmocka_unit_test(test_dense_refuses_wrong_bytes),
        cmocka_unit_test(test_dense_is_refused_without_nulls),
        cmocka_unit_test(test_dense_survives_any_changed_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
