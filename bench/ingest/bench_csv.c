/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Speed of CSV ingest alone: MB/s of pass 1, pass 2 and both, without any encoding.
 *
 *   bench_csv                    20 mixed columns, 100 MB, made with a fixed seed, one thread
 *   bench_csv -m 1000 -t 2       size in MB, threads
 *   bench_csv -c 262144          bytes per chunk
 *   bench_csv FILE...            real files
 *
 * Best of three runs; the file is in the page cache.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "writer/ingest/ingest.h"

enum { RUNS = 3, ROW_BYTES = 400 };

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static const char *const words[] = {"alpha", "beta",  "gamma", "delta", "epsilon", "zeta",
                                    "eta",   "theta", "iota",  "kappa", "lambda",  "mu"};
static const char *const cities[] = {"Berlin", "Madrid", "San Francisco", "Tokyo", "Paris",
                                     "London", "Lagos",  "Sao Paulo",     "Oslo",  "Rome"};
static const char *const states[] = {"paid", "open", "void", "refunded"};

static size_t add_words(uint64_t *state, char *out, unsigned count)
{
    size_t used = 0;
    for (unsigned i = 0; i < count; i++)
        used += (size_t)sprintf(out + used, "%s%s", i ? " " : "",
                                words[next_random(state) % 12]);
    return used;
}

/* One row of 20 columns: integers, decimals, floats, dates, timestamps, texts, NULLs. */
static size_t make_row(uint64_t *state, uint64_t row, char *out)
{
    const uint64_t a = next_random(state);
    const uint64_t b = next_random(state);
    size_t used = (size_t)sprintf(out, "%llu,%u,%u,%d,", (unsigned long long)row + 1,
                                  (unsigned)(a % 100000), (unsigned)(a >> 20) % 50,
                                  (int)(a >> 40) % 1000 - 500);
    used += (size_t)sprintf(out + used, "%u.%02u,%u.%02u,0.%02u,", (unsigned)(b % 10000),
                            (unsigned)(b >> 16) % 100, (unsigned)(b >> 24) % 90,
                            (unsigned)(b >> 32) % 100, (unsigned)(b >> 40) % 100);
    used +=
        (size_t)sprintf(out + used, "%.6f,%.6f,%.10g,", (double)(a % 180000000) / 1e6 - 90,
                        (double)(b % 360000000) / 1e6 - 180, (double)(a >> 12) / 4503e5);
    used += (size_t)sprintf(
        out + used, "20%02u-%02u-%02u,20%02u-%02u-%02u %02u:%02u:%02u,", (unsigned)(a % 25),
        (unsigned)(a >> 8) % 12 + 1, (unsigned)(a >> 16) % 28 + 1, (unsigned)(b % 25),
        (unsigned)(b >> 8) % 12 + 1, (unsigned)(b >> 16) % 28 + 1, (unsigned)(b >> 24) % 24,
        (unsigned)(b >> 32) % 60, (unsigned)(b >> 40) % 60);
    used += (size_t)sprintf(
        out + used, "20%02u-%02u-%02u %02u:%02u:%02u.%03u,", (unsigned)(a % 25),
        (unsigned)(b >> 8) % 12 + 1, (unsigned)(b >> 16) % 28 + 1, (unsigned)(b >> 24) % 24,
        (unsigned)(a >> 32) % 60, (unsigned)(a >> 40) % 60, (unsigned)(b % 999) + 1);
    used +=
        (size_t)sprintf(out + used, "%s,%s,%s,user%u@example.com,", states[a % 4],
                        cities[b % 10], a % 3 ? "true" : "false", (unsigned)(a % 500000));
    if (a % 10 != 0)
        used += (size_t)sprintf(out + used, "%u", (unsigned)(b % 1000));
    out[used++] = ',';
    used += add_words(state, out + used, 3 + (unsigned)(a % 8));
    out[used++] = ',';
    if (b % 2)
        used += add_words(state, out + used, 1);
    out[used++] = '\n';
    return used;
}

static int make_file(const char *path, uint64_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return 1;
    uint64_t state = 88172645463325252ULL;
    uint64_t written = (uint64_t)fprintf(
        file,
        "id,customer,quantity,delta,price,discount,tax,lat,lon,score,day,created,updated,"
        "status,city,active,email,points,comment,tag\n");
    char row[ROW_BYTES];
    for (uint64_t i = 0; written < size; i++)
        written += fwrite(row, 1, make_row(&state, i, row), file);
    return fclose(file);
}

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double wall(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static stoa_status count_batch(void *context, const struct stoa_column *columns,
                               uint32_t rows, uint32_t source, uint64_t first_line,
                               stoa_error *err)
{
    (void)columns, (void)source, (void)first_line, (void)err;
    *(uint64_t *)context += rows;
    return STOA_OK;
}

/* Seconds per pass, processor and wall. */
struct times {
    double cpu[2];
    double wall[2];
};

static stoa_status run(const char *path, const struct stoa_ingest_options *options,
                       struct times *times, uint64_t *out_rows, uint64_t *out_size,
                       stoa_error *err)
{
    const struct stoa_ingest_sink sink = {.context = out_rows, .on_batch = count_batch};
    struct stoa_ingest *ingest = NULL;
    stoa_status status = stoa_ingest_create(options, &ingest, err);
    double cpu = now();
    double clock = wall();
    *out_rows = 0;
    if (status == STOA_OK)
        status = stoa_ingest_add(ingest, path, err);
    if (status == STOA_OK)
        status = stoa_ingest_infer(ingest, err);
    times->cpu[0] = now() - cpu;
    times->wall[0] = wall() - clock;
    cpu = now();
    clock = wall();
    if (status == STOA_OK)
        status = stoa_ingest_read(ingest, NULL, &sink, err);
    times->cpu[1] = now() - cpu;
    times->wall[1] = wall() - clock;
    if (status == STOA_OK)
        *out_size = stoa_ingest_source(ingest, 0)->size;
    stoa_ingest_free(ingest);
    return status;
}

static int measure(const char *path, unsigned threads, size_t chunk_size)
{
    struct stoa_pool *pool = NULL;
    struct times best = {
        .cpu = {1e9, 1e9},
          .wall = {1e9, 1e9}
    };
    uint64_t rows = 0;
    uint64_t size = 0;
    stoa_error error;
    stoa_error_clear(&error);
    if (threads > 1 && stoa_pool_create(threads, &pool, &error) != STOA_OK)
        return 1;
    for (int i = 0; i < RUNS; i++) {
        struct times times;
        const struct stoa_ingest_options options = {.pool = pool, .chunk_size = chunk_size};
        if (run(path, &options, &times, &rows, &size, &error) != STOA_OK) {
            printf("%s: %s: %s\n%s\n", path, error.place, error.message, error.excerpt);
            stoa_pool_free(pool);
            return 1;
        }
        for (int p = 0; p < 2; p++) {
            best.cpu[p] = times.cpu[p] < best.cpu[p] ? times.cpu[p] : best.cpu[p];
            best.wall[p] = times.wall[p] < best.wall[p] ? times.wall[p] : best.wall[p];
        }
    }
    stoa_pool_free(pool);
    const double mb = (double)size / 1e6;
    printf(
        "%-40s %8.1f MB %9llu rows, %u threads: pass 1 %5.0f, pass 2 %5.0f, both %5.0f MB/s "
        "(per core %5.0f, %5.0f, %5.0f)\n",
        path, mb, (unsigned long long)rows, threads, mb / best.wall[0], mb / best.wall[1],
        mb / (best.wall[0] + best.wall[1]), mb / best.cpu[0], mb / best.cpu[1],
        mb / (best.cpu[0] + best.cpu[1]));
    return 0;
}

int main(int argc, char **argv)
{
    unsigned threads = 1;
    size_t chunk_size = 0;
    uint64_t megabytes = 100;
    int option;
    while ((option = getopt(argc, argv, "m:t:c:")) != -1) {
        if (option == 'm')
            megabytes = strtoull(optarg, NULL, 10);
        else if (option == 't')
            threads = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'c')
            chunk_size = strtoul(optarg, NULL, 10);
        else
            return 2;
    }
    int result = 0;
    for (int i = optind; i < argc; i++)
        result |= measure(argv[i], threads, chunk_size);
    if (optind < argc)
        return result;
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/bench_csv_%ld.csv", (long)getpid());
    result = make_file(path, megabytes * 1000000);
    if (result == 0)
        result = measure(path, threads, chunk_size);
    (void)unlink(path);
    return result;
}
