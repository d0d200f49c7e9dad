/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests in memory: their end, their statistics on demand, and the statistics of new files
 * on their way into the next one.
 */
#include "dataset/manifest.h"

#include <string.h>

#include "common/alloc.h"
#include "dataset/manifest_table.h"
#include "dataset/row_scan.h"

/* Packed statistics of new files in memory; columns beyond are dropped. */
#define STAT_TABLE_BYTES ((size_t)32 << 20)

void stoa_manifest_free(struct stoa_manifest *manifest)
{
    if (manifest == NULL)
        return;
    stoa_reader_close(manifest->reader);
    stoa_free(manifest->fields);
    stoa_free(manifest->partitions);
    stoa_free(manifest->sources);
    stoa_free(manifest->batches);
    stoa_free(manifest->files);
    stoa_free(manifest->tracked);
    stoa_arena_done(&manifest->arena);
    stoa_free(manifest);
}

stoa_schema stoa_manifest_schema(const struct stoa_manifest *manifest)
{
    return (stoa_schema){.fields = manifest->fields, .field_count = manifest->field_count};
}

uint32_t stoa_manifest_choose_tracked(const uint32_t *partitions, uint32_t partition_count,
                                      uint32_t field_count, uint32_t *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < partition_count; i++)
        out[count++] = partitions[i];
    for (uint32_t f = 0; f < field_count && count < partition_count + STOA_MANIFEST_TRACKED;
         f++) {
        uint32_t i = 0;
        while (i < partition_count && partitions[i] != f)
            i++;
        if (i == partition_count)
            out[count++] = f;
    }
    return count;
}

/* Columns of a stat row, in the order in which they are scanned. */
static const uint32_t stat_columns[] = {STOA_COL_KIND,   STOA_COL_FILE, STOA_COL_FIELD,
                                        STOA_COL_NULLS,  STOA_COL_NANS, STOA_COL_MIN,
                                        STOA_COL_BOUNDS, STOA_COL_MAX,  STOA_COL_SUM};
enum { S_KIND, S_FILE, S_FIELD, S_NULLS, S_NANS, S_MIN, S_BOUNDS, S_MAX, S_SUM, S_COUNT };

static stoa_status copy_bound(const struct stoa_value *value, bool wanted, uint8_t *out,
                              uint8_t *out_length, stoa_error *err)
{
    *out_length = 0;
    if (value->is_null != !wanted || (wanted && value->bytes.length > STOA_MAX_BOUND_BYTES))
        return stoa_fail(err, STOA_E_CORRUPT, "expected bounds as the flags say");
    if (!wanted)
        return STOA_OK;
    for (uint32_t i = 0; i < value->bytes.length; i++)
        out[i] = value->bytes.data[i];
    *out_length = (uint8_t)value->bytes.length;
    return STOA_OK;
}

/* The current row of the scan as a stat row; it must be of this field and file. */
static stoa_status take_row(const struct stoa_row_scan *scan, uint32_t field_id,
                            uint32_t file, struct stoa_stat_row *row, stoa_error *err)
{
    static const char kind[] = "stat";
    struct stoa_value v[S_COUNT];
    for (uint32_t i = 0; i < S_COUNT; i++)
        v[i] = stoa_row_scan_get(scan, i);
    if (v[S_KIND].is_null || v[S_KIND].bytes.length != sizeof kind - 1 ||
        memcmp(v[S_KIND].bytes.data, kind, sizeof kind - 1) != 0 || v[S_FILE].is_null ||
        v[S_FILE].i64 != file || v[S_FIELD].is_null || v[S_FIELD].i64 != field_id)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected statistics of field %u in file %u in their place",
                         field_id, file);
    if (v[S_NULLS].is_null || v[S_NULLS].i64 < 0 || v[S_NANS].is_null ||
        v[S_NANS].i64 < 0 || v[S_BOUNDS].is_null || v[S_BOUNDS].i64 < 0 ||
        v[S_BOUNDS].i64 > STOA_STAT_ALL)
        return stoa_fail(err, STOA_E_CORRUPT, "expected counts and flags of statistics");
    memset(row, 0, sizeof *row);
    row->nulls = (uint64_t)v[S_NULLS].i64;
    row->nans = (uint64_t)v[S_NANS].i64;
    row->bits = (uint8_t)v[S_BOUNDS].i64;
    const bool bounds = (row->bits & STOA_STAT_BOUNDS) != 0;
    STOA_TRY(copy_bound(&v[S_MIN], bounds, row->min, &row->min_length, err));
    STOA_TRY(copy_bound(&v[S_MAX], bounds && (row->bits & STOA_STAT_MAX_OPEN) == 0,
                        row->max, &row->max_length, err));
    const bool has_sum = (row->bits & STOA_STAT_SUM) != 0;
    if (v[S_SUM].is_null == has_sum ||
        (has_sum && v[S_SUM].bytes.length != sizeof row->sum))
        return stoa_fail(err, STOA_E_CORRUPT, "expected a sum as the flags say");
    if (has_sum)
        memcpy(row->sum, v[S_SUM].bytes.data, sizeof row->sum);
    return STOA_OK;
}

stoa_status stoa_manifest_read_stats(const struct stoa_manifest *manifest, uint32_t k,
                                     stoa_manifest_stat_fn each, void *context,
                                     stoa_error *err)
{
    struct stoa_row_scan scan = {0};
    const stoa_field *field = &manifest->fields[manifest->tracked[k]];
    const enum stoa_phys phys = stoa_type_phys(field->type);
    const uint64_t first = manifest->first_stat_row + (uint64_t)k * manifest->file_count;
    stoa_status status =
        stoa_row_scan_init(&scan, manifest->reader, stat_columns, S_COUNT, err);
    for (uint32_t i = 0; status == STOA_OK && i < manifest->file_count; i++) {
        struct stoa_stat_row row;
        struct stoa_stats stats;
        STOA_TRY_CLEANUP(stoa_row_scan_seek(&scan, first + i, err));
        STOA_TRY_CLEANUP(take_row(&scan, field->id, i, &row, err));
        STOA_TRY_CLEANUP(
            stoa_stat_row_decode(&row, phys, manifest->files[i].rows, &stats, err));
        STOA_TRY_CLEANUP(each(context, i, &row, err));
    }
cleanup:
    if (status != STOA_OK)
        stoa_error_set_place(err, "%s", stoa_reader_name(manifest->reader));
    stoa_row_scan_done(&scan);
    return status;
}

stoa_status stoa_stat_table_init(struct stoa_stat_table *table, uint32_t column_count,
                                 uint32_t kept_always, stoa_error *err)
{
    memset(table, 0, sizeof *table);
    table->columns = stoa_alloc_array(column_count, sizeof *table->columns);
    if (table->columns == NULL)
        return stoa_fail_memory(err, column_count * sizeof *table->columns);
    for (uint32_t i = 0; i < column_count; i++)
        stoa_buf_init(&table->columns[i], SIZE_MAX / 2);
    table->column_count = column_count;
    table->allocated = column_count;
    table->kept_always = kept_always;
    return STOA_OK;
}

void stoa_stat_table_done(struct stoa_stat_table *table)
{
    for (uint32_t i = 0; i < table->allocated; i++)
        stoa_buf_done(&table->columns[i]);
    stoa_free(table->columns);
    table->columns = NULL;
    table->allocated = 0;
    table->column_count = 0;
}

static void drop_last(struct stoa_stat_table *table)
{
    table->column_count--;
    table->bytes -= table->columns[table->column_count].size;
    stoa_buf_done(&table->columns[table->column_count]);
}

stoa_status stoa_stat_table_add(struct stoa_stat_table *table,
                                const struct stoa_stat_row *rows, stoa_error *err)
{
    for (uint32_t k = 0; k < table->column_count; k++) {
        const size_t before = table->columns[k].size;
        STOA_TRY(stoa_stat_row_pack(&rows[k], &table->columns[k], err));
        table->bytes += table->columns[k].size - before;
    }
    table->file_count++;
    while (table->column_count > table->kept_always &&
           (table->bytes > STAT_TABLE_BYTES ||
            (uint64_t)table->column_count * table->file_count > STOA_MANIFEST_STATS))
        drop_last(table);
    return STOA_OK;
}
