/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header, trailer and tail end: the three records that carry a magic and their own checksum
 * (spec/format.md sections 2.1, 4.1 and 6), and the seeds of row groups and payloads. Called by
 * the file writer and the reader. The checks run in the order magic, checksum, version, so that
 * a newer file, a damaged one and a foreign one give three different errors [FMT-8].
 */
#include "format/layout.h"

#include <inttypes.h>
#include <string.h>

#include "common/bits.h"
#include "common/checked.h"

static void store_hash128(uint8_t *out, struct stoa_hash128 hash)
{
    stoa_store_le64(out, hash.low);
    stoa_store_le64(out + 8, hash.high);
}

static struct stoa_hash128 load_hash128(const uint8_t *bytes)
{
    return (struct stoa_hash128){.low = stoa_load_le64(bytes),
                                 .high = stoa_load_le64(bytes + 8)};
}

static stoa_status check_sum(const char *what, uint64_t expected, uint64_t found,
                             stoa_error *err)
{
    if (stoa_checksum_holds(expected, found))
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected %s checksum %016" PRIx64
                     ", found bytes that give %016" PRIx64,
                     what, expected, found);
}

static stoa_status check_version(unsigned major, unsigned minor, stoa_error *err)
{
    if (major == STOA_VERSION_MAJOR && minor == STOA_VERSION_MINOR)
        return STOA_OK;
    return stoa_fail(err, STOA_E_NEWER,
                     "expected format version %d.%d, found version %u.%u",
                     STOA_VERSION_MAJOR, STOA_VERSION_MINOR, major, minor);
}

/* [FMT-9] */
static stoa_status check_features(uint64_t incompatible, stoa_error *err)
{
    const uint64_t unknown = incompatible & ~STOA_KNOWN_INCOMPATIBLE_FEATURES;
    if (unknown == 0)
        return STOA_OK;
    return stoa_fail(
        err, STOA_E_NEWER,
        "expected no features but those of version %d.%d, found feature bit %d",
        STOA_VERSION_MAJOR, STOA_VERSION_MINOR, __builtin_ctzll(unknown));
}

void stoa_header_write(const struct stoa_header *header, uint8_t out[STOA_HEADER_SIZE])
{
    memcpy(out, STOA_HEAD_MAGIC, 8);
    stoa_store_le16(out + 8, STOA_VERSION_MAJOR);
    stoa_store_le16(out + 10, STOA_VERSION_MINOR);
    stoa_store_le32(out + 12, STOA_HEADER_SIZE);
    stoa_store_le64(out + 16, header->incompatible);
    stoa_store_le64(out + 24, header->compatible);
    store_hash128(out + 32, header->identity);
    stoa_store_le64(out + 48, header->schema_size);
    stoa_store_le64(out + 56, stoa_hash64(out, 56, 0));
}

static stoa_status check_head_magic(const uint8_t *bytes, stoa_error *err)
{
    if (memcmp(bytes, STOA_HEAD_MAGIC, 8) == 0)
        return STOA_OK;
    if (memcmp(bytes, STOA_HEAD_MAGIC, 4) != 0)
        return stoa_fail(err, STOA_E_NOT_STOA,
                         "expected a Stoa file beginning with bytes 53544f41, found "
                         "%02x%02x%02x%02x",
                         bytes[0], bytes[1], bytes[2], bytes[3]);
    stoa_fail(err, STOA_E_CORRUPT,
              "expected magic bytes 0d0a1a0a behind \"STOA\", found %02x%02x%02x%02x",
              bytes[4], bytes[5], bytes[6], bytes[7]);
    stoa_error_set_hint(err, "the file may have been copied in text mode; copy it again as "
                             "binary");
    return STOA_E_CORRUPT;
}

stoa_status stoa_header_read(const uint8_t bytes[STOA_HEADER_SIZE],
                             struct stoa_header *out_header, stoa_error *err)
{
    STOA_TRY(check_head_magic(bytes, err));
    STOA_TRY(
        check_sum("header", stoa_load_le64(bytes + 56), stoa_hash64(bytes, 56, 0), err));
    STOA_TRY(check_version(stoa_load_le16(bytes + 8), stoa_load_le16(bytes + 10), err));
    if (stoa_load_le32(bytes + 12) != STOA_HEADER_SIZE)
        return stoa_fail(err, STOA_E_CORRUPT, "expected header size %d, found %" PRIu32,
                         STOA_HEADER_SIZE, stoa_load_le32(bytes + 12));
    const struct stoa_header header = {
        .incompatible = stoa_load_le64(bytes + 16),
        .compatible = stoa_load_le64(bytes + 24),
        .identity = load_hash128(bytes + 32),
        .schema_size = stoa_load_le64(bytes + 48),
    };
    STOA_TRY(check_features(header.incompatible, err));
    if (header.schema_size % STOA_PAYLOAD_ALIGN != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a schema size that is a multiple of 8, found %" PRIu64,
                         header.schema_size);
    *out_header = header;
    return STOA_OK;
}

void stoa_trailer_write(const struct stoa_trailer *trailer, uint8_t out[STOA_TRAILER_SIZE])
{
    memset(out, 0, STOA_TRAILER_SIZE);
    stoa_store_le64(out, trailer->footer_offset);
    stoa_store_le64(out + 8, trailer->footer_size);
    stoa_store_le64(out + 16, trailer->rows);
    stoa_store_le32(out + 24, trailer->columns);
    stoa_store_le32(out + 28, trailer->row_groups);
    stoa_store_le32(out + 32, trailer->total_blocks);
    stoa_store_le32(out + 36, trailer->section_count);
    stoa_store_le64(out + 40, trailer->directory_offset);
    stoa_store_le64(out + 48, trailer->incompatible);
    stoa_store_le64(out + 56, trailer->compatible);
    store_hash128(out + 64, trailer->identity);
    store_hash128(out + 80, trailer->content);
    stoa_store_le16(out + 96, STOA_VERSION_MAJOR);
    stoa_store_le16(out + 98, STOA_VERSION_MINOR);
    stoa_store_le64(out + 112, stoa_hash64(out, 112, 0));
    memcpy(out + 120, STOA_END_MAGIC, 8);
}

/* [FMT-3] and the relations among counts; with them every product of two counts and a record
 * size stays below 2^64. */
static stoa_status check_counts(const struct stoa_trailer *trailer, stoa_error *err)
{
    if (trailer->columns == 0 || trailer->columns > STOA_MAX_COLUMNS)
        return stoa_fail(err, STOA_E_CORRUPT, "expected 1 to %d columns, found %" PRIu32,
                         STOA_MAX_COLUMNS, trailer->columns);
    if (trailer->rows > STOA_MAX_ROWS)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected at most %" PRIu64 " rows, found %" PRIu64, STOA_MAX_ROWS,
                         trailer->rows);
    if (trailer->section_count > STOA_MAX_SECTIONS)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected at most %d sections, found %" PRIu32, STOA_MAX_SECTIONS,
                         trailer->section_count);
    const uint64_t groups = trailer->row_groups;
    const uint64_t blocks = trailer->total_blocks;
    if (groups > trailer->rows || blocks < groups ||
        blocks > groups * STOA_ROW_GROUP_BLOCKS || blocks > trailer->rows ||
        trailer->rows > blocks * STOA_BLOCK_ROWS)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected counts that fit together, found %" PRIu64
                         " rows in %" PRIu32 " row groups of %" PRIu32 " blocks",
                         trailer->rows, trailer->row_groups, trailer->total_blocks);
    return STOA_OK;
}

/* [FMT-7] The footer lies directly before the trailer. */
static stoa_status check_footer_place(const struct stoa_trailer *trailer,
                                      uint64_t file_size, stoa_error *err)
{
    uint64_t end = 0;
    if (!stoa_add_u64(trailer->footer_offset, trailer->footer_size, &end) ||
        end != file_size - STOA_TRAILER_SIZE)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a footer that ends at byte %" PRIu64
                         ", found offset %" PRIu64 " and %" PRIu64 " bytes",
                         file_size - STOA_TRAILER_SIZE, trailer->footer_offset,
                         trailer->footer_size);
    if (trailer->footer_offset % STOA_PAYLOAD_ALIGN != 0 ||
        trailer->footer_offset < STOA_HEADER_SIZE)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a footer at a multiple of 8 behind the header, found "
                         "offset %" PRIu64,
                         trailer->footer_offset);
    return STOA_OK;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    uint8_t all = 0;
    for (size_t i = 0; i < size; i++)
        all |= bytes[i];
    return all == 0;
}

stoa_status stoa_trailer_read(const uint8_t bytes[STOA_TRAILER_SIZE], uint64_t file_size,
                              struct stoa_trailer *out_trailer, stoa_error *err)
{
    if (memcmp(bytes + 120, STOA_END_MAGIC, 8) != 0) {
        stoa_fail(err, STOA_E_CORRUPT,
                  "expected the end magic in the last 8 bytes, found other bytes");
        stoa_error_set_hint(err, "the file was cut short, or its writer did not finish");
        return STOA_E_CORRUPT;
    }
    STOA_TRY(
        check_sum("trailer", stoa_load_le64(bytes + 112), stoa_hash64(bytes, 112, 0), err));
    STOA_TRY(check_version(stoa_load_le16(bytes + 96), stoa_load_le16(bytes + 98), err));
    const struct stoa_trailer trailer = {
        .footer_offset = stoa_load_le64(bytes),
        .footer_size = stoa_load_le64(bytes + 8),
        .rows = stoa_load_le64(bytes + 16),
        .columns = stoa_load_le32(bytes + 24),
        .row_groups = stoa_load_le32(bytes + 28),
        .total_blocks = stoa_load_le32(bytes + 32),
        .section_count = stoa_load_le32(bytes + 36),
        .directory_offset = stoa_load_le64(bytes + 40),
        .incompatible = stoa_load_le64(bytes + 48),
        .compatible = stoa_load_le64(bytes + 56),
        .identity = load_hash128(bytes + 64),
        .content = load_hash128(bytes + 80),
    };
    STOA_TRY(check_features(trailer.incompatible, err));
    if (!is_zero(bytes + 100, 12))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected zeros in the trailer's reserved bytes, found others");
    STOA_TRY(check_footer_place(&trailer, file_size, err));
    STOA_TRY(check_counts(&trailer, err));
    *out_trailer = trailer;
    return STOA_OK;
}

enum { TAIL_PACKED = 1 }; /* flags of a tail end */

void stoa_tail_end_write(const struct stoa_tail_end *end, uint8_t *tail)
{
    uint8_t *out = tail + end->tail_size - STOA_TAIL_END_SIZE;
    memcpy(out, STOA_TAIL_MAGIC, 8);
    stoa_store_le64(out + 8, end->group_size);
    stoa_store_le64(out + 16, end->tail_size);
    stoa_store_le32(out + 24, end->rows);
    stoa_store_le16(out + 28, (uint16_t)end->blocks);
    stoa_store_le16(out + 30, end->is_packed ? TAIL_PACKED : 0);
    stoa_store_le32(out + 32, end->columns);
    stoa_store_le32(out + 36, end->dictionaries);
    stoa_store_le64(out + 40, end->seed);
    stoa_store_le64(out + 48, end->schema_hash);
    stoa_store_le64(out + 56, stoa_hash64(tail, end->tail_size - 8, end->seed));
}

stoa_status stoa_tail_end_read(const uint8_t *bytes, uint64_t size,
                               struct stoa_tail_end *out_end, stoa_error *err)
{
    if (size < STOA_TAIL_END_SIZE)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a tail of at least %d bytes, found %" PRIu64,
                         STOA_TAIL_END_SIZE, size);
    const uint8_t *in = bytes + (size - STOA_TAIL_END_SIZE);
    if (memcmp(in, STOA_TAIL_MAGIC, 8) != 0)
        return stoa_fail(err, STOA_E_CORRUPT, "expected the tail magic, found other bytes");
    const struct stoa_tail_end end = {
        .group_size = stoa_load_le64(in + 8),
        .tail_size = stoa_load_le64(in + 16),
        .rows = stoa_load_le32(in + 24),
        .blocks = stoa_load_le16(in + 28),
        .is_packed = (stoa_load_le16(in + 30) & TAIL_PACKED) != 0,
        .columns = stoa_load_le32(in + 32),
        .dictionaries = stoa_load_le32(in + 36),
        .seed = stoa_load_le64(in + 40),
        .schema_hash = stoa_load_le64(in + 48),
        .checksum = stoa_load_le64(in + 56),
    };
    STOA_TRY(check_sum("tail", end.checksum, stoa_hash64(bytes, size - 8, end.seed), err));
    if (end.tail_size != size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a tail of %" PRIu64
                         " bytes, found one that says %" PRIu64,
                         size, end.tail_size);
    if ((stoa_load_le16(in + 30) & ~TAIL_PACKED) != 0)
        return stoa_fail(err, STOA_E_CORRUPT, "expected flags of a tail, found %04x",
                         stoa_load_le16(in + 30));
    *out_end = end;
    return STOA_OK;
}

/* [FMT-44] */
uint64_t stoa_payload_seed(uint32_t field_id, uint32_t block_number, uint64_t group_seed)
{
    uint8_t key[16];
    stoa_store_le32(key, field_id);
    stoa_store_le32(key + 4, block_number);
    stoa_store_le64(key + 8, group_seed);
    return stoa_hash64(key, sizeof key, 0);
}

uint64_t stoa_page_checksum(const uint8_t *bytes, size_t size, struct stoa_hash128 content,
                            uint64_t page)
{
    uint8_t key[24];
    store_hash128(key, content);
    stoa_store_le64(key + 16, page);
    return stoa_hash64(bytes, size, stoa_hash64(key, sizeof key, 0));
}

/* [FMT-43] */
uint64_t stoa_group_seed(const uint8_t *records, uint64_t size, uint64_t blocks,
                         uint64_t dictionaries)
{
    uint64_t seed = 0;
    const uint8_t *at = records;
    for (uint64_t i = 0; i < blocks; i++, at += STOA_BLOCK_RECORD_SIZE) {
        uint8_t copy[STOA_BLOCK_RECORD_SIZE];
        memcpy(copy, at, sizeof copy);
        memset(copy, 0, 8);      /* offset */
        memset(copy + 36, 0, 4); /* bounds_offset */
        memset(copy + 72, 0, 8); /* checksum */
        seed = stoa_hash64(copy, sizeof copy, seed);
    }
    for (uint64_t i = 0; i < dictionaries; i++, at += STOA_DICTIONARY_RECORD_SIZE) {
        uint8_t copy[STOA_DICTIONARY_RECORD_SIZE];
        memcpy(copy, at, sizeof copy);
        memset(copy, 0, 16); /* offset, checksum */
        seed = stoa_hash64(copy, sizeof copy, seed);
    }
    return stoa_hash64(at, (size_t)(size - (uint64_t)(at - records)), seed);
}
