/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoding one block [BLK-1]: the validity section, then the values with the slots of NULLs
 * filled, so that encodings see none [BLK-6] and the bytes do not depend on what the slots
 * held [FMT-5]. Called by the file writer, one block at a time, from any thread.
 */
#include <assert.h>
#include <math.h>

#include "common/alloc.h"
#include "common/bitmap.h"
#include "format/block.h"
#include "format/block_validity.h"
#include "format/enc/enc_hint.h"
#include "format/enc/enc_parts.h"

/* A block being encoded. */
struct block_writer {
    struct stoa_column column; /* as given, validity NULL when no row is NULL */
    const struct stoa_block_input *input;
    const uint32_t *codes;
    uint32_t valid_count;
    uint32_t first_valid; /* row; set when valid_count > 0 */
    /* The filled copies, owned; NULL where the input could stay as it is. */
    void *values;
    uint32_t *offsets;
    uint8_t *bytes;
    uint32_t *filled_codes;
};

static void writer_done(struct block_writer *writer)
{
    stoa_free_aligned(writer->values);
    stoa_free(writer->offsets);
    stoa_free(writer->bytes);
    stoa_free(writer->filled_codes);
}

static bool row_is_valid(const struct block_writer *writer, uint32_t row)
{
    return stoa_bit_get(writer->column.validity, row) != 0;
}

/* ---- filling the slots of NULLs ---- */

/* The value before; the first ones take the first value there is: runs, bases and widths stay
 * as they would be without the NULLs. Where 64 rows are valid or NULL together, as they
 * mostly are, nothing is asked row by row. */
#define DEFINE_FILL(name, type)                                                            \
    static void name(const uint64_t *validity, const type *restrict in, uint32_t rows,     \
                     type last, type *restrict out)                                        \
    {                                                                                      \
        for (uint32_t row = 0; row < rows; row += 64) {                                    \
            const uint32_t count = rows - row < 64 ? rows - row : 64;                      \
            const uint64_t all = stoa_low_mask(count);                                     \
            const uint64_t valid = validity[row / 64] & all;                               \
            if (valid == all) {                                                            \
                memcpy(out + row, in + row, count * sizeof *out);                          \
                last = in[row + count - 1];                                                \
                continue;                                                                  \
            }                                                                              \
            for (uint32_t i = 0; i < count; i++) {                                         \
                const type value = in[row + i];                                            \
                last = valid >> i & 1 ? value : last;                                      \
                out[row + i] = last;                                                       \
            }                                                                              \
        }                                                                                  \
    }
DEFINE_FILL(fill_64, uint64_t)
DEFINE_FILL(fill_128, stoa_u128)
DEFINE_FILL(fill_32, uint32_t)

static stoa_status fill_fixed(struct block_writer *writer, stoa_error *err)
{
    const struct stoa_column *column = &writer->column;
    const size_t width = stoa_phys_width(column->phys);
    const uint32_t first = writer->first_valid;
    writer->values = stoa_alloc_aligned(column->length * width);
    if (!writer->values)
        return stoa_fail_memory(err, column->length * width);
    if (width == 8) {
        const uint64_t *in = column->values;
        fill_64(column->validity, in, column->length, in[first], writer->values);
    } else {
        const stoa_u128 *in = column->values;
        fill_128(column->validity, in, column->length, in[first], writer->values);
    }
    return STOA_OK;
}

static stoa_status fill_bits(struct block_writer *writer, stoa_error *err)
{
    const size_t words = stoa_bitmap_words(writer->column.length);
    const uint64_t *in = writer->column.values;
    uint64_t *out = stoa_alloc_aligned(words * sizeof *out);
    if (!out)
        return stoa_fail_memory(err, words * sizeof *out);
    for (size_t i = 0; i < words; i++)
        out[i] = in[i] & writer->column.validity[i];
    writer->values = out;
    return STOA_OK;
}

static bool null_texts_are_empty(const struct block_writer *writer)
{
    const struct stoa_column *column = &writer->column;
    const uint32_t *offsets = column->offsets;
    uint32_t any = 0;
    for (uint32_t row = 0; row < column->length; row += 64) {
        uint64_t nulls = ~column->validity[row / 64] & stoa_low_mask(column->length - row);
        for (; nulls; nulls &= nulls - 1) {
            const uint32_t i = row + (uint32_t)__builtin_ctzll(nulls);
            any |= offsets[i + 1] - offsets[i];
        }
    }
    return any == 0;
}

/* Text becomes empty behind NULL: repeating the value before would store it twice. */
static stoa_status fill_text(struct block_writer *writer, stoa_error *err)
{
    const struct stoa_column *column = &writer->column;
    const uint32_t rows = column->length;
    if (null_texts_are_empty(writer))
        return STOA_OK;
    writer->offsets = stoa_alloc_array((size_t)rows + 1, sizeof *writer->offsets);
    writer->bytes = stoa_alloc(column->offsets[rows] - column->offsets[0]);
    if (!writer->offsets || !writer->bytes)
        return stoa_fail_memory(err, column->offsets[rows] - column->offsets[0]);
    uint32_t at = 0;
    for (uint32_t i = 0; i < rows; i++) {
        const struct stoa_view view = stoa_column_view(column, i);
        writer->offsets[i] = at;
        if (!row_is_valid(writer, i) || view.length == 0)
            continue;
        memcpy(writer->bytes + at, view.data, view.length);
        at += view.length;
    }
    writer->offsets[rows] = at;
    return STOA_OK;
}

static stoa_status fill_codes(struct block_writer *writer, stoa_error *err)
{
    const uint32_t rows = writer->column.length;
    writer->filled_codes = stoa_alloc_array(rows, sizeof *writer->filled_codes);
    if (!writer->filled_codes)
        return stoa_fail_memory(err, rows * sizeof *writer->filled_codes);
    fill_32(writer->column.validity, writer->codes, rows,
            writer->codes[writer->first_valid], writer->filled_codes);
    return STOA_OK;
}

static stoa_status fill_values(struct block_writer *writer, stoa_error *err)
{
    if (writer->column.phys == STOA_PHYS_BOOL)
        return fill_bits(writer, err);
    if (writer->column.phys == STOA_PHYS_BYTES)
        return fill_text(writer, err);
    return fill_fixed(writer, err);
}

/* The column that encodings see: no NULLs, nothing of what stood behind them. */
static stoa_status fill(struct block_writer *writer, struct stoa_column *out_column,
                        stoa_error *err)
{
    *out_column = writer->column;
    if (!writer->column.validity)
        return STOA_OK;
    out_column->validity = NULL;
    if (writer->codes)
        STOA_TRY(fill_codes(writer, err));
    if (writer->codes && writer->column.phys == STOA_PHYS_BYTES)
        return STOA_OK; /* the codes say it all: the texts will not be looked at */
    STOA_TRY(fill_values(writer, err));
    if (writer->values)
        out_column->values = writer->values;
    if (writer->offsets) {
        out_column->offsets = writer->offsets;
        out_column->bytes = writer->bytes;
    }
    return STOA_OK;
}

/* ---- constant blocks ---- */

/* Whether all valid rows hold one value. With NULLs between them this shows only here, since
 * texts and truth values are not filled with their neighbour. */
static bool is_constant(const struct block_writer *writer)
{
    const struct stoa_column *column = &writer->column;
    const struct stoa_value first = stoa_column_get(column, writer->first_valid);
    for (uint32_t row = writer->first_valid + 1; row < column->length; row++) {
        if (!row_is_valid(writer, row))
            continue;
        const struct stoa_value value = stoa_column_get(column, row);
        if (stoa_value_compare_exact(column->phys, &first, &value) != 0)
            return false;
    }
    return true;
}

/* All rows as one, NULL or not: CONST looks at row 0 alone. */
static stoa_status encode_constant(const struct block_writer *writer, struct stoa_buf *out,
                                   stoa_error *err)
{
    struct stoa_column column = writer->column;
    uint64_t bit = 0;
    const uint32_t row = writer->first_valid;
    column.validity = NULL;
    if (column.phys == STOA_PHYS_BOOL) {
        bit = (uint64_t)stoa_bit_get(column.values, row);
        column.values = &bit;
    } else if (column.phys == STOA_PHYS_BYTES) {
        column.offsets += row;
    } else {
        column.values = (const uint8_t *)column.values + row * stoa_phys_width(column.phys);
    }
    const struct stoa_enc_input input = {
        .column = &column,
        .facts = {.run_count = 1, .is_constant = true},
        .profile = writer->input->profile,
        .depth = 1
    };
    return stoa_encoding_find(STOA_ENC_CONST)->encode(&input, out, err);
}

/* ---- the block ---- */

/* What the encodings are asked; borrows the writer and `column`. */
static stoa_status make_input(struct block_writer *writer, struct stoa_column *column,
                              struct stoa_enc_input *out_input, stoa_error *err)
{
    STOA_TRY(fill(writer, column, err));
    *out_input = (struct stoa_enc_input){
        .column = column,
        .profile = writer->input->profile,
        .compressor = writer->input->compressor,
        .depth = 1,
        .codes = writer->filled_codes ? writer->filled_codes : writer->codes,
        .dictionary_count = writer->input->dictionary_count,
        .validity = writer->column.validity,
        .limit = INFINITY,
        .references = writer->input->references,
        .reference_count = writer->input->reference_count,
        .hint = writer->input->hint,
    };
    /* Behind NULLs codes repeat the one before, but texts are empty: there codes do not tell
     * the runs of the texts. */
    const bool same_runs = column->phys != STOA_PHYS_BYTES || !writer->column.validity;
    stoa_enc_collect_facts(column, same_runs ? out_input->codes : NULL, &out_input->facts);
    return STOA_OK;
}

static stoa_status encode_values(struct block_writer *writer, struct stoa_buf *out,
                                 struct stoa_enc_hint *out_hint, stoa_error *err)
{
    struct stoa_column column;
    struct stoa_enc_input input;
    if (writer->column.validity && is_constant(writer)) {
        *out_hint = (struct stoa_enc_hint){0};
        out_hint->places[0].estimate.decode_cycles =
            stoa_encoding_find(STOA_ENC_CONST)->decode_cycles;
        return encode_constant(writer, out, err);
    }
    STOA_TRY(make_input(writer, &column, &input, err));
    return stoa_enc_encode_finding(&input, out, out_hint, err);
}

static void count_valid(struct block_writer *writer)
{
    const uint32_t rows = writer->column.length;
    writer->valid_count = writer->column.validity
                              ? (uint32_t)stoa_bitmap_count(writer->column.validity, rows)
                              : rows;
    if (writer->valid_count == rows)
        writer->column.validity = NULL;
    while (writer->column.validity && writer->valid_count > 0 &&
           !row_is_valid(writer, writer->first_valid))
        writer->first_valid++;
}

stoa_status stoa_block_encode_by(const struct stoa_block_input *input, struct stoa_buf *out,
                                 struct stoa_block_choice *out_choice, stoa_error *err)
{
    const struct stoa_column *column = input->column;
    assert(column->length > 0 && column->length <= STOA_BLOCK_ROWS);
    struct block_writer writer = {.column = *column, .input = input, .codes = input->codes};
    struct stoa_block_choice choice = {.encoding = 0};
    count_valid(&writer);
    stoa_status status =
        stoa_validity_write(writer.column.validity, column->length, out, err);
    const size_t root = out->size;
    if (status == STOA_OK && writer.valid_count > 0) {
        status = encode_values(&writer, out, &choice.hint, err);
        choice.encoding = status == STOA_OK ? out->data[root] : 0;
        choice.uses_dictionary = choice.encoding == STOA_ENC_DICT;
        choice.decode_cycles = choice.hint.places[0].estimate.decode_cycles;
        stoa_hint_loosen(&choice.hint);
    }
    writer_done(&writer);
    STOA_TRY(status);
    *out_choice = choice;
    return STOA_OK;
}

stoa_status stoa_block_encode(const struct stoa_column *column, const uint32_t *codes,
                              uint32_t dictionary_count, enum stoa_profile profile,
                              struct stoa_buf *out, uint8_t *out_encoding,
                              bool *out_uses_dictionary, stoa_error *err)
{
    const struct stoa_block_input input = {.column = column,
                                           .codes = codes,
                                           .dictionary_count = dictionary_count,
                                           .profile = profile};
    struct stoa_block_choice choice;
    STOA_TRY(stoa_block_encode_by(&input, out, &choice, err));
    *out_encoding = choice.encoding;
    *out_uses_dictionary = choice.uses_dictionary;
    return STOA_OK;
}

stoa_status stoa_block_bids(const struct stoa_column *column, enum stoa_profile profile,
                            struct stoa_enc_bids *out_bids, stoa_error *err)
{
    const struct stoa_block_input asked = {.column = column, .profile = profile};
    struct block_writer writer = {.column = *column, .input = &asked};
    struct stoa_column filled;
    struct stoa_enc_input input;
    out_bids->count = 0;
    count_valid(&writer);
    if (writer.valid_count == 0)
        return STOA_OK;
    stoa_status status = make_input(&writer, &filled, &input, err);
    if (status == STOA_OK)
        status = stoa_enc_ask_all(&input, out_bids, err);
    writer_done(&writer);
    return status;
}
