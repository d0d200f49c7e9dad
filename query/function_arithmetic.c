/* SPDX-License-Identifier: Apache-2.0 */
/*
 * + - * / % over integers (int64), exact decimals and float64, and days added to dates.
 * Overflow and division by zero are errors. Integer division truncates; a decimal quotient
 * has as many digits as PostgreSQL's numeric would show at least: 16, or the scale of an
 * operand.
 */
#include <math.h>

#include "format/text.h"
#include "query/call.h"

enum operation { ADD, SUBTRACT, MULTIPLY, DIVIDE, REMAINDER, NEGATE };

static const enum operation operations[] = {ADD,    SUBTRACT,  MULTIPLY,
                                            DIVIDE, REMAINDER, NEGATE};

/* Digits behind the point: of quotients at least, and of products that 38 digits cannot hold. */
enum { QUOTIENT_DIGITS = 16, PRODUCT_DIGITS = 20, MAX_DIGITS = 38 };

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

/* All rows without a branch per row; true when one of them overflowed or cannot be divided by. */
static bool dense_i64(enum operation operation, const int64_t *a, const int64_t *b,
                      uint32_t rows, int64_t *out)
{
    bool is_over = false;
    switch (operation) {
    case ADD:
        for (uint32_t i = 0; i < rows; i++)
            is_over |= __builtin_add_overflow(a[i], b[i], &out[i]);
        return is_over;
    case SUBTRACT:
        for (uint32_t i = 0; i < rows; i++)
            is_over |= __builtin_sub_overflow(a[i], b[i], &out[i]);
        return is_over;
    case MULTIPLY:
        for (uint32_t i = 0; i < rows; i++)
            is_over |= __builtin_mul_overflow(a[i], b[i], &out[i]);
        return is_over;
    case DIVIDE:
    case REMAINDER:
    case NEGATE: break;
    }
    for (uint32_t i = 0; i < rows; i++)
        is_over |= b[i] == 0 || b[i] == -1;
    for (uint32_t i = 0; i < rows && !is_over; i++)
        out[i] = operation == DIVIDE ? a[i] / b[i] : a[i] % b[i];
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
    if (!dense_i64(operation, call->args[0]->values.i64, call->args[1]->values.i64,
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

static stoa_type smaller_decimal(unsigned whole, unsigned scale)
{
    const unsigned digits = whole + scale;
    return stoa_type_decimal(digits > MAX_DIGITS ? MAX_DIGITS
                             : digits == 0       ? 1
                                                 : digits,
                             scale);
}

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/* Digits behind the point of a product: all of both factors', as long as 38 digits hold
 * whatever the factors can be; beyond that at least 20, rounded, so that 18 are left before
 * the point. */
static unsigned product_scale(unsigned whole, unsigned a, unsigned b)
{
    const unsigned room = whole < MAX_DIGITS ? MAX_DIGITS - whole : 0;
    const unsigned kept = larger(larger(room, PRODUCT_DIGITS), larger(a, b));
    return a + b < kept ? a + b : kept;
}

/* The type of a result: as many digits as operands of these types can need, but not more than 38. */
static stoa_type exact_result(enum operation operation, stoa_type a, stoa_type b)
{
    const unsigned a_whole = (unsigned)(a.precision - a.scale);
    const unsigned b_whole = (unsigned)(b.precision - b.scale);
    const unsigned scale = larger(a.scale, b.scale);
    switch (operation) {
    case MULTIPLY:
        return smaller_decimal(a_whole + b_whole,
                               product_scale(a_whole + b_whole, a.scale, b.scale));
    case DIVIDE: return smaller_decimal(a_whole + b.scale, larger(scale, QUOTIENT_DIGITS));
    case REMAINDER: return smaller_decimal(a_whole < b_whole ? a_whole : b_whole, scale);
    case ADD:
    case SUBTRACT:
    case NEGATE: break;
    }
    return smaller_decimal(larger(a_whole, b_whole) + 1, scale);
}

static bool compute_exact(enum operation operation, const struct stoa_call *call,
                          stoa_i128 a, stoa_i128 b, stoa_i128 *out)
{
    const unsigned a_scale = stoa_exact_scale(call->expr->args[0]->type);
    const unsigned b_scale = stoa_exact_scale(call->expr->args[1]->type);
    const unsigned scale = call->expr->type.scale;
    switch (operation) {
    case MULTIPLY: return stoa_exact_multiply(a, b, a_scale + b_scale - scale, out);
    case DIVIDE:
        /* a / 10^as / (b / 10^bs) with `scale` digits: scale >= as, so that the shift is >= 0 */
        return stoa_exact_divide(a, b, scale + b_scale - a_scale, out);
    case REMAINDER: *out = stoa_exact_remainder(a, a_scale, b, b_scale); return true;
    case ADD:
    case SUBTRACT:
        if (!stoa_exact_rescale(a, a_scale, scale, &a) ||
            !stoa_exact_rescale(b, b_scale, scale, &b))
            return false;
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

/* All rows where nothing is to be scaled; true when one is out of range. One loop per
 * operation and kinds of operands: the compiler cannot take the choices out of the loop. */
#define DENSE_LOOP(a, b, wide, out, builtin)                                               \
    for (uint32_t i = 0; i < rows; i++) {                                                  \
        wide result;                                                                       \
        is_over |= builtin(a[i], b[i], &result);                                           \
        is_over |= result >= limit || result <= -limit;                                    \
        out[i] = result;                                                                   \
    }
#define DENSE_EXACT(name, type_a, type_b, type_out)                                        \
    static bool name(enum operation operation, const type_a *a, const type_b *b,           \
                     uint32_t rows, type_out limit, type_out *out)                         \
    {                                                                                      \
        bool is_over = false;                                                              \
        if (operation == ADD)                                                              \
            DENSE_LOOP(a, b, type_out, out, __builtin_add_overflow)                        \
        else if (operation == SUBTRACT)                                                    \
            DENSE_LOOP(a, b, type_out, out, __builtin_sub_overflow)                        \
        else                                                                               \
            DENSE_LOOP(a, b, type_out, out, __builtin_mul_overflow)                        \
        return is_over;                                                                    \
    }

DENSE_EXACT(dense_narrow, int64_t, int64_t, int64_t)
DENSE_EXACT(dense_widening, int64_t, int64_t, stoa_i128)
DENSE_EXACT(dense_wide, stoa_i128, stoa_i128, stoa_i128)
DENSE_EXACT(dense_wide_narrow, stoa_i128, int64_t, stoa_i128)

static bool dense_exact(enum operation operation, const struct stoa_call *call)
{
    const struct stoa_vector *a = call->args[0];
    const struct stoa_vector *b = call->args[1];
    const struct stoa_vector *out = call->out;
    const stoa_i128 limit = stoa_pow10(call->expr->type.precision);
    const uint32_t rows = call->rows;
    const bool are_narrow = a->phys == STOA_PHYS_I64 && b->phys == STOA_PHYS_I64;
    if (are_narrow && out->phys == STOA_PHYS_I64)
        return dense_narrow(operation, a->values.i64, b->values.i64, rows, (int64_t)limit,
                            out->values.i64);
    if (out->phys != STOA_PHYS_I128)
        return true;
    if (are_narrow)
        return dense_widening(operation, a->values.i64, b->values.i64, rows, limit,
                              out->values.i128);
    if (a->phys == STOA_PHYS_I128 && b->phys == STOA_PHYS_I128)
        return dense_wide(operation, a->values.i128, b->values.i128, rows, limit,
                          out->values.i128);
    if (a->phys == STOA_PHYS_I128 && b->phys == STOA_PHYS_I64)
        return dense_wide_narrow(operation, a->values.i128, b->values.i64, rows, limit,
                                 out->values.i128);
    return true;
}

static stoa_status eval_exact(struct stoa_call *call, stoa_error *err)
{
    const enum operation operation = operation_of(call);
    const unsigned a_scale = stoa_exact_scale(call->expr->args[0]->type);
    const unsigned b_scale = stoa_exact_scale(call->expr->args[1]->type);
    const unsigned scale = call->expr->type.scale;
    const bool is_sum = operation == ADD || operation == SUBTRACT;
    const bool is_aligned = is_sum ? a_scale == scale && b_scale == scale
                                   : operation == MULTIPLY && a_scale + b_scale == scale;
    if (is_aligned && !dense_exact(operation, call))
        return STOA_OK;
    return stoa_call_each(call, row_exact, err);
}

/* The type that the digits of an operand need; false when it is no exact number. A literal
 * without a type has its own digits: '1.25' beside a decimal(5,1) is not rounded. */
static bool operand_type(const struct stoa_expr *operand, const struct stoa_expr *other,
                         stoa_type *out_digits, stoa_type *out_arg)
{
    if (!operand->is_untyped) {
        *out_arg = operand->type;
        if (!stoa_type_is_exact(operand->type))
            return false;
        *out_digits = stoa_exact_type(operand);
        return true;
    }
    if (other->is_untyped || !stoa_type_is_exact(other->type))
        return false;
    if (!stoa_exact_literal_type(operand, out_digits))
        *out_digits = stoa_exact_type(other);
    *out_arg = *out_digits;
    return true;
}

static bool resolve_exact(const struct stoa_function *function,
                          struct stoa_expr *const *args, uint32_t arg_count,
                          stoa_type *out_type, stoa_type *out_arg_types)
{
    stoa_type digits[2];
    if (arg_count != 2 || !operand_type(args[0], args[1], &digits[0], &out_arg_types[0]) ||
        !operand_type(args[1], args[0], &digits[1], &out_arg_types[1]))
        return false;
    *out_type = exact_result(*(const enum operation *)function->data, digits[0], digits[1]);
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

/* An infinity out of numbers, or a 0 out of none: an error, as in PostgreSQL. */
static bool is_out_of_range(enum operation operation, double a, double b, double result)
{
    if (isinf(result))
        return !isinf(a) && !isinf(b);
    return result == 0 && a != 0 &&
           ((operation == MULTIPLY && b != 0) || (operation == DIVIDE && !isinf(b)));
}

static stoa_status row_f64(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const enum operation operation = operation_of(call);
    const double a = call->args[0]->values.f64[row];
    const double b = call->args[1]->values.f64[row];
    if (b == 0 && !isnan(a) && (operation == DIVIDE || operation == REMAINDER))
        return division_by_zero(err);
    const double result = compute_f64(operation, a, b);
    if (is_out_of_range(operation, a, b, result))
        return overflow(call, err);
    call->out->values.f64[row] = result;
    return STOA_OK;
}

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

#define FLOAT_LOOP(sign)                                                                   \
    for (uint32_t i = 0; i < rows; i++) {                                                  \
        out[i] = a[i] sign b[i];                                                           \
        special |= bits_of(out[i] - out[i]);                                               \
        zeros |= out[i] == 0;                                                              \
    }

/* All rows; true when one of them has to be looked at. x - x is 0 for numbers only, and
 * division by zero gives none. A product or quotient that is 0 may be one that was too
 * small. */
static bool dense_f64(enum operation operation, const double *a, const double *b,
                      uint32_t rows, double *out)
{
    uint64_t special = 0;
    uint64_t zeros = 0;
    switch (operation) {
    case ADD: FLOAT_LOOP(+) return special != 0;
    case SUBTRACT: FLOAT_LOOP(-) return special != 0;
    case MULTIPLY: FLOAT_LOOP(*) break;
    case DIVIDE: FLOAT_LOOP(/) break;
    case REMAINDER:
    case NEGATE: return true;
    }
    uint64_t tiny = 0;
    for (uint32_t i = 0; zeros && i < rows; i++)
        tiny |= (out[i] == 0) & (a[i] != 0) & (b[i] != 0);
    return (special | tiny) != 0;
}

static stoa_status eval_f64(struct stoa_call *call, stoa_error *err)
{
    if (!dense_f64(operation_of(call), call->args[0]->values.f64, call->args[1]->values.f64,
                   call->rows, call->out->values.f64))
        return STOA_OK;
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

static stoa_status row_date_days(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    int64_t days = 0;
    if (!compute_i64(operation_of(call), call->args[0]->values.i64[row],
                     call->args[1]->values.i64[row], &days) ||
        !stoa_date_in_calendar(days))
        return overflow(call, err);
    call->out->values.i64[row] = days;
    return STOA_OK;
}

static stoa_status eval_date_days(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_date_days, err);
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

#define BINARY(sign, operation, integers, decimals, floats)                                \
    {.name = sign,                                                                         \
     .help = integers " -> int64",                                                         \
     .resolve = resolve_i64,                                                               \
     .eval = eval_i64,                                                                     \
     .data = &operations[operation]},                                                      \
        {.name = sign,                                                                     \
         .help = decimals " -> decimal",                                                   \
         .resolve = resolve_exact,                                                         \
         .eval = eval_exact,                                                               \
         .data = &operations[operation]},                                                  \
    {                                                                                      \
        .name = sign, .help = floats " -> float64", .resolve = resolve_f64,                \
        .eval = eval_f64, .data = &operations[operation]                                   \
    }
#define OPERATOR(sign, operation)                                                          \
    BINARY(sign, operation, "integer " sign " integer", "decimal " sign " decimal",        \
           "float64 " sign " number")

const struct stoa_function stoa_functions_arithmetic[] = {
    OPERATOR("+", ADD),
    OPERATOR("-", SUBTRACT),
    OPERATOR("*", MULTIPLY),
    OPERATOR("/", DIVIDE),
    OPERATOR("%", REMAINDER),
    BINARY("mod", REMAINDER, "mod(integer, integer)", "mod(decimal, decimal)",
           "mod(float64, number)"),
    {.name = "-",
       .help = "- number -> number",
       .resolve = resolve_sign,
       .eval = eval_negate},
    {.name = "+",       .help = "+ number -> number", .resolve = resolve_sign, .eval = eval_keep},
    {.name = "+",
       .help = "date + days -> date",
       .resolve = resolve_date_days,
       .eval = eval_date_days,
       .data = &operations[ADD]},
    {.name = "-",
       .help = "date - days -> date",
       .resolve = resolve_date_days,
       .eval = eval_date_days,
       .data = &operations[SUBTRACT]},
    {.name = "-",
       .help = "date - date -> days",
       .resolve = resolve_date_difference,
       .eval = eval_i64,
       .data = &operations[SUBTRACT]},
    {.name = NULL                  },
};
