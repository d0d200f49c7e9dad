/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All groups of a statement: the morsels' groups merged in morsel order, in parts by hash
 * that threads take one by one. A group's place in the answer is that of its first row; so
 * neither parts nor threads show. Used by the execution's own thread, which lends it the
 * pool.
 */
#ifndef STOA_QUERY_GROUP_MERGE_H
#define STOA_QUERY_GROUP_MERGE_H

#include "common/pool.h"
#include "query/group_state.h"
#include "query/word_table.h"

/* The groups of one part. */
struct stoa_group_part {
    struct stoa_key_table keys;   /* of GROUP BY, if they are no words */
    struct stoa_word_table words; /* of GROUP BY, if they are */
    struct stoa_group_store store;
    struct stoa_key_table *pairs;       /* per DISTINCT aggregate: group number and value */
    struct stoa_word_table *pair_words; /* per DISTINCT aggregate: values that are words */
    struct stoa_buf key;                /* scratch */
    uint32_t cursor;                    /* groups handed out */
};

struct stoa_group_merge {
    const struct stoa_plan *plan;
    struct stoa_group_layout layout;
    bool holds_words; /* keys of GROUP BY are words */
    struct stoa_group_part parts[STOA_KEY_PARTS];
    uint64_t morsels;              /* merged so far */
    struct stoa_group_state *wave; /* during a call of add */
    size_t wave_count;
};

STOA_MUST_USE stoa_status stoa_group_merge_init(struct stoa_group_merge *merge,
                                                const struct stoa_plan *plan,
                                                struct stoa_budget *budget,
                                                stoa_error *err);
void stoa_group_merge_done(struct stoa_group_merge *merge); /* a zeroed one is allowed */

/* Adds the finished groups of the next `count` morsels. */
STOA_MUST_USE stoa_status stoa_group_merge_add(struct stoa_group_merge *merge,
                                               struct stoa_group_state *wave, size_t count,
                                               struct stoa_pool *pool, stoa_error *err);

/* Folds what DISTINCT aggregates have collected; before the first row is asked for. */
STOA_MUST_USE stoa_status stoa_group_merge_finish(struct stoa_group_merge *merge,
                                                  stoa_error *err);

/* The next groups, at most 1,024, as vectors: GROUP BY values first, then the aggregates'
 * answers; *out_count 0 at the end. Bytes borrow the merge. Without GROUP BY there is one
 * group. */
STOA_MUST_USE stoa_status stoa_group_merge_next(struct stoa_group_merge *merge,
                                                struct stoa_vector *vectors,
                                                uint32_t *out_count, stoa_error *err);

/* Writes `value` as row `row` of the vector; has_nulls is kept up to date. */
void stoa_vector_put(struct stoa_vector *vector, uint32_t row,
                     const struct stoa_value *value);

#endif
