/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text files in, one committed version of a dataset out. Either every row that was read is
 * committed, or nothing is and the error names the line.
 */
#ifndef STOA_CONVERT_H
#define STOA_CONVERT_H

#include <stddef.h>
#include <stdint.h>

#include "stoa/schema.h"
#include "stoa/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The least memory a conversion can keep to, in bytes: a row group of 64 MiB and its encoded form,
 * or a block of it read back twice over, with room for reading. */
#define STOA_CONVERT_MEMORY_LEAST ((uint64_t)192 << 20)

/* Column `name` is of type `type`, whatever inference would say. */
typedef struct stoa_convert_type {
    const char *name;
    stoa_type type;
} stoa_convert_type;

typedef struct stoa_convert_progress {
    int pass; /* 1: types, 2: rows, 3: writing files and committing */
    uint64_t bytes_done, bytes_total; /* of the sources; in pass 3 of the rows in memory */
    uint64_t rows;                    /* read in pass 2 */
} stoa_convert_progress;

/* Zero-initialised means the defaults. Everything is borrowed for the call. */
typedef struct stoa_convert_options {
    const char *dataset;        /* directory; made when absent. Required */
    const char *const *sources; /* paths; "-" is standard input. At least one */
    size_t source_count;
    const char *const
        *partition_by; /* column names; for an existing dataset: none, or the same */
    size_t partition_count;
    const char
        *mode; /* NULL or "append": create or append; "create": refuse an existing one;
                  "overwrite": in the place of all rows; "overwrite-partitions": of those in the
                  partitions that the sources have rows for */
    /* The caller's name for what the sources are, 1 to 255 bytes of UTF-8: rows of one id are
     * committed once. The same sources again are no work and no error, others are
     * STOA_E_BATCH_CONFLICT. NULL: every run is taken for new data. */
    const char *batch_id;
    int replace_batch;   /* 1: these rows in the place of the batch's, at once */
    int allow_empty;     /* 1: rows may be replaced by none */
    const char *profile; /* NULL or "balanced", "fast", "compact" */
    /* Columns that are searched for single values: row groups without the value are then skipped. */
    const char *const *filters;
    size_t filter_count;
    const char *format; /* NULL: by content; "csv" */
    char delimiter;     /* 0: detect */
    char quote;         /* 0: detect */
    int no_quote;       /* 1: no byte is a quote */
    int header;         /* 0: detect, 1: first row is the header, 2: no header */
    uint64_t skip_lines;
    const char *encoding; /* NULL: UTF-8; else a name that iconv knows, "windows-1252" */
    const char *const *nulls; /* texts that mean NULL besides the unquoted empty field */
    size_t null_count;
    const stoa_convert_type *types;
    size_t type_count;
    int all_text;     /* 1: columns without an explicit type are text */
    int dry_run;      /* 1: everything but writing */
    unsigned threads; /* 0: all processors of this process */
    uint64_t memory;  /* bytes of peak memory aimed at; 0: 256 MiB; else at least
                        STOA_CONVERT_MEMORY_LEAST. Each thread beyond four needs some more */
    /* Called on the calling thread; nonzero stops the conversion with STOA_E_INTERRUPTED, up to
     * the moment of the commit: nothing is committed then. */
    int (*on_progress)(void *context, const stoa_convert_progress *progress);
    void *progress_context;
    uint32_t reserved[8]; /* zero */
} stoa_convert_options;

typedef struct stoa_convert_source {
    const char *name;
    const char *format; /* "csv" */
    char delimiter, quote;
    int has_header;
    int has_bom;
    uint64_t size; /* bytes */
    uint64_t rows_read, rows_written, rows_rejected;
    uint64_t
        committed_before; /* version that already holds a source of these very bytes; 0: none
                             among the latest 10,000 sources */
} stoa_convert_source;

/* What was done; owned by the caller, released with stoa_convert_report_free. */
typedef struct stoa_convert_report {
    uint64_t version;       /* that was committed; with dry_run: that would be */
    int is_repeat;          /* 1: `version` held this batch already; nothing was done */
    uint64_t rows_replaced; /* rows of the version before that are gone */
    uint64_t rows_read, rows_written, rows_rejected;
    uint64_t bytes_source, bytes_written;
    size_t file_count,
        partition_count; /* data files; distinct partition tuples, 0: unpartitioned */
    size_t column_count;
    const stoa_convert_source *sources;
    size_t source_count;
    const char *const *notices; /* one or two lines each: what the user should know */
    size_t notice_count;
    stoa_schema schema; /* of the dataset */
} stoa_convert_report;

/* Converts and commits. On failure nothing is committed, except with STOA_E_UNKNOWN_OUTCOME, whose
 * message tells how to find out. *out_report is set on success only. */
STOA_API STOA_MUST_USE stoa_status stoa_convert(const stoa_convert_options *options,
                                                stoa_convert_report **out_report,
                                                stoa_error *err);
STOA_API void stoa_convert_report_free(stoa_convert_report *report); /* NULL allowed */

#ifdef __cplusplus
}
#endif
#endif
