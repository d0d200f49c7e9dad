/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interval sets (region.h): union and intersection by one merge each, complement by one
 * walk. Called by pushdown.c and truth.c for one conjunct at a time; the arena is the
 * plan's.
 *
 * Regular form: ascending, disjoint, not empty; of whole numbers closed and with a gap
 * between any two; an end that every value satisfies is left open. Floats: nothing is above
 * NaN, so an end at NaN is an open end.
 */
#include "query/region.h"

#include <math.h>
#include <string.h>

#include "format/text.h"

/* ---- domains ---- */

struct stoa_domain stoa_domain_of(stoa_type type)
{
    struct stoa_domain domain = {.type = type, .phys = stoa_type_phys(type)};
    domain.is_whole = domain.phys == STOA_PHYS_I64 || domain.phys == STOA_PHYS_U64 ||
                      domain.phys == STOA_PHYS_I128 || domain.phys == STOA_PHYS_BOOL;
    domain.minimum = INT64_MIN;
    domain.maximum = INT64_MAX;
    if (type.id == STOA_TYPE_DECIMAL) {
        domain.maximum = stoa_pow10(type.precision) - 1;
        domain.minimum = -domain.maximum;
    } else if (type.id == STOA_TYPE_UINT64) {
        domain.minimum = 0;
        domain.maximum = (stoa_i128)UINT64_MAX;
    } else if (type.id == STOA_TYPE_BOOL) {
        domain.minimum = 0;
        domain.maximum = 1;
    } else if (type.id >= STOA_TYPE_INT8 && type.id <= STOA_TYPE_INT32) {
        const unsigned bits = 8u << (type.id - STOA_TYPE_INT8);
        domain.maximum = (INT64_C(1) << (bits - 1)) - 1;
        domain.minimum = -domain.maximum - 1;
    }
    return domain;
}

stoa_i128 stoa_domain_get(const struct stoa_domain *domain, const struct stoa_value *value)
{
    if (domain->phys == STOA_PHYS_I128)
        return value->i128;
    if (domain->phys == STOA_PHYS_U64)
        return (stoa_i128)value->u64;
    return domain->phys == STOA_PHYS_BOOL ? (stoa_i128)value->boolean : value->i64;
}

struct stoa_value stoa_domain_make(const struct stoa_domain *domain, stoa_i128 value)
{
    struct stoa_value out = {.is_null = false};
    if (domain->phys == STOA_PHYS_I128)
        out.i128 = value;
    else if (domain->phys == STOA_PHYS_U64)
        out.u64 = (uint64_t)value;
    else if (domain->phys == STOA_PHYS_BOOL)
        out.boolean = value != 0;
    else
        out.i64 = (int64_t)value;
    return out;
}

/* ---- ends ---- */

/* Orders two lower ends: an open one is the least, an inclusive one is below an exclusive one. */
static int compare_lows(enum stoa_phys phys, const struct stoa_interval *a,
                        const struct stoa_interval *b)
{
    if (!a->has_low || !b->has_low)
        return (int)a->has_low - (int)b->has_low;
    const int order = stoa_value_compare(phys, &a->low, &b->low);
    return order != 0 ? order : (int)b->low_inclusive - (int)a->low_inclusive;
}

static int compare_highs(enum stoa_phys phys, const struct stoa_interval *a,
                         const struct stoa_interval *b)
{
    if (!a->has_high || !b->has_high)
        return (int)b->has_high - (int)a->has_high;
    const int order = stoa_value_compare(phys, &a->high, &b->high);
    return order != 0 ? order : (int)a->high_inclusive - (int)b->high_inclusive;
}

static bool is_empty(enum stoa_phys phys, const struct stoa_interval *interval)
{
    if (!interval->has_low || !interval->has_high)
        return false;
    const int order = stoa_value_compare(phys, &interval->low, &interval->high);
    return order > 0 ||
           (order == 0 && !(interval->low_inclusive && interval->high_inclusive));
}

/* True if nothing lies between the end of `a` and the beginning of `b`, so that both are one. */
static bool touches(const struct stoa_domain *domain, const struct stoa_interval *a,
                    const struct stoa_interval *b)
{
    if (!a->has_high || !b->has_low)
        return true;
    const int order = stoa_value_compare(domain->phys, &a->high, &b->low);
    if (order != 0 && domain->is_whole)
        return stoa_domain_get(domain, &b->low) - stoa_domain_get(domain, &a->high) <= 1;
    return order > 0 || (order == 0 && (a->high_inclusive || b->low_inclusive));
}

/* NaN is the largest: at most NaN is everything, below NaN is up to infinity. */
static void regulate_float(struct stoa_interval *interval)
{
    if (!interval->has_high || !isnan(interval->high.f64))
        return;
    if (interval->high_inclusive) {
        interval->has_high = false;
    } else {
        interval->high.f64 = (double)INFINITY;
        interval->high_inclusive = true;
    }
}

/* ---- making ---- */

/* Adds an interval that begins no earlier than the last one. */
static void append_merged(const struct stoa_domain *domain, struct stoa_region *out,
                          const struct stoa_interval *next)
{
    struct stoa_interval *last = out->count > 0 ? &out->intervals[out->count - 1] : NULL;
    if (!last || !touches(domain, last, next)) {
        out->intervals[out->count++] = *next;
        return;
    }
    if (compare_highs(domain->phys, last, next) < 0) {
        last->has_high = next->has_high;
        last->high = next->high;
        last->high_inclusive = next->high_inclusive;
    }
}

stoa_status stoa_region_reserve(struct stoa_arena *arena, uint32_t count,
                                struct stoa_region *out, stoa_error *err)
{
    *out = (struct stoa_region){.has_null = false};
    out->intervals =
        stoa_arena_alloc_zeroed(arena, (size_t)count + 1, sizeof *out->intervals);
    if (!out->intervals)
        return stoa_arena_fail(arena, ((size_t)count + 1) * sizeof *out->intervals, err);
    return STOA_OK;
}

stoa_status stoa_region_all(struct stoa_arena *arena, struct stoa_region *out,
                            stoa_error *err)
{
    STOA_TRY(stoa_region_reserve(arena, 1, out, err));
    out->count = 1; /* zeroed: no ends */
    return STOA_OK;
}

void stoa_region_push(const struct stoa_domain *domain, struct stoa_region *region,
                      stoa_i128 low, stoa_i128 high)
{
    struct stoa_interval interval = {.low_inclusive = true, .high_inclusive = true};
    if (low > high || low > domain->maximum || high < domain->minimum)
        return;
    interval.has_low = low > domain->minimum;
    interval.has_high = high < domain->maximum;
    if (interval.has_low)
        interval.low = stoa_domain_make(domain, low);
    if (interval.has_high)
        interval.high = stoa_domain_make(domain, high);
    append_merged(domain, region, &interval);
}

/* Adds an interval behind the others, in regular form. */
static void append_interval(const struct stoa_domain *domain, struct stoa_region *out,
                            struct stoa_interval interval)
{
    if (domain->is_whole) {
        stoa_i128 low = domain->minimum;
        stoa_i128 high = domain->maximum;
        if (interval.has_low)
            low = stoa_domain_get(domain, &interval.low) + (interval.low_inclusive ? 0 : 1);
        if (interval.has_high)
            high =
                stoa_domain_get(domain, &interval.high) - (interval.high_inclusive ? 0 : 1);
        stoa_region_push(domain, out, low, high);
        return;
    }
    if (domain->phys == STOA_PHYS_F64)
        regulate_float(&interval);
    if (!is_empty(domain->phys, &interval))
        append_merged(domain, out, &interval);
}

stoa_status stoa_region_interval(const struct stoa_domain *domain,
                                 struct stoa_interval interval, struct stoa_arena *arena,
                                 struct stoa_region *out, stoa_error *err)
{
    STOA_TRY(stoa_region_reserve(arena, 1, out, err));
    append_interval(domain, out, interval);
    return STOA_OK;
}

stoa_status stoa_region_points(const struct stoa_domain *domain,
                               const struct stoa_value *values, uint32_t count,
                               struct stoa_arena *arena, struct stoa_region *out,
                               stoa_error *err)
{
    STOA_TRY(stoa_region_reserve(arena, count, out, err));
    for (uint32_t i = 0; i < count; i++) {
        append_interval(domain, out,
                        (struct stoa_interval){.has_low = true,
                                               .has_high = true,
                                               .low_inclusive = true,
                                               .high_inclusive = true,
                                               .low = values[i],
                                               .high = values[i]});
    }
    return STOA_OK;
}

/* ---- set operations ---- */

stoa_status stoa_region_union(const struct stoa_domain *domain, const struct stoa_region *a,
                              const struct stoa_region *b, struct stoa_arena *arena,
                              struct stoa_region *out, stoa_error *err)
{
    struct stoa_region made;
    STOA_TRY(stoa_region_reserve(arena, a->count + b->count, &made, err));
    made.has_null = a->has_null || b->has_null;
    uint32_t i = 0;
    uint32_t j = 0;
    while (i < a->count || j < b->count) {
        const bool take_a =
            j == b->count || (i < a->count && compare_lows(domain->phys, &a->intervals[i],
                                                           &b->intervals[j]) <= 0);
        append_merged(domain, &made, take_a ? &a->intervals[i++] : &b->intervals[j++]);
    }
    *out = made;
    return STOA_OK;
}

static struct stoa_interval overlap(enum stoa_phys phys, const struct stoa_interval *a,
                                    const struct stoa_interval *b)
{
    struct stoa_interval out = compare_lows(phys, a, b) >= 0 ? *a : *b;
    const struct stoa_interval *high = compare_highs(phys, a, b) <= 0 ? a : b;
    out.has_high = high->has_high;
    out.high = high->high;
    out.high_inclusive = high->high_inclusive;
    return out;
}

stoa_status stoa_region_intersect(const struct stoa_domain *domain,
                                  const struct stoa_region *a, const struct stoa_region *b,
                                  struct stoa_arena *arena, struct stoa_region *out,
                                  stoa_error *err)
{
    struct stoa_region made;
    STOA_TRY(stoa_region_reserve(arena, a->count + b->count, &made, err));
    made.has_null = a->has_null && b->has_null;
    uint32_t i = 0;
    uint32_t j = 0;
    while (i < a->count && j < b->count) {
        const struct stoa_interval *x = &a->intervals[i];
        const struct stoa_interval *y = &b->intervals[j];
        const struct stoa_interval both = overlap(domain->phys, x, y);
        if (!is_empty(domain->phys, &both))
            made.intervals[made.count++] = both;
        /* Whichever ends first meets nothing more. */
        if (compare_highs(domain->phys, x, y) <= 0)
            i++;
        else
            j++;
    }
    *out = made;
    return STOA_OK;
}

stoa_status stoa_region_complement(const struct stoa_domain *domain,
                                   const struct stoa_region *a, struct stoa_arena *arena,
                                   struct stoa_region *out, stoa_error *err)
{
    struct stoa_region made;
    STOA_TRY(stoa_region_reserve(arena, a->count + 1, &made, err));
    made.has_null = !a->has_null;
    struct stoa_interval gap = {.has_low =
                                    false}; /* from the last end to the next beginning */
    bool is_open = true;                    /* there is room above the last end */
    for (uint32_t i = 0; i < a->count; i++) {
        const struct stoa_interval *next = &a->intervals[i];
        if (next->has_low) {
            gap.has_high = true;
            gap.high = next->low;
            gap.high_inclusive = !next->low_inclusive;
            append_interval(domain, &made, gap);
        }
        is_open = next->has_high;
        gap = (struct stoa_interval){.has_low = next->has_high,
                                     .low = next->high,
                                     .low_inclusive = !next->high_inclusive};
    }
    if (is_open)
        append_interval(domain, &made, gap);
    *out = made;
    return STOA_OK;
}

/* ---- questions ---- */

bool stoa_region_is_empty(const struct stoa_region *region)
{
    return region->count == 0;
}

bool stoa_region_is_full(const struct stoa_region *region)
{
    return region->count == 1 && !region->intervals[0].has_low &&
           !region->intervals[0].has_high;
}

static bool interval_holds(enum stoa_phys phys, const struct stoa_interval *interval,
                           const struct stoa_value *value)
{
    if (interval->has_low) {
        const int order = stoa_value_compare(phys, value, &interval->low);
        if (order < 0 || (order == 0 && !interval->low_inclusive))
            return false;
    }
    if (interval->has_high) {
        const int order = stoa_value_compare(phys, value, &interval->high);
        if (order > 0 || (order == 0 && !interval->high_inclusive))
            return false;
    }
    return true;
}

bool stoa_region_holds(const struct stoa_domain *domain, const struct stoa_region *region,
                       const struct stoa_value *value)
{
    if (value->is_null)
        return region->has_null;
    for (uint32_t i = 0; i < region->count; i++) {
        if (interval_holds(domain->phys, &region->intervals[i], value))
            return true;
    }
    return false;
}

/* ---- predicates ---- */

static bool is_point(enum stoa_phys phys, const struct stoa_interval *interval)
{
    return interval->has_low && interval->has_high &&
           stoa_value_compare(phys, &interval->low, &interval->high) == 0;
}

static void set_range(struct stoa_predicate *predicate, const struct stoa_interval *first,
                      const struct stoa_interval *last)
{
    predicate->kind = STOA_PREDICATE_RANGE;
    predicate->has_low = first->has_low;
    predicate->low = first->low;
    predicate->low_inclusive = first->low_inclusive;
    predicate->has_high = last->has_high;
    predicate->high = last->high;
    predicate->high_inclusive = last->high_inclusive;
}

/* Something that holds all of the region: its span, or, when that is everything, all but its first
 * gap. */
static void set_span(struct stoa_predicate *predicate, const struct stoa_region *region,
                     const struct stoa_region *rest)
{
    const struct stoa_interval *first = &region->intervals[0];
    const struct stoa_interval *last = &region->intervals[region->count - 1];
    if (first->has_low || last->has_high) {
        set_range(predicate, first, last);
    } else {
        set_range(predicate, &rest->intervals[0], &rest->intervals[0]);
        predicate->negated = true;
    }
}

static stoa_status set_points(struct stoa_predicate *predicate,
                              const struct stoa_region *region, struct stoa_arena *arena,
                              stoa_error *err)
{
    struct stoa_value *set =
        stoa_arena_alloc_zeroed(arena, (size_t)region->count + 1, sizeof *set);
    if (!set)
        return stoa_arena_fail(arena, ((size_t)region->count + 1) * sizeof *set, err);
    for (uint32_t i = 0; i < region->count; i++)
        set[i] = region->intervals[i].low;
    predicate->kind = STOA_PREDICATE_SET;
    predicate->set = set;
    predicate->set_count = region->count;
    return STOA_OK;
}

/* RANGE or SET for the intervals as they are; false when neither does. */
static stoa_status try_intervals(const struct stoa_domain *domain,
                                 const struct stoa_region *region, struct stoa_arena *arena,
                                 struct stoa_predicate *out_predicate, bool *out_is_exact,
                                 stoa_error *err)
{
    *out_is_exact = true;
    if (region->count == 1) {
        set_range(out_predicate, &region->intervals[0], &region->intervals[0]);
        return STOA_OK;
    }
    for (uint32_t i = 0; i < region->count; i++)
        *out_is_exact &= is_point(domain->phys, &region->intervals[i]);
    return *out_is_exact ? set_points(out_predicate, region, arena, err) : STOA_OK;
}

stoa_status stoa_region_predicate(const struct stoa_domain *domain,
                                  const struct stoa_region *region,
                                  struct stoa_arena *arena,
                                  struct stoa_predicate *out_predicate, bool *out_is_exact,
                                  stoa_error *err)
{
    struct stoa_predicate predicate = {.phys = domain->phys};
    struct stoa_region rest;
    *out_is_exact = true;
    if (region->has_null || stoa_region_is_full(region)) {
        predicate.kind =
            region->has_null ? STOA_PREDICATE_IS_NULL : STOA_PREDICATE_IS_NOT_NULL;
        *out_predicate = predicate;
        return STOA_OK;
    }
    STOA_TRY(try_intervals(domain, region, arena, &predicate, out_is_exact, err));
    if (!*out_is_exact) {
        STOA_TRY(stoa_region_complement(domain, region, arena, &rest, err));
        if (rest.count == 0) { /* floats up to infinity, and NaN */
            *out_is_exact = true;
            *out_predicate = (struct stoa_predicate){.kind = STOA_PREDICATE_IS_NOT_NULL,
                                                     .phys = domain->phys};
            return STOA_OK;
        }
        STOA_TRY(try_intervals(domain, &rest, arena, &predicate, out_is_exact, err));
        predicate.negated = *out_is_exact;
    }
    if (!*out_is_exact)
        set_span(&predicate, region, &rest);
    *out_predicate = predicate;
    return STOA_OK;
}
