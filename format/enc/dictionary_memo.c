/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translating predicates into codes: see dictionary_memo.h.
 */
#include "format/enc/dictionary_memo.h"

#include <string.h>

#include "common/bitmap.h"
#include "format/enc/enc_parts.h"

/* Predicates on one column that a query may have at once; more take turns. */
enum { MEMO_ENTRIES = 8 };

struct memo_entry {
    const struct stoa_predicate *predicate; /* NULL: free */
    struct stoa_predicate copy;             /* its fields when it was translated */
    uint64_t *members;                      /* a bit per code, made once */
    struct stoa_code_set set;
};

struct stoa_dictionary_memo {
    struct stoa_arena *arena;
    unsigned next; /* entry to replace */
    struct memo_entry entries[MEMO_ENTRIES];
};

stoa_status stoa_dictionary_memo_create(struct stoa_arena *arena,
                                        struct stoa_dictionary_memo **out_memo,
                                        stoa_error *err)
{
    struct stoa_dictionary_memo *memo = stoa_arena_alloc_zeroed(arena, 1, sizeof *memo);
    if (!memo)
        return stoa_arena_fail(arena, sizeof *memo, err);
    memo->arena = arena;
    *out_memo = memo;
    return STOA_OK;
}

/* [BLK-8] */
struct stoa_value stoa_dictionary_value(const struct stoa_dictionary *dictionary,
                                        uint32_t code)
{
    if (dictionary->phys != STOA_PHYS_BYTES)
        return stoa_value_load(dictionary->phys,
                               (const uint8_t *)dictionary->values +
                                   code * stoa_phys_width(dictionary->phys));
    return (struct stoa_value){.bytes = dictionary->views[code]};
}

/* ---- ranges ---- */

/* The first code whose entry is above `bound` in query order, or not below it. Query order never
 * contradicts storage order, so binary search holds. */
static uint32_t first_code(const struct stoa_dictionary *dictionary,
                           const struct stoa_value *bound, bool above)
{
    uint32_t low = 0;
    uint32_t high = dictionary->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const struct stoa_value value = stoa_dictionary_value(dictionary, middle);
        const int order = stoa_value_compare(dictionary->phys, &value, bound);
        if (order < 0 || (above && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Codes [*out_begin, *out_end) of a RANGE, its negation ignored. */
static void find_range(const struct stoa_dictionary *dictionary,
                       const struct stoa_predicate *predicate, uint32_t *out_begin,
                       uint32_t *out_end)
{
    *out_begin = predicate->has_low
                     ? first_code(dictionary, &predicate->low, !predicate->low_inclusive)
                     : 0;
    *out_end = predicate->has_high
                   ? first_code(dictionary, &predicate->high, predicate->high_inclusive)
                   : dictionary->count;
    if (*out_end < *out_begin)
        *out_end = *out_begin;
}

static struct stoa_code_set range_set(const struct stoa_dictionary *dictionary,
                                      const struct stoa_predicate *predicate)
{
    uint32_t begin = 0;
    uint32_t end = 0;
    find_range(dictionary, predicate, &begin, &end);
    if (begin == end)
        return (struct stoa_code_set){.kind = STOA_CODES_RANGE, .low = 1, .high = 0};
    return (struct stoa_code_set){.kind = STOA_CODES_RANGE, .low = begin, .high = end - 1};
}

/* ---- sets and tests ---- */

/* Sets the bits of the entries that are in the set or pass the test. */
static void mark_members(const struct stoa_dictionary *dictionary,
                         const struct stoa_predicate *predicate, uint64_t *members)
{
    memset(members, 0, stoa_bitmap_words(dictionary->count) * sizeof *members);
    if (predicate->kind == STOA_PREDICATE_SET) {
        for (size_t i = 0; i < predicate->set_count; i++) {
            const uint32_t begin = first_code(dictionary, &predicate->set[i], false);
            const uint32_t end = first_code(dictionary, &predicate->set[i], true);
            stoa_bitmap_set_range(members, begin, end - begin);
        }
        return;
    }
    for (uint32_t code = 0; code < dictionary->count; code++) {
        const struct stoa_value value = stoa_dictionary_value(dictionary, code);
        if (predicate->test(predicate->test_context, &value))
            stoa_bit_set(members, code);
    }
}

/* Members as a range or as few codes where they are that: both are answered on packed codes. */
static struct stoa_code_set make_set(const uint64_t *members, uint32_t count)
{
    struct stoa_code_set set = {.kind = STOA_CODES_RANGE, .low = 1, .high = 0};
    uint32_t found = 0;
    for (uint32_t i = 0; i < stoa_bitmap_words(count); i++) {
        for (uint64_t word = members[i]; word; word &= word - 1) {
            const uint32_t code = i * 64 + (uint32_t)__builtin_ctzll(word);
            if (found == 0)
                set.low = code;
            if (found < STOA_CODES_FEW_MAX)
                set.few[found] = code;
            set.high = code;
            found++;
        }
    }
    set.few_count = found;
    set.members = members;
    set.size = count;
    if (found > 0 && set.high - set.low + 1 != found)
        set.kind = found <= STOA_CODES_FEW_MAX ? STOA_CODES_FEW : STOA_CODES_TABLE;
    return set;
}

/* ---- the memo ---- */

/* Of SET and TEST only. */
static bool is_same(const struct stoa_predicate *a, const struct stoa_predicate *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == STOA_PREDICATE_SET)
        return a->set == b->set && a->set_count == b->set_count;
    return a->test == b->test && a->test_context == b->test_context;
}

static stoa_status translate(struct stoa_dictionary_memo *memo, struct memo_entry *entry,
                             const struct stoa_dictionary *dictionary,
                             const struct stoa_predicate *predicate, stoa_error *err)
{
    entry->predicate = NULL;
    const size_t words = stoa_bitmap_words(dictionary->count);
    if (!entry->members)
        entry->members =
            stoa_arena_alloc_zeroed(memo->arena, words, sizeof *entry->members);
    if (!entry->members)
        return stoa_arena_fail(memo->arena, words * sizeof *entry->members, err);
    mark_members(dictionary, predicate, entry->members);
    entry->set = make_set(entry->members, dictionary->count);
    entry->copy = *predicate;
    entry->predicate = predicate;
    return STOA_OK;
}

stoa_status stoa_dictionary_memo_find(struct stoa_dictionary_memo *memo,
                                      const struct stoa_dictionary *dictionary,
                                      const struct stoa_predicate *predicate,
                                      struct stoa_code_set *out_set, stoa_error *err)
{
    struct memo_entry *entry = NULL;
    if (predicate->kind == STOA_PREDICATE_RANGE) {
        *out_set = range_set(dictionary, predicate);
        out_set->negated = predicate->negated;
        return STOA_OK;
    }
    for (size_t i = 0; i < MEMO_ENTRIES && !entry; i++) {
        struct memo_entry *known = &memo->entries[i];
        if (known->predicate == predicate && is_same(&known->copy, predicate))
            entry = known;
    }
    if (!entry) {
        entry = &memo->entries[memo->next];
        memo->next = (memo->next + 1) % MEMO_ENTRIES;
        STOA_TRY(translate(memo, entry, dictionary, predicate, err));
    }
    *out_set = entry->set;
    out_set->negated = predicate->negated;
    return STOA_OK;
}
