/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of values of one column, as ascending disjoint intervals in query order [FMT-30], and whether
 * NULL belongs to them. WHERE is turned into such sets to be pushed down: AND, OR and NOT are then
 * intersection, union and complement, and what comes out is exact.
 *
 * Whole numbers have closed intervals that never touch, so that equal sets have equal intervals.
 * Values are borrowed from the expression they came from; intervals live in the caller's arena.
 */
#ifndef STOA_QUERY_REGION_H
#define STOA_QUERY_REGION_H

#include "common/arena.h"
#include "format/predicate.h"
#include "format/types.h"

struct stoa_interval {
    bool has_low, has_high; /* false: open end of the type */
    bool low_inclusive, high_inclusive;
    struct stoa_value low, high;
};

struct stoa_region {
    bool has_null;
    struct stoa_interval *intervals;
    uint32_t count;
};

/* The type whose values the intervals hold; whole numbers have a least and a largest value. */
struct stoa_domain {
    stoa_type type;
    enum stoa_phys phys;
    bool is_whole;     /* ints, uint64, decimals, dates, times: values are integers */
    stoa_i128 minimum; /* of them */
    stoa_i128 maximum;
};

struct stoa_domain stoa_domain_of(stoa_type type);
/* A whole value as an integer and back; the value lies in the domain. */
stoa_i128 stoa_domain_get(const struct stoa_domain *domain, const struct stoa_value *value);
struct stoa_value stoa_domain_make(const struct stoa_domain *domain, stoa_i128 value);

/* Everything but NULL. */
STOA_MUST_USE stoa_status stoa_region_all(struct stoa_arena *arena, struct stoa_region *out,
                                          stoa_error *err);
/* One interval, made regular; perhaps the empty region. */
STOA_MUST_USE stoa_status stoa_region_interval(const struct stoa_domain *domain,
                                               struct stoa_interval interval,
                                               struct stoa_arena *arena,
                                               struct stoa_region *out, stoa_error *err);
/* The values of an ascending array, none equal to the next. */
STOA_MUST_USE stoa_status stoa_region_points(const struct stoa_domain *domain,
                                             const struct stoa_value *values,
                                             uint32_t count, struct stoa_arena *arena,
                                             struct stoa_region *out, stoa_error *err);
/* No values, with room for `count` intervals that stoa_region_push adds in ascending order. */
STOA_MUST_USE stoa_status stoa_region_reserve(struct stoa_arena *arena, uint32_t count,
                                              struct stoa_region *out, stoa_error *err);
/* Whole numbers from low to high, clamped to the domain; nothing when low > high. */
void stoa_region_push(const struct stoa_domain *domain, struct stoa_region *region,
                      stoa_i128 low, stoa_i128 high);
STOA_MUST_USE stoa_status stoa_region_union(const struct stoa_domain *domain,
                                            const struct stoa_region *a,
                                            const struct stoa_region *b,
                                            struct stoa_arena *arena,
                                            struct stoa_region *out, stoa_error *err);
STOA_MUST_USE stoa_status stoa_region_intersect(const struct stoa_domain *domain,
                                                const struct stoa_region *a,
                                                const struct stoa_region *b,
                                                struct stoa_arena *arena,
                                                struct stoa_region *out, stoa_error *err);
/* All that is not in `a`, NULL included. */
STOA_MUST_USE stoa_status stoa_region_complement(const struct stoa_domain *domain,
                                                 const struct stoa_region *a,
                                                 struct stoa_arena *arena,
                                                 struct stoa_region *out, stoa_error *err);

/* No value at all; every value but NULL (which is not looked at). */
bool stoa_region_is_empty(const struct stoa_region *region);
bool stoa_region_is_full(const struct stoa_region *region);
bool stoa_region_holds(const struct stoa_domain *domain, const struct stoa_region *region,
                       const struct stoa_value *value);

/* The region as a predicate that matches exactly its values. False when no predicate kind holds it:
 * then *out_predicate matches them and more. NULL must not be in the
 * region, except alone. */
STOA_MUST_USE stoa_status stoa_region_predicate(const struct stoa_domain *domain,
                                                const struct stoa_region *region,
                                                struct stoa_arena *arena,
                                                struct stoa_predicate *out_predicate,
                                                bool *out_is_exact, stoa_error *err);

#endif
