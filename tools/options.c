/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsing of options (tools/options.h): matching words against a table, and help from that table.
 * Values are converted in option_value.c.
 */
#include "tools/options.h"

#include <stdio.h>
#include <string.h>

#include "stoa/memory.h"
#include "tools/message.h"
#include "tools/option_value.h"

enum { MAX_WORD = 64 };

/* Restricted edit distance over bytes by two rows; words longer than MAX_WORD never match. */
static size_t edit_distance(const char *a, const char *b)
{
    const size_t a_size = strlen(a);
    const size_t b_size = strlen(b);
    if (a_size >= MAX_WORD || b_size >= MAX_WORD)
        return MAX_WORD;
    size_t row[MAX_WORD];
    for (size_t j = 0; j <= b_size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            const size_t above = row[j];
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            if (above + 1 < best)
                best = above + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[b_size];
}

const char *options_nearest(const char *word, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    size_t best = 3;
    for (size_t i = 0; i < count; i++) {
        const size_t distance = edit_distance(word, words[i]);
        if (distance < best && distance * 2 <= strlen(word)) {
            best = distance;
            nearest = words[i];
        }
    }
    return nearest;
}

static const struct option *find_long(const struct option *options, const char *name,
                                      size_t size)
{
    for (const struct option *option = options; option->name; option++) {
        if (strlen(option->name) == size && memcmp(option->name, name, size) == 0)
            return option;
    }
    return NULL;
}

static const struct option *find_letter(const struct option *options, char letter)
{
    for (const struct option *option = options; option->name; option++) {
        if (option->letter != 0 && option->letter == letter)
            return option;
    }
    return NULL;
}

static int unknown_option(const struct command *command, const char *word)
{
    const char *names[64];
    size_t count = 0;
    for (const struct option *option = command->options;
         option->name && count < sizeof names / sizeof names[0]; option++)
        names[count++] = option->name;
    const char *nearest = word[1] == '-' ? options_nearest(word + 2, names, count) : NULL;
    if (nearest)
        return message_usage(command->name, "unknown option %s; did you mean --%s?", word,
                             nearest);
    return message_usage(command->name, "unknown option %s", word);
}

/* One parse in progress. */
struct parse {
    const struct command *command;
    void *settings;
    int argc;
    char **argv;
    int next;     /* index of the next word */
    size_t paths; /* positional words moved to the front so far; never above next */
    size_t capacity;
};

static int take_value(struct parse *parse, const struct option *option, char *value)
{
    if (option->kind == OPTION_FLAG) {
        if (value)
            return message_usage(parse->command->name, "--%s takes no value", option->name);
        int *flag = (int *)(void *)((char *)parse->settings + option->offset);
        *flag = 1;
        return -1;
    }
    if (!value) {
        if (parse->next >= parse->argc)
            return message_usage(parse->command->name, "--%s needs a value: --%s %s",
                                 option->name, option->name, option->value_name);
        value = parse->argv[parse->next++];
    }
    return option_value_store(parse->command, option, value, parse->capacity,
                              parse->settings);
}

static int take_long(struct parse *parse, char *word)
{
    char *equals = strchr(word, '=');
    const size_t size = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;
    if (size == 4 && memcmp(word + 2, "help", 4) == 0) {
        options_print_help(parse->command);
        return 0;
    }
    const struct option *option = find_long(parse->command->options, word + 2, size);
    if (!option)
        return unknown_option(parse->command, word);
    return take_value(parse, option, equals ? equals + 1 : NULL);
}

/* "-n5", "-n 5", and flags that stand together. */
static int take_letters(struct parse *parse, char *word)
{
    for (char *p = word + 1; *p; p++) {
        if (*p == 'h' && !find_letter(parse->command->options, 'h')) {
            options_print_help(parse->command);
            return 0;
        }
        const struct option *option = find_letter(parse->command->options, *p);
        if (!option)
            return unknown_option(parse->command, word);
        const int has_value = option->kind != OPTION_FLAG;
        const int result = take_value(parse, option, has_value && p[1] ? p + 1 : NULL);
        if (result != -1 || has_value)
            return result;
    }
    return -1;
}

static int check_paths(const struct command *command, size_t paths)
{
    if (paths < command->min_paths)
        return message_usage(command->name, "something is missing: stoa %s %s",
                             command->name, command->usage);
    if (paths > command->max_paths)
        return message_usage(command->name, "too many arguments: stoa %s %s", command->name,
                             command->usage);
    return -1;
}

/* "-" is standard input, and "-- a comment" begins a SQL statement. */
static int is_option(const char *word)
{
    if (word[0] != '-' || word[1] == '\0')
        return 0;
    return word[1] != '-' || word[2] == '\0' || (word[2] >= 'a' && word[2] <= 'z');
}

int options_parse(const struct command *command, int argc, char **argv, void *settings,
                  size_t *out_paths)
{
    struct parse parse = {.command = command,
                          .settings = settings,
                          .argc = argc,
                          .argv = argv,
                          .capacity = 0};
    /* No list can get more items than there are words and commas. */
    for (int i = 0; i < argc; i++) {
        parse.capacity++;
        for (const char *p = argv[i]; *p; p++)
            parse.capacity += *p == ',';
    }
    int only_paths = 0;
    while (parse.next < argc) {
        char *word = argv[parse.next++];
        int result = -1;
        if (only_paths || !is_option(word))
            argv[parse.paths++] = word;
        else if (strcmp(word, "--") == 0)
            only_paths = 1;
        else if (word[1] == '-')
            result = take_long(&parse, word);
        else
            result = take_letters(&parse, word);
        if (result != -1)
            return result;
    }
    *out_paths = parse.paths;
    return check_paths(command, parse.paths);
}

void options_release(const struct option *options, void *settings)
{
    for (const struct option *option = options; option->name; option++) {
        if (option->kind != OPTION_LIST && option->kind != OPTION_NAMES)
            continue;
        struct text_list *list =
            (struct text_list *)(void *)((char *)settings + option->offset);
        stoa_memory_release((void *)list->items);
        *list = (struct text_list){NULL, 0};
    }
}

static void print_option(const struct option *option)
{
    char left[64];
    char letter[8] = "    ";
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, option->name,
             option->value_name ? " " : "", option->value_name ? option->value_name : "");
    /* A long left side takes a line of its own. */
    printf(strlen(left) > 30 ? "  %s\n  %-30s %s\n" : "  %-30s%s %s\n", left, "",
           option->help);
}

void options_print_help(const struct command *command)
{
    printf("%s\n\nusage: stoa %s %s\n", command->summary, command->name, command->usage);
    if (command->examples)
        printf("\nexamples:\n%s", command->examples);
    if (command->options->name)
        printf("\noptions:\n");
    for (const struct option *option = command->options; option->name; option++)
        print_option(option);
    printf("  %-30s %s\n", "-h, --help", "this text");
    if (command->notes)
        printf("\n%s", command->notes);
}
