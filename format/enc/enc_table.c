/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THE table of encodings [ENC-2]. An encoding is added by one file, one row here, one page in
 * spec/encodings and one test; README.md has the checklist.
 */
#include "format/enc/enc_table.h"

static const struct stoa_encoding *const encodings[] = {
    [STOA_ENC_RAW] = &stoa_enc_raw,       [STOA_ENC_CONST] = &stoa_enc_const,
    [STOA_ENC_FFOR] = &stoa_enc_ffor,     [STOA_ENC_BYTES] = &stoa_enc_bytes,
    [STOA_ENC_DICT] = &stoa_enc_dict,     [STOA_ENC_RLE] = &stoa_enc_rle,
    [STOA_ENC_BOOL] = &stoa_enc_bool,     [STOA_ENC_STR] = &stoa_enc_str,
    [STOA_ENC_DELTA] = &stoa_enc_delta,   [STOA_ENC_ALP] = &stoa_enc_alp,
    [STOA_ENC_ALP_RD] = &stoa_enc_alp_rd, [STOA_ENC_FSST] = &stoa_enc_fsst,
    [STOA_ENC_SPARSE] = &stoa_enc_sparse, [STOA_ENC_SEQ] = &stoa_enc_seq,
    [STOA_ENC_PREFIX] = &stoa_enc_prefix, [STOA_ENC_CAST] = &stoa_enc_cast,
    [STOA_ENC_SAME] = &stoa_enc_same,     [STOA_ENC_DENSE] = &stoa_enc_dense,
};
#define ROW_COUNT (sizeof encodings / sizeof encodings[0])
_Static_assert(ROW_COUNT <= (size_t)STOA_ENC_ID_LIMIT, "parent masks have 32 bits");

const struct stoa_encoding *stoa_encoding_find(unsigned id)
{
    return id < ROW_COUNT ? encodings[id] : NULL;
}

const struct stoa_encoding *stoa_encoding_at(size_t i)
{
    for (size_t id = 0; id < ROW_COUNT; id++) {
        if (encodings[id] && i-- == 0)
            return encodings[id];
    }
    return NULL;
}
