/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The validity section of a block [BLK-1]: which rows are NULL, in the smallest of several
 * forms. Used by block_write.c, block_read.c and dictionary_open.c only.
 */
#ifndef STOA_FORMAT_BLOCK_VALIDITY_H
#define STOA_FORMAT_BLOCK_VALIDITY_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"

/* On-disk kinds. */
enum stoa_validity_kind {
    STOA_VALIDITY_NONE = 0,
    STOA_VALIDITY_ALL_NULL = 1,
    STOA_VALIDITY_BITMAP = 2,
    STOA_VALIDITY_SPARSE_NULL = 3,
    STOA_VALIDITY_SPARSE_VALID = 4,
    STOA_VALIDITY_RUNS = 5,
    STOA_VALIDITY_KIND_COUNT
};

enum { STOA_VALIDITY_HEADER_SIZE = 8 };

/* An opened section: the bitmap lies in the payload, or in the arena for the other kinds. */
struct stoa_validity {
    const uint8_t *bits; /* ceil(rows / 64) words of 8 bytes, any alignment */
};

/* Appends the section for `rows` rows; `validity` NULL: no row is NULL. */
STOA_MUST_USE stoa_status stoa_validity_write(const uint64_t *validity, uint32_t rows,
                                              struct stoa_buf *out, stoa_error *err);

/* Opens the section at the start of the payload; *out_validity is NULL when no row is NULL or
 * all are. *out_size is where the root node begins. */
STOA_MUST_USE stoa_status stoa_validity_open(const uint8_t *payload, size_t size,
                                             uint32_t rows, uint32_t null_count,
                                             struct stoa_arena *arena,
                                             struct stoa_validity **out_validity,
                                             size_t *out_size, stoa_error *err);

#endif
