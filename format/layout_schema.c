/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything in a file that follows from its schema and its counts alone: the schema section
 * (spec/format.md section 2.2), the name table and the field ids (5.3), and the sizes of the
 * sections of fixed records (5.1). The file writer writes what these functions give; the
 * reader's verify makes the same bytes again from the column records and compares.
 */
#include "format/layout_schema.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "common/checked.h"
#include "format/text.h"

enum { NODE_SCALAR = 1, NODE_NULLABLE = 1 };

static stoa_status check_name(const stoa_field *field, size_t column, stoa_error *err)
{
    const size_t size = strlen(field->name);
    if (size == 0 || size > STOA_MAX_NAME_BYTES)
        return stoa_fail(err, size == 0 ? STOA_E_COLUMN : STOA_E_LIMIT,
                         "expected a name of 1 to %d bytes for column %zu, found %zu bytes",
                         STOA_MAX_NAME_BYTES, column, size);
    if (!stoa_utf8_is_valid((const uint8_t *)field->name, size))
        return stoa_fail(err, STOA_E_ENCODING,
                         "expected a name in UTF-8 for column %zu, found other bytes",
                         column);
    return STOA_OK;
}

stoa_status stoa_schema_check(const stoa_schema *schema, stoa_error *err)
{
    if (schema->field_count == 0 || schema->field_count > STOA_MAX_COLUMNS)
        return stoa_fail(err, schema->field_count == 0 ? STOA_E_COLUMN : STOA_E_LIMIT,
                         "expected 1 to %d columns, found %zu", STOA_MAX_COLUMNS,
                         schema->field_count);
    for (size_t i = 0; i < schema->field_count; i++) {
        const stoa_field *field = &schema->fields[i];
        STOA_TRY(check_name(field, i, err));
        if (field->id == 0)
            return stoa_fail(err, STOA_E_COLUMN,
                             "expected a field id above 0 for column \"%.100s\", found 0",
                             field->name);
        if (!stoa_type_is_valid(field->type))
            return stoa_fail(err, STOA_E_TYPE,
                             "expected a known type for column \"%.100s\", found type id "
                             "%u with parameters %u and %u",
                             field->name, (unsigned)field->type.id,
                             (unsigned)field->type.precision, (unsigned)field->type.scale);
    }
    return STOA_OK;
}

static void node_write(const stoa_field *field, uint32_t name_offset, uint32_t name_size,
                       uint8_t *out)
{
    memset(out, 0, STOA_SCHEMA_NODE_SIZE);
    stoa_store_le32(out, field->id);
    stoa_store_le32(out + 4, STOA_NO_INDEX); /* [FMT-10] no parent */
    out[8] = NODE_SCALAR;
    out[9] = (uint8_t)field->type.id;
    out[10] = field->type.precision;
    out[11] = field->type.scale;
    out[12] = field->nullable ? NODE_NULLABLE : 0;
    stoa_store_le32(out + 16, name_offset);
    stoa_store_le32(out + 20, name_size);
}

static stoa_status check_names_size(const stoa_schema *schema, uint64_t *out_size,
                                    stoa_error *err)
{
    uint64_t size = 0;
    for (size_t i = 0; i < schema->field_count; i++)
        size += strlen(schema->fields[i].name);
    if (size > UINT32_MAX)
        return stoa_fail(err, STOA_E_LIMIT,
                         "expected at most %" PRIu32 " bytes of column names, found "
                         "%" PRIu64,
                         UINT32_MAX, size);
    *out_size = size;
    return STOA_OK;
}

stoa_status stoa_schema_section_append(const stoa_schema *schema, struct stoa_buf *out,
                                       stoa_error *err)
{
    uint64_t names_size = 0;
    STOA_TRY(check_names_size(schema, &names_size, err));
    STOA_TRY(stoa_buf_append_le32(out, (uint32_t)schema->field_count, err));
    STOA_TRY(stoa_buf_append_le32(out, (uint32_t)names_size, err));
    STOA_TRY(stoa_buf_append_le64(out, 0, err));
    uint32_t name_offset = 0;
    for (size_t i = 0; i < schema->field_count; i++) {
        const uint32_t name_size = (uint32_t)strlen(schema->fields[i].name);
        uint8_t node[STOA_SCHEMA_NODE_SIZE];
        node_write(&schema->fields[i], name_offset, name_size, node);
        STOA_TRY(stoa_buf_append(out, node, sizeof node, err));
        name_offset += name_size;
    }
    for (size_t i = 0; i < schema->field_count; i++)
        STOA_TRY(stoa_buf_append(out, schema->fields[i].name,
                                 strlen(schema->fields[i].name), err));
    return stoa_buf_align(out, STOA_PAYLOAD_ALIGN, err);
}

/* ---- reading a section ---- */

/* Where the parts of a section are; all of them inside it. */
struct section {
    const uint8_t *nodes;
    const uint8_t *names;
    uint32_t count;
    uint32_t names_size;
    uint64_t size; /* with padding */
};

static stoa_status find_section(const uint8_t *bytes, uint64_t left, struct section *out,
                                stoa_error *err)
{
    if (left < STOA_SCHEMA_HEADER_SIZE)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a schema section of %d bytes or more, found %" PRIu64,
                         STOA_SCHEMA_HEADER_SIZE, left);
    const uint32_t count = stoa_load_le32(bytes);
    const uint32_t names_size = stoa_load_le32(bytes + 4);
    const uint64_t used =
        STOA_SCHEMA_HEADER_SIZE + (uint64_t)count * STOA_SCHEMA_NODE_SIZE + names_size;
    const uint64_t size = stoa_align_up(used, STOA_PAYLOAD_ALIGN);
    if (count == 0 || count > STOA_MAX_COLUMNS || size > left ||
        stoa_load_le64(bytes + 8) != 0)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a schema section of 1 to %d columns within %" PRIu64
                         " bytes, found %" PRIu32 " columns in %" PRIu64,
                         STOA_MAX_COLUMNS, left, count, size);
    for (uint64_t i = used; i < size; i++) {
        if (bytes[i] != 0)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "expected zeros behind the column names, found other bytes");
    }
    *out = (struct section){
        .nodes = bytes + STOA_SCHEMA_HEADER_SIZE,
        .names = bytes + (used - names_size),
        .count = count,
        .names_size = names_size,
        .size = size,
    };
    return STOA_OK;
}

/* [FMT-10] The node's field; its name is copied to *names, which moves on. */
static stoa_status read_node(const struct section *section, uint32_t i, char **names,
                             stoa_field *out_field, stoa_error *err)
{
    const uint8_t *node = section->nodes + (uint64_t)i * STOA_SCHEMA_NODE_SIZE;
    const uint32_t name_offset = stoa_load_le32(node + 16);
    const uint32_t name_size = stoa_load_le32(node + 20);
    if (!stoa_range_fits(name_offset, name_size, section->names_size) || name_size == 0 ||
        name_size > STOA_MAX_NAME_BYTES ||
        memchr(section->names + name_offset, 0, name_size))
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected a name within %" PRIu32 " bytes for column %" PRIu32
                         ", found offset %" PRIu32 " and %" PRIu32 " bytes",
                         section->names_size, i, name_offset, name_size);
    if (stoa_load_le32(node + 4) != STOA_NO_INDEX || node[8] != NODE_SCALAR ||
        (node[12] & ~NODE_NULLABLE) != 0)
        return stoa_fail(
            err, STOA_E_CORRUPT,
            "expected a top-level scalar as column %" PRIu32 ", found another node", i);
    const stoa_field field = {
        .name = *names,
        .id = stoa_load_le32(node),
        .type = {.id = (stoa_type_id)node[9], .precision = node[10], .scale = node[11]},
        .nullable = (node[12] & NODE_NULLABLE) != 0,
    };
    memcpy(*names, section->names + name_offset, name_size);
    (*names)[name_size] = 0;
    *names += name_size + 1;
    *out_field = field;
    return STOA_OK;
}

/* Bytes that the copies of all names take. Names may share bytes of a hostile section, but no
 * name is longer than its limit. */
static uint64_t names_room(const struct section *section)
{
    uint64_t room = 0;
    for (uint32_t i = 0; i < section->count; i++) {
        const uint8_t *node = section->nodes + (uint64_t)i * STOA_SCHEMA_NODE_SIZE;
        const uint32_t size = stoa_load_le32(node + 20);
        room += (size < STOA_MAX_NAME_BYTES ? size : STOA_MAX_NAME_BYTES) + 1;
    }
    return room;
}

stoa_status stoa_schema_section_read(const uint8_t *bytes, uint64_t left,
                                     stoa_schema **out_schema, uint64_t *out_size,
                                     stoa_error *err)
{
    struct section section = {.count = 0};
    stoa_status status = STOA_OK;
    STOA_TRY(find_section(bytes, left, &section, err));
    const uint64_t room = names_room(&section);
    if (room > section.names_size + (uint64_t)section.count)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected %" PRIu32 " bytes of names, found names of %" PRIu64,
                         section.names_size, room - section.count);
    const size_t size =
        sizeof(stoa_schema) + section.count * sizeof(stoa_field) + (size_t)room;
    stoa_schema *schema = stoa_alloc(size);
    if (!schema)
        return stoa_fail_memory(err, size);
    stoa_field *fields = (stoa_field *)(schema + 1);
    char *names = (char *)(fields + section.count);
    for (uint32_t i = 0; i < section.count; i++)
        STOA_TRY_CLEANUP(read_node(&section, i, &names, &fields[i], err));
    *schema = (stoa_schema){.fields = fields, .field_count = section.count};
    status = stoa_schema_check(schema, err) == STOA_OK ? STOA_OK : STOA_E_CORRUPT;
    if (status != STOA_OK && err)
        err->status = status;
    STOA_TRY_CLEANUP(status);
    *out_schema = schema;
    *out_size = section.size;
    return STOA_OK;
cleanup:
    stoa_free(schema);
    return status;
}

/* ---- name table, field ids, sizes ---- */

uint32_t stoa_name_slots(uint32_t columns)
{
    uint32_t slots = 1;
    while (2 * slots < 3 * columns) /* at most 2^21 */
        slots *= 2;
    return slots;
}

/* Enters one column; false when an earlier one has its name. */
static bool enter_name(const stoa_schema *schema, uint32_t column, uint32_t slots,
                       uint8_t *out)
{
    const char *name = schema->fields[column].name;
    uint32_t slot = (uint32_t)stoa_hash64(name, strlen(name), 0) & (slots - 1);
    bool is_new = true;
    for (;; slot = (slot + 1) & (slots - 1)) { /* a third of the slots stays empty */
        const uint32_t other = stoa_load_le32(out + (size_t)slot * 4);
        if (other == STOA_NO_INDEX)
            break;
        is_new &= strcmp(schema->fields[other].name, name) != 0;
    }
    stoa_store_le32(out + (size_t)slot * 4, column);
    return is_new;
}

uint32_t stoa_name_table_fill(const stoa_schema *schema, uint8_t *out)
{
    const uint32_t columns = (uint32_t)schema->field_count;
    const uint32_t slots = stoa_name_slots(columns);
    uint32_t duplicate = STOA_NO_INDEX;
    memset(out, 0xff, (size_t)slots * 4);
    for (uint32_t i = 0; i < columns; i++) {
        if (!enter_name(schema, i, slots, out) && duplicate == STOA_NO_INDEX)
            duplicate = i;
    }
    return duplicate;
}

bool stoa_field_ids_ascend(const stoa_schema *schema)
{
    for (size_t i = 1; i < schema->field_count; i++) {
        if (schema->fields[i - 1].id >= schema->fields[i].id)
            return false;
    }
    return true;
}

static int compare_ids(const void *a, const void *b)
{
    const uint64_t left = stoa_load_le64(a);
    const uint64_t right = stoa_load_le64(b);
    const uint32_t left_id = (uint32_t)left;
    const uint32_t right_id = (uint32_t)right;
    if (left_id != right_id)
        return left_id < right_id ? -1 : 1;
    return (left > right) - (left < right); /* by column: qsort is not stable */
}

uint32_t stoa_field_ids_fill(const stoa_schema *schema, uint8_t *out)
{
    const size_t columns = schema->field_count;
    for (size_t i = 0; i < columns; i++) {
        stoa_store_le32(out + i * STOA_FIELD_ID_SIZE, schema->fields[i].id);
        stoa_store_le32(out + i * STOA_FIELD_ID_SIZE + 4, (uint32_t)i);
    }
    qsort(out, columns, STOA_FIELD_ID_SIZE, compare_ids);
    for (size_t i = 1; i < columns; i++) {
        const uint8_t *pair = out + i * STOA_FIELD_ID_SIZE;
        if (stoa_load_le32(pair) == stoa_load_le32(pair - STOA_FIELD_ID_SIZE))
            return stoa_load_le32(pair + 4);
    }
    return STOA_NO_INDEX;
}

/* [FMT-62]; no product can overflow: columns < 2^21, total blocks and row groups < 2^32. */
uint64_t stoa_section_fixed_size(enum stoa_section_id id, uint32_t columns,
                                 uint32_t row_groups, uint32_t total_blocks)
{
    const uint64_t sizes[STOA_SECTION_ID_LIMIT] = {
        [STOA_SECTION_BLOCKS] = (uint64_t)STOA_BLOCK_RECORD_SIZE * columns * total_blocks,
        [STOA_SECTION_GROUP_STATS] =
            row_groups > 1 && total_blocks > row_groups
                ? (uint64_t)STOA_STATS_RECORD_SIZE * columns * row_groups
                : 0,
        [STOA_SECTION_FILE_STATS] =
            total_blocks > 1 ? (uint64_t)STOA_STATS_RECORD_SIZE * columns : 0,
        [STOA_SECTION_COLUMNS] = (uint64_t)STOA_COLUMN_RECORD_SIZE * columns,
        [STOA_SECTION_NAMES] = (uint64_t)4 * stoa_name_slots(columns),
        [STOA_SECTION_GROUPS] = (uint64_t)STOA_GROUP_RECORD_SIZE * row_groups,
    };
    return sizes[id];
}
