/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open addressing with linear probing over 32-bit numbers; the names live in an arena and are
 * never removed.
 */
#include "dataset/name_map.h"

#include <string.h>

#include "common/alloc.h"
#include "common/bits.h"
#include "common/hash.h"
#include "dataset/paths.h"

enum { FIRST_SLOTS = 64 };

struct stoa_name_entry {
    const char *name;
    size_t length;
    uint64_t hash;
};

stoa_status stoa_name_map_init(struct stoa_name_map *map, size_t maximum, stoa_error *err)
{
    uint8_t id[STOA_ID_SIZE];
    memset(map, 0, sizeof *map);
    stoa_arena_init(&map->arena, maximum);
    STOA_TRY(stoa_id_create(id, err));
    map->seed = stoa_load_le64(id);
    return STOA_OK;
}

void stoa_name_map_done(struct stoa_name_map *map)
{
    stoa_free(map->entries);
    stoa_free(map->slots);
    stoa_arena_done(&map->arena);
    map->entries = NULL;
    map->slots = NULL;
    map->count = 0;
}

/* The slot that holds the name, or the empty one where it would go. */
static size_t find_slot(const struct stoa_name_map *map, const void *bytes, size_t length,
                        uint64_t hash)
{
    size_t slot = (size_t)hash & (map->slot_count - 1);
    while (map->slots[slot] != 0) {
        const struct stoa_name_entry *entry = &map->entries[map->slots[slot] - 1];
        if (entry->hash == hash && entry->length == length &&
            memcmp(entry->name, bytes, length) == 0)
            break;
        slot = (slot + 1) & (map->slot_count - 1);
    }
    return slot;
}

static stoa_status grow(struct stoa_name_map *map, stoa_error *err)
{
    const size_t slot_count = map->slot_count == 0 ? FIRST_SLOTS : map->slot_count * 2;
    if (slot_count > ((size_t)1 << 31))
        return stoa_fail(err, STOA_E_LIMIT, "expected at most 2^30 names");
    const size_t entry_size = slot_count / 2 * sizeof *map->entries;
    struct stoa_name_entry *entries = stoa_realloc(map->entries, entry_size);
    if (entries == NULL)
        return stoa_fail_memory(err, entry_size);
    map->entries = entries;
    uint32_t *slots = stoa_alloc_zeroed(slot_count, sizeof *slots);
    if (slots == NULL)
        return stoa_fail_memory(err, slot_count * sizeof *slots);
    stoa_free(map->slots);
    map->slots = slots;
    map->slot_count = slot_count;
    map->capacity = (uint32_t)(slot_count / 2);
    for (uint32_t i = 0; i < map->count; i++) {
        const struct stoa_name_entry *entry = &map->entries[i];
        slots[find_slot(map, entry->name, entry->length, entry->hash)] = i + 1;
    }
    return STOA_OK;
}

stoa_status stoa_name_map_put(struct stoa_name_map *map, const void *bytes, size_t length,
                              uint32_t *out_number, bool *out_added, stoa_error *err)
{
    const uint64_t hash = stoa_hash64(bytes, length, map->seed);
    if (map->count == map->capacity)
        STOA_TRY(grow(map, err));
    const size_t slot = find_slot(map, bytes, length, hash);
    *out_added = map->slots[slot] == 0;
    if (*out_added) {
        char *name = stoa_arena_strndup(&map->arena, bytes, length);
        if (name == NULL)
            return stoa_arena_fail(&map->arena, length + 1, err);
        map->entries[map->count] =
            (struct stoa_name_entry){.name = name, .length = length, .hash = hash};
        map->count++;
        map->slots[slot] = map->count;
    }
    *out_number = map->slots[slot] - 1;
    return STOA_OK;
}

bool stoa_name_map_find(const struct stoa_name_map *map, const void *bytes, size_t length,
                        uint32_t *out_number)
{
    if (map->count == 0)
        return false;
    const size_t slot =
        find_slot(map, bytes, length, stoa_hash64(bytes, length, map->seed));
    if (map->slots[slot] == 0)
        return false;
    *out_number = map->slots[slot] - 1;
    return true;
}

const char *stoa_name_map_name(const struct stoa_name_map *map, uint32_t number,
                               size_t *out_length)
{
    if (out_length != NULL)
        *out_length = map->entries[number].length;
    return map->entries[number].name;
}
