/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Casts between numbers, bool and points in time (query/cast.h). Exact numbers go through
 * their unscaled integer; floats round half to even to integers, as PostgreSQL does;
 * whatever does not fit is STOA_E_OVERFLOW.
 */
#include <math.h>

#include "format/text.h"
#include "query/call.h"
#include "query/cast.h"

static stoa_status out_of_range(const struct stoa_call *call, stoa_error *err)
{
    char text[STOA_TYPE_TEXT_MAX];
    return stoa_fail(err, STOA_E_OVERFLOW, "a value is out of the range of %s",
                     stoa_type_text(call->expr->type, text));
}

/* Digits before the point that values of an exact type can have. */
static unsigned whole_digits(stoa_type type)
{
    const struct stoa_expr column = {.kind = STOA_EXPR_COLUMN, .type = type};
    const stoa_type exact = stoa_exact_type(&column);
    return (unsigned)(exact.precision - exact.scale);
}

/* Every value of `from` is one of `to`, with the same unscaled integer. */
static bool is_plain(stoa_type from, stoa_type to)
{
    if (stoa_type_is_int(from) && stoa_type_is_int(to))
        return from.id <= to.id;
    return to.id == STOA_TYPE_DECIMAL && stoa_exact_scale(from) == to.scale &&
           whole_digits(from) <= whole_digits(to);
}

/* All rows of a plain cast, without looking at any: the common implicit one. */
static void copy_plain(struct stoa_call *call)
{
    const struct stoa_vector *arg = call->args[0];
    struct stoa_vector *out = call->out;
    if (arg->phys == out->phys) {
        memcpy(out->values.raw, arg->values.raw, stoa_phys_width(out->phys) * call->rows);
    } else if (arg->phys == STOA_PHYS_U64) {
        for (uint32_t i = 0; i < call->rows; i++)
            out->values.i128[i] = (stoa_i128)arg->values.u64[i];
    } else {
        for (uint32_t i = 0; i < call->rows; i++)
            out->values.i128[i] = arg->values.i64[i];
    }
}

/* int64 to a decimal with digits behind the point that holds all of its values: a product
 * for every row. */
static bool widen_scaled(struct stoa_call *call, stoa_type from, stoa_type to)
{
    const struct stoa_vector *arg = call->args[0];
    const unsigned from_scale = stoa_exact_scale(from);
    if (to.id != STOA_TYPE_DECIMAL || to.scale < from_scale || arg->phys != STOA_PHYS_I64 ||
        call->out->phys != STOA_PHYS_I128 ||
        whole_digits(from) > (unsigned)(to.precision - to.scale))
        return false;
    const stoa_i128 unit = stoa_pow10(to.scale - from_scale);
    bool is_over = false;
    for (uint32_t i = 0; i < call->rows; i++)
        is_over |=
            __builtin_mul_overflow(unit, arg->values.i64[i], &call->out->values.i128[i]);
    return !is_over;
}

static stoa_status eval_exact_to_exact(struct stoa_call *call, stoa_error *err)
{
    const stoa_type from = call->expr->args[0]->type;
    const stoa_type to = call->expr->type;
    const unsigned from_scale = stoa_exact_scale(from);
    const unsigned to_scale = stoa_exact_scale(to);
    if (is_plain(from, to)) {
        copy_plain(call);
        return STOA_OK;
    }
    if (widen_scaled(call, from, to))
        return STOA_OK;
    for (uint32_t row = stoa_active_next(call->active, 0); row < STOA_VECTOR_ROWS;
         row = stoa_active_next(call->active, row + 1)) {
        stoa_i128 value = stoa_exact_get(call->args[0], row);
        if ((from_scale != to_scale &&
             !stoa_exact_rescale(value, from_scale, to_scale, &value)) ||
            !stoa_exact_fits(to, value))
            return out_of_range(call, err);
        stoa_exact_set(call->out, row, value);
    }
    return STOA_OK;
}

static stoa_status eval_exact_to_float(struct stoa_call *call, stoa_error *err)
{
    STOA_UNUSED(err);
    const struct stoa_vector *arg = call->args[0];
    const unsigned scale = stoa_exact_scale(call->expr->args[0]->type);
    if (arg->phys == STOA_PHYS_I64 && scale == 0) {
        for (uint32_t i = 0; i < call->rows; i++)
            call->out->values.f64[i] = (double)arg->values.i64[i];
        return STOA_OK;
    }
    for (uint32_t row = stoa_active_next(call->active, 0); row < STOA_VECTOR_ROWS;
         row = stoa_active_next(call->active, row + 1))
        call->out->values.f64[row] = stoa_exact_to_double(stoa_exact_get(arg, row), scale);
    return STOA_OK;
}

/* A double as an unscaled integer: the number that its shortest text shows, rounded to the
 * scale half away from zero (PostgreSQL cuts to 15 digits first); plain integers round half
 * to even. */
static bool float_to_exact(double x, stoa_type to, stoa_i128 *out)
{
    if (!isfinite(x) || fabs(x) >= 1e38)
        return false;
    if (to.id != STOA_TYPE_DECIMAL) {
        const double rounded = nearbyint(x);
        *out = (stoa_i128)rounded;
        return true;
    }
    char text[STOA_VALUE_TEXT_MAX];
    struct stoa_value value = {.is_null = false, .f64 = x};
    const size_t size = stoa_text_write(stoa_type_of(STOA_TYPE_FLOAT64), &value, text);
    if (stoa_text_parse(to, text, size, &value, NULL) != STOA_OK)
        return false;
    *out = stoa_type_phys(to) == STOA_PHYS_I128 ? value.i128 : (stoa_i128)value.i64;
    return true;
}

static stoa_status row_float_to_exact(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    stoa_i128 value = 0;
    if (!float_to_exact(call->args[0]->values.f64[row], call->expr->type, &value) ||
        !stoa_exact_fits(call->expr->type, value))
        return out_of_range(call, err);
    stoa_exact_set(call->out, row, value);
    return STOA_OK;
}

static stoa_status eval_float_to_exact(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_float_to_exact, err);
}

static stoa_status eval_bool_to_int(struct stoa_call *call, stoa_error *err)
{
    STOA_UNUSED(err);
    for (uint32_t i = 0; i < call->rows; i++)
        call->out->values.i64[i] = stoa_bit_get(call->args[0]->values.bits, i);
    return STOA_OK;
}

static stoa_status eval_int_to_bool(struct stoa_call *call, stoa_error *err)
{
    STOA_UNUSED(err);
    for (uint32_t i = 0; i < call->rows; i++)
        stoa_call_set_bool(call, i, call->args[0]->values.i64[i] != 0);
    return STOA_OK;
}

/* Dates are days, timestamps microseconds; a timestamp with zone is UTC and so are conversions. */
static stoa_status row_temporal(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const bool from_date = call->expr->args[0]->type.id == STOA_TYPE_DATE;
    const bool to_date = call->expr->type.id == STOA_TYPE_DATE;
    int64_t value = call->args[0]->values.i64[row];
    if (from_date && !stoa_mul_i64(value, STOA_US_PER_DAY, &value))
        return out_of_range(call, err);
    call->out->values.i64[row] = to_date ? stoa_floor_div(value, STOA_US_PER_DAY) : value;
    return STOA_OK;
}

static stoa_status eval_temporal(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_temporal, err);
}

static stoa_status eval_to_time(struct stoa_call *call, stoa_error *err)
{
    STOA_UNUSED(err);
    for (uint32_t i = 0; i < call->rows; i++) {
        const int64_t of_day = call->args[0]->values.i64[i] % STOA_US_PER_DAY;
        call->out->values.i64[i] = of_day < 0 ? of_day + STOA_US_PER_DAY : of_day;
    }
    return STOA_OK;
}

const struct stoa_function stoa_cast_exact_to_exact = {.name = "cast",
                                                       .eval = eval_exact_to_exact};
const struct stoa_function stoa_cast_exact_to_float = {.name = "cast",
                                                       .eval = eval_exact_to_float};
const struct stoa_function stoa_cast_float_to_exact = {.name = "cast",
                                                       .eval = eval_float_to_exact};
const struct stoa_function stoa_cast_bool_to_int = {.name = "cast",
                                                    .eval = eval_bool_to_int};
const struct stoa_function stoa_cast_int_to_bool = {.name = "cast",
                                                    .eval = eval_int_to_bool};
const struct stoa_function stoa_cast_temporal = {.name = "cast", .eval = eval_temporal};
const struct stoa_function stoa_cast_to_time = {.name = "cast", .eval = eval_to_time};
