/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting the values of a child back to some of a node's rows: what SPARSE and DENSE share. A
 * bitmap says which rows have a value of the child, in order; the others hold one fill value.
 * Rows of a vector are rank(first) .. of the child, so any vector is found by one look.
 */
#ifndef STOA_FORMAT_ENC_EXPAND_H
#define STOA_FORMAT_ENC_EXPAND_H

#include "format/enc/enc_parts.h"

/* Lives in the block's arena; borrows the bitmap. Used by one thread at a time. */
struct stoa_expand {
    struct stoa_node *child;    /* one value per set bit */
    uint32_t rows;              /* of the node */
    const uint8_t *bits;        /* bit per row in whole words, none set behind the rows */
    uint32_t *ranks;            /* per vector, and one more: set bits before it */
    struct stoa_vector *values; /* the child's scratch: a vector of it */
    uint32_t cached;            /* which one it is, or none */
    uint8_t *joined;            /* room for 1,024 values from two vectors of the child */
    uint32_t *codes;            /* twice 1,024, NULL until first used */
    uint32_t cached_codes;      /* the vector of the child in the first half, or none */
};

/* Set bits among the first `rows` of a bitmap in whole words. */
uint32_t stoa_expand_count(const uint8_t *bits, uint32_t rows);

/* Sets the bits of rows that lie behind gaps of other rows [SPARSE-2]; `bits`, for the node's rows,
 * comes cleared. */
STOA_MUST_USE stoa_status stoa_expand_gaps(const struct stoa_node *node,
                                           struct stoa_node *child, uint64_t *bits,
                                           stoa_error *err);

/* `bits` has as many set as the child has values. */
STOA_MUST_USE stoa_status stoa_expand_open(struct stoa_node *child, const uint8_t *bits,
                                           uint32_t rows, struct stoa_expand *out,
                                           stoa_error *err);

/* Length and values of the node's vector. */
STOA_MUST_USE stoa_status stoa_expand_decode(struct stoa_expand *expand, uint32_t vector,
                                             const struct stoa_value *fill,
                                             struct stoa_vector *out, stoa_error *err);
/* The value of the node's row `row` alone. */
STOA_MUST_USE stoa_status stoa_expand_at(struct stoa_expand *expand, uint32_t row,
                                         const struct stoa_value *fill,
                                         struct stoa_value *out, stoa_error *err);
/* U64: the same as 32-bit numbers. */
STOA_MUST_USE stoa_status stoa_expand_narrow(struct stoa_expand *expand, uint32_t vector,
                                             uint32_t fill, uint32_t *out, stoa_error *err);
/* Match bits of the rows that have a value of the child; out_bits is 0 at the others.
 * out_kept (may be NULL) gets the vector's bits. */
STOA_MUST_USE stoa_status stoa_expand_select(struct stoa_expand *expand, uint32_t vector,
                                             const struct stoa_predicate *predicate,
                                             uint64_t out_bits[STOA_VECTOR_WORDS],
                                             uint64_t out_kept[STOA_VECTOR_WORDS],
                                             stoa_error *err);
/* I64 and U64: adds the child's values of rows [first, first + count); *out_kept is how many. */
STOA_MUST_USE stoa_status stoa_expand_sum(struct stoa_expand *expand, uint32_t first,
                                          uint32_t count, uint32_t *out_kept,
                                          stoa_i128 *sum, stoa_error *err);
/* The same for extremes. */
STOA_MUST_USE stoa_status stoa_expand_extremes(struct stoa_expand *expand, uint32_t first,
                                               uint32_t count, uint32_t *out_kept,
                                               struct stoa_number_range *range,
                                               stoa_error *err);

#endif
