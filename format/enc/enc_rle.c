/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RLE: run lengths and run values as two children (spec/encodings/rle.md). Lengths rather than
 * ends, since they pack into fewer bits; their sums are made once, when the node is opened, so
 * that any row is found by binary search.
 */
#include <inttypes.h>

#include "common/alloc.h"
#include "common/bitmap.h"
#include "format/enc/enc_parts.h"
#include "format/enc/enc_table.h"

enum { CHILD_LENGTHS = 0, CHILD_VALUES = 1 };

/* ---- writing ---- */

/* The runs of a column, as the two children's columns. */
struct runs {
    uint32_t count;
    uint64_t *lengths;
    struct stoa_column length_column;
    struct stoa_column_builder values;
    struct stoa_column value_column;
};

/* [RLE-2] fills lengths and the first row of each run. */
static void find_runs(const struct stoa_column *column, uint64_t *lengths, uint32_t *rows)
{
    uint32_t run = 0;
    uint32_t first = 0;
    for (uint32_t row = 1; row <= column->length; row++) {
        if (row < column->length && stoa_column_rows_equal(column, row - 1, row))
            continue;
        lengths[run] = row - first;
        rows[run++] = first;
        first = row;
    }
}

static stoa_status runs_make(const struct stoa_enc_input *input, struct runs *out,
                             stoa_error *err)
{
    const struct stoa_column *column = input->column;
    const uint32_t count = input->facts.run_count;
    stoa_status status = STOA_OK;
    uint32_t *rows = stoa_alloc_array(count, sizeof *rows);
    out->count = count;
    out->lengths = stoa_alloc_array(count, sizeof *out->lengths);
    stoa_column_builder_init(&out->values, column->phys);
    if (!rows || !out->lengths) {
        status = stoa_fail_memory(err, count * sizeof *out->lengths);
        goto cleanup;
    }
    find_runs(column, out->lengths, rows);
    STOA_TRY_CLEANUP(stoa_column_builder_gather(&out->values, column, rows, count, err));
    out->value_column = stoa_column_builder_view(&out->values);
    out->length_column = (struct stoa_column){
        .phys = STOA_PHYS_U64, .length = count, .values = out->lengths};
cleanup:
    stoa_free(rows);
    return status;
}

static void runs_done(struct runs *runs)
{
    stoa_free(runs->lengths);
    stoa_column_builder_done(&runs->values);
}

/* Cycles that a run takes, beside those of its rows. */
#define RUN_CYCLES        8
#define RUN_CYCLES_OTHERS 38
/* Cycles that a row takes when it is a bit. */
#define BIT_CYCLES 0.05

/* Runs this short on average never pay; making them into columns only to see that would. */
static uint32_t shortest_run(enum stoa_phys phys)
{
    if (phys == STOA_PHYS_BOOL)
        return 16;
    return phys == STOA_PHYS_BYTES || stoa_phys_width(phys) == 16 ? 2 : 4;
}

static double run_cycles(enum stoa_phys phys)
{
    return stoa_phys_width(phys) == 8 ? RUN_CYCLES : RUN_CYCLES_OTHERS;
}

static stoa_status estimate_runs(const struct stoa_enc_input *input, struct runs *runs,
                                 struct stoa_enc_estimate *out, stoa_error *err)
{
    struct stoa_enc_estimate lengths;
    struct stoa_enc_estimate values;
    STOA_TRY(runs_make(input, runs, err));
    const struct stoa_enc_input length_input =
        stoa_enc_child_input(input, STOA_ENC_RLE, CHILD_LENGTHS, &runs->length_column);
    const struct stoa_enc_input value_input =
        stoa_enc_child_input(input, STOA_ENC_RLE, CHILD_VALUES, &runs->value_column);
    STOA_TRY(stoa_enc_estimate_best(&length_input, &lengths, err));
    STOA_TRY(stoa_enc_estimate_best(&value_input, &values, err));
    if (lengths.size == STOA_ENC_NEVER || values.size == STOA_ENC_NEVER)
        return STOA_OK;
    out->size = STOA_NODE_HEADER_SIZE + lengths.size + values.size;
    if (input->column->phys == STOA_PHYS_BOOL)
        out->decode_cycles = BIT_CYCLES;
    out->decode_cycles +=
        (lengths.decode_cycles + values.decode_cycles + run_cycles(input->column->phys)) *
        runs->count / input->column->length;
    return STOA_OK;
}

static stoa_status rle_estimate(const struct stoa_enc_input *input,
                                struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    const struct stoa_column *column = input->column;
    const uint32_t run_count = input->facts.run_count;
    if (input->facts.is_constant ||
        run_count > column->length / shortest_run(column->phys) ||
        stoa_profile_kappa(input->profile) * run_cycles(column->phys) * run_count >=
            input->limit * column->length)
        return STOA_OK;
    struct runs runs = {0};
    const stoa_status status = estimate_runs(input, &runs, out_estimate, err);
    runs_done(&runs);
    return status;
}

static stoa_status encode_child(const struct stoa_enc_input *input, unsigned slot,
                                const struct stoa_column *column, struct stoa_buf *out,
                                stoa_error *err)
{
    const struct stoa_enc_input child =
        stoa_enc_child_input(input, STOA_ENC_RLE, slot, column);
    return stoa_enc_encode_best(&child, out, err);
}

static stoa_status encode_runs(const struct stoa_enc_input *input, struct runs *runs,
                               struct stoa_buf *out, stoa_error *err)
{
    const struct stoa_column *column = input->column;
    size_t start = 0;
    STOA_TRY(runs_make(input, runs, err));
    STOA_TRY(
        stoa_node_begin(&stoa_enc_rle, column->phys, column->length, out, &start, err));
    stoa_node_set_parameter(out, start, runs->count);
    STOA_TRY(encode_child(input, CHILD_LENGTHS, &runs->length_column, out, err));
    STOA_TRY(encode_child(input, CHILD_VALUES, &runs->value_column, out, err));
    return stoa_node_finish(out, start, err);
}

static stoa_status rle_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                              stoa_error *err)
{
    struct runs runs = {0};
    const stoa_status status = encode_runs(input, &runs, out, err);
    runs_done(&runs);
    return status;
}

/* ---- opening ---- */

#define NO_VECTOR UINT32_MAX

struct rle_state {
    uint32_t run_count;
    uint32_t *ends;    /* row behind each run */
    uint32_t cached;   /* vector of the values child in its scratch, or NO_VECTOR */
    uint32_t last_run; /* where the last vector began: the next one is near */
    struct stoa_vector *values;
};

/* [RLE-1] */
static stoa_status sum_lengths(struct stoa_node *node, struct rle_state *state,
                               stoa_error *err)
{
    struct stoa_node *child = node->children[CHILD_LENGTHS];
    struct stoa_vector *lengths = NULL;
    uint64_t end = 0;
    STOA_TRY(stoa_node_scratch(child, &lengths, err));
    for (uint32_t run = 0; run < state->run_count; run++) {
        if (run % STOA_VECTOR_ROWS == 0)
            STOA_TRY(stoa_node_decode(child, run / STOA_VECTOR_ROWS, lengths, err));
        const uint64_t length = lengths->values.u64[run % STOA_VECTOR_ROWS];
        if (length == 0 || length > node->count - end)
            return stoa_fail(err, STOA_E_CORRUPT,
                             "rle node: expected run %" PRIu32 " to have 1 to %" PRIu64
                             " rows, found %" PRIu64,
                             run, node->count - end, length);
        end += length;
        state->ends[run] = (uint32_t)end;
    }
    if (end != node->count)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "rle node: expected runs of %" PRIu32 " rows, found %" PRIu64,
                         node->count, end);
    return STOA_OK;
}

static stoa_status rle_open(struct stoa_node *node, unsigned depth, stoa_error *err)
{
    struct stoa_parts parts = stoa_parts_make(node, depth);
    struct stoa_arena *arena = node->context->arena;
    const uint32_t count = stoa_node_parameter(node);
    STOA_TRY(stoa_node_check_flags(node, err));
    if (count == 0 || count > node->count)
        return stoa_fail(err, STOA_E_CORRUPT,
                         "rle node: expected 1 to %" PRIu32 " runs, found %" PRIu32,
                         node->count, count);
    STOA_TRY(stoa_parts_child(&parts, CHILD_LENGTHS, STOA_PHYS_U64, count, err));
    STOA_TRY(stoa_parts_child(&parts, CHILD_VALUES, node->phys, count, err));
    STOA_TRY(stoa_parts_end(&parts, err));
    struct rle_state *state = stoa_arena_alloc_zeroed(arena, 1, sizeof *state);
    uint32_t *ends = stoa_arena_alloc_zeroed(arena, count, sizeof *ends);
    if (!state || !ends)
        return stoa_arena_fail(arena, count * sizeof *ends, err);
    *state = (struct rle_state){.run_count = count, .ends = ends, .cached = NO_VECTOR};
    STOA_TRY(sum_lengths(node, state, err));
    STOA_TRY(stoa_node_scratch(node->children[CHILD_VALUES], &state->values, err));
    node->state = state;
    return STOA_OK;
}

/* ---- decoding ---- */

/* The run that holds `row`. Vectors mostly come in order, so the last place is tried first. */
static uint32_t find_run(struct rle_state *state, uint32_t row)
{
    uint32_t low = 0; /* the run lies in [low, high] */
    uint32_t high = state->run_count - 1;
    if (state->last_run > 0 && state->ends[state->last_run - 1] <= row)
        low = state->last_run;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (state->ends[middle] <= row)
            low = middle + 1;
        else
            high = middle;
    }
    state->last_run = low;
    return low;
}

static stoa_status load_values(struct stoa_node *node, uint32_t run, stoa_error *err)
{
    struct rle_state *state = node->state;
    const uint32_t vector = run / STOA_VECTOR_ROWS;
    if (state->cached == vector)
        return STOA_OK;
    state->cached = NO_VECTOR;
    STOA_TRY(stoa_node_decode(node->children[CHILD_VALUES], vector, state->values, err));
    state->cached = vector;
    return STOA_OK;
}

/* The part of a run that lies in a vector, in rows of the vector. */
struct span {
    uint32_t first;
    uint32_t count;
};

static struct span run_span(const struct rle_state *state, uint32_t run, uint32_t first_row,
                            uint32_t length)
{
    const uint32_t begin = run == 0 ? 0 : state->ends[run - 1];
    const uint32_t from = begin > first_row ? begin - first_row : 0;
    const uint32_t end = state->ends[run] - first_row;
    return (struct span){.first = from, .count = (end < length ? end : length) - from};
}

/* Values of 8 bytes, which most runs are of: without asking for the kind run by run. */
static stoa_status decode_words(struct stoa_node *node, uint32_t vector, uint64_t *out,
                                stoa_error *err)
{
    struct rle_state *state = node->state;
    const uint32_t first_row = vector * STOA_VECTOR_ROWS;
    const uint32_t length = stoa_vector_length(node->count, vector);
    uint32_t run = find_run(state, first_row);
    for (uint32_t row = 0; row < length; run++) {
        const uint32_t end = state->ends[run] - first_row;
        const uint32_t stop = end < length ? end : length;
        if (run / STOA_VECTOR_ROWS != state->cached)
            STOA_TRY(load_values(node, run, err));
        const uint64_t value = state->values->values.u64[run % STOA_VECTOR_ROWS];
        while (row < stop)
            out[row++] = value;
    }
    return STOA_OK;
}

static stoa_status rle_decode(struct stoa_node *node, uint32_t vector,
                              struct stoa_vector *out, stoa_error *err)
{
    struct rle_state *state = node->state;
    const uint32_t first_row = vector * STOA_VECTOR_ROWS;
    const uint32_t length = stoa_vector_length(node->count, vector);
    if (stoa_phys_width(node->phys) == 8) {
        out->length = length;
        return decode_words(node, vector, out->values.u64, err);
    }
    uint32_t run = find_run(state, first_row);
    for (uint32_t row = 0; row < length; run++) {
        const struct span span = run_span(state, run, first_row, length);
        STOA_TRY(load_values(node, run, err));
        const struct stoa_value value =
            stoa_vector_get(state->values, run % STOA_VECTOR_ROWS);
        stoa_vector_repeat(out, span.first, span.count, &value);
        row = span.first + span.count;
    }
    out->length = length;
    return STOA_OK;
}

static stoa_status rle_at(struct stoa_node *node, uint32_t row, struct stoa_value *out,
                          stoa_error *err)
{
    struct rle_state *state = node->state;
    state->cached = NO_VECTOR; /* its memory is the child's scratch */
    return stoa_node_at(node->children[CHILD_VALUES], find_run(state, row), out, err);
}

static void set_span(uint64_t *bits, struct span span)
{
    stoa_bitmap_set_range(bits, span.first, span.count);
}

/* From so many runs in a vector of rows on, the child answers for a whole vector of runs;
 * below, each run's value is tested by itself. */
enum { RUNS_PER_TEST = 64 };

static stoa_status select_by_child(struct stoa_node *node, uint32_t vector, uint32_t run,
                                   const struct stoa_predicate *predicate,
                                   uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    struct rle_state *state = node->state;
    const uint32_t first_row = vector * STOA_VECTOR_ROWS;
    const uint32_t length = stoa_vector_length(node->count, vector);
    uint32_t selected = NO_VECTOR;
    uint64_t matches[STOA_VECTOR_WORDS];
    for (uint32_t row = 0; row < length; run++) {
        const struct span span = run_span(state, run, first_row, length);
        if (selected != run / STOA_VECTOR_ROWS) {
            selected = run / STOA_VECTOR_ROWS;
            state->cached = NO_VECTOR; /* its memory is the child's scratch now */
            STOA_TRY(stoa_node_select(node->children[CHILD_VALUES], selected, predicate,
                                      state->values, matches, err));
        }
        if (stoa_bit_get(matches, run % STOA_VECTOR_ROWS))
            set_span(out_bits, span);
        row = span.first + span.count;
    }
    return STOA_OK;
}

static stoa_status select_by_run(struct stoa_node *node, uint32_t vector, uint32_t run,
                                 const struct stoa_predicate *predicate,
                                 uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct rle_state *state = node->state;
    const uint32_t first_row = vector * STOA_VECTOR_ROWS;
    const uint32_t length = stoa_vector_length(node->count, vector);
    for (uint32_t row = 0; row < length; run++) {
        const struct span span = run_span(state, run, first_row, length);
        STOA_TRY(load_values(node, run, err));
        const struct stoa_value value =
            stoa_vector_get(state->values, run % STOA_VECTOR_ROWS);
        if (stoa_predicate_match(predicate, &value))
            set_span(out_bits, span);
        row = span.first + span.count;
    }
    return STOA_OK;
}

static stoa_status rle_select(struct stoa_node *node, uint32_t vector,
                              const struct stoa_predicate *predicate,
                              struct stoa_vector *scratch,
                              uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    STOA_UNUSED(scratch);
    struct rle_state *state = node->state;
    const uint32_t first_row = vector * STOA_VECTOR_ROWS;
    const uint32_t length = stoa_vector_length(node->count, vector);
    const uint32_t run = find_run(state, first_row);
    const uint32_t probe = run + RUNS_PER_TEST;
    memset(out_bits, 0, STOA_VECTOR_WORDS * sizeof *out_bits);
    if (probe < state->run_count && state->ends[probe] < first_row + length)
        return select_by_child(node, vector, run, predicate, out_bits, err);
    return select_by_run(node, vector, run, predicate, out_bits, err);
}

static stoa_status rle_describe(const struct stoa_node *node, struct stoa_buf *out,
                                stoa_error *err)
{
    return stoa_buf_printf(out, err, " %" PRIu32 " runs", stoa_node_parameter(node));
}

/* ---- summing ---- */

/* Whole runs from `*run`, where row *begin is, up to `last`: value times length, a vector of values
 * at a time. */
static stoa_status sum_runs(struct stoa_node *node, uint32_t *run, uint32_t last,
                            uint32_t *begin, stoa_i128 *sum, stoa_error *err)
{
    const struct rle_state *state = node->state;
    while (*run < last) {
        const struct stoa_part part = stoa_first_part(*run, last - *run);
        stoa_i128 some = 0;
        STOA_TRY(load_values(node, *run, err));
        node->context->kernels->sum_runs(state->values->values.u64 + part.first,
                                         node->phys == STOA_PHYS_I64, state->ends + *run,
                                         part.count, *begin, &some);
        *sum += some;
        *run += part.count;
        *begin = state->ends[*run - 1];
    }
    return STOA_OK;
}

static stoa_status rle_sum(struct stoa_node *node, uint32_t first, uint32_t count,
                           stoa_i128 *sum, stoa_error *err)
{
    struct rle_state *state = node->state;
    if (count == 0)
        return STOA_OK;
    uint32_t run = find_run(state, first);
    uint32_t begin = first;
    stoa_i128 total = 0;
    STOA_TRY(sum_runs(node, &run, find_run(state, first + count - 1), &begin, &total, err));
    STOA_TRY(load_values(node, run, err));
    const struct stoa_value value = stoa_vector_get(state->values, run % STOA_VECTOR_ROWS);
    *sum += total + stoa_value_number(node->phys, &value) * (first + count - begin);
    return STOA_OK;
}

/* Those of the runs' values. */
static stoa_status rle_extremes(struct stoa_node *node, uint32_t first, uint32_t count,
                                struct stoa_number_range *range, stoa_error *err)
{
    struct rle_state *state = node->state;
    const uint32_t run = find_run(state, first);
    const uint32_t runs = find_run(state, first + count - 1) + 1 - run;
    state->cached = NO_VECTOR; /* its memory is the child's scratch */
    return stoa_node_extremes(node->children[CHILD_VALUES], run, runs, range, err);
}

const struct stoa_encoding stoa_enc_rle = {
    .id = STOA_ENC_RLE,
    .name = "rle",
    .spec = "spec/encodings/rle.md",
    .phys_mask =
        STOA_PHYS_FIXED | STOA_PHYS_BIT(STOA_PHYS_BOOL) | STOA_PHYS_BIT(STOA_PHYS_BYTES),
    .has_children = true,
    .decode_cycles = 0.6,
    .vector_worth = 4,
    .estimate = rle_estimate,
    .encode = rle_encode,
    .open = rle_open,
    .decode = rle_decode,
    .select = rle_select,
    .at = rle_at,
    .sum = rle_sum,
    .extremes = rle_extremes,
    .describe = rle_describe,
};
