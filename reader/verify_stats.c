/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verify: the two upper levels of statistics are made from the level below alone [FMT-71], so
 * they are made again and compared to the bit; and the heap holds the bounds of all three levels
 * in record order without gaps [FMT-73]. Columns are taken one by one: memory does not grow with
 * the file.
 */
#include <inttypes.h>
#include <string.h>

#include "reader/verify_state.h"

stoa_status stoa_verify_read_core(struct stoa_verify *verify, enum stoa_phys phys,
                                  const struct stoa_stats_core *core,
                                  struct stoa_core_bytes *out, stoa_error *err)
{
    const uint8_t *bounds = NULL;
    const size_t size = stoa_stats_bounds_size(phys, core);
    if (size > STOA_STATS_BOUNDS_MAX)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected bounds of at most %d bytes, found %zu",
                         STOA_STATS_BOUNDS_MAX, size);
    STOA_TRY(stoa_section_get(verify->reader, STOA_SECTION_HEAP,
                              size > 0 ? core->bounds_offset : 0, size, &bounds, err));
    out->core = *core;
    memcpy(out->bounds, bounds, size);
    out->bounds_size = size;
    return STOA_OK;
}

static bool cores_are_equal(const struct stoa_core_bytes *a,
                            const struct stoa_core_bytes *b)
{
    return (a->core.flags & STOA_RECORD_STATS_FLAGS) ==
               (b->core.flags & STOA_RECORD_STATS_FLAGS) &&
           a->core.min_size == b->core.min_size && a->core.max_size == b->core.max_size &&
           a->core.min_key == b->core.min_key && a->core.max_key == b->core.max_key &&
           memcmp(a->core.sum, b->core.sum, sizeof a->core.sum) == 0 &&
           a->bounds_size == b->bounds_size &&
           memcmp(a->bounds, b->bounds, a->bounds_size) == 0;
}

stoa_status stoa_verify_compare_core(const struct stoa_stats *stats,
                                     const struct stoa_core_bytes *found, stoa_error *err)
{
    struct stoa_core_bytes expected;
    expected.bounds_size = stoa_stats_to_core(stats, &expected.core, expected.bounds);
    if (cores_are_equal(&expected, found))
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected statistics with flags %02x, keys %016" PRIx64
                     " and %016" PRIx64 ", found flags %02x, keys %016" PRIx64
                     " and %016" PRIx64 ", or other bounds or another sum",
                     (unsigned)expected.core.flags, expected.core.min_key,
                     expected.core.max_key,
                     (unsigned)found->core.flags & STOA_RECORD_STATS_FLAGS,
                     found->core.min_key, found->core.max_key);
}

/* ---- upper levels ---- */

static stoa_status compare_record(struct stoa_verify *verify, enum stoa_section_id id,
                                  uint64_t index, const struct stoa_stats *expected,
                                  stoa_error *err)
{
    struct stoa_stats_record record;
    struct stoa_core_bytes found;
    STOA_TRY(stoa_reader_stats_record(verify->reader, id, index, &record, err));
    if (record.rows != expected->rows || record.null_count != expected->null_count ||
        record.nan_count != expected->nan_count)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected %" PRIu64 " rows, %" PRIu64 " NULLs and %" PRIu64
                         " NaNs, as the level below says, found %" PRIu64 ", %" PRIu64
                         " and %" PRIu64,
                         expected->rows, expected->null_count, expected->nan_count,
                         record.rows, record.null_count, record.nan_count);
    STOA_TRY(stoa_verify_read_core(verify, expected->phys, &record.core, &found, err));
    return stoa_verify_compare_core(expected, &found, err);
}

/* *out_stats from the blocks of one row group. */
static stoa_status merge_blocks(struct stoa_verify *verify, uint32_t column, uint32_t group,
                                enum stoa_phys phys, struct stoa_stats *out_stats,
                                stoa_error *err)
{
    struct stoa_group_record record;
    stoa_stats_init(out_stats, phys);
    STOA_TRY(stoa_reader_group_record(verify->reader, group, &record, err));
    for (uint32_t b = 0; b < record.blocks; b++) {
        struct stoa_stats stats;
        STOA_TRY(stoa_reader_block_stats(verify->reader, column, group, b, &stats, err));
        stoa_stats_merge(out_stats, &stats);
    }
    return STOA_OK;
}

static stoa_status check_column(struct stoa_verify *verify, uint32_t column,
                                stoa_error *err)
{
    struct stoa_reader *reader = verify->reader;
    struct stoa_column_record record;
    struct stoa_stats file;
    STOA_TRY(stoa_reader_column_record(reader, column, &record, err));
    const enum stoa_phys phys = stoa_type_phys(record.type);
    const uint32_t groups = reader->trailer.row_groups;
    stoa_stats_init(&file, phys);
    for (uint32_t g = 0; g < groups; g++) {
        struct stoa_stats stats;
        STOA_TRY(merge_blocks(verify, column, g, phys, &stats, err));
        if (reader->sections[STOA_SECTION_GROUP_STATS].size > 0)
            STOA_TRY(compare_record(verify, STOA_SECTION_GROUP_STATS,
                                    (uint64_t)column * groups + g, &stats, err));
        stoa_stats_merge(&file, &stats);
    }
    if (reader->sections[STOA_SECTION_FILE_STATS].size > 0)
        return compare_record(verify, STOA_SECTION_FILE_STATS, column, &file, err);
    return STOA_OK;
}

/* ---- heap order ---- */

static stoa_status check_bounds(enum stoa_phys phys, const struct stoa_stats_core *core,
                                uint64_t *next, stoa_error *err)
{
    const size_t size = stoa_stats_bounds_size(phys, core);
    const uint64_t expected = size > 0 ? *next : 0;
    *next = expected + size > *next ? expected + size : *next;
    if (core->bounds_offset == expected)
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected bounds at offset %" PRIu64 " of the heap, found %" PRIu32,
                     expected, core->bounds_offset);
}

static stoa_status check_block_bounds(struct stoa_verify *verify, uint32_t column,
                                      uint64_t *next, stoa_error *err)
{
    for (uint32_t g = 0; g < verify->reader->trailer.row_groups; g++) {
        struct stoa_block_site site;
        STOA_TRY(stoa_site_find(verify->reader, column, g, 0, &site, err));
        const enum stoa_phys phys = stoa_type_phys(site.column_record.type);
        for (; site.block < site.group_record.blocks; site.block++) {
            struct stoa_block_record record;
            STOA_TRY(stoa_reader_block_record(verify->reader, &site, &record, err));
            STOA_TRY(stoa_site_fail(verify->reader, &site,
                                    check_bounds(phys, &record.core, next, err), err));
        }
    }
    return STOA_OK;
}

/* The records of a statistics section, `per_column` of each column. */
static stoa_status check_stats_bounds(struct stoa_verify *verify, enum stoa_section_id id,
                                      uint32_t per_column, uint64_t *next, stoa_error *err)
{
    const uint64_t records = verify->reader->sections[id].size / STOA_STATS_RECORD_SIZE;
    for (uint64_t i = 0; i < records; i++) {
        struct stoa_column_record column;
        struct stoa_stats_record record;
        STOA_TRY(stoa_reader_column_record(verify->reader, (uint32_t)(i / per_column),
                                           &column, err));
        STOA_TRY(stoa_reader_stats_record(verify->reader, id, i, &record, err));
        STOA_TRY(check_bounds(stoa_type_phys(column.type), &record.core, next, err));
    }
    return STOA_OK;
}

static stoa_status check_heap(struct stoa_verify *verify, stoa_error *err)
{
    struct stoa_reader *reader = verify->reader;
    const uint32_t columns = reader->trailer.columns;
    struct stoa_column_record last;
    STOA_TRY(stoa_reader_column_record(reader, columns - 1, &last, err));
    uint64_t next = (uint64_t)last.name_offset + last.name_size;
    for (uint32_t c = 0; c < columns; c++)
        STOA_TRY(check_block_bounds(verify, c, &next, err));
    STOA_TRY(check_stats_bounds(verify, STOA_SECTION_GROUP_STATS,
                                reader->trailer.row_groups, &next, err));
    STOA_TRY(check_stats_bounds(verify, STOA_SECTION_FILE_STATS, 1, &next, err));
    if (next != reader->sections[STOA_SECTION_HEAP].size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a heap of %" PRIu64
                         " bytes, as names and bounds need, found %" PRIu64,
                         next, reader->sections[STOA_SECTION_HEAP].size);
    return STOA_OK;
}

stoa_status stoa_verify_stats(struct stoa_verify *verify, stoa_error *err)
{
    struct stoa_reader *reader = verify->reader;
    for (uint32_t c = 0; c < reader->trailer.columns; c++) {
        const stoa_status status = check_column(verify, c, err);
        if (status != STOA_OK)
            stoa_error_set_place(err, "%s: column %s, statistics", reader->file.name,
                                 stoa_reader_label(reader, c).text);
        STOA_TRY(stoa_verify_note(verify, status, err));
    }
    const stoa_status status = check_heap(verify, err);
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s: footer heap", reader->file.name);
    return stoa_verify_note(verify, status, err);
}
