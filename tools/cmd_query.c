/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `stoa query`: one SQL statement over datasets, from the command line, a file or standard input.
 */
#include <stdio.h>
#include <string.h>

#include "stoa/memory.h"
#include "tools/commands.h"
#include "tools/message.h"
#include "tools/run_query.h"
#include "tools/sql_file.h"

static const char *const formats[] = {"table", "csv", "tsv", "json", "ndjson", NULL};

struct settings {
    const char *file;
    int format_choice;
    uint64_t threads;
    uint64_t memory;
    uint64_t max_rows;
    uint64_t max_width;
    int skip_corrupt;
    int quiet;
};

/* One option is two lines, whatever their lengths. */
/* clang-format off */
static const struct option options[] = {
    {"file", 'f', OPTION_TEXT, offsetof(struct settings, file), "FILE", NULL,
     "read the statement from FILE; - is standard input"},
    {"format", 0, OPTION_CHOICE, offsetof(struct settings, format_choice),
     "table|csv|tsv|json|ndjson", formats,
     "default: table on a terminal, csv elsewhere"},
    {"max-rows", 0, OPTION_COUNT, offsetof(struct settings, max_rows), "N", NULL,
     "rows a table shows (default 1000; 0: all)"},
    {"max-width", 0, OPTION_COUNT, offsetof(struct settings, max_width), "N", NULL,
     "characters a table shows of a cell (default 60; 0: all)"},
    {"memory", 0, OPTION_SIZE, offsetof(struct settings, memory), "SIZE", NULL,
     "memory the query may hold (default 256MiB)"},
    {"threads", 'j', OPTION_THREADS, offsetof(struct settings, threads), "N", NULL,
     "threads (default: all processors)"},
    {"skip-corrupt", 0, OPTION_FLAG, offsetof(struct settings, skip_corrupt), NULL, NULL,
     "leave out rows that are damaged in a column of the statement; exit 9 if any"},
    {"quiet", 'q', OPTION_FLAG, offsetof(struct settings, quiet), NULL, NULL,
     "no line about rows and time below a table"},
    {NULL, 0, OPTION_FLAG, 0, NULL, NULL, NULL},
};
/* clang-format on */

static int run_settings(const struct command *command, const struct settings *settings,
                        size_t paths, char **argv)
{
    struct query_run run = {.output = {.format = settings->format_choice >= 0
                                                     ? formats[settings->format_choice]
                                                     : NULL},
                            .threads = (unsigned)settings->threads,
                            .memory = settings->memory,
                            .max_rows = settings->max_rows,
                            .max_width = settings->max_width,
                            .with_footer = !settings->quiet,
                            .skip_corrupt = settings->skip_corrupt};
    if (settings->file) {
        if (paths > 1)
            return message_usage(command->name,
                                 "with --file there is no statement on the command line");
        char *sql = NULL;
        const int result = sql_file_read(settings->file, &sql);
        if (result != -1)
            return result;
        run.sql = sql;
        run.dataset = paths == 1 ? argv[0] : NULL;
        const int code = run_query(&run);
        stoa_memory_release(sql);
        return code;
    }
    if (paths == 0)
        return message_usage(command->name,
                             "there is no statement: stoa query \"SELECT ...\"");
    run.sql = argv[paths - 1];
    run.dataset = paths == 2 ? argv[0] : NULL;
    return run_query(&run);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct settings settings = {.format_choice = -1, .max_rows = 1000, .max_width = 60};
    size_t paths = 0;
    const int result = options_parse(command, argc, argv, &settings, &paths);
    if (result != -1)
        return result;
    return run_settings(command, &settings, paths, argv);
}

const struct command cmd_query = {
    .name = "query",
    .summary = "answer a SQL statement over datasets",
    .usage = "[DATASET] \"SQL\"",
    .examples =
        "  stoa query \"SELECT state, count(*) FROM 'out/congress' GROUP BY state\"\n"
        "  stoa query \"EXPLAIN ANALYZE SELECT max(age) FROM 'out/congress' WHERE congress > 110\"\n"
        "  stoa query out/orders \"SELECT * FROM orders LIMIT 5\" --format json\n"
        "  stoa query \"SELECT count(*) FROM 'out/orders@3'\"     version 3 of the dataset\n",
    .notes =
        "PostgreSQL's SQL over one table: SELECT with expressions, WHERE, GROUP BY, HAVING,\n"
        "ORDER BY, LIMIT, DISTINCT, CASE, CAST, count/sum/min/max/avg, EXPLAIN [ANALYZE].\n"
        "docs/sql.md has every function.\n",
    .options = options,
    .min_paths = 0,
    .max_paths = 2,
    .run = run,
};
