/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verify: the optional sections of the footer (zones, filters, sketches) hold the parts of the
 * columns that have any, in column order and without gaps. What a part is, each of verify_zones.c,
 * verify_filters.c and verify_sketches.c knows; the walk is here.
 */
#include <inttypes.h>

#include "reader/verify_state.h"

/* A damage ends the walk: where the next part begins is not known then. */
static stoa_status note_part(struct stoa_verify *verify, uint32_t column,
                             const struct stoa_section_check *check, stoa_status status,
                             stoa_error *err)
{
    stoa_error_set_place(err, "%s: column %s, %s", verify->reader->file.name,
                         stoa_reader_label(verify->reader, column).text, check->part);
    return stoa_verify_note(verify, status, err);
}

stoa_status stoa_verify_section(struct stoa_verify *verify,
                                const struct stoa_section_check *check, stoa_error *err)
{
    struct stoa_reader *reader = verify->reader;
    const uint64_t size = reader->sections[check->section].size;
    uint64_t next = 0;
    for (uint32_t c = 0; c < reader->trailer.columns; c++) {
        struct stoa_column_record record;
        stoa_status status = stoa_reader_column_record(reader, c, &record, err);
        if (status != STOA_OK) /* noted with the columns */
            return stoa_verify_note(verify, STOA_OK, err);
        if (!(record.flags & check->flag))
            continue;
        status = check->part_end(verify, c, &record, &next, err);
        if (status != STOA_OK)
            return note_part(verify, c, check, status, err);
        if (check->read_part)
            STOA_TRY(check->read_part(verify, c, err));
    }
    if (next == size)
        return STOA_OK;
    stoa_fail(err, STOA_E_CORRUPT, "expected %" PRIu64 " bytes of %s, found %" PRIu64, next,
              check->what, size);
    stoa_error_set_place(err, "%s: footer", reader->file.name);
    return stoa_verify_note(verify, STOA_E_CORRUPT, err);
}
