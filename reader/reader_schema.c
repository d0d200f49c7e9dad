/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns by number, name and field id (spec/format.md sections 5.2 and 5.3), and the schema of
 * them all. A lookup touches one page of the name table, one column record and one name,
 * whatever the number of columns. Called by scans, by the dataset layer and by messages.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "common/checked.h"
#include "format/text.h"
#include "reader/reader_state.h"

static stoa_status set_column_place(const struct stoa_reader *reader, uint32_t column,
                                    stoa_status status, stoa_error *err)
{
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s: column %" PRIu32, reader->file.name, column);
    return status;
}

/* What a column's record must have in common with the rest of the file. */
static stoa_status check_column(const struct stoa_reader *reader,
                                const struct stoa_column_record *record, stoa_error *err)
{
    const uint64_t dictionaries =
        reader->sections[STOA_SECTION_DICTIONARIES].size / STOA_DICTIONARY_RECORD_SIZE;
    if (!stoa_range_fits(record->name_offset, record->name_size,
                         reader->sections[STOA_SECTION_HEAP].size))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a name within the %" PRIu64
                         " bytes of the heap, found offset %" PRIu32 " and %u bytes",
                         reader->sections[STOA_SECTION_HEAP].size, record->name_offset,
                         (unsigned)record->name_size);
    if (record->null_count > reader->trailer.rows)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected at most %" PRIu64 " NULLs, found %" PRIu64,
                         reader->trailer.rows, record->null_count);
    if (record->dictionary_index != STOA_NO_INDEX &&
        !stoa_range_fits(record->dictionary_index, reader->trailer.row_groups,
                         dictionaries))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected dictionary records within %" PRIu64
                         ", found index %" PRIu32,
                         dictionaries, record->dictionary_index);
    if (record->flags & STOA_COLUMN_HAS_SKETCH &&
        reader->trailer.columns > STOA_SKETCH_COLUMNS)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected no sketches beside more than %d columns, found one",
                         STOA_SKETCH_COLUMNS);
    if (record->flags & STOA_COLUMN_HAS_FILTERS &&
        (uint64_t)record->filters_offset * STOA_PAYLOAD_ALIGN >=
            reader->sections[STOA_SECTION_FILTERS].size)
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "expected filters within %" PRIu64 " bytes, found them at %" PRIu32 " times 8",
            reader->sections[STOA_SECTION_FILTERS].size, record->filters_offset);
    if (record->flags & STOA_COLUMN_HAS_ZONES &&
        (uint64_t)record->zones_offset * STOA_PAYLOAD_ALIGN >=
            reader->sections[STOA_SECTION_ZONES].size)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected zones within %" PRIu64 " bytes, found them at %" PRIu32
                         " times 8",
                         reader->sections[STOA_SECTION_ZONES].size, record->zones_offset);
    return STOA_OK;
}

stoa_status stoa_reader_column_record(struct stoa_reader *reader, uint32_t column,
                                      struct stoa_column_record *out_record,
                                      stoa_error *err)
{
    const uint8_t *bytes = NULL;
    struct stoa_column_record record;
    STOA_TRY(stoa_section_get(reader, STOA_SECTION_COLUMNS,
                              (uint64_t)column * STOA_COLUMN_RECORD_SIZE,
                              STOA_COLUMN_RECORD_SIZE, &bytes, err));
    stoa_status status = stoa_column_record_read(bytes, &record, err);
    if (status == STOA_OK)
        status = check_column(reader, &record, err);
    STOA_TRY(set_column_place(reader, column, status, err));
    *out_record = record;
    return STOA_OK;
}

/* ---- names ---- */

/* [FMT-10], and the hash that lookups go by. */
static stoa_status check_name(const struct stoa_column_record *record, const uint8_t *name,
                              stoa_error *err)
{
    const uint64_t hash = stoa_hash64(name, record->name_size, 0);
    if (!stoa_checksum_holds(record->name_hash, hash))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a name with hash %016" PRIx64 ", found %016" PRIx64,
                         record->name_hash, hash);
    if (memchr(name, 0, record->name_size) || !stoa_utf8_is_valid(name, record->name_size))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a name in UTF-8 without NUL, found other bytes");
    return STOA_OK;
}

/* The name of a column when it is kept already, or NULL. */
static const char *kept_name(const struct stoa_reader *reader, uint32_t column)
{
    struct stoa_reader_names *names = atomic_load_explicit(
        &reader->names[column / STOA_READER_NAMES], memory_order_acquire);
    return names ? atomic_load_explicit(&names->text[column % STOA_READER_NAMES],
                                        memory_order_acquire)
                 : NULL;
}

/* Stores a copy of a name; the lock is held. */
static stoa_status add_name(struct stoa_reader *reader, uint32_t column,
                            const uint8_t *bytes, size_t size, const char **out_name,
                            stoa_error *err)
{
    struct stoa_arena *arena = &reader->arena;
    _Atomic(struct stoa_reader_names *) *part = &reader->names[column / STOA_READER_NAMES];
    struct stoa_reader_names *names = atomic_load_explicit(part, memory_order_relaxed);
    if (!names) {
        names = stoa_arena_alloc_zeroed(arena, 1, sizeof *names);
        if (!names)
            return stoa_arena_fail(arena, sizeof *names, err);
        atomic_store_explicit(part, names, memory_order_release);
    }
    char *name = stoa_arena_strndup(arena, (const char *)bytes, size);
    if (!name)
        return stoa_arena_fail(arena, size + 1, err);
    atomic_store_explicit(&names->text[column % STOA_READER_NAMES], name,
                          memory_order_release);
    *out_name = name;
    return STOA_OK;
}

/* Keeps a copy of a checked name, once; the first one to come stores it. */
static stoa_status keep_name(struct stoa_reader *reader, uint32_t column,
                             const uint8_t *bytes, size_t size, const char **out_name,
                             stoa_error *err)
{
    stoa_status status = STOA_OK;
    pthread_mutex_lock(&reader->lock);
    const char *name = kept_name(reader, column);
    if (!name)
        status = add_name(reader, column, bytes, size, &name, err);
    pthread_mutex_unlock(&reader->lock);
    STOA_TRY(status);
    *out_name = name;
    return STOA_OK;
}

static stoa_status load_name(struct stoa_reader *reader, uint32_t column,
                             const struct stoa_column_record *record, const char **out_name,
                             stoa_error *err)
{
    const uint8_t *bytes = NULL;
    const char *known = kept_name(reader, column);
    if (known) {
        *out_name = known;
        return STOA_OK;
    }
    STOA_TRY(stoa_section_get(reader, STOA_SECTION_HEAP, record->name_offset,
                              record->name_size, &bytes, err));
    STOA_TRY(set_column_place(reader, column, check_name(record, bytes, err), err));
    return keep_name(reader, column, bytes, record->name_size, out_name, err);
}

stoa_status stoa_reader_field(struct stoa_reader *reader, uint32_t column,
                              stoa_field *out_field, stoa_error *err)
{
    struct stoa_column_record record;
    const char *name = NULL;
    if (column >= reader->trailer.columns)
        return stoa_fail(err, STOA_E_COLUMN,
                         "expected a column below %" PRIu32 ", found %" PRIu32,
                         reader->trailer.columns, column);
    STOA_TRY(stoa_reader_column_record(reader, column, &record, err));
    STOA_TRY(load_name(reader, column, &record, &name, err));
    *out_field = (stoa_field){
        .name = name,
        .id = record.field_id,
        .type = record.type,
        .nullable = (record.flags & STOA_COLUMN_NULLABLE) != 0,
    };
    return STOA_OK;
}

struct stoa_column_label stoa_reader_label(struct stoa_reader *reader, uint32_t column)
{
    struct stoa_column_label label;
    stoa_field field = {.name = NULL};
    if (stoa_reader_field(reader, column, &field, NULL) == STOA_OK)
        snprintf(label.text, sizeof label.text, "\"%.120s\"", field.name);
    else
        snprintf(label.text, sizeof label.text, "%" PRIu32, column);
    return label;
}

/* ---- lookups ---- */

/* Whether column `column` has this name. */
static stoa_status name_is(struct stoa_reader *reader, uint32_t column, const char *name,
                           size_t size, uint64_t hash, bool *out_is, stoa_error *err)
{
    struct stoa_column_record record;
    const uint8_t *bytes = NULL;
    if (column >= reader->trailer.columns) {
        stoa_fail(err, STOA_E_CORRUPT,
                  "expected columns below %" PRIu32 " in the name table, found %" PRIu32,
                  reader->trailer.columns, column);
        stoa_error_set_place(err, "%s: name table", reader->file.name);
        return STOA_E_CORRUPT;
    }
    STOA_TRY(stoa_reader_column_record(reader, column, &record, err));
    *out_is = false;
    if (record.name_hash != hash || record.name_size != size)
        return STOA_OK;
    STOA_TRY(
        stoa_section_get(reader, STOA_SECTION_HEAP, record.name_offset, size, &bytes, err));
    *out_is = memcmp(bytes, name, size) == 0;
    return STOA_OK;
}

/* [FMT-64]. The number of steps is bounded by the slots, should none of them be empty. */
stoa_status stoa_reader_find(struct stoa_reader *reader, const char *name, bool *out_found,
                             uint32_t *out_column, stoa_error *err)
{
    const size_t size = strlen(name);
    const uint64_t hash = stoa_hash64(name, size, 0);
    const uint64_t slots = reader->sections[STOA_SECTION_NAMES].size / 4; /* power of 2 */
    for (uint64_t i = 0; i < slots; i++) {
        const uint64_t slot = (hash + i) & (slots - 1);
        const uint8_t *bytes = NULL;
        bool is_it = false;
        STOA_TRY(stoa_section_get(reader, STOA_SECTION_NAMES, slot * 4, 4, &bytes, err));
        const uint32_t column = stoa_load_le32(bytes);
        if (column == STOA_NO_INDEX)
            break;
        STOA_TRY(name_is(reader, column, name, size, hash, &is_it, err));
        if (is_it) {
            *out_column = column;
            *out_found = true;
            return STOA_OK;
        }
    }
    *out_found = false;
    return STOA_OK;
}

/* Entry `i` of the columns in the order of field ids: from the section, or from the column
 * records where those ascend. */
static stoa_status field_id_at(struct stoa_reader *reader, uint32_t i, uint32_t *out_id,
                               uint32_t *out_column, stoa_error *err)
{
    const uint8_t *bytes = NULL;
    struct stoa_column_record record;
    if (reader->sections[STOA_SECTION_FIELD_IDS].size == 0) {
        STOA_TRY(stoa_reader_column_record(reader, i, &record, err));
        *out_id = record.field_id;
        *out_column = i;
        return STOA_OK;
    }
    STOA_TRY(stoa_section_get(reader, STOA_SECTION_FIELD_IDS,
                              (uint64_t)i * STOA_FIELD_ID_SIZE, STOA_FIELD_ID_SIZE, &bytes,
                              err));
    *out_id = stoa_load_le32(bytes);
    *out_column = stoa_load_le32(bytes + 4);
    if (*out_column >= reader->trailer.columns) {
        stoa_fail(err, STOA_E_CORRUPT,
                  "expected columns below %" PRIu32 " in the field ids, found %" PRIu32,
                  reader->trailer.columns, *out_column);
        stoa_error_set_place(err, "%s: field ids", reader->file.name);
        return STOA_E_CORRUPT;
    }
    return STOA_OK;
}

/* The first entry whose id is not below `field_id`, in [low, high). */
static stoa_status bisect_ids(struct stoa_reader *reader, uint32_t field_id, uint32_t low,
                              uint32_t high, uint32_t *out_entry, stoa_error *err)
{
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        uint32_t id = 0;
        uint32_t column = 0;
        STOA_TRY(field_id_at(reader, middle, &id, &column, err));
        if (id < field_id)
            low = middle + 1;
        else
            high = middle;
    }
    *out_entry = low;
    return STOA_OK;
}

stoa_status stoa_reader_find_id(struct stoa_reader *reader, uint32_t field_id,
                                bool *out_found, uint32_t *out_column, stoa_error *err)
{
    const uint32_t columns = reader->trailer.columns;
    uint32_t entry = field_id - 1; /* where it is when ids are 1, 2, 3, ... */
    uint32_t id = 0;
    uint32_t column = 0;
    if (entry < columns)
        STOA_TRY(field_id_at(reader, entry, &id, &column, err));
    if (entry >= columns || id != field_id) {
        STOA_TRY(bisect_ids(reader, field_id, 0, columns, &entry, err));
        if (entry < columns)
            STOA_TRY(field_id_at(reader, entry, &id, &column, err));
    }
    *out_found = entry < columns && id == field_id;
    if (*out_found)
        *out_column = column;
    return STOA_OK;
}

/* ---- the schema ---- */

static stoa_status make_schema(struct stoa_reader *reader, stoa_schema **out_schema,
                               stoa_error *err)
{
    stoa_status status = STOA_OK;
    const uint32_t columns = reader->trailer.columns;
    const size_t size = sizeof(stoa_schema) + columns * sizeof(stoa_field);
    stoa_schema *schema = stoa_alloc(size);
    if (!schema)
        return stoa_fail_memory(err, size);
    stoa_field *fields = (stoa_field *)(schema + 1);
    for (uint32_t i = 0; i < columns; i++)
        STOA_TRY_CLEANUP(stoa_reader_field(reader, i, &fields[i], err));
    *schema = (stoa_schema){.fields = fields, .field_count = columns};
    *out_schema = schema;
    return STOA_OK;
cleanup:
    stoa_free(schema);
    return status;
}

stoa_status stoa_reader_schema(struct stoa_reader *reader, const stoa_schema **out_schema,
                               stoa_error *err)
{
    const uint8_t *bytes = NULL;
    stoa_schema *schema = atomic_load_explicit(&reader->schema, memory_order_acquire);
    if (!schema) {
        stoa_schema *mine = NULL;
        /* All records by few reads; two threads at once make two schemas, one is kept. */
        STOA_TRY(stoa_section_get(reader, STOA_SECTION_COLUMNS, 0,
                                  reader->sections[STOA_SECTION_COLUMNS].size, &bytes,
                                  err));
        STOA_TRY(make_schema(reader, &mine, err));
        if (atomic_compare_exchange_strong(&reader->schema, &schema, mine))
            schema = mine;
        else
            stoa_free(mine);
    }
    *out_schema = schema;
    return STOA_OK;
}
