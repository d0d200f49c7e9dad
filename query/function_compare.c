/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparisons: = <> < <= > >= and IS [NOT] DISTINCT FROM, in query order [FMT-30] over one common type. Dense
 * loops over the whole vector; slots behind NULLs and inactive rows are initialised and do no harm.
 */
#include "query/call.h"

enum comparison { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };

static const enum comparison comparisons[] = {EQUAL,      NOT_EQUAL, LESS,
                                              LESS_EQUAL, GREATER,   GREATER_EQUAL};

static bool resolve_compare(const struct stoa_function *function,
                            struct stoa_expr *const *args, uint32_t arg_count,
                            stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    stoa_type common;
    if (arg_count != 2 || !stoa_type_common(args[0], args[1], &common))
        return false;
    out_arg_types[0] = common;
    out_arg_types[1] = common;
    *out_type = stoa_type_of(STOA_TYPE_BOOL);
    return true;
}

/* Whether an order (negative, 0, positive) satisfies a comparison. */
static bool order_satisfies(enum comparison comparison, int order)
{
    switch (comparison) {
    case EQUAL: return order == 0;
    case NOT_EQUAL: return order != 0;
    case LESS: return order < 0;
    case LESS_EQUAL: return order <= 0;
    case GREATER: return order > 0;
    case GREATER_EQUAL: return order >= 0;
    }
    return false;
}

/* Less and equal bits of 64 rows from `first`; what all six comparisons are made of. */
struct order_bits {
    uint64_t less;
    uint64_t equal;
};

static struct order_bits compare_i64(const struct stoa_vector *a,
                                     const struct stoa_vector *b, uint32_t first,
                                     uint32_t count)
{
    struct order_bits bits = {0, 0};
    for (uint32_t i = 0; i < count; i++) {
        const int64_t x = a->values.i64[first + i];
        const int64_t y = b->values.i64[first + i];
        bits.less |= (uint64_t)(x < y) << i;
        bits.equal |= (uint64_t)(x == y) << i;
    }
    return bits;
}

/* NaN equals NaN and is above all numbers. */
static struct order_bits compare_f64(const struct stoa_vector *a,
                                     const struct stoa_vector *b, uint32_t first,
                                     uint32_t count)
{
    struct order_bits bits = {0, 0};
    for (uint32_t i = 0; i < count; i++) {
        const double x = a->values.f64[first + i];
        const double y = b->values.f64[first + i];
        const bool x_nan = x != x;
        const bool y_nan = y != y;
        bits.less |= (uint64_t)(x < y || (y_nan && !x_nan)) << i;
        bits.equal |= (uint64_t)(x == y || (x_nan && y_nan)) << i;
    }
    return bits;
}

static struct order_bits compare_any(const struct stoa_vector *a,
                                     const struct stoa_vector *b, uint32_t first,
                                     uint32_t count, uint64_t active)
{
    struct order_bits bits = {0, 0};
    for (uint32_t i = 0; i < count; i++) {
        if (!(active >> i & 1))
            continue;
        const struct stoa_value x = stoa_vector_get(a, first + i);
        const struct stoa_value y = stoa_vector_get(b, first + i);
        const int order = stoa_value_compare(a->phys, &x, &y);
        bits.less |= (uint64_t)(order < 0) << i;
        bits.equal |= (uint64_t)(order == 0) << i;
    }
    return bits;
}

static uint64_t combine(enum comparison comparison, struct order_bits bits)
{
    switch (comparison) {
    case EQUAL: return bits.equal;
    case NOT_EQUAL: return ~bits.equal;
    case LESS: return bits.less;
    case LESS_EQUAL: return bits.less | bits.equal;
    case GREATER: return ~(bits.less | bits.equal);
    case GREATER_EQUAL: return ~bits.less;
    }
    return 0;
}

static stoa_status eval_compare(struct stoa_call *call, stoa_error *err)
{
    STOA_UNUSED(err);
    const enum comparison comparison = *(const enum comparison *)call->expr->function->data;
    const struct stoa_vector *a = call->args[0];
    const struct stoa_vector *b = call->args[1];
    for (uint32_t first = 0; first < call->rows; first += 64) {
        const uint32_t count = call->rows - first < 64 ? call->rows - first : 64;
        struct order_bits bits;
        if (a->phys == STOA_PHYS_I64)
            bits = compare_i64(a, b, first, count);
        else if (a->phys == STOA_PHYS_F64)
            bits = compare_f64(a, b, first, count);
        else
            bits = compare_any(a, b, first, count, call->active[first / 64]);
        call->out->values.bits[first / 64] = combine(comparison, bits);
    }
    return STOA_OK;
}

/* NULL is a value here: equal to NULL, different from everything else. */
static stoa_status row_distinct(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    const enum comparison comparison = *(const enum comparison *)call->expr->function->data;
    const bool a_null = stoa_vector_is_null(call->args[0], row);
    const bool b_null = stoa_vector_is_null(call->args[1], row);
    int order = a_null != b_null;
    if (!a_null && !b_null) {
        const struct stoa_value x = stoa_vector_get(call->args[0], row);
        const struct stoa_value y = stoa_vector_get(call->args[1], row);
        order = stoa_value_compare(call->args[0]->phys, &x, &y);
    }
    stoa_call_set_bool(call, row, order_satisfies(comparison, order));
    return STOA_OK;
}

static stoa_status eval_distinct(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_distinct, err);
}

#define COMPARE(sign, operation)                                                           \
    {                                                                                      \
        .name = sign, .help = "any " sign " any -> bool", .resolve = resolve_compare,      \
        .eval = eval_compare, .data = &comparisons[operation]                              \
    }

const struct stoa_function stoa_functions_compare[] = {
    COMPARE("=", EQUAL),
    COMPARE("<>", NOT_EQUAL),
    COMPARE("<", LESS),
    COMPARE("<=", LESS_EQUAL),
    COMPARE(">", GREATER),
    COMPARE(">=", GREATER_EQUAL),
    {.name = "is distinct from",
                           .help = "any IS DISTINCT FROM any -> bool",
                           .flags = STOA_FUNCTION_NOT_STRICT,
                           .resolve = resolve_compare,
                           .eval = eval_distinct,
                           .data = &comparisons[NOT_EQUAL]},
    {.name = "is not distinct from",
                           .help = "any IS NOT DISTINCT FROM any -> bool",
                           .flags = STOA_FUNCTION_NOT_STRICT,
                           .resolve = resolve_compare,
                           .eval = eval_distinct,
                           .data = &comparisons[EQUAL]},
    {.name = NULL            },
};
