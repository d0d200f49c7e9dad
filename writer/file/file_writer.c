/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file writer's life: create (header and schema section), append (check, cut, buffer; a
 * full row group is encoded and written at once), finish (last row group, footer, trailer). See
 * file_writer.h for the contract and writer_state.h for who does what.
 *
 * Rows are checked here, before they are buffered, because a file that our own reader refuses
 * must never come into being.
 */
#include "writer/file/file_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "format/layout_schema.h"
#include "format/pack.h"
#include "format/text.h"
#include "writer/file/writer_state.h"

/* ---- create ---- */

/* Copies fields and names of a checked schema. */
static stoa_status copy_schema(struct stoa_file_writer *writer, const stoa_schema *schema,
                               stoa_error *err)
{
    const size_t count = schema->field_count;
    size_t names_size = 0;
    for (size_t i = 0; i < count; i++)
        names_size += strlen(schema->fields[i].name) + 1;
    writer->fields = stoa_alloc_array(count, sizeof *writer->fields);
    writer->names = stoa_alloc(names_size);
    if (!writer->fields || !writer->names)
        return stoa_fail_memory(err, count * sizeof *writer->fields + names_size);
    char *name = writer->names;
    for (size_t i = 0; i < count; i++) {
        const size_t size = strlen(schema->fields[i].name) + 1;
        memcpy(name, schema->fields[i].name, size);
        writer->fields[i] = schema->fields[i];
        writer->fields[i].name = name;
        name += size;
    }
    writer->schema = (stoa_schema){.fields = writer->fields, .field_count = count};
    return STOA_OK;
}

static stoa_status check_unique_names(struct stoa_file_writer *writer, stoa_error *err)
{
    const size_t size = (size_t)4 * stoa_name_slots((uint32_t)writer->schema.field_count);
    writer->name_table = stoa_alloc(size);
    if (!writer->name_table)
        return stoa_fail_memory(err, size);
    const uint32_t duplicate = stoa_name_table_fill(&writer->schema, writer->name_table);
    if (duplicate != STOA_NO_INDEX)
        return stoa_fail(err, STOA_E_COLUMN,
                         "expected unique column names, found \"%.200s\" twice",
                         writer->fields[duplicate].name);
    return STOA_OK;
}

static stoa_status check_unique_ids(const struct stoa_file_writer *writer, stoa_error *err)
{
    if (stoa_field_ids_ascend(&writer->schema))
        return STOA_OK;
    const size_t size = writer->schema.field_count * (size_t)STOA_FIELD_ID_SIZE;
    uint8_t *pairs = stoa_alloc(size);
    if (!pairs)
        return stoa_fail_memory(err, size);
    const uint32_t duplicate = stoa_field_ids_fill(&writer->schema, pairs);
    stoa_free(pairs);
    if (duplicate != STOA_NO_INDEX)
        return stoa_fail(err, STOA_E_COLUMN,
                         "expected unique field ids, found id %" PRIu32
                         " of column \"%.200s\" twice",
                         writer->fields[duplicate].id, writer->fields[duplicate].name);
    return STOA_OK;
}

static stoa_status allocate_columns(struct stoa_file_writer *writer, stoa_error *err)
{
    const size_t count = writer->schema.field_count;
    writer->columns = stoa_alloc_array(count, sizeof *writer->columns);
    writer->stats = stoa_alloc_array(count, sizeof *writer->stats);
    writer->stored_bytes = stoa_alloc_zeroed(count, sizeof *writer->stored_bytes);
    writer->has_dictionary = stoa_alloc_zeroed(count, sizeof *writer->has_dictionary);
    writer->has_zones = stoa_alloc_zeroed(count, sizeof *writer->has_zones);
    writer->has_filters = stoa_alloc_zeroed(count, sizeof *writer->has_filters);
    if (!writer->columns || !writer->stats || !writer->stored_bytes ||
        !writer->has_dictionary || !writer->has_zones || !writer->has_filters) {
        stoa_free(writer->columns); /* nothing in it is initialised yet */
        writer->columns = NULL;
        return stoa_fail_memory(err,
                                count * (sizeof *writer->columns + sizeof *writer->stats));
    }
    for (size_t i = 0; i < count; i++) {
        const enum stoa_phys phys = stoa_type_phys(writer->fields[i].type);
        stoa_column_builder_init(&writer->columns[i], phys);
        stoa_stats_init(&writer->stats[i], phys);
    }
    return STOA_OK;
}

/* Header and schema section in one write. */
static stoa_status write_head(struct stoa_file_writer *writer, stoa_error *err)
{
    struct stoa_buf head;
    struct stoa_buf section;
    stoa_status status = STOA_OK;
    stoa_buf_init(&head, SIZE_MAX / 4);
    stoa_buf_init(&section, SIZE_MAX / 4);
    STOA_TRY_CLEANUP(stoa_buf_append_zeros(&head, STOA_HEADER_SIZE, err));
    STOA_TRY_CLEANUP(stoa_schema_section_append(&writer->schema, &section, err));
    STOA_TRY_CLEANUP(stoa_schema_section_pack(section.data, section.size,
                                              writer->schema.field_count, &head, err));
    writer->schema_size = head.size - STOA_HEADER_SIZE;
    writer->identity = stoa_hash128(section.data, section.size);
    const struct stoa_header header = {
        .identity = writer->identity,
        .schema_size = writer->schema_size,
    };
    stoa_header_write(&header, head.data);
    STOA_TRY_CLEANUP(stoa_file_output_write(&writer->output, head.data, head.size, err));
cleanup:
    stoa_buf_done(&head);
    stoa_buf_done(&section);
    return status;
}

static stoa_status copy_filters(struct stoa_file_writer *writer, const bool *filters,
                                stoa_error *err)
{
    const size_t count = writer->schema.field_count;
    if (!filters)
        return STOA_OK;
    writer->wants_filter = stoa_alloc_array(count, sizeof *filters);
    if (!writer->wants_filter)
        return stoa_fail_memory(err, count * sizeof *filters);
    memcpy(writer->wants_filter, filters, count * sizeof *filters);
    return STOA_OK;
}

stoa_status stoa_file_writer_create(const struct stoa_file *file, const stoa_schema *schema,
                                    const struct stoa_file_writer_options *options,
                                    struct stoa_file_writer **out_writer, stoa_error *err)
{
    stoa_status status = STOA_OK;
    struct stoa_file_writer *writer = stoa_alloc_zeroed(1, sizeof *writer);
    if (!writer)
        return stoa_fail_memory(err, sizeof *writer);
    writer->profile = options->profile;
    writer->keeps_sketches = options->keeps_sketches;
    writer->pool = options->pool;
    STOA_TRY_CLEANUP(stoa_schema_check(schema, err));
    STOA_TRY_CLEANUP(stoa_file_output_init(&writer->output, file, err));
    STOA_TRY_CLEANUP(copy_schema(writer, schema, err));
    STOA_TRY_CLEANUP(check_unique_names(writer, err));
    STOA_TRY_CLEANUP(check_unique_ids(writer, err));
    STOA_TRY_CLEANUP(allocate_columns(writer, err));
    STOA_TRY_CLEANUP(copy_filters(writer, options->filters, err));
    stoa_cut_init(&writer->cut, &writer->schema);
    STOA_TRY_CLEANUP(write_head(writer, err));
    *out_writer = writer;
    return STOA_OK;
cleanup:
    stoa_error_set_place(err, "%s", file->name);
    stoa_file_writer_free(writer);
    return status;
}

void stoa_file_writer_free(struct stoa_file_writer *writer)
{
    if (!writer)
        return;
    for (size_t i = 0; writer->columns && i < writer->schema.field_count; i++)
        stoa_column_builder_done(&writer->columns[i]);
    for (uint32_t g = 0; g < writer->group_count; g++)
        stoa_kept_group_done(&writer->groups[g]);
    stoa_free(writer->groups);
    stoa_free(writer->columns);
    stoa_free(writer->stats);
    stoa_free(writer->stored_bytes);
    stoa_free(writer->has_dictionary);
    stoa_free(writer->has_zones);
    stoa_free(writer->has_filters);
    stoa_free(writer->wants_filter);
    stoa_free(writer->sketches);
    stoa_free(writer->name_table);
    stoa_free(writer->names);
    stoa_free(writer->fields);
    stoa_file_output_done(&writer->output);
    stoa_free(writer);
}

const stoa_schema *stoa_file_writer_schema(const struct stoa_file_writer *writer)
{
    return &writer->schema;
}

/* ---- checking rows ---- */

/* Sets the place to the column and the row's number in the file. */
static void set_row_place(const struct stoa_file_writer *writer, size_t column,
                          uint32_t row, stoa_error *err)
{
    stoa_error_set_place(err, "%s: column \"%s\", row %" PRIu64, writer->output.file->name,
                         writer->fields[column].name,
                         writer->rows + writer->cut.rows + row);
}

static bool is_null(const struct stoa_column *column, uint32_t row)
{
    return column->validity && !stoa_bit_get(column->validity, row);
}

static stoa_status check_not_null(const struct stoa_file_writer *writer, size_t c,
                                  const struct stoa_column *column, uint32_t rows,
                                  stoa_error *err)
{
    if (!column->validity || writer->fields[c].nullable)
        return STOA_OK;
    for (uint32_t row = 0; row < rows; row++) {
        if (!is_null(column, row))
            continue;
        stoa_fail(err, STOA_E_BAD_VALUE,
                  "expected a value in a column that is not nullable, found NULL");
        set_row_place(writer, c, row, err);
        return STOA_E_BAD_VALUE;
    }
    return STOA_OK;
}

/* A well-formed run of texts of which none begins inside a character is a run of well-formed
 * texts: one pass over the bytes and one look at each text's first byte. */
static bool texts_are_utf8(const struct stoa_column *column, uint32_t rows)
{
    const uint8_t *bytes = column->bytes + column->offsets[0];
    const size_t size = column->offsets[rows] - column->offsets[0];
    if (stoa_kernels_best()->is_ascii(bytes, size))
        return true;
    if (!stoa_utf8_is_valid(bytes, size))
        return false;
    for (uint32_t row = 0; row < rows; row++) {
        const struct stoa_view text = stoa_column_view(column, row);
        if (text.length > 0 && (text.data[0] & 0xC0) == 0x80)
            return false;
    }
    return true;
}

static stoa_status check_text(const struct stoa_view text, bool is_utf8, stoa_error *err)
{
    if (text.length > STOA_MAX_VALUE_BYTES)
        return stoa_fail(err, STOA_E_TOO_LONG,
                         "expected a value of at most %zu bytes, found %" PRIu32,
                         STOA_MAX_VALUE_BYTES, text.length);
    const size_t valid =
        is_utf8 ? stoa_utf8_valid_prefix(text.data, text.length) : text.length;
    if (valid < text.length)
        return stoa_fail(err, STOA_E_ENCODING,
                         "expected UTF-8, found byte %02x at offset %zu of the value",
                         text.data[valid], valid);
    return STOA_OK;
}

static stoa_status check_texts(const struct stoa_file_writer *writer, size_t c,
                               const struct stoa_column *column, uint32_t rows,
                               stoa_error *err)
{
    const bool is_utf8 = writer->fields[c].type.id == STOA_TYPE_TEXT;
    const uint32_t size = column->offsets[rows] - column->offsets[0];
    if (size == 0 ||
        (size <= STOA_MAX_VALUE_BYTES && (!is_utf8 || texts_are_utf8(column, rows))))
        return STOA_OK;
    for (uint32_t row = 0; row < rows; row++) { /* finds the one, or it is behind a NULL */
        if (is_null(column, row))
            continue;
        const stoa_status status = check_text(stoa_column_view(column, row), is_utf8, err);
        if (status != STOA_OK) {
            set_row_place(writer, c, row, err);
            return status;
        }
    }
    return STOA_OK;
}

static stoa_status check_columns(const struct stoa_file_writer *writer,
                                 const struct stoa_column *columns, uint32_t rows,
                                 stoa_error *err)
{
    for (size_t c = 0; c < writer->schema.field_count; c++) {
        assert(columns[c].phys == writer->columns[c].phys && columns[c].length >= rows);
        STOA_TRY(check_not_null(writer, c, &columns[c], rows, err));
        if (columns[c].phys == STOA_PHYS_BYTES)
            STOA_TRY(check_texts(writer, c, &columns[c], rows, err));
    }
    return STOA_OK;
}

/* ---- buffering ---- */

/* Texts behind NULLs count nothing [FMT-4], so they must not take memory either. */
static stoa_status buffer_without_hidden_text(struct stoa_column_builder *builder,
                                              const struct stoa_column *column,
                                              uint32_t first, uint32_t count,
                                              stoa_error *err)
{
    for (uint32_t row = first; row < first + count; row++) {
        const struct stoa_value value = stoa_column_get(column, row);
        STOA_TRY(stoa_column_builder_append(builder, &value, err));
    }
    return STOA_OK;
}

static stoa_status buffer_rows(struct stoa_file_writer *writer,
                               const struct stoa_column *columns, uint32_t first,
                               uint32_t count, stoa_error *err)
{
    for (size_t c = 0; c < writer->schema.field_count; c++) {
        const struct stoa_column *column = &columns[c];
        struct stoa_column_builder *builder = &writer->columns[c];
        if (column->phys == STOA_PHYS_BYTES &&
            stoa_cut_text_size(column, first, count) !=
                column->offsets[first + count] - column->offsets[first])
            STOA_TRY(buffer_without_hidden_text(builder, column, first, count, err));
        else
            STOA_TRY(stoa_column_builder_append_rows(builder, column, first, count, err));
    }
    return STOA_OK;
}

stoa_status stoa_file_writer_flush(struct stoa_file_writer *writer, stoa_error *err)
{
    struct stoa_encoded_group group;
    stoa_status status = STOA_OK;
    if (writer->cut.rows == 0)
        return STOA_OK;
    stoa_encoded_group_init(&group);
    STOA_TRY_CLEANUP(stoa_row_group_encode(writer, &group, err));
    STOA_TRY_CLEANUP(stoa_row_group_write(writer, &group, err));
    for (size_t c = 0; c < writer->schema.field_count; c++)
        stoa_column_builder_clear(&writer->columns[c]);
    stoa_cut_reset(&writer->cut);
cleanup:
    stoa_encoded_group_done(&group);
    return status;
}

static stoa_status append_rows(struct stoa_file_writer *writer,
                               const struct stoa_column *columns, uint32_t rows,
                               stoa_error *err)
{
    uint32_t done = 0;
    STOA_TRY(check_columns(writer, columns, rows, err));
    while (done < rows) {
        const uint32_t taken = stoa_cut_take(&writer->cut, columns,
                                             writer->schema.field_count, done, rows - done);
        STOA_TRY(buffer_rows(writer, columns, done, taken, err));
        done += taken;
        if (done < rows)
            STOA_TRY(stoa_file_writer_flush(writer, err));
    }
    return STOA_OK;
}

stoa_status stoa_file_writer_append(struct stoa_file_writer *writer,
                                    const struct stoa_column *columns, uint32_t rows,
                                    stoa_error *err)
{
    assert(!writer->is_finished && !writer->has_failed);
    const stoa_status status = append_rows(writer, columns, rows, err);
    if (status != STOA_OK) {
        writer->has_failed = true;
        stoa_error_set_place(err, "%s", writer->output.file->name);
    }
    return status;
}

size_t stoa_file_writer_memory(const struct stoa_file_writer *writer)
{
    size_t size = writer->kept_bytes;
    for (size_t c = 0; c < writer->schema.field_count; c++) {
        const struct stoa_column_builder *builder = &writer->columns[c];
        const size_t rows = builder->row_capacity;
        const size_t bits = builder->phys == STOA_PHYS_BOOL ? 2 * rows : rows;
        const size_t width =
            builder->phys == STOA_PHYS_BYTES ? 4 : stoa_phys_width(builder->phys);
        size += bits / 8 + rows * width + builder->byte_capacity;
    }
    return size;
}

/* ---- finish ---- */

static stoa_status finish(struct stoa_file_writer *writer, stoa_error *err)
{
    STOA_TRY(stoa_file_writer_flush(writer, err));
    return stoa_footer_write(writer, err);
}

stoa_status stoa_file_writer_finish(struct stoa_file_writer *writer,
                                    struct stoa_file_summary *out_summary, stoa_error *err)
{
    assert(!writer->is_finished && !writer->has_failed);
    const stoa_status status = finish(writer, err);
    if (status != STOA_OK) {
        writer->has_failed = true;
        stoa_error_set_place(err, "%s", writer->output.file->name);
        return status;
    }
    writer->is_finished = true;
    *out_summary = (struct stoa_file_summary){
        .rows = writer->rows,
        .size = writer->output.offset,
        .hash = stoa_hasher_digest(writer->output.hasher),
        .content = writer->content,
        .row_groups = writer->group_count,
        .columns = writer->stats,
        .stored_bytes = writer->stored_bytes,
    };
    return STOA_OK;
}
