/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All scalar functions by name, and the binding of calls (query/function.h). Names may
 * repeat: the first row whose resolve() takes the argument types wins.
 */
#include "common/buf.h"
#include "query/call.h"
#include "query/suggest.h"

static const struct stoa_function *const tables[] = {
    stoa_functions_arithmetic, stoa_functions_compare, stoa_functions_condition,
    stoa_functions_date,       stoa_functions_like,    stoa_functions_math,
    stoa_functions_regex,      stoa_functions_text,    stoa_functions_text_shape};

enum { TABLE_COUNT = sizeof tables / sizeof tables[0], MAX_ARGS = 64 };

const struct stoa_function *stoa_function_at(size_t i)
{
    for (size_t t = 0; t < TABLE_COUNT; t++) {
        for (const struct stoa_function *row = tables[t]; row->name; row++) {
            if (i-- == 0)
                return row;
        }
    }
    return NULL;
}

/* ---- shared by function files ---- */

stoa_status stoa_call_each(struct stoa_call *call, stoa_row_fn fn, stoa_error *err)
{
    for (uint32_t row = stoa_active_next(call->active, 0); row < STOA_VECTOR_ROWS;
         row = stoa_active_next(call->active, row + 1))
        STOA_TRY(fn(call, row, err));
    return STOA_OK;
}

stoa_status stoa_call_text(struct stoa_call *call, size_t size, uint8_t **out,
                           stoa_error *err)
{
    if (size > STOA_MAX_VALUE_BYTES)
        return stoa_fail(err, STOA_E_LIMIT,
                         "%s would make a text of %zu bytes; a value has at most 16 MiB",
                         call->expr->function->name, size);
    *out = stoa_arena_alloc(call->texts, size == 0 ? 1 : size);
    if (*out)
        return STOA_OK;
    const stoa_status status = stoa_arena_fail(call->texts, size, err);
    if (status == STOA_E_LIMIT)
        return stoa_fail(err, status,
                         "%s: the texts made for %u rows would take more than %zu bytes",
                         call->expr->function->name, call->rows, call->texts->maximum);
    return status;
}

bool stoa_signature_resolve(const struct stoa_signature *signature,
                            struct stoa_expr *const *args, uint32_t arg_count,
                            stoa_type *out_type, stoa_type *out_arg_types)
{
    if (arg_count < signature->min_args || arg_count > signature->max_args)
        return false;
    for (uint32_t i = 0; i < arg_count; i++) {
        const stoa_type wanted = stoa_type_of(signature->args[i < 2 ? i : 2]);
        if (!stoa_cast_is_implicit(args[i], wanted))
            return false;
        out_arg_types[i] = wanted;
    }
    *out_type = stoa_type_of(signature->result);
    return true;
}

stoa_status stoa_call_make(const struct stoa_function *function, struct stoa_expr **args,
                           uint32_t arg_count, stoa_type type, uint32_t sql_offset,
                           struct stoa_arena *arena, struct stoa_expr **out_expr,
                           stoa_error *err)
{
    struct stoa_expr *call = stoa_arena_alloc_zeroed(arena, 1, sizeof *call);
    if (!call)
        return stoa_arena_fail(arena, sizeof *call, err);
    call->kind = STOA_EXPR_CALL;
    call->type = type;
    call->sql_offset = sql_offset;
    call->function = function;
    call->args = args;
    call->arg_count = arg_count;
    if (function->prepare) {
        const stoa_status status = function->prepare(call, arena, err);
        if (status != STOA_OK && err && err->offset == UINT64_MAX &&
            sql_offset != UINT32_MAX)
            stoa_error_set_offset(err, sql_offset);
        STOA_TRY(status);
    }
    *out_expr = call;
    return STOA_OK;
}

/* ---- binding ---- */

static stoa_status unknown_function(const char *name, uint32_t sql_offset, stoa_error *err)
{
    struct stoa_suggest suggest = {.word = name};
    const struct stoa_function *row = NULL;
    for (size_t i = 0; (row = stoa_function_at(i)) != NULL; i++)
        stoa_suggest_offer(&suggest, row->name);
    const stoa_status status =
        stoa_fail(err, STOA_E_FUNCTION, "there is no function \"%s\"", name);
    if (suggest.best)
        stoa_error_set_hint(err, "did you mean %s?", suggest.best);
    if (sql_offset != UINT32_MAX)
        stoa_error_set_offset(err, sql_offset);
    return status;
}

/* "(int64, text)" */
static stoa_status append_types(struct stoa_buf *out, struct stoa_expr *const *args,
                                uint32_t arg_count, stoa_error *err)
{
    STOA_TRY(stoa_buf_append_byte(out, '(', err));
    for (uint32_t i = 0; i < arg_count; i++) {
        char text[STOA_TYPE_TEXT_MAX];
        const char *shown = args[i]->is_untyped && args[i]->constant.is_null
                                ? "NULL"
                                : stoa_type_text(args[i]->type, text);
        STOA_TRY(stoa_buf_printf(out, err, "%s%s", i == 0 ? "" : ", ", shown));
    }
    return stoa_buf_append_byte(out, ')', err);
}

static stoa_status wrong_types(const char *name, struct stoa_expr *const *args,
                               uint32_t arg_count, uint32_t sql_offset, stoa_error *err)
{
    struct stoa_buf types;
    struct stoa_buf known;
    stoa_buf_init(&types, 4096);
    stoa_buf_init(&known, 4096);
    stoa_status status = append_types(&types, args, arg_count, err);
    const struct stoa_function *row = NULL;
    for (size_t i = 0; status == STOA_OK && (row = stoa_function_at(i)) != NULL; i++) {
        if (strcmp(row->name, name) == 0)
            status = stoa_buf_printf(&known, err, "%s%s", known.size == 0 ? "" : "; ",
                                     row->help);
    }
    if (status == STOA_OK) {
        status = stoa_fail(err, STOA_E_FUNCTION, "%s does not take %.*s", name,
                           (int)types.size, (const char *)types.data);
        stoa_error_set_hint(err, "known: %.*s", (int)known.size, (const char *)known.data);
        if (sql_offset != UINT32_MAX)
            stoa_error_set_offset(err, sql_offset);
    }
    stoa_buf_done(&types);
    stoa_buf_done(&known);
    return status;
}

stoa_status stoa_function_bind(const char *name, struct stoa_expr **args,
                               uint32_t arg_count, uint32_t sql_offset,
                               struct stoa_arena *arena, struct stoa_expr **out_expr,
                               stoa_error *err)
{
    if (arg_count > MAX_ARGS)
        return stoa_fail(err, STOA_E_LIMIT, "%s: expected at most %d arguments, found %u",
                         name, MAX_ARGS, arg_count);
    bool is_known = false;
    const struct stoa_function *row = NULL;
    for (size_t i = 0; (row = stoa_function_at(i)) != NULL; i++) {
        if (strcmp(row->name, name) != 0)
            continue;
        is_known = true;
        stoa_type type;
        stoa_type arg_types[MAX_ARGS];
        if (!row->resolve(row, args, arg_count, &type, arg_types))
            continue;
        struct stoa_expr **cast_args =
            stoa_arena_alloc_zeroed(arena, arg_count + 1, sizeof *cast_args);
        if (!cast_args)
            return stoa_arena_fail(arena, sizeof *cast_args, err);
        for (uint32_t a = 0; a < arg_count; a++)
            STOA_TRY(stoa_cast_bind(args[a], arg_types[a],
                                    (row->flags & STOA_FUNCTION_PRINTS) != 0, arena,
                                    &cast_args[a], err));
        return stoa_call_make(row, cast_args, arg_count, type, sql_offset, arena, out_expr,
                              err);
    }
    if (!is_known)
        return unknown_function(name, sql_offset, err);
    return wrong_types(name, args, arg_count, sql_offset, err);
}
