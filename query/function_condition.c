/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions that choose among their arguments: COALESCE, NULLIF, GREATEST, LEAST. All
 * arguments have one common type.
 */
#include "query/call.h"

/* The common type of all arguments; false when there is none. Literals without a type come
 * last: all of them count, beside a type that is known. */
static bool unite(struct stoa_expr *const *args, uint32_t arg_count, stoa_type *out_type)
{
    const struct stoa_expr *first = args[0];
    for (uint32_t i = 1; i < arg_count && first->is_untyped; i++)
        first = args[i];
    struct stoa_expr united = *first;
    for (uint32_t i = 0; i < 2 * arg_count; i++) {
        const struct stoa_expr *arg = args[i % arg_count];
        const bool is_turn = arg->is_untyped == (i >= arg_count);
        stoa_type type;
        if (!is_turn || arg == first)
            continue;
        if (!stoa_type_common(&united, arg, &type))
            return false;
        /* A single constant counts by its own digits; what is united, by its type. */
        united.kind = STOA_EXPR_COLUMN;
        united.type = type;
    }
    *out_type = united.type;
    return true;
}

static bool resolve_united(const struct stoa_function *function,
                           struct stoa_expr *const *args, uint32_t arg_count,
                           stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    if (arg_count == 0 || !unite(args, arg_count, out_type))
        return false;
    for (uint32_t i = 0; i < arg_count; i++)
        out_arg_types[i] = *out_type;
    return true;
}

static bool resolve_nullif(const struct stoa_function *function,
                           struct stoa_expr *const *args, uint32_t arg_count,
                           stoa_type *out_type, stoa_type *out_arg_types)
{
    return arg_count == 2 &&
           resolve_united(function, args, arg_count, out_type, out_arg_types);
}

static void set_row(struct stoa_vector *out, uint32_t row, const struct stoa_vector *from)
{
    const enum stoa_phys phys = out->phys;
    if (phys == STOA_PHYS_BYTES) {
        out->values.views[row] = from->values.views[row];
    } else if (phys == STOA_PHYS_BOOL) {
        stoa_bit_clear(out->values.bits, row);
        if (stoa_bit_get(from->values.bits, row))
            stoa_bit_set(out->values.bits, row);
    } else {
        const size_t width = stoa_phys_width(phys);
        memcpy((uint8_t *)out->values.raw + width * row,
               (const uint8_t *)from->values.raw + width * row, width);
    }
}

static int compare_rows(const struct stoa_vector *a, const struct stoa_vector *b,
                        uint32_t row)
{
    const struct stoa_value x = stoa_vector_get(a, row);
    const struct stoa_value y = stoa_vector_get(b, row);
    return stoa_value_compare(a->phys, &x, &y);
}

static stoa_status row_nullif(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    const struct stoa_vector *a = call->args[0];
    const struct stoa_vector *b = call->args[1];
    const bool a_null = stoa_vector_is_null(a, row);
    if (a_null || (!stoa_vector_is_null(b, row) && compare_rows(a, b, row) == 0))
        stoa_call_set_null(call, row);
    else
        set_row(call->out, row, a);
    return STOA_OK;
}

static stoa_status eval_nullif(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_nullif, err);
}

/* The extreme of the arguments that are not NULL; NULL when all are. */
static stoa_status row_extreme(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    STOA_UNUSED(err);
    const int wanted = *(const int *)call->expr->function->data;
    const struct stoa_vector *best = NULL;
    for (uint32_t i = 0; i < call->expr->arg_count; i++) {
        const struct stoa_vector *arg = call->args[i];
        if (stoa_vector_is_null(arg, row))
            continue;
        if (!best || compare_rows(arg, best, row) * wanted > 0)
            best = arg;
    }
    if (best)
        set_row(call->out, row, best);
    else
        stoa_call_set_null(call, row);
    return STOA_OK;
}

static stoa_status eval_extreme(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_extreme, err);
}

/* COALESCE is evaluated by eval.c, argument by argument. */
static stoa_status eval_lazily(struct stoa_call *call, stoa_error *err)
{
    STOA_UNUSED(call);
    return stoa_fail(err, STOA_E_INTERNAL, "a lazy function was called");
}

static const int greatest = 1;
static const int least = -1;

const struct stoa_function stoa_functions_condition[] = {
    {.name = "coalesce",
     .help = "coalesce(any, ...) -> the first that is not NULL",
     .flags = STOA_FUNCTION_NOT_STRICT | STOA_FUNCTION_LAZY,
     .resolve = resolve_united,
     .eval = eval_lazily},
    {.name = "nullif",
     .help = "nullif(any, any) -> the first, or NULL when both are equal",
     .flags = STOA_FUNCTION_NOT_STRICT | STOA_FUNCTION_NULLABLE,
     .resolve = resolve_nullif,
     .eval = eval_nullif},
    {.name = "greatest",
     .help = "greatest(any, ...) -> the largest that is not NULL",
     .flags = STOA_FUNCTION_NOT_STRICT | STOA_FUNCTION_NULLABLE,
     .resolve = resolve_united,
     .eval = eval_extreme,
     .data = &greatest},
    {.name = "least",
     .help = "least(any, ...) -> the smallest that is not NULL",
     .flags = STOA_FUNCTION_NOT_STRICT | STOA_FUNCTION_NULLABLE,
     .resolve = resolve_united,
     .eval = eval_extreme,
     .data = &least},
    {.name = NULL},
};
