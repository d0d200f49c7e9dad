/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zones of a morsel (query/scan_worker.h): which of its 8,192 rows can be skipped, and which are known
 * to match. Looked at when a morsel begins, for conjuncts that the block's statistics left open;
 * aggregates take a zone's statistics from here too.
 */
#include "common/alloc.h"
#include "query/loss.h"
#include "query/scan_parts.h"

static uint32_t zone_count(const struct stoa_morsel *morsel)
{
    return morsel->rows / STOA_ZONE_ROWS + (morsel->rows % STOA_ZONE_ROWS != 0);
}

/* Rows can be read without their zones, whose damage then costs time alone. */
static stoa_status load_zones(struct stoa_scan_worker *worker, uint32_t column,
                              stoa_error *err)
{
    struct stoa_scan_column *state = &worker->columns[column];
    const struct stoa_morsel *morsel = worker->morsel;
    stoa_error damage;
    stoa_error_clear(&damage);
    const stoa_status status = stoa_reader_block_zones(
        morsel->file->reader, morsel->file->columns[column], morsel->group, morsel->block,
        state->zones, &state->zone_count, &damage);
    if (status == STOA_OK)
        return STOA_OK;
    if (worker->plan->skips_corrupt && stoa_loss_is_damage(status)) {
        state->zone_count = 0;
        worker->zones_damaged++;
        return STOA_OK;
    }
    if (err)
        *err = damage;
    return status;
}

stoa_status stoa_scan_zone_stats(struct stoa_scan_worker *worker, uint32_t column,
                                 const struct stoa_stats **out_zones, uint32_t *out_count,
                                 stoa_error *err)
{
    struct stoa_scan_column *state = &worker->columns[column];
    if (!state->zones)
        state->zones = stoa_alloc_array(STOA_BLOCK_ZONES, sizeof *state->zones);
    if (!state->zones)
        return stoa_fail_memory(err, STOA_BLOCK_ZONES * sizeof *state->zones);
    if (!state->has_zones)
        STOA_TRY(load_zones(worker, column, err));
    state->has_zones = true;
    *out_zones = state->zones;
    *out_count = state->zone_count;
    return STOA_OK;
}

static stoa_status judge(struct stoa_scan_worker *worker, uint32_t c, stoa_error *err)
{
    const struct stoa_plan *plan = worker->plan;
    const struct stoa_stats *zones = NULL;
    uint32_t count = 0;
    STOA_TRY(stoa_scan_zone_stats(worker, plan->conjuncts[c].column, &zones, &count, err));
    worker->has_zones |= count > 0;
    for (uint32_t z = 0; z < count; z++) {
        struct stoa_verdict *verdict = &worker->zones[z];
        if (verdict->is_pruned)
            continue;
        stoa_verdict_judge(plan, c, &zones[z], verdict);
        if (verdict->is_pruned) {
            worker->zones_pruned++;
            worker->filters[c].zones_pruned++;
        }
    }
    return STOA_OK;
}

stoa_status stoa_scan_zones_begin(struct stoa_scan_worker *worker, stoa_error *err)
{
    const struct stoa_morsel *morsel = worker->morsel;
    const struct stoa_plan *plan = worker->plan;
    worker->has_zones = false;
    if (!morsel->file || morsel->is_covered || morsel->rows <= STOA_ZONE_ROWS ||
        plan->ignores_statistics)
        return STOA_OK;
    for (uint32_t z = 0; z < STOA_BLOCK_ZONES; z++)
        worker->zones[z] = (struct stoa_verdict){.proven = morsel->proven};
    for (uint32_t c = 0; c < plan->conjunct_count; c++) {
        if (plan->conjuncts[c].push != STOA_PUSH_NONE &&
            !stoa_verdict_has(morsel->proven, c))
            STOA_TRY(judge(worker, c, err));
    }
    if (worker->has_zones)
        worker->zones_seen += zone_count(morsel);
    return STOA_OK;
}

bool stoa_scan_skips(const struct stoa_scan_worker *worker, uint32_t vector)
{
    return worker->has_zones && worker->zones[vector / STOA_ZONE_VECTORS].is_pruned;
}

uint64_t stoa_scan_proven(const struct stoa_scan_worker *worker, uint32_t vector)
{
    return worker->has_zones ? worker->zones[vector / STOA_ZONE_VECTORS].proven
                             : worker->morsel->proven;
}
