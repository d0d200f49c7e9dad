/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of ingest.h beyond rows: several sources, forced types, targets, what fits,
 * notices, progress and misuse.
 */
#include "tests/unit/writer/ingest_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *show_two(const char *a, const char *b,
                      const struct stoa_ingest_options *options)
{
    struct run_case run = {
        .sources = {{.bytes = a, .size = strlen(a)}, {.bytes = b, .size = strlen(b)}},
        .source_count = 2
    };
    if (options)
        run.options = *options;
    return run_show(&run);
}

static void expect_two(const char *a, const char *b,
                       const struct stoa_ingest_options *options, const char *expected)
{
    char *found = show_two(a, b, options);
    assert_string_equal(found, expected);
    free(found);
}

/* ---- several sources ---- */

/* [ING-17] */
static void test_sources_unite_by_name_in_any_order_of_columns(void **state)
{
    (void)state;
    expect_two("a,b\n1,x\n", "B,A\ny,2\n", NULL, "a:int64 b:text\n1|\"x\"\n2|\"y\"\n");
    expect_two("a,b\n1,x\n", "c,a\n2.5,3\n", NULL,
               "a:int64 b:text c:decimal(18,1)\n1|\"x\"|~\n3|~|2.5\n");
    expect_two("a,b\n1,\n2,\n", "a,b\n3,4\n", NULL, "a:int64 b:int64\n1|~\n2|~\n3|4\n");
    expect_two("a,b\n", "a,b\n3,4\n", NULL, "a:int64 b:int64\n3|4\n");
    expect_two("a\n1\n", "a\nx\n", NULL, "a:text\n\"1\"\n\"x\"\n");
    expect_two("a,b\n1,\n,\n", "b,a\n2.5,\n,2026-01-01\n", NULL,
               "a:text b:decimal(18,1)\n\"1\"|~\n~|~\n~|2.5\n\"2026-01-01\"|~\n");
    expect_two("a;b\n1;2\n", "a,b\n3,4\n", NULL, "a:int64 b:int64\n1|2\n3|4\n");
}

static void test_columns_count_what_pass_one_saw(void **state)
{
    struct run_open open;
    stoa_error error;
    (void)state;
    test_directory_make(&open.directory);
    test_file_write(&open.directory, "a.csv", "a,b\n1,\n2,x\n", 11);
    test_file_write(&open.directory, "b.csv", "c,a\n,\n,5\n", 9);
    assert_ok(stoa_ingest_create(&(const struct stoa_ingest_options){.delimiter = ','},
                                 &open.ingest, &error),
              &error);
    assert_ok(stoa_ingest_add(open.ingest, test_path(&open.directory, "a.csv"), &error),
              &error);
    assert_ok(stoa_ingest_add(open.ingest, test_path(&open.directory, "b.csv"), &error),
              &error);
    assert_int_equal(stoa_ingest_source_count(open.ingest), 2);
    assert_ok(stoa_ingest_infer(open.ingest, &error), &error);
    static const struct {
        const char *name;
        uint64_t values, nulls, absent;
        uint32_t source, position;
    } expected[] = {
        {"a", 3, 1, 0, 0, 0},
        {"b", 1, 1, 2, 0, 1},
        {"c", 0, 2, 2, 1, 0}
    };
    for (uint32_t i = 0; i < 3; i++) {
        const struct stoa_ingest_column *column = stoa_ingest_column(open.ingest, i);
        assert_string_equal(column->name, expected[i].name);
        assert_int_equal(column->values, expected[i].values);
        assert_int_equal(column->nulls, expected[i].nulls);
        assert_int_equal(column->absent, expected[i].absent);
        assert_int_equal(column->first_source, expected[i].source);
        assert_int_equal(column->position, expected[i].position);
    }
    assert_null(stoa_ingest_column(open.ingest, 3));
    assert_null(stoa_ingest_source(open.ingest, 2));
    const stoa_schema *schema = stoa_ingest_schema(open.ingest);
    assert_int_equal(schema->field_count, 3);
    assert_int_equal(schema->fields[2].id, 3);
    assert_true(schema->fields[2].nullable);
    run_close(&open);
}

static void test_a_source_that_fails_leaves_nothing_behind(void **state)
{
    struct run_open open;
    stoa_error error;
    (void)state;
    test_directory_make(&open.directory);
    test_file_write(&open.directory, "a.csv", "x,y\n1,2\n", 8);
    test_file_write(&open.directory, "bad.csv", "p,q,\"\n", 6);
    assert_ok(stoa_ingest_create(&(const struct stoa_ingest_options){.delimiter = ','},
                                 &open.ingest, &error),
              &error);
    assert_fails(
        stoa_ingest_add(open.ingest, test_path(&open.directory, "bad.csv"), &error),
        STOA_E_UNCLOSED_QUOTE, &error);
    assert_fails(
        stoa_ingest_add(open.ingest, test_path(&open.directory, "none.csv"), &error),
        STOA_E_NOT_FOUND, &error);
    assert_ok(stoa_ingest_add(open.ingest, test_path(&open.directory, "a.csv"), &error),
              &error);
    assert_ok(stoa_ingest_infer(open.ingest, &error), &error);
    assert_int_equal(stoa_ingest_schema(open.ingest)->field_count, 2);
    run_close(&open);
}

/* ---- forced types ---- */

/* [ING-35] */
static void test_forced_columns_are_read_as_casts_but_exactly(void **state)
{
    static const struct stoa_ingest_override types[] = {
        {"A", {.id = STOA_TYPE_INT32}                               },
        {"b", {.id = STOA_TYPE_DECIMAL, .precision = 10, .scale = 2}},
        {"c", {.id = STOA_TYPE_BOOL}                                },
        {"d", {.id = STOA_TYPE_FLOAT64}                             },
        {"e", {.id = STOA_TYPE_BINARY}                              },
        {"f", {.id = STOA_TYPE_DATE}                                }
    };
    const struct stoa_ingest_options options = {
        .types = types, .type_count = 6, .policy = STOA_BAD_ROW_REJECT};
    (void)state;
    run_expect("a,b,c,d,e,f\n+7,1.5,yes,0.1234567890123456789,\\x4142,2026-1-2\n"
               "007,2.500,0,1e3,AB, 2026-01-02\n,,,,,\n",
               &options,
               "a:int32 b:decimal(10,2) c:bool d:float64 e:binary f:date\n"
               "7|1.50|true|0.12345678901234568|\"AB\"|2026-01-02\n"
               "7|2.50|false|1000|\"AB\"|2026-01-02\n~|~|~|~|~|~\n");
    char *found = run_text(
        "a,b,c,d,e,f\n3000000000,1,t,1,x,2026-01-02\n1,1.005,t,1,x,2026-01-02\n"
        "1,1,maybe,1,x,2026-01-02\n1,1,t,x,x,2026-01-02\n1,1,t,1,\\x4,2026-01-02\n"
        "1,1,t,1,x,2026-01-02 10:00:00\n\"\",1,t,1,x,2026-01-02\n1e1,1,t,1,x,2026-01-02\n",
        &options);
    for (int line = 2; line <= 9; line++) {
        char expected[32];
        (void)snprintf(expected, sizeof expected, "!E104 line %d at %d:", line, line);
        assert_contains(found, expected);
    }
    free(found);
}

static void test_cast_faults_name_value_column_and_type(void **state)
{
    static const struct stoa_ingest_override types[] = {
        {"amount", {.id = STOA_TYPE_DECIMAL, .precision = 12, .scale = 2}}
    };
    const struct stoa_ingest_options options = {.types = types, .type_count = 1};
    (void)state;
    run_expect(
        "id,amount\n1,5.25\n2,\"12,5o\"\n", &options,
        "E104 a.csv:3:4: cannot read \"12,5o\" as decimal(12,2) (column \"amount\")\n");
}

static void test_all_text_keeps_every_character(void **state)
{
    static const struct stoa_ingest_override types[] = {
        {"b", {.id = STOA_TYPE_INT64}}
    };
    const struct stoa_ingest_options options = {
        .all_text = true, .types = types, .type_count = 1};
    (void)state;
    run_expect("a,b\n007,1\n1.50,2\n", &options, "a:text b:int64\n\"007\"|1\n\"1.50\"|2\n");
}

static void test_override_of_an_unknown_column_is_an_error(void **state)
{
    static const struct stoa_ingest_override types[] = {
        {"amuont", {.id = STOA_TYPE_INT64}}
    };
    const struct stoa_ingest_options options = {.types = types, .type_count = 1};
    (void)state;
    run_expect("amount,b\n1,2\n", &options,
               "E201 : expected the name of a column, found \"amuont\"\n");
}

/* ---- targets ---- */

/* [ING-36] */
static void test_target_orders_widens_and_fills(void **state)
{
    static const stoa_field fields[] = {
        {"new",  1, {.id = STOA_TYPE_TEXT},                                 true},
        {"B",    2, {.id = STOA_TYPE_DECIMAL, .precision = 38, .scale = 3}, true},
        {"a",    3, {.id = STOA_TYPE_FLOAT64},                              true},
        {"when", 4, {.id = STOA_TYPE_TIMESTAMP},                            true},
        {"flag", 5, {.id = STOA_TYPE_TEXT},                                 true}
    };
    const stoa_schema target = {.fields = fields, .field_count = 5};
    const char *text = "a,b,c,when,flag\n1,2.5,x,2026-01-02,true\n,3.25,y,,\n";
    const struct run_case run = {.sources = {{.bytes = text, .size = strlen(text)}},
                                 .source_count = 1,
                                 .target = &target};
    (void)state;
    char *found = run_show(&run);
    assert_string_equal(found,
                        "new:text B:decimal(38,3) a:float64 when:timestamp flag:text\n"
                        "~|2.500|1|2026-01-02 00:00:00|\"true\"\n~|3.250|~|~|~\n");
    free(found);
}

static void test_target_that_does_not_hold_the_values_is_drift(void **state)
{
    static const stoa_field fields[] = {
        {"a", 1, {.id = STOA_TYPE_INT8}, true}
    };
    const stoa_schema target = {.fields = fields, .field_count = 1};
    const char *text = "a,b\n127,1\n128,2\n";
    const struct run_case run = {.sources = {{.bytes = text, .size = strlen(text)}},
                                 .source_count = 1,
                                 .target = &target};
    (void)state;
    char *found = run_show(&run);
    assert_string_equal(
        found, "E501 column \"a\": expected column \"a\" to hold int8, found int64\n");
    free(found);
}

/* [ING-34] */
static void test_fits_and_misfits_agree(void **state)
{
    static const stoa_type types[] = {
        {.id = STOA_TYPE_INT8   },
        {.id = STOA_TYPE_INT64  },
        {.id = STOA_TYPE_FLOAT64},
        {.id = STOA_TYPE_DECIMAL, .precision = 18, .scale = 2},
        {.id = STOA_TYPE_DATE            },
        {.id = STOA_TYPE_TEXT   }
    };
    struct run_open open;
    stoa_error error;
    (void)state;
    run_open(&open, "a,b,c,d\n1,1.5,x,\n200,2.25,\"007\",\n3,3.125,,\n4,4,9,\n", NULL);
    for (uint32_t column = 0; column < 4; column++) {
        for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
            struct stoa_ingest_misfit misfit;
            assert_ok(
                stoa_ingest_find_misfit(open.ingest, column, types[t], &misfit, &error),
                &error);
            assert_int_equal(stoa_ingest_fits(open.ingest, column, types[t]),
                             misfit.count == 0);
            assert_int_equal(misfit.values,
                             stoa_ingest_column(open.ingest, column)->values);
        }
    }
    struct stoa_ingest_misfit misfit;
    assert_ok(stoa_ingest_find_misfit(open.ingest, 2, types[1], &misfit, &error), &error);
    assert_int_equal(misfit.count, 2);
    assert_int_equal(misfit.line, 2);
    assert_int_equal(misfit.line_column, 7);
    assert_string_equal(misfit.value, "x");
    assert_ok(stoa_ingest_find_misfit(open.ingest, 1, types[3], &misfit, &error), &error);
    assert_int_equal(misfit.count, 1);
    assert_string_equal(misfit.value, "3.125");
    run_close(&open);
}

static void test_forced_columns_fit_what_widens_them(void **state)
{
    static const struct stoa_ingest_override types[] = {
        {"a", {.id = STOA_TYPE_INT32}                               },
        {"b", {.id = STOA_TYPE_DECIMAL, .precision = 10, .scale = 2}}
    };
    const struct stoa_ingest_options options = {.types = types, .type_count = 2};
    struct run_open open;
    (void)state;
    run_open(&open, "a,b\n1,2\n", &options);
    assert_true(stoa_ingest_fits(open.ingest, 0, (stoa_type){.id = STOA_TYPE_INT32}));
    assert_true(stoa_ingest_fits(open.ingest, 0, (stoa_type){.id = STOA_TYPE_INT64}));
    assert_true(stoa_ingest_fits(open.ingest, 0, (stoa_type){.id = STOA_TYPE_FLOAT64}));
    assert_false(stoa_ingest_fits(open.ingest, 0, (stoa_type){.id = STOA_TYPE_INT16}));
    assert_false(stoa_ingest_fits(open.ingest, 0, (stoa_type){.id = STOA_TYPE_DATE}));
    assert_true(stoa_ingest_fits(open.ingest, 1, (stoa_type){STOA_TYPE_DECIMAL, 12, 4}));
    assert_false(stoa_ingest_fits(open.ingest, 1, (stoa_type){STOA_TYPE_DECIMAL, 11, 4}));
    assert_true(stoa_ingest_fits(open.ingest, 1, (stoa_type){.id = STOA_TYPE_TEXT}));
    run_close(&open);
}

/* ---- notices ---- */

static void expect_notices(const char *text, const char *expected)
{
    struct run_open open;
    run_open(&open, text, NULL);
    char *found = run_notices(&open);
    assert_string_equal(found, expected);
    free(found);
    run_close(&open);
}

/* [ING-46] */
static void test_notices_say_why_a_column_is_text(void **state)
{
    (void)state;
    expect_notices(
        "id,zip\n1,12345\n2,02134\n3,00501\n",
        "\"zip\" is text: there are values like an integer, but \"02134\" has leading "
        "zeros, which a number would lose (first at a.csv:3)\n");
    expect_notices(
        "id,age\n1,5\n2,NA\n",
        "\"age\" is text: there are values like an integer, but also \"NA\" (first at "
        "a.csv:3)\nif that means NULL: --null 'NA'\n");
    expect_notices(
        "a,b\n1,2026-01-01\n2,3\n",
        "\"b\" is text: some values are a date (first at a.csv:2), others an integer "
        "(first at a.csv:3)\n");
    expect_notices(
        "a,b\n1,1\n2,\"\"\n",
        "\"b\" is text: there are values like an integer, but \"\" is the quoted empty "
        "string (first at a.csv:3)\n");
    expect_notices(
        "a,b\n1,5\n2,\"1,234\"\n",
        "\"b\" is text: there are values like an integer, but \"1,234\" is not written "
        "as a plain number (first at a.csv:3)\n");
    expect_notices(
        "a,b\n1,2026-01-01\n2,3/4/2026\n",
        "\"b\" is text: there are values like a date, but \"3/4/2026\" is no ISO date, "
        "and the order of day and month is not certain (first at a.csv:3)\n");
    expect_notices("a,b\n1,2026-01-01\n2,2026-01-01 10:00:00\n",
                   "\"b\" is timestamp: dates without a time are read as midnight\n");
    expect_notices("1,2\n3,4\n",
                   "a.csv: the first row holds values, so there is no header; if "
                   "it is one: --header yes\n");
    expect_notices("a,,a\n1,2,3\n",
                   "a.csv: column 2 has no name; it is called \"column_2\"\n"
                   "a.csv: column 3 has the name \"a\" again; it is called \"a_2\"\n");
    expect_notices("a,b\n1,x\n2,y\n", "");
}

static void test_quoted_values_that_hold_whole_rows_are_noticed(void **state)
{
    (void)state;
    expect_notices(
        "a,b,c\n1,\"x,y\n2,z,w\n3,u,v\n4,t\",s\n5,p,q\n",
        "a.csv:2: a quoted value holds 3 line ends, and the lines between look like "
        "rows of their own: is a quote missing there? (1 such rows)\n");
    expect_notices("a,b,c\n1,\"x,y\n2,z,w\n3,u\n4,t\",s\n5,p,q\n", "");
    expect_notices("a,b\n1,\"x\ny\nz\"\n2,w\n", "");
}

static void test_decimals_that_float_would_cut_are_noticed(void **state)
{
    (void)state;
    expect_notices(
        "a,b\n1,.5\n2,0.12345678901234567\n",
        "\"b\" is decimal(18,17): float64 would drop digits of some of its numbers\nif "
        "that does not matter: --types b=float64\n");
}

static void test_notices_do_not_depend_on_chunks(void **state)
{
    const char *text = "a,b\n1,5\n2,x\n3,2026-01-01\n4,true\n5,y\n6,1.5\n";
    char *whole = NULL;
    (void)state;
    for (size_t chunk_size = 0; chunk_size < 40; chunk_size++) {
        const struct stoa_ingest_options options = {.chunk_size = chunk_size};
        struct run_open open;
        run_open(&open, text, &options);
        char *found = run_notices(&open);
        if (!whole) {
            whole = found;
        } else {
            assert_string_equal(found, whole);
            free(found);
        }
        run_close(&open);
    }
    assert_contains(whole, "\"x\" is none (first at a.csv:3)");
    free(whole);
}

/* ---- misuse ---- */

static stoa_status count_rows(void *context, const struct stoa_column *columns,
                              uint32_t rows, uint32_t source, uint64_t first_line,
                              stoa_error *err)
{
    (void)columns, (void)source, (void)first_line, (void)err;
    *(uint64_t *)context += rows;
    return STOA_OK;
}

static void expect_usage(struct stoa_ingest_options options)
{
    struct stoa_ingest *ingest = NULL;
    stoa_error error;
    assert_fails(stoa_ingest_create(&options, &ingest, &error), STOA_E_USAGE, &error);
    assert_null(ingest);
}

static void test_options_that_cannot_work_are_refused(void **state)
{
    static const struct stoa_ingest_override types[] = {
        {"a", {.precision = 3}}
    };
    const struct stoa_ingest_options bad_type = {.types = types, .type_count = 1};
    struct stoa_ingest *ingest = NULL;
    stoa_error error;
    (void)state;
    expect_usage((struct stoa_ingest_options){.delimiter = '\n'});
    expect_usage((struct stoa_ingest_options){.delimiter = '\xE9'});
    expect_usage((struct stoa_ingest_options){.quote = '\r'});
    expect_usage((struct stoa_ingest_options){.delimiter = ';', .quote = ';'});
    expect_usage((struct stoa_ingest_options){.delimiter = '"'});
    expect_usage((struct stoa_ingest_options){.format = "parquet"});
    assert_fails(stoa_ingest_create(&bad_type, &ingest, &error), STOA_E_TYPE, &error);
}

static void test_calls_out_of_order_are_refused(void **state)
{
    uint64_t rows = 0;
    struct stoa_ingest_sink sink = {.context = &rows, .on_batch = count_rows};
    struct stoa_ingest_misfit misfit;
    struct run_open open;
    stoa_error error;
    (void)state;
    run_open(&open, "a,b\n1,2\n",
             &(const struct stoa_ingest_options){.policy = STOA_BAD_ROW_REJECT});
    assert_fails(stoa_ingest_add(open.ingest, "x", &error), STOA_E_USAGE, &error);
    assert_fails(stoa_ingest_infer(open.ingest, &error), STOA_E_USAGE, &error);
    assert_fails(stoa_ingest_find_misfit(open.ingest, 9, (stoa_type){.id = STOA_TYPE_TEXT},
                                         &misfit, &error),
                 STOA_E_USAGE, &error);
    assert_fails(stoa_ingest_read(open.ingest, NULL, &sink, &error), STOA_E_USAGE, &error);
    run_close(&open);
    stoa_ingest_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources_unite_by_name_in_any_order_of_columns),
        cmocka_unit_test(test_columns_count_what_pass_one_saw),
        cmocka_unit_test(test_a_source_that_fails_leaves_nothing_behind),
        cmocka_unit_test(test_forced_columns_are_read_as_casts_but_exactly),
        cmocka_unit_test(test_cast_faults_name_value_column_and_type),
        cmocka_unit_test(test_all_text_keeps_every_character),
        cmocka_unit_test(test_override_of_an_unknown_column_is_an_error),
        cmocka_unit_test(test_target_orders_widens_and_fills),
        cmocka_unit_test(test_target_that_does_not_hold_the_values_is_drift),
        cmocka_unit_test(test_fits_and_misfits_agree),
        cmocka_unit_test(test_forced_columns_fit_what_widens_them),
        cmocka_unit_test(test_notices_say_why_a_column_is_text),
        cmocka_unit_test(test_quoted_values_that_hold_whole_rows_are_noticed),
        cmocka_unit_test(test_decimals_that_float_would_cut_are_noticed),
        cmocka_unit_test(test_notices_do_not_depend_on_chunks),
        cmocka_unit_test(test_options_that_cannot_work_are_refused),
        cmocka_unit_test(test_calls_out_of_order_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
