/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verify: filters lie one behind the other in column and row-group order [FMT-111]; deep, every value
 * that was decoded is let through by its filter [FMT-113]: one that denies a value hides rows.
 */
#include <inttypes.h>

#include "common/bits.h"
#include "reader/verify_state.h"

enum { ENTRY_SIZE = 8 };

static stoa_status check_part(struct stoa_verify *verify, uint32_t column,
                              const struct stoa_column_record *record, uint64_t *next,
                              stoa_error *err)
{
    struct stoa_reader *reader = verify->reader;
    STOA_UNUSED(column);
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
    static const struct stoa_section_check check = {.section = STOA_SECTION_FILTERS,
                                                    .flag = STOA_COLUMN_HAS_FILTERS,
                                                    .what = "filters",
                                                    .part = "filters",
                                                    .part_end = check_part};
    return stoa_verify_section(verify, &check, err);
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
