/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A .stoa file as the benchmarks of bench/peers need it:
 *
 *   bench_file schema FILE                 a line per column: type, TAB, name
 *   bench_file layout FILE                 a line per column: stored bytes, raw bytes, trees, name
 *   bench_file write FILE PROFILE RUNS     decodes all columns into memory, then writes them through the
 *                                          file writer to /dev/null; prints the CPU seconds of the best
 *                                          run, raw bytes and bytes written
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/alloc.h"
#include "reader/reader.h"
#include "writer/file/file_writer.h"

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static stoa_status open_file(const char *path, struct stoa_reader **out_reader,
                             const stoa_schema **out_schema, stoa_error *err)
{
    struct stoa_file file;
    const struct stoa_reader_options options = {.expected_size = 0};
    STOA_TRY(stoa_io_open(AT_FDCWD, path, STOA_OPEN_READ, NULL, &file, err));
    STOA_TRY(stoa_reader_open(&file, &options, out_reader, err));
    return stoa_reader_schema(*out_reader, out_schema, err);
}

static void print_schema(const stoa_schema *schema)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        char type[STOA_TYPE_TEXT_MAX];
        printf("%s\t%s\n", stoa_type_text(schema->fields[i].type, type),
               schema->fields[i].name);
    }
}

/* ---- layout ---- */

/* A tree and how many blocks in a row have it. */
struct tree_run {
    struct stoa_buf last;
    uint32_t count;
    bool is_later; /* another one has been printed */
};

static void print_run(struct tree_run *run)
{
    if (run->count == 0)
        return;
    printf("%s%.*s x%u", run->is_later ? "; " : "", (int)run->last.size,
           (const char *)run->last.data, run->count);
    run->is_later = true;
    run->count = 0;
}

static stoa_status describe_block(struct stoa_block_slot *slot, struct tree_run *run,
                                  stoa_error *err)
{
    struct stoa_buf now;
    stoa_status status = STOA_OK;
    stoa_buf_init(&now, 1 << 16);
    if (slot->block.root)
        STOA_TRY_CLEANUP(stoa_node_describe(slot->block.root, &now, err));
    if (now.size != run->last.size ||
        (now.size > 0 && memcmp(now.data, run->last.data, now.size) != 0)) {
        print_run(run);
        run->last.size = 0;
        STOA_TRY_CLEANUP(stoa_buf_append(&run->last, now.data, now.size, err));
    }
    run->count++;
cleanup:
    stoa_buf_done(&now);
    return status;
}

static stoa_status print_column(struct stoa_reader *reader, uint32_t column,
                                const char *name, stoa_error *err)
{
    uint64_t raw = 0;
    uint64_t stored = 0;
    uint64_t nulls = 0;
    struct stoa_block_slot slot;
    struct tree_run run = {.count = 0};
    stoa_status status = STOA_OK;
    stoa_block_slot_init(&slot);
    stoa_buf_init(&run.last, 1 << 16);
    printf("%s\t", name);
    for (uint32_t group = 0; group < stoa_reader_row_groups(reader); group++) {
        struct stoa_row_group_info group_info;
        STOA_TRY_CLEANUP(stoa_reader_row_group(reader, group, &group_info, err));
        for (uint32_t block = 0; block < group_info.blocks; block++) {
            struct stoa_block_info info;
            STOA_TRY_CLEANUP(
                stoa_reader_block_info(reader, column, group, block, &info, err));
            STOA_TRY_CLEANUP(stoa_reader_load(reader, column, group, block, &slot, err));
            STOA_TRY_CLEANUP(describe_block(&slot, &run, err));
            raw += info.raw_size;
            stored += info.stored_size;
            nulls += info.null_count;
        }
    }
    print_run(&run);
    /* bytes_read counts dictionaries too, once a row group. */
    printf("\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", slot.bytes_read,
           stored, raw, nulls);
cleanup:
    stoa_buf_done(&run.last);
    stoa_block_slot_done(&slot);
    return status;
}

static stoa_status print_layout(struct stoa_reader *reader, const stoa_schema *schema,
                                stoa_error *err)
{
    for (uint32_t i = 0; i < schema->field_count; i++)
        STOA_TRY(print_column(reader, i, schema->fields[i].name, err));
    return STOA_OK;
}

/* ---- write ---- */

static stoa_status append_vector(struct stoa_column_builder *builder,
                                 const struct stoa_vector *vector, stoa_error *err)
{
    for (uint32_t row = 0; row < vector->length; row++) {
        const struct stoa_value value = stoa_vector_get(vector, row);
        STOA_TRY(stoa_column_builder_append(builder, &value, err));
    }
    return STOA_OK;
}

static stoa_status decode_block(struct stoa_block *block, struct stoa_vector *vector,
                                struct stoa_column_builder *builder, stoa_error *err)
{
    for (uint32_t row = 0; row < block->rows; row += STOA_VECTOR_ROWS) {
        STOA_TRY(stoa_block_decode(block, row / STOA_VECTOR_ROWS, vector, err));
        STOA_TRY(append_vector(builder, vector, err));
    }
    return STOA_OK;
}

static stoa_status decode_column(struct stoa_reader *reader, uint32_t column,
                                 struct stoa_column_builder *builder, stoa_error *err)
{
    struct stoa_block_slot slot;
    struct stoa_vector vector = {.length = 0};
    stoa_status status = STOA_OK;
    stoa_block_slot_init(&slot);
    STOA_TRY_CLEANUP(stoa_vector_init(&vector, builder->phys, err));
    for (uint32_t group = 0; group < stoa_reader_row_groups(reader); group++) {
        struct stoa_row_group_info info;
        STOA_TRY_CLEANUP(stoa_reader_row_group(reader, group, &info, err));
        for (uint32_t block = 0; block < info.blocks; block++) {
            STOA_TRY_CLEANUP(stoa_reader_load(reader, column, group, block, &slot, err));
            STOA_TRY_CLEANUP(decode_block(&slot.block, &vector, builder, err));
        }
    }
cleanup:
    stoa_vector_done(&vector);
    stoa_block_slot_done(&slot);
    return status;
}

/* A table in memory. */
struct table {
    const stoa_schema *schema;
    struct stoa_column_builder *builders;
    struct stoa_column *columns;
    uint64_t raw_size;
};

static stoa_status load_table(struct stoa_reader *reader, struct table *table,
                              stoa_error *err)
{
    const size_t count = table->schema->field_count;
    table->builders = stoa_alloc_zeroed(count, sizeof *table->builders);
    table->columns = stoa_alloc_zeroed(count, sizeof *table->columns);
    if (!table->builders || !table->columns)
        return stoa_fail_memory(err, count * sizeof *table->builders);
    for (uint32_t i = 0; i < count; i++)
        stoa_column_builder_init(&table->builders[i],
                                 stoa_type_phys(table->schema->fields[i].type));
    for (uint32_t i = 0; i < count; i++) {
        STOA_TRY(decode_column(reader, i, &table->builders[i], err));
        table->columns[i] = stoa_column_builder_view(&table->builders[i]);
        table->raw_size += stoa_column_raw_size(&table->columns[i]);
    }
    return STOA_OK;
}

static void free_table(struct table *table)
{
    for (size_t i = 0; table->builders && i < table->schema->field_count; i++)
        stoa_column_builder_done(&table->builders[i]);
    stoa_free(table->builders);
    stoa_free(table->columns);
}

/* In slices that stay in the cache between the writer's passes, as conversion does. */
static stoa_status append_slices(struct stoa_file_writer *writer, const struct table *table,
                                 stoa_error *err)
{
    enum { SLICE_ROWS = 4096 };
    const size_t columns = table->schema->field_count;
    const uint32_t rows = table->columns[0].length;
    struct stoa_column *slices = stoa_alloc_array(columns, sizeof *slices);
    stoa_status status = STOA_OK;
    if (!slices)
        return stoa_fail_memory(err, columns * sizeof *slices);
    for (uint32_t first = 0; first < rows && status == STOA_OK; first += SLICE_ROWS) {
        const uint32_t count = rows - first < SLICE_ROWS ? rows - first : SLICE_ROWS;
        for (size_t c = 0; c < columns; c++)
            slices[c] = stoa_column_slice(&table->columns[c], first, count);
        status = stoa_file_writer_append(writer, slices, count, err);
    }
    stoa_free(slices);
    return status;
}

static stoa_status write_table(const struct table *table, enum stoa_profile profile,
                               double *out_seconds, uint64_t *out_size, stoa_error *err)
{
    char name[] = "/dev/null";
    const struct stoa_file file = {.fd = open(name, O_WRONLY | O_CLOEXEC), .name = name};
    const struct stoa_file_writer_options options = {.profile = profile};
    struct stoa_file_writer *writer = NULL;
    struct stoa_file_summary summary;
    const double start = cpu_seconds();
    stoa_status status = STOA_OK;
    STOA_TRY_CLEANUP(stoa_file_writer_create(&file, table->schema, &options, &writer, err));
    STOA_TRY_CLEANUP(append_slices(writer, table, err));
    STOA_TRY_CLEANUP(stoa_file_writer_finish(writer, &summary, err));
    *out_seconds = cpu_seconds() - start;
    *out_size = summary.size;
cleanup:
    stoa_file_writer_free(writer);
    close(file.fd);
    return status;
}

static stoa_status measure_writes(struct stoa_reader *reader, const stoa_schema *schema,
                                  enum stoa_profile profile, int runs, stoa_error *err)
{
    struct table table = {.schema = schema};
    double best = 0;
    uint64_t size = 0;
    stoa_status status = STOA_OK;
    STOA_TRY_CLEANUP(load_table(reader, &table, err));
    for (int run = 0; run < runs; run++) {
        double now = 0;
        STOA_TRY_CLEANUP(write_table(&table, profile, &now, &size, err));
        best = run == 0 || now < best ? now : best;
    }
    printf("%.6f\t%" PRIu64 "\t%" PRIu64 "\n", best, table.raw_size, size);
cleanup:
    free_table(&table);
    return status;
}

static bool find_profile(const char *name, enum stoa_profile *out_profile)
{
    static const char *const names[] = {"balanced", "fast", "compact"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out_profile = (enum stoa_profile)i;
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    enum stoa_profile profile = STOA_PROFILE_BALANCED;
    const char *verb = argc > 2 ? argv[1] : "";
    const bool is_write =
        argc == 5 && strcmp(verb, "write") == 0 && find_profile(argv[3], &profile);
    const bool is_schema = argc == 3 && strcmp(verb, "schema") == 0;
    const bool is_layout = argc == 3 && strcmp(verb, "layout") == 0;
    if (!is_write && !is_schema && !is_layout) {
        fprintf(stderr, "usage: bench_file schema|layout FILE\n"
                        "       bench_file write FILE balanced|fast|compact RUNS\n");
        return 2;
    }
    stoa_error err;
    struct stoa_reader *reader = NULL;
    const stoa_schema *schema = NULL;
    stoa_status status = open_file(argv[2], &reader, &schema, &err);
    if (status == STOA_OK && is_schema)
        print_schema(schema);
    else if (status == STOA_OK && is_layout)
        status = print_layout(reader, schema, &err);
    else if (status == STOA_OK)
        status =
            measure_writes(reader, schema, profile, (int)strtol(argv[4], NULL, 10), &err);
    stoa_reader_close(reader);
    if (status != STOA_OK) {
        fprintf(stderr, "%s: %s\n", argv[2], err.message);
        return 1;
    }
    return 0;
}
