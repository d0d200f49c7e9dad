/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `stoa version`: what this build is and what it runs on.
 */
#include "stoa/version.h"

#include <stdio.h>

#include "tools/commands.h"
#include "tools/message.h"
#include "tools/stdout_sink.h"

struct settings {
    int json;
};

/* One option is two lines, whatever their lengths. */
/* clang-format off */
static const struct option options[] = {
    {"json", 0, OPTION_FLAG, offsetof(struct settings, json), NULL, NULL,
     "as one JSON object"},
    {NULL, 0, OPTION_FLAG, 0, NULL, NULL, NULL},
};
/* clang-format on */

static int run(const struct command *command, int argc, char **argv)
{
    struct settings settings = {0};
    size_t paths = 0;
    const int result = options_parse(command, argc, argv, &settings, &paths);
    if (result != -1)
        return result;
    printf(settings.json
               ? "{\"version\":\"%s\",\"format\":\"%s\",\"cpu\":\"%s\",\"processors\":%u}\n"
               : "stoa %s (format %s, cpu %s, processors %u)\n",
           stoa_version(), stoa_format_version(), stoa_cpu_name(), stoa_processor_count());
    struct stdout_sink sink;
    stdout_sink_init(&sink);
    stoa_error err;
    stoa_error_clear(&err);
    return stdout_sink_end(&sink, STOA_OK, &err);
}

const struct command cmd_version = {
    .name = "version",
    .summary = "show the version of this build and of its file format",
    .usage = "[--json]",
    .examples = "  stoa version\n",
    .options = options,
    .min_paths = 0,
    .max_paths = 0,
    .run = run,
};
