/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's bytes [FMT-1]: header, schema section, row groups with tails, footer, trailer.
 * Pure functions between bytes and structs; writer/file and reader call them, and nobody else knows
 * an offset. spec/format.md holds the byte tables; the ids [FMT-n] below point there.
 *
 *   header 64 | schema section | row group 0 | row group 1 | ... | footer | trailer 128
 *   row group := column 0: [dictionary] block 0 .. n-1 | column 1: ... | tail
 *
 * Records are fixed in size, so that record i of a section is found by arithmetic: nothing has
 * to be parsed, whatever the number of columns.
 */
#ifndef STOA_FORMAT_LAYOUT_H
#define STOA_FORMAT_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/hash.h"
#include "format/types.h"

/* Sizes of the fixed records in bytes, and limits [FMT-3]. */
enum {
    STOA_HEADER_SIZE = 64,
    STOA_TRAILER_SIZE = 128,
    STOA_SCHEMA_HEADER_SIZE = 16,
    STOA_SCHEMA_NODE_SIZE = 32,
    STOA_TAIL_END_SIZE = 64,
    STOA_SECTION_SIZE = 24,
    STOA_COLUMN_RECORD_SIZE = 64,
    STOA_GROUP_RECORD_SIZE = 64,
    STOA_BLOCK_RECORD_SIZE = 80,
    STOA_STATS_RECORD_SIZE = 80,
    STOA_DICTIONARY_RECORD_SIZE = 32,
    STOA_FIELD_ID_SIZE = 8,
    STOA_PAGE_SIZE = 4096,        /* of the footer, checksum included */
    STOA_PAGE_STREAM_SIZE = 4088, /* of which stream */
    STOA_PAYLOAD_ALIGN = 8,
    STOA_MAX_SECTIONS = 64,
    STOA_VERSION_MAJOR = 0,
    STOA_VERSION_MINOR = 2
};
#define STOA_MAX_PAYLOAD_BYTES           ((size_t)65 << 20)
#define STOA_MAX_ROWS                    (UINT64_C(1) << 40)
#define STOA_HEAD_MAGIC                  "STOA\r\n\x1a\n"
#define STOA_END_MAGIC                   "STOAEND\n"
#define STOA_TAIL_MAGIC                  "STOATAIL"
#define STOA_NO_INDEX                    UINT32_MAX /* "none" for indices and slots */
#define STOA_DICTIONARY_NUMBER           UINT32_MAX /* block number of a dictionary [FMT-44] */
#define STOA_KNOWN_INCOMPATIBLE_FEATURES UINT64_C(0) /* none exist yet [FMT-9] */

/* Footer sections [FMT-62]; numbers are on disk, never renumber. Ids below 64 that this version
 * does not know are skipped unless flagged as required. */
enum stoa_section_id {
    STOA_SECTION_BLOCKS = 1,
    STOA_SECTION_GROUP_STATS = 2,
    STOA_SECTION_FILE_STATS = 3,
    STOA_SECTION_DICTIONARIES = 4,
    STOA_SECTION_HEAP = 5,
    STOA_SECTION_FIELD_IDS = 6,
    STOA_SECTION_COLUMNS = 7,
    STOA_SECTION_NAMES = 8,
    STOA_SECTION_GROUPS = 9,
    STOA_SECTION_ZONES = 16,
    STOA_SECTION_FILTERS = 17,
    STOA_SECTION_SKETCHES = 18,
    STOA_SECTION_ID_LIMIT = 19
};
enum { STOA_SECTION_REQUIRED = 1 }; /* section flag: a reader must understand it */

/* Whether a section is one that files cannot do without; the other known ones only help. */
static inline bool stoa_section_is_required(uint32_t id)
{
    return id >= STOA_SECTION_BLOCKS && id <= STOA_SECTION_GROUPS;
}
static inline bool stoa_section_is_known(uint32_t id)
{
    return stoa_section_is_required(id) ||
           (id >= STOA_SECTION_ZONES && id <= STOA_SECTION_SKETCHES);
}

/* Flags of column records and schema nodes. */
enum {
    STOA_COLUMN_NULLABLE = 1,
    STOA_COLUMN_HAS_DICTIONARY = 2,
    STOA_COLUMN_HAS_ZONES = 4,
    STOA_COLUMN_HAS_SKETCH = 8,
    STOA_COLUMN_HAS_FILTERS = 16,
    STOA_COLUMN_FLAGS = 31
};

/* Flags of block and statistics records [FMT-67]. */
enum {
    STOA_RECORD_HAS_BOUNDS = 1,
    STOA_RECORD_MIN_EXACT = 2,
    STOA_RECORD_MAX_EXACT = 4,
    STOA_RECORD_MAX_OPEN = 8,
    STOA_RECORD_HAS_SUM = 16,
    STOA_RECORD_STATS_FLAGS = 31,
    STOA_RECORD_USES_DICTIONARY = 256
};

struct stoa_header {
    uint64_t incompatible;
    uint64_t compatible;
    struct stoa_hash128 identity; /* XXH3-128 of the schema section */
    uint64_t schema_size;         /* bytes, a multiple of 8 */
};

struct stoa_trailer {
    uint64_t footer_offset; /* in the file */
    uint64_t footer_size;   /* bytes with page checksums */
    uint64_t rows;
    uint32_t columns;
    uint32_t row_groups;
    uint32_t total_blocks; /* of each column, over all row groups */
    uint32_t section_count;
    uint64_t directory_offset; /* in the footer stream */
    uint64_t incompatible;
    uint64_t compatible;
    struct stoa_hash128 identity; /* as in the header */
    struct stoa_hash128 content;  /* XXH3-128 of the footer stream */
};

struct stoa_section {
    uint32_t id;
    uint32_t flags;
    uint64_t offset; /* in the footer stream */
    uint64_t size;   /* without padding */
};

struct stoa_column_record {
    uint64_t name_hash;
    uint32_t field_id;
    uint32_t name_offset; /* in the heap */
    uint16_t name_size;
    uint8_t flags;
    stoa_type type;
    uint64_t stored_size;      /* payload bytes of blocks and dictionaries */
    uint64_t null_count;       /* over the file */
    uint32_t dictionary_index; /* of its first dictionary record, or STOA_NO_INDEX */
    uint32_t zones_offset;     /* of its part of the zones section, in units of 8 bytes */
    uint32_t sketch_offset;    /* of its sketch in its section, in units of 8 bytes */
    uint32_t filters_offset;   /* of its part of the filters section, likewise */
};

struct stoa_group_record {
    uint64_t offset;    /* in the file */
    uint64_t size;      /* tail included */
    uint64_t first_row; /* in the file */
    uint32_t rows;
    uint32_t blocks;       /* per column */
    uint32_t first_block;  /* number of its first block among total_blocks */
    uint32_t dictionaries; /* columns that have one here */
    uint64_t tail_size;
    uint64_t seed;
    uint64_t raw_size; /* [FMT-4] */
};

/* Bounds and sum as they lie in block and statistics records. */
struct stoa_stats_core {
    uint16_t flags;
    uint8_t min_size; /* bytes of the full bounds of BYTES, I128, FIXED16 */
    uint8_t max_size;
    uint32_t bounds_offset; /* in the heap beside the record */
    uint64_t min_key;       /* order-preserving [FMT-68] */
    uint64_t max_key;
    uint8_t sum[16];
};

struct stoa_block_record {
    uint64_t offset; /* of the payload, from the start of the row group */
    uint32_t stored_size;
    uint32_t rows;
    uint32_t null_count;
    uint32_t nan_count;
    uint32_t raw_size;
    uint8_t encoding;
    struct stoa_stats_core core;
    uint64_t checksum;
};

struct stoa_stats_record {
    uint64_t rows;
    uint64_t null_count;
    uint64_t nan_count;
    struct stoa_stats_core core;
};

struct stoa_dictionary_record {
    uint64_t offset; /* of the payload, from the start of the row group */
    uint64_t checksum;
    uint32_t stored_size;
    uint32_t count; /* entries; 0: the row group has none for this column */
    uint32_t column;
    uint8_t encoding;
};

struct stoa_tail_end {
    uint64_t group_size; /* from the row group's first byte to the end of this record */
    uint64_t tail_size;  /* records, heap and this record */
    uint32_t rows;
    uint32_t blocks;
    bool is_packed; /* records and heap are a stream [FMT-47] */
    uint32_t columns;
    uint32_t dictionaries;
    uint64_t seed;
    uint64_t schema_hash; /* low half of the header's identity */
    uint64_t checksum;    /* of the whole tail up to this field */
};

/* The writers fill exactly the record's size; checksums of header and trailer are computed.
 * The readers check everything that can be judged from the record alone: STOA_E_NOT_STOA,
 * STOA_E_NEWER, STOA_E_CORRUPT, without a place. Pure. */
void stoa_header_write(const struct stoa_header *header, uint8_t out[STOA_HEADER_SIZE]);
STOA_MUST_USE stoa_status stoa_header_read(const uint8_t bytes[STOA_HEADER_SIZE],
                                           struct stoa_header *out_header, stoa_error *err);
void stoa_trailer_write(const struct stoa_trailer *trailer, uint8_t out[STOA_TRAILER_SIZE]);
STOA_MUST_USE stoa_status stoa_trailer_read(const uint8_t bytes[STOA_TRAILER_SIZE],
                                            uint64_t file_size,
                                            struct stoa_trailer *out_trailer,
                                            stoa_error *err);

void stoa_section_write(const struct stoa_section *section, uint8_t *out);
void stoa_section_read(const uint8_t *bytes, struct stoa_section *out_section);

void stoa_column_record_write(const struct stoa_column_record *record, uint8_t *out);
STOA_MUST_USE stoa_status stoa_column_record_read(const uint8_t *bytes,
                                                  struct stoa_column_record *out_record,
                                                  stoa_error *err);
void stoa_group_record_write(const struct stoa_group_record *record, uint8_t *out);
STOA_MUST_USE stoa_status stoa_group_record_read(const uint8_t *bytes,
                                                 struct stoa_group_record *out_record,
                                                 stoa_error *err);
void stoa_block_record_write(const struct stoa_block_record *record, uint8_t *out);
STOA_MUST_USE stoa_status stoa_block_record_read(const uint8_t *bytes,
                                                 struct stoa_block_record *out_record,
                                                 stoa_error *err);
void stoa_stats_record_write(const struct stoa_stats_record *record, uint8_t *out);
STOA_MUST_USE stoa_status stoa_stats_record_read(const uint8_t *bytes,
                                                 struct stoa_stats_record *out_record,
                                                 stoa_error *err);
void stoa_dictionary_record_write(const struct stoa_dictionary_record *record,
                                  uint8_t *out);
STOA_MUST_USE stoa_status stoa_dictionary_record_read(
    const uint8_t *bytes, struct stoa_dictionary_record *out_record, stoa_error *err);
/* `tail` is the whole tail; writes its last 64 bytes, whose checksum is computed. */
void stoa_tail_end_write(const struct stoa_tail_end *end, uint8_t *tail);
/* `bytes` is the whole tail of `size` bytes; checks magic, size and checksum. */
STOA_MUST_USE stoa_status stoa_tail_end_read(const uint8_t *bytes, uint64_t size,
                                             struct stoa_tail_end *out_end,
                                             stoa_error *err);

/* Whether a checksum holds. Fuzzing builds believe every checksum, so that the fuzzer gets to the
 * checks behind it; nothing may rely on a checksum for memory safety [FMT-2]. */
static inline bool stoa_checksum_holds(uint64_t expected, uint64_t found)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    return (expected == found) | true;
#else
    return expected == found;
#endif
}

/* Number of rows of block `block` in a row group of `rows` rows. */
static inline uint32_t stoa_block_rows(uint32_t rows, uint32_t block)
{
    const uint32_t left = rows - block * STOA_BLOCK_ROWS;
    return left < STOA_BLOCK_ROWS ? left : STOA_BLOCK_ROWS;
}

/* Blocks per column of a row group of `rows` rows. */
static inline uint32_t stoa_group_blocks(uint32_t rows)
{
    return rows / STOA_BLOCK_ROWS + (rows % STOA_BLOCK_ROWS != 0);
}

/* What a payload's checksum is seeded with [FMT-44]. */
uint64_t stoa_payload_seed(uint32_t field_id, uint32_t block_number, uint64_t group_seed);

/* The checksum of page `page` of the footer, over its `size` stream bytes [FMT-60]. */
uint64_t stoa_page_checksum(const uint8_t *bytes, size_t size, struct stoa_hash128 content,
                            uint64_t page);

/* The row group's seed from its tail's records and heap (`size` bytes before the tail end):
 * their hash with offsets and checksums taken as zero [FMT-43]. `blocks` block records come
 * first, then `dictionaries` dictionary records. */
uint64_t stoa_group_seed(const uint8_t *records, uint64_t size, uint64_t blocks,
                         uint64_t dictionaries);

#endif
