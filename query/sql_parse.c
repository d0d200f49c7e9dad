/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PostgreSQL's parse tree, as libpg_query hands it out, to the tree of sql_ast.h. The only
 * includer of pg_query.h; its results are freed before stoa_sql_parse returns.
 *
 * Whatever the binder does not know is refused here, by name and with its place. The tree
 * is converted by recursion, which sql_rewrite.c has bounded. Names are read from the
 * user's text (sql_source.c), for the grammar folds their case.
 */
#include "query/sql_parse.h"

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "query/sql_error.h"
#include "query/sql_source.h"

struct parser {
    struct stoa_arena *arena;
    struct stoa_sql_source source;
    stoa_error *err;
};

typedef const PgQuery__Node pg_node;

static stoa_status convert(struct parser *p, pg_node *node, struct stoa_sql_node **out);

/* ---- small helpers ---- */

static uint32_t place(const struct parser *p, int32_t location)
{
    return location < 0 ? p->source.tokens.tokens[p->source.first].start
                        : stoa_sql_source_offset(&p->source, (size_t)location);
}

static stoa_status refuse(struct parser *p, uint32_t offset, const char *what)
{
    return stoa_sql_fail(p->err, STOA_E_UNSUPPORTED_SQL, offset, "%s not supported yet",
                         what);
}

static stoa_status refuse_at(struct parser *p, int32_t location, const char *what)
{
    return refuse(p, place(p, location), what);
}

static stoa_status fail_arena(struct parser *p, size_t size)
{
    return stoa_arena_fail(p->arena, size, p->err);
}

static stoa_status copy_text(struct parser *p, const char *text, const char **out)
{
    *out = stoa_arena_strndup(p->arena, text, strlen(text));
    return *out ? STOA_OK : fail_arena(p, strlen(text) + 1);
}

/* A node with room for `arg_count` arguments. */
static stoa_status make(struct parser *p, enum stoa_sql_kind kind, int32_t location,
                        size_t arg_count, struct stoa_sql_node **out)
{
    struct stoa_sql_node *node = stoa_arena_alloc_zeroed(p->arena, 1, sizeof *node);
    if (!node)
        return fail_arena(p, sizeof *node);
    node->kind = kind;
    node->offset = place(p, location);
    node->arg_count = (uint32_t)arg_count;
    node->args = stoa_arena_alloc_zeroed(p->arena, arg_count + 1, sizeof *node->args);
    if (!node->args)
        return fail_arena(p, (arg_count + 1) * sizeof *node->args);
    *out = node;
    return STOA_OK;
}

static const char *string_value(pg_node *node)
{
    return node && node->node_case == PG_QUERY__NODE__NODE_STRING ? node->string->sval : "";
}

/* The last part of a name list: an operator or function without its schema. */
static const char *last_name(PgQuery__Node *const *names, size_t count)
{
    return count == 0 ? "" : string_value(names[count - 1]);
}

/* ---- expressions ---- */

static stoa_status convert_args(struct parser *p, PgQuery__Node *const *args, size_t count,
                                struct stoa_sql_node **out)
{
    for (size_t i = 0; i < count; i++)
        STOA_TRY(convert(p, args[i], &out[i]));
    return STOA_OK;
}

/* What stands behind EXCLUDE after the star at `offset`. */
static stoa_status convert_exclude(struct parser *p, uint32_t offset,
                                   struct stoa_sql_node *star)
{
    const struct stoa_sql_mark *mark =
        stoa_sql_source_mark(&p->source, STOA_MARK_EXCLUDE, offset);
    if (mark) {
        star->excluded = mark->excluded;
        star->excluded_count = mark->excluded_count;
    }
    return STOA_OK;
}

static stoa_status convert_column(struct parser *p, pg_node *node,
                                  struct stoa_sql_node **out)
{
    const PgQuery__ColumnRef *ref = node->column_ref;
    const size_t count = ref->n_fields;
    const bool is_star =
        count > 0 && ref->fields[count - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
    STOA_TRY(make(p, is_star ? STOA_SQL_STAR : STOA_SQL_COLUMN, ref->location, 0, out));
    if (is_star && count == 1)
        return convert_exclude(p, (*out)->offset, *out);
    STOA_TRY(stoa_sql_source_name(&p->source, (*out)->offset, p->arena, &(*out)->parts,
                                  &(*out)->part_count, p->err));
    if ((*out)->part_count + is_star != count)
        return refuse_at(p, ref->location, "this way to write a name is");
    if (!is_star)
        return STOA_OK;
    const struct stoa_token_list *tokens = &p->source.tokens;
    const uint32_t star = stoa_token_at(tokens, (*out)->offset) + 2 * (*out)->part_count;
    return convert_exclude(p, tokens->tokens[star].start, *out);
}

static stoa_status convert_constant(struct parser *p, pg_node *node,
                                    struct stoa_sql_node **out)
{
    const PgQuery__AConst *constant = node->a_const;
    STOA_TRY(make(p, STOA_SQL_NULL, constant->location, 0, out));
    char digits[24];
    if (constant->isnull)
        return STOA_OK;
    switch (constant->val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
        (*out)->kind = STOA_SQL_NUMBER;
        snprintf(digits, sizeof digits, "%d", (int)constant->ival->ival);
        return copy_text(p, digits, &(*out)->text);
    case PG_QUERY__A__CONST__VAL_FVAL:
        (*out)->kind = STOA_SQL_NUMBER;
        return copy_text(p, constant->fval->fval, &(*out)->text);
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
        (*out)->kind = STOA_SQL_BOOL;
        (*out)->flag = constant->boolval->boolval;
        return STOA_OK;
    case PG_QUERY__A__CONST__VAL_SVAL:
        (*out)->kind = STOA_SQL_STRING;
        (*out)->text_length = strlen(constant->sval->sval);
        return copy_text(p, constant->sval->sval, &(*out)->text);
    case PG_QUERY__A__CONST__VAL_BSVAL:
        return refuse_at(p, constant->location, "bit strings are");
    case PG_QUERY__A__CONST__VAL__NOT_SET:
    default: break; /* an integer 0, of which nothing is left on the wire */
    }
    (*out)->kind = STOA_SQL_NUMBER;
    return copy_text(p, "0", &(*out)->text);
}

/* A call of `name` with two (or, without `left`, one) arguments. */
static stoa_status make_operator(struct parser *p, const char *name, int32_t location,
                                 pg_node *left, pg_node *right, struct stoa_sql_node **out)
{
    STOA_TRY(make(p, STOA_SQL_CALL, location, left ? 2 : 1, out));
    STOA_TRY(copy_text(p, name, &(*out)->text));
    if (left)
        STOA_TRY(convert(p, left, &(*out)->args[0]));
    return convert(p, right, &(*out)->args[left ? 1 : 0]);
}

static stoa_status convert_operator(struct parser *p, const PgQuery__AExpr *expr,
                                    struct stoa_sql_node **out)
{
    const char *name = last_name(expr->name, expr->n_name);
    if (!expr->rexpr)
        return refuse_at(p, expr->location, "operators behind their operand are");
    if (!expr->lexpr && strcmp(name, "+") == 0)
        return convert(p, expr->rexpr, out);
    return make_operator(p, name, expr->location, expr->lexpr, expr->rexpr, out);
}

/* a LIKE b, and a LIKE b ESCAPE c, whose b is a call like_escape(b, c). */
static stoa_status convert_like(struct parser *p, const PgQuery__AExpr *expr,
                                struct stoa_sql_node **out)
{
    return make_operator(p, last_name(expr->name, expr->n_name), expr->location,
                         expr->lexpr, expr->rexpr, out);
}

static stoa_status convert_in(struct parser *p, const PgQuery__AExpr *expr,
                              struct stoa_sql_node **out)
{
    pg_node *right = expr->rexpr;
    if (!right || right->node_case != PG_QUERY__NODE__NODE_LIST)
        return refuse_at(p, expr->location, "this form of IN is");
    STOA_TRY(make(p, STOA_SQL_IN, expr->location, right->list->n_items + 1, out));
    (*out)->negated = strcmp(last_name(expr->name, expr->n_name), "<>") == 0;
    STOA_TRY(convert(p, expr->lexpr, &(*out)->args[0]));
    return convert_args(p, right->list->items, right->list->n_items, (*out)->args + 1);
}

static stoa_status convert_between(struct parser *p, const PgQuery__AExpr *expr,
                                   struct stoa_sql_node **out)
{
    pg_node *right = expr->rexpr;
    if (!right || right->node_case != PG_QUERY__NODE__NODE_LIST ||
        right->list->n_items != 2)
        return refuse_at(p, expr->location, "this form of BETWEEN is");
    STOA_TRY(make(p, STOA_SQL_BETWEEN, expr->location, 3, out));
    (*out)->negated = expr->kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN ||
                      expr->kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM;
    (*out)->flag = expr->kind == PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM ||
                   expr->kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM;
    STOA_TRY(convert(p, expr->lexpr, &(*out)->args[0]));
    return convert_args(p, right->list->items, 2, (*out)->args + 1);
}

static stoa_status convert_distinct(struct parser *p, const PgQuery__AExpr *expr,
                                    struct stoa_sql_node **out)
{
    STOA_TRY(make(p, STOA_SQL_DISTINCT, expr->location, 2, out));
    (*out)->negated = expr->kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT;
    STOA_TRY(convert(p, expr->lexpr, &(*out)->args[0]));
    return convert(p, expr->rexpr, &(*out)->args[1]);
}

static stoa_status convert_a_expr(struct parser *p, pg_node *node,
                                  struct stoa_sql_node **out)
{
    const PgQuery__AExpr *expr = node->a_expr;
    switch (expr->kind) {
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP: return convert_operator(p, expr, out);
    case PG_QUERY__A__EXPR__KIND__AEXPR_LIKE:
    case PG_QUERY__A__EXPR__KIND__AEXPR_ILIKE: return convert_like(p, expr, out);
    case PG_QUERY__A__EXPR__KIND__AEXPR_IN: return convert_in(p, expr, out);
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN:
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM:
        return convert_between(p, expr, out);
    case PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT: return convert_distinct(p, expr, out);
    case PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF:
        return make_operator(p, "nullif", expr->location, expr->lexpr, expr->rexpr, out);
    case PG_QUERY__A__EXPR__KIND__AEXPR_SIMILAR:
        return refuse_at(p, expr->location, "SIMILAR TO is");
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY:
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL:
        return refuse_at(p, expr->location, "comparing with ANY or ALL of an array is");
    case PG_QUERY__A__EXPR__KIND__A_EXPR_KIND_UNDEFINED:
    default: return refuse_at(p, expr->location, "this operator is");
    }
}

static stoa_status check_call(struct parser *p, const PgQuery__FuncCall *call)
{
    const bool has_schema =
        call->n_funcname > 1 && strcmp(string_value(call->funcname[0]), "pg_catalog") != 0;
    if (has_schema)
        return refuse_at(p, call->location, "functions of a schema are");
    if (call->over)
        return refuse_at(p, call->location, "window functions (OVER) are");
    if (call->agg_within_group)
        return refuse_at(p, call->location, "WITHIN GROUP is");
    if (call->n_agg_order > 0)
        return refuse_at(p, call->location, "ORDER BY inside an aggregate is");
    if (strcmp(last_name(call->funcname, call->n_funcname), "timezone") == 0)
        return refuse_at(p, call->location, "AT TIME ZONE is");
    if (call->func_variadic)
        return refuse_at(p, call->location, "VARIADIC is");
    return STOA_OK;
}

static stoa_status convert_call(struct parser *p, pg_node *node, struct stoa_sql_node **out)
{
    const PgQuery__FuncCall *call = node->func_call;
    STOA_TRY(check_call(p, call));
    STOA_TRY(make(p, STOA_SQL_CALL, call->location, call->n_args, out));
    STOA_TRY(copy_text(p, last_name(call->funcname, call->n_funcname), &(*out)->text));
    (*out)->is_star_call = call->agg_star;
    (*out)->is_distinct = call->agg_distinct;
    if (call->agg_filter)
        STOA_TRY(convert(p, call->agg_filter, &(*out)->filter));
    return convert_args(p, call->args, call->n_args, (*out)->args);
}

static stoa_status convert_cast(struct parser *p, pg_node *node, struct stoa_sql_node **out)
{
    const PgQuery__TypeCast *cast = node->type_cast;
    const PgQuery__TypeName *type = cast->type_name;
    if (type->n_array_bounds > 0)
        return refuse_at(p, type->location, "array types are");
    /* DATE '2020-01-01' has no place but its type's. */
    STOA_TRY(make(p, STOA_SQL_CAST, cast->location < 0 ? type->location : cast->location, 1,
                  out));
    (*out)->type_offset = place(p, type->location);
    STOA_TRY(stoa_sql_source_type(&p->source, (*out)->type_offset, p->arena, &(*out)->text,
                                  p->err));
    return convert(p, cast->arg, &(*out)->args[0]);
}

static stoa_status convert_bool(struct parser *p, pg_node *node, struct stoa_sql_node **out)
{
    const PgQuery__BoolExpr *expr = node->bool_expr;
    const enum stoa_sql_kind kind =
        expr->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR  ? STOA_SQL_AND
        : expr->boolop == PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR ? STOA_SQL_OR
                                                            : STOA_SQL_NOT;
    STOA_TRY(make(p, kind, expr->location, expr->n_args, out));
    return convert_args(p, expr->args, expr->n_args, (*out)->args);
}

static stoa_status convert_null_test(struct parser *p, pg_node *node,
                                     struct stoa_sql_node **out)
{
    const PgQuery__NullTest *test = node->null_test;
    STOA_TRY(make(p, STOA_SQL_IS_NULL, test->location, 1, out));
    (*out)->negated = test->nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NOT_NULL;
    return convert(p, test->arg, &(*out)->args[0]);
}

static stoa_status convert_boolean_test(struct parser *p, pg_node *node,
                                        struct stoa_sql_node **out)
{
    const PgQuery__BooleanTest *test = node->boolean_test;
    const PgQuery__BoolTestType type = test->booltesttype;
    const bool is_unknown = type == PG_QUERY__BOOL_TEST_TYPE__IS_UNKNOWN ||
                            type == PG_QUERY__BOOL_TEST_TYPE__IS_NOT_UNKNOWN;
    STOA_TRY(
        make(p, is_unknown ? STOA_SQL_IS_NULL : STOA_SQL_IS_BOOL, test->location, 1, out));
    (*out)->negated = type == PG_QUERY__BOOL_TEST_TYPE__IS_NOT_TRUE ||
                      type == PG_QUERY__BOOL_TEST_TYPE__IS_NOT_FALSE ||
                      type == PG_QUERY__BOOL_TEST_TYPE__IS_NOT_UNKNOWN;
    (*out)->flag = type == PG_QUERY__BOOL_TEST_TYPE__IS_TRUE ||
                   type == PG_QUERY__BOOL_TEST_TYPE__IS_NOT_TRUE;
    return convert(p, test->arg, &(*out)->args[0]);
}

static stoa_status convert_case(struct parser *p, pg_node *node, struct stoa_sql_node **out)
{
    const PgQuery__CaseExpr *expr = node->case_expr;
    const size_t count = 2 * expr->n_args + (expr->defresult ? 1 : 0);
    STOA_TRY(make(p, STOA_SQL_CASE, expr->location, count, out));
    if (expr->arg)
        STOA_TRY(convert(p, expr->arg, &(*out)->operand));
    for (size_t i = 0; i < expr->n_args; i++) {
        const PgQuery__CaseWhen *when = expr->args[i]->case_when;
        STOA_TRY(convert(p, when->expr, &(*out)->args[2 * i]));
        STOA_TRY(convert(p, when->result, &(*out)->args[2 * i + 1]));
    }
    return expr->defresult ? convert(p, expr->defresult, &(*out)->args[count - 1])
                           : STOA_OK;
}

static stoa_status convert_coalesce(struct parser *p, pg_node *node,
                                    struct stoa_sql_node **out)
{
    const PgQuery__CoalesceExpr *expr = node->coalesce_expr;
    STOA_TRY(make(p, STOA_SQL_CALL, expr->location, expr->n_args, out));
    (*out)->text = "coalesce";
    return convert_args(p, expr->args, expr->n_args, (*out)->args);
}

static stoa_status convert_min_max(struct parser *p, pg_node *node,
                                   struct stoa_sql_node **out)
{
    const PgQuery__MinMaxExpr *expr = node->min_max_expr;
    STOA_TRY(make(p, STOA_SQL_CALL, expr->location, expr->n_args, out));
    (*out)->text = expr->op == PG_QUERY__MIN_MAX_OP__IS_LEAST ? "least" : "greatest";
    return convert_args(p, expr->args, expr->n_args, (*out)->args);
}

static stoa_status convert_value_function(struct parser *p, pg_node *node,
                                          struct stoa_sql_node **out)
{
    const PgQuery__SQLValueFunction *call = node->sqlvalue_function;
    STOA_TRY(make(p, STOA_SQL_CALL, call->location, 0, out));
    switch (call->op) {
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE:
        (*out)->text = "current_date";
        return STOA_OK;
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP:
        (*out)->text = "current_timestamp";
        return STOA_OK;
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP:
        (*out)->text = "localtimestamp";
        return STOA_OK;
    default: return refuse_at(p, call->location, "this name without brackets is");
    }
}

/* What the grammar knows and we do not, with the place where the node keeps one. */
static stoa_status refuse_expression(struct parser *p, pg_node *node)
{
    struct stoa_sql_node *inner;
    switch ((int)node->node_case) {
    case PG_QUERY__NODE__NODE_SUB_LINK:
        return refuse_at(p, node->sub_link->location, "subqueries are");
    case PG_QUERY__NODE__NODE_PARAM_REF:
        return refuse_at(p, node->param_ref->location, "parameters ($1) are");
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR:
        return refuse_at(p, node->a_array_expr->location, "arrays are");
    case PG_QUERY__NODE__NODE_ROW_EXPR:
        return refuse_at(p, node->row_expr->location, "row values are");
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE:
        return refuse_at(p, node->collate_clause->location,
                         "COLLATE (text compares bytewise) is");
    case PG_QUERY__NODE__NODE_A_INDIRECTION:
        STOA_TRY(convert(p, node->a_indirection->arg, &inner));
        return refuse(p, inner->offset, "a subscript or a field of an expression is");
    case PG_QUERY__NODE__NODE_NAMED_ARG_EXPR:
        return refuse_at(p, node->named_arg_expr->location, "naming an argument is");
    case PG_QUERY__NODE__NODE_GROUPING_FUNC:
        return refuse_at(p, node->grouping_func->location, "GROUPING() is");
    case PG_QUERY__NODE__NODE_XML_EXPR:
        return refuse_at(p, node->xml_expr->location, "XML is");
    case PG_QUERY__NODE__NODE_SET_TO_DEFAULT:
        return refuse_at(p, node->set_to_default->location, "DEFAULT is");
    default: return refuse_at(p, -1, "an expression of this kind is");
    }
}

static stoa_status convert(struct parser *p, pg_node *node, struct stoa_sql_node **out)
{
    typedef stoa_status converter(struct parser *, pg_node *, struct stoa_sql_node **);
    static const struct {
        PgQuery__Node__NodeCase node_case;
        converter *convert;
    } rows[] = {
        {PG_QUERY__NODE__NODE_COLUMN_REF,        convert_column        },
        {PG_QUERY__NODE__NODE_A_CONST,           convert_constant      },
        {PG_QUERY__NODE__NODE_A_EXPR,            convert_a_expr        },
        {PG_QUERY__NODE__NODE_FUNC_CALL,         convert_call          },
        {PG_QUERY__NODE__NODE_TYPE_CAST,         convert_cast          },
        {PG_QUERY__NODE__NODE_BOOL_EXPR,         convert_bool          },
        {PG_QUERY__NODE__NODE_NULL_TEST,         convert_null_test     },
        {PG_QUERY__NODE__NODE_BOOLEAN_TEST,      convert_boolean_test  },
        {PG_QUERY__NODE__NODE_CASE_EXPR,         convert_case          },
        {PG_QUERY__NODE__NODE_COALESCE_EXPR,     convert_coalesce      },
        {PG_QUERY__NODE__NODE_MIN_MAX_EXPR,      convert_min_max       },
        {PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION, convert_value_function},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].node_case == node->node_case)
            return rows[i].convert(p, node, out);
    }
    return refuse_expression(p, node);
}

/* ---- clauses ---- */

static stoa_status convert_optional(struct parser *p, pg_node *node,
                                    struct stoa_sql_node **out)
{
    return node ? convert(p, node, out) : STOA_OK;
}

static stoa_status convert_items(struct parser *p, const PgQuery__SelectStmt *stmt,
                                 struct stoa_sql_select *out)
{
    const size_t count = stmt->n_target_list;
    if (count == 0)
        return stoa_sql_fail(p->err, STOA_E_SYNTAX,
                             stoa_sql_source_word(&p->source, "select"),
                             "expected something to select, found nothing");
    out->items = stoa_arena_alloc_zeroed(p->arena, count, sizeof *out->items);
    if (!out->items)
        return fail_arena(p, count * sizeof *out->items);
    out->item_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        const PgQuery__ResTarget *target = stmt->target_list[i]->res_target;
        struct stoa_sql_item *item = &out->items[i];
        const bool has_alias = target->name && target->name[0] != '\0';
        STOA_TRY(convert(p, target->val, &item->node));
        STOA_TRY(stoa_sql_source_item(&p->source, place(p, target->location), has_alias,
                                      p->arena, &item->text, &item->alias, p->err));
    }
    return STOA_OK;
}

static stoa_status convert_table(struct parser *p, const PgQuery__RangeVar *var,
                                 struct stoa_sql_table *out)
{
    out->offset = place(p, var->location);
    const struct stoa_sql_mark *mark =
        stoa_sql_source_mark(&p->source, STOA_MARK_TABLE, out->offset);
    if (mark) {
        out->path = mark->path;
        out->is_string = mark->is_string;
    } else {
        struct stoa_sql_part *parts;
        uint32_t count;
        STOA_TRY(stoa_sql_source_name(&p->source, out->offset, p->arena, &parts, &count,
                                      p->err));
        if (count != 1)
            return refuse(p, out->offset, "a table name of several parts is");
        out->path = parts[0].text;
    }
    if (!var->alias)
        return STOA_OK;
    if (var->alias->n_colnames > 0)
        return refuse(p, out->offset, "renaming columns behind a table alias is");
    return stoa_sql_source_table_alias(&p->source, out->offset, p->arena, &out->alias,
                                       p->err);
}

static stoa_status convert_from(struct parser *p, const PgQuery__SelectStmt *stmt,
                                struct stoa_sql_select *out)
{
    if (stmt->n_from_clause == 0)
        return STOA_OK;
    const uint32_t from = stoa_sql_source_word(&p->source, "from");
    if (stmt->n_from_clause > 1)
        return refuse(p, from, "more than one table in FROM is");
    pg_node *node = stmt->from_clause[0];
    switch ((int)node->node_case) {
    case PG_QUERY__NODE__NODE_RANGE_VAR:
        return convert_table(p, node->range_var, &out->table);
    case PG_QUERY__NODE__NODE_JOIN_EXPR:
        return refuse(p, stoa_sql_source_word(&p->source, "join"), "JOIN is");
    case PG_QUERY__NODE__NODE_RANGE_SUBSELECT:
        return refuse(p, from, "a subquery in FROM is");
    case PG_QUERY__NODE__NODE_RANGE_FUNCTION:
        return refuse(p, from, "a function in FROM is");
    case PG_QUERY__NODE__NODE_RANGE_TABLE_SAMPLE:
        return refuse(p, stoa_sql_source_word(&p->source, "tablesample"), "TABLESAMPLE is");
    default: return refuse(p, from, "this form of FROM is");
    }
}

/* True if the node is the placeholder of ALL. */
static bool is_all(const struct parser *p, pg_node *node)
{
    return node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
           stoa_sql_source_mark(&p->source, STOA_MARK_ALL,
                                place(p, node->column_ref->location)) != NULL;
}

static stoa_status convert_groups(struct parser *p, const PgQuery__SelectStmt *stmt,
                                  struct stoa_sql_select *out)
{
    const size_t count = stmt->n_group_clause;
    if (stmt->group_distinct)
        return refuse(p, stoa_sql_source_word(&p->source, "group"), "GROUP BY DISTINCT is");
    if (count == 1 && is_all(p, stmt->group_clause[0])) {
        out->group_all = true;
        return STOA_OK;
    }
    out->groups = stoa_arena_alloc_zeroed(p->arena, count + 1, sizeof *out->groups);
    if (!out->groups)
        return fail_arena(p, (count + 1) * sizeof *out->groups);
    out->group_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        pg_node *node = stmt->group_clause[i];
        if (node->node_case == PG_QUERY__NODE__NODE_GROUPING_SET)
            return refuse_at(p, node->grouping_set->location,
                             "GROUPING SETS, ROLLUP and CUBE are");
        STOA_TRY(convert(p, node, &out->groups[i]));
    }
    return STOA_OK;
}

static stoa_status convert_orders(struct parser *p, const PgQuery__SelectStmt *stmt,
                                  struct stoa_sql_select *out)
{
    const size_t count = stmt->n_sort_clause;
    out->orders = stoa_arena_alloc_zeroed(p->arena, count + 1, sizeof *out->orders);
    if (!out->orders)
        return fail_arena(p, (count + 1) * sizeof *out->orders);
    out->order_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        const PgQuery__SortBy *sort = stmt->sort_clause[i]->sort_by;
        struct stoa_sql_order *order = &out->orders[i];
        if (sort->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_USING)
            return refuse_at(p, sort->location, "ORDER BY ... USING is");
        order->is_descending = sort->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC;
        if (sort->sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST)
            order->nulls = STOA_SQL_NULLS_FIRST;
        else if (sort->sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST)
            order->nulls = STOA_SQL_NULLS_LAST;
        if (is_all(p, sort->node)) {
            if (count > 1)
                return refuse_at(p, sort->node->column_ref->location,
                                 "ORDER BY ALL beside other keys is");
            out->order_all = true;
            return STOA_OK;
        }
        STOA_TRY(convert(p, sort->node, &order->node));
    }
    return STOA_OK;
}

/* Clauses that have no counterpart in sql_ast.h. */
static stoa_status check_select(struct parser *p, const PgQuery__SelectStmt *stmt)
{
    static const char *const set_words[] = {"union", "intersect", "except"};
    if (stmt->with_clause)
        return refuse_at(p, stmt->with_clause->location, "WITH is");
    if (stmt->op != PG_QUERY__SET_OPERATION__SETOP_NONE &&
        stmt->op != PG_QUERY__SET_OPERATION__SET_OPERATION_UNDEFINED) {
        const int which = (int)stmt->op - (int)PG_QUERY__SET_OPERATION__SETOP_UNION;
        return refuse(p, stoa_sql_source_word(&p->source, set_words[which]),
                      "UNION, INTERSECT and EXCEPT are");
    }
    if (stmt->n_values_lists > 0)
        return refuse(p, stoa_sql_source_word(&p->source, "values"), "VALUES is");
    if (stmt->into_clause)
        return refuse(p, stoa_sql_source_word(&p->source, "into"), "SELECT INTO is");
    if (stmt->n_window_clause > 0)
        return refuse(p, stoa_sql_source_word(&p->source, "window"), "WINDOW is");
    if (stmt->n_locking_clause > 0)
        return refuse(p, stoa_sql_source_word(&p->source, "for"),
                      "FOR UPDATE and FOR SHARE are");
    if (stmt->limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_WITH_TIES)
        return refuse(p, stoa_sql_source_word(&p->source, "ties"), "WITH TIES is");
    if (stmt->n_distinct_clause > 0 &&
        stmt->distinct_clause[0]->node_case != PG_QUERY__NODE__NODE__NOT_SET)
        return refuse(p, stoa_sql_source_word(&p->source, "distinct"), "DISTINCT ON is");
    return STOA_OK;
}

static stoa_status convert_select(struct parser *p, const PgQuery__SelectStmt *stmt,
                                  struct stoa_sql_select *out)
{
    STOA_TRY(check_select(p, stmt));
    out->is_distinct = stmt->n_distinct_clause > 0;
    STOA_TRY(convert_from(p, stmt, out));
    STOA_TRY(convert_items(p, stmt, out));
    STOA_TRY(convert_optional(p, stmt->where_clause, &out->where));
    STOA_TRY(convert_groups(p, stmt, out));
    STOA_TRY(convert_optional(p, stmt->having_clause, &out->having));
    STOA_TRY(convert_orders(p, stmt, out));
    STOA_TRY(convert_optional(p, stmt->limit_count, &out->limit));
    return convert_optional(p, stmt->limit_offset, &out->offset);
}

/* ---- statements ---- */

/* INSERT, CREATE, SET and the rest, by their first word. */
static stoa_status refuse_statement(struct parser *p)
{
    const struct stoa_token_list *tokens = &p->source.tokens;
    const struct stoa_token *word = &tokens->tokens[p->source.first];
    char name[32];
    size_t size = word->length < sizeof name - 1 ? word->length : sizeof name - 1;
    for (size_t i = 0; i < size; i++) {
        const char c = tokens->text[word->start + i];
        name[i] = c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
    }
    name[size] = '\0';
    stoa_sql_fail(p->err, STOA_E_UNSUPPORTED_SQL, word->start,
                  "%s is not supported: expected SELECT, EXPLAIN, DESCRIBE or SUMMARIZE",
                  name);
    stoa_error_set_hint(p->err, "a dataset is changed by `stoa convert`, never by SQL");
    return STOA_E_UNSUPPORTED_SQL;
}

static stoa_status convert_statement(struct parser *p, const PgQuery__ParseResult *result,
                                     struct stoa_sql_statement *out)
{
    if (result->n_stmts == 0)
        return stoa_sql_fail(p->err, STOA_E_SYNTAX, p->source.size,
                             "expected a statement, found none");
    if (result->n_stmts > 1) {
        const struct stoa_token_list *tokens = &p->source.tokens;
        const uint32_t at =
            stoa_token_at(tokens, place(p, result->stmts[1]->stmt_location));
        return stoa_sql_fail(p->err, STOA_E_UNSUPPORTED_SQL, tokens->tokens[at].start,
                             "expected one statement, found %zu", result->n_stmts);
    }
    pg_node *node = result->stmts[0]->stmt;
    if (!node || node->node_case != PG_QUERY__NODE__NODE_SELECT_STMT)
        return refuse_statement(p);
    out->verb = p->source.verb;
    return convert_select(p, node->select_stmt, &out->select);
}

/* The byte of the rewritten text where its `position`-th code point (from 1) begins. */
static size_t byte_of(const struct parser *p, int position)
{
    const char *text = p->source.rewritten;
    size_t at = 0;
    for (int left = position - 1; left > 0 && at < p->source.rewritten_size; left--) {
        at++;
        while (((unsigned char)text[at] & 0xC0) == 0x80)
            at++;
    }
    return at;
}

/* The grammar's own message, but with the user's word instead of our placeholders. */
static void set_syntax_message(struct parser *p, uint32_t offset, const char *message)
{
    const struct stoa_token_list *tokens = &p->source.tokens;
    const struct stoa_token *token = &tokens->tokens[stoa_token_at(tokens, offset)];
    const char *near = strstr(message, " at or near");
    if (!near)
        near = strstr(message, " at end of input");
    const int size = near ? (int)(near - message) : (int)strlen(message);
    if (near && token->kind == STOA_TOKEN_END)
        stoa_sql_fail(p->err, STOA_E_SYNTAX, offset, "%.*s at the end of the statement",
                      size, message);
    else if (near)
        stoa_sql_fail(p->err, STOA_E_SYNTAX, offset, "%.*s at \"%.*s\"", size, message,
                      token->length > 40 ? 40 : (int)token->length,
                      tokens->text + token->start);
    else
        stoa_sql_fail(p->err, STOA_E_SYNTAX, offset, "%s", message);
}

static stoa_status fail_syntax(struct parser *p, const PgQueryError *error)
{
    if (strncmp(error->message, "out of memory", 13) == 0)
        return stoa_fail(p->err, STOA_E_NO_MEMORY, "not enough memory for the grammar");
    if (error->cursorpos <= 0)
        return stoa_fail(p->err, STOA_E_SYNTAX, "%s", error->message);
    const uint32_t offset =
        stoa_sql_source_offset(&p->source, byte_of(p, error->cursorpos));
    uint32_t foreign_offset;
    const char *foreign = stoa_sql_source_foreign(&p->source, offset, &foreign_offset);
    if (foreign)
        return refuse(p, foreign_offset, foreign);
    set_syntax_message(p, offset, error->message);
    const char *word;
    const char *keyword = stoa_sql_source_keyword(&p->source, offset, p->arena, &word);
    if (keyword)
        stoa_error_set_hint(p->err, "did you mean %s instead of %s?", keyword, word);
    return STOA_E_SYNTAX;
}

static void *allocate(void *context, size_t size)
{
    STOA_UNUSED(context);
    return stoa_alloc(size);
}

static void release(void *context, void *ptr)
{
    STOA_UNUSED(context);
    stoa_free(ptr);
}

stoa_status stoa_sql_parse(const char *sql, struct stoa_arena *arena,
                           struct stoa_sql_statement *out_statement, stoa_error *err)
{
    struct parser p = {.arena = arena, .err = err};
    STOA_TRY(stoa_sql_rewrite(sql, arena, &p.source, err));
    ProtobufCAllocator allocator = {.alloc = allocate, .free = release};
    PgQuery__ParseResult *result = NULL;
    struct stoa_sql_statement statement = {.verb = STOA_SQL_SELECT};
    stoa_status status = STOA_OK;
    PgQueryProtobufParseResult parsed = pg_query_parse_protobuf(p.source.rewritten);
    if (parsed.error) {
        status = fail_syntax(&p, parsed.error);
        goto cleanup;
    }
    result = pg_query__parse_result__unpack(&allocator, parsed.parse_tree.len,
                                            (const uint8_t *)parsed.parse_tree.data);
    if (!result) {
        status = stoa_fail_memory(err, parsed.parse_tree.len);
        goto cleanup;
    }
    STOA_TRY_CLEANUP(convert_statement(&p, result, &statement));
    *out_statement = statement;

cleanup:
    if (result)
        pg_query__parse_result__free_unpacked(result, &allocator);
    pg_query_free_protobuf_parse_result(parsed);
    return status;
}
