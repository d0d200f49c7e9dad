/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL over datasets and single .stoa files: prepare, fetch batches, free.
 *
 *   stoa_query_prepare -> stoa_query_schema -> stoa_query_next (until rows == 0) -> stoa_query_free
 *
 * PostgreSQL 15 syntax and semantics, FROM 'path' or FROM path; what is not supported is refused
 * by name. A query reads one version of its dataset for its whole life. Answers do not depend
 * on the number of threads. One query belongs to one thread at a time.
 */
#ifndef STOA_QUERY_H
#define STOA_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "stoa/batch.h"
#include "stoa/schema.h"
#include "stoa/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct stoa_query stoa_query;

enum stoa_query_flag {
    /* Every answer is computed from the values: statistics neither skip rows nor stand for
     * them. For tests and measurements; answers are the same. */
    STOA_QUERY_NO_STATISTICS = 1,
    /* Rows of blocks in which a column that the statement names is damaged are left out, wholly,
     * and told to on_skip; the answer is over the others. Else such a block fails the query. */
    STOA_QUERY_SKIP_CORRUPT = 2
};

/* Rows that were left out. All is borrowed for the call. */
typedef struct stoa_skipped_rows {
    const char *file;
    const char *column; /* that is damaged; NULL: what tells where the columns are */
    uint64_t first_row; /* number in the file, from 0 */
    uint64_t rows;
    const stoa_error *damage;
} stoa_skipped_rows;

/* Zero means the default. */
typedef struct stoa_query_options {
    unsigned threads; /* 0: all processors of this process */
    uint64_t memory;  /* bytes the query may hold; 0: 256 MiB; STOA_E_MEMORY_LIMIT above */
    const char *
        dataset; /* path that `FROM <its last component>` and a missing FROM mean; NULL: none */
    /* Asked now and then while the query runs; nonzero stops it with STOA_E_INTERRUPTED. */
    int (*is_cancelled)(void *context);
    void *cancel_context;
    uint32_t flags; /* of enum stoa_query_flag, or-ed */
    /* Told about rows that were left out, in the order of rows, on the thread that asks for
     * batches. NULL allowed. */
    void (*on_skip)(void *context, const stoa_skipped_rows *skipped);
    void *skip_context;
    uint32_t reserved[3]; /* zero */
} stoa_query_options;

/* Parses, binds and plans `sql` (UTF-8, NUL terminated, one statement, a final semicolon allowed).
 * EXPLAIN and EXPLAIN ANALYZE are statements whose result is one text column "plan".
 * Errors: 2xx with err->offset in the text and an excerpt with a caret and, for unknown
 * names, a did-you-mean hint; 3xx to 5xx for the dataset. `options` may be NULL. */
STOA_API STOA_MUST_USE stoa_status stoa_query_prepare(const char *sql,
                                                      const stoa_query_options *options,
                                                      stoa_query **out_query,
                                                      stoa_error *err);

/* Names and types of the result. Names may repeat. Borrowed from the query. */
STOA_API const stoa_schema *stoa_query_schema(const stoa_query *query);

/* The next rows; out_batch->rows is 0 at the end, again on every further call. The batch is borrowed
 * until the next call. After a failure the query can only be freed. */
STOA_API STOA_MUST_USE stoa_status stoa_query_next(stoa_query *query, stoa_batch *out_batch,
                                                   stoa_error *err);

/* What was read so far. */
typedef struct stoa_query_counters {
    uint64_t files, files_pruned; /* of the version; skipped without being opened */
    uint64_t partitions,
        partitions_pruned; /* distinct partition tuples; 0 when unpartitioned */
    uint64_t row_groups, row_groups_pruned; /* in opened files */
    uint64_t row_groups_filtered;           /* those of them that only filters ruled out */
    uint64_t blocks, blocks_pruned; /* row ranges of 65,536 in row groups that were kept */
    uint64_t zones, zones_pruned;   /* row ranges of 8,192 in blocks that were kept, where
                                   * zones were looked at */
    uint64_t rows_scanned; /* rows a predicate was evaluated on or that were decoded */
    uint64_t rows_matched;
    uint64_t bytes_read;           /* payload bytes */
    uint64_t bytes_total;          /* payload bytes of all files of the version */
    uint64_t rows_from_statistics; /* rows answered from statistics alone */
    uint64_t rows_skipped;         /* left out because of damage */
    uint64_t aids_damaged; /* zones of blocks and filters of row groups that are damaged, so
                            * that rows were read without them; no row is missing for that */
} stoa_query_counters;
STOA_API void stoa_query_get_counters(const stoa_query *query,
                                      stoa_query_counters *out_counters);

/* Ends the query, finished or not, and closes its dataset. NULL allowed. */
STOA_API void stoa_query_free(stoa_query *query);

#ifdef __cplusplus
}
#endif
#endif
