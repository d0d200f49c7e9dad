/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See test_table.h. Values come from one function per physical kind and depend on the seed
 * alone, so a table can be made again anywhere.
 */
#include "tests/tables/test_table.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"

/* ---- values ---- */

/* State of one column's generator. */
struct generator {
    struct test_random *random;
    enum test_values values;
    stoa_type type;
    uint64_t row;
    uint64_t number; /* what the value is made from */
    uint64_t step;
    char text[96];
};

stoa_type test_type(size_t i)
{
    static const stoa_type types[TEST_TYPE_COUNT] = {
        {STOA_TYPE_BOOL,        0,  0 },
        {STOA_TYPE_INT8,        0,  0 },
        {STOA_TYPE_INT16,       0,  0 },
        {STOA_TYPE_INT32,       0,  0 },
        {STOA_TYPE_INT64,       0,  0 },
        {STOA_TYPE_UINT64,      0,  0 },
        {STOA_TYPE_FLOAT64,     0,  0 },
        {STOA_TYPE_DECIMAL,     9,  2 },
        {STOA_TYPE_DECIMAL,     38, 10},
        {STOA_TYPE_DATE,        0,  0 },
        {STOA_TYPE_TIME,        0,  0 },
        {STOA_TYPE_TIMESTAMP,   0,  0 },
        {STOA_TYPE_TIMESTAMPTZ, 0,  0 },
        {STOA_TYPE_TEXT,        0,  0 },
        {STOA_TYPE_BINARY,      0,  0 },
        {STOA_TYPE_UUID,        0,  0 },
    };
    assert_true(i < TEST_TYPE_COUNT);
    return types[i];
}

/* Moves the generator to the next row. */
static void advance(struct generator *generator)
{
    struct test_random *random = generator->random;
    switch (generator->values) {
    case TEST_VALUES_CONSTANT: generator->number = 42; break;
    case TEST_VALUES_SEQUENCE: generator->number += generator->step; break;
    case TEST_VALUES_FEW: generator->number = 1000 * test_random_below(random, 7); break;
    case TEST_VALUES_RUNS:
        if (test_random_below(random, 100) == 0)
            generator->number = test_random_below(random, 50);
        break;
    case TEST_VALUES_NARROW: generator->number = test_random_below(random, 5000); break;
    case TEST_VALUES_WIDE: generator->number = test_random_next(random); break;
    case TEST_VALUES_PERIODIC:
        generator->number = generator->row % 300 * 40503 % 65521 * 7;
        break;
    case TEST_VALUES_STEADY: generator->number += test_random_below(random, 50); break;
    case TEST_VALUES_RARE:
        generator->number =
            test_random_below(random, 30) ? 3 : test_random_below(random, 5000);
        break;
    case TEST_VALUES_NOISE: generator->number = test_random_next(random); break;
    case TEST_VALUES_COUNT: break;
    }
    generator->row++;
}

/* Bounds of the I64 types, so that the values print. */
static void range_of_type(stoa_type type, int64_t *low, int64_t *high)
{
    static const struct {
        int64_t low, high;
    } ranges[] = {
        [STOA_TYPE_INT8] = {INT8_MIN,                    INT8_MAX                   },
        [STOA_TYPE_INT16] = {INT16_MIN,                   INT16_MAX                  },
        [STOA_TYPE_INT32] = {INT32_MIN,                   INT32_MAX                  },
        [STOA_TYPE_INT64] = {INT64_MIN,                   INT64_MAX                  },
        [STOA_TYPE_DECIMAL] = {-999999999,                  999999999                  },
        [STOA_TYPE_DATE] = {-719162,                     2932896                    },
        [STOA_TYPE_TIME] = {0,                           INT64_C(86399999999)       },
        [STOA_TYPE_TIMESTAMP] = {INT64_C(-62135596800000000), INT64_C(253402300799999999)},
        [STOA_TYPE_TIMESTAMPTZ] = {INT64_C(-62135596800000000),
                            INT64_C(253402300799999999)                             },
    };
    *low = ranges[type.id].low;
    *high = ranges[type.id].high;
}

static int64_t make_i64(const struct generator *generator)
{
    int64_t low = 0;
    int64_t high = 0;
    range_of_type(generator->type, &low, &high);
    const uint64_t span = (uint64_t)high - (uint64_t)low;
    if (generator->values != TEST_VALUES_WIDE)
        return (int64_t)(generator->number % ((uint64_t)high + 1)) - (low < 0 ? 100 : 0);
    if (generator->number % 16 == 0)
        return generator->number & 16 ? low : high;
    return (int64_t)((uint64_t)low + (span == UINT64_MAX ? generator->number
                                                         : generator->number % (span + 1)));
}

static double make_f64(const struct generator *generator)
{
    static const double edges[] = {0.0,    -0.0,     1e308,     -1e308,
                                   5e-324, INFINITY, -INFINITY, 0.1};
    double value = 0;
    if (generator->values == TEST_VALUES_NOISE)
        return 1 + (double)(generator->number >> 12) * 0x1p-52;
    if (generator->values != TEST_VALUES_WIDE)
        return (double)generator->number / 4 - 100;
    if (generator->number % 8 == 1)
        return edges[generator->number / 8 % 8];
    memcpy(&value, &generator->number, sizeof value); /* any pattern, NaN too */
    return value;
}

static stoa_i128 make_i128(const struct generator *generator)
{
    const stoa_i128 value = (stoa_i128)generator->number;
    if (generator->values != TEST_VALUES_WIDE)
        return value - 2000;
    return value * (INT64_C(1) << 59) * (generator->number & 1 ? -1 : 1); /* 37 digits */
}

/* Some of the texts must be escaped in golden files, some have more than one byte a letter. */
static struct stoa_view make_text(struct generator *generator)
{
    static const char *const tails[] = {"",   "\t", "\xC3\xA4",
                                        "\\", "\n", "\xF0\x9F\x98\x80"};
    static const char *const ends[] = {"", "/view", "/edit"}; /* else it spells a number */
    const unsigned long long number = generator->number;
    const bool is_wide = generator->values == TEST_VALUES_WIDE;
    int size = 0;
    if (is_wide && number % 4 == 0)
        size = snprintf(generator->text, sizeof generator->text, "%.*s",
                        (int)(number / 4 % 9), "abcdefgh");
    else if (is_wide)
        size =
            snprintf(generator->text, sizeof generator->text, "%016llx%016llx%.*s%s",
                     number, number * 31, (int)(number / 8 % 40),
                     "-0123456789-0123456789-0123456789-012345", tails[number / 512 % 6]);
    else
        size = snprintf(generator->text, sizeof generator->text,
                        "https://example.org/item/%llu%s", number, ends[number % 3]);
    return (struct stoa_view){.data = (const uint8_t *)generator->text,
                              .length = (uint32_t)size};
}

static void make_fixed16(const struct generator *generator, uint8_t out[16])
{
    stoa_store_le64(out, __builtin_bswap64(generator->number));
    stoa_store_le64(out + 8, generator->number * UINT64_C(0x9E3779B97F4A7C15));
}

static struct stoa_value make_value(struct generator *generator)
{
    struct stoa_value value = {.is_null = false};
    switch (stoa_type_phys(generator->type)) {
    case STOA_PHYS_BOOL: value.boolean = generator->number / 8 % 2 == 1; break;
    case STOA_PHYS_I64: value.i64 = make_i64(generator); break;
    case STOA_PHYS_U64: value.u64 = generator->number; break;
    case STOA_PHYS_F64: value.f64 = make_f64(generator); break;
    case STOA_PHYS_I128: value.i128 = make_i128(generator); break;
    case STOA_PHYS_BYTES: value.bytes = make_text(generator); break;
    case STOA_PHYS_FIXED16: make_fixed16(generator, value.fixed16); break;
    case STOA_PHYS_COUNT: break;
    }
    return value;
}

static bool next_is_null(struct test_random *random, enum test_nulls nulls, uint32_t row,
                         bool before)
{
    switch (nulls) {
    case TEST_NULLS_NONE: return false;
    case TEST_NULLS_SOME: return test_random_below(random, 50) == 0;
    case TEST_NULLS_HALF: return test_random_below(random, 2) == 0;
    case TEST_NULLS_RUNS: return test_random_below(random, 200) == 0 ? !before : before;
    case TEST_NULLS_ALL: return true;
    case TEST_NULLS_BUT_FIRST: return row > 0;
    case TEST_NULLS_COUNT: break;
    }
    return false;
}

/* ---- tables ---- */

static void fill_column(struct stoa_column_builder *builder, struct test_random *random,
                        const struct test_column_spec *spec, uint32_t rows)
{
    struct generator generator = {
        .random = random,
        .values = spec->values,
        .type = spec->type,
        .step = 1 + test_random_below(random, 3) * 60,
    };
    bool is_null = false;
    for (uint32_t row = 0; row < rows; row++) {
        const struct stoa_value null = {.is_null = true};
        advance(&generator);
        is_null = next_is_null(random, spec->nulls, row, is_null);
        const struct stoa_value value = is_null ? null : make_value(&generator);
        assert_ok(stoa_column_builder_append(builder, &value, NULL), NULL);
    }
}

void test_table_make(struct test_table *table, struct test_random *random,
                     const struct test_column_spec *specs, size_t count, uint32_t rows)
{
    enum { NAME_ROOM = 32 };
    table->rows = rows;
    table->fields = calloc(count, sizeof *table->fields);
    table->names = calloc(count, NAME_ROOM);
    table->columns = calloc(count, sizeof *table->columns);
    assert_true(table->fields && table->names && table->columns);
    for (size_t i = 0; i < count; i++) {
        char *name = table->names + i * NAME_ROOM;
        snprintf(name, NAME_ROOM, "%s", specs[i].name);
        table->fields[i] = (stoa_field){
            .name = name,
            .id = (uint32_t)i + 1,
            .type = specs[i].type,
            .nullable = specs[i].nulls != TEST_NULLS_NONE,
        };
        stoa_column_builder_init(&table->columns[i], stoa_type_phys(specs[i].type));
        fill_column(&table->columns[i], random, &specs[i], rows);
    }
    table->schema = (stoa_schema){.fields = table->fields, .field_count = count};
}

void test_table_random(struct test_table *table, struct test_random *random, uint32_t rows)
{
    struct test_column_spec specs[TEST_TYPE_COUNT];
    char names[TEST_TYPE_COUNT][STOA_TYPE_TEXT_MAX];
    for (size_t i = 0; i < TEST_TYPE_COUNT; i++)
        specs[i] = (struct test_column_spec){
            .name = stoa_type_text(test_type(i), names[i]),
            .type = test_type(i),
            .values = (enum test_values)test_random_below(random, TEST_VALUES_COUNT),
            .nulls = (enum test_nulls)test_random_below(random, TEST_NULLS_COUNT),
        };
    test_table_make(table, random, specs, TEST_TYPE_COUNT, rows);
}

void test_table_done(struct test_table *table)
{
    for (size_t i = 0; i < table->schema.field_count; i++)
        stoa_column_builder_done(&table->columns[i]);
    free(table->columns);
    free(table->names);
    free(table->fields);
    table->schema.field_count = 0;
}

/* ---- writing ---- */

static stoa_status append_slices(const struct test_table *table,
                                 struct stoa_file_writer *writer, uint32_t step,
                                 stoa_error *err)
{
    const size_t count = table->schema.field_count;
    struct stoa_column_builder *slice = calloc(count, sizeof *slice);
    struct stoa_column *columns = calloc(count, sizeof *columns);
    stoa_status status = STOA_OK;
    for (size_t i = 0; i < count; i++)
        stoa_column_builder_init(&slice[i], table->columns[i].phys);
    for (uint32_t first = 0; status == STOA_OK && first < table->rows; first += step) {
        const uint32_t left = table->rows - first;
        const uint32_t rows = left < step ? left : step;
        for (size_t i = 0; status == STOA_OK && i < count; i++) {
            const struct stoa_column whole = stoa_column_builder_view(&table->columns[i]);
            stoa_column_builder_clear(&slice[i]);
            status = stoa_column_builder_append_rows(&slice[i], &whole, first, rows, err);
            columns[i] = stoa_column_builder_view(&slice[i]);
        }
        if (status == STOA_OK)
            status = stoa_file_writer_append(writer, columns, rows, err);
    }
    for (size_t i = 0; i < count; i++)
        stoa_column_builder_done(&slice[i]);
    free(slice);
    free(columns);
    return status;
}

static stoa_status append_all(const struct test_table *table,
                              struct stoa_file_writer *writer, stoa_error *err)
{
    const size_t count = table->schema.field_count;
    struct stoa_column *columns = calloc(count, sizeof *columns);
    for (size_t i = 0; i < count; i++)
        columns[i] = stoa_column_builder_view(&table->columns[i]);
    const stoa_status status = stoa_file_writer_append(writer, columns, table->rows, err);
    free(columns);
    return status;
}

static stoa_status write_file(const struct test_table *table, const struct stoa_file *file,
                              struct stoa_pool *pool,
                              const struct test_write_options *options,
                              struct stoa_file_summary *out_summary, stoa_error *err)
{
    const struct stoa_file_writer_options writer_options = {.profile = options->profile,
                                                            .pool = pool,
                                                            .keeps_sketches =
                                                                options->keeps_sketches,
                                                            .filters = options->filters};
    struct stoa_file_writer *writer = NULL;
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_file_writer_create(file, &table->schema, &writer_options, &writer, err));
    if (options->append_rows == 0 || options->append_rows >= table->rows)
        STOA_TRY_CLEANUP(append_all(table, writer, err));
    else
        STOA_TRY_CLEANUP(append_slices(table, writer, options->append_rows, err));
    STOA_TRY_CLEANUP(stoa_file_writer_finish(writer, out_summary, err));
cleanup:
    stoa_file_writer_free(writer);
    return status;
}

stoa_status test_table_try_write(const struct test_table *table,
                                 const struct test_directory *directory, const char *name,
                                 const struct test_write_options *options,
                                 struct stoa_file_summary *out_summary, stoa_error *err)
{
    struct stoa_file file = STOA_FILE_CLOSED;
    struct stoa_pool *pool = NULL;
    stoa_status status = STOA_OK;
    if (options->threads > 0)
        STOA_TRY(stoa_pool_create(options->threads, &pool, err));
    STOA_TRY_CLEANUP(
        stoa_io_open(directory->fd, name, STOA_OPEN_CREATE_NEW, NULL, &file, err));
    STOA_TRY_CLEANUP(write_file(table, &file, pool, options, out_summary, err));
    STOA_TRY_CLEANUP(stoa_io_close(&file, err));
cleanup:
    stoa_io_discard(&file);
    stoa_pool_free(pool);
    return status;
}

void test_table_write(const struct test_table *table,
                      const struct test_directory *directory, const char *name,
                      const struct test_write_options *options,
                      struct stoa_file_summary *out_summary)
{
    struct stoa_file_summary summary;
    stoa_error error;
    assert_ok(test_table_try_write(table, directory, name, options, &summary, &error),
              &error);
    summary.columns = NULL;
    summary.stored_bytes = NULL;
    if (out_summary)
        *out_summary = summary;
}

/* ---- reading ---- */

stoa_status test_reader_open(const struct test_directory *directory, const char *name,
                             struct stoa_reader **out_reader, stoa_error *err)
{
    struct stoa_file file = STOA_FILE_CLOSED;
    STOA_TRY(stoa_io_open(directory->fd, name, STOA_OPEN_READ, NULL, &file, err));
    return stoa_reader_open(&file, NULL, out_reader, err);
}

static stoa_status scan_block(struct stoa_block_slot *slot, struct stoa_vector *vector,
                              uint32_t column, uint64_t first_row, test_vector_fn take,
                              void *context, stoa_error *err)
{
    for (uint32_t row = 0; row < slot->block.rows; row += STOA_VECTOR_ROWS) {
        STOA_TRY(stoa_block_decode(&slot->block, row / STOA_VECTOR_ROWS, vector, err));
        STOA_TRY(take(context, column, first_row + row, vector, err));
    }
    return STOA_OK;
}

static stoa_status scan_column(struct stoa_reader *reader, uint32_t column,
                               struct stoa_block_slot *slot, test_vector_fn take,
                               void *context, stoa_error *err)
{
    stoa_field field;
    struct stoa_vector vector;
    stoa_status status = STOA_OK;
    STOA_TRY(stoa_reader_field(reader, column, &field, err));
    STOA_TRY(stoa_vector_init(&vector, stoa_type_phys(field.type), err));
    for (uint32_t g = 0; g < stoa_reader_row_groups(reader); g++) {
        struct stoa_row_group_info info;
        STOA_TRY_CLEANUP(stoa_reader_row_group(reader, g, &info, err));
        for (uint32_t b = 0; b < info.blocks; b++) {
            STOA_TRY_CLEANUP(stoa_reader_load(reader, column, g, b, slot, err));
            STOA_TRY_CLEANUP(scan_block(slot, &vector, column,
                                        info.first_row + (uint64_t)b * STOA_BLOCK_ROWS,
                                        take, context, err));
        }
    }
cleanup:
    stoa_vector_done(&vector);
    return status;
}

stoa_status test_reader_scan(struct stoa_reader *reader, test_vector_fn take, void *context,
                             stoa_error *err)
{
    struct stoa_block_slot slot;
    stoa_status status = STOA_OK;
    stoa_block_slot_init(&slot);
    for (uint32_t c = 0; c < stoa_reader_columns(reader); c++)
        STOA_TRY_CLEANUP(scan_column(reader, c, &slot, take, context, err));
cleanup:
    stoa_block_slot_done(&slot);
    return status;
}

/* ---- comparing ---- */

static bool values_are_equal(enum stoa_phys phys, const struct stoa_value *a,
                             const struct stoa_value *b)
{
    if (a->is_null || b->is_null)
        return a->is_null == b->is_null;
    return stoa_value_compare_exact(phys, a, b) == 0;
}

static stoa_status compare_vector(void *context, uint32_t column, uint64_t first_row,
                                  const struct stoa_vector *vector, stoa_error *err)
{
    const struct test_table *table = context;
    const struct stoa_column expected = stoa_column_builder_view(&table->columns[column]);
    for (uint32_t row = 0; row < vector->length; row++) {
        const struct stoa_value found = stoa_vector_get(vector, row);
        const struct stoa_value wanted =
            stoa_column_get(&expected, (uint32_t)first_row + row);
        if (!values_are_equal(expected.phys, &wanted, &found))
            return stoa_fail(err, STOA_E_INTERNAL,
                             "expected the value written, found another one in column %s, "
                             "row %llu",
                             table->fields[column].name,
                             (unsigned long long)(first_row + row));
    }
    return STOA_OK;
}

static void compare_schema(const stoa_schema *expected, const stoa_schema *found)
{
    assert_int_equal(expected->field_count, found->field_count);
    for (size_t i = 0; i < expected->field_count; i++) {
        assert_string_equal(expected->fields[i].name, found->fields[i].name);
        assert_int_equal(expected->fields[i].id, found->fields[i].id);
        assert_true(stoa_type_equal(expected->fields[i].type, found->fields[i].type));
        assert_int_equal(expected->fields[i].nullable, found->fields[i].nullable);
    }
}

void test_table_compare(const struct test_table *table, struct stoa_reader *reader)
{
    stoa_error error;
    const stoa_schema *schema = NULL;
    assert_ok(stoa_reader_schema(reader, &schema, &error), &error);
    compare_schema(&table->schema, schema);
    assert_int_equal(stoa_reader_rows(reader), table->rows);
    assert_ok(test_reader_scan(reader, compare_vector, (void *)(uintptr_t)table, &error),
              &error);
}

static stoa_status take_vector(void *context, uint32_t column, uint64_t first_row,
                               const struct stoa_vector *vector, stoa_error *err)
{
    struct test_table *table = context;
    assert_int_equal(table->columns[column].length, first_row);
    for (uint32_t row = 0; row < vector->length; row++) {
        const struct stoa_value value = stoa_vector_get(vector, row);
        STOA_TRY(stoa_column_builder_append(&table->columns[column], &value, err));
    }
    return STOA_OK;
}

stoa_status test_table_read(struct test_table *table, struct stoa_reader *reader,
                            stoa_error *err)
{
    const stoa_schema *schema = NULL;
    *table = (struct test_table){.rows = (uint32_t)stoa_reader_rows(reader)};
    STOA_TRY(stoa_reader_schema(reader, &schema, err));
    table->schema = *schema; /* borrowed: table->fields stays NULL */
    table->columns = calloc(schema->field_count, sizeof *table->columns);
    for (size_t i = 0; i < schema->field_count; i++)
        stoa_column_builder_init(&table->columns[i],
                                 stoa_type_phys(schema->fields[i].type));
    return test_reader_scan(reader, take_vector, table, err);
}
