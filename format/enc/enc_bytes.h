/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of BYTES share: the opened node, and the functions of the table's row that are
 * not in enc_bytes.c. Only the enc_bytes files include this.
 */
#ifndef STOA_FORMAT_ENC_BYTES_H
#define STOA_FORMAT_ENC_BYTES_H

#include "format/enc/stream.h"

enum stoa_bytes_layout { STOA_BYTES_WHOLE = 0, STOA_BYTES_PLANES = 1 };

enum {
    STOA_BYTES_MAX_WIDTH = 16,
    STOA_BYTES_PLANE_FRAME = 16384 /* raw bytes of a plane's frame: 16 vectors */
};

struct stoa_bytes_state {
    uint64_t scale;
    stoa_u128 base;
    unsigned width;
    enum stoa_bytes_layout layout;
    struct stoa_stream streams[STOA_BYTES_MAX_WIDTH];
};

/* Whether base and scale apply. */
static inline bool stoa_bytes_is_number(const struct stoa_node *node,
                                        const struct stoa_bytes_state *state)
{
    return stoa_phys_is_integer(node->phys) && state->width <= 8;
}

/* The stored numbers of a vector, before base and scale: 64 bits each, 128 for a width of 16. */
STOA_MUST_USE stoa_status stoa_bytes_numbers(struct stoa_node *node, uint32_t vector,
                                             uint64_t *out, stoa_error *err);

/* The estimate, encode and select functions of the table's row. */
stoa_status stoa_bytes_estimate(const struct stoa_enc_input *input,
                                struct stoa_enc_estimate *out_estimate, stoa_error *err);
stoa_status stoa_bytes_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                              stoa_error *err);
stoa_status stoa_bytes_select(struct stoa_node *node, uint32_t vector,
                              const struct stoa_predicate *predicate,
                              struct stoa_vector *scratch,
                              uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err);

#endif
