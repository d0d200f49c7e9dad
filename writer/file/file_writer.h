/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed columns in, one Stoa file out: buffers a row group, computes statistics, encodes its
 * columns on the pool, writes blocks and tail, and ends with footer and trailer. Called by the
 * dataset layer for data files and manifests.
 *
 * The bytes depend on schema, rows and profile alone: not on the sizes of the appends, the
 * threads, the machine or the clock [FMT-5]. The writer re-opens nothing; the dataset layer
 * checks the finished file through the reader before it commits.
 */
#ifndef STOA_WRITER_FILE_WRITER_H
#define STOA_WRITER_FILE_WRITER_H

#include "common/hash.h"
#include "common/io.h"
#include "common/pool.h"
#include "format/enc/enc.h"
#include "format/stats.h"
#include "format/vector.h"
#include "stoa/schema.h"

struct stoa_file_writer;

struct stoa_file_writer_options {
    enum stoa_profile profile;
    struct stoa_pool *pool; /* borrowed; NULL: encode on the calling thread */
};

/* What was written; the arrays belong to the writer and live until it is freed. */
struct stoa_file_summary {
    uint64_t rows;
    uint64_t size;               /* bytes of the whole file */
    struct stoa_hash128 hash;    /* XXH3-128 of the whole file */
    struct stoa_hash128 content; /* identity, as in the trailer [FMT-61] */
    uint32_t row_groups;
    const struct stoa_stats *columns; /* file-level statistics, one per field */
    const uint64_t *stored_bytes;     /* encoded bytes, one per field */
};

/* Starts a file: writes header and schema section to `file` (open for writing, at offset 0;
 * borrowed, neither synced nor closed here). The schema is copied. */
STOA_MUST_USE stoa_status
stoa_file_writer_create(const struct stoa_file *file, const stoa_schema *schema,
                        const struct stoa_file_writer_options *options,
                        struct stoa_file_writer **out_writer, stoa_error *err);

/* Appends `rows` rows: one column per field, in schema order, of the field's kind. Copies.
 * After a failure the writer can only be freed. */
STOA_MUST_USE stoa_status stoa_file_writer_append(struct stoa_file_writer *writer,
                                                  const struct stoa_column *columns,
                                                  uint32_t rows, stoa_error *err);

/* Bytes of memory this writer holds now (buffered rows and encoded blocks). */
size_t stoa_file_writer_memory(const struct stoa_file_writer *writer);

/* Writes what is buffered, the footer and the trailer. A file of no rows is valid. */
STOA_MUST_USE stoa_status stoa_file_writer_finish(struct stoa_file_writer *writer,
                                                  struct stoa_file_summary *out_summary,
                                                  stoa_error *err);

void stoa_file_writer_free(struct stoa_file_writer *writer); /* NULL allowed */

#endif
