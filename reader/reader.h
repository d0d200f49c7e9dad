/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One Stoa file opened for reading: header, schema, footer pages on demand, statistics, and
 * blocks whose checksums are verified before anything in them is looked at. Opening and finding
 * k columns touches O(k) footer pages, whatever the number of columns and rows.
 *
 * A reader may be shared by threads; a slot belongs to one thread.
 */
#ifndef STOA_READER_READER_H
#define STOA_READER_READER_H

#include "common/buf.h"
#include "common/hash.h"
#include "common/io.h"
#include "format/block.h"
#include "format/sketch.h"
#include "format/stats.h"
#include "stoa/schema.h"

struct stoa_reader;

struct stoa_reader_options {
    const struct stoa_kernels *kernels; /* NULL: stoa_kernels_best() */
    uint64_t expected_size; /* 0: not known; else a mismatch is STOA_E_CORRUPT */
    bool skip_checksums;    /* blocks only; for benchmarks */
};

struct stoa_row_group_info {
    uint64_t first_row; /* number in the file of its first row */
    uint32_t rows;      /* 1 .. 1,048,576 */
    uint32_t blocks;    /* per column, 1 .. 16; block b has rows [b * 65536, ...) of it */
};

struct stoa_block_info {
    uint32_t rows;
    uint32_t null_count;
    uint8_t encoding;     /* id of the root node; 0 when all rows are NULL */
    uint64_t offset;      /* of the payload, in the file */
    uint32_t stored_size; /* bytes, without padding */
    uint64_t raw_size;
    bool uses_dictionary;
};

/* Opens a regular file and takes it over (also on failure). STOA_E_NOT_STOA, STOA_E_NEWER or
 * STOA_E_CORRUPT with the place. */
STOA_MUST_USE stoa_status stoa_reader_open(struct stoa_file *file,
                                           const struct stoa_reader_options *options,
                                           struct stoa_reader **out_reader,
                                           stoa_error *err);
void stoa_reader_close(struct stoa_reader *reader); /* NULL allowed */

const char *stoa_reader_name(const struct stoa_reader *reader); /* for messages */
uint64_t stoa_reader_rows(const struct stoa_reader *reader);
uint32_t stoa_reader_columns(const struct stoa_reader *reader);
uint32_t stoa_reader_row_groups(const struct stoa_reader *reader);
uint64_t stoa_reader_file_size(const struct stoa_reader *reader);
/* The content identity in the trailer [FMT-61]. */
struct stoa_hash128 stoa_reader_content(const struct stoa_reader *reader);

/* The header's identity: XXH3-128 of the schema section. */
struct stoa_hash128 stoa_reader_identity(const struct stoa_reader *reader);
/* The file itself, for copying row groups. Borrowed. */
const struct stoa_file *stoa_reader_file(const struct stoa_reader *reader);

/* What of the footer's stream follows from the row groups alone: its first bytes, up to the end
 * of the heap [FMT-62]. Borrowed. */
STOA_MUST_USE stoa_status stoa_reader_footer_start(struct stoa_reader *reader,
                                                   const uint8_t **out_bytes,
                                                   uint64_t *out_size, stoa_error *err);

/* The schema of all columns; loads every column record on first use (O(columns)). Borrowed. */
STOA_MUST_USE stoa_status stoa_reader_schema(struct stoa_reader *reader,
                                             const stoa_schema **out_schema,
                                             stoa_error *err);

/* Column number by exact name; *out_found false when there is none. O(1) pages. */
STOA_MUST_USE stoa_status stoa_reader_find(struct stoa_reader *reader, const char *name,
                                           bool *out_found, uint32_t *out_column,
                                           stoa_error *err);
/* Column number by field id; *out_found false when the file has no such field. */
STOA_MUST_USE stoa_status stoa_reader_find_id(struct stoa_reader *reader, uint32_t field_id,
                                              bool *out_found, uint32_t *out_column,
                                              stoa_error *err);
/* One field. The name is borrowed from the reader. */
STOA_MUST_USE stoa_status stoa_reader_field(struct stoa_reader *reader, uint32_t column,
                                            stoa_field *out_field, stoa_error *err);

STOA_MUST_USE stoa_status stoa_reader_row_group(struct stoa_reader *reader, uint32_t group,
                                                struct stoa_row_group_info *out_info,
                                                stoa_error *err);

/* A row group's place in the file. */
STOA_MUST_USE stoa_status stoa_reader_group_place(struct stoa_reader *reader,
                                                  uint32_t group, uint64_t *out_offset,
                                                  uint64_t *out_size, stoa_error *err);
/* A row group's tail [FMT-45] as it lies in the file, under its checksum and with the footer's
 * seed; or as the footer's records give it, to the byte. Both replace what is in `out`. */
STOA_MUST_USE stoa_status stoa_reader_read_tail(struct stoa_reader *reader, uint32_t group,
                                                struct stoa_buf *out, stoa_error *err);
STOA_MUST_USE stoa_status stoa_reader_make_tail(struct stoa_reader *reader, uint32_t group,
                                                struct stoa_buf *out, stoa_error *err);

/* Statistics at each level. */
STOA_MUST_USE stoa_status stoa_reader_file_stats(struct stoa_reader *reader,
                                                 uint32_t column,
                                                 struct stoa_stats *out_stats,
                                                 stoa_error *err);
STOA_MUST_USE stoa_status stoa_reader_group_stats(struct stoa_reader *reader,
                                                  uint32_t column, uint32_t group,
                                                  struct stoa_stats *out_stats,
                                                  stoa_error *err);
STOA_MUST_USE stoa_status stoa_reader_block_stats(struct stoa_reader *reader,
                                                  uint32_t column, uint32_t group,
                                                  uint32_t block,
                                                  struct stoa_stats *out_stats,
                                                  stoa_error *err);
/* Statistics of the zones of a block, 8,192 rows each, to `out_zones` (room for STOA_BLOCK_ZONES);
 * *out_count 0: the column keeps none in this row group. O(1) pages. */
STOA_MUST_USE stoa_status stoa_reader_block_zones(struct stoa_reader *reader,
                                                  uint32_t column, uint32_t group,
                                                  uint32_t block,
                                                  struct stoa_stats *out_zones,
                                                  uint32_t *out_count, stoa_error *err);
/* All zone records of a row group as they lie in the footer, checked, in column order;
 * out_ends[column] is how many bytes of them end with that column [FMT-93]. */
STOA_MUST_USE stoa_status stoa_reader_group_zones(struct stoa_reader *reader,
                                                  uint32_t group,
                                                  struct stoa_buf *out_records,
                                                  uint64_t *out_ends, stoa_error *err);
/* The sketch of the column's different values over the file; *out_has false: the file has none, and
 * *out_sketch is untouched. */
STOA_MUST_USE stoa_status stoa_reader_sketch(struct stoa_reader *reader, uint32_t column,
                                             bool *out_has, struct stoa_sketch *out_sketch,
                                             stoa_error *err);
/* *out_may false: none of the values with these hashes (stoa_value_hash) is in the row group, as its
 * filter says; true when it has none. O(1) pages a hash. */
STOA_MUST_USE stoa_status stoa_reader_may_hold(struct stoa_reader *reader, uint32_t column,
                                               uint32_t group, const uint64_t *hashes,
                                               size_t count, bool *out_may,
                                               stoa_error *err);
/* Those of all columns to `out_sketches`; *out_has false when one has none. */
STOA_MUST_USE stoa_status stoa_reader_sketches(struct stoa_reader *reader, bool *out_has,
                                               struct stoa_sketch *out_sketches,
                                               stoa_error *err);
STOA_MUST_USE stoa_status stoa_reader_block_info(struct stoa_reader *reader,
                                                 uint32_t column, uint32_t group,
                                                 uint32_t block,
                                                 struct stoa_block_info *out_info,
                                                 stoa_error *err);
/* Stored bytes of a column's dictionary in a row group; 0 when it has none. */
STOA_MUST_USE stoa_status stoa_reader_dictionary_size(struct stoa_reader *reader,
                                                      uint32_t column, uint32_t group,
                                                      uint64_t *out_size, stoa_error *err);

/*
 * Where one thread keeps one column's current block: payload buffer, arena, and the
 * dictionary of the row group it last read. Reused from block to block, file to file. The
 * dictionary is known by the content of its file, since a reader's address can come back.
 */
struct stoa_block_slot {
    bool has_dictionary; /* the one of: */
    struct stoa_hash128 content;
    uint32_t column;
    uint32_t group;
    struct stoa_dictionary dictionary;
    struct stoa_arena dictionary_arena;
    struct stoa_buf dictionary_payload;
    struct stoa_arena arena;
    size_t arena_room; /* bytes that the arena's one chunk holds */
    struct stoa_buf payload;
    struct stoa_decompressor own_decompressor; /* used while `decompressor` is NULL */
    struct stoa_decompressor *decompressor; /* one that its owner's other slots use too */
    struct stoa_block block;                /* valid until the next load */
    /* Of the column it refers to, its bytes_read those of the last load; NULL until needed. */
    struct stoa_block_slot *base;
    bool has_block; /* `block` is this one: */
    struct stoa_hash128 block_content;
    uint32_t block_column;
    uint32_t block_group;
    uint32_t block_number; /* in the row group */
    uint64_t bytes_read;   /* running total, for EXPLAIN ANALYZE */
};

void stoa_block_slot_init(struct stoa_block_slot *slot);
void stoa_block_slot_done(struct stoa_block_slot *slot);

/* Reads, verifies and opens a block into the slot, with its dictionary and the block of another
 * column when it needs them. Errors name file, column, row group, block and row range. */
STOA_MUST_USE stoa_status stoa_reader_load(struct stoa_reader *reader, uint32_t column,
                                           uint32_t group, uint32_t block,
                                           struct stoa_block_slot *slot, stoa_error *err);

/* Appends the values of the named rows (numbers in the file from 0 on, in any order and as often as
 * they are named) in the order given. Each block is loaded once, and not at all when the slot
 * still holds it. `out` is of the column's kind, and as it was after a failure. STOA_E_USAGE for
 * a row or column that the file does not have; damage with the place. */
STOA_MUST_USE stoa_status stoa_reader_take(struct stoa_reader *reader, uint32_t column,
                                           const uint64_t *rows, uint32_t count,
                                           struct stoa_block_slot *slot,
                                           struct stoa_column_builder *out,
                                           stoa_error *err);

/* Checks every byte of the file: all checksums, all structure, tails against footer, all
 * values decoded and their statistics recomputed when `deep`. Reports each damage to `report`
 * (may be NULL) and goes on where it can; the status is the first damage, or STOA_OK. Who
 * verifies many files passes one `decompressor` to all; NULL: one for this call. */
typedef void (*stoa_damage_fn)(void *context, const stoa_error *damage);
STOA_MUST_USE stoa_status stoa_reader_verify(struct stoa_reader *reader, bool deep,
                                             struct stoa_decompressor *decompressor,
                                             stoa_damage_fn report, void *context,
                                             stoa_error *err);

#endif
