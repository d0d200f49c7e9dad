/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Characters of UTF-8 (query/utf8_text.h). Letters beyond ASCII are looked up in
 * utf8_case_data.c, not in the locale: an answer must not depend on the machine.
 */
#include "query/utf8_text.h"

#include <string.h>

/* Eight bytes at a time: texts are short, and loops over wider vectors cost more to start
 * than they save. */
#define EVERY_BYTE(x) (UINT64_C(0x0101010101010101) * (x))

static uint64_t load_eight(const uint8_t *p)
{
    uint64_t eight;
    memcpy(&eight, p, sizeof eight);
    return eight;
}

size_t stoa_char_count(struct stoa_view text)
{
    size_t count = text.length;
    size_t i = 0;
    for (; i + 8 <= text.length; i += 8) {
        const uint64_t eight = load_eight(text.data + i);
        const uint64_t inside = eight >> 7 & ~(eight >> 6) & EVERY_BYTE(1);
        count -= inside * EVERY_BYTE(1) >> 56;
    }
    for (; i < text.length; i++)
        count -= (text.data[i] & 0xc0) == 0x80;
    return count;
}

bool stoa_text_is_ascii(struct stoa_view text)
{
    uint64_t any = 0;
    size_t i = 0;
    for (; i + 8 <= text.length; i += 8)
        any |= load_eight(text.data + i);
    for (; i < text.length; i++)
        any |= text.data[i];
    return (any & EVERY_BYTE(0x80)) == 0;
}

/* In every byte of ASCII the top bit of byte + (0x80 - c) tells whether it is at least c. */
static uint64_t swap_eight(uint64_t eight, uint8_t first)
{
    const uint64_t from = eight + EVERY_BYTE(UINT64_C(0x80) - first);
    const uint64_t behind = eight + EVERY_BYTE(UINT64_C(0x80) - first - 26);
    return eight ^ ((from & ~behind & EVERY_BYTE(0x80)) >> 2);
}

void stoa_ascii_swap_case(struct stoa_view text, uint8_t first, uint8_t *out)
{
    size_t i = 0;
    for (; i + 8 <= text.length; i += 8) {
        const uint64_t eight = swap_eight(load_eight(text.data + i), first);
        memcpy(out + i, &eight, sizeof eight);
    }
    for (; i < text.length; i++)
        out[i] = (uint8_t)swap_eight(text.data[i], first);
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
