/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `stoa gc`: removes what no version of a dataset refers to.
 */
#include <stdio.h>
#include <string.h>

#include "stoa/dataset.h"
#include "tools/commands.h"
#include "tools/message.h"
#include "tools/stdout_sink.h"

/* A younger file may belong to a writer that is at work on another machine. */
enum { SMALLEST_GRACE = 600, DEFAULT_GRACE = 24 * 3600 };

struct settings {
    uint64_t grace;
    int dry_run;
    int force;
};

/* One option is two lines, whatever their lengths. */
/* clang-format off */
static const struct option options[] = {
    {"grace", 0, OPTION_DURATION, offsetof(struct settings, grace), "TIME", NULL,
     "leave younger files alone (default 24h, at least 10m)"},
    {"force", 0, OPTION_FLAG, offsetof(struct settings, force), NULL, NULL,
     "allow a shorter --grace: only when no writer is at work"},
    {"dry-run", 0, OPTION_FLAG, offsetof(struct settings, dry_run), NULL, NULL,
     "only show what would be removed"},
    {NULL, 0, OPTION_FLAG, 0, NULL, NULL, NULL},
};
/* clang-format on */

struct listing {
    struct stdout_sink sink;
    stoa_status status; /* of the first failed write */
    stoa_error err;
};

static void on_file(void *context, const char *path, uint64_t bytes)
{
    struct listing *listing = context;
    char size[MESSAGE_COUNT_MAX];
    char end[64];
    if (listing->status != STOA_OK)
        return;
    snprintf(end, sizeof end, "  %s\n", message_size(bytes, size));
    listing->status = stdout_sink_write(&listing->sink, path, strlen(path), &listing->err);
    if (listing->status == STOA_OK)
        listing->status = stdout_sink_text(&listing->sink, end, &listing->err);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct settings settings = {.grace = DEFAULT_GRACE};
    size_t paths = 0;
    const int result = options_parse(command, argc, argv, &settings, &paths);
    if (result != -1)
        return result;
    if (settings.grace < SMALLEST_GRACE && !settings.force)
        return message_usage(command->name,
                             "--grace: expected at least 10m, found %llus; --force allows "
                             "it when no writer is at work",
                             (unsigned long long)settings.grace);
    struct listing listing = {.status = STOA_OK};
    stdout_sink_init(&listing.sink);
    const stoa_gc_options gc_options = {.grace_seconds = settings.grace,
                                        .use_grace = 1,
                                        .dry_run = settings.dry_run,
                                        .on_file = on_file,
                                        .context = &listing};
    stoa_gc_report report = {0};
    stoa_error err;
    stoa_error_clear(&err);
    if (stoa_gc(argv[0], &gc_options, &report, &err) != STOA_OK)
        return message_error(
            &err, &(struct message_outcome){.safe = "yes: gc only removes what no version "
                                                    "refers to; run it again at any time"});
    if (listing.status == STOA_OK)
        listing.status = stdout_sink_finish(&listing.sink, &listing.err);
    if (listing.status != STOA_OK && !listing.sink.is_closed)
        return message_error(&listing.err, NULL);
    char files[MESSAGE_COUNT_MAX];
    char size[MESSAGE_COUNT_MAX];
    char young[MESSAGE_COUNT_MAX];
    message_note(
        "gc", "%s %s file%s, %s; %s younger or in use left alone",
        settings.dry_run ? "would remove" : "removed",
        message_count(report.files_removed, files), report.files_removed == 1 ? "" : "s",
        message_size(report.bytes_removed, size), message_count(report.files_young, young));
    return 0;
}

const struct command cmd_gc = {
    .name = "gc",
    .summary = "remove files that no version of a dataset refers to",
    .usage = "DATASET [--dry-run]",
    .examples = "  stoa gc out/orders --dry-run\n"
                "  stoa gc out/orders --grace 1h\n",
    .notes =
        "Left-overs come from conversions that were killed. Safe beside writers and readers.\n",
    .options = options,
    .min_paths = 1,
    .max_paths = 1,
    .run = run,
};
