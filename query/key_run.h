/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The distinct keys of one morsel with their hashes, and, once the morsel is done, their split into parts by hash: each part
 * is then merged by one thread without regard to the others. One thread at a time.
 */
#ifndef STOA_QUERY_KEY_RUN_H
#define STOA_QUERY_KEY_RUN_H

#include "query/key_table.h"

/* Enough that a part of some million groups fits a core's cache. */
enum { STOA_KEY_PARTS = 16 };

/* The part a hash belongs to; tables use the other bits. */
static inline uint32_t stoa_key_part(uint64_t hash)
{
    return (uint32_t)(hash >> 60);
}

struct stoa_key_run {
    struct stoa_key_list keys;
    uint64_t *hashes;  /* per key */
    uint32_t *by_part; /* numbers of the keys, part after part, ascending in each */
    uint32_t capacity; /* of both arrays */
    uint32_t part_ends[STOA_KEY_PARTS];
    size_t charged;
};

void stoa_key_run_init(struct stoa_key_run *run, struct stoa_budget *budget);
void stoa_key_run_done(struct stoa_key_run *run);
void stoa_key_run_clear(struct stoa_key_run *run); /* keeps the memory */

STOA_MUST_USE stoa_status stoa_key_run_append(struct stoa_key_run *run, const void *key,
                                              size_t size, uint64_t hash, stoa_error *err);

/* Fills by_part and part_ends. */
void stoa_key_run_split(struct stoa_key_run *run);

/* Keys of part `part` are by_part[first .. last). */
static inline uint32_t stoa_key_run_first(const struct stoa_key_run *run, uint32_t part)
{
    return part > 0 ? run->part_ends[part - 1] : 0;
}

#endif
