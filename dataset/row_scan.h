/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a few columns of one Stoa file, by row number: how manifests are loaded and new data
 * files sampled. Decodes a vector of each column at a time; going forward is cheap, jumping
 * costs a block. Owned by one thread; borrows the reader.
 */
#ifndef STOA_DATASET_ROW_SCAN_H
#define STOA_DATASET_ROW_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "format/vector.h"
#include "reader/reader.h"

struct stoa_row_scan_column {
    uint32_t column; /* number in the file */
    struct stoa_block_slot slot;
    struct stoa_vector vector;
    bool has_vector; /* vector was initialised */
};

struct stoa_row_scan {
    struct stoa_reader *reader;
    struct stoa_row_scan_column *columns; /* owned */
    uint32_t column_count;
    struct stoa_decompressor decompressor; /* of all slots: a scan stays where it is */
    uint64_t rows;                         /* of the file */
    uint32_t group;                        /* loaded one; valid while has_group */
    uint32_t block;                        /* loaded one; valid while has_block */
    uint64_t group_first;                  /* row number in the file */
    uint32_t group_rows;                   /* */
    uint64_t vector_first; /* row number in the file of the vectors' first row */
    uint32_t vector_rows;  /* 0: none decoded */
    uint32_t row;          /* the current one, in the vectors */
    bool has_group, has_block;
};

/* Columns are numbers in the file's schema. */
STOA_MUST_USE stoa_status stoa_row_scan_init(struct stoa_row_scan *scan,
                                             struct stoa_reader *reader,
                                             const uint32_t *columns, uint32_t count,
                                             stoa_error *err);
void stoa_row_scan_done(struct stoa_row_scan *scan); /* zeroed: allowed */

/* Makes row `row` < rows current. */
STOA_MUST_USE stoa_status stoa_row_scan_seek(struct stoa_row_scan *scan, uint64_t row,
                                             stoa_error *err);

/* Column `i` (in the order given to init) of the current row; bytes are borrowed until the
 * next seek. */
struct stoa_value stoa_row_scan_get(const struct stoa_row_scan *scan, uint32_t i);

#endif
