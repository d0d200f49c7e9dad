/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text files in, typed columns out: the contract between ingest and the dataset layer.
 *
 *   create -> add (every source) -> infer (pass 1) -> [compare schemas] -> read (pass 2) -> free
 *
 * Pass 1 looks at every row of every source and finds one type per column that loses nothing;
 * pass 2 parses the same bytes again and hands out columns in source and row order. Rows read
 * = rows delivered + rows rejected, per source, always. What comes out depends on the bytes
 * and the options alone, not on threads or chunk sizes. Rules: spec/ingest.md.
 *
 * One ingest belongs to one thread; it spreads its own work over options.pool.
 */
#ifndef STOA_WRITER_INGEST_H
#define STOA_WRITER_INGEST_H

#include "common/hash.h"
#include "common/io.h"
#include "common/pool.h"
#include "format/vector.h"
#include "stoa/schema.h"

struct stoa_ingest;

enum stoa_ingest_header {
    STOA_HEADER_AUTO = 0, /* [ING-14] */
    STOA_HEADER_YES,
    STOA_HEADER_NO
};

enum stoa_ingest_policy {
    STOA_BAD_ROW_FAIL = 0, /* infer fails; it looks on, so that its error can count */
    STOA_BAD_ROW_REJECT    /* bad rows go to on_reject, the others are delivered */
};

/* "column `name` is of type `type`": names match exactly, else without regard to case. */
struct stoa_ingest_override {
    const char *name;
    stoa_type type;
};

/* Zero-initialised means: detect everything, fail on the first bad rows. All pointers are
 * borrowed and must live as long as the ingest. */
struct stoa_ingest_options {
    const char *format; /* NULL: by content; else a name of the input table ("csv") */
    char delimiter;     /* one ASCII byte; 0: detect */
    char quote;         /* one ASCII byte; 0: detect */
    bool has_no_quote;  /* no byte is a quote; `quote` is ignored */
    enum stoa_ingest_header header;
    uint64_t skip_lines;      /* physical lines before the header or the first row */
    const char *encoding;     /* NULL: UTF-8; else a name that iconv knows */
    const char *const *nulls; /* texts that mean NULL besides the unquoted empty field */
    size_t null_count;
    const struct stoa_ingest_override *types;
    size_t type_count;
    bool all_text; /* columns without an override are text */
    enum stoa_ingest_policy policy;
    uint64_t bad_row_limit; /* FAIL: stop looking after so many bad rows; 0: 1,000 */
    size_t memory;          /* bytes that ingest may hold; 0: 64 MiB */
    size_t chunk_size;      /* bytes per unit of work; 0: by memory. For tests: 1.. */
    struct stoa_pool *pool; /* borrowed; NULL: everything on the calling thread */
    const struct stoa_file *spool_directory; /* for stdin and encodings; NULL: /tmp */
    /* Called on the calling thread now and then, while a pipe is read or waited for five times a
     * second (pass 1, bytes_total 0: not known); not STOA_OK stops with that status (`err` filled
     * in by the callee). NULL allowed. */
    stoa_status (*on_progress)(void *context, int pass, uint64_t bytes_done,
                               uint64_t bytes_total, stoa_error *err);
    void *progress_context;
};

/* How a source was read and what became of its rows. `name` and the struct are borrowed from
 * the ingest. Sizes and hash are of the bytes as stored in the source. */
struct stoa_ingest_source {
    const char *name; /* as given; "-" for stdin */
    uint64_t size;
    int64_t mtime_ns;         /* 0 for stdin */
    struct stoa_hash128 hash; /* XXH3-128; after infer */
    const char *format;       /* "csv" */
    char delimiter;           /* 0: one column, no delimiter seen */
    char quote;               /* 0: none */
    bool has_header;
    bool has_bom;
    uint64_t header_line;    /* physical line, 1-based; 0: no header */
    uint64_t lines;          /* physical lines, header and blank ones too */
    uint64_t blank_lines;    /* skipped: empty lines of a source with several columns */
    uint64_t rows_read;      /* = rows_delivered + rows_rejected after read */
    uint64_t rows_delivered; /* 0 before read */
    uint64_t rows_rejected;
    uint32_t column_count;
};

/* One column of the united schema and what pass 1 saw in it. */
struct stoa_ingest_column {
    const char *name;
    stoa_type type;
    bool is_forced;        /* by options.types or all_text */
    uint64_t values;       /* not NULL */
    uint64_t nulls;        /* in sources that have the column */
    uint64_t absent;       /* rows of sources that lack it: NULL too */
    uint32_t first_source; /* the first source that has it */
    uint32_t position;     /* its number there, 0-based */
};

/* Something the user should know; never an error. */
struct stoa_ingest_notice {
    uint32_t column; /* UINT32_MAX: about a source */
    uint32_t source; /* UINT32_MAX: about a column */
    char text[512];  /* one or two lines */
};

/* The first value of a column that does not fit a type, and how many there are. */
struct stoa_ingest_misfit {
    uint64_t count;  /* of `values` values */
    uint64_t values; /* not NULL */
    uint32_t source;
    uint64_t line;
    uint64_t line_column; /* 1-based, in characters */
    char value[128];      /* cut to fit */
};

/* One bad row. Borrowed; valid during the call. */
struct stoa_ingest_reject {
    uint32_t source;
    uint64_t line;            /* physical line where the record begins, 1-based */
    uint64_t place_line;      /* where the fault is */
    uint64_t place_column;    /* 1-based, in characters */
    uint64_t byte_offset;     /* of the record in the (decoded) source */
    uint32_t column;          /* of the united schema; UINT32_MAX: the whole row */
    stoa_status code;         /* E101 .. E110 */
    const char *message;      /* "expected 3 fields, found 4" */
    const char *hint;         /* or "" */
    const char *excerpt;      /* the line and a caret */
    struct stoa_view value;   /* the offending value, at most 256 bytes; may be empty */
    struct stoa_view raw;     /* the record as read, at most 64 KiB */
    bool is_cut;              /* raw was longer */
    struct stoa_hash128 hash; /* of the whole raw record */
};

/* Where pass 2 delivers. Both run on the thread that called read, in order; a status other
 * than STOA_OK stops the pass with it. */
struct stoa_ingest_sink {
    void *context;
    /* One column per target field; borrowed for the call. `first_line` is the physical line of
     * the first row in source `source`. 1 <= rows < 2^31. */
    stoa_status (*on_batch)(void *context, const struct stoa_column *columns, uint32_t rows,
                            uint32_t source, uint64_t first_line, stoa_error *err);
    /* Needed with STOA_BAD_ROW_REJECT. */
    stoa_status (*on_reject)(void *context, const struct stoa_ingest_reject *reject,
                             stoa_error *err);
};

/* Checks and copies the options (what they point to is borrowed). STOA_E_USAGE for a
 * delimiter or quote that cannot work, an unknown format or an invalid type. */
STOA_MUST_USE stoa_status stoa_ingest_create(const struct stoa_ingest_options *options,
                                             struct stoa_ingest **out_ingest,
                                             stoa_error *err);
void stoa_ingest_free(struct stoa_ingest *ingest); /* NULL allowed */

/* Opens a source ("-" is stdin, spooled to an unlinked file), recognises its format, detects
 * its dialect and reads its header. Sources keep the order in which they were added.
 * STOA_E_NOT_FOUND, STOA_E_IO; STOA_E_SOURCE_FORMAT for what is no text table, with what it is;
 * STOA_E_EMPTY_SOURCE, STOA_E_ENCODING. */
STOA_MUST_USE stoa_status stoa_ingest_add(struct stoa_ingest *ingest, const char *path,
                                          stoa_error *err);

/* Pass 1. On bad rows with STOA_BAD_ROW_FAIL: the first one's code, place and excerpt, with the
 * count and further places in the message. STOA_E_COLUMN for an override that names no
 * column. */
STOA_MUST_USE stoa_status stoa_ingest_infer(struct stoa_ingest *ingest, stoa_error *err);

/* After infer: the union of all columns by name, in order of first appearance; ids 1.., all
 * nullable. Borrowed. */
const stoa_schema *stoa_ingest_schema(const struct stoa_ingest *ingest);
const struct stoa_ingest_column *stoa_ingest_column(const struct stoa_ingest *ingest,
                                                    uint32_t i);

/* Row counts and dialects; i < stoa_ingest_source_count. Hash and rows after infer. */
uint32_t stoa_ingest_source_count(const struct stoa_ingest *ingest);
const struct stoa_ingest_source *stoa_ingest_source(const struct stoa_ingest *ingest,
                                                    uint32_t i);

/* After infer; NULL past the last one. */
const struct stoa_ingest_notice *stoa_ingest_notice(const struct stoa_ingest *ingest,
                                                    uint32_t i);

/* True if every value of the column can be stored as `type` without loss: what a dataset asks
 * before it takes a batch into a column that exists. From what pass 1 saw; no scan. */
bool stoa_ingest_fits(const struct stoa_ingest *ingest, uint32_t column, stoa_type type);

/* Finds the values of a column that do not fit `type` (count 0 if all do): the blame in a
 * drift report. One more pass over the sources that have the column. */
STOA_MUST_USE stoa_status stoa_ingest_find_misfit(struct stoa_ingest *ingest,
                                                  uint32_t column, stoa_type type,
                                                  struct stoa_ingest_misfit *out_misfit,
                                                  stoa_error *err);

/* Pass 2, once. `target`: the fields to deliver, matched by name as overrides are; NULL: the
 * schema above. A field that no source has is all NULL, a column that is no field is left out;
 * a field whose type does not hold the column's values (stoa_ingest_fits) is STOA_E_DRIFT.
 * STOA_E_SOURCE_CHANGED when a source is no longer what pass 1 read: what was delivered
 * by then must be thrown away. */
STOA_MUST_USE stoa_status stoa_ingest_read(struct stoa_ingest *ingest,
                                           const stoa_schema *target,
                                           const struct stoa_ingest_sink *sink,
                                           stoa_error *err);

#endif
