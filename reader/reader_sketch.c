/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sketches of distinct values (spec/format.md section 5.10): found from the column record, in O(1) pages.
 * Called by queries for approx_count_distinct and by `stoa info`.
 */
#include "common/checked.h"
#include "reader/reader_state.h"

enum { HEAD_SIZE = 8 };

stoa_status stoa_sketch_bytes_get(struct stoa_reader *reader,
                                  const struct stoa_column_record *record,
                                  const uint8_t **out_bytes, size_t *out_size,
                                  stoa_error *err)
{
    const uint64_t offset = (uint64_t)record->sketch_offset * STOA_PAYLOAD_ALIGN;
    STOA_TRY(
        stoa_section_get(reader, STOA_SECTION_SKETCHES, offset, HEAD_SIZE, out_bytes, err));
    *out_size = stoa_sketch_size(*out_bytes);
    if (*out_size == 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the size of a sketch, found %02x%02x", (*out_bytes)[1],
                         (*out_bytes)[0]);
    return stoa_section_get(reader, STOA_SECTION_SKETCHES, offset, *out_size, out_bytes,
                            err);
}

static stoa_status read_sketch(struct stoa_reader *reader,
                               const struct stoa_column_record *record,
                               struct stoa_sketch *out_sketch, stoa_error *err)
{
    const uint8_t *bytes = NULL;
    size_t size = 0;
    STOA_TRY(stoa_sketch_bytes_get(reader, record, &bytes, &size, err));
    return stoa_sketch_read(bytes, out_sketch, err);
}

stoa_status stoa_reader_sketch(struct stoa_reader *reader, uint32_t column, bool *out_has,
                               struct stoa_sketch *out_sketch, stoa_error *err)
{
    struct stoa_column_record record;
    if (column >= reader->trailer.columns)
        return stoa_fail(err, STOA_E_USAGE, "expected a column below %u, found %u",
                         (unsigned)reader->trailer.columns, (unsigned)column);
    STOA_TRY(stoa_reader_column_record(reader, column, &record, err));
    *out_has = record.flags & STOA_COLUMN_HAS_SKETCH;
    if (!*out_has)
        return STOA_OK;
    const stoa_status status = read_sketch(reader, &record, out_sketch, err);
    if (status != STOA_OK && err)
        stoa_error_set_place(err, "%s: column %s, sketch", reader->file.name,
                             stoa_reader_label(reader, column).text);
    return status;
}

stoa_status stoa_reader_sketches(struct stoa_reader *reader, bool *out_has,
                                 struct stoa_sketch *out_sketches, stoa_error *err)
{
    *out_has = reader->sections[STOA_SECTION_SKETCHES].size > 0;
    for (uint32_t c = 0; c < reader->trailer.columns && *out_has; c++)
        STOA_TRY(stoa_reader_sketch(reader, c, out_has, &out_sketches[c], err));
    return STOA_OK;
}
