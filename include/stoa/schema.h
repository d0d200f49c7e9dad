/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logical types and fields: what a column means, independent of how it is stored.
 *
 * Plain structs; names are borrowed from the object that handed the schema out and live as
 * long as it does.
 */
#ifndef STOA_SCHEMA_H
#define STOA_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stoa/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Numbers are on-disk values [FMT-20]; never renumber. */
typedef enum stoa_type_id {
    STOA_TYPE_BOOL = 1,
    STOA_TYPE_INT8 = 2,
    STOA_TYPE_INT16 = 3,
    STOA_TYPE_INT32 = 4,
    STOA_TYPE_INT64 = 5,
    STOA_TYPE_UINT64 = 6,
    STOA_TYPE_FLOAT64 = 7,
    STOA_TYPE_DECIMAL = 8,      /* precision 1..38, 0 <= scale <= precision */
    STOA_TYPE_DATE = 9,         /* days since 1970-01-01 */
    STOA_TYPE_TIME = 10,        /* microseconds since midnight */
    STOA_TYPE_TIMESTAMP = 11,   /* microseconds since 1970-01-01T00:00:00, no zone */
    STOA_TYPE_TIMESTAMPTZ = 12, /* microseconds since 1970-01-01T00:00:00Z */
    STOA_TYPE_TEXT = 13,        /* valid UTF-8 */
    STOA_TYPE_BINARY = 14,
    STOA_TYPE_UUID = 15 /* 16 bytes, in the order they are printed */
} stoa_type_id;

/* A logical type with its parameters. Zero-initialised fields mean "not used by this type". */
typedef struct stoa_type {
    stoa_type_id id;
    uint8_t precision; /* decimal only: digits in all, 1..38 */
    uint8_t scale;     /* decimal only: digits after the point, 0..precision */
} stoa_type;

typedef struct stoa_field {
    const char
        *name;   /* UTF-8, not empty, no NUL, unique in the schema without regard to case */
    uint32_t id; /* stable over renames and versions, 1.. */
    stoa_type type;
    bool nullable; /* false: no NULL was ever allowed in */
} stoa_field;

typedef struct stoa_schema {
    const stoa_field *fields;
    size_t field_count;
} stoa_schema;

/* Room for the longest type text, "decimal(38,38)", with its NUL. */
#define STOA_TYPE_TEXT_MAX 32

/* Writes the type as SQL spells it ("int64", "decimal(12,2)") into `out`, NUL terminated;
 * returns `out`. Thread-safe. */
STOA_API const char *stoa_type_text(stoa_type type, char out[STOA_TYPE_TEXT_MAX]);

/* Parses what stoa_type_text prints, plus the usual SQL synonyms (bigint, varchar, double
 * precision, numeric(p,s) ...), ignoring case. STOA_E_TYPE with the known names otherwise. */
STOA_API STOA_MUST_USE stoa_status stoa_type_parse(const char *text, stoa_type *out_type,
                                                   stoa_error *err);

#ifdef __cplusplus
}
#endif
#endif
