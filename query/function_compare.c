/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparisons: = <> < <= > >= and IS [NOT] DISTINCT FROM, in query order [FMT-30] over one common type. Dense
 * loops over the whole vector; slots behind NULLs and inactive rows are initialised and do no harm.
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

/* What all six comparisons are made of: bits of the rows that are less, and of those that are equal. */
struct order_bits {
    uint64_t less;
    uint64_t equal;
};

/* Both for `count` <= 64 rows from `first`. */
#define COMPARE_ROWS(name, member, is_less, is_equal)                                      \
    static struct order_bits name(const struct stoa_vector *a,                             \
                                  const struct stoa_vector *b, uint32_t first,             \
                                  uint32_t count)                                          \
    {                                                                                      \
        struct order_bits bits = {0, 0};                                                   \
        for (uint32_t i = 0; i < count; i++) {                                             \
            const __typeof__(*a->values.member) x = a->values.member[first + i];           \
            const __typeof__(*b->values.member) y = b->values.member[first + i];           \
            bits.less |= (uint64_t)(is_less) << i;                                         \
            bits.equal |= (uint64_t)(is_equal) << i;                                       \
        }                                                                                  \
        return bits;                                                                       \
    }

COMPARE_ROWS(compare_i64, i64, x < y, x == y)
COMPARE_ROWS(compare_u64, u64, x < y, x == y)
COMPARE_ROWS(compare_i128, i128, x < y, x == y)
/* NaN equals NaN and is above all numbers. */
COMPARE_ROWS(compare_f64, f64, x < y || (y != y && x == x), x == y || (x != x && y != y))

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

static struct order_bits compare_any(const struct stoa_call *call, uint32_t first)
{
    struct order_bits bits = {0, 0};
    for (uint64_t left = call->active[first / 64]; left != 0; left &= left - 1) {
        const unsigned bit = (unsigned)__builtin_ctzll(left);
        const int order = compare_row(call, first + bit);
        bits.less |= (uint64_t)(order < 0) << bit;
        bits.equal |= (uint64_t)(order == 0) << bit;
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

static struct order_bits compare_word(const struct stoa_call *call,
                                      enum comparison comparison, uint32_t first)
{
    const struct stoa_vector *a = call->args[0];
    const struct stoa_vector *b = call->args[1];
    const uint32_t count = call->rows - first < 64 ? call->rows - first : 64;
    if (!stoa_type_equal(call->expr->args[0]->type, call->expr->args[1]->type))
        return compare_any(call, first);
    if (a->phys == STOA_PHYS_I64)
        return compare_i64(a, b, first, count);
    if (a->phys == STOA_PHYS_F64)
        return compare_f64(a, b, first, count);
    if (a->phys == STOA_PHYS_U64)
        return compare_u64(a, b, first, count);
    if (a->phys == STOA_PHYS_I128)
        return compare_i128(a, b, first, count);
    if (a->phys == STOA_PHYS_BYTES && comparison <= NOT_EQUAL)
        return (struct order_bits){0, equal_texts(call, first)};
    return compare_any(call, first);
}

static stoa_status eval_compare(struct stoa_call *call, stoa_error *err)
{
    STOA_UNUSED(err);
    const enum comparison comparison = *(const enum comparison *)call->expr->function->data;
    for (uint32_t first = 0; first < call->rows; first += 64)
        call->out->values.bits[first / 64] =
            combine(comparison, compare_word(call, comparison, first));
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
