/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choosing decimals and writing ALP nodes (spec/encodings/alp.md). As in the paper (see
 * enc_alp.h, section 3.2 there) they are sampled twice: a few vectors of the block try all
 * numbers of decimals, then every vector tries the few that won. What the child takes is estimated by
 * some whole vectors, since runs and repeats show only there.
 */
#include <math.h>

#include "common/alloc.h"
#include "format/enc/enc_alp.h"
#include "format/enc/enc_table.h"

enum {
    KEPT = 5,            /* numbers of decimals that every vector tries */
    EXCEPTION_BITS = 80, /* position and value */
    VALUE_SIZE = 8
};

/* ---- one number of decimals ---- */

/* Adding and subtracting it rounds to an integer, to even, below 2^51 in size. */
#define ROUNDER      0x1.8p52
#define ROUNDER_BITS UINT64_C(0x4338000000000000)
#define ROUNDER_TOP  UINT64_C(0x433) /* sign and exponent of all results in that range */

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The number nearest to the value; returns whether it decodes to the very same bits. */
static bool encode_value(double power, double value, int64_t *out_number)
{
    const double shifted = value * power + ROUNDER;
    const double number = shifted - ROUNDER;
    const double back = number / power;
    *out_number = (int64_t)(bits_of(shifted) - ROUNDER_BITS);
    const uint64_t wrong =
        (bits_of(shifted) >> 52 ^ ROUNDER_TOP) | (bits_of(back) ^ bits_of(value));
    return wrong == 0;
}

/* Bits that the values would take. */
static uint32_t cost_of(unsigned decimals, const double *values, uint32_t count)
{
    const double power = stoa_alp_powers[decimals];
    int64_t low = INT64_MAX;
    int64_t high = INT64_MIN;
    uint32_t fitting = 0;
    for (uint32_t i = 0; i < count; i++) {
        int64_t number;
        const bool fits = encode_value(power, values[i], &number);
        low = fits && number < low ? number : low;
        high = fits && number > high ? number : high;
        fitting += fits;
    }
    const unsigned width = fitting > 0 ? stoa_bit_width((uint64_t)high - (uint64_t)low) : 0;
    return count * width + (count - fitting) * EXCEPTION_BITS;
}

/* ---- choosing decimals ---- */

/* Evenly spread values of a vector; returns how many. */
static uint32_t sample_vector(const struct stoa_column *column, uint32_t vector,
                              double out[STOA_ALP_SAMPLE_VALUES])
{
    const uint32_t length = stoa_vector_length(column->length, vector);
    const uint32_t count =
        length < STOA_ALP_SAMPLE_VALUES ? length : STOA_ALP_SAMPLE_VALUES;
    const double *values = stoa_column_f64(column) + (size_t)vector * STOA_VECTOR_ROWS;
    for (uint32_t i = 0; i < count; i++)
        out[i] = values[i * length / count];
    return count;
}

/* Numbers of decimals that are worth trying, ascending. */
struct candidates {
    uint32_t count;
    uint8_t decimals[STOA_ALP_MAX_DECIMALS + 1];
};

/* The cheapest of the candidates, of equal ones the lowest. */
static unsigned cheapest(const struct candidates *candidates, const double *values,
                         uint32_t count, uint32_t *out_cost)
{
    unsigned best = candidates->decimals[0];
    uint32_t best_cost = UINT32_MAX;
    for (uint32_t i = 0; i < candidates->count; i++) {
        const uint32_t cost = cost_of(candidates->decimals[i], values, count);
        if (cost < best_cost) {
            best_cost = cost;
            best = candidates->decimals[i];
        }
    }
    *out_cost = best_cost;
    return best;
}

/* Those that won most often; of equal ones the lower. */
static struct candidates keep_winners(uint32_t wins[STOA_ALP_MAX_DECIMALS + 1])
{
    struct candidates kept = {0};
    uint8_t limit = KEPT;
    bool is_kept[STOA_ALP_MAX_DECIMALS + 1] = {false};
    for (; limit > 0; limit--) {
        unsigned best = 0;
        for (unsigned d = 1; d <= STOA_ALP_MAX_DECIMALS; d++)
            best = wins[d] > wins[best] ? d : best;
        if (wins[best] == 0)
            break;
        wins[best] = 0;
        is_kept[best] = true;
    }
    for (unsigned d = 0; d <= STOA_ALP_MAX_DECIMALS; d++) {
        if (is_kept[d])
            kept.decimals[kept.count++] = (uint8_t)d;
    }
    return kept;
}

static uint32_t sampled_vectors(const struct stoa_column *column)
{
    const uint32_t vectors = stoa_vector_count(column->length);
    return vectors < STOA_ALP_SAMPLE_VECTORS ? vectors : STOA_ALP_SAMPLE_VECTORS;
}

static uint32_t sampled_vector(const struct stoa_column *column, uint32_t k)
{
    return (uint32_t)((uint64_t)k * stoa_vector_count(column->length) /
                      sampled_vectors(column));
}

/* Samples the block; false when it takes `limit` bits a value or more, which two vectors are
 * enough to see in most columns that are not decimal. */
static bool find_candidates(const struct stoa_column *column, double limit,
                            struct candidates *out)
{
    struct candidates all = {.count = STOA_ALP_MAX_DECIMALS + 1};
    double values[STOA_ALP_SAMPLE_VALUES];
    uint32_t wins[STOA_ALP_MAX_DECIMALS + 1] = {0};
    uint32_t bits = 0;
    uint32_t seen = 0;
    for (uint32_t d = 0; d < all.count; d++)
        all.decimals[d] = (uint8_t)d;
    for (uint32_t k = 0; k < sampled_vectors(column); k++) {
        uint32_t cost = 0;
        const uint32_t count = sample_vector(column, sampled_vector(column, k), values);
        wins[cheapest(&all, values, count, &cost)]++;
        bits += cost;
        seen += count;
        if (k > 0 && bits >= limit * seen)
            return false;
    }
    *out = keep_winners(wins);
    return bits < limit * seen;
}

static unsigned choose_decimals(const struct stoa_column *column, uint32_t vector,
                                const struct candidates *candidates)
{
    double values[STOA_ALP_SAMPLE_VALUES];
    uint32_t cost = 0;
    if (candidates->count == 1)
        return candidates->decimals[0];
    const uint32_t count = sample_vector(column, vector, values);
    return cheapest(candidates, values, count, &cost);
}

/* ---- numbers and exceptions ---- */

/* What some vectors of a column become; arrays of as many values and vectors. */
struct alp_numbers {
    uint32_t count; /* values so far */
    uint32_t vectors;
    int64_t *numbers;
    uint8_t *decimals;
    struct stoa_alp_found found;
};

static stoa_status numbers_init(struct alp_numbers *out, uint32_t vectors, stoa_error *err)
{
    const size_t rows = (size_t)vectors * STOA_VECTOR_ROWS;
    *out = (struct alp_numbers){
        .numbers = stoa_alloc_array(rows, sizeof *out->numbers),
        .decimals = stoa_alloc_array(vectors, sizeof *out->decimals),
        .found = {.positions = stoa_alloc_array(rows, sizeof *out->found.positions),
                  .values = stoa_alloc_array(rows, sizeof *out->found.values),
                  .counts = stoa_alloc_array(vectors, sizeof *out->found.counts)}
    };
    if (!out->numbers || !out->decimals || !out->found.positions || !out->found.values ||
        !out->found.counts)
        return stoa_fail_memory(err, rows * sizeof *out->numbers);
    return STOA_OK;
}

static void numbers_done(struct alp_numbers *numbers)
{
    stoa_free(numbers->numbers);
    stoa_free(numbers->decimals);
    stoa_free(numbers->found.positions);
    stoa_free(numbers->found.values);
    stoa_free(numbers->found.counts);
}

/* [ALP-4] What stands in for exceptions: the number before, or the first there is. */
static void fill_exceptions(int64_t *numbers, const uint16_t *positions, uint32_t count,
                            uint32_t length)
{
    uint32_t first = 0;
    while (first < count && positions[first] == first)
        first++;
    const int64_t leading = first < length ? numbers[first] : 0;
    for (uint32_t k = 0; k < count; k++) {
        const uint32_t row = positions[k];
        numbers[row] = row < first ? leading : numbers[row - 1];
    }
}

static void add_vector(struct alp_numbers *out, const struct stoa_column *column,
                       uint32_t vector, unsigned decimals)
{
    const uint32_t length = stoa_vector_length(column->length, vector);
    const double power = stoa_alp_powers[decimals];
    const double *values = stoa_column_f64(column) + (size_t)vector * STOA_VECTOR_ROWS;
    int64_t *numbers = out->numbers + out->count;
    uint16_t *positions = out->found.positions + out->found.count;
    uint32_t count = 0;
    for (uint32_t i = 0; i < length; i++) {
        positions[count] = (uint16_t)i;
        count += !encode_value(power, values[i], &numbers[i]);
    }
    fill_exceptions(numbers, positions, count, length);
    for (uint32_t k = 0; k < count; k++)
        out->found.values[out->found.count + k] = bits_of(values[positions[k]]);
    out->decimals[out->vectors] = (uint8_t)decimals;
    out->found.counts[out->vectors++] = (uint16_t)count;
    out->found.count += count;
    out->count += length;
}

static struct stoa_column number_column(const struct alp_numbers *numbers)
{
    return (struct stoa_column){
        .phys = STOA_PHYS_I64, .length = numbers->count, .values = numbers->numbers};
}

/* ---- exceptions, as ALP-RD writes them too ---- */

uint64_t stoa_alp_exceptions_size(uint64_t count, uint32_t vectors, size_t value_size)
{
    if (count == 0)
        return 0;
    return stoa_align_up(UINT64_C(2) * vectors, 8) + stoa_align_up(2 * count, 8) +
           stoa_align_up(value_size * count, 8);
}

static stoa_status append_padding(struct stoa_buf *out, size_t start, stoa_error *err)
{
    return stoa_buf_append_zeros(out, -(out->size - start) & 7, err);
}

/* [ALP-3] */
stoa_status stoa_alp_append_exceptions(const struct stoa_alp_found *found, uint32_t vectors,
                                       size_t value_size, size_t start,
                                       struct stoa_buf *out, stoa_error *err)
{
    if (found->count == 0)
        return STOA_OK;
    STOA_TRY(stoa_buf_append(out, found->counts, vectors * sizeof *found->counts, err));
    STOA_TRY(append_padding(out, start, err));
    STOA_TRY(stoa_buf_append(out, found->positions, found->count * sizeof *found->positions,
                             err));
    STOA_TRY(append_padding(out, start, err));
    for (uint32_t k = 0; k < found->count; k++)
        STOA_TRY(stoa_buf_append(out, &found->values[k], value_size, err));
    return append_padding(out, start, err);
}

/* ---- the table's functions ---- */

/* From the sampled vectors to all of them. */
static stoa_status estimate_sample(const struct stoa_enc_input *input,
                                   const struct alp_numbers *sample,
                                   struct stoa_enc_estimate *out, stoa_error *err)
{
    struct stoa_enc_estimate child;
    const uint32_t vectors = stoa_vector_count(input->column->length);
    const double scale = (double)input->column->length / sample->count;
    const struct stoa_column column = number_column(sample);
    struct stoa_enc_input child_input =
        stoa_enc_child_input(input, STOA_ENC_ALP, STOA_ALP_CHILD_NUMBERS, &column);
    child_input.is_sample = true; /* encoding may take other decimals, too */
    STOA_TRY(stoa_enc_estimate_best(&child_input, &child, err));
    if (child.size == STOA_ENC_NEVER)
        return STOA_OK;
    const uint64_t exceptions = (uint64_t)(scale * sample->found.count);
    out->size = STOA_NODE_HEADER_SIZE + stoa_align_up(vectors, 8) +
                stoa_alp_exceptions_size(exceptions, vectors, VALUE_SIZE) +
                (uint64_t)(scale * (double)child.size);
    out->decode_cycles += child.decode_cycles;
    return STOA_OK;
}

/* Numbers that share a scale, or that a codec finds patterns in, have been seen to shrink so far. */
#define NUMBERS_SHRINK 4

stoa_status stoa_alp_estimate(const struct stoa_enc_input *input,
                              struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    const struct stoa_column *column = input->column;
    const uint32_t count = sampled_vectors(column);
    struct alp_numbers sample;
    struct candidates candidates;
    const double most = input->limit * NUMBERS_SHRINK;
    if (!find_candidates(column, most < 64 ? most : 64, &candidates))
        return STOA_OK;
    stoa_status status = numbers_init(&sample, count, err);
    for (uint32_t k = 0; status == STOA_OK && k < count; k++) {
        const uint32_t vector = sampled_vector(column, k);
        add_vector(&sample, column, vector, choose_decimals(column, vector, &candidates));
    }
    if (status == STOA_OK)
        status = estimate_sample(input, &sample, out_estimate, err);
    numbers_done(&sample);
    return status;
}

static stoa_status append_node(const struct stoa_enc_input *input,
                               const struct alp_numbers *numbers, struct stoa_buf *out,
                               stoa_error *err)
{
    size_t start = 0;
    const struct stoa_column column = number_column(numbers);
    STOA_TRY(
        stoa_node_begin(&stoa_enc_alp, STOA_PHYS_F64, numbers->count, out, &start, err));
    stoa_node_set_parameter(out, start, numbers->found.count);
    STOA_TRY(stoa_buf_append(out, numbers->decimals, numbers->vectors, err));
    STOA_TRY(append_padding(out, start, err));
    STOA_TRY(stoa_alp_append_exceptions(&numbers->found, numbers->vectors, VALUE_SIZE,
                                        start, out, err));
    const struct stoa_enc_input child =
        stoa_enc_child_input(input, STOA_ENC_ALP, STOA_ALP_CHILD_NUMBERS, &column);
    STOA_TRY(stoa_enc_encode_best(&child, out, err));
    return stoa_node_finish(out, start, err);
}

stoa_status stoa_alp_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                            stoa_error *err)
{
    const struct stoa_column *column = input->column;
    const uint32_t vectors = stoa_vector_count(column->length);
    struct alp_numbers numbers;
    struct candidates candidates;
    find_candidates(column, (double)INFINITY, &candidates);
    stoa_status status = numbers_init(&numbers, vectors, err);
    for (uint32_t v = 0; status == STOA_OK && v < vectors; v++)
        add_vector(&numbers, column, v, choose_decimals(column, v, &candidates));
    if (status == STOA_OK)
        status = append_node(input, &numbers, out, err);
    numbers_done(&numbers);
    return status;
}
