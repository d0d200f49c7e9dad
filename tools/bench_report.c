/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `stoa bench` prints (tools/bench.h): a table for people, or JSON with every sample.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "stoa/version.h"
#include "tools/bench.h"
#include "tools/message.h"
#include "tools/table.h"
#include "tools/text_buffer.h"

const char *bench_set_name(enum bench_set set)
{
    static const char *const names[] = {
        [BENCH_SCAN] = "scan",   [BENCH_FILTER] = "filter", [BENCH_AGGREGATE] = "aggregate",
        [BENCH_POINT] = "point", [BENCH_OWN] = "own",
    };
    return names[set];
}

/* Bytes of memory this process ever had at once. */
static uint64_t peak_memory(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

static unsigned thread_count(const struct bench_run *run)
{
    return run->threads > 0 ? run->threads : stoa_processor_count();
}

/* Rows of the table for each second of a hot run. */
static double row_rate(const stoa_dataset_info *info, const struct bench_result *result)
{
    return result->mean > 0 ? (double)info->rows / result->mean : 0;
}

static uint64_t bytes_skipped(const struct bench_result *result)
{
    const stoa_query_counters *counters = &result->counters;
    return counters->bytes_total > counters->bytes_read
               ? counters->bytes_total - counters->bytes_read
               : 0;
}

/* Geometric mean of the hot means or of the cold times; 0 when one is missing. */
static double geometric_mean(const struct bench_result *results, size_t count, int is_cold)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const double seconds = is_cold ? results[i].cold : results[i].mean;
        if (!(seconds > 0))
            return 0;
        sum += log(seconds);
    }
    return count > 0 ? exp(sum / (double)count) : 0;
}

/* ---- for people ---- */

static void put_rate(const stoa_dataset_info *info, const struct bench_result *result,
                     char *out, size_t size)
{
    const double rate = row_rate(info, result);
    if (result->counters.rows_scanned == 0)
        snprintf(out, size, "metadata");
    else if (rate >= 1e9)
        snprintf(out, size, "%.2f G/s", rate / 1e9);
    else if (rate >= 1e6)
        snprintf(out, size, "%.1f M/s", rate / 1e6);
    else
        snprintf(out, size, "%.0f /s", rate);
}

static stoa_status add_row(struct table *table, const stoa_dataset_info *info,
                           const struct bench_statement *statement,
                           const struct bench_result *result, stoa_error *err)
{
    char cold[64] = "";
    char hot[64];
    char range[64];
    char runs[MESSAGE_COUNT_MAX];
    char rate[64];
    char read[MESSAGE_COUNT_MAX];
    char skipped[MESSAGE_COUNT_MAX];
    if (result->cold >= 0)
        snprintf(cold, sizeof cold, "%.2f ms", result->cold * 1e3);
    snprintf(hot, sizeof hot, "%.2f ms ± %.2f", result->mean * 1e3,
             result->deviation * 1e3);
    snprintf(range, sizeof range, "%.2f … %.2f", result->min * 1e3, result->max * 1e3);
    put_rate(info, result, rate, sizeof rate);
    const char *cells[] = {bench_set_name(statement->set),
                           statement->name,
                           cold,
                           hot,
                           range,
                           message_count(result->runs, runs),
                           rate,
                           message_size(result->counters.bytes_read, read),
                           message_size(bytes_skipped(result), skipped)};
    return table_add_texts(table, cells, sizeof cells / sizeof cells[0], err);
}

static stoa_status print_rows(const stoa_dataset_info *info, const struct bench_plan *plan,
                              const struct bench_result *results, struct stdout_sink *sink,
                              stoa_error *err)
{
    static const stoa_field fields[] = {
        {.name = "set",              .type = {.id = STOA_TYPE_TEXT} },
        {.name = "statement",        .type = {.id = STOA_TYPE_TEXT} },
        {.name = "cold",             .type = {.id = STOA_TYPE_INT64}},
        {.name = "hot mean ± sd",   .type = {.id = STOA_TYPE_INT64}},
        {.name = "min … max (ms)", .type = {.id = STOA_TYPE_INT64}},
        {.name = "runs",             .type = {.id = STOA_TYPE_INT64}},
        {.name = "rows/s",           .type = {.id = STOA_TYPE_INT64}},
        {.name = "read",             .type = {.id = STOA_TYPE_INT64}},
        {.name = "skipped",          .type = {.id = STOA_TYPE_INT64}},
    };
    static const stoa_schema head = {fields, sizeof fields / sizeof fields[0]};
    struct table *table = NULL;
    stoa_status status = table_create(&head, 0, 40, &table, err);
    for (size_t i = 0; status == STOA_OK && i < plan->count; i++)
        status = add_row(table, info, &plan->items[i], &results[i], err);
    if (status == STOA_OK)
        status = table_print(table, sink, err);
    table_free(table);
    return status;
}

static stoa_status print_head(const struct bench_run *run, const stoa_dataset_info *info,
                              struct stdout_sink *sink, stoa_error *err)
{
    char line[256];
    char rows[MESSAGE_COUNT_MAX];
    char size[MESSAGE_COUNT_MAX];
    stoa_status status = stdout_sink_write(sink, info->path, strlen(info->path), err);
    snprintf(line, sizeof line, ": %s rows, %s; stoa %s, %s, %u of %u processors\n\n",
             message_count(info->rows, rows), message_size(info->bytes, size),
             stoa_version(), stoa_cpu_name(), thread_count(run), stoa_processor_count());
    return status == STOA_OK ? stdout_sink_text(sink, line, err) : status;
}

static stoa_status print_foot(const struct bench_plan *plan,
                              const struct bench_result *results, struct stdout_sink *sink,
                              stoa_error *err)
{
    char line[256];
    char peak[MESSAGE_COUNT_MAX];
    char cold[64] = "";
    const double cold_mean = geometric_mean(results, plan->count, 1);
    if (cold_mean > 0)
        snprintf(cold, sizeof cold, ", cold %.2f ms", cold_mean * 1e3);
    snprintf(line, sizeof line, "\ngeometric mean: hot %.2f ms%s; peak memory %s\n",
             geometric_mean(results, plan->count, 0) * 1e3, cold,
             message_size(peak_memory(), peak));
    return stdout_sink_text(sink, line, err);
}

static void note_outliers(const struct bench_plan *plan, const struct bench_result *results)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (results[i].outliers * 20 > results[i].runs)
            message_note("note",
                         "\"%s\": %llu of %llu runs took more than twice the median: "
                         "the machine is not quiet",
                         plan->items[i].name, (unsigned long long)results[i].outliers,
                         (unsigned long long)results[i].runs);
    }
}

stoa_status bench_report_table(const struct bench_run *run, const stoa_dataset *dataset,
                               const struct bench_plan *plan,
                               const struct bench_result *results, struct stdout_sink *sink,
                               stoa_error *err)
{
    const stoa_dataset_info *info = stoa_dataset_get_info(dataset);
    stoa_status status = print_head(run, info, sink, err);
    if (status == STOA_OK)
        status = print_rows(info, plan, results, sink, err);
    if (status == STOA_OK)
        status = print_foot(plan, results, sink, err);
    if (status == STOA_OK)
        note_outliers(plan, results);
    return status;
}

/* ---- for programs ---- */

static void put_count(struct text_buffer *json, const char *name, uint64_t value)
{
    text_buffer_printf(json, ", \"%s\": %llu", name, (unsigned long long)value);
}

static void put_seconds(struct text_buffer *json, const char *name, double value)
{
    text_buffer_printf(json, ", \"%s\": %.9f", name, value);
}

static void put_samples(struct text_buffer *json, const struct bench_result *result)
{
    text_buffer_printf(json, ", \"hot_samples\": [");
    for (uint64_t i = 0; i < result->runs; i++)
        text_buffer_printf(json, "%s%.9f", i > 0 ? ", " : "", result->samples[i]);
    text_buffer_printf(json, "]");
}

static void put_statement(struct text_buffer *json, const stoa_dataset_info *info,
                          const struct bench_statement *statement,
                          const struct bench_result *result)
{
    const stoa_query_counters *counters = &result->counters;
    text_buffer_printf(json,
                       "    {\"set\": \"%s\", \"name\": ", bench_set_name(statement->set));
    text_buffer_json(json, statement->name);
    text_buffer_printf(json, ", \"sql\": ");
    text_buffer_json(json, statement->sql);
    put_count(json, "answer_rows", result->rows);
    if (result->cold >= 0)
        put_seconds(json, "cold_seconds", result->cold);
    else
        text_buffer_printf(json, ", \"cold_seconds\": null");
    put_count(json, "hot_runs", result->runs);
    put_seconds(json, "hot_mean", result->mean);
    put_seconds(json, "hot_deviation", result->deviation);
    put_seconds(json, "hot_min", result->min);
    put_seconds(json, "hot_median", result->median);
    put_seconds(json, "hot_max", result->max);
    text_buffer_printf(json, ", \"rows_per_second\": %.0f", row_rate(info, result));
    put_count(json, "rows_scanned", counters->rows_scanned);
    put_count(json, "rows_from_statistics", counters->rows_from_statistics);
    put_count(json, "bytes_read", counters->bytes_read);
    put_count(json, "bytes_skipped", bytes_skipped(result));
    put_count(json, "files_pruned", counters->files_pruned);
    put_count(json, "row_groups_pruned", counters->row_groups_pruned);
    put_count(json, "blocks_pruned", counters->blocks_pruned);
    put_samples(json, result);
    text_buffer_printf(json, "}");
}

static void put_head(struct text_buffer *json, const struct bench_run *run,
                     const stoa_dataset_info *info)
{
    text_buffer_printf(json, "{\"tool\": \"stoa\", \"version\": \"%s\", \"cpu\": \"%s\"",
                       stoa_version(), stoa_cpu_name());
    put_count(json, "processors", stoa_processor_count());
    put_count(json, "threads", thread_count(run));
    text_buffer_printf(json, ",\n \"dataset\": ");
    text_buffer_json(json, info->path);
    put_count(json, "dataset_version", info->version);
    put_count(json, "rows", info->rows);
    put_count(json, "bytes", info->bytes);
    put_count(json, "files", info->file_count);
}

stoa_status bench_report_json(const struct bench_run *run, const stoa_dataset *dataset,
                              const struct bench_plan *plan,
                              const struct bench_result *results, struct stdout_sink *sink,
                              stoa_error *err)
{
    const stoa_dataset_info *info = stoa_dataset_get_info(dataset);
    struct text_buffer json = {0};
    put_head(&json, run, info);
    text_buffer_printf(&json, ",\n \"hot_geometric_mean\": %.9f",
                       geometric_mean(results, plan->count, 0));
    put_seconds(&json, "cold_geometric_mean", geometric_mean(results, plan->count, 1));
    put_count(&json, "peak_memory", peak_memory());
    text_buffer_printf(&json, ",\n \"statements\": [\n");
    for (size_t i = 0; i < plan->count; i++) {
        put_statement(&json, info, &plan->items[i], &results[i]);
        text_buffer_printf(&json, i + 1 < plan->count ? ",\n" : "\n");
    }
    text_buffer_printf(&json, " ]}\n");
    stoa_status status = STOA_E_NO_MEMORY;
    if (json.has_failed)
        err->status = STOA_E_NO_MEMORY;
    else
        status = stdout_sink_write(sink, json.text, json.length, err);
    text_buffer_done(&json);
    return status;
}
