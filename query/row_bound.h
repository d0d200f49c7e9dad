/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ORDER BY with LIMIT: the first sort key of the last row that still has a place. A row
 * whose key is behind it can be dropped before anything else of it is looked at, and so can
 * a block whose statistics put all its rows there. Rows with an equal key stay, so that
 * ties are decided by the sort alone.
 */
#ifndef STOA_QUERY_ROW_BOUND_H
#define STOA_QUERY_ROW_BOUND_H

#include "format/stats.h"
#include "query/plan.h"

struct stoa_row_bound {
    const struct stoa_sort_key *key; /* NULL: no bound is ever set */
    enum stoa_phys phys;
    bool is_set;
    struct stoa_value value; /* bytes point to `bytes` */
    uint8_t *bytes;          /* owned */
    size_t capacity;
};

/* For the first sort key of the plan. */
void stoa_row_bound_init(struct stoa_row_bound *bound, const struct stoa_plan *plan);
void stoa_row_bound_done(struct stoa_row_bound *bound); /* a zeroed one is allowed */

/* `value` is the key of the last row kept; bytes are copied. */
STOA_MUST_USE stoa_status stoa_row_bound_set(struct stoa_row_bound *bound,
                                             const struct stoa_value *value,
                                             stoa_error *err);

/* Clears the bits of rows that come behind the bound. */
void stoa_row_bound_apply(const struct stoa_row_bound *bound,
                          const struct stoa_vector *keys, uint64_t bits[STOA_VECTOR_WORDS]);

/* Whether all rows that the statistics cover come behind the bound. */
bool stoa_row_bound_excludes(const struct stoa_row_bound *bound,
                             const struct stoa_stats *stats);

/* Order of two keys under ORDER BY: negative when `a` comes first. */
int stoa_sort_key_compare(const struct stoa_sort_key *key, enum stoa_phys phys,
                          const struct stoa_value *a, const struct stoa_value *b);

#endif
