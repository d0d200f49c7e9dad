/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions to value sets (truth.h), by recursion over the expression. Called by
 * pushdown.c; owns nothing.
 *
 * A leaf compares f(column) with constants. The set of f's values that satisfy it is mapped
 * back through f (preimage.c); what is not in it makes the leaf false, and NULL makes it
 * NULL, as every f here is strict and total.
 */
#include "query/truth.h"

#include <string.h>

#include "query/function.h"
#include "query/like.h"
#include "query/preimage.h"

struct analysis {
    struct stoa_arena *arena;
    struct stoa_domain domain; /* of the column */
    const char *reason;        /* set: not understood, and why */
    stoa_error *err;
};

struct truth {
    struct stoa_region when_true;
    struct stoa_region when_false;
};

static stoa_status analyse(struct analysis *a, const struct stoa_expr *expr,
                           struct truth *out);

static stoa_status give_up(struct analysis *a, const char *reason)
{
    a->reason = reason;
    return STOA_OK;
}

struct stoa_column_use stoa_expr_columns(const struct stoa_expr *expr)
{
    struct stoa_column_use use = {.count = 0};
    if (expr->kind == STOA_EXPR_COLUMN)
        return (struct stoa_column_use){
            .count = 1, .column = expr->column, .type = expr->type};
    for (uint32_t i = 0; i < expr->arg_count && use.count < 2; i++) {
        const struct stoa_column_use next = stoa_expr_columns(expr->args[i]);
        if (use.count == 0 || next.count == 2)
            use = next;
        else if (next.count == 1 && next.column != use.column)
            use.count = 2;
    }
    return use;
}

/* ---- leaves ---- */

/* The truth of a leaf that is true in `region` of the values of `operand`, false elsewhere. */
static stoa_status set_leaf(struct analysis *a, const struct stoa_expr *operand,
                            const struct stoa_region *region, struct truth *out)
{
    bool is_known;
    STOA_TRY(stoa_preimage(operand, region, a->arena, &out->when_true, &is_known, a->err));
    if (!is_known)
        return give_up(a, "function on column");
    STOA_TRY(stoa_region_complement(&a->domain, &out->when_true, a->arena, &out->when_false,
                                    a->err));
    out->when_false.has_null = false;
    return STOA_OK;
}

static void swap(struct truth *truth)
{
    const struct stoa_region kept = truth->when_true;
    truth->when_true = truth->when_false;
    truth->when_false = kept;
}

/* Neither true nor false for any value. */
static void set_unknown(struct truth *out)
{
    *out = (struct truth){.when_true = {.count = 0}};
}

enum comparison {
    LESS,
    LESS_EQUAL,
    EQUAL,
    NOT_EQUAL,
    GREATER_EQUAL,
    GREATER,
    NO_COMPARISON
};

static enum comparison comparison_of(const struct stoa_function *function)
{
    static const char *const names[] = {"<", "<=", "=", "<>", ">=", ">"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(function->name, names[i]) == 0)
            return (enum comparison)i;
    }
    return NO_COMPARISON;
}

/* c < x is x > c. */
static enum comparison mirrored(enum comparison comparison)
{
    return comparison == EQUAL || comparison == NOT_EQUAL
               ? comparison
               : (enum comparison)(GREATER - comparison);
}

static struct stoa_interval interval_of(enum comparison comparison,
                                        const struct stoa_value *value)
{
    struct stoa_interval interval = {.low = *value, .high = *value};
    interval.has_low = comparison >= EQUAL;
    interval.has_high = comparison <= NOT_EQUAL;
    interval.low_inclusive = comparison != GREATER;
    interval.high_inclusive = comparison != LESS;
    return interval;
}

static stoa_status analyse_comparison(struct analysis *a, const struct stoa_expr *expr,
                                      enum comparison comparison, struct truth *out)
{
    const struct stoa_expr *operand = expr->args[0];
    const struct stoa_expr *constant = expr->args[1];
    if (operand->kind == STOA_EXPR_CONSTANT) {
        operand = expr->args[1];
        constant = expr->args[0];
        comparison = mirrored(comparison);
    }
    if (constant->kind != STOA_EXPR_CONSTANT)
        return give_up(a, "not compared with a constant");
    if (constant->constant.is_null) {
        set_unknown(out);
        return STOA_OK;
    }
    if (!stoa_type_equal(operand->type, constant->type))
        return give_up(a, "decimals that 38 digits cannot unite");
    const struct stoa_domain domain = stoa_domain_of(operand->type);
    struct stoa_region region;
    STOA_TRY(stoa_region_interval(&domain, interval_of(comparison, &constant->constant),
                                  a->arena, &region, a->err));
    STOA_TRY(set_leaf(a, operand, &region, out));
    if (comparison == NOT_EQUAL)
        swap(out);
    return STOA_OK;
}

/* x IS NOT DISTINCT FROM c: never NULL, and true for NULL when c is NULL. */
static stoa_status analyse_distinct(struct analysis *a, const struct stoa_expr *expr,
                                    struct truth *out)
{
    const bool is_negated = strcmp(expr->function->name, "is distinct from") == 0;
    const bool is_left = expr->args[0]->kind == STOA_EXPR_CONSTANT;
    const struct stoa_value *constant = &expr->args[is_left ? 0 : 1]->constant;
    if (expr->args[is_left ? 0 : 1]->kind != STOA_EXPR_CONSTANT)
        return give_up(a, "not compared with a constant");
    if (constant->is_null) {
        const struct stoa_region none = {.count = 0};
        STOA_TRY(set_leaf(a, expr->args[is_left ? 1 : 0], &none, out));
        out->when_true.has_null = true;
    } else {
        STOA_TRY(analyse_comparison(a, expr, EQUAL, out));
        out->when_false.has_null = true;
    }
    if (is_negated)
        swap(out);
    return STOA_OK;
}

/* All texts that begin with `prefix`: from it up to the next text that does not.
 * Well-formed UTF-8 has no byte 0xFF, so that the last byte can always be raised. */
static stoa_status set_prefix(struct analysis *a, const struct stoa_expr *operand,
                              struct stoa_view prefix, struct truth *out)
{
    const struct stoa_domain domain = stoa_domain_of(operand->type);
    struct stoa_interval interval = {.has_low = false};
    if (prefix.length > 0) {
        uint8_t *next = stoa_arena_alloc(a->arena, prefix.length);
        if (!next)
            return stoa_arena_fail(a->arena, prefix.length, a->err);
        memcpy(next, prefix.data, prefix.length);
        if (next[prefix.length - 1] == 0xFF)
            return give_up(a, "prefix that ends in byte 0xFF");
        next[prefix.length - 1]++;
        interval.has_low = interval.has_high = interval.low_inclusive = true;
        interval.low.bytes = prefix;
        interval.high.bytes = (struct stoa_view){.data = next, .length = prefix.length};
    }
    struct stoa_region region;
    STOA_TRY(stoa_region_interval(&domain, interval, a->arena, &region, a->err));
    return set_leaf(a, operand, &region, out);
}

static stoa_status analyse_like(struct analysis *a, const struct stoa_expr *expr,
                                struct truth *out)
{
    const struct stoa_expr *pattern = expr->args[1];
    struct stoa_like like;
    if (pattern->constant.is_null) {
        set_unknown(out);
        return STOA_OK;
    }
    STOA_TRY(stoa_like_compile(pattern->constant.bytes, false, a->arena, &like, a->err));
    const bool is_any = like.kind == STOA_LIKE_PART && like.literal.length == 0;
    if (like.kind == STOA_LIKE_PREFIX || is_any) {
        STOA_TRY(set_prefix(a, expr->args[0], like.literal, out));
    } else if (like.kind == STOA_LIKE_WHOLE) {
        const struct stoa_domain domain = stoa_domain_of(expr->args[0]->type);
        const struct stoa_value value = {.bytes = like.literal};
        struct stoa_region region;
        STOA_TRY(stoa_region_points(&domain, &value, 1, a->arena, &region, a->err));
        STOA_TRY(set_leaf(a, expr->args[0], &region, out));
    } else {
        return give_up(a, "pattern is no prefix");
    }
    if (expr->function->name[0] == '!')
        swap(out);
    return STOA_OK;
}

static bool takes_constant_text(const struct stoa_expr *expr)
{
    return expr->arg_count == 2 && expr->args[0]->type.id == STOA_TYPE_TEXT &&
           expr->args[1]->kind == STOA_EXPR_CONSTANT &&
           expr->args[1]->type.id == STOA_TYPE_TEXT;
}

static stoa_status analyse_call(struct analysis *a, const struct stoa_expr *expr,
                                struct truth *out)
{
    const char *name = expr->function->name;
    const enum comparison comparison = comparison_of(expr->function);
    if (comparison != NO_COMPARISON)
        return analyse_comparison(a, expr, comparison, out);
    if (strcmp(name, "is distinct from") == 0 || strcmp(name, "is not distinct from") == 0)
        return analyse_distinct(a, expr, out);
    if (!takes_constant_text(expr))
        return give_up(a, "function on column");
    if (strcmp(name, "~~") == 0 || strcmp(name, "!~~") == 0)
        return analyse_like(a, expr, out);
    if (strcmp(name, "starts_with") != 0)
        return give_up(a, "function on column");
    if (expr->args[1]->constant.is_null) {
        set_unknown(out);
        return STOA_OK;
    }
    return set_prefix(a, expr->args[0], expr->args[1]->constant.bytes, out);
}

static stoa_status analyse_in(struct analysis *a, const struct stoa_expr *expr,
                              struct truth *out)
{
    const struct stoa_domain domain = stoa_domain_of(expr->args[0]->type);
    struct stoa_region region;
    STOA_TRY(
        stoa_region_points(&domain, expr->set, expr->set_count, a->arena, &region, a->err));
    STOA_TRY(set_leaf(a, expr->args[0], &region, out));
    if (expr->set_has_null) /* what is not found might be the NULL */
        out->when_false.count = 0;
    if (expr->negated)
        swap(out);
    return STOA_OK;
}

static stoa_status analyse_is_null(struct analysis *a, const struct stoa_expr *expr,
                                   struct truth *out)
{
    const struct stoa_region none = {.count = 0};
    STOA_TRY(set_leaf(a, expr->args[0], &none, out));
    out->when_true.has_null = true;
    if (expr->negated)
        swap(out);
    return STOA_OK;
}

static stoa_status analyse_column(struct analysis *a, const struct stoa_expr *expr,
                                  struct truth *out)
{
    const struct stoa_value value = {.boolean = true};
    struct stoa_region region;
    STOA_TRY(stoa_region_points(&a->domain, &value, 1, a->arena, &region, a->err));
    return set_leaf(a, expr, &region, out);
}

static stoa_status analyse_constant(struct analysis *a, const struct stoa_expr *expr,
                                    struct truth *out)
{
    set_unknown(out);
    if (expr->constant.is_null)
        return STOA_OK;
    STOA_TRY(stoa_region_all(a->arena, &out->when_true, a->err));
    out->when_true.has_null = true;
    if (!expr->constant.boolean)
        swap(out);
    return STOA_OK;
}

/* ---- connectives ---- */

static stoa_status combine(struct analysis *a, bool is_and, const struct truth *next,
                           struct truth *into)
{
    struct stoa_region *united = is_and ? &into->when_false : &into->when_true;
    struct stoa_region *met = is_and ? &into->when_true : &into->when_false;
    STOA_TRY(stoa_region_union(&a->domain, united,
                               is_and ? &next->when_false : &next->when_true, a->arena,
                               united, a->err));
    return stoa_region_intersect(&a->domain, met,
                                 is_and ? &next->when_true : &next->when_false, a->arena,
                                 met, a->err);
}

static stoa_status analyse_connective(struct analysis *a, const struct stoa_expr *expr,
                                      struct truth *out)
{
    struct truth next;
    STOA_TRY(analyse(a, expr->args[0], out));
    for (uint32_t i = 1; i < expr->arg_count && !a->reason; i++) {
        STOA_TRY(analyse(a, expr->args[i], &next));
        if (!a->reason)
            STOA_TRY(combine(a, expr->kind == STOA_EXPR_AND, &next, out));
    }
    return STOA_OK;
}

static stoa_status analyse_not(struct analysis *a, const struct stoa_expr *expr,
                               struct truth *out)
{
    STOA_TRY(analyse(a, expr->args[0], out));
    swap(out);
    return STOA_OK;
}

/* CASE WHEN x THEN true ELSE false END: what IS TRUE becomes. */
static stoa_status analyse_case(struct analysis *a, const struct stoa_expr *expr,
                                struct truth *out)
{
    struct truth of_condition;
    const bool is_test =
        expr->arg_count == 3 && expr->args[1]->kind == STOA_EXPR_CONSTANT &&
        expr->args[2]->kind == STOA_EXPR_CONSTANT && !expr->args[1]->constant.is_null &&
        !expr->args[2]->constant.is_null &&
        expr->args[1]->constant.boolean != expr->args[2]->constant.boolean;
    if (!is_test)
        return give_up(a, "CASE");
    STOA_TRY(analyse(a, expr->args[0], &of_condition));
    if (a->reason)
        return STOA_OK;
    out->when_true = of_condition.when_true;
    STOA_TRY(stoa_region_complement(&a->domain, &out->when_true, a->arena, &out->when_false,
                                    a->err));
    if (!expr->args[1]->constant.boolean)
        swap(out);
    return STOA_OK;
}

static stoa_status analyse(struct analysis *a, const struct stoa_expr *expr,
                           struct truth *out)
{
    set_unknown(out);
    switch (expr->kind) {
    case STOA_EXPR_COLUMN: return analyse_column(a, expr, out);
    case STOA_EXPR_CONSTANT: return analyse_constant(a, expr, out);
    case STOA_EXPR_CALL: return analyse_call(a, expr, out);
    case STOA_EXPR_AND:
    case STOA_EXPR_OR: return analyse_connective(a, expr, out);
    case STOA_EXPR_NOT: return analyse_not(a, expr, out);
    case STOA_EXPR_IS_NULL: return analyse_is_null(a, expr, out);
    case STOA_EXPR_IN: return analyse_in(a, expr, out);
    case STOA_EXPR_CASE: return analyse_case(a, expr, out);
    }
    return give_up(a, "expression");
}

/* Why a condition over several columns or none is not pushed. */
static const char *reason_of(const struct stoa_expr *expr,
                             const struct stoa_column_use *use)
{
    if (use->count == 0)
        return "uses no column";
    if (expr->kind == STOA_EXPR_OR)
        return "OR over several columns";
    return expr->kind == STOA_EXPR_CALL && comparison_of(expr->function) != NO_COMPARISON
               ? "compares two columns"
               : "uses several columns";
}

stoa_status stoa_truth_of(const struct stoa_expr *expr, struct stoa_arena *arena,
                          struct stoa_truth *out_truth, const char **out_reason,
                          stoa_error *err)
{
    const struct stoa_column_use use = stoa_expr_columns(expr);
    *out_reason = NULL;
    if (use.count != 1) {
        *out_reason = reason_of(expr, &use);
        return STOA_OK;
    }
    struct analysis a = {.arena = arena, .domain = stoa_domain_of(use.type), .err = err};
    struct truth truth;
    STOA_TRY(analyse(&a, expr, &truth));
    *out_reason = a.reason;
    if (a.reason)
        return STOA_OK;
    *out_truth = (struct stoa_truth){.column = use.column,
                                     .domain = a.domain,
                                     .when_true = truth.when_true,
                                     .when_false = truth.when_false};
    return STOA_OK;
}
