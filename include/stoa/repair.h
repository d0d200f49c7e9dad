/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saving what is whole of a damaged or truncated .stoa file into a new one. The file itself is
 * only read. Works on one file; a dataset is never repaired in place, since its versions know
 * their files by content.
 */
#ifndef STOA_REPAIR_H
#define STOA_REPAIR_H

#include <stdint.h>

#include "stoa/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STOA_REPAIR_UNKNOWN UINT64_MAX

/* A stretch of the file and what became of it. Stretches come in the order of the file. */
typedef struct stoa_repair_range {
    int kept; /* 1: its rows are in the new file; 0: they are lost */
    /* Its number; STOA_REPAIR_UNKNOWN: bytes that are no whole row group. */
    uint64_t row_group;
    uint64_t offset; /* in the file, of the row group or the bytes */
    uint64_t bytes;
    uint64_t first_row; /* number in the file of its first row, or STOA_REPAIR_UNKNOWN */
    uint64_t rows;      /* or STOA_REPAIR_UNKNOWN */
    const char *reason; /* why it is lost; "" when it is kept */
} stoa_repair_range;

typedef struct stoa_repair_options {
    int dry_run; /* 1: write nothing, only report; the output path may be NULL */
    /* 0: a row group in which a block is damaged is lost whole, the others are copied as they
     * are; 1: its rows outside the damaged blocks are decoded and written anew. */
    int skip_corrupt;
    /* Told about each damage, with its place. NULL allowed. */
    void (*on_damage)(void *context, const stoa_error *damage);
    /* Told about each stretch, after all damages of the file were told. NULL allowed. */
    void (*on_range)(void *context, const stoa_repair_range *range);
    void *context;
    uint32_t reserved[4]; /* zero */
} stoa_repair_options;

typedef struct stoa_repair_report {
    uint64_t damages;
    uint64_t row_groups_kept; /* whole */
    uint64_t row_groups_cut;  /* in part, with skip_corrupt */
    uint64_t row_groups_lost;
    uint64_t rows_kept;
    uint64_t rows_lost;  /* that something in the file still counts */
    uint64_t bytes_lost; /* in front of the footer, that belong to no whole row group */
    int may_lack_rows;   /* 1: more rows may have followed, and nothing tells */
    int is_in_dataset;   /* 1: the file lies inside a dataset, which is as it was */
    int is_written;      /* 1: the new file is there, durable and checked */
} stoa_repair_report;

/* Reads `path` and makes `output` out of what is whole. STOA_OK: every row was saved, or, in a
 * dry run, would be. STOA_E_CORRUPT: rows were lost, or may have been; the report says whether
 * `output` was made. Other failures leave no output. `output` must not exist and must not lie
 * in a dataset. `options` may be NULL; *out_report is filled in all cases. */
STOA_API STOA_MUST_USE stoa_status stoa_repair(const char *path, const char *output,
                                               const stoa_repair_options *options,
                                               stoa_repair_report *out_report,
                                               stoa_error *err);

#ifdef __cplusplus
}
#endif
#endif
