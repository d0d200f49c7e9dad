/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `stoa head`: the first rows of a dataset or file, by a query.
 */
#include <stdio.h>

#include "stoa/memory.h"
#include "tools/commands.h"
#include "tools/message.h"
#include "tools/run_query.h"
#include "tools/sql_file.h"

static const char *const formats[] = {"table", "csv", "tsv", "json", "ndjson", NULL};

struct settings {
    uint64_t rows;
    int format;
    uint64_t max_width;
    int skip_corrupt;
};

/* One option is two lines, whatever their lengths. */
/* clang-format off */
static const struct option options[] = {
    {"rows", 'n', OPTION_COUNT, offsetof(struct settings, rows), "N", NULL,
     "how many rows (default 10)"},
    {"format", 0, OPTION_CHOICE, offsetof(struct settings, format),
     "table|csv|tsv|json|ndjson", formats,
     "default: table on a terminal, csv elsewhere"},
    {"max-width", 0, OPTION_COUNT, offsetof(struct settings, max_width), "N", NULL,
     "characters a table shows of a cell (default 40; 0: all)"},
    {"skip-corrupt", 0, OPTION_FLAG, offsetof(struct settings, skip_corrupt), NULL, NULL,
     "leave out damaged rows; exit 9 if any"},
    {NULL, 0, OPTION_FLAG, 0, NULL, NULL, NULL},
};
/* clang-format on */

static int run(const struct command *command, int argc, char **argv)
{
    struct settings settings = {.rows = 10, .format = -1, .max_width = 40};
    size_t paths = 0;
    const int result = options_parse(command, argc, argv, &settings, &paths);
    if (result != -1)
        return result;
    if (settings.rows > INT64_MAX)
        return message_usage(command->name, "--rows: that is more than any table has");
    char limit[40];
    snprintf(limit, sizeof limit, " LIMIT %llu", (unsigned long long)settings.rows);
    char *sql = sql_select_all(argv[0], limit);
    if (!sql)
        return message_no_memory();
    const struct query_run query = {
        .sql = sql,
        .output = {.format = settings.format >= 0 ? formats[settings.format] : NULL},
        .max_width = settings.max_width,
        .skip_corrupt = settings.skip_corrupt};
    const int code = run_query(&query);
    stoa_memory_release(sql);
    return code;
}

const struct command cmd_head = {
    .name = "head",
    .summary = "show the first rows of a dataset or file",
    .usage = "DATASET [-n N]",
    .examples = "  stoa head out/orders\n"
                "  stoa head out/orders -n 3 --format json\n"
                "  stoa head out/orders@2\n",
    .options = options,
    .min_paths = 1,
    .max_paths = 1,
    .run = run,
};
