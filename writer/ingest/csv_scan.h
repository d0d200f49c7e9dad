/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structural scan of CSV: where fields and records end, found 64 bytes at a time. A table
 * of function pointers like the decoding kernels: one body (csv_scan_body.h), compiled per
 * instruction set; csv_scan_ref.c is the definition of correct.
 *
 * The scan knows quotes by their parity alone. That is exact as long as every quote stands
 * where RFC 4180 puts it; at the first one that does not the scan stops (is_odd), and
 * csv_record.c reads that record byte by byte. [ING-5, ING-6]
 */
#ifndef STOA_WRITER_CSV_SCAN_H
#define STOA_WRITER_CSV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cpu.h"

struct stoa_csv_dialect {
    uint8_t delimiter; /* '\n' when there is one column and no delimiter */
    uint8_t quote;     /* ignored without has_quote */
    bool has_quote;
};

/* Bytes behind `end` that must be readable (their values do not matter). */
enum { STOA_CSV_PADDING = 64 };

/* Free places in `ends` that a step of 64 bytes needs, written or not. */
enum { STOA_CSV_ENDS_SLACK = 80 };

struct stoa_csv_scan {
    const uint8_t *text;
    size_t at;        /* the next byte to look at */
    size_t end;       /* the scan stops here */
    uint64_t quoted;  /* all ones when `at` is inside quotes, else 0 */
    uint64_t edge;    /* 1 when a field or a doubled quote may begin at `at` */
    uint64_t closed;  /* 1 when the byte before closed a quote */
    uint64_t cr;      /* 1 when the byte before was a CR outside quotes */
    bool has_quotes;  /* sticky: a quote was seen */
    bool has_special; /* sticky: a NUL or a byte above 0x7F was seen */
    bool is_odd;    /* stopped at a quote in an odd place; nothing behind it was reported */
    uint32_t *ends; /* offsets of delimiters and line ends outside quotes */
    size_t end_count;
    size_t end_capacity;  /* index() stops when fewer than STOA_CSV_ENDS_SLACK are free */
    uint32_t *records;    /* for each record: end_count behind its last field */
    size_t record_count;  /* room for end_capacity of them */
    size_t last_line_end; /* split(): offset of the last line end outside quotes */
    bool has_line_end;    /* split(): there was one */
};

struct stoa_csv_kernels {
    const char *name; /* "ref", "avx2", "avx512" */

    /* Appends to `ends` and `records` from `at` on, until `end`, an odd quote, or short room. */
    void (*index)(const struct stoa_csv_dialect *dialect, struct stoa_csv_scan *scan);
    /* The same walk, but keeps the last line end only. */
    void (*split)(const struct stoa_csv_dialect *dialect, struct stoa_csv_scan *scan);
    /* LF, CR and CRLF, inside quotes and out. */
    size_t (*count_lines)(const uint8_t *text, size_t size);
};

/* The table of a level; NULL when this build or machine cannot run it. */
const struct stoa_csv_kernels *stoa_csv_kernels_for(enum stoa_cpu_level level);
/* The table of stoa_cpu_level(), never NULL. */
const struct stoa_csv_kernels *stoa_csv_kernels_best(void);

/* Puts the scan at the beginning of a record; keeps the outputs and the sticky flags. */
static inline void stoa_csv_scan_seek(struct stoa_csv_scan *scan, size_t at)
{
    scan->at = at;
    scan->quoted = 0;
    scan->edge = 1;
    scan->closed = 0;
    scan->cr = 0;
    scan->is_odd = false;
}

#endif
