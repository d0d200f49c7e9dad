/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The full state of one version of a dataset: what its manifest, itself a Stoa file of fixed
 * schema, says [DS-10..16]. Read by log.c, written by commit.c, shown to queries by snapshot.c.
 *
 * A loaded manifest is immutable and has passed every check: ids and names are unique, paths
 * stay inside the dataset, counts add up. Statistics stay in the file until a column of them
 * is asked for.
 */
#ifndef STOA_DATASET_MANIFEST_H
#define STOA_DATASET_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/hash.h"
#include "common/io.h"
#include "dataset/paths.h"
#include "dataset/stat_row.h"
#include "reader/reader.h"
#include "stoa/schema.h"

/* [DS-16] */
enum {
    STOA_MANIFEST_FILES = 1 << 20,
    STOA_MANIFEST_SOURCES = 1 << 20,
    STOA_MANIFEST_SOURCES_KEPT =
        10000, /* sources of earlier versions are dropped above so many in all */
    STOA_MANIFEST_BATCHES = 1 << 16, /* never dropped, so that none is taken in twice */
    STOA_MANIFEST_STATS = 1 << 20,   /* stat rows; further columns go without */
    STOA_MANIFEST_TRACKED =
        1000, /* columns with statistics besides the partition columns */
    STOA_MANIFEST_PARTITION_COLUMNS = 16,
};

/* One source file in the ledger. */
struct stoa_manifest_source {
    const char *name;
    uint64_t version; /* that took it in */
    uint64_t size;
    int64_t mtime_ns;
    struct stoa_hash128 hash;
    uint64_t rows_read, rows_written, rows_rejected;
};

/* One batch in the ledger [DS-50]. */
struct stoa_manifest_batch {
    const char *id;
    uint64_t version;         /* that holds its rows */
    struct stoa_hash128 hash; /* of its sources */
    uint64_t rows_read, rows_written, rows_rejected;
};

struct stoa_manifest_file {
    const char *path; /* valid by stoa_path_is_valid */
    uint64_t size, rows;
    uint64_t version; /* that added it */
    struct stoa_hash128 hash;
    struct stoa_hash128 content; /* identity [FMT-61], in the file's trailer */
    const struct stoa_partition_value *values; /* partition_count of them */
};

struct stoa_manifest {
    struct stoa_arena arena; /* texts and values */
    uint64_t version;
    uint8_t dataset[STOA_ID_SIZE];
    uint8_t commit[STOA_ID_SIZE]; /* the operation that made this version */
    struct stoa_hash128 parent;   /* XXH3-128 of the parent's file; zero for version 1 */
    const char *operation;        /* "create", "append", "replace", "overwrite" */
    int64_t committed_us;
    uint64_t rows_read, rows_written, rows_rejected; /* of this commit */
    uint64_t files_added;
    uint64_t total_rows, total_bytes;
    stoa_field *fields; /* owned */
    uint32_t field_count;
    uint32_t *partitions; /* owned; numbers into fields */
    uint32_t partition_count;
    struct stoa_manifest_source
        *sources; /* owned; this version's, and the latest of earlier ones */
    uint32_t source_count;
    struct stoa_manifest_batch *batches; /* owned; in the order of their versions */
    uint32_t batch_count;
    struct stoa_manifest_file *files; /* owned */
    uint32_t file_count;
    uint32_t *tracked; /* owned; fields with statistics, in the order of their rows */
    uint32_t tracked_count;
    uint64_t first_stat_row;    /* of the file; field k, file i: + k * file_count + i */
    struct stoa_reader *reader; /* owned; for the statistics */
};

/* Loads and checks the manifest in `file` (taken over, also on failure): it must be version
 * `version` of dataset `dataset`. STOA_E_CORRUPT, STOA_E_NEWER. */
STOA_MUST_USE stoa_status stoa_manifest_load(struct stoa_file *file, uint64_t version,
                                             const uint8_t dataset[STOA_ID_SIZE],
                                             struct stoa_manifest **out_manifest,
                                             stoa_error *err);
void stoa_manifest_free(struct stoa_manifest *manifest); /* NULL allowed */

/* The schema of a manifest; borrowed. */
stoa_schema stoa_manifest_schema(const struct stoa_manifest *manifest);

/* Statistics of field `fields[tracked[k]]` for all files, in file order, checked. Thread-safe.
 * Each goes to `each` and lives for that call. */
typedef stoa_status (*stoa_manifest_stat_fn)(void *context, uint32_t file,
                                             const struct stoa_stat_row *row,
                                             stoa_error *err);
STOA_MUST_USE stoa_status stoa_manifest_read_stats(const struct stoa_manifest *manifest,
                                                   uint32_t k, stoa_manifest_stat_fn each,
                                                   void *context, stoa_error *err);

/* The fields that get statistics: partition columns, then the first others [DS-15]. `out`
 * has room for field_count; returns how many. */
uint32_t stoa_manifest_choose_tracked(const uint32_t *partitions, uint32_t partition_count,
                                      uint32_t field_count, uint32_t *out);

/*
 * Statistics of new data files, packed, one buffer per tracked column, in file order. When
 * they grow too large, the last columns are dropped: a missing statistic means "unknown".
 */
struct stoa_stat_table {
    struct stoa_buf *columns; /* owned; column_count of them */
    uint32_t column_count;    /* may shrink */
    uint32_t allocated;
    uint32_t kept_always; /* partition columns: never dropped */
    uint32_t file_count;
    size_t bytes;
};
STOA_MUST_USE stoa_status stoa_stat_table_init(struct stoa_stat_table *table,
                                               uint32_t column_count, uint32_t kept_always,
                                               stoa_error *err);
void stoa_stat_table_done(struct stoa_stat_table *table);
/* Adds one file's statistics: `rows[k]` for tracked column k < column_count. */
STOA_MUST_USE stoa_status stoa_stat_table_add(struct stoa_stat_table *table,
                                              const struct stoa_stat_row *rows,
                                              stoa_error *err);

/* What the next version's manifest says; everything is borrowed. */
struct stoa_manifest_draft {
    const struct stoa_manifest *parent; /* NULL: this is version 1 */
    struct stoa_hash128 parent_hash;
    uint8_t dataset[STOA_ID_SIZE];
    uint8_t commit[STOA_ID_SIZE];
    const char *operation;
    int64_t committed_us;
    uint64_t rows_read, rows_written, rows_rejected;
    stoa_schema schema; /* as the parent's, if there is one */
    const uint32_t *partitions;
    uint32_t partition_count;
    const struct stoa_manifest_source *sources; /* new ones; their version is set here */
    uint32_t source_count;
    const struct stoa_manifest_batch *batch; /* of the commit, version set here; or NULL */
    const bool *dropped; /* of the parent's files: those that go [DS-53]; NULL: none */
    const struct stoa_manifest_file *files; /* new ones; likewise */
    uint32_t file_count;
    const struct stoa_stat_table *stats; /* of the new files; NULL: none */
};

/* Writes the manifest to `file` (open for writing, empty; neither synced nor closed). The bytes
 * depend on the draft alone. */
STOA_MUST_USE stoa_status stoa_manifest_write(const struct stoa_manifest_draft *draft,
                                              const struct stoa_file *file,
                                              stoa_error *err);

#endif
