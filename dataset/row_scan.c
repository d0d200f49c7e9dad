/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows by number: find the row group, load a block of each column, decode one vector of each.
 * Row groups are found by walking, since manifests have few.
 */
#include "dataset/row_scan.h"

#include <string.h>

#include "common/alloc.h"

stoa_status stoa_row_scan_init(struct stoa_row_scan *scan, struct stoa_reader *reader,
                               const uint32_t *columns, uint32_t count, stoa_error *err)
{
    memset(scan, 0, sizeof *scan);
    scan->reader = reader;
    scan->rows = stoa_reader_rows(reader);
    scan->columns = stoa_alloc_zeroed(count, sizeof *scan->columns);
    if (scan->columns == NULL)
        return stoa_fail_memory(err, count * sizeof *scan->columns);
    scan->column_count = count;
    for (uint32_t i = 0; i < count; i++) {
        scan->columns[i].column = columns[i];
        stoa_block_slot_init(&scan->columns[i].slot);
        scan->columns[i].slot.decompressor = &scan->decompressor;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct stoa_row_scan_column *column = &scan->columns[i];
        stoa_field field;
        stoa_status status = stoa_reader_field(reader, columns[i], &field, err);
        if (status == STOA_OK)
            status = stoa_vector_init(&column->vector, stoa_type_phys(field.type), err);
        if (status != STOA_OK) {
            stoa_row_scan_done(scan);
            return status;
        }
        column->has_vector = true;
    }
    return STOA_OK;
}

void stoa_row_scan_done(struct stoa_row_scan *scan)
{
    for (uint32_t i = 0; i < scan->column_count; i++) {
        stoa_block_slot_done(&scan->columns[i].slot);
        if (scan->columns[i].has_vector)
            stoa_vector_done(&scan->columns[i].vector);
    }
    stoa_decompressor_done(&scan->decompressor);
    stoa_free(scan->columns);
    scan->columns = NULL;
    scan->column_count = 0;
}

static stoa_status find_group(struct stoa_row_scan *scan, uint64_t row, stoa_error *err)
{
    if (scan->has_group && row >= scan->group_first &&
        row - scan->group_first < scan->group_rows)
        return STOA_OK;
    const uint32_t groups = stoa_reader_row_groups(scan->reader);
    const bool forward = scan->has_group && row >= scan->group_first;
    scan->has_block = false;
    scan->vector_rows = 0;
    for (uint32_t i = forward ? scan->group : 0; i < groups; i++) {
        struct stoa_row_group_info info;
        STOA_TRY(stoa_reader_row_group(scan->reader, i, &info, err));
        if (row < info.first_row || row - info.first_row >= info.rows)
            continue;
        scan->group = i;
        scan->group_first = info.first_row;
        scan->group_rows = info.rows;
        scan->has_group = true;
        return STOA_OK;
    }
    return stoa_fail(err, STOA_E_CORRUPT, "expected row %llu in one of %u row groups",
                     (unsigned long long)row, groups);
}

stoa_status stoa_row_scan_seek(struct stoa_row_scan *scan, uint64_t row, stoa_error *err)
{
    if (scan->vector_rows != 0 && row >= scan->vector_first &&
        row - scan->vector_first < scan->vector_rows) {
        scan->row = (uint32_t)(row - scan->vector_first);
        return STOA_OK;
    }
    STOA_TRY(find_group(scan, row, err));
    const uint32_t in_group = (uint32_t)(row - scan->group_first);
    const uint32_t block = in_group / STOA_BLOCK_ROWS;
    const uint32_t vector = in_group % STOA_BLOCK_ROWS / STOA_VECTOR_ROWS;
    const uint32_t first = in_group / STOA_VECTOR_ROWS * STOA_VECTOR_ROWS;
    const uint32_t left = scan->group_rows - first;
    const uint32_t rows = left < STOA_VECTOR_ROWS ? left : STOA_VECTOR_ROWS;
    const bool load = !scan->has_block || scan->block != block;
    scan->has_block = false;
    scan->vector_rows = 0;
    for (uint32_t i = 0; i < scan->column_count; i++) {
        struct stoa_row_scan_column *column = &scan->columns[i];
        if (load)
            STOA_TRY(stoa_reader_load(scan->reader, column->column, scan->group, block,
                                      &column->slot, err));
        STOA_TRY(stoa_block_decode(&column->slot.block, vector, &column->vector, err));
        if (column->vector.length != rows)
            return stoa_fail(err, STOA_E_CORRUPT, "expected a vector of %u rows, found %u",
                             rows, column->vector.length);
    }
    scan->block = block;
    scan->has_block = true;
    scan->vector_first = scan->group_first + first;
    scan->vector_rows = rows;
    scan->row = (uint32_t)(row - scan->vector_first);
    return STOA_OK;
}

struct stoa_value stoa_row_scan_get(const struct stoa_row_scan *scan, uint32_t i)
{
    return stoa_vector_get(&scan->columns[i].vector, scan->row);
}
