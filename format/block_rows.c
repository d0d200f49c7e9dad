/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All rows of a block at once, into a builder: for verify, which computes their statistics anew,
 * and for repair, which writes them anew. Scans never need it.
 */
#include <inttypes.h>

#include "format/block.h"

/* `left`: raw bytes that are still allowed, so that a few bytes that say "the same 16 MiB text
 * 65,536 times" are refused before they take memory. */
static stoa_status append_texts(struct stoa_column_builder *builder,
                                const struct stoa_vector *vector, uint64_t *left,
                                stoa_error *err)
{
    for (uint32_t row = 0; row < vector->length; row++) {
        const struct stoa_value value = stoa_vector_get(vector, row);
        const uint64_t size = 4 + (value.is_null ? 0 : (uint64_t)value.bytes.length);
        if (size > *left || size - 4 > STOA_MAX_VALUE_BYTES)
            return stoa_fail(
                err, STOA_E_CORRUPT,
                "expected at most %zu bytes a value and the raw bytes that the "
                "record says, found a value of %" PRIu64 " with %" PRIu64 " raw bytes left",
                STOA_MAX_VALUE_BYTES, size - 4, *left);
        *left -= size;
        STOA_TRY(stoa_column_builder_append(builder, &value, err));
    }
    return STOA_OK;
}

static stoa_status append_vector(struct stoa_column_builder *builder,
                                 const struct stoa_vector *vector, uint64_t *left,
                                 stoa_error *err)
{
    if (vector->phys == STOA_PHYS_BYTES)
        return append_texts(builder, vector, left, err);
    const struct stoa_column column = {
        .phys = vector->phys,
        .length = vector->length,
        .validity = vector->has_nulls ? vector->validity : NULL,
        .values = vector->values.raw,
    };
    return stoa_column_builder_append_rows(builder, &column, 0, vector->length, err);
}

stoa_status stoa_block_decode_all(struct stoa_block *block, uint64_t raw_size,
                                  struct stoa_vector *vector,
                                  struct stoa_column_builder *builder, stoa_error *err)
{
    const uint32_t before = builder->length;
    const uint32_t rows = block->rows;
    for (uint32_t row = 0; row < rows; row += STOA_VECTOR_ROWS) {
        STOA_TRY(stoa_block_decode(block, row / STOA_VECTOR_ROWS, vector, err));
        STOA_TRY(append_vector(builder, vector, &raw_size, err));
    }
    if (builder->length - before != rows)
        return stoa_fail(err, STOA_E_CORRUPT, "expected %" PRIu32 " rows, found %" PRIu32,
                         rows, builder->length - before);
    return STOA_OK;
}
