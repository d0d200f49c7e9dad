/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `stoa log`: the versions of a dataset, newest first.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "stoa/dataset.h"
#include "tools/commands.h"
#include "tools/message.h"
#include "tools/stdout_sink.h"
#include "tools/table.h"

struct settings {
    uint64_t most;
};

/* One option is two lines, whatever their lengths. */
/* clang-format off */
static const struct option options[] = {
    {"versions", 'n', OPTION_COUNT, offsetof(struct settings, most), "N", NULL,
     "show the newest N only"},
    {NULL, 0, OPTION_FLAG, 0, NULL, NULL, NULL},
};
/* clang-format on */

struct walk {
    struct table *table;
    uint64_t most; /* 0: all */
    uint64_t seen;
    stoa_status status;
    stoa_error *err;
};

static void format_time(int64_t us, char out[32])
{
    const time_t seconds = (time_t)(us / 1000000);
    struct tm parts;
    if (!gmtime_r(&seconds, &parts) || strftime(out, 32, "%Y-%m-%d %H:%M:%SZ", &parts) == 0)
        snprintf(out, 32, "?");
}

static void format_sources(const stoa_version_info *info, char out[256])
{
    if (info->source_count == 0)
        snprintf(out, 256, "-");
    else if (info->source_count == 1)
        snprintf(out, 256, "%s", info->sources[0]);
    else
        snprintf(out, 256, "%s and %zu more", info->sources[0], info->source_count - 1);
}

static int add_version(void *context, const stoa_version_info *info)
{
    struct walk *walk = context;
    char version[MESSAGE_COUNT_MAX];
    char when[32];
    char read[MESSAGE_COUNT_MAX];
    char written[MESSAGE_COUNT_MAX];
    char rejected[MESSAGE_COUNT_MAX];
    char rows[MESSAGE_COUNT_MAX];
    char files[MESSAGE_COUNT_MAX];
    char size[MESSAGE_COUNT_MAX];
    char sources[256];
    snprintf(version, sizeof version, "%llu", (unsigned long long)info->version);
    format_time(info->committed_us, when);
    format_sources(info, sources);
    const char *cells[] = {version,
                           when,
                           info->operation,
                           info->batch ? info->batch : "",
                           message_count(info->rows_read, read),
                           message_count(info->rows_written, written),
                           message_count(info->rows_rejected, rejected),
                           message_count(info->total_rows, rows),
                           message_count(info->total_files, files),
                           message_size(info->total_bytes, size),
                           sources};
    walk->status =
        table_add_texts(walk->table, cells, sizeof cells / sizeof cells[0], walk->err);
    walk->seen++;
    return walk->status != STOA_OK || walk->seen == walk->most;
}

static stoa_status print_log(const char *path, uint64_t most, struct stdout_sink *sink,
                             stoa_error *err)
{
    static const stoa_field fields[] = {
        {.name = "version",   .type = {.id = STOA_TYPE_INT64}},
        {.name = "committed", .type = {.id = STOA_TYPE_TEXT} },
        {.name = "operation", .type = {.id = STOA_TYPE_TEXT} },
        {.name = "batch",     .type = {.id = STOA_TYPE_TEXT} },
        {.name = "read",      .type = {.id = STOA_TYPE_INT64}},
        {.name = "written",   .type = {.id = STOA_TYPE_INT64}},
        {.name = "rejected",  .type = {.id = STOA_TYPE_INT64}},
        {.name = "rows",      .type = {.id = STOA_TYPE_INT64}},
        {.name = "files",     .type = {.id = STOA_TYPE_INT64}},
        {.name = "size",      .type = {.id = STOA_TYPE_INT64}},
        {.name = "sources",   .type = {.id = STOA_TYPE_TEXT} },
    };
    static const stoa_schema head = {fields, sizeof fields / sizeof fields[0]};
    struct walk walk = {.most = most, .status = STOA_OK, .err = err};
    stoa_status status = table_create(&head, 0, 80, &walk.table, err);
    if (status == STOA_OK)
        status = stoa_dataset_log(path, add_version, &walk, err);
    if (status == STOA_OK)
        status = walk.status;
    if (status == STOA_OK)
        status = table_print(walk.table, sink, err);
    table_free(walk.table);
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct settings settings = {0};
    size_t paths = 0;
    const int result = options_parse(command, argc, argv, &settings, &paths);
    if (result != -1)
        return result;
    struct stdout_sink sink;
    stdout_sink_init(&sink);
    stoa_error err;
    stoa_error_clear(&err);
    return stdout_sink_end(&sink, print_log(argv[0], settings.most, &sink, &err), &err);
}

const struct command cmd_log = {
    .name = "log",
    .summary = "show the versions of a dataset, newest first",
    .usage = "DATASET [-n N]",
    .examples = "  stoa log out/orders\n"
                "  stoa log out/orders -n 5\n",
    .notes = "read = written + rejected in every version. An older version is read as\n"
             "DATASET@VERSION, as in: stoa query \"SELECT count(*) FROM 'out/orders@3'\"\n",
    .options = options,
    .min_paths = 1,
    .max_paths = 1,
    .run = run,
};
