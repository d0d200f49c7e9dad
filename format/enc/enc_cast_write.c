/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing CAST: reads every text by the templates that a sample has suggested, prints the values and
 * compares, so that what is kept is what comes back. Texts that do not fit, one in 64 at most, are
 * kept as they are beside their rows, as SPARSE does.
 */
#include "common/alloc.h"
#include "format/enc/enc_cast.h"
#include "format/enc/enc_table.h"

enum { EXCEPTION_SHARE = 64 };

/* A column read by a template. */
struct cast_column {
    struct stoa_cast_template t;
    uint32_t count;
    size_t slot;            /* bytes of a value */
    uint8_t *values;        /* of the template's kind; BYTES: one behind the other */
    uint32_t *offsets;      /* BYTES */
    uint64_t *is_read;      /* bit per row whose text is of the template */
    uint64_t *is_exception; /* bit per row whose text is another */
    uint32_t exception_count;
    uint32_t *rows; /* of the exceptions */
    uint64_t *gaps;
    struct stoa_column_builder texts;
};

static void column_done(struct cast_column *column)
{
    stoa_free(column->values);
    stoa_free(column->offsets);
    stoa_free(column->is_read);
    stoa_free(column->is_exception);
    stoa_free(column->rows);
    stoa_free(column->gaps);
    stoa_column_builder_done(&column->texts);
}

/* ---- reading all texts ---- */

static stoa_status column_make(const struct stoa_cast_template *t, uint32_t count,
                               struct cast_column *out, stoa_error *err)
{
    const bool is_bytes = t->phys == STOA_PHYS_BYTES;
    const size_t words = stoa_bitmap_words(count);
    *out = (struct cast_column){
        .t = *t,
        .count = count,
        .slot = is_bytes ? t->value_size : stoa_phys_width(t->phys),
    };
    stoa_column_builder_init(&out->texts, STOA_PHYS_BYTES);
    out->values = stoa_alloc_zeroed(count, out->slot);
    out->is_read = stoa_alloc_zeroed(words, sizeof *out->is_read);
    out->is_exception = stoa_alloc_zeroed(words, sizeof *out->is_exception);
    if (is_bytes)
        out->offsets = stoa_alloc_array((size_t)count + 1, sizeof *out->offsets);
    if (!out->values || !out->is_read || !out->is_exception || (is_bytes && !out->offsets))
        return stoa_fail_memory(err, count * out->slot);
    return STOA_OK;
}

/* Reads one row into its slot; false when it does not fit. */
static bool read_row(struct cast_column *out, const struct stoa_column *column,
                     uint32_t row)
{
    uint8_t *slot = out->values + row * out->slot;
    struct stoa_value value;
    uint8_t room[STOA_CAST_MAX_HEX / 2];
    if (!stoa_cast_parse(&out->t, stoa_column_view(column, row), &value, room))
        return false;
    memcpy(slot, out->offsets ? room : value.fixed16, out->slot);
    return true;
}

static void copy_slot(struct cast_column *out, uint32_t to, uint32_t from)
{
    memcpy(out->values + to * out->slot, out->values + from * out->slot, out->slot);
}

/* [CAST-14] Rows whose text is not of the template take the value before them; those at the start the
 * first there is. */
static void fill_stand_ins(struct cast_column *out)
{
    uint32_t first = 0;
    while (!stoa_bit_get(out->is_read, first))
        first++;
    for (uint32_t row = 0; row < out->count; row++) {
        if (!stoa_bit_get(out->is_read, row))
            copy_slot(out, row, row < first ? first : row - 1);
    }
    for (uint32_t row = 0; out->offsets && row <= out->count; row++)
        out->offsets[row] = row * out->t.value_size;
}

/* Whether the template takes the column, with few exceptions. NULLs have no text. */
static bool read_rows(struct cast_column *out, const struct stoa_enc_input *input)
{
    const uint32_t most = out->count / EXCEPTION_SHARE;
    uint32_t good = 0;
    for (uint32_t row = 0; row < out->count; row++) {
        if (input->validity && !stoa_bit_get(input->validity, row))
            continue;
        if (read_row(out, input->column, row)) {
            stoa_bit_set(out->is_read, row);
            good++;
            continue;
        }
        stoa_bit_set(out->is_exception, row);
        if (++out->exception_count > most)
            return false;
    }
    if (good < (uint64_t)out->exception_count * EXCEPTION_SHARE || good == 0)
        return false;
    fill_stand_ins(out);
    return true;
}

/* [CAST-13] */
static stoa_status collect_exceptions(struct cast_column *out,
                                      const struct stoa_column *column, stoa_error *err)
{
    uint32_t next = 0;
    uint32_t k = 0;
    out->rows = stoa_alloc_array(out->exception_count, sizeof *out->rows);
    out->gaps = stoa_alloc_array(out->exception_count, sizeof *out->gaps);
    if (!out->rows || !out->gaps)
        return stoa_fail_memory(err, out->exception_count * sizeof *out->gaps);
    for (uint32_t row = 0; row < column->length; row++) {
        if (!stoa_bit_get(out->is_exception, row))
            continue;
        out->rows[k] = row;
        out->gaps[k++] = row - next;
        next = row + 1;
    }
    return stoa_column_builder_gather(&out->texts, column, out->rows, k, err);
}

/* Reads the column by the first template that takes it; *out_found says whether there is one. Free
 * with column_done whatever the status. */
static stoa_status read_column(const struct stoa_enc_input *input, bool *out_found,
                               struct cast_column *out, stoa_error *err)
{
    const struct stoa_column *column = input->column;
    struct stoa_cast_template guesses[STOA_CAST_CANDIDATES];
    const unsigned count = stoa_cast_learn(input, guesses);
    *out_found = false;
    *out = (struct cast_column){.count = 0};
    for (unsigned i = 0; i < count && !*out_found; i++) {
        if ((uint64_t)stoa_cast_max_text(&guesses[i]) * column->length >
            STOA_MAX_ROW_GROUP_RAW) /* [CAST-15] */
            continue;
        column_done(out);
        STOA_TRY(column_make(&guesses[i], column->length, out, err));
        *out_found = read_rows(out, input);
    }
    if (*out_found && out->exception_count > 0)
        STOA_TRY(collect_exceptions(out, column, err));
    return STOA_OK;
}

/* ---- children ---- */

static struct stoa_column values_column(const struct cast_column *column)
{
    return (struct stoa_column){
        .phys = column->t.phys,
        .length = column->count,
        .values = column->offsets ? NULL : column->values,
        .offsets = column->offsets,
        .bytes = column->offsets ? column->values : NULL,
    };
}

static struct stoa_column gaps_column(const struct cast_column *column)
{
    return (struct stoa_column){
        .phys = STOA_PHYS_U64, .length = column->exception_count, .values = column->gaps};
}

/* There is a value for every row, so that the rows are still the block's; DENSE would leave the
 * bytes of NULLs empty [CAST-3]. */
static struct stoa_enc_input values_input(const struct stoa_enc_input *input,
                                          const struct stoa_column *values)
{
    struct stoa_enc_input child =
        stoa_enc_child_input(input, STOA_ENC_CAST, STOA_CAST_CHILD_VALUES, values);
    child.validity = values->phys == STOA_PHYS_BYTES ? NULL : input->validity;
    return child;
}

static uint32_t template_size(const struct stoa_cast_template *t)
{
    return 8u + t->prefix_size + t->suffix_size + t->pattern_size;
}

/* Cycles a row with an exception takes. */
#define EXCEPTION_CYCLES 8

static stoa_status estimate_exceptions(const struct stoa_enc_input *input,
                                       const struct cast_column *column,
                                       struct stoa_enc_estimate *total, stoa_error *err)
{
    struct stoa_enc_estimate gaps;
    struct stoa_enc_estimate texts;
    const struct stoa_column gap_column = gaps_column(column);
    const struct stoa_column text_column = stoa_column_builder_view(&column->texts);
    const struct stoa_enc_input gap_input =
        stoa_enc_child_input(input, STOA_ENC_CAST, STOA_CAST_CHILD_GAPS, &gap_column);
    const struct stoa_enc_input text_input =
        stoa_enc_child_input(input, STOA_ENC_CAST, STOA_CAST_CHILD_TEXTS, &text_column);
    STOA_TRY(stoa_enc_estimate_best(&gap_input, &gaps, err));
    STOA_TRY(stoa_enc_estimate_best(&text_input, &texts, err));
    if (gaps.size == STOA_ENC_NEVER || texts.size == STOA_ENC_NEVER) {
        total->size = STOA_ENC_NEVER;
        return STOA_OK;
    }
    total->size += gaps.size + texts.size;
    total->decode_cycles += (gaps.decode_cycles + texts.decode_cycles + EXCEPTION_CYCLES) *
                            column->exception_count / column->count;
    return STOA_OK;
}

static stoa_status estimate_parts(const struct stoa_enc_input *input,
                                  const struct cast_column *column,
                                  struct stoa_enc_estimate *out, stoa_error *err)
{
    struct stoa_enc_estimate child;
    const struct stoa_column values = values_column(column);
    const struct stoa_enc_input child_input = values_input(input, &values);
    STOA_TRY(stoa_enc_estimate_best(&child_input, &child, err));
    if (child.size == STOA_ENC_NEVER)
        return STOA_OK;
    struct stoa_enc_estimate total = {
        .size = STOA_NODE_HEADER_SIZE + stoa_align_up(template_size(&column->t), 8) +
                child.size,
        .decode_cycles = column->t.form->cycles + child.decode_cycles,
    };
    if (column->exception_count > 0)
        STOA_TRY(estimate_exceptions(input, column, &total, err));
    *out = total;
    return STOA_OK;
}

stoa_status stoa_cast_estimate(const struct stoa_enc_input *input,
                               struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    struct cast_column column;
    bool found = false;
    stoa_status status = read_column(input, &found, &column, err);
    if (status == STOA_OK && found)
        status = estimate_parts(input, &column, out_estimate, err);
    column_done(&column);
    return status;
}

/* [CAST-1] */
static stoa_status append_template(const struct stoa_cast_template *t, size_t start,
                                   struct stoa_buf *out, stoa_error *err)
{
    const uint8_t sizes[8] = {t->width, t->prefix_size, t->suffix_size, t->pattern_size};
    STOA_TRY(stoa_buf_append(out, sizes, sizeof sizes, err));
    STOA_TRY(stoa_buf_append(out, t->prefix, t->prefix_size, err));
    STOA_TRY(stoa_buf_append(out, t->suffix, t->suffix_size, err));
    STOA_TRY(stoa_buf_append(out, t->pattern, t->pattern_size, err));
    return stoa_buf_append_zeros(out, -(out->size - start) & 7, err);
}

static stoa_status append_parts(const struct stoa_enc_input *input,
                                const struct cast_column *column, struct stoa_buf *out,
                                stoa_error *err)
{
    const struct stoa_column values = values_column(column);
    const struct stoa_enc_input value_input = values_input(input, &values);
    STOA_TRY(stoa_enc_encode_best(&value_input, out, err));
    if (column->exception_count == 0)
        return STOA_OK;
    const struct stoa_column gaps = gaps_column(column);
    const struct stoa_column texts = stoa_column_builder_view(&column->texts);
    const struct stoa_enc_input gap_input =
        stoa_enc_child_input(input, STOA_ENC_CAST, STOA_CAST_CHILD_GAPS, &gaps);
    const struct stoa_enc_input text_input =
        stoa_enc_child_input(input, STOA_ENC_CAST, STOA_CAST_CHILD_TEXTS, &texts);
    STOA_TRY(stoa_enc_encode_best(&gap_input, out, err));
    return stoa_enc_encode_best(&text_input, out, err);
}

static stoa_status append_node(const struct stoa_enc_input *input,
                               const struct cast_column *column, struct stoa_buf *out,
                               stoa_error *err)
{
    size_t start = 0;
    STOA_TRY(
        stoa_node_begin(&stoa_enc_cast, STOA_PHYS_BYTES, column->count, out, &start, err));
    stoa_node_set_flags(out, start, (uint8_t)column->t.form->id, column->t.options);
    stoa_node_set_parameter(out, start, column->exception_count);
    STOA_TRY(append_template(&column->t, start, out, err));
    STOA_TRY(append_parts(input, column, out, err));
    return stoa_node_finish(out, start, err);
}

stoa_status stoa_cast_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                             stoa_error *err)
{
    struct cast_column column;
    bool found = false;
    stoa_status status = read_column(input, &found, &column, err);
    if (status == STOA_OK && !found)
        status = stoa_fail(err, STOA_E_INTERNAL,
                           "cast: expected texts of one template, found others");
    if (status == STOA_OK)
        status = append_node(input, &column, out, err);
    column_done(&column);
    return status;
}
