/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The encodings' rows: each is defined in its own enc_<name>.c and listed once, in
 * enc_table.c. Nobody else includes this.
 */
#ifndef STOA_FORMAT_ENC_TABLE_H
#define STOA_FORMAT_ENC_TABLE_H

#include "format/enc/enc.h"

extern const struct stoa_encoding stoa_enc_raw;
extern const struct stoa_encoding stoa_enc_const;
extern const struct stoa_encoding stoa_enc_ffor;
extern const struct stoa_encoding stoa_enc_bytes;
extern const struct stoa_encoding stoa_enc_dict;
extern const struct stoa_encoding stoa_enc_rle;
extern const struct stoa_encoding stoa_enc_bool;
extern const struct stoa_encoding stoa_enc_str;
extern const struct stoa_encoding stoa_enc_delta;
extern const struct stoa_encoding stoa_enc_alp;
extern const struct stoa_encoding stoa_enc_alp_rd;
extern const struct stoa_encoding stoa_enc_fsst;
extern const struct stoa_encoding stoa_enc_sparse;
extern const struct stoa_encoding stoa_enc_seq;
extern const struct stoa_encoding stoa_enc_prefix;
extern const struct stoa_encoding stoa_enc_cast;
extern const struct stoa_encoding stoa_enc_same;
extern const struct stoa_encoding stoa_enc_dense;

#endif
