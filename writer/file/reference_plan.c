/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding columns that others could be kept by; see reference_plan.h. A sample of four runs of
 * rows is made of each column: contiguous, since that is what widths of vectors come from. Pairs
 * that do not go together show after a few rows, so that most comparisons end at once.
 *
 * A column refers to columns before it alone [SAME-2], and one that refers is no base: so
 * columns are taken in order, and the first come serve the later ones.
 */
#include "writer/file/reference_plan.h"

#include "common/alloc.h"
#include "common/bits.h"
#include "common/hash.h"

enum {
    RUNS = 4,
    RUN = 256,
    SAMPLE = RUNS * RUN,
    ROWS_MIN = SAMPLE,
    SLOTS = 2 * SAMPLE,  /* of a table of distinct values */
    DISTINCT_MAX = 256,  /* in the sample, of a column that determines others */
    MISMATCHES_MAX = 32, /* rows of the sample that may disagree.. */
    MISMATCH_SHARE = 4,  /* ..and of those without the most frequent value one in so many */
    WHOLE_EXCEPTIONS = 64, /* one row in so many of equal columns may differ */
    NO_ID = UINT16_MAX
};

/* The sampled rows of one column. */
struct sample {
    enum stoa_phys phys;
    bool is_text;
    uint64_t values[SAMPLE]; /* the bits, or a hash of them */
    bool valid[SAMPLE];
    uint16_t ids[SAMPLE]; /* of distinct values, by first row; NO_ID: NULL */
    uint32_t distinct;
    uint32_t rare; /* rows that are neither NULL nor of the most frequent value */
    double bits;   /* about what an integer takes by itself */
};

/* ---- sampling ---- */

static uint32_t sample_row(uint32_t rows, uint32_t i)
{
    const uint64_t first = (uint64_t)(rows - RUN) * (i / RUN) / (RUNS - 1);
    return (uint32_t)first + i % RUN;
}

static uint64_t value_bits(const struct stoa_column *column, uint32_t row)
{
    if (column->phys == STOA_PHYS_BOOL)
        return (uint64_t)stoa_bit_get(column->values, row);
    if (column->phys == STOA_PHYS_BYTES) {
        const struct stoa_view view = stoa_column_view(column, row);
        return stoa_hash64(view.data, view.length, 0);
    }
    if (stoa_phys_width(column->phys) == 16)
        return stoa_hash64((const uint8_t *)column->values + (size_t)row * 16, 16, 0);
    return stoa_column_u64(column)[row];
}

/* Numbers the distinct values of the sample and counts how often the first of the most frequent
 * ones occurs. */
static void find_distinct(struct sample *sample)
{
    uint16_t slots[SLOTS];
    uint16_t firsts[SAMPLE]; /* row of each id */
    uint16_t counts[SAMPLE];
    uint32_t most = 0;
    uint32_t valid = 0;
    memset(slots, 0xFF, sizeof slots);
    for (uint16_t i = 0; i < SAMPLE; i++) {
        const uint64_t value = sample->values[i];
        sample->ids[i] = NO_ID;
        if (!sample->valid[i])
            continue;
        valid++;
        uint32_t at = (uint32_t)(value * UINT64_C(0x9E3779B97F4A7C15) >> 53) % SLOTS;
        while (slots[at] != NO_ID && sample->values[firsts[slots[at]]] != value)
            at = (at + 1) % SLOTS;
        if (slots[at] == NO_ID) {
            slots[at] = (uint16_t)sample->distinct++;
            firsts[slots[at]] = i;
            counts[slots[at]] = 0;
        }
        sample->ids[i] = slots[at];
        most = ++counts[slots[at]] > most ? counts[slots[at]] : most;
    }
    sample->rare = valid - most;
}

/* Bits between the second smallest and the second largest of the differences in a run: one
 * exception on either side costs little. */
static unsigned run_width(const int64_t *numbers, uint32_t count)
{
    int64_t low[2] = {INT64_MAX, INT64_MAX};
    int64_t high[2] = {INT64_MIN, INT64_MIN};
    for (uint32_t i = 0; i < count; i++) {
        const int64_t n = numbers[i];
        low[1] = n < low[0] ? low[0] : n < low[1] ? n : low[1];
        low[0] = n < low[0] ? n : low[0];
        high[1] = n > high[0] ? high[0] : n > high[1] ? n : high[1];
        high[0] = n > high[0] ? n : high[0];
    }
    return low[1] > high[1] ? 0 : stoa_bit_width((uint64_t)high[1] - (uint64_t)low[1]);
}

/* The average over the runs of the width of values less those of `base` (NULL: nothing), or of
 * neighbours' differences; rows where either is NULL are left out. */
static double sample_width(const struct sample *sample, const struct sample *base,
                           bool of_neighbours)
{
    unsigned total = 0;
    for (uint32_t run = 0; run < RUNS; run++) {
        int64_t numbers[RUN];
        uint32_t count = 0;
        for (uint32_t i = run * RUN; i < (run + 1) * RUN; i++) {
            if (!sample->valid[i] || (base && !base->valid[i]))
                continue;
            numbers[count++] = (int64_t)(sample->values[i] - (base ? base->values[i] : 0));
        }
        for (uint32_t i = 0; of_neighbours && i + 1 < count; i++)
            numbers[i] = (int64_t)((uint64_t)numbers[i + 1] - (uint64_t)numbers[i]);
        total += run_width(numbers, of_neighbours && count > 0 ? count - 1 : count);
    }
    return (double)total / RUNS;
}

static bool is_word(enum stoa_phys phys)
{
    return phys == STOA_PHYS_I64 || phys == STOA_PHYS_U64;
}

static void take_sample(const struct stoa_column *column, bool is_text, uint32_t rows,
                        struct sample *out)
{
    *out = (struct sample){.phys = column->phys, .is_text = is_text};
    for (uint32_t i = 0; i < SAMPLE; i++) {
        const uint32_t row = sample_row(rows, i);
        out->valid[i] = !column->validity || stoa_bit_get(column->validity, row);
        out->values[i] = out->valid[i] ? value_bits(column, row) : 0;
    }
    find_distinct(out);
    if (!is_word(column->phys))
        return;
    const double neighbours = sample_width(out, NULL, true);
    out->bits = sample_width(out, NULL, false);
    out->bits = neighbours < out->bits ? neighbours : out->bits;
    if (out->distinct > DISTINCT_MAX || out->distinct == 0)
        return; /* there are more in the block, nobody knows how many */
    const double codes = stoa_bit_width(out->distinct - 1);
    out->bits = codes < out->bits ? codes : out->bits;
}

/* ---- pairs ---- */

/* Whether so few disagree that the rows do not just hold the same frequent value. */
static bool are_few(const struct sample *sample, uint32_t mismatches)
{
    return mismatches <= MISMATCHES_MAX && mismatches * MISMATCH_SHARE <= sample->rare;
}

static bool looks_equal(const struct sample *base, const struct sample *sample)
{
    uint32_t mismatches = 0;
    if (base->phys != sample->phys || (sample->is_text && !base->is_text) ||
        sample->rare == 0)
        return false;
    for (uint32_t i = 0; i < SAMPLE && mismatches <= MISMATCHES_MAX; i++)
        mismatches +=
            sample->valid[i] && (!base->valid[i] || base->values[i] != sample->values[i]);
    return are_few(sample, mismatches);
}

/* Each value of the base goes with one value, the first that it is seen with. */
static bool looks_determined(const struct sample *base, const struct sample *sample)
{
    uint16_t ids[DISTINCT_MAX];
    uint32_t mismatches = 0;
    if (base->distinct > DISTINCT_MAX || base->phys == STOA_PHYS_BOOL ||
        sample->phys == STOA_PHYS_BOOL || sample->rare == 0)
        return false;
    memset(ids, 0xFF, sizeof ids);
    for (uint32_t i = 0; i < SAMPLE && mismatches <= MISMATCHES_MAX; i++) {
        if (!sample->valid[i])
            continue;
        if (!base->valid[i]) {
            mismatches++;
            continue;
        }
        uint16_t *id = &ids[base->ids[i]];
        if (*id == NO_ID)
            *id = sample->ids[i];
        mismatches += *id != sample->ids[i];
    }
    return are_few(sample, mismatches);
}

/* Bits that the differences take; as many as the values when the columns do not go together. */
static double offset_width(const struct sample *base, const struct sample *sample)
{
    if (!is_word(sample->phys) || base->phys != sample->phys)
        return sample->bits;
    uint32_t lonely = 0;
    for (uint32_t i = 0; i < SAMPLE; i++)
        lonely += sample->valid[i] && !base->valid[i];
    return lonely > MISMATCHES_MAX ? sample->bits : sample_width(sample, base, false);
}

/* ---- the plan ---- */

/* Whether all but few rows are equal, and how the columns look there. */
static bool is_wholly_equal(const struct stoa_column *base,
                            const struct stoa_column *column, uint32_t rows)
{
    uint32_t left = rows / WHOLE_EXCEPTIONS;
    for (uint32_t row = 0; row < rows; row++) {
        if (column->validity && !stoa_bit_get(column->validity, row))
            continue;
        const bool has_value = !base->validity || stoa_bit_get(base->validity, row);
        const struct stoa_value a = stoa_column_get(column, row);
        const struct stoa_value b = stoa_column_get(base, row);
        if (has_value && stoa_value_compare_exact(column->phys, &a, &b) == 0)
            continue;
        if (left-- == 0)
            return false;
    }
    return true;
}

/* What offsets save at least, in bits and as a share. */
#define OFFSET_BITS  1.0
#define OFFSET_SHARE 0.9

static void plan_column(struct stoa_reference_plan *plan, const struct sample *samples,
                        uint32_t place)
{
    struct stoa_plan_column *column = &plan->columns[place];
    const struct sample *sample = &samples[place];
    double best = OFFSET_SHARE * sample->bits - OFFSET_BITS;
    uint32_t fewest = DISTINCT_MAX + 1;
    for (uint32_t i = 0; i < place; i++) {
        const struct sample *base = &samples[i];
        if (plan->columns[i].refers)
            continue;
        if (column->bases[STOA_PLAN_EQUAL] == STOA_PLAN_NONE && looks_equal(base, sample))
            column->bases[STOA_PLAN_EQUAL] = (uint8_t)i;
        const double width = offset_width(base, sample);
        if (width < best) {
            best = width;
            column->bases[STOA_PLAN_OFFSET] = (uint8_t)i;
        }
        if (base->distinct < fewest && looks_determined(base, sample)) {
            fewest = base->distinct;
            column->bases[STOA_PLAN_MAP] = (uint8_t)i;
        }
    }
    if (column->bases[STOA_PLAN_EQUAL] != STOA_PLAN_NONE && sample->phys != STOA_PHYS_BYTES)
        column->bases[STOA_PLAN_OFFSET] = column->bases[STOA_PLAN_MAP] = STOA_PLAN_NONE;
}

static void note_bases(struct stoa_reference_plan *plan, struct stoa_plan_column *column)
{
    for (int use = 0; use < STOA_PLAN_USE_COUNT; use++) {
        if (column->bases[use] == STOA_PLAN_NONE)
            continue;
        struct stoa_plan_column *base = &plan->columns[column->bases[use]];
        column->refers = true;
        base->is_base = true;
        base->is_base_of_map |= use == STOA_PLAN_MAP;
        base->last_user = column->column;
    }
}

static uint64_t buffered_size(const struct stoa_column_builder *column, uint32_t rows)
{
    const uint64_t width = column->phys == STOA_PHYS_BOOL ? 0
                           : column->phys == STOA_PHYS_BYTES
                               ? 4
                               : stoa_phys_width(column->phys);
    return width * rows + column->byte_size;
}

/* Keeps the largest columns in `plan`, the first of equal ones, then puts them in order. */
static void pick_columns(const struct stoa_column_builder *columns, uint32_t count,
                         uint32_t rows, struct stoa_reference_plan *plan)
{
    uint64_t sizes[STOA_PLAN_COLUMNS];
    uint32_t picked[STOA_PLAN_COLUMNS]; /* largest first */
    uint32_t kept = 0;
    for (uint32_t c = 0; c < count; c++) {
        const uint64_t size = buffered_size(&columns[c], rows);
        if (kept == STOA_PLAN_COLUMNS && size <= sizes[kept - 1])
            continue;
        uint32_t at = kept < STOA_PLAN_COLUMNS ? kept++ : kept - 1;
        for (; at > 0 && sizes[at - 1] < size; at--) {
            sizes[at] = sizes[at - 1];
            picked[at] = picked[at - 1];
        }
        sizes[at] = size;
        picked[at] = c;
    }
    for (uint32_t i = 0; i < kept; i++) {
        uint32_t at = plan->count++;
        for (; at > 0 && plan->columns[at - 1].column > picked[i]; at--)
            plan->columns[at].column = plan->columns[at - 1].column;
        plan->columns[at].column = picked[i];
    }
}

static void plan_pairs(const struct stoa_column_builder *columns, const stoa_schema *schema,
                       uint32_t rows, struct sample *samples,
                       struct stoa_reference_plan *plan)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        struct stoa_plan_column *column = &plan->columns[i];
        const struct stoa_column view = stoa_column_builder_view(&columns[column->column]);
        memset(column->bases, STOA_PLAN_NONE, sizeof column->bases);
        take_sample(&view, schema->fields[column->column].type.id == STOA_TYPE_TEXT, rows,
                    &samples[i]);
        plan_column(plan, samples, i);
        const uint8_t equal = column->bases[STOA_PLAN_EQUAL];
        if (equal != STOA_PLAN_NONE && samples[i].distinct > DISTINCT_MAX) {
            const struct stoa_column base =
                stoa_column_builder_view(&columns[plan->columns[equal].column]);
            column->needs_no_dictionary = is_wholly_equal(&base, &view, rows);
        }
        note_bases(plan, column);
    }
}

stoa_status stoa_reference_plan_make(const struct stoa_column_builder *columns,
                                     const stoa_schema *schema, uint32_t rows,
                                     struct stoa_reference_plan *out_plan, stoa_error *err)
{
    *out_plan = (struct stoa_reference_plan){.count = 0};
    if (rows < ROWS_MIN || schema->field_count < 2)
        return STOA_OK;
    struct stoa_reference_plan plan = {.count = 0};
    pick_columns(columns, (uint32_t)schema->field_count, rows, &plan);
    struct sample *samples = stoa_alloc_array(plan.count, sizeof *samples);
    if (!samples)
        return stoa_fail_memory(err, plan.count * sizeof *samples);
    plan_pairs(columns, schema, rows, samples, &plan);
    stoa_free(samples);
    *out_plan = plan;
    return STOA_OK;
}

void stoa_reference_plan_done(struct stoa_reference_plan *plan)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        stoa_free(plan->columns[i].codes);
        plan->columns[i].codes = NULL;
    }
}

struct stoa_plan_column *stoa_reference_plan_find(struct stoa_reference_plan *plan,
                                                  uint32_t column)
{
    uint32_t low = 0;
    uint32_t high = plan->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (plan->columns[middle].column < column)
            low = middle + 1;
        else
            high = middle;
    }
    return low < plan->count && plan->columns[low].column == column ? &plan->columns[low]
                                                                    : NULL;
}
