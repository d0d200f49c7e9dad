/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which casts exist, and binding them (query/function.h). Implicit casts widen and lose
 * nothing; explicit ones may fail on a value, never silently change it beyond the rounding
 * SQL asks for. The conversions are in cast_number.c and cast_text.c.
 */
#include "query/cast.h"

#include "format/text.h"
#include "query/call.h"

enum { MAX_SHOWN = 60 }; /* bytes of a literal in a message */

static bool is_temporal(stoa_type type)
{
    return type.id == STOA_TYPE_DATE || type.id == STOA_TYPE_TIMESTAMP ||
           type.id == STOA_TYPE_TIMESTAMPTZ;
}

static bool is_parameterless(stoa_type type)
{
    return type.id == STOA_TYPE_DECIMAL && type.precision == 0;
}

const struct stoa_function *stoa_cast_find(stoa_type from, stoa_type to, bool is_explicit)
{
    if (stoa_type_is_exact(from) && stoa_type_is_exact(to))
        return &stoa_cast_exact_to_exact;
    if (stoa_type_is_exact(from) && to.id == STOA_TYPE_FLOAT64)
        return &stoa_cast_exact_to_float;
    if (is_temporal(from) && is_temporal(to))
        return &stoa_cast_temporal;
    if (!is_explicit)
        return NULL;
    if (from.id == STOA_TYPE_FLOAT64 && stoa_type_is_exact(to))
        return &stoa_cast_float_to_exact;
    if (from.id == STOA_TYPE_BOOL && stoa_type_is_int(to))
        return &stoa_cast_bool_to_int;
    if (stoa_type_is_int(from) && to.id == STOA_TYPE_BOOL)
        return &stoa_cast_int_to_bool;
    if (to.id == STOA_TYPE_TIME &&
        (from.id == STOA_TYPE_TIMESTAMP || from.id == STOA_TYPE_TIMESTAMPTZ))
        return &stoa_cast_to_time;
    if (to.id == STOA_TYPE_TEXT)
        return &stoa_cast_to_text;
    if (from.id == STOA_TYPE_TEXT)
        return to.id == STOA_TYPE_BINARY ? &stoa_cast_text_to_binary : &stoa_cast_from_text;
    return NULL;
}

/* Every value of `from` has its equal in `to`. */
static bool is_widening(stoa_type from, stoa_type to)
{
    if (stoa_type_is_int(from) && stoa_type_is_int(to))
        return from.id <= to.id;
    if (to.id == STOA_TYPE_FLOAT64)
        return stoa_type_is_number(from);
    if (to.id == STOA_TYPE_DECIMAL && from.id == STOA_TYPE_DECIMAL)
        return to.scale >= from.scale &&
               to.precision - to.scale >= from.precision - from.scale;
    if (to.id == STOA_TYPE_DECIMAL)
        return stoa_type_is_exact(from);
    return from.id == STOA_TYPE_DATE && is_temporal(to);
}

bool stoa_cast_is_implicit(const struct stoa_expr *expr, stoa_type type)
{
    if (stoa_type_equal(expr->type, type) || expr->is_untyped)
        return true;
    /* A constant decimal counts by its own digits, as in stoa_type_common. */
    return is_widening(
        expr->type.id == STOA_TYPE_DECIMAL ? stoa_exact_type(expr) : expr->type, type);
}

/* Only CAST may round a literal: where the context gave the type, digits would be lost unseen. */
static stoa_status check_digits(const struct stoa_expr *literal, stoa_type type,
                                const struct stoa_value *value, stoa_error *err)
{
    char text[STOA_TYPE_TEXT_MAX];
    const bool is_wide = stoa_type_phys(type) == STOA_PHYS_I128;
    const stoa_i128 unscaled = is_wide ? value->i128 : value->i64;
    const struct stoa_view shown = literal->constant.bytes;
    stoa_type digits = type;
    struct stoa_value whole;
    if (stoa_exact_literal_type(literal, &digits) &&
        stoa_text_parse(stoa_type_decimal(38, digits.scale), (const char *)shown.data,
                        shown.length, &whole, NULL) == STOA_OK &&
        stoa_exact_compare(whole.i128, digits.scale, unscaled, type.scale) == 0)
        return STOA_OK;
    return stoa_fail(err, STOA_E_BAD_VALUE, "\"%.*s\" has more digits than %s",
                     (int)(shown.length < MAX_SHOWN ? shown.length : MAX_SHOWN),
                     (const char *)shown.data, stoa_type_text(type, text));
}

/* A string literal or NULL takes the type; the literal's text must denote a value of it. */
static stoa_status type_literal(const struct stoa_expr *expr, stoa_type type,
                                bool is_explicit, struct stoa_arena *arena,
                                struct stoa_expr **out_expr, stoa_error *err)
{
    /* decimal without (p,s): the digits of the literal */
    if (is_parameterless(type) && !stoa_exact_literal_type(expr, &type))
        type = stoa_type_decimal(38, 0);
    struct stoa_expr *typed = stoa_arena_alloc_zeroed(arena, 1, sizeof *typed);
    if (!typed)
        return stoa_arena_fail(arena, sizeof *typed, err);
    *typed = *expr;
    typed->is_untyped = false;
    typed->type = type;
    const struct stoa_view text = expr->constant.bytes;
    stoa_status status = STOA_OK;
    if (expr->constant.is_null || type.id == STOA_TYPE_TEXT)
        status = STOA_OK;
    else if (type.id == STOA_TYPE_BINARY)
        status = stoa_cast_binary_literal(text, arena, &typed->constant.bytes, err);
    else
        status = stoa_text_parse(type, (const char *)text.data, text.length,
                                 &typed->constant, err);
    if (status == STOA_OK && type.id == STOA_TYPE_DECIMAL && !is_explicit &&
        !expr->constant.is_null)
        status = check_digits(expr, type, &typed->constant, err);
    if (status != STOA_OK) {
        if (err && err->offset == UINT64_MAX && expr->sql_offset != UINT32_MAX)
            stoa_error_set_offset(err, expr->sql_offset);
        return status;
    }
    *out_expr = typed;
    return STOA_OK;
}

stoa_status stoa_cast_bind(struct stoa_expr *expr, stoa_type type, bool is_explicit,
                           struct stoa_arena *arena, struct stoa_expr **out_expr,
                           stoa_error *err)
{
    if (expr->is_untyped)
        return type_literal(expr, type, is_explicit, arena, out_expr, err);
    /* decimal without (p,s): the value's own */
    if (is_parameterless(type))
        type = expr->type.id == STOA_TYPE_DECIMAL ? expr->type : stoa_type_decimal(38, 0);
    if (stoa_type_equal(expr->type, type)) {
        *out_expr = expr;
        return STOA_OK;
    }
    const struct stoa_function *function = stoa_cast_find(expr->type, type, is_explicit);
    if (!function || (!is_explicit && !stoa_cast_is_implicit(expr, type))) {
        char from_text[STOA_TYPE_TEXT_MAX];
        char to_text[STOA_TYPE_TEXT_MAX];
        const stoa_status status =
            stoa_fail(err, STOA_E_TYPE, "cannot %s %s to %s",
                      function ? "convert (without CAST)" : "cast",
                      stoa_type_text(expr->type, from_text), stoa_type_text(type, to_text));
        if (expr->sql_offset != UINT32_MAX)
            stoa_error_set_offset(err, expr->sql_offset);
        return status;
    }
    struct stoa_expr **args = stoa_arena_alloc_zeroed(arena, 1, sizeof *args);
    if (!args)
        return stoa_arena_fail(arena, sizeof *args, err);
    args[0] = expr;
    STOA_TRY(
        stoa_call_make(function, args, 1, type, expr->sql_offset, arena, out_expr, err));
    return expr->kind == STOA_EXPR_CONSTANT ? stoa_expr_fold(*out_expr, arena, err)
                                            : STOA_OK;
}

/* A decimal type that holds all values of both; capped at 38 digits. */
static stoa_type unite_exact(stoa_type x, stoa_type y)
{
    const unsigned scale = x.scale > y.scale ? x.scale : y.scale;
    const unsigned x_whole = (unsigned)(x.precision - x.scale);
    const unsigned y_whole = (unsigned)(y.precision - y.scale);
    const unsigned precision = (x_whole > y_whole ? x_whole : y_whole) + scale;
    return stoa_type_decimal(precision > 38 ? 38 : precision == 0 ? 1 : precision, scale);
}

bool stoa_type_common(const struct stoa_expr *a, const struct stoa_expr *b,
                      stoa_type *out_type)
{
    const stoa_type x = a->type;
    const stoa_type y = b->type;
    if (a->is_untyped || b->is_untyped) {
        stoa_type own;
        *out_type = a->is_untyped ? y : x;
        if (out_type->id == STOA_TYPE_DECIMAL &&
            stoa_exact_literal_type(a->is_untyped ? a : b, &own))
            *out_type = unite_exact(*out_type, own);
        return true;
    }
    if (stoa_type_equal(x, y)) {
        *out_type = x;
    } else if (stoa_type_is_int(x) && stoa_type_is_int(y)) {
        *out_type = x.id > y.id ? x : y;
    } else if (stoa_type_is_exact(x) && stoa_type_is_exact(y)) {
        *out_type = unite_exact(stoa_exact_type(a), stoa_exact_type(b));
    } else if (stoa_type_is_number(x) && stoa_type_is_number(y)) {
        *out_type = stoa_type_of(STOA_TYPE_FLOAT64);
    } else if (is_temporal(x) && is_temporal(y)) {
        *out_type = x.id > y.id ? x : y;
    } else {
        return false;
    }
    return true;
}
