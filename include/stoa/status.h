/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status codes and the error object: how every Stoa call reports failure.
 *
 * A status is the stable number that users see ("E104"). Families: 1xx source data, 2xx usage
 * and SQL, 3xx I/O, 4xx Stoa files, 5xx datasets, 6xx resources, 7xx conflicts, 8xx interrupts,
 * 9xx bugs. A number, once released, never changes its meaning; `stoa help E104` explains it.
 */
#ifndef STOA_STATUS_H
#define STOA_STATUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define STOA_API               __attribute__((visibility("default")))
#define STOA_MUST_USE          __attribute__((warn_unused_result))
#define STOA_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define STOA_API
#define STOA_MUST_USE
#define STOA_PRINTF(fmt, args)
#endif

/* Each code has one row in common/status_table.c: exit code, title and explanation. */
typedef enum stoa_status {
    STOA_OK = 0,

    /* Source data: the input, not the program, has to change (or a flag). */
    STOA_E_TOO_FEW_FIELDS = 101,
    STOA_E_TOO_MANY_FIELDS = 102,
    STOA_E_UNCLOSED_QUOTE = 103,
    STOA_E_CAST = 104,
    STOA_E_ENCODING = 105,
    STOA_E_TOO_LONG = 106,
    STOA_E_QUOTE_GARBAGE = 107,
    STOA_E_EMPTY_SOURCE = 108,
    STOA_E_NUL_BYTE = 110,
    STOA_E_SOURCE_FORMAT = 121,

    /* Usage and SQL. */
    STOA_E_USAGE = 200,
    STOA_E_COLUMN = 201,
    STOA_E_SYNTAX = 202,
    STOA_E_FUNCTION = 203,
    STOA_E_TYPE = 204,
    STOA_E_UNSUPPORTED_SQL = 205,
    STOA_E_AMBIGUOUS = 206,
    STOA_E_TABLE = 207,
    STOA_E_GROUPING = 208,
    STOA_E_DIVISION_BY_ZERO = 210,
    STOA_E_OVERFLOW = 211,
    STOA_E_BAD_VALUE = 212,

    /* Files and the operating system. */
    STOA_E_IO = 301,
    STOA_E_NOT_FOUND = 302,
    STOA_E_EXISTS = 303,
    STOA_E_NO_SPACE = 304,
    STOA_E_UNKNOWN_OUTCOME = 305,
    STOA_E_SOURCE_CHANGED = 306,

    /* Stoa files. */
    STOA_E_CORRUPT = 401,
    STOA_E_NOT_STOA = 402,
    STOA_E_NEWER = 403,
    STOA_E_CODEC = 404,

    /* Datasets. */
    STOA_E_DRIFT = 501,
    STOA_E_NOT_DATASET = 502,
    STOA_E_VERSION = 503,
    STOA_E_PARTITION = 504,

    /* Resources and limits. */
    STOA_E_NO_MEMORY = 601,
    STOA_E_MEMORY_LIMIT = 602,
    STOA_E_LIMIT = 603,

    /* Conflicts with other writers. */
    STOA_E_BATCH_CONFLICT = 701,
    STOA_E_COMMIT_CONFLICT = 702,

    STOA_E_INTERRUPTED = 801,
    STOA_E_INTERNAL = 901,
    STOA_E_LEDGER = 902
} stoa_status;

/*
 * What went wrong, in parts a program can use and a person can read. Caller-owned, usually on
 * the stack; every function accepts NULL and then keeps only the status. Texts are UTF-8, NUL
 * terminated and cut to fit. Untouched when the call succeeds.
 */
typedef struct stoa_error {
    stoa_status status;
    uint64_t offset; /* byte offset in the file or SQL text; UINT64_MAX when it has none */
    char message[512]; /* one sentence: expected X, found Y */
    char place[384];   /* "feed.csv:35:9", "events/a.stoa: column \"x\", block 3"; or "" */
    char excerpt[512]; /* the source lines with a caret under the spot; or "" */
    char hint[384];    /* what to try next; or "" */
} stoa_error;

/* Prepares `err` for use: no status, no texts, no offset. NULL is allowed. */
STOA_API void stoa_error_clear(stoa_error *err);

/* One row of the code table. All texts are static. */
typedef struct stoa_status_info {
    stoa_status status;
    int exit_code;       /* what the command exits with */
    const char *name;    /* "too-few-fields" */
    const char *title;   /* one line */
    const char *explain; /* a paragraph: cause, safety of the data, remedy */
} stoa_status_info;

/* The row for `status`, or NULL for a number that is no code. Thread-safe. */
STOA_API const stoa_status_info *stoa_status_find(int status);

/* Row `i` of the table in ascending code order, or NULL past its end. Thread-safe. */
STOA_API const stoa_status_info *stoa_status_at(size_t i);

#ifdef __cplusplus
}
#endif
#endif
