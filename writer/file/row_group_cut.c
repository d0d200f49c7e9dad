/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cut rule [FMT-4]. The raw size never shrinks from row to row, so whole vectors are taken
 * at one step, and inside the vector that crosses the limit the last row that fits is found by
 * bisection: a cut costs O(columns), not O(columns x rows).
 */
#include "writer/file/row_group_cut.h"

#include "common/bits.h"

void stoa_cut_init(struct stoa_cut *cut, const stoa_schema *schema)
{
    *cut = (struct stoa_cut){.rows = 0};
    for (size_t i = 0; i < schema->field_count; i++) {
        const enum stoa_phys phys = stoa_type_phys(schema->fields[i].type);
        if (phys == STOA_PHYS_BOOL)
            cut->bool_columns++;
        else
            cut->row_width += phys == STOA_PHYS_BYTES ? 4 : stoa_phys_width(phys);
    }
}

void stoa_cut_reset(struct stoa_cut *cut)
{
    cut->rows = 0;
    cut->text_bytes = 0;
    cut->vector_start = 0;
    cut->last_vector = 0;
}

static uint64_t raw_size(const struct stoa_cut *cut, uint64_t rows, uint64_t text_bytes)
{
    return rows * cut->row_width + (rows + 7) / 8 * cut->bool_columns + text_bytes;
}

uint64_t stoa_cut_raw_size(const struct stoa_cut *cut)
{
    return raw_size(cut, cut->rows, cut->text_bytes);
}

uint64_t stoa_cut_text_size(const struct stoa_column *column, uint32_t first,
                            uint32_t count)
{
    uint64_t size = column->offsets[first + count] - column->offsets[first];
    if (!column->validity || size == 0)
        return size;
    for (uint32_t row = first; row < first + count;) {
        const uint32_t in_word = 64 - row % 64;
        const uint32_t left = first + count - row;
        const uint32_t step = left < in_word ? left : in_word;
        uint64_t nulls = ~column->validity[row / 64] >> row % 64 & stoa_low_mask(step);
        for (; nulls; nulls &= nulls - 1)
            size -= stoa_column_view(column, row + (uint32_t)__builtin_ctzll(nulls)).length;
        row += step;
    }
    return size;
}

static uint64_t all_text_size(const struct stoa_column *columns, size_t column_count,
                              uint32_t first, uint32_t count)
{
    uint64_t size = 0;
    for (size_t i = 0; i < column_count; i++) {
        if (columns[i].phys == STOA_PHYS_BYTES)
            size += stoa_cut_text_size(&columns[i], first, count);
    }
    return size;
}

/* Whether the row group ends at a whole vector, whatever the next row is. */
static bool is_full(const struct stoa_cut *cut)
{
    if (cut->rows == STOA_ROW_GROUP_ROWS)
        return true;
    return cut->rows > 0 && cut->rows % STOA_VECTOR_ROWS == 0 &&
           cut->vector_start + cut->last_vector > STOA_MAX_ROW_GROUP_RAW;
}

static void add_rows(struct stoa_cut *cut, uint32_t rows, uint64_t text_bytes)
{
    cut->rows += rows;
    cut->text_bytes += text_bytes;
    if (cut->rows % STOA_VECTOR_ROWS == 0) {
        const uint64_t raw = stoa_cut_raw_size(cut);
        cut->last_vector = raw - cut->vector_start;
        cut->vector_start = raw;
    }
}

/* The largest number below `count` of rows from `first` on that fit; at least one where the row
 * group has none yet. `count` rows do not fit. */
static uint32_t find_fitting(const struct stoa_cut *cut, const struct stoa_column *columns,
                             size_t column_count, uint32_t first, uint32_t count)
{
    uint32_t fits = cut->rows == 0 ? 1 : 0;
    uint32_t too_many = count;
    while (too_many - fits > 1) {
        const uint32_t middle = fits + (too_many - fits) / 2;
        const uint64_t text =
            cut->text_bytes + all_text_size(columns, column_count, first, middle);
        if (raw_size(cut, cut->rows + middle, text) <= STOA_MAX_ROW_GROUP_RAW)
            fits = middle;
        else
            too_many = middle;
    }
    return fits;
}

uint32_t stoa_cut_take(struct stoa_cut *cut, const struct stoa_column *columns,
                       size_t column_count, uint32_t first, uint32_t count)
{
    uint32_t taken = 0;
    while (taken < count && !is_full(cut)) {
        const uint32_t at = first + taken;
        const uint32_t in_vector = STOA_VECTOR_ROWS - cut->rows % STOA_VECTOR_ROWS;
        uint32_t step = count - taken < in_vector ? count - taken : in_vector;
        uint64_t text = all_text_size(columns, column_count, at, step);
        const bool is_over = raw_size(cut, cut->rows + step, cut->text_bytes + text) >
                                 STOA_MAX_ROW_GROUP_RAW &&
                             cut->rows + step > 1;
        if (is_over) {
            step = find_fitting(cut, columns, column_count, at, step);
            text = all_text_size(columns, column_count, at, step);
        }
        add_rows(cut, step, text);
        taken += step;
        if (is_over)
            break;
    }
    return taken;
}
