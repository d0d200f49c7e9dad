/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rounding and mathematical functions. Exact numbers stay exact (decimals round half away from zero, floats half to even to
 * integers, as in PostgreSQL); the transcendental ones take and give float64.
 */
#include <math.h>

#include "format/text.h"
#include "query/call.h"

static stoa_status out_of_range(const struct stoa_call *call, stoa_error *err)
{
    char text[STOA_TYPE_TEXT_MAX];
    return stoa_fail(err, STOA_E_OVERFLOW, "the result of %s is out of the range of %s",
                     call->expr->function->name, stoa_type_text(call->expr->type, text));
}

/* ---- number -> number of the same type ---- */

static bool resolve_same(const struct stoa_function *function,
                         struct stoa_expr *const *args, uint32_t arg_count,
                         stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    if (arg_count != 1 || args[0]->is_untyped || !stoa_type_is_number(args[0]->type))
        return false;
    out_arg_types[0] = args[0]->type;
    *out_type = args[0]->type;
    return true;
}

static stoa_status row_abs(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    if (call->out->phys == STOA_PHYS_F64) {
        call->out->values.f64[row] = fabs(call->args[0]->values.f64[row]);
        return STOA_OK;
    }
    const stoa_i128 value = stoa_exact_get(call->args[0], row);
    if (!stoa_exact_fits(call->expr->type, value < 0 ? -value : value))
        return out_of_range(call, err);
    stoa_exact_set(call->out, row, value < 0 ? -value : value);
    return STOA_OK;
}

static stoa_status eval_abs(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_abs, err);
}

static stoa_status row_sign(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    if (call->args[0]->phys == STOA_PHYS_F64) {
        const double x = call->args[0]->values.f64[row];
        call->out->values.i64[row] = (x > 0) - (x < 0);
        return STOA_OK;
    }
    const stoa_i128 value = stoa_exact_get(call->args[0], row);
    call->out->values.i64[row] = (value > 0) - (value < 0);
    return STOA_OK;
}

static stoa_status eval_sign(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_sign, err);
}

static bool resolve_sign(const struct stoa_function *function,
                         struct stoa_expr *const *args, uint32_t arg_count,
                         stoa_type *out_type, stoa_type *out_arg_types)
{
    const bool is_number = resolve_same(function, args, arg_count, out_type, out_arg_types);
    *out_type = stoa_type_of(STOA_TYPE_INT64);
    return is_number;
}

/* ---- rounding ---- */

enum rounding { ROUND, FLOOR, CEIL, TRUNCATE };
static const enum rounding roundings[] = {ROUND, FLOOR, CEIL, TRUNCATE};

static enum rounding rounding_of(const struct stoa_call *call)
{
    return *(const enum rounding *)call->expr->function->data;
}

/* Whole numbers stay as they are; decimals lose their digits; floats stay floats. */
static bool resolve_round(const struct stoa_function *function,
                          struct stoa_expr *const *args, uint32_t arg_count,
                          stoa_type *out_type, stoa_type *out_arg_types)
{
    if (!resolve_same(function, args, arg_count, out_type, out_arg_types))
        return false;
    if (out_type->id == STOA_TYPE_DECIMAL && out_type->scale > 0) {
        const unsigned whole = (unsigned)(out_type->precision - out_type->scale) + 1;
        *out_type = stoa_type_decimal(whole, 0);
    }
    return true;
}

/* value / 10^digits as an integer by the rounding. */
static stoa_i128 drop_digits(enum rounding rounding, stoa_i128 value, unsigned digits)
{
    stoa_i128 result = 0;
    if (rounding == ROUND) {
        /* dropping digits cannot overflow */
        (void)stoa_exact_rescale(value, digits, 0, &result);
        return result;
    }
    const stoa_i128 unit = stoa_pow10(digits);
    result = value / unit;
    if (rounding == FLOOR && value % unit < 0)
        result--;
    if (rounding == CEIL && value % unit > 0)
        result++;
    return result;
}

static double round_float(enum rounding rounding, double x)
{
    switch (rounding) {
    case ROUND: return nearbyint(x);
    case FLOOR: return floor(x);
    case CEIL: return ceil(x);
    case TRUNCATE: return trunc(x);
    }
    return x;
}

static stoa_status row_round(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    const enum rounding rounding = rounding_of(call);
    if (call->out->phys == STOA_PHYS_F64) {
        call->out->values.f64[row] = round_float(rounding, call->args[0]->values.f64[row]);
        return STOA_OK;
    }
    const stoa_type from = call->expr->args[0]->type;
    const unsigned digits = from.id == STOA_TYPE_DECIMAL ? from.scale : 0;
    stoa_exact_set(call->out, row,
                   drop_digits(rounding, stoa_exact_get(call->args[0], row), digits));
    return STOA_OK;
}

static stoa_status eval_round(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_round, err);
}

/* round(number, digits), trunc(number, digits): the digits are a constant 0 .. 38 for exact numbers, so that the result
 * has one scale; floats give the nearest double to the rounded decimal. */
static bool resolve_round_to(const struct stoa_function *function,
                             struct stoa_expr *const *args, uint32_t arg_count,
                             stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    if (arg_count != 2 || args[0]->is_untyped || !stoa_type_is_number(args[0]->type) ||
        args[1]->kind != STOA_EXPR_CONSTANT || args[1]->constant.is_null ||
        !stoa_type_is_int(args[1]->type))
        return false;
    const int64_t digits = args[1]->constant.i64;
    if (digits < 0 || digits > 37)
        return false;
    out_arg_types[0] = args[0]->type;
    out_arg_types[1] = args[1]->type;
    *out_type = args[0]->type;
    if (stoa_type_is_exact(args[0]->type)) {
        const stoa_type exact = stoa_exact_type(args[0]);
        const unsigned whole = (unsigned)(exact.precision - exact.scale) + 1;
        const unsigned precision = whole + (unsigned)digits;
        *out_type = stoa_type_decimal(precision > 38 ? 38 : precision, (unsigned)digits);
    }
    return true;
}

/* Through the decimal text: x * 10^n would add an error of its own. */
static double round_float_to(enum rounding rounding, double x, unsigned digits)
{
    if (!isfinite(x) || fabs(x) >= 1e15)
        return x;
    char text[STOA_VALUE_TEXT_MAX];
    struct stoa_value value = {.is_null = false, .f64 = x};
    const size_t size = stoa_text_write(stoa_type_of(STOA_TYPE_FLOAT64), &value, text);
    const unsigned wide = digits > 20 ? digits : 20;
    if (stoa_text_parse(stoa_type_decimal(38, wide), text, size, &value, NULL) != STOA_OK)
        return x;
    const stoa_i128 kept = drop_digits(rounding, value.i128, wide - digits);
    return stoa_exact_to_double(kept, digits);
}

static stoa_status row_round_to(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const enum rounding rounding = rounding_of(call);
    const unsigned digits = (unsigned)call->expr->args[1]->constant.i64;
    if (call->out->phys == STOA_PHYS_F64) {
        call->out->values.f64[row] =
            round_float_to(rounding, call->args[0]->values.f64[row], digits);
        return STOA_OK;
    }
    const stoa_type from = call->expr->args[0]->type;
    const unsigned scale = from.id == STOA_TYPE_DECIMAL ? from.scale : 0;
    stoa_i128 value = stoa_exact_get(call->args[0], row);
    bool is_fit = true;
    if (digits >= scale)
        is_fit = stoa_exact_rescale(value, scale, digits, &value);
    else
        value = drop_digits(rounding, value, scale - digits);
    if (!is_fit || !stoa_exact_fits(call->expr->type, value))
        return out_of_range(call, err);
    stoa_exact_set(call->out, row, value);
    return STOA_OK;
}

static stoa_status eval_round_to(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_round_to, err);
}

/* ---- float64 -> float64 ---- */

struct real_function {
    double (*compute)(double x);
    double low; /* arguments below are refused; for logarithms the bound itself too */
    bool low_is_open;
};

static const struct real_function real_sqrt = {sqrt, 0, false};
static const struct real_function real_exp = {exp, -INFINITY, false};
static const struct real_function real_ln = {log, 0, true};
static const struct real_function real_log10 = {log10, 0, true};

static const struct stoa_signature real_signature = {
    1, 1, {STOA_TYPE_FLOAT64}, STOA_TYPE_FLOAT64};
static const struct stoa_signature power_signature = {
    2, 2, {STOA_TYPE_FLOAT64, STOA_TYPE_FLOAT64},
      STOA_TYPE_FLOAT64
};

static bool resolve_real(const struct stoa_function *function,
                         struct stoa_expr *const *args, uint32_t arg_count,
                         stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    return stoa_signature_resolve(&real_signature, args, arg_count, out_type,
                                  out_arg_types);
}

static stoa_status row_real(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const struct real_function *real = call->expr->function->data;
    const double x = call->args[0]->values.f64[row];
    if (x < real->low || (real->low_is_open && x == real->low))
        return stoa_fail(err, STOA_E_BAD_VALUE, "%s is not defined for %g",
                         call->expr->function->name, x);
    const double result = real->compute(x);
    if (isinf(result) && !isinf(x))
        return out_of_range(call, err);
    call->out->values.f64[row] = result;
    return STOA_OK;
}

static stoa_status eval_real(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_real, err);
}

static bool resolve_power(const struct stoa_function *function,
                          struct stoa_expr *const *args, uint32_t arg_count,
                          stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    return stoa_signature_resolve(&power_signature, args, arg_count, out_type,
                                  out_arg_types);
}

static stoa_status row_power(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const double x = call->args[0]->values.f64[row];
    const double y = call->args[1]->values.f64[row];
    if ((x == 0 && y < 0) || (x < 0 && isfinite(y) && y != trunc(y)))
        return stoa_fail(err, STOA_E_BAD_VALUE, "power is not defined for %g and %g", x, y);
    const double result = pow(x, y);
    if (isinf(result) && !isinf(x) && !isinf(y))
        return out_of_range(call, err);
    call->out->values.f64[row] = result;
    return STOA_OK;
}

static stoa_status eval_power(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_power, err);
}

#define ROUNDING(word, operation)                                                          \
    {                                                                                      \
        .name = word, .help = word "(number) -> number without fraction",                  \
        .resolve = resolve_round, .eval = eval_round, .data = &roundings[operation]        \
    }
#define REAL(word, function)                                                               \
    {                                                                                      \
        .name = word, .help = word "(number) -> float64", .resolve = resolve_real,         \
        .eval = eval_real, .data = &function                                               \
    }

const struct stoa_function stoa_functions_math[] = {
    {.name = "abs",
     .help = "abs(number) -> number",
     .resolve = resolve_same,
     .eval = eval_abs},
    {.name = "sign",
     .help = "sign(number) -> int64: -1, 0 or 1",
     .resolve = resolve_sign,
     .eval = eval_sign},
    ROUNDING("round", ROUND),
    ROUNDING("floor", FLOOR),
    ROUNDING("ceil", CEIL),
    ROUNDING("ceiling", CEIL),
    ROUNDING("trunc", TRUNCATE),
    {.name = "round",
     .help = "round(number, digits) -> number; digits a constant 0 .. 37",
     .resolve = resolve_round_to,
     .eval = eval_round_to,
     .data = &roundings[ROUND]},
    {.name = "trunc",
     .help = "trunc(number, digits) -> number; digits a constant 0 .. 37",
     .resolve = resolve_round_to,
     .eval = eval_round_to,
     .data = &roundings[TRUNCATE]},
    REAL("sqrt", real_sqrt),
    REAL("exp", real_exp),
    REAL("ln", real_ln),
    REAL("log", real_log10),
    REAL("log10", real_log10),
    {.name = "power",
     .help = "power(number, number) -> float64",
     .resolve = resolve_power,
     .eval = eval_power},
    {.name = "pow",
     .help = "pow(number, number) -> float64",
     .resolve = resolve_power,
     .eval = eval_power},
    {.name = NULL                },
};
