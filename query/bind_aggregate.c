/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aggregate calls, and what stands above them. Called by bind.c and bind_expr.c.
 *
 * A call becomes a COLUMN node numbered from STOA_BIND_AGGREGATE; equal calls share one.
 * Once GROUP BY is known, stoa_bind_above_groups rewrites an expression to see groups and
 * aggregates, whichever of its parts is equal to a group by structure.
 */
#include <string.h>

#include "query/bind.h"
#include "query/sql_error.h"

/* ---- equality ---- */

static bool equal_values(enum stoa_phys phys, const struct stoa_value *a,
                         const struct stoa_value *b)
{
    if (a->is_null || b->is_null)
        return a->is_null == b->is_null;
    return stoa_value_compare_exact(phys, a, b) == 0;
}

static bool equal_sets(const struct stoa_expr *a, const struct stoa_expr *b)
{
    if (a->set_count != b->set_count || a->set_has_null != b->set_has_null)
        return false;
    const enum stoa_phys phys = stoa_type_phys(a->args[0]->type);
    for (uint32_t i = 0; i < a->set_count; i++) {
        if (!equal_values(phys, &a->set[i], &b->set[i]))
            return false;
    }
    return true;
}

bool stoa_expr_equal(const struct stoa_expr *a, const struct stoa_expr *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || !stoa_type_equal(a->type, b->type) ||
        a->negated != b->negated || a->function != b->function ||
        a->arg_count != b->arg_count)
        return false;
    if (a->kind == STOA_EXPR_COLUMN)
        return a->column == b->column;
    if (a->kind == STOA_EXPR_CONSTANT)
        return a->is_untyped == b->is_untyped &&
               equal_values(stoa_type_phys(a->type), &a->constant, &b->constant);
    for (uint32_t i = 0; i < a->arg_count; i++) {
        if (!stoa_expr_equal(a->args[i], b->args[i]))
            return false;
    }
    return a->kind != STOA_EXPR_IN || equal_sets(a, b);
}

static bool equal_optional(const struct stoa_expr *a, const struct stoa_expr *b)
{
    return a && b ? stoa_expr_equal(a, b) : a == b;
}

static bool equal_calls(const struct stoa_aggregate_call *a,
                        const struct stoa_aggregate_call *b)
{
    return a->aggregate == b->aggregate && a->is_distinct == b->is_distinct &&
           equal_optional(a->arg, b->arg) && equal_optional(a->filter, b->filter);
}

bool stoa_expr_has_aggregate(const struct stoa_expr *expr)
{
    if (expr->kind == STOA_EXPR_COLUMN)
        return expr->column >= STOA_BIND_AGGREGATE;
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        if (stoa_expr_has_aggregate(expr->args[i]))
            return true;
    }
    return false;
}

/* ---- calls ---- */

static stoa_status check_place(const struct stoa_binder *b,
                               const struct stoa_sql_node *node, stoa_error *err)
{
    static const char *const places[] = {
        [STOA_CLAUSE_SELECT] = NULL,         [STOA_CLAUSE_WHERE] = "WHERE",
        [STOA_CLAUSE_GROUP_BY] = "GROUP BY", [STOA_CLAUSE_HAVING] = NULL,
        [STOA_CLAUSE_ORDER_BY] = NULL,       [STOA_CLAUSE_LIMIT] = "LIMIT",
        [STOA_CLAUSE_FILTER] = "FILTER",     [STOA_CLAUSE_AGGREGATE] = "another aggregate",
    };
    const char *place = places[b->clause];
    if (!place)
        return STOA_OK;
    stoa_sql_fail(err, STOA_E_GROUPING, node->offset,
                  "%s is an aggregate, which cannot be in %s", node->text, place);
    if (b->clause == STOA_CLAUSE_WHERE)
        stoa_error_set_hint(err, "HAVING sees aggregates");
    return STOA_E_GROUPING;
}

static stoa_status fail_argument(const struct stoa_aggregate *aggregate,
                                 const struct stoa_sql_node *node,
                                 const struct stoa_expr *arg, stoa_error *err)
{
    char shown[STOA_TYPE_TEXT_MAX];
    if (arg)
        stoa_sql_fail(err, STOA_E_FUNCTION, node->offset, "%s does not take %s",
                      aggregate->name, stoa_type_text(arg->type, shown));
    else
        stoa_sql_fail(err, STOA_E_FUNCTION, node->offset,
                      "expected one argument for %s, found %s", aggregate->name,
                      node->is_star_call     ? "*"
                      : node->arg_count == 0 ? "none"
                                             : "more");
    stoa_error_set_hint(err, "known: %s", aggregate->help);
    return STOA_E_FUNCTION;
}

/* A number for every row counts rows: statistics answer count(*). */
static bool counts_rows(const struct stoa_aggregate *aggregate,
                        const struct stoa_aggregate_call *call)
{
    return aggregate->takes_star && !call->is_distinct && call->arg &&
           stoa_expr_is_constant(call->arg) && !call->arg->constant.is_null;
}

static stoa_status bind_argument(struct stoa_binder *b,
                                 const struct stoa_aggregate *aggregate,
                                 const struct stoa_sql_node *node,
                                 struct stoa_aggregate_call *call, stoa_error *err)
{
    stoa_type arg_type = {.id = STOA_TYPE_INT64};
    if (node->is_star_call) {
        if (!aggregate->takes_star || node->is_distinct)
            return fail_argument(aggregate, node, NULL, err);
        return aggregate->resolve(arg_type, &call->type, &arg_type)
                   ? STOA_OK
                   : fail_argument(aggregate, node, NULL, err);
    }
    if (node->arg_count != 1)
        return fail_argument(aggregate, node, NULL, err);
    const enum stoa_clause clause = b->clause;
    b->clause = STOA_CLAUSE_AGGREGATE;
    STOA_TRY(stoa_bind_expr(b, node->args[0], &call->arg, err));
    b->clause = clause;
    STOA_TRY(stoa_bind_settle(b, &call->arg, err));
    if (!aggregate->resolve(call->arg->type, &call->type, &arg_type))
        return fail_argument(aggregate, node, call->arg, err);
    STOA_TRY(stoa_cast_bind(call->arg, arg_type, false, b->arena, &call->arg, err));
    if (counts_rows(aggregate, call))
        call->arg = NULL;
    return STOA_OK;
}

static stoa_status bind_filter(struct stoa_binder *b, const struct stoa_sql_node *node,
                               struct stoa_aggregate_call *call, stoa_error *err)
{
    if (!node->filter)
        return STOA_OK;
    const enum stoa_clause clause = b->clause;
    b->clause = STOA_CLAUSE_FILTER;
    STOA_TRY(stoa_bind_condition(b, node->filter, "FILTER", &call->filter, err));
    b->clause = clause;
    const bool is_true = stoa_expr_is_constant(call->filter) &&
                         !call->filter->constant.is_null && call->filter->constant.boolean;
    if (is_true)
        call->filter = NULL;
    return STOA_OK;
}

/* The number of the call among those of the statement. */
static stoa_status add_call(struct stoa_binder *b, struct stoa_aggregate_call *call,
                            uint32_t *out_number, stoa_error *err)
{
    for (uint32_t i = 0; i < b->aggregates.count; i++) {
        if (equal_calls(b->aggregates.items[i], call)) {
            *out_number = i;
            return STOA_OK;
        }
    }
    *out_number = b->aggregates.count;
    return stoa_bind_append(b, &b->aggregates, call, err);
}

stoa_status stoa_bind_aggregate(struct stoa_binder *b,
                                const struct stoa_aggregate *aggregate,
                                const struct stoa_sql_node *node, struct stoa_expr **out,
                                stoa_error *err)
{
    uint32_t number;
    STOA_TRY(check_place(b, node, err));
    struct stoa_aggregate_call *call = stoa_arena_alloc_zeroed(b->arena, 1, sizeof *call);
    if (!call)
        return stoa_arena_fail(b->arena, sizeof *call, err);
    call->aggregate = aggregate;
    call->is_distinct = node->is_distinct;
    call->sql_offset = node->offset;
    STOA_TRY(bind_argument(b, aggregate, node, call, err));
    STOA_TRY(bind_filter(b, node, call, err));
    STOA_TRY(add_call(b, call, &number, err));
    STOA_TRY(stoa_bind_make(b, STOA_EXPR_COLUMN, call->type, node->offset, 0, out, err));
    (*out)->column = STOA_BIND_AGGREGATE + number;
    return STOA_OK;
}

/* ---- above the groups ---- */

static stoa_status fail_ungrouped(const struct stoa_binder *b, const struct stoa_expr *expr,
                                  stoa_error *err)
{
    const char *name = b->schema->fields[expr->column].name;
    stoa_sql_fail(err, STOA_E_GROUPING, expr->sql_offset,
                  "column \"%s\" is neither in GROUP BY nor inside an aggregate", name);
    if (b->groups.count == 0)
        stoa_error_set_hint(err, "add GROUP BY \"%s\", or take min or max of it", name);
    else
        stoa_error_set_hint(err, "add \"%s\" to GROUP BY, or take min or max of it", name);
    return STOA_E_GROUPING;
}

static stoa_status make_input(struct stoa_binder *b, const struct stoa_expr *expr,
                              uint32_t column, struct stoa_expr **out, stoa_error *err)
{
    STOA_TRY(
        stoa_bind_make(b, STOA_EXPR_COLUMN, expr->type, expr->sql_offset, 0, out, err));
    (*out)->column = column;
    return STOA_OK;
}

stoa_status stoa_bind_above_groups(struct stoa_binder *b, struct stoa_expr *expr,
                                   struct stoa_expr **out, stoa_error *err)
{
    for (uint32_t i = 0; i < b->groups.count; i++) {
        if (stoa_expr_equal(b->groups.items[i], expr))
            return make_input(b, expr, i, out, err);
    }
    if (expr->kind == STOA_EXPR_COLUMN) {
        if (expr->column < STOA_BIND_AGGREGATE)
            return fail_ungrouped(b, expr, err);
        return make_input(b, expr, b->groups.count + (expr->column - STOA_BIND_AGGREGATE),
                          out, err);
    }
    if (expr->arg_count == 0) {
        *out = expr;
        return STOA_OK;
    }
    struct stoa_expr *copy;
    STOA_TRY(stoa_bind_make(b, expr->kind, expr->type, expr->sql_offset, expr->arg_count,
                            &copy, err));
    struct stoa_expr **args = copy->args;
    *copy = *expr;
    copy->args = args;
    for (uint32_t i = 0; i < expr->arg_count; i++)
        STOA_TRY(stoa_bind_above_groups(b, expr->args[i], &args[i], err));
    *out = copy;
    return STOA_OK;
}
