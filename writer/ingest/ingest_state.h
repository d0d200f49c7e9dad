/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an ingest holds, shared by the files of this folder; outside it only ingest.h counts.
 *
 *   stoa_ingest
 *     inputs[]    one per source: where its bytes are, how it is read, its columns
 *     columns[]   the union by name, with the facts of pass 1
 *     notices[]
 */
#ifndef STOA_WRITER_INGEST_STATE_H
#define STOA_WRITER_INGEST_STATE_H

#include "common/buf.h"
#include "writer/ingest/column_facts.h"
#include "writer/ingest/csv_fields.h"
#include "writer/ingest/ingest.h"

struct stoa_input_format;

/* One source. Decoded text is what the format reads: the file itself, or a spool. */
struct stoa_input {
    struct stoa_ingest_source info; /* info.name is owned */
    const struct stoa_input_format *format;
    struct stoa_file spool; /* decoded or piped text; closed: the text is the file itself */
    uint64_t text_size;     /* bytes of decoded text, as far as known */
    uint64_t data_offset;   /* of the first row in the decoded text */
    uint64_t data_lines;    /* line ends before it */
    bool has_open_line;     /* no line end stands before it: the text is a header alone */
    struct stoa_csv_dialect dialect;
    uint32_t *columns; /* owned; [info.column_count] numbers in the union */
};

/* Where a value stands. */
struct stoa_value_place {
    uint64_t offset; /* in the decoded text */
    uint64_t line;
    uint32_t input;
};

/* One column of the union. */
struct stoa_union_column {
    char *name;     /* owned */
    stoa_type type; /* after infer, or as forced */
    bool is_forced;
    uint32_t first_source;
    uint32_t position;
    uint64_t absent;
    uint32_t suffix; /* last number tried for a duplicate of this name */
    struct stoa_facts facts;
    struct stoa_value_place first; /* of facts.first and facts.odd */
    struct stoa_value_place odd;
};

/* The union by name, without regard to (ASCII) case. */
struct stoa_union {
    struct stoa_union_column *columns;
    uint32_t count;
    uint32_t capacity;
    uint32_t *slots; /* hash table of column numbers; UINT32_MAX: free */
    uint32_t slot_count;
};

/* A place of a bad row, kept for the message of a failing pass 1. */
struct stoa_bad_place {
    uint32_t input;
    uint64_t line;
    uint64_t column;
    stoa_status code;
};

enum { STOA_BAD_PLACES = 8 };

/* What pass 1 knows of bad rows under STOA_BAD_ROW_FAIL. */
struct stoa_bad_rows {
    uint64_t count;
    struct stoa_bad_place places[STOA_BAD_PLACES];
    stoa_error first;
};

enum stoa_ingest_stage {
    STOA_STAGE_ADDING,
    STOA_STAGE_INFERRED,
    STOA_STAGE_READ,
    STOA_STAGE_FAILED
};

struct stoa_ingest {
    struct stoa_ingest_options options;     /* defaults filled in */
    const struct stoa_input_format *format; /* as asked for; NULL: by content */
    enum stoa_ingest_stage stage;
    struct stoa_input *inputs;
    uint32_t input_count;
    uint32_t input_capacity;
    struct stoa_union all;
    stoa_field *fields; /* the schema, after infer */
    stoa_schema schema;
    struct stoa_ingest_column *shown; /* what stoa_ingest_column hands out */
    struct stoa_ingest_notice *notices;
    uint32_t notice_count;
    uint32_t notice_capacity;
    struct stoa_bad_rows bad;
    int pass;            /* for on_progress */
    uint64_t bytes_done; /* in this pass */
    uint64_t bytes_total;
};

/* ---- ingest_union.c ---- */

void stoa_union_init(struct stoa_union *all);
void stoa_union_done(struct stoa_union *all);

/* The column of that name, or UINT32_MAX. No two names differ in case alone, so the first hit
 * is the only one. */
uint32_t stoa_union_find(const struct stoa_union *all, const char *name, size_t length);

/* Adds a column that is not there yet. STOA_E_LIMIT above 2^20. */
STOA_MUST_USE stoa_status stoa_union_add(struct stoa_union *all, const char *name,
                                         size_t length, uint32_t *out_column,
                                         stoa_error *err);

/* Takes out the columns from number `count` on. */
void stoa_union_cut(struct stoa_union *all, uint32_t count);

/* ---- ingest_notice.c ---- */

STOA_MUST_USE stoa_status stoa_notice_add(struct stoa_ingest *ingest, uint32_t column,
                                          uint32_t source, stoa_error *err, const char *fmt,
                                          ...) STOA_PRINTF(5, 6);

/* After types are decided: why a column is not what one may have expected. */
STOA_MUST_USE stoa_status stoa_notice_columns(struct stoa_ingest *ingest, stoa_error *err);

#endif
