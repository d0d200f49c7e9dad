/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aggregates from statistics alone, of a block or of a whole file, when no row of it has to
 * be looked at: the conjuncts are proven, every aggregate's argument is a bare column whose
 * statistics say enough, and every column of GROUP BY has one value in all rows, as
 * partition columns have.
 */
#ifndef STOA_QUERY_STATS_FOLD_H
#define STOA_QUERY_STATS_FOLD_H

#include "query/group_state.h"

/* Statistics of a scan column (UINT32_MAX: of no column, the rows count alone); *out_known
 * false: there are none. */
typedef stoa_status (*stoa_stats_fn)(void *context, uint32_t column, bool *out_known,
                                     struct stoa_stats *out_stats, stoa_error *err);

/* Folds into the one state of `state`; *out_done false, and nothing is folded, when an
 * aggregate needs the values. `is_block`: the statistics are of one block, in whose order
 * float sums are made [FMT-35]. */
STOA_MUST_USE stoa_status stoa_stats_fold(struct stoa_group_state *state, bool is_block,
                                          stoa_stats_fn get, void *context, bool *out_done,
                                          stoa_error *err);

/* The sketch of a scan column's values; *out_has false: there is none. */
typedef stoa_status (*stoa_sketch_fn)(void *context, uint32_t column, bool *out_has,
                                      struct stoa_sketch *out_sketch, stoa_error *err);

/* The same for a whole file, whose columns have sketches besides. */
STOA_MUST_USE stoa_status stoa_stats_fold_file(struct stoa_group_state *state,
                                               stoa_stats_fn get, stoa_sketch_fn get_sketch,
                                               void *context, bool *out_done,
                                               stoa_error *err);
/* Whether an aggregate of the plan asks for sketches. */
bool stoa_plan_wants_sketches(const struct stoa_plan *plan);

/* The same with GROUP BY: one group is made in the empty `state`, or none if there is no row. */
STOA_MUST_USE stoa_status stoa_stats_fold_group(struct stoa_group_state *state,
                                                stoa_stats_fn get, void *context,
                                                bool *out_done, stoa_error *err);

#endif
