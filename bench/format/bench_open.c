/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a file and locating 10 of its columns by name, down to the record of their first block, for
 * 10 to 100,000 columns: microseconds with the file in the page cache. The files are written
 * here, of eight rows, into a new folder of TMPDIR, and removed. The footer's pages are touched
 * anew each time; what is measured is opening, locating and closing.
 *
 *   bench_open [--require]
 */
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/format/bench_support.h"
#include "bench/format/bench_verdict.h"
#include "common/alloc.h"
#include "reader/reader.h"
#include "writer/file/file_writer.h"

enum { ROWS = 8, WANTED = 10, NAME_MAX_SIZE = 40, RUNS = 300 };

/* ---- a wide file ---- */

struct wide_table {
    uint32_t columns;
    char *names; /* NAME_MAX_SIZE each */
    stoa_field *fields;
    struct stoa_column *values;
    int64_t (*numbers)[ROWS];
};

static void table_done(struct wide_table *table)
{
    stoa_free(table->names);
    stoa_free(table->fields);
    stoa_free(table->values);
    stoa_free(table->numbers);
}

static char *name_of(const struct wide_table *table, uint32_t column)
{
    return table->names + (size_t)column * NAME_MAX_SIZE;
}

static stoa_status table_make(struct wide_table *table, uint32_t columns, stoa_error *err)
{
    *table = (struct wide_table){.columns = columns};
    table->names = stoa_alloc_zeroed(columns, NAME_MAX_SIZE);
    table->fields = stoa_alloc_zeroed(columns, sizeof *table->fields);
    table->values = stoa_alloc_zeroed(columns, sizeof *table->values);
    table->numbers = stoa_alloc_zeroed(columns, sizeof *table->numbers);
    if (!table->names || !table->fields || !table->values || !table->numbers)
        return stoa_fail_memory(err, (size_t)columns * NAME_MAX_SIZE);
    for (uint32_t i = 0; i < columns; i++) {
        snprintf(name_of(table, i), NAME_MAX_SIZE, "sensor_%06u_%s", i,
                 i % 2 ? "mean" : "maximum");
        table->fields[i] = (stoa_field){
            .name = name_of(table, i), .type = {.id = STOA_TYPE_INT64}, .id = i + 1};
        for (int row = 0; row < ROWS; row++)
            table->numbers[i][row] = (int64_t)below(1000000);
        table->values[i] = (struct stoa_column){
            .phys = STOA_PHYS_I64, .length = ROWS, .values = table->numbers[i]};
    }
    return STOA_OK;
}

static stoa_status write_file(const struct wide_table *table, const char *path,
                              stoa_error *err)
{
    const stoa_schema schema = {.fields = table->fields, .field_count = table->columns};
    const struct stoa_file_writer_options options = {.profile = STOA_PROFILE_BALANCED};
    struct stoa_file file = STOA_FILE_CLOSED;
    struct stoa_file_writer *writer = NULL;
    struct stoa_file_summary summary;
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_io_open(AT_FDCWD, path, STOA_OPEN_CREATE_NEW, NULL, &file, err));
    STOA_TRY_CLEANUP(stoa_file_writer_create(&file, &schema, &options, &writer, err));
    STOA_TRY_CLEANUP(stoa_file_writer_append(writer, table->values, ROWS, err));
    STOA_TRY_CLEANUP(stoa_file_writer_finish(writer, &summary, err));
cleanup:
    stoa_file_writer_free(writer);
    stoa_io_discard(&file);
    return status;
}

/* ---- opening it ---- */

static stoa_status locate(struct stoa_reader *reader, const struct wide_table *table,
                          uint64_t *seen, stoa_error *err)
{
    for (int i = 0; i < WANTED; i++) {
        const char *name = name_of(table, (uint32_t)below(table->columns));
        struct stoa_block_info info;
        bool found = false;
        uint32_t column = 0;
        STOA_TRY(stoa_reader_find(reader, name, &found, &column, err));
        if (!found)
            return stoa_fail(err, STOA_E_INTERNAL, "expected column %s, found none", name);
        STOA_TRY(stoa_reader_block_info(reader, column, 0, 0, &info, err));
        *seen += info.offset;
    }
    return STOA_OK;
}

static stoa_status open_once(const struct wide_table *table, const char *path,
                             uint64_t *seen, stoa_error *err)
{
    struct stoa_file file;
    struct stoa_reader *reader = NULL;
    STOA_TRY(stoa_io_open(AT_FDCWD, path, STOA_OPEN_READ, NULL, &file, err));
    STOA_TRY(stoa_reader_open(&file, NULL, &reader, err));
    const stoa_status status = locate(reader, table, seen, err);
    stoa_reader_close(reader);
    return status;
}

static int compare_times(const void *a, const void *b)
{
    const double left = *(const double *)a;
    const double right = *(const double *)b;
    return (left > right) - (left < right);
}

static stoa_status measure(const struct wide_table *table, const char *path,
                           double *out_seconds, stoa_error *err)
{
    static double times[RUNS];
    uint64_t seen = 0;
    for (int run = 0; run < RUNS; run++) {
        const double start = seconds();
        STOA_TRY(open_once(table, path, &seen, err));
        times[run] = seconds() - start;
    }
    if (seen == 0)
        return stoa_fail(err, STOA_E_INTERNAL, "expected payloads behind the header");
    qsort(times, RUNS, sizeof *times, compare_times);
    *out_seconds = times[RUNS / 2];
    return STOA_OK;
}

static stoa_status run(uint32_t columns, double goal, const char *path, stoa_error *err)
{
    struct wide_table table;
    char label[64];
    double time = 0;
    stoa_status status = STOA_OK;
    STOA_TRY_CLEANUP(table_make(&table, columns, err));
    STOA_TRY_CLEANUP(write_file(&table, path, err));
    STOA_TRY_CLEANUP(measure(&table, path, &time, err));
    snprintf(label, sizeof label, "open, locate 10 of %u", columns);
    print_figure(label, time * 1e6, "us", goal);
cleanup:
    table_done(&table);
    unlink(path);
    return status;
}

int main(int argc, char **argv)
{
    static const struct {
        uint32_t columns;
        double goal; /* microseconds */
    } cases[] = {
        {10,     20},
        {1000,   20},
        {10000,  20},
        {100000, 60}
    };
    char path[512];
    stoa_error err;
    stoa_status status = STOA_OK;
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/bench_open.%ld.stoa", folder ? folder : "/tmp",
             (long)getpid());
    for (size_t i = 0; status == STOA_OK && i < sizeof cases / sizeof cases[0]; i++)
        status = run(cases[i].columns, cases[i].goal, path, &err);
    if (status != STOA_OK) {
        fprintf(stderr, "%s: %s\n", path, err.message);
        return 1;
    }
    return judge(argc, argv);
}
