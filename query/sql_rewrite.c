/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rewrites our SQL extensions into PostgreSQL's syntax (see sql_rewrite.h for the list). Called by
 * sql_parse.c before the grammar; everything it makes lives in the plan's arena.
 *
 * It looks at tokens only and never rejects what the grammar would explain better. The text is
 * cut into segments (in the order the grammar wants them), edits replace tokens inside them, and
 * the pieces that come out map every offset back.
 */
#include "query/sql_rewrite.h"

#include <string.h>

#include "format/text.h"
#include "query/sql_error.h"

/* Part of the rewritten text: a copy of the user's bytes from `source`, or a text of ours in the
 * place of what stands there. */
struct stoa_sql_piece {
    uint32_t start; /* in the rewritten text */
    uint32_t source;
    bool is_copy;
};

/* Bytes [start, end) of the user's text are replaced by `text`. Ascending, disjoint. */
struct edit {
    uint32_t start;
    uint32_t end;
    const char *text;
};

/* One open parenthesis, bracket or CASE; level 0 is the statement. */
struct level {
    uint32_t run;      /* tokens since the last comma, AND, OR, WHEN, THEN, ELSE */
    uint32_t chained;  /* set operations and joins, whose trees lean to the left */
    uint32_t betweens; /* BETWEEN whose AND is still to come */
    bool is_query;     /* begins with SELECT: its FROM is a clause */
    bool is_case;
    bool in_from;
};

struct rewriter {
    struct stoa_arena *arena;
    struct stoa_sql_source *source;
    const struct stoa_token_list *tokens;
    struct edit *edits; /* room for one per token */
    uint32_t edit_count;
    struct level *levels; /* STOA_SQL_MAX_DEPTH + 1 */
    uint32_t level;
    uint32_t depth; /* of the tree, at most */
    bool expects_table;
};

/* ---- words ---- */

static bool is_one_of(const struct stoa_token_list *tokens, uint32_t i,
                      const char *const *words)
{
    for (; *words; words++) {
        if (stoa_token_is_word(tokens, i, *words))
            return true;
    }
    return false;
}

bool stoa_sql_is_clause(const struct stoa_token_list *tokens, uint32_t i)
{
    static const char *const words[] = {
        "from",      "where", "group",  "having",  "order", "limit",
        "offset",    "union", "except", "window",  "fetch", "for",
        "intersect", "into",  "select", "qualify", NULL};
    if (!is_one_of(tokens, i, words))
        return false;
    if (i == 0)
        return true;
    if (stoa_token_is_sign(tokens, i - 1, ".") || stoa_token_is_word(tokens, i - 1, "as"))
        return false;
    const bool is_operator = stoa_token_is_word(tokens, i, "from") && i > 1 &&
                             stoa_token_is_word(tokens, i - 1, "distinct") &&
                             (stoa_token_is_word(tokens, i - 2, "is") ||
                              stoa_token_is_word(tokens, i - 2, "not"));
    return !is_operator;
}

static bool begins_query(const struct stoa_token_list *tokens, uint32_t i)
{
    static const char *const words[] = {"select", "from", "with", "values", NULL};
    return is_one_of(tokens, i, words);
}

/* ---- edits and marks ---- */

static void replace(struct rewriter *r, uint32_t first, uint32_t last, const char *text)
{
    const struct stoa_token *end = &r->tokens->tokens[last];
    r->edits[r->edit_count++] = (struct edit){.start = r->tokens->tokens[first].start,
                                              .end = end->start + end->length,
                                              .text = text};
}

/* NULL when memory is short. */
static struct stoa_sql_mark *add_mark(struct rewriter *r, enum stoa_sql_mark_kind kind,
                                      uint32_t i)
{
    struct stoa_sql_mark *mark = stoa_arena_alloc_zeroed(r->arena, 1, sizeof *mark);
    if (!mark)
        return NULL;
    mark->kind = kind;
    mark->offset = r->tokens->tokens[i].start;
    mark->next = r->source->marks;
    r->source->marks = mark;
    return mark;
}

/* ---- tables ---- */

uint32_t stoa_sql_path_end(const struct stoa_token_list *tokens, uint32_t i)
{
    if (tokens->tokens[i].kind == STOA_TOKEN_QUOTED)
        return i;
    if (tokens->tokens[i].kind == STOA_TOKEN_STRING) {
        const bool has_version =
            i + 2 <= tokens->count && stoa_token_is_glued(tokens, i + 1) &&
            stoa_token_is_sign(tokens, i + 1, "@") && stoa_token_is_glued(tokens, i + 2) &&
            tokens->tokens[i + 2].kind == STOA_TOKEN_NUMBER;
        return has_version ? i + 2 : i;
    }
    while (i + 1 < tokens->count && stoa_token_is_glued(tokens, i + 1)) {
        const struct stoa_token *next = &tokens->tokens[i + 1];
        const char sign = tokens->text[next->start];
        if (next->kind == STOA_TOKEN_PUNCT && sign != '.' && sign != ':')
            break;
        if (next->kind == STOA_TOKEN_STRING || next->kind == STOA_TOKEN_QUOTED ||
            next->kind == STOA_TOKEN_SPECIAL)
            break;
        i++;
    }
    return i;
}

static bool begins_path(const struct stoa_token_list *tokens, uint32_t i)
{
    const struct stoa_token *token = &tokens->tokens[i];
    const char c = tokens->text[token->start];
    if (token->kind == STOA_TOKEN_STRING)
        return true;
    if (token->kind == STOA_TOKEN_WORD)
        return stoa_sql_path_end(tokens, i) > i; /* a single word is a name */
    return c == '/' || c == '.' || c == '~';
}

/* Text of tokens first..last of a path: a quoted first one without its quotes. */
static char *path_text(struct rewriter *r, uint32_t first, uint32_t last)
{
    const struct stoa_token *begin = &r->tokens->tokens[first];
    const struct stoa_token *end = &r->tokens->tokens[last];
    if (begin->kind != STOA_TOKEN_STRING)
        return stoa_arena_strndup(r->arena, r->tokens->text + begin->start,
                                  end->start + end->length - begin->start);
    char *quoted = stoa_token_text(r->tokens, first, r->arena);
    if (!quoted || first == last)
        return quoted;
    const size_t size = strlen(quoted);
    const uint32_t rest = begin->start + begin->length;
    const size_t rest_size = end->start + end->length - rest;
    char *out = stoa_arena_alloc(r->arena, size + rest_size + 1);
    if (!out)
        return NULL;
    memcpy(out, quoted, size);
    memcpy(out + size, r->tokens->text + rest, rest_size);
    out[size + rest_size] = '\0';
    return out;
}

/* Handles the table at token `i`, if it is one of ours; *out_next is the token to go on with. */
static stoa_status take_table(struct rewriter *r, uint32_t i, uint32_t *out_next,
                              stoa_error *err)
{
    r->expects_table = false;
    *out_next = i;
    if (!begins_path(r->tokens, i))
        return STOA_OK;
    const uint32_t last = stoa_sql_path_end(r->tokens, i);
    struct stoa_sql_mark *mark = add_mark(r, STOA_MARK_TABLE, i);
    if (!mark)
        return stoa_arena_fail(r->arena, sizeof *mark, err);
    mark->is_string = r->tokens->tokens[i].kind == STOA_TOKEN_STRING;
    mark->path = path_text(r, i, last);
    if (!mark->path)
        return stoa_arena_fail(r->arena, r->source->size, err);
    replace(r, i, last, "\"t\"");
    *out_next = last + 1;
    return STOA_OK;
}

/* ---- * EXCLUDE, ALL, words before a dot ---- */

/* Reads name [, name] of EXCLUDE; *i is at the first name and then behind the last. False when
 * something else stands there: the grammar will say so. */
static bool take_names(struct rewriter *r, uint32_t *i, bool is_list,
                       struct stoa_sql_mark *mark)
{
    for (;;) {
        struct stoa_sql_part *part = &mark->excluded[mark->excluded_count];
        const enum stoa_token_kind kind = r->tokens->tokens[*i].kind;
        if (kind != STOA_TOKEN_WORD && kind != STOA_TOKEN_QUOTED)
            return false;
        part->offset = r->tokens->tokens[*i].start;
        part->is_quoted = kind == STOA_TOKEN_QUOTED;
        if (part->is_quoted) {
            part->text = stoa_token_text(r->tokens, *i, r->arena);
        } else {
            const uint32_t last = stoa_sql_path_end(r->tokens, *i); /* a dotted name */
            part->text = path_text(r, *i, last);
            *i = last;
        }
        if (!part->text)
            return false;
        (*i)++;
        mark->excluded_count++;
        if (!is_list || !stoa_token_is_sign(r->tokens, *i, ","))
            return true;
        (*i)++;
    }
}

/* *out_last is the last token that was taken. */
static stoa_status take_exclude(struct rewriter *r, uint32_t star, uint32_t *out_last,
                                stoa_error *err)
{
    uint32_t i = star + 2;
    const bool is_list = stoa_token_is_sign(r->tokens, i, "(");
    if (is_list)
        i++;
    struct stoa_sql_mark *mark = add_mark(r, STOA_MARK_EXCLUDE, star);
    if (!mark)
        return stoa_arena_fail(r->arena, sizeof *mark, err);
    uint32_t commas = 0;
    for (uint32_t k = i; k < r->tokens->count && !stoa_token_is_sign(r->tokens, k, ")");
         k++)
        commas += stoa_token_is_sign(r->tokens, k, ",");
    mark->excluded = stoa_arena_alloc_zeroed(r->arena, commas + 1, sizeof *mark->excluded);
    if (!mark->excluded)
        return stoa_arena_fail(r->arena, (commas + 1) * sizeof *mark->excluded, err);
    const bool is_named = take_names(r, &i, is_list, mark);
    if (!is_named || (is_list && !stoa_token_is_sign(r->tokens, i, ")")))
        return stoa_sql_fail(err, STOA_E_SYNTAX, r->tokens->tokens[i].start,
                             "expected column names after EXCLUDE, as in * EXCLUDE (a, b)");
    *out_last = is_list ? i : i - 1;
    replace(r, star + 1, *out_last, " ");
    return STOA_OK;
}

/* True if token `i` is a star that stands for columns. */
static bool is_column_star(const struct stoa_token_list *tokens, uint32_t i)
{
    return stoa_token_is_sign(tokens, i, "*") && i > 0 &&
           (stoa_token_is_word(tokens, i - 1, "select") ||
            stoa_token_is_word(tokens, i - 1, "distinct") ||
            stoa_token_is_word(tokens, i - 1, "all") ||
            stoa_token_is_sign(tokens, i - 1, ",") ||
            stoa_token_is_sign(tokens, i - 1, "."));
}

static stoa_status take_star(struct rewriter *r, uint32_t i, uint32_t *out_last,
                             stoa_error *err)
{
    const struct stoa_token_list *tokens = r->tokens;
    *out_last = i;
    if (stoa_token_is_word(tokens, i + 1, "replace") &&
        stoa_token_is_sign(tokens, i + 2, "("))
        return stoa_sql_fail(err, STOA_E_UNSUPPORTED_SQL, tokens->tokens[i + 1].start,
                             "* REPLACE is not supported yet");
    /* EXCEPT in front of SELECT is the set operation. */
    const bool is_except = stoa_token_is_word(tokens, i + 1, "except") &&
                           stoa_token_is_sign(tokens, i + 2, "(") &&
                           !begins_query(tokens, i + 3) &&
                           !stoa_token_is_sign(tokens, i + 3, "(");
    if (stoa_token_is_word(tokens, i + 1, "exclude") || is_except)
        return take_exclude(r, i, out_last, err);
    return STOA_OK;
}

/* GROUP BY ALL, with nothing that could be grouped behind it; ORDER BY ALL. */
static stoa_status take_all(struct rewriter *r, uint32_t i, stoa_error *err)
{
    const struct stoa_token_list *tokens = r->tokens;
    if (i < 2 || !stoa_token_is_word(tokens, i - 1, "by"))
        return STOA_OK;
    const bool is_end = tokens->tokens[i + 1].kind == STOA_TOKEN_END ||
                        stoa_token_is_sign(tokens, i + 1, ")") ||
                        stoa_token_is_sign(tokens, i + 1, ";") ||
                        stoa_sql_is_clause(tokens, i + 1);
    if (!stoa_token_is_word(tokens, i - 2, "order") &&
        !(stoa_token_is_word(tokens, i - 2, "group") && is_end))
        return STOA_OK;
    struct stoa_sql_mark *mark = add_mark(r, STOA_MARK_ALL, i);
    if (!mark)
        return stoa_arena_fail(r->arena, sizeof *mark, err);
    replace(r, i, i, "\"a\"");
    return STOA_OK;
}

/* user.name: the grammar takes any word behind a dot, but none of its own in front of one. */
static stoa_status take_dotted(struct rewriter *r, uint32_t i, stoa_error *err)
{
    const struct stoa_token_list *tokens = r->tokens;
    const struct stoa_token *token = &tokens->tokens[i];
    if (!stoa_token_is_sign(tokens, i + 1, ".") || !stoa_token_is_glued(tokens, i + 1) ||
        !stoa_token_is_glued(tokens, i + 2) ||
        (i > 0 && stoa_token_is_sign(tokens, i - 1, ".")))
        return STOA_OK;
    char *quoted = stoa_arena_alloc(r->arena, (size_t)token->length + 3);
    if (!quoted)
        return stoa_arena_fail(r->arena, (size_t)token->length + 3, err);
    quoted[0] = '"';
    memcpy(quoted + 1, tokens->text + token->start, token->length);
    memcpy(quoted + 1 + token->length, "\"", 2);
    replace(r, i, i, quoted);
    return STOA_OK;
}

/* ---- depth ---- */

/* Behind a dot every word is a name. */
static bool is_behind_dot(const struct stoa_token_list *tokens, uint32_t i)
{
    return i > 0 && stoa_token_is_sign(tokens, i - 1, ".");
}

static void reset_run(struct rewriter *r)
{
    struct level *level = &r->levels[r->level];
    r->depth -= level->run;
    level->run = 0;
}

static stoa_status fail_depth(const struct rewriter *r, uint32_t i, stoa_error *err)
{
    return stoa_sql_fail(err, STOA_E_LIMIT, r->tokens->tokens[i].start,
                         "expected an expression of at most %d operators, names and "
                         "brackets inside each other, found more",
                         STOA_SQL_MAX_DEPTH);
}

static void open_level(struct rewriter *r, bool is_query, bool is_case)
{
    r->levels[++r->level] = (struct level){.is_query = is_query, .is_case = is_case};
}

static void close_level(struct rewriter *r)
{
    if (r->level == 0)
        return;
    r->depth -= r->levels[r->level].run + r->levels[r->level].chained;
    r->level--;
}

/* Bounds the depth of the tree that the grammar will build: every token since the last one that
 * begins a flat list may nest, in every open level. AND and OR chains are flat, except the AND of a
 * BETWEEN. */
static stoa_status count_depth(struct rewriter *r, uint32_t i, stoa_error *err)
{
    static const char *const flat[] = {"or", "when", "then", "else", NULL};
    static const char *const chains[] = {"union", "intersect", "except", "join", NULL};
    const struct stoa_token_list *tokens = r->tokens;
    struct level *level = &r->levels[r->level];
    level->run++;
    r->depth++;
    if (is_behind_dot(tokens, i))
        return r->depth > STOA_SQL_MAX_DEPTH ? fail_depth(r, i, err) : STOA_OK;
    if (is_one_of(tokens, i, chains)) {
        level->chained++;
        r->depth++;
    }
    if (stoa_token_is_word(tokens, i, "between"))
        level->betweens++;
    const bool is_and = stoa_token_is_word(tokens, i, "and");
    if (is_and && level->betweens > 0)
        level->betweens--;
    else if (is_and || stoa_token_is_sign(tokens, i, ",") || is_one_of(tokens, i, flat))
        reset_run(r);
    return r->depth > STOA_SQL_MAX_DEPTH ? fail_depth(r, i, err) : STOA_OK;
}

static void change_level(struct rewriter *r, uint32_t i)
{
    const struct stoa_token_list *tokens = r->tokens;
    if (is_behind_dot(tokens, i))
        return;
    if (stoa_token_is_sign(tokens, i, "(") || stoa_token_is_sign(tokens, i, "["))
        open_level(r, begins_query(tokens, i + 1), false);
    else if (stoa_token_is_word(tokens, i, "case"))
        open_level(r, false, true);
    else if (stoa_token_is_sign(tokens, i, ")") || stoa_token_is_sign(tokens, i, "]") ||
             (stoa_token_is_word(tokens, i, "end") && r->levels[r->level].is_case))
        close_level(r);
}

/* ---- the walk ---- */

static void track_from(struct rewriter *r, uint32_t i)
{
    struct level *level = &r->levels[r->level];
    if (!level->is_query)
        return;
    if (stoa_sql_is_clause(r->tokens, i))
        level->in_from = stoa_token_is_word(r->tokens, i, "from");
    r->expects_table = level->in_from && (stoa_token_is_word(r->tokens, i, "from") ||
                                          stoa_token_is_word(r->tokens, i, "join") ||
                                          stoa_token_is_sign(r->tokens, i, ","));
}

static stoa_status walk(struct rewriter *r, stoa_error *err)
{
    const struct stoa_token_list *tokens = r->tokens;
    r->levels[0] = (struct level){.is_query = true, .in_from = r->expects_table};
    for (uint32_t i = r->source->first; i < tokens->count; i++) {
        if (r->expects_table) {
            uint32_t next;
            STOA_TRY(take_table(r, i, &next, err));
            if (next > i) {
                i = next - 1;
                continue;
            }
        }
        STOA_TRY(count_depth(r, i, err));
        if (is_column_star(tokens, i))
            STOA_TRY(take_star(r, i, &i, err));
        else if (stoa_token_is_word(tokens, i, "all"))
            STOA_TRY(take_all(r, i, err));
        else if (tokens->tokens[i].kind == STOA_TOKEN_WORD)
            STOA_TRY(take_dotted(r, i, err));
        track_from(r, i);
        change_level(r, i);
    }
    return STOA_OK;
}

/* ---- verbs ---- */

/* Sees what the statement begins with; `first` becomes the token behind it. *out_prefix is
 * text to put in front of the rest. */
static stoa_status take_verb(struct rewriter *r, const char **out_prefix, stoa_error *err)
{
    struct stoa_sql_source *source = r->source;
    const struct stoa_token_list *tokens = r->tokens;
    *out_prefix = "";
    if (stoa_token_is_word(tokens, 0, "explain")) {
        if (stoa_token_is_sign(tokens, 1, "(") && !begins_query(tokens, 2))
            return stoa_sql_fail(err, STOA_E_UNSUPPORTED_SQL, tokens->tokens[1].start,
                                 "options of EXPLAIN in brackets are not supported");
        const bool analyze = stoa_token_is_word(tokens, 1, "analyze") ||
                             stoa_token_is_word(tokens, 1, "analyse");
        source->verb = analyze ? STOA_SQL_EXPLAIN_ANALYZE : STOA_SQL_EXPLAIN;
        source->first = analyze ? 2 : 1;
        return STOA_OK;
    }
    const bool describe = stoa_token_is_word(tokens, 0, "describe");
    if (!describe && !stoa_token_is_word(tokens, 0, "summarize"))
        return STOA_OK;
    source->verb = describe ? STOA_SQL_DESCRIBE : STOA_SQL_SUMMARIZE;
    source->first = 1;
    if (begins_query(tokens, 1) || stoa_token_is_sign(tokens, 1, "("))
        return STOA_OK;
    const bool has_table = tokens->count > 1 && !stoa_token_is_sign(tokens, 1, ";");
    r->expects_table = has_table;
    *out_prefix = has_table ? "SELECT * FROM " : "SELECT * ";
    return STOA_OK;
}

/* ---- output ---- */

struct output {
    char *text;
    size_t size;
    struct stoa_sql_piece *pieces;
    uint32_t piece_count;
};

static void put(struct output *out, const char *bytes, size_t size, uint32_t source,
                bool is_copy)
{
    if (size == 0)
        return;
    out->pieces[out->piece_count++] = (struct stoa_sql_piece){
        .start = (uint32_t)out->size, .source = source, .is_copy = is_copy};
    memcpy(out->text + out->size, bytes, size);
    out->size += size;
}

/* Copies bytes [start, end) of the user's text with the edits in them, and a blank. */
static void put_segment(const struct rewriter *r, struct output *out, uint32_t start,
                        uint32_t end)
{
    const char *sql = r->source->sql;
    uint32_t at = start;
    for (uint32_t i = 0; i < r->edit_count; i++) {
        const struct edit *edit = &r->edits[i];
        if (edit->start < start || edit->start >= end)
            continue;
        put(out, sql + at, edit->start - at, at, true);
        put(out, edit->text, strlen(edit->text), edit->start, false);
        at = edit->end;
    }
    put(out, sql + at, end - at, at, true);
    put(out, " ", 1, end, false);
}

/* True if token `i` is part of what an edit replaces: a path or an EXCLUDE list, whose
 * words are names. */
static bool is_edited(const struct rewriter *r, uint32_t i)
{
    const uint32_t start = r->tokens->tokens[i].start;
    for (uint32_t e = 0; e < r->edit_count; e++) {
        if (start >= r->edits[e].start && start < r->edits[e].end)
            return true;
    }
    return false;
}

/* The first clause word of level 0 behind token `i`. */
static uint32_t next_clause(const struct rewriter *r, uint32_t i)
{
    const struct stoa_token_list *tokens = r->tokens;
    uint32_t depth = 0;
    for (i++; i < tokens->count; i++) {
        if (stoa_token_is_sign(tokens, i, "("))
            depth++;
        else if (stoa_token_is_sign(tokens, i, ")") && depth > 0)
            depth--;
        else if (depth == 0 &&
                 (stoa_sql_is_clause(tokens, i) || stoa_token_is_sign(tokens, i, ";")) &&
                 !is_edited(r, i))
            break;
    }
    return i;
}

static void put_statement(const struct rewriter *r, struct output *out, const char *prefix)
{
    const struct stoa_token_list *tokens = r->tokens;
    const uint32_t first = r->source->first;
    const uint32_t start = tokens->tokens[first].start;
    const uint32_t end = r->source->size;
    put(out, prefix, strlen(prefix), start, false);
    if (!stoa_token_is_word(tokens, first, "from")) {
        put_segment(r, out, start, end);
        return;
    }
    const uint32_t select = next_clause(r, first);
    if (!stoa_token_is_word(tokens, select, "select")) {
        put(out, "SELECT * ", 9, start, false);
        put_segment(r, out, start, end);
        return;
    }
    const uint32_t rest = next_clause(r, select);
    put_segment(r, out, tokens->tokens[select].start, tokens->tokens[rest].start);
    put_segment(r, out, start, tokens->tokens[select].start);
    put_segment(r, out, tokens->tokens[rest].start, end);
}

static stoa_status write_output(struct rewriter *r, const char *prefix, stoa_error *err)
{
    /* Three segments with a blank each, SELECT *, the prefix; an edit makes two pieces more. */
    size_t room = (size_t)r->source->size + strlen(prefix) + 16;
    for (uint32_t i = 0; i < r->edit_count; i++)
        room += strlen(r->edits[i].text);
    const size_t pieces = 2 * (size_t)r->edit_count + 10;
    struct output out = {
        .text = stoa_arena_alloc(r->arena, room),
        .pieces = stoa_arena_alloc_zeroed(r->arena, pieces, sizeof *out.pieces),
    };
    if (!out.text || !out.pieces)
        return stoa_arena_fail(r->arena, room, err);
    put_statement(r, &out, prefix);
    out.text[out.size] = '\0';
    r->source->rewritten = out.text;
    r->source->rewritten_size = out.size;
    r->source->pieces = out.pieces;
    r->source->piece_count = out.piece_count;
    return STOA_OK;
}

stoa_status stoa_sql_rewrite(const char *sql, struct stoa_arena *arena,
                             struct stoa_sql_source *out_source, stoa_error *err)
{
    const size_t size = strlen(sql);
    if (size > STOA_SQL_MAX_BYTES)
        return stoa_fail(err, STOA_E_LIMIT,
                         "expected a statement of at most %d bytes, found %zu",
                         STOA_SQL_MAX_BYTES, size);
    const size_t valid = stoa_utf8_valid_prefix((const uint8_t *)sql, size);
    if (valid < size)
        return stoa_sql_fail(err, STOA_E_SYNTAX, (uint32_t)valid,
                             "expected UTF-8, found the byte 0x%02x",
                             (unsigned)(unsigned char)sql[valid]);
    *out_source = (struct stoa_sql_source){.sql = sql, .size = (uint32_t)size};
    STOA_TRY(stoa_token_list_make(sql, arena, &out_source->tokens, err));
    const uint32_t count = out_source->tokens.count;
    if (count == 0 || stoa_token_is_sign(&out_source->tokens, 0, ";"))
        return stoa_sql_fail(err, STOA_E_SYNTAX, out_source->tokens.tokens[0].start,
                             "expected a statement, found none");
    struct rewriter r = {
        .arena = arena,
        .source = out_source,
        .tokens = &out_source->tokens,
        .edits = stoa_arena_alloc_zeroed(arena, (size_t)count + 1, sizeof *r.edits),
        .levels = stoa_arena_alloc_zeroed(arena, STOA_SQL_MAX_DEPTH + 2, sizeof *r.levels),
    };
    if (!r.edits || !r.levels)
        return stoa_arena_fail(arena, ((size_t)count + 1) * sizeof *r.edits, err);
    const char *prefix;
    STOA_TRY(take_verb(&r, &prefix, err));
    STOA_TRY(walk(&r, err));
    return write_output(&r, prefix, err);
}

/* ---- the way back ---- */

uint32_t stoa_sql_source_offset(const struct stoa_sql_source *source, size_t rewritten)
{
    if (source->piece_count == 0)
        return 0;
    uint32_t low = 0;
    uint32_t high = source->piece_count;
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (source->pieces[middle].start <= rewritten)
            low = middle;
        else
            high = middle;
    }
    const struct stoa_sql_piece *piece = &source->pieces[low];
    const size_t offset =
        piece->is_copy ? piece->source + (rewritten - piece->start) : piece->source;
    return offset < source->size ? (uint32_t)offset : source->size;
}

const struct stoa_sql_mark *stoa_sql_source_mark(const struct stoa_sql_source *source,
                                                 enum stoa_sql_mark_kind kind,
                                                 uint32_t offset)
{
    for (const struct stoa_sql_mark *mark = source->marks; mark; mark = mark->next) {
        if (mark->kind == kind && mark->offset == offset)
            return mark;
    }
    return NULL;
}
