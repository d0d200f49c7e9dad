/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers for 64-bit keys (query/number_map.h). The hash table is kept at a load of at most
 * a half and cleared with memset, which costs less than probing it did.
 */
#include "query/number_map.h"

#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"

enum { FIRST_SLOTS = 2048 };

void stoa_number_map_init(struct stoa_number_map *map, struct stoa_budget *budget)
{
    *map = (struct stoa_number_map){.budget = budget};
}

void stoa_number_map_done(struct stoa_number_map *map)
{
    if (map->budget)
        stoa_budget_give(map->budget, map->charged);
    stoa_free(map->direct);
    stoa_free(map->slots);
    *map = (struct stoa_number_map){.budget = map->budget};
}

static stoa_status charge(struct stoa_number_map *map, size_t size, stoa_error *err)
{
    STOA_TRY(stoa_budget_take(map->budget, size, err));
    map->charged += size;
    return STOA_OK;
}

static stoa_status start_direct(struct stoa_number_map *map, size_t span, stoa_error *err)
{
    if (span > map->direct_room) {
        STOA_TRY(charge(map, (span - map->direct_room) * sizeof *map->direct, err));
        uint32_t *direct = stoa_alloc_array(span, sizeof *direct);
        if (!direct)
            return stoa_fail_memory(err, span * sizeof *direct);
        stoa_free(map->direct);
        map->direct = direct;
        map->direct_room = span;
    }
    memset(map->direct, 0, span * sizeof *map->direct);
    return STOA_OK;
}

static stoa_status start_hashed(struct stoa_number_map *map, stoa_error *err)
{
    if (map->slot_count > 0) {
        memset(map->slots, 0, map->slot_count * sizeof *map->slots);
        return STOA_OK;
    }
    STOA_TRY(charge(map, FIRST_SLOTS * sizeof *map->slots, err));
    map->slots = stoa_alloc_zeroed(FIRST_SLOTS, sizeof *map->slots);
    if (!map->slots)
        return stoa_fail_memory(err, FIRST_SLOTS * sizeof *map->slots);
    map->slot_count = FIRST_SLOTS;
    return STOA_OK;
}

stoa_status stoa_number_map_start(struct stoa_number_map *map, uint64_t span,
                                  stoa_error *err)
{
    map->count = 0;
    map->is_direct = span <= STOA_NUMBER_MAP_DIRECT;
    return map->is_direct ? start_direct(map, (size_t)span, err) : start_hashed(map, err);
}

static stoa_status grow(struct stoa_number_map *map, stoa_error *err)
{
    const size_t slot_count = map->slot_count * 2;
    STOA_TRY(charge(map, map->slot_count * sizeof *map->slots, err));
    struct stoa_number_slot *slots = stoa_alloc_zeroed(slot_count, sizeof *slots);
    if (!slots)
        return stoa_fail_memory(err, slot_count * sizeof *slots);
    for (size_t i = 0; i < map->slot_count; i++) {
        if (map->slots[i].number == 0)
            continue;
        size_t at = (size_t)stoa_hash_mix(map->slots[i].key) & (slot_count - 1);
        while (slots[at].number != 0)
            at = (at + 1) & (slot_count - 1);
        slots[at] = map->slots[i];
    }
    stoa_free(map->slots);
    map->slots = slots;
    map->slot_count = slot_count;
    return STOA_OK;
}

static void run_direct(struct stoa_number_map *map, const uint64_t *keys,
                       const struct stoa_row_list *rows, uint32_t *out_numbers,
                       struct stoa_row_list *fresh)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        const uint32_t row = rows->rows[i];
        uint32_t *number = &map->direct[keys[row]];
        if (*number == 0) {
            *number = ++map->count;
            fresh->rows[fresh->count++] = row;
        }
        out_numbers[row] = *number - 1;
    }
}

static void run_hashed(struct stoa_number_map *map, const uint64_t *keys,
                       const struct stoa_row_list *rows, uint32_t *out_numbers,
                       struct stoa_row_list *fresh)
{
    struct stoa_number_slot *const slots = map->slots;
    const size_t mask = map->slot_count - 1;
    for (uint32_t i = 0; i < rows->count; i++) {
        const uint32_t row = rows->rows[i];
        const uint64_t key = keys[row];
        size_t at = (size_t)stoa_hash_mix(key) & mask;
        while (slots[at].number != 0 && slots[at].key != key)
            at = (at + 1) & mask;
        if (slots[at].number == 0) {
            slots[at] = (struct stoa_number_slot){.key = key, .number = ++map->count};
            fresh->rows[fresh->count++] = row;
        }
        out_numbers[row] = slots[at].number - 1;
    }
}

stoa_status stoa_number_map_run(struct stoa_number_map *map, const uint64_t *keys,
                                const struct stoa_row_list *rows, uint32_t *out_numbers,
                                struct stoa_row_list *fresh, stoa_error *err)
{
    if (map->is_direct) {
        run_direct(map, keys, rows, out_numbers, fresh);
        return STOA_OK;
    }
    /* Room for a vector of new keys at once keeps the loop free of growing. */
    while (map->count + (size_t)rows->count > map->slot_count / 2)
        STOA_TRY(grow(map, err));
    run_hashed(map, keys, rows, out_numbers, fresh);
    return STOA_OK;
}
