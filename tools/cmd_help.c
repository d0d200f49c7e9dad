/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `stoa help`: the commands, one command, or one status code.
 */
#include <stdio.h>
#include <string.h>

#include "stoa/status.h"
#include "tools/commands.h"
#include "tools/message.h"
#include "tools/stdout_sink.h"

static const struct option options[] = {
    {NULL, 0, OPTION_FLAG, 0, NULL, NULL, NULL},
};

static void print_overview(void)
{
    puts("stoa: CSV in, committed columnar dataset, SQL out\n\nusage: stoa COMMAND ...\n");
    for (size_t i = 0; command_at(i); i++)
        printf("  %-10s %s\n", command_at(i)->name, command_at(i)->summary);
    puts("\n  stoa COMMAND --help     options and examples of a command\n"
         "  stoa help E104          what an error code means\n"
         "  stoa help codes         all codes with their exit codes");
}

static void print_codes(void)
{
    for (size_t i = 0; stoa_status_at(i); i++) {
        const stoa_status_info *info = stoa_status_at(i);
        printf("E%-5d exit %-4d %-22s %s\n", (int)info->status, info->exit_code, info->name,
               info->title);
    }
}

/* Prints words of `text` in lines of at most 88 characters. */
static void print_wrapped(const char *text)
{
    size_t used = 0;
    while (*text) {
        text += strspn(text, " ");
        const size_t size = strcspn(text, " ");
        if (used > 0 && used + 1 + size > 88) {
            putchar('\n');
            used = 0;
        }
        if (used > 0)
            used += (size_t)printf(" ");
        used += fwrite(text, 1, size, stdout);
        text += size;
    }
    putchar('\n');
}

/* "E104", "e104" or "104". Returns the code, or -1. */
static int parse_code(const char *word)
{
    if (*word == 'E' || *word == 'e')
        word++;
    if (strlen(word) != 3 || strspn(word, "0123456789") != 3)
        return -1;
    return (word[0] - '0') * 100 + (word[1] - '0') * 10 + (word[2] - '0');
}

static int print_topic(const struct command *self, const char *word)
{
    const struct command *command = command_find(word);
    if (command) {
        options_print_help(command);
        return 0;
    }
    if (strcmp(word, "codes") == 0) {
        print_codes();
        return 0;
    }
    const stoa_status_info *info = stoa_status_find(parse_code(word));
    if (!info || info->status == STOA_OK)
        return message_usage(self->name, "\"%s\" is neither a command nor an error code",
                             word);
    printf("E%d %s (exit %d)\n%s\n\n", (int)info->status, info->name, info->exit_code,
           info->title);
    print_wrapped(info->explain);
    return 0;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct {
        char unused;
    } settings = {0};
    size_t paths = 0;
    int code = options_parse(command, argc, argv, &settings, &paths);
    if (code != -1)
        return code;
    code = 0;
    if (paths == 0)
        print_overview();
    else
        code = print_topic(command, argv[0]);
    struct stdout_sink sink;
    stdout_sink_init(&sink);
    stoa_error err;
    stoa_error_clear(&err);
    const int output = stdout_sink_end(&sink, STOA_OK, &err);
    return output != 0 ? output : code;
}

const struct command cmd_help = {
    .name = "help",
    .summary = "explain a command or an error code",
    .usage = "[COMMAND | CODE | codes]",
    .examples = "  stoa help convert\n"
                "  stoa help E501\n",
    .options = options,
    .min_paths = 0,
    .max_paths = 1,
    .run = run,
};
