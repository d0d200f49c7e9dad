/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of blocks [BLK-1..6] [BLK-9]: every kind of validity, NULL handling, filters,
 * bytes that do not depend on what stands behind NULLs, damage. */
#include "tests/unit/format/node_check.h"

#include <stdlib.h>
#include <string.h>

#include "format/block.h"
#include "format/enc/enc_parts.h"

/* A block that was encoded and opened again. */
struct made_block {
    struct stoa_buf payload;
    struct stoa_arena arena;
    struct stoa_block block;
    uint8_t encoding;
    uint32_t null_count;
    bool uses_dictionary;
};

static uint32_t count_nulls(const struct stoa_column *column)
{
    uint32_t count = 0;
    for (uint32_t row = 0; row < column->length; row++)
        count += stoa_column_get(column, row).is_null;
    return count;
}

static void encode_block(const struct stoa_column *column, enum stoa_profile profile,
                         struct made_block *out)
{
    stoa_error err;
    out->null_count = count_nulls(column);
    stoa_buf_init(&out->payload, (size_t)1 << 27);
    assert_ok(stoa_block_encode(column, NULL, 0, profile, &out->payload, &out->encoding,
                                &out->uses_dictionary, &err),
              &err);
    assert_int_equal(out->payload.size % 8, 0);
}

static stoa_status open_block(const struct stoa_column *column, struct made_block *made,
                              stoa_error *err)
{
    stoa_arena_init(&made->arena, (size_t)1 << 27);
    return stoa_block_open(made->payload.data, made->payload.size, column->phys, false,
                           column->length, made->null_count, NULL, NULL,
                           stoa_kernels_best(), &made->arena, NULL, &made->block, err);
}

static void block_done(struct made_block *made)
{
    stoa_arena_done(&made->arena);
    stoa_buf_done(&made->payload);
}

static void check_decode(struct stoa_block *block, const struct stoa_column *column,
                         uint32_t v, struct stoa_vector *vector)
{
    stoa_error err;
    assert_ok(stoa_block_decode(block, v, vector, &err), &err);
    assert_int_equal(vector->length, stoa_vector_length(column->length, v));
    assert_int_equal(vector->has_nulls, block->null_count > 0);
    for (uint32_t i = 0; i < vector->length; i++) {
        const struct stoa_value expected =
            stoa_column_get(column, v * STOA_VECTOR_ROWS + i);
        const struct stoa_value found = stoa_vector_get(vector, i);
        assert_int_equal(found.is_null, expected.is_null);
        if (!expected.is_null)
            assert_int_equal(stoa_value_compare_exact(column->phys, &expected, &found), 0);
    }
}

static void check_select(struct stoa_block *block, const struct stoa_column *column,
                         uint32_t v, struct test_random *random,
                         struct stoa_vector *scratch)
{
    static const struct stoa_predicate null_tests[] = {
        {.kind = STOA_PREDICATE_IS_NULL}, {.kind = STOA_PREDICATE_IS_NOT_NULL}};
    uint64_t bits[STOA_VECTOR_WORDS];
    stoa_error err;
    const uint64_t kind = test_random_below(random, 8);
    const struct stoa_predicate *predicate =
        kind < 2 ? &null_tests[kind] : random_predicate(random, column);
    memset(bits, 0x5A, sizeof bits);
    assert_ok(stoa_block_select(block, v, predicate, scratch, bits, &err), &err);
    const uint32_t length = stoa_vector_length(column->length, v);
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        bool expected = false;
        if (i < length) {
            const struct stoa_value value =
                stoa_column_get(column, v * STOA_VECTOR_ROWS + i);
            expected = value.is_null ? predicate->kind == STOA_PREDICATE_IS_NULL
                                     : stoa_predicate_match(predicate, &value);
        }
        assert_int_equal(stoa_bit_get(bits, i) != 0, expected);
    }
}

static void check_value(const struct stoa_column *column, uint32_t row,
                        const struct stoa_value *found)
{
    const struct stoa_value expected = stoa_column_get(column, row);
    assert_int_equal(found->is_null, expected.is_null);
    if (!expected.is_null)
        assert_int_equal(stoa_value_compare_exact(column->phys, &expected, found), 0);
}

static void check_at(struct stoa_block *block, const struct stoa_column *column,
                     struct test_random *random)
{
    for (int i = 0; i < 40; i++) {
        struct stoa_value value;
        stoa_error err;
        const uint32_t row = i == 0 ? column->length - 1
                                    : (uint32_t)test_random_below(random, column->length);
        assert_ok(stoa_block_at(block, row, &value, &err), &err);
        check_value(column, row, &value);
    }
}

enum { TAKE_MOST = 200 };

/* Rows of one of three orders, from a few vectors or from all. */
static uint32_t draw_rows(struct test_random *random, uint32_t length,
                          uint32_t rows[TAKE_MOST])
{
    const uint32_t count = (uint32_t)test_random_below(random, TAKE_MOST + 1);
    const uint32_t within =
        test_random_below(random, 2) && length > 50 ? length / 50 : length;
    const uint64_t order = test_random_below(random, 3);
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = (uint32_t)test_random_below(random, within);
        if (order > 0 && i > 0 && rows[i] < rows[i - 1]) /* ascending, with repetitions */
            rows[i] = rows[i - 1];
    }
    if (order == 2 && count > 1)
        rows[count - 1] = 0; /* nearly */
    return count;
}

static void check_take(struct stoa_block *block, const struct stoa_column *column,
                       struct test_random *random)
{
    struct stoa_column_builder taken;
    stoa_column_builder_init(&taken, column->phys);
    uint32_t before = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t rows[TAKE_MOST];
        stoa_error err;
        const uint32_t count = draw_rows(random, column->length, rows);
        assert_ok(stoa_block_take(block, rows, count, &taken, &err), &err);
        assert_int_equal(taken.length, before + count);
        const struct stoa_column found = stoa_column_builder_view(&taken);
        for (uint32_t k = 0; k < count; k++) {
            const struct stoa_value value = stoa_column_get(&found, before + k);
            check_value(column, rows[k], &value);
        }
        before = taken.length;
    }
    stoa_column_builder_done(&taken);
}

static void check_extremes(struct stoa_block *block, const struct stoa_column *column,
                           uint32_t first, uint32_t count, uint64_t expected_valid)
{
    struct stoa_number_range expected = stoa_no_numbers();
    stoa_i128 low = 1;
    stoa_i128 high = 1;
    uint64_t valid = 7;
    stoa_error err;
    for (uint32_t row = first * STOA_VECTOR_ROWS;
         row < (first + count) * STOA_VECTOR_ROWS && row < column->length; row++) {
        const struct stoa_value value = stoa_column_get(column, row);
        if (value.is_null)
            continue;
        const stoa_i128 number = stoa_value_number(column->phys, &value);
        stoa_range_widen(&expected, number, number);
    }
    assert_ok(stoa_block_extremes(block, first, count, &valid, &low, &high, &err), &err);
    assert_int_equal(valid, expected_valid);
    assert_true(low == (valid > 0 ? expected.low : 1));
    assert_true(high == (valid > 0 ? expected.high : 1));
}

/* Random vectors, all of them at last. */
static void check_sum(struct stoa_block *block, const struct stoa_column *column,
                      struct test_random *random)
{
    const uint32_t vectors = stoa_vector_count(column->length);
    for (int i = 0; i < 5; i++) {
        const uint32_t first = i == 4 ? 0 : (uint32_t)test_random_below(random, vectors);
        const uint32_t count =
            i == 4 ? vectors : (uint32_t)test_random_below(random, vectors - first + 1);
        stoa_i128 expected = 0;
        uint64_t expected_valid = 0;
        stoa_i128 sum = 1;
        uint64_t valid = 1;
        stoa_error err;
        for (uint32_t row = first * STOA_VECTOR_ROWS;
             row < (first + count) * STOA_VECTOR_ROWS && row < column->length; row++) {
            const struct stoa_value value = stoa_column_get(column, row);
            expected_valid += !value.is_null;
            if (!value.is_null)
                expected += stoa_value_number(column->phys, &value);
        }
        assert_ok(stoa_block_sum(block, first, count, &valid, &sum, &err), &err);
        assert_int_equal(valid, expected_valid);
        assert_true(sum == expected);
        check_extremes(block, column, first, count, expected_valid);
    }
}

static void check_block(const struct stoa_column *column, enum stoa_profile profile,
                        struct test_random *random)
{
    struct made_block made;
    struct stoa_vector vector;
    stoa_error err;
    encode_block(column, profile, &made);
    assert_ok(open_block(column, &made, &err), &err);
    assert_int_equal(made.encoding, made.block.root ? made.block.root->encoding->id : 0);
    assert_ok(stoa_vector_init(&vector, column->phys, NULL), NULL);
    const uint32_t vectors = stoa_vector_count(column->length);
    for (uint32_t v = 0; v < vectors; v++)
        check_decode(&made.block, column, v, &vector);
    for (uint32_t i = 0; i < 12; i++)
        check_select(&made.block, column, (uint32_t)test_random_below(random, vectors),
                     random, &vector);
    check_at(&made.block, column, random);
    check_take(&made.block, column, random);
    for (uint32_t v = 0; v < vectors; v++)
        check_decode(&made.block, column, v, &vector);
    if (column->phys == STOA_PHYS_I64 || column->phys == STOA_PHYS_U64)
        check_sum(&made.block, column, random);
    stoa_vector_done(&vector);
    block_done(&made);
}

static void test_block_gives_back_every_kind_and_share_of_nulls(void **state)
{
    STOA_UNUSED(state);
    static const unsigned percents[] = {0, 1, 20, 50, 90, 99, 100};
    static const uint32_t lengths[] = {1, 64, 1000, 3001};
    struct test_random random = test_random_start(2101);
    for (int i = 0; i < 7 * 7 * 4; i++) {
        struct stoa_column_builder builder;
        random_column(&random, (enum stoa_phys)(1 + i % 7), lengths[i / 49],
                      percents[i / 7 % 7], 1 + i % 5 * 9, &builder);
        const struct stoa_column column = stoa_column_builder_view(&builder);
        check_block(&column, (enum stoa_profile)(i % 3), &random);
        stoa_column_builder_done(&builder);
    }
}

static void test_block_of_65536_rows(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2102);
    struct stoa_column_builder builder;
    random_column(&random, STOA_PHYS_I64, STOA_BLOCK_ROWS, 3, 50, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    check_block(&column, STOA_PROFILE_BALANCED, &random);
    stoa_column_builder_done(&builder);
}

/* ---- kinds of validity ---- */

static int64_t numbers[STOA_BLOCK_ROWS];
static uint64_t validity[STOA_BLOCK_ROWS / 64];

static struct stoa_column number_column(uint32_t rows)
{
    return (struct stoa_column){
        .phys = STOA_PHYS_I64, .length = rows, .validity = validity, .values = numbers};
}

static void expect_kind(uint32_t rows, unsigned kind)
{
    struct test_random random = test_random_start(2103);
    struct made_block made;
    const struct stoa_column column = number_column(rows);
    for (uint32_t i = 0; i < rows; i++)
        numbers[i] = (int64_t)i * i;
    encode_block(&column, STOA_PROFILE_BALANCED, &made);
    assert_int_equal(made.payload.data[0], kind);
    stoa_buf_done(&made.payload);
    check_block(&column, STOA_PROFILE_BALANCED, &random);
}

static void set_rows(bool valid, uint32_t rows, uint32_t first, uint32_t count,
                     uint32_t step)
{
    for (uint32_t row = first; count > 0 && row < rows; row += step, count--) {
        if (valid)
            stoa_bit_set(validity, row);
        else
            stoa_bit_clear(validity, row);
    }
}

static void test_validity_takes_the_smallest_kind(void **state)
{
    STOA_UNUSED(state);
    memset(validity, 0xFF, sizeof validity);
    expect_kind(5000, 0);
    set_rows(false, 5000, 17, 20, 100);
    expect_kind(5000, 3); /* 20 NULLs of 5,000 */
    memset(validity, 0, sizeof validity);
    expect_kind(5000, 1);
    set_rows(true, 5000, 3, 20, 100);
    expect_kind(5000, 4); /* 20 valid rows */
    set_rows(true, 65536, 1000, 40000, 1);
    expect_kind(65536, 5); /* few runs */
    memset(validity, 0x5A, sizeof validity);
    expect_kind(5000, 2);
    expect_kind(4992, 2);
}

static void test_block_writes_the_specified_bytes(void **state)
{
    STOA_UNUSED(state);
    static const int64_t values[] = {5, -999, 5, 5};
    static const uint64_t valid = 0xD;
    const struct stoa_column column = {
        .phys = STOA_PHYS_I64, .length = 4, .validity = &valid, .values = values};
    uint8_t expected[64];
    struct made_block made;
    const size_t size = hex_bytes("02 00 00 00 00 00 00 00  0d 00 00 00 00 00 00 00 "
                                  "02 02 00 00 04 00 00 00  18 00 00 00 00 00 00 00 "
                                  "05 00 00 00 00 00 00 00",
                                  expected, sizeof expected);
    expected[28] = 8; /* the parameter of CONST */
    encode_block(&column, STOA_PROFILE_BALANCED, &made);
    assert_int_equal(made.payload.size, size);
    assert_bytes(made.payload.data, expected, size);
    stoa_buf_done(&made.payload);
}

/* ---- behind NULLs ---- */

/* Two columns that differ only behind NULLs give the same bytes [FMT-5]. */
static void test_block_does_not_see_behind_null(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2104);
    for (int i = 0; i < 70; i++) {
        const enum stoa_phys phys = (enum stoa_phys)(1 + i % 7);
        struct stoa_column_builder one;
        struct stoa_column_builder two;
        struct made_block first;
        struct made_block second;
        stoa_column_builder_init(&one, phys);
        stoa_column_builder_init(&two, phys);
        for (uint32_t row = 0; row < 1200; row++) {
            struct stoa_value value = random_value(&random, phys);
            assert_ok(stoa_column_builder_append(&one, &value, NULL), NULL);
            if (row % 3 == 1)
                value = random_value(&random, phys);
            assert_ok(stoa_column_builder_append(&two, &value, NULL), NULL);
        }
        struct stoa_column a = stoa_column_builder_view(&one);
        struct stoa_column b = stoa_column_builder_view(&two);
        memset(validity, 0xFF, sizeof validity);
        set_rows(false, 1200, 1, 1200, 3);
        a.validity = b.validity = validity;
        encode_block(&a, (enum stoa_profile)(i % 3), &first);
        encode_block(&b, (enum stoa_profile)(i % 3), &second);
        assert_int_equal(first.payload.size, second.payload.size);
        assert_bytes(second.payload.data, first.payload.data, first.payload.size);
        stoa_buf_done(&first.payload);
        stoa_buf_done(&second.payload);
        stoa_column_builder_done(&one);
        stoa_column_builder_done(&two);
    }
}

static void test_block_with_nulls_and_one_value_is_constant(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2105);
    for
        EACH_PHYS(phys)
        {
            struct stoa_column_builder builder;
            struct made_block made;
            random_column(&random, (enum stoa_phys)phys, 3000, 40, 1, &builder);
            const struct stoa_column column = stoa_column_builder_view(&builder);
            encode_block(&column, STOA_PROFILE_BALANCED, &made);
            assert_int_equal(made.encoding, STOA_ENC_CONST);
            stoa_buf_done(&made.payload);
            check_block(&column, STOA_PROFILE_BALANCED, &random);
            stoa_column_builder_done(&builder);
        }
}

/* ---- with a dictionary ---- */

static void test_block_uses_a_dictionary_when_offered(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2106);
    struct stoa_column_builder builder;
    struct stoa_dictionary_build *build = NULL;
    struct made_block made = {.encoding = 0};
    struct stoa_buf payload;
    struct stoa_arena arena;
    struct stoa_dictionary dictionary;
    struct stoa_vector vector;
    uint8_t encoding = 0;
    stoa_error err;
    random_column(&random, STOA_PHYS_BYTES, 20000, 25, 60, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    stoa_buf_init(&payload, (size_t)1 << 24);
    stoa_buf_init(&made.payload, (size_t)1 << 24);
    stoa_arena_init(&arena, (size_t)1 << 24);
    assert_ok(stoa_dictionary_build_create(&column, STOA_PROFILE_BALANCED, &build, &err),
              &err);
    assert_non_null(build);
    assert_ok(stoa_dictionary_build_encode(
                  build, &(struct stoa_encode_means){.profile = STOA_PROFILE_BALANCED},
                  &payload, &encoding, &err),
              &err);
    assert_ok(stoa_dictionary_open(payload.data, payload.size, STOA_PHYS_BYTES, false,
                                   stoa_dictionary_build_count(build), stoa_kernels_best(),
                                   &arena, NULL, &dictionary, &err),
              &err);
    assert_ok(stoa_block_encode(&column, stoa_dictionary_build_codes(build),
                                stoa_dictionary_build_count(build), STOA_PROFILE_BALANCED,
                                &made.payload, &made.encoding, &made.uses_dictionary, &err),
              &err);
    assert_true(made.uses_dictionary && made.encoding == STOA_ENC_DICT);
    stoa_arena_init(&made.arena, (size_t)1 << 24);
    assert_ok(stoa_block_open(made.payload.data, made.payload.size, STOA_PHYS_BYTES, false,
                              column.length, count_nulls(&column), &dictionary, NULL,
                              stoa_kernels_best(), &made.arena, NULL, &made.block, &err),
              &err);
    assert_ok(stoa_vector_init(&vector, STOA_PHYS_BYTES, NULL), NULL);
    for (uint32_t v = 0; v < stoa_vector_count(column.length); v++) {
        check_decode(&made.block, &column, v, &vector);
        check_select(&made.block, &column, v, &random, &vector);
    }
    stoa_vector_done(&vector);
    block_done(&made);
    stoa_dictionary_build_free(build);
    stoa_buf_done(&payload);
    stoa_arena_done(&arena);
    stoa_column_builder_done(&builder);
}

/* ---- damage ---- */

struct block_damage {
    size_t offset;
    size_t size;
    uint8_t bytes[8];
    const char *message;
};

/* A block of 100 rows whose validity is of the wanted kind. */
static struct made_block kind_block(unsigned kind)
{
    struct made_block made;
    memset(validity, kind == 4 ? 0 : 0xFF, sizeof validity);
    if (kind == 2)
        set_rows(false, 100, 0, 50, 2);
    else if (kind == 3)
        set_rows(false, 100, 10, 2, 50);
    else if (kind == 4)
        set_rows(true, 100, 10, 2, 50);
    else if (kind == 5)
        set_rows(false, 100, 20, 50, 1);
    const struct stoa_column column = number_column(100);
    encode_block(&column, STOA_PROFILE_BALANCED, &made);
    assert_int_equal(made.payload.data[0], kind);
    return made;
}

static void check_damage(unsigned kind, const struct block_damage *damage)
{
    struct made_block made = kind_block(kind);
    const struct stoa_column column = number_column(100);
    stoa_error err;
    memcpy(made.payload.data + damage->offset, damage->bytes, damage->size);
    if (open_block(&column, &made, &err) == STOA_OK)
        fail_msg("opened in spite of: %s", damage->message);
    assert_int_equal(err.status, STOA_E_CORRUPT);
    assert_contains(err.message, damage->message);
    block_done(&made);
}

static void test_validity_refuses_wrong_bytes(void **state)
{
    STOA_UNUSED(state);
    static const struct {
        unsigned kind;
        struct block_damage damage;
    } cases[] = {
        {2, {0, 1, {6}, "validity: expected kind 0 to 5, found 6"}                       },
        {2,
         {0, 1, {0}, "validity: expected a kind for 50 NULLs in 100 rows, found kind 0"} },
        {2,
         {0, 1, {1}, "validity: expected a kind for 50 NULLs in 100 rows, found kind 1"} },
        {2, {1, 1, {1}, "validity: expected 0 behind kind 2, found 1 0"}                 },
        {2, {2, 1, {1}, "validity: expected 0 behind kind 2, found 0 1"}                 },
        {2, {4, 1, {1}, "validity: expected no entries in kind 2, found 1"}              },
        {2, {8, 1, {0}, "validity: expected 50 NULLs, found 54"}                         },
        {2, {23, 1, {0x80}, "validity: expected bits of 0 behind row 100, found 8000000"}},
        {3,
         {4, 1, {0}, "validity: expected 1 or more (at most the rows) entries in kind 3"}},
        {3,
         {4,
          1,
          {101},
          "validity: expected 1 or more (at most the rows) entries in kind 3"}           },
        {3, {8, 1, {60}, "validity: expected entry 1 behind 60 and below 100, found 60"} },
        {3,
         {10, 1, {100}, "validity: expected entry 1 behind 10 and below 100, found 100"} },
        {3, {4, 1, {1}, "validity: expected padding of 0, found 60"}                     },
        {4, {8, 1, {60}, "validity: expected entry 1 behind 60 and below 100, found 60"} },
        {5, {1, 1, {2}, "validity: expected 0 behind kind 5, found 2 0"}                 },
        {5, {8, 1, {30}, "validity: expected 50 NULLs, found 39"}                        },
        {5, {12, 1, {98}, "the last run to end at row 99, found 98"}                     },
        {5, {8, 1, {70}, "validity: expected entry 1 behind 70"}                         },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_damage(cases[i].kind, &cases[i].damage);
}

static void test_block_refuses_what_its_record_contradicts(void **state)
{
    STOA_UNUSED(state);
    struct made_block made = kind_block(3);
    struct stoa_block block;
    struct stoa_arena arena;
    stoa_error err;
    static const struct {
        uint32_t rows;
        uint32_t nulls;
        const char *message;
    } cases[] = {
        {0,     0,   "block: expected 1 to 65536 rows and no more NULLs, found 0 and 0"    },
        {65537, 2,   "block: expected 1 to 65536 rows and no more NULLs, found 65537 and 2"},
        {100,   101, "block: expected 1 to 65536 rows and no more NULLs, found 100 and 101"},
        {100,   3,   "validity: expected 3 NULLs, found 2"                                 },
        {100,   100, "validity: expected a kind for 100 NULLs in 100 rows, found kind 3"   },
        {99,    2,   "expected 99 values, found 100"                                       },
        {60,    2,   "validity: expected entry 1 behind 10 and below 60, found 60"         },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        stoa_arena_init(&arena, (size_t)1 << 20);
        assert_fails(stoa_block_open(made.payload.data, made.payload.size, STOA_PHYS_I64,
                                     false, cases[i].rows, cases[i].nulls, NULL, NULL,
                                     stoa_kernels_best(), &arena, NULL, &block, &err),
                     STOA_E_CORRUPT, &err);
        assert_contains(err.message, cases[i].message);
        stoa_arena_done(&arena);
    }
    stoa_buf_done(&made.payload);
}

static void test_block_refuses_bytes_behind_its_root(void **state)
{
    STOA_UNUSED(state);
    struct made_block made = kind_block(3);
    const struct stoa_column column = number_column(100);
    stoa_error err;
    assert_ok(stoa_buf_append_zeros(&made.payload, 8, &err), &err);
    assert_fails(open_block(&column, &made, &err), STOA_E_CORRUPT, &err);
    assert_contains(err.message, "block: expected the root node to have");
    block_done(&made);
    memset(validity, 0, sizeof validity);
    encode_block(&column, STOA_PROFILE_BALANCED, &made);
    assert_int_equal(made.payload.size, 8);
    assert_ok(stoa_buf_append_zeros(&made.payload, 8, &err), &err);
    assert_fails(open_block(&column, &made, &err), STOA_E_CORRUPT, &err);
    assert_contains(err.message,
                    "expected nothing behind the validity of 100 NULLs, found 8");
    block_done(&made);
}

static void test_block_survives_any_changed_byte(void **state)
{
    STOA_UNUSED(state);
    const struct stoa_column column = number_column(100);
    struct stoa_vector vector;
    assert_ok(stoa_vector_init(&vector, STOA_PHYS_I64, NULL), NULL);
    for (unsigned kind = 2; kind <= 5; kind++) {
        struct made_block good = kind_block(kind);
        for (size_t i = 0; i < good.payload.size * 9; i++) {
            struct made_block made = {.null_count = good.null_count};
            uint8_t *copy = malloc(good.payload.size);
            stoa_error err;
            assert_non_null(copy);
            memcpy(copy, good.payload.data, good.payload.size);
            copy[i / 9] ^= (uint8_t)(i % 9 == 8 ? 0xFF : 1 << i % 9);
            made.payload = good.payload;
            made.payload.data = copy;
            if (open_block(&column, &made, &err) == STOA_OK)
                assert_int_equal(stoa_block_decode(&made.block, 0, &vector, &err), STOA_OK);
            stoa_arena_done(&made.arena);
            free(copy);
        }
        for (size_t size = 0; size < good.payload.size; size++) {
            struct made_block made = {.null_count = good.null_count};
            uint8_t *copy = malloc(size + 1);
            stoa_error err;
            assert_non_null(copy);
            memcpy(copy, good.payload.data, size);
            made.payload = good.payload;
            made.payload.data = copy;
            made.payload.size = size;
            assert_true(open_block(&column, &made, &err) != STOA_OK);
            stoa_arena_done(&made.arena);
            free(copy);
        }
        stoa_buf_done(&good.payload);
    }
    stoa_vector_done(&vector);
}

/* ---- memory ---- */

static stoa_status encode_and_read(void *context, stoa_error *err)
{
    const struct stoa_column *column = context;
    struct made_block made = {.null_count = count_nulls(column)};
    struct stoa_vector vector = {.values = {.raw = NULL}};
    stoa_status status = STOA_OK;
    stoa_buf_init(&made.payload, (size_t)1 << 24);
    stoa_arena_init(&made.arena, (size_t)1 << 24);
    STOA_TRY_CLEANUP(stoa_vector_init(&vector, column->phys, err));
    STOA_TRY_CLEANUP(stoa_block_encode(column, NULL, 0, STOA_PROFILE_BALANCED,
                                       &made.payload, &made.encoding, &made.uses_dictionary,
                                       err));
    STOA_TRY_CLEANUP(open_block(column, &made, err));
    STOA_TRY_CLEANUP(stoa_block_decode(&made.block, 0, &vector, err));
cleanup:
    stoa_vector_done(&vector);
    block_done(&made);
    return status;
}

static stoa_status take_rows(void *context, stoa_error *err)
{
    const struct stoa_column *column = context;
    static const uint32_t rows[] = {7,   1400, 3,  1401, 1402, 1403, 1404, 1405, 1406,
                                    140, 1408, 99, 1409, 1410, 1411, 1412, 1413, 1414};
    enum { COUNT = sizeof rows / sizeof rows[0] };
    struct made_block made;
    struct stoa_column_builder taken;
    stoa_status status = STOA_OK;
    stoa_column_builder_init(&taken, column->phys);
    made.null_count = count_nulls(column);
    stoa_buf_init(&made.payload, (size_t)1 << 24);
    stoa_arena_init(&made.arena, (size_t)1 << 24);
    STOA_TRY_CLEANUP(stoa_block_encode(column, NULL, 0, STOA_PROFILE_BALANCED,
                                       &made.payload, &made.encoding, &made.uses_dictionary,
                                       err));
    STOA_TRY_CLEANUP(open_block(column, &made, err));
    STOA_TRY_CLEANUP(stoa_block_take(&made.block, rows, 2, &taken, err));
    status = stoa_block_take(&made.block, rows, COUNT, &taken, err);
    assert_int_equal(taken.length, status == STOA_OK ? 2 + COUNT : 2);
cleanup:
    stoa_column_builder_done(&taken);
    block_done(&made);
    return status;
}

/* [BLK-9] What was there before stays as it was when the rows to come are damaged. */
static void test_block_take_leaves_no_rows_of_a_failed_call(void **state)
{
    STOA_UNUSED(state);
    static const uint32_t good[] = {1, 2, 3};
    static const uint32_t bad[] = {1, 2, 3, 2500};
    static const uint32_t bad_down[] = {2500, 3};
    struct test_random random = test_random_start(2109);
    struct stoa_column_builder builder;
    struct stoa_column_builder taken;
    struct made_block made;
    stoa_error err;
    shape_column(&random, STOA_PHYS_BYTES, SHAPE_NARROW, 3000, &builder);
    const struct stoa_column column = stoa_column_builder_view(&builder);
    made.null_count = 0;
    stoa_buf_init(&made.payload, (size_t)1 << 24);
    assert_ok(stoa_buf_append_zeros(&made.payload, 8, NULL), NULL); /* no NULLs */
    node_encode(STOA_ENC_STR, &column, STOA_PROFILE_FAST, &made.payload);
    uint8_t *heap_end = made.payload.data + made.payload.size - 24;
    memset(heap_end, 0xFF, 16); /* damage in the last frame, behind its start */
    stoa_arena_init(&made.arena, (size_t)1 << 27);
    assert_ok(stoa_block_open(made.payload.data, made.payload.size, STOA_PHYS_BYTES, true,
                              column.length, 0, NULL, NULL, stoa_kernels_best(),
                              &made.arena, NULL, &made.block, &err),
              &err);
    stoa_column_builder_init(&taken, STOA_PHYS_BYTES);
    const stoa_status expected = stoa_block_take(&made.block, bad + 3, 1, &taken, &err);
    assert_true(expected != STOA_OK);
    assert_int_equal(taken.length, 0);
    if (stoa_block_take(&made.block, good, 3, &taken, &err) == STOA_OK)
        assert_int_equal(taken.length, 3);
    const struct stoa_column_builder before = taken;
    assert_fails(stoa_block_take(&made.block, bad, 4, &taken, &err), expected, &err);
    assert_fails(stoa_block_take(&made.block, bad_down, 2, &taken, &err), expected, &err);
    assert_int_equal(taken.length, before.length);
    assert_int_equal(taken.byte_size, before.byte_size);
    assert_int_equal(taken.null_count, before.null_count);
    stoa_column_builder_done(&taken);
    stoa_column_builder_done(&builder);
    block_done(&made);
}

static void test_block_survives_allocation_failures(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(2107);
    static const enum stoa_phys kinds[] = {STOA_PHYS_BOOL, STOA_PHYS_I64, STOA_PHYS_I128,
                                           STOA_PHYS_BYTES};
    for (size_t i = 0; i < 4; i++) {
        struct stoa_column_builder builder;
        random_column(&random, kinds[i], 1500, 30, 40, &builder);
        struct stoa_column column = stoa_column_builder_view(&builder);
        assert_true(test_allocation_failures(encode_and_read, &column) > 5);
        assert_true(test_allocation_failures(take_rows, &column) > 8);
        stoa_column_builder_done(&builder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block_gives_back_every_kind_and_share_of_nulls),
        cmocka_unit_test(test_block_of_65536_rows),
        cmocka_unit_test(test_validity_takes_the_smallest_kind),
        cmocka_unit_test(test_block_writes_the_specified_bytes),
        cmocka_unit_test(test_block_does_not_see_behind_null),
        cmocka_unit_test(test_block_with_nulls_and_one_value_is_constant),
        cmocka_unit_test(test_block_uses_a_dictionary_when_offered),
        cmocka_unit_test(test_validity_refuses_wrong_bytes),
        cmocka_unit_test(test_block_refuses_what_its_record_contradicts),
        cmocka_unit_test(test_block_refuses_bytes_behind_its_root),
        cmocka_unit_test(test_block_survives_any_changed_byte),
        cmocka_unit_test(test_block_take_leaves_no_rows_of_a_failed_call),
        cmocka_unit_test(test_block_survives_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
