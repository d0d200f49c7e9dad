/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `stoa` command: a table of commands and the way into them. Commands are thin: they
 * parse options, call the public API (include/stoa) and print.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "stoa/version.h"
#include "tools/commands.h"
#include "tools/interrupt.h"
#include "tools/message.h"

static const struct command *const commands[] = {
    &cmd_convert, &cmd_query, &cmd_export, &cmd_info,  &cmd_head, &cmd_log,
    &cmd_verify,  &cmd_gc,    &cmd_repair, &cmd_bench, &cmd_help, &cmd_version,
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

const struct command *command_at(size_t i)
{
    return i < COMMAND_COUNT ? commands[i] : NULL;
}

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

static int unknown_command(const char *word)
{
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i]->name;
    const char *nearest = options_nearest(word, names, COMMAND_COUNT);
    if (nearest)
        return message_usage(NULL, "unknown command \"%s\"; did you mean %s?", word,
                             nearest);
    return message_usage(NULL, "unknown command \"%s\"", word);
}

/* "--version" and "--help" work like the commands of that name. */
static const char *command_word(const char *word)
{
    if (strcmp(word, "--version") == 0)
        return "version";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return "help";
    return word;
}

int main(int argc, char **argv)
{
    /* Widths of characters only; numbers are never printed or read by the locale. */
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        setlocale(LC_CTYPE, "");
    interrupt_prepare();
    /* A block of talk is one write, not one per character. */
    setvbuf(stderr, NULL, _IOLBF, 8192);
    stoa_error err;
    stoa_error_clear(&err);
    if (stoa_environment_check(&err) != STOA_OK)
        return message_error(&err, NULL);
    if (argc < 2)
        return cmd_help.run(&cmd_help, 0, NULL);
    const char *word = command_word(argv[1]);
    const struct command *command = command_find(word);
    if (!command)
        return unknown_command(word);
    return command->run(command, argc - 2, argv + 2);
}
