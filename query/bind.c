/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clauses of a SELECT, bound in the order in which names become visible: WHERE, the
 * SELECT list, GROUP BY, HAVING, ORDER BY, LIMIT. Called by plan.c; see bind.h for the
 * numbering of columns.
 *
 * As in PostgreSQL a bare name in ORDER BY is an output before it is a column, and in GROUP
 * BY a column before it is an output. Beyond it, names of outputs are also seen inside
 * expressions of HAVING and ORDER BY.
 */
#include "query/bind.h"

#include <stdlib.h>
#include <string.h>

#include "query/sql_error.h"

static struct stoa_bind_output *output_at(const struct stoa_binder *b, uint32_t i)
{
    return b->outputs.items[i];
}

static uint32_t visible_count(const struct stoa_binder *b)
{
    uint32_t count = 0;
    while (count < b->outputs.count && output_at(b, count)->is_visible)
        count++;
    return count;
}

static stoa_status add_output(struct stoa_binder *b, struct stoa_expr *expr,
                              const char *name, bool is_visible, stoa_error *err)
{
    struct stoa_bind_output *output = stoa_arena_alloc_zeroed(b->arena, 1, sizeof *output);
    if (!output)
        return stoa_arena_fail(b->arena, sizeof *output, err);
    *output = (struct stoa_bind_output){.expr = expr,
                                        .name = name,
                                        .is_visible = is_visible,
                                        .has_aggregate = stoa_expr_has_aggregate(expr)};
    return stoa_bind_append(b, &b->outputs, output, err);
}

/* ---- SELECT list ---- */

static stoa_status check_star(struct stoa_binder *b, const struct stoa_sql_node *star,
                              stoa_error *err)
{
    if (!b->schema)
        return stoa_sql_fail(err, STOA_E_COLUMN, star->offset,
                             "* has no columns: the statement has no FROM");
    if (star->part_count > 1 ||
        (star->part_count == 1 && !stoa_bind_is_table(b, star->parts[0].text)))
        return stoa_sql_fail(err, STOA_E_TABLE, star->offset, "no table \"%s\" in FROM",
                             star->parts[0].text);
    return STOA_OK;
}

static stoa_status expand_star(struct stoa_binder *b, const struct stoa_sql_node *star,
                               stoa_error *err)
{
    STOA_TRY(check_star(b, star, err));
    const uint32_t count = (uint32_t)b->schema->field_count;
    bool *is_excluded = stoa_arena_alloc_zeroed(b->arena, (size_t)count + 1, 1);
    if (!is_excluded)
        return stoa_arena_fail(b->arena, (size_t)count + 1, err);
    for (uint32_t i = 0; i < star->excluded_count; i++) {
        uint32_t column;
        STOA_TRY(stoa_bind_find_column(b, &star->excluded[i], 1, &column, err));
        is_excluded[column] = true;
    }
    for (uint32_t column = 0; column < count; column++) {
        struct stoa_expr *expr;
        if (is_excluded[column])
            continue;
        STOA_TRY(stoa_bind_make_column(b, column, star->offset, &expr, err));
        STOA_TRY(add_output(b, expr, b->schema->fields[column].name, true, err));
    }
    return STOA_OK;
}

/* A column's name, as the schema spells it, or the text of the expression. */
static const char *default_name(const struct stoa_binder *b,
                                const struct stoa_sql_item *item,
                                const struct stoa_expr *expr)
{
    if (item->node->kind == STOA_SQL_COLUMN && expr->kind == STOA_EXPR_COLUMN &&
        expr->column < STOA_BIND_AGGREGATE)
        return b->schema->fields[expr->column].name;
    return item->text;
}

static stoa_status bind_items(struct stoa_binder *b, stoa_error *err)
{
    b->clause = STOA_CLAUSE_SELECT;
    for (uint32_t i = 0; i < b->select->item_count; i++) {
        const struct stoa_sql_item *item = &b->select->items[i];
        if (item->node->kind == STOA_SQL_STAR) {
            STOA_TRY(expand_star(b, item->node, err));
            continue;
        }
        struct stoa_expr *expr;
        STOA_TRY(stoa_bind_expr(b, item->node, &expr, err));
        STOA_TRY(stoa_bind_settle(b, &expr, err));
        const char *name = item->alias ? item->alias : default_name(b, item, expr);
        STOA_TRY(add_output(b, expr, name, true, err));
    }
    if (b->outputs.count == 0)
        return stoa_sql_fail(err, STOA_E_COLUMN, b->select->items[0].node->offset,
                             "nothing is left to select");
    return STOA_OK;
}

/* ---- ordinals and output names ---- */

/* The output that a plain integer names, from 1. */
static stoa_status find_ordinal(const struct stoa_binder *b,
                                const struct stoa_sql_node *node, const char *clause,
                                uint32_t *out_output, stoa_error *err)
{
    const uint32_t count = visible_count(b);
    char *end;
    const unsigned long long number = strtoull(node->text, &end, 10);
    if (node->text[0] == '-' || *end != '\0' || number < 1 || number > count)
        return stoa_sql_fail(err, STOA_E_COLUMN, node->offset,
                             "expected an output between 1 and %u in %s, found %s", count,
                             clause, node->text);
    *out_output = (uint32_t)number - 1;
    return STOA_OK;
}

/* The output of that name: exactly, else in any case; `count` of outputs when there is
 * none. Outputs that are equal do not contradict each other. */
static stoa_status find_output(const struct stoa_binder *b,
                               const struct stoa_sql_part *part, uint32_t *out_output,
                               stoa_error *err)
{
    const uint32_t count = visible_count(b);
    uint32_t found[2] = {count, count}; /* exact, folded */
    bool is_doubtful[2] = {false, false};
    for (uint32_t i = 0; i < count; i++) {
        const struct stoa_bind_output *output = output_at(b, i);
        if (!stoa_name_equal_folded(output->name, part->text))
            continue;
        const unsigned how = strcmp(output->name, part->text) == 0 ? 0 : 1;
        if (found[how] == count)
            found[how] = i;
        else if (!stoa_expr_equal(output_at(b, found[how])->expr, output->expr))
            is_doubtful[how] = true;
    }
    const unsigned how = found[0] < count ? 0 : 1;
    if (is_doubtful[how])
        return stoa_sql_fail(err, STOA_E_AMBIGUOUS, part->offset,
                             "\"%s\" could mean more than one output", part->text);
    *out_output = found[how];
    return STOA_OK;
}

static bool is_literal(const struct stoa_sql_node *node)
{
    return node->kind == STOA_SQL_NUMBER || node->kind == STOA_SQL_STRING ||
           node->kind == STOA_SQL_BOOL || node->kind == STOA_SQL_NULL;
}

static bool is_integer(const struct stoa_sql_node *node)
{
    return node->kind == STOA_SQL_NUMBER &&
           node->text[strspn(node->text, "-0123456789")] == '\0';
}

/* ---- GROUP BY ---- */

static stoa_status add_group(struct stoa_binder *b, struct stoa_expr *expr, uint32_t offset,
                             stoa_error *err)
{
    if (stoa_expr_has_aggregate(expr))
        return stoa_sql_fail(err, STOA_E_GROUPING, offset,
                             "an aggregate cannot be in GROUP BY");
    for (uint32_t i = 0; i < b->groups.count; i++) {
        if (stoa_expr_equal(b->groups.items[i], expr))
            return STOA_OK;
    }
    return stoa_bind_append(b, &b->groups, expr, err);
}

/* True if the name is a column of ours: then GROUP BY means that. */
static bool is_column(struct stoa_binder *b, const struct stoa_sql_node *node)
{
    uint32_t column;
    return stoa_bind_find_column(b, node->parts, node->part_count, &column, NULL) ==
           STOA_OK;
}

static stoa_status bind_group(struct stoa_binder *b, const struct stoa_sql_node *node,
                              stoa_error *err)
{
    uint32_t output = b->outputs.count;
    struct stoa_expr *expr;
    if (is_integer(node))
        STOA_TRY(find_ordinal(b, node, "GROUP BY", &output, err));
    else if (is_literal(node))
        return stoa_sql_fail(err, STOA_E_GROUPING, node->offset,
                             "expected a column, an output's name or number, or an "
                             "expression in GROUP BY, found a constant");
    else if (node->kind == STOA_SQL_COLUMN && node->part_count == 1 && !is_column(b, node))
        STOA_TRY(find_output(b, node->parts, &output, err));
    if (output < b->outputs.count)
        return add_group(b, output_at(b, output)->expr, node->offset, err);
    STOA_TRY(stoa_bind_expr(b, node, &expr, err));
    STOA_TRY(stoa_bind_settle(b, &expr, err));
    return add_group(b, expr, node->offset, err);
}

static stoa_status bind_groups(struct stoa_binder *b, stoa_error *err)
{
    b->clause = STOA_CLAUSE_GROUP_BY;
    for (uint32_t i = 0; i < b->select->group_count; i++)
        STOA_TRY(bind_group(b, b->select->groups[i], err));
    for (uint32_t i = 0; b->select->group_all && i < b->outputs.count; i++) {
        if (!output_at(b, i)->has_aggregate)
            STOA_TRY(add_group(b, output_at(b, i)->expr, UINT32_MAX, err));
    }
    return STOA_OK;
}

/* ---- ORDER BY ---- */

/* The output with this expression, or a new hidden one. */
static stoa_status output_of(struct stoa_binder *b, struct stoa_expr *expr, uint32_t offset,
                             uint32_t *out_output, stoa_error *err)
{
    for (uint32_t i = 0; i < b->outputs.count; i++) {
        if (stoa_expr_equal(output_at(b, i)->expr, expr)) {
            *out_output = i;
            return STOA_OK;
        }
    }
    if (b->select->is_distinct)
        return stoa_sql_fail(err, STOA_E_GROUPING, offset,
                             "with DISTINCT, ORDER BY can only use what is selected");
    *out_output = b->outputs.count;
    return add_output(b, expr, "", false, err);
}

static stoa_status bind_order(struct stoa_binder *b, const struct stoa_sql_node *node,
                              uint32_t *out_output, stoa_error *err)
{
    if (is_integer(node))
        return find_ordinal(b, node, "ORDER BY", out_output, err);
    if (is_literal(node))
        return stoa_sql_fail(err, STOA_E_GROUPING, node->offset,
                             "expected an output's name or number, or an expression in "
                             "ORDER BY, found a constant");
    if (node->kind == STOA_SQL_COLUMN && node->part_count == 1) {
        STOA_TRY(find_output(b, node->parts, out_output, err));
        if (*out_output < visible_count(b))
            return STOA_OK;
    }
    struct stoa_expr *expr;
    STOA_TRY(stoa_bind_expr(b, node, &expr, err));
    STOA_TRY(stoa_bind_settle(b, &expr, err));
    return output_of(b, expr, node->offset, out_output, err);
}

static void set_key(struct stoa_sort_key *key, const struct stoa_sql_order *order,
                    uint32_t output)
{
    key->output = output;
    key->is_descending = order->is_descending;
    key->nulls_first = order->nulls == STOA_SQL_NULLS_DEFAULT
                           ? order->is_descending
                           : order->nulls == STOA_SQL_NULLS_FIRST;
}

static bool has_key(const struct stoa_plan *plan, uint32_t output)
{
    for (uint32_t i = 0; i < plan->sort_key_count; i++) {
        if (plan->sort_keys[i].output == output)
            return true;
    }
    return false;
}

static stoa_status bind_orders(struct stoa_binder *b, stoa_error *err)
{
    const struct stoa_sql_select *select = b->select;
    struct stoa_plan *plan = b->plan;
    const uint32_t count = select->order_all ? b->outputs.count : select->order_count;
    plan->sort_keys =
        stoa_arena_alloc_zeroed(b->arena, (size_t)count + 1, sizeof *plan->sort_keys);
    if (!plan->sort_keys)
        return stoa_arena_fail(b->arena, ((size_t)count + 1) * sizeof *plan->sort_keys,
                               err);
    b->clause = STOA_CLAUSE_ORDER_BY;
    b->sees_aliases = true;
    for (uint32_t i = 0; i < count; i++) {
        const struct stoa_sql_order *order = &select->orders[select->order_all ? 0 : i];
        uint32_t output = i;
        if (!select->order_all)
            STOA_TRY(bind_order(b, order->node, &output, err));
        if (!has_key(plan, output)) /* a later key on the same values decides nothing */
            set_key(&plan->sort_keys[plan->sort_key_count++], order, output);
    }
    b->sees_aliases = false;
    return STOA_OK;
}

/* ---- LIMIT ---- */

/* A constant number of rows; *out_has false for NULL, which is no limit. */
static stoa_status bind_count(struct stoa_binder *b, const struct stoa_sql_node *node,
                              const char *clause, bool *out_has, uint64_t *out_count,
                              stoa_error *err)
{
    struct stoa_expr *expr;
    *out_has = false;
    if (!node)
        return STOA_OK;
    b->clause = STOA_CLAUSE_LIMIT;
    STOA_TRY(stoa_bind_expr(b, node, &expr, err));
    STOA_TRY(stoa_cast_bind(expr, (stoa_type){.id = STOA_TYPE_INT64}, true, b->arena, &expr,
                            err));
    STOA_TRY(stoa_expr_fold(expr, b->arena, err));
    if (expr->constant.is_null)
        return STOA_OK;
    if (expr->constant.i64 < 0)
        return stoa_sql_fail(err, STOA_E_BAD_VALUE, node->offset,
                             "expected %s of 0 or more, found %lld", clause,
                             (long long)expr->constant.i64);
    *out_has = true;
    *out_count = (uint64_t)expr->constant.i64;
    return STOA_OK;
}

/* ---- from lists to the plan ---- */

static stoa_status store_outputs(struct stoa_binder *b, stoa_error *err)
{
    struct stoa_plan *plan = b->plan;
    const uint32_t count = b->outputs.count;
    plan->outputs = stoa_arena_alloc_zeroed(b->arena, count, sizeof *plan->outputs);
    plan->output_names =
        stoa_arena_alloc_zeroed(b->arena, count, sizeof *plan->output_names);
    if (!plan->outputs || !plan->output_names)
        return stoa_arena_fail(b->arena, count * sizeof *plan->outputs, err);
    for (uint32_t i = 0; i < count; i++) {
        plan->outputs[i] = output_at(b, i)->expr;
        plan->output_names[i] = output_at(b, i)->name;
        if (plan->is_aggregate)
            STOA_TRY(stoa_bind_above_groups(b, plan->outputs[i], &plan->outputs[i], err));
    }
    plan->output_count = count;
    plan->visible_count = visible_count(b);
    return STOA_OK;
}

static stoa_status store_aggregation(struct stoa_binder *b, stoa_error *err)
{
    struct stoa_plan *plan = b->plan;
    const uint32_t count = b->aggregates.count;
    plan->groups = (struct stoa_expr **)b->groups.items;
    plan->group_count = b->groups.count;
    plan->aggregates =
        stoa_arena_alloc_zeroed(b->arena, (size_t)count + 1, sizeof *plan->aggregates);
    if (!plan->aggregates)
        return stoa_arena_fail(b->arena, ((size_t)count + 1) * sizeof *plan->aggregates,
                               err);
    for (uint32_t i = 0; i < count; i++)
        plan->aggregates[i] = *(const struct stoa_aggregate_call *)b->aggregates.items[i];
    plan->aggregate_count = count;
    if (plan->having && plan->is_aggregate)
        return stoa_bind_above_groups(b, plan->having, &plan->having, err);
    return STOA_OK;
}

static void mark_columns(const struct stoa_expr *expr, uint32_t *is_used)
{
    if (!expr)
        return;
    if (expr->kind == STOA_EXPR_COLUMN)
        is_used[expr->column] = 1;
    for (uint32_t i = 0; i < expr->arg_count; i++)
        mark_columns(expr->args[i], is_used);
}

/* Marks what execution will read: every column of a tree that sees the scan. */
static void mark_scan(const struct stoa_plan *plan, const struct stoa_expr *where,
                      uint32_t *is_used)
{
    mark_columns(where, is_used);
    for (uint32_t i = 0; i < plan->group_count; i++)
        mark_columns(plan->groups[i], is_used);
    for (uint32_t i = 0; i < plan->aggregate_count; i++) {
        mark_columns(plan->aggregates[i].arg, is_used);
        mark_columns(plan->aggregates[i].filter, is_used);
    }
    for (uint32_t i = 0; !plan->is_aggregate && i < plan->output_count; i++)
        mark_columns(plan->outputs[i], is_used);
}

/* Lists the columns that are used and renumbers every COLUMN node that was made for one. */
static stoa_status number_columns(struct stoa_binder *b, const struct stoa_expr *where,
                                  stoa_error *err)
{
    struct stoa_plan *plan = b->plan;
    const size_t field_count = b->schema ? b->schema->field_count : 0;
    uint32_t *numbers = stoa_arena_alloc_zeroed(b->arena, field_count + 1, sizeof *numbers);
    plan->scan_columns =
        stoa_arena_alloc_zeroed(b->arena, field_count + 1, sizeof *plan->scan_columns);
    if (!numbers || !plan->scan_columns)
        return stoa_arena_fail(b->arena, (field_count + 1) * sizeof *numbers, err);
    mark_scan(plan, where, numbers);
    for (uint32_t column = 0; column < field_count; column++) {
        if (numbers[column] == 0)
            continue;
        numbers[column] = plan->scan_column_count;
        plan->scan_columns[plan->scan_column_count++] = column;
    }
    for (uint32_t i = 0; i < b->columns.count; i++) {
        struct stoa_expr *expr = b->columns.items[i];
        expr->column = numbers[expr->column];
    }
    return STOA_OK;
}

static stoa_status bind_clauses(struct stoa_binder *b, struct stoa_expr **out_where,
                                stoa_error *err)
{
    const struct stoa_sql_select *select = b->select;
    struct stoa_plan *plan = b->plan;
    *out_where = NULL;
    b->clause = STOA_CLAUSE_WHERE;
    if (select->where)
        STOA_TRY(stoa_bind_condition(b, select->where, "WHERE", out_where, err));
    STOA_TRY(bind_items(b, err));
    STOA_TRY(bind_groups(b, err));
    b->clause = STOA_CLAUSE_HAVING;
    b->sees_aliases = true;
    if (select->having)
        STOA_TRY(stoa_bind_condition(b, select->having, "HAVING", &plan->having, err));
    b->sees_aliases = false;
    STOA_TRY(bind_orders(b, err));
    bool has_offset;
    STOA_TRY(bind_count(b, select->limit, "LIMIT", &plan->has_limit, &plan->limit, err));
    return bind_count(b, select->offset, "OFFSET", &has_offset, &plan->offset, err);
}

stoa_status stoa_bind_select(const struct stoa_sql_select *select,
                             const stoa_schema *schema, const char *const *qualifiers,
                             uint32_t qualifier_count, struct stoa_plan *plan,
                             struct stoa_expr **out_where, stoa_error *err)
{
    struct stoa_binder b = {.arena = &plan->arena,
                            .plan = plan,
                            .select = select,
                            .schema = schema,
                            .qualifiers = qualifiers,
                            .qualifier_count = qualifier_count};
    STOA_TRY(bind_clauses(&b, out_where, err));
    plan->is_distinct = select->is_distinct;
    plan->is_aggregate = select->group_count > 0 || b.groups.count > 0 ||
                         b.aggregates.count > 0 || plan->having;
    STOA_TRY(store_aggregation(&b, err));
    STOA_TRY(store_outputs(&b, err));
    return number_columns(&b, *out_where, err);
}
