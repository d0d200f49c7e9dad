/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of the container that nobody reads while all is well - schema section and tails - take
 * 140 bytes a column as they are, more than the values of many a wide table. Large ones are
 * packed: kept as byte streams [STREAM-n] under zstd [FMT-11] [FMT-47]. Everybody but the code that
 * writes and reads the file's bytes sees them unpacked. Pure.
 *
 * An unpacked tail is a tail of its own: sizes and checksum in its end are those of a row group
 * that was never packed.
 */
#ifndef STOA_FORMAT_PACK_H
#define STOA_FORMAT_PACK_H

#include "common/buf.h"
#include "format/layout.h"

enum {
    STOA_PACK_COLUMNS = 64, /* schema sections of fewer columns are kept as they are */
    STOA_PACK_RECORDS = 64  /* and tails of fewer block records */
};

/* Appends what stands in the file for a schema section of `columns` columns. */
STOA_MUST_USE stoa_status stoa_schema_section_pack(const uint8_t *section, size_t size,
                                                   size_t columns, struct stoa_buf *out,
                                                   stoa_error *err);
/* What a section takes in the file, by its first bytes. */
enum { STOA_SCHEMA_START_SIZE = 32 };
uint64_t stoa_schema_section_size(const uint8_t bytes[STOA_SCHEMA_START_SIZE]);
/* Appends the section as it was; *out_size is what it takes of the `left` bytes in the file.
 * STOA_E_CORRUPT without a place. */
STOA_MUST_USE stoa_status stoa_schema_section_unpack(const uint8_t *bytes, uint64_t left,
                                                     struct stoa_buf *out,
                                                     uint64_t *out_size, stoa_error *err);

/* Appends what stands in the file for the tail. */
STOA_MUST_USE stoa_status stoa_tail_pack(const uint8_t *tail, size_t size,
                                         struct stoa_buf *out, stoa_error *err);
/* Appends the tail as it was. STOA_E_CORRUPT without a place, also when its checksum fails. */
STOA_MUST_USE stoa_status stoa_tail_unpack(const uint8_t *bytes, size_t size,
                                           struct stoa_buf *out, stoa_error *err);
/* Bytes that stoa_tail_unpack goes through for what lies there, whether it is a tail or not: a few
 * bytes may unpack to 64 MiB. For callers who try many places. */
uint64_t stoa_tail_unpack_work(const uint8_t *bytes, size_t size);

#endif
