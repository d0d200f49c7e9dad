/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dialect, header and names [ING-13..15], and formats that are no CSV [ING-2]: the traps that
 * guessing readers fell into, each as a small file.
 */
#include "tests/unit/writer/ingest_run.h"

#include <stdlib.h>
#include <string.h>

struct detect_case {
    const char *text;
    const char *shown;
};

static void check_cases(const struct detect_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run_expect(cases[i].text, NULL, cases[i].shown);
}
#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof *(cases))

/* [ING-13] */
static void test_delimiter_is_the_one_that_splits_alike(void **state)
{
    static const struct detect_case cases[] = {
        {"a;b\n1,5;2\n2,5;3\n",         "a:text b:int64\n\"1,5\"|2\n\"2,5\"|3\n"},
        {"a\tb\nx,y\t2\nz,w\t3\n",      "a:text b:int64\n\"x,y\"|2\n\"z,w\"|3\n"},
        {"a|b|c\n1|2|3\n",              "a:int64 b:int64 c:int64\n1|2|3\n"      },
        {"a\x1f"
         "b\n1\x1f"
         "2\n",                "a:int64 b:int64\n1|2\n"                },
        {"a\x01"
         "b\n1\x01"
         "2\n",                "a:int64 b:int64\n1|2\n"                },
        {"a~b\n1~2\n",                  "a:int64 b:int64\n1|2\n"                },
        {"a^b\n1^2\n",                  "a:int64 b:int64\n1|2\n"                },
        {"a,b\n\"1;1\",2\n\"3;4\",5\n", "a:text b:int64\n\"1;1\"|2\n\"3;4\"|5\n"},
        {"1,5;2,5\n3,5;4,5\n",
         "column_1:text column_2:text\n\"1,5\"|\"2,5\"\n\"3,5\"|\"4,5\"\n"      },
        {"a,b;c\n",                     "a,b:text c:text\n"                     },
    };
    (void)state;
    CHECK(cases);
}

static void test_text_with_a_few_delimiters_stays_one_column(void **state)
{
    static const struct detect_case cases[] = {
        {"c0\nv0\na;b\n",                       "c0:text\n\"v0\"\n\"a;b\"\n"           },
        {"text\nHello, world\nfoo\nbar, baz\n",
         "text:text\n\"Hello, world\"\n\"foo\"\n\"bar, baz\"\n"                        },
        {"time\n10:20:30\n10:20:31\n",          "time:time\n10:20:30\n10:20:31\n"      },
        {"name\nAnn Lee\nBob Ray\n",            "name:text\n\"Ann Lee\"\n\"Bob Ray\"\n"},
    };
    (void)state;
    CHECK(cases);
}

/* A ragged file must fail, not turn into one column or lose its header. */
static void test_ragged_files_keep_their_delimiter(void **state)
{
    static const struct detect_case cases[] = {
        {"a,b\n1,2,3\n",        "E102 a.csv:2:5: expected 2 fields, found 3\n"            },
        {"a,b\n1,2,3\n4,5,6\n",
         "E102 a.csv:2:5: expected 2 fields, found 3 (2 bad rows; next: a.csv:3:5 E102)\n"},
        {"a,b,c\n1,2\n3,4,5\n", "E101 a.csv:2:4: expected 3 fields, found 2\n"            },
    };
    (void)state;
    CHECK(cases);
}

/* Faulty records have the delimiter too: no faulty file may turn into one column. */
static void test_stray_quotes_keep_the_delimiter(void **state)
{
    static const struct detect_case cases[] = {
        {"id,name,qty\n1,5\" pipe,3\n2,\"6\" pipe,4\n3,\"7\" pipe,5\n4,\"8\" pipe,5\n",
         "E107 a.csv:3:6: expected a delimiter or a line end behind the closing quote, found "
         "' ' (3 bad rows; next: a.csv:4:6 E107, a.csv:5:6 E107)\n" },
        {"name,qty\n\"6\" pipe,4\n\"7\" pipe,5\n\"8\" pipe,5\n",
         "E107 a.csv:2:4: expected a delimiter or a line end behind the closing quote, found "
         "' ' (3 bad rows; next: a.csv:3:4 E107, a.csv:4:4 E107)\n" },
        {"id,name\n1,\"six\n2,seven\n",
         "E103 a.csv:2:3: a quote is opened here and never closed\n"},
    };
    (void)state;
    CHECK(cases);
}

/* Nothing is read otherwise, but most lines look like more than one column. */
static void test_doubtful_single_columns_are_noticed(void **state)
{
    static const struct detect_case cases[] = {
        {"# exported\na,b\n1,2\n3,4\n",
         "a.csv: read as one column, although most lines have ',' outside quotes: the first "
         "line has none\nif the fields begin at line 2: --skip 1; if the first line is one "
         "field of them: --delimiter ','\n"                                 },
        {"\n\"Report; 2024\"\n\nfor: all\na;b\n1;2\n3;4\n",
         "a.csv: read as one column, although most lines have ';' outside quotes: the first "
         "line has none\nif the fields begin at line 5: --skip 4; if the first line is one "
         "field of them: --delimiter ';'\n"                                 },
        {"Report\na\tb\n",
         "a.csv: read as one column, although most lines have '\\t' outside quotes: the first "
         "line has none\nif the fields begin at line 2: --skip 1; if the first line is one "
         "field of them: --delimiter '\\t'\n"                               },
        {"Report\na\x1f"
         "b\n",                                    "a.csv: read as one column, although most lines have $'\\x1F' outside quotes: the "
         "first line has none\nif the fields begin at line 2: --skip 1; if the first line is "
         "one field of them: --delimiter $'\\x1F'\n"},
        {"text\n\"Hello, world\"\n\"a, \"\"b\"\", c\"\n",   ""              },
        {"\"a,b\"\n\"1,2\"\n",                              ""              },
        {"text\nfoo\nbar\nHello, world\nbaz\n",             ""              },
        {"a,b\n1,2\n",                                      ""              },
        {"a\n",                                             ""              },
    };
    struct run_open open;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run_open(&open, cases[i].text, NULL);
        char *found = run_notices(&open);
        assert_string_equal(found, cases[i].shown);
        free(found);
        run_close(&open);
    }
    run_open(&open, "x\na,b\n1,2\n", &(const struct stoa_ingest_options){.delimiter = '|'});
    char *found = run_notices(&open);
    assert_string_equal(found, "");
    free(found);
    run_close(&open);
}

static void test_single_quotes_are_quotes_only_if_all_texts_have_them(void **state)
{
    static const struct detect_case cases[] = {
        {"'a','b'\n'x,y',1\n'it''s',2\n",        "a:text b:int64\n\"x,y\"|1\n\"it's\"|2\n"      },
        {"a,b\n'x',1\n'y',2\n",                  "a:text b:int64\n\"x\"|1\n\"y\"|2\n"           },
        {"a,b\n'Heroes',1\nLow,2\n'Lodger',3\n",
         "a:text b:int64\n\"'Heroes'\"|1\n\"Low\"|2\n\"'Lodger'\"|3\n"                          },
        {"a,b\n'tis,1\n'twas,2\n",               "a:text b:int64\n\"'tis\"|1\n\"'twas\"|2\n"    },
        {"a,b\n\"x\",'1'\n\"y\",'2'\n",          "a:text b:text\n\"x\"|\"'1'\"\n\"y\"|\"'2'\"\n"},
    };
    (void)state;
    CHECK(cases);
}

static void test_dialect_is_reported(void **state)
{
    struct run_open open;
    (void)state;
    run_open(&open, "a;b\n1;2\n", NULL);
    const struct stoa_ingest_source *source = stoa_ingest_source(open.ingest, 0);
    assert_int_equal(source->delimiter, ';');
    assert_int_equal(source->quote, '"');
    assert_string_equal(source->format, "csv");
    assert_int_equal(source->column_count, 2);
    run_close(&open);
    run_open(&open, "a\n1\n", &(const struct stoa_ingest_options){.has_no_quote = true});
    source = stoa_ingest_source(open.ingest, 0);
    assert_int_equal(source->delimiter, 0);
    assert_int_equal(source->quote, 0);
    run_close(&open);
}

/* [ING-14] */
static void test_header_is_found_by_what_stands_below(void **state)
{
    static const struct detect_case cases[] = {
        {"id,name\n1,Ann\n2,Bob\n",                            "id:int64 name:text\n1|\"Ann\"\n2|\"Bob\"\n"           },
        {"name,city\nAnn,Rome\n",                              "name:text city:text\n\"Ann\"|\"Rome\"\n"              },
        {"1,Ann\n2,Bob\n",                                     "column_1:int64 column_2:text\n1|\"Ann\"\n2|\"Bob\"\n" },
        {"2026-01-01,x\n2026-01-02,y\n",
         "column_1:date column_2:text\n2026-01-01|\"x\"\n2026-01-02|\"y\"\n"                                          },
        {"1\n2\n",                                             "column_1:int64\n1\n2\n"                               },
        {"1,2,3",                                              "column_1:int64 column_2:int64 column_3:int64\n1|2|3\n"},
        {"country,2010,2011\nFrance,1.5,2.5\nSpain,3.5,4.5\n",
         "country:text 2010:decimal(18,1) 2011:decimal(18,1)\n\"France\"|1.5|2.5\n"
         "\"Spain\"|3.5|4.5\n"                                                                                        },
        {"x,2010,2012\ny,1,2\n",                               "column_1:text column_2:int64 column_3:int64\n"
                                 "\"x\"|2010|2012\n\"y\"|1|2\n"                       },
        {"NA,5\n3,6\n",                                        "column_1:text column_2:int64\n\"NA\"|5\n\"3\"|6\n"    },
        {",StartDate\n1,5/10/18\n2,5/11/18\n",
         "column_1:int64 StartDate:text\n1|\"5/10/18\"\n2|\"5/11/18\"\n"                                              },
    };
    (void)state;
    CHECK(cases);
}

static void test_header_option_overrules(void **state)
{
    (void)state;
    run_expect("1,2\n3,4\n", &(const struct stoa_ingest_options){.header = STOA_HEADER_YES},
               "1:int64 2:int64\n3|4\n");
    run_expect("a,b\n3,4\n", &(const struct stoa_ingest_options){.header = STOA_HEADER_NO},
               "column_1:text column_2:text\n\"a\"|\"b\"\n\"3\"|\"4\"\n");
}

/* [ING-15] */
static void test_names_become_unique_and_none_is_empty(void **state)
{
    static const struct detect_case cases[] = {
        {"a,,A,a,\nx,y,z,w,v\n",             "a:text column_2:text A_2:text a_3:text column_5:text\n"
                                 "\"x\"|\"y\"|\"z\"|\"w\"|\"v\"\n"},
        {"a,a,a_2\nx,y,z\n",                 "a:text a_3:text a_2:text\n\"x\"|\"y\"|\"z\"\n"      },
        {",column_1\nx,y\n",                 "column_1_2:text column_1:text\n\"x\"|\"y\"\n"       },
        {"\"a \"\"b\"\"\",a.b, c \nx,y,z\n",
         "a \"b\":text a.b:text  c :text\n\"x\"|\"y\"|\"z\"\n"                                    },
        {"a,\"line\nbreak\"\nx,y\n",         "a:text line\nbreak:text\n\"x\"|\"y\"\n"             },
    };
    (void)state;
    CHECK(cases);
}

static void test_names_have_a_limit(void **state)
{
    char *text = malloc(5000);
    (void)state;
    assert_non_null(text);
    memset(text, 'n', 4096);
    memcpy(text + 4096, ",b\nx,y\n", 8);
    char *found = run_text(text, NULL);
    assert_contains(found, ":text b:text\n");
    free(found);
    memset(text, 'n', 4097);
    memcpy(text + 4097, ",b\nx,y\n", 8);
    run_expect(
        text, NULL,
        "E106 a.csv: expected a column name of at most 4096 bytes, found column 1 with "
        "more\n");
    free(text);
}

/* [ING-2] */
static void test_other_formats_are_named(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *what;
    } cases[] = {
        {"\x1f\x8b\x08\0",                    4,  "gzip"              },
        {"\x28\xb5\x2f\xfd\0",                5,  "zstd"              },
        {"\xfd"
         "7zXZ\0",                   6,  "xz"                },
        {"BZh9",                              4,  "bzip2"             },
        {"PK\x03\x04"
         "data",                     8,  "a zip archive"     },
        {"PK\x03\x04....[Content_Types].xml", 27, "an Excel workbook" },
        {"PAR1....",                          8,  "Parquet"           },
        {"{\"a\": 1}\n",                      9,  "JSON"              },
        {" [\n {\"a\": 1}]",                  12, "JSON"              },
        {"<!DOCTYPE html>\n<html>",           22, "an HTML page"      },
        {"<?xml version=\"1.0\"?>",           21, "XML"               },
        {"SQLite format 3\0",                 16, "an SQLite database"},
        {"STOA\r\n\x1a\n",                    8,  "a Stoa file"       },
        {"%PDF-1.7",                          8,  "PDF"               },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct run_case run = {
            .sources = {{.bytes = cases[i].bytes, .size = cases[i].size}},
            .source_count = 1};
        char *found = run_show(&run);
        assert_contains(found, "E121 a.csv: expected CSV text, found what looks like ");
        assert_contains(found, cases[i].what);
        free(found);
    }
    run_expect("[id],[name]\n1,x\n", NULL, "[id]:int64 [name]:text\n1|\"x\"\n");
    run_expect("{\"a\": 1}\n", &(const struct stoa_ingest_options){.format = "csv"},
               "{\"a\": 1}:text\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delimiter_is_the_one_that_splits_alike),
        cmocka_unit_test(test_text_with_a_few_delimiters_stays_one_column),
        cmocka_unit_test(test_ragged_files_keep_their_delimiter),
        cmocka_unit_test(test_stray_quotes_keep_the_delimiter),
        cmocka_unit_test(test_doubtful_single_columns_are_noticed),
        cmocka_unit_test(test_single_quotes_are_quotes_only_if_all_texts_have_them),
        cmocka_unit_test(test_dialect_is_reported),
        cmocka_unit_test(test_header_is_found_by_what_stands_below),
        cmocka_unit_test(test_header_option_overrules),
        cmocka_unit_test(test_names_become_unique_and_none_is_empty),
        cmocka_unit_test(test_names_have_a_limit),
        cmocka_unit_test(test_other_formats_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
