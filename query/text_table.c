/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small made-up answers (text_table.h). Used by query.c and describe.c; one thread.
 */
#include "query/text_table.h"

#include <assert.h>
#include <string.h>

stoa_status stoa_text_table_add_column(struct stoa_text_table *table, const char *name,
                                       stoa_type_id id, stoa_error *err)
{
    const uint32_t column = table->column_count;
    assert(column < STOA_TEXT_TABLE_COLUMNS && table->row_count == 0);
    const stoa_type type = {.id = id};
    table->fields[column] =
        (stoa_field){.name = name, .id = column + 1, .type = type, .nullable = true};
    STOA_TRY(stoa_vector_init(&table->vectors[column], stoa_type_phys(type), err));
    table->column_count++;
    return STOA_OK;
}

void stoa_text_table_done(struct stoa_text_table *table)
{
    for (uint32_t i = 0; i < table->column_count; i++)
        stoa_vector_done(&table->vectors[i]);
    table->column_count = 0;
}

stoa_status stoa_text_table_add_row(struct stoa_text_table *table, stoa_error *err)
{
    const uint32_t columns = table->column_count;
    if (table->row_count == table->row_capacity) {
        const size_t capacity = table->row_capacity ? 2 * table->row_capacity : 16;
        struct stoa_value *cells =
            stoa_arena_alloc_zeroed(table->arena, capacity * columns, sizeof *cells);
        if (!cells)
            return stoa_arena_fail(table->arena, capacity * columns * sizeof *cells, err);
        if (table->row_count > 0)
            memcpy(cells, table->cells, table->row_count * columns * sizeof *cells);
        table->cells = cells;
        table->row_capacity = capacity;
    }
    for (uint32_t i = 0; i < columns; i++)
        table->cells[table->row_count * columns + i] = (struct stoa_value){.is_null = true};
    table->row_count++;
    return STOA_OK;
}

static struct stoa_value *last_cell(struct stoa_text_table *table, uint32_t column)
{
    assert(table->row_count > 0 && column < table->column_count);
    return &table->cells[(table->row_count - 1) * table->column_count + column];
}

stoa_status stoa_text_table_set_text(struct stoa_text_table *table, uint32_t column,
                                     const char *text, size_t length, stoa_error *err)
{
    const char *copy = stoa_arena_strndup(table->arena, text, length);
    if (!copy)
        return stoa_arena_fail(table->arena, length + 1, err);
    *last_cell(table, column) = (struct stoa_value){
        .bytes = {.data = (const uint8_t *)copy, .length = (uint32_t)length}
    };
    return STOA_OK;
}

void stoa_text_table_set_int(struct stoa_text_table *table, uint32_t column, int64_t value)
{
    *last_cell(table, column) = (struct stoa_value){.i64 = value};
}

static void set_row(struct stoa_vector *vector, uint32_t row, const struct stoa_value *cell)
{
    if (cell->is_null) {
        stoa_bit_clear(vector->validity, row);
        vector->has_nulls = true;
    }
    if (vector->phys == STOA_PHYS_BYTES)
        vector->values.views[row] =
            cell->is_null ? (struct stoa_view){.length = 0} : cell->bytes;
    else
        vector->values.i64[row] = cell->is_null ? 0 : cell->i64;
}

uint32_t stoa_text_table_next(struct stoa_text_table *table)
{
    const size_t left = table->row_count - table->next_row;
    const uint32_t rows = left < STOA_VECTOR_ROWS ? (uint32_t)left : STOA_VECTOR_ROWS;
    for (uint32_t column = 0; column < table->column_count; column++) {
        struct stoa_vector *vector = &table->vectors[column];
        vector->length = rows;
        vector->has_nulls = false;
        memset(vector->validity, 0xff, sizeof vector->validity);
        for (uint32_t row = 0; row < rows; row++) {
            const size_t at = (table->next_row + row) * table->column_count + column;
            set_row(vector, row, &table->cells[at]);
        }
    }
    table->next_row += rows;
    return rows;
}
