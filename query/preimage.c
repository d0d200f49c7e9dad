/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inverts rising functions (preimage.h). Called by truth.c. Each invertible function
 * answers one question: the least argument whose value is at least (or above) a bound; an
 * interval's preimage follows from two answers.
 *
 * Rescaling and dates have closed forms. Anything else is searched by halving with the
 * function itself, so that its rounding is not written down twice. Where the function
 * overflows near the ends of its argument's type, the search takes the value to lie beyond
 * every bound on that side.
 */
#include "query/preimage.h"

#include <string.h>

#include "format/text.h"
#include "query/call.h"
#include "query/cast.h"

#define US_PER_DAY INT64_C(86400000000)

enum {
    MAX_SEARCHED = 16
}; /* intervals that are searched by evaluation, 45 steps each end */

/* One inversion. */
struct inversion {
    const struct stoa_expr *call;
    const struct stoa_expr *arg;
    struct stoa_domain from; /* of the argument; whole */
    struct stoa_domain to;   /* of the value */
    struct stoa_arena *arena;
    stoa_error *err;
};

/* Stores the least argument (from.maximum + 1: none) whose value is >= bound, or > when strict. False
 * when it cannot be told. */
typedef bool lower_function(const struct inversion *v, const struct stoa_value *bound,
                            bool is_strict, stoa_i128 *out);

static stoa_i128 floor_div(stoa_i128 a, stoa_i128 b)
{
    return a / b - (a % b < 0);
}

/* ---- closed forms ---- */

/* value = arg * factor */
static stoa_i128 lower_of_product(stoa_i128 bound, bool is_strict, stoa_i128 factor)
{
    const stoa_i128 quotient = floor_div(bound, factor);
    const bool is_whole = quotient * factor == bound;
    return quotient + (is_whole && !is_strict ? 0 : 1);
}

static unsigned scale_of(stoa_type type)
{
    return type.id == STOA_TYPE_DECIMAL ? type.scale : 0;
}

/* Widening to more fraction digits multiplies; fewer would round, and a type that some values do not
 * fit is an error for them, which must not go unnoticed. */
static bool lower_exact(const struct inversion *v, const struct stoa_value *bound,
                        bool is_strict, stoa_i128 *out)
{
    const unsigned from = scale_of(v->from.type);
    const unsigned to = scale_of(v->to.type);
    if (to < from)
        return false;
    const stoa_i128 factor = stoa_pow10(to - from);
    if (v->to.maximum / factor < v->from.maximum ||
        v->to.minimum / factor > v->from.minimum)
        return false;
    *out = lower_of_product(stoa_domain_get(&v->to, bound), is_strict, factor);
    return true;
}

static bool lower_temporal(const struct inversion *v, const struct stoa_value *bound,
                           bool is_strict, stoa_i128 *out)
{
    const bool from_date = v->from.type.id == STOA_TYPE_DATE;
    const bool to_date = v->to.type.id == STOA_TYPE_DATE;
    const stoa_i128 value = bound->i64;
    if (to_date && !from_date) /* value = floor(arg / day) */
        *out = (value + (is_strict ? 1 : 0)) * US_PER_DAY;
    else
        *out = lower_of_product(value, is_strict, from_date && !to_date ? US_PER_DAY : 1);
    return true;
}

/* ---- search ---- */

/* Whether the function of `x` is at or beyond the bound. */
typedef bool reaches_function(const struct inversion *v, const struct stoa_value *bound,
                              bool is_strict, stoa_i128 x, bool *out_failed);

static bool halve(const struct inversion *v, const struct stoa_value *bound, bool is_strict,
                  stoa_i128 low, stoa_i128 high, reaches_function *reaches, stoa_i128 *out)
{
    bool has_failed = false;
    stoa_i128 end = high + 1; /* the answer lies in [low, end] */
    while (low < end && !has_failed) {
        /* unsigned, for a decimal's whole range is wider than 127 bits */
        const stoa_u128 half = ((stoa_u128)end - (stoa_u128)low) / 2;
        const stoa_i128 middle = (stoa_i128)((stoa_u128)low + half);
        if (reaches(v, bound, is_strict, middle, &has_failed))
            end = middle;
        else
            low = middle + 1;
    }
    *out = low;
    return !has_failed;
}

static bool float_reaches(const struct inversion *v, const struct stoa_value *bound,
                          bool is_strict, stoa_i128 x, bool *out_failed)
{
    STOA_UNUSED(out_failed);
    const struct stoa_value value = {.f64 =
                                         stoa_exact_to_double(x, scale_of(v->from.type))};
    const int order = stoa_value_compare(STOA_PHYS_F64, &value, bound);
    return is_strict ? order > 0 : order >= 0;
}

static bool lower_float(const struct inversion *v, const struct stoa_value *bound,
                        bool is_strict, stoa_i128 *out)
{
    return halve(v, bound, is_strict, v->from.minimum, v->from.maximum, float_reaches, out);
}

/* By evaluating the call with a constant in the place of its argument. */
static bool call_reaches(const struct inversion *v, const struct stoa_value *bound,
                         bool is_strict, stoa_i128 x, bool *out_failed)
{
    struct stoa_expr constant = {.kind = STOA_EXPR_CONSTANT,
                                 .type = v->arg->type,
                                 .sql_offset = UINT32_MAX,
                                 .constant = stoa_domain_make(&v->from, x)};
    struct stoa_expr *args[] = {v->call->args[0], &constant};
    struct stoa_expr call = *v->call;
    call.args = args;
    *out_failed = stoa_expr_fold(&call, v->arena, NULL) != STOA_OK || call.constant.is_null;
    if (*out_failed)
        return false;
    const int order = stoa_value_compare(v->to.phys, &call.constant, bound);
    return is_strict ? order > 0 : order >= 0;
}

/* Days or microseconds of the years that dates can have. */
static bool lower_call(const struct inversion *v, const struct stoa_value *bound,
                       bool is_strict, stoa_i128 *out)
{
    int64_t first;
    int64_t last;
    if (!stoa_date_from_civil(-9999, 1, 1, &first) ||
        !stoa_date_from_civil(9999, 12, 31, &last))
        return false;
    stoa_i128 low = first;
    stoa_i128 high = last;
    if (v->arg->type.id != STOA_TYPE_DATE) {
        low *= US_PER_DAY;
        high = high * US_PER_DAY + (US_PER_DAY - 1);
    }
    return halve(v, bound, is_strict, low, high, call_reaches, out);
}

/* ---- which functions ---- */

/* Units whose part of a date never falls while time goes on. */
static bool is_rising_unit(const struct stoa_expr *unit)
{
    static const char *const units[] = {"year",    "isoyear",    "decade",
                                        "century", "millennium", "epoch"};
    if (unit->kind != STOA_EXPR_CONSTANT || unit->constant.is_null ||
        unit->type.id != STOA_TYPE_TEXT)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strlen(units[i]) == unit->constant.bytes.length &&
            memcmp(units[i], unit->constant.bytes.data, unit->constant.bytes.length) == 0)
            return true;
    }
    return false;
}

static bool is_date_like(stoa_type type)
{
    return type.id == STOA_TYPE_DATE || type.id == STOA_TYPE_TIMESTAMP ||
           type.id == STOA_TYPE_TIMESTAMPTZ;
}

/* How the call is inverted, and which argument it rises with; NULL when it is not known to. */
static lower_function *find_lower(const struct stoa_expr *call, uint32_t *out_arg)
{
    const struct stoa_function *function = call->function;
    *out_arg = 0;
    if (function == &stoa_cast_exact_to_exact)
        return lower_exact;
    if (function == &stoa_cast_exact_to_float)
        return lower_float;
    if (function == &stoa_cast_temporal)
        return lower_temporal;
    *out_arg = 1;
    if (call->arg_count != 2 || !is_date_like(call->args[1]->type) ||
        call->args[0]->kind != STOA_EXPR_CONSTANT)
        return NULL;
    const bool is_part =
        strcmp(function->name, "extract") == 0 || strcmp(function->name, "date_part") == 0;
    if (strcmp(function->name, "date_trunc") == 0 ||
        (is_part && is_rising_unit(call->args[0])))
        return lower_call;
    return NULL;
}

/* ---- intervals ---- */

/* The arguments whose value lies in `interval`, appended to `out`. */
static bool add_interval(const struct inversion *v, lower_function *lower,
                         const struct stoa_interval *interval, struct stoa_region *out)
{
    stoa_i128 low = v->from.minimum;
    stoa_i128 above = v->from.maximum + 1; /* the first that is beyond the interval */
    if (interval->has_low && !lower(v, &interval->low, !interval->low_inclusive, &low))
        return false;
    if (interval->has_high && !lower(v, &interval->high, interval->high_inclusive, &above))
        return false;
    stoa_region_push(&v->from, out, low, above - 1);
    return true;
}

static stoa_status invert(const struct inversion *v, lower_function *lower,
                          const struct stoa_region *region, struct stoa_region *out,
                          bool *out_known)
{
    *out_known = lower != lower_call || region->count <= MAX_SEARCHED;
    STOA_TRY(stoa_region_reserve(v->arena, region->count, out, v->err));
    for (uint32_t i = 0; i < region->count && *out_known; i++)
        *out_known = add_interval(v, lower, &region->intervals[i], out);
    return STOA_OK;
}

stoa_status stoa_preimage(const struct stoa_expr *operand, const struct stoa_region *region,
                          struct stoa_arena *arena, struct stoa_region *out_region,
                          bool *out_known, stoa_error *err)
{
    *out_known = operand->kind == STOA_EXPR_COLUMN;
    if (*out_known) {
        *out_region = *region;
        out_region->has_null = false;
        return STOA_OK;
    }
    uint32_t arg = 0;
    lower_function *lower =
        operand->kind == STOA_EXPR_CALL ? find_lower(operand, &arg) : NULL;
    if (!lower)
        return STOA_OK;
    const struct inversion v = {.call = operand,
                                .arg = operand->args[arg],
                                .from = stoa_domain_of(operand->args[arg]->type),
                                .to = stoa_domain_of(operand->type),
                                .arena = arena,
                                .err = err};
    struct stoa_region inner;
    STOA_TRY(invert(&v, lower, region, &inner, out_known));
    return *out_known ? stoa_preimage(v.arg, &inner, arena, out_region, out_known, err)
                      : STOA_OK;
}
