/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The distinct keys of one morsel with their hashes, and, once the morsel is done, their
 * split into parts by hash: each part is then merged by one thread without regard to the
 * others. Keys are byte strings, or words where one 64-bit value is all of the key. One
 * thread at a time.
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
    bool holds_words;
    uint32_t count;
    struct stoa_key_list bytes; /* the keys, if they are no words */
    uint64_t *words;            /* the keys, if they are */
    uint32_t null_number;       /* number of the word that is NULL; UINT32_MAX: none is */
    uint64_t *hashes;           /* per key */
    uint32_t *by_part; /* numbers of the keys, part after part, ascending in each */
    uint32_t capacity; /* of the arrays */
    uint32_t part_ends[STOA_KEY_PARTS];
    size_t charged;
};

void stoa_key_run_init(struct stoa_key_run *run, bool holds_words,
                       struct stoa_budget *budget);
void stoa_key_run_done(struct stoa_key_run *run);
void stoa_key_run_clear(struct stoa_key_run *run); /* keeps the memory */

STOA_MUST_USE stoa_status stoa_key_run_append(struct stoa_key_run *run, const void *key,
                                              size_t size, uint64_t hash, stoa_error *err);
/* A word, or NULL, which comes once at most. */
STOA_MUST_USE stoa_status stoa_key_run_append_word(struct stoa_key_run *run, uint64_t word,
                                                   bool is_null, stoa_error *err);

/* Fills by_part and part_ends. */
void stoa_key_run_split(struct stoa_key_run *run);

/* Keys of part `part` are by_part[first .. part_ends[part]). */
static inline uint32_t stoa_key_run_first(const struct stoa_key_run *run, uint32_t part)
{
    return part > 0 ? run->part_ends[part - 1] : 0;
}

#endif
