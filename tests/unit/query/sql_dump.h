/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsed statements as one line of text, for tests that compare trees: (> a 1), (call sum x).
 */
#ifndef STOA_TESTS_QUERY_SQL_DUMP_H
#define STOA_TESTS_QUERY_SQL_DUMP_H

#include "common/buf.h"
#include "query/sql_ast.h"

/* Appends the whole statement. Tests only: running out of memory ends the process. */
void stoa_sql_dump(const struct stoa_sql_statement *statement, struct stoa_buf *out);

#endif
