/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of an answer as a public batch (include/stoa/batch.h): fixed-width values are
 * borrowed, texts are put one behind the other. Owned by the query; one thread at a time.
 */
#ifndef STOA_QUERY_ANSWER_BATCH_H
#define STOA_QUERY_ANSWER_BATCH_H

#include "common/buf.h"
#include "format/vector.h"
#include "stoa/batch.h"

struct stoa_batch_builder {
    stoa_batch_column *columns;
    uint32_t *offsets;      /* 1,025 per column */
    struct stoa_buf *bytes; /* one per column */
    size_t column_count;
};

/* For rows of `schema`. */
STOA_MUST_USE stoa_status stoa_batch_builder_init(struct stoa_batch_builder *builder,
                                                  const stoa_schema *schema,
                                                  stoa_error *err);
void stoa_batch_builder_done(struct stoa_batch_builder *builder);

/* The batch of `rows` rows; borrows the vectors and the builder until the next call. */
STOA_MUST_USE stoa_status stoa_batch_builder_fill(struct stoa_batch_builder *builder,
                                                  const struct stoa_vector *vectors,
                                                  uint32_t rows, stoa_batch *out_batch,
                                                  stoa_error *err);

/* Cell (column, row) of a batch as a scalar; bytes borrow the batch. The cell exists. */
struct stoa_value stoa_batch_value(const stoa_batch *batch, size_t column, size_t row);

#endif
