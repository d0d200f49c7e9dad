/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The footer's directory (spec/format.md [FMT-62]): which sections there are and where. Read
 * once, at open. All sizes but three follow from the counts in the trailer, so that afterwards
 * record i of a section is found by arithmetic and is always inside the stream.
 */
#include <inttypes.h>

#include "common/checked.h"
#include "format/layout_schema.h"
#include "reader/reader_state.h"

static stoa_status check_flags(const struct stoa_section *section, stoa_error *err)
{
    const bool is_needed = stoa_section_is_required(section->id);
    const bool is_known = stoa_section_is_known(section->id);
    if (section->flags & ~(uint32_t)STOA_SECTION_REQUIRED)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected flags 0 or 1 for section %" PRIu32 ", found %08" PRIx32,
                         section->id, section->flags);
    if (!is_known && section->flags & STOA_SECTION_REQUIRED)
        return stoa_fail(
            err, STOA_E_NEWER,
            "expected sections that version %d.%d knows, found section %" PRIu32
            " that a reader must know",
            STOA_VERSION_MAJOR, STOA_VERSION_MINOR, section->id);
    if (is_known && is_needed != ((section->flags & STOA_SECTION_REQUIRED) != 0))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected section %" PRIu32 " %sto be flagged as required, found "
                         "flags %" PRIu32,
                         section->id, is_needed ? "" : "not ", section->flags);
    return STOA_OK;
}

/* Each section begins where the one before ends, rounded up to 8. */
static stoa_status check_extent(const struct stoa_reader *reader,
                                const struct stoa_section *section, uint64_t *end,
                                stoa_error *err)
{
    const uint64_t limit = reader->trailer.directory_offset;
    if (section->offset != *end || section->size == 0 ||
        !stoa_range_fits(section->offset, section->size, limit))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected section %" PRIu32 " at offset %" PRIu64
                         " of the footer and not empty, found offset %" PRIu64
                         " and %" PRIu64 " bytes",
                         section->id, *end, section->offset, section->size);
    *end = stoa_align_up(section->offset + section->size, STOA_PAYLOAD_ALIGN);
    return STOA_OK;
}

/* Known sections ascend; of ids this version does not know only that none occurs twice. */
static stoa_status check_order(const struct stoa_section *section,
                               const struct stoa_section *seen, uint32_t seen_count,
                               stoa_error *err)
{
    for (uint32_t i = 0; i < seen_count; i++) {
        const bool both_known =
            stoa_section_is_known(section->id) && stoa_section_is_known(seen[i].id);
        if (seen[i].id == section->id || (both_known && seen[i].id > section->id))
            return stoa_fail(err, STOA_E_CORRUPT,
                             "expected sections in ascending order, found %" PRIu32
                             " behind %" PRIu32,
                             section->id, seen[i].id);
    }
    return STOA_OK;
}

static stoa_status check_size(const struct stoa_reader *reader, enum stoa_section_id id,
                              uint64_t expected, stoa_error *err)
{
    if (reader->sections[id].size == expected)
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected %" PRIu64 " bytes in footer section %d, found %" PRIu64,
                     expected, (int)id, reader->sections[id].size);
}

static stoa_status check_dictionaries(const struct stoa_reader *reader, stoa_error *err)
{
    const uint64_t size = reader->sections[STOA_SECTION_DICTIONARIES].size;
    const uint64_t step =
        (uint64_t)STOA_DICTIONARY_RECORD_SIZE * reader->trailer.row_groups;
    if (size == 0 ||
        (step > 0 && size % step == 0 && size / step <= reader->trailer.columns))
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected dictionary records of %d bytes for each of %" PRIu32
                     " row groups, found %" PRIu64 " bytes",
                     STOA_DICTIONARY_RECORD_SIZE, reader->trailer.row_groups, size);
}

static stoa_status check_sizes(const struct stoa_reader *reader, stoa_error *err)
{
    static const enum stoa_section_id fixed[] = {
        STOA_SECTION_BLOCKS,  STOA_SECTION_GROUP_STATS, STOA_SECTION_FILE_STATS,
        STOA_SECTION_COLUMNS, STOA_SECTION_NAMES,       STOA_SECTION_GROUPS};
    const struct stoa_trailer *trailer = &reader->trailer;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        STOA_TRY(
            check_size(reader, fixed[i],
                       stoa_section_fixed_size(fixed[i], trailer->columns,
                                               trailer->row_groups, trailer->total_blocks),
                       err));
    if (reader->sections[STOA_SECTION_FIELD_IDS].size != 0)
        STOA_TRY(check_size(reader, STOA_SECTION_FIELD_IDS,
                            (uint64_t)STOA_FIELD_ID_SIZE * trailer->columns, err));
    if (reader->sections[STOA_SECTION_HEAP].size == 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a heap section in the footer, found none");
    return check_dictionaries(reader, err);
}

static stoa_status read_sections(struct stoa_reader *reader, const uint8_t *bytes,
                                 stoa_error *err)
{
    struct stoa_section seen[STOA_MAX_SECTIONS];
    uint64_t end = 0;
    for (uint32_t i = 0; i < reader->trailer.section_count; i++) {
        struct stoa_section *section = &seen[i];
        stoa_section_read(bytes + (size_t)i * STOA_SECTION_SIZE, section);
        STOA_TRY(check_flags(section, err));
        STOA_TRY(check_extent(reader, section, &end, err));
        STOA_TRY(check_order(section, seen, i, err));
        if (stoa_section_is_known(section->id))
            reader->sections[section->id] = *section;
    }
    if (end != reader->trailer.directory_offset)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the directory at offset %" PRIu64
                         " of the footer, found it at %" PRIu64,
                         end, reader->trailer.directory_offset);
    return check_sizes(reader, err);
}

stoa_status stoa_directory_read(struct stoa_reader *reader, stoa_error *err)
{
    const struct stoa_trailer *trailer = &reader->trailer;
    const uint64_t size = (uint64_t)trailer->section_count * STOA_SECTION_SIZE;
    const uint8_t *bytes = NULL;
    if (trailer->directory_offset > reader->stream_size ||
        size != reader->stream_size - trailer->directory_offset)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a directory of %" PRIu32 " sections at the end of a "
                         "footer of %" PRIu64 " bytes, found offset %" PRIu64,
                         trailer->section_count, reader->stream_size,
                         trailer->directory_offset);
    STOA_TRY(stoa_stream_get(reader, trailer->directory_offset, size, &bytes, err));
    const stoa_status status = read_sections(reader, bytes, err);
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s: footer directory", reader->file.name);
    return status;
}
