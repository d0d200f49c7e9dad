/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options: words in any order, short and long forms, every kind of value and how it is refused, help from the table.
 */
#include "tests/support/test_support.h"

#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "tests/unit/tools/talk.h"
#include "tools/options.h"

struct settings {
    int quiet, force, mode;
    char byte;
    const char *output;
    struct text_list nulls, names;
    uint64_t rows, memory, age;
};

static const char *const modes[] = {"append", "create", NULL};

#define AT(member) offsetof(struct settings, member)
static const struct option options[] = {
    {"quiet",  'q', OPTION_FLAG,     AT(quiet),  NULL,            NULL,  "say nothing"         },
    {"force",  'f', OPTION_FLAG,     AT(force),  NULL,            NULL,  "do it"               },
    {"output", 'o', OPTION_TEXT,     AT(output), "PATH",          NULL,  "where to"            },
    {"null",   0,   OPTION_LIST,     AT(nulls),  "TEXT",          NULL,  "texts that mean NULL"},
    {"by",     0,   OPTION_NAMES,    AT(names),  "NAME,...",      NULL,  "columns"             },
    {"sep",    0,   OPTION_BYTE,     AT(byte),   "BYTE",          NULL,  "separator"           },
    {"rows",   'n', OPTION_COUNT,    AT(rows),   "N",             NULL,  "how many"            },
    {"memory", 0,   OPTION_SIZE,     AT(memory), "SIZE",          NULL,  "how much"            },
    {"age",    0,   OPTION_DURATION, AT(age),    "TIME",          NULL,  "how old"             },
    {"mode",   0,   OPTION_CHOICE,   AT(mode),   "append|create", modes, "what to do"          },
    {NULL,     0,   OPTION_FLAG,     0,          NULL,            NULL,  NULL                  },
};

static const struct command command = {.name = "try",
                                       .summary = "tries options",
                                       .usage = "SOURCE...",
                                       .examples = "  stoa try x    tries x\n",
                                       .options = options,
                                       .min_paths = 1,
                                       .max_paths = 3};

static struct settings settings;
static size_t paths;
static char storage[16][64];
static char *words[16];

/* Parses the words of one line, parted by single blanks; what was said is in `said`. */
static const char *said;
static int parse(const char *line)
{
    int count = 0;
    settings = (struct settings){.mode = -1};
    paths = 99;
    for (const char *p = line; *p && count < 16;) {
        const size_t size = strcspn(p, " ");
        assert_true(size < sizeof storage[0]);
        memcpy(storage[count], p, size);
        storage[count][size] = '\0';
        words[count] = storage[count];
        count++;
        p += size + (p[size] == ' ');
    }
    talk_catch(2);
    const int result = options_parse(&command, count, words, &settings, &paths);
    said = talk_end();
    return result;
}

static void refuses(const char *line, const char *part)
{
    assert_int_equal(parse(line), 2);
    assert_contains(said, part);
    options_release(options, &settings);
}

static void test_words_come_in_any_order(void **state)
{
    (void)state;
    assert_int_equal(parse("a --rows 5 b -qf -o out --mode create c"), -1);
    assert_int_equal(paths, 3);
    assert_string_equal(words[0], "a");
    assert_string_equal(words[1], "b");
    assert_string_equal(words[2], "c");
    assert_int_equal(settings.rows, 5);
    assert_true(settings.quiet && settings.force);
    assert_string_equal(settings.output, "out");
    assert_int_equal(settings.mode, 1);
    assert_int_equal(parse("-n7 --output=x --memory=1k a"), -1);
    assert_int_equal(settings.rows, 7);
    assert_string_equal(settings.output, "x");
    assert_int_equal(settings.memory, 1000);
    assert_int_equal(parse("-qn 9 -- -a --b"), -1);
    assert_int_equal(paths, 2);
    assert_string_equal(words[0], "-a");
    assert_string_equal(words[1], "--b");
    assert_int_equal(parse("-"), -1);
    assert_string_equal(words[0], "-");
}

static void test_sizes_and_times_have_units(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        uint64_t memory, age;
    } cases[] = {
        {"a --memory 0",                    0,          0     },
        {"a --memory 64MB",                 64000000,   0     },
        {"a --memory 1GiB",                 1073741824, 0     },
        {"a --memory 512k",                 512000,     0     },
        {"a --memory 5b",                   5,          0     },
        {"a --memory 18446744073709551615", UINT64_MAX, 0     },
        {"a --age 90",                      0,          90    },
        {"a --age 15m",                     0,          900   },
        {"a --age 24H",                     0,          86400 },
        {"a --age 7d",                      0,          604800}
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(cases[i].line), -1);
        assert_true(settings.memory == cases[i].memory && settings.age == cases[i].age);
    }
    refuses("a --memory 64XB", "--memory: expected a size like 256MB, found \"64XB\"");
    refuses("a --memory 18446744073709551616", "expected a size");
    refuses("a --memory 99999999999GiB", "expected a size");
    refuses("a --memory -5", "expected a size");
    refuses("a --age 5y", "expected a time like 24h");
    refuses("a --rows 5k", "expected a whole number");
    refuses("a --rows 1.5", "expected a whole number");
    refuses("a --rows=", "expected a whole number, found \"\"");
}

static void test_lists_gather_values(void **state)
{
    (void)state;
    assert_int_equal(parse("a --null NA --null= --null x,y --by a,b(1,2),c\\,d --by e"),
                     -1);
    assert_int_equal(settings.nulls.count, 3);
    assert_string_equal(settings.nulls.items[0], "NA");
    assert_string_equal(settings.nulls.items[1], "");
    assert_string_equal(settings.nulls.items[2], "x,y");
    assert_int_equal(settings.names.count, 4);
    assert_string_equal(settings.names.items[0], "a");
    assert_string_equal(settings.names.items[1], "b(1,2)");
    assert_string_equal(settings.names.items[2], "c,d");
    assert_string_equal(settings.names.items[3], "e");
    options_release(options, &settings);
    assert_null(settings.names.items);
    refuses("a --by x,,y", "an empty name");
    refuses("a --by=", "an empty name");
}

static void test_bytes_may_be_named(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        char byte;
    } cases[] = {
        {"a --sep tab",       '\t'},
        {"a --sep \\t",       '\t'},
        {"a --sep Semicolon", ';' },
        {"a --sep |",         '|' },
        {"a --sep comma",     ',' }
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(cases[i].line), -1);
        assert_int_equal(settings.byte, cases[i].byte);
    }
    refuses("a --sep ab", "one ASCII character");
    refuses("a --sep \xc3\xa4", "one ASCII character");
    refuses("a --sep=", "one ASCII character");
}

static void test_wrong_words_are_told_with_a_guess(void **state)
{
    (void)state;
    refuses("a --mode apend",
            "expected append|create, found \"apend\"; did you mean append?");
    refuses("a --mode zzz", "found \"zzz\"\n");
    refuses("a --quite", "unknown option --quite; did you mean --quiet?");
    refuses("a --zebra", "unknown option --zebra\n");
    refuses("a -z", "unknown option -z");
    refuses("a --quiet=1", "--quiet takes no value");
    refuses("a --rows", "--rows needs a value: --rows N");
    refuses("a -n", "needs a value");
    refuses("", "something is missing: stoa try SOURCE...");
    refuses("a b c d", "too many arguments");
    refuses("a --output=", "expected PATH, found an empty text");
}

static void test_help_comes_from_the_table(void **state)
{
    (void)state;
    static const char *const asks[] = {"a --help", "-h", "-qh"};
    for (size_t i = 0; i < 3; i++) {
        talk_catch(1);
        char line[32];
        snprintf(line, sizeof line, "%s", asks[i]);
        char *word = strtok(line, " ");
        char *list[4];
        int count = 0;
        for (; word; word = strtok(NULL, " "))
            list[count++] = word;
        const int result = options_parse(&command, count, list, &settings, &paths);
        const char *help = talk_end();
        assert_int_equal(result, 0);
        assert_contains(help, "usage: stoa try SOURCE...");
        for (const struct option *option = options; option->name; option++) {
            assert_contains(help, option->name);
            assert_contains(help, option->help);
        }
        assert_contains(help, "stoa try x");
    }
}

static void test_nearest_is_close_or_nothing(void **state)
{
    (void)state;
    static const char *const known[] = {"convert", "query", "verify", "gc"};
    assert_string_equal(options_nearest("convrt", known, 4), "convert");
    assert_string_equal(options_nearest("querry", known, 4), "query");
    assert_string_equal(options_nearest("verfiy", known, 4), "verify");
    assert_null(options_nearest("x", known, 4));
    assert_null(options_nearest("completely", known, 4));
    assert_null(options_nearest("", known, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_come_in_any_order),
        cmocka_unit_test(test_sizes_and_times_have_units),
        cmocka_unit_test(test_lists_gather_values),
        cmocka_unit_test(test_bytes_may_be_named),
        cmocka_unit_test(test_wrong_words_are_told_with_a_guess),
        cmocka_unit_test(test_help_comes_from_the_table),
        cmocka_unit_test(test_nearest_is_close_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
