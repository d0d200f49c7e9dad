/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public query object (include/stoa/query.h): a plan and its execution, or a small
 * answer made from the plan alone (EXPLAIN, DESCRIBE, SUMMARIZE). One thread at a time.
 */
#include "stoa/query.h"

#include <string.h>

#include "common/alloc.h"
#include "query/answer_batch.h"
#include "query/describe.h"
#include "query/plan.h"
#include "query/sql_error.h"

struct stoa_query {
    struct stoa_plan *plan;
    struct stoa_execution *execution; /* NULL until it is needed */
    stoa_query_options options;
    struct stoa_text_table table; /* the answer of all but SELECT */
    bool has_table;
    bool has_failed;
    stoa_schema schema;
    struct stoa_batch_builder builder;
};

/* Errors of SQL get the line they come from; 2xx errors count bytes of the statement. */
static stoa_status explain_error(const struct stoa_query *query, stoa_status status,
                                 stoa_error *err)
{
    if (err && status >= 200 && status < 300 && err->offset != UINT64_MAX &&
        err->excerpt[0] == '\0')
        stoa_sql_excerpt(query->plan->sql, err);
    return status;
}

/* ---- preparing ---- */

static stoa_status make_output_schema(struct stoa_query *query, stoa_error *err)
{
    struct stoa_plan *plan = query->plan;
    const uint32_t count = plan->visible_count;
    stoa_field *fields =
        stoa_arena_alloc_zeroed(&plan->arena, (size_t)count + 1, sizeof *fields);
    if (!fields)
        return stoa_arena_fail(&plan->arena, count * sizeof *fields, err);
    for (uint32_t i = 0; i < count; i++)
        fields[i] = (stoa_field){.name = plan->output_names[i],
                                 .id = i + 1,
                                 .type = plan->outputs[i]->type,
                                 .nullable = true};
    query->schema = (stoa_schema){.fields = fields, .field_count = count};
    return STOA_OK;
}

/* The columns of an answer that is not scanned; DESCRIBE and SUMMARIZE have their rows too,
 * EXPLAIN gets them when they are asked for, because ANALYZE has to run first. */
static stoa_status make_table(struct stoa_query *query, stoa_error *err)
{
    query->has_table = true;
    query->table.arena = &query->plan->arena;
    switch (query->plan->explain) {
    case STOA_EXPLAIN_DESCRIBE: return stoa_describe(query->plan, &query->table, err);
    case STOA_EXPLAIN_SUMMARIZE: return stoa_summarize(query->plan, &query->table, err);
    case STOA_EXPLAIN_NO:
    case STOA_EXPLAIN_PLAN:
    case STOA_EXPLAIN_ANALYZE: break;
    }
    return stoa_text_table_add_column(&query->table, "plan", STOA_TYPE_TEXT, err);
}

static stoa_status prepare(struct stoa_query *query, const char *sql, stoa_error *err)
{
    STOA_TRY(stoa_plan_create(sql, &query->options, &query->plan, err));
    if (query->plan->explain == STOA_EXPLAIN_NO) {
        STOA_TRY(make_output_schema(query, err));
        STOA_TRY(
            stoa_execution_create(query->plan, &query->options, &query->execution, err));
    } else {
        STOA_TRY(make_table(query, err));
        query->schema = (stoa_schema){.fields = query->table.fields,
                                      .field_count = query->table.column_count};
    }
    return stoa_batch_builder_init(&query->builder, &query->schema, err);
}

stoa_status stoa_query_prepare(const char *sql, const stoa_query_options *options,
                               stoa_query **out_query, stoa_error *err)
{
    if (!sql || !out_query)
        return stoa_fail(err, STOA_E_USAGE,
                         "expected a statement and a place for the query");
    stoa_query *query = stoa_alloc_zeroed(1, sizeof *query);
    if (!query)
        return stoa_fail_memory(err, sizeof *query);
    if (options)
        query->options = *options;
    stoa_status status = prepare(query, sql, err);
    if (status != STOA_OK) {
        if (query->plan)
            status = explain_error(query, status, err);
        stoa_query_free(query);
        return status;
    }
    *out_query = query;
    return STOA_OK;
}

const stoa_schema *stoa_query_schema(const stoa_query *query)
{
    return query ? &query->schema : NULL;
}

/* ---- fetching ---- */

/* Runs the statement of EXPLAIN ANALYZE to its end, for the measurements. */
static stoa_status run_through(struct stoa_query *query, stoa_error *err)
{
    const struct stoa_vector *vectors;
    uint32_t length = 0;
    STOA_TRY(stoa_execution_create(query->plan, &query->options, &query->execution, err));
    do {
        STOA_TRY(stoa_execution_next(query->execution, &vectors, &length, err));
    } while (length > 0);
    return STOA_OK;
}

static stoa_status add_lines(struct stoa_query *query, const struct stoa_buf *text,
                             stoa_error *err)
{
    size_t start = 0;
    for (size_t i = 0; i < text->size; i++) {
        if (text->data[i] != '\n')
            continue;
        STOA_TRY(stoa_text_table_add_row(&query->table, err));
        STOA_TRY(stoa_text_table_set_text(
            &query->table, 0, (const char *)text->data + start, i - start, err));
        start = i + 1;
    }
    return STOA_OK;
}

static stoa_status make_plan_lines(struct stoa_query *query, stoa_error *err)
{
    struct stoa_buf text;
    if (query->plan->explain == STOA_EXPLAIN_ANALYZE)
        STOA_TRY(run_through(query, err));
    stoa_buf_init(&text, (size_t)64 << 20);
    stoa_status status = stoa_explain_text(query->plan, query->execution, &text, err);
    if (status == STOA_OK)
        status = add_lines(query, &text, err);
    stoa_buf_done(&text);
    return status;
}

static stoa_status next_vectors(struct stoa_query *query,
                                const struct stoa_vector **out_vectors,
                                uint32_t *out_length, stoa_error *err)
{
    if (!query->has_table)
        return stoa_execution_next(query->execution, out_vectors, out_length, err);
    const bool is_explain = query->plan->explain == STOA_EXPLAIN_PLAN ||
                            query->plan->explain == STOA_EXPLAIN_ANALYZE;
    if (is_explain && query->table.row_count == 0)
        STOA_TRY(make_plan_lines(query, err));
    *out_length = stoa_text_table_next(&query->table);
    *out_vectors = query->table.vectors;
    return STOA_OK;
}

stoa_status stoa_query_next(stoa_query *query, stoa_batch *out_batch, stoa_error *err)
{
    const struct stoa_vector *vectors = NULL;
    uint32_t length = 0;
    if (!query || !out_batch || query->has_failed)
        return stoa_fail(err, STOA_E_USAGE,
                         "expected a query that has not failed and a place for its rows");
    stoa_status status = next_vectors(query, &vectors, &length, err);
    if (status == STOA_OK)
        status = stoa_batch_builder_fill(&query->builder, vectors, length, out_batch, err);
    query->has_failed = status != STOA_OK;
    return explain_error(query, status, err);
}

void stoa_query_get_counters(const stoa_query *query, stoa_query_counters *out_counters)
{
    if (!out_counters)
        return;
    *out_counters = (stoa_query_counters){.files = 0};
    if (query && query->execution)
        stoa_execution_counters(query->execution, out_counters);
}

void stoa_query_free(stoa_query *query)
{
    if (!query)
        return;
    stoa_batch_builder_done(&query->builder);
    stoa_execution_free(query->execution);
    stoa_text_table_done(&query->table);
    stoa_plan_free(query->plan);
    stoa_free(query);
}
