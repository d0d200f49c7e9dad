/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One statement inside a running process, from parsing to the last row, with or without
 * statistics; and what checksums cost of summing a column from the page cache. For
 * bench/query/bench_sum.py, which runs a peer beside it.
 *
 *   bench_inside statement DATASET THREADS RUNS SQL   best seconds, best CPU seconds, first cell of
 *                                                     the answer
 *   bench_inside checksums DATASET RUNS               CPU seconds to sum column 0 of every file:
 *                                                     without checksums, with them
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/error.h"
#include "reader/reader.h"
#include "stoa/dataset.h"
#include "stoa/query.h"

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- statements ---- */

static stoa_status run_query(stoa_query *query, stoa_cell *first, stoa_error *err)
{
    for (bool is_first = true;; is_first = false) {
        stoa_batch batch;
        STOA_TRY(stoa_query_next(query, &batch, err));
        if (batch.rows == 0)
            return STOA_OK;
        if (is_first)
            STOA_TRY(stoa_batch_cell(&batch, 0, 0, first, err));
    }
}

struct times {
    double wall;
    double cpu; /* of all threads */
};

static struct times best_of(struct times a, struct times b)
{
    return (struct times){.wall = a.wall < b.wall ? a.wall : b.wall,
                          .cpu = a.cpu < b.cpu ? a.cpu : b.cpu};
}

static stoa_status run_statement(const char *sql, const stoa_query_options *options,
                                 stoa_cell *first, struct times *best, stoa_error *err)
{
    stoa_query *query = NULL;
    const double wall = seconds_of(CLOCK_MONOTONIC);
    const double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    STOA_TRY(stoa_query_prepare(sql, options, &query, err));
    const stoa_status status = run_query(query, first, err);
    stoa_query_free(query);
    const struct times spent = {.wall = seconds_of(CLOCK_MONOTONIC) - wall,
                                .cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu};
    *best = best_of(*best, spent);
    return status;
}

static stoa_status time_statement(char **argv, stoa_error *err)
{
    const stoa_query_options options = {.dataset = argv[0],
                                        .threads = (unsigned)strtoul(argv[1], NULL, 10),
                                        .flags = STOA_QUERY_NO_STATISTICS};
    struct times best = {1e9, 1e9};
    stoa_cell cell = {0};
    stoa_status status = STOA_OK;
    for (unsigned long run = strtoul(argv[2], NULL, 10); run > 0; run--)
        STOA_TRY_CLEANUP(run_statement(argv[3], &options, &cell, &best, err));
    printf("%.9f %.9f %s\n", best.wall, best.cpu, cell.text ? cell.text : "");
cleanup:
    stoa_cell_done(&cell);
    return status;
}

/* ---- checksums ---- */

static stoa_status sum_file(struct stoa_reader *reader, struct stoa_block_slot *slot,
                            stoa_i128 *sum, stoa_error *err)
{
    for (uint32_t group = 0; group < stoa_reader_row_groups(reader); group++) {
        struct stoa_row_group_info info;
        STOA_TRY(stoa_reader_row_group(reader, group, &info, err));
        for (uint32_t block = 0; block < info.blocks; block++) {
            uint64_t count = 0;
            stoa_i128 some = 0;
            STOA_TRY(stoa_reader_load(reader, 0, group, block, slot, err));
            const uint32_t vectors =
                (slot->block.rows + STOA_VECTOR_ROWS - 1) / STOA_VECTOR_ROWS;
            STOA_TRY(stoa_block_sum(&slot->block, 0, vectors, &count, &some, err));
            *sum += some;
        }
    }
    return STOA_OK;
}

static stoa_status sum_path(const char *path, bool skip_checksums,
                            struct stoa_block_slot *slot, stoa_i128 *sum, stoa_error *err)
{
    const struct stoa_reader_options options = {.skip_checksums = skip_checksums};
    struct stoa_file file;
    struct stoa_reader *reader = NULL;
    STOA_TRY(stoa_io_open(AT_FDCWD, path, STOA_OPEN_READ, NULL, &file, err));
    STOA_TRY(stoa_reader_open(&file, &options, &reader, err));
    const stoa_status status = sum_file(reader, slot, sum, err);
    stoa_reader_close(reader);
    return status;
}

static stoa_status sum_all(const stoa_dataset *dataset, bool skip_checksums,
                           struct stoa_block_slot *slot, stoa_error *err)
{
    const stoa_dataset_info *info = stoa_dataset_get_info(dataset);
    char path[4096];
    stoa_i128 sum = 0;
    for (size_t i = 0; i < info->file_count; i++) {
        stoa_dataset_file_info file;
        STOA_TRY(stoa_dataset_file(dataset, i, &file, err));
        snprintf(path, sizeof path, "%s/%s", info->path, file.path);
        STOA_TRY(sum_path(path, skip_checksums, slot, &sum, err));
    }
    return STOA_OK;
}

static stoa_status time_checksums(char **argv, stoa_error *err)
{
    struct stoa_block_slot slot;
    double best[2] = {1e9, 1e9}; /* without, with */
    stoa_dataset *dataset = NULL;
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_dataset_open(argv[0], &dataset, err));
    stoa_block_slot_init(&slot);
    for (unsigned long run = strtoul(argv[1], NULL, 10); run > 0; run--) {
        for (int with = 0; with < 2; with++) {
            const double start = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
            STOA_TRY_CLEANUP(sum_all(dataset, with == 0, &slot, err));
            const double spent = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - start;
            best[with] = spent < best[with] ? spent : best[with];
        }
    }
    printf("%.9f %.9f\n", best[0], best[1]);
cleanup:
    stoa_block_slot_done(&slot);
    stoa_dataset_close(dataset);
    return status;
}

int main(int argc, char **argv)
{
    stoa_error err;
    stoa_status status = STOA_E_USAGE;
    stoa_error_clear(&err);
    if (argc == 6 && strcmp(argv[1], "statement") == 0)
        status = time_statement(argv + 2, &err);
    else if (argc == 4 && strcmp(argv[1], "checksums") == 0)
        status = time_checksums(argv + 2, &err);
    else
        fprintf(stderr, "usage: bench_inside statement DATASET THREADS RUNS SQL | "
                        "checksums DATASET RUNS\n");
    if (status != STOA_OK)
        fprintf(stderr, "bench_inside: %s\n", err.message);
    return status == STOA_OK ? 0 : 1;
}
