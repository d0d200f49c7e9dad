/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables for tests of whole files: made from a seed, written through writer/file, read back
 * through reader/ and compared value by value. Shared by the unit tests of writer and reader,
 * the golden files, the corrupt files and the fuzz seeds. Fails the running cmocka test on any
 * error, except where a status is returned.
 */
#ifndef STOA_TESTS_TABLE_H
#define STOA_TESTS_TABLE_H

#include "tests/support/test_support.h"

#include "common/buf.h"
#include "common/pool.h"
#include "format/vector.h"
#include "reader/reader.h"
#include "writer/file/file_writer.h"

/* What the values of a column look like; each leads another encoding to be chosen. */
enum test_values {
    TEST_VALUES_CONSTANT,
    TEST_VALUES_SEQUENCE, /* ascending by a step, texts with a common prefix */
    TEST_VALUES_FEW,      /* 7 different ones */
    TEST_VALUES_RUNS,     /* stretches of one value */
    TEST_VALUES_NARROW,   /* a small range */
    TEST_VALUES_WIDE,     /* all of the kind: extremes, NaN, infinities, long texts */
    TEST_VALUES_PERIODIC, /* 300 different ones again and again: what zstd is for */
    TEST_VALUES_STEADY,   /* ascending by small random steps */
    TEST_VALUES_RARE,     /* one value, and 1 in 30 another one */
    TEST_VALUES_NOISE,    /* any; floats of one magnitude with random digits */
    TEST_VALUES_COUNT
};

enum test_nulls {
    TEST_NULLS_NONE,
    TEST_NULLS_SOME, /* 1 in 50 */
    TEST_NULLS_HALF,
    TEST_NULLS_RUNS, /* stretches of about 200 */
    TEST_NULLS_ALL,
    TEST_NULLS_BUT_FIRST, /* all rows but the first */
    TEST_NULLS_COUNT
};

struct test_column_spec {
    const char *name;
    stoa_type type;
    enum test_values values;
    enum test_nulls nulls;
};

struct test_table {
    stoa_schema schema;
    stoa_field *fields; /* ids 1, 2, 3, ...; nullable unless there are no NULLs */
    char *names;
    struct stoa_column_builder *columns;
    uint32_t rows;
};

/* The 16 types that test tables cover: all logical types, decimal with 9 and 38 digits. */
enum { TEST_TYPE_COUNT = 16 };
stoa_type test_type(size_t i);

/* A table of these columns. */
void test_table_make(struct test_table *table, struct test_random *random,
                     const struct test_column_spec *specs, size_t count, uint32_t rows);
/* One column of each type, values and NULLs drawn at random. */
void test_table_random(struct test_table *table, struct test_random *random, uint32_t rows);
void test_table_done(struct test_table *table);

struct test_write_options {
    enum stoa_profile profile;
    unsigned threads;     /* 0: no pool */
    uint32_t append_rows; /* rows per append; 0: all at once */
    bool keeps_sketches;  /* though the file is small */
    const bool *filters;  /* as in stoa_file_writer_options */
};

/* Writes the table to a new file `name`; for fault tests. */
stoa_status test_table_try_write(const struct test_table *table,
                                 const struct test_directory *directory, const char *name,
                                 const struct test_write_options *options,
                                 struct stoa_file_summary *out_summary, stoa_error *err);
/* The same, and it must work; the summary's arrays are not kept. */
void test_table_write(const struct test_table *table,
                      const struct test_directory *directory, const char *name,
                      const struct test_write_options *options,
                      struct stoa_file_summary *out_summary);

/* Opens a file of the directory. */
stoa_status test_reader_open(const struct test_directory *directory, const char *name,
                             struct stoa_reader **out_reader, stoa_error *err);

/* Takes each decoded vector of each block, in file order; a status other than STOA_OK stops. */
typedef stoa_status (*test_vector_fn)(void *context, uint32_t column, uint64_t first_row,
                                      const struct stoa_vector *vector, stoa_error *err);
stoa_status test_reader_scan(struct stoa_reader *reader, test_vector_fn take, void *context,
                             stoa_error *err);

/* All values of the file must be those of the table, bit by bit, and its schema too. */
void test_table_compare(const struct test_table *table, struct stoa_reader *reader);

/* Reads a whole file into a table; free it with test_table_done before the reader closes. */
stoa_status test_table_read(struct test_table *table, struct stoa_reader *reader,
                            stoa_error *err);

/* Appends the table as text: "name:type" cells, then one line a row; cells parted by TAB, NULL
 * is \N; tab, newline, carriage return and backslash are \t \n \r \\. test_text.c */
void test_table_print(const struct test_table *table, struct stoa_buf *out);

#endif
