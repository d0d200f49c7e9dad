/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of values against sets of bits: union, intersection and complement of random intervals over
 * sixteen numbers, and the regular form of what comes out.
 */
#include "tests/support/test_support.h"

#include "query/region.h"

/* A set of the numbers -8 .. 7 (the whole domain of the test) and NULL as bits. */
static uint32_t region_bits(const struct stoa_domain *domain,
                            const struct stoa_region *region)
{
    uint32_t out = region->has_null ? UINT32_C(1) << 16 : 0;
    for (int64_t v = -8; v < 8; v++) {
        const struct stoa_value value = {.i64 = v};
        if (stoa_region_holds(domain, region, &value))
            out |= UINT32_C(1) << (v + 8);
    }
    return out;
}

static void check_regular(const struct stoa_region *region)
{
    for (uint32_t i = 0; i < region->count; i++) {
        const struct stoa_interval *interval = &region->intervals[i];
        assert_true(!interval->has_low || interval->low.i64 > -8);
        assert_true(!interval->has_high || interval->high.i64 < 7);
        if (i > 0)
            assert_true(interval->low.i64 - region->intervals[i - 1].high.i64 > 1);
    }
}

/* The sixteen numbers as a type of their own. */
static struct stoa_domain small_domain(void)
{
    struct stoa_domain domain = stoa_domain_of((stoa_type){.id = STOA_TYPE_INT64});
    domain.minimum = -8;
    domain.maximum = 7;
    return domain;
}

static void random_region(struct test_random *random, const struct stoa_domain *domain,
                          struct stoa_arena *arena, struct stoa_region *out)
{
    struct stoa_region more;
    assert_ok(stoa_region_reserve(arena, 0, out, NULL), NULL);
    for (uint64_t n = test_random_below(random, 4); n > 0; n--) {
        const struct stoa_interval interval = {
            .has_low = test_random_below(random, 5) > 0,
            .has_high = test_random_below(random, 5) > 0,
            .low_inclusive = test_random_below(random, 2),
            .high_inclusive = test_random_below(random, 2),
            .low = {.i64 = (int64_t)test_random_below(random, 16) - 8},
            .high = {.i64 = (int64_t)test_random_below(random, 16) - 8},
        };
        assert_ok(stoa_region_interval(domain, interval, arena, &more, NULL), NULL);
        assert_ok(stoa_region_union(domain, out, &more, arena, out, NULL), NULL);
    }
    out->has_null = test_random_below(random, 3) == 0;
}

static void test_regions_follow_set_algebra(void **state)
{
    STOA_UNUSED(state);
    const uint32_t all = (UINT32_C(1) << 17) - 1;
    const struct stoa_domain domain = small_domain();
    struct test_random random = test_random_start(7);
    for (unsigned i = 0; i < 4000; i++) {
        struct stoa_arena arena;
        struct stoa_region a;
        struct stoa_region b;
        struct stoa_region out;
        stoa_arena_init(&arena, 1 << 20);
        random_region(&random, &domain, &arena, &a);
        random_region(&random, &domain, &arena, &b);
        const uint32_t a_bits = region_bits(&domain, &a);
        const uint32_t b_bits = region_bits(&domain, &b);
        check_regular(&a);
        assert_ok(stoa_region_union(&domain, &a, &b, &arena, &out, NULL), NULL);
        assert_int_equal(region_bits(&domain, &out), a_bits | b_bits);
        check_regular(&out);
        assert_ok(stoa_region_intersect(&domain, &a, &b, &arena, &out, NULL), NULL);
        assert_int_equal(region_bits(&domain, &out), a_bits & b_bits);
        check_regular(&out);
        assert_ok(stoa_region_complement(&domain, &a, &arena, &out, NULL), NULL);
        assert_int_equal(region_bits(&domain, &out), all & ~a_bits);
        check_regular(&out);
        assert_int_equal(stoa_region_is_empty(&a), (a_bits & 0xFFFF) == 0);
        assert_int_equal(stoa_region_is_full(&a), (a_bits & 0xFFFF) == 0xFFFF);
        stoa_arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regions_follow_set_algebra),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
