/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that an answer leaves out because something that the statement needs of them is damaged
 * (STOA_QUERY_SKIP_CORRUPT): a block's rows, a row group's, or a file's. They are told when
 * their turn comes in the order of rows, so that what is told does not depend on threads.
 */
#ifndef STOA_QUERY_LOSS_H
#define STOA_QUERY_LOSS_H

#include <stdbool.h>

#include "query/plan.h"

struct stoa_loss {
    bool is_set;
    char *file;         /* owned */
    const char *column; /* of the plan's schema; NULL: not one column's damage */
    uint64_t first_row; /* in the file */
    uint64_t rows;
    stoa_error damage;
};

/* Whether rows may be left out for such a failure: bytes that are not what was written. What
 * this version cannot read, or the system refuses, is not lost. */
bool stoa_loss_is_damage(stoa_status status);

/* Fills a loss that is not set, but for `damage`, which is there. `column`: of the scan, or
 * UINT32_MAX. */
STOA_MUST_USE stoa_status stoa_loss_set(struct stoa_loss *loss,
                                        const struct stoa_plan *plan, const char *file,
                                        uint32_t column, uint64_t first_row, uint64_t rows,
                                        stoa_error *err);
void stoa_loss_clear(struct stoa_loss *loss); /* a zeroed one is allowed */

/* Tells the caller of the query, if it is set, and clears it; adds to *rows_skipped. */
void stoa_loss_tell(struct stoa_loss *loss, const stoa_query_options *options,
                    uint64_t *rows_skipped);

#endif
