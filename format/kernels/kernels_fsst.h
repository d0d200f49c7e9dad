/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding FSST codes [FSST-2], the same plain C at every level. Included by kernels_body.h
 * alone; all static. What limits it is one load of a symbol and two stores a code.
 */
#ifndef STOA_FORMAT_KERNELS_FSST_H
#define STOA_FORMAT_KERNELS_FSST_H

#include "format/kernels/kernels_packing.h"

/* One code at a time; an escape makes the next one a step of the table's other half. */
ALWAYS_INLINE size_t fsst_step(const struct stoa_fsst_table *table, unsigned code,
                               unsigned *escaped, uint8_t *out, size_t at, uint32_t *place)
{
    const unsigned step = code + 256 * *escaped;
    if (place)
        *place = *escaped ? STOA_FSST_INSIDE : (uint32_t)at;
    *(any_u64 *)(out + at) = table->words[step];
    *escaped = step == STOA_FSST_ESCAPE;
    return at + table->lengths[step];
}

ALWAYS_INLINE bool has_escape(uint64_t codes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    return ((~codes - ones) & codes & ones << 7) != 0; /* a byte of ~codes is 0 */
}

/* Eight codes without an escape are eight stores and no branch; each store is eight bytes long,
 * whatever the symbol is, and the next one overwrites what was too much. */
ALWAYS_INLINE size_t fsst_decode(const struct stoa_fsst_table *table, const uint8_t *codes,
                                 size_t count, uint8_t *out, size_t limit, uint32_t *places)
{
    size_t i = 0;
    size_t at = 0;
    unsigned escaped = 0;
    for (; count - i >= 8 && at <= limit; i += 8) {
        const uint64_t eight = *(const any_u64 *)(codes + i);
        uint32_t *place = places ? places + i : NULL;
        if (!has_escape(eight) && !escaped) {
            for (unsigned k = 0; k < 8; k++) {
                const unsigned code = eight >> 8 * k & 0xFF;
                if (place)
                    place[k] = (uint32_t)at;
                *(any_u64 *)(out + at) = table->words[code];
                at += table->lengths[code];
            }
        } else {
            for (unsigned k = 0; k < 8; k++)
                at = fsst_step(table, codes[i + k], &escaped, out, at,
                               place ? place + k : NULL);
        }
    }
    for (; i < count && at <= limit; i++)
        at = fsst_step(table, codes[i], &escaped, out, at, places ? places + i : NULL);
    return escaped && i == count ? SIZE_MAX : at;
}

/* Whether all codes have symbols; exact, and only asked where a byte looks like one that has not. */
static bool fsst_codes_are_known(const struct stoa_fsst_table *table, const uint8_t *codes,
                                 size_t count)
{
    bool is_known = true;
    for (size_t i = 0; i < count; i++) {
        if (codes[i] == STOA_FSST_ESCAPE)
            i++;
        else
            is_known &= codes[i] < table->count;
    }
    return is_known;
}

static size_t kernel_fsst_decode(const struct stoa_fsst_table *table, const uint8_t *codes,
                                 size_t count, uint8_t *out, size_t limit, uint32_t *places)
{
    const uint8_t symbols = (uint8_t)table->count;
    const uint8_t without = (uint8_t)(STOA_FSST_ESCAPE - symbols);
    uint8_t any = 0;
    for (size_t i = 0; i < count && without > 0; i++)
        any |= (uint8_t)(codes[i] - symbols) < without;
    if (any && !fsst_codes_are_known(table, codes, count))
        return SIZE_MAX;
    return places ? fsst_decode(table, codes, count, out, limit, places)
                  : fsst_decode(table, codes, count, out, limit, NULL);
}

#endif
