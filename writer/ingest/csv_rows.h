/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From structural offsets to rows: cuts a chunk into windows of rows that all have the right
 * number of fields, small enough that text and offsets stay in the first-level cache, and
 * sets aside what is faulty. Column loops of both passes work on windows alone.
 *
 * A chunk begins and ends at record boundaries (csv_chunks.c sees to it). One csv_rows belongs
 * to one task.
 */
#ifndef STOA_WRITER_CSV_ROWS_H
#define STOA_WRITER_CSV_ROWS_H

#include "common/error.h"
#include "writer/ingest/csv_record.h"
#include "writer/ingest/csv_scan.h"

/* A piece of decoded text that begins and ends at record boundaries. */
struct stoa_csv_chunk {
    const uint8_t *text; /* STOA_CSV_PADDING bytes behind `filled` are readable */
    size_t begin;
    size_t end;    /* the chunk is [begin, end) */
    size_t filled; /* bytes known; those behind `end` decide about quotes only */
    bool is_last;  /* nothing follows `filled` */
};

/* One bad record; offsets are those of the chunk's text. */
struct stoa_csv_fault {
    size_t begin;     /* of the record */
    size_t end;       /* of its raw bytes, without the line end */
    size_t place;     /* where the fault is */
    size_t value_end; /* the offending value is [place, value_end); may be empty */
    uint64_t line;    /* line ends in the chunk before `begin` */
    uint64_t detail;  /* E101, E102: fields found; E103: offset of the garbage */
    stoa_status code;
    uint32_t column; /* of the source; UINT32_MAX: the whole record */
};

struct stoa_csv_fault_list {
    struct stoa_csv_fault *items; /* owned, in record order */
    size_t count;
    size_t capacity;
};

/* Rows with exactly `columns` fields each. Field c of row r ends at ends[r * columns + c]. */
struct stoa_csv_window {
    const uint8_t *text;
    uint32_t *ends;
    uint32_t *begins; /* of each row's first field */
    uint32_t row_count;
    uint32_t columns;
    size_t text_begin; /* the window's bytes; rows, faults and blank lines */
    size_t text_end;
    uint64_t lines;   /* line ends in the chunk before text_begin */
    bool has_quotes;  /* some field may be quoted */
    bool has_special; /* there may be NUL or non-ASCII bytes */
};

struct stoa_csv_rows {
    const struct stoa_csv_kernels *kernels;
    struct stoa_csv_dialect dialect;
    uint32_t columns;
    struct stoa_csv_chunk chunk;
    struct stoa_csv_scan scan;
    uint32_t *begins; /* room for scan.end_capacity rows */
    size_t next;      /* where the next window begins */
    size_t leftover;  /* scan.ends[leftover ..] belong to its first record */
    size_t leftover_count;
    uint64_t dropped;      /* fields of that record that were not kept: far too many */
    bool is_odd;           /* that record has to be read byte by byte */
    uint64_t lines;        /* line ends before `next` */
    uint64_t blank_lines;  /* skipped so far */
    uint64_t record_count; /* rows and faults so far */
    struct stoa_csv_fault_list faults;
};

/* Bytes that the arrays for so many columns take, with those that follow their size. */
size_t stoa_csv_rows_size(uint32_t columns);

/* Allocates the offset arrays once; `columns` >= 1. */
STOA_MUST_USE stoa_status stoa_csv_rows_init(struct stoa_csv_rows *rows,
                                             const struct stoa_csv_dialect *dialect,
                                             uint32_t columns, stoa_error *err);
void stoa_csv_rows_done(struct stoa_csv_rows *rows);

/* Begins a chunk; forgets the faults and counts of the one before. */
void stoa_csv_rows_start(struct stoa_csv_rows *rows, const struct stoa_csv_chunk *chunk);

/* The next window; may have no rows. *out_more is false, with an empty window, behind the last one.
 * Faults and counts are in `rows`. The window lives until the next call. */
STOA_MUST_USE stoa_status stoa_csv_rows_next(struct stoa_csv_rows *rows,
                                             struct stoa_csv_window *out_window,
                                             bool *out_more, stoa_error *err);

/* Appends a fault; the caller keeps the order, or calls stoa_csv_faults_sort. */
STOA_MUST_USE stoa_status stoa_csv_faults_add(struct stoa_csv_fault_list *faults,
                                              const struct stoa_csv_fault *fault,
                                              stoa_error *err);
/* Sorts items [first, count) by record. */
void stoa_csv_faults_sort(struct stoa_csv_fault_list *faults, size_t first);

/* Where the record behind the line end at `end` begins: behind CR LF, one byte further. */
static inline size_t stoa_csv_behind(const uint8_t *text, size_t end)
{
    return end + 1 + (text[end] == '\r' && text[end + 1] == '\n');
}

#endif
