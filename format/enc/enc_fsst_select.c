/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Predicates on FSST codes. A value's first code tells nearly always whether it lies in a range or
 * can be one of a set; only where its symbol begins a constant are more codes compared, symbol by
 * symbol, up to the first that differs. Nothing is assumed about how the text was cut into
 * symbols, so values of any writer are found. Tables over the 512 first steps are made once for a
 * predicate.
 */
#include <inttypes.h>

#include "format/enc/fsst.h"

enum {
    STEPS = 512,       /* as of struct stoa_fsst_table */
    BOUND_BYTES = 256, /* longer ones are not remembered */
    SET_LIMIT = 64     /* larger sets are decoded for */
};

enum verdict { VERDICT_OUT, VERDICT_IN, VERDICT_LOOK, VERDICT_DAMAGED };

struct stoa_fsst_filter {
    bool is_known; /* for `predicate`, whose bounds are in `low` and `high` */
    const struct stoa_predicate *address;
    struct stoa_predicate predicate;
    uint8_t low[BOUND_BYTES];
    uint8_t high[BOUND_BYTES];
    bool empty_matches;
    uint8_t verdicts[STEPS];
    uint64_t members[STEPS]; /* SET: which constants the step begins */
};

/* ---- comparing ---- */

/* The first `size` <= 8 bytes of two words, bytewise. */
static int compare_words(uint64_t a, uint64_t b, unsigned size)
{
    const uint64_t differing = (a ^ b) & stoa_low_mask(8 * size);
    if (differing == 0)
        return 0;
    const unsigned shift = (unsigned)__builtin_ctzll(differing) / 8 * 8;
    return (a >> shift & 0xFF) < (b >> shift & 0xFF) ? -1 : 1;
}

/* A symbol against what is left of a constant; 0 when it begins it or is all of it. */
static int compare_symbol(uint64_t word, unsigned length, const uint8_t *bytes,
                          uint32_t left)
{
    const unsigned common = left < length ? left : length;
    uint64_t expected = 0;
    if (left >= 8)
        expected = stoa_load_le64(bytes);
    else if (left > 0)
        memcpy(&expected, bytes, left);
    const int order = compare_words(word, expected, common);
    return order == 0 && length > left ? 1 : order;
}

/* A value against a constant; its codes are looked at as far as they agree. False when one of them
 * is damaged. */
static bool compare_codes(const struct stoa_fsst_table *table, const uint8_t *codes,
                          uint32_t count, struct stoa_view constant, int *out_order)
{
    uint32_t done = 0;
    for (uint32_t i = 0; i < count; i++) {
        unsigned step = codes[i];
        if (step == STOA_FSST_ESCAPE && i + 1 < count)
            step = 256 + codes[++i];
        const unsigned length = table->lengths[step];
        if (length == 0)
            return false;
        *out_order = compare_symbol(table->words[step], length, constant.data + done,
                                    constant.length - done);
        if (*out_order != 0)
            return true;
        done += length;
    }
    *out_order = done < constant.length ? -1 : 0;
    return true;
}

/* ---- tables ---- */

static enum verdict range_verdict(const struct stoa_predicate *range, uint64_t word,
                                  unsigned length)
{
    enum verdict verdict = VERDICT_IN;
    if (range->has_low) {
        const struct stoa_view low = range->low.bytes;
        const int order = compare_symbol(word, length, low.data, low.length);
        if (order < 0)
            return VERDICT_OUT;
        verdict = order == 0 ? VERDICT_LOOK : verdict;
    }
    if (range->has_high) {
        const struct stoa_view high = range->high.bytes;
        const int order = compare_symbol(word, length, high.data, high.length);
        if (order > 0)
            return VERDICT_OUT;
        verdict = order == 0 ? VERDICT_LOOK : verdict;
    }
    return verdict;
}

static uint64_t set_members(const struct stoa_predicate *set, uint64_t word,
                            unsigned length)
{
    uint64_t members = 0;
    for (size_t k = 0; k < set->set_count; k++) {
        const struct stoa_view constant = set->set[k].bytes;
        const bool begins =
            compare_symbol(word, length, constant.data, constant.length) == 0;
        members |= (uint64_t)begins << k;
    }
    return members;
}

static void make_tables(struct stoa_fsst_filter *filter,
                        const struct stoa_fsst_table *table,
                        const struct stoa_predicate *predicate)
{
    const struct stoa_value empty = {
        .bytes = {.data = (const uint8_t *)"", .length = 0}
    };
    filter->empty_matches = stoa_predicate_match(predicate, &empty) != predicate->negated;
    for (unsigned step = 0; step < STEPS; step++) {
        const uint64_t word = table->words[step];
        const unsigned length = table->lengths[step];
        filter->members[step] = 0;
        if (length == 0) {
            filter->verdicts[step] = VERDICT_DAMAGED;
        } else if (predicate->kind == STOA_PREDICATE_RANGE) {
            filter->verdicts[step] = (uint8_t)range_verdict(predicate, word, length);
        } else {
            filter->members[step] = set_members(predicate, word, length);
            filter->verdicts[step] = filter->members[step] ? VERDICT_LOOK : VERDICT_OUT;
        }
    }
}

static bool same_bound(bool has, bool knows, const struct stoa_value *bound,
                       const struct stoa_value *known, const uint8_t *copy)
{
    return has == knows &&
           (!has || (bound->bytes.length == known->bytes.length &&
                     (bound->bytes.length == 0 ||
                      memcmp(bound->bytes.data, copy, bound->bytes.length) == 0)));
}

/* Ranges are compared, since they may be made anew in the same place; sets and what they hold stay
 * as they are while blocks know them. */
static bool is_known(const struct stoa_fsst_filter *filter,
                     const struct stoa_predicate *predicate)
{
    const struct stoa_predicate *known = &filter->predicate;
    if (!filter->is_known || known->kind != predicate->kind ||
        known->negated != predicate->negated)
        return false;
    if (predicate->kind == STOA_PREDICATE_SET)
        return filter->address == predicate && known->set == predicate->set &&
               known->set_count == predicate->set_count;
    return known->low_inclusive == predicate->low_inclusive &&
           known->high_inclusive == predicate->high_inclusive &&
           same_bound(predicate->has_low, known->has_low, &predicate->low, &known->low,
                      filter->low) &&
           same_bound(predicate->has_high, known->has_high, &predicate->high, &known->high,
                      filter->high);
}

static bool keep_bound(bool has, const struct stoa_value *bound, uint8_t *copy)
{
    if (!has || bound->bytes.length == 0)
        return true;
    if (bound->bytes.length > BOUND_BYTES)
        return false;
    memcpy(copy, bound->bytes.data, bound->bytes.length);
    return true;
}

static stoa_status find_filter(struct stoa_node *node,
                               const struct stoa_predicate *predicate,
                               struct stoa_fsst_filter **out_filter, stoa_error *err)
{
    struct stoa_fsst_state *state = node->state;
    struct stoa_arena *arena = node->context->arena;
    if (!state->filter)
        state->filter = stoa_arena_alloc_zeroed(arena, 1, sizeof *state->filter);
    struct stoa_fsst_filter *filter = state->filter;
    if (!filter)
        return stoa_arena_fail(arena, sizeof *filter, err);
    *out_filter = filter;
    if (is_known(filter, predicate))
        return STOA_OK;
    make_tables(filter, state->table, predicate);
    filter->address = predicate;
    filter->predicate = *predicate;
    filter->is_known = predicate->kind == STOA_PREDICATE_SET ||
                       (keep_bound(predicate->has_low, &predicate->low, filter->low) &&
                        keep_bound(predicate->has_high, &predicate->high, filter->high));
    return STOA_OK;
}

/* ---- looking closer ---- */

/* Whether a value lies in the range; VERDICT_DAMAGED when its codes do not say. */
static enum verdict look_in_range(const struct stoa_fsst_table *table,
                                  const struct stoa_predicate *range, const uint8_t *codes,
                                  uint32_t count)
{
    int order = 0;
    if (range->has_low) {
        if (!compare_codes(table, codes, count, range->low.bytes, &order))
            return VERDICT_DAMAGED;
        if (order < 0 || (order == 0 && !range->low_inclusive))
            return VERDICT_OUT;
    }
    if (range->has_high) {
        if (!compare_codes(table, codes, count, range->high.bytes, &order))
            return VERDICT_DAMAGED;
        if (order > 0 || (order == 0 && !range->high_inclusive))
            return VERDICT_OUT;
    }
    return VERDICT_IN;
}

static enum verdict look_in_set(const struct stoa_fsst_table *table,
                                const struct stoa_predicate *set, uint64_t members,
                                const uint8_t *codes, uint32_t count)
{
    for (; members; members &= members - 1) {
        const struct stoa_value *constant = &set->set[__builtin_ctzll(members)];
        int order = 0;
        if (!compare_codes(table, codes, count, constant->bytes, &order))
            return VERDICT_DAMAGED;
        if (order == 0)
            return VERDICT_IN;
    }
    return VERDICT_OUT;
}

static enum verdict judge(const struct stoa_fsst_filter *filter,
                          const struct stoa_fsst_table *table,
                          const struct stoa_predicate *predicate, const uint8_t *codes,
                          uint32_t count)
{
    if (count == 0)
        return filter->empty_matches ? VERDICT_IN : VERDICT_OUT;
    unsigned step = codes[0];
    if (step == STOA_FSST_ESCAPE && count > 1)
        step = 256 + codes[1];
    const enum verdict verdict = filter->verdicts[step];
    if (verdict != VERDICT_LOOK)
        return verdict;
    if (predicate->kind == STOA_PREDICATE_RANGE)
        return look_in_range(table, predicate, codes, count);
    return look_in_set(table, predicate, filter->members[step], codes, count);
}

/* ---- selecting ---- */

static bool is_answerable(const struct stoa_predicate *predicate)
{
    if (predicate->kind == STOA_PREDICATE_RANGE)
        return predicate->has_low || predicate->has_high;
    return predicate->kind == STOA_PREDICATE_SET && predicate->set_count <= SET_LIMIT;
}

stoa_status stoa_fsst_select(struct stoa_node *node, uint32_t vector,
                             const struct stoa_predicate *predicate,
                             struct stoa_vector *scratch,
                             uint64_t out_bits[STOA_VECTOR_WORDS], stoa_error *err)
{
    const struct stoa_fsst_state *state = node->state;
    const uint32_t rows = stoa_vector_length(node->count, vector);
    const uint8_t *codes = state->codes + stoa_fsst_codes_of(state, vector).begin;
    struct stoa_fsst_filter *filter = NULL;
    if (!is_answerable(predicate))
        return stoa_node_select_decoded(node, vector, predicate, scratch, out_bits, err);
    STOA_TRY(find_filter(node, predicate, &filter, err));
    STOA_TRY(stoa_fsst_lengths(node, vector, err));
    memset(out_bits, 0, STOA_VECTOR_WORDS * sizeof *out_bits);
    for (uint32_t i = 0; i < rows; i++) {
        const uint32_t count = state->lengths[i];
        const enum verdict verdict = judge(filter, state->table, predicate, codes, count);
        if (verdict == VERDICT_DAMAGED)
            return stoa_fsst_refuse(node, vector, codes, count, err);
        out_bits[i / 64] |= (uint64_t)(verdict == VERDICT_IN) << i % 64;
        codes += count;
    }
    if (predicate->negated)
        stoa_bits_negate(out_bits, rows);
    return STOA_OK;
}
