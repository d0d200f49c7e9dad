/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at datasets and keeping them healthy: open one version, list versions and files, verify
 * every byte, remove what no version refers to.
 *
 * A path names a dataset directory, one version of it ("path@42", unless a path of that very name
 * exists), or a single .stoa file, which is a table of one file.
 */
#ifndef STOA_DATASET_H
#define STOA_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "stoa/schema.h"
#include "stoa/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One version of a table, pinned: it does not change while it is open. Its functions may be called
 * from several threads. */
typedef struct stoa_dataset stoa_dataset;

/* Opens the newest version, or the one that "@N" names. STOA_E_NOT_FOUND, STOA_E_NOT_DATASET,
 * STOA_E_VERSION, STOA_E_CORRUPT, STOA_E_IO. */
STOA_API STOA_MUST_USE stoa_status stoa_dataset_open(const char *path,
                                                     stoa_dataset **out_dataset,
                                                     stoa_error *err);
/* Closes it; no call on it may be under way. NULL allowed. */
STOA_API void stoa_dataset_close(stoa_dataset *dataset);

typedef struct stoa_dataset_info {
    const char *path;   /* as opened, without "@N" */
    int is_single_file; /* 1: a lone .stoa file; version is 0 then */
    uint64_t version;   /* 1.. */
    uint64_t rows;
    uint64_t bytes; /* of the data files */
    size_t file_count;
    size_t partition_count; /* distinct partition tuples; 0: not partitioned */
    stoa_schema schema;
    const uint32_t *partition_columns; /* numbers into schema.fields */
    size_t partition_column_count;
} stoa_dataset_info;

/* Borrowed; lives as long as the dataset. */
STOA_API const stoa_dataset_info *stoa_dataset_get_info(const stoa_dataset *dataset);

typedef struct stoa_dataset_file_info {
    const char *path; /* relative to the dataset */
    uint64_t rows;
    uint64_t bytes;
    uint64_t added_version;
    uint8_t hash[16]; /* XXH3-128 of the file, low half first */
} stoa_dataset_file_info;

/* File `i` < file_count, in manifest order. Texts are borrowed from the dataset. */
STOA_API STOA_MUST_USE stoa_status stoa_dataset_file(const stoa_dataset *dataset, size_t i,
                                                     stoa_dataset_file_info *out_info,
                                                     stoa_error *err);

/* What a column holds, from statistics alone. */
typedef struct stoa_column_info {
    uint64_t null_count;
    uint64_t stored_bytes; /* payload bytes over all files, dictionaries included */
    int has_bounds;        /* min and max are known */
    const char *min,
        *max; /* canonical spellings, cut texts end in U+2026; borrowed; "" if unknown */
    const char
        *encodings; /* root encodings used, most bytes first: "dict, const"; borrowed */
} stoa_column_info;
/* Opens every file's footer on first use. Safe to call from several threads. */
STOA_API STOA_MUST_USE stoa_status stoa_dataset_column(stoa_dataset *dataset, size_t column,
                                                       stoa_column_info *out_info,
                                                       stoa_error *err);
/* How many different values a column has, NULL apart, within 3.3 %. Values of small files, which
 * have no sketches, are read on first use: *out_known is 0 where those are more than a million
 * rows in all or damaged. Errors and threads as for stoa_dataset_column. */
STOA_API STOA_MUST_USE stoa_status stoa_dataset_distinct(stoa_dataset *dataset,
                                                         size_t column, int *out_known,
                                                         uint64_t *out_distinct,
                                                         stoa_error *err);

/* One committed version, as `stoa log` shows it. */
typedef struct stoa_version_info {
    uint64_t version;
    int64_t
        committed_us; /* microseconds since 1970-01-01T00:00:00Z, by the writer's clock */
    const char *operation; /* "create", "append", "replace", "overwrite" */
    const char *batch;     /* id of the batch that it committed; NULL: none */
    uint64_t rows_read, rows_written, rows_rejected; /* of this commit */
    uint64_t files_added;
    uint64_t total_rows, total_files, total_bytes; /* of the version */
    const char *const *sources;                    /* names of the source files */
    size_t source_count;
} stoa_version_info;

/* Calls `each` for every retained version of the dataset at `path`, newest first; nonzero from it
 * ends the walk early with STOA_OK. The info is borrowed for the call. */
STOA_API STOA_MUST_USE stoa_status stoa_dataset_log(
    const char *path, int (*each)(void *context, const stoa_version_info *info),
    void *context, stoa_error *err);

typedef struct stoa_verify_report {
    uint64_t versions, files, bytes; /* looked at */
    uint64_t damages;                /* found */
} stoa_verify_report;

/* Reads every byte of every retained version's manifest and data files (of one file, for a lone
 * .stoa file or "path@N": of that version) and checks them; `deep` also decodes every value and
 * recomputes the statistics. Each damage goes to `on_damage` (NULL allowed). The status is that of
 * the first damage, or STOA_OK; *out_report is filled in both cases. */
STOA_API STOA_MUST_USE stoa_status
stoa_verify(const char *path, int deep, unsigned threads,
            void (*on_damage)(void *context, const stoa_error *damage), void *context,
            stoa_verify_report *out_report, stoa_error *err);

typedef struct stoa_gc_options {
    uint64_t
        grace_seconds; /* younger files are left alone; the smallest that is safe is 600 */
    int use_grace;     /* 0: 24 hours; 1: grace_seconds */
    int dry_run;       /* 1: only report */
    /* Told about each file that is (would be) removed, by its path in the dataset. NULL allowed. */
    void (*on_file)(void *context, const char *path, uint64_t bytes);
    void *context;
    uint32_t reserved[4]; /* zero */
} stoa_gc_options;

typedef struct stoa_gc_report {
    uint64_t files_removed, bytes_removed;
    uint64_t
        files_young; /* unreferenced, but within the grace time or held by a live writer */
} stoa_gc_report;

/* Removes files of the dataset that no retained version refers to. Safe beside writers and
 * readers; killed at any point it leaves a whole dataset. `options` may be NULL. */
STOA_API STOA_MUST_USE stoa_status stoa_gc(const char *path, const stoa_gc_options *options,
                                           stoa_gc_report *out_report, stoa_error *err);

#ifdef __cplusplus
}
#endif
#endif
