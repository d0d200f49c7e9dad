/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an execution has read and how long it took (query/plan.h), for the footer of an
 * answer and EXPLAIN ANALYZE.
 */
#include "query/exec_state.h"

void stoa_execution_counters(const struct stoa_execution *execution,
                             stoa_query_counters *out_counters)
{
    *out_counters = execution->source.counters;
    out_counters->rows_skipped = execution->rows_skipped;
    for (unsigned i = 0; i < execution->threads; i++) {
        const struct stoa_exec_worker *worker = &execution->workers[i];
        out_counters->rows_scanned += worker->scan.rows_scanned;
        out_counters->rows_matched += worker->scan.rows_matched;
        out_counters->bytes_read += stoa_scan_bytes_read(&worker->scan);
        out_counters->rows_from_statistics += worker->rows_from_statistics;
        out_counters->blocks_pruned += worker->blocks_skipped;
        out_counters->zones += worker->scan.zones_seen;
        out_counters->zones_pruned += worker->scan.zones_pruned;
        out_counters->aids_damaged += worker->scan.zones_damaged;
    }
    out_counters->rows_matched += out_counters->rows_from_statistics;
}

void stoa_execution_get_profile(const struct stoa_execution *execution,
                                struct stoa_execution_profile *out_profile)
{
    *out_profile = (struct stoa_execution_profile){
        .conjunct_blocks_pruned = execution->source.conjunct_blocks_pruned,
        .conjunct_zones_pruned = execution->zones_pruned,
        .threads = execution->threads};
    for (uint32_t c = 0; c < execution->plan->conjunct_count; c++) {
        execution->zones_pruned[c] = 0;
        for (unsigned i = 0; i < execution->threads; i++)
            execution->zones_pruned[c] +=
                execution->workers[i].scan.filters[c].zones_pruned;
    }
    for (unsigned i = 0; i < execution->threads; i++) {
        const struct stoa_exec_worker *worker = &execution->workers[i];
        out_profile->scan_ns += worker->scan_ns;
        if (execution->plan->is_aggregate)
            out_profile->aggregate_ns += worker->work_ns;
        else
            out_profile->output_ns += worker->work_ns;
    }
}
