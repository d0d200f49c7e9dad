/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading SQL text (tools/sql_file.h).
 */
#include "tools/sql_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stoa/memory.h"
#include "tools/message.h"

/* No text a person or a program writes is longer; more is a wrong file. */
enum { MAX_SQL_BYTES = 1 << 20 };

static int cannot_read(const char *path, stoa_status status, const char *why)
{
    stoa_error err;
    stoa_error_clear(&err);
    err.status = status;
    snprintf(err.message, sizeof err.message, "cannot read the statement: %s", why);
    snprintf(err.place, sizeof err.place, "%s", path);
    return message_error(&err, NULL);
}

int sql_file_read(const char *path, char **out_sql)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
    if (!file)
        return cannot_read(path, errno == ENOENT ? STOA_E_NOT_FOUND : STOA_E_IO,
                           strerror(errno));
    int result = -1;
    char *sql = stoa_memory_get(MAX_SQL_BYTES + 1);
    const size_t size = sql ? fread(sql, 1, MAX_SQL_BYTES + 1, file) : 0;
    if (!sql)
        result = message_no_memory();
    else if (ferror(file))
        result = cannot_read(path, STOA_E_IO, strerror(errno));
    else if (size > MAX_SQL_BYTES)
        result = cannot_read(path, STOA_E_LIMIT, "it is longer than 1 MiB");
    else if (memchr(sql, '\0', size))
        result = cannot_read(path, STOA_E_BAD_VALUE, "it holds a NUL byte");
    if (file != stdin)
        fclose(file);
    if (result != -1) {
        stoa_memory_release(sql);
        return result;
    }
    sql[size] = '\0';
    *out_sql = sql;
    return -1;
}

char *sql_select_all(const char *path, const char *tail)
{
    static const char start[] = "SELECT * FROM '";
    char *sql = stoa_memory_get(sizeof start + 2 * strlen(path) + 1 + strlen(tail));
    if (!sql)
        return NULL;
    memcpy(sql, start, sizeof start - 1);
    size_t used = sizeof start - 1;
    for (const char *p = path; *p; p++) {
        if (*p == '\'')
            sql[used++] = '\'';
        sql[used++] = *p;
    }
    sql[used++] = '\'';
    memcpy(sql + used, tail, strlen(tail) + 1);
    return sql;
}
