/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What aggregate_*.c share: walking active rows that are not NULL, and the rows of the table. Internal to the
 * aggregates of query/.
 */
#ifndef STOA_QUERY_AGGREGATE_PARTS_H
#define STOA_QUERY_AGGREGATE_PARTS_H

#include "query/aggregate.h"
#include "query/call.h"

/* Rows of word `word` that are active and not NULL. */
static inline uint64_t stoa_aggregate_word(const struct stoa_vector *arg,
                                           const uint64_t *active, uint32_t word)
{
    return arg && arg->has_nulls ? active[word] & arg->validity[word] : active[word];
}

extern const struct stoa_aggregate stoa_aggregate_count;
extern const struct stoa_aggregate stoa_aggregate_sum;
extern const struct stoa_aggregate stoa_aggregate_avg;
extern const struct stoa_aggregate stoa_aggregate_min;
extern const struct stoa_aggregate stoa_aggregate_max;
extern const struct stoa_aggregate stoa_aggregate_bool_and;
extern const struct stoa_aggregate stoa_aggregate_bool_or;

#endif
