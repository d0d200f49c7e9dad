/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See repair_rows.h. The row group is copied, damage and all, into a temporary file of its own,
 * so that the reader can decode it like any other: whatever a block refers to (dictionary, other
 * columns) is found the usual way, and one body of code judges what can be decoded.
 */
#include "dataset/repair_rows.h"

#include "common/alloc.h"
#include "reader/reader.h"

/* What decoding takes; one block of all columns at a time. */
struct decoder {
    struct stoa_reader *reader;
    struct stoa_block_slot slot;
    struct stoa_vector vectors[STOA_PHYS_COUNT];
    bool has_vector[STOA_PHYS_COUNT];
    struct stoa_column_builder *builders; /* one per column */
    struct stoa_column *columns;
    size_t count;
};

static bool is_damage(stoa_status status)
{
    return status == STOA_E_CORRUPT || status == STOA_E_NEWER || status == STOA_E_CODEC;
}

/* ---- the row group in a file of its own ---- */

static stoa_status write_copy(const struct stoa_repair_rows *rows,
                              const stoa_schema *schema, const struct stoa_file *file,
                              stoa_error *err)
{
    const struct stoa_file_writer_options options = {.profile = STOA_PROFILE_FAST};
    struct stoa_group_source source = *rows->source;
    struct stoa_file_writer *writer = NULL;
    struct stoa_file_summary summary;
    source.may_be_damaged = true;
    STOA_TRY(stoa_file_writer_create(file, schema, &options, &writer, err));
    stoa_status status = stoa_file_writer_copy(writer, &source, err);
    if (status == STOA_OK)
        status = stoa_file_writer_finish(writer, &summary, err);
    stoa_file_writer_free(writer);
    return status;
}

static stoa_status open_copy(const struct stoa_repair_rows *rows, const stoa_schema *schema,
                             struct stoa_reader **out_reader, stoa_error *err)
{
    struct stoa_file file = STOA_FILE_CLOSED;
    STOA_TRY(stoa_io_open_temporary(rows->directory, &file, err));
    const stoa_status status = write_copy(rows, schema, &file, err);
    if (status != STOA_OK) {
        stoa_io_discard(&file);
        return status;
    }
    return stoa_reader_open(&file, NULL, out_reader, err);
}

/* ---- decoding ---- */

static stoa_status decoder_init(struct decoder *decoder, const stoa_schema *schema,
                                stoa_error *err)
{
    const size_t count = schema->field_count;
    stoa_block_slot_init(&decoder->slot);
    decoder->builders = stoa_alloc_array(count, sizeof *decoder->builders);
    decoder->columns = stoa_alloc_array(count, sizeof *decoder->columns);
    if (decoder->builders == NULL || decoder->columns == NULL)
        return stoa_fail_memory(err, count * sizeof *decoder->builders);
    for (size_t c = 0; c < count; c++)
        stoa_column_builder_init(&decoder->builders[c],
                                 stoa_type_phys(schema->fields[c].type));
    decoder->count = count;
    for (size_t c = 0; c < count; c++) {
        const enum stoa_phys phys = decoder->builders[c].phys;
        if (decoder->has_vector[phys])
            continue;
        STOA_TRY(stoa_vector_init(&decoder->vectors[phys], phys, err));
        decoder->has_vector[phys] = true;
    }
    return STOA_OK;
}

static void decoder_done(struct decoder *decoder)
{
    stoa_block_slot_done(&decoder->slot);
    for (size_t c = 0; c < decoder->count; c++)
        stoa_column_builder_done(&decoder->builders[c]);
    for (int phys = 0; phys < STOA_PHYS_COUNT; phys++) {
        if (decoder->has_vector[phys])
            stoa_vector_done(&decoder->vectors[phys]);
    }
    stoa_free(decoder->builders);
    stoa_free(decoder->columns);
    stoa_reader_close(decoder->reader);
}

static stoa_status decode_column(struct decoder *decoder, uint32_t column, uint32_t block,
                                 stoa_error *err)
{
    struct stoa_column_builder *builder = &decoder->builders[column];
    struct stoa_block_info info;
    stoa_column_builder_clear(builder);
    STOA_TRY(stoa_reader_block_info(decoder->reader, column, 0, block, &info, err));
    STOA_TRY(stoa_reader_load(decoder->reader, column, 0, block, &decoder->slot, err));
    return stoa_block_decode_all(&decoder->slot.block, info.raw_size,
                                 &decoder->vectors[builder->phys], builder, err);
}

/* All columns of a block; *out_is_whole false when one of them does not decode. */
static stoa_status decode_block(const struct stoa_repair_rows *rows,
                                struct decoder *decoder, uint32_t block, bool *out_is_whole,
                                stoa_error *err)
{
    *out_is_whole = true;
    for (uint32_t c = 0; c < decoder->count; c++) {
        stoa_error damage;
        stoa_error_clear(&damage);
        const stoa_status status = decode_column(decoder, c, block, &damage);
        if (status == STOA_OK) {
            decoder->columns[c] = stoa_column_builder_view(&decoder->builders[c]);
            continue;
        }
        if (!is_damage(status)) {
            if (err)
                *err = damage;
            return status;
        }
        rows->on_damage(rows->context, c, block, &damage);
        *out_is_whole = false;
        return STOA_OK;
    }
    return STOA_OK;
}

static stoa_status append_block(struct stoa_repair_rows *rows, struct decoder *decoder,
                                uint32_t block, struct stoa_file_writer *writer,
                                stoa_error *err)
{
    bool is_whole = false;
    if (rows->bad >> block & 1)
        return STOA_OK;
    STOA_TRY(decode_block(rows, decoder, block, &is_whole, err));
    if (is_whole)
        return stoa_file_writer_append(writer, decoder->columns,
                                       decoder->builders[0].length, err);
    rows->bad |= (uint16_t)(1u << block);
    return STOA_OK;
}

stoa_status stoa_repair_rows(struct stoa_repair_rows *rows, struct stoa_file_writer *writer,
                             stoa_error *err)
{
    const stoa_schema *schema = stoa_file_writer_schema(writer);
    struct decoder decoder = {.count = 0};
    struct stoa_row_group_info info;
    stoa_status status = STOA_OK;
    STOA_TRY_CLEANUP(decoder_init(&decoder, schema, err));
    STOA_TRY_CLEANUP(open_copy(rows, schema, &decoder.reader, err));
    STOA_TRY_CLEANUP(stoa_reader_row_group(decoder.reader, 0, &info, err));
    for (uint32_t b = 0; b < info.blocks; b++)
        STOA_TRY_CLEANUP(append_block(rows, &decoder, b, writer, err));
cleanup:
    decoder_done(&decoder);
    return status;
}
