/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What statistics prove about a predicate: the one place where row groups, blocks, zones and
 * files are skipped. Called at every level with that level's statistics; pure.
 *
 * The plain values (neither NULL nor NaN) and the NaNs are judged apart, then put together;
 * negation swaps the two proofs; NULLs can only spoil "every row". Tested against brute force.
 */
#include <assert.h>
#include <math.h>

#include "format/predicate.h"

static enum stoa_prune proof(bool matches)
{
    return matches ? STOA_PRUNE_ALL : STOA_PRUNE_NONE;
}

static bool is_below_low(const struct stoa_predicate *predicate,
                         const struct stoa_value *value)
{
    if (!predicate->has_low)
        return false;
    const int order = stoa_value_compare(predicate->phys, value, &predicate->low);
    return order < 0 || (order == 0 && !predicate->low_inclusive);
}

static bool is_above_high(const struct stoa_predicate *predicate,
                          const struct stoa_value *value)
{
    if (!predicate->has_high)
        return false;
    const int order = stoa_value_compare(predicate->phys, value, &predicate->high);
    return order > 0 || (order == 0 && !predicate->high_inclusive);
}

static enum stoa_prune prune_range(const struct stoa_predicate *predicate,
                                   const struct stoa_stats *stats)
{
    if (is_above_high(predicate, &stats->min))
        return STOA_PRUNE_NONE;
    if (!stats->max_is_open && is_below_low(predicate, &stats->max))
        return STOA_PRUNE_NONE;
    if (is_below_low(predicate, &stats->min))
        return STOA_PRUNE_MAYBE;
    if (stats->max_is_open ? predicate->has_high : is_above_high(predicate, &stats->max))
        return STOA_PRUNE_MAYBE;
    return STOA_PRUNE_ALL;
}

/* The set is ascending: the first member not below min decides whether one can be inside. */
static enum stoa_prune prune_set(const struct stoa_predicate *predicate,
                                 const struct stoa_stats *stats)
{
    size_t first = 0;
    size_t last = predicate->set_count;
    while (first < last) {
        const size_t middle = first + (last - first) / 2;
        if (stoa_value_compare(predicate->phys, &predicate->set[middle], &stats->min) < 0)
            first = middle + 1;
        else
            last = middle;
    }
    if (first == predicate->set_count)
        return STOA_PRUNE_NONE;
    if (!stats->max_is_open &&
        stoa_value_compare(predicate->phys, &predicate->set[first], &stats->max) > 0)
        return STOA_PRUNE_NONE;
    return STOA_PRUNE_MAYBE;
}

/* True if all plain values are equal. Floats that are equal may still differ in the sign of
 * zero, which only a test can see. */
static bool is_constant(const struct stoa_predicate *predicate,
                        const struct stoa_stats *stats)
{
    return stats->min_is_exact && stats->max_is_exact &&
           !(predicate->kind == STOA_PREDICATE_TEST && predicate->phys == STOA_PHYS_F64) &&
           stoa_value_compare(predicate->phys, &stats->min, &stats->max) == 0;
}

/* The plain values, without negation. */
static enum stoa_prune prune_plain(const struct stoa_predicate *predicate,
                                   const struct stoa_stats *stats)
{
    if (!stats->has_bounds)
        return STOA_PRUNE_MAYBE;
    if (is_constant(predicate, stats))
        return proof(stoa_predicate_match(predicate, &stats->min) != predicate->negated);
    if (predicate->kind == STOA_PREDICATE_RANGE)
        return prune_range(predicate, stats);
    if (predicate->kind == STOA_PREDICATE_SET)
        return prune_set(predicate, stats);
    return STOA_PRUNE_MAYBE;
}

/* The NaNs, without negation. To a range or a set they are one value; a test may see bits. */
static enum stoa_prune prune_nan(const struct stoa_predicate *predicate)
{
    const struct stoa_value nan = {.f64 = (double)NAN};
    if (predicate->kind == STOA_PREDICATE_TEST)
        return STOA_PRUNE_MAYBE;
    return proof(stoa_predicate_match(predicate, &nan) != predicate->negated);
}

static enum stoa_prune prune_values(const struct stoa_predicate *predicate,
                                    const struct stoa_stats *stats)
{
    const uint64_t plain = stats->rows - stats->null_count - stats->nan_count;
    if (plain == 0)
        return prune_nan(predicate);
    const enum stoa_prune of_plain = prune_plain(predicate, stats);
    if (stats->nan_count == 0)
        return of_plain;
    return of_plain == prune_nan(predicate) ? of_plain : STOA_PRUNE_MAYBE;
}

static enum stoa_prune prune_nulls(const struct stoa_stats *stats, bool want_null)
{
    if (stats->null_count == 0)
        return proof(!want_null);
    if (stats->null_count == stats->rows)
        return proof(want_null);
    return STOA_PRUNE_MAYBE;
}

enum stoa_prune stoa_prune(const struct stoa_predicate *predicate,
                           const struct stoa_stats *stats)
{
    assert(predicate->phys == stats->phys);
    const uint64_t rows = stats->rows;
    if (stats->null_count > rows || stats->nan_count > rows - stats->null_count)
        return STOA_PRUNE_MAYBE; /* [FMT-83] contradictions prove nothing */
    if (rows == 0)
        return STOA_PRUNE_NONE;
    if (predicate->kind == STOA_PREDICATE_IS_NULL ||
        predicate->kind == STOA_PREDICATE_IS_NOT_NULL)
        return prune_nulls(stats, predicate->kind == STOA_PREDICATE_IS_NULL);
    if (stats->null_count == rows)
        return STOA_PRUNE_NONE;
    enum stoa_prune result = prune_values(predicate, stats);
    if (predicate->negated && result != STOA_PRUNE_MAYBE)
        result = proof(result == STOA_PRUNE_NONE);
    if (result == STOA_PRUNE_ALL && stats->null_count > 0)
        result = STOA_PRUNE_MAYBE;
    return result;
}
