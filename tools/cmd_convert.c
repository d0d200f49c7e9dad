/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `stoa convert`: text files in, one committed version out. What it says follows the life of the
 * conversion: how each source is read, what the user should know, the rows' balance, the commit.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "stoa/convert.h"
#include "stoa/memory.h"
#include "tools/commands.h"
#include "tools/interrupt.h"
#include "tools/layout_table.h"
#include "tools/message.h"

static const char *const modes[] = {"append", "create", "overwrite", "overwrite-partitions",
                                    NULL};
static const char *const profiles[] = {"balanced", "fast", "compact", NULL};
static const char *const formats[] = {"csv", NULL};
static const char *const headers[] = {"auto", "yes", "no", NULL};
static const char *const progress_modes[] = {"auto", "bar", "plain", "off", NULL};
enum { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_PLAIN, PROGRESS_OFF };

struct settings {
    const char *output;
    const char *encoding;
    struct text_list partition_by;
    struct text_list filters;
    struct text_list types;
    struct text_list nulls;
    int mode, profile, format, header, progress;
    char delimiter, quote;
    const char *batch_id;
    int replace_batch, allow_empty;
    int no_quote, all_text, dry_run, explain, quiet;
    uint64_t skip, threads, memory;
};

#define AT(member) offsetof(struct settings, member)

/* One option is two lines, whatever their lengths. */
/* clang-format off */
static const struct option options[] = {
    {"output", 'o', OPTION_TEXT, AT(output), "DATASET", NULL,
     "the dataset's directory; made when absent"},
    {"partition-by", 0, OPTION_NAMES, AT(partition_by), "COLUMN,...", NULL,
     "one directory per value; remembered by the dataset"},
    {"mode", 0, OPTION_CHOICE, AT(mode), "append|create|overwrite|overwrite-partitions", modes,
     "create refuses an existing dataset; overwrite replaces all rows, or those of touched partitions"},
    {"batch-id", 0, OPTION_TEXT, AT(batch_id), "ID", NULL,
     "your name for this load: the same sources under it are committed once, however often it runs"},
    {"replace-batch", 0, OPTION_FLAG, AT(replace_batch), NULL, NULL,
     "put these rows in the place of those of the batch"},
    {"allow-empty", 0, OPTION_FLAG, AT(allow_empty), NULL, NULL,
     "let no rows at all replace others"},
    {"types", 0, OPTION_NAMES, AT(types), "NAME=TYPE,...", NULL,
     "fix types, as in id=text,amount=decimal(12,2)"},
    {"all-text", 0, OPTION_FLAG, AT(all_text), NULL, NULL,
     "keep every column as text"},
    {"null", 0, OPTION_LIST, AT(nulls), "TEXT", NULL,
     "TEXT means NULL, as an unquoted empty field does; repeatable"},
    {"delimiter", 0, OPTION_BYTE, AT(delimiter), "CHAR", NULL,
     "detected when not given"},
    {"quote", 0, OPTION_BYTE, AT(quote), "CHAR", NULL,
     "detected when not given"},
    {"no-quote", 0, OPTION_FLAG, AT(no_quote), NULL, NULL,
     "no character is a quote"},
    {"header", 0, OPTION_CHOICE, AT(header), "auto|yes|no", headers,
     "whether the first row holds the names"},
    {"encoding", 0, OPTION_TEXT, AT(encoding), "NAME", NULL,
     "of the sources (default UTF-8), as in windows-1252"},
    {"skip", 0, OPTION_COUNT, AT(skip), "N", NULL,
     "lines to skip at the top"},
    {"format", 0, OPTION_CHOICE, AT(format), "csv", formats,
     "of the sources; by content when not given"},
    {"filter", 0, OPTION_NAMES, AT(filters), "COLUMN,...", NULL,
     "make filters, which speed up = and IN on keys; 9 bits a value"},
    {"profile", 0, OPTION_CHOICE, AT(profile), "balanced|fast|compact", profiles,
     "how hard to compress"},
    {"memory", 0, OPTION_SIZE, AT(memory), "SIZE", NULL,
     "peak memory aimed at (default 256MiB, at least 192MiB)"},
    {"threads", 'j', OPTION_THREADS, AT(threads), "N", NULL,
     "threads (default: all processors); the bytes written do not depend on it"},
    {"dry-run", 0, OPTION_FLAG, AT(dry_run), NULL, NULL,
     "do everything but write"},
    {"explain", 0, OPTION_FLAG, AT(explain), NULL, NULL,
     "show then how columns are encoded, what was expected, and the next best"},
    {"progress", 0, OPTION_CHOICE, AT(progress), "auto|bar|plain|off", progress_modes,
     "bar on a terminal, else a line every 30 seconds"},
    {"quiet", 'q', OPTION_FLAG, AT(quiet), NULL, NULL,
     "errors only"},
    {NULL, 0, OPTION_FLAG, 0, NULL, NULL, NULL},
};
/* clang-format on */

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- progress ---- */

struct progress {
    int mode; /* PROGRESS_BAR, PROGRESS_PLAIN or PROGRESS_OFF */
    double start;
    double shown; /* when the last line was */
};

static void progress_bar(const struct progress *progress, double now,
                         const stoa_convert_progress *at, double share)
{
    char bar[31];
    const int full = (int)(share * 30);
    for (int i = 0; i < 30; i++)
        bar[i] = i < full ? '#' : '.';
    bar[30] = '\0';
    char done[MESSAGE_COUNT_MAX];
    char total[MESSAGE_COUNT_MAX];
    char rows[MESSAGE_COUNT_MAX];
    static const char *const labels[] = {"types", "rows ", "write"};
    const char *label = labels[at->pass >= 1 && at->pass <= 3 ? at->pass - 1 : 1];
    const double seconds = now - progress->start;
    message_progress("%3.0f%% [%s] %s  %s of %s  %s rows  %.0f s", share * 100, bar, label,
                     message_size(at->bytes_done, done),
                     message_size(at->bytes_total, total), message_count(at->rows, rows),
                     seconds);
}

static int on_progress(void *context, const stoa_convert_progress *at)
{
    struct progress *progress = context;
    const double now = now_seconds();
    const double every = progress->mode == PROGRESS_BAR ? 0.1 : 30;
    if (progress->mode != PROGRESS_OFF && now - progress->shown >= every) {
        progress->shown = now;
        const double share =
            at->bytes_total ? (double)at->bytes_done / (double)at->bytes_total : 1;
        if (progress->mode == PROGRESS_BAR)
            progress_bar(progress, now, at, share);
        else
            message_note("progress", "pass=%d pct=%.1f bytes=%llu/%llu rows=%llu", at->pass,
                         share * 100, (unsigned long long)at->bytes_done,
                         (unsigned long long)at->bytes_total, (unsigned long long)at->rows);
    }
    return interrupt_is_pending(NULL);
}

static int progress_mode(const struct settings *settings)
{
    if (settings->quiet)
        return PROGRESS_OFF;
    if (settings->progress != PROGRESS_AUTO)
        return settings->progress;
    return message_is_terminal(2) ? PROGRESS_BAR : PROGRESS_PLAIN;
}

/* ---- what is said at the end ---- */

static const char *byte_name(char byte, char out[8])
{
    if (byte == 0)
        return "none";
    if (byte == '\t')
        return "tab";
    snprintf(out, 8, "%c", byte);
    return out;
}

static void say_sources(const stoa_convert_report *report)
{
    enum { MOST = 10 };
    for (size_t i = 0; i < report->source_count && i < MOST; i++) {
        const stoa_convert_source *source = &report->sources[i];
        char delimiter[8];
        char quote[8];
        message_note("source", "%s: %s, delimiter %s, quote %s, %s%s", source->name,
                     source->format, byte_name(source->delimiter, delimiter),
                     byte_name(source->quote, quote),
                     source->has_header ? "header" : "no header",
                     source->has_bom ? ", byte-order mark" : "");
        if (source->committed_before > 0)
            message_note("warning",
                         "%s: version %llu already holds a source of these very bytes",
                         source->name, (unsigned long long)source->committed_before);
    }
    if (report->source_count > MOST)
        message_note("source", "and %zu more", report->source_count - MOST);
}

/* The task has run before: what an orchestrator's second try wants to hear. */
static void say_repeat(const struct settings *settings, const stoa_convert_report *report)
{
    message_note(
        "skip",
        "batch %s is already committed as version %llu of %s (the same %zu source%s); "
        "nothing to do",
        settings->batch_id, (unsigned long long)report->version, settings->output,
        report->source_count, report->source_count == 1 ? "" : "s");
}

static void say_report(const struct settings *settings, const stoa_convert_report *report,
                       double seconds)
{
    char a[MESSAGE_COUNT_MAX];
    char b[MESSAGE_COUNT_MAX];
    char c[MESSAGE_COUNT_MAX];
    say_sources(report);
    for (size_t i = 0; i < report->notice_count; i++)
        message_note("note", "%s", report->notices[i]);
    message_note(
        "rows", "read %s = written %s + rejected %s", message_count(report->rows_read, a),
        message_count(report->rows_written, b), message_count(report->rows_rejected, c));
    char partitions[64] = "";
    if (report->partition_count > 0)
        snprintf(partitions, sizeof partitions, ", %s partition%s",
                 message_count(report->partition_count, c),
                 report->partition_count == 1 ? "" : "s");
    if (report->rows_replaced > 0)
        message_note("replaced", "%s row%s of the version before",
                     message_count(report->rows_replaced, a),
                     report->rows_replaced == 1 ? "" : "s");
    if (settings->dry_run) {
        message_note("dry run", "%s would become version %llu; nothing was written",
                     settings->output, (unsigned long long)report->version);
        return;
    }
    message_note("size", "%s -> %s, %zu column%s%s, %zu file%s",
                 message_size(report->bytes_source, a),
                 message_size(report->bytes_written, b), report->column_count,
                 report->column_count == 1 ? "" : "s", partitions, report->file_count,
                 report->file_count == 1 ? "" : "s");
    message_note("commit", "%s version %llu in %.2f s", settings->output,
                 (unsigned long long)report->version, seconds);
}

static int report_failure(const struct settings *settings, const stoa_error *err)
{
    char safe[512];
    /* A pending signal explains only its own status: other failures keep their name and code. */
    if (err->status == STOA_E_INTERRUPTED && interrupt_exit_code()) {
        message_note("stopped", "by a signal; %s is as it was", settings->output);
        return interrupt_exit_code();
    }
    if (err->status == STOA_E_UNKNOWN_OUTCOME) {
        snprintf(safe, sizeof safe, "the last step failed; stoa log %s tells if it counts",
                 settings->output);
        return message_error(err, &(struct message_outcome){.safe = safe});
    }
    const int is_usage = err->status >= 200 && err->status < 300;
    snprintf(safe, sizeof safe, "yes: %s is unchanged, readers saw nothing",
             settings->output);
    return message_error(err, is_usage
                                  ? NULL
                                  : &(struct message_outcome){
                                        .what = "nothing was committed", .safe = safe});
}

/* ---- options ---- */

/* "NAME=TYPE" items into `types`; cuts the items at their last "=". */
static int parse_types(const struct command *command, const struct settings *settings,
                       stoa_convert_type *types)
{
    for (size_t i = 0; i < settings->types.count; i++) {
        char *item = (char *)(uintptr_t)settings->types.items[i]; /* argv's own text */
        char *equals = strrchr(item, '=');
        if (!equals || equals == item)
            return message_usage(command->name, "--types: expected NAME=TYPE, found \"%s\"",
                                 item);
        *equals = '\0';
        stoa_error err;
        stoa_error_clear(&err);
        types[i].name = item;
        if (stoa_type_parse(equals + 1, &types[i].type, &err) != STOA_OK)
            return message_error(&err, NULL);
    }
    return -1;
}

static int convert(const struct command *command, const struct settings *settings,
                   size_t paths, char **argv)
{
    stoa_convert_type *types = stoa_memory_get((settings->types.count + 1) * sizeof *types);
    if (!types)
        return message_no_memory();
    int code = parse_types(command, settings, types);
    if (code != -1) {
        stoa_memory_release(types);
        return code;
    }
    struct progress progress = {.mode = progress_mode(settings), .start = now_seconds()};
    progress.shown = progress.start;
    const stoa_convert_options convert_options = {
        .dataset = settings->output,
        .sources = (const char *const *)argv,
        .source_count = paths,
        .partition_by = settings->partition_by.items,
        .partition_count = settings->partition_by.count,
        .mode = settings->mode >= 0 ? modes[settings->mode] : NULL,
        .batch_id = settings->batch_id,
        .replace_batch = settings->replace_batch,
        .allow_empty = settings->allow_empty,
        .filters = settings->filters.items,
        .filter_count = settings->filters.count,
        .profile = settings->profile >= 0 ? profiles[settings->profile] : NULL,
        .format = settings->format >= 0 ? formats[settings->format] : NULL,
        .delimiter = settings->delimiter,
        .quote = settings->quote,
        .no_quote = settings->no_quote,
        .header = settings->header,
        .skip_lines = settings->skip,
        .encoding = settings->encoding,
        .nulls = settings->nulls.items,
        .null_count = settings->nulls.count,
        .types = types,
        .type_count = settings->types.count,
        .all_text = settings->all_text,
        .dry_run = settings->dry_run,
        .threads = (unsigned)settings->threads,
        .memory = settings->memory,
        .on_progress = on_progress,
        .progress_context = &progress,
    };
    stoa_error err;
    stoa_error_clear(&err);
    stoa_convert_report *report = NULL;
    if (stoa_convert(&convert_options, &report, &err) == STOA_OK) {
        if (report->is_repeat)
            say_repeat(settings, report);
        else
            say_report(settings, report, now_seconds() - progress.start);
        code = 0;
    } else {
        code = report_failure(settings, &err);
    }
    stoa_convert_report_free(report);
    stoa_memory_release(types);
    return code;
}

/* The layout of what is in the dataset now, by the profile it was written with. */
static int explain(const struct settings *settings)
{
    struct stdout_sink sink;
    stoa_dataset *dataset = NULL;
    stoa_error err;
    stdout_sink_init(&sink);
    stoa_error_clear(&err);
    stoa_status status = stoa_dataset_open(settings->output, &dataset, &err);
    if (status == STOA_OK)
        status = layout_print(dataset,
                              settings->profile >= 0 ? profiles[settings->profile] : NULL,
                              0, &sink, &err);
    stoa_dataset_close(dataset);
    return stdout_sink_end(&sink, status, &err);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct settings settings = {.mode = -1, .profile = -1, .format = -1};
    size_t paths = 0;
    int code = options_parse(command, argc, argv, &settings, &paths);
    if (code == -1 && !settings.output)
        code = message_usage(command->name, "no dataset is named: -o DATASET");
    if (code == -1 && settings.explain && settings.dry_run)
        code = message_usage(command->name,
                             "--explain shows how columns were encoded, --dry-run encodes "
                             "none: leave one of them out");
    if (code == -1) {
        interrupt_install();
        message_set_quiet(settings.quiet);
        code = convert(command, &settings, paths, argv);
        if (code == 0 && settings.explain)
            code = explain(&settings);
    }
    options_release(options, &settings);
    return code;
}

const struct command cmd_convert = {
    .name = "convert",
    .summary = "turn text files into a committed version of a dataset",
    .usage = "SOURCE... -o DATASET",
    .examples =
        "  stoa convert orders.csv -o lake/orders\n"
        "  stoa convert 2026-*.csv -o lake/orders --partition-by country\n"
        "  stoa convert feed.csv -o lake/feed --types zip=text --null NA\n"
        "  stoa convert day.csv -o lake/feed --batch-id 2026-11-25      safe to run again\n"
        "  zcat feed.csv.gz | stoa convert - -o lake/feed\n",
    .notes =
        "Types are inferred over all rows and never lose information: 007 stays text. Either every\n"
        "row is committed, or nothing is and the error names the line. Appending rows whose\n"
        "columns or types do not fit the dataset is refused (exit 4). With --batch-id a load that\n"
        "was killed or is tried again leaves every row once; other sources under a known id are\n"
        "refused (exit 7) unless --replace-batch says that they are meant.\n",
    .options = options,
    .min_paths = 1,
    .max_paths = 1000000,
    .run = run,
};
