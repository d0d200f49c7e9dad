/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling in a stoa_error. Texts carry file names, column names and values out of hostile
 * files, so this is the one gate where they are made safe to show: control bytes and bytes
 * that are not UTF-8 become \xNN, and a text that does not fit ends in "..." at a whole
 * character. Everything is formatted aside first, because callers pass parts of the old error.
 */
#include "common/error.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define RAW_TEXT_SIZE 1024 /* before escapes; twice the longest part */

void stoa_error_clear(stoa_error *err)
{
    if (err == NULL)
        return;
    err->status = STOA_OK;
    err->offset = UINT64_MAX;
    err->message[0] = '\0';
    err->place[0] = '\0';
    err->excerpt[0] = '\0';
    err->hint[0] = '\0';
}

/* Length of the UTF-8 character that begins at `text`, or 0 if there is none (RFC 3629: no
 * overlong forms, no surrogates, nothing above U+10FFFF). The NUL stops every look-ahead. */
static size_t character_length(const unsigned char *text)
{
    const unsigned char lead = text[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    const unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (text[1] < low || text[1] > high)
        return 0;
    const size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    for (size_t i = 2; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    }
    return length;
}

/* C0 and C1 controls and DEL; line breaks and tabs belong to an excerpt. */
static bool is_control(const unsigned char *text, size_t length, bool lines)
{
    if (length == 1 && lines && (text[0] == '\n' || text[0] == '\t'))
        return false;
    return (length == 1 && (text[0] < 0x20 || text[0] == 0x7f)) ||
           (length == 2 && text[0] == 0xc2 && text[1] < 0xa0);
}

/* Writes the shown form of the character at `*text` to `piece` (room for 8) and advances. */
static size_t next_piece(const unsigned char **text, bool lines, char *piece)
{
    const size_t length = character_length(*text);
    if (length != 0 && !is_control(*text, length, lines)) {
        memcpy(piece, *text, length);
        *text += length;
        return length;
    }
    (void)snprintf(piece, 8, "\\x%02x", (unsigned)**text);
    *text += 1;
    return 4;
}

/* Copies `raw` to `out`, escaped and cut to `size` bytes with the NUL. */
static void text_store(char *out, size_t size, const char *raw, bool lines)
{
    const unsigned char *next = (const unsigned char *)raw;
    size_t used = 0;
    size_t safe = 0; /* where "..." still fits */
    while (*next != '\0') {
        char piece[8];
        const size_t length = next_piece(&next, lines, piece);
        if (length > size - 1 - used) {
            memcpy(out + safe, "...", 4);
            return;
        }
        memcpy(out + used, piece, length);
        used += length;
        if (used + 4 <= size)
            safe = used;
    }
    out[used] = '\0';
}

STOA_PRINTF(4, 0)
static void text_format(char *out, size_t size, bool lines, const char *fmt, va_list args)
{
    char raw[RAW_TEXT_SIZE];
    const int length = vsnprintf(raw, sizeof raw, fmt, args);
    if (length < 0)
        raw[0] = '\0';
    text_store(out, size, raw, lines);
}

stoa_status stoa_fail(stoa_error *err, stoa_status status, const char *fmt, ...)
{
    assert(status != STOA_OK);
    if (err == NULL)
        return status;
    char message[sizeof err->message];
    va_list args;
    va_start(args, fmt);
    text_format(message, sizeof message, false, fmt, args);
    va_end(args);
    stoa_error_clear(err);
    err->status = status;
    memcpy(err->message, message, sizeof message);
    return status;
}

static stoa_status status_of_errno(int errno_value)
{
    static const struct {
        int errno_value;
        stoa_status status;
    } map[] = {
        {ENOENT, STOA_E_NOT_FOUND},
        {EEXIST, STOA_E_EXISTS   },
        {ENOSPC, STOA_E_NO_SPACE },
        {EDQUOT, STOA_E_NO_SPACE },
        {ENOMEM, STOA_E_NO_MEMORY},
    };
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++) {
        if (map[i].errno_value == errno_value)
            return map[i].status;
    }
    return STOA_E_IO;
}

stoa_status stoa_fail_errno(stoa_error *err, int errno_value, const char *fmt, ...)
{
    const stoa_status status = status_of_errno(errno_value);
    if (err == NULL)
        return status;
    char message[sizeof err->message];
    va_list args;
    va_start(args, fmt);
    text_format(message, sizeof message, false, fmt, args);
    va_end(args);
    /* Not strerror(): its text depends on the locale. */
    const char *reason = strerrordesc_np(errno_value);
    if (reason != NULL)
        return stoa_fail(err, status, "%s: %s", message, reason);
    return stoa_fail(err, status, "%s: error number %d", message, errno_value);
}

stoa_status stoa_fail_memory(stoa_error *err, size_t size)
{
    return stoa_fail(err, STOA_E_NO_MEMORY, "expected %zu bytes of memory, found none free",
                     size);
}

void stoa_error_set_place(stoa_error *err, const char *fmt, ...)
{
    if (err == NULL || err->place[0] != '\0')
        return;
    char place[sizeof err->place];
    va_list args;
    va_start(args, fmt);
    text_format(place, sizeof place, false, fmt, args);
    va_end(args);
    memcpy(err->place, place, sizeof place);
}

void stoa_error_set_excerpt(stoa_error *err, const char *fmt, ...)
{
    if (err == NULL)
        return;
    char excerpt[sizeof err->excerpt];
    va_list args;
    va_start(args, fmt);
    text_format(excerpt, sizeof excerpt, true, fmt, args);
    va_end(args);
    memcpy(err->excerpt, excerpt, sizeof excerpt);
}

void stoa_error_set_hint(stoa_error *err, const char *fmt, ...)
{
    if (err == NULL)
        return;
    char hint[sizeof err->hint];
    va_list args;
    va_start(args, fmt);
    text_format(hint, sizeof hint, true, fmt, args);
    va_end(args);
    memcpy(err->hint, hint, sizeof hint);
}

void stoa_error_set_offset(stoa_error *err, uint64_t offset)
{
    if (err != NULL)
        err->offset = offset;
}
