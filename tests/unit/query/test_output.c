/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output formats byte by byte: what is quoted and escaped, NULL beside the empty text, no rows, repeated names, every control
 * byte; and writers that fail. That other programs read it is check_output.py's matter.
 */
#include "tests/unit/query/exec_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stoa/output.h"

static stoa_error error;

/* The whole output of a statement, with its head; lives until the next call. */
static const char *print(const char *format, const char *sql)
{
    static struct stoa_buf out;
    const struct exec_options options = {.format = format};
    stoa_buf_done(&out);
    stoa_buf_init(&out, SIZE_MAX / 4);
    assert_ok(exec_try(NULL, sql, &options, &out, &error), &error);
    assert_ok(stoa_buf_append_byte(&out, 0, &error), &error);
    return (const char *)out.data;
}

static void test_csv_quotes_what_it_must(void **state)
{
    (void)state;
    static const char *const cells[][2] = {
        {"NULL",              ""            },
        {"''",                "\"\""        },
        {"'a'",               "a"           },
        {"'a b'",             "a b"         },
        {"' a'",              "\" a\""      },
        {"'a '",              "\"a \""      },
        {"'a,b'",             "\"a,b\""     },
        {"'a\"b'",            "\"a\"\"b\""  },
        {"'\"'",              "\"\"\"\""    },
        {"'\"\"'",            "\"\"\"\"\"\""},
        {"E'a\\nb'",          "\"a\nb\""    },
        {"E'a\\rb'",          "\"a\rb\""    },
        {"E'a\\tb'",          "a\tb"        },
        {"'a;b''c'",          "a;b'c"       },
        {"1.50",              "1.50"        },
        {"true",              "true"        },
        {"'NaN'::float64",    "NaN"         },
        {"'\\x00ff'::binary", "\\x00ff"     }
    };
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        char sql[100], expected[100];
        snprintf(sql, sizeof sql, "SELECT 1 AS n, %s AS \"x,y\"", cells[i][0]);
        snprintf(expected, sizeof expected, "n,\"x,y\"\n1,%s\n", cells[i][1]);
        assert_string_equal(print("csv", sql), expected);
    }
}

static void test_tsv_escapes_what_it_must(void **state)
{
    (void)state;
    assert_string_equal(print("tsv",
                              "SELECT NULL AS a, '' AS b, E'a\\tb\\nc\\rd\\\\e' AS c, "
                              "E'\\\\N' AS \"d\te\", 'x\"y,z' AS f"),
                        "a\tb\tc\td\\te\tf\n\\N\t\ta\\tb\\nc\\rd\\\\e\t\\\\N\tx\"y,z\n");
}

static void test_json_escapes_every_control_byte(void **state)
{
    (void)state;
    for (unsigned c = 1; c < 0x20; c++) {
        char sql[60], expected[80], escaped[8];
        const char *short_form = c == '\b'   ? "\\b"
                                 : c == '\t' ? "\\t"
                                 : c == '\n' ? "\\n"
                                 : c == '\f' ? "\\f"
                                 : c == '\r' ? "\\r"
                                             : NULL;
        snprintf(sql, sizeof sql, "SELECT 'a%cb' AS x", (int)c);
        snprintf(escaped, sizeof escaped, "\\u%04x", c);
        snprintf(expected, sizeof expected, "{\"x\":\"a%sb\"}\n",
                 short_form ? short_form : escaped);
        assert_string_equal(print("ndjson", sql), expected);
    }
    assert_string_equal(print("ndjson", "SELECT 'a\"b\\c/\x7f' AS \"k\"\"\\\""),
                        "{\"k\\\"\\\\\":\"a\\\"b\\\\c/\\u007f\"}\n");
}

static void test_json_keeps_numbers_and_names_what_is_none(void **state)
{
    (void)state;
    assert_string_equal(
        print("ndjson",
              "SELECT 1.50 AS a, 18446744073709551615::uint64 AS b, 'NaN'::float64 "
              "AS c, '-Infinity'::float64 AS d, NULL AS e, true AS f, "
              "DATE '2026-01-31' AS g, '\\x00ff'::binary AS h"),
        "{\"a\":1.50,\"b\":18446744073709551615,\"c\":\"NaN\",\"d\":\"-Infinity\",\"e\":null,"
        "\"f\":true,\"g\":\"2026-01-31\",\"h\":\"\\\\x00ff\"}\n");
}

static void test_json_gives_repeated_names_a_number(void **state)
{
    (void)state;
    assert_string_equal(print("ndjson", "SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a, 5 AS b"),
                        "{\"a\":1,\"a_3\":2,\"a_2\":3,\"a_4\":4,\"b\":5}\n");
    assert_string_equal(print("csv", "SELECT 1 AS a, 2 AS a"), "a,a\n1,2\n");
}

static void test_no_rows_are_an_answer_too(void **state)
{
    (void)state;
    const char *none = "SELECT 1 AS a, 'x' AS b WHERE false";
    assert_string_equal(print("csv", none), "a,b\n");
    assert_string_equal(print("tsv", none), "a\tb\n");
    assert_string_equal(print("json", none), "[]\n");
    assert_string_equal(print("ndjson", none), "");
    assert_string_equal(print("json", "SELECT 1 AS a"), "[\n{\"a\":1}\n]\n");
}

static void test_a_row_of_one_null_is_a_line(void **state)
{
    (void)state;
    assert_string_equal(print("csv", "SELECT NULL AS a"), "a\n\n");
    assert_string_equal(print("csv", "SELECT '' AS a"), "a\n\"\"\n");
    assert_string_equal(print("tsv", "SELECT NULL AS a"), "a\n\\N\n");
    assert_string_equal(print("json", "SELECT NULL AS a"), "[\n{\"a\":null}\n]\n");
}

/* ---- styles ---- */

/* What is printed of `sql` in a style; lives until the next call. */
static const char *print_style(const stoa_output_options *style, const char *sql)
{
    static struct stoa_buf out;
    const struct exec_options options = {.output = style};
    stoa_buf_done(&out);
    stoa_buf_init(&out, SIZE_MAX / 4);
    assert_ok(exec_try(NULL, sql, &options, &out, &error), &error);
    assert_ok(stoa_buf_append_byte(&out, 0, &error), &error);
    return (const char *)out.data;
}

static void test_a_style_changes_delimiter_null_and_header(void **state)
{
    (void)state;
    const char *sql = "SELECT NULL AS a, 'x;y,z' AS b, 'NA' AS c, '' AS d, 1.5 AS e";
    stoa_output_options style = {.format = "csv", .delimiter = ';', .null_text = "NA"};
    assert_string_equal(print_style(&style, sql),
                        "a;b;c;d;e\nNA;\"x;y,z\";\"NA\";\"\";1.5\n");
    style.no_header = 1;
    assert_string_equal(print_style(&style, sql), "NA;\"x;y,z\";\"NA\";\"\";1.5\n");
    style = (stoa_output_options){.format = "tsv", .null_text = "", .no_header = 1};
    assert_string_equal(print_style(&style, sql), "\tx;y,z\tNA\t\t1.5\n");
}

static void test_formulas_are_guarded_on_request(void **state)
{
    (void)state;
    const char *sql = "SELECT '=1+1' AS \"=a\", '+x' AS b, '-x' AS c, '@x,\"' AS d, "
                      "E'\\tx' AS e, 'x=1' AS f, -5 AS g, '' AS h";
    stoa_output_options style = {.format = "csv", .guard_formulas = 1};
    assert_string_equal(print_style(&style, sql),
                        "'=a,b,c,d,e,f,g,h\n'=1+1,'+x,'-x,\"'@x,\"\"\",'\tx,x=1,-5,\"\"\n");
    style.format = "tsv";
    assert_string_equal(
        print_style(&style, sql),
        "'=a\tb\tc\td\te\tf\tg\th\n'=1+1\t'+x\t'-x\t'@x,\"\t'\\tx\tx=1\t-5\t\n");
}

/* ---- the object ---- */

static const stoa_field one_field[] = {
    {.name = "n", .id = 1, .type = {.id = STOA_TYPE_INT64}, .nullable = true}
};
static const stoa_schema one_column = {.fields = one_field, .field_count = 1};

struct sink {
    size_t calls, bytes, largest;
    size_t fails_at; /* call that fails; 0: none */
};

static stoa_status take(void *context, const void *bytes, size_t size, stoa_error *err)
{
    struct sink *sink = context;
    assert_non_null(bytes);
    assert_true(size > 0);
    sink->calls++;
    sink->bytes += size;
    sink->largest = size > sink->largest ? size : sink->largest;
    return sink->calls == sink->fails_at ? stoa_fail(err, STOA_E_NO_SPACE, "full")
                                         : STOA_OK;
}

static stoa_status write_rows(stoa_output *output, size_t batches)
{
    static int64_t values[1000];
    const stoa_batch_column column = {.type = one_field[0].type, .values = values};
    const stoa_batch batch = {.rows = 1000, .column_count = 1, .columns = &column};
    for (size_t i = 0; i < batches; i++)
        STOA_TRY(stoa_output_batch(output, &batch, &error));
    return stoa_output_finish(output, &error);
}

static const stoa_output_options csv = {.format = "csv"};
static const stoa_output_options json = {.format = "json"};
static const stoa_output_options ndjson = {.format = "ndjson"};
static const stoa_output_options xml = {.format = "xml"};

static void test_output_is_passed_on_in_pieces(void **state)
{
    (void)state;
    struct sink sink = {0};
    stoa_output *output = NULL;
    assert_ok(stoa_output_create(&csv, &one_column, take, &sink, &output, &error), &error);
    assert_int_equal(sink.calls, 0);
    assert_ok(write_rows(output, 200), &error);
    assert_int_equal(sink.bytes, 2 + 200 * 1000 * 2);
    assert_true(sink.calls > 5 && sink.largest < 70000);
    stoa_output_free(output);
}

static void test_a_failing_writer_ends_the_output(void **state)
{
    (void)state;
    for (size_t fails_at = 1; fails_at <= 3; fails_at++) {
        struct sink sink = {.fails_at = fails_at};
        stoa_output *output = NULL;
        assert_ok(stoa_output_create(&ndjson, &one_column, take, &sink, &output, &error),
                  &error);
        assert_fails(write_rows(output, 200), STOA_E_NO_SPACE, &error);
        assert_int_equal(sink.calls, fails_at);
        stoa_output_free(output);
    }
}

static void test_misuse_is_refused(void **state)
{
    (void)state;
    struct sink sink = {0};
    stoa_output *output = NULL;
    const stoa_batch batch = {.rows = 1, .column_count = 2};
    assert_fails(stoa_output_create(&xml, &one_column, take, &sink, &output, &error),
                 STOA_E_USAGE, &error);
    assert_contains(error.message, "csv, tsv, json, ndjson");
    assert_null(output);
    assert_ok(stoa_output_create(&csv, &one_column, take, &sink, &output, &error), &error);
    assert_fails(stoa_output_batch(output, &batch, &error), STOA_E_USAGE, &error);
    stoa_output_free(output);
    stoa_output_free(NULL);
    assert_int_equal(sink.calls, 0);
    static const stoa_output_options odd[] = {
        {.format = "json",   .no_header = 1         },
        {.format = "ndjson", .null_text = "x"       },
        {.format = "json",   .guard_formulas = 1    },
        {.format = "tsv",    .delimiter = ','       },
        {.format = "csv",    .delimiter = '.'       },
        {.format = "csv",    .delimiter = '7'       },
        {.format = "csv",    .delimiter = 'e'       },
        {.format = "csv",    .delimiter = '\n'      },
        {.format = "csv",    .delimiter = '"'       },
        {.format = "csv",    .delimiter = (char)0xff}
    };
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        assert_fails(stoa_output_create(&odd[i], &one_column, take, &sink, &output, &error),
                     STOA_E_USAGE, &error);
    for (size_t i = 0; i < 4; i++)
        assert_non_null(stoa_output_format_at(i));
    assert_null(stoa_output_format_at(4));
}

static stoa_status print_twice(void *context, stoa_error *err)
{
    static const stoa_field fields[] = {
        {.name = "a", .id = 1, .type = {.id = STOA_TYPE_INT64}},
        {.name = "a", .id = 2, .type = {.id = STOA_TYPE_INT64}}
    };
    const stoa_schema schema = {.fields = fields, .field_count = 2};
    struct sink sink = {0};
    stoa_output *output = NULL;
    STOA_UNUSED(context);
    STOA_TRY(stoa_output_create(&json, &schema, take, &sink, &output, err));
    const stoa_status status = stoa_output_finish(output, err);
    stoa_output_free(output);
    return status;
}

static void test_failing_allocations_leave_nothing(void **state)
{
    (void)state;
    assert_true(test_allocation_failures(print_twice, NULL) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_quotes_what_it_must),
        cmocka_unit_test(test_tsv_escapes_what_it_must),
        cmocka_unit_test(test_json_escapes_every_control_byte),
        cmocka_unit_test(test_json_keeps_numbers_and_names_what_is_none),
        cmocka_unit_test(test_json_gives_repeated_names_a_number),
        cmocka_unit_test(test_no_rows_are_an_answer_too),
        cmocka_unit_test(test_a_row_of_one_null_is_a_line),
        cmocka_unit_test(test_a_style_changes_delimiter_null_and_header),
        cmocka_unit_test(test_formulas_are_guarded_on_request),
        cmocka_unit_test(test_output_is_passed_on_in_pieces),
        cmocka_unit_test(test_a_failing_writer_ends_the_output),
        cmocka_unit_test(test_misuse_is_refused),
        cmocka_unit_test(test_failing_allocations_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
