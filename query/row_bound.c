/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds of ORDER BY with LIMIT (query/row_bound.h).
 */
#include "query/row_bound.h"

#include <string.h>

#include "common/alloc.h"

void stoa_row_bound_init(struct stoa_row_bound *bound, const struct stoa_plan *plan)
{
    *bound = (struct stoa_row_bound){.key = plan->sort_keys};
    bound->phys = stoa_type_phys(plan->outputs[plan->sort_keys[0].output]->type);
}

void stoa_row_bound_done(struct stoa_row_bound *bound)
{
    stoa_free(bound->bytes);
    *bound = (struct stoa_row_bound){.key = NULL};
}

stoa_status stoa_row_bound_set(struct stoa_row_bound *bound, const struct stoa_value *value,
                               stoa_error *err)
{
    struct stoa_value kept = *value;
    if (!value->is_null && bound->phys == STOA_PHYS_BYTES) {
        const size_t length = value->bytes.length;
        if (length > bound->capacity) {
            uint8_t *bytes = stoa_realloc(bound->bytes, length);
            if (!bytes)
                return stoa_fail_memory(err, length);
            bound->bytes = bytes;
            bound->capacity = length;
        }
        if (length > 0)
            memcpy(bound->bytes, value->bytes.data, length);
        kept.bytes.data = bound->bytes;
    }
    bound->value = kept;
    bound->is_set = true;
    return STOA_OK;
}

int stoa_sort_key_compare(const struct stoa_sort_key *key, enum stoa_phys phys,
                          const struct stoa_value *a, const struct stoa_value *b)
{
    if (a->is_null || b->is_null)
        return a->is_null == b->is_null ? 0 : a->is_null == key->nulls_first ? -1 : 1;
    const int order = stoa_value_compare(phys, a, b);
    return key->is_descending ? -order : order;
}

/* Integers are the common key: bits of one word of rows without a call for each. */
static uint64_t keep_i64(const struct stoa_row_bound *bound, const int64_t *values,
                         uint64_t bits)
{
    uint64_t kept = 0;
    for (; bits; bits &= bits - 1) {
        const unsigned bit = (unsigned)__builtin_ctzll(bits);
        const int64_t x = values[bit];
        const bool is_behind =
            bound->key->is_descending ? x < bound->value.i64 : x > bound->value.i64;
        kept |= (uint64_t)!is_behind << bit;
    }
    return kept;
}

static uint64_t keep_any(const struct stoa_row_bound *bound, const struct stoa_vector *keys,
                         uint32_t first, uint64_t bits)
{
    uint64_t kept = 0;
    for (; bits; bits &= bits - 1) {
        const unsigned bit = (unsigned)__builtin_ctzll(bits);
        const struct stoa_value value = stoa_vector_get(keys, first + bit);
        const int order =
            stoa_sort_key_compare(bound->key, bound->phys, &value, &bound->value);
        kept |= (uint64_t)(order <= 0) << bit;
    }
    return kept;
}

void stoa_row_bound_apply(const struct stoa_row_bound *bound,
                          const struct stoa_vector *keys, uint64_t bits[STOA_VECTOR_WORDS])
{
    if (!bound->is_set)
        return;
    const bool is_plain =
        keys->phys == STOA_PHYS_I64 && !keys->has_nulls && !bound->value.is_null;
    for (uint32_t word = 0; word < STOA_VECTOR_WORDS; word++) {
        if (is_plain)
            bits[word] = keep_i64(bound, keys->values.i64 + (size_t)word * 64, bits[word]);
        else
            bits[word] = keep_any(bound, keys, word * 64, bits[word]);
    }
}

/* Bounds leave NaN out, which comes behind all numbers, or before them when descending. */
bool stoa_row_bound_excludes(const struct stoa_row_bound *bound,
                             const struct stoa_stats *stats)
{
    if (!bound->is_set || bound->value.is_null || !stats->has_bounds)
        return false;
    if (stats->null_count > 0 && bound->key->nulls_first)
        return false;
    if (!bound->key->is_descending)
        return stoa_value_compare(bound->phys, &stats->min, &bound->value) > 0;
    return stats->nan_count == 0 && !stats->max_is_open &&
           stoa_value_compare(bound->phys, &stats->max, &bound->value) < 0;
}
