/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dump of plan_dump.h. Tests only: running out of memory ends the process.
 */
#include "tests/unit/query/plan_dump.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "format/text.h"
#include "query/bind.h"
#include "query/pushdown.h"
#include "query/sql_parse.h"

enum { MAX_NAMES = 4096 };

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

static stoa_status build(struct stoa_plan *plan, const stoa_schema *schema, stoa_error *err)
{
    static const char *const qualifiers[] = {"t"};
    struct stoa_sql_statement statement;
    struct stoa_expr *where = NULL;
    const char *names[MAX_NAMES];
    STOA_TRY(stoa_sql_parse(plan->sql, &plan->arena, &statement, err));
    STOA_TRY(stoa_bind_select(&statement.select, schema, qualifiers, 1, plan, &where, err));
    for (uint32_t i = 0; i < plan->scan_column_count; i++)
        names[i] = schema->fields[plan->scan_columns[i]].name;
    return stoa_pushdown(plan, where, names, err);
}

stoa_status stoa_test_plan(const char *sql, const stoa_schema *schema,
                           struct stoa_plan **out_plan, stoa_error *err)
{
    struct stoa_plan *plan = stoa_alloc_zeroed(1, sizeof *plan);
    if (!plan)
        return stoa_fail_memory(err, sizeof *plan);
    stoa_arena_init(&plan->arena, (size_t)256 << 20);
    plan->sql = stoa_arena_strndup(&plan->arena, sql, strlen(sql));
    const stoa_status status =
        plan->sql ? build(plan, schema, err) : stoa_arena_fail(&plan->arena, 1, err);
    if (status != STOA_OK) {
        stoa_plan_free(plan);
        return status;
    }
    *out_plan = plan;
    return STOA_OK;
}

/* ---- dumping ---- */

static void put_expr(struct stoa_buf *out, const struct stoa_expr *expr,
                     const char *const *names)
{
    char type[STOA_TYPE_TEXT_MAX];
    if (stoa_expr_text(expr, names, out, NULL) != STOA_OK)
        abort();
    put(out, ":%s", stoa_type_text(expr->type, type));
}

static void put_value(struct stoa_buf *out, stoa_type type, const struct stoa_value *value)
{
    if (stoa_text_append(type, value, out, NULL) != STOA_OK)
        abort();
}

static void put_range(struct stoa_buf *out, const struct stoa_predicate *predicate,
                      stoa_type type)
{
    put(out, predicate->has_low && predicate->low_inclusive ? "[" : "(");
    if (predicate->has_low)
        put_value(out, type, &predicate->low);
    put(out, ", ");
    if (predicate->has_high)
        put_value(out, type, &predicate->high);
    put(out, predicate->has_high && predicate->high_inclusive ? "]" : ")");
}

void stoa_predicate_dump(const struct stoa_predicate *predicate, stoa_type type,
                         struct stoa_buf *out)
{
    put(out, predicate->negated ? "not " : "");
    switch (predicate->kind) {
    case STOA_PREDICATE_RANGE: put_range(out, predicate, type); break;
    case STOA_PREDICATE_SET:
        for (size_t i = 0; i < predicate->set_count; i++) {
            put(out, i ? ", " : "{");
            put_value(out, type, &predicate->set[i]);
        }
        put(out, "}");
        break;
    case STOA_PREDICATE_TEST: put(out, "test"); break;
    case STOA_PREDICATE_IS_NULL: put(out, "null"); break;
    case STOA_PREDICATE_IS_NOT_NULL: put(out, "not-null"); break;
    }
}

static void put_conjuncts(const struct stoa_plan *plan, const stoa_schema *schema,
                          struct stoa_buf *out)
{
    static const char *const pushes[] = {"none", "prune", "exact"};
    for (uint32_t i = 0; i < plan->conjunct_count; i++) {
        const struct stoa_conjunct *conjunct = &plan->conjuncts[i];
        put(out, i ? "; %s" : " | where %s", conjunct->text);
        put(out, " -> %s", pushes[conjunct->push]);
        if (conjunct->push != STOA_PUSH_NONE) {
            const uint32_t column = plan->scan_columns[conjunct->column];
            put(out, " %s ", schema->fields[column].name);
            stoa_predicate_dump(&conjunct->predicate, schema->fields[column].type, out);
        }
        if (conjunct->reason[0] != '\0')
            put(out, " (%s)", conjunct->reason);
    }
    if (plan->never_matches)
        put(out, " | never");
}

static void put_aggregates(const struct stoa_plan *plan, const char *const *names,
                           struct stoa_buf *out)
{
    for (uint32_t i = 0; i < plan->aggregate_count; i++) {
        const struct stoa_aggregate_call *call = &plan->aggregates[i];
        char type[STOA_TYPE_TEXT_MAX];
        put(out, i ? ", a%u = %s(%s" : " | aggregate a%u = %s(%s", i, call->aggregate->name,
            call->is_distinct ? "distinct " : "");
        if (call->arg)
            put_expr(out, call->arg, names);
        else
            put(out, "*");
        put(out, ")");
        if (call->filter) {
            put(out, " filter ");
            put_expr(out, call->filter, names);
        }
        put(out, ":%s", stoa_type_text(call->type, type));
    }
}

static void put_tail(const struct stoa_plan *plan, struct stoa_buf *out)
{
    if (plan->is_distinct)
        put(out, " | distinct");
    for (uint32_t i = 0; i < plan->sort_key_count; i++) {
        const struct stoa_sort_key *key = &plan->sort_keys[i];
        put(out, "%s%u%s%s", i ? ", " : " | order ", key->output + 1,
            key->is_descending ? " desc" : "", key->nulls_first ? " nulls-first" : "");
    }
    if (plan->has_limit)
        put(out, " | limit %llu", (unsigned long long)plan->limit);
    if (plan->offset)
        put(out, " | offset %llu", (unsigned long long)plan->offset);
}

void stoa_plan_dump(const struct stoa_plan *plan, const stoa_schema *schema,
                    struct stoa_buf *out)
{
    static const char *const group_names[] = {"g0", "g1", "g2", "g3", "g+"};
    static const char *const aggregate_names[] = {"a0", "a1", "a2", "a3", "a4", "a5",
                                                  "a6", "a7", "a8", "a9", "a+"};
    const char *names[MAX_NAMES] = {NULL};
    const char *above[MAX_NAMES] = {NULL};
    if ((size_t)plan->group_count + plan->aggregate_count > MAX_NAMES)
        return; /* only a fuzzer writes such statements */
    for (uint32_t i = 0; i < plan->scan_column_count; i++)
        names[i] = schema->fields[plan->scan_columns[i]].name;
    /* What is more than the tables hold shows as g+ and a+. */
    for (uint32_t i = 0; i < plan->group_count; i++)
        above[i] = group_names[i < 4 ? i : 4];
    for (uint32_t i = 0; i < plan->aggregate_count && plan->group_count + i < MAX_NAMES;
         i++)
        above[plan->group_count + i] = aggregate_names[i < 10 ? i : 10];
    const char *const *inputs = plan->is_aggregate ? above : names;
    for (uint32_t i = 0; i < plan->output_count; i++) {
        put(out, "%s", i ? ", " : "select ");
        put_expr(out, plan->outputs[i], inputs);
        if (i < plan->visible_count)
            put(out, " \"%s\"", plan->output_names[i]);
        else
            put(out, " hidden");
    }
    put_conjuncts(plan, schema, out);
    for (uint32_t i = 0; i < plan->group_count; i++) {
        put(out, "%s", i ? ", " : " | group ");
        put_expr(out, plan->groups[i], names);
    }
    if (plan->is_aggregate && plan->group_count == 0)
        put(out, " | group nothing");
    put_aggregates(plan, names, out);
    if (plan->having) {
        put(out, " | having ");
        put_expr(out, plan->having, above);
    }
    put_tail(plan, out);
}
