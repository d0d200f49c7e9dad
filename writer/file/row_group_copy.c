/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row group of another file -> this file, without decoding anything [FMT-46]: payloads go
 * over byte by byte, since nothing in them depends on where the row group lies [FMT-42], the
 * tail unpacked and packed anew [FMT-47]; what the footer needs comes out of the tail. Filters are
 * left out [FMT-113]. Called by the dataset layer, for compaction and repair. Each payload is read
 * once, checked and written.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "common/checked.h"
#include "format/tail.h"
#include "format/zones.h"
#include "writer/file/writer_state.h"

enum { COPY_BYTES = 1 << 20 }; /* read and written at once, where payloads are small */

/* ---- messages ---- */

/* The place in the source. */
static stoa_status fail_payload(const struct stoa_file_writer *writer,
                                const struct stoa_group_source *source,
                                const struct stoa_tail *tail,
                                const struct stoa_tail_payload *payload, stoa_status status,
                                stoa_error *err)
{
    const char *name = writer->fields[payload->column].name;
    if (payload->block == STOA_DICTIONARY_NUMBER) {
        stoa_error_set_place(err,
                             "%s: column \"%.120s\", row group %" PRIu32
                             ", dictionary, rows %" PRIu64 " to %" PRIu64,
                             source->file->name, name, source->number, source->first_row,
                             source->first_row + tail->end.rows - 1);
        return status;
    }
    const uint64_t first = source->first_row + (uint64_t)payload->block * STOA_BLOCK_ROWS;
    stoa_error_set_place(err,
                         "%s: column \"%.120s\", row group %" PRIu32 ", block %" PRIu32
                         ", rows %" PRIu64 " to %" PRIu64,
                         source->file->name, name, source->number, payload->block, first,
                         first + stoa_block_rows(tail->end.rows, payload->block) - 1);
    return status;
}

static stoa_status fail_group(const struct stoa_group_source *source, stoa_status status,
                              stoa_error *err)
{
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s: row group %" PRIu32, source->file->name,
                             source->number);
    return status;
}

/* ---- payloads ---- */

struct copy {
    struct stoa_file_writer *writer;
    const struct stoa_group_source *source;
    const struct stoa_tail *tail;
    struct stoa_tail_cursor cursor;
    struct stoa_buf bytes; /* of the file, from `start` of the row group on */
    uint64_t start;
};

static uint64_t end_of(const struct stoa_tail_payload *payload)
{
    return payload->offset + stoa_align_up(payload->stored_size, STOA_PAYLOAD_ALIGN);
}

/* Reads the payload at the cursor and as many whole ones behind it as go with it. */
static stoa_status read_run(struct copy *copy, const struct stoa_tail_payload *first,
                            stoa_error *err)
{
    struct stoa_tail_cursor ahead = copy->cursor;
    struct stoa_tail_payload next;
    uint64_t end = end_of(first);
    while (stoa_tail_next(copy->tail, &ahead, &next) &&
           end_of(&next) - first->offset <= COPY_BYTES)
        end = end_of(&next);
    copy->start = first->offset;
    copy->bytes.size = 0;
    const size_t size = (size_t)(end - first->offset);
    STOA_TRY(stoa_buf_reserve(&copy->bytes, size + 1, err));
    STOA_TRY(stoa_io_read_at(copy->source->file, copy->source->offset + copy->start,
                             copy->bytes.data, size, err));
    copy->bytes.size = size;
    return STOA_OK;
}

static stoa_status check_payload(const struct copy *copy,
                                 const struct stoa_tail_payload *payload, stoa_error *err)
{
    if (copy->source->may_be_damaged)
        return STOA_OK;
    const stoa_status status = stoa_tail_check_payload(
        copy->tail, payload, copy->bytes.data + (payload->offset - copy->start), err);
    return status == STOA_OK
               ? STOA_OK
               : fail_payload(copy->writer, copy->source, copy->tail, payload, status, err);
}

static stoa_status copy_run(struct copy *copy, const struct stoa_tail_payload *first,
                            stoa_error *err)
{
    struct stoa_tail_payload payload = *first;
    STOA_TRY(read_run(copy, first, err));
    const uint64_t end = copy->start + copy->bytes.size;
    for (;;) {
        STOA_TRY(check_payload(copy, &payload, err));
        struct stoa_tail_cursor ahead = copy->cursor;
        if (!stoa_tail_next(copy->tail, &ahead, &payload) || end_of(&payload) > end)
            break;
        copy->cursor = ahead;
    }
    return stoa_file_output_write(&copy->writer->output, copy->bytes.data, copy->bytes.size,
                                  err);
}

static stoa_status copy_payloads(struct stoa_file_writer *writer,
                                 const struct stoa_group_source *source,
                                 const struct stoa_tail *tail, stoa_error *err)
{
    struct copy copy = {.writer = writer, .source = source, .tail = tail};
    struct stoa_tail_payload payload;
    stoa_status status = STOA_OK;
    stoa_buf_init(&copy.bytes, STOA_MAX_PAYLOAD_BYTES + 2 * STOA_PAYLOAD_ALIGN);
    while (status == STOA_OK && stoa_tail_next(tail, &copy.cursor, &payload))
        status = copy_run(&copy, &payload, err);
    stoa_buf_done(&copy.bytes);
    return status;
}

/* ---- what the footer needs ---- */

static stoa_status add_column(struct stoa_file_writer *writer, const struct stoa_tail *tail,
                              uint32_t column, struct stoa_buf *records,
                              struct stoa_buf *heap, stoa_error *err)
{
    struct stoa_stats stats;
    stoa_stats_init(&stats, stoa_type_phys(writer->fields[column].type));
    for (uint32_t b = 0; b < tail->end.blocks; b++) {
        struct stoa_stats block;
        struct stoa_block_record record;
        STOA_TRY(stoa_tail_stats(tail, column, b, &block, err));
        stoa_stats_merge(&stats, &block);
        stoa_tail_block(tail, column, b, &record);
        writer->stored_bytes[column] += record.stored_size;
    }
    return stoa_group_stats_add(writer, column, tail->end.blocks, &stats, records, heap,
                                err);
}

static stoa_status add_columns(struct stoa_file_writer *writer,
                               const struct stoa_tail *tail, struct stoa_buf *records,
                               struct stoa_buf *heap, stoa_error *err)
{
    for (uint32_t c = 0; c < tail->end.columns; c++)
        STOA_TRY(add_column(writer, tail, c, records, heap, err));
    for (uint32_t i = 0; i < tail->end.dictionaries; i++) {
        struct stoa_dictionary_record record;
        stoa_tail_dictionary(tail, i, &record);
        writer->has_dictionary[record.column] = true;
        writer->stored_bytes[record.column] += record.stored_size;
    }
    return STOA_OK;
}

/* Zone records [FMT-91]: of all zones of a column or of none. *out_ends is owned by the
 * caller. */
static stoa_status add_zones(struct stoa_file_writer *writer,
                             const struct stoa_group_source *source,
                             const struct stoa_tail *tail, struct stoa_buf *zones,
                             uint64_t **out_ends, stoa_error *err)
{
    const uint32_t columns = tail->end.columns;
    uint64_t start = 0;
    *out_ends = NULL;
    if (!source->zone_ends)
        return STOA_OK;
    *out_ends = stoa_alloc_array(columns, sizeof **out_ends);
    if (!*out_ends)
        return stoa_fail_memory(err, columns * sizeof **out_ends);
    for (uint32_t c = 0; c < columns; start = source->zone_ends[c++]) {
        const uint64_t size = source->zone_ends[c] - start;
        const size_t record = stoa_zone_record_size(writer->columns[c].phys);
        assert(size == 0 || size == record * stoa_zone_count(tail->end.rows));
        STOA_UNUSED(record);
        writer->has_zones[c] |= size > 0;
        (*out_ends)[c] = source->zone_ends[c];
    }
    return stoa_buf_append(zones, source->zones, (size_t)start, err);
}

static stoa_status keep_tail(const struct stoa_file_writer *writer,
                             const struct stoa_tail *tail, struct stoa_kept_group *kept,
                             stoa_error *err)
{
    const size_t size = (size_t)tail->end.tail_size; /* it is in memory already */
    kept->record = (struct stoa_group_record){
        .offset = writer->output.offset,
        .size = tail->end.group_size,
        .first_row = writer->rows,
        .rows = tail->end.rows,
        .blocks = tail->end.blocks,
        .first_block = writer->blocks,
        .dictionaries = tail->end.dictionaries,
        .tail_size = size,
        .seed = tail->end.seed,
        .raw_size = tail->raw_size,
    };
    kept->heap_start = tail->heap_start;
    kept->heap_size = tail->heap_size;
    kept->tail = stoa_alloc(size);
    if (!kept->tail)
        return stoa_fail_memory(err, size);
    memcpy(kept->tail, tail->bytes, size);
    return STOA_OK;
}

/* [FMT-102] Sketches are those of all values or none: the first row group decides. */
static stoa_status merge_sketches(struct stoa_file_writer *writer,
                                  const struct stoa_group_source *source, stoa_error *err)
{
    const size_t columns = writer->schema.field_count;
    if (!source->sketches) {
        stoa_free(writer->sketches);
        writer->sketches = NULL;
        return STOA_OK;
    }
    if (writer->group_count == 0) {
        writer->sketches = stoa_alloc_zeroed(columns, sizeof *writer->sketches);
        if (!writer->sketches)
            return stoa_fail_memory(err, columns * sizeof *writer->sketches);
    }
    for (size_t c = 0; writer->sketches && c < columns; c++)
        stoa_sketch_merge(&writer->sketches[c], &source->sketches[c]);
    return STOA_OK;
}

/* ---- the row group ---- */

static stoa_status copy_group(struct stoa_file_writer *writer,
                              const struct stoa_group_source *source,
                              const struct stoa_tail *tail, stoa_error *err)
{
    struct stoa_kept_group kept = {.tail = NULL};
    struct stoa_buf records;
    struct stoa_buf heap;
    struct stoa_buf zones;
    struct stoa_buf packed;
    uint64_t *zone_ends = NULL;
    const struct stoa_group_parts parts = {
        .stats = &records, .stats_heap = &heap, .zones = &zones, .zone_ends = &zone_ends};
    stoa_status status = STOA_OK;
    stoa_buf_init(&records, SIZE_MAX / 4); /* all are bounded by the source's size */
    stoa_buf_init(&heap, UINT32_MAX);
    stoa_buf_init(&zones, SIZE_MAX / 4);
    stoa_buf_init(&packed, SIZE_MAX / 4);
    STOA_TRY_CLEANUP(stoa_row_group_fits(writer, tail->end.rows, tail->end.blocks, err));
    STOA_TRY_CLEANUP(keep_tail(writer, tail, &kept, err));
    STOA_TRY_CLEANUP(add_columns(writer, tail, &records, &heap, err));
    STOA_TRY_CLEANUP(add_zones(writer, source, tail, &zones, &zone_ends, err));
    STOA_TRY_CLEANUP(stoa_kept_group_prepare(writer, &parts, &kept, err));
    STOA_TRY_CLEANUP(merge_sketches(writer, source, err));
    STOA_TRY_CLEANUP(stoa_kept_group_pack(&kept, &packed, err));
    STOA_TRY_CLEANUP(copy_payloads(writer, source, tail, err));
    STOA_TRY_CLEANUP(
        stoa_file_output_write(&writer->output, packed.data, packed.size, err));
    stoa_kept_group_add(writer, &kept);
cleanup:
    stoa_kept_group_done(&kept);
    stoa_buf_done(&records);
    stoa_buf_done(&heap);
    stoa_buf_done(&zones);
    stoa_buf_done(&packed);
    stoa_free(zone_ends);
    return status;
}

stoa_status stoa_file_writer_copy(struct stoa_file_writer *writer,
                                  const struct stoa_group_source *source, stoa_error *err)
{
    struct stoa_tail tail;
    assert(!writer->is_finished && !writer->has_failed);
    stoa_status status = stoa_file_writer_flush(writer, err);
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s", writer->output.file->name);
    if (status == STOA_OK)
        status = fail_group(source,
                            stoa_tail_open(source->tail, source->tail_size, &writer->schema,
                                           writer->identity.low, &tail, err),
                            err);
    if (status == STOA_OK)
        status = copy_group(writer, source, &tail, err);
    if (status != STOA_OK)
        writer->has_failed = true;
    return status;
}
