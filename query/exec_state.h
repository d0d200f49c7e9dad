/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of an execution, and the steps that its files share: exec.c (making, waves),
 * exec_collect.c (all rows before the first is handed out), exec_next.c (handing out),
 * exec_profile.c (telling what was done).
 */
#ifndef STOA_QUERY_EXEC_STATE_H
#define STOA_QUERY_EXEC_STATE_H

#include "common/pool.h"
#include "query/exec_worker.h"
#include "query/group_merge.h"

/* What a morsel gave: rows, or why it could not. */
struct stoa_morsel_rows {
    struct stoa_row_store store;
    stoa_status status;
    stoa_error error;
};

struct stoa_execution {
    const struct stoa_plan *plan; /* the caller's, or `lowered` */
    struct stoa_plan lowered;     /* DISTINCT as GROUP BY; owns its three arrays */
    stoa_query_options options;
    unsigned threads;
    struct stoa_budget budget;
    struct stoa_pool *pool; /* made when a wave first has work for two */
    struct stoa_morsel_source source;
    struct stoa_exec_worker *workers; /* one per thread */
    uint64_t *zones_pruned;           /* per conjunct; scratch of the profile */
    bool has_single;                  /* a statement without FROM has had its row */

    struct stoa_morsel *morsels;          /* of the wave */
    struct stoa_group_state *wave_groups; /* one per morsel: aggregation */
    struct stoa_morsel_rows *wave_rows;   /* one per morsel: else */
    struct stoa_loss *wave_losses;        /* one per morsel, where rows may be left out */
    uint64_t rows_skipped;                /* that were told */
    size_t wave_capacity;
    size_t wave_size;  /* grows when a LIMIT may stop early */
    size_t wave_count; /* morsels in the wave that ran last */
    size_t wave_at;    /* next one to hand out */
    struct stoa_row_wish wish;
    struct stoa_row_bound bound; /* of the rows collected so far */

    struct stoa_group_state
        totals; /* of files answered by the manifest; with GROUP BY: scratch */
    struct stoa_group_merge groups; /* all morsels merged */
    struct stoa_row_store store;    /* collected rows */
    struct stoa_key_table seen;     /* DISTINCT over groups */
    struct stoa_buf key;            /* scratch */
    bool is_collected;              /* nothing is left to scan */

    struct stoa_vector *output; /* one per output */
    bool has_started;
    uint32_t position;     /* next row in the current store */
    uint64_t left_to_skip; /* OFFSET */
    uint64_t left_to_give; /* LIMIT; UINT64_MAX: all */
};

/* Whether all rows are there before the first is handed out. */
bool stoa_execution_collects(const struct stoa_plan *plan);

/* Runs the next wave; wave_count is 0 at the end of the scan. */
STOA_MUST_USE stoa_status stoa_execution_wave(struct stoa_execution *execution,
                                              stoa_error *err);

/* Tells of the rows that morsel `index` of the wave left out: its turn has come. */
void stoa_execution_tell(struct stoa_execution *execution, size_t index);

/* STOA_E_INTERRUPTED when the caller wants the query to end. */
STOA_MUST_USE stoa_status stoa_execution_check(const struct stoa_execution *execution,
                                               stoa_error *err);

/* Scans to the end and leaves all rows in `store`, in their final order. */
STOA_MUST_USE stoa_status stoa_execution_collect(struct stoa_execution *execution,
                                                 stoa_error *err);

#endif
