/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbered words (query/word_table.h). Linear probing at a load of at most three fifths:
 * slots are wide, and neighbours share a cache line.
 */
#include "query/word_table.h"

#include "common/alloc.h"

enum { FIRST_SLOTS = 64, MAX_WORDS = 1 << 30 };

void stoa_word_table_init(struct stoa_word_table *table, struct stoa_budget *budget)
{
    *table = (struct stoa_word_table){.budget = budget};
}

void stoa_word_table_done(struct stoa_word_table *table)
{
    if (table->budget)
        stoa_budget_give(table->budget, table->charged);
    stoa_free(table->slots);
    stoa_free(table->words);
    *table = (struct stoa_word_table){.budget = table->budget};
}

static stoa_status charge(struct stoa_word_table *table, size_t size, stoa_error *err)
{
    STOA_TRY(stoa_budget_take(table->budget, size, err));
    table->charged += size;
    return STOA_OK;
}

static stoa_status grow_slots(struct stoa_word_table *table, stoa_error *err)
{
    const uint32_t slot_count = table->slot_count ? table->slot_count * 2 : FIRST_SLOTS;
    STOA_TRY(charge(table, (slot_count - table->slot_count) * sizeof *table->slots, err));
    struct stoa_word_slot *slots = stoa_alloc_zeroed(slot_count, sizeof *slots);
    if (!slots)
        return stoa_fail_memory(err, slot_count * sizeof *slots);
    for (uint32_t i = 0; i < table->slot_count; i++) {
        if (table->slots[i].number == 0)
            continue;
        uint32_t at = (uint32_t)stoa_hash_mix(table->slots[i].word) & (slot_count - 1);
        while (slots[at].number != 0)
            at = (at + 1) & (slot_count - 1);
        slots[at] = table->slots[i];
    }
    stoa_free(table->slots);
    table->slots = slots;
    table->slot_count = slot_count;
    return STOA_OK;
}

static stoa_status append(struct stoa_word_table *table, uint64_t word,
                          uint32_t *out_number, stoa_error *err)
{
    if (table->count == table->capacity) {
        const uint32_t capacity = table->capacity ? table->capacity * 2 : FIRST_SLOTS;
        if (table->count >= MAX_WORDS)
            return stoa_fail(err, STOA_E_LIMIT, "expected at most %d groups, found more",
                             MAX_WORDS);
        STOA_TRY(charge(table, (capacity - table->capacity) * sizeof *table->words, err));
        uint64_t *words = stoa_realloc(table->words, capacity * sizeof *words);
        if (!words)
            return stoa_fail_memory(err, capacity * sizeof *words);
        table->words = words;
        table->capacity = capacity;
    }
    table->words[table->count] = word;
    *out_number = table->count++;
    return STOA_OK;
}

stoa_status stoa_word_table_add(struct stoa_word_table *table, uint64_t word, uint64_t hash,
                                uint32_t *out_number, bool *out_is_new, stoa_error *err)
{
    if (table->count >= table->slot_count / 5 * 3)
        STOA_TRY(grow_slots(table, err));
    uint32_t at = (uint32_t)hash & (table->slot_count - 1);
    for (; table->slots[at].number != 0; at = (at + 1) & (table->slot_count - 1)) {
        if (table->slots[at].word == word) {
            *out_number = table->slots[at].number - 1;
            *out_is_new = false;
            return STOA_OK;
        }
    }
    STOA_TRY(append(table, word, out_number, err));
    table->slots[at] = (struct stoa_word_slot){.word = word, .number = *out_number + 1};
    *out_is_new = true;
    return STOA_OK;
}

stoa_status stoa_word_table_add_null(struct stoa_word_table *table, uint32_t *out_number,
                                     bool *out_is_new, stoa_error *err)
{
    *out_is_new = table->null_number == 0;
    if (*out_is_new) {
        STOA_TRY(append(table, 0, out_number, err));
        table->null_number = *out_number + 1;
    }
    *out_number = table->null_number - 1;
    return STOA_OK;
}
