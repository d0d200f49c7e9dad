/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbered byte strings (query/key_table.h). Linear probing at a load of at most a half; everything grows by
 * doubling, charged before it is allocated.
 */
#include "query/key_table.h"

#include <string.h>

#include "common/alloc.h"

enum { FIRST_SLOTS = 64, MAX_KEYS = 1 << 30 };

void stoa_key_table_init(struct stoa_key_table *table, struct stoa_budget *budget)
{
    *table = (struct stoa_key_table){.budget = budget};
}

void stoa_key_table_done(struct stoa_key_table *table)
{
    if (table->budget)
        stoa_budget_give(table->budget, table->charged);
    stoa_free(table->slots);
    stoa_free(table->hashes);
    stoa_free(table->offsets);
    stoa_free(table->bytes);
    *table = (struct stoa_key_table){.budget = table->budget};
}

void stoa_key_table_clear(struct stoa_key_table *table)
{
    if (table->slots)
        memset(table->slots, 0, table->slot_count * sizeof *table->slots);
    table->count = 0;
}

static stoa_status charge(struct stoa_key_table *table, size_t size, stoa_error *err)
{
    STOA_TRY(stoa_budget_take(table->budget, size, err));
    table->charged += size;
    return STOA_OK;
}

static stoa_status grow_slots(struct stoa_key_table *table, stoa_error *err)
{
    const uint32_t slot_count = table->slot_count ? table->slot_count * 2 : FIRST_SLOTS;
    STOA_TRY(charge(table, (slot_count - table->slot_count) * sizeof(uint32_t), err));
    uint32_t *slots = stoa_alloc_zeroed(slot_count, sizeof *slots);
    if (!slots)
        return stoa_fail_memory(err, slot_count * sizeof *slots);
    for (uint32_t number = 0; number < table->count; number++) {
        uint32_t slot = (uint32_t)table->hashes[number] & (slot_count - 1);
        while (slots[slot] != 0)
            slot = (slot + 1) & (slot_count - 1);
        slots[slot] = number + 1;
    }
    stoa_free(table->slots);
    table->slots = slots;
    table->slot_count = slot_count;
    return STOA_OK;
}

static stoa_status grow_keys(struct stoa_key_table *table, stoa_error *err)
{
    const uint32_t capacity = table->key_capacity ? table->key_capacity * 2 : FIRST_SLOTS;
    STOA_TRY(charge(table,
                    (capacity - table->key_capacity) * (sizeof(uint64_t) + sizeof(size_t)),
                    err));
    uint64_t *hashes = stoa_realloc(table->hashes, capacity * sizeof *hashes);
    if (!hashes)
        return stoa_fail_memory(err, capacity * sizeof *hashes);
    table->hashes = hashes;
    size_t *offsets =
        stoa_realloc(table->offsets, ((size_t)capacity + 1) * sizeof *offsets);
    if (!offsets)
        return stoa_fail_memory(err, capacity * sizeof *offsets);
    table->offsets = offsets;
    table->key_capacity = capacity;
    return STOA_OK;
}

static stoa_status grow_bytes(struct stoa_key_table *table, size_t needed, stoa_error *err)
{
    size_t capacity = table->byte_capacity ? table->byte_capacity : 1024;
    while (capacity < needed)
        capacity *= 2;
    STOA_TRY(charge(table, capacity - table->byte_capacity, err));
    uint8_t *bytes = stoa_realloc(table->bytes, capacity);
    if (!bytes)
        return stoa_fail_memory(err, capacity);
    table->bytes = bytes;
    table->byte_capacity = capacity;
    return STOA_OK;
}

static stoa_status append_key(struct stoa_key_table *table, const void *key, size_t size,
                              uint64_t hash, uint32_t slot, stoa_error *err)
{
    const uint32_t number = table->count;
    if (number >= table->key_capacity)
        STOA_TRY(grow_keys(table, err));
    if (number == 0)
        table->offsets[0] = 0;
    const size_t offset = table->offsets[number];
    if (table->byte_capacity - offset < size)
        STOA_TRY(grow_bytes(table, offset + size, err));
    if (size > 0)
        memcpy(table->bytes + offset, key, size);
    table->offsets[number + 1] = offset + size;
    table->hashes[number] = hash;
    table->slots[slot] = number + 1;
    table->count++;
    return STOA_OK;
}

stoa_status stoa_key_table_add(struct stoa_key_table *table, const void *key, size_t size,
                               uint64_t hash, uint32_t *out_number, bool *out_is_new,
                               stoa_error *err)
{
    if (table->count >= table->slot_count / 2) {
        if (table->count >= MAX_KEYS)
            return stoa_fail(err, STOA_E_LIMIT, "more than %d groups", MAX_KEYS);
        STOA_TRY(grow_slots(table, err));
    }
    uint32_t slot = (uint32_t)hash & (table->slot_count - 1);
    for (; table->slots[slot] != 0; slot = (slot + 1) & (table->slot_count - 1)) {
        const uint32_t number = table->slots[slot] - 1;
        size_t found_size = 0;
        if (table->hashes[number] != hash)
            continue;
        const uint8_t *found = stoa_key_table_get(table, number, &found_size);
        if (found_size == size && (size == 0 || memcmp(found, key, size) == 0)) {
            *out_number = number;
            *out_is_new = false;
            return STOA_OK;
        }
    }
    STOA_TRY(append_key(table, key, size, hash, slot, err));
    *out_number = table->count - 1;
    *out_is_new = true;
    return STOA_OK;
}
