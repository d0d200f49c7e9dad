/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers and CAST. Called by bind_expr.c.
 *
 * A number without point and exponent is int64, or a decimal when it is too large; with one it is a
 * decimal of just its digits, as PostgreSQL's numeric, and float64 only where 38 digits do not
 * hold it.
 */
#include <string.h>

#include "format/text.h"
#include "query/bind.h"
#include "query/sql_error.h"

enum { DECIMAL_DIGITS = 38, DECIMAL_I64_DIGITS = 18, MAX_EXPONENT = 400 };

/* A number taken apart: coefficient * 10^-scale. */
struct number {
    stoa_i128 coefficient; /* without sign */
    bool is_negative;
    bool is_plain;  /* digits only */
    bool overflows; /* more than 38 digits */
    int64_t scale;
    unsigned digits; /* of the coefficient, without leading zeros */
};

static int64_t take_exponent(const char *p)
{
    const bool is_negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    int64_t exponent = 0;
    for (; *p >= '0' && *p <= '9'; p++)
        exponent = exponent < MAX_EXPONENT ? exponent * 10 + (*p - '0') : exponent;
    return is_negative ? -exponent : exponent;
}

static struct number take_apart(const char *p)
{
    struct number n = {.is_plain = true};
    n.is_negative = *p == '-';
    if (*p == '-')
        p++;
    for (; (*p >= '0' && *p <= '9') || *p == '.'; p++) {
        if (*p == '.') {
            n.is_plain = false;
            continue;
        }
        n.scale += !n.is_plain;
        if (n.digits == 0 && *p == '0')
            continue;
        if (++n.digits > DECIMAL_DIGITS)
            n.overflows = true;
        else
            n.coefficient = n.coefficient * 10 + (*p - '0');
    }
    if (*p == 'e' || *p == 'E') {
        n.is_plain = false;
        n.scale -= take_exponent(p + 1);
    }
    return n;
}

/* Moves a negative scale into the coefficient; false when 38 digits do not do. */
static bool fit_decimal(struct number *n)
{
    if (n->overflows)
        return false;
    if (n->scale < 0 && n->coefficient != 0) {
        if ((int64_t)n->digits - n->scale > DECIMAL_DIGITS)
            return false;
        n->coefficient *= stoa_pow10((unsigned)-n->scale);
        n->digits += (unsigned)-n->scale;
    }
    if (n->scale < 0)
        n->scale = 0;
    return n->scale <= DECIMAL_DIGITS;
}

static void set_decimal(struct stoa_expr *expr, const struct number *n)
{
    const unsigned digits = n->digits > (unsigned)n->scale ? n->digits : (unsigned)n->scale;
    const stoa_i128 value = n->is_negative ? -n->coefficient : n->coefficient;
    expr->type = (stoa_type){.id = STOA_TYPE_DECIMAL,
                             .precision = (uint8_t)(digits == 0 ? 1 : digits),
                             .scale = (uint8_t)n->scale};
    if (expr->type.precision <= DECIMAL_I64_DIGITS)
        expr->constant.i64 = (int64_t)value;
    else
        expr->constant.i128 = value;
}

stoa_status stoa_bind_number(struct stoa_binder *b, const char *text, uint32_t offset,
                             struct stoa_expr **out, stoa_error *err)
{
    const stoa_type int64_type = {.id = STOA_TYPE_INT64};
    struct stoa_expr *expr;
    STOA_TRY(stoa_bind_make(b, STOA_EXPR_CONSTANT, int64_type, offset, 0, &expr, err));
    struct number n = take_apart(text);
    const stoa_i128 value = n.is_negative ? -n.coefficient : n.coefficient;
    if (n.is_plain && !n.overflows && value >= INT64_MIN && value <= INT64_MAX) {
        expr->constant.i64 = (int64_t)value;
    } else if (fit_decimal(&n)) {
        set_decimal(expr, &n);
    } else if (n.is_plain) {
        return stoa_sql_fail(err, STOA_E_OVERFLOW, offset,
                             "expected a number of at most %d digits, found %u",
                             DECIMAL_DIGITS, n.digits);
    } else {
        expr->type = (stoa_type){.id = STOA_TYPE_FLOAT64};
        const stoa_status status =
            stoa_text_parse(expr->type, text, strlen(text), &expr->constant, err);
        if (status != STOA_OK) {
            stoa_error_set_offset(err, offset);
            return status;
        }
    }
    *out = expr;
    return STOA_OK;
}

/* ---- casts ---- */

static bool is_decimal_name(const char *text)
{
    return stoa_name_equal_folded(text, "decimal") ||
           stoa_name_equal_folded(text, "numeric") || stoa_name_equal_folded(text, "dec");
}

static bool is_number_text(const char *p)
{
    unsigned digits = 0;
    unsigned points = 0;
    if (*p == '-')
        p++;
    for (; (*p >= '0' && *p <= '9') || *p == '.'; p++) {
        digits += *p != '.';
        points += *p == '.';
    }
    return *p == '\0' && digits > 0 && points <= 1;
}

/* CAST(x AS decimal) without digits: a literal or an exact number has its own; of anything else
 * we would have to invent the scale, and round. */
static stoa_status cast_to_bare_decimal(struct stoa_binder *b,
                                        const struct stoa_sql_node *node,
                                        struct stoa_expr *arg, struct stoa_expr **out,
                                        stoa_error *err)
{
    char shown[STOA_TYPE_TEXT_MAX];
    if (arg->is_untyped && !arg->constant.is_null) {
        const char *text = stoa_arena_strndup(
            b->arena, (const char *)arg->constant.bytes.data, arg->constant.bytes.length);
        if (!text)
            return stoa_arena_fail(b->arena, arg->constant.bytes.length, err);
        if (!is_number_text(text))
            return stoa_sql_fail(err, STOA_E_BAD_VALUE, arg->sql_offset,
                                 "expected a decimal number, found \"%.60s\"", text);
        STOA_TRY(stoa_bind_number(b, text, arg->sql_offset, &arg, err));
    }
    stoa_type type = arg->type;
    if (arg->is_untyped)
        type = (stoa_type){.id = STOA_TYPE_DECIMAL, .precision = DECIMAL_DIGITS};
    else if (type.id >= STOA_TYPE_INT8 && type.id <= STOA_TYPE_INT64)
        type = (stoa_type){.id = STOA_TYPE_DECIMAL, .precision = 19};
    else if (type.id == STOA_TYPE_UINT64)
        type = (stoa_type){.id = STOA_TYPE_DECIMAL, .precision = 20};
    else if (type.id != STOA_TYPE_DECIMAL)
        return stoa_sql_fail(err, STOA_E_TYPE, node->type_offset,
                             "expected decimal(precision, scale) to cast %s to, found %s "
                             "without them",
                             stoa_type_text(type, shown), node->text);
    return stoa_cast_bind(arg, type, true, b->arena, out, err);
}

stoa_status stoa_bind_cast(struct stoa_binder *b, const struct stoa_sql_node *node,
                           struct stoa_expr *arg, struct stoa_expr **out, stoa_error *err)
{
    if (is_decimal_name(node->text))
        return cast_to_bare_decimal(b, node, arg, out, err);
    if (stoa_name_equal_folded(node->text, "interval"))
        return stoa_sql_fail(err, STOA_E_UNSUPPORTED_SQL, node->type_offset,
                             "intervals are not supported yet");
    stoa_type type;
    const stoa_status status = stoa_type_parse(node->text, &type, err);
    if (status != STOA_OK) {
        stoa_error_set_offset(err, node->type_offset);
        return status;
    }
    return stoa_cast_bind(arg, type, true, b->arena, out, err);
}
