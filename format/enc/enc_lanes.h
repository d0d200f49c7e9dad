/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Predicates on numbers that are stored as base + scale x lane: a range is translated once into
 * lanes, and the lanes are compared as they lie. Included by the encodings that store such numbers,
 * FFOR and BYTES; all static inline.
 */
#ifndef STOA_FORMAT_ENC_LANES_H
#define STOA_FORMAT_ENC_LANES_H

#include "format/enc/enc_parts.h"

/* Above so many values of a set decoding once is cheaper than a pass for each. */
enum { STOA_LANE_PASSES = 8 };

/* A range in terms of lanes. */
struct stoa_lane_range {
    uint64_t low;
    uint64_t high; /* below low: no lane matches */
};

/* Whether each lane up to `mask` stands for base + scale x lane without wrapping around in the
 * kind, so that comparing lanes is comparing values. Of the 8-byte kinds the lower half of the base
 * counts. */
static inline bool stoa_lanes_are_exact(enum stoa_phys phys, stoa_u128 base, uint64_t scale,
                                        uint64_t mask, stoa_i128 *out_base)
{
    const stoa_u128 span = (stoa_u128)scale * mask;
    stoa_i128 top;
    *out_base = phys == STOA_PHYS_I64   ? (stoa_i128)(int64_t)base
                : phys == STOA_PHYS_U64 ? (stoa_i128)(uint64_t)base
                                        : (stoa_i128)base;
    if (span > UINT64_MAX || !stoa_add_i128(*out_base, (stoa_i128)span, &top))
        return false;
    return phys == STOA_PHYS_I64   ? top <= INT64_MAX
           : phys == STOA_PHYS_U64 ? top <= (stoa_i128)UINT64_MAX
                                   : true;
}

/* Rounds the ends inwards. The quotients fit: what lies beyond the top lane was cut off. */
static inline struct stoa_lane_range stoa_lanes_translate(struct stoa_number_range range,
                                                          stoa_i128 base, uint64_t scale,
                                                          uint64_t mask)
{
    const struct stoa_lane_range none = {.low = 1, .high = 0};
    const stoa_i128 top = base + (stoa_i128)((stoa_u128)scale * mask);
    if (range.low > range.high || range.high < base || range.low > top)
        return none;
    struct stoa_lane_range lanes = {.low = 0, .high = mask};
    if (range.low > base) {
        const stoa_u128 distance = (stoa_u128)range.low - (stoa_u128)base;
        lanes.low = (uint64_t)(scale == 1 ? distance : (distance + scale - 1) / scale);
    }
    if (range.high < top) {
        const stoa_u128 distance = (stoa_u128)range.high - (stoa_u128)base;
        lanes.high = (uint64_t)(scale == 1 ? distance : distance / scale);
    }
    return lanes;
}

#endif
