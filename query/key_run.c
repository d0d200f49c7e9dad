/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of a morsel (query/key_run.h); the split is a counting sort, which keeps the order of the keys in each part.
 */
#include "query/key_run.h"

#include <string.h>

#include "common/alloc.h"

enum { FIRST_CAPACITY = 32 };

void stoa_key_run_init(struct stoa_key_run *run, struct stoa_budget *budget)
{
    *run = (struct stoa_key_run){.capacity = 0};
    stoa_key_list_init(&run->keys, budget);
}

void stoa_key_run_done(struct stoa_key_run *run)
{
    if (run->keys.budget)
        stoa_budget_give(run->keys.budget, run->charged);
    stoa_free(run->hashes);
    stoa_free(run->by_part);
    run->hashes = NULL;
    run->by_part = NULL;
    run->capacity = 0;
    run->charged = 0;
    stoa_key_list_done(&run->keys);
}

void stoa_key_run_clear(struct stoa_key_run *run)
{
    run->keys.count = 0;
    memset(run->part_ends, 0, sizeof run->part_ends);
}

static stoa_status grow(struct stoa_key_run *run, stoa_error *err)
{
    const uint32_t capacity = run->capacity ? run->capacity * 2 : FIRST_CAPACITY;
    const size_t width = sizeof *run->hashes + sizeof *run->by_part;
    const size_t more = (capacity - run->capacity) * width;
    STOA_TRY(stoa_budget_take(run->keys.budget, more, err));
    run->charged += more;
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
    const uint32_t number = run->keys.count;
    if (number >= run->capacity)
        STOA_TRY(grow(run, err));
    STOA_TRY(stoa_key_list_append(&run->keys, key, size, err));
    run->hashes[number] = hash;
    return STOA_OK;
}

void stoa_key_run_split(struct stoa_key_run *run)
{
    uint32_t at[STOA_KEY_PARTS] = {0};
    uint32_t end = 0;
    for (uint32_t i = 0; i < run->keys.count; i++)
        at[stoa_key_part(run->hashes[i])]++;
    for (uint32_t part = 0; part < STOA_KEY_PARTS; part++) {
        const uint32_t count = at[part];
        at[part] = end;
        end += count;
        run->part_ends[part] = end;
    }
    for (uint32_t i = 0; i < run->keys.count; i++)
        run->by_part[at[stoa_key_part(run->hashes[i])]++] = i;
}
