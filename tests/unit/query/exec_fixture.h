/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of execution share: small tables from CSV or from test_table.h, statements run to their end,
 * answers as CSV. Fails the running test on any error, except where a status is returned.
 */
#ifndef STOA_TESTS_QUERY_EXEC_FIXTURE_H
#define STOA_TESTS_QUERY_EXEC_FIXTURE_H

#include "tests/tables/test_table.h"

#include "stoa/output.h"
#include "stoa/query.h"

/* A directory with one table "t" in it. */
struct exec_place {
    struct test_directory directory;
    char table[300]; /* path of t */
};

/* Converts the CSV text into the dataset t, partitioned by a column (NULL: not). Names in its first line may be
 * followed by ":type"; no name is quoted. */
void exec_place_csv(struct exec_place *place, const char *csv, const char *partition);
/* Appends one more version. */
void exec_place_append(struct exec_place *place, const char *csv);
/* Writes the table as the single file t. */
void exec_place_table(struct exec_place *place, const struct test_table *table);
void exec_place_table_with(struct exec_place *place, const struct test_table *table,
                           const struct test_write_options *options);
void exec_place_done(struct exec_place *place);

struct exec_options {
    unsigned threads;                   /* 0: 1 */
    uint64_t memory;                    /* 0: 256 MiB */
    int (*is_cancelled)(void *context); /* NULL: never */
    void *cancel_context;
    uint32_t flags; /* of enum stoa_query_flag */
    void (*on_skip)(void *context, const stoa_skipped_rows *skipped); /* NULL: nobody */
    void *skip_context;
    const char *format;                /* NULL: csv */
    const stoa_output_options *output; /* instead of format, when not NULL */
    stoa_query_counters *counters;     /* filled when not NULL */
};

/* Runs `FROM t` statements over the place (NULL: no table) and appends the answer to `out`. */
stoa_status exec_try(const struct exec_place *place, const char *sql,
                     const struct exec_options *options, struct stoa_buf *out,
                     stoa_error *err);

/* The answer as CSV without the line of names, NUL terminated; lives until the next call but three. */
const char *exec_csv(const struct exec_place *place, const char *sql);
const char *exec_csv_with(const struct exec_place *place, const char *sql,
                          const struct exec_options *options);

/* The statement's answer, without the line of names, is `expected`. */
#define assert_answer(place, sql, expected)                                                \
    assert_string_equal(exec_csv((place), (sql)), (expected))

/* The statement fails with `code`, and its message has `part` in it. */
void exec_fails(const struct exec_place *place, const char *sql, stoa_status code,
                const char *part);

#endif
