/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Characters of well-formed UTF-8, for the text functions: texts were validated when they were read, so these
 * never check again.
 */
#ifndef STOA_QUERY_UTF8_TEXT_H
#define STOA_QUERY_UTF8_TEXT_H

#include "format/value.h"

/* Bytes of the character that begins with `first`. */
static inline size_t stoa_char_size(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Number of characters. */
size_t stoa_char_count(struct stoa_view text);

/* Byte offset of character `index` (0-based); the length when there are fewer. */
size_t stoa_char_offset(struct stoa_view text, size_t index);

/* The code point at `p`, and its encoding to `out` (at most 4 bytes; returns how many). */
uint32_t stoa_char_decode(const uint8_t *p);
size_t stoa_char_encode(uint32_t code, uint8_t out[4]);

/* Simple case mappings for ASCII, Latin, Greek and Cyrillic; other characters are their own. */
uint32_t stoa_char_lower(uint32_t code);
uint32_t stoa_char_upper(uint32_t code);

/* Offset of `needle` in `text` at or behind `from`, or SIZE_MAX. The empty needle is at `from`. */
size_t stoa_text_find(struct stoa_view text, struct stoa_view needle, size_t from);

#endif
