/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Row groups that hold none of the values that WHERE looks for, by their filters (query/filter_prune.h).
 * Hashes are made anew for each row group: a few nanoseconds beside the pages that answer.
 */
#include "query/filter_prune.h"

#include "format/sketch.h"
#include "query/loss.h"

enum { HASHES_MAX = 64 }; /* a longer IN is let through by chance anyway */

/* The hashes of the only values that match; 0: there are others, or too many. */
static size_t wanted_hashes(const struct stoa_predicate *predicate,
                            uint64_t out[HASHES_MAX])
{
    if (predicate->negated)
        return 0;
    if (predicate->kind == STOA_PREDICATE_SET && predicate->set_count <= HASHES_MAX) {
        for (size_t i = 0; i < predicate->set_count; i++)
            out[i] = stoa_value_hash(predicate->phys, &predicate->set[i]);
        return predicate->set_count;
    }
    if (predicate->kind != STOA_PREDICATE_RANGE || !predicate->has_low ||
        !predicate->has_high || !predicate->low_inclusive || !predicate->high_inclusive ||
        stoa_value_compare(predicate->phys, &predicate->low, &predicate->high) != 0)
        return 0;
    out[0] = stoa_value_hash(predicate->phys, &predicate->low);
    return 1;
}

stoa_status stoa_filters_judge(const struct stoa_plan *plan,
                               const struct stoa_open_file *file, uint32_t group,
                               struct stoa_verdict *verdict, uint64_t *damaged,
                               stoa_error *err)
{
    for (uint32_t c = 0; c < plan->conjunct_count && !plan->ignores_statistics; c++) {
        const struct stoa_conjunct *conjunct = &plan->conjuncts[c];
        uint64_t hashes[HASHES_MAX];
        bool may = true;
        if (conjunct->push == STOA_PUSH_NONE || stoa_verdict_has(verdict->proven, c))
            continue;
        const size_t count = wanted_hashes(&conjunct->predicate, hashes);
        if (count == 0)
            continue;
        const stoa_status status = stoa_reader_may_hold(
            file->reader, file->columns[conjunct->column], group, hashes, count, &may, err);
        if (plan->skips_corrupt && stoa_loss_is_damage(status)) {
            (*damaged)++; /* rows can be read without their filter */
            continue;
        }
        STOA_TRY(status);
        if (may)
            continue;
        verdict->is_pruned = true;
        verdict->pruned_by = c;
        return STOA_OK;
    }
    return STOA_OK;
}
