/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fixed table a manifest is [DS-11]: its columns, the kinds of rows, and which columns each
 * kind fills. Shared by manifest_write.c and manifest_read.c, so that they cannot differ.
 */
#ifndef STOA_DATASET_MANIFEST_TABLE_H
#define STOA_DATASET_MANIFEST_TABLE_H

#include <stdint.h>

#include "stoa/schema.h"

/* Column i of the file is field i with id i + 1. */
enum stoa_manifest_column {
    STOA_COL_KIND,
    STOA_COL_VERSION,
    STOA_COL_DATASET,
    STOA_COL_PARENT,
    STOA_COL_OPERATION,
    STOA_COL_COMMIT,
    STOA_COL_COMMITTED,
    STOA_COL_ROWS,
    STOA_COL_BYTES,
    STOA_COL_ROWS_READ,
    STOA_COL_ROWS_WRITTEN,
    STOA_COL_ROWS_REJECTED,
    STOA_COL_FILES_ADDED,
    STOA_COL_FIELD,
    STOA_COL_NAME,
    STOA_COL_TYPE,
    STOA_COL_NULLABLE,
    STOA_COL_MODIFIED,
    STOA_COL_HASH,
    STOA_COL_FILE,
    STOA_COL_PATH,
    STOA_COL_VALUE,
    STOA_COL_NULLS,
    STOA_COL_NANS,
    STOA_COL_BOUNDS,
    STOA_COL_MIN,
    STOA_COL_MAX,
    STOA_COL_SUM,
    STOA_COL_CONTENT,
    STOA_COL_COUNT
};

/* In the order in which they stand in the file [DS-11]. */
enum stoa_manifest_kind {
    STOA_KIND_VERSION,
    STOA_KIND_FIELD,
    STOA_KIND_PARTITION,
    STOA_KIND_SOURCE,
    STOA_KIND_BATCH,
    STOA_KIND_FILE,
    STOA_KIND_VALUE,
    STOA_KIND_STAT,
    STOA_KIND_COUNT
};

struct stoa_manifest_kind_info {
    const char *name;
    uint32_t required; /* bit c: column c is not NULL in rows of this kind */
    uint32_t optional; /* bit c: it may be NULL; all other columns are NULL */
};

extern const stoa_field stoa_manifest_fields[STOA_COL_COUNT];
extern const struct stoa_manifest_kind_info stoa_manifest_kinds[STOA_KIND_COUNT];

#endif
