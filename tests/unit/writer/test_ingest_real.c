/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real files as their publishers released them: all convert without any flag, no value differs
 * from what Python's csv module reads (compare_csv.py), and types and names are the right ones.
 */
#include "tests/unit/writer/ingest_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/text.h"

static const char *const files[] = {
    "fivethirtyeight/congress-terms.csv",
    "fivethirtyeight/dc-wikia-data.csv",
    "fivethirtyeight/historical_RAPTOR_by_player.csv",
    "fivethirtyeight/marvel-wikia-data.csv",
    "fivethirtyeight/masculinity-responses.csv",
    "fivethirtyeight/modern_RAPTOR_by_team.csv",
    "fivethirtyeight/police-deaths.csv",
    "fivethirtyeight/tweets.csv",
    "fivethirtyeight/raw-polls/2016.csv",
    "fivethirtyeight/raw-polls/2018.csv",
    "fivethirtyeight/raw-polls/2019.csv",
    "fivethirtyeight/raw-polls/2020.csv",
    "fivethirtyeight/raw-polls/2021.csv",
    "fivethirtyeight/raw-polls/2023.csv",
    "plotly/311_Animals_short.csv",
    "plotly/medicare.csv",
    "vega/birdstrikes.csv",
    "vega/zipcodes.csv",
};

struct real_file {
    struct stoa_ingest *ingest;
    FILE *pipe; /* to compare_csv.py; NULL: rows are only counted */
    uint64_t rows;
};

static void open_file(struct real_file *real, const char *const *names, size_t count)
{
    const struct stoa_ingest_options options = {.delimiter = 0};
    stoa_error error;
    *real = (struct real_file){.rows = 0};
    assert_ok(stoa_ingest_create(&options, &real->ingest, &error), &error);
    for (size_t i = 0; i < count; i++)
        assert_ok(stoa_ingest_add(real->ingest, test_data_path(names[i]), &error), &error);
    assert_ok(stoa_ingest_infer(real->ingest, &error), &error);
}

static const char *letter_of(stoa_type_id id)
{
    static const char *const letters[STOA_TYPE_UUID + 1] = {
        [STOA_TYPE_BOOL] = "b",    [STOA_TYPE_INT64] = "n",      [STOA_TYPE_UINT64] = "n",
        [STOA_TYPE_FLOAT64] = "n", [STOA_TYPE_DECIMAL] = "n",    [STOA_TYPE_DATE] = "d",
        [STOA_TYPE_TIME] = "d",    [STOA_TYPE_TIMESTAMP] = "c",  [STOA_TYPE_TEXT] = "t",
        [STOA_TYPE_UUID] = "u",    [STOA_TYPE_TIMESTAMPTZ] = "c"};
    assert_non_null(letters[id]);
    return letters[id];
}

static stoa_status write_cells(void *context, const struct stoa_column *columns,
                               uint32_t rows, uint32_t source, uint64_t first_line,
                               stoa_error *err)
{
    struct real_file *real = context;
    const stoa_schema *schema = stoa_ingest_schema(real->ingest);
    struct stoa_buf buf;
    (void)source, (void)first_line;
    stoa_buf_init(&buf, 1 << 20);
    for (uint32_t r = 0; r < rows && real->pipe; r++) {
        for (size_t c = 0; c < schema->field_count; c++) {
            const struct stoa_value value = stoa_column_get(&columns[c], r);
            const stoa_type type = schema->fields[c].type;
            buf.size = 0;
            if (!value.is_null)
                assert_ok(stoa_text_append(type, &value, &buf, err), err);
            (void)fputs(value.is_null ? "~" : letter_of(type.id), real->pipe);
            (void)fputc(0, real->pipe);
            (void)fwrite(buf.data, 1, buf.size, real->pipe);
            (void)fputc(0, real->pipe);
        }
    }
    stoa_buf_done(&buf);
    real->rows += rows;
    return STOA_OK;
}

static void compare_file(const char *name)
{
    const struct stoa_ingest_sink sink = {.on_batch = write_cells};
    struct stoa_ingest_sink own = sink;
    struct real_file real;
    char command[2048];
    stoa_error error;
    open_file(&real, &name, 1);
    own.context = &real;
    const struct stoa_ingest_source *source = stoa_ingest_source(real.ingest, 0);
    assert_int_equal(source->delimiter, ',');
    assert_true(source->has_header);
    assert_int_equal(source->header_line, 1);
    (void)snprintf(command, sizeof command, "python3 '%s' '%s' '%c' %u",
                   test_source_path("tests/unit/writer/compare_csv.py"),
                   test_data_path(name), source->delimiter, source->column_count);
    real.pipe = popen(command, "w");
    assert_non_null(real.pipe);
    assert_ok(stoa_ingest_read(real.ingest, NULL, &own, &error), &error);
    assert_int_equal(real.rows, source->rows_read);
    assert_int_equal(pclose(real.pipe), 0);
    stoa_ingest_free(real.ingest);
}

static void test_values_are_those_of_pythons_csv_module(void **state)
{
    (void)state;
    (void)test_data_path(files[0]); /* skips when there is no data */
    if (system("python3 -c 'import csv' 2>/dev/null") != 0)
        skip();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        compare_file(files[i]);
}

static void expect_type(const struct real_file *real, const char *column, const char *type)
{
    const stoa_schema *schema = stoa_ingest_schema(real->ingest);
    char text[STOA_TYPE_TEXT_MAX];
    for (size_t i = 0; i < schema->field_count; i++) {
        if (strcmp(schema->fields[i].name, column) == 0) {
            assert_string_equal(stoa_type_text(schema->fields[i].type, text), type);
            return;
        }
    }
    fail_msg("there is no column %s", column);
}

static void test_zip_codes_with_leading_zeros_stay_text(void **state)
{
    static const char *const name = "vega/zipcodes.csv";
    struct real_file real;
    (void)state;
    open_file(&real, &name, 1);
    expect_type(&real, "zip_code", "text");
    expect_type(&real, "latitude", "float64"); /* some have fewer than six decimals */
    expect_type(&real, "city", "text");
    stoa_ingest_free(real.ingest);
}

static void test_real_columns_get_the_types_people_expect(void **state)
{
    static const char *const name[] = {"fivethirtyeight/congress-terms.csv",
                                       "fivethirtyeight/historical_RAPTOR_by_player.csv",
                                       "fivethirtyeight/tweets.csv", "plotly/medicare.csv",
                                       "vega/birdstrikes.csv"};
    struct real_file real;
    (void)state;
    open_file(&real, &name[0], 1);
    expect_type(&real, "congress", "int64");
    expect_type(&real, "birthday", "date");
    expect_type(&real, "bioguide", "text");
    stoa_ingest_free(real.ingest);
    open_file(&real, &name[1], 1);
    /* Two of 19,159 values have a digit that float64 would drop. */
    expect_type(&real, "raptor_total", "decimal(38,16)");
    expect_type(&real, "war_playoffs", "float64");
    expect_type(&real, "season", "int64");
    stoa_ingest_free(real.ingest);
    open_file(&real, &name[2], 1);
    expect_type(&real, "created_at", "timestamp");
    expect_type(&real, "id", "int64");
    expect_type(&real, "retweeted", "text");
    stoa_ingest_free(real.ingest);
    open_file(&real, &name[3], 1);
    expect_type(&real, "Average Covered Charges ", "decimal(18,2)");
    stoa_ingest_free(real.ingest);
    open_file(&real, &name[4], 1);
    expect_type(&real, "Flight Date", "date");
    expect_type(&real, "Cost Other", "int64");
    stoa_ingest_free(real.ingest);
}

/* Columns come, go and change place over the releases of one feed [ING-17]. */
static void test_releases_of_a_feed_unite_by_name(void **state)
{
    static const char *const names[] = {
        "fivethirtyeight/raw-polls/2016.csv", "fivethirtyeight/raw-polls/2018.csv",
        "fivethirtyeight/raw-polls/2019.csv", "fivethirtyeight/raw-polls/2020.csv",
        "fivethirtyeight/raw-polls/2021.csv", "fivethirtyeight/raw-polls/2023.csv"};
    struct stoa_ingest_sink sink = {.on_batch = write_cells};
    struct real_file real;
    uint64_t rows = 0;
    stoa_error error;
    (void)state;
    open_file(&real, names, sizeof names / sizeof *names);
    sink.context = &real;
    for (uint32_t i = 0; i < stoa_ingest_source_count(real.ingest); i++)
        rows += stoa_ingest_source(real.ingest, i)->rows_read;
    for (uint32_t c = 0; stoa_ingest_column(real.ingest, c); c++) {
        const struct stoa_ingest_column *column = stoa_ingest_column(real.ingest, c);
        assert_int_equal(column->values + column->nulls + column->absent, rows);
    }
    expect_type(&real, "pollno", "int64");
    expect_type(&real, "poll_id", "int64");
    expect_type(&real, "year", "int64");
    assert_ok(stoa_ingest_read(real.ingest, NULL, &sink, &error), &error);
    assert_int_equal(real.rows, rows);
    stoa_ingest_free(real.ingest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_those_of_pythons_csv_module),
        cmocka_unit_test(test_zip_codes_with_leading_zeros_stay_text),
        cmocka_unit_test(test_real_columns_get_the_types_people_expect),
        cmocka_unit_test(test_releases_of_a_feed_unite_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
