/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbering tuples (query/tuple_map.h). Each column turns its value into a part below its
 * span; a key is the parts as digits of mixed base. When a base would leave 64 bits, the
 * digits so far are numbered and the number takes their place: a morsel has at most 65,536
 * of anything.
 */
#include "query/tuple_map.h"

#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "query/row_key.h"

/* NUMBERS: of one morsel; the next one stands for NULL. */
enum { NUMBERS = STOA_BLOCK_ROWS, RANGE_MAX = 1 << 17 };

enum part_kind {
    PART_CODES,
    PART_BOOL,
    PART_RANGE,
    PART_NUMBERED, /* 64-bit values */
    PART_BYTES,    /* all wider ones */
    PART_WHOLE     /* a 64-bit value that is the whole key */
};

struct stoa_tuple_column {
    enum part_kind kind;
    uint64_t span;                 /* of the parts; the last one is NULL */
    bool renumbers;                /* what stands before is numbered first */
    struct stoa_number_map values; /* NUMBERED */
    struct stoa_key_table bytes;   /* BYTES */
    struct stoa_number_map before; /* if renumbers */
};

struct stoa_value stoa_key_source_get(const struct stoa_key_source *source, uint32_t row)
{
    struct stoa_value value = {.is_null = false};
    if (source->vector)
        return stoa_vector_get(source->vector, row);
    if (source->validity && !stoa_bit_get(source->validity, row)) {
        value.is_null = true;
        return value;
    }
    const struct stoa_dictionary *dictionary = source->dictionary;
    const uint32_t code = source->codes[row];
    if (dictionary->phys == STOA_PHYS_BYTES) {
        value.bytes = dictionary->views[code];
    } else {
        const size_t width = stoa_phys_width(dictionary->phys);
        memcpy(value.fixed16, (const uint8_t *)dictionary->values + width * code, width);
    }
    return value;
}

/* ---- making ---- */

stoa_status stoa_tuple_map_init(struct stoa_tuple_map *map, uint32_t column_count,
                                bool has_prefix, struct stoa_budget *budget,
                                stoa_error *err)
{
    memset(map, 0, sizeof *map);
    map->columns = stoa_alloc_zeroed(column_count + (size_t)1, sizeof *map->columns);
    if (!map->columns)
        return stoa_fail_memory(err, column_count * sizeof *map->columns);
    map->column_count = column_count;
    map->has_prefix = has_prefix;
    stoa_number_map_init(&map->tuples, budget);
    for (uint32_t i = 0; i < column_count; i++) {
        stoa_number_map_init(&map->columns[i].values, budget);
        stoa_number_map_init(&map->columns[i].before, budget);
        stoa_key_table_init(&map->columns[i].bytes, budget);
    }
    return STOA_OK;
}

void stoa_tuple_map_done(struct stoa_tuple_map *map)
{
    for (uint32_t i = 0; map->columns && i < map->column_count; i++) {
        stoa_number_map_done(&map->columns[i].values);
        stoa_number_map_done(&map->columns[i].before);
        stoa_key_table_done(&map->columns[i].bytes);
    }
    stoa_number_map_done(&map->tuples);
    stoa_free(map->columns);
    map->columns = NULL;
    map->column_count = 0;
}

void stoa_tuple_map_clear(struct stoa_tuple_map *map)
{
    map->is_started = false;
}

/* ---- the shape of a morsel's keys ---- */

static void choose_part(struct stoa_tuple_column *column,
                        const struct stoa_key_source *source)
{
    column->kind = PART_BYTES;
    column->span = NUMBERS + 1;
    if (!source->vector) {
        column->kind = PART_CODES;
        column->span = (uint64_t)source->dictionary->count + 1;
    } else if (source->vector->phys == STOA_PHYS_BOOL) {
        column->kind = PART_BOOL;
        column->span = 3;
    } else if (source->span > 0 && source->span <= RANGE_MAX) {
        column->kind = PART_RANGE;
        column->span = source->span + 1;
    } else if (stoa_phys_width(source->vector->phys) == 8) {
        column->kind = PART_NUMBERED;
    }
}

static stoa_status start_column(struct stoa_tuple_column *column, uint64_t *io_total,
                                stoa_error *err)
{
    uint64_t total = 0;
    column->renumbers = !stoa_mul_u64(*io_total, column->span, &total);
    if (column->renumbers) {
        STOA_TRY(stoa_number_map_start(&column->before, UINT64_MAX, err));
        total = NUMBERS * column->span;
    }
    *io_total = total;
    if (column->kind == PART_NUMBERED)
        return stoa_number_map_start(&column->values, UINT64_MAX, err);
    stoa_key_table_clear(&column->bytes);
    return STOA_OK;
}

static stoa_status start(struct stoa_tuple_map *map, const struct stoa_key_source *sources,
                         stoa_error *err)
{
    uint64_t total = map->has_prefix ? NUMBERS : 1;
    for (uint32_t i = 0; i < map->column_count; i++)
        choose_part(&map->columns[i], &sources[i]);
    map->is_started = true;
    if (map->column_count == 1 && !map->has_prefix && sources[0].is_never_null &&
        map->columns[0].kind == PART_NUMBERED) {
        map->columns[0].kind = PART_WHOLE;
        return stoa_number_map_start(&map->tuples, UINT64_MAX, err);
    }
    for (uint32_t i = 0; i < map->column_count; i++)
        STOA_TRY(start_column(&map->columns[i], &total, err));
    return stoa_number_map_start(&map->tuples, total, err);
}

/* ---- parts: each adds a digit to the keys ---- */

static bool is_null(const uint64_t *validity, uint32_t row)
{
    return validity && !stoa_bit_get(validity, row);
}

static const uint64_t *validity_of(const struct stoa_vector *vector)
{
    return vector->has_nulls ? vector->validity : NULL;
}

static void put_codes(const struct stoa_tuple_column *column,
                      const struct stoa_key_source *source,
                      const struct stoa_row_list *rows, uint64_t *keys)
{
    const uint64_t span = column->span;
    if (!source->validity) {
        for (uint32_t i = 0; i < rows->count; i++) {
            const uint32_t row = rows->rows[i];
            keys[row] = keys[row] * span + source->codes[row];
        }
        return;
    }
    for (uint32_t i = 0; i < rows->count; i++) {
        const uint32_t row = rows->rows[i];
        const bool is_empty = is_null(source->validity, row);
        keys[row] = keys[row] * span + (is_empty ? span - 1 : source->codes[row]);
    }
}

static void put_bools(const struct stoa_vector *vector, const struct stoa_row_list *rows,
                      uint64_t *keys)
{
    const uint64_t *validity = validity_of(vector);
    for (uint32_t i = 0; i < rows->count; i++) {
        const uint32_t row = rows->rows[i];
        const int bit = stoa_bit_get(vector->values.bits, row);
        keys[row] = keys[row] * 3 + (is_null(validity, row) ? 2 : (unsigned)bit);
    }
}

/* The range comes from the footer, the values from the block: a value beside it is damage. */
static stoa_status put_range(const struct stoa_tuple_column *column,
                             const struct stoa_key_source *source,
                             const struct stoa_row_list *rows, uint64_t *keys,
                             stoa_error *err)
{
    const uint64_t *validity = validity_of(source->vector);
    const uint64_t *values = source->vector->values.u64;
    const uint64_t low = (uint64_t)source->low;
    const uint64_t span = column->span;
    uint64_t largest = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        const uint32_t row = rows->rows[i];
        const uint64_t part = is_null(validity, row) ? span - 1 : values[row] - low;
        largest = part > largest ? part : largest;
        keys[row] = keys[row] * span + part;
    }
    if (largest >= span)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the values of a block within its bounds, found others");
    return STOA_OK;
}

static void put_numbers(const struct stoa_tuple_column *column, const uint32_t *numbers,
                        const struct stoa_row_list *rows, uint64_t *keys)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        const uint32_t row = rows->rows[i];
        keys[row] = keys[row] * column->span + numbers[row];
    }
}

/* 64-bit values as keys that are equal when the values are. */
static void plain_keys(const struct stoa_vector *vector, const struct stoa_row_list *rows,
                       uint64_t *out)
{
    if (vector->phys != STOA_PHYS_F64) {
        for (uint32_t i = 0; i < rows->count; i++)
            out[rows->rows[i]] = vector->values.u64[rows->rows[i]];
        return;
    }
    for (uint32_t i = 0; i < rows->count; i++) {
        const double x = stoa_float_normal(vector->values.f64[rows->rows[i]]);
        memcpy(&out[rows->rows[i]], &x, sizeof x);
    }
}

/* The rows of `rows` that are not NULL; the others get the number of NULL. */
static void split_nulls(const struct stoa_vector *vector, const struct stoa_row_list *rows,
                        struct stoa_row_list *out_rows, uint32_t *numbers)
{
    const uint64_t *validity = validity_of(vector);
    out_rows->count = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        const uint32_t row = rows->rows[i];
        if (is_null(validity, row))
            numbers[row] = NUMBERS;
        else
            out_rows->rows[out_rows->count++] = row;
    }
}

static stoa_status number_values(struct stoa_tuple_map *map,
                                 struct stoa_tuple_column *column,
                                 const struct stoa_vector *vector, stoa_error *err)
{
    map->unused.count = 0;
    plain_keys(vector, &map->valued, map->values);
    return stoa_number_map_run(&column->values, map->values, &map->valued, map->numbers,
                               &map->unused, err);
}

static stoa_status number_bytes(struct stoa_tuple_map *map,
                                struct stoa_tuple_column *column,
                                const struct stoa_vector *vector, stoa_error *err)
{
    for (uint32_t i = 0; i < map->valued.count; i++) {
        const uint32_t row = map->valued.rows[i];
        struct stoa_view view = {.length = 16};
        bool is_new = false;
        if (vector->phys == STOA_PHYS_BYTES)
            view = vector->values.views[row];
        else
            view.data = vector->values.fixed16 + 16 * (size_t)row;
        STOA_TRY(stoa_key_table_add(&column->bytes, view.data, view.length,
                                    stoa_hash64(view.data, view.length, 0),
                                    &map->numbers[row], &is_new, err));
    }
    return STOA_OK;
}

static stoa_status renumber(struct stoa_tuple_map *map, struct stoa_tuple_column *column,
                            const struct stoa_row_list *rows, stoa_error *err)
{
    map->unused.count = 0;
    STOA_TRY(stoa_number_map_run(&column->before, map->keys, rows, map->numbers,
                                 &map->unused, err));
    for (uint32_t i = 0; i < rows->count; i++)
        map->keys[rows->rows[i]] = map->numbers[rows->rows[i]];
    return STOA_OK;
}

static stoa_status put_part(struct stoa_tuple_map *map, struct stoa_tuple_column *column,
                            const struct stoa_key_source *source,
                            const struct stoa_row_list *rows, stoa_error *err)
{
    if (column->renumbers)
        STOA_TRY(renumber(map, column, rows, err));
    switch (column->kind) {
    case PART_CODES: put_codes(column, source, rows, map->keys); return STOA_OK;
    case PART_BOOL: put_bools(source->vector, rows, map->keys); return STOA_OK;
    case PART_RANGE: return put_range(column, source, rows, map->keys, err);
    case PART_WHOLE: plain_keys(source->vector, rows, map->keys); return STOA_OK;
    case PART_NUMBERED:
        split_nulls(source->vector, rows, &map->valued, map->numbers);
        STOA_TRY(number_values(map, column, source->vector, err));
        break;
    case PART_BYTES:
        split_nulls(source->vector, rows, &map->valued, map->numbers);
        STOA_TRY(number_bytes(map, column, source->vector, err));
        break;
    }
    put_numbers(column, map->numbers, rows, map->keys);
    return STOA_OK;
}

stoa_status stoa_tuple_map_run(struct stoa_tuple_map *map, const uint32_t *prefix,
                               const struct stoa_key_source *sources,
                               const struct stoa_row_list *rows, uint32_t *out_numbers,
                               struct stoa_row_list *fresh, stoa_error *err)
{
    if (!map->is_started)
        STOA_TRY(start(map, sources, err));
    for (uint32_t i = 0; i < rows->count; i++)
        map->keys[rows->rows[i]] = map->has_prefix ? prefix[rows->rows[i]] : 0;
    for (uint32_t i = 0; i < map->column_count; i++)
        STOA_TRY(put_part(map, &map->columns[i], &sources[i], rows, err));
    return stoa_number_map_run(&map->tuples, map->keys, rows, out_numbers, fresh, err);
}
