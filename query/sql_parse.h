/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL text to our own tree. The grammar is PostgreSQL 15's (libpg_query); sql_parse.c is the one file
 * that knows it.
 */
#ifndef STOA_QUERY_SQL_PARSE_H
#define STOA_QUERY_SQL_PARSE_H

#include "common/arena.h"
#include "query/sql_ast.h"

/* Parses one statement. STOA_E_SYNTAX with the grammar's message, STOA_E_UNSUPPORTED_SQL naming
 * what is not done, STOA_E_LIMIT for texts too long or too deep; each with err->offset. The tree
 * lives in `arena`. Thread-safe. */
STOA_MUST_USE stoa_status stoa_sql_parse(const char *sql, struct stoa_arena *arena,
                                         struct stoa_sql_statement *out_statement,
                                         stoa_error *err);

#endif
