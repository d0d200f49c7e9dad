/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text conditions as pure functions (text_test.h). Called by pushdown.c. The tree it makes
 * is immutable; its leaves are compiled patterns and regions, its answers three-valued,
 * because a NULL pattern in it is unknown for every text.
 */
#include "query/text_test.h"

#include <string.h>

#include "query/function.h"
#include "query/like.h"
#include "query/truth.h"

enum test_kind { TEST_AND, TEST_OR, TEST_NOT, TEST_PATTERN, TEST_TRUTH, TEST_UNKNOWN };
enum answer { NO, YES, UNKNOWN };

struct test {
    enum test_kind kind;
    struct test *args; /* AND, OR, NOT */
    uint32_t arg_count;
    struct stoa_like like;   /* PATTERN */
    struct stoa_truth truth; /* TRUTH */
};

/* ---- running ---- */

static enum answer negate(enum answer answer)
{
    return answer == UNKNOWN ? UNKNOWN : answer == YES ? NO : YES;
}

static enum answer run(const struct test *test, const struct stoa_value *value)
{
    switch (test->kind) {
    case TEST_UNKNOWN: return UNKNOWN;
    case TEST_NOT: return negate(run(&test->args[0], value));
    case TEST_PATTERN:
        return value->is_null                              ? UNKNOWN
               : stoa_like_test(&test->like, value->bytes) ? YES
                                                           : NO;
    case TEST_TRUTH:
        if (stoa_region_holds(&test->truth.domain, &test->truth.when_true, value))
            return YES;
        return stoa_region_holds(&test->truth.domain, &test->truth.when_false, value)
                   ? NO
                   : UNKNOWN;
    case TEST_AND:
    case TEST_OR: break;
    }
    const enum answer dominant = test->kind == TEST_AND ? NO : YES;
    enum answer answer = negate(dominant);
    for (uint32_t i = 0; i < test->arg_count && answer != dominant; i++) {
        const enum answer next = run(&test->args[i], value);
        if (next == dominant || next == UNKNOWN)
            answer = next;
    }
    return answer;
}

static bool run_test(const void *context, const struct stoa_value *value)
{
    return run(context, value) == YES;
}

/* ---- making ---- */

static stoa_status make(const struct stoa_expr *expr, struct stoa_arena *arena,
                        struct test *out, bool *out_made, stoa_error *err);

/* The pattern that a call tests for, compiled; *out_made false for other calls. */
static stoa_status make_pattern(const struct stoa_expr *expr, struct stoa_arena *arena,
                                struct test *out, bool *out_made, stoa_error *err)
{
    static const struct {
        const char *name;
        enum stoa_like_kind kind; /* of calls that take a literal */
        bool is_like, is_negated, ignores_case;
    } rows[] = {
        {"~~",          STOA_LIKE_GENERAL, true,  false, false},
        {"!~~",         STOA_LIKE_GENERAL, true,  true,  false},
        {"~~*",         STOA_LIKE_GENERAL, true,  false, true },
        {"!~~*",        STOA_LIKE_GENERAL, true,  true,  true },
        {"starts_with", STOA_LIKE_PREFIX,  false, false, false},
        {"ends_with",   STOA_LIKE_SUFFIX,  false, false, false},
        {"contains",    STOA_LIKE_PART,    false, false, false},
    };
    *out_made = false;
    if (expr->arg_count != 2 || expr->args[0]->kind != STOA_EXPR_COLUMN ||
        expr->args[0]->type.id != STOA_TYPE_TEXT ||
        expr->args[1]->kind != STOA_EXPR_CONSTANT)
        return STOA_OK;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(expr->function->name, rows[i].name) != 0)
            continue;
        const struct stoa_value *constant = &expr->args[1]->constant;
        *out_made = true;
        out->kind = constant->is_null ? TEST_UNKNOWN : TEST_PATTERN;
        if (constant->is_null)
            return STOA_OK;
        out->like.kind = rows[i].kind;
        out->like.literal = constant->bytes;
        if (rows[i].is_like)
            STOA_TRY(stoa_like_compile(constant->bytes, rows[i].ignores_case, arena,
                                       &out->like, err));
        if (!rows[i].is_negated)
            return STOA_OK;
        struct test *inner = stoa_arena_alloc_zeroed(arena, 1, sizeof *inner);
        if (!inner)
            return stoa_arena_fail(arena, sizeof *inner, err);
        *inner = *out;
        *out = (struct test){.kind = TEST_NOT, .args = inner, .arg_count = 1};
        return STOA_OK;
    }
    return STOA_OK;
}

static stoa_status make_connective(const struct stoa_expr *expr, struct stoa_arena *arena,
                                   struct test *out, bool *out_made, stoa_error *err)
{
    out->kind = expr->kind == STOA_EXPR_AND  ? TEST_AND
                : expr->kind == STOA_EXPR_OR ? TEST_OR
                                             : TEST_NOT;
    out->arg_count = expr->arg_count;
    out->args = stoa_arena_alloc_zeroed(arena, expr->arg_count, sizeof *out->args);
    if (!out->args)
        return stoa_arena_fail(arena, expr->arg_count * sizeof *out->args, err);
    *out_made = true;
    for (uint32_t i = 0; i < expr->arg_count && *out_made; i++)
        STOA_TRY(make(expr->args[i], arena, &out->args[i], out_made, err));
    return STOA_OK;
}

static stoa_status make(const struct stoa_expr *expr, struct stoa_arena *arena,
                        struct test *out, bool *out_made, stoa_error *err)
{
    const char *reason = NULL;
    *out_made = true;
    if (expr->kind == STOA_EXPR_CONSTANT && expr->constant.is_null) {
        out->kind = TEST_UNKNOWN;
        return STOA_OK;
    }
    STOA_TRY(stoa_truth_of(expr, arena, &out->truth, &reason, err));
    if (!reason) {
        out->kind = TEST_TRUTH;
        return STOA_OK;
    }
    if (expr->kind == STOA_EXPR_CALL)
        return make_pattern(expr, arena, out, out_made, err);
    if (expr->kind == STOA_EXPR_AND || expr->kind == STOA_EXPR_OR ||
        expr->kind == STOA_EXPR_NOT)
        return make_connective(expr, arena, out, out_made, err);
    *out_made = false;
    return STOA_OK;
}

static bool is_part(const struct test *test)
{
    return test->kind == TEST_PATTERN && test->like.kind == STOA_LIKE_PART;
}

stoa_status stoa_text_test_make(const struct stoa_expr *expr, struct stoa_arena *arena,
                                struct stoa_predicate *out_predicate, bool *out_made,
                                stoa_error *err)
{
    const struct stoa_column_use use = stoa_expr_columns(expr);
    *out_made = false;
    if (use.count != 1 || use.type.id != STOA_TYPE_TEXT)
        return STOA_OK;
    struct test *test = stoa_arena_alloc_zeroed(arena, 1, sizeof *test);
    if (!test)
        return stoa_arena_fail(arena, sizeof *test, err);
    STOA_TRY(make(expr, arena, test, out_made, err));
    const struct stoa_value null = {.is_null = true};
    if (*out_made && run(test, &null) == YES)
        *out_made = false;
    if (!*out_made)
        return STOA_OK;
    /* The negation of a part is left to the predicate, so that the part can be searched for. */
    const bool is_negated = test->kind == TEST_NOT && is_part(&test->args[0]);
    const struct test *asked = is_negated ? &test->args[0] : test;
    *out_predicate =
        (struct stoa_predicate){.kind = STOA_PREDICATE_TEST,
                                .phys = STOA_PHYS_BYTES,
                                .negated = is_negated,
                                .test = run_test,
                                .test_context = asked,
                                .part = is_part(asked) ? &asked->like.literal : NULL};
    return STOA_OK;
}

struct stoa_view stoa_text_test_prefix(const struct stoa_expr *expr)
{
    const struct stoa_view none = {.length = 0};
    if (expr->kind != STOA_EXPR_CALL || strcmp(expr->function->name, "~~") != 0 ||
        expr->args[0]->kind != STOA_EXPR_COLUMN ||
        expr->args[1]->kind != STOA_EXPR_CONSTANT || expr->args[1]->constant.is_null)
        return none;
    const struct stoa_view pattern = expr->args[1]->constant.bytes;
    uint32_t length = 0;
    while (length < pattern.length && !strchr("%_\\", pattern.data[length]))
        length++;
    return length == pattern.length
               ? none
               : (struct stoa_view){.data = pattern.data, .length = length};
}
