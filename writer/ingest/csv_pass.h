/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over one CSV source: chunks are cut on the calling thread, worked on by the pool, and
 * consumed on the calling thread in order. The passes differ in their visitor alone.
 *
 *   csv_chunks_next -> [ slot | slot | slot ] -> work (any thread) -> consume (in order)
 */
#ifndef STOA_WRITER_CSV_PASS_H
#define STOA_WRITER_CSV_PASS_H

#include "format/vector.h"
#include "writer/ingest/column_parse.h"
#include "writer/ingest/csv_chunks.h"
#include "writer/ingest/csv_suspect.h"

/* How often a slot remembers where a row stands: a batch never has more rows. */
enum { STOA_CSV_BATCH_ROWS = STOA_BLOCK_ROWS };

struct stoa_csv_pass;

/* A chunk and everything a task needs and makes; one task at a time. */
struct stoa_csv_slot {
    const struct stoa_csv_pass *pass;
    struct stoa_csv_buffer buffer;
    struct stoa_csv_rows rows;
    struct stoa_ref *refs;   /* one per row of a window */
    uint64_t *bad;           /* one bit per row of a window */
    struct stoa_buf scratch; /* for casts */
    struct stoa_task task;
    uint64_t lines;                       /* line ends in the chunk */
    uint64_t row_count;                   /* good rows */
    struct stoa_facts *facts;             /* pass 1: [columns] */
    struct stoa_csv_suspects suspects;    /* pass 1 */
    bool *is_settled;                     /* pass 1: [columns], as known at the start */
    struct stoa_column_builder *builders; /* pass 2: [pass->field_count] */
    uint64_t *marks; /* pass 2: offset of row 65,536 * i in the buffer */
    size_t mark_count;
    size_t mark_capacity;
    struct stoa_ingest_misfit misfit; /* misfits: what this chunk found */
    size_t misfit_at;                 /* offset of the first */
};

struct stoa_csv_visitor {
    /* Before a chunk, on the calling thread. NULL allowed. */
    void (*prepare)(struct stoa_csv_pass *pass, struct stoa_csv_slot *slot);
    /* A window of good rows, on any thread. */
    stoa_status (*window)(struct stoa_csv_slot *slot, const struct stoa_csv_window *window,
                          stoa_error *err);
    /* A chunk that is done, on the calling thread, in order. *out_stop ends the pass. */
    stoa_status (*consume)(struct stoa_csv_pass *pass, struct stoa_csv_slot *slot,
                           bool *out_stop, stoa_error *err);
};

struct stoa_csv_pass {
    struct stoa_ingest *ingest;
    struct stoa_input *input;
    uint32_t input_number;
    const struct stoa_csv_visitor *visitor;
    void *context; /* the visitor's */
    struct stoa_csv_chunks chunks;
    struct stoa_csv_slot *slots;
    unsigned slot_count;
    bool keeps_identity;  /* the first pass: size and hash go to the input */
    bool has_forced;      /* some column's values have to be checked by a cast */
    bool has_facts;       /* slots need facts */
    uint32_t field_count; /* slots need so many builders */
    const stoa_type *field_types;
    uint64_t lines; /* line ends before the next chunk to consume */
    uint64_t record_count;
    uint64_t fault_count;
    uint64_t blank_lines;
    bool has_open_line; /* the text does not end with a line end */
};

/* Runs the pass; `pass` has ingest, input, input_number, visitor, context and what slots need. */
STOA_MUST_USE stoa_status stoa_csv_pass_run(struct stoa_csv_pass *pass, stoa_error *err);

/* How forced columns of the input are read, [info.column_count]; others have is_forced false. */
struct stoa_column_plan stoa_csv_column_plan(const struct stoa_csv_pass *pass,
                                             uint32_t column);

/* ---- csv_report.c ---- */

/* Where a fault is. `line` and `column` count from 1, the column in characters. */
struct stoa_csv_place {
    uint64_t record_line;
    uint64_t line;
    uint64_t column;
};
struct stoa_csv_place stoa_csv_fault_place(const struct stoa_csv_pass *pass,
                                           const struct stoa_csv_slot *slot,
                                           const struct stoa_csv_fault *fault);

/* The same for one byte of the chunk. Counts lines from the chunk's beginning. */
struct stoa_csv_place stoa_csv_offset_place(const struct stoa_csv_pass *pass,
                                            const struct stoa_csv_slot *slot,
                                            size_t offset);

/* Lines of several places in one chunk: cheap when they ascend. Zero-initialise for a chunk. */
struct stoa_csv_line_cursor {
    size_t offset;
    uint64_t lines; /* line ends before it */
};
uint64_t stoa_csv_offset_line(const struct stoa_csv_pass *pass,
                              const struct stoa_csv_slot *slot, size_t offset,
                              struct stoa_csv_line_cursor *cursor);

/* Fills in an error for the fault: code, message, place, excerpt and hint. */
stoa_status stoa_csv_fault_error(const struct stoa_csv_pass *pass,
                                 const struct stoa_csv_slot *slot,
                                 const struct stoa_csv_fault *fault, stoa_error *err);

#endif
