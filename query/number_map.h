/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 64-bit keys numbered from 0 in the order of their first appearance, a vector of rows at a time: by one look into an array
 * when the keys are small numbers, else by hashing. For the rows of one morsel, so that a map never has more than
 * 65,536 numbers, and is cleared often. One thread at a time.
 */
#ifndef STOA_QUERY_NUMBER_MAP_H
#define STOA_QUERY_NUMBER_MAP_H

#include "query/budget.h"
#include "query/row_list.h"

/* Keys below this are looked up directly: the array is 1 MiB at most. */
enum { STOA_NUMBER_MAP_DIRECT = 1 << 18 };

struct stoa_number_slot {
    uint64_t key;
    uint32_t number; /* and 1; 0: empty */
};

struct stoa_number_map {
    struct stoa_budget *budget; /* borrowed */
    size_t charged;             /* bytes taken from it */
    uint32_t count;             /* numbers given so far */
    bool is_direct;             /* keys index `direct` */
    uint32_t *direct;           /* number and 1; 0: none */
    size_t direct_room;
    struct stoa_number_slot *slots;
    size_t slot_count; /* a power of two, or 0 */
};

/* An empty map whose memory is charged to `budget` (borrowed) before it is allocated. */
void stoa_number_map_init(struct stoa_number_map *map, struct stoa_budget *budget);
void stoa_number_map_done(struct stoa_number_map *map);

/* Forgets all keys; those to come are below `span` (UINT64_MAX: any). */
STOA_MUST_USE stoa_status stoa_number_map_start(struct stoa_number_map *map, uint64_t span,
                                                stoa_error *err);

/* out_numbers[row] = number of keys[row], for the rows of `rows`; rows whose key was new
 * are appended to `fresh`, in the order of their numbers. */
STOA_MUST_USE stoa_status stoa_number_map_run(struct stoa_number_map *map,
                                              const uint64_t *keys,
                                              const struct stoa_row_list *rows,
                                              uint32_t *out_numbers,
                                              struct stoa_row_list *fresh, stoa_error *err);

#endif
