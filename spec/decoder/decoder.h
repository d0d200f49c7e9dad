/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The independent decoder: what its files share. It is written from the pages of spec/ alone and
 * shares no code and no header with the library, so that a mistake of one shows in the other.
 *
 * Files mirror the pages: decoder_container.c and decoder_footer.c (format.md 2, 5, 6),
 * decoder_group.c and decoder_arranged.c (4), decoder_statistics.c (5.4, 5.5), decoder_zones.c (5.9), decoder_sketches.c
 * (5.10), decoder_block.c (block.md), those with decoder_nodes.h (encodings/), decoder_print.c.
 * It reads the whole file into memory and ends the process at the first fault: clarity first.
 */
#ifndef STOA_DECODER_H
#define STOA_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Physical kinds [FMT-21]. */
enum {
    KIND_BOOL = 1,
    KIND_I64 = 2,
    KIND_U64 = 3,
    KIND_F64 = 4,
    KIND_I128 = 5,
    KIND_BYTES = 6,
    KIND_FIXED16 = 7
};

/* Logical types [FMT-20]. */
enum {
    TYPE_BOOL = 1,
    TYPE_INT8 = 2,
    TYPE_INT16 = 3,
    TYPE_INT32 = 4,
    TYPE_INT64 = 5,
    TYPE_UINT64 = 6,
    TYPE_FLOAT64 = 7,
    TYPE_DECIMAL = 8,
    TYPE_DATE = 9,
    TYPE_TIME = 10,
    TYPE_TIMESTAMP = 11,
    TYPE_TIMESTAMPTZ = 12,
    TYPE_TEXT = 13,
    TYPE_BINARY = 14,
    TYPE_UUID = 15
};

/* Limits [FMT-3]. */
#define MAX_COLUMNS    1048576u
#define MAX_VALUE_SIZE 16777216u
#define MAX_NAME_SIZE  4096u
#define MAX_BOUND_SIZE 64u
#define MAX_GROUP_ROWS 1048576u
#define MAX_GROUP_RAW  67108864u
#define BLOCK_ROWS     65536u
#define ZONE_ROWS      8192u
#define VECTOR_ROWS    1024u
#define NONE           0xffffffffu

/* One value of any kind. BOOL, I64, U64 and F64 (its bits) are in low; I128 in low and high;
 * FIXED16 and BYTES are `size` bytes at `text`, borrowed from the file or from the heap. */
struct value {
    uint64_t low;
    uint64_t high;
    const uint8_t *text;
    uint32_t size;
    bool is_null;
};

/* Memory that lives as long as what was decoded into it; emptied all at once. */
struct heap {
    struct heap_piece *pieces;
};

struct column {
    const uint8_t *name;
    uint32_t name_size;
    uint32_t field_id;
    unsigned type;
    unsigned precision;
    unsigned scale;
    unsigned kind;
    bool is_nullable;
    uint32_t first_dictionary; /* index of its first dictionary record, or NONE */
    bool has_zones;
    uint64_t zones; /* where its part of the zones section begins */
    bool has_sketch;
    uint64_t sketch; /* where it begins in its section */
    bool has_filters;
    uint64_t filters;   /* where its part of the filters section begins */
    uint8_t *registers; /* of the values decoded so far, when it has one */
};

struct group {
    const uint8_t *bytes; /* the row group in the file */
    uint64_t size;
    uint64_t first_row;
    uint32_t rows;
    uint32_t blocks;
    uint32_t first_block;
    uint32_t dictionaries;
    uint64_t tail_size;
    uint64_t seed;
    uint64_t raw_size;
};

/* A section of the footer stream; bytes NULL when it is left out. */
struct section {
    const uint8_t *bytes;
    uint64_t size;
};

enum {
    SECTION_BLOCKS = 1,
    SECTION_GROUP_STATISTICS = 2,
    SECTION_FILE_STATISTICS = 3,
    SECTION_DICTIONARIES = 4,
    SECTION_HEAP = 5,
    SECTION_FIELD_IDS = 6,
    SECTION_COLUMNS = 7,
    SECTION_NAMES = 8,
    SECTION_GROUPS = 9,
    SECTION_ZONES = 16,
    SECTION_FILTERS = 17,
    SECTION_SKETCHES = 18,
    SECTION_COUNT = 19
};

/* The file being decoded, and where in it we are, for messages. */
struct decoder {
    const char *path;
    uint8_t *bytes;
    uint64_t size;
    uint64_t schema_size;
    const uint8_t *identity; /* 16 bytes of the header */
    uint64_t footer_offset;
    uint64_t footer_size;
    uint64_t rows;
    uint32_t column_count;
    uint32_t group_count;
    uint32_t block_count; /* of one column over all row groups */
    uint8_t *stream;      /* the footer without its page checksums */
    uint64_t stream_size;
    struct section sections[SECTION_COUNT];
    struct column *columns;
    struct group *groups;
    const struct column *at_column; /* NULL: not in a column */
    uint32_t at_group;              /* NONE: not in a row group */
    uint32_t at_block;              /* NONE: the dictionary, or no block */
};

/* Ends the process with status 1 and "stoa-decode: PATH: place: message" on stderr. */
void refuse(const struct decoder *d, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* Little-endian numbers [FMT-1]. */
static inline uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}
static inline uint32_t get32(const uint8_t *p)
{
    return get16(p) | get16(p + 2) << 16;
}
static inline uint64_t get64(const uint8_t *p)
{
    return (uint64_t)get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* decoder_memory.c: allocation ends the process when memory is short. */
void *allocate(struct heap *heap, uint64_t count, uint64_t size);
void heap_empty(struct heap *heap);
/* Bytes that must be zero: padding and what the tables call 0. */
void require_zero(const struct decoder *d, const uint8_t *p, uint64_t size,
                  const char *what);

/* A part of the file that is read from the front. `begin` is where alignment counts from. */
struct span {
    const uint8_t *begin;
    const uint8_t *at;
    uint64_t left;
};
struct span span_of(const uint8_t *bytes, uint64_t size);
const uint8_t *take(const struct decoder *d, struct span *s, uint64_t size,
                    const char *what);
void take_padding(const struct decoder *d, struct span *s, const char *what);

/* decoder_memory.c: xxh3 with 64 bits [FMT-2], the only checksum. */
uint64_t xxh3(const uint8_t *bytes, uint64_t size, uint64_t seed);
void xxh3_128(const uint8_t *bytes, uint64_t size, uint8_t out[16]);

/* decoder_container.c and decoder_footer.c. */
void read_container(struct decoder *d, struct heap *heap);
void read_footer(struct decoder *d, struct heap *heap);
unsigned kind_of_type(unsigned type, unsigned precision);

/* decoder_group.c: checks all tails and payload checksums, then decodes block by block. */
void check_groups(struct decoder *d, struct heap *memory);
const uint8_t *block_record(const struct decoder *d, uint32_t column, uint32_t block);
const uint8_t *dictionary_record(const struct decoder *d, uint32_t column, uint32_t group);

/* decoder_arranged.c: what was arranged before it was packed, as it was [FMT-11] [FMT-48]. */
const uint8_t *arranged_schema(const struct decoder *d, const uint8_t *bytes, uint64_t size,
                               struct heap *heap);
const uint8_t *arranged_tail(const struct decoder *d, const struct group *g,
                             const uint8_t *bytes, uint64_t size, struct heap *heap);

/* A dictionary: count 0 when there is none. */
struct dictionary {
    struct value *entries;
    uint32_t count;
};

/* The same rows of the columns before the one at hand, for SAME. */
struct before {
    uint32_t count; /* columns */
    struct value **columns;
    const struct dictionary **dictionaries; /* those their blocks use; count 0: none */
    bool *has_same; /* of theirs and, last, of the column at hand: a SAME has been met */
};

/* decoder_block.c: `rows` values out of a payload; returns the number of NULLs. */
uint32_t decode_payload(const struct decoder *d, const uint8_t *bytes, uint32_t size,
                        uint32_t rows, unsigned encoding,
                        const struct dictionary *dictionary, const struct before *before,
                        struct heap *heap, struct value *out);
bool is_utf8(const uint8_t *p, uint64_t size);

/* Statistics of a block, a row group or a file. */
struct statistics {
    uint64_t rows;
    uint64_t nulls;
    uint64_t nans;
    bool has_bounds;
    bool has_sum;
    bool is_min_exact;
    bool is_max_exact;
    bool is_max_open;
    struct value min;
    struct value max;
    uint64_t sum[2]; /* low and high half; of F64 the bits of high and low */
    uint64_t raw_size;
};
/* decoder_statistics.c: made from values [FMT-70], merged [FMT-71], compared with a record. */
struct statistics statistics_of_values(const struct column *column,
                                       const struct value *values, uint32_t rows,
                                       struct heap *heap);
struct statistics statistics_empty(const struct column *column);
void statistics_merge(const struct column *column, struct statistics *into,
                      const struct statistics *from);
void statistics_compare(const struct decoder *d, const struct column *column,
                        const struct statistics *want, const uint8_t *record,
                        bool is_block);
uint64_t statistics_key(unsigned kind, const struct value *v); /* [FMT-68] */
int compare_values(unsigned kind, const struct value *a, const struct value *b);
int compare_storage(unsigned kind, const struct value *a, const struct value *b);

/* decoder_print.c: the heading and the rows as tab-separated text. */
void print_heading(const struct decoder *d);
void print_value(const struct column *column, const struct value *value);

#endif
