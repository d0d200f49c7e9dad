/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row group's tail [FMT-45] as a whole: what its records say of each other, of the schema and
 * of the payloads in front of it. A tail that opens describes a row group that may be copied
 * into any file with the same schema section, or be saved from a file that lost its footer.
 * Pure: opens no file. Called by the file writer (copies) and the reader (salvage, verify).
 */
#ifndef STOA_FORMAT_TAIL_H
#define STOA_FORMAT_TAIL_H

#include "format/layout.h"
#include "format/stats.h"
#include "stoa/schema.h"

struct stoa_tail {
    const uint8_t *bytes;      /* borrowed: records, heap, tail end */
    const stoa_schema *schema; /* borrowed */
    struct stoa_tail_end end;
    uint64_t heap_start; /* in bytes */
    uint64_t heap_size;  /* without padding */
    uint64_t raw_size;   /* of the row group [FMT-4] */
};

/* Checks everything that can be told without the payloads: checksum, seed, the schema's
 * identity (its low half), counts, that payloads follow each other without gaps up to the tail
 * [FMT-41], records, bounds and heap. `bytes` are the `size` bytes of the tail. STOA_E_CORRUPT
 * without a place. */
STOA_MUST_USE stoa_status stoa_tail_open(const uint8_t *bytes, uint64_t size,
                                         const stoa_schema *schema, uint64_t schema_hash,
                                         struct stoa_tail *out_tail, stoa_error *err);

/* A payload of the row group: a block, or a dictionary (block STOA_DICTIONARY_NUMBER). */
struct stoa_tail_payload {
    uint32_t column;
    uint32_t block;
    uint64_t offset;      /* in the row group */
    uint32_t stored_size; /* without padding */
    uint64_t checksum;
};

/* Goes through the payloads of an open tail in the order of the file. Start with a zeroed
 * cursor; false behind the last one. */
struct stoa_tail_cursor {
    uint32_t column;
    uint32_t block;
    uint32_t dictionary; /* next one not yet passed */
    bool has_passed_dictionary;
};
bool stoa_tail_next(const struct stoa_tail *tail, struct stoa_tail_cursor *cursor,
                    struct stoa_tail_payload *out_payload);

/* Whether `bytes`, the payload with its padding, are what the record says [FMT-41] [FMT-44]. */
STOA_MUST_USE stoa_status stoa_tail_check_payload(const struct stoa_tail *tail,
                                                  const struct stoa_tail_payload *payload,
                                                  const uint8_t *bytes, stoa_error *err);

/* Record and statistics of a block of an open tail. */
void stoa_tail_block(const struct stoa_tail *tail, uint32_t column, uint32_t block,
                     struct stoa_block_record *out_record);
STOA_MUST_USE stoa_status stoa_tail_stats(const struct stoa_tail *tail, uint32_t column,
                                          uint32_t block, struct stoa_stats *out_stats,
                                          stoa_error *err);
/* Dictionary record `i` < end.dictionaries. */
void stoa_tail_dictionary(const struct stoa_tail *tail, uint32_t i,
                          struct stoa_dictionary_record *out_record);

/* What a block's record must have in common with its column and its row group [FMT-4]
 * [FMT-66], wherever the record was found. */
struct stoa_block_frame {
    stoa_type type;
    bool is_nullable;
    bool has_dictionary; /* the column has one that the block may use */
    uint32_t rows;       /* of the block */
    uint64_t raw_size;   /* of the row group, or UINT64_MAX: not known */
    uint64_t room;       /* bytes of the row group in front of its tail */
};
STOA_MUST_USE stoa_status stoa_block_record_check(const struct stoa_block_record *record,
                                                  const struct stoa_block_frame *frame,
                                                  stoa_error *err);
/* A payload lies in front of the tail and is within its limit [FMT-3]. */
STOA_MUST_USE stoa_status stoa_payload_place_check(uint64_t offset, uint32_t stored_size,
                                                   uint64_t room, stoa_error *err);

#endif
