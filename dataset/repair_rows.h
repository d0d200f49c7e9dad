/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of a damaged row group that are whole in all columns, decoded and written anew.
 * A step of repair.c.
 */
#ifndef STOA_DATASET_REPAIR_ROWS_H
#define STOA_DATASET_REPAIR_ROWS_H

#include "writer/file/file_writer.h"

struct stoa_repair_rows {
    int directory; /* where a temporary file of the row group's size may be made */
    const struct stoa_group_source *source; /* the row group; its damage is known: */
    uint16_t
        bad; /* bit b: some column's block b is damaged. Grows by what does not decode */
    /* Told of blocks that turn out not to decode, though their checksums hold. */
    void (*on_damage)(void *context, uint32_t column, uint32_t block, stoa_error *damage);
    void *context;
};

/* Appends the rows of all blocks but the bad ones to `writer`, whose rows end a row group
 * before and behind them. */
STOA_MUST_USE stoa_status stoa_repair_rows(struct stoa_repair_rows *rows,
                                           struct stoa_file_writer *writer,
                                           stoa_error *err);

#endif
