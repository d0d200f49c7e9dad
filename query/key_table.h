/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of byte strings numbered in the order of their first appearance: GROUP BY, DISTINCT and
 * count(DISTINCT) all stand on it. Open addressing over 64-bit hashes; keys lie one behind the other in
 * memory that is charged to the query's budget. One thread at a time.
 */
#ifndef STOA_QUERY_KEY_TABLE_H
#define STOA_QUERY_KEY_TABLE_H

#include <stdbool.h>

#include "query/budget.h"

struct stoa_key_table {
    struct stoa_budget *budget; /* borrowed */
    uint32_t *slots;            /* key number + 1; 0: empty */
    uint32_t slot_count;        /* a power of two, or 0 */
    uint32_t count;             /* keys */
    uint32_t key_capacity;
    uint64_t *hashes; /* per key */
    size_t *offsets;  /* per key, and one more: the end */
    uint8_t *bytes;
    size_t byte_capacity;
    size_t charged; /* bytes taken from the budget */
};

void stoa_key_table_init(struct stoa_key_table *table, struct stoa_budget *budget);
void stoa_key_table_done(struct stoa_key_table *table);
/* Forgets the keys, keeps the memory. */
void stoa_key_table_clear(struct stoa_key_table *table);

/* The number of the key, added when it is new. */
STOA_MUST_USE stoa_status stoa_key_table_add(struct stoa_key_table *table, const void *key,
                                             size_t size, uint64_t hash,
                                             uint32_t *out_number, bool *out_is_new,
                                             stoa_error *err);

/* Key `number`, borrowed until the next add. */
static inline const uint8_t *stoa_key_table_get(const struct stoa_key_table *table,
                                                uint32_t number, size_t *out_size)
{
    *out_size = table->offsets[number + 1] - table->offsets[number];
    return table->bytes + table->offsets[number];
}

#endif
