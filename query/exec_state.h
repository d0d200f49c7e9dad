/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of an execution: shared by exec.c (running) and exec_profile.c (telling what was done).
 */
#ifndef STOA_QUERY_EXEC_STATE_H
#define STOA_QUERY_EXEC_STATE_H

#include "common/pool.h"
#include "query/exec_worker.h"

struct stoa_execution {
    const struct stoa_plan *plan;
    stoa_query_options options;
    unsigned threads;
    struct stoa_budget budget;
    struct stoa_pool *pool; /* made when a wave first has work for two */
    struct stoa_morsel_source source;
    struct stoa_exec_worker *workers; /* one per thread */
    bool has_single;                  /* a statement without FROM has had its row */

    struct stoa_morsel *morsels;          /* of the wave */
    struct stoa_group_state *wave_groups; /* one per morsel: aggregation */
    struct stoa_row_store *wave_rows;     /* one per morsel: else */
    size_t wave_capacity;
    size_t wave_size;     /* grows when a LIMIT may stop early */
    size_t wave_count;    /* morsels in the wave that ran last */
    size_t wave_at;       /* next one to hand out */
    uint64_t rows_wanted; /* of one morsel at most */

    struct stoa_group_state groups; /* all morsels merged */
    struct stoa_row_store store;    /* collected rows */
    struct stoa_key_table seen;     /* DISTINCT */
    struct stoa_buf key;            /* scratch */
    bool is_collected;              /* nothing is left to scan */

    struct stoa_vector *output; /* one per output */
    const struct stoa_vector **output_pointers;
    bool has_started;
    uint32_t position;     /* next row in the current store */
    uint64_t left_to_skip; /* OFFSET */
    uint64_t left_to_give; /* LIMIT; UINT64_MAX: all */
};

#endif
