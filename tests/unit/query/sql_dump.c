/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dump of sql_dump.h. Every field of sql_ast.h shows, so that a test that compares dumps compares
 * everything but offsets.
 */
#include "tests/unit/query/sql_dump.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void put(struct stoa_buf *out, const char *fmt, ...) STOA_PRINTF(2, 3);

static void put(struct stoa_buf *out, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    const int size = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    /* Long texts are cut. */
    const size_t kept = (size_t)size < sizeof text ? (size_t)size : sizeof text - 1;
    if (stoa_buf_append(out, text, kept, NULL) != STOA_OK)
        abort();
}

static void put_parts(struct stoa_buf *out, const struct stoa_sql_part *parts,
                      uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        put(out, parts[i].is_quoted ? "%s\"%s\"" : "%s%s", i ? "." : "", parts[i].text);
}

static void put_node(struct stoa_buf *out, const struct stoa_sql_node *node);

static void put_args(struct stoa_buf *out, const char *head,
                     const struct stoa_sql_node *node)
{
    put(out, "(%s%s", node->negated ? "not-" : "", head);
    for (uint32_t i = 0; i < node->arg_count; i++) {
        put(out, " ");
        put_node(out, node->args[i]);
    }
    put(out, ")");
}

static void put_call(struct stoa_buf *out, const struct stoa_sql_node *node)
{
    put(out, "(%s%s%s", node->text, node->is_star_call ? " *" : "",
        node->is_distinct ? " distinct" : "");
    for (uint32_t i = 0; i < node->arg_count; i++) {
        put(out, " ");
        put_node(out, node->args[i]);
    }
    if (node->filter) {
        put(out, " filter ");
        put_node(out, node->filter);
    }
    put(out, ")");
}

static void put_star(struct stoa_buf *out, const struct stoa_sql_node *node)
{
    put_parts(out, node->parts, node->part_count);
    put(out, "*");
    for (uint32_t i = 0; i < node->excluded_count; i++) {
        put(out, "-");
        put_parts(out, &node->excluded[i], 1);
    }
}

static void put_node(struct stoa_buf *out, const struct stoa_sql_node *node)
{
    switch (node->kind) {
    case STOA_SQL_COLUMN: put_parts(out, node->parts, node->part_count); break;
    case STOA_SQL_STAR: put_star(out, node); break;
    case STOA_SQL_NUMBER: put(out, "%s", node->text); break;
    case STOA_SQL_STRING: put(out, "'%s'", node->text); break;
    case STOA_SQL_BOOL: put(out, node->flag ? "true" : "false"); break;
    case STOA_SQL_NULL: put(out, "null"); break;
    case STOA_SQL_CALL: put_call(out, node); break;
    case STOA_SQL_AND: put_args(out, "and", node); break;
    case STOA_SQL_OR: put_args(out, "or", node); break;
    case STOA_SQL_NOT: put_args(out, "not", node); break;
    case STOA_SQL_IS_NULL: put_args(out, "is-null", node); break;
    case STOA_SQL_IS_BOOL: put_args(out, node->flag ? "is-true" : "is-false", node); break;
    case STOA_SQL_DISTINCT: put_args(out, "is-distinct", node); break;
    case STOA_SQL_IN: put_args(out, "in", node); break;
    case STOA_SQL_BETWEEN:
        put_args(out, node->flag ? "between-symmetric" : "between", node);
        break;
    case STOA_SQL_CASE:
        put(out, "(case");
        if (node->operand) {
            put(out, " of ");
            put_node(out, node->operand);
        }
        put(out, " ");
        put_args(out, "when", node);
        put(out, ")");
        break;
    case STOA_SQL_CAST:
        put(out, "(cast ");
        put_node(out, node->args[0]);
        put(out, " [%s])", node->text);
        break;
    }
}

static void put_optional(struct stoa_buf *out, const char *name,
                         const struct stoa_sql_node *node)
{
    if (!node)
        return;
    put(out, " %s ", name);
    put_node(out, node);
}

static void put_order(struct stoa_buf *out, const struct stoa_sql_order *order)
{
    if (order->node)
        put_node(out, order->node);
    else
        put(out, "ALL");
    put(out, "%s%s", order->is_descending ? " desc" : "",
        order->nulls == STOA_SQL_NULLS_FIRST  ? " nulls-first"
        : order->nulls == STOA_SQL_NULLS_LAST ? " nulls-last"
                                              : "");
}

static void put_select(struct stoa_buf *out, const struct stoa_sql_select *select)
{
    put(out, select->is_distinct ? "select-distinct" : "select");
    for (uint32_t i = 0; i < select->item_count; i++) {
        put(out, i ? ", " : " ");
        put_node(out, select->items[i].node);
        if (select->items[i].alias)
            put(out, " as %s", select->items[i].alias);
    }
    if (select->table.path)
        put(out, select->table.is_string ? " from '%s'" : " from %s", select->table.path);
    if (select->table.alias)
        put(out, " as %s", select->table.alias);
    put_optional(out, "where", select->where);
    if (select->group_all)
        put(out, " group ALL");
    for (uint32_t i = 0; i < select->group_count; i++) {
        put(out, i ? ", " : " group ");
        put_node(out, select->groups[i]);
    }
    put_optional(out, "having", select->having);
    for (uint32_t i = 0; i < select->order_count; i++) {
        put(out, i ? ", " : " order ");
        put_order(out, &select->orders[i]);
    }
    put_optional(out, "limit", select->limit);
    put_optional(out, "offset", select->offset);
}

void stoa_sql_dump(const struct stoa_sql_statement *statement, struct stoa_buf *out)
{
    static const char *const verbs[] = {
        [STOA_SQL_SELECT] = "",
        [STOA_SQL_EXPLAIN] = "explain ",
        [STOA_SQL_EXPLAIN_ANALYZE] = "analyze ",
        [STOA_SQL_DESCRIBE] = "describe ",
        [STOA_SQL_SUMMARIZE] = "summarize ",
    };
    put(out, "%s", verbs[statement->verb]);
    put_select(out, &statement->select);
}
