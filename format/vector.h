/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns in memory. A `stoa_column` is contiguous input for encoders (a block or more of
 * rows, Arrow's layout); a `stoa_vector` is what decoders fill: at most 1,024 rows, texts as
 * views into the block they came from, so that nothing is copied before a row has survived.
 */
#ifndef STOA_FORMAT_VECTOR_H
#define STOA_FORMAT_VECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bits.h"
#include "common/error.h"
#include "format/types.h"
#include "format/value.h"

/* A borrowed, read-only column. Slots of NULL rows are initialised but mean nothing. */
struct stoa_column {
    enum stoa_phys phys;
    uint32_t length;          /* rows */
    const uint64_t *validity; /* bit i set: row i is not NULL; NULL pointer: no NULLs */
    const void *values;       /* BOOL: bitmap words; fixed kinds: array; BYTES: unused */
    const uint32_t *offsets;  /* BYTES: length + 1, ascending; offsets[0] may be > 0 */
    const uint8_t *bytes;     /* BYTES: what the offsets count from */
};

static inline const int64_t *stoa_column_i64(const struct stoa_column *column)
{
    return (const int64_t *)column->values;
}

static inline const uint64_t *stoa_column_u64(const struct stoa_column *column)
{
    return (const uint64_t *)column->values;
}

static inline const double *stoa_column_f64(const struct stoa_column *column)
{
    return (const double *)column->values;
}

static inline const stoa_i128 *stoa_column_i128(const struct stoa_column *column)
{
    return (const stoa_i128 *)column->values;
}

static inline struct stoa_view stoa_column_view(const struct stoa_column *column,
                                                uint32_t row)
{
    return (struct stoa_view){.data = column->bytes + column->offsets[row],
                              .length = column->offsets[row + 1] - column->offsets[row]};
}

/* Rows [first, first + count) of `column`; first is a multiple of 64. Borrows its memory. */
struct stoa_column stoa_column_slice(const struct stoa_column *column, uint32_t first,
                                     uint32_t count);

/* Row `row` as a scalar; bytes are borrowed. */
struct stoa_value stoa_column_get(const struct stoa_column *column, uint32_t row);

/* Bytes of row-group budget these rows use [FMT-4]: width per value (1 bit for BOOL rounded up
 * to bytes, 4 + length for BYTES). Validity is not counted. */
uint64_t stoa_column_raw_size(const struct stoa_column *column);

/* Up to 1,024 decoded rows. The maker owns `values` (room for 1,024 of the kind, 64-byte
 * aligned) and `codes`; views point into the decoded block and live as long as it. */
struct stoa_vector {
    enum stoa_phys phys;
    uint32_t length; /* rows in use */
    bool has_nulls;  /* false: validity need not be looked at (but is all ones) */
    uint64_t validity[STOA_VECTOR_WORDS];
    union {
        void *raw;
        uint64_t *bits; /* BOOL, 16 words */
        int64_t *i64;
        uint64_t *u64;
        double *f64;
        stoa_i128 *i128;
        struct stoa_view *views;
        uint8_t *fixed16; /* 16 bytes a row */
    } values;
};

/* Allocates the value memory for 1,024 rows of `phys`; free with stoa_vector_done. */
STOA_MUST_USE stoa_status stoa_vector_init(struct stoa_vector *vector, enum stoa_phys phys,
                                           stoa_error *err);
void stoa_vector_done(struct stoa_vector *vector);

/* Row `row` as a scalar; bytes are borrowed. */
struct stoa_value stoa_vector_get(const struct stoa_vector *vector, uint32_t row);

/*
 * A growable owned column of any length: what ingest fills and row groups buffer. After a
 * failed call the builder holds what it held before it.
 */
struct stoa_column_builder {
    enum stoa_phys phys;
    uint32_t length;
    uint32_t null_count;
    size_t row_capacity;
    size_t byte_capacity;
    uint64_t *validity; /* kept from the start, all rows */
    void *values;
    uint32_t *offsets;
    uint8_t *bytes;
    size_t byte_size;
};

void stoa_column_builder_init(struct stoa_column_builder *builder, enum stoa_phys phys);
void stoa_column_builder_done(struct stoa_column_builder *builder);
void stoa_column_builder_clear(struct stoa_column_builder *builder); /* keeps the memory */
/* Forgets all rows but the first `length` of them; keeps the memory. */
void stoa_column_builder_cut(struct stoa_column_builder *builder, uint32_t length);

/* Room for `rows` more rows and `bytes` more text bytes (total text below 4 GiB). */
STOA_MUST_USE stoa_status stoa_column_builder_reserve(struct stoa_column_builder *builder,
                                                      size_t rows, size_t bytes,
                                                      stoa_error *err);
STOA_MUST_USE stoa_status stoa_column_builder_append(struct stoa_column_builder *builder,
                                                     const struct stoa_value *value,
                                                     stoa_error *err);
/* Appends rows [first, first + count) of `column` (same kind). */
STOA_MUST_USE stoa_status stoa_column_builder_append_rows(
    struct stoa_column_builder *builder, const struct stoa_column *column, uint32_t first,
    uint32_t count, stoa_error *err);
/* Appends the rows named by `rows` (any order), `count` of them. */
STOA_MUST_USE stoa_status stoa_column_builder_gather(struct stoa_column_builder *builder,
                                                     const struct stoa_column *column,
                                                     const uint32_t *rows, uint32_t count,
                                                     stoa_error *err);

/* A borrowed look at what was appended; valid until the next change. validity is NULL when
 * there are no NULLs. */
struct stoa_column stoa_column_builder_view(const struct stoa_column_builder *builder);

#endif
