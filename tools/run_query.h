/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running one SQL text and printing its answer, or writing it to a file: shared by `query`, `head`
 * and `export`.
 */
#ifndef STOA_TOOLS_RUN_QUERY_H
#define STOA_TOOLS_RUN_QUERY_H

#include <stdint.h>

#include "stoa/output.h"
#include "stoa/status.h"

struct query_run {
    const char *sql;
    const char *dataset;        /* what a missing FROM means; NULL: none */
    stoa_output_options output; /* format NULL: table on a terminal, csv elsewhere */
    const char *output_path;    /* a new file; NULL: standard output */
    unsigned threads;           /* 0: all */
    uint64_t memory;            /* 0: the default */
    uint64_t max_rows;          /* table only: rows shown; 0: all */
    uint64_t max_width;         /* table only: characters of a cell; 0: all */
    int with_footer;            /* rows and time, or the file, on standard error */
    int skip_corrupt; /* rows that cannot be read are left out, named and counted */
};

/* Returns the exit code; everything has been reported. */
int run_query(const struct query_run *run);

#endif
