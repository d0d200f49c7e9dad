/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tuples of values numbered in the order of their first appearance within one morsel: what
 * GROUP BY does to the rows of a block before any key is built. Dictionary codes, booleans
 * and integers of a small known range are looked up directly; other values get a number of
 * their own first. The columns' numbers make one 64-bit key. One thread at a time.
 */
#ifndef STOA_QUERY_TUPLE_MAP_H
#define STOA_QUERY_TUPLE_MAP_H

#include "format/enc/enc.h"
#include "query/key_table.h"
#include "query/number_map.h"

/* One column of the tuples, for the vector at hand. What is set stays the same over a
 * morsel, but for the rows. */
struct stoa_key_source {
    const struct stoa_vector *vector;         /* NULL: codes */
    const uint32_t *codes;                    /* by row, meaningless behind NULLs */
    const uint64_t *validity;                 /* of the codes; NULL: no NULLs */
    const struct stoa_dictionary *dictionary; /* of the codes */
    bool is_never_null;                       /* in all of the morsel */
    uint64_t
        span; /* not 0: a vector of I64 whose statistics say low <= value < low + span */
    int64_t low;
};

static inline enum stoa_phys stoa_key_source_phys(const struct stoa_key_source *source)
{
    return source->vector ? source->vector->phys : source->dictionary->phys;
}

/* Row `row` as a scalar; bytes are borrowed. */
struct stoa_value stoa_key_source_get(const struct stoa_key_source *source, uint32_t row);

struct stoa_tuple_column;

struct stoa_tuple_map {
    struct stoa_tuple_column *columns;
    uint32_t column_count;
    bool has_prefix; /* tuples begin with a number below 65,536 that the caller gives */
    bool is_started; /* since the last clear */
    struct stoa_number_map tuples;
    uint64_t keys[STOA_VECTOR_ROWS]; /* by row, as are all below */
    uint64_t values[STOA_VECTOR_ROWS];
    uint32_t numbers[STOA_VECTOR_ROWS];
    struct stoa_row_list valued, unused;
};

STOA_MUST_USE stoa_status stoa_tuple_map_init(struct stoa_tuple_map *map,
                                              uint32_t column_count, bool has_prefix,
                                              struct stoa_budget *budget, stoa_error *err);
void stoa_tuple_map_done(struct stoa_tuple_map *map); /* a zeroed map is allowed */
/* Before a new morsel. */
void stoa_tuple_map_clear(struct stoa_tuple_map *map);

/* out_numbers[row] = number of the row's tuple for the rows of `rows`; `prefix` (by row)
 * stands before the sources if the map has one. Rows with a new tuple are appended to
 * `fresh` in the order of their numbers. */
STOA_MUST_USE stoa_status stoa_tuple_map_run(struct stoa_tuple_map *map,
                                             const uint32_t *prefix,
                                             const struct stoa_key_source *sources,
                                             const struct stoa_row_list *rows,
                                             uint32_t *out_numbers,
                                             struct stoa_row_list *fresh, stoa_error *err);

#endif
