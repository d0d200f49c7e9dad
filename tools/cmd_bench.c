/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `stoa bench`: how fast a dataset answers, by standard sets of statements or the user's own.
 */
#include <string.h>

#include "stoa/memory.h"
#include "tools/bench.h"
#include "tools/commands.h"
#include "tools/interrupt.h"
#include "tools/message.h"
#include "tools/sql_file.h"

static const char *const formats[] = {"table", "json", NULL};
static const char *const sets[] = {"scan", "filter", "aggregate", "point", "all", NULL};
enum { ALL_SETS = 4 };

struct settings {
    const char *file;
    int format;
    int set;
    int hot_only;
    uint64_t runs;
    uint64_t threads;
    uint64_t memory;
    int quiet;
};

/* One option is two lines, whatever their lengths. */
/* clang-format off */
static const struct option options[] = {
    {"set", 0, OPTION_CHOICE, offsetof(struct settings, set),
     "scan|filter|aggregate|point|all", sets,
     "statements to run (default all)"},
    {"queries", 'q', OPTION_TEXT, offsetof(struct settings, file), "FILE", NULL,
     "run the statements of FILE instead, each ended by ;  (- is standard input)"},
    {"runs", 0, OPTION_COUNT, offsetof(struct settings, runs), "N", NULL,
     "hot runs of each (default 0: five, and until a third of a second has passed)"},
    {"hot-only", 0, OPTION_FLAG, offsetof(struct settings, hot_only), NULL, NULL,
     "no cold run, so nothing is dropped from the page cache"},
    {"format", 0, OPTION_CHOICE, offsetof(struct settings, format), "table|json", formats,
     "default: table; json has every sample"},
    {"memory", 0, OPTION_SIZE, offsetof(struct settings, memory), "SIZE", NULL,
     "memory a query may hold (default 256MiB)"},
    {"threads", 'j', OPTION_THREADS, offsetof(struct settings, threads), "N", NULL,
     "threads (default: all processors)"},
    {"quiet", 0, OPTION_FLAG, offsetof(struct settings, quiet), NULL, NULL,
     "no progress on standard error"},
    {NULL, 0, OPTION_FLAG, 0, NULL, NULL, NULL},
};
/* clang-format on */

struct bench {
    const struct settings *settings;
    struct bench_run run;
    stoa_dataset *dataset;
    struct bench_plan plan;
    struct bench_result *results; /* as many as statements; owned */
    size_t measured;
    const char *failed; /* the statement that failed, or NULL */
};

static stoa_status make_plan(struct bench *bench, const char *sql, stoa_error *err)
{
    if (sql)
        return bench_plan_add_text(&bench->plan, sql, err);
    const unsigned chosen = bench->settings->set == ALL_SETS ? (1U << ALL_SETS) - 1
                                                             : 1U << bench->settings->set;
    return bench_plan_add_sets(&bench->plan, &bench->run, bench->dataset, chosen, err);
}

static stoa_status measure(struct bench *bench, stoa_error *err)
{
    const struct bench_plan *plan = &bench->plan;
    const int with_progress = !bench->settings->quiet && message_is_terminal(2);
    bench->results = stoa_memory_get((plan->count + 1) * sizeof *bench->results);
    if (!bench->results) {
        err->status = STOA_E_NO_MEMORY;
        return err->status;
    }
    stoa_status status = STOA_OK;
    for (size_t i = 0; status == STOA_OK && i < plan->count; i++) {
        if (with_progress)
            message_progress("%zu of %zu: %s", i + 1, plan->count, plan->items[i].name);
        status = bench_measure(&bench->run, bench->dataset, plan->items[i].sql,
                               !bench->settings->hot_only, bench->settings->runs,
                               &bench->results[i], err);
        bench->measured += status == STOA_OK;
        if (status != STOA_OK)
            bench->failed = plan->items[i].name;
    }
    if (with_progress)
        message_progress_end();
    return status;
}

static int report(struct bench *bench, stoa_error *err)
{
    struct stdout_sink sink;
    stdout_sink_init(&sink);
    const stoa_status status =
        bench->settings->format == 1
            ? bench_report_json(&bench->run, bench->dataset, &bench->plan, bench->results,
                                &sink, err)
            : bench_report_table(&bench->run, bench->dataset, &bench->plan, bench->results,
                                 &sink, err);
    return stdout_sink_end(&sink, status, err);
}

static int fail(const struct bench *bench, const stoa_error *err)
{
    static const struct message_outcome outcome = {.safe =
                                                       "yes: a benchmark writes nothing"};
    if (err->status == STOA_E_INTERRUPTED && interrupt_exit_code())
        return interrupt_exit_code();
    if (bench->failed)
        message_note("statement", "%s", bench->failed);
    return message_error(err, &outcome);
}

/* `sql`: the user's statements, or NULL. */
static int run_bench(const struct settings *settings, const char *path, const char *sql)
{
    struct bench bench = {
        .settings = settings,
        .run = {.path = path,
                .threads = (unsigned)settings->threads,
                .memory = settings->memory}
    };
    stoa_error err;
    stoa_error_clear(&err);
    interrupt_install();
    stoa_status status = stoa_dataset_open(path, &bench.dataset, &err);
    if (status == STOA_OK)
        status = make_plan(&bench, sql, &err);
    int code = 0;
    if (status == STOA_OK && bench.plan.count == 0)
        code = message_usage("bench", "there is no statement in the file");
    else if (status == STOA_OK)
        status = measure(&bench, &err);
    if (status != STOA_OK)
        code = fail(&bench, &err);
    else if (code == 0)
        code = report(&bench, &err);
    for (size_t i = 0; i < bench.measured; i++)
        bench_result_done(&bench.results[i]);
    stoa_memory_release(bench.results);
    bench_plan_done(&bench.plan);
    stoa_dataset_close(bench.dataset);
    return code;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct settings settings = {.set = ALL_SETS};
    size_t paths = 0;
    const int result = options_parse(command, argc, argv, &settings, &paths);
    if (result != -1)
        return result;
    if (settings.runs > BENCH_MAX_RUNS)
        return message_usage(command->name, "--runs: expected at most %d, found %llu",
                             BENCH_MAX_RUNS, (unsigned long long)settings.runs);
    if (settings.file && settings.set != ALL_SETS)
        return message_usage(command->name,
                             "--set and --queries: take one, they say what to run");
    char *sql = NULL;
    if (settings.file) {
        const int code = sql_file_read(settings.file, &sql);
        if (code != -1)
            return code;
    }
    const int code = run_bench(&settings, argv[0], sql);
    stoa_memory_release(sql);
    return code;
}

const struct command cmd_bench = {
    .name = "bench",
    .summary = "measure how fast a dataset answers",
    .usage = "DATASET [--set scan|filter|aggregate|point] [--queries FILE]",
    .examples =
        "  stoa bench out/orders                          the four standard sets\n"
        "  stoa bench out/orders --set point --runs 100   one set, 100 hot runs of each\n"
        "  stoa bench out/orders -q mine.sql              your own statements\n"
        "  stoa bench out/orders --format json > now.json\n",
    .notes =
        "The standard statements are made for the columns of the dataset, with values that occur in\n"
        "it. Each runs once cold (the system is asked to drop the dataset's files from the page\n"
        "cache; the disk's own cache stays), once to warm up, then hot. rows/s counts the rows of the\n"
        "dataset for each second; \"metadata\" is an answer that read none. Time is from parsing to\n"
        "the last row.\n",
    .options = options,
    .min_paths = 1,
    .max_paths = 1,
    .run = run,
};
