/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The groups of one morsel and their aggregate states: filled by one thread, then merged in
 * morsel order into the statement's own (query/group_merge.h), so that the answer and the
 * order of the groups do not depend on threads.
 */
#ifndef STOA_QUERY_GROUP_STATE_H
#define STOA_QUERY_GROUP_STATE_H

#include "common/arena.h"
#include "query/key_run.h"
#include "query/plan.h"
#include "query/tuple_map.h"

/* Where the states of one group lie. */
struct stoa_group_layout {
    size_t stride;   /* bytes of one group */
    size_t *offsets; /* per aggregate; owned */
};

STOA_MUST_USE stoa_status stoa_group_layout_make(const struct stoa_plan *plan,
                                                 struct stoa_group_layout *out_layout,
                                                 stoa_error *err);
void stoa_group_layout_done(struct stoa_group_layout *layout);

/* Whether the keys of GROUP BY, or the pairs of a DISTINCT aggregate, are single 64-bit values. */
bool stoa_group_keys_are_words(const struct stoa_plan *plan);
bool stoa_group_pairs_are_words(const struct stoa_plan *plan, uint32_t aggregate);

/* Per-group arrays and the texts they hold. */
struct stoa_group_store {
    struct stoa_budget *budget;
    uint8_t *states; /* per group `stride` bytes */
    uint64_t
        *orders; /* per group: what its place in the answer follows from; NULL: not kept */
    bool keeps_orders;
    uint32_t capacity; /* groups that have room */
    size_t charged;
    struct stoa_arena texts; /* of min and max */
    size_t texts_charged;
};

void stoa_group_store_init(struct stoa_group_store *store, struct stoa_budget *budget,
                           bool keeps_orders);
void stoa_group_store_done(struct stoa_group_store *store);
/* Room for `needed` groups; new states are empty. */
STOA_MUST_USE stoa_status stoa_group_store_grow(struct stoa_group_store *store,
                                                size_t stride, uint32_t needed,
                                                stoa_error *err);
/* Texts grow in the arena unseen; they are charged after the fact, in steps of one call. */
STOA_MUST_USE stoa_status stoa_group_store_charge(struct stoa_group_store *store,
                                                  stoa_error *err);

struct stoa_group_state {
    const struct stoa_plan *plan;
    struct stoa_group_layout layout;
    struct stoa_key_run groups; /* keys of GROUP BY */
    struct stoa_group_store
        store; /* one group per key; without GROUP BY the lanes, then one for ended zones */
    struct stoa_key_run
        *pairs;    /* per DISTINCT aggregate: group number and value, or the value alone */
    uint32_t *map; /* per group: its number where it was merged */
    uint32_t map_capacity;
    uint8_t *saved;      /* scratch of stoa_stats_fold, two states; NULL until first used */
    struct stoa_buf key; /* scratch */
};

STOA_MUST_USE stoa_status stoa_group_state_init(struct stoa_group_state *state,
                                                const struct stoa_plan *plan,
                                                struct stoa_budget *budget,
                                                stoa_error *err);
void stoa_group_state_done(struct stoa_group_state *state);  /* a zeroed state is allowed */
void stoa_group_state_clear(struct stoa_group_state *state); /* keeps the memory */

/* Adds a group for each row of `fresh`, whose values are those of the GROUP BY sources. */
STOA_MUST_USE stoa_status stoa_group_state_add(struct stoa_group_state *state,
                                               const struct stoa_key_source *sources,
                                               const struct stoa_row_list *fresh,
                                               stoa_error *err);

/* For DISTINCT aggregate `aggregate`: adds (groups[row], value) for each row of `fresh`.
 * `groups` is NULL without GROUP BY. */
STOA_MUST_USE stoa_status stoa_group_state_add_pairs(struct stoa_group_state *state,
                                                     uint32_t aggregate,
                                                     const uint32_t *groups,
                                                     const struct stoa_key_source *source,
                                                     const struct stoa_row_list *fresh,
                                                     stoa_error *err);

/* Folds the rows of `rows` into aggregate `aggregate`; `arg` is NULL for star, no row of it
 * is NULL. */
STOA_MUST_USE stoa_status stoa_group_state_update(
    struct stoa_group_state *state, uint32_t aggregate, const uint32_t *groups,
    const struct stoa_vector *arg, const struct stoa_row_list *rows, stoa_error *err);

/* Without GROUP BY: whether the aggregate adds floats, whose lanes end with each zone [FMT-35]. */
bool stoa_aggregate_adds_floats(const struct stoa_aggregate_call *call);
/* Ends a zone: the lanes of float sums go into the sum of the zones so far. */
STOA_MUST_USE stoa_status stoa_group_state_end_zone(struct stoa_group_state *state,
                                                    stoa_error *err);

/* Ends a morsel: lanes become one state, keys are split into parts. */
STOA_MUST_USE stoa_status stoa_group_state_finish(struct stoa_group_state *state,
                                                  stoa_error *err);

/* One aggregate's state of one group. */
static inline uint8_t *stoa_group_state_at(const struct stoa_group_state *state,
                                           uint32_t group, uint32_t aggregate)
{
    return state->store.states + state->layout.stride * group +
           state->layout.offsets[aggregate];
}

#endif
