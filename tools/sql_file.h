/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL text from a file or standard input, for the commands that take --file.
 */
#ifndef STOA_TOOLS_SQL_FILE_H
#define STOA_TOOLS_SQL_FILE_H

/* The text of `path` ("-": standard input), at most 1 MiB without NUL bytes, NUL terminated and owned by
 * the caller (stoa_memory_release). Returns -1, or an exit code after reporting. */
int sql_file_read(const char *path, char **out_sql);

/* SELECT * FROM '<path>'<tail>, quotes in the path doubled; released by stoa_memory_release. NULL when
 * memory is short. */
char *sql_select_all(const char *path, const char *tail);

#endif
