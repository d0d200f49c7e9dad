/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the grammar threw away and the user's text still tells: names in their spelling, the
 * text of a type, the words of a SELECT item, the place of a keyword. Offsets are bytes of
 * the user's text.
 */
#ifndef STOA_QUERY_SQL_SOURCE_H
#define STOA_QUERY_SQL_SOURCE_H

#include "query/sql_rewrite.h"

/* The dotted name at `offset`: its parts, as written. *out_count may be 0 when no name is there. A
 * star at the end is not counted. */
STOA_MUST_USE stoa_status stoa_sql_source_name(const struct stoa_sql_source *source,
                                               uint32_t offset, struct stoa_arena *arena,
                                               struct stoa_sql_part **out_parts,
                                               uint32_t *out_count, stoa_error *err);

/* The type at `offset`: its words and parameters ("timestamp with time zone", "decimal(10, 2)"). */
STOA_MUST_USE stoa_status stoa_sql_source_type(const struct stoa_sql_source *source,
                                               uint32_t offset, struct stoa_arena *arena,
                                               const char **out_text, stoa_error *err);

/* The SELECT item at `offset`: the text of its expression, and its alias when `has_alias`. */
STOA_MUST_USE stoa_status stoa_sql_source_item(const struct stoa_sql_source *source,
                                               uint32_t offset, bool has_alias,
                                               struct stoa_arena *arena,
                                               const char **out_text,
                                               const char **out_alias, stoa_error *err);

/* The alias of the table at `offset` (the grammar says there is one). */
STOA_MUST_USE stoa_status stoa_sql_source_table_alias(const struct stoa_sql_source *source,
                                                      uint32_t offset,
                                                      struct stoa_arena *arena,
                                                      const char **out_alias,
                                                      stoa_error *err);

/* Byte where this word first stands, or where the statement begins. */
uint32_t stoa_sql_source_word(const struct stoa_sql_source *source, const char *word);

/* A hint for a syntax error at `offset`: the keyword that this word, or the one before it, was
 * probably meant to be; NULL when there is none. `out_word` gets the word as written. */
const char *stoa_sql_source_keyword(const struct stoa_sql_source *source, uint32_t offset,
                                    struct stoa_arena *arena, const char **out_word);

/* Something other systems have and PostgreSQL's grammar does not (QUALIFY, TRY_CAST ...), if it
 * stands at or before a syntax error at `offset`: its name with a verb ("QUALIFY is"), or NULL. */
const char *stoa_sql_source_foreign(const struct stoa_sql_source *source, uint32_t offset,
                                    uint32_t *out_offset);

#endif
