/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See exec_fixture.h. Statements go through the public API, as users' do.
 */
#include "tests/unit/query/exec_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stoa/convert.h"
#include "stoa/output.h"

static stoa_error error;

/* ---- tables ---- */

enum { MAX_TYPES = 16 };

/* Takes ":type" off the names in the first line of `csv`; returns how many there were. */
static size_t take_types(char *csv, char names[MAX_TYPES][32],
                         stoa_convert_type types[MAX_TYPES])
{
    size_t count = 0;
    char *name = csv;
    while (*name && *name != '\n') {
        const size_t size = strcspn(name, ":,\n");
        char *end = name + size;
        if (*end == ':') {
            char text[32];
            const size_t length = strcspn(end + 1, ",\n");
            assert_true(count < MAX_TYPES && size < 32 && length < 32);
            snprintf(names[count], 32, "%.*s", (int)size, name);
            snprintf(text, sizeof text, "%.*s", (int)length, end + 1);
            types[count].name = names[count];
            assert_ok(stoa_type_parse(text, &types[count].type, &error), &error);
            memmove(end, end + 1 + length, strlen(end + 1 + length) + 1);
            count++;
        }
        name = *end == ',' ? end + 1 : end;
    }
    return count;
}

static void convert(struct exec_place *place, const char *csv, const char *partition)
{
    char source[300];
    char names[MAX_TYPES][32];
    stoa_convert_type types[MAX_TYPES];
    const char *const sources[] = {source};
    const char *const partitions[] = {partition};
    stoa_convert_report *report = NULL;
    char *text = strdup(csv);
    assert_non_null(text);
    const size_t type_count = take_types(text, names, types);
    test_file_write(&place->directory, "source.csv", text, strlen(text));
    free(text);
    snprintf(source, sizeof source, "%s", test_path(&place->directory, "source.csv"));
    const stoa_convert_options options = {.dataset = place->table,
                                          .sources = sources,
                                          .source_count = 1,
                                          .partition_by = partitions,
                                          .partition_count = partition ? 1 : 0,
                                          .delimiter = ',',
                                          .header = 1,
                                          .types = types,
                                          .type_count = type_count,
                                          .threads = 1};
    assert_ok(stoa_convert(&options, &report, &error), &error);
    stoa_convert_report_free(report);
}

void exec_place_csv(struct exec_place *place, const char *csv, const char *partition)
{
    test_directory_make(&place->directory);
    snprintf(place->table, sizeof place->table, "%s", test_path(&place->directory, "t"));
    convert(place, csv, partition);
}

void exec_place_append(struct exec_place *place, const char *csv)
{
    convert(place, csv, NULL);
}

void exec_place_table(struct exec_place *place, const struct test_table *table)
{
    const struct test_write_options options = {.profile = STOA_PROFILE_BALANCED};
    exec_place_table_with(place, table, &options);
}

void exec_place_table_with(struct exec_place *place, const struct test_table *table,
                           const struct test_write_options *options)
{
    struct stoa_file_summary summary;
    test_directory_make(&place->directory);
    snprintf(place->table, sizeof place->table, "%s", test_path(&place->directory, "t"));
    test_table_write(table, &place->directory, "t", options, &summary);
}

void exec_place_done(struct exec_place *place)
{
    test_directory_remove(&place->directory);
}

/* ---- statements ---- */

static stoa_status append_bytes(void *context, const void *bytes, size_t size,
                                stoa_error *err)
{
    return stoa_buf_append(context, bytes, size, err);
}

static stoa_status run_all(stoa_query *query, stoa_output *output, stoa_error *err)
{
    for (;;) {
        stoa_batch batch;
        STOA_TRY(stoa_query_next(query, &batch, err));
        if (batch.rows == 0)
            return stoa_output_finish(output, err);
        STOA_TRY(stoa_output_batch(output, &batch, err));
    }
}

stoa_status exec_try(const struct exec_place *place, const char *sql,
                     const struct exec_options *options, struct stoa_buf *out,
                     stoa_error *err)
{
    static const struct exec_options usual = {0};
    stoa_query *query = NULL;
    stoa_output *output = NULL;
    options = options ? options : &usual;
    const stoa_query_options query_options = {.threads =
                                                  options->threads ? options->threads : 1,
                                              .memory = options->memory,
                                              .dataset = place ? place->table : NULL,
                                              .is_cancelled = options->is_cancelled,
                                              .cancel_context = options->cancel_context,
                                              .flags = options->flags,
                                              .on_skip = options->on_skip,
                                              .skip_context = options->skip_context};
    STOA_TRY(stoa_query_prepare(sql, &query_options, &query, err));
    const stoa_output_options output_options = {.format = options->format ? options->format
                                                                          : "csv"};
    stoa_status status =
        stoa_output_create(options->output ? options->output : &output_options,
                           stoa_query_schema(query), append_bytes, out, &output, err);
    if (status == STOA_OK)
        status = run_all(query, output, err);
    if (options->counters)
        stoa_query_get_counters(query, options->counters);
    stoa_output_free(output);
    stoa_query_free(query);
    return status;
}

const char *exec_csv_with(const struct exec_place *place, const char *sql,
                          const struct exec_options *options)
{
    static char *kept[4];
    static unsigned at;
    struct stoa_buf out;
    stoa_buf_init(&out, SIZE_MAX / 4);
    const stoa_status status = exec_try(place, sql, options, &out, &error);
    if (status != STOA_OK)
        print_message("%s\n", sql);
    assert_ok(status, &error);
    /* Names with line ends do not occur in these tests. */
    const uint8_t *body = memchr(out.data, '\n', out.size);
    assert_non_null(body);
    const size_t size = out.size - (size_t)(body + 1 - out.data);
    at = (at + 1) % 4;
    free(kept[at]);
    kept[at] = malloc(size + 1);
    assert_non_null(kept[at]);
    memcpy(kept[at], body + 1, size);
    kept[at][size] = '\0';
    stoa_buf_done(&out);
    return kept[at];
}

const char *exec_csv(const struct exec_place *place, const char *sql)
{
    return exec_csv_with(place, sql, NULL);
}

void exec_fails(const struct exec_place *place, const char *sql, stoa_status code,
                const char *part)
{
    struct stoa_buf out;
    stoa_buf_init(&out, SIZE_MAX / 4);
    stoa_error_clear(&error);
    assert_fails(exec_try(place, sql, NULL, &out, &error), code, &error);
    assert_contains(error.message, part);
    stoa_buf_done(&out);
}
