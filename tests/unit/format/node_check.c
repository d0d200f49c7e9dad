/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that the tests of encodings share; see node_check.h. */
#include "tests/unit/format/node_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/enc/enc_parts.h"

/* ---- shapes ---- */

static int64_t shape_number(struct test_random *random, enum shape shape, uint32_t row)
{
    switch (shape) {
    case SHAPE_CONSTANT: return 4711;
    case SHAPE_ASCENDING: return (int64_t)row * 3 - 1000;
    case SHAPE_NARROW: return 1000000 + (int64_t)test_random_below(random, 100);
    case SHAPE_HIGH_OUTLIERS:
        return test_random_below(random, 50) == 0 ? (int64_t)(test_random_next(random) >> 8)
                                                  : (int64_t)test_random_below(random, 16);
    case SHAPE_LOW_OUTLIERS:
        return test_random_below(random, 50) == 0
                   ? -(int64_t)test_random_below(random, 1000000)
                   : INT64_C(1000000000000) + (int64_t)test_random_below(random, 16);
    case SHAPE_SCALED: return ((int64_t)test_random_below(random, 5000) - 2500) * 1000;
    case SHAPE_EXTREMES: return test_random_below(random, 2) ? INT64_MAX : INT64_MIN;
    case SHAPE_SKEWED:
        return (int64_t)(test_random_below(random, 4) ? 7
                                                      : test_random_below(random, 60) * 9);
    case SHAPE_WIDE:
    case SHAPE_RUNS:
    case SHAPE_LONG_RUNS:
    case SHAPE_COUNT: break;
    }
    return (int64_t)test_random_next(random);
}

/* The number as a value of the kind; texts go to `text`. */
static struct stoa_value make_value(enum stoa_phys phys, int64_t number, char *text,
                                    size_t room)
{
    struct stoa_value value = {.is_null = false};
    switch (phys) {
    case STOA_PHYS_BOOL: value.boolean = number & 1; break;
    case STOA_PHYS_I64: value.i64 = number; break;
    case STOA_PHYS_U64: value.u64 = (uint64_t)number; break;
    case STOA_PHYS_F64: value.f64 = (double)number / 100; break;
    case STOA_PHYS_I128: value.i128 = (stoa_i128)number + ((stoa_i128)5 << 80); break;
    case STOA_PHYS_FIXED16:
        memset(value.fixed16, 0, sizeof value.fixed16);
        memcpy(value.fixed16 + 3, &number, sizeof number);
        break;
    case STOA_PHYS_BYTES:
        value.bytes.length = (uint32_t)snprintf(text, room, "text \xC3\xA4 %lld",
                                                (long long)(number % 1000000007));
        if (number % 7 == 0)
            value.bytes.length = 0;
        value.bytes.data = (const uint8_t *)text;
        break;
    case STOA_PHYS_COUNT: break;
    }
    return value;
}

void shape_column(struct test_random *random, enum stoa_phys phys, enum shape shape,
                  uint32_t rows, struct stoa_column_builder *out_builder)
{
    char text[64];
    stoa_column_builder_init(out_builder, phys);
    for (uint32_t row = 0; row < rows;) {
        uint32_t run = 1;
        int64_t number = shape_number(random, shape, row);
        if (shape == SHAPE_RUNS || shape == SHAPE_LONG_RUNS) {
            run = 1 + (uint32_t)test_random_below(random, shape == SHAPE_RUNS ? 40 : 4000);
            number = (int64_t)test_random_below(random, 12) * 5;
        }
        struct stoa_value value = make_value(phys, number, text, sizeof text);
        if (shape == SHAPE_WIDE && stoa_phys_width(phys) > 0)
            test_random_bytes(random, value.fixed16, stoa_phys_width(phys));
        for (; run > 0 && row < rows; run--, row++)
            assert_ok(stoa_column_builder_append(out_builder, &value, NULL), NULL);
    }
}

/* ---- nodes ---- */

void node_encode(unsigned encoding, const struct stoa_column *column,
                 enum stoa_profile profile, struct stoa_buf *out)
{
    stoa_error err;
    struct stoa_enc_input input = {
        .column = column, .profile = profile, .depth = 1, .limit = INFINITY};
    stoa_enc_collect_facts(column, NULL, &input.facts);
    assert_ok(stoa_encoding_find(encoding)->encode(&input, out, &err), &err);
}

stoa_status node_open(const uint8_t *bytes, size_t size, enum stoa_phys phys,
                      uint32_t count, const struct stoa_dictionary *dictionary,
                      bool is_utf8, struct opened_node *out, stoa_error *err)
{
    stoa_arena_init(&out->arena, (size_t)256 << 20);
    out->node = NULL;
    out->context = (struct stoa_enc_context){.arena = &out->arena,
                                             .dictionary = dictionary,
                                             .kernels = stoa_kernels_best(),
                                             .is_utf8 = is_utf8};
    return stoa_node_open(bytes, size, phys, count, 1, &out->context, &out->node, err);
}

void node_close(struct opened_node *opened)
{
    stoa_arena_done(&opened->arena);
}

/* ---- comparing ---- */

static bool same_value(enum stoa_phys phys, const struct stoa_value *a,
                       const struct stoa_value *b)
{
    return stoa_value_compare_exact(phys, a, b) == 0;
}

static void check_vector(struct stoa_node *node, const struct stoa_column *column,
                         uint32_t vector, struct stoa_vector *out)
{
    stoa_error err;
    assert_ok(stoa_node_decode(node, vector, out, &err), &err);
    assert_int_equal(out->length, stoa_vector_length(column->length, vector));
    for (uint32_t i = 0; i < out->length; i++) {
        const struct stoa_value expected =
            stoa_column_get(column, vector * STOA_VECTOR_ROWS + i);
        const struct stoa_value found = stoa_vector_get(out, i);
        if (!same_value(column->phys, &expected, &found))
            fail_msg("row %u of vector %u differs (%s, kind %d, %u rows)", i, vector,
                     node->encoding->name, (int)column->phys, column->length);
    }
}

static void check_narrow(struct stoa_node *node, const struct stoa_column *column,
                         uint32_t vector)
{
    uint32_t codes[STOA_VECTOR_ROWS];
    const uint64_t *values = stoa_column_u64(column) + vector * STOA_VECTOR_ROWS;
    const uint32_t length = stoa_vector_length(column->length, vector);
    uint64_t largest = 0;
    for (uint32_t i = 0; i < length; i++)
        largest = values[i] > largest ? values[i] : largest;
    stoa_error err;
    if (largest > UINT32_MAX) {
        assert_fails(stoa_node_narrow(node, vector, codes, &err), STOA_E_CORRUPT, &err);
        return;
    }
    assert_ok(stoa_node_narrow(node, vector, codes, &err), &err);
    for (uint32_t i = 0; i < length; i++)
        assert_int_equal(codes[i], values[i]);
}

static void check_at(struct stoa_node *node, const struct stoa_column *column, uint32_t row)
{
    struct stoa_value found;
    stoa_error err;
    const struct stoa_value expected = stoa_column_get(column, row);
    memset(&found, 0xA5, sizeof found);
    assert_ok(stoa_node_at(node, row, &found, &err), &err);
    assert_false(found.is_null);
    if (!same_value(column->phys, &expected, &found))
        fail_msg("row %u alone differs (%s, kind %d, %u rows)", row, node->encoding->name,
                 (int)column->phys, column->length);
}

/* Rows of the vector: all of them where they are few, else some. */
static void check_points(struct stoa_node *node, const struct stoa_column *column,
                         uint32_t vector, struct test_random *random)
{
    const uint32_t first = vector * STOA_VECTOR_ROWS;
    const uint32_t length = stoa_vector_length(column->length, vector);
    const uint32_t step =
        column->length <= 2048 ? 1 : 1 + (uint32_t)test_random_below(random, 40);
    for (uint32_t i = 0; i < length; i += step)
        check_at(node, column, first + i);
    check_at(node, column, first + length - 1);
    check_at(node, column, (uint32_t)test_random_below(random, column->length));
}

/* A pure test that takes about a third of the values. */
static bool test_hash(const void *context, const struct stoa_value *value)
{
    const enum stoa_phys phys = *(const enum stoa_phys *)context;
    if (phys == STOA_PHYS_BYTES)
        return value->bytes.length % 3 == 0;
    if (phys == STOA_PHYS_BOOL)
        return value->boolean;
    return value->fixed16[0] % 3 == 0;
}

static void sort_set(enum stoa_phys phys, struct stoa_value *set, size_t count)
{
    for (size_t i = 1; i < count; i++) { /* insertion: sets are small */
        for (size_t k = i; k > 0 && stoa_value_compare(phys, &set[k], &set[k - 1]) < 0;
             k--) {
            const struct stoa_value swap = set[k];
            set[k] = set[k - 1];
            set[k - 1] = swap;
        }
    }
}

enum { SET_SIZE = 12, POOL_SIZE = 64 };

/* Constants: mostly values of the column, for an eighth anything. */
static void fill_set(struct test_random *random, const struct stoa_column *column,
                     struct stoa_value set[SET_SIZE])
{
    for (size_t i = 0; i < SET_SIZE; i++) {
        const uint32_t row = (uint32_t)test_random_below(random, column->length);
        set[i] = stoa_column_get(column, row);
        if (set[i].is_null || test_random_below(random, 8) == 0)
            set[i] = random_value(random, column->phys);
    }
}

static size_t unique(enum stoa_phys phys, struct stoa_value *set, size_t count)
{
    size_t kept = 0;
    sort_set(phys, set, count);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || stoa_value_compare(phys, &set[kept - 1], &set[i]) != 0)
            set[kept++] = set[i];
    }
    return kept;
}

const struct stoa_predicate *random_predicate(struct test_random *random,
                                              const struct stoa_column *column)
{
    static const enum stoa_phys kinds[] = {0,
                                           STOA_PHYS_BOOL,
                                           STOA_PHYS_I64,
                                           STOA_PHYS_U64,
                                           STOA_PHYS_F64,
                                           STOA_PHYS_I128,
                                           STOA_PHYS_BYTES,
                                           STOA_PHYS_FIXED16};
    static struct stoa_predicate pool[POOL_SIZE];
    static struct stoa_value sets[POOL_SIZE][SET_SIZE];
    static size_t next;
    const enum stoa_phys phys = column->phys;
    struct stoa_predicate *predicate = &pool[next % POOL_SIZE];
    struct stoa_value *set = sets[next++ % POOL_SIZE];
    *predicate =
        (struct stoa_predicate){.phys = phys, .negated = test_random_below(random, 3) == 0};
    fill_set(random, column, set);
    const uint64_t kind = test_random_below(random, 4);
    if (kind == 0) {
        predicate->kind = STOA_PREDICATE_TEST;
        predicate->test = test_hash;
        predicate->test_context = &kinds[phys];
    } else if (kind == 1) {
        predicate->kind = STOA_PREDICATE_SET;
        predicate->set = set;
        predicate->set_count = unique(phys, set, test_random_below(random, SET_SIZE));
    } else {
        predicate->kind = STOA_PREDICATE_RANGE;
        predicate->has_low = test_random_below(random, 4) > 0;
        predicate->has_high = test_random_below(random, 4) > 0;
        predicate->low_inclusive = test_random_below(random, 2);
        predicate->high_inclusive = test_random_below(random, 2);
        sort_set(phys, set, test_random_below(random, 8) ? 2 : 0); /* or low above high */
        predicate->low = set[0];
        predicate->high = set[1];
    }
    return predicate;
}

static void check_select(struct stoa_node *node, const struct stoa_column *column,
                         uint32_t vector, struct test_random *random,
                         struct stoa_vector *scratch)
{
    uint64_t bits[STOA_VECTOR_WORDS];
    stoa_error err;
    const struct stoa_predicate *predicate = random_predicate(random, column);
    memset(bits, 0xA5, sizeof bits);
    assert_ok(stoa_node_select(node, vector, predicate, scratch, bits, &err), &err);
    const uint32_t length = stoa_vector_length(column->length, vector);
    for (uint32_t i = 0; i < STOA_VECTOR_ROWS; i++) {
        bool expected = false;
        if (i < length) {
            const struct stoa_value value =
                stoa_column_get(column, vector * STOA_VECTOR_ROWS + i);
            expected = stoa_predicate_match(predicate, &value);
        }
        if ((stoa_bit_get(bits, i) != 0) != expected)
            fail_msg("row %u of vector %u: expected %d (%s, kind %d, predicate %d%s)", i,
                     vector, expected, node->encoding->name, (int)column->phys,
                     (int)predicate->kind, predicate->negated ? " negated" : "");
    }
}

static bool has_sum(enum stoa_phys phys)
{
    return phys == STOA_PHYS_I64 || phys == STOA_PHYS_U64;
}

/* Some rows, all of them at last. */
static void check_sum(struct stoa_node *node, const struct stoa_column *column,
                      struct test_random *random)
{
    for (int i = 0; i < 8; i++) {
        const uint32_t first =
            i == 7 ? 0 : (uint32_t)test_random_below(random, column->length + 1);
        const uint32_t left = column->length - first;
        const uint32_t count =
            i == 7 ? left : (uint32_t)test_random_below(random, left + 1);
        stoa_i128 expected = -7;
        stoa_i128 sum = -7;
        stoa_error err;
        for (uint32_t row = first; row < first + count; row++)
            expected += column->phys == STOA_PHYS_I64
                            ? (stoa_i128)stoa_column_i64(column)[row]
                            : (stoa_i128)stoa_column_u64(column)[row];
        assert_ok(stoa_node_sum(node, first, count, &sum, &err), &err);
        assert_true(sum == expected);
    }
}

/* Some rows, all of them at last; what the range held before stays in it. */
static void check_extremes(struct stoa_node *node, const struct stoa_column *column,
                           struct test_random *random)
{
    for (int i = 0; i < 8; i++) {
        const uint32_t first =
            i == 7 ? 0 : (uint32_t)test_random_below(random, column->length + 1);
        const uint32_t left = column->length - first;
        const uint32_t count =
            i == 7 ? left : (uint32_t)test_random_below(random, left + 1);
        struct stoa_number_range expected = stoa_no_numbers();
        if (i % 2 == 0) {
            const struct stoa_value some = stoa_column_get(column, 0);
            const stoa_i128 number = stoa_value_number(column->phys, &some);
            stoa_range_widen(&expected, number, number + 2);
        }
        struct stoa_number_range found = expected;
        stoa_error err;
        for (uint32_t row = first; row < first + count; row++) {
            const struct stoa_value value = stoa_column_get(column, row);
            const stoa_i128 number = stoa_value_number(column->phys, &value);
            stoa_range_widen(&expected, number, number);
        }
        assert_ok(stoa_node_extremes(node, first, count, &found, &err), &err);
        if (found.low != expected.low || found.high != expected.high)
            fail_msg("extremes of rows %u + %u differ (%s, kind %d, %u rows)", first, count,
                     node->encoding->name, (int)column->phys, column->length);
    }
}

void node_check(struct stoa_node *node, const struct stoa_column *column,
                struct test_random *random)
{
    struct stoa_vector vector;
    const uint32_t count = stoa_vector_count(column->length);
    assert_ok(stoa_vector_init(&vector, column->phys, NULL), NULL);
    for (uint32_t i = 0; i < count; i++) {
        check_points(node, column, i, random);
        check_vector(node, column, i, &vector);
        if (column->phys == STOA_PHYS_U64)
            check_narrow(node, column, i);
        check_points(node, column, i, random);
    }
    for (uint32_t i = 0; i < (count < 4 ? count : 4); i++)
        check_vector(node, column, (uint32_t)test_random_below(random, count), &vector);
    for (uint32_t i = 0; i < 24; i++) {
        check_select(node, column, (uint32_t)test_random_below(random, count), random,
                     &vector);
        check_at(node, column, (uint32_t)test_random_below(random, column->length));
    }
    if (has_sum(column->phys))
        check_sum(node, column, random);
    if (has_sum(column->phys))
        check_extremes(node, column, random);
    stoa_vector_done(&vector);
}

void node_round_trip(unsigned encoding, const struct stoa_column *column,
                     enum stoa_profile profile, struct test_random *random)
{
    struct stoa_buf bytes;
    struct stoa_buf again;
    struct opened_node opened;
    stoa_error err;
    stoa_buf_init(&bytes, SIZE_MAX / 4);
    stoa_buf_init(&again, SIZE_MAX / 4);
    node_encode(encoding, column, profile, &bytes);
    node_encode(encoding, column, profile, &again);
    assert_int_equal(bytes.size, again.size);
    assert_bytes(again.data, bytes.data, bytes.size);
    assert_int_equal(bytes.size % 8, 0);
    assert_ok(node_open(bytes.data, bytes.size, column->phys, column->length, NULL, false,
                        &opened, &err),
              &err);
    assert_int_equal(opened.node->size, bytes.size);
    node_check(opened.node, column, random);
    node_close(&opened);
    stoa_buf_done(&bytes);
    stoa_buf_done(&again);
}

void node_round_trip_shapes(unsigned encoding, enum stoa_phys phys, uint64_t seed)
{
    static const uint32_t lengths[] = {1, 2, 7, 64, 65, 1023, 1024, 1025, 2048, 5003};
    struct test_random random = test_random_start(seed);
    for (int shape = 0; shape < SHAPE_COUNT; shape++) {
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            struct stoa_column_builder builder;
            shape_column(&random, phys, (enum shape)shape, lengths[i], &builder);
            const struct stoa_column column = stoa_column_builder_view(&builder);
            node_round_trip(encoding, &column, (enum stoa_profile)(i % 3), &random);
            stoa_column_builder_done(&builder);
        }
    }
}

/* ---- damage ---- */

/* The views must point to readable bytes. */
static void read_view(struct stoa_view view)
{
    volatile uint8_t sink = 0;
    if (view.length > 0)
        sink = (uint8_t)(sink + view.data[0] + view.data[view.length - 1]);
}

/* Rows of a vector that was decoded: each alone must be the same. */
static void check_decoded_points(struct stoa_node *node, uint32_t vector,
                                 const struct stoa_vector *decoded)
{
    stoa_error err;
    for (uint32_t i = vector % 7; i < decoded->length; i += 97) {
        const struct stoa_value expected = stoa_vector_get(decoded, i);
        struct stoa_value found;
        assert_ok(stoa_node_at(node, vector * STOA_VECTOR_ROWS + i, &found, &err), &err);
        assert_true(same_value(decoded->phys, &expected, &found));
    }
}

/* Some vector could not be decoded: then some row cannot be read alone, for the same reason. But
 * how many bytes FSST's vectors have in all, single values do not tell. */
static void check_damaged_points(struct stoa_node *node, stoa_status expected)
{
    bool is_seen = false;
    for (uint32_t row = 0; row < node->count; row++) {
        struct stoa_value value;
        const stoa_status status = stoa_node_at(node, row, &value, NULL);
        if (status == STOA_OK && node->phys == STOA_PHYS_BYTES)
            read_view(value.bytes);
        is_seen |= status == expected;
        assert_true(status == STOA_OK || status == expected);
    }
    assert_true(is_seen || node->encoding->id == STOA_ENC_FSST);
}

/* What was decoded of a damaged node is what its sum and extremes are of. */
static void check_damaged_sum(struct stoa_node *node, const struct stoa_vector *vector,
                              uint32_t v)
{
    stoa_i128 expected = 0;
    stoa_i128 sum = 0;
    for (uint32_t i = 0; i < vector->length; i++)
        expected += node->phys == STOA_PHYS_I64 ? (stoa_i128)vector->values.i64[i]
                                                : (stoa_i128)vector->values.u64[i];
    assert_ok(stoa_node_sum(node, v * STOA_VECTOR_ROWS, vector->length, &sum, NULL), NULL);
    assert_true(sum == expected);
    struct stoa_number_range found = stoa_no_numbers();
    struct stoa_number_range range = stoa_no_numbers();
    for (uint32_t i = 0; i < vector->length; i++) {
        const struct stoa_value value = stoa_vector_get(vector, i);
        const stoa_i128 number = stoa_value_number(node->phys, &value);
        stoa_range_widen(&range, number, number);
    }
    assert_ok(stoa_node_extremes(node, v * STOA_VECTOR_ROWS, vector->length, &found, NULL),
              NULL);
    assert_true(found.low == range.low && found.high == range.high);
}

/* Opens and, when that works, decodes, selects and sums everything. */
static stoa_status read_all(const uint8_t *bytes, size_t size, enum stoa_phys phys,
                            uint32_t count, const struct stoa_dictionary *dictionary,
                            stoa_error *err)
{
    struct opened_node opened;
    struct stoa_vector vector;
    uint64_t bits[STOA_VECTOR_WORDS];
    const struct stoa_predicate all = {.kind = STOA_PREDICATE_RANGE, .phys = phys};
    stoa_status status =
        node_open(bytes, size, phys, count, dictionary, true, &opened, err);
    assert_ok(stoa_vector_init(&vector, phys, NULL), NULL);
    for (uint32_t v = 0; status == STOA_OK && v < stoa_vector_count(count); v++) {
        status = stoa_node_select(opened.node, v, &all, &vector, bits, err);
        if (status == STOA_OK)
            status = stoa_node_decode(opened.node, v, &vector, err);
        if (status == STOA_OK && has_sum(phys))
            check_damaged_sum(opened.node, &vector, v);
        if (status == STOA_OK && phys == STOA_PHYS_BYTES) {
            for (uint32_t i = 0; i < vector.length; i++)
                read_view(vector.values.views[i]);
        }
        if (status == STOA_OK)
            check_decoded_points(opened.node, v, &vector);
        else
            check_damaged_points(opened.node, status);
    }
    stoa_vector_done(&vector);
    node_close(&opened);
    return status;
}

void node_check_damage(const struct stoa_buf *bytes, enum stoa_phys phys, uint32_t count,
                       const struct stoa_dictionary *dictionary)
{
    static const uint8_t changes[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF};
    for (size_t i = 0; i < bytes->size; i++) {
        for (size_t k = 0; k < sizeof changes; k++) {
            stoa_error err = {.status = STOA_OK};
            uint8_t *copy = malloc(bytes->size); /* exact, so that overreads show */
            assert_non_null(copy);
            memcpy(copy, bytes->data, bytes->size);
            copy[i] ^= changes[k];
            const stoa_status status =
                read_all(copy, bytes->size, phys, count, dictionary, &err);
            if (status != STOA_OK) {
                assert_int_equal(err.status, status);
                assert_true(err.message[0] != 0);
                assert_true(status == STOA_E_CORRUPT || status == STOA_E_NEWER ||
                            status == STOA_E_CODEC || status == STOA_E_LIMIT);
            }
            free(copy);
        }
    }
    for (size_t size = 0; size < bytes->size; size++) {
        uint8_t *copy = malloc(size + 1);
        assert_non_null(copy);
        memcpy(copy, bytes->data, size);
        stoa_error err;
        struct opened_node opened;
        assert_true(node_open(copy, size, phys, count, dictionary, true, &opened, &err) !=
                    STOA_OK);
        node_close(&opened);
        free(copy);
    }
}

void node_check_message(const struct stoa_buf *bytes, enum stoa_phys phys, uint32_t count,
                        const struct stoa_dictionary *dictionary,
                        const struct node_damage *damage)
{
    const size_t size = damage->size > 0 ? bytes->size : damage->offset;
    uint8_t *copy = malloc(bytes->size);
    stoa_error err;
    assert_non_null(copy);
    memcpy(copy, bytes->data, bytes->size);
    assert_true(damage->offset + damage->size <= bytes->size);
    memcpy(copy + damage->offset, damage->bytes, damage->size);
    assert_fails(read_all(copy, size, phys, count, dictionary, &err), damage->code, &err);
    assert_contains(err.message, damage->message);
    free(copy);
}

size_t hex_bytes(const char *hex, uint8_t *out, size_t room)
{
    size_t size = 0;
    for (const char *p = hex; *p;) {
        char *end = NULL;
        const unsigned long byte = strtoul(p, &end, 16);
        if (end == p)
            break;
        assert_true(size < room && byte < 256);
        out[size++] = (uint8_t)byte;
        p = end;
    }
    return size;
}

struct stoa_buf node_from_hex(const char *hex)
{
    uint8_t bytes[4096];
    struct stoa_buf out;
    stoa_error err;
    stoa_buf_init(&out, sizeof bytes);
    assert_ok(stoa_buf_append(&out, bytes, hex_bytes(hex, bytes, sizeof bytes), &err),
              &err);
    return out;
}
