/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of a statement, cut as PostgreSQL's lexer cuts them: what the rewriting of our extensions
 * and the recovery of names as written work on. Never fails on bad text (an open quote runs to the
 * end): saying what is wrong is the grammar's job.
 */
#ifndef STOA_QUERY_SQL_TOKEN_H
#define STOA_QUERY_SQL_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"

enum stoa_token_kind {
    STOA_TOKEN_WORD,    /* keyword or plain identifier */
    STOA_TOKEN_QUOTED,  /* "identifier" */
    STOA_TOKEN_STRING,  /* 'text' */
    STOA_TOKEN_SPECIAL, /* E'', B'', X'', N'', U&'', U&"", $$text$$, $1 */
    STOA_TOKEN_NUMBER,
    STOA_TOKEN_OPERATOR, /* + <= || and the like, also :: */
    STOA_TOKEN_PUNCT,    /* one of ( ) [ ] , ; . : */
    STOA_TOKEN_END       /* behind the last one; length 0, start = size of the text */
};

struct stoa_token {
    enum stoa_token_kind kind;
    uint32_t start; /* byte in the text */
    uint32_t length;
};

enum { STOA_TOKEN_LOOKAHEAD = 4 };

struct stoa_token_list {
    const char *text;
    const struct stoa_token
        *tokens; /* count of them, then STOA_TOKEN_LOOKAHEAD times END */
    uint32_t count;
};

/* Cuts `text` (less than 4 GiB, NUL terminated) into tokens; comments are dropped. */
STOA_MUST_USE stoa_status stoa_token_list_make(const char *text, struct stoa_arena *arena,
                                               struct stoa_token_list *out_list,
                                               stoa_error *err);

/* The token that begins at byte `start`, or the first behind it: an index up to count. */
uint32_t stoa_token_at(const struct stoa_token_list *list, uint32_t start);

/* Here and below `i` is below count + STOA_TOKEN_LOOKAHEAD.
 * True if token `i` is this word, in any case, not quoted. */
bool stoa_token_is_word(const struct stoa_token_list *list, uint32_t i, const char *word);
/* True if token `i` is this operator or punctuation. */
bool stoa_token_is_sign(const struct stoa_token_list *list, uint32_t i, const char *sign);
/* True if nothing stands between token `i` and the one before it. */
bool stoa_token_is_glued(const struct stoa_token_list *list, uint32_t i);

/* The text that a WORD, QUOTED or STRING token denotes (quotes off, doubled ones single). NULL
 * when memory is short (stoa_arena_fail tells). */
char *stoa_token_text(const struct stoa_token_list *list, uint32_t i,
                      struct stoa_arena *arena);

#endif
