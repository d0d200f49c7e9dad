/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The join of column_facts.h and the decision at its end. Called by the column loops of pass 1
 * (one value at a time, when a value is new to its column), by the merge, and by whoever asks
 * what a column fits.
 *
 * Decimals get 18 or 38 digits, never the number just needed: the next batch should not change
 * the schema because an amount grew by one digit.
 */
#include "writer/ingest/column_facts.h"

#include "format/types.h"

enum { SMALL_DIGITS = 18, DECIMAL_DIGITS = 38 };

/* Up to this every integer is a float64 of its own. */
#define FLOAT_INTEGER_MAX ((stoa_i128)1 << 53)

void stoa_facts_init(struct stoa_facts *facts)
{
    *facts = (struct stoa_facts){.scale_min = UINT32_MAX,
                                 .int_min = 1,
                                 .int_max = 0,
                                 .first_kind = STOA_KIND_COUNT,
                                 .odd_kind = STOA_KIND_COUNT};
}

/* ---- deciding ---- */

static bool has_kind(const struct stoa_facts *facts, enum stoa_kind kind)
{
    return (facts->kinds & stoa_kind_bit(kind)) != 0;
}

/* True if there are kinds and all are in `family`. */
static bool is_within(uint32_t kinds, uint32_t family)
{
    return kinds != 0 && (kinds & ~family) == 0;
}

/* Decimal digits of a magnitude; 0 for 0. */
static uint32_t digits_of(stoa_i128 v)
{
    const stoa_u128 magnitude = v < 0 ? 0 - (stoa_u128)v : (stoa_u128)v;
    const stoa_u128 unit = (stoa_u128)10000000000000000000U; /* 10^19 */
    uint32_t digits = magnitude < unit ? 0 : 19;
    for (uint64_t rest = (uint64_t)(magnitude < unit ? magnitude : magnitude / unit);
         rest != 0; rest /= 10)
        digits++;
    return digits;
}

/* Digits before the point that a decimal needs for all integers and fractions. */
static uint32_t whole_digits(const struct stoa_facts *facts)
{
    uint32_t digits = facts->whole_digits;
    if (has_kind(facts, STOA_KIND_INT)) {
        const uint32_t low = digits_of(facts->int_min);
        const uint32_t high = digits_of(facts->int_max);
        digits = digits > low ? digits : low;
        digits = digits > high ? digits : high;
    }
    return digits;
}

static bool is_decimal(const struct stoa_facts *facts)
{
    return !has_kind(facts, STOA_KIND_FLOAT) && facts->scale_max <= DECIMAL_DIGITS &&
           whole_digits(facts) <= DECIMAL_DIGITS - facts->scale_max;
}

static stoa_type decimal_type(uint32_t whole, uint32_t scale)
{
    const uint32_t digits = whole + scale;
    return (stoa_type){.id = STOA_TYPE_DECIMAL,
                       .precision = digits <= SMALL_DIGITS ? SMALL_DIGITS : DECIMAL_DIGITS,
                       .scale = (uint8_t)scale};
}

static stoa_type int_type(const struct stoa_facts *facts)
{
    if (facts->int_min >= INT64_MIN && facts->int_max <= INT64_MAX)
        return (stoa_type){.id = STOA_TYPE_INT64};
    if (facts->int_min >= 0 && facts->int_max <= UINT64_MAX)
        return (stoa_type){.id = STOA_TYPE_UINT64};
    return (stoa_type){.id = STOA_TYPE_DECIMAL, .precision = DECIMAL_DIGITS, .scale = 0};
}

/* [ING-30] integers; else decimal if all have the same number of digits; else float if that
 * loses nothing; else decimal; else text. */
static stoa_type number_type(const struct stoa_facts *facts)
{
    const bool fits_decimal = is_decimal(facts);
    if (facts->kinds == stoa_kind_bit(STOA_KIND_INT))
        return int_type(facts);
    const bool has_one_scale = facts->kinds == stoa_kind_bit(STOA_KIND_FRACTION) &&
                               facts->scale_min == facts->scale_max;
    if (fits_decimal && (has_one_scale || facts->is_float_inexact))
        return decimal_type(whole_digits(facts), facts->scale_max);
    return (stoa_type){.id = facts->is_float_inexact ? STOA_TYPE_TEXT : STOA_TYPE_FLOAT64};
}

stoa_type stoa_facts_type(const struct stoa_facts *facts)
{
    static const stoa_type_id single[STOA_KIND_COUNT] = {
        [STOA_KIND_BOOL] = STOA_TYPE_BOOL,
        [STOA_KIND_TIME] = STOA_TYPE_TIME,
        [STOA_KIND_TIMESTAMPTZ] = STOA_TYPE_TIMESTAMPTZ,
        [STOA_KIND_UUID] = STOA_TYPE_UUID,
    };
    const uint32_t kinds = facts->kinds;
    if (facts->is_settled || kinds == 0)
        return (stoa_type){.id = STOA_TYPE_TEXT};
    if (is_within(kinds, STOA_KINDS_NUMBER))
        return number_type(facts);
    if (is_within(kinds, STOA_KINDS_CIVIL)) /* [ING-33] */
        return (stoa_type){.id = has_kind(facts, STOA_KIND_TIMESTAMP) ? STOA_TYPE_TIMESTAMP
                                                                      : STOA_TYPE_DATE};
    if (kinds & (kinds - 1))
        return (stoa_type){.id = STOA_TYPE_TEXT};
    const stoa_type_id id = single[__builtin_ctz(kinds)];
    return (stoa_type){.id = id ? id : STOA_TYPE_TEXT};
}

void stoa_facts_check(struct stoa_facts *facts)
{
    if (facts->kinds != 0 && stoa_facts_type(facts).id == STOA_TYPE_TEXT)
        facts->is_settled = true;
}

/* ---- joining ---- */

/* True if one type can hold both kinds. */
static bool is_one_family(enum stoa_kind a, enum stoa_kind b)
{
    const uint32_t both = stoa_kind_bit(a) | stoa_kind_bit(b);
    return a == b || is_within(both, STOA_KINDS_NUMBER) ||
           is_within(both, STOA_KINDS_CIVIL);
}

static void add_kind(struct stoa_facts *facts, enum stoa_kind kind, uint64_t at)
{
    if (has_kind(facts, kind))
        return;
    if (facts->kinds == 0) {
        facts->first_kind = (uint8_t)kind;
        facts->first = at;
    } else if (!is_one_family((enum stoa_kind)facts->first_kind, kind)) {
        facts->odd_kind = (uint8_t)kind;
        facts->odd = at;
    }
    facts->kinds |= stoa_kind_bit(kind);
}

static void add_number(struct stoa_facts *facts, enum stoa_kind kind,
                       const struct stoa_kind_detail *detail)
{
    if (kind == STOA_KIND_INT) {
        const bool is_first = facts->int_min > facts->int_max;
        if (is_first || detail->integer < facts->int_min)
            facts->int_min = detail->integer;
        if (is_first || detail->integer > facts->int_max)
            facts->int_max = detail->integer;
    } else if (kind == STOA_KIND_FRACTION) {
        if (detail->whole_digits > facts->whole_digits)
            facts->whole_digits = detail->whole_digits;
        if (detail->scale < facts->scale_min)
            facts->scale_min = detail->scale;
        if (detail->scale > facts->scale_max)
            facts->scale_max = detail->scale;
    }
}

static bool is_small_int(enum stoa_kind kind, const struct stoa_kind_detail *detail)
{
    return kind == STOA_KIND_INT && detail->integer <= FLOAT_INTEGER_MAX &&
           detail->integer >= -FLOAT_INTEGER_MAX;
}

void stoa_facts_add(struct stoa_facts *facts, const uint8_t *text, uint32_t length,
                    uint64_t at)
{
    struct stoa_kind_detail detail = {.scale = 0};
    if (facts->is_settled)
        return;
    const enum stoa_kind kind =
        length ? stoa_kind_of(text, length, &detail) : STOA_KIND_TEXT;
    add_kind(facts, kind, at);
    if (stoa_kind_bit(kind) & STOA_KINDS_NUMBER) {
        add_number(facts, kind, &detail);
        if (!facts->is_float_inexact && !is_small_int(kind, &detail))
            facts->is_float_inexact = !stoa_kind_is_float(text, length);
    }
    stoa_facts_check(facts);
}

static void merge_numbers(struct stoa_facts *facts, const struct stoa_facts *piece)
{
    if (piece->int_min <= piece->int_max) {
        const bool is_first = facts->int_min > facts->int_max;
        if (is_first || piece->int_min < facts->int_min)
            facts->int_min = piece->int_min;
        if (is_first || piece->int_max > facts->int_max)
            facts->int_max = piece->int_max;
    }
    if (piece->whole_digits > facts->whole_digits)
        facts->whole_digits = piece->whole_digits;
    if (piece->scale_min < facts->scale_min)
        facts->scale_min = piece->scale_min;
    if (piece->scale_max > facts->scale_max)
        facts->scale_max = piece->scale_max;
    facts->is_float_inexact |= piece->is_float_inexact;
}

/* [ING-41] what is remembered of a column that does not agree stops at the same value, wherever
 * the pieces were cut: at the first one of another family, or at a number too many. */
void stoa_facts_merge(struct stoa_facts *facts, const struct stoa_facts *piece)
{
    facts->values += piece->values;
    facts->nulls += piece->nulls;
    if (facts->is_settled || piece->kinds == 0)
        return;
    const enum stoa_kind begin = (enum stoa_kind)piece->first_kind;
    if (facts->kinds != 0 && !is_one_family((enum stoa_kind)facts->first_kind, begin)) {
        add_kind(facts, begin, piece->first);
        stoa_facts_check(facts);
        return;
    }
    const uint32_t odd = piece->odd_kind == STOA_KIND_COUNT
                             ? 0
                             : stoa_kind_bit((enum stoa_kind)piece->odd_kind);
    merge_numbers(facts, piece);
    add_kind(facts, begin, piece->first);
    facts->kinds |= piece->kinds & ~odd;
    stoa_facts_check(facts);
    if (!facts->is_settled && odd != 0)
        add_kind(facts, (enum stoa_kind)piece->odd_kind, piece->odd);
    stoa_facts_check(facts);
}

/* ---- fitting ---- */

static bool int_fits(const struct stoa_facts *facts, stoa_i128 low, stoa_i128 high)
{
    return facts->kinds == stoa_kind_bit(STOA_KIND_INT) && facts->int_min >= low &&
           facts->int_max <= high;
}

static bool decimal_fits(const struct stoa_facts *facts, stoa_type type)
{
    return is_within(facts->kinds, STOA_KINDS_NUMBER) &&
           !has_kind(facts, STOA_KIND_FLOAT) && facts->scale_max <= type.scale &&
           whole_digits(facts) <= (uint32_t)(type.precision - type.scale);
}

bool stoa_facts_fit(const struct stoa_facts *facts, stoa_type type)
{
    const uint32_t kinds = facts->kinds;
    if (kinds == 0 || type.id == STOA_TYPE_TEXT)
        return true;
    if (facts->is_settled)
        return false;
    switch (type.id) {
    case STOA_TYPE_BOOL: return kinds == stoa_kind_bit(STOA_KIND_BOOL);
    case STOA_TYPE_INT8: return int_fits(facts, INT8_MIN, INT8_MAX);
    case STOA_TYPE_INT16: return int_fits(facts, INT16_MIN, INT16_MAX);
    case STOA_TYPE_INT32: return int_fits(facts, INT32_MIN, INT32_MAX);
    case STOA_TYPE_INT64: return int_fits(facts, INT64_MIN, INT64_MAX);
    case STOA_TYPE_UINT64: return int_fits(facts, 0, UINT64_MAX);
    case STOA_TYPE_FLOAT64:
        return is_within(kinds, STOA_KINDS_NUMBER) && !facts->is_float_inexact;
    case STOA_TYPE_DECIMAL: return decimal_fits(facts, type);
    case STOA_TYPE_DATE: return kinds == stoa_kind_bit(STOA_KIND_DATE);
    case STOA_TYPE_TIME: return kinds == stoa_kind_bit(STOA_KIND_TIME);
    case STOA_TYPE_TIMESTAMP: return is_within(kinds, STOA_KINDS_CIVIL);
    case STOA_TYPE_TIMESTAMPTZ: return kinds == stoa_kind_bit(STOA_KIND_TIMESTAMPTZ);
    case STOA_TYPE_UUID: return kinds == stoa_kind_bit(STOA_KIND_UUID);
    case STOA_TYPE_BINARY:
    case STOA_TYPE_TEXT: break;
    }
    return false;
}

bool stoa_facts_value_fits(const uint8_t *text, uint32_t length, stoa_type type)
{
    struct stoa_facts facts;
    stoa_facts_init(&facts);
    stoa_facts_add(&facts, text, length, 0);
    return stoa_facts_fit(&facts, type);
}

/* Digits before the point of an integer type; 0 for the others. */
static uint32_t int_type_digits(stoa_type_id id)
{
    static const uint8_t digits[STOA_TYPE_UUID + 1] = {[STOA_TYPE_INT8] = 3,
                                                       [STOA_TYPE_INT16] = 5,
                                                       [STOA_TYPE_INT32] = 10,
                                                       [STOA_TYPE_INT64] = 19,
                                                       [STOA_TYPE_UINT64] = 20};
    return digits[id];
}

bool stoa_type_widens(stoa_type from, stoa_type to)
{
    if (stoa_type_equal(from, to))
        return true;
    const uint32_t digits = int_type_digits(from.id);
    if (to.id == STOA_TYPE_DECIMAL) {
        const uint32_t whole =
            from.id == STOA_TYPE_DECIMAL ? (uint32_t)(from.precision - from.scale) : digits;
        return (digits != 0 || from.id == STOA_TYPE_DECIMAL) && from.scale <= to.scale &&
               whole <= (uint32_t)(to.precision - to.scale);
    }
    if (digits != 0 && from.id != STOA_TYPE_UINT64) {
        const bool is_signed = to.id >= STOA_TYPE_INT8 && to.id <= STOA_TYPE_INT64;
        return (is_signed && to.id > from.id) ||
               (to.id == STOA_TYPE_FLOAT64 && from.id <= STOA_TYPE_INT32);
    }
    return from.id == STOA_TYPE_DATE && to.id == STOA_TYPE_TIMESTAMP;
}
