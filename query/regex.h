/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions, compiled once and matched many times: PostgreSQL's flavour by way of
 * PCRE2. Used by function_regex.c, one object per thread.
 *
 * As in PostgreSQL a dot matches a line break, ^ and $ stand for the ends of the text
 * alone, and \y \Y \m \M \Z \u \U are understood. Other than there alternatives are tried
 * from left to right (not for the longest), and \b is an edge of a word. A search gives up
 * after a number of steps instead of going on for ever.
 */
#ifndef STOA_QUERY_REGEX_H
#define STOA_QUERY_REGEX_H

#include "common/error.h"
#include "format/value.h"

enum {
    STOA_REGEX_ANY_CASE = 1,
    STOA_REGEX_LINES = 2,    /* ^ and $ at line breaks too, a dot does not match one */
    STOA_REGEX_EXPANDED = 4, /* blanks and comments in the pattern are ignored */
    STOA_REGEX_PLAIN = 8     /* the pattern is a text, not an expression */
};

struct stoa_regex;

/* STOA_E_BAD_VALUE with the reason when the pattern is not well-formed; STOA_E_LIMIT above 64 KiB. */
STOA_MUST_USE stoa_status stoa_regex_create(struct stoa_view pattern, unsigned flags,
                                            struct stoa_regex **out_regex, stoa_error *err);
void stoa_regex_free(struct stoa_regex *regex); /* NULL allowed */

/* The first match that begins at or behind byte `from` (at a character); what is before it
 * is seen by ^ and lookbehind. The text is well-formed UTF-8. STOA_E_LIMIT when it takes
 * too many steps. */
STOA_MUST_USE stoa_status stoa_regex_find(struct stoa_regex *regex, struct stoa_view text,
                                          size_t from, bool *out_found, stoa_error *err);

/* Pairs of round brackets in the pattern. */
unsigned stoa_regex_group_count(const struct stoa_regex *regex);

/* Bytes [*out_from, *out_to) of the latest match: of the whole (0) or of a group; false when the
 * group took no part. */
bool stoa_regex_group(const struct stoa_regex *regex, unsigned group, size_t *out_from,
                      size_t *out_to);

#endif
