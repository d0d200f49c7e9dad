/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a SQL statement over a table with a column of every type: it is parsed, bound, pushed down
 * and evaluated on some rows. An error must have its place inside the statement; a predicate that was
 * pushed exactly must select the rows for which its condition is true; nothing may crash.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/query/bind_schema.h"
#include "tests/unit/query/draw_condition.h"
#include "tests/unit/query/plan_dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same rows for every input, made once. */
static const struct draw_table *rows_of_all_types(void)
{
    static struct draw_table table;
    static bool is_made;
    if (!is_made) {
        struct test_random random = {.state = 1};
        draw_table_make(&random, &table);
        is_made = true;
    }
    return &table;
}

/* Rows for which a condition is true; false when it fails for one of them. */
static bool evaluate(const struct stoa_plan *plan, const struct stoa_expr *expr,
                     uint64_t bits[STOA_VECTOR_WORDS])
{
    const struct draw_table *table = rows_of_all_types();
    const struct stoa_vector *columns[DRAW_COLUMNS];
    const struct stoa_rows rows = {.length = DRAW_ROWS, .columns = columns};
    const struct stoa_vector *vector;
    struct stoa_evaluator *evaluator = NULL;
    for (uint32_t i = 0; i < plan->scan_column_count; i++)
        columns[i] = &table->vectors[plan->scan_columns[i]];
    stoa_status status = stoa_evaluator_create(expr, &evaluator, NULL);
    if (status == STOA_OK)
        status = expr->type.id == STOA_TYPE_BOOL
                     ? stoa_evaluate_filter(evaluator, &rows, NULL, bits, NULL)
                     : stoa_evaluate(evaluator, &rows, NULL, &vector, NULL);
    stoa_evaluator_free(evaluator);
    return status == STOA_OK;
}

static void check_conjunct(const struct stoa_plan *plan,
                           const struct stoa_conjunct *conjunct)
{
    uint64_t expected[STOA_VECTOR_WORDS];
    uint64_t found[STOA_VECTOR_WORDS];
    if (!evaluate(plan, conjunct->expr, expected) || conjunct->push != STOA_PUSH_EXACT)
        return;
    const uint32_t column = plan->scan_columns[conjunct->column];
    stoa_predicate_eval(&conjunct->predicate, &rows_of_all_types()->vectors[column], found);
    if (memcmp(found, expected, sizeof found) != 0)
        abort();
}

static void run_plan(const struct stoa_plan *plan)
{
    struct stoa_buf text;
    uint64_t bits[STOA_VECTOR_WORDS];
    for (uint32_t i = 0; i < plan->conjunct_count; i++)
        check_conjunct(plan, &plan->conjuncts[i]);
    for (uint32_t i = 0; i < plan->output_count && !plan->is_aggregate; i++)
        (void)evaluate(plan, plan->outputs[i], bits);
    for (uint32_t i = 0; i < plan->aggregate_count; i++) {
        if (plan->aggregates[i].arg)
            (void)evaluate(plan, plan->aggregates[i].arg, bits);
    }
    stoa_buf_init(&text, (size_t)1 << 26);
    stoa_plan_dump(plan, &stoa_bind_schema, &text);
    stoa_buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *sql = malloc(size + 1);
    struct stoa_plan *plan = NULL;
    stoa_error err;
    if (!sql)
        abort();
    memcpy(sql, data, size);
    sql[size] = '\0';
    stoa_error_clear(&err);
    if (stoa_test_plan(sql, &stoa_bind_schema, &plan, &err) == STOA_OK) {
        run_plan(plan);
        stoa_plan_free(plan);
    } else if (err.offset != UINT64_MAX) {
        if (err.offset > size)
            abort();
        stoa_sql_excerpt(sql, &err);
    }
    free(sql);
    return 0;
}
