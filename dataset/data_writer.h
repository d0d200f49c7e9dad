/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of one partition into data files: created with the first row, rolled by size, handed
 * to the transaction when they end. Used by the router, for one partition after the other.
 *
 * Where a file ends depends on the rows alone [DS-18]: not on batches, memory or threads.
 */
#ifndef STOA_DATASET_DATA_WRITER_H
#define STOA_DATASET_DATA_WRITER_H

#include "dataset/transaction.h"
#include "writer/file/file_writer.h"

/* [DS-18] A file ends at the first multiple of a block's rows where its raw size is this; with more
 * than so many columns at the first multiple of 64 rows where raw size times columns is that, so
 * that what a writer keeps for the footer stays near 20 MB. */
#define STOA_DATA_FILE_RAW   ((uint64_t)1 << 30)
#define STOA_WIDE_COLUMNS    4096
#define STOA_WIDE_FILE_UNIT  64
#define STOA_WIDE_FILE_CELLS ((uint64_t)1 << 44)

struct stoa_data_writer_options {
    stoa_schema schema;
    enum stoa_profile profile;
    const bool *filters;     /* one per field, borrowed; NULL: no filter is asked for */
    struct stoa_pool *pool;  /* borrowed; NULL: the calling thread */
    const uint32_t *tracked; /* fields whose statistics go to the manifest */
    uint32_t tracked_count;
    uint64_t file_raw; /* raw size at which files end; 0: the usual, smaller in tests */
};

struct stoa_data_writer;

/* `directory` and `values` as in stoa_transaction_create_file; all is borrowed for the
 * writer's life. */
STOA_MUST_USE stoa_status stoa_data_writer_create(
    struct stoa_transaction *transaction, const struct stoa_data_writer_options *options,
    const char *directory, const struct stoa_partition_value *values, uint32_t value_count,
    struct stoa_data_writer **out_writer, stoa_error *err);

STOA_MUST_USE stoa_status stoa_data_writer_append(struct stoa_data_writer *writer,
                                                  const struct stoa_column *columns,
                                                  uint32_t rows, stoa_error *err);

/* Ends the last file. Without rows there is none. */
STOA_MUST_USE stoa_status stoa_data_writer_finish(struct stoa_data_writer *writer,
                                                  stoa_error *err);
void stoa_data_writer_free(struct stoa_data_writer *writer); /* NULL allowed */

#endif
