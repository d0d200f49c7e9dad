/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts from data made harmless for terminals: control characters, bidirectional overrides,
 * line separators and invalid UTF-8 come out as \xNN or \u{...}, everything else as it is.
 */
#ifndef STOA_TOOLS_ESCAPE_H
#define STOA_TOOLS_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

enum escape_mode {
    ESCAPE_LINE, /* LF and TAB are escaped too: for cells and one-line texts */
    ESCAPE_TEXT  /* LF and TAB stay: for excerpts and CSV on a terminal */
};

/* Longest escape of one step, "\u{10ffff}". */
enum { ESCAPE_MAX = 12 };

/*
 * One step over text[0 .. size), size > 0: takes *out_taken bytes and writes what to show for them
 * to `out`; returns its length. Never splits a code point.
 */
size_t escape_step(const char *text, size_t size, enum escape_mode mode,
                   char out[ESCAPE_MAX], size_t *out_taken);

/* The whole text to a stream. */
void escape_print(FILE *stream, const char *text, size_t size, enum escape_mode mode);

#endif
