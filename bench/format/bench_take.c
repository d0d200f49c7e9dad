/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows by number out of a file: 10,000 random rows of 10 columns by stoa_reader_take, in the order
 * asked for, and one row of all columns at a time, whose blocks are loaded or still there. An 11th
 * column holds free text under zstd, of which so many rows need every frame. The file has a
 * million rows, is written here into TMPDIR and removed.
 *
 *   bench_take [--require]
 */
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/format/bench_support.h"
#include "bench/format/bench_verdict.h"
#include "reader/reader.h"
#include "writer/file/file_writer.h"

enum {
    ROWS = 1000000,
    TAKEN = 10000,
    COLUMNS = 11,
    TAKEN_COLUMNS = 10,
    TEXT_MAX = 200,
    SINGLES = 200
};

/* ---- the table ---- */

static const char *const cities[] = {"Berlin", "Paris",   "Lyon",  "Kyoto", "Quito",
                                     "Lagos",  "Toronto", "Delhi", "Perth", "Oslo"};

static uint32_t make_note(char text[TEXT_MAX])
{
    int length = snprintf(text, TEXT_MAX, "call from %s", cities[below(10)]);
    for (uint64_t i = below(8); i > 0; i--)
        length += snprintf(text + length, (size_t)(TEXT_MAX - length), ", then %s %u",
                           cities[below(10)], (unsigned)below(100));
    return (uint32_t)length;
}

static struct stoa_value make_value(uint32_t column, uint32_t row, char text[TEXT_MAX])
{
    struct stoa_value value = {.is_null = false};
    switch (column) {
    case 0: value.i64 = 1000000 + row; break;
    case 1: value.i64 = INT64_C(1700000000000000) + (int64_t)row * 250000; break;
    case 2: value.i64 = (int64_t)below(1 << 20); break;
    case 3: value.i64 = (int64_t)(below(9) * below(9)); break;
    case 4: value.f64 = (double)below(1000000) / 100; break;
    case 5: value.f64 = (double)next_random() / 0x1p60; break;
    case 6: value.boolean = below(3) == 0; break;
    case 7:
        value.bytes.data = (const uint8_t *)cities[below(10)];
        value.bytes.length = (uint32_t)strlen((const char *)value.bytes.data);
        break;
    case 8: value.i64 = (int64_t)below(4000); break;
    case 9:
        value.bytes.data = (const uint8_t *)text;
        value.bytes.length =
            (uint32_t)snprintf(text, TEXT_MAX, "shelf %05u", (unsigned)below(20000));
        break;
    default:
        value.bytes.length = make_note(text);
        value.bytes.data = (const uint8_t *)text;
        break;
    }
    value.is_null = column == 8 && below(10) == 0;
    return value;
}

static const stoa_field fields[COLUMNS] = {
    {.name = "id",     .type = {.id = STOA_TYPE_INT64},   .id = 1    },
    {.name = "time",   .type = {.id = STOA_TYPE_INT64},   .id = 2    },
    {.name = "amount", .type = {.id = STOA_TYPE_INT64},   .id = 3    },
    {.name = "kind",   .type = {.id = STOA_TYPE_INT64},   .id = 4    },
    {.name = "price",  .type = {.id = STOA_TYPE_FLOAT64}, .id = 5    },
    {.name = "score",  .type = {.id = STOA_TYPE_FLOAT64}, .id = 6    },
    {.name = "paid",   .type = {.id = STOA_TYPE_BOOL},    .id = 7    },
    {.name = "city",   .type = {.id = STOA_TYPE_TEXT},    .id = 8    },
    {.name = "shop",   .type = {.id = STOA_TYPE_INT64},   .id = 9,     .nullable = true},
    {.name = "shelf",                .type = {.id = STOA_TYPE_TEXT},                                   .id = 10},
    {.name = "note",                .type = {.id = STOA_TYPE_TEXT},                                    .id = 11 },
};

/* Physical kinds of the columns, by a type's row in the table. */
static enum stoa_phys phys_of(uint32_t column)
{
    return stoa_type_phys(fields[column].type);
}

static stoa_status append_block(struct stoa_file_writer *writer,
                                struct stoa_column_builder builders[COLUMNS],
                                uint32_t first, stoa_error *err)
{
    char text[TEXT_MAX];
    struct stoa_column columns[COLUMNS];
    const uint32_t rows = ROWS - first < STOA_BLOCK_ROWS ? ROWS - first : STOA_BLOCK_ROWS;
    for (uint32_t c = 0; c < COLUMNS; c++) {
        stoa_column_builder_clear(&builders[c]);
        for (uint32_t row = first; row < first + rows; row++) {
            const struct stoa_value value = make_value(c, row, text);
            STOA_TRY(stoa_column_builder_append(&builders[c], &value, err));
        }
        columns[c] = stoa_column_builder_view(&builders[c]);
    }
    return stoa_file_writer_append(writer, columns, rows, err);
}

static stoa_status write_table(const char *path, stoa_error *err)
{
    const stoa_schema schema = {.fields = fields, .field_count = COLUMNS};
    const struct stoa_file_writer_options options = {.profile = STOA_PROFILE_BALANCED};
    struct stoa_column_builder builders[COLUMNS];
    struct stoa_file file = STOA_FILE_CLOSED;
    struct stoa_file_writer *writer = NULL;
    struct stoa_file_summary summary;
    stoa_status status = STOA_OK;
    for (uint32_t c = 0; c < COLUMNS; c++)
        stoa_column_builder_init(&builders[c], phys_of(c));
    STOA_TRY_CLEANUP(stoa_io_open(AT_FDCWD, path, STOA_OPEN_CREATE_NEW, NULL, &file, err));
    STOA_TRY_CLEANUP(stoa_file_writer_create(&file, &schema, &options, &writer, err));
    for (uint32_t first = 0; first < ROWS; first += STOA_BLOCK_ROWS)
        STOA_TRY_CLEANUP(append_block(writer, builders, first, err));
    STOA_TRY_CLEANUP(stoa_file_writer_finish(writer, &summary, err));
    printf("%d rows, %d columns, %.1f MB\n", ROWS, COLUMNS, (double)summary.size / 1e6);
cleanup:
    for (uint32_t c = 0; c < COLUMNS; c++)
        stoa_column_builder_done(&builders[c]);
    stoa_file_writer_free(writer);
    stoa_io_discard(&file);
    return status;
}

/* ---- taking ---- */

struct bench {
    struct stoa_reader *reader;
    struct stoa_block_slot slots[COLUMNS];
    struct stoa_column_builder taken;
    uint64_t rows[TAKEN];
    uint64_t seen;
};

/* The rows of columns [first, end). */
static stoa_status take(struct bench *bench, const uint64_t *rows, uint32_t count,
                        uint32_t first, uint32_t end, stoa_error *err)
{
    for (uint32_t c = first; c < end; c++) {
        stoa_column_builder_done(&bench->taken);
        stoa_column_builder_init(&bench->taken, phys_of(c));
        STOA_TRY(stoa_reader_take(bench->reader, c, rows, count, &bench->slots[c],
                                  &bench->taken, err));
        bench->seen += bench->taken.length;
    }
    return STOA_OK;
}

static stoa_status time_many(struct bench *bench, const char *name, uint32_t first,
                             uint32_t end, double goal, stoa_error *err)
{
    double best = INFINITY;
    for (int run = 0; run < 4; run++) {
        const double start = seconds();
        STOA_TRY(take(bench, bench->rows, TAKEN, first, end, err));
        const double time = seconds() - start;
        best = time < best ? time : best;
    }
    print_figure(name, best * 1e3, "ms", goal);
    return STOA_OK;
}

static stoa_status time_singles(struct bench *bench, bool is_near, const char *name,
                                stoa_error *err)
{
    const double start = seconds();
    for (int i = 0; i < SINGLES; i++) {
        const uint64_t row = below(is_near ? STOA_BLOCK_ROWS : ROWS);
        STOA_TRY(take(bench, &row, 1, 0, TAKEN_COLUMNS, err));
    }
    print_figure(name, (seconds() - start) / SINGLES * 1e6, "us", 0);
    return STOA_OK;
}

static stoa_status measure(struct bench *bench, const char *path, stoa_error *err)
{
    struct stoa_file file;
    STOA_TRY(stoa_io_open(AT_FDCWD, path, STOA_OPEN_READ, NULL, &file, err));
    STOA_TRY(stoa_reader_open(&file, NULL, &bench->reader, err));
    for (uint32_t i = 0; i < TAKEN; i++)
        bench->rows[i] = below(ROWS);
    STOA_TRY(time_many(bench, "10,000 rows of 1 M, 10 columns", 0, TAKEN_COLUMNS, 20, err));
    STOA_TRY(
        time_many(bench, "10,000 rows of 1 M, zstd text", TAKEN_COLUMNS, COLUMNS, 0, err));
    for (uint32_t i = 0; i < TAKEN; i++)
        bench->rows[i] = below(STOA_BLOCK_ROWS);
    STOA_TRY(
        time_many(bench, "10,000 rows of a block, 10 columns", 0, TAKEN_COLUMNS, 0, err));
    STOA_TRY(time_singles(bench, false, "one row, 10 columns, any block", err));
    return time_singles(bench, true, "one row, 10 columns, same block", err);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    char path[512];
    stoa_error err;
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/bench_take.%ld.stoa", folder ? folder : "/tmp",
             (long)getpid());
    for (uint32_t c = 0; c < COLUMNS; c++)
        stoa_block_slot_init(&bench.slots[c]);
    stoa_column_builder_init(&bench.taken, STOA_PHYS_I64);
    stoa_status status = write_table(path, &err);
    if (status == STOA_OK)
        status = measure(&bench, path, &err);
    for (uint32_t c = 0; c < COLUMNS; c++)
        stoa_block_slot_done(&bench.slots[c]);
    stoa_column_builder_done(&bench.taken);
    stoa_reader_close(bench.reader);
    unlink(path);
    if (status != STOA_OK) {
        fprintf(stderr, "%s: %s\n", path, err.message);
        return 1;
    }
    return judge(argc, argv);
}
