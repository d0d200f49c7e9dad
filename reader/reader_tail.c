/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tail of a row group, in two ways: as it lies in the file, and made from what the footer
 * says [FMT-45]. Both are the same bytes in a sound file; verify compares them, copies take the
 * first, and repair takes whichever is left.
 */
#include <inttypes.h>
#include <string.h>

#include "common/checked.h"
#include "format/pack.h"
#include "format/stats_record.h"
#include "format/tail.h"
#include "reader/reader_state.h"

static stoa_status group_fail(const struct stoa_reader *reader, uint32_t group,
                              stoa_status status, stoa_error *err)
{
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s: row group %" PRIu32 ", tail", reader->file.name,
                             group);
    return status;
}

/* ---- as it lies in the file, unpacked ---- */

static stoa_status check_tail(const struct stoa_group_record *record,
                              const struct stoa_buf *tail, stoa_error *err)
{
    struct stoa_tail_end end;
    STOA_TRY(stoa_tail_end_read(tail->data, tail->size, &end, err));
    if (end.seed != record->seed || end.rows != record->rows ||
        end.group_size != record->size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the tail of %" PRIu32 " rows with seed %016" PRIx64
                         ", as the footer says, found %" PRIu32 " and %016" PRIx64,
                         record->rows, record->seed, end.rows, end.seed);
    return STOA_OK;
}

stoa_status stoa_reader_read_tail(struct stoa_reader *reader, uint32_t group,
                                  struct stoa_buf *out, stoa_error *err)
{
    struct stoa_group_record record;
    struct stoa_buf stored;
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_reader_group_record(reader, group, &record, err));
    const size_t size = (size_t)record.tail_size; /* inside the file */
    out->size = 0;
    stoa_buf_init(&stored, SIZE_MAX / 4);
    STOA_TRY_CLEANUP(stoa_buf_reserve(&stored, size, err));
    STOA_TRY_CLEANUP(stoa_io_read_at(&reader->file, record.offset + record.size - size,
                                     stored.data, size, err));
    stored.size = size;
    STOA_TRY_CLEANUP(group_fail(reader, group, check_tail(&record, &stored, err), err));
    STOA_TRY_CLEANUP(group_fail(reader, group,
                                stoa_tail_unpack(stored.data, stored.size, out, err), err));
cleanup:
    stoa_buf_done(&stored);
    return status;
}

/* ---- as the footer's records give it ---- */

/* The parts of a tail that grow side by side. */
struct tail_parts {
    struct stoa_buf *records; /* and in the end the whole */
    struct stoa_buf dictionaries;
    struct stoa_buf heap;
    uint32_t dictionary_count;
};

/* Appends the record as the tail has it: bounds count from the tail's own heap. */
static stoa_status add_block(struct stoa_reader *reader, const struct stoa_block_site *site,
                             struct tail_parts *parts, stoa_error *err)
{
    struct stoa_block_record record;
    const uint8_t *bounds = NULL;
    uint8_t bytes[STOA_BLOCK_RECORD_SIZE];
    STOA_TRY(stoa_reader_block_record(reader, site, &record, err));
    const size_t size =
        stoa_stats_bounds_size(stoa_type_phys(site->column_record.type), &record.core);
    if (size > 0)
        STOA_TRY(stoa_section_get(reader, STOA_SECTION_HEAP, record.core.bounds_offset,
                                  size, &bounds, err));
    record.core.bounds_offset = size > 0 ? (uint32_t)parts->heap.size : 0;
    stoa_block_record_write(&record, bytes);
    STOA_TRY(stoa_buf_append(parts->records, bytes, sizeof bytes, err));
    return stoa_buf_append(&parts->heap, bounds, size, err);
}

static stoa_status add_column(struct stoa_reader *reader, struct stoa_block_site *site,
                              struct tail_parts *parts, stoa_error *err)
{
    struct stoa_dictionary_record record;
    STOA_TRY(stoa_reader_column_record(reader, site->column, &site->column_record, err));
    STOA_TRY(stoa_reader_dictionary_record(reader, site, &record, err));
    if (record.count > 0) {
        uint8_t bytes[STOA_DICTIONARY_RECORD_SIZE];
        stoa_dictionary_record_write(&record, bytes);
        parts->dictionary_count++;
        STOA_TRY(stoa_buf_append(&parts->dictionaries, bytes, sizeof bytes, err));
    }
    for (site->block = 0; site->block < site->group_record.blocks; site->block++)
        STOA_TRY(add_block(reader, site, parts, err));
    return STOA_OK;
}

static stoa_status end_tail(const struct stoa_reader *reader,
                            const struct stoa_group_record *group, struct tail_parts *parts,
                            stoa_error *err)
{
    struct stoa_buf *tail = parts->records;
    STOA_TRY(
        stoa_buf_append(tail, parts->dictionaries.data, parts->dictionaries.size, err));
    STOA_TRY(stoa_buf_append(tail, parts->heap.data, parts->heap.size, err));
    STOA_TRY(stoa_buf_align(tail, STOA_PAYLOAD_ALIGN, err));
    const uint64_t blocks = (uint64_t)reader->trailer.columns * group->blocks;
    const uint64_t size = tail->size + STOA_TAIL_END_SIZE;
    const struct stoa_tail_end end = {
        .group_size = group->size - group->tail_size + size,
        .tail_size = size,
        .rows = group->rows,
        .blocks = group->blocks,
        .columns = reader->trailer.columns,
        .dictionaries = parts->dictionary_count,
        .seed = stoa_group_seed(tail->data, tail->size, blocks, parts->dictionary_count),
        .schema_hash = reader->header.identity.low,
    };
    STOA_TRY(stoa_buf_append_zeros(tail, STOA_TAIL_END_SIZE, err));
    stoa_tail_end_write(&end, tail->data);
    if (end.seed != group->seed)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected seed %016" PRIx64
                         ", as the records give, found %016" PRIx64,
                         end.seed, group->seed);
    if (end.tail_size != group->tail_size && blocks < STOA_PACK_RECORDS)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a tail of %" PRIu64
                         " bytes, as the records give, found %" PRIu64,
                         end.tail_size, group->tail_size);
    return STOA_OK;
}

stoa_status stoa_reader_make_tail(struct stoa_reader *reader, uint32_t group,
                                  struct stoa_buf *out, stoa_error *err)
{
    struct stoa_block_site site = {.group = group};
    struct tail_parts parts = {.records = out};
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_reader_group_record(reader, group, &site.group_record, err));
    out->size = 0;
    stoa_buf_init(&parts.dictionaries, SIZE_MAX / 4); /* both are parts of the footer */
    stoa_buf_init(&parts.heap, UINT32_MAX);
    for (; site.column < reader->trailer.columns; site.column++)
        STOA_TRY_CLEANUP(add_column(reader, &site, &parts, err));
    STOA_TRY_CLEANUP(end_tail(reader, &site.group_record, &parts, err));
cleanup:
    stoa_buf_done(&parts.dictionaries);
    stoa_buf_done(&parts.heap);
    return group_fail(reader, group, status, err);
}
