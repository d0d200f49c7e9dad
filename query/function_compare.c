/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparisons: = <> < <= > >= and IS [NOT] DISTINCT FROM, in query order [FMT-30] over one
 * common type. Dense loops over the whole vector; slots behind NULLs and inactive rows are
 * initialised and do no harm.
 */
#include "query/call.h"

enum { MAX_DIGITS = 38 };

enum comparison { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };

static const enum comparison comparisons[] = {EQUAL,      NOT_EQUAL, LESS,
                                              LESS_EQUAL, GREATER,   GREATER_EQUAL};

/* Decimals that no 38 digits can unite keep their types and are compared across their scales. */
static bool resolve_scaled(struct stoa_expr *const *args, stoa_type *out_arg_types)
{
    stoa_type digits[2];
    for (uint32_t i = 0; i < 2; i++) {
        const struct stoa_expr *arg = args[i];
        if (arg->is_untyped ? !stoa_exact_literal_type(arg, &digits[i])
                            : !stoa_type_is_exact(arg->type))
            return false;
        if (!arg->is_untyped)
            digits[i] = stoa_exact_type(arg);
        out_arg_types[i] = arg->is_untyped ? digits[i] : arg->type;
    }
    const unsigned whole[2] = {(unsigned)(digits[0].precision - digits[0].scale),
                               (unsigned)(digits[1].precision - digits[1].scale)};
    return (args[0]->type.id == STOA_TYPE_DECIMAL ||
            args[1]->type.id == STOA_TYPE_DECIMAL) &&
           (whole[0] > whole[1] ? whole[0] : whole[1]) +
                   (digits[0].scale > digits[1].scale ? digits[0].scale : digits[1].scale) >
               MAX_DIGITS;
}

static bool resolve_compare(const struct stoa_function *function,
                            struct stoa_expr *const *args, uint32_t arg_count,
                            stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    stoa_type common;
    *out_type = stoa_type_of(STOA_TYPE_BOOL);
    if (arg_count != 2)
        return false;
    if (resolve_scaled(args, out_arg_types))
        return true;
    if (!stoa_type_common(args[0], args[1], &common))
        return false;
    out_arg_types[0] = common;
    out_arg_types[1] = common;
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

/* ---- whole words of 64 rows ---- */

/* 64 bytes that are 0 or 1 as bits: the product moves the low bits of eight bytes side by side into its top
 * byte. */
static uint64_t pack_bytes(const uint8_t bytes[64])
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t eight;
        memcpy(&eight, bytes + 8 * i, sizeof eight);
        bits |= (eight * UINT64_C(0x0102040810204080) >> 56) << (8 * i);
    }
    return bits;
}

/* x < y and x = y for all 64 slots of a word; slots that are no rows are initialised and do
 * no harm. What the processor compares goes through bytes, which compilers make vectors
 * of. */
#define COMPARE_WORD(name, type, is_true)                                                  \
    static uint64_t name(const type *a, const type *b)                                     \
    {                                                                                      \
        uint8_t bytes[64];                                                                 \
        for (unsigned i = 0; i < 64; i++) {                                                \
            const type x = a[i];                                                           \
            const type y = b[i];                                                           \
            bytes[i] = (is_true);                                                          \
        }                                                                                  \
        return pack_bytes(bytes);                                                          \
    }

COMPARE_WORD(less_i64, int64_t, x < y)
COMPARE_WORD(equal_i64, int64_t, x == y)
COMPARE_WORD(less_u64, uint64_t, x < y)
COMPARE_WORD(less_i128, stoa_i128, x < y)
COMPARE_WORD(equal_i128, stoa_i128, x == y)
/* NaN equals NaN and is above all numbers. */
COMPARE_WORD(less_f64, double, (x < y) | ((y != y) & (x == x)))
COMPARE_WORD(equal_f64, double, (x == y) | ((x != x) & (y != y)))

/* The rows of a word where a < b, or a = b. */
static uint64_t dense_word(const struct stoa_vector *a, const struct stoa_vector *b,
                           bool is_equal, uint32_t first)
{
    if (a->phys == STOA_PHYS_F64)
        return is_equal ? equal_f64(a->values.f64 + first, b->values.f64 + first)
                        : less_f64(a->values.f64 + first, b->values.f64 + first);
    if (a->phys == STOA_PHYS_I128)
        return is_equal ? equal_i128(a->values.i128 + first, b->values.i128 + first)
                        : less_i128(a->values.i128 + first, b->values.i128 + first);
    if (is_equal)
        return equal_i64(a->values.i64 + first, b->values.i64 + first);
    return a->phys == STOA_PHYS_U64
               ? less_u64(a->values.u64 + first, b->values.u64 + first)
               : less_i64(a->values.i64 + first, b->values.i64 + first);
}

/* ---- single rows ---- */

/* Order of two rows of one type, or of two exact ones of different scales. */
static int compare_row(const struct stoa_call *call, uint32_t row)
{
    const struct stoa_vector *a = call->args[0];
    const struct stoa_vector *b = call->args[1];
    const stoa_type type = call->expr->args[0]->type;
    if (!stoa_type_equal(type, call->expr->args[1]->type))
        return stoa_exact_compare(stoa_exact_get(a, row), stoa_exact_scale(type),
                                  stoa_exact_get(b, row),
                                  stoa_exact_scale(call->expr->args[1]->type));
    const struct stoa_value x = stoa_vector_get(a, row);
    const struct stoa_value y = stoa_vector_get(b, row);
    return stoa_value_compare(a->phys, &x, &y);
}

static uint64_t sparse_word(const struct stoa_call *call, bool is_equal, bool is_swapped,
                            uint32_t first)
{
    uint64_t bits = 0;
    for (uint64_t left = call->active[first / 64]; left != 0; left &= left - 1) {
        const unsigned bit = (unsigned)__builtin_ctzll(left);
        const int order = compare_row(call, first + bit);
        const bool is_less = is_swapped ? order > 0 : order < 0;
        bits |= (uint64_t)(is_equal ? order == 0 : is_less) << bit;
    }
    return bits;
}

/* Texts that are equal are found by their lengths first. */
static uint64_t equal_texts(const struct stoa_call *call, uint32_t first)
{
    uint64_t equal = 0;
    for (uint64_t left = call->active[first / 64]; left != 0; left &= left - 1) {
        const unsigned bit = (unsigned)__builtin_ctzll(left);
        const struct stoa_view x = call->args[0]->values.views[first + bit];
        const struct stoa_view y = call->args[1]->values.views[first + bit];
        const bool is_equal = x.length == y.length &&
                              (x.length == 0 || memcmp(x.data, y.data, x.length) == 0);
        equal |= (uint64_t)is_equal << bit;
    }
    return equal;
}

/* All six are =, < or >, or the opposite of one. */
static stoa_status eval_compare(struct stoa_call *call, stoa_error *err)
{
    STOA_UNUSED(err);
    const enum comparison comparison = *(const enum comparison *)call->expr->function->data;
    const bool is_equal = comparison == EQUAL || comparison == NOT_EQUAL;
    const bool is_swapped = comparison == GREATER || comparison == LESS_EQUAL;
    const bool is_opposite =
        comparison == NOT_EQUAL || comparison == LESS_EQUAL || comparison == GREATER_EQUAL;
    const struct stoa_vector *a = call->args[is_swapped ? 1 : 0];
    const struct stoa_vector *b = call->args[is_swapped ? 0 : 1];
    const bool is_one_type =
        stoa_type_equal(call->expr->args[0]->type, call->expr->args[1]->type);
    const bool is_dense =
        is_one_type && (a->phys == STOA_PHYS_I64 || a->phys == STOA_PHYS_U64 ||
                        a->phys == STOA_PHYS_F64 || a->phys == STOA_PHYS_I128);
    for (uint32_t first = 0; first < call->rows; first += 64) {
        uint64_t bits;
        if (is_dense)
            bits = dense_word(a, b, is_equal, first);
        else if (is_equal && is_one_type && a->phys == STOA_PHYS_BYTES)
            bits = equal_texts(call, first);
        else
            bits = sparse_word(call, is_equal, is_swapped, first);
        call->out->values.bits[first / 64] = is_opposite ? ~bits : bits;
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
    if (!a_null && !b_null)
        order = compare_row(call, row);
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
