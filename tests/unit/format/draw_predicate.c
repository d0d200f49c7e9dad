/* SPDX-License-Identifier: Apache-2.0 */
/* Random predicates and what they mean; see draw_predicate.h. */
#include "tests/unit/format/draw_predicate.h"

#include <string.h>

/* A test that depends on the value alone. */
static bool hash_is_odd(const void *context, const struct stoa_value *value)
{
    const enum stoa_phys phys = *(const enum stoa_phys *)context;
    uint64_t hash = 5;
    if (phys == STOA_PHYS_BYTES) {
        for (uint32_t i = 0; i < value->bytes.length; i++)
            hash = hash * 31 + value->bytes.data[i];
    } else if (phys == STOA_PHYS_BOOL) {
        hash = value->boolean;
    } else {
        for (size_t i = 0; i < stoa_phys_width(phys); i++)
            hash = hash * 31 + value->fixed16[i];
    }
    return hash % 2;
}

static const enum stoa_phys phys_contexts[STOA_PHYS_COUNT] = {0,
                                                              STOA_PHYS_BOOL,
                                                              STOA_PHYS_I64,
                                                              STOA_PHYS_U64,
                                                              STOA_PHYS_F64,
                                                              STOA_PHYS_I128,
                                                              STOA_PHYS_BYTES,
                                                              STOA_PHYS_FIXED16};

static struct stoa_value random_constant(struct test_random *random,
                                         const struct stoa_column *column)
{
    if (column->length > 0 && test_random_below(random, 2)) {
        const struct stoa_value value =
            stoa_column_get(column, (uint32_t)test_random_below(random, column->length));
        if (!value.is_null)
            return value;
    }
    return random_value(random, column->phys);
}

/* Inserts in query order unless an equal one is there. */
static void add_member(struct drawn_predicate *out, struct stoa_value value)
{
    const enum stoa_phys phys = out->predicate.phys;
    size_t at = 0;
    while (at < out->predicate.set_count &&
           stoa_value_compare(phys, &out->set[at], &value) < 0)
        at++;
    if (at < out->predicate.set_count &&
        stoa_value_compare(phys, &out->set[at], &value) == 0)
        return;
    memmove(&out->set[at + 1], &out->set[at],
            (out->predicate.set_count - at) * sizeof out->set[0]);
    out->set[at] = value;
    out->predicate.set_count++;
}

void draw_predicate(struct test_random *random, const struct stoa_column *column,
                    struct drawn_predicate *out)
{
    static const enum stoa_predicate_kind kinds[] = {
        STOA_PREDICATE_RANGE,   STOA_PREDICATE_RANGE,      STOA_PREDICATE_RANGE,
        STOA_PREDICATE_SET,     STOA_PREDICATE_SET,        STOA_PREDICATE_TEST,
        STOA_PREDICATE_IS_NULL, STOA_PREDICATE_IS_NOT_NULL};
    memset(out, 0, sizeof *out);
    struct stoa_predicate *predicate = &out->predicate;
    predicate->kind = kinds[test_random_below(random, sizeof kinds / sizeof kinds[0])];
    predicate->phys = column->phys;
    predicate->negated =
        predicate->kind <= STOA_PREDICATE_TEST && test_random_below(random, 3) == 0;
    predicate->has_low = test_random_below(random, 4) > 0;
    predicate->has_high = test_random_below(random, 4) > 0;
    predicate->low_inclusive = test_random_below(random, 2);
    predicate->high_inclusive = test_random_below(random, 2);
    predicate->low = random_constant(random, column);
    predicate->high =
        test_random_below(random, 5) ? random_constant(random, column) : predicate->low;
    predicate->set = out->set;
    predicate->test = hash_is_odd;
    predicate->test_context = &phys_contexts[column->phys];
    if (predicate->kind == STOA_PREDICATE_SET) {
        for (uint64_t i = test_random_below(random, PREDICATE_SET_MAX); i > 0; i--)
            add_member(out, random_constant(random, column));
    }
}

static bool is_in_range(const struct stoa_predicate *predicate,
                        const struct stoa_value *value)
{
    const int low = stoa_value_compare(predicate->phys, value, &predicate->low);
    const int high = stoa_value_compare(predicate->phys, value, &predicate->high);
    return (!predicate->has_low || low > 0 || (low == 0 && predicate->low_inclusive)) &&
           (!predicate->has_high || high < 0 || (high == 0 && predicate->high_inclusive));
}

static bool is_in_set(const struct stoa_predicate *predicate,
                      const struct stoa_value *value)
{
    for (size_t i = 0; i < predicate->set_count; i++) {
        if (stoa_value_compare(predicate->phys, value, &predicate->set[i]) == 0)
            return true;
    }
    return false;
}

bool predicate_means(const struct stoa_predicate *predicate,
                     const struct stoa_column *column, uint32_t row)
{
    const struct stoa_value value = stoa_column_get(column, row);
    if (predicate->kind == STOA_PREDICATE_IS_NULL)
        return value.is_null;
    if (value.is_null)
        return false;
    if (predicate->kind == STOA_PREDICATE_IS_NOT_NULL)
        return true;
    const bool matches = predicate->kind == STOA_PREDICATE_RANGE
                             ? is_in_range(predicate, &value)
                         : predicate->kind == STOA_PREDICATE_SET
                             ? is_in_set(predicate, &value)
                             : predicate->test(predicate->test_context, &value);
    return matches != predicate->negated;
}
