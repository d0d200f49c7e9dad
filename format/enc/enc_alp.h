/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the halves of ALP share: the powers of ten, the arithmetic of one value, and exceptions,
 * which ALP-RD keeps alike. Only the enc_alp files include this.
 *
 * Afroozeh, Kuffo, Boncz, "ALP: Adaptive Lossless floating-Point Compression", 2023: most doubles
 * in data are decimals. The paper multiplies an integer by 10^f and by the double nearest to
 * 10^-e, which misses the nearest double of one decimal in five when they have 12 digits;
 * dividing by 10^d never misses below 2^53, needs one parameter, and is as quick (kernels_body.h).
 */
#ifndef STOA_FORMAT_ENC_ALP_H
#define STOA_FORMAT_ENC_ALP_H

#include "format/enc/enc_parts.h"
#include "format/enc/pack_get.h"

enum { STOA_ALP_CHILD_NUMBERS = 0 };

enum {
    STOA_ALP_MAX_DECIMALS = 22,  /* 10^22 is the last power that a double holds exactly */
    STOA_ALP_SAMPLE_VECTORS = 8, /* of a block, evenly spread */
    STOA_ALP_SAMPLE_VALUES = 32  /* of a vector, evenly spread */
};

/* 10^n. */
extern const double stoa_alp_powers[STOA_ALP_MAX_DECIMALS + 1];

/* [ALP-1] Not decreasing in `number`: the conversion and the quotient keep order as they round. */
static inline double stoa_alp_decode(unsigned decimals, int64_t number)
{
    return (double)number / stoa_alp_powers[decimals];
}

/* The estimate and encode functions of the tables' rows. */
stoa_status stoa_alp_estimate(const struct stoa_enc_input *input,
                              struct stoa_enc_estimate *out_estimate, stoa_error *err);
stoa_status stoa_alp_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                            stoa_error *err);
stoa_status stoa_alp_rd_estimate(const struct stoa_enc_input *input,
                                 struct stoa_enc_estimate *out_estimate, stoa_error *err);
stoa_status stoa_alp_rd_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                               stoa_error *err);

/* ---- exceptions, kept alike by ALP and ALP-RD ---- */

/* Exceptions of an opened node, vector by vector: counts, positions, and values of some size. */
struct stoa_alp_exceptions {
    const uint8_t *counts;    /* u16 per vector; NULL: there are none */
    const uint8_t *positions; /* u16 */
    const uint8_t *values;
    uint32_t *at; /* per vector: number of its first exception */
};

/* Takes the node's parameter as their number and the parts that come next [ALP-3]; leaves all
 * empty when it is 0. */
STOA_MUST_USE stoa_status stoa_alp_open_exceptions(struct stoa_parts *parts,
                                                   size_t value_size,
                                                   struct stoa_alp_exceptions *out,
                                                   stoa_error *err);

static inline uint32_t
stoa_alp_exception_count(const struct stoa_alp_exceptions *exceptions, uint32_t vector)
{
    return exceptions->counts ? stoa_load_le16(exceptions->counts + (size_t)vector * 2) : 0;
}

/* Whether row `row` of the vector is an exception; *out_index its number among all of the node. */
static inline bool stoa_alp_exception_find(const struct stoa_alp_exceptions *exceptions,
                                           uint32_t vector, uint32_t row, size_t *out_index)
{
    const uint32_t count = stoa_alp_exception_count(exceptions, vector);
    uint32_t found = 0;
    if (count == 0)
        return false;
    const uint32_t first = exceptions->at[vector];
    const bool is_found =
        stoa_position_find(exceptions->positions + (size_t)first * 2, count, row, &found);
    *out_index = (size_t)first + found;
    return is_found;
}

/* The same while writing: arrays with room for all rows, positions in their vectors. */
struct stoa_alp_found {
    uint32_t count;
    uint16_t *positions;
    uint64_t *values;
    uint16_t *counts; /* per vector */
};

/* Appends the three tables, nothing when there are no exceptions. */
STOA_MUST_USE stoa_status stoa_alp_append_exceptions(const struct stoa_alp_found *found,
                                                     uint32_t vectors, size_t value_size,
                                                     size_t start, struct stoa_buf *out,
                                                     stoa_error *err);
/* Their bytes, for estimates. */
uint64_t stoa_alp_exceptions_size(uint64_t count, uint32_t vectors, size_t value_size);

#endif
