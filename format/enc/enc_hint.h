/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees of what has been found out about encodings (struct stoa_enc_hint): one search leaves one
 * behind, the next is spared by it. Used by the choice, which reads and writes them place by
 * place, and by those who hand one from block to block or from a dictionary's judge to the
 * blocks.
 */
#ifndef STOA_FORMAT_ENC_HINT_H
#define STOA_FORMAT_ENC_HINT_H

#include "format/enc/enc.h"

static inline uint32_t stoa_hint_child(uint32_t place, unsigned slot)
{
    return STOA_NODE_MAX_CHILDREN * place + 1 + slot;
}

/* Replaces everything below `place` in `to` by what is there in `from`; NULL: by nothing. */
void stoa_hint_copy_below(const struct stoa_enc_hint *from, uint32_t place,
                          struct stoa_enc_hint *to);
/* For values like those it was found for, or more of them. */
void stoa_hint_loosen(struct stoa_enc_hint *hint);
/* What was found at `place` for the values that are not NULL becomes what is known where NULLs lie
 * between them: the same for DENSE's values, and only what takes little asking beside it. */
void stoa_hint_spread(struct stoa_enc_hint *hint, uint32_t place);

#endif
