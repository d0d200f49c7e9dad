/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `stoa info`: what a dataset or file holds.
 */
#include <stdio.h>
#include <string.h>

#include "stoa/dataset.h"
#include "tools/commands.h"
#include "tools/layout_table.h"
#include "tools/message.h"
#include "tools/stdout_sink.h"
#include "tools/table.h"

static const char *const formats[] = {"table", "json", NULL};

struct settings {
    int files;
    int layout;
    int format;
};

/* One option is two lines, whatever their lengths. */
/* clang-format off */
static const struct option options[] = {
    {"files", 0, OPTION_FLAG, offsetof(struct settings, files), NULL, NULL,
     "list the data files instead of the columns"},
    {"layout", 0, OPTION_FLAG, offsetof(struct settings, layout), NULL, NULL,
     "show how columns are encoded and what the next best would take; reads all blocks"},
    {"format", 0, OPTION_CHOICE, offsetof(struct settings, format), "table|json", formats,
     "of --layout (default table)"},
    {NULL, 0, OPTION_FLAG, 0, NULL, NULL, NULL},
};
/* clang-format on */

/* A table of texts that are made row by row. */
static stoa_status print_columns(stoa_dataset *dataset, struct stdout_sink *sink,
                                 stoa_error *err)
{
    static const stoa_field fields[] = {
        {.name = "column",   .type = {.id = STOA_TYPE_TEXT} },
        {.name = "type",     .type = {.id = STOA_TYPE_TEXT} },
        {.name = "nulls",    .type = {.id = STOA_TYPE_INT64}},
        {.name = "distinct", .type = {.id = STOA_TYPE_INT64}},
        {.name = "min",      .type = {.id = STOA_TYPE_TEXT} },
        {.name = "max",      .type = {.id = STOA_TYPE_TEXT} },
        {.name = "stored",   .type = {.id = STOA_TYPE_INT64}},
        {.name = "encoding", .type = {.id = STOA_TYPE_TEXT} },
    };
    static const stoa_schema head = {fields, sizeof fields / sizeof fields[0]};
    const stoa_dataset_info *info = stoa_dataset_get_info(dataset);
    struct table *table = NULL;
    stoa_status status = table_create(&head, 0, 40, &table, err);
    for (size_t i = 0; status == STOA_OK && i < info->schema.field_count; i++) {
        stoa_column_info column;
        int has_distinct = 0;
        uint64_t values = 0;
        status = stoa_dataset_column(dataset, i, &column, err);
        if (status == STOA_OK)
            status = stoa_dataset_distinct(dataset, i, &has_distinct, &values, err);
        if (status != STOA_OK)
            break;
        char type[STOA_TYPE_TEXT_MAX];
        char nulls[MESSAGE_COUNT_MAX];
        char stored[MESSAGE_COUNT_MAX];
        char distinct[MESSAGE_COUNT_MAX + 1] = "~";
        message_count(values, distinct + 1);
        const char *cells[] = {info->schema.fields[i].name,
                               stoa_type_text(info->schema.fields[i].type, type),
                               message_count(column.null_count, nulls),
                               has_distinct ? distinct : "",
                               column.min,
                               column.max,
                               message_size(column.stored_bytes, stored),
                               column.encodings};
        status = table_add_texts(table, cells, sizeof cells / sizeof cells[0], err);
    }
    if (status == STOA_OK)
        status = table_print(table, sink, err);
    table_free(table);
    return status;
}

static stoa_status print_files(const stoa_dataset *dataset, struct stdout_sink *sink,
                               stoa_error *err)
{
    static const stoa_field fields[] = {
        {.name = "file",    .type = {.id = STOA_TYPE_TEXT} },
        {.name = "rows",    .type = {.id = STOA_TYPE_INT64}},
        {.name = "size",    .type = {.id = STOA_TYPE_INT64}},
        {.name = "version", .type = {.id = STOA_TYPE_INT64}},
    };
    static const stoa_schema head = {fields, sizeof fields / sizeof fields[0]};
    const stoa_dataset_info *info = stoa_dataset_get_info(dataset);
    struct table *table = NULL;
    stoa_status status = table_create(&head, 0, 200, &table, err);
    for (size_t i = 0; status == STOA_OK && i < info->file_count; i++) {
        stoa_dataset_file_info file;
        status = stoa_dataset_file(dataset, i, &file, err);
        if (status != STOA_OK)
            break;
        char rows[MESSAGE_COUNT_MAX];
        char size[MESSAGE_COUNT_MAX];
        char version[MESSAGE_COUNT_MAX];
        const char *cells[] = {file.path, message_count(file.rows, rows),
                               message_size(file.bytes, size),
                               message_count(file.added_version, version)};
        status = table_add_texts(table, cells, sizeof cells / sizeof cells[0], err);
    }
    if (status == STOA_OK)
        status = table_print(table, sink, err);
    table_free(table);
    return status;
}

static stoa_status print_partitions(const stoa_dataset_info *info, struct stdout_sink *sink,
                                    stoa_error *err)
{
    if (info->partition_column_count == 0)
        return STOA_OK;
    stoa_status status = stdout_sink_text(sink, "partitioned by ", err);
    for (size_t i = 0; status == STOA_OK && i < info->partition_column_count; i++) {
        const char *name = info->schema.fields[info->partition_columns[i]].name;
        if (i > 0)
            status = stdout_sink_text(sink, ", ", err);
        if (status == STOA_OK)
            status = stdout_sink_write(sink, name, strlen(name), err);
    }
    return status == STOA_OK ? stdout_sink_text(sink, "\n", err) : status;
}

static stoa_status print_summary(const stoa_dataset_info *info, struct stdout_sink *sink,
                                 stoa_error *err)
{
    char line[256];
    char rows[MESSAGE_COUNT_MAX];
    char size[MESSAGE_COUNT_MAX];
    char version[64] = "";
    stoa_status status = stdout_sink_write(sink, info->path, strlen(info->path), err);
    if (status != STOA_OK)
        return status;
    if (!info->is_single_file)
        snprintf(version, sizeof version, " version %llu",
                 (unsigned long long)info->version);
    snprintf(line, sizeof line, "%s: %s rows, %zu columns, %s in %zu file%s", version,
             message_count(info->rows, rows), info->schema.field_count,
             message_size(info->bytes, size), info->file_count,
             info->file_count == 1 ? "" : "s");
    status = stdout_sink_text(sink, line, err);
    if (status == STOA_OK && info->partition_count > 0) {
        snprintf(line, sizeof line, " and %zu partition%s", info->partition_count,
                 info->partition_count == 1 ? "" : "s");
        status = stdout_sink_text(sink, line, err);
    }
    if (status == STOA_OK)
        status = stdout_sink_text(sink, "\n", err);
    return status == STOA_OK ? print_partitions(info, sink, err) : status;
}

static stoa_status print_info(const char *path, int files, struct stdout_sink *sink,
                              stoa_error *err)
{
    stoa_dataset *dataset = NULL;
    stoa_status status = stoa_dataset_open(path, &dataset, err);
    if (status == STOA_OK)
        status = print_summary(stoa_dataset_get_info(dataset), sink, err);
    if (status == STOA_OK)
        status = stdout_sink_text(sink, "\n", err);
    if (status == STOA_OK)
        status =
            files ? print_files(dataset, sink, err) : print_columns(dataset, sink, err);
    stoa_dataset_close(dataset);
    return status;
}

static stoa_status print_layout(const char *path, int is_json, struct stdout_sink *sink,
                                stoa_error *err)
{
    stoa_dataset *dataset = NULL;
    stoa_status status = stoa_dataset_open(path, &dataset, err);
    if (status == STOA_OK)
        status = layout_print(dataset, NULL, is_json, sink, err);
    stoa_dataset_close(dataset);
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
    if (settings.format == 1 && !settings.layout)
        return message_usage(command->name, "--format json goes with --layout");
    if (settings.files && settings.layout)
        return message_usage(command->name, "--files and --layout: take one");
    stdout_sink_init(&sink);
    stoa_error err;
    stoa_error_clear(&err);
    if (settings.layout)
        return stdout_sink_end(
            &sink, print_layout(argv[0], settings.format == 1, &sink, &err), &err);
    return stdout_sink_end(&sink, print_info(argv[0], settings.files, &sink, &err), &err);
}

const struct command cmd_info = {
    .name = "info",
    .summary = "show what a dataset or file holds",
    .usage = "DATASET [--files | --layout]",
    .examples =
        "  stoa info out/orders             columns, types, NULLs, bounds, sizes\n"
        "  stoa info out/orders --files     the data files\n"
        "  stoa info out/orders --layout    encodings, bits a value, the next best\n"
        "  stoa info out/orders@2           an older version\n",
    .notes =
        "Columns come from metadata alone, but distinct values (~: within 3.3 %) of small files are\n"
        "counted. In --layout bits/value is of all blocks; \"expected\" is what the choice reckoned with\n"
        "for the first of them, in bits a value, of what that came to, and \"next best\" what another\n"
        "encoding would take there; \"why\" may be speed: a small gain in bits is not worth slow reading.\n",
    .options = options,
    .min_paths = 1,
    .max_paths = 1,
    .run = run,
};
