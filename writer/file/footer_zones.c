/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The zones section of the footer [FMT-91]: for each column that keeps zones in some row group,
 * where those of each row group begin, then the records. Put piece by piece, as the rest of the
 * footer is (footer_write.c), from what the row groups left behind.
 */
#include "common/bits.h"
#include "common/checked.h"
#include "format/zones.h"
#include "writer/file/writer_state.h"

enum { ENTRY_SIZE = 4 };

/* The zone records of a column in a row group; NULL and 0 when it keeps none there. */
static const uint8_t *group_zones(const struct stoa_file_writer *writer, uint32_t column,
                                  uint32_t group, size_t *out_size)
{
    const struct stoa_kept_group *kept = &writer->groups[group];
    *out_size = 0;
    if (!kept->zones)
        return NULL;
    const uint64_t start = column > 0 ? kept->zone_ends[column - 1] : 0;
    *out_size = (size_t)(kept->zone_ends[column] - start);
    return *out_size > 0 ? kept->zones + start : NULL;
}

uint64_t stoa_zones_size(const struct stoa_file_writer *writer, uint32_t column)
{
    if (!writer->has_zones[column])
        return 0;
    uint64_t size =
        stoa_align_up((uint64_t)ENTRY_SIZE * writer->group_count, STOA_PAYLOAD_ALIGN);
    for (uint32_t g = 0; g < writer->group_count; g++) {
        size_t more = 0;
        group_zones(writer, column, g, &more);
        size += more;
    }
    return size;
}

static stoa_status put_column(const struct stoa_file_writer *writer, uint32_t column,
                              stoa_put_fn put, void *context, stoa_error *err)
{
    static const uint8_t zeros[STOA_PAYLOAD_ALIGN];
    const size_t record = stoa_zone_record_size(writer->columns[column].phys);
    const uint64_t entries = (uint64_t)ENTRY_SIZE * writer->group_count;
    uint32_t first = 0;
    size_t size = 0;
    for (uint32_t g = 0; g < writer->group_count; g++) {
        uint8_t entry[ENTRY_SIZE];
        const bool has_zones = group_zones(writer, column, g, &size) != NULL;
        stoa_store_le32(entry, has_zones ? first : STOA_NO_INDEX);
        STOA_TRY(put(context, entry, sizeof entry, err));
        first += (uint32_t)(size / record);
    }
    STOA_TRY(put(context, zeros,
                 (size_t)(stoa_align_up(entries, STOA_PAYLOAD_ALIGN) - entries), err));
    for (uint32_t g = 0; g < writer->group_count; g++) {
        const uint8_t *zones = group_zones(writer, column, g, &size);
        if (zones)
            STOA_TRY(put(context, zones, size, err));
    }
    return STOA_OK;
}

stoa_status stoa_zones_put(const struct stoa_file_writer *writer, stoa_put_fn put,
                           void *context, stoa_error *err)
{
    for (uint32_t c = 0; c < writer->schema.field_count; c++) {
        if (writer->has_zones[c])
            STOA_TRY(put_column(writer, c, put, context, err));
    }
    return STOA_OK;
}
