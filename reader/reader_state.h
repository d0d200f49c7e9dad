/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a reader, shared by the files of this folder only:
 *
 *   reader.c         open and close: header, trailer, directory
 *   footer_stream.c  footer pages: read and checked when first touched
 *   reader_schema.c  column records, names, field ids, the schema
 *   reader_records.c row group, block and statistics records
 *   reader_zones.c, reader_sketch.c, reader_filter.c, reader_tail.c  as they are called
 *   block_load.c     payloads, dictionaries, slots; reader_take.c  values by row number
 *   verify*.c        every byte of the file
 *
 * What is read once (pages, names, the schema) is published by an atomic store after it is
 * complete and never changes until close, so threads share a reader without locks on the way.
 */
#ifndef STOA_READER_STATE_H
#define STOA_READER_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/arena.h"
#include "format/filter.h"
#include "format/layout.h"
#include "reader/reader.h"

/* Names of 256 columns in a row, each NULL until first asked for. A table of all columns would
 * have to be cleared at every open. */
enum { STOA_READER_NAMES = 256 };
struct stoa_reader_names {
    _Atomic(char *) text[STOA_READER_NAMES];
};

struct stoa_reader {
    struct stoa_file file; /* owned */
    uint64_t size;         /* of the file */
    bool skip_checksums;   /* of payloads */
    const struct stoa_kernels *kernels;
    struct stoa_header header;
    struct stoa_trailer trailer;
    struct stoa_section sections[STOA_SECTION_ID_LIMIT]; /* by id; size 0: left out */

    uint64_t stream_size; /* of the footer without page checksums */
    uint64_t page_count;
    uint8_t *stream;         /* owned; only pages whose bit is set hold anything */
    _Atomic uint64_t *pages; /* owned; bit k: page k is in `stream` and checked */

    pthread_mutex_t lock; /* taken to add a page, a name or the schema */
    _Atomic(struct stoa_reader_names *) *names; /* owned; one per 256 columns, in `arena` */
    struct stoa_arena arena;                    /* under lock */
    _Atomic(stoa_schema *) schema;              /* owned; NULL until asked for */
};

/* ---- footer_stream.c ---- */

/* Sets up stream and pages from the trailer; checks the footer's size. */
STOA_MUST_USE stoa_status stoa_stream_init(struct stoa_reader *reader, stoa_error *err);
void stoa_stream_done(struct stoa_reader *reader);
/* Takes over those pages that lie whole in `bytes`, which are the file's from `offset` on;
 * damaged ones are left for a later error. */
void stoa_stream_offer(struct stoa_reader *reader, const uint8_t *bytes, uint64_t offset,
                       size_t size);
/* *out_bytes: bytes [offset, offset + size) of the stream, read and checked if they have not
 * been. Borrowed. Inside the stream (the caller's business). Thread-safe. */
STOA_MUST_USE stoa_status stoa_stream_get(struct stoa_reader *reader, uint64_t offset,
                                          uint64_t size, const uint8_t **out_bytes,
                                          stoa_error *err);
/* Bytes [offset, offset + size) of a section; STOA_E_CORRUPT when they are not inside it. */
STOA_MUST_USE stoa_status stoa_section_get(struct stoa_reader *reader,
                                           enum stoa_section_id id, uint64_t offset,
                                           uint64_t size, const uint8_t **out_bytes,
                                           stoa_error *err);

/* ---- footer_directory.c ---- */

/* Reads and checks the directory; fills reader->sections. */
STOA_MUST_USE stoa_status stoa_directory_read(struct stoa_reader *reader, stoa_error *err);

/* ---- reader_schema.c ---- */

/* The column's record, checked. column < trailer.columns. */
STOA_MUST_USE stoa_status stoa_reader_column_record(struct stoa_reader *reader,
                                                    uint32_t column,
                                                    struct stoa_column_record *out_record,
                                                    stoa_error *err);
/* The column's name for messages: "\"x\"", or "3" when the name cannot be read. */
struct stoa_column_label {
    char text[128];
};
struct stoa_column_label stoa_reader_label(struct stoa_reader *reader, uint32_t column);

/* ---- reader_records.c ---- */

STOA_MUST_USE stoa_status stoa_reader_group_record(struct stoa_reader *reader,
                                                   uint32_t group,
                                                   struct stoa_group_record *out_record,
                                                   stoa_error *err);

/* A block by its numbers, with the two records that everything about it is checked against. */
struct stoa_block_site {
    uint32_t column;
    uint32_t group;
    uint32_t block; /* in the row group */
    struct stoa_column_record column_record;
    struct stoa_group_record group_record;
};

/* STOA_E_USAGE when there is no such block. */
STOA_MUST_USE stoa_status stoa_site_find(struct stoa_reader *reader, uint32_t column,
                                         uint32_t group, uint32_t block,
                                         struct stoa_block_site *out_site, stoa_error *err);
/* Number in the file of the block's first row. */
uint64_t stoa_site_first_row(const struct stoa_block_site *site);
/* Sets the place to file, column, row group, block and rows (counted from 0); returns
 * `status`. */
stoa_status stoa_site_fail(struct stoa_reader *reader, const struct stoa_block_site *site,
                           stoa_status status, stoa_error *err);

/* The same for the dictionary of the site's column and row group. */
stoa_status stoa_site_fail_dictionary(struct stoa_reader *reader,
                                      const struct stoa_block_site *site,
                                      stoa_status status, stoa_error *err);

/* The block's record, checked. */
STOA_MUST_USE stoa_status stoa_reader_block_record(struct stoa_reader *reader,
                                                   const struct stoa_block_site *site,
                                                   struct stoa_block_record *out_record,
                                                   stoa_error *err);
/* The record of the dictionary of the site's column in its row group; count 0: none. */
STOA_MUST_USE stoa_status stoa_reader_dictionary_record(
    struct stoa_reader *reader, const struct stoa_block_site *site,
    struct stoa_dictionary_record *out_record, stoa_error *err);

/* Record `index` of one of the two statistics sections, as it lies there. */
STOA_MUST_USE stoa_status stoa_reader_stats_record(struct stoa_reader *reader,
                                                   enum stoa_section_id id, uint64_t index,
                                                   struct stoa_stats_record *out_record,
                                                   stoa_error *err);

/* ---- reader_zones.c ---- */

/* Zone records of the site's block as they lie in the footer; *out_count 0: none are kept. */
STOA_MUST_USE stoa_status stoa_zone_records_get(struct stoa_reader *reader,
                                                const struct stoa_block_site *site,
                                                const uint8_t **out_records,
                                                uint32_t *out_count, stoa_error *err);
/* Number of the row group's first zone record in its column's part; STOA_NO_INDEX: none. The
 * column has zones. */
STOA_MUST_USE stoa_status stoa_zone_entry_get(struct stoa_reader *reader,
                                              const struct stoa_column_record *record,
                                              uint32_t group, uint32_t *out_first,
                                              stoa_error *err);

/* ---- reader_filter.c ---- */

struct stoa_filter_place {
    uint64_t offset; /* in the section */
    uint64_t size;   /* 0: the row group has no filter of the column */
    struct stoa_filter_head head;
};
STOA_MUST_USE stoa_status stoa_filter_place_get(struct stoa_reader *reader,
                                                const struct stoa_column_record *record,
                                                uint32_t group,
                                                struct stoa_filter_place *out_place,
                                                stoa_error *err);
/* Whether the filter, which is there, may hold a value with this hash. */
STOA_MUST_USE stoa_status stoa_filter_ask(struct stoa_reader *reader,
                                          const struct stoa_filter_place *place,
                                          uint64_t hash, bool *out_may, stoa_error *err);

/* ---- reader_sketch.c ---- */

/* The sketch of a column that has one, as it lies in the footer. */
STOA_MUST_USE stoa_status stoa_sketch_bytes_get(struct stoa_reader *reader,
                                                const struct stoa_column_record *record,
                                                const uint8_t **out_bytes, size_t *out_size,
                                                stoa_error *err);

/* ---- block_load.c ---- */

/* Reads a payload with its padding into the memory of `payload` and checks both; *out_bytes is
 * where it begins there, at a multiple of 64. `number` is the block's in the row group or STOA_DICTIONARY_NUMBER. */
STOA_MUST_USE stoa_status stoa_payload_read(struct stoa_reader *reader,
                                            const struct stoa_block_site *site,
                                            uint32_t number, uint64_t offset,
                                            uint32_t stored_size, uint64_t checksum,
                                            struct stoa_buf *payload,
                                            const uint8_t **out_bytes, stoa_error *err);
/* Loads the dictionary of the site's column and row group into the slot, unless it is there
 * already. */
STOA_MUST_USE stoa_status stoa_slot_load_dictionary(struct stoa_reader *reader,
                                                    const struct stoa_block_site *site,
                                                    struct stoa_block_slot *slot,
                                                    stoa_error *err);
/* Whether the slot holds this very block. */
bool stoa_slot_holds(const struct stoa_reader *reader, const struct stoa_block_site *site,
                     const struct stoa_block_slot *slot);

#endif
