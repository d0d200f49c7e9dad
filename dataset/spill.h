/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that do not fit in memory: segments of a partition's rows in an unlinked temporary file,
 * read back in the order in which they were written. Used by the router; owns the file.
 *
 * Plain column buffers, not Stoa blocks: they are read once, soon, from the page cache. Each has
 * a checksum all the same, since what is read here is what will be committed.
 */
#ifndef STOA_DATASET_SPILL_H
#define STOA_DATASET_SPILL_H

#include <stdint.h>

#include "common/buf.h"
#include "common/io.h"
#include "format/vector.h"

struct stoa_spill_segment {
    uint64_t offset;
    uint64_t size;
    uint64_t hash;
    uint32_t rows;
    uint32_t next; /* number of the partition's next segment, or UINT32_MAX */
};

struct stoa_spill {
    struct stoa_file file;
    struct stoa_spill_segment *segments; /* owned */
    uint32_t segment_count, segment_capacity;
    uint32_t segment_limit; /* its owner's; at most this many segments */
    uint64_t size;          /* of the file */
    struct stoa_buf buf;    /* the segment being written or read */
};

/* The file is made in `directory`, with no name. */
STOA_MUST_USE stoa_status stoa_spill_init(struct stoa_spill *spill,
                                          const struct stoa_file *directory,
                                          stoa_error *err);
void stoa_spill_done(struct stoa_spill *spill); /* zeroed, or after done: allowed */

/* Writes a segment; *out_number is its number. STOA_E_MEMORY_LIMIT above segment_limit. */
STOA_MUST_USE stoa_status stoa_spill_write(struct stoa_spill *spill,
                                           const struct stoa_column *columns,
                                           uint32_t count, uint32_t rows,
                                           uint32_t *out_number, stoa_error *err);

/* Reads segment `number` back: `columns[i].phys` says what is there and the rest is filled in.
 * Borrowed until the next call. */
STOA_MUST_USE stoa_status stoa_spill_read(struct stoa_spill *spill, uint32_t number,
                                          struct stoa_column *columns, uint32_t count,
                                          stoa_error *err);

#endif
