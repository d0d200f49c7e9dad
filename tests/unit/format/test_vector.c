/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of format/vector.c: slices, single values, raw sizes, vectors. */
#include "tests/unit/format/random_column.h"

#include <string.h>

#include "common/alloc.h"

static void assert_same_value(enum stoa_phys phys, const struct stoa_value *a,
                              const struct stoa_value *b)
{
    assert_int_equal(a->is_null, b->is_null);
    if (!a->is_null)
        assert_int_equal(stoa_value_compare_exact(phys, a, b), 0);
}

static void test_slices_see_the_rows_of_their_column(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(321);
    for
        EACH_PHYS(phys)
        {
            struct stoa_column_builder builder;
            random_column(&random, (enum stoa_phys)phys, 500, 20, 30, &builder);
            const struct stoa_column column = stoa_column_builder_view(&builder);
            for (uint32_t first = 0; first < 500; first += 64) {
                const uint32_t count = (uint32_t)test_random_below(&random, 501 - first);
                const struct stoa_column slice = stoa_column_slice(&column, first, count);
                assert_int_equal(slice.length, count);
                for (uint32_t row = 0; row < count; row++) {
                    const struct stoa_value a = stoa_column_get(&slice, row);
                    const struct stoa_value b = stoa_column_get(&column, first + row);
                    assert_same_value((enum stoa_phys)phys, &a, &b);
                }
            }
            stoa_column_builder_done(&builder);
        }
}

/* [FMT-4] from the values alone. */
static uint64_t model_raw_size(const struct stoa_column *column)
{
    uint64_t bits = 0;
    for (uint32_t row = 0; row < column->length; row++) {
        const struct stoa_value value = stoa_column_get(column, row);
        if (column->phys == STOA_PHYS_BOOL)
            bits += 1;
        else if (column->phys == STOA_PHYS_BYTES)
            bits += 8 * (4 + (uint64_t)(value.is_null ? 0 : value.bytes.length));
        else
            bits += 8 * stoa_phys_width(column->phys);
    }
    return (bits + 7) / 8;
}

static void test_raw_size_counts_nulls_as_empty(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(322);
    for
        EACH_PHYS(phys)
        {
            for (unsigned null_percent = 0; null_percent <= 100; null_percent += 50) {
                struct stoa_column_builder builder;
                const uint32_t rows = (uint32_t)test_random_below(&random, 300);
                random_column(&random, (enum stoa_phys)phys, rows, null_percent, 30,
                              &builder);
                const struct stoa_column column = stoa_column_builder_view(&builder);
                assert_int_equal(stoa_column_raw_size(&column), model_raw_size(&column));
                stoa_column_builder_done(&builder);
            }
        }
}

static void test_raw_size_skips_text_behind_nulls(void **state)
{
    STOA_UNUSED(state);
    const uint32_t offsets[] = {5, 8, 12, 13};
    const uint64_t validity[] = {5}; /* the middle one is NULL */
    const struct stoa_column column = {.phys = STOA_PHYS_BYTES,
                                       .length = 3,
                                       .validity = validity,
                                       .offsets = offsets,
                                       .bytes = (const uint8_t *)"xxxxxabcdefgh"};
    assert_int_equal(stoa_column_raw_size(&column), 3 * 4 + 3 + 1);
}

static void test_vectors_give_back_what_was_put_in(void **state)
{
    STOA_UNUSED(state);
    struct test_random random = test_random_start(323);
    for
        EACH_PHYS(phys)
        {
            struct stoa_column_builder builder;
            struct stoa_vector vector;
            random_column(&random, (enum stoa_phys)phys, 1024, 10, 40, &builder);
            const struct stoa_column column = stoa_column_builder_view(&builder);
            vector_from_column(&column, &vector);
            for (uint32_t row = 0; row < 1024; row++) {
                const struct stoa_value a = stoa_vector_get(&vector, row);
                const struct stoa_value b = stoa_column_get(&column, row);
                assert_same_value((enum stoa_phys)phys, &a, &b);
            }
            stoa_vector_done(&vector);
            stoa_column_builder_done(&builder);
        }
}

static void test_new_vectors_are_empty_valid_and_aligned(void **state)
{
    STOA_UNUSED(state);
    for
        EACH_PHYS(phys)
        {
            struct stoa_vector vector;
            assert_ok(stoa_vector_init(&vector, (enum stoa_phys)phys, NULL), NULL);
            assert_int_equal(vector.length, 0);
            assert_false(vector.has_nulls);
            assert_int_equal((uintptr_t)vector.values.raw % 64, 0);
            for (size_t i = 0; i < STOA_VECTOR_WORDS; i++)
                assert_true(vector.validity[i] == UINT64_MAX);
            stoa_vector_done(&vector);
            stoa_vector_done(&vector);
        }
}

static stoa_status make_vector(void *context, stoa_error *err)
{
    STOA_UNUSED(context);
    struct stoa_vector vector;
    STOA_TRY(stoa_vector_init(&vector, STOA_PHYS_BYTES, err));
    stoa_vector_done(&vector);
    return STOA_OK;
}

static void test_vectors_report_short_memory(void **state)
{
    STOA_UNUSED(state);
    assert_true(test_allocation_failures(make_vector, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices_see_the_rows_of_their_column),
        cmocka_unit_test(test_raw_size_counts_nulls_as_empty),
        cmocka_unit_test(test_raw_size_skips_text_behind_nulls),
        cmocka_unit_test(test_vectors_give_back_what_was_put_in),
        cmocka_unit_test(test_new_vectors_are_empty_valid_and_aligned),
        cmocka_unit_test(test_vectors_report_short_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
