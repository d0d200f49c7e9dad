/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Characters of UTF-8 (query/utf8_text.h). Case mappings are rules over ranges, not a table of Unicode: they cover the
 * alphabets below U+0530 with simple one-to-one mappings and depend on no locale.
 */
#include "query/utf8_text.h"

#include <string.h>

size_t stoa_char_count(struct stoa_view text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += (text.data[i] & 0xc0) != 0x80;
    return count;
}

size_t stoa_char_offset(struct stoa_view text, size_t index)
{
    size_t offset = 0;
    while (index > 0 && offset < text.length) {
        offset += stoa_char_size(text.data[offset]);
        index--;
    }
    return offset < text.length ? offset : text.length;
}

uint32_t stoa_char_decode(const uint8_t *p)
{
    switch (stoa_char_size(p[0])) {
    case 1: return p[0];
    case 2: return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    case 3:
        return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
    default: break;
    }
    return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 |
           (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
}

size_t stoa_char_encode(uint32_t code, uint8_t out[4])
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xc0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xe0 | code >> 12);
        out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | code >> 18);
    out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (code & 0x3f));
    return 4;
}

/* Upper-case letters `first`..`last`, each `distance` below its lower-case letter; `pairs`: upper and lower
 * alternate, the upper one having the parity of `first`. */
struct case_range {
    uint16_t first, last;
    uint8_t distance;
    bool pairs;
};

static const struct case_range ranges[] = {
    {0x0041, 0x005a, 32, false}, /* A-Z */
    {0x00c0, 0x00d6, 32, false}, /* Latin-1 */
    {0x00d8, 0x00de, 32, false},
    {0x0100, 0x012e, 1,  true }, /* Latin Extended-A */
    {0x0132, 0x0136, 1,  true },
    {0x0139, 0x0147, 1,  true },
    {0x014a, 0x0176, 1,  true },
    {0x0179, 0x017d, 1,  true },
    {0x0391, 0x03a1, 32, false}, /* Greek */
    {0x03a3, 0x03ab, 32, false},
    {0x0400, 0x040f, 80, false}, /* Cyrillic */
    {0x0410, 0x042f, 32, false},
    {0x0460, 0x0480, 1,  true },
    {0x048a, 0x04be, 1,  true },
    {0x04d0, 0x052e, 1,  true },
};

enum { RANGE_COUNT = sizeof ranges / sizeof ranges[0] };

uint32_t stoa_char_lower(uint32_t code)
{
    for (size_t i = 0; i < RANGE_COUNT; i++) {
        const struct case_range *range = &ranges[i];
        if (code < range->first || code > range->last)
            continue;
        if (!range->pairs || (code - range->first) % 2 == 0)
            return code + range->distance;
    }
    return code == 0x0178 ? 0x00ff : code;
}

uint32_t stoa_char_upper(uint32_t code)
{
    for (size_t i = 0; i < RANGE_COUNT; i++) {
        const struct case_range *range = &ranges[i];
        const uint32_t upper = code - range->distance;
        if (code < range->distance || upper < range->first || upper > range->last)
            continue;
        if (!range->pairs || (upper - range->first) % 2 == 0)
            return upper;
    }
    return code == 0x00ff ? 0x0178 : code;
}

size_t stoa_text_find(struct stoa_view text, struct stoa_view needle, size_t from)
{
    if (from > text.length || needle.length > text.length - from)
        return SIZE_MAX;
    if (needle.length == 0)
        return from;
    const uint8_t *found =
        memmem(text.data + from, text.length - from, needle.data, needle.length);
    return found ? (size_t)(found - text.data) : SIZE_MAX;
}
