/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics as they lie in block and statistics records, and back: keys, sizes, full bounds
 * and sums [FMT-66]..[FMT-70]. Called by the file writer and the reader, which keep the heap.
 * Pure functions.
 */
#ifndef STOA_FORMAT_STATS_RECORD_H
#define STOA_FORMAT_STATS_RECORD_H

#include "format/layout.h"
#include "format/stats.h"

/* Room for the full bounds of one record, min and max. */
enum { STOA_STATS_BOUNDS_MAX = 2 * STOA_MAX_BOUND_BYTES };

/* Fills *out_core and writes the full bounds (min, then max) to `out_bounds`; returns how many
 * bytes they take, often 0. Counts travel beside the core. The caller appends the bytes to its
 * heap and sets out_core->bounds_offset, which is 0 here and stays 0 when there are none. */
size_t stoa_stats_to_core(const struct stoa_stats *stats, struct stoa_stats_core *out_core,
                          uint8_t out_bounds[STOA_STATS_BOUNDS_MAX]);

/* Bytes that the record's full bounds take in the heap from bounds_offset on. */
size_t stoa_stats_bounds_size(enum stoa_phys phys, const struct stoa_stats_core *core);

/* The statistics of a record. `bounds` are the stoa_stats_bounds_size bytes in the heap (NULL
 * when that is 0); what is needed of them is copied. STOA_E_CORRUPT when record and bounds
 * contradict each other, the kind or the counts [FMT-83]; *out_stats is then untouched. */
STOA_MUST_USE stoa_status stoa_stats_from_core(enum stoa_phys phys, uint64_t rows,
                                               uint64_t null_count, uint64_t nan_count,
                                               const struct stoa_stats_core *core,
                                               const uint8_t *bounds,
                                               struct stoa_stats *out_stats,
                                               stoa_error *err);

/* Order-preserving keys [FMT-68]: keys compare, unsigned, as values do in query order, except
 * that different BYTES, I128 and FIXED16 may share one. The value is neither NULL nor NaN. */
uint64_t stoa_value_key(enum stoa_phys phys, const struct stoa_value *value);

#endif
