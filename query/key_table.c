/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbered byte strings (query/key_table.h). Linear probing at a load of at most a half;
 * everything grows by doubling, charged before it is allocated. A slot tells most strangers
 * apart by its tag, so that a key's bytes are looked at when it is found, and rarely
 * otherwise.
 */
#include "query/key_table.h"

#include <string.h>

#include "common/alloc.h"

enum { FIRST_SLOTS = 64, FIRST_KEYS = 32, FIRST_BYTES = 512, MAX_KEYS = 1 << 30 };

/* ---- the list ---- */

void stoa_key_list_init(struct stoa_key_list *list, struct stoa_budget *budget)
{
    *list = (struct stoa_key_list){.budget = budget};
}

void stoa_key_list_done(struct stoa_key_list *list)
{
    if (list->budget)
        stoa_budget_give(list->budget, list->charged);
    stoa_free(list->ends);
    stoa_free(list->bytes);
    *list = (struct stoa_key_list){.budget = list->budget};
}

static stoa_status grow_keys(struct stoa_key_list *list, stoa_error *err)
{
    const uint32_t capacity = list->key_capacity ? list->key_capacity * 2 : FIRST_KEYS;
    const size_t more = (capacity - list->key_capacity) * sizeof *list->ends;
    if (list->count >= MAX_KEYS)
        return stoa_fail(err, STOA_E_LIMIT, "expected at most %d groups, found more",
                         MAX_KEYS);
    STOA_TRY(stoa_budget_take(list->budget, more, err));
    list->charged += more;
    size_t *ends = stoa_realloc(list->ends, capacity * sizeof *ends);
    if (!ends)
        return stoa_fail_memory(err, capacity * sizeof *ends);
    list->ends = ends;
    list->key_capacity = capacity;
    return STOA_OK;
}

static stoa_status grow_bytes(struct stoa_key_list *list, size_t needed, stoa_error *err)
{
    size_t capacity = list->byte_capacity ? list->byte_capacity : FIRST_BYTES;
    while (capacity < needed)
        capacity *= 2;
    STOA_TRY(stoa_budget_take(list->budget, capacity - list->byte_capacity, err));
    list->charged += capacity - list->byte_capacity;
    uint8_t *bytes = stoa_realloc(list->bytes, capacity);
    if (!bytes)
        return stoa_fail_memory(err, capacity);
    list->bytes = bytes;
    list->byte_capacity = capacity;
    return STOA_OK;
}

stoa_status stoa_key_list_append(struct stoa_key_list *list, const void *key, size_t size,
                                 stoa_error *err)
{
    const uint32_t number = list->count;
    const size_t start = number > 0 ? list->ends[number - 1] : 0;
    if (number >= list->key_capacity)
        STOA_TRY(grow_keys(list, err));
    if (list->byte_capacity - start < size)
        STOA_TRY(grow_bytes(list, start + size, err));
    if (size > 0)
        memcpy(list->bytes + start, key, size);
    list->ends[number] = start + size;
    list->count++;
    return STOA_OK;
}

/* ---- the set ---- */

void stoa_key_table_init(struct stoa_key_table *table, struct stoa_budget *budget)
{
    *table = (struct stoa_key_table){.slots = NULL};
    stoa_key_list_init(&table->keys, budget);
}

void stoa_key_table_done(struct stoa_key_table *table)
{
    if (table->keys.budget)
        stoa_budget_give(table->keys.budget, table->charged);
    stoa_free(table->slots);
    stoa_key_list_done(&table->keys);
    table->slots = NULL;
    table->slot_count = 0;
    table->charged = 0;
}

void stoa_key_table_clear(struct stoa_key_table *table)
{
    if (table->keys.count > 0)
        memset(table->slots, 0, table->slot_count * sizeof *table->slots);
    table->keys.count = 0;
}

static stoa_status grow_slots(struct stoa_key_table *table, stoa_error *err)
{
    const uint32_t slot_count = table->slot_count ? table->slot_count * 2 : FIRST_SLOTS;
    const size_t more = (slot_count - table->slot_count) * sizeof *table->slots;
    STOA_TRY(stoa_budget_take(table->keys.budget, more, err));
    table->charged += more;
    struct stoa_key_slot *slots = stoa_alloc_zeroed(slot_count, sizeof *slots);
    if (!slots)
        return stoa_fail_memory(err, slot_count * sizeof *slots);
    for (uint32_t i = 0; i < table->slot_count; i++) {
        if (table->slots[i].number == 0)
            continue;
        uint32_t at = table->slots[i].tag & (slot_count - 1);
        while (slots[at].number != 0)
            at = (at + 1) & (slot_count - 1);
        slots[at] = table->slots[i];
    }
    stoa_free(table->slots);
    table->slots = slots;
    table->slot_count = slot_count;
    return STOA_OK;
}

/* Keys are short as a rule: fewer steps than a call of memcmp. */
static bool same_bytes(const uint8_t *a, const uint8_t *b, size_t size)
{
    uint64_t x, y;
    for (; size >= sizeof x; a += sizeof x, b += sizeof x, size -= sizeof x) {
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        if (x != y)
            return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (a[i] != b[i])
            return false;
    }
    return true;
}

stoa_status stoa_key_table_add(struct stoa_key_table *table, const void *key, size_t size,
                               uint64_t hash, uint32_t *out_number, bool *out_is_new,
                               stoa_error *err)
{
    const uint32_t tag = (uint32_t)hash;
    if (table->keys.count >= table->slot_count / 2)
        STOA_TRY(grow_slots(table, err));
    uint32_t at = tag & (table->slot_count - 1);
    for (; table->slots[at].number != 0; at = (at + 1) & (table->slot_count - 1)) {
        if (table->slots[at].tag != tag)
            continue;
        size_t found_size = 0;
        const uint32_t number = table->slots[at].number - 1;
        const uint8_t *found = stoa_key_list_get(&table->keys, number, &found_size);
        if (found_size == size && same_bytes(found, key, size)) {
            *out_number = number;
            *out_is_new = false;
            return STOA_OK;
        }
    }
    const uint32_t number = table->keys.count;
    STOA_TRY(stoa_key_list_append(&table->keys, key, size, err));
    table->slots[at] = (struct stoa_key_slot){.number = number + 1, .tag = tag};
    *out_number = number;
    *out_is_new = true;
    return STOA_OK;
}
