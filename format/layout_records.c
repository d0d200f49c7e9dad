/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fixed-size records of footer and tail to bytes and back (spec/format.md sections 5.2 to
 * 5.7). Called by the footer builder of the writer and by the reader. What a record can
 * contradict by itself is refused here; what needs a second record is the caller's to check.
 */
#include <inttypes.h>
#include <string.h>

#include "common/bits.h"
#include "format/layout.h"

/* Statistics as block and statistics records share them, from offset 29 on [FMT-71]. */
enum {
    CORE_MIN_SIZE = 29,
    CORE_MAX_SIZE = 30,
    CORE_FLAGS = 32,
    CORE_BOUNDS_OFFSET = 36,
    CORE_MIN_KEY = 40,
    CORE_MAX_KEY = 48,
    CORE_SUM = 56
};

static stoa_status expect_zero(const char *what, uint64_t value, stoa_error *err)
{
    if (value == 0)
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected zero in the reserved bytes of a %s record, found %" PRIx64,
                     what, value);
}

static void write_core(const struct stoa_stats_core *core, uint8_t *out)
{
    out[CORE_MIN_SIZE] = core->min_size;
    out[CORE_MAX_SIZE] = core->max_size;
    stoa_store_le16(out + CORE_FLAGS, core->flags);
    stoa_store_le32(out + CORE_BOUNDS_OFFSET, core->bounds_offset);
    stoa_store_le64(out + CORE_MIN_KEY, core->min_key);
    stoa_store_le64(out + CORE_MAX_KEY, core->max_key);
    memcpy(out + CORE_SUM, core->sum, sizeof core->sum);
}

static bool core_is_plausible(const struct stoa_stats_core *core)
{
    const bool has_bounds = core->flags & STOA_RECORD_HAS_BOUNDS;
    if (core->min_size > STOA_MAX_BOUND_BYTES || core->max_size > STOA_MAX_BOUND_BYTES)
        return false;
    if (!has_bounds)
        return (core->min_key | core->max_key | core->min_size | core->max_size |
                core->bounds_offset) == 0 &&
               (core->flags & (STOA_RECORD_MIN_EXACT | STOA_RECORD_MAX_EXACT |
                               STOA_RECORD_MAX_OPEN)) == 0;
    return core->min_key <= core->max_key;
}

/* [FMT-67] [FMT-83] */
static stoa_status read_core(const uint8_t *bytes, unsigned known_flags,
                             struct stoa_stats_core *core, stoa_error *err)
{
    core->min_size = bytes[CORE_MIN_SIZE];
    core->max_size = bytes[CORE_MAX_SIZE];
    core->flags = stoa_load_le16(bytes + CORE_FLAGS);
    core->bounds_offset = stoa_load_le32(bytes + CORE_BOUNDS_OFFSET);
    core->min_key = stoa_load_le64(bytes + CORE_MIN_KEY);
    core->max_key = stoa_load_le64(bytes + CORE_MAX_KEY);
    memcpy(core->sum, bytes + CORE_SUM, sizeof core->sum);
    STOA_TRY(expect_zero("statistics", bytes[31], err));
    STOA_TRY(expect_zero("statistics", stoa_load_le16(bytes + 34), err));
    if (core->flags & ~known_flags)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected flags within %04x in a statistics record, found %04x",
                         known_flags, (unsigned)core->flags);
    if (!core_is_plausible(core))
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "expected bounds that agree, found flags %04x, sizes %u and %u, keys "
            "%016" PRIx64 " and %016" PRIx64,
            (unsigned)core->flags, (unsigned)core->min_size, (unsigned)core->max_size,
            core->min_key, core->max_key);
    if (!(core->flags & STOA_RECORD_HAS_SUM))
        return expect_zero("statistics",
                           stoa_load_le64(core->sum) | stoa_load_le64(core->sum + 8), err);
    return STOA_OK;
}

void stoa_section_write(const struct stoa_section *section, uint8_t *out)
{
    stoa_store_le32(out, section->id);
    stoa_store_le32(out + 4, section->flags);
    stoa_store_le64(out + 8, section->offset);
    stoa_store_le64(out + 16, section->size);
}

void stoa_section_read(const uint8_t *bytes, struct stoa_section *out_section)
{
    *out_section = (struct stoa_section){
        .id = stoa_load_le32(bytes),
        .flags = stoa_load_le32(bytes + 4),
        .offset = stoa_load_le64(bytes + 8),
        .size = stoa_load_le64(bytes + 16),
    };
}

void stoa_column_record_write(const struct stoa_column_record *record, uint8_t *out)
{
    memset(out, 0, STOA_COLUMN_RECORD_SIZE);
    stoa_store_le64(out, record->name_hash);
    stoa_store_le32(out + 8, record->field_id);
    stoa_store_le32(out + 12, record->name_offset);
    stoa_store_le16(out + 16, record->name_size);
    out[18] = (uint8_t)record->type.id;
    out[19] = record->type.precision;
    out[20] = record->type.scale;
    out[21] = record->flags;
    stoa_store_le64(out + 24, record->stored_size);
    stoa_store_le64(out + 32, record->null_count);
    stoa_store_le32(out + 40, record->dictionary_index);
    stoa_store_le32(out + 48, record->zones_offset);
    stoa_store_le32(out + 52, record->sketch_offset);
    stoa_store_le32(out + 56, record->filters_offset);
}

static stoa_status check_column(const struct stoa_column_record *record, stoa_error *err)
{
    if (!stoa_type_is_valid(record->type))
        return stoa_fail(
            err, STOA_E_NEWER,
            "expected a known type, found type id %u with parameters %u and %u",
            (unsigned)record->type.id, (unsigned)record->type.precision,
            (unsigned)record->type.scale);
    if (record->name_size == 0 || record->name_size > STOA_MAX_NAME_BYTES)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a column name of 1 to %d bytes, found %u",
                         STOA_MAX_NAME_BYTES, (unsigned)record->name_size);
    if (record->field_id == 0)
        return stoa_fail(err, STOA_E_CORRUPT, "expected a field id above 0, found 0");
    if (record->flags & ~STOA_COLUMN_FLAGS)
        return stoa_fail(err, STOA_E_CORRUPT, "expected column flags below %d, found %u",
                         STOA_COLUMN_FLAGS + 1, (unsigned)record->flags);
    if (!(record->flags & STOA_COLUMN_HAS_ZONES) && record->zones_offset != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected no zones where no flag says so, found them at %" PRIu32,
                         record->zones_offset);
    if (!(record->flags & STOA_COLUMN_HAS_SKETCH) && record->sketch_offset != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected no sketch where no flag says so, found it at %" PRIu32,
                         record->sketch_offset);
    if (!(record->flags & STOA_COLUMN_HAS_FILTERS) && record->filters_offset != 0)
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "expected no filters where no flag says so, found them at %" PRIu32,
            record->filters_offset);
    const bool has_index = record->dictionary_index != STOA_NO_INDEX;
    if (has_index != ((record->flags & STOA_COLUMN_HAS_DICTIONARY) != 0))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a dictionary index where the flag says so, found index "
                         "%" PRIu32 " with flags %u",
                         record->dictionary_index, (unsigned)record->flags);
    if (!(record->flags & STOA_COLUMN_NULLABLE) && record->null_count != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected no NULLs in a column that is not nullable, found "
                         "%" PRIu64,
                         record->null_count);
    return STOA_OK;
}

stoa_status stoa_column_record_read(const uint8_t *bytes,
                                    struct stoa_column_record *out_record, stoa_error *err)
{
    const struct stoa_column_record record = {
        .name_hash = stoa_load_le64(bytes),
        .field_id = stoa_load_le32(bytes + 8),
        .name_offset = stoa_load_le32(bytes + 12),
        .name_size = stoa_load_le16(bytes + 16),
        .type = {.id = (stoa_type_id)bytes[18], .precision = bytes[19], .scale = bytes[20]},
        .flags = bytes[21],
        .stored_size = stoa_load_le64(bytes + 24),
        .null_count = stoa_load_le64(bytes + 32),
        .dictionary_index = stoa_load_le32(bytes + 40),
        .zones_offset = stoa_load_le32(bytes + 48),
        .sketch_offset = stoa_load_le32(bytes + 52),
        .filters_offset = stoa_load_le32(bytes + 56),
    };
    STOA_TRY(expect_zero("column", stoa_load_le16(bytes + 22), err));
    STOA_TRY(expect_zero("column", stoa_load_le32(bytes + 44), err));
    STOA_TRY(expect_zero("column", stoa_load_le32(bytes + 60), err));
    STOA_TRY(check_column(&record, err));
    *out_record = record;
    return STOA_OK;
}

void stoa_group_record_write(const struct stoa_group_record *record, uint8_t *out)
{
    stoa_store_le64(out, record->offset);
    stoa_store_le64(out + 8, record->size);
    stoa_store_le64(out + 16, record->first_row);
    stoa_store_le32(out + 24, record->rows);
    stoa_store_le32(out + 28, record->blocks);
    stoa_store_le32(out + 32, record->first_block);
    stoa_store_le32(out + 36, record->dictionaries);
    stoa_store_le64(out + 40, record->tail_size);
    stoa_store_le64(out + 48, record->seed);
    stoa_store_le64(out + 56, record->raw_size);
}

stoa_status stoa_group_record_read(const uint8_t *bytes,
                                   struct stoa_group_record *out_record, stoa_error *err)
{
    const struct stoa_group_record record = {
        .offset = stoa_load_le64(bytes),
        .size = stoa_load_le64(bytes + 8),
        .first_row = stoa_load_le64(bytes + 16),
        .rows = stoa_load_le32(bytes + 24),
        .blocks = stoa_load_le32(bytes + 28),
        .first_block = stoa_load_le32(bytes + 32),
        .dictionaries = stoa_load_le32(bytes + 36),
        .tail_size = stoa_load_le64(bytes + 40),
        .seed = stoa_load_le64(bytes + 48),
        .raw_size = stoa_load_le64(bytes + 56),
    };
    if (record.rows == 0 || record.rows > STOA_ROW_GROUP_ROWS ||
        record.blocks != stoa_group_blocks(record.rows))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected 1 to %d rows in blocks of %d, found %" PRIu32
                         " rows in %" PRIu32 " blocks",
                         STOA_ROW_GROUP_ROWS, STOA_BLOCK_ROWS, record.rows, record.blocks);
    if (record.offset % STOA_PAYLOAD_ALIGN != 0 || record.size % STOA_PAYLOAD_ALIGN != 0 ||
        record.tail_size % STOA_PAYLOAD_ALIGN != 0 ||
        record.tail_size < STOA_TAIL_END_SIZE || record.tail_size > record.size)
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "expected a row group at multiples of 8 with its tail, found offset "
            "%" PRIu64 ", %" PRIu64 " bytes, tail %" PRIu64,
            record.offset, record.size, record.tail_size);
    if (record.raw_size > STOA_MAX_ROW_GROUP_RAW && record.rows > 1)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected at most %zu raw bytes in a row group, found %" PRIu64,
                         STOA_MAX_ROW_GROUP_RAW, record.raw_size);
    *out_record = record;
    return STOA_OK;
}

void stoa_block_record_write(const struct stoa_block_record *record, uint8_t *out)
{
    memset(out, 0, STOA_BLOCK_RECORD_SIZE);
    stoa_store_le64(out, record->offset);
    stoa_store_le32(out + 8, record->stored_size);
    stoa_store_le32(out + 12, record->rows);
    stoa_store_le32(out + 16, record->null_count);
    stoa_store_le32(out + 20, record->nan_count);
    stoa_store_le32(out + 24, record->raw_size);
    out[28] = record->encoding;
    write_core(&record->core, out);
    stoa_store_le64(out + 72, record->checksum);
}

stoa_status stoa_block_record_read(const uint8_t *bytes,
                                   struct stoa_block_record *out_record, stoa_error *err)
{
    struct stoa_block_record record = {
        .offset = stoa_load_le64(bytes),
        .stored_size = stoa_load_le32(bytes + 8),
        .rows = stoa_load_le32(bytes + 12),
        .null_count = stoa_load_le32(bytes + 16),
        .nan_count = stoa_load_le32(bytes + 20),
        .raw_size = stoa_load_le32(bytes + 24),
        .encoding = bytes[28],
        .checksum = stoa_load_le64(bytes + 72),
    };
    STOA_TRY(read_core(bytes, STOA_RECORD_STATS_FLAGS | STOA_RECORD_USES_DICTIONARY,
                       &record.core, err));
    if (record.rows == 0 || record.rows > STOA_BLOCK_ROWS)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected 1 to %d rows in a block, found %" PRIu32,
                         STOA_BLOCK_ROWS, record.rows);
    /* [FMT-66] */
    if (record.null_count > record.rows ||
        record.nan_count > record.rows - record.null_count)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected NULLs and NaNs within %" PRIu32 " rows, found %" PRIu32
                         " and %" PRIu32,
                         record.rows, record.null_count, record.nan_count);
    if ((record.encoding == 0) != (record.null_count == record.rows))
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "expected encoding 0 exactly where all rows are NULL, found %u with "
            "%" PRIu32 " NULLs in %" PRIu32 " rows",
            (unsigned)record.encoding, record.null_count, record.rows);
    if (record.offset % STOA_PAYLOAD_ALIGN != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a payload at a multiple of 8, found offset %" PRIu64,
                         record.offset);
    *out_record = record;
    return STOA_OK;
}

void stoa_stats_record_write(const struct stoa_stats_record *record, uint8_t *out)
{
    memset(out, 0, STOA_STATS_RECORD_SIZE);
    stoa_store_le64(out, record->rows);
    stoa_store_le64(out + 8, record->null_count);
    stoa_store_le64(out + 16, record->nan_count);
    write_core(&record->core, out);
}

stoa_status stoa_stats_record_read(const uint8_t *bytes,
                                   struct stoa_stats_record *out_record, stoa_error *err)
{
    struct stoa_stats_record record = {
        .rows = stoa_load_le64(bytes),
        .null_count = stoa_load_le64(bytes + 8),
        .nan_count = stoa_load_le64(bytes + 16),
    };
    STOA_TRY(expect_zero("statistics", stoa_load_le32(bytes + 24) | bytes[28], err));
    STOA_TRY(expect_zero("statistics", stoa_load_le64(bytes + 72), err));
    STOA_TRY(read_core(bytes, STOA_RECORD_STATS_FLAGS, &record.core, err));
    if (record.rows > STOA_MAX_ROWS || record.null_count > record.rows ||
        record.nan_count > record.rows - record.null_count)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected NULLs and NaNs within %" PRIu64 " rows, found %" PRIu64
                         " and %" PRIu64,
                         record.rows, record.null_count, record.nan_count);
    *out_record = record;
    return STOA_OK;
}

void stoa_dictionary_record_write(const struct stoa_dictionary_record *record, uint8_t *out)
{
    memset(out, 0, STOA_DICTIONARY_RECORD_SIZE);
    stoa_store_le64(out, record->offset);
    stoa_store_le64(out + 8, record->checksum);
    stoa_store_le32(out + 16, record->stored_size);
    stoa_store_le32(out + 20, record->count);
    stoa_store_le32(out + 24, record->column);
    out[28] = record->encoding;
}

stoa_status stoa_dictionary_record_read(const uint8_t *bytes,
                                        struct stoa_dictionary_record *out_record,
                                        stoa_error *err)
{
    const struct stoa_dictionary_record record = {
        .offset = stoa_load_le64(bytes),
        .checksum = stoa_load_le64(bytes + 8),
        .stored_size = stoa_load_le32(bytes + 16),
        .count = stoa_load_le32(bytes + 20),
        .column = stoa_load_le32(bytes + 24),
        .encoding = bytes[28],
    };
    STOA_TRY(
        expect_zero("dictionary", (uint64_t)stoa_load_le16(bytes + 29) | bytes[31], err));
    const bool is_empty =
        (record.offset | record.checksum | record.stored_size | record.encoding) == 0;
    if (record.count > STOA_ROW_GROUP_ROWS || (record.count == 0 && !is_empty))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a dictionary of at most %d entries, found %" PRIu32
                         " in %" PRIu32 " bytes",
                         STOA_ROW_GROUP_ROWS, record.count, record.stored_size);
    if (record.offset % STOA_PAYLOAD_ALIGN != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a dictionary at a multiple of 8, found offset %" PRIu64,
                         record.offset);
    *out_record = record;
    return STOA_OK;
}
