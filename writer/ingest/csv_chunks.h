/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts the text of one source into chunks that begin and end at record boundaries, whatever
 * quotes stand at the seams: the units of work of every pass. Reads with pread into buffers
 * that are used again; the part of a record behind a cut moves to the next buffer.
 *
 * Runs on the thread that drives the pass. Looking for the cut costs a search for one byte
 * where there are no quotes, and a scan without output where there are some.
 */
#ifndef STOA_WRITER_CSV_CHUNKS_H
#define STOA_WRITER_CSV_CHUNKS_H

#include "writer/ingest/csv_rows.h"
#include "writer/ingest/ingest_source.h"

/* A record above this is bad (E106) even if there is memory for it [ING-11]. */
#define STOA_CSV_RECORD_MAX ((uint64_t)64 << 20)

/* One buffer and the chunk in it. */
struct stoa_csv_buffer {
    uint8_t *bytes; /* owned */
    size_t capacity;
    size_t filled;   /* bytes read; those behind chunk.end belong to the next chunk */
    uint64_t offset; /* of bytes[0] in the text */
    struct stoa_csv_chunk chunk;
    bool is_large;     /* far above chunk_size: keep no other such buffer beside it */
    bool is_condemned; /* no rows: the chunk is one bad record, described by `fault` */
    struct stoa_csv_fault fault;
    uint64_t fault_lines;           /* line ends in that record */
    struct stoa_hash128 fault_hash; /* of all its bytes */
};

struct stoa_csv_chunks {
    const struct stoa_input *input;
    const struct stoa_csv_kernels *kernels;
    struct stoa_text_reader reader;
    struct stoa_csv_dialect dialect;
    size_t chunk_size;                /* bytes to read at a time */
    size_t buffer_max;                /* no buffer holds more */
    uint64_t offset;                  /* of the next byte to read */
    bool is_last;                     /* nothing is left to read */
    struct stoa_csv_buffer *previous; /* its tail belongs to the next chunk */
};

STOA_MUST_USE stoa_status stoa_csv_chunks_open(struct stoa_csv_chunks *chunks,
                                               const struct stoa_input *input,
                                               size_t chunk_size, size_t buffer_max,
                                               stoa_error *err);
void stoa_csv_chunks_close(struct stoa_csv_chunks *chunks);

/* Fills `buffer` with the next chunk; *out_more false when there is none. The buffer before it
 * must still hold its bytes (it may be the same one). STOA_E_MEMORY_LIMIT for a record above
 * buffer_max that is not bad for another reason. */
STOA_MUST_USE stoa_status stoa_csv_chunks_next(struct stoa_csv_chunks *chunks,
                                               struct stoa_csv_buffer *buffer,
                                               bool *out_more, stoa_error *err);

void stoa_csv_buffer_done(struct stoa_csv_buffer *buffer);

#endif
