/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What function_*.c and cast_*.c share: walking the active rows of a call, signatures,
 * exact numbers. Internal to the functions of query/.
 */
#ifndef STOA_QUERY_CALL_H
#define STOA_QUERY_CALL_H

#include <string.h>

#include "common/checked.h"
#include "query/function.h"

/* The calendar that dates and timestamps are computed in: -9999-01-01 .. 9999-12-31. */
#define STOA_DATE_FIRST INT64_C(-4371587)
#define STOA_DATE_LAST  INT64_C(2932896)
#define STOA_US_PER_DAY INT64_C(86400000000)

static inline bool stoa_date_in_calendar(int64_t days)
{
    return days >= STOA_DATE_FIRST && days <= STOA_DATE_LAST;
}

static inline bool stoa_timestamp_in_calendar(int64_t us)
{
    return us >= STOA_DATE_FIRST * STOA_US_PER_DAY &&
           us < (STOA_DATE_LAST + 1) * STOA_US_PER_DAY;
}

/* Rounds down; b > 0. */
static inline int64_t stoa_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* First active row at or behind `from`; STOA_VECTOR_ROWS when there is none. */
static inline uint32_t stoa_active_next(const uint64_t *active, uint32_t from)
{
    for (uint32_t word = from / 64; word < STOA_VECTOR_WORDS; word++) {
        uint64_t bits = active[word];
        if (word == from / 64)
            bits &= ~UINT64_C(0) << (from % 64);
        if (bits != 0)
            return word * 64 + (uint32_t)__builtin_ctzll(bits);
    }
    return STOA_VECTOR_ROWS;
}

/* Computes one row of a call. */
typedef stoa_status (*stoa_row_fn)(struct stoa_call *call, uint32_t row, stoa_error *err);

/* Runs `fn` over the active rows. */
stoa_status stoa_call_each(struct stoa_call *call, stoa_row_fn fn, stoa_error *err);

/* Makes row `row` of the result NULL. */
static inline void stoa_call_set_null(struct stoa_call *call, uint32_t row)
{
    stoa_bit_clear(call->out->validity, row);
    call->out->has_nulls = true;
}

static inline bool stoa_vector_is_null(const struct stoa_vector *vector, uint32_t row)
{
    return vector->has_nulls && !stoa_bit_get(vector->validity, row);
}

static inline void stoa_call_set_bool(struct stoa_call *call, uint32_t row, bool value)
{
    if (value)
        stoa_bit_set(call->out->values.bits, row);
    else
        stoa_bit_clear(call->out->values.bits, row);
}

/* Room for a made text of `size` bytes; STOA_E_LIMIT above 16 MiB. */
STOA_MUST_USE stoa_status stoa_call_text(struct stoa_call *call, size_t size, uint8_t **out,
                                         stoa_error *err);

static inline void stoa_call_set_view(struct stoa_call *call, uint32_t row,
                                      const uint8_t *data, size_t size)
{
    call->out->values.views[row] =
        (struct stoa_view){.data = data, .length = (uint32_t)size};
}

/* ---- kinds of types ---- */

static inline bool stoa_type_is_int(stoa_type type)
{
    return type.id >= STOA_TYPE_INT8 && type.id <= STOA_TYPE_INT64;
}

/* Integers and decimals: numbers with an exact unscaled integer. */
static inline bool stoa_type_is_exact(stoa_type type)
{
    return stoa_type_is_int(type) || type.id == STOA_TYPE_UINT64 ||
           type.id == STOA_TYPE_DECIMAL;
}

static inline bool stoa_type_is_number(stoa_type type)
{
    return stoa_type_is_exact(type) || type.id == STOA_TYPE_FLOAT64;
}

static inline stoa_type stoa_type_of(stoa_type_id id)
{
    return (stoa_type){.id = id};
}

static inline stoa_type stoa_type_decimal(unsigned precision, unsigned scale)
{
    return (stoa_type){
        .id = STOA_TYPE_DECIMAL, .precision = (uint8_t)precision, .scale = (uint8_t)scale};
}

/* An exact number as a decimal type: int64 is decimal(19,0), a constant has its own digits. */
stoa_type stoa_exact_type(const struct stoa_expr *expr);

/* The decimal type that an untyped literal's own digits need; false when it is no such literal
 * or not a number of at most 38 digits. */
bool stoa_exact_literal_type(const struct stoa_expr *literal, stoa_type *out_type);

/* Digits behind the point: 0 for integers. */
static inline unsigned stoa_exact_scale(stoa_type type)
{
    return type.id == STOA_TYPE_DECIMAL ? type.scale : 0;
}

/* ---- exact numbers ---- */

/* The unscaled integer in row `row` of a vector of an exact type. */
static inline stoa_i128 stoa_exact_get(const struct stoa_vector *vector, uint32_t row)
{
    if (vector->phys == STOA_PHYS_I128)
        return vector->values.i128[row];
    if (vector->phys == STOA_PHYS_U64)
        return (stoa_i128)vector->values.u64[row];
    return vector->values.i64[row];
}

/* Stores an unscaled integer as `type`; false when it is out of the type's range. */
bool stoa_exact_fits(stoa_type type, stoa_i128 unscaled);
static inline void stoa_exact_set(struct stoa_vector *vector, uint32_t row,
                                  stoa_i128 unscaled)
{
    if (vector->phys == STOA_PHYS_I128)
        vector->values.i128[row] = unscaled;
    else if (vector->phys == STOA_PHYS_U64)
        vector->values.u64[row] = (uint64_t)unscaled;
    else
        vector->values.i64[row] = (int64_t)unscaled;
}

/* unscaled * 10^(to - from), or divided with rounding half away from zero; false on overflow. */
bool stoa_exact_rescale(stoa_i128 unscaled, unsigned from, unsigned to, stoa_i128 *out);

/* a * b / 10^drop, rounded half away from zero; false on overflow. */
bool stoa_exact_multiply(stoa_i128 a, stoa_i128 b, unsigned drop, stoa_i128 *out);

/* numerator / denominator with `digits` more digits, rounded half away from zero; the
 * denominator is not 0. False on overflow. */
bool stoa_exact_divide(stoa_i128 numerator, stoa_i128 denominator, unsigned digits,
                       stoa_i128 *out);

/* The remainder of a / 10^a_scale by b / 10^b_scale, which is not 0, at the larger scale
 * and with the sign of a. */
stoa_i128 stoa_exact_remainder(stoa_i128 a, unsigned a_scale, stoa_i128 b,
                               unsigned b_scale);

/* Order of a / 10^a_scale and b / 10^b_scale: negative, 0 or positive. */
int stoa_exact_compare(stoa_i128 a, unsigned a_scale, stoa_i128 b, unsigned b_scale);

/* The nearest double to unscaled / 10^scale. */
double stoa_exact_to_double(stoa_i128 unscaled, unsigned scale);

/* ---- signatures ---- */

/* Fixed argument types; int64 takes every integer, float64 every number, text only text. */
struct stoa_signature {
    uint8_t min_args;
    uint8_t max_args;
    stoa_type_id args[3]; /* the last one repeats */
    stoa_type_id result;
};
bool stoa_signature_resolve(const struct stoa_signature *signature,
                            struct stoa_expr *const *args, uint32_t arg_count,
                            stoa_type *out_type, stoa_type *out_arg_types);

/* Whether `expr` may be cast to `type` without being asked. */
bool stoa_cast_is_implicit(const struct stoa_expr *expr, stoa_type type);

/* The function that casts `from` to `to`, or NULL. */
const struct stoa_function *stoa_cast_find(stoa_type from, stoa_type to, bool is_explicit);

/* A CALL node with its arguments as they are; prepares it. */
STOA_MUST_USE stoa_status stoa_call_make(const struct stoa_function *function,
                                         struct stoa_expr **args, uint32_t arg_count,
                                         stoa_type type, uint32_t sql_offset,
                                         struct stoa_arena *arena,
                                         struct stoa_expr **out_expr, stoa_error *err);

/* The tables, each ended by a row without a name. */
extern const struct stoa_function stoa_functions_arithmetic[];
extern const struct stoa_function stoa_functions_compare[];
extern const struct stoa_function stoa_functions_condition[];
extern const struct stoa_function stoa_functions_date[];
extern const struct stoa_function stoa_functions_like[];
extern const struct stoa_function stoa_functions_math[];
extern const struct stoa_function stoa_functions_regex[];
extern const struct stoa_function stoa_functions_text[];
extern const struct stoa_function stoa_functions_text_shape[];

#endif
