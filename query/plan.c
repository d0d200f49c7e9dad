/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL text to a plan: parse, open the table, bind, push down. Called by query.c. The plan
 * owns an arena with every tree and text, and the open dataset.
 */
#include "query/plan.h"

#include <string.h>

#include "common/alloc.h"
#include "query/bind.h"
#include "query/bind_table.h"
#include "query/pushdown.h"
#include "query/sql_error.h"
#include "query/sql_parse.h"

/* Trees of the largest statement we take (1 MiB of text) and of 2^20 columns fit; what is
 * cleverer than that at growing is stopped. */
#define PLAN_MEMORY ((size_t)1 << 30)

static enum stoa_explain explain_of(enum stoa_sql_verb verb)
{
    static const enum stoa_explain explains[] = {
        [STOA_SQL_SELECT] = STOA_EXPLAIN_NO,
        [STOA_SQL_EXPLAIN] = STOA_EXPLAIN_PLAN,
        [STOA_SQL_EXPLAIN_ANALYZE] = STOA_EXPLAIN_ANALYZE,
        [STOA_SQL_DESCRIBE] = STOA_EXPLAIN_DESCRIBE,
        [STOA_SQL_SUMMARIZE] = STOA_EXPLAIN_SUMMARIZE,
    };
    return explains[verb];
}

/* Names of the scan's columns, for texts of expressions. */
static stoa_status scan_names(struct stoa_plan *plan, const stoa_schema *schema,
                              const char ***out_names, stoa_error *err)
{
    const char **names = stoa_arena_alloc_zeroed(
        &plan->arena, (size_t)plan->scan_column_count + 1, sizeof *names);
    if (!names)
        return stoa_arena_fail(&plan->arena, plan->scan_column_count * sizeof *names, err);
    for (uint32_t i = 0; i < plan->scan_column_count; i++)
        names[i] = schema->fields[plan->scan_columns[i]].name;
    *out_names = names;
    return STOA_OK;
}

static stoa_status build(struct stoa_plan *plan, const stoa_query_options *options,
                         stoa_error *err)
{
    struct stoa_sql_statement statement;
    struct stoa_bound_table table;
    struct stoa_expr *where;
    const char **names = NULL;
    STOA_TRY(stoa_sql_parse(plan->sql, &plan->arena, &statement, err));
    plan->explain = explain_of(statement.verb);
    STOA_TRY(stoa_bind_table(&statement.select.table, options, &plan->arena, &table, err));
    plan->dataset = table.dataset;
    plan->table_name = table.name;
    const stoa_schema *schema =
        plan->dataset ? &stoa_dataset_get_info(plan->dataset)->schema : NULL;
    STOA_TRY(stoa_bind_select(&statement.select, schema, table.qualifiers,
                              table.qualifier_count, plan, &where, err));
    STOA_TRY(scan_names(plan, schema, &names, err));
    return stoa_pushdown(plan, where, names, err);
}

stoa_status stoa_plan_create(const char *sql, const stoa_query_options *options,
                             struct stoa_plan **out_plan, stoa_error *err)
{
    struct stoa_plan *plan = stoa_alloc_zeroed(1, sizeof *plan);
    if (!plan)
        return stoa_fail_memory(err, sizeof *plan);
    stoa_arena_init(&plan->arena, PLAN_MEMORY);
    plan->ignores_statistics = options && (options->flags & STOA_QUERY_NO_STATISTICS);
    plan->skips_corrupt = options && (options->flags & STOA_QUERY_SKIP_CORRUPT);
    plan->reads_rows = plan->ignores_statistics || plan->skips_corrupt;
    stoa_status status = STOA_OK;
    plan->sql = stoa_arena_strndup(&plan->arena, sql, strlen(sql));
    if (!plan->sql)
        status = stoa_arena_fail(&plan->arena, strlen(sql) + 1, err);
    else
        status = build(plan, options, err);
    if (status != STOA_OK) {
        if (err && err->offset != UINT64_MAX && err->excerpt[0] == '\0')
            stoa_sql_excerpt(sql, err);
        stoa_plan_free(plan);
        return status;
    }
    *out_plan = plan;
    return STOA_OK;
}

void stoa_plan_free(struct stoa_plan *plan)
{
    if (!plan)
        return;
    stoa_dataset_close(plan->dataset);
    stoa_arena_done(&plan->arena);
    stoa_free(plan);
}
