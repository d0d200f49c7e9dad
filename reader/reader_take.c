/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values by row number: rows are put in order, each block that holds some is loaded once, and the
 * values go back to where they were asked for. A slot that still holds the first block wanted
 * spares loading it, which is nearly all that one value costs.
 */
#include <assert.h>
#include <inttypes.h>

#include "common/alloc.h"
#include "format/row_order.h"
#include "reader/reader_state.h"

/* A call in progress. */
struct take {
    struct stoa_reader *reader;
    struct stoa_block_slot *slot;
    struct stoa_block_site site; /* of the block being taken from */
    uint32_t column;
    uint32_t count;
    const uint64_t *asked; /* rows as they were asked for */
    const uint32_t *order; /* NULL: they ascend */
    uint32_t *in_block;    /* scratch of `count` */
};

static uint64_t row_at(const struct take *take, uint32_t i)
{
    return take->asked[take->order ? take->order[i] : i];
}

/* ---- where a row is ---- */

/* The row group of a row that the file has. Groups follow each other without gaps. */
static stoa_status find_group(struct stoa_reader *reader, uint64_t row, uint32_t *out_group,
                              stoa_error *err)
{
    uint32_t low = 0;
    uint32_t high = stoa_reader_row_groups(reader) - 1;
    while (low < high) {
        struct stoa_row_group_info info;
        const uint32_t middle = low + (high - low + 1) / 2;
        STOA_TRY(stoa_reader_row_group(reader, middle, &info, err));
        if (info.first_row <= row)
            low = middle;
        else
            high = middle - 1;
    }
    *out_group = low;
    return STOA_OK;
}

static stoa_status find_site(struct take *take, uint64_t row, stoa_error *err)
{
    struct stoa_row_group_info info;
    uint32_t group = 0;
    STOA_TRY(find_group(take->reader, row, &group, err));
    STOA_TRY(stoa_reader_row_group(take->reader, group, &info, err));
    if (row < info.first_row || row - info.first_row >= info.rows)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "expected row %" PRIu64 " in row group %" PRIu32
                         ", found rows %" PRIu64 " to %" PRIu64 " there",
                         row, group, info.first_row, info.first_row + info.rows - 1);
    return stoa_site_find(take->reader, take->column, group,
                          (uint32_t)((row - info.first_row) / STOA_BLOCK_ROWS), &take->site,
                          err);
}

/* ---- taking ---- */

/* Rows from number `first` on that lie in the site's block; fills take->in_block. */
static uint32_t collect_rows(struct take *take, uint32_t first)
{
    const uint64_t begin = stoa_site_first_row(&take->site);
    const uint32_t rows = stoa_block_rows(take->site.group_record.rows, take->site.block);
    uint32_t count = 0;
    while (first + count < take->count && row_at(take, first + count) - begin < rows) {
        take->in_block[count] = (uint32_t)(row_at(take, first + count) - begin);
        count++;
    }
    return count;
}

static stoa_status take_block(struct take *take, uint32_t first, uint32_t *out_count,
                              struct stoa_column_builder *out, stoa_error *err)
{
    const struct stoa_block_site *site = &take->site;
    STOA_TRY(find_site(take, row_at(take, first), err));
    assert(stoa_type_phys(site->column_record.type) == out->phys);
    *out_count = collect_rows(take, first);
    if (!stoa_slot_holds(take->reader, site, take->slot))
        STOA_TRY(stoa_reader_load(take->reader, site->column, site->group, site->block,
                                  take->slot, err));
    const stoa_status status =
        stoa_block_take(&take->slot->block, take->in_block, *out_count, out, err);
    return stoa_site_fail(take->reader, site, status, err);
}

static stoa_status take_all(struct take *take, struct stoa_column_builder *out,
                            stoa_error *err)
{
    uint32_t count = 0;
    for (uint32_t first = 0; first < take->count; first += count)
        STOA_TRY(take_block(take, first, &count, out, err));
    return STOA_OK;
}

/* ---- any order ---- */

static stoa_status take_in_order(struct take *take, struct stoa_column_builder *out,
                                 stoa_error *err)
{
    const uint32_t before = out->length;
    const stoa_status status = take_all(take, out, err);
    if (status != STOA_OK)
        stoa_column_builder_cut(out, before);
    return status;
}

static stoa_status take_by_order(struct take *take, uint32_t *order,
                                 struct stoa_column_builder *out, stoa_error *err)
{
    struct stoa_column_builder taken;
    stoa_status status = STOA_OK;
    stoa_column_builder_init(&taken, out->phys);
    take->order = order;
    STOA_TRY_CLEANUP(take_all(take, &taken, err));
    stoa_row_order_invert(order, take->count, take->in_block);
    const struct stoa_column column = stoa_column_builder_view(&taken);
    STOA_TRY_CLEANUP(stoa_column_builder_gather(out, &column, order, take->count, err));
cleanup:
    stoa_column_builder_done(&taken);
    return status;
}

static stoa_status check_rows(const struct stoa_reader *reader, const uint64_t *rows,
                              uint32_t count, stoa_error *err)
{
    const uint64_t limit = stoa_reader_rows(reader);
    for (uint32_t i = 0; i < count; i++) {
        if (rows[i] < limit)
            continue;
        (void)stoa_fail(err, STOA_E_USAGE,
                        "expected row numbers below %" PRIu64 ", found %" PRIu64, limit,
                        rows[i]);
        if (err)
            stoa_error_set_place(err, "%s", stoa_reader_name(reader));
        return STOA_E_USAGE;
    }
    return STOA_OK;
}

stoa_status stoa_reader_take(struct stoa_reader *reader, uint32_t column,
                             const uint64_t *rows, uint32_t count,
                             struct stoa_block_slot *slot, struct stoa_column_builder *out,
                             stoa_error *err)
{
    struct take take = {
        .reader = reader, .slot = slot, .column = column, .count = count, .asked = rows};
    uint32_t *order = NULL;
    stoa_status status = STOA_OK;
    STOA_TRY(check_rows(reader, rows, count, err));
    if (count == 0)
        return STOA_OK;
    take.in_block = stoa_alloc_array(count, sizeof *take.in_block);
    if (!take.in_block)
        return stoa_fail_memory(err, count * sizeof *take.in_block);
    STOA_TRY_CLEANUP(stoa_row_order_make(rows, count, &order, err));
    STOA_TRY_CLEANUP(order ? take_by_order(&take, order, out, err)
                           : take_in_order(&take, out, err));
cleanup:
    stoa_free(order);
    stoa_free(take.in_block);
    return status;
}
