/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two orders of scalars [FMT-30]: query order, which SQL sees, and storage order, which
 * refines it so that sorted dictionaries keep every bit. Called by statistics, predicates,
 * dictionaries and ORDER BY; pure.
 */
#include "format/value.h"

#include <assert.h>
#include <string.h>

typedef int compare_function(const struct stoa_value *a, const struct stoa_value *b);

static int compare_bool(const struct stoa_value *a, const struct stoa_value *b)
{
    return (int)a->boolean - (int)b->boolean;
}

static int compare_i64(const struct stoa_value *a, const struct stoa_value *b)
{
    return (a->i64 > b->i64) - (a->i64 < b->i64);
}

static int compare_u64(const struct stoa_value *a, const struct stoa_value *b)
{
    return (a->u64 > b->u64) - (a->u64 < b->u64);
}

static int compare_f64(const struct stoa_value *a, const struct stoa_value *b)
{
    const bool a_is_nan = a->f64 != a->f64;
    const bool b_is_nan = b->f64 != b->f64;
    if (a_is_nan || b_is_nan)
        return (int)a_is_nan - (int)b_is_nan;
    return (a->f64 > b->f64) - (a->f64 < b->f64);
}

static int compare_i128(const struct stoa_value *a, const struct stoa_value *b)
{
    return (a->i128 > b->i128) - (a->i128 < b->i128);
}

static int compare_bytes(const struct stoa_value *a, const struct stoa_value *b)
{
    const uint32_t common =
        a->bytes.length < b->bytes.length ? a->bytes.length : b->bytes.length;
    const int order = common ? memcmp(a->bytes.data, b->bytes.data, common) : 0;
    if (order != 0)
        return order;
    return (a->bytes.length > b->bytes.length) - (a->bytes.length < b->bytes.length);
}

static int compare_fixed16(const struct stoa_value *a, const struct stoa_value *b)
{
    return memcmp(a->fixed16, b->fixed16, sizeof a->fixed16);
}

int stoa_value_compare(enum stoa_phys phys, const struct stoa_value *a,
                       const struct stoa_value *b)
{
    static compare_function *const functions[STOA_PHYS_COUNT] = {
        [STOA_PHYS_BOOL] = compare_bool,       [STOA_PHYS_I64] = compare_i64,
        [STOA_PHYS_U64] = compare_u64,         [STOA_PHYS_F64] = compare_f64,
        [STOA_PHYS_I128] = compare_i128,       [STOA_PHYS_BYTES] = compare_bytes,
        [STOA_PHYS_FIXED16] = compare_fixed16,
    };
    assert(!a->is_null && !b->is_null && functions[phys]);
    return functions[phys](a, b);
}

/* Only called for floats that are equal in query order: two zeros or two NaNs. */
static int compare_f64_bits(double a, double b)
{
    uint64_t a_bits;
    uint64_t b_bits;
    memcpy(&a_bits, &a, sizeof a_bits);
    memcpy(&b_bits, &b, sizeof b_bits);
    if (a == b) /* zeros: the one with the sign bit comes first */
        return (a_bits < b_bits) - (a_bits > b_bits);
    return (a_bits > b_bits) - (a_bits < b_bits);
}

int stoa_value_compare_exact(enum stoa_phys phys, const struct stoa_value *a,
                             const struct stoa_value *b)
{
    const int order = stoa_value_compare(phys, a, b);
    if (order != 0 || phys != STOA_PHYS_F64)
        return order;
    return compare_f64_bits(a->f64, b->f64);
}
