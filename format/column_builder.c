/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The growable owned column: what ingest fills and row groups buffer. Every array grows in steps
 * from a few rows on, so that 100,000 nearly empty columns stay small. Rows are copied
 * in bulk, so behind a NULL lies whatever the source held there.
 */
#include <assert.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bitmap.h"
#include "format/vector.h"

/* Little, since a table may have 100,000 columns of which a buffer holds a row. */
enum { FIRST_ROWS = 8, FIRST_BYTES = 32 };

void stoa_column_builder_init(struct stoa_column_builder *builder, enum stoa_phys phys)
{
    *builder = (struct stoa_column_builder){.phys = phys};
}

void stoa_column_builder_done(struct stoa_column_builder *builder)
{
    stoa_free(builder->validity);
    stoa_free(builder->values);
    stoa_free(builder->offsets);
    stoa_free(builder->bytes);
    stoa_column_builder_init(builder, builder->phys);
}

void stoa_column_builder_clear(struct stoa_column_builder *builder)
{
    builder->length = 0;
    builder->null_count = 0;
    builder->byte_size = 0;
}

/* ---- room ---- */

static stoa_status grow(void **array, size_t size, stoa_error *err)
{
    void *grown = stoa_realloc(*array, size);
    if (!grown)
        return stoa_fail_memory(err, size);
    *array = grown;
    return STOA_OK;
}

/* Bytes of the values array for `rows` rows. */
static size_t values_size(enum stoa_phys phys, size_t rows)
{
    return phys == STOA_PHYS_BOOL ? stoa_bitmap_words(rows) * 8
                                  : rows * stoa_phys_width(phys);
}

/* The first growth of `capacity` that holds `needed` (far below the top of size_t): by doubling
 * at first, then by half, since what is not used counts in a row group of many columns; and not
 * past a full row group, which is as far as most go. */
static size_t grown_capacity(size_t capacity, size_t first, size_t needed)
{
    enum { DOUBLED_UP_TO = 64 };
    size_t grown = capacity > first ? capacity : first;
    while (grown < needed)
        grown += grown < DOUBLED_UP_TO ? grown : grown / 2;
    const size_t full = STOA_MAX_ROW_GROUP_RAW;
    return grown > full && needed <= full ? full : grown;
}

static stoa_status reserve_rows(struct stoa_column_builder *builder, size_t needed,
                                stoa_error *err)
{
    const size_t capacity = grown_capacity(builder->row_capacity, FIRST_ROWS, needed);
    const size_t old_words = stoa_bitmap_words(builder->row_capacity);
    const size_t more_bytes = (stoa_bitmap_words(capacity) - old_words) * 8;
    void *validity = builder->validity;
    stoa_status status = grow(&validity, stoa_bitmap_words(capacity) * 8, err);
    builder->validity = validity;
    STOA_TRY(status);
    if (builder->phys == STOA_PHYS_BYTES) {
        void *offsets = builder->offsets;
        status = grow(&offsets, (capacity + 1) * sizeof(uint32_t), err);
        builder->offsets = offsets;
        STOA_TRY(status);
        if (builder->row_capacity == 0)
            builder->offsets[0] = 0;
    } else {
        STOA_TRY(grow(&builder->values, values_size(builder->phys, capacity), err));
    }
    /* Bits are set one by one later: their words must hold something first. */
    memset(builder->validity + old_words, 0, more_bytes);
    if (builder->phys == STOA_PHYS_BOOL)
        memset((uint64_t *)builder->values + old_words, 0, more_bytes);
    builder->row_capacity = capacity;
    return STOA_OK;
}

static stoa_status reserve_bytes(struct stoa_column_builder *builder, size_t needed,
                                 stoa_error *err)
{
    const size_t capacity = grown_capacity(builder->byte_capacity, FIRST_BYTES, needed);
    void *bytes = builder->bytes;
    const stoa_status status = grow(&bytes, capacity, err);
    builder->bytes = bytes;
    STOA_TRY(status);
    builder->byte_capacity = capacity;
    return STOA_OK;
}

stoa_status stoa_column_builder_reserve(struct stoa_column_builder *builder, size_t rows,
                                        size_t bytes, stoa_error *err)
{
    if (rows > UINT32_MAX - builder->length)
        return stoa_fail(err, STOA_E_LIMIT,
                         "expected at most %u rows in a column buffer, found %zu more than "
                         "the %u in it",
                         UINT32_MAX, rows, builder->length);
    if (bytes > UINT32_MAX - builder->byte_size)
        return stoa_fail(
            err, STOA_E_LIMIT,
            "expected at most %u text bytes in a column buffer, found %zu more "
            "than the %zu in it",
            UINT32_MAX, bytes, builder->byte_size);
    if (builder->length + rows > builder->row_capacity)
        STOA_TRY(reserve_rows(builder, builder->length + rows, err));
    if (builder->byte_size + bytes > builder->byte_capacity)
        STOA_TRY(reserve_bytes(builder, builder->byte_size + bytes, err));
    return STOA_OK;
}

/* ---- appending; all of it into reserved room ---- */

/* Bits [first, first + count) that are 0. */
static uint32_t count_zeros(const uint64_t *words, uint32_t first, uint32_t count)
{
    uint32_t zeros = 0;
    for (uint32_t done = 0; done < count;) {
        const uint32_t at = first + done;
        const uint32_t in_word = 64 - at % 64;
        const uint32_t step = count - done < in_word ? count - done : in_word;
        zeros += (uint32_t)__builtin_popcountll(~words[at / 64] >> at % 64 &
                                                stoa_low_mask(step));
        done += step;
    }
    return zeros;
}

static void put_bit(uint64_t *words, size_t i, bool bit)
{
    const uint64_t mask = UINT64_C(1) << (i & 63);
    words[i >> 6] = (words[i >> 6] & ~mask) | (bit ? mask : 0);
}

static void put_text(struct stoa_column_builder *builder, uint32_t row,
                     struct stoa_view view)
{
    if (view.length)
        memcpy(builder->bytes + builder->byte_size, view.data, view.length);
    builder->byte_size += view.length;
    builder->offsets[row + 1] = (uint32_t)builder->byte_size;
}

static void put_value(struct stoa_column_builder *builder, const struct stoa_value *value)
{
    static const struct stoa_value zero = {.is_null = true};
    const uint32_t row = builder->length;
    const struct stoa_value *kept = value->is_null ? &zero : value;
    put_bit(builder->validity, row, !value->is_null);
    if (builder->phys == STOA_PHYS_BYTES) {
        put_text(builder, row, kept->bytes);
    } else if (builder->phys == STOA_PHYS_BOOL) {
        put_bit(builder->values, row, kept->boolean);
    } else {
        const size_t width = stoa_phys_width(builder->phys);
        memcpy((uint8_t *)builder->values + row * width, kept->fixed16, width);
    }
    builder->null_count += value->is_null;
    builder->length++;
}

void stoa_column_builder_cut(struct stoa_column_builder *builder, uint32_t length)
{
    assert(length <= builder->length);
    if (length == builder->length)
        return;
    builder->null_count -= count_zeros(builder->validity, length, builder->length - length);
    if (builder->phys == STOA_PHYS_BYTES)
        builder->byte_size = builder->offsets[length];
    builder->length = length;
}

stoa_status stoa_column_builder_append(struct stoa_column_builder *builder,
                                       const struct stoa_value *value, stoa_error *err)
{
    const bool is_text = builder->phys == STOA_PHYS_BYTES && !value->is_null;
    STOA_TRY(
        stoa_column_builder_reserve(builder, 1, is_text ? value->bytes.length : 0, err));
    put_value(builder, value);
    return STOA_OK;
}

/* The text of rows [first, first + count) in one piece. */
static void copy_texts(struct stoa_column_builder *builder,
                       const struct stoa_column *column, uint32_t first, uint32_t count)
{
    const uint32_t begin = column->offsets[first];
    const uint32_t size = column->offsets[first + count] - begin;
    const uint32_t shift = (uint32_t)builder->byte_size - begin; /* wraps, as wanted */
    uint32_t *offsets = builder->offsets + builder->length + 1;
    for (uint32_t i = 0; i < count; i++)
        offsets[i] = column->offsets[first + i + 1] + shift;
    if (size)
        memcpy(builder->bytes + builder->byte_size, column->bytes + begin, size);
    builder->byte_size += size;
}

static void copy_validity(struct stoa_column_builder *builder,
                          const struct stoa_column *column, uint32_t first, uint32_t count)
{
    const uint32_t length = builder->length;
    if (!column->validity) {
        stoa_bitmap_set_range(builder->validity, length, count);
        return;
    }
    stoa_bitmap_copy(builder->validity, length, column->validity, first, count);
    builder->null_count += count_zeros(builder->validity, length, count);
}

static void copy_values(struct stoa_column_builder *builder,
                        const struct stoa_column *column, uint32_t first, uint32_t count)
{
    const size_t width = stoa_phys_width(builder->phys);
    const size_t length = builder->length;
    if (builder->phys == STOA_PHYS_BYTES)
        copy_texts(builder, column, first, count);
    else if (builder->phys == STOA_PHYS_BOOL)
        stoa_bitmap_copy(builder->values, length, column->values, first, count);
    else
        memcpy((uint8_t *)builder->values + length * width,
               (const uint8_t *)column->values + first * width, count * width);
}

stoa_status stoa_column_builder_append_rows(struct stoa_column_builder *builder,
                                            const struct stoa_column *column,
                                            uint32_t first, uint32_t count, stoa_error *err)
{
    assert(builder->phys == column->phys && first <= column->length &&
           count <= column->length - first);
    if (count == 0)
        return STOA_OK;
    const size_t bytes = column->phys == STOA_PHYS_BYTES
                             ? column->offsets[first + count] - column->offsets[first]
                             : 0;
    STOA_TRY(stoa_column_builder_reserve(builder, count, bytes, err));
    copy_validity(builder, column, first, count);
    copy_values(builder, column, first, count);
    builder->length += count;
    return STOA_OK;
}

static void gather_texts(struct stoa_column_builder *builder,
                         const struct stoa_column *column, const uint32_t *rows,
                         uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        put_text(builder, builder->length + i, stoa_column_view(column, rows[i]));
}

static void gather_bits(uint64_t *to, size_t first, const uint64_t *from,
                        const uint32_t *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        put_bit(to, first + i, stoa_bit_get(from, rows[i]) != 0);
}

static void gather_fixed(uint8_t *to, const uint8_t *from, size_t width,
                         const uint32_t *rows, uint32_t count)
{
    if (width == 8) { /* a constant size, so that the copy is one load and one store */
        for (uint32_t i = 0; i < count; i++)
            memcpy(to + (size_t)i * 8, from + (size_t)rows[i] * 8, 8);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        memcpy(to + i * width, from + rows[i] * width, width);
}

/* Text bytes of the named rows. */
static size_t gathered_size(const struct stoa_column *column, const uint32_t *rows,
                            uint32_t count)
{
    size_t bytes = 0;
    if (column->phys == STOA_PHYS_BYTES) {
        for (uint32_t i = 0; i < count; i++)
            bytes += stoa_column_view(column, rows[i]).length;
    }
    return bytes;
}

stoa_status stoa_column_builder_gather(struct stoa_column_builder *builder,
                                       const struct stoa_column *column,
                                       const uint32_t *rows, uint32_t count,
                                       stoa_error *err)
{
    assert(builder->phys == column->phys);
    if (count == 0)
        return STOA_OK;
    const size_t bytes = gathered_size(column, rows, count);
    STOA_TRY(stoa_column_builder_reserve(builder, count, bytes, err));
    const size_t length = builder->length;
    const size_t width = stoa_phys_width(builder->phys);
    if (column->validity) {
        gather_bits(builder->validity, length, column->validity, rows, count);
        builder->null_count += count_zeros(builder->validity, builder->length, count);
    } else {
        stoa_bitmap_set_range(builder->validity, length, count);
    }
    if (builder->phys == STOA_PHYS_BYTES)
        gather_texts(builder, column, rows, count);
    else if (builder->phys == STOA_PHYS_BOOL)
        gather_bits(builder->values, length, column->values, rows, count);
    else
        gather_fixed((uint8_t *)builder->values + length * width, column->values, width,
                     rows, count);
    builder->length += count;
    return STOA_OK;
}

struct stoa_column stoa_column_builder_view(const struct stoa_column_builder *builder)
{
    static const uint32_t no_offsets[1] = {0};
    static const uint8_t no_bytes[1] = {0}; /* views of empty texts point somewhere */
    return (struct stoa_column){
        .phys = builder->phys,
        .length = builder->length,
        .validity = builder->null_count ? builder->validity : NULL,
        .values = builder->values,
        .offsets = builder->offsets ? builder->offsets : no_offsets,
        .bytes = builder->bytes ? builder->bytes : no_bytes,
    };
}
