/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Planning FFOR: for each vector a base, a width and which values become exceptions
 * (spec/encodings/ffor.md). Called for the estimate and again for encoding, so it has to be
 * quick: most vectors need their minimum, their maximum and 64 sampled values; widths are only
 * counted where the sample says that patching a few outliers might pay (the idea of PFOR:
 * Zukowski, Heman, Nes, Boncz, "Super-Scalar RAM-CPU Cache Compression", ICDE 2006).
 */
#include "common/alloc.h"
#include "format/enc/enc_ffor.h"
#include "format/enc/pack_linear.h"

enum {
    SAMPLES = 64,        /* of a vector's values */
    SAMPLE_OUTLIERS = 4, /* how many of them may stick out before patching is ruled out */
    CORE_SAMPLES = 32,   /* looked at for outliers at both ends.. */
    CORE_OUTLIERS = 1    /* ..of which so many may lie at each */
};

uint64_t stoa_ffor_packed_size(uint32_t length, unsigned width)
{
    if (length == STOA_VECTOR_ROWS)
        return UINT64_C(128) * width;
    return stoa_linear_size(width, length);
}

/* The distances of one vector and what is known of them. */
struct vector_facts {
    const uint64_t *distances;
    const struct stoa_scale *scale;
    uint32_t length;
    uint32_t exception_size; /* bytes that an exception takes */
    uint64_t min, max;
};

static unsigned lane_width(const struct vector_facts *facts, uint64_t distance)
{
    return stoa_bit_width(stoa_scale_divide(facts->scale, distance));
}

static void find_bounds(struct vector_facts *facts, bool fits_signed)
{
    if (fits_signed) {
        int64_t min = 0;
        int64_t max = 0;
        stoa_kernels_best()->min_max_i64((const int64_t *)facts->distances, facts->length,
                                         &min, &max);
        facts->min = (uint64_t)min;
        facts->max = (uint64_t)max;
        return;
    }
    facts->min = facts->max = facts->distances[0];
    for (uint32_t i = 1; i < facts->length; i++) {
        const uint64_t d = facts->distances[i];
        facts->min = d < facts->min ? d : facts->min;
        facts->max = d > facts->max ? d : facts->max;
    }
}

/* Counts of lane widths seen from `base`; what lies below it counts as 65 bits. */
static void count_widths(const struct vector_facts *facts, uint64_t base,
                         uint32_t counts[66])
{
    memset(counts, 0, 66 * sizeof *counts);
    for (uint32_t i = 0; i < facts->length; i++) {
        const uint64_t d = facts->distances[i];
        counts[d < base ? 65 : lane_width(facts, d - base)]++;
    }
}

/* The cheapest width and its size with these counts, by trying all of them downwards. */
static uint64_t cheapest_width(const struct vector_facts *facts, const uint32_t counts[66],
                               struct stoa_ffor_vector *out)
{
    uint64_t best = UINT64_MAX;
    uint32_t above = counts[65];
    for (unsigned width = 65; width-- > 0;) {
        const uint64_t size = stoa_ffor_packed_size(facts->length, width) +
                              (uint64_t)above * facts->exception_size;
        if (size < best) {
            best = size;
            out->width = (uint8_t)width;
            out->exceptions = (uint16_t)above;
        }
        above += counts[width];
    }
    return best;
}

/* Width of a sample of the values seen from one end when its few largest are left out. */
static unsigned sample_width(const struct vector_facts *facts, bool from_top)
{
    uint32_t counts[65] = {0};
    for (uint32_t i = 0; i < SAMPLES; i++) {
        const uint64_t d = facts->distances[i * facts->length / SAMPLES];
        counts[lane_width(facts, from_top ? facts->max - d : d - facts->min)]++;
    }
    unsigned width = 64;
    for (uint32_t seen = counts[64]; width > 0 && seen <= SAMPLE_OUTLIERS; width--)
        seen += counts[width - 1];
    return width;
}

/* Width of a sample of the values without the few smallest and the few largest of them;
 * *out_top is the largest that is left. */
static unsigned sample_core(const struct vector_facts *facts, uint64_t *out_top)
{
    uint64_t low[CORE_OUTLIERS + 1]; /* the smallest, ascending */
    uint64_t high[CORE_OUTLIERS + 1];
    memset(low, 0xFF, sizeof low);
    memset(high, 0, sizeof high);
    for (uint32_t i = 0; i < CORE_SAMPLES; i++) {
        uint64_t small = facts->distances[i * facts->length / CORE_SAMPLES];
        uint64_t large = small;
        for (size_t k = 0; k <= CORE_OUTLIERS; k++) {
            const uint64_t larger = small > low[k] ? small : low[k];
            const uint64_t smaller = large < high[k] ? large : high[k];
            low[k] = small < low[k] ? small : low[k];
            high[k] = large > high[k] ? large : high[k];
            small = larger;
            large = smaller;
        }
    }
    *out_top = high[CORE_OUTLIERS];
    return lane_width(facts, *out_top - low[CORE_OUTLIERS]);
}

/* The smallest distance that lies within `width` bits below `top`. */
static uint64_t base_below(const struct vector_facts *facts, uint64_t top, unsigned width)
{
    uint64_t base = top;
    for (uint32_t i = 0; i < facts->length; i++) {
        const uint64_t d = facts->distances[i];
        if (d < base && lane_width(facts, top - d) <= width)
            base = d;
    }
    return base;
}

static void try_base(const struct vector_facts *facts, uint64_t base, uint64_t *best,
                     struct stoa_ffor_vector *out)
{
    uint32_t counts[66];
    struct stoa_ffor_vector vector = {.base = base};
    count_widths(facts, base, counts);
    const uint64_t size = cheapest_width(facts, counts, &vector);
    if (size < *best) {
        *best = size;
        *out = vector;
    }
}

static void plan_vector(const struct vector_facts *facts, struct stoa_ffor_vector *out)
{
    const unsigned width = lane_width(facts, facts->max - facts->min);
    *out = (struct stoa_ffor_vector){.base = facts->min, .width = (uint8_t)width};
    if (width < 3 || facts->length < SAMPLES)
        return;
    uint64_t best = stoa_ffor_packed_size(facts->length, width);
    if (sample_width(facts, false) + 1 < width)
        try_base(facts, facts->min, &best, out);
    const unsigned top_width = sample_width(facts, true);
    if (top_width + 1 < width)
        try_base(facts, base_below(facts, facts->max, top_width), &best, out);
    uint64_t top = 0;
    const unsigned core_width = sample_core(facts, &top);
    if (core_width + 1 < out->width)
        try_base(facts, base_below(facts, top, core_width), &best, out);
}

/* Bytes that hold any base offset. */
static unsigned offset_size(uint64_t largest)
{
    const unsigned width = stoa_bit_width(largest);
    return width == 0 ? 0 : width <= 8 ? 1 : width <= 16 ? 2 : width <= 32 ? 4 : 8;
}

static void sum_up(struct stoa_ffor_plan *plan, uint32_t rows)
{
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    for (uint32_t v = 0; v < plan->vector_count; v++) {
        const struct stoa_ffor_vector *vector = &plan->vectors[v];
        low = vector->base < low ? vector->base : low;
        high = vector->base > high ? vector->base : high;
        plan->exceptions += vector->exceptions;
        plan->packed_size +=
            stoa_ffor_packed_size(stoa_vector_length(rows, v), vector->width);
    }
    plan->first_base = low;
    plan->offset_size = offset_size(stoa_scale_divide(&plan->scale, high - low));
}

static void plan_vectors(const struct stoa_column *column, bool fits_signed,
                         uint64_t *distances, struct stoa_ffor_plan *plan)
{
    struct vector_facts facts = {
        .distances = distances,
        .scale = &plan->scale,
        .exception_size = 2 + (uint32_t)stoa_phys_width(column->phys),
    };
    for (uint32_t v = 0; v < plan->vector_count; v++) {
        facts.length = stoa_vector_length(column->length, v);
        stoa_enc_distances(column, v * STOA_VECTOR_ROWS, facts.length, (uint64_t)plan->min,
                           distances);
        find_bounds(&facts, fits_signed);
        plan_vector(&facts, &plan->vectors[v]);
    }
}

stoa_status stoa_ffor_plan_make(const struct stoa_enc_input *input, bool *out_possible,
                                struct stoa_ffor_plan *out_plan, stoa_error *err)
{
    const struct stoa_column *column = input->column;
    const stoa_i128 min = stoa_value_number(column->phys, &input->facts.min);
    const stoa_i128 max = stoa_value_number(column->phys, &input->facts.max);
    *out_possible = input->facts.scale != 0;
    if (!*out_possible)
        return STOA_OK;
    struct stoa_ffor_plan plan = {
        .vector_count = stoa_vector_count(column->length),
        .min = min,
        .scale = stoa_scale_make(input->facts.scale),
    };
    plan.vectors = stoa_alloc_array(plan.vector_count, sizeof *plan.vectors);
    uint64_t *distances = stoa_alloc_array(STOA_VECTOR_ROWS, sizeof *distances);
    if (!plan.vectors || !distances) {
        stoa_free(plan.vectors);
        stoa_free(distances);
        return stoa_fail_memory(err, plan.vector_count * sizeof *plan.vectors);
    }
    plan_vectors(column, (stoa_u128)max - (stoa_u128)min <= INT64_MAX, distances, &plan);
    stoa_free(distances);
    sum_up(&plan, column->length);
    *out_plan = plan;
    return STOA_OK;
}

void stoa_ffor_plan_done(struct stoa_ffor_plan *plan)
{
    stoa_free(plan->vectors);
    plan->vectors = NULL;
}

uint64_t stoa_ffor_plan_size(const struct stoa_ffor_plan *plan, enum stoa_phys phys)
{
    const uint64_t width = stoa_phys_width(phys);
    const uint64_t per_vector = plan->offset_size + (plan->exceptions > 0 ? 2 : 0) + 1;
    return stoa_align_up(
               STOA_NODE_HEADER_SIZE + 8 + width + per_vector * plan->vector_count, 8) +
           plan->packed_size + stoa_align_up(UINT64_C(2) * plan->exceptions, 8) +
           width * plan->exceptions;
}
