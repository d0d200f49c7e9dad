/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches and their cells: vectors of every type come out with the spelling that export prints; NULLs, texts with NUL bytes and
 * cells that do not exist.
 */
#include "tests/tables/test_table.h"

#include <string.h>

#include "format/text.h"
#include "query/answer_batch.h"

static stoa_error error;

/* Rows of the table as vectors. */
static void make_vectors(const struct test_table *table, uint32_t rows,
                         struct stoa_vector *vectors)
{
    for (uint32_t i = 0; i < table->schema.field_count; i++) {
        struct stoa_vector *vector = &vectors[i];
        const struct stoa_column column = stoa_column_builder_view(&table->columns[i]);
        assert_ok(stoa_vector_init(vector, column.phys, &error), &error);
        vector->length = rows;
        vector->has_nulls = column.validity != NULL;
        memset(vector->validity, 0xff, sizeof vector->validity);
        for (uint32_t row = 0; row < rows; row++) {
            const struct stoa_value value = stoa_column_get(&column, row);
            const size_t width = stoa_phys_width(column.phys);
            if (value.is_null)
                stoa_bit_clear(vector->validity, row);
            if (column.phys == STOA_PHYS_BYTES)
                vector->values.views[row] =
                    value.is_null ? (struct stoa_view){.length = 1000} : value.bytes;
            else if (column.phys != STOA_PHYS_BOOL)
                memcpy((uint8_t *)vector->values.raw + width * row, value.fixed16, width);
            else if (!value.is_null && value.boolean)
                stoa_bit_set(vector->values.bits, row);
            else
                stoa_bit_clear(vector->values.bits, row);
        }
    }
}

static void check_cell(const struct test_table *table, const stoa_batch *batch,
                       uint32_t column, uint32_t row, stoa_cell *cell)
{
    const struct stoa_column view = stoa_column_builder_view(&table->columns[column]);
    const struct stoa_value value = stoa_column_get(&view, row);
    struct stoa_buf text;
    stoa_buf_init(&text, SIZE_MAX / 4);
    assert_ok(stoa_batch_cell(batch, column, row, cell, &error), &error);
    assert_int_equal(cell->is_null, value.is_null);
    if (!value.is_null)
        assert_ok(stoa_text_append(table->fields[column].type, &value, &text, &error),
                  &error);
    assert_int_equal(cell->length, text.size);
    assert_int_equal(cell->text[cell->length], '\0');
    if (text.size > 0)
        assert_memory_equal(cell->text, text.data, text.size);
    stoa_buf_done(&text);
}

static void test_cells_of_every_type_have_their_spelling(void **state)
{
    (void)state;
    struct test_random random = test_random_start(1);
    struct test_table table;
    struct stoa_vector vectors[TEST_TYPE_COUNT];
    struct stoa_batch_builder builder;
    stoa_cell cell = {.text = NULL};
    stoa_batch batch;
    test_table_random(&table, &random, STOA_VECTOR_ROWS);
    make_vectors(&table, STOA_VECTOR_ROWS, vectors);
    assert_ok(stoa_batch_builder_init(&builder, &table.schema, &error), &error);
    for (unsigned round = 0; round < 2; round++) {
        assert_ok(
            stoa_batch_builder_fill(&builder, vectors, STOA_VECTOR_ROWS, &batch, &error),
            &error);
        assert_int_equal(batch.rows, STOA_VECTOR_ROWS);
        assert_int_equal(batch.column_count, TEST_TYPE_COUNT);
        for (uint32_t column = 0; column < TEST_TYPE_COUNT; column++) {
            for (uint32_t row = 0; row < STOA_VECTOR_ROWS; row++)
                check_cell(&table, &batch, column, row, &cell);
        }
    }
    stoa_cell_done(&cell);
    stoa_batch_builder_done(&builder);
    for (uint32_t i = 0; i < TEST_TYPE_COUNT; i++)
        stoa_vector_done(&vectors[i]);
    test_table_done(&table);
}

static void test_cells_may_hold_nul_bytes_and_grow(void **state)
{
    (void)state;
    static uint8_t bytes[5000];
    static const uint32_t offsets[] = {0, 3, 3, sizeof bytes};
    static const uint8_t validity[] = {5};
    memset(bytes, 'x', sizeof bytes);
    bytes[1] = '\0';
    const stoa_batch_column column = {.type = {.id = STOA_TYPE_TEXT},
                                      .validity = validity,
                                      .offsets = offsets,
                                      .bytes = bytes};
    const stoa_batch batch = {.rows = 3, .column_count = 1, .columns = &column};
    stoa_cell cell = {.text = NULL};
    assert_ok(stoa_batch_cell(&batch, 0, 0, &cell, &error), &error);
    assert_int_equal(cell.length, 3);
    assert_memory_equal(cell.text, "x\0x", 4);
    assert_ok(stoa_batch_cell(&batch, 0, 1, &cell, &error), &error);
    assert_int_equal(cell.is_null, 1);
    assert_string_equal(cell.text, "");
    assert_ok(stoa_batch_cell(&batch, 0, 2, &cell, &error), &error);
    assert_int_equal(cell.length, sizeof bytes - 3);
    assert_int_equal(cell.is_null, 0);
    stoa_cell_done(&cell);
    assert_null(cell.text);
}

static void test_cells_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    const stoa_batch_column column = {.type = {.id = STOA_TYPE_INT64}};
    const stoa_batch batch = {.rows = 2, .column_count = 1, .columns = &column};
    stoa_cell cell = {.text = NULL};
    assert_fails(stoa_batch_cell(&batch, 1, 0, &cell, &error), STOA_E_USAGE, &error);
    assert_fails(stoa_batch_cell(&batch, 0, 2, &cell, &error), STOA_E_USAGE, &error);
    assert_contains(error.message, "1 columns and 2 rows");
    stoa_cell_done(&cell);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_of_every_type_have_their_spelling),
        cmocka_unit_test(test_cells_may_hold_nul_bytes_and_grow),
        cmocka_unit_test(test_cells_that_do_not_exist_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
