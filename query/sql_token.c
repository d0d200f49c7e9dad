/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts SQL text into tokens by the rules of PostgreSQL's scan.l (documentation: "Lexical
 * Structure"). Called by sql_rewrite.c for every statement; tokens live in the plan's arena.
 *
 * Two passes, one that counts and one that stores, keep the list in one piece of the arena.
 */
#include "query/sql_token.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static bool is_word_part(char c)
{
    return is_word_start(c) || is_digit(c) || c == '$';
}

static bool is_operator_part(char c)
{
    return c != '\0' && strchr("~!@#^&|`?+-*/%<>=", c) != NULL;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* ---- one token ---- */

/* Past a comment that begins at p, or p itself. Block comments nest. */
static const char *skip_comment(const char *p)
{
    if (p[0] == '-' && p[1] == '-') {
        while (*p != '\0' && *p != '\n' && *p != '\r')
            p++;
        return p;
    }
    if (p[0] != '/' || p[1] != '*')
        return p;
    unsigned depth = 0;
    while (*p != '\0') {
        if (p[0] == '/' && p[1] == '*') {
            depth++;
            p += 2;
        } else if (p[0] == '*' && p[1] == '/') {
            p += 2;
            if (--depth == 0)
                return p;
        } else {
            p++;
        }
    }
    return p;
}

static const char *skip_blanks(const char *p)
{
    for (;;) {
        const char *next = p;
        while (is_space(*next))
            next++;
        next = skip_comment(next);
        if (next == p)
            return p;
        p = next;
    }
}

/* Past the quoted text that begins at p; a doubled quote stands for one. */
static const char *skip_quoted(const char *p, bool has_escapes)
{
    const char quote = *p++;
    while (*p != '\0') {
        if (has_escapes && p[0] == '\\' && p[1] != '\0') {
            p += 2;
        } else if (*p != quote) {
            p++;
        } else if (p[1] == quote) {
            p += 2;
        } else {
            return p + 1;
        }
    }
    return p;
}

/* Past $tag$ ... $tag$ or $1, or NULL when p begins neither. */
static const char *skip_dollar(const char *p)
{
    if (is_digit(p[1])) {
        p++;
        while (is_digit(*p))
            p++;
        return p;
    }
    const char *tag = p + 1;
    if (is_word_start(*tag)) {
        while (is_word_part(*tag) && *tag != '$')
            tag++;
    }
    if (*tag != '$')
        return NULL;
    const size_t size = (size_t)(tag + 1 - p);
    for (const char *q = tag + 1; *q != '\0'; q++) {
        if (*q == '$' && strncmp(q, p, size) == 0)
            return q + size;
    }
    return tag + strlen(tag);
}

static const char *skip_number(const char *p)
{
    while (is_digit(*p))
        p++;
    if (p[0] == '.' && p[1] != '.') {
        p++;
        while (is_digit(*p))
            p++;
    }
    if (*p == 'e' || *p == 'E') {
        const char *exponent = p + 1;
        if (*exponent == '+' || *exponent == '-')
            exponent++;
        if (is_digit(*exponent)) {
            while (is_digit(*exponent))
                exponent++;
            p = exponent;
        }
    }
    return p;
}

/* The lexer's rule: an operator of several signs does not end in + or - unless it holds one of
 * ~!@#%^&|`? ; so "=-1" is = and -1. Comments end it. */
static const char *skip_operator(const char *p)
{
    const char *end = p;
    bool is_special = false;
    while (is_operator_part(*end) && (end == p || skip_comment(end) == end)) {
        is_special |= strchr("~!@#%^&|`?", *end) != NULL;
        end++;
    }
    while (!is_special && end - p > 1 && (end[-1] == '+' || end[-1] == '-'))
        end--;
    return end;
}

/* Past the literal of a prefixed kind (E'', U&"" ...) that begins at p, or NULL. */
static const char *skip_prefixed(const char *p)
{
    const char c = lower(p[0]);
    if (p[1] == '\'' && (c == 'e' || c == 'b' || c == 'x' || c == 'n'))
        return skip_quoted(p + 1, c == 'e');
    if (c == 'u' && p[1] == '&' && (p[2] == '\'' || p[2] == '"'))
        return skip_quoted(p + 2, false);
    if (c == '$')
        return skip_dollar(p);
    return NULL;
}

/* The token that begins at p, which is neither blank nor the end; returns its end. */
static const char *cut(const char *p, enum stoa_token_kind *out_kind)
{
    const char *end = skip_prefixed(p);
    if (end) {
        *out_kind = STOA_TOKEN_SPECIAL;
        return end;
    }
    if (is_word_start(*p)) {
        *out_kind = STOA_TOKEN_WORD;
        while (is_word_part(*p))
            p++;
        return p;
    }
    if (*p == '"' || *p == '\'') {
        *out_kind = *p == '"' ? STOA_TOKEN_QUOTED : STOA_TOKEN_STRING;
        return skip_quoted(p, false);
    }
    if (is_digit(*p) || (*p == '.' && is_digit(p[1]))) {
        *out_kind = STOA_TOKEN_NUMBER;
        return skip_number(p);
    }
    if (is_operator_part(*p) || (p[0] == ':' && p[1] == ':')) {
        *out_kind = STOA_TOKEN_OPERATOR;
        return *p == ':' ? p + 2 : skip_operator(p);
    }
    *out_kind = STOA_TOKEN_PUNCT;
    return p + 1;
}

/* ---- the list ---- */

/* Stores up to `room` tokens and fills the rest with ENDs; returns how many there are. */
static uint32_t cut_all(const char *text, struct stoa_token *tokens, uint32_t room)
{
    uint32_t count = 0;
    const char *p = skip_blanks(text);
    while (*p != '\0') {
        enum stoa_token_kind kind;
        const char *end = cut(p, &kind);
        if (count < room)
            tokens[count] = (struct stoa_token){
                .kind = kind, .start = (uint32_t)(p - text), .length = (uint32_t)(end - p)};
        count++;
        p = skip_blanks(end);
    }
    for (uint32_t i = count; i < room; i++)
        tokens[i] =
            (struct stoa_token){.kind = STOA_TOKEN_END, .start = (uint32_t)(p - text)};
    return count;
}

stoa_status stoa_token_list_make(const char *text, struct stoa_arena *arena,
                                 struct stoa_token_list *out_list, stoa_error *err)
{
    const uint32_t count = cut_all(text, NULL, 0);
    const uint32_t room = count + STOA_TOKEN_LOOKAHEAD;
    struct stoa_token *tokens = stoa_arena_alloc_zeroed(arena, room, sizeof *tokens);
    if (!tokens)
        return stoa_arena_fail(arena, room * sizeof *tokens, err);
    cut_all(text, tokens, room);
    *out_list = (struct stoa_token_list){.text = text, .tokens = tokens, .count = count};
    return STOA_OK;
}

uint32_t stoa_token_at(const struct stoa_token_list *list, uint32_t start)
{
    uint32_t low = 0;
    uint32_t high = list->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (list->tokens[middle].start < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool stoa_token_is_word(const struct stoa_token_list *list, uint32_t i, const char *word)
{
    const struct stoa_token *token = &list->tokens[i];
    if (token->kind != STOA_TOKEN_WORD || strlen(word) != token->length)
        return false;
    for (uint32_t k = 0; k < token->length; k++) {
        if (lower(list->text[token->start + k]) != lower(word[k]))
            return false;
    }
    return true;
}

bool stoa_token_is_sign(const struct stoa_token_list *list, uint32_t i, const char *sign)
{
    const struct stoa_token *token = &list->tokens[i];
    return (token->kind == STOA_TOKEN_OPERATOR || token->kind == STOA_TOKEN_PUNCT) &&
           strlen(sign) == token->length &&
           memcmp(list->text + token->start, sign, token->length) == 0;
}

bool stoa_token_is_glued(const struct stoa_token_list *list, uint32_t i)
{
    if (i == 0 || i > list->count)
        return false;
    const struct stoa_token *before = &list->tokens[i - 1];
    return before->start + before->length == list->tokens[i].start;
}

char *stoa_token_text(const struct stoa_token_list *list, uint32_t i,
                      struct stoa_arena *arena)
{
    const struct stoa_token *token = &list->tokens[i];
    const char *p = list->text + token->start;
    const char *end = p + token->length;
    if (token->kind != STOA_TOKEN_QUOTED && token->kind != STOA_TOKEN_STRING)
        return stoa_arena_strndup(arena, p, token->length);
    const char quote = *p++;
    char *out = stoa_arena_alloc(arena, (size_t)token->length + 1);
    if (!out)
        return NULL;
    size_t size = 0;
    for (; p < end; p++) {
        if (*p == quote && (++p >= end || *p != quote))
            break;
        out[size++] = *p;
    }
    out[size] = '\0';
    return out;
}
