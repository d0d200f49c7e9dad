/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of byte strings, numbered in the order of their first appearance: partition tuples,
 * directory names, paths of live files, column names. The caller keeps what belongs to a name
 * in an array of its own, by number. Owned by one thread at a time.
 *
 * Seeded at random, so that no input can aim at long probe chains; the numbering, which is all
 * that can be seen from outside, does not depend on the seed.
 */
#ifndef STOA_DATASET_NAME_MAP_H
#define STOA_DATASET_NAME_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"

struct stoa_name_entry;

struct stoa_name_map {
    struct stoa_arena arena;         /* the names */
    struct stoa_name_entry *entries; /* count of them, by number */
    uint32_t *slots;                 /* number + 1, or 0; a power of two of them */
    size_t slot_count;
    uint32_t count;
    uint32_t capacity; /* of entries */
    uint64_t seed;
};

/* `maximum`: bytes of names it may hold. */
STOA_MUST_USE stoa_status stoa_name_map_init(struct stoa_name_map *map, size_t maximum,
                                             stoa_error *err);
void stoa_name_map_done(struct stoa_name_map *map);

/* The number of the name, which is added if it is new. */
STOA_MUST_USE stoa_status stoa_name_map_put(struct stoa_name_map *map, const void *bytes,
                                            size_t length, uint32_t *out_number,
                                            bool *out_added, stoa_error *err);
bool stoa_name_map_find(const struct stoa_name_map *map, const void *bytes, size_t length,
                        uint32_t *out_number);

/* Name `number` < count, NUL terminated; *out_length may be NULL. Borrowed. */
const char *stoa_name_map_name(const struct stoa_name_map *map, uint32_t number,
                               size_t *out_length);

#endif
