/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of `stoa bench`: which statements (bench_plan.c), how long they take
 * (bench_measure.c), what is shown (bench_report.c). cmd_bench.c drives them.
 */
#ifndef STOA_TOOLS_BENCH_H
#define STOA_TOOLS_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include "stoa/dataset.h"
#include "stoa/query.h"
#include "tools/stdout_sink.h"

/* ---- which statements ---- */

/* What a statement is there to show; one bit each in a choice of sets. */
enum bench_set {
    BENCH_SCAN,      /* values to the caller */
    BENCH_FILTER,    /* few rows by a condition */
    BENCH_AGGREGATE, /* one or few rows out of all */
    BENCH_POINT,     /* one row by key */
    BENCH_OWN        /* the user's */
};

struct bench_statement {
    enum bench_set set;
    char *name; /* owned */
    char *sql;  /* owned */
};

/* All zero is an empty plan. */
struct bench_plan {
    struct bench_statement *items; /* owned */
    size_t count;
};

void bench_plan_done(struct bench_plan *plan);

/* How statements are run: by planning, to find values that occur, and by measuring. */
struct bench_run {
    const char *path; /* of the dataset: what a missing FROM means */
    unsigned threads; /* 0: all */
    uint64_t memory;  /* 0: the default */
};

/* Adds statements of the sets whose bit is in `sets`, made for the dataset's columns and, by asking
 * it, for values that occur. Those that its columns do not allow are left out. */
stoa_status bench_plan_add_sets(struct bench_plan *plan, const struct bench_run *run,
                                stoa_dataset *dataset, unsigned sets, stoa_error *err);

/* Adds the statements of `text`, which end with semicolons outside quotes and comments. */
stoa_status bench_plan_add_text(struct bench_plan *plan, const char *text, stoa_error *err);

/* ---- how long they take ---- */

enum { BENCH_MAX_RUNS = 1000 };

struct bench_result {
    uint64_t rows;                            /* of the answer */
    double cold;                              /* seconds; negative: not measured */
    uint64_t runs;                            /* hot ones */
    double *samples;                          /* seconds of each, in order; owned */
    double mean, deviation, min, median, max; /* seconds, of the hot runs */
    uint64_t outliers;                        /* hot runs above twice the median */
    stoa_query_counters counters;             /* of one run */
};

/* Runs the statement once cold when `is_cold`, once to warm up, then `runs` times, or for 0 until
 * a third of a second and five runs have passed. */
stoa_status bench_measure(const struct bench_run *run, const stoa_dataset *dataset,
                          const char *sql, int is_cold, uint64_t runs,
                          struct bench_result *out_result, stoa_error *err);
void bench_result_done(struct bench_result *result);

/* Seconds of one run from parsing to the last row, and what it read. */
stoa_status bench_run_once(const struct bench_run *run, const char *sql,
                           double *out_seconds, uint64_t *out_rows,
                           stoa_query_counters *out_counters, stoa_error *err);

/* ---- what is shown ---- */

stoa_status bench_report_table(const struct bench_run *run, const stoa_dataset *dataset,
                               const struct bench_plan *plan,
                               const struct bench_result *results, struct stdout_sink *sink,
                               stoa_error *err);
stoa_status bench_report_json(const struct bench_run *run, const stoa_dataset *dataset,
                              const struct bench_plan *plan,
                              const struct bench_result *results, struct stdout_sink *sink,
                              stoa_error *err);
/* "scan", "filter", ... */
const char *bench_set_name(enum bench_set set);

#endif
