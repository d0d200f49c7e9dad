/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Characters of UTF-8 (query/utf8_text.h). Letters beyond ASCII are looked up in utf8_case_data.c, not in the locale: an answer
 * must not depend on the machine.
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

/* The mapping by the run that holds the code point. */
static uint32_t map_case(const struct stoa_case_run *runs, size_t count, uint32_t code)
{
    size_t low = 0;
    while (low < count) {
        const size_t middle = low + (count - low) / 2;
        const struct stoa_case_run *run = &runs[middle];
        if (code > run->last)
            low = middle + 1;
        else if (code < run->first)
            count = middle;
        else
            return (code - run->first) % run->step == 0
                       ? (uint32_t)((int32_t)code + run->distance)
                       : code;
    }
    return code;
}

uint32_t stoa_char_lower(uint32_t code)
{
    if (code < 0x80)
        return code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
    return map_case(stoa_case_lower_runs, STOA_CASE_LOWER_RUNS, code);
}

uint32_t stoa_char_upper(uint32_t code)
{
    if (code < 0x80)
        return code >= 'a' && code <= 'z' ? code - ('a' - 'A') : code;
    return map_case(stoa_case_upper_runs, STOA_CASE_UPPER_RUNS, code);
}

bool stoa_char_is_word(uint32_t code)
{
    if (code < 0x80)
        return (code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') ||
               (code >= 'a' && code <= 'z');
    size_t low = 0;
    size_t high = STOA_WORD_RUNS;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (code > stoa_word_runs[middle].last)
            low = middle + 1;
        else if (code < stoa_word_runs[middle].first)
            high = middle;
        else
            return true;
    }
    return false;
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
