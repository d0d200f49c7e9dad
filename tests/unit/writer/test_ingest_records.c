/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What CSV texts mean, through whole ingests: line ends, quotes, blank lines, headers, NULLs,
 * and every fault with its place (spec/ingest.md sections 2 and 3).
 */
#include "tests/unit/writer/ingest_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REJECT (&(const struct stoa_ingest_options){.policy = STOA_BAD_ROW_REJECT})

/* ---- records and fields ---- */

/* [ING-5] */
static void test_line_ends_may_be_mixed(void **state)
{
    (void)state;
    run_expect("a,b\n1,2\r\n3,4\r5,6", NULL, "a:int64 b:int64\n1|2\n3|4\n5|6\n");
    run_expect("a,b\r1,2\r3,4\r", NULL, "a:int64 b:int64\n1|2\n3|4\n");
    run_expect("a,b\r\n1,2\r\n", NULL, "a:int64 b:int64\n1|2\n");
    run_expect("a\r\n1\r\n2\r\n", NULL, "a:int64\n1\n2\n");
}

/* [ING-6] */
static void test_quotes_hold_delimiters_line_ends_and_doubled_quotes(void **state)
{
    (void)state;
    run_expect("a,b\n\"x,y\",1\n\"p\nq\r\nr\",2\n\"say \"\"hi\"\"\",3\n\"\"\"\",4\n", NULL,
               "a:text b:int64\n\"x,y\"|1\n\"p\nq\r\nr\"|2\n\"say \"hi\"\"|3\n\"\"\"|4\n");
}

static void test_quotes_inside_plain_fields_mean_themselves(void **state)
{
    (void)state;
    run_expect("a,b\n5\" pipe,1\nx\"\"y,2\n \"z\",3\nend\",4\n", NULL,
               "a:text b:int64\n\"5\" pipe\"|1\n\"x\"\"y\"|2\n\" \"z\"\"|3\n\"end\"\"|4\n");
}

/* [ING-16] */
static void test_empty_field_is_null_and_quoted_empty_is_not(void **state)
{
    (void)state;
    run_expect("a,b\n,\"\"\nx,\n\"\",y\n", NULL,
               "a:text b:text\n~|\"\"\n\"x\"|~\n\"\"|\"y\"\n");
}

static void test_null_texts_mean_null_quoted_or_not(void **state)
{
    static const char *const nulls[] = {"NA", ""};
    const struct stoa_ingest_options options = {.nulls = nulls, .null_count = 2};
    (void)state;
    run_expect("a,b\nNA,1\n\"NA\",NA\n3,\"\"\n", &options,
               "a:int64 b:int64\n~|1\n~|~\n3|~\n");
    static const char *const quotes[] = {"say \"hi\""};
    const struct stoa_ingest_options quoted = {.nulls = quotes, .null_count = 1};
    run_expect("a,b\n\"say \"\"hi\"\"\",1\nx,2\n", &quoted,
               "a:text b:int64\n~|1\n\"x\"|2\n");
}

/* [ING-7] */
static void test_blank_lines_are_skipped_and_counted_with_several_columns(void **state)
{
    struct run_open open;
    (void)state;
    run_expect("\n\na,b\n\n1,2\n\r\n\n3,4\n\n", NULL, "a:int64 b:int64\n1|2\n3|4\n");
    run_open(&open, "\n\na,b\n\n1,2\n\r\n\n3,4\n\n", NULL);
    const struct stoa_ingest_source *source = stoa_ingest_source(open.ingest, 0);
    assert_int_equal(source->blank_lines, 6);
    assert_int_equal(source->header_line, 3);
    assert_int_equal(source->lines, 9);
    assert_int_equal(source->rows_read, 2);
    run_close(&open);
}

static void test_blank_lines_are_null_rows_with_one_column(void **state)
{
    const struct stoa_ingest_options no_header = {.header = STOA_HEADER_NO};
    (void)state;
    run_expect("a\n1\n\n2\n", NULL, "a:int64\n1\n~\n2\n");
    run_expect("\n5\n\n", &no_header, "column_1:int64\n~\n5\n~\n");
}

static void test_last_record_needs_no_line_end(void **state)
{
    (void)state;
    run_expect("a,b\n1,", NULL, "a:int64 b:text\n1|~\n");
    run_expect("a,b\n1,\"x\"", NULL, "a:int64 b:text\n1|\"x\"\n");
    run_expect("a\n1", NULL, "a:int64\n1\n");
}

static void test_header_alone_gives_columns_and_no_rows(void **state)
{
    (void)state;
    run_expect("a,b", NULL, "a:text b:text\n");
    run_expect("a,b\n", NULL, "a:text b:text\n");
    run_expect("name\r\n", NULL, "name:text\n");
    static const char *const texts[] = {"a,b", "a,b\n", "\na,b", "a,b\n1,2", "a,b\n1,2\n"};
    static const uint64_t lines[] = {1, 1, 2, 2, 2};
    for (size_t i = 0; i < 5; i++) {
        struct run_open open;
        run_open(&open, texts[i], NULL);
        assert_int_equal(stoa_ingest_source(open.ingest, 0)->lines, lines[i]);
        run_close(&open);
    }
}

static void test_byte_order_mark_is_no_part_of_the_first_name(void **state)
{
    struct run_open open;
    (void)state;
    run_expect("\xEF\xBB\xBF"
               "a,b\n1,2\n",
               NULL, "a:int64 b:int64\n1|2\n");
    run_open(&open, "\xEF\xBB\xBF\"a\",b\n1,2\n", NULL);
    assert_true(stoa_ingest_source(open.ingest, 0)->has_bom);
    assert_string_equal(stoa_ingest_column(open.ingest, 0)->name, "a");
    run_close(&open);
}

static void test_skipped_lines_are_not_looked_at(void **state)
{
    const struct stoa_ingest_options options = {.skip_lines = 2};
    (void)state;
    run_expect("report \"2026\nsecond; line\na,b\n1,2\n", &options,
               "a:int64 b:int64\n1|2\n");
    run_expect("one\r\ntwo\ra,b\n1,2\n", &options, "a:int64 b:int64\n1|2\n");
    run_expect("only\n", &options, "E108 a.csv: expected rows, found blank lines only\n");
}

static void test_quoteless_dialect_takes_quotes_as_text(void **state)
{
    const struct stoa_ingest_options options = {.has_no_quote = true};
    (void)state;
    run_expect("a\tb\n\"x\t1\ny\"\t2\n", &options,
               "a:text b:int64\n\"\"x\"|1\n\"y\"\"|2\n");
}

static void test_empty_sources_are_errors(void **state)
{
    (void)state;
    run_expect("", NULL, "E108 a.csv: expected rows, found an empty source\n");
    run_expect("\n\r\n\n", NULL, "E108 a.csv: expected rows, found blank lines only\n");
    run_expect("\xEF\xBB\xBF", NULL, "E108 a.csv: expected rows, found blank lines only\n");
}

/* ---- faults ---- */

/* [ING-10] */
static void test_ragged_rows_are_faults_with_their_place(void **state)
{
    (void)state;
    run_expect("a,b,c\n1,2,3\n4,5\n", NULL, "E101 a.csv:3:4: expected 3 fields, found 2\n");
    run_expect("a,b,c\n1,2,3,4\n", NULL, "E102 a.csv:2:7: expected 3 fields, found 4\n");
    run_expect("a,b\n1,2,3\n", NULL, "E102 a.csv:2:5: expected 2 fields, found 3\n");
    run_expect("a,b,c\n1,2,3\n4,5\n6,7,8\n9,10,11,12\n13,14,15\n", REJECT,
               "a:int64 b:int64 c:int64\n!E101 line 3 at 3:4 \"4,5\"\n"
               "!E102 line 5 at 5:9 \"9,10,11,12\"\n1|2|3\n6|7|8\n13|14|15\n");
}

static void test_rows_with_far_too_many_fields_are_counted_exactly(void **state)
{
    enum { FIELDS = 100000 };
    char *text = malloc(2 * FIELDS + 64);
    (void)state;
    assert_non_null(text);
    memcpy(text, "a,b\n1,2\n", 8);
    memset(text + 8, ',', FIELDS - 1);
    memcpy(text + 8 + FIELDS - 1, "\n3,4\n", 6);
    run_expect(text, NULL, "E102 a.csv:3:3: expected 2 fields, found 100000\n");
    free(text);
}

/* [ING-8] */
static void test_unclosed_quote_is_reported_where_it_opens(void **state)
{
    (void)state;
    run_expect("a,b\n1,x\n2,\"y\n3,z\n", NULL,
               "E103 a.csv:3:3: a quote is opened here and never closed\n");
    run_expect("a,b\n1,x\n2,\"y\n3,z\n", REJECT,
               "a:int64 b:text\n!E103 line 3 at 3:3 \"2,\"y\"\n1|\"x\"\n3|\"z\"\n");
    run_expect("a,b\n1,\"x", REJECT, "a:text b:text\n!E103 line 2 at 2:3 \"1,\"x\"\n");
}

static void test_quote_closed_by_a_later_lines_quote_is_unclosed_too(void **state)
{
    (void)state;
    run_expect(
        "a,b\n1,\"x\n2,y\n3,\"z\"\n4,w\n", REJECT,
        "a:int64 b:text\n!E103 line 2 at 2:3 \"1,\"x\"\n2|\"y\"\n3|\"z\"\n4|\"w\"\n");
    run_expect(
        "a,b\n1,\"x\r\n2,y\r\n3,\"z\"\r\n", NULL,
        "E103 a.csv:2:3: a quote is opened here; the next one is on line 4 with text "
        "behind it, so this one was never closed\n");
}

/* Line 35 of 21,692, as in the report of a validator that let it pass. */
static void test_unclosed_quote_far_from_the_end_names_its_own_line(void **state)
{
    enum { LINES = 21692, OPENED = 35, NEXT = 103 };
    char *text = malloc(LINES * 24);
    char *at = text;
    (void)state;
    assert_non_null(text);
    at += sprintf(at, "id,name,city\n");
    for (int line = 2; line <= LINES; line++)
        at += sprintf(at,
                      line == OPENED ? "%d,\"name,city\n"
                      : line == NEXT ? "%d,\"na,me\",city\n"
                                     : "%d,name,city\n",
                      line);
    char *found = run_text(text, NULL);
    assert_contains(found, "E103 a.csv:35:4: ");
    assert_contains(found, "line 103");
    free(found);
    found = run_text(text, REJECT);
    assert_contains(found, "!E103 line 35 at 35:4 \"35,\"name,city\"\n");
    assert_contains(found, "\n34|\"name\"|\"city\"\n36|\"name\"|\"city\"\n");
    assert_contains(found, "\n103|\"na,me\"|\"city\"\n");
    free(found);
    free(text);
}

/* [ING-9] */
static void test_text_behind_a_closing_quote_is_a_fault_of_its_line(void **state)
{
    (void)state;
    run_expect(
        "a,b\n1,\"x\"y\n2,z\n", NULL,
        "E107 a.csv:2:6: expected a delimiter or a line end behind the closing quote, "
        "found 'y'\n");
    run_expect("a,b\n\"x\" ,1\n2,\"z\"\n", REJECT,
               "a:int64 b:text\n!E107 line 2 at 2:4 \"\"x\" ,1\"\n2|\"z\"\n");
    run_expect("a,b\n1,\"p\nq\"\n\"x\"y,\"2\n3,\"r\"\n", REJECT,
               "a:int64 b:text\n!E107 line 4 at 4:4 \"\"x\"y,\"2\"\n1|\"p\nq\"\n3|\"r\"\n");
}

/* [ING-12] */
static void test_nul_and_malformed_utf8_are_faults_of_their_row(void **state)
{
    static const char text[] = "a,b\n1,x\n2,p\0q\n3,\xC3\xA9\n4,\xE9t\xE9\n5,y\n";
    struct run_case run = {.sources = {{.bytes = text, .size = sizeof text - 1}},
                           .source_count = 1};
    (void)state;
    char *found = run_show(&run);
    assert_contains(found,
                    "E110 a.csv:3:4: expected text, found a NUL byte (2 bad rows; next: ");
    assert_contains(found, "next: a.csv:5:3 E105)");
    free(found);
    run.options.policy = STOA_BAD_ROW_REJECT;
    found = run_show(&run);
    static const char expected[] = "a:int64 b:text\n!E110 line 3 at 3:4 \"2,p\0q\"\n"
                                   "!E105 line 5 at 5:3 \"4,\xE9t\xE9\"\n"
                                   "1|\"x\"\n3|\"\xC3\xA9\"\n5|\"y\"\n";
    assert_memory_equal(found, expected, sizeof expected);
    free(found);
}

static void test_faults_in_the_header_are_errors_of_the_source(void **state)
{
    (void)state;
    run_expect(
        "a,\"b\"c\n1,2\n", NULL,
        "E107 a.csv:1:6: expected a delimiter or a line end behind the closing quote, "
        "found 'c'\n");
    run_expect("a,\xFF\n1,2\n", NULL,
               "E105 a.csv:1:3: expected UTF-8, found the byte 0xFF\n");
    run_expect("x\na,\"b\n1,2\n",
               &(const struct stoa_ingest_options){.skip_lines = 1, .delimiter = ','},
               "E103 a.csv:2:3: a quote is opened here and never closed\n");
}

/* [ING-18] the first fault of a row counts, and a bad row says nothing about types. */
static void test_bad_rows_do_not_take_part_in_types(void **state)
{
    static const struct stoa_ingest_override forced[] = {
        {"b", {.id = STOA_TYPE_INT64}}
    };
    const struct stoa_ingest_options options = {
        .policy = STOA_BAD_ROW_REJECT, .types = forced, .type_count = 1};
    (void)state;
    run_expect("a,b,c\n1,2,3\nx,y,z\n4,5\n6,7,8\n", &options,
               "a:int64 b:int64 c:int64\n!E104 line 3 at 3:3 \"x,y,z\"\n"
               "!E101 line 4 at 4:4 \"4,5\"\n1|2|3\n6|7|8\n");
}

/* A bad row leaves the one behind it alone, and its raw text is its own. */
static void test_rows_behind_bad_rows_are_intact(void **state)
{
    (void)state;
    run_expect(
        "a,b\n1,2\n3\n\"4\",\"5\"\n6,\"x\"y\n7,8\n9,\n", REJECT,
        "a:int64 b:int64\n!E101 line 3 at 3:2 \"3\"\n!E107 line 5 at 5:6 \"6,\"x\"y\"\n"
        "1|2\n4|5\n7|8\n9|~\n");
}

/* [ING-42] columns count characters, not bytes. */
static void test_places_count_characters(void **state)
{
    (void)state;
    run_expect(
        "a,b\n\xC3\xA9\xE2\x82\xAC,\"x\"y\n", NULL,
        "E107 a.csv:2:7: expected a delimiter or a line end behind the closing quote, "
        "found 'y'\n");
}

/* [ING-43] */
static void test_failing_pass_counts_on_and_gives_places(void **state)
{
    (void)state;
    char *found = run_text("a,b\n1\n2,3\n4,5,6\n7\n", NULL);
    assert_contains(found, "E101 a.csv:2:2: expected 2 fields, found 1 (3 bad rows; next: "
                           "a.csv:4:5 E102, a.csv:5:2 E101)\n");
    free(found);
    const struct stoa_ingest_options limited = {.bad_row_limit = 2};
    found = run_text("a,b\n1\n2,3\n4,5,6\n7\n", &limited);
    assert_contains(found, "(stopped at 2 bad rows; next: ");
    free(found);
}

static void test_errors_show_the_line_with_a_caret_and_a_hint(void **state)
{
    struct test_directory directory;
    struct stoa_ingest *ingest = NULL;
    const struct stoa_ingest_options options = {.delimiter = ','};
    stoa_error error;
    (void)state;
    test_directory_make(&directory);
    test_file_write(&directory, "a.csv", "a,b\nxx,\"y\\\"z\"\n", 14);
    assert_ok(stoa_ingest_create(&options, &ingest, &error), &error);
    assert_ok(stoa_ingest_add(ingest, test_path(&directory, "a.csv"), &error), &error);
    assert_fails(stoa_ingest_infer(ingest, &error), STOA_E_QUOTE_GARBAGE, &error);
    assert_string_equal(error.excerpt, "2 | xx,\"y\\\"z\"\n  |        ^");
    assert_contains(error.hint, "doubled, not escaped by backslashes");
    assert_int_equal(error.offset, 11);
    stoa_ingest_free(ingest);
    test_directory_remove(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_ends_may_be_mixed),
        cmocka_unit_test(test_quotes_hold_delimiters_line_ends_and_doubled_quotes),
        cmocka_unit_test(test_quotes_inside_plain_fields_mean_themselves),
        cmocka_unit_test(test_empty_field_is_null_and_quoted_empty_is_not),
        cmocka_unit_test(test_null_texts_mean_null_quoted_or_not),
        cmocka_unit_test(test_blank_lines_are_skipped_and_counted_with_several_columns),
        cmocka_unit_test(test_blank_lines_are_null_rows_with_one_column),
        cmocka_unit_test(test_last_record_needs_no_line_end),
        cmocka_unit_test(test_header_alone_gives_columns_and_no_rows),
        cmocka_unit_test(test_byte_order_mark_is_no_part_of_the_first_name),
        cmocka_unit_test(test_skipped_lines_are_not_looked_at),
        cmocka_unit_test(test_quoteless_dialect_takes_quotes_as_text),
        cmocka_unit_test(test_empty_sources_are_errors),
        cmocka_unit_test(test_ragged_rows_are_faults_with_their_place),
        cmocka_unit_test(test_rows_with_far_too_many_fields_are_counted_exactly),
        cmocka_unit_test(test_unclosed_quote_is_reported_where_it_opens),
        cmocka_unit_test(test_quote_closed_by_a_later_lines_quote_is_unclosed_too),
        cmocka_unit_test(test_unclosed_quote_far_from_the_end_names_its_own_line),
        cmocka_unit_test(test_text_behind_a_closing_quote_is_a_fault_of_its_line),
        cmocka_unit_test(test_nul_and_malformed_utf8_are_faults_of_their_row),
        cmocka_unit_test(test_faults_in_the_header_are_errors_of_the_source),
        cmocka_unit_test(test_bad_rows_do_not_take_part_in_types),
        cmocka_unit_test(test_rows_behind_bad_rows_are_intact),
        cmocka_unit_test(test_places_count_characters),
        cmocka_unit_test(test_failing_pass_counts_on_and_gives_places),
        cmocka_unit_test(test_errors_show_the_line_with_a_caret_and_a_hint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
