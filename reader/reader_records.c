/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Row group, block, dictionary and statistics records (spec/format.md sections 5.4 to 5.7),
 * each checked against its neighbours when it is read, so that whoever gets one may use it:
 * row groups lie one behind the other inside the file, payloads inside their row group and
 * before its tail. Called by scans and by pruning, for each block they consider; O(1) pages.
 */
#include <inttypes.h>

#include "common/checked.h"
#include "format/pack.h"
#include "format/stats_record.h"
#include "format/tail.h"
#include "reader/reader_state.h"

/* ---- row groups ---- */

static stoa_status read_group(struct stoa_reader *reader, uint32_t group,
                              struct stoa_group_record *out_record, stoa_error *err)
{
    const uint8_t *bytes = NULL;
    STOA_TRY(stoa_section_get(reader, STOA_SECTION_GROUPS,
                              (uint64_t)group * STOA_GROUP_RECORD_SIZE,
                              STOA_GROUP_RECORD_SIZE, &bytes, err));
    return stoa_group_record_read(bytes, out_record, err);
}

/* Where a row group must begin, or what must be behind the last one. */
struct group_start {
    uint64_t offset;
    uint64_t row;
    uint64_t block;
};

static struct group_start end_of(const struct stoa_group_record *record)
{
    return (struct group_start){.offset = record->offset + record->size,
                                .row = record->first_row + record->rows,
                                .block = (uint64_t)record->first_block + record->blocks};
}

static stoa_status check_start(const struct group_start *expected,
                               const struct group_start *found, stoa_error *err)
{
    if (expected->offset == found->offset && expected->row == found->row &&
        expected->block == found->block)
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected row groups without gaps: byte %" PRIu64 ", row %" PRIu64
                     ", block %" PRIu64 ", found byte %" PRIu64 ", row %" PRIu64
                     ", block %" PRIu64,
                     expected->offset, expected->row, expected->block, found->offset,
                     found->row, found->block);
}

/* [FMT-7] The record must begin where the one before ends, and the last one must end where
 * the footer begins; checked pair by pair, so that it holds for all once all were read. */
static stoa_status check_group_place(struct stoa_reader *reader, uint32_t group,
                                     const struct stoa_group_record *record,
                                     stoa_error *err)
{
    const struct stoa_trailer *trailer = &reader->trailer;
    struct group_start start = {.offset = STOA_HEADER_SIZE + reader->header.schema_size};
    const struct group_start found = {
        .offset = record->offset, .row = record->first_row, .block = record->first_block};
    if (group > 0) {
        struct stoa_group_record before;
        STOA_TRY(read_group(reader, group - 1, &before, err));
        start = end_of(&before);
    }
    STOA_TRY(check_start(&start, &found, err));
    if (group + 1 < trailer->row_groups)
        return STOA_OK;
    const struct group_start file_end = {.offset = trailer->footer_offset,
                                         .row = trailer->rows,
                                         .block = trailer->total_blocks};
    const struct group_start end = end_of(record);
    return check_start(&file_end, &end, err);
}

/* Inside the file and within its counts, and its tail has room for its records unless they are
 * packed. */
static stoa_status check_group(const struct stoa_reader *reader,
                               const struct stoa_group_record *record, stoa_error *err)
{
    const struct stoa_trailer *trailer = &reader->trailer;
    const uint64_t records =
        (uint64_t)trailer->columns * record->blocks * STOA_BLOCK_RECORD_SIZE +
        (uint64_t)record->dictionaries * STOA_DICTIONARY_RECORD_SIZE;
    if (!stoa_range_fits(record->offset, record->size, trailer->footer_offset) ||
        !stoa_range_fits(record->first_row, record->rows, trailer->rows) ||
        !stoa_range_fits(record->first_block, record->blocks, trailer->total_blocks) ||
        record->dictionaries > trailer->columns)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a row group within the file, found offset %" PRIu64
                         ", %" PRIu64 " bytes, row %" PRIu64 ", block %" PRIu32 ", %" PRIu32
                         " dictionaries",
                         record->offset, record->size, record->first_row,
                         record->first_block, record->dictionaries);
    if (record->tail_size - STOA_TAIL_END_SIZE < records &&
        (uint64_t)trailer->columns * record->blocks < STOA_PACK_RECORDS)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a tail with room for %" PRIu64
                         " bytes of records, found %" PRIu64 " bytes",
                         records, record->tail_size);
    return STOA_OK;
}

stoa_status stoa_reader_group_record(struct stoa_reader *reader, uint32_t group,
                                     struct stoa_group_record *out_record, stoa_error *err)
{
    struct stoa_group_record record;
    stoa_status status = read_group(reader, group, &record, err);
    if (status == STOA_OK)
        status = check_group(reader, &record, err);
    if (status == STOA_OK)
        status = check_group_place(reader, group, &record, err);
    if (status != STOA_OK) {
        stoa_error_set_place(err, "%s: row group %" PRIu32, reader->file.name, group);
        return status;
    }
    *out_record = record;
    return STOA_OK;
}

static stoa_status check_group_number(const struct stoa_reader *reader, uint32_t group,
                                      stoa_error *err)
{
    if (group < reader->trailer.row_groups)
        return STOA_OK;
    return stoa_fail(err, STOA_E_USAGE,
                     "expected a row group below %" PRIu32 ", found %" PRIu32,
                     reader->trailer.row_groups, group);
}

static stoa_status check_column_number(const struct stoa_reader *reader, uint32_t column,
                                       stoa_error *err)
{
    if (column < reader->trailer.columns)
        return STOA_OK;
    return stoa_fail(err, STOA_E_USAGE,
                     "expected a column below %" PRIu32 ", found %" PRIu32,
                     reader->trailer.columns, column);
}

stoa_status stoa_reader_row_group(struct stoa_reader *reader, uint32_t group,
                                  struct stoa_row_group_info *out_info, stoa_error *err)
{
    struct stoa_group_record record;
    STOA_TRY(check_group_number(reader, group, err));
    STOA_TRY(stoa_reader_group_record(reader, group, &record, err));
    *out_info = (struct stoa_row_group_info){
        .first_row = record.first_row,
        .rows = record.rows,
        .blocks = record.blocks,
    };
    return STOA_OK;
}

stoa_status stoa_reader_group_place(struct stoa_reader *reader, uint32_t group,
                                    uint64_t *out_offset, uint64_t *out_size,
                                    stoa_error *err)
{
    struct stoa_group_record record;
    STOA_TRY(check_group_number(reader, group, err));
    STOA_TRY(stoa_reader_group_record(reader, group, &record, err));
    *out_offset = record.offset;
    *out_size = record.size;
    return STOA_OK;
}

/* ---- blocks and dictionaries ---- */

/* [FMT-4] [FMT-66] What a block's record must have in common with row group and column. */
static stoa_status check_block(const struct stoa_block_site *site,
                               const struct stoa_block_record *record, stoa_error *err)
{
    const struct stoa_group_record *group = &site->group_record;
    const uint8_t column_flags = site->column_record.flags;
    const struct stoa_block_frame frame = {
        .type = site->column_record.type,
        .is_nullable = (column_flags & STOA_COLUMN_NULLABLE) != 0,
        .has_dictionary = (column_flags & STOA_COLUMN_HAS_DICTIONARY) != 0,
        .rows = stoa_block_rows(group->rows, site->block),
        .raw_size = group->raw_size,
        .room = group->size - group->tail_size,
    };
    return stoa_block_record_check(record, &frame, err);
}

stoa_status stoa_site_find(struct stoa_reader *reader, uint32_t column, uint32_t group,
                           uint32_t block, struct stoa_block_site *out_site,
                           stoa_error *err)
{
    struct stoa_block_site site = {.column = column, .group = group, .block = block};
    STOA_TRY(check_column_number(reader, column, err));
    STOA_TRY(check_group_number(reader, group, err));
    STOA_TRY(stoa_reader_column_record(reader, column, &site.column_record, err));
    STOA_TRY(stoa_reader_group_record(reader, group, &site.group_record, err));
    if (block >= site.group_record.blocks)
        return stoa_fail(err, STOA_E_USAGE,
                         "expected a block below %" PRIu32 ", found %" PRIu32,
                         site.group_record.blocks, block);
    *out_site = site;
    return STOA_OK;
}

uint64_t stoa_site_first_row(const struct stoa_block_site *site)
{
    return site->group_record.first_row + (uint64_t)site->block * STOA_BLOCK_ROWS;
}

stoa_status stoa_site_fail(struct stoa_reader *reader, const struct stoa_block_site *site,
                           stoa_status status, stoa_error *err)
{
    const uint64_t first = stoa_site_first_row(site);
    if (status != STOA_OK && err)
        stoa_error_set_place(
            err,
            "%s: column %s, row group %" PRIu32 ", block %" PRIu32 ", rows %" PRIu64
            " to %" PRIu64,
            reader->file.name, stoa_reader_label(reader, site->column).text, site->group,
            site->block, first,
            first + stoa_block_rows(site->group_record.rows, site->block) - 1);
    return status;
}

stoa_status stoa_site_fail_dictionary(struct stoa_reader *reader,
                                      const struct stoa_block_site *site,
                                      stoa_status status, stoa_error *err)
{
    const uint64_t first = site->group_record.first_row;
    if (status != STOA_OK && err)
        stoa_error_set_place(err,
                             "%s: column %s, row group %" PRIu32
                             ", dictionary, rows %" PRIu64 " to %" PRIu64,
                             reader->file.name,
                             stoa_reader_label(reader, site->column).text, site->group,
                             first, first + site->group_record.rows - 1);
    return status;
}

stoa_status stoa_reader_block_record(struct stoa_reader *reader,
                                     const struct stoa_block_site *site,
                                     struct stoa_block_record *out_record, stoa_error *err)
{
    const uint64_t index = (uint64_t)site->column * reader->trailer.total_blocks +
                           site->group_record.first_block + site->block;
    const uint8_t *bytes = NULL;
    struct stoa_block_record record;
    STOA_TRY(stoa_section_get(reader, STOA_SECTION_BLOCKS, index * STOA_BLOCK_RECORD_SIZE,
                              STOA_BLOCK_RECORD_SIZE, &bytes, err));
    stoa_status status = stoa_block_record_read(bytes, &record, err);
    if (status == STOA_OK)
        status = check_block(site, &record, err);
    if (status != STOA_OK)
        return stoa_site_fail(reader, site, status, err);
    *out_record = record;
    return STOA_OK;
}

static stoa_status check_dictionary(const struct stoa_block_site *site,
                                    const struct stoa_dictionary_record *record,
                                    stoa_error *err)
{
    if (record->column != site->column)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a dictionary record of column %" PRIu32
                         ", found one of column %" PRIu32,
                         site->column, record->column);
    if (record->count > site->group_record.rows)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected at most %" PRIu32
                         " entries in the dictionary, found %" PRIu32,
                         site->group_record.rows, record->count);
    return stoa_payload_place_check(record->offset, record->stored_size,
                                    site->group_record.size - site->group_record.tail_size,
                                    err);
}

stoa_status stoa_reader_dictionary_record(struct stoa_reader *reader,
                                          const struct stoa_block_site *site,
                                          struct stoa_dictionary_record *out_record,
                                          stoa_error *err)
{
    const uint8_t *bytes = NULL;
    struct stoa_dictionary_record record = {.column = site->column};
    if (site->column_record.flags & STOA_COLUMN_HAS_DICTIONARY) {
        const uint64_t index = (uint64_t)site->column_record.dictionary_index + site->group;
        STOA_TRY(stoa_section_get(reader, STOA_SECTION_DICTIONARIES,
                                  index * STOA_DICTIONARY_RECORD_SIZE,
                                  STOA_DICTIONARY_RECORD_SIZE, &bytes, err));
        stoa_status status = stoa_dictionary_record_read(bytes, &record, err);
        if (status == STOA_OK)
            status = check_dictionary(site, &record, err);
        if (status != STOA_OK)
            return stoa_site_fail_dictionary(reader, site, status, err);
    }
    *out_record = record;
    return STOA_OK;
}

stoa_status stoa_reader_block_info(struct stoa_reader *reader, uint32_t column,
                                   uint32_t group, uint32_t block,
                                   struct stoa_block_info *out_info, stoa_error *err)
{
    struct stoa_block_site site = {.column = column};
    struct stoa_block_record record;
    STOA_TRY(stoa_site_find(reader, column, group, block, &site, err));
    STOA_TRY(stoa_reader_block_record(reader, &site, &record, err));
    *out_info = (struct stoa_block_info){
        .rows = record.rows,
        .null_count = record.null_count,
        .encoding = record.encoding,
        .offset = site.group_record.offset + record.offset,
        .stored_size = record.stored_size,
        .raw_size = record.raw_size,
        .uses_dictionary = (record.core.flags & STOA_RECORD_USES_DICTIONARY) != 0,
    };
    return STOA_OK;
}

stoa_status stoa_reader_dictionary_size(struct stoa_reader *reader, uint32_t column,
                                        uint32_t group, uint64_t *out_size, stoa_error *err)
{
    struct stoa_block_site site = {.column = column};
    struct stoa_dictionary_record record;
    STOA_TRY(stoa_site_find(reader, column, group, 0, &site, err));
    STOA_TRY(stoa_reader_dictionary_record(reader, &site, &record, err));
    *out_size = record.count > 0 ? record.stored_size : 0;
    return STOA_OK;
}

/* ---- statistics ---- */

/* Counts and core of any of the three levels -> statistics. */
static stoa_status read_stats(struct stoa_reader *reader, enum stoa_phys phys,
                              const struct stoa_stats_record *record,
                              struct stoa_stats *out_stats, stoa_error *err)
{
    const uint8_t *bounds = NULL;
    const size_t size = stoa_stats_bounds_size(phys, &record->core);
    if (size > 0)
        STOA_TRY(stoa_section_get(reader, STOA_SECTION_HEAP, record->core.bounds_offset,
                                  size, &bounds, err));
    return stoa_stats_from_core(phys, record->rows, record->null_count, record->nan_count,
                                &record->core, bounds, out_stats, err);
}

stoa_status stoa_reader_block_stats(struct stoa_reader *reader, uint32_t column,
                                    uint32_t group, uint32_t block,
                                    struct stoa_stats *out_stats, stoa_error *err)
{
    struct stoa_block_site site = {.column = column};
    struct stoa_block_record record;
    STOA_TRY(stoa_site_find(reader, column, group, block, &site, err));
    STOA_TRY(stoa_reader_block_record(reader, &site, &record, err));
    struct stoa_stats_record counts = {.rows = record.rows,
                                       .null_count = record.null_count,
                                       .nan_count = record.nan_count,
                                       .core = record.core};
    const stoa_status status = read_stats(reader, stoa_type_phys(site.column_record.type),
                                          &counts, out_stats, err);
    return status == STOA_OK ? STOA_OK : stoa_site_fail(reader, &site, status, err);
}

stoa_status stoa_reader_stats_record(struct stoa_reader *reader, enum stoa_section_id id,
                                     uint64_t index, struct stoa_stats_record *out_record,
                                     stoa_error *err)
{
    const uint8_t *bytes = NULL;
    STOA_TRY(stoa_section_get(reader, id, index * STOA_STATS_RECORD_SIZE,
                              STOA_STATS_RECORD_SIZE, &bytes, err));
    return stoa_stats_record_read(bytes, out_record, err);
}

/* A record of the two upper levels; `rows` is what it must count. */
static stoa_status read_stats_record(struct stoa_reader *reader, enum stoa_section_id id,
                                     uint64_t index, enum stoa_phys phys, uint64_t rows,
                                     struct stoa_stats *out_stats, stoa_error *err)
{
    struct stoa_stats_record record;
    STOA_TRY(stoa_reader_stats_record(reader, id, index, &record, err));
    if (record.rows != rows)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected statistics of %" PRIu64 " rows, found %" PRIu64, rows,
                         record.rows);
    return read_stats(reader, phys, &record, out_stats, err);
}

/* [FMT-63] */
stoa_status stoa_reader_group_stats(struct stoa_reader *reader, uint32_t column,
                                    uint32_t group, struct stoa_stats *out_stats,
                                    stoa_error *err)
{
    struct stoa_column_record column_record;
    struct stoa_group_record record;
    STOA_TRY(check_column_number(reader, column, err));
    STOA_TRY(check_group_number(reader, group, err));
    STOA_TRY(stoa_reader_column_record(reader, column, &column_record, err));
    STOA_TRY(stoa_reader_group_record(reader, group, &record, err));
    if (record.blocks == 1)
        return stoa_reader_block_stats(reader, column, group, 0, out_stats, err);
    if (reader->trailer.row_groups == 1)
        return stoa_reader_file_stats(reader, column, out_stats, err);
    const stoa_status status =
        read_stats_record(reader, STOA_SECTION_GROUP_STATS,
                          (uint64_t)column * reader->trailer.row_groups + group,
                          stoa_type_phys(column_record.type), record.rows, out_stats, err);
    if (status != STOA_OK && err)
        stoa_error_set_place(err, "%s: column %s, statistics of row group %" PRIu32,
                             reader->file.name, stoa_reader_label(reader, column).text,
                             group);
    return status;
}

stoa_status stoa_reader_file_stats(struct stoa_reader *reader, uint32_t column,
                                   struct stoa_stats *out_stats, stoa_error *err)
{
    struct stoa_column_record record;
    STOA_TRY(check_column_number(reader, column, err));
    STOA_TRY(stoa_reader_column_record(reader, column, &record, err));
    const enum stoa_phys phys = stoa_type_phys(record.type);
    if (reader->trailer.total_blocks == 0) {
        stoa_stats_init(out_stats, phys);
        return STOA_OK;
    }
    if (reader->trailer.total_blocks == 1)
        return stoa_reader_block_stats(reader, column, 0, 0, out_stats, err);
    const stoa_status status =
        read_stats_record(reader, STOA_SECTION_FILE_STATS, column, phys,
                          reader->trailer.rows, out_stats, err);
    if (status != STOA_OK && err)
        stoa_error_set_place(err, "%s: column %s, statistics of the file",
                             reader->file.name, stoa_reader_label(reader, column).text);
    return status;
}
