/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions for people (shown.h). Called by pushdown.c and explain.c.
 */
#include "query/shown.h"

#include <string.h>

#include "query/call.h"

/* A cast that changes no value: the binder's, or one that might as well be. */
static bool is_widening(const struct stoa_expr *expr)
{
    return expr->kind == STOA_EXPR_CALL && expr->arg_count == 1 &&
           strcmp(expr->function->name, "cast") == 0 &&
           stoa_cast_is_implicit(expr->args[0], expr->type);
}

/* NULL when memory is short. */
static struct stoa_expr *without_casts(struct stoa_expr *expr, struct stoa_arena *arena)
{
    while (is_widening(expr))
        expr = expr->args[0];
    if (expr->arg_count == 0)
        return expr;
    struct stoa_expr *copy = stoa_arena_alloc_zeroed(arena, 1, sizeof *copy);
    struct stoa_expr **args = stoa_arena_alloc_zeroed(arena, expr->arg_count, sizeof *args);
    if (!copy || !args)
        return NULL;
    *copy = *expr;
    copy->args = args;
    for (uint32_t i = 0; i < expr->arg_count; i++) {
        /* The members of an IN list are spelled by the type that is compared. */
        const bool is_kept = expr->kind == STOA_EXPR_IN && is_widening(expr->args[i]) &&
                             expr->args[i]->type.id == STOA_TYPE_DECIMAL;
        args[i] = is_kept ? expr->args[i] : without_casts(expr->args[i], arena);
        if (!args[i])
            return NULL;
    }
    return copy;
}

/* True if the first bracket of the text closes with its last byte. */
static bool is_bracketed(const uint8_t *text, size_t size)
{
    size_t depth = 0;
    bool is_quoted = false;
    for (size_t i = 0; i < size; i++) {
        is_quoted ^= text[i] == '\'' || text[i] == '"';
        if (is_quoted)
            continue;
        depth += text[i] == '(';
        depth -= text[i] == ')' && depth > 0;
        if (depth == 0)
            return i > 0 && i + 1 == size;
    }
    return false;
}

stoa_status stoa_expr_shown(struct stoa_expr *expr, const char *const *names,
                            struct stoa_arena *arena, const char **out_text,
                            stoa_error *err)
{
    struct stoa_expr *shown = without_casts(expr, arena);
    if (!shown)
        return stoa_arena_fail(arena, sizeof *shown, err);
    struct stoa_buf buf;
    stoa_buf_init(&buf, (size_t)16 << 20);
    stoa_status status = stoa_expr_text(shown, names, &buf, err);
    if (status == STOA_OK) {
        const size_t cut = is_bracketed(buf.data, buf.size) ? 1 : 0;
        const char *text =
            stoa_arena_strndup(arena, (const char *)buf.data + cut, buf.size - 2 * cut);
        if (text)
            *out_text = text;
        else
            status = stoa_arena_fail(arena, buf.size, err);
    }
    stoa_buf_done(&buf);
    return status;
}
