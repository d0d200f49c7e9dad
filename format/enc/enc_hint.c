/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hints as trees in an array (enc_hint.h). Nothing here allocates or fails; what does not fit, since
 * a node has moved down and its children would be too deep, is forgotten.
 */
#include "format/enc/enc_hint.h"

void stoa_hint_copy_below(const struct stoa_enc_hint *from, uint32_t place,
                          struct stoa_enc_hint *to)
{
    for (unsigned slot = 0; slot < STOA_NODE_MAX_CHILDREN; slot++) {
        const uint32_t child = stoa_hint_child(place, slot);
        if (child >= STOA_HINT_PLACES)
            return;
        to->places[child] = from ? from->places[child] : (struct stoa_enc_known){0};
        stoa_hint_copy_below(from, child, to);
    }
}

void stoa_hint_loosen(struct stoa_enc_hint *hint)
{
    for (uint32_t place = 0; place < STOA_HINT_PLACES; place++)
        hint->places[place].is_exact = false;
}

/* The tree at `place` of `from` becomes the one at `to_place`. */
static void copy_tree(const struct stoa_enc_hint *from, uint32_t place,
                      struct stoa_enc_hint *to, uint32_t to_place)
{
    if (to_place >= STOA_HINT_PLACES)
        return;
    to->places[to_place] =
        place < STOA_HINT_PLACES ? from->places[place] : (struct stoa_enc_known){0};
    for (unsigned slot = 0; slot < STOA_NODE_MAX_CHILDREN; slot++)
        copy_tree(from, stoa_hint_child(place, slot), to, stoa_hint_child(to_place, slot));
}

void stoa_hint_spread(struct stoa_enc_hint *hint, uint32_t place)
{
    const struct stoa_enc_hint dense = *hint;
    const struct stoa_enc_known *best = &dense.places[place];
    /* Runs and rows of one value are more where NULLs repeat the value before. */
    const uint32_t asked = UINT32_C(1) << STOA_ENC_DENSE | UINT32_C(1) << STOA_ENC_CONST |
                           UINT32_C(1) << STOA_ENC_RLE | UINT32_C(1) << STOA_ENC_SPARSE |
                           UINT32_C(1) << best->encoding;
    if (best->encoding == 0)
        return;
    stoa_hint_copy_below(NULL, place, hint);
    copy_tree(&dense, place, hint, stoa_hint_child(place, 0));
    hint->places[place] = (struct stoa_enc_known){.encoding = STOA_ENC_DENSE,
                                                  .spared = best->spared & ~asked,
                                                  .count = best->count,
                                                  .estimate = {.size = STOA_ENC_NEVER}};
    stoa_hint_loosen(hint);
}
