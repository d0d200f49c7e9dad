/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SAME: estimating and writing (spec/encodings/same.md). The writer of row groups names the
 * columns that may serve as a base and the forms worth a try; here each is made in full, since
 * only then its size is known, and taken when it saves a tenth of the best other encoding, what
 * decoding the base takes included.
 *
 * Rows where this column is NULL are never exceptions, and what is in the slots of either column
 * behind NULLs is not looked at [FMT-5].
 */
#include "common/alloc.h"
#include "common/bitmap.h"
#include "format/enc/enc_same.h"
#include "format/enc/enc_table.h"

enum {
    EXCEPTION_SHARE = 16, /* one row in so many may be an exception.. */
    KEY_SHARE = 4         /* ..and one key there may be for so many rows */
};

/* Of the cost of the best other encoding, at most. */
#define WORTH 0.9
/* Cycles a value beside the base's (bench/format/bench_same.c), and each exception. */
#define EQUAL_CYCLES     0.1
#define OFFSET_CYCLES    0.3
#define NUMBER_CYCLES    3.0
#define CODE_CYCLES      2.0
#define EXCEPTION_CYCLES 6.0

/* One way to keep the column. */
struct same_parts {
    const struct stoa_enc_reference *reference;
    unsigned form;
    uint64_t *residual; /* form 1 */
    struct stoa_column_builder map;
    uint64_t low;
    uint32_t key_count;
    uint32_t *keys; /* of the rows */
    uint32_t *rows; /* of the exceptions */
    uint64_t *gaps;
    uint32_t exception_count;
    struct stoa_column_builder values; /* of the exceptions */
};

static void parts_init(struct same_parts *parts, const struct stoa_enc_input *input,
                       const struct stoa_enc_reference *reference, unsigned form)
{
    *parts = (struct same_parts){.reference = reference, .form = form};
    stoa_column_builder_init(&parts->map, input->column->phys);
    stoa_column_builder_init(&parts->values, input->column->phys);
}

static void parts_done(struct same_parts *parts)
{
    stoa_free(parts->residual);
    stoa_free(parts->keys);
    stoa_free(parts->rows);
    stoa_free(parts->gaps);
    stoa_column_builder_done(&parts->map);
    stoa_column_builder_done(&parts->values);
}

static bool is_valid(const uint64_t *validity, uint32_t row)
{
    return !validity || stoa_bit_get(validity, row);
}

/* ---- exceptions ---- */

static stoa_status add_exception(struct same_parts *parts, const struct stoa_column *column,
                                 uint32_t row, bool *out_is_too_many, stoa_error *err)
{
    const uint32_t most = column->length / EXCEPTION_SHARE;
    if (!parts->rows) {
        parts->rows = stoa_alloc_array((size_t)most + 1, sizeof *parts->rows);
        parts->gaps = stoa_alloc_array((size_t)most + 1, sizeof *parts->gaps);
        if (!parts->rows || !parts->gaps)
            return stoa_fail_memory(err, most * sizeof *parts->gaps);
    }
    const uint32_t k = parts->exception_count;
    *out_is_too_many = k >= most;
    if (k >= most)
        return STOA_OK;
    parts->rows[k] = row;
    parts->gaps[k] = k == 0 ? row : row - parts->rows[k - 1] - 1; /* [SAME-5] */
    parts->exception_count++;
    return STOA_OK;
}

static stoa_status gather_exceptions(struct same_parts *parts,
                                     const struct stoa_column *column, stoa_error *err)
{
    return stoa_column_builder_gather(&parts->values, column, parts->rows,
                                      parts->exception_count, err);
}

/* ---- form 0 ---- */

/* Whether row `row` of both columns holds the same bits; the base may be NULL there [SAME-3]. */
static bool is_equal(const struct stoa_column *base, const struct stoa_column *column,
                     uint32_t row)
{
    const bool has_value = is_valid(base->validity, row);
    if (column->phys == STOA_PHYS_BOOL)
        return stoa_bit_get(column->values, row) ==
               (has_value && stoa_bit_get(base->values, row));
    if (column->phys == STOA_PHYS_BYTES) {
        const struct stoa_view nothing = {.length = 0};
        return stoa_view_equal(stoa_column_view(column, row),
                               has_value ? stoa_column_view(base, row) : nothing);
    }
    static const uint8_t zeros[16];
    const size_t width = stoa_phys_width(column->phys);
    const uint8_t *value = (const uint8_t *)column->values + row * width;
    const uint8_t *other = (const uint8_t *)base->values + row * width;
    return memcmp(value, has_value ? other : zeros, width) == 0;
}

/* *out_fits: there are few exceptions. */
static stoa_status make_equal(const struct stoa_enc_input *input, struct same_parts *parts,
                              bool *out_fits, stoa_error *err)
{
    const struct stoa_column *column = input->column;
    bool is_too_many = false;
    for (uint32_t row = 0; row < column->length && !is_too_many; row++) {
        if (!is_equal(parts->reference->column, column, row) &&
            is_valid(input->validity, row))
            STOA_TRY(add_exception(parts, column, row, &is_too_many, err));
    }
    *out_fits = !is_too_many;
    return is_too_many ? STOA_OK : gather_exceptions(parts, column, err);
}

/* ---- form 1 ---- */

static void subtract(const struct stoa_enc_input *input, const struct stoa_column *base,
                     uint64_t *restrict out)
{
    const uint64_t *values = stoa_column_u64(input->column);
    const uint64_t *others = stoa_column_u64(base);
    const uint32_t count = input->column->length;
    if (!input->validity && !base->validity) {
        for (uint32_t i = 0; i < count; i++)
            out[i] = values[i] - others[i];
        return;
    }
    uint32_t first = 0; /* row that is not NULL */
    while (!is_valid(input->validity, first))
        first++;
    uint64_t last = values[first] - (is_valid(base->validity, first) ? others[first] : 0);
    for (uint32_t i = 0; i < count; i++) {
        if (is_valid(input->validity, i))
            last = values[i] - (is_valid(base->validity, i) ? others[i] : 0);
        out[i] = last;
    }
}

static stoa_status make_offset(const struct stoa_enc_input *input, struct same_parts *parts,
                               bool *out_fits, stoa_error *err)
{
    const uint32_t count = input->column->length;
    parts->residual = stoa_alloc_array(count, sizeof *parts->residual);
    if (!parts->residual)
        return stoa_fail_memory(err, count * sizeof *parts->residual);
    subtract(input, parts->reference->column, parts->residual);
    *out_fits = true;
    return STOA_OK;
}

/* ---- forms 2 and 3 ---- */

/* The base's number or code in a row that is not NULL, such that smaller is smaller. */
static uint64_t ordered_number(const struct same_parts *parts, uint32_t row)
{
    const struct stoa_column *base = parts->reference->column;
    if (parts->form == STOA_SAME_CODE)
        return parts->reference->codes[row];
    const uint64_t value = stoa_column_u64(base)[row];
    return base->phys == STOA_PHYS_I64 ? value ^ UINT64_C(1) << 63 : value;
}

/* Whether two rows hold the same; `words` are the column's where it has any. */
static inline bool rows_equal(const struct stoa_column *column, const uint64_t *words,
                              uint32_t a, uint32_t b)
{
    return words ? words[a] == words[b] : stoa_column_rows_equal(column, a, b);
}

static const uint64_t *words_of(const struct stoa_column *column)
{
    return STOA_SAME_WORDS & STOA_PHYS_BIT(column->phys) ? stoa_column_u64(column) : NULL;
}

/* False when there are too many keys to pay. */
static bool find_keys(struct same_parts *parts, uint32_t count)
{
    const struct stoa_column *base = parts->reference->column;
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    for (uint32_t row = 0; row < count; row++) {
        if (!is_valid(base->validity, row))
            continue;
        const uint64_t number = ordered_number(parts, row);
        low = number < low ? number : low;
        high = number > high ? number : high;
    }
    if (high < low || high - low >= count / KEY_SHARE)
        return false;
    for (uint32_t row = 0; row < count; row++) /* [SAME-3] */
        parts->keys[row] = is_valid(base->validity, row)
                               ? (uint32_t)(ordered_number(parts, row) - low)
                               : 0;
    const bool is_flipped = parts->form == STOA_SAME_NUMBER && base->phys == STOA_PHYS_I64;
    parts->low = is_flipped ? low ^ UINT64_C(1) << 63 : low;
    parts->key_count = (uint32_t)(high - low) + 1; /* at most 16,384 */
    return true;
}

/* For each key a row whose value most of its rows have (Boyer and Moore, "MJRTY: a fast majority
 * vote algorithm", 1981); keys without a row take that of the key before. */
static void find_majorities(const struct stoa_enc_input *input,
                            const struct same_parts *parts, uint32_t *rows, uint32_t *leads)
{
    const struct stoa_column *column = input->column;
    const uint64_t *words = words_of(column);
    uint32_t last = UINT32_MAX;
    for (uint32_t k = 0; k < parts->key_count; k++) {
        rows[k] = UINT32_MAX;
        leads[k] = 0;
    }
    for (uint32_t row = 0; row < column->length; row++) {
        const uint32_t key = parts->keys[row];
        if (!is_valid(input->validity, row))
            continue;
        if (last == UINT32_MAX)
            last = row;
        if (leads[key] == 0)
            rows[key] = row;
        if (rows_equal(column, words, rows[key], row))
            leads[key]++;
        else
            leads[key]--;
    }
    for (uint32_t k = 0; k < parts->key_count; k++)
        rows[k] = last = rows[k] == UINT32_MAX ? last : rows[k];
}

static stoa_status fill_map(const struct stoa_enc_input *input, struct same_parts *parts,
                            uint32_t *rows, bool *out_fits, stoa_error *err)
{
    const struct stoa_column *column = input->column;
    const uint64_t *words = words_of(column);
    bool is_too_many = false;
    find_majorities(input, parts, rows, rows + parts->key_count);
    for (uint32_t row = 0; row < column->length && !is_too_many; row++) {
        if (!rows_equal(column, words, rows[parts->keys[row]], row) &&
            is_valid(input->validity, row))
            STOA_TRY(add_exception(parts, column, row, &is_too_many, err));
    }
    *out_fits = !is_too_many;
    if (is_too_many)
        return STOA_OK;
    STOA_TRY(gather_exceptions(parts, column, err));
    return stoa_column_builder_gather(&parts->map, column, rows, parts->key_count, err);
}

static stoa_status make_map(const struct stoa_enc_input *input, struct same_parts *parts,
                            bool *out_fits, stoa_error *err)
{
    const uint32_t count = input->column->length;
    *out_fits = false;
    parts->keys = stoa_alloc_array(count, sizeof *parts->keys);
    if (!parts->keys)
        return stoa_fail_memory(err, count * sizeof *parts->keys);
    if (!find_keys(parts, count))
        return STOA_OK;
    uint32_t *rows = stoa_alloc_array((size_t)2 * parts->key_count, sizeof *rows);
    if (!rows)
        return stoa_fail_memory(err, 2 * parts->key_count * sizeof *rows);
    const stoa_status status = fill_map(input, parts, rows, out_fits, err);
    stoa_free(rows);
    return status;
}

/* ---- choosing ---- */

/* Whether the form can hold the column at all. Texts with a dictionary keep it: their codes carry
 * filters and groups. */
static bool is_possible(const struct stoa_enc_input *input,
                        const struct stoa_enc_reference *reference, unsigned form)
{
    const enum stoa_phys phys = input->column->phys;
    const enum stoa_phys base = reference->column->phys;
    if (!(reference->forms >> form & 1) || !(stoa_same_kinds(form) & STOA_PHYS_BIT(phys)))
        return false;
    if (form == STOA_SAME_NUMBER)
        return STOA_SAME_WORDS & STOA_PHYS_BIT(base);
    if (form == STOA_SAME_CODE)
        return reference->codes != NULL;
    return input->depth == 1 && phys == base && !(phys == STOA_PHYS_BYTES && input->codes);
}

static stoa_status parts_make(const struct stoa_enc_input *input, struct same_parts *parts,
                              bool *out_fits, stoa_error *err)
{
    static stoa_status (*const makers[])(const struct stoa_enc_input *, struct same_parts *,
                                         bool *, stoa_error *) = {
        [STOA_SAME_EQUAL] = make_equal,
        [STOA_SAME_OFFSET] = make_offset,
        [STOA_SAME_NUMBER] = make_map,
        [STOA_SAME_CODE] = make_map,
    };
    return makers[parts->form](input, parts, out_fits, err);
}

/* The children's columns, in their order; returns how many. */
static unsigned list_children(const struct stoa_enc_input *input,
                              const struct same_parts *parts,
                              struct stoa_column out[STOA_NODE_MAX_CHILDREN])
{
    unsigned count = 0;
    if (parts->form == STOA_SAME_OFFSET)
        out[count++] = (struct stoa_column){.phys = STOA_PHYS_I64,
                                            .length = input->column->length,
                                            .values = parts->residual};
    else if (parts->form >= STOA_SAME_NUMBER)
        out[count++] = stoa_column_builder_view(&parts->map);
    if (parts->exception_count > 0) {
        out[count++] = (struct stoa_column){
            .phys = STOA_PHYS_U64, .length = parts->exception_count, .values = parts->gaps};
        out[count++] = stoa_column_builder_view(&parts->values);
    }
    return count;
}

/* There is a residual for every row, so that the rows are still the block's. */
static struct stoa_enc_input child_input(const struct stoa_enc_input *input,
                                         const struct same_parts *parts,
                                         const struct stoa_column *column)
{
    struct stoa_enc_input child = stoa_enc_child_input(input, STOA_ENC_SAME, 0, column);
    child.hint = NULL; /* the forms that are tried have other children each */
    child.found = NULL;
    if (parts->form == STOA_SAME_OFFSET)
        child.validity = input->validity;
    return child;
}

static stoa_status estimate_parts(const struct stoa_enc_input *input,
                                  const struct same_parts *parts,
                                  struct stoa_enc_estimate *out, stoa_error *err)
{
    static const double own_cycles[] = {EQUAL_CYCLES, OFFSET_CYCLES, NUMBER_CYCLES,
                                        CODE_CYCLES};
    struct stoa_column children[STOA_NODE_MAX_CHILDREN];
    const unsigned count = list_children(input, parts, children);
    uint64_t size = STOA_NODE_HEADER_SIZE + STOA_SAME_PARAMETERS;
    out->decode_cycles = parts->reference->decode_cycles + own_cycles[parts->form] +
                         EXCEPTION_CYCLES * parts->exception_count / input->column->length;
    for (unsigned i = 0; i < count; i++) {
        struct stoa_enc_estimate child;
        const struct stoa_enc_input trial = child_input(input, parts, &children[i]);
        STOA_TRY(stoa_enc_estimate_best(&trial, &child, err));
        if (child.size == STOA_ENC_NEVER)
            return STOA_OK;
        size += child.size;
        if (parts->form == STOA_SAME_OFFSET)
            out->decode_cycles += child.decode_cycles;
    }
    out->size = size;
    return STOA_OK;
}

/* The best way so far. */
struct same_choice {
    const struct stoa_enc_reference *reference; /* NULL: none */
    unsigned form;
    struct stoa_enc_estimate estimate;
    double cost;
};

static stoa_status try_form(const struct stoa_enc_input *input,
                            const struct stoa_enc_reference *reference, unsigned form,
                            struct same_choice *choice, stoa_error *err)
{
    struct same_parts parts;
    bool fits = false;
    struct stoa_enc_estimate estimate = {.size = STOA_ENC_NEVER};
    parts_init(&parts, input, reference, form);
    stoa_status status = parts_make(input, &parts, &fits, err);
    if (status == STOA_OK && fits)
        status = estimate_parts(input, &parts, &estimate, err);
    parts_done(&parts);
    STOA_TRY(status);
    if (estimate.size == STOA_ENC_NEVER)
        return STOA_OK;
    const double cost = (double)estimate.size * 8 / input->column->length +
                        stoa_profile_kappa(input->profile) * estimate.decode_cycles;
    if (!choice->reference || cost < choice->cost)
        *choice = (struct same_choice){
            .reference = reference, .form = form, .estimate = estimate, .cost = cost};
    return STOA_OK;
}

/* A base that is dear to decode is not looked at. */
static bool is_candidate(const struct stoa_enc_input *input,
                         const struct stoa_enc_reference *reference, unsigned form)
{
    return is_possible(input, reference, form) &&
           stoa_profile_kappa(input->profile) * reference->decode_cycles <
               WORTH * input->limit;
}

/* The first of the cheapest. */
static stoa_status choose(const struct stoa_enc_input *input, struct same_choice *out,
                          stoa_error *err)
{
    *out = (struct same_choice){.reference = NULL};
    for (uint32_t i = 0; i < input->reference_count; i++) {
        const struct stoa_enc_reference *reference = &input->references[i];
        for (unsigned form = 0; form < STOA_SAME_FORM_COUNT; form++) {
            if (is_candidate(input, reference, form))
                STOA_TRY(try_form(input, reference, form, out, err));
        }
    }
    return STOA_OK;
}

/* The only way there is needs no estimate to be chosen; false when there are none or several. */
static bool choose_only(const struct stoa_enc_input *input, struct same_choice *out)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < input->reference_count; i++) {
        for (unsigned form = 0; form < STOA_SAME_FORM_COUNT; form++) {
            if (!is_candidate(input, &input->references[i], form))
                continue;
            *out = (struct same_choice){.reference = &input->references[i], .form = form};
            count++;
        }
    }
    return count == 1;
}

stoa_status stoa_same_estimate(const struct stoa_enc_input *input,
                               struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    struct same_choice choice;
    STOA_TRY(choose(input, &choice, err));
    if (choice.reference && choice.cost <= WORTH * input->limit)
        *out_estimate = choice.estimate;
    return STOA_OK;
}

/* ---- writing ---- */

static stoa_status append_parts(const struct stoa_enc_input *input,
                                const struct same_parts *parts, struct stoa_buf *out,
                                stoa_error *err)
{
    struct stoa_column children[STOA_NODE_MAX_CHILDREN];
    const unsigned count = list_children(input, parts, children);
    uint8_t parameters[STOA_SAME_PARAMETERS];
    stoa_store_le32(parameters, parts->exception_count);
    stoa_store_le32(parameters + 4, parts->key_count);
    stoa_store_le64(parameters + 8, parts->low);
    STOA_TRY(stoa_buf_append(out, parameters, sizeof parameters, err));
    for (unsigned i = 0; i < count; i++) {
        const struct stoa_enc_input child = child_input(input, parts, &children[i]);
        STOA_TRY(stoa_enc_encode_best(&child, out, err));
    }
    return STOA_OK;
}

stoa_status stoa_same_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                             stoa_error *err)
{
    const struct stoa_column *column = input->column;
    struct same_choice choice;
    struct same_parts parts;
    size_t start = 0;
    bool fits = false;
    if (!choose_only(input, &choice))
        STOA_TRY(choose(input, &choice, err));
    if (!choice.reference)
        return stoa_fail(err, STOA_E_INTERNAL, "same: expected a column to refer to");
    STOA_TRY(
        stoa_node_begin(&stoa_enc_same, column->phys, column->length, out, &start, err));
    stoa_node_set_flags(out, start, (uint8_t)choice.form, 0);
    stoa_node_set_parameter(out, start, choice.reference->number);
    parts_init(&parts, input, choice.reference, choice.form);
    stoa_status status = parts_make(input, &parts, &fits, err);
    if (status == STOA_OK && !fits)
        status = stoa_fail(err, STOA_E_INTERNAL, "same: expected fewer exceptions");
    if (status == STOA_OK)
        status = append_parts(input, &parts, out, err);
    parts_done(&parts);
    STOA_TRY(status);
    return stoa_node_finish(out, start, err);
}
