/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions as SQL text, for EXPLAIN and error messages, and constant folding (query/expr.h).
 */
#include <math.h>
#include <string.h>

#include "format/text.h"
#include "query/expr.h"
#include "query/function.h"

enum { MAX_SHOWN_TEXT = 200, MAX_SHOWN_SET = 20 };

static stoa_status append(struct stoa_buf *out, const char *text, stoa_error *err)
{
    return stoa_buf_append(out, text, strlen(text), err);
}

/* The bytes of a text that are shown, cut at a whole character. */
static size_t shown_size(struct stoa_view text)
{
    if (text.length <= MAX_SHOWN_TEXT)
        return text.length;
    size_t size = MAX_SHOWN_TEXT;
    while (size > 0 && (text.data[size] & 0xc0) == 0x80)
        size--;
    return size;
}

/* 'it''s', cut when it is long. */
static stoa_status append_quoted(struct stoa_buf *out, struct stoa_view text,
                                 stoa_error *err)
{
    const size_t shown = shown_size(text);
    STOA_TRY(stoa_buf_append_byte(out, '\'', err));
    for (size_t i = 0; i < shown; i++) {
        if (text.data[i] == '\'')
            STOA_TRY(stoa_buf_append_byte(out, '\'', err));
        STOA_TRY(stoa_buf_append_byte(out, text.data[i], err));
    }
    return append(out, shown < text.length ? "'..." : "'", err);
}

/* Numbers and truth stand for themselves; everything else is a text that would be cast, NaN too. */
static bool is_bare(stoa_type type, const struct stoa_value *value)
{
    if (type.id == STOA_TYPE_FLOAT64)
        return isfinite(value->f64);
    return type.id == STOA_TYPE_BOOL ||
           (type.id >= STOA_TYPE_INT8 && type.id <= STOA_TYPE_DECIMAL);
}

static stoa_status append_value(stoa_type type, const struct stoa_value *value,
                                struct stoa_buf *out, stoa_error *err)
{
    if (value->is_null)
        return append(out, "NULL", err);
    if (type.id == STOA_TYPE_TEXT)
        return append_quoted(out, value->bytes, err);
    if (is_bare(type, value))
        return stoa_text_append(type, value, out, err);
    struct stoa_value shown = *value;
    const bool is_cut =
        type.id == STOA_TYPE_BINARY && value->bytes.length > MAX_SHOWN_TEXT / 2;
    if (is_cut)
        shown.bytes.length = MAX_SHOWN_TEXT / 2;
    STOA_TRY(stoa_buf_append_byte(out, '\'', err));
    STOA_TRY(stoa_text_append(type, &shown, out, err));
    return append(out, is_cut ? "'..." : "'", err);
}

/* What is not closed by its own brackets gets some as part of a larger expression. */
static stoa_status append_operand(const struct stoa_expr *expr, const char *const *names,
                                  struct stoa_buf *out, stoa_error *err)
{
    const bool is_open = expr->kind == STOA_EXPR_NOT || expr->kind == STOA_EXPR_IS_NULL ||
                         expr->kind == STOA_EXPR_IN;
    if (is_open)
        STOA_TRY(stoa_buf_append_byte(out, '(', err));
    STOA_TRY(stoa_expr_text(expr, names, out, err));
    return is_open ? stoa_buf_append_byte(out, ')', err) : STOA_OK;
}

static stoa_status append_list(const struct stoa_expr *expr, const char *const *names,
                               const char *between, struct stoa_buf *out, stoa_error *err)
{
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        if (i > 0)
            STOA_TRY(append(out, between, err));
        STOA_TRY(stoa_expr_text(expr->args[i], names, out, err));
    }
    return STOA_OK;
}

/* The spelling of operators whose table name is PostgreSQL's internal one. */
static const char *operator_word(const char *name)
{
    static const char *const words[][2] = {
        {"~~",                   "LIKE"                },
        {"!~~",                  "NOT LIKE"            },
        {"~~*",                  "ILIKE"               },
        {"!~~*",                 "NOT ILIKE"           },
        {"is distinct from",     "IS DISTINCT FROM"    },
        {"is not distinct from", "IS NOT DISTINCT FROM"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], name) == 0)
            return words[i][1];
    }
    const bool is_word = (name[0] >= 'a' && name[0] <= 'z') || name[0] == '_';
    return is_word ? NULL : name;
}

static stoa_status call_text(const struct stoa_expr *expr, const char *const *names,
                             struct stoa_buf *out, stoa_error *err)
{
    const char *name = expr->function->name;
    if (strcmp(name, "cast") == 0) {
        char type[STOA_TYPE_TEXT_MAX];
        STOA_TRY(append(out, "CAST(", err));
        STOA_TRY(append_list(expr, names, ", ", out, err));
        return stoa_buf_printf(out, err, " AS %s)", stoa_type_text(expr->type, type));
    }
    const char *word = operator_word(name);
    if (word && expr->arg_count == 2) {
        STOA_TRY(stoa_buf_append_byte(out, '(', err));
        STOA_TRY(append_operand(expr->args[0], names, out, err));
        STOA_TRY(stoa_buf_printf(out, err, " %s ", word));
        STOA_TRY(append_operand(expr->args[1], names, out, err));
        return stoa_buf_append_byte(out, ')', err);
    }
    if (word && expr->arg_count == 1) {
        STOA_TRY(stoa_buf_printf(out, err, "(%s ", word));
        STOA_TRY(append_operand(expr->args[0], names, out, err));
        return stoa_buf_append_byte(out, ')', err);
    }
    STOA_TRY(stoa_buf_printf(out, err, "%s(", name));
    STOA_TRY(append_list(expr, names, ", ", out, err));
    return stoa_buf_append_byte(out, ')', err);
}

static stoa_status in_text(const struct stoa_expr *expr, const char *const *names,
                           struct stoa_buf *out, stoa_error *err)
{
    STOA_TRY(append_operand(expr->args[0], names, out, err));
    STOA_TRY(append(out, expr->negated ? " NOT IN (" : " IN (", err));
    for (uint32_t i = 0; i < expr->set_count && i < MAX_SHOWN_SET; i++) {
        if (i > 0)
            STOA_TRY(append(out, ", ", err));
        STOA_TRY(append_value(expr->args[0]->type, &expr->set[i], out, err));
    }
    if (expr->set_count > MAX_SHOWN_SET)
        STOA_TRY(stoa_buf_printf(out, err, ", ... %u values", expr->set_count));
    if (expr->set_has_null)
        STOA_TRY(append(out, expr->set_count > 0 ? ", NULL" : "NULL", err));
    return stoa_buf_append_byte(out, ')', err);
}

static stoa_status case_text(const struct stoa_expr *expr, const char *const *names,
                             struct stoa_buf *out, stoa_error *err)
{
    STOA_TRY(append(out, "CASE", err));
    uint32_t i = 0;
    for (; i + 1 < expr->arg_count; i += 2) {
        STOA_TRY(append(out, " WHEN ", err));
        STOA_TRY(stoa_expr_text(expr->args[i], names, out, err));
        STOA_TRY(append(out, " THEN ", err));
        STOA_TRY(stoa_expr_text(expr->args[i + 1], names, out, err));
    }
    if (i < expr->arg_count) {
        STOA_TRY(append(out, " ELSE ", err));
        STOA_TRY(stoa_expr_text(expr->args[i], names, out, err));
    }
    return append(out, " END", err);
}

static stoa_status connective_text(const struct stoa_expr *expr, const char *const *names,
                                   struct stoa_buf *out, stoa_error *err)
{
    STOA_TRY(stoa_buf_append_byte(out, '(', err));
    STOA_TRY(
        append_list(expr, names, expr->kind == STOA_EXPR_AND ? " AND " : " OR ", out, err));
    return stoa_buf_append_byte(out, ')', err);
}

stoa_status stoa_expr_text(const struct stoa_expr *expr, const char *const *names,
                           struct stoa_buf *out, stoa_error *err)
{
    switch (expr->kind) {
    case STOA_EXPR_COLUMN: return append(out, names[expr->column], err);
    case STOA_EXPR_CONSTANT: return append_value(expr->type, &expr->constant, out, err);
    case STOA_EXPR_CALL: return call_text(expr, names, out, err);
    case STOA_EXPR_AND:
    case STOA_EXPR_OR: return connective_text(expr, names, out, err);
    case STOA_EXPR_NOT:
        STOA_TRY(append(out, "NOT ", err));
        return append_operand(expr->args[0], names, out, err);
    case STOA_EXPR_IS_NULL:
        STOA_TRY(append_operand(expr->args[0], names, out, err));
        return append(out, expr->negated ? " IS NOT NULL" : " IS NULL", err);
    case STOA_EXPR_IN: return in_text(expr, names, out, err);
    case STOA_EXPR_CASE: return case_text(expr, names, out, err);
    }
    return STOA_OK;
}

/* ---- folding ---- */

static bool has_column(const struct stoa_expr *expr)
{
    if (expr->kind == STOA_EXPR_COLUMN)
        return true;
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        if (has_column(expr->args[i]))
            return true;
    }
    return false;
}

stoa_status stoa_expr_fold(struct stoa_expr *expr, struct stoa_arena *arena,
                           stoa_error *err)
{
    if (expr->kind == STOA_EXPR_CONSTANT || has_column(expr))
        return STOA_OK;
    struct stoa_evaluator *evaluator = NULL;
    STOA_TRY(stoa_evaluator_create(expr, &evaluator, err));
    const struct stoa_rows rows = {.length = 1, .columns = NULL};
    const struct stoa_vector *result = NULL;
    stoa_status status = stoa_evaluate(evaluator, &rows, NULL, &result, err);
    struct stoa_value value = {.is_null = true};
    if (status == STOA_OK && !(result->has_nulls && !stoa_bit_get(result->validity, 0))) {
        value = stoa_vector_get(result, 0);
        value.is_null = false;
    }
    if (status == STOA_OK && !value.is_null && result->phys == STOA_PHYS_BYTES) {
        char *copy = stoa_arena_strndup(
            arena, value.bytes.length ? (const char *)value.bytes.data : "",
            value.bytes.length);
        if (copy)
            value.bytes.data = (const uint8_t *)copy;
        else
            status = stoa_arena_fail(arena, value.bytes.length, err);
    }
    stoa_evaluator_free(evaluator);
    STOA_TRY(status);
    expr->kind = STOA_EXPR_CONSTANT;
    expr->constant = value;
    expr->args = NULL;
    expr->arg_count = 0;
    return STOA_OK;
}
