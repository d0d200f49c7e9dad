/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups and their aggregate states: one of these per morsel in flight, filled by one thread, then merged in morsel order
 * into the statement's own, so that the answer and the order of the groups do not depend on threads.
 */
#ifndef STOA_QUERY_GROUP_STATE_H
#define STOA_QUERY_GROUP_STATE_H

#include "common/arena.h"
#include "query/key_table.h"
#include "query/plan.h"

enum { STOA_GROUP_LANES = 8 };

struct stoa_group_state {
    const struct stoa_plan *plan;
    struct stoa_budget *budget;
    struct stoa_key_table keys; /* of the groups; unused without GROUP BY */
    uint8_t *states;            /* per group `stride` bytes */
    size_t stride;
    size_t *offsets;   /* per aggregate, in a group's states */
    uint32_t capacity; /* groups that have room */
    size_t charged;
    struct stoa_arena texts; /* of min and max */
    size_t texts_charged;
    struct stoa_key_table *distinct; /* per DISTINCT aggregate: group number and value */
    struct stoa_buf key;             /* scratch */
};

STOA_MUST_USE stoa_status stoa_group_state_init(struct stoa_group_state *state,
                                                const struct stoa_plan *plan,
                                                struct stoa_budget *budget,
                                                stoa_error *err);
void stoa_group_state_done(struct stoa_group_state *state);
void stoa_group_state_clear(struct stoa_group_state *state); /* keeps the memory */

/* Number of groups; without GROUP BY always 1. */
uint32_t stoa_group_state_count(const struct stoa_group_state *state);

/* One aggregate's state of one group. */
static inline uint8_t *stoa_group_state_at(const struct stoa_group_state *state,
                                           uint32_t group, uint32_t aggregate)
{
    return state->states + state->stride * group + state->offsets[aggregate];
}

/* Sets out_groups[row] for the rows of `bits` from the GROUP BY vectors. */
STOA_MUST_USE stoa_status stoa_group_state_find(struct stoa_group_state *state,
                                                const struct stoa_vector *const *vectors,
                                                const uint64_t *bits, uint32_t *out_groups,
                                                stoa_error *err);

/* Folds the rows of `bits` into aggregate `aggregate`; `arg` is NULL for star. `groups` is what find
 * set; NULL without GROUP BY. */
STOA_MUST_USE stoa_status stoa_group_state_update(struct stoa_group_state *state,
                                                  uint32_t aggregate,
                                                  const uint32_t *groups,
                                                  const struct stoa_vector *arg,
                                                  const uint64_t *bits, stoa_error *err);

/* Ends a morsel without GROUP BY: the lanes become one state. */
STOA_MUST_USE stoa_status stoa_group_state_fold_lanes(struct stoa_group_state *state,
                                                      stoa_error *err);

/* Adds the groups of `from` behind those of `into`. */
STOA_MUST_USE stoa_status stoa_group_state_merge(struct stoa_group_state *into,
                                                 const struct stoa_group_state *from,
                                                 stoa_error *err);

/* Fills vectors (of `count` groups from `first`): GROUP BY values first, then the aggregates' answers. Bytes
 * borrow the state. */
STOA_MUST_USE stoa_status stoa_group_state_rows(const struct stoa_group_state *state,
                                                uint32_t first, uint32_t count,
                                                struct stoa_vector *vectors,
                                                stoa_error *err);

/* Writes `value` as row `row` of the vector; has_nulls is kept up to date. */
void stoa_vector_put(struct stoa_vector *vector, uint32_t row,
                     const struct stoa_value *value);

#endif
