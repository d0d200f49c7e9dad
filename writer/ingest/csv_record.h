/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One CSV record read byte by byte: the exact meaning of quotes, line ends and faults
 * ([ING-5..9]), which the fast scan is checked against and falls back on. Also resumable, so
 * that a record larger than any buffer can be walked over in pieces.
 */
#ifndef STOA_WRITER_CSV_RECORD_H
#define STOA_WRITER_CSV_RECORD_H

#include "common/error.h"
#include "writer/ingest/csv_scan.h"

enum stoa_csv_state {
    STOA_CSV_FIELD,  /* at the beginning of a field */
    STOA_CSV_PLAIN,  /* inside an unquoted field */
    STOA_CSV_QUOTED, /* inside quotes */
    STOA_CSV_CLOSED, /* behind a quote inside quotes: the end, or half of a doubled one */
    STOA_CSV_SKIP,   /* behind a fault, on the way to the end of the line */
    STOA_CSV_CR,     /* behind a CR that ends the record: an LF belongs to it */
    STOA_CSV_DONE
};

#define STOA_CSV_NOWHERE UINT64_MAX

/* All offsets count from wherever the caller counts; begin one with stoa_csv_record_begin. */
struct stoa_csv_record {
    enum stoa_csv_state state;
    uint64_t begin;       /* of the record */
    uint64_t end;         /* of its last field; of its raw bytes when it is faulty */
    uint64_t next;        /* where the next record begins, once DONE */
    uint64_t fields;      /* that ended so far */
    uint64_t field_begin; /* of the current field */
    uint64_t longest;     /* raw bytes of the longest field so far */
    uint64_t longest_begin;
    uint64_t quote;      /* the last quote that opened a field */
    uint64_t break_end;  /* the first line end inside that field; NOWHERE: none */
    uint64_t break_next; /* and where the line behind it begins */
    bool break_is_cr;    /* that line end began with a CR */
    stoa_status fault;   /* STOA_OK, STOA_E_UNCLOSED_QUOTE or STOA_E_QUOTE_GARBAGE */
    uint64_t place;      /* of the fault: the opening quote; the garbage */
    uint64_t garbage; /* what stands behind the closing quote; NOWHERE: it never closed */
};

void stoa_csv_record_begin(struct stoa_csv_record *record, uint64_t at);

/* Walks over bytes [at, at + size) until the record is DONE or they are used up; with
 * `is_last` nothing follows them and the record is DONE at their end at the latest. Writes the
 * ends of up to `capacity` fields, as offsets in the same count, to `ends` (NULL: none). */
void stoa_csv_record_feed(const struct stoa_csv_dialect *dialect,
                          struct stoa_csv_record *record, const uint8_t *bytes, uint64_t at,
                          size_t size, bool is_last, uint32_t *ends, size_t capacity);

#endif
