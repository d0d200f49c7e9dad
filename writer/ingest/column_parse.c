/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The column loops of pass 2: one per physical way of parsing, chosen by a table over types.
 * Fast shapes first (digits.h), exact functions of format/text for the rest. Called by the
 * tasks of csv_read.c; appends to a builder that belongs to the task.
 *
 * Pass 1 has found that every value fits, but the file may have changed since: every loop still
 * checks what it parses and every product it forms.
 */
#include "writer/ingest/column_parse.h"

#include <string.h>

#include "common/bitmap.h"
#include "common/bits.h"
#include "format/text.h"
#include "format/text_float.h"
#include "format/text_temporal.h"
#include "writer/ingest/digits_time.h"
#include "writer/ingest/value_kind.h"

/* What a loop works on: rows [0, count) to `values` on. */
struct parse_run {
    const struct stoa_column_plan *plan;
    const uint8_t *text;
    const struct stoa_ref *refs;
    uint32_t count;
    void *values;
};

/* The closer look, and the only one at forced columns' odd spellings. */
static bool parse_slowly(const struct parse_run *run, const uint8_t *p, uint32_t length,
                         struct stoa_value *value)
{
    const stoa_type type = run->plan->type;
    if (run->plan->is_forced)
        return stoa_value_cast(type, p, length, NULL, value, NULL) == STOA_OK;
    return stoa_text_parse_canonical(type, (const char *)p, length, value);
}

/* ---- integers ---- */

static bool int_in_range(stoa_type_id id, int64_t value)
{
    static const int64_t highest[STOA_TYPE_UUID + 1] = {[STOA_TYPE_INT8] = INT8_MAX,
                                                        [STOA_TYPE_INT16] = INT16_MAX,
                                                        [STOA_TYPE_INT32] = INT32_MAX,
                                                        [STOA_TYPE_INT64] = INT64_MAX};
    return value <= highest[id] && value >= -highest[id] - 1;
}

static bool int_loop(const struct parse_run *run)
{
    const stoa_type_id id = run->plan->type.id;
    int64_t *out = run->values;
    for (uint32_t r = 0; r < run->count; r++) {
        const struct stoa_ref ref = run->refs[r];
        const uint8_t *p = run->text + ref.begin;
        struct stoa_value value;
        out[r] = 0;
        if (ref.length == 0 ||
            (stoa_int_fast(p, stoa_ref_length(ref), &out[r]) && int_in_range(id, out[r])))
            continue;
        if (!parse_slowly(run, p, stoa_ref_length(ref), &value))
            return false;
        out[r] = value.i64;
    }
    return true;
}

static bool uint_loop(const struct parse_run *run)
{
    uint64_t *out = run->values;
    for (uint32_t r = 0; r < run->count; r++) {
        const struct stoa_ref ref = run->refs[r];
        const uint32_t length = stoa_ref_length(ref);
        const uint8_t *p = run->text + ref.begin;
        struct stoa_value value;
        out[r] = 0;
        if (ref.length == 0)
            continue;
        if (length - 1 < 19 && (p[0] != '0' || length == 1) &&
            stoa_digits_parse(p, length, &out[r]))
            continue;
        if (!parse_slowly(run, p, length, &value))
            return false;
        out[r] = value.u64;
    }
    return true;
}

/* ---- decimals ---- */

/* A decimal of at most 18 digits in all; false: look closer. */
static bool decimal_fast(const uint8_t *p, uint32_t length, uint32_t scale,
                         uint32_t precision, int64_t *out)
{
    struct stoa_fraction fraction;
    int64_t value = 0;
    const uint32_t digits = precision < 18 ? precision : 18;
    if (scale > digits)
        return false;
    if (stoa_fraction_fast(p, length, &fraction)) {
        if (fraction.scale > scale || fraction.whole_digits > digits - scale)
            return false;
        value = (int64_t)(fraction.digits * stoa_digits_unit(scale - fraction.scale));
        *out = fraction.is_negative ? -value : value;
        return true;
    }
    const int64_t limit = (int64_t)stoa_digits_unit(digits - scale);
    if (!stoa_int_fast(p, length, &value) || value >= limit || value <= -limit)
        return false;
    *out = value * (int64_t)stoa_digits_unit(scale);
    return true;
}

/* A fraction of at most 19 digits. */
static bool decimal_long(stoa_type type, const uint8_t *p, uint32_t length, stoa_i128 *out)
{
    struct stoa_fraction fraction;
    if (!stoa_fraction_long(p, length, &fraction) || fraction.scale > type.scale ||
        fraction.whole_digits > (uint32_t)(type.precision - type.scale) ||
        type.scale - fraction.scale > 19)
        return false;
    /* Both factors are below 2^64 and the product below 10^precision. */
    const stoa_i128 value =
        (stoa_i128)fraction.digits * stoa_digits_unit(type.scale - fraction.scale);
    *out = fraction.is_negative ? -value : value;
    return true;
}

/* The exact form: also what a cast allows, when the column is forced. */
static bool decimal_slowly(const struct parse_run *run, const uint8_t *p, uint32_t length,
                           stoa_i128 *out)
{
    const stoa_type type = run->plan->type;
    struct stoa_value value;
    if (decimal_long(type, p, length, out))
        return true;
    if (run->plan->is_forced) {
        if (!parse_slowly(run, p, length, &value))
            return false;
        *out = stoa_type_phys(type) == STOA_PHYS_I64 ? (stoa_i128)value.i64 : value.i128;
        return true;
    }
    const stoa_i128 limit = type.precision < 38 ? stoa_pow10(type.precision) : 0;
    return stoa_decimal_parse((const char *)p, length, type.scale, out) &&
           (limit == 0 || (*out<limit && * out> - limit));
}

static bool decimal_loop(const struct parse_run *run)
{
    const stoa_type type = run->plan->type;
    int64_t *out = run->values;
    for (uint32_t r = 0; r < run->count; r++) {
        const struct stoa_ref ref = run->refs[r];
        const uint32_t length = stoa_ref_length(ref);
        const uint8_t *p = run->text + ref.begin;
        stoa_i128 value = 0;
        out[r] = 0;
        if (ref.length == 0 || decimal_fast(p, length, type.scale, type.precision, &out[r]))
            continue;
        if (!decimal_slowly(run, p, length, &value))
            return false;
        out[r] = (int64_t)value;
    }
    return true;
}

static bool wide_decimal_loop(const struct parse_run *run)
{
    const stoa_type type = run->plan->type;
    stoa_i128 *out = run->values;
    for (uint32_t r = 0; r < run->count; r++) {
        const struct stoa_ref ref = run->refs[r];
        const uint32_t length = stoa_ref_length(ref);
        const uint8_t *p = run->text + ref.begin;
        int64_t value = 0;
        out[r] = 0;
        if (ref.length == 0)
            continue;
        if (decimal_fast(p, length, type.scale, type.precision, &value))
            out[r] = value;
        else if (!decimal_slowly(run, p, length, &out[r]))
            return false;
    }
    return true;
}

/* ---- floats ---- */

static bool float_fast(const uint8_t *p, uint32_t length, double *out)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    struct stoa_fraction fraction;
    int64_t integer = 0;
    if (stoa_fraction_fast(p, length, &fraction)) {
        /* At most 15 digits: both parts of the quotient are exact, so it rounds once. */
        const double value = (double)fraction.digits / powers[fraction.scale];
        *out = fraction.is_negative ? -value : value;
        return true;
    }
    if (!stoa_int_fast(p, length, &integer))
        return false;
    *out = (double)integer;
    return true;
}

static bool float_loop(const struct parse_run *run)
{
    double *out = run->values;
    for (uint32_t r = 0; r < run->count; r++) {
        const struct stoa_ref ref = run->refs[r];
        const uint32_t length = stoa_ref_length(ref);
        const uint8_t *p = run->text + ref.begin;
        struct stoa_fraction fraction;
        struct stoa_number number;
        struct stoa_value value;
        out[r] = 0;
        if (ref.length == 0 || float_fast(p, length, &out[r]))
            continue;
        if (stoa_fraction_long(p, length, &fraction)) {
            out[r] = stoa_fraction_float(&fraction, p, length, NULL);
            continue;
        }
        if (stoa_number_scan((const char *)p, length, &number)) {
            out[r] = stoa_number_to_f64(&number, (const char *)p, length);
        } else {
            if (!parse_slowly(run, p, length, &value))
                return false;
            out[r] = value.f64;
        }
    }
    return true;
}

/* ---- dates and times ---- */

static bool date_loop(const struct parse_run *run)
{
    int64_t *out = run->values;
    for (uint32_t r = 0; r < run->count; r++) {
        const struct stoa_ref ref = run->refs[r];
        const uint32_t length = stoa_ref_length(ref);
        const uint8_t *p = run->text + ref.begin;
        struct stoa_value value;
        out[r] = 0;
        if (ref.length == 0 || (length == 10 && stoa_date_fast(p, &out[r])))
            continue;
        if (!parse_slowly(run, p, length, &value))
            return false;
        out[r] = value.i64;
    }
    return true;
}

static bool time_loop(const struct parse_run *run)
{
    int64_t *out = run->values;
    for (uint32_t r = 0; r < run->count; r++) {
        const struct stoa_ref ref = run->refs[r];
        const uint32_t length = stoa_ref_length(ref);
        const char *p = (const char *)run->text + ref.begin;
        struct stoa_value value;
        out[r] = 0;
        if (ref.length == 0 || stoa_time_parse_iso(p, length, &out[r]))
            continue;
        if (!run->plan->is_forced || !parse_slowly(run, (const uint8_t *)p, length, &value))
            return false;
        out[r] = value.i64;
    }
    return true;
}

/* The forms that are not canonical but mean one instant. */
static bool timestamp_slowly(const struct parse_run *run, const uint8_t *p, uint32_t length,
                             bool wants_zone, int64_t *out)
{
    bool has_zone = false;
    int64_t days = 0;
    struct stoa_value value;
    if (!wants_zone && length == 10 && stoa_date_fast(p, &days)) {
        *out = days * STOA_MICROS_PER_DAY;
        return true;
    }
    if (stoa_timestamp_parse_iso((const char *)p, length, &has_zone, out) &&
        has_zone == wants_zone)
        return true;
    if (!run->plan->is_forced || !parse_slowly(run, p, length, &value))
        return false;
    *out = value.i64;
    return true;
}

static bool timestamp_loop(const struct parse_run *run)
{
    const bool wants_zone = run->plan->type.id == STOA_TYPE_TIMESTAMPTZ;
    int64_t *out = run->values;
    for (uint32_t r = 0; r < run->count; r++) {
        const struct stoa_ref ref = run->refs[r];
        const uint32_t length = stoa_ref_length(ref);
        const uint8_t *p = run->text + ref.begin;
        bool has_zone = false;
        out[r] = 0;
        if (ref.length == 0 ||
            (stoa_timestamp_fast(p, length, &has_zone, &out[r]) && has_zone == wants_zone))
            continue;
        if (!timestamp_slowly(run, p, length, wants_zone, &out[r]))
            return false;
    }
    return true;
}

/* ---- the rest ---- */

static bool uuid_loop(const struct parse_run *run)
{
    uint8_t *out = run->values;
    for (uint32_t r = 0; r < run->count; r++, out += 16) {
        const struct stoa_ref ref = run->refs[r];
        const uint32_t length = stoa_ref_length(ref);
        const uint8_t *p = run->text + ref.begin;
        struct stoa_value value = {.is_null = true};
        if (length == 36 && stoa_uuid_fast(p, out))
            continue;
        if (ref.length != 0 && !parse_slowly(run, p, length, &value))
            return false;
        memcpy(out, value.fixed16, 16);
    }
    return true;
}

/* Appends bits of rows to `words` from bit `first` on. */
static bool bool_loop(const struct parse_run *run, uint64_t *words, size_t first)
{
    for (uint32_t r = 0; r < run->count; r++) {
        const struct stoa_ref ref = run->refs[r];
        const uint32_t length = stoa_ref_length(ref);
        const uint8_t *p = run->text + ref.begin;
        struct stoa_value value = {.is_null = true};
        bool bit = false;
        if (ref.length != 0 && !stoa_bool_fast(p, length, &bit)) {
            if (!parse_slowly(run, p, length, &value))
                return false;
            bit = value.boolean;
        }
        if (bit)
            stoa_bit_set(words, first + r);
        else
            stoa_bit_clear(words, first + r);
    }
    return true;
}

/* Copies `length` bytes; both sides have 32 bytes to spare, and most texts are short. */
static inline void copy_short(uint8_t *to, const uint8_t *from, uint32_t length)
{
    memcpy(to, from, 32);
    if (length > 32)
        memcpy(to + 32, from + 32, length - 32);
}

static stoa_status append_texts(struct stoa_column_builder *builder,
                                const struct parse_run *run, stoa_error *err)
{
    size_t bytes = 32;
    for (uint32_t r = 0; r < run->count; r++)
        bytes += stoa_ref_length(run->refs[r]);
    STOA_TRY(stoa_column_builder_reserve(builder, run->count, bytes, err));
    uint32_t *offsets = builder->offsets + builder->length + 1;
    uint8_t *to = builder->bytes;
    uint32_t size = (uint32_t)builder->byte_size;
    for (uint32_t r = 0; r < run->count; r++) {
        const struct stoa_ref ref = run->refs[r];
        const uint32_t length = stoa_ref_length(ref);
        const uint8_t *from = run->text + ref.begin;
        if (ref.length & STOA_REF_QUOTED) {
            size += stoa_csv_unquote(from, length, run->plan->quote, to + size);
        } else {
            copy_short(to + size, from, length);
            size += length;
        }
        offsets[r] = size;
    }
    builder->byte_size = size;
    return STOA_OK;
}

static stoa_status fail_changed(stoa_error *err)
{
    return stoa_fail(
        err, STOA_E_SOURCE_CHANGED,
        "a value is not of the type that the first reading found in its column");
}

/* Forced columns only: the bytes are hex digits or the text itself. */
static stoa_status append_binary(struct stoa_column_builder *builder,
                                 const struct parse_run *run, stoa_error *err)
{
    struct stoa_buf scratch;
    struct stoa_buf plain;
    stoa_status status = STOA_OK;
    stoa_buf_init(&scratch, STOA_MAX_VALUE_BYTES);
    stoa_buf_init(&plain, 3 * STOA_MAX_VALUE_BYTES);
    for (uint32_t r = 0; r < run->count; r++) {
        const struct stoa_ref ref = run->refs[r];
        const uint8_t *text = run->text + ref.begin;
        uint32_t length = stoa_ref_length(ref);
        struct stoa_value value = {.is_null = true};
        if (ref.length & STOA_REF_QUOTED) {
            plain.size = 0;
            STOA_TRY_CLEANUP(stoa_buf_reserve(&plain, (size_t)length + 8, err));
            length = stoa_csv_unquote(text, length, run->plan->quote, plain.data);
            text = plain.data;
        }
        if (ref.length != 0 && stoa_value_cast(run->plan->type, text, length, &scratch,
                                               &value, NULL) != STOA_OK) {
            status = fail_changed(err);
            goto cleanup;
        }
        STOA_TRY_CLEANUP(stoa_column_builder_append(builder, &value, err));
    }
cleanup:
    stoa_buf_done(&scratch);
    stoa_buf_done(&plain);
    return status;
}

/* Validity of the rows just written. */
static void append_validity(struct stoa_column_builder *builder,
                            const struct parse_run *run, uint32_t nulls)
{
    builder->null_count += nulls;
    if (nulls == 0) {
        stoa_bitmap_set_range(builder->validity, builder->length, run->count);
        return;
    }
    for (uint32_t r = 0; r < run->count; r += 64) {
        const uint32_t step = run->count - r < 64 ? run->count - r : 64;
        uint64_t word = 0;
        for (uint32_t i = 0; i < step; i++)
            word |= (uint64_t)(run->refs[r + i].length != 0) << i;
        stoa_bitmap_copy(builder->validity, builder->length + r, &word, 0, step);
    }
}

typedef bool (*parse_loop)(const struct parse_run *run);

static parse_loop find_loop(stoa_type type)
{
    static const parse_loop loops[STOA_TYPE_UUID + 1] = {
        [STOA_TYPE_INT8] = int_loop,        [STOA_TYPE_INT16] = int_loop,
        [STOA_TYPE_INT32] = int_loop,       [STOA_TYPE_INT64] = int_loop,
        [STOA_TYPE_UINT64] = uint_loop,     [STOA_TYPE_FLOAT64] = float_loop,
        [STOA_TYPE_DECIMAL] = decimal_loop, [STOA_TYPE_DATE] = date_loop,
        [STOA_TYPE_TIME] = time_loop,       [STOA_TYPE_TIMESTAMP] = timestamp_loop,
        [STOA_TYPE_UUID] = uuid_loop,       [STOA_TYPE_TIMESTAMPTZ] = timestamp_loop,
    };
    return stoa_type_phys(type) == STOA_PHYS_I128 ? wide_decimal_loop : loops[type.id];
}

stoa_status stoa_column_parse(struct stoa_column_builder *builder,
                              const struct stoa_column_plan *plan, const uint8_t *text,
                              const struct stoa_ref *refs, uint32_t count, uint32_t nulls,
                              stoa_error *err)
{
    struct parse_run run = {.plan = plan, .text = text, .refs = refs, .count = count};
    if (plan->type.id == STOA_TYPE_BINARY)
        return append_binary(builder, &run, err);
    if (plan->type.id == STOA_TYPE_TEXT) {
        STOA_TRY(append_texts(builder, &run, err));
    } else {
        STOA_TRY(stoa_column_builder_reserve(builder, count, 0, err));
        const size_t width = stoa_phys_width(builder->phys);
        run.values = (uint8_t *)builder->values + builder->length * width;
        const bool is_good = builder->phys == STOA_PHYS_BOOL
                                 ? bool_loop(&run, builder->values, builder->length)
                                 : find_loop(plan->type)(&run);
        if (!is_good)
            return fail_changed(err);
    }
    append_validity(builder, &run, nulls);
    builder->length += count;
    return STOA_OK;
}
