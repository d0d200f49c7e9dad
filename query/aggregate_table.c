/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of aggregate functions (query/aggregate.h): one row each.
 */
#include <string.h>

#include "query/aggregate_parts.h"

static const struct stoa_aggregate *const rows[] = {
    &stoa_aggregate_count,   &stoa_aggregate_sum,
    &stoa_aggregate_avg,     &stoa_aggregate_min,
    &stoa_aggregate_max,     &stoa_aggregate_bool_and,
    &stoa_aggregate_bool_or, &stoa_aggregate_approx_count_distinct};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

const struct stoa_aggregate *stoa_aggregate_at(size_t i)
{
    return i < ROW_COUNT ? rows[i] : NULL;
}

const struct stoa_aggregate *stoa_aggregate_find(const char *name)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(rows[i]->name, name) == 0)
            return rows[i];
    }
    return NULL;
}
