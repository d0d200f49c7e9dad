/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LIKE, ILIKE and their negations: % is any text, _ any one character, \ takes the next
 * character as it is. Matching needs no recursion: after a % only the latest one is ever
 * resumed, so that time is bounded by text times pattern. A constant pattern is classified
 * once (whole, prefix, suffix, part) and then costs a comparison or a search.
 */
#include "query/like.h"

#include "query/call.h"
#include "query/utf8_text.h"

/* ---- the general matcher ---- */

struct matcher {
    struct stoa_view text, pattern;
    size_t t, p;
    size_t resume_t; /* where the latest % would take one more character */
    size_t resume_p; /* behind the latest %; SIZE_MAX: none yet */
};

static bool same_char(const uint8_t *a, const uint8_t *b, bool ignores_case)
{
    if (ignores_case)
        return stoa_char_lower(*a < 0x80 ? *a : stoa_char_decode(a)) ==
               stoa_char_lower(*b < 0x80 ? *b : stoa_char_decode(b));
    /* Equal first bytes begin characters of one size. */
    return *a == *b && (*a < 0x80 || memcmp(a, b, stoa_char_size(*a)) == 0);
}

/* One step at a pattern character that is no %: false when it does not fit the text. */
static bool match_one(struct matcher *m, bool ignores_case)
{
    if (m->p >= m->pattern.length || m->t >= m->text.length)
        return false;
    const uint8_t *p = m->pattern.data + m->p;
    const uint8_t *t = m->text.data + m->t;
    if (*p == '_') {
        m->p++;
        m->t += stoa_char_size(*t);
        return true;
    }
    const size_t escape = *p == '\\' && m->p + 1 < m->pattern.length;
    if (!same_char(p + escape, t, ignores_case))
        return false;
    m->p += escape + stoa_char_size(p[escape]);
    m->t += stoa_char_size(*t);
    return true;
}

/* Where the part behind the latest % may begin next: its first character, if it is a plain
 * one, decides. */
static size_t next_start(const struct matcher *m, bool ignores_case)
{
    const size_t next = m->resume_t + stoa_char_size(m->text.data[m->resume_t]);
    const uint8_t first = m->pattern.data[m->resume_p];
    if (ignores_case || first == '_' || first == '\\' || next >= m->text.length)
        return next;
    const uint8_t *found = memchr(m->text.data + next, first, m->text.length - next);
    return found ? (size_t)(found - m->text.data) : m->text.length;
}

bool stoa_like_match(struct stoa_view text, struct stoa_view pattern, bool ignores_case)
{
    struct matcher m = {.text = text, .pattern = pattern, .resume_p = SIZE_MAX};
    for (;;) {
        if (m.p < pattern.length && pattern.data[m.p] == '%') {
            m.resume_p = ++m.p;
            m.resume_t = m.t;
            if (m.p == pattern.length)
                return true;
            continue;
        }
        if (m.t == text.length && m.p == pattern.length)
            return true;
        if (match_one(&m, ignores_case))
            continue;
        if (m.resume_p == SIZE_MAX || m.resume_t >= text.length)
            return false;
        m.resume_t = next_start(&m, ignores_case);
        m.t = m.resume_t;
        m.p = m.resume_p;
    }
}

/* ---- constant patterns ---- */

stoa_status stoa_like_compile(struct stoa_view pattern, bool ignores_case,
                              struct stoa_arena *arena, struct stoa_like *out_like,
                              stoa_error *err)
{
    uint8_t *literal = stoa_arena_alloc(arena, pattern.length + (size_t)1);
    if (!literal)
        return stoa_arena_fail(arena, pattern.length + (size_t)1, err);
    *out_like = (struct stoa_like){.pattern = pattern, .ignores_case = ignores_case};
    size_t from = 0;
    size_t to = pattern.length;
    const bool opens = to > 0 && pattern.data[0] == '%';
    from += opens;
    size_t used = 0;
    bool closes = false;
    bool is_plain = !ignores_case;
    for (size_t i = from; i < to && is_plain; i++) {
        const uint8_t c = pattern.data[i];
        if (c == '\\' && i + 1 < to)
            literal[used++] = pattern.data[++i];
        else if (c == '%' && i + 1 == to)
            closes = true;
        else if (c == '%' || c == '_')
            is_plain = false;
        else
            literal[used++] = c;
    }
    out_like->literal = (struct stoa_view){.data = literal, .length = (uint32_t)used};
    if (!is_plain)
        out_like->kind = STOA_LIKE_GENERAL;
    else if (opens && closes)
        out_like->kind = STOA_LIKE_PART;
    else if (opens)
        out_like->kind = to == 1 ? STOA_LIKE_PART : STOA_LIKE_SUFFIX;
    else
        out_like->kind = closes ? STOA_LIKE_PREFIX : STOA_LIKE_WHOLE;
    return STOA_OK;
}

bool stoa_like_test(const struct stoa_like *like, struct stoa_view text)
{
    const struct stoa_view literal = like->literal;
    switch (like->kind) {
    case STOA_LIKE_GENERAL: return stoa_like_match(text, like->pattern, like->ignores_case);
    case STOA_LIKE_PART: return stoa_text_find(text, literal, 0) != SIZE_MAX;
    case STOA_LIKE_WHOLE:
        return text.length == literal.length &&
               (literal.length == 0 ||
                memcmp(text.data, literal.data, literal.length) == 0);
    case STOA_LIKE_PREFIX:
        return text.length >= literal.length &&
               (literal.length == 0 ||
                memcmp(text.data, literal.data, literal.length) == 0);
    case STOA_LIKE_SUFFIX:
        return text.length >= literal.length &&
               (literal.length == 0 || memcmp(text.data + text.length - literal.length,
                                              literal.data, literal.length) == 0);
    }
    return false;
}

/* ---- the functions ---- */

struct like_function {
    bool ignores_case;
    bool negated;
};

static const struct stoa_signature like_signature = {
    2, 2, {STOA_TYPE_TEXT, STOA_TYPE_TEXT},
      STOA_TYPE_BOOL
};

static bool resolve_like(const struct stoa_function *function,
                         struct stoa_expr *const *args, uint32_t arg_count,
                         stoa_type *out_type, stoa_type *out_arg_types)
{
    STOA_UNUSED(function);
    return stoa_signature_resolve(&like_signature, args, arg_count, out_type,
                                  out_arg_types);
}

/* A pattern that ends in a lone backslash is an error, as in PostgreSQL. */
static bool ends_in_escape(struct stoa_view pattern)
{
    size_t count = 0;
    while (count < pattern.length && pattern.data[pattern.length - 1 - count] == '\\')
        count++;
    return count % 2 == 1;
}

static stoa_status check_pattern(struct stoa_view pattern, stoa_error *err)
{
    if (ends_in_escape(pattern))
        return stoa_fail(err, STOA_E_BAD_VALUE,
                         "a LIKE pattern must not end in a single backslash");
    return STOA_OK;
}

static stoa_status prepare_like(struct stoa_expr *expr, struct stoa_arena *arena,
                                stoa_error *err)
{
    const struct like_function *how = expr->function->data;
    const struct stoa_expr *pattern = expr->args[1];
    if (pattern->kind != STOA_EXPR_CONSTANT || pattern->constant.is_null)
        return STOA_OK;
    STOA_TRY(check_pattern(pattern->constant.bytes, err));
    struct stoa_like *like = stoa_arena_alloc(arena, sizeof *like);
    if (!like)
        return stoa_arena_fail(arena, sizeof *like, err);
    STOA_TRY(
        stoa_like_compile(pattern->constant.bytes, how->ignores_case, arena, like, err));
    expr->state = like;
    return STOA_OK;
}

static stoa_status row_like(struct stoa_call *call, uint32_t row, stoa_error *err)
{
    const struct like_function *how = call->expr->function->data;
    const struct stoa_like *like = call->expr->state;
    const struct stoa_view text = call->args[0]->values.views[row];
    bool matches = false;
    if (like) {
        matches = stoa_like_test(like, text);
    } else {
        const struct stoa_view pattern = call->args[1]->values.views[row];
        STOA_TRY(check_pattern(pattern, err));
        matches = stoa_like_match(text, pattern, how->ignores_case);
    }
    stoa_call_set_bool(call, row, matches != how->negated);
    return STOA_OK;
}

static stoa_status eval_like(struct stoa_call *call, stoa_error *err)
{
    return stoa_call_each(call, row_like, err);
}

static const struct like_function plain = {false, false};
static const struct like_function not_plain = {false, true};
static const struct like_function any_case = {true, false};
static const struct like_function not_any_case = {true, true};

#define LIKE(sign, word, how)                                                              \
    {                                                                                      \
        .name = sign, .help = "text " word " pattern -> bool", .resolve = resolve_like,    \
        .prepare = prepare_like, .eval = eval_like, .data = &how                           \
    }

const struct stoa_function stoa_functions_like[] = {
    LIKE("~~", "LIKE", plain),
    LIKE("!~~", "NOT LIKE", not_plain),
    LIKE("~~*", "ILIKE", any_case),
    LIKE("!~~*", "NOT ILIKE", not_any_case),
    {.name = NULL},
};
