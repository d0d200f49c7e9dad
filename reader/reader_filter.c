/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking a row group's filter for a value (spec/format.md section 5.11): its place and head, and three
 * bytes of it, each in a page that is read and checked when it is touched. Called by queries that look
 * for single values, once bounds have left the row group over.
 */
#include <inttypes.h>

#include "common/bits.h"
#include "common/checked.h"
#include "reader/reader_state.h"

enum { ENTRY_SIZE = 8 };

/* [FMT-111] */
stoa_status stoa_filter_place_get(struct stoa_reader *reader,
                                  const struct stoa_column_record *record, uint32_t group,
                                  struct stoa_filter_place *out_place, stoa_error *err)
{
    const uint64_t part = (uint64_t)record->filters_offset * STOA_PAYLOAD_ALIGN;
    const uint8_t *bytes = NULL;
    *out_place = (struct stoa_filter_place){.size = 0};
    if (!(record->flags & STOA_COLUMN_HAS_FILTERS))
        return STOA_OK;
    STOA_TRY(stoa_section_get(reader, STOA_SECTION_FILTERS,
                              part + (uint64_t)group * ENTRY_SIZE, ENTRY_SIZE, &bytes,
                              err));
    out_place->offset = part + (uint64_t)stoa_load_le32(bytes) * STOA_PAYLOAD_ALIGN;
    out_place->size = (uint64_t)stoa_load_le32(bytes + 4) * STOA_PAYLOAD_ALIGN;
    if (out_place->size == 0)
        return STOA_OK;
    if (out_place->size < STOA_FILTER_HEAD_SIZE ||
        !stoa_range_fits(out_place->offset, out_place->size,
                         reader->sections[STOA_SECTION_FILTERS].size))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a filter within %" PRIu64 " bytes, found %" PRIu64
                         " bytes at %" PRIu64,
                         reader->sections[STOA_SECTION_FILTERS].size, out_place->size,
                         out_place->offset);
    STOA_TRY(stoa_section_get(reader, STOA_SECTION_FILTERS, out_place->offset,
                              STOA_FILTER_HEAD_SIZE, &bytes, err));
    return stoa_filter_head_read(bytes, out_place->size, &out_place->head, err);
}

stoa_status stoa_filter_ask(struct stoa_reader *reader,
                            const struct stoa_filter_place *place, uint64_t hash,
                            bool *out_may, stoa_error *err)
{
    uint32_t places[STOA_FILTER_PROBES];
    uint8_t found = stoa_filter_probe(&place->head, hash, places);
    for (int p = 0; p < STOA_FILTER_PROBES; p++) {
        const uint8_t *byte = NULL;
        STOA_TRY(stoa_section_get(reader, STOA_SECTION_FILTERS,
                                  place->offset + STOA_FILTER_HEAD_SIZE + places[p], 1,
                                  &byte, err));
        found ^= *byte;
    }
    *out_may = found == 0;
    return STOA_OK;
}

static stoa_status ask(struct stoa_reader *reader, uint32_t column, uint32_t group,
                       const uint64_t *hashes, size_t count, bool *out_may, stoa_error *err)
{
    struct stoa_column_record record;
    struct stoa_filter_place place;
    *out_may = true;
    STOA_TRY(stoa_reader_column_record(reader, column, &record, err));
    STOA_TRY(stoa_filter_place_get(reader, &record, group, &place, err));
    if (place.size == 0)
        return STOA_OK;
    *out_may = false;
    for (size_t i = 0; i < count && !*out_may; i++)
        STOA_TRY(stoa_filter_ask(reader, &place, hashes[i], out_may, err));
    return STOA_OK;
}

stoa_status stoa_reader_may_hold(struct stoa_reader *reader, uint32_t column,
                                 uint32_t group, const uint64_t *hashes, size_t count,
                                 bool *out_may, stoa_error *err)
{
    if (column >= reader->trailer.columns || group >= reader->trailer.row_groups)
        return stoa_fail(err, STOA_E_USAGE,
                         "expected a column and a row group of the file, found %" PRIu32
                         " and %" PRIu32,
                         column, group);
    const stoa_status status = ask(reader, column, group, hashes, count, out_may, err);
    if (status != STOA_OK && err)
        stoa_error_set_place(err, "%s: column %s, filter of row group %" PRIu32,
                             reader->file.name, stoa_reader_label(reader, column).text,
                             group);
    return status;
}
