/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `stoa export`: a dataset, or the answer to a statement, as text: in a new file that is whole or
 * not there, or on standard output.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "stoa/memory.h"
#include "tools/commands.h"
#include "tools/message.h"
#include "tools/run_query.h"
#include "tools/sql_file.h"

static const char *const formats[] = {"csv", "tsv", "json", "ndjson", NULL};

struct settings {
    const char *output;
    int format;
    char delimiter;
    const char *null_text;
    int no_header;
    int guard_formulas;
    uint64_t threads;
    uint64_t memory;
    int skip_corrupt;
    int quiet;
};

/* One option is two lines, whatever their lengths. */
/* clang-format off */
static const struct option options[] = {
    {"output", 'o', OPTION_TEXT, offsetof(struct settings, output), "FILE", NULL,
     "a new file; - or nothing is standard output"},
    {"format", 0, OPTION_CHOICE, offsetof(struct settings, format), "csv|tsv|json|ndjson", formats,
     "default: by the ending of FILE (.csv .tsv .json .ndjson .jsonl), else csv"},
    {"delimiter", 0, OPTION_BYTE, offsetof(struct settings, delimiter), "CHAR", NULL,
     "between the fields of csv (default a comma)"},
    {"null", 0, OPTION_TEXT, offsetof(struct settings, null_text), "TEXT", NULL,
     "what NULL looks like in csv and tsv (default: nothing, and \\N)"},
    {"no-header", 0, OPTION_FLAG, offsetof(struct settings, no_header), NULL, NULL,
     "no line of column names in csv and tsv"},
    {"guard-formulas", 0, OPTION_FLAG, offsetof(struct settings, guard_formulas), NULL, NULL,
     "an apostrophe before texts that a spreadsheet would run (= + - @); not undone by convert"},
    {"memory", 0, OPTION_SIZE, offsetof(struct settings, memory), "SIZE", NULL,
     "memory the query may hold (default 256MiB)"},
    {"threads", 'j', OPTION_THREADS, offsetof(struct settings, threads), "N", NULL,
     "threads (default: all processors)"},
    {"skip-corrupt", 0, OPTION_FLAG, offsetof(struct settings, skip_corrupt), NULL, NULL,
     "leave out damaged rows, and name them; exit 9 if any"},
    {"quiet", 'q', OPTION_FLAG, offsetof(struct settings, quiet), NULL, NULL,
     "no line about the file that was written"},
    {NULL, 0, OPTION_FLAG, 0, NULL, NULL, NULL},
};
/* clang-format on */

static const char *format_of(const struct settings *settings)
{
    static const struct {
        const char *ending;
        const char *format;
    } endings[] = {
        {".csv",    "csv"   },
        {".tsv",    "tsv"   },
        {".tab",    "tsv"   },
        {".json",   "json"  },
        {".ndjson", "ndjson"},
        {".jsonl",  "ndjson"},
    };
    const char *dot = settings->output ? strrchr(settings->output, '.') : NULL;
    if (settings->format >= 0)
        return formats[settings->format];
    for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++) {
        if (strcasecmp(dot, endings[i].ending) == 0)
            return endings[i].format;
    }
    return "csv";
}

/* A statement, where a dataset could stand: no path begins with these words and a blank. */
static int is_statement(const char *text)
{
    static const char *const words[] = {"select", "from",     "with",    "values",
                                        "table",  "describe", "explain", "summarize"};
    text += strspn(text, " \t\r\n(");
    const size_t length = strcspn(text, " \t\r\n(");
    for (size_t i = 0; text[length] && i < sizeof words / sizeof words[0]; i++) {
        if (strlen(words[i]) == length && strncasecmp(text, words[i], length) == 0)
            return 1;
    }
    return 0;
}

static int export(const struct settings *settings, const char *dataset, const char *sql)
{
    const int is_file = settings->output && strcmp(settings->output, "-") != 0;
    const struct query_run run = {
        .sql = sql,
        .dataset = dataset,
        .output = {.format = format_of(settings),
                   .null_text = settings->null_text,
                   .delimiter = settings->delimiter,
                   .no_header = settings->no_header,
                   .guard_formulas = settings->guard_formulas},
        .output_path = is_file ? settings->output : NULL,
        .threads = (unsigned)settings->threads,
        .memory = settings->memory,
        .with_footer = !settings->quiet,
        .skip_corrupt = settings->skip_corrupt
    };
    return run_query(&run);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct settings settings = {.format = -1};
    size_t paths = 0;
    const int result = options_parse(command, argc, argv, &settings, &paths);
    if (result != -1)
        return result;
    if (paths == 2)
        return export(&settings, argv[0], argv[1]);
    if (is_statement(argv[0]))
        return export(&settings, NULL, argv[0]);
    char *sql = sql_select_all(argv[0], "");
    if (!sql)
        return message_no_memory();
    const int code = export(&settings, NULL, sql);
    stoa_memory_release(sql);
    return code;
}

const struct command cmd_export = {
    .name = "export",
    .summary = "write a dataset or an answer as CSV, TSV, JSON or NDJSON",
    .usage = "DATASET [\"SQL\"] [-o FILE]",
    .examples =
        "  stoa export out/orders -o orders.csv\n"
        "  stoa export out/orders@3 -o orders.ndjson              version 3 of the dataset\n"
        "  stoa export out/orders \"SELECT id, amount WHERE amount > 100\" -o large.tsv\n"
        "  stoa export \"SELECT * FROM 'out/orders'\" | gzip > orders.csv.gz\n",
    .notes =
        "Every value has one spelling, so CSV and NDJSON convert back to the same table, and a CSV\n"
        "that was written so comes back byte for byte. FILE must not exist; it appears when all\n"
        "of it is on the disk, and not at all after a failure.\n"
        "With SQL, DATASET is what a statement without FROM reads.\n",
    .options = options,
    .min_paths = 1,
    .max_paths = 2,
    .run = run,
};
