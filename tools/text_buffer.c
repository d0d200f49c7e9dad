/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that grow by doubling (tools/text_buffer.h).
 */
#include "tools/text_buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stoa/memory.h"

void text_buffer_done(struct text_buffer *buffer)
{
    stoa_memory_release(buffer->text);
    *buffer = (struct text_buffer){0};
}

char *text_buffer_take(struct text_buffer *buffer)
{
    text_buffer_put(buffer, "", 0);
    char *text = buffer->has_failed ? NULL : buffer->text;
    if (buffer->has_failed)
        stoa_memory_release(buffer->text);
    *buffer = (struct text_buffer){0};
    return text;
}

/* Room for `length` more bytes and the NUL. */
static int reserve(struct text_buffer *buffer, size_t length)
{
    if (buffer->has_failed || length > SIZE_MAX / 4 - buffer->length) {
        buffer->has_failed = 1;
        return 0;
    }
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : 256;
    while (capacity <= buffer->length + length)
        capacity *= 2;
    if (capacity > buffer->capacity) {
        char *text = stoa_memory_resize(buffer->text, capacity);
        if (!text) {
            buffer->has_failed = 1;
            return 0;
        }
        buffer->text = text;
        buffer->capacity = capacity;
    }
    return 1;
}

void text_buffer_put(struct text_buffer *buffer, const char *text, size_t length)
{
    if (!reserve(buffer, length))
        return;
    memcpy(buffer->text + buffer->length, text, length);
    buffer->length += length;
    buffer->text[buffer->length] = '\0';
}

void text_buffer_printf(struct text_buffer *buffer, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int length = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (length < 0 || !reserve(buffer, (size_t)length)) {
        buffer->has_failed = 1;
        return;
    }
    va_start(args, fmt);
    vsnprintf(buffer->text + buffer->length, (size_t)length + 1, fmt, args);
    va_end(args);
    buffer->length += (size_t)length;
}

void text_buffer_quote(struct text_buffer *buffer, const char *text, char quote)
{
    text_buffer_put(buffer, &quote, 1);
    for (const char *p = text; *p; p++) {
        if (*p == quote)
            text_buffer_put(buffer, &quote, 1);
        text_buffer_put(buffer, p, 1);
    }
    text_buffer_put(buffer, &quote, 1);
}

void text_buffer_json(struct text_buffer *buffer, const char *text)
{
    text_buffer_put(buffer, "\"", 1);
    for (const char *p = text; *p; p++) {
        const unsigned char byte = (unsigned char)*p;
        if (byte < 0x20 || byte == 0x7F)
            text_buffer_printf(buffer, "\\u%04x", byte);
        else if (byte == '"' || byte == '\\')
            text_buffer_printf(buffer, "\\%c", byte);
        else
            text_buffer_put(buffer, p, 1);
    }
    text_buffer_put(buffer, "\"", 1);
}
