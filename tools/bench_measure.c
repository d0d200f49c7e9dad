/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time and reading of one statement (tools/bench.h). A hot run finds what it reads in the page
 * cache; before a cold one the system is asked to forget the pages of the dataset's files,
 * which it does for those that are on the disk.
 */
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "stoa/memory.h"
#include "tools/bench.h"
#include "tools/interrupt.h"
#include "tools/text_buffer.h"

static const double ENOUGH_SECONDS = 1.0 / 3;
enum { ENOUGH_RUNS = 5 };

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

stoa_status bench_run_once(const struct bench_run *run, const char *sql,
                           double *out_seconds, uint64_t *out_rows,
                           stoa_query_counters *out_counters, stoa_error *err)
{
    const stoa_query_options options = {.threads = run->threads,
                                        .memory = run->memory,
                                        .dataset = run->path,
                                        .is_cancelled = interrupt_is_pending};
    const double start = now_seconds();
    stoa_query *query = NULL;
    stoa_batch batch = {.rows = 1};
    uint64_t rows = 0;
    stoa_status status = stoa_query_prepare(sql, &options, &query, err);
    while (status == STOA_OK && batch.rows > 0) {
        status = stoa_query_next(query, &batch, err);
        rows += status == STOA_OK ? batch.rows : 0;
    }
    if (status == STOA_OK) {
        stoa_query_get_counters(query, out_counters);
        *out_seconds = now_seconds() - start;
        *out_rows = rows;
    }
    stoa_query_free(query);
    return status;
}

/* Advice only: a file that cannot be opened will fail the query, with the reason. */
static void forget_file(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    fdatasync(fd); /* pages that are not written yet cannot be dropped */
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
}

static stoa_status forget_dataset(const stoa_dataset *dataset, stoa_error *err)
{
    const stoa_dataset_info *info = stoa_dataset_get_info(dataset);
    for (size_t i = 0; i < info->file_count; i++) {
        stoa_dataset_file_info file;
        const stoa_status status = stoa_dataset_file(dataset, i, &file, err);
        if (status != STOA_OK)
            return status;
        struct text_buffer path = {0};
        text_buffer_printf(&path, "%s", info->path);
        if (!info->is_single_file)
            text_buffer_printf(&path, "/%s", file.path);
        if (!path.has_failed)
            forget_file(path.text);
        text_buffer_done(&path);
    }
    return STOA_OK;
}

static int compare_doubles(const void *a, const void *b)
{
    const double left = *(const double *)a;
    const double right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Mean, sample deviation and quantiles; `sorted` has the samples in ascending order. */
static void summarise(struct bench_result *result, const double *sorted)
{
    const uint64_t count = result->runs;
    double sum = 0;
    double squares = 0;
    for (uint64_t i = 0; i < count; i++)
        sum += sorted[i];
    result->mean = sum / (double)count;
    for (uint64_t i = 0; i < count; i++)
        squares += (sorted[i] - result->mean) * (sorted[i] - result->mean);
    result->deviation = count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
    result->min = sorted[0];
    result->max = sorted[count - 1];
    result->median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    for (uint64_t i = 0; i < count; i++)
        result->outliers += sorted[i] > 2 * result->median;
}

static int is_enough(uint64_t asked, uint64_t done, double seconds)
{
    if (asked > 0)
        return done >= asked;
    return done >= BENCH_MAX_RUNS || (done >= ENOUGH_RUNS && seconds >= ENOUGH_SECONDS);
}

static stoa_status measure_hot(const struct bench_run *run, const char *sql, uint64_t runs,
                               struct bench_result *result, stoa_error *err)
{
    double seconds = 0;
    stoa_status status =
        bench_run_once(run, sql, &seconds, &result->rows, &result->counters, err);
    seconds = 0;
    while (status == STOA_OK && !is_enough(runs, result->runs, seconds)) {
        double *sample = &result->samples[result->runs];
        status = bench_run_once(run, sql, sample, &result->rows, &result->counters, err);
        if (status == STOA_OK) {
            seconds += *sample;
            result->runs++;
        }
    }
    return status;
}

stoa_status bench_measure(const struct bench_run *run, const stoa_dataset *dataset,
                          const char *sql, int is_cold, uint64_t runs,
                          struct bench_result *out_result, stoa_error *err)
{
    struct bench_result result = {.cold = -1};
    const size_t size = BENCH_MAX_RUNS * sizeof *result.samples;
    result.samples = stoa_memory_get(2 * size); /* and a sorted copy */
    if (!result.samples) {
        err->status = STOA_E_NO_MEMORY;
        return err->status;
    }
    stoa_status status = is_cold ? forget_dataset(dataset, err) : STOA_OK;
    if (status == STOA_OK && is_cold)
        status =
            bench_run_once(run, sql, &result.cold, &result.rows, &result.counters, err);
    if (status == STOA_OK)
        status = measure_hot(run, sql, runs, &result, err);
    if (status != STOA_OK) {
        bench_result_done(&result);
        return status;
    }
    double *sorted = result.samples + BENCH_MAX_RUNS;
    memcpy(sorted, result.samples, result.runs * sizeof *sorted);
    qsort(sorted, result.runs, sizeof *sorted, compare_doubles);
    summarise(&result, sorted);
    *out_result = result;
    return STOA_OK;
}

void bench_result_done(struct bench_result *result)
{
    stoa_memory_release(result->samples);
    *result = (struct bench_result){0};
}
