/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rounding and mathematical functions. Exact numbers stay exact (decimals round half away
 * from zero, floats half to even to integers, as in PostgreSQL); the transcendental ones
 * take and give float64.
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
        call->out->values.f64[row] = (x > 0) - (x < 0);
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
    if (!resolve_same(function, args, arg_count, out_type, out_arg_types))
        return false;
    if (out_type->id != STOA_TYPE_FLOAT64)
        *out_type = stoa_type_of(STOA_TYPE_INT64);
    return true;
}

/* ---- rounding ---- */

enum { MAX_ROUND_DIGITS = 37 };

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

/*
 * round(number, digits), trunc(number, digits): the digits are a constant, so that an exact
 * result has one scale; negative ones round to tens, hundreds .... Floats give the nearest
 * double to the rounded decimal.
 */
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
    if (digits < -MAX_ROUND_DIGITS || digits > MAX_ROUND_DIGITS)
        return false;
    out_arg_types[0] = args[0]->type;
    out_arg_types[1] = args[1]->type;
    *out_type = args[0]->type;
    if (stoa_type_is_exact(args[0]->type)) {
        const stoa_type exact = stoa_exact_type(args[0]);
        const unsigned scale = digits < 0 ? 0 : (unsigned)digits;
        const unsigned tens = digits < 0 ? (unsigned)-digits : 0;
        const unsigned own = (unsigned)(exact.precision - exact.scale);
        const unsigned whole = (own > tens ? own : tens) + 1;
        *out_type = stoa_type_decimal(whole + scale > 38 ? 38 : whole + scale, scale);
    }
    return true;
}

/* An unscaled integer at `scale` digits rounded to `digits`; *out has max(digits, 0). False
 * on overflow. */
static bool round_exact(enum rounding rounding, stoa_i128 value, unsigned scale, int digits,
                        stoa_i128 *out)
{
    if (digits >= (int)scale)
        return stoa_exact_rescale(value, scale, (unsigned)digits, out);
    const int dropped = (int)scale - digits;
    const stoa_i128 kept =
        dropped > 38 ? 0 : drop_digits(rounding, value, (unsigned)dropped);
    return stoa_exact_rescale(kept, 0, digits < 0 ? (unsigned)-digits : 0, out);
}

/* Through the decimal text: x * 10^n would add an error of its own. Doubles that a
 * decimal(38) with 20 digits cannot hold have no digits there to lose. */
static double round_float_to(enum rounding rounding, double x, int digits)
{
    if (!isfinite(x) || fabs(x) >= 1e38 || (fabs(x) >= 1e17 && digits >= 0))
        return x;
    char text[STOA_VALUE_TEXT_MAX];
    struct stoa_value value = {.is_null = false, .f64 = x};
    const size_t size = stoa_text_write(stoa_type_of(STOA_TYPE_FLOAT64), &value, text);
    const unsigned wide = fabs(x) >= 1e17 ? 0 : digits > 20 ? (unsigned)digits : 20;
    stoa_i128 kept = 0;
    if (stoa_text_parse(stoa_type_decimal(38, wide), text, size, &value, NULL) != STOA_OK ||
        !round_exact(rounding, value.i128, wide, digits, &kept))
        return x;
    return copysign(stoa_exact_to_double(kept, digits < 0 ? 0 : (unsigned)digits), x);
}

static stoa_status row_round_to(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const enum rounding rounding = rounding_of(call);
    const int digits = (int)call->expr->args[1]->constant.i64;
    if (call->out->phys == STOA_PHYS_F64) {
        call->out->values.f64[row] =
            round_float_to(rounding, call->args[0]->values.f64[row], digits);
        return STOA_OK;
    }
    const unsigned scale = stoa_exact_scale(call->expr->args[0]->type);
    stoa_i128 value = 0;
    if (!round_exact(rounding, stoa_exact_get(call->args[0], row), scale, digits, &value) ||
        !stoa_exact_fits(call->expr->type, value))
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
    double low,
        high; /* arguments outside are refused; for logarithms the low bound itself too */
    bool low_is_open;
    bool needs_finite; /* an infinity is refused */
};

static double to_degrees(double x)
{
    return x / (M_PI / 180);
}

static double to_radians(double x)
{
    return x * (M_PI / 180);
}

static const struct real_function real_sqrt = {sqrt, 0, INFINITY, false, false};
static const struct real_function real_cbrt = {cbrt, -INFINITY, INFINITY, false, false};
static const struct real_function real_exp = {exp, -INFINITY, INFINITY, false, false};
static const struct real_function real_ln = {log, 0, INFINITY, true, false};
static const struct real_function real_log10 = {log10, 0, INFINITY, true, false};
static const struct real_function real_sin = {sin, -INFINITY, INFINITY, false, true};
static const struct real_function real_cos = {cos, -INFINITY, INFINITY, false, true};
static const struct real_function real_tan = {tan, -INFINITY, INFINITY, false, true};
static const struct real_function real_asin = {asin, -1, 1, false, false};
static const struct real_function real_acos = {acos, -1, 1, false, false};
static const struct real_function real_atan = {atan, -INFINITY, INFINITY, false, false};
static const struct real_function real_degrees = {to_degrees, -INFINITY, INFINITY, false,
                                                  false};
static const struct real_function real_radians = {to_radians, -INFINITY, INFINITY, false,
                                                  false};

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
    if (x < real->low || x > real->high || (real->low_is_open && x == real->low) ||
        (real->needs_finite && isinf(x)))
        return stoa_fail(err, STOA_E_BAD_VALUE, "%s is not defined for %g",
                         call->expr->function->name, x);
    const double result = real->compute(x);
    /* Only exp gives 0 for a large argument: too small a number, as in PostgreSQL. */
    if (!isinf(x) && (isinf(result) || (result == 0 && fabs(x) > 700)))
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
    if (isfinite(x) && isfinite(y) && (isinf(result) || (result == 0 && x != 0)))
        return out_of_range(call, err);
    call->out->values.f64[row] = result;
    return STOA_OK;
}

static stoa_status eval_power(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_power, err);
}

static stoa_status row_atan2(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    call->out->values.f64[row] =
        atan2(call->args[0]->values.f64[row], call->args[1]->values.f64[row]);
    return STOA_OK;
}

static stoa_status eval_atan2(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_atan2, err);
}

static bool resolve_pi(const struct stoa_function *function, struct stoa_expr *const *args,
                       uint32_t arg_count, stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    STOA_UNUSED(args);
    STOA_UNUSED(out_arg_types);
    *out_type = stoa_type_of(STOA_TYPE_FLOAT64);
    return arg_count == 0;
}

static stoa_status eval_pi(struct stoa_call *call, stoa_error *err)
{
    STOA_UNUSED(err);
    for (uint32_t i = 0; i < call->rows; i++)
        call->out->values.f64[i] = M_PI;
    return STOA_OK;
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
     .help = "sign(number) -> -1, 0 or 1",
     .resolve = resolve_sign,
     .eval = eval_sign},
    ROUNDING("round", ROUND),
    ROUNDING("floor", FLOOR),
    ROUNDING("ceil", CEIL),
    ROUNDING("ceiling", CEIL),
    ROUNDING("trunc", TRUNCATE),
    {.name = "round",
     .help = "round(number, digits) -> number; digits a constant, -37 .. 37",
     .resolve = resolve_round_to,
     .eval = eval_round_to,
     .data = &roundings[ROUND]},
    {.name = "trunc",
     .help = "trunc(number, digits) -> number; digits a constant, -37 .. 37",
     .resolve = resolve_round_to,
     .eval = eval_round_to,
     .data = &roundings[TRUNCATE]},
    REAL("sqrt", real_sqrt),
    REAL("exp", real_exp),
    REAL("ln", real_ln),
    REAL("log", real_log10),
    REAL("log10", real_log10),
    REAL("cbrt", real_cbrt),
    REAL("sin", real_sin),
    REAL("cos", real_cos),
    REAL("tan", real_tan),
    REAL("asin", real_asin),
    REAL("acos", real_acos),
    REAL("atan", real_atan),
    REAL("degrees", real_degrees),
    REAL("radians", real_radians),
    {.name = "atan2",
     .help = "atan2(y, x) -> float64",
     .resolve = resolve_power,
     .eval = eval_atan2},
    {.name = "pi",                      .help = "pi() -> float64", .resolve = resolve_pi, .eval = eval_pi},
    {.name = "power",
     .help = "power(number, number) -> float64",
     .resolve = resolve_power,
     .eval = eval_power},
    {.name = "pow",
     .help = "pow(number, number) -> float64",
     .resolve = resolve_power,
     .eval = eval_power},
    {.name = NULL                     },
};
