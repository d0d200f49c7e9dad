/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choosing encodings: facts in one pass, what each encoding would take, the cheapest one. What writers
 * call; encodings call it for their children.
 */
#ifndef STOA_FORMAT_ENC_CHOOSE_H
#define STOA_FORMAT_ENC_CHOOSE_H

#include "format/enc/enc.h"

/* Fills `facts` from the column; codes (NULL: none) may stand in for its values. */
void stoa_enc_collect_facts(const struct stoa_column *column, const uint32_t *codes,
                            struct stoa_enc_facts *out_facts);

/* The input for child `slot` of `parent` (whose encoding is `id`), with its facts collected. */
struct stoa_enc_input stoa_enc_child_input(const struct stoa_enc_input *parent, unsigned id,
                                           unsigned slot, const struct stoa_column *column);

/* Bits per value that one decode cycle per value is worth. */
double stoa_profile_kappa(enum stoa_profile profile);
/* By name; STOA_E_USAGE for another one. */
STOA_MUST_USE stoa_status stoa_profile_find(const char *name, enum stoa_profile *out,
                                            stoa_error *err);

/* Chooses the cheapest encoding for the column (size in bits plus kappa times decode cycles,
 * by profile) and appends its node; ties go to the lower id, so it is deterministic. */
STOA_MUST_USE stoa_status stoa_enc_encode_best(const struct stoa_enc_input *input,
                                               struct stoa_buf *out, stoa_error *err);
/* What an encoding would take; the cost is in bits a value, decoding included. */
struct stoa_enc_bid {
    const struct stoa_encoding *encoding;
    uint64_t size;
    double cost;
};
/* All that can hold the values, cheapest first, as the choice compares them: for those who show it
 * (`stoa info --layout`), never asked by a writer. */
struct stoa_enc_bids {
    struct stoa_enc_bid items[STOA_ENC_ID_LIMIT];
    uint32_t count;
};
STOA_MUST_USE stoa_status stoa_enc_ask_all(const struct stoa_enc_input *input,
                                           struct stoa_enc_bids *out_bids, stoa_error *err);
/* The same; *out_hint is what was found out on the way. An encoding that the input's hint names is
 * taken without asking those it spares: at once where the hint is exact, else when it costs at most
 * 5 % more than there. */
STOA_MUST_USE stoa_status stoa_enc_encode_finding(const struct stoa_enc_input *input,
                                                  struct stoa_buf *out,
                                                  struct stoa_enc_hint *out_hint,
                                                  stoa_error *err);
/* Bits per value that an estimate of `count` values stands for, decoding included. */
double stoa_enc_cost(enum stoa_profile profile, const struct stoa_enc_estimate *estimate,
                     uint32_t count);
/* The best without writing. The size is STOA_ENC_NEVER when none can hold the input. */
STOA_MUST_USE stoa_status stoa_enc_estimate_best(const struct stoa_enc_input *input,
                                                 struct stoa_enc_estimate *out_estimate,
                                                 stoa_error *err);
/* The same of a root, with which one it is, for encoding these or like values later. */
STOA_MUST_USE stoa_status stoa_enc_find_best(const struct stoa_enc_input *input,
                                             struct stoa_enc_estimate *out_estimate,
                                             struct stoa_enc_hint *out_hint,
                                             stoa_error *err);

#endif
