/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tails: see tail.h. The order of the checks is that of trust: size and checksum, then counts
 * (so that every record lies inside the tail), then the seed, then record by record. Nothing is
 * allocated; a tail of n bytes is checked in O(n).
 */
#include "format/tail.h"

#include <inttypes.h>
#include <string.h>

#include "common/bits.h"
#include "common/checked.h"
#include "format/stats_record.h"

/* ---- records against their frame ---- */

stoa_status stoa_payload_place_check(uint64_t offset, uint32_t stored_size, uint64_t room,
                                     stoa_error *err)
{
    /* The limit bounds what one block of a hostile file can make a reader allocate. */
    if (!stoa_range_fits(offset, stored_size, room) || stored_size > STOA_MAX_PAYLOAD_BYTES)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a payload within %" PRIu64
                         " bytes and of at most %zu, found offset %" PRIu64 " and %" PRIu32
                         " bytes",
                         room, STOA_MAX_PAYLOAD_BYTES, offset, stored_size);
    return STOA_OK;
}

static stoa_status check_raw_size(const struct stoa_block_record *record,
                                  const struct stoa_block_frame *frame, stoa_error *err)
{
    const enum stoa_phys phys = stoa_type_phys(frame->type);
    const size_t width = phys == STOA_PHYS_BYTES ? 4 : stoa_phys_width(phys);
    const uint64_t raw =
        phys == STOA_PHYS_BOOL ? (frame->rows + 7) / 8 : (uint64_t)frame->rows * width;
    if (record->raw_size < raw || (record->raw_size != raw && phys != STOA_PHYS_BYTES))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected %" PRIu64 " raw bytes%s, found %" PRIu32, raw,
                         phys == STOA_PHYS_BYTES ? " or more" : "", record->raw_size);
    if (record->raw_size > frame->raw_size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected at most the row group's %" PRIu64
                         " raw bytes in a block, found %" PRIu32,
                         frame->raw_size, record->raw_size);
    return STOA_OK;
}

stoa_status stoa_block_record_check(const struct stoa_block_record *record,
                                    const struct stoa_block_frame *frame, stoa_error *err)
{
    if (record->rows != frame->rows)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected %" PRIu32 " rows in the block, found %" PRIu32,
                         frame->rows, record->rows);
    STOA_TRY(check_raw_size(record, frame, err));
    if (record->null_count > 0 && !frame->is_nullable)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected no NULLs in a column that is not nullable, found "
                         "%" PRIu32,
                         record->null_count);
    if (record->core.flags & STOA_RECORD_USES_DICTIONARY && !frame->has_dictionary)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected no use of a dictionary in a column without one, found "
                         "flags %04x",
                         (unsigned)record->core.flags);
    return stoa_payload_place_check(record->offset, record->stored_size, frame->room, err);
}

/* ---- the parts of a tail ---- */

static const uint8_t *block_bytes(const struct stoa_tail *tail, uint32_t column,
                                  uint32_t block)
{
    return tail->bytes +
           ((uint64_t)column * tail->end.blocks + block) * STOA_BLOCK_RECORD_SIZE;
}

static const uint8_t *dictionary_bytes(const struct stoa_tail *tail, uint32_t i)
{
    return tail->bytes +
           (uint64_t)tail->end.columns * tail->end.blocks * STOA_BLOCK_RECORD_SIZE +
           (uint64_t)i * STOA_DICTIONARY_RECORD_SIZE;
}

static enum stoa_phys phys_of(const struct stoa_tail *tail, uint32_t column)
{
    return stoa_type_phys(tail->schema->fields[column].type);
}

/* With these every product below is far from overflow. */
static stoa_status check_counts(const struct stoa_tail_end *end, const stoa_schema *schema,
                                uint64_t schema_hash, stoa_error *err)
{
    if (end->schema_hash != schema_hash || end->columns != schema->field_count)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the tail of %zu columns with schema %016" PRIx64
                         ", found %" PRIu32 " and %016" PRIx64,
                         schema->field_count, schema_hash, end->columns, end->schema_hash);
    if (end->rows == 0 || end->rows > STOA_ROW_GROUP_ROWS ||
        end->blocks != stoa_group_blocks(end->rows) || end->dictionaries > end->columns)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected 1 to %d rows in blocks of %d and at most one dictionary "
                         "a column, found %" PRIu32 " rows in %" PRIu32
                         " blocks and %" PRIu32 " dictionaries",
                         STOA_ROW_GROUP_ROWS, STOA_BLOCK_ROWS, end->rows, end->blocks,
                         end->dictionaries);
    return STOA_OK;
}

static stoa_status check_sizes(struct stoa_tail *tail, uint64_t size, stoa_error *err)
{
    const struct stoa_tail_end *end = &tail->end;
    tail->heap_start = (uint64_t)end->columns * end->blocks * STOA_BLOCK_RECORD_SIZE +
                       (uint64_t)end->dictionaries * STOA_DICTIONARY_RECORD_SIZE;
    if (tail->heap_start > size - STOA_TAIL_END_SIZE || size % STOA_PAYLOAD_ALIGN != 0 ||
        end->group_size % STOA_PAYLOAD_ALIGN != 0 || end->group_size < size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a tail of %" PRIu64
                         " bytes of records or more inside its row group, found "
                         "%" PRIu64 " bytes in %" PRIu64,
                         tail->heap_start, size, end->group_size);
    return STOA_OK;
}

static stoa_status check_seed(const struct stoa_tail *tail, stoa_error *err)
{
    const struct stoa_tail_end *end = &tail->end;
    const uint64_t found =
        stoa_group_seed(tail->bytes, end->tail_size - STOA_TAIL_END_SIZE,
                        (uint64_t)end->columns * end->blocks, end->dictionaries);
    if (stoa_checksum_holds(end->seed, found))
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected seed %016" PRIx64 ", found records that give %016" PRIx64,
                     end->seed, found);
}

/* ---- record by record ---- */

/* What has been passed of payloads and heap. */
struct walk {
    struct stoa_tail *tail;
    uint64_t room;       /* in front of the tail */
    uint64_t next;       /* where the next payload must begin */
    uint64_t heap_next;  /* where the next bounds must begin */
    uint32_t dictionary; /* next record not yet passed */
};

static stoa_status take_place(struct walk *walk, uint64_t offset, uint32_t stored_size,
                              stoa_error *err)
{
    if (offset != walk->next)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the payload at offset %" PRIu64
                         " of the row group, behind the one before, found %" PRIu64,
                         walk->next, offset);
    walk->next += stoa_align_up(stored_size, STOA_PAYLOAD_ALIGN);
    return STOA_OK;
}

/* The dictionary of the column, if the next record is one. */
static stoa_status check_dictionary(struct walk *walk, uint32_t column,
                                    bool *out_has_dictionary, stoa_error *err)
{
    const struct stoa_tail *tail = walk->tail;
    struct stoa_dictionary_record record;
    *out_has_dictionary = false;
    if (walk->dictionary == tail->end.dictionaries)
        return STOA_OK;
    STOA_TRY(stoa_dictionary_record_read(dictionary_bytes(tail, walk->dictionary), &record,
                                         err));
    if (record.column != column)
        return STOA_OK;
    if (record.count == 0 || record.count > tail->end.rows)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected 1 to %" PRIu32
                         " entries in the dictionary, found %" PRIu32,
                         tail->end.rows, record.count);
    STOA_TRY(stoa_payload_place_check(record.offset, record.stored_size, walk->room, err));
    STOA_TRY(take_place(walk, record.offset, record.stored_size, err));
    walk->dictionary++;
    *out_has_dictionary = true;
    return STOA_OK;
}

static stoa_status read_stats(const struct stoa_tail *tail, uint32_t column,
                              const struct stoa_block_record *record,
                              struct stoa_stats *out_stats, stoa_error *err)
{
    const enum stoa_phys phys = phys_of(tail, column);
    const size_t size = stoa_stats_bounds_size(phys, &record->core);
    const uint64_t heap_room = tail->end.tail_size - STOA_TAIL_END_SIZE - tail->heap_start;
    if (!stoa_range_fits(record->core.bounds_offset, size, heap_room))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected bounds within the %" PRIu64
                         " bytes of the heap, found %zu at offset %" PRIu32,
                         heap_room, size, record->core.bounds_offset);
    const uint8_t *bounds =
        size > 0 ? tail->bytes + tail->heap_start + record->core.bounds_offset : NULL;
    return stoa_stats_from_core(phys, record->rows, record->null_count, record->nan_count,
                                &record->core, bounds, out_stats, err);
}

/* [FMT-45] The heap holds the bounds in record order, without gaps. */
static stoa_status check_bounds(struct walk *walk, uint32_t column,
                                const struct stoa_block_record *record, stoa_error *err)
{
    struct stoa_stats stats;
    const size_t size = stoa_stats_bounds_size(phys_of(walk->tail, column), &record->core);
    const uint64_t expected = size > 0 ? walk->heap_next : 0;
    if (record->core.bounds_offset != expected)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected bounds at offset %" PRIu64
                         " of the tail's heap, found %" PRIu32,
                         expected, record->core.bounds_offset);
    walk->heap_next += size;
    return read_stats(walk->tail, column, record, &stats, err);
}

static stoa_status check_block(struct walk *walk, uint32_t column, uint32_t block,
                               bool has_dictionary, bool *uses_dictionary, stoa_error *err)
{
    const struct stoa_tail *tail = walk->tail;
    const stoa_field *field = &tail->schema->fields[column];
    const struct stoa_block_frame frame = {
        .type = field->type,
        .is_nullable = field->nullable,
        .has_dictionary = has_dictionary,
        .rows = stoa_block_rows(tail->end.rows, block),
        .raw_size = UINT64_MAX,
        .room = walk->room,
    };
    struct stoa_block_record record;
    STOA_TRY(stoa_block_record_read(block_bytes(tail, column, block), &record, err));
    STOA_TRY(stoa_block_record_check(&record, &frame, err));
    STOA_TRY(take_place(walk, record.offset, record.stored_size, err));
    STOA_TRY(check_bounds(walk, column, &record, err));
    walk->tail->raw_size += record.raw_size;
    *uses_dictionary |= (record.core.flags & STOA_RECORD_USES_DICTIONARY) != 0;
    return STOA_OK;
}

static stoa_status check_column(struct walk *walk, uint32_t column, stoa_error *err)
{
    bool has_dictionary = false;
    bool uses_dictionary = false;
    STOA_TRY(check_dictionary(walk, column, &has_dictionary, err));
    for (uint32_t b = 0; b < walk->tail->end.blocks; b++)
        STOA_TRY(check_block(walk, column, b, has_dictionary, &uses_dictionary, err));
    if (has_dictionary != uses_dictionary)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a dictionary exactly where a block uses it, found an "
                         "unused one");
    return STOA_OK;
}

/* What is left when all columns have been passed. */
static stoa_status check_rest(struct walk *walk, stoa_error *err)
{
    struct stoa_tail *tail = walk->tail;
    const uint64_t heap_room = tail->end.tail_size - STOA_TAIL_END_SIZE - tail->heap_start;
    if (walk->next != walk->room || walk->dictionary != tail->end.dictionaries)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected payloads up to the tail at offset %" PRIu64
                         " and %" PRIu32 " dictionaries, found their end at %" PRIu64
                         " and %" PRIu32,
                         walk->room, tail->end.dictionaries, walk->next, walk->dictionary);
    if (stoa_align_up(walk->heap_next, STOA_PAYLOAD_ALIGN) != heap_room)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected %" PRIu64 " bytes of bounds in the tail's heap of "
                         "%" PRIu64,
                         walk->heap_next, heap_room);
    for (uint64_t i = walk->heap_next; i < heap_room; i++) {
        if (tail->bytes[tail->heap_start + i] != 0)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "expected zeros behind the tail's heap, found other bytes");
    }
    if (tail->raw_size > STOA_MAX_ROW_GROUP_RAW && tail->end.rows > 1)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected at most %zu raw bytes in a row group, found %" PRIu64,
                         STOA_MAX_ROW_GROUP_RAW, tail->raw_size);
    tail->heap_size = walk->heap_next;
    return STOA_OK;
}

stoa_status stoa_tail_open(const uint8_t *bytes, uint64_t size, const stoa_schema *schema,
                           uint64_t schema_hash, struct stoa_tail *out_tail,
                           stoa_error *err)
{
    struct stoa_tail tail = {.bytes = bytes, .schema = schema};
    STOA_TRY(stoa_tail_end_read(bytes, size, &tail.end, err));
    STOA_TRY(check_counts(&tail.end, schema, schema_hash, err));
    STOA_TRY(check_sizes(&tail, size, err));
    STOA_TRY(check_seed(&tail, err));
    struct walk walk = {.tail = &tail, .room = tail.end.group_size - size};
    for (uint32_t c = 0; c < tail.end.columns; c++)
        STOA_TRY(check_column(&walk, c, err));
    STOA_TRY(check_rest(&walk, err));
    *out_tail = tail;
    return STOA_OK;
}

/* ---- what is in it ---- */

void stoa_tail_block(const struct stoa_tail *tail, uint32_t column, uint32_t block,
                     struct stoa_block_record *out_record)
{
    const stoa_status status =
        stoa_block_record_read(block_bytes(tail, column, block), out_record, NULL);
    STOA_UNUSED(status); /* checked by stoa_tail_open */
}

stoa_status stoa_tail_stats(const struct stoa_tail *tail, uint32_t column, uint32_t block,
                            struct stoa_stats *out_stats, stoa_error *err)
{
    struct stoa_block_record record;
    stoa_tail_block(tail, column, block, &record);
    return read_stats(tail, column, &record, out_stats, err);
}

void stoa_tail_dictionary(const struct stoa_tail *tail, uint32_t i,
                          struct stoa_dictionary_record *out_record)
{
    const stoa_status status =
        stoa_dictionary_record_read(dictionary_bytes(tail, i), out_record, NULL);
    STOA_UNUSED(status);
}

/* [FMT-40] */
bool stoa_tail_next(const struct stoa_tail *tail, struct stoa_tail_cursor *cursor,
                    struct stoa_tail_payload *out_payload)
{
    if (cursor->column == tail->end.columns)
        return false;
    if (!cursor->has_passed_dictionary) {
        cursor->has_passed_dictionary = true;
        struct stoa_dictionary_record record = {.column = STOA_NO_INDEX};
        if (cursor->dictionary < tail->end.dictionaries)
            stoa_tail_dictionary(tail, cursor->dictionary, &record);
        if (record.column == cursor->column) {
            cursor->dictionary++;
            *out_payload = (struct stoa_tail_payload){.column = cursor->column,
                                                      .block = STOA_DICTIONARY_NUMBER,
                                                      .offset = record.offset,
                                                      .stored_size = record.stored_size,
                                                      .checksum = record.checksum};
            return true;
        }
    }
    struct stoa_block_record record;
    stoa_tail_block(tail, cursor->column, cursor->block, &record);
    *out_payload = (struct stoa_tail_payload){.column = cursor->column,
                                              .block = cursor->block,
                                              .offset = record.offset,
                                              .stored_size = record.stored_size,
                                              .checksum = record.checksum};
    if (++cursor->block == tail->end.blocks) {
        cursor->block = 0;
        cursor->column++;
        cursor->has_passed_dictionary = false;
    }
    return true;
}

stoa_status stoa_tail_check_payload(const struct stoa_tail *tail,
                                    const struct stoa_tail_payload *payload,
                                    const uint8_t *bytes, stoa_error *err)
{
    const size_t padded = stoa_align_up(payload->stored_size, STOA_PAYLOAD_ALIGN);
    const uint64_t seed = stoa_payload_seed(tail->schema->fields[payload->column].id,
                                            payload->block, tail->end.seed);
    const uint64_t found = stoa_hash64(bytes, padded, seed);
    if (!stoa_checksum_holds(payload->checksum, found))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected checksum %016" PRIx64
                         ", found bytes that give %016" PRIx64,
                         payload->checksum, found);
    for (size_t i = payload->stored_size; i < padded; i++) {
        if (bytes[i] != 0)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "expected zeros behind the payload, found other bytes");
    }
    return STOA_OK;
}
