/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics against WHERE (query/verdict.h). Called by morsel.c for files, row groups and blocks, and
 * by scan_zones.c for zones; stoa_prune does the thinking.
 */
#include "query/verdict.h"

void stoa_verdict_judge(const struct stoa_plan *plan, uint32_t c,
                        const struct stoa_stats *stats, struct stoa_verdict *verdict)
{
    if (plan->ignores_statistics)
        return;
    const enum stoa_prune prune = stoa_prune(&plan->conjuncts[c].predicate, stats);
    if (prune == STOA_PRUNE_NONE) {
        verdict->is_pruned = true;
        verdict->pruned_by = c;
    }
    if (prune == STOA_PRUNE_ALL && plan->conjuncts[c].push == STOA_PUSH_EXACT &&
        c < STOA_PROVABLE_CONJUNCTS)
        verdict->proven |= UINT64_C(1) << c;
}

bool stoa_verdict_covers(const struct stoa_plan *plan, uint64_t proven)
{
    return plan->conjunct_count <= STOA_PROVABLE_CONJUNCTS &&
           proven == (plan->conjunct_count == STOA_PROVABLE_CONJUNCTS
                          ? UINT64_MAX
                          : (UINT64_C(1) << plan->conjunct_count) - 1);
}
