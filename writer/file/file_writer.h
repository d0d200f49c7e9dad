/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed columns in, one Stoa file out: buffers a row group, computes statistics, encodes its
 * columns on the pool, writes blocks and tail, and ends with footer and trailer. Called by the
 * dataset layer for data files and manifests.
 *
 * The bytes depend on schema, rows and profile alone: not on the sizes of the appends, the
 * threads, the machine or the clock [FMT-5]; where row groups are copied, on their bytes too. The writer re-opens nothing; the dataset layer
 * checks the finished file through the reader before it commits.
 */
#ifndef STOA_WRITER_FILE_WRITER_H
#define STOA_WRITER_FILE_WRITER_H

#include "common/hash.h"
#include "common/io.h"
#include "common/pool.h"
#include "format/enc/enc.h"
#include "format/sketch.h"
#include "format/stats.h"
#include "format/vector.h"
#include "stoa/schema.h"

struct stoa_file_writer;

struct stoa_file_writer_options {
    enum stoa_profile profile;
    struct stoa_pool *pool; /* borrowed; NULL: encode on the calling thread */
    bool keeps_sketches;    /* also in small files [FMT-102] */
    /* One per field: every row group gets a filter of the column [FMT-110]; NULL: none is asked for.
     * Copied. */
    const bool *filters;
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

/* The schema that is written; lives as long as the writer. */
const stoa_schema *stoa_file_writer_schema(const struct stoa_file_writer *writer);

/* Appends `rows` rows: one column per field, in schema order, of the field's kind. Copies.
 * After a failure the writer can only be freed. */
STOA_MUST_USE stoa_status stoa_file_writer_append(struct stoa_file_writer *writer,
                                                  const struct stoa_column *columns,
                                                  uint32_t rows, stoa_error *err);

/* A row group of another file, to be copied without decoding it [FMT-46]. */
struct stoa_group_source {
    const struct stoa_file *file; /* borrowed */
    uint64_t offset;              /* of the row group in it */
    const uint8_t *tail;          /* its tail, borrowed: checked here, by stoa_tail_open */
    uint64_t tail_size;
    /* Zone records of all columns that keep them there, in column order, and for each column how
     * many bytes of them end with it [FMT-93]; zone_ends NULL: none are known. Borrowed. */
    const uint8_t *zones;
    const uint64_t *zone_ends;
    /* The sketches of its file, one per column, when all of that file's row groups are copied; NULL:
     * the new file has none [FMT-102]. Borrowed. */
    const struct stoa_sketch *sketches;
    uint32_t number;     /* for messages: in that file, */
    uint64_t first_row;  /* and the number of its first row there */
    bool may_be_damaged; /* payloads are copied whatever their checksums say */
};

/* Writes the buffered rows, if any, as a row group, and then appends a row group of a file with
 * the same schema section: its bytes as they are, each payload under its checksum. Statistics
 * come from its records [FMT-71]. STOA_E_CORRUPT names the place in the source. After a failure
 * the writer can only be freed. */
STOA_MUST_USE stoa_status stoa_file_writer_copy(struct stoa_file_writer *writer,
                                                const struct stoa_group_source *source,
                                                stoa_error *err);

/* Bytes of memory this writer holds now (buffered rows and encoded blocks). */
size_t stoa_file_writer_memory(const struct stoa_file_writer *writer);

/* Writes what is buffered, the footer and the trailer. A file of no rows is valid. */
STOA_MUST_USE stoa_status stoa_file_writer_finish(struct stoa_file_writer *writer,
                                                  struct stoa_file_summary *out_summary,
                                                  stoa_error *err);

void stoa_file_writer_free(struct stoa_file_writer *writer); /* NULL allowed */

#endif
