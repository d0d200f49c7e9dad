/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which columns of a row group may be kept by reference to another (spec/encodings/same.md):
 * found once per row group on samples, before anything is encoded, so that it depends on
 * neither threads nor timing. Each block then tries what is planned for its column and refers
 * only where that pays. Used by row_group_encode.c.
 *
 * At most the 64 largest columns are looked at, and pairs of them only: wide tables must not
 * take time that grows with the square of their columns.
 */
#ifndef STOA_WRITER_REFERENCE_PLAN_H
#define STOA_WRITER_REFERENCE_PLAN_H

#include "format/block.h"
#include "format/layout.h"

enum {
    STOA_PLAN_COLUMNS = 64,
    STOA_PLAN_NONE = UINT8_MAX,
    STOA_PLAN_CODES = 4 /* columns whose codes are kept at a time, 2 bytes a row */
};

/* What a column may be kept by; one base each. */
enum stoa_plan_use {
    STOA_PLAN_EQUAL = 0,
    STOA_PLAN_OFFSET = 1,
    STOA_PLAN_MAP = 2,
    STOA_PLAN_USE_COUNT
};

/* One of the columns that are looked at. It refers, or others refer to it, or neither: never
 * both [SAME-2]. */
struct stoa_plan_column {
    uint32_t column;
    uint8_t bases[STOA_PLAN_USE_COUNT]; /* places in the plan, before this; or NONE */
    bool refers;
    bool is_base;
    bool is_base_of_map;
    bool needs_no_dictionary; /* equal to another, and of many values */
    uint32_t last_user;       /* of a base: the last column that refers to it */
    /* Of a base, once it has been encoded: */
    bool is_encoded;
    uint8_t encodings[STOA_ROW_GROUP_BLOCKS]; /* of its blocks' roots */
    double cycles[STOA_ROW_GROUP_BLOCKS];
    uint16_t *codes; /* of all rows; owned; NULL: not kept */
};

struct stoa_reference_plan {
    uint32_t count; /* ascending column */
    uint32_t kept;  /* columns that have codes */
    struct stoa_plan_column columns[STOA_PLAN_COLUMNS];
};

/* `columns` are the buffered ones of the row group, `rows` each. */
STOA_MUST_USE stoa_status stoa_reference_plan_make(
    const struct stoa_column_builder *columns, const stoa_schema *schema, uint32_t rows,
    struct stoa_reference_plan *out_plan, stoa_error *err);
void stoa_reference_plan_done(struct stoa_reference_plan *plan);

/* The column's place in the plan, or NULL. */
struct stoa_plan_column *stoa_reference_plan_find(struct stoa_reference_plan *plan,
                                                  uint32_t column);

#endif
