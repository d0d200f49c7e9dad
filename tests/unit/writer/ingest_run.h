/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a whole ingest over texts and shows what came out as one text, so that a test is a pair
 * of texts and a change of chunks or threads is a comparison of two.
 *
 *   a:int64 b:text            the schema
 *   !E101 line 3 at 3:5 "raw" all rejected rows, in order
 *   1|"x"                     all rows, in order; ~ is NULL, texts are in double quotes
 *   E103 a.csv:2:3: message   instead of all that, when it fails
 */
#ifndef STOA_TESTS_INGEST_RUN_H
#define STOA_TESTS_INGEST_RUN_H

#include "tests/support/test_support.h"
#include "writer/ingest/ingest.h"

enum { RUN_SOURCES = 4 };

struct run_source {
    const char *name; /* NULL: a.csv, b.csv, ... */
    const void *bytes;
    size_t size;
};

struct run_case {
    struct run_source sources[RUN_SOURCES];
    size_t source_count;
    struct stoa_ingest_options options;
    const stoa_schema *target;
    bool checks_lines; /* column 0 of every row is the physical line where it begins */
};

/* The text and its size, by malloc; the caller frees it by free(). Ledger and counts are checked on the way:
 * rows read = delivered + rejected, per source. */
char *run_show(const struct run_case *run);
char *run_show_sized(const struct run_case *run, size_t *out_size);

/* One source from a string literal, with options (NULL: none). */
char *run_text(const char *text, const struct stoa_ingest_options *options);

/* run_text must give exactly `expected`. */
void run_expect(const char *text, const struct stoa_ingest_options *options,
                const char *expected);

/* An open ingest over one text in a temporary directory, after infer, for questions to it. */
struct run_open {
    struct test_directory directory;
    struct stoa_ingest *ingest;
};
void run_open(struct run_open *open, const char *text,
              const struct stoa_ingest_options *options);
void run_close(struct run_open *open);

/* Notices, one a line, without the directory; by malloc. */
char *run_notices(const struct run_open *open);

#endif
