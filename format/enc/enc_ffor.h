/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FFOR's two halves: the plan (which base, width and exceptions each vector gets, and so its
 * exact size) and the row of the table. Only the enc_ffor files include this.
 */
#ifndef STOA_FORMAT_ENC_FFOR_H
#define STOA_FORMAT_ENC_FFOR_H

#include "format/enc/enc_parts.h"

/* How one vector is packed. */
struct stoa_ffor_vector {
    uint64_t base;       /* distance from the block's minimum, a multiple of the scale */
    uint16_t exceptions; /* values that the width does not hold */
    uint8_t width;       /* bits, 0 .. 64 */
};

struct stoa_ffor_plan {
    uint32_t vector_count;
    struct stoa_scale scale;
    stoa_i128 min;        /* of the column: distances count from it */
    uint64_t first_base;  /* the smallest base; min + first_base is the reference */
    unsigned offset_size; /* bytes of a base offset: 0, 1, 2, 4 or 8 */
    uint32_t exceptions;  /* in all */
    uint64_t packed_size; /* bytes of all lanes */
    struct stoa_ffor_vector *vectors; /* owned */
};

/* Plans the column of an integer kind. *out_possible is false when the range of an I128 column is
 * too wide; otherwise free with stoa_ffor_plan_done. */
STOA_MUST_USE stoa_status stoa_ffor_plan_make(const struct stoa_enc_input *input,
                                              bool *out_possible,
                                              struct stoa_ffor_plan *out_plan,
                                              stoa_error *err);
void stoa_ffor_plan_done(struct stoa_ffor_plan *plan);

/* Bytes of the whole node. */
uint64_t stoa_ffor_plan_size(const struct stoa_ffor_plan *plan, enum stoa_phys phys);

/* Bytes of one vector's lanes. */
uint64_t stoa_ffor_packed_size(uint32_t length, unsigned width);

/* The estimate and encode functions of the table's row. */
stoa_status stoa_ffor_estimate(const struct stoa_enc_input *input,
                               struct stoa_enc_estimate *out_estimate, stoa_error *err);
stoa_status stoa_ffor_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                             stoa_error *err);

#endif
