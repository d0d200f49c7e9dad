/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The work of a scan in pieces: a morsel is one block's rows of one row group of one file,
 * in manifest, file and row order. What statistics prove empty never becomes a morsel:
 * files by the manifest, row groups and blocks by the footer. Used by one thread; the
 * morsels it hands out are read by many.
 */
#ifndef STOA_QUERY_MORSEL_H
#define STOA_QUERY_MORSEL_H

#include "query/group_state.h"
#include "query/loss.h"
#include "query/plan.h"

/* A data file in use: its reader and where the plan's scan columns are in it. */
struct stoa_open_file {
    size_t file;                /* number in the dataset */
    struct stoa_reader *reader; /* held until the source lets it go */
    uint32_t *columns;          /* per scan column: the file's column */
    struct stoa_open_file *next;
};

struct stoa_morsel {
    const struct stoa_open_file *file;
    uint32_t group;
    uint32_t block;
    uint32_t rows;
    uint64_t proven; /* bit c: conjunct c (< 64) holds for every row, by statistics */
    bool is_covered; /* every conjunct does */
    bool is_lost;    /* its rows cannot be reached: the source's loss says why */
    bool
        is_file; /* all of a file that the manifest answers: only number and rows are set */
    size_t number;
};

struct stoa_morsel_source {
    const struct stoa_plan *plan;
    stoa_query_counters counters;     /* what was pruned; the scan adds what was read */
    uint64_t *conjunct_blocks_pruned; /* one per conjunct */
    uint8_t *partitions_kept;         /* one per partition tuple */
    /* Aggregates: files that the manifest answers are never opened. Without GROUP BY they
     * are folded here; with it here is tried whether they can be, and they become morsels.
     * NULL: all are opened. */
    struct stoa_group_state *totals;
    struct stoa_loss *loss; /* where a lost morsel is described; NULL: damage is an error */
    size_t next_file;
    struct stoa_open_file *files; /* newest first; the first one is current */
    bool has_file;                /* current file has row groups left */
    uint32_t group, block;        /* next in it */
    uint32_t block_count;         /* of the row group; 0: not looked at yet */
    uint64_t group_proven;
    bool is_opening;   /* the file next_file - 1 is being opened */
    uint64_t next_row; /* number in the file of the first row behind what was entered */
};

STOA_MUST_USE stoa_status stoa_morsel_source_init(struct stoa_morsel_source *source,
                                                  const struct stoa_plan *plan,
                                                  stoa_error *err);
void stoa_morsel_source_done(struct stoa_morsel_source *source);

/* The next morsel that may hold matching rows; *out_has false at the end. */
STOA_MUST_USE stoa_status stoa_morsel_next(struct stoa_morsel_source *source,
                                           struct stoa_morsel *out_morsel, bool *out_has,
                                           stoa_error *err);

/* Statistics of a file from the manifest, as stoa_stats_fn; the context is this. */
struct stoa_morsel_file {
    const struct stoa_plan *plan;
    size_t number;
    const struct stoa_open_file *open; /* NULL: not opened */
};
stoa_status stoa_morsel_file_stats(void *context, uint32_t column, bool *out_known,
                                   struct stoa_stats *out_stats, stoa_error *err);

/* Lets go of files that all morsels handed out so far are done with; the current one stays. */
void stoa_morsel_release(struct stoa_morsel_source *source);

#endif
