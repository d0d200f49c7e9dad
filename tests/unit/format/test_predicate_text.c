/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of format/predicate_text: parts, prefixes and single texts over vectors whose texts lie in
 * one heap or anywhere, with NULLs, against asking each row.
 */
#include "tests/support/test_support.h"

#include <string.h>

#include "format/predicate.h"

enum { HEAP_BYTES = 16384 };

static bool has_part(const void *context, const struct stoa_value *value)
{
    const struct stoa_view *part = context;
    return part->length == 0 ||
           (value->bytes.length >= part->length &&
            memmem(value->bytes.data, value->bytes.length, part->data, part->length));
}

static void check(const struct stoa_predicate *predicate, const struct stoa_vector *vector)
{
    uint64_t bits[STOA_VECTOR_WORDS];
    memset(bits, 0xA5, sizeof bits);
    stoa_predicate_eval(predicate, vector, bits);
    for (uint32_t row = 0; row < STOA_VECTOR_ROWS; row++) {
        bool expected = false;
        if (row < vector->length &&
            (!vector->has_nulls || stoa_bit_get(vector->validity, row))) {
            const struct stoa_value value = stoa_vector_get(vector, row);
            expected = stoa_predicate_match(predicate, &value);
        }
        if ((stoa_bit_get(bits, row) != 0) != expected)
            fail_msg("row %u of %u: expected %d", row, vector->length, expected);
    }
}

static void check_text(struct stoa_view text, bool negated,
                       const struct stoa_vector *vector)
{
    uint8_t next[16] = {0};
    struct stoa_predicate predicate = {.kind = STOA_PREDICATE_TEST,
                                       .phys = STOA_PHYS_BYTES,
                                       .negated = negated,
                                       .test = has_part,
                                       .test_context = &text,
                                       .part = &text};
    check(&predicate, vector);
    predicate = (struct stoa_predicate){.kind = STOA_PREDICATE_RANGE,
                                        .phys = STOA_PHYS_BYTES,
                                        .negated = negated,
                                        .has_low = true,
                                        .has_high = true,
                                        .low_inclusive = true,
                                        .high_inclusive = true,
                                        .low.bytes = text,
                                        .high.bytes = text};
    check(&predicate, vector);
    predicate.high_inclusive = false;
    check(&predicate, vector);
    if (text.length > 0) {
        memcpy(next, text.data, text.length);
        next[text.length - 1]++;
        predicate.high.bytes = (struct stoa_view){.data = next, .length = text.length};
        check(&predicate, vector);
        predicate.low_inclusive = false;
        check(&predicate, vector);
    }
}

/* Texts of few letters, also none and one of two bytes, so that parts often straddle them. */
static void fill_vector(struct test_random *random, bool is_heap, uint8_t *heap,
                        struct stoa_vector *vector)
{
    static const char letters[] = "abab\xC3\xA4";
    size_t at = 0;
    for (size_t i = 0; i < HEAP_BYTES; i++)
        heap[i] = (uint8_t)letters[test_random_below(random, 6)];
    for (uint32_t row = 0; row < vector->length; row++) {
        const uint32_t length = (uint32_t)test_random_below(random, 12);
        vector->values.views[row] =
            (struct stoa_view){.data = length > 0 ? heap + at : NULL, .length = length};
        at += length + (is_heap ? 0 : test_random_below(random, 2));
    }
    vector->has_nulls = test_random_below(random, 2);
    test_random_bytes(random, vector->validity, sizeof vector->validity);
}

static void test_texts_are_found_as_row_by_row(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(1710);
    static const uint32_t lengths[] = {1, 2, 64, 65, 1000, 1024};
    static uint8_t heap[HEAP_BYTES];
    struct stoa_vector vector;
    assert_ok(stoa_vector_init(&vector, STOA_PHYS_BYTES, NULL), NULL);
    for (size_t i = 0; i < 60; i++) {
        vector.length = lengths[i % 6];
        fill_vector(&random, i % 3 > 0, heap, &vector);
        for (uint32_t length = 0; length < 14; length++) {
            const size_t from = test_random_below(&random, 100);
            const struct stoa_view text = {.data = heap + from, .length = length};
            check_text(text, i % 2, &vector);
        }
    }
    stoa_vector_done(&vector);
}

static void test_vectors_of_empty_texts_hold_the_empty_part_alone(void **state)
{
    STOA_UNUSED(state);
    struct stoa_vector vector;
    const struct stoa_view none = {.data = NULL, .length = 0};
    const struct stoa_view some = {.data = (const uint8_t *)"a", .length = 1};
    assert_ok(stoa_vector_init(&vector, STOA_PHYS_BYTES, NULL), NULL);
    vector.length = 100;
    for (uint32_t row = 0; row < vector.length; row++)
        vector.values.views[row] = none;
    for (int negated = 0; negated < 2; negated++) {
        check_text(none, negated, &vector);
        check_text(some, negated, &vector);
    }
    stoa_vector_done(&vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_are_found_as_row_by_row),
        cmocka_unit_test(test_vectors_of_empty_texts_hold_the_empty_part_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
