/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running one SQL text (tools/run_query.h): prepare, stream batches into an output or a
 * table, tell what was read.
 */
#include "tools/run_query.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "stoa/output.h"
#include "stoa/output_file.h"
#include "stoa/query.h"
#include "tools/interrupt.h"
#include "tools/message.h"
#include "tools/stdout_sink.h"
#include "tools/table.h"

/* The answer on its way to standard output. */
struct answer {
    const struct query_run *run;
    struct stdout_sink sink;
    stoa_output_file *file; /* instead of standard output, or NULL */
    stoa_output *output;    /* one of the two is set */
    struct table *table;
    uint64_t rows;
    int is_prepared; /* failures are of the run */
};

/* Rows that are left out, as they are told. */
static void on_skip(void *context, const stoa_skipped_rows *skipped)
{
    char rows[MESSAGE_COUNT_MAX];
    char first[MESSAGE_COUNT_MAX];
    char last[MESSAGE_COUNT_MAX];
    char column[160] = "";
    (void)context;
    if (skipped->column)
        snprintf(column, sizeof column, ", column \"%.120s\"", skipped->column);
    message_note("skipped", "%s%s: %s rows, %s to %s: %s", skipped->file, column,
                 message_count(skipped->rows, rows),
                 message_count(skipped->first_row, first),
                 message_count(skipped->first_row + skipped->rows - 1, last),
                 skipped->damage->message);
}

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int is_plan(const stoa_schema *schema)
{
    return schema->field_count == 1 && strcmp(schema->fields[0].name, "plan") == 0;
}

static stoa_status output_begin(struct answer *answer, const stoa_output_options *options,
                                const stoa_schema *schema, stoa_error *err)
{
    stoa_status status = STOA_OK;
    if (!answer->run->output_path)
        return stoa_output_create(options, schema, stdout_sink_write, &answer->sink,
                                  &answer->output, err);
    status = stoa_output_file_create(answer->run->output_path, &answer->file, err);
    if (status == STOA_OK)
        status = stoa_output_create(options, schema, stoa_output_file_write, answer->file,
                                    &answer->output, err);
    return status;
}

static stoa_status answer_begin(struct answer *answer, const stoa_schema *schema,
                                stoa_error *err)
{
    const int is_chosen = answer->run->output.format != NULL;
    stoa_output_options options = answer->run->output;
    if (!is_chosen)
        options.format = answer->sink.is_terminal ? "table" : "csv";
    if (strcmp(options.format, "table") != 0)
        return output_begin(answer, &options, schema, err);
    const uint64_t width = answer->run->max_width;
    return table_create(schema, is_chosen || !is_plan(schema),
                        width > 0 && width < SIZE_MAX ? (size_t)width : SIZE_MAX,
                        &answer->table, err);
}

static stoa_status answer_batch(struct answer *answer, const stoa_batch *batch,
                                stoa_error *err)
{
    if (answer->output) {
        answer->rows += batch->rows;
        return stoa_output_batch(answer->output, batch, err);
    }
    for (size_t row = 0; row < batch->rows; row++, answer->rows++) {
        if (answer->run->max_rows > 0 && answer->rows >= answer->run->max_rows)
            continue;
        const stoa_status status = table_add_batch_row(answer->table, batch, row, err);
        if (status != STOA_OK)
            return status;
    }
    return STOA_OK;
}

static stoa_status answer_finish(struct answer *answer, stoa_error *err)
{
    stoa_status status = answer->output ? stoa_output_finish(answer->output, err)
                                        : table_print(answer->table, &answer->sink, err);
    if (status != STOA_OK)
        return status;
    return answer->file ? stoa_output_file_keep(answer->file, err)
                        : stdout_sink_finish(&answer->sink, err);
}

static stoa_status stream(stoa_query *query, struct answer *answer, stoa_error *err)
{
    stoa_status status = answer_begin(answer, stoa_query_schema(query), err);
    while (status == STOA_OK) {
        stoa_batch batch;
        status = stoa_query_next(query, &batch, err);
        if (status != STOA_OK || batch.rows == 0)
            break;
        status = answer_batch(answer, &batch, err);
    }
    return status == STOA_OK ? answer_finish(answer, err) : status;
}

static void print_footer(const struct answer *answer, const stoa_query *query,
                         double seconds)
{
    stoa_query_counters counters;
    stoa_query_get_counters(query, &counters);
    char rows[MESSAGE_COUNT_MAX];
    char read[MESSAGE_COUNT_MAX];
    char total[MESSAGE_COUNT_MAX];
    char shown[64] = "";
    if (answer->table && answer->run->max_rows > 0 && answer->rows > answer->run->max_rows)
        snprintf(shown, sizeof shown, " (%llu shown; --max-rows 0 shows all)",
                 (unsigned long long)answer->run->max_rows);
    fprintf(stderr, "%s row%s%s in %.1f ms, read %s of %s%s\n",
            message_count(answer->rows, rows), answer->rows == 1 ? "" : "s", shown,
            seconds * 1e3, message_size(counters.bytes_read, read),
            message_size(counters.bytes_total, total),
            answer->table && table_has_cut(answer->table)
                ? "; cells were cut, --max-width 0 shows all"
                : "");
}

/* What a file holds now. */
static void print_file(const struct answer *answer)
{
    char rows[MESSAGE_COUNT_MAX];
    message_note("export", "%s row%s in %s", message_count(answer->rows, rows),
                 answer->rows == 1 ? "" : "s", answer->run->output_path);
}

static int report(const struct answer *answer, const stoa_error *err)
{
    if (answer->sink.is_closed)
        return 0;
    if (err->status == STOA_E_INTERRUPTED && interrupt_exit_code())
        return interrupt_exit_code();
    struct message_outcome outcome = {
        .safe = answer->run->output_path
                    ? "yes: the dataset was only read, and no part of a "
                      "file is left behind"
                    : "yes: a query writes nothing"};
    const int is_usage = err->status >= 200 && err->status < 300;
    if (err->status == STOA_E_CORRUPT && answer->is_prepared && !answer->run->skip_corrupt)
        outcome.next =
            "--skip-corrupt answers from the rows that can be read, and names the "
            "others";
    return message_error(err, is_usage ? NULL : &outcome);
}

/* An answer that lacks rows must not pass for a whole one, in scripts neither. */
static int report_skipped(const stoa_query *query)
{
    stoa_query_counters counters;
    char rows[MESSAGE_COUNT_MAX];
    stoa_query_get_counters(query, &counters);
    if (counters.aids_damaged > 0)
        message_note("note",
                     "damaged zones or filters: %s; rows were read without them, none is "
                     "missing for that; stoa verify names them",
                     message_count(counters.aids_damaged, rows));
    if (counters.rows_skipped == 0)
        return 0;
    message_note("skipped", "%s rows in all; the answer is over the others",
                 message_count(counters.rows_skipped, rows));
    return stoa_status_find(STOA_E_CORRUPT)->exit_code;
}

int run_query(const struct query_run *run)
{
    struct answer answer = {.run = run};
    interrupt_install();
    stdout_sink_init(&answer.sink);
    stoa_error err;
    stoa_error_clear(&err);
    const double start = now_seconds();
    const stoa_query_options options = {.threads = run->threads,
                                        .memory = run->memory,
                                        .dataset = run->dataset,
                                        .is_cancelled = interrupt_is_pending,
                                        .flags =
                                            run->skip_corrupt ? STOA_QUERY_SKIP_CORRUPT : 0,
                                        .on_skip = on_skip};
    stoa_query *query = NULL;
    stoa_status status = stoa_query_prepare(run->sql, &options, &query, &err);
    answer.is_prepared = status == STOA_OK;
    if (status == STOA_OK)
        status = stream(query, &answer, &err);
    int code = 0;
    if (status != STOA_OK)
        code = report(&answer, &err);
    else if (run->with_footer && answer.table)
        print_footer(&answer, query, now_seconds() - start);
    else if (run->with_footer && answer.file)
        print_file(&answer);
    if (status == STOA_OK)
        code = report_skipped(query);
    stoa_output_free(answer.output);
    stoa_output_file_free(answer.file);
    table_free(answer.table);
    stoa_query_free(query);
    return code;
}
