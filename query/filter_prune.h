/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Equality and IN against the filters of a row group [FMT-110], where bounds have left it over.
 */
#ifndef STOA_QUERY_FILTER_PRUNE_H
#define STOA_QUERY_FILTER_PRUNE_H

#include "query/morsel.h"
#include "query/verdict.h"

/* Sets verdict->is_pruned when a filter says that no row of the row group can match. Adds to
 * *damaged the filters that the plan lets it go without. */
STOA_MUST_USE stoa_status stoa_filters_judge(const struct stoa_plan *plan,
                                             const struct stoa_open_file *file,
                                             uint32_t group, struct stoa_verdict *verdict,
                                             uint64_t *damaged, stoa_error *err);

#endif
