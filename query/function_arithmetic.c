/* SPDX-License-Identifier: Apache-2.0 */
/*
 * + - * / % over integers (int64), exact decimals and float64, and days added to dates. Overflow and division by zero are
 * errors. Integer division truncates; a decimal quotient has as many digits as PostgreSQL's numeric would show at
 * least: 16, or the scale of an operand.
 */
#include <math.h>

#include "query/call.h"

enum operation { ADD, SUBTRACT, MULTIPLY, DIVIDE, REMAINDER, NEGATE };

static const enum operation operations[] = {ADD,    SUBTRACT,  MULTIPLY,
                                            DIVIDE, REMAINDER, NEGATE};

enum { QUOTIENT_DIGITS = 16, MAX_DIGITS = 38 };

static enum operation operation_of(const struct stoa_call *call)
{
    return *(const enum operation *)call->expr->function->data;
}

static stoa_status overflow(const struct stoa_call *call, stoa_error *err)
{
    char text[STOA_TYPE_TEXT_MAX];
    return stoa_fail(err, STOA_E_OVERFLOW, "the result of %s is out of the range of %s",
                     call->expr->function->name, stoa_type_text(call->expr->type, text));
}

static stoa_status division_by_zero(stoa_error *err)
{
    return stoa_fail(err, STOA_E_DIVISION_BY_ZERO, "division by zero");
}

/* ---- int64 ---- */

/* One operation; false on overflow. The divisor is not 0. */
static bool compute_i64(enum operation operation, int64_t a, int64_t b, int64_t *out)
{
    switch (operation) {
    case ADD: return !__builtin_add_overflow(a, b, out);
    case SUBTRACT: return !__builtin_sub_overflow(a, b, out);
    case MULTIPLY: return !__builtin_mul_overflow(a, b, out);
    case DIVIDE:
        if (b == -1)
            return !__builtin_sub_overflow(INT64_C(0), a, out);
        *out = a / b;
        return true;
    case REMAINDER: *out = b == -1 ? 0 : a % b; return true;
    case NEGATE: break;
    }
    return false;
}

/* All rows without a branch per row; true when one of them overflowed. */
static bool dense_i64(enum operation operation, const int64_t *a, const int64_t *b,
                      uint32_t rows, int64_t *out)
{
    bool is_over = false;
    if (operation == ADD) {
        for (uint32_t i = 0; i < rows; i++)
            is_over |= __builtin_add_overflow(a[i], b[i], &out[i]);
    } else if (operation == SUBTRACT) {
        for (uint32_t i = 0; i < rows; i++)
            is_over |= __builtin_sub_overflow(a[i], b[i], &out[i]);
    } else {
        for (uint32_t i = 0; i < rows; i++)
            is_over |= __builtin_mul_overflow(a[i], b[i], &out[i]);
    }
    return is_over;
}

static stoa_status row_i64(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const enum operation operation = operation_of(call);
    const int64_t b = call->args[1]->values.i64[row];
    if (b == 0 && (operation == DIVIDE || operation == REMAINDER))
        return division_by_zero(err);
    int64_t result = 0;
    if (!compute_i64(operation, call->args[0]->values.i64[row], b, &result))
        return overflow(call, err);
    call->out->values.i64[row] = result;
    return STOA_OK;
}

static stoa_status eval_i64(struct stoa_call *call, stoa_error *err)
{
    const enum operation operation = operation_of(call);
    /* An overflow in a row nobody asks for is none: only then the rows are looked at singly. */
    if (operation <= MULTIPLY &&
        !dense_i64(operation, call->args[0]->values.i64, call->args[1]->values.i64,
                   call->rows, call->out->values.i64))
        return STOA_OK;
    return stoa_call_each(call, row_i64, err);
}

static bool resolve_i64(const struct stoa_function *function, struct stoa_expr *const *args,
                        uint32_t arg_count, stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    if (arg_count != 2 || (args[0]->is_untyped && args[1]->is_untyped))
        return false;
    for (uint32_t i = 0; i < 2; i++) {
        if (!args[i]->is_untyped && !stoa_type_is_int(args[i]->type))
            return false;
        out_arg_types[i] = stoa_type_of(STOA_TYPE_INT64);
    }
    *out_type = stoa_type_of(STOA_TYPE_INT64);
    return true;
}

/* ---- decimals ---- */

static unsigned scale_of(const struct stoa_expr *expr)
{
    return expr->type.id == STOA_TYPE_DECIMAL ? expr->type.scale : 0;
}

static bool compute_exact(enum operation operation, const struct stoa_call *call,
                          stoa_i128 a, stoa_i128 b, stoa_i128 *out)
{
    const unsigned a_scale = scale_of(call->expr->args[0]);
    const unsigned b_scale = scale_of(call->expr->args[1]);
    const unsigned scale = call->expr->type.scale;
    switch (operation) {
    case MULTIPLY: return !__builtin_mul_overflow(a, b, out);
    case DIVIDE:
        /* a / 10^as / (b / 10^bs) with `scale` digits: scale >= as, so that the shift is >= 0 */
        return stoa_exact_divide(a, b, scale + b_scale - a_scale, out);
    case ADD:
    case SUBTRACT:
    case REMAINDER:
        if (!stoa_exact_rescale(a, a_scale, scale, &a) ||
            !stoa_exact_rescale(b, b_scale, scale, &b))
            return false;
        if (operation == REMAINDER) {
            *out = b == -1 ? 0 : a % b;
            return true;
        }
        return operation == ADD ? !__builtin_add_overflow(a, b, out)
                                : !__builtin_sub_overflow(a, b, out);
    case NEGATE: break;
    }
    return false;
}

static stoa_status row_exact(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const enum operation operation = operation_of(call);
    const stoa_i128 a = stoa_exact_get(call->args[0], row);
    const stoa_i128 b = stoa_exact_get(call->args[1], row);
    if (b == 0 && (operation == DIVIDE || operation == REMAINDER))
        return division_by_zero(err);
    stoa_i128 result = 0;
    if (!compute_exact(operation, call, a, b, &result) ||
        !stoa_exact_fits(call->expr->type, result))
        return overflow(call, err);
    stoa_exact_set(call->out, row, result);
    return STOA_OK;
}

static stoa_status eval_exact(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_exact, err);
}

static bool resolve_exact(const struct stoa_function *function,
                          struct stoa_expr *const *args, uint32_t arg_count,
                          stoa_type *out_type, stoa_type *out_arg_types)
{
    const enum operation operation = *(const enum operation *)function->data;
    if (arg_count != 2)
        return false;
    for (uint32_t i = 0; i < 2; i++) {
        if (args[i]->is_untyped)
            out_arg_types[i] = args[1 - i]->type;
        else
            out_arg_types[i] = stoa_exact_type(args[i]);
        if (!stoa_type_is_exact(out_arg_types[i]))
            return false;
        if (out_arg_types[i].id != STOA_TYPE_DECIMAL)
            out_arg_types[i] = stoa_type_decimal(20, 0);
    }
    const unsigned a = out_arg_types[0].scale;
    const unsigned b = out_arg_types[1].scale;
    unsigned scale = a > b ? a : b;
    if (operation == MULTIPLY)
        scale = a + b;
    else if (operation == DIVIDE)
        scale = scale > QUOTIENT_DIGITS ? scale : QUOTIENT_DIGITS;
    if (scale > MAX_DIGITS)
        return false;
    *out_type = stoa_type_decimal(MAX_DIGITS, scale);
    return true;
}

/* ---- float64 ---- */

static double compute_f64(enum operation operation, double a, double b)
{
    switch (operation) {
    case ADD: return a + b;
    case SUBTRACT: return a - b;
    case MULTIPLY: return a * b;
    case DIVIDE: return a / b;
    case REMAINDER: return fmod(a, b);
    case NEGATE: break;
    }
    return 0;
}

static stoa_status row_f64(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const enum operation operation = operation_of(call);
    const double a = call->args[0]->values.f64[row];
    const double b = call->args[1]->values.f64[row];
    if (b == 0 && (operation == DIVIDE || operation == REMAINDER))
        return division_by_zero(err);
    const double result = compute_f64(operation, a, b);
    if (isinf(result) && !isinf(a) && !isinf(b))
        return overflow(call, err);
    call->out->values.f64[row] = result;
    return STOA_OK;
}

static stoa_status eval_f64(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_f64, err);
}

static bool resolve_f64(const struct stoa_function *function, struct stoa_expr *const *args,
                        uint32_t arg_count, stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    bool has_float = false;
    if (arg_count != 2)
        return false;
    for (uint32_t i = 0; i < 2; i++) {
        if (!args[i]->is_untyped && !stoa_type_is_number(args[i]->type))
            return false;
        has_float |= args[i]->type.id == STOA_TYPE_FLOAT64;
        out_arg_types[i] = stoa_type_of(STOA_TYPE_FLOAT64);
    }
    *out_type = stoa_type_of(STOA_TYPE_FLOAT64);
    return has_float;
}

/* ---- signs ---- */

static bool resolve_sign(const struct stoa_function *function,
                         struct stoa_expr *const *args, uint32_t arg_count,
                         stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    if (arg_count != 1 || args[0]->is_untyped || !stoa_type_is_number(args[0]->type))
        return false;
    stoa_type type = args[0]->type;
    if (stoa_type_is_int(type))
        type = stoa_type_of(STOA_TYPE_INT64);
    else if (type.id == STOA_TYPE_UINT64)
        type = stoa_type_decimal(20, 0);
    out_arg_types[0] = type;
    *out_type = type;
    return true;
}

static stoa_status row_negate(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const struct stoa_vector *arg = call->args[0];
    if (arg->phys == STOA_PHYS_F64) {
        call->out->values.f64[row] = -arg->values.f64[row];
        return STOA_OK;
    }
    const stoa_i128 value = -stoa_exact_get(arg, row);
    if (!stoa_exact_fits(call->expr->type, value))
        return overflow(call, err);
    stoa_exact_set(call->out, row, value);
    return STOA_OK;
}

static stoa_status eval_negate(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_negate, err);
}

static stoa_status row_keep(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    if (call->out->phys == STOA_PHYS_F64)
        call->out->values.f64[row] = call->args[0]->values.f64[row];
    else
        stoa_exact_set(call->out, row, stoa_exact_get(call->args[0], row));
    return STOA_OK;
}

static stoa_status eval_keep(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_keep, err);
}

/* ---- dates ---- */

static bool is_type(const struct stoa_expr *expr, stoa_type_id id)
{
    return !expr->is_untyped && expr->type.id == id;
}

/* date + int, int + date, date - int: a date. */
static bool resolve_date_days(const struct stoa_function *function,
                              struct stoa_expr *const *args, uint32_t arg_count,
                              stoa_type *out_type, stoa_type *out_arg_types)
{
    const bool is_add = *(const enum operation *)function->data == ADD;
    if (arg_count != 2)
        return false;
    const bool date_first = is_type(args[0], STOA_TYPE_DATE) && !args[1]->is_untyped &&
                            stoa_type_is_int(args[1]->type);
    const bool date_last = is_add && is_type(args[1], STOA_TYPE_DATE) &&
                           !args[0]->is_untyped && stoa_type_is_int(args[0]->type);
    if (!date_first && !date_last)
        return false;
    out_arg_types[0] = stoa_type_of(date_first ? STOA_TYPE_DATE : STOA_TYPE_INT64);
    out_arg_types[1] = stoa_type_of(date_first ? STOA_TYPE_INT64 : STOA_TYPE_DATE);
    *out_type = stoa_type_of(STOA_TYPE_DATE);
    return true;
}

/* date - date: whole days. */
static bool resolve_date_difference(const struct stoa_function *function,
                                    struct stoa_expr *const *args, uint32_t arg_count,
                                    stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    if (arg_count != 2 || !is_type(args[0], STOA_TYPE_DATE) ||
        !(args[1]->is_untyped || is_type(args[1], STOA_TYPE_DATE)))
        return false;
    out_arg_types[0] = stoa_type_of(STOA_TYPE_DATE);
    out_arg_types[1] = stoa_type_of(STOA_TYPE_DATE);
    *out_type = stoa_type_of(STOA_TYPE_INT64);
    return true;
}

#define BINARY(sign, operation)                                                            \
    {.name = sign,                                                                         \
     .help = "integer " sign " integer -> int64",                                          \
     .resolve = resolve_i64,                                                               \
     .eval = eval_i64,                                                                     \
     .data = &operations[operation]},                                                      \
        {.name = sign,                                                                     \
         .help = "decimal " sign " decimal -> decimal",                                    \
         .resolve = resolve_exact,                                                         \
         .eval = eval_exact,                                                               \
         .data = &operations[operation]},                                                  \
    {                                                                                      \
        .name = sign, .help = "float64 " sign " number -> float64",                        \
        .resolve = resolve_f64, .eval = eval_f64, .data = &operations[operation]           \
    }

const struct stoa_function stoa_functions_arithmetic[] = {
    BINARY("+", ADD),
    BINARY("-", SUBTRACT),
    BINARY("*", MULTIPLY),
    BINARY("/", DIVIDE),
    BINARY("%", REMAINDER),
    BINARY("mod", REMAINDER),
    {.name = "-",
                        .help = "- number -> number",
                        .resolve = resolve_sign,
                        .eval = eval_negate},
    {.name = "+",       .help = "+ number -> number", .resolve = resolve_sign, .eval = eval_keep},
    {.name = "+",
                        .help = "date + days -> date",
                        .resolve = resolve_date_days,
                        .eval = eval_i64,
                        .data = &operations[ADD]},
    {.name = "-",
                        .help = "date - days -> date",
                        .resolve = resolve_date_days,
                        .eval = eval_i64,
                        .data = &operations[SUBTRACT]},
    {.name = "-",
                        .help = "date - date -> days",
                        .resolve = resolve_date_difference,
                        .eval = eval_i64,
                        .data = &operations[SUBTRACT]},
    {.name = NULL                  },
};
