/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a block and the columns before its own come together, for SAME (spec/encodings/same.md):
 * what the writer of row groups offers an encoder, and how a reader gets at the other block.
 */
#ifndef STOA_FORMAT_ENC_REFERENCE_H
#define STOA_FORMAT_ENC_REFERENCE_H

#include "format/enc/enc.h"

struct stoa_block;

/* ---- writing ---- */

/* A column before this one that this one may be kept by, while a block is written: the block of
 * the same rows, and which forms are worth trying (bit per stoa_same_form). */
struct stoa_enc_reference {
    uint32_t number; /* of the column in the row group */
    uint32_t forms;
    const struct stoa_column *column; /* the rows, with their validity; not all NULL */
    const uint16_t
        *codes; /* its block has DICT as its root: the code of each row; else NULL */
    double decode_cycles; /* of its block, per value */
};

enum stoa_same_form {
    STOA_SAME_EQUAL = 0,
    STOA_SAME_OFFSET = 1,
    STOA_SAME_NUMBER = 2,
    STOA_SAME_CODE = 3,
    STOA_SAME_FORM_COUNT
};

/* ---- reading ---- */

/* How a block gets at the columns before its own, of the same rows [SAME-2]. The reader of the
 * container makes it; it lives as long as the block. */
struct stoa_reference_source {
    uint32_t column; /* the block's own number */
    /* Opens the block of column `column` < that, which may not refer on; errors name it. */
    stoa_status (*open)(struct stoa_reference_source *source, uint32_t column,
                        struct stoa_block **out_block, stoa_error *err);
    char label[128]; /* of the column that was opened, for messages */
};

#endif
