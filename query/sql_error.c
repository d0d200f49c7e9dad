/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in the statement an error is, as people see it: the offset, and the source line with a
 * caret. Called by every part of the front end and by query.c for errors that come up while a query
 * runs.
 *
 * Columns count code points, not bytes, so that the caret stands right under UTF-8 text.
 */
#include "query/sql_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "query/plan.h"
#include "query/sql_token.h"

enum {
    LINE_SHOWN = 100, /* code points of a line that are shown at most */
    LINE_BEFORE = 60, /* of them in front of the caret, when the line is longer */
    CARET_MAX = 40    /* carets at most */
};

stoa_status stoa_sql_fail(stoa_error *err, stoa_status status, uint32_t offset,
                          const char *fmt, ...)
{
    char message[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    stoa_fail(err, status, "%s", message);
    if (offset != UINT32_MAX)
        stoa_error_set_offset(err, offset);
    return status;
}

/* ---- excerpt ---- */

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

static size_t count_code_points(const char *p, const char *end)
{
    size_t count = 0;
    for (; p < end; p++)
        count += !is_continuation(*p);
    return count;
}

/* `count` code points back from p, not before `start`. */
static const char *step_back(const char *p, const char *start, size_t count)
{
    while (p > start && count > 0) {
        p--;
        count -= !is_continuation(*p);
    }
    return p;
}

static const char *step_on(const char *p, const char *end, size_t count)
{
    while (p < end && count > 0) {
        p++;
        while (p < end && is_continuation(*p))
            p++;
        count--;
    }
    return p;
}

/* Code points of the token that begins at `at`, so that all of a name is underlined. */
static size_t token_width(const char *sql, uint32_t at, const char *line_end)
{
    struct stoa_token_list list;
    struct stoa_arena arena;
    const char *end = sql + at;
    stoa_arena_init(&arena, (size_t)64 << 20);
    if (stoa_token_list_make(sql, &arena, &list, NULL) == STOA_OK) {
        const uint32_t i = stoa_token_at(&list, at);
        if (list.tokens[i].start == at)
            end += list.tokens[i].length;
    }
    stoa_arena_done(&arena);
    if (end > line_end)
        end = line_end;
    const size_t width = count_code_points(sql + at, end);
    return width == 0 ? 1 : width > CARET_MAX ? CARET_MAX : width;
}

/* Appends [p, end) with control characters as blanks. */
static size_t put_text(char *out, size_t room, size_t used, const char *p, const char *end)
{
    for (; p < end && used + 1 < room; p++)
        out[used++] = (unsigned char)*p < 0x20 || *p == 0x7F ? ' ' : *p;
    return used;
}

static size_t put_repeated(char *out, size_t room, size_t used, char c, size_t count)
{
    for (; count > 0 && used + 1 < room; count--)
        out[used++] = c;
    return used;
}

void stoa_sql_excerpt(const char *sql, stoa_error *err)
{
    const size_t size = strlen(sql);
    if (!err || err->offset > size || size > UINT32_MAX)
        return;
    const char *at = sql + err->offset;
    const char *start = at;
    while (start > sql && start[-1] != '\n')
        start--;
    const char *end = at;
    while (*end != '\0' && *end != '\n')
        end++;
    unsigned long line = 1;
    for (const char *p = sql; p < start; p++)
        line += *p == '\n';
    const char *shown = start;
    const char *shown_end = end;
    if (count_code_points(start, end) > LINE_SHOWN) {
        shown = step_back(at, start, LINE_BEFORE);
        shown_end = step_on(shown, end, LINE_SHOWN);
    }
    char number[24];
    const int digits = snprintf(number, sizeof number, "%lu", line);
    const char *before = shown > start ? "..." : "";
    char text[sizeof err->excerpt];
    size_t used = (size_t)snprintf(text, sizeof text, "%s | %s", number, before);
    used = put_text(text, sizeof text, used, shown, shown_end);
    if (shown_end < end)
        used = put_repeated(text, sizeof text, used, '.', 3);
    const size_t column = strlen(before) + count_code_points(shown, at);
    used = put_repeated(text, sizeof text, used, '\n', 1);
    used = put_repeated(text, sizeof text, used, ' ', (size_t)digits + 1);
    used = put_repeated(text, sizeof text, used, '|', 1);
    used = put_repeated(text, sizeof text, used, ' ', 1);
    used = put_repeated(text, sizeof text, used, ' ', column);
    used = put_repeated(text, sizeof text, used, '^',
                        token_width(sql, (uint32_t)err->offset, shown_end));
    text[used] = '\0';
    stoa_error_set_excerpt(err, "%s", text);
}
