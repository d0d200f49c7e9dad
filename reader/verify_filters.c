/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verify: filters lie one behind the other in column and row-group order [FMT-111]; deep, every value
 * that was decoded is let through by its filter [FMT-113]: one that denies a value hides rows.
 */
#include <inttypes.h>

#include "common/bits.h"
#include "reader/verify_state.h"

enum { ENTRY_SIZE = 8 };

static stoa_status check_part(struct stoa_reader *reader,
                              const struct stoa_column_record *record, uint64_t *next,
                              stoa_error *err)
{
    const uint64_t start = (uint64_t)record->filters_offset * STOA_PAYLOAD_ALIGN;
    const uint64_t entries = (uint64_t)ENTRY_SIZE * reader->trailer.row_groups;
    if (start != *next)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected filters at offset %" PRIu64
                         " of their section, found %" PRIu64,
                         *next, start);
    *next += entries;
    for (uint32_t g = 0; g < reader->trailer.row_groups; g++) {
        struct stoa_filter_place place;
        STOA_TRY(stoa_filter_place_get(reader, record, g, &place, err));
        const uint64_t expected = place.size > 0 ? *next : start;
        if (place.offset != expected)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "expected the filter of row group %" PRIu32
                             " at offset %" PRIu64 ", found %" PRIu64,
                             g, expected, place.offset);
        *next += place.size;
    }
    if (*next == start + entries)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a filter in some row group where the column's flag says "
                         "so, found none");
    return STOA_OK;
}

stoa_status stoa_verify_filters(struct stoa_verify *verify, stoa_error *err)
{
    struct stoa_reader *reader = verify->reader;
    const uint64_t size = reader->sections[STOA_SECTION_FILTERS].size;
    uint64_t next = 0;
    for (uint32_t c = 0; c < reader->trailer.columns; c++) {
        struct stoa_column_record record;
        stoa_status status = stoa_reader_column_record(reader, c, &record, err);
        if (status != STOA_OK) /* noted with the columns */
            return stoa_verify_note(verify, STOA_OK, err);
        if (!(record.flags & STOA_COLUMN_HAS_FILTERS))
            continue;
        status = check_part(reader, &record, &next, err);
        if (status == STOA_OK)
            continue;
        stoa_error_set_place(err, "%s: column %s, filters", reader->file.name,
                             stoa_reader_label(reader, c).text);
        return stoa_verify_note(verify, status, err);
    }
    if (next == size)
        return STOA_OK;
    stoa_fail(err, STOA_E_CORRUPT, "expected %" PRIu64 " bytes of filters, found %" PRIu64,
              next, size);
    stoa_error_set_place(err, "%s: footer", reader->file.name);
    return stoa_verify_note(verify, STOA_E_CORRUPT, err);
}

struct asking {
    struct stoa_reader *reader;
    struct stoa_filter_place place;
    stoa_status status;
    uint64_t denied;
    stoa_error *err;
};

static void ask(void *context, uint64_t hash)
{
    struct asking *asking = context;
    bool may = true;
    if (asking->status == STOA_OK)
        asking->status =
            stoa_filter_ask(asking->reader, &asking->place, hash, &may, asking->err);
    asking->denied += !may;
}

stoa_status stoa_verify_block_filter(struct stoa_verify *verify,
                                     const struct stoa_block_site *site,
                                     const struct stoa_column *values, stoa_error *err)
{
    struct asking asking = {.reader = verify->reader, .err = err};
    STOA_TRY(stoa_filter_place_get(verify->reader, &site->column_record, site->group,
                                   &asking.place, err));
    if (asking.place.size == 0)
        return STOA_OK;
    stoa_column_hash(values, ask, &asking);
    STOA_TRY(asking.status);
    if (asking.denied > 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a filter that lets all values through, found %" PRIu64
                         " that it denies",
                         asking.denied);
    return STOA_OK;
}
