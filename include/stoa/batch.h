/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows on their way out of a query: a few columns of up to some thousand rows in Arrow's
 * memory layout (LSB-first validity bitmaps, 64-bit value slots, 32-bit text offsets).
 *
 * A batch is borrowed from whoever handed it out and lives until the next one is asked for.
 */
#ifndef STOA_BATCH_H
#define STOA_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "stoa/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One column of a batch. Which members are set follows from the type's physical kind:
 *   bool                                     values: bitmap, LSB first
 *   int8 .. int64, date, time, timestamps,
 *   decimal up to 18 digits                  values: int64_t per row (decimal: unscaled)
 *   uint64                                   values: uint64_t per row
 *   float64                                  values: double per row
 *   decimal from 19 digits                   values: 16 bytes per row, little-endian two's complement
 *   text, binary                             offsets (rows + 1) into bytes
 *   uuid                                     values: 16 bytes per row
 * Slots of NULL rows are initialised and mean nothing. */
typedef struct stoa_batch_column {
    stoa_type type;
    const uint8_t *validity; /* bit i set: row i is not NULL; NULL pointer: no NULLs */
    const void *values;
    const uint32_t *offsets;
    const uint8_t *bytes;
} stoa_batch_column;

typedef struct stoa_batch {
    size_t rows;
    size_t column_count;
    const stoa_batch_column *columns;
} stoa_batch;

/* The spelling of one cell, as export prints it: a growing text the caller keeps between
 * calls and releases with stoa_cell_done. Zero-initialise it. */
typedef struct stoa_cell {
    char *
        text; /* NUL terminated; owned by the cell; may hold NULs when binary or text does */
    size_t length; /* bytes, without the final NUL */
    size_t capacity;
    int is_null; /* 1: the cell is NULL and text is "" */
} stoa_cell;

/* Writes cell (column, row) in its canonical spelling into `cell`. STOA_E_USAGE when the cell does
 * not exist, STOA_E_NO_MEMORY. One cell belongs to one thread. */
STOA_API STOA_MUST_USE stoa_status stoa_batch_cell(const stoa_batch *batch, size_t column,
                                                   size_t row, stoa_cell *cell,
                                                   stoa_error *err);
STOA_API void stoa_cell_done(stoa_cell *cell);

#ifdef __cplusplus
}
#endif
#endif
