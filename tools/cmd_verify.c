/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `stoa verify`: every byte of every version, checked.
 */
#include <stdio.h>
#include <string.h>

#include "stoa/dataset.h"
#include "tools/commands.h"
#include "tools/message.h"
#include "tools/stdout_sink.h"

struct settings {
    int deep;
    uint64_t threads;
};

/* One option is two lines, whatever their lengths. */
/* clang-format off */
static const struct option options[] = {
    {"deep", 0, OPTION_FLAG, offsetof(struct settings, deep), NULL, NULL,
     "decode every value and recompute the statistics too"},
    {"threads", 'j', OPTION_THREADS, offsetof(struct settings, threads), "N", NULL,
     "threads (default: all processors)"},
    {NULL, 0, OPTION_FLAG, 0, NULL, NULL, NULL},
};
/* clang-format on */

struct damages {
    uint64_t count;
};

static void on_damage(void *context, const stoa_error *damage)
{
    struct damages *damages = context;
    damages->count++;
    message_damage(damage);
}

/* Returns the exit code of the printing. */
static int print_report(const char *path, const stoa_verify_report *report)
{
    struct stdout_sink sink;
    stdout_sink_init(&sink);
    stoa_error err;
    stoa_error_clear(&err);
    char line[256];
    char size[MESSAGE_COUNT_MAX];
    stoa_status status =
        stdout_sink_text(&sink, report->damages == 0 ? "ok       " : "damaged  ", &err);
    if (status == STOA_OK)
        status = stdout_sink_write(&sink, path, strlen(path), &err);
    snprintf(line, sizeof line, ": %llu version%s, %llu file%s, %s, %llu damage%s\n",
             (unsigned long long)report->versions, report->versions == 1 ? "" : "s",
             (unsigned long long)report->files, report->files == 1 ? "" : "s",
             message_size(report->bytes, size), (unsigned long long)report->damages,
             report->damages == 1 ? "" : "s");
    if (status == STOA_OK)
        status = stdout_sink_text(&sink, line, &err);
    return stdout_sink_end(&sink, status, &err);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct settings settings = {0};
    size_t paths = 0;
    const int result = options_parse(command, argc, argv, &settings, &paths);
    if (result != -1)
        return result;
    stoa_error err;
    stoa_error_clear(&err);
    struct damages damages = {0};
    stoa_verify_report report = {0};
    const stoa_status status =
        stoa_verify(argv[0], settings.deep, (unsigned)settings.threads, on_damage, &damages,
                    &report, &err);
    /* Not even opened: no report to print. */
    if (status != STOA_OK && damages.count == 0)
        return message_error(&err, NULL);
    const int output = print_report(argv[0], &report);
    if (output != 0)
        return output;
    return status == STOA_OK ? 0 : stoa_status_find((int)status)->exit_code;
}

const struct command cmd_verify = {
    .name = "verify",
    .summary = "check every byte of a dataset or file",
    .usage = "DATASET [--deep]",
    .examples = "  stoa verify out/orders            all retained versions\n"
                "  stoa verify out/orders --deep     values and statistics too\n"
                "  stoa verify part.stoa             a single file\n",
    .notes =
        "Exit 0: whole. Exit 9: damage, each with file, column and rows. Verify changes nothing.\n",
    .options = options,
    .min_paths = 1,
    .max_paths = 1,
    .run = run,
};
