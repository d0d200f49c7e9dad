/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows to partitions. Without partition columns rows stream into one data writer; with them
 * they are buffered, spilled when the budget is used up, and written partition by partition
 * at the end. Called by convert.c; owns buffers and spill file.
 *
 * Rows of a partition keep their order, partitions come in the order of their first row, and
 * files are the same whatever the budget, the batches and the threads [DS-18, DS-19].
 */
#ifndef STOA_DATASET_ROUTER_H
#define STOA_DATASET_ROUTER_H

#include "dataset/data_writer.h"

struct stoa_router_options {
    struct stoa_data_writer_options writer;
    const uint32_t *partitions;         /* fields */
    uint32_t partition_count;           /* 0: unpartitioned */
    size_t memory;                      /* bytes of rows to buffer; 0: 32 MiB */
    const struct stoa_manifest *parent; /* directory names in use; NULL: none */
    bool count_only; /* dry run: count rows and partitions, write nothing */
};

struct stoa_router;

/* Everything is borrowed; `transaction` may be NULL when only counting. */
STOA_MUST_USE stoa_status stoa_router_create(struct stoa_transaction *transaction,
                                             const struct stoa_router_options *options,
                                             struct stoa_router **out_router,
                                             stoa_error *err);

/* Takes `rows` rows in schema order; copies or writes them. After a failure the router can
 * only be freed. STOA_E_PARTITION for too many partitions or too long a value. */
STOA_MUST_USE stoa_status stoa_router_append(struct stoa_router *router,
                                             const struct stoa_column *columns,
                                             uint32_t rows, stoa_error *err);

/* Writes what is left; all files are then in the transaction, durable and checked. */
STOA_MUST_USE stoa_status stoa_router_finish(struct stoa_router *router, stoa_error *err);

uint64_t stoa_router_rows(const struct stoa_router *router);
uint32_t stoa_router_partitions(const struct stoa_router *router); /* 0: unpartitioned */

/* Bytes of the rows taken so far, and of those that went on to data files. */
uint64_t stoa_router_bytes(const struct stoa_router *router);
uint64_t stoa_router_bytes_written(const struct stoa_router *router);

void stoa_router_free(struct stoa_router *router); /* NULL allowed */

#endif
