/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zones of a block (spec/format.md section 5.9): found from the column record by arithmetic, in O(1)
 * pages, and checked when they are read, as everything that pruning believes. Called by scans for
 * blocks that statistics alone can neither drop nor take whole.
 */
#include <inttypes.h>

#include "common/bits.h"
#include "common/checked.h"
#include "format/zones.h"
#include "reader/reader_state.h"

enum { ENTRY_SIZE = 4 };

static uint64_t part_start(const struct stoa_column_record *record)
{
    return (uint64_t)record->zones_offset * STOA_PAYLOAD_ALIGN;
}

stoa_status stoa_zone_entry_get(struct stoa_reader *reader,
                                const struct stoa_column_record *record, uint32_t group,
                                uint32_t *out_first, stoa_error *err)
{
    const uint8_t *bytes = NULL;
    STOA_TRY(stoa_section_get(reader, STOA_SECTION_ZONES,
                              part_start(record) + (uint64_t)group * ENTRY_SIZE, ENTRY_SIZE,
                              &bytes, err));
    *out_first = stoa_load_le32(bytes);
    return STOA_OK;
}

/* [FMT-91] */
stoa_status stoa_zone_records_get(struct stoa_reader *reader,
                                  const struct stoa_block_site *site,
                                  const uint8_t **out_records, uint32_t *out_count,
                                  stoa_error *err)
{
    const struct stoa_column_record *record = &site->column_record;
    const uint32_t rows = stoa_block_rows(site->group_record.rows, site->block);
    const size_t size = stoa_zone_record_size(stoa_type_phys(record->type));
    uint32_t first = STOA_NO_INDEX;
    *out_count = 0;
    if (record->flags & STOA_COLUMN_HAS_ZONES)
        STOA_TRY(stoa_zone_entry_get(reader, record, site->group, &first, err));
    if (first == STOA_NO_INDEX)
        return STOA_OK;
    const uint64_t entries = stoa_align_up(
        (uint64_t)ENTRY_SIZE * reader->trailer.row_groups, STOA_PAYLOAD_ALIGN);
    const uint64_t index = (uint64_t)first + (uint64_t)site->block * STOA_BLOCK_ZONES;
    const uint32_t count = stoa_zone_count(rows);
    STOA_TRY(stoa_section_get(reader, STOA_SECTION_ZONES,
                              part_start(record) + entries + index * size, count * size,
                              out_records, err));
    *out_count = count;
    return STOA_OK;
}

/* NULLs and NaNs of the zones are the block's [FMT-92]: a guard against parts that were mixed up. */
static stoa_status check_counts(const struct stoa_stats *block,
                                const struct stoa_stats *zones, uint32_t count,
                                stoa_error *err)
{
    uint64_t nulls = 0;
    uint64_t nans = 0;
    for (uint32_t z = 0; z < count; z++) {
        nulls += zones[z].null_count;
        nans += zones[z].nan_count;
    }
    if (nulls == block->null_count && nans == block->nan_count)
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected zones with %" PRIu64 " NULLs and %" PRIu64
                     " NaNs, as the block has, found %" PRIu64 " and %" PRIu64,
                     block->null_count, block->nan_count, nulls, nans);
}

static stoa_status read_zones(struct stoa_reader *reader,
                              const struct stoa_block_site *site, struct stoa_stats *zones,
                              uint32_t *out_count, stoa_error *err)
{
    const enum stoa_phys phys = stoa_type_phys(site->column_record.type);
    const uint32_t rows = stoa_block_rows(site->group_record.rows, site->block);
    const uint8_t *bytes = NULL;
    struct stoa_stats block;
    uint32_t count = 0;
    STOA_TRY(stoa_zone_records_get(reader, site, &bytes, &count, err));
    *out_count = 0;
    if (count == 0)
        return STOA_OK;
    STOA_TRY(stoa_reader_block_stats(reader, site->column, site->group, site->block, &block,
                                     err));
    const struct stoa_view prefix = stoa_zone_prefix(&block);
    for (uint32_t z = 0; z < count; z++) {
        const uint32_t left = rows - z * STOA_ZONE_ROWS;
        STOA_TRY(stoa_zone_read(phys, left < STOA_ZONE_ROWS ? left : STOA_ZONE_ROWS, prefix,
                                bytes + z * stoa_zone_record_size(phys), &zones[z], err));
    }
    STOA_TRY(check_counts(&block, zones, count, err));
    *out_count = count;
    return STOA_OK;
}

stoa_status stoa_reader_block_zones(struct stoa_reader *reader, uint32_t column,
                                    uint32_t group, uint32_t block,
                                    struct stoa_stats *out_zones, uint32_t *out_count,
                                    stoa_error *err)
{
    struct stoa_block_site site;
    STOA_TRY(stoa_site_find(reader, column, group, block, &site, err));
    return stoa_site_fail(reader, &site,
                          read_zones(reader, &site, out_zones, out_count, err), err);
}

/* [FMT-93] */
stoa_status stoa_reader_group_zones(struct stoa_reader *reader, uint32_t group,
                                    struct stoa_buf *out_records, uint64_t *out_ends,
                                    stoa_error *err)
{
    struct stoa_block_site site = {.group = group};
    struct stoa_stats zones[STOA_BLOCK_ZONES];
    STOA_TRY(stoa_reader_group_record(reader, group, &site.group_record, err));
    out_records->size = 0;
    for (; site.column < reader->trailer.columns; site.column++) {
        STOA_TRY(stoa_reader_column_record(reader, site.column, &site.column_record, err));
        const enum stoa_phys phys = stoa_type_phys(site.column_record.type);
        for (site.block = 0; site.block < site.group_record.blocks; site.block++) {
            const uint8_t *bytes = NULL;
            uint32_t count = 0;
            stoa_status status = read_zones(reader, &site, zones, &count, err);
            if (status == STOA_OK)
                status = stoa_zone_records_get(reader, &site, &bytes, &count, err);
            STOA_TRY(stoa_site_fail(reader, &site, status, err));
            if (count > 0)
                STOA_TRY(stoa_buf_append(out_records, bytes,
                                         count * stoa_zone_record_size(phys), err));
        }
        out_ends[site.column] = out_records->size;
    }
    return STOA_OK;
}
