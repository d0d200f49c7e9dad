/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of a vector that an operator looks at, as numbers: made once from a selection
 * and then walked by several loops without asking each bit.
 */
#ifndef STOA_QUERY_ROW_LIST_H
#define STOA_QUERY_ROW_LIST_H

#include "common/bitmap.h"
#include "format/vector.h"

struct stoa_row_list {
    uint32_t rows[STOA_VECTOR_ROWS]; /* ascending */
    uint32_t count;
    bool is_all; /* rows are 0, 1, .., count - 1 */
};

/* The rows whose bit is set in `bits`, all below `length`. */
static inline void stoa_row_list_make(struct stoa_row_list *list, const uint64_t *bits,
                                      uint32_t length)
{
    if (stoa_bitmap_all(bits, length)) {
        for (uint32_t i = 0; i < length; i++)
            list->rows[i] = i;
        list->count = length;
        list->is_all = true;
        return;
    }
    list->count = (uint32_t)stoa_bitmap_positions(bits, length, list->rows);
    list->is_all = false;
}

/* Those of them that are not NULL in `vector`. */
static inline void stoa_row_list_make_valid(struct stoa_row_list *list,
                                            const uint64_t *bits, uint32_t length,
                                            const uint64_t *validity)
{
    uint64_t valid[STOA_VECTOR_WORDS];
    for (uint32_t i = 0; i < STOA_VECTOR_WORDS; i++)
        valid[i] = bits[i] & validity[i];
    stoa_row_list_make(list, valid, length);
}

#endif
