/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verify: the zones section holds the parts of the columns that have zones, in column order and
 * without gaps, and in each the records of its row groups likewise [FMT-91]; every record can be
 * read. Deep, a block's records are made again from its values: verify_block.c does that.
 */
#include <inttypes.h>
#include <string.h>

#include "common/bits.h"
#include "common/checked.h"
#include "format/zones.h"
#include "reader/verify_state.h"

enum { ENTRY_SIZE = 4 };

/* Records of the column's row groups, which must follow each other. */
static stoa_status count_records(struct stoa_reader *reader,
                                 const struct stoa_column_record *record,
                                 uint64_t *out_count, stoa_error *err)
{
    uint64_t next = 0;
    for (uint32_t g = 0; g < reader->trailer.row_groups; g++) {
        struct stoa_group_record group;
        uint32_t first = 0;
        STOA_TRY(stoa_reader_group_record(reader, g, &group, err));
        STOA_TRY(stoa_zone_entry_get(reader, record, g, &first, err));
        if (first == STOA_NO_INDEX)
            continue;
        if (first != next)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "expected zones of row group %" PRIu32 " from record %" PRIu64
                             " on, found %" PRIu32,
                             g, next, first);
        next += stoa_zone_count(group.rows);
    }
    *out_count = next;
    if (next == 0)
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "expected zones in some row group where the column's flag says so, "
            "found none");
    return STOA_OK;
}

/* The column's part begins at *next; sets it to its end. */
static stoa_status check_part(struct stoa_verify *verify, uint32_t column,
                              const struct stoa_column_record *record, uint64_t *next,
                              stoa_error *err)
{
    struct stoa_reader *reader = verify->reader;
    STOA_UNUSED(column);
    const uint64_t start = (uint64_t)record->zones_offset * STOA_PAYLOAD_ALIGN;
    const uint64_t entries = (uint64_t)ENTRY_SIZE * reader->trailer.row_groups;
    const uint8_t *padding = NULL;
    uint64_t count = 0;
    if (start != *next)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected zones at offset %" PRIu64
                         " of their section, found %" PRIu64,
                         *next, start);
    STOA_TRY(count_records(reader, record, &count, err));
    const uint64_t records = stoa_align_up(entries, STOA_PAYLOAD_ALIGN);
    STOA_TRY(stoa_section_get(reader, STOA_SECTION_ZONES, start + entries,
                              records - entries, &padding, err));
    if (records > entries && stoa_load_le32(padding) != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected zeros before zone records, found other bytes");
    *next = start + records + count * stoa_zone_record_size(stoa_type_phys(record->type));
    return STOA_OK;
}

static stoa_status read_zones(struct stoa_verify *verify, uint32_t column, uint32_t group,
                              stoa_error *err)
{
    struct stoa_group_record record;
    STOA_TRY(stoa_reader_group_record(verify->reader, group, &record, err));
    for (uint32_t b = 0; b < record.blocks; b++) {
        struct stoa_stats zones[STOA_BLOCK_ZONES];
        uint32_t count = 0;
        const stoa_status status =
            stoa_reader_block_zones(verify->reader, column, group, b, zones, &count, err);
        STOA_TRY(stoa_verify_note(verify, status, err));
    }
    return STOA_OK;
}

static stoa_status read_part(struct stoa_verify *verify, uint32_t column, stoa_error *err)
{
    for (uint32_t g = 0; g < verify->reader->trailer.row_groups; g++)
        STOA_TRY(read_zones(verify, column, g, err));
    return STOA_OK;
}

stoa_status stoa_verify_zones(struct stoa_verify *verify, stoa_error *err)
{
    static const struct stoa_section_check check = {.section = STOA_SECTION_ZONES,
                                                    .flag = STOA_COLUMN_HAS_ZONES,
                                                    .what = "zones",
                                                    .part = "zones",
                                                    .part_end = check_part,
                                                    .read_part = read_part};
    return stoa_verify_section(verify, &check, err);
}

/* Deep: what the block's values give, byte by byte. */
stoa_status stoa_verify_block_zones(struct stoa_verify *verify,
                                    const struct stoa_block_site *site,
                                    const struct stoa_stats *block,
                                    const struct stoa_stats *expected, stoa_error *err)
{
    const struct stoa_view prefix = stoa_zone_prefix(block);
    const uint8_t *found = NULL;
    uint32_t count = 0;
    STOA_TRY(stoa_zone_records_get(verify->reader, site, &found, &count, err));
    for (uint32_t z = 0; z < count; z++) {
        uint8_t bytes[STOA_ZONE_RECORD_MAX];
        const size_t size = stoa_zone_write(&expected[z], prefix, bytes);
        if (memcmp(found + z * size, bytes, size) != 0)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "expected a record of zone %" PRIu32
                             " as its decoded rows give, found other bytes",
                             z);
    }
    return STOA_OK;
}
