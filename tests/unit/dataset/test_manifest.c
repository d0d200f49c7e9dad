/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests: written and loaded again, deterministic, and hostile ones refused. Hostile ones
 * are made by writing the manifest's table with one cell changed, so that every checksum is
 * right and only the loader's own checks stand. [DS-10..16]
 */
#include "tests/support/test_support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/manifest.h"
#include "dataset/manifest_table.h"
#include "dataset/row_scan.h"
#include "writer/file/file_writer.h"

static stoa_error error;

static const stoa_field fields[] = {
    {.name = "id",      .id = 1, .type = {.id = STOA_TYPE_INT64},    .nullable = true },
    {.name = "Country", .id = 7, .type = {.id = STOA_TYPE_TEXT},     .nullable = true },
    {.name = "price",   .id = 3, .type = {STOA_TYPE_DECIMAL, 12, 2}, .nullable = false},
};
static const uint8_t dataset_id[STOA_ID_SIZE] = {1, 2, 3};
static const uint8_t commit_id[STOA_ID_SIZE] = {9, 9};

/* Version 1 with two files in two partitions. */
struct sample {
    struct stoa_manifest_draft draft;
    struct stoa_manifest_source source;
    struct stoa_manifest_file files[2];
    struct stoa_partition_value values[2];
    struct stoa_stat_table stats;
    uint32_t partitions[1];
};

static void sample_make(struct sample *sample)
{
    memset(sample, 0, sizeof *sample);
    sample->partitions[0] = 1;
    sample->source = (struct stoa_manifest_source){
        .name = "feed.csv",
        .size = 99,
        .mtime_ns = -5,
        .hash = {3, 4},
        .rows_read = 12,
        .rows_written = 10,
        .rows_rejected = 2
    };
    sample->values[0] = (struct stoa_partition_value){.text = "ES", .length = 2};
    sample->files[0] = (struct stoa_manifest_file){
        .path = "Country=ES/a.stoa",
        .size = 1000,
        .rows = 4,
        .hash = {5, 6},
        .values = &sample->values[0]
    };
    sample->files[1] = (struct stoa_manifest_file){
        .path = "b.stoa",
        .size = 2000,
        .rows = 6,
        .hash = {7, 8 },
        .content = {9, 10},
        .values = &sample->values[1]
    };
    assert_ok(stoa_stat_table_init(&sample->stats, 3, 1, &error), &error);
    for (uint64_t i = 0; i < 2; i++) {
        struct stoa_stat_row rows[3] = {
            {.nulls = i == 1 ? 6 : 0,
             .bits = i == 0 ? STOA_STAT_BOUNDS : 0,
             .min_length = i == 0 ? 2 : 0,
             .max_length = i == 0 ? 2 : 0,
             .min = "ES",
             .max = "ES"},
            {.nulls = 1,
             .bits = STOA_STAT_BOUNDS | STOA_STAT_SUM,
             .min_length = 8,
             .max_length = 8,
             .min = {1},
             .max = {200},
             .sum = {77}},
            {.nulls = 2                 },
        };
        if (i == 1) {
            memset(rows[0].min, 0, sizeof rows[0].min);
            memset(rows[0].max, 0, sizeof rows[0].max);
        }
        assert_ok(stoa_stat_table_add(&sample->stats, rows, &error), &error);
    }
    sample->draft = (struct stoa_manifest_draft){
        .operation = "create",
        .committed_us = 1700000000000000,
        .rows_read = 12,
        .rows_written = 10,
        .rows_rejected = 2,
        .schema = {.fields = fields, .field_count = 3},
        .partitions = sample->partitions,
        .partition_count = 1,
        .sources = &sample->source,
        .source_count = 1,
        .files = sample->files,
        .file_count = 2,
        .stats = &sample->stats,
    };
    memcpy(sample->draft.dataset, dataset_id, STOA_ID_SIZE);
    memcpy(sample->draft.commit, commit_id, STOA_ID_SIZE);
}

static void sample_done(struct sample *sample)
{
    stoa_stat_table_done(&sample->stats);
}

static void write_manifest(const struct test_directory *directory, const char *name,
                           const struct stoa_manifest_draft *draft)
{
    struct stoa_file file;
    assert_ok(stoa_io_open(directory->fd, name, STOA_OPEN_CREATE_NEW, NULL, &file, &error),
              &error);
    assert_ok(stoa_manifest_write(draft, &file, &error), &error);
    assert_ok(stoa_io_close(&file, &error), &error);
}

static stoa_status load(const struct test_directory *directory, const char *name,
                        uint64_t version, struct stoa_manifest **out)
{
    struct stoa_file file;
    STOA_TRY(stoa_io_open(directory->fd, name, STOA_OPEN_READ, NULL, &file, &error));
    return stoa_manifest_load(&file, version, dataset_id, out, &error);
}

static stoa_status count_stat(void *context, uint32_t file, const struct stoa_stat_row *row,
                              stoa_error *err)
{
    uint64_t *nulls = context;
    (void)err;
    nulls[file] = row->nulls;
    return STOA_OK;
}

static void test_everything_comes_back(void **state)
{
    (void)state;
    struct test_directory directory;
    struct sample sample;
    struct stoa_manifest *manifest = NULL;
    test_directory_make(&directory);
    sample_make(&sample);
    write_manifest(&directory, "m1", &sample.draft);
    assert_ok(load(&directory, "m1", 1, &manifest), &error);
    assert_int_equal(manifest->version, 1);
    assert_bytes(manifest->commit, commit_id, STOA_ID_SIZE);
    assert_string_equal(manifest->operation, "create");
    assert_int_equal(manifest->committed_us, 1700000000000000);
    assert_int_equal(manifest->rows_rejected, 2);
    assert_int_equal(manifest->total_rows, 10);
    assert_int_equal(manifest->total_bytes, 3000);
    assert_int_equal(manifest->field_count, 3);
    assert_int_equal(manifest->fields[1].id, 7);
    assert_string_equal(manifest->fields[1].name, "Country");
    assert_int_equal(manifest->fields[2].type.scale, 2);
    assert_false(manifest->fields[2].nullable);
    assert_int_equal(manifest->partition_count, 1);
    assert_int_equal(manifest->partitions[0], 1);
    assert_int_equal(manifest->source_count, 1);
    assert_string_equal(manifest->sources[0].name, "feed.csv");
    assert_int_equal(manifest->sources[0].mtime_ns, -5);
    assert_int_equal(manifest->sources[0].hash.high, 4);
    assert_int_equal(manifest->file_count, 2);
    assert_string_equal(manifest->files[0].path, "Country=ES/a.stoa");
    assert_string_equal(manifest->files[0].values[0].text, "ES");
    assert_null(manifest->files[1].values[0].text);
    assert_int_equal(manifest->files[1].hash.low, 7);
    assert_int_equal(manifest->files[1].content.low, 9);
    assert_int_equal(manifest->files[1].content.high, 10);
    assert_int_equal(manifest->tracked_count, 3);
    assert_int_equal(manifest->tracked[0], 1); /* the partition column first */
    uint64_t nulls[2] = {99, 99};
    assert_ok(stoa_manifest_read_stats(manifest, 0, count_stat, nulls, &error), &error);
    assert_int_equal(nulls[0], 0);
    assert_int_equal(nulls[1], 6);
    stoa_manifest_free(manifest);
    sample_done(&sample);
    test_directory_remove(&directory);
}

static void test_child_holds_all_of_its_parent(void **state)
{
    (void)state;
    struct test_directory directory;
    struct sample sample;
    struct stoa_manifest *parent = NULL;
    struct stoa_manifest *child = NULL;
    test_directory_make(&directory);
    sample_make(&sample);
    write_manifest(&directory, "m1", &sample.draft);
    assert_ok(load(&directory, "m1", 1, &parent), &error);
    sample.draft.parent = parent;
    sample.draft.parent_hash = (struct stoa_hash128){11, 12};
    sample.draft.operation = "append";
    sample.files[0].path = "Country=ES/c.stoa";
    sample.files[1].path = "d.stoa";
    write_manifest(&directory, "m2", &sample.draft);
    write_manifest(&directory, "m2-again", &sample.draft);
    assert_ok(load(&directory, "m2", 2, &child), &error);
    assert_int_equal(child->parent.low, 11);
    assert_int_equal(child->file_count, 4);
    assert_int_equal(child->files[0].version, 1);
    assert_int_equal(child->files[3].version, 2);
    assert_int_equal(child->source_count, 2);
    assert_int_equal(child->total_rows, 20);
    assert_int_equal(child->tracked_count, 3);
    uint64_t nulls[4] = {0};
    assert_ok(stoa_manifest_read_stats(child, 0, count_stat, nulls, &error), &error);
    const uint64_t expected[4] = {0, 6, 0, 6};
    assert_bytes(nulls, expected, sizeof nulls);
    /* The bytes depend on the draft alone. */
    size_t a = 0;
    size_t b = 0;
    void *first = test_file_read(&directory, "m2", &a);
    void *second = test_file_read(&directory, "m2-again", &b);
    assert_int_equal(a, b);
    assert_bytes(first, second, a);
    free(first);
    free(second);
    stoa_manifest_free(child);
    stoa_manifest_free(parent);
    sample_done(&sample);
    test_directory_remove(&directory);
}

/* ---- hostile manifests ---- */

/* All cells of a manifest, to be changed and written again. */
struct cells {
    struct stoa_value *values; /* row-major */
    uint64_t rows;
    struct stoa_arena arena;
};

static void cells_read(const struct test_directory *directory, const char *name,
                       struct cells *cells)
{
    struct stoa_file file;
    struct stoa_reader *reader = NULL;
    struct stoa_row_scan scan;
    uint32_t columns[STOA_COL_COUNT];
    const struct stoa_reader_options options = {0};
    for (uint32_t c = 0; c < STOA_COL_COUNT; c++)
        columns[c] = c;
    assert_ok(stoa_io_open(directory->fd, name, STOA_OPEN_READ, NULL, &file, &error),
              &error);
    assert_ok(stoa_reader_open(&file, &options, &reader, &error), &error);
    assert_ok(stoa_row_scan_init(&scan, reader, columns, STOA_COL_COUNT, &error), &error);
    stoa_arena_init(&cells->arena, 1 << 20);
    cells->rows = scan.rows;
    cells->values = calloc((scan.rows + 1) * STOA_COL_COUNT, sizeof *cells->values);
    assert_non_null(cells->values);
    for (uint64_t r = 0; r < scan.rows; r++) {
        assert_ok(stoa_row_scan_seek(&scan, r, &error), &error);
        for (uint32_t c = 0; c < STOA_COL_COUNT; c++) {
            struct stoa_value *value = &cells->values[r * STOA_COL_COUNT + c];
            *value = stoa_row_scan_get(&scan, c);
            if (!value->is_null &&
                stoa_type_phys(stoa_manifest_fields[c].type) == STOA_PHYS_BYTES)
                value->bytes.data = (const uint8_t *)stoa_arena_strndup(
                    &cells->arena,
                    value->bytes.length > 0 ? (const char *)value->bytes.data : "",
                    value->bytes.length);
        }
    }
    stoa_row_scan_done(&scan);
    stoa_reader_close(reader);
}

static void cells_write(const struct test_directory *directory, const char *name,
                        const struct cells *cells)
{
    const stoa_schema schema = {.fields = stoa_manifest_fields,
                                .field_count = STOA_COL_COUNT};
    const struct stoa_file_writer_options options = {0};
    struct stoa_column_builder builders[STOA_COL_COUNT];
    struct stoa_column views[STOA_COL_COUNT];
    struct stoa_file_writer *writer = NULL;
    struct stoa_file_summary summary;
    struct stoa_file file;
    for (uint32_t c = 0; c < STOA_COL_COUNT; c++) {
        stoa_column_builder_init(&builders[c],
                                 stoa_type_phys(stoa_manifest_fields[c].type));
        for (uint64_t r = 0; r < cells->rows; r++)
            assert_ok(stoa_column_builder_append(
                          &builders[c], &cells->values[r * STOA_COL_COUNT + c], &error),
                      &error);
        views[c] = stoa_column_builder_view(&builders[c]);
    }
    assert_ok(stoa_io_open(directory->fd, name, STOA_OPEN_CREATE_NEW, NULL, &file, &error),
              &error);
    assert_ok(stoa_file_writer_create(&file, &schema, &options, &writer, &error), &error);
    if (cells->rows > 0)
        assert_ok(stoa_file_writer_append(writer, views, (uint32_t)cells->rows, &error),
                  &error);
    assert_ok(stoa_file_writer_finish(writer, &summary, &error), &error);
    stoa_file_writer_free(writer);
    assert_ok(stoa_io_close(&file, &error), &error);
    for (uint32_t c = 0; c < STOA_COL_COUNT; c++)
        stoa_column_builder_done(&builders[c]);
}

static void cells_done(struct cells *cells)
{
    free(cells->values);
    stoa_arena_done(&cells->arena);
}

static struct stoa_value text(const char *bytes)
{
    return (struct stoa_value){
        .bytes = {.data = (const uint8_t *)bytes, .length = (uint32_t)strlen(bytes)}
    };
}

static struct stoa_value number(int64_t value)
{
    return (struct stoa_value){.i64 = value};
}

/* Loads, and reads all statistics when that works. */
static stoa_status load_all(const struct test_directory *directory, const char *name)
{
    struct stoa_manifest *manifest = NULL;
    uint64_t nulls[64];
    STOA_TRY(load(directory, name, 1, &manifest));
    stoa_status status = STOA_OK;
    for (uint32_t k = 0; k < manifest->tracked_count && status == STOA_OK; k++)
        status = stoa_manifest_read_stats(manifest, k, count_stat, nulls, &error);
    stoa_manifest_free(manifest);
    return status;
}

/* Rows of the sample: 0 version, 1-3 fields, 4 partition, 5 source, 6-7 files, 8-9 values,
 * 10-15 statistics (field 7, field 1, field 3; two files each). */
static void test_hostile_cells_are_refused(void **state)
{
    (void)state;
    const struct stoa_value null = {.is_null = true};
    const struct {
        uint64_t row;
        enum stoa_manifest_column column;
        struct stoa_value value;
    } cases[] = {
        {0,  STOA_COL_KIND,          text("field")                          },
        {0,  STOA_COL_KIND,          null                                   },
        {0,  STOA_COL_VERSION,       number(2)                              },
        {0,  STOA_COL_DATASET,       {.fixed16 = {1, 2, 4}}                 },
        {0,  STOA_COL_PARENT,        text("0123456789abcdef")               },
        {0,  STOA_COL_OPERATION,     text("")                               },
        {0,  STOA_COL_ROWS,          number(11)                             },
        {0,  STOA_COL_ROWS,          number(-1)                             },
        {0,  STOA_COL_BYTES,         number(3001)                           },
        {0,  STOA_COL_ROWS_READ,     number(13)                             },
        {0,  STOA_COL_ROWS_REJECTED, number(INT64_MIN)                      },
        {0,  STOA_COL_FILES_ADDED,   number(1)                              },
        {0,  STOA_COL_NAME,          text("x")                              },
        {1,  STOA_COL_KIND,          text("version")                        },
        {1,  STOA_COL_FIELD,         number(0)                              },
        {1,  STOA_COL_FIELD,         number(7)                              },
        {1,  STOA_COL_FIELD,         number((int64_t)UINT32_MAX + 1)        },
        {1,  STOA_COL_NAME,          text("COUNTRY")                        },
        {1,  STOA_COL_NAME,          text("")                               },
        {1,  STOA_COL_NAME,          {.bytes = {(const uint8_t *)"a\0b", 3}}},
        {1,  STOA_COL_TYPE,          text("int65")                          },
        {1,  STOA_COL_TYPE,          text("bigint")                         },
        {1,  STOA_COL_TYPE,          null                                   },
        {1,  STOA_COL_NULLABLE,      null                                   },
        {4,  STOA_COL_FIELD,         number(2)                              },
        {5,  STOA_COL_VERSION,       number(0)                              },
        {5,  STOA_COL_VERSION,       number(2)                              },
        {5,  STOA_COL_ROWS_WRITTEN,  number(9)                              },
        {5,  STOA_COL_HASH,          text("short")                          },
        {6,  STOA_COL_CONTENT,       text("short")                          },
        {6,  STOA_COL_CONTENT,       null                                   },
        {6,  STOA_COL_PATH,          text("../a.stoa")                      },
        {6,  STOA_COL_PATH,          text("/etc/passwd")                    },
        {6,  STOA_COL_PATH,          text("a//b")                           },
        {6,  STOA_COL_PATH,          text("_stoa/format")                   },
        {6,  STOA_COL_PATH,          text("b.stoa")                         },
        {6,  STOA_COL_BYTES,         number(0)                              },
        {6,  STOA_COL_FILE,          number(1)                              },
        {6,  STOA_COL_ROWS,          number((int64_t)1 << 41)               },
        {8,  STOA_COL_FIELD,         number(1)                              },
        {8,  STOA_COL_FILE,          number(1)                              },
        {8,  STOA_COL_KIND,          text("stat")                           },
        {9,  STOA_COL_KIND,          text("file")                           },
        {10, STOA_COL_FIELD,         number(3)                              },
        {10, STOA_COL_FILE,          number(1)                              },
        {10, STOA_COL_NULLS,         number(5)                              },
        {10, STOA_COL_NULLS,         null                                   },
        {10, STOA_COL_BOUNDS,        number(33)                             },
        {10, STOA_COL_MIN,           null                                   },
        {10, STOA_COL_MIN,           text("ET")                             },
        {11, STOA_COL_MIN,           text("x")                              },
        {12, STOA_COL_SUM,           text("short")                          },
        {12, STOA_COL_MAX,           text("x")                              },
        {15, STOA_COL_KIND,          text("what")                           },
    };
    struct test_directory directory;
    struct sample sample;
    struct cells cells;
    test_directory_make(&directory);
    sample_make(&sample);
    write_manifest(&directory, "good", &sample.draft);
    cells_read(&directory, "good", &cells);
    assert_int_equal(cells.rows, 16);
    cells_write(&directory, "same", &cells);
    assert_ok(load_all(&directory, "same"), &error);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[16];
        struct stoa_value *cell =
            &cells.values[cases[i].row * STOA_COL_COUNT + (uint32_t)cases[i].column];
        const struct stoa_value kept = *cell;
        (void)snprintf(name, sizeof name, "bad%zu", i);
        *cell = cases[i].value;
        cells_write(&directory, name, &cells);
        *cell = kept;
        const stoa_status status = load_all(&directory, name);
        if (status != STOA_E_CORRUPT)
            print_message("case %zu: row %llu column %s\n", i,
                          (unsigned long long)cases[i].row,
                          stoa_manifest_fields[cases[i].column].name);
        assert_fails(status, STOA_E_CORRUPT, &error);
    }
    cells_done(&cells);
    sample_done(&sample);
    test_directory_remove(&directory);
}

/* A value nobody expects in that column. */
static struct stoa_value nasty(struct test_random *random, enum stoa_phys phys)
{
    static const int64_t numbers[] = {0,  1,         -1,        2,       7,
                                      16, INT64_MAX, INT64_MIN, 1 << 20, 1LL << 40};
    static const char *const texts[] = {
        "",      "stat",           "file", "value",  "version",          "..",       "a",
        "int64", "decimal(38,38)", "ES",   "b.stoa", "0123456789abcdef", "k=v/../x", "id"};
    struct stoa_value value = {.is_null = test_random_below(random, 4) == 0};
    if (phys == STOA_PHYS_BYTES && !value.is_null)
        return text(texts[test_random_below(random, sizeof texts / sizeof texts[0])]);
    if (phys == STOA_PHYS_BOOL)
        value.boolean = test_random_below(random, 2) == 1;
    else if (phys == STOA_PHYS_I64)
        value.i64 = numbers[test_random_below(random, sizeof numbers / sizeof numbers[0])];
    else if (phys == STOA_PHYS_FIXED16)
        test_random_bytes(random, value.fixed16, 16);
    return value;
}

static void test_random_cells_load_or_are_refused(void **state)
{
    (void)state;
    struct test_random random = test_random_start(21);
    struct test_directory directory;
    struct sample sample;
    struct cells cells;
    uint32_t loaded = 0;
    test_directory_make(&directory);
    sample_make(&sample);
    write_manifest(&directory, "good", &sample.draft);
    for (uint32_t i = 0; i < 400; i++) {
        cells_read(&directory, "good", &cells);
        for (uint64_t n = test_random_below(&random, 4) + 1; n > 0; n--) {
            const uint64_t row = test_random_below(&random, cells.rows);
            const uint32_t column = (uint32_t)test_random_below(&random, STOA_COL_COUNT);
            cells.values[row * STOA_COL_COUNT + column] =
                nasty(&random, stoa_type_phys(stoa_manifest_fields[column].type));
        }
        cells_write(&directory, "bad", &cells);
        cells_done(&cells);
        const stoa_status status = load_all(&directory, "bad");
        assert_true(status == STOA_OK || status == STOA_E_CORRUPT);
        loaded += status == STOA_OK;
        assert_ok(stoa_io_remove(directory.fd, "bad", &error), &error);
    }
    assert_true(loaded < 200); /* nearly every cell matters */
    sample_done(&sample);
    test_directory_remove(&directory);
}

static void test_missing_rows_are_refused(void **state)
{
    (void)state;
    struct test_directory directory;
    struct sample sample;
    struct cells cells;
    test_directory_make(&directory);
    sample_make(&sample);
    write_manifest(&directory, "good", &sample.draft);
    for (uint64_t rows = 0; rows < 16; rows++) {
        char name[16];
        cells_read(&directory, "good", &cells);
        /* Statistics may be missing for whole columns from the end. */
        const bool fine = rows == 10 || rows == 12 || rows == 14;
        cells.rows = rows;
        (void)snprintf(name, sizeof name, "cut%u", (unsigned)rows);
        cells_write(&directory, name, &cells);
        cells_done(&cells);
        if (fine)
            assert_ok(load_all(&directory, name), &error);
        else
            assert_fails(load_all(&directory, name), STOA_E_CORRUPT, &error);
    }
    sample_done(&sample);
    test_directory_remove(&directory);
}

static void test_other_tables_are_no_manifests(void **state)
{
    (void)state;
    struct test_directory directory;
    struct stoa_manifest *manifest = NULL;
    test_directory_make(&directory);
    test_file_write(&directory, "text", "not a table at all", 18);
    assert_fails(load(&directory, "text", 1, &manifest), STOA_E_NOT_STOA, &error);
    struct stoa_file file;
    struct stoa_file_writer *writer = NULL;
    struct stoa_file_summary summary;
    const stoa_schema schema = {.fields = fields, .field_count = 3};
    const struct stoa_file_writer_options options = {0};
    assert_ok(stoa_io_open(directory.fd, "t", STOA_OPEN_CREATE_NEW, NULL, &file, &error),
              &error);
    assert_ok(stoa_file_writer_create(&file, &schema, &options, &writer, &error), &error);
    assert_ok(stoa_file_writer_finish(writer, &summary, &error), &error);
    stoa_file_writer_free(writer);
    stoa_io_discard(&file);
    assert_fails(load(&directory, "t", 1, &manifest), STOA_E_CORRUPT, &error);
    assert_contains(error.message, "columns of a manifest");
    test_directory_remove(&directory);
}

static void test_statistics_beyond_the_limit_are_dropped_from_the_end(void **state)
{
    (void)state;
    struct stoa_stat_table table;
    enum { COLUMNS = 40 };
    struct stoa_stat_row rows[COLUMNS];
    memset(rows, 0, sizeof rows);
    for (uint32_t k = 0; k < COLUMNS; k++) {
        rows[k].bits = STOA_STAT_BOUNDS;
        rows[k].min_length = rows[k].max_length = 64;
    }
    assert_ok(stoa_stat_table_init(&table, COLUMNS, 2, &error), &error);
    for (uint32_t i = 0; i < 8000; i++)
        assert_ok(stoa_stat_table_add(&table, rows, &error), &error);
    assert_true(table.column_count < COLUMNS);
    assert_true(table.column_count >= 2);
    assert_true(table.bytes <= (size_t)32 << 20);
    assert_int_equal(table.columns[0].size, 8000 * 147);
    stoa_stat_table_done(&table);
}

/* [DS-25] The commit's own sources, and the latest of earlier ones up to 10,000 in all. */
static void test_old_sources_are_left_to_old_manifests(void **state)
{
    (void)state;
    enum { MANY = STOA_MANIFEST_SOURCES_KEPT + 5 };
    static struct stoa_manifest_source many[MANY];
    struct test_directory directory;
    struct sample sample;
    struct stoa_manifest *first = NULL;
    struct stoa_manifest *second = NULL;
    test_directory_make(&directory);
    sample_make(&sample);
    for (uint64_t i = 0; i < MANY; i++)
        many[i] = (struct stoa_manifest_source){.name = "old.csv", .size = i};
    many[0] = sample.source;
    sample.draft.sources = many;
    sample.draft.source_count = MANY;
    write_manifest(&directory, "1", &sample.draft);
    assert_ok(load(&directory, "1", 1, &first), &error);
    assert_int_equal(first->source_count, MANY);

    struct stoa_manifest_source added[] = {
        sample.source, {.name = "b.csv", .size = 7}
    };
    struct stoa_manifest_draft next = sample.draft;
    next.parent = first;
    next.operation = "append";
    next.sources = added;
    next.source_count = 2;
    sample.files[0].path = "Country=ES/c.stoa";
    sample.files[1].path = "d.stoa";
    write_manifest(&directory, "2", &next);
    assert_ok(load(&directory, "2", 2, &second), &error);
    assert_int_equal(second->source_count, STOA_MANIFEST_SOURCES_KEPT);
    assert_int_equal(second->sources[0].size, MANY - (STOA_MANIFEST_SOURCES_KEPT - 2));
    assert_int_equal(second->sources[0].version, 1);
    assert_string_equal(second->sources[STOA_MANIFEST_SOURCES_KEPT - 1].name, "b.csv");
    assert_int_equal(second->sources[STOA_MANIFEST_SOURCES_KEPT - 2].version, 2);
    stoa_manifest_free(first);
    stoa_manifest_free(second);
    sample_done(&sample);
    test_directory_remove(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_comes_back),
        cmocka_unit_test(test_child_holds_all_of_its_parent),
        cmocka_unit_test(test_hostile_cells_are_refused),
        cmocka_unit_test(test_random_cells_load_or_are_refused),
        cmocka_unit_test(test_missing_rows_are_refused),
        cmocka_unit_test(test_old_sources_are_left_to_old_manifests),
        cmocka_unit_test(test_other_tables_are_no_manifests),
        cmocka_unit_test(test_statistics_beyond_the_limit_are_dropped_from_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
