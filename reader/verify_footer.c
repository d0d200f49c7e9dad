/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verify: the schema section, and what the footer says about columns. Schema section, name table
 * and field ids follow from the column records, so they are made again and compared byte by byte;
 * names must fill the heap from its start in column order [FMT-73]; sections may be followed by
 * zeros only.
 */
#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "common/checked.h"
#include "format/layout_schema.h"
#include "format/pack.h"
#include "reader/verify_state.h"

static stoa_status set_place(const struct stoa_verify *verify, stoa_status status,
                             const char *part, stoa_error *err)
{
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s: %s", verify->reader->file.name, part);
    return status;
}

/* Where two runs of bytes first differ; they do. */
static size_t first_difference(const uint8_t *a, const uint8_t *b, size_t size)
{
    size_t i = 0;
    while (i < size && a[i] == b[i])
        i++;
    return i;
}

/* ---- schema section ---- */

static stoa_status check_identity(const struct stoa_reader *reader, const uint8_t *bytes,
                                  size_t size, stoa_error *err)
{
    const struct stoa_hash128 expected = reader->header.identity;
    const struct stoa_hash128 found = stoa_hash128(bytes, size);
    if (stoa_checksum_holds(expected.low, found.low) &&
        stoa_checksum_holds(expected.high, found.high))
        return STOA_OK;
    return stoa_fail(err, STOA_E_CORRUPT,
                     "expected identity %016" PRIx64 "%016" PRIx64
                     ", found a schema section that gives %016" PRIx64 "%016" PRIx64,
                     expected.high, expected.low, found.high, found.low);
}

static stoa_status compare_schema(const struct stoa_buf *expected, const uint8_t *found,
                                  size_t size, stoa_error *err)
{
    if (expected->size != size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a schema section of %zu bytes, as the column records "
                         "say, found %zu",
                         expected->size, size);
    const size_t at = first_difference(expected->data, found, size);
    if (at < size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected byte %02x at offset %zu of the schema section, as the "
                         "column records say, found %02x",
                         expected->data[at], at, found[at]);
    return STOA_OK;
}

/* `schema` is NULL when the column records cannot be read. */
static stoa_status check_schema_section(struct stoa_reader *reader,
                                        const stoa_schema *schema, stoa_error *err)
{
    stoa_status status = STOA_OK;
    struct stoa_buf expected;
    struct stoa_buf found;
    uint64_t used = 0;
    const size_t size = (size_t)reader->header.schema_size; /* inside the file */
    stoa_buf_init(&expected, SIZE_MAX / 4);
    stoa_buf_init(&found, SIZE_MAX / 4);
    uint8_t *stored = stoa_alloc(size);
    if (!stored)
        return stoa_fail_memory(err, size);
    STOA_TRY_CLEANUP(stoa_io_read_at(&reader->file, STOA_HEADER_SIZE, stored, size, err));
    STOA_TRY_CLEANUP(stoa_schema_section_unpack(stored, size, &found, &used, err));
    if (used != size)
        STOA_TRY_CLEANUP(stoa_fail(err, STOA_E_CORRUPT,
                                   "expected a schema section of %zu bytes, found %" PRIu64,
                                   size, used));
    STOA_TRY_CLEANUP(check_identity(reader, found.data, found.size, err));
    if (schema) {
        STOA_TRY_CLEANUP(stoa_schema_section_append(schema, &expected, err));
        STOA_TRY_CLEANUP(compare_schema(&expected, found.data, found.size, err));
    }
cleanup:
    stoa_free(stored);
    stoa_buf_done(&found);
    stoa_buf_done(&expected);
    return status;
}

/* ---- names and field ids ---- */

static stoa_status compare_section(struct stoa_reader *reader, enum stoa_section_id id,
                                   const uint8_t *expected, stoa_error *err)
{
    const size_t size = (size_t)reader->sections[id].size;
    const uint8_t *found = NULL;
    STOA_TRY(stoa_section_get(reader, id, 0, size, &found, err));
    const size_t at = first_difference(expected, found, size);
    if (at < size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected byte %02x at offset %zu, as the column records say, "
                         "found %02x",
                         expected[at], at, found[at]);
    return STOA_OK;
}

static stoa_status check_names(struct stoa_reader *reader, const stoa_schema *schema,
                               stoa_error *err)
{
    const size_t size = (size_t)reader->sections[STOA_SECTION_NAMES].size;
    uint8_t *expected = stoa_alloc(size);
    if (!expected)
        return stoa_fail_memory(err, size);
    const uint32_t duplicate = stoa_name_table_fill(schema, expected);
    stoa_status status = STOA_OK;
    if (duplicate != STOA_NO_INDEX)
        status = stoa_fail(err, STOA_E_CORRUPT,
                           "expected unique column names, found \"%.200s\" twice",
                           schema->fields[duplicate].name);
    else
        status = compare_section(reader, STOA_SECTION_NAMES, expected, err);
    stoa_free(expected);
    return status;
}

/* [FMT-62] [FMT-65] The section is there exactly when it is needed. */
static stoa_status check_field_ids(struct stoa_reader *reader, const stoa_schema *schema,
                                   stoa_error *err)
{
    const size_t size = (size_t)reader->sections[STOA_SECTION_FIELD_IDS].size;
    const bool ascend = stoa_field_ids_ascend(schema);
    if (ascend != (size == 0))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a section of field ids exactly where they do not "
                         "ascend, found %zu bytes",
                         size);
    if (ascend)
        return STOA_OK;
    uint8_t *expected = stoa_alloc(size);
    if (!expected)
        return stoa_fail_memory(err, size);
    const uint32_t duplicate = stoa_field_ids_fill(schema, expected);
    stoa_status status = STOA_OK;
    if (duplicate != STOA_NO_INDEX)
        status = stoa_fail(err, STOA_E_CORRUPT,
                           "expected unique field ids, found %" PRIu32 " twice",
                           schema->fields[duplicate].id);
    else
        status = compare_section(reader, STOA_SECTION_FIELD_IDS, expected, err);
    stoa_free(expected);
    return status;
}

/* ---- column records ---- */

/* What the records of the columns before give. */
struct running {
    uint64_t name_offset;
    uint64_t dictionary_index;
};

/* Stored bytes and NULLs of a column as its block and dictionary records say. */
static stoa_status sum_column(struct stoa_reader *reader, uint32_t column,
                              uint64_t *out_stored, uint64_t *out_nulls, stoa_error *err)
{
    *out_stored = 0;
    *out_nulls = 0;
    for (uint32_t g = 0; g < reader->trailer.row_groups; g++) {
        struct stoa_block_site site;
        struct stoa_dictionary_record dictionary;
        STOA_TRY(stoa_site_find(reader, column, g, 0, &site, err));
        STOA_TRY(stoa_reader_dictionary_record(reader, &site, &dictionary, err));
        *out_stored += dictionary.stored_size;
        for (site.block = 0; site.block < site.group_record.blocks; site.block++) {
            struct stoa_block_record record;
            STOA_TRY(stoa_reader_block_record(reader, &site, &record, err));
            *out_stored += record.stored_size;
            *out_nulls += record.null_count;
        }
    }
    return STOA_OK;
}

static stoa_status check_column_sums(struct stoa_reader *reader, uint32_t column,
                                     const struct stoa_column_record *record,
                                     stoa_error *err)
{
    uint64_t stored = 0;
    uint64_t nulls = 0;
    STOA_TRY(sum_column(reader, column, &stored, &nulls, err));
    if (record->stored_size != stored || record->null_count != nulls)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected %" PRIu64 " stored bytes and %" PRIu64
                         " NULLs, as the blocks say, found %" PRIu64 " and %" PRIu64,
                         stored, nulls, record->stored_size, record->null_count);
    return STOA_OK;
}

static stoa_status check_column(struct stoa_reader *reader, uint32_t column,
                                struct running *running, stoa_error *err)
{
    struct stoa_column_record record;
    STOA_TRY(stoa_reader_column_record(reader, column, &record, err));
    const struct running expected = *running;
    running->name_offset = (uint64_t)record.name_offset + record.name_size;
    if (record.dictionary_index != STOA_NO_INDEX)
        running->dictionary_index =
            (uint64_t)record.dictionary_index + reader->trailer.row_groups;
    if (record.name_offset != expected.name_offset)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected the name at offset %" PRIu64
                         " of the heap, behind the one before, found %" PRIu32,
                         expected.name_offset, record.name_offset);
    if (record.dictionary_index != STOA_NO_INDEX &&
        record.dictionary_index != expected.dictionary_index)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected dictionary records from index %" PRIu64
                         " on, found %" PRIu32,
                         expected.dictionary_index, record.dictionary_index);
    return check_column_sums(reader, column, &record, err);
}

static stoa_status verify_columns(struct stoa_verify *verify, stoa_error *err)
{
    struct stoa_reader *reader = verify->reader;
    const uint64_t dictionaries =
        reader->sections[STOA_SECTION_DICTIONARIES].size / STOA_DICTIONARY_RECORD_SIZE;
    struct running running = {.name_offset = 0};
    for (uint32_t c = 0; c < reader->trailer.columns; c++) {
        const stoa_status status = check_column(reader, c, &running, err);
        if (status != STOA_OK)
            stoa_error_set_place(err, "%s: column %s", reader->file.name,
                                 stoa_reader_label(reader, c).text);
        STOA_TRY(stoa_verify_note(verify, status, err));
    }
    if (running.dictionary_index == dictionaries || verify->damaged_pages > 0)
        return STOA_OK;
    stoa_fail(err, STOA_E_CORRUPT,
              "expected %" PRIu64 " dictionary records, found %" PRIu64,
              running.dictionary_index, dictionaries);
    return stoa_verify_note(verify, set_place(verify, STOA_E_CORRUPT, "footer", err), err);
}

/* ---- padding ---- */

/* [FMT-62] Zeros between a section's end and the next multiple of 8. */
static stoa_status check_padding(struct stoa_reader *reader,
                                 const struct stoa_section *section, stoa_error *err)
{
    const uint64_t end = section->offset + section->size;
    const uint64_t size = stoa_align_up(end, STOA_PAYLOAD_ALIGN) - end;
    const uint8_t *bytes = NULL;
    STOA_TRY(stoa_stream_get(reader, end, size, &bytes, err));
    for (uint64_t i = 0; i < size; i++) {
        if (bytes[i] != 0)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "expected zeros behind section %" PRIu32 ", found byte %02x",
                             section->id, bytes[i]);
    }
    return STOA_OK;
}

static stoa_status verify_padding(struct stoa_verify *verify, stoa_error *err)
{
    for (uint32_t id = 1; id < STOA_SECTION_ID_LIMIT; id++) { /* left out: of size 0 */
        const stoa_status status =
            check_padding(verify->reader, &verify->reader->sections[id], err);
        STOA_TRY(stoa_verify_note(verify, set_place(verify, status, "footer", err), err));
    }
    return STOA_OK;
}

stoa_status stoa_verify_schema(struct stoa_verify *verify, stoa_error *err)
{
    struct stoa_reader *reader = verify->reader;
    const stoa_schema *schema = NULL;
    stoa_status status = stoa_reader_schema(reader, &schema, err);
    STOA_TRY(stoa_verify_note(verify, status, err));
    status = check_schema_section(reader, schema, err);
    STOA_TRY(
        stoa_verify_note(verify, set_place(verify, status, "schema section", err), err));
    if (schema) {
        status = check_names(reader, schema, err);
        STOA_TRY(
            stoa_verify_note(verify, set_place(verify, status, "name table", err), err));
        status = check_field_ids(reader, schema, err);
        STOA_TRY(
            stoa_verify_note(verify, set_place(verify, status, "field ids", err), err));
    }
    STOA_TRY(verify_columns(verify, err));
    return verify_padding(verify, err);
}
