/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoded row group -> file: makes the tail [FMT-45], from it the row group's seed [FMT-43] and
 * with that the payloads' checksums [FMT-44], then writes payloads and tail. Called by
 * file_writer.c. What the footer will need is kept in the form it has in the tail, so that a
 * file of many row groups costs its writer little more than its footer's size.
 */
#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "common/checked.h"
#include "format/pack.h"
#include "writer/file/writer_state.h"

void stoa_kept_group_done(struct stoa_kept_group *group)
{
    stoa_free(group->tail);
    stoa_free(group->stats);
    stoa_free(group->zones);
    stoa_free(group->zone_ends);
    stoa_free(group->filters);
    stoa_free(group->filter_ends);
    group->tail = NULL;
    group->stats = NULL;
    group->zones = NULL;
    group->zone_ends = NULL;
    group->filters = NULL;
    group->filter_ends = NULL;
}

static size_t record_count(const struct stoa_file_writer *writer,
                           const struct stoa_encoded_group *group)
{
    return writer->schema.field_count * group->blocks;
}

/* Block and dictionary records; returns where the heap follows. */
static uint8_t *put_records(const struct stoa_encoded_group *group, size_t records,
                            uint8_t *out)
{
    for (size_t i = 0; i < records; i++, out += STOA_BLOCK_RECORD_SIZE)
        stoa_block_record_write(&group->records[i], out);
    for (uint32_t i = 0; i < group->dictionary_count; i++) {
        stoa_dictionary_record_write(&group->dictionaries[i], out);
        out += STOA_DICTIONARY_RECORD_SIZE;
    }
    return out;
}

static uint64_t payload_checksum(const struct stoa_encoded_group *group, uint64_t offset,
                                 uint32_t stored_size, uint64_t seed)
{
    return stoa_hash64(group->body.data + offset,
                       stoa_align_up(stored_size, STOA_PAYLOAD_ALIGN), seed);
}

static void set_checksums(const struct stoa_file_writer *writer,
                          struct stoa_encoded_group *group, uint64_t seed)
{
    for (size_t i = 0; i < record_count(writer, group); i++) {
        struct stoa_block_record *record = &group->records[i];
        const uint32_t field_id = writer->fields[i / group->blocks].id;
        record->checksum = payload_checksum(
            group, record->offset, record->stored_size,
            stoa_payload_seed(field_id, (uint32_t)(i % group->blocks), seed));
    }
    for (uint32_t i = 0; i < group->dictionary_count; i++) {
        struct stoa_dictionary_record *record = &group->dictionaries[i];
        const uint32_t field_id = writer->fields[record->column].id;
        record->checksum =
            payload_checksum(group, record->offset, record->stored_size,
                             stoa_payload_seed(field_id, STOA_DICTIONARY_NUMBER, seed));
    }
}

/* The whole tail at `kept->tail`, which has room for it; fills kept->record. */
static void make_tail(const struct stoa_file_writer *writer,
                      struct stoa_encoded_group *group, struct stoa_kept_group *kept)
{
    const size_t records = record_count(writer, group);
    struct stoa_group_record *record = &kept->record;
    uint8_t *heap = put_records(group, records, kept->tail);
    if (group->heap.size > 0)
        memcpy(heap, group->heap.data, group->heap.size);
    record->seed = stoa_group_seed(kept->tail, record->tail_size - STOA_TAIL_END_SIZE,
                                   records, group->dictionary_count);
    set_checksums(writer, group, record->seed);
    put_records(group, records, kept->tail);
    const struct stoa_tail_end end = {
        .group_size = record->size,
        .tail_size = record->tail_size,
        .rows = record->rows,
        .blocks = record->blocks,
        .columns = (uint32_t)writer->schema.field_count,
        .dictionaries = record->dictionaries,
        .seed = record->seed,
        .schema_hash = writer->identity.low,
    };
    stoa_tail_end_write(&end, kept->tail);
}

/* Zones or filters: takes over where those of each column end; the bytes are copied, since buffers are
 * larger than needed. */
static stoa_status keep_parts(struct stoa_file_writer *writer, const struct stoa_buf *parts,
                              uint64_t **ends, uint8_t **out_kept, uint64_t **out_ends,
                              stoa_error *err)
{
    if (!parts || parts->size == 0)
        return STOA_OK;
    *out_kept = stoa_alloc(parts->size);
    if (!*out_kept)
        return stoa_fail_memory(err, parts->size);
    memcpy(*out_kept, parts->data, parts->size);
    *out_ends = *ends;
    *ends = NULL;
    writer->kept_bytes += parts->size + writer->schema.field_count * sizeof **out_ends;
    return STOA_OK;
}

static stoa_status keep_stats(const struct stoa_group_parts *parts,
                              struct stoa_kept_group *kept, stoa_error *err)
{
    kept->stats_size = parts->stats->size + parts->stats_heap->size;
    if (kept->stats_size == 0)
        return STOA_OK;
    kept->stats = stoa_alloc(kept->stats_size);
    if (!kept->stats)
        return stoa_fail_memory(err, kept->stats_size);
    memcpy(kept->stats, parts->stats->data, parts->stats->size);
    if (parts->stats_heap->size > 0)
        memcpy(kept->stats + parts->stats->size, parts->stats_heap->data,
               parts->stats_heap->size);
    return STOA_OK;
}

static stoa_status reserve_group(struct stoa_file_writer *writer, stoa_error *err)
{
    if (writer->group_count < writer->group_capacity)
        return STOA_OK;
    const size_t capacity = writer->group_capacity ? (size_t)writer->group_capacity * 2 : 4;
    if (capacity > UINT32_MAX)
        return stoa_fail(err, STOA_E_LIMIT,
                         "expected at most %" PRIu32 " row groups in a file, found more",
                         writer->group_capacity);
    void *groups = stoa_realloc(writer->groups, capacity * sizeof *writer->groups);
    if (!groups)
        return stoa_fail_memory(err, capacity * sizeof *writer->groups);
    writer->groups = groups;
    writer->group_capacity = (uint32_t)capacity;
    return STOA_OK;
}

stoa_status stoa_kept_group_prepare(struct stoa_file_writer *writer,
                                    const struct stoa_group_parts *parts,
                                    struct stoa_kept_group *kept, stoa_error *err)
{
    STOA_TRY(keep_stats(parts, kept, err));
    STOA_TRY(keep_parts(writer, parts->zones, parts->zone_ends, &kept->zones,
                        &kept->zone_ends, err));
    STOA_TRY(keep_parts(writer, parts->filters, parts->filter_ends, &kept->filters,
                        &kept->filter_ends, err));
    return reserve_group(writer, err);
}

stoa_status stoa_kept_group_pack(struct stoa_kept_group *kept, struct stoa_buf *out,
                                 stoa_error *err)
{
    const size_t size = (size_t)kept->record.tail_size;
    STOA_TRY(stoa_tail_pack(kept->tail, size, out, err));
    kept->kept_size = size + kept->stats_size;
    kept->record.tail_size = out->size;
    kept->record.size -= size - out->size;
    return STOA_OK;
}

void stoa_kept_group_add(struct stoa_file_writer *writer, struct stoa_kept_group *kept)
{
    writer->rows += kept->record.rows;
    writer->blocks += kept->record.blocks;
    writer->kept_bytes += kept->kept_size;
    writer->groups[writer->group_count++] = *kept;
    *kept = (struct stoa_kept_group){.tail = NULL};
}

/* Everything of `kept` but what goes into the file is known before a byte is written. */
static stoa_status prepare(struct stoa_file_writer *writer,
                           struct stoa_encoded_group *group, struct stoa_kept_group *kept,
                           stoa_error *err)
{
    kept->heap_start = record_count(writer, group) * STOA_BLOCK_RECORD_SIZE +
                       (uint64_t)group->dictionary_count * STOA_DICTIONARY_RECORD_SIZE;
    kept->heap_size = group->heap.size;
    const uint64_t tail_size = kept->heap_start +
                               stoa_align_up(group->heap.size, STOA_PAYLOAD_ALIGN) +
                               STOA_TAIL_END_SIZE;
    kept->record = (struct stoa_group_record){
        .offset = writer->output.offset,
        .size = group->body.size + tail_size,
        .first_row = writer->rows,
        .rows = group->rows,
        .blocks = group->blocks,
        .first_block = writer->blocks,
        .dictionaries = group->dictionary_count,
        .tail_size = tail_size,
        .raw_size = stoa_cut_raw_size(&writer->cut),
    };
    kept->tail = stoa_alloc_zeroed(1, tail_size);
    if (!kept->tail)
        return stoa_fail_memory(err, tail_size);
    const struct stoa_group_parts parts = {
        .stats = &group->stats,
        .stats_heap = &group->stats_heap,
        .zones = &group->zones,
        .zone_ends = &group->zone_ends,
        .filters = &group->filters,
        .filter_ends = &group->filter_ends,
    };
    return stoa_kept_group_prepare(writer, &parts, kept, err);
}

stoa_status stoa_row_group_fits(const struct stoa_file_writer *writer, uint32_t rows,
                                uint32_t blocks, stoa_error *err)
{
    if (rows > STOA_MAX_ROWS - writer->rows || blocks > UINT32_MAX - writer->blocks)
        return stoa_fail(err, STOA_E_LIMIT,
                         "expected at most %" PRIu64 " rows in a file, found more",
                         STOA_MAX_ROWS);
    return STOA_OK;
}

stoa_status stoa_row_group_write(struct stoa_file_writer *writer,
                                 struct stoa_encoded_group *group, stoa_error *err)
{
    struct stoa_kept_group kept = {.tail = NULL};
    struct stoa_buf tail;
    stoa_status status = STOA_OK;
    stoa_buf_init(&tail, SIZE_MAX / 4);
    STOA_TRY_CLEANUP(stoa_row_group_fits(writer, group->rows, group->blocks, err));
    STOA_TRY_CLEANUP(prepare(writer, group, &kept, err));
    make_tail(writer, group, &kept);
    STOA_TRY_CLEANUP(stoa_kept_group_pack(&kept, &tail, err));
    STOA_TRY_CLEANUP(
        stoa_file_output_write(&writer->output, group->body.data, group->body.size, err));
    STOA_TRY_CLEANUP(stoa_file_output_write(&writer->output, tail.data, tail.size, err));
    stoa_kept_group_add(writer, &kept);
cleanup:
    stoa_buf_done(&tail);
    stoa_kept_group_done(&kept);
    return status;
}
