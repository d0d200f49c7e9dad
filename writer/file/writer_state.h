/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a file writer, shared by the files of this folder only:
 *
 *   file_writer.c       create, append, finish; owns all of it
 *   row_group_encode.c  buffered columns -> stoa_encoded_group, on the pool
 *   row_group_write.c   stoa_encoded_group -> file; what the footer needs -> stoa_kept_group
 *   row_group_copy.c    row group of another file -> file and stoa_kept_group, not decoded
 *   footer_write.c      all stoa_kept_group -> footer and trailer
 *   footer_zones.c, footer_filters.c  its zones and filters sections; row_group_filter.c makes filters
 *
 * A payload's checksum depends on the row group's seed and the seed on all its records
 * [FMT-43], so a row group is encoded as a whole before its first byte is written.
 */
#ifndef STOA_WRITER_STATE_H
#define STOA_WRITER_STATE_H

#include "common/buf.h"
#include "format/block.h"
#include "format/layout.h"
#include "format/sketch.h"
#include "writer/file/file_output.h"
#include "writer/file/file_writer.h"
#include "writer/file/row_group_cut.h"

/* A row group between encoding and writing; nothing of it is kept for the next one, so that
 * many open writers (one per partition) cost no more than their buffered rows. */
struct stoa_encoded_group {
    uint32_t rows;
    uint32_t blocks;      /* per column */
    struct stoa_buf body; /* all payloads with padding, in file order */
    /* columns x blocks, column-major; bounds_offset counts in heap, checksum is not set */
    struct stoa_block_record *records;
    struct stoa_buf heap;                        /* full bounds of the records */
    struct stoa_dictionary_record *dictionaries; /* ascending column */
    uint32_t dictionary_count;
    struct stoa_buf stats;      /* statistics records; empty for one block a column */
    struct stoa_buf stats_heap; /* full bounds of those */
    struct stoa_buf zones;      /* zone records of the columns that keep them, in order */
    uint64_t *zone_ends;        /* per column: bytes of zones up to its end */
    struct stoa_buf filters;    /* of the columns that have one, in order */
    uint64_t *filter_ends;      /* per column: bytes of filters up to its end */
};

/* What the footer needs of a row group that has been written. */
struct stoa_kept_group {
    struct stoa_group_record record;
    size_t kept_size; /* memory behind tail and stats */
    uint8_t *
        tail; /* unpacked: block records, dictionary records, heap, as in the file; owned */
    uint64_t heap_start; /* of the heap, in tail */
    uint64_t heap_size;  /* without padding */
    uint8_t *stats;      /* statistics records, then their heap; NULL: one block a column */
    size_t stats_size;   /* bytes of both */
    uint8_t *zones;      /* zone records; NULL: no column keeps any */
    uint64_t *zone_ends; /* per column: bytes of zones up to its end; NULL likewise */
    uint8_t *filters;    /* NULL: no column has one */
    uint64_t *filter_ends; /* as zone_ends */
};

struct stoa_file_writer {
    struct stoa_file_output output;
    enum stoa_profile profile;
    struct stoa_pool *pool; /* borrowed, or NULL */
    bool keeps_sketches;    /* also in small files */
    bool is_finished;
    bool has_failed;

    stoa_schema schema; /* fields and names are copies, in one allocation each */
    stoa_field *fields;
    char *names;         /* one behind the other, each with a NUL */
    uint8_t *name_table; /* the footer's section [FMT-64] */
    struct stoa_hash128 identity;
    struct stoa_hash128 content; /* set when the trailer is written [FMT-61] */
    uint64_t schema_size;        /* bytes of the schema section */

    struct stoa_column_builder *columns; /* the row group being filled */
    struct stoa_cut cut;

    struct stoa_kept_group *groups; /* written */
    uint32_t group_count;
    uint32_t group_capacity;
    uint64_t rows;                /* in the groups written */
    uint32_t blocks;              /* of one column, in the groups written */
    size_t kept_bytes;            /* memory behind `groups` */
    struct stoa_stats *stats;     /* of the groups written, one per column */
    uint64_t *stored_bytes;       /* one per column */
    bool *has_dictionary;         /* one per column */
    bool *has_zones;              /* one per column: in some row group */
    bool *has_filters;            /* likewise */
    bool *wants_filter;           /* one per column; NULL: none is asked for */
    size_t filter_bytes;          /* in the groups so far */
    struct stoa_sketch *sketches; /* one per column; NULL: none are kept [FMT-102] */
};

void stoa_encoded_group_init(struct stoa_encoded_group *group);
void stoa_encoded_group_done(struct stoa_encoded_group *group);

/* Encodes the buffered rows (at least one) into `out_group`, which is as after init, and adds
 * them to the per-column figures. May free buffered columns on the way; the caller clears
 * them. */
STOA_MUST_USE stoa_status stoa_row_group_encode(struct stoa_file_writer *writer,
                                                struct stoa_encoded_group *out_group,
                                                stoa_error *err);

/* Writes the row group and keeps what the footer needs; sets the records' checksums. */
STOA_MUST_USE stoa_status stoa_row_group_write(struct stoa_file_writer *writer,
                                               struct stoa_encoded_group *group,
                                               stoa_error *err);
void stoa_kept_group_done(struct stoa_kept_group *group);

/* STOA_E_LIMIT when the file cannot take a row group of so many rows and blocks. */
STOA_MUST_USE stoa_status stoa_row_group_fits(const struct stoa_file_writer *writer,
                                              uint32_t rows, uint32_t blocks,
                                              stoa_error *err);
/* What a column has in a row group, made of its blocks' statistics: it is added to the file's
 * and, unless it equals the only block's [FMT-63], becomes a record of `records` with its
 * bounds in `heap`. Columns come in order. */
STOA_MUST_USE stoa_status stoa_group_stats_add(struct stoa_file_writer *writer,
                                               uint32_t column, uint32_t blocks,
                                               const struct stoa_stats *stats,
                                               struct stoa_buf *records,
                                               struct stoa_buf *heap, stoa_error *err);
/* What of a row group lies in the footer alone. */
struct stoa_group_parts {
    const struct stoa_buf *stats;      /* records; empty for one block a column */
    const struct stoa_buf *stats_heap; /* full bounds of those */
    const struct stoa_buf *zones;      /* zone records of the columns that keep them */
    uint64_t **zone_ends; /* per column: bytes of zones up to its end; taken over */
    const struct stoa_buf *filters; /* NULL: there are none */
    uint64_t **filter_ends;         /* as zone_ends */
};
/* Appends the tail of a group as it stands in the file, and puts what it takes there into the
 * group's record. */
STOA_MUST_USE stoa_status stoa_kept_group_pack(struct stoa_kept_group *kept,
                                               struct stoa_buf *out, stoa_error *err);
/* Copies the parts to `kept`, and makes room for it in the writer. */
STOA_MUST_USE stoa_status stoa_kept_group_prepare(struct stoa_file_writer *writer,
                                                  const struct stoa_group_parts *parts,
                                                  struct stoa_kept_group *kept,
                                                  stoa_error *err);
/* Takes over a prepared row group that has been written. */
void stoa_kept_group_add(struct stoa_file_writer *writer, struct stoa_kept_group *kept);
/* Encodes and writes the buffered rows, if there are any, and empties the buffer. */
STOA_MUST_USE stoa_status stoa_file_writer_flush(struct stoa_file_writer *writer,
                                                 stoa_error *err);

/* ---- footer_zones.c: the zones section [FMT-91] ---- */

typedef stoa_status (*stoa_put_fn)(void *context, const void *bytes, size_t size,
                                   stoa_error *err);
/* Bytes of a column's part; 0 when it has none. */
uint64_t stoa_zones_size(const struct stoa_file_writer *writer, uint32_t column);
/* Puts the whole section. */
STOA_MUST_USE stoa_status stoa_zones_put(const struct stoa_file_writer *writer,
                                         stoa_put_fn put, void *context, stoa_error *err);

/* ---- footer_filters.c: the filters section [FMT-111]; as zones ---- */

uint64_t stoa_filters_size(const struct stoa_file_writer *writer, uint32_t column);
STOA_MUST_USE stoa_status stoa_filters_put(const struct stoa_file_writer *writer,
                                           stoa_put_fn put, void *context, stoa_error *err);

/* ---- row_group_filter.c ---- */

/* What decides whether a column's row group gets a filter. */
struct stoa_filter_facts {
    uint32_t column;
    const struct stoa_column *values;
    const struct stoa_sketch *sketch; /* of the values; NULL: not known */
    uint64_t stored_size;             /* bytes of its payloads */
    bool has_zones, has_dictionary;
};
/* Appends the column's filter, if it gets one. */
STOA_MUST_USE stoa_status stoa_row_group_filter(struct stoa_file_writer *writer,
                                                const struct stoa_filter_facts *facts,
                                                struct stoa_buf *filters, stoa_error *err);

/* Writes footer and trailer. */
STOA_MUST_USE stoa_status stoa_footer_write(struct stoa_file_writer *writer,
                                            stoa_error *err);

#endif
