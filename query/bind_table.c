/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolves and opens the table of a statement (bind_table.h). Names live in the plan's arena.
 */
#include "query/bind_table.h"

#include <string.h>

#include "query/bind.h"
#include "query/sql_error.h"
#include "query/suggest.h"

/* The last component of a path, without slashes behind it. */
static const char *last_component(const char *path, size_t *out_length)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    *out_length = end - start;
    return path + start;
}

/* Length of the name without "@42" and then without ".stoa". */
static size_t bare_length(const char *name, size_t length)
{
    size_t digits = length;
    while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9')
        digits--;
    if (digits > 1 && digits < length && name[digits - 1] == '@')
        length = digits - 1;
    const size_t suffix = strlen(".stoa");
    if (length > suffix && memcmp(name + length - suffix, ".stoa", suffix) == 0)
        length -= suffix;
    return length;
}

/* "orders" for "lake/orders@42" and "lake/orders.stoa"; NULL when memory is short. */
static char *bare_name(const char *path, struct stoa_arena *arena)
{
    size_t length;
    const char *name = last_component(path, &length);
    return stoa_arena_strndup(arena, name, bare_length(name, length));
}

/* True if `name` is what FROM may call the dataset at `path`: its last component, also
 * without version and suffix. */
static stoa_status is_default(const char *name, const char *path, struct stoa_arena *arena,
                              const char **out_bare, bool *out, stoa_error *err)
{
    size_t length;
    const char *last = last_component(path, &length);
    const char *whole = stoa_arena_strndup(arena, last, length);
    *out_bare = bare_name(path, arena);
    if (!whole || !*out_bare)
        return stoa_arena_fail(arena, length + 1, err);
    *out = stoa_name_equal_folded(name, whole) || stoa_name_equal_folded(name, *out_bare);
    return STOA_OK;
}

static stoa_status fail_table(const struct stoa_sql_table *table, const char *known,
                              stoa_error *err)
{
    stoa_sql_fail(err, STOA_E_TABLE, table->offset, "no table \"%.200s\"", table->path);
    if (known) {
        struct stoa_suggest suggest = {.word = table->path};
        stoa_suggest_offer(&suggest, known);
        stoa_error_set_hint(
            err, suggest.best ? "did you mean \"%s\"?" : "the table here is \"%s\"", known);
    } else {
        stoa_error_set_hint(
            err, "FROM takes the path of a dataset or of a .stoa file, in quotes "
                 "if it is no plain name");
    }
    return STOA_E_TABLE;
}

/* Opens `path`; a failure gets the table's place, and a name that is no path is no table. */
static stoa_status open_path(const struct stoa_sql_table *table, const char *path,
                             const char *known, stoa_dataset **out, stoa_error *err)
{
    stoa_error local;
    stoa_error_clear(&local);
    const stoa_status status = stoa_dataset_open(path, out, &local);
    if (status == STOA_OK)
        return STOA_OK;
    if (status == STOA_E_NOT_FOUND && table->path && !table->is_string)
        return fail_table(table, known, err);
    if (table->path && local.offset == UINT64_MAX)
        local.offset = table->offset;
    if (status == STOA_E_NOT_STOA && local.hint[0] == '\0')
        stoa_error_set_hint(&local, "`stoa convert` makes a dataset of CSV files");
    if (err)
        *err = local;
    return status;
}

stoa_status stoa_bind_table(const struct stoa_sql_table *table,
                            const stoa_query_options *options, struct stoa_arena *arena,
                            struct stoa_bound_table *out_table, stoa_error *err)
{
    const char *fallback = options ? options->dataset : NULL;
    const char *path = table->path;
    const char *known = NULL;
    bool is_fallback = path == NULL;
    struct stoa_bound_table out = {.name = path};
    if (!path && !fallback) {
        *out_table = out;
        return STOA_OK;
    }
    if (path && fallback && !table->is_string)
        STOA_TRY(is_default(path, fallback, arena, &known, &is_fallback, err));
    if (is_fallback)
        path = fallback;
    char *bare = bare_name(path, arena);
    if (!bare)
        return stoa_arena_fail(arena, strlen(path) + 1, err);
    if (!out.name)
        out.name = bare;
    if (table->alias) { /* as in PostgreSQL an alias hides the table's name */
        out.qualifiers[out.qualifier_count++] = table->alias;
    } else {
        out.qualifiers[out.qualifier_count++] = bare;
        out.qualifiers[out.qualifier_count++] = out.name;
    }
    STOA_TRY(open_path(table, path, known, &out.dataset, err));
    *out_table = out;
    return STOA_OK;
}
