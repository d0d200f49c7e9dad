/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filters section of the footer [FMT-111]: for each column that has a filter in some row group,
 * where that of each row group is, then the filters. Put piece by piece from what the row groups left
 * behind (footer_write.c).
 */
#include "common/bits.h"
#include "writer/file/writer_state.h"

enum { ENTRY_SIZE = 8 };

static const uint8_t *group_filter(const struct stoa_file_writer *writer, uint32_t column,
                                   uint32_t group, size_t *out_size)
{
    const struct stoa_kept_group *kept = &writer->groups[group];
    *out_size = 0;
    if (!kept->filters)
        return NULL;
    const uint64_t start = column > 0 ? kept->filter_ends[column - 1] : 0;
    *out_size = (size_t)(kept->filter_ends[column] - start);
    return *out_size > 0 ? kept->filters + start : NULL;
}

uint64_t stoa_filters_size(const struct stoa_file_writer *writer, uint32_t column)
{
    if (!writer->has_filters[column])
        return 0;
    uint64_t size = (uint64_t)ENTRY_SIZE * writer->group_count;
    for (uint32_t g = 0; g < writer->group_count; g++) {
        size_t more = 0;
        group_filter(writer, column, g, &more);
        size += more;
    }
    return size;
}

/* Places and sizes are in units of 8 bytes; both are 0 where there is no filter. */
static stoa_status put_column(const struct stoa_file_writer *writer, uint32_t column,
                              stoa_put_fn put, void *context, stoa_error *err)
{
    uint64_t next = (uint64_t)ENTRY_SIZE * writer->group_count;
    size_t size = 0;
    for (uint32_t g = 0; g < writer->group_count; g++) {
        uint8_t entry[ENTRY_SIZE];
        const bool has_filter = group_filter(writer, column, g, &size) != NULL;
        stoa_store_le32(entry, has_filter ? (uint32_t)(next / STOA_PAYLOAD_ALIGN) : 0);
        stoa_store_le32(entry + 4, (uint32_t)(size / STOA_PAYLOAD_ALIGN));
        STOA_TRY(put(context, entry, sizeof entry, err));
        next += size;
    }
    for (uint32_t g = 0; g < writer->group_count; g++) {
        const uint8_t *filter = group_filter(writer, column, g, &size);
        if (filter)
            STOA_TRY(put(context, filter, size, err));
    }
    return STOA_OK;
}

stoa_status stoa_filters_put(const struct stoa_file_writer *writer, stoa_put_fn put,
                             void *context, stoa_error *err)
{
    for (uint32_t c = 0; c < writer->schema.field_count; c++) {
        if (writer->has_filters[c])
            STOA_TRY(put_column(writer, c, put, context, err));
    }
    return STOA_OK;
}
