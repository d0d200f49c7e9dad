/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads names, types and item texts out of the user's statement, by token. Called by
 * sql_parse.c while it walks the grammar's tree, whose names are folded to lower case and
 * cut to 63 bytes.
 */
#include "query/sql_source.h"

#include <string.h>

#include "query/sql_error.h"
#include "query/suggest.h"

static bool is_name(const struct stoa_token *token)
{
    return token->kind == STOA_TOKEN_WORD || token->kind == STOA_TOKEN_QUOTED;
}

stoa_status stoa_sql_source_name(const struct stoa_sql_source *source, uint32_t offset,
                                 struct stoa_arena *arena, struct stoa_sql_part **out_parts,
                                 uint32_t *out_count, stoa_error *err)
{
    const struct stoa_token_list *tokens = &source->tokens;
    const uint32_t first = stoa_token_at(tokens, offset);
    uint32_t count = 0;
    while (is_name(&tokens->tokens[first + 2 * count])) {
        count++;
        if (first + 2 * count > tokens->count ||
            !stoa_token_is_sign(tokens, first + 2 * count - 1, "."))
            break;
    }
    struct stoa_sql_part *parts = stoa_arena_alloc_zeroed(arena, count + 1, sizeof *parts);
    if (!parts)
        return stoa_arena_fail(arena, (count + 1) * sizeof *parts, err);
    for (uint32_t k = 0; k < count; k++) {
        const uint32_t i = first + 2 * k;
        parts[k].offset = tokens->tokens[i].start;
        parts[k].is_quoted = tokens->tokens[i].kind == STOA_TOKEN_QUOTED;
        parts[k].text = stoa_token_text(tokens, i, arena);
        if (!parts[k].text)
            return stoa_arena_fail(arena, tokens->tokens[i].length, err);
    }
    *out_parts = parts;
    *out_count = count;
    return STOA_OK;
}

/* Behind "(...)" if token `i` opens one, else `i`. */
static uint32_t skip_brackets(const struct stoa_token_list *tokens, uint32_t i)
{
    if (!stoa_token_is_sign(tokens, i, "("))
        return i;
    while (i < tokens->count && !stoa_token_is_sign(tokens, i, ")"))
        i++;
    return i < tokens->count ? i + 1 : i;
}

/* Behind WITH or WITHOUT TIME ZONE if it begins at token `i`, else `i`. */
static uint32_t skip_zone(const struct stoa_token_list *tokens, uint32_t i)
{
    const bool is_zone = (stoa_token_is_word(tokens, i, "with") ||
                          stoa_token_is_word(tokens, i, "without")) &&
                         stoa_token_is_word(tokens, i + 1, "time") &&
                         stoa_token_is_word(tokens, i + 2, "zone");
    return is_zone ? i + 3 : i;
}

/* Tokens [first, last) as written, with every gap between tokens as one blank. */
static stoa_status join_tokens(const struct stoa_token_list *tokens, uint32_t first,
                               uint32_t last, struct stoa_arena *arena,
                               const char **out_text, stoa_error *err)
{
    const uint32_t start = tokens->tokens[first].start;
    const uint32_t end =
        last > first ? tokens->tokens[last - 1].start + tokens->tokens[last - 1].length
                     : start;
    char *text = stoa_arena_alloc(arena, (size_t)(end - start) + 1);
    if (!text)
        return stoa_arena_fail(arena, (size_t)(end - start) + 1, err);
    size_t size = 0;
    for (uint32_t i = first; i < last; i++) {
        if (i > first && !stoa_token_is_glued(tokens, i))
            text[size++] = ' ';
        memcpy(text + size, tokens->text + tokens->tokens[i].start,
               tokens->tokens[i].length);
        size += tokens->tokens[i].length;
    }
    text[size] = '\0';
    *out_text = text;
    return STOA_OK;
}

stoa_status stoa_sql_source_type(const struct stoa_sql_source *source, uint32_t offset,
                                 struct stoa_arena *arena, const char **out_text,
                                 stoa_error *err)
{
    const struct stoa_token_list *tokens = &source->tokens;
    const uint32_t first = stoa_token_at(tokens, offset);
    uint32_t i = first;
    if (tokens->tokens[i].kind == STOA_TOKEN_QUOTED) {
        *out_text = stoa_token_text(tokens, i, arena);
        return *out_text ? STOA_OK : stoa_arena_fail(arena, tokens->tokens[i].length, err);
    }
    const bool is_time =
        stoa_token_is_word(tokens, i, "time") || stoa_token_is_word(tokens, i, "timestamp");
    i += (stoa_token_is_word(tokens, i, "double") &&
          stoa_token_is_word(tokens, i + 1, "precision")) ||
         (stoa_token_is_word(tokens, i, "character") &&
          stoa_token_is_word(tokens, i + 1, "varying"));
    if (i < tokens->count)
        i++;
    i = skip_brackets(tokens, i);
    if (is_time)
        i = skip_zone(tokens, i);
    return join_tokens(tokens, first, i, arena, out_text, err);
}

/* Behind the last token of the SELECT item that begins at `first`. */
static uint32_t item_end(const struct stoa_token_list *tokens, uint32_t first)
{
    uint32_t depth = 0;
    uint32_t i = first;
    for (; i < tokens->count; i++) {
        if (stoa_token_is_sign(tokens, i, "(") || stoa_token_is_sign(tokens, i, "[")) {
            depth++;
        } else if (stoa_token_is_sign(tokens, i, ")") ||
                   stoa_token_is_sign(tokens, i, "]")) {
            if (depth == 0)
                break;
            depth--;
        } else if (depth == 0 &&
                   (stoa_token_is_sign(tokens, i, ",") ||
                    stoa_token_is_sign(tokens, i, ";") || stoa_sql_is_clause(tokens, i))) {
            break;
        }
    }
    return i;
}

stoa_status stoa_sql_source_item(const struct stoa_sql_source *source, uint32_t offset,
                                 bool has_alias, struct stoa_arena *arena,
                                 const char **out_text, const char **out_alias,
                                 stoa_error *err)
{
    const struct stoa_token_list *tokens = &source->tokens;
    const uint32_t first = stoa_token_at(tokens, offset);
    uint32_t end = item_end(tokens, first);
    *out_alias = NULL;
    if (has_alias && end > first && is_name(&tokens->tokens[end - 1])) {
        end--;
        *out_alias = stoa_token_text(tokens, end, arena);
        if (!*out_alias)
            return stoa_arena_fail(arena, tokens->tokens[end].length, err);
        if (end > first && stoa_token_is_word(tokens, end - 1, "as"))
            end--;
    }
    return join_tokens(tokens, first, end, arena, out_text, err);
}

stoa_status stoa_sql_source_table_alias(const struct stoa_sql_source *source,
                                        uint32_t offset, struct stoa_arena *arena,
                                        const char **out_alias, stoa_error *err)
{
    const struct stoa_token_list *tokens = &source->tokens;
    uint32_t i = stoa_sql_path_end(tokens, stoa_token_at(tokens, offset)) + 1;
    if (stoa_token_is_word(tokens, i, "as"))
        i++;
    if (!is_name(&tokens->tokens[i]))
        return stoa_sql_fail(err, STOA_E_SYNTAX, tokens->tokens[i].start,
                             "expected an alias behind the table");
    *out_alias = stoa_token_text(tokens, i, arena);
    return *out_alias ? STOA_OK : stoa_arena_fail(arena, tokens->tokens[i].length, err);
}

uint32_t stoa_sql_source_word(const struct stoa_sql_source *source, const char *word)
{
    for (uint32_t i = source->first; i < source->tokens.count; i++) {
        if (stoa_token_is_word(&source->tokens, i, word))
            return source->tokens.tokens[i].start;
    }
    return source->tokens.tokens[source->first].start;
}

const char *stoa_sql_source_keyword(const struct stoa_sql_source *source, uint32_t offset,
                                    struct stoa_arena *arena, const char **out_word)
{
    static const char *const keywords[] = {
        "SELECT", "FROM",    "WHERE",    "GROUP",   "HAVING",   "ORDER",     "LIMIT",
        "OFFSET", "EXPLAIN", "DISTINCT", "BETWEEN", "DESCRIBE", "SUMMARIZE", "EXCLUDE"};
    const struct stoa_token_list *tokens = &source->tokens;
    const uint32_t at = stoa_token_at(tokens, offset);
    /* The grammar takes most slips for a name, and stumbles over the next word. */
    for (uint32_t step = at > 0 ? 0 : 1; step <= 1; step++) {
        const uint32_t i = at - (step == 0);
        if (tokens->tokens[i].kind != STOA_TOKEN_WORD || tokens->tokens[i].length < 3)
            continue;
        char *word = stoa_token_text(tokens, i, arena);
        if (!word)
            return NULL;
        for (char *p = word; *p != '\0'; p++) {
            if (*p >= 'a' && *p <= 'z')
                *p = (char)(*p - ('a' - 'A'));
        }
        struct stoa_suggest suggest = {.word = word};
        for (size_t k = 0; k < sizeof keywords / sizeof keywords[0]; k++)
            stoa_suggest_offer(&suggest, keywords[k]);
        if (suggest.best && suggest.best_distance > 0) {
            *out_word = word;
            return suggest.best;
        }
    }
    return NULL;
}

const char *stoa_sql_source_foreign(const struct stoa_sql_source *source, uint32_t offset,
                                    uint32_t *out_offset)
{
    static const struct {
        const char *word;
        const char *next; /* the word or sign behind it */
        const char *shown;
    } rows[] = {
        {"qualify",    NULL,   "QUALIFY is"        },
        {"try_cast",   "(",    "TRY_CAST is"       },
        {"pivot",      NULL,   "PIVOT is"          },
        {"unpivot",    NULL,   "UNPIVOT is"        },
        {"asof",       "join", "ASOF JOIN is"      },
        {"semi",       "join", "SEMI JOIN is"      },
        {"anti",       "join", "ANTI JOIN is"      },
        {"positional", "join", "POSITIONAL JOIN is"},
    };
    const struct stoa_token_list *tokens = &source->tokens;
    const uint32_t last = stoa_token_at(tokens, offset);
    for (uint32_t i = source->first; i <= last && i < tokens->count; i++) {
        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
            const bool is_next = !rows[k].next ||
                                 stoa_token_is_word(tokens, i + 1, rows[k].next) ||
                                 stoa_token_is_sign(tokens, i + 1, rows[k].next);
            if (is_next && stoa_token_is_word(tokens, i, rows[k].word)) {
                *out_offset = tokens->tokens[i].start;
                return rows[k].shown;
            }
        }
    }
    return NULL;
}
