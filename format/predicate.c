/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluates a predicate on one value or on a decoded vector. Called by encodings without a
 * shorter way, by the reader for what is left over, and by dataset's checks. Ranges over
 * numbers go to the kernels; everything else asks row by row.
 */
#include "format/predicate.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "format/kernels/kernels.h"
#include "format/predicate_text.h"

enum { FEW_MEMBERS = 16 }; /* a set so small is searched by as many scans */

/* ---- one value ---- */

static bool match_range(const struct stoa_predicate *predicate,
                        const struct stoa_value *value)
{
    if (predicate->has_low) {
        const int order = stoa_value_compare(predicate->phys, value, &predicate->low);
        if (order < 0 || (order == 0 && !predicate->low_inclusive))
            return false;
    }
    if (predicate->has_high) {
        const int order = stoa_value_compare(predicate->phys, value, &predicate->high);
        if (order > 0 || (order == 0 && !predicate->high_inclusive))
            return false;
    }
    return true;
}

static bool match_set(const struct stoa_predicate *predicate,
                      const struct stoa_value *value)
{
    size_t first = 0;
    size_t last = predicate->set_count;
    while (first < last) {
        const size_t middle = first + (last - first) / 2;
        const int order =
            stoa_value_compare(predicate->phys, value, &predicate->set[middle]);
        if (order == 0)
            return true;
        if (order < 0)
            last = middle;
        else
            first = middle + 1;
    }
    return false;
}

bool stoa_predicate_match(const struct stoa_predicate *predicate,
                          const struct stoa_value *value)
{
    assert(!value->is_null);
    switch (predicate->kind) {
    case STOA_PREDICATE_RANGE: return match_range(predicate, value) != predicate->negated;
    case STOA_PREDICATE_SET: return match_set(predicate, value) != predicate->negated;
    case STOA_PREDICATE_TEST:
        return predicate->test(predicate->test_context, value) != predicate->negated;
    case STOA_PREDICATE_IS_NULL: return false;
    case STOA_PREDICATE_IS_NOT_NULL: return true;
    }
    return false;
}

/* ---- ranges by kernels; `bits` holds all of the vector's words, negation comes later ---- */

static void fill_bits(uint64_t bits[STOA_VECTOR_WORDS], bool value)
{
    memset(bits, value ? 0xFF : 0, STOA_VECTOR_WORDS * sizeof bits[0]);
}

static void flip_bits(uint64_t bits[STOA_VECTOR_WORDS])
{
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++)
        bits[i] = ~bits[i];
}

static void range_i64(const struct stoa_predicate *predicate, const void *values,
                      uint32_t length, uint64_t bits[STOA_VECTOR_WORDS])
{
    int64_t low = predicate->has_low ? predicate->low.i64 : INT64_MIN;
    int64_t high = predicate->has_high ? predicate->high.i64 : INT64_MAX;
    const bool is_empty =
        (predicate->has_low && !predicate->low_inclusive && !stoa_add_i64(low, 1, &low)) ||
        (predicate->has_high && !predicate->high_inclusive &&
         !stoa_sub_i64(high, 1, &high));
    if (is_empty)
        fill_bits(bits, false);
    else
        stoa_kernels_best()->select_i64(values, length, low, high, bits);
}

static void range_u64(const struct stoa_predicate *predicate, const void *values,
                      uint32_t length, uint64_t bits[STOA_VECTOR_WORDS])
{
    STOA_UNUSED(length);
    uint64_t low = predicate->has_low ? predicate->low.u64 : 0;
    uint64_t high = predicate->has_high ? predicate->high.u64 : UINT64_MAX;
    const bool is_empty =
        (predicate->has_low && !predicate->low_inclusive && low++ == UINT64_MAX) ||
        (predicate->has_high && !predicate->high_inclusive && high-- == 0);
    if (is_empty)
        fill_bits(bits, false);
    else /* 1,024 values can be read, whatever the length */
        stoa_kernels_best()->select_lanes(64, values, low, high, bits);
}

/* [FMT-30] NaN stands above every number: a range with a number as its high end holds no NaN,
 * one without high end (or up to NaN itself) holds them all. */
struct stoa_float_range stoa_predicate_floats(const struct stoa_predicate *predicate)
{
    const double infinity = (double)INFINITY;
    const double low = predicate->has_low ? predicate->low.f64 : -infinity;
    const double high = predicate->has_high ? predicate->high.f64 : infinity;
    const bool low_excluded = predicate->has_low && !predicate->low_inclusive;
    const bool high_excluded = predicate->has_high && !predicate->high_inclusive;
    struct stoa_float_range range = {.low = low, .high = high};
    range.takes_nan = (!predicate->has_high || (isnan(high) && !high_excluded)) &&
                      !(isnan(low) && low_excluded);
    /* Behind infinity comes NaN, and nothing comes before -infinity. */
    range.takes_numbers = !isnan(low) && !(low_excluded && low == infinity) &&
                          !(high_excluded && high == -infinity);
    if (low_excluded)
        range.low = nextafter(low, infinity);
    if (isnan(high))
        range.high = infinity;
    else if (high_excluded)
        range.high = nextafter(high, -infinity);
    return range;
}

static void range_f64(const struct stoa_predicate *predicate, const void *values,
                      uint32_t length, uint64_t bits[STOA_VECTOR_WORDS])
{
    const double infinity = (double)INFINITY;
    const struct stoa_kernels *kernels = stoa_kernels_best();
    const struct stoa_float_range range = stoa_predicate_floats(predicate);
    fill_bits(bits, false);
    if (range.takes_numbers)
        kernels->select_f64(values, length, range.low, range.high, bits);
    if (!range.takes_nan)
        return;
    uint64_t numbers[STOA_VECTOR_WORDS];
    kernels->select_f64(values, length, -infinity, infinity, numbers);
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++)
        bits[i] |= ~numbers[i];
}

static void range_bool(const struct stoa_predicate *predicate, const void *values,
                       uint32_t length, uint64_t bits[STOA_VECTOR_WORDS])
{
    STOA_UNUSED(length);
    const uint64_t *set = values;
    const struct stoa_value no = {.boolean = false};
    const struct stoa_value yes = {.boolean = true};
    const uint64_t if_no = match_range(predicate, &no) ? ~UINT64_C(0) : 0;
    const uint64_t if_yes = match_range(predicate, &yes) ? ~UINT64_C(0) : 0;
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++)
        bits[i] = (set[i] & if_yes) | (~set[i] & if_no);
}

/* A small set of integers: one scan for each member. */
static void set_i64(const struct stoa_predicate *predicate, const void *values,
                    uint32_t length, uint64_t bits[STOA_VECTOR_WORDS])
{
    fill_bits(bits, false);
    for (size_t i = 0; i < predicate->set_count; i++) {
        uint64_t equal[STOA_VECTOR_WORDS];
        const int64_t member = predicate->set[i].i64;
        stoa_kernels_best()->select_i64(values, length, member, member, equal);
        for (size_t j = 0; j < STOA_VECTOR_WORDS; j++)
            bits[j] |= equal[j];
    }
}

/* A value of 16 bytes as a number that orders as the values do. */
static inline stoa_u128 order_16(enum stoa_phys phys, const uint8_t *bytes)
{
    stoa_u128 number;
    if (phys == STOA_PHYS_FIXED16)
        return (stoa_u128)__builtin_bswap64(stoa_load_le64(bytes)) << 64 |
               __builtin_bswap64(stoa_load_le64(bytes + 8));
    memcpy(&number, bytes, sizeof number);
    return number ^ (stoa_u128)1 << 127;
}

static void range_16(const struct stoa_predicate *predicate, const void *values,
                     uint32_t length, uint64_t bits[STOA_VECTOR_WORDS])
{
    const enum stoa_phys phys = predicate->phys;
    stoa_u128 low = predicate->has_low ? order_16(phys, predicate->low.fixed16) : 0;
    stoa_u128 high =
        predicate->has_high ? order_16(phys, predicate->high.fixed16) : ~(stoa_u128)0;
    const bool is_empty =
        (predicate->has_low && !predicate->low_inclusive && ++low == 0) ||
        (predicate->has_high && !predicate->high_inclusive && high-- == 0);
    fill_bits(bits, false);
    for (uint32_t i = 0; i < length && !is_empty; i++) {
        const stoa_u128 number = order_16(phys, (const uint8_t *)values + (size_t)i * 16);
        bits[i / 64] |= (uint64_t)(number >= low && number <= high) << i % 64;
    }
}

typedef void bulk_function(const struct stoa_predicate *predicate, const void *values,
                           uint32_t length, uint64_t bits[STOA_VECTOR_WORDS]);

/* The way to evaluate without looking at rows one by one, or NULL. */
static bulk_function *find_bulk(const struct stoa_predicate *predicate)
{
    static bulk_function *const ranges[STOA_PHYS_COUNT] = {
        [STOA_PHYS_BOOL] = range_bool, [STOA_PHYS_I64] = range_i64,
        [STOA_PHYS_U64] = range_u64,   [STOA_PHYS_F64] = range_f64,
        [STOA_PHYS_I128] = range_16,   [STOA_PHYS_FIXED16] = range_16,
    };
    if (predicate->kind == STOA_PREDICATE_RANGE)
        return ranges[predicate->phys];
    if (predicate->kind == STOA_PREDICATE_SET && predicate->phys == STOA_PHYS_I64 &&
        predicate->set_count <= FEW_MEMBERS)
        return set_i64;
    return NULL;
}

/* ---- a vector ---- */

/* Leaves the bits of rows that exist and are (not) NULL. */
static void mask_rows(const struct stoa_vector *vector, bool want_null,
                      uint64_t bits[STOA_VECTOR_WORDS])
{
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++) {
        const size_t first = i * 64;
        const uint64_t exist =
            vector->length > first ? stoa_low_mask((unsigned)(vector->length - first)) : 0;
        const uint64_t valid = vector->has_nulls ? vector->validity[i] : ~UINT64_C(0);
        bits[i] &= exist & (want_null ? ~valid : valid);
    }
}

/* Asks about each row whose bit is set, and clears the bits of those that do not match. */
static void match_rows(const struct stoa_predicate *predicate,
                       const struct stoa_vector *vector, uint64_t bits[STOA_VECTOR_WORDS])
{
    for (uint32_t i = 0; i < STOA_VECTOR_WORDS; i++) {
        for (uint64_t left = bits[i]; left; left &= left - 1) {
            const uint32_t bit = (uint32_t)__builtin_ctzll(left);
            const struct stoa_value value = stoa_vector_get(vector, i * 64 + bit);
            if (!stoa_predicate_match(predicate, &value))
                bits[i] &= ~(UINT64_C(1) << bit);
        }
    }
}

bool stoa_predicate_eval_values(const struct stoa_predicate *predicate, const void *values,
                                uint32_t length, uint64_t out_bits[STOA_VECTOR_WORDS])
{
    bulk_function *bulk = find_bulk(predicate);
    if (!bulk || (predicate->phys == STOA_PHYS_U64 && length < STOA_VECTOR_ROWS))
        return false; /* lanes are compared by the thousand */
    bulk(predicate, values, length, out_bits);
    for (size_t i = 0; i < STOA_VECTOR_WORDS; i++) {
        const uint64_t exist =
            length > i * 64 ? stoa_low_mask((unsigned)(length - i * 64)) : 0;
        out_bits[i] = (predicate->negated ? ~out_bits[i] : out_bits[i]) & exist;
    }
    return true;
}

void stoa_predicate_eval(const struct stoa_predicate *predicate,
                         const struct stoa_vector *vector,
                         uint64_t out_bits[STOA_VECTOR_WORDS])
{
    assert(predicate->phys == vector->phys && vector->length <= STOA_VECTOR_ROWS);
    const bool want_null = predicate->kind == STOA_PREDICATE_IS_NULL;
    bulk_function *bulk = find_bulk(predicate);
    fill_bits(out_bits, true);
    if (bulk) {
        bulk(predicate, vector->values.raw, vector->length, out_bits);
        if (predicate->negated)
            flip_bits(out_bits);
    }
    mask_rows(vector, want_null, out_bits);
    if (vector->phys == STOA_PHYS_BYTES &&
        stoa_predicate_eval_text(predicate, vector, out_bits))
        return;
    if (!bulk && !want_null && predicate->kind != STOA_PREDICATE_IS_NOT_NULL)
        match_rows(predicate, vector, out_bits);
}
