/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Characters of well-formed UTF-8, for the text functions: texts were validated when they
 * were read, so these never check again.
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

bool stoa_text_is_ascii(struct stoa_view text);

/* Copies a text of ASCII with the 26 letters from `first` (A or a) on in the other case. */
void stoa_ascii_swap_case(struct stoa_view text, uint8_t first, uint8_t *out);

/* Byte offset of character `index` (0-based); the length when there are fewer. */
size_t stoa_char_offset(struct stoa_view text, size_t index);

/* The code point at `p`, and its encoding to `out` (at most 4 bytes; returns how many). */
uint32_t stoa_char_decode(const uint8_t *p);
size_t stoa_char_encode(uint32_t code, uint8_t out[4]);

/* Unicode's simple case mappings (one character to one, of perhaps another number of
 * bytes), whatever the locale. */
uint32_t stoa_char_lower(uint32_t code);
uint32_t stoa_char_upper(uint32_t code);
/* Letters, digits and the marks that combine with them. */
bool stoa_char_is_word(uint32_t code);

/* Offset of `needle` in `text` at or behind `from`, or SIZE_MAX. The empty needle is at `from`. */
size_t stoa_text_find(struct stoa_view text, struct stoa_view needle, size_t from);

/* ---- the tables of utf8_case_data.c ---- */

enum { STOA_CASE_LOWER_RUNS = 181, STOA_CASE_UPPER_RUNS = 199, STOA_WORD_RUNS = 778 };

/* Every `step`-th code point from first to last maps to itself plus distance. */
struct stoa_case_run {
    uint32_t first, last;
    uint32_t step;
    int32_t distance;
};

struct stoa_char_run {
    uint32_t first, last;
};

extern const struct stoa_case_run stoa_case_lower_runs[STOA_CASE_LOWER_RUNS];
extern const struct stoa_case_run stoa_case_upper_runs[STOA_CASE_UPPER_RUNS];
extern const struct stoa_char_run stoa_word_runs[STOA_WORD_RUNS];

#endif
