/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The union of columns by name: a growing array with a hash table over it, without regard to
 * ASCII case [ING-17]. Called while headers are read and when names from the user are looked
 * up; owned by the ingest.
 */
#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "writer/ingest/ingest_state.h"

enum { FIRST_COLUMNS = 16, FIRST_SLOTS = 64 };

void stoa_union_init(struct stoa_union *all)
{
    *all = (struct stoa_union){.count = 0};
}

void stoa_union_done(struct stoa_union *all)
{
    for (uint32_t i = 0; i < all->count; i++)
        stoa_free(all->columns[i].name);
    stoa_free(all->columns);
    stoa_free(all->slots);
    stoa_union_init(all);
}

static uint8_t fold(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte;
}

/* In pieces, because a name may be 4 KiB and stacks are small. */
static uint64_t hash_name(const char *name, size_t length)
{
    uint8_t piece[64];
    uint64_t hash = length;
    for (size_t at = 0; at < length; at += sizeof piece) {
        const size_t size = length - at < sizeof piece ? length - at : sizeof piece;
        for (size_t i = 0; i < size; i++)
            piece[i] = fold((uint8_t)name[at + i]);
        hash = stoa_hash64(piece, size, hash);
    }
    return hash;
}

static bool is_name(const char *own, const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (fold((uint8_t)own[i]) != fold((uint8_t)name[i]))
            return false; /* also where `own` ends */
    }
    return own[length] == '\0';
}

/* The slot of the name, or the free one where it belongs. */
static uint32_t find_slot(const struct stoa_union *all, const char *name, size_t length)
{
    uint32_t slot = (uint32_t)hash_name(name, length) & (all->slot_count - 1);
    while (all->slots[slot] != UINT32_MAX &&
           !is_name(all->columns[all->slots[slot]].name, name, length))
        slot = (slot + 1) & (all->slot_count - 1);
    return slot;
}

uint32_t stoa_union_find(const struct stoa_union *all, const char *name, size_t length)
{
    return all->slot_count ? all->slots[find_slot(all, name, length)] : UINT32_MAX;
}

static void fill_slots(struct stoa_union *all)
{
    memset(all->slots, 0xFF, all->slot_count * sizeof *all->slots);
    for (uint32_t i = 0; i < all->count; i++) {
        const char *name = all->columns[i].name;
        all->slots[find_slot(all, name, strlen(name))] = i;
    }
}

static stoa_status grow_slots(struct stoa_union *all, stoa_error *err)
{
    const uint32_t count = all->slot_count ? 2 * all->slot_count : FIRST_SLOTS;
    uint32_t *slots = stoa_alloc_array(count, sizeof *slots);
    if (!slots)
        return stoa_fail_memory(err, count * sizeof *slots);
    stoa_free(all->slots);
    all->slots = slots;
    all->slot_count = count;
    fill_slots(all);
    return STOA_OK;
}

static stoa_status grow_columns(struct stoa_union *all, stoa_error *err)
{
    const uint32_t capacity = all->capacity ? 2 * all->capacity : FIRST_COLUMNS;
    void *grown = stoa_realloc(all->columns, capacity * sizeof *all->columns);
    if (!grown)
        return stoa_fail_memory(err, capacity * sizeof *all->columns);
    all->columns = grown;
    all->capacity = capacity;
    return STOA_OK;
}

stoa_status stoa_union_add(struct stoa_union *all, const char *name, size_t length,
                           uint32_t *out_column, stoa_error *err)
{
    if (all->count == STOA_MAX_COLUMNS)
        return stoa_fail(err, STOA_E_LIMIT, "expected at most %d columns, found more",
                         STOA_MAX_COLUMNS);
    if (all->count == all->capacity)
        STOA_TRY(grow_columns(all, err));
    if (all->slot_count <= 2 * all->count)
        STOA_TRY(grow_slots(all, err));
    char *copy = stoa_strndup(name, length);
    if (!copy)
        return stoa_fail_memory(err, length + 1);
    const uint32_t column = all->count;
    all->columns[column] = (struct stoa_union_column){
        .name = copy, .type = {.id = STOA_TYPE_TEXT}, .suffix = 1};
    stoa_facts_init(&all->columns[column].facts);
    all->slots[find_slot(all, name, length)] = column;
    all->count++;
    *out_column = column;
    return STOA_OK;
}

void stoa_union_cut(struct stoa_union *all, uint32_t count)
{
    if (count >= all->count)
        return;
    for (uint32_t i = count; i < all->count; i++)
        stoa_free(all->columns[i].name);
    all->count = count;
    fill_slots(all);
}
