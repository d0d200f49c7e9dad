/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partition router. One buffer holds rows of all partitions with their partition numbers;
 * when it is full a counting sort cuts it into segments, one or more per partition, for the
 * spill file. So memory and descriptors do not depend on the number of partitions, and no row
 * group is ever cut because memory was short.
 */
#include "dataset/router.h"

#include <inttypes.h>
#include <string.h>

#include "common/alloc.h"
#include "dataset/partition_dirs.h"
#include "dataset/spill.h"
#include "format/text.h"

enum {
    PIECE_ROWS = 4096,       /* rows looked at in one step */
    SEGMENT_ROWS = 8192,     /* rows of a spilled segment */
    PARTITIONS_MAX = 100000, /* in one conversion */
    VALUE_BYTES_MAX = 4096,  /* of a partition value */
};
#define DEFAULT_MEMORY ((size_t)32 << 20)
#define NAMES_LIMIT    ((size_t)1 << 30)
/* The spill file's index may take twice the rows' memory: nothing else needs it then. */
#define INDEX_LEAST ((size_t)1 << 20)

struct partition {
    const struct stoa_partition_value *values;
    uint64_t rows;
    uint32_t first_segment, last_segment; /* UINT32_MAX: none */
};

struct stoa_router {
    struct stoa_transaction *transaction;
    struct stoa_router_options options;
    uint32_t field_count;
    uint64_t rows;
    uint64_t bytes, bytes_written;   /* of rows: taken, and on their way to data files */
    struct stoa_data_writer *single; /* unpartitioned */

    struct stoa_name_map tuples; /* key bytes; the number is the partition's */
    struct stoa_buf key;
    struct stoa_arena arena;      /* values */
    struct partition *partitions; /* tuples.count of them */
    uint32_t partition_capacity;
    uint32_t last_partition; /* of the row before; UINT32_MAX: none */

    struct stoa_column_builder *run; /* buffered rows, field_count builders */
    uint32_t *run_partitions;        /* partition of each buffered row */
    uint32_t run_capacity;
    uint64_t run_bytes;
    struct stoa_column_builder *scratch; /* one partition's rows */
    struct stoa_column *views;
    struct stoa_spill spill;
    bool has_spilled;
};

/* ---- life ---- */

static stoa_status make_builders(const stoa_schema *schema,
                                 struct stoa_column_builder **out, stoa_error *err)
{
    struct stoa_column_builder *builders =
        stoa_alloc_array(schema->field_count, sizeof *builders);
    if (builders == NULL)
        return stoa_fail_memory(err, schema->field_count * sizeof *builders);
    for (size_t c = 0; c < schema->field_count; c++)
        stoa_column_builder_init(&builders[c], stoa_type_phys(schema->fields[c].type));
    *out = builders;
    return STOA_OK;
}

static void free_builders(struct stoa_column_builder **builders, uint32_t count)
{
    for (uint32_t c = 0; *builders != NULL && c < count; c++)
        stoa_column_builder_done(&(*builders)[c]);
    stoa_free(*builders);
    *builders = NULL;
}

static stoa_status init_partitioned(struct stoa_router *router, stoa_error *err)
{
    const stoa_schema *schema = &router->options.writer.schema;
    stoa_buf_init(&router->key, NAMES_LIMIT);
    STOA_TRY(stoa_name_map_init(&router->tuples, NAMES_LIMIT, err));
    STOA_TRY(make_builders(schema, &router->run, err));
    STOA_TRY(make_builders(schema, &router->scratch, err));
    router->views = stoa_alloc_array(schema->field_count, sizeof *router->views);
    return router->views != NULL
               ? STOA_OK
               : stoa_fail_memory(err, schema->field_count * sizeof *router->views);
}

stoa_status stoa_router_create(struct stoa_transaction *transaction,
                               const struct stoa_router_options *options,
                               struct stoa_router **out_router, stoa_error *err)
{
    struct stoa_router *router = stoa_alloc_zeroed(1, sizeof *router);
    stoa_status status = STOA_OK;
    if (router == NULL)
        return stoa_fail_memory(err, sizeof *router);
    router->transaction = transaction;
    router->options = *options;
    router->field_count = (uint32_t)options->writer.schema.field_count;
    router->last_partition = UINT32_MAX;
    if (router->options.memory == 0)
        router->options.memory = DEFAULT_MEMORY;
    stoa_arena_init(&router->arena, NAMES_LIMIT);
    if (options->partition_count > 0)
        status = init_partitioned(router, err);
    else if (!options->count_only)
        status = stoa_data_writer_create(transaction, &router->options.writer, "", NULL, 0,
                                         &router->single, err);
    if (status != STOA_OK) {
        stoa_router_free(router);
        return status;
    }
    *out_router = router;
    return STOA_OK;
}

void stoa_router_free(struct stoa_router *router)
{
    if (router == NULL)
        return;
    stoa_data_writer_free(router->single);
    stoa_name_map_done(&router->tuples);
    stoa_buf_done(&router->key);
    stoa_arena_done(&router->arena);
    stoa_free(router->partitions);
    free_builders(&router->run, router->field_count);
    free_builders(&router->scratch, router->field_count);
    stoa_free(router->run_partitions);
    stoa_free(router->views);
    stoa_spill_done(&router->spill);
    stoa_free(router);
}

uint64_t stoa_router_rows(const struct stoa_router *router)
{
    return router->rows;
}

uint32_t stoa_router_partitions(const struct stoa_router *router)
{
    return router->options.partition_count > 0 ? router->tuples.count : 0;
}

uint64_t stoa_router_bytes(const struct stoa_router *router)
{
    return router->bytes;
}

uint64_t stoa_router_bytes_written(const struct stoa_router *router)
{
    return router->bytes_written;
}

/* ---- which partition a row belongs to ---- */

/* Appends the value's bytes to the key: a tag, then a fixed number of bytes or a length and
 * bytes, so that no two tuples share a key. */
static stoa_status append_key(struct stoa_buf *key, const struct stoa_column *column,
                              uint32_t row, stoa_error *err)
{
    struct stoa_value value = stoa_column_get(column, row);
    STOA_TRY(stoa_buf_append_byte(key, value.is_null ? 0 : 1, err));
    if (value.is_null)
        return STOA_OK;
    if (column->phys == STOA_PHYS_BYTES) {
        STOA_TRY(stoa_buf_append_le32(key, value.bytes.length, err));
        return value.bytes.length == 0
                   ? STOA_OK
                   : stoa_buf_append(key, value.bytes.data, value.bytes.length, err);
    }
    if (column->phys == STOA_PHYS_BOOL)
        return stoa_buf_append_byte(key, value.boolean ? 1 : 0, err);
    /* All NaN have one spelling, so they are one partition. */
    if (column->phys == STOA_PHYS_F64 && value.f64 != value.f64)
        value.u64 = UINT64_C(0x7ff8000000000000);
    return stoa_buf_append(key, &value.i128, stoa_phys_width(column->phys), err);
}

/* The canonical text of a partition value, in the router's arena. */
static stoa_status make_value(struct stoa_router *router, const stoa_field *field,
                              const struct stoa_column *column, uint32_t row,
                              struct stoa_partition_value *out, stoa_error *err)
{
    const struct stoa_value value = stoa_column_get(column, row);
    struct stoa_buf text;
    *out = (struct stoa_partition_value){0};
    if (value.is_null)
        return STOA_OK;
    stoa_buf_init(&text, 4 * STOA_MAX_VALUE_BYTES);
    stoa_status status = stoa_text_append(field->type, &value, &text, err);
    if (status == STOA_OK && text.size > VALUE_BYTES_MAX)
        status = stoa_fail(err, STOA_E_PARTITION,
                           "expected partition values of at most %d bytes, found %zu in "
                           "column \"%s\"",
                           VALUE_BYTES_MAX, text.size, field->name);
    if (status == STOA_OK) {
        out->text = stoa_arena_strndup(
            &router->arena, text.size > 0 ? (const char *)text.data : "", text.size);
        out->length = text.size;
        if (out->text == NULL)
            status = stoa_arena_fail(&router->arena, text.size + 1, err);
    }
    stoa_buf_done(&text);
    return status;
}

static stoa_status add_partition(struct stoa_router *router,
                                 const struct stoa_column *columns, uint32_t row,
                                 uint32_t number, stoa_error *err)
{
    const uint32_t count = router->options.partition_count;
    if (number >= PARTITIONS_MAX) {
        (void)stoa_fail(err, STOA_E_PARTITION,
                        "expected at most %d partitions in one conversion, found more",
                        PARTITIONS_MAX);
        stoa_error_set_hint(err, "partition by a column with fewer different values");
        return STOA_E_PARTITION;
    }
    if (number == router->partition_capacity) {
        const uint32_t capacity = number == 0 ? 64 : number * 2;
        void *grown =
            stoa_realloc(router->partitions, capacity * sizeof *router->partitions);
        if (grown == NULL)
            return stoa_fail_memory(err, capacity * sizeof *router->partitions);
        router->partitions = grown;
        router->partition_capacity = capacity;
    }
    struct stoa_partition_value *values =
        stoa_arena_alloc(&router->arena, count * sizeof *values);
    if (values == NULL)
        return stoa_arena_fail(&router->arena, count * sizeof *values, err);
    for (uint32_t k = 0; k < count; k++) {
        const uint32_t field = router->options.partitions[k];
        STOA_TRY(make_value(router, &router->options.writer.schema.fields[field],
                            &columns[field], row, &values[k], err));
    }
    router->partitions[number] = (struct partition){
        .values = values, .first_segment = UINT32_MAX, .last_segment = UINT32_MAX};
    return STOA_OK;
}

static stoa_status find_partition(struct stoa_router *router,
                                  const struct stoa_column *columns, uint32_t row,
                                  uint32_t *out_number, stoa_error *err)
{
    bool added = false;
    router->key.size = 0;
    for (uint32_t k = 0; k < router->options.partition_count; k++)
        STOA_TRY(
            append_key(&router->key, &columns[router->options.partitions[k]], row, err));
    /* Sorted input is the rule: most rows are in the partition of the row before. */
    if (router->last_partition != UINT32_MAX) {
        size_t length = 0;
        const char *last =
            stoa_name_map_name(&router->tuples, router->last_partition, &length);
        if (length == router->key.size && memcmp(last, router->key.data, length) == 0) {
            *out_number = router->last_partition;
            return STOA_OK;
        }
    }
    STOA_TRY(stoa_name_map_put(&router->tuples, router->key.data, router->key.size,
                               out_number, &added, err));
    if (added)
        STOA_TRY(add_partition(router, columns, row, *out_number, err));
    router->last_partition = *out_number;
    return STOA_OK;
}

/* ---- buffering and spilling ---- */

/* Rows of one partition in the run: `rows` are their numbers. */
static stoa_status gather(struct stoa_router *router, const uint32_t *rows, uint32_t count,
                          stoa_error *err)
{
    for (uint32_t c = 0; c < router->field_count; c++) {
        const struct stoa_column view = stoa_column_builder_view(&router->run[c]);
        stoa_column_builder_clear(&router->scratch[c]);
        STOA_TRY(stoa_column_builder_gather(&router->scratch[c], &view, rows, count, err));
        router->views[c] = stoa_column_builder_view(&router->scratch[c]);
    }
    return STOA_OK;
}

/* The run's row numbers sorted by partition, stable; starts[p] .. starts[p + 1] are those of
 * partition p. Both arrays belong to the caller. */
static stoa_status sort_run(const struct stoa_router *router, uint32_t **out_order,
                            uint32_t **out_starts, stoa_error *err)
{
    const uint32_t rows = router->run[0].length;
    const uint32_t partitions = router->tuples.count;
    uint32_t *order = stoa_alloc_array(rows, sizeof *order);
    uint32_t *starts = stoa_alloc_zeroed((size_t)partitions + 2, sizeof *starts);
    if (order == NULL || starts == NULL) {
        stoa_free(order);
        stoa_free(starts);
        return stoa_fail_memory(err, (rows + (size_t)partitions) * sizeof *order);
    }
    /* Counted two places up, so that placing leaves each start where it belongs. */
    for (uint32_t i = 0; i < rows; i++)
        starts[router->run_partitions[i] + 2]++;
    for (uint32_t p = 1; p <= partitions; p++)
        starts[p + 1] += starts[p];
    for (uint32_t i = 0; i < rows; i++)
        order[starts[router->run_partitions[i] + 1]++] = i;
    *out_order = order;
    *out_starts = starts;
    return STOA_OK;
}

static stoa_status spill_segment(struct stoa_router *router, struct partition *partition,
                                 const uint32_t *rows, uint32_t count, stoa_error *err)
{
    uint32_t number = 0;
    STOA_TRY(gather(router, rows, count, err));
    const stoa_status status = stoa_spill_write(&router->spill, router->views,
                                                router->field_count, count, &number, err);
    if (status == STOA_E_MEMORY_LIMIT)
        stoa_error_set_hint(err, "sort the sources by the partition columns, partition by "
                                 "columns with fewer different values, or give it more "
                                 "with --memory");
    STOA_TRY(status);
    if (partition->first_segment == UINT32_MAX)
        partition->first_segment = number;
    else
        router->spill.segments[partition->last_segment].next = number;
    partition->last_segment = number;
    return STOA_OK;
}

static void clear_run(struct stoa_router *router)
{
    for (uint32_t c = 0; c < router->field_count; c++)
        stoa_column_builder_clear(&router->run[c]);
    router->run_bytes = 0;
}

static stoa_status open_spill(struct stoa_router *router, stoa_error *err)
{
    if (router->has_spilled)
        return STOA_OK;
    const size_t twice = router->options.memory / 2 < SIZE_MAX / 4
                             ? router->options.memory * 2
                             : router->options.memory;
    const size_t index = twice > INDEX_LEAST ? twice : INDEX_LEAST;
    const size_t limit = index / sizeof(struct stoa_spill_segment);
    STOA_TRY(stoa_spill_init(&router->spill, &router->transaction->root->tmp, err));
    if (limit < router->spill.segment_limit)
        router->spill.segment_limit = (uint32_t)limit;
    router->has_spilled = true;
    return STOA_OK;
}

static stoa_status spill_run(struct stoa_router *router, stoa_error *err)
{
    uint32_t *order = NULL;
    uint32_t *starts = NULL;
    stoa_status status = STOA_OK;
    STOA_TRY(open_spill(router, err));
    STOA_TRY(sort_run(router, &order, &starts, err));
    for (uint32_t p = 0; p < router->tuples.count; p++) {
        for (uint32_t at = starts[p]; at < starts[p + 1]; at += SEGMENT_ROWS) {
            const uint32_t left = starts[p + 1] - at;
            STOA_TRY_CLEANUP(spill_segment(router, &router->partitions[p], order + at,
                                           left < SEGMENT_ROWS ? left : SEGMENT_ROWS, err));
        }
    }
    clear_run(router);
cleanup:
    stoa_free(order);
    stoa_free(starts);
    return status;
}

/* Bytes these rows take in the run. */
static uint64_t piece_bytes(const struct stoa_router *router,
                            const struct stoa_column *columns, uint32_t first,
                            uint32_t rows)
{
    uint64_t size = 0;
    for (uint32_t c = 0; c < router->field_count; c++) {
        const struct stoa_column *column = &columns[c];
        size += column->phys == STOA_PHYS_BYTES
                    ? 4 * (uint64_t)rows +
                          (column->offsets[first + rows] - column->offsets[first])
                    : stoa_phys_width(column->phys) * rows;
    }
    return size + (uint64_t)rows * sizeof(uint32_t);
}

static stoa_status grow_run(struct stoa_router *router, uint32_t rows, stoa_error *err)
{
    const uint32_t needed = router->run[0].length + rows;
    if (needed <= router->run_capacity)
        return STOA_OK;
    uint32_t capacity = router->run_capacity == 0 ? PIECE_ROWS : router->run_capacity;
    while (capacity < needed)
        capacity *= 2;
    uint32_t *grown = stoa_realloc(router->run_partitions, capacity * sizeof *grown);
    if (grown == NULL)
        return stoa_fail_memory(err, capacity * sizeof *grown);
    router->run_partitions = grown;
    router->run_capacity = capacity;
    return STOA_OK;
}

static stoa_status buffer_piece(struct stoa_router *router,
                                const struct stoa_column *columns, uint32_t first,
                                uint32_t rows, stoa_error *err)
{
    const uint32_t at = router->run[0].length;
    const bool count_only = router->options.count_only;
    if (!count_only)
        STOA_TRY(grow_run(router, rows, err));
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t number = 0;
        STOA_TRY(find_partition(router, columns, first + i, &number, err));
        router->partitions[number].rows++;
        if (!count_only)
            router->run_partitions[at + i] = number;
    }
    for (uint32_t c = 0; !count_only && c < router->field_count; c++)
        STOA_TRY(stoa_column_builder_append_rows(&router->run[c], &columns[c], first, rows,
                                                 err));
    return STOA_OK;
}

stoa_status stoa_router_append(struct stoa_router *router,
                               const struct stoa_column *columns, uint32_t rows,
                               stoa_error *err)
{
    router->rows += rows;
    router->bytes += piece_bytes(router, columns, 0, rows);
    if (router->options.partition_count == 0) {
        router->bytes_written = router->bytes;
        return router->options.count_only
                   ? STOA_OK
                   : stoa_data_writer_append(router->single, columns, rows, err);
    }
    for (uint32_t first = 0; first < rows;) {
        uint32_t piece = rows - first < PIECE_ROWS ? rows - first : PIECE_ROWS;
        while (piece > 1 &&
               piece_bytes(router, columns, first, piece) > router->options.memory / 4)
            piece /= 2;
        const uint64_t bytes = piece_bytes(router, columns, first, piece);
        if (!router->options.count_only && router->run[0].length > 0 &&
            router->run_bytes + bytes > router->options.memory)
            STOA_TRY(spill_run(router, err));
        STOA_TRY(buffer_piece(router, columns, first, piece, err));
        router->run_bytes += bytes;
        first += piece;
    }
    return STOA_OK;
}

/* ---- writing partition by partition ---- */

/* A piece of a partition, in router->views, goes to its file. */
static stoa_status write_piece(struct stoa_router *router, struct stoa_data_writer *writer,
                               uint32_t rows, stoa_error *err)
{
    STOA_TRY(stoa_transaction_ask(router->transaction, err));
    STOA_TRY(stoa_data_writer_append(writer, router->views, rows, err));
    router->bytes_written += piece_bytes(router, router->views, 0, rows);
    return STOA_OK;
}

/* Appends the partition's rows from memory. */
static stoa_status write_buffered(struct stoa_router *router,
                                  struct stoa_data_writer *writer, const uint32_t *rows,
                                  uint32_t count, stoa_error *err)
{
    for (uint32_t at = 0; at < count; at += SEGMENT_ROWS) {
        const uint32_t n = count - at < SEGMENT_ROWS ? count - at : SEGMENT_ROWS;
        STOA_TRY(gather(router, rows + at, n, err));
        STOA_TRY(write_piece(router, writer, n, err));
    }
    return STOA_OK;
}

static stoa_status write_spilled(struct stoa_router *router,
                                 struct stoa_data_writer *writer,
                                 const struct partition *partition, stoa_error *err)
{
    for (uint32_t c = 0; c < router->field_count; c++)
        router->views[c].phys = router->scratch[c].phys;
    for (uint32_t s = partition->first_segment; s != UINT32_MAX;
         s = router->spill.segments[s].next) {
        STOA_TRY(
            stoa_spill_read(&router->spill, s, router->views, router->field_count, err));
        STOA_TRY(write_piece(router, writer, router->spill.segments[s].rows, err));
    }
    return STOA_OK;
}

struct finish {
    struct stoa_partition_dirs dirs;
    const char **keys;
    uint32_t *order, *starts; /* NULL: all rows are spilled */
    struct stoa_buf directory;
};

static stoa_status write_partition(struct stoa_router *router, struct finish *finish,
                                   uint32_t p, stoa_error *err)
{
    const struct partition *partition = &router->partitions[p];
    struct stoa_data_writer *writer = NULL;
    finish->directory.size = 0;
    STOA_TRY(stoa_partition_dirs_name(&finish->dirs, finish->keys, partition->values,
                                      router->options.partition_count, &finish->directory,
                                      err));
    STOA_TRY(stoa_buf_append_byte(&finish->directory, 0, err));
    STOA_TRY(stoa_data_writer_create(
        router->transaction, &router->options.writer, (const char *)finish->directory.data,
        partition->values, router->options.partition_count, &writer, err));
    stoa_status status =
        finish->order != NULL
            ? write_buffered(router, writer, finish->order + finish->starts[p],
                             finish->starts[p + 1] - finish->starts[p], err)
            : write_spilled(router, writer, partition, err);
    if (status == STOA_OK)
        status = stoa_data_writer_finish(writer, err);
    stoa_data_writer_free(writer);
    return status;
}

static stoa_status finish_partitions(struct stoa_router *router, stoa_error *err)
{
    struct finish finish = {0};
    const uint32_t count = router->options.partition_count;
    stoa_status status = STOA_OK;
    stoa_buf_init(&finish.directory, STOA_PATH_LIMIT + 1);
    finish.keys = stoa_alloc_array(count, sizeof *finish.keys);
    if (finish.keys == NULL)
        return stoa_fail_memory(err, count * sizeof *finish.keys);
    for (uint32_t k = 0; k < count; k++)
        finish.keys[k] =
            router->options.writer.schema.fields[router->options.partitions[k]].name;
    STOA_TRY_CLEANUP(stoa_partition_dirs_init(&finish.dirs, router->options.parent, err));
    if (router->has_spilled) {
        STOA_TRY_CLEANUP(spill_run(router, err));
        free_builders(&router->run, router->field_count);
    } else {
        STOA_TRY_CLEANUP(sort_run(router, &finish.order, &finish.starts, err));
    }
    for (uint32_t p = 0; p < router->tuples.count; p++)
        STOA_TRY_CLEANUP(write_partition(router, &finish, p, err));
cleanup:
    stoa_free(finish.order);
    stoa_free(finish.starts);
    stoa_free(finish.keys);
    stoa_buf_done(&finish.directory);
    stoa_partition_dirs_done(&finish.dirs);
    return status;
}

stoa_status stoa_router_finish(struct stoa_router *router, stoa_error *err)
{
    if (router->options.count_only || router->rows == 0)
        return STOA_OK;
    STOA_TRY(router->options.partition_count == 0
                 ? stoa_data_writer_finish(router->single, err)
                 : finish_partitions(router, err));
    return stoa_transaction_settle(router->transaction, err);
}
