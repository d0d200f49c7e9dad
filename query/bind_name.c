/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names to columns. A name matches exactly, else without regard to (ASCII) case; two
 * candidates are an error. Called by bind.c and bind_expr.c.
 *
 * JSON objects are dotted columns, so a.b is the column "a.b" or column "b" of table "a". A
 * part that holds a dot itself is in quotes inside the column's name.
 */
#include <string.h>

#include "common/hash.h"
#include "query/bind.h"
#include "query/sql_error.h"
#include "query/suggest.h"

#define NO_COLUMN UINT32_MAX

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool stoa_name_equal_folded(const char *a, const char *b)
{
    for (; *a != '\0' && lower(*a) == lower(*b); a++)
        b++;
    return *a == *b;
}

static uint64_t hash_folded(const char *name)
{
    uint64_t hash = UINT64_C(0x9e3779b97f4a7c15);
    for (; *name != '\0'; name++)
        hash = stoa_hash_mix(hash ^ (uint64_t)(unsigned char)lower(*name));
    return hash;
}

/* ---- the index ---- */

static stoa_status make_index(struct stoa_binder *b, stoa_error *err)
{
    uint32_t slot_count = 16;
    while (slot_count < 2 * b->schema->field_count)
        slot_count *= 2;
    uint32_t *slots = stoa_arena_alloc_zeroed(b->arena, slot_count, sizeof *slots);
    if (!slots)
        return stoa_arena_fail(b->arena, slot_count * sizeof *slots, err);
    for (uint32_t column = 0; column < b->schema->field_count; column++) {
        uint64_t at = hash_folded(b->schema->fields[column].name);
        while (slots[at & (slot_count - 1)] != 0)
            at++;
        slots[at & (slot_count - 1)] = column + 1;
    }
    b->names = (struct stoa_bind_names){.slots = slots, .slot_count = slot_count};
    return STOA_OK;
}

/* What a name was found to be. */
struct match {
    uint32_t exact; /* column, or NO_COLUMN */
    uint32_t folded;
    uint32_t folded_count;
};

static struct match look_up(const struct stoa_binder *b, const char *name)
{
    struct match match = {.exact = NO_COLUMN, .folded = NO_COLUMN};
    const uint32_t mask = b->names.slot_count - 1;
    for (uint64_t at = hash_folded(name); b->names.slots[at & mask] != 0; at++) {
        const uint32_t column = b->names.slots[at & mask] - 1;
        const char *found = b->schema->fields[column].name;
        if (!stoa_name_equal_folded(found, name))
            continue;
        if (strcmp(found, name) == 0)
            match.exact = column;
        match.folded = column;
        match.folded_count++;
    }
    return match;
}

/* The parts joined with dots; parts that hold dots in quotes. */
static stoa_status join_parts(struct stoa_binder *b, const struct stoa_sql_part *parts,
                              uint32_t count, const char **out, stoa_error *err)
{
    size_t room = 1;
    for (uint32_t i = 0; i < count; i++)
        room += strlen(parts[i].text) + 3;
    char *name = stoa_arena_alloc(b->arena, room);
    if (!name)
        return stoa_arena_fail(b->arena, room, err);
    size_t size = 0;
    for (uint32_t i = 0; i < count; i++) {
        const bool is_quoted = count > 1 && strchr(parts[i].text, '.') != NULL;
        const size_t length = strlen(parts[i].text);
        if (i > 0)
            name[size++] = '.';
        if (is_quoted)
            name[size++] = '"';
        memcpy(name + size, parts[i].text, length);
        size += length;
        if (is_quoted)
            name[size++] = '"';
    }
    name[size] = '\0';
    *out = name;
    return STOA_OK;
}

static stoa_status fail_ambiguous(const char *name, uint32_t offset, stoa_error *err)
{
    return stoa_sql_fail(err, STOA_E_AMBIGUOUS, offset,
                         "\"%s\" could mean more than one column", name);
}

/* *out_column is NO_COLUMN when there is none. */
static stoa_status find_name(struct stoa_binder *b, const char *name, uint32_t offset,
                             uint32_t *out_column, stoa_error *err)
{
    const struct match match = look_up(b, name);
    if (match.exact == NO_COLUMN && match.folded_count > 1)
        return fail_ambiguous(name, offset, err);
    *out_column = match.exact != NO_COLUMN ? match.exact : match.folded;
    return STOA_OK;
}

bool stoa_bind_is_table(const struct stoa_binder *b, const char *name)
{
    for (uint32_t i = 0; i < b->qualifier_count; i++) {
        if (stoa_name_equal_folded(b->qualifiers[i], name))
            return true;
    }
    return false;
}

/* The column of the schema that the parts mean, or NO_COLUMN. */
static stoa_status find_parts(struct stoa_binder *b, const struct stoa_sql_part *parts,
                              uint32_t count, uint32_t *out_column, stoa_error *err)
{
    const char *name;
    uint32_t whole = NO_COLUMN;
    uint32_t of_table = NO_COLUMN;
    *out_column = NO_COLUMN;
    if (!b->schema)
        return STOA_OK;
    if (!b->names.slots)
        STOA_TRY(make_index(b, err));
    STOA_TRY(join_parts(b, parts, count, &name, err));
    STOA_TRY(find_name(b, name, parts[0].offset, &whole, err));
    if (count == 1 && whole == NO_COLUMN && strchr(name, '.')) {
        /* A quoted name with a dot: the column's own name has the quotes inside. */
        const struct stoa_sql_part twice[] = {{.text = ""}, parts[0]};
        STOA_TRY(join_parts(b, twice, 2, &name, err));
        STOA_TRY(find_name(b, name + 1, parts[0].offset, &whole, err));
    }
    if (count > 1 && stoa_bind_is_table(b, parts[0].text)) {
        STOA_TRY(join_parts(b, parts + 1, count - 1, &name, err));
        STOA_TRY(find_name(b, name, parts[0].offset, &of_table, err));
    }
    if (whole != NO_COLUMN && of_table != NO_COLUMN && whole != of_table)
        return fail_ambiguous(name, parts[0].offset, err);
    *out_column = whole != NO_COLUMN ? whole : of_table;
    return STOA_OK;
}

/* ---- unknown names ---- */

static void suggest_columns(const struct stoa_binder *b, struct stoa_suggest *suggest)
{
    for (size_t i = 0; b->schema && i < b->schema->field_count; i++)
        stoa_suggest_offer(suggest, b->schema->fields[i].name);
    for (uint32_t i = 0; b->sees_aliases && i < b->select->item_count; i++) {
        if (b->select->items[i].alias)
            stoa_suggest_offer(suggest, b->select->items[i].alias);
    }
}

static bool is_alias(const struct stoa_binder *b, const char *name)
{
    for (uint32_t i = 0; i < b->select->item_count; i++) {
        const char *alias = b->select->items[i].alias;
        if (alias && stoa_name_equal_folded(alias, name))
            return true;
    }
    return false;
}

static stoa_status fail_unknown(const struct stoa_binder *b,
                                const struct stoa_sql_part *parts, uint32_t count,
                                const char *name, stoa_error *err)
{
    if (!b->schema) {
        stoa_sql_fail(err, STOA_E_COLUMN, parts[0].offset,
                      "no column \"%s\": the statement has no FROM", name);
        if (parts[0].is_quoted && count == 1)
            stoa_error_set_hint(err, "a text is written '%s', in single quotes", name);
        return STOA_E_COLUMN;
    }
    /* A known table before the dot: what is wrong is the rest. */
    const bool has_table = count > 1 && stoa_bind_is_table(b, parts[0].text);
    const char *wanted = has_table ? name + strlen(parts[0].text) + 1 : name;
    struct stoa_suggest suggest = {.word = wanted};
    suggest_columns(b, &suggest);
    stoa_sql_fail(err, STOA_E_COLUMN, parts[has_table ? 1 : 0].offset, "no column \"%s\"",
                  wanted);
    if (count == 1 && !b->sees_aliases && is_alias(b, name))
        stoa_error_set_hint(
            err, "\"%s\" names an output, which is computed later than this", name);
    else if (suggest.best)
        stoa_error_set_hint(err, "did you mean \"%s\"?", suggest.best);
    else if (parts[0].is_quoted && count == 1)
        stoa_error_set_hint(err, "a text is written '%s', in single quotes", name);
    return STOA_E_COLUMN;
}

stoa_status stoa_bind_find_column(struct stoa_binder *b, const struct stoa_sql_part *parts,
                                  uint32_t part_count, uint32_t *out_column,
                                  stoa_error *err)
{
    uint32_t column;
    const char *name;
    STOA_TRY(find_parts(b, parts, part_count, &column, err));
    if (column == NO_COLUMN) {
        STOA_TRY(join_parts(b, parts, part_count, &name, err));
        return fail_unknown(b, parts, part_count, name, err);
    }
    *out_column = column;
    return STOA_OK;
}

/* ---- nodes ---- */

stoa_status stoa_bind_make_column(struct stoa_binder *b, uint32_t column, uint32_t offset,
                                  struct stoa_expr **out, stoa_error *err)
{
    STOA_TRY(stoa_bind_make(b, STOA_EXPR_COLUMN, b->schema->fields[column].type, offset, 0,
                            out, err));
    (*out)->column = column;
    return stoa_bind_append(b, &b->columns, *out, err);
}

/* The item whose alias `name` is, exactly or else in any case; item_count when there is none. */
static stoa_status find_alias(const struct stoa_binder *b, const struct stoa_sql_part *part,
                              uint32_t *out_item, stoa_error *err)
{
    const uint32_t count = b->select->item_count;
    uint32_t folded = count;
    uint32_t folded_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const char *alias = b->select->items[i].alias;
        if (!alias || !stoa_name_equal_folded(alias, part->text))
            continue;
        *out_item = i;
        if (strcmp(alias, part->text) == 0)
            return STOA_OK;
        folded = i;
        folded_count++;
    }
    if (folded_count > 1)
        return stoa_sql_fail(err, STOA_E_AMBIGUOUS, part->offset,
                             "\"%s\" could mean more than one output", part->text);
    *out_item = folded;
    return STOA_OK;
}

stoa_status stoa_bind_column(struct stoa_binder *b, const struct stoa_sql_node *node,
                             struct stoa_expr **out, stoa_error *err)
{
    uint32_t column;
    if (b->clause == STOA_CLAUSE_LIMIT)
        return stoa_sql_fail(err, STOA_E_COLUMN, node->offset,
                             "expected a number for LIMIT and OFFSET, found a column");
    STOA_TRY(find_parts(b, node->parts, node->part_count, &column, err));
    if (column != NO_COLUMN)
        return stoa_bind_make_column(b, column, node->offset, out, err);
    if (b->sees_aliases && node->part_count == 1) {
        uint32_t item;
        STOA_TRY(find_alias(b, node->parts, &item, err));
        if (item < b->select->item_count) {
            /* An alias is bound where it was written, among columns only: it cannot name itself. */
            b->sees_aliases = false;
            const stoa_status status =
                stoa_bind_expr(b, b->select->items[item].node, out, err);
            b->sees_aliases = true;
            return status;
        }
    }
    return stoa_bind_find_column(b, node->parts, node->part_count, &column, err);
}
