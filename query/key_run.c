/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of a morsel (query/key_run.h); the split is a counting sort, which keeps the order
 * of the keys in each part.
 */
#include "query/key_run.h"

#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"

enum { FIRST_CAPACITY = 32 };

void stoa_key_run_init(struct stoa_key_run *run, bool holds_words,
                       struct stoa_budget *budget)
{
    *run = (struct stoa_key_run){.holds_words = holds_words, .null_number = UINT32_MAX};
    stoa_key_list_init(&run->bytes, budget);
}

void stoa_key_run_done(struct stoa_key_run *run)
{
    if (run->bytes.budget)
        stoa_budget_give(run->bytes.budget, run->charged);
    stoa_free(run->words);
    stoa_free(run->hashes);
    stoa_free(run->by_part);
    stoa_key_list_done(&run->bytes);
    *run = (struct stoa_key_run){.bytes = {.budget = NULL}};
}

void stoa_key_run_clear(struct stoa_key_run *run)
{
    run->count = 0;
    run->bytes.count = 0;
    run->null_number = UINT32_MAX;
    memset(run->part_ends, 0, sizeof run->part_ends);
}

static stoa_status grow_words(struct stoa_key_run *run, uint32_t capacity, stoa_error *err)
{
    uint64_t *words = stoa_realloc(run->words, capacity * sizeof *words);
    if (!words)
        return stoa_fail_memory(err, capacity * sizeof *words);
    run->words = words;
    return STOA_OK;
}

static stoa_status grow(struct stoa_key_run *run, stoa_error *err)
{
    const uint32_t capacity = run->capacity ? run->capacity * 2 : FIRST_CAPACITY;
    const size_t width = sizeof *run->hashes + sizeof *run->by_part +
                         (run->holds_words ? sizeof *run->words : 0);
    const size_t more = (capacity - run->capacity) * width;
    STOA_TRY(stoa_budget_take(run->bytes.budget, more, err));
    run->charged += more;
    if (run->holds_words)
        STOA_TRY(grow_words(run, capacity, err));
    uint64_t *hashes = stoa_realloc(run->hashes, capacity * sizeof *hashes);
    if (!hashes)
        return stoa_fail_memory(err, capacity * sizeof *hashes);
    run->hashes = hashes;
    uint32_t *by_part = stoa_realloc(run->by_part, capacity * sizeof *by_part);
    if (!by_part)
        return stoa_fail_memory(err, capacity * sizeof *by_part);
    run->by_part = by_part;
    run->capacity = capacity;
    return STOA_OK;
}

stoa_status stoa_key_run_append(struct stoa_key_run *run, const void *key, size_t size,
                                uint64_t hash, stoa_error *err)
{
    if (run->count == run->capacity)
        STOA_TRY(grow(run, err));
    STOA_TRY(stoa_key_list_append(&run->bytes, key, size, err));
    run->hashes[run->count++] = hash;
    return STOA_OK;
}

stoa_status stoa_key_run_append_word(struct stoa_key_run *run, uint64_t word, bool is_null,
                                     stoa_error *err)
{
    if (run->count == run->capacity)
        STOA_TRY(grow(run, err));
    if (is_null)
        run->null_number = run->count;
    run->words[run->count] = is_null ? 0 : word;
    run->hashes[run->count++] = stoa_hash_mix(is_null ? 0 : word);
    return STOA_OK;
}

void stoa_key_run_split(struct stoa_key_run *run)
{
    uint32_t at[STOA_KEY_PARTS] = {0};
    uint32_t end = 0;
    for (uint32_t i = 0; i < run->count; i++)
        at[stoa_key_part(run->hashes[i])]++;
    for (uint32_t part = 0; part < STOA_KEY_PARTS; part++) {
        const uint32_t count = at[part];
        at[part] = end;
        end += count;
        run->part_ends[part] = end;
    }
    for (uint32_t i = 0; i < run->count; i++)
        run->by_part[at[stoa_key_part(run->hashes[i])]++] = i;
}
