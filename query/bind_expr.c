/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions of the parse tree to typed expressions, bottom-up, one function per kind.
 * Called by bind.c for every clause. What SQL defines by other operators (BETWEEN, IS TRUE,
 * CASE x WHEN) is spelled out here, so that evaluation and pushdown know few kinds of node.
 *
 * A node whose arguments are constant is folded at once: patterns, pushdown and LIMIT then
 * see constants.
 */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "query/bind.h"
#include "query/sql_error.h"
#include "query/suggest.h"

static const stoa_type bool_type = {.id = STOA_TYPE_BOOL};
static const stoa_type text_type = {.id = STOA_TYPE_TEXT};

/* ---- nodes ---- */

stoa_status stoa_bind_append(struct stoa_binder *b, struct stoa_bind_list *list, void *item,
                             stoa_error *err)
{
    if (list->count == list->capacity) {
        const uint32_t capacity = list->capacity ? 2 * list->capacity : 8;
        void **items = stoa_arena_alloc_zeroed(b->arena, capacity, sizeof *items);
        if (!items)
            return stoa_arena_fail(b->arena, capacity * sizeof *items, err);
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = item;
    return STOA_OK;
}

stoa_status stoa_bind_make(struct stoa_binder *b, enum stoa_expr_kind kind, stoa_type type,
                           uint32_t offset, uint32_t arg_count, struct stoa_expr **out,
                           stoa_error *err)
{
    struct stoa_expr *expr = stoa_arena_alloc_zeroed(b->arena, 1, sizeof *expr);
    if (!expr)
        return stoa_arena_fail(b->arena, sizeof *expr, err);
    expr->kind = kind;
    expr->type = type;
    expr->sql_offset = offset;
    expr->arg_count = arg_count;
    if (arg_count > 0) {
        expr->args = stoa_arena_alloc_zeroed(b->arena, arg_count, sizeof *expr->args);
        if (!expr->args)
            return stoa_arena_fail(b->arena, arg_count * sizeof *expr->args, err);
    }
    *out = expr;
    return STOA_OK;
}

bool stoa_expr_is_constant(const struct stoa_expr *expr)
{
    return expr->kind == STOA_EXPR_CONSTANT;
}

stoa_status stoa_bind_fold(struct stoa_binder *b, struct stoa_expr *expr, stoa_error *err)
{
    if (expr->kind == STOA_EXPR_COLUMN || expr->kind == STOA_EXPR_CONSTANT)
        return STOA_OK;
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        if (!stoa_expr_is_constant(expr->args[i]))
            return STOA_OK;
    }
    stoa_error ignored;
    stoa_error_clear(&ignored);
    const stoa_status status = stoa_expr_fold(expr, b->arena, &ignored);
    if (status == STOA_E_NO_MEMORY || status == STOA_E_MEMORY_LIMIT) {
        if (err)
            *err = ignored;
        return status;
    }
    return STOA_OK;
}

/* Nodes in the tree, each as often as it is reached, but not more than `limit`. */
static uint32_t count_nodes(const struct stoa_expr *expr, uint32_t limit)
{
    uint32_t count = 1;
    for (uint32_t i = 0; i < expr->arg_count && count < limit; i++)
        count += count_nodes(expr->args[i], limit - count);
    return count;
}

/* Accounts for `expr` being used `times` times more. */
static stoa_status share(struct stoa_binder *b, const struct stoa_expr *expr,
                         uint32_t times, stoa_error *err)
{
    const uint64_t size = count_nodes(expr, STOA_BIND_MAX_SHARED);
    if (times * size > STOA_BIND_MAX_SHARED - b->shared)
        return stoa_sql_fail(
            err, STOA_E_LIMIT, expr->sql_offset,
            "expected operands of BETWEEN, IN and CASE of at most %d parts "
            "together, found more",
            STOA_BIND_MAX_SHARED);
    b->shared += (uint32_t)(times * size);
    return STOA_OK;
}

stoa_status stoa_bind_settle(struct stoa_binder *b, struct stoa_expr **expr,
                             stoa_error *err)
{
    if (!(*expr)->is_untyped)
        return STOA_OK;
    return stoa_cast_bind(*expr, text_type, false, b->arena, expr, err);
}

static stoa_status fail_comparison(struct stoa_expr *const *args, uint32_t offset,
                                   stoa_error *err)
{
    char left[STOA_TYPE_TEXT_MAX];
    char right[STOA_TYPE_TEXT_MAX];
    stoa_sql_fail(err, STOA_E_TYPE, offset, "cannot compare %s with %s",
                  stoa_type_text(args[0]->type, left),
                  stoa_type_text(args[1]->type, right));
    stoa_error_set_hint(err,
                        "write the constant as the column's type, or CAST one of them");
    return STOA_E_TYPE;
}

/* A call of a scalar function that is known to exist. */
static stoa_status call(struct stoa_binder *b, const char *name, struct stoa_expr **args,
                        uint32_t arg_count, uint32_t offset, struct stoa_expr **out,
                        stoa_error *err)
{
    const stoa_status status =
        stoa_function_bind(name, args, arg_count, offset, b->arena, out, err);
    const bool is_comparison = strcspn(name, "<=>") == 0;
    if (status == STOA_E_FUNCTION && is_comparison && arg_count == 2)
        return fail_comparison(args, offset, err);
    STOA_TRY(status);
    return stoa_bind_fold(b, *out, err);
}

static stoa_status call_two(struct stoa_binder *b, const char *name, struct stoa_expr *left,
                            struct stoa_expr *right, uint32_t offset,
                            struct stoa_expr **out, stoa_error *err)
{
    struct stoa_expr **args = stoa_arena_alloc_zeroed(b->arena, 2, sizeof *args);
    if (!args)
        return stoa_arena_fail(b->arena, 2 * sizeof *args, err);
    args[0] = left;
    args[1] = right;
    return call(b, name, args, 2, offset, out, err);
}

static stoa_status connect(struct stoa_binder *b, enum stoa_expr_kind kind,
                           struct stoa_expr *left, struct stoa_expr *right, uint32_t offset,
                           struct stoa_expr **out, stoa_error *err)
{
    STOA_TRY(stoa_bind_make(b, kind, bool_type, offset, 2, out, err));
    (*out)->args[0] = left;
    (*out)->args[1] = right;
    return stoa_bind_fold(b, *out, err);
}

static stoa_status negate(struct stoa_binder *b, struct stoa_expr *arg, uint32_t offset,
                          struct stoa_expr **out, stoa_error *err)
{
    STOA_TRY(stoa_bind_make(b, STOA_EXPR_NOT, bool_type, offset, 1, out, err));
    (*out)->args[0] = arg;
    return stoa_bind_fold(b, *out, err);
}

static stoa_status make_bool(struct stoa_binder *b, bool value, uint32_t offset,
                             struct stoa_expr **out, stoa_error *err)
{
    STOA_TRY(stoa_bind_make(b, STOA_EXPR_CONSTANT, bool_type, offset, 0, out, err));
    (*out)->constant.boolean = value;
    return STOA_OK;
}

/* ---- types ---- */

static stoa_status expect_bool(struct stoa_binder *b, struct stoa_expr **expr,
                               const char *what, stoa_error *err)
{
    char shown[STOA_TYPE_TEXT_MAX];
    if ((*expr)->is_untyped)
        return stoa_cast_bind(*expr, bool_type, false, b->arena, expr, err);
    if ((*expr)->type.id == STOA_TYPE_BOOL)
        return STOA_OK;
    return stoa_sql_fail(err, STOA_E_TYPE, (*expr)->sql_offset,
                         "expected bool for %s, found %s", what,
                         stoa_type_text((*expr)->type, shown));
}

/* The common type of `count` expressions, which are cast to it. */
static stoa_status unify(struct stoa_binder *b, struct stoa_expr **exprs, uint32_t count,
                         const char *what, stoa_error *err)
{
    char shown[2][STOA_TYPE_TEXT_MAX];
    struct stoa_expr common = *exprs[0];
    for (uint32_t i = 1; i < count; i++) {
        stoa_type type;
        if (!stoa_type_common(&common, exprs[i], &type))
            return stoa_sql_fail(err, STOA_E_TYPE, exprs[i]->sql_offset,
                                 "%s: no type holds both %s and %s", what,
                                 stoa_type_text(common.type, shown[0]),
                                 stoa_type_text(exprs[i]->type, shown[1]));
        /* A single constant counts by its own digits; what is united, by its type. */
        common =
            (struct stoa_expr){.kind = STOA_EXPR_COLUMN,
                               .type = type,
                               .is_untyped = common.is_untyped && exprs[i]->is_untyped};
    }
    const stoa_type type = common.is_untyped ? text_type : common.type;
    for (uint32_t i = 0; i < count; i++)
        STOA_TRY(stoa_cast_bind(exprs[i], type, false, b->arena, &exprs[i], err));
    return STOA_OK;
}

/* ---- leaves ---- */

static stoa_status bind_star(struct stoa_binder *b, const struct stoa_sql_node *node,
                             struct stoa_expr **out, stoa_error *err)
{
    STOA_UNUSED(b);
    STOA_UNUSED(out);
    return stoa_sql_fail(err, STOA_E_SYNTAX, node->offset,
                         "* stands for all columns only in SELECT and in count(*)");
}

static stoa_status bind_number(struct stoa_binder *b, const struct stoa_sql_node *node,
                               struct stoa_expr **out, stoa_error *err)
{
    return stoa_bind_number(b, node->text, node->offset, out, err);
}

static stoa_status bind_string(struct stoa_binder *b, const struct stoa_sql_node *node,
                               struct stoa_expr **out, stoa_error *err)
{
    STOA_TRY(stoa_bind_make(b, STOA_EXPR_CONSTANT, text_type, node->offset, 0, out, err));
    (*out)->is_untyped = true;
    (*out)->constant.bytes = (struct stoa_view){.data = (const uint8_t *)node->text,
                                                .length = (uint32_t)node->text_length};
    return STOA_OK;
}

static stoa_status bind_bool(struct stoa_binder *b, const struct stoa_sql_node *node,
                             struct stoa_expr **out, stoa_error *err)
{
    return make_bool(b, node->flag, node->offset, out, err);
}

static stoa_status bind_null(struct stoa_binder *b, const struct stoa_sql_node *node,
                             struct stoa_expr **out, stoa_error *err)
{
    STOA_TRY(stoa_bind_make(b, STOA_EXPR_CONSTANT, text_type, node->offset, 0, out, err));
    (*out)->is_untyped = true;
    (*out)->constant.is_null = true;
    return STOA_OK;
}

/* ---- calls ---- */

/* Operators that are functions by another name. */
static const char *function_name(const struct stoa_sql_node *node)
{
    if (strcmp(node->text, "^") == 0)
        return "power";
    return strcmp(node->text, "^@") == 0 ? "starts_with" : node->text;
}

static bool is_known_function(const char *name)
{
    const struct stoa_function *row;
    for (size_t i = 0; (row = stoa_function_at(i)) != NULL; i++) {
        if (strcmp(row->name, name) == 0)
            return true;
    }
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* What PostgreSQL has by that name and we do not, with a verb; or NULL. */
static const char *missing_feature(const char *name)
{
    static const char *const rows[][2] = {
        {"now",               "the current time is"  },
        {"current_date",      "the current date is"  },
        {"current_timestamp", "the current time is"  },
        {"localtimestamp",    "the current time is"  },
        {"->",                "taking JSON apart is" },
        {"->>",               "taking JSON apart is" },
        {"&",                 "arithmetic on bits is"},
        {"|",                 "arithmetic on bits is"},
        {"#",                 "arithmetic on bits is"},
        {"<<",                "arithmetic on bits is"},
        {">>",                "arithmetic on bits is"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i][0], name) == 0)
            return rows[i][1];
    }
    return NULL;
}

static stoa_status fail_unknown_function(const struct stoa_sql_node *node, stoa_error *err)
{
    const char *missing = missing_feature(node->text);
    if (missing)
        return stoa_sql_fail(err, STOA_E_UNSUPPORTED_SQL, node->offset,
                             "%s not supported yet", missing);
    if (!is_letter(node->text[0])) {
        stoa_sql_fail(err, STOA_E_FUNCTION, node->offset, "no operator \"%s\"", node->text);
        if (strcmp(node->text, "==") == 0)
            stoa_error_set_hint(err, "did you mean =?");
        return STOA_E_FUNCTION;
    }
    struct stoa_suggest suggest = {.word = node->text};
    const struct stoa_function *row;
    const struct stoa_aggregate *aggregate;
    for (size_t i = 0; (row = stoa_function_at(i)) != NULL; i++) {
        if (is_letter(row->name[0]))
            stoa_suggest_offer(&suggest, row->name);
    }
    for (size_t i = 0; (aggregate = stoa_aggregate_at(i)) != NULL; i++)
        stoa_suggest_offer(&suggest, aggregate->name);
    stoa_sql_fail(err, STOA_E_FUNCTION, node->offset, "no function \"%s\"", node->text);
    if (suggest.best)
        stoa_error_set_hint(err, "did you mean %s?", suggest.best);
    return STOA_E_FUNCTION;
}

static stoa_status bind_args(struct stoa_binder *b, const struct stoa_sql_node *node,
                             struct stoa_expr ***out_args, stoa_error *err)
{
    struct stoa_expr **args =
        stoa_arena_alloc_zeroed(b->arena, (size_t)node->arg_count + 1, sizeof *args);
    if (!args)
        return stoa_arena_fail(b->arena, ((size_t)node->arg_count + 1) * sizeof *args, err);
    for (uint32_t i = 0; i < node->arg_count; i++)
        STOA_TRY(stoa_bind_expr(b, node->args[i], &args[i], err));
    *out_args = args;
    return STOA_OK;
}

/* a LIKE b ESCAPE c reaches us as a ~~ like_escape(b, c), of which we know the usual case. */
static stoa_status bind_escape(struct stoa_binder *b, const struct stoa_sql_node *node,
                               struct stoa_expr **out, stoa_error *err)
{
    const struct stoa_sql_node *pattern = node->args[0];
    const struct stoa_sql_node *escape = node->arg_count == 2 ? node->args[1] : NULL;
    if (!escape || pattern->kind != STOA_SQL_STRING || escape->kind != STOA_SQL_STRING ||
        escape->text_length > 1)
        return stoa_sql_fail(err, STOA_E_UNSUPPORTED_SQL, node->offset,
                             "ESCAPE with a pattern or sign that is not a constant is not "
                             "supported yet");
    const char sign = escape->text_length == 1 ? escape->text[0] : '\0';
    char *text = stoa_arena_alloc(b->arena, 2 * pattern->text_length + 1);
    if (!text)
        return stoa_arena_fail(b->arena, 2 * pattern->text_length + 1, err);
    size_t size = 0;
    for (size_t i = 0; i < pattern->text_length; i++) {
        const char c = pattern->text[i];
        if (sign != '\0' && c == sign) {
            if (i + 1 == pattern->text_length)
                return stoa_sql_fail(err, STOA_E_BAD_VALUE, pattern->offset,
                                     "expected a sign behind the escape at the end of the "
                                     "pattern, found none");
            text[size++] = '\\';
            text[size++] = pattern->text[++i];
        } else {
            if (c == '\\')
                text[size++] = '\\';
            text[size++] = c;
        }
    }
    text[size] = '\0';
    const struct stoa_sql_node escaped = {.kind = STOA_SQL_STRING,
                                          .offset = pattern->offset,
                                          .text = text,
                                          .text_length = size};
    return bind_string(b, &escaped, out, err);
}

static stoa_status bind_call(struct stoa_binder *b, const struct stoa_sql_node *node,
                             struct stoa_expr **out, stoa_error *err)
{
    const struct stoa_aggregate *aggregate = stoa_aggregate_find(node->text);
    if (aggregate)
        return stoa_bind_aggregate(b, aggregate, node, out, err);
    if (strcmp(node->text, "like_escape") == 0)
        return bind_escape(b, node, out, err);
    const char *name = function_name(node);
    if (!is_known_function(name))
        return fail_unknown_function(node, err);
    if (node->is_star_call || node->is_distinct || node->filter)
        return stoa_sql_fail(err, STOA_E_FUNCTION, node->offset,
                             "%s is no aggregate: it takes no *, DISTINCT or FILTER", name);
    struct stoa_expr **args;
    STOA_TRY(bind_args(b, node, &args, err));
    return call(b, name, args, node->arg_count, node->offset, out, err);
}

static stoa_status bind_cast(struct stoa_binder *b, const struct stoa_sql_node *node,
                             struct stoa_expr **out, stoa_error *err)
{
    struct stoa_expr *arg;
    STOA_TRY(stoa_bind_expr(b, node->args[0], &arg, err));
    STOA_TRY(stoa_bind_cast(b, node, arg, out, err));
    return stoa_bind_fold(b, *out, err);
}

/* ---- conditions ---- */

static stoa_status bind_connective(struct stoa_binder *b, const struct stoa_sql_node *node,
                                   struct stoa_expr **out, stoa_error *err)
{
    const bool is_and = node->kind == STOA_SQL_AND;
    STOA_TRY(stoa_bind_make(b, is_and ? STOA_EXPR_AND : STOA_EXPR_OR, bool_type,
                            node->offset, node->arg_count, out, err));
    for (uint32_t i = 0; i < node->arg_count; i++) {
        STOA_TRY(stoa_bind_expr(b, node->args[i], &(*out)->args[i], err));
        STOA_TRY(expect_bool(b, &(*out)->args[i], is_and ? "AND" : "OR", err));
    }
    return stoa_bind_fold(b, *out, err);
}

static stoa_status bind_not(struct stoa_binder *b, const struct stoa_sql_node *node,
                            struct stoa_expr **out, stoa_error *err)
{
    struct stoa_expr *arg;
    STOA_TRY(stoa_bind_expr(b, node->args[0], &arg, err));
    STOA_TRY(expect_bool(b, &arg, "NOT", err));
    return negate(b, arg, node->offset, out, err);
}

static stoa_status bind_is_null(struct stoa_binder *b, const struct stoa_sql_node *node,
                                struct stoa_expr **out, stoa_error *err)
{
    struct stoa_expr *arg;
    STOA_TRY(stoa_bind_expr(b, node->args[0], &arg, err));
    STOA_TRY(stoa_bind_settle(b, &arg, err));
    STOA_TRY(stoa_bind_make(b, STOA_EXPR_IS_NULL, bool_type, node->offset, 1, out, err));
    (*out)->negated = node->negated;
    (*out)->args[0] = arg;
    return stoa_bind_fold(b, *out, err);
}

/* x IS TRUE is CASE WHEN x THEN true ELSE false END; FALSE asks for NOT x. */
static stoa_status bind_is_bool(struct stoa_binder *b, const struct stoa_sql_node *node,
                                struct stoa_expr **out, stoa_error *err)
{
    struct stoa_expr *arg;
    STOA_TRY(stoa_bind_expr(b, node->args[0], &arg, err));
    STOA_TRY(expect_bool(b, &arg, node->flag ? "IS TRUE" : "IS FALSE", err));
    if (!node->flag)
        STOA_TRY(negate(b, arg, node->offset, &arg, err));
    STOA_TRY(stoa_bind_make(b, STOA_EXPR_CASE, bool_type, node->offset, 3, out, err));
    (*out)->args[0] = arg;
    STOA_TRY(make_bool(b, !node->negated, node->offset, &(*out)->args[1], err));
    STOA_TRY(make_bool(b, node->negated, node->offset, &(*out)->args[2], err));
    return stoa_bind_fold(b, *out, err);
}

static stoa_status bind_distinct(struct stoa_binder *b, const struct stoa_sql_node *node,
                                 struct stoa_expr **out, stoa_error *err)
{
    struct stoa_expr *left;
    struct stoa_expr *right;
    STOA_TRY(stoa_bind_expr(b, node->args[0], &left, err));
    STOA_TRY(stoa_bind_expr(b, node->args[1], &right, err));
    return call_two(b, node->negated ? "is not distinct from" : "is distinct from", left,
                    right, node->offset, out, err);
}

/* x >= low AND x <= high */
static stoa_status make_between(struct stoa_binder *b, struct stoa_expr *x,
                                struct stoa_expr *low, struct stoa_expr *high,
                                uint32_t offset, struct stoa_expr **out, stoa_error *err)
{
    struct stoa_expr *from;
    struct stoa_expr *to;
    STOA_TRY(call_two(b, ">=", x, low, offset, &from, err));
    STOA_TRY(call_two(b, "<=", x, high, offset, &to, err));
    return connect(b, STOA_EXPR_AND, from, to, offset, out, err);
}

static stoa_status bind_between(struct stoa_binder *b, const struct stoa_sql_node *node,
                                struct stoa_expr **out, stoa_error *err)
{
    struct stoa_expr **args;
    STOA_TRY(bind_args(b, node, &args, err));
    STOA_TRY(share(b, args[0], node->flag ? 3 : 1, err));
    STOA_TRY(make_between(b, args[0], args[1], args[2], node->offset, out, err));
    if (node->flag) {
        struct stoa_expr *swapped;
        STOA_TRY(share(b, args[1], 1, err));
        STOA_TRY(share(b, args[2], 1, err));
        STOA_TRY(make_between(b, args[0], args[2], args[1], node->offset, &swapped, err));
        STOA_TRY(connect(b, STOA_EXPR_OR, *out, swapped, node->offset, out, err));
    }
    return node->negated ? negate(b, *out, node->offset, out, err) : STOA_OK;
}

/* ---- IN ---- */

struct set_order {
    enum stoa_phys phys;
};

static int compare_members(const void *a, const void *b, void *context)
{
    const struct set_order *order = context;
    return stoa_value_compare(order->phys, a, b);
}

/* Sorts and thins out the constants of an IN list. */
static stoa_status make_set(struct stoa_binder *b, struct stoa_expr *in,
                            struct stoa_expr *const *members, uint32_t count,
                            stoa_error *err)
{
    struct set_order order = {.phys = stoa_type_phys(in->args[0]->type)};
    in->set = stoa_arena_alloc_zeroed(b->arena, (size_t)count + 1, sizeof *in->set);
    if (!in->set)
        return stoa_arena_fail(b->arena, ((size_t)count + 1) * sizeof *in->set, err);
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (members[i]->constant.is_null)
            in->set_has_null = true;
        else
            in->set[used++] = members[i]->constant;
    }
    qsort_r(in->set, used, sizeof *in->set, compare_members, &order);
    for (uint32_t i = 0; i < used; i++) {
        if (in->set_count == 0 ||
            stoa_value_compare(order.phys, &in->set[in->set_count - 1], &in->set[i]) != 0)
            in->set[in->set_count++] = in->set[i];
    }
    return STOA_OK;
}

/* x IN (a, b) with members that are not constant: x = a OR x = b. */
static stoa_status make_equalities(struct stoa_binder *b, const struct stoa_sql_node *node,
                                   struct stoa_expr *const *args, struct stoa_expr **out,
                                   stoa_error *err)
{
    const uint32_t count = node->arg_count - 1;
    struct stoa_expr *any;
    STOA_TRY(share(b, args[0], count, err));
    if (count == 1) {
        STOA_TRY(call_two(b, "=", args[0], args[1], node->offset, &any, err));
    } else {
        STOA_TRY(
            stoa_bind_make(b, STOA_EXPR_OR, bool_type, node->offset, count, &any, err));
        for (uint32_t i = 0; i < count; i++)
            STOA_TRY(
                call_two(b, "=", args[0], args[i + 1], node->offset, &any->args[i], err));
    }
    if (node->negated)
        return negate(b, any, node->offset, out, err);
    *out = any;
    return STOA_OK;
}

static stoa_status bind_in(struct stoa_binder *b, const struct stoa_sql_node *node,
                           struct stoa_expr **out, stoa_error *err)
{
    struct stoa_expr **args;
    STOA_TRY(bind_args(b, node, &args, err));
    STOA_TRY(unify(b, args, node->arg_count, "IN", err));
    for (uint32_t i = 1; i < node->arg_count; i++) {
        if (!stoa_expr_is_constant(args[i]))
            return make_equalities(b, node, args, out, err);
    }
    STOA_TRY(stoa_bind_make(b, STOA_EXPR_IN, bool_type, node->offset, 1, out, err));
    (*out)->negated = node->negated;
    (*out)->args[0] = args[0];
    STOA_TRY(make_set(b, *out, args + 1, node->arg_count - 1, err));
    return stoa_bind_fold(b, *out, err);
}

/* ---- CASE ---- */

static stoa_status bind_when(struct stoa_binder *b, const struct stoa_sql_node *node,
                             struct stoa_expr *operand, uint32_t i, struct stoa_expr **out,
                             stoa_error *err)
{
    STOA_TRY(stoa_bind_expr(b, node->args[i], out, err));
    if (!operand)
        return expect_bool(b, out, "WHEN", err);
    return call_two(b, "=", operand, *out, node->args[i]->offset, out, err);
}

static stoa_status bind_case(struct stoa_binder *b, const struct stoa_sql_node *node,
                             struct stoa_expr **out, stoa_error *err)
{
    const uint32_t count = node->arg_count;
    struct stoa_expr *operand = NULL;
    STOA_TRY(stoa_bind_make(b, STOA_EXPR_CASE, bool_type, node->offset, count, out, err));
    if (node->operand) {
        STOA_TRY(stoa_bind_expr(b, node->operand, &operand, err));
        STOA_TRY(share(b, operand, count / 2, err));
    }
    /* Results come together in `results` to be united: THEN, THEN, ..., ELSE. */
    struct stoa_expr **results =
        stoa_arena_alloc_zeroed(b->arena, count / 2 + 1, sizeof *results);
    if (!results)
        return stoa_arena_fail(b->arena, (count / 2 + 1) * sizeof *results, err);
    for (uint32_t i = 0; i + 1 < count; i += 2) {
        STOA_TRY(bind_when(b, node, operand, i, &(*out)->args[i], err));
        STOA_TRY(stoa_bind_expr(b, node->args[i + 1], &results[i / 2], err));
    }
    if (count % 2 == 1)
        STOA_TRY(stoa_bind_expr(b, node->args[count - 1], &results[count / 2], err));
    const uint32_t result_count = count / 2 + count % 2;
    STOA_TRY(unify(b, results, result_count, "CASE", err));
    for (uint32_t i = 0; i < result_count; i++)
        (*out)->args[2 * i + 1 < count ? 2 * i + 1 : count - 1] = results[i];
    (*out)->type = results[0]->type;
    return stoa_bind_fold(b, *out, err);
}

/* ---- all of them ---- */

stoa_status stoa_bind_expr(struct stoa_binder *b, const struct stoa_sql_node *node,
                           struct stoa_expr **out, stoa_error *err)
{
    typedef stoa_status binder(struct stoa_binder *, const struct stoa_sql_node *,
                               struct stoa_expr **, stoa_error *);
    static binder *const binders[] = {
        [STOA_SQL_COLUMN] = stoa_bind_column, [STOA_SQL_STAR] = bind_star,
        [STOA_SQL_NUMBER] = bind_number,      [STOA_SQL_STRING] = bind_string,
        [STOA_SQL_BOOL] = bind_bool,          [STOA_SQL_NULL] = bind_null,
        [STOA_SQL_CALL] = bind_call,          [STOA_SQL_AND] = bind_connective,
        [STOA_SQL_OR] = bind_connective,      [STOA_SQL_NOT] = bind_not,
        [STOA_SQL_IS_NULL] = bind_is_null,    [STOA_SQL_IS_BOOL] = bind_is_bool,
        [STOA_SQL_DISTINCT] = bind_distinct,  [STOA_SQL_IN] = bind_in,
        [STOA_SQL_BETWEEN] = bind_between,    [STOA_SQL_CASE] = bind_case,
        [STOA_SQL_CAST] = bind_cast,
    };
    const stoa_status status = binders[node->kind](b, node, out, err);
    if (status != STOA_OK && err && err->offset == UINT64_MAX)
        stoa_error_set_offset(err, node->offset);
    return status;
}

stoa_status stoa_bind_condition(struct stoa_binder *b, const struct stoa_sql_node *node,
                                const char *what, struct stoa_expr **out, stoa_error *err)
{
    STOA_TRY(stoa_bind_expr(b, node, out, err));
    return expect_bool(b, out, what, err);
}
