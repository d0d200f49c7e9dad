/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two halves of BYTES share. Only the enc_bytes files include this.
 */
#ifndef STOA_FORMAT_ENC_BYTES_H
#define STOA_FORMAT_ENC_BYTES_H

#include "format/enc/stream.h"

enum stoa_bytes_layout { STOA_BYTES_WHOLE = 0, STOA_BYTES_PLANES = 1 };

enum {
    STOA_BYTES_MAX_WIDTH = 16,
    STOA_BYTES_PLANE_FRAME = 16384 /* raw bytes of a plane's frame: 16 vectors */
};

/* The estimate and encode functions of the table's row. */
stoa_status stoa_bytes_estimate(const struct stoa_enc_input *input,
                                struct stoa_enc_estimate *out_estimate, stoa_error *err);
stoa_status stoa_bytes_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                              stoa_error *err);

#endif
