/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches from vectors, and cells of batches (query/answer_batch.h, include/stoa/batch.h).
 */
#include "query/answer_batch.h"

#include <string.h>

#include "common/alloc.h"
#include "format/text.h"

/* 1,024 texts of 16 MiB do not fit 32-bit offsets; far less is asked for in one batch. */
#define MAX_BATCH_BYTES ((size_t)UINT32_MAX)

stoa_status stoa_batch_builder_init(struct stoa_batch_builder *builder,
                                    const stoa_schema *schema, stoa_error *err)
{
    const size_t count = schema->field_count;
    *builder = (struct stoa_batch_builder){.column_count = count};
    builder->columns = stoa_alloc_zeroed(count + 1, sizeof *builder->columns);
    builder->offsets =
        stoa_alloc_zeroed(count + 1, (STOA_VECTOR_ROWS + 1) * sizeof *builder->offsets);
    builder->bytes = stoa_alloc_zeroed(count + 1, sizeof *builder->bytes);
    if (!builder->columns || !builder->offsets || !builder->bytes)
        return stoa_fail_memory(err, count * sizeof *builder->columns);
    for (size_t i = 0; i < count; i++) {
        builder->columns[i].type = schema->fields[i].type;
        stoa_buf_init(&builder->bytes[i], MAX_BATCH_BYTES);
    }
    return STOA_OK;
}

void stoa_batch_builder_done(struct stoa_batch_builder *builder)
{
    for (size_t i = 0; builder->bytes && i < builder->column_count; i++)
        stoa_buf_done(&builder->bytes[i]);
    stoa_free(builder->columns);
    stoa_free(builder->offsets);
    stoa_free(builder->bytes);
    *builder = (struct stoa_batch_builder){.column_count = 0};
}

static stoa_status fill_texts(struct stoa_batch_builder *builder, size_t column,
                              const struct stoa_vector *vector, uint32_t rows,
                              stoa_error *err)
{
    struct stoa_buf *bytes = &builder->bytes[column];
    uint32_t *offsets = builder->offsets + column * (STOA_VECTOR_ROWS + 1);
    bytes->size = 0;
    offsets[0] = 0;
    for (uint32_t row = 0; row < rows; row++) {
        const struct stoa_view view = vector->values.views[row];
        const bool is_null = vector->has_nulls && !stoa_bit_get(vector->validity, row);
        if (!is_null && view.length > 0)
            STOA_TRY(stoa_buf_append(bytes, view.data, view.length, err));
        offsets[row + 1] = (uint32_t)bytes->size;
    }
    builder->columns[column].offsets = offsets;
    builder->columns[column].bytes = bytes->data;
    return STOA_OK;
}

stoa_status stoa_batch_builder_fill(struct stoa_batch_builder *builder,
                                    const struct stoa_vector *vectors, uint32_t rows,
                                    stoa_batch *out_batch, stoa_error *err)
{
    for (size_t i = 0; i < builder->column_count; i++) {
        stoa_batch_column *column = &builder->columns[i];
        column->validity =
            vectors[i].has_nulls ? (const uint8_t *)vectors[i].validity : NULL;
        if (vectors[i].phys == STOA_PHYS_BYTES)
            STOA_TRY(fill_texts(builder, i, &vectors[i], rows, err));
        else
            column->values = vectors[i].values.raw;
    }
    *out_batch = (stoa_batch){
        .rows = rows, .column_count = builder->column_count, .columns = builder->columns};
    return STOA_OK;
}

/* ---- cells ---- */

static bool is_null_cell(const stoa_batch_column *column, size_t row)
{
    return column->validity && !(column->validity[row / 8] >> (row % 8) & 1);
}

struct stoa_value stoa_batch_value(const stoa_batch *batch, size_t column_number,
                                   size_t row)
{
    const stoa_batch_column *column = &batch->columns[column_number];
    const enum stoa_phys phys = stoa_type_phys(column->type);
    struct stoa_value value = {.is_null = is_null_cell(column, row)};
    if (value.is_null)
        return value;
    if (phys == STOA_PHYS_BYTES) {
        value.bytes =
            (struct stoa_view){.data = column->bytes + column->offsets[row],
                               .length = column->offsets[row + 1] - column->offsets[row]};
    } else if (phys == STOA_PHYS_BOOL) {
        value.boolean = ((const uint8_t *)column->values)[row / 8] >> (row % 8) & 1;
    } else {
        const size_t width = stoa_phys_width(phys);
        memcpy(value.fixed16, (const uint8_t *)column->values + width * row, width);
    }
    return value;
}

/* Room for `size` bytes and a NUL. */
static stoa_status reserve_cell(stoa_cell *cell, size_t size, stoa_error *err)
{
    if (cell->capacity > size)
        return STOA_OK;
    const size_t capacity = size < 64 ? 128 : size * 2;
    char *text = stoa_realloc(cell->text, capacity);
    if (!text)
        return stoa_fail_memory(err, capacity);
    cell->text = text;
    cell->capacity = capacity;
    return STOA_OK;
}

static stoa_status set_cell(stoa_cell *cell, const void *bytes, size_t size,
                            stoa_error *err)
{
    STOA_TRY(reserve_cell(cell, size, err));
    if (size > 0)
        memcpy(cell->text, bytes, size);
    cell->text[size] = '\0';
    cell->length = size;
    return STOA_OK;
}

stoa_status stoa_batch_cell(const stoa_batch *batch, size_t column, size_t row,
                            stoa_cell *cell, stoa_error *err)
{
    if (column >= batch->column_count || row >= batch->rows)
        return stoa_fail(err, STOA_E_USAGE,
                         "expected a cell of %zu columns and %zu rows, found (%zu, %zu)",
                         batch->column_count, batch->rows, column, row);
    const stoa_type type = batch->columns[column].type;
    const struct stoa_value value = stoa_batch_value(batch, column, row);
    cell->is_null = value.is_null;
    if (value.is_null)
        return set_cell(cell, "", 0, err);
    if (type.id == STOA_TYPE_TEXT)
        return set_cell(cell, value.bytes.data, value.bytes.length, err);
    struct stoa_buf text;
    stoa_buf_init(&text, 2 * STOA_MAX_VALUE_BYTES + 16);
    stoa_status status = stoa_text_append(type, &value, &text, err);
    if (status == STOA_OK)
        status = set_cell(cell, text.data, text.size, err);
    stoa_buf_done(&text);
    return status;
}

void stoa_cell_done(stoa_cell *cell)
{
    stoa_free(cell->text);
    *cell = (stoa_cell){.text = NULL};
}
