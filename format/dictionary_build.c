/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dictionary of a row group's column, when it pays: distinct values, sorted, and the code of
 * each row. Whether it pays is decided on exact counts by the same estimates that choose
 * block encodings, over a sample of rows. Called by the file writer before the blocks are
 * encoded.
 */
#include <math.h>

#include "common/alloc.h"
#include "common/bitmap.h"
#include "format/block_validity.h"
#include "format/dictionary_parts.h"
#include "format/enc/enc_hint.h"
#include "format/enc/enc_parts.h"

struct stoa_dictionary_build {
    uint32_t count;
    uint32_t *codes; /* per row */
    struct stoa_column_builder values;
    struct stoa_enc_hint entries; /* what the values become */
    struct stoa_enc_hint rows;    /* what the rows become, with or without it */
};

enum {
    SAMPLE_PIECES = 4,
    SAMPLE_PIECE_ROWS = 4096,
    SAMPLE_ROWS = SAMPLE_PIECES * SAMPLE_PIECE_ROWS,
    SAMPLE_ENTRIES = 16384 /* a multiple of 64 */
};

/* Less than this share saved is not worth an indirection. */
#define WORTH 0.98

/* ---- sorted values and codes ---- */

static stoa_status sort_values(struct stoa_distinct *distinct,
                               struct stoa_dictionary_build *build, stoa_error *err)
{
    const struct stoa_column *column = distinct->column;
    stoa_status status = STOA_OK;
    uint32_t *order = stoa_alloc_array(distinct->count, sizeof *order);
    uint32_t *scratch = stoa_alloc_array(distinct->count, sizeof *scratch);
    if (!order || !scratch) {
        status = stoa_fail_memory(err, distinct->count * sizeof *order);
        goto cleanup;
    }
    STOA_TRY_CLEANUP(stoa_distinct_sort(distinct, order, err));
    for (uint32_t k = 0; k < distinct->count; k++) /* first rows in order */
        scratch[k] = distinct->rows[order[k]];
    STOA_TRY_CLEANUP(
        stoa_column_builder_gather(&build->values, column, scratch, distinct->count, err));
    for (uint32_t k = 0; k < distinct->count; k++) /* now: code of each number */
        scratch[order[k]] = k;
    for (uint32_t row = 0; row < column->length; row++)
        distinct->ids[row] = scratch[distinct->ids[row]];
    build->codes = distinct->ids;
    build->count = distinct->count;
    distinct->ids = NULL;
cleanup:
    stoa_free(order);
    stoa_free(scratch);
    return status;
}

/* ---- does it pay? ---- */

/* Rows that are not NULL, from four places. */
static uint32_t sample_rows(const struct stoa_column *column, uint32_t *rows)
{
    const uint32_t length = column->length;
    const uint32_t stride =
        length <= SAMPLE_ROWS ? SAMPLE_PIECE_ROWS : length / SAMPLE_PIECES;
    uint32_t count = 0;
    for (uint32_t piece = 0; piece < SAMPLE_PIECES; piece++) {
        const uint32_t first = piece * stride;
        for (uint32_t row = first; row < length && row - first < SAMPLE_PIECE_ROWS; row++) {
            if (!column->validity || stoa_bit_get(column->validity, row))
                rows[count++] = row;
        }
    }
    return count;
}

static double cost_per_value(const struct stoa_enc_estimate *estimate, uint32_t count,
                             enum stoa_profile profile)
{
    return estimate->size == STOA_ENC_NEVER
               ? INFINITY
               : (double)estimate->size * 8 / count +
                     stoa_profile_kappa(profile) * estimate->decode_cycles;
}

/* `codes` may stand in for the values. */
static struct stoa_enc_input root_input(const struct stoa_column *column,
                                        const uint32_t *codes,
                                        const struct stoa_encode_means *means,
                                        uint32_t parents)
{
    struct stoa_enc_input input = {.column = column,
                                   .profile = means->profile,
                                   .compressor = means->compressor,
                                   .depth = 1,
                                   .parent_mask = parents,
                                   .limit = INFINITY};
    stoa_enc_collect_facts(column, codes, &input.facts);
    return input;
}

/* Cost of the sampled rows as they are; encodings that will cost more than `limit` need not say
 * how much. */
static stoa_status plain_cost(const struct stoa_column *sample, const uint32_t *codes,
                              const struct stoa_encode_means *means, double limit,
                              double *out_cost, struct stoa_enc_hint *out_hint,
                              stoa_error *err)
{
    struct stoa_enc_input input = root_input(sample, codes, means, 0);
    struct stoa_enc_estimate estimate;
    input.limit = limit;
    STOA_TRY(stoa_enc_find_best(&input, &estimate, out_hint, err));
    *out_cost = cost_per_value(&estimate, sample->length, means->profile);
    return STOA_OK;
}

/* Cost of the codes of the sampled rows. The judge is who compares them with anything else. */
static stoa_status code_cost(const struct stoa_column *sample, const uint32_t *codes,
                             uint32_t dictionary_count,
                             const struct stoa_encode_means *means, double *out_cost,
                             struct stoa_enc_hint *out_hint, stoa_error *err)
{
    const struct stoa_encoding *dict = stoa_encoding_find(STOA_ENC_DICT);
    struct stoa_enc_input input = {.column = sample,
                                   .profile = means->profile,
                                   .compressor = means->compressor,
                                   .depth = 1,
                                   .codes = codes,
                                   .dictionary_count = dictionary_count,
                                   .limit = INFINITY,
                                   .found = out_hint};
    struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER,
                                         .decode_cycles = dict->decode_cycles};
    *out_hint = (struct stoa_enc_hint){0};
    STOA_TRY(dict->estimate(&input, &estimate, err));
    out_hint->places[0] = (struct stoa_enc_known){.encoding = STOA_ENC_DICT,
                                                  .is_exact = true,
                                                  .count = sample->length,
                                                  .spared = ~(UINT32_C(1) << STOA_ENC_SAME),
                                                  .estimate = estimate};
    *out_cost = cost_per_value(&estimate, sample->length, means->profile);
    return STOA_OK;
}

/* Bits that each row pays for the dictionary itself, of which a large one is told by its middle. */
static stoa_status entry_cost(struct stoa_dictionary_build *build,
                              const struct stoa_encode_means *means, uint32_t rows,
                              double *out_cost, stoa_error *err)
{
    struct stoa_column values = stoa_column_builder_view(&build->values);
    if (build->count > 2 * SAMPLE_ENTRIES)
        values = stoa_column_slice(&values, build->count / 2 / 64 * 64, SAMPLE_ENTRIES);
    const struct stoa_enc_input input =
        root_input(&values, NULL, means, UINT32_C(1) << STOA_ENC_DICT);
    struct stoa_enc_estimate estimate;
    STOA_TRY(stoa_enc_find_best(&input, &estimate, &build->entries, err));
    if (values.length < build->count)
        stoa_hint_loosen(&build->entries);
    const double size = (double)estimate.size * build->count / values.length;
    *out_cost = (size + STOA_VALIDITY_HEADER_SIZE + 32) * 8 / rows;
    return STOA_OK;
}

/* From `sampled` rows that are not NULL to blocks. Of codes that were sampled it is not known whether a
 * block has use for them, of what stands beside NULLs not what it costs. */
static void adapt_hint(const struct stoa_column *column, uint32_t sampled,
                       struct stoa_enc_hint *hint)
{
    const bool is_dict = hint->places[0].encoding == STOA_ENC_DICT;
    if (sampled == column->length)
        return;
    stoa_hint_loosen(hint);
    if (is_dict) {
        hint->places[0].spared = 0;
        hint->places[0].estimate.size = STOA_ENC_NEVER;
    }
    if (column->validity)
        stoa_hint_spread(hint, is_dict ? stoa_hint_child(0, 0) : 0);
}

static stoa_status compare_costs(struct stoa_dictionary_build *build,
                                 const struct stoa_column *column, uint32_t *rows,
                                 uint32_t count, const struct stoa_encode_means *means,
                                 bool *out_pays, stoa_error *err)
{
    struct stoa_column_builder sample;
    struct stoa_enc_hint coded;
    double plain = 0;
    double codes = 0;
    double entries = 0;
    stoa_status status = STOA_OK;
    stoa_column_builder_init(&sample, column->phys);
    STOA_TRY_CLEANUP(stoa_column_builder_gather(&sample, column, rows, count, err));
    const struct stoa_column view = stoa_column_builder_view(&sample);
    for (uint32_t i = 0; i < count; i++)
        rows[i] = build->codes[rows[i]];
    STOA_TRY_CLEANUP(code_cost(&view, rows, build->count, means, &codes, &coded, err));
    STOA_TRY_CLEANUP(entry_cost(build, means, column->length, &entries, err));
    STOA_TRY_CLEANUP(plain_cost(&view, rows, means, (codes + entries) / WORTH, &plain,
                                &build->rows, err));
    *out_pays = codes + entries < plain * WORTH;
    if (*out_pays)
        build->rows = coded;
    adapt_hint(column, count, &build->rows);
cleanup:
    stoa_column_builder_done(&sample);
    return status;
}

static stoa_status judge(struct stoa_dictionary_build *build,
                         const struct stoa_column *column,
                         const struct stoa_encode_means *means, bool *out_pays,
                         stoa_error *err)
{
    uint32_t *rows = stoa_alloc_array(SAMPLE_ROWS, sizeof *rows);
    if (!rows)
        return stoa_fail_memory(err, SAMPLE_ROWS * sizeof *rows);
    const uint32_t count = sample_rows(column, rows);
    stoa_status status = STOA_OK;
    *out_pays = false; /* all NULL wherever the sample looked */
    if (count > 0)
        status = compare_costs(build, column, rows, count, means, out_pays, err);
    stoa_free(rows);
    return status;
}

/* ---- building ---- */

static stoa_status build_from(struct stoa_distinct *distinct,
                              const struct stoa_encode_means *means,
                              struct stoa_dictionary_build **out_build,
                              struct stoa_enc_hint *out_hint, stoa_error *err)
{
    struct stoa_dictionary_build *build = stoa_alloc_zeroed(1, sizeof *build);
    bool pays = false;
    stoa_status status = STOA_OK;
    if (!build)
        return stoa_fail_memory(err, sizeof *build);
    stoa_column_builder_init(&build->values, distinct->column->phys);
    STOA_TRY_CLEANUP(sort_values(distinct, build, err));
    STOA_TRY_CLEANUP(judge(build, distinct->column, means, &pays, err));
    *out_build = pays ? build : NULL;
    *out_hint = build->rows;
    if (pays)
        build = NULL;
cleanup:
    stoa_dictionary_build_free(build);
    return status;
}

stoa_status stoa_dictionary_build_or_hint(const struct stoa_column *column,
                                          const struct stoa_encode_means *means,
                                          struct stoa_dictionary_build **out_build,
                                          struct stoa_enc_hint *out_hint, stoa_error *err)
{
    struct stoa_distinct distinct;
    bool found = false;
    *out_hint = (struct stoa_enc_hint){0};
    STOA_TRY(stoa_distinct_find(column, &found, &distinct, err));
    if (!found) {
        *out_build = NULL;
        return STOA_OK;
    }
    const stoa_status status = build_from(&distinct, means, out_build, out_hint, err);
    stoa_distinct_done(&distinct);
    return status;
}

stoa_status stoa_dictionary_build_create(const struct stoa_column *column,
                                         enum stoa_profile profile,
                                         struct stoa_dictionary_build **out_build,
                                         stoa_error *err)
{
    const struct stoa_encode_means means = {.profile = profile};
    struct stoa_enc_hint hint;
    return stoa_dictionary_build_or_hint(column, &means, out_build, &hint, err);
}

void stoa_dictionary_build_free(struct stoa_dictionary_build *build)
{
    if (!build)
        return;
    stoa_free(build->codes);
    stoa_column_builder_done(&build->values);
    stoa_free(build);
}

uint32_t stoa_dictionary_build_count(const struct stoa_dictionary_build *build)
{
    return build->count;
}

const uint32_t *stoa_dictionary_build_codes(const struct stoa_dictionary_build *build)
{
    return build->codes;
}

struct stoa_column stoa_dictionary_build_values(const struct stoa_dictionary_build *build)
{
    return stoa_column_builder_view(&build->values);
}

/* [BLK-7] */
stoa_status stoa_dictionary_build_encode(const struct stoa_dictionary_build *build,
                                         const struct stoa_encode_means *means,
                                         struct stoa_buf *out, uint8_t *out_encoding,
                                         stoa_error *err)
{
    const struct stoa_column values = stoa_column_builder_view(&build->values);
    struct stoa_enc_input input =
        root_input(&values, NULL, means, UINT32_C(1) << STOA_ENC_DICT);
    input.hint = &build->entries;
    STOA_TRY(stoa_validity_write(NULL, values.length, out, err));
    const size_t root = out->size;
    STOA_TRY(stoa_enc_encode_best(&input, out, err));
    *out_encoding = out->data[root];
    return STOA_OK;
}
