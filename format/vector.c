/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at borrowed columns, and the memory of decoded vectors. Called by encodings, reader
 * and query; owns only what stoa_vector_init allocates. The growable column is in
 * column_builder.c.
 */
#include "format/vector.h"

#include <assert.h>
#include <string.h>

#include "common/alloc.h"

struct stoa_column stoa_column_slice(const struct stoa_column *column, uint32_t first,
                                     uint32_t count)
{
    assert(first % 64 == 0 && first <= column->length && count <= column->length - first);
    struct stoa_column slice = *column;
    slice.length = count;
    if (slice.validity)
        slice.validity += first / 64;
    if (column->phys == STOA_PHYS_BYTES)
        slice.offsets += first;
    else if (column->phys == STOA_PHYS_BOOL)
        slice.values = (const uint64_t *)column->values + first / 64;
    else if (first > 0)
        slice.values =
            (const uint8_t *)column->values + first * stoa_phys_width(column->phys);
    return slice;
}

/* Row `row` of values laid out as stoa_column and stoa_vector share it: all kinds but BYTES. */
static void load_value(enum stoa_phys phys, const void *values, uint32_t row,
                       struct stoa_value *out)
{
    const size_t width = stoa_phys_width(phys);
    if (phys == STOA_PHYS_BOOL)
        out->boolean = stoa_bit_get(values, row) != 0;
    else
        memcpy(out->fixed16, (const uint8_t *)values + row * width, width);
}

struct stoa_value stoa_column_get(const struct stoa_column *column, uint32_t row)
{
    assert(row < column->length);
    struct stoa_value value = {.is_null = false};
    if (column->validity && !stoa_bit_get(column->validity, row))
        value.is_null = true;
    else if (column->phys == STOA_PHYS_BYTES)
        value.bytes = stoa_column_view(column, row);
    else
        load_value(column->phys, column->values, row, &value);
    return value;
}

/* Text bytes of the rows that are not NULL. */
static uint64_t text_size(const struct stoa_column *column)
{
    if (column->length == 0)
        return 0;
    uint64_t size = column->offsets[column->length] - column->offsets[0];
    if (!column->validity)
        return size;
    for (uint32_t row = 0; row < column->length; row += 64) {
        const uint32_t left = column->length - row;
        uint64_t nulls = ~column->validity[row / 64] & stoa_low_mask(left);
        for (; nulls; nulls &= nulls - 1)
            size -= stoa_column_view(column, row + (uint32_t)__builtin_ctzll(nulls)).length;
    }
    return size;
}

/* [FMT-4] */
uint64_t stoa_column_raw_size(const struct stoa_column *column)
{
    const uint64_t rows = column->length;
    if (column->phys == STOA_PHYS_BOOL)
        return (rows + 7) / 8;
    if (column->phys == STOA_PHYS_BYTES)
        return 4 * rows + text_size(column);
    return rows * stoa_phys_width(column->phys);
}

/* Bytes that 1,024 decoded values of the kind take. */
static size_t vector_size(enum stoa_phys phys)
{
    if (phys == STOA_PHYS_BOOL)
        return STOA_VECTOR_WORDS * sizeof(uint64_t);
    if (phys == STOA_PHYS_BYTES)
        return STOA_VECTOR_ROWS * sizeof(struct stoa_view);
    return STOA_VECTOR_ROWS * stoa_phys_width(phys);
}

stoa_status stoa_vector_init(struct stoa_vector *vector, enum stoa_phys phys,
                             stoa_error *err)
{
    const size_t size = vector_size(phys);
    void *values = stoa_alloc_aligned(size);
    if (!values)
        return stoa_fail_memory(err, size);
    memset(values, 0, size);
    vector->phys = phys;
    vector->length = 0;
    vector->has_nulls = false;
    memset(vector->validity, 0xFF, sizeof vector->validity);
    vector->values.raw = values;
    return STOA_OK;
}

void stoa_vector_done(struct stoa_vector *vector)
{
    stoa_free_aligned(vector->values.raw);
    vector->values.raw = NULL;
    vector->length = 0;
}

struct stoa_value stoa_vector_get(const struct stoa_vector *vector, uint32_t row)
{
    assert(row < vector->length);
    struct stoa_value value = {.is_null = false};
    if (vector->has_nulls && !stoa_bit_get(vector->validity, row))
        value.is_null = true;
    else if (vector->phys == STOA_PHYS_BYTES)
        value.bytes = vector->values.views[row];
    else
        load_value(vector->phys, vector->values.raw, row, &value);
    return value;
}
