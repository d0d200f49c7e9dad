/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aggregate functions: one row in aggregate_table.c each. States are plain bytes of a fixed
 * size, one per group, in arrays that the group-by operator owns; merging two arrays in
 * block order gives the same answer at any number of threads.
 */
#ifndef STOA_QUERY_AGGREGATE_H
#define STOA_QUERY_AGGREGATE_H

#include "common/arena.h"
#include "format/sketch.h"
#include "format/stats.h"
#include "query/expr.h"
#include "query/row_list.h"

enum { STOA_AGGREGATE_LANES = 8 };

struct stoa_aggregate {
    const char *name; /* "sum" */
    const char *help; /* "sum(number) -> decimal(38) or float64" */
    bool takes_star;  /* count(*) */
    /* Result type for an argument type (ignored for star); false: not for this type. `out_arg` is the
     * type the argument is cast to first. */
    bool (*resolve)(stoa_type arg, stoa_type *out_type, stoa_type *out_arg);
    bool
        follows_order; /* of floats: the answer's last bits depend on how rows are put together */
    size_t state_size; /* bytes, a multiple of 16; zero bytes are the empty state */
    /* Folds row i of `arg` (NULL pointer for star) into state groups[i] for the rows of
     * `rows`, none of which is NULL. Texts a state keeps are copied to `arena`. State i
     * lies at states + i * stride. */
    stoa_status (*update)(uint8_t *states, size_t stride, const uint32_t *groups,
                          const struct stoa_vector *arg, const struct stoa_row_list *rows,
                          struct stoa_arena *arena, stoa_error *err);
    /* The same without GROUP BY: into STOA_AGGREGATE_LANES states, which are merged in
     * order at the end of a block. Row i goes to state i mod 8 where order matters: so a
     * block's float sum is made [FMT-35]. */
    stoa_status (*fold)(uint8_t *states, size_t stride, const struct stoa_vector *arg,
                        const struct stoa_row_list *rows, struct stoa_arena *arena,
                        stoa_error *err);
    /* Optional: folds all rows that `stats` cover into one state; false when they do not say. */
    bool (*from_stats)(uint8_t *state, stoa_type arg_type, const struct stoa_stats *stats,
                       struct stoa_arena *arena);
    /* Optional: folds `count` values, none NULL, into one state; `sum` is what they add up to,
     * which is not asked for when the function counts only. Exact numbers of 64 bits. */
    void (*from_sum)(uint8_t *state, uint64_t count, stoa_i128 sum);
    /* Optional: folds values of kind I64 or U64 into one state, of which these are the smallest and
     * the largest. */
    void (*from_extremes)(uint8_t *state, enum stoa_phys phys, stoa_i128 low,
                          stoa_i128 high);
    /* With from_sum: the same as fold for a float64 vector, whose `count` rows of `bits` are not
     * NULL. */
    void (*fold_float_bits)(uint8_t *states, size_t stride, const struct stoa_vector *arg,
                            const uint64_t *bits, uint64_t count);
    bool counts_only; /* the values do not matter: arguments may have any type */
    /* Optional: folds all values of a file into one state, by their sketch. */
    void (*from_sketch)(uint8_t *state, const struct stoa_sketch *sketch);
    /* Adds `from` behind `into`. */
    stoa_status (*merge)(uint8_t *into, const uint8_t *from, struct stoa_arena *arena,
                         stoa_error *err);
    /* The answer; bytes borrow the state. `type` is the result's, `arg_type` the argument's
     * (bool for star). */
    stoa_status (*finish)(const uint8_t *state, stoa_type type, stoa_type arg_type,
                          struct stoa_value *out_value, stoa_error *err);
};

/* By lower-case name, or NULL. `stoa_aggregate_at` walks the table. */
const struct stoa_aggregate *stoa_aggregate_find(const char *name);
const struct stoa_aggregate *stoa_aggregate_at(size_t i);

/* One aggregate of a statement. */
struct stoa_aggregate_call {
    const struct stoa_aggregate *aggregate;
    struct stoa_expr *arg;    /* over scan columns; NULL for star */
    struct stoa_expr *filter; /* FILTER (WHERE ...), or NULL */
    bool is_distinct;
    stoa_type type;
    uint32_t sql_offset;
};

#endif
