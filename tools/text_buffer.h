/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text that grows: statements that the command makes, and JSON. A failed allocation sticks, so
 * that makers check once, at the end.
 */
#ifndef STOA_TOOLS_TEXT_BUFFER_H
#define STOA_TOOLS_TEXT_BUFFER_H

#include <stddef.h>

#include "stoa/status.h"

/* All zero is an empty text. */
struct text_buffer {
    char *text; /* NUL terminated once something was put; owned */
    size_t length;
    size_t capacity;
    int has_failed; /* memory was short: the text is not whole */
};

void text_buffer_done(struct text_buffer *buffer);
/* The text, which is the caller's now (stoa_memory_release), or NULL when memory was short. */
char *text_buffer_take(struct text_buffer *buffer);

void text_buffer_put(struct text_buffer *buffer, const char *text, size_t length);
void text_buffer_printf(struct text_buffer *buffer, const char *fmt, ...) STOA_PRINTF(2, 3);

/* `text` between `quote`s, with those inside doubled: a literal (') or a name (") of SQL. */
void text_buffer_quote(struct text_buffer *buffer, const char *text, char quote);

/* `text` (UTF-8) as a string of JSON. */
void text_buffer_json(struct text_buffer *buffer, const char *text);

#endif
