/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements of `stoa bench` (tools/bench.h): four standard sets made for the columns of a
 * dataset, with values that occur in it, or the user's own text cut at its semicolons.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stoa/memory.h"
#include "tools/bench.h"
#include "tools/text_buffer.h"

void bench_plan_done(struct bench_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        stoa_memory_release(plan->items[i].name);
        stoa_memory_release(plan->items[i].sql);
    }
    stoa_memory_release(plan->items);
    *plan = (struct bench_plan){0};
}

static stoa_status fail_memory(stoa_error *err)
{
    err->status = STOA_E_NO_MEMORY;
    snprintf(err->message, sizeof err->message, "memory is short");
    return err->status;
}

/* Takes over the texts, also when it fails. */
static stoa_status add(struct bench_plan *plan, enum bench_set set,
                       struct text_buffer *name, struct text_buffer *sql, stoa_error *err)
{
    char *name_text = text_buffer_take(name);
    char *sql_text = text_buffer_take(sql);
    struct bench_statement *items =
        stoa_memory_resize(plan->items, (plan->count + 1) * sizeof *items);
    if (items)
        plan->items = items;
    if (!items || !name_text || !sql_text) {
        stoa_memory_release(name_text);
        stoa_memory_release(sql_text);
        return fail_memory(err);
    }
    items[plan->count++] = (struct bench_statement){set, name_text, sql_text};
    return STOA_OK;
}

/* ---- the user's own ---- */

/* Length of the quoted text or comment that begins at `text`, else 1. An open one ends with the
 * text: the parser will say so. */
static size_t token_length(const char *text)
{
    const char *end = NULL;
    if (*text == '\'' || *text == '"')
        end = strchr(text + 1, *text);
    else if (strncmp(text, "--", 2) == 0)
        end = strchr(text, '\n');
    else if (strncmp(text, "/*", 2) == 0)
        end = (end = strstr(text + 2, "*/")) ? end + 1 : NULL;
    else
        return 1;
    return end ? (size_t)(end - text) + 1 : strlen(text);
}

static int is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Where the first word of SQL begins, behind space and comments. */
static const char *skip_blank(const char *text)
{
    while (is_space(*text) || strncmp(text, "--", 2) == 0 || strncmp(text, "/*", 2) == 0)
        text += token_length(text);
    return text;
}

stoa_status bench_plan_add_text(struct bench_plan *plan, const char *text, stoa_error *err)
{
    for (const char *start = skip_blank(text); *start;) {
        const char *end = start;
        while (*end && *end != ';')
            end += token_length(end);
        struct text_buffer name = {0};
        struct text_buffer sql = {0};
        text_buffer_printf(&name, "%zu", plan->count + 1);
        text_buffer_put(&sql, start, (size_t)(end - start));
        if (end > start) {
            const stoa_status status = add(plan, BENCH_OWN, &name, &sql, err);
            if (status != STOA_OK)
                return status;
        }
        start = skip_blank(*end == ';' ? end + 1 : end);
        text_buffer_done(&name);
        text_buffer_done(&sql);
    }
    return STOA_OK;
}

/* ---- columns and values for the standard sets ---- */

/* Columns by what they are good for; SIZE_MAX: there is none. */
struct picks {
    size_t number; /* the largest of exact numbers: sums and ranges */
    size_t
        key; /* of integers the one with the widest range, else the largest text: points */
    size_t group; /* the smallest of texts that differ: GROUP BY */
    size_t text;  /* the largest of texts: searches */
};

struct planner {
    struct bench_plan *plan;
    const struct bench_run *run;
    const stoa_dataset_info *info;
    struct picks picks;
};

static int is_integer(stoa_type type)
{
    return type.id >= STOA_TYPE_INT8 && type.id <= STOA_TYPE_UINT64;
}

/* Distance between the bounds of an integer column: most for keys. */
static uint64_t width_of(const stoa_column_info *column)
{
    const int is_negative = column->min[0] == '-';
    const uint64_t min = (uint64_t)(is_negative ? strtoll(column->min, NULL, 10) : 0);
    return strtoull(column->max, NULL, 10) -
           (is_negative ? min : strtoull(column->min, NULL, 10));
}

static void prefer(size_t *pick, uint64_t *pick_bytes, size_t column, uint64_t bytes,
                   int is_better)
{
    if (*pick == SIZE_MAX || is_better) {
        *pick = column;
        *pick_bytes = bytes;
    }
}

static stoa_status pick_columns(stoa_dataset *dataset, struct picks *out, stoa_error *err)
{
    const stoa_dataset_info *info = stoa_dataset_get_info(dataset);
    struct picks picks = {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
    uint64_t number_bytes = 0;
    uint64_t integer_width = 0;
    uint64_t group_bytes = 0;
    uint64_t text_bytes = 0;
    size_t integer = SIZE_MAX;
    for (size_t i = 0; i < info->schema.field_count; i++) {
        const stoa_type type = info->schema.fields[i].type;
        stoa_column_info column;
        const stoa_status status = stoa_dataset_column(dataset, i, &column, err);
        if (status != STOA_OK)
            return status;
        const uint64_t bytes = column.stored_bytes;
        if (!column.has_bounds || strcmp(column.min, column.max) == 0)
            continue;
        if (is_integer(type))
            prefer(&integer, &integer_width, i, width_of(&column),
                   width_of(&column) > integer_width);
        if (is_integer(type) || type.id == STOA_TYPE_DECIMAL)
            prefer(&picks.number, &number_bytes, i, bytes, bytes > number_bytes);
        if (type.id == STOA_TYPE_TEXT) {
            prefer(&picks.group, &group_bytes, i, bytes, bytes < group_bytes);
            prefer(&picks.text, &text_bytes, i, bytes, bytes > text_bytes);
        }
    }
    picks.key = integer != SIZE_MAX ? integer : picks.text;
    *out = picks;
    return STOA_OK;
}

static void put_name(const struct planner *planner, struct text_buffer *sql, size_t column)
{
    text_buffer_quote(sql, planner->info->schema.fields[column].name, '"');
}

static stoa_status first_cell(stoa_query *query, char **out_text, stoa_error *err)
{
    stoa_batch batch;
    stoa_status status = stoa_query_next(query, &batch, err);
    if (status != STOA_OK || batch.rows == 0)
        return status;
    stoa_cell cell = {0};
    struct text_buffer text = {0};
    status = stoa_batch_cell(&batch, 0, 0, &cell, err);
    if (status == STOA_OK && !cell.is_null && !memchr(cell.text, '\0', cell.length)) {
        text_buffer_put(&text, cell.text, cell.length);
        *out_text = text_buffer_take(&text);
        if (!*out_text)
            status = fail_memory(err);
    }
    stoa_cell_done(&cell);
    return status;
}

/* *out_text: the value of a row that lies `share` of the way into the table, owned by the caller; NULL
 * when there is none. */
static stoa_status find_value(const struct planner *planner, size_t column, double share,
                              char **out_text, stoa_error *err)
{
    *out_text = NULL;
    struct text_buffer text = {0};
    text_buffer_printf(&text, "SELECT ");
    put_name(planner, &text, column);
    text_buffer_printf(&text, " LIMIT 1 OFFSET %llu",
                       (unsigned long long)((double)planner->info->rows * share));
    char *sql = text_buffer_take(&text);
    if (!sql)
        return fail_memory(err);
    const stoa_query_options options = {.threads = planner->run->threads,
                                        .memory = planner->run->memory,
                                        .dataset = planner->run->path};
    stoa_query *query = NULL;
    stoa_status status = stoa_query_prepare(sql, &options, &query, err);
    if (status == STOA_OK)
        status = first_cell(query, out_text, err);
    stoa_query_free(query);
    stoa_memory_release(sql);
    return status;
}

/* A literal of the column's type. */
static void put_literal(const struct planner *planner, struct text_buffer *sql,
                        size_t column, const char *value)
{
    const stoa_type type = planner->info->schema.fields[column].type;
    char name[STOA_TYPE_TEXT_MAX];
    if (is_integer(type) || type.id == STOA_TYPE_DECIMAL) {
        text_buffer_printf(sql, "%s", value);
    } else if (type.id == STOA_TYPE_TEXT) {
        text_buffer_quote(sql, value, '\'');
    } else {
        text_buffer_printf(sql, "CAST(");
        text_buffer_quote(sql, value, '\'');
        text_buffer_printf(sql, " AS %s)", stoa_type_text(type, name));
    }
}

/* ---- the standard sets ---- */

/* Adds "<verb> <column>": `before` the column's name in SQL and `after` it. */
static stoa_status add_about(const struct planner *planner, enum bench_set set,
                             const char *verb, size_t column, const char *before,
                             const char *after, stoa_error *err)
{
    if (column == SIZE_MAX)
        return STOA_OK;
    struct text_buffer name = {0};
    struct text_buffer sql = {0};
    text_buffer_printf(&name, "%s %s", verb, planner->info->schema.fields[column].name);
    text_buffer_printf(&sql, "%s", before);
    put_name(planner, &sql, column);
    text_buffer_printf(&sql, "%s", after);
    return add(planner->plan, set, &name, &sql, err);
}

static stoa_status add_scans(const struct planner *planner, stoa_error *err)
{
    struct text_buffer name = {0};
    struct text_buffer sql = {0};
    text_buffer_printf(&name, "all columns");
    text_buffer_printf(&sql, "SELECT *");
    stoa_status status = add(planner->plan, BENCH_SCAN, &name, &sql, err);
    if (status == STOA_OK)
        status = add_about(planner, BENCH_SCAN, "numbers", planner->picks.number, "SELECT ",
                           "", err);
    if (status == STOA_OK)
        status = add_about(planner, BENCH_SCAN, "texts", planner->picks.text, "SELECT ", "",
                           err);
    return status;
}

/* Adds "<before> WHERE column <operation> value" for a value that occurs. */
static stoa_status add_compare(const struct planner *planner, enum bench_set set,
                               const char *verb, size_t column, const char *before,
                               const char *operation, double share, stoa_error *err)
{
    if (column == SIZE_MAX)
        return STOA_OK;
    char *value = NULL;
    const stoa_status status = find_value(planner, column, share, &value, err);
    if (status != STOA_OK || !value)
        return status;
    struct text_buffer name = {0};
    struct text_buffer sql = {0};
    text_buffer_printf(&name, "%s %s", verb, planner->info->schema.fields[column].name);
    text_buffer_printf(&sql, "%s WHERE ", before);
    put_name(planner, &sql, column);
    text_buffer_printf(&sql, " %s ", operation);
    put_literal(planner, &sql, column, value);
    stoa_memory_release(value);
    return add(planner->plan, set, &name, &sql, err);
}

/* The first run of four letters in `text`, or NULL. */
static const char *four_letters(const char *text)
{
    size_t run = 0;
    for (const char *p = text; *p; p++) {
        const char lower = (char)(*p | 0x20);
        run = lower >= 'a' && lower <= 'z' ? run + 1 : 0;
        if (run == 4)
            return p - 3;
    }
    return NULL;
}

static stoa_status add_search(const struct planner *planner, stoa_error *err)
{
    const size_t column = planner->picks.text;
    char *value = NULL;
    if (column == SIZE_MAX)
        return STOA_OK;
    stoa_status status = find_value(planner, column, 0.5, &value, err);
    const char *letters = value ? four_letters(value) : NULL;
    if (status == STOA_OK && letters) {
        char after[32];
        snprintf(after, sizeof after, " LIKE '%%%.4s%%'", letters);
        status = add_about(planner, BENCH_FILTER, "search in", column,
                           "SELECT count(*) WHERE ", after, err);
    }
    stoa_memory_release(value);
    return status;
}

static stoa_status add_filters(const struct planner *planner, stoa_error *err)
{
    const struct picks *picks = &planner->picks;
    stoa_status status = add_compare(planner, BENCH_FILTER, "range of", picks->number,
                                     "SELECT count(*)", ">", 0.5, err);
    if (status == STOA_OK)
        status = add_compare(planner, BENCH_FILTER, "equal to", picks->group,
                             "SELECT count(*)", "=", 0.5, err);
    return status == STOA_OK ? add_search(planner, err) : status;
}

/* Groups with their rows and, where there is a number, its sum. */
static stoa_status add_groups(const struct planner *planner, stoa_error *err)
{
    const struct picks *picks = &planner->picks;
    if (picks->group == SIZE_MAX)
        return STOA_OK;
    struct text_buffer after = {0};
    text_buffer_printf(&after, ", count(*)");
    if (picks->number != SIZE_MAX) {
        text_buffer_printf(&after, ", sum(");
        put_name(planner, &after, picks->number);
        text_buffer_printf(&after, ")");
    }
    text_buffer_printf(&after, " GROUP BY ");
    put_name(planner, &after, picks->group);
    char *text = text_buffer_take(&after);
    const stoa_status status = text ? add_about(planner, BENCH_AGGREGATE, "groups of",
                                                picks->group, "SELECT ", text, err)
                                    : fail_memory(err);
    stoa_memory_release(text);
    return status;
}

static stoa_status add_aggregates(const struct planner *planner, stoa_error *err)
{
    const struct picks *picks = &planner->picks;
    struct text_buffer name = {0};
    struct text_buffer sql = {0};
    text_buffer_printf(&name, "rows");
    text_buffer_printf(&sql, "SELECT count(*)");
    stoa_status status = add(planner->plan, BENCH_AGGREGATE, &name, &sql, err);
    if (status == STOA_OK)
        status = add_about(planner, BENCH_AGGREGATE, "sum of", picks->number, "SELECT sum(",
                           ")", err);
    if (status == STOA_OK)
        status = add_groups(planner, err);
    if (status == STOA_OK)
        status = add_about(planner, BENCH_AGGREGATE, "distinct", picks->key,
                           "SELECT count(DISTINCT ", ")", err);
    return status;
}

static stoa_status add_points(const struct planner *planner, stoa_error *err)
{
    static const double shares[] = {0.1, 0.5, 0.9};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        const stoa_status status =
            add_compare(planner, BENCH_POINT, "row by", planner->picks.key, "SELECT *", "=",
                        shares[i], err);
        if (status != STOA_OK)
            return status;
    }
    return STOA_OK;
}

stoa_status bench_plan_add_sets(struct bench_plan *plan, const struct bench_run *run,
                                stoa_dataset *dataset, unsigned sets, stoa_error *err)
{
    static stoa_status (*const makers[])(const struct planner *, stoa_error *) = {
        [BENCH_SCAN] = add_scans,
        [BENCH_FILTER] = add_filters,
        [BENCH_AGGREGATE] = add_aggregates,
        [BENCH_POINT] = add_points,
    };
    struct planner planner = {
        .plan = plan, .run = run, .info = stoa_dataset_get_info(dataset)};
    stoa_status status = pick_columns(dataset, &planner.picks, err);
    for (size_t i = 0; status == STOA_OK && i < sizeof makers / sizeof makers[0]; i++) {
        if (sets >> i & 1)
            status = makers[i](&planner, err);
    }
    return status;
}
