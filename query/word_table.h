/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of 64-bit words, and NULL, numbered from 0 in the order of their first appearance:
 * keys of a single column of 64-bit values, without the detour over bytes. One look at one
 * slot finds a word, and can be asked for in advance. Memory is charged to the query's
 * budget. One thread at a time.
 */
#ifndef STOA_QUERY_WORD_TABLE_H
#define STOA_QUERY_WORD_TABLE_H

#include <stdbool.h>

#include "common/hash.h"
#include "query/budget.h"

struct stoa_word_slot {
    uint64_t word;
    uint32_t number; /* and 1; 0: empty */
};

struct stoa_word_table {
    struct stoa_budget *budget; /* borrowed */
    struct stoa_word_slot *slots;
    uint32_t slot_count;  /* a power of two, or 0 */
    uint32_t count;       /* words, NULL too */
    uint64_t *words;      /* by number; 0 for NULL */
    uint32_t capacity;    /* of words */
    uint32_t null_number; /* and 1; 0: there is no NULL */
    size_t charged;
};

void stoa_word_table_init(struct stoa_word_table *table, struct stoa_budget *budget);
void stoa_word_table_done(struct stoa_word_table *table);

/* The number of the word, added when it is new. `hash` is stoa_hash_mix(word). */
STOA_MUST_USE stoa_status stoa_word_table_add(struct stoa_word_table *table, uint64_t word,
                                              uint64_t hash, uint32_t *out_number,
                                              bool *out_is_new, stoa_error *err);
STOA_MUST_USE stoa_status stoa_word_table_add_null(struct stoa_word_table *table,
                                                   uint32_t *out_number, bool *out_is_new,
                                                   stoa_error *err);

/* Brings the slot of a hash closer, some adds before it is needed. */
static inline void stoa_word_table_prefetch(const struct stoa_word_table *table,
                                            uint64_t hash)
{
    if (table->slot_count > 0)
        __builtin_prefetch(&table->slots[(uint32_t)hash & (table->slot_count - 1)]);
}

#endif
