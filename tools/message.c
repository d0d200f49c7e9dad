/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Talk on standard error (tools/message.h). Error blocks follow one form: code and sentence, place,
 * excerpt with caret, hint; then what happened, whether the data is safe, what to do next.
 */
#include "tools/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/escape.h"

static int is_quiet;
static int progress_is_shown;

int message_is_terminal(int fd)
{
    return isatty(fd) == 1;
}

void message_set_quiet(int quiet)
{
    is_quiet = quiet;
}

static void say(const char *text, enum escape_mode mode)
{
    escape_print(stderr, text, strlen(text), mode);
}

void message_note(const char *label, const char *fmt, ...)
{
    if (is_quiet)
        return;
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    message_progress_end();
    fprintf(stderr, "%-8s ", label);
    /* Further lines stand below the first. */
    for (const char *line = text;;) {
        const size_t size = strcspn(line, "\n");
        escape_print(stderr, line, size, ESCAPE_LINE);
        fputc('\n', stderr);
        if (line[size] == '\0' || line[size + 1] == '\0')
            return;
        line += size + 1;
        fputs("         ", stderr);
    }
}

int message_usage(const char *command, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    message_progress_end();
    fprintf(stderr, "error E%d: ", (int)STOA_E_USAGE);
    say(text, ESCAPE_LINE);
    if (command)
        fprintf(stderr, "\n  hint: stoa help %s\n", command);
    else
        fprintf(stderr, "\n  hint: stoa help\n");
    return 2;
}

int message_no_memory(void)
{
    fprintf(stderr, "error E%d: memory is short\n", (int)STOA_E_NO_MEMORY);
    return 10;
}

static void print_block(const stoa_error *err)
{
    message_progress_end();
    fprintf(stderr, "error E%d: ", (int)err->status);
    say(err->message, ESCAPE_LINE);
    fputc('\n', stderr);
    if (err->place[0]) {
        fputs("  --> ", stderr);
        say(err->place, ESCAPE_LINE);
        fputc('\n', stderr);
    }
    if (err->excerpt[0]) {
        say(err->excerpt, ESCAPE_TEXT);
        if (err->excerpt[strlen(err->excerpt) - 1] != '\n')
            fputc('\n', stderr);
    }
    if (err->hint[0]) {
        fputs("  hint: ", stderr);
        say(err->hint, ESCAPE_LINE);
        fputc('\n', stderr);
    }
}

int message_error(const stoa_error *err, const struct message_outcome *outcome)
{
    const stoa_status_info *info = stoa_status_find((int)err->status);
    print_block(err);
    if (outcome && outcome->what)
        fprintf(stderr, "what happened  %s\n", outcome->what);
    if (outcome && outcome->safe)
        fprintf(stderr, "is data safe   %s\n", outcome->safe);
    if (outcome) {
        if (outcome->next)
            fprintf(stderr, "what to do     %s; more: stoa help E%d\n", outcome->next,
                    (int)err->status);
        else
            fprintf(stderr, "what to do     stoa help E%d explains\n", (int)err->status);
    }
    return info ? info->exit_code : 1;
}

void message_damage(const stoa_error *err)
{
    print_block(err);
}

void message_progress(const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    fputs("\r\x1b[K", stderr);
    say(text, ESCAPE_LINE);
    fflush(stderr);
    progress_is_shown = 1;
}

void message_progress_end(void)
{
    if (progress_is_shown)
        fputs("\r\x1b[K", stderr);
    progress_is_shown = 0;
}

const char *message_count(uint64_t count, char out[MESSAGE_COUNT_MAX])
{
    char digits[24];
    const size_t size =
        (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

const char *message_size(uint64_t bytes, char out[MESSAGE_COUNT_MAX])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 999.95 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1000;
        unit++;
    }
    snprintf(out, MESSAGE_COUNT_MAX,
             unit == 0    ? "%.0f %s"
             : value < 10 ? "%.2f %s"
                          : "%.1f %s",
             value, units[unit]);
    return out;
}
