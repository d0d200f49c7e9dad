/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the table of aggregates, and what aggregate_*.c share. Internal to the
 * aggregates of query/.
 */
#ifndef STOA_QUERY_AGGREGATE_PARTS_H
#define STOA_QUERY_AGGREGATE_PARTS_H

#include "query/aggregate.h"
#include "query/call.h"

extern const struct stoa_aggregate stoa_aggregate_count;
extern const struct stoa_aggregate stoa_aggregate_sum;
extern const struct stoa_aggregate stoa_aggregate_avg;
extern const struct stoa_aggregate stoa_aggregate_min;
extern const struct stoa_aggregate stoa_aggregate_max;
extern const struct stoa_aggregate stoa_aggregate_approx_count_distinct;
extern const struct stoa_aggregate stoa_aggregate_bool_and;
extern const struct stoa_aggregate stoa_aggregate_bool_or;

#endif
