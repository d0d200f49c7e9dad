/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pass over a statement's tokens that turns our extensions into text which PostgreSQL's grammar
 * takes, and the way back: every byte of the rewritten text has a byte in the user's.
 *
 *   FROM 'path'  FROM dir/path@42        ->  a placeholder table name, marked
 *   FROM t [SELECT list] ...             ->  SELECT list|* FROM t ...
 *   DESCRIBE t, SUMMARIZE t, EXPLAIN ... ->  the SELECT that they look at; the verb is kept apart
 *   GROUP BY ALL, ORDER BY ALL           ->  a placeholder column, marked
 *   * EXCLUDE (a, b)                     ->  *, marked
 *   user.name                            ->  "user".name (reserved words before a dot)
 */
#ifndef STOA_QUERY_SQL_REWRITE_H
#define STOA_QUERY_SQL_REWRITE_H

#include "query/sql_ast.h"
#include "query/sql_token.h"

/* Above these a statement is refused with STOA_E_LIMIT: the grammar's trees are walked by
 * recursion, so their depth has to be bounded before they are built. */
enum { STOA_SQL_MAX_BYTES = 1 << 20, STOA_SQL_MAX_DEPTH = 1000 };

enum stoa_sql_mark_kind { STOA_MARK_TABLE, STOA_MARK_ALL, STOA_MARK_EXCLUDE };

/* What a placeholder stands for. */
struct stoa_sql_mark {
    enum stoa_sql_mark_kind kind;
    uint32_t offset;                /* of the token it replaced, in the user's text */
    const char *path;               /* TABLE */
    bool is_string;                 /* TABLE: written in quotes */
    struct stoa_sql_part *excluded; /* EXCLUDE */
    uint32_t excluded_count;
    struct stoa_sql_mark *next;
};

struct stoa_sql_source {
    const char *sql; /* the user's text, borrowed */
    uint32_t size;
    struct stoa_token_list tokens; /* of sql */
    enum stoa_sql_verb verb;
    uint32_t first;  /* token of the statement behind the verb */
    char *rewritten; /* what the grammar is given */
    size_t rewritten_size;
    const struct stoa_sql_piece *pieces;
    uint32_t piece_count;
    struct stoa_sql_mark *marks;
};

/* STOA_E_SYNTAX for text that is not UTF-8 or holds no statement, STOA_E_LIMIT, or
 * STOA_E_UNSUPPORTED_SQL for an extension we know but do not do. */
STOA_MUST_USE stoa_status stoa_sql_rewrite(const char *sql, struct stoa_arena *arena,
                                           struct stoa_sql_source *out_source,
                                           stoa_error *err);

/* The byte of the user's text for a byte of the rewritten text. */
uint32_t stoa_sql_source_offset(const struct stoa_sql_source *source, size_t rewritten);

/* The mark of that kind at `offset` of the user's text, or NULL. */
const struct stoa_sql_mark *stoa_sql_source_mark(const struct stoa_sql_source *source,
                                                 enum stoa_sql_mark_kind kind,
                                                 uint32_t offset);

/* The last token of the table name or path that begins at token `i`: whatever is glued to it, up to a
 * bracket, comma, semicolon or quote. A path in quotes takes only an @version. */
uint32_t stoa_sql_path_end(const struct stoa_token_list *tokens, uint32_t i);

/* True if token `i` is a word that ends a SELECT list or the clause before it, and is used as
 * one: not behind a dot or AS, not the FROM of IS DISTINCT FROM. */
bool stoa_sql_is_clause(const struct stoa_token_list *tokens, uint32_t i);

#endif
