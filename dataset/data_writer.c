/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data files of one partition. The descriptor that wrote a file goes to the transaction, which
 * syncs through it: an error in writing back is reported to that descriptor once, and a new
 * one may never see it.
 */
#include "dataset/data_writer.h"

#include "common/alloc.h"

struct stoa_data_writer {
    struct stoa_transaction *transaction;
    struct stoa_data_writer_options options;
    const char *directory;
    const struct stoa_partition_value *values;
    uint32_t value_count;
    bool is_wide; /* more columns than STOA_WIDE_COLUMNS */
    struct stoa_file file;
    struct stoa_file_writer *writer; /* NULL: no file is open */
    uint32_t number;                 /* of the file in the transaction */
    uint64_t rows, raw;              /* in the open file */
    struct stoa_column *piece;       /* field_count, for cut batches */
};

stoa_status stoa_data_writer_create(struct stoa_transaction *transaction,
                                    const struct stoa_data_writer_options *options,
                                    const char *directory,
                                    const struct stoa_partition_value *values,
                                    uint32_t value_count,
                                    struct stoa_data_writer **out_writer, stoa_error *err)
{
    struct stoa_data_writer *writer = stoa_alloc_zeroed(1, sizeof *writer);
    if (writer == NULL)
        return stoa_fail_memory(err, sizeof *writer);
    writer->piece = stoa_alloc_array(options->schema.field_count, sizeof *writer->piece);
    if (writer->piece == NULL) {
        stoa_free(writer);
        return stoa_fail_memory(err, options->schema.field_count * sizeof *writer->piece);
    }
    writer->transaction = transaction;
    writer->options = *options;
    writer->is_wide = options->schema.field_count > STOA_WIDE_COLUMNS;
    if (writer->options.file_raw == 0)
        writer->options.file_raw = writer->is_wide
                                       ? STOA_WIDE_FILE_CELLS / options->schema.field_count
                                       : STOA_DATA_FILE_RAW;
    writer->directory = directory;
    writer->values = values;
    writer->value_count = value_count;
    writer->file = STOA_FILE_CLOSED;
    *out_writer = writer;
    return STOA_OK;
}

void stoa_data_writer_free(struct stoa_data_writer *writer)
{
    if (writer == NULL)
        return;
    stoa_file_writer_free(writer->writer);
    stoa_io_discard(&writer->file);
    stoa_free(writer->piece);
    stoa_free(writer);
}

static stoa_status open_file(struct stoa_data_writer *writer, stoa_error *err)
{
    const struct stoa_file_writer_options options = {.profile = writer->options.profile,
                                                     .filters = writer->options.filters,
                                                     .pool = writer->options.pool};
    STOA_TRY(stoa_transaction_create_file(writer->transaction, writer->directory,
                                          writer->values, writer->value_count,
                                          &writer->file, &writer->number, err));
    writer->rows = 0;
    writer->raw = 0;
    return stoa_file_writer_create(&writer->file, &writer->options.schema, &options,
                                   &writer->writer, err);
}

static stoa_status keep_stats(struct stoa_data_writer *writer,
                              const struct stoa_file_summary *summary, stoa_error *err)
{
    struct stoa_transaction *transaction = writer->transaction;
    const uint32_t count = writer->options.tracked_count;
    if (!transaction->has_stats) {
        STOA_TRY(
            stoa_stat_table_init(&transaction->stats, count, writer->value_count, err));
        transaction->has_stats = true;
    }
    struct stoa_stat_row *rows = stoa_alloc_array(count, sizeof *rows);
    if (rows == NULL)
        return stoa_fail_memory(err, count * sizeof *rows);
    for (uint32_t k = 0; k < transaction->stats.column_count; k++)
        stoa_stat_row_encode(&summary->columns[writer->options.tracked[k]], &rows[k]);
    const stoa_status status = stoa_stat_table_add(&transaction->stats, rows, err);
    stoa_free(rows);
    return status;
}

/* Footer and statistics; the transaction makes the file durable and checks it. */
static stoa_status end_file(struct stoa_data_writer *writer, stoa_error *err)
{
    struct stoa_manifest_file *file = &writer->transaction->files[writer->number];
    struct stoa_file_summary summary;
    STOA_TRY(stoa_file_writer_finish(writer->writer, &summary, err));
    file->rows = summary.rows;
    file->size = summary.size;
    file->hash = summary.hash;
    file->content = summary.content;
    STOA_TRY(keep_stats(writer, &summary, err));
    stoa_file_writer_free(writer->writer);
    writer->writer = NULL;
    if (writer->transaction->pending_raw < writer->raw)
        writer->transaction->pending_raw = writer->raw;
    return stoa_transaction_end_file(writer->transaction, &writer->file, writer->number,
                                     &writer->options.schema, err);
}

/* Raw size of rows [first, first + rows) as in [FMT-4], but with booleans at nothing, so that
 * the sum does not depend on the pieces in which rows come. */
static uint64_t raw_size(const struct stoa_column *columns, size_t count, uint32_t first,
                         uint32_t rows)
{
    uint64_t size = 0;
    for (size_t c = 0; c < count; c++) {
        const struct stoa_column *column = &columns[c];
        if (column->phys == STOA_PHYS_BYTES)
            size += 4 * (uint64_t)rows +
                    (column->offsets[first + rows] - column->offsets[first]);
        else
            size += stoa_phys_width(column->phys) * rows;
    }
    return size;
}

/* Appends rows [first, first + count) of the batch. A slice must begin at a multiple of 64,
 * so the rest of a cut batch is copied: once for each file that is rolled. */
static stoa_status append_part(struct stoa_data_writer *writer,
                               const struct stoa_column *columns, uint32_t first,
                               uint32_t count, stoa_error *err)
{
    const size_t field_count = writer->options.schema.field_count;
    struct stoa_column_builder *copies = NULL;
    stoa_status status = STOA_OK;
    if (count == 0)
        return STOA_OK;
    if (first % 64 == 0) {
        for (size_t c = 0; c < field_count; c++)
            writer->piece[c] = stoa_column_slice(&columns[c], first, count);
        return stoa_file_writer_append(writer->writer, writer->piece, count, err);
    }
    copies = stoa_alloc_array(field_count, sizeof *copies);
    if (copies == NULL)
        return stoa_fail_memory(err, field_count * sizeof *copies);
    for (size_t c = 0; c < field_count; c++)
        stoa_column_builder_init(&copies[c], columns[c].phys);
    for (size_t c = 0; c < field_count; c++) {
        STOA_TRY_CLEANUP(
            stoa_column_builder_append_rows(&copies[c], &columns[c], first, count, err));
        writer->piece[c] = stoa_column_builder_view(&copies[c]);
    }
    STOA_TRY_CLEANUP(stoa_file_writer_append(writer->writer, writer->piece, count, err));
cleanup:
    for (size_t c = 0; c < field_count; c++)
        stoa_column_builder_done(&copies[c]);
    stoa_free(copies);
    return status;
}

stoa_status stoa_data_writer_append(struct stoa_data_writer *writer,
                                    const struct stoa_column *columns, uint32_t rows,
                                    stoa_error *err)
{
    const size_t field_count = writer->options.schema.field_count;
    const uint32_t unit = writer->is_wide ? STOA_WIDE_FILE_UNIT : STOA_BLOCK_ROWS;
    uint32_t done = 0;   /* rows handed to file writers */
    uint32_t looked = 0; /* rows counted in `raw` */
    while (looked < rows) {
        if (writer->writer == NULL)
            STOA_TRY(open_file(writer, err));
        const uint32_t to_end = unit - (uint32_t)(writer->rows % unit);
        const uint32_t step = to_end < rows - looked ? to_end : rows - looked;
        writer->raw += raw_size(columns, field_count, looked, step);
        writer->rows += step;
        looked += step;
        if (step < to_end || writer->raw < writer->options.file_raw)
            continue;
        STOA_TRY(append_part(writer, columns, done, looked - done, err));
        done = looked;
        STOA_TRY(end_file(writer, err));
    }
    return append_part(writer, columns, done, rows - done, err);
}

stoa_status stoa_data_writer_finish(struct stoa_data_writer *writer, stoa_error *err)
{
    return writer->writer != NULL ? end_file(writer, err) : STOA_OK;
}
