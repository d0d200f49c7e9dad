/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DESCRIBE and SUMMARIZE (describe.h).
 */
#include "query/describe.h"

#include <string.h>

#include "query/sql_error.h"

static stoa_status set_string(struct stoa_text_table *table, uint32_t column,
                              const char *text, stoa_error *err)
{
    return stoa_text_table_set_text(table, column, text, strlen(text), err);
}

static stoa_status add_name_and_type(const struct stoa_plan *plan, uint32_t output,
                                     struct stoa_text_table *table, stoa_error *err)
{
    char type[STOA_TYPE_TEXT_MAX];
    STOA_TRY(stoa_text_table_add_row(table, err));
    STOA_TRY(set_string(table, 0, plan->output_names[output], err));
    return set_string(table, 1, stoa_type_text(plan->outputs[output]->type, type), err);
}

/* False only for a column that never had a NULL by its schema. */
static bool may_be_null(const struct stoa_plan *plan, const struct stoa_expr *expr)
{
    if (expr->kind != STOA_EXPR_COLUMN || plan->is_aggregate)
        return true;
    const stoa_schema *schema = &stoa_dataset_get_info(plan->dataset)->schema;
    return schema->fields[plan->scan_columns[expr->column]].nullable;
}

stoa_status stoa_describe(const struct stoa_plan *plan, struct stoa_text_table *table,
                          stoa_error *err)
{
    STOA_TRY(stoa_text_table_add_column(table, "column_name", STOA_TYPE_TEXT, err));
    STOA_TRY(stoa_text_table_add_column(table, "column_type", STOA_TYPE_TEXT, err));
    STOA_TRY(stoa_text_table_add_column(table, "null", STOA_TYPE_TEXT, err));
    for (uint32_t i = 0; i < plan->visible_count; i++) {
        STOA_TRY(add_name_and_type(plan, i, table, err));
        STOA_TRY(
            set_string(table, 2, may_be_null(plan, plan->outputs[i]) ? "YES" : "NO", err));
    }
    return STOA_OK;
}

/* ---- SUMMARIZE ---- */

static bool is_whole_table(const struct stoa_plan *plan)
{
    bool is_whole = plan->dataset && !plan->is_aggregate && !plan->is_distinct &&
                    plan->conjunct_count == 0 && !plan->never_matches && !plan->has_limit &&
                    plan->offset == 0;
    for (uint32_t i = 0; i < plan->visible_count && is_whole; i++)
        is_whole = plan->outputs[i]->kind == STOA_EXPR_COLUMN;
    return is_whole;
}

static stoa_status add_columns(struct stoa_text_table *table, stoa_error *err)
{
    static const struct {
        const char *name;
        stoa_type_id id;
    } columns[] = {
        {"column_name", STOA_TYPE_TEXT },
        {"column_type", STOA_TYPE_TEXT },
        {"rows",        STOA_TYPE_INT64},
        {"nulls",       STOA_TYPE_INT64},
        {"min",         STOA_TYPE_TEXT },
        {"max",         STOA_TYPE_TEXT },
        {"bytes",       STOA_TYPE_INT64},
        {"encodings",   STOA_TYPE_TEXT },
    };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        STOA_TRY(stoa_text_table_add_column(table, columns[i].name, columns[i].id, err));
    return STOA_OK;
}

static stoa_status summarize_column(const struct stoa_plan *plan, uint32_t output,
                                    struct stoa_text_table *table, stoa_error *err)
{
    const uint32_t column = plan->scan_columns[plan->outputs[output]->column];
    stoa_column_info info;
    STOA_TRY(stoa_dataset_column(plan->dataset, column, &info, err));
    STOA_TRY(add_name_and_type(plan, output, table, err));
    stoa_text_table_set_int(table, 2, (int64_t)stoa_dataset_get_info(plan->dataset)->rows);
    stoa_text_table_set_int(table, 3, (int64_t)info.null_count);
    if (info.has_bounds) {
        STOA_TRY(set_string(table, 4, info.min, err));
        STOA_TRY(set_string(table, 5, info.max, err));
    }
    stoa_text_table_set_int(table, 6, (int64_t)info.stored_bytes);
    return set_string(table, 7, info.encodings, err);
}

stoa_status stoa_summarize(const struct stoa_plan *plan, struct stoa_text_table *table,
                           stoa_error *err)
{
    if (!is_whole_table(plan))
        return stoa_sql_fail(err, STOA_E_UNSUPPORTED_SQL, 0,
                             "SUMMARIZE of anything but a table's columns is not supported "
                             "yet");
    STOA_TRY(add_columns(table, err));
    for (uint32_t i = 0; i < plan->visible_count; i++)
        STOA_TRY(summarize_column(plan, i, table, err));
    return STOA_OK;
}
