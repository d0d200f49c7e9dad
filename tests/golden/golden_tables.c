/* SPDX-License-Identifier: Apache-2.0 */
/* See golden_tables.h. Kept small: all files and their texts together take about 400 KB. */
#include "tests/golden/golden_tables.h"
#include "tests/tables/spelled_text.h"

#include <stdio.h>
#include <string.h>

#include "tests/tables/test_correlated.h"

/* One column of every type with values `values` and NULLs as said. */
static void make_types(struct test_table *table, struct test_random *random,
                       enum test_values values, enum test_nulls nulls, uint32_t rows)
{
    struct test_column_spec specs[TEST_TYPE_COUNT];
    char names[TEST_TYPE_COUNT][STOA_TYPE_TEXT_MAX];
    for (size_t i = 0; i < TEST_TYPE_COUNT; i++)
        specs[i] = (struct test_column_spec){stoa_type_text(test_type(i), names[i]),
                                             test_type(i), values, nulls};
    test_table_make(table, random, specs, TEST_TYPE_COUNT, rows);
}

static void make_empty(struct test_table *table, struct test_random *random)
{
    make_types(table, random, TEST_VALUES_WIDE, TEST_NULLS_SOME, 0);
}

static void make_one_row(struct test_table *table, struct test_random *random)
{
    make_types(table, random, TEST_VALUES_WIDE, TEST_NULLS_NONE, 1);
}

static void make_wide_values(struct test_table *table, struct test_random *random)
{
    make_types(table, random, TEST_VALUES_WIDE, TEST_NULLS_SOME, 60);
}

static void make_few_values(struct test_table *table, struct test_random *random)
{
    make_types(table, random, TEST_VALUES_FEW, TEST_NULLS_SOME, 60);
}

static void make_all_null(struct test_table *table, struct test_random *random)
{
    make_types(table, random, TEST_VALUES_WIDE, TEST_NULLS_ALL, 3);
}

/* Every pattern of NULLs over more than one vector. */
static void make_nulls(struct test_table *table, struct test_random *random)
{
    static const struct test_column_spec specs[] = {
        {"none",      {STOA_TYPE_INT8, 0, 0}, TEST_VALUES_RUNS,     TEST_NULLS_NONE     },
        {"some",      {STOA_TYPE_INT8, 0, 0}, TEST_VALUES_RUNS,     TEST_NULLS_SOME     },
        {"half",      {STOA_TYPE_BOOL, 0, 0}, TEST_VALUES_WIDE,     TEST_NULLS_HALF     },
        {"runs",      {STOA_TYPE_BOOL, 0, 0}, TEST_VALUES_CONSTANT, TEST_NULLS_RUNS     },
        {"all",       {STOA_TYPE_TEXT, 0, 0}, TEST_VALUES_WIDE,     TEST_NULLS_ALL      },
        {"but first", {STOA_TYPE_TEXT, 0, 0}, TEST_VALUES_WIDE,     TEST_NULLS_BUT_FIRST},
    };
    test_table_make(table, random, specs, sizeof specs / sizeof *specs, 1030);
}

/* More than one vector of what each encoding is made for. */
static void make_encodings(struct test_table *table, struct test_random *random)
{
    static const struct test_column_spec specs[] = {
        {"constant", {STOA_TYPE_INT64, 0, 0},   TEST_VALUES_CONSTANT, TEST_NULLS_NONE},
        {"narrow",   {STOA_TYPE_UINT64, 0, 0},  TEST_VALUES_NARROW,   TEST_NULLS_NONE},
        {"runs",     {STOA_TYPE_UINT64, 0, 0},  TEST_VALUES_RUNS,     TEST_NULLS_NONE},
        {"float",    {STOA_TYPE_FLOAT64, 0, 0}, TEST_VALUES_FEW,      TEST_NULLS_NONE},
        {"bool",     {STOA_TYPE_BOOL, 0, 0},    TEST_VALUES_WIDE,     TEST_NULLS_NONE},
        {"text",     {STOA_TYPE_TEXT, 0, 0},    TEST_VALUES_RUNS,     TEST_NULLS_SOME},
    };
    test_table_make(table, random, specs, sizeof specs / sizeof *specs, 1060);
}

/* More than one vector of numbers that make encodings of their own. */
static void make_numbers(struct test_table *table, struct test_random *random)
{
    static const struct test_column_spec specs[] = {
        {"sequence", {STOA_TYPE_INT64, 0, 0},     TEST_VALUES_SEQUENCE, TEST_NULLS_NONE},
        {"steady",   {STOA_TYPE_TIMESTAMP, 0, 0}, TEST_VALUES_STEADY,   TEST_NULLS_NONE},
        {"rare",     {STOA_TYPE_UINT64, 0, 0},    TEST_VALUES_RARE,     TEST_NULLS_NONE},
        {"half",     {STOA_TYPE_INT64, 0, 0},     TEST_VALUES_NARROW,   TEST_NULLS_HALF},
        {"decimal",  {STOA_TYPE_FLOAT64, 0, 0},   TEST_VALUES_NARROW,   TEST_NULLS_NONE},
        {"noise",    {STOA_TYPE_FLOAT64, 0, 0},   TEST_VALUES_NOISE,    TEST_NULLS_NONE},
    };
    test_table_make(table, random, specs, sizeof specs / sizeof *specs, 1060);
}

/* Two zones, of columns that keep them [FMT-90]; few bytes in spite of the rows. */
static void make_zones(struct test_table *table, struct test_random *random)
{
    static const struct test_column_spec specs[] = {
        {"sequence", {STOA_TYPE_INT64, 0, 0},    TEST_VALUES_SEQUENCE, TEST_NULLS_NONE     },
        {"text",     {STOA_TYPE_TEXT, 0, 0},     TEST_VALUES_WIDE,     TEST_NULLS_BUT_FIRST},
        {"float",    {STOA_TYPE_FLOAT64, 0, 0},  TEST_VALUES_FEW,      TEST_NULLS_BUT_FIRST},
        {"decimal",  {STOA_TYPE_DECIMAL, 38, 2}, TEST_VALUES_FEW,      TEST_NULLS_BUT_FIRST},
        {"uuid",     {STOA_TYPE_UUID, 0, 0},     TEST_VALUES_WIDE,     TEST_NULLS_BUT_FIRST},
        {"constant", {STOA_TYPE_INT8, 0, 0},     TEST_VALUES_CONSTANT, TEST_NULLS_NONE     },
    };
    test_table_make(table, random, specs, sizeof specs / sizeof *specs, 8193);
}

/* More than one vector of texts that symbols of a few bytes shorten. */
static void make_texts(struct test_table *table, struct test_random *random)
{
    static const struct test_column_spec specs[] = {
        {"numbers", {STOA_TYPE_TEXT, 0, 0}, TEST_VALUES_STEADY, TEST_NULLS_NONE},
        {"half",    {STOA_TYPE_TEXT, 0, 0}, TEST_VALUES_NARROW, TEST_NULLS_HALF},
    };
    test_table_make(table, random, specs, sizeof specs / sizeof *specs, 1060);
}

/* A dense sketch, sparse ones from values and from a dictionary, and one of no value [FMT-102]; filters
 * [FMT-111]. */
static void make_sketches(struct test_table *table, struct test_random *random)
{
    static const struct test_column_spec specs[] = {
        {"noise", {STOA_TYPE_INT64, 0, 0},   TEST_VALUES_NOISE, TEST_NULLS_NONE},
        {"text",  {STOA_TYPE_TEXT, 0, 0},    TEST_VALUES_FEW,   TEST_NULLS_HALF},
        {"float", {STOA_TYPE_FLOAT64, 0, 0}, TEST_VALUES_WIDE,  TEST_NULLS_HALF},
        {"null",  {STOA_TYPE_DATE, 0, 0},    TEST_VALUES_WIDE,  TEST_NULLS_ALL },
    };
    test_table_make(table, random, specs, sizeof specs / sizeof *specs, 600);
}

static void make_periodic(struct test_table *table, struct test_random *random)
{
    static const struct test_column_spec specs[] = {
        {"int32",   {STOA_TYPE_INT32, 0, 0},     TEST_VALUES_PERIODIC, TEST_NULLS_NONE},
        {"decimal", {STOA_TYPE_DECIMAL, 38, 10}, TEST_VALUES_PERIODIC, TEST_NULLS_NONE},
    };
    test_table_make(table, random, specs, sizeof specs / sizeof *specs, 1030);
}

/* Texts that are kept as what they spell. */
static void make_spelled(struct test_table *table, struct test_random *random)
{
    spelled_table_make(table, random, 200);
}

/* Ascending texts of more than one vector that share most with the one before; also as bytes, where
 * characters may be cut. */
static void make_sorted(struct test_table *table, struct test_random *random)
{
    static const struct test_column_spec specs[] = {
        {"path", {STOA_TYPE_TEXT, 0, 0},   TEST_VALUES_CONSTANT, TEST_NULLS_NONE},
        {"blob", {STOA_TYPE_BINARY, 0, 0}, TEST_VALUES_CONSTANT, TEST_NULLS_NONE},
    };
    static const char *const ends[] = {"a", "\xC3\xA4", "index", "index.html", "z"};
    enum { ROWS = 1060 };
    test_table_make(table, random, specs, 2, ROWS);
    for (int c = 0; c < 2; c++) {
        unsigned long long number = 0;
        stoa_column_builder_clear(&table->columns[c]);
        for (uint32_t row = 0; row < ROWS; row++) {
            char text[96];
            stoa_error err;
            number += 1 + test_random_below(random, 30000);
            const int size = snprintf(text, sizeof text, "/srv/\xC3%c%09llu/%s",
                                      (char)(0xA0 + row / 400), number, ends[number % 5]);
            const struct stoa_value value = {
                .bytes = {.data = (const uint8_t *)text, .length = (uint32_t)size}
            };
            assert_ok(stoa_column_builder_append(&table->columns[c], &value, &err), &err);
        }
    }
}

/* Columns that are kept by others. */
static void make_correlated(struct test_table *table, struct test_random *random)
{
    test_table_correlated(table, random, 1100, 2, true);
}

/* Many columns: a footer of many pages, field ids that do not ascend, names of many kinds. */
static void make_columns(struct test_table *table, struct test_random *random)
{
    enum { COLUMNS = 70 };
    static const char *const styles[] = {"c", "a longer name ", "\xC3\xA9t\xC3\xA9 ", "C"};
    struct test_column_spec specs[COLUMNS];
    char names[COLUMNS][32];
    for (size_t i = 0; i < COLUMNS; i++) {
        snprintf(names[i], sizeof names[i], "%s%zu", styles[i % 4], i);
        specs[i] = (struct test_column_spec){names[i], test_type(i % TEST_TYPE_COUNT),
                                             TEST_VALUES_NARROW, TEST_NULLS_HALF};
    }
    test_table_make(table, random, specs, COLUMNS, 3);
    for (size_t i = 0; i < COLUMNS; i++)
        table->fields[i].id =
            (uint32_t)(1000 - 3 * i % 70); /* 3 and 70 have no factor in common */
}

/* More than 64 KiB of text: a frame behind another one [STREAM-4]. */
static void make_prose(struct test_table *table, struct test_random *random)
{
    static const struct test_column_spec spec = {
        "prose", {STOA_TYPE_TEXT, 0, 0},
         TEST_VALUES_CONSTANT, TEST_NULLS_NONE
    };
    static const char *const phrases[] = {"the quick brown fox jumps over the lazy dog, ",
                                          "pack my box with five dozen liquor jugs, ",
                                          "how vexingly quick daft zebras jump, ",
                                          "sphinx of black quartz, judge my vow, "};
    enum { ROWS = 70, PHRASES = 25 };
    char text[PHRASES * 48];
    test_table_make(table, random, &spec, 1, ROWS);
    stoa_column_builder_clear(&table->columns[0]);
    for (uint32_t row = 0; row < ROWS; row++) {
        struct stoa_value value = {.is_null = false};
        stoa_error err;
        size_t size = 0;
        for (int i = 0; i < PHRASES; i++)
            size += (size_t)snprintf(text + size, sizeof text - size, "%s",
                                     phrases[test_random_below(random, 4)]);
        value.bytes = (struct stoa_view){(const uint8_t *)text, (uint32_t)size};
        assert_ok(stoa_column_builder_append(&table->columns[0], &value, &err), &err);
    }
}

static const struct golden_file golden_files[] = {
    {"empty",        STOA_PROFILE_BALANCED, make_empty      },
    {"one-row",      STOA_PROFILE_BALANCED, make_one_row    },
    {"all-null",     STOA_PROFILE_BALANCED, make_all_null   },
    {"wide-fast",    STOA_PROFILE_FAST,     make_wide_values},
    {"wide-compact", STOA_PROFILE_COMPACT,  make_wide_values},
    {"few-balanced", STOA_PROFILE_BALANCED, make_few_values },
    {"few-fast",     STOA_PROFILE_FAST,     make_few_values },
    {"nulls",        STOA_PROFILE_BALANCED, make_nulls      },
    {"encodings",    STOA_PROFILE_BALANCED, make_encodings  },
    {"numbers",      STOA_PROFILE_BALANCED, make_numbers    },
    {"texts",        STOA_PROFILE_FAST,     make_texts      },
    {"periodic",     STOA_PROFILE_COMPACT,  make_periodic   },
    {"correlated",   STOA_PROFILE_BALANCED, make_correlated },
    {"columns",      STOA_PROFILE_BALANCED, make_columns    },
    {"spelled",      STOA_PROFILE_BALANCED, make_spelled    },
    {"sorted",       STOA_PROFILE_COMPACT,  make_sorted     },
    {"zones",        STOA_PROFILE_BALANCED, make_zones      },
    {"prose",        STOA_PROFILE_BALANCED, make_prose      },
    {"sketches",     STOA_PROFILE_BALANCED, make_sketches   },
};

const struct golden_file *golden_file_at(size_t i)
{
    return i < sizeof golden_files / sizeof *golden_files ? &golden_files[i] : NULL;
}

bool golden_keeps_sketches(const struct golden_file *file)
{
    return file->make == make_sketches;
}

const bool *golden_filters(const struct golden_file *file)
{
    static const bool filters[64] = {true, false, true, true};
    return file->make == make_sketches ? filters : NULL;
}

void golden_table_make(const struct golden_file *file, struct test_table *table)
{
    struct test_random random = {.state = 20261122};
    file->make(table, &random);
}
