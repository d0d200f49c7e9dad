/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the encodings share among themselves: walking a node's parts when it is opened, values
 * as their on-disk bytes [ENC-8], scratch memory, and what a range means in integers. Only the
 * files of format/enc and the block layer include this.
 */
#ifndef STOA_FORMAT_ENC_PARTS_H
#define STOA_FORMAT_ENC_PARTS_H

#include <string.h>

#include "format/enc/enc.h"
#include "format/enc/enc_values.h"

/* ---- kinds ---- */

#define STOA_PHYS_BIT(phys) (UINT32_C(1) << (phys))
#define STOA_PHYS_INTEGERS                                                                 \
    (STOA_PHYS_BIT(STOA_PHYS_I64) | STOA_PHYS_BIT(STOA_PHYS_U64) |                         \
     STOA_PHYS_BIT(STOA_PHYS_I128))
#define STOA_PHYS_FIXED                                                                    \
    (STOA_PHYS_INTEGERS | STOA_PHYS_BIT(STOA_PHYS_F64) | STOA_PHYS_BIT(STOA_PHYS_FIXED16))

static inline bool stoa_phys_is_integer(enum stoa_phys phys)
{
    return (STOA_PHYS_INTEGERS & STOA_PHYS_BIT(phys)) != 0;
}

static inline uint32_t stoa_vector_count(uint32_t rows)
{
    return rows / STOA_VECTOR_ROWS + (rows % STOA_VECTOR_ROWS != 0);
}

/* Cycles a value that sums of 128 bits take beside those of 64; for estimates. */
#define STOA_WIDE_SUM_CYCLES 2.2

/* ---- walking the parts of a node ---- */

/* Where open() is in its node. Parts begin at multiples of 8 [ENC-3]. */
struct stoa_parts {
    struct stoa_node *node;
    unsigned depth; /* of the node */
    size_t at;      /* behind the header at first */
};

static inline struct stoa_parts stoa_parts_make(struct stoa_node *node, unsigned depth)
{
    return (struct stoa_parts){.node = node, .depth = depth, .at = STOA_NODE_HEADER_SIZE};
}

static inline size_t stoa_parts_left(const struct stoa_parts *parts)
{
    return parts->node->size - parts->at;
}

/* The next `size` bytes; `what` names them in the message. */
STOA_MUST_USE stoa_status stoa_parts_take(struct stoa_parts *parts, uint64_t size,
                                          const char *what, const uint8_t **out,
                                          stoa_error *err);
/* Moves to the next multiple of 8 over bytes that must be 0. */
STOA_MUST_USE stoa_status stoa_parts_align(struct stoa_parts *parts, stoa_error *err);
/* Opens the child that begins here into node->children[slot]. */
STOA_MUST_USE stoa_status stoa_parts_child(struct stoa_parts *parts, unsigned slot,
                                           enum stoa_phys phys, uint32_t count,
                                           stoa_error *err);
/* The same of kind BYTES, where the block may be text but the child's values need not be. */
STOA_MUST_USE stoa_status stoa_parts_child_bytes(struct stoa_parts *parts, unsigned slot,
                                                 uint32_t count, stoa_error *err);
/* The node must end here, after padding. */
STOA_MUST_USE stoa_status stoa_parts_end(struct stoa_parts *parts, stoa_error *err);

static inline uint8_t stoa_node_flags_a(const struct stoa_node *node)
{
    return node->bytes[2];
}

static inline uint8_t stoa_node_flags_b(const struct stoa_node *node)
{
    return node->bytes[3];
}

static inline uint32_t stoa_node_parameter(const struct stoa_node *node)
{
    return stoa_load_le32(node->bytes + 12);
}

/* Header fields that the encoding does not use must be 0. */
STOA_MUST_USE stoa_status stoa_node_check_flags(const struct stoa_node *node,
                                                stoa_error *err);
STOA_MUST_USE stoa_status stoa_node_check_parameter(const struct stoa_node *node,
                                                    stoa_error *err);

/* Fills header fields of a node that stoa_node_begin started. */
static inline void stoa_node_set_flags(struct stoa_buf *out, size_t start, uint8_t a,
                                       uint8_t b)
{
    out->data[start + 2] = a;
    out->data[start + 3] = b;
}

static inline void stoa_node_set_parameter(struct stoa_buf *out, size_t start,
                                           uint32_t parameter)
{
    stoa_store_le32(out->data + start + 12, parameter);
}

/* ---- memory ---- */

/* `size` zeroed bytes from the context's arena, 64-byte aligned. */
STOA_MUST_USE stoa_status stoa_enc_scratch(struct stoa_enc_context *context, size_t size,
                                           void **out, stoa_error *err);
/* A vector of the kind in the context's arena; its validity is all ones. */
STOA_MUST_USE stoa_status stoa_vector_in_arena(struct stoa_enc_context *context,
                                               enum stoa_phys phys,
                                               struct stoa_vector **out, stoa_error *err);
/* node->scratch, made when it is first asked for. */
STOA_MUST_USE stoa_status stoa_node_scratch(struct stoa_node *node,
                                            struct stoa_vector **out, stoa_error *err);

/* ---- generic reading, for encodings that leave a case to it ---- */

/* Decode, then stoa_predicate_eval. */
STOA_MUST_USE stoa_status stoa_node_select_decoded(struct stoa_node *node, uint32_t vector,
                                                   const struct stoa_predicate *predicate,
                                                   struct stoa_vector *scratch,
                                                   uint64_t out_bits[STOA_VECTOR_WORDS],
                                                   stoa_error *err);
/* Decode, then narrow each value. */
STOA_MUST_USE stoa_status stoa_node_narrow_decoded(struct stoa_node *node, uint32_t vector,
                                                   uint32_t *out, stoa_error *err);

/* Decode, then add. */
STOA_MUST_USE stoa_status stoa_node_sum_decoded(struct stoa_node *node, uint32_t first,
                                                uint32_t count, stoa_i128 *sum,
                                                stoa_error *err);

/* Decode, then compare. */
STOA_MUST_USE stoa_status stoa_node_extremes_decoded(struct stoa_node *node, uint32_t first,
                                                     uint32_t count,
                                                     struct stoa_number_range *range,
                                                     stoa_error *err);

/* See `select_members` of an encoding; *out_done false where it has no way of its own. */
STOA_MUST_USE stoa_status stoa_node_select_members(struct stoa_node *node, uint32_t vector,
                                                   const uint64_t *members, uint32_t size,
                                                   uint64_t out_bits[STOA_VECTOR_WORDS],
                                                   bool *out_done, stoa_error *err);

/* ---- sums and extremes ---- */

/* Rows of one vector: where they begin in it, and how many. */
struct stoa_part {
    uint32_t vector;
    uint32_t first;
    uint32_t count;
};

/* Of rows [first, first + count) those that lie in the vector of the first one. */
static inline struct stoa_part stoa_first_part(uint32_t first, uint32_t count)
{
    const uint32_t room = STOA_VECTOR_ROWS - first % STOA_VECTOR_ROWS;
    return (struct stoa_part){.vector = first / STOA_VECTOR_ROWS,
                              .first = first % STOA_VECTOR_ROWS,
                              .count = count < room ? count : room};
}

/* Sum of `count` values of 8 bytes of the node's kind, I64 or U64. */
stoa_i128 stoa_enc_sum_values(const struct stoa_node *node, const void *values,
                              uint32_t count);

/* Widens the range by `count` values of 8 bytes of the node's kind, I64 or U64. */
void stoa_enc_extremes_of(const struct stoa_node *node, const void *values, uint32_t count,
                          struct stoa_number_range *range);

/* Whether base + scale x number, taken as the kind's 8 bytes, is the same in whole numbers for all
 * numbers up to `largest`: then sums may be taken of the numbers. *out_base is the base. */
static inline bool stoa_enc_is_exact(enum stoa_phys phys, uint64_t base, uint64_t scale,
                                     uint64_t largest, stoa_i128 *out_base)
{
    const stoa_u128 span = (stoa_u128)scale * largest;
    *out_base = phys == STOA_PHYS_I64 ? (stoa_i128)(int64_t)base : (stoa_i128)base;
    return span <= UINT64_MAX &&
           *out_base + (stoa_i128)span <=
               (phys == STOA_PHYS_I64 ? (stoa_i128)INT64_MAX : (stoa_i128)UINT64_MAX);
}

/* ---- texts ---- */

/* [BLK-9] Checks the text of a vector of the node whose values lie behind each other in the `size`
 * bytes. */
STOA_MUST_USE stoa_status stoa_vector_check_text(const struct stoa_node *node,
                                                 uint32_t vector, const uint8_t *bytes,
                                                 uint32_t size,
                                                 const struct stoa_vector *values,
                                                 stoa_error *err);

/* ---- bits of one vector ---- */

/* Flips the first `length` bits and clears the others. */
void stoa_bits_negate(uint64_t bits[STOA_VECTOR_WORDS], uint32_t length);
/* Clears the bits behind the first `length`. */
void stoa_bits_cut(uint64_t bits[STOA_VECTOR_WORDS], uint32_t length);
/* All of the first `length` bits set, or none; the others clear. */
void stoa_bits_set_all(uint64_t bits[STOA_VECTOR_WORDS], uint32_t length, bool set);

/* ---- scales ---- */

/* Exact division by a scale, without a division: shift, then multiply by the inverse of the
 * odd part modulo 2^64 (Hacker's Delight, 10-16). */
struct stoa_scale {
    uint64_t scale; /* at least 1 */
    uint64_t inverse;
    uint64_t limit; /* greatest multiple of the odd part, divided by it */
    unsigned shift;
};

struct stoa_scale stoa_scale_make(uint64_t scale);

/* distance / scale; the caller knows that nothing remains. */
static inline uint64_t stoa_scale_divide(const struct stoa_scale *scale, uint64_t distance)
{
    return (distance >> scale->shift) * scale->inverse;
}

/* The greatest common divisor of the column's distances from `base`; 1 when there is none. */
uint64_t stoa_enc_common_scale(const struct stoa_column *column, uint64_t base);

/* ---- predicates ---- */

/* See `bounds` of an encoding; false when it cannot tell. */
bool stoa_node_bounds(const struct stoa_node *node, uint32_t vector,
                      struct stoa_number_range *out);

/* A RANGE predicate over an integer kind, its negation ignored. */
struct stoa_number_range stoa_predicate_numbers(const struct stoa_predicate *predicate);

#endif
