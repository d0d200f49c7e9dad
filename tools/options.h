/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command-line options from tables: one table per command is both its parser and its help text.
 * Flags come in any order, before or after paths; `--` ends them. Values are checked here, so
 * a command starts with settings it can trust.
 */
#ifndef STOA_TOOLS_OPTIONS_H
#define STOA_TOOLS_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "stoa/status.h"

/* What an option's value becomes in the settings struct, at `offset`. */
enum option_kind {
    OPTION_FLAG,  /* int: 1 when given */
    OPTION_TEXT,  /* const char *: the value, not empty */
    OPTION_LIST,  /* struct text_list: one item per use, as it is */
    OPTION_NAMES, /* struct text_list: comma-separated, may be used again; \, is a comma */
    OPTION_BYTE,  /* char: one ASCII character, or tab, comma, semicolon, pipe, space */
    OPTION_COUNT, /* uint64_t */
    OPTION_THREADS,  /* uint64_t, at most 1,024 */
    OPTION_SIZE,     /* uint64_t: bytes; 64MB, 1GiB, 512k are understood */
    OPTION_DURATION, /* uint64_t: seconds; 90s, 15m, 24h, 7d are understood */
    OPTION_CHOICE    /* int: number of the choice */
};

/* Items live in one block released by options_release; their texts are argv's. */
struct text_list {
    const char **items;
    size_t count;
};

struct option {
    const char *name; /* without the dashes; NULL ends the table */
    char letter;      /* short form, or 0 */
    enum option_kind kind;
    size_t offset;              /* in the settings */
    const char *value_name;     /* "FILE"; NULL for flags */
    const char *const *choices; /* OPTION_CHOICE: NULL-terminated */
    const char *help;
};

struct command {
    const char *name;
    const char *summary;  /* one line for `stoa help` */
    const char *usage;    /* "SOURCE... -o DATASET" */
    const char *examples; /* three or so, each "  command    what it does\n" */
    const char *notes;    /* more paragraphs, or NULL */
    const struct option *options;
    size_t min_paths, max_paths; /* positional arguments */
    int (*run)(const struct command *command, int argc, char **argv);
};

/*
 * Parses argv[0 .. argc) (without the command's name) into `settings`; positional arguments are moved
 * to the front of argv and counted in *out_paths. Returns -1 to go on, else the exit code: help was
 * printed (0) or the usage is wrong (2, already reported). Lists must be released in either case.
 */
int options_parse(const struct command *command, int argc, char **argv, void *settings,
                  size_t *out_paths);
void options_release(const struct option *options, void *settings);

/* The help text of a command, on standard output. */
void options_print_help(const struct command *command);

/* The nearest of `count` words to `word` (edit distance at most 2 and below half its
 * length), or NULL. */
const char *options_nearest(const char *word, const char *const *words, size_t count);

#endif
