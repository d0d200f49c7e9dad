/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finished rows (query/row_store.h). Room is reserved once per vector and filled by kind,
 * since every row of every answer comes through here.
 */
#include "query/row_store.h"

#include <string.h>

#include "common/alloc.h"
#include "common/bitmap.h"

stoa_status stoa_row_store_init(struct stoa_row_store *store, const struct stoa_plan *plan,
                                struct stoa_budget *budget, stoa_error *err)
{
    *store = (struct stoa_row_store){.budget = budget};
    store->columns =
        stoa_alloc_zeroed(plan->output_count + (size_t)1, sizeof *store->columns);
    if (!store->columns)
        return stoa_fail_memory(err, plan->output_count * sizeof *store->columns);
    store->column_count = plan->output_count;
    for (uint32_t i = 0; i < plan->output_count; i++)
        stoa_column_builder_init(&store->columns[i],
                                 stoa_type_phys(plan->outputs[i]->type));
    return STOA_OK;
}

void stoa_row_store_done(struct stoa_row_store *store)
{
    for (uint32_t i = 0; i < store->column_count; i++)
        stoa_column_builder_done(&store->columns[i]);
    stoa_free(store->columns);
    if (store->budget)
        stoa_budget_give(store->budget, store->charged);
    *store = (struct stoa_row_store){.budget = NULL};
}

/* Memory of an emptied store worth keeping for the next rows. */
#define KEPT_BYTES ((size_t)4 << 20)

void stoa_row_store_clear(struct stoa_row_store *store)
{
    for (uint32_t i = 0; i < store->column_count; i++) {
        if (store->charged > KEPT_BYTES)
            stoa_column_builder_done(&store->columns[i]);
        else
            stoa_column_builder_clear(&store->columns[i]);
    }
    if (store->charged > KEPT_BYTES) {
        stoa_budget_give(store->budget, store->charged);
        store->charged = 0;
    }
}

/* ---- the budget ---- */

static size_t column_bytes(const struct stoa_column_builder *column)
{
    const size_t per_row =
        column->phys == STOA_PHYS_BYTES ? sizeof(uint32_t) : stoa_phys_width(column->phys);
    return column->row_capacity * (per_row + 1) + column->byte_capacity;
}

/* Charges what the columns have grown by. */
static stoa_status charge(struct stoa_row_store *store, stoa_error *err)
{
    size_t held = 0;
    for (uint32_t i = 0; i < store->column_count; i++)
        held += column_bytes(&store->columns[i]);
    if (held <= store->charged)
        return STOA_OK;
    STOA_TRY(stoa_budget_take(store->budget, held - store->charged, err));
    store->charged = held;
    return STOA_OK;
}

/* ---- appending vectors ---- */

static void put_fixed(struct stoa_column_builder *column, const struct stoa_vector *vector,
                      const uint32_t *rows, uint32_t count)
{
    const size_t width = stoa_phys_width(column->phys);
    uint8_t *to = (uint8_t *)column->values + width * column->length;
    const uint8_t *from = vector->values.raw;
    if (width == 8) {
        for (uint32_t i = 0; i < count; i++)
            memcpy(to + (size_t)8 * i, from + (size_t)8 * rows[i], 8);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        memcpy(to + width * i, from + width * rows[i], width);
}

static void put_bits(struct stoa_column_builder *column, const struct stoa_vector *vector,
                     const uint32_t *rows, uint32_t count)
{
    uint64_t *to = column->values;
    for (uint32_t i = 0; i < count; i++) {
        const size_t at = column->length + (size_t)i;
        stoa_bit_clear(to, at);
        if (stoa_bit_get(vector->values.bits, rows[i]))
            stoa_bit_set(to, at);
    }
}

static bool is_valid(const struct stoa_vector *vector, uint32_t row)
{
    return !vector->has_nulls || stoa_bit_get(vector->validity, row);
}

/* Texts behind NULLs are not looked at: their views may be anything. */
static void put_texts(struct stoa_column_builder *column, const struct stoa_vector *vector,
                      const uint32_t *rows, uint32_t count)
{
    size_t used = column->byte_size;
    for (uint32_t i = 0; i < count; i++) {
        const struct stoa_view view = vector->values.views[rows[i]];
        if (is_valid(vector, rows[i]) && view.length > 0) {
            memcpy(column->bytes + used, view.data, view.length);
            used += view.length;
        }
        column->offsets[column->length + i + 1] = (uint32_t)used;
    }
    column->byte_size = used;
}

static void put_validity(struct stoa_column_builder *column,
                         const struct stoa_vector *vector, const uint32_t *rows,
                         uint32_t count)
{
    stoa_bitmap_set_range(column->validity, column->length, count);
    if (!vector->has_nulls)
        return;
    for (uint32_t i = 0; i < count; i++) {
        if (!stoa_bit_get(vector->validity, rows[i])) {
            stoa_bit_clear(column->validity, column->length + (size_t)i);
            column->null_count++;
        }
    }
}

static stoa_status append_vector(struct stoa_column_builder *column,
                                 const struct stoa_vector *vector, const uint32_t *rows,
                                 uint32_t count, stoa_error *err)
{
    size_t bytes = 0;
    for (uint32_t i = 0; column->phys == STOA_PHYS_BYTES && i < count; i++)
        bytes += is_valid(vector, rows[i]) ? vector->values.views[rows[i]].length : 0;
    STOA_TRY(stoa_column_builder_reserve(column, count, bytes, err));
    if (column->phys == STOA_PHYS_BYTES)
        put_texts(column, vector, rows, count);
    else if (column->phys == STOA_PHYS_BOOL)
        put_bits(column, vector, rows, count);
    else
        put_fixed(column, vector, rows, count);
    put_validity(column, vector, rows, count);
    column->length += count;
    return STOA_OK;
}

stoa_status stoa_row_store_append(struct stoa_row_store *store,
                                  const struct stoa_vector *const *vectors,
                                  const uint64_t *bits, stoa_error *err)
{
    uint32_t rows[STOA_VECTOR_ROWS];
    const uint32_t count = (uint32_t)stoa_bitmap_positions(bits, STOA_VECTOR_ROWS, rows);
    if (count == 0)
        return STOA_OK;
    for (uint32_t i = 0; i < store->column_count; i++)
        STOA_TRY(append_vector(&store->columns[i], vectors[i], rows, count, err));
    return charge(store, err);
}

stoa_status stoa_row_store_append_rows(struct stoa_row_store *store,
                                       const struct stoa_row_store *from, uint32_t first,
                                       uint32_t count, stoa_error *err)
{
    for (uint32_t i = 0; i < store->column_count; i++) {
        const struct stoa_column column = stoa_column_builder_view(&from->columns[i]);
        STOA_TRY(stoa_column_builder_append_rows(&store->columns[i], &column, first, count,
                                                 err));
    }
    return charge(store, err);
}

stoa_status stoa_row_store_keep(struct stoa_row_store *store, const uint32_t *rows,
                                uint32_t count, stoa_error *err)
{
    for (uint32_t i = 0; i < store->column_count; i++) {
        struct stoa_column_builder kept;
        stoa_column_builder_init(&kept, store->columns[i].phys);
        const struct stoa_column column = stoa_column_builder_view(&store->columns[i]);
        const stoa_status status =
            stoa_column_builder_gather(&kept, &column, rows, count, err);
        if (status != STOA_OK) {
            stoa_column_builder_done(&kept);
            return status;
        }
        stoa_column_builder_done(&store->columns[i]);
        store->columns[i] = kept;
    }
    size_t held = 0;
    for (uint32_t i = 0; i < store->column_count; i++)
        held += column_bytes(&store->columns[i]);
    if (held < store->charged) {
        stoa_budget_give(store->budget, store->charged - held);
        store->charged = held;
    }
    return charge(store, err);
}

/* ---- reading ---- */

static void read_column(const struct stoa_column_builder *builder, uint32_t first,
                        uint32_t count, struct stoa_vector *vector)
{
    const struct stoa_column column = stoa_column_builder_view(builder);
    const size_t width = stoa_phys_width(builder->phys);
    vector->length = count;
    vector->has_nulls = column.validity != NULL;
    memset(vector->validity, 0xff, sizeof vector->validity);
    if (column.validity)
        stoa_bitmap_copy(vector->validity, 0, column.validity, first, count);
    if (builder->phys == STOA_PHYS_BYTES) {
        for (uint32_t i = 0; i < count; i++)
            vector->values.views[i] = stoa_column_view(&column, first + i);
    } else if (builder->phys == STOA_PHYS_BOOL) {
        stoa_bitmap_copy(vector->values.bits, 0, column.values, first, count);
    } else {
        memcpy(vector->values.raw, (const uint8_t *)column.values + width * first,
               width * count);
    }
}

void stoa_row_store_read(const struct stoa_row_store *store, uint32_t first, uint32_t count,
                         uint32_t vector_count, struct stoa_vector *vectors)
{
    for (uint32_t i = 0; i < vector_count; i++)
        read_column(&store->columns[i], first, count, &vectors[i]);
}
