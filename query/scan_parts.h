/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What scan_worker.c (blocks and vectors), scan_zones.c and scan_filter.c (conjuncts) share. Internal to
 * the scan of query/.
 */
#ifndef STOA_QUERY_SCAN_PARTS_H
#define STOA_QUERY_SCAN_PARTS_H

#include "query/scan_worker.h"

STOA_MUST_USE stoa_status stoa_scan_filters_init(struct stoa_scan_worker *worker,
                                                 stoa_error *err);
void stoa_scan_filters_done(struct stoa_scan_worker *worker);
/* Puts the conjuncts in the order in which the next morsel tries them. */
void stoa_scan_filters_order(struct stoa_scan_worker *worker);

/* Judges the zones of the morsel that has begun. scan_zones.c */
STOA_MUST_USE stoa_status stoa_scan_zones_begin(struct stoa_scan_worker *worker,
                                                stoa_error *err);

/* The morsel's block of a column, read when it is first asked for; borrowed until the next morsel. */
STOA_MUST_USE stoa_status stoa_scan_load(struct stoa_scan_worker *worker, uint32_t column,
                                         struct stoa_block **out_block, stoa_error *err);

/* Makes worker->inputs[column] the vector. */
STOA_MUST_USE stoa_status stoa_scan_decode_column(struct stoa_scan_worker *worker,
                                                  uint32_t vector, uint32_t column,
                                                  stoa_error *err);

/* Adds file, column and block to an error of decoding; returns `status`. */
stoa_status stoa_scan_fail(struct stoa_scan_worker *worker, uint32_t column,
                           stoa_status status, stoa_error *err);

#endif
