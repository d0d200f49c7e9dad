/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifest's columns and kinds as tables; spec/dataset.md section 3 shows the same.
 */
#include "dataset/manifest_table.h"

#define FIELD(column, text, type_id)                                                       \
    [column] = {                                                                           \
        .name = (text), .id = (column) + 1, .type = {.id = (type_id)}, .nullable = true}

const stoa_field stoa_manifest_fields[STOA_COL_COUNT] = {
    FIELD(STOA_COL_KIND, "kind", STOA_TYPE_TEXT),
    FIELD(STOA_COL_VERSION, "version", STOA_TYPE_INT64),
    FIELD(STOA_COL_DATASET, "dataset", STOA_TYPE_UUID),
    FIELD(STOA_COL_PARENT, "parent", STOA_TYPE_BINARY),
    FIELD(STOA_COL_OPERATION, "operation", STOA_TYPE_TEXT),
    FIELD(STOA_COL_COMMIT, "commit", STOA_TYPE_UUID),
    FIELD(STOA_COL_COMMITTED, "committed", STOA_TYPE_TIMESTAMPTZ),
    FIELD(STOA_COL_ROWS, "rows", STOA_TYPE_INT64),
    FIELD(STOA_COL_BYTES, "bytes", STOA_TYPE_INT64),
    FIELD(STOA_COL_ROWS_READ, "rows_read", STOA_TYPE_INT64),
    FIELD(STOA_COL_ROWS_WRITTEN, "rows_written", STOA_TYPE_INT64),
    FIELD(STOA_COL_ROWS_REJECTED, "rows_rejected", STOA_TYPE_INT64),
    FIELD(STOA_COL_FILES_ADDED, "files_added", STOA_TYPE_INT64),
    FIELD(STOA_COL_FIELD, "field", STOA_TYPE_INT64),
    FIELD(STOA_COL_NAME, "name", STOA_TYPE_TEXT),
    FIELD(STOA_COL_TYPE, "type", STOA_TYPE_TEXT),
    FIELD(STOA_COL_NULLABLE, "nullable", STOA_TYPE_BOOL),
    FIELD(STOA_COL_MODIFIED, "modified", STOA_TYPE_INT64),
    FIELD(STOA_COL_HASH, "hash", STOA_TYPE_BINARY),
    FIELD(STOA_COL_FILE, "file", STOA_TYPE_INT64),
    FIELD(STOA_COL_PATH, "path", STOA_TYPE_TEXT),
    FIELD(STOA_COL_VALUE, "value", STOA_TYPE_TEXT),
    FIELD(STOA_COL_NULLS, "nulls", STOA_TYPE_INT64),
    FIELD(STOA_COL_NANS, "nans", STOA_TYPE_INT64),
    FIELD(STOA_COL_BOUNDS, "bounds", STOA_TYPE_INT64),
    FIELD(STOA_COL_MIN, "min", STOA_TYPE_BINARY),
    FIELD(STOA_COL_MAX, "max", STOA_TYPE_BINARY),
    FIELD(STOA_COL_SUM, "sum", STOA_TYPE_BINARY),
    FIELD(STOA_COL_CONTENT, "content", STOA_TYPE_BINARY),
};

#define BIT(column) (UINT32_C(1) << STOA_COL_##column)
#define LEDGER      (BIT(ROWS_READ) | BIT(ROWS_WRITTEN) | BIT(ROWS_REJECTED))
#define OF_VERSION                                                                         \
    (BIT(KIND) | BIT(VERSION) | BIT(DATASET) | BIT(OPERATION) | BIT(COMMIT) |              \
     BIT(COMMITTED) | BIT(ROWS) | BIT(BYTES) | LEDGER | BIT(FILES_ADDED))
#define OF_FIELD     (BIT(KIND) | BIT(FIELD) | BIT(NAME) | BIT(TYPE) | BIT(NULLABLE))
#define OF_PARTITION (BIT(KIND) | BIT(FIELD))
#define OF_SOURCE                                                                          \
    (BIT(KIND) | BIT(VERSION) | BIT(NAME) | BIT(BYTES) | BIT(MODIFIED) | BIT(HASH) | LEDGER)
#define OF_BATCH (BIT(KIND) | BIT(VERSION) | BIT(NAME) | BIT(HASH) | LEDGER)
#define OF_FILE                                                                            \
    (BIT(KIND) | BIT(VERSION) | BIT(FILE) | BIT(PATH) | BIT(BYTES) | BIT(ROWS) |           \
     BIT(HASH) | BIT(CONTENT))
#define OF_VALUE (BIT(KIND) | BIT(FILE) | BIT(FIELD))
#define OF_STAT  (BIT(KIND) | BIT(FILE) | BIT(FIELD) | BIT(NULLS) | BIT(NANS) | BIT(BOUNDS))

const struct stoa_manifest_kind_info stoa_manifest_kinds[STOA_KIND_COUNT] = {
    {"version",   OF_VERSION,   BIT(PARENT)                   },
    {"field",     OF_FIELD,     0                             },
    {"partition", OF_PARTITION, 0                             },
    {"source",    OF_SOURCE,    0                             },
    {"batch",     OF_BATCH,     0                             },
    {"file",      OF_FILE,      0                             },
    {"value",     OF_VALUE,     BIT(VALUE)                    },
    {"stat",      OF_STAT,      BIT(MIN) | BIT(MAX) | BIT(SUM)},
};
