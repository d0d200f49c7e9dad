/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FSST: choosing and writing (spec/encodings/fsst.md). A table is found in about as long as a few
 * thousand values take to compress, so it is only looked for where what has been found already
 * leaves room for it, and kept for encoding. What it saves is judged by text it was not made from.
 */
#include "common/alloc.h"
#include "format/enc/enc_table.h"
#include "format/enc/fsst.h"
#include "format/enc/stream.h"

/* ---- what it would take ---- */

/* Decode cycles of a code, beside those of a value. */
#define CODE_CYCLES 2.1

/* The least that text has been seen to shrink to, for giving up without a look. */
#define LEAST_SHARE 0.12

/* A table of symbols takes a kilobyte or two: less text than this does not earn it. */
enum { FEWEST_BYTES = 2048 };

/* Long values under zstd: there it finds more than symbols of eight bytes can. */
enum { LONG_VALUE = 64 };

/* How many times as large as under the profile's codec text may be, for being filtered and read one
 * by one: 0 leaves that to the cost. */
static const double largest_ratio[] = {
    [STOA_PROFILE_BALANCED] = 1.05,
    [STOA_PROFILE_FAST] = 0,
    [STOA_PROFILE_COMPACT] = 0.95,
};

/* Text that the codec shrinks further has been seen to take at least a fifth more here. */
#define CODEC_GROUND 0.45

static bool is_hopeless(const struct stoa_enc_input *input)
{
    const double rows = input->column->length;
    const double text = (double)input->facts.text_bytes;
    if (text < FEWEST_BYTES || text > (double)STOA_STREAM_MAX_RAW)
        return true;
    const double kappa = stoa_profile_kappa(input->profile);
    return text * LEAST_SHARE * (8 + kappa * CODE_CYCLES) / rows > input->limit;
}

/* The text's share under the profile's codec, which has mostly been looked at before. */
static stoa_status find_codec_share(const struct stoa_enc_input *input, double *out_share,
                                    stoa_error *err)
{
    enum { CODEC_SAMPLE = 32768 };
    const struct stoa_column *column = input->column;
    if (input->kept && input->kept->codec_share > 0) {
        *out_share = input->kept->codec_share;
        return STOA_OK;
    }
    const struct stoa_stream_use use = stoa_stream_use_for(input, STOA_STREAM_TEXT);
    return stoa_stream_sample(&use, column->bytes + column->offsets[0],
                              input->facts.text_bytes, CODEC_SAMPLE, out_share, err);
}

/* The largest share of the text that codes may take. */
static stoa_status find_largest_share(const struct stoa_enc_input *input, double *out_share,
                                      stoa_error *err)
{
    const double ratio = largest_ratio[input->profile];
    *out_share = 1;
    if (ratio <= 0)
        return STOA_OK;
    if (input->facts.text_bytes >= (uint64_t)input->column->length * LONG_VALUE) {
        *out_share = 0;
        return STOA_OK;
    }
    STOA_TRY(find_codec_share(input, out_share, err));
    *out_share = *out_share < CODEC_GROUND ? 0 : *out_share * ratio;
    return STOA_OK;
}

/* What trial pieces come to. */
struct trial {
    uint64_t raw;
    uint64_t codes;
    uint32_t values;
    struct stoa_enc_estimate lengths; /* of as many values */
};

static stoa_status estimate_lengths(const struct stoa_enc_input *input,
                                    const uint64_t *lengths, struct trial *trial,
                                    stoa_error *err)
{
    const struct stoa_column column = {
        .phys = STOA_PHYS_U64, .length = trial->values, .values = lengths};
    struct stoa_enc_input child =
        stoa_enc_child_input(input, STOA_ENC_FSST, STOA_FSST_CHILD_LENGTHS, &column);
    child.is_sample = true;
    return stoa_enc_estimate_best(&child, &trial->lengths, err);
}

static void try_piece(const struct stoa_fsst_matcher *matcher,
                      const struct stoa_column *column, const struct stoa_fsst_piece *piece,
                      uint8_t *codes, uint64_t *lengths, struct trial *trial)
{
    const uint8_t *end = column->bytes + column->offsets[column->length];
    uint32_t left = piece->size;
    for (uint32_t row = piece->first_row; left > 0; row++) {
        const struct stoa_view view = stoa_column_view(column, row);
        const uint32_t size = view.length < left ? view.length : left;
        const size_t count = stoa_fsst_compress(matcher, view.data, size, end, codes);
        lengths[trial->values++] = count;
        trial->codes += count;
        trial->raw += size;
        left -= size;
    }
}

static uint32_t trial_rows(const struct stoa_fsst_sample *sample)
{
    uint32_t rows = 0;
    for (uint32_t i = 0; i < sample->count; i++) {
        uint32_t left = sample->trial[i].size;
        for (uint32_t row = sample->trial[i].first_row; left > 0; row++, rows++) {
            const uint32_t size = stoa_column_view(sample->column, row).length;
            left -= size < left ? size : left;
        }
    }
    return rows;
}

static stoa_status run_trial(const struct stoa_enc_input *input,
                             const struct stoa_fsst_sample *sample,
                             const struct stoa_fsst_matcher *matcher,
                             struct trial *out_trial, stoa_error *err)
{
    uint32_t largest = 0;
    for (uint32_t i = 0; i < sample->count; i++)
        largest = sample->trial[i].size > largest ? sample->trial[i].size : largest;
    uint64_t *lengths = stoa_alloc_array(trial_rows(sample) + 1, sizeof *lengths);
    uint8_t *codes = stoa_alloc((size_t)2 * largest + 1);
    stoa_status status = STOA_OK;
    *out_trial = (struct trial){.raw = 0};
    if (!lengths || !codes)
        status = stoa_fail_memory(err, (size_t)2 * largest + 1);
    for (uint32_t i = 0; status == STOA_OK && i < sample->count; i++)
        try_piece(matcher, sample->column, &sample->trial[i], codes, lengths, out_trial);
    if (status == STOA_OK && out_trial->values > 0)
        status = estimate_lengths(input, lengths, out_trial, err);
    stoa_free(lengths);
    stoa_free(codes);
    return status;
}

static uint64_t table_size(const struct stoa_fsst_symbols *symbols)
{
    uint64_t size = symbols->count;
    for (uint32_t code = 0; code < symbols->count; code++)
        size += symbols->lengths[code];
    return stoa_align_up(size, 8);
}

static void judge(const struct stoa_enc_input *input,
                  const struct stoa_fsst_symbols *symbols, const struct trial *trial,
                  double largest_share, struct stoa_enc_estimate *out)
{
    const double rows = input->column->length;
    const double text = (double)input->facts.text_bytes;
    const double codes = text * (double)trial->codes / (double)trial->raw;
    const double table = (double)table_size(symbols);
    const double lengths = (double)trial->lengths.size * rows / trial->values;
    const double ends = 8.0 * stoa_vector_count(input->column->length);
    if (table + codes > text * largest_share || trial->lengths.size == STOA_ENC_NEVER)
        return;
    out->size = (uint64_t)(STOA_NODE_HEADER_SIZE + table + ends + codes + lengths);
    out->decode_cycles += trial->lengths.decode_cycles + CODE_CYCLES * codes / rows;
}

stoa_status stoa_fsst_estimate(const struct stoa_enc_input *input,
                               struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    struct trial trial;
    double largest_share = 0;
    stoa_status status = STOA_OK;
    if (is_hopeless(input))
        return STOA_OK;
    STOA_TRY(find_largest_share(input, &largest_share, err));
    if (largest_share <= 0)
        return STOA_OK;
    const struct stoa_fsst_sample sample = stoa_fsst_sample_make(input->column);
    struct stoa_fsst_matcher *matcher = stoa_alloc(sizeof *matcher);
    if (!matcher)
        return stoa_fail_memory(err, sizeof *matcher);
    STOA_TRY_CLEANUP(stoa_fsst_train(&sample, matcher, err));
    STOA_TRY_CLEANUP(run_trial(input, &sample, matcher, &trial, err));
    if (trial.raw > 0)
        judge(input, &matcher->symbols, &trial, largest_share, out_estimate);
    if (out_estimate->size != STOA_ENC_NEVER && input->kept) {
        stoa_free(input->kept->fsst);
        input->kept->fsst = matcher;
        matcher = NULL;
    }
cleanup:
    stoa_free(matcher);
    return status;
}

/* ---- writing ---- */

/* [FSST-1] */
static stoa_status append_table(const struct stoa_fsst_symbols *symbols, size_t start,
                                struct stoa_buf *out, stoa_error *err)
{
    STOA_TRY(stoa_buf_append(out, symbols->lengths, symbols->count, err));
    for (uint32_t code = 0; code < symbols->count; code++)
        STOA_TRY(stoa_buf_append(out, &symbols->words[code], symbols->lengths[code], err));
    return stoa_buf_append_zeros(out, -(out->size - start) & 7, err);
}

/* [FSST-3] [FSST-4] the codes of all values; `ends` is where the vectors' ends go. */
static stoa_status append_codes(const struct stoa_column *column,
                                const struct stoa_fsst_matcher *matcher, size_t ends,
                                uint64_t *lengths, struct stoa_buf *out, stoa_error *err)
{
    const uint32_t *offsets = column->offsets;
    const size_t start = out->size;
    for (uint32_t first = 0; first < column->length; first += STOA_VECTOR_ROWS) {
        const uint32_t last =
            first + stoa_vector_length(column->length, first / STOA_VECTOR_ROWS);
        STOA_TRY(stoa_buf_reserve(out, (size_t)2 * (offsets[last] - offsets[first]), err));
        out->size += stoa_fsst_compress_rows(matcher, column, first, last, lengths,
                                             out->data + out->size);
        uint8_t *at = out->data + ends + (size_t)first / STOA_VECTOR_ROWS * 8;
        stoa_store_le32(at, (uint32_t)(out->size - start));
        stoa_store_le32(at + 4, offsets[last] - offsets[0]);
    }
    return stoa_buf_append_zeros(out, -(out->size - start) & 7, err);
}

static stoa_status append_node(const struct stoa_enc_input *input,
                               const struct stoa_fsst_matcher *matcher, uint64_t *lengths,
                               struct stoa_buf *out, stoa_error *err)
{
    const struct stoa_column *column = input->column;
    size_t start = 0;
    STOA_TRY(
        stoa_node_begin(&stoa_enc_fsst, column->phys, column->length, out, &start, err));
    stoa_node_set_flags(out, start, (uint8_t)matcher->symbols.count, 0);
    STOA_TRY(append_table(&matcher->symbols, start, out, err));
    const size_t ends = out->size;
    STOA_TRY(
        stoa_buf_append_zeros(out, (size_t)stoa_vector_count(column->length) * 8, err));
    STOA_TRY(append_codes(column, matcher, ends, lengths, out, err));
    const struct stoa_column child_column = {
        .phys = STOA_PHYS_U64, .length = column->length, .values = lengths};
    const struct stoa_enc_input child =
        stoa_enc_child_input(input, STOA_ENC_FSST, STOA_FSST_CHILD_LENGTHS, &child_column);
    STOA_TRY(stoa_enc_encode_best(&child, out, err));
    return stoa_node_finish(out, start, err);
}

stoa_status stoa_fsst_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                             stoa_error *err)
{
    const struct stoa_column *column = input->column;
    struct stoa_fsst_matcher *own = NULL;
    const struct stoa_fsst_matcher *matcher = input->kept ? input->kept->fsst : NULL;
    stoa_status status = STOA_OK;
    uint64_t *lengths = stoa_alloc_array(column->length, sizeof *lengths);
    if (!lengths)
        return stoa_fail_memory(err, column->length * sizeof *lengths);
    if (!matcher) {
        const struct stoa_fsst_sample sample = stoa_fsst_sample_make(column);
        matcher = own = stoa_alloc(sizeof *own);
        status =
            own ? stoa_fsst_train(&sample, own, err) : stoa_fail_memory(err, sizeof *own);
    }
    if (status == STOA_OK)
        status = append_node(input, matcher, lengths, out, err);
    stoa_free(own);
    stoa_free(lengths);
    return status;
}
