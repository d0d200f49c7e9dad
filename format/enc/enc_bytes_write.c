/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choosing and writing BYTES nodes (spec/encodings/bytes.md). They pay only when the codec finds
 * something, and codecs are slow, so cheap looks come first: do values repeat within 512
 * rows (matches), or are single bytes of floats unevenly distributed (entropy)? Only then is
 * a sample compressed.
 */
#include "common/alloc.h"
#include "common/hash.h"
#include "format/enc/enc_bytes.h"
#include "format/enc/enc_table.h"

enum {
    FEWEST_VALUES = 1024, /* below that a codec's own overhead eats the gain */
    SAMPLE_VALUES = 8192, /* contiguous, from the middle */
    SAMPLE_BYTES = 65536, /* of whole values */
    LOOK_VALUES = 512,    /* contiguous, from the middle: do they repeat? */
    LOOK_SLOTS = 1024,
    REPEAT_SHARE = 4 /* one in so many values must repeat for matches to pay */
};

/* Cycles a value that loading an odd width takes, and putting a byte in its place. */
#define ODD_CYCLES   1.9
#define PLANE_CYCLES 0.75

/* How a column's values become bytes. */
struct bytes_plan {
    const struct stoa_column *column;
    uint64_t scale;
    struct stoa_scale divider;
    stoa_u128 base;
    unsigned width; /* bytes per value */
    bool is_number; /* false: the value's bytes as they are */
    enum stoa_bytes_layout layout;
};

/* ---- planning ---- */

static uint64_t low_bits(const struct stoa_column *column, uint32_t row)
{
    return stoa_load_le64((const uint8_t *)column->values +
                          row * stoa_phys_width(column->phys));
}

/* How many of the values that are looked at were there before. */
static uint32_t count_repeats(const struct stoa_column *column, uint32_t count)
{
    uint16_t slots[LOOK_SLOTS] = {0}; /* the last row that has the value, from 1 */
    const uint32_t first = (column->length - count) / 2;
    uint32_t repeats = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t value = low_bits(column, first + i);
        size_t slot = stoa_hash_mix(value) % LOOK_SLOTS;
        while (slots[slot] && low_bits(column, first + slots[slot] - 1) != value)
            slot = (slot + 1) % LOOK_SLOTS;
        repeats += slots[slot] != 0;
        slots[slot] = (uint16_t)(i + 1);
    }
    return repeats;
}

static bool values_repeat(const struct stoa_column *column)
{
    const uint32_t count = column->length < LOOK_VALUES ? column->length : LOOK_VALUES;
    return count_repeats(column, count) >= count / REPEAT_SHARE;
}

static void plan_number(const struct stoa_enc_input *input, struct bytes_plan *plan)
{
    const struct stoa_column *column = input->column;
    const stoa_u128 min = (stoa_u128)stoa_value_number(column->phys, &input->facts.min);
    const stoa_u128 max = (stoa_u128)stoa_value_number(column->phys, &input->facts.max);
    if (input->facts.scale == 0)
        return;
    plan->is_number = true;
    plan->base = min;
    plan->scale = input->facts.scale;
    plan->divider = stoa_scale_make(plan->scale);
    const unsigned bits = stoa_bit_width((uint64_t)(max - min) / plan->scale);
    plan->width = bits == 0 ? 1 : (bits + 7) / 8;
}

/* Integers in whole values, since a codec's matches are what beats bit packing there. Other
 * kinds too where values repeat; else byte by byte, as only some of the bytes have a
 * pattern. */
static struct bytes_plan make_plan(const struct stoa_enc_input *input)
{
    const struct stoa_column *column = input->column;
    struct bytes_plan plan = {.column = column,
                              .scale = 1,
                              .width = (unsigned)stoa_phys_width(column->phys),
                              .layout = STOA_BYTES_WHOLE};
    if (stoa_phys_is_integer(column->phys))
        plan_number(input, &plan);
    if (!plan.is_number && !values_repeat(column))
        plan.layout = STOA_BYTES_PLANES;
    return plan;
}

/* ---- values to bytes ---- */

/* [BYTES-2] rows [first, first + count) as whole values. */
static void write_whole(const struct bytes_plan *plan, uint32_t first, uint32_t count,
                        uint8_t *out)
{
    const size_t width = plan->width;
    if (!plan->is_number) {
        memcpy(out, (const uint8_t *)plan->column->values + first * width, count * width);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t distance = low_bits(plan->column, first + i) - (uint64_t)plan->base;
        const uint64_t number = stoa_scale_divide(&plan->divider, distance);
        memcpy(out + i * width, &number, width);
    }
}

/* [BYTES-3] byte `plane` of rows [first, first + count). */
static void write_plane(const struct bytes_plan *plan, unsigned plane, uint32_t first,
                        uint32_t count, uint8_t *out)
{
    const size_t width = plan->width;
    const uint8_t *in = (const uint8_t *)plan->column->values + first * width + plane;
    for (uint32_t i = 0; i < count; i++)
        out[i] = in[i * width];
}

/* ---- estimating ---- */

/* Whether some byte values are much more frequent than others: the chance that two of them are
 * equal is at least twice that of noise, worth a bit. */
static bool is_uneven(const uint8_t *bytes, uint32_t count)
{
    uint32_t counts[256] = {0};
    for (uint32_t i = 0; i < count; i++)
        counts[bytes[i]]++;
    uint64_t pairs = 0;
    for (size_t i = 0; i < 256; i++)
        pairs += (uint64_t)counts[i] * counts[i];
    return pairs >= 2 * ((uint64_t)count * count / 256 + count);
}

/* ---- what zstd's quickest level would leave ---- */

/* Compressing a sample takes five times as long as looking for what it would find. */

enum {
    MATCH_BYTES = 5, /* shorter ones are not looked for at low levels */
    MATCH_SLOTS = 4096,
    GUESSED_LEVEL = 1
};
_Static_assert(SAMPLE_BYTES <= UINT16_MAX + 1, "slots hold places in a sample");

/* Fitted to what level 1 left of a thousand samples: within 10 % of all but one in twenty. */
#define MATCH_BITS    13 /* where it is, and how long */
#define REPEAT_BITS   6  /* the same where it is as far back as the one before */
#define LITERAL_SHARE 1.05
#define SYMBOL_BITS   6 /* of the table of literals */
#define FRAME_BITS    175

/* n log2(n), by a line between powers of 2. */
static double entropy_term(uint32_t n)
{
    if (n == 0)
        return 0;
    const unsigned power = stoa_bit_width(n) - 1;
    return (double)n * (power + (double)n / (double)(UINT64_C(1) << power) - 1);
}

static size_t match_length(const uint8_t *a, const uint8_t *b, size_t most)
{
    size_t length = 0;
    while (length < most && a[length] == b[length])
        length++;
    return length;
}

/* Bits that the bytes take when repetitions are found as a quick codec finds them, and the others take
 * as much as they are seldom. `size` <= SAMPLE_BYTES. */
static double guess_bits(const uint8_t *bytes, size_t size)
{
    uint32_t counts[256] = {0};
    uint16_t last[MATCH_SLOTS] = {0};
    uint32_t literals = 0;
    double bits = FRAME_BITS;
    size_t distance = 0; /* of the match before */
    size_t i = 0;
    while (i + 8 <= size) {
        const uint64_t word = stoa_load_le64(bytes + i) << 8 * (8 - MATCH_BYTES);
        const size_t slot = word * UINT64_C(0x9E3779B97F4A7C15) >> 52;
        const size_t repeated =
            distance > 0 ? match_length(bytes + i - distance, bytes + i, size - i) : 0;
        const size_t before = last[slot];
        size_t length = repeated;
        last[slot] = (uint16_t)i;
        if (repeated < MATCH_BYTES && before < i)
            length = match_length(bytes + before, bytes + i, size - i);
        if (length >= MATCH_BYTES) {
            bits += repeated >= MATCH_BYTES ? REPEAT_BITS : MATCH_BITS;
            distance = repeated >= MATCH_BYTES ? distance : i - before;
            i += length;
            continue;
        }
        counts[bytes[i++]]++;
        literals++;
    }
    double entropy = entropy_term(literals);
    uint32_t symbols = 0;
    for (size_t k = 0; k < 256; k++) {
        entropy -= entropy_term(counts[k]);
        symbols += counts[k] > 0;
    }
    return bits + entropy * LITERAL_SHARE + symbols * SYMBOL_BITS;
}

/* Share of the sample that the codec leaves; 1 when it does not pay. */
static stoa_status find_share(const struct stoa_enc_input *input, const uint8_t *sample,
                              size_t size, double *out_share, stoa_error *err)
{
    const struct stoa_stream_choice choice =
        stoa_stream_choice_for(input->profile, STOA_STREAM_NUMBERS);
    const struct stoa_stream_use use = stoa_stream_use_for(input, STOA_STREAM_NUMBERS);
    if (choice.codec->id != STOA_CODEC_ZSTD || choice.level != GUESSED_LEVEL)
        return stoa_stream_sample(&use, sample, size, size, out_share, err);
    const double share = guess_bits(sample, size) / 8 / (double)size;
    *out_share = share > 1 - choice.worth ? 1 : share;
    return STOA_OK;
}

static uint32_t sample_first(const struct bytes_plan *plan, uint32_t count)
{
    return (plan->column->length - count) / 2;
}

static stoa_status estimate_whole(const struct bytes_plan *plan,
                                  const struct stoa_enc_input *input, uint8_t *sample,
                                  struct stoa_enc_estimate *out, stoa_error *err)
{
    const struct stoa_stream_choice choice =
        stoa_stream_choice_for(input->profile, STOA_STREAM_NUMBERS);
    if (plan->is_number && plan->column->phys == STOA_PHYS_I128)
        out->decode_cycles += STOA_WIDE_SUM_CYCLES;
    if (plan->width & (plan->width - 1))
        out->decode_cycles += ODD_CYCLES;
    const double cycles = out->decode_cycles + choice.codec->decode_cycles * plan->width;
    /* Decoding alone must not cost what is to be saved; where it costs nearly that, a codec
     * would have to leave almost nothing. */
    if (stoa_profile_kappa(input->profile) * cycles * 2.5 >= input->limit)
        return STOA_OK;
    if (plan->is_number && !values_repeat(plan->column))
        return STOA_OK;
    uint32_t count = SAMPLE_BYTES / plan->width;
    count = count < SAMPLE_VALUES ? count : SAMPLE_VALUES;
    count = count < plan->column->length ? count : plan->column->length;
    const size_t size = (size_t)count * plan->width;
    double share = 1;
    write_whole(plan, sample_first(plan, count), count, sample);
    STOA_TRY(find_share(input, sample, size, &share, err));
    out->size = (uint64_t)(share * plan->column->length * plan->width) + 64;
    if (share < 1)
        out->decode_cycles = cycles;
    return STOA_OK;
}

static stoa_status estimate_planes(const struct bytes_plan *plan,
                                   const struct stoa_enc_input *input, uint8_t *sample,
                                   struct stoa_enc_estimate *out, stoa_error *err)
{
    const struct stoa_stream_choice choice =
        stoa_stream_choice_for(input->profile, STOA_STREAM_NUMBERS);
    const uint32_t count =
        plan->column->length < SAMPLE_VALUES ? plan->column->length : SAMPLE_VALUES;
    const uint32_t look = count < STOA_VECTOR_ROWS ? count : STOA_VECTOR_ROWS;
    double shares = 0;
    out->decode_cycles += PLANE_CYCLES * plan->width;
    for (unsigned plane = 0; plane < plan->width; plane++) {
        double share = 1;
        write_plane(plan, plane, sample_first(plan, count), count, sample);
        if (is_uneven(sample, look))
            STOA_TRY(find_share(input, sample, count, &share, err));
        if (share < 1)
            out->decode_cycles += choice.codec->decode_cycles;
        shares += share;
    }
    out->size = (uint64_t)(shares * plan->column->length) + 48 + 16 * plan->width;
    return STOA_OK;
}

stoa_status stoa_bytes_estimate(const struct stoa_enc_input *input,
                                struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    if (input->column->length < FEWEST_VALUES)
        return STOA_OK;
    const struct bytes_plan plan = make_plan(input);
    uint8_t *sample = stoa_alloc(SAMPLE_BYTES);
    if (!sample)
        return stoa_fail_memory(err, SAMPLE_BYTES);
    const stoa_status status =
        plan.layout == STOA_BYTES_WHOLE
            ? estimate_whole(&plan, input, sample, out_estimate, err)
            : estimate_planes(&plan, input, sample, out_estimate, err);
    stoa_free(sample);
    return status;
}

/* ---- writing ---- */

/* Frames of whole vectors, so that a vector never needs two. */
static size_t whole_frame_size(unsigned width)
{
    const size_t vector = (size_t)STOA_VECTOR_ROWS * width;
    return STOA_FRAME_RAW_SIZE / vector * vector;
}

static stoa_status append_streams(const struct bytes_plan *plan,
                                  const struct stoa_stream_use *use, struct stoa_buf *out,
                                  stoa_error *err)
{
    const uint32_t count = plan->column->length;
    const bool whole = plan->layout == STOA_BYTES_WHOLE;
    const size_t size = (size_t)count * (whole ? plan->width : 1);
    uint8_t *raw = stoa_alloc(size);
    if (!raw)
        return stoa_fail_memory(err, size);
    stoa_status status = STOA_OK;
    if (whole) {
        write_whole(plan, 0, count, raw);
        STOA_TRY_CLEANUP(
            stoa_stream_write(use, raw, size, whole_frame_size(plan->width), out, err));
    }
    for (unsigned plane = 0; !whole && plane < plan->width; plane++) {
        write_plane(plan, plane, 0, count, raw);
        STOA_TRY_CLEANUP(
            stoa_stream_write(use, raw, size, STOA_BYTES_PLANE_FRAME, out, err));
    }
cleanup:
    stoa_free(raw);
    return status;
}

stoa_status stoa_bytes_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                              stoa_error *err)
{
    const struct stoa_stream_use use = stoa_stream_use_for(input, STOA_STREAM_NUMBERS);
    const struct stoa_column *column = input->column;
    const struct bytes_plan plan = make_plan(input);
    size_t start = 0;
    STOA_TRY(
        stoa_node_begin(&stoa_enc_bytes, column->phys, column->length, out, &start, err));
    stoa_node_set_flags(out, start, (uint8_t)plan.width, (uint8_t)plan.layout);
    STOA_TRY(stoa_buf_append_le64(out, plan.scale, err));
    STOA_TRY(stoa_buf_append(out, &plan.base, stoa_phys_width(column->phys), err));
    STOA_TRY(append_streams(&plan, &use, out, err));
    return stoa_node_finish(out, start, err);
}
