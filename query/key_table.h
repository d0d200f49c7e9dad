/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte strings numbered from 0: a list of them, and a set that numbers them in the order of
 * their first appearance. GROUP BY, DISTINCT and count(DISTINCT) stand on these. Keys lie
 * one behind the other in memory that is charged to the query's budget; the set is open
 * addressing over 32 bits of a hash that the caller makes. One thread at a time.
 */
#ifndef STOA_QUERY_KEY_TABLE_H
#define STOA_QUERY_KEY_TABLE_H

#include <stdbool.h>

#include "query/budget.h"

struct stoa_key_list {
    struct stoa_budget *budget; /* borrowed */
    size_t *ends;               /* per key: where it ends in `bytes` */
    uint8_t *bytes;
    uint32_t count; /* keys */
    uint32_t key_capacity;
    size_t byte_capacity;
    size_t charged; /* bytes taken from the budget */
};

void stoa_key_list_init(struct stoa_key_list *list, struct stoa_budget *budget);
void stoa_key_list_done(struct stoa_key_list *list);

/* Appends a key; its number is the count before. After a failure the list holds what it held. */
STOA_MUST_USE stoa_status stoa_key_list_append(struct stoa_key_list *list, const void *key,
                                               size_t size, stoa_error *err);

/* Key `number`, borrowed until the next append. */
static inline const uint8_t *stoa_key_list_get(const struct stoa_key_list *list,
                                               uint32_t number, size_t *out_size)
{
    const size_t start = number > 0 ? list->ends[number - 1] : 0;
    *out_size = list->ends[number] - start;
    return list->bytes + start;
}

struct stoa_key_slot {
    uint32_t number; /* of the key, and 1; 0: empty */
    uint32_t tag;    /* low half of the hash */
};

struct stoa_key_table {
    struct stoa_key_list keys;
    struct stoa_key_slot *slots;
    uint32_t slot_count; /* a power of two, or 0 */
    size_t charged;      /* for the slots */
};

void stoa_key_table_init(struct stoa_key_table *table, struct stoa_budget *budget);
void stoa_key_table_done(struct stoa_key_table *table);
/* Forgets the keys, keeps the memory. */
void stoa_key_table_clear(struct stoa_key_table *table);

/* Brings the slot of a hash closer, some adds before it is needed. */
static inline void stoa_key_table_prefetch(const struct stoa_key_table *table,
                                           uint64_t hash)
{
    if (table->slot_count > 0)
        __builtin_prefetch(&table->slots[(uint32_t)hash & (table->slot_count - 1)]);
}

/* The number of the key, added when it is new. Equal keys come with equal hashes. */
STOA_MUST_USE stoa_status stoa_key_table_add(struct stoa_key_table *table, const void *key,
                                             size_t size, uint64_t hash,
                                             uint32_t *out_number, bool *out_is_new,
                                             stoa_error *err);

#endif
