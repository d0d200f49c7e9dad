/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What statistics say of WHERE over some rows - a file's, a row group's, a block's or a zone's: the one
 * place where a level's statistics meet the plan's conjuncts. A conjunct that is only implied by its
 * predicate may skip rows but never prove that all match.
 */
#ifndef STOA_QUERY_VERDICT_H
#define STOA_QUERY_VERDICT_H

#include "query/plan.h"

enum { STOA_PROVABLE_CONJUNCTS = 64 };

struct stoa_verdict {
    bool is_pruned;     /* no row matches */
    uint32_t pruned_by; /* the conjunct that said so */
    uint64_t proven;    /* bit c: conjunct c holds for every row */
};

/* Adds what the statistics say of conjunct `c`, which has a predicate. */
void stoa_verdict_judge(const struct stoa_plan *plan, uint32_t c,
                        const struct stoa_stats *stats, struct stoa_verdict *verdict);

/* Whether conjunct `c` need not be asked any more. */
static inline bool stoa_verdict_has(uint64_t proven, uint32_t c)
{
    return c < STOA_PROVABLE_CONJUNCTS && (proven >> c & 1);
}

/* Whether all conjuncts hold for every row. */
bool stoa_verdict_covers(const struct stoa_plan *plan, uint64_t proven);

#endif
