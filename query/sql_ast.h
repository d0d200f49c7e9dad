/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parsed statement before any name or type is known: what sql_parse.c makes out of PostgreSQL's
 * grammar and what bind*.c reads. Holds only what the binder supports; everything else was
 * refused by name on the way here.
 *
 * Trees live in the plan's arena. Every `offset` is a byte in the statement as the user wrote it,
 * and every name has the user's spelling: the grammar folds case, so names are taken from the
 * source text.
 */
#ifndef STOA_QUERY_SQL_AST_H
#define STOA_QUERY_SQL_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One part of a dotted name, unquoted, NUL terminated. */
struct stoa_sql_part {
    const char *text;
    uint32_t offset;
    bool is_quoted;
};

enum stoa_sql_kind {
    STOA_SQL_COLUMN,   /* parts */
    STOA_SQL_STAR,     /* parts (before the star, perhaps none), excluded */
    STOA_SQL_NUMBER,   /* text: digits, perhaps with point and exponent; never signed */
    STOA_SQL_STRING,   /* text, text_length */
    STOA_SQL_BOOL,     /* flag */
    STOA_SQL_NULL,     /* */
    STOA_SQL_CALL,     /* text: lower-case name or operator sign; args */
    STOA_SQL_AND,      /* args, two or more */
    STOA_SQL_OR,       /* args, two or more */
    STOA_SQL_NOT,      /* args[0] */
    STOA_SQL_IS_NULL,  /* args[0]; negated */
    STOA_SQL_IS_BOOL,  /* args[0] IS [negated] TRUE (flag) or FALSE */
    STOA_SQL_DISTINCT, /* args[0] IS [negated] DISTINCT FROM args[1] */
    STOA_SQL_IN,       /* args[0] [negated] IN (args[1], ...) */
    STOA_SQL_BETWEEN,  /* args[0] [negated] BETWEEN [flag: SYMMETRIC] args[1] AND args[2] */
    STOA_SQL_CASE,     /* operand or NULL; args as in STOA_EXPR_CASE */
    STOA_SQL_CAST      /* args[0] to the type `text` names */
};

struct stoa_sql_node {
    enum stoa_sql_kind kind;
    uint32_t offset;
    bool negated;
    bool flag;
    bool is_star_call;    /* CALL: count(*) */
    bool is_distinct;     /* CALL: count(DISTINCT x) */
    uint32_t type_offset; /* CAST: of the type */
    const char *text;     /* NUL terminated; see the kinds */
    size_t text_length;   /* STRING: may hold anything but NUL */
    struct stoa_sql_part *parts;
    uint32_t part_count;
    struct stoa_sql_part *excluded; /* STAR: names after EXCLUDE */
    uint32_t excluded_count;
    struct stoa_sql_node **args;
    uint32_t arg_count;
    struct stoa_sql_node *operand; /* CASE */
    struct stoa_sql_node *filter;  /* CALL: FILTER (WHERE ...), or NULL */
};

/* One entry of the SELECT list. */
struct stoa_sql_item {
    struct stoa_sql_node *node;
    const char *alias; /* or NULL */
    const char *text;  /* the expression as written, runs of blanks as one: its name */
};

enum stoa_sql_nulls { STOA_SQL_NULLS_DEFAULT, STOA_SQL_NULLS_FIRST, STOA_SQL_NULLS_LAST };

struct stoa_sql_order {
    struct stoa_sql_node *node;
    bool is_descending;
    enum stoa_sql_nulls nulls;
};

/* What stands after FROM. */
struct stoa_sql_table {
    const char *path; /* as written, unquoted; NULL: no FROM */
    const char *alias;
    uint32_t offset;
    bool is_string; /* FROM 'path': never looked up by name */
};

struct stoa_sql_select {
    struct stoa_sql_item *items;
    uint32_t item_count;
    struct stoa_sql_table table;
    struct stoa_sql_node *where; /* or NULL, as the others */
    struct stoa_sql_node **groups;
    uint32_t group_count;
    bool group_all; /* GROUP BY ALL */
    struct stoa_sql_node *having;
    struct stoa_sql_order *orders;
    uint32_t order_count;
    bool order_all; /* ORDER BY ALL; orders[0] tells the direction, its node is NULL */
    struct stoa_sql_node *limit;
    struct stoa_sql_node *offset;
    bool is_distinct;
};

enum stoa_sql_verb {
    STOA_SQL_SELECT,
    STOA_SQL_EXPLAIN,
    STOA_SQL_EXPLAIN_ANALYZE,
    STOA_SQL_DESCRIBE, /* names and types of the select's outputs */
    STOA_SQL_SUMMARIZE /* statistics of the select's outputs, all of them columns */
};

struct stoa_sql_statement {
    enum stoa_sql_verb verb;
    struct stoa_sql_select select;
};

#endif
