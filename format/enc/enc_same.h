/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reading and writing SAME share (spec/encodings/same.md): the parameters behind the
 * header, limits, and which forms hold which kinds.
 */
#ifndef STOA_FORMAT_ENC_SAME_H
#define STOA_FORMAT_ENC_SAME_H

#include "format/enc/enc_parts.h"
#include "format/enc/enc_reference.h"

enum {
    STOA_SAME_PARAMETERS = 16, /* bytes behind the header: x, m, low */
    STOA_SAME_KEYS_MAX = 65536 /* [SAME-4] */
};

#define STOA_SAME_WORDS (STOA_PHYS_BIT(STOA_PHYS_I64) | STOA_PHYS_BIT(STOA_PHYS_U64))

/* Kinds of the node by form [SAME-2]. */
static inline uint32_t stoa_same_kinds(unsigned form)
{
    if (form == STOA_SAME_EQUAL)
        return STOA_PHYS_FIXED | STOA_PHYS_BIT(STOA_PHYS_BOOL) |
               STOA_PHYS_BIT(STOA_PHYS_BYTES);
    return form == STOA_SAME_OFFSET ? STOA_SAME_WORDS : STOA_PHYS_FIXED;
}

/* The two slots of enc_same_write.c. */
STOA_MUST_USE stoa_status stoa_same_estimate(const struct stoa_enc_input *input,
                                             struct stoa_enc_estimate *out_estimate,
                                             stoa_error *err);
STOA_MUST_USE stoa_status stoa_same_encode(const struct stoa_enc_input *input,
                                           struct stoa_buf *out, stoa_error *err);

#endif
